/* SPDX-License-Identifier: MIT */
/*
 * Character sets by iconv. Tables fill as characters are met:
 *
 *     one[b]        the byte B alone
 *     two[b][c]     two bytes; a row is made when its first byte is met
 *     pages[p][c]   from characters to bytes, 256 to a page
 *
 * Longer sequences (the third plane of EUC-JP, the four bytes of GB18030) are asked for each
 * time, through a small cache.
 */
#include "base/export.h"

#include "base/process.h"
#include "text/charset.h"
#include "text/utf8.h"

#include <errno.h>
#include <iconv.h>

/* Beside characters and pairs, a table of decoding holds: */
enum { UNKNOWN = 0x110000, MORE, NONE };

enum { PAGES = 0x1100, ALL_PAIRS = 64, CACHE = 1024 };

/* Entries of a table of encoding: the bytes, first byte highest, above their number; of four
 * bytes, the bytes. No set has a sequence of four that begins below 0x81. */
enum { NOT_ASKED = 0, NO_BYTES = 5 };
enum { NOT_SAME = 0x40 }; /* with the number */

struct cached {
    uint32_t key, c;
};

struct charset {
    iconv_t from, to; /* to and from UTF-8 */
    uint32_t one[256];
    uint32_t *two[256];
    uint32_t *pages[PAGES];
    struct cached *cache; /* sequences of three and four bytes */
    uint32_t pairs[ALL_PAIRS][2];
    uint32_t n_pairs;
    bool narrow; /* see tempfile__charset_narrow() */
};

/* NOLINTNEXTLINE(misc-misplaced-const): whatever iconv_t is, this is constant */
static const iconv_t no_iconv = (iconv_t) -1;

/* One whole conversion: bytes made, or -1 with errno. What iconv only approximates is refused. */
static int
convert (iconv_t cd, const unsigned char *in, size_t n, unsigned char *out, size_t size)
{
    char *from = (char *) (uintptr_t) in, *to = (char *) out;
    size_t space = size;
    iconv (cd, NULL, NULL, NULL, NULL);
    size_t approximated = iconv (cd, &from, &n, &to, &space);
    if (approximated == 0 && n == 0)
        approximated = iconv (cd, NULL, NULL, &to, &space);
    if (approximated == 0)
        return (int) (size - space);
    if (approximated != (size_t) -1 || errno == E2BIG)
        errno = EILSEQ;
    return -1;
}

static uint32_t
keep_pair (struct charset *s, uint32_t c, uint32_t d)
{
    for (uint32_t i = 0; i < s->n_pairs; i++)
        if (s->pairs[i][0] == c && s->pairs[i][1] == d)
            return PAIR + i;
    if (s->n_pairs == ALL_PAIRS)
        return NONE;
    s->pairs[s->n_pairs][0] = c;
    s->pairs[s->n_pairs][1] = d;
    return PAIR + s->n_pairs++;
}

enum { WIDE_BACKSLASH = 0xff3c, WIDE_TILDE = 0xff5e };

static uint32_t
narrowed (uint32_t c)
{
    return c == WIDE_BACKSLASH ? '\\' : c == WIDE_TILDE ? '~' : c;
}

/* NO_CHARACTER: its bytes are another's. */
static uint32_t
widened (uint32_t c)
{
    if (c == '\\')
        return WIDE_BACKSLASH;
    if (c == '~')
        return WIDE_TILDE;
    return narrowed (c) == c ? c : NO_CHARACTER;
}

/* What the N bytes at P are: a character, a pair, MORE or NONE. */
static uint32_t
ask (struct charset *s, const unsigned char *p, size_t n)
{
    unsigned char out[16];
    int made = convert (s->from, p, n, out, sizeof out);
    if (made < 0)
        return errno == EINVAL ? MORE : NONE;
    uint32_t c, d;
    int first = made > 0 ? utf8_get (out, out + made, &c, false) : 0;
    if (first <= 0)
        return NONE;
    if (first == made)
        return s->narrow ? narrowed (c) : c;
    int second = utf8_get (out + first, out + made, &d, false);
    return second > 0 && first + second == made ? keep_pair (s, c, d) : NONE;
}

static uint32_t
ask_two (struct charset *s, const unsigned char *p)
{
    uint32_t **row = &s->two[p[0]];
    if (!*row) {
        *row = malloc (256 * sizeof **row);
        if (!*row)
            return ask (s, p, 2);
        for (int i = 0; i < 256; i++)
            (*row)[i] = UNKNOWN;
    }
    uint32_t *c = &(*row)[p[1]];
    if (*c == UNKNOWN)
        *c = ask (s, p, 2);
    return *c;
}

static uint32_t
ask_longer (struct charset *s, const unsigned char *p, unsigned n)
{
    uint32_t key = (n == 4 ? (uint32_t) p[3] : 0) | (uint32_t) p[2] << 8 | (uint32_t) p[1] << 16 |
                   (uint32_t) p[0] << 24;
    if (!s->cache)
        s->cache = calloc (CACHE, sizeof *s->cache);
    if (!s->cache)
        return ask (s, p, n);
    struct cached *c = &s->cache[(key ^ key >> 8 ^ key >> 16) % CACHE];
    if (c->key != key) {
        c->c = ask (s, p, n);
        c->key = key;
    }
    return c->c;
}

void
tempfile__charset_narrow (struct charset *s)
{
    s->narrow = true;
}

uint32_t
tempfile__charset_decode (struct charset *s, const unsigned char *p, const unsigned char *end,
                          unsigned *length)
{
    uint32_t c = s->one[p[0]];
    unsigned n = 1;
    while (c == MORE && n < 4) {
        if ((size_t) (end - p) <= n) {
            *length = 0;
            return NO_CHARACTER;
        }
        n++;
        c = n == 2 ? ask_two (s, p) : ask_longer (s, p, n);
    }
    *length = n;
    if (c < UNKNOWN || c >= PAIR)
        return c;
    *length = 1;
    return NO_CHARACTER;
}

const uint32_t *
tempfile__charset_pair (const struct charset *s, uint32_t pair)
{
    return s->pairs[pair - PAIR];
}

static uint32_t
pack (const unsigned char *bytes, int n)
{
    /* cppcheck-suppress uninitvar ; the caller's other argument has filled it */
    if (n < 1 || n > 4 || (n == 4 && bytes[0] < 0x81))
        return NO_BYTES;
    uint32_t packed = 0;
    for (int i = 0; i < n; i++)
        packed = packed << 8 | bytes[i];
    return n == 4 ? packed : packed | (uint32_t) n << 24;
}

static unsigned
unpack (uint32_t packed, unsigned char bytes[4])
{
    if (packed == NO_BYTES)
        return 0;
    unsigned n = packed >> 24 & ~(unsigned) NOT_SAME;
    if (packed >> 24 >= 0x81)
        n = 4;
    for (unsigned i = n; i-- > 0; packed >>= 8)
        bytes[i] = (unsigned char) packed;
    return n;
}

static uint32_t
ask_bytes (struct charset *s, uint32_t c)
{
    unsigned char in[4], out[16];
    uint32_t asked = s->narrow ? widened (c) : c;
    if (is_surrogate (c) || asked == NO_CHARACTER)
        return NO_BYTES;
    int n = convert (s->to, in, utf8_put (in, asked), out, sizeof out);
    uint32_t packed = pack (out, n);
    if (packed == NO_BYTES || n == 4)
        return packed;
    uint32_t back = ask (s, out, (size_t) n);
    bool same = back < UNKNOWN && utf8_length (back) == utf8_length (c);
    return same ? packed : packed | (uint32_t) NOT_SAME << 24;
}

static unsigned
found (uint32_t packed, unsigned char bytes[4], bool *same)
{
    *same = packed >> 24 >= 0x81 || !(packed >> 24 & NOT_SAME);
    return unpack (packed, bytes);
}

unsigned
tempfile__charset_encode (struct charset *s, uint32_t c, unsigned char bytes[4], bool *same)
{
    uint32_t **page = &s->pages[c >> 8];
    if (!*page)
        *page = calloc (256, sizeof **page);
    if (!*page)
        return found (ask_bytes (s, c), bytes, same);
    uint32_t *entry = &(*page)[c & 0xff];
    if (*entry == NOT_ASKED)
        *entry = ask_bytes (s, c);
    return found (*entry, bytes, same);
}

unsigned
tempfile__charset_encode_pair (struct charset *s, uint32_t c, uint32_t d, unsigned char bytes[4])
{
    unsigned char in[8], out[16];
    size_t n = utf8_put (in, c);
    n += utf8_put (in + n, d);
    return unpack (pack (out, convert (s->to, in, n, out, sizeof out)), bytes);
}

static bool
among (uint32_t c, const uint16_t *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (list[i] == c)
            return true;
    return false;
}

bool
tempfile__pair_first (uint32_t c)
{
    static const uint16_t firsts[] = {0x00ca, 0x00ea, 0x00e6, 0x0254, 0x0259,
                                      0x025a, 0x028c, 0x02e5, 0x02e9};
    static const bool kana[256] = {
        [0x4b] = true, [0x4d] = true, [0x4f] = true, [0x51] = true, [0x53] = true,
        [0xab] = true, [0xad] = true, [0xaf] = true, [0xb1] = true, [0xb3] = true,
        [0xbb] = true, [0xc4] = true, [0xc8] = true};
    if (c >> 8 == 0x30)
        return kana[c & 0xff];
    return c == 0x31f7 || (c < 0x300 && among (c, firsts, sizeof firsts / sizeof firsts[0]));
}

bool
tempfile__pair_second (uint32_t c)
{
    static const uint16_t seconds[] = {0x0300, 0x0301, 0x0304, 0x030c, 0x02e5, 0x02e9, 0x309a};
    return among (c, seconds, sizeof seconds / sizeof seconds[0]);
}

/* --- what is easy --- */

void
tempfile__charset_decode_easy (const struct charset *s, struct work *w, bool ascii)
{
    const unsigned char *in = w->in;
    unsigned char *out = w->out;
    while (w->in_end - in >= 2 * RUN && w->out_end - out >= 3 * RUN) {
        if (ascii && is_ascii_run (in)) {
            memcpy (out, in, RUN);
            in += RUN;
            out += RUN;
            continue;
        }
        for (int i = 0; i < RUN; i++) {
            uint32_t c = ascii && *in < 0x80 ? *in : s->one[*in];
            const uint32_t *row = c == MORE ? s->two[*in] : NULL;
            if (row)
                c = row[in[1]];
            if (c >= 0x10000)
                goto hard;
            out += utf8_put_short (out, c);
            in += row ? 2 : 1;
        }
    }
hard:
    w->in = in;
    w->out = out;
}

void
tempfile__charset_decode_94 (const struct charset *s, struct work *w)
{
    const unsigned char *in = w->in;
    unsigned char *out = w->out;
    for (; w->in_end - in >= 2 && w->out_end - out >= LONGEST; in += 2) {
        if (in[0] < 0x21 || in[0] > 0x7e || in[1] < 0x21 || in[1] > 0x7e)
            break;
        const uint32_t *row = s->two[in[0] | 0x80];
        uint32_t c = row ? row[in[1] | 0x80] : NONE;
        if (c >= 0x10000)
            break;
        out += utf8_put_short (out, c);
    }
    w->in = in;
    w->out = out;
}

/* The entry of C, if it has bytes that come back; else NO_BYTES or NOT_ASKED. */
static uint32_t
known_bytes (const struct charset *s, uint32_t c)
{
    const uint32_t *page = s->pages[c >> 8];
    uint32_t packed = page ? page[c & 0xff] : NO_BYTES;
    return packed >> 24 >= 0x81 || packed >> 24 <= 3 ? packed : NO_BYTES;
}

/* The bytes of such an entry, where four can be written. */
static unsigned
put_known (uint32_t packed, unsigned char *out)
{
    unsigned n = packed >> 24;
    if (n >= 0x81)
        n = 4;
    packed <<= 32 - 8 * n;
    out[0] = (unsigned char) (packed >> 24);
    out[1] = (unsigned char) (packed >> 16);
    out[2] = (unsigned char) (packed >> 8);
    out[3] = (unsigned char) packed;
    return n;
}

/* Whether the first of N characters may be one of a pair, for all that is known of what follows. */
static bool
may_be_pair (const uint16_t *c, unsigned n)
{
    if (!tempfile__pair_first (c[0]))
        return false;
    unsigned next = n > 1 && c[1] == NOTHING ? 2 : 1;
    return next >= n || tempfile__pair_second (c[next]);
}

/* How many of the characters are put. */
static unsigned
put_run (const struct charset *s, struct work *w, const uint16_t *c, unsigned n, bool ascii,
         bool pairs)
{
    unsigned char *out = w->out;
    unsigned i = 0;
    for (; i < n; i++) {
        uint32_t packed = known_bytes (s, c[i]);
        if (pairs && may_be_pair (c + i, n - i))
            break;
        if (packed >> 24 == 2 && (packed & 0x8000)) {
            *out++ = (unsigned char) (packed >> 8);
            *out++ = (unsigned char) packed;
            continue;
        }
        if (c[i] == NOTHING)
            continue;
        if (ascii && c[i] < 0x80) {
            *out++ = (unsigned char) c[i];
            continue;
        }
        if (packed >> 24 == 0)
            break;
        unsigned length = put_known (packed, out);
        if (ascii && out[0] < 0x80)
            break;
        out += length;
    }
    w->out = out;
    return i;
}

void
tempfile__charset_encode_easy (const struct charset *s, struct work *w, bool ascii, bool pairs)
{
    while (w->in_end - w->in >= ENOUGH && w->out_end - w->out >= 4 * SLOTS) {
        if (ascii && is_ascii_run (w->in)) {
            memcpy (w->out, w->in, RUN);
            w->in += RUN;
            w->out += RUN;
            continue;
        }
        uint16_t c[SLOTS];
        size_t used;
        unsigned n = get_run (w->in, c, &used);
        unsigned done = put_run (s, w, c, n, ascii, pairs);
        w->in += done < n ? length_of_run (c, done) : used;
        if (done < n || n == 0)
            return;
    }
}

/* The same of the character C, of three bytes, which are followed by those from P on. */
static bool
may_be_pair_before (uint32_t c, const unsigned char *p, const unsigned char *end)
{
    if (!tempfile__pair_first (c))
        return false;
    uint32_t next = end - p >= 3 ? get_three (p) : 0;
    return next == 0 || tempfile__pair_second (next);
}

void
tempfile__charset_encode_94 (const struct charset *s, struct work *w, bool pairs)
{
    const unsigned char *in = w->in;
    unsigned char *out = w->out;
    for (; w->in_end - in >= 3 && w->out_end - out >= LONGEST; in += 3) {
        uint32_t c = get_three (in);
        uint32_t packed = c ? known_bytes (s, c) : NO_BYTES;
        if (packed >> 24 != 2 || (packed & 0x8080) != 0x8080 || (packed & 0x7f00) < 0x2100 ||
            (packed & 0x7f) < 0x21 || (pairs && may_be_pair_before (c, in + 3, w->in_end)))
            break;
        *out++ = packed >> 8 & 0x7f;
        *out++ = packed & 0x7f;
    }
    w->in = in;
    w->out = out;
}

/*
 * libc loads and unloads a set's code under locks of its own, which a fork at that moment would
 * leave locked in the child: exit() may wait for one of them as well. So no fork comes between.
 */
static int
open_both (struct charset *s, const char *name)
{
    tempfile__lock (LOCK_CHARSETS);
    s->from = iconv_open ("UTF-8", name);
    s->to = s->from == no_iconv ? no_iconv : iconv_open (name, "UTF-8");
    int err = errno;
    tempfile__unlock (LOCK_CHARSETS);
    errno = err;
    return s->to == no_iconv ? -1 : 0;
}

static void
close_both (struct charset *s)
{
    tempfile__lock (LOCK_CHARSETS);
    if (s->from != no_iconv)
        iconv_close (s->from);
    if (s->to != no_iconv)
        iconv_close (s->to);
    tempfile__unlock (LOCK_CHARSETS);
}

void
tempfile__charset_close (struct charset *s)
{
    close_both (s);
    for (int i = 0; i < 256; i++)
        free (s->two[i]);
    for (int i = 0; i < PAGES; i++)
        free (s->pages[i]);
    free (s->cache);
    free (s);
}

struct charset *
tempfile__charset_open (const char *name)
{
    struct charset *s = calloc (1, sizeof *s);
    if (!s)
        return NULL;
    if (open_both (s, name) < 0) {
        int err = errno;
        tempfile__charset_close (s);
        errno = err;
        return NULL;
    }
    for (int i = 0; i < 256; i++) {
        unsigned char byte = (unsigned char) i;
        s->one[i] = ask (s, &byte, 1);
    }
    return s;
}
