/* SPDX-License-Identifier: MIT */
/*
 * conformance.h - the kinds of stream that the tests of conformance run on. Each test is a clause
 * of C or POSIX and runs on every kind, libc's own stream among them: a test that is wrong about
 * stdio fails there.
 */
#ifndef TEMPFILE_TESTS_CONFORMANCE_H
#define TEMPFILE_TESTS_CONFORMANCE_H

#include "common.h"

enum stream_kind {
    LIBC,           /* tmpfile(), or fopen() for another mode: the reference */
    UNNAMED,        /* plain */
    UNNAMED_LINES,  /* plain, line buffered */
    UNNAMED_DIRECT, /* plain, not buffered */
    FIRST_CUSTOM,
    WITH_NAME = FIRST_CUSTOM,
    WITH_BUFFER, /* of 4096 bytes */
    WITH_HOOK,
    FIRST_SPOOLED,
    SPOOLED = FIRST_SPOOLED,
    SPOOLED_ROLLS, /* to disk after 16 bytes */
    TEXT,          /* in UTF-8, newlines as they are; left out of a library without text */
#ifdef HAVE_TEXT
    STREAM_KINDS
#else
    STREAM_KINDS = TEXT
#endif
};

/* Is KIND kept in memory at first? */
bool kind_is_spooled (int kind);

/* A stream of the kind; MODE is a binary one, NULL "w+b". */
FILE *open_kind (int kind, const char *mode);

/* One whose file is TEXT, at its start. */
FILE *open_kind_with (int kind, const char *text);

/* What is left to read is TEXT, and then the end. */
#define assert_rest(stream, text)                                 \
    do {                                                          \
        char rest_[4096] = "";                                    \
        size_t n_ = fread (rest_, 1, sizeof rest_ - 1, (stream)); \
        ck_assert_str_eq (rest_, (text));                         \
        ck_assert_uint_eq (n_, strlen (text));                    \
        ck_assert (feof (stream) && !ferror (stream));            \
    } while (0)

/* Does stdio have buffering of its own for the kind, so that what is written may wait? */
bool kind_is_buffered (int kind);

#endif
