#!/bin/sh
# SPDX-License-Identifier: MIT
# CONFORMANCE.md and the tests of conformance are in step: each test that the table names exists
# and is run, and each test of conformance is in the table, once.
set -eu

: "${srcdir:=.}"
table=$srcdir/CONFORMANCE.md
status=0
complain () { echo "$*"; status=1; }

# The third of four columns; "?" where it names no test.
listed=$(awk -F '|' 'NF == 6 && $2 !~ /^ (clause|---) $/ {
    gsub (/[ `]/, "", $4)
    print $4 ~ /^[a-z0-9_]+$/ ? $4 : "?" NR
}' "$table")
sources=$(cat "$srcdir"/test_conformance_*.c)
has () { echo "$sources" | grep -Eq -e "$1"; }

for name in $listed; do
    has "^START_TEST \\($name\\)\$" || complain "CONFORMANCE.md: $name is no test"
    has "tcase_add(_loop)?_test \\(tc, ${name}[,)]" || complain "$name is never run"
done

tests=$(echo "$sources" | sed -n 's/^START_TEST (\(.*\))$/\1/p')
[ -n "$tests" ] || complain "no tests in $srcdir"
for name in $tests; do
    count=$(echo "$listed" | grep -cx -e "$name") || :
    [ "$count" -eq 1 ] || complain "CONFORMANCE.md names $name $count times"
done
exit $status
