#!/bin/sh
# SPDX-License-Identifier: MIT
# plot.sh BENCH.CSV BENCH.SVG: draws the ratios, a panel for each type of directory, a line for each
# row, a point for each competitor. The environment variable GNUPLOT says which gnuplot.
set -eu

csv=$1
svg=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

# Fields by tabs; those in quotes may have commas. Competitors are grouped by who they are.
awk '
    NR > 1 {
        n = 0
        rest = $0
        while (rest != "") {
            if (substr (rest, 1, 1) == "\"") {
                field = ""
                rest = substr (rest, 2)
                while ((at = index (rest, "\"")) > 0) {
                    field = field substr (rest, 1, at - 1)
                    rest = substr (rest, at + 1)
                    if (substr (rest, 1, 1) != "\"") break
                    field = field "\""
                    rest = substr (rest, 2)
                }
                sub (/^,/, "", rest)
            } else {
                at = index (rest ",", ",")
                field = substr (rest, 1, at - 1)
                rest = substr (rest, at + 1)
            }
            f[++n] = field
        }
        print f[1] "\t" f[2] "\t" f[3] "\t" f[4] "\t" f[6]
    }' "$csv" >"$work/table"

# The rows of both panels stand at the same height.
awk -F '\t' -v work="$work" '
    function group(program, name) {
        if (program == "threads") return name ~ /^1 / ? "system" : name ~ /^2 / ? "two" : "eight"
        if (name ~ /^Python/) return "python"
        if (name ~ /^Rust/) return "rust"
        if (name ~ /^Qt/) return "qt"
        if (name ~ /^GLib/) return "glib"
        if (name ~ /^APR/) return "apr"
        if (name ~ /^libite/) return "libite"
        if (name ~ /^tmpfile/) return "tmpfile"
        if (name ~ /buffering = /) return "buffered"
        if (name ~ /^Named/) return "named"
        if (name ~ /^Spooled/) return "spooled"
        if (name ~ /^TemporaryFile\(\)/) return "unnamed"
        if (name ~ /^(Temporary|tempfile_|exit|one with 10,000 names)/) return "other"
        return "system"
    }
    {
        key = index ($2, $1) == 1 ? $2 : $1 ": " $2
        if (!(key in row)) { row[key] = ++rows; label[rows] = key }
        if (!($4 in panel)) { panel[$4] = ++panels; print $4 >(work "/panels") }
        print row[key], $5 >(work "/" panel[$4] "-" group($1, $3))
    }
    END {
        for (i = 1; i <= rows; i++) {
            text = label[i]
            gsub (/\\n/, "", text)
            gsub (/["\\]/, "", text)
            gsub (/%/, "%%", text)
            printf "%s\"%s\" %d", (i == 1 ? "" : ", "), text, i >(work "/labels")
        }
        print rows >(work "/rows")
    }' "$work/table"

rows=$(cat "$work/rows")
panels=$(wc -l <"$work/panels")

# Ours are filled and large, others are open.
series () {
    cat <<'END'
system    7  2 0.5 #000000 bare calls, or by hand; one thread
tmpfile   6  3 0.6 #7f7f7f tmpfile()
unnamed   7  3 0.8 #d62728 TemporaryFile()
buffered  5  3 0.8 #ff7f0e TemporaryFile(.buffering = 65536)
named     9  3 0.9 #1f77b4 NamedTemporaryFile()
spooled  11  3 0.9 #2ca02c SpooledTemporaryFile()
other    13  3 0.9 #8c564b others of libtempfile
glib      1  2 0.6 #17becf GLib
apr       2  2 0.6 #9467bd APR
libite    3  2 0.6 #e377c2 libite
qt        4  2 0.6 #2ca02c Qt
rust      8  2 0.6 #a0522d Rust
python   12  2 0.6 #bcbd22 Python
two      10  2 0.6 #1f77b4 two threads
eight    14  2 0.6 #1f77b4 eight threads
END
}

{
    echo "set terminal svg size $((800 + 400 * panels)),$((120 + 22 * rows)) noenhanced" \
        "font 'sans-serif,12' background 'white'"
    echo "set output '$svg'"
    echo "set multiplot layout 1,$panels title" \
        "'time in relation to the first competitor of each row: left is faster'"
    echo "set logscale x; set grid x y lc rgb '#dddddd'; unset key; set format x '%g'"
    echo "set yrange [$rows.7:0.3]; set xrange [0.002:500]; set xlabel 'ratio'; set tmargin 4; set bmargin 4"
    echo "set arrow 1 from 1,graph 0 to 1,graph 1 nohead lc rgb '#888888'"
    number=0
    while read -r panel; do
        number=$((number + 1))
        echo "set title '$panel'"
        left=$((430 + 400 * (number - 1)))
        echo "set lmargin at screen $left.0 / $((800 + 400 * panels))"
        echo "set rmargin at screen $((left + 380)).0 / $((800 + 400 * panels))"
        if [ "$number" -eq 1 ]; then
            echo "set ytics ($(cat "$work/labels"))"
        else
            echo "set ytics ($(sed 's/"[^"]*"/""/g' "$work/labels"))"
        fi
        if [ "$number" -eq "$panels" ]; then
            echo "set key at screen $((left + 390)).0 / $((800 + 400 * panels)), 0.8" \
                'left top Left reverse vertical maxcols 1'
        fi
        separator='plot'
        series | while read -r name point width size colour title; do
            # One point outside of the ranges, so that whoever is in any panel is explained.
            echo '-1 -1' >>"$work/$number-$name"
            printf "%s '%s' using 2:1 with points pt %s lw %s ps %s lc rgb '%s' title '%s'" \
                "$separator" "$work/$number-$name" "$point" "$width" "$size" "$colour" "$title"
            separator=', \
    '
        done
        echo
    done <"$work/panels"
} >"$work/script"
"${GNUPLOT:-gnuplot}" "$work/script"
echo "bench: $svg"
