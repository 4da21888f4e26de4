/* SPDX-License-Identifier: MIT */
/* Random parts of file names. */
#ifndef NAME_H
#define NAME_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The characters of one random part: 64 bits, five to a character. The name of a recoverable file
 * goes on with a tag, which is a hash of the random part: 40 bits by which any process can tell
 * such a name from all others.
 */
enum { NAME_RANDOM = 13, NAME_TAG = 8 };

/* How many characters are made up between prefix and suffix. */
static inline size_t
tempfile__random_length (bool tagged)
{
    return tagged ? NAME_RANDOM + NAME_TAG : NAME_RANDOM;
}

/* Writes a fresh random part, with its tag if TAGGED, without a terminating NUL. Returns 0, or -1
 * with errno and message. */
int tempfile__name_random (char *out, bool tagged);

/* Whether a random part with its tag is anywhere in NAME. */
bool tempfile__name_has_tag (const char *name);

#endif
