#!/bin/sh
# SPDX-License-Identifier: MIT
# Tests the examples, quickly: awkward input to extsort against LC_ALL=C sort, and what filter
# promises. Runs in the build directory; the temporary directory must be empty at the end.
set -u

bin=$(pwd)
dir=$(mktemp -d "${TMPDIR:-/tmp}/libtempfile-check.XXXXXX") || exit 99
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM
mkdir "$dir/tmp" || exit 99
TMPDIR=$dir/tmp
export TMPDIR
cd "$dir" || exit 99

# Also where the standard output of what is tested goes elsewhere.
exec 3>&1
failed=0
fail () {
    printf 'FAIL: %s\n' "$*" >&3
    failed=$((failed + 1))
}

# same WHAT ARGUMENT...: extsort with these does what sort does with these.
same () {
    what=$1
    shift
    LC_ALL=C sort -- "$@" >expected || exit 99
    "$bin/extsort" -m "$memory" -- "$@" >got || fail "$what: status $?"
    cmp expected got || fail "$what: not what sort writes"
}

# status_is STATUS COMMAND...: with a message on standard error if that is not 0.
status_is () {
    want=$1
    shift
    status=0
    "$@" 2>errors || status=$?
    [ "$status" -eq "$want" ] || fail "$*: status $status, not $want: $(cat errors)"
    [ "$want" -eq 0 ] || [ -s errors ] || fail "$*: no message"
}

"$bin/genlines" 4 >many
: >empty
printf '\n' >newline
printf '\n\n\n' >newlines
printf 'b\na' >unfinished
printf 'a\0b\na\na\0\n\0\n\n\0\0\na\0a\nab\n' >nuls
printf '\377\n\200\n\177\n\001\n\t\n \n\377\377\n' >bytes
head -c 5000000 /dev/zero | tr '\0' x >long
{ cat many; cat long; echo; cat long; echo y; cat many; } >mixed
awk 'BEGIN { for (i = 0; i < 100000; i++) print "the same line, again and again" }' >duplicates
awk 'BEGIN { for (i = 0; i < 50000; i++) { s = s "p"; if (i % 500 == 0) print s } }' >prefixes
awk 'BEGIN { for (i = 100000; i > 0; i--) printf "%07d\n", i }' >reversed

for memory in 128K 1M 64M; do
    for file in empty newline newlines unfinished nuls bytes many duplicates prefixes reversed; do
        same "$file with $memory" "$file"
    done
    same "no final newline between files, with $memory" unfinished nuls unfinished
done
memory=1M
same 'one line of 5 MB' long
same 'lines of 5 MB among others' mixed
same 'an empty file among others' empty many empty

i=0
while [ $i -lt 200 ]; do
    head -c $((i * 37)) many | tail -c 500 >"part$i"
    i=$((i + 1))
done
same 'many files' part*

LC_ALL=C sort many >expected
"$bin/extsort" -m 1M <many | cmp - expected || fail 'standard input'
"$bin/extsort" -m 1M - <many | cmp - expected || fail 'standard input as -'
cp many inplace
status_is 0 "$bin/extsort" -m 1M -o inplace inplace
cmp inplace expected || fail '-o to the input'
cp long longer
status_is 0 "$bin/extsort" -m 1M -o longer many
cmp longer expected || fail '-o to a longer file'
(umask 027 && exec "$bin/extsort" -o ordinary many) || fail "-o to a new file: status $?"
cmp ordinary expected || fail '-o to a new file'
case $(ls -l ordinary) in
-rw-r-----*) ;;
*) fail "-o: not the permissions of a new file: $(ls -l ordinary)" ;;
esac
ln -s longer link
cp long longer
status_is 0 "$bin/extsort" -m 1M -o link many
[ -h link ] || fail '-o to a symbolic link replaced the link'
cmp longer expected || fail '-o to a symbolic link'

# With few files open at once there must be merges on the way: more than the last one.
# shellcheck disable=SC3045
few_files () (
    ulimit -n 12 || exit 77
    exec "$bin/extsort" -v -m 128K -o got many 2>said
)
few_files
status=$?
if [ $status -eq 77 ]; then
    echo 'cannot lower ulimit -n: not tested with few open files'
else
    [ $status -eq 0 ] || fail "few open files: status $status: $(cat said)"
    cmp got expected || fail 'few open files: not what sort writes'
    merges=$(sed -n 's/.*, \([0-9]*\) merges.*/\1/p' said)
    [ "${merges:-0}" -gt 5 ] || fail "few open files: only ${merges:-no} merges"
fi

# A temporary file that cannot be written: the output, a pipe, could be.
small_files () (
    trap '' XFSZ
    ulimit -f 100 || exit 2
    "$bin/extsort" -m 1M many 2>errors
    echo $? >status
)
small_files | cat >got
[ "$(cat status)" -eq 2 ] || fail "a run that cannot be written: status $(cat status), not 2"
[ -s errors ] || fail 'a run that cannot be written: no message'

# The output that cannot be written completely: the old file stays, and nothing is beside it.
mkdir out
cp newlines out/old
(
    trap '' XFSZ
    ulimit -f 100 || exit 2
    exec "$bin/extsort" -m 64M -o out/old many 2>errors
)
status=$?
[ $status -eq 2 ] || fail "an output that cannot be written: status $status, not 2"
[ -s errors ] || fail 'an output that cannot be written: no message'
cmp out/old newlines || fail 'an output that could not be written replaced the file'
status_is 2 "$bin/extsort" -o out/old missing
cmp out/old newlines || fail 'a missing input: the output was replaced'
[ "$(ls -A out)" = old ] || fail "beside the output: $(ls -A out)"

status_is 2 "$bin/extsort" missing
status_is 2 "$bin/extsort" many .
status_is 2 "$bin/extsort" -o missing/file many
status_is 2 "$bin/extsort" -m 1X many
status_is 2 "$bin/extsort" -m -1 many
status_is 2 "$bin/extsort" -m 1K many
status_is 2 "$bin/extsort" -m 99999999999999999999 many
status_is 2 "$bin/extsort" -x many
status_is 0 "$bin/extsort" -h >usage
[ -s usage ] || fail '-h says nothing'
if [ -w /dev/full ]; then
    status_is 2 "$bin/extsort" many >/dev/full
    status_is 2 "$bin/extsort" newline >/dev/full
    status_is 2 "$bin/extsort" -m 1M -o /dev/full many
    status_is 2 "$bin/extsort" -h >/dev/full
fi
status_is 2 "$bin/extsort" many >&-

# filter ARGUMENT...: its standard input is the fruit.
printf 'pear\napple\nfig\n' >fruit
filter () { "$bin/filter" "$@" <fruit; }

filter .txt true | cmp - fruit || fail 'filter: unchanged'
sort fruit >expected
filter .txt sort -o {} {} | cmp - expected || fail 'filter: {} twice'
# shellcheck disable=SC2016
filter .x sh -c 'printf %s "$1" >name; printf new >copy; mv copy "$1"' sh >got
[ "$(cat got)" = new ] || fail 'filter: what was renamed over the file was not taken'
case $(cat name) in
"$TMPDIR"/*.x) ;;
*) fail "filter: the name was $(cat name)" ;;
esac
[ ! -e "$(cat name)" ] || fail "filter: $(cat name) is still there"
filter .txt sh -c 'echo not the result' 2>/dev/null | cmp - fruit || fail 'filter: command that prints'
for file in many empty; do
    # shellcheck disable=SC2094
    "$bin/filter" '' true <$file | cmp - $file || fail "filter: unchanged, from $file"
done

filter .txt sh -c 'exit 42' >got
status=$?
[ $status -eq 42 ] || fail "filter: status $status, not 42"
cmp got fruit || fail 'filter: output of a command that failed'
# shellcheck disable=SC2016
filter .txt sh -c 'kill -9 $$' >got
status=$?
[ $status -eq 137 ] || fail "filter: status $status of a killed command, not 137"
[ ! -s got ] || fail 'filter: output of a killed command'
# qemu does not hand on why posix_spawn() failed.
if [ -z "${EMULATED-}" ]; then
    status_is 127 filter .txt ./missing
    status_is 126 filter .txt "$dir"
fi
status_is 125 filter .txt
status_is 125 filter a/b true
status_is 125 filter .txt rm
[ ! -w /dev/full ] || status_is 125 filter .txt true >/dev/full

# A signal ends filter, and the file goes.
# shellcheck disable=SC2016
"$bin/filter" .txt sh -c 'echo $$ >command; mv command ready; exec sleep 60' <fruit >got &
filter=$!
i=0
while [ ! -e ready ] && [ $i -lt 100 ]; do
    sleep 0.1
    i=$((i + 1))
done
kill -TERM $filter
wait $filter
status=$?
kill "$(cat ready)"
[ $status -eq 143 ] || fail "filter: status $status after SIGTERM, not 143"

# before and after do the same, and leave nothing, whether they succeed, fail or are ended.
LC_ALL=C
export LC_ALL
sort -r many >expected
for program in before after; do
    "$bin/$program" <many >got || fail "$program: status $?"
    cmp got expected || fail "$program: not what sort writes"
    status_is 1 "$bin/$program" <.
    status_is 1 env PATH=/nowhere "$bin/$program" <fruit
    rm -f fifo
    mkfifo fifo
    "$bin/$program" <fifo >got &
    ended=$!
    exec 4>fifo
    i=0
    while [ -z "$(ls -A "$TMPDIR")" ] && [ $i -lt 100 ]; do
        sleep 0.1
        i=$((i + 1))
    done
    [ $i -lt 100 ] || fail "$program: no file while it runs"
    kill -TERM $ended
    wait $ended
    status=$?
    exec 4>&-
    [ $status -eq 143 ] || fail "$program: status $status after SIGTERM, not 143"
    [ -z "$(ls -A "$TMPDIR")" ] || fail "$program: left $(ls -A "$TMPDIR")"
done

left=$(ls -A "$TMPDIR")
[ -z "$left" ] || fail "left in the temporary directory: $left"
[ $failed -eq 0 ] || exit 1
echo 'all passed'
