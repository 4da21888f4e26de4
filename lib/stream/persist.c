/* SPDX-License-Identifier: MIT */
/*
 * tempfile_persist(): the file of a stream becomes a lasting one. How that is done is no matter of
 * streams, see create/publish.c; here memory for the new name comes before it, and writing out, so
 * that a failure leaves the stream as it was.
 */
#include "base/export.h"

#include "base/cancel.h"
#include "base/error.h"
#include "create/publish.h"
#include "stream/stream.h"

#include <errno.h>

/* An earlier write that failed means that the file is not whole, whatever is written now. */
static int
write_out (FILE *f, const struct stream *s)
{
    if (s && s->failed)
        return tempfile__fail_system (s->failed, "cannot persist: an earlier write failed");
    if (!s && ferror (f))
        return tempfile__fail (EIO, "cannot persist: the stream has had an error");
    unsigned before = tempfile__failures ();
    if (fflush (f) != 0)
        return tempfile__fail_unless_told (before, errno, "cannot persist: writing out failed");
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
    int result = tempfile__publish (fd, from, path, flags);
    if (result < 0)
        return -1;
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
