/* SPDX-License-Identifier: MIT */
/*
 * Which process this is, and what a thread may be doing when a process begins or ends.
 *
 * LOCKS. libc has the list of all streams, which fflush (NULL) and fork() lock, and each FILE has
 * a lock of its own; the order is the list, then a FILE. Callbacks run with either locked, a signal
 * handler may call exit() at any instruction, and a child of fork() has one thread only. So a lock
 * of this library would have to come last, be open in every child, and be free in every handler.
 * What threads share here is therefore changed by atomic operations alone, each of which leaves it
 * whole: table.h for streams, registry.h for names. Whoever adds a lock has to order it after
 * those two, and may hold it neither while a FILE is locked nor while other code runs: hooks,
 * allocators, anything that a thread can be cancelled in.
 *
 * PROCESSES. Every child has copies of all that is here. What has to begin anew in each process is
 * in struct process, which is all zero when a process begins. The kernel sees to that for every
 * child with memory of its own, whichever call makes it (MADV_WIPEONFORK); where it cannot, a
 * handler of pthread_atfork() does, and a child that calls none of those is told by its number
 * only. A child that shares its parent's memory, as by vfork(), is always told by its number.
 */
#ifndef PROCESS_H
#define PROCESS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/types.h>

struct process {
    _Atomic unsigned generation; /* 0: nobody has asked */
    _Atomic pid_t pid;
    /* Of the registry: */
    _Atomic unsigned readers;
    _Atomic unsigned walks;
    _Atomic int ending;
    _Atomic pthread_t ender;
};

struct process *tempfile__process (void);

/* Differs between a process and each of its ancestors; never 0. No system call, except for the
 * first time in a process. */
unsigned tempfile__generation (void);

/* Whether this process is the one that the generation speaks of. One system call. */
bool tempfile__process_known (void);

#endif
