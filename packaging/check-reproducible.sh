#!/bin/sh
# SPDX-License-Identifier: MIT
# check-reproducible.sh SOURCE ARCHIVE: makes configure and the archive twice from the files of
# SOURCE that git knows, in places, at times and with settings that have nothing in common; the
# library once from there, and once from the archive that this has given; and compares the bytes.
# Without git or autoconf all begin with ARCHIVE, which "make dist" has made.
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

# archive_of DIRECTORY [COMMAND...]: the archive, from the source in DIRECTORY, made where we are by a
# shell that COMMAND runs.
archive_of () {
    directory=$1
    shift
    # shellcheck disable=SC2016 # it is for that shell to expand
    "$@" sh -euc '
        [ -x "$1/configure" ] || (cd "$1" && autoreconf --force --install)
        "$1/configure" -q --prefix=/usr --without-libunistring CFLAGS=-g || { cat config.log; exit 1; }
        "$2" -s dist' archive_of "$directory" "$MAKE"
}

# results DIRECTORY [COMMAND...]: the same, and the library.
results () {
    archive_of "$@"
    shift
    "$@" "$MAKE" -s -j2
    "$@" "$MAKE" -s install DESTDIR="$(pwd)/root"
}

# a_year_to_come COMMAND...: where faketime is to be had.
a_year_to_come () {
    set -- faketime -f '@2031-03-04 05:06:07' "$@"
    command -v faketime >/dev/null || shift 3
    "$@"
}

in_place () {
    umask 022
    TZ=UTC LC_ALL=C
    export TZ LC_ALL
    fresh "$one"
    cd "$one"
    results .
}

# The name of the source is absolute, its files are old, and now is a year to come. It cannot be the other
# way round: make builds again what is older than its source.
elsewhere () {
    umask 077
    TZ=Pacific/Kiritimati LC_ALL=C.UTF-8 USER=nobody
    export TZ LC_ALL USER
    mkdir -p "${two%/*}"
    fresh "$two"
    find "$two" -exec touch -h -t 201902030405.06 {} +
    mkdir "$two-build"
    cd "$two-build"
    archive_of "$two" a_year_to_come
}

# The same, from the archive.
unpacked () {
    umask 027
    TZ=Pacific/Kiritimati LC_ALL=C.UTF-8 USER=nobody
    export TZ LC_ALL USER
    unpack "$one/$archive_name" "$three"
    mkdir "$three/build"
    cd "$three/build"
    results .. a_year_to_come
}

# What differs in an archive is told in words, too.
same_archives () {
    for place in "$two-build" "$three/build"; do
        echo "$one and $place:"
        cmp "$one/$archive_name" "$place/$archive_name" && continue
        tar -tvf "$one/$archive_name" >"$work/list.1"
        tar -tvf "$place/$archive_name" >"$work/list.2"
        diff "$work/list.1" "$work/list.2" || :
        return 1
    done
}

same () { cmp "$one/$1" "$three/build/$1"; }

same_installed () {
    contents "$one/root" >"$work/installed"
    contents "$three/build/root" | diff "$work/installed" -
}

must 'made in its own tree' in_place
must 'the archive, made elsewhere, at another time, with other settings' elsewhere
must 'made from that archive, at another time, with other settings' unpacked
check 'the archives are the same' same_archives
check 'the shared libraries are the same' same lib/.libs/libtempfile.so
check 'the static libraries are the same' same lib/.libs/libtempfile.a
check 'all that is installed is the same' same_installed
finish
