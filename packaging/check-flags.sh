#!/bin/sh
# SPDX-License-Identifier: MIT
# check-flags.sh ARCHIVE [FLAGS...]: builds library, examples and tests of what "make dist" has
# made with flags that distributions and their users choose, without a warning, and runs one quick
# test of each build. With FLAGS only with those, each one argument.
#
#     make check-flags
set -eu
# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"

archive=$(absolute "${1:?an archive}")
shift
CC=${CC:-cc}

# What dpkg-buildflags gives with hardening=+all.
hardening='-g -O2 -fstack-protector-strong -Wformat -Werror=format-security'
hardening="$hardening -Wdate-time -D_FORTIFY_SOURCE=2"

[ $# -gt 0 ] || set -- '-O0' '-O3' '-O2 -flto' '-O2 -fno-plt' \
    '-O2 -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3' "$hardening"

build () {
    mkdir "$work/build"
    cd "$work/build"
    ../source/configure -q --enable-werror CFLAGS="$1" CXXFLAGS="$1" \
        LDFLAGS='-Wl,-z,relro -Wl,-z,now' || { cat config.log; return 1; }
    "$MAKE" -s -j2
    "$MAKE" -s -j2 check TESTS=
    "$MAKE" -s -C tests check TESTS='test_stream test_named' VERBOSE=1
}

compiles () {
    echo 'int main (void) { return 0; }' >"$work/try.c"
    # shellcheck disable=SC2086
    $CC -Werror $1 "$work/try.c" -o "$work/try"
}

unpack "$archive" "$work/source"
for flags; do
    if ! (compiles "$flags") >/dev/null 2>&1; then
        echo "skip    $flags: not with this compiler"
        continue
    fi
    check "$flags" build "$flags"
    rm -rf "$work/build"
done
finish
