/* SPDX-License-Identifier: MIT */
/*
 * Character sets as constant tables, made by tables/generate.py. They convert bytes to characters
 * and back, and need no memory and no lock.
 *
 * A set of single bytes has for each 32 bytes the number of the part with their characters, and for
 * the way back, for each block of 32 characters, the place of their bytes. All sets share the
 * parts.
 *
 * A set of two bytes has a key for each character: the row in the upper byte, the cell in the row
 * in the lower byte. The encodings say which bytes a key stands for, so several of them can use one
 * set. There are four ways from a character to its key:
 *     sparse  for each 1024 characters it is known which keys they have, and these are searched
 *     dense   for each 64 characters there are 64 bits that say which of them are in the set. The
 *             number of bits set before a character is the index of twelve bits, which say in which
 *             four cells the character is, and these are searched
 *     near    as dense, without the twelve bits, because the cells are nearly in order: the search
 *             goes both ways from a cell whose number is stored
 *     follow  as dense, but the keys are consecutive
 */
#ifndef TEXT_TABLES_H
#define TEXT_TABLES_H

#include "text/utf8.h"

/* No character, in a table from bytes to characters. A set that goes before another says with it,
 * and with the key, that the other one's is not to be used. */
enum { NO_CELL = 0xffff, NO_KEY = 0xffff };

/* --- sets of single bytes --- */

enum { SINGLE_SHIFT = 5, SINGLE_BLOCK = 1 << SINGLE_SHIFT, SINGLE_INDEX = 0x10000 >> SINGLE_SHIFT };

struct single {
    uint8_t first; /* 0x80: below, it is ASCII both ways; else 0 */
    uint8_t parts[256 >> SINGLE_SHIFT];
    uint16_t rows[SINGLE_ROWS]; /* by the number of a block of characters: where its bytes are */
};

extern const struct single tempfile__singles[SINGLES];
extern const uint16_t tempfile__single_parts[SINGLE_PARTS][SINGLE_BLOCK];
extern const uint8_t tempfile__single_blocks[SINGLE_INDEX];
extern const unsigned char tempfile__single_bytes[SINGLE_BYTES];

/* The character of a byte, or NO_CELL. */
static inline unsigned
single_character (const struct single *s, unsigned char b)
{
    return tempfile__single_parts[s->parts[b >> SINGLE_SHIFT]][b % SINGLE_BLOCK];
}

/* The byte of C, which is none of ASCII if `first` is 0x80; 0: it has none, or is U+0000. */
static inline unsigned
single_byte (const struct single *s, uint32_t c)
{
    if (c >= 0x10000)
        return 0;
    unsigned row = s->rows[tempfile__single_blocks[c >> SINGLE_SHIFT]];
    return tempfile__single_bytes[row + c % SINGLE_BLOCK];
}

/* --- sets of two bytes --- */

/* A row of a set: the characters of the places from `first` to `last`. */
struct row {
    uint16_t cells;
    uint8_t first, last; /* none: 1, 0 */
};

/* Two characters that have one key together. */
struct pair {
    uint16_t first, second, key;
};

/*
 * Of cells between FAR and the end of the surrogates, some stand for a pair, and the others for a
 * character of the second supplementary plane.
 */
enum { FAR = 0xd800, PLANE_2 = 0x20000 };

struct set {
    const struct row *rows; /* from first_row to last_row */
    const uint16_t *cells;
    const uint16_t *start; /* sparse, and then nothing of the next three */
    const uint8_t *pages;  /* by 256 characters: four blocks of 64 each */
    const uint64_t *bits;
    const uint16_t *before;
    const uint8_t *fours; /* dense: two in three bytes; NULL: near, or follow */
    const uint16_t *keys; /* sparse */
    const uint16_t *lows; /* sparse: by SPARSE_MASK; NULL: as the cells say */
    const uint16_t *far;
    const struct pair *pairs;
    uint16_t first_key; /* follow; else 0 */
    uint16_t n_cells;   /* near */
    uint8_t first_row, last_row;
    uint8_t n_pairs;
    uint8_t two_planes; /* characters of PLANE_2 have keys, too */
};

/* The cell of KEY: a character below 0x10000, what FAR says, NO_CELL, or 0: the set has none. */
static inline unsigned
set_cell (const struct set *s, unsigned key)
{
    unsigned row = key >> 8, place = key & 0xff;
    if (row < s->first_row || row > s->last_row)
        return 0;
    const struct row *r = &s->rows[row - s->first_row];
    if (place < r->first || place > r->last)
        return 0;
    return s->cells[r->cells + place - r->first];
}

static inline unsigned
count_bits (uint64_t x)
{
    x -= x >> 1 & UINT64_C (0x5555555555555555);
    x = (x & UINT64_C (0x3333333333333333)) + (x >> 2 & UINT64_C (0x3333333333333333));
    x = (x + (x >> 4)) & UINT64_C (0x0f0f0f0f0f0f0f0f);
    return (unsigned) (x * UINT64_C (0x0101010101010101) >> 56);
}

/* The character of CELL, if it is no pair. */
static inline uint32_t
set_character (const struct set *s, unsigned cell)
{
    return (cell & 0xf800) == FAR ? PLANE_2 | s->far[cell - FAR - s->n_pairs] : cell;
}

enum { SPARSE_SHIFT = 10, SPARSE_MASK = (1 << SPARSE_SHIFT) - 1 };

/* Of the keys from BEGIN to END. */
static inline unsigned
set_sparse_key (const struct set *s, uint32_t c, unsigned begin, unsigned end)
{
    while (begin < end) {
        unsigned middle = (begin + end) / 2;
        unsigned low = s->lows ? s->lows[middle]
                               : set_character (s, set_cell (s, s->keys[middle])) & SPARSE_MASK;
        if (low == (c & SPARSE_MASK))
            return s->keys[middle];
        if (low < (c & SPARSE_MASK))
            begin = middle + 1;
        else
            end = middle;
    }
    return 0;
}

enum { FOURS = 40 }; /* to a row, whether it has so many or not */

/*
 * The key of C, the RANK-th character. There is no branch here, for it could not be predicted: of
 * the four places no two have C, unless the first is one of them, and not the one that is meant.
 */
static inline unsigned
set_dense_key (const struct set *s, uint32_t c, unsigned rank)
{
    const uint8_t *p = &s->fours[rank / 2 * 3 + rank % 2];
    unsigned four = (p[0] | (unsigned) p[1] << 8) >> rank % 2 * 4 & 0xfff;
    unsigned row = four / FOURS, place = four % FOURS * 4;
    const struct row *r = &s->rows[row];
    const uint16_t *cells = &s->cells[r->cells + place - r->first];
    place += (cells[1] == c) + 2u * (cells[2] == c) + 3u * (cells[3] == c);
    return (s->first_row + row) << 8 | place;
}

/* C is in the set, and near the cell GUESS. */
static inline unsigned
set_near_key (const struct set *s, uint32_t c, unsigned guess)
{
    unsigned cell = guess;
    for (unsigned i = 1; cell >= s->n_cells || s->cells[cell] != c; i++)
        cell = i % 2 ? guess + i / 2 + 1 : guess - i / 2;
    const struct row *r = s->rows;
    while (r->first > r->last || cell > (unsigned) r->cells + r->last - r->first)
        r++;
    return (unsigned) (s->first_row + (r - s->rows)) << 8 | (r->first + cell - r->cells);
}

/* The key of C: NO_KEY, or 0: the set has none. */
static inline unsigned
set_key (const struct set *s, uint32_t c)
{
    unsigned page = c >> 8;
    if (page > 0xff && (!s->two_planes || page >> 8 != PLANE_2 >> 16))
        return 0;
    page -= page > 0xff ? 0x100 : 0;
    if (s->start) {
        const uint16_t *start = &s->start[page >> (SPARSE_SHIFT - 8)];
        return set_sparse_key (s, c, start[0], start[1]);
    }
    if (!s->pages[page])
        return 0;
    unsigned block = (s->pages[page] - 1u) * 4 + (c >> 6 & 3);
    if (!(s->bits[block] >> (c & 63) & 1))
        return 0;
    unsigned rank =
        s->before[block] + count_bits (s->bits[block] & ((UINT64_C (1) << (c & 63)) - 1));
    if (s->fours)
        return set_dense_key (s, c, rank);
    return s->first_key ? s->first_key + rank / 94 * 0x100 + rank % 94 : set_near_key (s, c, rank);
}

/* --- several sets, which are asked one after the other; NULL is the end of them --- */

/* What is said to be none, by a set that goes before another. */
#define GONE (NO_CHARACTER - 1)

/* A character, NO_CHARACTER, GONE, or PAIR and which pair of that set it is. */
static inline uint32_t
sets_character (const struct set *const *s, unsigned key)
{
    for (; *s; s++) {
        unsigned cell = set_cell (*s, key);
        if (cell == NO_CELL)
            return GONE;
        if ((cell & 0xf800) == FAR && cell - FAR < (*s)->n_pairs)
            return PAIR + (cell - FAR);
        if (cell)
            return set_character (*s, cell);
    }
    return NO_CHARACTER;
}

/* 0: there is none. */
static inline unsigned
sets_key (const struct set *const *s, uint32_t c)
{
    for (; *s; s++) {
        unsigned key = set_key (*s, c);
        if (key)
            return key == NO_KEY ? 0 : key;
    }
    return 0;
}

extern const struct set tempfile__jisx0208, tempfile__jisx0212, tempfile__jisx0213,
    tempfile__gb2312, tempfile__ksx1001, tempfile__hangul, tempfile__big5;

/* What goes before, or may come after, one of those. */
extern const struct set tempfile__jisx0213_2000_before, tempfile__cp932_before,
    tempfile__cp932_after, tempfile__gbk_before, tempfile__gbk_after, tempfile__gb18030_after,
    tempfile__cp950_before, tempfile__cp950_after, tempfile__big5hkscs_before,
    tempfile__big5hkscs_after;

/* GB 18030: which characters have four bytes, in runs: the first of each, and its number. */
struct four_bytes {
    uint16_t c, number;
};
enum { GB18030_RUNS = 206 };
extern const struct four_bytes tempfile__gb18030_four[GB18030_RUNS];

#endif
