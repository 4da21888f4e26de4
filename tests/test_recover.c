/* SPDX-License-Identifier: MIT */
/*
 * Recoverable files: what a killed process left is deleted, and what has an owner never is.
 * TEMPFILE_TEST_ROUNDS is how many processes are killed.
 */
#include "common.h"

#include <dirent.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/wait.h>
#include <time.h>

/* A child that runs FUNCTION and is then killed by SIGKILL; afterwards nobody owns what it left. */
static void
in_killed_child (void (*function) (void))
{
    int status;
    pid_t child = fork ();

    if (child == 0) {
        function ();
        raise (SIGKILL);
    }
    ck_assert_int_eq (waitpid (child, &status, 0), child);
    ck_assert (WIFSIGNALED (status) && WTERMSIG (status) == SIGKILL);
}

static void
leave_four (void)
{
    NamedTemporaryFile (.recoverable = 1);
    NamedTemporaryFile (.recoverable = 1, .prefix = "", .suffix = "abcdefghijk.txt");
    fclose (NamedTemporaryFile (.recoverable = 1, .delete_when = TEMPFILE_DELETE_ON_EXIT));
    free (tempfile_into_path (
        NamedTemporaryFile (.recoverable = 1, .mode = "rb", .permissions = 0200)));
}

START_TEST (what_a_killed_process_left_is_deleted)
{
    in_killed_child (leave_four);
    ck_assert_int_eq (test_entries (test_dir ()), 4);
    ck_assert_int_eq (tempfile_recover (test_dir ()), 4);
    ck_assert_int_eq (test_entries (test_dir ()), 0);
    ck_assert_int_eq (tempfile_recover (NULL), 0);
}
END_TEST

static void
leave_one_of_each (void)
{
    NamedTemporaryFile (.prefix = "plain-");
    NamedTemporaryFile (.recoverable = 1, .prefix = "marked-");
}

START_TEST (what_was_not_marked_is_left_alone)
{
    test_write_file (test_path ("tmpabcdefghijklmabcdefgh"), "looks like one");
    test_write_file (test_path ("other"), "does not");
    in_killed_child (leave_one_of_each);
    ck_assert_int_eq (test_entries (test_dir ()), 4);
    ck_assert_int_eq (tempfile_recover (test_dir ()), 1);
    ck_assert_int_eq (test_entries (test_dir ()), 3);
    test_remove_entries (test_dir ());
}
END_TEST

START_TEST (what_has_an_owner_is_left_alone)
{
    FILE *open = NamedTemporaryFile (.recoverable = 1);
    FILE *closed = NamedTemporaryFile (.recoverable = 1, .delete_when = TEMPFILE_DELETE_ON_EXIT);
    char *left = tempfile_into_path (NamedTemporaryFile (.recoverable = 1));

    ck_assert_ptr_nonnull (open);
    ck_assert_ptr_nonnull (closed);
    ck_assert_ptr_nonnull (left);
    char *name = strdup (tempfile_name (closed));
    assert_closes (closed);
    ck_assert_int_eq (tempfile_recover (test_dir ()), 0);
    ck_assert (test_exists (tempfile_name (open)));
    ck_assert (test_exists (name));
    ck_assert (test_exists (left));
    assert_closes (open);
    ck_assert_int_eq (tempfile_unlink (name), 0);
    ck_assert_int_eq (tempfile_unlink (left), 0);
    free (name);
    free (left);
}
END_TEST

static void
recover_elsewhere (void *expected)
{
    ck_assert_int_eq (tempfile_recover (test_dir ()), *(int *) expected);
}

START_TEST (another_process_sees_the_owner_too)
{
    FILE *f = NamedTemporaryFile (.recoverable = 1);
    int none = 0;

    ck_assert_ptr_nonnull (f);
    test_in_child (recover_elsewhere, &none);
    ck_assert (test_exists (tempfile_name (f)));
    assert_closes (f);
}
END_TEST

/* The first process of a new pid namespace; its pid there says nothing here. */
static void
recover_in_namespace (void *unused)
{
    int none = 0;

    (void) unused;
#ifdef CLONE_NEWPID
    if (unshare (CLONE_NEWPID) != 0) {
        test_skip ("no new pid namespace can be had here");
        return;
    }
#else
    test_skip ("this system has no pid namespaces");
#endif
    test_in_child (recover_elsewhere, &none);
}

START_TEST (another_pid_namespace_sees_the_owner_too)
{
    FILE *f = NamedTemporaryFile (.recoverable = 1);

    ck_assert_ptr_nonnull (f);
    test_in_child (recover_in_namespace, NULL);
    ck_assert (test_exists (tempfile_name (f)));
    assert_closes (f);
}
END_TEST

/* Those that were not marked. */
static void
remove_directories (void)
{
    char command[4200];

    snprintf (command, sizeof command, "rmdir '%s'/plain-*", test_dir ());
    ck_assert_int_eq (system (command), 0);
}

static void
leave_directories (void)
{
    char path[4096];
    const char *name = tempfile_dir_name (TemporaryDirectory (.recoverable = 1));

    snprintf (path, sizeof path, "%s/file", name);
    test_write_file (path, "text");
    snprintf (path, sizeof path, "%s/dir", name);
    mkdir (path, 0);
    TemporaryDirectory (.prefix = "plain-");
}

START_TEST (a_directory_is_deleted_with_all_that_is_in_it)
{
    in_killed_child (leave_directories);
    ck_assert_int_eq (test_entries (test_dir ()), 2);
    ck_assert_int_eq (tempfile_recover (test_dir ()), 1);
    ck_assert_int_eq (test_entries (test_dir ()), 1);
    in_killed_child (leave_directories);
    struct tempfile_dir *d = TemporaryDirectory (.recoverable = 1);
    ck_assert_ptr_nonnull (d);
    ck_assert_int_eq (tempfile_recover (test_dir ()), 1);
    ck_assert (test_exists (tempfile_dir_name (d)));
    assert_minus_1 (tempfile_dir_keep (d), EINVAL, "recoverable");
    ck_assert_int_eq (tempfile_dir_close (d), 0);
    ck_assert_int_eq (test_entries (test_dir ()), 2);
    remove_directories ();
}
END_TEST

START_TEST (a_planted_link_or_fifo_does_no_harm)
{
    FILE *f = NamedTemporaryFile (.recoverable = 1);

    ck_assert_ptr_nonnull (f);
    char *name = strdup (tempfile_name (f));
    test_write_file (test_path ("precious"), "text");
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq (unlink (name), 0);
        ck_assert_int_eq (i ? mkfifo (name, 0600) : symlink (test_path ("precious"), name), 0);
        ck_assert_int_eq (tempfile_recover (test_dir ()), 0);
        ck_assert (test_exists (test_path ("precious")));
    }
    assert_closes (f);
    free (name);
    test_remove_entries (test_dir ());
}
END_TEST

START_TEST (a_recoverable_file_cannot_be_kept)
{
    FILE *f = NamedTemporaryFile (.recoverable = 1);

    ck_assert_ptr_nonnull (f);
    assert_minus_1 (tempfile_keep (f), EINVAL, "recoverable");
    assert_closes (f);
    assert_null (NamedTemporaryFile (.recoverable = 1, .delete_when = TEMPFILE_DELETE_NEVER),
                 EINVAL, "recoverable|never");
    assert_null (TemporaryFile (.recoverable = 1), EINVAL, "recoverable|name");
    assert_null (NamedTemporaryFile (.recoverable = 2), EINVAL, "recoverable|2");
    ck_assert_int_eq (test_entries (test_dir ()), 0);
}
END_TEST

static void
recover_where_forbidden (void *arg)
{
    (void) arg;
    in_killed_child (leave_one_of_each);
    ck_assert_int_eq (chmod (test_dir (), 0500), 0);
    ck_assert_int_eq (tempfile_recover (test_dir ()), 0);
    ck_assert_int_eq (chmod (test_dir (), 0700), 0);
    ck_assert_int_eq (test_entries (test_dir ()), 2);
    ck_assert_int_eq (tempfile_recover (test_dir ()), 1);
    test_remove_entries (test_dir ());
}

START_TEST (what_may_not_be_deleted_is_left_alone)
{
    test_as_user (recover_where_forbidden, NULL);
}
END_TEST

/* --- other users --- */

/* What is another user's, and what a user of an open recoverable directory has moved there. */
START_TEST (what_belongs_to_other_users_is_left_alone)
{
    char path[4096];

    if (geteuid () != 0) {
        test_skip ("only root can make files of another user");
        return;
    }
    in_killed_child (leave_one_of_each);
    in_killed_child (leave_directories);
    struct dirent *e;
    DIR *d = opendir (test_dir ());
    ck_assert_ptr_nonnull (d);
    while ((e = readdir (d)))
        if (*e->d_name != '.')
            ck_assert_int_eq (chown (test_path (e->d_name), 65534, 65534), 0);
    closedir (d);
    int before = test_entries (test_dir ());
    ck_assert_int_eq (tempfile_recover (test_dir ()), 0);
    ck_assert_int_eq (test_entries (test_dir ()), before);
    (void) snprintf (path, sizeof path, "chown -R 0 '%s'", test_dir ());
    ck_assert_int_eq (system (path), 0);
    ck_assert_int_eq (tempfile_recover (test_dir ()), 2);
    (void) snprintf (path, sizeof path, "rm -rf '%s'/plain-*", test_dir ());
    ck_assert_int_eq (system (path), 0);
}
END_TEST

static void
leave_open_directory (void)
{
    char path[4096];
    const char *name =
        tempfile_dir_name (TemporaryDirectory (.recoverable = 1, .permissions = 0777));

    (void) snprintf (path, sizeof path, "%s/moved", name);
    ck_assert_int_eq (rename (test_path ("moved"), path), 0);
}

START_TEST (what_was_moved_into_an_open_directory_is_left_alone)
{
    char command[4200];

    if (geteuid () != 0) {
        test_skip ("only root can make files of another user");
        return;
    }
    test_make_dir ("moved");
    ck_assert_int_eq (chown (test_make_dir ("moved/private"), 65534, 65534), 0);
    test_write_file (test_path ("moved/private/thesis"), "text");
    in_killed_child (leave_open_directory);
    ck_assert_int_eq (tempfile_recover (test_dir ()), 0);
    (void) snprintf (command, sizeof command, "rm '%s'/*/moved/private/thesis", test_dir ());
    ck_assert_int_eq (system (command), 0);
    ck_assert_int_eq (tempfile_recover (test_dir ()), 1);
}
END_TEST

static void
leave_with_strange_umask (void *arg)
{
    (void) arg;
    umask (0477);
    struct tempfile_dir *d = TemporaryDirectory (.recoverable = 1);
    ck_assert_msg (d != NULL, "%s", tempfile_errmsg ());
    ck_assert_int_eq (tempfile_recover (test_dir ()), 0);
    ck_assert_int_eq (tempfile_dir_close (d), 0);
}

START_TEST (a_umask_that_takes_reading_is_no_obstacle)
{
    test_as_user (leave_with_strange_umask, NULL);
}
END_TEST

static void
use_standard_descriptors (void *arg)
{
    (void) arg;
    tempfile_gettempdir ();
    for (int fd = 0; fd < 3; fd++)
        close (fd);
    struct tempfile_dir *d = TemporaryDirectory (.recoverable = 1);
    FILE *f = NamedTemporaryFile (.recoverable = 1), *g = TemporaryFile ();
    char *path = tempfile_into_path (f);
    if (!d || !g || !path || tempfile_fileno (g) < 3)
        _exit (1);
    for (int fd = 0; fd < 3; fd++)
        if (fcntl (fd, F_GETFD) >= 0)
            _exit (2);
    if (tempfile_dir_close (d) != 0 || tempfile_unlink (path) != 0 || fclose (g) != 0)
        _exit (3);
    free (path);
}

START_TEST (standard_descriptors_are_not_used_also_when_closed)
{
    test_in_child (use_standard_descriptors, NULL);
}
END_TEST

START_TEST (a_bad_directory_is_an_error)
{
    test_write_file (test_path ("file"), "");
    assert_minus_1 (tempfile_recover (test_path ("missing")), ENOENT, "missing");
    assert_minus_1 (tempfile_recover (test_path ("file")), ENOTDIR, "file");
    test_remove_entries (test_dir ());
}
END_TEST

/* --- many are killed --- */

enum { OWNED = 5, CHURNERS = 4 };

static void
churn (void)
{
    for (;;) {
        FILE *f = NamedTemporaryFile (.recoverable = 1);
        if (!f)
            _exit (90);
        char *path = tempfile_into_path (f);
        f = NamedTemporaryFile (.recoverable = 1);
        if (!path || !f || access (path, F_OK) != 0 || access (tempfile_name (f), F_OK) != 0)
            _exit (91);
        if (fclose (f) != 0 || tempfile_unlink (path) != 0)
            _exit (92);
        free (path);
    }
}

static void
recover_over_and_over (void)
{
    for (;;)
        if (tempfile_recover (test_dir ()) < 0)
            _exit (93);
}

static pid_t
start (void (*function) (void))
{
    pid_t child = fork ();

    if (child == 0)
        function ();
    ck_assert_int_gt (child, 0);
    return child;
}

static void
kill_one (pid_t child)
{
    int status;

    kill (child, SIGKILL);
    ck_assert_int_eq (waitpid (child, &status, 0), child);
    ck_assert_msg (WIFSIGNALED (status), "a child lost a file of its own: %#x", (unsigned) status);
}

/* Files that were open all the while, churning processes that are killed at random moments, and
 * another that recovers all the while: in the end the open files are there, and nothing else. */
START_TEST (exactly_the_abandoned_files_are_deleted)
{
    FILE *owned[OWNED];
    pid_t churners[CHURNERS];
    int rounds = test_number ("TEMPFILE_TEST_ROUNDS", 100);

    srand ((unsigned) getpid ());
    pid_t recoverer = start (recover_over_and_over);
    for (int i = 0; i < OWNED; i++)
        ck_assert_ptr_nonnull (owned[i] = NamedTemporaryFile (.recoverable = 1));
    for (int i = 0; i < CHURNERS; i++)
        churners[i] = start (churn);
    for (int i = 0; i < rounds; i++) {
        usleep ((unsigned) (rand () % 8000));
        kill_one (churners[i % CHURNERS]);
        churners[i % CHURNERS] = start (churn);
    }
    for (int i = 0; i < CHURNERS; i++)
        kill_one (churners[i]);
    kill_one (recoverer);
    ck_assert_int_ge (tempfile_recover (test_dir ()), 0);
    ck_assert_int_eq (test_entries (test_dir ()), OWNED);
    for (int i = 0; i < OWNED; i++) {
        ck_assert (test_exists (tempfile_name (owned[i])));
        assert_closes (owned[i]);
    }
}
END_TEST

/* --- a process that lives on --- */

static void *
clean_up (void *arg)
{
    tempfile_cleanup ();
    return arg;
}

/* Its entry is being looked at then: what it has of it goes all the same. */
START_TEST (a_directory_that_is_closed_amid_a_cleanup_gives_its_lock_back)
{
    enum { FILES = 20000 };
    char name[32];
    pthread_t thread;
    struct tempfile_dir *d = TemporaryDirectory (.recoverable = 1);

    ck_assert_ptr_nonnull (d);
    const char *path = tempfile_dir_name (d);
    for (int i = 0; i < FILES; i++) {
        snprintf (name, sizeof name, "%d", i);
        test_write_file (test_join (path, name), "");
    }
    ck_assert_int_eq (pthread_create (&thread, NULL, clean_up, NULL), 0);
    while (test_entries (path) == FILES)
        sched_yield ();
    ck_assert_int_eq (tempfile_dir_close (d), 0);
    ck_assert_int_eq (pthread_join (thread, NULL), 0);
}
END_TEST

/* A daemon closes all descriptors that it does not know, and opens its own. */
START_TEST (a_descriptor_of_the_program_s_is_not_closed_for_a_lock)
{
    struct stat file, st;
    int lock = STDERR_FILENO + 1;
    char *path = tempfile_into_path (NamedTemporaryFile (.recoverable = 1));

    ck_assert_ptr_nonnull (path);
    ck_assert_int_eq (stat (path, &file), 0);
    while (fstat (lock, &st) < 0 || st.st_dev != file.st_dev || st.st_ino != file.st_ino)
        ck_assert_int_lt (++lock, 1000);
    ck_assert_int_eq (dup2 (STDIN_FILENO, lock), lock);
    ck_assert_int_eq (tempfile_unlink (path), 0);
    ck_assert_int_eq (close (lock), 0);
    free (path);
}
END_TEST

int
main (void)
{
    Suite *s = suite_create ("recover");
    TCase *tc = test_case (s, "recover");

    tcase_set_timeout (tc, 120);
    tcase_add_test (tc, what_a_killed_process_left_is_deleted);
    tcase_add_test (tc, a_descriptor_of_the_program_s_is_not_closed_for_a_lock);
    tcase_add_test (tc, what_was_not_marked_is_left_alone);
    tcase_add_test (tc, what_has_an_owner_is_left_alone);
    tcase_add_test (tc, another_process_sees_the_owner_too);
    tcase_add_test (tc, another_pid_namespace_sees_the_owner_too);
    tcase_add_test (tc, a_directory_is_deleted_with_all_that_is_in_it);
    tcase_add_test (tc, a_planted_link_or_fifo_does_no_harm);
    tcase_add_test (tc, a_recoverable_file_cannot_be_kept);
    tcase_add_test (tc, what_may_not_be_deleted_is_left_alone);
    tcase_add_test (tc, what_belongs_to_other_users_is_left_alone);
    tcase_add_test (tc, what_was_moved_into_an_open_directory_is_left_alone);
    tcase_add_test (tc, a_umask_that_takes_reading_is_no_obstacle);
    tcase_add_test (tc, standard_descriptors_are_not_used_also_when_closed);
    tcase_add_test (tc, a_bad_directory_is_an_error);
    tcase_add_test (tc, exactly_the_abandoned_files_are_deleted);
    tcase_add_test (tc, a_directory_that_is_closed_amid_a_cleanup_gives_its_lock_back);
    return test_main (s);
}
