/* SPDX-License-Identifier: MIT */
/*
 * The text layer as a storage over another: seeking, truncating and closing it, and making one.
 * Bytes and characters are the concern of the sources that text/layer.h names.
 */
#include "base/export.h"

#include "base/error.h"
#include "text/layer.h"
#include "text/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/*
 * The storage below may be a descriptor that others have, and that a child, say, has moved: then
 * the stream is where that is now. 0, or -1 with errno.
 */
static int
follow (struct text *t)
{
    off_t left = t->here.file + (off_t) (t->raw_end - t->raw_pos);
    off_t now = t->below->ops->seek (t->below, 0, SEEK_CUR);
    if (now < 0 || now == left)
        return now < 0 ? -1 : 0;
    if (tempfile__text_flush_partial (t) < 0)
        return -1;
    tempfile__text_end_writing (t);
    if (tempfile__text_find_file (t, now) < 0)
        return -1;
    tempfile__text_reposition (t);
    return 0;
}

static int
begin_reading (struct text *t)
{
    if (t->phase == READING)
        return 0;
    if (tempfile__text_flush_partial (t) < 0)
        return -1;
    tempfile__text_end_writing (t);
    t->phase = READING;
    t->way = AS_READ;
    t->chunk = FIRST_CHUNK;
    tempfile__text_begin_run (t);
    return 0;
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

/* The stream comes from elsewhere: the index ends here, and the storage is put in place. Within a
 * character nothing can be written. */
static int
begin_writing (struct text *t)
{
    if (t->phase == WRITING)
        return 0;
    if (t->phase == READING)
        tempfile__text_commit_run (t);
    if (text_has_spill (t) || t->here.stray > t->here.at) {
        errno = EINVAL;
        return -1;
    }
    if (t->append && tempfile__text_find_end (t) < 0)
        return -1;
    if (t->phase == READING) {
        if (t->here.skip_lf && tempfile__text_pass_lf (t) < 0)
            return -1;
        t->here.skip_lf = false;
        if (tempfile__text_move_below (t, t->here.file) < 0)
            return -1;
    }
    /* Reading may have led away from the start, where a mark was due. */
    if (!t->append && !t->codec->stateful)
        tempfile__text_reposition (t);
    tempfile__text_end_run (t);
    t->phase = WRITING;
    /* An encoder that takes its header for written is followed in that. */
    if (t->codec->stateful && !t->here.state.a)
        t->here.state = t->encoder;
    t->marking = comes_with_more (t);
    t->lossy = t->lossy || t->marking;
    tempfile__index_cut (&t->index, t->here.at, t->here.file);
    tempfile__text_note_writing (t, t->marking ? CLOSED : tempfile__text_way_written (t));
    return 0;
}

static size_t
text_write (struct storage *s, const void *buffer, size_t size)
{
    struct text *t = text_self (s);
    t->sought = t->peeked = false;
    if (size == 0 || follow (t) < 0 || begin_writing (t) < 0)
        return 0;
    return tempfile__text_put (t, buffer, size);
}

static struct moment
moment_of (const struct text *t)
{
    return (struct moment){t->here, t->encoder, t->passing};
}

/* After a search whose place is not where the stream is to be: to the byte, though the file may
 * have ended before. What was bad and has been reported is not reported again. */
static off_t
come_back (struct text *t, const struct moment *moment)
{
    t->encoder = moment->encoder;
    t->passing = moment->passing;
    t->here = moment->here;
    return tempfile__text_move_below (t, t->here.file) < 0 ? -1 : t->here.at;
}

static off_t
go (struct text *t, off_t target)
{
    if (target < 0) {
        errno = EINVAL;
        return -1;
    }
    if (tempfile__text_find (t, target) < 0)
        return -1;
    tempfile__text_reposition (t);
    return t->here.at;
}

/*
 * stdio need not ask for a seek when all that it was given is used up. So the storage below is
 * where the stream is, to the character, and of it is not read more than may be wanted.
 */
static ssize_t
read_in_step (struct text *t, void *buffer, size_t size)
{
    t->chunk = size < LONGEST ? LONGEST : size < BUFFER ? size : BUFFER;
    ssize_t n = tempfile__text_read_some (t, buffer, size);
    int err = errno;
    if (t->raw_pos < t->raw_end && tempfile__text_move_below (t, t->here.file) < 0)
        return -1;
    errno = err;
    return n;
}

/*
 * stdio may go to an offset by seeking to one in front of it, reading, and seeking on by the rest.
 * What was written may count otherwise as it is read, and then this would lead elsewhere. So the
 * read after a seek brings a single byte, where that can be, and a seek on from there is one by the
 * program's count: see text_seek(). What is read within what comes back otherwise ends where the
 * program's count says.
 */
static ssize_t
text_read (struct storage *s, void *buffer, size_t size)
{
    struct text *t = text_self (s);
    if (size == 0)
        return 0;
    if (follow (t) < 0)
        return -1;
    if (t->here.stray && t->here.at >= t->here.stray && go (t, t->here.at) < 0)
        return -1;
    if (begin_reading (t) < 0)
        return -1;
    tempfile__text_note_reading (t);
    t->peeked = t->sought && t->in_run;
    t->sought = false;
    if (t->peeked)
        size = 1;
    else if (t->here.stray && (off_t) size > t->here.stray - t->here.at)
        size = (size_t) (t->here.stray - t->here.at);
    return read_in_step (t, buffer, size);
}

static off_t
go_end (struct text *t, off_t offset)
{
    const struct moment old = moment_of (t);
    if (tempfile__text_find_end (t) < 0)
        return -1;
    if (offset != 0) {
        off_t at = go (t, t->here.at + offset);
        int err = errno;
        if (at < 0)
            (void) come_back (t, &old);
        errno = err;
        return at;
    }
    tempfile__text_reposition (t);
    return t->here.at;
}

/* A '\n' after the '\r' that was read last: a place between the two is none. 0, or -1 with errno.
 */
static int
settle_newline (struct text *t)
{
    if (t->phase != READING || !t->here.skip_lf || text_has_spill (t))
        return 0;
    int passed = tempfile__text_pass_lf (t);
    if (passed < 0)
        return -1;
    t->differs = t->differs || passed;
    t->here.skip_lf = false;
    return 0;
}

static off_t
text_seek (struct storage *s, off_t offset, int whence)
{
    struct text *t = text_self (s);
    bool goes_on = whence == SEEK_CUR && ((t->peeked && offset > 0) || t->here.stray);
    t->sought = whence == SEEK_SET;
    t->peeked = false;
    if (whence == SEEK_CUR && follow (t) < 0)
        return -1;
    if (whence == SEEK_CUR && !goes_on) {
        if (settle_newline (t) < 0)
            return -1;
        tempfile__text_commit_run (t);
    }
    if (whence == SEEK_CUR && offset == 0)
        return t->here.at;
    /* Appending, we are at the end; and stdio may ask for that only to say where it is. */
    if (whence == SEEK_END && offset == 0 && t->append && t->n_partial > 0)
        return t->here.at;
    if (tempfile__text_flush_partial (t) < 0)
        return -1;
    tempfile__text_end_writing (t);
    if (whence == SEEK_CUR && __builtin_add_overflow (offset, t->here.at, &offset)) {
        errno = EOVERFLOW;
        return -1;
    }
    return whence == SEEK_END ? go_end (t, offset) : go (t, offset);
}

static off_t
text_end (struct storage *s)
{
    struct text *t = text_self (s);
    if (t->append && t->phase == WRITING)
        return t->here.at;
    tempfile__text_end_writing (t);
    const struct moment old = moment_of (t);
    if (tempfile__text_find_end (t) < 0)
        return -1;
    off_t end = t->here.at;
    return come_back (t, &old) < 0 ? -1 : end;
}

static int
text_truncate (struct storage *s, off_t size)
{
    struct text *t = text_self (s);
    if (tempfile__text_flush_partial (t) < 0)
        return -1;
    tempfile__text_end_writing (t);
    const struct moment now = moment_of (t);
    if (tempfile__text_find (t, size) < 0)
        return -1;
    const struct position end = tempfile__text_position (t, AS_READ);
    const bool within = text_has_spill (t) || t->here.stray > size;
    if (come_back (t, &now) < 0)
        return -1;
    if (within) {
        errno = EINVAL;
        return -1;
    }
    if (t->below->ops->truncate (t->below, end.file) < 0)
        return -1;
    tempfile__index_cut (&t->index, size, end.file);
    if (t->index.n > 0)
        tempfile__index_add (&t->index, &end);
    t->passing = now.passing && now.here.file < end.file;
    return 0;
}

/* The beginning of a character whose end has yet to come is not in the file: it stays here. */
static int
text_descriptor (struct storage *s)
{
    struct text *t = text_self (s);
    if (t->phase == READING && tempfile__text_move_below (t, t->here.file) < 0)
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
    struct text *t = text_self (s);
    int err = tempfile__text_flush_partial (t) < 0 ? errno : 0;
    if (t->below->ops->close (t->below) < 0 && !err)
        err = errno;
    release (t);
    errno = err;
    return err ? -1 : 0;
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
