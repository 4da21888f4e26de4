/* SPDX-License-Identifier: MIT */
/*
 * The names in a directory, read in batches into memory of the caller's. scan_getdents.c asks the
 * kernel, allocates nothing and may be used in a signal handler; scan_readdir.c is for systems
 * where that cannot be done. One of the two is built.
 *
 * A batch is a row of records, each one byte of enum scan_type and a name that ends with a NUL.
 * "." and ".." are not among them. A name that is added or removed meanwhile may be missed.
 */
#ifndef SCAN_H
#define SCAN_H

#include <stdbool.h>
#include <sys/types.h>

enum scan_type { SCAN_UNKNOWN, SCAN_DIRECTORY, SCAN_OTHER };

/* The least memory that a batch can be read into. */
enum { SCAN_ROOM = 1024 };

struct scan {
    int fd;
    void *stream; /* scan_readdir.c's */
};

/* Whether this can be used in a signal handler. */
bool tempfile__scan_async_safe (void);

/* From here on FD, a directory open for reading, is the scan's. 0; or -1 with errno, FD closed. */
int tempfile__scan_begin (struct scan *, int fd);

/* Reads the next batch. Its size in bytes; 0 at the end, and in a directory that was removed; or -1
 * with errno. BUFFER is aligned as for uint64_t. */
ssize_t tempfile__scan_next (struct scan *, char *buffer, size_t size);

/* Back to the start of the directory, with what there is in it now. */
void tempfile__scan_rewind (struct scan *);

void tempfile__scan_end (struct scan *);

#endif
