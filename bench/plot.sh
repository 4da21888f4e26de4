#!/bin/sh
# SPDX-License-Identifier: MIT
# plot.sh BENCH.CSV BENCH.SVG: draws the ratios of what the benchmarks have written by -c: a panel for
# each type of directory, a line for each row, a mark for each competitor. Lines of the file that
# begin with "#" say where it was measured, and stand below the picture. The same file gives the same
# picture, which is readable on light and on dark. It needs awk only.
set -eu

# shellcheck source=csv.sh
. "$(dirname "$0")/csv.sh"

# In which order kinds of competitors are drawn and explained: KIND, its mark, its colour, its words.
# Those of the library are filled.
kinds () {
    printf '%s\t%s\t%s\t%s\n' \
        bare     circle-open  grey   'bare calls, or by hand' \
        tmpfile  square-open  grey   'tmpfile ()' \
        floor    cross        grey   "libc's custom stream, empty" \
        python   square-open  olive  'Python' \
        rust     circle-open  brown  'Rust' \
        qt       square-open  brown  'Qt' \
        glib     circle-open  violet 'GLib' \
        apr      square-open  violet 'APR' \
        libite   circle-open  olive  'libite' \
        two      circle       blue   'two threads' \
        eight    square       blue   'eight threads' \
        unnamed  circle       red    'TemporaryFile ()' \
        buffered square       red    '.buffering = 65536' \
        named    circle       blue   'NamedTemporaryFile ()' \
        spooled  circle       green  'SpooledTemporaryFile ()' \
        other    square       green  'others of libtempfile'
}

{
    kinds | sed 's/^/kind	/'
    fields "$1" | sed 's/^/figure	/'
    sed -n 's/^# */note	/p' "$1"
} | awk -F '\t' '
    function kind_of(program, name) {
        if (program == "threads") return name ~ /^1 / ? "bare" : name ~ /^2 / ? "two" : "eight"
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
        return name ~ /fopencookie|funopen/ ? "floor" : "bare"
    }
    function escaped(text) {
        gsub (/&/, "\\&amp;", text)
        gsub (/</, "\\&lt;", text)
        gsub (/>/, "\\&gt;", text)
        return text
    }
    function text_at(x, y, class, words) {
        printf "<text x=\"%d\" y=\"%d\" class=\"%s\">%s</text>\n", x, y, class, escaped(words)
    }
    function line(x1, y1, x2, y2, class) {
        printf "<path class=\"%s\" d=\"M%.1f %.1fL%.1f %.1f\"/>\n", class, x1, y1, x2, y2
    }
    function mark(kind, x, y) {
        if (shape[kind] ~ /circle/)
            printf "<circle class=\"%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"4\"/>\n", class[kind], x, y
        else if (shape[kind] ~ /square/)
            printf "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"7\" height=\"7\"/>\n", class[kind], x - 3.5, y - 3.5
        else
            printf "<path class=\"%s\" d=\"M%.1f %.1fl7 7m0 -7l-7 7\"/>\n", class[kind], x - 3.5, y - 3.5
    }
    function place(panel, ratio) {
        ratio = ratio < LOW ? LOW : ratio > HIGH ? HIGH : ratio
        return LEFT + (panel - 1) * (WIDTH + GAP) + WIDTH * log (ratio / LOW) / log (HIGH / LOW)
    }
    BEGIN {
        LOW = 0.02; HIGH = 200; LEFT = 330; WIDTH = 300; GAP = 24; TOP = 46; STEP = 20
        ticks = split ("0.1 1 10 100", tick, " ")
    }
    $1 == "kind" {
        kind[++kinds] = $2; shape[$2] = $3; words[$2] = $5
        class[$2] = $4 ($3 ~ /open|cross/ ? " open" : "")
    }
    $1 == "note" { note[++notes] = $2 }
    $1 == "figure" {
        key = index ($3, $2) == 1 ? $3 : $2 ": " $3
        gsub (/\\n/, "", key)
        if (!(key in row)) { row[key] = ++rows; label[rows] = key }
        if (!($5 in panel)) { panel[$5] = ++panels; title[panels] = $5 }
        k = kind_of($2, $4)
        used[k] = 1
        n = ++points[panel[$5], row[key], k]
        ratio[panel[$5], row[key], k, n] = $6
    }
    END {
        bottom = TOP + rows * STEP
        for (i = 1; i <= kinds; i++)
            explained += kind[i] in used
        columns = 4
        lines = int ((explained + columns - 1) / columns)
        width = LEFT + panels * (WIDTH + GAP)
        height = bottom + 50 + lines * STEP + notes * 16
        printf "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" font-family=\"sans-serif\" font-size=\"12\">\n", width, height
        print "<title>Time in relation to the first competitor of each row: left is faster</title>"
        print "<style>"
        print "text{fill:#1f2328}.end{text-anchor:end}.middle{text-anchor:middle}.head{font-weight:bold}.small{font-size:11px}"
        print ".grid{stroke:#d0d7de}.one{stroke:#6e7781}"
        print ".grey{fill:#6e7781;stroke:#6e7781}.olive{fill:#7d6b00;stroke:#7d6b00}.brown{fill:#9a4f1a;stroke:#9a4f1a}"
        print ".violet{fill:#8250df;stroke:#8250df}.red{fill:#cf222e;stroke:#cf222e}.blue{fill:#0969da;stroke:#0969da}"
        print ".green{fill:#1a7f37;stroke:#1a7f37}.open{fill:none;stroke-width:1.5}"
        print "@media(prefers-color-scheme:dark){text{fill:#e6edf3}.grid{stroke:#373e47}.one{stroke:#9198a1}"
        print ".grey{fill:#9198a1;stroke:#9198a1}.olive{fill:#d4b72b;stroke:#d4b72b}.brown{fill:#e09b6b;stroke:#e09b6b}"
        print ".violet{fill:#b392f0;stroke:#b392f0}.red{fill:#ff7b72;stroke:#ff7b72}.blue{fill:#58a6ff;stroke:#58a6ff}"
        print ".green{fill:#3fb950;stroke:#3fb950}.open{fill:none}}"
        print "</style>"
        for (p = 1; p <= panels; p++) {
            text_at(place(p, 1), 16, "head middle", title[p])
            for (i = 1; i <= ticks; i++) {
                line(place(p, tick[i]), TOP - 10, place(p, tick[i]), bottom, tick[i] == 1 ? "one" : "grid")
                text_at(place(p, tick[i]), 32, "small middle", tick[i])
            }
        }
        for (r = 1; r <= rows; r++) {
            y = TOP + (r - 1) * STEP + STEP / 2
            text_at(LEFT - 10, y + 4, "end", label[r])
            for (p = 1; p <= panels; p++) {
                line(place(p, LOW), y, place(p, HIGH), y, "grid")
                for (i = 1; i <= kinds; i++)
                    for (n = 1; n <= points[p, r, kind[i]]; n++)
                        mark(kind[i], place(p, ratio[p, r, kind[i], n]), y)
            }
        }
        text_at(place(1, LOW), bottom + 18, "small", "time in relation to the first competitor of each row: left is faster")
        for (i = 1; i <= kinds; i++) {
            if (!(kind[i] in used))
                continue
            x = 30 + shown % columns * int (width / columns)
            y = bottom + 42 + int (shown / columns) * STEP
            mark(kind[i], x, y - 4)
            text_at(x + 12, y, "small", words[kind[i]])
            shown++
        }
        for (i = 1; i <= notes; i++)
            text_at(30, bottom + 42 + lines * STEP + (i - 1) * 16, "small", note[i])
        print "</svg>"
    }' >"$2"
echo "bench: $2"
