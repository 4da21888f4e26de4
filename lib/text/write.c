/* SPDX-License-Identifier: MIT */
/*
 * Writing text: newlines, encoding, what stands in for characters that the encoding lacks, and
 * characters that come in parts. What could not be stored whole is not reported as stored, and
 * what it left in the file is taken back.
 */
#include "base/export.h"

#include "text/layer.h"
#include "text/utf8.h"

#include <errno.h>
#include <string.h>

/* The encoder is told that it goes on elsewhere. */
void
tempfile__text_reposition (struct text *t)
{
    if (t->codec->ops->reposition)
        t->codec->ops->reposition (&t->encoder, t->here.file == 0);
    else
        t->encoder = (struct codec_state){0, 0};
}

static bool
translates (const struct text *t)
{
    return t->newline == NL_CR || t->newline == NL_CRLF;
}

/* Encodes TEXT as a whole, or nothing of it. */
static enum step
put_whole (struct text *t, struct work *w, const unsigned char *text, size_t n)
{
    struct codec_state before = t->encoder;
    struct work part = {
        .in = text, .in_end = text + n, .out = w->out, .out_end = w->out_end, .final = true};
    enum step step = t->codec->ops->encode (t->codec, &t->encoder, &part);
    if (step == STEP_DONE)
        w->out = part.out;
    else
        t->encoder = before;
    return step;
}

static enum step
put_newline (struct text *t, struct work *w)
{
    size_t n = t->newline == NL_CRLF ? 2 : 1;
    if (!t->codec->ascii)
        return put_whole (t, w, (const unsigned char *) "\r\n", n);
    if (room (w) < n)
        return STEP_FULL;
    memcpy (w->out, "\r\n", n);
    w->out += n;
    return STEP_DONE;
}

/* A line that is ASCII, up to its NEWLINE, in one go; false: it is not, or is near either end. */
static bool
put_plain_line (struct text *t, struct work *w, const unsigned char *newline)
{
    size_t n = (size_t) (newline - w->in);
    if (!t->codec->ascii || n + RUN > left (w) || n + RUN > room (w))
        return false;
    for (size_t i = 0; i < n; i += RUN) {
        if (!is_ascii_run (w->in + i))
            return false;
        memcpy (w->out + i, w->in + i, RUN);
    }
    w->out[n] = '\r';
    w->out[n + 1] = '\n';
    w->out += t->newline == NL_CRLF ? n + 2 : n + 1;
    w->in = newline + 1;
    return true;
}

static enum step
put_raw (struct text *t, struct work *w, const struct replacement *r)
{
    if (r->length % t->codec->unit != 0)
        return STEP_BAD;
    if (room (w) < r->length)
        return STEP_FULL;
    memcpy (w->out, r->bytes, r->length);
    w->out += r->length;
    return STEP_DONE;
}

/* How far a run of encoding has come, for the index. */
struct origin {
    const unsigned char *in;
    unsigned char *out;
};

/* An entry for where encoding is. Within a run that the encoder has yet to end there is none. */
static void
note_encoding (struct text *t, const struct work *w, const struct origin *o, enum way way)
{
    if (t->codec->ops->finish && t->encoder.a)
        return;
    struct position p = {.program = t->here.at + (w->in - o->in),
                         .file = t->here.file + (w->out - o->out),
                         .state = w->in > o->in ? t->encoder : t->here.state,
                         .way = (unsigned char) way};
    tempfile__index_add (&t->index, &p);
}

/* Something in place of the W->BAD bytes in front. */
static enum step
substitute (struct text *t, struct work *w, const struct origin *o)
{
    struct replacement r = {.raw = true};
    if (w->n_instead > 0)
        memcpy (r.bytes, w->instead, r.length = w->n_instead);
    else if (!tempfile__handle_encoding (t->handler, w->c, w->in, w->bad, &r))
        return STEP_BAD;
    if (r.raw && t->codec->ops->finish) {
        if (room (w) < FINISH)
            return STEP_FULL;
        t->codec->ops->finish (&t->encoder, w);
    }
    const struct work before = *w;
    enum step step = r.raw ? put_raw (t, w, &r) : put_whole (t, w, r.bytes, r.length);
    if (step != STEP_DONE)
        return step;
    /* Nothing of this need come back as it was; raw bytes may even join those around them. */
    note_encoding (t, &before, o, CLOSED);
    w->in += w->bad;
    note_encoding (t, w, o, tempfile__text_way_written (t));
    t->lossy = true;
    return STEP_DONE;
}

/* Encodes as much as fits, newlines and all. STEP_BAD: nothing stands in for what is next. */
static enum step
encode (struct text *t, struct work *w, const struct origin *origin)
{
    const unsigned char *end = w->in_end;
    const unsigned char *newline = NULL;
    bool final = w->final, known = false;
    for (;;) {
        if (translates (t) && (!known || newline < w->in)) {
            newline = memchr (w->in, '\n', (size_t) (end - w->in));
            known = true;
            if (!newline)
                newline = end;
            else if (put_plain_line (t, w, newline))
                continue;
        }
        w->in_end = translates (t) ? newline : end;
        w->final = final || w->in_end < end;
        enum step step = w->in == w->in_end && w->in < end
                             ? STEP_DONE
                             : t->codec->ops->encode (t->codec, &t->encoder, w);
        bool at_newline = step == STEP_DONE && w->in_end < end;
        w->in_end = end;
        w->final = final;
        if (step == STEP_BAD) {
            step = substitute (t, w, origin);
            if (step == STEP_DONE)
                continue;
        }
        if (!at_newline)
            return step;
        step = put_newline (t, w);
        if (step != STEP_DONE)
            return step;
        w->in++;
    }
}

static ptrdiff_t
first_length (const unsigned char *p, const unsigned char *end)
{
    ptrdiff_t n = 1;
    while (p + n < end && (p[n] & 0xc0) == 0x80)
        n++;
    return n;
}

/* The same, with entries for the index on the way. */
static enum step
encode_noting (struct text *t, struct work *w)
{
    const struct origin origin = {w->in, w->out};
    const unsigned char *end = w->in_end;
    bool final = w->final;
    for (;;) {
        const unsigned char *begin = w->in;
        ptrdiff_t n = t->marking ? first_length (begin, end) : INDEX_STRIDE;
        bool last = end - begin <= n;
        w->in_end = last ? end : begin + n;
        w->final = final && last;
        enum step step = encode (t, w, &origin);
        bool more = step == STEP_DONE || step == STEP_SHORT;
        w->in_end = end;
        if (tempfile__index_wants (&t->index, t->here.at + (w->in - origin.in)) ||
            (t->marking && w->in > begin))
            note_encoding (t, w, &origin, tempfile__text_way_written (t));
        t->marking = t->marking && w->in == begin;
        if (last || !more)
            return step;
    }
}

/* The rest of a character that did not get into the file whole: gone, where it is at the end. */
static void
drop_tail (struct text *t, size_t n)
{
    off_t end = t->below->ops->seek (t->below, 0, SEEK_END);
    if (end == t->here.file + (off_t) n)
        (void) t->below->ops->truncate (t->below, t->here.file);
    (void) tempfile__text_move_below (t, t->here.file);
}

/* Input that is on its way: how it began, to be able to do it again. */
struct piece {
    const unsigned char *in;
    size_t n;
    bool final;
    struct codec_state encoder;
};

/*
 * Only DONE bytes of what PIECE became are in the file. As many characters as that is are
 * reported, and nothing else of it is to remain: the input that they were.
 */
static size_t
account (struct text *t, const struct piece *piece, size_t done)
{
    int err = errno;
    struct work w = {.in = piece->in,
                     .in_end = piece->in + piece->n,
                     .out = t->raw,
                     .out_end = t->raw + done,
                     .final = piece->final};
    t->encoder = piece->encoder;
    encode (t, &w, &(struct origin){w.in, w.out});
    size_t whole = (size_t) (w.out - t->raw);
    t->here.file += (off_t) whole;
    if (whole < done)
        drop_tail (t, done - whole);
    size_t used = (size_t) (w.in - piece->in);
    tempfile__index_cut (&t->index, t->here.at + (off_t) used, t->here.file);
    errno = err;
    return used;
}

/*
 * Encodes and writes a piece, which begins at `at`: in *USED how much of it is in the file then,
 * `at` being for the caller to move. STEP_FULL: there is more. STEP_BAD: failed, with errno.
 */
static enum step
write_piece (struct text *t, struct piece *piece, size_t *used)
{
    struct work w = {.in = piece->in,
                     .in_end = piece->in + piece->n,
                     .out = t->raw,
                     .out_end = t->raw + BUFFER - FINISH,
                     .final = piece->final};
    piece->encoder = t->encoder;
    enum step step = encode_noting (t, &w);
    w.out_end = t->raw + BUFFER;
    if (t->codec->ops->finish)
        t->codec->ops->finish (&t->encoder, &w);
    size_t made = (size_t) (w.out - t->raw);
    size_t done = made ? t->below->ops->write (t->below, t->raw, made) : 0;
    if (done < made) {
        *used = account (t, piece, done);
        return STEP_BAD;
    }
    *used = (size_t) (w.in - piece->in);
    t->here.file += (off_t) made;
    if (step == STEP_BAD)
        errno = EILSEQ;
    return step;
}

static void
note_written (struct text *t)
{
    t->here.state = t->encoder;
    if (tempfile__index_wants (&t->index, t->here.at))
        tempfile__text_note_writing (t, tempfile__text_way_written (t));
}

static void
hold (struct text *t, const unsigned char *in, size_t n)
{
    memmove (t->partial, in, n);
    t->n_partial = n;
    t->here.at += (off_t) n;
}

/* What was handed in of a character so far, and N bytes more: how many of these are used. */
static size_t
complete (struct text *t, const unsigned char *in, size_t n, enum step *step)
{
    size_t old = t->n_partial, have = old, used;
    t->here.at -= (off_t) old;
    t->n_partial = 0;
    do {
        t->partial[have] = in[have - old];
        have++;
        struct piece piece = {.in = t->partial, .n = have};
        *step = write_piece (t, &piece, &used);
    } while (*step == STEP_SHORT && used == 0 && have - old < n && have < PARTIAL);
    t->here.at += (off_t) used;
    if (*step == STEP_BAD)
        return used > old ? used - old : 0;
    if (used >= old && used > 0)
        return used - old;
    hold (t, t->partial + used, have - used);
    return have - old;
}

/* No more of a character will come. 0, or -1 with errno; it is gone in any case. */
int
tempfile__text_flush_partial (struct text *t)
{
    if (t->n_partial == 0)
        return 0;
    struct piece piece = {.in = t->partial, .n = t->n_partial, .final = true};
    size_t used;
    t->here.at -= (off_t) t->n_partial;
    t->n_partial = 0;
    enum step step = write_piece (t, &piece, &used);
    t->here.at += (off_t) used;
    t->here.state = t->encoder;
    return step == STEP_BAD ? -1 : 0;
}

/* What comes after what was written is what was there before, and counts as it is read. */
void
tempfile__text_end_writing (struct text *t)
{
    if (t->phase != WRITING)
        return;
    t->here.state = t->encoder;
    tempfile__text_note_writing (t, AS_READ);
    t->phase = IDLE;
}

size_t
tempfile__text_put (struct text *t, const unsigned char *in, size_t size)
{
    enum step step = STEP_DONE;
    size_t done = 0;
    while (t->n_partial && done < size && step != STEP_BAD)
        done += complete (t, in + done, size - done, &step);
    while (done < size && step != STEP_BAD) {
        struct piece piece = {.in = in + done, .n = size - done};
        size_t used;
        step = write_piece (t, &piece, &used);
        done += used;
        t->here.at += (off_t) used;
        note_written (t);
        if (step != STEP_SHORT)
            continue;
        hold (t, in + done, size - done);
        done = size;
    }
    return done;
}
