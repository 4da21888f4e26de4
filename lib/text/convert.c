/* SPDX-License-Identifier: MIT */
/*
 * The two loops that convert text, for all codecs. What is frequent is converted by the many: ASCII,
 * what is remembered, and what a codec has its own loop for. All else is converted one character at
 * a time, and only here it is decided whether there is room and what is an error.
 */
#include "base/export.h"

#include "text/codec.h"
#include "text/tables.h"
#include "text/utf8.h"

#include <stdlib.h>

/* --- many characters --- */

static void
copy_ascii (struct work *w)
{
    size_t n = left (w) < room (w) ? left (w) : room (w);
    size_t i = 0;
    const unsigned char *in = w->in;
    unsigned char *out = w->out;
    for (; i + 2 * RUN <= n && is_ascii_run (in + i) && is_ascii_run (in + i + RUN); i += 2 * RUN)
        memcpy (out + i, in + i, 2 * RUN);
    while (i + 8 <= n) {
        unsigned seven = copy_seven (out + i, in + i);
        i += seven;
        if (in[i] >= 0x80)
            break;
        i++;
    }
    for (; i < n && in[i] < 0x80; i++)
        out[i] = in[i];
    w->in += i;
    w->out += i;
}

/* What tells two bytes of this state from the same two of another; or UNKNOWN. */
static unsigned
meaning (const struct codec *codec, const struct codec_state *s)
{
    if (codec->places == 0)
        return UNKNOWN;
    return codec->ops->meaning ? codec->ops->meaning (codec, s) : 0;
}

static uint32_t *
known_character (struct codec *codec, const unsigned char *p)
{
    return &codec->memory->read[(p[0] * codec->places + p[1]) % READ];
}

static uint32_t *
known_bytes (struct codec *codec, uint32_t c)
{
    return &codec->memory->written[c % WRITTEN];
}

/*
 * Converts ASCII, and what is remembered by ONE, as long as there is room for a whole run. ONE
 * returns false if the next character is not remembered.
 */
INLINE void
convert_known (struct codec *codec, const struct codec_state *s, struct work *w,
               bool (*one) (struct codec *, unsigned, const unsigned char **, unsigned char **))
{
    const unsigned char *in = w->in;
    unsigned char *out = w->out;
    const unsigned mean = meaning (codec, s);
    const bool ascii = codec->ascii;
    while (mean != UNKNOWN && w->in_end - in >= RUN && w->out_end - out >= RUN) {
        if (ascii && *in < 0x80) {
            size_t n = is_ascii_run (in) ? RUN : 1;
            memcpy (out, in, RUN);
            in += n;
            out += n;
        } else if (!one (codec, mean, &in, &out)) {
            break;
        }
    }
    w->in = in;
    w->out = out;
}

INLINE bool
decode_known (struct codec *codec, unsigned mean, const unsigned char **in, unsigned char **out)
{
    const unsigned char *p = *in;
    const uint32_t known = *known_character (codec, p), two = (uint32_t) p[0] << 8 | p[1];
    if (!known || known >> 16 != (two | mean) || (codec->ops->meaning && (two & SEVEN_BITS)))
        return false;
    *out += utf8_put_short (*out, known & 0xffff);
    *in += 2;
    return true;
}

INLINE bool
encode_known (struct codec *codec, unsigned mean, const unsigned char **in, unsigned char **out)
{
    uint32_t c = get_three (*in), known = *known_bytes (codec, c);
    const uint32_t seven = codec->ops->meaning ? SEVEN_BITS : 0;
    if (!c || known >> 16 != c || (known & seven) != mean)
        return false;
    known &= ~seven;
    (*out)[0] = (unsigned char) (known >> 8);
    (*out)[1] = (unsigned char) known;
    *in += 3;
    *out += 2;
    return true;
}

/* --- one character --- */

/* Remembers the character C, or pair, that the two bytes at P stand for. */
static void
remember_read (struct codec *codec, unsigned mean, const unsigned char *p, uint32_t c)
{
    if (mean != UNKNOWN && c < 0x10000)
        *known_character (codec, p) = ((uint32_t) p[0] << 24 | (uint32_t) p[1] << 16) | mean << 16 | c;
}

static enum step
decode_one (struct codec *codec, struct codec_state *s, struct work *w)
{
    const unsigned char *begin = w->in;
    uint32_t c = NO_CHARACTER;
    if (room (w) < LONGEST)
        return STEP_FULL;
    enum step step = codec->ops->get (codec, s, w, &c);
    if (step != STEP_DONE || c == NO_CHARACTER)
        return step;
    if (w->in - begin == 2)
        remember_read (codec, meaning (codec, s), begin, c);
    if (c >= PAIR) {
        const struct pair *pair = &codec->pairs->pairs[c - PAIR];
        w->out += utf8_put_short (w->out, pair->first);
        c = pair->second;
    }
    w->out += utf8_put (w->out, c);
    return STEP_DONE;
}

enum step
tempfile__decode (struct codec *codec, struct codec_state *s, struct work *w)
{
    for (;;) {
        if (codec->ascii)
            copy_ascii (w);
        if (codec->ops->get_many)
            codec->ops->get_many (codec, s, w);
        convert_known (codec, s, w, decode_known);
        if (w->in == w->in_end)
            return w->final && codec->ops->end ? codec->ops->end (s, w) : STEP_DONE;
        enum step step = decode_one (codec, s, w);
        if (step != STEP_DONE)
            return step;
    }
}

/*
 * If C, of *LENGTH bytes, begins a pair, looks at the character after it. C becomes the pair, and
 * *LENGTH that of both, if it is one. Returns false if what comes after decides, and is not there
 * yet.
 */
static bool
find_pair (const struct set *s, const struct work *w, uint32_t *c, int *length)
{
    const unsigned char *next = w->in + *length;
    uint32_t d = NO_CHARACTER;
    int n = next < w->in_end ? utf8_get (next, w->in_end, &d, true) : 0;
    for (unsigned i = 0; i < s->n_pairs; i++) {
        if (s->pairs[i].first != *c)
            continue;
        if (n == 0 && !w->final)
            return false;
        if (n <= 0 || s->pairs[i].second != d)
            continue;
        *c = PAIR + i;
        *length += n;
        return true;
    }
    return true;
}

static bool
begins_pair (const struct set *s, uint32_t c)
{
    unsigned i = 0;
    while (s && i < s->n_pairs && s->pairs[i].first != c)
        i++;
    return s && i < s->n_pairs;
}

/* Puts C, of LENGTH bytes in the input, where there may be little room. */
static enum step
put_one (struct codec *codec, struct codec_state *s, struct work *w, uint32_t c, int length)
{
    const struct codec_state before = *s;
    unsigned char small[LONGEST], *out = room (w) < LONGEST ? small : w->out;
    int n = codec->ops->put (codec, s, out, c);
    size_t size = (size_t) (n < 0 ? -n : n);
    if (size > room (w)) {
        *s = before;
        return STEP_FULL;
    }
    if (n <= 0) {
        lacking (w, c, length);
        w->n_instead = (unsigned) size;
        memcpy (w->instead, out, size);
        return STEP_BAD;
    }
    if (out == small)
        memcpy (w->out, small, size);
    w->out += n;
    w->in += length;
    return STEP_DONE;
}

static enum step
encode_one (struct codec *codec, struct codec_state *s, struct work *w)
{
    uint32_t c;
    const unsigned char *out = w->out;
    if (room (w) == 0)
        return STEP_FULL;
    int length = utf8_get (w->in, w->in_end, &c, true);
    if (length <= 0)
        return utf8_trouble (w, length);
    const bool pairs = begins_pair (codec->pairs, c);
    if (pairs && !find_pair (codec->pairs, w, &c, &length))
        return STEP_SHORT;
    enum step step = put_one (codec, s, w, c, length);
    unsigned mean = length == 3 && !pairs && w->out - out == 2 ? meaning (codec, s) : UNKNOWN;
    if (step == STEP_DONE && mean != UNKNOWN)
        *known_bytes (codec, c) = c << 16 | ((uint32_t) out[0] << 8 | out[1]) | mean;
    return step;
}

enum step
tempfile__encode (struct codec *codec, struct codec_state *s, struct work *w)
{
    if (codec->mark && !s->a && left (w) > 0) {
        if (room (w) < LONGEST)
            return STEP_FULL;
        w->out += codec->ops->begin (s, codec, w->out);
    }
    for (;;) {
        if (codec->ascii)
            copy_ascii (w);
        if (codec->ops->put_many)
            codec->ops->put_many (codec, s, w);
        convert_known (codec, s, w, encode_known);
        if (w->in == w->in_end)
            return STEP_DONE;
        enum step step = encode_one (codec, s, w);
        if (step != STEP_DONE)
            return step;
    }
}
