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
header=$(find "$root" -name tempfile.h ! -path '*/libtempfile/*')
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

# A program that has a tempfile.h of its own, with the guard that such files have.
mkdir "$work/own" || exit 99
printf '#ifndef TEMPFILE_H\n#define TEMPFILE_H\nstruct tempfile;\n#endif\n' >"$work/own/tempfile.h"
cat >"$work/own/own.c" <<'EOF'
#include "tempfile.h"
#include <libtempfile/tempfile.h>
int numbers[TEMPFILE_VERSION == TEMPFILE_VERSION_MAJOR * 10000 + TEMPFILE_VERSION_MINOR * 100 +
            TEMPFILE_VERSION_PATCH ? 1 : -1];
struct tempfile *own;
char *path;
int make (void);
int make (void)
{
    return tempfile_mkstemp (&path, TEMPFILE_OPTIONS (.suffix = ".c", .prefix = "x")) +
        tempfile_mkstemp (&path, TEMPFILE_OPTIONS ());
}
EOF
for standard in c99 c11 gnu17; do
    $CC -std=$standard $strict -Wno-missing-field-initializers -I"$work/own" $includes -fsyntax-only \
        "$work/own/own.c" || fail "<libtempfile/tempfile.h> does not serve where there is a tempfile.h"
done

# The version in the header is that of the library.
numbers=$(printf '#include <tempfile.h>\nTEMPFILE_VERSION_MAJOR.TEMPFILE_VERSION_MINOR.TEMPFILE_VERSION_PATCH\n' |
    $CC $includes -E - | tail -n 1 | tr -d ' ')
[ "$numbers" = "$VERSION" ] || fail "the header says version $numbers, not $VERSION"

# What must not be ignored is warned of.
printf '#include <tempfile.h>\nvoid f (FILE *);\nvoid f (FILE *s) { tempfile_persist (s, "x", 0); }\n' \
    >"$work/ignored.c"
if $CC $strict $includes -c "$work/ignored.c" -o "$work/ignored.o" 2>/dev/null &&
    $CC -dM -E -x c /dev/null | grep -q __GNUC__; then
    fail "a result of tempfile_persist may be ignored without a warning"
fi

# gcc's analyser sees a stream that is never closed, as it sees that of a leaked fopen.
analysed () {
    printf '#include <tempfile.h>\nint f (int);\nint f (int n)\n{\n    FILE *f = %s;\n' "$1"
    printf '    if (!f)\n        return 1;\n    return n ? 2 : fclose (f);\n}\n'
}
analysed 'fopen ("/dev/null", "r")' >"$work/fopen.c"
if ! $CC -fanalyzer $includes -c "$work/fopen.c" -o "$work/leak.o" 2>"$work/leaks" ||
    ! grep -q 'leak of' "$work/leaks"; then
    skip "the analyser: $CC has none that finds leaks"
else
    for call in 'NamedTemporaryFile (.suffix = ".c")' 'TemporaryFile ()' 'tempfile_tmpfile ()' \
        'SpooledTemporaryFile (.max_size = 1)'; do
        analysed "$call" >"$work/leak.c"
        $CC -fanalyzer $includes -c "$work/leak.c" -o "$work/leak.o" 2>"$work/leaks"
        grep -q 'leak of' "$work/leaks" || fail "the analyser does not see the leak of $call"
        sed 's/n ? 2 : fclose (f)/fclose (f) + n/' "$work/leak.c" >"$work/sound.c"
        $CC -fanalyzer -Werror $includes -c "$work/sound.c" -o "$work/leak.o" ||
            fail "the analyser finds fault with $call"
    done
fi

echo 'int main () { return 0; }' >"$work/try.cc"
if [ -z "$CXX" ] || ! $CXX "$work/try.cc" -o "$work/try" 2>/dev/null; then
    skip "the C++ program: there is no C++ compiler"
else
    # From C++20 on members can be named, and the others are zero without a word.
    printf '#include <tempfile.h>\nFILE *f () { return NamedTemporaryFile ({.mode = "w+b", .suffix = ".x"}); }\n' \
        >"$work/designated.cc"
    if $CXX -std=c++20 -fsyntax-only -x c++ /dev/null 2>/dev/null; then
        $CXX -std=c++20 $strict $includes -fsyntax-only "$work/designated.cc" ||
            fail "designated initialisers are warned of in C++20"
        try_header "$CXX" c++ -std=c++20 -Wshadow -Wconversion
    else
        skip "designated initialisers: no C++20"
    fi
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
