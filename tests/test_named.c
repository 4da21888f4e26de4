/* SPDX-License-Identifier: MIT */
/*
 * Named streams: when the file goes and when it stays, whatever has become of its name meanwhile;
 * keeping it, leaving it for later, deleting it then; and the scope guards.
 */
#include "common.h"

#include <limits.h>

static FILE *
open_named (enum tempfile_delete when)
{
    FILE *f = NamedTemporaryFile (.delete_when = when);

    ck_assert_msg (f != NULL, "%s", tempfile_errmsg ());
    ck_assert_int_ge (fputs ("contents", f), 0);
    return f;
}

/* The stream's name, which stays valid when the stream is closed. */
static const char *
copy_name (FILE *f)
{
    static char names[4][PATH_MAX];
    static int next;
    char *name = names[next++ % 4];

    ck_assert_ptr_nonnull (tempfile_name (f));
    snprintf (name, PATH_MAX, "%s", tempfile_name (f));
    return name;
}

static void
assert_whole (const char *path)
{
    char text[16];

    test_read_file (path, text, sizeof text);
    ck_assert_str_eq (text, "contents");
}

/* --- the name --- */

START_TEST (name_stays_the_same_and_valid_until_close)
{
    FILE *f = open_named (TEMPFILE_DELETE_ON_CLOSE);
    const char *name = tempfile_name (f), *copy = copy_name (f);

    for (int i = 0; i < 200; i++) {
        FILE *g = open_named (TEMPFILE_DELETE_ON_CLOSE);
        ck_assert_str_ne (tempfile_name (g), copy);
        assert_closes (g);
    }
    ck_assert_int_eq (chdir ("/"), 0);
    ck_assert_str_eq (name, copy);
    ck_assert_ptr_eq (tempfile_name (f), name);
    assert_closes (f);
}
END_TEST

START_TEST (unnamed_stream_has_no_name)
{
    FILE *f = test_open (_i, NULL);

    assert_null (tempfile_name (f), EINVAL, "name");
    assert_minus_1 (tempfile_keep (f), EINVAL, "name");
    assert_closes (f);
}
END_TEST

START_TEST (stream_of_another_maker_has_no_name)
{
    FILE *f = fopen ("/dev/null", "r");

    ck_assert_ptr_nonnull (f);
    assert_null (tempfile_name (f), EINVAL, NULL);
    assert_minus_1 (tempfile_keep (f), EINVAL, NULL);
    assert_null (tempfile_into_path (f), EINVAL, NULL);
    ck_assert_int_eq (fgetc (f), EOF);
    ck_assert_int_eq (ferror (f), 0);
    assert_closes (f);
}
END_TEST

/* --- deletion --- */

START_TEST (on_close_deletes_at_close)
{
    FILE *f = open_named (TEMPFILE_DELETE_ON_CLOSE);
    const char *name = copy_name (f);

    ck_assert (test_exists (name));
    assert_closes (f);
    ck_assert (!test_exists (name));
}
END_TEST

START_TEST (on_exit_leaves_the_file_at_close)
{
    FILE *f = open_named (TEMPFILE_DELETE_ON_EXIT);
    const char *name = copy_name (f);

    assert_closes (f);
    assert_whole (name);
    ck_assert_int_eq (tempfile_unlink (name), 0);
    ck_assert (!test_exists (name));
}
END_TEST

START_TEST (never_leaves_the_file_for_good)
{
    FILE *f = open_named (TEMPFILE_DELETE_NEVER);
    const char *name = copy_name (f);

    assert_closes (f);
    assert_whole (name);
    assert_minus_1 (tempfile_unlink (name), ENOENT, name);
    assert_whole (name);
    ck_assert_int_eq (unlink (name), 0);
}
END_TEST

static const enum tempfile_delete whens[] = {TEMPFILE_DELETE_ON_CLOSE, TEMPFILE_DELETE_ON_EXIT,
                                             TEMPFILE_DELETE_NEVER};

START_TEST (keep_leaves_the_file_for_good)
{
    FILE *f = open_named (whens[_i]);
    const char *name = copy_name (f);

    ck_assert_int_eq (tempfile_keep (f), 0);
    ck_assert_int_eq (tempfile_keep (f), 0);
    ck_assert_str_eq (tempfile_name (f), name);
    assert_closes (f);
    assert_whole (name);
    assert_minus_1 (tempfile_unlink (name), ENOENT, name);
    assert_whole (name);
    ck_assert_int_eq (unlink (name), 0);
}
END_TEST

START_TEST (name_that_is_gone_already_is_no_error)
{
    FILE *f = open_named (TEMPFILE_DELETE_ON_CLOSE);

    ck_assert_int_eq (unlink (tempfile_name (f)), 0);
    assert_closes (f);
}
END_TEST

START_TEST (directory_that_is_gone_already_is_no_error)
{
    const char *dir = test_make_dir ("sub");
    FILE *f = NamedTemporaryFile (.dir = dir);

    ck_assert_ptr_nonnull (f);
    ck_assert_int_eq (unlink (tempfile_name (f)), 0);
    ck_assert_int_eq (rmdir (dir), 0);
    assert_closes (f);
}
END_TEST

START_TEST (file_that_was_renamed_away_is_spared)
{
    FILE *f = open_named (TEMPFILE_DELETE_ON_CLOSE);

    ck_assert_int_eq (rename (tempfile_name (f), test_path ("elsewhere")), 0);
    assert_closes (f);
    assert_whole (test_path ("elsewhere"));
    ck_assert_int_eq (unlink (test_path ("elsewhere")), 0);
}
END_TEST

START_TEST (file_renamed_onto_the_name_is_deleted_in_its_place)
{
    FILE *f = open_named (TEMPFILE_DELETE_ON_CLOSE);
    const char *name = copy_name (f);

    test_write_file (test_path ("replacement"), "other");
    ck_assert_int_eq (rename (test_path ("replacement"), name), 0);
    ck_assert (!test_same_file (name, tempfile_fileno (f)));
    assert_closes (f);
    ck_assert (!test_exists (name));
}
END_TEST

/* Puts a directory, which cannot be unlinked, in the place of a file. */
static void
replace_by_directory (const char *name)
{
    ck_assert_int_eq (unlink (name), 0);
    ck_assert_int_eq (mkdir (name, 0700), 0);
}

/* What unlink() of a directory says on this system. */
static int
unlink_error (const char *directory)
{
    ck_assert_int_eq (unlink (directory), -1);
    return errno;
}

START_TEST (name_that_cannot_be_deleted_fails_the_close)
{
    FILE *f = open_named (TEMPFILE_DELETE_ON_CLOSE);
    const char *name = copy_name (f);

    replace_by_directory (name);
    int error = unlink_error (name);
    errno = 0;
    int result = _i ? tempfile_close (f) : fclose (f);
    ck_assert_int_eq (errno, error);
    ck_assert_int_eq (result, EOF);
    ck_assert_int_eq (rmdir (name), 0);
}
END_TEST

static void
close_in_readonly (void *which)
{
    const char *dir = test_make_dir ("readonly");
    FILE *f = NamedTemporaryFile (.dir = dir);
    ck_assert_ptr_nonnull (f);
    const char *name = copy_name (f);

    ck_assert_int_ge (fputs ("contents", f), 0);
    ck_assert_int_eq (chmod (dir, 0500), 0);
    int result = *(int *) which ? tempfile_close (f) : fclose (f);
    int error = errno;
    ck_assert_int_eq (result, EOF);
    ck_assert_int_eq (error, EACCES);
    ck_assert_msg (strstr (tempfile_errmsg (), name), "%s", tempfile_errmsg ());
    assert_whole (name);
    ck_assert_int_eq (chmod (dir, 0700), 0);
    assert_minus_1 (tempfile_unlink (name), ENOENT, NULL);
    ck_assert_int_eq (unlink (name), 0);
    ck_assert_int_eq (rmdir (dir), 0);
}

START_TEST (directory_that_is_not_writable_at_close_fails_the_close)
{
    test_as_user (close_in_readonly, &_i);
}
END_TEST

/* --- tempfile_close --- */

START_TEST (tempfile_close_deletes_now_unless_the_file_is_kept)
{
    FILE *f = open_named (whens[_i]);
    const char *name = copy_name (f);

    ck_assert_int_eq (tempfile_close (f), 0);
    if (whens[_i] != TEMPFILE_DELETE_NEVER) {
        ck_assert (!test_exists (name));
        assert_minus_1 (tempfile_unlink (name), ENOENT, name);
        return;
    }
    assert_whole (name);
    ck_assert_int_eq (unlink (name), 0);
}
END_TEST

START_TEST (tempfile_close_spares_a_file_that_is_kept)
{
    FILE *f = open_named (whens[_i]);
    const char *name = copy_name (f);

    ck_assert_int_eq (tempfile_keep (f), 0);
    ck_assert_int_eq (tempfile_close (f), 0);
    assert_whole (name);
    ck_assert_int_eq (unlink (name), 0);
}
END_TEST

START_TEST (tempfile_close_closes_unnamed_streams)
{
    ck_assert_int_eq (tempfile_close (test_open (_i, NULL)), 0);
}
END_TEST

/* --- tempfile_into_path and tempfile_unlink --- */

START_TEST (into_path_closes_and_leaves_the_whole_file)
{
    FILE *f = open_named (whens[_i]);
    const char *name = copy_name (f);
    int fd = tempfile_fileno (f);

    char *path = tempfile_into_path (f);
    ck_assert_msg (path != NULL, "%s", tempfile_errmsg ());
    ck_assert_str_eq (path, name);
    ck_assert_int_eq (fcntl (fd, F_GETFD), -1);
    assert_whole (path);
    if (whens[_i] == TEMPFILE_DELETE_NEVER)
        ck_assert_int_eq (unlink (path), 0);
    else
        ck_assert_int_eq (tempfile_unlink (path), 0);
    ck_assert (!test_exists (path));
    free (path);
}
END_TEST

START_TEST (into_path_refuses_an_unnamed_stream_and_leaves_it_open)
{
    FILE *f = test_open (_i, NULL);

    ck_assert_int_ge (fputs ("still", f), 0);
    assert_null (tempfile_into_path (f), EINVAL, "name");
    ck_assert_int_ge (fputs (" here", f), 0);
    ck_assert_int_eq (fflush (f), 0);
    assert_contents (f, "still here");
    assert_closes (f);
}
END_TEST

START_TEST (into_path_of_a_file_that_is_kept_keeps_it)
{
    FILE *f = open_named (TEMPFILE_DELETE_ON_CLOSE);

    ck_assert_int_eq (tempfile_keep (f), 0);
    char *path = tempfile_into_path (f);
    ck_assert_ptr_nonnull (path);
    assert_minus_1 (tempfile_unlink (path), ENOENT, path);
    assert_whole (path);
    ck_assert_int_eq (unlink (path), 0);
    free (path);
}
END_TEST

static char *
leave_file (void)
{
    char *path = tempfile_into_path (open_named (TEMPFILE_DELETE_ON_CLOSE));

    ck_assert_msg (path != NULL, "%s", tempfile_errmsg ());
    return path;
}

START_TEST (unlink_deletes_once)
{
    char *path = leave_file ();

    ck_assert_int_eq (tempfile_unlink (path), 0);
    ck_assert (!test_exists (path));
    assert_minus_1 (tempfile_unlink (path), ENOENT, path);
    free (path);
}
END_TEST

START_TEST (unlink_of_a_name_that_is_gone_already_is_no_error)
{
    char *path = leave_file ();

    ck_assert_int_eq (unlink (path), 0);
    ck_assert_int_eq (tempfile_unlink (path), 0);
    assert_minus_1 (tempfile_unlink (path), ENOENT, path);
    free (path);
}
END_TEST

START_TEST (unlink_refuses_names_that_are_not_ours)
{
    const char *path = test_path ("strange");

    test_write_file (path, "strange");
    assert_minus_1 (tempfile_unlink (path), ENOENT, "/strange");
    assert_minus_1 (tempfile_unlink ("/nonexistent"), ENOENT, "/nonexistent");
    assert_minus_1 (tempfile_unlink (""), ENOENT, NULL);
    ck_assert (test_exists (path));
    ck_assert_int_eq (unlink (path), 0);
}
END_TEST

START_TEST (unlink_that_fails_says_why_and_forgets_the_name)
{
    char *path = leave_file ();

    replace_by_directory (path);
    int error = unlink_error (path);
    assert_minus_1 (tempfile_unlink (path), error, path);
    assert_minus_1 (tempfile_unlink (path), ENOENT, path);
    ck_assert_int_eq (rmdir (path), 0);
    free (path);
}
END_TEST

static void
unlink_in_readonly (void *arg)
{
    const char *dir = test_make_dir ("readonly");
    FILE *f = NamedTemporaryFile (.dir = dir);
    ck_assert_ptr_nonnull (f);
    char *path = tempfile_into_path (f);

    (void) arg;
    ck_assert_ptr_nonnull (path);
    ck_assert_int_eq (chmod (dir, 0500), 0);
    assert_minus_1 (tempfile_unlink (path), EACCES, path);
    ck_assert (test_exists (path));
    ck_assert_int_eq (chmod (dir, 0700), 0);
    assert_minus_1 (tempfile_unlink (path), ENOENT, path);
    ck_assert_int_eq (unlink (path), 0);
    ck_assert_int_eq (rmdir (dir), 0);
    free (path);
}

START_TEST (unlink_in_a_directory_that_is_not_writable_fails)
{
    test_as_user (unlink_in_readonly, NULL);
}
END_TEST

/* Names may come again after they are gone: nothing of the old one is remembered. */
START_TEST (many_names_come_and_go_in_any_order)
{
    enum { MANY = 300 };
    char *paths[MANY];

    for (int i = 0; i < MANY; i++)
        paths[i] = leave_file ();
    ck_assert_int_eq (test_entries (test_dir ()), MANY);
    for (int i = 0, at = 0; i < MANY; i++, at = (at + 7) % MANY) {
        ck_assert_int_eq (tempfile_unlink (paths[at]), 0);
        ck_assert (!test_exists (paths[at]));
        free (paths[at]);
    }
}
END_TEST

/* --- scope guards --- */

static const char *
guarded (enum tempfile_delete when, bool keep)
{
    tempfile_auto FILE *f = open_named (when);

    if (keep)
        ck_assert_int_eq (tempfile_keep (f), 0);
    return copy_name (f);
}

START_TEST (auto_closes_and_deletes_at_the_end_of_the_scope)
{
    const char *name = guarded (whens[_i], false);

    if (whens[_i] != TEMPFILE_DELETE_NEVER) {
        ck_assert (!test_exists (name));
        return;
    }
    assert_whole (name);
    ck_assert_int_eq (unlink (name), 0);
}
END_TEST

START_TEST (auto_spares_a_file_that_is_kept)
{
    const char *name = guarded (whens[_i], true);

    assert_whole (name);
    ck_assert_int_eq (unlink (name), 0);
}
END_TEST

START_TEST (auto_leaves_null_alone)
{
    tempfile_auto FILE *f = NULL;
    tempfile_auto_path char *path = NULL;

    ck_assert_ptr_null (f);
    ck_assert_ptr_null (path);
}
END_TEST

/* At the end of the scope closing fails, with an errno that is not ERANGE. */
static const char *
leave_scope_with_a_failure (void)
{
    tempfile_auto FILE *f = open_named (TEMPFILE_DELETE_ON_CLOSE);
    const char *name = copy_name (f);

    replace_by_directory (name);
    errno = ERANGE;
    return name;
}

START_TEST (auto_leaves_errno_alone)
{
    errno = 0;
    const char *name = leave_scope_with_a_failure ();
    ck_assert_int_eq (errno, ERANGE);
    ck_assert_int_eq (rmdir (name), 0);
}
END_TEST

static const char *
guarded_path (void)
{
    FILE *f = open_named (TEMPFILE_DELETE_ON_CLOSE);
    const char *name = copy_name (f);
    tempfile_auto_path char *path = tempfile_into_path (f);

    ck_assert_ptr_nonnull (path);
    ck_assert (test_exists (name));
    return name;
}

START_TEST (auto_path_deletes_at_the_end_of_the_scope)
{
    const char *name = guarded_path ();

    ck_assert (!test_exists (name));
    assert_minus_1 (tempfile_unlink (name), ENOENT, name);
}
END_TEST

static void
leave_scope_with_an_unknown_path (void)
{
    tempfile_auto_path char *path = strdup ("/nonexistent");

    ck_assert_ptr_nonnull (path);
    errno = ERANGE;
}

START_TEST (auto_path_leaves_errno_alone)
{
    leave_scope_with_an_unknown_path ();
    ck_assert_int_eq (errno, ERANGE);
}
END_TEST

static void
add_deletion (TCase *tc)
{
    tcase_add_test (tc, on_close_deletes_at_close);
    tcase_add_test (tc, on_exit_leaves_the_file_at_close);
    tcase_add_test (tc, never_leaves_the_file_for_good);
    tcase_add_loop_test (tc, keep_leaves_the_file_for_good, 0, LENGTH (whens));
    tcase_add_test (tc, name_that_is_gone_already_is_no_error);
    tcase_add_test (tc, directory_that_is_gone_already_is_no_error);
    tcase_add_test (tc, file_that_was_renamed_away_is_spared);
    tcase_add_test (tc, file_renamed_onto_the_name_is_deleted_in_its_place);
    tcase_add_loop_test (tc, name_that_cannot_be_deleted_fails_the_close, 0, 2);
    tcase_add_loop_test (tc, directory_that_is_not_writable_at_close_fails_the_close, 0, 2);
    tcase_add_loop_test (tc, tempfile_close_deletes_now_unless_the_file_is_kept, 0, LENGTH (whens));
    tcase_add_loop_test (tc, tempfile_close_spares_a_file_that_is_kept, 0, LENGTH (whens));
    tcase_add_loop_test (tc, tempfile_close_closes_unnamed_streams, PLAIN, NAMED);
}

static void
add_paths (TCase *tc)
{
    tcase_add_loop_test (tc, into_path_closes_and_leaves_the_whole_file, 0, LENGTH (whens));
    tcase_add_loop_test (tc, into_path_refuses_an_unnamed_stream_and_leaves_it_open, PLAIN, NAMED);
    tcase_add_test (tc, into_path_of_a_file_that_is_kept_keeps_it);
    tcase_add_test (tc, unlink_deletes_once);
    tcase_add_test (tc, unlink_of_a_name_that_is_gone_already_is_no_error);
    tcase_add_test (tc, unlink_refuses_names_that_are_not_ours);
    tcase_add_test (tc, unlink_that_fails_says_why_and_forgets_the_name);
    tcase_add_test (tc, unlink_in_a_directory_that_is_not_writable_fails);
    tcase_add_test (tc, many_names_come_and_go_in_any_order);
}

/* The checked end of a scope: the result of fclose(), and nothing is left for the guard to close.
 */
static int
write_and_finish (const char *path, const char *text, int kind, int *result)
{
    tempfile_auto FILE *f =
        kind == NAMED ? NamedTemporaryFile (.dir = path, .delete_when = TEMPFILE_DELETE_ON_EXIT)
                      : test_open (kind, NULL);

    ck_assert_ptr_nonnull (f);
    ck_assert_int_ge (fputs (text, f), 0);
    *result = tempfile_finish (&f);
    ck_assert_ptr_null (f);
    return tempfile_finish (&f);
}

START_TEST (finish_closes_once_and_says_whether_it_worked)
{
    int result = -1;

    ck_assert_int_eq (write_and_finish (test_dir (), "text", _i, &result), 0);
    ck_assert_int_eq (result, 0);
    ck_assert_int_eq (test_entries (test_dir ()), 0);
}
END_TEST

/* A plain stream forgets; its error indicator does not. */
START_TEST (finish_reports_an_earlier_failure_of_any_stream)
{
    FILE *f = test_open (_i, NULL);
    int fd = tempfile_fileno (f), saved = dup (fd), root = open ("/", O_RDONLY);

    ck_assert (saved >= 0 && root >= 0 && dup2 (root, fd) == fd);
    ck_assert_int_ge (fputs ("text", f), 0);
    ck_assert_int_eq (fflush (f), EOF);
    ck_assert (dup2 (saved, fd) == fd && close (saved) == 0 && close (root) == 0);
    assert_minus_1 (tempfile_finish (&f), _i == PLAIN ? EIO : EBADF, "stream");
    ck_assert_ptr_null (f);
}
END_TEST

START_TEST (finish_reports_what_could_not_be_written)
{
    tempfile_auto FILE *f = NamedTemporaryFile ();

    ck_assert_ptr_nonnull (f);
    ck_assert_int_ge (fputs ("text", f), 0);
    ck_assert_int_eq (close (tempfile_fileno (f)), 0);
    ck_assert_int_eq (tempfile_finish (&f), -1);
    ck_assert_int_eq (errno, EBADF);
    ck_assert_ptr_null (f);
    assert_minus_1 (tempfile_finish (NULL), EINVAL, "tempfile_finish");
}
END_TEST

static void
add_guards (TCase *tc)
{
    tcase_add_loop_test (tc, auto_closes_and_deletes_at_the_end_of_the_scope, 0, LENGTH (whens));
    tcase_add_loop_test (tc, auto_spares_a_file_that_is_kept, 0, LENGTH (whens));
    tcase_add_test (tc, auto_leaves_null_alone);
    tcase_add_test (tc, auto_leaves_errno_alone);
    tcase_add_test (tc, auto_path_deletes_at_the_end_of_the_scope);
    tcase_add_test (tc, auto_path_leaves_errno_alone);
}

int
main (void)
{
    Suite *s = suite_create ("named");
    TCase *tc = test_case (s, "name");

    tcase_add_test (tc, name_stays_the_same_and_valid_until_close);
    tcase_add_loop_test (tc, unnamed_stream_has_no_name, PLAIN, NAMED);
    tcase_add_test (tc, stream_of_another_maker_has_no_name);
    add_deletion (test_case (s, "deletion"));
    add_paths (test_case (s, "paths"));
    add_guards (test_case (s, "scope guards"));
    tc = test_case (s, "finish");
    tcase_add_loop_test (tc, finish_closes_once_and_says_whether_it_worked, PLAIN, KINDS);
    tcase_add_test (tc, finish_reports_what_could_not_be_written);
    tcase_add_loop_test (tc, finish_reports_an_earlier_failure_of_any_stream, PLAIN, NAMED);
    return test_main (s);
}
