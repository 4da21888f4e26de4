#!/bin/sh
# SPDX-License-Identifier: MIT
#
# tempfile-run and the library that it preloads, as they are installed: into a private directory
# that is moved afterwards, to a name with blanks. tmpfile_user is the program that is run.
#
# From the Makefile come top_builddir, CC, MAKE and the flags. Exit status 77: there is nothing to
# test, because nothing can be preloaded here.
set -u

: "${top_builddir:?}" "${CC:=cc}" "${MAKE:=make}" "${NM:=nm}" "${srcdir:?}"

failed=0
fail () {
    echo "FAIL: $*" >&2
    failed=$((failed + 1))
}

skip () {
    echo "SKIP: $*"
}

if [ ! -x "$top_builddir/preload/tempfile-run" ]; then
    skip 'tempfile-run: configure found that nothing can be preloaded here'
    exit 77
fi

work=$(sh "$srcdir/make-work.sh" preload) || exit 99
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
chmod 755 "$work"
mkdir "$work/tmp" "$work/a dir" || exit 99
chmod 1777 "$work/tmp"
TMPDIR=$work/tmp
export TMPDIR
unset TEMP TMP LD_PRELOAD TEMPFILE_RUN_AUDIT

(unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES GNUMAKEFLAGS
 "$MAKE" -C "$top_builddir" install DESTDIR="$work/root") >"$work/install.log" 2>&1 || {
    cat "$work/install.log"
    fail 'make install'
    exit 1
}
cp "$top_builddir/tests/tmpfile_user" "$work/user" || exit 99
cd "$work" || exit 99

# run ARGUMENT...: its output to out, its standard error to err.
run () {
    "$run" "$@" >out 2>err
}

# runs WHAT ARGUMENT...: without failing, and without a word on standard error.
runs () {
    what=$1
    shift
    run "$@" || fail "$what: status $?: $(cat err)"
    [ ! -s err ] || fail "$what: $(cat err)"
}

# made_in DIR WHAT ARGUMENT...: the program says that its file is there.
made_in () {
    dir=$1
    shift
    runs "$@"
    case $(cat out) in
    "$dir"/*/*) fail "$1: made $(cat out), not in $dir" ;;
    "$dir"/*) ;;
    *) fail "$1: made $(cat out), not in $dir" ;;
    esac
}

# refuses STATUS WORD ARGUMENT...: with a message that has the word.
refuses () {
    want=$1 word=$2
    shift 2
    status=0
    run "$@" || status=$?
    [ "$status" -eq "$want" ] || fail "$*: status $status, not $want: $(cat err)"
    grep -q "^tempfile-run: .*$word" err || fail "$*: no \"$word\" in the message: $(cat err)"
    [ ! -s out ] || fail "$*: it ran: $(cat out)"
}

# --- found from where it is ---

run=$(find "$work/root" -name tempfile-run -type f)
[ -x "$run" ] || { fail "tempfile-run is not installed, or several: $run"; exit 1; }
library=$(find "$work/root" -name libtempfile-preload.so)
made_in "$work/tmp" 'as installed' ./user where

case $($NM -D --defined-only "$library" 2>/dev/null | sed 's/.* //' | sort | tr '\n' ' ') in
'tmpfile tmpfile64 ') ;;
'') skip 'the exported names: nm does not list them' ;;
*) fail "the library exports $($NM -D --defined-only "$library")" ;;
esac

mkdir "$work/links"
ln -s "$run" links/first
ln -s links/first second
run=$work/second
made_in "$work/tmp" 'through symbolic links' ./user where

mv root 'moved to a place'
run=$(find "$work/moved to a place" -name tempfile-run -type f)
library=$(find "$work/moved to a place" -name libtempfile-preload.so)
made_in "$work/tmp" 'moved, with blanks' ./user where
made_in "$work/tmp" 'tmpfile64' ./user where64
PATH=$(dirname "$run"):$PATH tempfile-run ./user where >out 2>err
[ ! -s err ] || fail "by PATH: $(cat err)"
ln -s "$run" 'a link'
run='./a link'
made_in "$work/tmp" 'a link with blanks' ./user where

# --- where ---

made_in "$work/a dir" '--dir' --dir 'a dir' ./user where
made_in "$work/a dir" '--dir=' --dir='a dir' -- ./user where
(cd / && "$work/user" where) >out
TMPDIR=$work/a\ dir
made_in "$work/a dir" 'TMPDIR with blanks' ./user where
TMPDIR=$work/tmp
runs 'TMPDIR is absolute' --dir 'a dir' ./user getenv TMPDIR
[ "$(cat out)" = "$work/a dir" ] || fail "--dir: TMPDIR is $(cat out)"
refuses 125 'No such file' --dir missing ./user where
refuses 125 'Not a directory' --dir user ./user where
[ ! -d /proc/self ] || refuses 125 'dir /proc: ' --dir /proc ./user where
if [ "$(id -u)" -ne 0 ]; then
    mkdir -m 555 'read only'
    refuses 125 'Permission denied' --dir 'read only' ./user where
fi

# --- LD_PRELOAD ---

mkdir plain
cp -R "moved to a place/." plain
run=$(find "$work/plain" -name tempfile-run -type f)
cp "$library" other.so
library=$(find "$work/plain" -name libtempfile-preload.so)
LD_PRELOAD=$work/other.so
export LD_PRELOAD
runs 'LD_PRELOAD' ./user getenv LD_PRELOAD
unset LD_PRELOAD
[ "$(cat out)" = "$work/other.so:$library" ] || fail "LD_PRELOAD became $(cat out)"
runs 'no LD_PRELOAD' ./user getenv LD_PRELOAD
[ "$(cat out)" = "$library" ] || fail "LD_PRELOAD is $(cat out)"
runs 'no LD_LIBRARY_PATH' ./user getenv LD_LIBRARY_PATH
[ "$(cat out)" = "${LD_LIBRARY_PATH-}" ] || fail "LD_LIBRARY_PATH became $(cat out)"

mkdir a:colon
cp -R "moved to a place/." a:colon
moved=$run
run=$(find "$work/a:colon" -name tempfile-run -type f)
refuses 125 'cannot be preloaded' ./user where
run=$moved

# --- what a program may count on ---

runs 'a descriptor is inherited' ./user inherit

# --- status and arguments ---

runs 'arguments' ./user getenv TMPDIR --audit --dir x
status=0
run ./user nothing || status=$?
[ $status -eq 2 ] || fail "status of the command: $status, not 2"
refuses 125 'no command'
refuses 125 'no command' --audit --
refuses 125 'unknown option' --unknown ./user where
refuses 125 'no directory is given' --dir
refuses 127 'No such file' ./missing
old_path=$PATH
PATH=/usr/bin:/bin # all of it is to be read, which the caller's may not
refuses 127 'No such file' missing-from-the-path
PATH=$old_path
refuses 126 'Permission denied' ./plain
: >not-executable
refuses 126 'Permission denied' ./not-executable
runs 'help' --help
grep -q '^usage: ' out || fail '--help'
runs 'version' --version
if [ -w /dev/full ] && "$run" --help >/dev/full 2>err; then
    fail '--help to a full device'
fi

# --- what cannot be helped ---

echo 'int main (void) { return 0; }' >static.c
# shellcheck disable=SC2086
if $CC -static ${CFLAGS-} ${LDFLAGS-} static.c -o static 2>/dev/null; then
    refuses 125 'static' ./static
    { echo "#!$work/static"; } >script
    chmod 755 script
    refuses 125 'static' ./script
    printf '#! /usr/bin/env static\n' >by-env
    chmod 755 by-env
    old_path=$PATH
    PATH=$work:$PATH
    if "$run" env true 2>/dev/null; then
        refuses 125 'static' ./by-env
    else
        skip 'a script by env(1): that is itself a program that cannot be helped'
    fi
    PATH=$old_path
else
    skip 'a static program: none can be linked'
fi
printf '#!%s where\n' "$work/user" >script
chmod 755 script
made_in "$work/tmp" 'a script of a program' ./script

# A header of the other byte order, with nothing behind it.
case $(od -An -t u1 -j 5 -N 1 user | tr -d ' ') in
1) order='\002' ;;
*) order='\001' ;;
esac
# shellcheck disable=SC2059
{ dd if=user bs=1 count=5 && printf "$order" && dd if=user bs=1 skip=6; } >foreign 2>/dev/null
chmod 755 foreign
refuses 125 'machine' ./foreign

privileged=
if [ "$(id -u)" -eq 0 ]; then
    cp user set-user-id
    chown 65534 set-user-id
    chmod 4755 set-user-id
    privileged=$work/set-user-id
    cp user set-group-id
    chgrp 65534 set-group-id
    chmod 2755 set-group-id
    refuses 125 'set-group-ID' ./set-group-id
else
    for program in /usr/bin/su /bin/su /usr/bin/passwd /usr/bin/mount; do
        [ ! -u "$program" ] || privileged=$program
    done
fi
if [ -n "$privileged" ]; then
    refuses 125 'set-user-ID' "$privileged" where
else
    skip 'a set-user-ID program: there is none'
fi
cp user own-set-user-id
chmod 4755 own-set-user-id
made_in "$work/tmp" 'a set-user-ID program of my own' ./own-set-user-id where

cp user capable
if [ "$(id -u)" -eq 0 ] && setcap cap_net_raw+ep capable 2>/dev/null &&
    setpriv --reuid=65534 --regid=65534 --clear-groups true 2>/dev/null; then
    status=0
    setpriv --reuid=65534 --regid=65534 --clear-groups "$run" ./capable where >out 2>err ||
        status=$?
    { [ $status -eq 125 ] && grep -q capabilities err; } ||
        fail "a program with capabilities: status $status: $(cat err)"
    made_in "$work/tmp" 'a program with capabilities, as root' ./capable where
else
    skip 'a program with file capabilities: needs root, setcap and setpriv'
fi

# --- the account ---

# reports LINE ARGUMENT...: one line, in which PID stands for a number.
reports () {
    line="tempfile-run: $1"
    shift
    run --audit "$@" || fail "--audit $*: status $?"
    sed 's/\[[0-9]*\]/[PID]/' err >said
    [ "$(cat said)" = "$line" ] || fail "--audit $*: \"$(cat said)\", not \"$line\""
}

in="in $work/tmp,"
reports "user[PID]: 1 temporary file $in largest 5000 bytes, total 5000 bytes" ./user close 1 5000
reports "user[PID]: 100 temporary files $in largest 70 bytes, total 7000 bytes" ./user close 100 70
reports "user[PID]: 3 temporary files $in largest 9 bytes, total 27 bytes" ./user open 3 9
reports "user[PID]: 40 temporary files $in largest 9 bytes, total 288 bytes (8 not measured)" \
    ./user open 40 9
reports "user[PID]: 2 temporary files $in largest 123456 bytes, total 123457 bytes" \
    ./user handed 123456
reports "user[PID]: 20000 temporary files $in largest 3 bytes, total 60000 bytes" \
    ./user threads 5000 3
made_in "$work/a dir" '--audit with --dir' --dir 'a dir' ./user where
run --audit --dir 'a dir' ./user where
grep -q "1 temporary file in $work/a dir, largest 0 bytes" err || fail "--audit: $(cat err)"

# The program that was asked for says so when it has made none; its children need not. Nothing goes
# to a file that is standard error only in the end.
reports 'user[PID]: made no temporary file' ./user getenv HOME
reports 'user[PID]: made no temporary file' ./user inherit
runs 'another standard error' --audit ./user elsewhere data
[ -f data ] || fail 'no standard error elsewhere'
[ ! -s data ] || fail "--audit wrote to a file of the program's: $(cat data)"
runs 'no --audit, no report' ./user close 2 100

# Each process for itself: the child ends first.
run --audit ./user fork || fail "--audit with fork: status $?"
sed 's/\[[0-9]*\]/[PID]/' err >said
printf 'tempfile-run: user[PID]: 1 temporary file %s largest %d bytes, total %d bytes\n' \
    "$in" 20 20 "$in" 10 10 | cmp -s said - || fail "--audit with fork: $(cat err)"
[ "$(sed 's/.*\[\([0-9]*\)\].*/\1/' err | sort -u | wc -l)" -eq 2 ] ||
    fail "--audit with fork: not two processes: $(cat err)"

# Few descriptors; and a directory whose name would make two lines of the report.
# shellcheck disable=SC3045
(ulimit -n 20 && "$run" --audit ./user open 2 9) >out 2>err || fail "with few descriptors: status $?"
grep -q ": 2 temporary files $in largest 0 bytes, total 0 bytes (2 not measured)\$" err ||
    fail "--audit with few descriptors: $(cat err)"
newline='a
b'
mkdir "$newline"
run --audit --dir "$newline" ./user close 1 9
grep -q ": 1 temporary file in $work/a?b, largest 9 bytes" err || fail "--audit: $(cat err)"

# The program that another becomes reports what it has made itself.
reports "user[PID]: 1 temporary file $in largest 7 bytes, total 7 bytes" \
    ./user exec "$work/user" close 1 7

# Descriptors that the program has closed, and whose numbers are those of other files now.
run --audit ./user closed || fail "--audit of a program that closes all: status $?"
[ -f untouched ] || fail 'the program that closes all made no file'
[ ! -s untouched ] || fail "the report went into a file of the program's"

left=$(find tmp 'a dir' ! -type d)
[ -z "$left" ] || fail "left behind: $left"
[ $failed -eq 0 ] || exit 1
echo 'all passed'
