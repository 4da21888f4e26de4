/* SPDX-License-Identifier: MIT */
/*
 * before - prints standard input sorted backwards, by handing a temporary file to sort(1).
 *
 * A program as there are many: it makes its file by mkstemp() and fdopen(), and sees to it that
 * the file is gone afterwards, however the program ends. after.c is the same program with
 * libtempfile, where three calls do what is between the lines of '=' here.
 */
#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ======================================================================================== */

static char name[4096];
static volatile sig_atomic_t exists;

/* Also in a handler, so it may only call what is async-signal-safe. */
static void
delete_file (void)
{
    if (exists)
        unlink (name);
    exists = 0;
}

static void
delete_and_die (int sig)
{
    delete_file ();
    signal (sig, SIG_DFL);
    raise (sig);
}

static void
catch_signals (void)
{
    static const int fatal[] = {SIGHUP, SIGINT, SIGTERM, SIGPIPE};
    struct sigaction old, action;
    memset (&action, 0, sizeof action);
    action.sa_handler = delete_and_die;
    sigemptyset (&action.sa_mask);
    for (size_t i = 0; i < sizeof fatal / sizeof *fatal; i++)
        if (sigaction (fatal[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
            sigaction (fatal[i], &action, NULL);
}

static FILE *
open_file (void)
{
    const char *dir = getenv ("TMPDIR");
    int n = snprintf (name, sizeof name, "%s/before.XXXXXX", dir && *dir ? dir : "/tmp");
    if (n < 0 || (size_t) n >= sizeof name) {
        errno = ENAMETOOLONG;
        return NULL;
    }
    /* No signal may come between the file and the knowledge of it. */
    sigset_t all, old;
    sigfillset (&all);
    sigprocmask (SIG_SETMASK, &all, &old);
    int fd = mkstemp (name);
    exists = fd >= 0;
    sigprocmask (SIG_SETMASK, &old, NULL);
    if (fd < 0)
        return NULL;
    FILE *file = atexit (delete_file) == 0 ? fdopen (fd, "w+") : NULL;
    if (!file) {
        int error = errno;
        close (fd);
        delete_file ();
        errno = error;
    }
    return file;
}

/* ======================================================================================== */

static int
complain (const char *what)
{
    fprintf (stderr, "before: %s: %s\n", what, strerror (errno));
    return 1;
}

static int
copy_input (FILE *to)
{
    int c;
    while ((c = getchar ()) != EOF)
        if (putc (c, to) == EOF)
            return -1;
    return ferror (stdin) || fflush (to) ? -1 : 0;
}

static int
sort (const char *path)
{
    return setenv ("FILE", path, 1) == 0 ? system ("sort -r \"$FILE\"") : -1;
}

int
main (void)
{
    catch_signals ();
    FILE *file = open_file ();
    if (!file)
        return complain ("temporary file");
    if (copy_input (file) < 0)
        return complain ("copying the input");
    if (sort (name) != 0)
        return 1; /* sort has said why */
    fclose (file);
    return 0;
}
