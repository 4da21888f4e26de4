/* SPDX-License-Identifier: MIT */
/*
 * create - what it costs to make a temporary file and to close it again, beyond the system calls
 * that cannot be avoided; and with 100 bytes written and read in between.
 */
#define _GNU_SOURCE

#include <config.h>

#include "peers.h"
#include "streams.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <tempfile.h>

enum { SIZE = 100 };

static const char given[SIZE] = "what is written";

static int
close_stream (FILE *f)
{
    return f ? fclose (f) : -1;
}

static int
same (const char *bytes)
{
    errno = EIO;
    return memcmp (bytes, given, SIZE) == 0 ? 0 : -1;
}

static int
use_stream (FILE *f)
{
    char bytes[SIZE];
    if (!f || fwrite (given, 1, SIZE, f) != SIZE)
        return -1;
    rewind (f);
    return fread (bytes, 1, SIZE, f) == SIZE && same (bytes) == 0 ? fclose (f) : -1;
}

static int
use_descriptor (int fd)
{
    char bytes[SIZE];
    if (fd < 0 || write (fd, given, SIZE) != SIZE || lseek (fd, 0, SEEK_SET) ||
        read (fd, bytes, SIZE) != SIZE || same (bytes))
        return -1;
    return close (fd);
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

static FILE *
fdopen_unnamed (const char *dir)
{
    int fd = open_unnamed (dir);
    return fd < 0 ? NULL : fdopen (fd, "w+b");
}

static int
create_bare (const char *dir)
{
    int fd = open_unnamed (dir);
    return fd < 0 ? -1 : close (fd);
}

static int
create_bare_named (const char *dir)
{
    const char *name = fresh_name (dir);
    int fd = open_fresh (name);
    return fd < 0 || close (fd) ? -1 : unlink (name);
}

static int
use_bare_named (const char *dir)
{
    const char *name = fresh_name (dir);
    return use_descriptor (open_fresh (name)) ? -1 : unlink (name);
}

static int
use_bare (const char *dir)
{
    return use_descriptor (open_unnamed (dir));
}

/* Both ways with a stream. */
static FILE *
fdopen_it (int fd)
{
    return fd < 0 ? NULL : fdopen (fd, "w+b");
}

static int
with_mkostemp (const char *dir, FILE *(*make) (int fd), int (*finish) (FILE *f))
{
    char name[4096];
    snprintf (name, sizeof name, "%s/tmpXXXXXX", dir);
    int fd = mkostemp (name, O_CLOEXEC);
    return finish (make (fd)) ? -1 : unlink (name);
}

#define BOTH(name, stream)                     \
    static int create_##name (const char *dir) \
    {                                          \
        (void) dir;                            \
        return close_stream (stream);          \
    }                                          \
    static int use_##name (const char *dir)    \
    {                                          \
        (void) dir;                            \
        return use_stream (stream);            \
    }

BOTH (fdopen, fdopen_unnamed (dir))
BOTH (cookie_unnamed, streams_cookie_over (open_unnamed (dir)))
BOTH (tmpfile, tmpfile ())
BOTH (unnamed, TemporaryFile (.dir = dir))
BOTH (buffered, TemporaryFile (.dir = dir, .buffering = 65536))
BOTH (named, NamedTemporaryFile (.dir = dir))
BOTH (recoverable, NamedTemporaryFile (.dir = dir, .recoverable = 1))

static int
create_mkostemp (const char *dir)
{
    return with_mkostemp (dir, fdopen_it, close_stream);
}

static int
create_cookie (const char *dir)
{
    return with_mkostemp (dir, streams_cookie_over, close_stream);
}

static int
use_cookie (const char *dir)
{
    return with_mkostemp (dir, streams_cookie_over, use_stream);
}

static int
use_mkostemp (const char *dir)
{
    return with_mkostemp (dir, fdopen_it, use_stream);
}

/* The second floors. */
#define OPEN_FDOPEN "open(O_TMPFILE), fdopen, fclose"
#define OPEN_COOKIE "open(O_TMPFILE), fopencookie, fclose"
#define NAMED_FDOPEN "mkostemp, fdopen, fclose, unlink"
#define NAMED_COOKIE "mkostemp, fopencookie, fclose, unlink"
#ifdef HAVE_FOPENCOOKIE
#define NO_COOKIES NULL
#else
#define NO_COOKIES "no fopencookie() here"
#endif

#define ROWS(rows) rows, sizeof (rows) / sizeof *(rows), dir

static void
compare_created (const char *dir, const char *elsewhere)
{
    const struct bench_row unnamed[] = {
        {.name = "open(O_TMPFILE), close", .run = create_bare},
        {.name = OPEN_FDOPEN, .run = create_fdopen},
        {.name = OPEN_COOKIE, .run = create_cookie_unnamed, .left_out = NO_COOKIES},
        {.name = "tmpfile(), fclose",
         .run = create_tmpfile,
         .left_out = elsewhere,
         .floor = OPEN_FDOPEN},
        {.name = "TemporaryFile(), fclose", .run = create_unnamed, .floor = OPEN_FDOPEN},
        {.name = "TemporaryFile(.buffering = 65536), fclose",
         .run = create_buffered,
         .floor = OPEN_COOKIE},
        peers_libc_directory (peers_create_unnamed ("libite's tempfile(), fclose", "peer_libite"),
                              elsewhere),
        peers_create_unnamed ("Qt's QTemporaryFile", "peer_qt"),
        peers_row ("Rust's tempfile()", &peers_rust, "unnamed", 1),
        peers_row ("Python's TemporaryFile()", &peers_python, "unnamed", 1),
    };
    const struct bench_row named[] = {
        {.name = "open(O_CREAT|O_EXCL), close, unlink", .run = create_bare_named},
        {.name = NAMED_FDOPEN, .run = create_mkostemp},
        {.name = NAMED_COOKIE, .run = create_cookie, .left_out = NO_COOKIES},
        {.name = "NamedTemporaryFile(), fclose", .run = create_named, .floor = NAMED_COOKIE},
        {.name = "NamedTemporaryFile(.recoverable = 1), fclose",
         .run = create_recoverable,
         .floor = NAMED_COOKIE},
        peers_create_named ("GLib's g_file_open_tmp(), g_close, g_unlink", "peer_glib"),
        peers_create_named ("APR's apr_file_mktemp(), apr_file_close", "peer_apr"),
        peers_create_named ("Qt's QTemporaryFile, fileName()", "peer_qt"),
        peers_row ("Rust's NamedTempFile", &peers_rust, "named", 1),
        peers_row ("Python's NamedTemporaryFile()", &peers_python, "named", 1),
    };
    bench_table ("without a name", ROWS (unnamed));
    bench_table ("with a name", ROWS (named));
}

static void
compare_used (const char *dir, const char *elsewhere)
{
    const struct bench_row unnamed[] = {
        {.name = "open(O_TMPFILE), write, lseek, read, close", .run = use_bare},
        {.name = OPEN_FDOPEN, .run = use_fdopen},
        {.name = OPEN_COOKIE, .run = use_cookie_unnamed, .left_out = NO_COOKIES},
        {.name = "tmpfile()", .run = use_tmpfile, .left_out = elsewhere, .floor = OPEN_FDOPEN},
        {.name = "TemporaryFile()", .run = use_unnamed, .floor = OPEN_FDOPEN},
        {.name = "TemporaryFile(.buffering = 65536)", .run = use_buffered, .floor = OPEN_COOKIE},
        peers_libc_directory (peers_use_unnamed ("libite's tempfile()", "peer_libite"), elsewhere),
        peers_use_unnamed ("Qt's QTemporaryFile", "peer_qt"),
        peers_row ("Rust's tempfile()", &peers_rust, "use_unnamed", 1),
        peers_row ("Python's TemporaryFile()", &peers_python, "use_unnamed", 1),
    };
    const struct bench_row named[] = {
        {.name = "open(O_CREAT|O_EXCL), ..., close, unlink", .run = use_bare_named},
        {.name = NAMED_FDOPEN, .run = use_mkostemp},
        {.name = NAMED_COOKIE, .run = use_cookie, .left_out = NO_COOKIES},
        {.name = "NamedTemporaryFile()", .run = use_named, .floor = NAMED_COOKIE},
        {.name = "NamedTemporaryFile(.recoverable = 1)",
         .run = use_recoverable,
         .floor = NAMED_COOKIE},
        peers_use_named ("GLib's g_file_open_tmp(), ..., g_unlink", "peer_glib"),
        peers_use_named ("APR's apr_file_mktemp()", "peer_apr"),
        peers_use_named ("Qt's QTemporaryFile, fileName()", "peer_qt"),
        peers_row ("Rust's NamedTempFile", &peers_rust, "use_named", 1),
        peers_row ("Python's NamedTemporaryFile()", &peers_python, "use_named", 1),
    };
    bench_table ("100 bytes written and read, without a name", ROWS (unnamed));
    bench_table ("100 bytes written and read, with a name", ROWS (named));
}

static void
run (const char *dir)
{
    const char *elsewhere =
        bench_has_tmpfile (dir) ? NULL : "it works in " P_tmpdir ", another file system";
    compare_created (dir, elsewhere);
    compare_used (dir, elsewhere);
}

int
main (int argc, char **argv)
{
    return bench_main (argc, argv, run);
}
