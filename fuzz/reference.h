/* SPDX-License-Identifier: MIT */
/* Codecs as simple as can be, a character at a time, for comparison with the library's. */
#ifndef TEMPFILE_FUZZ_REFERENCE_H
#define TEMPFILE_FUZZ_REFERENCE_H

#include "fuzz.h"

struct bytes {
    unsigned char *p;
    size_t n, room;
};

void bytes_add (struct bytes *b, const void *p, size_t n);

/* What reading gives: the text, and after how much of it there was an error, once for each. */
struct trace {
    struct bytes text;
    size_t *from; /* of each byte of the text, where in the file its character begins */
    size_t from_room;
    size_t *errors, n_errors, room;
    bool hopeless; /* the last error comes again and again */
};

void trace_error (struct trace *t);
void trace_free (struct trace *t);

/* Is it one of those that are known here? */
bool reference_knows (const char *encoding, const char *errors);

void reference_decode (struct trace *t, const char *encoding, const char *errors,
                       const char *newline, const unsigned char *in, size_t n);

/* False: there is a character that cannot be written; what comes before it is in OUT. */
bool reference_encode (struct bytes *out, const char *encoding, const char *errors,
                       const char *newline, const unsigned char *in, size_t n);

/* How many bytes at IN are one character of UTF-8, in which surrogates may stand if LONE. Less than
 * 0: so many bytes are none. */
int reference_utf8 (const unsigned char *in, size_t n, bool lone, uint32_t *c);

#endif
