/* SPDX-License-Identifier: MIT */
/*
 * Cleaning up when a signal ends the process: nothing is left, the signal takes its course, and
 * both hold at whatever system call, or instruction, of whatever function the signal arrives.
 *
 * The latter is tried by a tracer: the test stops a child at each system call of a scenario in
 * turn, and at instructions taken at random, sends it a signal there, and looks at what is left.
 * TEMPFILE_TEST_STEPS is how many instructions of each scenario are tried (0: no tracer at all),
 * TEMPFILE_TEST_ROUNDS how many rounds the storm has.
 */
#include "common.h"
#include "trace.h"

#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/wait.h>

static const int fatal_signals[] = {
    SIGHUP,    SIGINT,  SIGQUIT, SIGTERM, SIGPIPE, SIGALRM, SIGUSR1, SIGUSR2, SIGPROF, SIGVTALRM,
    SIGXCPU,   SIGXFSZ, SIGSEGV, SIGBUS,  SIGABRT, SIGILL,  SIGFPE,  SIGTRAP, SIGSYS,
#ifdef SIGPOLL
    SIGPOLL,
#endif
#ifdef SIGSTKFLT
    SIGSTKFLT,
#endif
#ifdef SIGPWR
    SIGPWR,
#endif
};

/* What a fresh program finds: the handlers of the test's own framework are gone. And no core. */
static void
be_a_program (void)
{
    struct rlimit none = {0, 0};

    setrlimit (RLIMIT_CORE, &none);
    for (int i = 0; i < LENGTH (fatal_signals); i++)
        signal (fatal_signals[i], SIG_DFL);
}

/* A child that runs FUNCTION (ARG) and is meant not to come back; its wait status. */
static int
status_of (void (*function) (int), int arg)
{
    int status;
    pid_t child = fork ();

    if (child == 0) {
        be_a_program ();
        function (arg);
        _exit (99);
    }
    ck_assert_int_eq (waitpid (child, &status, 0), child);
    return status;
}

#define assert_killed_by(status, sig)                                                   \
    do {                                                                                \
        int status_ = (status);                                                         \
        ck_assert_msg (WIFSIGNALED (status_) && WTERMSIG (status_) == (sig),            \
                       "signal %d: the wait status is %#x", (sig), (unsigned) status_); \
    } while (0)

/* One of each way in which a file may be waiting to be deleted. */
static void
open_some (void)
{
    FILE *f = NamedTemporaryFile (.delete_when = TEMPFILE_DELETE_ON_EXIT);

    if (!NamedTemporaryFile () || !f || fclose (f) != 0 || !TemporaryFile () ||
        !tempfile_into_path (NamedTemporaryFile (.suffix = ".left")))
        _exit (98);
}

static void
open_some_and_die (int sig)
{
    if (tempfile_cleanup_on_signals () != 0)
        _exit (97);
    open_some ();
    raise (sig);
}

/* valgrind delivers signals itself, and not all as the kernel does. */
static bool
skipped_under_valgrind (void)
{
    if (test_under_valgrind ())
        test_skip ("valgrind does not deliver this signal as the kernel does");
    return test_under_valgrind ();
}

START_TEST (each_fatal_signal_deletes_the_files_and_kills)
{
#ifdef SIGSTKFLT
    if (fatal_signals[_i] == SIGSTKFLT && skipped_under_valgrind ())
        return;
#endif
    assert_killed_by (status_of (open_some_and_die, fatal_signals[_i]), fatal_signals[_i]);
    ck_assert_int_eq (test_entries (test_dir ()), 0);
}
END_TEST

START_TEST (real_time_signals_delete_the_files_and_kill)
{
    const int sig = _i == 0 ? SIGRTMIN : SIGRTMAX;

    if (_i == 1 && skipped_under_valgrind ())
        return;
    assert_killed_by (status_of (open_some_and_die, sig), sig);
    ck_assert_int_eq (test_entries (test_dir ()), 0);
}
END_TEST

/* An address that no sanitizer checks before the processor does. */
static void
fault (int unused)
{
    volatile char *nowhere = mmap (NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    (void) unused;
    if (tempfile_cleanup_on_signals () != 0)
        _exit (97);
    open_some ();
    *nowhere = 1;
}

START_TEST (a_real_fault_deletes_the_files_and_kills)
{
    assert_killed_by (status_of (fault, 0), SIGSEGV);
    ck_assert_int_eq (test_entries (test_dir ()), 0);
}
END_TEST

static void
call_abort (int unused)
{
    (void) unused;
    if (tempfile_cleanup_on_signals () != 0)
        _exit (97);
    open_some ();
    abort ();
}

START_TEST (abort_deletes_the_files_and_kills)
{
    assert_killed_by (status_of (call_abort, 0), SIGABRT);
    ck_assert_int_eq (test_entries (test_dir ()), 0);
}
END_TEST

static void
die_without_asking (int sig)
{
    if (!NamedTemporaryFile (.prefix = "left-"))
        _exit (98);
    raise (sig);
}

START_TEST (nothing_is_done_for_who_did_not_ask)
{
    assert_killed_by (status_of (die_without_asking, SIGTERM), SIGTERM);
    ck_assert_int_eq (test_entries (test_dir ()), 1);
    test_remove_entries (test_dir ());
}
END_TEST

static void
keep_and_die (int sig)
{
    FILE *f = NamedTemporaryFile (.prefix = "kept-");

    if (!f || tempfile_keep (f) != 0 ||
        !NamedTemporaryFile (.delete_when = TEMPFILE_DELETE_NEVER) || !NamedTemporaryFile () ||
        tempfile_cleanup_on_signals () != 0)
        _exit (97);
    raise (sig);
}

START_TEST (what_is_to_be_kept_is_kept)
{
    assert_killed_by (status_of (keep_and_die, SIGTERM), SIGTERM);
    ck_assert_int_eq (test_entries (test_dir ()), 2);
    test_remove_entries (test_dir ());
}
END_TEST

static volatile sig_atomic_t handled;
static volatile sig_atomic_t handled_pid;

static void
plain_handler (int sig)
{
    handled = sig;
}

static void
info_handler (int sig, siginfo_t *info, void *context)
{
    handled = context ? sig : -1;
    handled_pid = (sig_atomic_t) info->si_pid;
}

/* It notes the signal, and the program goes on with its files: installed before or after. */
START_TEST (a_handler_of_the_program_s_is_left_alone)
{
    struct sigaction now;

    for (int before = 0; before < 2; before++) {
        signal (SIGTERM, before ? plain_handler : SIG_DFL);
        ck_assert_int_eq (tempfile_cleanup_on_signals (), 0);
        signal (SIGTERM, plain_handler);
        ck_assert_int_eq (tempfile_cleanup_on_signals (), 0);
        FILE *f = NamedTemporaryFile ();
        ck_assert_ptr_nonnull (f);
        handled = 0;
        raise (SIGTERM);
        ck_assert_int_eq (handled, SIGTERM);
        ck_assert (test_exists (tempfile_name (f)));
        ck_assert_int_eq (sigaction (SIGTERM, NULL, &now), 0);
        ck_assert (now.sa_handler == plain_handler);
        assert_closes (f);
    }
}
END_TEST

START_TEST (an_earlier_handler_gets_the_information_and_its_mask)
{
    struct sigaction action = {.sa_flags = SA_SIGINFO};

    action.sa_sigaction = info_handler;
    sigemptyset (&action.sa_mask);
    ck_assert_int_eq (sigaction (SIGTERM, &action, NULL), 0);
    ck_assert_int_eq (tempfile_cleanup_on_signals (), 0);
    kill (getpid (), SIGTERM);
    ck_assert_int_eq (handled, SIGTERM);
    ck_assert_int_eq (handled_pid, getpid ());
}
END_TEST

static sigset_t mask_in_handler;

static void
mask_handler (int sig)
{
    handled = sig;
    pthread_sigmask (SIG_SETMASK, NULL, &mask_in_handler);
}

START_TEST (an_earlier_handler_finds_the_mask_it_asked_for)
{
    struct sigaction action = {.sa_flags = 0};

    action.sa_handler = mask_handler;
    sigemptyset (&action.sa_mask);
    sigaddset (&action.sa_mask, SIGUSR1);
    ck_assert_int_eq (sigaction (SIGTERM, &action, NULL), 0);
    ck_assert_int_eq (tempfile_cleanup_on_signals (), 0);
    raise (SIGTERM);
    ck_assert_int_eq (handled, SIGTERM);
    ck_assert_int_eq (sigismember (&mask_in_handler, SIGTERM), 1);
    ck_assert_int_eq (sigismember (&mask_in_handler, SIGUSR1), 1);
    ck_assert_int_eq (sigismember (&mask_in_handler, SIGUSR2), 0);
}
END_TEST

static void
reset_hand_twice (int sig)
{
    struct sigaction action = {.sa_flags = (int) SA_RESETHAND};

    action.sa_handler = plain_handler;
    sigemptyset (&action.sa_mask);
    sigaction (sig, &action, NULL);
    if (tempfile_cleanup_on_signals () != 0)
        _exit (97);
    raise (sig);
    if (handled != sig)
        _exit (96);
    raise (sig);
}

START_TEST (an_earlier_handler_for_once_is_called_once)
{
    assert_killed_by (status_of (reset_hand_twice, SIGTERM), SIGTERM);
}
END_TEST

START_TEST (an_earlier_handler_for_once_leaves_the_default_behind)
{
    struct sigaction action = {.sa_flags = (int) SA_RESETHAND};

    action.sa_handler = plain_handler;
    sigemptyset (&action.sa_mask);
    ck_assert_int_eq (sigaction (SIGHUP, &action, NULL), 0);
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq (tempfile_cleanup_on_signals (), 0);
    raise (SIGHUP);
    ck_assert_int_eq (handled, SIGHUP);
    ck_assert_int_eq (sigaction (SIGHUP, NULL, &action), 0);
    ck_assert (action.sa_handler == SIG_DFL);
}
END_TEST

/* Blocked outside, and let in by the call: it has to kill there. */
static void
wait_for_signal (int with_pselect)
{
    sigset_t term, none;

    sigemptyset (&none);
    sigemptyset (&term);
    sigaddset (&term, SIGTERM);
    sigprocmask (SIG_BLOCK, &term, NULL);
    if (tempfile_cleanup_on_signals () != 0)
        _exit (97);
    open_some ();
    raise (SIGTERM);
    if (with_pselect)
        pselect (0, NULL, NULL, NULL, NULL, &none);
    else
        sigsuspend (&none);
}

START_TEST (a_signal_that_is_let_in_for_a_moment_kills)
{
    if (skipped_under_valgrind ())
        return;
    assert_killed_by (status_of (wait_for_signal, _i), SIGTERM);
    ck_assert_int_eq (test_entries (test_dir ()), 0);
}
END_TEST

enum { SMALL = 8192, BELOW = 16384 };

static unsigned char *memory;

static void
die_on_a_small_stack (int sig)
{
    stack_t stack = {.ss_sp = memory + BELOW, .ss_size = SMALL};

    struct tempfile_dir *d = TemporaryDirectory ();
    if (!d || sigaltstack (&stack, NULL) != 0 || tempfile_cleanup_on_signals () != 0)
        _exit (97);
    test_write_file (test_join (tempfile_dir_name (d), "file"), "");
    open_some ();
    raise (sig);
}

START_TEST (handler_fits_a_small_stack)
{
    memory = mmap (NULL, BELOW + SMALL, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne (memory, MAP_FAILED);
    memset (memory, 'p', BELOW);
    assert_killed_by (status_of (die_on_a_small_stack, SIGTERM), SIGTERM);
    for (int i = 0; i < BELOW; i++)
        ck_assert_msg (memory[i] == 'p', "%d bytes below the stack were overwritten", BELOW - i);
    munmap (memory, BELOW + SMALL);
    ck_assert_int_eq (test_entries (test_dir ()), 0);
}
END_TEST

enum { MANY = 2000 };

static void
fill (const char *dir)
{
    char name[32];

    for (int i = 0; i < MANY; i++) {
        snprintf (name, sizeof name, "%d", i);
        test_write_file (test_join (dir, name), "");
    }
}

static void
exit_with_a_large_directory (int ready)
{
    be_a_program ();
    struct tempfile_dir *d = TemporaryDirectory ();
    if (!d || tempfile_cleanup_on_signals () != 0)
        _exit (97);
    fill (tempfile_dir_name (d));
    if (write (ready, tempfile_dir_name (d), strlen (tempfile_dir_name (d)) + 1) < 0)
        _exit (96);
    exit (0);
}

/* The signal comes when the first of many files are gone. */
START_TEST (signal_during_exit_continues_the_removal)
{
    int ends[2], status;
    char dir[4096];

    ck_assert_int_eq (pipe (ends), 0);
    pid_t child = fork ();
    if (child == 0)
        exit_with_a_large_directory (ends[1]);
    ck_assert_int_gt (read (ends[0], dir, sizeof dir), 0);
    while (test_exists (test_join (dir, "0")) && test_exists (test_join (dir, "1000")))
        continue;
    kill (child, SIGINT);
    ck_assert_int_eq (waitpid (child, &status, 0), child);
    ck_assert (WIFEXITED (status) ? WEXITSTATUS (status) == 0 : WTERMSIG (status) == SIGINT);
    ck_assert (!test_exists (dir));
    close (ends[0]);
    close (ends[1]);
}
END_TEST

START_TEST (an_ignored_signal_stays_ignored)
{
    struct sigaction now;

    signal (SIGHUP, SIG_IGN);
    ck_assert_int_eq (tempfile_cleanup_on_signals (), 0);
    FILE *f = NamedTemporaryFile ();
    ck_assert_ptr_nonnull (f);
    raise (SIGHUP);
    ck_assert (test_exists (tempfile_name (f)));
    ck_assert_int_eq (sigaction (SIGHUP, NULL, &now), 0);
    ck_assert (now.sa_handler == SIG_IGN);
    assert_closes (f);
}
END_TEST

static struct sigaction beneath;

static void
calls_what_was_there (int sig, siginfo_t *info, void *context)
{
    handled++;
    beneath.sa_sigaction (sig, info, context);
}

/* Their handler is over ours and calls it: handing on to theirs again would never end. */
static void
wrap_and_ask_again (int sig)
{
    struct sigaction action = {.sa_flags = SA_SIGINFO};

    action.sa_sigaction = calls_what_was_there;
    sigemptyset (&action.sa_mask);
    if (tempfile_cleanup_on_signals () != 0 || tempfile_cleanup_on_signals () != 0 ||
        sigaction (sig, &action, &beneath) != 0 || tempfile_cleanup_on_signals () != 0)
        _exit (97);
    open_some ();
    raise (sig);
}

START_TEST (asking_again_does_no_harm)
{
    assert_killed_by (status_of (wrap_and_ask_again, SIGINT), SIGINT);
    ck_assert_int_eq (test_entries (test_dir ()), 0);
}
END_TEST

static void
cleans_up (int sig)
{
    errno = sig;
    tempfile_cleanup ();
    handled = errno;
}

START_TEST (a_handler_of_the_programs_own_may_clean_up)
{
    signal (SIGUSR1, cleans_up);
    for (int i = 0; i < 3; i++) {
        FILE *f = NamedTemporaryFile ();
        char *left = tempfile_into_path (NamedTemporaryFile ());
        ck_assert_ptr_nonnull (f);
        ck_assert_ptr_nonnull (left);
        raise (SIGUSR1);
        ck_assert_int_eq (handled, SIGUSR1);
        ck_assert_int_eq (test_entries (test_dir ()), 0);
        ck_assert_int_ge (fputs ("the stream still works", f), 0);
        ck_assert_int_eq (fflush (f), 0);
        assert_closes (f);
        ck_assert_int_eq (tempfile_unlink (left), 0);
        free (left);
    }
}
END_TEST

/* The parent has a file, the child another, and the parent's handlers; the child is killed. */
static void
lose_a_child (int sig)
{
    int status;
    FILE *f = NamedTemporaryFile ();

    if (!f || tempfile_cleanup_on_signals () != 0)
        _exit (97);
    pid_t child = fork ();
    if (child == 0) {
        open_some ();
        raise (sig);
    }
    if (waitpid (child, &status, 0) != child || !WIFSIGNALED (status) || WTERMSIG (status) != sig)
        _exit (96);
    _exit (test_entries (test_dir ()) == 1 && test_exists (tempfile_name (f)) && fclose (f) == 0
               ? 0
               : 95);
}

START_TEST (a_child_that_is_killed_deletes_only_what_it_made)
{
    ck_assert_int_eq (status_of (lose_a_child, SIGTERM), 0);
}
END_TEST

/* --- at every step --- */

static void
scene_named (void)
{
    FILE *f = NamedTemporaryFile (.suffix = ".x");

    fputs ("text", f);
    fclose (f);
}

static void
scene_unnamed (void)
{
    FILE *f = TemporaryFile ();

    fputs ("text", f);
    tempfile_truncate (f, 2);
    fclose (f);
    fclose (TemporaryFile (.buffering = 4096));
}

static void
scene_read_only (void)
{
    fclose (TemporaryFile (.mode = "rb"));
}

static int
hook (void *arg)
{
    (void) arg;
    return 0;
}

static void
scene_hooks (void)
{
    FILE *f = NamedTemporaryFile (.on_close = hook);

    tempfile_on_close (f, hook, NULL);
    fclose (tempfile_reopen (f, "w+b"));
    tempfile_close (f);
}

static void
scene_left (void)
{
    char *path = tempfile_into_path (NamedTemporaryFile ());

    fclose (NamedTemporaryFile (.delete_when = TEMPFILE_DELETE_ON_EXIT));
    tempfile_unlink (path);
    free (path);
}

static void
scene_directory (void)
{
    tempfile_settempdir (NULL);
    tempfile_gettempdir ();
    fclose (NamedTemporaryFile ());
    fclose (NamedTemporaryFile (.dir = "."));
}

/* What was persisted is there for good, and goes by hand. */
static void
scene_persist (void)
{
    FILE *f = TemporaryFile ();
    FILE *g = NamedTemporaryFile ();

    fputs ("text", f);
    int ignored = tempfile_persist (f, "persisted", 0);
    ignored += tempfile_persist (g, "persisted", TEMPFILE_SYNC);
    (void) ignored;
    fclose (f);
    fclose (g);
    unlink ("persisted");
}

static void
scene_tree (void)
{
    char path[4096];
    struct tempfile_dir *d = TemporaryDirectory ();

    snprintf (path, sizeof path, "%s/dir", tempfile_dir_name (d));
    mkdir (path, 0700);
    tempfile_dir_close (TemporaryDirectory (.dir = path));
    fclose (NamedTemporaryFile (.dir = path, .delete_when = TEMPFILE_DELETE_ON_EXIT));
    tempfile_dir_close (d);
}

static void
scene_recoverable (void)
{
    fclose (NamedTemporaryFile (.recoverable = 1));
    tempfile_dir_close (TemporaryDirectory (.recoverable = 1));
}

/* Many at once, so that the registry and the table of streams grow. */
static void
scene_many (void)
{
    FILE *f[70];

    for (int i = 0; i < LENGTH (f); i++)
        f[i] = NamedTemporaryFile ();
    for (int i = 0; i < LENGTH (f); i++)
        fclose (f[i]);
}

static const struct scene {
    const char *name;
    void (*play) (void);
    bool every_step;
} scenes[] = {{"named", scene_named, true},
              {"unnamed", scene_unnamed, true},
              {"read only", scene_read_only, true},
              {"hooks", scene_hooks, true},
              {"left", scene_left, true},
              {"directory", scene_directory, true},
              {"persist", scene_persist, true},
              {"tree", scene_tree, true},
              {"recoverable", scene_recoverable, true},
              {"many", scene_many, false}};

/* Goes on to the end, exit() included. */
static void
be_traced (const void *arg)
{
    const struct scene *scene = arg;

    be_a_program ();
    alarm (60);
    if (tempfile_cleanup_on_signals () != 0 || chdir (test_dir ()) != 0)
        _exit (96);
    trace_me ();
    scene->play ();
    exit (0);
}

/*
 * Stops the child for the STEP-th time, at instructions or at system calls, and sends SIG. Returns
 * whether the child came so far; it must have left nothing, and must have died as the signal wills
 * unless it was past all help.
 */
static bool
signal_at_step (const struct scene *scene, bool instructions, long step, int sig)
{
    pid_t child = trace_start (be_traced, scene);
    int status = SIGTRAP << 8 | 0x7f;

    for (long i = 0; i < step; i++) {
        status = trace_step (child, instructions ? PTRACE_SINGLESTEP : PTRACE_SYSCALL);
        if (!WIFSTOPPED (status)) {
            ck_assert_int_eq (status, 0);
            return false;
        }
    }
    kill (child, sig);
    status = trace_finish (child, status);
    ck_assert_msg (status == 0 || (WIFSIGNALED (status) && WTERMSIG (status) == sig),
                   "%s, step %ld: the wait status is %#x", scene->name, step, (unsigned) status);
    unlink (test_path ("persisted"));
    ck_assert_msg (test_entries (test_dir ()) == 0, "%s, step %ld: a file is left", scene->name,
                   step);
    return true;
}

START_TEST (a_signal_at_any_system_call_leaves_nothing)
{
    const struct scene *scene = &scenes[_i];
    long step = 0;

    if (!trace_possible ())
        return;
    while (signal_at_step (scene, false, step, SIGTERM))
        step += scene->every_step ? 1 : 1 + rand () % 40;
    printf ("%s: a signal at each of %ld stops at system calls\n", scene->name, step);
}
END_TEST

/* How many instructions the scene has. */
static long
count_instructions (const struct scene *scene)
{
    pid_t child = trace_start (be_traced, scene);
    long n = 1;

    while (WIFSTOPPED (trace_step (child, PTRACE_SINGLESTEP)))
        n++;
    return n;
}

START_TEST (a_signal_at_any_instruction_leaves_nothing)
{
    const struct scene *scene = &scenes[_i];
    int tries = test_number ("TEMPFILE_TEST_STEPS", 2);

    if (!trace_possible () || !scene->every_step)
        return;
    long instructions = count_instructions (scene);
    srand ((unsigned) getpid ());
    for (int i = 0; i < tries; i++)
        signal_at_step (scene, true, rand () % instructions, SIGTERM);
    printf ("%s: a signal at %d of %ld instructions\n", scene->name, tries, instructions);
}
END_TEST

/* --- the storm --- */

enum { STORM_THREADS = 8 };

static void *
churn (void *arg)
{
    unsigned seed = (unsigned) (uintptr_t) arg;

    for (;;) {
        FILE *f = NamedTemporaryFile ();
        if (!f)
            continue;
        if (rand_r (&seed) % 4 == 0)
            free (tempfile_into_path (f));
        else
            fclose (f);
        f = TemporaryFile ();
        if (f)
            fclose (f);
    }
    return NULL;
}

static void
clean_up_and_exit (int sig)
{
    (void) sig;
    tempfile_cleanup ();
    _exit (0);
}

static void
block (int how, int sig)
{
    sigset_t set;

    sigemptyset (&set);
    sigaddset (&set, sig);
    sigprocmask (how, &set, NULL);
}

/* OWN: the program's own handler cleans up and exits, instead of ours. */
static void
storm (int own)
{
    pthread_t thread;

    if (own)
        signal (SIGTERM, clean_up_and_exit);
    else if (tempfile_cleanup_on_signals () != 0)
        _exit (97);
    block (SIG_UNBLOCK, SIGTERM);
    for (intptr_t i = 1; i < STORM_THREADS; i++)
        if (pthread_create (&thread, NULL, churn, (void *) i) != 0)
            _exit (96);
    churn (NULL);
}

/* Until the child is ready for it, the signal waits. */
static void
storm_round (int own, int microseconds)
{
    int status;

    block (SIG_BLOCK, SIGTERM);
    pid_t child = fork ();
    if (child == 0) {
        be_a_program ();
        storm (own);
    }
    block (SIG_UNBLOCK, SIGTERM);
    usleep ((unsigned) microseconds);
    kill (child, SIGTERM);
    ck_assert_int_eq (waitpid (child, &status, 0), child);
    ck_assert_msg (status == 0 || (WIFSIGNALED (status) && WTERMSIG (status) == SIGTERM),
                   "the wait status is %#x", (unsigned) status);
}

START_TEST (a_signal_in_a_storm_of_threads_leaves_nothing)
{
    int rounds = test_number ("TEMPFILE_TEST_ROUNDS", 100);

    srand ((unsigned) getpid ());
    for (int i = 0; i < rounds; i++) {
        storm_round (_i, 200 + rand () % 12000);
        ck_assert_msg (test_entries (test_dir ()) == 0, "round %d: a file is left", i);
    }
}
END_TEST

int
main (void)
{
    Suite *s = suite_create ("signals");
    TCase *tc = test_case (s, "signals");

    tcase_add_loop_test (tc, each_fatal_signal_deletes_the_files_and_kills, 0,
                         LENGTH (fatal_signals));
    tcase_add_loop_test (tc, real_time_signals_delete_the_files_and_kill, 0, 2);
    tcase_add_test (tc, a_real_fault_deletes_the_files_and_kills);
    tcase_add_loop_test (tc, a_signal_that_is_let_in_for_a_moment_kills, 0, 2);
    tcase_add_test (tc, handler_fits_a_small_stack);
    tcase_add_test (tc, signal_during_exit_continues_the_removal);
    tcase_add_test (tc, abort_deletes_the_files_and_kills);
    tcase_add_test (tc, nothing_is_done_for_who_did_not_ask);
    tcase_add_test (tc, what_is_to_be_kept_is_kept);
    tcase_add_test (tc, a_handler_of_the_program_s_is_left_alone);
    tcase_add_test (tc, an_earlier_handler_gets_the_information_and_its_mask);
    tcase_add_test (tc, an_earlier_handler_finds_the_mask_it_asked_for);
    tcase_add_test (tc, an_earlier_handler_for_once_is_called_once);
    tcase_add_test (tc, an_earlier_handler_for_once_leaves_the_default_behind);
    tcase_add_test (tc, an_ignored_signal_stays_ignored);
    tcase_add_test (tc, asking_again_does_no_harm);
    tcase_add_test (tc, a_handler_of_the_programs_own_may_clean_up);
    tcase_add_test (tc, a_child_that_is_killed_deletes_only_what_it_made);

    tc = test_case (s, "signals at every step");
    tcase_set_timeout (tc, 600);
    tcase_add_loop_test (tc, a_signal_at_any_system_call_leaves_nothing, 0, LENGTH (scenes));
    tcase_add_loop_test (tc, a_signal_at_any_instruction_leaves_nothing, 0, LENGTH (scenes));
    tcase_add_loop_test (tc, a_signal_in_a_storm_of_threads_leaves_nothing, 0, 2);
    return test_main (s);
}
