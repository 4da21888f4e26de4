/* SPDX-License-Identifier: MIT */
/*
 * What C and POSIX say about the state of a stream: its orientation, its indicators, and what
 * freopen() makes of it. On streams of every kind, that of tmpfile() among them. CONFORMANCE.md is
 * the table of clauses. Test _i is kind _i.
 */
#include "conformance.h"

#include <locale.h>
#include <signal.h>
#include <sys/resource.h>
#include <wchar.h>

/* --- orientation and wide characters --- */

/* Where configure found that custom streams need help with wide characters, they have none. */
static bool
is_for_bytes (int kind)
{
#ifdef STREAM_WIDE_MEMBER
    return kind >= FIRST_CUSTOM;
#else
    (void) kind;
    return false;
#endif
}

/* Unless they can have but one. */
START_TEST (streams_have_no_orientation_at_first)
{
    FILE *f = open_kind (_i, NULL);

    if (is_for_bytes (_i))
        ck_assert_int_lt (fwide (f, 0), 0);
    else
        ck_assert_int_eq (fwide (f, 0), 0);
    assert_closes (f);
}
END_TEST

/* fwide() sets it where there is none yet, and changes none. */
START_TEST (orientation_stays_what_it_is)
{
    FILE *f = open_kind (_i, NULL), *g = open_kind (_i, NULL);

    ck_assert_int_lt (fwide (f, -1), 0);
    ck_assert_int_lt (fwide (f, 1), 0);
    ck_assert_int_ge (fputs ("bytes", f), 0);
    if (!is_for_bytes (_i)) {
        ck_assert_int_gt (fwide (g, 1), 0);
        ck_assert_int_gt (fwide (g, -1), 0);
    }
    assert_closes (f);
    assert_closes (g);
}
END_TEST

START_TEST (first_operation_gives_the_orientation)
{
    FILE *f = open_kind (_i, NULL), *g = open_kind (_i, NULL);

    ck_assert_int_eq (fputc ('x', f), 'x');
    ck_assert_int_lt (fwide (f, 0), 0);
    if (!is_for_bytes (_i)) {
        ck_assert_int_eq (fputwc (L'x', g), L'x');
        ck_assert_int_gt (fwide (g, 0), 0);
    }
    assert_closes (f);
    assert_closes (g);
}
END_TEST

static bool
use_utf_8 (void)
{
    if (setlocale (LC_CTYPE, "C.UTF-8") || setlocale (LC_CTYPE, "en_US.UTF-8"))
        return true;
    test_skip ("there is no locale with UTF-8");
    return false;
}

static void
write_wide (FILE *f)
{
    ck_assert_int_eq (fputwc (L'\u00e9', f), L'\u00e9');
    ck_assert_int_eq (putwc (L'\n', f), L'\n');
    ck_assert_int_ge (fputws (L"\u20ac uro\n", f), 0);
    ck_assert_int_eq (fwprintf (f, L"%d %ls", 42, L"\U0001f600"), 4);
}

START_TEST (wide_characters_are_written_and_read)
{
    wchar_t text[16];
    int n = 0;
    FILE *f = open_kind (_i, NULL);

    use_utf_8 ();
    if (is_for_bytes (_i)) {
        assert_closes (f);
        return;
    }
    write_wide (f);
    ck_assert_int_eq (fflush (f), 0);
    assert_contents (f, "\xc3\xa9\n\xe2\x82\xac uro\n42 \xf0\x9f\x98\x80");
    rewind (f);
    ck_assert_int_eq (fgetwc (f), L'\u00e9');
    ck_assert_int_eq (ungetwc (L'X', f), L'X');
    ck_assert_ptr_nonnull (fgetws (text, LENGTH (text), f));
    ck_assert (wcscmp (text, L"X\n") == 0);
    ck_assert_int_eq (getwc (f), L'\u20ac');
    ck_assert_int_eq (fwscanf (f, L"%*ls %d %15ls", &n, text), 2);
    ck_assert_int_eq (n, 42);
    ck_assert (wcscmp (text, L"\U0001f600") == 0);
    ck_assert (fgetwc (f) == WEOF && feof (f) && !ferror (f));
    assert_closes (f);
}
END_TEST

/* Mixing both is nothing that C defines. These say that they cannot do it, and bytes go on. */
START_TEST (wide_functions_fail_on_streams_for_bytes)
{
    wchar_t text[8];
    FILE *f = open_kind_with (_i, "bytes");

    ck_assert_int_lt (fwide (f, -1), 0);
    ck_assert (fputwc (L'x', f) == WEOF);
    ck_assert_int_lt (fputws (L"x", f), 0);
    ck_assert_int_lt (fwprintf (f, L"%d", 1), 0);
    ck_assert (fgetwc (f) == WEOF);
    ck_assert (getwc (f) == WEOF);
    ck_assert_ptr_null (fgetws (text, LENGTH (text), f));
    ck_assert_int_le (fwscanf (f, L"%7ls", text), 0);
    clearerr (f);
    rewind (f);
    assert_rest (f, "bytes");
    assert_closes (f);
}
END_TEST

/* What libc does not look at twice; the results go to RESULTS. */
static void
use_as_wide (FILE *f, wint_t results[4])
{
    ck_assert_int_lt (fwide (f, -1), 0);
    ck_assert_int_eq (fgetc (f), 'b');
    results[0] = ungetwc (L'b', f);
    results[1] = ungetwc (WEOF, f);
    rewind (f);
    results[2] = putwc (L'B', f);
    results[3] = putwc (L'\u20ac', f);
    rewind (f);
}

/* Whatever that is: a custom stream is in no more danger than one of libc's that has bytes. What
 * comes of it need not be a text, which says so. */
START_TEST (wide_functions_do_on_streams_for_bytes_what_they_do_on_tmpfile)
{
    wint_t got[4], due[4];
    char bytes[64] = "", reference[64] = "";
    FILE *f = open_kind_with (_i, "bytes"), *g = open_kind_with (LIBC, "bytes");

    use_as_wide (f, got);
    use_as_wide (g, due);
    ck_assert_mem_eq (got, due, sizeof got);
    size_t size = test_bytes (g, reference, sizeof reference);
    size_t have = test_bytes (f, bytes, sizeof bytes);
    assert_closes (g);
    if (_i == TEXT && memcmp (bytes, reference, size) != 0) {
        assert_close_fails (f, EILSEQ);
        return;
    }
    ck_assert_uint_eq (have, size);
    ck_assert_mem_eq (bytes, reference, size);
    assert_closes (f);
}
END_TEST

/* That takes no orientation: the strings are converted by printf and scanf. */
START_TEST (wide_strings_can_be_printed_and_scanned_as_bytes)
{
    wchar_t text[8];
    FILE *f = open_kind (_i, NULL);

    if (!use_utf_8 ()) {
        assert_closes (f);
        return;
    }
    ck_assert_int_eq (fprintf (f, "%ls%lc", L"\u20ac\u00e9", (wint_t) L'x'), 6);
    ck_assert_int_eq (fflush (f), 0);
    assert_contents (f, "\xe2\x82\xac\xc3\xa9x");
    rewind (f);
    ck_assert_int_eq (fscanf (f, "%7ls", text), 1);
    ck_assert (wcscmp (text, L"\u20ac\u00e9x") == 0);
    assert_closes (f);
}
END_TEST

/* --- freopen --- */

/*
 * What freopen() can do with a custom stream is up to libc. Where configure found the means, it
 * works if there is a descriptor; elsewhere it may fail, and must close the stream then.
 */
static bool
may_fail_to_reopen (FILE *f, int kind)
{
#ifdef STREAM_WIDE_MEMBER
    return kind >= FIRST_CUSTOM && fileno (f) < 0;
#else
    (void) f;
    return kind >= FIRST_CUSTOM;
#endif
}

/* As freopen(); NULL where that may fail, and has failed as it should. */
static FILE *
reopen (FILE *f, int kind, const char *path, const char *mode)
{
    bool may_fail = may_fail_to_reopen (f, kind);

    errno = 0;
    FILE *g = freopen (path, mode, f);
    ck_assert_msg (g == f || may_fail, "freopen: %s", strerror (errno));
    if (!g)
        ck_assert_int_eq (errno, EBADF);
    return g;
}

/* Names that custom streams had, and files made to be reopened. */
static void
remove_files (void)
{
    test_remove_entries (test_dir ());
}

/* With what it had not yet written gone to the old one. */
START_TEST (freopen_goes_to_another_file)
{
    FILE *f = open_kind (_i, NULL);

    ck_assert_int_ge (fputs ("left behind", f), 0);
    f = reopen (f, _i, test_path ("other"), "w+");
    if (f) {
        ck_assert_int_ge (fputs ("in the other", f), 0);
        ck_assert_int_eq (fflush (f), 0);
        ck_assert (test_same_file (test_path ("other"), fileno (f)));
        rewind (f);
        assert_rest (f, "in the other");
        assert_closes (f);
    }
    remove_files ();
}
END_TEST

/* The file stays. A spooled stream must have one. */
START_TEST (freopen_without_a_name_changes_the_mode)
{
    FILE *f = open_kind (_i, NULL);

    ck_assert_int_ge (fputs ("text", f), 0);
    ck_assert_int_eq (tempfile_rollover (f), 0);
    f = reopen (f, _i, NULL, "r");
    if (f) {
        assert_rest (f, "text");
        ck_assert_int_eq (fcntl (fileno (f), F_GETFL) & O_ACCMODE, O_RDONLY);
        ck_assert_int_eq (fputc ('x', f), EOF);
        ck_assert_ptr_eq (freopen (NULL, "a+", f), f);
        ck_assert_int_ge (fputs (" and more", f), 0);
        rewind (f);
        assert_rest (f, "text and more");
        assert_closes (f);
    }
    remove_files ();
}
END_TEST

/* Before it closes the old file. */
START_TEST (freopen_writes_out_what_is_buffered)
{
    char text[8] = "";
    FILE *f = open_kind (_i, NULL);
    int fd = fcntl (tempfile_fileno (f), F_DUPFD_CLOEXEC, 0);

    ck_assert_int_ge (fputs ("text", f), 0);
    f = reopen (f, _i, test_path ("other"), "w");
    ck_assert_int_eq (pread (fd, text, sizeof text - 1, 0), 4);
    ck_assert_str_eq (text, "text");
    ck_assert_int_eq (close (fd), 0);
    if (f)
        assert_closes (f);
    remove_files ();
}
END_TEST

/* The stream is as new, and so can also become one for wide characters. */
START_TEST (freopen_clears_indicators_and_orientation)
{
    wchar_t text[8];
    FILE *f = open_kind (_i, "wb");

    ck_assert_int_eq (fgetc (f), EOF);
    ck_assert (ferror (f));
    f = reopen (f, _i, test_path ("other"), "w+");
    if (f) {
        ck_assert (!ferror (f) && !feof (f));
        ck_assert_int_eq (fwide (f, 0), 0);
        ck_assert_int_ge (fputws (L"wide\n", f), 0);
        rewind (f);
        ck_assert_ptr_nonnull (fgetws (text, LENGTH (text), f));
        ck_assert (wcscmp (text, L"wide\n") == 0);
        ck_assert (fgetwc (f) == WEOF && feof (f));
        ck_assert_ptr_eq (freopen (NULL, "r+", f), f);
        ck_assert (!feof (f));
        ck_assert_int_eq (fgetc (f), 'w');
        assert_closes (f);
    }
    remove_files ();
}
END_TEST

/* The old one: whether or not there is a new one. Not every libc frees the FILE, which is then
 * no leak of this test's. */
START_TEST (freopen_that_fails_closes_the_file)
{
    static FILE *f;

    f = open_kind (_i, NULL);
    int fd = tempfile_fileno (f);
    ck_assert_ptr_null (freopen (test_path ("no/such/file"), "r", f));
    ck_assert_int_eq (errno, ENOENT);
    ck_assert_int_eq (fcntl (fd, F_GETFD), -1);
    remove_files ();
}
END_TEST

/* --- indicators --- */

START_TEST (end_of_file_is_known_when_it_was_met)
{
    FILE *f = open_kind (_i, NULL);

    ck_assert (!feof (f));
    ck_assert_int_eq (fgetc (f), EOF);
    ck_assert (feof (f) && !ferror (f));
    rewind (f);
    ck_assert_int_eq (fputc ('a', f), 'a');
    rewind (f);
    ck_assert_int_eq (fgetc (f), 'a');
    ck_assert (!feof (f));
    ck_assert_int_eq (fgetc (f), EOF);
    ck_assert (feof (f) && !ferror (f));
    assert_closes (f);
}
END_TEST

/* Even if there is more to read by then. */
START_TEST (end_of_file_stays_until_it_is_cleared)
{
    char text[8];
    FILE *f = open_kind_with (_i, "a"), *g = tempfile_reopen (f, "ab");

    ck_assert_ptr_nonnull (g);
    assert_rest (f, "a");
    ck_assert_int_ge (fputs ("bc", g), 0);
    assert_closes (g);
    ck_assert_int_eq (fgetc (f), EOF);
    ck_assert_ptr_null (fgets (text, sizeof text, f));
    ck_assert_int_eq (fscanf (f, "%7s", text), EOF);
    ck_assert (feof (f));
    clearerr (f);
    ck_assert (!feof (f));
    assert_rest (f, "bc");
    assert_closes (f);
}
END_TEST

/* By fseek, rewind and fsetpos; by clearerr and ungetc. */
START_TEST (end_of_file_is_cleared_by_going_elsewhere)
{
    fpos_t position;
    FILE *f = open_kind_with (_i, "a");

    ck_assert_int_eq (fgetpos (f, &position), 0);
    for (int how = 0; how < 6; how++) {
        assert_rest (f, how == 4 || how == 5 ? "" : "a");
        if (how == 0)
            rewind (f);
        else if (how == 1)
            ck_assert_int_eq (fsetpos (f, &position), 0);
        else if (how == 2)
            ck_assert_int_eq (fseek (f, -1, SEEK_CUR), 0);
        else if (how == 3)
            ck_assert_int_eq (fseek (f, 0, SEEK_END), 0);
        else if (how == 4)
            clearerr (f);
        else
            ck_assert_int_eq (ungetc ('x', f), 'x');
        ck_assert (!feof (f));
    }
    assert_closes (f);
}
END_TEST

/* With EBADF, and the error indicator says so. */
START_TEST (writing_to_a_stream_for_reading_fails)
{
    FILE *f = open_kind (_i, "rb");

    errno = 0;
    ck_assert_int_eq (fputc ('x', f), EOF);
    ck_assert_int_eq (errno, EBADF);
    ck_assert (ferror (f));
    clearerr (f);
    ck_assert_int_eq (fputs ("text", f), EOF);
    ck_assert (ferror (f));
    ck_assert_uint_eq (fwrite ("text", 2, 2, f), 0);
    ck_assert_int_lt (fprintf (f, "%d", 1), 0);
    clearerr (f);
    ck_assert_int_eq (fgetc (f), EOF);
    ck_assert (feof (f) && !ferror (f));
    ck_assert_int_eq (test_size (f), 0);
    assert_closes (f);
}
END_TEST

START_TEST (reading_from_a_stream_for_writing_fails)
{
    static const char *const modes[] = {"wb", "ab"};
    char text[8];

    for (int i = 0; i < LENGTH (modes); i++) {
        FILE *f = open_kind (_i, modes[i]);
        ck_assert_int_ge (fputs ("text", f), 0);
        rewind (f);
        errno = 0;
        ck_assert_int_eq (fgetc (f), EOF);
        ck_assert_int_eq (errno, EBADF);
        ck_assert (ferror (f) && !feof (f));
        clearerr (f);
        ck_assert_uint_eq (fread (text, 1, 4, f), 0);
        ck_assert (ferror (f));
        ck_assert_ptr_null (fgets (text, sizeof text, f));
        assert_contents (f, "text");
        assert_closes (f);
    }
}
END_TEST

/* By clearerr and rewind, not by fseek, nor by what succeeds after that. */
START_TEST (errors_stay_until_they_are_cleared)
{
    FILE *f = open_kind (_i, "wb");

    ck_assert_int_eq (fgetc (f), EOF);
    ck_assert (ferror (f));
    ck_assert_int_eq (fseek (f, 0, SEEK_SET), 0);
    ck_assert_int_eq (fputc ('x', f), 'x');
    ck_assert_int_eq (fflush (f), 0);
    ck_assert (ferror (f));
    rewind (f);
    ck_assert (!ferror (f));
    ck_assert_int_eq (fgetc (f), EOF);
    ck_assert (ferror (f));
    clearerr (f);
    ck_assert (!ferror (f));
    assert_closes (f);
}
END_TEST

/* A disk that is full, by a limit. */
static void
write_too_much (void *kind)
{
    static char bytes[8192];
    struct rlimit limit;
    FILE *f = open_kind (*(int *) kind, NULL);

    ck_assert_int_eq (tempfile_rollover (f), 0);
    signal (SIGXFSZ, SIG_IGN);
    ck_assert_int_eq (getrlimit (RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = 6000;
    ck_assert_int_eq (setrlimit (RLIMIT_FSIZE, &limit), 0);
    memset (bytes, 'x', sizeof bytes);
    errno = 0;
    bool failed = fwrite (bytes, 1, sizeof bytes, f) < sizeof bytes;
    failed = failed || fflush (f) == EOF;
    ck_assert (failed && errno == EFBIG);
    ck_assert (ferror (f));
    (void) tempfile_close (f);
}

/* With the errno of write(2), by the call that wrote out; the indicator stays. */
START_TEST (writes_that_fail_say_so)
{
    test_in_child (write_too_much, &_i);
    ck_assert_int_eq (test_entries (test_dir ()), 0);
}
END_TEST

static void
add_orientation (TCase *tc)
{
    tcase_add_loop_test (tc, streams_have_no_orientation_at_first, 0, STREAM_KINDS);
    tcase_add_loop_test (tc, orientation_stays_what_it_is, 0, STREAM_KINDS);
    tcase_add_loop_test (tc, first_operation_gives_the_orientation, 0, STREAM_KINDS);
    tcase_add_loop_test (tc, wide_characters_are_written_and_read, 0, STREAM_KINDS);
    tcase_add_loop_test (tc, wide_functions_fail_on_streams_for_bytes, 0, STREAM_KINDS);
    tcase_add_loop_test (tc, wide_functions_do_on_streams_for_bytes_what_they_do_on_tmpfile, 0,
                         STREAM_KINDS);
    tcase_add_loop_test (tc, wide_strings_can_be_printed_and_scanned_as_bytes, 0, STREAM_KINDS);
}

static void
add_freopen (TCase *tc)
{
    tcase_add_loop_test (tc, freopen_goes_to_another_file, 0, STREAM_KINDS);
    tcase_add_loop_test (tc, freopen_without_a_name_changes_the_mode, 0, STREAM_KINDS);
    tcase_add_loop_test (tc, freopen_writes_out_what_is_buffered, 0, STREAM_KINDS);
    tcase_add_loop_test (tc, freopen_clears_indicators_and_orientation, 0, STREAM_KINDS);
    tcase_add_loop_test (tc, freopen_that_fails_closes_the_file, 0, STREAM_KINDS);
}

static void
add_indicators (TCase *tc)
{
    tcase_add_loop_test (tc, end_of_file_is_known_when_it_was_met, 0, STREAM_KINDS);
    tcase_add_loop_test (tc, end_of_file_stays_until_it_is_cleared, 0, STREAM_KINDS);
    tcase_add_loop_test (tc, end_of_file_is_cleared_by_going_elsewhere, 0, STREAM_KINDS);
    tcase_add_loop_test (tc, writing_to_a_stream_for_reading_fails, 0, STREAM_KINDS);
    tcase_add_loop_test (tc, reading_from_a_stream_for_writing_fails, 0, STREAM_KINDS);
    tcase_add_loop_test (tc, errors_stay_until_they_are_cleared, 0, STREAM_KINDS);
    tcase_add_loop_test (tc, writes_that_fail_say_so, 0, STREAM_KINDS);
}

int
main (void)
{
    Suite *s = suite_create ("conformance: state");

    test_leaves_out_text ();
    add_orientation (test_case (s, "orientation"));
    add_freopen (test_case (s, "freopen"));
    add_indicators (test_case (s, "indicators"));
    return test_main (s);
}
