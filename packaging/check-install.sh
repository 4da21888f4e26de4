#!/bin/sh
# SPDX-License-Identifier: MIT
# check-install.sh ARCHIVE: builds what "make dist" has made, out of its tree and in it, and looks
# at what "make install" puts where, and at what "make uninstall" and "make distclean" leave.
#
#     make check-install
set -eu
# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"

archive=$(absolute "${1:?an archive}")
src=$work/source
root=$work/root

# Root may write what is read-only, so that nothing was written is looked at, too.
unpack_read_only () {
    unpack "$archive" "$src"
    chmod -R a-w "$src"
    contents "$src" >"$work/before"
}

unchanged () {
    contents "$src" >"$work/after"
    diff "$work/before" "$work/after"
}

# But for directories that automake makes and never removes.
nearly_unchanged () {
    find "$src" -name .deps -exec rmdir {} +
    unchanged
}

configure_beside () {
    mkdir "$work/build"
    cd "$work/build"
    ../source/configure -q --prefix=/usr || { cat config.log; return 1; }
}

# What is installed, but for documents; those of preload/ where the source has it.
expected () {
    echo include/libtempfile/tempfile.h
    echo include/tempfile.h
    printf 'lib/cmake/tempfile/%s\n' tempfile-config-version.cmake tempfile-config.cmake
    printf 'lib/%s\n' libtempfile.a libtempfile.la libtempfile.so libtempfile.so.0 \
        libtempfile.so.0.1.0 pkgconfig/libtempfile.pc
    echo sbin/tempfile-recover
    if [ -d "$src/preload" ]; then
        echo bin/tempfile-run
        echo lib/libtempfile/libtempfile-preload.so
    fi
    find "$src" -name '*.[1-9]' | sed 's|.*/\(.*\.\(.\)\)$|share/man/man\2/\1|'
}

is_complete () {
    expected | LC_ALL=C sort >"$work/expected"
    (cd "$root/usr" && find . ! -type d) | sed 's|^\./||' |
        grep -v -e '^share/doc/libtempfile/' -e '^lib/libtempfile/.*\.l*a$' |
        LC_ALL=C sort >"$work/installed"
    diff "$work/expected" "$work/installed"
    for document in COPYING README.md NEWS CONTRIBUTING.md; do
        cmp "$src/$document" "$root/usr/share/doc/libtempfile/$document"
    done
}

# Nothing that is installed says where it was built, or has an empty file in it.
knows_no_path () {
    if grep -rF "$work" "$root"; then
        return 1
    fi
    [ -z "$(find "$root" -type f -size 0)" ]
}

is_readable () {
    odd=$(find "$root/usr" -type f ! -perm -444 -o -type d ! -perm -555 -o -perm -002 ! -type l)
    [ -z "$odd" ] || { ls -ld "$odd"; return 1; }
}

uninstalls () {
    "$MAKE" -s uninstall DESTDIR="$root"
    empty "$root"
    [ -z "$(find "$root" -name '*tempfile*' | tee /dev/stderr)" ]
}

# In its own tree, as most people build; distclean gives back what was unpacked.
in_place () {
    chmod -R u+w "$src"
    cd "$src"
    ./configure -q CFLAGS=-O0 CXXFLAGS=-O0
    "$MAKE" -s -j2
    "$MAKE" -s distclean
}

must 'the archive unpacks' unpack_read_only
must 'configure, beside a source that is read-only' configure_beside
cd "$work/build"
must 'make -j2' "$MAKE" -s -j2
must 'make -j2 install DESTDIR=' "$MAKE" -s -j2 install DESTDIR="$root"
check 'all is installed, and nothing else' is_complete
check 'what is installed knows no path of the build' knows_no_path
check 'what is installed can be read by all, and written by one' is_readable
check 'make install, a second time' "$MAKE" -s install DESTDIR="$root"
check 'make uninstall leaves nothing' uninstalls
check 'the source is as it was' unchanged
cd "$work"
check 'in its own tree, then make distclean' in_place
check 'the source is as it was' nearly_unchanged
finish
