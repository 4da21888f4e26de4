/* SPDX-License-Identifier: MIT */
/*
 * What fork() means for this library: its locks, which a child must find open, and the
 * generation, by which a process tells what it made from what it inherited.
 */
#ifndef PROCESS_H
#define PROCESS_H

#include <stdbool.h>

/* The locks, in the order in which one thread may take several. No lock is held while code of
 * the program runs (hooks, callbacks), so such code may call anything here. */
enum lock { LOCK_SIGNALS, LOCK_STREAMS, LOCK_REGISTRY, LOCK_CHARSETS, LOCKS };

void tempfile__lock (enum lock);
void tempfile__unlock (enum lock);

/* Differs between a process and each of its descendants by fork(); never 0. No system call. */
unsigned tempfile__generation (void);

/* Whether this process is the one that the generation speaks of. False in a child that was made
 * behind libc's back (a bare clone), where nobody counted. One system call: for exit only. */
bool tempfile__process_known (void);

#endif
