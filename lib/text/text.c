/* SPDX-License-Identifier: MIT */
/*
 * The text layer as a storage over another storage: the order of reads, writes, seeks and
 * truncation, and how a layer is made and closed. The other files that text/layer.h names convert
 * bytes and characters.
 */
#include "base/export.h"

#include "base/error.h"
#include "text/layer.h"
#include "text/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/*
 * After the text that was written comes text that was there before. It counts as before, if the
 * text that was overwritten had as many bytes on either side; or else as it is read.
 */
static void
end_writing (struct text *t)
{
    if (t->phase != WRITING)
        return;
    t->phase = IDLE;
    const bool joins = t->begun || tempfile__text_meets_behind (t);
    if (!joins)
        t->here.written = false;
    if (!t->begun)
        tempfile__index_add (&t->index, &t->here);
    tempfile__index_join (&t->index, joins);
}

/* Where appending goes on, whatever others have appended. */
static int
go_to_end (struct text *t)
{
    off_t end = t->below->ops->seek (t->below, 0, SEEK_END);
    if (end < 0 || end == t->here.file)
        return end < 0 ? -1 : 0;
    end_writing (t);
    return tempfile__text_find_from_end (t, 0);
}

static void
set_writing (struct text *t)
{
    if (t->phase == WRITING)
        return;
    t->begun = true;
    t->phase = WRITING;
    tempfile__index_split (&t->index, &t->here);
    t->here.written = t->index.n > 0 && t->index.entries[t->index.n - 1].written;
}

/*
 * A character that waits is written where it was told to be, or to the end if the stream appends.
 * The descriptor stays at FILE.
 */
static int
write_behind (struct text *t, off_t file)
{
    if (t->n_partial == 0)
        return 0;
    if (t->append ? go_to_end (t) < 0 : tempfile__text_move_below (t, t->here.file) < 0)
        return -1;
    set_writing (t);
    const int result = tempfile__text_flush_whole (t), err = errno;
    if (t->below->ops->seek (t->below, file, SEEK_SET) < 0)
        return -1;
    errno = err;
    return result;
}

/*
 * If another process has moved the descriptor, the stream goes on from there. The index forgets
 * what comes after the new position and after the old one. Returns 0, or -1 with errno.
 */
static int
follow (struct text *t)
{
    off_t file = t->below->ops->seek (t->below, 0, SEEK_CUR);
    if (file < 0 || file == t->here.file)
        return file < 0 ? -1 : 0;
    if (write_behind (t, file) < 0)
        return -1;
    end_writing (t);
    tempfile__index_cut (&t->index, OFF_MAX, file < t->here.file ? file : t->here.file);
    if (tempfile__text_find_file (t, file) < 0)
        return -1;
    if (!t->append)
        tempfile__text_reposition (t);
    return 0;
}

/* Where nothing waits to be written, nobody asks for the place. */
static int
follow_if_something_waits (struct text *t)
{
    return t->n_partial > 0 ? follow (t) : 0;
}

/* Whether the position counts as the text is read, and the index still as it was written. */
static bool
counts_otherwise (const struct text *t)
{
    return (t->phase == READING || t->given_back) && t->known && t->differs;
}

/*
 * The program asks for its position, or writes at it. From now on the text counts as it was read.
 */
static void
commit (struct text *t)
{
    if (!counts_otherwise (t))
        return;
    tempfile__index_cut (&t->index, t->began.program, t->began.file);
    tempfile__index_add (&t->index, &t->began);
    t->known = false;
}

/* Writing begins, or the end is asked for as the place to append at. */
static void
stop_reading (struct text *t)
{
    commit (t);
    if (t->phase == READING)
        tempfile__text_reposition (t);
}

static void
begin_reading (struct text *t)
{
    const struct index *x = &t->index;
    commit (t);
    end_writing (t);
    t->phase = READING;
    t->given_back = false;
    t->here.written = t->here.jumps = t->here.vague = false;
    t->began = t->here;
    t->known = x->n > 0 && x->entries[x->n - 1].program > t->here.program &&
               (t->lossy || text_counts_written (t));
    t->differs = t->lossy;
    t->peeked = t->known;
}

/*
 * stdio may go to an offset by a seek to an earlier one, a read, and a relative seek by the rest.
 * If the text counts otherwise as it is read, this would lead to another place. Therefore the first
 * read after a seek returns a single byte, and a relative seek after that counts the text as it was
 * written: see text_seek().
 */
static ssize_t
text_read (struct storage *s, void *buffer, size_t size)
{
    struct text *t = text_self (s);
    if (size == 0)
        return 0;
    if (follow (t) < 0 || tempfile__text_flush_partial (t) < 0)
        return -1;
    t->peeked = false;
    if (t->phase != READING)
        begin_reading (t);
    if (!t->known)
        tempfile__text_note_here (t);
    return tempfile__text_read (t, buffer, t->peeked ? 1 : size);
}

/* What ends a run of shifted bytes behind the position is not written over. Returns 0, or -1 with
 * errno. */
static int
end_reading (struct text *t)
{
    if (tempfile__text_pass_end_of_run (t) < 0)
        return -1;
    t->phase = IDLE;
    return t->raw_pos == t->raw_end ? 0 : tempfile__text_move_below (t, t->here.file);
}

/* Returns 0, or -1 with errno: EINVAL within a character, where nothing can be written. */
static int
begin_writing (struct text *t)
{
    stop_reading (t);
    if ((t->append ? go_to_end (t) : follow (t)) < 0)
        return -1;
    if (t->phase == READING && end_reading (t) < 0)
        return -1;
    if (t->phase == WRITING)
        return 0;
    if (text_is_within (t))
        return tempfile__fail (EINVAL, "offset %lld is within a character",
                               (long long) text_at (t));
    set_writing (t);
    return 0;
}

static size_t
text_write (struct storage *s, const void *buffer, size_t size)
{
    struct text *t = text_self (s);
    return size == 0 || begin_writing (t) < 0 ? 0 : tempfile__text_put (t, buffer, size);
}

static int
move (struct text *t, off_t offset, int whence)
{
    if (whence == SEEK_END)
        return tempfile__text_find_from_end (t, offset);
    if (whence == SEEK_CUR && __builtin_add_overflow (offset, text_at (t), &offset)) {
        errno = EOVERFLOW;
        return -1;
    }
    return tempfile__text_find (t, offset);
}

static off_t
text_seek (struct storage *s, off_t offset, int whence)
{
    struct text *t = text_self (s);
    if (follow (t) < 0)
        return -1;
    /* fflush(), for instance, gives back what was read ahead: the program has not asked yet. */
    const bool gives_back =
        whence == SEEK_CUR && offset < 0 && t->phase == READING && counts_otherwise (t);
    if (whence == SEEK_CUR && !(t->peeked && offset > 0) && !gives_back)
        commit (t);
    if (whence == SEEK_CUR && offset == 0)
        return text_at (t);
    if (tempfile__text_flush_partial (t) < 0)
        return -1;
    end_writing (t);
    const int moved =
        gives_back ? tempfile__text_find_read (t, text_at (t) + offset) : move (t, offset, whence);
    if (moved < 0)
        return -1;
    t->given_back = gives_back;
    tempfile__text_reposition (t);
    return text_at (t);
}

/* Returns the offset at which appending goes on. For the encoder this is no change of position. */
static off_t
text_end (struct storage *s)
{
    struct text *t = text_self (s);
    if (!t->append || t->phase != WRITING) {
        stop_reading (t);
        end_writing (t);
        if (tempfile__text_find_from_end (t, 0) < 0)
            return -1;
    }
    return text_at (t);
}

/*
 * Where text is cut off at END within a run of shifted bytes, puts into OUT what replaces the last
 * byte and ends the run. Returns how many bytes, perhaps 0, or -1 with errno.
 */
static ssize_t
end_of_run (struct text *t, const struct position *end, unsigned char out[FINISH])
{
    unsigned char last;
    struct work w = {.in = &last, .in_end = &last + 1, .out = out, .out_end = out + FINISH};
    if (!end->state.a)
        return 0;
    off_t size = t->below->ops->seek (t->below, 0, SEEK_END);
    if (size < 0 || tempfile__text_move_below (t, end->file - 1) < 0)
        return -1;
    const bool more = size > end->file || end->state.b;
    ssize_t n = more ? t->below->ops->read (t->below, &last, 1) : 0;
    if (n > 0)
        t->codec->ops->cut (&end->state, &w);
    return n < 0 ? -1 : w.out - out;
}

/*
 * Truncates at END and appends the N bytes of OUT, of which the first replaces the last before END.
 * If the second step fails, the character in front of END has lost its last byte, and the index is
 * of what is left.
 */
static int
replace_end (struct text *t, struct position *end, const unsigned char *out, size_t n)
{
    const bool here = t->within == 0 && t->here.file == end->file;
    const off_t last = end->file - 1;
    if (t->below->ops->truncate (t->below, last) < 0)
        return -1;
    tempfile__index_cut (&t->index, end->program, last);
    if (tempfile__text_move_below (t, last) < 0 || t->below->ops->write (t->below, out, n) < n)
        return -1;
    end->file = last + (off_t) n;
    end->state = (struct codec_state){0, 0};
    end->jumps = true;
    if (here) {
        const off_t program = t->here.program;
        t->here = *end;
        t->here.program = program;
        tempfile__text_reposition (t);
    }
    return 0;
}

/* Truncates at END, and ends a run there. The stream stays where it is. Returns 0, or -1 with
 * errno. */
static int
truncate_at (struct text *t, struct position *end)
{
    unsigned char out[FINISH];
    ssize_t n = end_of_run (t, end, out);
    int result = n < 0    ? -1
                 : n == 0 ? t->below->ops->truncate (t->below, end->file)
                          : replace_end (t, end, out, (size_t) n);
    int err = errno;
    if (tempfile__text_move_below (t, t->here.file) < 0)
        return -1;
    errno = err;
    return result;
}

static int
text_truncate (struct storage *s, off_t size)
{
    struct text *t = text_self (s);
    struct position end;
    if (follow (t) < 0 || tempfile__text_flush_partial (t) < 0)
        return -1;
    end_writing (t);
    if (tempfile__text_look_for (t, size, &end) < 0)
        return -1;
    end.written = false;
    int result =
        t->codec->ops->cut ? truncate_at (t, &end) : t->below->ops->truncate (t->below, end.file);
    if (result < 0)
        return -1;
    tempfile__index_cut (&t->index, end.program, end.file);
    tempfile__index_add (&t->index, &end);
    if (t->reported > end.file)
        t->reported = NOTHING_REPORTED;
    if (t->here.file > end.file) /* what is written there is not where the zeros lead to */
        t->lossy = t->here.jumps = true;
    return 0;
}

static int
text_flush (struct storage *s)
{
    struct text *t = text_self (s);
    return follow_if_something_waits (t) < 0 ? -1 : tempfile__text_flush_whole (t);
}

/*
 * The first bytes of a character that is not complete yet are not in the file. They stay in the
 * layer.
 */
static int
text_descriptor (struct storage *s)
{
    struct text *t = text_self (s);
    return t->below->ops->descriptor (t->below);
}

static void
release (struct text *t)
{
    tempfile__index_free (&t->index);
    if (t->codec)
        free (t->codec);
    free (t);
}

static int
text_close (struct storage *s)
{
    struct text *t = text_self (s);
    const bool failed = follow_if_something_waits (t) < 0 || tempfile__text_flush_partial (t) < 0;
    int err = failed ? errno : 0;
    if (t->below->ops->close (t->below) < 0 && !err)
        err = errno;
    release (t);
    if (!err)
        return 0;
    errno = err;
    return -1;
}

static void
text_forget (struct storage *s)
{
    struct text *t = text_self (s);
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
    .flush = text_flush,
    .descriptor = text_descriptor,
    .close = text_close,
    .forget = text_forget,
};

/* --- making one --- */

static const struct {
    const char *text;
    enum newline newline;
} newlines[] = {{"", NL_KEEP}, {"\n", NL_KEEP}, {"\r", NL_CR}, {"\r\n", NL_CRLF}};

/* *TEXT becomes a string that lasts. */
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
    return tempfile__codec_check (settings->encoding);
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

/* Appending begins at the end. A file that is not empty already has its byte order mark. */
static int
start (struct text *t)
{
    if (!t->append)
        return 0;
    if (tempfile__text_find_from_end (t, 0) < 0)
        return -1;
    tempfile__text_reposition (t);
    return 0;
}

struct storage *
tempfile__storage_text (struct storage *below, const struct text_settings *settings)
{
    struct text *t = malloc (sizeof *t + RAW); /* not calloc(): it would clear the buffer */
    struct text_settings given = *settings;
    if (t)
        *t = (struct text){.storage.ops = &text_ops,
                           .below = below,
                           .append = settings->append,
                           .limit = NO_LIMIT,
                           .stop = OFF_MAX,
                           .reported = NOTHING_REPORTED};
    if (!t || tempfile__index_begin (&t->index) < 0) {
        tempfile__fail_system (ENOMEM, "cannot make a text stream");
        goto fail;
    }
    t->codec = tempfile__codec_open (settings->encoding);
    if (!t->codec || tempfile__handler_find (&t->handler, &given.errors) < 0 ||
        find_newline (&t->newline, &given.newline) < 0)
        goto fail;
    t->codec->surrogates = t->codec->has_surrogates && t->handler == H_SURROGATEPASS;
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
