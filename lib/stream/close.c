/* SPDX-License-Identifier: MIT */
/* tempfile_close() and tempfile_finish(). fclose(3) serves as well; these also delete the name at
 * once, whenever it would be deleted otherwise, and the second clears the caller's pointer. */
#include "base/export.h"

#include "base/cancel.h"
#include "base/error.h"
#include "stream/stream.h"

#include <errno.h>

EXPORT int
tempfile_close (FILE *f)
{
    CANCELLED_BEFORE_OR_NOT_AT_ALL;
    if (!f)
        return tempfile__fail (EINVAL, "tempfile_close: no stream");
    struct stream *reopened = tempfile__stream_take_reopened (f);
    struct stream *s = reopened ? reopened : tempfile__stream_find (f);
    if (s && s->delete_when == TEMPFILE_DELETE_ON_EXIT)
        s->delete_when = TEMPFILE_DELETE_ON_CLOSE;
    unsigned before = tempfile__failures ();
    int result = fclose (f);
    int err = errno;
    tempfile__stream_forget (reopened);
    return result == 0 ? 0 : tempfile__fail_unless_told (before, err, "cannot close the stream");
}

EXPORT int
tempfile_finish (FILE **f)
{
    CANCELLED_BEFORE_OR_NOT_AT_ALL;
    if (!f)
        return tempfile__fail (EINVAL, "tempfile_finish: no place of a stream");
    FILE *closing = *f;
    *f = NULL;
    if (!closing)
        return 0;
    bool failed = !tempfile__stream_find (closing) && ferror (closing);
    if (tempfile_close (closing) < 0)
        return -1;
    return failed ? tempfile__fail (EIO, "tempfile_finish: the stream has had an error") : 0;
}
