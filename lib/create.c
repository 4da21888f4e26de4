/* SPDX-License-Identifier: MIT */
/*
 * Creation. A file without a name is made by O_TMPFILE, where the kernel and the file system have
 * it, and otherwise under a fresh name that is unlinked at once. A file with a name is made with
 * O_EXCL under a fresh name, which the registry knows before the file can exist.
 *
 * What is made is close-on-exec from the start and never wider than asked for; where the umask
 * made it narrower, that is undone before anyone sees the descriptor.
 */
#include "export.h"

#include "audit.h"
#include "create.h"
#include "error.h"
#include "name.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* With names of 64 random bits a second try is a rarity; a hundredth means that somebody plays. */
enum { TRIES = 100 };

static int
open_retrying (const char *path, int flags, mode_t permissions)
{
    int fd;
    do
        fd = open (path, flags | O_CLOEXEC, permissions);
    while (fd < 0 && errno == EINTR);
    return fd;
}

/* A file system without permissions, such as FAT, has no say in this. */
static int
fix_permissions (int fd, mode_t permissions)
{
    struct stat st;
    if (fstat (fd, &st) < 0)
        return -1;
    if ((st.st_mode & 07777) == permissions || fchmod (fd, permissions) == 0)
        return 0;
    return errno == EPERM || errno == ENOTSUP ? 0 : -1;
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
    memcpy (path, dir, length);
    path[length] = '/';
    memcpy (path + length + 1, s->prefix, prefix);
    memcpy (path + *random + tempfile__random_length (s), s->suffix, suffix + 1);
    return path;
}

static struct entry *
reserve (const char *dir, const struct settings *s, size_t *random)
{
    char *path = make_path (dir, s, random);
    if (path)
        return tempfile__entry_new (path);
    tempfile__fail_system (ENOMEM, "dir '%s'", dir);
    return NULL;
}

/*
 * Until it is locked, a new file looks abandoned to tempfile_recover(), which may have locked it
 * first, or deleted it. Then it was never ours: EEXIST, and another name is tried.
 */
static int
lock_new (int fd, const char *path)
{
    struct stat st;
    int err = EEXIST;
    if (flock (fd, LOCK_EX | LOCK_NB) < 0)
        err = errno == EWOULDBLOCK ? EEXIST : errno;
    else if (fstat (fd, &st) < 0)
        err = errno;
    else if (st.st_nlink > 0)
        return fd;
    unlink (path);
    close (fd);
    errno = err;
    return -1;
}

/* 0, -1 with errno, or CREATE_REFUSED. */
static int
make_once (struct entry *e, make_fn *make, void *arg)
{
    if (tempfile__entry_pending (e) < 0)
        return CREATE_REFUSED;
    if (make (tempfile__entry_path (e), arg) == 0)
        return tempfile__entry_created (e) < 0 ? CREATE_REFUSED : 0;
    int err = errno;
    if (tempfile__entry_not_created (e) < 0)
        return CREATE_REFUSED;
    errno = err;
    return -1;
}

static int
try_names (const char *dir, const struct settings *s, struct entry *e, size_t random, make_fn *make,
           void *arg)
{
    char *path = tempfile__entry_path (e);
    for (int i = 0; i < TRIES; i++) {
        if (tempfile__name_random (path + random, s->recoverable) < 0 ||
            tempfile__audit ("tempfile.mkstemp", path) < 0)
            return CREATE_REFUSED;
        int result = make_once (e, make, arg);
        if (result == 0 || result == CREATE_REFUSED)
            return result;
        if (errno != EEXIST)
            return failure (errno, dir);
    }
    tempfile__fail (EEXIST, "dir '%s': no unused name in %d tries", dir, TRIES);
    return CREATE_REFUSED;
}

int
tempfile__create_entry (const char *dir, const struct settings *s, make_fn *make, void *arg,
                        struct entry **entry)
{
    size_t random;
    struct entry *e = reserve (dir, s, &random);
    if (!e)
        return CREATE_REFUSED;
    int result = try_names (dir, s, e, random, make, arg);
    if (result < 0) {
        int err = errno;
        tempfile__entry_delete (e);
        errno = err;
        return result;
    }
    *entry = e;
    return 0;
}

struct new_file {
    const struct settings *settings;
    int fd;
};

static int
make_file (const char *path, void *arg)
{
    struct new_file *new = arg;
    const struct settings *s = new->settings;
    new->fd = open_retrying (path, s->mode.flags | O_CREAT | O_EXCL | O_NOFOLLOW, s->permissions);
    if (new->fd >= 0 && s->recoverable)
        new->fd = lock_new (new->fd, path);
    return new->fd < 0 ? -1 : 0;
}

int
tempfile__create_named (const char *dir, const struct settings *s, struct entry **entry)
{
    struct new_file new = {s, -1};
    int result = tempfile__create_entry (dir, s, make_file, &new, entry);
    int err = errno;
    if (result == 0 && fix_permissions (new.fd, s->permissions) == 0)
        return new.fd;
    if (result == 0) {
        result = failure (errno, dir);
        err = errno;
        tempfile__entry_delete (*entry);
    }
    if (new.fd >= 0)
        close (new.fd);
    errno = err;
    return result;
}

static int
create_and_unlink (const char *dir, const struct settings *s)
{
    struct entry *e;
    int fd = tempfile__create_named (dir, s, &e);
    if (fd < 0)
        return fd;
    int err = tempfile__entry_delete (e);
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
    return err == EOPNOTSUPP || err == EISDIR || err == EINVAL || err == ENOSYS;
}

static int
create_nameless (const char *dir, const struct settings *s)
{
    if (tempfile__audit ("tempfile.mkstemp", dir) < 0)
        return CREATE_REFUSED;
    int fd = open_retrying (dir, s->mode.flags | O_TMPFILE, s->permissions);
    if (fd < 0)
        return lacks_tmpfile (errno) ? create_and_unlink (dir, s) : failure (errno, dir);
    return fix_permissions (fd, s->permissions) < 0 ? close_failing (fd, dir) : fd;
}
#else
static int
create_nameless (const char *dir, const struct settings *s)
{
    return create_and_unlink (dir, s);
}
#endif

/* O_TMPFILE insists on write access, so a file for reading only takes the long way. */
int
tempfile__create_unnamed (const char *dir, const struct settings *s)
{
    return s->mode.writable ? create_nameless (dir, s) : create_and_unlink (dir, s);
}

int
tempfile__create_probe (const char *dir)
{
    struct settings s;
    if (tempfile__options_parse (&s, KIND_UNNAMED, NULL, 0) < 0)
        return CREATE_REFUSED;
    int fd = tempfile__create_unnamed (dir, &s);
    if (fd < 0)
        return fd;
    close (fd);
    return 0;
}
