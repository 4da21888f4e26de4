#!/bin/sh
# SPDX-License-Identifier: MIT
# Some hundred random programs on text streams, from a fixed seed and from a fresh one; see
# text_differential.py. TEMPFILE_TEST_PROGRAMS says how many of each.
programs=${TEMPFILE_TEST_PROGRAMS:-300}
driver=${top_builddir:-..}/tests/text_driver

command -v python3 >/dev/null || {
    echo 'SKIP: there is no python3 to compare with'
    exit 77
}
for seed in '--seed 1' ''; do
    # shellcheck disable=SC2086 # two words, or none
    python3 "${srcdir:-.}/text_differential.py" --driver "$driver" --programs "$programs" $seed ||
        exit
done
