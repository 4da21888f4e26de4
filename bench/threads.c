/* SPDX-License-Identifier: MIT */
/*
 * threads - one, two and eight threads that make and close files at the same time: a table for each
 * way to do so, whose floor is one thread. A ratio of 0.5 is twice as many files a second. What the
 * file system itself makes of it is in the first tables.
 */
#define _GNU_SOURCE

#include "bench.h"

#include <config.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <tempfile.h>

static int
bare_named (const char *dir)
{
    char name[4096];
    snprintf (name, sizeof name, "%s/tmpXXXXXX", dir);
    int fd = mkostemp (name, O_CLOEXEC);
    return fd < 0 || close (fd) ? -1 : unlink (name);
}

static int
bare_unnamed (const char *dir)
{
#ifdef O_TMPFILE
    int fd = open (dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    return fd < 0 ? -1 : close (fd);
#else
    return bare_named (dir);
#endif
}

static int
close_stream (FILE *f)
{
    return f ? fclose (f) : -1;
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
named (const char *dir)
{
    return close_stream (NamedTemporaryFile (.dir = dir));
}

/* What the threads of a turn share. They wait for each other before they begin. */
struct turn {
    int (*make) (const char *dir);
    const char *dir;
    size_t count;
    pthread_barrier_t barrier;
};

/* Each takes its own time, for the processor may be given to them before it is to their parent. */
struct worker {
    struct turn *turn;
    size_t number;
    pthread_t thread;
    double begin, end;
    int err;
};

/* A processor each, as long as there are any: a turn is too short for the system to spread them. */
static void
settle (size_t number)
{
#ifdef HAVE_PTHREAD_SETAFFINITY_NP
    long processors = sysconf (_SC_NPROCESSORS_ONLN);
    cpu_set_t set;
    CPU_ZERO (&set);
    CPU_SET (number % (size_t) (processors > 0 ? processors : 1), &set);
    (void) pthread_setaffinity_np (pthread_self (), sizeof set, &set);
#else
    (void) number;
#endif
}

static void *
work (void *arg)
{
    struct worker *w = arg;
    const struct turn *t = w->turn;
    settle (w->number);
    pthread_barrier_wait (&w->turn->barrier);
    w->begin = bench_now ();
    for (size_t i = 0; i < t->count && w->err == 0; i++)
        if (t->make (t->dir))
            w->err = errno;
    w->end = bench_now ();
    return NULL;
}

/* From when the first began until the last has ended; -1. */
static double
join (const struct worker *workers, size_t n)
{
    double begin = 0, end = 0;
    int err = 0;
    for (size_t i = 0; i < n; i++) {
        const struct worker *w = &workers[i];
        pthread_join (w->thread, NULL);
        begin = i == 0 || w->begin < begin ? w->begin : begin;
        end = w->end > end ? w->end : end;
        err = err ? err : w->err;
    }
    errno = err;
    return err ? -1 : end - begin;
}

enum { MOST = 8 };

/* COUNT files for each thread; what is printed is the time of one, among all threads. */
static double
time_threads (const struct bench_row *row, const char *dir, size_t count)
{
    struct worker workers[MOST];
    struct turn t = {.make = row->run, .dir = dir, .count = count};
    errno = pthread_barrier_init (&t.barrier, NULL, (unsigned) row->items);
    if (errno)
        return -1;
    for (size_t i = 0; i < row->items; i++) {
        workers[i] = (struct worker){.turn = &t, .number = i};
        errno = pthread_create (&workers[i].thread, NULL, work, &workers[i]);
        if (errno)
            return -1; /* those that there are wait for ever, but this ends the process */
    }
    double seconds = join (workers, row->items);
    int err = errno;
    pthread_barrier_destroy (&t.barrier);
    errno = err;
    return seconds;
}

static void
compare (const char *name, int (*make) (const char *dir), const char *dir)
{
    const struct bench_row rows[] = {
        {.name = "1 thread", .run = make, .time = time_threads, .items = 1},
        {.name = "2 threads", .run = make, .time = time_threads, .items = 2},
        {.name = "8 threads", .run = make, .time = time_threads, .items = MOST},
    };
    bench_table (name, rows, sizeof rows / sizeof *rows, dir);
}

static void
run (const char *dir)
{
    long processors = sysconf (_SC_NPROCESSORS_ONLN);
    printf ("  %ld processors\n", processors);
    compare ("threads: open(O_TMPFILE), close", bare_unnamed, dir);
    compare ("threads: TemporaryFile(), fclose", unnamed, dir);
    if (bench_has_tmpfile (dir))
        compare ("threads: tmpfile(), fclose", libc_tmpfile, dir);
    compare ("threads: mkostemp, close, unlink", bare_named, dir);
    compare ("threads: NamedTemporaryFile(), fclose", named, dir);
}

int
main (int argc, char **argv)
{
    return bench_main (argc, argv, run);
}
