#!/bin/sh
# SPDX-License-Identifier: MIT
# Compiles and runs each program under EXAMPLES in the manual pages and each in the README, as
# a reader would: strict C99, all warnings. None may fail, and none may leave a temporary file.
# EXAMPLE_RUNNER, when set, is a command to run them under.
set -eu

: "${srcdir:=.}" "${top_builddir:=..}" "${CC:=cc}" "${EXAMPLE_RUNNER:=}"
: "${LIBTOOL:=$top_builddir/libtool}"
strict='-std=c99 -D_POSIX_C_SOURCE=200809L -Wall -Wextra -Wpedantic -Werror'

work=check-examples.tmp
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
rm -rf "$work"
mkdir "$work"

# Writes the N-th program of mdoc page $1 to $2-N.c.
from_page () {
    awk -v out="$2" '
        /^\.Sh / { examples = $2 == "EXAMPLES" }
        /^\.Ed/ { if (inside) close (file); inside = 0 }
        inside {
            gsub (/\\&/, ""); gsub (/\\-/, "-"); gsub (/\\\(aq/, "\047"); gsub (/\\\(dq/, "\"")
            gsub (/\\e/, "\\")
            print > file
        }
        examples && /^\.Bd -literal/ { inside = 1; file = out "-" ++n ".c" }
    ' "$1"
}

# Writes the N-th program of Markdown file $1 to $2-N.c.
from_markdown () {
    awk -v out="$2" '
        /^```/ && inside { inside = 0; close (file); next }
        /^```c$/ { inside = 1; file = out "-" ++n ".c"; next }
        inside { print > file }
    ' "$1"
}

# The variables are lists of arguments.
# shellcheck disable=SC2086
compile () {
    $CC ${CPPFLAGS-} "-I$srcdir/../include" ${CFLAGS-} $strict -c -o "$1.o" "$1.c" &&
        $LIBTOOL --silent --tag=CC --mode=link $CC ${CFLAGS-} ${LDFLAGS-} -no-install \
            -o "$1" "$1.o" "$top_builddir/lib/libtempfile.la"
}

# The pipe has its end when the last process has ended that the program began: a daemon may go on for
# a moment.
# shellcheck disable=SC2086
run () {
    mkdir "$1.cwd" "$1.tmp"
    here=$PWD
    {
        status=0
        (cd "$1.cwd" && TMPDIR=$here/$1.tmp $EXAMPLE_RUNNER "$here/$1" </dev/null 2>&1) || status=$?
        echo "$status" >"$1.status"
    } | cat
    [ "$(cat "$1.status")" -eq 0 ] || return
    left=$(ls -A "$1.tmp"; cd "$1.cwd" && ls -Ad tmp* 2>/dev/null) || :
    [ -z "$left" ] || { echo "left behind: $left"; return 1; }
}

for page in "$srcdir"/*.[37]; do
    from_page "$page" "$work/$(basename "$page")"
done
if [ -f "$srcdir/../README.md" ]; then
    from_markdown "$srcdir/../README.md" "$work/README.md"
fi

has_text=no
if grep -q '^#define HAVE_TEXT' "$top_builddir/config.h"; then
    has_text=yes
fi

count=0 failed=0
for program in "$work"/*.c; do
    program=${program%.c}
    case $has_text,${program##*/} in
    no,tempfile_text.*)
        echo "SKIP: ${program##*/}: this library was built without text"
        continue
        ;;
    esac
    count=$((count + 1))
    if compile "$program" && run "$program"; then
        echo "ok: ${program##*/}"
    else
        echo "FAILED: ${program##*/}"
        failed=$((failed + 1))
    fi
done
echo "$count programs, $failed failed"
[ "$count" -gt 0 ] && [ "$failed" -eq 0 ]
