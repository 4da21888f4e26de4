#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The library as it is installed: make install into a private directory, then programs in C99 and
# C++11 that find header and library through pkg-config only, strictly compiled, linked and run;
# the header by itself in other editions of the languages; and what names the library exports.
#
# From the Makefile come srcdir, top_builddir, VERSION, CC, CXX, NM, MAKE, PKG_CONFIG and the
# flags. Exit status 77: there is nothing to test.

# Variables with flags are split into words.
# shellcheck disable=SC2086
set -u

fail () {
    echo "FAIL: $*" >&2
    exit 1
}

skip () {
    echo "SKIP: $*"
}

: "${srcdir:?}" "${top_builddir:?}" "${VERSION:?}" "${CC:=cc}" "${CXX:=}" "${NM:=nm}" "${MAKE:=make}"
: "${PKG_CONFIG:=pkg-config}" "${CPPFLAGS=}" "${CFLAGS=}" "${CXXFLAGS=}" "${LDFLAGS=}"

command -v "${PKG_CONFIG%% *}" >/dev/null 2>&1 || {
    skip "no pkg-config"
    exit 77
}

work=$(sh "$srcdir/make-work.sh" installed) || exit 99
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
root=$work/root
mkdir "$root" "$work/tmp" || exit 99

# --- install ---

# The make that runs this test must not make this one share its job slots, or its targets.
(unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES GNUMAKEFLAGS
 "$MAKE" -C "$top_builddir" install DESTDIR="$root") >"$work/install.log" 2>&1 || {
    cat "$work/install.log"
    fail "make install"
}

pc=$(find "$root" -name libtempfile.pc)
[ -f "$pc" ] || fail "no libtempfile.pc, or several: $pc"
header=$(find "$root" -name tempfile.h)
[ -f "$header" ] || fail "no tempfile.h, or several: $header"
cmp -s "$header" "$srcdir/../include/tempfile.h" || fail "tempfile.h is not the one of the source"

# --- pkg-config ---

PKG_CONFIG_PATH=$(dirname "$pc")${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}
PKG_CONFIG_SYSROOT_DIR=$root
PKG_CONFIG_ALLOW_SYSTEM_CFLAGS=1
PKG_CONFIG_ALLOW_SYSTEM_LIBS=1
export PKG_CONFIG_PATH PKG_CONFIG_SYSROOT_DIR
export PKG_CONFIG_ALLOW_SYSTEM_CFLAGS PKG_CONFIG_ALLOW_SYSTEM_LIBS

version=$($PKG_CONFIG --modversion libtempfile) || fail "pkg-config does not know the library"
[ "$version" = "$VERSION" ] || fail "pkg-config says version $version, not $VERSION"

includes=$($PKG_CONFIG --cflags libtempfile) || fail "pkg-config --cflags"
case $includes in
*-I"$root"/*) ;;
*) fail "the header is not found through pkg-config: $includes" ;;
esac

libdir=$(find "$root" -name 'libtempfile.so' -o -name 'libtempfile.dylib' | head -n 1)
if [ -n "$libdir" ]; then
    libdir=$(dirname "$libdir")
    libs=$($PKG_CONFIG --libs libtempfile) || fail "pkg-config --libs"
else
    skip "the exported names: the library was not built as a shared one"
    libs=$($PKG_CONFIG --static --libs libtempfile) || fail "pkg-config --static --libs"
fi

# --- programs ---

# A library with a sanitizer in it wants programs with the same one.
sanitizers=
for flag in $CFLAGS; do
    case $flag in
    -fsanitize*) sanitizers="$sanitizers $flag" ;;
    esac
done

strict='-Wall -Wextra -Wpedantic -Werror'

run () {
    LD_LIBRARY_PATH=$libdir${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH} TMPDIR=$work/tmp "$1" "$VERSION" ||
        fail "$1 ended with $?"
    [ -z "$(ls -A "$work/tmp")" ] || fail "$1 left files behind: $(ls -A "$work/tmp")"
}

consumer_c () {
    $CC -std=c99 $strict $CPPFLAGS $CFLAGS $includes "$@" "$srcdir/consumer.c" \
        -o "$work/consumer-c" $LDFLAGS $libs || fail "consumer.c does not compile as C99: $*"
    run "$work/consumer-c"
}

# tmpfile is replaced whatever came before, and where large files have calls of their own.
consumer_c
consumer_c -include stdio.h
consumer_c -include tempfile.h
consumer_c -D_FILE_OFFSET_BITS=64 -D_LARGEFILE64_SOURCE
consumer_c -D_FILE_OFFSET_BITS=64 -D_LARGEFILE64_SOURCE -include stdio.h

# A header by itself: nothing before it, nothing after it.
try_header () {
    compiler=$1 language=$2
    shift 2
    echo '#include <tempfile.h>' >"$work/only.$language"
    $compiler "$@" $strict $includes -fsyntax-only -x "$language" "$work/only.$language" ||
        fail "the header does not compile: $compiler $*"
}

for standard in c99 c11 gnu11 gnu17; do
    try_header "$CC" c -std=$standard -Wshadow -Wconversion -Wstrict-prototypes -Wundef
done
try_header "$CC" c -std=c99 -D_FILE_OFFSET_BITS=64
try_header "$CC" c -std=c99 -D_POSIX_C_SOURCE=200809L
try_header "$CC" c -std=c99 -DTEMPFILE_REPLACE_TMPFILE -Wundef

echo 'int main () { return 0; }' >"$work/try.cc"
if [ -z "$CXX" ] || ! $CXX "$work/try.cc" -o "$work/try" 2>/dev/null; then
    skip "the C++ program: there is no C++ compiler"
else
    for standard in c++11 c++17; do
        try_header "$CXX" c++ -std=$standard -Wshadow -Wconversion
        try_header "$CXX" c++ -std=$standard -DTEMPFILE_REPLACE_TMPFILE
    done
    if [ -n "$sanitizers" ]; then
        skip "running the C++ program: the compilers' sanitizers need not be the same"
        $CXX -std=c++11 $strict $CPPFLAGS $includes -c "$srcdir/consumer.cc" -o "$work/consumer.o" ||
            fail "consumer.cc does not compile as C++11"
    else
        for before in tempfile.h cstdio stdio.h; do
            $CXX -std=c++11 $strict $CPPFLAGS $CXXFLAGS $includes -include $before \
                "$srcdir/consumer.cc" -o "$work/consumer-cc" $LDFLAGS $libs ||
                fail "consumer.cc does not compile as C++11 after $before"
            run "$work/consumer-cc"
        done
    fi
fi

# --- exported names ---

[ -n "$libdir" ] || exit 0

# Of type A is the name of the version itself.
library=$(find "$libdir" -name 'libtempfile.so' -o -name 'libtempfile.dylib' | head -n 1)
$NM -D --defined-only "$library" >"$work/nm" 2>/dev/null || $NM -gU "$library" >"$work/nm" || {
    skip "the exported names: nm does not list them"
    exit 0
}
awk '$2 != "A" { sub (/@.*/, "", $3); print $3 }' "$work/nm" | sort -u >"$work/exported"

# The functions of the header: its lines that begin with a type, have "tempfile_... (" in them and
# are no typedef. The names of inline ones end in '_', which keeps them out.
sed -n '/^typedef/d; s/^[a-zA-Z].*[ *]\(tempfile_[a-z_]*[a-z]\) *(.*/\1/p' "$header" |
    grep -v '^tempfile_options$' | sort -u >"$work/declared"
[ "$(wc -l <"$work/declared")" -ge 17 ] || fail "too few functions found in the header"
diff "$work/declared" "$work/exported" ||
    fail "the library does not export just what the header declares (< declared, > exported)"
