#!/bin/sh
# SPDX-License-Identifier: MIT
# instructions.sh [--record] PROGRAM FIGURES [DIR]: how many instructions of this library, not of
# libc, each of the works of bench/instructions takes, as callgrind counts them; ends with 1 when one
# takes over 5% more than FIGURES says. They are those of one compiler; with another they are printed
# only. --record writes FIGURES anew: to be committed together with what made it necessary.
set -eu

record=no
[ "$1" != --record ] || { record=yes; shift; }
program=$(readlink -f "$1") figures=$2
dir=${3:-${TMPDIR:-/tmp}}
few=200 more=1200

command -v valgrind >/dev/null || { echo "instructions: no valgrind" >&2; exit 77; }
work=$(mktemp -d "$dir/instructions.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
mkdir "$work/files"
compiler=$(${CC:-cc} --version | head -n 1)

# count WORK TIMES: the instructions of the library. Its directory has a name of the same length
# everywhere, for they depend on that.
count () {
    (cd "$work" && valgrind -q --tool=callgrind --callgrind-out-file="$work/out" "$program" "$1" \
        "$2" /proc/self/cwd/files) || return
    callgrind_annotate --threshold=100 "$work/out" |
        awk '/\[.*libtempfile[.]so/ { gsub (",", ""); sum += $1 } END { print sum + 0 }'
}

for name in $("$program"); do
    less=$(count "$name" $few)
    greater=$(count "$name" $more)
    echo "$name $(((greater - less) / (more - few)))"
done >"$work/counted"

if [ $record = yes ]; then
    { echo "# $compiler"; cat "$work/counted"; } >"$figures"
    exit
fi
awk 'NR == FNR { figure[$1] = $2; next }
    { printf "%-14s %7d, committed %7d  %+.1f%%\n", $1, $2, figure[$1],
          figure[$1] ? 100 * $2 / figure[$1] - 100 : 100
      if ($2 > figure[$1] * 1.05) more = more " " $1 }
    END { if (more) print "over 5% more:" more; exit more != "" }' "$figures" "$work/counted" ||
    status=$?
recorded=$(sed -n '1s/^# //p' "$figures")
[ "$compiler" = "$recorded" ] || {
    echo "instructions: the figures are those of $recorded, not of $compiler" >&2
    exit 77
}
exit "${status:-0}"
