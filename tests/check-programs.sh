#!/bin/sh
# SPDX-License-Identifier: MIT
#
# make check-programs: tempfile-run with programs of others that call tmpfile(). It installs none:
# what is missing is named, and some must be there. On a Debian all are in these packages:
#
#     ed enscript guile-3.0 lua5.1 lua5.3 lua5.4 luajit make poppler-utils psutils strace
#
# Others that one might look for here, such as groff, bison, flex, m4 and bc, make their files in
# other ways.
#
# Each runs as it is; under tempfile-run with TMPDIR on a small file system; the same with its
# system calls traced; and again when that file system is full. The second and third run must write
# the same bytes as the first, make at least one file, and open none in /tmp by tmpfile(); the last
# must end with the program's own error.
#
# For a file system of its own it enters a mount namespace, as root, or with a user namespace.
# From the Makefile come top_builddir and MAKE. Exit status 77: there is nothing to test.
set -u

: "${top_builddir:?}" "${MAKE:=make}" "${CHECK_PROGRAMS_INSIDE=}"

skip_all () {
    echo "SKIP: $*"
    exit 77
}

[ -x "$top_builddir/preload/tempfile-run" ] || skip_all 'nothing can be preloaded here'

if [ -z "$CHECK_PROGRAMS_INSIDE" ]; then
    CHECK_PROGRAMS_INSIDE=yes
    export CHECK_PROGRAMS_INSIDE
    # shellcheck disable=SC2016
    probe='mount -t tmpfs -o size=4k none "$1" && umount "$1"'
    for options in -m -rm; do
        if unshare "$options" sh -c "$probe" sh "$top_builddir/tests" 2>/dev/null; then
            exec unshare "$options" sh "$0"
        fi
    done
    skip_all 'no small file system can be mounted here: neither as root nor in a namespace'
fi

work=$(mktemp -d "${TMPDIR:-/tmp}/libtempfile-programs.XXXXXX") || exit 99
small=$work/small
clean_up () {
    umount "$small" 2>/dev/null
    rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 1' HUP INT TERM
mkdir "$small" || exit 99
mount -t tmpfs -o size=1m,mode=1777 libtempfile "$small" || exit 99
unset TEMP TMP LD_PRELOAD TEMPFILE_RUN_AUDIT MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES GNUMAKEFLAGS
LC_ALL=C
export LC_ALL

"$MAKE" -C "$top_builddir" install DESTDIR="$work/root" >"$work/install.log" 2>&1 || {
    cat "$work/install.log"
    exit 1
}
run=$(find "$work/root" -name tempfile-run -type f)
cd "$work" || exit 99

# --- the programs ---
#
# A function for each: it runs the program on files of the current directory, by "under", writes
# its result to standard output, and ends with the program's status. What depends on the time is left
# out. Each makes more than a buffer full.

awk 'BEGIN { for (i = 0; i < 20000; i++) print i, i * i % 7919 }' >lines

under () {
    case $how in
    plain) "$@" ;;
    traced) strace -f -o trace -e trace=open,openat "$run" --audit --dir "$small" "$@" ;;
    *) "$run" --audit --dir "$small" "$@" ;;
    esac
}

run_ed () {
    # shellcheck disable=SC2016
    printf '1,$s/1/one/g\n1,2000m$\nw result\nq\n' | under ed -s lines && cat result
}

lua='local f = assert (io.tmpfile ())
for l in io.lines ("lines") do assert (f:write (l:reverse (), "\n")) end
assert (f:flush ())
assert (f:seek ("set", 0))
for l in f:lines () do print (l) end
assert (f:close ())'

run_lua5_1 () { under lua5.1 -e "$lua"; }
run_lua5_3 () { under lua5.3 -e "$lua"; }
run_lua5_4 () { under lua5.4 -e "$lua"; }
run_luajit () { under luajit -e "$lua"; }

run_guile () {
    under guile --no-auto-compile -c '
        (use-modules (ice-9 rdelim))
        (let ((port (tmpfile)))
          (call-with-input-file "lines"
            (lambda (in)
              (let loop ((line (read-line in)))
                (unless (eof-object? line)
                  (write-line line port)
                  (loop (read-line in))))))
          (force-output port)
          (seek port 0 SEEK_SET)
          (let loop ((line (read-line port)))
            (unless (eof-object? line)
              (display line)
              (newline)
              (loop (read-line port)))))'
}

# It holds back what its jobs write, so that their lines do not mix.
run_make () {
    printf 'all: a b\na:\n\t@head -n 9000 lines\nb: a\n\t@tail -n 9000 lines\n' >rules
    under make -s -O -j2 -f rules
}

run_enscript () {
    under enscript -q -B -o result lines || return
    grep -v '^%%CreationDate' result
}

# A pipe is copied, for it must be read in another order.
postscript () {
    echo '%!PS-Adobe-3.0'
    echo '%%Pages: 40'
    echo '%%EndComments'
    awk '{ if (NR % 500 == 1) print "%%Page:", ++n, n
           print "%", $0
           if (NR % 500 == 0) print "showpage" }
         END { print "%%Trailer"; print "%%EOF" }' lines
}

run_psbook () { postscript | under psbook -q; }
run_psselect () { postscript | under psselect -q -r; }

run_pdftocairo () {
    awk 'BEGIN {
        for (i = 0; i < 9000; i++)
            s = s sprintf ("%d %d m %d %d l S\n", i % 601, i % 733, i * 7 % 599, i * 3 % 787)
        print "%PDF-1.4\n1 0 obj <</Type /Catalog /Pages 2 0 R>> endobj"
        print "2 0 obj <</Type /Pages /Kids [3 0 R] /Count 1>> endobj"
        print "3 0 obj <</Type /Page /Parent 2 0 R /MediaBox [0 0 612 792]"
        print "/Contents 4 0 R /Resources <<>> >> endobj"
        printf "4 0 obj <</Length %d>> stream\n%sendstream endobj\n", length (s), s
        print "trailer <</Root 1 0 R>>" }' >drawing.pdf
    under pdftocairo -ps drawing.pdf result || return
    grep -v '^%%CreationDate' result
}

programs='ed enscript guile lua5.1 lua5.3 lua5.4 luajit make pdftocairo psbook psselect'

# --- the runs ---

passed=0
skipped=0
failed=0

skip () {
    skipped=$((skipped + 1))
    echo "SKIP: $*"
}

# run_as HOW PROGRAM: status, out, err and report of the run, in a directory of its own.
run_as () {
    how=$1
    mkdir "$work/$2-$how" && cd "$work/$2-$how" && cp ../lines . || exit 99
    status=0
    "run_$(echo "$2" | tr . _)" >out 2>err.all || status=$?
    grep '^tempfile-run: ' err.all >report
    grep -v '^tempfile-run: ' err.all >err
    cd "$work" || exit 99
}

# The directory itself, by O_TMPFILE, or a name as libcs make them for tmpfile().
opened_in_tmp () {
    grep -E '"/tmp(/tmpf[^"/]*)?", [^)]*(O_TMPFILE|O_CREAT)' "$1"
}

fill () {
    dd if=/dev/zero of="$small/filler" bs=4096 2>/dev/null
    true
}

# try PROGRAM: says what is wrong, and returns false, when something is.
try () {
    run_as plain "$1"
    [ $status -eq 0 ] || { echo "does not work as it is: status $status: $(cat "$1-plain/err")"; return 1; }
    run_as preloaded "$1"
    cmp "$1-plain/out" "$1-preloaded/out" && cmp "$1-plain/err" "$1-preloaded/err" || return
    [ $status -eq 0 ] || { echo "status $status, not 0"; return 1; }
    grep -q " in $small, " "$1-preloaded/report" || { echo "made no file in $small"; return 1; }
    if [ -n "$strace" ]; then
        run_as traced "$1"
        cmp "$1-plain/out" "$1-traced/out" || return
        grep -q "\"$small\"" "$1-traced/trace" || { echo 'the trace does not show the file'; return 1; }
        ! opened_in_tmp "$1-traced/trace" || return
    fi
    fill
    run_as full "$1"
    rm -f "$small/filler"
    [ $status -ne 0 ] || [ -s "$1-full/err" ] || { echo 'does not notice a full file system'; return 1; }
    [ $status -lt 128 ] || { echo "a full file system: status $status"; return 1; }
    [ -z "$(ls -A "$small")" ] || { echo "left behind: $(ls -A "$small")"; return 1; }
    why=$(grep -i space "$1-full/err" || grep . "$1-full/err")
    why=$(echo "$why" | head -n 1)
}

# Sees what it looks for, or is of no use.
strace=
if strace -o trace -e trace=open,openat "$top_builddir/tests/tmpfile_user" where >/dev/null 2>&1 &&
    opened_in_tmp trace >/dev/null; then
    strace=yes
else
    echo 'SKIP: the system calls: there is no strace, or it may not trace'
fi

for program in $programs; do
    if ! command -v "$program" >/dev/null 2>&1; then
        skip "$program: is not installed"
    elif try "$program"; then
        passed=$((passed + 1))
        printf 'ok: %-10s  %s; full: status %d, %s\n' "$program" \
            "$(sed -n '1s/.*: \([0-9]* temporary files*\) .* total \(.*\)/\1, \2/p' "$program-preloaded/report")" \
            "$status" "$why"
    else
        failed=$((failed + 1))
        echo "FAILED: $program"
    fi
done
echo "$passed passed, $skipped skipped$([ $failed -eq 0 ] || echo ", $failed FAILED")"
[ $failed -eq 0 ] && [ $passed -gt 0 ]
