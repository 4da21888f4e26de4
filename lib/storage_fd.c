/* SPDX-License-Identifier: MIT */
/*
 * Storage that is an open descriptor. The kernel's offset is the position, so that a child that
 * inherits the descriptor finds it right; a copy of it is kept here, so that asking where we are
 * costs no system call. The copy is only ever believed for that question: a seek is always made,
 * for somebody else may have moved the descriptor.
 */
#include "export.h"

#include "storage.h"

#include <errno.h>
#include <unistd.h>

struct storage_fd {
    struct storage storage; /* must be first */
    int fd;
    bool append;
    off_t position;
};

static struct storage_fd *
self (struct storage *s)
{
    return (struct storage_fd *) s;
}

static ssize_t
fd_read (struct storage *s, void *buffer, size_t size)
{
    ssize_t n;
    do
        n = read (self (s)->fd, buffer, size);
    while (n < 0 && errno == EINTR);
    if (n > 0)
        self (s)->position += n;
    return n;
}

/* O_APPEND moves the offset to the end first; only the kernel knows where that was. */
static void
after_append (struct storage_fd *s)
{
    int err = errno;
    off_t end = lseek (s->fd, 0, SEEK_CUR);
    if (end >= 0)
        s->position = end;
    errno = err;
}

static size_t
fd_write (struct storage *s, const void *buffer, size_t size)
{
    size_t done = 0;
    while (done < size) {
        ssize_t n = write (self (s)->fd, (const char *) buffer + done, size - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        done += (size_t) n;
    }
    self (s)->position += (off_t) done;
    if (self (s)->append && done > 0)
        after_append (self (s));
    return done;
}

static off_t
fd_seek (struct storage *s, off_t offset, int whence)
{
    if (whence == SEEK_CUR) {
        if (offset == 0)
            return self (s)->position;
        if (__builtin_add_overflow (offset, self (s)->position, &offset)) {
            errno = EOVERFLOW;
            return -1;
        }
        whence = SEEK_SET;
    }
    off_t position = lseek (self (s)->fd, offset, whence);
    if (position >= 0)
        self (s)->position = position;
    return position;
}

static int
fd_truncate (struct storage *s, off_t size)
{
    int result;
    do
        result = ftruncate (self (s)->fd, size);
    while (result < 0 && errno == EINTR);
    return result;
}

static int
fd_descriptor (struct storage *s)
{
    return self (s)->fd;
}

/* Not retried after EINTR: on Linux the descriptor is closed by then. */
static int
fd_close (struct storage *s)
{
    int result = close (self (s)->fd);
    int err = errno;
    free (s);
    errno = err;
    return result < 0 && err != EINTR ? -1 : 0;
}

static const struct storage_ops fd_ops = {
    .read = fd_read,
    .write = fd_write,
    .seek = fd_seek,
    .truncate = fd_truncate,
    .descriptor = fd_descriptor,
    .close = fd_close,
};

struct storage *
tempfile__storage_fd (int fd, bool append)
{
    struct storage_fd *s = malloc (sizeof *s);
    if (!s)
        return NULL;
    *s = (struct storage_fd){.storage.ops = &fd_ops, .fd = fd, .append = append};
    return &s->storage;
}
