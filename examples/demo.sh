#!/bin/sh
# SPDX-License-Identifier: MIT
# Shows the examples at work: run by "make demo", in the build directory, with the programs built.
# The data are DEMO_MIB mebibytes (320), the memory is DEMO_MEMORY (16M); all happens in a private
# directory under $TMPDIR, else under /tmp or /var/tmp, whichever has more space.
set -eu

mib=${DEMO_MIB:-320}
memory=${DEMO_MEMORY:-16M}
bin=$(pwd)

say () { printf '%s\n' "$*"; }
title () { printf '\n== %s\n' "$*"; }
fail () { printf 'demo: %s\n' "$*" >&2; exit 1; }
seconds () { date +%s; }

free_mib () { df -Pk "$1" 2>/dev/null | awk 'NR == 2 { print int ($4 / 1024) }'; }

# Sets $base and $most, the MiB that are free there.
choose_base () {
    # The data, the runs, the output and the temporary files of sort, and some to spare.
    needed=$((mib * 4 + 64))
    if [ -n "${TMPDIR-}" ]; then
        set -- "$TMPDIR"
    else
        set -- /tmp /var/tmp
    fi
    base='' most=0
    for candidate; do
        [ -w "$candidate" ] || continue
        space=$(free_mib "$candidate")
        if [ "${space:-0}" -gt "$most" ]; then
            base=$candidate most=$space
        fi
    done
    [ "$most" -ge "$needed" ] ||
        fail "needs $needed MiB of disk space, found $most in ${base:-$*}; set TMPDIR or DEMO_MIB"
}

# sort_and_compare FILE...: with extsort and with sort, byte by byte.
sort_and_compare () {
    began=$(seconds)
    "$bin/extsort" -v -m "$memory" -o "$dir/sorted" "$@"
    took=$(($(seconds) - began))
    began=$(seconds)
    LC_ALL=C sort -- "$@" >"$dir/expected"
    say "extsort took $took s; LC_ALL=C sort $(($(seconds) - began)) s, with all the memory it likes"
    cmp "$dir/sorted" "$dir/expected" || fail 'the output of extsort is not that of sort'
    say "both wrote the same $(wc -c <"$dir/sorted" | tr -d ' ') bytes"
    rm -f "$dir/sorted" "$dir/expected"
}

# Names of text files, under whichever of these directories there are. Names with blanks and the
# like are left out, so that the list can be used unquoted.
find_texts () {
    for place in /usr/share/common-licenses /usr/share/licenses /usr/share/dict /usr/share/perl \
        /usr/share/perl5 /usr/lib/python3 /usr/share/doc /usr/include; do
        find "$place" -type f -size +0 ! -name '*.gz' ! -name '*.pyc' ! -name '*.so' 2>/dev/null |
            grep -v '[^[:alnum:]/._+-]' | head -n 2000
    done
}

# run_filter ARGUMENT...: on the fruit; what comes out is shown and must be what $dir/expected has.
run_filter () {
    "$bin/filter" "$@" <"$dir/fruit" >"$dir/got"
    sed 's/^/    /' "$dir/got"
    cmp "$dir/got" "$dir/expected" || fail 'filter wrote something else than expected'
}

choose_base
dir=$(mktemp -d "$base/libtempfile-demo.XXXXXX")
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM
mkdir "$dir/tmp"
TMPDIR=$dir/tmp
export TMPDIR

title "extsort: a file of $mib MiB through $memory of memory"
say "in $dir, $most MiB free"
"$bin/genlines" "$mib" >"$dir/data"
sort_and_compare "$dir/data"
rm -f "$dir/data"

title 'extsort: text found on this machine'
find_texts >"$dir/texts"
if [ -s "$dir/texts" ]; then
    awk -F / '{ n["/" $2 "/" $3 "/" $4]++ }
        END { for (d in n) if (n[d] > 20) print n[d], "files from", d; else few += n[d]
              if (few) print few, "from elsewhere under /usr" }' "$dir/texts" | sort -rn | head -n 5
    # shellcheck disable=SC2046
    sort_and_compare $(cat "$dir/texts")
else
    say 'none found: left out'
fi

title 'filter: programs that work on named files, in a pipeline'
printf 'pear\napple\nfig\n' >"$dir/fruit"
sort "$dir/fruit" >"$dir/expected"
say "printf 'pear\\napple\\nfig\\n' | filter .txt sort -o {} {}"
# The shell is there to note down the name.
# shellcheck disable=SC2016
run_filter .txt sh -c 'printf %s "$2" >"$1"; sort -o "$2" "$2"' sh "$dir/name" {}
name=$(cat "$dir/name")
[ ! -e "$name" ] || fail "$name is still there"
say "the file was $name, and is gone"

if sed --version 2>/dev/null | grep -q GNU; then
    sed 's/^/one /' "$dir/fruit" >"$dir/expected"
    say "printf 'pear\\napple\\nfig\\n' | filter .txt sed -i 's/^/one /'"
    run_filter .txt sed -i 's/^/one /'
    say 'sed renamed another file over it, and that one is gone, too'
fi

status=0
"$bin/filter" .txt sh -c 'exit 42' <"$dir/fruit" >"$dir/got" || status=$?
[ "$status" -eq 42 ] || fail "filter ended with status $status, not with its command's 42"
say "... | filter .txt sh -c 'exit 42' ends with status $status"

title 'what is left behind'
left=$(ls -A "$TMPDIR")
[ -z "$left" ] || fail "in the temporary directory: $left"
say "nothing in $TMPDIR"
