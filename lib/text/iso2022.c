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
#include "text/known.h"
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

/* --- what is remembered --- */

/*
 * Characters below 0x10000 in the first sets of a variant that have two bytes, unless they begin a
 * pair. The number of the set and the two bytes are 16 bits together.
 */
enum { REMEMBERED = 4 };

/* Returns the number of a set of two bytes in its variant, or REMEMBERED. */
static unsigned
number_of (const struct codec *codec, unsigned which)
{
    const unsigned char *list = variants[codec->variant];
    unsigned i = 0;
    while (i < REMEMBERED && list[i] != S_ASCII && list[i] != which)
        i++;
    return i < REMEMBERED && list[i] == which && sets[which].width == 2 ? i : REMEMBERED;
}

static uint32_t
joined (unsigned number, unsigned row, unsigned place)
{
    return number << 14 | row << 7 | place;
}

static uint32_t *
known_character (struct codec *codec, const unsigned char *p)
{
    return known_of (codec, p[0] * 94u + p[1]);
}

/* Decodes what is remembered in the set WHICH, as long as there is room. */
static void
decode_known (struct codec *codec, struct work *w, unsigned which)
{
    const unsigned number = number_of (codec, which);
    while (number < REMEMBERED && left (w) >= 2 && room (w) >= LONGEST) {
        uint32_t known = *known_character (codec, w->in);
        if (!known || (w->in[0] | w->in[1]) >= 0x80 ||
            known >> 16 != joined (number, w->in[0], w->in[1]))
            return;
        w->out += utf8_put_short (w->out, known & 0xffff);
        w->in += 2;
    }
}

/* Encodes in the same way. */
static void
encode_known (struct codec *codec, struct work *w, unsigned which)
{
    const unsigned number = number_of (codec, which);
    while (number < REMEMBERED && left (w) >= 3 && room (w) >= LONGEST) {
        uint32_t c = get_three (w->in), known = *known_bytes (codec, c);
        if (!known || known >> 16 != c || (known >> 14 & 3) != number)
            return;
        *w->out++ = known >> 7 & 0x7f;
        *w->out++ = known & 0x7f;
        w->in += 3;
    }
}

static enum step
put_decoded (struct codec *codec, struct work *w, enum charset which, unsigned skip)
{
    const unsigned width = sets[which].width, number = number_of (codec, which);
    if (left (w) < skip + width)
        return cut_off (w);
    uint32_t c = decode_in (which, w->in + skip);
    if (c >= GONE)
        return bad_bytes (w, skip + width);
    if (c >= PAIR) {
        const struct pair *pair = &tempfile__jisx0213.pairs[c - PAIR];
        w->out += utf8_put_short (w->out, pair->first);
        c = pair->second;
    } else if (c < 0x10000 && number < REMEMBERED) {
        *known_character (codec, w->in) = joined (number, w->in[0], w->in[1]) << 16 | c;
    }
    w->out += utf8_put (w->out, c);
    w->in += skip + width;
    return STEP_DONE;
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
take_escape (struct codec *codec, struct codec_state *s, struct work *w)
{
    if (left (w) < 2)
        return cut_off (w);
    if (w->in[1] == 'N' && codec->variant == ISO2022_JP_2)
        return put_decoded (codec, w, (enum charset) get (s, G2), 2);
    if (!is_intermediate (w->in[1])) {
        s->b = true;
        *w->out++ = *w->in++;
        return STEP_DONE;
    }
    unsigned length = escape_length (codec, w);
    if (length == 0)
        return cut_off (w);
    enum place place;
    enum charset found = designated (codec, w->in, length, &place);
    if (found == SETS)
        return bad_bytes (w, length);
    set (s, place, found);
    w->in += length;
    return STEP_DONE;
}

/* Copies one byte of a sequence that selects no set. */
static enum step
pass_foreign (struct codec_state *s, struct work *w)
{
    unsigned char b = *w->in++;
    w->out += utf8_put (w->out, b);
    s->b = !ends_escape (b);
    return STEP_DONE;
}

static enum step
iso2022_decode_one (struct codec *codec, struct codec_state *s, struct work *w)
{
    unsigned char b = *w->in;
    if (s->b)
        return pass_foreign (s, w);
    if (b == ESC)
        return take_escape (codec, s, w);
    if (codec->variant == ISO2022_KR && (b == SHIFT_OUT || b == SHIFT_IN)) {
        set (s, SHIFTED, b == SHIFT_OUT);
        w->in++;
        return STEP_DONE;
    }
    if (b == '\n')
        set (s, SHIFTED, 0);
    unsigned which = current (s);
    if (b < 0x20 || which == S_ASCII || which >= SETS) {
        if (b >= 0x80)
            return bad_bytes (w, 1);
        *w->out++ = b;
        w->in++;
        return STEP_DONE;
    }
    if (b >= 0x80 || which == S_LATIN1 || which == S_GREEK)
        return bad_bytes (w, 1);
    return put_decoded (codec, w, (enum charset) which, 0);
}

/* --- encoding ISO-2022 --- */

static void
put_text (struct work *w, const char *text)
{
    size_t n = strlen (text);
    memcpy (w->out, text, n);
    w->out += n;
}

static void
iso2022_put_ascii (struct codec_state *s, struct work *w, uint32_t c)
{
    if (get (s, G0) != S_ASCII)
        put_text (w, sets[S_ASCII].escape);
    set (s, G0, S_ASCII);
    if (get (s, SHIFTED))
        *w->out++ = SHIFT_IN;
    set (s, SHIFTED, 0);
    *w->out++ = (unsigned char) c;
}

static void
iso2022_put (const struct codec *codec, struct codec_state *s, struct work *w, enum charset which,
             unsigned key)
{
    if (codec->variant == ISO2022_KR) {
        if (get (s, G1) != which)
            put_text (w, "\x1b$)C");
        set (s, G1, which);
        if (!get (s, SHIFTED))
            *w->out++ = SHIFT_OUT;
        set (s, SHIFTED, 1);
    } else {
        if (get (s, G0) != which)
            put_text (w, sets[which].escape);
        set (s, G0, which);
    }
    if (sets[which].width == 2)
        *w->out++ = (unsigned char) (key >> 8);
    *w->out++ = (unsigned char) key;
}

static bool
iso2022_encode_one (const struct codec *codec, struct codec_state *s, struct work *w, uint32_t c)
{
    if (c < 0x80) {
        iso2022_put_ascii (s, w, c);
        return true;
    }
    for (const unsigned char *v = variants[codec->variant]; *v != S_ASCII; v++) {
        unsigned key = encode_in ((enum charset) * v, c);
        if (key) {
            iso2022_put (codec, s, w, (enum charset) * v, key);
            return true;
        }
    }
    return false;
}

/*
 * As in Python, control characters that switch sets are written like any others. They are reported
 * as characters that are read back otherwise.
 */
static bool
is_switch (const struct codec *codec, uint32_t c)
{
    return c == ESC || (codec->variant == ISO2022_KR && (c == SHIFT_OUT || c == SHIFT_IN));
}

static enum step
put_switch (struct codec_state *s, struct work *w, uint32_t c)
{
    struct work part = {.out = w->instead, .out_end = w->instead + sizeof w->instead};
    iso2022_put_ascii (s, &part, c);
    lacking (w, c, 1);
    w->n_instead = (unsigned) (part.out - w->instead);
    return STEP_BAD;
}

/* --- HZ: "~{" and "~}" instead of escape sequences; in G0, S_GB or nothing --- */

static enum step
hz_decode_one (struct codec *codec, struct codec_state *s, struct work *w)
{
    unsigned char b = *w->in;
    bool gb = get (s, G0) == S_GB;
    if (b == '~') {
        if (left (w) < 2)
            return cut_off (w);
        unsigned char next = w->in[1];
        if (next == '~' && !gb)
            *w->out++ = '~';
        else if (next == (gb ? '}' : '{'))
            set (s, G0, gb ? S_ASCII : S_GB);
        else if (next != '\n' || gb)
            return bad_bytes (w, 1);
        w->in += 2;
        return STEP_DONE;
    }
    if (b >= 0x80)
        return bad_bytes (w, 1);
    if (!gb) {
        *w->out++ = b;
        w->in++;
        return STEP_DONE;
    }
    enum step step = put_decoded (codec, w, S_GB, 0);
    return step == STEP_BAD && left (w) >= 2 ? bad_bytes (w, 1) : step;
}

static bool
hz_encode_one (struct codec_state *s, struct work *w, uint32_t c)
{
    unsigned key = c < 0x80 ? 0 : encode_in (S_GB, c);
    bool gb = get (s, G0) == S_GB;
    if (c >= 0x80 && !key)
        return false;
    if (gb != (key != 0))
        put_text (w, gb ? "~}" : "~{");
    set (s, G0, key ? S_GB : S_ASCII);
    *w->out++ = (unsigned char) (key ? key >> 8 : c);
    if (key)
        *w->out++ = (unsigned char) key;
    else if (c == '~')
        *w->out++ = '~';
    return true;
}

/* --- what both have in common --- */

/* Copies characters that are ASCII in all of these encodings. */
static void
copy_plain (struct work *w)
{
    size_t n = room (w) - LONGEST < left (w) ? room (w) - LONGEST : left (w);
    const unsigned char *in = w->in;
    size_t i = 0;
    for (; i < n && ((in[i] >= 0x20 && in[i] < '~') || in[i] == '\n'); i++)
        w->out[i] = in[i];
    w->in += i;
    w->out += i;
}

/* Whether bytes of ASCII mean themselves in this state. */
static bool
is_plain (const struct codec_state *s)
{
    return get (s, G0) == S_ASCII && !get (s, SHIFTED) && !s->b;
}

static enum step
decode (struct codec *codec, struct codec_state *s, struct work *w)
{
    while (w->in < w->in_end) {
        if (room (w) < LONGEST)
            return STEP_FULL;
        const unsigned char *begin = w->in;
        if (is_plain (s))
            copy_plain (w);
        else if (!s->b)
            decode_known (codec, w, current (s));
        if (w->in > begin)
            continue;
        enum step step =
            codec->variant == HZ ? hz_decode_one (codec, s, w) : iso2022_decode_one (codec, s, w);
        if (step != STEP_DONE)
            return step;
    }
    return STEP_DONE;
}

static bool
has_pairs (const struct codec *codec)
{
    return codec->variant == ISO2022_JP_2004 || codec->variant == ISO2022_JP_3;
}

static enum step
encode (struct codec *codec, struct codec_state *s, struct work *w)
{
    while (w->in < w->in_end) {
        if (room (w) >= LONGEST && is_plain (s))
            copy_plain (w);
        else
            encode_known (codec, w, current (s));
        if (w->in == w->in_end)
            break;
        uint32_t c;
        int n = utf8_get (w->in, w->in_end, &c, true);
        if (n <= 0)
            return utf8_trouble (w, n);
        if (room (w) < LONGEST)
            return STEP_FULL;
        if (codec->variant != HZ && is_switch (codec, c))
            return put_switch (s, w, c);
        unsigned key = 0, number;
        bool wait = false;
        const bool begins = has_pairs (codec) && begins_pair (&tempfile__jisx0213, c);
        if (begins)
            key = pair_key (&tempfile__jisx0213, w, c, &n, &wait);
        if (wait)
            return STEP_SHORT;
        if (key)
            iso2022_put (codec, s, w, (enum charset) variants[codec->variant][1], key);
        else if (!(codec->variant == HZ ? hz_encode_one (s, w, c)
                                        : iso2022_encode_one (codec, s, w, c)))
            return lacking (w, c, n);
        number = number_of (codec, current (s));
        if (c < 0x10000 && !begins && number < REMEMBERED)
            *known_bytes (codec, c) = c << 16 | joined (number, w->out[-2], w->out[-1]);
        w->in += n;
    }
    return STEP_DONE;
}

/*
 * As in Python: after a seek no set is selected, not even ASCII. At the start of the file, G1 keeps
 * its set.
 */
static void
iso2022_reposition (struct codec_state *s, bool start)
{
    unsigned g1 = get (s, G1);
    *s = (struct codec_state){0, 0};
    if (start)
        set (s, G1, g1);
    else
        set (s, G0, S_UNKNOWN);
}

static const struct codec_ops iso2022_ops = {
    .decode = decode, .encode = encode, .reposition = iso2022_reposition};
static const struct codec_ops hz_ops = {.decode = decode, .encode = encode};

struct codec *
tempfile__codec_iso2022 (enum iso2022 variant)
{
    return remembering_codec ((struct codec){.ops = variant == HZ ? &hz_ops : &iso2022_ops,
                                             .stateful = true,
                                             .unit = 1,
                                             .variant = variant});
}
