/* SPDX-License-Identifier: MIT */
/*
 * faults.h - a system that fails on request: the n-th call that the library makes fails with an
 * errno that the manual page of that call lists, or does less than it was asked to.
 *
 * What is covered:
 *   - the system calls that the library itself makes, and the functions of libc that stand for one
 *     (fdopendir, readdir, getcwd), by the linker's --wrap and the static library;
 *   - every malloc, calloc and realloc of the process, those inside libc included (fdopen,
 *     fopencookie, stdio's buffers, getcwd), since this program has its own. They go on
 *     to those of libc, so that what is allocated and freed can be counted.
 *
 * What is not:
 *   - system calls that libc makes inside: those of stdio on plain streams (the tests reach
 * write(2) by RLIMIT_FSIZE), /dev/urandom's absence;
 *   - other threads: all of this is for one thread, and its children by fork();
 *   - memory accounting where another tool has taken malloc over (valgrind, sanitizers): this
 *     program is skipped there.
 */
#ifndef TEMPFILE_TESTS_FAULTS_H
#define TEMPFILE_TESTS_FAULTS_H

#include <stdbool.h>

#if defined HAVE_FAULTS && !defined ADDRESS_SANITIZER && !defined THREAD_SANITIZER
#define FAULTS_POSSIBLE 1
#endif

/* In place of an errno: the call does something, but less than asked for. */
enum { FAULT_SHORT = -1 };

/* One fault. */
struct fault {
    int at;      /* the call that fails, counted from 1; 0: none */
    int variant; /* which of the failures of that call, from 0 */
    bool stays;  /* that call, whenever it is made, goes on failing */
};

/* What became of it. */
struct fault_result {
    const char *call; /* that failed; NULL: there were not so many */
    int error;        /* its errno, or FAULT_SHORT */
    int variants;     /* how many failures the call has */
    int times;        /* how often it failed */
    int blocks;       /* of memory that were allocated, less those that were freed */
};

/* Prepares for everything below: once, before children are made. */
void faults_begin (void);

/* From here on calls count, and FAULT happens; until faults_disarm(). */
void faults_arm (struct fault fault);
struct fault_result faults_disarm (void);

/* Right before the next CALL, HANDLER runs, as that of a signal would; and whether it has. */
void faults_interrupt (const char *call, void (*handler) (void));
bool faults_interrupted (void);

/* In between calls do not count, and do not fail; nests. Memory is counted all the same. */
void faults_pause (void);
void faults_resume (void);

/* How often random numbers were asked for, at all. */
int faults_getrandoms (void);

/* In a program in whose environment this is, the kernel takes no advice on memory; how often it was
 * given. */
#define FAULTS_NO_MADVISE "TEMPFILE_TEST_NO_MADVISE"
int faults_madvises_failed (void);

/* The errno of the fault that has happened, FAULT_SHORT, or 0. */
int faults_error (void);

#endif
