#!/bin/sh
# SPDX-License-Identifier: MIT
# run.sh [-t SECONDS] [-j JOBS] [-s SEED] [-b BUILD] [-m] [TARGET...]
#
# Builds the targets with clang, libFuzzer, AddressSanitizer and UndefinedBehaviorSanitizer, and runs
# each for SECONDS (60), JOBS (1) of them at a time, from the corpus that is committed. An input that
# fails is printed in base64, a line for the corpus, and stays in the working directory; nothing else
# stays. With -m what was found is added to the corpus, as few entries as reach all code that is reached.
#
#     -s SEED     the same inputs each time, more or less; by default others
#     -b BUILD    a directory to build in, or to build again in, which is kept
#     CC, CFLAGS  another clang, other flags
#
# It expects ./configure, which ./bootstrap makes.
set -eu

top=$(cd "$(dirname "$0")/.." && pwd)
seconds=60 jobs=1 seed=0 build='' merge=no

usage () {
    sed -n '3,4s/^# *//p' "$0" >&2
    exit 2
}

while getopts t:j:s:b:m option; do
    case $option in
    t) seconds=$OPTARG ;;
    j) jobs=$OPTARG ;;
    s) seed=$OPTARG ;;
    b) build=$OPTARG ;;
    m) merge=yes ;;
    *) usage ;;
    esac
done
shift $((OPTIND - 1))
[ $# -gt 0 ] || set -- edits names options recover streams text

# Made one after the other, so that an interrupt removes what there is.
scratch='' files='' lanes=''

clean_up () {
    # shellcheck disable=SC2086 # none, or several
    [ -z "$lanes" ] || kill $lanes 2>/dev/null || :
    wait
    for dir in "$scratch" "$files"; do
        [ -n "$dir" ] || continue
        chmod -R u+rwx "$dir" 2>/dev/null || :
        rm -rf "$dir"
    done
}
trap clean_up EXIT
trap 'exit 1' HUP INT TERM
scratch=$(mktemp -d "${TMPDIR:-/tmp}/fuzz.XXXXXX")

# In memory, where that can be had: the targets make very many files.
if [ -d /dev/shm ] && [ -w /dev/shm ]; then
    files=$(mktemp -d /dev/shm/fuzz.XXXXXX)
else
    files=$(mktemp -d "$scratch/files.XXXXXX")
fi

# --- building ---

flags='-O1 -g -fno-omit-frame-pointer -fsanitize=fuzzer-no-link,address,undefined'
flags="$flags -fno-sanitize-recover=all"

configure () {
    [ ! -e config.status ] || return 0
    "$top/configure" -q --disable-shared CC="${CC:-clang}" CFLAGS="${CFLAGS:-$flags}"
}

build () {
    mkdir -p "$build"
    cd "$build"
    configure && make -s -C lib && make -s -C fuzz fuzz
}

: "${build:=$scratch/build}"
(build) >"$scratch/log" 2>&1 || { cat "$scratch/log"; exit 1; }
build=$(cd "$build" && pwd)

# --- running ---

packed () {
    for file in "$1"/*; do
        base64 "$file" | tr -d '\n'
        echo
    done | awk '{ print length ($0), $0 }' | LC_ALL=C sort -n | cut -d ' ' -f 2-
}

# fuzzer TARGET ARGUMENT...: in a directory for its files, which is empty at the end.
fuzzer () {
    name=$1
    shift
    dict=$top/fuzz/dict/$name.dict
    [ ! -e "$dict" ] || set -- -dict="$dict" "$@"
    TMPDIR=$files/$name/tmp "$build/fuzz/fuzz_$name" -max_len=1000 -timeout=60 "$@"
}

# What failed, and how.
complain () {
    grep -v -e '^#' -e '# Uses:' -e NEW_FUNC "$files/$1/log" | tail -n 60
    for file in "$files/$1"/bad-*; do
        [ -e "$file" ] || continue
        kept=$1-${file##*/bad-}
        cp "$file" "$kept"
        echo "$1: $PWD/$kept, which is in base64:"
        base64 "$file" | tr -d '\n'
        echo
    done
    echo "$1: failed"
}

take_into_corpus () {
    fuzzer "$1" -merge=1 -set_cover_merge=1 -use_counters=0 "$files/$1/seeds" "$files/$1/new" \
        >>"$files/$1/log" 2>&1 || return 1
    packed "$files/$1/seeds" >"$scratch/packed-$1"
    cp "$scratch/packed-$1" "$top/fuzz/corpus/$1"
}

# The last lines that libFuzzer prints, in one.
report () {
    awk -v target="$1" '/cov:/ { for (i = 1; i < NF; i++) if ($i == "cov:") edges = $(i + 1) }
        /number_of_executed_units/ { runs = $2 }
        END { printf "%-8s %9d runs, %5d edges\n", target, runs, edges }' "$files/$1/log"
}

run () {
    mkdir "$files/$1" "$files/$1/tmp" "$files/$1/seeds" "$files/$1/new"
    srcdir=$top/fuzz "$build/fuzz/replay_$1" --unpack "$files/$1/seeds"
    if ! fuzzer "$1" -max_total_time="$seconds" -seed="$seed" -print_final_stats=1 \
        -artifact_prefix="$files/$1/bad-" "$files/$1/new" "$files/$1/seeds" \
        >"$files/$1/log" 2>&1; then
        complain "$1"
        return 1
    fi
    report "$1"
    left=$(ls -A "$files/$1/tmp")
    [ -z "$left" ] || { echo "$1: left in the temporary directory: $left"; return 1; }
    [ $merge = no ] || take_into_corpus "$1"
}

# Every JOBS-th target, from the one that is given.
lane () {
    failed=0
    number=0
    first=$1
    shift
    for target; do
        number=$((number + 1))
        [ $((number % jobs)) -eq "$first" ] || continue
        run "$target" || failed=1
    done
    return $failed
}

status=0 number=0
while [ $number -lt "$jobs" ]; do
    lane $number "$@" &
    lanes="$lanes $!"
    number=$((number + 1))
done
for pid in $lanes; do
    wait "$pid" || status=1
done
lanes=''
[ $status -eq 0 ]
