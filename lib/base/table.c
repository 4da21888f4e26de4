/* SPDX-License-Identifier: MIT */
/* Chained hashing over a power of two of buckets, doubled when there are more nodes than that. */
#include "base/export.h"

#include "base/table.h"

#include <stdint.h>

size_t
tempfile__hash_string (const char *s)
{
    uint64_t h = 0xcbf29ce484222325u; /* FNV-1a */
    for (; *s; s++)
        h = (h ^ (unsigned char) *s) * 0x100000001b3u;
    return (size_t) (h ^ h >> 32);
}

size_t
tempfile__hash_pointer (const void *p)
{
    uint64_t h = (uint64_t) (uintptr_t) p * 0x9e3779b97f4a7c15u;
    return (size_t) (h >> 32);
}

static size_t
bucket_count (const struct table *t)
{
    return t->buckets ? t->mask + 1 : TABLE_FIRST;
}

static struct node **
bucket (struct table *t, size_t hash)
{
    struct node **buckets = t->buckets ? t->buckets : t->first;
    return &buckets[hash & (bucket_count (t) - 1)];
}

static void
push (struct table *t, struct node *n)
{
    struct node **b = bucket (t, n->hash);
    n->next = *b;
    *b = n;
}

static void
grow (struct table *t)
{
    struct table grown = {.mask = bucket_count (t) * 2 - 1};
    /* NOLINTNEXTLINE(bugprone-sizeof-expression): of pointers */
    grown.buckets = calloc (grown.mask + 1, sizeof *grown.buckets);
    if (!grown.buckets)
        return;
    for (size_t i = 0; i < bucket_count (t); i++)
        for (struct node *n = *bucket (t, i), *next; n; n = next) {
            next = n->next;
            push (&grown, n);
        }
    free (t->buckets);
    t->buckets = grown.buckets;
    t->mask = grown.mask;
}

void
tempfile__table_add (struct table *t, struct node *n, size_t hash)
{
    if (t->count == bucket_count (t))
        grow (t);
    n->hash = hash;
    push (t, n);
    t->count++;
}

/* Gives the bucket array back once the table is empty, so that unloading the library leaks none. */
static void
shrink (struct table *t)
{
    free (t->buckets);
    *t = (struct table){0};
}

void
tempfile__table_remove (struct table *t, struct node *n)
{
    struct node **p = bucket (t, n->hash);
    while (*p != n)
        p = &(*p)->next;
    *p = n->next;
    if (--t->count == 0 && t->buckets)
        shrink (t);
}

struct node *
tempfile__table_find (struct table *t, size_t hash,
                      bool (*same) (const struct node *, const void *key), const void *key)
{
    for (struct node *n = *bucket (t, hash); n; n = n->next)
        if (n->hash == hash && same (n, key))
            return n;
    return NULL;
}

void
tempfile__table_walk (struct table *t, void (*visit) (struct node *))
{
    for (size_t i = 0; i < bucket_count (t); i++)
        for (struct node *n = *bucket (t, i); n; n = n->next)
            visit (n);
}
