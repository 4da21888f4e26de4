/* SPDX-License-Identifier: MIT */
/*
 * Error handlers: they replace bytes that cannot be decoded and characters that cannot be encoded.
 */
#ifndef TEXT_ERRORS_H
#define TEXT_ERRORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum handler {
    H_STRICT,
    H_IGNORE,
    H_REPLACE,
    H_BACKSLASHREPLACE,
    H_XMLCHARREFREPLACE,
    H_SURROGATEESCAPE,
    H_SURROGATEPASS,
    H_NAMEREPLACE
};

/* The handler of a name, NULL being "strict": 0, and the name is then a string that stays; or -1
 * with EINVAL and message. */
int tempfile__handler_find (enum handler *, const char **errors);

/* What a replacement needs at most: for so many bad bytes, and for one character. */
enum { BAD_BYTES = 64, REPLACEMENT = 4 * BAD_BYTES };

struct replacement {
    size_t length;
    bool raw; /* bytes for the file as they are, not characters to be encoded */
    unsigned char bytes[REPLACEMENT];
};

/* For *N bytes that are no character, or for so many of them as it says then; as UTF-8. False:
 * this is an error. */
bool tempfile__handle_decoding (enum handler, const unsigned char *bad, size_t *n,
                                struct replacement *);

/* For a character that the encoding lacks, or N bytes of input that are none (NO_CHARACTER). */
bool tempfile__handle_encoding (enum handler, uint32_t c, const unsigned char *bad, size_t n,
                                struct replacement *);

#endif
