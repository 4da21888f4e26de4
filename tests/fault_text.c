/* SPDX-License-Identifier: MIT */
/* fault_text.c - scenarios with text streams. */
#include "common.h"

#include "fault_scenarios.h"
#include "fault_steps.h"
#include "faults.h"

#ifdef FAULTS_POSSIBLE

static bool
put_words (FILE *f, const char *words, int lines)
{
    for (int i = 0; i < lines; i++)
        if (fprintf (f, "%d %s\n", i % 10, words) < 0)
            return stdio_failed ();
    return fflush (f) == 0 || stdio_failed ();
}

/* With newlines as they come back. */
static const char *newline_read = "\n";

static bool
get_words (FILE *f, const char *words, int from, int lines)
{
    char have[128], want[128];

    for (int i = from; i < lines; i++) {
        (void) snprintf (want, sizeof want, "%d %s%s", i % 10, words, newline_read);
        if (!fgets (have, sizeof have, f))
            return ferror (f) ? stdio_failed () : wrong ("the text ends early");
        if (strcmp (have, want) != 0)
            return ferror (f) ? stdio_failed () : wrong ("another text comes back");
    }
    if (getc (f) != EOF)
        return wrong ("there is more than was written");
    return !ferror (f) || stdio_failed ();
}

enum { WORDS = 60 };

static bool
use_text (FILE *f, const char *words)
{
    off_t place = 0;

    if (!put_words (f, words, WORDS))
        return false;
    if (fseeko (f, 0, SEEK_SET) < 0)
        return stdio_failed ();
    if (!get_words (f, words, 0, WORDS))
        return false;
    off_t length = (off_t) strlen (words) + 3;
    place = 30 * length;
    if (fseeko (f, place, SEEK_SET) < 0)
        return stdio_failed ();
    if (!get_words (f, words, 30, WORDS))
        return false;
    if (fseeko (f, place, SEEK_SET) < 0 || fprintf (f, "%d %s\n", 0, words) < 0 ||
        fflush (f) != 0 || fseeko (f, 10 * length, SEEK_SET) < 0)
        return stdio_failed ();
    if (!get_words (f, words, 10, WORDS))
        return false;
    if (tempfile_truncate (f, 40 * length) != 0)
        return failed ();
    if (fseeko (f, 0, SEEK_SET) < 0)
        return stdio_failed ();
    return get_words (f, words, 0, 40);
}

/* Without writing in the middle, where what is there before does not end what it began. */
static bool
use_text_read (FILE *f, const char *words)
{
    off_t length = (off_t) strlen (words) + 3;

    if (!put_words (f, words, WORDS))
        return false;
    if (fseeko (f, 30 * length, SEEK_SET) < 0)
        return stdio_failed ();
    if (!get_words (f, words, 30, WORDS))
        return false;
    if (fseeko (f, 0, SEEK_SET) < 0)
        return stdio_failed ();
    return get_words (f, words, 0, WORDS);
}

static void
text_used (FILE *f, const char *words, bool (*how) (FILE *, const char *))
{
    if (!f) {
        failed ();
        return;
    }
    errno = 0;
    (void) how (f, words);
    finish (f, false);
}

static void
text_of (FILE *f, const char *words)
{
    text_used (f, words, use_text);
}

/* "\r\n" is written for "\n", and read as it is. */
static void
text_crlf (FILE *f, const char *words)
{
    newline_read = "\r\n";
    text_used (f, words, use_text_read);
    newline_read = "\n";
}

#define LATIN "na\303\257ve caf\303\251"
#define KANJI "\346\227\245\346\234\254\350\252\236"

void
text_utf_8 (void)
{
    text_of (TemporaryFile (.dir = test_dir (), .mode = "w+", .encoding = "utf-8"), KANJI);
}

void
text_utf_16_crlf (void)
{
    text_crlf (
        TemporaryFile (.dir = test_dir (), .mode = "w+", .encoding = "utf-16", .newline = "\r\n"),
        LATIN);
}

void
text_cp1252 (void)
{
    text_of (NamedTemporaryFile (.dir = test_dir (), .mode = "w+", .encoding = "cp1252"), LATIN);
}

void
text_cp1252_crlf (void)
{
    text_crlf (NamedTemporaryFile (.dir = test_dir (), .mode = "w+", .encoding = "cp1252",
                                   .newline = "\r\n", .buffering = 300),
               LATIN);
}

void
text_iso2022_jp (void)
{
    text_used (TemporaryFile (.dir = test_dir (), .mode = "w+", .encoding = "iso2022_jp"), KANJI,
               use_text_read);
}

void
text_shift_jis (void)
{
    text_of (TemporaryFile (.dir = test_dir (), .mode = "w+", .encoding = "shift_jis"), KANJI);
}

void
text_utf_7 (void)
{
    text_of (TemporaryFile (.dir = test_dir (), .mode = "w+", .encoding = "utf-7"), LATIN);
}

/* Cut off behind its first character, within a run of base64, and gone on with. */
static bool
use_cut (FILE *f, const char *words)
{
    enum { FIRST = 3 };
    char have[64], want[64];

    if (fputs (words, f) < 0 || fflush (f) != 0)
        return stdio_failed ();
    if (tempfile_truncate (f, FIRST) != 0)
        return failed ();
    if (fseeko (f, 0, SEEK_END) < 0 || fputs (words, f) < 0 || fflush (f) != 0 ||
        fseeko (f, 0, SEEK_SET) < 0)
        return stdio_failed ();
    (void) snprintf (want, sizeof want, "%.*s%s", FIRST, words, words);
    size_t n = fread (have, 1, sizeof have, f);
    if (ferror (f))
        return stdio_failed ();
    return (n == strlen (want) && memcmp (have, want, n) == 0) || wrong ("another text comes back");
}

void
text_utf_7_cut (void)
{
    text_used (TemporaryFile (.dir = test_dir (), .mode = "w+", .encoding = "utf-7"), KANJI,
               use_cut);
}

void
text_spooled (void)
{
    text_of (SpooledTemporaryFile (.dir = test_dir (), .mode = "w+", .encoding = "utf-16",
                                   .max_size = 500),
             LATIN);
}

void
text_appended (void)
{
    FILE *f = NamedTemporaryFile (.dir = test_dir (), .mode = "a+", .encoding = "utf-8");

    if (!f) {
        failed ();
        return;
    }
    errno = 0;
    if (put_words (f, KANJI, 20) && (fseeko (f, 0, SEEK_SET) == 0 || stdio_failed ()) &&
        get_words (f, KANJI, 0, 20) && put_words (f, KANJI, 20) &&
        (fseeko (f, 0, SEEK_SET) == 0 || stdio_failed ()))
        get_words (f, KANJI, 0, 40);
    finish (f, false);
}

/* Written only: where the stream needs to know what it wrote, the file is read by another
 * descriptor. */
void
text_write_only (void)
{
    FILE *f =
        TemporaryFile (.dir = test_dir (), .mode = "w", .encoding = "utf-8", .newline = "\r\n");

    if (!f) {
        failed ();
        return;
    }
    errno = 0;
    off_t length = (off_t) strlen (KANJI) + 3;
    if (put_words (f, KANJI, 20) && (fseeko (f, 10 * length, SEEK_SET) == 0 || stdio_failed ()))
        (void) put_words (f, KANJI, 5);
    finish (f, false);
}

/* The first read ends within "\r\n". Whether the '\n' is there to be passed over is asked when the
 * program asks where it is. */
static bool
use_universal (FILE *f)
{
    enum { FIRST_READ = 8192 };
    char text[FIRST_READ + 16];

    memset (text, 'x', FIRST_READ - 1);
    memcpy (text + FIRST_READ - 1, "\r\nrest\r\n", 9);
    FILE *g = tempfile_reopen (f, "w+b");
    if (!g)
        return failed ();
    bool good = fwrite (text, 1, FIRST_READ + 8, g) == FIRST_READ + 8 && fflush (g) == 0;
    if (!good)
        stdio_failed ();
    if (fclose (g) != 0)
        return stdio_failed ();
    if (!good)
        return false;
    if (fseeko (f, 0, SEEK_SET) < 0 || !fgets (text, sizeof text, f) || ftello (f) < 0)
        return stdio_failed ();
    if (strlen (text) != FIRST_READ)
        return ferror (f) ? stdio_failed () : wrong ("another first line");
    if (!fgets (text, sizeof text, f))
        return ferror (f) ? stdio_failed () : wrong ("no second line");
    return strcmp (text, "rest\n") == 0 || (ferror (f) ? stdio_failed () : wrong ("another line"));
}

void
text_universal (void)
{
    FILE *f = TemporaryFile (.dir = test_dir (), .mode = "w+", .encoding = "cp1252");

    if (!f) {
        failed ();
        return;
    }
    errno = 0;
    (void) use_universal (f);
    finish (f, false);
}

#endif
