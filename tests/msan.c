/* SPDX-License-Identifier: MIT */
/*
 * For MemorySanitizer, which knows what is initialized only in what is compiled for it: what libc
 * has put into the buffer of a custom stream, and the kernel into that of getdents64(), is known to
 * be there. Linked with -Wl,--wrap=syscall,--wrap=tempfile__stream_write; see .ci/run.
 */
#include <stddef.h>

#include <sanitizer/msan_interface.h>

long __real_syscall (long number, long fd, void *buffer, size_t size);
long __wrap_syscall (long number, long fd, void *buffer, size_t size);
size_t __real_tempfile__stream_write (void *stream, const char *buffer, size_t size);
size_t __wrap_tempfile__stream_write (void *stream, const char *buffer, size_t size);

long
__wrap_syscall (long number, long fd, void *buffer, size_t size)
{
    long result = __real_syscall (number, fd, buffer, size);
    if (result > 0)
        __msan_unpoison (buffer, (size_t) result);
    return result;
}

size_t
__wrap_tempfile__stream_write (void *stream, const char *buffer, size_t size)
{
    __msan_unpoison (buffer, size);
    return __real_tempfile__stream_write (stream, buffer, size);
}
