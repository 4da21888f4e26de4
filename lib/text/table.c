/* SPDX-License-Identifier: MIT */
/*
 * The codecs without a state: character sets of single bytes, whose two tables are made when the
 * codec is opened, and those of several bytes, whose tables grow as characters are met.
 */
#include "base/export.h"

#include "text/charset.h"
#include "text/codec.h"
#include "text/utf8.h"

/* --- single bytes --- */

struct utf8_char {
    unsigned char bytes[3];
    unsigned char length; /* 0: no character */
};

/* Entries of a row are bytes, and this. */
enum { HAS_BYTE = 0x100 };

static const uint16_t no_bytes[256];

struct single {
    struct codec codec; /* must be first */
    struct utf8_char decode[256];
    const uint16_t *encode[256]; /* by the upper half of the character; of its lower half */
    uint16_t *rows[256];         /* those of them that are not no_bytes */
};

/* Goes ahead as long as it is easy. */
static void
single_decode_easy (const struct single *t, struct work *w)
{
    const unsigned char *in = w->in;
    unsigned char *out = w->out;
    bool ascii = t->codec.ascii;
    while (w->in_end - in >= RUN && w->out_end - out >= 4 * RUN) {
        if (ascii && is_ascii_run (in)) {
            memcpy (out, in, RUN);
            in += RUN;
            out += RUN;
            continue;
        }
        for (int i = 0; i < RUN; i++) {
            const struct utf8_char *c = &t->decode[*in];
            if (c->length == 0)
                goto hard;
            memcpy (out, c, sizeof *c);
            out += c->length;
            in++;
        }
    }
hard:
    w->in = in;
    w->out = out;
}

static enum step
single_decode (struct codec *codec, struct codec_state *s, struct work *w)
{
    const struct single *t = (const struct single *) codec;
    (void) s;
    single_decode_easy (t, w);
    for (; w->in < w->in_end; w->in++) {
        const struct utf8_char *c = &t->decode[*w->in];
        if (c->length == 0)
            return bad_bytes (w, 1);
        if (room (w) < c->length)
            return STEP_FULL;
        memcpy (w->out, c->bytes, c->length);
        w->out += c->length;
    }
    return STEP_DONE;
}

static void
single_encode_easy (const struct single *t, struct work *w)
{
    const unsigned char *in = w->in;
    unsigned char *out = w->out;
    bool ascii = t->codec.ascii;
    while (w->in_end - in >= ENOUGH && w->out_end - out >= SLOTS) {
        uint16_t c[SLOTS];
        size_t used;
        if (ascii && is_ascii_run (in)) {
            memcpy (out, in, RUN);
            in += RUN;
            out += RUN;
            continue;
        }
        unsigned n = get_run (in, c, &used), missing = n == 0;
        unsigned char *next = out;
        for (unsigned i = 0; i < n; i++) {
            unsigned byte = t->encode[c[i] >> 8][c[i] & 0xff], some = is_some (c[i]);
            *next = (unsigned char) byte;
            next += some;
            missing |= some & !(byte & HAS_BYTE);
        }
        if (missing)
            break;
        in += used;
        out = next;
    }
    w->in = in;
    w->out = out;
}

static enum step
single_encode (struct codec *codec, struct codec_state *s, struct work *w)
{
    const struct single *t = (const struct single *) codec;
    (void) s;
    single_encode_easy (t, w);
    for (;;) {
        if (codec->ascii)
            copy_ascii (w);
        uint32_t c;
        enum step step;
        int n = next_character (w, &c, &step);
        if (n == 0)
            return step;
        unsigned byte = c < 0x10000 ? t->encode[c >> 8][c & 0xff] : 0;
        if (!(byte & HAS_BYTE))
            return lacking (w, c, n);
        *w->out++ = (unsigned char) byte;
        w->in += n;
    }
}

static void
single_close (struct codec *codec)
{
    struct single *t = (struct single *) codec;
    for (int i = 0; i < 256; i++)
        free (t->rows[i]);
    free (t);
}

static const struct codec_ops single_ops = {
    .decode = single_decode, .encode = single_encode, .close = single_close};

static bool
enter (struct single *t, unsigned char byte, uint32_t c)
{
    t->decode[byte].length = (unsigned char) utf8_length (c);
    unsigned char bytes[4] = {0};
    utf8_put (bytes, c);
    memcpy (t->decode[byte].bytes, bytes, 3);
    uint16_t **row = &t->rows[c >> 8];
    if (!*row)
        *row = calloc (256, sizeof **row);
    if (!*row)
        return false;
    (*row)[c & 0xff] = byte | HAS_BYTE;
    t->encode[c >> 8] = *row;
    return true;
}

static struct codec *
fill_single (struct single *t, struct charset *set)
{
    t->codec.ops = &single_ops;
    for (int i = 0; i < 256; i++)
        t->encode[i] = no_bytes;
    t->codec.unit = 1;
    t->codec.ascii = true;
    for (int i = 0; i < 256; i++) {
        unsigned char byte = (unsigned char) i;
        unsigned length;
        uint32_t c = tempfile__charset_decode (set, &byte, &byte + 1, &length);
        if (i < 0x80 && c != (uint32_t) i)
            t->codec.ascii = false;
        if (c >= 0x10000)
            continue;
        if (!enter (t, byte, c)) {
            single_close (&t->codec);
            return NULL;
        }
    }
    return &t->codec;
}

struct codec *
tempfile__codec_single (const char *name)
{
    struct charset *set = tempfile__charset_open (name);
    if (!set)
        return NULL;
    struct single *t = calloc (1, sizeof *t);
    struct codec *codec = t ? fill_single (t, set) : NULL;
    tempfile__charset_close (set);
    return codec;
}

/* --- several bytes --- */

struct multibyte {
    struct codec codec; /* must be first; variant: PAIRS, OWN_ASCII */
    struct charset *set;
};

static enum step
multibyte_decode (struct codec *codec, struct codec_state *s, struct work *w)
{
    struct charset *set = ((struct multibyte *) codec)->set;
    (void) s;
    for (;;) {
        tempfile__charset_decode_easy (set, w, codec->ascii);
        if (codec->ascii)
            copy_ascii (w);
        if (w->in == w->in_end)
            return STEP_DONE;
        if (w->out == w->out_end)
            return STEP_FULL;
        unsigned length;
        uint32_t c = tempfile__charset_decode (set, w->in, w->in_end, &length);
        if (c == NO_CHARACTER)
            return length ? bad_bytes (w, length) : cut_off (w);
        const uint32_t *pair = c >= PAIR ? tempfile__charset_pair (set, c) : NULL;
        if (room (w) < (pair ? utf8_length (pair[0]) + utf8_length (pair[1]) : utf8_length (c)))
            return STEP_FULL;
        w->out += utf8_put (w->out, pair ? pair[0] : c);
        if (pair)
            w->out += utf8_put (w->out, pair[1]);
        w->in += length;
    }
}

/* The bytes of the character C, of LENGTH bytes, and the one after it, where they are a pair. */
static unsigned
encode_pair (struct charset *set, struct work *w, uint32_t c, int *length, unsigned char bytes[4])
{
    uint32_t d;
    int second = utf8_get (w->in + *length, w->in_end, &d, true);
    if (second <= 0 || !tempfile__pair_second (d))
        return 0;
    unsigned n = tempfile__charset_encode_pair (set, c, d, bytes);
    if (n != 2)
        return 0;
    *length += second;
    return n;
}

/* Whether what comes after the character of LENGTH bytes decides its code, and is not there. */
static bool
must_wait (const struct work *w, int length)
{
    const unsigned char *next = w->in + length;
    uint32_t d;
    return !w->final && (next == w->in_end || utf8_get (next, w->in_end, &d, true) == 0);
}

/* Whoever counts has to know of it: the yen sign of Shift JIS is read as a backslash. */
static enum step
coming_back_other (struct work *w, uint32_t c, int length, const unsigned char *bytes, unsigned n)
{
    enum step step = lacking (w, c, length);
    memcpy (w->instead, bytes, n);
    w->n_instead = n;
    return step;
}

static enum step
multibyte_encode (struct codec *codec, struct codec_state *s, struct work *w)
{
    struct charset *set = ((struct multibyte *) codec)->set;
    (void) s;
    for (;;) {
        tempfile__charset_encode_easy (set, w, codec->ascii, codec->variant & PAIRS);
        if (codec->ascii)
            copy_ascii (w);
        uint32_t c;
        enum step step;
        unsigned char bytes[4];
        int length = next_character (w, &c, &step);
        if (length == 0)
            return step;
        bool first = (codec->variant & PAIRS) && tempfile__pair_first (c);
        if (first && must_wait (w, length))
            return STEP_SHORT;
        bool same = true;
        unsigned n = first ? encode_pair (set, w, c, &length, bytes) : 0;
        if (n == 0)
            n = tempfile__charset_encode (set, c, bytes, &same);
        if (n == 0)
            return lacking (w, c, length);
        if (!same || (codec->ascii && bytes[0] < 0x80))
            return coming_back_other (w, c, length, bytes, n);
        if (room (w) < n)
            return STEP_FULL;
        memcpy (w->out, bytes, n);
        w->out += n;
        w->in += length;
    }
}

static void
multibyte_close (struct codec *codec)
{
    tempfile__charset_close (((struct multibyte *) codec)->set);
    free (codec);
}

static const struct codec_ops multibyte_ops = {
    .decode = multibyte_decode, .encode = multibyte_encode, .close = multibyte_close};

static bool
is_ascii (struct charset *set)
{
    for (unsigned char byte = 0; byte < 0x80; byte++) {
        unsigned length;
        if (tempfile__charset_decode (set, &byte, &byte + 1, &length) != byte)
            return false;
    }
    return true;
}

struct codec *
tempfile__codec_multibyte (const char *name, unsigned variant)
{
    struct charset *set = tempfile__charset_open (name);
    struct multibyte *m = set ? calloc (1, sizeof *m) : NULL;
    if (!m) {
        if (set)
            tempfile__charset_close (set);
        return NULL;
    }
    m->codec = (struct codec){.ops = &multibyte_ops,
                              .unit = 1,
                              .ascii = !(variant & OWN_ASCII) || is_ascii (set),
                              .variant = variant};
    m->set = set;
    if (!m->codec.ascii)
        tempfile__charset_narrow (set);
    return &m->codec;
}
