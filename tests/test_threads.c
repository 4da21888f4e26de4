/* SPDX-License-Identifier: MIT */
/*
 * Threads: every function may be called from any thread at any time, without an initialisation
 * call before; and the registry costs the same with a hundred thousand names as with one.
 *
 * TEMPFILE_TEST_ROUNDS is how many files each thread opens; TEMPFILE_TEST_NAMES how many names
 * are live at once.
 */
#include "common.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/wait.h>

enum { MOST_THREADS = 8 };

/* ThreadSanitizer does not know libc's locks of FILEs, and takes what they guard for races. */
#ifdef THREAD_SANITIZER
enum { SEES_FILE_LOCKS = 0 };
#else
enum { SEES_FILE_LOCKS = 1 };
#endif

/* Nothing in a thread may assert: each counts what went wrong. */
struct worker {
    pthread_t thread;
    void (*work) (struct worker *);
    int number, rounds, failures;
    pthread_barrier_t *start;
};

static void *
run_worker (void *arg)
{
    struct worker *w = arg;

    pthread_barrier_wait (w->start);
    w->work (w);
    return NULL;
}

/* Runs COUNT threads at once; thread I does works[I % KINDS_OF_WORK]. */
static void
run_threads (int count, int rounds, void (*const works[]) (struct worker *), int kinds_of_work)
{
    struct worker workers[MOST_THREADS];
    pthread_barrier_t start;

    ck_assert_int_eq (pthread_barrier_init (&start, NULL, (unsigned) count), 0);
    for (int i = 0; i < count; i++) {
        workers[i] = (struct worker){
            .work = works[i % kinds_of_work], .number = i, .rounds = rounds, .start = &start};
        ck_assert_int_eq (pthread_create (&workers[i].thread, NULL, run_worker, &workers[i]), 0);
    }
    for (int i = 0; i < count; i++) {
        ck_assert_int_eq (pthread_join (workers[i].thread, NULL), 0);
        ck_assert_msg (workers[i].failures == 0, "thread %d: %d failures", i, workers[i].failures);
    }
    ck_assert_int_eq (pthread_barrier_destroy (&start), 0);
}

static int
rounds (void)
{
    return test_number ("TEMPFILE_TEST_ROUNDS", 5000);
}

/* --- many files at once --- */

static FILE *
open_any (int i)
{
    switch (i % 4) {
    case 0:
        return TemporaryFile ();
    case 1:
        return TemporaryFile (.buffering = 256);
    case 2:
        return NamedTemporaryFile ();
    default:
        return NamedTemporaryFile (.delete_when = TEMPFILE_DELETE_ON_EXIT, .suffix = ".x");
    }
}

/* Opens, writes, reads back and closes; the file is this thread's alone. */
static bool
use_one (int i, int number)
{
    int back = -1;
    FILE *f = open_any (i);

    if (!f)
        return false;
    bool right = fprintf (f, "%d\n", number) > 0;
    rewind (f);
    right &= fscanf (f, "%d", &back) == 1 && back == number;
    return tempfile_close (f) == 0 && right;
}

static void
open_write_close (struct worker *w)
{
    for (int i = 0; i < w->rounds; i++)
        w->failures += !use_one (i + w->number, w->number * w->rounds + i);
}

START_TEST (two_threads_open_write_and_close)
{
    static void (*const works[]) (struct worker *) = {open_write_close};

    run_threads (2, rounds (), works, 1);
}
END_TEST

START_TEST (eight_threads_open_write_and_close)
{
    static void (*const works[]) (struct worker *) = {open_write_close};

    run_threads (8, rounds () / 8, works, 1);
}
END_TEST

static void
leave_and_unlink (struct worker *w)
{
    for (int i = 0; i < w->rounds; i++) {
        FILE *f = NamedTemporaryFile ();
        char *path = f ? tempfile_into_path (f) : NULL;
        w->failures += !path || tempfile_unlink (path) != 0;
        free (path);
    }
}

START_TEST (two_threads_leave_files_and_delete_them)
{
    static void (*const works[]) (struct worker *) = {leave_and_unlink, open_write_close};

    run_threads (4, rounds () / 4, works, 2);
}
END_TEST

/* --- settings, while others open --- */

static void
set_directories (struct worker *w)
{
    for (int i = 0; i < w->rounds / 10; i++) {
        w->failures += tempfile_settempdir (i % 2 ? test_dir () : NULL) != 0;
        w->failures += tempfile_gettempdir () == NULL;
    }
}

static atomic_int audited;

static int
count (const char *event, const char *path, void *arg)
{
    (void) event;
    (void) path;
    (void) arg;
    atomic_fetch_add (&audited, 1);
    return 0;
}

static void
add_hooks (struct worker *w)
{
    for (int i = 0; i < 20; i++)
        w->failures += tempfile_add_audit_hook (count, NULL) != 0;
}

static void
fail_and_look (struct worker *w)
{
    char words[32], mode[16];

    snprintf (mode, sizeof mode, "q%d", w->number);
    snprintf (words, sizeof words, "mode '%s'", mode);
    for (int i = 0; i < w->rounds; i++) {
        bool failed = TemporaryFile (.mode = mode) == NULL;
        w->failures += !failed || errno != EINVAL || !strstr (tempfile_errmsg (), words);
    }
}

START_TEST (settings_change_while_others_open)
{
    static void (*const works[]) (struct worker *) = {open_write_close, set_directories, add_hooks,
                                                      fail_and_look};

    run_threads (8, rounds () / 10, works, LENGTH (works));
    ck_assert_int_gt (atomic_load (&audited), 0);
}
END_TEST

/* All threads make the first call of all: the directory is chosen once. */
static const char *chosen[MOST_THREADS];

static void
choose (struct worker *w)
{
    chosen[w->number] = tempfile_gettempdir ();
}

START_TEST (first_call_of_all_may_be_made_by_all_at_once)
{
    static void (*const works[]) (struct worker *) = {choose};

    run_threads (MOST_THREADS, 1, works, 1);
    for (int i = 0; i < MOST_THREADS; i++)
        ck_assert_str_eq (chosen[i], test_dir ());
}
END_TEST

/* --- one stream, or one name, in several threads --- */

static FILE *shared;

static void
write_shared (struct worker *w)
{
    for (int i = 0; i < w->rounds; i++) {
        w->failures += fputs ("a line of its own\n", shared) < 0;
        if (i % 16 == 0)
            w->failures += tempfile_name (shared) == NULL || tempfile_fileno (shared) < 0;
    }
}

START_TEST (stream_may_be_written_by_several_threads)
{
    static void (*const works[]) (struct worker *) = {write_shared};
    char line[64];
    int lines = 0, each = rounds () / 2;

    if (!SEES_FILE_LOCKS) {
        test_skip ("ThreadSanitizer does not see that FILEs are locked");
        return;
    }
    shared = test_open (NAMED, NULL);
    run_threads (4, each, works, 1);
    rewind (shared);
    for (; fgets (line, sizeof line, shared); lines++)
        if (strcmp (line, "a line of its own\n") != 0)
            ck_abort_msg ("line %d: %s", lines, line);
    ck_assert_int_eq (lines, 4 * each);
    assert_closes (shared);
}
END_TEST

static char *contested;
static atomic_int deleted;

static void
unlink_contested (struct worker *w)
{
    if (tempfile_unlink (contested) == 0)
        atomic_fetch_add (&deleted, 1);
    else
        w->failures += errno != ENOENT;
}

START_TEST (name_may_be_unlinked_by_several_threads)
{
    static void (*const works[]) (struct worker *) = {unlink_contested};

    for (int i = 0; i < 50; i++) {
        contested = tempfile_into_path (test_open (NAMED, NULL));
        ck_assert_ptr_nonnull (contested);
        atomic_store (&deleted, 0);
        run_threads (4, 1, works, 1);
        ck_assert_int_ge (atomic_load (&deleted), 1);
        ck_assert (!test_exists (contested));
        free (contested);
    }
}
END_TEST

static void
leave_and_end (struct worker *w)
{
    for (int i = 0; i < w->rounds; i++) {
        FILE *f = NamedTemporaryFile (.delete_when = TEMPFILE_DELETE_ON_EXIT);
        w->failures += !f || fclose (f) != 0;
    }
}

START_TEST (files_of_ended_threads_go_at_exit)
{
    static void (*const works[]) (struct worker *) = {leave_and_end};
    pid_t child = fork ();

    if (child == 0) {
        run_threads (4, 100, works, 1);
        ck_assert_int_eq (test_entries (test_dir ()), 400);
        exit (0);
    }
    test_wait (child);
    ck_assert_int_eq (test_entries (test_dir ()), 0);
}
END_TEST

static void *
churn (void *arg)
{
    for (int i = 0;; i++)
        if (!use_one (i, i))
            return arg; /* the library has ended */
}

/* Ends after COUNT files, while two threads are at work. */
static void
end_amid_work (int count)
{
    pthread_t threads[2];

    for (int t = 0; t < LENGTH (threads); t++)
        if (pthread_create (&threads[t], NULL, churn, NULL) != 0)
            _exit (1);
    for (int n = 0; n < count; n++) {
        FILE *f = NamedTemporaryFile (.delete_when = TEMPFILE_DELETE_ON_EXIT);
        if (!f || fclose (f) != 0)
            _exit (2);
    }
    /* exit() flushes all streams; and valgrind frees then what libc still uses. */
    if (SEES_FILE_LOCKS && !test_under_valgrind () && count % 2)
        exit (0);
    quick_exit (0);
}

/* What other threads make while the library ends may be left; nothing else is promised. */
START_TEST (exit_while_others_open_and_close_does_no_harm)
{
    for (int i = 0; i < 50; i++) {
        pid_t child = fork ();
        if (child == 0)
            end_amid_work (i);
        test_wait (child);
    }
    test_remove_entries (test_dir ());
}
END_TEST

static void *
opens_for_ever (void *arg)
{
    for (bool go_on = true; go_on;) {
        FILE *f = NamedTemporaryFile ();
        go_on = !f || fclose (f) == 0;
    }
    return arg;
}

/* Wherever the thread is: nothing is left, nothing is locked, and exit waits for nobody. */
START_TEST (a_cancelled_thread_leaves_nothing)
{
    for (int i = 0; i < 20; i++) {
        pthread_t thread;
        ck_assert_int_eq (pthread_create (&thread, NULL, opens_for_ever, NULL), 0);
        usleep ((useconds_t) i * 300);
        ck_assert_int_eq (pthread_cancel (thread), 0);
        ck_assert_int_eq (pthread_join (thread, NULL), 0);
        ck_assert_int_eq (test_entries (test_dir ()), 0);
    }
    FILE *f = NamedTemporaryFile ();
    ck_assert_ptr_nonnull (f);
    assert_closes (f);
}
END_TEST

enum { EXIT, QUICK_EXIT, SIGNAL, CLEAN_UP, ENDS };

/* A removal calls what cancellation may act in. */
static void *
end_while_to_be_cancelled (void *how)
{
    static struct tempfile_dir *volatile d; /* a leak, if only a register knew it */
    d = TemporaryDirectory ();
    const char *inside = d ? test_join (tempfile_dir_name (d), "inside") : NULL;

    if (!inside || mkdir (inside, 0700) != 0 || !NamedTemporaryFile (.dir = inside) ||
        tempfile_cleanup_on_signals () != 0)
        _exit (97);
    pthread_cancel (pthread_self ());
    switch (*(int *) how) {
    case EXIT:
        exit (0);
    case QUICK_EXIT:
        quick_exit (0);
    case SIGNAL:
        raise (SIGUSR1); /* which Check has not taken */
        break;
    default:
        tempfile_cleanup ();
        _exit (0);
    }
    return how;
}

START_TEST (an_end_that_a_thread_has_begun_is_not_cancelled)
{
    int status;
#ifdef ADDRESS_SANITIZER
    if (_i == EXIT) {
        test_skip ("exit: LeakSanitizer, which runs there as well, acts on the cancellation");
        return;
    }
#endif
    pid_t child = fork ();

    if (child == 0) {
        pthread_t thread;
        if (pthread_create (&thread, NULL, end_while_to_be_cancelled, &_i) == 0)
            pthread_join (thread, NULL);
        _exit (98); /* the thread was cancelled instead */
    }
    ck_assert_int_eq (waitpid (child, &status, 0), child);
    ck_assert_msg (_i == SIGNAL ? WIFSIGNALED (status) && WTERMSIG (status) == SIGUSR1
                                : status == 0,
                   "wait status %#x", (unsigned) status);
    ck_assert_int_eq (test_entries (test_dir ()), 0);
}
END_TEST

static void
exit_slowly (void)
{
    pthread_t thread;
    char name[32];

    struct tempfile_dir *d = TemporaryDirectory ();
    for (int i = 0; d && i < 3000; i++) {
        snprintf (name, sizeof name, "%d", i);
        test_write_file (test_join (tempfile_dir_name (d), name), "");
    }
    for (int i = 0; i < 2; i++)
        if (!d || pthread_create (&thread, NULL, opens_for_ever, NULL) != 0)
            _exit (97);
    exit (0);
}

START_TEST (no_name_is_made_while_exit_deletes)
{
    pid_t child = fork ();
    if (child == 0)
        exit_slowly ();
    test_wait (child);
    ck_assert_int_eq (test_entries (test_dir ()), 0);
}
END_TEST

/* What the threads of a process that ends have seen, for its parent. */
enum { KEEPERS = 2, KEPT = 100000 };

static struct kept {
    atomic_int count, other_errors;
    char names[KEPT][64]; /* without the directory; "" where a thread was not done */
} * kept;

static void *
keeps_for_ever (void *arg)
{
    for (int i = 0; i < KEPT;) {
        FILE *f = NamedTemporaryFile (.delete_when = TEMPFILE_DELETE_NEVER);
        if (f && (i = atomic_fetch_add (&kept->count, 1)) < KEPT)
            (void) snprintf (kept->names[i], sizeof kept->names[i], "%s",
                             test_base (tempfile_name (f)));
        if (f)
            (void) fclose (f);
        else if (errno != ECANCELED && errno != EINTR)
            atomic_fetch_add (&kept->other_errors, 1);
    }
    return arg;
}

static void
exit_while_others_keep (void)
{
    pthread_t thread;

    for (int i = 0; i < KEEPERS; i++)
        if (pthread_create (&thread, NULL, keeps_for_ever, NULL) != 0)
            _exit (97);
    while (atomic_load (&kept->count) < 20)
        sched_yield ();
    exit_slowly ();
}

/* A file that is to stay is there when the call has returned it, or the call fails. */
START_TEST (what_is_never_deleted_stays_or_is_not_made_while_exit_deletes)
{
    kept = mmap (NULL, sizeof *kept, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ck_assert (kept != MAP_FAILED);
    pid_t child = fork ();
    if (child == 0)
        exit_while_others_keep ();
    test_wait (child);
    int count = atomic_load (&kept->count);
    ck_assert_int_lt (count, KEPT);
    for (int i = 0; i < count; i++)
        if (*kept->names[i])
            ck_assert_msg (test_exists (test_path (kept->names[i])), "%s of %d is gone",
                           kept->names[i], count);
    ck_assert_int_le (test_entries (test_dir ()), count + KEEPERS);
    ck_assert_int_eq (atomic_load (&kept->other_errors), 0);
    test_remove_entries (test_dir ());
    munmap (kept, sizeof *kept);
}
END_TEST

static void *
clean_up (void *arg)
{
    tempfile_cleanup ();
    return arg;
}

/* A thread that makes a file waits for the end that another has announced, but not for ever. */
START_TEST (a_process_that_lives_on_after_a_cleanup_makes_files)
{
    pthread_t thread;

    FILE *f = NamedTemporaryFile ();
    ck_assert_ptr_nonnull (f);
    ck_assert_int_eq (pthread_create (&thread, NULL, clean_up, NULL), 0);
    ck_assert_int_eq (pthread_join (thread, NULL), 0);
    ck_assert_int_eq (test_entries (test_dir ()), 0);
    for (int i = 0; i < 10; i++) {
        FILE *g = NamedTemporaryFile ();
        ck_assert_ptr_nonnull (g);
        ck_assert (test_exists (tempfile_name (g)));
        assert_closes (g);
    }
    assert_closes (f);
}
END_TEST

/* --- a hundred thousand names --- */

static char **paths;

static void
leave_names (int number)
{
    for (int i = 0; i < number; i++) {
        FILE *f = NamedTemporaryFile (.buffering = TEMPFILE_UNBUFFERED);
        paths[i] = f ? tempfile_into_path (f) : NULL;
        if (!paths[i])
            ck_abort_msg ("name %d: %s", i, tempfile_errmsg ());
    }
}

/* With all the others live, one comes and goes. */
static void
come_and_go (int times)
{
    for (int i = 0; i < times; i++) {
        FILE *f = i % 2 ? NamedTemporaryFile () : NULL;
        char *path = f ? NULL : tempfile_into_path (NamedTemporaryFile ());
        if (f ? fclose (f) != 0 : tempfile_unlink (path) != 0)
            ck_abort_msg ("%d: %s", i, tempfile_errmsg ());
        free (path);
    }
}

/*
 * If adding or removing one name cost a step for each live name, this would take minutes with the
 * 100,000 names of make check-large: 5e9 steps for each of coming, going and searching. Then the
 * time is up.
 */
START_TEST (many_names_come_and_go)
{
    int number = test_number ("TEMPFILE_TEST_NAMES", 20000);

    paths = calloc ((size_t) number, sizeof *paths);
    ck_assert_ptr_nonnull (paths);
    leave_names (number);
    ck_assert_int_eq (test_entries (test_dir ()), number);
    come_and_go (number / 2);
    for (int i = 0, at = 0; i < number; i++, at = (at + 77) % number) {
        while (!paths[at])
            at = (at + 1) % number;
        if (tempfile_unlink (paths[at]) != 0)
            ck_abort_msg ("name %d: %s", at, tempfile_errmsg ());
        free (paths[at]);
        paths[at] = NULL;
    }
    ck_assert_int_eq (test_entries (test_dir ()), 0);
    free (paths);
}
END_TEST

START_TEST (many_names_go_at_exit)
{
    int number = test_number ("TEMPFILE_TEST_NAMES", 20000);
    pid_t child = fork ();

    if (child == 0) {
        paths = calloc ((size_t) number, sizeof *paths);
        if (!paths)
            _exit (1);
        leave_names (number);
        exit (0);
    }
    test_wait (child);
    ck_assert_int_eq (test_entries (test_dir ()), 0);
}
END_TEST

int
main (void)
{
    Suite *s = suite_create ("threads");

    TCase *tc = test_case (s, "threads");
    tcase_set_timeout (tc, 1200);
    tcase_add_test (tc, two_threads_open_write_and_close);
    tcase_add_test (tc, eight_threads_open_write_and_close);
    tcase_add_test (tc, two_threads_leave_files_and_delete_them);
    tcase_add_test (tc, settings_change_while_others_open);
    tcase_add_test (tc, first_call_of_all_may_be_made_by_all_at_once);
    tcase_add_test (tc, stream_may_be_written_by_several_threads);
    tcase_add_test (tc, name_may_be_unlinked_by_several_threads);
    tcase_add_test (tc, files_of_ended_threads_go_at_exit);
    tcase_add_test (tc, exit_while_others_open_and_close_does_no_harm);
    tcase_add_test (tc, a_cancelled_thread_leaves_nothing);
    tcase_add_loop_test (tc, an_end_that_a_thread_has_begun_is_not_cancelled, 0, ENDS);
    tcase_add_test (tc, no_name_is_made_while_exit_deletes);
    tcase_add_test (tc, what_is_never_deleted_stays_or_is_not_made_while_exit_deletes);
    tcase_add_test (tc, a_process_that_lives_on_after_a_cleanup_makes_files);

    tc = test_case (s, "scale");
    tcase_add_test (tc, many_names_come_and_go);
    tcase_add_test (tc, many_names_go_at_exit);
    return test_main (s);
}
