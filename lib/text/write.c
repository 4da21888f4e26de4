/* SPDX-License-Identifier: MIT */
/*
 * Writing text: translates newlines, encodes, replaces characters that the encoding lacks, and
 * joins characters that are written in parts. A character that could not be stored whole is not
 * reported as stored, and its bytes are removed from the file.
 */
#include "base/export.h"

#include "base/error.h"
#include "text/layer.h"
#include "text/utf8.h"

#include <errno.h>
#include <string.h>

void
tempfile__text_reposition (struct text *t)
{
    if (t->codec->ops->reposition)
        t->codec->ops->reposition (t->codec, &t->encoder, t->here.file == 0);
    else
        t->encoder = (struct codec_state){0, 0};
}

static bool
translates (const struct text *t)
{
    return t->newline == NL_CR || t->newline == NL_CRLF;
}

/* Encodes all of TEXT or nothing. */
static enum step
put_whole (struct text *t, struct work *w, const unsigned char *text, size_t n)
{
    struct codec_state before = t->encoder;
    struct work part = {
        .in = text, .in_end = text + n, .out = w->out, .out_end = w->out_end, .final = true};
    enum step step = tempfile__encode (t->codec, &t->encoder, &part);
    if (step == STEP_DONE)
        w->out = part.out;
    else
        t->encoder = before;
    return step;
}

/* The same for bytes of the file. */
static enum step
put_raw (struct work *w, const unsigned char *bytes, size_t n)
{
    if (room (w) < n)
        return STEP_FULL;
    memcpy (w->out, bytes, n);
    w->out += n;
    return STEP_DONE;
}

/*
 * Encodes a replacement for the W->BAD bytes at the front of the input, which are USED bytes after
 * the stream's position.
 */
static enum step
substitute (struct text *t, struct work *w, size_t used)
{
    struct replacement r = {.raw = true};
    if (w->n_instead > 0)
        memcpy (r.bytes, w->instead, r.length = w->n_instead);
    else if (!tempfile__handle_encoding (t->handler, w->c, w->in, w->bad, &r) ||
             (r.raw && t->codec->unit > 1))
        return STEP_BAD;
    if (r.raw && t->codec->ops->finish) {
        if (room (w) < FINISH)
            return STEP_FULL;
        t->codec->ops->finish (&t->encoder, w);
    }
    struct position p = {.program = t->here.program + (off_t) used,
                         .file = t->here.file + (w->out - t->raw),
                         .state = t->encoder,
                         .written = text_counts_written (t),
                         .jumps = true,
                         .vague = true};
    enum step step = r.raw ? put_raw (w, r.bytes, r.length) : put_whole (t, w, r.bytes, r.length);
    if (step != STEP_DONE)
        return step;
    /*
     * A replacement may be read as other text, and raw bytes may even combine with those around
     * them. There is no entry within a run that the encoder has not ended yet.
     */
    if (!t->codec->ops->finish || !p.state.a)
        tempfile__index_add (&t->index, &p);
    w->in += w->bad;
    p.program += (off_t) w->bad;
    p.file = t->here.file + (w->out - t->raw);
    p.state = t->encoder;
    p.vague = false;
    if (!t->codec->ops->finish || !p.state.a)
        tempfile__index_add (&t->index, &p);
    t->lossy = true;
    return STEP_DONE;
}

static enum step
put_newline (struct text *t, struct work *w)
{
    const unsigned char newline[] = {'\r', '\n'};
    const size_t n = t->newline == NL_CRLF ? 2 : 1;
    return t->codec->ascii ? put_raw (w, newline, n) : put_whole (t, w, newline, n);
}

/*
 * Encodes up to NEWLINE, which is translated, or up to the end of the input. Both are FINAL for the
 * codec.
 */
static enum step
encode_line (struct text *t, struct work *w, const unsigned char *newline)
{
    const struct work whole = *w;
    w->in_end = newline;
    w->final = whole.final || newline < whole.in_end;
    enum step step = w->in == newline && newline < whole.in_end
                         ? STEP_DONE
                         : tempfile__encode (t->codec, &t->encoder, w);
    w->in_end = whole.in_end;
    w->final = whole.final;
    if (step != STEP_DONE || newline == whole.in_end)
        return step;
    step = put_newline (t, w);
    w->in += step == STEP_DONE;
    return step;
}

static const unsigned char *
next_newline (const struct work *w)
{
    const unsigned char *newline = memchr (w->in, '\n', left (w));
    return newline ? newline : w->in_end;
}

/* Encodes and translates as much as fits. STEP_BAD: the next character has no replacement. */
static enum step
encode (struct text *t, struct work *w)
{
    const unsigned char *begin = w->in, *newline = translates (t) ? next_newline (w) : w->in_end;
    for (;;) {
        if (newline < w->in)
            newline = next_newline (w);
        enum step step = encode_line (t, w, newline);
        if (step == STEP_BAD)
            step = substitute (t, w, (size_t) (w->in - begin));
        if (step != STEP_DONE || w->in == w->in_end)
            return step;
    }
}

/*
 * Only DONE bytes of the last piece were written. Removes them if they are at the end of the file.
 * Returns -1 if they remain and the stream appends, so that they cannot be overwritten; otherwise
 * 0.
 */
static int
take_back (struct text *t, size_t done)
{
    off_t end = t->below->ops->seek (t->below, 0, SEEK_END);
    if (end == t->here.file + (off_t) done)
        (void) t->below->ops->truncate (t->below, t->here.file);
    else if (t->append)
        return -1;
    return tempfile__text_move_below (t, t->here.file);
}

/*
 * Whether the encoder is about to write a byte order mark that is not at the start of the file, and
 * is read as a character.
 */
static bool
marks_within (const struct text *t)
{
    return t->begun && t->codec->mark && !t->encoder.a && t->here.file > 0;
}

/* The first text is about to be written here. */
static void
begin_index (struct text *t)
{
    struct position p = t->here;
    t->lossy = t->lossy || marks_within (t) || (t->codec->stateful && p.state.a);
    p.written = text_counts_written (t);
    p.jumps = p.jumps || t->codec->stateful;
    if (t->codec->stateful)
        p.state = t->encoder;
    tempfile__index_add (&t->index, &p);
}

static void
note_written (struct text *t, size_t used, size_t made, bool jumps)
{
    t->here.program += (off_t) used;
    t->here.file += (off_t) made;
    t->here.state = t->encoder;
    t->here.written = text_counts_written (t);
    t->here.jumps = jumps;
    t->here.behind_nothing = false;
    t->begun = false;
    (void) tempfile__index_behind (&t->index, &t->here);
    tempfile__index_add (&t->index, &t->here);
}

/* Reports the next character, which is not UTF-8 or cannot be encoded, and has no replacement. */
static int
refuse (const struct text *t, uint32_t c, unsigned char byte)
{
    long long offset = (long long) t->here.program;
    int length = (int) strcspn (t->codec->name, " ");
    if (c <= LAST_CHARACTER)
        return tempfile__fail (EILSEQ,
                               "encoding '%.*s' has no U+%04X, the character at offset %lld",
                               length, t->codec->name, (unsigned) c, offset);
    return tempfile__fail (EILSEQ, "byte 0x%02x at offset %lld is not UTF-8", byte, offset);
}

/*
 * Encodes and writes up to N bytes. *USED says how many of them are in the file. STEP_FULL: some
 * bytes are left. STEP_BAD: a failure, with errno. If the storage below takes only a part, this
 * encodes again what fits into that part, so that no character is stored in part.
 */
static enum step
write_piece (struct text *t, const unsigned char *in, size_t n, bool final, size_t *used)
{
    const struct codec_state before = t->encoder;
    const size_t end = t->codec->ops->finish ? FINISH : 0;
    const bool marks = marks_within (t);
    size_t room = RAW, made, done;
    int err = 0;
    uint32_t bad;
    enum step step;
    if (t->begun)
        begin_index (t);
    for (;;) {
        struct work w = {.in = in, .in_end = in + n, .out = t->raw, .final = final};
        w.out_end = t->raw + (room > end ? room - end : 0);
        t->encoder = before;
        step = encode (t, &w);
        bad = w.c;
        *used = (size_t) (w.in - in);
        w.out_end = t->raw + room;
        if (*used > 0 && end > 0)
            t->codec->ops->finish (&t->encoder, &w);
        made =
            *used > 0 ? (size_t) (w.out - t->raw) : 0; /* a byte order mark alone is not written */
        done = made > 0 ? t->below->ops->write (t->below, t->raw, made) : 0;
        if (done == made)
            break;
        err = errno;
        tempfile__index_cut (&t->index, t->here.program, t->here.file);
        room = take_back (t, done) < 0 ? 0 : done;
    }
    if (*used > 0) {
        note_written (t, *used, made, marks);
    } else {
        t->encoder = before;
        if (t->begun) /* undoes begin_index() */
            tempfile__index_add (&t->index, &t->here);
    }
    if (!err && step == STEP_BAD)
        refuse (t, bad, in[*used]);
    if (!err)
        return step;
    errno = err;
    return STEP_BAD;
}

static void
hold (struct text *t, const unsigned char *in, size_t n)
{
    memmove (t->partial, in, n);
    t->n_partial = n;
}

/* Returns the length of the whole character at the front of N bytes, or 0. */
static size_t
whole_character (const unsigned char *p, size_t n)
{
    uint32_t c;
    int length = n > 0 ? utf8_get (p, p + n, &c, true) : 0;
    return length > 0 ? (size_t) length : 0;
}

/*
 * Writes the incomplete character that earlier calls left, together with up to N more bytes.
 * Returns how many of the N bytes were used. After a failure a whole character waits on; the bytes
 * of an incomplete one are gone, as is what libc was to write after them.
 */
static size_t
complete (struct text *t, const unsigned char *in, size_t n, enum step *step)
{
    size_t old = t->n_partial, have = old, used;
    t->n_partial = 0;
    do {
        t->partial[have] = in[have - old];
        have++;
        *step = write_piece (t, t->partial, have, false, &used);
    } while (*step == STEP_SHORT && used == 0 && have - old < n && have < PARTIAL);
    if (*step == STEP_BAD) {
        if (used == 0 && errno != EILSEQ)
            t->n_partial = whole_character (t->partial, old);
        return used > old ? used - old : 0;
    }
    if (used >= old && used > 0)
        return used - old;
    hold (t, t->partial + used, have - used);
    return have - old;
}

/*
 * Writes the first N of the bytes that wait, as if nothing came after them. Those after them wait
 * on, and so does what could not be written; what cannot be encoded is gone.
 */
static int
flush (struct text *t, size_t n)
{
    const size_t all = t->n_partial;
    size_t used = 0;
    t->n_partial = 0;
    const bool failed = n > 0 && write_piece (t, t->partial, n, true, &used) == STEP_BAD;
    if (!failed || errno == EILSEQ)
        used = n;
    hold (t, t->partial + used, all - used);
    return failed ? -1 : 0;
}

int
tempfile__text_flush_partial (struct text *t)
{
    return flush (t, t->n_partial);
}

int
tempfile__text_flush_whole (struct text *t)
{
    const size_t n = whole_character (t->partial, t->n_partial);
    return n > 0 ? flush (t, n) : 0;
}

size_t
tempfile__text_put (struct text *t, const unsigned char *in, size_t size)
{
    enum step step = STEP_DONE;
    size_t done = 0, used;
    while ((t->n_partial || marks_within (t)) && done < size && step != STEP_BAD)
        done += complete (t, in + done, size - done, &step);
    while (done < size && step != STEP_BAD) {
        step = write_piece (t, in + done, size - done, false, &used);
        done += used;
        if (step != STEP_SHORT)
            continue;
        hold (t, in + done, size - done);
        done = size;
    }
    return done;
}
