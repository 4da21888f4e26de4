# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# What the scripts here share; they read it first. It makes a directory $work of their own, which
# is gone in the end, and which TMPDIR is within, so that what is left behind is seen.

# These scripts are started by make, and start others.
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES GNUMAKEFLAGS
MAKE=${MAKE:-make}
name=${0##*/}

# absolute PATH: as it is seen from any directory.
absolute () {
    case $1 in
    /*) echo "$1" ;;
    *) echo "$(pwd)/$1" ;;
    esac
}

die () { echo "$name: $*" >&2; exit 1; }

# need COMMAND PACKAGE...: skips everything where a tool is missing.
need () {
    command -v "$1" >/dev/null 2>&1 && return
    shift
    echo "skip    $name: install $*"
    exit 77
}

# are_here WHAT COMMAND...: whether they are; if one is not, WHAT is skipped aloud.
are_here () {
    skipped=$1
    shift
    for tool; do
        command -v "$tool" >/dev/null && continue
        echo "skip    $skipped: there is no $tool"
        return 1
    done
}

clean_up () {
    chmod -R u+w "$work"
    rm -rf "$work"
}

work=$(mktemp -d "${TMPDIR:-/tmp}/libtempfile-packaging.XXXXXX")
trap clean_up EXIT
trap 'exit 1' HUP INT TERM
mkdir "$work/tmp"
# Tests of the library become ordinary users.
chmod 755 "$work"
TMPDIR=$work/tmp
export TMPDIR

failed=0
began=$(date +%s)

# check WHAT COMMAND...: one line that says whether it worked; if not, what it printed follows. The
# command is run by set -e in a process of its own.
check () {
    what=$1
    shift
    set +e
    (set -e; "$@") >"$work/log" 2>&1 </dev/null
    status=$?
    set -e
    now=$(date +%s)
    if [ $status -eq 0 ]; then
        printf 'ok      %-60s %4d s\n' "$what" $((now - began))
    else
        printf 'not ok  %-60s %4d s\n' "$what" $((now - began))
        tail -n 60 "$work/log" | sed 's/^/    | /'
        failed=$((failed + 1))
    fi
    began=$now
}

# must WHAT COMMAND...: the same, and without it the rest makes no sense.
must () {
    check "$@"
    [ $status -eq 0 ] || exit 1
}

# The last line of a script: its result.
finish () {
    check 'no temporary file is left' empty "$TMPDIR"
    [ $failed -eq 0 ] || die "$failed failed"
}

# empty DIRECTORY: nothing but directories is below it.
empty () {
    left=$(find "$1" ! -type d)
    [ -z "$left" ] || { echo "left: $left"; return 1; }
}

# unpack ARCHIVE DIRECTORY: the source that is in ARCHIVE, as DIRECTORY.
unpack () {
    mkdir "$2"
    xz -dc "$1" | (cd "$2" && tar -xf - --strip-components=1)
}

# contents DIRECTORY: a line for each thing in it: what kind it is, and a checksum or a target.
contents () {
    (
        cd "$1"
        find . -type f -exec cksum {} +
        find . -type d
        find . -type l | while read -r link; do
            echo "$link -> $(readlink "$link")"
        done
    ) | LC_ALL=C sort
}
