/* SPDX-License-Identifier: MIT */
/*
 * The encodings of several bytes without a state, on constant tables. An encoding has a list of
 * character sets, which are searched one after the other. It also has a layout: two functions that
 * convert bytes to keys and back, and compute the characters that follow a rule.
 *
 * A bad sequence counts as one bad byte, as in Python. A sequence that the end of the input cuts
 * off counts as a whole.
 */
#include "base/export.h"

#include "text/codec.h"
#include "text/known.h"
#include "text/tables.h"
#include "text/utf8.h"

struct coded;
struct multibyte {
    uint32_t (*get) (const struct multibyte *, const unsigned char *, size_t, unsigned *length);
    struct coded (*put) (const struct multibyte *, uint32_t c);
    struct coded (*put_key) (unsigned key); /* of a pair of characters */
    unsigned char places; /* how many second bytes the characters in daily use have */
    const struct set *sets[5];
    const struct set *pairs; /* the set that has pairs of characters */
    bool kana;               /* EUC: half-width katakana, after 0x8e */
    bool three;              /* EUC: three bytes, after 0x8f */
    bool makes_up;           /* EUC: eight bytes for Hangul that the set lacks */
    bool roman;              /* Shift JIS: 0x5c is the yen sign, and 0x7e the overline */
    bool yen; /* 0x5c and 0x7e are written for the yen sign and the overline, and read as ASCII */
    bool microsoft; /* Shift JIS: some single bytes, and a private area */
    bool four;      /* GB: four bytes, and private areas */
    bool of_2000; /* characters that JIS X 0213 got after 2000 are one bad sequence of two bytes */
};

/*
 * The bytes of a character; the last one is in the lowest bits. N is 0 if the encoding lacks the
 * character.
 */
struct coded {
    uint64_t bytes;
    unsigned n;
};

static const struct coded no_bytes = {0, 0};

/* --- sets --- */

INLINE struct coded
two (unsigned lead, unsigned trail)
{
    return (struct coded){lead << 8 | trail, 2};
}

INLINE struct coded
two_if (unsigned key)
{
    return key ? (struct coded){key, 2} : no_bytes;
}

/*
 * Numbers the characters that a set lacks, in blocks of 64 from FIRST on, which begins a page.
 * missing_before() returns how many there are before C. nth_missing() returns the N-th one; TOTAL
 * of the COUNT characters are missing.
 */
static unsigned
missing_before_block (const struct set *s, uint32_t first, unsigned block)
{
    unsigned at = (s->pages[first >> 8] - 1u) * 4;
    return 64 * block - (unsigned) (s->before[at + block] - s->before[at]);
}

static unsigned
missing_before (const struct set *s, uint32_t first, uint32_t c)
{
    unsigned block = (c - first) / 64;
    uint64_t bits = ~s->bits[(s->pages[first >> 8] - 1u) * 4 + block];
    return missing_before_block (s, first, block) +
           count_bits (bits & ((UINT64_C (1) << (c & 63)) - 1));
}

static uint32_t
nth_missing (const struct set *s, uint32_t first, unsigned count, unsigned total, unsigned n)
{
    unsigned last = (count - 1) / 64, block = n * last / total;
    while (missing_before_block (s, first, block) > n)
        block--;
    while (block < last && missing_before_block (s, first, block + 1) <= n)
        block++;
    n -= missing_before_block (s, first, block);
    uint64_t bits = ~s->bits[(s->pages[first >> 8] - 1u) * 4 + block];
    uint32_t c = first + 64 * block;
    for (unsigned width = 32; width > 0; width /= 2) {
        unsigned lower = count_bits (bits & ((UINT64_C (1) << width) - 1));
        if (n < lower)
            continue;
        n -= lower;
        bits >>= width;
        c += width;
    }
    return c;
}

/* --- Hangul by its parts --- */

enum {
    HANGUL = 0xac00,
    HANGUL_END = 0xd7a4,
    JAMO = 0x3131, /* 30 consonants, and 21 vowels */
    VOWELS = 30,
    JAMO_END = 0x3164,
    MIDDLES = 21,
    FINALS = 28, /* one of them stands for no final */
    NO_JAMO = 51
};

/* The consonants that can begin a syllable, and those that can end one, as indices among all. */
static const unsigned char initials[19] = {0,  1,  3,  6,  7,  8,  16, 17, 18, 20,
                                           21, 22, 23, 24, 25, 26, 27, 28, 29};
static const unsigned char finals[FINALS] = {NO_JAMO, 0,  1,  2,  3,  4,  5,  6,  8,  9,
                                             10,      11, 12, 13, 14, 15, 16, 17, 19, 20,
                                             21,      22, 23, 25, 26, 27, 28, 29};

/* Returns the index of JAMO in the N entries of LIST, or -1. */
static int
find_jamo (const unsigned char *list, int n, unsigned jamo)
{
    for (int i = 0; i < n; i++)
        if (list[i] == jamo)
            return i;
    return -1;
}

static uint32_t
syllable (int initial, int middle, int final)
{
    return HANGUL + (uint32_t) ((initial * MIDDLES + middle) * FINALS + final);
}

/* --- EUC: bytes are the row and the place, with the upper bit set --- */

/* KS X 1001, annex 3: a syllable is the filler and three parts, each of two bytes. */
enum { JAMO_LEAD = 0xa4, FILLER = 0xd4 };

static uint32_t
made_up (const unsigned char *p)
{
    for (int i = 2; i < 8; i += 2)
        if (p[i] != JAMO_LEAD || p[i + 1] < 0xa1)
            return NO_CHARACTER;
    int initial = find_jamo (initials, 19, p[3] - 0xa1u);
    int middle = p[5] - 0xa1 - VOWELS;
    int final = find_jamo (finals, FINALS, p[7] - 0xa1u);
    if (initial < 0 || middle < 0 || middle >= MIDDLES || final < 0)
        return NO_CHARACTER;
    return syllable (initial, middle, final);
}

static struct coded
make_up (uint32_t c)
{
    c -= HANGUL;
    uint64_t initial = initials[c / (MIDDLES * FINALS)], final = finals[c % FINALS];
    uint64_t middle = VOWELS + c / FINALS % MIDDLES;
    return (struct coded){UINT64_C (0xa4d4a4a1a4a1a4a1) + (initial << 32) + (middle << 16) + final,
                          8};
}

static uint32_t
get_euc (const struct multibyte *m, const unsigned char *p, size_t n, unsigned *length)
{
    unsigned need = m->three && p[0] == 0x8f ? 3 : 2;
    if (m->makes_up && n >= 2 && p[0] == JAMO_LEAD && p[1] == FILLER)
        need = 8;
    *length = n < need ? 0 : need;
    if (n < need)
        return NO_CHARACTER;
    if (need == 8)
        return made_up (p);
    if (m->kana && p[0] == 0x8e)
        return p[1] >= 0xa1 && p[1] <= 0xdf ? 0xfec0u + p[1] : NO_CHARACTER;
    unsigned plane = need == 3 ? 0x8000 : 0;
    p += need - 2;
    if (p[0] < 0xa1 || p[1] < 0xa1)
        return NO_CHARACTER;
    return sets_character (m->sets, ((p[0] & 0x7fu) << 8 | (p[1] & 0x7fu)) | plane);
}

static struct coded
put_euc (const struct multibyte *m, uint32_t c)
{
    if (m->kana && c >= 0xff61 && c <= 0xff9f)
        return two (0x8e, c - 0xfec0);
    if (m->yen && (c == 0xa5 || c == 0x203e))
        return (struct coded){c == 0xa5 ? 0x5c : 0x7e, 1};
    unsigned key = sets_key (m->sets, c);
    if (key & 0x8000)
        return (struct coded){0x8f8080 | key, 3};
    if (key)
        return (struct coded){0x8080 | key, 2};
    return m->makes_up && c >= HANGUL && c < HANGUL_END ? make_up (c) : no_bytes;
}

/* --- Shift JIS: two rows to a lead byte --- */

enum { PRIVATE = 0xe000, PRIVATE_END = 0xe758, PLACES = 188 };

/* The first rows of the second plane of JIS X 0213 that follow those of the first plane. */
static const unsigned char plane_2[9] = {1, 8, 3, 4, 5, 12, 13, 14, 15};

static unsigned
plane_2_key (unsigned row, unsigned place)
{
    row -= 94;
    row = row < 9 ? plane_2[row] : row - 9 + 78;
    return 0x8000 | (row + 0x20) << 8 | place;
}

static unsigned
plane_2_row (unsigned key)
{
    unsigned row = (key >> 8 & 0x7f) - 0x20;
    if (row >= 78)
        return row - 78 + 9 + 94;
    for (unsigned i = 0; i < 9; i++)
        if (plane_2[i] == row)
            return i + 94;
    return 0;
}

/* Returns the character of a single byte. */
INLINE uint32_t
sjis_single (const struct multibyte *m, unsigned b)
{
    if (b < 0x80)
        return !m->roman ? b : b == 0x5c ? 0xa5 : b == 0x7e ? 0x203e : b;
    if (b >= 0xa1 && b <= 0xdf)
        return 0xfec0 + b;
    if (!m->microsoft)
        return NO_CHARACTER;
    return b == 0x80 ? 0x80 : b == 0xa0 ? 0xf8f0 : 0xf8f1 + b - 0xfd;
}

INLINE bool
sjis_leads (const struct multibyte *m, unsigned b)
{
    if (b < 0xe0)
        return b >= 0x81 && b <= 0x9f;
    return b <= (m->roman || m->microsoft ? 0xfc : 0xea);
}

static uint32_t
get_sjis (const struct multibyte *m, const unsigned char *p, size_t n, unsigned *length)
{
    *length = 1;
    if (!sjis_leads (m, p[0]))
        return sjis_single (m, p[0]);
    *length = n < 2 ? 0 : 2;
    if (n < 2 || p[1] < 0x40 || p[1] == 0x7f || p[1] > 0xfc)
        return NO_CHARACTER;
    unsigned place = p[1] - (p[1] < 0x80 ? 0x40u : 0x41u);
    if (m->microsoft && p[0] >= 0xf0 && p[0] <= 0xf9)
        return PRIVATE + (p[0] - 0xf0u) * PLACES + place;
    unsigned row = 2 * (p[0] - (p[0] < 0xa0 ? 0x81u : 0xc1u)) + (place >= 94);
    place = 0x21 + (place >= 94 ? place - 94 : place);
    bool second = m->roman && row >= 94;
    uint32_t c =
        sets_character (m->sets, second ? plane_2_key (row, place) : (row + 0x21) << 8 | place);
    if (!m->roman)
        return c;
    /*
     * The bytes of '\\' and '~' mean other characters here. So these two have the codes of the
     * full-width ones.
     */
    return c == 0xff3c ? '\\' : c == 0xff5e ? '~' : c;
}

INLINE struct coded
sjis_bytes (unsigned row, unsigned place)
{
    unsigned lead = 0x81 + row / 2;
    place += row % 2 * 94;
    return two (lead < 0xa0 ? lead : lead + 0x40, place + (place < 63 ? 0x40 : 0x41));
}

/*
 * Returns the single byte of the yen sign, the overline, or one of Microsoft's characters; else 0.
 */
static unsigned
sjis_byte (const struct multibyte *m, uint32_t c)
{
    if (c == 0xa5 || c == 0x203e)
        return !m->roman && !m->yen ? 0 : c == 0xa5 ? 0x5c : 0x7e;
    if (!m->microsoft)
        return 0;
    return c == 0x80                   ? 0x80
           : c == 0xf8f0               ? 0xa0
           : c > 0xf8f0 && c <= 0xf8f3 ? c - 0xf8f1 + 0xfd
                                       : 0;
}

static struct coded
put_key_sjis (unsigned key)
{
    if (!key)
        return no_bytes;
    unsigned row = key & 0x8000 ? plane_2_row (key) : (key >> 8) - 0x21;
    return sjis_bytes (row, (key & 0xff) - 0x21);
}

static struct coded
put_sjis (const struct multibyte *m, uint32_t c)
{
    if (c >= 0xff61 && c <= 0xff9f)
        return (struct coded){c - 0xfec0, 1};
    unsigned byte = sjis_byte (m, c);
    if (byte)
        return (struct coded){byte, 1};
    if (m->microsoft && c >= PRIVATE && c < PRIVATE_END)
        return sjis_bytes (94 + (c - PRIVATE) / 94, (c - PRIVATE) % 94);
    if (m->roman && (c == 0xff3c || c == 0xff5e))
        return no_bytes;
    if (c < 0x80 && c != '\\' && c != '~')
        return (struct coded){c, 1};
    return put_key_sjis (sets_key (m->sets, c == '\\' ? 0xff3c : c == '~' ? 0xff5e : c));
}

/* --- Big5 --- */

static uint32_t
get_big5 (const struct multibyte *m, const unsigned char *p, size_t n, unsigned *length)
{
    *length = n < 2 ? 0 : 2;
    if (n < 2 || p[1] < 0x40 || (p[1] > 0x7e && p[1] < 0xa1))
        return NO_CHARACTER;
    return sets_character (m->sets, (unsigned) p[0] << 8 | (p[1] - (p[1] < 0x80 ? 0x40u : 0x62u)));
}

static struct coded
put_key_big5 (unsigned key)
{
    return two_if (key ? key + ((key & 0xff) < 0x3f ? 0x40 : 0x62) : 0);
}

static struct coded
put_big5 (const struct multibyte *m, uint32_t c)
{
    return put_key_big5 (sets_key (m->sets, c));
}

/* --- GBK and GB 18030 --- */

enum { IDEOGRAPHS = 0x4e00, IDEOGRAPHS_END = 0x9fa6, GBK_3 = 32 * 190, GBK_RULED = 14139 };

/* The characters that GB 2312 lacks, in numerical order: 32 rows of 190, then rows of 96. */
static int
gbk_number (unsigned lead, unsigned trail)
{
    unsigned place = trail - (trail < 0x7f ? 0x40 : 0x41);
    if (trail < 0x40 || trail == 0x7f || trail == 0xff || lead < 0x81 || lead == 0xff)
        return -1;
    unsigned number =
        lead < 0xa1 ? (lead - 0x81) * 190 + place : GBK_3 + (lead - 0xaa) * 96 + place;
    if (lead >= 0xa1 && (lead < 0xaa || trail >= 0xa1))
        return -1;
    return number < GBK_RULED ? (int) number : -1;
}

static struct coded
gbk_bytes (unsigned number)
{
    unsigned lead = number < GBK_3 ? 0x81 + number / 190 : 0xaa + (number - GBK_3) / 96;
    unsigned place = number < GBK_3 ? number % 190 : (number - GBK_3) % 96;
    return two (lead, place + (place < 0x3f ? 0x40 : 0x41));
}

/* The private areas of GB 18030: two with rows of 94, and one with rows of 96. */
static uint32_t
gb18030_private (unsigned lead, unsigned trail)
{
    if (trail >= 0xa1 && trail < 0xff && lead >= 0xaa && lead < 0xb0)
        return PRIVATE + (lead - 0xaa) * 94 + trail - 0xa1;
    if (trail >= 0xa1 && trail < 0xff && lead >= 0xf8 && lead < 0xff)
        return PRIVATE + 6 * 94 + (lead - 0xf8) * 94 + trail - 0xa1;
    if (trail >= 0x40 && trail < 0xa1 && trail != 0x7f && lead >= 0xa1 && lead < 0xa8)
        return PRIVATE + 13 * 94 + (lead - 0xa1) * 96 + trail - (trail < 0x7f ? 0x40 : 0x41);
    return NO_CHARACTER;
}

static struct coded
put_gb18030_private (uint32_t c)
{
    c -= PRIVATE;
    if (c < 13 * 94)
        return two ((c < 6 * 94 ? 0xaa : 0xf8 - 6) + c / 94, 0xa1 + c % 94);
    c -= 13 * 94;
    return two (0xa1 + c / 96, c % 96 + (c % 96 < 0x3f ? 0x40 : 0x41));
}

enum { PRIVATE_GB_END = PRIVATE + 13 * 94 + 7 * 96, FIRST_FAR = (0x90 - 0x81) * 12600 };

/*
 * Sequences of four bytes have numbers in order. Runs of these numbers stand for runs of
 * characters.
 */
static const struct four_bytes *
four_by (bool by_number, uint32_t what)
{
    unsigned begin = 0, end = GB18030_RUNS;
    while (end - begin > 1) {
        unsigned middle = (begin + end) / 2;
        const struct four_bytes *run = &tempfile__gb18030_four[middle];
        if ((by_number ? run->number : run->c) <= what)
            begin = middle;
        else
            end = middle;
    }
    return &tempfile__gb18030_four[begin];
}

static uint32_t
get_four (const unsigned char *p)
{
    if (p[2] < 0x81 || p[2] == 0xff || p[3] < 0x30 || p[3] > 0x39)
        return NO_CHARACTER;
    uint32_t number =
        (p[0] - 0x81u) * 12600 + (p[1] - 0x30u) * 1260 + (p[2] - 0x81u) * 10 + p[3] - 0x30u;
    if (number >= FIRST_FAR)
        return number - FIRST_FAR < 0x100000 ? 0x10000 + number - FIRST_FAR : NO_CHARACTER;
    const struct four_bytes *run = four_by (true, number);
    uint32_t c = run->c + number - run->number;
    return c < 0x10000 ? c : NO_CHARACTER;
}

static struct coded
put_four (uint32_t c)
{
    uint32_t number = FIRST_FAR + c - 0x10000;
    if (c < 0x10000) {
        const struct four_bytes *run = four_by (false, c);
        number = run->number + c - run->c;
    }
    return (struct coded){(0x81 + number / 12600) << 24 | (0x30 + number / 1260 % 10) << 16 |
                              (0x81 + number / 10 % 126) << 8 | (0x30 + number % 10),
                          4};
}

static uint32_t
get_gbk (const struct multibyte *m, const unsigned char *p, size_t n, unsigned *length)
{
    unsigned need = m->four && n >= 2 && p[1] >= 0x30 && p[1] <= 0x39 ? 4 : 2;
    *length = n < need ? 0 : need;
    if (n < need || p[0] == 0x80 || p[0] == 0xff)
        return NO_CHARACTER;
    if (need == 4)
        return get_four (p);
    unsigned key = (unsigned) p[0] << 8 | p[1];
    unsigned cell = p[0] == 0xa1 ? set_cell (&tempfile__gbk_before, key) : 0;
    if (!cell && p[0] >= 0xa1 && p[1] >= 0xa1)
        cell = set_cell (&tempfile__gb2312, key & 0x7f7f);
    if (cell)
        return cell;
    int number = gbk_number (p[0], p[1]);
    if (number >= 0)
        return nth_missing (&tempfile__gb2312, IDEOGRAPHS, IDEOGRAPHS_END - IDEOGRAPHS, GBK_RULED,
                            (unsigned) number);
    uint32_t c = sets_character (m->sets, key);
    return c >= GONE && m->four ? gb18030_private (p[0], p[1]) : c;
}

static struct coded
put_gbk (const struct multibyte *m, uint32_t c)
{
    unsigned key = set_key (&tempfile__gb2312, c);
    if (key && c >= IDEOGRAPHS)
        return two_if (key | 0x8080);
    if (c >= IDEOGRAPHS && c < IDEOGRAPHS_END)
        return gbk_bytes (missing_before (&tempfile__gb2312, IDEOGRAPHS, c));
    unsigned other = set_key (&tempfile__gbk_before, c);
    key = other ? other : key ? key | 0x8080 : sets_key (m->sets, c);
    if (key && key != NO_KEY)
        return two_if (key);
    if (!m->four || is_surrogate (c))
        return no_bytes;
    return c >= PRIVATE && c < PRIVATE_GB_END ? put_gb18030_private (c) : put_four (c);
}

/* --- UHC: KS X 1001, and the syllables that it lacks in the order of their numbers --- */

enum { UHC_1 = 32 * 178, UHC_RULED = 8822 };

static int
uhc_number (unsigned lead, unsigned trail)
{
    static const unsigned char starts[3] = {0x41, 0x61, 0x81};
    static const unsigned char places[3] = {0, 26, 52};
    int part = trail >= 0x81 ? 2 : trail >= 0x61 ? 1 : 0;
    unsigned place = trail - starts[part] + places[part];
    if (trail < 0x41 || (part < 2 && trail > starts[part] + 25u) || trail == 0xff || lead < 0x81)
        return -1;
    if (lead >= 0xa1 && trail >= 0xa1)
        return -1;
    unsigned number =
        lead < 0xa1 ? (lead - 0x81) * 178 + place : UHC_1 + (lead - 0xa1) * 84 + place;
    return number < UHC_RULED ? (int) number : -1;
}

static struct coded
uhc_bytes (unsigned number)
{
    unsigned lead = number < UHC_1 ? 0x81 + number / 178 : 0xa1 + (number - UHC_1) / 84;
    unsigned place = number < UHC_1 ? number % 178 : (number - UHC_1) % 84;
    return two (lead, place < 26   ? 0x41 + place
                      : place < 52 ? 0x61 + place - 26
                                   : 0x81 + place - 52);
}

static uint32_t
get_uhc (const struct multibyte *m, const unsigned char *p, size_t n, unsigned *length)
{
    *length = n < 2 ? 0 : 2;
    if (n < 2)
        return NO_CHARACTER;
    if (p[0] >= 0xa1 && p[1] >= 0xa1)
        return sets_character (m->sets, (p[0] & 0x7fu) << 8 | (p[1] & 0x7fu));
    int number = uhc_number (p[0], p[1]);
    return number < 0 ? NO_CHARACTER
                      : nth_missing (&tempfile__hangul, HANGUL, HANGUL_END - HANGUL, UHC_RULED,
                                     (unsigned) number);
}

static struct coded
put_uhc (const struct multibyte *m, uint32_t c)
{
    unsigned key = sets_key (m->sets, c);
    if (key || c < HANGUL || c >= HANGUL_END)
        return two_if (key ? key | 0x8080 : 0);
    return uhc_bytes (missing_before (&tempfile__hangul, HANGUL, c));
}

/* --- Johab: the parts of a syllable in five bits each; all else as in KS X 1001 --- */

enum { JOHAB_FILL = 1, JOHAB_NO_MIDDLE = 2 };

static unsigned
johab_middle (unsigned middle)
{
    return middle + (middle < 5 ? 3 : middle < 11 ? 5 : middle < 17 ? 7 : 9);
}

static unsigned
johab_final (unsigned final)
{
    return final + 1 + (final >= 17);
}

/* Returns the part that CODE stands for; -1 if it stands for no part, -2 if it is no code. */
static int
johab_part (unsigned code, unsigned (*code_of) (unsigned), int parts)
{
    for (int i = 0; i < parts; i++)
        if (code_of ((unsigned) i) == code)
            return i;
    return -2;
}

static uint32_t
johab_hangul (unsigned code)
{
    int initial = (int) (code >> 10 & 31) - 2, final = johab_part (code & 31, johab_final, FINALS);
    unsigned five = code >> 5 & 31;
    int middle = five == JOHAB_NO_MIDDLE ? -1 : johab_part (five, johab_middle, MIDDLES);
    if (initial < -1 || initial > 18 || middle < -1 || final < 0)
        return NO_CHARACTER;
    if (initial >= 0 && middle >= 0)
        return syllable (initial, middle, final);
    if (initial >= 0)
        return final == 0 ? JAMO + (uint32_t) initials[initial] : NO_CHARACTER;
    if (middle >= 0)
        return final == 0 ? JAMO + (uint32_t) (VOWELS + middle) : NO_CHARACTER;
    return final == 0 ? 0x3000 : JAMO + (uint32_t) finals[final];
}

static struct coded
johab_code (unsigned initial, unsigned middle, unsigned final)
{
    return (struct coded){0x8000 | initial << 10 | middle << 5 | final, 2};
}

/* A consonant that cannot begin a syllable is encoded as its end. */
static struct coded
put_johab_jamo (unsigned jamo)
{
    if (jamo >= VOWELS)
        return johab_code (JOHAB_FILL, johab_middle (jamo - VOWELS), JOHAB_FILL);
    int initial = find_jamo (initials, 19, jamo);
    if (initial >= 0)
        return johab_code ((unsigned) initial + 2, JOHAB_NO_MIDDLE, JOHAB_FILL);
    return johab_code (JOHAB_FILL, JOHAB_NO_MIDDLE,
                       johab_final ((unsigned) find_jamo (finals, FINALS, jamo)));
}

static uint32_t
get_johab (const struct multibyte *m, const unsigned char *p, size_t n, unsigned *length)
{
    *length = n < 2 ? 0 : 2;
    if (n < 2)
        return NO_CHARACTER;
    unsigned lead = p[0], trail = p[1];
    if (lead < 0xd8)
        return johab_hangul (lead << 8 | trail);
    if (lead == 0xd8 || lead == 0xdf || lead > 0xf9 || trail < 0x31 ||
        (trail > 0x7e && trail < 0x91) || trail == 0xff)
        return NO_CHARACTER;
    /* A lead byte has two rows: symbols from row 0x21 on, ideographs from row 0x4a on. */
    unsigned place = trail - (trail < 0x80 ? 0x31 : 0x43);
    unsigned row = 2 * (lead - 0xd9) + 0x21 + (place >= 94);
    if (lead >= 0xe0)
        row = 2 * (lead - 0xe0) + 0x4a + (place >= 94);
    place = 0x21 + place % 94;
    /* Hangul letters have codes by their parts, and no second ones here. */
    if (row == 0x24 && place <= 0x53)
        return NO_CHARACTER;
    return sets_character (m->sets, row << 8 | place);
}

static struct coded
put_johab (const struct multibyte *m, uint32_t c)
{
    if (c >= HANGUL && c < HANGUL_END) {
        c -= HANGUL;
        return johab_code (c / (MIDDLES * FINALS) + 2, johab_middle (c / FINALS % MIDDLES),
                           johab_final (c % FINALS));
    }
    if (c >= JAMO && c < JAMO_END)
        return put_johab_jamo (c - JAMO);
    unsigned key = sets_key (m->sets, c), row = key >> 8;
    if (row < 0x21 || (row > 0x2c && row < 0x4a) || row > 0x7d)
        return no_bytes;
    row -= row < 0x4a ? 0x21 : 0x4a;
    unsigned place = (key & 0xff) - 0x21 + row % 2 * 94;
    return two ((key >> 8 < 0x4a ? 0xd9 : 0xe0) + row / 2, place + (place < 0x4e ? 0x31 : 0x43));
}

/* --- what all have in common --- */

static enum step
undecodable (const struct multibyte *m, struct work *w, uint32_t c, unsigned length)
{
    if (length == 0)
        return cut_off (w);
    return bad_bytes (w, c == GONE && m->of_2000 ? 2 : 1);
}

/*
 * What is remembered are characters of two bytes, but none that may begin a pair, or come back as
 * something else.
 */
static uint32_t *
known_character (struct codec *codec, const unsigned char *p)
{
    const struct multibyte *m = codec->table;
    return known_of (codec, (unsigned) p[0] * m->places + p[1]);
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

/*
 * Converts ASCII, and by ONE what is remembered, as long as there is room for a whole run. ONE
 * returns false if the next character is not remembered.
 */
INLINE void
convert_known (struct codec *codec, struct work *w,
               bool (*one) (struct codec *, const unsigned char **in, unsigned char **out))
{
    const unsigned char *in = w->in;
    unsigned char *out = w->out;
    while (w->in_end - in >= RUN && w->out_end - out >= RUN) {
        if (codec->ascii && *in < 0x80)
            copy_some_ascii (&in, &out);
        else if (!one (codec, &in, &out))
            break;
    }
    w->in = in;
    w->out = out;
}

INLINE bool
decode_known (struct codec *codec, const unsigned char **in, unsigned char **out)
{
    const unsigned char *p = *in;
    uint32_t known = *known_character (codec, p);
    if (!known || known >> 16 != ((uint32_t) p[0] << 8 | p[1]))
        return false;
    *out += utf8_put_short (*out, known & 0xffff);
    *in += 2;
    return true;
}

INLINE bool
encode_known (struct codec *codec, const unsigned char **in, unsigned char **out)
{
    uint32_t c = get_three (*in), known = *known_bytes (codec, c);
    if (!c || known >> 16 != c)
        return false;
    (*out)[0] = (unsigned char) (known >> 8);
    (*out)[1] = (unsigned char) known;
    *in += 3;
    *out += 2;
    return true;
}

/* Puts what LENGTH bytes stand for: the character C, or the pair with the number C - PAIR. */
static enum step
put_decoded (const struct multibyte *m, struct work *w, uint32_t c, unsigned length)
{
    const struct pair *pair = c >= PAIR ? &m->pairs->pairs[c - PAIR] : NULL;
    c = pair ? pair->first : c;
    if (room (w) < 8 && room (w) < utf8_length (c) + (pair ? utf8_length (pair->second) : 0))
        return STEP_FULL;
    w->out += utf8_put (w->out, c);
    if (pair)
        w->out += utf8_put (w->out, pair->second);
    w->in += length;
    return STEP_DONE;
}

static enum step
decode_one (struct codec *codec, struct work *w)
{
    const struct multibyte *m = codec->table;
    unsigned length = 1;
    uint32_t c = *w->in;
    if (c >= 0x80 || m->roman)
        c = m->get (m, w->in, left (w), &length);
    if (c >= GONE)
        return undecodable (m, w, c, length);
    if (length == 2 && c < 0x10000)
        *known_character (codec, w->in) = (uint32_t) w->in[0] << 24 | (uint32_t) w->in[1] << 16 | c;
    return put_decoded (m, w, c, length);
}

static enum step
put_coded (struct work *w, struct coded coded, int length)
{
    if (room (w) < coded.n)
        return STEP_FULL;
    for (unsigned i = 0; i < coded.n; i++)
        w->out[i] = (unsigned char) (coded.bytes >> 8 * (coded.n - 1 - i));
    w->out += coded.n;
    w->in += length;
    return STEP_DONE;
}

/*
 * Whether C may be read back as another character, with another length in UTF-8. All such
 * characters are in Latin-1, or the overline, or the Hangul filler. The index of positions has to
 * know of them.
 */
static bool
may_come_back_other (uint32_t c)
{
    return (c >= 0x80 && c < 0x100) || c == 0x203e || c == JAMO_END;
}

static enum step
put_other (struct codec *codec, struct work *w, uint32_t c, struct coded coded, int length)
{
    unsigned char back[LONGEST];
    struct work other = {.in = w->in, .out = w->instead, .out_end = w->instead + sizeof w->instead};
    struct work again = {.in = w->instead,
                         .in_end = w->instead + coded.n,
                         .out = back,
                         .out_end = back + sizeof back,
                         .final = true};
    put_coded (&other, coded, 0);
    struct codec_state s = {0, 0};
    if (codec->ops->decode (codec, &s, &again) == STEP_DONE &&
        (size_t) (again.out - back) == utf8_length (c))
        return put_coded (w, coded, length);
    lacking (w, c, length);
    w->n_instead = coded.n;
    return STEP_BAD;
}

static enum step
encode_one (struct codec *codec, struct work *w)
{
    const struct multibyte *m = codec->table;
    uint32_t c;
    enum step step;
    unsigned key = 0;
    bool wait = false;
    int n = next_character (w, &c, &step);
    if (n == 0)
        return step;
    const bool begins = m->pairs && begins_pair (m->pairs, c);
    if (begins)
        key = pair_key (m->pairs, w, c, &n, &wait);
    if (wait)
        return STEP_SHORT;
    struct coded coded = {c, 1};
    if (key)
        coded = m->put_key (key);
    else if (c >= 0x80 || m->roman)
        coded = m->put (m, c);
    if (coded.n == 0)
        return lacking (w, c, n);
    if (may_come_back_other (c))
        return put_other (codec, w, c, coded, n);
    if (coded.n == 2 && c < 0x10000 && !begins)
        *known_bytes (codec, c) = c << 16 | (uint32_t) coded.bytes;
    return put_coded (w, coded, n);
}

/* Converts what is remembered by KNOWN, and one character at a time by ONE. */
INLINE enum step
convert (struct codec *codec, struct work *w,
         bool (*known) (struct codec *, const unsigned char **in, unsigned char **out),
         enum step (*one) (struct codec *, struct work *))
{
    for (;;) {
        convert_known (codec, w, known);
        if (w->in == w->in_end)
            return STEP_DONE;
        enum step step = one (codec, w);
        if (step != STEP_DONE)
            return step;
    }
}

static enum step
multibyte_decode (struct codec *codec, struct codec_state *s, struct work *w)
{
    (void) s;
    return convert (codec, w, decode_known, decode_one);
}

static enum step
multibyte_encode (struct codec *codec, struct codec_state *s, struct work *w)
{
    (void) s;
    return convert (codec, w, encode_known, encode_one);
}

static const struct codec_ops multibyte_ops = {.decode = multibyte_decode,
                                               .encode = multibyte_encode};

static struct coded
put_key_euc (unsigned key)
{
    return two (key >> 8 | 0x80, (key & 0xff) | 0x80);
}

#define EUC get_euc, put_euc, put_key_euc, 94
#define SJIS get_sjis, put_sjis, put_key_sjis, 188
#define BIG_5 get_big5, put_big5, put_key_big5, 157
#define GB get_gbk, put_gbk, NULL, 94

/* clang-format off: a table to be read line by line */
#define T(name) &tempfile__##name
static const struct multibyte encodings[] = {
    [BIG5] = {BIG_5, {T (big5)}, .pairs = NULL},
    [BIG5HKSCS] = {BIG_5,
                   {T (big5hkscs_before), T (big5), T (big5hkscs_after)},
                   .pairs = T (big5hkscs_after)},
    [CP932] = {SJIS, {T (cp932_before), T (jisx0208), T (cp932_after)}, .microsoft = true},
    [CP949] = {get_uhc, put_uhc, NULL, 94, {T (hangul), T (ksx1001)}, .pairs = NULL},
    [CP950] = {BIG_5, {T (cp950_before), T (big5), T (cp950_after)}, .pairs = NULL},
    [EUC_JIS_2004] = {EUC,
                      {T (jisx0208), T (jisx0213), T (jisx0212)},
                      .pairs = T (jisx0213),
                      .kana = true,
                      .three = true},
    [EUC_JISX0213] = {EUC,
                      {T (jisx0213_2000_before), T (jisx0208), T (jisx0213), T (jisx0212)},
                      .pairs = T (jisx0213),
                      .kana = true,
                      .three = true,
                      .of_2000 = true},
    [EUC_JP] = {EUC, {T (jisx0208), T (jisx0212)}, .kana = true, .three = true, .yen = true},
    [EUC_KR] = {EUC, {T (hangul), T (ksx1001)}, .makes_up = true},
    [GB18030] = {GB, {T (gbk_after), T (gb18030_after)}, .four = true},
    [GB2312] = {EUC, {T (gb2312)}, .pairs = NULL},
    [GBK] = {GB, {T (gbk_after)}, .pairs = NULL},
    [JOHAB] = {get_johab, put_johab, NULL, 188, {T (ksx1001)}, .pairs = NULL},
    [SHIFT_JIS] = {SJIS, {T (jisx0208)}, .yen = true},
    [SHIFT_JIS_2004] = {SJIS, {T (jisx0208), T (jisx0213)}, .pairs = T (jisx0213), .roman = true},
    [SHIFT_JISX0213] = {SJIS,
                        {T (jisx0213_2000_before), T (jisx0208), T (jisx0213)},
                        .pairs = T (jisx0213),
                        .roman = true,
                        .of_2000 = true},
};
/* clang-format on */

struct codec *
tempfile__codec_multibyte (enum multibyte_set which)
{
    return remembering_codec ((struct codec){.ops = &multibyte_ops,
                                             .ascii = !encodings[which].roman,
                                             .unit = 1,
                                             .table = &encodings[which]});
}
