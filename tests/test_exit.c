/* SPDX-License-Identifier: MIT */
/*
 * The end of the process, and of the library: what was left goes when the program returns from
 * main, calls exit() or quick_exit(), or unloads the library, and what was kept stays. These are
 * true of whole programs, so the tests run two: helper.c and helper_dlopen.c.
 */
#include "common.h"

#include <limits.h>
#include <signal.h>
#include <sys/time.h>
#include <sys/wait.h>

/* --- a program that ends --- */

static const char *const ends[] = {"return", "exit", "thread", "quick_exit", "_exit"};
static const char *const programs[] = {"helper", "helper_static"};

/* A line of the helper's is '-' or '+' and a name: the file must be gone or not. */
static void
check_line (const char *line)
{
    ck_assert_msg (*line == '-' || *line == '+', "strange line: %s", line);
    ck_assert_msg (test_exists (line + 1) == (*line == '+'), "%s: %s", line + 1,
                   *line == '+' ? "is gone" : "is still there");
    if (*line == '+')
        ck_assert_int_eq (unlink (line + 1), 0);
}

static void
run_to_its_end (const char *program, const char *how)
{
    char out[32 * 1024];
    int lines = 0;

    int status = test_run (out, sizeof out, test_program (program), "end", how);
    for (char *line = strtok (out, "\n"); line; line = strtok (NULL, "\n"), lines++)
        check_line (line);
    ck_assert_msg (status == 0, "wait status %#x", (unsigned) status);
    ck_assert_int_eq (lines, 7);
}

START_TEST (end_of_the_program_deletes_what_was_left_and_no_more)
{
    run_to_its_end (programs[_i / LENGTH (ends)], ends[_i % LENGTH (ends)]);
}
END_TEST

/* --- a process that ends: the same in a child of fork() --- */

static void
leave_unflushed (void)
{
    static const int sizes[] = {64, 4096, TEMPFILE_LINE_BUFFERED, TEMPFILE_UNBUFFERED};

    for (int i = 0; i < LENGTH (sizes); i++) {
        FILE *f = TemporaryFile (.buffering = sizes[i]);
        FILE *g = NamedTemporaryFile (.buffering = sizes[i]);
        ck_assert_ptr_nonnull (f);
        ck_assert_ptr_nonnull (g);
        ck_assert_int_ge (fputs ("not flushed", f), 0);
        ck_assert_int_ge (fputs ("not flushed", g), 0);
    }
}

START_TEST (streams_left_open_with_data_do_no_harm_at_exit)
{
    pid_t child = fork ();

    if (child == 0) {
        leave_unflushed ();
        if (_i)
            quick_exit (0);
        exit (0);
    }
    test_wait (child);
    ck_assert_int_eq (test_entries (test_dir ()), 0);
}
END_TEST

START_TEST (data_not_flushed_is_in_a_kept_file_after_exit)
{
    char text[64];
    pid_t child = fork ();

    if (child == 0) {
        FILE *f = NamedTemporaryFile (.delete_when = TEMPFILE_DELETE_NEVER, .prefix = "kept");
        ck_assert_ptr_nonnull (f);
        ck_assert_int_ge (fputs ("contents", f), 0);
        ck_assert_int_eq (rename (tempfile_name (f), test_path ("kept")), 0);
        exit (0);
    }
    test_wait (child);
    test_read_file (test_path ("kept"), text, sizeof text);
    ck_assert_str_eq (text, "contents");
    ck_assert_int_eq (unlink (test_path ("kept")), 0);
}
END_TEST

static FILE *seen_at_exit;

static void
use_at_exit (void)
{
    if (!test_exists (tempfile_name (seen_at_exit)) || fputs ("more", seen_at_exit) < 0 ||
        fclose (seen_at_exit) != 0)
        _exit (1);
}

START_TEST (functions_of_atexit_still_find_their_files)
{
    pid_t child = fork ();

    if (child == 0) {
        seen_at_exit = NamedTemporaryFile ();
        ck_assert_ptr_nonnull (seen_at_exit);
        ck_assert_int_eq (atexit (use_at_exit), 0);
        exit (0);
    }
    test_wait (child);
    ck_assert_int_eq (test_entries (test_dir ()), 0);
}
END_TEST

static void
exit_on_signal (int signal)
{
    (void) signal;
    exit (0);
}

/* POSIX allows it unless the handler interrupts a function that is not safe; the library's
 * functions that call none are no traps. */
START_TEST (handler_that_interrupts_the_library_may_exit)
{
    for (int run = 0; run < 50; run++) {
        pid_t child = fork ();
        if (child == 0) {
            const struct itimerval soon = {.it_value.tv_usec = 200 + run * 37};
            FILE *f = NamedTemporaryFile ();
            ck_assert_ptr_nonnull (f);
            ck_assert (signal (SIGALRM, exit_on_signal) != SIG_ERR);
            ck_assert_int_eq (setitimer (ITIMER_REAL, &soon, NULL), 0);
            while (tempfile_name (f) != NULL)
                ;
            _exit (1);
        }
        test_wait (child);
        ck_assert_int_eq (test_entries (test_dir ()), 0);
    }
}
END_TEST

START_TEST (many_names_are_all_gone_after_exit)
{
    pid_t child = fork ();

    if (child == 0) {
        for (int i = 0; i < 1000; i++) {
            FILE *f = NamedTemporaryFile (.delete_when = TEMPFILE_DELETE_ON_EXIT);
            if (!f || fclose (f) != 0)
                _exit (1);
        }
        if (test_entries (test_dir ()) != 1000)
            _exit (2);
        exit (0);
    }
    test_wait (child);
    ck_assert_int_eq (test_entries (test_dir ()), 0);
}
END_TEST

/* --- dlclose --- */

/* False, and said aloud, where there is no shared library. The program ends by SIG; 0: by itself.
 */
static bool
run_dlopen_until (int sig, char *out, size_t size, const char *task)
{
    const char *given = getenv ("TEST_SHARED_LIBRARY");
    const char *library = given ? given : test_program ("../lib/.libs/libtempfile.so");

    if (!test_exists (library)) {
        test_skip ("the library was not built as a shared one");
        return false;
    }
    int status = test_run (out, size, test_program ("helper_dlopen"), library, task);
    if (WIFEXITED (status) && WEXITSTATUS (status) == 77) {
        test_skip ("a tool misses what is of streams still open when the library goes");
        return false;
    }
    ck_assert_msg (sig ? WIFSIGNALED (status) && WTERMSIG (status) == sig : status == 0,
                   "%s: wait status %#x, %s", task, (unsigned) status, out);
    return true;
}

static bool
run_dlopen (char *out, size_t size, const char *task)
{
    return run_dlopen_until (0, out, size, task);
}

static const char *const tasks[] = {"deletes", "quick", "fork", "thread", "rounds", "reload"};
static const char *const open_tasks[] = {"deletes-open", "unflushed", "read-ahead"};

START_TEST (library_may_be_unloaded)
{
    char out[4096];

    if (run_dlopen (out, sizeof out, tasks[_i]))
        ck_assert_int_eq (test_entries (test_dir ()), 0);
}
END_TEST

START_TEST (library_may_be_unloaded_with_streams_open)
{
    char out[4096];

    if (run_dlopen (out, sizeof out, open_tasks[_i]))
        ck_assert_int_eq (test_entries (test_dir ()), 0);
}
END_TEST

/* Otherwise it stays loaded once it handles signals. */
START_TEST (library_that_cannot_stay_takes_its_handlers_along)
{
    static const char *const without[] = {"no-dladdr", "no-dlopen"};
    char out[4096];

    for (int i = 0; i < LENGTH (without); i++)
        if (run_dlopen_until (SIGTERM, out, sizeof out, without[i]))
            ck_assert_int_eq (test_entries (test_dir ()), 0);
}
END_TEST

START_TEST (data_not_flushed_is_in_a_kept_file_after_unloading)
{
    char name[4096], text[64];

    if (!run_dlopen (name, sizeof name, "data"))
        return;
    name[strcspn (name, "\n")] = '\0';
    test_read_file (name, text, sizeof text);
    ck_assert_str_eq (text, "contents");
    ck_assert_int_eq (unlink (name), 0);
}
END_TEST

int
main (void)
{
    Suite *s = suite_create ("exit");

    TCase *tc = test_case (s, "program");
    tcase_add_loop_test (tc, end_of_the_program_deletes_what_was_left_and_no_more, 0,
                         LENGTH (programs) * LENGTH (ends));
    tc = test_case (s, "process");
    tcase_add_loop_test (tc, streams_left_open_with_data_do_no_harm_at_exit, 0, 2);
    tcase_add_test (tc, data_not_flushed_is_in_a_kept_file_after_exit);
    tcase_add_test (tc, functions_of_atexit_still_find_their_files);
    tcase_add_test (tc, handler_that_interrupts_the_library_may_exit);
    tcase_add_test (tc, many_names_are_all_gone_after_exit);
    tc = test_case (s, "dlclose");
    tcase_add_loop_test (tc, library_may_be_unloaded, 0, LENGTH (tasks));
    tcase_add_loop_test (tc, library_may_be_unloaded_with_streams_open, 0, LENGTH (open_tasks));
    tcase_add_test (tc, library_that_cannot_stay_takes_its_handlers_along);
    tcase_add_test (tc, data_not_flushed_is_in_a_kept_file_after_unloading);
    return test_main (s);
}
