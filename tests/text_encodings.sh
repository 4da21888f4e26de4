#!/bin/sh
# SPDX-License-Identifier: MIT
# Each encoding against Python's; see text_encodings.py.
grep -q '^#define HAVE_TEXT' "${top_builddir:-..}/config.h" || {
    echo 'SKIP: this library was built without text'
    exit 77
}
command -v python3 >/dev/null || {
    echo 'SKIP: there is no python3 to compare with'
    exit 77
}
exec python3 "${srcdir:-.}/text_encodings.py" --driver "${top_builddir:-..}/tests/text_encodings"
