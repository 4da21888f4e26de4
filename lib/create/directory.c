/* SPDX-License-Identifier: MIT */
/* Directories under fresh names. */
#include "base/export.h"

#include "base/inode.h"
#include "base/probe.h"
#include "base/retry.h"
#include "create/create.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* PATH is a directory of this process's user, and ST what it was a moment ago. */
static int
fix_by_handle (const char *path, const struct stat *st, mode_t mode)
{
    struct inode i;
    int fd = open_retrying (path, HANDLE | O_DIRECTORY | O_NOFOLLOW, 0);
    if (fd < 0)
        return -1;
    int result = tempfile__inspect (fd, "", &i);
    if (result == 0) {
        bool same = i.number == st->st_ino && i.device == st->st_dev && i.owner == geteuid ();
        errno = EEXIST;
        result = same ? tempfile__chmod (fd, mode) : -1;
    }
    int err = errno;
    close (fd);
    errno = err;
    return result == 0 || tempfile__lacks_permissions (err) ? 0 : -1;
}

/* What the umask took. The set-group-ID bit comes from the parent and stays. */
static int
fix_directory (const char *path, mode_t permissions)
{
    struct stat st;
    if (lstat (path, &st) < 0)
        return -1;
    if ((st.st_mode & 0777) == permissions)
        return 0;
    return fix_by_handle (path, &st, (st.st_mode & 07000) | permissions);
}

/* A descriptor that holds the lock. */
static int
lock_directory (const char *path)
{
    int fd = open_retrying (path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
    if (fd < 0) {
        errno = errno == ENOENT ? EEXIST : errno;
        return -1;
    }
    struct stat st;
    if (tempfile__lock_new (fd, path, &st) == 0)
        return fd;
    int err = errno;
    close (fd);
    errno = err;
    return -1;
}

/* First the permissions, which the lock may need. */
int
tempfile__make_directory (const char *path, void *settings)
{
    const struct settings *s = settings;
    if (mkdir (path, s->permissions) < 0)
        return CREATE_FAILED;
    int fd = s->heeds_umask ? 0 : fix_directory (path, s->permissions);
    if (fd == 0 && s->recoverable)
        fd = lock_directory (path);
    if (fd >= 0) {
        PROBE1 (mkdtemp, path);
        return fd;
    }
    int err = errno;
    rmdir (path);
    errno = err;
    return CREATE_FAILED;
}
