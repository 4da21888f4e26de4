/* SPDX-License-Identifier: MIT */
/*
 * Creation under fresh names: names are tried until something could be made under one, by O_EXCL,
 * mkdir(2) or whatever a maker does. Nothing here is remembered: registered.c is about names that
 * the registry knows, unnamed.c about files that have none, directory.c about directories.
 *
 * What is made is close-on-exec from the start and never wider than asked for; where the umask
 * made it narrower, that is undone before anyone sees the descriptor, unless it is asked for.
 */
#include "base/export.h"

#include "base/audit.h"
#include "base/error.h"
#include "base/probe.h"
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

bool
tempfile__lacks_permissions (int err)
{
    return err == EPERM || err == ENOTSUP || err == ENOSYS;
}

int
tempfile__fix_permissions (int fd, const struct stat *st, const struct settings *s)
{
    if (s->heeds_umask || (st->st_mode & 07777) == s->permissions ||
        fchmod (fd, s->permissions) == 0)
        return 0;
    return tempfile__lacks_permissions (errno) ? 0 : -1;
}

int
tempfile__create_failure (int err, const char *dir)
{
    bool refused = err == EMFILE || err == ENFILE || err == ENOMEM;
    tempfile__fail_system (err, refused ? "no file could be made in '%s'" : "dir '%s'", dir);
    return refused ? CREATE_REFUSED : CREATE_FAILED;
}

char *
tempfile__make_path (const char *dir, const struct settings *s, size_t *random)
{
    size_t length = strlen (dir);
    while (length > 0 && dir[length - 1] == '/')
        length--;
    size_t prefix = strlen (s->prefix);
    size_t suffix = strlen (s->suffix);
    char *path =
        malloc (length + 1 + prefix + tempfile__random_length (s->recoverable) + suffix + 1);
    if (!path)
        return NULL;
    *random = length + 1 + prefix;
    /* NOLINTNEXTLINE(bugprone-not-null-terminated-result): the suffix brings the end */
    memcpy (path, dir, length);
    path[length] = '/';
    memcpy (path + length + 1, s->prefix, prefix);
    memcpy (path + *random + tempfile__random_length (s->recoverable), s->suffix, suffix + 1);
    return path;
}

int
tempfile__lock_new (int fd, const char *path, struct stat *st)
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
    int known = s->recoverable ? tempfile__lock_new (fd, path, &st) : fstat (fd, &st);
    if (known == 0 && tempfile__fix_permissions (fd, &st, s) == 0) {
        PROBE1 (mkstemp, path);
        return fd;
    }
    int err = errno;
    close (fd);
    unlink (path);
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
        return tempfile__create_failure (err, dir);
    tempfile__fail_system (err, "'%s'", path);
    return CREATE_FAILED;
}

int
tempfile__try_names (const char *dir, char *path, size_t random, bool tagged, const struct maker *m)
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
    char *path = tempfile__make_path (dir, s, &random);
    if (!path) {
        tempfile__fail_system (ENOMEM, "dir '%s'", dir);
        return CREATE_REFUSED;
    }
    int made = tempfile__try_names (dir, path, random, s->recoverable, m);
    if (made >= 0) {
        *result = path;
        return made;
    }
    int err = errno;
    free (path);
    errno = err;
    return made;
}
