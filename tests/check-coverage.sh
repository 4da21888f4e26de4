#!/bin/sh
# SPDX-License-Identifier: MIT
# How much of lib/ the tests run: at least LINES percent of its lines and BRANCHES of its branches,
# as gcovr counts them, in the builds on fopencookie and on funopen together:
#
#     tests/check-coverage.sh [GCOVR-ARGUMENT...]
#
# "make check-coverage" runs it. It builds in a directory of its own and takes two minutes. What
# cannot be reached is marked LCOV_EXCL_LINE, or between LCOV_EXCL_START and LCOV_EXCL_STOP, with
# the reason. Branches that gcc makes on lines without code do not count.
set -eu

LINES=98 BRANCHES=90

command -v gcovr >/dev/null || {
    echo 'SKIP: there is no gcovr'
    exit 77
}
src=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
# What a test has left running may still write its counts.
trap 'rm -rf "$work" 2>/dev/null || { sleep 2; rm -rf "$work"; }' EXIT
trap 'exit 1' HUP INT TERM
# Some tests become an ordinary user, who must be able to count, too.
chmod 755 "$work"

# What takes long, in less.
: "${TEMPFILE_TEST_RACES:=50}" "${TEMPFILE_TEST_STEPS:=0}" "${TEMPFILE_TEST_ROUNDS:=2000}"
: "${CK_TIMEOUT_MULTIPLIER:=10}"
export TEMPFILE_TEST_RACES TEMPFILE_TEST_STEPS TEMPFILE_TEST_ROUNDS CK_TIMEOUT_MULTIPLIER

# The tests have the library in them, so that they can write down its counts before _exit(). What
# does the counting makes system calls, which test_faults diverts as well: configure, which does not
# divert all, would find that this does not work.
# built STREAM
built () {
    mkdir "$work/$1"
    cd "$work/$1"
    "$src/configure" -q --with-stream="$1" CC="${CC:-gcc}" tf_cv_faults=yes tf_cv_prefix_map=no \
        CFLAGS='-O0 -g --coverage -fprofile-update=prefer-atomic' LDFLAGS=-Wl,-u,__gcov_dump,-u,__gcov_reset \
        >log 2>&1 || return
    ${MAKE:-make} -s -j2 >>log 2>&1 || return
    tests TESTS=
    find . -name '*conftest*' -exec rm {} +
    find . -name '*.gcno' | sed 's/gcno$/gcda/' | while read -r file; do
        : >"$file"
        chmod 666 "$file"
    done
}

# tests MAKE-ARGUMENT...
tests () {
    ${MAKE:-make} -s -k -j2 -C tests check AM_LDFLAGS='-no-install -static' "$@" >>log 2>&1
}

# run STREAM MAKE-ARGUMENT...
run () {
    if ! built "$1"; then
        tail -n 30 log
        return 1
    fi
    shift
    tests "$@" || { grep -hE '^(FAIL|ERROR)|:[FE]:' log tests/*.log; return 1; }
}

# shellcheck disable=SC2016 # make's
run fopencookie TESTS='$(tests) text_differential.sh'
run funopen TESTS='test_stream test_modes test_hooks test_spooled test_conformance_io'

cd "$work"
gcovr --root "$src" --filter "$src/lib/" --exclude-unreachable-branches --sort-uncovered \
    --fail-under-line "$LINES" --fail-under-branch "$BRANCHES" --print-summary "$@" \
    --txt - "$work"
