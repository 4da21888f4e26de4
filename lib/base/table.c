/* SPDX-License-Identifier: MIT */
/*
 * Levels of buckets, each level four times as large as the one before it. A key belongs into one
 * bucket of each level; it goes into the newest that has a free slot there, and where none has,
 * a new level is made. So nothing is ever moved, and most of what is in the table is on the newest
 * two levels, which are looked at first. A level is given back only with the table.
 */
#include "base/export.h"

#include "base/table.h"

#include <poll.h>
#include <stdint.h>

enum { GROWTH = 4 };

size_t
tempfile__hash_string (const char *s)
{
    uint64_t h = 0xcbf29ce484222325u; /* FNV-1a */
    for (; *s; s++)
        h = (h ^ (unsigned char) *s) * 0x100000001b3u;
    size_t hash = (size_t) (h ^ h >> 32);
    return hash ? hash : 1;
}

/* Each step can be undone: no two pointers have the same, and none has 0. */
size_t
tempfile__hash_pointer (const void *p)
{
    enum { HALF = sizeof (size_t) * 4 };
    size_t h = (size_t) (uintptr_t) p * (size_t) 0x9e3779b97f4a7c15u;
    return h >> HALF | h << HALF;
}

/* The bucket of KEY on LEVEL; NULL stands for the first. */
static struct slot *
bucket (struct table *t, struct table_level *level, size_t key)
{
    return level ? level->bucket[key & (level->buckets - 1)] : t->first[key & (TABLE_FIRST - 1)];
}

/* The key is stored last, and by whoever has taken the slot. */
static bool
put (struct slot *slots, size_t key, void *value)
{
    for (int i = 0; i < TABLE_BUCKET; i++) {
        void *none = NULL;
        if (!atomic_compare_exchange_strong (&slots[i].value, &none, value))
            continue;
        atomic_store (&slots[i].key, key);
        return true;
    }
    return false;
}

static bool
put_somewhere (struct table *t, struct table_level *newest, size_t key, void *value)
{
    for (struct table_level *level = newest;; level = level->older) {
        if (put (bucket (t, level, key), key, value))
            return true;
        if (!level)
            return false;
    }
}

/* Another thread may have been faster, which does as well. */
static int
grow (struct table *t, struct table_level *newest)
{
    size_t buckets = (newest ? newest->buckets : TABLE_FIRST) * GROWTH;
    struct table_level *level = calloc (1, sizeof *level + buckets * sizeof *level->bucket);
    if (!level)
        return -1;
    level->older = newest;
    level->buckets = buckets;
    if (!atomic_compare_exchange_strong (&t->newest, &newest, level))
        free (level);
    return 0;
}

int
tempfile__table_add (struct table *t, size_t key, void *value)
{
    for (;;) {
        struct table_level *newest = atomic_load (&t->newest);
        if (put_somewhere (t, newest, key, value))
            return 0;
        if (grow (t, newest) < 0)
            return -1;
    }
}

static void *
find_in (struct slot *slots, size_t key, bool (*same) (void *value, const void *arg),
         const void *arg, struct slot **place)
{
    for (int i = 0; i < TABLE_BUCKET; i++) {
        if (atomic_load (&slots[i].key) != key)
            continue;
        void *value = atomic_load (&slots[i].value);
        if (!value || (same && !same (value, arg)))
            continue;
        if (place)
            *place = &slots[i];
        return value;
    }
    return NULL;
}

static void *
find (struct table *t, size_t key, bool (*same) (void *value, const void *arg), const void *arg,
      struct slot **place)
{
    for (struct table_level *level = atomic_load (&t->newest);; level = level->older) {
        void *value = find_in (bucket (t, level, key), key, same, arg, place);
        if (value || !level)
            return value;
    }
}

void *
tempfile__table_find (struct table *t, size_t key, bool (*same) (void *value, const void *arg),
                      const void *arg)
{
    return find (t, key, same, arg, NULL);
}

static bool
same_value (void *value, const void *arg)
{
    return value == arg;
}

void
tempfile__table_remove (struct table *t, size_t key, void *value)
{
    struct slot *slot = NULL;
    if (!find (t, key, same_value, value, &slot))
        return;
    atomic_store (&slot->key, 0);
    atomic_store (&slot->value, NULL);
    while (atomic_load (&t->visited) == value)
        poll (NULL, 0, 1);
}

/* Either the remover sees that the value is being visited, or we see that it is removed. */
static void
visit_slot (struct table *t, struct slot *slot, void (*visit) (void *value))
{
    void *value = atomic_load (&slot->value);
    if (!value)
        return;
    atomic_store (&t->visited, value);
    if (atomic_load (&slot->value) == value && atomic_load (&slot->key) != 0)
        visit (value);
    atomic_store (&t->visited, NULL);
}

static void
visit_bucket (struct table *t, struct slot *slots, void (*visit) (void *value))
{
    for (int i = 0; i < TABLE_BUCKET; i++)
        visit_slot (t, &slots[i], visit);
}

void
tempfile__table_walk (struct table *t, void (*visit) (void *value))
{
    for (size_t i = 0; i < TABLE_FIRST; i++)
        visit_bucket (t, t->first[i], visit);
    for (struct table_level *level = atomic_load (&t->newest); level; level = level->older)
        for (size_t i = 0; i < level->buckets; i++)
            visit_bucket (t, level->bucket[i], visit);
}

void
tempfile__table_free (struct table *t)
{
    struct table_level *level = atomic_exchange (&t->newest, NULL);
    while (level) {
        struct table_level *older = level->older;
        free (level);
        level = older;
    }
}
