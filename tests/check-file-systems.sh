#!/bin/sh
# SPDX-License-Identifier: MIT
#
# make check-file-systems: real file systems that fail in real ways. It makes small ones in memory,
# mounts them, and has tests/file_systems run its test cases on each; then in places that lack /proc,
# /dev, permissions or system calls. It installs nothing: what is missing is named, and some must be
# there. On a Debian all are in these packages:
#
#     acl bindfs btrfs-progs exfat-fuse exfatprogs fuse-overlayfs ntfs-3g xfsprogs
#
# All is mounted in a mount namespace of its own, on loop devices that go with their last mount, and
# the servers of FUSE end with the namespace. So nothing is left, even when this is killed, but an
# empty directory.
#
# From the Makefile come TEST_BUILDDIR, top_builddir and MAKE. Exit status 77: nothing to test.
set -u

: "${TEST_BUILDDIR:?}" "${top_builddir:?}" "${MAKE:=make}" "${CHECK_FILE_SYSTEMS_INSIDE=}"

skip_all () {
    echo "SKIP: $*"
    exit 77
}

if [ -z "$CHECK_FILE_SYSTEMS_INSIDE" ]; then
    [ "$(id -u)" -eq 0 ] || skip_all 'only root can mount file systems'
    CHECK_FILE_SYSTEMS_INSIDE=yes
    export CHECK_FILE_SYSTEMS_INSIDE
    # The last process of the namespace to end takes all with it; --kill-child sees to the rest.
    unshare -mpf --kill-child --mount-proc true 2>/dev/null || skip_all 'there are no namespaces here'
    exec unshare -mpf --kill-child --mount-proc sh "$0"
fi

work=$(mktemp -d "${TMPDIR:-/tmp}/libtempfile-file-systems.XXXXXX") || exit 99
clean_up () {
    cd / || exit
    umount -l "$work"
    rmdir "$work"
}
trap clean_up EXIT
trap 'exit 1' HUP INT TERM
mount -t tmpfs -o mode=755,size=1g libtempfile "$work" && cd "$work" && mkdir img || exit 99
unset TEMP TMP LD_PRELOAD CK_RUN_SUITE MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES GNUMAKEFLAGS
LC_ALL=C
export LC_ALL TEST_BUILDDIR

passed=0
skipped=0
failed=0
checks=0

skip () {
    skipped=$((skipped + 1))
    echo "SKIP: $*"
}

# --- running ---

# try CASES PLACE WHAT [COMMAND...]: the test cases in a directory, by way of a command. The log is
# in memory, for what is tested may be broken or full.
try () {
    cases=$1 place=$2 what=$3
    shift 3
    for case in $cases; do
        if TMPDIR=$place CK_RUN_CASE=$case "$@" "$TEST_BUILDDIR/file_systems" >log 2>&1 &&
            n=$(sed -n 's/^100%: Checks: \([0-9]*\),.*/\1/p' log) && [ "${n:-0}" -gt 0 ]; then
            passed=$((passed + 1))
            checks=$((checks + n))
            printf 'ok: %-36s %-10s %3d checks\n' "$what" "$case" "$n"
            grep '^SKIP' log
        else
            failed=$((failed + 1))
            echo "FAILED: $what, $case"
            cat log
        fi
    done
}

# --- making ---

# made NAME SIZE MKFS...: an image, in img/NAME, with a file system on it, and a directory NAME.
made () {
    image=img/$1
    mkdir -p "$1"
    truncate -s "$2" "$image"
    shift 2
    "$@" "$image" >log 2>&1 || { cat log; return 1; }
}

# mounted NAME SIZE OPTIONS MKFS...: the same, and mounted. False, and said aloud: not possible.
mounted () {
    name=$1 size=$2 options=$3
    shift 3
    if ! command -v "$1" >/dev/null; then
        skip "$name: there is no $1"
        return 1
    fi
    if ! made "$name" "$size" "$@" || ! mount -o "loop,$options" "img/$name" "$name" 2>log; then
        skip "$name: $(cat log)"
        return 1
    fi
}

# served NAME PROGRAM COMMAND...: the program, a server of FUSE, mounts NAME by the command.
served () {
    name=$1 program=$2
    shift 2
    mkdir -p "$name"
    if ! command -v "$program" >/dev/null; then
        skip "$name: there is no $program"
        return 1
    fi
    "$@" >log 2>&1
    mountpoint -q "$name" || { skip "$name: $(cat log)"; return 1; }
}


# over NAME: lets go of a file system and its image.
over () {
    umount "$1" 2>/dev/null || umount -l "$1"
    rm -f "img/$1"
}

# --- file systems of the kernel ---

if mounted ext4 48m noatime mkfs.ext4 -q -m 0 -b 4096 -O '^has_journal'; then
    try 'behaviour memory largest full' "$work/ext4" ext4
    TEST_MOUNT=$work/ext4 try read-only "$work/ext4" ext4
    over ext4
fi
if mounted ext4-inodes 8m noatime mkfs.ext4 -q -m 0 -N 256; then
    try inodes "$work/ext4-inodes" 'ext4 -N 256'
    over ext4-inodes
fi
if mounted xfs 300m noatime mkfs.xfs -q; then
    try 'behaviour memory largest full' "$work/xfs" xfs
    TEST_MOUNT=$work/xfs try read-only "$work/xfs" xfs
    mkdir -p lower xfs/upper xfs/work overlay
    if mount -t overlay -o lowerdir=lower,upperdir=xfs/upper,workdir=xfs/work none overlay; then
        try 'behaviour memory largest' "$work/overlay" 'overlay on xfs and tmpfs'
        TEST_MOUNT=$work/overlay try read-only "$work/overlay" 'overlay on xfs and tmpfs'
        over overlay
    else
        skip 'overlay: the kernel has none'
    fi
    over xfs
fi
if mounted btrfs 120m noatime mkfs.btrfs -q; then
    try 'behaviour memory subvolumes full' "$work/btrfs" btrfs
    TEST_MOUNT=$work/btrfs try read-only "$work/btrfs" btrfs
    if btrfs quota enable btrfs >log 2>&1 && btrfs subvolume create btrfs/sub >log 2>&1 &&
        btrfs qgroup limit 16m btrfs/sub >log 2>&1; then
        TEST_FULL=EDQUOT try full "$work/btrfs/sub" 'btrfs with a quota'
    else
        skip "btrfs with a quota: $(cat log)"
    fi
    over btrfs
fi
mkdir -p tmpfs
mount -t tmpfs -o size=20m,noexec,nosuid,nodev none tmpfs || exit 99
try 'behaviour memory largest full' "$work/tmpfs" 'tmpfs, noexec,nosuid,nodev'
TEST_MOUNT=$work/tmpfs try read-only "$work/tmpfs" tmpfs
mount -o remount,nr_inodes=200 tmpfs && try inodes "$work/tmpfs" 'tmpfs with nr_inodes'
over tmpfs

# --- file systems of servers ---

mkdir -p plain small && mount -t tmpfs -o size=10m none small && mkdir small/upper small/work
if served bindfs bindfs bindfs small bindfs; then
    try 'behaviour full' "$work/bindfs" 'bindfs (FUSE)'
    over bindfs
fi
if served fuse-overlayfs fuse-overlayfs fuse-overlayfs -o lowerdir=plain,upperdir=small/upper,workdir=small/work \
    fuse-overlayfs; then
    try behaviour "$work/fuse-overlayfs" 'fuse-overlayfs (FUSE)'
    over fuse-overlayfs
fi
# Neither permissions nor hard links, and names whose case does not matter.
serve_exfat () {
    truncate -s 10m img/exfat && mkfs.exfat img/exfat && loop=$(losetup -f --show img/exfat) || return
    mount.exfat-fuse "$loop" exfat
    losetup -d "$loop" # when it is not mounted any more
}
if served exfat mount.exfat-fuse serve_exfat; then
    try 'behaviour full' "$work/exfat" 'exfat (FUSE)'
    over exfat
fi
serve_ntfs () {
    truncate -s 10m img/ntfs && mkfs.ntfs -F -Q img/ntfs && ntfs-3g img/ntfs ntfs
}
if served ntfs ntfs-3g serve_ntfs; then
    try 'behaviour full' "$work/ntfs" 'ntfs (FUSE)'
    over ntfs
fi
over small

# --- file systems that break ---

sane=$work/sane
mkdir "$sane"

# broken NAME WHAT COMMAND: a mounted file system breaks by the command.
broken () {
    TEST_BROKEN=$work/$1 TEST_BREAK=$3 try broken "$sane" "$2"
}

if mounted xfs 300m noatime mkfs.xfs -q; then
    broken xfs 'xfs shuts down' "xfs_io -x -c shutdown '$work/xfs'"
    over xfs
fi
if mounted ext4 48m noatime,errors=remount-ro mkfs.ext4 -q; then
    loop=$(findmnt -n -o SOURCE ext4)
    broken ext4 'ext4 finds an error' "echo 1 >/sys/fs/ext4/${loop#/dev/}/trigger_fs_error"
    over ext4
fi
mkdir bindfs-kill
if command -v bindfs >/dev/null; then
    bindfs -f plain bindfs-kill >log 2>&1 &
    server=$!
    while ! mountpoint -q bindfs-kill && kill -0 $server 2>/dev/null; do sleep 0.1; done
    broken bindfs-kill 'the server of FUSE is killed' "kill -KILL $server"
    over bindfs-kill
    rm -rf plain/*
fi
# The disk is smaller than it says.
mkdir -p small thin && mount -t tmpfs -o size=8m none small
truncate -s 64m small/image
if mkfs.ext4 -q -m 0 -O '^has_journal' -E nodiscard small/image && mount -o loop,noatime small/image thin
then
    TEST_BROKEN=$work/thin try thin "$sane" 'a disk with less space than it says'
    over thin
fi
over small

# --- places ---

place=$work/place
user='setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all'
mkdir "$place"
chmod 1777 "$place"
# shellcheck disable=SC2086
if $user test -x "$TEST_BUILDDIR/file_systems"; then
    try behaviour "$place" 'as a user, a sticky directory' $user
    if setfacl -d -m u::rwx,g::rwx,o::rwx,u:12345:rwx "$place" 2>log; then
        chmod 3777 "$place"
        try behaviour "$place" 'default ACL, set-group-ID' $user
        setfacl -k "$place"
    else
        skip "default ACL: $(cat log)"
    fi
else
    skip 'as a user: the build directory is not open to all'
fi

# without WHAT COMMAND [USER...]: in a mount namespace of its own, after the command.
without () {
    what=$1 command=$2
    shift 2
    try behaviour "$place" "$what" unshare -m sh -c "$command"' && exec "$@"' sh "$@"
}

without 'no /proc' 'umount -l /proc'
# shellcheck disable=SC2086
without 'no /proc, as a user' 'umount -l /proc' $user
without 'no /dev' 'mount -t tmpfs none /dev'
for error in ENOSYS EPERM EINVAL; do
    try behaviour "$place" "a sandbox that says $error" "$TEST_BUILDDIR/sandbox" $error
done

# The programs in the manual, too.
if "$MAKE" -C "$top_builddir/doc" check TESTS=check-examples.sh \
    EXAMPLE_RUNNER="$TEST_BUILDDIR/sandbox ENOSYS EPERM EINVAL" >log 2>&1; then
    passed=$((passed + 1))
    echo 'ok: the programs in the manual, in a sandbox'
else
    failed=$((failed + 1))
    echo 'FAILED: the programs in the manual, in a sandbox'
    cat "$top_builddir/doc/check-examples.log"
fi

echo "$passed passed, $checks checks, $skipped skipped$([ $failed -eq 0 ] || echo ", $failed FAILED")"
[ $failed -eq 0 ] && [ $passed -gt 0 ]
