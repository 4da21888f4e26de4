/* SPDX-License-Identifier: MIT */
/*
 * The text layer: buffers, newlines, and what happens at the places where stdio cuts a text.
 *
 *     IDLE     the storage below is at `file`, which is where the stream is
 *     READING  it is further on, by what is still in the buffer
 *     WRITING  as IDLE, but the encoder knows what it has written before
 *
 * `at` is the offset on the program's side, `file` the one below that belongs to it. They are the
 * same place except that
 *   - while a character is being handed out in parts (`spill`), `file` is already behind it;
 *   - while one is being handed in in parts (`partial`), `file` is still in front of it.
 *
 * Offsets on the program's side count what the program has seen go by. Where the file gives back
 * something else than was written ("\r\n" for "\n", "&#8364;" for one that the encoding lacks),
 * the two ways of counting differ. The index says for each stretch which one it is: what was
 * written counts as it was written, until what is read there gives a different count and the
 * program asks where it is; from then on it counts as read.
 */
#include "export.h"

#include "error.h"
#include "text.h"
#include "text_codec.h"
#include "text_errors.h"
#include "text_position.h"
#include "text_utf8.h"

#include <errno.h>

enum phase { IDLE, READING, WRITING };

enum newline {
    NL_UNIVERSAL, /* "\r" and "\r\n" are read as "\n" */
    NL_KEEP,
    NL_CR,  /* "\n" is written as "\r" */
    NL_CRLF /* and as "\r\n" */
};

enum { BUFFER = 65536, FIRST_CHUNK = 8192, PARTIAL = 8 };

/* Where we are, and what it takes to go on reading from there. */
struct place {
    off_t at, file;
    struct codec_state state;
    bool skip_lf; /* a '\n' that comes next belongs to the '\r' before */
    unsigned char spill[REPLACEMENT];
    size_t spill_pos, spill_end;
};

struct text {
    struct storage storage; /* must be first */
    struct storage *below;
    struct codec *codec;
    enum handler handler;
    enum newline newline;
    bool append;

    enum phase phase;
    struct place here;
    enum way way;       /* how what is read now counts */
    bool passing;       /* a bad sequence was reported: it is passed over now */
    bool searching;     /* all of them are passed over, and nothing reported */
    int trouble;        /* errno of what a search could not read, though it went on; or 0 */
    unsigned char *raw; /* file side: what was read, or is to be written */
    size_t raw_pos, raw_end, chunk;

    struct codec_state encoder;
    unsigned char partial[PARTIAL];
    size_t n_partial;

    struct index index;
    struct index run; /* of what is read where something was written before */
    off_t run_start;
    bool in_run, differs;
    bool marking; /* the next character needs entries around it */
    bool lossy;   /* something was written that comes back as something else */

    bool kept; /* tempfile_truncate() is about to come back to: */
    struct place kept_place;
    struct codec_state kept_encoder;
};

static struct text *
self (struct storage *s)
{
    return (struct text *) s;
}

static bool
has_spill (const struct text *t)
{
    return t->here.spill_pos < t->here.spill_end;
}

/* --- the storage below --- */

static int
move_below (struct text *t, off_t file)
{
    t->raw_pos = t->raw_end = 0;
    return t->below->ops->seek (t->below, file, SEEK_SET) < 0 ? -1 : 0;
}

/* More bytes behind those that are left, by larger and larger helpings: 1, 0 at the end, -1. */
static int
refill (struct text *t)
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

/* --- the index --- */

static struct position
position (const struct text *t, enum way way)
{
    return (struct position){.program = t->here.at,
                             .file = t->here.file,
                             .state = t->here.state,
                             .way = (unsigned char) way,
                             .skip_lf = t->here.skip_lf};
}

static void
note_reading (struct text *t)
{
    struct index *x = t->in_run ? &t->run : &t->index;
    if (has_spill (t) || !tempfile__index_wants (x, t->here.at))
        return;
    struct position p = position (t, AS_READ);
    tempfile__index_add (x, &p);
}

/* How what is written counts, where that makes a difference. */
static enum way
way_written (const struct text *t)
{
    return t->newline == NL_UNIVERSAL || t->newline == NL_CRLF ? AS_WRITTEN : AS_READ;
}

/* The entry is for what comes next, to be decoded; so the encoder's state is what counts. */
static void
note_writing (struct text *t, enum way way)
{
    struct position p = position (t, way);
    tempfile__index_add (&t->index, &p);
}

/* What is read now may count differently from what the index says: that goes into the run. */
static void
begin_run (struct text *t)
{
    t->in_run = t->index.n > 0 && t->here.at < t->index.entries[t->index.n - 1].program &&
                (t->lossy || way_written (t) == AS_WRITTEN);
    t->differs = t->lossy;
    t->run_start = t->here.at;
    t->run.n = 0;
}

static void
take_over_run (struct text *t)
{
    for (size_t i = 0; i < t->run.n; i++)
        tempfile__index_add (&t->index, &t->run.entries[i]);
    t->run.n = 0;
    t->in_run = false;
}

static void
end_run (struct text *t)
{
    if (t->in_run && !t->differs)
        take_over_run (t);
    t->in_run = false;
}

/* The program is told where it is, or goes on from there: it counts what it read. */
static void
commit_run (struct text *t)
{
    if (!t->in_run || !t->differs || t->phase != READING)
        return;
    off_t file = t->run.n > 0 ? t->run.entries[0].file : t->here.file;
    tempfile__index_cut (&t->index, t->run_start, file);
    take_over_run (t);
    if (has_spill (t))
        return;
    struct position p = position (t, AS_READ);
    tempfile__index_add (&t->index, &p);
}

/* --- newlines of what was read --- */

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
        unsigned char *cr = memchr (p, '\r', (size_t) (end - p));
        size_t n = (size_t) ((cr ? cr : end) - p);
        memmove (out, p, n);
        out += n;
        p += n;
        if (!cr)
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
static int
pass_lf (struct text *t)
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
        int more = refill (t);
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
        unsigned char *cr = memchr (p, '\r', (size_t) (end - p));
        size_t n = (size_t) ((cr ? cr : end) - p);
        memmove (out, p, n);
        out += n;
        p += n;
        if (!cr)
            break;
        int lf = p + 1 < end ? p[1] == '\n' : pass_lf (t);
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
static int
spill_one (struct text *t)
{
    struct place *here = &t->here;
    bool final = false;
    for (size_t limit = 1;;) {
        if (t->raw_pos + limit > t->raw_end && !final) {
            int more = refill (t);
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
            if (has_spill (t))
                return (ssize_t) take_spill (t, out, size);
            continue;
        }
        if (final && step == STEP_DONE)
            return 0;
        int more = refill (t);
        if (more < 0)
            return -1;
        final = more == 0;
    }
}

static ssize_t
read_some (struct text *t, unsigned char *out, size_t size)
{
    if (!has_spill (t) && size >= LONGEST)
        return read_many (t, out, size);
    if (!has_spill (t)) {
        int one = spill_one (t);
        if (one <= 0)
            return one;
    }
    return (ssize_t) take_spill (t, out, size);
}

/* --- finding a place --- */

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
        int one = has_spill (t) ? 1 : spill_one (t);
        if (one <= 0)
            return one;
        size_t n = t->here.spill_end - t->here.spill_pos;
        if ((off_t) n <= target - t->here.at) {
            pass_bytes (t, n);
            continue;
        }
        n = (size_t) (target - t->here.at);
        if ((t->here.spill[t->here.spill_pos + n] & 0xc0) == 0x80) {
            errno = EINVAL;
            return -1;
        }
        pass_bytes (t, n);
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
            note_reading (t);
        ssize_t n = read_some (t, out, size);
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
    t->here.spill_pos = t->here.spill_end = 0;
    t->way = p->way == AS_WRITTEN ? AS_WRITTEN : AS_READ;
    t->phase = READING;
    t->chunk = FIRST_CHUNK;
    t->in_run = false;
    return move_below (t, p->file);
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
    if (!t->codec->ops->finish || !t->here.state.a || has_spill (t))
        return 0;
    if (t->raw_pos == t->raw_end && refill (t) < 0)
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

/* Reads its way to TARGET. */
static int
find (struct text *t, off_t target)
{
    const struct position *p = target > 0 ? tempfile__index_by_program (&t->index, target) : NULL;
    if (p && p->way == CLOSED && p->program != target) {
        errno = EINVAL;
        return -1;
    }
    if (jump (t, p) < 0)
        return -1;
    int found = walk (t, target);
    if (found < 0 || (found == 0 && beyond (t, target) < 0))
        return -1;
    if (t->here.skip_lf && !has_spill (t) && pass_lf (t) < 0)
        return -1;
    t->here.skip_lf = false;
    return pass_end_of_run (t);
}

/*
 * Reads its way to the end. What nothing can be made of there counts nothing: its two sides are one
 * offset, which stands for the first of them.
 */
static int
find_end (struct text *t)
{
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
            note_reading (t);
        n = read_some (t, out, sizeof out);
    }
    if (n < 0 && errno != EILSEQ)
        return -1;
    t->here.file = size;
    t->here.skip_lf = false;
    return 0;
}

/* The encoder is told that it goes on elsewhere. */
static void
reposition (struct text *t)
{
    if (t->codec->ops->reposition)
        t->codec->ops->reposition (&t->encoder, t->here.file == 0);
    else
        t->encoder = (struct codec_state){0, 0};
}

/*
 * Whatever FIND does from here, the storage below ends up where the stream is: at the new place,
 * or, when it fails, at the old one.
 */
static int
search (struct text *t, int (*how) (struct text *, off_t), off_t target)
{
    const struct place old = t->here;
    const bool passing = t->passing;
    end_run (t);
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
    if (move_below (t, t->here.file) < 0)
        return -1;
    errno = err;
    return result;
}

static int
search_end (struct text *t, off_t unused)
{
    (void) unused;
    return find_end (t);
}

/*
 * From a place in the middle of what stands for one sequence back to one that the file has. Within
 * a character there is none, and the storage stays behind it. Either way the reading ends that says
 * how the program counts.
 */
static int
leave_spill (struct text *t)
{
    if (!has_spill (t))
        return 0;
    commit_run (t);
    return search (t, find, t->here.at) < 0 && errno != EINVAL ? -1 : 0;
}

/* --- writing --- */

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
    note_encoding (t, w, o, way_written (t));
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
            note_encoding (t, w, &origin, way_written (t));
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
    (void) move_below (t, t->here.file);
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
        note_writing (t, way_written (t));
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
static int
flush_partial (struct text *t)
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

/*
 * Whether the next character will come with something that counts nothing, or decodes otherwise
 * than what is in front of it: a byte order mark not at the start, a set switched to anew.
 */
static bool
comes_with_more (const struct text *t)
{
    if (t->codec->stateful)
        return t->here.state.a != 0;
    return t->here.file > 0 && !t->encoder.a && t->codec->ops->reposition;
}

/* The stream comes from elsewhere: the index ends here, and the storage is put in place. */
static int
begin_writing (struct text *t)
{
    t->kept = false;
    if (t->phase == WRITING)
        return 0;
    if (t->phase == READING)
        commit_run (t);
    if (leave_spill (t) < 0)
        return -1;
    if (t->append && search (t, search_end, 0) < 0)
        return -1;
    if (t->phase == READING) {
        if (t->here.skip_lf && pass_lf (t) < 0)
            return -1;
        t->here.skip_lf = false;
        if (move_below (t, t->here.file) < 0)
            return -1;
    }
    /* Reading may have led away from the start, where a mark was due. */
    if (!t->append && !t->codec->stateful)
        reposition (t);
    end_run (t);
    t->phase = WRITING;
    /* An encoder that takes its header for written is followed in that. */
    if (t->codec->stateful && !t->here.state.a)
        t->here.state = t->encoder;
    t->marking = comes_with_more (t);
    t->lossy = t->lossy || t->marking;
    tempfile__index_cut (&t->index, t->here.at, t->here.file);
    note_writing (t, t->marking ? CLOSED : way_written (t));
    return 0;
}

/* What comes after what was written is what was there before, and counts as it is read. */
static void
end_writing (struct text *t)
{
    if (t->phase != WRITING)
        return;
    t->here.state = t->encoder;
    note_writing (t, AS_READ);
    t->phase = IDLE;
}

static int
begin_reading (struct text *t)
{
    t->kept = false;
    if (t->phase == READING)
        return 0;
    if (flush_partial (t) < 0)
        return -1;
    end_writing (t);
    t->phase = READING;
    t->way = AS_READ;
    t->chunk = FIRST_CHUNK;
    begin_run (t);
    return 0;
}

/* --- the storage above --- */

static ssize_t
text_read (struct storage *s, void *buffer, size_t size)
{
    struct text *t = self (s);
    if (size == 0 || begin_reading (t) < 0)
        return size == 0 ? 0 : -1;
    note_reading (t);
    return read_some (t, buffer, size);
}

static size_t
text_write (struct storage *s, const void *buffer, size_t size)
{
    struct text *t = self (s);
    const unsigned char *in = buffer;
    enum step step = STEP_DONE;
    if (size == 0 || begin_writing (t) < 0)
        return 0;
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

/* After a search whose place is not where the stream is to be. */
static int
return_to (struct text *t, const struct place *place)
{
    t->here = *place;
    return move_below (t, place->file);
}

/* Back to where tempfile_truncate() was, to the byte, though the file may have ended before. */
static off_t
come_back (struct text *t)
{
    t->encoder = t->kept_encoder;
    t->kept = false;
    return return_to (t, &t->kept_place) < 0 ? -1 : t->here.at;
}

static off_t
go (struct text *t, off_t target)
{
    if (target < 0) {
        errno = EINVAL;
        return -1;
    }
    if (search (t, find, target) < 0)
        return -1;
    reposition (t);
    return t->here.at;
}

static off_t
go_end (struct text *t, off_t offset)
{
    const struct place old = t->here;
    if (search (t, search_end, 0) < 0)
        return -1;
    if (offset != 0) {
        off_t at = go (t, t->here.at + offset);
        int err = errno;
        if (at < 0)
            (void) return_to (t, &old);
        errno = err;
        return at;
    }
    reposition (t);
    return t->here.at;
}

/* A '\n' after the '\r' that was read last: a place between the two is none. 0, or -1 with errno.
 */
static int
settle_newline (struct text *t)
{
    if (t->phase != READING || !t->here.skip_lf || has_spill (t))
        return 0;
    int passed = pass_lf (t);
    if (passed < 0)
        return -1;
    t->differs = t->differs || passed;
    t->here.skip_lf = false;
    return 0;
}

static off_t
text_seek (struct storage *s, off_t offset, int whence)
{
    struct text *t = self (s);
    if (whence == SEEK_CUR) {
        if (settle_newline (t) < 0)
            return -1;
        commit_run (t);
    }
    if (whence == SEEK_CUR && offset == 0)
        return t->here.at;
    /* Appending, we are at the end; and stdio may ask for that only to say where it is. */
    if (whence == SEEK_END && offset == 0 && t->append && t->n_partial > 0)
        return t->here.at;
    if (flush_partial (t) < 0)
        return -1;
    end_writing (t);
    if (whence == SEEK_SET && t->kept && offset == t->kept_place.at)
        return come_back (t);
    t->kept = t->kept && whence == SEEK_END;
    if (whence == SEEK_CUR && __builtin_add_overflow (offset, t->here.at, &offset)) {
        errno = EOVERFLOW;
        return -1;
    }
    return whence == SEEK_END ? go_end (t, offset) : go (t, offset);
}

static off_t
text_end (struct storage *s)
{
    struct text *t = self (s);
    if (t->append && t->phase == WRITING)
        return t->here.at;
    end_writing (t);
    const struct place old = t->here;
    if (search (t, search_end, 0) < 0)
        return -1;
    off_t end = t->here.at;
    return return_to (t, &old) < 0 ? -1 : end;
}

static int
text_truncate (struct storage *s, off_t size)
{
    struct text *t = self (s);
    if (flush_partial (t) < 0 || leave_spill (t) < 0)
        return -1;
    end_writing (t);
    const struct place old = t->here;
    if (search (t, find, size) < 0)
        return -1;
    const struct position end = position (t, AS_READ);
    if (return_to (t, &old) < 0 || t->below->ops->truncate (t->below, end.file) < 0)
        return -1;
    tempfile__index_cut (&t->index, size, end.file);
    if (t->index.n > 0)
        tempfile__index_add (&t->index, &end);
    t->kept_place = old;
    t->kept_encoder = t->encoder;
    t->kept = true;
    return 0;
}

/* The beginning of a character whose end has yet to come is not in the file: it stays here. */
static int
text_descriptor (struct storage *s)
{
    struct text *t = self (s);
    if (leave_spill (t) < 0 || (t->phase == READING && move_below (t, t->here.file) < 0))
        return tempfile__fail_system (errno, "cannot put the descriptor in step");
    return t->below->ops->descriptor (t->below);
}

static void
release (struct text *t)
{
    tempfile__index_free (&t->index);
    tempfile__index_free (&t->run);
    if (t->codec)
        t->codec->ops->close (t->codec);
    free (t->raw);
    free (t);
}

static int
text_close (struct storage *s)
{
    struct text *t = self (s);
    int err = flush_partial (t) < 0 ? errno : 0;
    if (t->below->ops->close (t->below) < 0 && !err)
        err = errno;
    release (t);
    errno = err;
    return err ? -1 : 0;
}

static void
text_forget (struct storage *s)
{
    struct text *t = self (s);
    if (t->below->ops->forget)
        t->below->ops->forget (t->below);
    release (t);
}

static const struct storage_ops text_ops = {
    .read = text_read,
    .write = text_write,
    .seek = text_seek,
    .end = text_end,
    .truncate = text_truncate,
    .descriptor = text_descriptor,
    .close = text_close,
    .forget = text_forget,
};

/* --- making one --- */

static const struct {
    const char *text;
    enum newline newline;
} newlines[] = {{"", NL_KEEP}, {"\n", NL_KEEP}, {"\r", NL_CR}, {"\r\n", NL_CRLF}};

/* TEXT is then a string that stays. */
static int
find_newline (enum newline *newline, const char **text)
{
    *newline = NL_UNIVERSAL;
    if (!*text)
        return 0;
    for (size_t i = 0; i < sizeof newlines / sizeof newlines[0]; i++) {
        if (strcmp (*text, newlines[i].text) != 0)
            continue;
        *newline = newlines[i].newline;
        *text = newlines[i].text;
        return 0;
    }
    return tempfile__fail (EINVAL, "newline '%s': must be NULL, \"\", \\n, \\r or \\r\\n", *text);
}

int
tempfile__text_check (struct text_settings *settings)
{
    enum handler handler;
    enum newline newline;
    if (tempfile__handler_find (&handler, &settings->errors) < 0 ||
        find_newline (&newline, &settings->newline) < 0)
        return -1;
    struct codec *codec = tempfile__codec_open (settings->encoding);
    if (!codec)
        return -1;
    codec->ops->close (codec);
    return 0;
}

bool
tempfile__text_needed (const struct text_settings *settings, bool readable)
{
    enum newline newline = NL_KEEP;
    const char *text = settings->newline;
    (void) find_newline (&newline, &text);
    return settings->encoding || newline == NL_CR || newline == NL_CRLF ||
           (newline == NL_UNIVERSAL && readable);
}

/* Appending begins at the end; a file that has something in it already has its mark. */
static int
start (struct text *t)
{
    return t->append && go_end (t, 0) < 0 ? -1 : 0;
}

struct storage *
tempfile__storage_text (struct storage *below, const struct text_settings *settings)
{
    struct text *t = calloc (1, sizeof *t);
    struct text_settings given = *settings;
    if (t)
        t->raw = malloc (BUFFER);
    if (!t || !t->raw || tempfile__index_begin (&t->index) < 0) {
        tempfile__fail_system (ENOMEM, "cannot make a text stream");
        goto fail;
    }
    t->codec = tempfile__codec_open (settings->encoding);
    if (!t->codec || tempfile__handler_find (&t->handler, &given.errors) < 0 ||
        find_newline (&t->newline, &given.newline) < 0)
        goto fail;
    t->codec->surrogates = t->codec->has_surrogates && t->handler == H_SURROGATEPASS;
    t->storage.ops = &text_ops;
    t->below = below;
    t->append = settings->append;
    t->chunk = FIRST_CHUNK;
    if (start (t) == 0)
        return &t->storage;
    tempfile__fail_system (errno, "cannot make a text stream");
fail:;
    int err = errno;
    if (t)
        release (t);
    errno = err;
    return NULL;
}
