/* SPDX-License-Identifier: MIT */
/* The index of positions: an array in order, searched by halves. */
#include "base/export.h"

#include "text/position.h"

void
tempfile__index_free (struct index *x)
{
    free (x->entries);
    *x = (struct index){0};
}

void
tempfile__index_cut (struct index *x, off_t program, off_t file)
{
    while (x->n > 0 && (x->entries[x->n - 1].program > program || x->entries[x->n - 1].file > file))
        x->n--;
}

const struct position *
tempfile__index_by_program (const struct index *x, off_t program)
{
    size_t low = 0, high = x->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (x->entries[middle].program <= program)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 ? &x->entries[low - 1] : NULL;
}

const struct position *
tempfile__index_by_file (const struct index *x, off_t file)
{
    size_t low = 0, high = x->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (x->entries[middle].file <= file)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 ? &x->entries[low - 1] : NULL;
}

bool
tempfile__index_wants (const struct index *x, off_t program)
{
    if (x->n == 0)
        return true;
    return program - x->entries[x->n - 1].program >= (x->stride ? x->stride : INDEX_STRIDE);
}

/*
 * Of an index that is not empty. Of each two neighbours the first stays; both stay where they say
 * different things of the way on, unless ALL: then nothing is said any more of what is between.
 */
static void
thin (struct index *x, bool all)
{
    size_t n = 1;
    for (size_t i = 1; i < x->n; i++) {
        struct position *kept = &x->entries[n - 1];
        /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): it is not empty */
        bool same = kept->way == x->entries[i].way && kept->way != CLOSED;
        if (i % 2 == 0 || !(same || all)) {
            x->entries[n++] = x->entries[i];
            continue;
        }
        if (!same)
            kept->way = CLOSED;
    }
    x->n = n;
}

/* Whether that made room enough. */
static bool
thin_out (struct index *x, bool all)
{
    thin (x, all);
    return x->n <= x->room / 4 * 3;
}

static bool
make_room (struct index *x)
{
    if (x->n < x->room)
        return true;
    if (x->room >= INDEX_ROOM) {
        x->stride *= 2;
        if (thin_out (x, false) || (x->room == INDEX_MAX && thin_out (x, true)))
            return true;
    }
    size_t room = x->room ? 2 * x->room : 16;
    struct position *entries = realloc (x->entries, room * sizeof *entries);
    if (!entries && x->room > 0 && x->n == x->room) {
        x->stride *= 2;
        return thin_out (x, false) || thin_out (x, true);
    }
    if (!entries)
        return x->n < x->room;
    if (!x->entries)
        x->stride = INDEX_STRIDE;
    x->entries = entries;
    x->room = room;
    return true;
}

int
tempfile__index_begin (struct index *x)
{
    return make_room (x) ? 0 : -1;
}

void
tempfile__index_add (struct index *x, const struct position *p)
{
    struct position *last = x->n > 0 ? &x->entries[x->n - 1] : NULL;
    if (last && (p->program < last->program || p->file < last->file))
        return;
    if (last && p->program == last->program && p->file == last->file) {
        *last = *p;
        return;
    }
    if (last && p->program == last->program && p->way == CLOSED && last->way == CLOSED)
        return;
    if (make_room (x)) /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): which is in there */
        x->entries[x->n++] = *p;
}
