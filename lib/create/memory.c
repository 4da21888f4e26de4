/* SPDX-License-Identifier: MIT */
/*
 * Files in memory, by memfd_create(2). Such a file is made for reading and writing with mode 0777;
 * what else is asked for is settled before anyone sees the descriptor. A kernel that knows seals of
 * execution, since 6.3, seals what is not to be executed; one that does not know them says EINVAL.
 * Sealing by the program stays possible.
 */
#include "base/export.h"

#include "base/audit.h"
#include "base/descriptor.h"
#include "base/error.h"
#include "base/probe.h"
#include "base/retry.h"
#include "create/create.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef HAVE_MEMFD_CREATE

/* Newer than some of the headers that have the function. */
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 8U
#endif
#ifndef MFD_EXEC
#define MFD_EXEC 16U
#endif

static int
create (const struct settings *s)
{
    unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
    unsigned execution = s->permissions & 0111 ? MFD_EXEC : MFD_NOEXEC_SEAL;
    int fd = memfd_create (s->prefix, flags | execution);
    if (fd < 0 && errno == EINVAL)
        fd = memfd_create (s->prefix, flags);
    return fd < 0 ? fd : above_standard (fd);
}

/* A descriptor of another opening, for a mode that reads only or writes only. FD is closed. */
static int
narrow (int fd, const struct mode *m)
{
    int narrowed = tempfile__open_descriptor (fd, m->flags);
    int err = errno;
    close (fd);
    errno = err;
    return narrowed;
}

static int
settle (int fd, const struct settings *s)
{
    struct stat st;
    if (fstat (fd, &st) < 0 || tempfile__fix_permissions (fd, &st, s) < 0 ||
        (s->mode.append && fcntl (fd, F_SETFL, O_APPEND) < 0)) {
        int err = errno;
        close (fd);
        errno = err;
        return -1;
    }
    return s->mode.readable && s->mode.writable ? fd : narrow (fd, &s->mode);
}

#else

static int
create (const struct settings *s)
{
    (void) s;
    errno = ENOTSUP;
    return -1;
}

static int
settle (int fd, const struct settings *s)
{
    (void) s;
    return fd;
}

#endif

/* Without /proc there is no other opening of it. */
int
tempfile__create_in_memory (const struct settings *s)
{
    char name[300];
    snprintf (name, sizeof name, "memfd:%s", s->prefix);
    if (tempfile__audit (EVENT_MKSTEMP, name) < 0)
        return -1;
    int fd = create (s);
    if (fd < 0)
        return tempfile__fail_system (errno == ENOSYS ? ENOTSUP : errno,
                                      "in_memory: cannot make a file");
    fd = settle (fd, s);
    if (fd < 0)
        return tempfile__fail_system (errno, "in_memory: cannot prepare the file");
    PROBE1 (mkstemp, name);
    return fd;
}
