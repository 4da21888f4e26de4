/* SPDX-License-Identifier: MIT */
/*
 * What is left for exit by path: files of mkstemp and make that are registered before they exist,
 * files that others made, files that are to be kept after all, and what a child takes over from a
 * parent that ends.
 *
 * Children end by exit() or a signal, and say by their status alone how it went.
 */
#include "common.h"

#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

static int
make_fifo (const char *path, void *arg)
{
    (void) arg;
    return mkfifo (path, 0600);
}

/* One of mkstemp, one of make; in a child, where 1 is a failure. */
static void
leave_two (void)
{
    char *file, *fifo;
    int fd = tempfile_mkstemp (
        &file, TEMPFILE_OPTIONS (.delete_when = TEMPFILE_DELETE_ON_EXIT, .suffix = ".left"));

    if (fd < 0 || close (fd) != 0)
        test_leave (1);
    if (tempfile_make (&fifo, make_fifo, NULL,
                       TEMPFILE_OPTIONS (.delete_when = TEMPFILE_DELETE_ON_EXIT)) != 0)
        test_leave (1);
    if (!test_exists (file) || !test_exists (fifo))
        test_leave (1);
    free (file);
    free (fifo);
}

START_TEST (exit_deletes_what_mkstemp_and_make_left)
{
    pid_t child = fork ();

    if (child == 0) {
        leave_two ();
        exit (0);
    }
    test_wait (child);
    ck_assert_int_eq (test_entries (test_dir ()), 0);
}
END_TEST

START_TEST (signal_deletes_what_mkstemp_and_make_left)
{
    int status;
    pid_t child = fork ();

    if (child == 0) {
        if (tempfile_cleanup_on_signals () != 0)
            test_leave (1);
        leave_two ();
        raise (SIGUSR1);
    }
    ck_assert_int_eq (waitpid (child, &status, 0), child);
    ck_assert (WIFSIGNALED (status) && WTERMSIG (status) == SIGUSR1);
    ck_assert_int_eq (test_entries (test_dir ()), 0);
}
END_TEST

/* A signal that comes while the function is making the file finds the name registered. */
static int
die_after_making (const char *path, void *arg)
{
    (void) arg;
    if (mkfifo (path, 0600) == 0)
        raise (SIGUSR1);
    return -1;
}

START_TEST (name_is_registered_before_make_is_called)
{
    int status;
    char *path;
    pid_t child = fork ();

    if (child == 0) {
        if (tempfile_cleanup_on_signals () == 0)
            tempfile_make (&path, die_after_making, NULL,
                           TEMPFILE_OPTIONS (.delete_when = TEMPFILE_DELETE_ON_EXIT));
        test_leave (1);
    }
    ck_assert_int_eq (waitpid (child, &status, 0), child);
    ck_assert (WIFSIGNALED (status) && WTERMSIG (status) == SIGUSR1);
    ck_assert_int_eq (test_entries (test_dir ()), 0);
}
END_TEST

START_TEST (left_file_is_deleted_by_unlink_or_kept)
{
    char *path;
    int fd = tempfile_mkstemp (&path, TEMPFILE_OPTIONS (.delete_when = TEMPFILE_DELETE_ON_EXIT));

    ck_assert_int_ge (fd, 0);
    ck_assert_int_eq (close (fd), 0);
    ck_assert_int_eq (tempfile_keep_path (path), 0);
    assert_minus_1 (tempfile_keep_path (path), ENOENT, "not a name");
    assert_minus_1 (tempfile_unlink (path), ENOENT, "not a name");
    tempfile_cleanup ();
    ck_assert (test_exists (path));
    ck_assert_int_eq (tempfile_register (path), 0);
    ck_assert_int_eq (tempfile_unlink (path), 0);
    ck_assert (!test_exists (path));
    free (path);
}
END_TEST

START_TEST (path_of_a_closed_stream_can_be_kept)
{
    FILE *f = NamedTemporaryFile ();

    ck_assert_ptr_nonnull (f);
    ck_assert_int_ge (fputs ("text", f), 0);
    char *path = tempfile_into_path (f);
    ck_assert_ptr_nonnull (path);
    ck_assert_int_eq (tempfile_keep_path (path), 0);
    tempfile_cleanup ();
    ck_assert_int_eq (unlink (path), 0);
    free (path);
}
END_TEST

static void
make_socket (const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket (AF_UNIX, SOCK_STREAM, 0);

    ck_assert (fd >= 0 && strlen (path) < sizeof address.sun_path);
    strcpy (address.sun_path, path);
    ck_assert_int_eq (bind (fd, (struct sockaddr *) &address, sizeof address), 0);
    ck_assert_int_eq (close (fd), 0);
}

/* A file, a FIFO, a link that leads nowhere, a socket: none is looked into. */
START_TEST (what_others_made_goes_with_the_process)
{
    ck_assert_int_eq (chdir (test_dir ()), 0);
    test_write_file ("file", "made by another");
    ck_assert_int_eq (mkfifo ("fifo", 0600), 0);
    ck_assert_int_eq (symlink ("nowhere", "link"), 0);
    make_socket ("socket");
    pid_t child = fork ();
    if (child == 0) {
        if (tempfile_register ("file") != 0 || tempfile_register ("fifo") != 0 ||
            tempfile_register ("link") != 0 || tempfile_register ("socket") != 0 ||
            tempfile_register ("file") != 0 || chdir ("/") != 0)
            test_leave (1);
        exit (0);
    }
    test_wait (child);
    ck_assert_int_eq (test_entries (test_dir ()), 0);
}
END_TEST

START_TEST (only_what_exists_and_is_no_directory_is_registered)
{
    assert_minus_1 (tempfile_register (NULL), EINVAL, "tempfile_register");
    assert_minus_1 (tempfile_register (""), ENOENT, "cannot register");
    assert_minus_1 (tempfile_register (test_path ("none")), ENOENT, "cannot register|/none");
    assert_minus_1 (tempfile_register (test_dir ()), EISDIR, "directory");
    assert_minus_1 (tempfile_keep_path (NULL), EINVAL, "tempfile_keep_path");
    assert_minus_1 (tempfile_keep_path (test_path ("none")), ENOENT, "/none");
}
END_TEST

START_TEST (recoverable_path_cannot_be_kept)
{
    char *path = tempfile_into_path (NamedTemporaryFile (.recoverable = 1));

    ck_assert_ptr_nonnull (path);
    assert_minus_1 (tempfile_keep_path (path), EINVAL, "recoverable");
    ck_assert_int_eq (tempfile_unlink (path), 0);
    free (path);
}
END_TEST

/* As daemon(3) does it: the parent ends by _exit(), the child goes on. */
static void
become_daemon (bool adopt)
{
    pid_t child = fork ();

    if (child != 0)
        _exit (child < 0);
    if (adopt && tempfile_adopt () != 0)
        _exit (1);
}

/* The grandchild's end is seen by the pipe that it alone still has. */
static void
let_a_daemon_end (bool adopt)
{
    int ends[2];
    char c;

    ck_assert_int_eq (pipe (ends), 0);
    pid_t child = fork ();
    if (child == 0) {
        close (ends[0]);
        static struct tempfile_dir *open_at_the_end;
        char *path = tempfile_into_path (NamedTemporaryFile ());
        open_at_the_end = adopt ? TemporaryDirectory () : NULL;
        if (!NamedTemporaryFile () || !path || (adopt && !open_at_the_end))
            test_leave (1);
        free (path);
        become_daemon (adopt);
        exit (0);
    }
    close (ends[1]);
    test_wait (child);
    ck_assert_int_eq (read (ends[0], &c, 1), 0);
    close (ends[0]);
}

START_TEST (daemon_deletes_what_it_has_adopted)
{
    let_a_daemon_end (true);
    ck_assert_int_eq (test_entries (test_dir ()), 0);
}
END_TEST

START_TEST (daemon_that_adopts_nothing_deletes_nothing)
{
    let_a_daemon_end (false);
    ck_assert_int_eq (test_entries (test_dir ()), 2);
    test_remove_entries (test_dir ());
}
END_TEST

START_TEST (adopting_in_the_process_itself_changes_nothing)
{
    FILE *f = NamedTemporaryFile ();

    ck_assert_ptr_nonnull (f);
    ck_assert_int_eq (tempfile_adopt (), 0);
    assert_closes (f);
    ck_assert_int_eq (test_entries (test_dir ()), 0);
}
END_TEST

int
main (void)
{
    Suite *s = suite_create ("left");
    TCase *tc = test_case (s, "mkstemp and make");

    tcase_add_test (tc, exit_deletes_what_mkstemp_and_make_left);
    tcase_add_test (tc, signal_deletes_what_mkstemp_and_make_left);
    tcase_add_test (tc, name_is_registered_before_make_is_called);
    tcase_add_test (tc, left_file_is_deleted_by_unlink_or_kept);
    tc = test_case (s, "paths");
    tcase_add_test (tc, path_of_a_closed_stream_can_be_kept);
    tcase_add_test (tc, what_others_made_goes_with_the_process);
    tcase_add_test (tc, only_what_exists_and_is_no_directory_is_registered);
    tcase_add_test (tc, recoverable_path_cannot_be_kept);
    tc = test_case (s, "daemons");
    tcase_add_test (tc, daemon_deletes_what_it_has_adopted);
    tcase_add_test (tc, daemon_that_adopts_nothing_deletes_nothing);
    tcase_add_test (tc, adopting_in_the_process_itself_changes_nothing);
    return test_main (s);
}
