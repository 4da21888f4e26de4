#!/bin/sh
# SPDX-License-Identifier: MIT
# tempfile-recover: what it says is what it does, and as root it judges each user's files as that
# user. From the Makefile comes top_builddir.
set -u

: "${top_builddir:?}" "${srcdir:?}"
tool=$top_builddir/tools/tempfile-recover
helper=$top_builddir/tests/helper

failed=0
fail () {
    echo "FAIL: $*" >&2
    failed=$((failed + 1))
}

work=$(sh "$srcdir/make-work.sh" recover) || exit 99
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
dir=$(cd "$work" && pwd -P)/shared
mkdir "$dir"
chmod 1777 "$dir"
: >"$dir/other"

# left: makes a file and a directory that nobody has any more; their names are in $work/names.
left () {
    "$helper" left "$dir" | LC_ALL=C sort >"$work/names"
    [ "$(wc -l <"$work/names")" -eq 2 ] || fail 'the helper left nothing'
}

# says WHAT ARGUMENT...: it says WHAT of each of those names, and nothing else.
says () {
    what=$1
    shift
    "$tool" "$@" >"$work/said" || fail "$*: exit status $?"
    sed "s/^/$what /" "$work/names" >"$work/expected"
    LC_ALL=C sort "$work/said" | diff "$work/expected" - || fail "$* says something else"
}

left
says 'would delete' -n "$dir"
while read -r path; do
    [ -e "$path" ] || fail "-n deleted $path"
done <"$work/names"
says deleted "$dir"
[ "$(ls -A "$dir")" = other ] || fail 'something is left, or too much is gone'
: >"$work/names"
says deleted "$dir"

# In words, with the number; relative to where it runs.
left
(cd "$dir" && "$tool" -v . >"$work/said") || fail '-v fails'
grep -q "^$dir: user $(id -u): 2 deleted\$" "$work/said" || fail '-v does not say how many'

# A line for a file, whatever its name.
"$helper" left "$dir" | sed -n 1p >"$work/names"
path=$(cat "$work/names")
mv "$path" "$dir/$(printf 'a\nb')${path##*/tmp}"
"$tool" "$dir" >"$work/said"
grep -q 'deleted .*/a\\012b' "$work/said" || fail 'a control character is printed'
[ "$(ls -A "$dir")" = other ] || fail 'the file with a control character is left'

# What cannot be read, what is not said, and what nobody can be told.
"$tool" "$dir/none" 2>"$work/errors" && fail 'no directory, and no failure'
grep -q none "$work/errors" || fail 'the directory is not named'
"$tool" >/dev/null 2>&1
[ $? -eq 2 ] || fail 'no directory on the command line'
if [ -w /dev/full ]; then
    left
    "$tool" "$dir" >/dev/full 2>&1 && fail 'what cannot be printed is no failure'
    "$tool" "$dir" >/dev/null
fi

# As root: of another user nothing without --user; with it all, and with that user's rights, who has
# none in a directory of root's.
if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null; then
    chmod 755 "$work"
    nobody=$(id -u nobody)
    mkdir "$work/roots"
    "$helper" left "$dir" | LC_ALL=C sort >"$work/names"
    while read -r path; do
        chown nobody "$path"
    done <"$work/names"
    "$tool" "$dir" >"$work/said"
    [ -s "$work/said" ] && fail "without --user, another user's file"
    says 'would delete' -n --user "$dir"
    "$tool" -v --user "$dir" >"$work/said" || fail "--user: exit status $?"
    grep -q "^$dir: user $nobody: 2 deleted\$" "$work/said" || fail '--user does not say as whom'
    "$helper" left "$work/roots" >"$work/names"
    while read -r path; do
        chown nobody "$path"
    done <"$work/names"
    "$tool" --user "$work/roots" >"$work/said"
    [ -s "$work/said" ] && fail "deleted with root's rights in a directory of root's"
fi

[ $failed -eq 0 ]
