# SPDX-License-Identifier: MIT
# One page of the manual, PAGE, from mandoc's HTML to ours. ALIASES has a line "NAME.SECTION TARGET.SECTION"
# for each page that there is; a page that has another's text names that one.
#   - a reference to a page of ours leads to the page that has the text, one to any other is plain text
#   - programs in C have colours
#   - a line on top leads to the index, the page has a title, and wide tables scroll by themselves

function keyword (word) {
    return index (" break case char const continue default do double else enum extern for goto if int " \
        "inline long return short signed size_t sizeof static struct switch typedef union unsigned " \
        "void while FILE mode_t off_t ssize_t tempfile_auto tempfile_auto_path tempfile_auto_dir ", " " word " ")
}

function span (class, text) { return "<span class=\"" class "\">" text "</span>" }

# One line of C, in which & < > " are entities. `inside` says that a comment is still open.
function colour (line,    out, end) {
    out = ""
    while (line != "") {
        if (inside) {
            end = index (line, "*/")
            inside = !end
            end = end ? end + 1 : length (line)
            out = out span ("comment", substr (line, 1, end))
            line = substr (line, end + 1)
        } else if (match (line, /^\/\*/)) {
            inside = 1
        } else if (out == "" && match (line, /^ *#[a-z]+/) ||
                   match (line, /^&quot;([^&\\]|\\.|\\&quot;|&[a-pr-z][a-z]*;)*&quot;/)) {
            out = out span (line ~ /^ *#/ ? "directive" : "string", substr (line, 1, RLENGTH))
            line = substr (line, RLENGTH + 1)
        } else if (match (line, /^[A-Za-z_][A-Za-z_0-9]*/)) {
            end = substr (line, 1, RLENGTH)
            out = out (keyword (end) ? span ("keyword", end) : end)
            line = substr (line, RLENGTH + 1)
        } else {
            match (line, /^(&[a-z#0-9]+;|.)/)
            out = out substr (line, 1, RLENGTH)
            line = substr (line, RLENGTH + 1)
        }
    }
    return out
}

# Each <a class="Xr" href="NAME.SECTION.html">TEXT</a> of the line, which mandoc never breaks.
function refer (line,    out, link, page, text) {
    out = ""
    while (match (line, /<a class="Xr" href="[^"]*\.html">[^<]*<\/a>/)) {
        out = out substr (line, 1, RSTART - 1)
        link = substr (line, RSTART, RLENGTH)
        line = substr (line, RSTART + RLENGTH)
        page = text = link
        sub (/^[^>]*href="/, "", page)
        sub (/\.html".*/, "", page)
        sub (/^[^>]*>/, "", text)
        sub (/<.*/, "", text)
        out = out (page in target ? "<a class=\"Xr\" href=\"" target[page] ".html\">" text "</a>" \
                                  : "<span class=\"Xr\">" text "</span>")
    }
    return out line
}

BEGIN {
    while ((getline line <ALIASES) > 0) {
        split (line, pair, " ")
        target[pair[1]] = pair[2]
    }
}

# A reference that is broken at its blank is put together again.
/<a class="Xr"$/ { held = $0 " "; next }
held != "" { sub (/^ */, ""); $0 = held $0; held = "" }

/<html>/ { sub (/<html>/, "<html lang=\"en\">") }
/^<body>/ {
    print
    print "<nav><a href=\"index.html\">libtempfile</a></nav>"
    print "<h1 class=\"title\">" PAGE "</h1>"
    next
}
/<table class="Bl-column/ { sub (/<table class="Bl-column/, "<div class=\"table\"><table class=\"Bl-column"); wide = 1 }
wide && /<\/table>/ { sub (/<\/table>/, "</table></div>"); wide = 0 }

/<pre>/ {
    match ($0, /<pre>/)
    printf "%s", substr ($0, 1, RSTART + 4)
    $0 = substr ($0, RSTART + 5)
    program = 1
    inside = 0
}
program {
    end = index ($0, "</pre>")
    print end ? colour (substr ($0, 1, end - 1)) substr ($0, end) : colour ($0)
    if (end) program = 0
    next
}
{ print refer ($0) }
