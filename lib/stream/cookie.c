/* SPDX-License-Identifier: MIT */
/* Custom streams by fopencookie(3). */
#include "base/export.h"

#include "stream/stream.h"

/* Some libcs take a short count for the failure that it is, others only a negative result, and
 * would lose the data without a word; configure found out which. */
static ssize_t
cookie_write (void *cookie, const char *buffer, size_t size)
{
    size_t done = tempfile__stream_write (cookie, buffer, size);
#ifndef STREAM_WRITE_SHORT
    if (done < size)
        return -1;
#endif
    return (ssize_t) done;
}

static ssize_t
cookie_read (void *cookie, char *buffer, size_t size)
{
    return tempfile__stream_read (cookie, buffer, size);
}

/* The offset is 64 bits wide in any libc; in some, off_t need not be. */
#ifdef HAVE_OFF64_T
typedef off64_t cookie_offset;
#else
typedef off_t cookie_offset;
#endif

static int
cookie_seek (void *cookie, cookie_offset *offset, int whence)
{
    off_t position = tempfile__stream_seek (cookie, *offset, whence);
    if (position < 0)
        return -1;
    *offset = position;
    return 0;
}

static int
cookie_close (void *cookie)
{
    return tempfile__stream_close (cookie);
}

FILE *
tempfile__stream_make (struct stream *s, const struct mode *mode)
{
    return fopencookie (s, mode->stdio,
                        (cookie_io_functions_t){.read = cookie_read,
                                                .write = cookie_write,
                                                .seek = cookie_seek,
                                                .close = cookie_close});
}
