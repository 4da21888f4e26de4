#!/bin/sh
# SPDX-License-Identifier: MIT
# Tests the small programs that one writes first: what each leaves, prints and promises. Runs in the
# build directory; the temporary directory must be empty at the end.
#
# From the Makefile come srcdir, top_builddir, bindir, pkglibdir, CC, CXX, LIBTOOL and the flags.
set -u

: "${srcdir:?}" "${top_builddir:?}" "${bindir:?}" "${pkglibdir:?}" "${LIBTOOL:?}"
: "${CC:=cc}" "${CXX:=}" "${CPPFLAGS=}" "${CFLAGS=}" "${CXXFLAGS=}" "${LDFLAGS=}"

bin=$(pwd)
top=$(cd "$top_builddir" && pwd) || exit 99
source=$(cd "$srcdir" && pwd) || exit 99
dir=$(mktemp -d "${TMPDIR:-/tmp}/libtempfile-check.XXXXXX") || exit 99
running=''
end () {
    [ -z "$running" ] || kill -9 "$running"
    rm -rf "$dir"
}
trap end EXIT
trap 'exit 1' HUP INT TERM
mkdir "$dir/tmp" "$dir/work" || exit 99
TMPDIR=$dir/tmp
LC_ALL=C
export TMPDIR LC_ALL

failed=0
fail () {
    printf 'FAIL: %s\n' "$*"
    failed=$((failed + 1))
}

skip () { printf 'SKIP: %s\n' "$*"; }

# soon COMMAND...: it succeeds within ten seconds.
soon () {
    tries=0
    until "$@"; do
        tries=$((tries + 1))
        [ $tries -lt 100 ] || return 1
        sleep 0.1
    done
}

is_empty () { [ -z "$(ls -A "$1")" ]; }
is_filled () { ! is_empty "$1"; }
is_gone () { [ ! -e "$1" ]; }

# nothing_left PROGRAM
nothing_left () { is_empty "$TMPDIR" || fail "$1: left $(ls -A "$TMPDIR")"; }

# start PROGRAM ARGUMENT...: with an input that comes from descriptor 4.
start () {
    program=${1##*/}
    rm -f "$dir/fifo"
    mkfifo "$dir/fifo"
    "$bin/with_sigint" "$@" <"$dir/fifo" >"$dir/got" 2>"$dir/errors" &
    running=$!
    exec 4>"$dir/fifo"
}

# end_by SIGNAL STATUS: what was started.
end_by () {
    kill -s "$1" "$running"
    wait "$running"
    status=$?
    running=''
    exec 4>&-
    [ $status -eq "$2" ] || fail "$program: status $status after SIG$1, not $2"
}

cd "$dir/work" || exit 99

# --- save ---

mkdir etc
cd etc || exit 99
for by_hand in '' -b; do
    printf 'volume=11\ncolour=red\nvolumes=2\n' >real
    printf 'colour=red\nvolumes=2\nvolume=5\n' >"$dir/expected"
    chmod 640 real
    ln -sf real link
    "$bin/save" $by_hand link volume 5 || fail "save $by_hand: status $?"
    cmp real "$dir/expected" || fail "save $by_hand: not the new contents"
    [ -h link ] || fail "save $by_hand: the symbolic link was replaced"
    [ -n "$(find real -perm 640)" ] || fail "save $by_hand: other permissions"
    (ulimit -f 0 && trap '' XFSZ && "$bin/save" $by_hand real volume 6 2>/dev/null) &&
        fail "save $by_hand: a write that failed was lost"
    cmp real "$dir/expected" || fail "save $by_hand: a failure has changed the file"
    [ -z "$(find . ! -name . ! -name link ! -name real)" ] || fail "save $by_hand: left $(ls -A)"
done
cd ..

# --- command ---

printf 'pear\nplum\nfig\n' >"$dir/expected"
# The quoted commands are for another shell.
# shellcheck disable=SC2016
{
    "$bin/command" 'sed s/apple/plum/ "$FILE" >new && mv new "$FILE"' | cmp - "$dir/expected" ||
        fail 'command: another file was renamed over the name'
    "$bin/command" 'printf "pear\nplum\nfig\n" >"$FILE"' | cmp - "$dir/expected" ||
        fail 'command: written into the file'
    "$bin/command" 'case $FILE in "$TMPDIR"/*.txt) exit 0; esac; exit 1' >/dev/null ||
        fail 'command: not the name that it should have'
    "$bin/command" 'exit 3' && fail 'command: the failure of the command was lost'
    "$bin/command" 'rm "$FILE"' 2>"$dir/errors" && fail 'command: no failure without a result'
    start "$bin/command" 'exec sleep 60'
}
soon is_filled "$TMPDIR" || fail 'command: no file while the command runs'
end_by TERM 143
nothing_left command

# --- upload ---

mkdir disk
head -c 65536 /dev/zero | tr '\0' x >small
head -c 65537 /dev/zero | tr '\0' x >large
for file in small large; do
    { printf 'Content-Length: %d\n\n' "$(wc -c <$file)"; cat $file; } >"$dir/expected"
    "$bin/upload" disk <$file | cmp - "$dir/expected" || fail "upload: $file"
done
is_empty disk || fail "upload: left $(ls -A disk)"
"$bin/upload" missing <small >"$dir/got" || fail 'upload: 64 KiB need a directory'
"$bin/upload" missing <large >"$dir/got" 2>"$dir/errors" && fail 'upload: more than 64 KiB need none'
grep -q missing "$dir/errors" || fail "upload: not the directory's name: $(cat "$dir/errors")"
nothing_left upload

# --- scratch ---

printf 'pear\nfig\napple\nplum\navocado\n' >fruit
printf 'apple\navocado\nfig\npear\nplum\n' >"$dir/expected"
"$bin/scratch" <fruit | cmp - "$dir/expected" || fail 'scratch: not in groups'
nothing_left scratch
start "$bin/scratch"
cat fruit >&4
in_groups () { [ "$(cat "$TMPDIR"/*/[67]* 2>/dev/null | wc -l)" -eq 5 ]; }
soon in_groups || fail 'scratch: no files while it runs'
end_by INT 130
nothing_left scratch

# --- workers ---

"$bin/workers" 3 >"$dir/got" || fail "workers: status $?"
read -r running state <"$dir/got"
is_done () { grep -q "^done" "$state"; }
soon is_done || fail 'workers: not done'
sort "$state" >"$dir/got"
printf 'done\nworker 0: 0\nworker 1: 1\nworker 2: 4\n' | cmp - "$dir/got" ||
    fail "workers: $(cat "$dir/got")"
[ "$(ls -A "$TMPDIR")" = "${state##*/}" ] || fail "workers: beside the state: $(ls -A "$TMPDIR")"
kill -TERM "$running"
soon is_gone "$state" || fail 'workers: the state file stays after SIGTERM'
running=''
nothing_left workers

# --- lockfile ---

printf 'old\n' >index
printf 'new\n' >new
"$bin/lockfile" index <new || fail "lockfile: status $?"
cmp index new || fail 'lockfile: not committed'
printf 'old\n' | "$bin/lockfile" ./index || fail "lockfile: status $? of another commit"
printf 'old\n' | cmp - index || fail 'lockfile: not committed once more'
start "$bin/lockfile" index
soon test -e index.lock || fail 'lockfile: no lock while it runs'
cp index.lock held
"$bin/lockfile" index <new 2>"$dir/errors" && fail 'lockfile: two at the same time'
grep -q 'index.lock.*exists' "$dir/errors" || fail "lockfile: $(cat "$dir/errors")"
[ -e index.lock ] || fail 'lockfile: the lock of another is gone'
printf 'new\n' >&4
end_by INT 130
"$bin/lockfile" index </dev/null 2>"$dir/errors" && fail 'lockfile: an empty input'
printf 'old\n' | cmp - index || fail 'lockfile: not rolled back'
is_gone index.lock || fail 'lockfile: the lock stays'
mkdir directory
"$bin/lockfile" directory <new 2>"$dir/errors" && fail 'lockfile: a directory was replaced'
is_gone directory.lock || fail 'lockfile: the lock stays after a failure'
nothing_left lockfile

# --- cp1252 ---

if grep -q '^#define HAVE_TEXT' "$top/config.h"; then
    printf '\303\251t\303\251\n5 \342\202\254\n' >utf8
    printf '\351t\351\r\n5 \200\r\n' >"$dir/expected"
    "$bin/cp1252" summer.txt <utf8 || fail "cp1252: status $?"
    cmp summer.txt "$dir/expected" || fail 'cp1252: other bytes'
    printf 'n\303\251\n\316\251\n' | "$bin/cp1252" summer.txt 2>"$dir/errors" &&
        fail 'cp1252: a character that it does not have'
    grep -q 'U+03A9' "$dir/errors" || fail "cp1252: not which character: $(cat "$dir/errors")"
    cmp summer.txt "$dir/expected" || fail 'cp1252: a failure has changed the file'
    nothing_left cp1252
else
    skip 'cp1252: this library was built without text'
fi

# --- legacy: where its file is, as the kernel tells ---

in_tmpdir () {
    for fd in "/proc/$running/fd"/*; do
        case $(readlink "$fd") in
        "$TMPDIR"/*) return 0 ;;
        esac
    done
    return 1
}

# uses_tmpdir PROGRAM ARGUMENT...
uses_tmpdir () {
    start "$@"
    soon in_tmpdir
    found=$?
    end_by TERM 143
    return $found
}

# As installed, so that tempfile-run finds its library.
root=$dir/root
run=$root$bindir/tempfile-run
if [ -x "$top/preload/tempfile-run" ] && [ -z "${EMULATED-}" ]; then
    mkdir -p "$root$bindir" "$root$pkglibdir"
    cp "$top/preload/tempfile-run" "$root$bindir" || exit 99
    cp "$top/preload/.libs/libtempfile-preload.so" "$root$pkglibdir" || exit 99
else
    skip 'legacy by tempfile-run: nothing can be preloaded here'
    run=''
fi

printf live >word
printf evil >"$dir/expected"
for program in legacy legacy_replaced ${run:+"$run"}; do
    case $program in
    /*) "$program" "$bin/legacy" ;;
    *) "$bin/$program" ;;
    esac <word | cmp - "$dir/expected" || fail "$program: not backwards"
done
if [ -d "/proc/$$/fd" ]; then
    uses_tmpdir "$bin/legacy_replaced" || fail 'legacy: compiled again it does not use TMPDIR'
    [ -z "$run" ] || uses_tmpdir "$run" "$bin/legacy" || fail 'legacy: tempfile-run does not use TMPDIR'
    start "$bin/legacy"
    sleep 0.3
    in_tmpdir && fail 'legacy: it uses TMPDIR as it is, so nothing was shown'
    end_by TERM 143
else
    skip 'legacy: there is no /proc to look into'
fi
nothing_left legacy

# --- unique: by the C++ compiler, where that has the C library of the C compiler ---

# libc_of COMPILER...
libc_of () {
    printf '#include <cstdio>\nlibc=__GLIBC__\n' | sed "$1" >"$dir/libc.cc"
    shift
    "$@" -E -x "$language" "$dir/libc.cc" 2>/dev/null | grep '^libc='
}

# Variables with flags are split into words.
# shellcheck disable=SC2086
build_unique () {
    case "$CFLAGS $CXXFLAGS" in
    *-fsanitize*)
        skip 'unique: the sanitizers of the two compilers need not be the same'
        return 1
        ;;
    esac
    language=c
    c_library=$(libc_of s/cstdio/stdio.h/ $CC)
    language=c++
    if [ -z "$CXX" ] || [ "$(libc_of '' $CXX)" != "$c_library" ]; then
        skip 'unique: no C++ compiler for this C library'
        return 1
    fi
    (
        cd "$bin" || exit
        $CXX -std=c++11 -Wall -Wextra -Wpedantic -Werror $CPPFLAGS -I"$source/../include" $CXXFLAGS \
            -c -o "$dir/unique.o" "$source/unique.cc" &&
            $LIBTOOL --silent --tag=CC --mode=link $CXX $CXXFLAGS $LDFLAGS -no-install \
                -o "$dir/unique" "$dir/unique.o" "$top/lib/libtempfile.la"
    ) || fail 'unique: it does not compile'
}

if build_unique; then
    printf '3 fig\n2 apple\n1 pear\n' >"$dir/expected"
    printf 'pear\napple\nfig\n' | "$dir/unique" | cmp - "$dir/expected" || fail 'unique: not in reverse'
    nothing_left unique
fi

[ $failed -eq 0 ] || exit 1
echo 'all passed'
