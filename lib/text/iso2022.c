/* SPDX-License-Identifier: MIT */
/*
 * The codecs that switch between sets by escape sequences: the ISO-2022 family, and HZ.
 *
 * The switching is done here, so that the state is a handful of bytes that can be put aside and
 * taken up again; what the sets hold is iconv's, by way of the encodings in which the same sets
 * stand in the upper half of the bytes.
 *
 * codec_state.a: the set in G0, that in G1, that in G2, and whether G1 is shifted in; a byte
 * each. codec_state.b: whether an escape sequence of another kind is under way, the colour of a
 * terminal, say; it stays in the text, up to the letter that ends it.
 */
#include "base/export.h"

#include "text/charset.h"
#include "text/codec.h"
#include "text/utf8.h"

#include <errno.h>

enum set {
    S_ASCII, /* 0: what a text starts with */
    S_ROMAN,
    S_KANA,
    S_0208_OLD,
    S_0208,
    S_0212,
    S_0213_1_2000,
    S_0213_1,
    S_0213_2,
    S_GB,
    S_KS,
    S_LATIN1,
    S_GREEK,
    SETS,
    S_UNKNOWN /* after a change of place: nothing is in G0, so that the next character sets it */
};

/* Which encoding holds the set, and what stands before its bytes there. */
enum { BY_EUC_JP, BY_EUC_JISX0213, BY_EUC_CN, BY_EUC_KR, BY_GREEK, SOURCES, BY_RULE };

static const char *const sources[SOURCES] = {"EUC-JP", "EUC-JISX0213", "EUC-CN", "EUC-KR",
                                             "ISO-8859-7"};

struct description {
    unsigned char source, prefix, width;
    char escape[5]; /* what puts it into G0, or, the last two, into G2; its end is its name */
};

static const struct description sets[SETS] = {
    [S_ASCII] = {BY_RULE, 0, 1, "\x1b(B"},
    [S_ROMAN] = {BY_RULE, 0, 1, "\x1b(J"},
    [S_KANA] = {BY_RULE, 0, 1, "\x1b(I"},
    [S_0208_OLD] = {BY_EUC_JP, 0, 2, "\x1b$@"},
    [S_0208] = {BY_EUC_JP, 0, 2, "\x1b$B"},
    [S_0212] = {BY_EUC_JP, 0x8f, 2, "\x1b$(D"},
    [S_0213_1_2000] = {BY_EUC_JISX0213, 0, 2, "\x1b$(O"},
    [S_0213_1] = {BY_EUC_JISX0213, 0, 2, "\x1b$(Q"},
    [S_0213_2] = {BY_EUC_JISX0213, 0x8f, 2, "\x1b$(P"},
    [S_GB] = {BY_EUC_CN, 0, 2, "\x1b$A"},
    [S_KS] = {BY_EUC_KR, 0, 2, "\x1b$(C"},
    [S_LATIN1] = {BY_RULE, 0, 1, "\x1b.A"},
    [S_GREEK] = {BY_GREEK, 0, 1, "\x1b.F"},
};

/* The sets of each variant, in the order in which they are tried; S_ASCII ends the list. */
static const unsigned char variants[][9] = {
    [ISO2022_JP] = {S_0208, S_ROMAN, S_0208_OLD},
    [ISO2022_JP_1] = {S_0208, S_0212, S_ROMAN, S_0208_OLD},
    [ISO2022_JP_2] = {S_0208, S_0212, S_KS, S_GB, S_ROMAN, S_0208_OLD, S_LATIN1, S_GREEK},
    [ISO2022_JP_2004] = {S_0208, S_0213_1, S_0213_2},
    [ISO2022_JP_3] = {S_0208, S_0213_1_2000, S_0213_2},
    [ISO2022_JP_EXT] = {S_0208, S_0212, S_ROMAN, S_KANA, S_0208_OLD},
    [ISO2022_KR] = {S_KS},
    [HZ] = {S_GB},
};

struct switching {
    struct codec codec; /* must be first; variant: enum iso2022 */
    struct charset *sources[SOURCES];
};

enum { ESC = 0x1b, SHIFT_OUT = 0x0e, SHIFT_IN = 0x0f };

/* An escape sequence of another kind. */
enum foreign { NONE, BEGUN, UNDER_WAY };

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

static bool
is_allowed (const struct codec *codec, enum set which)
{
    if (which == S_ASCII)
        return true;
    for (const unsigned char *v = variants[codec->variant]; *v != S_ASCII; v++)
        if (*v == which)
            return true;
    return false;
}

/* --- single characters --- */

static uint32_t
decode_by_rule (enum set which, unsigned char b)
{
    if (which == S_ROMAN)
        return b == 0x5c ? 0xa5 : b == 0x7e ? 0x203e : b;
    if (which == S_KANA)
        return b >= 0x21 && b <= 0x5f ? 0xff40u + b : NO_CHARACTER;
    if (b >= 0x80)
        return NO_CHARACTER;
    return which == S_LATIN1 ? b | 0x80u : b;
}

/* The character of the bytes P in the set; NO_CHARACTER, or a pair, as of a charset. */
static uint32_t
decode_in (struct switching *t, enum set which, const unsigned char *p)
{
    const struct description *d = &sets[which];
    if (d->source == BY_RULE)
        return decode_by_rule (which, p[0]);
    unsigned char bytes[3];
    unsigned n = 0, length;
    if (d->prefix)
        bytes[n++] = d->prefix;
    for (unsigned i = 0; i < d->width; i++) {
        if (d->width == 2 && (p[i] < 0x21 || p[i] > 0x7e))
            return NO_CHARACTER;
        bytes[n++] = p[i] ^ 0x80;
    }
    /* Three signs came into the Greek encoding after the set was registered. */
    if (which == S_GREEK && (p[0] == 0x24 || p[0] == 0x25 || p[0] == 0x2a))
        return NO_CHARACTER;
    uint32_t c = tempfile__charset_decode (t->sources[d->source], bytes, bytes + n, &length);
    return length == n ? c : NO_CHARACTER;
}

static bool
encode_by_rule (enum set which, uint32_t c, unsigned char *p)
{
    uint32_t b = 0;
    if (which == S_ROMAN)
        b = c == 0xa5 ? 0x5c : c == 0x203e ? 0x7e : 0;
    if (which == S_KANA && c >= 0xff61 && c <= 0xff9f)
        b = c - 0xff40;
    *p = (unsigned char) b;
    return b != 0;
}

/* The bytes, without their upper bits, of what the source says C, and D if there is one, are. */
static bool
encode_in (struct switching *t, enum set which, uint32_t c, uint32_t second, unsigned char *p)
{
    const struct description *d = &sets[which];
    if (d->source == BY_RULE)
        return encode_by_rule (which, c, p);
    if (d->width == 1)
        return false;
    unsigned char bytes[4];
    bool same;
    unsigned n = second ? tempfile__charset_encode_pair (t->sources[d->source], c, second, bytes)
                        : tempfile__charset_encode (t->sources[d->source], c, bytes, &same);
    unsigned skip = d->prefix ? 1 : 0;
    if (n != skip + 2 || (skip && bytes[0] != d->prefix))
        return false;
    if (bytes[skip] < 0xa1 || bytes[skip + 1] < 0xa1)
        return false;
    p[0] = bytes[skip] & 0x7f;
    p[1] = bytes[skip + 1] & 0x7f;
    return true;
}

static enum step
put_decoded (struct switching *t, struct work *w, enum set which, unsigned skip)
{
    unsigned width = sets[which].width;
    if (left (w) < skip + width)
        return cut_off (w);
    uint32_t c = decode_in (t, which, w->in + skip);
    if (c == NO_CHARACTER)
        return bad_bytes (w, skip + width);
    const uint32_t *pair =
        c >= PAIR ? tempfile__charset_pair (t->sources[sets[which].source], c) : NULL;
    w->out += utf8_put (w->out, pair ? pair[0] : c);
    if (pair)
        w->out += utf8_put (w->out, pair[1]);
    w->in += skip + width;
    return STEP_DONE;
}

/* --- decoding ISO-2022 --- */

/* What follows the ESC of those sequences that name a set; all others are none of ours. */
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

/* The text goes on with C: an escape sequence of another kind begins, goes on or ends. */
static void
follow (struct codec_state *s, uint32_t c)
{
    if (s->b != NONE)
        s->b = ends_escape (c) ? NONE : UNDER_WAY;
    else if (c == ESC)
        s->b = BEGUN;
}

/* An announcement, "&@", goes before the sequence for the set in its revision of 1990. Like Python,
 * take any of that length for it. */
static bool
has_revisions (const struct codec *codec)
{
    return codec->variant != ISO2022_KR;
}

/* How long the sequence at the input is; 0: it is cut off, 1: longer than any. */
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

/* The set of a name, which is the end of the sequence that puts it somewhere. */
static enum set
set_named (const struct codec *codec, unsigned char name, unsigned width)
{
    for (enum set i = S_ASCII; i < SETS; i++)
        if (is_allowed (codec, i) && sets[i].width == width &&
            sets[i].escape[strlen (sets[i].escape) - 1] == (char) name)
            return i;
    return SETS;
}

/* The set that the sequence P names, and in *PLACE where it goes; SETS: none. */
static enum set
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
take_escape (struct switching *t, struct codec_state *s, struct work *w)
{
    if (left (w) < 2)
        return cut_off (w);
    if (w->in[1] == 'N' && t->codec.variant == ISO2022_JP_2)
        return put_decoded (t, w, (enum set) get (s, G2), 2);
    if (!is_intermediate (w->in[1])) {
        follow (s, ESC);
        *w->out++ = *w->in++;
        return STEP_DONE;
    }
    unsigned length = escape_length (&t->codec, w);
    if (length == 0)
        return cut_off (w);
    enum place place;
    enum set found = designated (&t->codec, w->in, length, &place);
    if (found == SETS)
        return bad_bytes (w, length);
    set (s, place, found);
    w->in += length;
    return STEP_DONE;
}

/* Of a sequence of another kind, whatever it is made of. */
static enum step
pass_foreign (struct codec_state *s, struct work *w)
{
    unsigned char b = *w->in++;
    w->out += utf8_put (w->out, b);
    follow (s, b);
    return STEP_DONE;
}

static enum step
iso2022_decode_one (struct switching *t, struct codec_state *s, struct work *w)
{
    unsigned char b = *w->in;
    if (s->b != NONE)
        return pass_foreign (s, w);
    if (b == ESC)
        return take_escape (t, s, w);
    if (t->codec.variant == ISO2022_KR && (b == SHIFT_OUT || b == SHIFT_IN)) {
        set (s, SHIFTED, b == SHIFT_OUT);
        w->in++;
        return STEP_DONE;
    }
    if (b == '\n')
        set (s, SHIFTED, 0);
    unsigned which = get (s, get (s, SHIFTED) ? G1 : G0);
    if (b < 0x20 || which == S_ASCII || which >= SETS) {
        if (b >= 0x80)
            return bad_bytes (w, 1);
        *w->out++ = b;
        w->in++;
        return STEP_DONE;
    }
    if (b >= 0x80 || which == S_LATIN1 || which == S_GREEK)
        return bad_bytes (w, 1);
    return put_decoded (t, w, (enum set) which, 0);
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
    follow (s, c);
}

static void
iso2022_put (struct switching *t, struct codec_state *s, struct work *w, enum set which,
             const unsigned char *bytes)
{
    if (t->codec.variant == ISO2022_KR) {
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
    memcpy (w->out, bytes, sets[which].width);
    w->out += sets[which].width;
}

static bool
iso2022_encode_one (struct switching *t, struct codec_state *s, struct work *w, uint32_t c,
                    uint32_t second)
{
    if (c < 0x80) {
        iso2022_put_ascii (s, w, c);
        return true;
    }
    unsigned char bytes[2];
    for (const unsigned char *v = variants[t->codec.variant]; *v != S_ASCII; v++) {
        if (!encode_in (t, (enum set) * v, c, second, bytes))
            continue;
        iso2022_put (t, s, w, (enum set) * v, bytes);
        return true;
    }
    return false;
}

/* Whether C will be taken for something else when it is read, because of what is before it. */
static bool
is_misread (const struct codec *codec, const struct codec_state *s, uint32_t c)
{
    if (s->b == NONE)
        return codec->variant == ISO2022_KR && (c == SHIFT_OUT || c == SHIFT_IN);
    if (c >= 0x80)
        return true;
    return s->b == BEGUN && (is_intermediate (c) || (c == 'N' && codec->variant == ISO2022_JP_2));
}

/* Python writes it all the same; so do we, and say that it does not come back. */
static enum step
put_misread (struct switching *t, struct codec_state *s, struct work *w, uint32_t c, int n)
{
    struct work part = {.out = w->instead, .out_end = w->instead + sizeof w->instead};
    s->b = NONE;
    bool has_it = iso2022_encode_one (t, s, &part, c, 0);
    lacking (w, c, n);
    if (has_it)
        w->n_instead = (unsigned) (part.out - w->instead);
    return STEP_BAD;
}

/* --- HZ: "~{" and "~}" instead of escape sequences; in G0, S_GB or nothing --- */

static enum step
hz_decode_one (struct switching *t, struct codec_state *s, struct work *w)
{
    unsigned char b = *w->in;
    if (b == '~') {
        if (left (w) < 2)
            return cut_off (w);
        unsigned char next = w->in[1];
        bool gb = get (s, G0) == S_GB;
        if (next == '~' && !gb)
            *w->out++ = '~';
        else if (next == '{' && !gb)
            set (s, G0, S_GB);
        else if (next == '}' && gb)
            set (s, G0, S_ASCII);
        else if (next != '\n')
            return bad_bytes (w, 1);
        w->in += 2;
        return STEP_DONE;
    }
    if (b >= 0x80)
        return bad_bytes (w, 1);
    if (get (s, G0) != S_GB) {
        *w->out++ = b;
        w->in++;
        return STEP_DONE;
    }
    if (left (w) < 2)
        return cut_off (w);
    enum step step = put_decoded (t, w, S_GB, 0);
    return step == STEP_BAD ? bad_bytes (w, 1) : step;
}

static bool
hz_encode_one (struct switching *t, struct codec_state *s, struct work *w, uint32_t c)
{
    unsigned char bytes[2];
    bool gb = get (s, G0) == S_GB;
    if (c < 0x80) {
        if (gb)
            put_text (w, "~}");
        set (s, G0, S_ASCII);
        *w->out++ = (unsigned char) c;
        if (c == '~')
            *w->out++ = '~';
        return true;
    }
    if (!encode_in (t, S_GB, c, 0, bytes))
        return false;
    if (!gb)
        put_text (w, "~{");
    set (s, G0, S_GB);
    memcpy (w->out, bytes, 2);
    w->out += 2;
    return true;
}

/* --- what both have in common --- */

/* The set of what comes next. */
static unsigned
current (const struct codec_state *s)
{
    return get (s, get (s, SHIFTED) ? G1 : G0);
}

/* Whether it is one of two bytes that nothing stands before. */
static bool
is_94 (unsigned which)
{
    return which < SETS && sets[which].width == 2 && !sets[which].prefix;
}

/* Copies what is ASCII in any of these encodings, and nothing else. */
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

/* Goes ahead as long as it is easy, which is within one set. There is room for LONGEST. */
static void
decode_easy (struct switching *t, const struct codec_state *s, struct work *w)
{
    unsigned which = current (s);
    if (s->b != NONE)
        return;
    if (which == S_ASCII && !get (s, SHIFTED))
        copy_plain (w);
    else if (is_94 (which))
        tempfile__charset_decode_94 (t->sources[sets[which].source], w);
}

static enum step
decode (struct codec *codec, struct codec_state *s, struct work *w)
{
    struct switching *t = (struct switching *) codec;
    while (w->in < w->in_end) {
        if (room (w) < LONGEST)
            return STEP_FULL;
        decode_easy (t, s, w);
        if (w->in == w->in_end)
            break;
        if (room (w) < LONGEST)
            return STEP_FULL;
        enum step step =
            codec->variant == HZ ? hz_decode_one (t, s, w) : iso2022_decode_one (t, s, w);
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

/* Another set than the one that is tried first may have to be left for that. */
static void
encode_easy (struct switching *t, const struct codec_state *s, struct work *w)
{
    unsigned which = current (s);
    if (s->b != NONE)
        return;
    if (which == S_ASCII)
        copy_plain (w);
    else if (which == variants[t->codec.variant][0])
        tempfile__charset_encode_94 (t->sources[sets[which].source], w, has_pairs (&t->codec));
}

static enum step
encode (struct codec *codec, struct codec_state *s, struct work *w)
{
    struct switching *t = (struct switching *) codec;
    while (w->in < w->in_end) {
        if (room (w) >= LONGEST)
            encode_easy (t, s, w);
        if (w->in == w->in_end)
            break;
        uint32_t c, d = 0;
        int n = utf8_get (w->in, w->in_end, &c, true);
        if (n <= 0)
            return utf8_trouble (w, n);
        if (room (w) < LONGEST)
            return STEP_FULL;
        if (codec->variant != HZ && is_misread (codec, s, c))
            return put_misread (t, s, w, c, n);
        int second = 0;
        if (has_pairs (codec) && tempfile__pair_first (c)) {
            second = w->in + n < w->in_end ? utf8_get (w->in + n, w->in_end, &d, true) : 0;
            if (second == 0 && !w->final)
                return STEP_SHORT;
        }
        if (second > 0 && tempfile__pair_second (d) && iso2022_encode_one (t, s, w, c, d)) {
            w->in += n + second;
            continue;
        }
        if (!(codec->variant == HZ ? hz_encode_one (t, s, w, c)
                                   : iso2022_encode_one (t, s, w, c, 0)))
            return lacking (w, c, n);
        w->in += n;
    }
    return STEP_DONE;
}

/*
 * As Python has it: elsewhere no set is known any more, not even ASCII; at the start, what was
 * in G1 still is.
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

static void
close_all (struct codec *codec)
{
    struct switching *t = (struct switching *) codec;
    for (int i = 0; i < SOURCES; i++)
        if (t->sources[i])
            tempfile__charset_close (t->sources[i]);
    free (t);
}

static const struct codec_ops iso2022_ops = {
    .decode = decode, .encode = encode, .reposition = iso2022_reposition, .close = close_all};
static const struct codec_ops hz_ops = {.decode = decode, .encode = encode, .close = close_all};

struct codec *
tempfile__codec_iso2022 (enum iso2022 variant)
{
    struct switching *t = calloc (1, sizeof *t);
    if (!t)
        return NULL;
    t->codec = (struct codec){.ops = variant == HZ ? &hz_ops : &iso2022_ops,
                              .stateful = true,
                              .unit = 1,
                              .variant = variant};
    for (const unsigned char *v = variants[variant]; *v != S_ASCII; v++) {
        unsigned source = sets[*v].source;
        if (source == BY_RULE || t->sources[source])
            continue;
        t->sources[source] = tempfile__charset_open (sources[source]);
        if (t->sources[source])
            continue;
        int err = errno;
        close_all (&t->codec);
        errno = err;
        return NULL;
    }
    return &t->codec;
}
