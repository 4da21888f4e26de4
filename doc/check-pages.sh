#!/bin/sh
# SPDX-License-Identifier: MIT
# Each public name has a page, which names it; each page that only refers to another refers to
# one that exists; and mandoc, where there is one, has nothing to say about any.
set -eu

: "${srcdir:=.}" "${MANDOC:=}"
status=0
complain () { echo "$*"; status=1; }

# What the header declares for its users. Names that end in _ are its own.
names=$(
    tr -cs 'A-Za-z0-9_' '\n' <"$srcdir/../include/tempfile.h" |
        grep -E '^(tempfile_[a-z_]*[a-z]|(Named|Spooled)?TemporaryFile|TemporaryDirectory)$' |
        grep -Ev '^tempfile_(delete|dir)$' | sort -u
)
for name in $names; do
    page=$srcdir/$name.3
    [ ! -f "$srcdir/$name.7" ] || continue
    [ -f "$page" ] || { complain "$name has no page"; continue; }
    target=$(sed -n 's/^\.so man3\///p' "$page")
    [ -z "$target" ] || page=$srcdir/$target
    [ -f "$page" ] || { complain "$name.3 refers to $target, which does not exist"; continue; }
    sed -n '/^\.Sh/p; /^\.\(Nm\|Fn\|Fo\|Vt\) /p; /struct /p' "$page" | grep -qw "$name" ||
        complain "${page##*/} does not name $name"
done

for page in "$srcdir"/*.[1378]; do
    grep -q '^\.so ' "$page" && continue
    grep -q "^\.Dt $(basename "$page" | tr 'a-z.' 'A-Z ')\$" "$page" ||
        complain "${page##*/}: .Dt names another page"
    [ -z "$MANDOC" ] || "$MANDOC" -Tlint -Wwarning "$page" || status=1
done
exit $status
