/* SPDX-License-Identifier: MIT */
/* UTF-8, one character at a time, and runs of ASCII; for the codecs. */
#ifndef TEXT_UTF8_H
#define TEXT_UTF8_H

#include "text/codec.h"

#include <string.h>

/* For loops that are compiled once for each way to get and put characters. */
#define INLINE __attribute__ ((__always_inline__)) static inline

/*
 * Reads the character at P. Returns its length; 0 if END is within it; or a negative number if it
 * is bad: minus the length of the longest beginning of a character. Surrogates are bad unless LONE.
 */
static inline int
utf8_get (const unsigned char *p, const unsigned char *end, uint32_t *c, bool lone)
{
    unsigned char first = p[0];
    if (first < 0x80) {
        *c = first;
        return 1;
    }
    if (first < 0xc2 || first > 0xf4)
        return -1;
    if (end - p < 2)
        return 0;
    unsigned char second = p[1];
    if ((second & 0xc0) != 0x80)
        return -1;
    if (first < 0xe0) {
        *c = (first & 0x1fu) << 6 | (second & 0x3fu);
        return 2;
    }
    if (first < 0xf0) {
        if ((first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f && !lone))
            return -1;
        if (end - p < 3)
            return 0;
        if ((p[2] & 0xc0) != 0x80)
            return -2;
        *c = (first & 0xfu) << 12 | (second & 0x3fu) << 6 | (p[2] & 0x3fu);
        return 3;
    }
    if ((first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f))
        return -1;
    if (end - p < 3)
        return 0;
    if ((p[2] & 0xc0) != 0x80)
        return -2;
    if (end - p < 4)
        return 0;
    if ((p[3] & 0xc0) != 0x80)
        return -3;
    *c = (first & 7u) << 18 | (second & 0x3fu) << 12 | (p[2] & 0x3fu) << 6 | (p[3] & 0x3fu);
    return 4;
}

static inline size_t
utf8_length (uint32_t c)
{
    return c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
}

/* Puts C where at least four bytes can be written. Returns its length. */
static inline size_t
utf8_put (unsigned char *p, uint32_t c)
{
    if (c < 0x80) {
        p[0] = (unsigned char) c;
        return 1;
    }
    if (c < 0x800) {
        p[0] = (unsigned char) (0xc0 | c >> 6);
        p[1] = (unsigned char) (0x80 | (c & 0x3f));
        return 2;
    }
    if (c < 0x10000) {
        p[0] = (unsigned char) (0xe0 | c >> 12);
        p[1] = (unsigned char) (0x80 | (c >> 6 & 0x3f));
        p[2] = (unsigned char) (0x80 | (c & 0x3f));
        return 3;
    }
    p[0] = (unsigned char) (0xf0 | c >> 18);
    p[1] = (unsigned char) (0x80 | (c >> 12 & 0x3f));
    p[2] = (unsigned char) (0x80 | (c >> 6 & 0x3f));
    p[3] = (unsigned char) (0x80 | (c & 0x3f));
    return 4;
}

static inline size_t
room (const struct work *w)
{
    return (size_t) (w->out_end - w->out);
}

static inline size_t
left (const struct work *w)
{
    return (size_t) (w->in_end - w->in);
}

/* How much can be copied, if it is the same on both sides. */
static inline size_t
left_and_room (const struct work *w)
{
    return left (w) < room (w) ? left (w) : room (w);
}

static inline void
copy_same (struct work *w, size_t n)
{
    memcpy (w->out, w->in, n);
    w->in += n;
    w->out += n;
}

/*
 * For loops that take RUN bytes or characters at once, and leave what is rare to the functions
 * above. In text that is not all ASCII they do not branch on what is ASCII, because in most
 * languages that cannot be predicted.
 */
enum { RUN = 16 };

/* Whether all of the RUN bytes at P are ASCII. */
static inline bool
is_ascii_run (const unsigned char *p)
{
    uint64_t half[2];
    memcpy (half, p, RUN);
    return !((half[0] | half[1]) & UINT64_C (0x8080808080808080));
}

/* Whether none of the RUN bytes at P belongs to a character of more than two bytes. */
static inline bool
is_short_run (const unsigned char *p)
{
    uint64_t half[2];
    memcpy (half, p, RUN);
    uint64_t first = half[0] & half[0] << 1 & half[0] << 2;
    uint64_t second = half[1] & half[1] << 1 & half[1] << 2;
    return !((first | second) & UINT64_C (0x8080808080808080));
}

/*
 * A run of up to SLOTS characters. In front of a character of several bytes there may be NOTHING:
 * to write it, and to overwrite it by the next character, is cheaper than a branch.
 */
enum { SLOTS = RUN + 1, NOTHING = 0xdfff };

/* Returns 0 for NOTHING, else 1, in a form that compilers do not turn into a branch. */
static inline unsigned
is_some (uint16_t c)
{
    return ((c ^ NOTHING) + UINT32_C (0xffff)) >> 16;
}

typedef unsigned char eight_bytes __attribute__ ((__vector_size__ (8)));
typedef uint16_t eight_words __attribute__ ((__vector_size__ (16)));

/*
 * Gets the characters of a run of RUN + 1 bytes that is_short_run() has accepted, except for one
 * that does not end there.
 */
static inline unsigned
get_short_run (const unsigned char *p, uint16_t c[SLOTS], size_t *used)
{
    eight_words bad = {(p[0] & 0xc0) == 0x80};
    c[0] = p[0] < 0x80 ? p[0] : NOTHING;
    for (int i = 0; i < RUN; i += 8) {
        eight_bytes in[2];
        /* cppcheck-suppress bufferAccessOutOfBounds ; it takes a vector for its element */
        memcpy (&in[0], p + i, 8);
        memcpy (&in[1], p + i + 1, 8);
        eight_words first = __builtin_convertvector(in[0], eight_words);
        eight_words next = __builtin_convertvector(in[1], eight_words);
        eight_words inner = (eight_words) ((next & 0xc0) == 0x80);
        eight_words due = (eight_words) (first >= 0xc0), begins = (eight_words) (next >= 0xc0);
        eight_words joined = (first & 0x1f) << 6 | (next & 0x3f);
        eight_words is = (inner & joined) | (begins & NOTHING) | (~(inner | begins) & next);
        memcpy (c + 1 + i, &is, sizeof is);
        bad |= (inner ^ due) | (eight_words) ((first & 0xfe) == 0xc0);
    }
    uint64_t half[2];
    memcpy (half, &bad, sizeof bad);
    bool good = !(half[0] | half[1]);
    *used = !good ? 0 : p[RUN] < 0xc0 ? RUN + 1 : RUN;
    return good ? SLOTS : 0;
}

/*
 * Returns what three bytes at P stand for, or 0 if they do not look like a character. It may be
 * overlong or a surrogate. Four bytes can be read there.
 */
static inline uint32_t
three_bytes (const unsigned char *p)
{
    uint32_t four = (uint32_t) p[0] << 24 | (uint32_t) p[1] << 16 | (uint32_t) p[2] << 8 | p[3];
    uint32_t c = (four >> 12 & 0xf000) | (four >> 10 & 0xfc0) | (four >> 8 & 0x3f);
    return (four & 0xf0c0c000) == 0xe0808000 ? c : 0;
}

/* The same, but also 0 if it is not valid. */
static inline uint16_t
get_three (const unsigned char *p)
{
    uint32_t c = three_bytes (p);
    return c >= 0x800 && (c & 0xf800) != 0xd800 ? (uint16_t) c : 0;
}

/*
 * Puts C, which is below 0x10000, where three bytes can be written. Returns its length; bytes after
 * that do not matter.
 */
static inline unsigned
utf8_put_short (unsigned char *p, uint32_t c)
{
    if (c < 0x800) {
        uint32_t two = c >= 0x80;
        p[0] = (unsigned char) (c ^ ((c ^ (0xc0 | c >> 6)) & -two));
        p[1] = (unsigned char) (0x80 | (c & 0x3f));
        return 1 + two;
    }
    p[0] = (unsigned char) (0xe0 | c >> 12);
    p[1] = (unsigned char) (0x80 | (c >> 6 & 0x3f));
    p[2] = (unsigned char) (0x80 | (c & 0x3f));
    return 3;
}

/* Copies the ASCII character at *IN, or all of the next RUN bytes if they are ASCII. */
static inline void
copy_some_ascii (const unsigned char **in, unsigned char **out)
{
    size_t n = is_ascii_run (*in) ? RUN : 1;
    memcpy (*out, *in, RUN);
    *in += n;
    *out += n;
}

/* Copies the next byte if it is ASCII, without a branch. */
static inline void
copy_if_ascii (const unsigned char **in, unsigned char **out)
{
    const unsigned n = **in < 0x80;
    **out = **in;
    *in += n;
    *out += n;
}

/*
 * Returns how many of the first seven of eight bytes, as they were loaded, are ASCII and in front
 * of any that is not.
 */
static inline unsigned
ascii_in_front (uint64_t eight)
{
    bool little = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__;
    eight &= UINT64_C (0x8080808080808080);
    return (unsigned) (little ? __builtin_ctzll (eight | UINT64_C (1) << 63)
                              : __builtin_clzll (eight | 0x80)) /
           8;
}

/*
 * Copies up to seven bytes of ASCII, where eight can be read and written. Returns how many. There
 * is no branch on the contents of the text.
 */
static inline unsigned
copy_seven (unsigned char *out, const unsigned char *in)
{
    uint64_t eight;
    memcpy (&eight, in, 8);
    memcpy (out, &eight, 8);
    return ascii_in_front (eight);
}

/* Returns the step for a LENGTH of utf8_get() that is not positive. */
static inline enum step
utf8_trouble (struct work *w, int length)
{
    w->c = NO_CHARACTER;
    w->n_instead = 0;
    if (length == 0 && !w->final)
        return STEP_SHORT;
    w->bad = length == 0 ? left (w) : (size_t) -length;
    return STEP_BAD;
}

/* The encoding lacks character C. */
static inline enum step
lacking (struct work *w, uint32_t c, int length)
{
    w->c = c;
    w->n_instead = 0;
    w->bad = (size_t) length;
    return STEP_BAD;
}

/* The next LENGTH bytes stand for C. */
static inline enum step
got (struct work *w, size_t length, uint32_t value, uint32_t *c)
{
    w->in += length;
    *c = value;
    return STEP_DONE;
}

/* The next N bytes cannot be decoded. */
static inline enum step
bad_bytes (struct work *w, size_t n)
{
    w->bad = n;
    return STEP_BAD;
}

/* The input ends within a sequence. */
static inline enum step
cut_off (struct work *w)
{
    if (!w->final)
        return STEP_SHORT;
    return bad_bytes (w, left (w));
}

static inline bool
is_surrogate (uint32_t c)
{
    return c >= 0xd800 && c <= 0xdfff;
}

static inline bool
is_low_surrogate (uint32_t c)
{
    return c >= 0xdc00 && c <= 0xdfff;
}

/* The character of two surrogates, and the two of a character. */
static inline uint32_t
joined (uint32_t high, uint32_t low)
{
    return 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
}

static inline uint32_t
high_of (uint32_t c)
{
    return 0xd800 + ((c - 0x10000) >> 10);
}

static inline uint32_t
low_of (uint32_t c)
{
    return 0xdc00 + ((c - 0x10000) & 0x3ff);
}

#endif
