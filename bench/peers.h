/* SPDX-License-Identifier: MIT */
/*
 * peers.h - rows for competitors that are modules (see peer.h), or processes that measure
 * themselves. One that is not there is left out, and its row says why.
 */
#ifndef PEERS_H
#define PEERS_H

#include "bench.h"
#include "peer.h"

#include <stdio.h>
#include <sys/types.h>

/* The module, or NULL where it was not built. */
const struct peer *peers_module (const char *module);

/* What rows of modules say that are not there. */
extern const char peers_not_built[];

/* Makes and closes a file; "rest" as well: writes 100 bytes, goes back, and reads them. */
struct bench_row peers_create_unnamed (const char *name, const char *module);
struct bench_row peers_create_named (const char *name, const char *module);
struct bench_row peers_use_unnamed (const char *name, const char *module);
struct bench_row peers_use_named (const char *name, const char *module);

/* The row, left out for the reason ELSEWHERE if that is not NULL and for none before. */
struct bench_row peers_libc_directory (struct bench_row row, const char *elsewhere);

/*
 * A process that reads commands, one a line, "WORD COUNT DIR", does what the word says COUNT times,
 * and answers with the seconds that this took, or with -1.
 */
struct peers_process {
    const char *const *argv;
    const char *missing; /* what to say when it cannot be started */
    FILE *to, *from;
    pid_t pid;
    int tried;
};

extern struct peers_process peers_python, peers_rust;

/* 0, or -1 when there is none; started once. Ending it is optional. */
int peers_start (struct peers_process *);
void peers_end (struct peers_process *);

/* The answer to what was written to it; less than 0 when there was none. */
double peers_answer (struct peers_process *);

/* The row NAME in which the process does what WORD says, each time ITEMS things. */
struct bench_row peers_row (const char *name, struct peers_process *, const char *word,
                            size_t items);

#endif /* PEERS_H */
