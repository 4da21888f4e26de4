#!/bin/sh
# SPDX-License-Identifier: MIT
# table.sh FIGURES.CSV: the tables of costs in README.md, from what the benchmarks have written by -c.
# The first is against the first competitor of a row, or against its second floor, libc's stream over the
# same calls; the second against what others offer.
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

# What it is, in words; PROGRAM, ROW and COMPETITOR, which is compared with each of the peers.
peer_rows () {
    printf '%s\t%s\t%s\t%s\n' \
        'an unnamed file made and closed' create 'without a name' 'TemporaryFile(), fclose' \
        'the same, 100 bytes written and read' create '100 bytes written and read, without a name' 'TemporaryFile()' \
        'a named file made, closed and deleted' create 'with a name' 'NamedTemporaryFile(), fclose' \
        'the same, 100 bytes written and read' create '100 bytes written and read, with a name' 'NamedTemporaryFile()' \
        'records of 64 bytes written' io '64-byte records written' 'NamedTemporaryFile()' \
        'records of 64 bytes read' io '64-byte records read' 'NamedTemporaryFile()' \
        'a random seek, 64 bytes read' io 'a random seek, 64 bytes read' 'NamedTemporaryFile()' \
        'blocks of 1 MiB written' io 'blocks of 1 MiB written' 'NamedTemporaryFile()' \
        'a spooled KiB, written and read' spooled '1 KiB, against memory' 'SpooledTemporaryFile()'
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

echo
# The competitors of a peer begin with its name.
# shellcheck disable=SC2016 # quotes of Markdown
echo '| | `tmpfile` | libite | GLib | APR | Qt | Rust | Python |'
echo '| --- | --- | --- | --- | --- | --- | --- | --- |'
{
    peer_rows | sed 's/^/row	/'
    fields "$1" | sed 's/^/figure	/'
} | awk -F '\t' '
    # The ratios of ROW against PEER, one for each panel; empty if there is none.
    function cell(row, ours, peer,   p, one, text, some) {
        for (p = 1; p <= panels; p++) {
            one = "-"
            if ((row, peer, p) in theirs) {
                one = sprintf ("%.2f", ratio[row, ours, p] / theirs[row, peer, p])
                some = 1
            }
            text = text (p > 1 ? " / " : " ") one
        }
        return some ? text : ""
    }
    BEGIN { peers = split ("tmpfile() libite GLib APR Qt Rust Python", peer, " ") }
    $1 == "row" { words[++rows] = $2; row[rows] = $3 FS $4; ours[rows] = $5 }
    $1 == "figure" {
        if (!($5 in panel)) panel[$5] = ++panels
        ratio[$2 FS $3, $4, panel[$5]] = $6
        for (i = 1; i <= peers; i++)
            if (index ($4, peer[i]) == 1 && !(($2 FS $3, peer[i], panel[$5]) in theirs))
                theirs[$2 FS $3, peer[i], panel[$5]] = $6
    }
    END {
        for (r = 1; r <= rows; r++) {
            line = "| " words[r] " |"
            for (i = 1; i <= peers; i++)
                line = line cell(row[r], ours[r], peer[i]) " |"
            print line
        }
    }'
