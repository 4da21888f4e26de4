/* SPDX-License-Identifier: MIT */
/* UTF-8, one character at a time, and runs of ASCII; for the codecs. */
#ifndef TEXT_UTF8_H
#define TEXT_UTF8_H

#include "text_codec.h"

#include <string.h>

/*
 * The character at P, and how many bytes it has: 0 when END cuts it off, less than 0 when it is
 * bad. What is bad is the longest start of a character, negated. Surrogates are for the caller
 * to judge, if LONE, and else bad.
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

/* Room for four bytes is the caller's to see to; the bytes used are returned. */
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

/*
 * For loops that leave to the functions above whatever is rare. They do not branch on whether
 * something is ASCII, which nobody could predict in most languages.
 *
 * The character at P, where four bytes can be read, if it is good and has at most three: as
 * many as is returned; else 0.
 */
static inline unsigned
utf8_get_short (const unsigned char *p, uint32_t *c)
{
    uint32_t first = p[0], second = p[1];
    if (first < 0xe0) {
        uint32_t two = first >> 7, joined = (first & 0x1f) << 6 | (second & 0x3f);
        *c = first ^ ((first ^ joined) & -two);
        return two & ((first < 0xc2) | ((second & 0xc0) != 0x80)) ? 0 : 1 + two;
    }
    *c = (first & 0xf) << 12 | (second & 0x3f) << 6 | (p[2] & 0x3fu);
    bool good = (second & 0xc0) == 0x80 && (p[2] & 0xc0) == 0x80;
    return first < 0xf0 && good && *c >= 0x800 && (*c & 0xf800) != 0xd800 ? 3 : 0;
}

/* Puts C, below 0x10000, where three bytes can be written: as many as is returned are meant. */
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

/* What such loops take at once. */
enum { RUN = 16 };

/* Whether all of the RUN bytes at P are ASCII. */
static inline bool
is_ascii_run (const unsigned char *p)
{
    uint64_t half[2];
    memcpy (half, p, RUN);
    return !((half[0] | half[1]) & UINT64_C (0x8080808080808080));
}

/* Moves over what is ASCII at the front of the input, as far as there is room. */
static inline void
copy_ascii (struct work *w)
{
    size_t n = left (w) < room (w) ? left (w) : room (w);
    size_t i = 0;
    const unsigned char *in = w->in;
    unsigned char *out = w->out;
    for (; i + 2 * RUN <= n && is_ascii_run (in + i) && is_ascii_run (in + i + RUN); i += 2 * RUN)
        memcpy (out + i, in + i, 2 * RUN);
    for (; i + 8 <= n; i += 8) {
        uint64_t eight;
        memcpy (&eight, in + i, 8);
        if (eight & UINT64_C (0x8080808080808080))
            break;
        memcpy (out + i, &eight, 8);
    }
    for (; i < n && in[i] < 0x80; i++)
        out[i] = in[i];
    w->in += i;
    w->out += i;
}

/* What to say of the LENGTH that utf8_get() found, when it is not a character. */
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

/* A character that the encoding lacks. */
static inline enum step
lacking (struct work *w, uint32_t c, int length)
{
    w->c = c;
    w->n_instead = 0;
    w->bad = (size_t) length;
    return STEP_BAD;
}

/* What a decoder cannot use. */
static inline enum step
bad_bytes (struct work *w, size_t n)
{
    w->bad = n;
    return STEP_BAD;
}

/* What a decoder misses the end of. */
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

#endif
