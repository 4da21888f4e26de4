/* SPDX-License-Identifier: MIT */
/*
 * Directories by the system call getdents64. The kernel's records are made into ours in place:
 * they are never longer. Only async-signal-safe functions are called.
 */
#include "base/export.h"

#include "life/scan.h"

#include <dirent.h>
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* As the kernel writes it, on every machine. */
struct record {
    uint64_t inode;
    int64_t offset;
    uint16_t length; /* of the record */
    unsigned char type;
    char name[];
};

enum { RECORD_NAME = offsetof (struct record, name) };

bool
tempfile__scan_async_safe (void)
{
    return true;
}

int
tempfile__scan_begin (struct scan *s, int fd)
{
    s->fd = fd;
    return 0;
}

static char
type_of (unsigned char type)
{
    return (char) (type == DT_UNKNOWN ? SCAN_UNKNOWN
                   : type == DT_DIR   ? SCAN_DIRECTORY
                                      : SCAN_OTHER);
}

static bool
is_dots (const char *name)
{
    return name[0] == '.' && (!name[1] || (name[1] == '.' && !name[2]));
}

static size_t
convert (char *buffer, size_t size)
{
    char *out = buffer;
    for (size_t at = 0; at < size;) {
        struct record r;
        const char *name = buffer + at + RECORD_NAME;
        memcpy (&r, buffer + at, RECORD_NAME);
        at += r.length;
        if (is_dots (name))
            continue;
        size_t length = strlen (name) + 1;
        *out++ = type_of (r.type);
        memmove (out, name, length);
        out += length;
    }
    return (size_t) (out - buffer);
}

ssize_t
tempfile__scan_next (struct scan *s, char *buffer, size_t size)
{
    for (;;) {
        long n = syscall (SYS_getdents64, s->fd, buffer, size);
        if (n <= 0)
            return n < 0 && errno != ENOENT ? -1 : 0;
        size_t converted = convert (buffer, (size_t) n);
        if (converted > 0)
            return (ssize_t) converted;
    }
}

void
tempfile__scan_rewind (struct scan *s)
{
    (void) lseek (s->fd, 0, SEEK_SET);
}

void
tempfile__scan_end (struct scan *s)
{
    close (s->fd);
}
