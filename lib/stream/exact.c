/* SPDX-License-Identifier: MIT */
/*
 * Seeks to the exact offset, and buffers that suit both reading on and reading here and there.
 *
 * A text stream can only go to where a character begins, and must refuse all other places; so it
 * has to be asked for the very offset that the program wants. Some stdio is not like that. To seek
 * to an offset while it may read, it asks for the start of the block that the offset is in, a block
 * being as large as its buffer, and then reads up to it. The start of a block means nothing to a
 * text, and to a binary stream with a large buffer it means much that is read in vain. But stdio
 * asks for the offset itself
 *
 *   - when it believes that its buffer has a single byte. So that is what it gets to see while
 *     it reads: the base of the buffer is put one byte in front of its end; what was read stands
 *     at the true beginning all the same, and the read pointers say so. Reading at the wrong
 *     end, or writing without the seek that is due, stays within the buffer.
 *   - when reading up to the offset brings nothing: then it asks for the remaining distance.
 *     That is used when it was writing, which takes the buffer as it is.
 *
 * So only one thing cannot be seen: before any reading, and after writing, the start of a block,
 * asked for in place of nothing else, which is within a character. Then the seek works, and what
 * follows it fails.
 *
 * The buffer must not be libc's own, which it would try to free by the wrong address: a text
 * stream always has one of this library or, by setvbuf, of the caller. A binary stream begins with
 * libc's own, as it was before; one that has filled it once is worth a larger one, of this library.
 *
 * Of a binary stream, a little is read after a seek, and twice as much each time that it is read
 * on.
 */
#include "base/export.h"

#include "stream/stream.h"

#include <errno.h>

#ifdef HAVE_STRUCT__IO_FILE__IO_BUF_BASE

/* The caller may have given it another buffer. False: it has none that anything could be done to.
 */
static bool
look_at_buffer (struct stream *s)
{
    struct exactness *x = &s->exact;
    const FILE *f = s->file;
    if (!x->area || f->_IO_buf_end != x->area + x->size) {
        x->area = f->_IO_buf_base;
        x->size = (size_t) (f->_IO_buf_end - f->_IO_buf_base);
    }
    return x->area && x->size > 1;
}

static void
show_one_byte (struct stream *s)
{
    s->file->_IO_buf_base = s->exact.area + s->exact.size - 1;
}

static void
show_all (struct stream *s)
{
    s->file->_IO_buf_base = s->exact.area;
}

static ssize_t
read_into_buffer (struct stream *s)
{
    struct exactness *x = &s->exact;
    FILE *f = s->file;
    ssize_t n = s->storage->ops->read (s->storage, x->area, x->size);
    f->_IO_read_base = f->_IO_read_ptr = f->_IO_read_end = x->area;
    show_one_byte (s);
    return n;
}

ssize_t
tempfile__exact_read (struct stream *s, char *buffer, size_t size)
{
    struct exactness *x = &s->exact;
    if (!x->wanted || !look_at_buffer (s))
        return s->storage->ops->read (s->storage, buffer, size);
    /* A read for its own sake starts with all pointers at the base. */
    if (x->rounded && s->file->_IO_read_ptr != s->file->_IO_buf_base) {
        x->asked_further = true;
        return 0;
    }
    x->rounded = false;
    if (!x->nowhere)
        return read_into_buffer (s);
    errno = EINVAL;
    return -1;
}

size_t
tempfile__exact_write (struct stream *s, const char *buffer, size_t size)
{
    struct exactness *x = &s->exact;
    x->rounded = false;
    if (x->nowhere) {
        errno = EINVAL;
        return 0;
    }
    size_t done = s->storage->ops->write (s->storage, buffer, size);
    if (x->wanted && look_at_buffer (s))
        show_all (s);
    return done;
}

/* To TARGET, or to where it may have to go on from there. */
static off_t
seek_rounded (struct stream *s, off_t target)
{
    struct exactness *x = &s->exact;
    if (target < 0) {
        errno = EINVAL;
        return -1;
    }
    x->old = s->storage->ops->seek (s->storage, 0, SEEK_CUR);
    off_t position = s->storage->ops->seek (s->storage, target, SEEK_SET);
    if (position < 0 && (!s->text || errno != EINVAL))
        return -1;
    x->nowhere = position < 0;
    x->rounded = true;
    x->target = target;
    show_one_byte (s);
    return target;
}

/* Back to before seek_rounded(). */
static void
take_back (struct stream *s)
{
    const struct storage_ops *ops = s->storage->ops;
    int err = errno;
    if (ops->unseek)
        (void) ops->unseek (s->storage);
    else
        (void) ops->seek (s->storage, s->exact.old, SEEK_SET);
    errno = err;
}

/* The rest of it. */
static off_t
seek_further (struct stream *s, off_t distance)
{
    struct exactness *x = &s->exact;
    const bool has_moved = !x->nowhere;
    x->rounded = x->asked_further = x->nowhere = false;
    off_t position = s->storage->ops->seek (s->storage, x->target + distance, SEEK_SET);
    if (position < 0 && has_moved)
        take_back (s);
    return position;
}

static bool
is_writing (const FILE *f)
{
    return f->_IO_write_ptr > f->_IO_write_base;
}

/*
 * To say where it is, stdio goes to the end when it has something to append. For a text stream
 * that is there already it would be a change of place, which an encoder has to know of.
 */
static bool
only_asks (const struct stream *s, off_t offset, int whence)
{
    return s->storage->ops->end && whence == SEEK_END && offset == 0 && is_writing (s->file);
}

off_t
tempfile__exact_seek (struct stream *s, off_t offset, int whence)
{
    struct exactness *x = &s->exact;
    if (only_asks (s, offset, whence))
        return s->storage->ops->end (s->storage);
    bool moves = whence != SEEK_CUR || offset != 0;
    if (!x->wanted || !look_at_buffer (s))
        return s->storage->ops->seek (s->storage, offset, whence);
    if (x->asked_further && whence == SEEK_CUR)
        return seek_further (s, offset);
    if (!moves)
        return x->nowhere ? x->target : s->storage->ops->seek (s->storage, 0, SEEK_CUR);
    x->rounded = x->asked_further = x->nowhere = false;
    bool whole = s->file->_IO_buf_base == x->area;
    if (whence == SEEK_SET && whole)
        return seek_rounded (s, offset);
    off_t position = s->storage->ops->seek (s->storage, offset, whence);
    if (position >= 0)
        show_one_byte (s);
    return position;
}

#else

ssize_t
tempfile__exact_read (struct stream *s, char *buffer, size_t size)
{
    return s->storage->ops->read (s->storage, buffer, size);
}

size_t
tempfile__exact_write (struct stream *s, const char *buffer, size_t size)
{
    return s->storage->ops->write (s->storage, buffer, size);
}

off_t
tempfile__exact_seek (struct stream *s, off_t offset, int whence)
{
    return s->storage->ops->seek (s->storage, offset, whence);
}

#endif
