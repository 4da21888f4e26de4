#!/bin/sh
# SPDX-License-Identifier: MIT
# amalgamation.sh SOURCE VERSION DIRECTORY: the library as one source file, with its header, what
# CMake and Meson want to know, and the licence, in DIRECTORY/libtempfile-VERSION; and that as an
# archive, DIRECTORY/libtempfile-amalgamation-VERSION.tar.xz, with the file that Meson wants with it.
set -eu

src=$(cd "$1" && pwd)
version=$2
mkdir -p "$3"
cd "$3"
parts=$src/packaging/amalgamation
dir=libtempfile-$version
archive=libtempfile-amalgamation-$version

rm -rf "$dir" "$archive.tar.xz" libtempfile.wrap
mkdir "$dir"
LC_ALL=C ${AWK:-awk} -v top="$src" -v version="$version" -f "$parts/generate.awk" >"$dir/tempfile.c"
cp "$src/include/tempfile.h" "$src/COPYING" "$parts/meson_options.txt" "$dir"
for file in CMakeLists.txt meson.build; do
    sed "s/@VERSION@/$version/g" "$parts/$file.in" >"$dir/$file"
done
chmod -R u+w "$dir"

# The time of the archive is that of the ChangeLog, which is not in it.
if [ -z "${SOURCE_DATE_EPOCH-}" ]; then
    SOURCE_DATE_EPOCH=$(date -u -d "$(sed -n '1s/^\([0-9-]\{10\}\) .*/\1/p' "$src/ChangeLog")" +%s)
    export SOURCE_DATE_EPOCH
fi
"${SHELL:-/bin/sh}" "$src/packaging/archive.sh" "$dir"
mv "$dir.tar.xz" "$archive.tar.xz"
hash=$(sha256sum "$archive.tar.xz" | cut -d ' ' -f 1)
sed -e "s/@VERSION@/$version/g" -e "s/@HASH@/$hash/" "$parts/libtempfile.wrap.in" >libtempfile.wrap
