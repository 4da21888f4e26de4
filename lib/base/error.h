/* SPDX-License-Identifier: MIT */
/*
 * This thread's last failure in words. A function that fails calls one of these once, where the
 * cause is known; callers above only pass the result on.
 */
#ifndef ERROR_H
#define ERROR_H

#include <stdbool.h>
#include <stddef.h>

/* Both set errno to ERR and the message, and return -1. The message must name the option or path.
 */
int tempfile__fail (int err, const char *format, ...) __attribute__ ((__format__ (printf, 2, 3)));

/* The same, with ": " and the system's words for ERR at the end. */
int tempfile__fail_system (int err, const char *format, ...)
    __attribute__ ((__format__ (printf, 2, 3)));

/*
 * For what fails with ERR by way of something that may have put it into words already, and knew
 * more: whoever does that has asked tempfile__failures() before, how many failures of this thread
 * have been put into words so far.
 */
unsigned tempfile__failures (void);
int tempfile__fail_unless_told (unsigned before, int err, const char *what);

/* As tempfile__fail_system; but if something has put the failure into words already, its words
 * follow the ": ". */
int tempfile__fail_because (unsigned before, int err, const char *format, ...)
    __attribute__ ((__format__ (printf, 3, 4)));

/*
 * Around what tries one way after the other: when one succeeds, what the others said is forgotten,
 * and the message is again that of the last call that failed.
 */
void tempfile__trial_begin (void);
void tempfile__trial_end (bool succeeded);

/* The system's words for ERR, in BUFFER or elsewhere. Leaves errno alone. */
const char *tempfile__strerror (int err, char *buffer, size_t size);

#endif
