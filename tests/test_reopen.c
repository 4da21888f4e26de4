/* SPDX-License-Identifier: MIT */
/*
 * tempfile_reopen(): a second, independent stream on the same file, in whatever mode, whether
 * the file has a name or not and whatever has become of the name.
 */
#include "common.h"

#include <limits.h>

static FILE *
open_with (int kind, const char *text)
{
    FILE *f = test_open (kind, NULL);

    ck_assert_int_ge (fputs (text, f), 0);
    return f;
}

static FILE *
reopen (FILE *f, const char *mode)
{
    FILE *g = tempfile_reopen (f, mode);

    ck_assert_msg (g != NULL, "mode %s: %s", mode ? mode : "NULL", tempfile_errmsg ());
    return g;
}

static const char *
read_all (FILE *f)
{
    static char text[256];

    size_t n = fread (text, 1, sizeof text - 1, f);
    ck_assert_int_eq (ferror (f), 0);
    text[n] = '\0';
    return text;
}

static bool
same_file (FILE *f, FILE *g)
{
    struct stat a, b;

    ck_assert_int_eq (fstat (tempfile_fileno (f), &a), 0);
    ck_assert_int_eq (fstat (tempfile_fileno (g), &b), 0);
    return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

START_TEST (second_stream_sees_what_the_first_had_buffered)
{
    FILE *f = open_with (_i, "not flushed");
    FILE *g = reopen (f, "rb");

    ck_assert (same_file (f, g));
    ck_assert_str_eq (read_all (g), "not flushed");
    assert_closes (g);
    assert_closes (f);
}
END_TEST

START_TEST (second_stream_sees_what_the_first_flushes_later)
{
    FILE *f = open_with (_i, "one");
    FILE *g = reopen (f, "rb");

    ck_assert_str_eq (read_all (g), "one");
    ck_assert_int_ge (fputs ("two", f), 0);
    ck_assert_int_eq (fflush (f), 0);
    clearerr (g);
    ck_assert_str_eq (read_all (g), "two");
    assert_closes (g);
    assert_closes (f);
}
END_TEST

START_TEST (positions_are_independent)
{
    FILE *f = open_with (_i, "0123456789");
    FILE *g = reopen (f, NULL);

    ck_assert_int_eq (ftello (f), 10);
    ck_assert_int_eq (ftello (g), 0);
    ck_assert_int_eq (fgetc (g), '0');
    ck_assert_int_eq (fseeko (g, 5, SEEK_SET), 0);
    ck_assert_int_ge (fputs ("ABC", g), 0);
    ck_assert_int_eq (fflush (g), 0);
    ck_assert_int_eq (ftello (f), 10);
    ck_assert_int_ge (fputs ("!", f), 0);
    ck_assert_int_eq (fflush (f), 0);
    assert_contents (f, "01234ABC89!");
    rewind (f);
    ck_assert_str_eq (read_all (f), "01234ABC89!");
    ck_assert_int_eq (ftello (g), 8);
    assert_closes (g);
    assert_closes (f);
}
END_TEST

START_TEST (position_of_the_first_stream_is_not_touched)
{
    FILE *f = open_with (_i, "0123456789");

    rewind (f);
    ck_assert_int_eq (fgetc (f), '0');
    ck_assert_int_eq (fgetc (f), '1');
    assert_closes (reopen (f, "rb"));
    ck_assert_int_eq (ftello (f), 2);
    ck_assert_str_eq (read_all (f), "23456789");
    assert_closes (f);
}
END_TEST

static const struct {
    const char *mode;
    int access, append;
    const char *contents; /* after reopening a file with "old" in it, and writing "N" */
} rows[] = {
    {NULL, O_RDWR, 0, "Nld"},          {"r+b", O_RDWR, 0, "Nld"},
    {"rb", O_RDONLY, 0, NULL},         {"wb", O_WRONLY, 0, "N"},
    {"w+b", O_RDWR, 0, "N"},           {"ab", O_WRONLY, O_APPEND, "oldN"},
    {"a+b", O_RDWR, O_APPEND, "oldN"}, {"b+r", O_RDWR, 0, "Nld"},
};

static void
check_mode (int kind, int row)
{
    char text[16] = "";
    FILE *f = open_with (kind, "old");
    FILE *g = reopen (f, rows[row].mode);
    int flags = fcntl (tempfile_fileno (g), F_GETFL);

    ck_assert_int_eq (flags & O_ACCMODE, rows[row].access);
    ck_assert_int_eq (flags & O_APPEND, rows[row].append);
    ck_assert_int_ne (fcntl (tempfile_fileno (g), F_GETFD) & FD_CLOEXEC, 0);
    if (rows[row].contents) {
        ck_assert_int_eq (fputc ('N', g), 'N');
        ck_assert_int_eq (fflush (g), 0);
    } else {
        ck_assert (fputc ('N', g) == EOF || fflush (g) == EOF);
    }
    (void) fclose (g);
    test_bytes (f, text, sizeof text - 1);
    ck_assert_str_eq (text, rows[row].contents ? rows[row].contents : "old");
    assert_closes (f);
}

START_TEST (mode_means_what_it_does_for_an_existing_file)
{
    for (int row = 0; row < LENGTH (rows); row++)
        check_mode (_i, row);
}
END_TEST

START_TEST (w_truncates)
{
    FILE *f = open_with (_i, "old");
    FILE *g = reopen (f, "wb");

    ck_assert_int_eq (test_size (f), 0);
    assert_closes (g);
    ck_assert_int_eq (test_size (f), 0);
    assert_closes (f);
}
END_TEST

START_TEST (x_finds_the_file_existing)
{
    static const char *const modes[] = {"xb", "x+b", "bx"};
    FILE *f = open_with (_i, "old");

    for (int i = 0; i < LENGTH (modes); i++)
        assert_null (tempfile_reopen (f, modes[i]), EEXIST, NULL);
    ck_assert_int_eq (fflush (f), 0);
    assert_contents (f, "old");
    assert_closes (f);
}
END_TEST

START_TEST (bad_mode_is_refused)
{
    static const char *const modes[] = {"", "q", "b", "rwb", "w++b", "rbb", "rU", "rbt"};
    FILE *f = open_with (_i, "old");

    for (int i = 0; i < LENGTH (modes); i++) {
        char words[32];
        snprintf (words, sizeof words, "mode '%s'", modes[i]);
        assert_null (tempfile_reopen (f, modes[i]), EINVAL, words);
    }
    ck_assert_int_eq (fflush (f), 0);
    assert_contents (f, "old");
    assert_closes (f);
}
END_TEST

START_TEST (text_mode_on_a_binary_stream_takes_the_defaults)
{
    if (!test_has_text ())
        return;
    FILE *f = open_with (_i, "a\r\nb");
    FILE *g = tempfile_reopen (f, "r");
    char text[8];

    ck_assert_ptr_nonnull (g);
    ck_assert_ptr_nonnull (fgets (text, sizeof text, g));
    ck_assert_str_eq (text, "a\n");
    assert_closes (g);
    assert_closes (f);
}
END_TEST

/* --- the name --- */

START_TEST (name_that_was_unlinked_does_not_matter)
{
    FILE *f = open_with (NAMED, "still");

    ck_assert_int_eq (unlink (tempfile_name (f)), 0);
    FILE *g = reopen (f, "r+b");
    ck_assert (same_file (f, g));
    ck_assert_str_eq (read_all (g), "still");
    ck_assert_int_eq (test_entries (test_dir ()), 0);
    assert_closes (g);
    assert_closes (f);
}
END_TEST

START_TEST (name_that_is_another_file_s_now_does_not_matter)
{
    char text[16];
    FILE *f = open_with (NAMED, "mine");
    const char *name = tempfile_name (f);

    test_write_file (test_path ("other"), "other");
    ck_assert_int_eq (rename (test_path ("other"), name), 0);
    FILE *g = reopen (f, "r+b");
    ck_assert (same_file (f, g));
    ck_assert_str_eq (read_all (g), "mine");
    assert_closes (g);
    g = reopen (f, "wb");
    ck_assert (same_file (f, g));
    assert_closes (g);
    test_read_file (name, text, sizeof text);
    ck_assert_str_eq (text, "other");
    assert_closes (f);
}
END_TEST

START_TEST (name_that_is_a_symbolic_link_now_does_not_matter)
{
    char text[16];
    FILE *f = open_with (NAMED, "mine");
    const char *name = tempfile_name (f), *victim = test_path ("victim");

    test_write_file (victim, "victim");
    ck_assert_int_eq (unlink (name), 0);
    ck_assert_int_eq (symlink (victim, name), 0);
    FILE *g = reopen (f, "wb");
    ck_assert (same_file (f, g));
    assert_closes (g);
    test_read_file (victim, text, sizeof text);
    ck_assert_str_eq (text, "victim");
    assert_closes (f);
    ck_assert_int_eq (unlink (victim), 0);
}
END_TEST

START_TEST (second_stream_has_no_name_and_deletes_nothing)
{
    FILE *f = open_with (NAMED, "text");
    FILE *g = reopen (f, "r+b");

    assert_null (tempfile_name (g), EINVAL, "name");
    assert_minus_1 (tempfile_keep (g), EINVAL, "name");
    assert_null (tempfile_into_path (g), EINVAL, "name");
    ck_assert_int_eq (tempfile_close (g), 0);
    ck_assert (test_exists (tempfile_name (f)));
    assert_closes (f);
}
END_TEST

START_TEST (second_stream_outlives_the_first)
{
    FILE *f = open_with (_i, "text");
    FILE *g = reopen (f, NULL);

    assert_closes (f);
    ck_assert_int_eq (test_entries (test_dir ()), 0);
    ck_assert_str_eq (read_all (g), "text");
    ck_assert_int_eq (fseeko (g, 0, SEEK_CUR), 0);
    ck_assert_int_ge (fputs (" more", g), 0);
    rewind (g);
    ck_assert_str_eq (read_all (g), "text more");
    assert_closes (g);
}
END_TEST

/* --- what a second stream can do --- */

START_TEST (second_stream_can_be_reopened_too)
{
    FILE *f = open_with (_i, "one");
    FILE *g = reopen (f, "ab");

    ck_assert_int_ge (fputs ("two", g), 0);
    FILE *h = reopen (g, "rb");
    assert_closes (f);
    assert_closes (g);
    ck_assert_str_eq (read_all (h), "onetwo");
    assert_closes (h);
}
END_TEST

/* As in Python, where "a" begins at the end. */
START_TEST (second_stream_that_appends_is_at_the_end)
{
    static const char *const modes[] = {"ab", "a+b", "a", "a+"};
    FILE *f = open_with (_i, "one");

    for (int i = 0; i < (test_has_text () ? LENGTH (modes) : 2); i++) {
        FILE *g = reopen (f, modes[i]);
        ck_assert_int_eq (ftello (g), 3);
        ck_assert_int_eq (lseek (tempfile_fileno (g), 0, SEEK_CUR), 3);
        assert_closes (g);
    }
    assert_closes (f);
}
END_TEST

START_TEST (second_stream_can_truncate)
{
    FILE *f = open_with (_i, "abcdef");
    FILE *g = reopen (f, "r+b");

    ck_assert_int_eq (tempfile_truncate (g, 2), 0);
    ck_assert_int_eq (test_size (f), 2);
    ck_assert_int_ge (tempfile_fileno (g), 0);
    ck_assert_int_ne (tempfile_fileno (g), tempfile_fileno (f));
    assert_closes (g);
    g = reopen (f, "rb");
    assert_minus_1 (tempfile_truncate (g, 0), EINVAL, NULL);
    assert_closes (g);
    assert_closes (f);
}
END_TEST

START_TEST (stream_of_any_mode_can_be_reopened_in_any_other)
{
    static const char *const first[] = {"rb", "wb", "ab", "x+b"};
    static const char *const second[] = {"rb", "r+b", "ab", "w+b"};

    for (int i = 0; i < LENGTH (first); i++)
        for (int j = 0; j < LENGTH (second); j++) {
            FILE *f = test_open (_i, first[i]);
            FILE *g = reopen (f, second[j]);
            ck_assert (same_file (f, g));
            assert_closes (g);
            assert_closes (f);
        }
}
END_TEST

/* Permissions bind the second opening, as they would bind open(). */
static void
reopen_readonly (void *arg)
{
    FILE *f = *(int *) arg ? NamedTemporaryFile (.permissions = 0400)
                           : TemporaryFile (.permissions = 0400);

    ck_assert_ptr_nonnull (f);
    ck_assert_int_ge (fputs ("text", f), 0);
    assert_null (tempfile_reopen (f, "r+b"), EACCES, NULL);
    assert_null (tempfile_reopen (f, "wb"), EACCES, NULL);
    FILE *g = reopen (f, "rb");
    ck_assert_str_eq (read_all (g), "text");
    assert_closes (g);
    assert_closes (f);
}

START_TEST (permissions_of_the_file_bind)
{
    test_as_user (reopen_readonly, &_i);
}
END_TEST

static void
add_tests (TCase *tc)
{
    tcase_add_loop_test (tc, second_stream_sees_what_the_first_had_buffered, 0, KINDS);
    tcase_add_loop_test (tc, second_stream_sees_what_the_first_flushes_later, 0, KINDS);
    tcase_add_loop_test (tc, positions_are_independent, 0, KINDS);
    tcase_add_loop_test (tc, position_of_the_first_stream_is_not_touched, 0, KINDS);
    tcase_add_loop_test (tc, mode_means_what_it_does_for_an_existing_file, 0, KINDS);
    tcase_add_loop_test (tc, w_truncates, 0, KINDS);
    tcase_add_loop_test (tc, x_finds_the_file_existing, 0, KINDS);
    tcase_add_loop_test (tc, bad_mode_is_refused, 0, KINDS);
    tcase_add_loop_test (tc, text_mode_on_a_binary_stream_takes_the_defaults, 0, KINDS);
    tcase_add_loop_test (tc, second_stream_outlives_the_first, 0, KINDS);
    tcase_add_loop_test (tc, second_stream_can_be_reopened_too, 0, KINDS);
    tcase_add_loop_test (tc, second_stream_that_appends_is_at_the_end, 0, KINDS);
    tcase_add_loop_test (tc, second_stream_can_truncate, 0, KINDS);
    tcase_add_loop_test (tc, stream_of_any_mode_can_be_reopened_in_any_other, 0, KINDS);
    tcase_add_loop_test (tc, permissions_of_the_file_bind, 0, 2);
}

int
main (void)
{
    Suite *s = suite_create ("reopen");

    add_tests (test_case (s, "reopen"));
    TCase *tc = test_case (s, "reopen without O_TMPFILE");
    tcase_add_checked_fixture (tc, test_without_o_tmpfile, NULL);
    add_tests (tc);

    tc = test_case (s, "name");
    tcase_add_test (tc, name_that_was_unlinked_does_not_matter);
    tcase_add_test (tc, name_that_is_another_file_s_now_does_not_matter);
    tcase_add_test (tc, name_that_is_a_symbolic_link_now_does_not_matter);
    tcase_add_test (tc, second_stream_has_no_name_and_deletes_nothing);
    return test_main (s);
}
