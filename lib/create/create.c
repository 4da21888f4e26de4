/* SPDX-License-Identifier: MIT */
/*
 * Creation. A file without a name is made by O_TMPFILE, where the kernel and the file system have
 * it, and otherwise under a fresh name that is unlinked at once. A file with a name is made with
 * O_EXCL under a fresh name, which the registry knows before the file can exist. Directories, and
 * what the caller answers for, are made under fresh names in the same way.
 *
 * What is made is close-on-exec from the start and never wider than asked for; where the umask
 * made it narrower, that is undone before anyone sees the descriptor.
 */
#include "base/export.h"

#include "base/audit.h"
#include "base/error.h"
#include "base/retry.h"
#include "create/create.h"
#include "create/name.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* With names of 64 random bits a second try is a rarity; a hundredth means that somebody plays. */
enum { TRIES = 100 };

/* What chmod(2) says where a file system, such as FAT, or a sandbox knows no permissions. */
static bool
lacks_permissions (int err)
{
    return err == EPERM || err == ENOTSUP || err == ENOSYS;
}

/* ST is what FD is. */
static int
fix_permissions (int fd, const struct stat *st, mode_t permissions)
{
    if ((st->st_mode & 07777) == permissions || fchmod (fd, permissions) == 0)
        return 0;
    return lacks_permissions (errno) ? 0 : -1;
}

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
    return result == 0 || lacks_permissions (err) ? 0 : -1;
}

/* Whether the kind of failure says something about the directory, so that another may do. */
static int
failure (int err, const char *dir)
{
    bool refused = err == EMFILE || err == ENFILE || err == ENOMEM;
    tempfile__fail_system (err, "dir '%s'", dir);
    return refused ? CREATE_REFUSED : CREATE_FAILED;
}

static int
close_failing (int fd, const char *dir)
{
    int err = errno;
    close (fd);
    return failure (err, dir);
}

/* DIR '/' PREFIX random SUFFIX, the random part not filled in; where that begins goes to *RANDOM.
 */
static char *
make_path (const char *dir, const struct settings *s, size_t *random)
{
    size_t length = strlen (dir);
    while (length > 0 && dir[length - 1] == '/')
        length--;
    size_t prefix = strlen (s->prefix);
    size_t suffix = strlen (s->suffix);
    char *path = malloc (length + 1 + prefix + tempfile__random_length (s) + suffix + 1);
    if (!path)
        return NULL;
    *random = length + 1 + prefix;
    /* NOLINTNEXTLINE(bugprone-not-null-terminated-result): the suffix brings the end */
    memcpy (path, dir, length);
    path[length] = '/';
    memcpy (path + length + 1, s->prefix, prefix);
    memcpy (path + *random + tempfile__random_length (s), s->suffix, suffix + 1);
    return path;
}

/*
 * Until it is locked, what is new and recoverable looks abandoned to tempfile_recover(), which may
 * have locked it first, or deleted it. Then it was never ours: EEXIST, and another name is tried.
 * The number of links does not tell: NFS and FUSE keep what is open under a name of their own.
 * What it is goes to *ST.
 */
static int
lock_new (int fd, const char *path, struct stat *st)
{
    struct stat now = {0};
    if (lock_retrying (fd) < 0) {
        errno = errno == EWOULDBLOCK ? EEXIST : errno;
        return -1;
    }
    if (fstat (fd, st) < 0 || (lstat (path, &now) < 0 && errno != ENOENT))
        return -1;
    if (now.st_dev == st->st_dev && now.st_ino == st->st_ino)
        return 0;
    errno = EEXIST;
    return -1;
}

int
tempfile__make_file (const char *path, void *settings)
{
    const struct settings *s = settings;
    int fd = open_retrying (path, s->mode.flags | O_CREAT | O_EXCL | O_NOFOLLOW, s->permissions);
    if (fd < 0)
        return fd;
    struct stat st;
    int known = s->recoverable ? lock_new (fd, path, &st) : fstat (fd, &st);
    if (known == 0 && fix_permissions (fd, &st, s->permissions) == 0)
        return fd;
    int err = errno;
    close (fd);
    unlink (path);
    errno = err;
    return CREATE_FAILED;
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
    int result = lock_new (fd, path, &st);
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
    if (fd >= 0 && fix_directory (path, s->permissions) == 0)
        return fd;
    int err = errno;
    if (fd > 0)
        close (fd);
    rmdir (path);
    errno = err;
    return CREATE_FAILED;
}

/*
 * A server of FUSE looks at what it has just made, where tempfile_recover() may have been faster.
 * That does not come often in a row, and ENOENT may also mean that the name is refused.
 */
static bool
is_gone_again (const char *dir, bool tagged, int err, int tries)
{
    enum { IN_A_ROW = 10 };
    struct stat st;
    return tagged && err == ENOENT && tries < IN_A_ROW && stat (dir, &st) == 0;
}

/* In a directory that is there, what FAT and others say to characters that they do not take. */
static bool
refuses_name (const char *dir, int err)
{
    struct stat st;
    return (err == ENOENT || err == EINVAL || err == EILSEQ || err == ENAMETOOLONG) &&
           stat (dir, &st) == 0;
}

static int
fail_to_make (const char *dir, const char *path, int err)
{
    if (!refuses_name (dir, err))
        return failure (err, dir);
    tempfile__fail_system (err, "'%s'", path);
    return CREATE_FAILED;
}

/* Fills in one name after the other until something could be made under it. */
static int
try_names (const char *dir, char *path, size_t random, bool tagged, const struct maker *m)
{
    for (int i = 0; i < TRIES; i++) {
        if (tempfile__name_random (path + random, tagged) < 0 ||
            tempfile__audit (m->event, path) < 0)
            return CREATE_REFUSED;
        int result = m->make (path, m->arg);
        if (result != CREATE_FAILED)
            return result;
        int err = errno;
        if (err != EEXIST && !is_gone_again (dir, tagged, err, i))
            return fail_to_make (dir, path, err);
    }
    tempfile__fail (EEXIST, "dir '%s': no unused name in %d tries", dir, TRIES);
    return CREATE_REFUSED;
}

int
tempfile__create_path (const char *dir, const struct settings *s, const struct maker *m,
                       char **result)
{
    size_t random;
    char *path = make_path (dir, s, &random);
    if (!path) {
        tempfile__fail_system (ENOMEM, "dir '%s'", dir);
        return CREATE_REFUSED;
    }
    int made = try_names (dir, path, random, s->recoverable, m);
    if (made >= 0) {
        *result = path;
        return made;
    }
    int err = errno;
    free (path);
    errno = err;
    return made;
}

struct registered {
    const struct maker *maker;
    struct entry *entry;
};

/* What another maker makes, with the registry in step. */
static int
make_registered (const char *path, void *arg)
{
    const struct registered *r = arg;
    if (tempfile__entry_pending (r->entry) < 0)
        return CREATE_REFUSED; /* LCOV_EXCL_LINE: a walk in another thread, at this very moment */
    int result = r->maker->make (path, r->maker->arg);
    if (result >= 0 && tempfile__entry_created (r->entry) == 0)
        return result;
    int err = errno;
    if (result >= 0 && r->maker->undo)
        r->maker->undo (result);
    if (result >= 0 || tempfile__entry_not_created (r->entry) < 0)
        result = CREATE_REFUSED;
    errno = result == CREATE_REFUSED ? EINTR : err;
    return result;
}

int
tempfile__create_entry (const char *dir, const struct settings *s, enum entry_kind kind,
                        const struct maker *maker, struct entry **entry)
{
    size_t random;
    char *path = make_path (dir, s, &random);
    if (!path) {
        tempfile__fail_system (ENOMEM, "dir '%s'", dir);
        return CREATE_REFUSED;
    }
    struct entry *e = tempfile__entry_new (path, kind);
    if (!e)
        return CREATE_REFUSED;
    struct registered r = {maker, e};
    struct maker m = {maker->event, make_registered, NULL, &r};
    int result = try_names (dir, path, random, s->recoverable, &m);
    if (result >= 0) {
        *entry = e;
        return result;
    }
    int err = errno;
    tempfile__entry_delete (e);
    errno = err;
    return result;
}

static void
close_result (int fd)
{
    close (fd);
}

static void
close_lock (int fd)
{
    if (fd > 0)
        close (fd);
}

int
tempfile__create_named (const char *dir, struct settings *s, struct entry **entry)
{
    struct maker m = {EVENT_MKSTEMP, tempfile__make_file, close_result, s};
    return tempfile__create_entry (dir, s, ENTRY_FILE, &m, entry);
}

int
tempfile__create_directory (const char *dir, struct settings *s, struct entry **entry)
{
    struct maker m = {EVENT_MKDTEMP, tempfile__make_directory, close_lock, s};
    int lock = tempfile__create_entry (dir, s, ENTRY_DIRECTORY, &m, entry);
    if (lock > 0)
        tempfile__entry_own_lock (*entry, lock);
    return lock > 0 ? 0 : lock;
}

static int
create_and_unlink (const char *dir, struct settings *s)
{
    struct entry *e;
    int fd = tempfile__create_named (dir, s, &e);
    if (fd < 0)
        return fd;
    int err = tempfile__entry_discard (e);
    if (err == 0)
        return fd;
    errno = err;
    return close_failing (fd, dir);
}

#ifdef O_TMPFILE
/* What open(2) says where O_TMPFILE is unknown to the kernel, the file system or a sandbox. */
static bool
lacks_tmpfile (int err)
{
    return err == EOPNOTSUPP || err == EISDIR || err == EINVAL || err == ENOSYS || err == EPERM;
}

static int
create_nameless (const char *dir, struct settings *s)
{
    if (tempfile__audit (EVENT_MKSTEMP, dir) < 0)
        return CREATE_REFUSED;
    int fd = open_retrying (dir, s->mode.flags | O_TMPFILE, s->permissions);
    if (fd < 0)
        return lacks_tmpfile (errno) ? create_and_unlink (dir, s) : failure (errno, dir);
    struct stat st;
    if (fstat (fd, &st) < 0 || fix_permissions (fd, &st, s->permissions) < 0)
        return close_failing (fd, dir);
    return fd;
}
#else
static int
create_nameless (const char *dir, struct settings *s)
{
    return create_and_unlink (dir, s);
}
#endif

/* O_TMPFILE insists on write access, so a file for reading only takes the long way. */
int
tempfile__create_unnamed (const char *dir, struct settings *s)
{
    return s->mode.writable ? create_nameless (dir, s) : create_and_unlink (dir, s);
}

int
tempfile__create_probe (const char *dir)
{
    struct settings s;
    if (tempfile__options_parse (&s, KIND_UNNAMED, NULL, 0) < 0)
        return CREATE_REFUSED; /* LCOV_EXCL_LINE: the defaults are valid */
    int fd = tempfile__create_unnamed (dir, &s);
    if (fd < 0)
        return fd;
    close (fd);
    return 0;
}
