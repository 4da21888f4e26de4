#!/bin/sh
# SPDX-License-Identifier: MIT
# table.sh FIGURES.CSV: the table of costs in README.md, from what the benchmarks have written by -c.
# Against the first competitor of a row, or against its second floor, libc's stream over the same calls.
set -eu
# shellcheck source=csv.sh
. "$(dirname "$0")/csv.sh"

# What it is, in words; PROGRAM, ROW and COMPETITOR; which ratio; against what, in words.
# shellcheck disable=SC2016 # quotes of Markdown
rows () {
    printf '%s\t%s\t%s\t%s\t%s\t%s\n' \
        'an unnamed file made and closed' create 'without a name' 'TemporaryFile(), fclose' second \
        '`open`, `fdopen`, `fclose`' \
        'a named file made, closed and deleted' create 'with a name' 'NamedTemporaryFile(), fclose' second \
        '`mkostemp`, `fdopen`, `fclose`, `unlink`' \
        'the same, `.recoverable`' create 'with a name' 'NamedTemporaryFile(.recoverable = 1), fclose' second \
        '`mkostemp`, `fdopen`, `fclose`, `unlink`' \
        'records of 64 bytes written' io '64-byte records written' 'NamedTemporaryFile()' first '`fdopen`' \
        'records of 64 bytes read' io '64-byte records read' 'NamedTemporaryFile()' first '`fdopen`' \
        'lines read by `fgets`' io 'lines of 64 bytes read, fgets' 'NamedTemporaryFile()' first '`fdopen`' \
        'bytes written by `putc`' io 'bytes written, putc' 'NamedTemporaryFile()' first '`fdopen`' \
        'blocks of 1 MiB read' io 'blocks of 1 MiB read' 'NamedTemporaryFile()' first '`fdopen`' \
        'a random seek, 64 bytes read' io 'a random seek, 64 bytes read' 'NamedTemporaryFile()' first '`fdopen`' \
        'the same, without a name' io 'a random seek, 64 bytes read' 'TemporaryFile()' first '`fdopen`' \
        '`ftello` after a byte read' io 'a byte read, ftello' 'NamedTemporaryFile()' first '`fdopen`' \
        'a spooled KiB, written and read' spooled '1 KiB, against memory' 'SpooledTemporaryFile()' first \
        '`open_memstream`'
}

{
    rows | sed 's/^/row	/'
    fields "$1" | sed 's/^/figure	/'
} | awk -F '\t' '
    $1 == "row" { words[++rows] = $2; key[rows] = $3 FS $4 FS $5; second[rows] = $6 == "second"; against[rows] = $7 }
    $1 == "figure" {
        if (!($5 in panel)) { panel[$5] = ++panels; title[panels] = $5 }
        ratio[$2, $3, $4, panel[$5]] = $6
        floor[$2, $3, $4, panel[$5]] = $7
    }
    END {
        line = "| | "; below = "| --- | "
        for (p = 1; p <= panels; p++) { line = line title[p] " | "; below = below "--- | " }
        print line "times the cost of |"
        print below "--- |"
        for (r = 1; r <= rows; r++) {
            line = "| " words[r] " | "
            split (key[r], part, FS)
            for (p = 1; p <= panels; p++) {
                value = second[r] ? floor[part[1], part[2], part[3], p] : ratio[part[1], part[2], part[3], p]
                line = line sprintf ("%.2f", value) " | "
            }
            print line against[r] " |"
        }
    }'
