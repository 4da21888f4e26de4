/* SPDX-License-Identifier: MIT */
/*
 * tempfile_errmsg(), tempfile_version() and errno: a failure is told in one line, to the thread
 * that had it, and stays until the next one.
 */
#include "common.h"

#include <ctype.h>
#include <pthread.h>

START_TEST (message_is_empty_before_the_first_failure)
{
    ck_assert_str_eq (tempfile_errmsg (), "");
    assert_closes (test_open (_i, NULL));
    ck_assert_str_eq (tempfile_errmsg (), "");
}
END_TEST

START_TEST (message_says_what_was_wrong_with_which_option)
{
    assert_null (TemporaryFile (.mode = "q"), EINVAL,
                 "mode 'q': must have exactly one of r, w, x, a");
}
END_TEST

START_TEST (message_is_of_the_last_failure)
{
    assert_null (TemporaryFile (.mode = "q"), EINVAL, "mode 'q'");
    assert_null (NamedTemporaryFile (.dir = "/nonexistent"), ENOENT, "dir|/nonexistent");
    ck_assert_ptr_null (strstr (tempfile_errmsg (), "'q'"));
    assert_minus_1 (tempfile_unlink ("/strange"), ENOENT, "/strange");
    ck_assert_ptr_null (strstr (tempfile_errmsg (), "/nonexistent"));
}
END_TEST

START_TEST (message_is_not_cleared_by_success)
{
    char message[512];

    assert_null (TemporaryFile (.mode = "q"), EINVAL, "mode 'q'");
    snprintf (message, sizeof message, "%s", tempfile_errmsg ());
    assert_closes (test_open (_i, NULL));
    ck_assert_ptr_nonnull (tempfile_gettempdir ());
    ck_assert_str_eq (tempfile_errmsg (), message);
}
END_TEST

START_TEST (message_is_one_line_of_printable_text_whatever_was_given)
{
    static const char *const dirs[] = {"/no\nsuch",   "/no\rsuch",   "/no\tsuch",
                                       "/no\x1bsuch", "/no\x7fsuch", "/no%s%nsuch"};

    for (int i = 0; i < LENGTH (dirs); i++) {
        assert_null (TemporaryFile (.dir = dirs[i]), ENOENT, "dir");
        for (const char *p = tempfile_errmsg (); *p; p++)
            ck_assert_msg (!iscntrl ((unsigned char) *p), "byte %d", *p);
    }
    assert_null (TemporaryFile (.dir = "/no%s%nsuch"), ENOENT, "/no%s%nsuch");
}
END_TEST

START_TEST (message_about_something_very_long_is_one_line_too)
{
    char name[200000];

    memset (name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    assert_null (NamedTemporaryFile (.dir = name), ENAMETOOLONG, "dir");
    assert_null (NamedTemporaryFile (.prefix = name), ENAMETOOLONG, "prefix");
    assert_null (NamedTemporaryFile (.suffix = name), ENAMETOOLONG, "suffix");
    assert_null (NamedTemporaryFile (.mode = name), EINVAL, "mode");
    if (test_has_text ())
        assert_null (NamedTemporaryFile (.encoding = name), EINVAL, "encoding");
    assert_minus_1 (tempfile_unlink (name), ENOENT, NULL);
    assert_minus_1 (tempfile_settempdir (name), ENAMETOOLONG, NULL);
}
END_TEST

/* --- what stdio's functions fail with --- */

static bool
says (const char *words)
{
    return !test_why_not (true, 0, 0, words);
}

/* From now on nothing can be written to the stream's file, or read. Returns the descriptor that
 * would make it possible again. */
static int
break_descriptor (FILE *f)
{
    int fd = tempfile_fileno (f), saved = dup (fd), root = open ("/", O_RDONLY | O_DIRECTORY);

    ck_assert_int_ge (root, 0);
    ck_assert_int_ge (saved, 0);
    ck_assert_int_eq (dup2 (root, fd), fd);
    ck_assert_int_eq (close (root), 0);
    return saved;
}

static void
mend_descriptor (FILE *f, int saved)
{
    int fd = tempfile_fileno (f);
    ck_assert_int_eq (dup2 (saved, fd), fd);
    ck_assert_int_eq (close (saved), 0);
}

/* At the flush that failed, and again at the close, though all has been mended by then. */
START_TEST (failed_write_names_the_file_until_the_close)
{
    FILE *f = test_open (_i, NULL);
    const char *name = _i == NAMED ? tempfile_name (f) : "the stream";
    char words[512];

    snprintf (words, sizeof words, "cannot write to|%s|%s", name, strerror (EBADF));
    int saved = break_descriptor (f);
    ck_assert_int_ge (fputs ("text", f), 0);
    ck_assert_int_eq (fflush (f), EOF);
    ck_assert_msg (says (words), "%s", tempfile_errmsg ());
    mend_descriptor (f, saved);
    assert_null (TemporaryFile (.mode = "q"), EINVAL, "mode");
    assert_close_fails (f, EBADF);
    ck_assert_msg (says (words), "%s", tempfile_errmsg ());
}
END_TEST

START_TEST (write_that_fails_only_at_the_close_names_the_file)
{
    FILE *f = test_open (NAMED, NULL);
    char words[512];

    snprintf (words, sizeof words, "cannot write to|%s", tempfile_name (f));
    ck_assert_int_ge (fputs ("text", f), 0);
    close (break_descriptor (f));
    assert_close_fails (f, EBADF);
    ck_assert_msg (says (words), "%s", tempfile_errmsg ());
}
END_TEST

START_TEST (failed_read_names_the_file)
{
    FILE *f = test_open (NAMED, NULL);
    char words[512];

    snprintf (words, sizeof words, "cannot read|%s|%s", tempfile_name (f), strerror (EISDIR));
    int saved = break_descriptor (f);
    ck_assert_int_eq (getc (f), EOF);
    ck_assert_msg (says (words), "%s", tempfile_errmsg ());
    mend_descriptor (f, saved);
    assert_closes (f);
}
END_TEST

START_TEST (spool_that_cannot_move_says_where_to)
{
    FILE *f = SpooledTemporaryFile (.max_size = 4, .dir = "/nonexistent");

    ck_assert_ptr_nonnull (f);
    ck_assert_int_ge (fputs ("12345", f), 0);
    ck_assert_int_eq (fflush (f), EOF);
    ck_assert_msg (says ("cannot write to the stream|/nonexistent"), "%s", tempfile_errmsg ());
    assert_close_fails (f, ENOENT);
}
END_TEST

static const struct {
    const char *encoding, *text, *words;
} conversions[] = {
    {"cp1252", "abc\xce\xa9", "cp1252|U+03A9|offset 3"},
    {"ascii", "\xf0\x9f\x98\x80", "ascii|U+1F600|offset 0"},
    {"koi8-r", "\n\xe2\x82\xac\n", "koi8_r|U+20AC|offset 1"},
    {"utf-16", "\xc3\xa9\xff", "UTF-8|0xff|offset 2"},
    {"utf-8", "a\xed\xa0\x80", "utf_8|U+D800|offset 1"},
};

START_TEST (failed_conversion_names_file_character_offset_and_encoding)
{
    if (!test_has_text ())
        return;
    FILE *f = NamedTemporaryFile (.mode = "w", .encoding = conversions[_i].encoding);
    char words[512];

    ck_assert_ptr_nonnull (f);
    snprintf (words, sizeof words, "%s|%s", tempfile_name (f), conversions[_i].words);
    ck_assert_int_ge (fputs (conversions[_i].text, f), 0);
    ck_assert_int_eq (fflush (f), EOF);
    ck_assert_msg (says (words), "%s", tempfile_errmsg ());
    assert_minus_1 (tempfile_finish (&f), EILSEQ, words);
}
END_TEST

START_TEST (bytes_that_cannot_be_read_as_text_are_named)
{
    if (!test_has_text ())
        return;
    FILE *f = NamedTemporaryFile (.mode = "w+", .encoding = "cp1252", .newline = "\r\n");
    char words[512];

    ck_assert_ptr_nonnull (f);
    snprintf (words, sizeof words, "%s|cp1252|0x81|offset 4 of the file", tempfile_name (f));
    FILE *bytes = tempfile_reopen (f, "r+b");
    ck_assert_ptr_nonnull (bytes);
    ck_assert_int_ge (fputs ("ab\r\n\x81", bytes), 0);
    assert_closes (bytes);
    ck_assert_int_eq (getc (f), 'a');
    while (getc (f) != EOF)
        continue;
    ck_assert_msg (says (words), "%s", tempfile_errmsg ());
    assert_closes (f);
}
END_TEST

static int
fail_at_close (void *arg)
{
    (void) arg;
    errno = ENOSPC;
    return -1;
}

START_TEST (failed_hook_is_told_as_one)
{
    FILE *f = TemporaryFile (.on_close = fail_at_close);

    ck_assert_ptr_nonnull (f);
    assert_close_fails (f, ENOSPC);
    ck_assert_msg (says ("at close"), "%s", tempfile_errmsg ());
    ck_assert_ptr_nonnull (strstr (tempfile_errmsg (), strerror (ENOSPC)));
}
END_TEST

/* --- threads --- */

struct result {
    char before[512], after[512];
};

static void *
fail_in_thread (void *arg)
{
    struct result *r = arg;

    snprintf (r->before, sizeof r->before, "%s", tempfile_errmsg ());
    if (TemporaryFile (.mode = "thread"))
        abort ();
    snprintf (r->after, sizeof r->after, "%s", tempfile_errmsg ());
    return NULL;
}

START_TEST (message_is_the_thread_s_own)
{
    pthread_t thread;
    struct result r;

    assert_null (TemporaryFile (.mode = "main"), EINVAL, "'main'");
    ck_assert_int_eq (pthread_create (&thread, NULL, fail_in_thread, &r), 0);
    ck_assert_int_eq (pthread_join (thread, NULL), 0);
    ck_assert_str_eq (r.before, "");
    ck_assert_ptr_nonnull (strstr (r.after, "'thread'"));
    ck_assert_ptr_nonnull (strstr (tempfile_errmsg (), "'main'"));
}
END_TEST

/* --- errno --- */

START_TEST (errno_is_left_alone_by_what_succeeds_in_a_scope_guard)
{
    errno = 12345;
    {
        tempfile_auto FILE *f = test_open (_i, NULL);
        errno = 12345;
        (void) f;
    }
    ck_assert_int_eq (errno, 12345);
}
END_TEST

static int
succeed (void *arg)
{
    (void) arg;
    return 0;
}

START_TEST (null_stream_is_an_error_not_a_crash)
{
    assert_null (tempfile_name (NULL), EINVAL, "tempfile_name|stream");
    assert_minus_1 (tempfile_fileno (NULL), EINVAL, "tempfile_fileno|stream");
    assert_minus_1 (tempfile_truncate (NULL, 0), EINVAL, "tempfile_truncate|stream");
    assert_minus_1 (tempfile_keep (NULL), EINVAL, "tempfile_keep|stream");
    assert_null (tempfile_into_path (NULL), EINVAL, "tempfile_into_path|stream");
    assert_null (tempfile_reopen (NULL, NULL), EINVAL, "tempfile_reopen|stream");
    assert_minus_1 (tempfile_unlink (NULL), EINVAL, "tempfile_unlink|path");
    assert_minus_1 (tempfile_keep_path (NULL), EINVAL, "tempfile_keep_path|path");
    assert_minus_1 (tempfile_register (NULL), EINVAL, "tempfile_register|path");
    assert_minus_1 (tempfile_close (NULL), EINVAL, "tempfile_close|stream");
    assert_minus_1 (tempfile_finish (NULL), EINVAL, "tempfile_finish|stream");
    assert_minus_1 (tempfile_on_close (NULL, succeed, NULL), EINVAL, "tempfile_on_close|stream");
    assert_minus_1 (tempfile_rollover (NULL), EINVAL, "tempfile_rollover|stream");
    assert_minus_1 (tempfile_persist (NULL, "path", 0), EINVAL, "tempfile_persist|stream");
}
END_TEST

START_TEST (null_function_is_an_error_not_a_crash)
{
    FILE *f = test_open (CUSTOM, NULL);
    char *path;

    assert_minus_1 (tempfile_on_close (f, NULL, NULL), EINVAL, "function");
    assert_minus_1 (tempfile_add_audit_hook (NULL, NULL), EINVAL, "function");
    assert_minus_1 (tempfile_make (&path, NULL, NULL, NULL, 0), EINVAL, "function");
    assert_closes (f);
}
END_TEST

START_TEST (message_is_not_of_what_a_call_that_succeeded_tried)
{
    ck_assert_int_eq (setenv ("TMPDIR", "/proc/nonexistent", 1), 0);
    ck_assert_int_eq (setenv ("TEMP", test_dir (), 1), 0);
    ck_assert_int_eq (tempfile_settempdir (NULL), 0);
    ck_assert_str_eq (tempfile_gettempdir (), test_dir ());
    ck_assert_str_eq (tempfile_errmsg (), "");
    ck_assert_ptr_null (NamedTemporaryFile (.mode = "q"));
    char *before = strdup (tempfile_errmsg ());
    ck_assert_int_eq (tempfile_settempdir (NULL), 0);
    ck_assert_str_eq (tempfile_errmsg (), before);
    free (before);
}
END_TEST

/* --- the version --- */

START_TEST (version_is_three_numbers_and_that_of_the_package)
{
    int numbers[3], end = 0;

    ck_assert_int_eq (
        sscanf (tempfile_version (), "%d.%d.%d%n", &numbers[0], &numbers[1], &numbers[2], &end), 3);
    ck_assert_str_eq (tempfile_version () + end, "");
    ck_assert_str_eq (tempfile_version (), PACKAGE_VERSION);
}
END_TEST

int
main (void)
{
    Suite *s = suite_create ("errmsg");

    TCase *tc = test_case (s, "message");
    tcase_add_loop_test (tc, message_is_empty_before_the_first_failure, 0, KINDS);
    tcase_add_test (tc, message_says_what_was_wrong_with_which_option);
    tcase_add_test (tc, message_is_of_the_last_failure);
    tcase_add_test (tc, message_is_not_of_what_a_call_that_succeeded_tried);
    tcase_add_loop_test (tc, message_is_not_cleared_by_success, 0, KINDS);
    tcase_add_test (tc, message_is_one_line_of_printable_text_whatever_was_given);
    tcase_add_test (tc, message_about_something_very_long_is_one_line_too);
    tcase_add_test (tc, message_is_the_thread_s_own);

    tc = test_case (s, "stdio");
    tcase_add_loop_test (tc, failed_write_names_the_file_until_the_close, CUSTOM, KINDS);
    tcase_add_test (tc, write_that_fails_only_at_the_close_names_the_file);
    tcase_add_test (tc, failed_read_names_the_file);
    tcase_add_test (tc, spool_that_cannot_move_says_where_to);
    tcase_add_loop_test (tc, failed_conversion_names_file_character_offset_and_encoding, 0,
                         LENGTH (conversions));
    tcase_add_test (tc, bytes_that_cannot_be_read_as_text_are_named);
    tcase_add_test (tc, failed_hook_is_told_as_one);

    tc = test_case (s, "errno");
    tcase_add_loop_test (tc, errno_is_left_alone_by_what_succeeds_in_a_scope_guard, 0, KINDS);
    tcase_add_test (tc, null_stream_is_an_error_not_a_crash);
    tcase_add_test (tc, null_function_is_an_error_not_a_crash);

    tc = test_case (s, "version");
    tcase_add_test (tc, version_is_three_numbers_and_that_of_the_package);
    return test_main (s);
}
