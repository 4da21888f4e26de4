/* SPDX-License-Identifier: MIT */
/*
 * The codecs of single bytes, on constant tables. Where the lower half is ASCII it is not in the
 * tables.
 */
#include "base/export.h"

#include "text/codec.h"
#include "text/tables.h"
#include "text/utf8.h"

#include <stdlib.h>

static enum step
single_decode (struct codec *codec, struct codec_state *s, struct work *w)
{
    const struct single *t = codec->table;
    (void) s;
    for (;;) {
        if (codec->ascii)
            tempfile__copy_ascii (w);
        for (int i = 0; i < RUN; i++) {
            if (w->in == w->in_end)
                return STEP_DONE;
            uint32_t c = *w->in;
            if (c >= t->first)
                c = single_character (t, *w->in);
            if (c == NO_CELL)
                return bad_bytes (w, 1);
            if (room (w) < 3 && room (w) < utf8_length (c))
                return STEP_FULL;
            w->out += room (w) < 3 ? utf8_put (w->out, c) : utf8_put_short (w->out, c);
            w->in++;
        }
    }
}

static enum step
single_encode (struct codec *codec, struct codec_state *s, struct work *w)
{
    const struct single *t = codec->table;
    (void) s;
    for (;;) {
        if (codec->ascii)
            tempfile__copy_ascii (w);
        for (int i = 0; i < RUN; i++) {
            uint32_t c;
            enum step step;
            int n = next_character (w, &c, &step);
            if (n == 0)
                return step;
            unsigned byte = c < t->first ? c : single_byte (t, c);
            if (byte == 0 && c != 0)
                return lacking (w, c, n);
            *w->out++ = (unsigned char) byte;
            w->in += n;
        }
    }
}

static const struct codec_ops single_ops = {.decode = single_decode, .encode = single_encode};

struct codec *
tempfile__codec_single (enum single_set which)
{
    const struct single *t = &tempfile__singles[which];
    struct codec *codec = malloc (sizeof *codec);
    if (codec)
        *codec =
            (struct codec){.ops = &single_ops, .ascii = t->first == 0x80, .unit = 1, .table = t};
    return codec;
}
