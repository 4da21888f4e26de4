/* SPDX-License-Identifier: MIT */
/*
 * TEMPFILE_COPY: a file on another file system becomes PATH by way of a copy. TMPDIR is in /dev/shm
 * here, if that is another file system than the test's directory. TEMPFILE_TEST_ROUNDS is how many
 * processes are killed in the middle of it.
 */
#include "common.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

static char away[64]; /* the directory of temporary files; "": there is none */

static void
go_away (void)
{
    struct stat here, there;

    (void) snprintf (away, sizeof away, "/dev/shm/libtempfile-copy.XXXXXX");
    if (stat (test_dir (), &here) != 0 || stat ("/dev/shm", &there) != 0 ||
        here.st_dev == there.st_dev || !mkdtemp (away)) {
        *away = '\0';
        test_skip ("no second file system is at hand");
        return;
    }
    ck_assert_int_eq (setenv ("TMPDIR", away, 1), 0);
}

static void
come_back (void)
{
    if (!*away)
        return;
    ck_assert_int_eq (test_entries (away), 0);
    ck_assert_int_eq (rmdir (away), 0);
}

/* In memory at first; text; without a directory. */
enum { SPOOLED = KINDS, TEXT, IN_MEMORY, ALL_KINDS };

static FILE *
open_any (int kind)
{
    if (kind == SPOOLED)
        return SpooledTemporaryFile (.max_size = 100, .mode = "w+b");
    if (kind == IN_MEMORY)
        return TemporaryFile (.in_memory = 1);
#ifdef HAVE_TEXT
    if (kind == TEXT)
        return NamedTemporaryFile (.mode = "w+", .encoding = "latin-1");
#endif
    return test_try_open (kind < KINDS ? kind : NAMED, NULL);
}

static const unsigned all_flags[] = {0, TEMPFILE_SYNC, TEMPFILE_NOREPLACE, TEMPFILE_LIKE_TARGET,
                                     TEMPFILE_LIKE_TARGET | TEMPFILE_SYNC | TEMPFILE_FOLLOW};
enum { COMBINATIONS = ALL_KINDS * 5 };

static unsigned
flags_of (int i)
{
    return all_flags[i / ALL_KINDS] | TEMPFILE_COPY;
}

START_TEST (the_copy_becomes_path_and_the_stream_goes_on_in_it)
{
    char text[32] = "";
    FILE *f = *away ? open_any (_i % ALL_KINDS) : NULL;

    if (!*away)
        return;
    ck_assert_msg (f != NULL, "%s", tempfile_errmsg ());
    ck_assert_int_ge (fputs ("one", f), 0);
    ck_assert_int_eq (tempfile_persist (f, test_path ("new"), 0), -1);
    ck_assert_int_eq (errno, EXDEV);
    ck_assert_ptr_nonnull (strstr (tempfile_errmsg (), "TEMPFILE_COPY"));
    ck_assert_msg (tempfile_persist (f, test_path ("new"), flags_of (_i)) == 0, "%s",
                   tempfile_errmsg ());
    test_assert_file (test_path ("new"), "one");
    ck_assert_str_eq (tempfile_name (f), test_path ("new"));
    ck_assert_int_eq (test_entries (test_dir ()), 1);
    ck_assert_int_eq (test_entries (away), 0);
    ck_assert (test_same_file (test_path ("new"), tempfile_fileno (f)));
    ck_assert_int_eq (fcntl (tempfile_fileno (f), F_GETFD), FD_CLOEXEC);
    ck_assert_int_ge (fputs (" two", f), 0);
    rewind (f);
    ck_assert_uint_eq (fread (text, 1, 31, f), 7);
    ck_assert_str_eq (text, "one two");
    assert_closes (f);
    test_assert_file (test_path ("new"), "one two");
    test_remove_entries (test_dir ());
}
END_TEST

START_TEST (what_is_there_is_replaced_or_not)
{
    struct stat st;
    unsigned flags = flags_of (_i);
    FILE *f = *away ? open_any (_i % ALL_KINDS) : NULL;

    if (!*away)
        return;
    test_write_file (test_path ("old"), "old");
    ck_assert_int_eq (chmod (test_path ("old"), 0642), 0);
    ck_assert_int_ge (fputs ("new", f), 0);
    if (flags & TEMPFILE_NOREPLACE)
        assert_minus_1 (tempfile_persist (f, test_path ("old"), flags), EEXIST, "old");
    else
        ck_assert_int_eq (tempfile_persist (f, test_path ("old"), flags), 0);
    test_assert_file (test_path ("old"), flags & TEMPFILE_NOREPLACE ? "old" : "new");
    ck_assert_int_eq (stat (test_path ("old"), &st), 0);
    ck_assert_int_eq (st.st_mode & 07777,
                      flags & (TEMPFILE_NOREPLACE | TEMPFILE_LIKE_TARGET) ? 0642 : 0600);
    ck_assert_int_eq (test_entries (test_dir ()), 1);
    assert_closes (f);
    test_remove_entries (test_dir ());
}
END_TEST

/* For writing only, and at the end. */
START_TEST (modes_go_on_as_before)
{
    FILE *f = *away ? NamedTemporaryFile (.mode = _i ? "ab" : "wb", .permissions = 0604) : NULL;
    struct stat st;

    if (!*away)
        return;
    ck_assert_int_ge (fputs ("12345", f), 0);
    ck_assert_int_eq (fseek (f, 1, SEEK_SET), 0);
    ck_assert_int_eq (tempfile_persist (f, test_path ("new"), TEMPFILE_COPY), 0);
    ck_assert_int_ge (fputs ("x", f), 0);
    assert_closes (f);
    test_assert_file (test_path ("new"), _i ? "12345x" : "1x345");
    ck_assert_int_eq (stat (test_path ("new"), &st), 0);
    ck_assert_int_eq (st.st_mode & 07777, 0604);
    test_remove_entries (test_dir ());
}
END_TEST

START_TEST (holes_stay_holes)
{
    struct stat st;
    FILE *f = *away ? open_any (_i) : NULL;

    if (!*away)
        return;
    ck_assert_int_eq (fputc ('a', f), 'a');
    ck_assert_int_eq (fseek (f, 16 << 20, SEEK_SET), 0);
    ck_assert_int_eq (fputc ('b', f), 'b');
    ck_assert_int_eq (tempfile_truncate (f, 32 << 20), 0);
    ck_assert_int_eq (tempfile_persist (f, test_path ("new"), TEMPFILE_COPY), 0);
    assert_closes (f);
    ck_assert_int_eq (stat (test_path ("new"), &st), 0);
    ck_assert_int_eq (st.st_size, 32 << 20);
    ck_assert_int_lt (st.st_blocks, 2048);
    f = fopen (test_path ("new"), "rb");
    ck_assert_int_eq (fgetc (f), 'a');
    ck_assert_int_eq (fgetc (f), 0);
    ck_assert_int_eq (fseek (f, 16 << 20, SEEK_SET), 0);
    ck_assert_int_eq (fgetc (f), 'b');
    assert_closes (f);
    test_remove_entries (test_dir ());
}
END_TEST

static void
copy_where_files_are_small (void *arg)
{
    struct rlimit limit = {10, 10};
    FILE *f = open_any (*(int *) arg);

    signal (SIGXFSZ, SIG_IGN);
    ck_assert_int_ge (fputs ("more than ten bytes", f), 0);
    ck_assert_int_eq (tempfile_rollover (f), 0);
    ck_assert_int_eq (setrlimit (RLIMIT_FSIZE, &limit), 0);
    assert_minus_1 (tempfile_persist (f, test_path ("new"), TEMPFILE_COPY), EFBIG, "new");
    assert_closes (f);
}

START_TEST (a_full_disk_leaves_nothing)
{
    if (*away)
        test_in_child (copy_where_files_are_small, &_i);
    ck_assert_int_eq (test_entries (test_dir ()), 0);
}
END_TEST

START_TEST (what_has_no_stream_is_copied)
{
    FILE *f = *away ? NamedTemporaryFile () : NULL;

    if (!*away)
        return;
    ck_assert_int_ge (fputs ("text", f), 0);
    char *name = tempfile_into_path (f);
    assert_minus_1 (tempfile_persist_path (name, test_path ("new"), 0), EXDEV, "TEMPFILE_COPY");
    ck_assert_int_eq (
        tempfile_persist_path (name, test_path ("new"), TEMPFILE_COPY | TEMPFILE_SYNC), 0);
    test_assert_file (test_path ("new"), "text");
    ck_assert (!test_exists (name));
    assert_minus_1 (tempfile_unlink (name), ENOENT, NULL);
    free (name);
    test_remove_entries (test_dir ());
}
END_TEST

/* --- processes die --- */

enum { WHOLE = 200000, MODE = 0641 };

/* In children that are killed, so without ck_assert. */
static void
copy_letter (int kind, int letter, const char *path)
{
    FILE *f = open_any (kind);

    if (!f)
        _exit (99);
    for (int i = 0; i < WHOLE; i++)
        if (putc (letter, f) == EOF)
            _exit (98);
    if (tempfile_persist (f, path, TEMPFILE_COPY | TEMPFILE_SYNC | TEMPFILE_LIKE_TARGET) != 0 ||
        fclose (f) != 0)
        _exit (97);
}

static void
copy_for_ever (int kind)
{
    for (int i = getpid ();; i++)
        copy_letter (kind, 'a' + i % 26, test_path ("target"));
}

static void
look_for_ever (void)
{
    for (;;)
        if (!test_is_one_letter (test_path ("target"), WHOLE, MODE))
            _exit (96);
}

/* What is left, tempfile_recover() finds. */
START_TEST (the_killed_leave_the_old_file_or_the_new_one)
{
    int rounds = test_number ("TEMPFILE_TEST_ROUNDS", 60);

    if (!*away)
        return;
    copy_letter (_i, 'A', test_path ("target"));
    ck_assert_int_eq (chmod (test_path ("target"), MODE), 0);
    pid_t reader = fork ();
    if (reader == 0)
        look_for_ever ();
    srand ((unsigned) getpid ());
    for (int i = 0; i < rounds; i++) {
        pid_t child = fork ();
        if (child == 0)
            copy_for_ever (_i);
        usleep ((unsigned) (rand () % 10000));
        test_assert_killed (child);
        ck_assert (test_is_one_letter (test_path ("target"), WHOLE, MODE));
    }
    test_assert_killed (reader);
    ck_assert_int_ge (tempfile_recover (test_dir ()), 0);
    ck_assert_int_eq (test_entries (test_dir ()), 1);
    test_remove_entries (away);
    test_remove_entries (test_dir ());
}
END_TEST

int
main (void)
{
    Suite *s = suite_create ("persist by a copy");
    TCase *tc = test_case (s, "persist by a copy");

    tcase_add_checked_fixture (tc, go_away, come_back);
    tcase_add_loop_test (tc, the_copy_becomes_path_and_the_stream_goes_on_in_it, 0, COMBINATIONS);
    tcase_add_loop_test (tc, what_is_there_is_replaced_or_not, 0, COMBINATIONS);
    tcase_add_loop_test (tc, modes_go_on_as_before, 0, 2);
    tcase_add_loop_test (tc, holes_stay_holes, 0, KINDS);
    tcase_add_loop_test (tc, a_full_disk_leaves_nothing, 0, ALL_KINDS);
    tcase_add_test (tc, what_has_no_stream_is_copied);

    tc = test_case (s, "killed while it copies");
    tcase_add_checked_fixture (tc, go_away, come_back);
    tcase_set_timeout (tc, 300);
    tcase_add_loop_test (tc, the_killed_leave_the_old_file_or_the_new_one, 0, KINDS);
    return test_main (s);
}
