/* SPDX-License-Identifier: MIT */
/*
 * Streams without a name: the one place that decides which kind of stream it is to be.
 *
 *     plain   binary, nothing to run at close, no buffer of the caller's size
 *     custom  all else
 *
 * Where the file is, and how it is made, is the business of create/.
 */
#include "base/export.h"

#include "base/cancel.h"
#include "create/create.h"
#include "create/tempdir.h"
#include "stream/stream.h"

static int
attempt (const char *dir, void *settings)
{
    return tempfile__create_unnamed (dir, settings, tempfile__create_unlinked);
}

EXPORT FILE *
tempfile_open (const struct tempfile_options *options, size_t size)
{
    CANCELLED_BEFORE_OR_NOT_AT_ALL;
    struct settings s;
    if (tempfile__options_parse (&s, KIND_UNNAMED, tempfile__stream_check_text, options, size) < 0)
        return NULL;
    int fd =
        s.in_memory ? tempfile__create_in_memory (&s) : tempfile__tempdir_try (&s, attempt, &s);
    if (fd < 0)
        return NULL;
    bool custom = s.on_close || s.buffering > TEMPFILE_LINE_BUFFERED || s.mode.text;
    return custom ? tempfile__stream_over_fd (fd, NULL, &s)
                  : tempfile__stream_plain (fd, &s.mode, s.buffering);
}
