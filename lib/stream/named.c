/* SPDX-License-Identifier: MIT */
/* Streams with a name, which are custom ones: their close deletes the name. How a name is made and
 * deleted is the business of create/ and life/. */
#include "base/export.h"

#include "base/cancel.h"
#include "base/error.h"
#include "base/retry.h"
#include "create/create.h"
#include "create/tempdir.h"
#include "stream/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

struct attempt {
    struct settings *settings;
    struct entry *entry;
};

static int
attempt_in (const char *dir, void *arg)
{
    struct attempt *a = arg;
    return tempfile__create_named (dir, a->settings, &a->entry);
}

int
tempfile__stream_outlive (struct entry *entry, int fd)
{
    if (tempfile__entry_owns_lock (entry))
        return 0;
    int lock = fcntl (fd, F_DUPFD_CLOEXEC, FIRST_DESCRIPTOR);
    if (lock < 0)
        return tempfile__fail_system (errno, "cannot keep the lock of a recoverable file");
    tempfile__entry_own_lock (entry, lock);
    return 0;
}

/* Before there is a stream, whose close would run the caller's functions. */
static int
settle_end (struct entry *entry, int fd, const struct settings *s)
{
    if (s->delete_when == TEMPFILE_DELETE_NEVER)
        return tempfile__entry_keep (entry);
    bool outlives = s->recoverable && s->delete_when == TEMPFILE_DELETE_ON_EXIT;
    return outlives ? tempfile__stream_outlive (entry, fd) : 0;
}

EXPORT FILE *
tempfile_open_named (const struct tempfile_options *options, size_t size)
{
    CANCELLED_BEFORE_OR_NOT_AT_ALL;
    struct settings s;
    if (tempfile__options_parse (&s, KIND_NAMED, tempfile__stream_check_text, options, size) < 0)
        return NULL;
    struct attempt a = {&s, NULL};
    int fd = tempfile__tempdir_try (&s, attempt_in, &a);
    if (fd < 0)
        return NULL;
    bool settled = settle_end (a.entry, fd, &s) == 0;
    FILE *f = settled ? tempfile__stream_over_fd (fd, a.entry, &s) : NULL;
    if (f)
        return f;
    int err = errno;
    if (!settled)
        close (fd);
    tempfile__entry_discard (a.entry);
    errno = err;
    return NULL;
}
