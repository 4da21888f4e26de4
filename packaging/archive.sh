#!/bin/sh
# SPDX-License-Identifier: MIT
# archive.sh DIRECTORY: writes DIRECTORY.tar.xz, whose bytes depend on nothing but the names and
# contents of the files: not on who made them, when, or under what umask. Those that begin with #!
# may be executed. The one time in it is SOURCE_DATE_EPOCH, or else the date on top of ChangeLog.
#
# It takes GNU tar, from $TAR or as tar or gtar.
set -eu
LC_ALL=C
export LC_ALL

dir=$1
if [ -n "${SOURCE_DATE_EPOCH-}" ]; then
    mtime=@$SOURCE_DATE_EPOCH
else
    mtime=$(sed -n '1s/^\([0-9-]\{10\}\) .*/\1/p' "$dir/ChangeLog")' 00:00:00Z'
fi

gnu_tar () {
    for tar in "${TAR:-tar}" gtar; do
        case $("$tar" --version 2>/dev/null) in
        *GNU*) echo "$tar"; return ;;
        esac
    done
    echo 'archive.sh: GNU tar is needed; set TAR' >&2
    return 1
}
tar=$(gnu_tar)

is_script () { [ "$(head -c 2 "$1" | tr -d '\0')" = '#!' ]; }

find "$dir" -type d -exec chmod 755 {} + -o -exec chmod 644 {} +
find "$dir" -type f | while read -r file; do
    ! is_script "$file" || chmod 755 "$file"
done
rm -f "$dir.tar.xz"
trap 'rm -f "$dir.tar.xz.new"' EXIT
# One thread: with more, xz cuts the data into blocks.
"$tar" --format=ustar --sort=name --owner=0 --group=0 --numeric-owner --mtime="$mtime" -cf - \
    "$dir" | xz -T1 -e -c >"$dir.tar.xz.new"
mv "$dir.tar.xz.new" "$dir.tar.xz"
