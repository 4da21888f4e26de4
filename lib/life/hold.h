/* SPDX-License-Identifier: MIT */
/* No signal between two steps. */
#ifndef HOLD_H
#define HOLD_H

#include <signal.h>

struct held {
    sigset_t before;
};

/* From the first to the second no signal is delivered to this thread; those that come wait. */
void tempfile__signals_hold (struct held *);
void tempfile__signals_release (const struct held *);

#endif
