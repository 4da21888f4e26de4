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

/*
 * Finds the handler of a name; NULL means "strict". Returns 0, and *ERRORS becomes a string that
 * lasts; or -1 with EINVAL and a message.
 */
int tempfile__handler_find (enum handler *, const char **errors);

/* The longest replacement, for BAD_BYTES bad bytes or for one character. */
enum { BAD_BYTES = 64, REPLACEMENT = 4 * BAD_BYTES };

struct replacement {
    size_t length;
    bool raw; /* bytes for the file as they are, not characters to be encoded */
    unsigned char bytes[REPLACEMENT];
};

/*
 * Replaces *N bad bytes, or as many of them as *N says afterwards, by UTF-8. Returns false if the
 * handler makes this an error.
 */
bool tempfile__handle_decoding (enum handler, const unsigned char *bad, size_t *n,
                                struct replacement *);

/*
 * Replaces a character that the encoding lacks, or N bytes of input that are not UTF-8
 * (NO_CHARACTER).
 */
bool tempfile__handle_encoding (enum handler, uint32_t c, const unsigned char *bad, size_t n,
                                struct replacement *);

#endif
