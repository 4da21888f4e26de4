#!/bin/sh
# SPDX-License-Identifier: MIT
#
# make-work.sh NAME: makes a directory in which programs can be run, and says where it is. That is
# in the directory for temporary files or, where that is mounted noexec, in the current one.
set -u

for base in "${TMPDIR:-/tmp}" .; do
    work=$(mktemp -d "$base/libtempfile-$1.XXXXXX") && work=$(cd "$work" && pwd -P) || exit 99
    echo '#!/bin/sh' >"$work/program"
    chmod 755 "$work/program"
    if "$work/program" 2>/dev/null; then
        rm "$work/program"
        echo "$work"
        exit
    fi
    rm -rf "$work"
done
echo 'there is no directory in which programs can be run' >&2
exit 99
