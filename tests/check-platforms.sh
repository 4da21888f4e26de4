#!/bin/sh
# SPDX-License-Identifier: MIT
# Builds the library for other processors by cross compilers, and runs there, under qemu, the
# examples of the manual and random programs on text streams against Python:
#
#     tests/check-platforms.sh [TRIPLET...]
#
# Check is not to be had there; what needs no Check is run. A platform whose compiler, C library
# or emulator is missing is skipped aloud. On Debian they are gcc-TRIPLET, libc6-dev-ARCH-cross and
# qemu-user; for i686-linux-gnu, which the compiler at hand does and which needs no emulator,
# libc6-dev-i386 and lib32gcc-12-dev or so. TEMPFILE_TEST_PROGRAMS says how many programs (300).
set -eu

src=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
programs=${TEMPFILE_TEST_PROGRAMS:-300}

# compiler TRIPLET, emulator TRIPLET: the commands; the emulator of none is empty.
compiler () {
    case $1 in
    # Where gcc-multilib is not, the headers of the kernel are found in the other word size's place.
    i686-*) echo "gcc -m32 -idirafter /usr/include/x86_64-linux-gnu" ;;
    *) echo "$1-gcc" ;;
    esac
}

emulator () {
    case $1 in
    i686-*) ;;
    powerpc64-*) echo "qemu-ppc64 -L /usr/$1" ;;
    *) echo "qemu-${1%%-*} -L /usr/$1" ;;
    esac
}

# What is missing for a platform, if anything.
# shellcheck disable=SC2046,SC2086 # commands of several words
missing () {
    echo 'int main (void) { return 0; }' >"$work/try.c"
    $(compiler "$1") "$work/try.c" -o "$work/try" 2>/dev/null || { echo 'a compiler'; return; }
    $(emulator "$1") "$work/try" 2>/dev/null || echo 'an emulator'
}

# It is called in a condition, where set -e means nothing.
# shellcheck disable=SC2086
check () {
    cc=$(compiler "$1") run=$(emulator "$1")
    mkdir "$work/$1" && cd "$work/$1" || return
    CC=$cc "$src/configure" -q --host="$1" PKG_CONFIG=false --enable-werror && make -s || return
    $cc -D_FILE_OFFSET_BITS=64 -I. -I"$src/include" "$src/tests/text_driver.c" \
        lib/.libs/libtempfile.a -o text_driver || return
    if command -v python3 >/dev/null; then
        python3 "$src/tests/text_differential.py" --driver "$run ./text_driver" \
            --programs "$programs" || return
    fi
    EXAMPLE_RUNNER=$run make -s -C doc check
}

[ $# -gt 0 ] || set -- i686-linux-gnu aarch64-linux-gnu arm-linux-gnueabihf riscv64-linux-gnu \
    s390x-linux-gnu powerpc64-linux-gnu mips-linux-gnu
passed=0 failed=0 skipped=0
for triplet; do
    why=$(missing "$triplet")
    if [ -n "$why" ]; then
        echo "SKIP: $triplet: there is not $why"
        skipped=$((skipped + 1))
    elif (check "$triplet") >"$work/log" 2>&1; then
        echo "PASS: $triplet"
        passed=$((passed + 1))
    else
        cat "$work/log"
        echo "FAIL: $triplet"
        failed=$((failed + 1))
    fi
done
echo "$passed platforms passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ] && [ $passed -gt 0 ]
