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
#include "text/tables.h"
#include "text/utf8.h"

struct multibyte {
    /* How many bytes those at P belong to. NULL: two. */
    unsigned (*length) (const struct multibyte *, const unsigned char *p);

    /* The character or the pair that these bytes stand for; or NO_CHARACTER. */
    uint32_t (*get) (const struct multibyte *, const unsigned char *p);

    /* The bytes of a character, the last one in the lowest bits; 0: it has none. */
    uint64_t (*put) (const struct multibyte *, uint32_t c);

    unsigned (*put_key) (unsigned key); /* the bytes of a key; 0: none */
    unsigned char places;               /* codec.places */
    const struct set *sets[5];
    const struct set *pairs; /* the set that has pairs of characters */
    bool japanese;           /* EUC: half-width katakana after 0x8e, and three bytes after 0x8f */
    bool makes_up;           /* EUC: eight bytes for Hangul that the set lacks */
    bool spaced;             /* Korean, which has spaces between words */
    bool roman;              /* Shift JIS: 0x5c is the yen sign, and 0x7e the overline */
    bool yen; /* 0x5c and 0x7e are written for the yen sign and the overline, and read as ASCII */
    bool microsoft; /* Shift JIS: some single bytes, and a private area */
    bool four;      /* GB: four bytes, and private areas */
    bool of_2000; /* characters that JIS X 0213 got after 2000 are one bad sequence of two bytes */
};

/* --- the second bytes of a code, which are numbered without the gaps between them --- */

typedef const unsigned char second_bytes[3][2];

/* The place of B, or -1. */
static int
place_of (second_bytes runs, unsigned b)
{
    int place = 0;
    for (int i = 0; i < 3; i++) {
        if (b >= runs[i][0] && b <= runs[i][1])
            return place + (int) b - runs[i][0];
        place += runs[i][1] - runs[i][0] + 1;
    }
    return -1;
}

static unsigned
two (unsigned lead, second_bytes runs, unsigned place)
{
    unsigned i = 0;
    for (; place > (unsigned) runs[i][1] - runs[i][0]; i++)
        place -= runs[i][1] - runs[i][0] + 1u;
    return lead << 8 | (runs[i][0] + place);
}

/* --- what sets lack --- */

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
    for (unsigned inside; (inside = count_bits (bits & 0xff)) <= n; bits >>= 8, c += 8)
        n -= inside;
    for (; n > 0 || !(bits & 1); bits >>= 1, c++)
        n -= bits & 1;
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

static bool
is_hangul (uint32_t c)
{
    return c >= HANGUL && c < HANGUL_END;
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

static uint64_t
make_up (uint32_t c)
{
    c -= HANGUL;
    uint64_t initial = initials[c / (MIDDLES * FINALS)], final = finals[c % FINALS];
    uint64_t middle = VOWELS + c / FINALS % MIDDLES;
    return UINT64_C (0xa4d4a4a1a4a1a4a1) + (initial << 32) + (middle << 16) + final;
}

static unsigned
length_euc (const struct multibyte *m, const unsigned char *p)
{
    if (m->makes_up && p[0] == JAMO_LEAD && p[1] == FILLER)
        return 8;
    return m->japanese && p[0] == 0x8f ? 3 : 2;
}

static uint32_t
get_euc (const struct multibyte *m, const unsigned char *p)
{
    const unsigned length = length_euc (m, p);
    if (length == 8)
        return made_up (p);
    if (m->japanese && p[0] == 0x8e)
        return p[1] >= 0xa1 && p[1] <= 0xdf ? 0xfec0u + p[1] : NO_CHARACTER;
    p += length - 2;
    if (p[0] < 0xa1 || p[1] < 0xa1)
        return NO_CHARACTER;
    return sets_character (m->sets,
                           (length == 3 ? 0x8000 : 0) | (p[0] & 0x7fu) << 8 | (p[1] & 0x7fu));
}

static unsigned
put_key_euc (unsigned key)
{
    return key & 0x8000 ? 0x8f8080 | key : key ? 0x8080 | key : 0;
}

static uint64_t
put_euc (const struct multibyte *m, uint32_t c)
{
    if (m->japanese && c >= 0xff61 && c <= 0xff9f)
        return 0x8e00 + c - 0xfec0;
    if (m->yen && (c == 0xa5 || c == 0x203e))
        return c == 0xa5 ? 0x5c : 0x7e;
    unsigned key = sets_key (m->sets, c);
    return !key && m->makes_up && is_hangul (c) ? make_up (c) : put_key_euc (key);
}

/* --- Shift JIS: two rows to a lead byte --- */

enum { PRIVATE = 0xe000, PRIVATE_END = 0xe758, PLACES = 188 };
static second_bytes sjis = {{0x40, 0x7e}, {0x80, 0xfc}, {1, 0}};

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

static unsigned
length_sjis (const struct multibyte *m, const unsigned char *p)
{
    return sjis_leads (m, p[0]) ? 2 : 1;
}

static uint32_t
get_sjis (const struct multibyte *m, const unsigned char *p)
{
    if (!sjis_leads (m, p[0]))
        return sjis_single (m, p[0]);
    const int found = place_of (sjis, p[1]);
    if (found < 0)
        return NO_CHARACTER;
    if (m->microsoft && p[0] >= 0xf0 && p[0] <= 0xf9)
        return PRIVATE + (p[0] - 0xf0u) * PLACES + (unsigned) found;
    const unsigned row = 2 * (p[0] - (p[0] < 0xa0 ? 0x81u : 0xc1u)) + (found >= 94);
    const unsigned place = 0x21 + (unsigned) found % 94;
    const bool second = m->roman && row >= 94;
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

static unsigned
sjis_bytes (unsigned row, unsigned place)
{
    unsigned lead = 0x81 + row / 2;
    return two (lead < 0xa0 ? lead : lead + 0x40, sjis, place + row % 2 * 94);
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

static unsigned
put_key_sjis (unsigned key)
{
    unsigned row = key & 0x8000 ? plane_2_row (key) : (key >> 8) - 0x21;
    return key ? sjis_bytes (row, (key & 0xff) - 0x21) : 0;
}

static uint64_t
put_sjis (const struct multibyte *m, uint32_t c)
{
    if (c >= 0xff61 && c <= 0xff9f)
        return c - 0xfec0;
    unsigned byte = sjis_byte (m, c);
    if (byte)
        return byte;
    if (m->microsoft && c >= PRIVATE && c < PRIVATE_END)
        return sjis_bytes (94 + (c - PRIVATE) / 94, (c - PRIVATE) % 94);
    if (m->roman && (c == 0xff3c || c == 0xff5e))
        return 0;
    if (c < 0x80 && c != '\\' && c != '~')
        return c;
    return put_key_sjis (sets_key (m->sets, c == '\\' ? 0xff3c : c == '~' ? 0xff5e : c));
}

/* --- Big5 --- */

static second_bytes big5 = {{0x40, 0x7e}, {0xa1, 0xfe}, {1, 0}};

static uint32_t
get_big5 (const struct multibyte *m, const unsigned char *p)
{
    const int place = place_of (big5, p[1]);
    return place < 0 ? NO_CHARACTER : sets_character (m->sets, (unsigned) (p[0] << 8 | place));
}

static unsigned
put_key_big5 (unsigned key)
{
    return key ? two (key >> 8, big5, key & 0xff) : 0;
}

static uint64_t
put_big5 (const struct multibyte *m, uint32_t c)
{
    return put_key_big5 (sets_key (m->sets, c));
}

/* --- GBK and GB 18030 --- */

enum { IDEOGRAPHS = 0x4e00, IDEOGRAPHS_END = 0x9fa6, GBK_3 = 32 * 190, GBK_RULED = 14139 };
static second_bytes gbk = {{0x40, 0x7e}, {0x80, 0xfe}, {1, 0}};

/* The characters that GB 2312 lacks, in numerical order: 32 rows of 190, then rows of 96. */
static int
gbk_number (unsigned lead, int place)
{
    if (place < 0 || (lead >= 0xa1 && (lead < 0xaa || place >= 96)))
        return -1;
    int number =
        lead < 0xa1 ? (int) (lead - 0x81) * 190 + place : GBK_3 + (int) (lead - 0xaa) * 96 + place;
    return number < GBK_RULED ? number : -1;
}

static unsigned
gbk_bytes (unsigned number)
{
    return number < GBK_3 ? two (0x81 + number / 190, gbk, number % 190)
                          : two (0xaa + (number - GBK_3) / 96, gbk, (number - GBK_3) % 96);
}

/* The private areas of GB 18030: two with rows of 94, and one with rows of 96. */
static const struct {
    unsigned lead, n, place, places; /* N rows of so many places from there */
} private_areas[] = {{0xaa, 6, 96, 94}, {0xf8, 7, 96, 94}, {0xa1, 7, 0, 96}};

static uint32_t
gb18030_private (unsigned lead, int place)
{
    uint32_t c = PRIVATE;
    for (int i = 0; i < 3; i++) {
        const unsigned row = lead - private_areas[i].lead;
        const unsigned column = (unsigned) place - private_areas[i].place;
        if (row < private_areas[i].n && place >= 0 && column < private_areas[i].places)
            return c + row * private_areas[i].places + column;
        c += private_areas[i].n * private_areas[i].places;
    }
    return NO_CHARACTER;
}

static unsigned
put_gb18030_private (uint32_t c)
{
    int i = 0;
    for (c -= PRIVATE; c >= private_areas[i].n * private_areas[i].places; i++)
        c -= private_areas[i].n * private_areas[i].places;
    return two (private_areas[i].lead + c / private_areas[i].places, gbk,
                private_areas[i].place + c % private_areas[i].places);
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

static unsigned
put_four (uint32_t c)
{
    uint32_t number = FIRST_FAR + c - 0x10000;
    if (c < 0x10000) {
        const struct four_bytes *run = four_by (false, c);
        number = run->number + c - run->c;
    }
    return (0x81 + number / 12600) << 24 | (0x30 + number / 1260 % 10) << 16 |
           (0x81 + number / 10 % 126) << 8 | (0x30 + number % 10);
}

static unsigned
length_gbk (const struct multibyte *m, const unsigned char *p)
{
    return m->four && p[1] >= 0x30 && p[1] <= 0x39 ? 4 : 2;
}

static uint32_t
get_gbk (const struct multibyte *m, const unsigned char *p)
{
    if (p[0] == 0x80 || p[0] == 0xff)
        return NO_CHARACTER;
    if (length_gbk (m, p) == 4)
        return get_four (p);
    unsigned key = (unsigned) p[0] << 8 | p[1];
    unsigned cell = p[0] == 0xa1 ? set_cell (&tempfile__gbk_before, key) : 0;
    if (!cell && p[0] >= 0xa1 && p[1] >= 0xa1)
        cell = set_cell (&tempfile__gb2312, key & 0x7f7f);
    if (cell)
        return cell;
    int place = place_of (gbk, p[1]), number = gbk_number (p[0], place);
    if (number >= 0)
        return nth_missing (&tempfile__gb2312, IDEOGRAPHS, IDEOGRAPHS_END - IDEOGRAPHS, GBK_RULED,
                            (unsigned) number);
    uint32_t c = sets_character (m->sets, key);
    return c >= GONE && m->four ? gb18030_private (p[0], place) : c;
}

static uint64_t
put_gbk (const struct multibyte *m, uint32_t c)
{
    unsigned key = set_key (&tempfile__gb2312, c);
    if (key && c >= IDEOGRAPHS)
        return key | 0x8080;
    if (c >= IDEOGRAPHS && c < IDEOGRAPHS_END)
        return gbk_bytes (missing_before (&tempfile__gb2312, IDEOGRAPHS, c));
    unsigned other = set_key (&tempfile__gbk_before, c);
    key = other ? other : key ? key | 0x8080 : sets_key (m->sets, c);
    if (key && key != NO_KEY)
        return key;
    if (!m->four || is_surrogate (c))
        return 0;
    return c >= PRIVATE && c < PRIVATE_GB_END ? put_gb18030_private (c) : put_four (c);
}

/* --- UHC: KS X 1001, and the syllables that it lacks in the order of their numbers --- */

enum { UHC_1 = 32 * 178, UHC_RULED = 8822 };
static second_bytes uhc = {{0x41, 0x5a}, {0x61, 0x7a}, {0x81, 0xfe}};

static int
uhc_number (unsigned lead, unsigned trail)
{
    int place = place_of (uhc, trail);
    if (place < 0 || lead < 0x81 || (lead >= 0xa1 && trail >= 0xa1))
        return -1;
    int number =
        lead < 0xa1 ? (int) (lead - 0x81) * 178 + place : UHC_1 + (int) (lead - 0xa1) * 84 + place;
    return number < UHC_RULED ? number : -1;
}

static uint32_t
get_uhc (const struct multibyte *m, const unsigned char *p)
{
    if (p[0] >= 0xa1 && p[1] >= 0xa1)
        return sets_character (m->sets, (p[0] & 0x7fu) << 8 | (p[1] & 0x7fu));
    int number = uhc_number (p[0], p[1]);
    return number < 0 ? NO_CHARACTER
                      : nth_missing (&tempfile__hangul, HANGUL, HANGUL_END - HANGUL, UHC_RULED,
                                     (unsigned) number);
}

static uint64_t
put_uhc (const struct multibyte *m, uint32_t c)
{
    unsigned key = sets_key (m->sets, c);
    if (key || !is_hangul (c))
        return key ? key | 0x8080 : 0;
    unsigned number = missing_before (&tempfile__hangul, HANGUL, c);
    return number < UHC_1 ? two (0x81 + number / 178, uhc, number % 178)
                          : two (0xa1 + (number - UHC_1) / 84, uhc, (number - UHC_1) % 84);
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

/* Returns the part that CODE stands for, or -2. */
static int
johab_part (unsigned code, unsigned (*code_of) (unsigned), unsigned parts)
{
    for (unsigned i = 0; i < parts; i++)
        if (code_of (i) == code)
            return (int) i;
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

static unsigned
johab_code (unsigned initial, unsigned middle, unsigned final)
{
    return 0x8000 | initial << 10 | middle << 5 | final;
}

/* A consonant that cannot begin a syllable is encoded as its end. */
static unsigned
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

static second_bytes johab = {{0x31, 0x7e}, {0x91, 0xfe}, {1, 0}};

static uint32_t
get_johab (const struct multibyte *m, const unsigned char *p)
{
    const unsigned lead = p[0];
    const int place = place_of (johab, p[1]);
    if (lead < 0xd8)
        return johab_hangul (lead << 8 | p[1]);
    if (lead == 0xd8 || lead == 0xdf || lead > 0xf9 || place < 0)
        return NO_CHARACTER;
    /* A lead byte has two rows: symbols from row 0x21 on, ideographs from row 0x4a on. */
    unsigned row = (lead < 0xe0 ? 2 * (lead - 0xd9) + 0x21 : 2 * (lead - 0xe0) + 0x4a);
    unsigned key = (row + (unsigned) place / 94) << 8 | (0x21 + (unsigned) place % 94);
    /* Hangul letters have codes by their parts, and no second ones here. */
    return key >= 0x2421 && key <= 0x2453 ? NO_CHARACTER : sets_character (m->sets, key);
}

static uint64_t
put_johab (const struct multibyte *m, uint32_t c)
{
    if (is_hangul (c)) {
        c -= HANGUL;
        return johab_code (c / (MIDDLES * FINALS) + 2, johab_middle (c / FINALS % MIDDLES),
                           johab_final (c % FINALS));
    }
    if (c >= JAMO && c < JAMO_END)
        return put_johab_jamo (c - JAMO);
    unsigned key = sets_key (m->sets, c), row = key >> 8;
    if (row < 0x21 || (row > 0x2c && row < 0x4a) || row > 0x7d)
        return 0;
    unsigned lead = row < 0x4a ? 0xd9 + (row - 0x21) / 2 : 0xe0 + (row - 0x4a) / 2;
    return two (lead, johab, (key & 0xff) - 0x21 + (row - (row < 0x4a ? 0x21 : 0x4a)) % 2 * 94);
}

/* --- what all have in common --- */

static enum step
multibyte_get (const struct codec *codec, struct codec_state *s, struct work *w, uint32_t *c)
{
    (void) s;
    const struct multibyte *m = codec->table;
    unsigned char p[8] = {0};
    if (*w->in < 0x80 && !m->roman)
        return got (w, 1, *w->in, c);
    memcpy (p, w->in, left (w) < sizeof p ? left (w) : sizeof p);
    const unsigned length = m->length ? m->length (m, p) : 2;
    if (length > left (w))
        return cut_off (w);
    uint32_t found = m->get (m, p);
    if (found >= GONE)
        return bad_bytes (w, found == GONE && m->of_2000 ? 2 : 1);
    return got (w, length, found, c);
}

/*
 * Whether the N bytes of C are read back as another character, with another length in UTF-8. All
 * such characters are in Latin-1, or the overline, or the Hangul filler. The index of positions has
 * to know of them.
 */
static bool
comes_back_other (const struct codec *codec, uint32_t c, const unsigned char *bytes, int n)
{
    if (!((c >= 0x80 && c < 0x100) || c == 0x203e || c == JAMO_END))
        return false;
    struct work again = {.in = bytes, .in_end = bytes + n, .final = true};
    uint32_t back;
    return multibyte_get (codec, NULL, &again, &back) != STEP_DONE || again.in < again.in_end ||
           utf8_length (back) != utf8_length (c);
}

static int
multibyte_put (const struct codec *codec, struct codec_state *s, unsigned char *out, uint32_t c)
{
    (void) s;
    const struct multibyte *m = codec->table;
    uint64_t bytes = c;
    if (c >= PAIR)
        bytes = m->put_key (codec->pairs->pairs[c - PAIR].key);
    else if (c >= 0x80 || m->roman)
        bytes = m->put (m, c);
    if (bytes == 0 && c != 0)
        return 0;
    int n = 1;
    while (n < 8 && bytes >> 8 * n)
        n++;
    for (int i = 0; i < n; i++)
        out[i] = (unsigned char) (bytes >> 8 * (n - 1 - i));
    return comes_back_other (codec, c, out, n) ? -n : n;
}

static const struct codec_ops multibyte_ops = {.get = multibyte_get, .put = multibyte_put};

#define EUC length_euc, get_euc, put_euc, put_key_euc, 95
#define SJIS length_sjis, get_sjis, put_sjis, put_key_sjis, 189
#define BIG_5 NULL, get_big5, put_big5, put_key_big5, 191
#define GB length_gbk, get_gbk, put_gbk, NULL, 95

/* clang-format off: a table to be read line by line */
#define T(name) &tempfile__##name
static const struct multibyte encodings[] = {
    [BIG5] = {BIG_5, {T (big5)}, .pairs = NULL},
    [BIG5HKSCS] = {BIG_5,
                   {T (big5hkscs_before), T (big5), T (big5hkscs_after)},
                   .pairs = T (big5hkscs_after)},
    [CP932] = {SJIS, {T (cp932_before), T (jisx0208), T (cp932_after)}, .microsoft = true},
    [CP949] = {NULL, get_uhc, put_uhc, NULL, 95, {T (hangul), T (ksx1001)}, .spaced = true},
    [CP950] = {BIG_5, {T (cp950_before), T (big5), T (cp950_after)}, .pairs = NULL},
    [EUC_JIS_2004] = {EUC,
                      {T (jisx0208), T (jisx0213), T (jisx0212)},
                      .pairs = T (jisx0213),
                      .japanese = true},
    [EUC_JISX0213] = {EUC,
                      {T (jisx0213_2000_before), T (jisx0208), T (jisx0213), T (jisx0212)},
                      .pairs = T (jisx0213),
                      .japanese = true,
                      .of_2000 = true},
    [EUC_JP] = {EUC, {T (jisx0208), T (jisx0212)}, .japanese = true, .yen = true},
    [EUC_KR] = {EUC, {T (hangul), T (ksx1001)}, .makes_up = true, .spaced = true},
    [GB18030] = {GB, {T (gbk_after), T (gb18030_after)}, .four = true},
    [GB2312] = {EUC, {T (gb2312)}, .pairs = NULL},
    [GBK] = {GB, {T (gbk_after)}, .pairs = NULL},
    [JOHAB] = {NULL, get_johab, put_johab, NULL, 189, {T (ksx1001)}, .spaced = true},
    [SHIFT_JIS] = {SJIS, {T (jisx0208)}, .yen = true},
    [SHIFT_JIS_2004] = {SJIS, {T (jisx0208), T (jisx0213)}, .pairs = T (jisx0213), .roman = true},
    [SHIFT_JISX0213] = {SJIS,
                        {T (jisx0213_2000_before), T (jisx0208), T (jisx0213)},
                        .pairs = T (jisx0213),
                        .roman = true,
                        .of_2000 = true},
};
/* clang-format on */

void
tempfile__codec_multibyte (struct codec *codec, unsigned which)
{
    const struct multibyte *m = &encodings[which];
    *codec = (struct codec){.ops = &multibyte_ops,
                            .ascii = !m->roman,
                            .spaced = m->spaced,
                            .unit = 1,
                            .table = m,
                            .pairs = m->pairs,
                            .places = m->places,
                            .memory_size = sizeof codec->memory->two};
}
