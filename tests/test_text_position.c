/* SPDX-License-Identifier: MIT */
/*
 * Positions in text streams: where ftello() says that a stream is can be gone back to, in any
 * encoding, and so can every other offset; but nothing is written within a character. And what
 * follows from a position: overwriting, truncating, appending, second streams, named and spooled
 * ones.
 */
#include "common.h"

#include <signal.h>
#include <sys/resource.h>

enum { LETTERS = 40000 };

static const struct {
    const char *encoding, *letters[4];
} alphabets[] = {
    {NULL, {"a", "\u20ac", "\r", "\n"}},
    {"utf-8", {"a", "\u20ac", "\U0001f600", "\n"}},
    {"utf-8-sig", {"a", "\u20ac", "\U0001f600", "\n"}},
    {"utf-16", {"a", "\u20ac", "\U0001f600", "\n"}},
    {"utf-32-le", {"a", "\u20ac", "\U0001f600", "\n"}},
    {"utf-7", {"a", "\u20ac", "-", "\n"}},
    {"cp1252", {"a", "\u20ac", "\u00e9", "\n"}},
    {"gb18030", {"a", "\u4e00", "\U0001f600", "\n"}},
    {"euc_jp", {"a", "\u4e00", "\u3042", "\n"}},
    {"iso2022_jp", {"a", "\u4e00", "\u3042", "\n"}},
    {"iso2022_kr", {"a", "\u4e00", "\uac00", "\n"}},
    {"hz", {"a", "\u4e00", "~", "\n"}},
};

/* A text of which every place is known: in starts[], for each letter, and the end. */
static off_t starts[LETTERS + 1];
static unsigned char which[LETTERS];
static char text[4 * LETTERS + 1];

static void
make_text (int a)
{
    unsigned long random = 12345;
    size_t n = 0;

    for (int i = 0; i < LETTERS; i++) {
        random = (random * 1103515245 + 12345) & 0x7fffffff;
        which[i] = (unsigned char) (random >> 16 & 3);
        const char *letter = alphabets[a].letters[which[i]];
        starts[i] = (off_t) n;
        memcpy (text + n, letter, strlen (letter));
        n += strlen (letter);
    }
    starts[LETTERS] = (off_t) n;
    text[n] = '\0';
}

static FILE *
open_made (int a, const char *newline)
{
    FILE *f = TemporaryFile (.mode = "w+", .encoding = alphabets[a].encoding, .newline = newline);

    ck_assert_msg (f != NULL, "%s", tempfile_errmsg ());
    make_text (a);
    return f;
}

static void
write_all (FILE *f)
{
    size_t n = (size_t) starts[LETTERS];

    ck_assert_uint_eq (fwrite (text, 1, n, f), n);
}

/* At a place that is known, the stream says so and goes on with what is there. */
static void
check_place (FILE *f, int i)
{
    char have[128];
    size_t n = (size_t) (starts[LETTERS] - starts[i]);

    ck_assert_int_eq (fseeko (f, starts[i], SEEK_SET), 0);
    ck_assert_int_eq (ftello (f), starts[i]);
    n = n < 100 ? n : 100;
    ck_assert_uint_eq (fread (have, 1, n, f), n);
    ck_assert_mem_eq (have, text + starts[i], n);
    ck_assert_int_eq (ftello (f), starts[i] + (off_t) n);
}

START_TEST (every_place_can_be_gone_to)
{
    FILE *f = open_made (_i, "");

    write_all (f);
    ck_assert_int_eq (ftello (f), starts[LETTERS]);
    for (int i = 0; i <= LETTERS; i += 97)
        check_place (f, i);
    for (int i = LETTERS; i >= 0; i -= 89)
        check_place (f, i);
    ck_assert_int_eq (fseeko (f, 0, SEEK_END), 0);
    ck_assert_int_eq (ftello (f), starts[LETTERS]);
    rewind (f);
    ck_assert_int_eq (ftello (f), 0);
    check_place (f, LETTERS / 2);
    ck_assert_int_eq (fseeko (f, -(starts[LETTERS / 2] + 100 - starts[7]), SEEK_CUR), 0);
    ck_assert_int_eq (ftello (f), starts[7]);
    assert_closes (f);
}
END_TEST

/* The same by a stream that has written nothing, so that it has to find its own way. */
START_TEST (every_place_can_be_gone_to_by_a_second_stream)
{
    FILE *f = open_made (_i, "");

    write_all (f);
    FILE *g = tempfile_reopen (f, "r");
    ck_assert_ptr_nonnull (g);
    for (int i = LETTERS; i >= 0; i -= 1009)
        check_place (g, i);
    for (int i = 0; i <= LETTERS; i += 997)
        check_place (g, i);
    assert_closes (g);
    assert_closes (f);
}
END_TEST

/* All offsets, around what is likely to be the size of some buffer, with reading in between. */
START_TEST (every_offset_can_be_sought)
{
    FILE *f = open_made (_i, "");
    char have[8];

    write_all (f);
    for (off_t offset = 0; offset + 5 < starts[LETTERS]; offset++) {
        if (offset > 300 && offset % 4096 > 6 && offset % 4096 < 4090)
            continue;
        ck_assert_int_eq (fseeko (f, offset, SEEK_SET), 0);
        ck_assert_int_eq (ftello (f), offset);
        if (offset % 3)
            continue;
        ck_assert_uint_eq (fread (have, 1, 5, f), 5);
        ck_assert_mem_eq (have, text + offset, 5);
        ck_assert_int_eq (ftello (f), offset + 5);
        ck_assert_int_eq (fseeko (f, -4, SEEK_CUR), 0);
        ck_assert_int_eq (getc (f), (unsigned char) text[offset + 1]);
    }
    assert_closes (f);
}
END_TEST

/* Directly after writing, with data that are not yet in the file. */
START_TEST (every_offset_can_be_sought_after_writing)
{
    FILE *f = TemporaryFile (.mode = "w+", .encoding = "utf-8", .buffering = 64);

    for (int i = 0; i < 500; i++) {
        ck_assert_int_ge (fputs ("\u20ac", f), 0);
        off_t at = ftello (f);
        ck_assert_int_eq (at, 3 * (i + 1));
        off_t target = 64 * (i / 16) + i % 5;
        if (target > at)
            continue;
        ck_assert_int_eq (fseeko (f, target, SEEK_SET), 0);
        ck_assert_int_eq (ftello (f), target);
        ck_assert_int_eq (getc (f), target < at ? (unsigned char) "\u20ac"[target % 3] : EOF);
        ck_assert_int_eq (fseeko (f, 0, SEEK_END), 0);
    }
    assert_closes (f);
}
END_TEST

/* Come to by a seek, or by reading. */
START_TEST (writing_within_a_character_fails_and_writes_nothing)
{
    static const int sizes[] = {0, 2, 5, 64};
    FILE *f = TemporaryFile (.mode = "w+", .encoding = "utf-16-le", .buffering = sizes[_i % 4]);
    char have[16];

    ck_assert_int_ge (fputs ("a\u20acb", f), 0);
    if (_i < 4) {
        ck_assert_int_eq (fseeko (f, 2, SEEK_SET), 0);
    } else {
        rewind (f);
        ck_assert_uint_eq (fread (have, 1, 2, f), 2);
        ck_assert_int_eq (fseeko (f, 0, SEEK_CUR), 0);
    }
    errno = 0;
    ck_assert (fputs ("xyz", f) < 0 || fflush (f) != 0);
    ck_assert_int_eq (errno, EINVAL);
    ck_assert_ptr_nonnull (strstr (tempfile_errmsg (), "offset 2 is within a character"));
    clearerr (f);
    ck_assert_int_eq (tempfile_truncate (f, 3), -1);
    ck_assert_ptr_nonnull (strstr (tempfile_errmsg (), "offset 3 is within a character"));
    assert_contents (f, "a\0\xac\x20"
                        "b\0");
    rewind (f);
    ck_assert_uint_eq (fread (have, 1, sizeof have, f), 5);
    ck_assert_mem_eq (have, "a\u20acb", 5);
    ck_assert_int_eq (fseeko (f, 0, SEEK_CUR), 0);
    ck_assert_int_ge (fputs ("c", f), 0);
    ck_assert_int_eq (fflush (f), 0);
    ck_assert_int_eq (ftello (f), 6);
    assert_close_fails (f, EINVAL);
}
END_TEST

START_TEST (offset_before_the_start_is_refused_and_moves_nothing)
{
    FILE *f = TemporaryFile (.mode = "w+", .encoding = "latin-1");

    errno = 0;
    ck_assert_int_eq (fseeko (f, -20, SEEK_SET), -1);
    ck_assert_int_eq (errno, EINVAL);
    ck_assert_int_eq (ftello (f), 0);
    ck_assert_int_ge (fputs ("text", f), 0);
    ck_assert_int_eq (fseeko (f, -5, SEEK_END), -1);
    ck_assert_int_eq (ftello (f), 4);
    ck_assert_int_eq (fseeko (f, -3, SEEK_CUR), 0);
    ck_assert_int_eq (getc (f), 'e');
    assert_closes (f);
}
END_TEST

/* The file of F holds BYTES then, whatever they mean as text. */
static void
put_bytes (FILE *f, const char *bytes)
{
    FILE *g = tempfile_reopen (f, "r+b");

    ck_assert_int_ge (fputs (bytes, g), 0);
    assert_closes (g);
}

static bool
closes (FILE *f)
{
    return fclose (f) == 0;
}

static bool
holds (const char *path, const char *whole)
{
    char have[64];

    test_read_file (path, have, sizeof have);
    return strcmp (have, whole) == 0;
}

static bool
becomes_path (FILE *f)
{
    char *path = tempfile_into_path (f);
    bool good = path && holds (path, "\u20ac!") && tempfile_unlink (path) == 0;

    free (path);
    return good;
}

static bool
persists (FILE *f)
{
    const char *path = test_path ("persisted");

    return tempfile_persist (f, path, 0) == 0 && fclose (f) == 0 && holds (path, "\u20ac!") &&
           unlink (path) == 0;
}

/* Where a newer glibc puts the descriptor back, at that. */
START_TEST (stream_that_was_read_into_a_character_ends_as_any_other)
{
    static bool (*const ends[]) (FILE *) = {closes, becomes_path, persists};
    FILE *f = NamedTemporaryFile (.mode = "w+", .encoding = "utf-8");

    ck_assert_int_ge (fputs ("\u20ac!", f), 0);
    rewind (f);
    ck_assert_int_eq (fgetc (f), 0xe2);
    errno = 0;
    ck_assert_msg (ends[_i](f), "%s: %s", strerror (errno), tempfile_errmsg ());
    ck_assert_int_eq (test_entries (test_dir ()), 0);
}
END_TEST

/* It can begin a pair, and so waits for the next character, but not after these. */
START_TEST (character_that_waits_is_in_a_file_that_others_see)
{
    const char *path = test_path ("persisted");
    FILE *f = NamedTemporaryFile (.mode = "w+", .encoding = "euc_jis_2004"), *again;
    char have[8];

    ck_assert_int_ge (fputs ("x\u304b", f), 0);
    ck_assert_ptr_nonnull (again = tempfile_reopen (f, "r"));
    ck_assert_uint_eq (fread (have, 1, sizeof have, again), 4);
    fclose (again);
    ck_assert_int_ge (fputs ("\u304b", f), 0);
    ck_assert_int_eq (tempfile_persist (f, path, 0), 0);
    ck_assert (holds (path, "x\xa4\xab\xa4\xab"));
    ck_assert_int_ge (fputs ("\u304b\u309a", f), 0);
    ck_assert_int_eq (ftello (f), 13);
    ck_assert_int_ge (fputs ("\u304b\xe3\x81", f), 0); /* and what begins another one */
    ck_assert_ptr_nonnull (again = tempfile_reopen (f, "r"));
    fclose (again);
    ck_assert (holds (path, "x\xa4\xab\xa4\xab\xa4\xf7\xa4\xab"));
    ck_assert_int_eq (ftello (f), 18);
    ck_assert_int_ge (fputs ("\x82", f), 0);
    ck_assert_int_eq (fclose (f), 0);
    ck_assert (holds (path, "x\xa4\xab\xa4\xab\xa4\xf7\xa4\xab\xa4\xa2"));
    ck_assert_int_eq (unlink (path), 0);
}
END_TEST

/* No assertion comes before it is lifted, for Check reports through a file. */
static void
limit_files (rlim_t size)
{
    struct rlimit limit;

    if (getrlimit (RLIMIT_FSIZE, &limit) < 0)
        abort ();
    limit.rlim_cur = size < limit.rlim_max ? size : limit.rlim_max;
    if (setrlimit (RLIMIT_FSIZE, &limit) < 0)
        abort ();
}

static int
seeks (FILE *f)
{
    return fseeko (f, 0, SEEK_END);
}

static int
truncates (FILE *f)
{
    return tempfile_truncate (f, 20);
}

static int
reads (FILE *f)
{
    return getc (f) == EOF && ferror (f) ? -1 : 0;
}

static int
reopens (FILE *f)
{
    FILE *again = tempfile_reopen (f, "r");

    return again ? fclose (again) : -1;
}

static int
writes (FILE *f)
{
    return fputs ("x", f) < 0 ? -1 : fflush (f);
}

/* It is written when there is room again; where there is none, fclose() says so. */
START_TEST (character_that_waits_is_not_lost_by_a_call_that_fails)
{
    static int (*const calls[]) (FILE *) = {seeks, truncates, reads, reopens, writes};
    const bool again = _i % 2;
    FILE *f = NamedTemporaryFile (.mode = "w+", .encoding = "euc_jis_2004");
    FILE *other = fopen (tempfile_name (f), "r");
    char have[8];

    signal (SIGXFSZ, SIG_IGN);
    ck_assert_ptr_nonnull (other);
    ck_assert_int_ge (fputs ("ab\u304b", f), 0);
    ck_assert_int_eq (fflush (f), 0);
    limit_files (2);
    errno = 0;
    const int failed = calls[_i / 2](f), why = errno;
    const off_t at = ftello (f);
    clearerr (f);
    if (again)
        limit_files (RLIM_INFINITY);
    errno = 0;
    const int closed = fclose (f), why_not = errno;
    limit_files (RLIM_INFINITY);
    signal (SIGXFSZ, SIG_DFL);
    ck_assert_int_eq (failed, -1);
    ck_assert_int_eq (why, EFBIG);
    ck_assert_int_eq (at, 5);
    const bool told = !again || calls[_i / 2] == writes; /* fclose tells of a write that failed */
    ck_assert_int_eq (closed, told ? EOF : 0);
    ck_assert_int_eq (why_not, told ? EFBIG : 0);
    ck_assert_uint_eq (fread (have, 1, sizeof have, other), again ? 4 : 2);
    ck_assert_int_eq (memcmp (have, "ab\xa4\xab", again ? 4 : 2), 0);
    fclose (other);
}
END_TEST

/* Nor does one that fails change which of two bad bytes was reported last. */
START_TEST (seek_that_fails_reports_nothing_twice)
{
    const int size = (int[]){0, 2, 100}[_i];
    FILE *f = TemporaryFile (.mode = "w+", .encoding = "utf-8", .buffering = size);
    char have[14];

    put_bytes (f, "\xff\xff\u20ac\u20ac\u20ac\u20ac");
    ck_assert_uint_eq (fread (have, 1, sizeof have, f), 0);
    ck_assert_int_eq (errno, EILSEQ);
    clearerr (f);
    ck_assert_int_eq (fseek (f, -99, SEEK_END), -1);
    ck_assert_int_eq (errno, EINVAL);
    ck_assert_int_eq (fgetc (f), EOF);
    ck_assert_int_ne (ferror (f), 0);
    clearerr (f);
    ck_assert_int_eq (fgetc (f), 0xe2);
    assert_closes (f);
}
END_TEST

/* Whatever the buffer, though all that was read was bad. */
START_TEST (offset_within_a_character_can_be_sought_after_what_is_bad)
{
    char buffer[105];
    FILE *f = TemporaryFile (.mode = "w+", .encoding = "utf-8");

    put_bytes (f, "\377abc\u20ac\u20ac");
    ck_assert_int_eq (setvbuf (f, buffer, _IOFBF, (size_t[]){105, 64, 3}[_i]), 0);
    ck_assert_int_eq (fgetc (f), EOF);
    ck_assert_int_ne (ferror (f), 0);
    clearerr (f);
    ck_assert_int_eq (fseek (f, 4, SEEK_SET), 0);
    ck_assert_int_eq (fgetc (f), 0x82);
    ck_assert_int_eq (fseek (f, 6, SEEK_SET), 0);
    ck_assert_int_eq (fgetc (f), 0xe2);
    assert_closes (f);
}
END_TEST

/* Between the '\r' that was read as a newline and the character is a '\n' that counts nothing. */
START_TEST (offset_within_a_character_after_crlf_can_be_sought)
{
    static const char given[] = "a\n\uac00\uac01";
    const char *encoding = ((const char *[]){"utf-8", "utf-16-le", "iso2022_kr"})[_i % 3];
    FILE *f = TemporaryFile (.mode = "w+", .encoding = encoding, .newline = "\r\n");
    char have[16];

    ck_assert_int_ge (fputs (given, f), 0);
    FILE *g = tempfile_reopen (f, "r");
    assert_closes (f);
    f = TemporaryFile (.mode = "w+", .encoding = encoding, .buffering = _i < 3 ? 0 : 3);
    FILE *raw = tempfile_reopen (f, "r+b"), *from = tempfile_reopen (g, "rb");
    for (int c; (c = fgetc (from)) != EOF;)
        ck_assert_int_eq (fputc (c, raw), c);
    assert_closes (raw);
    assert_closes (from);
    assert_closes (g);
    for (size_t left = 0; left <= 8; left++) {
        ck_assert_int_eq (fseek (f, (long) (8 - left), SEEK_SET), 0);
        ck_assert_uint_eq (fread (have, 1, sizeof have, f), left);
        have[left] = '\0';
        ck_assert_str_eq (have, given + 8 - left);
    }
    assert_closes (f);
}
END_TEST

/* Nor is what is bad in front of a character, which nobody read, reported from within it. */
START_TEST (offset_within_a_character_is_behind_what_is_bad)
{
    FILE *f =
        TemporaryFile (.mode = "w+", .encoding = "utf-8", .buffering = (int[]){0, 2, 100}[_i]);
    char have[8];

    put_bytes (f, "ab\377\u20acc");
    ck_assert_int_eq (fseek (f, 3, SEEK_SET), 0);
    ck_assert_uint_eq (fread (have, 1, sizeof have, f), 3);
    ck_assert_int_eq (ferror (f), 0);
    ck_assert_mem_eq (have,
                      "\x82\xac"
                      "c",
                      3);
    assert_closes (f);
}
END_TEST

/* An offset is that in front of what counts nothing, also when the stream has been behind it. */
START_TEST (offset_is_in_front_of_what_is_bad_also_after_a_seek_to_the_end)
{
    enum { LONG = 5000, BAD = 40 };
    static char text_and_more[LONG + BAD + 1];
    const int length = (int[]){0, 3, LONG}[_i];
    FILE *f = TemporaryFile (.mode = "w+", .encoding = "utf-8");

    memset (text_and_more, 'x', (size_t) length);
    memset (text_and_more + length, 0xff, BAD);
    put_bytes (f, text_and_more);
    for (int round = 0; round < 3; round++) {
        ck_assert_int_eq (fseek (f, 0, SEEK_END), 0);
        ck_assert_int_eq (ftell (f), length);
        ck_assert_int_eq (fgetc (f), EOF);
        ck_assert_int_eq (ferror (f), 0);
        ck_assert_int_eq (fseek (f, length, SEEK_SET), 0);
        for (int bad = 0; bad < BAD; bad++) {
            ck_assert_int_eq (fgetc (f), EOF);
            ck_assert_int_ne (ferror (f), 0);
            clearerr (f);
        }
        ck_assert_int_eq (fgetc (f), EOF);
        ck_assert_int_ne (feof (f), 0);
    }
    assert_closes (f);
}
END_TEST

/* Unless that goes, and another comes in its place. */
START_TEST (truncating_behind_what_is_bad_reports_nothing_twice)
{
    FILE *f =
        TemporaryFile (.mode = "w+", .encoding = "utf-8", .buffering = (int[]){0, 2, 100}[_i]);
    FILE *g = tempfile_reopen (f, "r+b");
    char have[14];

    ck_assert_int_ge (fputs ("ab\xff\xff\u20ac", g), 0);
    ck_assert_int_eq (fflush (g), 0);
    ck_assert_uint_eq (fread (have, 1, sizeof have, f), 2);
    ck_assert_int_eq (errno, EILSEQ);
    clearerr (f);
    ck_assert_int_eq (tempfile_truncate (f, 5), 0);
    ck_assert_int_eq (fgetc (f), EOF);
    ck_assert_int_ne (ferror (f), 0);
    clearerr (f);
    ck_assert_int_eq (fgetc (f), 0xe2);

    rewind (f);
    ck_assert_uint_eq (fread (have, 1, sizeof have, f), 2);
    ck_assert_int_eq (errno, EILSEQ);
    clearerr (f);
    ck_assert_int_eq (tempfile_truncate (f, 1), 0);
    ck_assert_int_eq (fseek (g, 1, SEEK_SET), 0);
    ck_assert_int_ge (fputs ("b\xfe!", g), 0);
    assert_closes (g);
    errno = 0;
    ck_assert_int_eq (fgetc (f), EOF);
    ck_assert_int_eq (errno, EILSEQ);
    clearerr (f);
    ck_assert_int_eq (fgetc (f), '!');
    assert_closes (f);
}
END_TEST

START_TEST (places_told_while_writing_hold_though_newlines_take_two_bytes)
{
    FILE *f = TemporaryFile (.mode = "w+", .encoding = "utf-16", .newline = "\r\n");
    off_t places[100];
    char line[32], expected[32];

    for (int i = 0; i < 100; i++) {
        places[i] = ftello (f);
        fprintf (f, "line %d\n", i);
    }
    for (int i = 99; i >= 0; i--) {
        ck_assert_int_eq (fseeko (f, places[i], SEEK_SET), 0);
        ck_assert_ptr_nonnull (fgets (line, sizeof line, f));
        (void) snprintf (expected, sizeof expected, "line %d\r\n", i);
        ck_assert_str_eq (line, expected);
    }
    assert_closes (f);
}
END_TEST

START_TEST (places_told_while_reading_hold_though_newlines_take_two_bytes)
{
    static const char *const ends[] = {NULL, "\r\n"};
    const char *newline = ends[_i];
    FILE *f = TemporaryFile (.mode = "w+", .encoding = "utf-8", .newline = newline);
    off_t places[100];
    char line[32], again[32];

    for (int i = 0; i < 100; i++)
        fprintf (f, "line %d%s\n", i, newline ? "" : "\r");
    rewind (f);
    for (int i = 0; i < 100; i++) {
        places[i] = ftello (f);
        ck_assert_ptr_nonnull (fgets (line, sizeof line, f));
    }
    for (int i = 99; i >= 0; i--) {
        ck_assert_int_eq (fseeko (f, places[i], SEEK_SET), 0);
        ck_assert_ptr_nonnull (fgets (line, sizeof line, f));
        (void) snprintf (again, sizeof again, "line %d%s", i, newline ? "\r\n" : "\n");
        ck_assert_str_eq (line, again);
    }
    assert_closes (f);
}
END_TEST

START_TEST (places_hold_around_what_was_replaced)
{
    FILE *f = TemporaryFile (.mode = "w+", .encoding = "latin-1", .errors = "xmlcharrefreplace");
    off_t places[50];
    char c[4] = "";

    for (int i = 0; i < 50; i++) {
        places[i] = ftello (f);
        ck_assert_int_eq (places[i], 4 * i);
        ck_assert_int_ge (fputs ("x\u20ac", f), 0);
    }
    for (int i = 49; i >= 0; i--) {
        ck_assert_int_eq (fseeko (f, places[i], SEEK_SET), 0);
        ck_assert_uint_eq (fread (c, 1, 3, f), 3);
        ck_assert_str_eq (c, "x&#");
    }
    assert_closes (f);
}
END_TEST

/* The first byte of what a character became counts as read, and what is written behind it goes
 * there. */
START_TEST (place_within_what_a_character_became_holds)
{
    static const struct {
        const char *encoding, *errors, *newline, *text, *expected;
    } cases[] = {
        {"utf-8", NULL, "\r\n", "\nab", "\rXab"},
        {"utf-16-le", NULL, "\r\n", "\nab", "\r\0X\0a\0b"},
        {"cp1252", "backslashreplace", "\r", "\ufffda", "\\Xfffda"},
        {"latin-1", "xmlcharrefreplace", NULL, "\u20aca", "&X8364;a"},
    };
    FILE *f = TemporaryFile (.mode = "w+", .encoding = cases[_i].encoding,
                             .errors = cases[_i].errors, .newline = cases[_i].newline);
    size_t n = _i == 1 ? 7 : strlen (cases[_i].expected);
    char have[16];

    ck_assert_int_ge (fputs (cases[_i].text, f), 0);
    rewind (f);
    (void) getc (f);
    off_t place = ftello (f);
    ck_assert_int_eq (place, 1);
    ck_assert_int_eq (fseeko (f, place, SEEK_SET), 0);
    ck_assert_int_eq (putc ('X', f), 'X');
    ck_assert_int_eq (fflush (f), 0);
    ck_assert_uint_ge (test_bytes (f, have, sizeof have), n);
    ck_assert_mem_eq (have, cases[_i].expected, n);
    assert_closes (f);
}
END_TEST

/* More of them than a sparse index has entries for; some side by side. */
START_TEST (places_hold_around_thousands_that_were_replaced)
{
    enum { COUNT = 12000 };
    static off_t places[COUNT];
    FILE *f = TemporaryFile (.mode = "w+", .encoding = "ascii", .errors = "backslashreplace");
    char have[8] = "";

    for (int i = 0; i < COUNT; i++) {
        places[i] = ftello (f);
        ck_assert_int_ge (fputs (i % 3 ? "\u20ac" : "x\u20ac", f), 0);
    }
    ck_assert_int_eq (putc ('x', f), 'x');
    for (int i = COUNT - 1; i >= 0; i -= 7) {
        ck_assert_int_eq (fseeko (f, places[i], SEEK_SET), 0);
        ck_assert_uint_eq (fread (have, 1, 7, f), 7);
        ck_assert_str_eq (have, i % 3 == 0 ? "x\\u20ac" : i % 3 == 1 ? "\\u20ac\\" : "\\u20acx");
    }
    assert_closes (f);
}
END_TEST

/* So many that the index of positions cannot have all of them. */
START_TEST (text_with_too_many_that_were_replaced_is_cut_off_exactly_or_not_at_all)
{
    enum { COUNT = 100000, STEP = 997 };
    FILE *f = TemporaryFile (.mode = "w+", .encoding = "ascii", .errors = "backslashreplace");
    int refused = 0;

    for (int i = 0; i < COUNT; i++)
        ck_assert_int_ge (fputs ("x\u20ac", f), 0);
    off_t size = 7 * COUNT;
    for (int i = COUNT - STEP; i > 0; i -= STEP) {
        if (tempfile_truncate (f, 4 * i) == 0) {
            size = 7 * i;
        } else {
            ck_assert_int_eq (errno, EINVAL);
            refused++;
        }
        ck_assert_int_eq (test_size (f), size);
    }
    ck_assert_int_gt (refused, 0);
    ck_assert_int_lt (refused, COUNT / STEP);
    assert_closes (f);
}
END_TEST

/* PLACE, where F ends, is found again when "bc" follows; and then WHOLE is what is read. F is
 * closed. */
static void
assert_place_holds (FILE *f, off_t place, const char *whole)
{
    char have[32];

    ck_assert_int_eq (ftello (f), place);
    ck_assert_int_ge (fputs ("bc", f), 0);
    ck_assert_int_eq (fseeko (f, place, SEEK_SET), 0);
    ck_assert_ptr_nonnull (fgets (have, sizeof have, f));
    ck_assert_str_eq (have, "bc");
    rewind (f);
    ck_assert_ptr_nonnull (fgets (have, sizeof have, f));
    ck_assert_str_eq (have, whole);
    assert_closes (f);
}

/* Two bytes of the program become one of the file, which is read as another character. */
START_TEST (places_hold_around_what_comes_back_as_another_character)
{
    FILE *f = TemporaryFile (.mode = "w+", .encoding = "shift_jis", .newline = "\n");

    ck_assert_int_ge (fputs ("a\u00a5", f), 0);
    if (fflush (f) != 0 && errno == EILSEQ) {
        test_skip ("this system's Shift JIS has no yen sign");
        assert_close_fails (f, EILSEQ);
        return;
    }
    ck_assert_int_eq (ferror (f), 0);
    assert_place_holds (f, 3, "a\\bc");
}
END_TEST

/* An escape that is no set's hides what stands behind it, up to a capital, from who reads on. */
START_TEST (places_hold_behind_what_an_escape_hides)
{
    FILE *f = TemporaryFile (.mode = "w+", .encoding = "iso2022_jp");

    ck_assert_int_ge (fputs ("a\x1b\u3042", f), 0);
    assert_place_holds (f, 5, "a\x1b\x1b$B$\"bc");
}
END_TEST

/* The buffer is too small for a character, the rest of which is still to come. */
START_TEST (descriptor_may_be_asked_for_within_a_character)
{
    static char buffer[3];
    FILE *f = TemporaryFile (.mode = "w+", .encoding = "utf-16-le", .newline = "\r\n");

    ck_assert_int_eq (setvbuf (f, buffer, _IOFBF, sizeof buffer), 0);
    ck_assert_int_ge (fputs ("\r\n\U0001f600x", f), 0);
    rewind (f);
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq (getc (f), "\r\r\n\xf0"[i] & 0xff);
    ck_assert_int_eq (ungetc (0xf0, f), 0xf0);
    FILE *g = tempfile_reopen (f, "rb");
    ck_assert_msg (g != NULL, "%s", tempfile_errmsg ());
    ck_assert_int_eq (ftello (f), 3);
    ck_assert_int_eq (getc (f), 0xf0);
    assert_closes (g);
    assert_closes (f);
}
END_TEST

/* --- what follows from it --- */

START_TEST (overwriting_in_the_middle_replaces_the_bytes_of_the_file)
{
    FILE *f = TemporaryFile (.mode = "w+", .encoding = "cp1252", .newline = "\n");
    char have[32];

    ck_assert_int_ge (fputs ("\u20ac1\u20ac2\u20ac3", f), 0);
    ck_assert_int_eq (fseeko (f, 4, SEEK_SET), 0);
    ck_assert_int_ge (fputs ("x\u00e9", f), 0);
    ck_assert_int_eq (fseeko (f, 7, SEEK_SET), 0);
    ck_assert_ptr_nonnull (fgets (have, sizeof have, f));
    ck_assert_str_eq (have, "\u20ac3");
    rewind (f);
    ck_assert_ptr_nonnull (fgets (have, sizeof have, f));
    ck_assert_str_eq (have, "\u20ac1x\u00e9\u20ac3");
    assert_contents (f, "\x80\x31x\xe9\x80\x33");
    assert_closes (f);
}
END_TEST

START_TEST (truncate_takes_an_offset_of_the_program)
{
    FILE *f = TemporaryFile (.mode = "w+", .encoding = "utf-16-le", .newline = "\r\n");
    char have[16];

    ck_assert_int_ge (fputs ("\u20ac\nb\nc", f), 0);
    ck_assert_int_eq (tempfile_truncate (f, 4), 0);
    ck_assert_uint_eq (test_bytes (f, have, sizeof have), 6);
    ck_assert_mem_eq (have, "\xac\x20\r\0\n\0", 6);
    assert_minus_1 (tempfile_truncate (f, 2), EINVAL, "truncate");
    ck_assert_uint_eq (test_bytes (f, have, sizeof have), 6);
    ck_assert_int_eq (tempfile_truncate (f, 0), 0);
    ck_assert_int_eq (test_size (f), 0);
    assert_closes (f);
}
END_TEST

/* What was written counted otherwise than what is read; both end where the file ends. */
START_TEST (places_hold_after_a_truncation)
{
    FILE *f = TemporaryFile (.mode = "w+", .encoding = "utf-8");
    char have[16];

    ck_assert_int_ge (fputs ("a\r\nb\r\nc", f), 0);
    ck_assert_int_eq (tempfile_truncate (f, 6), 0);
    rewind (f);
    ck_assert_uint_eq (fread (have, 1, sizeof have, f), 4);
    off_t end = ftello (f);
    ck_assert_int_eq (end, 4);
    rewind (f);
    ck_assert_ptr_nonnull (fgets (have, sizeof have, f));
    ck_assert_int_eq (ftello (f), 2);
    ck_assert_int_eq (fseeko (f, end, SEEK_SET), 0);
    ck_assert_int_eq (getc (f), EOF);
    assert_closes (f);
}
END_TEST

/*
 * What is left of a text that was cut off, and what is then written behind it, is read as such,
 * also where UTF-7 was within base64. HZ and ISO-2022-KR stay shifted, as in Python.
 */
START_TEST (text_can_be_cut_off_at_any_place)
{
    enum { SOME = 30 };
    const char *const modes[] = {"w+", "a+"}, *more = alphabets[_i].letters[1];
    const char *encoding = alphabets[_i].encoding;
    char have[4 * SOME + 8];

    if (encoding && (strcmp (encoding, "iso2022_kr") == 0 || strcmp (encoding, "hz") == 0))
        return;
    for (int i = 0; i < 4 * SOME; i++) {
        const int at = i / 4, sought = i % 2;
        FILE *f = TemporaryFile (.mode = modes[i / 2 % 2], .encoding = encoding, .newline = "");
        make_text (_i);
        size_t n = (size_t) starts[at], m = strlen (more);
        ck_assert_uint_eq (fwrite (text, 1, (size_t) starts[SOME], f), (size_t) starts[SOME]);
        if (sought)
            ck_assert_int_eq (fseeko (f, starts[at], SEEK_SET), 0);
        ck_assert_int_eq (tempfile_truncate (f, starts[at]), 0);
        if (!sought)
            ck_assert_int_eq (fseeko (f, 0, SEEK_END), 0);
        ck_assert_int_eq (ftello (f), starts[at]);
        ck_assert_int_ge (fputs (more, f), 0);
        rewind (f);
        ck_assert_uint_eq (fread (have, 1, sizeof have, f), n + m);
        ck_assert_int_eq (ferror (f), 0);
        ck_assert_mem_eq (have, text, n);
        ck_assert_mem_eq (have + n, more, m);
        assert_closes (f);
    }
}
END_TEST

/* A high surrogate waits for what comes behind it; with that it may be one character. */
START_TEST (utf_7_can_be_cut_off_around_surrogates_or_says_so)
{
    static const char *const letters[] = {
        "a", "!", "-", "+", "\n", "\u00e9", "\u6f22", "\U0010ffff", "\xed\xa0\x80", "\xed\xaf\xbf"};
    enum { N = LENGTH (letters), LENGTH_OF_TEXT = 4 };
    int refused = 0;
    for (int i = 0; i < 10 * 10 * 10 * 10; i++) {
        char all[32] = "", have[32];
        size_t places[LENGTH_OF_TEXT];
        for (int n = 0, rest = i; n < LENGTH_OF_TEXT; n++, rest /= N) {
            places[n] = strlen (all);
            strcat (all, letters[rest % N]);
        }
        size_t place = places[i % LENGTH_OF_TEXT], n = place;
        FILE *f = TemporaryFile (.mode = "w+", .encoding = "utf-7", .errors = "surrogatepass",
                                 .newline = "");
        ck_assert_int_ge (fputs (all, f), 0);
        if (tempfile_truncate (f, (off_t) place) < 0) {
            ck_assert_int_eq (errno, EINVAL);
            ck_assert_uint_ge (place, 3);
            ck_assert_int_eq (all[place - 3], '\xed');
            n = strlen (all);
            refused++;
        }
        rewind (f);
        ck_assert_uint_eq (fread (have, 1, sizeof have, f), n);
        ck_assert_int_eq (ferror (f), 0);
        ck_assert_mem_eq (have, all, n);
        assert_closes (f);
    }
    ck_assert_int_lt (refused, 1200);
}
END_TEST

/* Also where stdio gets to the end by a seek to an offset in front of it, and by reading. */
START_TEST (writing_goes_on_at_the_end_that_was_told)
{
    enum { SOME = 30 };
    static const int sizes[] = {2, 3, 4, 7, 16, 64, 0};
    const char *encoding = alphabets[_i].encoding;
    char have[8 * SOME];

    /* These stay shifted, as in Python. */
    if (encoding && (strcmp (encoding, "iso2022_kr") == 0 || strcmp (encoding, "hz") == 0))
        return;
    for (int i = 1; i < SOME * LENGTH (sizes); i++) {
        FILE *f = TemporaryFile (.mode = "w+", .encoding = encoding, .newline = "",
                                 .buffering = sizes[i / SOME]);
        make_text (_i);
        size_t n = (size_t) starts[i % SOME], m = (size_t) starts[SOME] - n;
        ck_assert_uint_eq (fwrite (text, 1, n, f), n);
        ck_assert_int_eq (fseeko (f, ftello (f), SEEK_SET), 0);
        ck_assert_uint_eq (fwrite (text + n, 1, m, f), m);
        rewind (f);
        ck_assert_uint_eq (fread (have, 1, sizeof have, f), n + m);
        ck_assert_mem_eq (have, text, n + m);
        assert_closes (f);
    }
}
END_TEST

/* Up to there all counts as it was written, though what was behind it is gone. */
START_TEST (place_of_a_truncation_holds)
{
    FILE *f = TemporaryFile (.mode = "w+", .encoding = "ascii", .newline = "\r\n");
    char have[16];

    ck_assert_int_ge (fputs ("a\nb", f), 0);
    off_t place = ftello (f);
    ck_assert_int_ge (fputs ("cd", f), 0);
    ck_assert_int_eq (tempfile_truncate (f, place), 0);
    rewind (f);
    ck_assert_uint_eq (fread (have, 1, 2, f), 2);
    ck_assert_int_eq (fseeko (f, place, SEEK_SET), 0);
    ck_assert_int_eq (getc (f), EOF);
    ck_assert_int_eq (fseeko (f, place, SEEK_SET), 0);
    ck_assert_int_eq (putc ('e', f), 'e');
    ck_assert_int_eq (fflush (f), 0);
    ck_assert_uint_eq (test_bytes (f, have, sizeof have), 5);
    ck_assert_mem_eq (have, "a\r\nbe", 5);
    assert_closes (f);
}
END_TEST

/* Encodings, and how they have e with an acute accent and the euro sign: as such, or replaced. */
static const struct {
    const char *encoding, *accent, *euro;
} filled[] = {
    {"latin-1", "\u00e9", "&#8364;"},   {"cp037", "\u00e9", "&#8364;"},
    {"koi8-r", "&#233;", "&#8364;"},    {"utf-8", "\u00e9", "\u20ac"},
    {"utf-8-sig", "\u00e9", "\u20ac"},  {"utf-16", "\u00e9", "\u20ac"},
    {"utf-16-le", "\u00e9", "\u20ac"},  {"utf-16-be", "\u00e9", "\u20ac"},
    {"utf-32", "\u00e9", "\u20ac"},     {"utf-32-le", "\u00e9", "\u20ac"},
    {"utf-32-be", "\u00e9", "\u20ac"},  {"gb18030", "\u00e9", "\u20ac"},
    {"shift_jis", "&#233;", "&#8364;"}, {"euc_jis_2004", "\u00e9", "\u20ac"},
};

/*
 * Records, of which some have characters that are replaced, and all have a field that is filled in
 * later: in front of all places but the first, and whether the index has all of them or not.
 */
START_TEST (places_hold_when_a_field_before_them_is_filled_in)
{
    enum { RECORDS = 3000 };
    static off_t record[RECORDS + 1];
    static char have[RECORDS * 32], want[RECORDS * 32];
    FILE *f = TemporaryFile (.mode = "w+", .encoding = filled[_i].encoding, .newline = "\r\n",
                             .errors = "xmlcharrefreplace");
    char *w = want;

    for (int i = 0; i < RECORDS; i++) {
        record[i] = ftello (f);
        ck_assert_int_ge (fprintf (f, "0000 %s\n", i % 2 ? "\u20ac" : "\u00e9"), 0);
        w += sprintf (w, "%04d %s\r\n", i, i % 2 ? filled[_i].euro : filled[_i].accent);
    }
    record[RECORDS] = ftello (f);
    for (int k = 0; k < RECORDS; k++) {
        int i = k * 1009 % RECORDS;
        ck_assert_int_eq (fseeko (f, record[i], SEEK_SET), 0);
        ck_assert_int_ge (fprintf (f, "%04d", i), 0);
    }
    ck_assert_int_eq (fseeko (f, record[RECORDS], SEEK_SET), 0);
    ck_assert_int_ge (fputs ("end\n", f), 0);
    ck_assert_int_eq (tempfile_truncate (f, record[RECORDS] + 3), 0);
    strcpy (w, "end");
    rewind (f);
    ck_assert_uint_eq (fread (have, 1, sizeof have, f), strlen (want));
    ck_assert_mem_eq (have, want, strlen (want));
    assert_closes (f);
}
END_TEST

/* After text of another size, what is behind it counts as it is read: a byte for each. */
START_TEST (text_behind_another_number_of_bytes_counts_as_it_is_read)
{
    static const char *const others[] = {"\u00e9", "x\n", "xyz\u00e9"};
    FILE *f = TemporaryFile (.mode = "w+", .encoding = "latin-1", .newline = "\r\n");
    char have[32];

    ck_assert_int_ge (fputs ("abc\nd\ne\n", f), 0);
    rewind (f);
    ck_assert_int_ge (fputs (others[_i], f), 0);
    ck_assert_int_eq (fflush (f), 0);
    off_t here = ftello (f);
    int at = (int) lseek (tempfile_fileno (f), 0, SEEK_CUR);
    int size = (int) test_bytes (f, have, sizeof have);
    ck_assert_int_eq (fseeko (f, 0, SEEK_END), 0);
    ck_assert_int_eq (ftello (f), here + size - at);
    assert_closes (f);
}
END_TEST

/* Neither asks for a place: what was read ahead goes back, and then the end is looked for. */
START_TEST (places_hold_after_a_read_that_nobody_asked_the_place_of)
{
    FILE *f = TemporaryFile (.mode = "w+", .encoding = "latin-1", .newline = "\r\n");
    char have[32];

    ck_assert_int_ge (fputs ("L0\nL1\nL2\nL3\n", f), 0);
    off_t place = ftello (f);
    ck_assert_int_ge (fputs ("L4\n", f), 0);
    rewind (f);
    ck_assert_uint_eq (fread (have, 1, 5, f), 5);
    if (_i == 0) {
        ck_assert_int_eq (tempfile_truncate (f, place), 0);
        ck_assert_int_eq (test_size (f), 16);
        ck_assert_int_eq (ftello (f), 5);
        ck_assert_int_eq (getc (f), '1');
    } else {
        ck_assert_int_eq (fflush (f), 0);
        ck_assert_int_eq (fseeko (f, place, SEEK_SET), 0);
        ck_assert_ptr_nonnull (fgets (have, sizeof have, f));
        ck_assert_str_eq (have, "L4\r\n");
    }
    assert_closes (f);
}
END_TEST

/* As read(2) and a place by SEEK_CUR: what goes on counts as it is read. */
START_TEST (reading_on_after_a_flush_counts_as_it_is_read)
{
    FILE *f = TemporaryFile (.mode = "w+", .encoding = "latin-1", .newline = "\r\n");
    char have[32];

    ck_assert_int_ge (fputs ("L0\nL1\nL2\n", f), 0);
    rewind (f);
    ck_assert_uint_eq (fread (have, 1, 5, f), 5);
    ck_assert_int_eq (fflush (f), 0);
    if (_i == 0)
        ck_assert_int_eq (ftello (f), 5);
    ck_assert_uint_eq (fread (have, 1, 5, f), 5);
    ck_assert_mem_eq (have, "1\r\nL2", 5);
    ck_assert_int_eq (ftello (f), 10);
    rewind (f);
    ck_assert_int_eq (fseeko (f, 10, SEEK_SET), 0);
    ck_assert_uint_eq (fread (have, 1, 5, f), 2);
    ck_assert_mem_eq (have, "\r\n", 2);
    assert_closes (f);
}
END_TEST

/* At the start, and behind what counts otherwise; a character that the encoding lacks. */
START_TEST (places_hold_after_a_write_that_changed_nothing)
{
    FILE *f =
        TemporaryFile (.mode = "w+", .encoding = _i % 2 ? "utf-16" : "latin-1", .newline = "\r\n");
    const off_t begin = _i < 2 ? 0 : 3;
    char have[64];

    ck_assert_int_ge (fputs ("L0\nL1\nL2\nL3\n", f), 0);
    off_t place = ftello (f);
    ck_assert_int_ge (fputs ("L4\n", f), 0);
    ck_assert_int_eq (fseeko (f, begin, SEEK_SET), 0);
    ck_assert_int_ge (fputs (_i % 2 ? "\xed\xa0\x80" : "\u20ac", f), 0);
    assert_minus_1 (fflush (f), EILSEQ, NULL);
    clearerr (f);
    ck_assert_int_eq (fseeko (f, place, SEEK_SET), 0);
    ck_assert_ptr_nonnull (fgets (have, sizeof have, f));
    ck_assert_str_eq (have, "L4\r\n");
    ck_assert_int_eq (fclose (f), EOF);
}
END_TEST

/* The zeros in front of the position count as they are read, not as what was there. */
START_TEST (places_that_were_read_hold_where_text_was_cut_off_below_the_position)
{
    FILE *f = TemporaryFile (.mode = "w+", .encoding = "latin-1", .newline = "\r\n");
    char have[32];

    ck_assert_int_ge (fputs (_i ? "\u00e9\u00e9" : "ab\n\n", f), 0);
    ck_assert_int_eq (fflush (f), 0);
    const size_t size = test_bytes (f, have, sizeof have) + 3;
    ck_assert_int_eq (tempfile_truncate (f, 0), 0);
    ck_assert_int_ge (fputs ("XYZ", f), 0);
    rewind (f);
    ck_assert_uint_eq (fread (have, 1, sizeof have, f), size);
    ck_assert_int_eq (ftello (f), (off_t) size);
    rewind (f);
    ck_assert_uint_eq (fread (have, 1, size - 1, f), size - 1);
    off_t place = ftello (f);
    ck_assert_int_eq (place, (off_t) size - 1);
    rewind (f);
    ck_assert_int_eq (fseeko (f, place, SEEK_SET), 0);
    ck_assert_ptr_nonnull (fgets (have, sizeof have, f));
    ck_assert_str_eq (have, "Z");
    ck_assert_int_eq (fseeko (f, 0, SEEK_END), 0);
    ck_assert_int_eq (ftello (f), (off_t) size);
    assert_closes (f);
}
END_TEST

/* U+203E comes back as '~': the end is behind four bytes, and behind two when all is read. */
START_TEST (place_of_a_write_that_failed_holds)
{
    FILE *f = TemporaryFile (.mode = "a", .encoding = "shift_jis", .buffering = 4096);
    char have[16];

    ck_assert_int_ge (fputs ("a\u203e", f), 0);
    ck_assert_int_eq (fseeko (f, 0, SEEK_END), 0);
    off_t place = ftello (f);
    ck_assert_int_ge (fputs ("\u00df", f), 0);
    assert_minus_1 (fflush (f), EILSEQ, NULL);
    clearerr (f);
    ck_assert_int_eq (fseeko (f, 0, SEEK_END), 0);
    ck_assert_int_eq (tempfile_truncate (f, place), 0);
    ck_assert_uint_eq (test_bytes (f, have, sizeof have), 2);
    ck_assert_mem_eq (have, "a~", 2);
    ck_assert_int_eq (fclose (f), EOF);
}
END_TEST

START_TEST (mark_is_written_once_and_never_when_appending)
{
    FILE *f = TemporaryFile (.mode = "w+", .encoding = "utf-8-sig", .newline = "\n");
    char have[16];

    ck_assert_int_ge (fputs ("a", f), 0);
    ck_assert_int_eq (fflush (f), 0);
    FILE *g = tempfile_reopen (f, "a+");
    ck_assert_ptr_nonnull (g);
    ck_assert_int_eq (ftello (g), 1);
    ck_assert_int_ge (fputs ("b", g), 0);
    ck_assert_int_eq (ftello (g), 2);
    rewind (g);
    ck_assert_ptr_nonnull (fgets (have, sizeof have, g));
    ck_assert_str_eq (have, "ab");
    assert_closes (g);
    assert_contents (f, "\xef\xbb\xbf"
                        "ab");
    assert_closes (f);
}
END_TEST

/* Its end is where it begins, and the mark still comes. */
START_TEST (places_hold_after_an_empty_file_was_read)
{
    static const char *const marked[] = {"utf-8-sig", "utf-16", "utf-32"};
    FILE *f = TemporaryFile (.mode = "w+", .encoding = marked[_i]);
    char have[16] = "";

    ck_assert_int_eq (getc (f), EOF);
    ck_assert_int_eq (fseeko (f, 0, SEEK_CUR), 0);
    ck_assert_int_ge (fputs ("0123456789", f), 0);
    ck_assert_int_eq (fseeko (f, 3, SEEK_SET), 0);
    ck_assert_int_ge (fputs ("abc", f), 0);
    rewind (f);
    ck_assert_uint_eq (fread (have, 1, sizeof have, f), 10);
    ck_assert_str_eq (have, "012abc6789");
    assert_closes (f);
}
END_TEST

/* Where reading has led, it is not at the start any more. */
START_TEST (no_mark_is_written_behind_what_was_read)
{
    static const char *const marked[] = {"utf-8-sig", "utf-16", "utf-32"};
    FILE *f = TemporaryFile (.mode = "w+", .encoding = marked[_i]);
    char have[16] = "";

    ck_assert_int_ge (fputs ("\u20acne ", f), 0);
    rewind (f);
    ck_assert_uint_eq (fread (have, 1, sizeof have, f), 6);
    ck_assert_int_eq (fseeko (f, 0, SEEK_CUR), 0);
    ck_assert_int_ge (fputs ("two", f), 0);
    rewind (f);
    ck_assert_uint_eq (fread (have, 1, sizeof have, f), 9);
    ck_assert_str_eq (have, "\u20acne two");
    assert_closes (f);
}
END_TEST

START_TEST (second_stream_takes_the_same_options)
{
    FILE *f =
        TemporaryFile (.mode = "w+", .encoding = "latin-1", .errors = "replace", .newline = "\r\n");
    FILE *g = tempfile_reopen (f, "w");
    char have[16];

    ck_assert_ptr_nonnull (g);
    ck_assert_int_ge (fputs ("\u20ac\n", g), 0);
    assert_closes (g);
    assert_contents (f, "?\r\n");
    g = tempfile_reopen (f, "rb");
    ck_assert_ptr_nonnull (g);
    ck_assert_uint_eq (fread (have, 1, sizeof have, g), 3);
    assert_closes (g);
    assert_closes (f);
}
END_TEST

START_TEST (named_and_spooled_text_is_as_any_other)
{
    for (int kind = 0; kind < 2; kind++) {
        FILE *f = kind ? SpooledTemporaryFile (.mode = "w+", .encoding = "utf-16-be", .newline = "",
                                               .max_size = 16)
                       : NamedTemporaryFile (.mode = "w+", .encoding = "utf-16-be", .newline = "");
        char have[128];
        ck_assert_msg (f != NULL, "%s", tempfile_errmsg ());
        for (int i = 0; i < 10; i++)
            ck_assert_int_ge (fputs ("\u20acx", f), 0);
        ck_assert_int_eq (ftello (f), 40);
        ck_assert_int_eq (fseeko (f, 36, SEEK_SET), 0);
        ck_assert_uint_eq (fread (have, 1, sizeof have, f), 4);
        ck_assert_mem_eq (have, "\u20acx", 4);
        ck_assert_uint_eq (test_bytes (f, have, sizeof have), 40);
        ck_assert_mem_eq (have, "\x20\xac\0x\x20\xac\0x", 8);
        assert_closes (f);
    }
}
END_TEST

START_TEST (descriptor_is_in_step)
{
    FILE *f = TemporaryFile (.mode = "w+", .encoding = "utf-16-le", .newline = "");
    int fd = tempfile_fileno (f);

    ck_assert_int_ge (fputs ("one\ntwo\n", f), 0);
    ck_assert_int_eq (fflush (f), 0);
    ck_assert_int_eq (lseek (fd, 0, SEEK_CUR), 16);
    ck_assert_int_eq (fseeko (f, 4, SEEK_SET), 0);
    ck_assert_int_eq (lseek (fd, 0, SEEK_CUR), 8);
    ck_assert_int_eq (getc (f), 't');
    ck_assert_int_eq (fflush (f), 0);
    ck_assert_int_eq (fseeko (f, 0, SEEK_CUR), 0);
    ck_assert_int_eq (tempfile_fileno (f), fd);
    assert_closes (f);
}
END_TEST

/* Somebody else moves the descriptor, and the stream goes on from there. */
/* Another stream truncates the text, and writes a new one, whose characters have other lengths. */
START_TEST (places_behind_the_end_are_forgotten)
{
    FILE *f = TemporaryFile (.mode = "w+", .encoding = "utf-16-le", .newline = "");
    FILE *g = tempfile_reopen (f, "r");
    char have[16];
    const bool seeks = _i;

    ck_assert_int_ge (fputs ("bb", f), 0);
    ck_assert_int_eq (fflush (f), 0);
    ck_assert_int_eq (fseeko (g, 1, SEEK_SET), 0);
    ck_assert_int_eq (getc (g), 'b');
    ck_assert_int_eq (tempfile_truncate (f, 0), 0);
    ck_assert_int_eq (fseeko (g, 0, seeks ? SEEK_END : SEEK_SET), 0);
    ck_assert_int_eq (getc (g), EOF);
    rewind (f);
    ck_assert_int_ge (fputs ("\u00e9cdefgh", f), 0);
    ck_assert_int_eq (fflush (f), 0);
    ck_assert_int_eq (fseeko (g, 3, SEEK_SET), 0);
    ck_assert_ptr_nonnull (fgets (have, sizeof have, g));
    ck_assert_str_eq (have, "defgh");
    ck_assert_int_eq (fseeko (g, 0, SEEK_END), 0);
    ck_assert_int_eq (ftello (g), 8);
    assert_closes (g);
    assert_closes (f);
}
END_TEST

START_TEST (stream_follows_its_descriptor)
{
    FILE *f = TemporaryFile (.mode = "w+", .encoding = "utf-16-le", .newline = "");
    int fd = tempfile_fileno (f);

    ck_assert_int_ge (fputs ("one\n\u20acwo\n", f), 0);
    ck_assert_int_eq (fflush (f), 0);
    ck_assert_int_eq (write (fd, "x\0y\0", 4), 4);
    ck_assert_int_eq (ftello (f), 12);
    ck_assert_int_eq (putc ('z', f), 'z');
    ck_assert_int_eq (fseeko (f, 4, SEEK_SET), 0);
    ck_assert_int_eq (lseek (fd, 10, SEEK_SET), 10);
    ck_assert_int_eq (fseeko (f, 0, SEEK_CUR), 0);
    ck_assert_int_eq (ftello (f), 7);
    ck_assert_int_eq (getc (f), 'w');
    assert_contents (f, "o\0n\0e\0\n\0\xac\x20w\0o\0\n\0x\0y\0z\0");
    assert_closes (f);
}
END_TEST

/* What comes next is the I-th letter, and the text goes on as it does there. */
static bool
is_at (FILE *f, int i, int end)
{
    static char have[sizeof text];
    size_t n = (size_t) (starts[end] - starts[i]);

    if (ftello (f) != starts[i])
        return false;
    ck_assert_uint_eq (fread (have, 1, sizeof have, f), n);
    ck_assert_mem_eq (have, text + starts[i], n);
    return true;
}

/* In front of a character may be bytes that stand for none: a mark, or an escape sequence. */
START_TEST (stream_goes_on_behind_the_character_that_its_descriptor_was_moved_into)
{
    enum { SOME = 40 };
    FILE *f = open_made (_i, "");
    off_t places[SOME + 1];
    int fd = tempfile_fileno (f), i = 0;

    ck_assert_uint_eq (fwrite (text, 1, (size_t) starts[SOME], f), (size_t) starts[SOME]);
    for (int j = 0; j <= SOME; j++) {
        ck_assert_int_eq (fseeko (f, starts[j], SEEK_SET), 0);
        ck_assert_int_eq (fflush (f), 0);
        places[j] = lseek (fd, 0, SEEK_CUR);
    }
    for (off_t k = 0; k <= places[SOME]; k++) {
        while (places[i] < k)
            i++;
        rewind (f);
        ck_assert_int_eq (fflush (f), 0);
        ck_assert_int_eq (lseek (fd, k, SEEK_SET), k);
        ck_assert_msg (is_at (f, i, SOME) || (i > 0 && is_at (f, i - 1, SOME)), "%s, %lld: %lld",
                       alphabets[_i].encoding, (long long) k, (long long) ftello (f));
    }
    assert_closes (f);
}
END_TEST

/*
 * Bad bytes are not within what would be a character with the first of them; but the "\n" is within
 * a "\r\n".
 */
START_TEST (stream_goes_on_behind_what_is_bad_where_its_descriptor_was_moved_to)
{
    static const struct {
        const char *encoding, *errors, *bytes;
        int size;
        off_t place, told;
        const char *rest;
    } moves[] = {
        {"utf-16-le", "replace", "\x3d\xd8\x61\0\x62\0", 6, 3, 4, "b"},
        {"gb18030", "replace", "\xff\x39\xa4\xa2\x61", 5, 3, 7, "a"},
        {"gb18030", "surrogateescape", "b\xf2\x36\x81\x34\xb1\x32\x39z", 9, 4, 8, "9z"},
        {"euc_kr", "replace", "\xa9\xfc\xa4\xd4\xa4\xb3\xa4\x10\xa4\xb8\xa5\xef", 12, 4, 9,
         "\ub080\x10\u3148\u03bf"},
        {"euc_jp", "replace", "\x8f\x82\x82", 3, 2, 6, "\ufffd"},
        {"utf-8", NULL, "A\r\nB", 4, 2, 2, "B"},
    };
    FILE *f =
        TemporaryFile (.mode = "w+", .encoding = moves[_i].encoding, .errors = moves[_i].errors);
    int fd = tempfile_fileno (f);
    char have[32] = "";

    ck_assert_int_eq (write (fd, moves[_i].bytes, (size_t) moves[_i].size), moves[_i].size);
    rewind (f);
    ck_assert_int_eq (fflush (f), 0);
    ck_assert_int_eq (lseek (fd, moves[_i].place, SEEK_SET), moves[_i].place);
    ck_assert_int_eq (ftello (f), moves[_i].told);
    (void) fread (have, 1, sizeof have - 1, f);
    ck_assert_str_eq (have, moves[_i].rest);
    assert_closes (f);
}
END_TEST

/* It was told to be there. */
START_TEST (character_that_waits_does_not_move_with_the_descriptor)
{
    FILE *f = TemporaryFile (.mode = "w+", .encoding = "euc_jis_2004");
    int fd = tempfile_fileno (f);

    ck_assert_int_ge (fputs ("abcdefghij", f), 0);
    ck_assert_int_eq (fseeko (f, 2, SEEK_SET), 0);
    ck_assert_int_ge (fputs ("\u304b", f), 0);
    ck_assert_int_eq (fflush (f), 0);
    ck_assert_int_eq (lseek (fd, 6, SEEK_SET), 6);
    switch (_i) {
    case 0:
        ck_assert_int_eq (ftello (f), 7);
        ck_assert_int_eq (getc (f), 'g');
        break;
    case 1:
        ck_assert_int_eq (putc ('Z', f), 'Z');
        break;
    default:
        ck_assert_int_eq (tempfile_rollover (f), 0);
    }
    ck_assert_int_eq (fflush (f), 0);
    if (_i == 1)
        assert_contents (f, "ab\xa4\xab\x65\x66Zhij");
    else
        assert_contents (f, "ab\xa4\xab\x65\x66ghij");
    assert_closes (f);
}
END_TEST

/* Where it is appended, however the descriptor was moved; also by closing the stream. */
START_TEST (character_that_waits_to_be_appended_is_at_the_end)
{
    FILE *f = TemporaryFile (.mode = _i == 0 ? "a+" : "w+", .encoding = "big5hkscs");
    FILE *g = tempfile_reopen (f, "rb");
    char have[16] = "";

    ck_assert_int_ge (fputs ("abcdefg\u00ca", f), 0);
    ck_assert_int_eq (fflush (f), 0);
    ck_assert_int_eq (lseek (tempfile_fileno (f), 3, SEEK_SET), 3);
    if (_i == 0) {
        ck_assert_int_eq (ftello (f), 3);
        ck_assert_int_eq (getc (f), 'd');
    }
    assert_closes (f);
    ck_assert_uint_eq (fread (have, 1, sizeof have, g), 9);
    ck_assert_str_eq (have, "abcdefg\x88\x66");
    assert_closes (g);
}
END_TEST

/* glibc goes to an offset by way of one that is a multiple of the buffer's size, here 0. */
START_TEST (no_mark_is_appended_after_a_seek_by_way_of_the_start)
{
    static const char *const marked[] = {"utf-8-sig", "utf-16", "utf-32"};
    static char buffer[4096];
    FILE *f = TemporaryFile (.mode = "a+", .encoding = marked[_i]);
    FILE *g = TemporaryFile (.mode = "w+", .encoding = marked[_i]);

    ck_assert_int_eq (setvbuf (f, buffer, _IOFBF, sizeof buffer), 0);
    ck_assert_int_ge (fputs ("z", f), 0);
    ck_assert_int_eq (fseeko (f, 1, SEEK_SET), 0);
    ck_assert_int_ge (fputs ("bc", f), 0);
    ck_assert_int_eq (ftello (f), 3);
    ck_assert_int_eq (fflush (f), 0);
    ck_assert_int_ge (fputs ("zbc", g), 0);
    ck_assert_int_eq (fflush (g), 0);
    ck_assert_int_eq (test_size (f), test_size (g));
    assert_closes (g);
    assert_closes (f);
}
END_TEST

/* Places around what is bad are between characters, and can be cut off. */
START_TEST (utf_7_can_be_cut_off_in_front_of_what_is_bad)
{
    static const struct {
        const char *errors, *bytes;
        off_t place, told, cut;
        const char *left;
    } texts[] = {
        {"ignore", "a+A-", 4, 1, 1, "a"},
        {"ignore", "a+A-", 2, 1, 1, "a"},
        {"ignore", "+A-+AH4--", 1, 0, 1, "+A-+AH4-"},
        {"ignore", "+A-+AH4--", 2, 0, 0, ""},
        {"replace", "+AGF", 0, 0, 1, "+AGE-"},
        {NULL, "a+AH4-b", 3, 2, 2, "a+AH4-"},
    };
    FILE *f = TemporaryFile (.mode = "w+", .encoding = "utf-7", .errors = texts[_i].errors);
    int fd = tempfile_fileno (f);
    char have[32] = "";

    ck_assert_int_eq (write (fd, texts[_i].bytes, strlen (texts[_i].bytes)),
                      (ssize_t) strlen (texts[_i].bytes));
    rewind (f);
    ck_assert_int_eq (fflush (f), 0);
    ck_assert_int_eq (lseek (fd, texts[_i].place, SEEK_SET), texts[_i].place);
    ck_assert_int_eq (ftello (f), texts[_i].told);
    ck_assert_int_eq (tempfile_truncate (f, texts[_i].cut), 0);
    size_t n = test_bytes (f, have, sizeof have);
    ck_assert_uint_eq (n, strlen (texts[_i].left));
    ck_assert_mem_eq (have, texts[_i].left, n);
    assert_closes (f);
}
END_TEST

/* A child, say, that has read up to a character of UTF-7 which ends within a byte. */
START_TEST (stream_follows_its_descriptor_within_a_byte)
{
    FILE *f = TemporaryFile (.mode = "w+", .encoding = "utf-7");
    int fd = tempfile_fileno (f);
    char have[16] = "";

    ck_assert_int_ge (fputs ("ab\u3042\u5b57xyz", f), 0);
    ck_assert_int_eq (fseeko (f, 5, SEEK_SET), 0);
    ck_assert_int_eq (fflush (f), 0);
    off_t place = lseek (fd, 0, SEEK_CUR);
    rewind (f);
    ck_assert_int_eq (getc (f), 'a');
    ck_assert_int_eq (fflush (f), 0);
    ck_assert_int_eq (lseek (fd, place, SEEK_SET), place);
    ck_assert_int_eq (ftello (f), 5);
    ck_assert_ptr_nonnull (fgets (have, sizeof have, f));
    ck_assert_str_eq (have, "\u5b57xyz");
    assert_closes (f);
}
END_TEST

/* Bytes that are an error are not passed over as those are that are ignored. */
START_TEST (newlines_around_an_error_count_when_sought_as_they_count_when_read)
{
    static const char *const errors[] = {NULL, "surrogatepass", "xmlcharrefreplace"};
    FILE *f = TemporaryFile (.mode = "w+", .encoding = "ascii", .errors = errors[_i]);

    ck_assert_int_eq (write (tempfile_fileno (f), "\r\x80\nAB", 5), 5);
    rewind (f);
    ck_assert_int_eq (getc (f), '\n');
    ck_assert_int_eq (getc (f), EOF);
    ck_assert_int_eq (errno, EILSEQ);
    clearerr (f);
    ck_assert_int_eq (getc (f), '\n');
    ck_assert_int_eq (ftello (f), 2);
    ck_assert_int_eq (getc (f), 'A');
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq (fseeko (f, 2, SEEK_SET), 0);
        ck_assert_int_eq (getc (f), 'A');
    }
    ck_assert_int_eq (tempfile_truncate (f, 2), 0);
    assert_contents (f, "\r\x80\n");
    assert_closes (f);
}
END_TEST

/* A surrogate of UTF-7 ends where another character begins; neither is within the other. */
START_TEST (offset_within_a_surrogate_can_be_sought_after_what_follows_was_read)
{
    FILE *f = TemporaryFile (.mode = "w+", .encoding = "utf-7", .newline = "\r\n");

    ck_assert_int_ge (fputs ("\xed\xaf\xbf\ra", f), 0);
    ck_assert_int_eq (fseeko (f, 3, SEEK_SET), 0);
    ck_assert_int_eq (getc (f), '\r');
    ck_assert_int_eq (ftello (f), 4);
    for (int i = 2; i > 0; i--) {
        ck_assert_int_eq (fseeko (f, i, SEEK_SET), 0);
        ck_assert_int_eq (getc (f), i == 1 ? 0xaf : 0xbf);
        ck_assert_int_eq (ftello (f), i + 1);
        ck_assert_int_eq (tempfile_truncate (f, i), -1);
        ck_assert_int_eq (errno, EINVAL);
    }
    assert_contents (f, "+2/8\ra");
    assert_closes (f);
}
END_TEST

/* Two halves of a character, which are read as one. */
START_TEST (places_hold_around_halves_that_become_one_character)
{
    FILE *f = TemporaryFile (.mode = "w+", .encoding = "utf-16", .errors = "surrogatepass");

    ck_assert_int_ge (fputs ("\xed\xa0\x80", f), 0);
    ck_assert_int_eq (ftello (f), 3);
    ck_assert_int_ge (fputs ("\xed\xb0\x80", f), 0);
    ck_assert_int_eq (ftello (f), 6);
    ck_assert_int_ge (fputs ("abc", f), 0);
    ck_assert_int_eq (fseeko (f, 6, SEEK_SET), 0);
    ck_assert_int_eq (getc (f), 'a');
    ck_assert_int_eq (fseeko (f, 3, SEEK_SET), 0);
    ck_assert_int_eq (getc (f), 0xed);
    assert_closes (f);
}
END_TEST

/* Of which nothing is left, not even the mark. */
START_TEST (first_write_that_fails_leaves_no_mark)
{
    static const char *const marked[] = {"utf-8-sig", "utf-16", "utf-32"};
    FILE *f = TemporaryFile (.mode = "w+", .encoding = marked[_i]);
    char have[16] = "";

    ck_assert_int_ge (fputs ("\xed\xbf\xbf", f), 0);
    ck_assert_int_eq (fflush (f), EOF);
    clearerr (f);
    ck_assert_int_eq (test_size (f), 0);
    ck_assert_int_eq (tempfile_truncate (f, 0), 0);
    ck_assert_int_ge (fputs ("abc", f), 0);
    rewind (f);
    ck_assert_uint_eq (fread (have, 1, sizeof have, f), 3);
    ck_assert_str_eq (have, "abc");
    assert_close_fails (f, EILSEQ);
}
END_TEST

/* However it comes, a character is read or reported, and only what was reported is passed over. */
START_TEST (growing_file_loses_nothing)
{
    static const char bytes[] = "a\xf0\x9f\x98\x80"
                                "b\xffz";
    FILE *f = TemporaryFile (.mode = "w+", .encoding = "utf-8"), *g = tempfile_reopen (f, "r+b");
    char have[32] = "";
    size_t n = 0;
    int errors = 0;

    for (size_t i = 0; i < sizeof bytes - 1; i++) {
        ck_assert_int_ne (putc (bytes[i], g), EOF);
        ck_assert_int_eq (fflush (g), 0);
        n += fread (have + n, 1, 8, f);
        errors += ferror (f) != 0;
        clearerr (f);
    }
    n += fread (have + n, 1, 8, f);
    ck_assert_uint_eq (n, 7);
    ck_assert_str_eq (have, "a\U0001f600bz");
    ck_assert_int_eq (errors, 4);
    assert_closes (g);
    assert_closes (f);
}
END_TEST

START_TEST (no_mark_is_appended_behind_what_was_read)
{
    FILE *f = TemporaryFile (.mode = "a+", .encoding = "utf-8-sig");

    ck_assert_int_ge (fputs ("a", f), 0);
    rewind (f);
    ck_assert_int_eq (getc (f), 'a');
    ck_assert_int_eq (fseeko (f, 0, SEEK_CUR), 0);
    ck_assert_int_ge (fputs ("b", f), 0);
    ck_assert_int_eq (fflush (f), 0);
    assert_contents (f, "\xef\xbb\xbf"
                        "ab");
    assert_closes (f);
}
END_TEST

/* A buffer of the caller's own, however small; stdio's own cannot be got rid of by NULL. */
START_TEST (setvbuf_works)
{
    static const size_t sizes[] = {1, 2, 7, 16, 4096, 65536};
    static char buffer[65536];
    FILE *f = open_made (1, "");
    char c;

    ck_assert_int_eq (setvbuf (f, buffer, _IOFBF, sizes[_i]), 0);
    for (int i = 0; i < 2000; i++)
        ck_assert_int_ge (fputs (alphabets[1].letters[which[i]], f), 0);
    for (int i = 0; i < 2000; i += 7) {
        ck_assert_int_eq (fseeko (f, starts[i], SEEK_SET), 0);
        ck_assert_uint_eq (fread (&c, 1, 1, f), 1);
        ck_assert_int_eq (c, text[starts[i]]);
        ck_assert_int_eq (ungetc ((unsigned char) c, f), (unsigned char) c);
        ck_assert_int_eq (ftello (f), starts[i]);
    }
    assert_closes (f);
}
END_TEST

/* Writing, flushing and then reading on needs no seek. */
START_TEST (reading_may_follow_a_flush)
{
    FILE *f = TemporaryFile (.mode = "w+", .encoding = "utf-8", .newline = "");

    ck_assert_int_ge (fputs ("abcdef", f), 0);
    rewind (f);
    ck_assert_int_eq (putc ('X', f), 'X');
    ck_assert_int_eq (fflush (f), 0);
    ck_assert_int_eq (getc (f), 'b');
    ck_assert_int_eq (fseeko (f, 0, SEEK_CUR), 0);
    ck_assert_int_ge (fputs ("YZ", f), 0);
    ck_assert_int_eq (fflush (f), 0);
    ck_assert_int_eq (getc (f), 'e');
    assert_contents (f, "XbYZef");
    assert_closes (f);
}
END_TEST

int
main (void)
{
    test_needs_text ();
    Suite *s = suite_create ("text_position");
    enum { ALPHABETS = LENGTH (alphabets) };

    TCase *tc = test_case (s, "places");
    tcase_add_loop_test (tc, every_place_can_be_gone_to, 0, ALPHABETS);
    tcase_add_loop_test (tc, every_place_can_be_gone_to_by_a_second_stream, 0, ALPHABETS);
    tcase_add_loop_test (tc, every_offset_can_be_sought, 0, ALPHABETS);
    tcase_add_test (tc, every_offset_can_be_sought_after_writing);
    tcase_add_loop_test (tc, writing_within_a_character_fails_and_writes_nothing, 0, 8);
    tcase_add_test (tc, offset_before_the_start_is_refused_and_moves_nothing);
    tcase_add_loop_test (tc, seek_that_fails_reports_nothing_twice, 0, 3);
    tcase_add_loop_test (tc, offset_within_a_character_can_be_sought_after_what_is_bad, 0, 3);
    tcase_add_loop_test (tc, offset_within_a_character_after_crlf_can_be_sought, 0, 6);
    tcase_add_loop_test (tc, offset_within_a_character_is_behind_what_is_bad, 0, 3);
    tcase_add_loop_test (tc, offset_is_in_front_of_what_is_bad_also_after_a_seek_to_the_end, 0, 3);
    tcase_add_loop_test (tc, truncating_behind_what_is_bad_reports_nothing_twice, 0, 3);
    tcase_add_test (tc, places_told_while_writing_hold_though_newlines_take_two_bytes);
    tcase_add_loop_test (tc, places_told_while_reading_hold_though_newlines_take_two_bytes, 0, 2);
    tcase_add_test (tc, places_hold_around_what_was_replaced);
    tcase_add_loop_test (tc, place_within_what_a_character_became_holds, 0, 4);
    tcase_add_test (tc, places_hold_around_thousands_that_were_replaced);
    tcase_add_test (tc, text_with_too_many_that_were_replaced_is_cut_off_exactly_or_not_at_all);
    tcase_add_test (tc, places_hold_around_what_comes_back_as_another_character);
    tcase_add_test (tc, places_hold_behind_what_an_escape_hides);
    tcase_add_test (tc, descriptor_may_be_asked_for_within_a_character);

    tc = test_case (s, "use");
    tcase_add_test (tc, overwriting_in_the_middle_replaces_the_bytes_of_the_file);
    tcase_add_test (tc, truncate_takes_an_offset_of_the_program);
    tcase_add_loop_test (tc, stream_that_was_read_into_a_character_ends_as_any_other, 0, 3);
    tcase_add_test (tc, character_that_waits_is_in_a_file_that_others_see);
    tcase_add_loop_test (tc, character_that_waits_is_not_lost_by_a_call_that_fails, 0, 10);
    tcase_add_test (tc, places_hold_after_a_truncation);
    tcase_add_loop_test (tc, text_can_be_cut_off_at_any_place, 0, ALPHABETS);
    tcase_add_test (tc, utf_7_can_be_cut_off_around_surrogates_or_says_so);
    tcase_add_loop_test (tc, writing_goes_on_at_the_end_that_was_told, 0, ALPHABETS);
    tcase_add_test (tc, place_of_a_truncation_holds);
    tcase_add_loop_test (tc, places_hold_when_a_field_before_them_is_filled_in, 0, LENGTH (filled));
    tcase_add_loop_test (tc, text_behind_another_number_of_bytes_counts_as_it_is_read, 0, 3);
    tcase_add_loop_test (tc, places_hold_after_a_read_that_nobody_asked_the_place_of, 0, 2);
    tcase_add_loop_test (tc, reading_on_after_a_flush_counts_as_it_is_read, 0, 2);
    tcase_add_loop_test (tc, places_hold_after_a_write_that_changed_nothing, 0, 4);
    tcase_add_loop_test (tc, places_that_were_read_hold_where_text_was_cut_off_below_the_position,
                         0, 2);
    tcase_add_test (tc, place_of_a_write_that_failed_holds);
    tcase_add_test (tc, mark_is_written_once_and_never_when_appending);
    tcase_add_loop_test (tc, places_hold_after_an_empty_file_was_read, 0, 3);
    tcase_add_loop_test (tc, no_mark_is_written_behind_what_was_read, 0, 3);
    tcase_add_test (tc, second_stream_takes_the_same_options);
    tcase_add_test (tc, named_and_spooled_text_is_as_any_other);
    tcase_add_test (tc, descriptor_is_in_step);
    tcase_add_loop_test (tc, places_behind_the_end_are_forgotten, 0, 2);
    tcase_add_test (tc, stream_follows_its_descriptor);
    tcase_add_test (tc, stream_follows_its_descriptor_within_a_byte);
    tcase_add_loop_test (tc, stream_goes_on_behind_what_is_bad_where_its_descriptor_was_moved_to, 0,
                         6);
    tcase_add_loop_test (tc, character_that_waits_does_not_move_with_the_descriptor, 0, 3);
    tcase_add_loop_test (tc, character_that_waits_to_be_appended_is_at_the_end, 0, 2);
    tcase_add_loop_test (tc, no_mark_is_appended_after_a_seek_by_way_of_the_start, 0, 3);
    tcase_add_loop_test (tc, utf_7_can_be_cut_off_in_front_of_what_is_bad, 0, 6);
    tcase_add_loop_test (tc, stream_goes_on_behind_the_character_that_its_descriptor_was_moved_into,
                         1, ALPHABETS);
    tcase_add_loop_test (tc, newlines_around_an_error_count_when_sought_as_they_count_when_read, 0,
                         3);
    tcase_add_test (tc, offset_within_a_surrogate_can_be_sought_after_what_follows_was_read);
    tcase_add_test (tc, places_hold_around_halves_that_become_one_character);
    tcase_add_loop_test (tc, first_write_that_fails_leaves_no_mark, 0, 3);
    tcase_add_test (tc, growing_file_loses_nothing);
    tcase_add_test (tc, no_mark_is_appended_behind_what_was_read);
    tcase_add_loop_test (tc, setvbuf_works, 0, 6);
    tcase_add_test (tc, reading_may_follow_a_flush);
    return test_main (s);
}
