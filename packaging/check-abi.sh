#!/bin/sh
# SPDX-License-Identifier: MIT
# check-abi.sh LIBRARY: compares what the shared LIBRARY offers to programs that exist with what is
# on record. Functions may have been added; whatever else has changed, or is gone, is a failure.
#
# check-abi.sh --record LIBRARY: puts LIBRARY on record. When a version is released, or as long as
# none has been:
#     make -C lib && packaging/check-abi.sh --record lib/.libs/libtempfile.so
# and the change of abi/ is a part of that commit. So it is when struct tempfile_options has grown:
# the change must show new lines after the old ones, and tests/test_abi.c that programs do not
# notice.
#
# Both read the debugging information, so LIBRARY must have some, and libabigail must be installed;
# there is a record for each kind of machine. Status 77: nothing to compare.
#
#     make check-abi
set -eu
# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"

here=$(cd "$(dirname "$0")" && pwd)
record=
if [ "${1-}" = --record ]; then
    record=yes
    shift
fi
library=$(absolute "${1:?a library}")

need abidw abigail-tools
need abidiff abigail-tools

# describe LIBRARY: what is public about it, without a place on this machine.
describe () {
    abidw --headers-dir "$here/../include" --drop-private-types --exported-interfaces-only \
        --no-corpus-path --no-comp-dir-path --no-show-locs --no-elf-needed \
        --out-file "$work/new.abi" "$1"
    grep -q "<function-decl name='tempfile_open'" "$work/new.abi" || {
        echo "$1 has no debugging information"
        return 1
    }
}

must 'what the library offers' describe "$library"
machine=$(sed -n "1s/.* architecture='\([^']*\)'.*/\1/p" "$work/new.abi")
baseline=$here/abi/$machine.abi

if [ -n "$record" ]; then
    cp "$work/new.abi" "$baseline"
    echo "recorded: $baseline"
    exit 0
fi
if [ ! -f "$baseline" ]; then
    echo "skip    no record for $machine"
    exit 77
fi

check 'programs that exist find what they were built with' \
    abidiff --no-added-syms "$baseline" "$work/new.abi"
finish
