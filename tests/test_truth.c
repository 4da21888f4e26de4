/* SPDX-License-Identifier: MIT */
/*
 * fclose() tells the truth: a custom stream whose data could not all be written never closes as
 * if nothing had happened, whatever came between; and hooks, deletion and the data that could be
 * written come off all the same. The file's size is limited, as a full disk would.
 *
 * Each test runs in a child of its own, where the limit is, and for each kind of custom stream.
 */
#include "common.h"

#include <signal.h>
#include <sys/resource.h>

/* Not a multiple of any block: the write that fails is one that could be done in part. */
enum { LIMIT = 65536 + 100 };

enum { WITH_BUFFER, WITH_HOOK, WITH_NAME, WITH_NAME_LEFT, UNBUFFERED, SORTS };

static char ran[8];

static int
note (void *arg)
{
    (void) arg;
    strcat (ran, "h");
    return 0;
}

static int
fail_eio (void *arg)
{
    (void) arg;
    strcat (ran, "f");
    errno = EIO;
    return -1;
}

static FILE *
open_sort (int sort)
{
    FILE *f = NULL;

    if (sort == WITH_BUFFER)
        f = TemporaryFile (.buffering = 4096);
    else if (sort == WITH_HOOK)
        f = TemporaryFile (.on_close = note);
    else if (sort == WITH_NAME)
        f = NamedTemporaryFile ();
    else if (sort == WITH_NAME_LEFT)
        f = NamedTemporaryFile (.delete_when = TEMPFILE_DELETE_NEVER);
    else
        f = NamedTemporaryFile (.buffering = TEMPFILE_UNBUFFERED);
    ck_assert_msg (f != NULL, "%s", tempfile_errmsg ());
    return f;
}

static void
limit_files (rlim_t size)
{
    struct rlimit limit;

    signal (SIGXFSZ, SIG_IGN);
    ck_assert_int_eq (getrlimit (RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = size < limit.rlim_max ? size : limit.rlim_max;
    ck_assert_int_eq (setrlimit (RLIMIT_FSIZE, &limit), 0);
}

static char
pattern (int at)
{
    return (char) ('a' + at % 23);
}

#define SIXTY_BYTES "012345678901234567890123456789012345678901234567890123456789"

/* Writes up to COUNT bytes; false as soon as stdio reports a failure. */
static bool
write_pattern (FILE *f, int count)
{
    for (int i = 0; i < count; i++)
        if (fputc (pattern (i), f) == EOF)
            return false;
    return true;
}

/* Writes more than there is room for, and flushes: one of both fails. */
static void
overflow (FILE *f)
{
    limit_files (LIMIT);
    bool written = write_pattern (f, LIMIT + 20000);
    int error = errno;
    if (written) {
        ck_assert_int_eq (fflush (f), EOF);
        error = errno;
    }
    ck_assert_int_eq (error, EFBIG);
    ck_assert_int_ne (ferror (f), 0);
}

/* Has more in its buffer than there is room for, but nothing has failed yet. */
static bool
nearly_overflow (FILE *f)
{
    limit_files (LIMIT);
    if (!write_pattern (f, LIMIT - 50) || fflush (f) != 0)
        return false;
    return fputs (SIXTY_BYTES, f) >= 0;
}

/* --- what is done between the failure and fclose() --- */

static void
nothing (FILE *f)
{
    (void) f;
}

static void
clear (FILE *f)
{
    clearerr (f);
}

static void
flush (FILE *f)
{
    fflush (f);
    clearerr (f);
    ck_assert_int_eq (fflush (f), 0);
}

static void
read_back (FILE *f)
{
    rewind (f);
    ck_assert_int_eq (fgetc (f), 'a');
    clearerr (f);
}

static void
overwrite (FILE *f)
{
    rewind (f);
    ck_assert_int_eq (fputc ('a', f), 'a');
    ck_assert_int_eq (fflush (f), 0);
}

static void
make_room_and_write (FILE *f)
{
    limit_files (RLIM_INFINITY);
    clearerr (f);
    ck_assert_int_eq (fseeko (f, 0, SEEK_END), 0);
    ck_assert_int_ge (fputs ("more", f), 0);
    ck_assert_int_eq (fflush (f), 0);
}

static void
truncate_to_nothing (FILE *f)
{
    clearerr (f);
    ck_assert_int_eq (tempfile_truncate (f, 0), 0);
    rewind (f);
}

static void
fail_again (FILE *f)
{
    errno = 0;
    ck_assert_int_eq (fseeko (f, 0, SEEK_END), 0);
    ck_assert (!write_pattern (f, 20000) || fflush (f) == EOF);
}

static void (*const meanwhile[]) (FILE *) = {
    nothing,   clear, flush, read_back, overwrite, make_room_and_write, truncate_to_nothing,
    fail_again};

static void
overflow_and_close (void *arg)
{
    int i = *(int *) arg;
    FILE *f = open_sort (i % SORTS);

    overflow (f);
    meanwhile[i / SORTS](f);
    errno = 0;
    assert_close_fails (f, EFBIG);
}

START_TEST (close_fails_after_a_write_that_failed_whatever_came_between)
{
    test_in_child (overflow_and_close, &_i);
    ck_assert_int_eq (test_entries (test_dir ()), _i % SORTS == WITH_NAME_LEFT);
    test_remove_entries (test_dir ());
}
END_TEST

/* The flush that fails is the one that fclose() itself makes. */
static void
close_what_does_not_fit (void *arg)
{
    FILE *f = open_sort (*(int *) arg);

    ck_assert_int_eq (nearly_overflow (f), *(int *) arg != UNBUFFERED);
    assert_close_fails (f, EFBIG);
}

START_TEST (close_fails_when_its_own_flush_does)
{
    test_in_child (close_what_does_not_fit, &_i);
    test_remove_entries (test_dir ());
}
END_TEST

static void
close_plain (void *arg)
{
    FILE *f = test_open (PLAIN, NULL);

    (void) arg;
    ck_assert (nearly_overflow (f));
    assert_close_fails (f, EFBIG);
}

START_TEST (plain_stream_s_close_fails_when_its_own_flush_does)
{
    test_in_child (close_plain, NULL);
}
END_TEST

/* So that the tests above prove something. */
static void
fill_to_the_limit (void *arg)
{
    FILE *f = open_sort (*(int *) arg);

    limit_files (LIMIT);
    ck_assert (write_pattern (f, LIMIT));
    ck_assert_int_eq (fflush (f), 0);
    assert_closes (f);
}

START_TEST (close_succeeds_when_all_was_written)
{
    test_in_child (fill_to_the_limit, &_i);
    test_remove_entries (test_dir ());
}
END_TEST

/* A read that fails is no lost data. */
START_TEST (close_succeeds_after_a_read_that_failed)
{
    FILE *f = test_open (_i, "wb");

    ck_assert_int_ge (fputs ("text", f), 0);
    rewind (f);
    ck_assert_int_eq (fgetc (f), EOF);
    ck_assert_int_ne (ferror (f), 0);
    assert_closes (f);
}
END_TEST

/* --- all the rest comes off --- */

static void
check_pattern (FILE *f)
{
    int n = 0;

    for (int c; (c = fgetc (f)) != EOF; n++)
        if (c != pattern (n))
            ck_abort_msg ("byte %d", n);
    ck_assert_int_eq (n, LIMIT);
}

static void
overflow_and_look (void *arg)
{
    FILE *f = open_sort (*(int *) arg);
    FILE *g = tempfile_reopen (f, "rb");

    ck_assert_ptr_nonnull (g);
    overflow (f);
    assert_close_fails (f, EFBIG);
    check_pattern (g);
    assert_closes (g);
}

START_TEST (data_before_the_failure_is_in_the_file)
{
    test_in_child (overflow_and_look, &_i);
    test_remove_entries (test_dir ());
}
END_TEST

static void
overflow_with_hooks (void *arg)
{
    FILE *f = open_sort (*(int *) arg);

    *ran = '\0';
    ck_assert_int_eq (tempfile_on_close (f, note, NULL), 0);
    ck_assert_int_eq (tempfile_on_close (f, fail_eio, NULL), 0);
    ck_assert_int_eq (tempfile_on_close (f, note, NULL), 0);
    overflow (f);
    ck_assert_str_eq (ran, "");
    assert_close_fails (f, EFBIG);
    ck_assert_str_eq (ran, *(int *) arg == WITH_HOOK ? "hfhh" : "hfh");
}

START_TEST (hooks_and_deletion_come_off_and_the_first_failure_is_told)
{
    test_in_child (overflow_with_hooks, &_i);
    ck_assert_int_eq (test_entries (test_dir ()), _i == WITH_NAME_LEFT);
    test_remove_entries (test_dir ());
}
END_TEST

static void
overflow_and_close_our_way (void *arg)
{
    FILE *f = open_sort (*(int *) arg);

    overflow (f);
    int result = tempfile_close (f), error = errno;
    ck_assert_int_eq (result, EOF);
    ck_assert_int_eq (error, EFBIG);
}

START_TEST (tempfile_close_tells_the_truth_too)
{
    test_in_child (overflow_and_close_our_way, &_i);
    ck_assert_int_eq (test_entries (test_dir ()), _i == WITH_NAME_LEFT);
    test_remove_entries (test_dir ());
}
END_TEST

/* The file is not whole, so it does not stay. */
static void
overflow_into_path (void *flushed)
{
    FILE *f = NamedTemporaryFile ();

    ck_assert_ptr_nonnull (f);
    if (*(int *) flushed) {
        overflow (f);
        clearerr (f);
    } else {
        ck_assert (nearly_overflow (f));
    }
    assert_null (tempfile_into_path (f), EFBIG, NULL);
}

START_TEST (into_path_fails_and_leaves_no_half_of_a_file)
{
    test_in_child (overflow_into_path, &_i);
    ck_assert_int_eq (test_entries (test_dir ()), 0);
}
END_TEST

/* --- what writes out first says so when it cannot --- */

static void
truncate_what_does_not_fit (void *kind)
{
    FILE *f = test_open (*(int *) kind, NULL);

    ck_assert (nearly_overflow (f));
    assert_minus_1 (tempfile_truncate (f, 5), EFBIG, NULL);
    (void) tempfile_close (f);
}

START_TEST (truncate_fails_when_its_flush_does)
{
    test_in_child (truncate_what_does_not_fit, &_i);
}
END_TEST

static void
reopen_what_does_not_fit (void *kind)
{
    FILE *f = test_open (*(int *) kind, NULL);

    ck_assert (nearly_overflow (f));
    assert_null (tempfile_reopen (f, "rb"), EFBIG, NULL);
    (void) tempfile_close (f);
}

START_TEST (reopen_fails_when_its_flush_does)
{
    test_in_child (reopen_what_does_not_fit, &_i);
}
END_TEST

int
main (void)
{
    Suite *s = suite_create ("truth");

    TCase *tc = test_case (s, "close");
    tcase_add_loop_test (tc, close_fails_after_a_write_that_failed_whatever_came_between, 0,
                         SORTS * LENGTH (meanwhile));
    tcase_add_loop_test (tc, close_fails_when_its_own_flush_does, 0, SORTS);
    tcase_add_test (tc, plain_stream_s_close_fails_when_its_own_flush_does);
    tcase_add_loop_test (tc, close_succeeds_when_all_was_written, 0, SORTS);
    tcase_add_loop_test (tc, close_succeeds_after_a_read_that_failed, 0, KINDS);

    tc = test_case (s, "all the rest");
    tcase_add_loop_test (tc, data_before_the_failure_is_in_the_file, 0, SORTS);
    tcase_add_loop_test (tc, hooks_and_deletion_come_off_and_the_first_failure_is_told, 0, SORTS);
    tcase_add_loop_test (tc, tempfile_close_tells_the_truth_too, 0, SORTS);
    tcase_add_loop_test (tc, into_path_fails_and_leaves_no_half_of_a_file, 0, 2);

    tc = test_case (s, "flush");
    tcase_add_loop_test (tc, truncate_fails_when_its_flush_does, 0, KINDS);
    tcase_add_loop_test (tc, reopen_fails_when_its_flush_does, 0, KINDS);
    return test_main (s);
}
