#!/bin/sh
# SPDX-License-Identifier: MIT
# What compilers do not see: gcc's -fanalyzer, cppcheck and clang-tidy on the library and on
# tempfile-run. "make check-analysis" runs it in a build directory. A tool that is missing is
# skipped aloud; without any, that is a failure.
#
# clang-tidy has its settings, and why, in .clang-tidy. A finding that is none is marked at its line
# with the reason; what gcc gets wrong more than once is turned off here.
set -u

: "${srcdir:=.}" "${top_builddir:=..}" "${STREAM_CFLAGS:=}" "${TEXT_CFLAGS:=}"
cd "$srcdir/.." || exit
: "${CLANG_TIDY:=clang-tidy}" "${CPPCHECK:=cppcheck}" "${GCC:=gcc}" "${PKG_CONFIG:=pkg-config}"

# The two directories are any that are strings.
common="-DHAVE_CONFIG_H -DBINDIR=__FILE__ -DPKGLIBDIR=__FILE__ -I$top_builddir
    -Iinclude -Ilib $TEXT_CFLAGS $STREAM_CFLAGS"

# flags FILE: those of libbsd are for the one file that may need them, in a build that does without.
flags () {
    echo "$common"
    if [ "$1" = lib/stream/funopen.c ] && [ -z "$STREAM_CFLAGS" ]; then
        $PKG_CONFIG --cflags libbsd-overlay 2>/dev/null
    fi
}

# Also what is not built here, if it can be.
sources () {
    for file in lib/*/*.c preload/*.c; do
        # shellcheck disable=SC2046 # several words
        if [ "$file" != lib/stream/funopen.c ] || ${CC:-cc} $(flags "$file") -fsyntax-only \
            -Werror=implicit-function-declaration "$file" 2>/dev/null; then
            echo "$file"
        fi
    done
}

# gcc cannot know that the chunk of a number that was handed out is there.
known () {
    case $1 in
    lib/life/registry.c) echo -Wno-analyzer-null-dereference ;;
    esac
}

# Its malloc-leak takes the address of an object's first member for a loss of the object, and its
# shift-count-overflow the bits of a vector's mask for the width of its elements.
# shellcheck disable=SC2046 # several words
run_gcc () {
    $GCC -std=gnu11 -O2 $(flags "$1") -fanalyzer -Werror $(known "$1") \
        -Wno-analyzer-malloc-leak -Wno-analyzer-shift-count-overflow -c -o /dev/null "$1"
}

# The compiler's own headers are not for it.
# shellcheck disable=SC2046
run_cppcheck () {
    $CPPCHECK -q --enable=warning,performance,portability --inline-suppr --error-exitcode=1 \
        --std=c11 --suppress=missingIncludeSystem -D__GNUC__=12 $(flags "$1") "$1"
}

# A file at a time: of several, it thinks that va_start() in all but the first does nothing. Of each
# function it follows a quarter of the paths that it would: the codecs, which are long, took as long as
# all the rest.
# shellcheck disable=SC2046
run_tidy () {
    $CLANG_TIDY --quiet "$1" -- -std=gnu11 $(flags "$1") \
        -Xclang -analyzer-config -Xclang max-nodes=50000 2>/dev/null
}

# all TOOL: on all sources, two at a time.
all () {
    echo "$1"
    ran=$((ran + 1))
    sources | xargs -P 2 -n 1 sh tests/check-analysis.sh "$1" || failed=$((failed + 1))
}

export srcdir=tests top_builddir STREAM_CFLAGS TEXT_CFLAGS CLANG_TIDY CPPCHECK GCC PKG_CONFIG
if [ $# -eq 2 ]; then
    "run_$1" "$2"
    exit
fi

ran=0 failed=0
if $GCC -fanalyzer -x c -fsyntax-only - </dev/null 2>/dev/null; then
    all gcc
else
    echo 'SKIP: there is no gcc with -fanalyzer'
fi
if command -v "$CPPCHECK" >/dev/null; then
    all cppcheck
else
    echo 'SKIP: there is no cppcheck'
fi
if command -v "$CLANG_TIDY" >/dev/null; then
    all tidy
else
    echo 'SKIP: there is no clang-tidy'
fi
echo "$ran analysers ran, $failed with findings"
[ $ran -gt 0 ] && [ $failed -eq 0 ]
