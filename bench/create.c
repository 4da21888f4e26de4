/* SPDX-License-Identifier: MIT */
/*
 * create - what it costs to make a temporary file and to close it again, beyond the system calls
 * that cannot be avoided.
 */
#define _GNU_SOURCE

#include "bench.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <tempfile.h>

static int
close_stream (FILE *f)
{
    return f ? fclose (f) : -1;
}

/* A name not used before, as cheaply as possible: the library's are new each time, too. */
static const char *
fresh_name (const char *dir)
{
    static char name[4096];
    static const char *name_dir;
    static size_t length;
    static uint32_t serial;
    if (name_dir != dir) {
        name_dir = dir;
        length = strlen (dir);
        snprintf (name, sizeof name, "%s/bench-%08lx-", dir, (unsigned long) getpid ());
        length = strlen (name);
    }
    /* An odd factor makes every 32 bit number come up once, far from its predecessor. */
    uint32_t bits = serial++ * UINT32_C (2654435761);
    for (size_t i = 0; i < 8; i++, bits >>= 4)
        name[length + i] = "0123456789abcdef"[bits & 15];
    return name;
}

static int
open_fresh (const char *name)
{
    return open (name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
}

/* Where there is no O_TMPFILE, the least that makes a file without a name. */
static int
open_unnamed (const char *dir)
{
#ifdef O_TMPFILE
    int fd = open (dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0)
        return fd;
#endif
    const char *name = fresh_name (dir);
    int named = open_fresh (name);
    return named < 0 || unlink (name) ? -1 : named;
}

static int
bare_unnamed (const char *dir)
{
    int fd = open_unnamed (dir);
    return fd < 0 ? -1 : close (fd);
}

static int
fdopen_unnamed (const char *dir)
{
    int fd = open_unnamed (dir);
    return fd < 0 ? -1 : close_stream (fdopen (fd, "w+b"));
}

static int
libc_tmpfile (const char *dir)
{
    (void) dir;
    return close_stream (tmpfile ());
}

static int
unnamed (const char *dir)
{
    return close_stream (TemporaryFile (.dir = dir));
}

static int
unnamed_buffered (const char *dir)
{
    return close_stream (TemporaryFile (.dir = dir, .buffering = 65536));
}

static int
bare_named (const char *dir)
{
    const char *name = fresh_name (dir);
    int fd = open_fresh (name);
    return fd < 0 || close (fd) ? -1 : unlink (name);
}

static int
mkostemp_named (const char *dir)
{
    char name[4096];
    snprintf (name, sizeof name, "%s/tmpXXXXXX", dir);
    int fd = mkostemp (name, O_CLOEXEC);
    return fd < 0 || close_stream (fdopen (fd, "w+b")) ? -1 : unlink (name);
}

static int
named (const char *dir)
{
    return close_stream (NamedTemporaryFile (.dir = dir));
}

static void
run (const char *dir)
{
    const char *elsewhere =
        bench_has_tmpfile (dir) ? NULL : "it works in " P_tmpdir ", another file system";
    const struct bench_row without_name[] = {
        {"open(O_TMPFILE), close", bare_unnamed, NULL},
        {"open(O_TMPFILE), fdopen, fclose", fdopen_unnamed, NULL},
        {"tmpfile(), fclose", libc_tmpfile, elsewhere},
        {"TemporaryFile(), fclose", unnamed, NULL},
        {"TemporaryFile(.buffering = 65536), fclose", unnamed_buffered, NULL},
    };
    const struct bench_row with_name[] = {
        {"open(O_CREAT|O_EXCL), close, unlink", bare_named, NULL},
        {"mkostemp, fdopen, fclose, unlink", mkostemp_named, NULL},
        {"NamedTemporaryFile(), fclose", named, NULL},
    };
    bench_table ("without a name", without_name, sizeof without_name / sizeof *without_name, dir);
    bench_table ("with a name", with_name, sizeof with_name / sizeof *with_name, dir);
}

int
main (int argc, char **argv)
{
    return bench_main (argc, argv, run);
}
