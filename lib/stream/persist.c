/* SPDX-License-Identifier: MIT */
/*
 * tempfile_persist(): the file of a stream gets a lasting name. create/publish.c does that without
 * knowing streams. Here the stream is written out and memory for the new name is allocated before
 * it, so that a failure leaves the stream as it was.
 */
#include "base/export.h"

#include "base/cancel.h"
#include "base/error.h"
#include "create/publish.h"
#include "stream/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* An earlier write that failed means that the file is not whole, whatever is written now. */
static int
write_out (FILE *f, const struct stream *s)
{
    if (s && s->failed)
        return tempfile__fail_system (s->failed, "cannot persist: an earlier write failed");
    if (!s && ferror (f))
        return tempfile__fail (EIO, "cannot persist: the stream has had an error");
    return tempfile__stream_write_out (f, "cannot persist: writing out failed");
}

static int
replace_descriptor (int fd, int by)
{
    int result;
    do
#ifdef HAVE_DUP3
        result = dup3 (by, fd, O_CLOEXEC);
    while (result < 0 && errno == EINTR);
#else
        result = dup2 (by, fd);
    while (result < 0 && errno == EINTR);
    if (result >= 0)
        result = fcntl (fd, F_SETFD, FD_CLOEXEC);
#endif
    return result;
}

/* The descriptor FD of the stream becomes one of the copy, at the same place, and nobody above need
 * know. COPY is closed. 0, or -1 with errno and message. */
static int
go_on_with (int fd, int copy, const char *path)
{
    int flags = fcntl (fd, F_GETFL);
    off_t offset = lseek (fd, 0, SEEK_CUR);
    int result = flags < 0 || offset < 0 || fcntl (copy, F_SETFL, flags) < 0 ||
                         lseek (copy, offset, SEEK_SET) < 0
                     ? -1
                     : replace_descriptor (fd, copy);
    int err = errno;
    close (copy);
    if (result < 0)
        return tempfile__fail_system (err, "'%s' is in place, but the stream is not on it", path);
    return 0;
}

/* E, which holds PATH, is the stream's when this succeeds, and else still the caller's. */
static int
persist_as (FILE *f, struct stream *s, struct entry *e, unsigned flags)
{
    const char *path = tempfile__entry_path (e);
    struct entry **place = s ? &s->entry : tempfile__stream_plain_entry (f, true);
    int fd = tempfile_fileno (f);
    if (!place || fd < 0)
        return -1;
    const char *from = *place ? tempfile__entry_path (*place) : NULL;
    int copy;
    int result = tempfile__publish (fd, from, path, flags, &copy);
    if (result < 0)
        return -1;
    if (copy >= 0 && go_on_with (fd, copy, path) < 0)
        result = 1;
    if (copy >= 0 && !s)
        tempfile__stream_plain_moved (f);
    tempfile__entry_succeed (e, *place);
    *place = e;
    if (s) {
        s->delete_when = TEMPFILE_DELETE_NEVER;
        s->recoverable = false;
    }
    return result > 0 ? -1 : 0;
}

static int
persist_locked (FILE *f, char *path, unsigned flags)
{
    struct stream *s = tempfile__stream_find (f);
    struct entry *e = tempfile__entry_new (path, NULL);
    if (!e)
        return -1;
    int result = write_out (f, s);
    if (result == 0)
        result = persist_as (f, s, e, flags);
    int err = errno;
    if (!tempfile__entry_is_kept (e))
        tempfile__entry_delete (e);
    errno = err;
    return result;
}

EXPORT int
tempfile_persist (FILE *f, const char *path, unsigned flags)
{
    CANCELLED_BEFORE_OR_NOT_AT_ALL;
    if (!f)
        return tempfile__fail (EINVAL, "tempfile_persist: no stream");
    char *target = tempfile__publish_path ("tempfile_persist", path, flags);
    if (!target)
        return -1;
    flockfile (f);
    int result = persist_locked (f, target, flags);
    int err = errno;
    funlockfile (f);
    errno = err;
    return result;
}
