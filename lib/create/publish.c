/* SPDX-License-Identifier: MIT */
/*
 * The temporary file becomes PATH, in one step that others see whole or not at all.
 *
 *     named, replacing        rename
 *     named, not replacing    renameat2, or link and unlink
 *     unnamed, not replacing  linkat of the descriptor
 *     unnamed, replacing      linkat to a fresh name beside PATH, which is recoverable, and rename
 *
 * Where none of these is possible, for instance on another file system, a copy can become PATH. The
 * copy is recoverable until then, and only its owner may open it until the data are in it.
 *
 * Another file may have taken the name of the temporary file. It is not published: the file that
 * has the name is compared with the descriptor.
 *
 * Everything else that can fail is done before that step: permissions, syncing. So after a failure
 * the file is a temporary file as before. After the step only the sync of the directory can fail.
 */
#include "base/export.h"

#include "base/attributes.h"
#include "base/copy.h"
#include "base/descriptor.h"
#include "base/error.h"
#include "base/inode.h"
#include "base/probe.h"
#include "base/retry.h"
#include "create/create.h"
#include "create/path.h"
#include "create/publish.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* PATH is in place, but this failed afterwards. */
enum { NOT_SYNCED = 1, NOT_REMOVED };

static bool
same_inode (const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* Whether NAME is one of the file ST. */
static bool
leads_to (const char *name, const struct stat *st)
{
    struct stat named;
    return lstat (name, &named) == 0 && same_inode (&named, st);
}

/* Whether both absolute paths are the same name in the same directory. */
static bool
same_name (const char *a, const char *b)
{
    struct stat above_a, above_b;
    if (strcmp (strrchr (a, '/'), strrchr (b, '/')) != 0)
        return false;
    char *dir_a = tempfile__parent (a), *dir_b = tempfile__parent (b);
    bool same = !dir_a || !dir_b || stat (dir_a, &above_a) < 0 || stat (dir_b, &above_b) < 0 ||
                same_inode (&above_a, &above_b);
    free (dir_a);
    free (dir_b);
    return same;
}

/* If TO is a link to the same file already, rename(2) does nothing; so FROM is removed here. */
static int
move_over (int fd, const char *from, const char *to)
{
    struct stat st;
    if (fstat (fd, &st) < 0 || rename (from, to) < 0)
        return -1;
    if (st.st_nlink < 2 || !leads_to (from, &st) || same_name (from, to))
        return 0;
    return unlink (from);
}

/* 0 if the file that has the name is the one to be published. */
static int
check_name (int fd, const char *name)
{
    struct stat st, named;
    if (fstat (fd, &st) < 0 || lstat (name, &named) < 0)
        return -1;
    errno = ESTALE;
    return same_inode (&st, &named) ? 0 : -1;
}

/* What link(2) says where a file system, such as FAT, has no hard links. */
static bool
lacks_links (int err)
{
    return err == EPERM || err == ENOSYS || err == EOPNOTSUPP;
}

/* EPERM may come from a sandbox; if it does not, link(2) fails with it as well. */
static int
move_anew (const char *from, const char *to)
{
    int refused = ENOSYS;
#ifdef HAVE_RENAMEAT2
    if (renameat2 (AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
        return 0;
    refused = errno;
    if (refused != ENOSYS && refused != EINVAL && refused != EPERM)
        return -1;
#endif
    if (link (from, to) < 0) {
        if (refused != EPERM && lacks_links (errno))
            errno = ENOTSUP;
        return -1;
    }
    if (unlink (from) == 0)
        return 0;
    int err = errno;
    unlink (to);
    errno = err;
    return -1;
}

/* Only a file made by O_TMPFILE can be linked; one that had a name and lost it cannot, which the
 * kernel calls ENOENT, like a missing directory. */
static int
tell_unlinkable (const char *path)
{
    struct stat st;
    char *dir = tempfile__parent (path);
    errno = dir && stat (dir, &st) == 0 ? ENOTSUP : ENOENT;
    free (dir);
    return -1;
}

static int
link_descriptor (const char *path, void *arg)
{
    int fd = *(int *) arg;
    char name[DESCRIPTOR_NAME];
    if (linkat (AT_FDCWD, tempfile__descriptor_name (name, fd), AT_FDCWD, path,
                AT_SYMLINK_FOLLOW) == 0)
        return 0;
    if (errno != ENOENT)
        return -1;
#ifdef AT_EMPTY_PATH
    if (linkat (fd, "", AT_FDCWD, path, AT_EMPTY_PATH) == 0)
        return 0;
    if (errno != ENOENT)
        return -1;
#endif
    return tell_unlinkable (path);
}

/* -1 with errno if rename(2) is certain to fail. */
static int
check_replaceable (const char *path)
{
    struct stat st;
    if (lstat (path, &st) < 0 || !S_ISDIR (st.st_mode))
        return 0;
    errno = EISDIR;
    return -1;
}

/* The fresh name is in the registry while it exists. The kernel gives a file that has had a name no
 * other name, so a rename that is certain to fail is not tried. */
static int
link_and_move (int fd, const char *path, const struct settings *s)
{
    struct entry *fresh;
    struct maker maker = {EVENT_MKSTEMP, link_descriptor, NULL, &fd};
    char *dir = tempfile__parent (path);
    int result = dir ? tempfile__create_entry (dir, s, NULL, &maker, &fresh) : -1;
    int err = errno;
    free (dir);
    errno = err;
    if (result < 0)
        return -1;
    /* NOLINTNEXTLINE(clang-analyzer-core.CallAndMessage): with a result of 0 or more it is set */
    if (move_over (fd, tempfile__entry_path (fresh), path) == 0) {
        tempfile__entry_succeed (fresh, NULL);
        tempfile__entry_leave (fresh);
        return 0;
    }
    err = errno;
    tempfile__entry_discard (fresh);
    errno = err;
    return -1;
}

/* By an opening of its own, for a lock through FD would be the caller's. If the caller has one, the
 * file is locked as it is. -1: it cannot be locked. */
static int
open_locked (int fd)
{
    int lock = tempfile__open_descriptor (fd, O_RDONLY);
    if (lock < 0 || lock_retrying (lock) == 0 || errno == EWOULDBLOCK)
        return lock;
    close (lock);
    return -1;
}

/* Should the process be killed meanwhile, tempfile_recover() finds the fresh name where the file
 * can be locked. */
static int
link_replacing (int fd, const char *path)
{
    struct settings s = tempfile__settings_unnamed ();
    if (check_replaceable (path) < 0)
        return -1;
    int lock = open_locked (fd);
    s.recoverable = lock >= 0;
    int result = link_and_move (fd, path, &s);
    int err = errno;
    if (lock >= 0)
        close (lock);
    errno = err;
    return result;
}

/* The one step. FROM is the file's name, NULL when it has none. */
static int
become (int fd, const char *from, const char *path, unsigned flags)
{
    if (from && check_name (fd, from) < 0)
        return -1;
    if (from)
        return flags & TEMPFILE_NOREPLACE ? move_anew (from, path) : move_over (fd, from, path);
    return flags & TEMPFILE_NOREPLACE ? link_descriptor (path, &fd) : link_replacing (fd, path);
}

/* What PATH is, if it is an ordinary file: a descriptor, or where it may not be read a handle; -1
 * with ENOENT for anything else, and with any other errno. */
static int
open_replaced (const char *path)
{
    struct stat st;
    if (lstat (path, &st) < 0)
        return -1;
    errno = ENOENT;
    if (!S_ISREG (st.st_mode))
        return -1;
    int fd = open_retrying (path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0);
    if (fd >= 0 || errno == ENOENT)
        return fd;
    return open_retrying (path, HANDLE | O_NOFOLLOW, 0);
}

/* Where there is nothing to be like, the permissions stay. */
static int
become_like (int fd, const char *path)
{
    int other = open_replaced (path);
    if (other < 0)
        return errno == ENOENT ? 0 : -1;
    int result = tempfile__take_attributes (fd, other);
    int err = errno;
    close (other);
    errno = err;
    return result;
}

/* So that what is on disk has its permissions. */
static int
prepare (int fd, const char *path, unsigned flags)
{
    if (flags & TEMPFILE_LIKE_TARGET && become_like (fd, path) < 0)
        return -1;
    return flags & TEMPFILE_SYNC ? fsync_retrying (fd) : 0;
}

/* As tempfile__publish(), without the message and copying nothing. DIR is the directory of PATH if
 * that is to be synced, else -1. */
static int
publish_in (int dir, int fd, const char *from, const char *path, unsigned flags)
{
    if (prepare (fd, path, flags) < 0 || become (fd, from, path, flags) < 0)
        return -1;
    return dir >= 0 && fsync_retrying (dir) < 0 ? NOT_SYNCED : 0;
}

/* A descriptor that is for writing only has to be opened once more. */
static int
copy_data (int fd, int to)
{
    if ((fcntl (fd, F_GETFL) & O_ACCMODE) != O_WRONLY)
        return tempfile__copy_data (fd, to);
    int reader = tempfile__open_descriptor (fd, O_RDONLY);
    int result = reader < 0 ? -1 : tempfile__copy_data (reader, to);
    int err = errno;
    if (reader >= 0)
        close (reader);
    errno = err;
    return result;
}

/* E is the name of TO, a new file. */
static int
fill_and_publish (int dir, int fd, int to, struct entry *e, const char *path, unsigned flags)
{
    int result = copy_data (fd, to) < 0 || tempfile__take_attributes (to, fd) < 0
                     ? -1
                     : publish_in (dir, to, tempfile__entry_path (e), path, flags);
    int err = errno;
    if (result < 0) {
        tempfile__entry_discard (e);
        close (to);
    } else {
        tempfile__entry_succeed (e, NULL);
        tempfile__entry_leave (e);
        flock (to, LOCK_UN);
    }
    errno = err;
    return result;
}

static int
publish_copy (int dir, int fd, const char *path, unsigned flags, int *copy)
{
    struct settings s = tempfile__settings_unnamed ();
    struct entry *e = NULL;
    s.recoverable = true;
    char *parent = tempfile__parent (path);
    int to = parent ? tempfile__create_named (parent, &s, &e) : -1;
    int err = errno;
    free (parent);
    errno = err;
    if (to < 0)
        return -1;
    int result = fill_and_publish (dir, fd, to, e, path, flags);
    if (result >= 0)
        *copy = to;
    return result;
}

/* What the kernel says of another file system, or of a file that cannot have a name. */
static bool
is_for_copying (int err, const char *from, unsigned flags)
{
    return flags & TEMPFILE_COPY && (err == EXDEV || (!from && err == ENOTSUP));
}

/* 0, also if the name is gone, or another file's. */
static int
remove_copied (int fd, const char *from)
{
    const bool removed = check_name (fd, from) == 0 && unlink (from) == 0;
    return removed || errno == ENOENT || errno == ESTALE ? 0 : -1;
}

/* The temporary file goes last; when it cannot, PATH is in place all the same. */
static int
publish_somehow (int dir, int fd, const char *from, const char *path, unsigned flags, int *copy)
{
    int result = publish_in (dir, fd, from, path, flags);
    if (result >= 0 || !is_for_copying (errno, from, flags))
        return result;
    result = check_replaceable (path) < 0 ? -1 : publish_copy (dir, fd, path, flags, copy);
    int err = errno;
    if (result >= 0 && from && remove_copied (fd, from) < 0)
        return NOT_REMOVED;
    errno = err;
    return result;
}

/* With the directory open beforehand, so that of what follows the step only the sync itself can
 * fail. */
static int
publish_synced (int fd, const char *from, const char *path, unsigned flags, int *copy)
{
    char *name = tempfile__parent (path);
    int dir = name ? open_retrying (name, O_RDONLY | O_DIRECTORY, 0) : -1;
    int result = dir < 0 ? -1 : publish_somehow (dir, fd, from, path, flags, copy);
    int err = errno;
    if (dir >= 0)
        close (dir);
    free (name);
    errno = err;
    return result;
}

/* What is not possible here, in more words than the system has. */
static const char *
why_not (int err, bool named, unsigned flags)
{
    if (err == ESTALE)
        return ": another file has taken the temporary one's name";
    if (err == EXDEV)
        return ": they are on different file systems, make the temporary file in that directory or "
               "give TEMPFILE_COPY";
    if (err != ENOTSUP)
        return "";
    if (!named)
        return ": the file has no name and can get none here, a named one can";
    return flags & TEMPFILE_NOREPLACE
               ? ": the file system can neither link nor rename without replacing"
               : "";
}

int
tempfile__publish (int fd, const char *from, const char *path, unsigned flags, int *copy)
{
    *copy = -1;
    int result = flags & TEMPFILE_SYNC ? publish_synced (fd, from, path, flags, copy)
                                       : publish_somehow (-1, fd, from, path, flags, copy);
    int err = errno;
    const char *quote = from ? "'" : "";
    if (result < 0)
        return tempfile__fail_system (err, "cannot persist %s%s%s as '%s'%s", quote,
                                      from ? from : "a file without a name", quote, path,
                                      why_not (err, from, flags));
    PROBE2 (persist, from, path);
    if (result > 0)
        tempfile__fail_system (err, "'%s' is in place, but %s", path,
                               result == NOT_SYNCED ? "perhaps not yet on disk"
                                                    : "the temporary file is still there");
    return result;
}

enum {
    FLAGS =
        TEMPFILE_NOREPLACE | TEMPFILE_SYNC | TEMPFILE_COPY | TEMPFILE_LIKE_TARGET | TEMPFILE_FOLLOW
};

char *
tempfile__publish_path (const char *call, const char *path, unsigned flags)
{
    int refused = 0;
    if (!path)
        refused = tempfile__fail (EINVAL, "%s: no path", call);
    else if (flags & ~(unsigned) FLAGS)
        refused = tempfile__fail (EINVAL, "flags %#x: unknown to %s", flags, call);
    else if (!*path)
        refused = tempfile__fail (ENOENT, "path '': is empty");
    else if (path[strlen (path) - 1] == '/')
        refused = tempfile__fail (EISDIR, "path '%s': is a directory's", path);
    if (refused < 0)
        return NULL;
    char *result = flags & TEMPFILE_FOLLOW ? tempfile__target (path) : tempfile__absolute (path);
    if (!result)
        tempfile__fail_system (errno, "path '%s'", path);
    return result;
}
