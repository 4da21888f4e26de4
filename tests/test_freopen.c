/* SPDX-License-Identifier: MIT */
/*
 * What becomes of a temporary file when freopen() takes its stream away, which nobody tells the
 * library: nothing of it is left when the process ends, and nobody else's descriptor, memory or
 * file is mistaken for its own. That freopen() does what C says of it is in
 * test_conformance_state.c.
 */
#include "common.h"

#include <pthread.h>
#include <sys/wait.h>

/* What configure found decides whether freopen() works on custom streams. */
static bool
works (FILE *f)
{
    if (!f)
        test_skip ("freopen() fails on custom streams here");
    return f;
}

static FILE *
reopen_as_other (FILE *f)
{
    ck_assert_ptr_nonnull (f);
    return freopen (test_path ("other"), "w+", f);
}

/* Not a name, not a hook, not a spool: what is asked about it is answered by its new file. */
START_TEST (reopened_stream_is_an_ordinary_one)
{
    char name[4096];
    FILE *f = NamedTemporaryFile ();

    snprintf (name, sizeof name, "%s", tempfile_name (f));
    f = reopen_as_other (f);
    if (works (f)) {
        assert_null (tempfile_name (f), EINVAL, "no name");
        ck_assert_int_eq (tempfile_fileno (f), fileno (f));
        ck_assert_int_ge (fputs ("0123456789", f), 0);
        ck_assert_int_eq (tempfile_truncate (f, 4), 0);
        assert_minus_1 (tempfile_keep (f), EINVAL, "no name");
        assert_minus_1 (tempfile_on_close (f, NULL, NULL), EINVAL, NULL);
        FILE *g = tempfile_reopen (f, "rb");
        ck_assert_ptr_nonnull (g);
        assert_contents (g, "0123");
        assert_closes (g);
        ck_assert (test_same_file (test_path ("other"), fileno (f)));
        ck_assert_int_eq (tempfile_close (f), 0);
        ck_assert (!test_exists (name));
    }
    test_remove_entries (test_dir ());
}
END_TEST

static int
count (void *arg)
{
    ++*(int *) arg;
    return 0;
}

/* tempfile_close() knows what it closes, and what it was. */
START_TEST (tempfile_close_deletes_the_name_it_had)
{
    static const enum tempfile_delete when[] = {TEMPFILE_DELETE_ON_CLOSE, TEMPFILE_DELETE_ON_EXIT,
                                                TEMPFILE_DELETE_NEVER};
    char name[4096];
    int ran = 0;
    FILE *f = NamedTemporaryFile (.delete_when = when[_i], .on_close = count, .on_close_arg = &ran);

    snprintf (name, sizeof name, "%s", tempfile_name (f));
    f = reopen_as_other (f);
    if (works (f)) {
        ck_assert (test_exists (name));
        ck_assert_int_eq (tempfile_close (f), 0);
        ck_assert_int_eq (test_exists (name), when[_i] == TEMPFILE_DELETE_NEVER);
        ck_assert_int_eq (ran, 0);
    }
    test_remove_entries (test_dir ());
}
END_TEST

/* fclose() does not: the name stays, and can be deleted by itself. */
START_TEST (tempfile_unlink_deletes_the_name_it_had)
{
    char name[4096];
    FILE *f = NamedTemporaryFile ();

    snprintf (name, sizeof name, "%s", tempfile_name (f));
    f = reopen_as_other (f);
    if (works (f)) {
        assert_closes (f);
        ck_assert (test_exists (name));
        ck_assert_int_eq (tempfile_unlink (name), 0);
        ck_assert (!test_exists (name));
    }
    test_remove_entries (test_dir ());
}
END_TEST

enum { CLOSED, OPEN, FAILED, ENDINGS };

static void
reopen_and_exit (int ending)
{
    static const char *const paths[] = {"other", "other", "no/such/file"};

    for (int i = 0; i < 3; i++) {
        FILE *f = i == 0   ? NamedTemporaryFile ()
                  : i == 1 ? NamedTemporaryFile (.delete_when = TEMPFILE_DELETE_ON_EXIT)
                           : SpooledTemporaryFile ();
        ck_assert_ptr_nonnull (f);
        ck_assert_int_ge (fputs ("text", f), 0);
        f = freopen (test_path (paths[ending]), ending == FAILED ? "r" : "w", f);
        if (f && ending == CLOSED)
            fclose (f);
        else if (f)
            fputs ("text", f);
    }
    free (malloc (500)); /* what was freed may have been used for this */
    exit (0);
}

START_TEST (exit_deletes_the_name_it_had)
{
    char text[8];
    pid_t child = fork ();

    if (child == 0)
        reopen_and_exit (_i);
    test_wait (child);
    if (_i != FAILED) {
        test_read_file (test_path ("other"), text, sizeof text);
        ck_assert_int_eq (unlink (test_path ("other")), 0);
    }
    ck_assert_int_eq (test_entries (test_dir ()), 0);
}
END_TEST

/* Most of these streams are where another was that was reopened. */
START_TEST (streams_where_a_reopened_one_was_are_new)
{
    for (int i = 0; i < 200; i++) {
        FILE *f = i % 2 ? NamedTemporaryFile (.buffering = 512) : SpooledTemporaryFile ();
        ck_assert_ptr_nonnull (f);
        ck_assert_int_ge (fputs ("new", f), 0);
        if (i % 2) {
            ck_assert (test_exists (tempfile_name (f)));
            ck_assert_int_eq (fflush (f), 0);
            assert_contents (f, "new");
        } else if (i % 4 == 0) {
            ck_assert_int_ge (tempfile_fileno (f), 0);
        }
        if (i % 8 >= 6)
            assert_closes (f);
        else if ((f = reopen_as_other (f)))
            assert_closes (f);
    }
    test_remove_entries (test_dir ());
}
END_TEST

/* The descriptor has become the other file's: it must not be closed with what is left. */
START_TEST (descriptors_of_others_are_not_closed)
{
    FILE *files[50];
    int n = 0;

    for (int i = 0; i < LENGTH (files); i++) {
        FILE *f = reopen_as_other (NamedTemporaryFile ());
        if (f)
            assert_closes (f);
        files[n++] = fopen (test_path ("another"), "w");
        FILE *g = NamedTemporaryFile ();
        ck_assert_ptr_nonnull (g);
        assert_closes (g);
    }
    while (n-- > 0) {
        ck_assert_ptr_nonnull (files[n]);
        ck_assert_int_ge (fcntl (fileno (files[n]), F_GETFD), 0);
        assert_closes (files[n]);
    }
    test_remove_entries (test_dir ());
}
END_TEST

static void *
churn (void *path)
{
    for (int i = 0; i < 300; i++) {
        FILE *f = NamedTemporaryFile ();
        if (!f || fputs ("text", f) < 0 || !tempfile_name (f))
            return "a stream of this library";
        f = freopen (path, "w", f);
        if (f && (fputs ("text", f) < 0 || (i % 2 ? fclose (f) : tempfile_close (f)) != 0))
            return "a stream that was reopened";
    }
    return NULL;
}

START_TEST (threads_reopen_at_the_same_time)
{
    pthread_t threads[4];
    void *failed;

    for (int i = 0; i < LENGTH (threads); i++)
        ck_assert_int_eq (pthread_create (&threads[i], NULL, churn, "/dev/null"), 0);
    for (int i = 0; i < LENGTH (threads); i++) {
        ck_assert_int_eq (pthread_join (threads[i], &failed), 0);
        ck_assert_msg (!failed, "%s", (const char *) failed);
    }
    test_remove_entries (test_dir ());
}
END_TEST

int
main (void)
{
    Suite *s = suite_create ("freopen");

    TCase *tc = test_case (s, "the name");
    tcase_add_test (tc, reopened_stream_is_an_ordinary_one);
    tcase_add_loop_test (tc, tempfile_close_deletes_the_name_it_had, 0, 3);
    tcase_add_test (tc, tempfile_unlink_deletes_the_name_it_had);
    tcase_add_loop_test (tc, exit_deletes_the_name_it_had, 0, ENDINGS);

    tc = test_case (s, "what others have");
    tcase_add_test (tc, streams_where_a_reopened_one_was_are_new);
    tcase_add_test (tc, descriptors_of_others_are_not_closed);
    tcase_add_test (tc, threads_reopen_at_the_same_time);
    return test_main (s);
}
