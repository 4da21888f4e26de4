/* SPDX-License-Identifier: MIT */
/* Makers of the streams that are compared. */
#define _GNU_SOURCE

#include <config.h>

#include "streams.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <tempfile.h>

int
streams_descriptor (const char *dir)
{
    char name[4096];
    snprintf (name, sizeof name, "%s/tmpXXXXXX", dir);
    int fd = mkostemp (name, O_CLOEXEC);
    return fd < 0 || unlink (name) ? -1 : fd;
}

FILE *
streams_fdopen (const char *dir)
{
    int fd = streams_descriptor (dir);
    return fd < 0 ? NULL : fdopen (fd, "w+b");
}

#ifdef HAVE_FOPENCOOKIE

static ssize_t
cookie_read (void *fd, char *bytes, size_t size)
{
    return read ((int) (intptr_t) fd, bytes, size);
}

static ssize_t
cookie_write (void *fd, const char *bytes, size_t size)
{
    return write ((int) (intptr_t) fd, bytes, size);
}

static int
cookie_seek (void *fd, off64_t *offset, int whence)
{
    *offset = lseek ((int) (intptr_t) fd, (off_t) *offset, whence);
    return *offset < 0 ? -1 : 0;
}

static int
cookie_close (void *fd)
{
    return close ((int) (intptr_t) fd);
}

FILE *
streams_cookie_over (int fd)
{
    static const cookie_io_functions_t calls = {cookie_read, cookie_write, cookie_seek,
                                                cookie_close};
    FILE *f = fd < 0 ? NULL : fopencookie ((void *) (intptr_t) fd, "w+", calls);
    if (!f && fd >= 0)
        close (fd);
    return f;
}

#else

FILE *
streams_cookie_over (int fd)
{
    if (fd >= 0)
        close (fd);
    errno = ENOSYS;
    return NULL;
}

#endif

FILE *
streams_cookie (const char *dir)
{
    return streams_cookie_over (streams_descriptor (dir));
}

FILE *
streams_tmpfile (const char *dir)
{
    (void) dir;
    return tmpfile ();
}

FILE *
streams_unnamed (const char *dir)
{
    return TemporaryFile (.dir = dir);
}

FILE *
streams_buffered (const char *dir)
{
    return TemporaryFile (.dir = dir, .buffering = 65536);
}

FILE *
streams_named (const char *dir)
{
    return NamedTemporaryFile (.dir = dir);
}

FILE *
streams_spooled (const char *dir)
{
    return SpooledTemporaryFile (.dir = dir);
}

FILE *
streams_text (const char *dir)
{
    return TemporaryFile (.dir = dir, .mode = "w+", .encoding = "utf-8");
}
