/* SPDX-License-Identifier: MIT */
/*
 * Directories that remove themselves: how they are made, what is refused, and when they go. What
 * there is to say about the removal itself is in test_remove.c.
 */
#include "common.h"

#include <dirent.h>
#include <pthread.h>

static struct tempfile_dir *
open_dir (void)
{
    struct tempfile_dir *d = TemporaryDirectory ();

    ck_assert_msg (d != NULL, "%s", tempfile_errmsg ());
    return d;
}

/* A file and a directory with a file. */
static void
fill (const struct tempfile_dir *d)
{
    const char *name = tempfile_dir_name (d);

    test_write_file (test_join (name, "file"), "text");
    ck_assert_int_eq (mkdir (test_join (name, "inner"), 0700), 0);
    test_write_file (test_join (name, "inner/file"), "text");
}

#define assert_dir_closes(d) ck_assert_msg (tempfile_dir_close (d) == 0, "%s", tempfile_errmsg ())

/* --- how they are made --- */

START_TEST (directory_is_new_empty_and_private)
{
    struct stat st;
    struct tempfile_dir *d = open_dir ();
    const char *name = tempfile_dir_name (d);

    ck_assert_int_eq (lstat (name, &st), 0);
    ck_assert_int_eq (st.st_mode, S_IFDIR | 0700);
    ck_assert_int_eq (test_entries (name), 0);
    ck_assert_int_eq (strncmp (name, test_dir (), strlen (test_dir ())), 0);
    ck_assert_int_eq (strncmp (test_base (name), "tmp", 3), 0);
    assert_dir_closes (d);
    ck_assert_int_eq (test_entries (test_dir ()), 0);
}
END_TEST

START_TEST (null_options_are_all_defaults)
{
    struct tempfile_dir *d = tempfile_open_dir (NULL, sizeof (struct tempfile_options));

    ck_assert_ptr_nonnull (d);
    assert_dir_closes (d);
}
END_TEST

START_TEST (name_is_prefix_random_suffix_in_dir)
{
    test_make_dir ("place");
    struct tempfile_dir *d =
        TemporaryDirectory (.dir = test_path ("place"), .prefix = "pre-", .suffix = ".d");
    ck_assert_ptr_nonnull (d);
    const char *base = test_base (tempfile_dir_name (d));
    ck_assert_int_eq (strncmp (base, "pre-", 4), 0);
    ck_assert_str_eq (base + strlen (base) - 2, ".d");
    ck_assert_int_eq (test_entries (test_path ("place")), 1);
    assert_dir_closes (d);
    ck_assert_int_eq (rmdir (test_path ("place")), 0);
}
END_TEST

START_TEST (name_is_absolute_whatever_the_working_directory_becomes)
{
    ck_assert_int_eq (chdir (test_dir ()), 0);
    struct tempfile_dir *d = TemporaryDirectory (.dir = ".");
    ck_assert_ptr_nonnull (d);
    ck_assert_int_eq (*tempfile_dir_name (d), '/');
    fill (d);
    ck_assert_int_eq (chdir ("/"), 0);
    assert_dir_closes (d);
}
END_TEST

static const mode_t masks[] = {0, 022, 077, 0700, 0777};

static void
check_permissions (void *mask)
{
    static const mode_t permissions[] = {0, 0700, 0755, 0777, 0500, 0750};

    umask (*(const mode_t *) mask);
    for (int i = 0; i < LENGTH (permissions); i++) {
        struct stat st;
        mode_t expected = permissions[i] ? permissions[i] : 0700;
        struct tempfile_dir *d = TemporaryDirectory (.permissions = permissions[i]);
        ck_assert_msg (d != NULL, "%s", tempfile_errmsg ());
        ck_assert_int_eq (stat (tempfile_dir_name (d), &st), 0);
        ck_assert_uint_eq (st.st_mode & 07777, expected);
        assert_dir_closes (d);
    }
}

START_TEST (umask_neither_widens_nor_narrows_permissions)
{
    mode_t mask = masks[_i];

    test_as_user (check_permissions, &mask);
}
END_TEST

static int events;

static int
look (const char *event, const char *path, void *arg)
{
    if (strcmp (event, "tempfile.mkdtemp") != 0)
        return 0;
    events++;
    ck_assert_int_eq (*path, '/');
    ck_assert (!test_exists (path));
    (void) snprintf (arg, 4096, "%s", path);
    return strstr (path, "refused") != NULL;
}

START_TEST (audit_hook_sees_the_path_before_it_exists)
{
    char seen[4096];

    ck_assert_int_eq (tempfile_add_audit_hook (look, seen), 0);
    struct tempfile_dir *d = open_dir ();
    ck_assert_str_eq (seen, tempfile_dir_name (d));
    ck_assert_int_eq (events, 1);
    assert_dir_closes (d);
    assert_null (TemporaryDirectory (.prefix = "refused"), EPERM, "tempfile.mkdtemp|audit");
}
END_TEST

/* --- what is refused --- */

static int
hook (void *arg)
{
    ++*(int *) arg;
    return 0;
}

START_TEST (options_that_a_directory_does_not_have_are_refused_by_name)
{
    assert_null (TemporaryDirectory (.mode = "w+b"), EINVAL, "mode");
    assert_null (TemporaryDirectory (.buffering = 1), EINVAL, "buffering");
    assert_null (TemporaryDirectory (.encoding = "utf-8"), EINVAL, "encoding");
    assert_null (TemporaryDirectory (.errors = "strict"), EINVAL, "errors");
    assert_null (TemporaryDirectory (.newline = ""), EINVAL, "newline");
    assert_null (TemporaryDirectory (.max_size = 1), EINVAL, "max_size");
    assert_null (TemporaryDirectory (.delete_when = TEMPFILE_DELETE_ON_EXIT), EINVAL,
                 "delete_when");
    assert_null (TemporaryDirectory (.delete_when = (enum tempfile_delete) 9), EINVAL,
                 "delete_when");
    assert_null (TemporaryDirectory (.permissions = 01000), EINVAL, "permissions");
    assert_null (TemporaryDirectory (.prefix = "a/b"), EINVAL, "prefix|a/b");
    assert_null (TemporaryDirectory (.suffix = "/"), EINVAL, "suffix");
    assert_null (TemporaryDirectory (.dir = ""), ENOENT, "dir");
    assert_null (TemporaryDirectory (.dir = "/nonexistent"), ENOENT, "/nonexistent");
}
END_TEST

START_TEST (no_handle_is_refused)
{
    assert_null (tempfile_dir_name (NULL), EINVAL, "tempfile_dir_name");
    assert_minus_1 (tempfile_dir_keep (NULL), EINVAL, "tempfile_dir_keep");
    assert_minus_1 (tempfile_dir_close (NULL), EINVAL, "tempfile_dir_close");
}
END_TEST

START_TEST (unlink_is_not_for_directories)
{
    struct tempfile_dir *d = open_dir ();

    assert_minus_1 (tempfile_unlink (tempfile_dir_name (d)), EISDIR, "tempfile_dir_close");
    ck_assert (test_exists (tempfile_dir_name (d)));
    assert_dir_closes (d);
}
END_TEST

/* --- when they go --- */

START_TEST (close_removes_all_and_leaves_errno_alone)
{
    struct tempfile_dir *d = open_dir ();

    fill (d);
    errno = ENOTTY;
    int result = tempfile_dir_close (d);
    ck_assert_int_eq (errno, ENOTTY);
    ck_assert_int_eq (result, 0);
    ck_assert_int_eq (test_entries (test_dir ()), 0);
}
END_TEST

START_TEST (directory_that_is_gone_already_is_no_error)
{
    struct tempfile_dir *d = open_dir ();

    ck_assert_int_eq (rmdir (tempfile_dir_name (d)), 0);
    assert_dir_closes (d);
}
END_TEST

START_TEST (what_has_the_name_now_goes_in_its_place)
{
    struct tempfile_dir *d = open_dir ();

    test_write_file (test_join (test_make_dir ("outside"), "file"), "");
    ck_assert_int_eq (rmdir (tempfile_dir_name (d)), 0);
    ck_assert_int_eq (symlink (test_path ("outside"), tempfile_dir_name (d)), 0);
    assert_dir_closes (d);
    ck_assert_int_eq (test_entries (test_dir ()), 1);
    ck_assert_int_eq (test_entries (test_path ("outside")), 1);
    ck_assert_int_eq (unlink (test_path ("outside/file")), 0);
    ck_assert_int_eq (rmdir (test_path ("outside")), 0);
}
END_TEST

START_TEST (kept_directory_stays)
{
    struct tempfile_dir *d =
        _i ? open_dir () : TemporaryDirectory (.delete_when = TEMPFILE_DELETE_NEVER);
    char name[4096];

    ck_assert_ptr_nonnull (d);
    fill (d);
    (void) snprintf (name, sizeof name, "%s", tempfile_dir_name (d));
    if (_i)
        ck_assert_int_eq (tempfile_dir_keep (d), 0);
    ck_assert_str_eq (tempfile_dir_name (d), name);
    assert_dir_closes (d);
    ck_assert_int_eq (test_entries (name), 2);
    test_remove_entries (test_join (name, "inner"));
    ck_assert_int_eq (rmdir (test_join (name, "inner")), 0);
    test_remove_entries (name);
    ck_assert_int_eq (rmdir (name), 0);
}
END_TEST

START_TEST (end_of_the_scope_removes_and_leaves_errno_alone)
{
    {
        tempfile_auto_dir struct tempfile_dir *d = open_dir ();
        tempfile_auto_dir struct tempfile_dir *none = NULL;
        fill (d);
        ck_assert_ptr_null (none);
        errno = ENOTTY;
    }
    ck_assert_int_eq (errno, ENOTTY);
    ck_assert_int_eq (test_entries (test_dir ()), 0);
}
END_TEST

static int
look_inside (void *arg)
{
    return test_exists (test_join (*(char **) arg, "file")) ? 0 : -1;
}

START_TEST (on_close_runs_before_the_removal)
{
    const char *name;
    struct tempfile_dir *d = TemporaryDirectory (.on_close = look_inside, .on_close_arg = &name);

    ck_assert_ptr_nonnull (d);
    name = tempfile_dir_name (d);
    fill (d);
    assert_dir_closes (d);
}
END_TEST

static int
report (void *arg)
{
    errno = *(int *) arg;
    return -1;
}

START_TEST (on_close_that_fails_is_reported_and_the_directory_goes)
{
    static int errors[] = {EIO, 0};

    for (int i = 0; i < LENGTH (errors); i++) {
        struct tempfile_dir *d =
            TemporaryDirectory (.on_close = report, .on_close_arg = &errors[i]);
        ck_assert_ptr_nonnull (d);
        assert_minus_1 (tempfile_dir_close (d), errors[i] ? errors[i] : ECANCELED, "on_close");
        ck_assert_int_eq (test_entries (test_dir ()), 0);
    }
}
END_TEST

static void
fail_to_remove (void *arg)
{
    (void) arg;
    test_make_dir ("place");
    char name[4096];
    struct tempfile_dir *d = TemporaryDirectory (.dir = test_path ("place"));
    ck_assert_ptr_nonnull (d);
    (void) snprintf (name, sizeof name, "%s", tempfile_dir_name (d));
    fill (d);
    ck_assert_int_eq (chmod (test_path ("place"), 0500), 0);
    assert_minus_1 (tempfile_dir_close (d), EACCES, "cannot delete|place/tmp");
    ck_assert_int_eq (chmod (test_path ("place"), 0700), 0);
    ck_assert_int_eq (rmdir (name), 0);
    ck_assert_int_eq (rmdir (test_path ("place")), 0);
}

START_TEST (removal_that_fails_is_reported_with_the_path)
{
    test_as_user (fail_to_remove, NULL);
}
END_TEST

/* --- exit and fork --- */

/* The one entry of the test's directory, an empty directory whose name begins with PREFIX. */
static void
remove_entry (const char *prefix)
{
    struct dirent *e;
    DIR *d = opendir (test_dir ());

    ck_assert_ptr_nonnull (d);
    while ((e = readdir (d)))
        if (strncmp (e->d_name, prefix, strlen (prefix)) == 0)
            ck_assert_int_eq (rmdir (test_path (e->d_name)), 0);
    closedir (d);
}

static void
end (int how)
{
    if (how)
        quick_exit (0);
    exit (0);
}

/* What is never closed is not lost either. */
static struct tempfile_dir *volatile left, *volatile left_too;
static FILE *volatile left_stream, *volatile left_stream_too;

START_TEST (exit_removes_files_and_then_directories)
{
    pid_t child = fork ();

    if (child == 0) {
        left = open_dir ();
        left_stream = NamedTemporaryFile (.dir = tempfile_dir_name (left));
        fill (left);
        if (!left_stream)
            _exit (1);
        left_too = TemporaryDirectory (.dir = tempfile_dir_name (left));
        if (!left_too)
            _exit (2);
        left_stream_too = NamedTemporaryFile (.dir = tempfile_dir_name (left_too));
        if (!left_stream_too)
            _exit (3);
        end (_i);
    }
    test_wait (child);
    ck_assert_int_eq (test_entries (test_dir ()), 0);
}
END_TEST

START_TEST (exit_leaves_what_is_kept_and_what_is_closed)
{
    pid_t child = fork ();

    if (child == 0) {
        struct tempfile_dir *d = TemporaryDirectory (.prefix = "kept");
        struct tempfile_dir *e = open_dir ();
        if (!d || tempfile_dir_keep (d) != 0 || tempfile_dir_close (e) != 0)
            _exit (1);
        end (_i);
    }
    test_wait (child);
    ck_assert_int_eq (test_entries (test_dir ()), 1);
    remove_entry ("kept");
}
END_TEST

START_TEST (child_closes_and_exits_and_removes_nothing_of_its_parents)
{
    int runs = 0;
    struct tempfile_dir *d = TemporaryDirectory (.on_close = hook, .on_close_arg = &runs);

    ck_assert_ptr_nonnull (d);
    fill (d);
    pid_t child = fork ();
    if (child == 0) {
        left = open_dir ();
        if (!test_exists (tempfile_dir_name (left)) || tempfile_dir_close (d) != 0 || runs != 1)
            _exit (1);
        end (_i);
    }
    test_wait (child);
    ck_assert_int_eq (runs, 0);
    ck_assert_int_eq (test_entries (tempfile_dir_name (d)), 2);
    assert_dir_closes (d);
    ck_assert_int_eq (test_entries (test_dir ()), 0);
}
END_TEST

/* --- threads --- */

static void *
open_and_close (void *result)
{
    for (int i = 0; i < 200; i++) {
        struct tempfile_dir *d = TemporaryDirectory ();
        FILE *f = d ? NamedTemporaryFile (.dir = tempfile_dir_name (d)) : NULL;
        if (!f || (i % 2 && fclose (f) != 0) || tempfile_dir_close (d) != 0)
            *(int *) result = 1;
        if (f && i % 2 == 0 && fclose (f) != 0)
            *(int *) result = 1;
    }
    return NULL;
}

START_TEST (threads_do_not_meet)
{
    enum { THREADS = 4 };
    pthread_t threads[THREADS];
    int results[THREADS] = {0};

    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq (pthread_create (&threads[i], NULL, open_and_close, &results[i]), 0);
    for (int i = 0; i < THREADS; i++) {
        pthread_join (threads[i], NULL);
        ck_assert_int_eq (results[i], 0);
    }
}
END_TEST

int
main (void)
{
    Suite *s = suite_create ("dir");

    TCase *tc = test_case (s, "creation");
    tcase_add_test (tc, directory_is_new_empty_and_private);
    tcase_add_test (tc, null_options_are_all_defaults);
    tcase_add_test (tc, name_is_prefix_random_suffix_in_dir);
    tcase_add_test (tc, name_is_absolute_whatever_the_working_directory_becomes);
    tcase_add_loop_test (tc, umask_neither_widens_nor_narrows_permissions, 0, LENGTH (masks));
    tcase_add_test (tc, audit_hook_sees_the_path_before_it_exists);
    tc = test_case (s, "refusals");
    tcase_add_test (tc, options_that_a_directory_does_not_have_are_refused_by_name);
    tcase_add_test (tc, no_handle_is_refused);
    tcase_add_test (tc, unlink_is_not_for_directories);
    tc = test_case (s, "removal");
    tcase_add_test (tc, close_removes_all_and_leaves_errno_alone);
    tcase_add_test (tc, directory_that_is_gone_already_is_no_error);
    tcase_add_test (tc, what_has_the_name_now_goes_in_its_place);
    tcase_add_loop_test (tc, kept_directory_stays, 0, 2);
    tcase_add_test (tc, end_of_the_scope_removes_and_leaves_errno_alone);
    tcase_add_test (tc, on_close_runs_before_the_removal);
    tcase_add_test (tc, on_close_that_fails_is_reported_and_the_directory_goes);
    tcase_add_test (tc, removal_that_fails_is_reported_with_the_path);
    tc = test_case (s, "process");
    tcase_add_loop_test (tc, exit_removes_files_and_then_directories, 0, 2);
    tcase_add_loop_test (tc, exit_leaves_what_is_kept_and_what_is_closed, 0, 2);
    tcase_add_loop_test (tc, child_closes_and_exits_and_removes_nothing_of_its_parents, 0, 2);
    tcase_add_test (tc, threads_do_not_meet);
    return test_main (s);
}
