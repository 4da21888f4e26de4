/* SPDX-License-Identifier: MIT */
/*
 * Reading text: decodes the bytes below to UTF-8 and translates newlines. Characters are decoded
 * directly into the caller's memory. A character that does not fit there is decoded again for each
 * of its parts.
 *
 * During a call `raw` contains bytes that were read from below and are not decoded yet. They begin
 * at `here.file`. Bytes that are left at the end of the call are read again by the next call.
 */
#include "base/export.h"

#include "base/error.h"
#include "text/layer.h"
#include "text/utf8.h"

#include <errno.h>
#include <string.h>

/* How many bytes to read from below when only a few are needed. */
enum { LITTLE = 256 };

/* --- the storage below --- */

int
tempfile__text_move_below (struct text *t, off_t file)
{
    t->raw_pos = t->raw_end = 0;
    return t->below->ops->seek (t->below, file, SEEK_SET) < 0 ? -1 : 0;
}

static ssize_t
read_below (struct text *t, unsigned char *p, size_t size)
{
    off_t rest = t->limit - (t->here.file + (off_t) (t->raw_end - t->raw_pos));
    if (t->limit != NO_LIMIT && (off_t) size > rest)
        size = rest > 0 ? (size_t) rest : 0;
    return size > 0 ? t->below->ops->read (t->below, p, size) : 0;
}

/*
 * Reads more bytes from below and appends them to those in the buffer. Returns 1, 0 at the end of
 * the file, or -1 with errno.
 */
static int
refill (struct text *t, size_t size)
{
    size_t have = t->raw_end - t->raw_pos;
    memmove (t->raw, t->raw + t->raw_pos, have);
    t->raw_pos = 0;
    t->raw_end = have;
    size = size < LITTLE ? LITTLE : size;
    ssize_t n = read_below (t, t->raw + have, size < RAW - have ? size : RAW - have);
    if (n > 0)
        t->raw_end += (size_t) n;
    return n > 0 ? 1 : (int) n;
}

/* The next N bytes of the buffer are used. */
static void
advance (struct text *t, size_t n)
{
    t->raw_pos += n;
    t->here.file += (off_t) n;
}

/* --- newlines of what was read --- */

/*
 * Moves the text in front of the next '\r' to *OUT and advances *OUT. Returns the '\r', or NULL if
 * there is none.
 */
static unsigned char *
keep_up_to_cr (unsigned char **out, unsigned char *p, unsigned char *end)
{
    unsigned char *cr = memchr (p, '\r', (size_t) (end - p));
    size_t n = (size_t) ((cr ? cr : end) - p);
    if (p > *out)
        memmove (*out, p, n);
    *out += n;
    return cr;
}

/* Replaces each "\r" and "\r\n" by "\n", in place. Returns the new end. */
static unsigned char *
fold_newlines (struct text *t, unsigned char *p, unsigned char *end)
{
    unsigned char *out = p;
    while (p < end) {
        if (t->here.skip_lf && *p == '\n') {
            p++;
            t->differs = true;
        }
        t->here.skip_lf = false;
        p = keep_up_to_cr (&out, p, end);
        if (!p)
            break;
        *out++ = '\n';
        p++;
        t->here.skip_lf = true;
    }
    return out;
}

/*
 * Translates the newlines of the text that was decoded last, and returns its new end. Text that was
 * written with "\r\n" for "\n" counts as it was written. It counts otherwise from its '\r' on,
 * wherever reading stops.
 */
static unsigned char *
fold (struct text *t, unsigned char *p, unsigned char *end)
{
    if (t->newline == (t->here.written ? NL_CRLF : NL_UNIVERSAL))
        return fold_newlines (t, p, end);
    if (t->newline == NL_CRLF && !t->differs && p < end)
        t->differs = end[-1] == '\r' || memchr (p, '\n', (size_t) (end - p));
    return end;
}

/* --- bad sequences --- */

/* Reports the bad sequence at the front of the buffer. */
static int
refuse (const struct text *t)
{
    return tempfile__fail (EILSEQ, "byte 0x%02x at offset %lld of the file is not %.*s",
                           t->raw[t->raw_pos], (long long) t->here.file,
                           (int) strcspn (t->codec->name, " "), t->codec->name);
}

/*
 * Replaces the bad sequence of W->BAD bytes at the front of the buffer as the error handler says.
 * Returns the length of the replacement, which may be 0, or -1 with EILSEQ.
 */
static ssize_t
replace_bad (struct text *t, const struct work *w, unsigned char *out)
{
    struct replacement r;
    size_t n = w->bad;
    enum handler handler = w->lost && t->handler == H_SURROGATEESCAPE ? H_STRICT : t->handler;
    bool handled = tempfile__handle_decoding (handler, t->raw + t->raw_pos, &n, &r);
    t->bad_end = t->here.file + (off_t) n;
    if (!handled && !t->searching && t->bad_end > t->reported)
        return refuse (t);
    if (t->codec->ops->passed)
        t->codec->ops->passed (&t->here.state);
    advance (t, n);
    t->here.program += (off_t) r.length;
    t->here.skip_lf = t->here.skip_lf && t->handler == H_IGNORE;
    t->here.behind_nothing = r.length == 0;
    memcpy (out, r.bytes, r.length);
    return (ssize_t) r.length;
}

/* --- what belongs to the text in front of the position --- */

/*
 * Skips the next character, and bad bytes in front of it that are ignored, if it decodes to
 * EXPECTED. Returns 1, 0 if it is another character, or -1 with errno.
 */
static int
pass (struct text *t, const char *expected, size_t length)
{
    unsigned char out[LONGEST];
    bool final = false;
    for (size_t size = 1; size <= LONGEST; size++) {
        while (t->raw_end - t->raw_pos < size && !final) {
            int more = refill (t, LITTLE);
            if (more < 0)
                return -1;
            final = more == 0;
        }
        if (t->raw_end - t->raw_pos < size)
            return 0;
        struct codec_state state = t->here.state;
        struct work w = {.in = t->raw + t->raw_pos, .out = out, .out_end = out + sizeof out};
        w.in_end = w.in + size;
        enum step step = tempfile__decode (t->codec, &state, &w);
        if (step == STEP_SHORT || (step == STEP_DONE && w.out == out && length > 0))
            continue;
        const bool ignored = step == STEP_BAD && t->handler == H_IGNORE && length > 0;
        if (ignored && w.out == out && w.bad != HOPELESS) {
            t->here.state = state;
            advance (t, size - left (&w));
            replace_bad (t, &w, out);
            size = 0;
            continue;
        }
        if (step != STEP_DONE || (size_t) (w.out - out) != length ||
            memcmp (out, expected, length) != 0 || (length == 0 && state.a))
            return 0;
        t->here.state = state;
        advance (t, size);
        return 1;
    }
    return 0;
}

void
tempfile__text_settle (struct text *t)
{
    if (!t->here.skip_lf || t->within > 0)
        return;
    int passed = pass (t, "\n", 1);
    t->here.skip_lf = passed < 0;
    t->differs = t->differs || passed > 0;
}

int
tempfile__text_pass_end_of_run (struct text *t)
{
    bool may_end = t->codec->ops->finish && t->here.state.a && t->within == 0;
    return may_end && pass (t, "", 0) < 0 ? -1 : 0;
}

/* --- reading --- */

/* Decodes at most LIMIT bytes of the buffer into W. */
static enum step
decode (struct text *t, struct work *w, size_t limit, bool final)
{
    w->in = t->raw + t->raw_pos;
    w->in_end = w->in + limit;
    w->final = final;
    unsigned char *out = w->out;
    enum step step = tempfile__decode (t->codec, &t->here.state, w);
    advance (t, limit - left (w));
    w->out = fold (t, out, w->out);
    t->here.program += w->out - out;
    t->here.behind_nothing = t->here.behind_nothing && w->out == out;
    return step;
}

/* A sequence that no handler can replace is an error each time it is read. A search ends there. */
static ssize_t
give_up (struct text *t)
{
    t->bad_end = NOTHING_REPORTED;
    return t->searching ? 0 : refuse (t);
}

/* Returns 1, and *FINAL at the end; 0 at a limit behind which the character goes on; or -1. */
static int
read_more (struct text *t, bool *final)
{
    int more = refill (t, LITTLE);
    *final = more == 0;
    return *final && (t->limit == NO_LIMIT || t->ends) ? 1 : more;
}

/* The codec gets one byte more each time until it has a result. */
ssize_t
tempfile__text_read_one (struct text *t, unsigned char *out, struct position *begin)
{
    bool final = false;
    *begin = t->here;
    for (size_t limit = 1;;) {
        size_t have = t->raw_end - t->raw_pos;
        if (limit > have && !final) {
            int more = read_more (t, &final);
            if (more <= 0)
                return more;
            continue;
        }
        bool last = final && limit >= have;
        struct work w = {.out = out, .out_end = out + LONGEST};
        size_t before = t->raw_pos;
        enum step step = decode (t, &w, last ? have : limit, last);
        if (w.out > out)
            return w.out - out;
        if (step == STEP_BAD && w.bad == HOPELESS)
            return give_up (t);
        ssize_t n = step == STEP_BAD ? replace_bad (t, &w, out) : 0;
        if (n != 0 || (last && step != STEP_BAD))
            return n;
        limit = t->raw_pos > before || step == STEP_BAD ? 1 : limit + 1;
        if (limit > 1)
            continue;
        *begin = t->here;
        if (t->here.file >= t->stop && !text_splits (t, begin))
            return 0;
    }
}

/* Reads the part of one character that follows the stream's position and fits into SIZE bytes. */
static ssize_t
read_part (struct text *t, unsigned char *out, size_t size)
{
    unsigned char one[REPLACEMENT];
    struct position before;
    ssize_t n = tempfile__text_read_one (t, one, &before);
    if (n <= 0)
        return n;
    size_t begin = t->within < (size_t) n ? t->within : 0, rest = (size_t) n - begin;
    size = size < rest ? size : rest;
    memcpy (out, one + begin, size);
    t->within = 0;
    if (size == rest)
        return (ssize_t) size;
    t->here = before;
    t->within = begin + size;
    return tempfile__text_move_below (t, t->here.file) < 0 ? -1 : (ssize_t) size;
}

/*
 * Reads directly into OUT. Bytes that are the same on both sides stay there. The rest is moved to
 * the buffer, which must be empty.
 */
static ssize_t
read_same (struct text *t, unsigned char *out, size_t size)
{
    ssize_t n = read_below (t, out, size);
    if (n <= 0)
        return n;
    size_t same = t->codec->ops->same (t->codec, out, (size_t) n), rest = (size_t) n - same;
    t->raw_pos = 0;
    t->raw_end = rest < RAW ? rest : RAW;
    memcpy (t->raw, out + same, t->raw_end);
    t->here.file += (off_t) same;
    size_t made = (size_t) (fold (t, out, out + same) - out);
    t->here.program += (off_t) made;
    t->here.behind_nothing = t->here.behind_nothing && made == 0;
    off_t read = t->here.file + (off_t) t->raw_end;
    if (rest > RAW && t->below->ops->seek (t->below, read, SEEK_SET) < 0)
        return -1;
    return (ssize_t) made;
}

/*
 * Decodes many characters at once. Returns the number of bytes, 0 if read_part() must go on, or -1
 * with errno. SIZE is at least LONGEST.
 */
static ssize_t
read_many (struct text *t, unsigned char *out, size_t size)
{
    if (t->raw_pos == t->raw_end && t->codec->ops->same)
        return read_same (t, out, size);
    if (t->raw_pos == t->raw_end && refill (t, size) < 0)
        return -1;
    struct work w = {.out = out, .out_end = out + size};
    decode (t, &w, t->raw_end - t->raw_pos, false);
    return w.out - out;
}

ssize_t
tempfile__text_read_some (struct text *t, unsigned char *out, size_t size)
{
    size_t done = 0;
    ssize_t n;
    do {
        n = t->within == 0 && size - done >= LONGEST ? read_many (t, out + done, size - done) : 0;
        if (n == 0)
            n = read_part (t, out + done, size - done);
        done += n > 0 ? (size_t) n : 0;
    } while (n > 0 && size - done >= LONGEST && t->raw_end - t->raw_pos >= LONGEST);
    return done > 0 ? (ssize_t) done : n;
}

ssize_t
tempfile__text_read (struct text *t, unsigned char *out, size_t size)
{
    const struct position before = t->here;
    const size_t within = t->within;
    ssize_t n = tempfile__text_read_some (t, out, size);
    int err = errno;
    if (n < 0 && err == EILSEQ)
        t->reported = t->bad_end;
    if (n == 0) /* the file ends here, whatever was behind before somebody else cut it off */
        tempfile__index_cut (&t->index, OFF_MAX, t->here.file);
    tempfile__text_settle (t);
    if (t->raw_pos == t->raw_end || tempfile__text_move_below (t, t->here.file) == 0) {
        errno = err;
        return n;
    }
    t->here = before;
    t->within = within;
    return -1;
}
