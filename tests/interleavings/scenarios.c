/* SPDX-License-Identifier: MIT */
/*
 * What the threads do. A thread's part is a word, of which each letter is something that a program
 * may do with a name of its own:
 *
 *     c  make a file         d  make a directory
 *     w  make a file where that takes long, as a file server may
 *     x  close it: it is deleted, and must be gone
 *     D  the same where it could not be handed out
 *     k  keep it: it must stay
 *     l  leave it for later  u  delete what was left, by its path
 *     U  delete by its path what thread 1 has made, whatever that does meanwhile
 *     C  clean up, and go on
 *     f  fork; the child closes what it has inherited, which must stay, leaves a file of its own
 * and exits, by which that must be gone F  fork; the child exits at once b  fork without the
 * handlers for it; the child cleans up as a signal handler would, and ends A  fork; the child
 * adopts and closes what it has inherited e  exit                q  quick_exit
 *
 * A signal may be the library's to handle (tempfile_cleanup_on_signals), or the program's, whose
 * handler calls tempfile_cleanup() and goes on, or exit(). CROWDED: the next name needs memory for
 * more of them.
 */
#include "base/export.h"

#include "base/error.h"
#include "create/create.h"
#include "explorer.h"
#include "life/registry.h"
#include "life/remove.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- a thread's part --- */

struct work {
    struct entry *entry; /* held, or NULL */
    char path[32];       /* of the last name that it has made */
    bool given_up;       /* no name could be made, for the process is about to end */
    bool is_deleted;     /* or is being, by another thread */
};

static struct work works[THREADS];
static bool will_end; /* as far as the library knows */

/* Only when the process is about to end may something be refused. */
static void
expect_end (const char *what)
{
    if (!machine_may_end () && !will_end)
        explorer_fail ("%s fails, and nothing is about to end: %s", what, tempfile_errmsg ());
}

static int
make_directory (const char *path, void *arg)
{
    (void) arg;
    int err = fs_create (path, FS_DIRECTORY, NULL);
    if (err)
        errno = err;
    return err ? CREATE_FAILED : 0;
}

/* Others go on before the file is there, and before it is known to be. */
static int
make_slowly (const char *path, void *arg)
{
    (void) arg;
    machine_sleep (1, NULL);
    int err = fs_create (path, FS_FILE, NULL);
    machine_sleep (1, NULL);
    if (err)
        errno = err;
    return err ? CREATE_FAILED : 0;
}

static const struct removal trees = {tempfile__remove_tree, tempfile__remove_tree_async_safe};

static int
make_by (char how, struct entry **entry)
{
    struct settings s = {.prefix = "", .suffix = "", .permissions = 0600};
    struct maker directory = {EVENT_MKDTEMP, make_directory, NULL, NULL};
    struct maker slow = {EVENT_MKSTEMP, make_slowly, NULL, NULL};
    if (how == 'd')
        return tempfile__create_entry ("/t", &s, &trees, &directory, entry);
    if (how == 'w')
        return tempfile__create_entry ("/t", &s, NULL, &slow, entry);
    return tempfile__create_named ("/t", &s, entry);
}

static void
make (struct work *w, char how)
{
    w->given_up = make_by (how, &w->entry) < 0;
    if (w->given_up) {
        w->entry = NULL;
        expect_end ("to make a name");
        return;
    }
    snprintf (w->path, sizeof w->path, "%s", tempfile__entry_path (w->entry));
}

static void
close_it (struct work *w)
{
    if (tempfile__entry_delete (w->entry))
        explorer_fail ("to close '%s' fails: %s", w->path, tempfile_errmsg ());
    w->entry = NULL;
    fs_check_closed (w->path);
}

static void
discard (struct work *w)
{
    if (tempfile__entry_discard (w->entry))
        explorer_fail ("to discard '%s' fails: %s", w->path, tempfile_errmsg ());
    w->entry = NULL;
    fs_check_closed (w->path);
}

static void
keep (struct work *w)
{
    if (tempfile__entry_keep (w->entry) == 0)
        fs_must_stay (w->path);
    else if (!w->is_deleted)
        expect_end ("to keep");
}

static void
leave (struct work *w)
{
    tempfile__entry_leave (w->entry);
    w->entry = NULL;
}

static void
delete_by_path (struct work *w)
{
    if (tempfile_unlink (w->path) < 0)
        expect_end ("to delete by path");
    fs_check_closed (w->path);
}

/* Thread 1 may not have made it yet, or have closed it. */
static void
delete_of_first (void)
{
    struct work *first = &works[1];
    first->is_deleted = true;
    if (first->path[0] && tempfile_unlink (first->path) < 0 && errno != ENOENT)
        explorer_fail ("to delete '%s' by path fails: %s", first->path, tempfile_errmsg ());
}

_Noreturn static void
be_heir (struct work *w)
{
    if (tempfile__registry_adopt () < 0)
        explorer_fail ("to adopt fails: %s", tempfile_errmsg ());
    fs_adopt (w->path);
    close_it (w);
    machine_exit ();
}

_Noreturn static void
be_child (struct work *w)
{
    if (w->entry)
        close_it (w);
    make (w, 'c');
    if (w->entry)
        leave (w);
    machine_exit ();
}

static void
act (struct work *w, char what)
{
    switch (what) {
    case 'c':
    case 'd':
    case 'w':
        make (w, what);
        break;
    case 'x':
        close_it (w);
        break;
    case 'D':
        discard (w);
        break;
    case 'k':
        keep (w);
        break;
    case 'l':
        leave (w);
        break;
    case 'u':
        delete_by_path (w);
        break;
    case 'U':
        delete_of_first ();
        break;
    case 'C':
        will_end = true;
        tempfile_cleanup ();
        break;
    case 'A':
        if (machine_fork () == 0)
            be_heir (w);
        break;
    case 'f':
        if (machine_fork () == 0)
            be_child (w);
        break;
    case 'F':
        if (machine_fork () == 0)
            machine_exit ();
        break;
    case 'b':
        if (machine_bare_fork () == 0) {
            tempfile_cleanup ();
            machine_end (false, "_exit");
        }
        break;
    case 'e':
        machine_exit ();
    case 'q':
        machine_quick_exit ();
    default:
        abort ();
    }
}

static void
run_part (const struct scenario *s, int thread)
{
    struct work *w = &works[thread];
    for (const char *p = s->parts[thread]; *p && !w->given_up; p++)
        act (w, *p);
}

/* --- signals --- */

static void
clean_up_and_go_on (int sig)
{
    (void) sig;
    tempfile_cleanup ();
}

static void
exit_in_handler (int sig)
{
    (void) sig;
    machine_exit ();
}

static void
handle_by (void (*handler) (int))
{
    struct sigaction a = {.sa_handler = handler};
    sigemptyset (&a.sa_mask);
    machine_sigaction (SIGTERM, &a, NULL, NULL);
    machine_sigaction (SIGINT, &a, NULL, NULL);
}

/* All entries that need no memory but one. */
static void
crowd (void)
{
    for (int i = 0; i < 63; i++)
        if (!tempfile__entry_new (machine_string ("/t/crowd"), NULL))
            explorer_fail ("no crowd: %s", tempfile_errmsg ());
}

static void
set_up (const struct scenario *s)
{
    memset (works, 0, sizeof works);
    will_end = false;
    if (s->crowded)
        crowd ();
    if (s->handler == 'L' && tempfile_cleanup_on_signals () < 0)
        explorer_fail ("signals cannot be handled: %s", tempfile_errmsg ());
    if (s->handler == 'G')
        handle_by (clean_up_and_go_on);
    if (s->handler == 'E')
        handle_by (exit_in_handler);
}

/* --- all of them --- */

enum { PLAIN, STRUCK, CROWDED };

static const struct {
    const char *words[THREADS - 1];
    int how; /* STRUCK: with signals, too */
} parts[] = {
    {{"cx"}, STRUCK},
    {{"dx"}, STRUCK},
    {{"ckx"}, STRUCK},
    {{"cl"}, STRUCK},
    {{"clu"}, STRUCK},
    {{"cxcx"}, PLAIN},
    {{"cfx"}, PLAIN},
    {{"cAx"}, PLAIN},
    {{"cx", "U"}, PLAIN},
    {{"cl", "U"}, PLAIN},
    {{"ckx", "U"}, PLAIN},
    {{"cx", "Ce"}, PLAIN},
    {{"cl", "Ce"}, PLAIN},
    {{"wl", "Ce"}, PLAIN},
    {{"cAx", "cx"}, PLAIN},
    {{"cx", "cx"}, CROWDED},
    {{"cxcx", "cx"}, CROWDED},
    {{"cx", "f"}, CROWDED},
    {{"cxcx", "cxcx"}, PLAIN},
    {{"cx", "cx"}, STRUCK},
    {{"cx", "ckx"}, PLAIN},
    {{"cx", "clu"}, PLAIN},
    {{"cx", "cl"}, STRUCK},
    {{"ckx", "clu"}, STRUCK},
    {{"clu", "clu"}, PLAIN},
    {{"cxcx", "clu"}, PLAIN},
    {{"dx", "cx"}, STRUCK},
    {{"dx", "dx"}, PLAIN},
    {{"cx", "e"}, STRUCK},
    {{"ckx", "e"}, STRUCK},
    {{"cl", "e"}, PLAIN},
    {{"clu", "e"}, STRUCK},
    {{"cD", "e"}, PLAIN},
    {{"dx", "e"}, STRUCK},
    {{"cxcx", "e"}, PLAIN},
    {{"cx", "q"}, PLAIN},
    {{"cx", "f"}, STRUCK},
    {{"ckx", "f"}, PLAIN},
    {{"clu", "f"}, STRUCK},
    {{"dx", "F"}, PLAIN},
    {{"cfx", "cx"}, PLAIN},
    {{"cx", "b"}, STRUCK},
    {{"cx", "cx", "e"}, STRUCK},
    {{"ckx", "clu", "e"}, PLAIN},
    {{"cx", "cx", "f"}, PLAIN},
    {{"cx", "f", "e"}, PLAIN},
    {{"clu", "clu", "F"}, PLAIN},
};

static const struct {
    char handler;
    unsigned strikes;
    const char *name;
} signals[] = {
    {0, 0, ""},
    {'L', 1, " +signal"},
    {'L', 2, " +2 signals"},
    {'G', 1, " +handler that goes on"},
    {'E', 1, " +handler that exits"},
};

static bool
is_in (const char *const *words, const char *letters)
{
    for (int i = 0; i < THREADS - 1 && words[i]; i++)
        if (strpbrk (words[i], letters))
            return true;
    return false;
}

static void
describe (struct scenario *s, const char *const *words, const char *signal)
{
    s->name[0] = '\0';
    for (int i = 0; i < THREADS - 1 && words[i]; i++) {
        s->run[i + 1] = run_part;
        s->parts[i + 1] = words[i];
        snprintf (s->name + strlen (s->name), sizeof s->name - strlen (s->name), "%s%s",
                  i ? "/" : "", words[i]);
    }
    snprintf (s->name + strlen (s->name), sizeof s->name - strlen (s->name), "%s", signal);
}

/* The larger a scenario is, the smaller the bound. */
static int
weigh (const struct scenario *s)
{
    int threads = 0;
    while (threads < THREADS - 1 && s->run[threads + 1])
        threads++;
    return (threads > 2) + (s->strikes > 0) + (s->strikes > 1);
}

void
scenarios_visit (bool (*visit) (const struct scenario *))
{
    bool only_forks = getenv ("TEMPFILE_TEST_UNWIPED") != NULL;
    for (size_t k = 0; k < sizeof signals / sizeof *signals; k++)
        for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
            if (signals[k].strikes && parts[i].how != STRUCK)
                continue;
            struct scenario s = {.set_up = set_up, .strikes = signals[k].strikes};
            s.handler = signals[k].handler;
            s.forks = is_in (parts[i].words, "fFbA");
            s.crowded = parts[i].how == CROWDED;
            describe (&s, parts[i].words, s.crowded ? " crowded" : signals[k].name);
            if (only_forks && !s.forks)
                continue;
            s.less = weigh (&s);
            if (!visit (&s))
                return;
        }
}
