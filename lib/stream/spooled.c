/* SPDX-License-Identifier: MIT */
/* Spooled streams: custom streams over a storage that begins in memory. */
#include "base/export.h"

#include "base/cancel.h"
#include "base/error.h"
#include "stream/stream.h"

#include <errno.h>

static void
set_fileno (void *file, int fd)
{
    tempfile__stream_set_fileno (file, fd);
}

EXPORT FILE *
tempfile_open_spooled (const struct tempfile_options *options, size_t size)
{
    CANCELLED_BEFORE_OR_NOT_AT_ALL;
    struct settings s;
    if (tempfile__options_parse (&s, KIND_SPOOLED, tempfile__stream_check_text, options, size) < 0)
        return NULL;
    unsigned before = tempfile__failures ();
    struct storage *spool = tempfile__storage_spool (&s, tempfile__streams_end);
    if (!spool) {
        tempfile__fail_unless_told (before, errno, "cannot make a spooled stream");
        return NULL;
    }
    FILE *f = tempfile__stream_over (spool, -1, NULL, &s);
    if (!f)
        return NULL;
    tempfile__spool_watch (spool, set_fileno, f);
    return f;
}
