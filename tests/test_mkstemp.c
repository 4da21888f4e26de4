/* SPDX-License-Identifier: MIT */
/*
 * What is made and left to the caller: tempfile_mkstemp, tempfile_mkdtemp, and tempfile_make, with
 * which anything can be made that takes a fresh name.
 */
#include "common.h"

#include <sys/socket.h>
#include <sys/un.h>

#define SIZE sizeof (struct tempfile_options)

#define MKSTEMP(path, ...) tempfile_mkstemp (path, &(struct tempfile_options){__VA_ARGS__}, SIZE)
#define MKDTEMP(...) tempfile_mkdtemp (&(struct tempfile_options){__VA_ARGS__}, SIZE)
#define MAKE(path, make, arg, ...) \
    tempfile_make (path, make, arg, &(struct tempfile_options){__VA_ARGS__}, SIZE)

/* A path that a failure must replace by NULL. */
static char *const garbage = (char *) 1;

static void
remove_and_free (char *path)
{
    ck_assert_int_eq (remove (path), 0);
    free (path);
}

/* --- mkstemp --- */

START_TEST (mkstemp_makes_a_private_file_and_leaves_it)
{
    struct stat st;
    char *path = garbage;
    int fd = tempfile_mkstemp (&path, NULL, SIZE);

    ck_assert_msg (fd >= 0, "%s", tempfile_errmsg ());
    ck_assert_int_eq (fstat (fd, &st), 0);
    ck_assert_int_eq (st.st_mode, S_IFREG | 0600);
    ck_assert_int_eq (fcntl (fd, F_GETFL) & O_ACCMODE, O_RDWR);
    ck_assert_int_eq (fcntl (fd, F_GETFD), FD_CLOEXEC);
    ck_assert (test_same_file (path, fd));
    ck_assert_int_eq (*path, '/');
    close (fd);
    assert_minus_1 (tempfile_unlink (path), ENOENT, NULL);
    remove_and_free (path);
}
END_TEST

static const struct {
    const char *mode;
    int flags;
} modes[] = {{"rb", O_RDONLY},
             {"r+b", O_RDWR},
             {"wb", O_WRONLY},
             {"xb", O_WRONLY},
             {"ab", O_WRONLY | O_APPEND},
             {"a+b", O_RDWR | O_APPEND}};

START_TEST (mkstemp_mode_is_the_descriptors)
{
    char *path;
    int fd = MKSTEMP (&path, .mode = modes[_i].mode);

    ck_assert_int_ge (fd, 0);
    ck_assert_int_eq (fcntl (fd, F_GETFL) & (O_ACCMODE | O_APPEND), modes[_i].flags);
    close (fd);
    remove_and_free (path);
}
END_TEST

START_TEST (mkstemp_has_names_and_permissions)
{
    char *path;
    struct stat st;

    umask (0777);
    int fd =
        MKSTEMP (&path, .prefix = "p-", .suffix = ".s", .dir = test_dir (), .permissions = 0640);
    ck_assert_int_ge (fd, 0);
    ck_assert_int_eq (fstat (fd, &st), 0);
    ck_assert_int_eq (st.st_mode & 07777, 0640);
    ck_assert_int_eq (strncmp (test_base (path), "p-", 2), 0);
    ck_assert_str_eq (path + strlen (path) - 2, ".s");
    close (fd);
    remove_and_free (path);
}
END_TEST

START_TEST (mkstemp_refuses_other_options_by_name)
{
    char *path = garbage;

    assert_minus_1 (MKSTEMP (&path, .buffering = 1), EINVAL, "buffering|tempfile_mkstemp");
    ck_assert_ptr_null (path);
    assert_minus_1 (MKSTEMP (&path, .mode = "w+"), EINVAL, "mode 'w+'");
    assert_minus_1 (MKSTEMP (&path, .mode = "q"), EINVAL, "mode 'q'");
    assert_minus_1 (MKSTEMP (&path, .encoding = "utf-8"), EINVAL, "encoding");
    assert_minus_1 (MKSTEMP (&path, .errors = "strict"), EINVAL, "errors");
    assert_minus_1 (MKSTEMP (&path, .newline = "\n"), EINVAL, "newline");
    assert_minus_1 (MKSTEMP (&path, .max_size = 1), EINVAL, "max_size");
    assert_minus_1 (MKSTEMP (&path, .on_close_arg = &path), EINVAL, "on_close");
    path = garbage;
    assert_minus_1 (MKSTEMP (&path, .dir = "/nonexistent"), ENOENT, "/nonexistent");
    ck_assert_ptr_null (path);
    assert_minus_1 (tempfile_mkstemp (NULL, NULL, SIZE), EINVAL, "path");
}
END_TEST

START_TEST (what_was_made_is_left_at_exit)
{
    pid_t child = fork ();

    if (child == 0) {
        char *file, *dir;
        if (tempfile_mkstemp (&file, NULL, SIZE) < 0 || !(dir = tempfile_mkdtemp (NULL, SIZE)) ||
            rename (file, test_path ("file")) != 0 || rename (dir, test_path ("dir")) != 0)
            _exit (1);
        exit (0);
    }
    test_wait (child);
    ck_assert_int_eq (unlink (test_path ("file")), 0);
    ck_assert_int_eq (rmdir (test_path ("dir")), 0);
}
END_TEST

/* --- mkdtemp --- */

START_TEST (mkdtemp_makes_a_private_directory_and_leaves_it)
{
    struct stat st;
    char *path = tempfile_mkdtemp (NULL, SIZE);

    ck_assert_msg (path != NULL, "%s", tempfile_errmsg ());
    ck_assert_int_eq (lstat (path, &st), 0);
    ck_assert_int_eq (st.st_mode, S_IFDIR | 0700);
    ck_assert_int_eq (*path, '/');
    remove_and_free (path);
}
END_TEST

START_TEST (mkdtemp_has_names_and_permissions)
{
    struct stat st;

    umask (077);
    char *path = MKDTEMP (.prefix = "p-", .suffix = ".s", .dir = test_dir (), .permissions = 0755);
    ck_assert_ptr_nonnull (path);
    ck_assert_int_eq (lstat (path, &st), 0);
    ck_assert_int_eq (st.st_mode & 07777, 0755);
    ck_assert_int_eq (strncmp (test_base (path), "p-", 2), 0);
    ck_assert_str_eq (path + strlen (path) - 2, ".s");
    remove_and_free (path);
}
END_TEST

START_TEST (mkdtemp_refuses_other_options_by_name)
{
    assert_null (MKDTEMP (.mode = "w+b"), EINVAL, "mode|tempfile_mkdtemp");
    assert_null (MKDTEMP (.buffering = 1), EINVAL, "buffering");
    assert_null (MKDTEMP (.newline = ""), EINVAL, "newline");
    assert_null (MKDTEMP (.delete_when = TEMPFILE_DELETE_NEVER), EINVAL, "delete_when");
    assert_null (MKDTEMP (.max_size = 1), EINVAL, "max_size");
    assert_null (MKDTEMP (.on_close_arg = garbage), EINVAL, "on_close");
    assert_null (MKDTEMP (.dir = "/nonexistent"), ENOENT, "/nonexistent");
}
END_TEST

/* --- make --- */

static int
make_fifo (const char *path, void *arg)
{
    (void) arg;
    return mkfifo (path, 0600);
}

START_TEST (make_makes_a_fifo)
{
    struct stat st;
    char *path = garbage;

    ck_assert_int_eq (tempfile_make (&path, make_fifo, NULL, NULL, SIZE), 0);
    ck_assert_int_eq (lstat (path, &st), 0);
    ck_assert (S_ISFIFO (st.st_mode));
    assert_minus_1 (tempfile_unlink (path), ENOENT, NULL);
    remove_and_free (path);
}
END_TEST

static int
make_socket (const char *path, void *arg)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    (void) arg;
    if (strlen (path) >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    int fd = socket (AF_UNIX, SOCK_STREAM, 0);
    memcpy (address.sun_path, path, strlen (path) + 1);
    if (bind (fd, (struct sockaddr *) &address, sizeof address) == 0)
        return fd;
    int err = errno;
    close (fd);
    errno = err;
    return -1;
}

START_TEST (make_makes_a_socket)
{
    struct stat st;
    char *path;
    int fd = MAKE (&path, make_socket, NULL, .suffix = ".sock");

    if (fd < 0 && errno == ENAMETOOLONG) {
        test_skip ("the test's directory is too long for a socket");
        return;
    }
    ck_assert_msg (fd >= 0, "%s", tempfile_errmsg ());
    ck_assert_int_eq (lstat (path, &st), 0);
    ck_assert (S_ISSOCK (st.st_mode));
    close (fd);
    remove_and_free (path);
}
END_TEST

/* Fails with ERROR until it was called CALLS times, then returns 42. */
struct stubborn {
    int error, calls, called;
    char last[4096];
};

static int
make_at_last (const char *path, void *arg)
{
    struct stubborn *s = arg;

    ck_assert_str_ne (path, s->last);
    (void) snprintf (s->last, sizeof s->last, "%s", path);
    if (++s->called == s->calls)
        return 42;
    errno = s->error;
    return -2;
}

START_TEST (make_tries_another_name_when_one_is_taken)
{
    static const int errors[] = {EEXIST, EADDRINUSE};
    char *path;
    struct stubborn s = {.error = errors[_i], .calls = 7};

    ck_assert_int_eq (tempfile_make (&path, make_at_last, &s, NULL, SIZE), 42);
    ck_assert_int_eq (s.called, 7);
    ck_assert_str_eq (path, s.last);
    free (path);
}
END_TEST

START_TEST (make_gives_up_when_every_name_is_taken)
{
    static const int errors[] = {EEXIST, EADDRINUSE};
    char *path = garbage;
    struct stubborn s = {.error = errors[_i]};

    assert_minus_1 (tempfile_make (&path, make_at_last, &s, NULL, SIZE), EEXIST, "100 tries");
    ck_assert_int_eq (s.called, 100);
    ck_assert_ptr_null (path);
}
END_TEST

START_TEST (make_passes_any_other_failure_on_at_once)
{
    static const int errors[] = {ENOSPC, EACCES, ENOENT, EINTR, 0};

    for (int i = 0; i < 2 * LENGTH (errors); i++) {
        char *path = garbage;
        struct stubborn s = {.error = errors[i / 2]};
        assert_minus_1 (
            MAKE (&path, make_at_last, &s, .delete_when = (enum tempfile_delete) (i % 2)),
            s.error ? s.error : ECANCELED, s.last);
        ck_assert_int_eq (s.called, 1);
        ck_assert_ptr_null (path);
    }
}
END_TEST

START_TEST (make_refuses_options_that_are_its_functions_by_name)
{
    char *path = garbage;

    assert_minus_1 (MAKE (&path, make_fifo, NULL, .mode = "w+b"), EINVAL, "mode|tempfile_make");
    ck_assert_ptr_null (path);
    assert_minus_1 (MAKE (&path, make_fifo, NULL, .permissions = 0600), EINVAL, "permissions");
    assert_minus_1 (MAKE (&path, make_fifo, NULL, .buffering = -1), EINVAL, "buffering");
    assert_minus_1 (MAKE (&path, make_fifo, NULL, .prefix = "/"), EINVAL, "prefix");
    assert_minus_1 (MAKE (NULL, make_fifo, NULL, .prefix = "p"), EINVAL, "path");
    assert_minus_1 (MAKE (&path, NULL, NULL, .prefix = "p"), EINVAL, "function");
}
END_TEST

static int
refuse (const char *event, const char *path, void *arg)
{
    ++*(int *) arg;
    return strcmp (event, "tempfile.mkstemp") == 0 && strstr (path, "refused");
}

START_TEST (audit_hook_sees_what_make_and_mkstemp_will_make)
{
    char *path = garbage;
    int seen = 0;
    struct stubborn s = {.calls = 3, .error = EEXIST};

    ck_assert_ptr_nonnull (tempfile_gettempdir ());
    ck_assert_int_eq (tempfile_add_audit_hook (refuse, &seen), 0);
    assert_minus_1 (MAKE (&path, make_fifo, NULL, .prefix = "refused"), EPERM, "audit");
    assert_minus_1 (MKSTEMP (&path, .prefix = "refused"), EPERM, "audit");
    ck_assert_int_eq (seen, 2);
    ck_assert_int_eq (tempfile_make (&path, make_at_last, &s, NULL, SIZE), 42);
    ck_assert_int_eq (seen, 5);
    free (path);
}
END_TEST

int
main (void)
{
    Suite *s = suite_create ("mkstemp");

    TCase *tc = test_case (s, "mkstemp");
    tcase_add_test (tc, mkstemp_makes_a_private_file_and_leaves_it);
    tcase_add_loop_test (tc, mkstemp_mode_is_the_descriptors, 0, LENGTH (modes));
    tcase_add_test (tc, mkstemp_has_names_and_permissions);
    tcase_add_test (tc, mkstemp_refuses_other_options_by_name);
    tcase_add_test (tc, what_was_made_is_left_at_exit);
    tc = test_case (s, "mkdtemp");
    tcase_add_test (tc, mkdtemp_makes_a_private_directory_and_leaves_it);
    tcase_add_test (tc, mkdtemp_has_names_and_permissions);
    tcase_add_test (tc, mkdtemp_refuses_other_options_by_name);
    tc = test_case (s, "make");
    tcase_add_test (tc, make_makes_a_fifo);
    tcase_add_test (tc, make_makes_a_socket);
    tcase_add_loop_test (tc, make_tries_another_name_when_one_is_taken, 0, 2);
    tcase_add_loop_test (tc, make_gives_up_when_every_name_is_taken, 0, 2);
    tcase_add_test (tc, make_passes_any_other_failure_on_at_once);
    tcase_add_test (tc, make_refuses_options_that_are_its_functions_by_name);
    tcase_add_test (tc, audit_hook_sees_what_make_and_mkstemp_will_make);
    return test_main (s);
}
