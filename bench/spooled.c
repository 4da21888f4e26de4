/* SPDX-License-Identifier: MIT */
/*
 * spooled - what 1 KiB that never needs a file costs: made, written, rewound, read and closed,
 * in a spooled stream, in tmpfile() and in what else there is in memory.
 */
#define _GNU_SOURCE

#include "peers.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tempfile.h>

enum { SIZE = 1024 };

static const char given[SIZE] = "what is written";

static int
unlike (const char *bytes)
{
    if (memcmp (bytes, given, SIZE) == 0)
        return 0;
    errno = EIO;
    return -1;
}

static int
use (FILE *f)
{
    char bytes[SIZE];
    if (!f || fwrite (given, 1, SIZE, f) != SIZE)
        return -1;
    rewind (f);
    if (fread (bytes, 1, SIZE, f) != SIZE || fclose (f))
        return -1;
    return unlike (bytes);
}

/* It cannot be read back by stdio, only copied. */
static int
memstream (const char *dir)
{
    char *memory = NULL, bytes[SIZE];
    size_t size = 0;
    (void) dir;
    FILE *f = open_memstream (&memory, &size);
    if (!f || fwrite (given, 1, SIZE, f) != SIZE || fflush (f))
        return -1;
    memcpy (bytes, memory, SIZE);
    if (fclose (f))
        return -1;
    free (memory);
    return unlike (bytes);
}

static int
spooled (const char *dir)
{
    return use (SpooledTemporaryFile (.dir = dir, .max_size = 65536));
}

static int
unnamed (const char *dir)
{
    return use (TemporaryFile (.dir = dir));
}

static int
libc_tmpfile (const char *dir)
{
    (void) dir;
    return use (tmpfile ());
}

static void
run (const char *dir)
{
    const struct bench_row in_memory[] = {
        {.name = "open_memstream(), memcpy() for the reading", .run = memstream},
        {.name = "SpooledTemporaryFile()", .run = spooled},
        peers_row ("Python's SpooledTemporaryFile", &peers_python, "use_spooled", 1),
    };
    const struct bench_row on_disk[] = {
        {.name = "tmpfile()", .run = libc_tmpfile},
        {.name = "TemporaryFile()", .run = unnamed},
        {.name = "SpooledTemporaryFile()", .run = spooled},
    };
    bench_table ("1 KiB, against memory", in_memory, sizeof in_memory / sizeof *in_memory, dir);
    if (bench_has_tmpfile (dir))
        bench_table ("1 KiB, against disk", on_disk, sizeof on_disk / sizeof *on_disk, dir);
    else
        bench_table ("1 KiB, against disk; no tmpfile() here", on_disk + 1,
                     sizeof on_disk / sizeof *on_disk - 1, dir);
}

int
main (int argc, char **argv)
{
    return bench_main (argc, argv, run);
}
