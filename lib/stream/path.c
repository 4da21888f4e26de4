/* SPDX-License-Identifier: MIT */
/* The names of the files of streams: tempfile_name(), tempfile_keep() and their like. The registry
 * (life/registry.h) deletes and keeps. */
#include "base/export.h"

#include "base/cancel.h"
#include "base/error.h"
#include "stream/stream.h"

#include <errno.h>
#include <string.h>

/* The entry of the stream's file, or NULL with EINVAL and message. */
static struct entry *
entry_of (FILE *f, const struct stream *s, const char *function)
{
    if (!f) {
        tempfile__fail (EINVAL, "%s: no stream", function);
        return NULL;
    }
    struct entry *const *place = s ? &s->entry : tempfile__stream_plain_entry (f, false);
    if (place && *place)
        return *place; /* cppcheck-suppress identicalInnerCondition ; no condition at all */
    tempfile__fail (EINVAL, "%s: the stream's file has no name", function);
    return NULL;
}

EXPORT const char *
tempfile_name (FILE *f)
{
    struct entry *e = entry_of (f, f ? tempfile__stream_find (f) : NULL, "tempfile_name");
    return e ? tempfile__entry_path (e) : NULL;
}

EXPORT int
tempfile_keep (FILE *f)
{
    struct stream *s = f ? tempfile__stream_find (f) : NULL;
    struct entry *e = entry_of (f, s, "tempfile_keep");
    if (!e)
        return -1;
    if (!s)
        return 0;
    if (s->recoverable)
        return tempfile__fail (EINVAL, "a recoverable file cannot be kept under its name");
    if (tempfile__entry_keep (e) < 0)
        return -1;
    s->delete_when = TEMPFILE_DELETE_NEVER;
    return 0;
}

/* The path that is to be left, or NULL with errno and message. Changes what the close will do. */
static char *
leave_path (FILE *f, struct stream *s, struct entry *e)
{
    if (s && s->recoverable && tempfile__stream_outlive (e, tempfile_fileno (f)) < 0)
        return NULL;
    char *path = strdup (tempfile__entry_path (e));
    if (!path)
        tempfile__fail_system (ENOMEM, "tempfile_into_path");
    else if (s && s->delete_when != TEMPFILE_DELETE_NEVER)
        s->delete_when = TEMPFILE_DELETE_ON_EXIT;
    return path;
}

EXPORT char *
tempfile_into_path (FILE *f)
{
    CANCELLED_BEFORE_OR_NOT_AT_ALL;
    struct stream *s = f ? tempfile__stream_find (f) : NULL;
    struct entry *e = entry_of (f, s, "tempfile_into_path");
    if (!e)
        return NULL;
    bool keep = !s || s->delete_when == TEMPFILE_DELETE_NEVER;
    char *path = leave_path (f, s, e);
    int err = path ? 0 : errno;
    if (!path && !keep)
        s->delete_when = TEMPFILE_DELETE_ON_CLOSE;
    unsigned before = tempfile__failures ();
    errno = 0;
    if (fclose (f) != 0 && !err) {
        err = errno ? errno : EIO; /* libc may not say why */
        if (!keep)
            tempfile_unlink (path);
        tempfile__fail_unless_told (before, err, "cannot close the stream");
    }
    if (!err)
        return path;
    free (path);
    errno = err;
    return NULL;
}
