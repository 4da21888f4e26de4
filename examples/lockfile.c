/* SPDX-License-Identifier: MIT */
/*
 * lockfile - replaces a file under a lock, as git does with its index.
 *
 *     lockfile FILE <contents
 *
 * Standard input goes into FILE.lock. Whoever finds that file there already keeps away. At the end
 * FILE.lock is renamed to FILE, which is the commit; or it is deleted, which is the rollback, if
 * the input is empty, if anything fails, or if a signal ends the program.
 *
 * The functions between the lines of '=' have the names and the meaning of those in git's
 * tempfile.c, which needs several hundred lines for them.
 */
#define _XOPEN_SOURCE 700

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <tempfile.h>

/* ======================================================================================== */

struct tempfile {
    FILE *stream; /* NULL: closed, or none */
    char *name;
};

static void
free_tempfile (struct tempfile **t)
{
    if (*t)
        free ((*t)->name);
    free (*t);
    *t = NULL;
}

/* Takes up a file that exists: it is deleted at exit, and by a signal. */
static struct tempfile *
register_tempfile (const char *path)
{
    struct tempfile *t = calloc (1, sizeof *t);
    if (t && (t->name = realpath (path, NULL)) && tempfile_register (t->name) == 0)
        return t;
    free_tempfile (&t);
    return NULL;
}

static int
close_tempfile (struct tempfile *t)
{
    FILE *stream = t->stream;
    t->stream = NULL;
    if (!stream)
        return 0;
    int failed = ferror (stream);
    return fclose (stream) != 0 || failed ? -1 : 0;
}

/* Deletes the file. */
static void
delete_tempfile (struct tempfile **t)
{
    close_tempfile (*t);
    tempfile_unlink ((*t)->name);
    free_tempfile (t);
}

/* The file becomes PATH, whole and on disk, or is deleted. */
static int
rename_tempfile (struct tempfile **t, const char *path)
{
    if (close_tempfile (*t) != 0 || tempfile_persist_path ((*t)->name, path, TEMPFILE_SYNC) != 0) {
        delete_tempfile (t);
        return -1;
    }
    free_tempfile (t);
    return 0;
}

/* Makes a file of exactly this name, which must not exist. Signals wait until the library knows of
 * it. */
static struct tempfile *
create_tempfile (const char *path)
{
    struct tempfile *t = NULL;
    sigset_t all, old;
    sigfillset (&all);
    sigprocmask (SIG_SETMASK, &all, &old);
    int fd = open (path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd >= 0 && !(t = register_tempfile (path)))
        unlink (path);
    sigprocmask (SIG_SETMASK, &old, NULL);
    if (t && (t->stream = fdopen (fd, "w")))
        return t;
    if (t)
        delete_tempfile (&t);
    if (fd >= 0)
        close (fd);
    return NULL;
}

/* ======================================================================================== */

static int
complain (const char *what, const char *why)
{
    fprintf (stderr, "lockfile: %s: %s\n", what, why);
    return 1;
}

int
main (int argc, char **argv)
{
    char lock[4096];
    if (argc != 2 || snprintf (lock, sizeof lock, "%s.lock", argv[1]) >= (int) sizeof lock)
        return complain ("usage", "lockfile FILE");
    if (tempfile_cleanup_on_signals () != 0)
        return complain ("signals", tempfile_errmsg ());
    struct tempfile *t = create_tempfile (lock);
    if (!t)
        return complain (lock, strerror (errno)); /* most likely it exists */

    long bytes = 0;
    for (int c; (c = getchar ()) != EOF; bytes++)
        putc (c, t->stream);
    if (bytes == 0 || ferror (stdin)) {
        delete_tempfile (&t);
        return complain (argv[1], "no input; it stays as it was");
    }
    return rename_tempfile (&t, argv[1]) == 0 ? 0 : complain (argv[1], tempfile_errmsg ());
}
