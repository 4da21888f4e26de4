/* SPDX-License-Identifier: MIT */
/* Directories by readdir(3), which allocates: not for a signal handler. */
#include "base/export.h"

#include "life/scan.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

bool
tempfile__scan_async_safe (void)
{
    return false;
}

int
tempfile__scan_begin (struct scan *s, int fd)
{
    s->fd = fd;
    s->stream = fdopendir (fd);
    if (s->stream)
        return 0;
    int err = errno;
    close (fd);
    errno = err;
    return -1;
}

static char
type_of (const struct dirent *e)
{
#ifdef HAVE_STRUCT_DIRENT_D_TYPE
    return (char) (e->d_type == DT_UNKNOWN ? SCAN_UNKNOWN
                   : e->d_type == DT_DIR   ? SCAN_DIRECTORY
                                           : SCAN_OTHER);
#else
    (void) e;
    return SCAN_UNKNOWN;
#endif
}

static bool
is_dots (const char *name)
{
    return strcmp (name, ".") == 0 || strcmp (name, "..") == 0;
}

/* A record that was read must fit: no name is longer than the room that is left for it. */
ssize_t
tempfile__scan_next (struct scan *s, char *buffer, size_t size)
{
    char *out = buffer;
    struct dirent *e;
    errno = 0;
    while (size - (size_t) (out - buffer) >= SCAN_ROOM && (e = readdir (s->stream))) {
        size_t length = strlen (e->d_name) + 1;
        if (is_dots (e->d_name) || length >= SCAN_ROOM)
            continue;
        *out++ = type_of (e);
        memcpy (out, e->d_name, length);
        out += length;
    }
    if (out == buffer && errno != 0 && errno != ENOENT)
        return -1;
    return out - buffer;
}

void
tempfile__scan_rewind (struct scan *s)
{
    rewinddir (s->stream);
}

void
tempfile__scan_end (struct scan *s)
{
    closedir (s->stream);
}
