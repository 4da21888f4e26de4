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

/* Remembers the characters of a run. Returns false if a byte has none. */
static bool
learn_run (const struct codec *codec, const unsigned char *p)
{
    bool all = true;
    for (int i = 0; i < RUN; i++) {
        struct utf8 *known = &codec->memory->utf8[p[i]];
        uint32_t c = character (codec, codec->table, p[i]);
        if (c != NO_CELL)
            known->length = (unsigned char) utf8_put_short (known->bytes, c);
        all = all && c != NO_CELL;
    }
    return all;
}

/* There is no branch on what one byte is, because in most languages it cannot be predicted. */
static void
single_get_many (const struct codec *codec, const struct codec_state *s, struct work *w)
{
    const struct utf8 *known = codec->memory->utf8;
    const unsigned char *in = w->in, *end = w->in_end;
    unsigned char *out = w->out, *out_end = w->out_end;
    (void) s;
    while (end - in >= RUN && out_end - out >= 4 * RUN) {
        unsigned char *p = out;
        bool all = true;
        if (codec->ascii && is_ascii_run (in)) {
            memcpy (out, in, RUN);
            in += RUN;
            out += RUN;
            continue;
        }
        for (int i = 0; i < RUN; i++) {
            memcpy (p, &known[in[i]], sizeof *known);
            p += known[in[i]].length;
            all &= known[in[i]].length > 0;
        }
        if (all) {
            in += RUN;
            out = p;
        } else if (!learn_run (codec, in)) {
            for (p = out; known[*in].length > 0; in++) {
                memcpy (p, &known[*in], sizeof *known);
                p += known[*in].length;
            }
            out = p;
            break;
        }
    }
    w->in = in;
    w->out = out;
}

static enum step
single_get (const struct codec *codec, struct codec_state *s, struct work *w, uint32_t *c)
{
    uint32_t found = character (codec, codec->table, *w->in);
    (void) s;
    return found == NO_CELL ? bad_bytes (w, 1) : got (w, 1, found, c);
}

static void
single_put_many (const struct codec *codec, const struct codec_state *s, struct work *w)
{
    const unsigned char *in = w->in;
    unsigned char *out = w->out;
    (void) s;
    while (w->in_end - in >= 8 + 4 && w->out_end - out > 8) {
        unsigned n = codec->ascii && *in < 0x80 ? copy_seven (out, in) : 0;
        in += n;
        out += n;
        uint32_t c;
        int length = utf8_get (in, w->in_end, &c, true);
        unsigned byte = length > 0 ? byte_of (codec, codec->table, c) : 0;
        if (byte == 0 && (length <= 0 || c != 0))
            break;
        *out++ = (unsigned char) byte;
        in += length;
    }
    w->in = in;
    w->out = out;
}

static int
single_put (const struct codec *codec, struct codec_state *s, unsigned char *out, uint32_t c)
{
    (void) s;
    *out = (unsigned char) byte_of (codec, codec->table, c);
    return *out != 0 || c == 0;
}

static const struct codec_ops single_ops = {
    .get = single_get, .put = single_put, .get_many = single_get_many, .put_many = single_put_many};

void
tempfile__codec_single (struct codec *codec, unsigned which)
{
    const struct single *t = which < SINGLES ? &tempfile__singles[which] : NULL;
    *codec = (struct codec){.ops = &single_ops,
                            .ascii = !t || t->first == 0x80,
                            .unit = 1,
                            .variant = which == ASCII ? 128 : 256,
                            .table = t,
                            .memory_size = sizeof codec->memory->utf8};
}
