/* SPDX-License-Identifier: MIT */
/*
 * Random programs on text streams whose characters differ in length: writing, overwriting, reading,
 * seeks to any character, truncation. The file is an array of bytes, and the text what the codecs
 * of reference.c make of it. A program ends where overwriting has left what is no text.
 *
 *     input: encoding, newline, kind, buffering, then steps: action, arguments
 */
#include "reference.h"

#include <errno.h>
#include <unistd.h>

enum { STEPS = 200, LARGEST = 1 << 14 };

static const char *const encodings[] = {
    "utf-8",  "utf-8-sig", "utf-16",    "utf-16-le", "utf-16-be",
    "utf-32", "utf-32-le", "utf-32-be", "latin-1",   "ascii",
};

/* Those that take as many bytes on both sides. */
static const char *const newlines[] = {"", "\n", "\r"};

static const char *const letters[] = {"a",      "b", "\n",     "\r",         "",  "\u00e9",
                                      "\u00ff", "z", "\u20ac", "\U0001f600", "q", "\u3042"};

static struct tempfile_options o;
static FILE *f, *file; /* the stream, and another on its bytes */
static struct bytes m; /* the bytes as they should be */
static struct trace t; /* the text that they are */
static size_t at;      /* where the stream is in it */
static size_t at_file; /* where that is in the file, for writing */
static enum { NEITHER, READING, WRITING } doing;

static void
decode (void)
{
    trace_free (&t);
    memset (&t, 0, sizeof t);
    reference_decode (&t, o.encoding, NULL, o.newline, m.p, m.n);
}

static bool
is_sound (void)
{
    return t.n_errors == 0 && m.n < LARGEST;
}

/* The mark is in front of the first character, and behind the start. */
static size_t
place_in_file (size_t place)
{
    return place == 0 ? 0 : place < t.text.n ? t.from[place] : m.n;
}

static bool
is_within (size_t place)
{
    return place < t.text.n && (t.text.p[place] & 0xc0) == 0x80;
}

static size_t
take_place (struct input *in)
{
    return (fuzz_byte (in) | fuzz_byte (in) << 8) % (t.text.n + 1);
}

static void
must_be_at (size_t place)
{
    off_t told = ftello (f);

    must (told == (off_t) place, "at %lld, not %zu", (long long) told, place);
}

/* Whether the encoding has it is seen by what the reference says. */
static bool
take_text (struct input *in, struct bytes *text)
{
    struct bytes ignored = {0};
    size_t n = 1 + fuzz_below (in, 24), times = fuzz_below (in, 8) == 7 ? 40 : 1;

    for (size_t i = 0; i < n; i++) {
        const char *letter = letters[fuzz_below (in, LENGTH (letters))];
        bytes_add (text, letter, *letter ? strlen (letter) : 1);
    }
    for (size_t once = text->n; times > 1; times--) {
        struct bytes copy = {0};
        bytes_add (&copy, text->p, once);
        bytes_add (text, copy.p, once);
        free (copy.p);
    }
    bool good = reference_encode (&ignored, o.encoding, NULL, o.newline, text->p, text->n);
    free (ignored.p);
    return good;
}

static size_t
size_of_mark (void)
{
    static const char *const marked[] = {"utf-8-sig", "utf-16", "utf-32"};
    static const size_t sizes[] = {3, 2, 4};

    for (size_t i = 0; i < LENGTH (marked); i++)
        if (strcmp (o.encoding, marked[i]) == 0)
            return sizes[i];
    return 0;
}

/* Over what is there, from at_file on; with a mark at the start. */
static void
overwrite (const struct bytes *text)
{
    struct bytes new = {0};
    size_t mark = at_file > 0 ? size_of_mark () : 0;

    reference_encode (&new, o.encoding, NULL, o.newline, text->p, text->n);
    size_t n = new.n - mark;
    if (at_file + n > m.n)
        bytes_add (&m, new.p, at_file + n - m.n);
    memcpy (m.p + at_file, new.p + mark, n);
    at_file += n;
    free (new.p);
}

static void
do_write (struct input *in)
{
    struct bytes text = {0};
    bool good = take_text (in, &text);

    if (good && doing != READING && !is_within (at)) {
        must (fwrite (text.p, 1, text.n, f) == text.n, "fwrite");
        overwrite (&text);
        at += text.n;
        doing = WRITING;
        decode ();
    }
    free (text.p);
}

static void
do_read (struct input *in)
{
    static unsigned char have[LARGEST * 4];
    size_t n = 1 + fuzz_byte (in), left = t.text.n - at;

    n *= n > 200 ? 50 : 1;
    if (doing == WRITING)
        return;
    size_t got = fread (have, 1, n, f);
    must (got == (n < left ? n : left), "%zu of %zu bytes, left are %zu", got, n, left);
    must (got == 0 || memcmp (have, t.text.p + at, got) == 0, "other text at %zu", at);
    must (!ferror (f) && !feof (f) == (got == n), "feof %d", feof (f));
    at += got;
    doing = READING;
    clearerr (f);
}

static void
arrive (size_t place)
{
    at = place;
    at_file = place_in_file (place);
    doing = NEITHER;
}

static void
do_seek (struct input *in, size_t place)
{
    int how = (int) fuzz_below (in, 3);
    off_t from = how == 0 ? 0 : how == 1 ? (off_t) at : (off_t) t.text.n;

    int result = fseeko (f, (off_t) place - from,
                         how == 0   ? SEEK_SET
                         : how == 1 ? SEEK_CUR
                                    : SEEK_END);
    must (result == 0, "seek to %zu: %s", place, strerror (errno));
    arrive (place);
}

static void
do_truncate (size_t place)
{
    if (is_within (place) || is_within (at))
        return;
    must (tempfile_truncate (f, (int64_t) place) == 0, "truncate: %s", strerror (errno));
    must_be_at (at);
    m.n = place_in_file (place);
    decode ();
    must (fseeko (f, (off_t) place, SEEK_SET) == 0, "seek to %zu", place);
    arrive (place);
}

static void
check_file (void)
{
    static unsigned char have[LARGEST * 4];

    must (fflush (f) == 0 && fseeko (file, 0, SEEK_SET) == 0, "fflush");
    size_t n = fread (have, 1, sizeof have, file);
    must (n == m.n && (n == 0 || memcmp (have, m.p, n) == 0), "%zu bytes, not %zu", n, m.n);
    if (doing == WRITING)
        doing = NEITHER;
}

static void
step (struct input *in)
{
    switch (fuzz_below (in, 10)) {
    case 0:
    case 1:
    case 2:
        do_write (in);
        break;
    case 3:
    case 4:
        do_read (in);
        break;
    case 5:
    case 6:
        do_seek (in, take_place (in));
        break;
    case 7:
        do_seek (in, t.text.n);
        break;
    case 8:
        do_truncate (take_place (in));
        break;
    default:
        check_file ();
    }
    if (fuzz_byte (in) & 1)
        must_be_at (at);
}

static void
open_stream (struct input *in)
{
    static const int sizes[] = {0, 0, 2, 3, 7, 16, 100, 4096};

    o = (struct tempfile_options){.mode = "w+"};
    o.encoding = encodings[fuzz_below (in, LENGTH (encodings))];
    o.newline = newlines[fuzz_below (in, LENGTH (newlines))];
    o.buffering = sizes[fuzz_below (in, LENGTH (sizes))];
    f = fuzz_byte (in) & 1 ? tempfile_open (&o, sizeof o) : tempfile_open_spooled (&o, sizeof o);
    must (f, "cannot open");
    file = tempfile_reopen (f, "rb");
    must (file, "cannot reopen");
    at = at_file = 0;
    doing = NEITHER;
    decode ();
}

void
fuzz_one (struct input *in)
{
    open_stream (in);
    for (int i = 0; i < STEPS && fuzz_left (in) > 0 && is_sound (); i++)
        step (in);
    rewind (f);
    arrive (0);
    check_file ();
    must (fclose (f) == 0 && fclose (file) == 0, "fclose");
    trace_free (&t);
    memset (&t, 0, sizeof t);
    free (m.p);
    m = (struct bytes){0};
}
