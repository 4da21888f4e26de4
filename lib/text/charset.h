/* SPDX-License-Identifier: MIT */
/*
 * Character sets as iconv knows them, one character at a time. What iconv was asked once is
 * remembered, so a text costs a look into a table for each of its characters, and where the
 * bytes of one character end, and which of them are bad, is always known.
 */
#ifndef TEXT_CHARSET_H
#define TEXT_CHARSET_H

#include "text/codec.h"

struct charset;

/* NULL with errno: EINVAL when iconv does not know the name. */
struct charset *tempfile__charset_open (const char *iconv_name);
void tempfile__charset_close (struct charset *);

/* A set whose single bytes are not ASCII has the backslash and the tilde elsewhere: where iconv
 * sees the full-width ones. To be said before anything is asked. */
void tempfile__charset_narrow (struct charset *);

/*
 * The character that starts at P, and in *LENGTH how many bytes it has. NO_CHARACTER with a
 * length of 0 when END cuts it off, and with 1 when there is none. PAIR, and above: one of the
 * pairs of characters, which tempfile__charset_pair() knows.
 */
#define PAIR UINT32_C (0x80000000)
uint32_t tempfile__charset_decode (struct charset *, const unsigned char *p,
                                   const unsigned char *end, unsigned *length);
const uint32_t *tempfile__charset_pair (const struct charset *, uint32_t pair);

/*
 * The bytes of C: as many as is returned; 0 when it has none. *SAME: they come back as a character
 * that is as long in UTF-8.
 */
unsigned tempfile__charset_encode (struct charset *, uint32_t c, unsigned char bytes[4],
                                   bool *same);

/* The same for two characters that have one code together. */
unsigned tempfile__charset_encode_pair (struct charset *, uint32_t c, uint32_t d,
                                        unsigned char bytes[4]);

/*
 * Go ahead as long as it is easy: what iconv was asked before, and is one character that comes back
 * as it was. ASCII: it stands for itself, whatever iconv says. PAIRS: leave out what may be the
 * first of a pair.
 */
void tempfile__charset_decode_easy (const struct charset *, struct work *, bool ascii);
void tempfile__charset_encode_easy (const struct charset *, struct work *, bool ascii, bool pairs);

/* The same for a set of two bytes, of which the upper bits are missing outside. */
void tempfile__charset_decode_94 (const struct charset *, struct work *);
void tempfile__charset_encode_94 (const struct charset *, struct work *, bool pairs);

/*
 * Whether C may be the first, or the second, of such a pair: letters of Big5-HKSCS and of
 * JIS X 0213 with a mark that has no code with them otherwise.
 */
bool tempfile__pair_first (uint32_t c);
bool tempfile__pair_second (uint32_t c);

#endif
