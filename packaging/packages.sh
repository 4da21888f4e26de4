#!/bin/sh
# SPDX-License-Identifier: MIT
# packages.sh deb|rpm ARCHIVE DIRECTORY: builds packages to keep, of what "make dist" has made, and
# leaves them in DIRECTORY. The tests are run on the way; NO_TESTS=1 leaves them out.
#
#     make deb        make rpm
set -eu
# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"

kind=${1-}
archive=$(absolute "${2:?an archive}")
destination=${3:?a directory}
here=$(cd "$(dirname "$0")" && pwd)
version=$(basename "$archive" .tar.xz)
version=${version#libtempfile-}

# What of the environment would decide what is built.
unset CC CXX CPPFLAGS CFLAGS CXXFLAGS LDFLAGS

build_deb () {
    need dpkg-buildpackage dpkg-dev
    need dh debhelper
    cp "$archive" "$work/libtempfile_$version.orig.tar.xz"
    unpack "$archive" "$work/source"
    cp -R "$work/source/packaging/debian" "$work/source/debian"
    cd "$work/source"
    if [ -n "${NO_TESTS-}" ]; then
        DEB_BUILD_OPTIONS="nocheck ${DEB_BUILD_OPTIONS-}"
        DEB_BUILD_PROFILES="nocheck ${DEB_BUILD_PROFILES-}"
    fi
    DEB_BUILD_OPTIONS="parallel=2 ${DEB_BUILD_OPTIONS-}"
    export DEB_BUILD_OPTIONS DEB_BUILD_PROFILES
    dpkg-buildpackage -us -uc -b
}

# On a system of another kind than the packages are for, names of needs say nothing.
build_rpm () {
    need rpmbuild rpm-build
    mkdir -p "$work/SOURCES"
    cp "$archive" "$work/SOURCES"
    nodeps=
    [ ! -e /etc/debian_version ] || nodeps=--nodeps
    # shellcheck disable=SC2086 # words, or none
    rpmbuild -ba $nodeps ${NO_TESTS:+--nocheck} --define "_topdir $work" --define "_tmppath $work/tmp" \
        --define '_smp_mflags -j2' "$here/rpm/libtempfile.spec"
}

# What was built, and where it is now.
keep () {
    mkdir -p "$destination"
    find "$work" -name BUILD -prune -o \( -name '*.deb' -o -name '*.rpm' \) -print | while read -r file; do
        cp "$file" "$destination"
        echo "$destination/$(basename "$file")"
    done >"$work/kept"
    [ -s "$work/kept" ]
    cat "$work/kept"
}

start=$(pwd)
case $kind in
deb) build_deb ;;
rpm) build_rpm ;;
*) die 'deb or rpm?' ;;
esac
cd "$start"
keep
