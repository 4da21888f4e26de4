/* SPDX-License-Identifier: MIT */
/*
 * stress_kills.c - a file that is saved again and again, while others read it. Whoever opens it
 * finds the old or the new file, whole, with its permissions, whatever kind of stream it comes
 * from, with whatever flags, and wherever its writer is killed.
 */
#include <config.h>

#include "stress.h"
#include "tree.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <tempfile.h>

enum { SIZE = 100000, MODE = 0640, READERS = 2, WRITERS = 4 };

static char target[PATH_MAX]; /* what is saved */
static char apart[PATH_MAX];  /* a directory on another file system; "": there is none */

/* --- what is saved --- */

enum kind { IN_MEMORY, PLAIN, NAMED, SPOOLED, TEXT, ELSEWHERE, KINDS };

static FILE *
open_kind (enum kind kind)
{
    switch (kind) {
    case IN_MEMORY:
        return TemporaryFile (.in_memory = 1, .permissions = MODE);
    case PLAIN:
        return TemporaryFile (.permissions = MODE);
    case SPOOLED:
        return SpooledTemporaryFile (.permissions = MODE);
#ifdef HAVE_TEXT
    case TEXT:
        return NamedTemporaryFile (.recoverable = 1, .mode = "w", .encoding = "latin-1",
                                   .permissions = MODE);
#endif
    case ELSEWHERE:
        if (*apart)
            return NamedTemporaryFile (.recoverable = 1, .dir = apart, .permissions = MODE);
        /* fallthrough */
    default:
        return NamedTemporaryFile (.recoverable = 1, .permissions = MODE);
    }
}

/* 0; or an errno. */
static int
save (struct worker *w, const char *path, unsigned flags)
{
    char text[1000];
    FILE *f = open_kind (pick (w, KINDS));

    memset (text, 'a' + (int) pick (w, 26), sizeof text);
    for (size_t i = 0; f && i < SIZE; i += sizeof text)
        if (fwrite (text, sizeof text, 1, f) != 1)
            wrong ("a file that is to be saved");
    int err = !f || tempfile_persist (f, path, flags) != 0 ? errno : 0;
    if (!f || fclose (f) != 0)
        wrong ("a file that was saved");
    return err;
}

/* Or missing, if it may. */
static bool
is_whole (const char *path, bool may_be_missing)
{
    FILE *f = fopen (path, "re");

    if (!f)
        return may_be_missing && errno == ENOENT;
    return is_one_letter (f, SIZE, MODE);
}

/* --- where --- */

static bool
is_elsewhere (const char *dir)
{
    struct stat here, there;

    return stat (stress.dir, &here) == 0 && stat (dir, &there) == 0 && here.st_dev != there.st_dev;
}

static void
begin (void)
{
    (void) snprintf (target, sizeof target, "%s/target", stress.dir);
    (void) snprintf (apart, sizeof apart, "/dev/shm/libtempfile-kills.XXXXXX");
    if (!is_elsewhere ("/dev/shm") || !mkdtemp (apart))
        *apart = '\0';
}

/* Nothing is left but what tempfile_recover() finds. */
static void
recover_all (const char *dir, long rest)
{
    if (tempfile_recover (dir) < 0)
        wrong ("tempfile_recover");
    if (count_entries (dir) != rest)
        wrong ("%ld names in '%s', not %ld", count_entries (dir), dir, rest);
}

static void
finish (void)
{
    if (!*apart)
        return;
    recover_all (apart, 0);
    if (rmdir (apart) != 0)
        wrong ("'%s'", apart);
}

/* --- readers --- */

static void
read_for_ever (bool may_be_missing)
{
    for (;;)
        if (!is_whole (target, may_be_missing)) {
            wrong ("'%s' is not whole", target);
            _exit (1);
        }
}

static void
start_readers (pid_t readers[READERS], bool may_be_missing)
{
    for (int i = 0; i < READERS; i++) {
        readers[i] = fork ();
        if (readers[i] == 0)
            read_for_ever (may_be_missing);
    }
}

static bool
is_killed (pid_t child)
{
    int status = kill (child, SIGKILL) == 0 ? wait_for (child) : -1;

    return WIFSIGNALED (status) && WTERMSIG (status) == SIGKILL;
}

static void
end_readers (pid_t readers[READERS])
{
    for (int i = 0; i < READERS; i++)
        if (!is_killed (readers[i]))
            wrong ("a reader has ended");
}

/* --- writers that are killed --- */

static void
save_for_ever (int number)
{
    struct worker w;

    begin_worker (&w, number);
    for (;;)
        if (save (&w, target,
                  TEMPFILE_COPY | TEMPFILE_SYNC | (pick (&w, 2) ? TEMPFILE_LIKE_TARGET : 0)))
            wrong ("tempfile_persist");
}

void
kill_savers (void)
{
    long count = scaled (1000), killed = 0;
    pid_t readers[READERS];
    struct worker w;

    begin ();
    begin_worker (&w, -1);
    if (save (&w, target, TEMPFILE_COPY) != 0)
        wrong ("the first file");
    start_readers (readers, false);
    for (; killed < count && !wrongs (); killed++) {
        pid_t child = fork ();
        if (child == 0)
            save_for_ever ((int) killed);
        sleep_for (pick (&w, 10000) * 1e-6);
        if (!is_killed (child))
            wrong ("a writer has ended");
        if (!is_whole (target, false))
            wrong ("'%s' is not whole", target);
    }
    end_readers (readers);
    recover_all (stress.dir, 1);
    unlink (target);
    note ("%ld processes killed%s", killed, *apart ? "" : ", all on one file system");
    finish ();
}

/* --- writers that race --- */

/* All that may be combined with replacing. */
static unsigned
any_flags (struct worker *w)
{
    static const unsigned flags[] = {TEMPFILE_SYNC, TEMPFILE_LIKE_TARGET, TEMPFILE_FOLLOW};
    unsigned all = TEMPFILE_COPY;

    for (int i = 0; i < LENGTH (flags); i++)
        all |= pick (w, 2) ? flags[i] : 0;
    return all;
}

static void
save_until (double end, int number)
{
    struct worker w;

    begin_worker (&w, number);
    while (now () < end && !wrongs ())
        if (save (&w, target, any_flags (&w)) != 0)
            wrong ("tempfile_persist");
    exit (wrongs () ? 1 : 0);
}

static void
replace_it (double end)
{
    pid_t readers[READERS], writers[WRITERS];
    struct worker w;

    begin_worker (&w, -1);
    if (save (&w, target, TEMPFILE_COPY) != 0)
        wrong ("the first file");
    start_readers (readers, false);
    for (int i = 0; i < WRITERS; i++) {
        writers[i] = fork ();
        if (writers[i] == 0)
            save_until (end, i);
    }
    for (int i = 0; i < WRITERS; i++)
        if (wait_for (writers[i]) != 0)
            wrong ("a writer");
    end_readers (readers);
    recover_all (stress.dir, 1);
    unlink (target);
}

static void *
save_anew (void *arg)
{
    struct worker *w = arg;
    int err = save (w, target, any_flags (w) | TEMPFILE_NOREPLACE);

    if (err && err != EEXIST)
        wrong ("TEMPFILE_NOREPLACE");
    atomic_store (&w->done, err == 0);
    return NULL;
}

/* Of all that make it, one does. */
static long
make_it (double end)
{
    struct worker workers[WRITERS];
    pid_t readers[READERS];
    long rounds = 0;

    for (int i = 0; i < WRITERS; i++)
        begin_worker (&workers[i], i);
    start_readers (readers, true);
    for (; now () < end && !wrongs (); rounds++) {
        long made = 0;
        for (int i = 0; i < WRITERS; i++)
            if (pthread_create (&workers[i].thread, NULL, save_anew, &workers[i]) != 0)
                wrong ("a thread cannot be made");
        for (int i = 0; i < WRITERS; i++) {
            pthread_join (workers[i].thread, NULL);
            made += atomic_load (&workers[i].done);
        }
        if (made != 1 || !is_whole (target, false) || unlink (target) != 0)
            wrong ("%ld made what only one can", made);
    }
    end_readers (readers);
    recover_all (stress.dir, 0);
    return rounds;
}

void
race_readers (void)
{
    double start = now ();

    begin ();
    replace_it (start + stress.seconds / 2);
    note ("%ld times made by one of %d", make_it (start + stress.seconds), WRITERS);
    finish ();
}
