/* SPDX-License-Identifier: MIT */
/*
 * tempfile_recover(): deletes what recoverable files killed processes have left.
 *
 * Why it deletes exactly those. A recoverable file
 *
 *   - is ours by its name: the random part carries a tag that is a hash of it, 40 bits wide;
 *   - is locked by flock(2), through the very opening that made it, until its owner deletes it or
 *     is gone. The kernel ends the lock when the last descriptor of that opening is closed, in
 *     whatever way the process dies; nothing of it survives a power loss; and it is a property of
 *     the inode, so that pid numbers and pid namespaces play no part.
 *
 * So a tagged file that can be locked has no owner; except for one that is being made and not yet
 * locked. Its maker has not handed it out: when it finds the lock taken or the file deleted, it
 * takes another name (see create.c). The lock is held here until the name is deleted.
 *
 * What cannot be opened cannot be locked and is left alone, and so is what may not be deleted: only
 * who may do both, its owner or the superuser as a rule, recovers a file. A child of fork() that
 * still has the descriptor counts as the owner. A kept or persisted file has lost its tagged name,
 * or never had one.
 */
#include "base/export.h"

#include "base/error.h"
#include "base/retry.h"
#include "create/name.h"
#include "life/remove.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A name may turn out to be anything by the time it is opened: a link, a FIFO, a terminal. */
static int
open_candidate (int dir, const char *name)
{
    static const int flags = O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
    int fd = openat_retrying (dir, name, O_RDONLY | flags);
    return fd < 0 && errno == EACCES ? openat_retrying (dir, name, O_WRONLY | flags) : fd;
}

/* What keeps us from judging any file, and says nothing about this one. */
static bool
is_lack (int err)
{
    return err == EMFILE || err == ENFILE || err == ENOMEM || err == ENOLCK || err == EIO;
}

/* 1, 0, or -1 with errno. */
static int
is_still (int dir, const char *name, const struct stat *st)
{
    struct stat now;
    if (fstatat (dir, name, &now, AT_SYMLINK_NOFOLLOW) < 0)
        return is_lack (errno) ? -1 : 0;
    return now.st_dev == st->st_dev && now.st_ino == st->st_ino;
}

/* The file, or the directory with all that is in it: 1; 0: somebody else was faster; -1 with errno.
 */
static int delete (int dir, const char *path, const char *name, bool directory)
{
    int err = 0;
    if (!directory)
        return unlinkat (dir, name, 0) == 0 ? 1 : errno == ENOENT ? 0 : -1;
    size_t size = strlen (path) + 1 + strlen (name) + 1;
    char *full = malloc (size);
    if (full) {
        snprintf (full, size, "%s/%s", path, name);
        err = tempfile__remove_tree (full);
    }
    errno = full ? err : ENOMEM;
    free (full);
    return errno ? -1 : 1;
}

/* 1: nobody has it, and it is locked for us; 0: in use, gone, or not ours; -1 with errno. */
static int
lock_candidate (int dir, const char *name, int fd, struct stat *st)
{
    if (lock_retrying (fd) < 0 || fstat (fd, st) < 0)
        return is_lack (errno) ? -1 : 0;
    return S_ISREG (st->st_mode) || S_ISDIR (st->st_mode) ? is_still (dir, name, st) : 0;
}

/* 1: deleted; 0: in use, gone, or not ours; -1 with errno: could not be judged, or not deleted. */
static int
recover_one (int dir, const char *path, const char *name)
{
    int fd = open_candidate (dir, name);
    if (fd < 0)
        return is_lack (errno) ? -1 : 0;
    struct stat st;
    int result = lock_candidate (dir, name, fd, &st);
    if (result > 0)
        result = delete (dir, path, name, S_ISDIR (st.st_mode));
    if (result < 0 && (errno == EACCES || errno == EPERM))
        result = 0;
    int err = errno;
    close (fd);
    errno = err;
    return result;
}

/* The number of files deleted, or -1 with the first errno and a message. */
static int
recover_all (DIR *dir, const char *path)
{
    int recovered = 0;
    int err = 0;
    struct dirent *d;
    while (errno = 0, d = readdir (dir)) {
        if (!tempfile__name_has_tag (d->d_name))
            continue;
        int result = recover_one (dirfd (dir), path, d->d_name);
        recovered += result > 0;
        if (result < 0 && !err) {
            err = errno;
            tempfile__fail_system (err, "cannot delete '%s' in '%s'", d->d_name, path);
        }
    }
    if (errno && !err)
        return tempfile__fail_system (errno, "cannot read '%s'", path);
    errno = err;
    return err ? -1 : recovered;
}

EXPORT int
tempfile_recover (const char *path)
{
    if (!path)
        path = tempfile_gettempdir ();
    if (!path)
        return -1;
    int fd = open_retrying (path, O_RDONLY | O_DIRECTORY, 0);
    DIR *dir = fd < 0 ? NULL : fdopendir (fd);
    if (!dir) {
        int err = errno;
        if (fd >= 0)
            close (fd);
        return tempfile__fail_system (err, "dir '%s'", path);
    }
    int result = recover_all (dir, path);
    int err = errno;
    closedir (dir);
    errno = err;
    return result;
}
