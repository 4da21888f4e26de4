/* SPDX-License-Identifier: MIT */
/*
 * The codecs that need no table: the Unicode transformation formats, and bytes as they are.
 */
#include "base/export.h"

#include "text/codec.h"
#include "text/utf8.h"

enum order { START, LITTLE, BIG }; /* codec_state.a of UTF-16 and UTF-32 */

static const uint16_t endianness = 1;

static enum order
native (void)
{
    return *(const unsigned char *) &endianness ? LITTLE : BIG;
}

/* --- UTF-8 --- */

/* Sixteen bytes at once. The result of a test is the uppermost bit of each byte. */
typedef unsigned char sixteen __attribute__ ((__vector_size__ (RUN)));

/*
 * X is a pointer, because how a function returns a vector depends on the processor that it is
 * compiled for.
 */
static void
load (sixteen *x, const unsigned char *p)
{
    memcpy (x, p, RUN);
}

/*
 * Whether the bytes at P continue the valid UTF-8 in front of them, of which three bytes are looked
 * at: each first byte is followed by the right number of continuation bytes, and no sequence is
 * overlong, a surrogate, or above U+10FFFF.
 */
static bool
goes_on (const unsigned char *p)
{
    sixteen c, before, third, fourth;
    load (&c, p);
    load (&before, p - 1);
    load (&third, p - 2);
    load (&fourth, p - 3);
    sixteen bit6 = c + c, bit5 = bit6 + bit6, bit4 = bit5 + bit5;
    sixteen due = (before & (before + before)) | (third & (third + third) & (third * 4)) |
                  (fourth & (fourth + fourth) & (fourth * 4) & (fourth * 8));
    sixteen bad = (c & ~bit6) ^ due;
    bad |= (sixteen) (before == 0xe0) & ~bit5;
    bad |= (sixteen) (before == 0xed) & bit5;
    bad |= (sixteen) (before == 0xf0) & ~(bit5 | bit4);
    bad |= (sixteen) (before == 0xf4) & (bit5 | bit4);
    bad |= (sixteen) ((c & 0xfe) == 0xc0) | (sixteen) (c > 0xf4);
    uint64_t half[2];
    memcpy (half, &bad, RUN);
    return !((half[0] | half[1]) & UINT64_C (0x8080808080808080));
}

/*
 * Returns N without the incomplete character at the end of the first N bytes, which are valid so
 * far.
 */
static size_t
whole (const unsigned char *p, size_t n)
{
    size_t i = n;
    while (i > 0 && (p[i - 1] & 0xc0) == 0x80)
        i--;
    if (i == 0)
        return n;
    i--;
    return i + (p[i] < 0x80 ? 1 : p[i] < 0xe0 ? 2 : p[i] < 0xf0 ? 3 : 4) > n ? i : n;
}

/*
 * As goes_on(), for N bytes with BEFORE bytes in front of them. The last character must be
 * complete.
 */
static bool
goes_on_and_ends (const unsigned char *p, size_t before, size_t n)
{
    unsigned char copy[3 + RUN] = {0};
    memcpy (copy + 3 - before, p - before, before + n);
    return goes_on (copy + 3);
}

/*
 * Returns the length of valid UTF-8 at the front of the N bytes at P, without surrogates. The
 * result may be a little less.
 */
static size_t
good_utf8 (const unsigned char *p, size_t n)
{
    size_t i = 0;
    for (; i + RUN <= n; i += RUN) {
        if ((i == 0 || p[i - 1] < 0x80) && is_ascii_run (p + i))
            continue;
        if (i > 0 ? !goes_on (p + i) : !goes_on_and_ends (p, 0, RUN))
            return whole (p, i);
    }
    if (i < n && goes_on_and_ends (p + i, i > 0 ? 3 : 0, n - i))
        return n;
    return whole (p, i);
}

void
tempfile__copy_ascii (struct work *w)
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

static void
copy_good (struct work *w)
{
    size_t n = good_utf8 (w->in, left (w) < room (w) ? left (w) : room (w));
    memcpy (w->out, w->in, n);
    w->in += n;
    w->out += n;
}

/* Both directions are the same except for surrogates, which only the program's side may contain. */
static enum step
copy_utf8 (struct work *w, bool lone_in, bool lone_out)
{
    for (;;) {
        copy_good (w);
        tempfile__copy_ascii (w);
        for (int i = 0; i < RUN; i++) {
            if (w->in == w->in_end)
                return STEP_DONE;
            if (w->out == w->out_end)
                return STEP_FULL;
            uint32_t c;
            int n = utf8_get (w->in, w->in_end, &c, lone_in);
            if (n <= 0)
                return utf8_trouble (w, n);
            if (n == 3 && !lone_out && is_surrogate (c))
                return lacking (w, c, 3);
            if (room (w) < (size_t) n)
                return STEP_FULL;
            memcpy (w->out, w->in, (size_t) n);
            w->out += n;
            w->in += n;
        }
    }
}

static enum step
utf8_decode (struct codec *codec, struct codec_state *s, struct work *w)
{
    (void) s;
    return copy_utf8 (w, codec->surrogates, codec->surrogates);
}

static enum step
utf8_encode (struct codec *codec, struct codec_state *s, struct work *w)
{
    (void) s;
    return copy_utf8 (w, true, codec->surrogates);
}

static size_t
utf8_same (const struct codec *codec, const unsigned char *p, size_t n)
{
    (void) codec;
    return good_utf8 (p, n);
}

static const struct codec_ops utf8_ops = {
    .decode = utf8_decode, .encode = utf8_encode, .same = utf8_same};

/* UTF-8 with a byte order mark: codec_state.a says whether the mark has been passed. */
static const unsigned char mark8[3] = {0xef, 0xbb, 0xbf};

/* The mark may still be written as long as no character was encoded. */
static enum step
sig_decode (struct codec *codec, struct codec_state *s, struct work *w)
{
    const unsigned char *begin = w->in;
    if (!s->a) {
        size_t n = left (w) < 3 ? left (w) : 3;
        bool same = memcmp (w->in, mark8, n) == 0;
        if (same && n < 3 && !w->final)
            return n ? STEP_SHORT : STEP_DONE;
        if (same && n == 3)
            w->in += 3;
    }
    enum step step = utf8_decode (codec, s, w);
    s->a = s->a || w->in > begin;
    return step;
}

static void
sig_passed (struct codec_state *s)
{
    s->a = 1;
}

static enum step
sig_encode (struct codec *codec, struct codec_state *s, struct work *w)
{
    if (!s->a) {
        if (room (w) < LONGEST)
            return STEP_FULL;
        memcpy (w->out, mark8, 3);
        w->out += 3;
        s->a = 1;
    }
    return utf8_encode (codec, s, w);
}

static void
past_mark (struct codec_state *s, bool start)
{
    s->a = !start;
}

static const struct codec_ops sig_ops = {
    .decode = sig_decode, .encode = sig_encode, .reposition = past_mark, .passed = sig_passed};

/* --- UTF-16 and UTF-32 --- */

static uint32_t
get16 (const unsigned char *p, enum order order)
{
    return order == BIG ? (uint32_t) p[0] << 8 | p[1] : (uint32_t) p[1] << 8 | p[0];
}

static void
put16 (unsigned char *p, uint32_t c, enum order order)
{
    p[order == BIG] = (unsigned char) c;
    p[order != BIG] = (unsigned char) (c >> 8);
}

static uint32_t
get32 (const unsigned char *p, enum order order)
{
    return order == BIG ? get16 (p, BIG) << 16 | get16 (p + 2, BIG)
                        : get16 (p + 2, LITTLE) << 16 | get16 (p, LITTLE);
}

static void
put32 (unsigned char *p, uint32_t c, enum order order)
{
    put16 (p + (order == BIG ? 2 : 0), c & 0xffff, order);
    put16 (p + (order == BIG ? 0 : 2), c >> 16, order);
}

/*
 * Finds the byte order: it is fixed, known, or the mark is read now. Returns false if there is no
 * mark.
 */
static bool
find_order (const struct codec *codec, struct codec_state *s, struct work *w)
{
    if (s->a != START)
        return true;
    if (codec->variant != START) {
        s->a = codec->variant;
        return true;
    }
    size_t n = codec->unit;
    uint32_t little = n == 2 ? get16 (w->in, LITTLE) : get32 (w->in, LITTLE);
    uint32_t big = n == 2 ? get16 (w->in, BIG) : get32 (w->in, BIG);
    if (little != 0xfeff && big != 0xfeff)
        return false;
    s->a = little == 0xfeff ? LITTLE : BIG;
    w->in += n;
    return true;
}

/*
 * Reads one character of UTF-16. Returns its length in bytes; 0 if the input ends within it; -1 if
 * it is bad, and w->bad is the length.
 */
static int
get_utf16 (const struct codec *codec, enum order order, struct work *w, uint32_t *c)
{
    if (left (w) < 2)
        return 0;
    *c = get16 (w->in, order);
    if (!is_surrogate (*c))
        return 2;
    if (*c < 0xdc00 && left (w) < 4) {
        if (!w->final)
            return 0;
        if (codec->surrogates && left (w) == 2)
            return 2;
        w->bad = left (w);
        return codec->surrogates ? 2 : -1;
    }
    uint32_t low = *c < 0xdc00 ? get16 (w->in + 2, order) : 0;
    if (low >= 0xdc00 && low <= 0xdfff) {
        *c = 0x10000 + ((*c - 0xd800) << 10) + (low - 0xdc00);
        return 4;
    }
    w->bad = 2;
    return codec->surrogates ? 2 : -1;
}

/* Decodes characters of one unit, as long as there is room for a whole run. */
__attribute__ ((__always_inline__)) static inline void
utf16_decode_easy (struct work *w, enum order order)
{
    const unsigned char *in = w->in;
    unsigned char *out = w->out;
    while (w->in_end - in >= 2 * RUN && w->out_end - out >= 3 * RUN) {
        uint16_t c[RUN], all = 0, lone = 0;
        for (int i = 0; i < RUN; i++) {
            c[i] = (uint16_t) get16 (in + 2 * i, order);
            all |= c[i];
            lone |= (c[i] & 0xf800) == 0xd800;
        }
        if (lone)
            break;
        if (all < 0x80) {
            for (int i = 0; i < RUN; i++)
                out[i] = (unsigned char) c[i];
            out += RUN;
        } else {
            for (int i = 0; i < RUN; i++)
                out += utf8_put_short (out, c[i]);
        }
        in += 2 * RUN;
    }
    w->in = in;
    w->out = out;
}

/* As get_utf16(), of UTF-32. */
static int
get_utf32 (const struct codec *codec, enum order order, struct work *w, uint32_t *c)
{
    if (left (w) < 4)
        return 0;
    *c = get32 (w->in, order);
    w->bad = 4;
    return *c > LAST_CHARACTER || (is_surrogate (*c) && !codec->surrogates) ? -1 : 4;
}

static enum step
wide_decode (struct codec *codec, struct codec_state *s, struct work *w)
{
    if (left (w) == 0)
        return STEP_DONE;
    if (left (w) < codec->unit)
        return cut_off (w);
    if (!find_order (codec, s, w))
        return bad_bytes (w, HOPELESS);
    enum order order = (enum order) s->a;
    for (unsigned count = 0;; count++) {
        if (count % RUN == 0 && codec->unit == 2)
            order == LITTLE ? utf16_decode_easy (w, LITTLE) : utf16_decode_easy (w, BIG);
        if (w->in == w->in_end)
            return STEP_DONE;
        uint32_t c;
        int n =
            codec->unit == 2 ? get_utf16 (codec, order, w, &c) : get_utf32 (codec, order, w, &c);
        if (n == 0)
            return cut_off (w);
        if (n < 0)
            return STEP_BAD;
        if (room (w) < 4 && room (w) < utf8_length (c))
            return STEP_FULL;
        w->out += utf8_put (w->out, c);
        w->in += n;
    }
}

/* Puts C, which has UNITS units. */
static void
put_wide (const struct codec *codec, unsigned char *p, uint32_t c, enum order order, size_t units)
{
    if (codec->unit == 4) {
        put32 (p, c, order);
    } else if (units == 1) {
        put16 (p, c, order);
    } else {
        put16 (p, 0xd800 + ((c - 0x10000) >> 10), order);
        put16 (p + 2, 0xdc00 + ((c - 0x10000) & 0x3ff), order);
    }
}

/* Returns false if there is no room. */
static bool
put_mark (const struct codec *codec, struct codec_state *s, struct work *w)
{
    if (s->a != START)
        return true;
    if (codec->variant != START) {
        s->a = codec->variant;
        return true;
    }
    if (room (w) < LONGEST)
        return false;
    s->a = native ();
    put_wide (codec, w->out, 0xfeff, native (), 1);
    w->out += codec->unit;
    return true;
}

/* Encodes characters of the first plane, as long as there is room for a whole run. */
__attribute__ ((__always_inline__)) static inline void
utf16_encode_easy (struct work *w, enum order order)
{
    const unsigned char *in = w->in;
    unsigned char *out = w->out;
    while (w->in_end - in >= ENOUGH && w->out_end - out >= 2 * SLOTS) {
        if (is_ascii_run (in)) {
            for (int i = 0; i < RUN; i++)
                put16 (out + 2 * i, in[i], order);
            in += RUN;
            out += 2 * RUN;
            continue;
        }
        uint16_t c[SLOTS];
        size_t used;
        unsigned n = get_run (in, c, &used);
        if (n == 0)
            break;
        for (unsigned i = 0; i < n; i++) {
            put16 (out, c[i], order);
            out += 2 * is_some (c[i]);
        }
        in += used;
    }
    w->in = in;
    w->out = out;
}

static enum step
wide_encode (struct codec *codec, struct codec_state *s, struct work *w)
{
    if (left (w) == 0)
        return STEP_DONE;
    if (!put_mark (codec, s, w))
        return STEP_FULL;
    enum order order = (enum order) s->a;
    for (unsigned count = 0;; count++) {
        if (count % RUN == 0 && codec->unit == 2)
            order == LITTLE ? utf16_encode_easy (w, LITTLE) : utf16_encode_easy (w, BIG);
        if (w->in == w->in_end)
            return STEP_DONE;
        uint32_t c;
        int n = utf8_get (w->in, w->in_end, &c, true);
        if (n <= 0)
            return utf8_trouble (w, n);
        if (is_surrogate (c) && !codec->surrogates)
            return lacking (w, c, n);
        size_t units = codec->unit == 2 && c >= 0x10000 ? 2 : 1;
        if (room (w) < units * codec->unit)
            return STEP_FULL;
        /*
         * In UTF-16 a low surrogate after a high one is read as one character with it, even if the
         * two were written apart.
         */
        if (codec->unit == 2 && is_surrogate (c) && c >= 0xdc00) {
            lacking (w, c, n);
            put16 (w->instead, c, order);
            w->n_instead = 2;
            return STEP_BAD;
        }
        put_wide (codec, w->out, c, order, units);
        w->out += units * codec->unit;
        w->in += n;
    }
}

static void
past_order_mark (struct codec_state *s, bool start)
{
    s->a = start ? START : native ();
}

static const struct codec_ops marked_ops = {
    .decode = wide_decode, .encode = wide_encode, .reposition = past_order_mark};
static const struct codec_ops fixed_ops = {.decode = wide_decode, .encode = wide_encode};

/* --- bytes that pass through unchanged --- */

static enum step
copy_bytes (struct codec *codec, struct codec_state *s, struct work *w)
{
    (void) codec;
    (void) s;
    size_t n = left (w) < room (w) ? left (w) : room (w);
    memcpy (w->out, w->in, n);
    w->in += n;
    w->out += n;
    return w->in == w->in_end ? STEP_DONE : STEP_FULL;
}

static size_t
all_same (const struct codec *codec, const unsigned char *p, size_t n)
{
    (void) codec;
    (void) p;
    return n;
}

static const struct codec_ops bytes_ops = {
    .decode = copy_bytes, .encode = copy_bytes, .same = all_same};

/* --- UTF-7 --- */

/*
 * codec_state.a: whether the text is within base64; the number of bits that wait in codec_state.b;
 * and, when decoding, a high surrogate that waits for the low one. Each piece that is encoded ends
 * its run of base64, so between pieces the state is zero.
 */
enum { IN_BASE64 = 1 << 8, BITS = 0xff, HIGH_SHIFT = 16 };

static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static int
base64_value (unsigned char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

static bool
is_direct (uint32_t c)
{
    if (c >= 0x7f || c == '\\' || c == '~' || c == '+')
        return false;
    return c >= ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void
put_base64 (struct codec_state *s, struct work *w, uint32_t unit)
{
    unsigned bits = (s->a & BITS) + 16;
    uint32_t waiting = s->b << 16 | unit;
    for (; bits >= 6; bits -= 6)
        *w->out++ = (unsigned char) base64[waiting >> (bits - 6) & 63];
    s->a = IN_BASE64 | bits;
    s->b = waiting & ((1u << bits) - 1);
}

/*
 * Puts the bits that wait, and a '-' unless the next character C is known and ends the run by
 * itself.
 */
static void
leave_base64 (struct codec_state *s, struct work *w, uint32_t c)
{
    unsigned bits = s->a & BITS;
    if (bits)
        *w->out++ = (unsigned char) base64[s->b << (6 - bits) & 63];
    if (c == NO_CHARACTER || c == '-' || (c < 0x80 && base64_value ((unsigned char) c) >= 0))
        *w->out++ = '-';
    s->a = s->b = 0;
}

static void
utf7_put (struct codec_state *s, struct work *w, uint32_t c)
{
    if (is_direct (c)) {
        if (s->a & IN_BASE64)
            leave_base64 (s, w, c);
        *w->out++ = (unsigned char) c;
        return;
    }
    if (!(s->a & IN_BASE64)) {
        *w->out++ = '+';
        if (c == '+') {
            *w->out++ = '-';
            return;
        }
        s->a = IN_BASE64;
    }
    if (c >= 0x10000) {
        put_base64 (s, w, 0xd800 + ((c - 0x10000) >> 10));
        c = 0xdc00 + ((c - 0x10000) & 0x3ff);
    }
    put_base64 (s, w, c);
}

static enum step
utf7_encode (struct codec *codec, struct codec_state *s, struct work *w)
{
    (void) codec;
    while (w->in < w->in_end) {
        uint32_t c;
        int n = utf8_get (w->in, w->in_end, &c, true);
        if (n <= 0)
            return utf8_trouble (w, n);
        if (room (w) < LONGEST)
            return STEP_FULL;
        utf7_put (s, w, c);
        w->in += n;
    }
    return STEP_DONE;
}

static void
utf7_finish (struct codec_state *s, struct work *w)
{
    if (s->a & IN_BASE64)
        leave_base64 (s, w, NO_CHARACTER);
}

/* Puts a unit of UTF-16, joined with the high surrogate that waits, if there is one. */
static void
put_unit (struct codec_state *s, struct work *w, uint32_t unit)
{
    uint32_t high = s->a >> HIGH_SHIFT;
    s->a &= (1u << HIGH_SHIFT) - 1;
    if (high && unit >= 0xdc00 && unit <= 0xdfff) {
        w->out += utf8_put (w->out, 0x10000 + ((high - 0xd800) << 10) + (unit - 0xdc00));
        return;
    }
    if (high)
        w->out += utf8_put_short (w->out, high);
    if (unit >= 0xd800 && unit < 0xdc00)
        s->a |= unit << HIGH_SHIFT;
    else
        w->out += utf8_put_short (w->out, unit);
}

static void
take_base64 (struct codec_state *s, struct work *w, int value)
{
    unsigned bits = (s->a & BITS) + 6;
    s->b = s->b << 6 | (uint32_t) value;
    w->in++;
    s->a = (s->a & ~(uint32_t) BITS) | (bits >= 16 ? bits - 16 : bits);
    if (bits < 16)
        return;
    uint32_t unit = s->b >> (bits - 16);
    s->b &= (1u << (bits - 16)) - 1;
    put_unit (s, w, unit);
}

/* Whether bits are left that belong to no character. */
static bool
is_ragged (const struct codec_state *s)
{
    return (s->a & BITS) >= 6 || s->b != 0;
}

/*
 * Ends the run at C, which is not base64; but first puts a high surrogate that waits, so that there
 * is a position between the two.
 */
static enum step
end_base64 (struct codec_state *s, struct work *w, unsigned char c)
{
    uint32_t high = s->a >> HIGH_SHIFT;
    if (is_ragged (s))
        return bad_bytes (w, 1);
    if (high && c < 0x80 && c != '+') {
        w->out += utf8_put_short (w->out, high);
        s->a &= IN_BASE64 | BITS;
        return STEP_DONE;
    }
    s->a = s->b = 0;
    if (c == '-')
        w->in++;
    return STEP_DONE;
}

static enum step
begin_base64 (struct codec_state *s, struct work *w)
{
    if (left (w) < 2 && !w->final)
        return STEP_SHORT;
    int next = left (w) < 2 ? 'A' : w->in[1];
    if (next != '-' && base64_value ((unsigned char) next) < 0)
        return bad_bytes (w, 2);
    if (next == '-')
        *w->out++ = '+';
    else
        s->a = IN_BASE64;
    w->in += next == '-' ? 2 : 1;
    return STEP_DONE;
}

static enum step
utf7_decode_one (struct codec_state *s, struct work *w)
{
    unsigned char c = *w->in;
    if (s->a & IN_BASE64) {
        int value = base64_value (c);
        if (value < 0)
            return end_base64 (s, w, c);
        take_base64 (s, w, value);
        return STEP_DONE;
    }
    if (c == '+')
        return begin_base64 (s, w);
    if (c >= 0x80)
        return bad_bytes (w, 1);
    *w->out++ = c;
    w->in++;
    return STEP_DONE;
}

static enum step
utf7_decode (struct codec *codec, struct codec_state *s, struct work *w)
{
    (void) codec;
    while (w->in < w->in_end) {
        if (room (w) < LONGEST)
            return STEP_FULL;
        enum step step = utf7_decode_one (s, w);
        if (step != STEP_DONE)
            return step;
    }
    if (!w->final || !(s->a & IN_BASE64))
        return STEP_DONE;
    if (is_ragged (s) || s->a >> HIGH_SHIFT)
        return bad_bytes (w, 0);
    s->a = s->b = 0;
    return STEP_DONE;
}

/* The bits of the last digit that belong to the character wait again, and the run ends with them.
 */
static void
utf7_cut (const struct codec_state *s, struct work *w)
{
    unsigned bits = s->a & BITS;
    int value = base64_value (*w->in);
    if (bits >= 6 || value < 0)
        return;
    struct codec_state last = {IN_BASE64 | (6 - bits), (uint32_t) value >> bits};
    leave_base64 (&last, w, NO_CHARACTER);
}

static void
utf7_passed (struct codec_state *s)
{
    s->a = s->b = 0;
}

static bool
utf7_splits (const struct codec_state *s)
{
    return s->a >> HIGH_SHIFT;
}

static const struct codec_ops utf7_ops = {.decode = utf7_decode,
                                          .encode = utf7_encode,
                                          .passed = utf7_passed,
                                          .splits = utf7_splits,
                                          .finish = utf7_finish,
                                          .cut = utf7_cut};

struct codec *
tempfile__codec_utf (enum utf kind)
{
    static const struct codec kinds[] = {
        [UTF_8] = {.ops = &utf8_ops, .ascii = true, .has_surrogates = true, .unit = 1},
        [UTF_8_SIG] = {.ops = &sig_ops, .has_surrogates = true, .unit = 1, .mark = 3},
        [UTF_16] = {.ops = &marked_ops, .has_surrogates = true, .unit = 2, .mark = 2},
        [UTF_16_LE] = {.ops = &fixed_ops, .has_surrogates = true, .unit = 2, .variant = LITTLE},
        [UTF_16_BE] = {.ops = &fixed_ops, .has_surrogates = true, .unit = 2, .variant = BIG},
        [UTF_32] = {.ops = &marked_ops, .has_surrogates = true, .unit = 4, .mark = 4},
        [UTF_32_LE] = {.ops = &fixed_ops, .has_surrogates = true, .unit = 4, .variant = LITTLE},
        [UTF_32_BE] = {.ops = &fixed_ops, .has_surrogates = true, .unit = 4, .variant = BIG},
        [UTF_7] = {.ops = &utf7_ops, .stateful = true, .unit = 1},
        [BYTES] = {.ops = &bytes_ops, .ascii = true, .unit = 1},
    };
    struct codec *codec = malloc (sizeof *codec);
    if (codec)
        *codec = kinds[kind];
    return codec;
}
