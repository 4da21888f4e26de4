/* SPDX-License-Identifier: MIT */
/*
 * What is left for the end of the process, by path: taking up what others made, keeping what was
 * left, and whose it is. The registry does it all; here paths become absolute, as it knows them.
 */
#include "base/export.h"

#include "base/cancel.h"
#include "base/error.h"
#include "create/path.h"
#include "life/ending.h"
#include "life/registry.h"

#include <errno.h>
#include <sys/stat.h>

EXPORT int
tempfile_register (const char *path)
{
    struct stat st;
    CANCELLED_BEFORE_OR_NOT_AT_ALL;
    if (!path)
        return tempfile__fail (EINVAL, "tempfile_register: no path");
    if (lstat (path, &st) < 0)
        return tempfile__fail_system (errno, "cannot register '%s'", path);
    if (S_ISDIR (st.st_mode))
        return tempfile__fail (EISDIR, "cannot register '%s': it is a directory", path);
    char *absolute = tempfile__absolute (path);
    if (!absolute)
        return tempfile__fail_system (errno, "cannot register '%s'", path);
    tempfile__watch_end ();
    return tempfile__left_register (absolute);
}

EXPORT int
tempfile_keep_path (const char *path)
{
    if (!path)
        return tempfile__fail (EINVAL, "tempfile_keep_path: no path");
    return tempfile__left_keep (path);
}

EXPORT int
tempfile_adopt (void)
{
    return tempfile__registry_adopt ();
}
