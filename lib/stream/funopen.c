/* SPDX-License-Identifier: MIT */
/*
 * Custom streams by funopen(3), BSD's own or libbsd's.
 *
 * Its callbacks count in int. Below libbsd there is a stdio that counts in size_t, and a block of
 * 2 GiB and more arrives here cut: as a negative number, which is refused, or as a smaller one,
 * which stdio then sees as a short write. libbsd also passes a seek's result on as an int, so
 * that an offset whose low 32 bits are all ones looks like a failure to stdio.
 */
#include "base/export.h"

#include "stream/stream.h"

#include <errno.h>

static int
funopen_read (void *cookie, char *buffer, int size)
{
    if (size >= 0)
        return (int) tempfile__stream_read (cookie, buffer, (size_t) size);
    errno = EINVAL;
    return -1;
}

/* As in stream/cookie.c: what a failed write must look like depends on the libc below. */
static int
funopen_write (void *cookie, const char *buffer, int size)
{
    size_t done = size < 0 ? 0 : tempfile__stream_write (cookie, buffer, (size_t) size);
    if (size < 0)
        errno = EINVAL;
#ifndef STREAM_WRITE_SHORT
    if (size < 0 || done < (size_t) size)
        return -1;
#endif
    return (int) done;
}

static off_t
funopen_seek (void *cookie, off_t offset, int whence)
{
    return tempfile__stream_seek (cookie, offset, whence);
}

static int
funopen_close (void *cookie)
{
    return tempfile__stream_close (cookie);
}

/* Appending needs no word here: the descriptor appends. */
FILE *
tempfile__stream_make (struct stream *s, const struct mode *mode)
{
    return funopen (s, mode->readable ? funopen_read : NULL, mode->writable ? funopen_write : NULL,
                    funopen_seek, funopen_close);
}
