/* SPDX-License-Identifier: MIT */
/* Makers of the streams that are compared. */
#define _GNU_SOURCE

#include "streams.h"

#include <fcntl.h>
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
