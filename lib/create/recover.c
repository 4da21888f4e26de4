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
 * Only what belongs to the process's effective user is looked at, the superuser's too: another user
 * can put into a directory of his what others would not have deleted. What cannot be opened cannot
 * be locked and is left alone, and so is what may not be deleted. A child of fork() that still has
 * the descriptor counts as the owner. A kept or persisted file has lost its tagged name, or never
 * had one.
 */
#include "base/export.h"

#include "base/audit.h"
#include "base/cancel.h"
#include "base/error.h"
#include "base/inode.h"
#include "base/probe.h"
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

static bool
is_ours (const struct inode *i)
{
    return (S_ISREG (i->mode) || S_ISDIR (i->mode)) && i->owner == geteuid ();
}

/* 1: ours, in *I what it is; 0: gone, or not ours; -1 with errno. */
static int
inspect (int dir, const char *name, struct inode *i)
{
    if (tempfile__inspect (dir, name, i) < 0)
        return is_lack (errno) ? -1 : 0;
    return is_ours (i);
}

/* The file, or the directory with all that is in it: 1; 0: somebody else was faster; -1 with errno.
 */
static int delete (int dir, const char *name, const struct inode *i)
{
    if (!S_ISDIR (i->mode))
        return unlinkat (dir, name, 0) == 0 ? 1 : errno == ENOENT ? 0 : -1;
    int err = tempfile__remove_tree_at (dir, name, i);
    if (!err || err == ESTALE)
        return !err;
    errno = err;
    return -1;
}

/* 1: nobody has it, it is locked for us, and what it is is in *I; 0: in use, gone, or not ours; -1
 * with errno. */
static int
lock_candidate (int dir, const char *name, int fd, struct inode *i)
{
    struct inode now;
    int result = inspect (fd, "", i);
    if (result <= 0)
        return result;
    if (lock_retrying (fd) < 0)
        return is_lack (errno) ? -1 : 0;
    result = inspect (dir, name, &now);
    return result > 0 ? tempfile__same_inode (i, &now) : result;
}

/* Whether the program's hooks let it be deleted; -1 with errno. */
static int
is_allowed (const char *path, const char *name)
{
    size_t size = strlen (path) + 1 + strlen (name) + 1;
    char *full = malloc (size);
    if (!full)
        return -1;
    snprintf (full, size, "%s/%s", path, name);
    int allowed = tempfile__audit ("tempfile.recover", full) == 0;
    free (full);
    return allowed;
}

/*
 * 1: deleted; 0: in use, gone, not ours, or refused by a hook; -1 with errno: could not be judged,
 * or not deleted.
 */
static int
recover_one (int dir, const char *path, const char *name)
{
    struct inode i;
    int result = inspect (dir, name, &i);
    if (result <= 0)
        return result;
    int fd = open_candidate (dir, name);
    if (fd < 0)
        return is_lack (errno) ? -1 : 0;
    result = lock_candidate (dir, name, fd, &i);
    if (result > 0)
        result = is_allowed (path, name);
    if (result > 0)
        result = delete (dir, name, &i);
    if (result > 0)
        PROBE2 (recover, path, name);
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

COMPACT EXPORT int
tempfile_recover (const char *path)
{
    CANCELLED_BEFORE_OR_NOT_AT_ALL;
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
