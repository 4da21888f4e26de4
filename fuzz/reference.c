/* SPDX-License-Identifier: MIT */
/* See reference.h. Written from the standards and from what Python does, not from lib/. */
#include "reference.h"

void
bytes_add (struct bytes *b, const void *p, size_t n)
{
    if (b->n + n > b->room) {
        b->room = (b->n + n) * 2;
        b->p = realloc (b->p, b->room);
        must (b->p, "no memory");
    }
    if (n)
        memcpy (b->p + b->n, p, n);
    b->n += n;
}

void
trace_error (struct trace *t)
{
    if (t->n_errors == t->room) {
        t->room = t->room * 2 + 16;
        t->errors = realloc (t->errors, t->room * sizeof *t->errors);
        must (t->errors, "no memory");
    }
    t->errors[t->n_errors++] = t->text.n;
}

void
trace_free (struct trace *t)
{
    free (t->text.p);
    free (t->from);
    free (t->errors);
}

/* --- which --- */

struct form {
    const char *name;
    unsigned unit; /* 0: the bytes themselves */
    enum { LITTLE, BIG, EITHER } order;
    uint32_t limit; /* characters from here on are lacking */
    bool mark;
};

static const struct form forms[] = {
    {"ascii", 1, LITTLE, 0x80, false},         {"latin-1", 1, LITTLE, 0x100, false},
    {"utf-8", 1, LITTLE, 0x110000, false},     {"utf-8-sig", 1, LITTLE, 0x110000, true},
    {"utf-16", 2, EITHER, 0x110000, true},     {"utf-16-le", 2, LITTLE, 0x110000, false},
    {"utf-16-be", 2, BIG, 0x110000, false},    {"utf-32", 4, EITHER, 0x110000, true},
    {"utf-32-le", 4, LITTLE, 0x110000, false}, {"utf-32-be", 4, BIG, 0x110000, false},
};

static const struct form bytes_form = {"", 0, LITTLE, 0x110000, false};

static const struct form *
find_form (const char *encoding)
{
    if (!encoding)
        return &bytes_form;
    for (size_t i = 0; i < LENGTH (forms); i++)
        if (strcmp (encoding, forms[i].name) == 0)
            return &forms[i];
    return NULL;
}

bool
reference_knows (const char *encoding, const char *errors)
{
    return find_form (encoding) && !(errors && strcmp (errors, "namereplace") == 0);
}

static bool
is (const char *errors, const char *name)
{
    return errors && strcmp (errors, name) == 0;
}

/* --- UTF-8 --- */

static bool
continues (const unsigned char *in, size_t n, size_t i)
{
    return i < n && in[i] >= 0x80 && in[i] < 0xc0;
}

/* The longest start of a character is what is bad. */
int
reference_utf8 (const unsigned char *in, size_t n, bool lone, uint32_t *c)
{
    unsigned char a = in[0];
    int length = a < 0x80                ? 1
                 : a >= 0xc2 && a < 0xe0 ? 2
                 : a >= 0xe0 && a < 0xf0 ? 3
                 : a >= 0xf0 && a < 0xf5 ? 4
                                         : -1;

    if (length < 0)
        return -1;
    *c = length == 1 ? a : a & (0x7fu >> length);
    for (int i = 1; i < length; i++) {
        if (!continues (in, n, (size_t) i))
            return -i;
        *c = *c << 6 | (in[i] & 0x3fu);
        if (i == 1 && ((a == 0xe0 && *c < 0x20) || (a == 0xf0 && *c < 0x10) ||
                       (a == 0xf4 && *c >= 0x110) || (a == 0xed && *c >= 0x360 && !lone)))
            return -1;
    }
    return length;
}

static size_t
put_utf8 (unsigned char *out, uint32_t c)
{
    static const unsigned char first[] = {0, 0, 0xc0, 0xe0, 0xf0};
    size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

    for (size_t i = n - 1; i > 0; i--, c >>= 6)
        out[i] = (unsigned char) (0x80 | (c & 0x3f));
    out[0] = (unsigned char) (first[n] | c);
    return n;
}

/* --- decoding --- */

struct decoding {
    const struct form *form;
    const char *errors;
    bool universal, cr;
    size_t at; /* in the file */
    struct trace *t;
};

static void
note_from (struct decoding *d, size_t n)
{
    struct trace *t = d->t;

    if (t->text.n + n > t->from_room) {
        t->from_room = (t->text.n + n) * 2 + 64;
        t->from = realloc (t->from, t->from_room * sizeof *t->from);
        must (t->from, "no memory");
    }
    for (size_t i = 0; i < n; i++)
        t->from[t->text.n + i] = d->at;
}

static void
give (struct decoding *d, const void *p, size_t n)
{
    if (n == 0)
        return;
    note_from (d, n);
    bytes_add (&d->t->text, p, n);
    d->cr = false;
}

static void
give_character (struct decoding *d, uint32_t c)
{
    unsigned char out[4];
    bool cr = d->universal && c == '\r';

    if (d->cr && c == '\n') {
        d->cr = false;
        return;
    }
    give (d, out, put_utf8 (out, cr ? '\n' : c));
    d->cr = cr;
}

/* What stands for N bad bytes; how many of them were used. */
static size_t
give_instead (struct decoding *d, const unsigned char *bad, size_t n)
{
    unsigned char out[16];

    if (is (d->errors, "replace")) {
        give (d, out, put_utf8 (out, 0xfffd));
    } else if (is (d->errors, "backslashreplace")) {
        for (size_t i = 0; i < n; i++)
            give (d, out, (size_t) snprintf ((char *) out, sizeof out, "\\x%02x", bad[i]));
    } else if (is (d->errors, "surrogateescape") && bad[0] >= 0x80) {
        size_t i = 0;
        for (; i < n && bad[i] >= 0x80; i++)
            give (d, out, put_utf8 (out, 0xdc00u + bad[i]));
        return i;
    } else if (!is (d->errors, "ignore")) {
        trace_error (d->t);
    }
    return n;
}

static uint32_t
get_unit (const unsigned char *p, unsigned unit, bool big)
{
    uint32_t c = 0;

    for (unsigned i = 0; i < unit; i++)
        c |= (uint32_t) p[big ? unit - 1 - i : i] << 8 * i;
    return c;
}

static bool
is_surrogate (uint32_t c)
{
    return c >= 0xd800 && c < 0xe000;
}

static int
get_utf16 (const unsigned char *in, size_t n, bool big, bool pass, uint32_t *c)
{
    if (n < 2)
        return -(int) n;
    *c = get_unit (in, 2, big);
    if (!is_surrogate (*c))
        return 2;
    uint32_t low = *c < 0xdc00 && n >= 4 ? get_unit (in + 2, 2, big) : 0;
    if (low >= 0xdc00 && low < 0xe000) {
        *c = 0x10000 + ((*c - 0xd800) << 10) + (low - 0xdc00);
        return 4;
    }
    if (*c < 0xdc00 && n < 4 && !(pass && n == 2))
        return pass ? 2 : -(int) n;
    return pass ? 2 : -2;
}

static int
get_character (const struct decoding *d, const unsigned char *in, size_t n, bool big, uint32_t *c)
{
    bool pass = is (d->errors, "surrogatepass");
    unsigned unit = d->form->unit;

    if (unit == 1 && d->form->limit > 0x100)
        return reference_utf8 (in, n, pass, c);
    if (unit == 2)
        return get_utf16 (in, n, big, pass, c);
    if (n < unit)
        return -(int) n;
    *c = get_unit (in, unit, big);
    return *c >= d->form->limit || (is_surrogate (*c) && !pass) ? -(int) unit : (int) unit;
}

static uint32_t
first_unit (const struct form *f, const unsigned char *in, size_t n, bool big)
{
    return n >= f->unit ? get_unit (in, f->unit, big) : 0;
}

/* The size of the mark, or 0 where there is none. */
static size_t
pass_mark (const struct form *f, const unsigned char *in, size_t n, bool *big)
{
    if (f->unit == 1)
        return n >= 3 && memcmp (in, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    *big = first_unit (f, in, n, true) == 0xfeff;
    return *big || first_unit (f, in, n, false) == 0xfeff ? f->unit : 0;
}

static void
decode_bytes (struct decoding *d, const unsigned char *in, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        d->at = i;
        if (in[i] < 0x80)
            give_character (d, in[i]);
        else
            give (d, in + i, 1);
    }
}

static void
decode_characters (struct decoding *d, const unsigned char *in, size_t n)
{
    bool big = d->form->order == BIG;
    size_t i = d->form->mark ? pass_mark (d->form, in, n, &big) : 0;

    if (i == 0 && d->form->order == EITHER && n >= d->form->unit) {
        d->t->hopeless = true;
        trace_error (d->t);
        return;
    }
    while (i < n) {
        uint32_t c;
        int length = get_character (d, in + i, n - i, big, &c);
        d->at = i;
        if (length > 0)
            give_character (d, c);
        i += length > 0 ? (size_t) length : give_instead (d, in + i, (size_t) -length);
    }
}

void
reference_decode (struct trace *t, const char *encoding, const char *errors, const char *newline,
                  const unsigned char *in, size_t n)
{
    struct decoding d = {find_form (encoding), errors, !newline, false, 0, t};

    if (d.form->unit == 0)
        decode_bytes (&d, in, n);
    else
        decode_characters (&d, in, n);
}

/* --- encoding --- */

struct encoding {
    const struct form *form;
    const char *errors, *newline;
    struct bytes *out;
};

static uint16_t one = 1;

static void
put_unit (const struct encoding *e, uint32_t c)
{
    unsigned unit = e->form->unit;
    bool big = e->form->order == BIG || (e->form->order == EITHER && !*(unsigned char *) &one);
    unsigned char out[4];

    for (unsigned i = 0; i < unit; i++)
        out[big ? unit - 1 - i : i] = (unsigned char) (c >> 8 * i);
    bytes_add (e->out, out, unit);
}

static void
put_character (const struct encoding *e, uint32_t c)
{
    unsigned char out[4];

    if (e->form->unit == 1 && e->form->limit > 0x100) {
        bytes_add (e->out, out, put_utf8 (out, c));
    } else if (e->form->unit == 2 && c >= 0x10000) {
        put_unit (e, 0xd800 + ((c - 0x10000) >> 10));
        put_unit (e, 0xdc00 + ((c - 0x10000) & 0x3ff));
    } else {
        put_unit (e, c);
    }
}

static bool
put_text (const struct encoding *e, const char *text)
{
    for (; *text; text++)
        put_character (e, (unsigned char) *text);
    return true;
}

static bool
put_raw (const struct encoding *e, const void *p, size_t n)
{
    if (n % e->form->unit != 0)
        return false;
    bytes_add (e->out, p, n);
    return true;
}

/* For a character that is lacking. */
static bool
put_instead (const struct encoding *e, uint32_t c)
{
    char text[16];

    if (is (e->errors, "ignore"))
        return true;
    if (is (e->errors, "replace"))
        return put_text (e, "?");
    if (is (e->errors, "surrogateescape") && c >= 0xdc80 && c < 0xdd00)
        return put_raw (e, (unsigned char[]){(unsigned char) c}, 1);
    if (is (e->errors, "xmlcharrefreplace"))
        snprintf (text, sizeof text, "&#%u;", (unsigned) c);
    else if (is (e->errors, "backslashreplace"))
        snprintf (text, sizeof text,
                  c < 0x100     ? "\\x%02x"
                  : c < 0x10000 ? "\\u%04x"
                                : "\\U%08x",
                  (unsigned) c);
    else
        return false;
    return put_text (e, text);
}

/* For N bytes of the program that are no character. */
static bool
put_instead_of_bytes (const struct encoding *e, const unsigned char *bad, size_t n)
{
    char text[16];

    if (is (e->errors, "ignore"))
        return true;
    if (is (e->errors, "replace"))
        return put_text (e, "?");
    if (is (e->errors, "surrogateescape"))
        return put_raw (e, bad, n);
    if (!is (e->errors, "backslashreplace"))
        return false;
    for (size_t i = 0; i < n; i++) {
        snprintf (text, sizeof text, "\\x%02x", bad[i]);
        put_text (e, text);
    }
    return true;
}

static bool
encode_character (const struct encoding *e, uint32_t c)
{
    bool pass = is (e->errors, "surrogatepass") && e->form->limit > 0x100;

    if (c == '\n' && e->newline && *e->newline == '\r')
        return put_text (e, e->newline);
    if (c >= e->form->limit || (is_surrogate (c) && !pass))
        return put_instead (e, c);
    put_character (e, c);
    return true;
}

static bool
encode_bytes (const struct encoding *e, const unsigned char *in, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (in[i] == '\n' && e->newline && *e->newline == '\r')
            bytes_add (e->out, e->newline, strlen (e->newline));
        else
            bytes_add (e->out, in + i, 1);
    }
    return true;
}

bool
reference_encode (struct bytes *out, const char *encoding, const char *errors, const char *newline,
                  const unsigned char *in, size_t n)
{
    struct encoding e = {find_form (encoding), errors, newline, out};
    bool good = true;

    if (e.form->unit == 0)
        return encode_bytes (&e, in, n);
    if (e.form->mark && n > 0)
        put_character (&e, 0xfeff);
    for (size_t i = 0; i < n && good;) {
        uint32_t c;
        int length = reference_utf8 (in + i, n - i, true, &c);
        good = length > 0 ? encode_character (&e, c)
                          : put_instead_of_bytes (&e, in + i, (size_t) -length);
        /* A mark alone is not written. */
        if (!good && i == 0)
            out->n = 0;
        i += (size_t) (length > 0 ? length : -length);
    }
    return good;
}
