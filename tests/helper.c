/* SPDX-License-Identifier: MIT */
/*
 * A program that the tests run, because some things are true of whole programs only.
 *
 *     helper end HOW          makes files of all sorts and ends: return, exit, thread,
 *                             quick_exit, _exit. Prints, for each file, '-' and its name when it
 *                             must be gone after that, and '+' and its name when it must not.
 *     helper tempdir          prints "secure" or "plain", and the directory it chose
 *     helper closed FD        succeeds when that descriptor is not open
 *     helper left DIR         leaves a recoverable file and a recoverable directory in DIR, and
 *                             prints their names
 *     helper none-under DIR   succeeds when no descriptor refers to a file under DIR
 *     helper events DIR       does what static probes tell in DIR, and prints what they are to
 *                             tell, but for what tempfile_recover() finds in DIR/left
 */
#include <config.h>

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <tempfile.h>

static FILE *
make (enum tempfile_delete when)
{
    FILE *f = NamedTemporaryFile (.delete_when = when);

    if (!f || fputs ("contents", f) < 0) {
        fprintf (stderr, "%s\n", tempfile_errmsg ());
        _exit (2);
    }
    return f;
}

static void
expect (char sign, const char *path)
{
    printf ("%c%s\n", sign, path);
}

/* Of each sort one file; NORMAL: at this end the library has its chance. */
static void
make_all_sorts (bool normal)
{
    char gone = normal ? '-' : '+';

    expect (gone, tempfile_name (make (TEMPFILE_DELETE_ON_CLOSE)));
    expect (gone, tempfile_name (make (TEMPFILE_DELETE_ON_EXIT)));
    expect ('+', tempfile_name (make (TEMPFILE_DELETE_NEVER)));

    FILE *f = make (TEMPFILE_DELETE_ON_CLOSE);
    expect ('+', tempfile_name (f));
    tempfile_keep (f);

    f = make (TEMPFILE_DELETE_ON_EXIT);
    expect (gone, tempfile_name (f));
    fclose (f);

    f = make (TEMPFILE_DELETE_ON_CLOSE);
    expect ('-', tempfile_name (f));
    fclose (f);

    char *path = tempfile_into_path (make (TEMPFILE_DELETE_ON_CLOSE));
    expect (gone, path);
    free (path);

    (void) TemporaryFile ();
    (void) TemporaryFile (.buffering = 4096);
    fflush (stdout);
}

static void *
exit_in_thread (void *arg)
{
    (void) arg;
    exit (0);
}

static int
end (const char *how)
{
    make_all_sorts (strcmp (how, "_exit") != 0);
    if (chdir ("/") != 0)
        return 2;
    if (strcmp (how, "return") == 0)
        return 0;
    if (strcmp (how, "exit") == 0)
        exit (0);
    if (strcmp (how, "quick_exit") == 0)
        quick_exit (0);
    if (strcmp (how, "thread") == 0) {
        pthread_t thread;
        if (pthread_create (&thread, NULL, exit_in_thread, NULL) == 0)
            pthread_join (thread, NULL);
    }
    _exit (0);
}

static int
print_tempdir (void)
{
    bool secure = getuid () != geteuid () || getgid () != getegid ();
    const char *dir = tempfile_gettempdir ();

    printf ("%s %s\n", secure ? "secure" : "plain", dir ? dir : "none");
    fflush (stdout);
    _exit (0); /* tools that look at the end of a program may not in a set-user-ID one */
}

static int
leave (const char *dir)
{
    FILE *f = NamedTemporaryFile (.dir = dir, .recoverable = 1);
    struct tempfile_dir *d = TemporaryDirectory (.dir = dir, .recoverable = 1);
    if (!f || !d)
        return 1;
    printf ("%s\n%s\n", tempfile_name (f), tempfile_dir_name (d));
    fflush (stdout);
    _exit (0);
}

static int
none_under (const char *dir)
{
    DIR *d = opendir ("/proc/self/fd");
    int found = 0;

    if (!d)
        return 0;
    for (struct dirent *e; (e = readdir (d));) {
        char target[4096];
        ssize_t n = readlinkat (dirfd (d), e->d_name, target, sizeof target - 1);
        target[n < 0 ? 0 : n] = '\0';
        if (strncmp (target, dir, strlen (dir)) != 0 || strstr (target, "/valgrind_proc_"))
            continue;
        fprintf (stderr, "descriptor %s: %s\n", e->d_name, target);
        found = 1;
    }
    closedir (d);
    return found;
}

/* What is made and deleted, under a name and in memory. */
static int
make_and_delete (const char *dir)
{
    FILE *f = NamedTemporaryFile (.dir = dir);
    struct tempfile_dir *d = TemporaryDirectory (.dir = dir);
    FILE *m = TemporaryFile (.in_memory = 1);
    char *path;
    int fd = tempfile_mkstemp (
        &path, TEMPFILE_OPTIONS (.dir = dir, .delete_when = TEMPFILE_DELETE_ON_EXIT));
    if (!f || !d || fd < 0)
        return 1;
    printf ("mkstemp %s\ndelete %s\n", tempfile_name (f), tempfile_name (f));
    printf ("mkdtemp %s\ndelete %s\n", tempfile_dir_name (d), tempfile_dir_name (d));
    printf ("mkstemp %s\ndelete %s\n", path, path);
    if (m)
        printf ("mkstemp memfd:tmp\n");
    free (path);
    return close (fd) || fclose (f) || (m && fclose (m)) || tempfile_dir_close (d);
}

static int
events (const char *dir)
{
    char path[4096];
    FILE *f = NamedTemporaryFile (.dir = dir);
    FILE *s = SpooledTemporaryFile (.dir = dir);
    if (!f || !s || make_and_delete (dir) != 0)
        return 1;
    snprintf (path, sizeof path, "%s/lasting", dir);
    printf ("mkstemp %s\npersist %s %s\n", tempfile_name (f), tempfile_name (f), path);
    if (tempfile_persist (f, path, 0) != 0 || fclose (f) != 0)
        return 1;
    if (fputs ("contents", s) < 0 || fflush (s) != 0 || tempfile_rollover (s) != 0)
        return 1;
    printf ("rollover 8 %d\n", tempfile_fileno (s));
    snprintf (path, sizeof path, "%s/left", dir);
    return fclose (s) || tempfile_recover (path) < 0;
}

int
main (int argc, char **argv)
{
    const char *task = argc > 1 ? argv[1] : "";

    if (strcmp (task, "tempdir") == 0)
        return print_tempdir ();
    if (argc < 3)
        return 2;
    if (strcmp (task, "end") == 0)
        return end (argv[2]);
    if (strcmp (task, "closed") == 0)
        return fcntl (atoi (argv[2]), F_GETFD) != -1;
    if (strcmp (task, "left") == 0)
        return leave (argv[2]);
    if (strcmp (task, "events") == 0)
        return events (argv[2]);
    if (strcmp (task, "none-under") == 0)
        return none_under (argv[2]);
    return 2;
}
