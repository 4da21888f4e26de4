/* SPDX-License-Identifier: MIT */
/*
 * Who uses what. A step on an object that no other actor was ever seen to use, or that nobody
 * writes, is the same before and after all that the others do: no choice is needed there. This is
 * learnt while the search goes on; whenever an object turns out to be shared, the search of that
 * bound begins again.
 *
 * An actor is a thread, or the signal handlers that run on it.
 */
#ifndef LEARN_H
#define LEARN_H

#include <stdbool.h>

void learn_reset (void);
/* For what is given: every object is shared. */
void learn_everything (void);
void learn_use (const void *object, int thread, bool in_handler, bool write);
bool learn_shared_with_threads (const void *object, int thread);
bool learn_shared_with_handlers (const void *object);
/* Whether an object was found to be shared since it was asked last. */
bool learn_something_new (void);

#endif
