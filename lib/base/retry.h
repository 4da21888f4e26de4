/* SPDX-License-Identifier: MIT */
/*
 * System calls that a signal interrupts before they did anything are called again. What is opened
 * is close-on-exec. Async-signal-safe as the calls themselves; nothing else of the library is known
 * here.
 */
#ifndef RETRY_H
#define RETRY_H

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/types.h>
#include <unistd.h>

static inline int
open_retrying (const char *path, int flags, mode_t permissions)
{
    int fd;
    do
        fd = open (path, flags | O_CLOEXEC, permissions);
    while (fd < 0 && errno == EINTR);
    return fd;
}

/* Of what exists already. */
static inline int
openat_retrying (int dir, const char *name, int flags)
{
    int fd;
    do
        fd = openat (dir, name, flags | O_CLOEXEC);
    while (fd < 0 && errno == EINTR);
    return fd;
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
