/* SPDX-License-Identifier: MIT */
/*
 * Reading text: from the bytes below to UTF-8 with the newlines that were asked for, whole
 * characters into large buffers, and parts of one (the spill) into those that are too small.
 *
 * What was read from below and not decoded yet is in `raw`; `here` says which place comes next.
 */
#include "base/export.h"

#include "text/layer.h"

#include <errno.h>
#include <string.h>

/* --- the storage below --- */

int
tempfile__text_move_below (struct text *t, off_t file)
{
    t->raw_pos = t->raw_end = 0;
    return t->below->ops->seek (t->below, file, SEEK_SET) < 0 ? -1 : 0;
}

/* More bytes behind those that are left, by larger and larger helpings: 1, 0 at the end, -1. */
int
tempfile__text_refill (struct text *t)
{
    size_t have = t->raw_end - t->raw_pos;
    memmove (t->raw, t->raw + t->raw_pos, have);
    t->raw_pos = 0;
    t->raw_end = have;
    size_t want = t->chunk < BUFFER - have ? t->chunk : BUFFER - have;
    ssize_t n = t->below->ops->read (t->below, t->raw + have, want);
    if (n < 0)
        return -1;
    t->raw_end += (size_t) n;
    if (t->chunk < BUFFER)
        t->chunk *= 2;
    return n > 0;
}

/* --- newlines of what was read --- */

/* Moves what is in front of the next '\r' to *OUT, which is passed then. NULL: there is none. */
static unsigned char *
keep_up_to_cr (unsigned char **out, unsigned char *p, unsigned char *end)
{
    unsigned char *cr = memchr (p, '\r', (size_t) (end - p));
    size_t n = (size_t) ((cr ? cr : end) - p);
    memmove (*out, p, n);
    *out += n;
    return cr;
}

/* Both work in place on what was decoded last, and return its new end. */
static unsigned char *
fold_universal (struct text *t, unsigned char *p, unsigned char *end)
{
    unsigned char *out = p;
    if (p == end)
        return end;
    if (t->here.skip_lf && *p == '\n') {
        p++;
        t->differs = true;
    }
    t->here.skip_lf = false;
    if (p == out && !memchr (p, '\r', (size_t) (end - p)))
        return end;
    while (p < end) {
        p = keep_up_to_cr (&out, p, end);
        if (!p)
            break;
        *out++ = '\n';
        p++;
        t->here.skip_lf = p == end;
        if (p < end && *p == '\n') {
            p++;
            t->differs = true;
        }
    }
    return out;
}

/* Whether the next character is a '\n'; which is then passed. -1 with errno: it cannot be read. */
int
tempfile__text_pass_lf (struct text *t)
{
    for (bool final = false;;) {
        struct codec_state state = t->here.state;
        unsigned char out[LONGEST];
        struct work w = {.in = t->raw + t->raw_pos, .final = final, .out = out};
        w.out_end = out + sizeof out;
        size_t n = t->raw_end - t->raw_pos;
        for (size_t i = 1; i <= n && w.out == out; i++) {
            w.in_end = t->raw + t->raw_pos + i;
            if (t->codec->ops->decode (t->codec, &state, &w) == STEP_BAD)
                return 0;
        }
        if (w.out > out) {
            if (out[0] != '\n')
                return 0;
            size_t used = (size_t) (w.in - (t->raw + t->raw_pos));
            t->here.state = state;
            t->here.file += (off_t) used;
            t->raw_pos += used;
            return 1;
        }
        if (final)
            return 0;
        int more = tempfile__text_refill (t);
        if (more < 0)
            return -1;
        final = more == 0;
    }
}

static unsigned char *
fold_crlf (struct text *t, unsigned char *p, unsigned char *end)
{
    unsigned char *out = p;
    while (p < end) {
        p = keep_up_to_cr (&out, p, end);
        if (!p)
            break;
        int lf = p + 1 < end ? p[1] == '\n' : tempfile__text_pass_lf (t);
        if (lf < 0)
            t->trouble = errno;
        if (lf > 0) {
            *out++ = '\n';
            p += p + 1 < end ? 2 : 1;
        } else {
            *out++ = *p++;
        }
    }
    return out;
}

static unsigned char *
fold (struct text *t, unsigned char *p, unsigned char *end)
{
    if (t->newline == NL_UNIVERSAL && t->way == AS_READ)
        return fold_universal (t, p, end);
    if (t->newline != NL_CRLF)
        return end;
    if (t->way == AS_WRITTEN)
        return fold_crlf (t, p, end);
    if (!t->differs && memchr (p, '\r', (size_t) (end - p)))
        t->differs = true;
    return end;
}

/* --- reading --- */

/* Decodes what is in the buffer into W, up to LIMIT bytes of it. */
static enum step
decode (struct text *t, struct work *w, size_t limit, bool final)
{
    w->in = t->raw + t->raw_pos;
    w->in_end = w->in + limit;
    w->final = final;
    const unsigned char *begin = w->in;
    unsigned char *out = w->out;
    enum step step = t->codec->ops->decode (t->codec, &t->here.state, w);
    size_t used = (size_t) (w->in - begin);
    t->raw_pos += used;
    t->here.file += (off_t) used;
    w->out = fold (t, out, w->out);
    return step;
}

/* The bad sequence in front, of N bytes, becomes what stands in for it: 0, or -1 with EILSEQ. */
static int
replace_bad (struct text *t, size_t n)
{
    struct replacement r = {0};
    if (n == HOPELESS) {
        errno = EILSEQ;
        return -1;
    }
    if (!tempfile__handle_decoding (t->handler, t->raw + t->raw_pos, &n, &r) && !t->searching) {
        if (!t->passing) {
            t->passing = true;
            errno = EILSEQ;
            return -1;
        }
        t->passing = false;
    }
    if (t->codec->ops->passed)
        t->codec->ops->passed (&t->here.state);
    t->raw_pos += n;
    t->here.file += (off_t) n;
    t->here.skip_lf = t->here.skip_lf && r.length == 0;
    memcpy (t->here.spill, r.bytes, r.length);
    t->here.spill_pos = 0;
    t->here.spill_end = r.length;
    return 0;
}

/*
 * One character, or what two have in common, or what stands in for none, into the spill: 1, 0 at
 * the end, -1 with errno. The codec gets byte after byte until something comes out.
 */
int
tempfile__text_read_one (struct text *t)
{
    struct place *here = &t->here;
    bool final = false;
    for (size_t limit = 1;;) {
        if (t->raw_pos + limit > t->raw_end && !final) {
            int more = tempfile__text_refill (t);
            if (more < 0)
                return -1;
            final = more == 0;
            continue;
        }
        size_t n = t->raw_end - t->raw_pos;
        bool last = final && limit >= n;
        struct work w = {.out = here->spill, .out_end = here->spill + LONGEST};
        size_t before = t->raw_pos;
        enum step step = decode (t, &w, last ? n : limit, last);
        here->spill_pos = 0;
        here->spill_end = (size_t) (w.out - here->spill);
        if (here->spill_end > 0)
            return 1;
        if (step == STEP_BAD && replace_bad (t, w.bad) < 0)
            return -1;
        if (here->spill_end > 0)
            return 1;
        if (last && step != STEP_BAD)
            return 0;
        limit = t->raw_pos > before || step == STEP_BAD ? 1 : limit + 1;
    }
}

static size_t
take_spill (struct text *t, unsigned char *out, size_t size)
{
    size_t n = t->here.spill_end - t->here.spill_pos;
    if (n > size)
        n = size;
    memcpy (out, t->here.spill + t->here.spill_pos, n);
    t->here.spill_pos += n;
    t->here.at += (off_t) n;
    return n;
}

/*
 * As refill(), into OUT, where what is the same on both sides stays: in *MADE how much that came
 * to. The rest is in the buffer, which was empty.
 */
static int
read_same (struct text *t, unsigned char *out, size_t size, size_t *made)
{
    ssize_t n = t->below->ops->read (t->below, out, size < t->chunk ? size : t->chunk);
    if (n <= 0)
        return (int) n;
    if (t->chunk < BUFFER)
        t->chunk *= 2;
    size_t same = t->codec->ops->same (t->codec, out, (size_t) n);
    t->raw_pos = 0;
    t->raw_end = (size_t) n - same;
    memcpy (t->raw, out + same, t->raw_end);
    t->here.file += (off_t) same;
    *made = (size_t) (fold (t, out, out + same) - out);
    t->here.at += (off_t) *made;
    return 1;
}

/* Many characters: bytes made, 0 at the end, -1 with errno. There is room for LONGEST. */
static ssize_t
read_many (struct text *t, unsigned char *out, size_t size)
{
    bool final = false;
    if (t->codec->ops->same && t->raw_pos == t->raw_end) {
        size_t made = 0;
        int more = read_same (t, out, size, &made);
        if (more < 0 || made > 0)
            return more < 0 ? -1 : (ssize_t) made;
        final = more == 0;
    }
    for (;;) {
        struct work w = {.out = out, .out_end = out + size};
        enum step step = decode (t, &w, t->raw_end - t->raw_pos, final);
        size_t made = (size_t) (w.out - out);
        t->here.at += (off_t) made;
        if (made > 0)
            return (ssize_t) made;
        if (step == STEP_BAD) {
            if (replace_bad (t, w.bad) < 0)
                return -1;
            if (text_has_spill (t))
                return (ssize_t) take_spill (t, out, size);
            continue;
        }
        if (final && step == STEP_DONE)
            return 0;
        int more = tempfile__text_refill (t);
        if (more < 0)
            return -1;
        final = more == 0;
    }
}

ssize_t
tempfile__text_read_some (struct text *t, unsigned char *out, size_t size)
{
    if (!text_has_spill (t) && size >= LONGEST)
        return read_many (t, out, size);
    if (!text_has_spill (t)) {
        int one = tempfile__text_read_one (t);
        if (one <= 0)
            return one;
    }
    return (ssize_t) take_spill (t, out, size);
}
