/* SPDX-License-Identifier: MIT */
/*
 * many - 1,000 streams open at once: the time that each takes to open and to close, and the memory
 * that each holds, idle and after a byte was written, by the account of malloc.
 */
#define _GNU_SOURCE

#include "bench.h"
#include "streams.h"

#include <config.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#ifdef HAVE_MALLINFO2
#include <malloc.h>
#endif

enum { STREAMS = 1000 };

static FILE *streams[STREAMS];

static int
open_all (FILE *(*open_one) (const char *dir), const char *dir)
{
    for (size_t i = 0; i < STREAMS; i++) {
        streams[i] = open_one (dir);
        if (!streams[i])
            return -1;
    }
    return 0;
}

static int
close_all (void)
{
    for (size_t i = 0; i < STREAMS; i++)
        if (fclose (streams[i]))
            return -1;
    return 0;
}

#define RUN(kind)                                                       \
    static int run_##kind (const char *dir)                             \
    {                                                                   \
        return open_all (streams_##kind, dir) || close_all () ? -1 : 0; \
    }

RUN (fdopen)
RUN (tmpfile)
RUN (unnamed)
RUN (buffered)
RUN (named)
RUN (spooled)
RUN (text)

#ifdef HAVE_MALLINFO2

static double
allocated (void)
{
    struct mallinfo2 info = mallinfo2 ();
    return (double) (info.uordblks + info.hblkhd);
}

static int
write_to_all (void)
{
    for (size_t i = 0; i < STREAMS; i++)
        if (putc ('x', streams[i]) == EOF)
            return -1;
    return 0;
}

/* A table that the library makes when it has its first stream, and keeps, is there before. */
static void
weigh (const char *name, FILE *(*open_one) (const char *dir), const char *dir, const double *base,
       double *bytes)
{
    if (open_all (open_one, dir) || close_all ())
        goto failed;
    double before = allocated ();
    if (open_all (open_one, dir))
        goto failed;
    bytes[0] = (allocated () - before) / (double) STREAMS;
    if (write_to_all ())
        goto failed;
    bytes[1] = (allocated () - before) / (double) STREAMS;
    if (close_all ())
        goto failed;
    printf ("  %-44s %6.0f bytes  %+6.0f     %6.0f bytes\n", name, bytes[0], bytes[0] - base[0],
            bytes[1]);
    bench_record ("memory of an idle stream, bytes", name, bytes[0], bytes[0] / base[0],
                  bytes[0] / base[0], bytes[0] / base[0]);
    bench_record ("memory of a written stream, bytes", name, bytes[1], bytes[1] / base[1],
                  bytes[1] / base[1], bytes[1] / base[1]);
    return;
failed:
    perror (name);
    exit (2);
}

static void
weigh_rows (const struct bench_row *rows, FILE *(*const *openers) (const char *dir), size_t n,
            const char *dir)
{
    double base[2], bytes[2];
    printf ("\n  %-44s %12s  %6s     %s\n", "memory of a stream", "idle", "more", "a byte written");
    for (size_t i = 0; i < n; i++)
        if (!rows[i].left_out)
            weigh (rows[i].name, openers[i], dir, base, i ? bytes : base);
}

#else

static void
weigh_rows (const struct bench_row *rows, FILE *(*const *openers) (const char *dir), size_t n,
            const char *dir)
{
    (void) rows, (void) openers, (void) n, (void) dir;
    printf ("\n  memory of a stream is left out: no mallinfo2()\n");
}

#endif

static int
may_open_as_many (void)
{
    struct rlimit limit;
    if (getrlimit (RLIMIT_NOFILE, &limit))
        return 0;
    limit.rlim_cur = limit.rlim_max;
    return !setrlimit (RLIMIT_NOFILE, &limit) && limit.rlim_cur > STREAMS + 100;
}

static void
run (const char *dir)
{
    const char *elsewhere =
        bench_has_tmpfile (dir) ? NULL : "it works in " P_tmpdir ", another file system";
    FILE *(*const openers[]) (const char *dir) = {
        streams_fdopen, streams_tmpfile, streams_unnamed, streams_buffered,
        streams_named,  streams_spooled, streams_text,
    };
    const struct bench_row rows[] = {
        {.name = "mkostemp, unlink, fdopen", .run = run_fdopen, .items = STREAMS},
        {.name = "tmpfile()", .run = run_tmpfile, .items = STREAMS, .left_out = elsewhere},
        {.name = "TemporaryFile()", .run = run_unnamed, .items = STREAMS},
        {.name = "TemporaryFile(.buffering = 65536)", .run = run_buffered, .items = STREAMS},
        {.name = "NamedTemporaryFile()", .run = run_named, .items = STREAMS},
        {.name = "SpooledTemporaryFile()", .run = run_spooled, .items = STREAMS},
        {.name = "TemporaryFile(.encoding = \"utf-8\")", .run = run_text, .items = STREAMS},
    };
    size_t n = sizeof rows / sizeof *rows;
    if (!may_open_as_many ()) {
        printf ("\n  left out: not as many descriptors are allowed\n");
        return;
    }
    bench_table ("1,000 open at once, then closed: each", rows, n, dir);
    weigh_rows (rows, openers, n, dir);
}

int
main (int argc, char **argv)
{
    return bench_main (argc, argv, run);
}
