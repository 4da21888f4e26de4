/* SPDX-License-Identifier: MIT */
/*
 * System calls that a signal interrupts before they did anything are called again. What is opened
 * is close-on-exec, and never descriptor 0, 1 or 2: a program that was started without these would
 * write its messages into it. Async-signal-safe as the calls themselves; nothing else of the
 * library is known here.
 */
#ifndef RETRY_H
#define RETRY_H

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/types.h>
#include <unistd.h>

/* The first descriptor that is not a standard one. */
enum { FIRST_DESCRIPTOR = 3 };

/* FD, which is 0 or more; or if it is a standard one another instead of it, or -1 with errno. */
static inline int
above_standard (int fd)
{
    if (fd >= FIRST_DESCRIPTOR)
        return fd;
    int above = fcntl (fd, F_DUPFD_CLOEXEC, FIRST_DESCRIPTOR);
    int err = errno;
    close (fd);
    errno = err;
    return above;
}

/* With O_CREAT, which is to go with O_EXCL, a failure leaves no file. */
static inline int
open_retrying (const char *path, int flags, mode_t permissions)
{
    int fd;
    do
        fd = open (path, flags | O_CLOEXEC, permissions);
    while (fd < 0 && errno == EINTR);
    int above = fd < 0 ? fd : above_standard (fd);
    if (above < 0 && fd >= 0 && (flags & O_CREAT)) {
        int err = errno;
        unlink (path);
        errno = err;
    }
    return above;
}

/* Of what exists already. */
static inline int
openat_retrying (int dir, const char *name, int flags)
{
    int fd;
    do
        fd = openat (dir, name, flags | O_CLOEXEC);
    while (fd < 0 && errno == EINTR);
    return fd < 0 ? fd : above_standard (fd);
}

static inline int
ftruncate_retrying (int fd, off_t size)
{
    int result;
    do
        result = ftruncate (fd, size);
    while (result < 0 && errno == EINTR);
    return result;
}

static inline int
fsync_retrying (int fd)
{
    int result;
    do
        result = fsync (fd);
    while (result < 0 && errno == EINTR);
    return result;
}

/* The lock for one, if nobody has any. */
static inline int
lock_retrying (int fd)
{
    int result;
    do
        result = flock (fd, LOCK_EX | LOCK_NB);
    while (result < 0 && errno == EINTR);
    return result;
}

#endif
