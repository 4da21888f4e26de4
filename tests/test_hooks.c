/* SPDX-License-Identifier: MIT */
/*
 * What runs when a stream is closed: in which order, exactly once, before the file is deleted,
 * also when something else fails; and what a failing hook does to fclose().
 */
#include "common.h"

#include <limits.h>
#include <pthread.h>

/* What ran, by a letter each. */
static char ran[2048];

static int
note (void *letter)
{
    size_t length = strlen (ran);

    if (length < sizeof ran - 1)
        ran[length] = *(char *) letter;
    return 0;
}

static int
fail_eio (void *letter)
{
    note (letter);
    errno = EIO;
    return 1;
}

static int
fail_enxio (void *letter)
{
    note (letter);
    errno = ENXIO;
    return -1;
}

static char a[] = "a", b[] = "b", c[] = "c";

/* The streams that can have hooks. */
enum { BY_OPTION, BY_OPTION_NAMED, CUSTOM_LATER, NAMED_LATER, WAYS };

/* Those with a name. */
static const int named[] = {BY_OPTION_NAMED, NAMED_LATER};

/* A stream whose first hook is HOOK. */
static FILE *
open_hooked (int way, int (*hook) (void *), void *arg)
{
    FILE *f = NULL;

    if (way == BY_OPTION)
        f = TemporaryFile (.on_close = hook, .on_close_arg = arg);
    else if (way == BY_OPTION_NAMED)
        f = NamedTemporaryFile (.on_close = hook, .on_close_arg = arg);
    else if (way == CUSTOM_LATER)
        f = TemporaryFile (.buffering = 4096);
    else
        f = NamedTemporaryFile ();
    ck_assert_msg (f != NULL, "%s", tempfile_errmsg ());
    if (way >= CUSTOM_LATER)
        ck_assert_int_eq (tempfile_on_close (f, hook, arg), 0);
    return f;
}

START_TEST (hook_runs_exactly_once_at_close)
{
    FILE *f = open_hooked (_i, note, a);

    ck_assert_int_ge (fputs ("text", f), 0);
    ck_assert_int_eq (fflush (f), 0);
    rewind (f);
    ck_assert_int_eq (fgetc (f), 't');
    ck_assert_str_eq (ran, "");
    assert_closes (f);
    ck_assert_str_eq (ran, "a");
}
END_TEST

START_TEST (hook_added_last_runs_first)
{
    FILE *f = open_hooked (_i, note, a);

    ck_assert_int_eq (tempfile_on_close (f, note, b), 0);
    ck_assert_int_eq (tempfile_on_close (f, note, c), 0);
    ck_assert_int_eq (tempfile_on_close (f, note, b), 0);
    assert_closes (f);
    ck_assert_str_eq (ran, "bcba");
}
END_TEST

START_TEST (hooks_may_be_many)
{
    char letters[1000];
    FILE *f = open_hooked (_i, note, a);

    for (int i = 0; i < LENGTH (letters); i++) {
        letters[i] = (char) ('b' + i % 25);
        if (tempfile_on_close (f, note, &letters[i]) != 0)
            ck_abort ();
    }
    assert_closes (f);
    ck_assert_uint_eq (strlen (ran), LENGTH (letters) + 1);
    for (int i = 0; i < LENGTH (letters); i++)
        if (ran[i] != letters[LENGTH (letters) - 1 - i])
            ck_abort_msg ("hook %d", i);
    ck_assert_int_eq (ran[LENGTH (letters)], 'a');
}
END_TEST

START_TEST (hook_that_fails_fails_the_close_with_its_errno)
{
    FILE *f = open_hooked (_i, fail_eio, a);

    assert_close_fails (f, EIO);
    ck_assert_str_eq (ran, "a");
    ck_assert_int_eq (test_entries (test_dir ()), 0);
}
END_TEST

START_TEST (hooks_after_one_that_fails_run_all_the_same)
{
    FILE *f = open_hooked (_i, note, a);

    ck_assert_int_eq (tempfile_on_close (f, fail_enxio, b), 0);
    ck_assert_int_eq (tempfile_on_close (f, note, c), 0);
    assert_close_fails (f, ENXIO);
    ck_assert_str_eq (ran, "cba");
    ck_assert_int_eq (test_entries (test_dir ()), 0);
}
END_TEST

START_TEST (first_of_several_failures_is_the_one_reported)
{
    FILE *f = open_hooked (_i, fail_eio, a);

    ck_assert_int_eq (tempfile_on_close (f, fail_enxio, b), 0);
    assert_close_fails (f, ENXIO);
    ck_assert_str_eq (ran, "ba");
}
END_TEST

START_TEST (hook_of_a_plain_stream_is_refused_with_advice)
{
    FILE *f = TemporaryFile ();

    ck_assert_ptr_nonnull (f);
    assert_minus_1 (tempfile_on_close (f, note, a), ENOTSUP, "on_close");
    assert_closes (f);
    ck_assert_str_eq (ran, "");
}
END_TEST

/* --- what a hook finds --- */

static char name[PATH_MAX], contents[64];

static int
look_by_name (void *letter)
{
    note (letter);
    if (test_exists (name))
        test_read_file (name, contents, sizeof contents);
    return 0;
}

START_TEST (hook_finds_the_whole_file_by_its_name)
{
    FILE *f = open_hooked (named[_i], look_by_name, a);

    snprintf (name, sizeof name, "%s", tempfile_name (f));
    ck_assert_int_ge (fputs ("not flushed yet", f), 0);
    assert_closes (f);
    ck_assert_str_eq (contents, "not flushed yet");
    ck_assert (!test_exists (name));
}
END_TEST

static int
move_away (void *arg)
{
    (void) arg;
    return rename (name, test_path ("moved"));
}

START_TEST (hook_may_move_the_file_away)
{
    char text[16];
    FILE *f = open_hooked (named[_i], move_away, NULL);

    snprintf (name, sizeof name, "%s", tempfile_name (f));
    ck_assert_int_ge (fputs ("moved", f), 0);
    assert_closes (f);
    test_read_file (test_path ("moved"), text, sizeof text);
    ck_assert_str_eq (text, "moved");
    ck_assert_int_eq (unlink (test_path ("moved")), 0);
}
END_TEST

static int
use_other_files (void *arg)
{
    (void) arg;
    for (int kind = 0; kind < KINDS; kind++) {
        FILE *f = test_open (kind, NULL);
        if (fputs ("text", f) < 0 || fclose (f) != 0)
            return -1;
    }
    char *path = tempfile_into_path (test_open (NAMED, NULL));
    int result = path ? tempfile_unlink (path) : -1;
    free (path);
    return result;
}

START_TEST (hook_may_use_the_library)
{
    assert_closes (open_hooked (_i, use_other_files, NULL));
}
END_TEST

/* --- other ways to close --- */

START_TEST (tempfile_close_runs_hooks)
{
    ck_assert_int_eq (tempfile_close (open_hooked (_i, note, a)), 0);
    ck_assert_str_eq (ran, "a");
}
END_TEST

START_TEST (tempfile_close_reports_a_hook_that_fails)
{
    FILE *f = open_hooked (_i, fail_eio, a);
    int result = tempfile_close (f), error = errno;

    ck_assert_int_eq (result, EOF);
    ck_assert_int_eq (error, EIO);
    ck_assert_int_eq (test_entries (test_dir ()), 0);
}
END_TEST

START_TEST (into_path_runs_hooks)
{
    char *path = tempfile_into_path (open_hooked (named[_i], note, a));

    ck_assert_ptr_nonnull (path);
    ck_assert_str_eq (ran, "a");
    ck_assert_int_eq (tempfile_unlink (path), 0);
    ck_assert_str_eq (ran, "a");
    free (path);
}
END_TEST

START_TEST (into_path_fails_with_a_hook_and_the_file_goes)
{
    FILE *f = open_hooked (named[_i], fail_eio, a);

    assert_null (tempfile_into_path (f), EIO, NULL);
    ck_assert_str_eq (ran, "a");
    ck_assert_int_eq (test_entries (test_dir ()), 0);
}
END_TEST

START_TEST (into_path_that_is_refused_runs_no_hook)
{
    FILE *f = open_hooked (BY_OPTION, note, a);

    assert_null (tempfile_into_path (f), EINVAL, "name");
    ck_assert_str_eq (ran, "");
    assert_closes (f);
    ck_assert_str_eq (ran, "a");
}
END_TEST

static void
leave_scope (int way)
{
    tempfile_auto FILE *f = open_hooked (way, note, a);

    ck_assert_int_ge (fputs ("text", f), 0);
}

START_TEST (end_of_the_scope_runs_hooks)
{
    leave_scope (_i);
    ck_assert_str_eq (ran, "a");
}
END_TEST

START_TEST (hooks_are_not_those_of_a_second_stream)
{
    FILE *f = open_hooked (_i, note, a);
    FILE *g = tempfile_reopen (f, NULL);

    ck_assert_ptr_nonnull (g);
    assert_closes (g);
    ck_assert_str_eq (ran, "");
    assert_closes (f);
    ck_assert_str_eq (ran, "a");
}
END_TEST

/* --- where hooks run --- */

static void
close_in_child (void *f)
{
    assert_closes (f);
    ck_assert_str_eq (ran, "a");
}

START_TEST (hook_runs_in_the_child_that_closes_its_copy)
{
    FILE *f = open_hooked (_i, note, a);

    test_in_child (close_in_child, f);
    ck_assert_str_eq (ran, "");
    assert_closes (f);
    ck_assert_str_eq (ran, "a");
}
END_TEST

static int
note_thread (void *thread)
{
    *(pthread_t *) thread = pthread_self ();
    return 0;
}

static void *
close_in_thread (void *f)
{
    static int failed;

    return fclose (f) == 0 ? NULL : &failed;
}

START_TEST (hook_runs_in_the_thread_that_closes)
{
    pthread_t thread, seen = pthread_self ();
    void *failed;
    FILE *f = open_hooked (_i, note_thread, &seen);

    ck_assert_int_eq (pthread_create (&thread, NULL, close_in_thread, f), 0);
    ck_assert_int_eq (pthread_join (thread, &failed), 0);
    ck_assert_ptr_null (failed);
    ck_assert (pthread_equal (seen, thread));
}
END_TEST

int
main (void)
{
    Suite *s = suite_create ("hooks");

    TCase *tc = test_case (s, "order");
    tcase_add_loop_test (tc, hook_runs_exactly_once_at_close, 0, WAYS);
    tcase_add_loop_test (tc, hook_added_last_runs_first, 0, WAYS);
    tcase_add_loop_test (tc, hooks_may_be_many, 0, WAYS);
    tcase_add_loop_test (tc, hook_that_fails_fails_the_close_with_its_errno, 0, WAYS);
    tcase_add_loop_test (tc, hooks_after_one_that_fails_run_all_the_same, 0, WAYS);
    tcase_add_loop_test (tc, first_of_several_failures_is_the_one_reported, 0, WAYS);
    tcase_add_test (tc, hook_of_a_plain_stream_is_refused_with_advice);

    tc = test_case (s, "what a hook finds");
    tcase_add_loop_test (tc, hook_finds_the_whole_file_by_its_name, 0, LENGTH (named));
    tcase_add_loop_test (tc, hook_may_move_the_file_away, 0, LENGTH (named));
    tcase_add_loop_test (tc, hook_may_use_the_library, 0, WAYS);

    tc = test_case (s, "ways to close");
    tcase_add_loop_test (tc, tempfile_close_runs_hooks, 0, WAYS);
    tcase_add_loop_test (tc, tempfile_close_reports_a_hook_that_fails, 0, WAYS);
    tcase_add_loop_test (tc, into_path_runs_hooks, 0, LENGTH (named));
    tcase_add_loop_test (tc, into_path_fails_with_a_hook_and_the_file_goes, 0, LENGTH (named));
    tcase_add_test (tc, into_path_that_is_refused_runs_no_hook);
    tcase_add_loop_test (tc, end_of_the_scope_runs_hooks, 0, WAYS);
    tcase_add_loop_test (tc, hooks_are_not_those_of_a_second_stream, 0, WAYS);

    tc = test_case (s, "where hooks run");
    tcase_add_loop_test (tc, hook_runs_in_the_child_that_closes_its_copy, 0, WAYS);
    tcase_add_loop_test (tc, hook_runs_in_the_thread_that_closes, 0, WAYS);
    return test_main (s);
}
