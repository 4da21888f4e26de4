#!/bin/sh
# SPDX-License-Identifier: MIT
# check-size.sh [--record] SOURCE FIGURES [DIR]: what this library costs those who link it, in bytes.
#
#   CALL/text, CALL/no-text  a static program that makes one stream by CALL, closes it and does
#                            nothing else: how much more text and data it has than the same with
#                            libc's tmpfile(), by a library with text streams and by one without
#   library/all              the shared library with text, stripped: the file
#   library/code             its section .text
#
# Both libraries are built here, by configure and -O2, without libunistring. Ends with 1 when a
# figure is above its limit, whatever the compiler; or over 5 % above what FIGURES says, which are
# those of one compiler, so with another they are printed only. --record writes FIGURES anew: to be
# committed together with what made it necessary. Ends with 77 where nothing can be linked
# statically.
set -eu

record=no
[ "$1" != --record ] || { record=yes; shift; }
source=$(cd "$1" && pwd) figures=$2
dir=${3:-${TMPDIR:-/tmp}}
: "${CC:=cc}" "${MAKE:=make}" "${SIZE:=size}" "${STRIP:=strip}"

# What each may cost at most.
limits='tempfile_tmpfile/text 16384
tempfile_tmpfile/no-text 16384
TemporaryFile/no-text 40960
NamedTemporaryFile/no-text 45056
library/all 430080
library/code 112640'

work=$(mktemp -d "$dir/size.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
compiler=$($CC --version | sed '1{s/^[^ ]* //;q}') # by whatever name it was called

# program NAME CALL
program () {
    printf '#include <stdio.h>\n#include <tempfile.h>\n
int main (void) { FILE *f = %s (); return !f || fputs ("x", f) < 0 || fclose (f) != 0; }\n' "$2" >"$work/$1.c"
    # shellcheck disable=SC2086 # a compiler may have arguments
    $CC -O2 -I"$source/include" -c -o "$work/$1.o" "$work/$1.c"
}

# linked NAME [LIBRARY]: text and data, in bytes, of the static program.
linked () {
    # shellcheck disable=SC2086
    $CC -static -pthread -o "$work/$1" "$work/$1.o" ${2+"$2"}
    $SIZE "$work/$1" | awk 'NR == 2 { print $1 + $2 }'
}

# built NAME CONFIGURE-ARGUMENT...
built () {
    mkdir "$work/$1"
    (
        cd "$work/$1"
        shift
        "$source/configure" -q CC="$CC" CFLAGS=-O2 "$@"
        $MAKE -s -C lib
    ) >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
}

program libc tmpfile
libc=$(linked libc 2>/dev/null) || { echo 'SKIP: no program can be linked statically here' >&2; exit 77; }
calls='tempfile_tmpfile TemporaryFile NamedTemporaryFile'
for call in $calls; do
    program "$call" "$call"
done
built text --without-libunistring
built no-text --disable-text --disable-shared

{
    for call in $calls; do
        for how in text no-text; do
            size=$(linked "$call" "$work/$how/lib/.libs/libtempfile.a")
            echo "$call/$how $((size - libc))"
        done
    done
    shared=$work/text/lib/.libs/libtempfile.so
    $STRIP -o "$work/stripped" "$shared"
    echo "library/all $(wc -c <"$work/stripped")"
    echo "library/code $($SIZE -A "$work/stripped" | awk '$1 == ".text" { print $2 }')"
} >"$work/measured"

if [ $record = yes ]; then
    { echo "# $compiler"; cat "$work/measured"; } >"$figures"
fi
recorded=$(sed -n '1s/^# //p' "$figures")
compared=no
[ "$compiler" != "$recorded" ] || compared=yes

printf '%s\n' "$limits" >"$work/limits"
status=0
awk -v compared=$compared '
    FILENAME ~ "/limits$" { limit[$1] = $2; next }
    FILENAME !~ "/measured$" { figure[$1] = $2; next }
    {
        printf "%-28s %7d", $1, $2
        if ($1 in limit) printf ", limit %7d", limit[$1]
        else printf "%15s", ""
        if ($1 in figure) printf ", committed %7d  %+.1f %%", figure[$1], 100 * $2 / figure[$1] - 100
        print ""
        if ($1 in limit && $2 > limit[$1]) over = over " " $1
        if (compared == "yes" && !($1 in figure && $2 <= figure[$1] * 1.05)) more = more " " $1
    }
    END {
        if (over) print "above the limit:" over
        if (more) print "over 5 % more than committed:" more
        exit over more != ""
    }' "$work/limits" "$figures" "$work/measured" || status=$?
[ $compared = yes ] || echo "size: the figures are those of $recorded, not of $compiler: only the limits count" >&2
exit $status
