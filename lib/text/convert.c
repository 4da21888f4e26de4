/* SPDX-License-Identifier: MIT */
/*
 * The two loops that convert text, for all codecs. What is frequent is converted by the many:
 * ASCII, what is remembered, and what a codec has its own loop for. All else is converted one
 * character at a time, and only here it is decided whether there is room and what is an error.
 */
#include "base/export.h"

#include "text/codec.h"
#include "text/tables.h"
#include "text/utf8.h"

/* --- many characters --- */

static void
copy_ascii (struct work *w)
{
    const size_t n = left_and_room (w);
    size_t i = 0;
    const unsigned char *in = w->in;
    unsigned char *out = w->out;
    for (; i + RUN <= n && is_ascii_run (in + i); i += RUN)
        memcpy (out + i, in + i, RUN);
    for (; i < n && in[i] < 0x80; i++)
        out[i] = in[i];
    w->in += i;
    w->out += i;
}

/* Where two bytes have their entry. With the same second byte no others have it. */
static unsigned
entry_of_bytes (const struct codec *codec, unsigned two)
{
    return ((two >> 8) * codec->places + (two & 0xff)) % KNOWN;
}

/* Remembers what TWO bytes mean in this state. Returns false if they are no character. */
static bool
learn_read (struct codec *codec, const struct codec_state *s, unsigned meaning, unsigned two)
{
    const unsigned i = entry_of_bytes (codec, two | meaning);
    const unsigned char bytes[2] = {(unsigned char) (two >> 8), (unsigned char) two};
    struct codec_state copy = *s;
    struct work w = {.in = bytes, .in_end = bytes + 2};
    uint32_t c = NO_CHARACTER;
    if (codec->ops->get (codec, &copy, &w, &c) != STEP_DONE || w.in < w.in_end || c == 0 ||
        c >= 0x10000)
        return false;
    codec->memory->two.found[i] = (uint16_t) c;
    codec->memory->two.of[i] = (uint8_t) (two | meaning);
    return true;
}

static bool
begins_pair (const struct set *s, uint32_t c)
{
    unsigned i = 0;
    while (i < s->n_pairs && s->pairs[i].first != c)
        i++;
    return i < s->n_pairs;
}

/* Remembers the two bytes of C. Returns false if it has more or less, or may begin a pair. */
static bool
learn_written (struct codec *codec, const struct codec_state *s, unsigned meaning, uint32_t c)
{
    struct codec_state copy = *s;
    unsigned char bytes[LONGEST];
    if (c < 0x800 || is_surrogate (c) || (codec->pairs && begins_pair (codec->pairs, c)) ||
        codec->ops->put (codec, &copy, bytes, c) != 2)
        return false;
    codec->memory->two.found[c % KNOWN] =
        (uint16_t) ((unsigned) bytes[0] << 8 | bytes[1] | meaning);
    codec->memory->two.of[c % KNOWN] = (uint8_t) (1 + c / KNOWN);
    return true;
}

/*
 * Converts one character that is, or now becomes, remembered. Returns false if it cannot be. SEVEN
 * are the bits that no byte has, because they say what the bytes mean.
 */
typedef bool one_known (struct codec *, union memory *, const struct codec_state *,
                        unsigned meaning, unsigned seven, const unsigned char **in,
                        unsigned char **out);

INLINE bool
decode_known (struct codec *codec, union memory *m, const struct codec_state *s, unsigned meaning,
              unsigned seven, const unsigned char **in, unsigned char **out)
{
    const unsigned two = (unsigned) (*in)[0] << 8 | (*in)[1];
    const unsigned i = entry_of_bytes (codec, two | meaning);
    const uint16_t *found = &m->two.found[i];
    const bool known = m->two.of[i] == ((two | meaning) & 0xff) && *found;
    if ((two & seven) || (!known && !learn_read (codec, s, meaning, two)))
        return false;
    *out += utf8_put_short (*out, *found);
    *in += 2;
    return true;
}

INLINE bool
encode_known (struct codec *codec, union memory *m, const struct codec_state *s, unsigned meaning,
              unsigned seven, const unsigned char **in, unsigned char **out)
{
    const uint32_t c = three_bytes (*in);
    const uint16_t *found = &m->two.found[c % KNOWN];
    if (m->two.of[c % KNOWN] != 1 + c / KNOWN && !learn_written (codec, s, meaning, c))
        return false;
    if ((*found & seven) != meaning)
        return false;
    (*out)[0] = (unsigned char) ((*found & ~seven) >> 8);
    (*out)[1] = (unsigned char) (*found & ~seven);
    *in += 3;
    *out += 2;
    return true;
}

/* Converts ASCII, and others by ONE, as long as there is room for a whole run. */
INLINE void
convert_all_known (struct codec *codec, const struct codec_state *s, unsigned meaning,
                   unsigned seven, bool spaced, struct work *w, one_known *one)
{
    const unsigned char *in = w->in, *in_end = w->in_end;
    unsigned char *out = w->out, *out_end = w->out_end;
    union memory *const m = codec->memory;
    const bool ascii = codec->ascii;
    if (in_end - in < RUN || out_end - out < RUN)
        return;
    in_end -= RUN;
    out_end -= RUN;
    while (in <= in_end && out <= out_end)
        if (ascii && *in < 0x80)
            copy_some_ascii (&in, &out);
        else if (!one (codec, m, s, meaning, seven, &in, &out))
            break;
        else if (spaced)
            copy_if_ascii (&in, &out);
    w->in = in;
    w->out = out;
}

INLINE void
convert_known (struct codec *codec, const struct codec_state *s, struct work *w, bool written,
               one_known *one)
{
    const unsigned meaning = codec->ops->meaning ? codec->ops->meaning (codec, s) : 0;
    if (codec->places == 0 || meaning == NO_MEANING)
        return;
    if (codec->knows_written != written)
        memset (codec->memory, 0, codec->memory_size);
    codec->knows_written = written;
    if (codec->ops->meaning)
        convert_all_known (codec, s, meaning, SEVEN_BITS, false, w, one);
    else if (codec->spaced)
        convert_all_known (codec, s, 0, 0, true, w, one);
    else
        convert_all_known (codec, s, 0, 0, false, w, one);
}

/* --- one character --- */

static enum step
decode_one (struct codec *codec, struct codec_state *s, struct work *w)
{
    uint32_t c = NO_CHARACTER;
    if (room (w) < LONGEST)
        return STEP_FULL;
    enum step step = codec->ops->get (codec, s, w, &c);
    if (step != STEP_DONE || c == NO_CHARACTER)
        return step;
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
        convert_known (codec, s, w, false, decode_known);
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
    if (room (w) == 0)
        return STEP_FULL;
    int length = utf8_get (w->in, w->in_end, &c, true);
    if (length <= 0)
        return utf8_trouble (w, length);
    if (codec->pairs && !find_pair (codec->pairs, w, &c, &length))
        return STEP_SHORT;
    return put_one (codec, s, w, c, length);
}

enum step
tempfile__encode (struct codec *codec, struct codec_state *s, struct work *w)
{
    if (codec->mark && !s->a && left (w) > 0) {
        if (room (w) < LONGEST)
            return STEP_FULL;
        codec->ops->reposition (codec, s, false);
        w->out += codec->ops->put (codec, s, w->out, 0xfeff);
    }
    for (;;) {
        if (codec->ascii)
            copy_ascii (w);
        if (codec->ops->put_many)
            codec->ops->put_many (codec, s, w);
        convert_known (codec, s, w, true, encode_known);
        if (w->in == w->in_end)
            return STEP_DONE;
        enum step step = encode_one (codec, s, w);
        if (step != STEP_DONE)
            return step;
    }
}
