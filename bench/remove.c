/* SPDX-License-Identifier: MIT */
/*
 * remove - what it costs to remove a directory with 100,000 files, in one place or spread over
 * others, against rm -rf.
 */
#define _GNU_SOURCE

#include "bench.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <tempfile.h>

extern char **environ;

enum { IN_EACH = 100 };

static int files;

static struct tempfile_dir *tree;

static int
make_files (int dir, int count)
{
    for (int i = 0; i < count; i++) {
        char name[32];
        snprintf (name, sizeof name, "file-%06d", i);
        int fd = openat (dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (fd < 0 || close (fd))
            return -1;
    }
    return 0;
}

static int
make_directory (int dir, int number, int count)
{
    char name[32];
    snprintf (name, sizeof name, "directory-%06d", number);
    if (mkdirat (dir, name, 0700))
        return -1;
    int fd = openat (dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    int result = make_files (fd, count);
    close (fd);
    return result;
}

static int
open_tree (const char *dir)
{
    tree = TemporaryDirectory (.dir = dir);
    return tree ? open (tempfile_dir_name (tree), O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
}

static int
make_flat (const char *dir)
{
    int fd = open_tree (dir);
    if (fd < 0)
        return -1;
    int result = make_files (fd, files);
    close (fd);
    return result;
}

static int
make_spread (const char *dir)
{
    int fd = open_tree (dir), result = fd < 0 ? -1 : 0;
    for (int i = 0; result == 0 && i < files / IN_EACH; i++)
        result = make_directory (fd, i, IN_EACH);
    close (fd);
    return result;
}

static int
close_tree (const char *dir)
{
    (void) dir;
    return tempfile_dir_close (tree);
}

/* The handle is left with nothing to remove. */
static int
rm (const char *dir)
{
    pid_t child;
    int status;
    char program[] = "rm", option[] = "-rf", path[4096];
    char *arguments[] = {program, option, path, NULL};

    (void) dir;
    snprintf (path, sizeof path, "%s", tempfile_dir_name (tree));
    errno = posix_spawnp (&child, program, NULL, NULL, arguments, environ);
    if (errno || waitpid (child, &status, 0) != child || status)
        return -1;
    return tempfile_dir_close (tree);
}

static void
run (const char *dir)
{
    static const struct bench_row rows[] = {
        {.name = "rm -rf", .run = rm},
        {.name = "tempfile_dir_close()", .run = close_tree},
    };
    char flat[64], spread[64];
    files = bench_in_a_hurry () ? 2000 : 100000;
    snprintf (flat, sizeof flat, "%d files in one directory", files);
    snprintf (spread, sizeof spread, "%d files in %d directories", files, files / IN_EACH);
    bench_prepared_table (flat, rows, 2, dir, make_flat);
    bench_prepared_table (spread, rows, 2, dir, make_spread);
}

int
main (int argc, char **argv)
{
    return bench_main (argc, argv, run);
}
