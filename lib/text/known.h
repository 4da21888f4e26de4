/* SPDX-License-Identifier: MIT */
/*
 * A codec that remembers what it has converted, because to search the sets takes several times as
 * long. An entry has what is looked up in the upper half, and what was found in the lower half; or
 * it is 0. It belongs to the codec, and so to one stream. What may be remembered the codecs say.
 */
#ifndef TEXT_KNOWN_H
#define TEXT_KNOWN_H

#include "text/codec.h"

#include <stdlib.h>

enum { KNOWN_READ = 2048, KNOWN_WRITTEN = 4096 };
struct remembering {
    struct codec codec; /* must be first */
    uint32_t read[KNOWN_READ], written[KNOWN_WRITTEN];
};

/* To be freed with free(). NULL: no memory. */
static inline struct codec *
remembering_codec (struct codec codec)
{
    struct remembering *r = calloc (1, sizeof *r);
    if (!r)
        return NULL;
    r->codec = codec;
    return &r->codec;
}

/* Where the character of the bytes with this number is remembered. */
static inline uint32_t *
known_of (struct codec *codec, unsigned number)
{
    return &((struct remembering *) codec)->read[number % KNOWN_READ];
}

/* Where the bytes of C are. */
static inline uint32_t *
known_bytes (struct codec *codec, uint32_t c)
{
    return &((struct remembering *) codec)->written[c % KNOWN_WRITTEN];
}

#endif
