/* SPDX-License-Identifier: MIT */
/* Of the library, what is not in the module. */
#include "base/export.h"

#include "base/audit.h"
#include "create/name.h"
#include "explorer.h"
#include "life/remove.h"

#include <errno.h>
#include <string.h>

#define CALLER __builtin_return_address (0)

int
tempfile__remove_tree (const char *path)
{
    int err = fs_remove (path, FS_DIRECTORY, CALLER);
    return err == ENOENT ? 0 : err;
}

int
tempfile__remove_tree_async_safe (const char *path)
{
    int saved = errno;
    int err = tempfile__remove_tree (path);
    errno = saved;
    return err;
}

/* Names are made up in order: the first of thread 1 begins with 1a. */
int
tempfile__name_random (char *out, bool tagged)
{
    (void) tagged;
    memset (out, '-', NAME_RANDOM);
    out[0] = (char) ('0' + machine_thread ());
    out[1] = (char) ('a' + machine_next_name ());
    return 0;
}

int
tempfile__audit (const char *event, const char *fullpath)
{
    (void) event;
    (void) fullpath;
    return 0;
}
