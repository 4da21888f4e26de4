/* SPDX-License-Identifier: MIT */
/*
 * The codecs that switch between sets by escape sequences: the ISO-2022 family, and HZ.
 *
 * codec_state.a has a byte each for the sets in G0, G1 and G2, and for whether G1 is shifted in.
 * codec_state.b is for decoding: whether an escape sequence is being read that selects no set, such
 * as one for the colour of a terminal. It stays in the text up to the letter that ends it.
 */
#include "base/export.h"

#include "text/codec.h"
#include "text/tables.h"
#include "text/utf8.h"

#include <string.h>

enum charset {
    S_ASCII, /* 0, the set at the start of a text */
    S_ROMAN,
    S_KANA,
    S_0208_OLD,
    S_0208,
    S_0212,
    S_0213_1_2000,
    S_0213_1,
    S_0213_2_2000,
    S_0213_2,
    S_GB,
    S_KS,
    S_LATIN1,
    S_GREEK,
    SETS,
    S_UNKNOWN /* after a change of place: nothing is in G0, so that the next character sets it */
};

struct description {
    const struct set *tables[4]; /* asked one after the other; none: by rule */
    unsigned plane;              /* of the keys: 0 or 0x8000 */
    unsigned char width;
    char escape[5]; /* what puts it into G0, or, the last two, into G2; its end is its name */
};

#define T(name) &tempfile__##name
static const struct description sets[SETS] = {
    [S_ASCII] = {{NULL}, 0, 1, "\x1b(B"},
    [S_ROMAN] = {{NULL}, 0, 1, "\x1b(J"},
    [S_KANA] = {{NULL}, 0, 1, "\x1b(I"},
    [S_0208_OLD] = {{T (jisx0208)}, 0, 2, "\x1b$@"},
    [S_0208] = {{T (jisx0208)}, 0, 2, "\x1b$B"},
    [S_0212] = {{T (jisx0212)}, 0x8000, 2, "\x1b$(D"},
    [S_0213_1_2000] = {{T (jisx0213_2000_before), T (jisx0208), T (jisx0213)}, 0, 2, "\x1b$(O"},
    [S_0213_1] = {{T (jisx0208), T (jisx0213)}, 0, 2, "\x1b$(Q"},
    [S_0213_2_2000] = {{T (jisx0213_2000_before), T (jisx0213)}, 0x8000, 2, "\x1b$(P"},
    [S_0213_2] = {{T (jisx0213)}, 0x8000, 2, "\x1b$(P"},
    [S_GB] = {{T (gb2312)}, 0, 2, "\x1b$(A"},
    [S_KS] = {{T (ksx1001), T (hangul)}, 0, 2, "\x1b$(C"},
    [S_LATIN1] = {{NULL}, 0, 1, "\x1b.A"},
    [S_GREEK] = {{NULL}, 0, 1, "\x1b.F"},
};

/* The sets of each variant, in the order in which they are tried; S_ASCII ends the list. */
static const unsigned char variants[][9] = {
    [ISO2022_JP] = {S_0208, S_ROMAN, S_0208_OLD},
    [ISO2022_JP_1] = {S_0208, S_0212, S_ROMAN, S_0208_OLD},
    [ISO2022_JP_2] = {S_0208, S_0212, S_KS, S_GB, S_ROMAN, S_0208_OLD, S_LATIN1, S_GREEK},
    [ISO2022_JP_2004] = {S_0208, S_0213_1, S_0213_2},
    [ISO2022_JP_3] = {S_0208, S_0213_1_2000, S_0213_2_2000},
    [ISO2022_JP_EXT] = {S_0208, S_0212, S_ROMAN, S_KANA, S_0208_OLD},
    [ISO2022_KR] = {S_KS},
    [HZ] = {S_GB},
};

enum { ESC = 0x1b, SHIFT_OUT = 0x0e, SHIFT_IN = 0x0f };

enum place { G0 = 0, G1 = 8, G2 = 16, SHIFTED = 24 };

static unsigned
get (const struct codec_state *s, enum place place)
{
    return s->a >> place & 0xff;
}

static void
set (struct codec_state *s, enum place place, unsigned what)
{
    s->a = (s->a & ~(UINT32_C (0xff) << place)) | (uint32_t) what << place;
}

/* Returns the set that is used now. */
static unsigned
current (const struct codec_state *s)
{
    return get (s, get (s, SHIFTED) ? G1 : G0);
}

static bool
is_allowed (const struct codec *codec, enum charset which)
{
    if (which == S_ASCII)
        return true;
    for (const unsigned char *v = variants[codec->variant]; *v != S_ASCII; v++)
        if (*v == which)
            return true;
    return false;
}

/* --- single characters --- */

/* Returns the character of byte B in a set of single bytes. */
static uint32_t
decode_by_rule (enum charset which, unsigned char b)
{
    if (which == S_ROMAN)
        return b == 0x5c ? 0xa5 : b == 0x7e ? 0x203e : b;
    if (which == S_KANA)
        return b >= 0x21 && b <= 0x5f ? 0xff40u + b : NO_CHARACTER;
    /*
     * As in Python, the upper bit is part of the set. Three signs were added to the encoding later.
     */
    if (which == S_GREEK && (b >= 0x80 || b < 0x20))
        return b ^ 0x80u;
    if (which == S_GREEK) {
        uint32_t c = single_character (&tempfile__singles[SINGLE_ISO8859_7], b | 0x80);
        return c == NO_CELL || b == 0x24 || b == 0x25 || b == 0x2a ? NO_CHARACTER : c;
    }
    if (b >= 0x80)
        return NO_CHARACTER;
    return which == S_LATIN1 ? b | 0x80u : b;
}

/* This character is a full-width tilde in EUC only. */
static bool
has_tilde (enum charset which)
{
    return which == S_0213_1 || which == S_0213_1_2000;
}

/* Returns the character or the pair of the bytes at P in the set; or NO_CHARACTER. */
static uint32_t
decode_in (enum charset which, const unsigned char *p)
{
    const struct description *d = &sets[which];
    if (d->width == 1)
        return decode_by_rule (which, p[0]);
    if ((p[0] | p[1]) & 0x80)
        return NO_CHARACTER;
    /*
     * Python writes iso2022_jp_3 with the tables of 2000, but reads the second plane with those of
     * 2004.
     */
    d = which == S_0213_2_2000 ? &sets[S_0213_2] : d;
    uint32_t c = sets_character (d->tables, d->plane | (unsigned) p[0] << 8 | p[1]);
    return has_tilde (which) && c == 0xff5e ? '~' : c;
}

/* Returns the key of C in the set, or 0. The sets of G2 are only for reading. */
static unsigned
encode_in (enum charset which, uint32_t c)
{
    const struct description *d = &sets[which];
    if (which == S_ROMAN)
        return c == 0xa5 ? 0x5c : c == 0x203e ? 0x7e : 0;
    if (which == S_KANA)
        return c >= 0xff61 && c <= 0xff9f ? c - 0xff40 : 0;
    if (has_tilde (which) && c == 0xff5e)
        return 0;
    unsigned key = d->width == 2 ? sets_key (d->tables, c) : 0;
    return (key & 0x8000) == d->plane ? key & 0x7f7f : 0;
}

/*
 * The two upper bits of two bytes say which of the first four sets of the variant they are in, if
 * that one has two bytes.
 */
static unsigned
meaning (const struct codec *codec, const struct codec_state *s)
{
    static const unsigned bits[] = {0, 0x80, 0x8000, 0x8080};
    const unsigned char *list = variants[codec->variant];
    const unsigned which = current (s);
    unsigned i = 0;
    if (s->b || which >= SETS || sets[which].width != 2)
        return NO_MEANING;
    while (i < 4 && list[i] != which)
        i++;
    return i < 4 ? bits[i] : NO_MEANING;
}

static enum step
get_in (struct work *w, enum charset which, unsigned skip, uint32_t *c)
{
    const unsigned length = skip + sets[which].width;
    if (left (w) < length)
        return cut_off (w);
    uint32_t found = decode_in (which, w->in + skip);
    return found >= GONE ? bad_bytes (w, length) : got (w, length, found, c);
}

/* --- decoding ISO-2022 --- */

/*
 * The beginnings, after ESC, of the sequences that select a set. All other sequences stay in the
 * text.
 */
static bool
is_intermediate (uint32_t c)
{
    return c == '(' || c == ')' || c == '$' || c == '.' || c == '&';
}

static bool
ends_escape (uint32_t c)
{
    return (c >= 'A' && c <= 'Z') || c == '@';
}

/*
 * ESC "&@" announces the sequence for the 1990 revision of a set. As in Python, any two bytes after
 * ESC are accepted as this announcement.
 */
static bool
has_revisions (const struct codec *codec)
{
    return codec->variant != ISO2022_KR;
}

/*
 * Returns the length of the escape sequence at the input; 0 if the input ends within it, 1 if it is
 * too long for any.
 */
static unsigned
escape_length (const struct codec *codec, const struct work *w)
{
    for (unsigned i = 1; i < LONGEST; i++) {
        if (i >= left (w))
            return 0;
        if (ends_escape (w->in[i]))
            return i + 1;
        if (has_revisions (codec) && i + 1 < left (w) && memcmp (w->in + i, "&@", 2) == 0)
            i += 2;
    }
    return 1;
}

/* Returns the set whose escape sequence has this end. */
static enum charset
set_named (const struct codec *codec, unsigned char name, unsigned width)
{
    for (enum charset i = S_ASCII; i < SETS; i++)
        if (is_allowed (codec, i) && sets[i].width == width &&
            sets[i].escape[strlen (sets[i].escape) - 1] == (char) name)
            return i;
    return SETS;
}

/*
 * Returns the set that the sequence at P selects, and in *PLACE for which of G0, G1 and G2; or SETS
 * if it selects none.
 */
static enum charset
designated (const struct codec *codec, const unsigned char *p, unsigned length, enum place *place)
{
    *place = G0;
    if (length == 6 && has_revisions (codec) && memcmp (p + 3, "\x1b$B", 3) == 0)
        return S_0208;
    bool wide = p[1] == '$';
    if (length != 3 && !(length == 4 && wide))
        return SETS;
    unsigned char to = length == 4 ? p[2] : wide ? '(' : p[1];
    if (to == ')')
        *place = G1;
    else if (to == '.' && !wide && codec->variant == ISO2022_JP_2)
        *place = G2;
    else if (to != '(')
        return SETS;
    return set_named (codec, p[length - 1], wide ? 2 : 1);
}

static enum step
get_escape (const struct codec *codec, struct codec_state *s, struct work *w, uint32_t *c)
{
    if (left (w) < 2)
        return cut_off (w);
    if (w->in[1] == 'N' && codec->variant == ISO2022_JP_2)
        return get_in (w, (enum charset) get (s, G2), 2, c);
    if (!is_intermediate (w->in[1])) {
        s->b = true;
        return got (w, 1, ESC, c);
    }
    unsigned length = escape_length (codec, w);
    if (length == 0)
        return cut_off (w);
    enum place place;
    enum charset found = designated (codec, w->in, length, &place);
    if (found == SETS)
        return bad_bytes (w, length);
    set (s, place, found);
    return got (w, length, NO_CHARACTER, c);
}

static enum step
iso2022_get (const struct codec *codec, struct codec_state *s, struct work *w, uint32_t *c)
{
    const unsigned char b = *w->in;
    if (s->b) {
        s->b = !ends_escape (b);
        return got (w, 1, b, c);
    }
    if (b == ESC)
        return get_escape (codec, s, w, c);
    if (codec->variant == ISO2022_KR && (b == SHIFT_OUT || b == SHIFT_IN)) {
        set (s, SHIFTED, b == SHIFT_OUT);
        return got (w, 1, NO_CHARACTER, c);
    }
    if (b == '\n')
        set (s, SHIFTED, 0);
    const unsigned which = current (s);
    if (b >= 0x80 || (b >= 0x20 && (which == S_LATIN1 || which == S_GREEK)))
        return bad_bytes (w, 1);
    if (b < 0x20 || which == S_ASCII || which >= SETS)
        return got (w, 1, b, c);
    return get_in (w, (enum charset) which, 0, c);
}

/* --- encoding ISO-2022 --- */

static unsigned char *
put_text (unsigned char *out, const char *text)
{
    while (*text)
        *out++ = (unsigned char) *text++;
    return out;
}

static unsigned char *
put_ascii (struct codec_state *s, unsigned char *out, uint32_t c)
{
    if (get (s, G0) != S_ASCII)
        out = put_text (out, sets[S_ASCII].escape);
    set (s, G0, S_ASCII);
    if (get (s, SHIFTED))
        *out++ = SHIFT_IN;
    set (s, SHIFTED, 0);
    *out++ = (unsigned char) c;
    return out;
}

static unsigned char *
put_key (const struct codec *codec, struct codec_state *s, unsigned char *out, enum charset which,
         unsigned key)
{
    const bool kr = codec->variant == ISO2022_KR;
    if (get (s, kr ? G1 : G0) != which)
        out = put_text (out, kr ? "\x1b$)C" : sets[which].escape);
    set (s, kr ? G1 : G0, which);
    if (kr && !get (s, SHIFTED))
        *out++ = SHIFT_OUT;
    set (s, SHIFTED, kr);
    if (sets[which].width == 2)
        *out++ = (unsigned char) (key >> 8);
    *out++ = (unsigned char) key;
    return out;
}

/*
 * As in Python, control characters that switch sets are written like any others. They come back as
 * something else.
 */
static int
iso2022_put (const struct codec *codec, struct codec_state *s, unsigned char *out, uint32_t c)
{
    const unsigned char *list = variants[codec->variant];
    if (c < 0x80) {
        int n = (int) (put_ascii (s, out, c) - out);
        return c == ESC || (codec->variant == ISO2022_KR && (c == SHIFT_OUT || c == SHIFT_IN)) ? -n
                                                                                               : n;
    }
    unsigned key = 0, i = c >= PAIR;
    if (c >= PAIR)
        key = codec->pairs->pairs[c - PAIR].key;
    for (; !key && list[i] != S_ASCII; i += !key)
        key = encode_in ((enum charset) list[i], c);
    return key ? (int) (put_key (codec, s, out, (enum charset) list[i], key) - out) : 0;
}

/* --- HZ: "~{" and "~}" instead of escape sequences; in G0, S_GB or nothing --- */

static enum step
hz_get (const struct codec *codec, struct codec_state *s, struct work *w, uint32_t *c)
{
    const unsigned char b = *w->in;
    const bool gb = get (s, G0) == S_GB;
    (void) codec;
    if (b == '~') {
        if (left (w) < 2)
            return cut_off (w);
        const unsigned char next = w->in[1];
        if (next == '~' && !gb)
            return got (w, 2, '~', c);
        if (next == (gb ? '}' : '{'))
            set (s, G0, gb ? S_ASCII : S_GB);
        else if (next != '\n' || gb)
            return bad_bytes (w, 1);
        return got (w, 2, NO_CHARACTER, c);
    }
    if (b >= 0x80)
        return bad_bytes (w, 1);
    if (!gb)
        return got (w, 1, b, c);
    enum step step = get_in (w, S_GB, 0, c);
    return step == STEP_BAD && left (w) >= 2 ? bad_bytes (w, 1) : step;
}

static int
hz_put (const struct codec *codec, struct codec_state *s, unsigned char *out, uint32_t c)
{
    const unsigned key = c < 0x80 ? 0 : encode_in (S_GB, c);
    const bool gb = get (s, G0) == S_GB;
    unsigned char *p = out;
    (void) codec;
    if (c >= 0x80 && !key)
        return 0;
    if (gb != (key != 0))
        p = put_text (p, gb ? "~}" : "~{");
    set (s, G0, key ? S_GB : S_ASCII);
    *p++ = (unsigned char) (key ? key >> 8 : c);
    if (key || c == '~')
        *p++ = (unsigned char) (key ? key : c);
    return (int) (p - out);
}

/* --- what both have in common --- */

/* Copies characters that are ASCII in all of these encodings, if ASCII means itself now. */
static void
copy_plain (const struct codec *codec, const struct codec_state *s, struct work *w)
{
    const size_t n = left_and_room (w);
    const unsigned char *in = w->in;
    size_t i = 0;
    (void) codec;
    if (get (s, G0) != S_ASCII || get (s, SHIFTED) || s->b)
        return;
    for (; i < n && ((in[i] >= 0x20 && in[i] < '~') || in[i] == '\n'); i++)
        w->out[i] = in[i];
    w->in += i;
    w->out += i;
}

/*
 * As in Python: after a seek no set is selected, not even ASCII. At the start of the file, G1 keeps
 * its set.
 */
static void
iso2022_reposition (const struct codec *codec, struct codec_state *s, bool start)
{
    (void) codec;
    unsigned g1 = get (s, G1);
    *s = (struct codec_state){0, 0};
    if (start)
        set (s, G1, g1);
    else
        set (s, G0, S_UNKNOWN);
}

static const struct codec_ops iso2022_ops = {.get = iso2022_get,
                                             .put = iso2022_put,
                                             .get_many = copy_plain,
                                             .put_many = copy_plain,
                                             .meaning = meaning,
                                             .reposition = iso2022_reposition};
static const struct codec_ops hz_ops = {.get = hz_get,
                                        .put = hz_put,
                                        .get_many = copy_plain,
                                        .put_many = copy_plain,
                                        .meaning = meaning};

void
tempfile__codec_iso2022 (struct codec *codec, unsigned variant)
{
    const bool pairs = variant == ISO2022_JP_2004 || variant == ISO2022_JP_3;
    *codec = (struct codec){.ops = variant == HZ ? &hz_ops : &iso2022_ops,
                            .stateful = true,
                            .unit = 1,
                            .variant = variant,
                            .pairs = pairs ? &tempfile__jisx0213 : NULL,
                            .places = 95,
                            .memory_size = sizeof codec->memory->two};
}
