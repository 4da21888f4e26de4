#!/bin/sh
# SPDX-License-Identifier: MIT
# check-rpm.sh [--tests] ARCHIVE: makes RPM's packages, of source and binaries, from what "make
# dist" has made and packaging/rpm, on any system that has rpmbuild; asks rpmlint, where there is
# one; and reads packaging/alpine as the shell does that will read it. With --tests the build runs
# the tests of the library.
#
#     make check-rpm
set -eu
# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"

here=$(cd "$(dirname "$0")" && pwd)
tests=--nocheck
if [ "${1-}" = --tests ]; then
    tests=
    shift
fi
archive=$(absolute "${1:?an archive}")
version=$(basename "$archive" .tar.xz)
version=${version#libtempfile-}
spec=$here/rpm/libtempfile.spec
top=$work/rpm

need rpmbuild rpm

# What of the environment would decide what is built.
unset CC CXX CPPFLAGS CFLAGS CXXFLAGS LDFLAGS

# Needs are those of other systems' packages, so they are not looked at.
build () {
    mkdir -p "$top/SOURCES"
    cp "$archive" "$top/SOURCES"
    rpmbuild -ba --nodeps $tests --define "_topdir $top" --define "_tmppath $work/tmp" \
        --define '_smp_mflags -j2' --define 'debug_package %{nil}' \
        --define '_docdir_fmt %{NAME}' "$spec"
}

# installed PACKAGE: the names of its files.
installed () {
    rpm -qlp --nosignature "$top"/RPMS/*/"libtempfile$1-$version-"*.rpm
}

has_files () {
    installed '' | grep -x '.*/libtempfile\.so\.0'
    installed -devel | grep -x '.*/include/tempfile\.h'
    installed -devel | grep '/man7/tempfile\.7'
    installed -devel | grep -x '.*/pkgconfig/libtempfile\.pc'
    installed -static | grep -x '.*/libtempfile\.a'
    installed -recover | grep -x '.*/sbin/tempfile-recover'
    installed -recover | grep -x '.*/tempfile-recover\.timer'
    installed -preload | grep -x '.*/bin/tempfile-run'
}

provides_symbols () {
    rpm -qp --provides --nosignature "$top"/RPMS/*/"libtempfile-$version-"*.rpm |
        grep -F 'libtempfile.so.0(LIBTEMPFILE_0.1)'
}

lint () {
    rpmlint --config "$here/rpm/rpmlint.toml" "$top"/SRPMS/*.rpm "$top"/RPMS/*/*.rpm |
        tee "$work/lint"
    grep -q ' 0 errors, 0 warnings,' "$work/lint"
}

is_of_version () {
    [ "$(rpmspec -q --srpm --qf '%{version}' "$spec")" = "$version" ]
    # shellcheck source=alpine/APKBUILD
    [ "$(. "$here/alpine/APKBUILD" && echo "$pkgver")" = "$version" ]
}

# Each function that abuild will call is there, and has nothing in it that fails before it runs.
reads_apkbuild () {
    sh -n "$here/alpine/APKBUILD"
    # shellcheck source=alpine/APKBUILD
    . "$here/alpine/APKBUILD"
    for variable in pkgname pkgver pkgrel pkgdesc url arch license source; do
        eval "[ -n \"\$$variable\" ]" || { echo "no $variable"; return 1; }
    done
    for function in build check package preload; do
        [ "$(command -v $function)" = $function ]
    done
}

# What its package() does, to what configure makes with its arguments.
packages_apkbuild () {
    unpack "$archive" "$work/alpine"
    cd "$work/alpine"
    # shellcheck disable=SC2034 # APKBUILD reads them
    CBUILD='' CHOST='' pkgdir=$work/alpine-root MAKEFLAGS=-j2
    export MAKEFLAGS
    # shellcheck source=alpine/APKBUILD
    . "$here/alpine/APKBUILD"
    build
    package
    [ -f "$pkgdir/usr/lib/libtempfile.so.0" ]
    [ -f "$pkgdir/usr/bin/tempfile-run" ]
    [ -z "$(find "$pkgdir" -name '*.la')" ]
}

check 'the packages are of the version of the archive' is_of_version
must 'rpmbuild -ba' build
check 'the packages have the files' has_files
check 'the library provides its symbol set' provides_symbols
if command -v rpmlint >/dev/null 2>&1; then
    check 'rpmlint' lint
else
    echo 'skip    rpmlint'
fi
check 'APKBUILD: variables and functions' reads_apkbuild
check 'APKBUILD: build and package' packages_apkbuild
finish
