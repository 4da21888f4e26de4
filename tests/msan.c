/* SPDX-License-Identifier: MIT */
/*
 * For MemorySanitizer, which knows what is initialized only in what is compiled for it: what libc
 * has put into a FILE and what it passes to the callbacks of a custom stream, and what the kernel
 * has put into the buffers of getdents64() and statx(), is known to be there. Linked with --wrap
 * for each of these; see .ci/run.
 */
#include <stddef.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/types.h>

#include <sanitizer/msan_interface.h>

long __real_syscall (long number, long fd, void *buffer, size_t size, long flags);
long __wrap_syscall (long number, long fd, void *buffer, size_t size, long flags);
int __real_statx (int dir, const char *name, int flags, unsigned mask, struct statx *st);
int __wrap_statx (int dir, const char *name, int flags, unsigned mask, struct statx *st);
FILE *__real_tempfile__stream_make (void *stream, const void *mode);
FILE *__wrap_tempfile__stream_make (void *stream, const void *mode);
ssize_t __real_tempfile__stream_read (void *stream, char *buffer, size_t size);
ssize_t __wrap_tempfile__stream_read (void *stream, char *buffer, size_t size);
size_t __real_tempfile__stream_write (void *stream, const char *buffer, size_t size);
size_t __wrap_tempfile__stream_write (void *stream, const char *buffer, size_t size);
off_t __real_tempfile__stream_seek (void *stream, off_t offset, int whence);
off_t __wrap_tempfile__stream_seek (void *stream, off_t offset, int whence);

#define KNOW(variable) __msan_unpoison (&(variable), sizeof (variable))

long
__wrap_syscall (long number, long fd, void *buffer, size_t size, long flags)
{
    long result = __real_syscall (number, fd, buffer, size, flags);
    if (result > 0)
        __msan_unpoison (buffer, (size_t) result);
    return result;
}

int
__wrap_statx (int dir, const char *name, int flags, unsigned mask, struct statx *st)
{
    int result = __real_statx (dir, name, flags, mask, st);
    if (result == 0)
        KNOW (*st);
    return result;
}

FILE *
__wrap_tempfile__stream_make (void *stream, const void *mode)
{
    FILE *f = __real_tempfile__stream_make (stream, mode);
    if (f)
        __msan_unpoison (f, sizeof *f);
    return f;
}

ssize_t
__wrap_tempfile__stream_read (void *stream, char *buffer, size_t size)
{
    KNOW (stream);
    KNOW (buffer);
    KNOW (size);
    return __real_tempfile__stream_read (stream, buffer, size);
}

size_t
__wrap_tempfile__stream_write (void *stream, const char *buffer, size_t size)
{
    KNOW (stream);
    KNOW (buffer);
    KNOW (size);
    __msan_unpoison (buffer, size);
    return __real_tempfile__stream_write (stream, buffer, size);
}

off_t
__wrap_tempfile__stream_seek (void *stream, off_t offset, int whence)
{
    KNOW (stream);
    KNOW (offset);
    KNOW (whence);
    return __real_tempfile__stream_seek (stream, offset, whence);
}
