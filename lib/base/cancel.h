/* SPDX-License-Identifier: MIT */
/*
 * A scope in which the thread cannot be cancelled: `NO_CANCELLATION;` among its declarations. Each
 * public function, and each callback of a stream, that makes a system call is one, so that no
 * cancelled thread leaves an entry, a descriptor or a file behind.
 */
#ifndef CANCEL_H
#define CANCEL_H

#include <pthread.h>

static inline int
cancellation_forbid (void)
{
    int before;
    pthread_setcancelstate (PTHREAD_CANCEL_DISABLE, &before);
    return before;
}

static inline void
cancellation_restore (const int *before)
{
    pthread_setcancelstate (*before, NULL);
}

#define NO_CANCELLATION                                                            \
    __attribute__ ((__cleanup__ (cancellation_restore))) int cancellation_before = \
        cancellation_forbid ()

#endif
