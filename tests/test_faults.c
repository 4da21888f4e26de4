/* SPDX-License-Identifier: MIT */
/*
 * Failures of the system: each scenario runs again and again, with its first, second, third ...
 * call failing in each of the ways that call can fail, until it comes through untouched. What can
 * fail, and how, is in faults.c; the scenarios are in fault_scenarios.c.
 *
 * After each run:
 *   - the failure was reported by its errno, or one that the table below allows in its place, with
 *     a message where a function of this library failed, but never as EINTR; or it was overcome in
 *     a way that the table below allows, and then the scenario has found its result right;
 *   - no descriptor is left, and no memory but what is kept on purpose (see is_leak());
 *   - no name is left in the directory, unless deleting it was what failed, and was reported;
 *   - the library knows of none: files are put under all names that it had chosen, and
 *     tempfile_cleanup() deletes none of them;
 *   - the scenario comes through untouched when nothing fails, in the same process.
 */
#include "common.h"

#include "fault_scenarios.h"
#include "faults.h"

#ifdef FAULTS_POSSIBLE

#include <fnmatch.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

enum { ANY = 0 };

/* What the program does when it was started by a test. */
#define UNWIPED "--unwiped"

/* What need not be reported, since the scenario found its result right all the same, and why. CALL
 * and ERROR as in faults.c; SCENARIO: NULL for each. */
static const struct {
    const char *scenario, *call;
    int error;
    const char *why;
} overcome[] = {
    {NULL, NULL, EINTR, "tried again"},
    {NULL, NULL, FAULT_SHORT, "the rest follows"},
    {NULL, "malloc", ANY, "stdio does without a buffer, removal and the registry without memory"},
    {NULL, "calloc", ANY, "tables stay as large as they are"},
    {NULL, "realloc", ANY, "a spool moves to disk, the index of a text is thinned out"},
    {NULL, "getrandom", ANY, "there is a device"},
    {NULL, "open", EINVAL, "there is no O_TMPFILE"},
    {NULL, "open", EISDIR, "there is no O_TMPFILE"},
    {NULL, "open", EOPNOTSUPP, "there is no O_TMPFILE"},
    {NULL, "open", ENOSYS, "there is no O_TMPFILE"},
    {NULL, "open", EPERM, "a sandbox refuses O_TMPFILE"},
    {NULL, "open", ENOENT, "there is no /proc, the name serves; what was made is gone: another"},
    {"choosing", "open", ANY, "another directory is chosen"},
    {"choosing", "fstat", ANY, "another directory is chosen"},
    {"choosing", "close", ANY, "of an empty file that was only to show that it can be made"},
    {"choosing", "getcwd", ANY, "the directory is not among the candidates"},
    {NULL, "fchmod", EPERM, "a file system without permissions"},
    {NULL, "fchmod", EOPNOTSUPP, "a file system without permissions"},
    {NULL, "fchmod", ENOSYS, "a file system without permissions"},
    {"in_memory_read_only", "close", ANY, "of a descriptor that nothing was written to"},
    {NULL, "memfd_create", EINVAL, "the kernel does not know seals of execution"},
    {NULL, "fchmodat", ANY, "fchmod serves"},
    {NULL, "statx", ANY, "fstat serves, without the mount"},
    {NULL, "fchmodat2", ANY, "/proc serves; or a file system without permissions"},
    {"mkdtemp_*", "close", ANY, "of a handle, by which nothing is written"},
    {NULL, "mkdir", EEXIST, "another name"},
    {NULL, "flock", EWOULDBLOCK, "another name; somebody uses it"},
    {NULL, "read", ANY, "stdio reads ahead when it seeks, and makes do without"},
    {NULL, "lseek", ANY, "where a seek is only to make the next faster, or asks where O_APPEND is"},
    {NULL, "unlink", ENOENT, "gone already"},
    {NULL, "unlinkat", ANY, "tried in another way"},
    {NULL, "rmdir", ANY, "not empty, so all that is in it goes first"},
    {NULL, "openat", ENOENT, "gone already"},
    {NULL, "openat", ENOTDIR, "exchanged meanwhile"},
    {NULL, "openat", ELOOP, "exchanged meanwhile"},
    {"recovery", NULL, ANY, "as directories; or not for us to judge"},
    {"choosing", "unlink", ANY, "another directory is chosen"},
    {"left_*", NULL, ANY, "nobody is there to be told"},
    {NULL, "linkat", EEXIST, "another name"},
    {NULL, "linkat", ENOENT, "the descriptor is linked without /proc"},
    {"persist*", "close", ANY, "of a directory that was only synced, or a file only read"},
    {"persist_[pus]*", "open", ANY, "the fresh name is not recoverable"},
    {"persist_*", "flock", ENOLCK, "the same"},
    {"persist_copy*", "open", ANY, "a handle serves, or there is nothing to be like"},
    {"persist_copy*", "linkat", EXDEV, "it is copied"},
    {"persist_copy_named", "rename", EXDEV, "the same"},
    {"persist_copy*", "fcntl", ANY, "the file can be read"},
    {"persist_copy*", "flock", ENOLCK, "when all is done; closing unlocks, too"},
    {"persist_copy*", "copy_file_range", ANY, "a buffer serves"},
    {"persist_copy*", "lseek", ANY, "a file without holes"},
    {"persist_copy*", "f*", EACCES, "as far as the process may"},
    {"persist_copy*", "f*", EPERM, "the same"},
    {"persist_copy*", "f*", EINVAL, "the same"},
    {"persist_copy*", "f*", EOPNOTSUPP, "as far as the file system can"},
    {"persist_copy*", "f*", ENOSYS, "the same"},
    {"persist_copy*", "f*xattr", ENODATA, "there is no such attribute"},
    {"persist_like*", "open", ANY, "a handle serves, or there is nothing to be like"},
    {"persist_like*", "fchmod", EACCES, "as far as the process may"},
    {"persist_like*", "fchmod", EPERM, "the same"},
    {"persist_like*", "f*", EINVAL, "the same"},
    {"persist_like*", "fchown", EPERM, "the same"},
    {"persist_like*", "f*xattr", EPERM, "the same"},
    {"persist_like*", "f*", EOPNOTSUPP, "as far as the file system can"},
    {"persist_like*", "f*", ENOSYS, "the same"},
    {"persist_like*", "f*xattr", ENODATA, "there is no such attribute"},
    {"text_write_only", "close", ANY, "of a descriptor that was only read"},
    {"directory_*", NULL, ANY, "tried again, in another pass or by another way"},
    {"reopened*", "fstat", ANY, "the name serves"},
    {"*recoverable*", "close", ANY, "of a lock, by which nothing is written"},
    {"*recover*", "fstat", ANY, "a lock that cannot be told from another descriptor is closed"},
    {NULL, "fstatat", EACCES, "nothing could be done in there"},
    {NULL, "renameat2", EINVAL, "link and unlink serve"},
    {NULL, "renameat2", ENOSYS, "link and unlink serve"},
    {NULL, "renameat2", EPERM, "link and unlink serve"},
    {NULL, "lstat", ANY, "rename will say"},
};

/* What is reported as something else, and why. */
static const struct {
    const char *scenario, *call;
    int error, reported;
    const char *why;
} translated[] = {
    {"directory_*", "getdents64", ENOENT, ENOTEMPTY, "that is the end; but it was not removed"},
    {"directory_*", NULL, ANY, ENOTEMPTY, "left to others, and there all the same"},
    {"recovery", NULL, ANY, ENOTEMPTY, "the same"},
    {"persist_*", "linkat", ENOENT, ENOTSUP, "the kernel's word for a file that had a name"},
    {"choosing", "open", ANY, ENOENT, "no directory serves; the message says why for each"},
    {NULL, "flock", EWOULDBLOCK, EEXIST, "of all names, somebody had the file locked"},
    {"directory_recoverable", "open", ENOENT, EEXIST, "under all names it was gone again"},
    {"persist_copy*", "lstat", ENOENT, EEXIST, "under all names it was gone again"},
    {NULL, "memfd_create", ENOSYS, ENOTSUP, "there are no files in memory"},
    {NULL, "open", ENOENT, ENOTSUP, "no /proc, and the file has no name"},
    {"text_write_only", "open", ENOENT, EBADF, "the descriptor is not in /proc: it is not open"},
    {"persist_unnamed", "open", ANY, ENOTSUP, "not made by O_TMPFILE, the file gets no name"},
    {"persist_unnamed_synced", "open", ANY, ENOTSUP, "the same"},
    {"persist_unnamed_anew", "open", ANY, ENOTSUP, "the same"},
    {"persist_like_unnamed", "open", ANY, ENOTSUP, "the same"},
    {"persist_plain", "open", ANY, ENOTSUP, "the same"},
    {"persist_spooled", "open", ANY, ENOTSUP, "the same"},
};

static int faults, complaints;

/* Of all tests, which run in processes of their own. */
static struct totals {
    int faults, scenarios;
} * totals;

static bool
is_one_of (const char *pattern, const char *name)
{
    return !pattern || fnmatch (pattern, name, 0) == 0;
}

static bool
may_be_overcome (const char *scenario, const struct fault_result *r)
{
    for (int i = 0; i < LENGTH (overcome); i++)
        if (is_one_of (overcome[i].scenario, scenario) && is_one_of (overcome[i].call, r->call) &&
            (overcome[i].error == ANY || overcome[i].error == r->error))
            return true;
    return false;
}

static bool
may_be_reported (const char *scenario, const struct fault_result *r, int reported)
{
    if (r->error == reported)
        return true;
    for (int i = 0; i < LENGTH (translated); i++)
        if (is_one_of (translated[i].scenario, scenario) &&
            is_one_of (translated[i].call, r->call) &&
            (translated[i].error == ANY || translated[i].error == r->error) &&
            translated[i].reported == reported)
            return true;
    return false;
}

struct run {
    const struct scenario *scenario;
    struct fault fault;
    struct fault_result result;
};

static void complain (const struct run *run, const char *how, ...)
    __attribute__ ((__format__ (__printf__, 2, 3)));

static void
complain (const struct run *run, const char *how, ...)
{
    va_list arguments;
    char text[1500];

    va_start (arguments, how);
    (void) vsnprintf (text, sizeof text, how, arguments);
    va_end (arguments);
    if (complaints++ < 30)
        printf ("%s, call %d, %s%s, %s: %s\n", run->scenario->name, run->fault.at,
                run->result.call ? run->result.call : "none", run->fault.stays ? " always" : "",
                run->result.error == FAULT_SHORT ? "short" : strerror (run->result.error), text);
    fflush (stdout);
}

/* --- what must be true after a run --- */

enum { DESCRIPTORS = 160 };

static bool open_before[DESCRIPTORS];

/* Which are open, by one call: a call for each took as long as most of the runs do. */
static void
look_at_descriptors (bool is_open[DESCRIPTORS])
{
    struct pollfd all[DESCRIPTORS];
    for (int fd = 0; fd < DESCRIPTORS; fd++)
        all[fd] = (struct pollfd){.fd = fd};
    ck_assert_int_ge (poll (all, DESCRIPTORS, 0), 0);
    for (int fd = 0; fd < DESCRIPTORS; fd++)
        is_open[fd] = !(all[fd].revents & POLLNVAL);
}

static void
check_descriptors (const struct run *run)
{
    bool open_now[DESCRIPTORS];
    look_at_descriptors (open_now);
    for (int fd = 0; fd < DESCRIPTORS; fd++) {
        if (open_now[fd] == open_before[fd])
            continue;
        complain (run, "descriptor %d was %s", fd, open_before[fd] ? "closed" : "left");
        if (!open_before[fd])
            close (fd);
    }
}

static bool
is_deletion (const char *call)
{
    static const char *const deletions[] = {"unlink",     "unlinkat", "rmdir",   "openat",
                                            "getdents64", "fstat",    "fstatat", "fchmod",
                                            "renameat",   "lseek"};
    for (int i = 0; call && i < LENGTH (deletions); i++)
        if (strcmp (deletions[i], call) == 0)
            return true;
    return false;
}

static void
check_directory (const struct run *run, const struct outcome *o)
{
    int left = test_entries (test_dir ());

    if (left == 0)
        return;
    bool gone = run->result.error == ENOENT; /* says the system */
    if (!is_deletion (run->result.call) || !(o->error || gone || run->scenario->silent))
        complain (run, "%d files left; reported: %s", left, o->message);
    faults_remove_all (test_dir ());
}

/* Whether a failure to make something in a directory names it. */
static bool
lacks_directory (const struct run *run, const struct outcome *o)
{
    bool making = strcmp (run->result.call, "open") == 0 || strcmp (run->result.call, "mkdir") == 0;

    return making && run->result.error == o->error && !strstr (o->message, test_dir ()) &&
           !strstr (o->message, "cannot reopen") && !strstr (o->message, "in_memory");
}

/* Messages that say it in other words than the system's. */
static bool
has_own_words (const struct outcome *o)
{
    static const char *const words[] = {"no usable directory", "there is no /proc",
                                        "no unused name"};

    for (int i = 0; i < LENGTH (words); i++)
        if (strstr (o->message, words[i]))
            return true;
    return false;
}

static void
check_report (const struct run *run, const struct outcome *o)
{
    const struct fault_result *r = &run->result;

    if (o->wrong[0])
        complain (run, "%s (reported: %s, %s)", o->wrong, strerror (o->error), o->message);
    if (!o->error) {
        if (r->call && !may_be_overcome (run->scenario->name, r))
            complain (run, "overcome");
        return;
    }
    if (!r->call)
        complain (run, "nothing failed, but: %s, %s", strerror (o->error), o->message);
    else if (o->error == EINTR)
        complain (run, "an interrupted call was not made again: %s", o->message);
    else if (!may_be_reported (run->scenario->name, r, o->error))
        complain (run, "reported as %s, %s", strerror (o->error), o->message);
    if (!o->worded)
        return;
    if (strcmp (o->message, o->before) == 0)
        complain (run, "failed with %s without a message", strerror (o->error));
    else if (!strstr (o->message, strerror (o->error)) && !has_own_words (o))
        complain (run, "the message is not about %s: %s", strerror (o->error), o->message);
    else if (r->call && lacks_directory (run, o))
        complain (run, "the message does not name the directory: %s", o->message);
}

static void
put_files_under (const struct outcome *o)
{
    for (int i = 0; i < o->n_names; i++)
        if (!test_exists (o->names[i]))
            test_write_file (o->names[i], "");
}

/* Names of files that are still there; the library may know these, to delete them at exit. */
static bool stayed[NAMES];

static void
note_stayed (const struct outcome *o)
{
    for (int i = 0; i < o->n_names; i++)
        stayed[i] = test_exists (o->names[i]);
}

/* Nothing else that the library has forgotten may go. How many names it does know. */
static int
check_registry (const struct run *run, const struct outcome *o)
{
    int known = 0;

    put_files_under (o);
    tempfile_cleanup ();
    for (int i = 0; i < o->n_names; i++) {
        if (test_exists (o->names[i]))
            continue;
        known++;
        if (!stayed[i])
            complain (run, "%s was still registered", o->names[i]);
    }
    faults_remove_all (test_dir ());
    return known;
}

/* --- one run --- */

static int
refuse (const char *path, void *arg)
{
    (void) path;
    (void) arg;
    errno = ECANCELED;
    return -1;
}

static void
draw_name (void)
{
    char *path;

    (void) tempfile_make (&path, refuse, NULL, &(struct tempfile_options){.dir = test_dir ()},
                          sizeof (struct tempfile_options));
}

/* Random numbers come from the kernel for several names at once. So that all runs are alike, each
 * begins when the next name needs new ones. */
static void
settle_names (void)
{
    static int names;
    int before = faults_getrandoms ();
    int drawn = 0;

    while (faults_getrandoms () == before)
        draw_name ();
    if (!names) {
        for (before = faults_getrandoms (); faults_getrandoms () == before; names++)
            draw_name ();
    }
    while (++drawn < names)
        draw_name ();
}

/* How many blocks of memory it has left, but for those of names that are known still. */
static int
run_once (struct run *run)
{
    struct outcome *o = faults_outcome ();

    settle_names ();
    faults_new_outcome ();
    faults_arm (run->fault);
    run->scenario->run ();
    run->result = faults_disarm ();
    check_descriptors (run);
    check_report (run, o);
    note_stayed (o);
    check_directory (run, o);
    int known = check_registry (run, o);
    faults += run->result.call != NULL;
    return run->result.blocks - known;
}

/* Blocks that a run may keep. libbsd's funopen() loses one of its own when there is no memory for
 * the stream. */
static int
allowance (const struct run *run)
{
    bool libbsd = strcmp (STREAM_BACKEND, "funopen") == 0;
    bool no_memory = run->result.call && strcmp (run->result.call, "malloc") == 0;

    return run->scenario->adds + (libbsd && no_memory);
}

/*
 * What is kept once for all does not grow: names of directories, chunks of the registry, tables.
 * What grows each time, beyond what the scenario is meant to add, is lost.
 */
static bool
is_leak (struct run *run)
{
    struct run again = *run;
    int least = run_once (&again);

    for (int i = 0; i < 3 && least > allowance (run); i++) {
        int blocks = run_once (&again);
        least = blocks < least ? blocks : least;
    }
    return least > allowance (run);
}

static bool
run_checked (struct run *run)
{
    int blocks = run_once (run);

    if (blocks > allowance (run) && is_leak (run))
        complain (run, "%d blocks of memory left", blocks);
    return run->result.call;
}

static void
run_untouched (const struct scenario *scenario)
{
    struct run run = {.scenario = scenario};

    (void) run_checked (&run);
}

/* Each failure of the N-th call; false when there are not so many calls. */
static bool
run_each_failure (const struct scenario *scenario, int n, bool stays)
{
    struct run run = {.scenario = scenario, .fault = {n, 0, stays}};

    do {
        if (!run_checked (&run))
            return false;
        if (!scenario->large)
            run_untouched (scenario);
    } while (++run.fault.variant < run.result.variants);
    if (scenario->large)
        run_untouched (scenario);
    return true;
}

/* "all", or a scenario's name; NULL: not given. */
static const char *
wanted (void)
{
    const char *given = getenv ("TEMPFILE_TEST_FAULTS");

    return given && *given ? given : NULL;
}

static double
seconds (void)
{
    struct timespec now;

    clock_gettime (CLOCK_MONOTONIC, &now);
    return (double) now.tv_sec + (double) now.tv_nsec * 1e-9;
}

static void
run_scenario (const struct scenario *scenario)
{
    double start = seconds ();
    int n = 1;

    look_at_descriptors (open_before);
    run_untouched (scenario);
    run_untouched (scenario);
    while (run_each_failure (scenario, n, false))
        n++;
    int calls = n - 1;
    if (calls == 0)
        ck_abort_msg ("%s: no call was diverted", scenario->name);
    if (wanted () && !scenario->slow && !scenario->silent)
        for (n = 1; run_each_failure (scenario, n, true);)
            n++;
    totals->faults += faults;
    totals->scenarios++;
    printf ("%-28s %4d calls %6d faults %6.2f s\n", scenario->name, calls, faults,
            seconds () - start);
    fflush (stdout);
}

/* Whether files without a name can be made, and linked later. */
static bool
has_o_tmpfile (void)
{
#ifdef O_TMPFILE
    int fd = open (test_dir (), O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);

    if (fd >= 0)
        close (fd);
    return fd >= 0;
#else
    return false;
#endif
}

START_TEST (each_failure_is_reported_or_overcome_and_leaves_nothing)
{
    const char *name = wanted ();

    if (fault_scenarios[_i].slow && !name)
        return;
    if ((fault_scenarios[_i].linked || fault_scenarios[_i].large) && !has_o_tmpfile ())
        return;
    if (name && strcmp (name, "all") != 0 && strcmp (name, fault_scenarios[_i].name) != 0)
        return;
    faults_begin_scenarios ();
    run_scenario (&fault_scenarios[_i]);
    ck_assert_msg (complaints == 0, "%s: %d complaints", fault_scenarios[_i].name, complaints);
}
END_TEST

/* --- what nobody but the library knows --- */

/* Not by O_TMPFILE, which needs more than reading. */
static bool
fails_to_unlink (void)
{
    for (int n = 1;; n++) {
        faults_arm ((struct fault){.at = n});
        FILE *f = TemporaryFile (.mode = "rb", .dir = test_dir ());
        int error = errno;
        struct fault_result r = faults_disarm ();
        if (f)
            fclose (f);
        if (!r.call)
            return false;
        if (strcmp (r.call, "unlink") != 0)
            continue;
        ck_assert_ptr_null (f);
        ck_assert_int_eq (error, r.error);
        return true;
    }
}

/* It was made, got no stream, and could not be deleted: its name is not forgotten. */
START_TEST (file_that_nobody_was_handed_goes_at_exit)
{
    ck_assert (fails_to_unlink ());
    ck_assert_int_eq (test_entries (test_dir ()), 1);
    tempfile_cleanup ();
    ck_assert_int_eq (test_entries (test_dir ()), 0);
}
END_TEST

/* --- memory that the kernel does not wipe for a child --- */

/* As _Fork() does it: no handler of pthread_atfork() runs. */
static pid_t
bare_fork (void)
{
    return (pid_t) syscall (SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
}

/* Its copies of what is its parent's, which stays. */
static void
close_copies (FILE *f, struct tempfile_dir *d)
{
    if (fclose (f) != 0 || tempfile_dir_close (d) != 0)
        _exit (1);
    tempfile_cleanup ();
}

/* A file of the child's own, which it leaves for its exit, goes with it. */
static void
leave_and_exit (void)
{
    FILE *f = NamedTemporaryFile ();
    char *path = f ? tempfile_into_path (f) : NULL;

    if (!path || !test_exists (path))
        _exit (2);
    free (path);
    exit (0);
}

static bool
ended_well (pid_t child, FILE *f, struct tempfile_dir *d)
{
    int status;

    return waitpid (child, &status, 0) == child && status == 0 && test_exists (tempfile_name (f)) &&
           test_exists (tempfile_dir_name (d)) && test_entries (getenv ("TMPDIR")) == 2;
}

/* A program of its own, with FAULTS_NO_MADVISE in its environment. */
static int
run_unwiped (void)
{
    FILE *f = NamedTemporaryFile ();
    struct tempfile_dir *d = TemporaryDirectory ();

    if (!f || !d || faults_madvises_failed () == 0)
        return 3;
    pid_t child = fork ();
    if (child == 0) {
        close_copies (f, d);
        leave_and_exit ();
    }
    if (!ended_well (child, f, d))
        return 4;
    child = bare_fork ();
    if (child == 0) {
        close_copies (f, d);
        _exit (0);
    }
    return ended_well (child, f, d) ? 0 : 5;
}

START_TEST (child_is_known_where_the_kernel_wipes_nothing)
{
    char out[256];

    ck_assert_int_eq (setenv (FAULTS_NO_MADVISE, "1", 1), 0);
    int status = test_run (out, sizeof out, test_program ("test_faults"), UNWIPED, NULL);
    ck_assert_msg (status == 0, "wait status %#x", (unsigned) status);
    ck_assert_int_eq (test_entries (test_dir ()), 0);
}
END_TEST

/* --- a signal in between --- */

static const struct {
    const char *call;
    bool directory;
    int recoverable;
    bool before; /* there is nothing to delete yet */
} interruptions[] = {
    {"open", false, 0, true},   {"fstat", false, 0, false}, {"open", false, 1, true},
    {"flock", false, 1, false}, {"mkdir", true, 0, true},   {"lstat", true, 0, false},
    {"mkdir", true, 1, true},   {"flock", true, 1, false},
};

/* Before it exists it is not deleted: it comes to be, and goes in its time. */
static void
open_and_close (const struct tempfile_options *o, bool directory)
{
    if (directory) {
        struct tempfile_dir *d = tempfile_open_dir (o, sizeof *o);
        ck_assert_msg (d != NULL, "%s", tempfile_errmsg ());
        ck_assert_int_eq (tempfile_dir_close (d), 0);
        return;
    }
    FILE *f = tempfile_open_named (o, sizeof *o);
    ck_assert_msg (f != NULL, "%s", tempfile_errmsg ());
    assert_closes (f);
}

/* The process lives on. What existed when all was deleted is not handed out. */
START_TEST (a_cleanup_in_the_middle_of_making_something_leaves_nothing)
{
    struct tempfile_options o = {.recoverable = interruptions[_i].recoverable};

    ck_assert_ptr_nonnull (tempfile_gettempdir ());
    faults_interrupt (interruptions[_i].call, tempfile_cleanup);
    if (interruptions[_i].before)
        open_and_close (&o, interruptions[_i].directory);
    else if (interruptions[_i].directory)
        assert_null (tempfile_open_dir (&o, sizeof o), EINTR, "being cleaned up");
    else
        assert_null (tempfile_open_named (&o, sizeof o), EINTR, "being cleaned up");
    ck_assert (faults_interrupted ());
    ck_assert_int_eq (test_entries (test_dir ()), 0);
    FILE *f = NamedTemporaryFile ();
    ck_assert_ptr_nonnull (f);
    assert_closes (f);
}
END_TEST

/* --- what stdio does by itself --- */

/* Nothing of Check may be used while files are limited: its own would be, too. */
static bool
limit_files (rlim_t size)
{
    struct rlimit limit;

    if (getrlimit (RLIMIT_FSIZE, &limit) != 0)
        return false;
    limit.rlim_cur = size;
    return setrlimit (RLIMIT_FSIZE, &limit) == 0;
}

/* A byte that fflush() answered for is in the file, however little fits into it. */
static void
fill_to (rlim_t size)
{
    FILE *f = TemporaryFile ();
    char text[8192];
    size_t stored = 0;

    ck_assert_ptr_nonnull (f);
    bool limited = limit_files (size);
    while (limited && fputs ("0123456789", f) >= 0 && fflush (f) == 0)
        stored += 10;
    int error = errno;
    limited = limited && limit_files (RLIM_INFINITY);
    ck_assert (limited);
    ck_assert_int_eq (error, EFBIG);
    ck_assert_uint_eq (stored, size / 10 * 10);
    ck_assert_uint_eq (test_bytes (f, text, sizeof text), size);
    for (size_t i = 0; i < size; i++)
        ck_assert_int_eq (text[i], '0' + (char) (i % 10));
    assert_minus_1 (tempfile_persist (f, test_path ("target"), 0), EIO, "error");
    (void) fclose (f);
}

START_TEST (plain_streams_tell_of_a_full_file)
{
    static const rlim_t sizes[] = {0, 1, 9, 10, 11, 4095, 4096, 4097};

    signal (SIGXFSZ, SIG_IGN);
    for (int i = 0; i < LENGTH (sizes); i++)
        fill_to (sizes[i]);
}
END_TEST

/* One of each family. Whatever allocation fails, the codec's own among them, it is said what for.
 */
START_TEST (text_stream_without_memory_is_enomem)
{
    static const char *const encodings[] = {"utf-8", "latin-1", "cp1252", "euc_jp", "iso2022_jp"};
    int named = 0;

    if (!test_has_text ())
        return;
    for (int at = 1;; at++) {
        faults_arm ((struct fault){.at = at});
        FILE *f = TemporaryFile (.mode = "w+", .encoding = encodings[_i]);
        int error = errno;
        struct fault_result result = faults_disarm ();
        if (f)
            assert_closes (f);
        if (!result.call)
            break;
        if (f || !strstr (result.call, "alloc"))
            continue;
        ck_assert_int_eq (error, ENOMEM);
        ck_assert_str_ne (tempfile_errmsg (), "");
        named += strstr (tempfile_errmsg (), "encoding '") != NULL;
    }
    ck_assert_int_gt (named, 0);
}
END_TEST

/* Whether memory fails, too, for another tool may have taken malloc over. (Not in faults.c, for
 * compilers know that strdup() does not change what is defined there.) */
static bool
memory_fails (void)
{
    faults_arm ((struct fault){.at = 1});
    char *volatile copy = strdup ("copy");
    bool failed = faults_disarm ().call;

    free (copy);
    return failed;
}

int
main (int argc, char **argv)
{
    if (argc > 1 && strcmp (argv[1], UNWIPED) == 0)
        return run_unwiped ();
    Suite *s = suite_create ("faults");

    test_leaves_out_text ();
    faults_begin ();
    totals = mmap (NULL, sizeof *totals, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (totals == MAP_FAILED)
        return 99;
    if (test_under_valgrind () || !memory_fails ()) {
        puts ("SKIP test_faults: memory cannot be made to fail here");
        return 77;
    }
    TCase *tc = test_case (s, "each call");
    tcase_add_loop_test (tc, each_failure_is_reported_or_overcome_and_leaves_nothing, 0,
                         n_fault_scenarios);
    tc = test_case (s, "each call, without O_TMPFILE");
    tcase_add_checked_fixture (tc, test_without_o_tmpfile, NULL);
    tcase_add_loop_test (tc, each_failure_is_reported_or_overcome_and_leaves_nothing, 0,
                         n_fault_scenarios);
    tcase_add_test (test_case (s, "unknown"), file_that_nobody_was_handed_goes_at_exit);
    tcase_add_test (test_case (s, "children"), child_is_known_where_the_kernel_wipes_nothing);
    tcase_add_loop_test (test_case (s, "interruption"),
                         a_cleanup_in_the_middle_of_making_something_leaves_nothing, 0,
                         LENGTH (interruptions));
    tcase_add_test (test_case (s, "stdio"), plain_streams_tell_of_a_full_file);
    tcase_add_loop_test (test_case (s, "text"), text_stream_without_memory_is_enomem, 0, 5);
    int result = test_main (s);
    printf ("%d faults in %d scenarios\n", totals->faults, totals->scenarios);
    return result;
}

#else

int
main (void)
{
    puts ("SKIP test_faults: calls cannot be made to fail here, for lack of --wrap in the linker, "
          "of a libc that lets a program have its own malloc, or because of a sanitizer");
    return 77;
}

#endif
