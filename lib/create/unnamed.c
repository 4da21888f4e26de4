/* SPDX-License-Identifier: MIT */
/*
 * Files without a name: made by O_TMPFILE, where the kernel and the file system have it, and
 * otherwise under a fresh name that is unlinked at once. Whoever has a registry of names hands in
 * how; without one no signal is let through between the two steps, so that neither its default
 * action nor a handler in this thread ends the process there. What another thread does can.
 */
#include "base/export.h"

#include "base/audit.h"
#include "base/error.h"
#include "base/probe.h"
#include "base/retry.h"
#include "create/create.h"
#include "life/hold.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static int
make_and_unlink (const char *path, void *settings)
{
    struct held held;
    tempfile__signals_hold (&held);
    int fd = tempfile__make_file (path, settings);
    int err = fd < 0 ? errno : unlink (path) == 0 || errno == ENOENT ? 0 : errno;
    tempfile__signals_release (&held);
    if (fd >= 0 && err)
        close (fd);
    errno = err;
    return err ? CREATE_FAILED : fd;
}

int
tempfile__create_unregistered (const char *dir, struct settings *s)
{
    struct maker m = {EVENT_MKSTEMP, make_and_unlink, NULL, s};
    char *path = NULL;
    int fd = tempfile__create_path (dir, s, &m, &path);
    int err = errno;
    free (path);
    errno = err;
    return fd;
}

#ifdef O_TMPFILE
/* What open(2) says where O_TMPFILE is unknown to the kernel, the file system or a sandbox. */
static bool
lacks_tmpfile (int err)
{
    return err == EOPNOTSUPP || err == EISDIR || err == EINVAL || err == ENOSYS || err == EPERM;
}

static int
close_failing (int fd, const char *dir)
{
    int err = errno;
    close (fd);
    return tempfile__create_failure (err, dir);
}

static int
create_nameless (const char *dir, struct settings *s, create_fn *create_with_name)
{
    if (tempfile__audit (EVENT_MKSTEMP, dir) < 0)
        return CREATE_REFUSED;
    int fd = open_retrying (dir, s->mode.flags | O_TMPFILE, s->permissions);
    if (fd < 0 && lacks_tmpfile (errno))
        return create_with_name (dir, s);
    if (fd < 0)
        return tempfile__create_failure (errno, dir);
    struct stat st;
    if (fstat (fd, &st) < 0 || tempfile__fix_permissions (fd, &st, s) < 0)
        return close_failing (fd, dir);
    PROBE1 (mkstemp, dir);
    return fd;
}
#else
static int
create_nameless (const char *dir, struct settings *s, create_fn *create_with_name)
{
    return create_with_name (dir, s);
}
#endif

/* O_TMPFILE insists on write access, so a file for reading only takes the long way. */
int
tempfile__create_unnamed (const char *dir, struct settings *s, create_fn *create_with_name)
{
    return s->mode.writable ? create_nameless (dir, s, create_with_name)
                            : create_with_name (dir, s);
}

struct settings
tempfile__settings_unnamed (void)
{
    return (struct settings){
        .mode =
            {.readable = true, .writable = true, .truncate = true, .flags = O_RDWR, .stdio = "w+"},
        .suffix = "",
        .prefix = tempfile_gettempprefix (),
        .permissions = 0600,
    };
}

int
tempfile__create_probe (const char *dir)
{
    struct settings s = tempfile__settings_unnamed ();
    int fd = tempfile__create_unnamed (dir, &s, tempfile__create_unregistered);
    if (fd < 0)
        return fd;
    close (fd);
    return 0;
}
