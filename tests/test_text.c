/* SPDX-License-Identifier: MIT */
/*
 * What text streams leave in the file and give back: error handlers, newlines, line buffering,
 * characters cut in two at every place there is, and files that are full in the middle of one.
 */
#include "common.h"

#include <signal.h>
#include <stdint.h>
#include <sys/resource.h>

static FILE *
open_text (const char *encoding, const char *errors, const char *newline)
{
    FILE *f =
        TemporaryFile (.mode = "w+", .encoding = encoding, .errors = errors, .newline = newline);

    ck_assert_msg (f != NULL, "%s", tempfile_errmsg ());
    return f;
}

static void
put (FILE *f, const char *text)
{
    ck_assert_int_ge (fputs (text, f), 0);
    ck_assert_int_eq (fflush (f), 0);
}

/* As assert_contents, of a string that is not a literal. */
static void
assert_contents_are (FILE *f, const char *text)
{
    char have[512];
    size_t n = test_bytes (f, have, sizeof have);

    ck_assert_uint_eq (n, strlen (text));
    ck_assert_mem_eq (have, text, n);
}

/* Bytes for the file of a stream, past its encoding. */
static void
put_bytes (FILE *f, const char *bytes, size_t n)
{
    FILE *g = tempfile_reopen (f, "w+b");

    ck_assert_ptr_nonnull (g);
    ck_assert_uint_eq (fwrite (bytes, 1, n, g), n);
    assert_closes (g);
    rewind (f);
}

static size_t
get_all (FILE *f, char *text, size_t size)
{
    size_t n = fread (text, 1, size - 1, f);

    text[n] = '\0';
    return n;
}

/* --- error handlers, writing --- */

static const struct {
    const char *encoding, *errors, *text, *bytes;
} written[] = {
    {"latin-1", "ignore", "a\u20acb", "ab"},
    {"latin-1", "replace", "a\u20acb", "a?b"},
    {"latin-1", "backslashreplace", "\u20ac\U0001f600\xed\xa0\x80", "\\u20ac\\U0001f600\\ud800"},
    {"ascii", "backslashreplace", "\u00e9", "\\xe9"},
    {"ascii", "xmlcharrefreplace", "\u20ac\U0001f600", "&#8364;&#128512;"},
    {"utf-8", "xmlcharrefreplace", "\xed\xa0\x80", "&#55296;"},
    {"utf-8", "surrogateescape", "a\xed\xb2\x80z", "a\x80z"},
    {"ascii", "surrogateescape", "\xed\xb3\xbf", "\xff"},
    {"cp1252", "surrogateescape", "\u20ac\xed\xb2\x81", "\x80\x81"},
    {"utf-8", "surrogatepass", "\xed\xa0\x80", "\xed\xa0\x80"},
    {"utf-16-be", "surrogatepass", "\xed\xa5\x81", "\xd9\x41"},
    {"utf-16-be", "replace", "x\xed\xa5\x81", NULL},
    {"utf-8", "replace", "a\xff\xc3", "a??"},
    {"utf-8", "backslashreplace", "\xff", "\\xff"},
    {"utf-8", "surrogateescape", "\xff", "\xff"},
    {"utf-8", "ignore", "a\xe2\x82z", "az"},
    {"utf-7", "surrogateescape", "\b\xffz", "+AAg-\xffz"},
    {NULL, NULL, "\xff\x80", "\xff\x80"},
    {"shift_jis_2004", "backslashreplace", "~\u0e01",
     "\x81\xb0\x81\x5f"
     "u0e01"},
};

static int
succeed (void *arg)
{
    (void) arg;
    return 0;
}

/* ISO C, 7.5: no function of the library sets errno to zero. */
START_TEST (success_does_not_clear_errno)
{
    char line[16];

    FILE *f = NamedTemporaryFile (.mode = "w+", .encoding = _i ? "utf-16" : "cp1252",
                                  .on_close = succeed);
    ck_assert_msg (f != NULL, "%s", tempfile_errmsg ());
    errno = EXDEV;
    ck_assert_int_ge (fputs ("a\xc3\xa9\n", f), 0);
    ck_assert_int_eq (fflush (f), 0);
    rewind (f);
    ck_assert_ptr_nonnull (fgets (line, sizeof line, f));
    ck_assert_int_eq (tempfile_truncate (f, 1), 0);
    ck_assert_int_ne (errno, 0);
    assert_closes (f);
    ck_assert_int_ne (errno, 0);
}
END_TEST

START_TEST (handlers_stand_in_for_what_cannot_be_written)
{
    FILE *f = open_text (written[_i].encoding, written[_i].errors, "");
    char have[64];

    ck_assert_int_ge (fputs (written[_i].text, f), 0);
    ck_assert_int_eq (fseeko (f, 0, SEEK_END), 0);
    size_t n = test_bytes (f, have, sizeof have);
    if (!written[_i].bytes) {
        ck_assert_uint_eq (n, 4);
        ck_assert_mem_eq (have, "\0x\0?", 4);
    } else {
        ck_assert_uint_eq (n, strlen (written[_i].bytes));
        ck_assert_mem_eq (have, written[_i].bytes, n);
    }
    assert_closes (f);
}
END_TEST

static const struct {
    const char *encoding, *errors, *text, *before;
} refused[] = {
    {"latin-1", NULL, "ab\u20accd", "ab"},         {"latin-1", "strict", "\u20ac", ""},
    {"ascii", "surrogateescape", "x\u00e9y", "x"}, {"ascii", "surrogatepass", "x\xed\xa0\x80", "x"},
    {"utf-8", NULL, "ok\xed\xa0\x80no", "ok"},     {"utf-8", NULL, "ok\xffno", "ok"},
    {"utf-8", NULL, "ok\xe2\x82zno", "ok"},        {"utf-8", "xmlcharrefreplace", "ok\xff", "ok"},
    {"utf-8", NULL, "ok\xf4\x90\x80\x80", "ok"},   {"utf-8", NULL, "ok\xc0\x80", "ok"},
};

START_TEST (strict_fails_with_eilseq_behind_what_was_good)
{
    FILE *f = open_text (refused[_i].encoding, refused[_i].errors, "");

    ck_assert_int_ge (fputs (refused[_i].text, f), 0);
    errno = 0;
    ck_assert_int_eq (fflush (f), EOF);
    ck_assert_int_eq (errno, EILSEQ);
    ck_assert_int_ne (ferror (f), 0);
    assert_contents_are (f, refused[_i].before);
    clearerr (f);
    put (f, "go on");
    char all[64];
    (void) snprintf (all, sizeof all, "%sgo on", refused[_i].before);
    assert_contents_are (f, all);
    assert_close_fails (f, EILSEQ);
}
END_TEST

/* Two of them would be a character there. */
START_TEST (bytes_are_not_written_raw_where_a_character_has_several)
{
    static const char *const bad[] = {"a\xe3\x81z", "a\xffz", "a\xf0\x9f\x98z", "a\xed\xb2\x80z"};
    FILE *f = TemporaryFile (.mode = "w+", .encoding = "utf-16-le", .errors = "surrogateescape");

    ck_assert_int_ge (fputs (bad[_i], f), 0);
    ck_assert_int_eq (fflush (f), EOF);
    ck_assert_int_eq (errno, EILSEQ);
    ck_assert_int_eq (test_size (f), 2);
    assert_close_fails (f, EILSEQ);
}
END_TEST

/* --- error handlers, reading --- */

static const struct {
    const char *encoding, *errors, *bytes, *text; /* NULL: EILSEQ behind "a" */
} readings[] = {
    {"utf-8", "ignore", "a\xff\xe2\x82z", "az"},
    {"utf-8", "replace", "a\xff\xe2\x82z\xf0\x9f", "a\ufffd\ufffdz\ufffd"},
    {"utf-8", "backslashreplace", "a\xff\xe2\x82z", "a\\xff\\xe2\\x82z"},
    {"utf-8", "surrogateescape", "a\xff\xc3", "a\xed\xb3\xbf\xed\xb3\x83"},
    {"utf-8", "surrogatepass", "\xed\xa0\x80", "\xed\xa0\x80"},
    {"utf-8", "replace", "\xed\xa0\x80", "\ufffd\ufffd\ufffd"},
    {"ascii", "replace", "a\x80z", "a\ufffdz"},
    {"euc_jp", "replace", "a\xb0z", "a\ufffdz"},
    /* Python's handler takes four bytes at once. */
    {"euc_kr", "surrogateescape", "\xa4\xd4\xa4\xb7\xa4\xa4",
     "\xed\xb2\xa4\xed\xb3\x94\xed\xb2\xa4\xed\xb2\xb7\u3134"},
    {"utf-16-le", "replace", "a\0\0\xdcz\0q", "a\ufffdz\ufffd"},
    {"utf-8", "strict", "a\xffz", NULL},
    {"utf-8", NULL, "a\xe2\x82", NULL},
    {"utf-8", "xmlcharrefreplace", "a\xff", NULL},
    {"ascii", "surrogatepass", "a\x80", NULL},
    {"cp1252", NULL, "a\x81", NULL},
    {"utf-7", NULL, "a+IK.z", NULL},
};

START_TEST (handlers_stand_in_for_what_cannot_be_read)
{
    FILE *f = open_text (readings[_i].encoding, readings[_i].errors, "");
    char text[64];
    bool wide = strncmp (readings[_i].encoding, "utf-16", 6) == 0;

    put_bytes (f, readings[_i].bytes, wide ? 7 : strlen (readings[_i].bytes));
    size_t n = get_all (f, text, sizeof text);
    if (readings[_i].text) {
        ck_assert_str_eq (text, readings[_i].text);
        ck_assert_int_eq (ferror (f), 0);
    } else {
        ck_assert_uint_eq (n, 1);
        ck_assert_int_ne (ferror (f), 0);
        clearerr (f);
        errno = 0;
        get_all (f, text, sizeof text);
        ck_assert_int_eq (ferror (f), 0);
        ck_assert_str_eq (text, strchr (readings[_i].bytes, 'z') ? "z" : "");
    }
    fclose (f);
}
END_TEST

/* Also base64 that ends within a character, which its decoder has begun to take in by then. */
START_TEST (what_is_bad_is_reported_once_each)
{
    static const char *const encodings[] = {"utf-7", "utf-8"};
    FILE *f = open_text (encodings[_i], NULL, "");
    char text[16];

    put_bytes (f, _i ? "a\xe2.b\xff" : "a+U.b\xff", 5 + !_i);
    ck_assert_uint_eq (get_all (f, text, sizeof text), 1);
    ck_assert_int_ne (ferror (f), 0);
    clearerr (f);
    ck_assert_uint_eq (get_all (f, text, sizeof text), 1 + (size_t) _i);
    ck_assert_str_eq (text, _i ? ".b" : "b");
    ck_assert_int_ne (ferror (f), 0);
    clearerr (f);
    ck_assert_uint_eq (get_all (f, text, sizeof text), 0);
    ck_assert_int_eq (ferror (f), 0);
    assert_closes (f);
}
END_TEST

/* As in Python, also where the text ends within it. */
START_TEST (surrogate_that_breaks_off_is_two_bad_sequences)
{
    FILE *f = open_text ("utf-8", "surrogatepass", "");
    char text[8];

    put_bytes (f, _i ? "a\xed\xa1" : "a\xed\xa1z", 4 - (size_t) _i);
    for (int i = 0; i < 2; i++) {
        get_all (f, text, sizeof text);
        ck_assert_str_eq (text, i == 0 ? "a" : "");
        ck_assert_int_ne (ferror (f), 0);
        clearerr (f);
    }
    get_all (f, text, sizeof text);
    ck_assert_str_eq (text, _i ? "" : "z");
    ck_assert_int_eq (ferror (f), 0);
    assert_closes (f);
}
END_TEST

/* Bytes that no encoder writes, and what Python makes of them with errors "replace". */
static const struct {
    const char *encoding, *bytes;
    size_t size;
    const char *text;
} malformed[] = {
    {"utf-16-le", "a\x00=\xd8", 4, "a\xef\xbf\xbd"},
    {"utf-16-le", "a\x00=\xd8z", 5, "a\xef\xbf\xbd"},
    {"utf-16-be", "\xd8=\x00z", 4, "\xef\xbf\xbdz"},
    {"utf-16-le", "\x00\xdcz\x00", 4, "\xef\xbf\xbdz"},
    {"utf-32-le", "a\x00\x00\x00\x00\x00\x11\x00z\x00\x00\x00", 12, "a\xef\xbf\xbdz"},
    {"utf-32-be",
     "\x00\x00\x00"
     "a\x00\x00\xd8\x00\x00\x00\x00z",
     12, "a\xef\xbf\xbdz"},
    {"utf-32-le",
     "a\x00\x00\x00"
     "bc",
     6, "a\xef\xbf\xbd"},
    {"utf-7", "a+2D0-z", 7, "a\xed\xa0\xbdz"},
    {"utf-7", "a+2D0AYQ-z", 10,
     "a\xed\xa0\xbd"
     "az"},
    {"utf-7", "a+2D3eAA-z", 10, "a\xf0\x9f\x98\x80z"},
    {"utf-7", "a+IKz", 5, "a\xe2\x82\xac\xef\xbf\xbd"},
    {"utf-7", "a+IK.z", 6, "a\xef\xbf\xbdz"},
    {"utf-7", "a+", 2, "a"},
    {"utf-7", "a+2D0", 5, "a\xef\xbf\xbd"},
    {"utf-7", "a+*z", 4, "a\xef\xbf\xbdz"},
    {"utf-7", "a\xffz", 3, "a\xef\xbf\xbdz"},
    {"utf-7", "+-a+IKw.z", 9, "+a\xe2\x82\xac.z"},
    {"utf-7", "a+2D0.z", 7, "a\xed\xa0\xbd.z"},
    {"utf-7", "a+2D0+z", 7, "a\xef\xbf\xbd"},
    {"utf-8", "a\xf0\x9f\x98z", 5, "a\xef\xbf\xbdz"},
    {"utf-8", "\xf0\x80\x80\x80z", 5, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdz"},
    {"utf-8", "\xf4\x90\x80\x80z", 5, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdz"},
    {"utf-8", "\xed\xa0\x80z", 4, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdz"},
    {"utf-8", "\xf0\x9fzz", 4, "\xef\xbf\xbdzz"},
    {"iso2022_jp", "a\x1b$B0z\x1b(Bz", 10, "a\xe5\xbc\x95z"},
    {"iso2022_jp", "a\x1b$B0 \x1b(Bz", 10, "a\xef\xbf\xbdz"},
    {"iso2022_jp", "a\x1b", 2, "a\xef\xbf\xbd"},
    {"iso2022_jp", "\x1b(J\\~a\x1b(Bz", 10,
     "\xc2\xa5\xe2\x80\xbe"
     "az"},
    {"iso2022_jp", "a\x80z", 3, "a\xef\xbf\xbdz"},
    {"iso2022_jp", "\x1b[1mA\x1b$B0z\x1b(Bz", 14, "\x1b[1mA\xe5\xbc\x95z"},
    {"iso2022_jp", "\x1b\xe9\x1b(@z", 6, "\x1b\xc3\xa9\x1b(@z"},
    {"iso2022_jp", "a\x1b(Qz", 5, "a\xef\xbf\xbdz"},
    {"iso2022_jp", "a\x1b(xxxxxxxxxxxxxxx", 18, "a\xef\xbf\xbd(xxxxxxxxxxxxxxx"},
    {"iso2022_jp", "a\x1b$B\x1b)J0z", 9, "a\xe5\xbc\x95"},
    {"iso2022_jp", "\x1b&@\x1b$B0z", 8, "\xe5\xbc\x95"},
    {"iso2022_jp_2", "\x1b.F\x1bNaz", 7, "\xce\xb1z"},
    {"iso2022_jp_2", "\x1b.F\x1bN$z", 7, "\xef\xbf\xbdz"},
    {"iso2022_jp_2", "\x1b(Az", 4, "\xef\xbf\xbd"},
    {"iso2022_kr", "\x0e\n\x1b$)CD", 7, "\nD"},
    {"iso2022_kr",
     "\x1b$)Ca\x0e"
     "0!\x0fz",
     10, "a\xea\xb0\x80z"},
    {"iso2022_kr",
     "\x1b$)C\x0e"
     "0 \x0fz",
     9, "\xef\xbf\xbdz"},
    {"hz", "a~{0!~}z", 8, "a\xe5\x95\x8az"},
    {"hz", "a~{0 ~}z", 8, "a\xef\xbf\xbd\xef\xbf\xbdz"},
    {"hz", "a~zb", 4, "a\xef\xbf\xbdzb"},
    {"hz", "~{~~~}", 6, "\xef\xbf\xbd\xef\xbf\xbd"},
    {"hz", "a~", 2, "a\xef\xbf\xbd"},
    {"hz", "a~}b", 4, "a\xef\xbf\xbd}b"},
    {"hz", "~{~{", 4, "\xef\xbf\xbd\xef\xbf\xbd"},
    {"hz", "~~a\x80z", 5, "~a\xef\xbf\xbdz"},
    {"shift_jis", "a\x81 z", 4, "a\xef\xbf\xbd z"},
    {"shift_jis", "a\x81", 2, "a\xef\xbf\xbd"},
    {"gb18030",
     "a\x81"
     "0\x81 z",
     6,
     "a\xef\xbf\xbd"
     "0\xef\xbf\xbd z"},
    {"gb18030",
     "a\x81"
     "0\x81",
     4, "a\xef\xbf\xbd"},
    {"gb18030",
     "a\xff"
     "0",
     3, "a\xef\xbf\xbd"},
    {"gb18030",
     "a\x80"
     "0\x81"
     "0z",
     6,
     "a\xef\xbf\xbd"
     "0\xef\xbf\xbd"},
    {"big5", "a\xa4 z", 4, "a\xef\xbf\xbd z"},
    {"euc_kr", "a\xb0 z", 4, "a\xef\xbf\xbd z"},
    {"euc_jp", "a\x8f\xb0 z", 5, "a\xef\xbf\xbd\xef\xbf\xbd z"},
    {"euc_jis_2004", "a\x8f\xb0 z", 5, "a\xef\xbf\xbd\xef\xbf\xbd z"},
    {"johab", "a\x84 z", 4, "a\xef\xbf\xbd z"},
};

START_TEST (malformed_bytes_are_replaced_as_by_python)
{
    FILE *f = TemporaryFile (.mode = "w+", .encoding = malformed[_i].encoding, .errors = "replace");
    char text[64];

    if (!f) {
        test_skip (malformed[_i].encoding);
        return;
    }
    put_bytes (f, malformed[_i].bytes, malformed[_i].size);
    get_all (f, text, sizeof text);
    ck_assert_msg (strcmp (text, malformed[_i].text) == 0, "%s, %d: %s, not %s",
                   malformed[_i].encoding, _i, text, malformed[_i].text);
    fclose (f);
}
END_TEST

/* Each is told, and each is passed by who goes on. */
START_TEST (each_bad_run_of_utf_7_is_told)
{
    FILE *f = open_text ("utf-7", NULL, "");
    char text[8];

    put_bytes (f, "a+IK.b+IK.z", 11);
    for (int i = 0; i < 3; i++) {
        ck_assert_uint_eq (get_all (f, text, sizeof text), 1);
        ck_assert_int_eq (text[0], "abz"[i]);
        ck_assert_int_eq (ferror (f) != 0, i < 2);
        clearerr (f);
    }
    assert_closes (f);
}
END_TEST

/* Its one byte would come back without what was in front of it. Python refuses it, too. */
START_TEST (bad_run_of_utf_7_is_not_escaped_in_part)
{
    FILE *f = open_text ("utf-7", "surrogateescape", "");
    char text[8];

    put_bytes (f,
               "ab+O\xfc"
               "cd\xfc",
               8);
    ck_assert_uint_eq (get_all (f, text, sizeof text), 2);
    ck_assert_int_eq (errno, EILSEQ);
    clearerr (f);
    ck_assert_uint_eq (get_all (f, text, sizeof text), 5);
    ck_assert_int_eq (memcmp (text, "cd\xed\xb3\xbc", 5), 0);
    assert_closes (f);
}
END_TEST

START_TEST (utf_16_without_a_mark_is_refused)
{
    FILE *f = open_text ("utf-16", "replace", "");
    char text[8];

    put_bytes (f, "a\0b\0", 4);
    errno = 0;
    ck_assert_uint_eq (get_all (f, text, sizeof text), 0);
    ck_assert_int_eq (errno, EILSEQ);
    ck_assert_int_eq (fseeko (f, 0, SEEK_END), 0);
    rewind (f);
    fclose (f);
}
END_TEST

/* Only where the library was built with what knows the names. */
START_TEST (namereplace_gives_the_name_or_is_refused_by_name)
{
    FILE *f = TemporaryFile (.mode = "w+", .encoding = "ascii", .errors = "namereplace");

    if (!f) {
        const char *why = test_why_not (true, errno, EINVAL, "namereplace");
        ck_assert_msg (!why, "%s", why);
        test_skip ("built without libunistring");
        return;
    }
    /* U+9fff, U+3134a and U+2ebe1: the last of two blocks, and none. */
    put (f, "\u20ac\u8000\ufad9\U00020000\uac00\uac05\ub098\ud7a3\u9fff\U0003134a\U0002ebe1");
    assert_contents_are (
        f, "\\N{EURO SIGN}\\N{CJK UNIFIED IDEOGRAPH-8000}\\N{CJK COMPATIBILITY IDEOGRAPH-FAD9}"
           "\\N{CJK UNIFIED IDEOGRAPH-20000}\\N{HANGUL SYLLABLE GA}\\N{HANGUL SYLLABLE GANJ}"
           "\\N{HANGUL SYLLABLE NA}\\N{HANGUL SYLLABLE HIH}\\N{CJK UNIFIED IDEOGRAPH-9FFF}"
           "\\N{CJK UNIFIED IDEOGRAPH-3134A}\\U0002ebe1");
    assert_closes (f);
}
END_TEST

/* --- what single encodings have of their own --- */

START_TEST (hz_goes_on_in_the_next_line_in_ascii_only)
{
    FILE *f = open_text ("hz", NULL, "");
    char text[64];

    put_bytes (f, "a~\n~{Dc~\n:C~}", 13);
    errno = 0;
    ck_assert_uint_eq (fread (text, 1, sizeof text, f), 4);
    ck_assert_mem_eq (text, "a\u4f60", 4);
    ck_assert (ferror (f));
    ck_assert_int_eq (errno, EILSEQ);
    fclose (f);
}
END_TEST

START_TEST (iso2022_jp_2_names_the_chinese_set_as_python)
{
    FILE *f = open_text ("iso2022_jp_2", NULL, "");

    put (f, "\u4e1a.");
    assert_contents_are (f, "\x1b$(AR5\x1b(B.");
    assert_closes (f);
}
END_TEST

/* HIRAGANA KA may begin a pair: here it begins none. */
static const char *const pairing[] = {"iso2022_jp_2004", "iso2022_jp_3"};

START_TEST (what_begins_no_pair_is_written_after_a_seek_and_appended)
{
    const char *encoding = pairing[_i / 2];
    FILE *f = open_text (encoding, NULL, "");
    char text[64];

    put (f, "\u65e5\n");
    FILE *g = _i % 2 ? tempfile_reopen (f, "a") : f;
    ck_assert (g != NULL);
    if (g == f)
        ck_assert_int_eq (fseek (f, 0, SEEK_END), 0);
    put (g, "\u304b.");
    if (g != f)
        assert_closes (g);
    rewind (f);
    ck_assert_uint_eq (get_all (f, text, sizeof text), strlen ("\u65e5\n\u304b."));
    ck_assert_mem_eq (text, "\u65e5\n\u304b.", strlen ("\u65e5\n\u304b."));
    assert_closes (f);
}
END_TEST

/* --- newlines --- */

static const struct {
    const char *newline, *bytes, *text; /* of what is written; of what is read */
} newlines[] = {
    {NULL, "a\nb\rc\r\nd\r\re\n", "a\nb\nc\nd\n\ne\n"},
    {"", "a\nb\rc\r\nd\r\re\n", "a\nb\rc\r\nd\r\re\n"},
    {"\n", "a\nb\rc\r\nd\r\re\n", "a\nb\rc\r\nd\r\re\n"},
    {"\r", "a\rb\rc\r\rd\r\re\r", "a\rb\rc\r\rd\r\re\r"},
    {"\r\n", "a\r\nb\rc\r\r\nd\r\re\r\n", "a\r\nb\rc\r\r\nd\r\re\r\n"},
};

START_TEST (newlines_are_translated_as_by_python)
{
    static const char *const encodings[] = {NULL, "utf-8", "latin-1", "utf-16", "iso2022_jp"};
    enum { N = LENGTH (encodings) };
    const char *encoding = encodings[_i % N];
    const char *newline = newlines[_i / N].newline;
    FILE *f = open_text (encoding, NULL, newline);
    char text[64];

    put (f, "a\nb\rc\r\nd\r\re\n");
    if (!encoding || strncmp (encoding, "utf-16", 6) != 0)
        assert_contents_are (f, newlines[_i / N].bytes);
    rewind (f);
    get_all (f, text, sizeof text);
    ck_assert_str_eq (text, newlines[_i / N].text);
    assert_closes (f);
}
END_TEST

/* A "\r\n" is one newline also with bytes within it that are ignored, wherever reading stops. */
START_TEST (ignored_bytes_do_not_part_a_newline)
{
    static const char *const encodings[] = {"ascii", "utf-8", "euc_kr", "iso2022_jp", "cp1252"};
    static const char whole[] = "a\n\nz\n\n";
    FILE *f = TemporaryFile (.mode = "w+", .encoding = encodings[_i % (int) LENGTH (encodings)],
                             .errors = "ignore", .buffering = 2 + _i / (int) LENGTH (encodings));
    char text[16];

    put_bytes (f, "a\r\x81\x81\n\r\x81z\r\n\x81\n", 12);
    for (long at = 0; at <= (long) strlen (whole); at++) {
        ck_assert_int_eq (fseek (f, at, SEEK_SET), 0);
        get_all (f, text, sizeof text);
        ck_assert_str_eq (text, whole + at);
        ck_assert_int_eq (ftell (f), (long) strlen (whole));
    }
    assert_closes (f);
}
END_TEST

START_TEST (completed_line_is_in_the_file_when_the_call_returns)
{
    FILE *f = NamedTemporaryFile (.mode = "w+", .encoding = "utf-16-be", .newline = "\r\n",
                                  .buffering = TEMPFILE_LINE_BUFFERED);
    char text[32];
    size_t n;

    ck_assert_int_ge (fputs ("a\nb", f), 0);
    n = test_bytes (f, text, sizeof text);
    ck_assert_uint_ge (n, 6);
    ck_assert_mem_eq (text, "\0a\0\r\0\n", 6);
    ck_assert_int_ge (fputs ("c\n", f), 0);
    ck_assert_uint_eq (test_bytes (f, text, sizeof text), 14);
    assert_closes (f);
}
END_TEST

START_TEST (unbuffered_text_is_refused)
{
    assert_null (TemporaryFile (.mode = "w+", .buffering = TEMPFILE_UNBUFFERED), EINVAL,
                 "buffering");
}
END_TEST

/* --- boundaries: the same text, cut at every place --- */

static const char *const encodings[] = {
    NULL,     "utf-8",   "utf-8-sig", "utf-16",    "utf-32-be",  "utf-7",      "cp1252",
    "euc_jp", "gb18030", "big5",      "shift_jis", "iso2022_jp", "iso2022_kr", "hz"};

static const char *
text_for (const char *encoding)
{
    if (encoding && strcmp (encoding, "cp1252") == 0)
        return "a\r\n\u00e9\u20ac\n\rz\u00df+\r";
    if (encoding && strcmp (encoding, "iso2022_kr") == 0)
        return "a\r\n\uac00\uac00x\n\rz\uac00+\r";
    if (encoding && (strchr (encoding, '_') || strchr ("bgsh", encoding[0])))
        return "a\r\n\u4e00\u4e00x\n\rz\u4e00+\r";
    return "a\r\n\u00e9\u20ac\u4e00\n\r\U0001f600z\u4e00+\r";
}

/* What is written in two parts, with a flush between, is what is written at once. */
START_TEST (writing_may_be_cut_anywhere)
{
    const char *encoding = encodings[_i];
    const char *text = text_for (encoding);
    size_t n = strlen (text);
    char whole[128], have[128];
    FILE *f = open_text (encoding, NULL, "\r\n");

    put (f, text);
    size_t size = test_bytes (f, whole, sizeof whole);
    assert_closes (f);
    for (size_t cut = 1; cut < n; cut++) {
        f = open_text (encoding, NULL, "\r\n");
        ck_assert_uint_eq (fwrite (text, 1, cut, f), cut);
        ck_assert_int_eq (fflush (f), 0);
        ck_assert_int_eq (ftello (f), (off_t) cut);
        ck_assert_uint_eq (fwrite (text + cut, 1, n - cut, f), n - cut);
        ck_assert_int_eq (fflush (f), 0);
        ck_assert_int_eq (ftello (f), (off_t) n);
        bool ends_runs = encoding && strcmp (encoding, "utf-7") == 0;
        size_t got = test_bytes (f, have, sizeof have);
        if (!ends_runs) {
            ck_assert_uint_eq (got, size);
            ck_assert_mem_eq (have, whole, size);
        }
        assert_closes (f);
    }
}
END_TEST

/* Buffers of every size; and the file's chunks end everywhere, by what is put in front. */
START_TEST (reading_may_be_cut_anywhere)
{
    const char *encoding = encodings[_i];
    const char *text = text_for (encoding);
    char have[128];

    for (int size = 2; size < 24; size++) {
        FILE *f =
            TemporaryFile (.mode = "w+", .encoding = encoding, .newline = "", .buffering = size);
        put (f, text);
        rewind (f);
        get_all (f, have, sizeof have);
        ck_assert_str_eq (have, text);
        rewind (f);
        for (const char *p = text; *p; p++)
            ck_assert_int_eq (getc (f), (unsigned char) *p);
        ck_assert_int_eq (getc (f), EOF);
        assert_closes (f);
    }
}
END_TEST

START_TEST (chunks_of_the_file_may_end_anywhere)
{
    enum { CHUNK = 8192 };
    static char text[CHUNK + 64], have[CHUNK + 256];
    const char *encoding = encodings[_i];
    const char *tail = text_for (encoding);

    for (size_t cut = 0; cut < 40; cut++) {
        size_t front = CHUNK - cut;
        FILE *f = open_text (encoding, NULL, "");
        memset (text, 'x', front);
        memcpy (text + front, tail, strlen (tail) + 1);
        put (f, text);
        rewind (f);
        size_t n = get_all (f, have, sizeof have);
        ck_assert_uint_eq (n, front + strlen (tail));
        ck_assert_mem_eq (have, text, n);
        assert_closes (f);
    }
}
END_TEST

/* --- no loss --- */

/* All that have loops of their own; not utf-7, which ends its runs with each buffer. */
static const char *const all_encodings[] = {
    "utf-8",        "utf-8-sig", "utf-16",  "utf-16-be",  "utf-16-le",    "utf-32",
    "utf-32-be",    "ascii",     "latin-1", "cp1252",     "koi8-r",       "cp037",
    "euc_jp",       "shift_jis", "gb18030", "gbk",        "big5hkscs",    "euc_kr",
    "euc_jisx0213", "cp949",     "cp932",   "iso2022_jp", "iso2022_jp_2", "iso2022_jp_3",
    "iso2022_kr",   "hz"};

/* Of pieces, by one of so many series of chance; some of them no character, for BAD. */
enum { LONG = 6000 };

static int
seeds (void)
{
    return test_number ("TEMPFILE_TEST_SEEDS", 2);
}

static size_t
make_long_text (char *text, int seed, bool bad)
{
    static const char *const pieces[] = {
        "plain words of some length, ",
        "and more ",
        "x",
        "\n",
        "\u00e4\u00f6\u00fc\u00e9\u00e8\u00df\u00f1",
        "\u00e9",
        "\u20ac",
        "\u0416\u0438\u0432",
        "\u03b1\u03b2\u03b3\u03b4\u03b5\u03b6\u03b7\u03b8",
        "\u3042\u3044\u3046\u304b",
        "\u6f22\u5b57\u4e9c\u9b54",
        "\u6f22\u5b57\u3002\u6f22\u5b57\u3001\u6f22\u5b57\u6f22\u5b57",
        "\u304b\u309a",
        "\uac00\uac01",
        "\u00a5",
        "\uff76\uff77",
        "\U0001f600",
        "\U00020000",
        "~+-/\\{}",
        "\r",
        "\u0939\u093f",
        "\xff",
        "\xc3",
        "\xe3\x81",
        "\xed\xa0\x80",
        "\xf0\x9f",
        "\xc0\xaf",
        "\xe0\x80\x80",
        "\xed\xb2\x80",
    };
    enum { BAD = 8 };
    uint32_t random = (uint32_t) seed + 1;
    size_t n = 0, kinds = LENGTH (pieces) - (bad ? 0 : BAD), kind = 0;
    while (n < LONG - 64) {
        random = random * 1103515245 + 12345;
        if (random >> 28 > 4)
            kind = (random >> 8) % kinds;
        n += (size_t) (stpcpy (text + n, pieces[kind]) - (text + n));
    }
    return n;
}

static FILE *
open_buffered (int i, int size)
{
    FILE *f = TemporaryFile (.mode = "w+", .encoding = all_encodings[i], .buffering = size,
                             .errors = "backslashreplace", .newline = "");
    ck_assert_msg (f != NULL, "%s", tempfile_errmsg ());
    return f;
}

/* Both ways by large buffers, of which most is done by loops for what is common, and by buffers
 * that are too small for any loop. */
START_TEST (size_of_the_buffer_makes_no_difference)
{
    char text[LONG], large[8 * LONG], small[8 * LONG];

    for (int seed = 0; seed < 2 * seeds (); seed++) {
        size_t n = make_long_text (text, seed, seed >= seeds ());
        FILE *f = open_buffered (_i, 65536), *g = open_buffered (_i, 7);
        ck_assert_uint_eq (fwrite (text, 1, n, f), n);
        for (size_t i = 0; i < n; i++)
            ck_assert_int_ne (putc (text[i], g), EOF);
        ck_assert_int_eq (fflush (f) | fflush (g), 0);
        n = test_bytes (f, large, sizeof large);
        ck_assert_uint_eq (n, test_bytes (g, small, sizeof small));
        ck_assert_mem_eq (large, small, n);
        rewind (f);
        rewind (g);
        n = get_all (f, large, sizeof large);
        ck_assert_uint_eq (n, get_all (g, small, sizeof small));
        ck_assert_mem_eq (large, small, n);
        assert_closes (f);
        assert_closes (g);
    }
}
END_TEST

/* The same of what is in a file that is in no encoding. */
START_TEST (size_of_the_buffer_makes_no_difference_to_what_is_bad)
{
    char text[LONG], large[8 * LONG], small[8 * LONG];

    for (int seed = 0; seed < 2 * seeds (); seed++) {
        size_t n = make_long_text (text, seed, seed >= seeds ());
        memcpy (text, "\xff\xfe", 2); /* for those that must have a mark */
        memcpy (text + 2, "\0", 2);
        FILE *f = open_buffered (_i, 65536), *g = open_buffered (_i, 7);
        put_bytes (f, text, n);
        put_bytes (g, text, n);
        n = get_all (f, large, sizeof large);
        ck_assert_uint_eq (n, get_all (g, small, sizeof small));
        ck_assert_mem_eq (large, small, n);
        assert_closes (f);
        assert_closes (g);
    }
}
END_TEST

static void
limit_files (rlim_t size)
{
    struct rlimit limit;

    signal (SIGXFSZ, SIG_IGN);
    ck_assert_int_eq (getrlimit (RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = size;
    ck_assert_int_eq (setrlimit (RLIMIT_FSIZE, &limit), 0);
}

/*
 * The file can be LIMIT bytes long, whatever is in the middle there. What fwrite() and fflush()
 * did not complain about is in the file, and of what they did nothing but whole characters.
 */
static void
fill_up (void *arg)
{
    const char *encoding = encodings[*(int *) arg];
    const char *text = text_for (encoding);
    size_t n = strlen (text);
    char whole[128], have[128], comes_back[128];
    FILE *f = open_text (encoding, NULL, "\r\n");

    put (f, text);
    size_t size = test_bytes (f, whole, sizeof whole);
    rewind (f);
    size_t length = fread (comes_back, 1, sizeof comes_back, f);
    assert_closes (f);
    for (size_t limit = 1; limit < size; limit++) {
        limit_files (limit);
        f = open_text (encoding, NULL, "\r\n");
        ck_assert_uint_eq (fwrite (text, 1, n, f), n);
        errno = 0;
        ck_assert_int_eq (fflush (f), EOF);
        ck_assert_int_eq (errno, EFBIG);
        off_t at = ftello (f);
        ck_assert_int_ge (at, 0);
        ck_assert_int_lt (at, (off_t) n);
        ck_assert_msg (!encoding || (text[at] & 0xc0) != 0x80, "ends within a character");
        bool runs = encoding && strcmp (encoding, "utf-7") == 0; /* which end where writing did */
        size_t got = test_bytes (f, have, sizeof have);
        ck_assert_uint_le (got, limit);
        ck_assert (runs || memcmp (have, whole, got) == 0);
        limit_files (RLIM_INFINITY);
        clearerr (f);
        ck_assert_uint_eq (fwrite (text + at, 1, n - (size_t) at, f), n - (size_t) at);
        ck_assert_int_eq (fflush (f), 0);
        got = test_bytes (f, have, sizeof have);
        ck_assert (runs || (got == size && memcmp (have, whole, size) == 0));
        rewind (f);
        got = fread (have, 1, sizeof have, f);
        ck_assert_uint_eq (got, length);
        ck_assert_mem_eq (have, comes_back, got);
        assert_close_fails (f, EFBIG);
    }
}

START_TEST (full_file_holds_whole_characters_and_all_that_was_reported)
{
    test_in_child (fill_up, &_i);
}
END_TEST

START_TEST (incomplete_character_at_the_end_is_an_error)
{
    FILE *f = open_text ("utf-8", NULL, NULL);

    put (f, "a\xe2\x82");
    assert_contents_are (f, "a");
    assert_close_fails (f, EILSEQ);
    f = open_text ("utf-8", NULL, NULL);
    put (f, "a\xe2\x82");
    errno = 0;
    ck_assert_int_eq (fseeko (f, 0, SEEK_SET), -1);
    ck_assert_int_eq (errno, EILSEQ);
    ck_assert_int_eq (fseeko (f, 0, SEEK_SET), 0);
    fclose (f);
    f = open_text ("utf-8", "replace", NULL);
    put (f, "a\xe2\x82");
    rewind (f);
    assert_contents_are (f, "a?");
    assert_closes (f);
}
END_TEST

int
main (void)
{
    test_needs_text ();
    Suite *s = suite_create ("text");
    enum { ENCODINGS = LENGTH (encodings), NEWLINES = LENGTH (newlines) };

    TCase *tc = test_case (s, "errors");
    tcase_add_loop_test (tc, success_does_not_clear_errno, 0, 2);
    tcase_add_loop_test (tc, handlers_stand_in_for_what_cannot_be_written, 0, LENGTH (written));
    tcase_add_loop_test (tc, strict_fails_with_eilseq_behind_what_was_good, 0, LENGTH (refused));
    tcase_add_loop_test (tc, bytes_are_not_written_raw_where_a_character_has_several, 0, 4);
    tcase_add_loop_test (tc, handlers_stand_in_for_what_cannot_be_read, 0, LENGTH (readings));
    tcase_add_loop_test (tc, what_is_bad_is_reported_once_each, 0, 2);
    tcase_add_loop_test (tc, surrogate_that_breaks_off_is_two_bad_sequences, 0, 2);
    tcase_add_loop_test (tc, malformed_bytes_are_replaced_as_by_python, 0, LENGTH (malformed));
    tcase_add_test (tc, each_bad_run_of_utf_7_is_told);
    tcase_add_test (tc, bad_run_of_utf_7_is_not_escaped_in_part);
    tcase_add_test (tc, utf_16_without_a_mark_is_refused);
    tcase_add_test (tc, namereplace_gives_the_name_or_is_refused_by_name);
    tcase_add_test (tc, hz_goes_on_in_the_next_line_in_ascii_only);
    tcase_add_test (tc, iso2022_jp_2_names_the_chinese_set_as_python);
    tcase_add_loop_test (tc, what_begins_no_pair_is_written_after_a_seek_and_appended, 0,
                         2 * LENGTH (pairing));

    tc = test_case (s, "newlines");
    tcase_add_loop_test (tc, newlines_are_translated_as_by_python, 0, 5 * NEWLINES);
    tcase_add_loop_test (tc, ignored_bytes_do_not_part_a_newline, 0, 5 * 4);
    tcase_add_test (tc, completed_line_is_in_the_file_when_the_call_returns);
    tcase_add_test (tc, unbuffered_text_is_refused);

    tc = test_case (s, "boundaries");
    tcase_add_loop_test (tc, writing_may_be_cut_anywhere, 0, ENCODINGS);
    tcase_add_loop_test (tc, reading_may_be_cut_anywhere, 0, ENCODINGS);
    tcase_add_loop_test (tc, chunks_of_the_file_may_end_anywhere, 0, ENCODINGS);

    tc = test_case (s, "buffers");
    tcase_add_loop_test (tc, size_of_the_buffer_makes_no_difference, 0, LENGTH (all_encodings));
    tcase_add_loop_test (tc, size_of_the_buffer_makes_no_difference_to_what_is_bad, 0,
                         LENGTH (all_encodings));

    tc = test_case (s, "loss");
    tcase_add_loop_test (tc, full_file_holds_whole_characters_and_all_that_was_reported, 0,
                         ENCODINGS);
    tcase_add_test (tc, incomplete_character_at_the_end_is_an_error);
    return test_main (s);
}
