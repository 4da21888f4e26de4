#!/bin/sh
# SPDX-License-Identifier: MIT
# Some hundred random programs on text streams, the same each time, so that who builds this gets
# what was tested; see text_differential.py. TEMPFILE_TEST_PROGRAMS says how many,
# TEMPFILE_TEST_SEED which.
programs=${TEMPFILE_TEST_PROGRAMS:-600}
driver=${top_builddir:-..}/tests/text_driver

grep -q '^#define HAVE_TEXT' "${top_builddir:-..}/config.h" || {
    echo 'SKIP: this library was built without text'
    exit 77
}
command -v python3 >/dev/null || {
    echo 'SKIP: there is no python3 to compare with'
    exit 77
}
exec python3 "${srcdir:-.}/text_differential.py" --driver "$driver" --programs "$programs" \
    --seed "${TEMPFILE_TEST_SEED:-1}"
