#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Builds the explorer and the module, and explores all scenarios: none may fail. Then each patch of
# faults/ is applied to a copy of the sources, and the explorer must find what it does to them.
#
#     run.sh [all | sound [SCENARIO] | faults [NAME]]    both; only the first; only the second
#     run.sh replay SCENARIO CHOICES                      what a failure has told, as a trace
#
# In the environment: srcdir (tests/), top_srcdir, top_builddir (for config.h), CC,
# TEMPFILE_TEST_PREEMPTIONS (2).
set -eu

here=${srcdir:-.}/interleavings
top=${top_srcdir:-$here/../..}
config=${top_builddir:-$top}
CC=${CC:-cc}
what=${1:-all}
[ $# -eq 0 ] || shift

work=$(mktemp -d "${TMPDIR:-/tmp}/interleavings.XXXXXX")
[ -n "${TEMPFILE_TEST_KEEP-}" ] || trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

common="-std=gnu11 -D_GNU_SOURCE -g -O2 -pthread -U_FORTIFY_SOURCE -fno-stack-protector"

# What of the library is explored, in the order of the linker: first what it is built on.
modules='base/error base/process base/table life/registry life/ending life/signals create/create create/registered'

# Calls that depend on nothing but their arguments, or that the model has no use for.
pure='sigemptyset|sigfillset|sigaddset|sigismember|sigdelset|__errno_location|strerror_r|__xpg_strerror_r|vsnprintf|snprintf|__tls_get_addr'

# Accesses to memory are seen where the compiler has calls for them.
instrument=''
if $CC -fsanitize=thread -c -o "$work/try.o" -x c - </dev/null 2>/dev/null; then
    instrument=-fsanitize=thread
fi

build_explorer () {
    mkdir -p "$work/explorer"
    for f in explorer learn machine memory model_fs model_libc model_tsan; do
        # shellcheck disable=SC2086
        $CC $common ${WARN_CFLAGS-} -c -o "$work/explorer/$f.o" "$here/$f.c"
    done
}

# build_module LIB DIRECTORY: what is no different from the library's own is compiled once.
build_module () {
    include="-I$config -I$top/include -I$1"
    mkdir -p "$2"
    for m in $modules; do
        if [ "$2" != "$work/sound" ] && cmp -s "$1/$m.c" "$top/lib/$m.c"; then
            cp "$work/sound/$(basename "$m").o" "$2"
            continue
        fi
        flags=$instrument
        [ "$m" != base/error ] || flags='' # each thread's own, for which the model has no use
        # shellcheck disable=SC2086
        $CC $common $flags -fPIC -DPIC -I"$here" $include -c -o "$2/$(basename "$m").o" "$1/$m.c"
    done
    for f in scenarios model_lib; do
        # shellcheck disable=SC2086
        $CC $common ${WARN_CFLAGS-} $include -c -o "$2/$f.obj" "$here/$f.c"
    done
    nm -u "$2"/*.o | awk 'NF == 2 { print $2 }' | sort -u |
        grep -v -E "^($pure|tempfile_.*|explorer_.*|__tsan_.*|_GLOBAL_OFFSET_TABLE_)\$" >"$2/calls" || :
    wrap=$(sed 's/^/-Wl,--wrap=/' "$2/calls" | tr '\n' ' ')
    # shellcheck disable=SC2086
    $CC -shared -nostartfiles -Wl,-z,now -Wl,-z,relro $wrap -o "$2/module.so" "$2"/*.o
    $CC -pthread -rdynamic -Wl,-rpath,"$2" -o "$2/explorer" "$work"/explorer/*.o \
        "$2"/*.obj "$2/module.so"
}

# explore DIRECTORY [SCENARIO]
explore () {
    directory=$1
    shift
    "$directory/explorer" "$directory/module.so" "$@"
}

# told NAME PATCH: what the patch says of itself before its first difference.
told () {
    sed -n -e "s/^$1: //p" -e '/^---/q' "$2"
}

# The explorer must find in the scenario that the patch names what it says will be found.
explore_fault () {
    name=$(basename "$1" .patch)
    rm -rf "${work:?}/lib" "$work/fault"
    cp -R "$top/lib" "$work/lib"
    if ! patch -s -d "$work" -p1 <"$1" >"$work/log" 2>&1; then
        echo "FAIL $name: the patch does not apply any more"
        cat "$work/log"
        return 1
    fi
    build_module "$work/lib" "$work/fault"
    status=0
    TEMPFILE_TEST_PREEMPTIONS=$(told Preemptions "$1") \
        explore "$work/fault" "$(told Scenario "$1")" >"$work/log" || status=$?
    if [ $status -eq 1 ] && grep -q "^FAIL .*: $(told Finds "$1")" "$work/log"; then
        echo "ok   $name: found: $(sed -n 's/^FAIL [^:]*: //p' "$work/log")"
    else
        echo "FAIL $name: not found"
        head -n 100 "$work/log"
        return 1
    fi
}

build_explorer
failed=0
build_module "$top/lib" "$work/sound"
case $what in
all | sound | replay)
    explore "$work/sound" "$@" || failed=1
    if [ $# -eq 0 ]; then
        echo 'where the kernel wipes no memory for a child:'
        TEMPFILE_TEST_UNWIPED=1 explore "$work/sound" || failed=1
    fi
    ;;
esac
case $what in
all | faults)
    for f in "$here"/faults/${1:-*}.patch; do
        explore_fault "$f" || failed=1
    done
    ;;
esac
exit $failed
