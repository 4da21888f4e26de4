#!/bin/sh
# SPDX-License-Identifier: MIT
# check-amalgamation.sh SOURCE VERSION: makes the library of one file, compiles it as others may,
# without a word from the compiler, and has programs, and projects of CMake and Meson, use it. What
# is not installed here is skipped aloud.
#
#     make check-amalgamation
#
# SUITE=all also builds the library from that one file where it stands, and runs the tests with it; or
# some of them: SUITE='test_stream test_text'.
set -eu
# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"

top=$(absolute "${1:?the source}")
version=${2:?a version}
unset CFLAGS CPPFLAGS LDFLAGS
made=$work/made
parts=$made/libtempfile-$version
warnings='-Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wconversion -Werror'

generate () {
    "${SHELL:-/bin/sh}" "$top/packaging/amalgamation.sh" "$top" "$version" "$made"
}

# The same again, byte for byte; and the archive is whole.
generate_again () {
    "${SHELL:-/bin/sh}" "$top/packaging/amalgamation.sh" "$top" "$version" "$work/again"
    diff -r "$made" "$work/again"
    unpack "$made/libtempfile-amalgamation-$version.tar.xz" "$work/unpacked"
    diff -r "$work/unpacked" "$parts"
}

# What the library asks is answered in it: a question that is not known there would be a no.
answers_all () {
    grep -rhow --include='*.[ch]' 'HAVE_[A-Z0-9_]*' "$top/lib" | LC_ALL=C sort -u |
        while read -r question; do
            grep -qw "$question" "$top/packaging/amalgamation/configuration.h" || echo "$question"
        done >"$work/unanswered"
    cat "$work/unanswered"
    [ ! -s "$work/unanswered" ]
}

# What is exported is what lib/libtempfile.map exports, and nothing else. The compiler for i686 and
# <sys/sdt.h> add hidden symbols of their own.
exports () {
    sed -n 's/^ *\(tempfile_[a-z_]*\);$/\1/p' "$top/lib/libtempfile.map" | LC_ALL=C sort >"$work/map"
    [ -s "$work/map" ]
    nm -g "$1" | awk '$(NF - 1) != "U" && $NF !~ /^(__x86|_[.]stapsdt)[.]/ { print $NF }' | sed 's/^_\(tempfile_\)/\1/' |
        LC_ALL=C sort | diff "$work/map" -
}

# compile COMPILER OPTION...: alone in a directory, as in somebody's own tree.
compile () {
    rm -rf "$work/tree"
    mkdir "$work/tree"
    cp "$parts/tempfile.c" "$parts/tempfile.h" "$work/tree"
    cd "$work/tree"
    # shellcheck disable=SC2086 # words
    "$@" $warnings -c tempfile.c 2>&1 | tee "$work/said"
    [ ! -s "$work/said" ]
    exports tempfile.o
}

can_compile () {
    command -v "$1" >/dev/null 2>&1 || return
    printf '#include <stdio.h>\nint main (void) { return 0; }\n' >"$work/can.c"
    "$@" "$work/can.c" -o "$work/can" >/dev/null 2>&1
}

has_probes () {
    echo '#include <sys/sdt.h>' | cc -E - >/dev/null 2>&1
}

try () {
    if can_compile "$@"; then
        check "$* -c tempfile.c" compile "$@"
    else
        echo "skip    $*: not to be had here"
    fi
}

# The first program of README.md, as program.c.
readme_program () {
    awk '/^```c$/ { inside = 1; next } /^```/ && inside { exit } inside' "$top/README.md" >program.c
}

# That program, with the line there; then with tempfile.o as C of a project in C++.
program () {
    cd "$work/tree"
    readme_program
    grep '<tempfile.h>' program.c
    "$@" -I. program.c tempfile.c -pthread -o program
    ./program | grep .
}

program_cxx () {
    cd "$work/tree"
    cat >program.cc <<'END'
#include <cstdio>
#include "tempfile.h"
int main ()
{
    FILE *f = TemporaryFile ();
    return !f || std::fputs ("text", f) < 0 || std::fclose (f) != 0;
}
END
    cc -c tempfile.c
    "${CXX:-c++}" -Wall -Werror program.cc tempfile.o -pthread -o program-cxx
    ./program-cxx
}

# A mode without b is refused, in words, by a library that has no text.
without_text () {
    cd "$work/tree"
    cat >program.c <<'END'
#include <errno.h>
#include "tempfile.h"
int main (void)
{
    FILE *f = TemporaryFile ();
    if (!f || fclose (f) != 0 || TemporaryFile (.mode = "w+") || errno != ENOTSUP)
        return 1;
    return puts (tempfile_errmsg ()) < 0;
}
END
    cc -DTEMPFILE_NO_TEXT -c tempfile.c
    cc program.c tempfile.o -pthread -o program
    ./program
}

# --- projects ---

cmake_program () {
    echo 'cmake_minimum_required (VERSION 3.7...3.30)'
    echo 'project (program C)'
    echo "$1"
    echo 'add_executable (program program.c)'
    echo 'target_link_libraries (program PRIVATE tempfile::tempfile)'
}

# built_by_cmake NAME LINE OPTION...: a project in $work/NAME that finds the library by LINE.
built_by_cmake () {
    mkdir "$work/$1"
    cd "$work/$1"
    readme_program
    cmake_program "$2" >CMakeLists.txt
    [ "$1" != subdirectory ] || cp -R "$parts" libtempfile
    shift 2
    cmake -S . -B build "$@"
    cmake --build build
    build/program | grep .
}

installed_by_cmake () {
    cmake -S "$parts" -B "$work/cmake" -DCMAKE_INSTALL_PREFIX="$work/prefix" "$@"
    cmake --build "$work/cmake"
    cmake --build "$work/cmake" --target install
}

shared_by_cmake () {
    rm -rf "$work/cmake" "$work/prefix"
    installed_by_cmake -DBUILD_SHARED_LIBS=ON -DTEMPFILE_TEXT=OFF
    built_by_cmake shared 'find_package (tempfile 0.1 REQUIRED)' -DCMAKE_PREFIX_PATH="$work/prefix"
}

subproject_of_meson () {
    mkdir -p "$work/meson/subprojects/packagefiles"
    cd "$work/meson"
    cp "$made/libtempfile-amalgamation-$version.tar.xz" subprojects/packagefiles
    cp "$made/libtempfile.wrap" subprojects
    readme_program
    {
        echo "project ('program', 'c')"
        awk '/^```meson$/ { inside = 1; next } /^```/ { inside = 0 } inside' "$top/README.md"
    } >meson.build
    meson setup --wrap-mode=forcefallback -Dwerror=true -Dwarning_level=3 build
    ninja -C build
    build/program | grep .
}

# --- the tests ---

# The library where the tests look for it, made of one object. Some tests call, or divert,
# functions that are not to be had from outside now, or install.
# shellcheck disable=SC2016 # variables of make's
suite () {
    mkdir "$work/build"
    cd "$work/build"
    "$top/configure" -q
    cp "$parts/tempfile.c" lib
    mkdir -p lib/.deps
    probes=
    ! grep -q '^#define HAVE_SYS_SDT_H' config.h || probes=-DTEMPFILE_USE_PROBES
    set -- VISIBILITY_CFLAGS="$probes" libtempfile_la_OBJECTS=tempfile.lo
    "$MAKE" -s "$@"
    programs="helper helper_static helper_dlopen $SUITE" tests=$SUITE
    if [ "$SUITE" = all ]; then
        inside='s/(test_(remove|removal_attacks|attacks|faults)|preload\.sh|installed\.sh) *//g'
        programs=$(printf 'names:; @echo $(check_PROGRAMS)\n' |
            "$MAKE" -s -C tests -f Makefile -f - names | sed -E "$inside")
        tests=$(printf 'tests:; @echo $(TESTS)\n' |
            "$MAKE" -s -C tests -f Makefile -f - tests | sed -E "$inside")
    fi
    "$MAKE" -s -k -C tests check CFLAGS=-O0 VERBOSE=1 check_PROGRAMS="$programs" TESTS="$tests" "$@"
    ! find lib -name '*.lo' | grep -v -e _preload_ -e '^lib/tempfile\.lo$'
}

must 'tempfile.c is made' generate
check 'the same again' generate_again
check 'what configure asks is answered' answers_all
for compiler in gcc clang; do
    for options in '-O2' '-std=c11 -pedantic' '-DTEMPFILE_NO_TEXT' '-std=gnu2x' \
        '-m32 -idirafter /usr/include/x86_64-linux-gnu' '-DTEMPFILE_USE_FUNOPEN' \
        '-DTEMPFILE_USE_PROBES'; do
        case $compiler,$options in
        *FUNOPEN)
            [ -f /usr/include/bsd/stdio.h ] || continue ;;
        clang,-m32*) continue ;;
        *PROBES) has_probes || continue ;;
        esac
        # shellcheck disable=SC2086 # words
        try $compiler $options
    done
done
try musl-gcc
check 'without text' without_text
check 'cc program.c tempfile.c' program cc
if can_compile musl-gcc; then
    check 'musl-gcc program.c tempfile.c' program musl-gcc
fi
if command -v "${CXX:-c++}" >/dev/null; then
    check 'c++ program.cc tempfile.o' program_cxx
fi
if are_here cmake cmake; then
    check 'cmake: add_subdirectory' built_by_cmake subdirectory 'add_subdirectory (libtempfile)'
    must 'cmake: install' installed_by_cmake
    check 'cmake: find_package' built_by_cmake package 'find_package (tempfile 0.1 REQUIRED)' \
        -DCMAKE_PREFIX_PATH="$work/prefix"
    check 'cmake: shared, without text' shared_by_cmake
fi
if are_here meson meson ninja; then
    check 'meson: subproject' subproject_of_meson
fi
if [ -n "${SUITE-}" ]; then
    check 'the tests, with the library of one file' suite
fi
finish
