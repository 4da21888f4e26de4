#!/bin/sh
# SPDX-License-Identifier: MIT
# Builds the library for other processors and other C libraries, and runs there the whole test
# suite, the examples, and those of the manual:
#
#     tests/check-platforms.sh [PLATFORM...]
#
# A platform is a triplet, with +WORD for a variant of it; platforms() has those known. On Debian a
# cross compiler is gcc-TRIPLET with libc6-dev-ARCH-cross, the emulator qemu-user-static; for i686
# the compiler at hand does, with libc6-dev-i386 and lib32gcc-12-dev, and no emulator is needed;
# musl has musl-tools. What is missing is skipped aloud, and the last line counts.
#
# What Debian has not as a package for this machine comes from the sources that apt knows, into the
# temporary directory: Check's source, which is built for the platform, and libc6 with a
# locale. CHECK_SOURCE, when set, is a directory with Check's source. Programs of
# other processors run as if they were of this one, since the kernel (Linux 6.7, root) lets a user
# namespace say what runs them. Where Check or that is not to be had, it is said aloud, and only
# the examples and random programs on text streams are run.
#
# The variables of tests/Makefile.am hold here, too; an emulator is slow, and gets less to do
# unless they say otherwise. ONLY_SUITE=1 leaves all but the suite out, and of that all but what
# matches the pattern EMULATED_TESTS, where that is set, on an emulator.
set -eu

src=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
chmod 755 "$work"
say () { echo "$*" >&3; } # whatever becomes of the log
exec 3>&1

# All, the quick ones first. Variants:
#   +callers32  the tests, not the library, have an off_t of 32 bits
#   +time64     both have a time_t of 64 bits, as have newer distributions
#   +static     no shared library
platforms () {
    echo i686-linux-gnu i686-linux-gnu+callers32 i686-linux-gnu+time64
    echo x86_64-linux-gnux32 x86_64-linux-musl x86_64-linux-musl+static
    echo s390x-linux-gnu aarch64-linux-gnu arm-linux-gnueabihf powerpc64le-linux-gnu
    echo riscv64-linux-gnu powerpc64-linux-gnu mips-linux-gnu
}

# compiler PLATFORM, emulator PLATFORM: the commands; the emulator of none is empty.
compiler () {
    case $1 in
    # Where gcc-multilib is not, the headers of the kernel are found in the other word size's place.
    i686-*+time64)
        echo "gcc -m32 -idirafter /usr/include/x86_64-linux-gnu -D_FILE_OFFSET_BITS=64 -D_TIME_BITS=64" ;;
    i686-*) echo "gcc -m32 -idirafter /usr/include/x86_64-linux-gnu" ;;
    *-gnux32*) echo "gcc -mx32 -idirafter /usr/include/x86_64-linux-gnu" ;;
    *-musl*) echo musl-gcc ;;
    *) echo "${1%+*}-gcc" ;;
    esac
}

emulator () {
    case $1 in
    i686-* | x86_64-*) return ;;
    powerpc64-*) cpu=ppc64 ;;
    powerpc64le-*) cpu=ppc64le ;;
    *) cpu=${1%%-*} ;;
    esac
    # What is preloaded into programs of the platform disturbs no emulator that is static.
    command -v "qemu-$cpu-static" || command -v "qemu-$cpu" || echo "qemu-$cpu"
}

# The architecture's name in Debian, where Debian has it; and none for those that run here.
debian_arch () {
    case $1 in
    aarch64-*) echo arm64 ;;
    arm-*) echo armhf ;;
    powerpc64le-*) echo ppc64el ;;
    s390x-*) echo s390x ;;
    esac
}

# --- what apt has ---

# private_apt WORD ARCHITECTURE: makes a new directory $dir with an $dir/apt.conf by which apt-get
# knows the Debian sources of this machine, as lines that begin with WORD, and nothing else of it.
private_apt () {
    dir=$work/apt-$1-$2
    mkdir "$dir" || return
    mkdir -p "$dir/lists/partial" "$dir/cache/archives/partial"
    key=/usr/share/keyrings/debian-archive-keyring.gpg
    [ -f $key ] && signed="[signed-by=$key]" || signed=
    # shellcheck disable=SC2016 # names of apt's
    apt-get indextargets --format '$(ORIGIN) $(CREATED_BY) $(REPO_URI) $(RELEASE) $(COMPONENT)' |
        sed -n "s|^Debian Packages |$1 $signed |p" | sort -u >"$dir/sources.list"
    cat >"$dir/apt.conf" <<END
Dir::Etc::SourceList "$dir/sources.list";
Dir::Etc::SourceParts "/dev/null";
Dir::State::Lists "$dir/lists";
Dir::State::Status "/dev/null";
Dir::Cache "$dir/cache";
APT::Architecture "$2";
APT::Architectures { "$2"; };
APT::Sandbox::User "root";
END
    APT_CONFIG=$dir/apt.conf apt-get -q update
}

# Check's source, in $work/check-source.
get_check () {
    if [ -n "${CHECK_SOURCE-}" ]; then
        ln -s "$CHECK_SOURCE" "$work/check-source"
        return
    fi
    command -v apt-get && private_apt deb-src "$(dpkg --print-architecture)" && cd "$dir" &&
        APT_CONFIG=$dir/apt.conf apt-get -q source --download-only check &&
        mkdir source && tar -xf check_*.orig.tar.* -C source --strip-components 1 &&
        mv source "$work/check-source"
}

# The C library of PLATFORM as Debian has it, in $work/PLATFORM/root; needed when it runs only.
get_libc () {
    arch=$(debian_arch "$1")
    [ -n "$arch" ] && command -v apt-get && private_apt deb "$arch" && cd "$dir" &&
        APT_CONFIG=$dir/apt.conf apt-get -q download libc6 libc-bin libgcc-s1 || return
    for package in *.deb; do
        dpkg-deb -x "$package" "$work/$1/root" || return
    done
}

# --- programs of other processors ---

# Bytes FROM, COUNT of a file, as binfmt_misc takes them.
hex () { od -An -v -t x1 -j "$2" -N "$3" "$1" | tr -d '\n' | sed 's/ /\\x/g'; }

# What makes the kernel run programs like FILE by EMULATOR: what a header says about class, byte
# order and machine is compared.
rule () {
    zeros='\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00'
    ones='\xff\xff\xff\xff\xff\xff'
    printf ':platform:M::%s:%s:%s:POCF' "$(hex "$1" 0 6)$zeros$(hex "$1" 18 2)" \
        "$ones$zeros\xff\xff" "$2"
}

# within PLATFORM COMMAND...: where programs of the platform can be run.
within () {
    platform=$1
    shift
    [ -n "$(emulator "$platform")" ] || { "$@"; return; }
    unshare --user --mount sh "$work/enter" "$(rule "$work/try" "$(emulator "$platform")")" "$@" &
    until [ "$(readlink "/proc/$!/ns/user")" != "$(readlink /proc/self/ns/user)" ]; do
        sleep 0.1
    done
    echo '0 0 65536' | tee "/proc/$!/gid_map" >"/proc/$!/uid_map"
    wait $!
}

cat >"$work/enter" <<'END'
for try in 1 2 3 4 5 6 7 8 9; do
    [ "$(id -u)" -ne 0 ] || break
    sleep 0.$try
done
mount -t binfmt_misc none /proc/sys/fs/binfmt_misc || exit
printf %s "$1" >/proc/sys/fs/binfmt_misc/register || exit
shift
exec "$@"
END

# --- a platform ---

# What is missing for a platform, if anything; else a program is left in $work/try.
# shellcheck disable=SC2046,SC2086 # commands of several words
missing () {
    echo 'int main (void) { return 0; }' >"$work/try.c"
    $(compiler "$1") "$work/try.c" -o "$work/try" 2>/dev/null || echo 'a compiler'
}

runs () {
    QEMU_LD_PREFIX=/usr/${1%+*} $(emulator "$1") "$work/try" 2>/dev/null
}

# What keeps the suite from being run, if anything.
no_suite () {
    [ -d "$work/check-source" ] || echo 'there is no source of Check'
    within "$1" "$work/try" >/dev/null 2>&1 ||
        echo 'the kernel does not let its programs be run as if they were of this machine'
}

build_check () {
    mkdir check && cd check || return
    CC=$(compiler "$1") ../../check-source/configure -q --host="${1%+*}" --prefix="$PWD/installed" \
        --disable-shared --disable-subunit --disable-timeout-tests CFLAGS=-O1 &&
        make -s install SUBDIRS='lib src' && cd ..
}

# configure ARGUMENT...
configure () {
    cc=$(compiler "$platform") cxx=$(compiler "$platform" | sed 's/gcc/g++/')
    command -v "${cxx%% *}" >/dev/null || cxx=no
    CC=$cc CXX=$cxx CFLAGS=${CFLAGS--O1} \
        "$src/configure" -q --host="${platform%+*}" "$@" "$(shared)"
}

shared () {
    case $platform in
    *+static) echo --disable-shared ;;
    *) echo --enable-shared ;;
    esac
}

# left_out PLATFORM: programs that cannot be right there, a pattern and the reason.
left_out () {
    case $1 in
    *+callers32) echo '.*\.sh the library would be compiled anew with the flags of the tests' ;;
    *-musl*)
        echo 'test_conformance_.* what they hold of every stream musl does not keep for its own' ;;
    esac
    [ -z "$(emulator "$1")" ] ||
        echo 'test_fork an emulator with threads may stand still in a child, holding its own locks'
}

# suite: all programs but those. The tests of callers32 are compiled unlike the library.
# shellcheck disable=SC2016 # make's
suite () {
    echo 'names:; @echo $(TESTS)' >names
    tests=$(make -s -C tests -f Makefile -f ../names names | tr ' ' '\n')
    set --
    if is_partial; then
        tests=$(echo "$tests" | grep -E "$EMULATED_TESTS")
        # Others are not compiled.
        set -- check_PROGRAMS="$(echo "$tests" | grep -v '\.sh$' | tr '\n' ' ')"
    fi
    left_out "$platform" >without
    while read -r pattern reason; do
        tests=$(echo "$tests" | grep -v "^$pattern\$")
        say "NOTE: $platform: without $pattern: $reason"
    done <without
    case $platform in
    *+callers32)
        sed '/_FILE_OFFSET_BITS/d; /HAVE_FAULTS/d' config.h >small && mv small config.h
        make -s -C tests clean ;;
    esac
    within "$platform" make -s -k -C tests check VERBOSE=1 TESTS="$(echo "$tests" | tr '\n' ' ')" "$@"
}

# Whether only some of the suite is run, which need nothing but the library.
is_partial () {
    [ -n "$(emulator "$platform")" ] && [ -n "${EMULATED_TESTS-}" ]
}

# needed: of what it takes to run what is to be run, the arguments of make.
needed () {
    ! is_partial || [ -z "${ONLY_SUITE-}" ] || echo -C lib
}

# shellcheck disable=SC2046 # words, or none
whole () {
    [ -d check ] || build_check "$platform" || return
    PKG_CONFIG=pkg-config PKG_CONFIG_LIBDIR=$PWD/check/installed/lib/pkgconfig
    export PKG_CONFIG PKG_CONFIG_LIBDIR
    if [ ! -d build ]; then
        mkdir build && cd build && configure --enable-werror && make -s $(needed) || return
    else
        cd build || return
    fi
    suite || return
    case ${ONLY_SUITE-}$platform in
    1* | *+callers32) return ;;
    esac
    within "$platform" make -s -C examples check VERBOSE=1 &&
        within "$platform" make -s -C doc check VERBOSE=1
}

# Without Check, and with an emulator that is called by its name.
# shellcheck disable=SC2086
reduced () {
    mkdir build && cd build && PKG_CONFIG=false configure --enable-werror && make -s || return
    run=$(emulator "$platform")
    $(compiler "$platform") -D_FILE_OFFSET_BITS=64 -I. -I"$src/include" \
        "$src/tests/text_driver.c" lib/.libs/libtempfile.a -o text_driver || return
    if command -v python3 >/dev/null; then
        python3 "$src/tests/text_differential.py" --driver "$run ./text_driver" \
            --programs "${TEMPFILE_TEST_PROGRAMS:-300}" --seed "${TEMPFILE_TEST_SEED:-1}" || return
    fi
    EXAMPLE_RUNNER=$run make -s -C doc check
}

# An emulator is some ten times slower.
slowly () {
    : "${TEMPFILE_TEST_NAMES=5000}" "${TEMPFILE_TEST_WIDTH=2000}" "${TEMPFILE_TEST_DEPTH=500}"
    : "${TEMPFILE_TEST_FORKS=50}" "${TEMPFILE_TEST_STEPS=0}" "${TEMPFILE_TEST_ROUNDS=500}"
    : "${TEMPFILE_TEST_PROGRAMS=100}" "${TEMPFILE_TEST_RACES=20}" "${CK_TIMEOUT_MULTIPLIER=10}"
    export TEMPFILE_TEST_NAMES TEMPFILE_TEST_WIDTH TEMPFILE_TEST_DEPTH TEMPFILE_TEST_FORKS
    export TEMPFILE_TEST_STEPS TEMPFILE_TEST_ROUNDS TEMPFILE_TEST_PROGRAMS TEMPFILE_TEST_RACES
    export CK_TIMEOUT_MULTIPLIER
}

# It is called in a condition, where set -e means nothing.
check () {
    platform=$1
    mkdir -p "$work/${1%+callers32}" && cd "$work/${1%+callers32}" || return
    if [ -n "$(emulator "$1")" ]; then
        slowly
        if (get_libc "$1"); then
            QEMU_LD_PREFIX=$PWD/root
        else
            say "NOTE: $1: a C library without locales"
            QEMU_LD_PREFIX=/usr/${1%+*}
        fi
        EMULATED=1 # for examples/check.sh
        export QEMU_LD_PREFIX EMULATED
    fi
    if ! runs "$1"; then
        say "NOTE: $1: only compiled, for there is no emulator, or the kernel cannot run it"
        mkdir build && cd build && PKG_CONFIG=false configure --enable-werror && make -s
        return
    fi
    why=$(no_suite "$1")
    if [ -z "$why" ]; then
        whole
    else
        say "NOTE: $1: only examples and text, for $why"
        reduced
    fi
}

# Of what the tests said: how many did what, and what was skipped.
tell () {
    cd "$work/${1%+callers32}/build/tests" || return
    grep -hs '^:test-result: ' ./*.trs | sort | uniq -c | sed 's/:test-result: //' | tr '\n' ' '
    sed -n 's/.*Checks: \([0-9]*\), .*/\1/p' ./*.log | awk '{ n += $1 } END { print n + 0 " checks" }'
    grep -hs '^SKIP' ./*.log | sed 's/encoding .*: //' | sort | uniq -c
}

[ $# -gt 0 ] || eval "set -- $(platforms)"
(get_check) >"$work/log" 2>&1 || tail -n 5 "$work/log"
passed=0 failed=0 skipped=0
for platform; do
    why=$(missing "$platform")
    if [ -n "$why" ]; then
        echo "SKIP: $platform: there is not $why"
        skipped=$((skipped + 1))
    elif (check "$platform") >"$work/log" 2>&1; then
        echo "PASS: $platform"
        passed=$((passed + 1))
        (tell "$platform") | sed 's/^/    /'
    else
        cat "$work/log"
        echo "FAIL: $platform"
        failed=$((failed + 1))
    fi
done
echo "$passed platforms passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ] && [ $passed -gt 0 ]
