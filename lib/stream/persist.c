/* SPDX-License-Identifier: MIT */
/*
 * tempfile_persist(): the temporary file becomes PATH, in one step that others see whole or not
 * at all.
 *
 *     named, replacing        rename
 *     named, not replacing    renameat2, or link and unlink
 *     unnamed, not replacing  linkat of the descriptor
 *     unnamed, replacing      linkat to a fresh name beside PATH, and rename
 *
 * The name of a file may have been taken by another in the meantime, which is not published: what
 * it leads to is compared with the descriptor.
 *
 * All that can fail for other reasons is done before that step: memory for the new name, writing
 * out, syncing. So a failure leaves the file the temporary it was. After the step nothing fails but
 * the sync of the directory.
 */
#include "base/export.h"

#include "base/cancel.h"
#include "base/error.h"
#include "base/retry.h"
#include "create/create.h"
#include "create/tempdir.h"
#include "stream/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The directory of the absolute PATH, for the caller to free; or NULL: no memory. */
static char *
parent (const char *path)
{
    size_t length = (size_t) (strrchr (path, '/') - path);
    return strndup (path, length ? length : 1);
}

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
    char *dir_a = parent (a), *dir_b = parent (b);
    bool same = !dir_a || !dir_b || stat (dir_a, &above_a) < 0 || stat (dir_b, &above_b) < 0 ||
                same_inode (&above_a, &above_b);
    free (dir_a);
    free (dir_b);
    return same;
}

/* Where TO is a link to the same file already, rename(2) does nothing, and FROM would stay. */
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

/* What has the name is what is to be published. */
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

/* EPERM may be a sandbox's; if it is not, link(2) says so, too. */
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
    char *dir = parent (path);
    errno = dir && stat (dir, &st) == 0 ? ENOTSUP : ENOENT;
    free (dir);
    return -1;
}

static int
link_descriptor (const char *path, void *arg)
{
    int fd = *(int *) arg;
    char name[32];
    snprintf (name, sizeof name, "/proc/self/fd/%d", fd);
    if (linkat (AT_FDCWD, name, AT_FDCWD, path, AT_SYMLINK_FOLLOW) == 0)
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

/* What rename(2) will certainly refuse. */
static int
check_replaceable (const char *path)
{
    struct stat st;
    if (lstat (path, &st) < 0 || !S_ISDIR (st.st_mode))
        return 0;
    errno = EISDIR;
    return -1;
}

/*
 * The fresh name is in the registry while it exists. Once it has existed, the kernel gives the
 * file no other: so nothing is tried that is bound to fail.
 */
static int
link_replacing (int fd, const char *path)
{
    struct settings s = tempfile__settings_unnamed ();
    struct entry *fresh;
    if (check_replaceable (path) < 0)
        return -1;
    struct maker maker = {EVENT_MKSTEMP, link_descriptor, NULL, &fd};
    char *dir = parent (path);
    int result = dir ? tempfile__create_entry (dir, &s, NULL, &maker, &fresh) : -1;
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

/*
 * With the directory open beforehand, so that of what follows the step only the sync itself can
 * fail. Returns 0; -1 with errno: nothing has changed; 1 with errno: that sync has failed.
 */
static int
become_synced (int fd, const char *from, const char *path, unsigned flags)
{
    char *name = parent (path);
    int dir = name ? open_retrying (name, O_RDONLY | O_DIRECTORY, 0) : -1;
    int result = dir < 0 || fsync_retrying (fd) < 0 ? -1 : become (fd, from, path, flags);
    if (result == 0 && fsync_retrying (dir) < 0)
        result = 1;
    int err = errno;
    if (dir >= 0)
        close (dir);
    free (name);
    errno = err;
    return result;
}

/* An earlier write that failed means that the file is not whole, whatever is written now. */
static int
write_out (FILE *f, const struct stream *s)
{
    if (s && s->failed)
        return tempfile__fail_system (s->failed, "cannot persist: an earlier write failed");
    if (!s && ferror (f))
        return tempfile__fail (EIO, "cannot persist: the stream has had an error");
    unsigned before = tempfile__failures ();
    if (fflush (f) != 0)
        return tempfile__fail_unless_told (before, errno, "cannot persist: writing out failed");
    return 0;
}

/* What is not possible here, in more words than the system has. */
static const char *
why_not (int err, bool named, unsigned flags)
{
    if (err == ESTALE)
        return ": another file has taken the temporary one's name";
    if (err == EXDEV)
        return ": it is on another file system, make the temporary file in its directory";
    if (err != ENOTSUP)
        return "";
    if (!named)
        return ": the file has no name and can get none here, a named one can";
    return flags & TEMPFILE_NOREPLACE
               ? ": the file system can neither link nor rename without replacing"
               : "";
}

/* E, which holds PATH, is the stream's when this succeeds, and else still the caller's. */
static int
persist_as (FILE *f, struct stream *s, struct entry *e, unsigned flags)
{
    const char *path = tempfile__entry_path (e);
    struct entry **place = s ? &s->entry : tempfile__stream_plain_entry (f, true);
    int fd = tempfile_fileno (f);
    if (!place || fd < 0)
        return -1;
    const char *from = *place ? tempfile__entry_path (*place) : NULL;
    int result = flags & TEMPFILE_SYNC ? become_synced (fd, from, path, flags)
                                       : become (fd, from, path, flags);
    int err = errno;
    if (result < 0)
        return tempfile__fail_system (err, "cannot persist as '%s'%s", path,
                                      why_not (err, from, flags));
    tempfile__entry_succeed (e, *place);
    *place = e;
    if (s) {
        s->delete_when = TEMPFILE_DELETE_NEVER;
        s->recoverable = false;
    }
    if (result > 0)
        tempfile__fail_system (err, "'%s' is in place, but perhaps not yet on disk", path);
    return result > 0 ? -1 : 0;
}

static int
persist_locked (FILE *f, char *path, unsigned flags)
{
    struct stream *s = tempfile__stream_find (f);
    struct entry *e = tempfile__entry_new (path, NULL);
    if (!e)
        return -1;
    int result = write_out (f, s);
    if (result == 0)
        result = persist_as (f, s, e, flags);
    int err = errno;
    if (!tempfile__entry_is_kept (e))
        tempfile__entry_delete (e);
    errno = err;
    return result;
}

/* TARGET, as a symbolic link with the name PATH has it; PATH is freed. */
static char *
read_from (char *path, const char *target)
{
    char *dir = *target == '/' ? NULL : parent (path);
    size_t size = (dir ? strlen (dir) : 0) + 1 + strlen (target) + 1;
    char *result = *target == '/' || dir ? malloc (size) : NULL;
    if (result)
        snprintf (result, size, "%s%s%s", dir ? dir : "", dir ? "/" : "", target);
    free (dir);
    free (path);
    return result;
}

/* What PATH leads to in the end, whether or not there is something: for the caller to free, as PATH
 * was; or NULL with errno. */
static char *
follow (char *path)
{
    enum { LINKS = 40 };
    char target[PATH_MAX];
    int err = ELOOP;
    for (int i = 0; path && i < LINKS; i++) {
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

static int
check_arguments (FILE *f, const char *path, unsigned flags)
{
    if (!f || !path)
        return tempfile__fail (EINVAL, "tempfile_persist: no %s", f ? "path" : "stream");
    if (flags & ~(unsigned) (TEMPFILE_NOREPLACE | TEMPFILE_SYNC | TEMPFILE_FOLLOW))
        return tempfile__fail (EINVAL, "flags %#x: unknown to tempfile_persist", flags);
    if (!*path)
        return tempfile__fail (ENOENT, "path '': is empty");
    if (path[strlen (path) - 1] == '/')
        return tempfile__fail (EISDIR, "path '%s': is a directory's", path);
    return 0;
}

EXPORT int
tempfile_persist (FILE *f, const char *path, unsigned flags)
{
    CANCELLED_BEFORE_OR_NOT_AT_ALL;
    if (check_arguments (f, path, flags) < 0)
        return -1;
    char *absolute = tempfile__absolute (path);
    if (absolute && flags & TEMPFILE_FOLLOW)
        absolute = follow (absolute);
    if (!absolute)
        return tempfile__fail_system (errno, "path '%s'", path);
    flockfile (f);
    int result = persist_locked (f, absolute, flags);
    int err = errno;
    funlockfile (f);
    errno = err;
    return result;
}
