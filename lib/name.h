/* SPDX-License-Identifier: MIT */
/* Random parts of file names. */
#ifndef NAME_H
#define NAME_H

/* The characters of one random part: 64 bits, five to a character. */
enum { NAME_LENGTH = 13 };

/* Writes a fresh random part, without a terminating NUL. Returns 0, or -1 with errno and message.
 */
int tempfile__name_random (char out[NAME_LENGTH]);

#endif
