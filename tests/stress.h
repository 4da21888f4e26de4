/* SPDX-License-Identifier: MIT */
/*
 * stress.h - what the parts of the stress program share. stress.c runs the scenarios, each in a
 * process and a directory of its own; stress_scenarios.c has those that count, stress_work.c the
 * pieces of work of which others are mixed, stress_cancel.c cancellations, stress_kills.c what is
 * saved while readers look and writers are killed.
 */
#ifndef TEMPFILE_TESTS_STRESS_H
#define TEMPFILE_TESTS_STRESS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "sanitizers.h"

#define LENGTH(array) ((int) (sizeof (array) / sizeof *(array)))

/* --- stress.c --- */

/* The running scenario's. */
struct stress {
    const char *dir; /* its directory: absolute, and TMPDIR */
    int threads;
    double seconds; /* for a scenario that lasts as long as it may */
    double scale;   /* of the counts of the others: 1 in two minutes and more */
    uint64_t seed;
};

extern struct stress stress;

/* Something is not as it must be: says so on standard error, at most 20 times, with errno and
 * tempfile_errmsg(). From any thread, and from children. */
void wrong (const char *how, ...) __attribute__ ((__format__ (__printf__, 1, 2)));
int wrongs (void);

/* What the scenario's line is to say; and what it could not do here. */
void note (const char *how, ...) __attribute__ ((__format__ (__printf__, 1, 2)));
void skip (const char *how, ...) __attribute__ ((__format__ (__printf__, 1, 2)));

double now (void);

/* Goes on after EINTR. */
void sleep_for (double seconds);

/* COUNT for two minutes, or less in proportion; at least 1. */
long scaled (long count);

/* "." and ".." not counted; -1: cannot be read. */
long count_entries (const char *dir);

/* -1: the system has no /proc/self/fd. */
long count_descriptors (void);

/* Waits for a child, also if signals interrupt it; its wait status. */
int wait_for (pid_t child);

/* --- stress_work.c --- */

struct worker {
    pthread_t thread;
    int number;
    uint64_t random;
    atomic_long done;
    bool cleaned; /* files may be deleted, and not be made, because of tempfile_cleanup() */
    bool leaves;  /* also what outlives a process that is ended by a signal */
};

void begin_worker (struct worker *, int number);

/* xorshift; below N. */
uint64_t next_random (struct worker *);
unsigned pick (struct worker *, unsigned n);

/* Installs what all work counts on; once in a process. */
void begin_work (void);

/* A piece of work, at random, which leaves nothing: no file, no descriptor, no memory. */
void work_once (struct worker *);

/* The same in one of COUNT threads, until stop_work is set. */
extern atomic_bool stop_work;
void *work (void *worker);
struct worker *start_workers (int count);
long end_workers (struct worker *, int count); /* pieces of work that were done */

/* --- stress_cancel.c, stress_kills.c: scenarios --- */

void cancel_threads (void);
void kill_savers (void);
void race_readers (void);

/* --- stress_scenarios.c --- */

struct scenario {
    const char *name;
    const char *what;
    void (*run) (void);
    double share;   /* of all the time; 0: it counts */
    bool in_memory; /* a file system in memory is preferred */
};

extern const struct scenario scenarios[];
extern const int n_scenarios;

/* What the program does when it was started by a scenario: the arguments behind its name. */
int run_inside (char **argv);

#endif
