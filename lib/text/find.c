/* SPDX-License-Identifier: MIT */
/*
 * Finding a position: decoding starts at the nearest entry of the index, and the text up to the
 * position is discarded. Afterwards, also after a failure, the storage below is where the stream
 * is.
 */
#include "base/export.h"

#include "base/error.h"
#include "text/layer.h"

#include <errno.h>

void
tempfile__text_note_here (struct text *t)
{
    if (t->within == 0 && !text_splits (t, &t->here))
        tempfile__index_add (&t->index, &t->here);
}

static int
go_to (struct text *t, const struct position *p)
{
    t->here = *p;
    t->within = 0;
    return tempfile__text_move_below (t, p->file);
}

/* Goes to the N-th entry, or to the start if N is 0. Reading from there is limited. */
static int
jump (struct text *t, size_t n, off_t limit, bool ends)
{
    static const struct position start;
    const int result = go_to (t, n > 0 ? &t->index.entries[n - 1] : &start);
    t->here.jumps = false;
    t->limit = limit;
    t->ends = ends;
    return result;
}

/*
 * Decodes up to TARGET and, if it is to NOTE them, adds entries on the way. Returns 1, 0 at the end
 * of the file, or -1 with errno.
 */
static int
walk (struct text *t, off_t target, bool note)
{
    unsigned char out[4096];
    while (text_at (t) < target) {
        off_t distance = target - text_at (t);
        size_t size = distance < (off_t) sizeof out ? (size_t) distance : sizeof out;
        ssize_t n = tempfile__text_read_some (t, out, size);
        if (n <= 0)
            return (int) n;
        if (note)
            tempfile__text_note_here (t);
    }
    return 1;
}

/* Places after the end of the file count as if it was filled with zeros. */
static int
go_beyond (struct text *t, off_t target)
{
    off_t units = target - t->here.program;
    if (__builtin_mul_overflow (units, (off_t) t->codec->unit, &units) ||
        __builtin_add_overflow (t->here.file, units, &t->here.file)) {
        errno = EOVERFLOW;
        return -1;
    }
    t->here.program = target;
    t->here.behind_nothing = false;
    return 0;
}

static int
find_read (struct text *t, off_t target)
{
    const int found = go_to (t, &t->began) < 0 ? -1 : walk (t, target, false);
    if (found < 0 || (!found && go_beyond (t, target) < 0))
        return -1;
    tempfile__text_settle (t);
    return tempfile__text_pass_end_of_run (t);
}

static int
find (struct text *t, off_t target)
{
    if (target < 0) {
        errno = EINVAL;
        return -1;
    }
    size_t n = tempfile__index_find (&t->index, target, target > 0 ? OFF_MAX : 0);
    const bool before = target > 0 && n < t->index.n;
    const bool exact = n > 0 && t->index.entries[n - 1].program == target;
    const struct position next = before ? t->index.entries[n] : (struct position){0};
    if (jump (t, n, before ? next.file : NO_LIMIT, next.jumps || !t->codec->ops->splits) < 0)
        return -1;
    t->here.vague = t->here.vague && !exact;
    int found = walk (t, target, true);
    if (found < 0)
        return -1;
    t->within = found ? t->within : 0;
    if (!found && before && text_splits (t, &t->here)) {
        /* Where a whole character waits for what follows, at an entry that does not jump. */
        t->within = (size_t) (target - t->here.program);
    } else if (!found && before && t->here.file == next.file) {
        /* Offsets of text that did not get into the file lead to the entry that follows. */
        t->here = next;
        t->here.program = target;
    } else if (!found && go_beyond (t, target) < 0) {
        return -1;
    }
    tempfile__text_settle (t);
    return tempfile__text_pass_end_of_run (t);
}

/*
 * Goes on from in front of the limit to the next place where a character begins. One bad
 * sequence may be shorter than what is left in front of the limit, so there may be several.
 */
static int
complete (struct text *t)
{
    unsigned char out[REPLACEMENT];
    struct position begin;
    ssize_t n = 1;
    t->stop = t->limit;
    t->limit = NO_LIMIT;
    while (n > 0 && (t->here.file < t->stop || text_splits (t, &t->here)))
        n = tempfile__text_read_one (t, out, &begin);
    t->stop = OFF_MAX;
    return n < 0 ? -1 : 0;
}

/*
 * Bad bytes at the end count nothing. The positions before and after them have one offset, which
 * stands for the first.
 */
static int
find_file (struct text *t, off_t file, bool ends)
{
    if (jump (t, tempfile__index_find (&t->index, OFF_MAX, file), file, ends) < 0 ||
        walk (t, OFF_MAX, true) < 0 || (!ends && complete (t) < 0))
        return -1;
    t->here.vague = false;
    if (t->here.file >= file)
        return 0;
    t->here.program += (file - t->here.file) / (off_t) t->codec->unit;
    t->here.behind_nothing = true;
    t->here.file = file;
    return 0;
}

static int
find_next (struct text *t, off_t file)
{
    if (find_file (t, file, false) < 0)
        return -1;
    tempfile__text_settle (t);
    return tempfile__text_pass_end_of_run (t);
}

static int
find_from_end (struct text *t, off_t offset)
{
    off_t size = t->below->ops->seek (t->below, 0, SEEK_END);
    if (size < 0)
        return -1;
    tempfile__index_cut (&t->index, OFF_MAX, size);
    if (find_file (t, size, true) < 0)
        return -1;
    if (offset == 0)
        return 0;
    if (!__builtin_add_overflow (t->here.program, offset, &offset))
        return find (t, offset);
    errno = EOVERFLOW;
    return -1;
}

/*
 * Calls HOW to find TARGET. Afterwards the storage below is where the stream is: at the new
 * position, or at the old one if HOW fails or LOOKED is not NULL.
 */
static int
search (struct text *t, int (*how) (struct text *, off_t), off_t target, struct position *looked)
{
    const struct position old = t->here;
    const size_t within = t->within;
    const bool differs = t->differs;
    t->searching = true;
    int result = how (t, target), err = errno;
    t->searching = false;
    t->limit = NO_LIMIT;
    t->here.skip_lf = false;
    t->here.jumps = false;
    if (result == 0 && looked) {
        *looked = t->here;
        if (text_is_within (t)) {
            result =
                tempfile__fail (EINVAL, "offset %lld is within a character", (long long) target);
            err = errno;
        }
    }
    if (result < 0 || looked) {
        t->here = old;
        t->within = within;
        t->differs = differs;
    } else {
        t->phase = IDLE;
        t->given_back = false;
        t->reported = NOTHING_REPORTED;
    }
    if (tempfile__text_move_below (t, t->here.file) < 0)
        return -1;
    errno = err;
    return result;
}

int
tempfile__text_find (struct text *t, off_t target)
{
    return search (t, find, target, NULL);
}

int
tempfile__text_find_from_end (struct text *t, off_t offset)
{
    return search (t, find_from_end, offset, NULL);
}

int
tempfile__text_find_file (struct text *t, off_t file)
{
    return search (t, find_next, file, NULL);
}

int
tempfile__text_find_read (struct text *t, off_t target)
{
    return search (t, find_read, target, NULL);
}

int
tempfile__text_look_for (struct text *t, off_t target, struct position *p)
{
    return search (t, find, target, p);
}

static bool
is_at (const struct text *t, const struct position *p)
{
    const struct position *here = &t->here;
    bool same = here->state.a == p->state.a && here->state.b == p->state.b;
    return here->program == p->program && here->file == p->file && t->within == 0 &&
           (same || p->jumps);
}

/* Tries it as text that was written and, if that leads elsewhere, as text that is read. */
static int
meet (struct text *t, off_t unused)
{
    struct position end = t->here;
    const struct position *next = tempfile__index_behind (&t->index, &end);
    bool met = false;
    (void) unused;
    t->limit = next->file;
    t->ends = next->jumps || !t->codec->ops->splits;
    for (int written = 1; written >= 0 && !met; written--) {
        end.written = written;
        if (go_to (t, &end) < 0 || walk (t, next->program, false) < 0)
            return -1;
        tempfile__text_settle (t);
        met = is_at (t, next);
    }
    t->here = end;
    t->within = 0;
    return met ? 0 : -1;
}

bool
tempfile__text_meets_behind (struct text *t)
{
    const bool jumps = t->here.jumps;
    if (!tempfile__index_behind (&t->index, &t->here) || search (t, meet, 0, NULL) < 0)
        return false;
    t->here.jumps = jumps;
    return true;
}
