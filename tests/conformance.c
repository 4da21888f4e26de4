/* SPDX-License-Identifier: MIT */
/* conformance.c - see conformance.h. */
#include "conformance.h"

static int
do_nothing (void *arg)
{
    (void) arg;
    return 0;
}

/* With a name for a moment: the file must be there for "r". */
static FILE *
open_libc (const char *mode)
{
    const char *path = test_path ("reference");

    if (!mode)
        return tmpfile ();
    test_write_file (path, "");
    FILE *f = fopen (path, mode);
    (void) unlink (path);
    return f;
}

/* The same mode without its b. */
static FILE *
open_text (const char *mode)
{
    char text[8];
    size_t n = 0;

    for (const char *c = mode ? mode : "w+"; *c && n < sizeof text - 1; c++)
        if (*c != 'b')
            text[n++] = *c;
    text[n] = '\0';
    return TemporaryFile (.mode = text, .encoding = "utf-8", .newline = "\n");
}

static FILE *
try_kind (int kind, const char *mode)
{
    switch (kind) {
    case LIBC:
        return open_libc (mode);
    case UNNAMED:
        return TemporaryFile (.mode = mode);
    case UNNAMED_LINES:
        return TemporaryFile (.mode = mode, .buffering = TEMPFILE_LINE_BUFFERED);
    case UNNAMED_DIRECT:
        return TemporaryFile (.mode = mode, .buffering = TEMPFILE_UNBUFFERED);
    case WITH_NAME:
        return NamedTemporaryFile (.mode = mode);
    case WITH_BUFFER:
        return TemporaryFile (.mode = mode, .buffering = 4096);
    case WITH_HOOK:
        return TemporaryFile (.mode = mode, .on_close = do_nothing);
    case TEXT:
        return open_text (mode);
    case SPOOLED:
        return SpooledTemporaryFile (.mode = mode);
    default:
        return SpooledTemporaryFile (.mode = mode, .max_size = 16);
    }
}

FILE *
open_kind (int kind, const char *mode)
{
    FILE *f = try_kind (kind, mode);

    ck_assert_msg (f != NULL, "kind %d, mode %s: %s", kind, mode, tempfile_errmsg ());
    return f;
}

FILE *
open_kind_with (int kind, const char *text)
{
    FILE *f = open_kind (kind, NULL);

    ck_assert_int_ge (fputs (text, f), 0);
    rewind (f);
    return f;
}

bool
kind_is_spooled (int kind)
{
    return kind == SPOOLED || kind == SPOOLED_ROLLS;
}

bool
kind_is_buffered (int kind)
{
    return kind != UNNAMED_LINES && kind != UNNAMED_DIRECT;
}
