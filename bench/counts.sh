#!/bin/sh
# SPDX-License-Identifier: MIT
# counts.sh [--record] PROGRAM FIGURES [DIR]: how many system calls each of the operations of
# bench/counts makes, as strace counts them. What malloc asks for is not counted. A call is counted
# by one name, whichever of its forms libc uses: openat as open, newfstatat as stat.
#
# It ends with 1 when an operation makes a call more often than FIGURES says, or one that FIGURES does
# not have, and says which. They are those of one libc; with another they are printed only. --record
# writes FIGURES anew: to be committed together with what made it necessary.
set -eu

record=no
[ "$1" != --record ] || { record=yes; shift; }
program=$1 figures=$2
dir=${3:-${TMPDIR:-/tmp}}
few=40 more=80

skip () {
    echo "counts: $*" >&2
    exit 77
}

command -v strace >/dev/null || skip 'no strace'
strace -o /dev/null true 2>/dev/null || skip 'strace may not trace here'
work=$(mktemp -d "$dir/bench-counts.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
libc="$(getconf GNU_LIBC_VERSION 2>/dev/null || echo 'no glibc'), $(uname -m)"

# count OPERATION TIMES: one line a system call, its name and its number.
count () {
    mkdir "$work/files"
    traced=0
    strace -f -c -o "$work/raw" "$program" "$1" "$2" "$work/files" || traced=$?
    rm -rf "$work/files"
    [ $traced -ne 77 ] || skip "no O_TMPFILE in $dir"
    [ $traced -eq 0 ] || return $traced
    awk '
        BEGIN {
            split ("openat open openat2 open fstat stat fstat64 stat newfstatat stat statx stat lstat stat " \
                "unlinkat unlink fcntl64 fcntl renameat rename renameat2 rename linkat link _llseek lseek " \
                "mkdirat mkdir fchmodat chmod fchmodat2 chmod fchmod chmod getentropy getrandom " \
                "faccessat access faccessat2 access readlinkat readlink getdents64 getdents", pair, " ")
            for (i = 1; i in pair; i += 2) common[pair[i]] = pair[i + 1]
        }
        $1 ~ /^[0-9]/ && $NF != "total" && $NF !~ /^(brk|mmap|mmap2|munmap|mremap|madvise)$/ {
            sum[$NF in common ? common[$NF] : $NF] += $4
        }
        END { for (call in sum) print call, sum[call] }' "$work/raw"
}

for operation in $("$program"); do
    count "$operation" $few >"$work/few"
    count "$operation" $more >"$work/more"
    awk -v n=$((more - few)) -v operation="$operation" '
        NR == FNR { before[$1] = $2; next }
        { each = ($2 - before[$1]) / n; if (each >= 0.005) printf "%s %s %.2f\n", operation, $1, each }' \
        "$work/few" "$work/more" | LC_ALL=C sort >"$work/difference"
    if [ -s "$work/difference" ]; then
        cat "$work/difference"
    else
        echo "$operation none 0"
    fi
done >"$work/counted"

if [ $record = yes ]; then
    { echo "# $libc"; cat "$work/counted"; } >"$figures"
    exit
fi

# Random bits are asked for now and then, by libc's own mkostemp() not always as often.
awk '
    function told(call, counted, before) {
        return sprintf ("\n    %s: %s %.2f, committed %.2f", $1, call, counted, before)
    }
    /^#/ { next }
    NR == FNR { figure[$1, $2] = $3; committed[$1]; next }
    $1 != last {
        printf "%s%-21s", last ? "\n" : "", $1
        last = $1
        if (!($1 in committed)) more = more "\n    " $1 ": no committed figures"
    }
    {
        printf " %s %s", $2, $3
        difference = $3 - figure[$1, $2]
        allowed = $2 == "getrandom" ? 0.1 : 0.02
        if (!($1 in committed)) next
        if (difference > allowed) more = more told($2, $3, figure[$1, $2])
        else if (difference < -allowed) less = less told($2, $3, figure[$1, $2])
    }
    END {
        print ""
        if (less) print "fewer system calls, which may be recorded:" less
        if (more) print "more system calls:" more
        exit more != ""
    }' "$figures" "$work/counted" || status=$?
recorded=$(sed -n '1s/^# //p' "$figures")
[ "$libc" = "$recorded" ] || skip "the figures are those of $recorded, not of $libc"
exit "${status:-0}"
