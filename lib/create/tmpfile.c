/* SPDX-License-Identifier: MIT */
/*
 * The drop-in for tmpfile(3): a plain stream on a file without a name. Apart from the creation
 * it needs nothing of this library: no options, no registry. So a static program that calls nothing
 * else is linked with no more, and a preloaded library can be made of few parts.
 */
#include "base/export.h"

#include "base/cancel.h"
#include "base/error.h"
#include "create/create.h"
#include "create/tempdir.h"

#include <errno.h>
#include <unistd.h>

static int
attempt (const char *dir, void *settings)
{
    return tempfile__create_unnamed (dir, settings, tempfile__create_unregistered);
}

EXPORT FILE *
tempfile_tmpfile (void)
{
    CANCELLED_BEFORE_OR_NOT_AT_ALL;
    struct settings s = tempfile__settings_unnamed ();
    int fd = tempfile__tempdir_try (&s, attempt, &s);
    if (fd < 0)
        return NULL;
    FILE *f = fdopen (fd, s.mode.stdio);
    if (f)
        return f;
    tempfile__fail_system (errno, "cannot make a stream");
    int err = errno;
    close (fd);
    errno = err;
    return NULL;
}
