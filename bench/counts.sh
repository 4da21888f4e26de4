#!/bin/sh
# SPDX-License-Identifier: MIT
# counts.sh PROGRAM [DIR]: how many system calls each opening and each closing of a stream takes, as
# strace counts them; PROGRAM is bench/counts. What malloc asks for is not counted. Ends with 1 if a
# stream takes more than it must: to open, what creates the file, and what libc's fdopen() asks; a
# look at the permissions, which a umask may have narrowed; and now and then random bits for names.
# To close, close and unlink.
set -eu

program=$1
dir=${2:-${TMPDIR:-/tmp}}
few=100 more=200

command -v strace >/dev/null || { echo "counts: no strace" >&2; exit 77; }
work=$(mktemp -d "$dir/bench-counts.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
mkdir "$work/files"

# count KIND OPENED CLOSED FILE: one line a system call, its number and its name.
count () {
    strace -f -c -o "$work/raw" "$program" "$1" "$2" "$3" "$work/files"
    awk '$1 ~ /^[0-9]/ && $NF != "total" && $NF !~ /^(brk|mmap|munmap|mremap|madvise)$/ {
        print $4, $NF }' "$work/raw" >"$4"
    rm -rf "$work/files"
    mkdir "$work/files"
}

# difference FILE FILE: what the second has more than the first, for one stream.
difference () {
    awk -v n=$((more - few)) '
        NR == FNR { before[$2] = $1; next }
        { d = ($1 - before[$2]) / n; if (d >= 0.005) printf "%s %.2f\n", $2, d }' "$1" "$2" |
        sort
}

# line LIST: on one line.
line () {
    awk '{ printf "%s%s %s", (NR == 1 ? "" : ", "), $1, $2 } END { if (!NR) printf "nothing" }' "$1"
}

# beyond LIST CALL...: is there a call other than these, or more often than it is named here?
beyond () {
    list=$1
    shift
    awk -v allowed="$*" 'BEGIN { n = split (allowed, name, " "); while (n) may[name[n--]]++ }
        $2 > may[$1] + 0.02 { found = 1 }
        END { exit !found }' "$list"
}

# kind NAME [OPENING CLOSING]: with the calls that it may take.
status=0
kind () {
    count "$1" "$few" 0 "$work/few"
    count "$1" "$more" 0 "$work/more"
    difference "$work/few" "$work/more" >"$work/opening"
    count "$1" "$more" "$few" "$work/few"
    count "$1" "$more" "$more" "$work/more"
    difference "$work/few" "$work/more" >"$work/closing"
    verdict=
    # shellcheck disable=SC2086
    if [ $# -gt 1 ] && { beyond "$work/opening" $2 || beyond "$work/closing" $3; }; then
        verdict=' <- more than it must'
        status=1
    fi
    printf '%-12s %-56s %s%s\n' "$1" "$(line "$work/opening")" "$(line "$work/closing")" "$verdict"
}

creating='open openat fstat fstat64 newfstatat statx'
fdopen='fcntl fcntl64'
names='getrandom getentropy'

printf '%-12s %-56s %s\n' '' opening closing
kind fdopen
kind tmpfile
kind unnamed "$creating $fdopen" close
kind unbuffered "$creating $fdopen" close
kind buffered "$creating" close
kind text "$creating" close
kind named "$creating $names" 'close unlink unlinkat'
kind kept "$creating $names" close
kind recoverable "$creating $creating $names flock" 'close unlink unlinkat'
kind spooled '' ''
exit $status
