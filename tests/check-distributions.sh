#!/bin/sh
# SPDX-License-Identifier: MIT
# The two commands of README.md on Debian as bare as it comes, old, new and next:
#
#     tests/check-distributions.sh [SUITE...]     bookworm trixie sid, if none is named
#
# For each suite debootstrap makes a system of what Debian calls required, from the archive that
# apt's sources on this machine name. The last commit of this tree is cloned into it, and there, as
# root, "./bootstrap demo" installs what it misses, and "./bootstrap check" runs the whole suite,
# without one warning of a compiler. It takes root, debootstrap and git.
#
# JOBS=demo leaves the second command out. BASES, when set, is a directory that keeps the bare
# systems for the next time, as archives; else they are made anew. The variables of
# tests/Makefile.am, CK_*, DEMO_*, CFLAGS and CXXFLAGS hold inside, too.
#
# All is within a temporary directory. What is mounted there is mounted in a namespace of the
# command that needs it, so that it ends with it, and nobody removes a file through a mount.
set -eu

src=$(cd "$(dirname "$0")/.." && pwd)

skip () {
    echo "skip    check-distributions: $*"
    exit 77
}

[ "$(id -u)" -eq 0 ] || skip 'not root'
for tool in debootstrap git unshare; do
    command -v $tool >/dev/null || skip "no $tool"
done
[ -z "$(git -C "$src" rev-parse --show-prefix 2>&1)" ] || skip 'the source is no checkout'

work=$(mktemp -d)
clean_up () { rm -rf --one-file-system "$work"; }
trap clean_up EXIT
trap 'exit 1' HUP INT TERM
chmod 755 "$work"

# The archive that has this machine's own release, not its updates.
archive () {
    # shellcheck disable=SC2016 # names of apt's
    apt-get indextargets --format '$(ORIGIN) $(COMPONENT) $(RELEASE) $(REPO_URI)' |
        awk '$1 == "Debian" && $2 == "main" && $3 !~ /[-\/]/ { print $4; exit }'
}

# What apt here was told about getting at archives holds in there, too.
apt_settings () {
    apt-config dump | grep -E '^Acquire::(Check-Date|Check-Valid-Until|Retries|https?::)' || :
}

# apart COMMAND...: with mounts and processes of its own, none of which outlives it.
apart () {
    unshare --mount --propagation private --pid --fork --kill-child --mount-proc "$@"
}

# make_base SUITE ARCHIVE FILE: the bare system, as an archive.
make_base () {
    # debootstrap's packages need no disk that keeps them through a crash; nor do those of apt.
    dir=$work/base-$1
    mkdir "$dir"
    script=/usr/share/debootstrap/scripts/$1
    [ -e "$script" ] || script=/usr/share/debootstrap/scripts/sid
    include=
    case $2 in
    https:*) include=--include=ca-certificates ;;
    esac
    # shellcheck disable=SC2086 # or none
    apart debootstrap --variant=minbase $include "$1" "$dir" "$2" "$script"
    apt_settings >"$dir/etc/apt/apt.conf.d/99here"
    echo force-unsafe-io >"$dir/etc/dpkg/dpkg.cfg.d/here"
    tar -C "$dir" -cf "$3.new" .
    mv "$3.new" "$3"
    rm -rf --one-file-system "$dir"
}

# What tests may be told by their environment.
settings () {
    env | grep -E '^((CK|DEMO|TEMPFILE_TEST)_[A-Z_]*|C(XX)?FLAGS)=[-0-9.A-Za-z]*$' || :
}

# inside ROOT COMMAND...: there, with the devices, the processes and the names of hosts of here.
# shellcheck disable=SC2016,SC2046 # for another shell; words
inside () {
    root=$1
    shift
    apart sh -ec '
        root=$1
        shift
        mount --rbind /proc "$root/proc"
        mount --rbind /dev "$root/dev"
        mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
        cp -L /etc/resolv.conf "$root/etc/resolv.conf"
        exec chroot "$root" "$@"' sh "$root" \
        env -i HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        $(settings) "$@"
}

now () { date +%s; }

# step WHAT COMMAND...: one line that says whether it worked; if not, the log before it.
step () {
    what=$1
    shift
    began=$(now)
    set +e
    (set -e; "$@") >"$work/log" 2>&1 </dev/null
    status=$?
    set -e
    if [ $status -ne 0 ]; then
        sed "s/^/$suite: /" "$work/log"
        word='not ok'
    else
        word=ok
    fi
    printf '%-7s %-9s %-50s %4d s\n' "$word" "$suite" "$what" $(($(now) - began))
    return $status
}

bootstrap_check () {
    status=0
    inside "$1" /root/libtempfile/bootstrap check >"$work/check" 2>&1 || status=$?
    cat "$work/check"
    [ $status -eq 0 ]
    grep -q '^# PASS: *[1-9][0-9]' "$work/check"
    ! grep -E '[.](c|h|cc|cpp):[0-9]+:.* warning:' "$work/check"
}

glibc () {
    inside "$1" ldd --version | sed -n '1s/.* /glibc /p'
}

# distribution SUITE
distribution () {
    suite=$1
    base=${BASES:-$work}/$suite.tar
    root=$work/$suite
    if [ ! -f "$base" ]; then
        step "debootstrap" make_base "$suite" "$archive" "$base" || return
    fi
    mkdir "$root"
    tar -C "$root" -xf "$base"
    [ -n "${BASES-}" ] || rm "$base"
    git clone -q "$src" "$root/root/libtempfile"
    name=$(sed -n 's/^PRETTY_NAME="\(.*\)"/\1/p' "$root/etc/os-release")
    result=0
    step "bootstrap demo: $name, $(glibc "$root")" \
        inside "$root" /root/libtempfile/bootstrap demo || result=1
    [ "${JOBS-}" = demo ] || step 'bootstrap check' bootstrap_check "$root" || result=1
    rm -rf --one-file-system "$root"
    return $result
}

GIT_CONFIG_GLOBAL=$work/gitconfig
export GIT_CONFIG_GLOBAL
git config --global safe.directory '*'
[ -z "$(git -C "$src" status --porcelain)" ] || echo 'note: what is not committed is not tested'

archive=$(archive)
if [ -z "$archive" ]; then
    apt-get -q update >/dev/null
    archive=$(archive)
fi
[ -n "$archive" ] || skip "no source of apt's is Debian's"

[ $# -gt 0 ] || set -- bookworm trixie sid
passed=0 failed=0
for suite; do
    if distribution "$suite"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
    fi
done
echo "$passed distributions passed, $failed failed"
[ $failed -eq 0 ]
