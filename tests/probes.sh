#!/bin/sh
# SPDX-License-Identifier: MIT
# Static probes: the shared library has those that the manual lists, with as many arguments; and gdb
# sees each where a program does what it tells, once, with these arguments. From the Makefile come
# top_builddir and srcdir. Exit status 77: the library was built without <sys/sdt.h>.
# shellcheck disable=SC2016 # $_probe_arg0 and $_probe_arg1 are variables of gdb's
set -u

: "${top_builddir:?}" "${srcdir:?}"
library=$top_builddir/lib/.libs/libtempfile.so
helper=$top_builddir/tests/helper
page=$srcdir/../doc/tempfile_add_audit_hook.3

fail () {
    echo "FAIL: $*" >&2
    exit 1
}

grep -q '^#define HAVE_SYS_SDT_H 1' "$top_builddir/config.h" || {
    echo 'SKIP: the library has no static probes: there was no <sys/sdt.h>'
    exit 77
}
[ -f "$library" ] || { echo 'SKIP: there is no shared library'; exit 77; }

work=$(sh "$srcdir/make-work.sh" probes) || exit 99
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
mkdir "$work/files" "$work/files/left"

# "NAME ARGUMENTS", as the notes and as the manual have it.
readelf -n "$library" 2>/dev/null >"$work/notes" || { echo 'SKIP: no readelf'; exit 77; }
awk '/Provider: / { ours = $2 == "libtempfile" }
    /Name: / { name = $2 }
    /Arguments:/ && ours { print name, NF - 1 }' "$work/notes" | LC_ALL=C sort -u >"$work/there"
awk '/^\.It Li libtempfile:/ { sub (/.*:/, "", $3); print $3, gsub (/ Fa /, " Fa ") }' "$page" |
    LC_ALL=C sort >"$work/listed"
[ -s "$work/listed" ] || fail "$page lists no probes"
diff "$work/listed" "$work/there" || fail 'the manual lists others (<) than the library has (>)'

command -v gdb >/dev/null 2>&1 || { echo 'SKIP: no gdb, which would see the probes fire'; exit 0; }

# seen NAME FORMAT ARGUMENTS: has gdb print a line where the probe is hit.
seen () {
    echo "break -probe-stap libtempfile:$1"
    printf 'commands\nsilent\nprintf "seen: %s %s\\n", %s\ncontinue\nend\n' "$1" "$2" "$3"
}

first='(char *) $_probe_arg0'
both="$first, (char *) \$_probe_arg1"
{
    printf 'set confirm off\nset pagination off\nset width 0\n'
    printf 'break main\nrun events "%s" >"%s"\n' "$work/files" "$work/told"
    seen mkstemp %s "$first"
    seen mkdtemp %s "$first"
    seen delete %s "$first"
    seen rollover '%d %d' '(int) $_probe_arg0, (int) $_probe_arg1'
    seen persist '%s %s' "$both"
    seen recover '%s/%s' "$both"
    echo continue
} >"$work/commands"

"$helper" left "$work/files/left" >"$work/names" || fail 'the helper left nothing'
# gdb and the leak detector both want to trace the process.
ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0 DEBUGINFOD_URLS='' \
    gdb -nx -batch -x "$work/commands" "$helper" >"$work/out" 2>&1 </dev/null
if grep -qi 'ptrace.*not permitted\|could not trace' "$work/out"; then
    echo 'SKIP: gdb may not trace programs here'
    exit 0
fi

# Where the file system has no O_TMPFILE, the spooled file has a name for a moment.
{ sed 's/^/recover /' "$work/names"; cat "$work/told"; } | LC_ALL=C sort >"$work/expected"
sed -n 's/^seen: //p' "$work/out" | LC_ALL=C sort >"$work/seen"
LC_ALL=C comm -23 "$work/expected" "$work/seen" >"$work/missing"
if [ ! -s "$work/told" ] || [ -s "$work/missing" ]; then
    cat "$work/out" "$work/missing"
    fail 'gdb has not seen what the last lines tell'
fi
LC_ALL=C uniq -d "$work/seen" | grep -v "^mkstemp memfd:" >"$work/twice"
[ ! -s "$work/twice" ] || { cat "$work/twice"; fail 'seen twice'; }
