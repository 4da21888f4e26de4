#!/bin/sh
# SPDX-License-Identifier: MIT
# check-tables.sh SOURCE: makes the tables of encodings again, from what Python says, and compares
# them with those in SOURCE. Ends with 1 if they differ; with 77 where Python is not 3.11, by which they
# are made; 3.14 differs.
set -eu

source=$1
python3 -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null || {
    echo 'SKIP: the tables are made by Python 3.11'
    exit 77
}
work=$(mktemp -d "${TMPDIR:-/tmp}/check-tables.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
python3 "$source/generate.py" "$work"
status=0
for file in single.c single.h east.c names.h; do
    cmp "$source/$file" "$work/$file" || status=1
done
exit $status
