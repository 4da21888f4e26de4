#!/bin/sh
# SPDX-License-Identifier: MIT
# check-readme.sh SOURCE DIRECTORY VERSION: does what README.md says under "Get it", by the commands
# and files that are printed there, in an empty directory for each way. DIRECTORY is where "make dist"
# was run. Each way must end with the program at the top of README.md running, within LIMIT seconds
# by the clock (60, as README.md promises), or as many times that as there are processes that want to
# run for each processor. The time that the packages take to build is printed only.
#
#     make check-readme                 all ways
#     make check-readme WAYS=1          1: two files; 2: CMake and Meson; 3: packages of Debian's
#
# Way 1 is done with every compiler that is here, each as cc, so that musl-gcc stands for a system of
# musl's. Way 3 installs the packages in an overlay of this system, in a mount namespace, which takes
# root: the system itself stays as it is. PACKAGES, when set, is a directory with packages that "make
# deb" has made before, and that are not built again. What cannot be done here is skipped aloud.
# shellcheck disable=SC2154 # $work, which common.sh makes
set -eu
# shellcheck source=../packaging/common.sh disable=SC1091
. "$(dirname "$0")/../packaging/common.sh"

src=$(absolute "${1:?the source}")
built=$(absolute "${2:?where make dist was run}")
version=${3:?a version}
ways=${WAYS:-1 2 3}
limit=${LIMIT:-60}
[ -z "${PACKAGES-}" ] || PACKAGES=$(absolute "$PACKAGES")
unset CC CFLAGS CPPFLAGS LDFLAGS

# printed SECTION LANGUAGE [NUMBER]: what stands in that block of LANGUAGE, the first if no other is
# asked for, of what begins with SECTION in README.md. A list indents its blocks by three blanks.
printed () {
    awk -v section="$1" -v language="$2" -v number="${3:-1}" '
        index ($0, section) == 1 { here = 1; next }
        here && !inside && /^(#|[0-9]+[.] |\*\*)/ { exit }
        here && !inside && $0 ~ "^ *```" language "$" { inside = ++found; next }
        inside && /^ *```$/ { inside = 0; next }
        inside && inside == number { sub (/^   /, ""); print; any = 1 }
        END { exit !any }' "$src/README.md"
}

# commands SECTION [NUMBER]: runs them here. They stop at the first that fails.
commands () {
    printed "$1" sh "${2-}" >"$work/commands"
    cat "$work/commands"
    sh -eux "$work/commands" </dev/null
}

# The program at the top of README.md is here, and what a release has; nothing else is.
begin () {
    rm -rf "$work/empty"
    mkdir "$work/empty"
    cd "$work/empty"
    printed '# libtempfile' c >program.c
    cp "$built/libtempfile-amalgamation-$version.tar.xz" "$built/amalgamation/libtempfile.wrap" .
}

# The commands have run the program.
has_run () {
    grep -q '^another program can read /.* now$' "$1"
}

# Of a machine with other work to do, each gets its share.
allowed () {
    load=$(cut -d ' ' -f 1 /proc/loadavg 2>/dev/null || echo 0)
    awk -v limit="$limit" -v load="${load:-0}" -v processors="$(getconf _NPROCESSORS_ONLN)" \
        'BEGIN { share = load / processors; printf "%d", limit * (share > 1 ? share : 1) }'
}

# way WHAT COMMAND...: the same as check, and that it ran the program, in time.
way () {
    what=$1
    shift
    at=$(date +%s)
    check "$what" followed "$@"
}

followed () {
    "$@" >"$work/said" 2>&1 || { cat "$work/said"; return 1; }
    took=$(($(date +%s) - at))
    has_run "$work/said" || { cat "$work/said"; echo 'the program was not run'; return 1; }
    may=$(allowed)
    [ $took -le "$may" ] || { echo "it took $took s, over $may s"; return 1; }
}

# --- 1: two files, one line ---

two_files () {
    begin
    PATH=$work/bin:$PATH commands '1. '
}

# compiler COMMAND: two_files with it as cc.
compiler () {
    are_here "way 1, cc is $1" "$1" || return 0
    mkdir -p "$work/bin"
    ln -sf "$(command -v "$1")" "$work/bin/cc"
    way "way 1, two files: cc is $1" two_files
    rm "$work/bin/cc"
}

way_1 () {
    for each in cc gcc clang musl-gcc; do
        compiler $each
    done
}

# --- 2: a subproject ---

by_cmake () {
    begin
    printed '2. ' cmake >CMakeLists.txt
    commands '2. '
}

by_meson () {
    begin
    printed '2. ' meson >meson.build
    commands '2. ' 2
}

way_2 () {
    if are_here 'way 2, CMake' cmake; then
        way 'way 2, a subproject of CMake' by_cmake
    fi
    if are_here 'way 2, Meson' meson ninja; then
        way 'way 2, a subproject of Meson' by_meson
    fi
}

# --- 3: packages ---

# Tools on this system, which the README names.
build_packages () {
    unpack "$built/libtempfile-$version.tar.xz" "$work/release"
    cd "$work/release"
    commands '3. '
}

# A copy of this system that is gone with the namespace; what changes is in memory.
# shellcheck disable=SC2016 # for another shell
in_overlay='
    mount -t tmpfs -o mode=755 none "$1"
    mkdir "$1/upper" "$1/work" "$1/root"
    mount -t overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" none "$1/root"
    mount --rbind /dev "$1/root/dev"
    mount -t proc none "$1/root/proc"
    mkdir "$1/root/program"
    shift
    '

# overlay COMMANDS ARGUMENT...: by a shell outside of the copy, which is "$root".
overlay () {
    mkdir -p "$work/overlay"
    unshare --mount --propagation private --pid --fork --kill-child \
        sh -ec "root=\$1/root; $in_overlay $1" sh "$work/overlay" "$work" "$work/empty"
}

install_and_use () {
    begin
    rm libtempfile*
    cp -R "$packages" packages
    { printed '3. ' sh 2 && printed '3. ' sh 3; } >"$work/commands"
    cat "$work/commands"
    # shellcheck disable=SC2016 # for another shell
    overlay 'cp -R "$2/." "$root/program"
        cp "$1/commands" "$root/commands"
        exec chroot "$root" env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin TMPDIR=/tmp \
            DEBIAN_FRONTEND=noninteractive sh -eux -c "cd /program; . /commands" </dev/null'
}

way_3 () {
    are_here 'way 3, packages' apt-get dh dpkg-buildpackage pkg-config unshare || return 0
    if ! overlay true 2>/dev/null; then
        echo 'skip    way 3, packages: no overlay of this system can be mounted, or this is not root'
        return
    fi
    packages=${PACKAGES:-$work/release/packages}
    [ -n "${PACKAGES-}" ] || must 'the packages are built' build_packages
    way 'way 3, packages' install_and_use
}

for each in $ways; do
    "way_$each"
done
finish
