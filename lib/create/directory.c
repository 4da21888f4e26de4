/* SPDX-License-Identifier: MIT */
/* Directories under fresh names. */
#include "base/export.h"

#include "base/retry.h"
#include "create/create.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * By name and without following it, since a directory may not let us open it; else, where the
 * system cannot do that, by descriptor. The set-group-ID bit comes from the parent and stays.
 */
static int
fix_directory (const char *path, mode_t permissions)
{
    struct stat st;
    if (lstat (path, &st) < 0)
        return -1;
    if ((st.st_mode & 0777) == permissions)
        return 0;
    mode_t mode = (st.st_mode & 07000) | permissions;
    if (fchmodat (AT_FDCWD, path, mode, AT_SYMLINK_NOFOLLOW) == 0)
        return 0;
    int fd = open_retrying (path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
    if (fd < 0)
        return -1;
    int result = fchmod (fd, mode);
    int err = errno;
    close (fd);
    errno = err;
    return result == 0 || tempfile__lacks_permissions (err) ? 0 : -1;
}

/* A descriptor that holds the lock. Never 0, which is no descriptor here. */
static int
lock_directory (const char *path)
{
    int fd = open_retrying (path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
    if (fd < 0) {
        errno = errno == ENOENT ? EEXIST : errno;
        return -1;
    }
    struct stat st;
    int result = tempfile__lock_new (fd, path, &st);
    if (result == 0 && fd == 0)
        result = fd = fcntl (0, F_DUPFD_CLOEXEC, 1);
    if (result >= 0)
        return fd;
    int err = errno;
    close (fd);
    errno = err;
    return -1;
}

int
tempfile__make_directory (const char *path, void *settings)
{
    const struct settings *s = settings;
    if (mkdir (path, s->permissions) < 0)
        return CREATE_FAILED;
    int fd = s->recoverable ? lock_directory (path) : 0;
    if (fd >= 0 && (s->heeds_umask || fix_directory (path, s->permissions) == 0))
        return fd;
    int err = errno;
    if (fd > 0)
        close (fd);
    rmdir (path);
    errno = err;
    return CREATE_FAILED;
}
