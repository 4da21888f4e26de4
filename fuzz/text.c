/* SPDX-License-Identifier: MIT */
/*
 * Text streams in both directions: any bytes are read as text, any bytes written as text, in every
 * encoding, with every handler and newline.
 *
 *   - However it is cut into pieces, by sizes of reads and writes, buffers, and seeks to where
 *     ftello() said that a place is, the text is the same.
 *   - What has been encoded decodes to what it was.
 *   - For the encodings of reference.c the result is that of a codec that is as simple as can be.
 *
 *     input: what to do, encoding, handler, newline, kind, buffer, repetitions, how many steps, the
 *     steps, and the bytes
 */
#include "reference.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LARGEST = 40000, PLACES = 16 };

static const char *const encodings[] = {
    NULL,           "utf-8",        "utf-8-sig",    "utf-16",          "utf-16-le",
    "utf-16-be",    "utf-32",       "utf-32-le",    "utf-32-be",       "latin-1",
    "ascii",        "utf-7",        "iso2022_jp",   "iso2022_jp_1",    "iso2022_jp_2",
    "iso2022_jp_3", "iso2022_kr",   "hz",           "iso2022_jp_2004", "iso2022_jp_ext",
    "big5",         "big5hkscs",    "cp932",        "cp949",           "cp950",
    "euc_jp",       "euc_jis_2004", "euc_jisx0213", "euc_kr",          "gb18030",
    "gb2312",       "gbk",          "johab",        "shift_jis",       "shift_jis_2004",
    "cp1252",       "cp037",        "iso8859-15",   "koi8-r",          "cp1255",
    "cp1258",       "mac_roman",    "cp437",        "cp864",           "tis_620",
    "cp874",        "iso8859_7",    "mac_arabic",   "hp_roman8",       "shift_jisx0213",
};

static const char *const handlers[] = {
    NULL,
    "strict",
    "ignore",
    "replace",
    "backslashreplace",
    "surrogateescape",
    "surrogatepass",
    "xmlcharrefreplace",
    "namereplace",
};

static const char *const newlines[] = {NULL, "", "\n", "\r", "\r\n"};

static struct tempfile_options o;
static unsigned kind;
static struct input steps;
static unsigned char bytes[LARGEST];
static size_t n_bytes;
static char *own_buffer;
static size_t own_size;

static bool
is_strict (void)
{
    return !o.errors || strcmp (o.errors, "strict") == 0;
}

/* The bytes of such an encoding mean what those before say. */
static bool
is_stateful (void)
{
    return o.encoding && (strcmp (o.encoding, "utf-7") == 0 || strcmp (o.encoding, "hz") == 0 ||
                          strncmp (o.encoding, "iso2022", 7) == 0);
}

static void
take_bytes (struct input *in, size_t times)
{
    size_t n = fuzz_left (in);

    n_bytes = 0;
    for (size_t i = 0; i < times && n > 0 && n_bytes + n <= LARGEST; i++) {
        memcpy (bytes + n_bytes, in->next, n);
        n_bytes += n;
    }
    in->next = in->end;
}

/* What to do. */
static unsigned
take_input (struct input *in)
{
    static const size_t times[] = {1, 1, 1, 1, 2, 3, 60, 700, 9000};
    static const int sizes[] = {0, 0, 2, 3, 7, 16, 100, 4096};
    unsigned what = fuzz_byte (in);

    o = (struct tempfile_options){.mode = "w+"};
    o.encoding = encodings[fuzz_below (in, LENGTH (encodings))];
    o.errors = handlers[fuzz_below (in, LENGTH (handlers))];
    o.newline = newlines[fuzz_below (in, LENGTH (newlines))];
    kind = fuzz_below (in, 3);
    o.buffering = sizes[fuzz_below (in, LENGTH (sizes))];
    own_size = fuzz_byte (in);
    size_t repeated = times[fuzz_below (in, LENGTH (times))];
    size_t n = fuzz_byte (in);
    n = n < fuzz_left (in) ? n : fuzz_left (in);
    steps = (struct input){in->next, in->next + n};
    in->next += n;
    take_bytes (in, repeated);
    return what;
}

static FILE *
open_text (void)
{
    FILE *f = kind == 0   ? tempfile_open (&o, sizeof o)
              : kind == 1 ? tempfile_open_named (&o, sizeof o)
                          : tempfile_open_spooled (&o, sizeof o);

    must (f || errno == EINVAL, "cannot open: %s", strerror (errno));
    if (!f)
        fuzz_check_failure ("open");
    return f;
}

/* A buffer of the program's own, which has just its size. */
static void
set_buffer (FILE *f)
{
    own_buffer = own_size % 4 == 1 ? malloc (own_size) : NULL;
    if (own_buffer)
        must (setvbuf (f, own_buffer, _IOFBF, own_size) == 0, "setvbuf");
}

static void
close_buffered (FILE *f)
{
    must (fclose (f) == 0, "fclose: %s", strerror (errno));
    free (own_buffer);
    own_buffer = NULL;
}

/* --- reading --- */

/* All of it, with its errors, of which there may be one for each byte. */
static void
read_all (FILE *f, struct trace *t)
{
    static char some[65536];

    for (;;) {
        size_t n = fread (some, 1, sizeof some, f);
        bytes_add (&t->text, some, n);
        if (n == sizeof some)
            continue;
        if (!ferror (f))
            break;
        must (errno == EILSEQ, "fread: %s", strerror (errno));
        trace_error (t);
        clearerr (f);
        if (t->n_errors > n_bytes + 8) {
            t->hopeless = true;
            break;
        }
    }
}

/* What reading gives is UTF-8, and surrogates are there only where the handler lets them, or UTF-7
 * has them, as in Python. */
static void
check_text (const struct trace *t)
{
    bool lone = o.errors && strncmp (o.errors, "surrogate", 9) == 0;
    uint32_t c;

    if (!o.encoding)
        return;
    lone = lone || strcmp (o.encoding, "utf-7") == 0;
    for (size_t i = 0; i < t->text.n;) {
        int length = reference_utf8 (t->text.p + i, t->text.n - i, lone, &c);
        must (length > 0, "no UTF-8 at %zu", i);
        i += (size_t) length;
    }
}

static void
must_agree (const struct trace *t, const struct trace *expected)
{
    must (t->hopeless == expected->hopeless, "hopeless: %d", t->hopeless);
    if (t->hopeless)
        return;
    must (t->text.n == expected->text.n, "%zu bytes, not %zu", t->text.n, expected->text.n);
    must (t->text.n == 0 || memcmp (t->text.p, expected->text.p, t->text.n) == 0, "other text");
    must (t->n_errors == expected->n_errors, "%zu errors, not %zu", t->n_errors,
          expected->n_errors);
    for (size_t i = 0; i < t->n_errors; i++)
        must (t->errors[i] == expected->errors[i], "error %zu after %zu, not after %zu", i,
              t->errors[i], expected->errors[i]);
}

static void
compare_with_reference (const struct trace *t)
{
    struct trace expected = {0};

    if (!reference_knows (o.encoding, o.errors))
        return;
    reference_decode (&expected, o.encoding, o.errors, o.newline, bytes, n_bytes);
    must_agree (t, &expected);
    trace_free (&expected);
}

/* --- reading in pieces --- */

/* Where the stream is in the trace: the next byte, and the next error. */
static struct {
    const struct trace *t;
    size_t at, error;
    size_t places[PLACES], n_places;
} here;

static void
arrive (size_t at)
{
    here.at = at;
    here.error = 0;
    while (here.error < here.t->n_errors && here.t->errors[here.error] < at)
        here.error++;
}

static size_t
until_error (void)
{
    const struct trace *t = here.t;

    return (here.error < t->n_errors ? t->errors[here.error] : t->text.n) - here.at;
}

/* After reading GOT bytes of SIZE: what stopped it? */
static void
check_stop (FILE *f, size_t got, size_t size)
{
    size_t n = until_error ();

    must (got == (size < n ? size : n), "%zu of %zu bytes at %zu, not %zu", got, size, here.at, n);
    here.at += got;
    if (got == size)
        return;
    bool failed = here.error < here.t->n_errors;
    must (!ferror (f) == !failed, "at %zu: ferror %d", here.at, ferror (f));
    must (failed || feof (f), "at %zu: not feof", here.at);
    here.error += failed;
    clearerr (f);
}

static void
read_piece (FILE *f, size_t size)
{
    static unsigned char some[65536];
    size_t got = fread (some, 1, size, f);

    must (got <= here.t->text.n - here.at, "%zu bytes at %zu", got, here.at);
    must (got == 0 || memcmp (some, here.t->text.p + here.at, got) == 0, "other text at %zu",
          here.at);
    check_stop (f, got, size);
}

static void
read_characters (FILE *f, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int c = fgetc (f);
        bool more = until_error () > 0;
        must (!more == (c == EOF), "fgetc at %zu: %d", here.at, c);
        must (!more || c == here.t->text.p[here.at], "fgetc at %zu: %d", here.at, c);
        check_stop (f, more, 1);
    }
}

static void
tell (FILE *f)
{
    off_t told = ftello (f);

    must (told == (off_t) here.at, "at %lld, not %zu", (long long) told, here.at);
    here.places[here.n_places++ % PLACES] = here.at;
}

static void
seek_anywhere (FILE *f, size_t at)
{
    must (fseeko (f, (off_t) at, SEEK_SET) == 0, "seek to %zu: %s", at, strerror (errno));
    arrive (at);
}

/* What nothing can be made of at the end has been passed then. */
static void
seek_end (FILE *f)
{
    must (fseeko (f, 0, SEEK_END) == 0, "seek to the end");
    arrive (here.t->text.n);
    here.error = here.t->n_errors;
    tell (f);
}

static void
read_step (FILE *f)
{
    unsigned code = fuzz_byte (&steps), argument = code >> 3;
    size_t n = here.n_places < PLACES ? here.n_places : PLACES;

    switch (code & 7) {
    case 0:
        read_characters (f, argument);
        break;
    case 1:
        read_piece (f, argument + 1);
        break;
    case 2:
        read_piece (f, (argument + 1) * 331);
        break;
    case 3:
    case 4:
        tell (f);
        break;
    case 5:
        seek_anywhere (f, n > 0 ? here.places[argument % n] : 0);
        break;
    case 6:
        seek_anywhere (f, (argument << 8 | fuzz_byte (&steps)) % (here.t->text.n + 1));
        break;
    default:
        seek_end (f);
    }
}

static void
read_pieces (FILE *f, const struct trace *t)
{
    if (t->hopeless)
        return;
    here.t = t;
    here.n_places = 0;
    arrive (0);
    while (fuzz_left (&steps) > 0)
        read_step (f);
    while (until_error () > 0 || here.error < t->n_errors)
        read_piece (f, 65536);
    read_piece (f, 1);
}

static void
fill (FILE *f)
{
    FILE *g = tempfile_reopen (f, "r+b");

    must (g && fwrite (bytes, 1, n_bytes, g) == n_bytes && fclose (g) == 0, "cannot fill");
}

static void
decode (void)
{
    struct trace t = {0};
    FILE *f = open_text ();

    if (!f)
        return;
    fill (f);
    FILE *g = tempfile_reopen (f, "r");
    must (g, "reopen");
    read_all (g, &t);
    must (fclose (g) == 0, "fclose");
    check_text (&t);
    compare_with_reference (&t);
    g = own_size & 1 ? tempfile_reopen (f, "r") : f;
    set_buffer (g);
    read_pieces (g, &t);
    if (g != f)
        must (fclose (f) == 0, "fclose");
    close_buffered (g);
    trace_free (&t);
}

/* --- writing --- */

/* What writing gave: the bytes of the file, and whether it failed. */
struct written {
    struct bytes file;
    bool failed;
};

static void
read_file (FILE *g, struct bytes *b)
{
    static char some[65536];

    for (size_t n; (n = fread (some, 1, sizeof some, g)) > 0;)
        bytes_add (b, some, n);
    must (!ferror (g) && fclose (g) == 0, "cannot read the bytes");
}

/* As writing is buffered, failures may come late. */
static bool
write_whole (FILE *f)
{
    return fwrite (bytes, 1, n_bytes, f) == n_bytes;
}

/* A place that was told is as many bytes on as were handed over. */
static bool
check_told (FILE *f, size_t done)
{
    off_t told = ftello (f);

    must (told < 0 || told == (off_t) done, "told %lld after %zu", (long long) told, done);
    return told >= 0;
}

static bool
write_piece (FILE *f, size_t *done, unsigned code)
{
    size_t n = (code >> 3) + 1, left = n_bytes - *done;

    n *= (code & 7) == 2 ? 331 : 1;
    n = n < left ? n : left;
    if ((code & 7) == 3)
        return fflush (f) == 0;
    if ((code & 7) == 4)
        return check_told (f, *done);
    bool good = true;
    if ((code & 7) == 0)
        for (size_t i = 0; i < n && good; i++)
            good = fputc (bytes[*done + i], f) == bytes[*done + i];
    else
        good = fwrite (bytes + *done, 1, n, f) == n;
    *done += n;
    return good;
}

static bool
write_pieces (FILE *f)
{
    bool good = true;
    size_t done = 0;

    while (done < n_bytes && good && fuzz_left (&steps) > 0)
        good = write_piece (f, &done, fuzz_byte (&steps));
    while (done < n_bytes && good)
        good = write_piece (f, &done, 0xfa);
    return good;
}

/* False: the encoding is not to be had here. */
static bool
write_with (bool (*function) (FILE *), bool buffered, struct written *w)
{
    FILE *f = open_text ();

    if (!f)
        return false;
    FILE *g = tempfile_reopen (f, "rb");
    must (g, "reopen");
    if (buffered)
        set_buffer (f);
    w->failed = !function (f);
    must (!w->failed || errno == EILSEQ, "writing: %s", strerror (errno));
    int result = fclose (f);
    must (result == 0 || errno == EILSEQ, "fclose: %s", strerror (errno));
    must (result < 0 || !w->failed, "fclose has forgotten");
    w->failed = result < 0;
    free (own_buffer);
    own_buffer = NULL;
    read_file (g, &w->file);
    return true;
}

/* --- what was written is what is read --- */

/* What "w" and then "r" make of newlines. */
static void
translate (struct bytes *out)
{
    const char *as = o.newline && *o.newline == '\r' ? o.newline : "\n";

    for (size_t i = 0; i < n_bytes; i++) {
        if (bytes[i] == '\n')
            bytes_add (out, as, strlen (as));
        else if (bytes[i] != '\r' || o.newline)
            bytes_add (out, bytes + i, 1);
        else if (i + 1 == n_bytes || bytes[i + 1] != '\n')
            bytes_add (out, "\n", 1);
    }
}

/* FILE's bytes as text. */
static void
read_back (const struct bytes *file, struct trace *t)
{
    FILE *f = open_text ();

    must (f, "the second time it does not open");
    FILE *g = tempfile_reopen (f, "r+b");
    must (g && (file->n == 0 || fwrite (file->p, 1, file->n, g) == file->n) && fclose (g) == 0,
          "cannot fill");
    read_all (f, t);
    must (fclose (f) == 0, "fclose");
}

/* The characters that stateful encodings switch by have no other form. */
static bool
has_switches (void)
{
    for (size_t i = 0; i < n_bytes; i++)
        if (bytes[i] == '\033' || bytes[i] == '\016' || bytes[i] == '\017')
            return is_stateful ();
    return false;
}

static void
check_round_trip (const struct written *w)
{
    struct bytes expected = {0};
    struct trace t = {0};

    if (w->failed || !is_strict () || has_switches ())
        return;
    translate (&expected);
    read_back (&w->file, &t);
    must (t.n_errors == 0, "does not come back: error after %zu", t.errors[0]);
    must (t.text.n == expected.n, "comes back as %zu bytes, not %zu", t.text.n, expected.n);
    for (size_t i = 0; i < expected.n; i++)
        must (t.text.p[i] == expected.p[i], "comes back otherwise at %zu", i);
    trace_free (&t);
    free (expected.p);
}

static bool
same_bytes (const struct bytes *a, const struct bytes *b)
{
    return a->n == b->n && (a->n == 0 || memcmp (a->p, b->p, a->n) == 0);
}

/* A stateful encoder ends its runs where the pieces end, so that only the text is the same. */
static void
compare_pieces (const struct written *whole, const struct written *pieces)
{
    struct trace a = {0}, b = {0};

    must (whole->failed == pieces->failed, "in pieces it fails otherwise: %d", pieces->failed);
    if (!is_stateful ()) {
        must (same_bytes (&whole->file, &pieces->file), "%zu bytes, in pieces %zu", whole->file.n,
              pieces->file.n);
        return;
    }
    read_back (&whole->file, &a);
    read_back (&pieces->file, &b);
    must_agree (&b, &a);
    trace_free (&a);
    trace_free (&b);
}

static void
compare_with_reference_encoder (const struct written *w)
{
    struct bytes expected = {0};

    if (!reference_knows (o.encoding, o.errors))
        return;
    bool good = reference_encode (&expected, o.encoding, o.errors, o.newline, bytes, n_bytes);
    must (good == !w->failed, "fails: %d", w->failed);
    must (same_bytes (&w->file, &expected), "%zu bytes, not %zu", w->file.n, expected.n);
    free (expected.p);
}

static void
encode (void)
{
    struct written whole = {0}, pieces = {0};

    if (!write_with (write_whole, false, &whole))
        return;
    compare_with_reference_encoder (&whole);
    check_round_trip (&whole);
    must (write_with (write_pieces, true, &pieces), "the second time it does not open");
    compare_pieces (&whole, &pieces);
    free (whole.file.p);
    free (pieces.file.p);
}

void
fuzz_one (struct input *in)
{
    unsigned what = take_input (in);

    if (what & 1)
        encode ();
    else
        decode ();
}
