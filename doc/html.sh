#!/bin/sh
# SPDX-License-Identifier: MIT
# html.sh SOURCE DIRECTORY: the manual in a browser, made by mandoc: a page for each manual page that
# has a text of its own, the index by task, and the style. Nothing in it leads anywhere else.
set -eu
: "${MANDOC:=mandoc}" "${AWK:=awk}"
source=$1 directory=$2
mkdir -p "$directory"

# "NAME.SECTION TARGET.SECTION": where the text of each page is.
aliases=$directory/aliases
for page in "$source"/*.[1-8]; do
    name=${page##*/}
    target=$(sed -n 's/^\.so man[1-8]\///p' "$page")
    echo "$name ${target:-$name}"
done >"$aliases"

# shellcheck disable=SC2016 # awk's
for page in $("$AWK" '$1 == $2 { print $1 }' "$aliases"); do
    "$MANDOC" -Thtml -O style=manual.css,man=%N.%S.html "$source/$page" |
        "$AWK" -v ALIASES="$aliases" -v PAGE="${page%.?}" -f "$source/html.awk" >"$directory/$page.html"
done
"$AWK" -v ALIASES="$aliases" -f "$source/index.awk" "$source/tasks" >"$directory/index.html"
cp "$source/manual.css" "$directory/manual.css"
rm "$aliases"
