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

/* So many bytes that in mixed text they seldom are all ASCII, and a branch can be predicted. */
enum { BLOCK = 4 * RUN };

static bool
is_ascii_block (const unsigned char *p)
{
    bool all = true;
    for (int i = 0; i < BLOCK; i += RUN)
        all &= is_ascii_run (p + i);
    return all;
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
        if (i % BLOCK == 0 && i + BLOCK <= n && (i == 0 || p[i - 1] < 0x80) &&
            is_ascii_block (p + i))
            i += BLOCK - RUN;
        else if (i > 0 ? !goes_on (p + i) : !goes_on_and_ends (p, 0, RUN))
            return whole (p, i);
    }
    if (i < n && goes_on_and_ends (p + i, i > 0 ? 3 : 0, n - i))
        return n;
    return whole (p, i);
}

static void
utf8_many (const struct codec *codec, const struct codec_state *s, struct work *w)
{
    (void) codec;
    (void) s;
    copy_same (w, good_utf8 (w->in, left_and_room (w)));
}

static enum step
utf8_get_one (const struct codec *codec, struct codec_state *s, struct work *w, uint32_t *c)
{
    (void) s;
    int n = utf8_get (w->in, w->in_end, c, codec->surrogates);
    const bool bad = n < 0 || (n == 0 && w->final);
    if (bad) /* a surrogate that breaks off is bad from its second byte on */
        n = utf8_get (w->in, w->in_end, c, false);
    return n > 0 ? got (w, (size_t) n, *c, c) : utf8_trouble (w, n);
}

static int
utf8_put_one (const struct codec *codec, struct codec_state *s, unsigned char *out, uint32_t c)
{
    (void) s;
    return is_surrogate (c) && !codec->surrogates ? 0 : (int) utf8_put (out, c);
}

static size_t
utf8_same (const struct codec *codec, const unsigned char *p, size_t n)
{
    (void) codec;
    return good_utf8 (p, n);
}

static const struct codec_ops utf8_ops = {.get = utf8_get_one,
                                          .put = utf8_put_one,
                                          .get_many = utf8_many,
                                          .put_many = utf8_many,
                                          .same = utf8_same};

/* UTF-8 with a byte order mark: codec_state.a says whether the mark has been passed. */
static const unsigned char mark8[3] = {0xef, 0xbb, 0xbf};

static void
sig_get_many (const struct codec *codec, const struct codec_state *s, struct work *w)
{
    if (s->a)
        utf8_many (codec, s, w);
}

/* The mark may still be written as long as no character was decoded. */
static enum step
sig_get (const struct codec *codec, struct codec_state *s, struct work *w, uint32_t *c)
{
    size_t n = left (w) < 3 ? left (w) : 3;
    bool same = !s->a && memcmp (w->in, mark8, n) == 0;
    if (same && n < 3)
        return cut_off (w);
    enum step step = same ? got (w, 3, NO_CHARACTER, c) : utf8_get_one (codec, s, w, c);
    s->a = s->a || step == STEP_DONE;
    return step;
}

static void
sig_passed (struct codec_state *s)
{
    s->a = 1;
}

static void
past_mark (const struct codec *codec, struct codec_state *s, bool start)
{
    (void) codec;
    s->a = !start;
}

static const struct codec_ops sig_ops = {.get = sig_get,
                                         .put = utf8_put_one,
                                         .get_many = sig_get_many,
                                         .put_many = utf8_many,
                                         .reposition = past_mark,
                                         .passed = sig_passed};

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

/* The byte order that is fixed, or that the mark has said. */
static enum order
order_of (const struct codec *codec, const struct codec_state *s)
{
    return (enum order) (codec->variant != START ? codec->variant : s->a);
}

/* Reads the mark, without which the rest cannot be read. */
static enum step
get_mark (struct codec_state *s, struct work *w, size_t n, uint32_t *c)
{
    uint32_t little = n == 2 ? get16 (w->in, LITTLE) : get32 (w->in, LITTLE);
    uint32_t big = n == 2 ? get16 (w->in, BIG) : get32 (w->in, BIG);
    if (little != 0xfeff && big != 0xfeff)
        return bad_bytes (w, HOPELESS);
    s->a = little == 0xfeff ? LITTLE : BIG;
    return got (w, n, NO_CHARACTER, c);
}

static enum step
get_utf16 (const struct codec *codec, enum order order, struct work *w, uint32_t *c)
{
    const uint32_t high = get16 (w->in, order);
    if (!is_surrogate (high))
        return got (w, 2, high, c);
    const bool is_high = high < 0xdc00;
    if (is_high && left (w) < 4 && !(w->final && codec->surrogates))
        return cut_off (w);
    uint32_t low = is_high && left (w) >= 4 ? get16 (w->in + 2, order) : 0;
    if (is_low_surrogate (low))
        return got (w, 4, joined (high, low), c);
    return codec->surrogates ? got (w, 2, high, c) : bad_bytes (w, 2);
}

static enum step
wide_get (const struct codec *codec, struct codec_state *s, struct work *w, uint32_t *c)
{
    const enum order order = order_of (codec, s);
    if (left (w) < codec->unit)
        return cut_off (w);
    if (order == START)
        return get_mark (s, w, codec->unit, c);
    if (codec->unit == 2)
        return get_utf16 (codec, order, w, c);
    uint32_t next = get32 (w->in, order);
    if (next > LAST_CHARACTER || (is_surrogate (next) && !codec->surrogates))
        return bad_bytes (w, 4);
    return got (w, 4, next, c);
}

/*
 * Puts a run of characters below 0x800. First it makes the two bytes of each, of which the second
 * may not count, for that needs no branch and is done for several at once.
 */
static unsigned char *
put_short_run (unsigned char *out, const uint16_t c[RUN])
{
    const bool big = native () == BIG;
    uint16_t bytes[RUN], lengths[RUN];
    for (int i = 0; i < RUN; i++) {
        const uint16_t two = c[i] >= 0x80 ? 0xffff : 0, lead = (uint16_t) (0xc0 | c[i] >> 6);
        const uint16_t first = (uint16_t) ((c[i] & ~two) | (lead & two)),
                       next = 0x80 | (c[i] & 0x3f);
        bytes[i] = (uint16_t) (big ? first << 8 | next : first | next << 8);
        lengths[i] = (uint16_t) (1 + (two & 1));
    }
    for (int i = 0; i < RUN; i++) {
        memcpy (out, &bytes[i], 2);
        out += lengths[i];
    }
    return out;
}

/* Decodes characters of one unit, as long as there is room for a whole run. */
INLINE void
utf16_decode_easy (struct work *w, enum order order)
{
    const unsigned char *in = w->in, *in_end = w->in_end;
    unsigned char *out = w->out, *out_end = w->out_end;
    while (in_end - in >= 2 * RUN && out_end - out > 3 * RUN) {
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
        } else if (all < 0x800) {
            out = put_short_run (out, c);
        } else {
            for (int i = 0; i < RUN; i++)
                out += utf8_put_short (out, c[i]);
        }
        in += 2 * RUN;
    }
    w->in = in;
    w->out = out;
}

static void
utf16_get_many (const struct codec *codec, const struct codec_state *s, struct work *w)
{
    if (order_of (codec, s) == LITTLE)
        utf16_decode_easy (w, LITTLE);
    else if (order_of (codec, s) == BIG)
        utf16_decode_easy (w, BIG);
}

/*
 * In UTF-16 a low surrogate after a high one is read as one character with it, even if the two were
 * written apart.
 */
static int
wide_put (const struct codec *codec, struct codec_state *s, unsigned char *out, uint32_t c)
{
    const enum order order = order_of (codec, s);
    if (is_surrogate (c) && !codec->surrogates)
        return 0;
    if (codec->unit == 4) {
        put32 (out, c, order);
        return 4;
    }
    put16 (out, c < 0x10000 ? c : high_of (c), order);
    if (c >= 0x10000)
        put16 (out + 2, low_of (c), order);
    return c >= 0x10000 ? 4 : is_low_surrogate (c) ? -2 : 2;
}

/*
 * Encode characters of one or two bytes in UTF-8: a run of ASCII, another run, and one of them.
 * They return how many bytes these have; 0: a character is bad, or longer.
 */
INLINE size_t
utf16_encode_ascii (const unsigned char *in, unsigned char **out, enum order order)
{
    for (int i = 0; i < RUN; i++)
        put16 (*out + 2 * i, in[i], order);
    *out += 2 * RUN;
    return RUN;
}

INLINE size_t
utf16_encode_short (const unsigned char *in, unsigned char **out, enum order order)
{
    uint16_t c[SLOTS];
    size_t used;
    unsigned n = get_short_run (in, c, &used);
    for (unsigned i = 0; i < n; i++) {
        put16 (*out, c[i], order);
        *out += 2 * is_some (c[i]);
    }
    return used;
}

INLINE size_t
utf16_encode_one (const unsigned char *in, unsigned char **out, enum order order)
{
    uint32_t c;
    int length = utf8_get (in, in + RUN, &c, false);
    if (length != 1 && length != 2)
        return 0;
    put16 (*out, c, order);
    *out += 2;
    return (size_t) length;
}

/* Encodes characters of the first plane, as long as there is room for a whole run. */
INLINE void
utf16_encode_easy (struct work *w, enum order order)
{
    const unsigned char *in = w->in;
    unsigned char *out = w->out;
    while (w->in_end - in > RUN && w->out_end - out >= 2 * SLOTS) {
        const uint32_t three = get_three (in);
        if (three) {
            put16 (out, three, order);
            in += 3;
            out += 2;
            continue;
        }
        size_t used = is_ascii_run (in)   ? utf16_encode_ascii (in, &out, order)
                      : is_short_run (in) ? utf16_encode_short (in, &out, order)
                                          : utf16_encode_one (in, &out, order);
        if (used == 0)
            break;
        in += used;
    }
    w->in = in;
    w->out = out;
}

static void
utf16_put_many (const struct codec *codec, const struct codec_state *s, struct work *w)
{
    if (order_of (codec, s) == LITTLE)
        utf16_encode_easy (w, LITTLE);
    else
        utf16_encode_easy (w, BIG);
}

static void
past_order_mark (const struct codec *codec, struct codec_state *s, bool start)
{
    s->a = start || !codec->mark ? START : native ();
}

static const struct codec_ops utf16_ops = {.get = wide_get,
                                           .put = wide_put,
                                           .get_many = utf16_get_many,
                                           .put_many = utf16_put_many,
                                           .reposition = past_order_mark};
static const struct codec_ops utf32_ops = {
    .get = wide_get, .put = wide_put, .reposition = past_order_mark};

/* --- bytes that pass through unchanged --- */

static void
copy_bytes (const struct codec *codec, const struct codec_state *s, struct work *w)
{
    (void) codec;
    (void) s;
    copy_same (w, left_and_room (w));
}

static size_t
all_same (const struct codec *codec, const unsigned char *p, size_t n)
{
    (void) codec;
    (void) p;
    return n;
}

/* There is nothing that copy_bytes() leaves. */
static const struct codec_ops bytes_ops = {
    .get_many = copy_bytes, .put_many = copy_bytes, .same = all_same};

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

static unsigned char *
put_base64 (struct codec_state *s, unsigned char *out, uint32_t unit)
{
    unsigned bits = (s->a & BITS) + 16;
    uint32_t waiting = s->b << 16 | unit;
    for (; bits >= 6; bits -= 6)
        *out++ = (unsigned char) base64[waiting >> (bits - 6) & 63];
    s->a = IN_BASE64 | bits;
    s->b = waiting & ((1u << bits) - 1);
    return out;
}

/*
 * Puts the bits that wait, and a '-' unless the next character C is known and ends the run by
 * itself.
 */
static unsigned char *
leave_base64 (struct codec_state *s, unsigned char *out, uint32_t c)
{
    unsigned bits = s->a & BITS;
    if (bits)
        *out++ = (unsigned char) base64[s->b << (6 - bits) & 63];
    if (c == NO_CHARACTER || c == '-' || (c < 0x80 && base64_value ((unsigned char) c) >= 0))
        *out++ = '-';
    s->a = s->b = 0;
    return out;
}

static int
utf7_put (const struct codec *codec, struct codec_state *s, unsigned char *out, uint32_t c)
{
    (void) codec;
    unsigned char *p = out;
    const bool inside = s->a & IN_BASE64;
    if (is_direct (c)) {
        p = inside ? leave_base64 (s, p, c) : p;
        *p++ = (unsigned char) c;
        return (int) (p - out);
    }
    if (!inside)
        *p++ = '+';
    if (!inside && c == '+') {
        *p++ = '-';
        return 2;
    }
    if (c >= 0x10000)
        p = put_base64 (s, p, high_of (c));
    p = put_base64 (s, p, c >= 0x10000 ? low_of (c) : c);
    return (int) (p - out);
}

static void
utf7_finish (struct codec_state *s, struct work *w)
{
    if (s->a & IN_BASE64)
        w->out = leave_base64 (s, w->out, NO_CHARACTER);
}

/*
 * Takes a digit. Where a high surrogate waits and no low one follows, the high one comes first, and
 * the digit is taken again after it.
 */
static enum step
take_base64 (struct codec_state *s, struct work *w, int value, uint32_t *c)
{
    const unsigned bits = (s->a & BITS) + 6;
    const uint32_t high = s->a >> HIGH_SHIFT, waiting = s->b << 6 | (uint32_t) value;
    if (bits < 16) {
        s->a += 6;
        s->b = waiting;
        return got (w, 1, NO_CHARACTER, c);
    }
    const uint32_t unit = waiting >> (bits - 16);
    if (high && !is_low_surrogate (unit)) {
        s->a &= IN_BASE64 | BITS;
        return got (w, 0, high, c);
    }
    const bool waits = is_surrogate (unit) && !is_low_surrogate (unit);
    s->a = IN_BASE64 | (bits - 16) | (waits ? unit << HIGH_SHIFT : 0);
    s->b = waiting & ((1u << (bits - 16)) - 1);
    return got (w, 1, waits ? NO_CHARACTER : high ? joined (high, unit) : unit, c);
}

/* Whether bits are left that belong to no character. */
static bool
is_ragged (const struct codec_state *s)
{
    return (s->a & BITS) >= 6 || s->b != 0;
}

/* Ends the run at B, which is not base64; but first comes a high surrogate that waits. */
static enum step
end_base64 (struct codec_state *s, struct work *w, unsigned char b, uint32_t *c)
{
    const uint32_t high = s->a >> HIGH_SHIFT;
    w->lost = is_ragged (s);
    if (w->lost)
        return bad_bytes (w, 1);
    if (high && b < 0x80 && b != '+') {
        s->a &= IN_BASE64 | BITS;
        return got (w, 0, high, c);
    }
    s->a = s->b = 0;
    return got (w, b == '-', NO_CHARACTER, c);
}

static enum step
begin_base64 (struct codec_state *s, struct work *w, uint32_t *c)
{
    if (left (w) < 2 && !w->final)
        return STEP_SHORT;
    int next = left (w) < 2 ? 'A' : w->in[1];
    if (next == '-')
        return got (w, 2, '+', c);
    if (base64_value ((unsigned char) next) < 0)
        return bad_bytes (w, 2);
    s->a = IN_BASE64;
    return got (w, 1, NO_CHARACTER, c);
}

static enum step
utf7_get (const struct codec *codec, struct codec_state *s, struct work *w, uint32_t *c)
{
    (void) codec;
    const unsigned char b = *w->in;
    const int value = base64_value (b);
    if (s->a & IN_BASE64)
        return value < 0 ? end_base64 (s, w, b, c) : take_base64 (s, w, value, c);
    if (b == '+')
        return begin_base64 (s, w, c);
    return b >= 0x80 ? bad_bytes (w, 1) : got (w, 1, b, c);
}

static enum step
utf7_end (struct codec_state *s, struct work *w)
{
    if ((s->a & IN_BASE64) && (is_ragged (s) || s->a >> HIGH_SHIFT))
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
    w->out = leave_base64 (&last, w->out, NO_CHARACTER);
}

static void
utf7_passed (struct codec_state *s)
{
    s->a = s->b = 0;
}

static bool
utf7_splits (const struct codec_state *s)
{
    return s->a >> HIGH_SHIFT || (s->a & BITS) >= 6;
}

static const struct codec_ops utf7_ops = {.get = utf7_get,
                                          .put = utf7_put,
                                          .end = utf7_end,
                                          .passed = utf7_passed,
                                          .splits = utf7_splits,
                                          .finish = utf7_finish,
                                          .cut = utf7_cut};

void
tempfile__codec_utf (struct codec *codec, unsigned kind)
{
    static const struct codec kinds[] = {
        [UTF_8] = {.ops = &utf8_ops, .ascii = true, .has_surrogates = true, .unit = 1},
        [UTF_8_SIG] = {.ops = &sig_ops, .has_surrogates = true, .unit = 1, .mark = true},
        [UTF_16] = {.ops = &utf16_ops, .has_surrogates = true, .unit = 2, .mark = true},
        [UTF_16_LE] = {.ops = &utf16_ops, .has_surrogates = true, .unit = 2, .variant = LITTLE},
        [UTF_16_BE] = {.ops = &utf16_ops, .has_surrogates = true, .unit = 2, .variant = BIG},
        [UTF_32] = {.ops = &utf32_ops, .has_surrogates = true, .unit = 4, .mark = true},
        [UTF_32_LE] = {.ops = &utf32_ops, .has_surrogates = true, .unit = 4, .variant = LITTLE},
        [UTF_32_BE] = {.ops = &utf32_ops, .has_surrogates = true, .unit = 4, .variant = BIG},
        [UTF_7] = {.ops = &utf7_ops, .stateful = true, .unit = 1},
        [BYTES] = {.ops = &bytes_ops, .ascii = true, .unit = 1},
    };
    *codec = kinds[kind];
}
