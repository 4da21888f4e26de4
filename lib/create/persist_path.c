/* SPDX-License-Identifier: MIT */
/*
 * tempfile_persist_path(): what was left for the end of the process becomes a lasting file. The
 * registry knows the old name until there is a new one, so that at no moment there is a file that
 * would not be deleted.
 */
#include "base/export.h"

#include "base/cancel.h"
#include "base/error.h"
#include "base/inode.h"
#include "base/retry.h"
#include "create/path.h"
#include "create/publish.h"
#include "life/registry.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What needs more than the name. */
enum { OF_ORDINARY_FILES = TEMPFILE_SYNC | TEMPFILE_COPY | TEMPFILE_LIKE_TARGET };

/* A descriptor, or as far as that will do a handle; or -1 with errno and message. */
static int
open_left (const char *name, unsigned flags)
{
    struct stat st;
    int how = flags & OF_ORDINARY_FILES ? O_RDONLY | O_NONBLOCK | O_NOCTTY : HANDLE;
    if (lstat (name, &st) < 0)
        return tempfile__fail_system (errno, "'%s'", name);
    if (flags & OF_ORDINARY_FILES && !S_ISREG (st.st_mode))
        return tempfile__fail (EINVAL, "flags %#x: '%s' is no ordinary file", flags, name);
    int fd = open_retrying (name, how | O_NOFOLLOW, 0);
    return fd < 0 ? tempfile__fail_system (errno, "'%s'", name) : fd;
}

static int
persist (const char *name, const char *path, unsigned flags)
{
    if (tempfile__left_check (name) < 0)
        return -1;
    int fd = open_left (name, flags);
    if (fd < 0)
        return -1;
    int copy;
    int result = tempfile__publish (fd, name, path, flags, &copy);
    int err = errno;
    if (result >= 0)
        tempfile__left_forget (name);
    if (copy >= 0)
        close (copy);
    close (fd);
    errno = err;
    return result;
}

EXPORT int
tempfile_persist_path (const char *name, const char *path, unsigned flags)
{
    CANCELLED_BEFORE_OR_NOT_AT_ALL;
    if (!name)
        return tempfile__fail (EINVAL, "tempfile_persist_path: no name");
    char *target = tempfile__publish_path ("tempfile_persist_path", path, flags);
    if (!target)
        return -1;
    int result = persist (name, target, flags);
    int err = errno;
    free (target);
    errno = err;
    return result == 0 ? 0 : -1;
}
