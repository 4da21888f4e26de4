/* SPDX-License-Identifier: MIT */
/*
 * The codecs of single bytes: Latin-1 and ASCII, of which codec.variant is the number of
 * characters, and all others on constant tables. Where the lower half is ASCII it is not in the
 * tables.
 */
#include "base/export.h"

#include "text/codec.h"
#include "text/tables.h"
#include "text/utf8.h"

#include <stdlib.h>

/*
 * Returns the character of B, or NO_CELL. T is codec->table. There is no branch on whether B is
 * ASCII.
 */
INLINE uint32_t
character (const struct codec *codec, const struct single *t, unsigned b)
{
    if (!t)
        return b < codec->variant ? b : NO_CELL;
    uint32_t c = single_character (t, (unsigned char) (b | t->first));
    return b < t->first ? b : c;
}

/* Returns the byte of C; or 0 if it has none, and for U+0000. */
INLINE unsigned
byte_of (const struct codec *codec, const struct single *t, uint32_t c)
{
    if (!t)
        return c < codec->variant ? c : 0;
    unsigned byte = single_byte (t, c);
    return c < t->first ? c : byte;
}

/* Decodes runs of ASCII and single characters, as long as there is room for a whole run. */
static void
decode_easy (const struct codec *codec, struct work *w)
{
    const unsigned char *in = w->in;
    unsigned char *out = w->out;
    while (w->in_end - in > 8 && w->out_end - out >= 8 + 3) {
        unsigned n = codec->ascii ? copy_seven (out, in) : 0;
        uint32_t c = character (codec, codec->table, in[n]);
        in += n;
        out += n;
        if (c == NO_CELL)
            break;
        out += utf8_put_short (out, c);
        in++;
    }
    w->in = in;
    w->out = out;
}

static enum step
single_decode (struct codec *codec, struct codec_state *s, struct work *w)
{
    const struct single *t = codec->table;
    (void) s;
    for (;;) {
        if (codec->ascii)
            tempfile__copy_ascii (w);
        decode_easy (codec, w);
        for (int i = 0; i < RUN; i++) {
            if (w->in == w->in_end)
                return STEP_DONE;
            uint32_t c = character (codec, t, *w->in);
            if (c == NO_CELL)
                return bad_bytes (w, 1);
            if (room (w) < utf8_length (c))
                return STEP_FULL;
            w->out += utf8_put (w->out, c);
            w->in++;
        }
    }
}

/* Encodes in the same way. */
static void
encode_easy (const struct codec *codec, struct work *w)
{
    const unsigned char *in = w->in;
    unsigned char *out = w->out;
    while (w->in_end - in >= 8 + 4 && w->out_end - out > 8) {
        unsigned n = codec->ascii ? copy_seven (out, in) : 0;
        in += n;
        out += n;
        uint32_t c;
        int length = get_short (in, &c);
        if (!length)
            length = utf8_get (in, w->in_end, &c, true);
        unsigned byte = length > 0 ? byte_of (codec, codec->table, c) : 0;
        if (byte == 0 && (length <= 0 || c != 0))
            break;
        *out++ = (unsigned char) byte;
        in += length;
    }
    w->in = in;
    w->out = out;
}

static enum step
single_encode (struct codec *codec, struct codec_state *s, struct work *w)
{
    (void) s;
    for (;;) {
        if (codec->ascii)
            tempfile__copy_ascii (w);
        encode_easy (codec, w);
        for (int i = 0; i < RUN; i++) {
            uint32_t c;
            enum step step;
            int n = next_character (w, &c, &step);
            if (n == 0)
                return step;
            unsigned byte = byte_of (codec, codec->table, c);
            if (byte == 0 && c != 0)
                return lacking (w, c, n);
            *w->out++ = (unsigned char) byte;
            w->in += n;
        }
    }
}

static const struct codec_ops single_ops = {.decode = single_decode, .encode = single_encode};

struct codec *
tempfile__codec_single (unsigned which)
{
    const struct single *t = which < SINGLES ? &tempfile__singles[which] : NULL;
    struct codec *codec = malloc (sizeof *codec);
    if (codec)
        *codec = (struct codec){.ops = &single_ops,
                                .ascii = !t || t->first == 0x80,
                                .unit = 1,
                                .variant = which == ASCII ? 128 : 256,
                                .table = t};
    return codec;
}
