/* SPDX-License-Identifier: MIT */
/*
 * Finding a place: from the nearest entry of the index on, by reading and dropping what comes.
 * Whatever becomes of that, the storage below ends up where the stream is.
 */
#include "base/export.h"

#include "text/layer.h"

#include <errno.h>

static void
pass_bytes (struct text *t, size_t n)
{
    t->here.spill_pos += n;
    t->here.at += (off_t) n;
}

/* Goes on reading up to TARGET, less than LONGEST bytes ahead: 1, 0 at the end, -1. */
static int
walk_closely (struct text *t, off_t target)
{
    while (t->here.at < target) {
        int one = text_has_spill (t) ? 1 : tempfile__text_read_one (t);
        if (one <= 0)
            return one;
        size_t n = t->here.spill_end - t->here.spill_pos;
        if ((off_t) n <= target - t->here.at) {
            pass_bytes (t, n);
            continue;
        }
        pass_bytes (t, (size_t) (target - t->here.at));
    }
    return 1;
}

static int
walk (struct text *t, off_t target)
{
    unsigned char out[4096];
    while (target - t->here.at >= LONGEST) {
        off_t distance = target - t->here.at;
        size_t size = distance < (off_t) sizeof out ? (size_t) distance : sizeof out;
        if (t->way == AS_READ)
            tempfile__text_note_reading (t);
        ssize_t n = tempfile__text_read_some (t, out, size);
        if (n <= 0)
            return (int) n;
    }
    return walk_closely (t, target);
}

/* To where an entry is, NULL being the start; nothing of what was read counts any more. */
static int
jump (struct text *t, const struct position *p)
{
    static const struct position start = {0};
    if (!p)
        p = &start;
    t->here.at = p->program;
    t->here.file = p->file;
    t->here.state = p->state;
    t->here.skip_lf = p->skip_lf;
    t->here.stray = 0;
    t->here.spill_pos = t->here.spill_end = 0;
    t->way = p->way == AS_WRITTEN ? AS_WRITTEN : AS_READ;
    t->phase = READING;
    t->chunk = FIRST_CHUNK;
    t->in_run = false;
    return tempfile__text_move_below (t, p->file);
}

/* What comes after the end of the file is zeros. */
static int
beyond (struct text *t, off_t target)
{
    off_t units = target - t->here.at;
    if (__builtin_mul_overflow (units, (off_t) t->codec->unit, &units) ||
        __builtin_add_overflow (t->here.file, units, &t->here.file)) {
        errno = EOVERFLOW;
        return -1;
    }
    t->here.at = target;
    return 0;
}

/*
 * What only ends the run of output before, and is nothing by itself, belongs to that: the '-' of
 * UTF-7. Without it the place would be one that writing did not leave.
 */
static int
pass_end_of_run (struct text *t)
{
    if (!t->codec->ops->finish || !t->here.state.a || text_has_spill (t))
        return 0;
    if (t->raw_pos == t->raw_end && tempfile__text_refill (t) < 0)
        return -1;
    if (t->raw_pos == t->raw_end)
        return 0;
    struct codec_state state = t->here.state;
    unsigned char out[LONGEST];
    struct work w = {.in = t->raw + t->raw_pos, .out = out, .out_end = out + sizeof out};
    w.in_end = w.in + 1;
    enum step step = t->codec->ops->decode (t->codec, &state, &w);
    if (step != STEP_DONE || w.out != out || state.a)
        return 0;
    t->here.state = state;
    t->here.file++;
    t->raw_pos++;
    return 0;
}

/* If TARGET, which P is the entry for, is within what comes back otherwise than it was written: the
 * offset of the next entry. */
static off_t
end_of_stray (const struct text *t, const struct position *p, off_t target)
{
    bool within = p && p->way == CLOSED && p->program < target;
    return within && p + 1 < t->index.entries + t->index.n ? p[1].program : 0;
}

/* Reads its way to TARGET. */
static int
find (struct text *t, off_t target)
{
    const struct position *p = target > 0 ? tempfile__index_by_program (&t->index, target) : NULL;
    if (jump (t, p) < 0)
        return -1;
    t->here.stray = end_of_stray (t, p, target);
    int found = walk (t, target);
    if (found < 0 || (found == 0 && beyond (t, target) < 0))
        return -1;
    if (t->here.skip_lf && !text_has_spill (t) && tempfile__text_pass_lf (t) < 0)
        return -1;
    t->here.skip_lf = false;
    return pass_end_of_run (t);
}

/*
 * Reads its way to the end. What nothing can be made of there counts nothing: its two sides are one
 * offset, which stands for the first of them.
 */
static int
find_end (struct text *t, off_t unused)
{
    (void) unused;
    off_t size = t->below->ops->seek (t->below, 0, SEEK_END);
    if (size < 0)
        return -1;
    if (t->index.n > 0 && t->index.entries[t->index.n - 1].file > size)
        tempfile__index_cut (&t->index, t->index.entries[t->index.n - 1].program, size);
    if (jump (t, tempfile__index_by_file (&t->index, size)) < 0)
        return -1;
    unsigned char out[4096];
    ssize_t n = t->here.file < size;
    while (n > 0) {
        if (t->way == AS_READ)
            tempfile__text_note_reading (t);
        n = tempfile__text_read_some (t, out, sizeof out);
    }
    if (n < 0 && errno != EILSEQ)
        return -1;
    t->here.file = size;
    t->here.skip_lf = false;
    return 0;
}

/*
 * Reads its way to FILE, an offset of the file, or to the next one that a character ends at.
 * Nothing is known any more of what comes after it, nor after where the stream was.
 */
static int
find_file (struct text *t, off_t file)
{
    off_t known = file < t->here.file ? file : t->here.file;
    while (t->index.n > 0 && t->index.entries[t->index.n - 1].file > known)
        t->index.n--;
    off_t size = t->below->ops->seek (t->below, 0, SEEK_END);
    if (size < 0)
        return -1;
    if (file >= size) {
        if (find_end (t, 0) < 0)
            return -1;
        return file == size ? 0 : beyond (t, t->here.at + (file - size) / t->codec->unit);
    }
    if (jump (t, tempfile__index_by_file (&t->index, file)) < 0)
        return -1;
    for (int one = 1; one > 0 && t->here.file < file;) {
        if (t->way == AS_READ)
            tempfile__text_note_reading (t);
        one = tempfile__text_read_one (t);
        if (one < 0)
            return -1;
        pass_bytes (t, t->here.spill_end - t->here.spill_pos);
    }
    t->here.skip_lf = false;
    return 0;
}

/*
 * Whatever HOW does from here, the storage below ends up where the stream is: at the new place,
 * or, when it fails, at the old one.
 */
static int
search (struct text *t, int (*how) (struct text *, off_t), off_t target)
{
    const struct place old = t->here;
    const bool passing = t->passing;
    tempfile__text_end_run (t);
    t->searching = true;
    t->trouble = 0;
    int result = how (t, target);
    t->searching = false;
    int err = errno;
    if (result >= 0 && t->trouble) {
        result = -1;
        err = t->trouble;
    }
    if (result < 0)
        t->here = old;
    t->phase = IDLE;
    t->passing = passing && result < 0;
    t->way = AS_READ;
    t->chunk = FIRST_CHUNK;
    if (tempfile__text_move_below (t, t->here.file) < 0)
        return -1;
    errno = err;
    return result;
}

int
tempfile__text_find (struct text *t, off_t target)
{
    return search (t, find, target);
}

int
tempfile__text_find_end (struct text *t)
{
    return search (t, find_end, 0);
}

int
tempfile__text_find_file (struct text *t, off_t file)
{
    return search (t, find_file, file);
}
