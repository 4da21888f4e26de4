/* SPDX-License-Identifier: MIT */
/*
 * fork - what it costs to fork a process that has 10,000 names left for exit, against one that has
 * none, and one that has as many names which nobody looks after. A fork ends when its child has
 * been waited for, which leaves by _exit(). Each process measures itself.
 */
#define _GNU_SOURCE

#include "bench.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <tempfile.h>

enum { NAMES = 10000 };

struct server {
    pid_t pid;
    int to, from;
};

static int
leave_names (const char *dir)
{
    for (size_t i = 0; i < NAMES; i++) {
        char *path = tempfile_into_path (NamedTemporaryFile (.dir = dir));
        if (!path)
            return -1;
        free (path);
    }
    return 0;
}

/* As much memory as a name takes in the registry, and somewhat more. */
static int
keep_memory (const char *dir)
{
    for (size_t i = 0; i < NAMES; i++) {
        char *memory = malloc (192);
        if (!memory)
            return -1;
        snprintf (memory, 192, "%s/%zu", dir, i);
        __asm__ volatile("" : : "r"(memory) : "memory");
    }
    return 0;
}

static int
fork_once (void)
{
    int status;
    pid_t child = fork ();
    if (child == 0)
        _exit (0);
    return child < 0 || waitpid (child, &status, 0) != child ? -1 : status;
}

static double
time_forks (size_t count)
{
    double begin = bench_now ();
    for (size_t i = 0; i < count; i++)
        if (fork_once ())
            return -1;
    return bench_now () - begin;
}

/* Ends at the end of its input, by exit(), which deletes the names. */
static _Noreturn void
serve (int (*prepare) (const char *dir), const char *dir, int in, int out)
{
    size_t count;
    if (prepare && prepare (dir))
        _exit (1);
    while (read (in, &count, sizeof count) == (ssize_t) sizeof count) {
        double seconds = time_forks (count);
        if (write (out, &seconds, sizeof seconds) != (ssize_t) sizeof seconds)
            break;
    }
    exit (0);
}

static int
start (struct server *s, int (*prepare) (const char *dir), const char *dir)
{
    int down[2], up[2];
    if (pipe (down) || pipe (up))
        return -1;
    fflush (NULL); /* or exit() in the child writes it again */
    s->pid = fork ();
    if (s->pid == 0) {
        close (down[1]);
        close (up[0]);
        serve (prepare, dir, down[0], up[1]);
    }
    close (down[0]);
    close (up[1]);
    s->to = down[1];
    s->from = up[0];
    return s->pid < 0 ? -1 : 0;
}

static double
ask (const struct bench_row *row, const char *dir, size_t count)
{
    const struct server *s = row->arg;
    double seconds;
    (void) dir;
    errno = EPIPE;
    if (write (s->to, &count, sizeof count) != (ssize_t) sizeof count ||
        read (s->from, &seconds, sizeof seconds) != (ssize_t) sizeof seconds)
        return -1;
    return seconds;
}

static void
end (struct server *s)
{
    close (s->to);
    close (s->from);
    waitpid (s->pid, NULL, 0);
}

/* The last one started has the other ends of the first ones' pipes, so it is ended first. */
static void
run (const char *dir)
{
    struct server servers[3];
    int (*const prepare[]) (const char *dir) = {NULL, keep_memory, leave_names};
    const struct bench_row rows[] = {
        {.name = "a process with no names", .time = ask, .arg = &servers[0]},
        {.name = "one with 10,000 strings", .time = ask, .arg = &servers[1]},
        {.name = "one with 10,000 names left for exit", .time = ask, .arg = &servers[2]},
    };
    for (size_t i = 0; i < 3; i++) {
        if (start (&servers[i], prepare[i], dir)) {
            perror ("fork");
            exit (2);
        }
    }
    bench_table ("fork, _exit, waitpid", rows, 3, dir);
    for (size_t i = 3; i-- > 0;)
        end (&servers[i]);
}

int
main (int argc, char **argv)
{
    return bench_main (argc, argv, run);
}
