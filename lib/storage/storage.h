/* SPDX-License-Identifier: MIT */
/*
 * A storage has the bytes of a custom stream. The stream calls it through a table of functions and
 * does not know what implements them: a descriptor, memory, or a text layer over another storage.
 *
 * One thread at a time: the stream's FILE is locked around every call.
 */
#ifndef STORAGE_H
#define STORAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct settings;
struct storage;

struct storage_ops {
    /* At the position, which moves on. Bytes read, 0 at the end, -1 with errno. */
    ssize_t (*read) (struct storage *, void *, size_t);

    /* All of it, unless something fails: then less, with errno set. */
    size_t (*write) (struct storage *, const void *, size_t);

    /* As lseek(2). */
    off_t (*seek) (struct storage *, off_t, int whence);

    /* Where the end is, and stay; NULL: nothing but the seek to it would tell. */
    off_t (*end) (struct storage *);

    /* As ftruncate(2); the position stays. */
    int (*truncate) (struct storage *, off_t size);

    /*
     * Writes what waits because what comes next may change it, if it can be written as it is. 0, or
     * -1 with errno, and it waits still. NULL: nothing ever waits.
     */
    int (*flush) (struct storage *);

    /* The descriptor, in step with the position; or -1 with errno and message. */
    int (*descriptor) (struct storage *);

    /* Frees the storage in any case. 0, or -1 with errno. */
    int (*close) (struct storage *);

    /* Frees the storage, but the descriptor, which has become another's. NULL: cannot do that. */
    void (*forget) (struct storage *);
};

struct storage {
    const struct storage_ops *ops;
};

/* A storage that owns the descriptor FD, whose offset is the position; or NULL with errno, FD still
 * the caller's. */
struct storage *tempfile__storage_fd (int fd);

/*
 * An empty storage in memory, which makes its file, without a name and by SETTINGS, when it has to
 * move to disk: when it outgrows max_size, and when it is asked for the descriptor. A write or
 * truncation whose move fails has changed nothing. It moves no more once STAYS () says so: for the
 * end of the process, or of the library, since a file that would go the next moment helps nobody,
 * and making one may run audit hooks. Names are copied, a relative directory made absolute. NULL
 * with errno.
 */
typedef bool stays_fn (void);
struct storage *tempfile__storage_spool (const struct settings *, stays_fn *stays);

/* MOVED (ARG, descriptor) is called once, when the spool is on disk. */
void tempfile__spool_watch (struct storage *, void (*moved) (void *arg, int fd), void *arg);

#endif
