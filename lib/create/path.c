/* SPDX-License-Identifier: MIT */
/* Paths: absolute, and where symbolic links lead. Links on the way to a directory are the kernel's
 * to follow. */
#include "base/export.h"

#include "base/error.h"
#include "create/path.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

char *
tempfile__absolute (const char *path)
{
    if (*path == '/') {
        size_t length = strlen (path);
        while (length > 1 && path[length - 1] == '/')
            length--;
        return strndup (path, length);
    }
    char *cwd = getcwd (NULL, 0);
    if (!cwd || strcmp (path, ".") == 0)
        return cwd;
    size_t size = strlen (cwd) + 1 + strlen (path) + 1;
    char *result = malloc (size);
    if (result)
        snprintf (result, size, "%s%s%s", cwd, strcmp (cwd, "/") == 0 ? "" : "/", path);
    free (cwd);
    return result;
}

char *
tempfile__parent (const char *path)
{
    size_t length = (size_t) (strrchr (path, '/') - path);
    return strndup (path, length ? length : 1);
}

/* TARGET, as a symbolic link with the name PATH has it; PATH is freed. */
static char *
read_from (char *path, const char *target)
{
    char *dir = *target == '/' ? NULL : tempfile__parent (path);
    size_t size = (dir ? strlen (dir) : 0) + 1 + strlen (target) + 1;
    char *result = *target == '/' || dir ? malloc (size) : NULL;
    if (result)
        snprintf (result, size, "%s%s%s", dir ? dir : "", dir ? "/" : "", target);
    free (dir);
    free (path);
    return result;
}

/* PATH is freed, or returned. */
static char *
follow (char *path)
{
    enum { LINKS = 40 };
    char target[PATH_MAX];
    int err = ELOOP;
    for (int i = 0; path && i <= LINKS; i++) {
        ssize_t length = readlink (path, target, sizeof target);
        if (length < 0 && (errno == EINVAL || errno == ENOENT))
            return path;
        err = length < 0 ? errno : ENAMETOOLONG;
        if (length < 0 || (size_t) length == sizeof target)
            break;
        err = ELOOP;
        target[length] = '\0';
        path = read_from (path, target);
    }
    if (!path)
        err = ENOMEM;
    free (path);
    errno = err;
    return NULL;
}

char *
tempfile__target (const char *path)
{
    char *absolute = tempfile__absolute (path);
    return absolute ? follow (absolute) : NULL;
}

char *
tempfile__beside (const char *path)
{
    char *target = tempfile__target (path);
    char *dir = target ? tempfile__parent (target) : NULL;
    int err = errno;
    free (target);
    if (!dir)
        tempfile__fail_system (err, "beside '%s'", path);
    return dir;
}
