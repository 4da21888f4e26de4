# SPDX-License-Identifier: MIT
# Writes lib/ as one C source: awk -v top=SOURCE -v version=VERSION -f generate.awk >tempfile.c
#
# lib/Makefile.am says which files there are; "if X" in it becomes "#if CONDITION_X", which
# configuration.h, beside this, defines. The output is, in this order:
#
#     the licence; configuration.h; the headers of systems; the headers of lib/; its sources
#
# What crosses files there becomes static. A name that one file has for itself and for those that
# include it, and that stands in another file as well, gets the name of its file in front. So one file changes nothing for
# another, and what a change to lib/ could break here, a compiler sees at once.
#
# It counts on the layout that clang-format makes: what is declared or defined for a whole file
# starts in the first column, and what is in braces does not.

function die (message)
{
    print "amalgamation: " message >"/dev/stderr"
    failed = 1
    exit 1
}

# --- reading ---

# The sources that Makefile.am names, with the condition of each; variables come before their use.
function read_makefile (file,    line, condition, words, n, i, name, variables)
{
    while ((getline line <file) > 0) {
        if (line ~ /^if /)
            condition = "CONDITION_" substr (line, 4)
        else if (line ~ /^else/)
            condition = "!" condition
        else if (line ~ /^endif/)
            condition = ""
        if (match (line, /^[A-Za-z_]+ *\+?=/)) {
            name = substr (line, 1, RLENGTH)
            gsub (/[ +=]/, "", name)
            line = substr (line, RSTART + RLENGTH)
        } else if (line !~ /^\t/) {
            name = ""
        }
        n = split (line, words, " ")
        for (i = 1; i <= n; i++)
            if (name == "libtempfile_la_SOURCES")
                add_sources(words[i] ~ /^\$\(/ ? variables[words[i]] : words[i], condition)
            else if (name != "")
                variables["$(" name ")"] = variables["$(" name ")"] " " words[i]
    }
    close (file)
    if (n_sources == 0)
        die("no sources in " file)
}

function add_sources (list, condition,    n, words, i)
{
    n = split (list, words, " ")
    for (i = 1; i <= n; i++)
        if (words[i] ~ /\.c$/) {
            sources[++n_sources] = words[i]
            condition_of[words[i]] = condition
        }
}

# A file of lib/ into line[FILE, 1..length_of[FILE]], less its licence.
function read_file (file,    path, text, n, status)
{
    path = top "/lib/" file
    while ((status = (getline text <path)) > 0)
        if (text !~ /SPDX-License-Identifier/)
            line[file, ++n] = text
    close (path)
    if (status < 0 || n == 0)
        die (path " cannot be read")
    length_of[file] = n
    has_guard[file] = file ~ /\.h$/
}

function local_include (text)
{
    if (!match (text, /^#include "[^"]*"/))
        return ""
    return substr (text, RSTART + 10, RLENGTH - 11)
}

# FILE and what it includes; headers become part of the list, each after those that it includes.
function visit (file,    i, h, included)
{
    if (file in length_of)
        return
    read_file(file)
    for (i = 1; i <= length_of[file]; i++) {
        included = local_include(line[file, i])
        if (included == "")
            continue
        visit(included)
        reaches[file, included] = 1
        for (h = 1; h <= n_headers; h++)
            if ((included, headers[h]) in reaches)
                reaches[file, headers[h]] = 1
    }
    if (file ~ /\.h$/)
        headers[++n_headers] = file
    scan(file)
}

# --- what a file is made of ---

# code (TEXT): TEXT with strings, characters and comments replaced by blanks, as many. in_comment
# goes on from line to line.
function code (text,    out, at, c, two)
{
    out = ""
    while (text != "") {
        if (in_comment) {
            at = index (text, "*/")
            if (at == 0)
                return out blanks(length (text))
            out = out blanks(at + 1)
            text = substr (text, at + 2)
            in_comment = 0
        } else if (match (text, /"|'|\/\*|\/\//)) {
            out = out substr (text, 1, RSTART - 1)
            text = substr (text, RSTART)
            c = substr (text, 1, 1)
            two = substr (text, 1, 2)
            if (two == "/*") {
                out = out "  "
                text = substr (text, 3)
                in_comment = 1
            } else if (two == "//") {
                return out blanks(length (text))
            } else {
                at = 2
                while (at <= length (text) && substr (text, at, 1) != c)
                    at += substr (text, at, 1) == "\\" ? 2 : 1
                out = out blanks(at)
                text = substr (text, at + 1)
            }
        } else {
            return out text
        }
    }
    return out
}

function blanks (n)
{
    while (length (blank) < n)
        blank = blank "                                                                "
    return substr (blank, 1, n)
}

# Which names the whole of FILE knows, and which words stand in it.
function scan (file,    i, text, word, statement)
{
    in_comment = 0
    statement = ""
    unnamed = 0
    for (i = 1; i <= length_of[file]; i++) {
        text = code(line[file, i])
        line_code[file, i] = text
        if (text ~ /^ +[-0-9a-fA-FxX, ]*,$/)
            continue # numbers of a table
        note_words(file, text)
        if (file ~ /\.c$/ && match (text, /^([a-z].* \*?)?tempfile__[a-z0-9_]+ \(/) && text !~ /;/)
            note_definition(file, substr (text, 1, RLENGTH - 2))
        if (text ~ /^# *define / && file ~ /\.c$/) {
            split (text, word, /[ (]+/)
            own(file, word[2])
        }
        if (text ~ /^#/)
            continue
        if (text ~ /^typedef .*[A-Za-z0-9_];$/)
            note_statement(file, "static " text)
        if (unnamed && match (text, /^} [A-Za-z_0-9]+/)) {
            own(file, substr (text, 3, RLENGTH - 2))
            unnamed = 0
        }
        if (text ~ /^(static |__attribute__.* static |enum |struct |union )/) {
            statement = text
        } else if (statement != "") {
            statement = statement " " text
        }
        if (statement ~ /^enum [a-z_]*[ ]*{/ || statement ~ /^enum {/) {
            if (statement ~ /}/) {
                note_enum(file, statement)
                statement = ""
            }
        } else if (statement ~ /[;={]/) {
            note_statement(file, statement)
            statement = ""
        }
    }
}

# Where a function is that crosses files: n_definitions is 2 where it depends on a condition which.
function note_definition (file, text)
{
    sub (/.*[ *]/, "", text)
    n_definitions[text]++
    definition[text] = file
}

function note_words (file, text,    word, n, i)
{
    gsub (/[^A-Za-z0-9_]+/, " ", text)
    n = split (text, word, " ")
    for (i = 1; i <= n; i++)
        if (word[i] ~ /^[A-Za-z_]/ && !((file, word[i]) in has_word)) {
            has_word[file, word[i]] = 1
            files_with[word[i]]++
        }
}

function own (file, name)
{
    if (name ~ /^[A-Za-z_][A-Za-z0-9_]*$/ && name !~ /^tempfile_/ && !((file, name) in is_own)) {
        is_own[file, name] = 1
        own_name[file, ++n_own[file]] = name
    }
}

# "struct TAG {": tags have a name space of their own.
function note_tag (file, text,    parts)
{
    split (text, parts, /[ {]+/)
    if (parts[2] ~ /^[A-Za-z_]/) {
        if (file !~ /\.h$/)
            own_tag[file, parts[2]] = 1
        files_with_tag[parts[2]]++
    }
}

function note_enum (file, text,    n, i, parts)
{
    note_tag(file, text)
    if (file ~ /\.h$/)
        return # constants are in capitals
    sub (/^[^{]*{/, "", text)
    sub (/}.*/, "", text)
    n = split (text, parts, ",")
    for (i = 1; i <= n; i++) {
        sub (/=.*/, "", parts[i])
        gsub (/ /, "", parts[i])
        own(file, parts[i])
    }
}

# "static TYPE NAME (...)", "static TYPE NAME[...] =", "static TYPE A, B;", "struct TAG {".
function note_statement (file, text,    n, i, parts)
{
    if (text ~ /^(struct|union|enum) [A-Za-z_0-9]* *[{]/) {
        note_tag(file, text)
        return
    }
    if (text !~ /static /)
        return
    while (sub (/__attribute__ *\(\([^()]*(\([^()]*\))?[^()]*\)\)/, "", text) || sub (/(_Alignas|_Atomic|__typeof__) *\([^()]*\)/, "", text))
        ;
    sub (/[;={].*/, "", text)
    if (match (text, /\(\*[A-Za-z_0-9]+/)) {
        own(file, substr (text, RSTART + 2, RLENGTH - 2))
        return
    }
    if (text ~ /\(/) {
        sub (/ *\(.*/, "", text)
    }
    n = split (text, parts, ",")
    for (i = 1; i <= n; i++) {
        gsub (/\[[^]]*\]/, "", parts[i])
        sub (/ *$/, "", parts[i])
        if (parts[i] ~ /(struct|union|enum)$/)
            unnamed = 1 # the name comes behind the braces
        else if (match (parts[i], /[A-Za-z_][A-Za-z0-9_]*$/))
            own(file, substr (parts[i], RSTART))
    }
}

# --- writing ---

function new_name (file, name,    stem)
{
    stem = file
    sub (/\.[a-z]*$/, "", stem)
    gsub (/[^A-Za-z0-9]/, "_", stem)
    if (name ~ /^[A-Z][A-Z0-9_]*$/)
        stem = toupper (stem)
    return stem "_" name
}

# What FILE is to call otherwise: what it has for itself, and what headers have that it includes.
function find_new_names (file,    h)
{
    delete renamed
    find_new_names_of(file)
    for (h = 1; h <= n_headers; h++)
        if ((file, headers[h]) in reaches && headers[h] != file)
            find_new_names_of(headers[h])
}

function find_new_names_of (file,    i, name)
{
    for (i = 1; i <= n_own[file]; i++) {
        name = own_name[file, i]
        if (!is_foreign(file, name))
            continue
        renamed[name] = new_name(file, name)
        if (renamed[name] in files_with)
            die(file ": " name " should become " renamed[name] ", which there is already")
    }
}

# Whether NAME stands in a file that does not mean the one of FILE by it.
function is_foreign (file, name,    other)
{
    if ((file, name) in foreign)
        return foreign[file, name]
    foreign[file, name] = 0
    for (other in length_of)
        if (other != file && (other, name) in has_word && !((other, file) in reaches))
            foreign[file, name] = 1
    return foreign[file, name]
}

# Words are looked for in the code, and replaced in the text of which it is the shadow. What follows
# a dot or an arrow is a member of something.
function with_new_names (file, text, shadow,    out, word, before)
{
    out = ""
    while (match (shadow, /[A-Za-z_][A-Za-z0-9_]*/)) {
        word = substr (shadow, RSTART, RLENGTH)
        before = before substr (shadow, 1, RSTART - 1)
        out = out substr (text, 1, RSTART - 1)
        if (before ~ /(^|[^a-z_])(struct|union|enum) $/)
            out = out ((file, word) in own_tag && files_with_tag[word] > 1 ? new_name(file, word) : word)
        else
            out = out (word in renamed && before !~ /(\.|->) *$/ && before !~ /[0-9]$/ ? renamed[word] : word)
        before = before word
        text = substr (text, RSTART + RLENGTH)
        shadow = substr (shadow, RSTART + RLENGTH)
    }
    return out text
}

# A declaration of what crosses files: from here on it does not leave this one.
function internal (text)
{
    if (text ~ /^extern /)
        sub (/^extern/, "INTERNAL", text)
    else if (text ~ /^static inline /)
        sub (/^static/, "INTERNAL", text)
    else if (text ~ /^[A-Za-z_].*tempfile__[a-z0-9_]+( \(|\[| =|;)/ && text !~ /^(static|typedef|#|tempfile__)/)
        text = "INTERNAL " text
    return text
}

function system_include (text)
{
    if (!match (text, /^#include <[^>]*>/))
        return ""
    return substr (text, RSTART + 10, RLENGTH - 11)
}

# The headers of systems that files include without a condition are included once, at the top.
function collect_system_includes (file,    i, nesting, included)
{
    nesting = has_guard[file] ? -1 : 0
    for (i = 1; i <= length_of[file]; i++) {
        if (line[file, i] ~ /^# *if/)
            nesting++
        if (line[file, i] ~ /^# *endif/)
            nesting--
        included = system_include(line[file, i])
        if (included != "" && nesting == 0 && included !~ /^(config|tempfile)\.h$/)
            at_top[included] = 1
    }
}

function write_system_includes (    name, names, n, i, j)
{
    for (name in at_top) {
        for (j = n++; j > 0 && names[j] > name; j--)
            names[j + 1] = names[j]
        names[j + 1] = name
    }
    for (i = 1; i <= n; i++)
        print "#include <" names[i] ">"
}

function write_file (file,    i, text, guard, included, condition)
{
    find_new_names(file)
    guard = ""
    printf "\n/* ======== lib/%s ======== */\n\n", file
    for (i = 1; i <= length_of[file]; i++) {
        text = line[file, i]
        # The guard of a header: its two first lines of code, and the last.
        if (has_guard[file] && guard == "" && text ~ /^#ifndef [A-Z0-9_]*_H$/) {
            guard = text
            i++
            continue
        }
        if (guard != "" && i == length_of[file] && text ~ /^#endif/)
            continue
        included = local_include(text)
        if (included ~ /\.h$/)
            continue
        if (included != "") {
            write_file(included)
            find_new_names(file)
            continue
        }
        included = system_include(text)
        if (included in at_top || included ~ /^(config|tempfile)\.h$/)
            continue
        text = with_new_names(file, text, line_code[file, i])
        if (line_code[file, i] ~ /^[A-Za-z_]/ && (file ~ /\.h$/ || text ~ /^(const |struct |[a-z0-9_]+ )+\*?tempfile__[a-z0-9_]+(\[| =|;)/))
            text = internal(text)
        condition = condition_of_declaration(file, line_code[file, i])
        if (condition != "")
            print "#if " condition
        # No two empty lines in a row.
        if (text != "" || last != "")
            print text
        last = text
        while (condition != "" && line_code[file, i] !~ /;/)
            print line[file, ++i]
        if (condition != "")
            print "#endif"
    }
}

# A function that is not there must not be declared, either.
function condition_of_declaration (file, text,    name)
{
    if (file !~ /\.h$/ || !match (text, /tempfile__[a-z0-9_]+ \(/) || text !~ /^[a-z]/)
        return ""
    name = substr (text, RSTART, RLENGTH - 2)
    return n_definitions[name] == 1 ? condition_of[definition[name]] : ""
}

function copy (path,    text)
{
    while ((getline text <path) > 0)
        if (text !~ /SPDX-License-Identifier/)
            print text
    close (path)
}

BEGIN {
    read_makefile(top "/lib/Makefile.am")
    for (s = 1; s <= n_sources; s++)
        visit(sources[s])
    for (h = 1; h <= n_headers; h++)
        collect_system_includes(headers[h])
    for (s = 1; s <= n_sources; s++)
        if (condition_of[sources[s]] == "")
            collect_system_includes(sources[s])

    print "/* SPDX-License-Identifier: MIT */"
    print "/*"
    print " * tempfile.c - libtempfile " version " in one source file; tempfile.h is its header."
    print " *"
    while ((getline text <(top "/COPYING")) > 0)
        print text == "" ? " *" : " * " text
    print " */"
    copy(top "/packaging/amalgamation/configuration.h")
    print "#define PACKAGE_VERSION \"" version "\"\n"
    write_system_includes()
    print "\n#include \"tempfile.h\""
    for (h = 1; h <= n_headers; h++)
        write_file(headers[h])
    for (s = 1; s <= n_sources; s++) {
        condition = condition_of[sources[s]]
        if (condition != "")
            print "\n#if " condition
        write_file(sources[s])
        if (condition != "")
            print "\n#endif /* " condition " */"
    }
}

END {
    if (failed)
        exit 1
}
