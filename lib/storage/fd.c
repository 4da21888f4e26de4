/* SPDX-License-Identifier: MIT */
/*
 * Storage that is an open descriptor. The kernel's offset is the position, and nothing here
 * remembers it: a child that inherits the descriptor finds it right, and where the child has left
 * it is where the stream goes on.
 */
#include "base/export.h"

#include "base/descriptor.h"
#include "base/retry.h"
#include "storage/storage.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

struct storage_fd {
    struct storage storage; /* must be first */
    int fd;
    int reader; /* for a descriptor that is for writing only; -1: none yet */
};

static struct storage_fd *
self (struct storage *s)
{
    return (struct storage_fd *) s;
}

/*
 * A layer above may have to look at what was written, to know where its characters are, though
 * the descriptor is for writing only; stdio has seen to it that the program itself reads nothing.
 */
static ssize_t
read_regardless (struct storage_fd *s, void *buffer, size_t size)
{
    if (s->reader < 0)
        s->reader = tempfile__open_descriptor (s->fd, O_RDONLY);
    if (s->reader < 0) {
        if (errno == ENOENT) /* what is not open is not in /proc */
            errno = EBADF;
        return -1;
    }
    off_t position = lseek (s->fd, 0, SEEK_CUR);
    ssize_t n = position < 0 ? -1 : pread (s->reader, buffer, size, position);
    if (n > 0 && lseek (s->fd, n, SEEK_CUR) < 0)
        return -1;
    return n;
}

static ssize_t
fd_read (struct storage *s, void *buffer, size_t size)
{
    ssize_t n;
    do {
        n = read (self (s)->fd, buffer, size);
        if (n < 0 && errno == EBADF)
            n = read_regardless (self (s), buffer, size);
    } while (n < 0 && errno == EINTR);
    return n;
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
    return done;
}

static off_t
fd_seek (struct storage *s, off_t offset, int whence)
{
    return lseek (self (s)->fd, offset, whence);
}

static int
fd_truncate (struct storage *s, off_t size)
{
    return ftruncate_retrying (self (s)->fd, size);
}

static int
fd_descriptor (struct storage *s)
{
    return self (s)->fd;
}

static void
fd_forget (struct storage *s)
{
    if (self (s)->reader >= 0)
        close (self (s)->reader);
    free (s);
}

/* Not retried after EINTR: on Linux the descriptor is closed by then. */
static int
fd_close (struct storage *s)
{
    int result = close (self (s)->fd);
    int err = errno;
    fd_forget (s);
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
    .forget = fd_forget,
};

struct storage *
tempfile__storage_fd (int fd)
{
    struct storage_fd *s = malloc (sizeof *s);
    if (!s)
        return NULL;
    *s = (struct storage_fd){.storage.ops = &fd_ops, .fd = fd, .reader = -1};
    return &s->storage;
}
