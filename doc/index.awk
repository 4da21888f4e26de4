# SPDX-License-Identifier: MIT
# The index of the manual in a browser, from the file "tasks": "# " begins a group, and each other
# line is PAGE, a tab, and what it is for. Every page of ALIASES that is none of another's must be there.

function escape (text) {
    gsub (/&/, "\\&amp;", text)
    gsub (/</, "\\&lt;", text)
    gsub (/>/, "\\&gt;", text)
    return text
}

function fail (text) {
    print "tasks: " text >"/dev/stderr"
    failed = 1
    exit 1
}

BEGIN {
    FS = "\t"
    while ((getline line <ALIASES) > 0) {
        split (line, pair, " ")
        target[pair[1]] = pair[2]
    }
    print "<!DOCTYPE html>"
    print "<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>"
    print "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1.0\"/>"
    print "<link rel=\"stylesheet\" href=\"manual.css\" type=\"text/css\"/>"
    print "<title>libtempfile: the manual</title>\n</head>\n<body>"
    print "<h1 class=\"title\">libtempfile</h1>"
    print "<p>Temporary files for C that are ordinary <code>FILE *</code> streams and remove themselves."
    print "Begin with <a href=\"tempfile.7.html\">the overview</a>, or look for what you want to do.</p>"
}

/^$/ { next }
/^# / {
    if (open) print "</dl>"
    print "<h2>" escape (substr ($0, 3)) "</h2>\n<dl class=\"tasks\">"
    open = 1
    next
}
{
    if (!($1 in target)) fail ("there is no page " $1)
    seen[target[$1]] = 1
    name = $1
    sub (/\.[1-8]$/, "", name)
    printf "<dt><a href=\"%s.html\"><code>%s</code></a></dt>\n<dd>%s</dd>\n", target[$1], name, escape ($2)
}

END {
    if (failed) exit 1
    print "</dl>\n</body>\n</html>"
    for (page in target)
        if (!(target[page] in seen)) fail (target[page] " is not listed")
}
