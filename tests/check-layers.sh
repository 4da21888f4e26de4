#!/bin/sh
# SPDX-License-Identifier: MIT
# check-layers.sh SOURCE BUILD: the floors of lib/ keep to their order. What a source includes, and
# what its object file takes from others, is on its own floor or below it; and on a floor no files
# need each other, be it in a circle of many. Ends with 1 and says which, when it is not so; with 77
# where there are no object files to look at.
set -eu

source=$1 build=$2
: "${NM:=nm}"
floors='base life create storage text stream'
work=$(mktemp -d "${TMPDIR:-/tmp}/check-layers.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

# Each line: who needs, whom, and by what. Of an object file whom is the file that defines it.
for floor in $floors; do
    for file in "$source/$floor"/*.[ch]; do
        sed -n 's/^#include "\(.*\)"$/\1/p' "$file" |
            sed "s|^|$floor/$(basename "$file") |; s|\$| includes|"
    done
done >"$work/includes"

objects=0
for floor in $floors; do
    for file in "$source/$floor"/*.c; do
        name=$floor/$(basename "$file" .c)
        object=$build/$name.o
        [ -f "$object" ] || continue
        objects=$((objects + 1))
        $NM "$object" | awk -v name="$name.c" '$(NF - 1) == "U" { print "U", name, $NF }
            NF == 3 && $2 ~ /^[TDBRVWC]$/ { print "D", name, $3 }'
    done
done >"$work/symbols"
[ $objects -gt 0 ] || { echo 'check-layers: no object files, build first' >&2; exit 77; }

awk '$1 == "D" { definer[$3] = $2; next }
    NR != FNR && $1 == "U" && $3 in definer { print $2, definer[$3], $3 }' \
    "$work/symbols" "$work/symbols" >"$work/calls"

# Up: to a file of a higher floor. A header stands for the source that has its name.
awk -v floors="$floors" '
    BEGIN { n = split (floors, list, " "); for (i = 1; i <= n; i++) height[list[i]] = i }
    { split ($1, from, "/"); split ($2, to, "/") }
    to[1] in height && height[to[1]] > height[from[1]] {
        print $1 " reaches up to " $2 " (" $3 ")"
    }' "$work/includes" "$work/calls" >"$work/up"

# Circles among sources, by what they call: what is left when those that need nobody, and those that
# nobody needs, are taken away again and again.
awk '$1 != $2 { print $1, $2 }' "$work/calls" | sort -u >"$work/edges"
while :; do
    awk 'NR == FNR { needs[$1]; needed[$2]; next } ($2 in needs) && ($1 in needed)' \
        "$work/edges" "$work/edges" >"$work/fewer"
    cmp -s "$work/edges" "$work/fewer" && break
    mv "$work/fewer" "$work/edges"
done

sort -u "$work/up"
sed 's/\(.*\) \(.*\)/\1 needs \2, in a circle/' "$work/edges"
up=$(sort -u "$work/up" | wc -l)
circles=$(wc -l <"$work/edges")
echo "$objects object files on $(echo "$floors" | wc -w) floors, $((up)) reach up, $((circles)) steps in circles"
[ "$((up + circles))" -eq 0 ]
