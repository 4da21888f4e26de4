/* SPDX-License-Identifier: MIT */
/*
 * io_items.h - what is done with an open file: each item is one pass over it, by stdio, and by the
 * calls of a peer if it has the like.
 */
#ifndef IO_ITEMS_H
#define IO_ITEMS_H

#include "peer.h"

#include <stdbool.h>
#include <stdio.h>

enum {
    IO_RECORD = 64,         /* the length of a record, which is also a line */
    IO_RECORDS = 16384,     /* records in a pass */
    IO_BYTES = 65536,       /* single bytes in a pass */
    IO_BLOCK = 1 << 20,     /* the length of a large block */
    IO_SIZE = 4 * IO_BLOCK, /* the file's, when a pass begins and when it ends */
    IO_PLACES = 1000,       /* random places in a pass */
    IO_NEAR = 2048,         /* what is nearby is within so many bytes */
    IO_ASKED = 10000        /* how often a pass asks for the position, or goes nearby */
};

struct io_item {
    const char *title;
    size_t items;     /* in a pass: the time of one is printed */
    const char *word; /* for processes; see peer_python.py. NULL: they have nothing like it */
    int (*stdio) (FILE *f);
    int (*calls) (const struct peer *p, void *file); /* NULL: nothing like it */
    bool bare; /* it makes sense with system calls and no buffer */
};

extern const struct io_item io_items[];
extern const size_t io_items_count;

/* Writes the lines that all items expect. */
int io_fill (int (*write_all) (void *file, const char *bytes, size_t size), void *file);

#endif /* IO_ITEMS_H */
