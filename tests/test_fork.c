/* SPDX-License-Identifier: MIT */
/*
 * fork() and exec(): a child, however it ends, deletes nothing that its parent made, and makes and
 * deletes files of its own; forking while other threads open and close never leaves a child
 * stuck; and no descriptor of ours reaches another program.
 */
#include "common.h"

#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <sys/wait.h>

enum { WATCHDOG = 100 };

/* What the parent has when it forks: a stream of each kind, and two names that were left. */
struct parents {
    FILE *streams[KINDS];
    FILE *on_exit;
    char *left;
    char name[PATH_MAX];
};

static void
make_parents (struct parents *p)
{
    for (int kind = 0; kind < KINDS; kind++) {
        p->streams[kind] = test_open (kind, NULL);
        ck_assert_int_ge (fputs ("parent", p->streams[kind]), 0);
        ck_assert_int_eq (fflush (p->streams[kind]), 0);
    }
    snprintf (p->name, sizeof p->name, "%s", tempfile_name (p->streams[NAMED]));
    p->on_exit = NamedTemporaryFile (.delete_when = TEMPFILE_DELETE_ON_EXIT);
    ck_assert_ptr_nonnull (p->on_exit);
    p->left = tempfile_into_path (test_open (NAMED, NULL));
    ck_assert_ptr_nonnull (p->left);
}

/* All is as it was before the fork, and goes when it should. */
static void
check_and_close_parents (struct parents *p)
{
    ck_assert_int_eq (test_entries (test_dir ()), 3);
    ck_assert (test_exists (p->left));
    ck_assert (test_same_file (p->name, tempfile_fileno (p->streams[NAMED])));
    for (int kind = 0; kind < KINDS; kind++) {
        ck_assert_int_ge (fputs (" again", p->streams[kind]), 0);
        ck_assert_int_eq (fflush (p->streams[kind]), 0);
        assert_contents (p->streams[kind], "parent again");
        assert_closes (p->streams[kind]);
    }
    ck_assert (!test_exists (p->name));
    ck_assert_int_eq (tempfile_close (p->on_exit), 0);
    ck_assert_int_eq (tempfile_unlink (p->left), 0);
    free (p->left);
}

/* --- what a child may do --- */

static void
do_nothing (struct parents *p)
{
    (void) p;
}

static void
close_streams (struct parents *p)
{
    for (int kind = 0; kind < KINDS; kind++)
        assert_closes (p->streams[kind]);
    assert_closes (p->on_exit);
}

static void
close_streams_our_way (struct parents *p)
{
    for (int kind = 0; kind < KINDS; kind++)
        ck_assert_int_eq (tempfile_close (p->streams[kind]), 0);
    ck_assert_int_eq (tempfile_close (p->on_exit), 0);
}

static void
unlink_name (struct parents *p)
{
    assert_minus_1 (tempfile_unlink (p->left), EPERM, p->left);
    ck_assert (test_exists (p->left));
}

static void
turn_into_path (struct parents *p)
{
    free (tempfile_into_path (p->streams[NAMED]));
}

static void
keep (struct parents *p)
{
    (void) tempfile_keep (p->streams[NAMED]);
}

static void
make_own (struct parents *p)
{
    (void) p;
    for (int kind = 0; kind < KINDS; kind++)
        assert_closes (test_open (kind, NULL));
    for (int kind = 0; kind < KINDS; kind++)
        (void) test_open (kind, NULL); /* for exit */
    FILE *f = NamedTemporaryFile (.delete_when = TEMPFILE_DELETE_ON_EXIT);
    ck_assert_ptr_nonnull (f);
    free (tempfile_into_path (test_open (NAMED, NULL)));
}

static void
have_a_child (struct parents *p)
{
    pid_t child = fork ();

    if (child == 0) {
        close_streams (p);
        exit (0);
    }
    test_wait (child);
    ck_assert (test_exists (p->name));
    make_own (p);
}

static void (*const actions[]) (struct parents *) = {
    do_nothing, close_streams, close_streams_our_way, unlink_name, turn_into_path,
    keep,       make_own,      have_a_child};

enum { BY_EXIT, BY_QUICK_EXIT, ENDS };

static void
end_child (int how)
{
    if (how == BY_EXIT)
        exit (0);
    quick_exit (0);
}

START_TEST (child_deletes_nothing_of_its_parent_s)
{
    struct parents p;
    int action = _i / ENDS, how = _i % ENDS;

    make_parents (&p);
    pid_t child = fork ();
    if (child == 0) {
        actions[action](&p);
        end_child (how);
    }
    test_wait (child);
    check_and_close_parents (&p);
}
END_TEST

START_TEST (child_s_own_files_go_with_the_child)
{
    struct parents p;

    make_parents (&p);
    pid_t child = fork ();
    if (child == 0) {
        make_own (&p);
        ck_assert_int_eq (test_entries (test_dir ()), 6);
        end_child (_i);
    }
    test_wait (child);
    check_and_close_parents (&p);
}
END_TEST

START_TEST (child_s_own_files_outlive_the_parent)
{
    int go[2], ready[2], done[2];
    char byte = 0;

    ck_assert_int_eq (pipe (go) | pipe (ready) | pipe (done), 0);
    pid_t child = fork ();
    if (child == 0) {
        (void) test_open (NAMED, NULL);
        if (fork () == 0) {
            FILE *f = test_open (NAMED, NULL);
            ck_assert_int_eq (write (ready[1], &byte, 1), 1);
            ck_assert_int_eq (read (go[0], &byte, 1), 1);
            byte = test_exists (tempfile_name (f)) ? 'y' : 'n';
            assert_closes (f);
            ck_assert_int_eq (write (done[1], &byte, 1), 1);
            exit (0);
        }
        ck_assert_int_eq (read (ready[0], &byte, 1), 1);
        exit (0);
    }
    test_wait (child);
    ck_assert_int_eq (test_entries (test_dir ()), 1);
    ck_assert_int_eq (write (go[1], &byte, 1), 1);
    ck_assert_int_eq (read (done[0], &byte, 1), 1);
    ck_assert_int_eq (byte, 'y');
    ck_assert_int_eq (test_entries (test_dir ()), 0);
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq (close (go[i]) | close (ready[i]) | close (done[i]), 0);
}
END_TEST

/* --- fork while others churn --- */

static atomic_bool stop;

/* One of each; false when anything fails. Nothing here may touch what other threads touch. */
static bool
churn_once (int i)
{
    FILE *f;

    if (i % 3 == 0)
        f = TemporaryFile ();
    else if (i % 3 == 1)
        f = TemporaryFile (.buffering = 512);
    else
        f = NamedTemporaryFile ();
    if (!f)
        return false;
    bool written = fputs ("churn", f) >= 0;
    if (i % 6 == 5) {
        char *path = tempfile_into_path (f);
        written &= path && tempfile_unlink (path) == 0;
        free (path);
        return written;
    }
    return fclose (f) == 0 && written;
}

static void *
churn (void *failures)
{
    for (int i = 0; !atomic_load (&stop); i++)
        *(int *) failures += !churn_once (i);
    return NULL;
}

/* Nothing but what takes a lock, so that one is held most of the time. */
static void *
look_up (void *failures)
{
    FILE *f = NamedTemporaryFile ();

    if (!f) {
        ++*(int *) failures;
        return NULL;
    }
    while (!atomic_load (&stop)) {
        *(int *) failures += tempfile_name (f) == NULL || tempfile_fileno (f) < 0;
        *(int *) failures += tempfile_unlink ("/none of ours") == 0;
    }
    *(int *) failures += fclose (f) != 0;
    return NULL;
}

/* Has libc load what it needs for one encoding, and unload what it needed for the last. */
static void *
convert (void *failures)
{
    static const char *const encodings[] = {"koi8-r", "cp1252", "iso8859-2", "cp437", "cp1251"};

    for (int i = 0; !atomic_load (&stop); i++) {
#ifdef HAVE_TEXT
        FILE *f = TemporaryFile (.mode = "w", .encoding = encodings[i % LENGTH (encodings)]);
#else
        (void) encodings;
        FILE *f = TemporaryFile (.buffering = i % 2 ? 4096 : 8192);
#endif
        *(int *) failures += !f || fclose (f) != 0;
    }
    return NULL;
}

/* AddressSanitizer's malloc() may itself be locked in the child of a process with threads. */
#ifdef ADDRESS_SANITIZER
enum { FILES = 0 };
#else
enum { FILES = 6 };
#endif

/*
 * In a child of a process with threads: works for a while, or is ended by the watchdog. Its end
 * is not exit(), which flushes all streams, also those that a thread had locked.
 */
static void
live_a_little (void)
{
    int failures = 0;

    signal (SIGALRM, SIG_DFL);
    alarm (WATCHDOG);
    for (int i = 0; i < FILES; i++)
        failures += !churn_once (i);
    if (FILES > 0 && !test_under_valgrind ())
        failures += !NamedTemporaryFile ();
    failures += tempfile_gettempdir () == NULL;
    failures += tempfile_unlink ("/none of ours") == 0;
    if (failures)
        _exit (1);
    if (test_under_valgrind ())
        raise (SIGKILL); /* at any other end it misses what was the parent's other threads' */
    quick_exit (0);
}

static bool
ended_well (int status)
{
    return status == 0 ||
           (test_under_valgrind () && WIFSIGNALED (status) && WTERMSIG (status) == SIGKILL);
}

START_TEST (child_never_gets_stuck_however_busy_the_parent_is)
{
    enum { THREADS = 5 };
    static void *(*const works[THREADS]) (void *) = {churn, look_up, churn, look_up, convert};
    pthread_t threads[THREADS];
    int failures[THREADS] = {0};
    int rounds = test_number ("TEMPFILE_TEST_FORKS", 300);

    if (FILES == 0)
        test_skip ("files of the children: AddressSanitizer's malloc() gets stuck itself");
    ck_assert_ptr_nonnull (tempfile_gettempdir ());
    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq (pthread_create (&threads[i], NULL, works[i], &failures[i]), 0);
    for (int i = 0; i < rounds; i++) {
        int status;
        pid_t child = fork ();
        if (child == 0)
            live_a_little ();
        if (child < 0 || waitpid (child, &status, 0) != child)
            ck_abort_msg ("fork: %s", strerror (errno));
        if (!ended_well (status))
            ck_abort_msg ("child %d: wait status %#x%s", i, (unsigned) status,
                          WIFSIGNALED (status) && WTERMSIG (status) == SIGALRM ? ", was stuck"
                                                                               : "");
    }
    atomic_store (&stop, true);
    for (int i = 0; i < THREADS; i++) {
        pthread_join (threads[i], NULL);
        ck_assert_int_eq (failures[i], 0);
    }
}
END_TEST

/* --- exec --- */

START_TEST (program_has_none_of_our_descriptors)
{
    char out[256], number[16];
    FILE *f = test_open (_i, NULL);
    FILE *g = tempfile_reopen (f, "r+b");

    ck_assert_ptr_nonnull (g);
    FILE *const ours[] = {f, g};
    for (int i = 0; i < LENGTH (ours); i++) {
        snprintf (number, sizeof number, "%d", tempfile_fileno (ours[i]));
        ck_assert_int_eq (test_run (out, sizeof out, test_program ("helper"), "closed", number), 0);
    }
    assert_closes (g);
    assert_closes (f);
}
END_TEST

START_TEST (program_has_none_of_our_descriptors_however_busy_we_are)
{
    enum { THREADS = 2 };
    pthread_t threads[THREADS];
    int failures[THREADS] = {0};
    int rounds = test_number ("TEMPFILE_TEST_FORKS", 300) / 20;
    char out[256];

    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq (pthread_create (&threads[i], NULL, churn, &failures[i]), 0);
    for (int i = 0; i < rounds; i++)
        ck_assert_int_eq (
            test_run (out, sizeof out, test_program ("helper"), "none-under", test_dir ()), 0);
    atomic_store (&stop, true);
    for (int i = 0; i < THREADS; i++) {
        pthread_join (threads[i], NULL);
        ck_assert_int_eq (failures[i], 0);
    }
}
END_TEST

/* A child of vfork(), or of a fork() that the library has not heard of, is not the process that
 * made the file. */
START_TEST (a_cleanup_in_a_child_of_vfork_deletes_nothing)
{
    FILE *f = NamedTemporaryFile ();

    ck_assert_ptr_nonnull (f);
    pid_t child = vfork ();
    if (child == 0) {
        tempfile_cleanup ();
        _exit (0);
    }
    test_wait (child);
    ck_assert (test_exists (tempfile_name (f)));
    assert_closes (f);
}
END_TEST

/* As _Fork() does it: no handler of pthread_atfork() runs. */
static pid_t
bare_fork (void)
{
    return (pid_t) syscall (SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
}

static void
close_and_make (FILE *f, struct tempfile_dir *d, const char *base)
{
    fclose (f);
    tempfile_dir_close (d);
    FILE *own = NamedTemporaryFile (.dir = base);
    if (!own || !test_exists (tempfile_name (own)) || test_entries (base) != 3)
        _exit (1);
    fclose (own);
    _exit (test_entries (base) == 2 ? 0 : 2);
}

START_TEST (child_of_a_bare_fork_deletes_nothing)
{
    FILE *f = NamedTemporaryFile ();
    struct tempfile_dir *d = TemporaryDirectory ();
    ck_assert_ptr_nonnull (f);
    ck_assert_ptr_nonnull (d);
    pid_t child = bare_fork ();
    if (child == 0)
        close_and_make (f, d, test_dir ());
    test_wait (child);
    ck_assert (test_exists (tempfile_name (f)));
    ck_assert (test_exists (tempfile_dir_name (d)));
    assert_closes (f);
    ck_assert_int_eq (tempfile_dir_close (d), 0);
    ck_assert_int_eq (test_entries (test_dir ()), 0);
}
END_TEST

static atomic_bool enough;

static void *
truncates (void *stream)
{
    while (!enough)
        tempfile_truncate (stream, 10);
    return NULL;
}

static void *
flushes_all (void *unused)
{
    (void) unused;
    while (!enough)
        fflush (NULL);
    return NULL;
}

static void *
opens_and_closes (void *unused)
{
    (void) unused;
    while (!enough) {
        FILE *f = NamedTemporaryFile ();
        if (f)
            fclose (f);
    }
    return NULL;
}

/* fork() locks the list of all streams, which fflush (NULL) holds while it waits for a stream. */
START_TEST (fork_while_others_flush_all)
{
    pthread_t threads[3];

    FILE *f = TemporaryFile (.buffering = 4096);
    ck_assert_ptr_nonnull (f);
    ck_assert_int_eq (pthread_create (&threads[0], NULL, truncates, f), 0);
    ck_assert_int_eq (pthread_create (&threads[1], NULL, flushes_all, NULL), 0);
    ck_assert_int_eq (pthread_create (&threads[2], NULL, opens_and_closes, NULL), 0);
    for (int i = 0; i < 200; i++) {
        pid_t child = fork ();
        if (child == 0) {
#ifdef ADDRESS_SANITIZER
            _exit (0); /* its malloc() may be locked, by a thread that is not there any more */
#else
            FILE *g = NamedTemporaryFile ();
            _exit (!g || !tempfile_name (g) || fclose (g) != 0);
#endif
        }
        test_wait (child);
    }
    enough = true;
    for (int i = 0; i < LENGTH (threads); i++)
        ck_assert_int_eq (pthread_join (threads[i], NULL), 0);
    assert_closes (f);
    ck_assert_int_eq (test_entries (test_dir ()), 0);
}
END_TEST

static pid_t hook_s_child = -1;

static int
forks (const char *event, const char *path, void *arg)
{
    (void) event, (void) path, (void) arg;
    if (hook_s_child == -1)
        hook_s_child = fork ();
    return 0;
}

START_TEST (what_a_child_of_a_hook_makes_is_the_child_s)
{
    ck_assert_int_eq (tempfile_add_audit_hook (forks, NULL), 0);
    FILE *f = NamedTemporaryFile ();
    if (hook_s_child == 0)
        _exit (!f || fclose (f) != 0);
    test_wait (hook_s_child);
    ck_assert_int_eq (test_entries (test_dir ()), 1);
    assert_closes (f);
}
END_TEST

int
main (void)
{
    Suite *s = suite_create ("fork");

    TCase *tc = test_case (s, "child");
    tcase_add_test (tc, a_cleanup_in_a_child_of_vfork_deletes_nothing);
    tcase_add_loop_test (tc, child_deletes_nothing_of_its_parent_s, 0, ENDS * LENGTH (actions));
    tcase_add_loop_test (tc, child_s_own_files_go_with_the_child, 0, ENDS);
    tcase_add_test (tc, child_s_own_files_outlive_the_parent);
    tcase_add_test (tc, child_of_a_bare_fork_deletes_nothing);
    tcase_add_test (tc, what_a_child_of_a_hook_makes_is_the_child_s);
    tc = test_case (s, "threads");
    tcase_set_timeout (tc, 600);
    tcase_add_test (tc, child_never_gets_stuck_however_busy_the_parent_is);
    tcase_add_test (tc, fork_while_others_flush_all);
    tc = test_case (s, "exec");
    tcase_add_loop_test (tc, program_has_none_of_our_descriptors, 0, KINDS);
    tcase_add_test (tc, program_has_none_of_our_descriptors_however_busy_we_are);
    return test_main (s);
}
