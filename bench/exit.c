/* SPDX-License-Identifier: MIT */
/*
 * exit - what it costs to end a process with many names left for exit, against a loop of unlink()
 * over the same names. BENCH_NAMES says how many names the largest table has; a million takes its
 * time.
 */
#define _GNU_SOURCE

#include "bench.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <tempfile.h>

/* A child with its names, which waits to be told how to end; and the way to tell it. */
static size_t names;
static pid_t child;
static int order;

static int
leave (const char *dir, char **path)
{
    *path = tempfile_into_path (NamedTemporaryFile (.dir = dir));
    return *path ? 0 : -1;
}

/* READY is closed when the names are there; nothing is freed, in either way to end. */
static void
be_child (const char *dir, int ready, int orders)
{
    char how;
    char **paths = malloc (names * sizeof *paths);
    for (size_t i = 0; i < names; i++)
        if (!paths || leave (dir, &paths[i]))
            _exit (1);
    close (ready);
    if (read (orders, &how, 1) != 1)
        _exit (1);
    if (how == 'e')
        exit (0);
    for (size_t i = 0; i < names; i++)
        if (unlink (paths[i]))
            _exit (1);
    _exit (0);
}

static int
prepare (const char *dir)
{
    int ready[2], orders[2];
    char nothing;
    if (pipe (ready) || pipe (orders))
        return -1;
    fflush (stdout); /* or the child's exit() writes it again */
    child = fork ();
    if (child == 0) {
        close (ready[0]);
        close (orders[1]);
        be_child (dir, ready[1], orders[0]);
    }
    close (ready[1]);
    close (orders[0]);
    order = orders[1];
    ssize_t n = read (ready[0], &nothing, 1);
    close (ready[0]);
    return child > 0 && n == 0 ? 0 : -1;
}

static int
end_child (char how)
{
    int status;
    if (write (order, &how, 1) != 1 || waitpid (child, &status, 0) != child)
        return -1;
    close (order);
    errno = ECANCELED;
    return status ? -1 : 0;
}

static int
unlink_loop (const char *dir)
{
    (void) dir;
    return end_child ('u');
}

static int
library_exit (const char *dir)
{
    (void) dir;
    return end_child ('e');
}

static void
run (const char *dir)
{
    static const struct bench_row rows[] = {
        {.name = "unlink() of each", .run = unlink_loop},
        {.name = "exit()", .run = library_exit},
    };
    const char *given = getenv ("BENCH_NAMES");
    size_t most = given ? strtoul (given, NULL, 10) : bench_in_a_hurry () ? 5000 : 100000;
    for (names = most < 10000 ? most : 10000; names && names <= most; names *= 10) {
        char title[64];
        snprintf (title, sizeof title, "%zu names at exit", names);
        bench_prepared_table (title, rows, 2, dir, prepare);
    }
}

int
main (int argc, char **argv)
{
    return bench_main (argc, argv, run);
}
