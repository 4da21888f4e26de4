/* SPDX-License-Identifier: MIT */
/*
 * The public functions on streams of any kind: descriptor, size, hooks. They look for a custom
 * stream behind the FILE; where there is none, the FILE is a plain one and libc's own functions
 * serve. What is behind a custom stream is the business of its storage.
 *
 * Each family of functions has a file of its own: unnamed.c, named.c and spooled.c open, close.c
 * closes, path.c is about names, reopen.c about a second stream, persist.c about files that stay.
 */
#include "base/export.h"

#include "base/cancel.h"
#include "base/error.h"
#include "base/retry.h"
#include "stream/stream.h"

#include <errno.h>
#include <unistd.h>

/* A spool moves to disk for this, which nobody may write to meanwhile. */
static int
descriptor (struct stream *s)
{
    flockfile (s->file);
    int fd = s->storage->ops->descriptor (s->storage);
    int err = errno;
    funlockfile (s->file);
    errno = err;
    return fd;
}

EXPORT int
tempfile_fileno (FILE *f)
{
    CANCELLED_BEFORE_OR_NOT_AT_ALL;
    if (!f)
        return tempfile__fail (EINVAL, "tempfile_fileno: no stream");
    struct stream *s = tempfile__stream_find (f);
    if (s)
        return descriptor (s);
    int fd = fileno (f);
    return fd < 0 ? tempfile__fail_system (errno, "the stream has no descriptor") : fd;
}

static int
write_out (struct stream *s, FILE *f)
{
    if (fflush (f) != 0)
        return -1;
    return s && s->storage->ops->flush ? s->storage->ops->flush (s->storage) : 0;
}

int
tempfile__stream_write_out (FILE *f, const char *failure)
{
    unsigned before = tempfile__failures ();
    struct stream *s = tempfile__stream_find (f);
    flockfile (f);
    int result = write_out (s, f);
    int err = errno;
    funlockfile (f);
    return result == 0 ? 0 : tempfile__fail_unless_told (before, err, failure);
}

/* The move comes before the flush: when it fails, what is buffered is buffered still. */
EXPORT int
tempfile_rollover (FILE *f)
{
    CANCELLED_BEFORE_OR_NOT_AT_ALL;
    if (!f)
        return tempfile__fail (EINVAL, "tempfile_rollover: no stream");
    if (tempfile_fileno (f) < 0)
        return -1;
    return tempfile__stream_write_out (f, "cannot write out the stream");
}

static int
truncate_file (FILE *f, off_t size)
{
    struct stream *s = tempfile__stream_find (f);
    if (s)
        return s->storage->ops->truncate (s->storage, size);
    return ftruncate_retrying (fileno (f), size);
}

/* Between the two calls of stdio it holds nothing; the second makes it forget that the file ended.
 */
static int
truncate_locked (FILE *f, off_t size)
{
    if (fflush (f) != 0 || truncate_file (f, size) < 0)
        return -1;
    return fseeko (f, 0, SEEK_CUR);
}

EXPORT int
tempfile_truncate (FILE *f, int64_t size)
{
    CANCELLED_BEFORE_OR_NOT_AT_ALL;
    if (!f || size < 0)
        return tempfile__fail (EINVAL, "tempfile_truncate: %s",
                               f ? "the size is negative" : "no stream");
    unsigned before = tempfile__failures ();
    flockfile (f);
    int result = truncate_locked (f, size);
    int err = errno;
    funlockfile (f);
    return result < 0 ? tempfile__fail_because (before, err, "cannot truncate") : 0;
}

EXPORT int
tempfile_on_close (FILE *f, int (*function) (void *), void *arg)
{
    if (!f || !function)
        return tempfile__fail (EINVAL, "tempfile_on_close: no %s", f ? "function" : "stream");
    struct stream *s = tempfile__stream_find (f);
    if (!s)
        return tempfile__fail (
            ENOTSUP, "a plain stream runs nothing when it is closed: open it with .on_close");
    flockfile (f);
    int result = tempfile__stream_hook (s, function, arg);
    funlockfile (f);
    return result < 0 ? tempfile__fail_system (ENOMEM, "tempfile_on_close") : 0;
}
