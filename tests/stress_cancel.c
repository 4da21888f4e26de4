/* SPDX-License-Identifier: MIT */
/*
 * stress_cancel.c - threads that are cancelled at any moment, and have others come after them.
 *
 * Each call of the library is done as a whole, or not begun, when a thread is cancelled. So a
 * thread that notes what it has at once, and forgets it when the call that ends it has returned,
 * can leave all of it to a cleanup handler; whatever is left or locked then is the library's.
 *
 * There are no plain streams here: what a cancellation in the midst of write(2) leaves is libc's.
 */
#include <config.h>

#include "stress.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <tempfile.h>

enum {
    AT_ONCE = 8,
    PROMPT = 5
}; /* threads; seconds in which a process ends whom nobody holds up */

struct victim {
    struct worker worker;
    FILE *file;
    struct tempfile_dir *dir;
    char *left;
    char target[PATH_MAX]; /* "": none */
    pid_t child;
};

/* Runs where the thread was cancelled, in the midst of any step. */
static void
tidy (void *arg)
{
    struct victim *v = arg;

    if (v->file && fclose (v->file) != 0)
        wrong ("closing what a cancelled thread had");
    if (v->dir && tempfile_dir_close (v->dir) != 0)
        wrong ("removing what a cancelled thread had");
    if (v->left && tempfile_unlink (v->left) != 0)
        wrong ("deleting '%s', which a cancelled thread had left", v->left);
    if (*v->target && unlink (v->target) != 0 && errno != ENOENT)
        wrong ("'%s'", v->target);
    if (v->child > 0 && wait_for (v->child) != 0)
        wrong ("a child of a cancelled thread");
    free (v->left);
}

static void
close_it (struct victim *v)
{
    if (tempfile_finish (&v->file) != 0)
        wrong ("tempfile_finish");
}

static FILE *
open_one (struct victim *v)
{
    switch (pick (&v->worker, 5)) {
    case 0:
        return NamedTemporaryFile ();
    case 1:
        return NamedTemporaryFile (.recoverable = 1);
    case 2:
        return TemporaryFile (.buffering = 2000);
    case 3:
        return TemporaryFile (.buffering = 300, .in_memory = 1);
    default:
        return SpooledTemporaryFile (.max_size = 10);
    }
}

static bool
get_stream (struct victim *v, FILE *f)
{
    v->file = f;
    if (!f)
        wrong ("a stream");
    else if (fputs ("a text that is longer than what a spool may hold\n", f) < 0)
        wrong ("a stream cannot be written");
    return f != NULL;
}

static void
use_stream (struct victim *v)
{
    if (!get_stream (v, open_one (v)))
        return;
    if (tempfile_rollover (v->file) != 0 || tempfile_truncate (v->file, 5) != 0)
        wrong ("a stream is not truncated");
    close_it (v);
}

static void
use_left (struct victim *v)
{
    if (!get_stream (v, NamedTemporaryFile ()))
        return;
    v->left = tempfile_into_path (v->file);
    v->file = NULL;
    if (!v->left || tempfile_unlink (v->left) != 0)
        wrong ("what was left");
    free (v->left);
    v->left = NULL;
}

static void
use_persist (struct victim *v)
{
    static atomic_long count;
    long number = atomic_fetch_add (&count, 1);

    if (!get_stream (v, NamedTemporaryFile ()))
        return;
    (void) snprintf (v->target, sizeof v->target, "%s/persisted-%ld", stress.dir, number);
    if (tempfile_persist (v->file, v->target, number % 2 ? TEMPFILE_NOREPLACE : 0) != 0)
        wrong ("tempfile_persist");
    close_it (v);
    if (unlink (v->target) != 0)
        wrong ("'%s'", v->target);
    *v->target = '\0';
}

/* With a file of its own in it, and one that was only put there. */
static void
use_directory (struct victim *v)
{
    char path[PATH_MAX];

    v->dir = TemporaryDirectory (.recoverable = (int) pick (&v->worker, 2));
    if (!v->dir || !get_stream (v, NamedTemporaryFile (.dir = tempfile_dir_name (v->dir))))
        return;
    if (snprintf (path, sizeof path, "%s/link", tempfile_dir_name (v->dir)) < (int) sizeof path &&
        symlink ("/", path) != 0)
        wrong ("a link in a directory");
    close_it (v);
    if (tempfile_dir_close (v->dir) != 0)
        wrong ("tempfile_dir_close");
    v->dir = NULL;
}

static void
flush_all (struct victim *v)
{
    (void) v;
    if (fflush (NULL) != 0)
        wrong ("fflush (NULL)");
}

/* The child has its parent's cancellation, if that is pending. */
static void
live_as_child (void)
{
    int before;

    pthread_setcancelstate (PTHREAD_CANCEL_DISABLE, &before);
    alarm (200);
    FILE *f = NamedTemporaryFile ();
    struct tempfile_dir *d = TemporaryDirectory ();
    _exit (!f || fclose (f) != 0 || !d || tempfile_dir_close (d) != 0);
}

/* Not cancelled while it waits: some versions of glibc lose a child by it. */
static void
have_child (struct victim *v)
{
    int before;

    v->child = fork ();
    if (v->child == 0)
        live_as_child ();
    pthread_setcancelstate (PTHREAD_CANCEL_DISABLE, &before);
    if (v->child < 0 || wait_for (v->child) != 0)
        wrong ("a child");
    v->child = 0;
    pthread_setcancelstate (before, NULL);
}

static void (*const uses[]) (struct victim *) = {
    use_stream,  use_stream,    use_left,      use_left,  use_persist,
    use_persist, use_directory, use_directory, flush_all, have_child,
};

static void *
use_until_cancelled (void *arg)
{
    struct victim *v = arg;

    pthread_cleanup_push (tidy, v);
    for (;;) {
        unsigned what = pick (&v->worker, 40); /* a child now and then */
        uses[what < 39 ? what % (LENGTH (uses) - 1) : LENGTH (uses) - 1](v);
        pthread_testcancel ();
    }
    pthread_cleanup_pop (0);
    return NULL;
}

static void
start (struct victim *v, int number)
{
    *v = (struct victim){.child = 0};
    begin_worker (&v->worker, number);
    if (pthread_create (&v->worker.thread, NULL, use_until_cancelled, v) != 0)
        wrong ("a thread cannot be made");
}

static void
cancel (struct victim *v)
{
    void *result;

    if (pthread_cancel (v->worker.thread) != 0 || pthread_join (v->worker.thread, &result) != 0 ||
        result != PTHREAD_CANCELED)
        wrong ("a thread that is to be cancelled");
}

/* Nothing that a cancelled thread had is waited for. */
static void
end_promptly (void)
{
    double begin = now ();
    pid_t child = fork ();

    if (child == 0) {
        FILE *f = NamedTemporaryFile (.delete_when = TEMPFILE_DELETE_ON_EXIT);
        exit (!f || !TemporaryDirectory ());
    }
    if (wait_for (child) != 0)
        wrong ("a process that is to end");
    if (now () - begin > PROMPT)
        wrong ("the end took %.1f s", now () - begin);
}

void
cancel_threads (void)
{
    static struct victim victims[AT_ONCE];
    struct worker random;
    double end = now () + stress.seconds;
    int count = 0;

    begin_worker (&random, -1);
    for (int i = 0; i < AT_ONCE; i++)
        start (&victims[i], count++);
    for (; now () < end && !wrongs (); count++) {
        struct victim *v = &victims[pick (&random, AT_ONCE)];
        sleep_for (pick (&random, 2000) * 1e-6);
        cancel (v);
        start (v, count);
    }
    for (int i = 0; i < AT_ONCE; i++)
        cancel (&victims[i]);
    if (count_entries (stress.dir) != 0)
        wrong ("%ld names are left", count_entries (stress.dir));
    end_promptly ();
    note ("%d threads cancelled, %d at once", count, AT_ONCE);
}
