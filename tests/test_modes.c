/* SPDX-License-Identifier: MIT */
/*
 * Modes: each letter becomes the flags of the descriptor that fcntl() shows, and does what it
 * says, on every kind of stream, on a file system with O_TMPFILE and on one without.
 */
#include "common.h"

static const struct {
    const char *mode;
    int access, append;
} rows[] = {
    {NULL, O_RDWR, 0},         {"rb", O_RDONLY, 0}, {"r+b", O_RDWR, 0}, {"wb", O_WRONLY, 0},
    {"w+b", O_RDWR, 0},        {"xb", O_WRONLY, 0}, {"x+b", O_RDWR, 0}, {"ab", O_WRONLY, O_APPEND},
    {"a+b", O_RDWR, O_APPEND}, {"bw", O_WRONLY, 0}, {"+rb", O_RDWR, 0}, {"wbe", O_WRONLY, 0},
    {"b+a", O_RDWR, O_APPEND},
};

START_TEST (flags_of_the_descriptor_are_those_of_the_mode)
{
    for (int i = 0; i < LENGTH (rows); i++) {
        FILE *f = test_open (_i, rows[i].mode);
        int flags = fcntl (tempfile_fileno (f), F_GETFL);
        ck_assert_msg ((flags & O_ACCMODE) == rows[i].access, "mode %s", rows[i].mode);
        ck_assert_msg ((flags & O_APPEND) == rows[i].append, "mode %s", rows[i].mode);
        ck_assert_int_eq (fcntl (tempfile_fileno (f), F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
        assert_closes (f);
    }
}
END_TEST

START_TEST (file_is_new_empty_and_private_in_every_mode)
{
    for (int i = 0; i < LENGTH (rows); i++) {
        struct stat st;
        FILE *f = test_open (_i, rows[i].mode);
        ck_assert_int_eq (fstat (tempfile_fileno (f), &st), 0);
        ck_assert_int_eq (st.st_size, 0);
        ck_assert_int_eq (st.st_mode, S_IFREG | 0600);
        ck_assert_int_eq (ftello (f), 0);
        assert_closes (f);
    }
}
END_TEST

START_TEST (r_reads_end_of_file_and_refuses_to_write)
{
    FILE *f = test_open (_i, "rb");

    ck_assert_int_eq (fgetc (f), EOF);
    ck_assert (feof (f) && !ferror (f));
    clearerr (f);
    ck_assert (fputc ('x', f) == EOF || fflush (f) == EOF);
    ck_assert (ferror (f));
    ck_assert_int_eq (test_size (f), 0);
    (void) fclose (f);
}
END_TEST

START_TEST (r_sees_what_another_stream_writes)
{
    FILE *f = test_open (_i, "rb");
    FILE *writer = tempfile_reopen (f, "wb");

    ck_assert_msg (writer != NULL, "%s", tempfile_errmsg ());
    ck_assert_int_ge (fputs ("news", writer), 0);
    assert_closes (writer);
    ck_assert_int_eq (fgetc (f), 'n');
    assert_closes (f);
}
END_TEST

START_TEST (r_plus_writes_and_reads_back)
{
    FILE *f = test_open (_i, "r+b");

    ck_assert_int_ge (fputs ("both", f), 0);
    rewind (f);
    ck_assert_int_eq (fgetc (f), 'b');
    assert_closes (f);
}
END_TEST

static const char *const writing[] = {"wb", "xb", "ab"};
static const char *const both[] = {"w+b", "x+b", "r+b"};

START_TEST (w_x_a_write_and_refuse_to_read)
{
    for (int i = 0; i < LENGTH (writing); i++) {
        FILE *f = test_open (_i, writing[i]);
        ck_assert_int_ge (fputs ("text", f), 0);
        ck_assert_int_eq (fflush (f), 0);
        assert_contents (f, "text");
        rewind (f);
        ck_assert_int_eq (fgetc (f), EOF);
        ck_assert (ferror (f) && !feof (f));
        (void) fclose (f);
    }
}
END_TEST

START_TEST (w_x_overwrite_after_going_back)
{
    for (int i = 0; i < LENGTH (both); i++) {
        FILE *f = test_open (_i, both[i]);
        ck_assert_int_ge (fputs ("abc", f), 0);
        rewind (f);
        ck_assert_int_ge (fputs ("X", f), 0);
        ck_assert_int_eq (fflush (f), 0);
        assert_contents (f, "Xbc");
        ck_assert_int_eq (ftello (f), 1);
        assert_closes (f);
    }
}
END_TEST

START_TEST (a_writes_at_the_end_wherever_the_stream_is)
{
    FILE *f = test_open (_i, "ab");

    ck_assert_int_ge (fputs ("one", f), 0);
    rewind (f);
    ck_assert_int_ge (fputs ("two", f), 0);
    ck_assert_int_eq (fflush (f), 0);
    assert_contents (f, "onetwo");
    ck_assert_int_eq (ftello (f), 6);
    assert_closes (f);
}
END_TEST

START_TEST (a_plus_reads_anywhere_and_writes_at_the_end)
{
    char text[8] = "";
    FILE *f = test_open (_i, "a+b");

    ck_assert_int_ge (fputs ("one", f), 0);
    rewind (f);
    ck_assert_uint_eq (fread (text, 1, 2, f), 2);
    ck_assert_str_eq (text, "on");
    ck_assert_int_eq (fseeko (f, 1, SEEK_SET), 0);
    ck_assert_int_ge (fputs ("two", f), 0);
    ck_assert_int_eq (fflush (f), 0);
    ck_assert_int_eq (ftello (f), 6);
    assert_contents (f, "onetwo");
    ck_assert_int_eq (fseeko (f, 2, SEEK_SET), 0);
    ck_assert_uint_eq (fread (text, 1, 4, f), 4);
    ck_assert_str_eq (text, "etwo");
    assert_closes (f);
}
END_TEST

START_TEST (two_appending_streams_do_not_overwrite_each_other)
{
    FILE *f = test_open (_i, "a+b");
    FILE *g = tempfile_reopen (f, "ab");

    ck_assert_ptr_nonnull (g);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_ge (fputs ("f", f), 0);
        ck_assert_int_eq (fflush (f), 0);
        ck_assert_int_ge (fputs ("g", g), 0);
        ck_assert_int_eq (fflush (g), 0);
    }
    assert_contents (f, "fgfgfg");
    ck_assert_int_eq (ftello (g), 6);
    assert_closes (g);
    assert_closes (f);
}
END_TEST

static void
add_tests (TCase *tc)
{
    tcase_add_loop_test (tc, flags_of_the_descriptor_are_those_of_the_mode, 0, KINDS);
    tcase_add_loop_test (tc, file_is_new_empty_and_private_in_every_mode, 0, KINDS);
    tcase_add_loop_test (tc, r_reads_end_of_file_and_refuses_to_write, 0, KINDS);
    tcase_add_loop_test (tc, r_sees_what_another_stream_writes, 0, KINDS);
    tcase_add_loop_test (tc, r_plus_writes_and_reads_back, 0, KINDS);
    tcase_add_loop_test (tc, w_x_a_write_and_refuse_to_read, 0, KINDS);
    tcase_add_loop_test (tc, w_x_overwrite_after_going_back, 0, KINDS);
    tcase_add_loop_test (tc, a_writes_at_the_end_wherever_the_stream_is, 0, KINDS);
    tcase_add_loop_test (tc, a_plus_reads_anywhere_and_writes_at_the_end, 0, KINDS);
    tcase_add_loop_test (tc, two_appending_streams_do_not_overwrite_each_other, 0, KINDS);
}

int
main (void)
{
    Suite *s = suite_create ("modes");

    add_tests (test_case (s, "modes"));
    TCase *tc = test_case (s, "modes without O_TMPFILE");
    tcase_add_checked_fixture (tc, test_without_o_tmpfile, NULL);
    add_tests (tc);
    return test_main (s);
}
