/* SPDX-License-Identifier: MIT */
/* counts - what counts.sh counts the system calls of: makes files in one of several ways. */
#define _GNU_SOURCE

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <tempfile.h>

enum { MOST = 1000 };

static const char *dir;
static FILE *streams[MOST];

static FILE *
by_fdopen (void)
{
    char name[4096];
    snprintf (name, sizeof name, "%s/tmpXXXXXX", dir);
    return fdopen (mkostemp (name, O_CLOEXEC), "w+b");
}

static FILE *
unnamed (void)
{
    return TemporaryFile (.dir = dir);
}

static FILE *
unbuffered (void)
{
    return TemporaryFile (.dir = dir, .buffering = TEMPFILE_UNBUFFERED);
}

static FILE *
buffered (void)
{
    return TemporaryFile (.dir = dir, .buffering = 65536);
}

static FILE *
text (void)
{
    return TemporaryFile (.dir = dir, .mode = "w+", .encoding = "utf-8");
}

static FILE *
named (void)
{
    return NamedTemporaryFile (.dir = dir);
}

static FILE *
kept (void)
{
    return NamedTemporaryFile (.dir = dir, .delete_when = TEMPFILE_DELETE_NEVER);
}

static FILE *
recoverable (void)
{
    return NamedTemporaryFile (.dir = dir, .recoverable = 1);
}

static FILE *
spooled (void)
{
    return SpooledTemporaryFile (.dir = dir);
}

static const struct kind {
    const char *name;
    FILE *(*open) (void);
} kinds[] = {
    {"fdopen", by_fdopen},        {"tmpfile", tmpfile},   {"unnamed", unnamed}, {"text", text},
    {"unbuffered", unbuffered},   {"buffered", buffered}, {"named", named},     {"kept", kept},
    {"recoverable", recoverable}, {"spooled", spooled},
};

static const struct kind *
find (const char *name)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp (kinds[i].name, name) == 0)
            return &kinds[i];
    return NULL;
}

/* What is opened but not closed is open when the process ends, which then does nothing about it. */
int
main (int argc, char **argv)
{
    const struct kind *kind = argc == 5 ? find (argv[1]) : NULL;
    size_t opened = kind ? strtoul (argv[2], NULL, 10) : 0;
    size_t closed = kind ? strtoul (argv[3], NULL, 10) : 0;
    if (!kind || opened > MOST || closed > opened) {
        fprintf (stderr, "usage: counts KIND TO-OPEN TO-CLOSE DIR\n");
        return 2;
    }
    dir = argv[4];
    for (size_t i = 0; i < opened; i++) {
        streams[i] = kind->open ();
        if (!streams[i])
            return perror (kind->name), 1;
    }
    for (size_t i = 0; i < closed; i++)
        if (fclose (streams[i]))
            return perror (kind->name), 1;
    _exit (0);
}
