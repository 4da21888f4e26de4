/* SPDX-License-Identifier: MIT */
/*
 * The drop-in for tmpfile(3): a plain stream on a file without a name. Apart from the creation
 * it needs nothing of this library, so that a preloaded one can be made of few parts.
 */
#include "base/export.h"

#include "base/error.h"
#include "create/create.h"
#include "create/tempdir.h"

#include <errno.h>
#include <unistd.h>

static int
attempt (const char *dir, void *settings)
{
    return tempfile__create_unnamed (dir, settings);
}

EXPORT FILE *
tempfile_tmpfile (void)
{
    struct settings s;
    if (tempfile__options_parse (&s, KIND_UNNAMED, NULL, 0) < 0)
        return NULL; /* LCOV_EXCL_LINE: the defaults are valid */
    int fd = tempfile__tempdir_try (s.dir, attempt, &s);
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
