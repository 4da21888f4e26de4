#!/bin/sh
# SPDX-License-Identifier: MIT
# check-reproducible.sh SOURCE ARCHIVE: makes configure, archive and library twice from the files
# of SOURCE that git knows, in places, at times and with settings that have nothing in common; once
# more from the archive that this has given; and compares the bytes. Without git or autoconf all
# begin with ARCHIVE, which "make dist" has made.
#
#     make check-reproducible
set -eu
# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"

source=$(absolute "${1:?a source}")
archive=$(absolute "${2:?an archive}")
archive_name=$(basename "$archive")
one=$work/one
two=$work/another/and-longer/place
three=$work/three
unset SOURCE_DATE_EPOCH XZ_OPT XZ_DEFAULTS TAR_OPTIONS

has_tools () {
    command -v autoreconf && command -v libtoolize &&
        git -C "$source" ls-files --error-unmatch configure.ac
}
tools=
! has_tools >/dev/null 2>&1 || tools=yes

# fresh DIRECTORY: the source.
fresh () {
    if [ -z "$tools" ]; then
        unpack "$archive" "$1"
    else
        mkdir "$1"
        (cd "$source" && git ls-files -z | xargs -0 tar -cf -) | (cd "$1" && tar -xf -)
    fi
}

# results DIRECTORY [COMMAND...]: what is compared, from the source in DIRECTORY, made where we are
# by a shell that COMMAND runs.
results () {
    directory=$1
    shift
    # shellcheck disable=SC2016 # it is for that shell to expand
    "$@" sh -euc '
        [ -x "$1/configure" ] || (cd "$1" && autoreconf --force --install)
        "$1/configure" -q --prefix=/usr --without-libunistring CFLAGS=-g || { cat config.log; exit 1; }
        "$2" -s -j2
        "$2" -s install DESTDIR="$(pwd)/root"
        "$2" -s dist' results "$directory" "$MAKE"
}

in_place () {
    umask 022
    TZ=UTC LC_ALL=C
    export TZ LC_ALL
    fresh "$one"
    cd "$one"
    results .
}

# The name of the source is absolute, its files are old, and now is a year to come, where faketime is
# to be had. It cannot be the other way round: make builds again what is older than its source.
elsewhere () {
    umask 077
    TZ=Pacific/Kiritimati LC_ALL=C.UTF-8 USER=nobody
    export TZ LC_ALL USER
    mkdir -p "${two%/*}"
    fresh "$two"
    find "$two" -exec touch -h -t 201902030405.06 {} +
    mkdir "$two-build"
    cd "$two-build"
    set --
    ! command -v faketime >/dev/null || set -- faketime -f '@2031-03-04 05:06:07'
    results "$two" "$@"
}

unpacked () {
    umask 027
    unpack "$one/$archive_name" "$three"
    mkdir "$three/build"
    cd "$three/build"
    results ..
}

# same NAME: it is the same in all places. Of archives, what differs is told in words, too.
same () {
    for place in "$two-build" "$three/build"; do
        echo "$one and $place:"
        cmp "$one/$1" "$place/$1" && continue
        case $1 in
        *.tar.xz)
            tar -tvf "$one/$1" >"$work/list.1"
            tar -tvf "$place/$1" >"$work/list.2"
            diff "$work/list.1" "$work/list.2" || : ;;
        esac
        return 1
    done
}

same_installed () {
    contents "$one/root" >"$work/installed"
    for place in "$two-build" "$three/build"; do
        contents "$place/root" | diff "$work/installed" -
    done
}

must 'made in its own tree' in_place
must 'made elsewhere, at another time, with other settings' elsewhere
must 'made from that archive' unpacked
check 'the archives are the same' same "$archive_name"
check 'the shared libraries are the same' same lib/.libs/libtempfile.so
check 'the static libraries are the same' same lib/.libs/libtempfile.a
check 'all that is installed is the same' same_installed
finish
