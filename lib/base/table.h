/* SPDX-License-Identifier: MIT */
/*
 * A hash table of nodes that live inside the things they stand for. It allocates only its bucket
 * array, and goes on with longer chains where that cannot grow, so adding never fails. It knows
 * nothing of locks: whoever owns a table guards it.
 */
#ifndef TABLE_H
#define TABLE_H

#include <stdbool.h>
#include <stddef.h>

struct node {
    struct node *next;
    size_t hash;
};

enum { TABLE_FIRST = 64 };

/* All zero is an empty table. */
struct table {
    struct node **buckets; /* NULL: the first array is in use */
    size_t mask;           /* of buckets */
    size_t count;
    struct node *first[TABLE_FIRST];
};

size_t tempfile__hash_string (const char *);
size_t tempfile__hash_pointer (const void *);

void tempfile__table_add (struct table *, struct node *, size_t hash);
void tempfile__table_remove (struct table *, struct node *);
struct node *tempfile__table_find (struct table *, size_t hash,
                                   bool (*same) (const struct node *, const void *key),
                                   const void *key);

/* Calls VISIT for each node; VISIT must not change the table. */
void tempfile__table_walk (struct table *, void (*visit) (struct node *));

#endif
