/* SPDX-License-Identifier: MIT */
/* counts - what counts.sh counts the system calls of: PROGRAM OPERATION TIMES DIR does one of the
 * operations below that often, after preparing it MOST times. */
#define _GNU_SOURCE

#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <tempfile.h>

enum { MOST = 80, BLOCK = 65536, SKIPPED = 77 };

static const char *dir;
static FILE *streams[MOST];
static struct tempfile_dir *dirs[MOST];
static char block[BLOCK];

/* --- openings --- */

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
    return TemporaryFile (.dir = dir, .buffering = BLOCK);
}

static FILE *
text (void)
{
    return TemporaryFile (.dir = dir, .mode = "w+", .encoding = "utf-16");
}

static FILE *
in_memory (void)
{
    return TemporaryFile (.in_memory = 1);
}

static FILE *
named (void)
{
    return NamedTemporaryFile (.dir = dir);
}

static FILE *
left_for_exit (void)
{
    return NamedTemporaryFile (.dir = dir, .delete_when = TEMPFILE_DELETE_ON_EXIT);
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
    FILE *f = SpooledTemporaryFile (.dir = dir);
    return f && fputs ("a few bytes\n", f) >= 0 ? f : NULL;
}

/* --- what is done with streams: 0, or anything else for a failure --- */

static int
write_block (FILE *f, long i)
{
    (void) i;
    return fwrite (block, 1, BLOCK, f) != BLOCK || fflush (f);
}

static int
write_byte (FILE *f, long i)
{
    return putc ((int) (i % 100), f) < 0 || fflush (f);
}

/* A few bytes at its end: what is written next begins a new buffer. */
static int
read_at (FILE *f, long i)
{
    return fseek (f, i * 7919 % MOST * 64, SEEK_SET) || getc (f) < 0;
}

static int
ask_position (FILE *f, long i)
{
    (void) i;
    return getc (f) < 0 || ftell (f) < 0;
}

static int
truncate_it (FILE *f, long i)
{
    return tempfile_truncate (f, i + 1);
}

static int
roll_over (FILE *f, long i)
{
    (void) i;
    return tempfile_rollover (f);
}

static int
reopen (FILE *f, long i)
{
    (void) i;
    return !tempfile_reopen (f, "rb");
}

static int
unlink_closed (FILE *f, long i)
{
    (void) i;
    char *path = tempfile_into_path (f);
    return !path || tempfile_unlink (path);
}

static int
persist (FILE *f, long i, unsigned flags)
{
    char path[4096];
    snprintf (path, sizeof path, "%s/lasting%ld", dir, i);
    return tempfile_persist (f, path, flags);
}

static int
persist_new (FILE *f, long i)
{
    return persist (f, i, 0);
}

static int
persist_noreplace (FILE *f, long i)
{
    return persist (f, i, TEMPFILE_NOREPLACE);
}

static int
persist_synced (FILE *f, long i)
{
    return persist (f, i, TEMPFILE_SYNC);
}

/* The flags of the README's example of saving a file; the same target each time. */
static int
persist_like_target (FILE *f, long i)
{
    (void) i;
    return persist (f, 0, TEMPFILE_FOLLOW | TEMPFILE_LIKE_TARGET | TEMPFILE_SYNC);
}

/* --- what is done without a stream --- */

static int
open_directory (long i)
{
    dirs[i] = TemporaryDirectory (.dir = dir);
    return !dirs[i];
}

static int
close_directory (long i)
{
    return tempfile_dir_close (dirs[i]);
}

static int
with_file (long i)
{
    char path[4096];
    if (open_directory (i))
        return -1;
    snprintf (path, sizeof path, "%s/file", tempfile_dir_name (dirs[i]));
    int fd = open (path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    return fd < 0 || close (fd);
}

static int
make_descriptor (long i)
{
    char *path;
    (void) i;
    return tempfile_mkstemp (&path, TEMPFILE_OPTIONS (.dir = dir)) < 0;
}

static int
make_directory (long i)
{
    (void) i;
    return !tempfile_mkdtemp (TEMPFILE_OPTIONS (.dir = dir));
}

/* A name that is deleted when the process ends. */
static int
make_left (long i)
{
    char *path;
    (void) i;
    int fd = tempfile_mkstemp (
        &path, TEMPFILE_OPTIONS (.dir = dir, .delete_when = TEMPFILE_DELETE_ON_EXIT));
    if (fd < 0)
        return -1;
    free (path);
    return close (fd);
}

static int
ask_directory (long i)
{
    (void) i;
    return !tempfile_gettempdir ();
}

/* A directory with nothing to recover in it. */
static int
recover (long i)
{
    (void) i;
    return tempfile_recover (dir) != 0;
}

/*
 * An operation opens streams, or closes those that were opened before, or does something with each
 * of them, or with one of them again and again. Without a stream there is what each needs, or NULL,
 * and then what is done.
 */
enum action { OPEN, CLOSE, WITH_EACH, WITH_ONE };
static const struct operation {
    const char *name;
    enum action action;
    FILE *(*open) (void);
    int (*use) (FILE *f, long i);
    int (*prepare) (long i);
    int (*run) (long i);
    bool ends; /* the process ends as by exit(), which is counted as well */
} operations[] = {
    {.name = "open-fdopen", .action = OPEN, .open = by_fdopen},
    {.name = "close-fdopen", .action = CLOSE, .open = by_fdopen},
    {.name = "open-tmpfile", .action = OPEN, .open = tmpfile},
    {.name = "close-tmpfile", .action = CLOSE, .open = tmpfile},
    {.name = "open-unnamed", .action = OPEN, .open = unnamed},
    {.name = "close-unnamed", .action = CLOSE, .open = unnamed},
    {.name = "open-unbuffered", .action = OPEN, .open = unbuffered},
    {.name = "close-unbuffered", .action = CLOSE, .open = unbuffered},
    {.name = "open-buffered", .action = OPEN, .open = buffered},
    {.name = "close-buffered", .action = CLOSE, .open = buffered},
    {.name = "open-text", .action = OPEN, .open = text},
    {.name = "close-text", .action = CLOSE, .open = text},
    {.name = "open-in-memory", .action = OPEN, .open = in_memory},
    {.name = "close-in-memory", .action = CLOSE, .open = in_memory},
    {.name = "open-named", .action = OPEN, .open = named},
    {.name = "close-named", .action = CLOSE, .open = named},
    {.name = "open-left-for-exit", .action = OPEN, .open = left_for_exit},
    {.name = "close-left-for-exit", .action = CLOSE, .open = left_for_exit},
    {.name = "open-kept", .action = OPEN, .open = kept},
    {.name = "close-kept", .action = CLOSE, .open = kept},
    {.name = "open-recoverable", .action = OPEN, .open = recoverable},
    {.name = "close-recoverable", .action = CLOSE, .open = recoverable},
    {.name = "open-spooled", .action = OPEN, .open = spooled},
    {.name = "close-spooled", .action = CLOSE, .open = spooled},

    {.name = "write-64K", .action = WITH_ONE, .open = named, .use = write_block},
    {.name = "write-byte-flush", .action = WITH_ONE, .open = named, .use = write_byte},
    {.name = "write-64K-text", .action = WITH_ONE, .open = text, .use = write_block},
    {.name = "seek-read", .action = WITH_ONE, .open = named, .use = read_at},
    {.name = "ftell", .action = WITH_ONE, .open = named, .use = ask_position},
    {.name = "truncate", .action = WITH_ONE, .open = named, .use = truncate_it},
    {.name = "reopen-unnamed", .action = WITH_ONE, .open = unnamed, .use = reopen},
    {.name = "rollover", .action = WITH_EACH, .open = spooled, .use = roll_over},
    {.name = "into-path-unlink", .action = WITH_EACH, .open = named, .use = unlink_closed},

    {.name = "persist", .action = WITH_EACH, .open = named, .use = persist_new},
    {.name = "persist-noreplace", .action = WITH_EACH, .open = named, .use = persist_noreplace},
    {.name = "persist-sync", .action = WITH_EACH, .open = named, .use = persist_synced},
    {.name = "persist-save", .action = WITH_EACH, .open = named, .use = persist_like_target},
    {.name = "persist-unnamed", .action = WITH_EACH, .open = unnamed, .use = persist_new},
    {.name = "persist-recoverable", .action = WITH_EACH, .open = recoverable, .use = persist_new},

    {.name = "open-directory", .run = open_directory},
    {.name = "close-directory", .prepare = open_directory, .run = close_directory},
    {.name = "close-directory-file", .prepare = with_file, .run = close_directory},
    {.name = "mkstemp", .run = make_descriptor},
    {.name = "mkstemp-exit", .run = make_left, .ends = true},
    {.name = "mkdtemp", .run = make_directory},
    {.name = "gettempdir", .run = ask_directory},
    {.name = "recover-nothing", .run = recover},
};

static int
open_stream (const struct operation *o, long i)
{
    streams[i] = o->open ();
    return !streams[i];
}

static int
prepare_stream (const struct operation *o, long i)
{
    if (o->action == OPEN || (o->action == WITH_ONE && i > 0))
        return 0;
    if (open_stream (o, i))
        return -1;
    /* For those that read. */
    return o->action == WITH_ONE &&
           (write_block (streams[i], 0) || fseek (streams[i], 0, SEEK_SET));
}

static int
run_with_stream (const struct operation *o, long i)
{
    switch (o->action) {
    case OPEN:
        return open_stream (o, i);
    case CLOSE:
        return fclose (streams[i]);
    case WITH_EACH:
        return o->use (streams[i], i);
    case WITH_ONE:
        break;
    }
    return o->use (streams[0], i);
}

static int
prepare (const struct operation *o, long i)
{
    if (o->open)
        return prepare_stream (o, i);
    return o->prepare ? o->prepare (i) : 0;
}

static int
run (const struct operation *o, long i)
{
    return o->open ? run_with_stream (o, i) : o->run (i);
}

/* What is open when the process ends stays open, and nothing is deleted: that is not counted. */
static int
work (const struct operation *o, long times)
{
    for (long i = 0; i < MOST; i++)
        if (prepare (o, i))
            return -1;
    for (long i = 0; i < times; i++)
        if (run (o, i))
            return -1;
    return 0;
}

/* Without it files without a name are made by other calls than those that were committed. */
static int
has_unnamed_files (void)
{
    int fd = open (dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    return fd >= 0 && close (fd) == 0;
}

/* Without arguments, the names of the operations. */
int
main (int argc, char **argv)
{
    const size_t count = sizeof operations / sizeof *operations;
    if (argc < 4) {
        for (size_t i = 0; i < count; i++)
            puts (operations[i].name);
        return EXIT_SUCCESS;
    }
    dir = argv[3];
    umask (022);
    if (!has_unnamed_files ())
        return SKIPPED;
    for (size_t i = 0; i < count; i++) {
        if (strcmp (argv[1], operations[i].name) != 0)
            continue;
        int result = work (&operations[i], atol (argv[2]));
        if (result == 0 && operations[i].ends)
            return EXIT_SUCCESS;
        if (result == 0)
            _exit (EXIT_SUCCESS);
        perror (argv[1]);
        _exit (EXIT_FAILURE);
    }
    return EXIT_FAILURE;
}
