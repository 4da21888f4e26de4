#!/bin/sh
# SPDX-License-Identifier: MIT
# check-debian.sh [--no-tests] [--install] ARCHIVE: makes Debian's packages, of source and binaries,
# from what "make dist" has made and packaging/debian; asks lintian; unpacks the packages in a
# directory, by dpkg, and has programs compiled and linked with them there.
#
#   --no-tests   the build does not run the tests of the library
#   --install    installs the packages on this system, which takes root, runs debian/tests, and
#                purges the packages again
#
#     make check-debian DEBIAN_FLAGS=--install
set -eu
# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"

install=
while :; do
    case ${1-} in
    --no-tests)
        DEB_BUILD_OPTIONS="nocheck ${DEB_BUILD_OPTIONS-}"
        DEB_BUILD_PROFILES="nocheck ${DEB_BUILD_PROFILES-}"
        export DEB_BUILD_OPTIONS DEB_BUILD_PROFILES ;;
    --install) install=yes ;;
    *) break ;;
    esac
    shift
done
archive=$(absolute "${1:?an archive}")

need dpkg-buildpackage dpkg-dev
need dh debhelper
need lintian lintian
need fakeroot fakeroot
[ -z "$install" ] || [ "$(id -u)" -eq 0 ] || die '--install takes root'

# What of the environment would decide what is built.
unset CC CXX CPPFLAGS CFLAGS CXXFLAGS LDFLAGS
DEB_BUILD_OPTIONS="parallel=2 ${DEB_BUILD_OPTIONS-}"
export DEB_BUILD_OPTIONS

version=$(basename "$archive" .tar.xz)
version=${version#libtempfile-}
src=$work/libtempfile-$version
root=$work/root
multiarch=$(dpkg-architecture -qDEB_HOST_MULTIARCH)

unpack_source () {
    cp "$archive" "$work/libtempfile_$version.orig.tar.xz"
    unpack "$archive" "$src"
    cp -R "$src/packaging/debian" "$src/debian"
    [ "$(cd "$src" && dpkg-parsechangelog -S Version)" = "$version-1" ] || {
        echo "debian/changelog is of another version than $archive"
        return 1
    }
}

build () {
    cd "$src"
    dpkg-buildpackage -us -uc "$@"
}

# No bug of Debian's can be named that a package which is not in Debian closes. lintian does not
# remove all that it puts into TMPDIR.
lint () {
    cd "$work"
    TMPDIR=$work lintian --allow-root --fail-on error,warning --suppress-tags initial-upload-closes-no-bugs \
        --info ./*.dsc ./*.changes
}

# packages: the files, and what their names are.
packages () {
    find "$work" -maxdepth 1 -name '*.deb' ! -name '*-dbgsym_*'
}

names () {
    packages | sed 's|.*/\([^_]*\)_.*|\1|'
}

# The symbols of the package are those that the library is to export, and of a released version:
# programs that are built with it need no newer one.
has_symbols () {
    mkdir "$work/control"
    dpkg-deb -e "$work/libtempfile0_$version-1_"*.deb "$work/control"
    sed -n 's/^ \(tempfile_.*\)@LIBTEMPFILE_[0-9.]* [0-9.]*$/\1/p' "$work/control/symbols" |
        LC_ALL=C sort >"$work/symbols"
    sed -n 's/^ *\(tempfile_.*\);$/\1/p' "$src/lib/libtempfile.map" | LC_ALL=C sort >"$work/map"
    [ -s "$work/map" ]
    diff "$work/map" "$work/symbols"
}

# Files that packages share may be the same only, on every machine.
is_multiarch () {
    for package in libtempfile0 libtempfile-dev; do
        dpkg-deb -f "$work/${package}_"*.deb Multi-Arch | grep -x same
        dpkg-deb -c "$work/${package}_"*.deb | awk -v multiarch="/$multiarch/" '
            !/^d/ && !/\/usr\/(include|share)\// && !index ($6, multiarch) { print; odd = 1 }
            END { exit odd }'
    done
}

# dpkg ARGUMENT...: below $root, and by whoever runs this.
dpkg_in_root () {
    set -- dpkg --root="$root" --force-not-root --force-script-chrootless --force-depends \
        --no-triggers --log=/dev/null "$@"
    [ "$(id -u)" -eq 0 ] || set -- fakeroot "$@"
    "$@"
}

unpack_packages () {
    mkdir -p "$root/var/lib/dpkg/updates" "$root/var/lib/dpkg/info" "$root/var/lib/dpkg/triggers"
    : >"$root/var/lib/dpkg/status"
    # shellcheck disable=SC2046
    dpkg_in_root -i $(packages)
}

# debian/tests are for packages that are installed; of those here pkg-config says where they are.
link_in_root () {
    PKG_CONFIG_LIBDIR=$root/usr/lib/$multiarch/pkgconfig
    PKG_CONFIG_SYSROOT_DIR=$root
    PKG_CONFIG_ALLOW_SYSTEM_CFLAGS=1
    PKG_CONFIG_ALLOW_SYSTEM_LIBS=1
    LD_LIBRARY_PATH=$root/usr/lib/$multiarch
    export PKG_CONFIG_LIBDIR PKG_CONFIG_SYSROOT_DIR LD_LIBRARY_PATH
    export PKG_CONFIG_ALLOW_SYSTEM_CFLAGS PKG_CONFIG_ALLOW_SYSTEM_LIBS
    cd "$src"
    debian/tests/link
}

purge_from_root () {
    # shellcheck disable=SC2046
    dpkg_in_root -P $(names)
    [ -z "$(find "$root" -path "$root/var" -prune -o ! -type d -print | tee /dev/stderr)" ]
}

# --- on this system ---

are_absent () {
    for package in $(names); do
        if dpkg-query -W "$package"; then
            echo "$package is installed here already"
            return 1
        fi
    done
}

install_here () {
    # What they depend on is here, for it was needed to build them.
    # shellcheck disable=SC2046
    dpkg -i $(packages)
}

# Each test as debian/tests/control names it.
test_here () {
    cd "$src"
    sed -n 's/^Tests: //p' debian/tests/control >"$work/tests"
    [ -s "$work/tests" ]
    while read -r test; do
        debian/tests/"$test" </dev/null
    done <"$work/tests"
}

purge_here () {
    # shellcheck disable=SC2046
    dpkg -P $(names)
    sed 's/^\.//' "$work/files" | while read -r file; do
        [ ! -e "$file" ] && [ ! -L "$file" ] || echo "left: $file"
    done | tee "$work/left"
    [ ! -s "$work/left" ]
}

must 'the archive unpacks, and debian/ is of its version' unpack_source
must 'dpkg-buildpackage -S' build -S -d
must 'dpkg-buildpackage -b' build -b
check 'lintian' lint
check 'the symbols are those of libtempfile.map' has_symbols
check 'what is Multi-Arch: same can be' is_multiarch
must 'dpkg -i, in a directory' unpack_packages
check 'debian/tests/link, there' link_in_root
check 'dpkg -P leaves nothing' purge_from_root

if [ -n "$install" ]; then
    for package in $(packages); do
        dpkg-deb --fsys-tarfile "$package" | tar -tf - | grep -v '/$'
    done >"$work/files"
    must 'the packages are not installed here' are_absent
    trap 'dpkg -P $(names) >/dev/null 2>&1 || :; clean_up' EXIT
    must 'dpkg -i, on this system' install_here
    check 'debian/tests' test_here
    check 'dpkg -P leaves nothing' purge_here
fi
finish
