/* SPDX-License-Identifier: MIT */
/*
 * Scopes in which the thread cannot be cancelled, so that no cancelled thread leaves an entry, a
 * descriptor or a file behind, nor has done half of what it was asked for. Each is said once, among
 * the declarations of a function that makes a system call:
 *
 *     CANCELLED_BEFORE_OR_NOT_AT_ALL;    a public function: a cancellation that is pending acts now
 *     NO_CANCELLATION;                   a callback, where stdio has a FILE locked
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

#define NO_CANCELLATION                                                                        \
    __attribute__ ((__cleanup__ (cancellation_restore), __unused__)) int cancellation_before = \
        cancellation_forbid ()

#define CANCELLED_BEFORE_OR_NOT_AT_ALL \
    pthread_testcancel ();             \
    NO_CANCELLATION

#endif
