/* SPDX-License-Identifier: MIT */
/*
 * A program that knows tmpfile() and nothing of this library; preload.sh runs it. Its arguments:
 *
 *     where             prints the path of a file that it makes
 *     where64           the same with tmpfile64, where there is that
 *     close N SIZE      makes and closes N files of SIZE bytes, one after the other
 *     open N SIZE       the same, but leaves them open
 *     threads N SIZE    as close, in each of four threads
 *     handed SIZE       as make(1): keeps a duplicate of the descriptor, writes after fclose
 *     fork              makes a file of 10 bytes, and a child of it one of 20
 *     exec PROGRAM ...  makes a file of 10 bytes, then becomes PROGRAM
 *     inherit           becomes itself, and succeeds when it still has the descriptor of its file
 *     closed            makes a file of 10 bytes, then closes all descriptors that it may have
 *     elsewhere FILE    has FILE as its standard error when it ends
 *     getenv NAME       prints a variable
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef _LARGEFILE64_SOURCE
#define tmpfile64 tmpfile
#endif

static FILE *
checked (FILE *f)
{
    if (!f) {
        perror ("tmpfile");
        exit (1);
    }
    return f;
}

/* Writes SIZE bytes to a new file. */
static FILE *
make (long size)
{
    FILE *f = checked (tmpfile ());
    for (long i = 0; i < size; i++)
        if (putc ('x', f) == EOF)
            break;
    if (fflush (f) == 0)
        return f;
    perror ("write");
    exit (1);
}

static int
where (FILE *f)
{
    char link[64], target[4096];
    snprintf (link, sizeof link, "/proc/self/fd/%d", fileno (f));
    ssize_t n = readlink (link, target, sizeof target - 1);
    if (n < 0)
        return 77;
    target[n] = '\0';
    puts (target);
    return 0;
}

static int
several (long n, long size, int leave_open)
{
    for (long i = 0; i < n; i++) {
        FILE *f = make (size);
        if (!leave_open && fclose (f) != 0)
            return 1;
    }
    return 0;
}

struct work {
    long n, size;
    int failed;
};

static void *
work (void *arg)
{
    struct work *w = arg;
    w->failed = several (w->n, w->size, 0);
    return NULL;
}

static int
threads (long n, long size)
{
    pthread_t thread[4];
    struct work works[4];
    int failed = 0;
    for (int i = 0; i < 4; i++) {
        works[i] = (struct work){n, size, 0};
        if (pthread_create (&thread[i], NULL, work, &works[i]) != 0)
            exit (1);
    }
    for (int i = 0; i < 4; i++) {
        pthread_join (thread[i], NULL);
        failed |= works[i].failed;
    }
    return failed;
}

static int
handed (long size)
{
    FILE *f = make (0);
    int fd = dup (fileno (f));
    fclose (f);
    fclose (make (1));
    return ftruncate (fd, size) == 0 ? 0 : 1;
}

static int
forked (void)
{
    int status;
    fclose (make (10));
    pid_t child = fork ();
    if (child == 0) {
        fclose (make (20));
        exit (0);
    }
    return waitpid (child, &status, 0) == child && status == 0 ? 0 : 1;
}

static int
inherit (char *self)
{
    char number[16];
    char *const arguments[] = {self, (char[]){"has"}, number, NULL};
    snprintf (number, sizeof number, "%d", fileno (make (4)));
    return execv (self, arguments);
}

static int
closed (void)
{
    fclose (make (10));
    for (int fd = 0; fd < 1024; fd++)
        close (fd);
    /* What now has the numbers of others must not be written to. */
    for (int fd = 0; fd < 200; fd++)
        if (open ("untouched", O_RDWR | O_CREAT, 0600) < 0)
            return 1;
    return 0;
}

int
main (int argc, char **argv)
{
    const char *task = argc > 1 ? argv[1] : "";
    const char *value;

    if (strcmp (task, "where") == 0)
        return where (checked (tmpfile ()));
    if (strcmp (task, "where64") == 0)
        return where (checked (tmpfile64 ()));
    if (strcmp (task, "close") == 0 && argc == 4)
        return several (atol (argv[2]), atol (argv[3]), 0);
    if (strcmp (task, "open") == 0 && argc == 4)
        return several (atol (argv[2]), atol (argv[3]), 1);
    if (strcmp (task, "threads") == 0 && argc == 4)
        return threads (atol (argv[2]), atol (argv[3]));
    if (strcmp (task, "handed") == 0 && argc == 3)
        return handed (atol (argv[2]));
    if (strcmp (task, "fork") == 0)
        return forked ();
    if (strcmp (task, "exec") == 0 && argc > 2 && make (10))
        return execv (argv[2], argv + 2);
    if (strcmp (task, "inherit") == 0)
        return inherit (argv[0]);
    if (strcmp (task, "has") == 0 && argc > 2)
        return lseek (atoi (argv[2]), 0, SEEK_END) != 4;
    if (strcmp (task, "closed") == 0)
        return closed ();
    if (strcmp (task, "elsewhere") == 0 && argc > 2)
        return !freopen (argv[2], "w", stderr);
    if (strcmp (task, "getenv") != 0 || argc < 3)
        return 2;
    value = getenv (argv[2]);
    puts (value ? value : "");
    return 0;
}
