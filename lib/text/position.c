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

/* Those behind go to the end of the room, from the I-th place on. */
static void
set_behind (struct index *x, size_t i, size_t n)
{
    memmove (x->entries + x->room - n, x->entries + i, n * sizeof *x->entries);
    x->behind = n;
}

/*
 * Removes every second entry where there is no room left. Entries that jump, or count otherwise
 * than the one before, are removed only if ALL.
 */
static void
thin (struct index *x, bool all)
{
    size_t n = 0, front = 0;
    for (size_t i = 0; i < x->room; i++) {
        const struct position *p = &x->entries[i];
        bool needed = i > 0 && (p->jumps || p->vague || p->written != x->entries[n - 1].written);
        if (i % 2 == 0 || (needed && !all))
            /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): where there is room */
            x->entries[n++] = *p;
        else if (needed)
            x->entries[n - 1].vague = true;
        if (i < x->n)
            front = n;
    }
    x->n = front;
    set_behind (x, front, n - front);
    x->stride *= 2;
}

/* Makes room for one more entry. Returns false if there is no memory for an index at all. */
static bool
make_room (struct index *x)
{
    if (x->n + x->behind < x->room)
        return true;
    if (x->room >= INDEX_ROOM)
        thin (x, false);
    if (x->room >= INDEX_ROOM && x->n + x->behind <= x->room / 4 * 3)
        return true;
    size_t old = x->room, room = old ? 2 * old : 16;
    struct position *entries =
        room <= INDEX_MAX ? realloc (x->entries, room * sizeof *entries) : NULL;
    if (!entries && x->n + x->behind == old && old > 0)
        thin (x, true);
    if (!entries)
        return old > 0;
    x->entries = entries;
    x->room = room;
    set_behind (x, old - x->behind, x->behind);
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
    /* NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker): there is room */
    memmove (x->entries + i + 1, x->entries + i, (x->n - i) * sizeof *p);
    x->entries[i] = *p;
    x->n++;
}

void
tempfile__index_split (struct index *x, const struct position *p)
{
    size_t n = tempfile__index_find (x, p->program, p->file);
    set_behind (x, n, x->n - n);
    x->n = n;
}

const struct position *
tempfile__index_behind (struct index *x, const struct position *p)
{
    for (; x->behind > 0; x->behind--) {
        const struct position *first = x->entries + x->room - x->behind;
        if (first->program >= p->program && first->file >= p->file)
            return first;
    }
    return NULL;
}

void
tempfile__index_join (struct index *x, bool add)
{
    const size_t n = add ? x->behind : 0;
    memmove (x->entries + x->n, x->entries + x->room - x->behind, n * sizeof *x->entries);
    x->n += n;
    x->behind = 0;
}
