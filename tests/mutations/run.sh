#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Takes protections out of the library, one at a time: the test that each patch names must fail, with
# the words that the patch has after "Finds:". A patch that does not apply any more, or that no test
# notices, is a failure.
#
#     run.sh [NAME...]    the patches of that name; all of them
#
# Of a patch, before its first difference:
#
#     Program: PROGRAM    the test program
#     Case: NAME          only this of its cases (CK_RUN_CASE)
#     Attack: NAME        only this of the attacks of test_removal_attacks
#     Finds: EXPRESSION   what a line of its output must match
#
# Only what the patch changes is compiled again: the linker takes that in place of what the static
# library has. In the environment: top_srcdir, top_builddir, CC, CPPFLAGS, CFLAGS, LIBS, and what the
# tests want.
set -eu

here=${srcdir:-.}/mutations
top=${top_srcdir:-$here/../..}
build=${top_builddir:-$top}
[ $# -gt 0 ] || set -- '*'

work=$(mktemp -d "${TMPDIR:-/tmp}/mutations.XXXXXX")
[ -n "${TEMPFILE_TEST_KEEP-}" ] || trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

# What other users can reach.
chmod 711 "$work"
mkdir "$work/tmp"
chmod 1777 "$work/tmp"

# told NAME PATCH: what the patch says of itself.
told () {
    sed -n -e "s/^$1: //p" -e '/^---/q' "$2"
}

# build_mutant PATCH PROGRAM
build_mutant () {
    rm -rf "${work:?}/lib" "$work"/*.o
    cp -R "$top/lib" "$work/lib"
    patch -s -d "$work" -p1 <"$1" || return 1
    sed -n 's,^+++ b/\(lib/[^[:space:]]*\).*,\1,p' "$1" | while read -r file; do
        # shellcheck disable=SC2086
        ${CC:-cc} -std=gnu11 ${CPPFLAGS-} -I"$build" -I"$top/include" -I"$work/lib" ${CFLAGS-} \
            -c -o "$work/$(basename "$file" .c).o" "$work/$file" || return 1
    done || return 1
    # shellcheck disable=SC2086
    ${CC:-cc} ${CFLAGS-} -pthread -o "$work/$2" "$build/tests/$2.o" "$work"/*.o \
        "$build/tests/.libs/libcommon.a" "$build/lib/.libs/libtempfile.a" ${LIBS-}
}

# try PATCH
try () {
    name=$(basename "$1" .patch)
    program=$(told Program "$1")
    if ! build_mutant "$1" "$program" >"$work/log" 2>&1; then
        echo "FAIL $name: cannot be built"
        cat "$work/log"
        return 1
    fi
    status=0
    case=$(told Case "$1")
    TMPDIR=$work/tmp TEMPFILE_TEST_ATTACK=$(told Attack "$1") ${case:+env "CK_RUN_CASE=$case"} \
        "$work/$program" >"$work/log" 2>&1 || status=$?
    if [ $status -eq 77 ] || { [ $status -eq 0 ] && grep -q '^SKIP' "$work/log"; }; then
        echo "SKIP $name: $(grep '^SKIP' "$work/log")"
    elif [ $status -ne 0 ] && grep -q -E "$(told Finds "$1")" "$work/log"; then
        echo "ok   $name: $(grep -E "$(told Finds "$1")" "$work/log" | sed -n '1s/.*:[EF]:/:/p')"
    else
        echo "FAIL $name: not found (exit status $status)"
        tail -n 20 "$work/log"
        return 1
    fi
}

failed=0
for name in "$@"; do
    for patch in "$here"/$name.patch; do
        try "$patch" || failed=1
    done
done
exit $failed
