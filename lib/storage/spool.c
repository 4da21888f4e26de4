/* SPDX-License-Identifier: MIT */
/*
 * Storage that begins in memory and moves to an unnamed file when it has to.
 *
 *     in memory --move--> on disk
 *
 * in memory  `disk` is NULL; `data`, `size` and `position` are the file. No file, no descriptor.
 * on disk    `disk` is the storage, and everything is passed on to it; there is no `data`.
 *
 * It moves when the contents would exceed the limit, when somebody wants the descriptor, and when
 * memory cannot grow. When the move fails everything stays as it was, and nothing is stored of the
 * write or truncation that needed it. The next call that needs it tries again.
 *
 * The spool owns copies of the names with which its file will be made, because the caller may free
 * his before that.
 */
#include "base/export.h"

#include "base/error.h"
#include "base/probe.h"
#include "create/create.h"
#include "create/path.h"
#include "create/tempdir.h"
#include "storage/storage.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

/* Without max_size, what a write beyond the end or a truncation may add in zeros. A file has room
 * for a hole of any size at no cost; memory has not. */
enum { HOLE_MAX = 1 << 20 };

struct spool {
    struct storage storage; /* must be first */
    struct storage *disk;   /* NULL: in memory */
    char *data;             /* NULL: none */
    size_t size, capacity;  /* size is at least half of capacity */
    off_t position;         /* may be past the end */
    stays_fn *stays;
    void (*moved) (void *arg, int fd);
    void *moved_arg;
    struct settings settings; /* of the file to be made; its strings are below */
    char strings[];
};

static struct spool *
self (struct storage *s)
{
    return (struct spool *) s;
}

/* Whether contents of SIZE bytes, HOLE of them new zeros, may be in memory. */
static bool
fits (const struct spool *p, uintmax_t size, uintmax_t hole)
{
    if (size > PTRDIFF_MAX)
        return false;
    return p->settings.max_size ? size <= p->settings.max_size : hole <= HOLE_MAX;
}

static int
set_capacity (struct spool *p, size_t capacity)
{
    char *data = realloc (p->data, capacity);
    if (!data)
        return -1;
    p->data = data;
    p->capacity = capacity;
    return 0;
}

/* Doubling keeps the cost of growing in proportion, and no more than half of it unused. */
static int
reserve (struct spool *p, size_t size)
{
    if (size <= p->capacity)
        return 0;
    size_t doubled = p->capacity <= SIZE_MAX / 2 ? p->capacity * 2 : SIZE_MAX;
    if (p->settings.max_size && doubled > p->settings.max_size)
        doubled = p->settings.max_size;
    return set_capacity (p, size > doubled ? size : doubled);
}

/* Room for SIZE bytes that begin at START, with zeros from the old end to there. */
static int
extend (struct spool *p, size_t start, size_t size)
{
    if (reserve (p, start + size) < 0)
        return -1;
    if (start > p->size)
        memset (p->data + p->size, 0, start - p->size);
    if (start + size > p->size)
        p->size = start + size;
    return 0;
}

static void
give_back (struct spool *p)
{
    free (p->data);
    p->data = NULL;
    p->size = p->capacity = 0;
}

/* Where memory cannot shrink, it stays large: no failure. */
static void
shrink (struct spool *p, size_t size)
{
    if (size == 0) {
        give_back (p);
        return;
    }
    p->size = size;
    if (size < p->capacity / 2)
        (void) set_capacity (p, size);
}

static int
attempt (const char *dir, void *settings)
{
    return tempfile__create_unnamed (dir, settings, tempfile__create_unlinked);
}

static struct storage *
make_disk (struct spool *p)
{
    int fd = tempfile__tempdir_try (&p->settings, attempt, &p->settings);
    if (fd < 0)
        return NULL;
    struct storage *disk = tempfile__storage_fd (fd);
    if (disk)
        return disk;
    close (fd);
    tempfile__fail_system (ENOMEM, "cannot move the stream to disk");
    return NULL;
}

/* Contents and position; a write has left the latter at the end. */
static int
copy (struct spool *p, struct storage *disk)
{
    if (p->size > 0 && disk->ops->write (disk, p->data, p->size) < p->size)
        return -1;
    if (p->position == (off_t) p->size || disk->ops->seek (disk, p->position, SEEK_SET) >= 0)
        return 0;
    if (errno == EINVAL) /* no such offset in this file system, the file would say at a write */
        errno = EFBIG;
    return -1;
}

static int
move (struct spool *p)
{
    if (p->stays ())
        return tempfile__fail (ECANCELED, "a stream moves to disk no more: the process ends");
    struct storage *disk = make_disk (p);
    if (!disk)
        return -1;
    if (copy (p, disk) < 0) {
        int err = errno;
        disk->ops->close (disk);
        return tempfile__fail_system (err, "cannot move the stream to disk");
    }
    p->disk = disk;
    int fd = disk->ops->descriptor (disk);
    PROBE2 (rollover, p->size, fd);
    give_back (p);
    if (p->moved)
        p->moved (p->moved_arg, fd);
    return 0;
}

/* As extend(), or on disk, or else -1. */
static int
extend_or_move (struct spool *p, uintmax_t start, size_t size)
{
    uintmax_t hole = start > p->size ? start - p->size : 0;
    uintmax_t end;
    if (__builtin_add_overflow (start, size, &end) || !fits (p, end, hole))
        return move (p);
    if (extend (p, (size_t) start, size) == 0 || move (p) == 0)
        return 0;
    return tempfile__fail_system (ENOMEM, "the stream outgrew memory and cannot move to disk");
}

static ssize_t
spool_read (struct storage *s, void *buffer, size_t size)
{
    struct spool *p = self (s);
    if (p->disk)
        return p->disk->ops->read (p->disk, buffer, size);
    if (p->position >= (off_t) p->size)
        return 0;
    size_t left = p->size - (size_t) p->position;
    size_t n = size < left ? size : left;
    memcpy (buffer, p->data + p->position, n);
    p->position += (off_t) n;
    return (ssize_t) n;
}

static size_t
spool_write (struct storage *s, const void *buffer, size_t size)
{
    struct spool *p = self (s);
    if (size == 0)
        return 0; /* LCOV_EXCL_LINE: stdio writes something, or does not ask */
    off_t start = p->settings.mode.append ? (off_t) p->size : p->position;
    if (!p->disk && extend_or_move (p, (uintmax_t) start, size) < 0)
        return 0;
    if (p->disk)
        return p->disk->ops->write (p->disk, buffer, size);
    memcpy (p->data + start, buffer, size);
    p->position = start + (off_t) size;
    return size;
}

static off_t
fail_seek (int err)
{
    errno = err;
    return -1;
}

static off_t
spool_seek (struct storage *s, off_t offset, int whence)
{
    struct spool *p = self (s);
    if (p->disk)
        return p->disk->ops->seek (p->disk, offset, whence);
    if (whence != SEEK_SET && whence != SEEK_CUR && whence != SEEK_END)
        return fail_seek (EINVAL); /* LCOV_EXCL_LINE: stdio has refused it */
    off_t from = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? p->position : (off_t) p->size;
    if (__builtin_add_overflow (from, offset, &offset))
        return fail_seek (EOVERFLOW);
    if (offset < 0)
        return fail_seek (EINVAL);
    return p->position = offset;
}

static int
spool_truncate (struct storage *s, off_t size)
{
    struct spool *p = self (s);
    if (size < 0 || !p->settings.mode.writable) {
        errno = EINVAL;
        return -1;
    }
    if (!p->disk && size <= (off_t) p->size) {
        shrink (p, (size_t) size);
        return 0;
    }
    if (!p->disk && extend_or_move (p, (uintmax_t) size, 0) < 0)
        return -1;
    return p->disk ? p->disk->ops->truncate (p->disk, size) : 0;
}

static int
spool_descriptor (struct storage *s)
{
    struct spool *p = self (s);
    if (!p->disk && move (p) < 0)
        return -1;
    /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): move() has set it */
    return p->disk->ops->descriptor (p->disk);
}

static int
spool_close (struct storage *s)
{
    struct spool *p = self (s);
    int result = p->disk ? p->disk->ops->close (p->disk) : 0;
    int err = errno;
    free (p->data);
    free (p);
    errno = err;
    return result;
}

static void
spool_forget (struct storage *s)
{
    struct spool *p = self (s);
    if (p->disk)
        p->disk->ops->forget (p->disk);
    free (p->data);
    free (p);
}

static const struct storage_ops spool_ops = {
    .read = spool_read,
    .write = spool_write,
    .seek = spool_seek,
    .truncate = spool_truncate,
    .descriptor = spool_descriptor,
    .close = spool_close,
    .forget = spool_forget,
};

/* DIR is NULL or absolute. */
static struct storage *
make (const struct settings *settings, const char *dir, stays_fn *stays)
{
    size_t prefix = strlen (settings->prefix) + 1;
    size_t suffix = strlen (settings->suffix) + 1;
    size_t length = dir ? strlen (dir) + 1 : 0;
    struct spool *p = malloc (sizeof *p + prefix + suffix + length);
    if (!p)
        return NULL;
    p->storage.ops = &spool_ops;
    p->disk = NULL;
    p->data = NULL;
    p->size = p->capacity = 0;
    p->position = 0;
    p->stays = stays;
    p->moved = NULL;
    p->settings = *settings;
    p->settings.prefix = memcpy (p->strings, settings->prefix, prefix);
    p->settings.suffix = memcpy (p->strings + prefix, settings->suffix, suffix);
    p->settings.dir = dir ? memcpy (p->strings + prefix + suffix, dir, length) : NULL;
    p->settings.beside = NULL;
    p->settings.encoding = p->settings.errors = p->settings.newline = NULL;
    return &p->storage;
}

struct storage *
tempfile__storage_spool (const struct settings *settings, stays_fn *stays)
{
    const char *dir = settings->dir;
    if (!settings->beside && (!dir || *dir == '/'))
        return make (settings, dir, stays);
    char *absolute =
        settings->beside ? tempfile__beside (settings->beside) : tempfile__absolute (dir);
    if (!absolute)
        return NULL;
    struct storage *s = make (settings, absolute, stays);
    int err = errno;
    free (absolute);
    errno = err;
    return s;
}

void
tempfile__spool_watch (struct storage *s, void (*moved) (void *, int), void *arg)
{
    self (s)->moved = moved;
    self (s)->moved_arg = arg;
}
