/* SPDX-License-Identifier: MIT */
/* The index of positions: an array in order, searched by halves. */
#include "base/export.h"

#include "text/position.h"

#include <string.h>

void
tempfile__index_free (struct index *x)
{
    free (x->entries);
    *x = (struct index){0};
}

size_t
tempfile__index_find (const struct index *x, off_t program, off_t file)
{
    size_t low = 0, high = x->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (x->entries[middle].program <= program && x->entries[middle].file <= file)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void
tempfile__index_cut (struct index *x, off_t program, off_t file)
{
    x->n = tempfile__index_find (x, program, file);
}

/*
 * Removes every second entry. Entries that jump, or count otherwise than the one before, are
 * removed only if ALL.
 */
static void
thin (struct index *x, bool all)
{
    size_t n = 0;
    for (size_t i = 0; i < x->n; i++) {
        const struct position *p = &x->entries[i];
        bool needed = i > 0 && (p->jumps || p->vague || p->written != x->entries[n - 1].written);
        if (i % 2 == 0 || (needed && !all))
            x->entries[n++] = *p;
        else if (needed)
            x->entries[n - 1].vague = true;
    }
    x->n = n;
    x->stride *= 2;
}

/* Makes room for one more entry. Returns false if there is no memory for an index at all. */
static bool
make_room (struct index *x)
{
    if (x->n < x->room)
        return true;
    if (x->room >= INDEX_ROOM)
        thin (x, false);
    if (x->room >= INDEX_ROOM && x->n <= x->room / 4 * 3)
        return true;
    size_t room = x->room ? 2 * x->room : 16;
    struct position *entries =
        room <= INDEX_MAX ? realloc (x->entries, room * sizeof *entries) : NULL;
    if (!entries && x->room > 0)
        thin (x, true);
    if (!entries)
        return x->room > 0;
    x->entries = entries;
    x->room = room;
    return true;
}

int
tempfile__index_begin (struct index *x)
{
    x->stride = INDEX_STRIDE;
    return make_room (x) ? 0 : -1;
}

/* Whether P may and should become the I-th entry. */
static bool
fits (const struct index *x, size_t i, const struct position *p)
{
    const struct position *before = i > 0 ? &x->entries[i - 1] : NULL;
    const struct position *next = i < x->n ? &x->entries[i] : NULL;
    if ((before && before->file > p->file) || (next && next->file < p->file))
        return false;
    bool needed = p->jumps || p->written != (before && before->written);
    bool useful = !before || p->program - before->program >= x->stride;
    return needed || (useful && !p->behind_nothing);
}

void
tempfile__index_add (struct index *x, const struct position *p)
{
    size_t i = tempfile__index_find (x, p->program, OFF_MAX);
    struct position *before = i > 0 ? &x->entries[i - 1] : NULL;
    if (before && p->program == before->program && p->file == before->file) {
        bool jumps = p->jumps || before->jumps;
        *before = *p;
        before->jumps = jumps;
        return;
    }
    if (!fits (x, i, p) || !make_room (x))
        return;
    i = tempfile__index_find (x, p->program, OFF_MAX);
    memmove (x->entries + i + 1, x->entries + i, (x->n - i) * sizeof *p);
    x->entries[i] = *p;
    x->n++;
}
