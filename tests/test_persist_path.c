/* SPDX-License-Identifier: MIT */
/* tempfile_persist_path(): what was left for exit becomes a lasting file, or stays what it was. */
#include "common.h"

#include <limits.h>
#include <sys/socket.h>
#include <sys/un.h>

/* How a file comes to be left. */
enum { INTO_PATH, AT_CLOSE, MKSTEMP, REGISTERED, RECOVERABLE, WAYS };

static char *
leave_by_stream (int way, const char *text)
{
    FILE *f = NamedTemporaryFile (.delete_when = TEMPFILE_DELETE_ON_EXIT,
                                  .recoverable = way == RECOVERABLE);

    ck_assert_ptr_nonnull (f);
    ck_assert_int_ge (fputs (text, f), 0);
    char *path = way == AT_CLOSE ? strdup (tempfile_name (f)) : NULL;
    if (path)
        assert_closes (f);
    else
        path = tempfile_into_path (f);
    ck_assert_ptr_nonnull (path);
    return path;
}

/* The name of a file with TEXT in it, for the caller to free. */
static char *
leave (int way, const char *text)
{
    char *path;

    if (way == REGISTERED) {
        test_write_file (test_path ("registered"), text);
        ck_assert_int_eq (tempfile_register (test_path ("registered")), 0);
        return strdup (test_path ("registered"));
    }
    if (way != MKSTEMP)
        return leave_by_stream (way, text);
    int fd = tempfile_mkstemp (&path, TEMPFILE_OPTIONS (.delete_when = TEMPFILE_DELETE_ON_EXIT));
    ck_assert_int_ge (fd, 0);
    ck_assert_int_eq (write (fd, text, strlen (text)), (ssize_t) strlen (text));
    ck_assert_int_eq (close (fd), 0);
    return path;
}

static const unsigned all_flags[] = {0, TEMPFILE_SYNC, TEMPFILE_NOREPLACE, TEMPFILE_LIKE_TARGET,
                                     TEMPFILE_FOLLOW | TEMPFILE_LIKE_TARGET | TEMPFILE_SYNC};
enum { COMBINATIONS = WAYS * 5 };

static void
leave_and_persist (int i)
{
    char *name = leave (i % WAYS, "text");

    ck_assert_int_eq (tempfile_persist_path (name, test_path ("new"), all_flags[i / WAYS]), 0);
    test_assert_file (test_path ("new"), "text");
    ck_assert_int_eq (test_entries (test_dir ()), 1);
    assert_minus_1 (tempfile_unlink (name), ENOENT, NULL);
    assert_minus_1 (tempfile_persist_path (name, test_path ("x"), 0), ENOENT, name);
    free (name);
}

START_TEST (the_file_becomes_path)
{
    leave_and_persist (_i);
    test_remove_entries (test_dir ());
}
END_TEST

static void
persist_and_exit (void *arg)
{
    leave_and_persist (*(int *) arg);
    exit (0);
}

START_TEST (exit_does_not_delete_it)
{
    test_in_child (persist_and_exit, &_i);
    test_assert_file (test_path ("new"), "text");
    test_remove_entries (test_dir ());
}
END_TEST

START_TEST (a_failure_changes_nothing)
{
    char *name = leave (_i % WAYS, "text");
    unsigned flags = all_flags[_i / WAYS];
    char both[2 * PATH_MAX];

    (void) snprintf (both, sizeof both, "persist '%s' as '%s'", name, test_path ("missing/x"));
    assert_minus_1 (tempfile_persist_path (name, test_path ("missing/x"), flags), ENOENT, both);
    assert_minus_1 (tempfile_persist_path (name, "", flags), ENOENT, "path ''");
    assert_minus_1 (tempfile_persist_path (name, "x/", flags), EISDIR, "x/");
    assert_minus_1 (tempfile_persist_path (name, NULL, flags), EINVAL, "no path");
    assert_minus_1 (tempfile_persist_path (NULL, "x", flags), EINVAL, "no name");
    assert_minus_1 (tempfile_persist_path (name, "x", flags | 1024), EINVAL, "flags");
    test_write_file (test_path ("old"), "old");
    if (flags & TEMPFILE_NOREPLACE)
        assert_minus_1 (tempfile_persist_path (name, test_path ("old"), flags), EEXIST, "old");
    test_assert_file (test_path ("old"), "old");
    test_assert_file (name, "text");
    ck_assert_int_eq (tempfile_unlink (name), 0);
    ck_assert (!test_exists (name));
    free (name);
    test_remove_entries (test_dir ());
}
END_TEST

static void
exit_at_once (void *arg)
{
    exit (*(int *) arg);
}

/* What is no ordinary file has nothing that could be synced, or attributes. */
START_TEST (a_socket_and_a_link_can_be_persisted)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    int none = 0, fd = socket (AF_UNIX, SOCK_STREAM, 0);

    ck_assert_int_eq (chdir (test_dir ()), 0);
    (void) snprintf (a.sun_path, sizeof a.sun_path, "socket");
    ck_assert_int_eq (bind (fd, (struct sockaddr *) &a, sizeof a), 0);
    ck_assert_int_eq (symlink ("new", "link"), 0);
    ck_assert_int_eq (tempfile_register ("socket"), 0);
    ck_assert_int_eq (tempfile_register ("link"), 0);
    assert_minus_1 (tempfile_persist_path (test_path ("socket"), "new", TEMPFILE_SYNC), EINVAL,
                    "socket|ordinary");
    assert_minus_1 (tempfile_persist_path (test_path ("link"), "new", TEMPFILE_LIKE_TARGET), EINVAL,
                    "link|ordinary");
    ck_assert_int_eq (tempfile_persist_path (test_path ("socket"), "new", 0), 0);
    ck_assert_int_eq (tempfile_persist_path (test_path ("link"), "current", TEMPFILE_NOREPLACE), 0);
    test_in_child (exit_at_once, &none);
    struct stat st;
    ck_assert_int_eq (lstat ("new", &st), 0);
    ck_assert (S_ISSOCK (st.st_mode));
    ck_assert_int_eq (lstat ("current", &st), 0);
    ck_assert (S_ISLNK (st.st_mode));
    ck_assert_int_eq (test_entries (test_dir ()), 2);
    close (fd);
    ck_assert_int_eq (chdir ("/"), 0);
    test_remove_entries (test_dir ());
}
END_TEST

START_TEST (onto_its_own_name_it_is_kept)
{
    char *name = leave (MKSTEMP, "text");

    ck_assert_int_eq (tempfile_persist_path (name, name, TEMPFILE_LIKE_TARGET), 0);
    assert_minus_1 (tempfile_unlink (name), ENOENT, NULL);
    test_assert_file (name, "text");
    free (name);
    test_remove_entries (test_dir ());
}
END_TEST

START_TEST (an_open_stream_is_for_the_other_call)
{
    FILE *f = NamedTemporaryFile ();
    struct tempfile_dir *d = TemporaryDirectory ();

    assert_minus_1 (tempfile_persist_path (tempfile_name (f), test_path ("new"), 0), EBUSY,
                    "stream is open");
    assert_minus_1 (tempfile_persist_path (tempfile_dir_name (d), test_path ("new"), 0), EISDIR,
                    NULL);
    assert_minus_1 (tempfile_persist_path ("unknown", test_path ("new"), 0), ENOENT, "unknown");
    assert_closes (f);
    ck_assert_int_eq (tempfile_dir_close (d), 0);
}
END_TEST

static char *parents;

static void
persist_of_parent (void *arg)
{
    (void) arg;
    assert_minus_1 (tempfile_persist_path (parents, test_path ("new"), 0), EPERM, "parent");
    ck_assert_int_eq (tempfile_adopt (), 0);
    ck_assert_int_eq (tempfile_persist_path (parents, test_path ("new"), 0), 0);
}

START_TEST (a_child_persists_what_it_has_adopted)
{
    parents = leave (INTO_PATH, "text");
    test_in_child (persist_of_parent, NULL);
    test_assert_file (test_path ("new"), "text");
    ck_assert_int_eq (tempfile_unlink (parents), 0);
    free (parents);
    test_remove_entries (test_dir ());
}
END_TEST

START_TEST (what_was_left_is_gone)
{
    char *name = leave (_i, "text");

    ck_assert_int_eq (unlink (name), 0);
    assert_minus_1 (tempfile_persist_path (name, test_path ("new"), 0), ENOENT, name);
    assert_minus_1 (tempfile_persist_path (name, test_path ("new"), TEMPFILE_SYNC), ENOENT, name);
    ck_assert_int_eq (tempfile_unlink (name), 0);
    free (name);
}
END_TEST

int
main (void)
{
    Suite *s = suite_create ("persist_path");
    TCase *tc = test_case (s, "persist_path");

    tcase_add_loop_test (tc, the_file_becomes_path, 0, COMBINATIONS);
    tcase_add_loop_test (tc, exit_does_not_delete_it, 0, COMBINATIONS);
    tcase_add_loop_test (tc, a_failure_changes_nothing, 0, COMBINATIONS);
    tcase_add_test (tc, a_socket_and_a_link_can_be_persisted);
    tcase_add_test (tc, onto_its_own_name_it_is_kept);
    tcase_add_test (tc, an_open_stream_is_for_the_other_call);
    tcase_add_test (tc, a_child_persists_what_it_has_adopted);
    tcase_add_loop_test (tc, what_was_left_is_gone, 0, WAYS);
    return test_main (s);
}
