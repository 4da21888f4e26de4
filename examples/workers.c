/* SPDX-License-Identifier: MIT */
/*
 * workers - a daemon with forking workers, each with temporary files of its own.
 *
 *     workers N
 *
 * It prints the process id of the daemon and the path of its state file, and returns. The daemon
 * starts N workers, waits for them, writes "done" into the state file, and then waits for a signal
 * that ends it.
 *
 * Three rules make that right. The state file is made before the fork, so the daemon has to adopt
 * it: only the process that made a file deletes it. The process that made it then ends by _exit(),
 * which deletes nothing. A worker may end in any way that it likes: it deletes what it has made
 * itself, and nothing of the daemon's.
 */
#define _POSIX_C_SOURCE 200809L

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <tempfile.h>

static int
complain (const char *why)
{
    fprintf (stderr, "workers: %s\n", why);
    return 1;
}

/* A file of the worker's own, which its exit() deletes; and one line for the daemon. STATE is open
 * for appending, so no worker writes over the line of another. */
static void
work (FILE *state, int number)
{
    FILE *scratch = NamedTemporaryFile (.prefix = "worker-");
    if (!scratch)
        exit (complain (tempfile_errmsg ()));
    fprintf (scratch, "%d\n", number * number);
    rewind (scratch);
    int square = 0;
    if (fscanf (scratch, "%d", &square) != 1)
        exit (complain ("cannot read the square"));
    fprintf (state, "worker %d: %d\n", number, square);
    exit (fflush (state) != 0);
}

static int
serve (FILE *state, int count)
{
    for (int i = 0; i < count; i++) {
        pid_t worker = fork ();
        if (worker < 0)
            return complain ("cannot fork");
        if (worker == 0)
            work (state, i);
    }
    while (wait (NULL) > 0)
        continue;
    fprintf (state, "done\n");
    if (fflush (state) != 0)
        return complain (tempfile_errmsg ());
    for (;;)
        pause (); /* the signal that ends the daemon deletes the state file */
}

int
main (int argc, char **argv)
{
    if (argc != 2)
        return complain ("usage: workers N");
    FILE *state = NamedTemporaryFile (.mode = "ab", .suffix = ".state");
    if (!state || tempfile_cleanup_on_signals () != 0)
        return complain (tempfile_errmsg ());

    pid_t daemon = fork ();
    if (daemon < 0)
        return complain ("cannot fork");
    if (daemon > 0) {
        printf ("%ld %s\n", (long) daemon, tempfile_name (state));
        _exit (fflush (stdout) != 0); /* exit() would delete the state file */
    }
    if (tempfile_adopt () != 0)
        return complain (tempfile_errmsg ());
    setsid ();
    if (!freopen ("/dev/null", "r", stdin) || !freopen ("/dev/null", "w", stdout))
        return complain ("cannot open /dev/null");
    return serve (state, atoi (argv[1]));
}
