/* SPDX-License-Identifier: MIT */
/*
 * A hash table that any number of threads may use at once without a lock. Each change is made by a
 * single store that others can see, so a signal handler that interrupts one, and a child of fork()
 * that was made in the middle of one, find the table whole.
 *
 * A key is any number but 0, and may be there several times with different values. Whoever looks
 * for a key owes that what he finds by it is not removed meanwhile.
 */
#ifndef TABLE_H
#define TABLE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct slot {
    _Atomic size_t key;     /* 0: do not look at the value */
    _Atomic (void *) value; /* NULL: the slot is free */
};

enum { TABLE_BUCKET = 4, TABLE_FIRST = 8 };

typedef struct slot table_bucket[TABLE_BUCKET];

struct table_level {
    struct table_level *older;
    size_t buckets; /* a power of two */
    table_bucket bucket[];
};

/* All zero is an empty table. */
struct table {
    _Atomic (struct table_level *) newest; /* NULL: there is only the first */
    _Atomic (void *) visited;              /* by tempfile__table_walk() */
    table_bucket first[TABLE_FIRST];
};

/* Keys. Two pointers never have the same, two strings hardly ever. */
size_t tempfile__hash_string (const char *);
size_t tempfile__hash_pointer (const void *);

/* 0, or -1 without memory. */
int tempfile__table_add (struct table *, size_t key, void *value);

/* What is not there is not removed. Returns when no walk is at VALUE any more. */
void tempfile__table_remove (struct table *, size_t key, void *value);

/* A value of that key of which SAME is true, or any with a SAME of NULL; or NULL. */
void *tempfile__table_find (struct table *, size_t key, bool (*same) (void *value, const void *arg),
                            const void *arg);

/* Calls VISIT for each value. One walk at a time. */
void tempfile__table_walk (struct table *, void (*visit) (void *value));

/* Gives the memory back, when nobody else uses the table any more. */
void tempfile__table_free (struct table *);

#endif
