/* SPDX-License-Identifier: MIT */
/* By the kernel where it can, which may share the data; else through a buffer. */
#include "base/export.h"

#include "base/copy.h"
#include "base/retry.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

/* All of it, at its place: 0, or -1 with errno. */
static int
write_at (int fd, const char *data, size_t size, off_t at)
{
    while (size > 0) {
        ssize_t n = pwrite (fd, data, size, at);
        if (n < 0 && errno != EINTR)
            return -1;
        if (n > 0) {
            data += n;
            size -= (size_t) n;
            at += n;
        }
    }
    return 0;
}

/* Up to SIZE bytes: how many, 0 where FROM ends, or -1 with errno. */
static ssize_t
copy_through_buffer (int from, int to, off_t at, size_t size)
{
    char buffer[16384];
    ssize_t n;
    do
        n = pread (from, buffer, size < sizeof buffer ? size : sizeof buffer, at);
    while (n < 0 && errno == EINTR);
    return n > 0 && write_at (to, buffer, (size_t) n, at) < 0 ? -1 : n;
}

/* The same. What the kernel cannot do, or says that it cannot, the buffer can, or says better. */
static ssize_t
copy_some (int from, int to, off_t at, size_t size)
{
#ifdef HAVE_COPY_FILE_RANGE
    off_t in = at, out = at;
    ssize_t n = copy_file_range (from, &in, to, &out, size, 0);
    if (n > 0)
        return n;
#endif
    return copy_through_buffer (from, to, at, size);
}

static int
copy_range (int from, int to, off_t at, off_t end)
{
    enum { AT_ONCE = 1 << 30 };
    while (at < end) {
        off_t size = end - at < AT_ONCE ? end - at : AT_ONCE;
        ssize_t n = copy_some (from, to, at, (size_t) size);
        if (n == 0)
            errno = EIO; /* somebody has made it shorter: it would not be whole */
        if (n <= 0)
            return -1;
        at += n;
    }
    return 0;
}

/* The data at AT or after it, up to END: from the result to *HOLE. A file system that knows no
 * holes has data everywhere. */
static off_t
find_data (int fd, off_t at, off_t end, off_t *hole)
{
    *hole = end;
#if defined SEEK_DATA && defined SEEK_HOLE
    off_t data = lseek (fd, at, SEEK_DATA);
    if (data < 0)
        return errno == ENXIO ? end : at;
    off_t next = lseek (fd, data, SEEK_HOLE);
    if (next > data && next < end)
        *hole = next;
    return data < end ? data : end;
#else
    (void) fd;
    return at;
#endif
}

static int
copy_all (int from, int to, off_t size)
{
    off_t hole = size;
    for (off_t at = 0; at < size; at = hole) {
        off_t data = find_data (from, at, size, &hole);
        if (copy_range (from, to, data, hole) < 0)
            return -1;
    }
    return ftruncate_retrying (to, size);
}

int
tempfile__copy_data (int from, int to)
{
    struct stat st;
    off_t before = lseek (from, 0, SEEK_CUR);
    if (before < 0 || fstat (from, &st) < 0)
        return -1;
    int result = copy_all (from, to, st.st_size);
    int err = errno;
    if (lseek (from, before, SEEK_SET) < 0)
        return -1;
    errno = err;
    return result;
}
