/* SPDX-License-Identifier: MIT */
/*
 * The drop-in for tmpfile(3): what C11 (7.21.4.3) and POSIX promise of that, and what this one
 * promises beyond it. Compiled with the replacement in the header, so that every tmpfile() below
 * is the library's.
 */
#define TEMPFILE_REPLACE_TMPFILE
#include "common.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <wchar.h>

static FILE *
opened (void)
{
    FILE *f = tmpfile ();

    ck_assert_msg (f != NULL, "%s", tempfile_errmsg ());
    return f;
}

START_TEST (name_means_this_function)
{
    FILE *(*const function) (void) = tmpfile;

    ck_assert (function == tempfile_tmpfile);
#ifdef _LARGEFILE64_SOURCE
    FILE *(*const large) (void) = tmpfile64;
    ck_assert (large == tempfile_tmpfile);
#endif
}
END_TEST

/* "creates a temporary binary file [...] opened for update with "wb+" mode" */
START_TEST (file_is_new_and_open_for_update)
{
    static const char bytes[] = "a\r\n\0\xff";
    char got[sizeof bytes];
    FILE *f = opened ();

    ck_assert_int_eq (fgetc (f), EOF);
    clearerr (f);
    ck_assert_uint_eq (fwrite (bytes, 1, sizeof bytes, f), sizeof bytes);
    rewind (f);
    ck_assert_uint_eq (fread (got, 1, sizeof got, f), sizeof got);
    ck_assert_mem_eq (got, bytes, sizeof bytes);
    ck_assert_int_eq (fseek (f, 1, SEEK_SET), 0);
    ck_assert_int_eq (fputc ('X', f), 'X');
    ck_assert_int_eq (fseek (f, 0, SEEK_SET), 0);
    ck_assert_int_eq (fgetc (f), 'a');
    ck_assert_int_eq (fgetc (f), 'X');
    ck_assert_int_eq (fcntl (fileno (f), F_GETFL) & (O_ACCMODE | O_APPEND), O_RDWR);
    assert_closes (f);
}
END_TEST

/* "different from any other existing file" */
START_TEST (each_call_makes_another_file)
{
    struct stat a, b;
    FILE *f = opened (), *g = opened ();

    ck_assert_int_eq (fstat (fileno (f), &a), 0);
    ck_assert_int_eq (fstat (fileno (g), &b), 0);
    ck_assert_uint_ne (a.st_ino, b.st_ino);
    assert_closes (f);
    assert_closes (g);
}
END_TEST

/* "should be possible to open at least TMP_MAX temporary files during the lifetime" */
START_TEST (many_files_one_after_the_other)
{
    for (int i = 0; i < 10000; i++)
        assert_closes (opened ());
}
END_TEST

static void
check_unnamed_and_private (void)
{
    struct stat st, dir;
    FILE *f = opened ();

    ck_assert_int_eq (fstat (fileno (f), &st), 0);
    ck_assert_int_eq (stat (test_dir (), &dir), 0);
    ck_assert_uint_eq (st.st_nlink, 0);
    ck_assert_int_eq (st.st_mode, S_IFREG | 0600);
    ck_assert_uint_eq (st.st_dev, dir.st_dev);
    ck_assert_int_eq (test_entries (test_dir ()), 0);
    ck_assert_ptr_null (tempfile_name (f));
    assert_closes (f);
}

START_TEST (file_has_no_name_and_is_private_whatever_the_umask)
{
    umask (0777);
    check_unnamed_and_private ();
    umask (0);
    check_unnamed_and_private ();
    umask (022);
}
END_TEST

START_TEST (descriptor_is_close_on_exec)
{
    FILE *f = opened ();

    ck_assert_int_eq (fcntl (fileno (f), F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    assert_closes (f);
}
END_TEST

/* Where a descriptor's file was made: what /proc says of it begins with that. */
static void
check_place (FILE *f, const char *dir)
{
    char link[64], target[4096];

    snprintf (link, sizeof link, "/proc/self/fd/%d", fileno (f));
    ssize_t n = readlink (link, target, sizeof target - 1);
    if (n < 0) {
        test_skip ("there is no /proc that tells where a file is");
        return;
    }
    target[n] = '\0';
    ck_assert_msg (strncmp (target, dir, strlen (dir)) == 0 && target[strlen (dir)] == '/',
                   "%s is not in %s", target, dir);
}

START_TEST (file_is_where_tmpdir_says)
{
    const char *dir = test_make_dir ("chosen");

    ck_assert_int_eq (setenv ("TMPDIR", dir, 1), 0);
    FILE *f = opened ();
    check_place (f, dir);
    ck_assert_str_eq (tempfile_gettempdir (), dir);
    assert_closes (f);
    ck_assert_int_eq (rmdir (dir), 0);
}
END_TEST

START_TEST (without_a_usable_tmpdir_there_are_others)
{
    const char *dir = test_make_dir ("other");

    ck_assert_int_eq (setenv ("TMPDIR", test_path ("missing"), 1), 0);
    ck_assert_int_eq (setenv ("TEMP", dir, 1), 0);
    FILE *f = opened ();
    check_place (f, dir);
    assert_closes (f);
    ck_assert_int_eq (rmdir (dir), 0);
}
END_TEST

/* What streams with callbacks cannot do in every libc, this one can. */
START_TEST (stream_is_one_of_libc)
{
    FILE *f = opened ();

    ck_assert_int_gt (fwide (f, 1), 0);
    ck_assert_int_ge (fputws (L"wide", f), 0);
    rewind (f);
    ck_assert_int_eq ((int) fgetwc (f), L'w');
    f = freopen ("/dev/null", "r", f);
    ck_assert_ptr_nonnull (f);
    ck_assert_int_eq (fgetc (f), EOF);
    assert_closes (f);
}
END_TEST

START_TEST (functions_of_the_library_know_the_stream)
{
    FILE *f = opened ();

    ck_assert_int_ge (fputs ("contents", f), 0);
    ck_assert_int_eq (tempfile_fileno (f), fileno (f));
    ck_assert_int_eq (tempfile_truncate (f, 4), 0);
    assert_contents (f, "cont");
    FILE *g = tempfile_reopen (f, "rb");
    ck_assert_msg (g != NULL, "%s", tempfile_errmsg ());
    ck_assert_int_eq (fgetc (g), 'c');
    assert_closes (g);
    ck_assert_int_eq (tempfile_close (f), 0);
}
END_TEST

/* --- ends --- */

enum end { EXIT, NO_EXIT, KILLED };

static void
leave_open (enum end end)
{
    FILE *f = tmpfile ();

    if (!f || fputs ("not flushed", f) < 0)
        _exit (1);
    if (end == EXIT)
        exit (0);
    if (end == NO_EXIT)
        _exit (0);
    raise (SIGKILL);
}

START_TEST (file_is_gone_however_the_process_ends)
{
    int status;
    pid_t child = fork ();

    if (child == 0)
        leave_open ((enum end) _i);
    ck_assert_int_eq (waitpid (child, &status, 0), child);
    ck_assert (_i == KILLED ? WIFSIGNALED (status) : status == 0);
    ck_assert_int_eq (test_entries (test_dir ()), 0);
}
END_TEST

/* --- failures --- */

static int hook_calls;

static int
refuse (const char *event, const char *path, void *arg)
{
    (void) arg;
    hook_calls++;
    ck_assert_str_eq (event, "tempfile.mkstemp");
    ck_assert_int_eq (strncmp (path, test_dir (), strlen (test_dir ())), 0);
    return 1;
}

START_TEST (audit_hook_can_refuse)
{
    ck_assert_int_eq (tempfile_add_audit_hook (refuse, NULL), 0);
    assert_null (tmpfile (), EPERM, "refused|audit");
    ck_assert_int_eq (hook_calls, 1);
}
END_TEST

START_TEST (no_descriptor_left)
{
    struct rlimit old, low = {0, 0};

    if (test_under_valgrind ()) {
        test_skip ("valgrind's open() makes the file and then says EMFILE");
        return;
    }
    int fd = dup (STDERR_FILENO);
    ck_assert_int_eq (getrlimit (RLIMIT_NOFILE, &old), 0);
    low.rlim_cur = (rlim_t) fd;
    low.rlim_max = old.rlim_max;
    close (fd);
    ck_assert_int_eq (setrlimit (RLIMIT_NOFILE, &low), 0);
    assert_null (tmpfile (), EMFILE, NULL);
    ck_assert_int_eq (setrlimit (RLIMIT_NOFILE, &old), 0);
    assert_closes (opened ());
}
END_TEST

static void
add_tests (TCase *tc)
{
    tcase_add_test (tc, name_means_this_function);
    tcase_add_test (tc, file_is_new_and_open_for_update);
    tcase_add_test (tc, each_call_makes_another_file);
    tcase_add_test (tc, many_files_one_after_the_other);
    tcase_add_test (tc, file_has_no_name_and_is_private_whatever_the_umask);
    tcase_add_test (tc, descriptor_is_close_on_exec);
    tcase_add_test (tc, file_is_where_tmpdir_says);
    tcase_add_test (tc, without_a_usable_tmpdir_there_are_others);
    tcase_add_test (tc, stream_is_one_of_libc);
    tcase_add_test (tc, functions_of_the_library_know_the_stream);
    tcase_add_loop_test (tc, file_is_gone_however_the_process_ends, EXIT, KILLED + 1);
    tcase_add_test (tc, audit_hook_can_refuse);
    tcase_add_test (tc, no_descriptor_left);
}

int
main (void)
{
    Suite *s = suite_create ("tmpfile");

    add_tests (test_case (s, "tmpfile"));
    TCase *tc = test_case (s, "without-o-tmpfile");
    tcase_add_checked_fixture (tc, test_without_o_tmpfile, NULL);
    add_tests (tc);
    return test_main (s);
}
