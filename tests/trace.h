/* SPDX-License-Identifier: MIT */
/* trace.h - a child that is stopped at its system calls, or at its instructions. */
#ifndef TEMPFILE_TESTS_TRACE_H
#define TEMPFILE_TESTS_TRACE_H

#include <stdbool.h>
#include <sys/ptrace.h>
#include <sys/types.h>

/* False, and said aloud, where no process can be traced, or TEMPFILE_TEST_STEPS is 0. */
bool trace_possible (void);

/* A child in FUNCTION (ARG), which does not return, stopped where it called trace_me(). */
pid_t trace_start (void (*function) (const void *arg), const void *arg);
void trace_me (void);

/* Lets the child go on to its next stop, by PTRACE_SYSCALL (twice for each call) or
 * PTRACE_SINGLESTEP; its wait status. */
int trace_step (pid_t child, int request);

/* Lets the child, which has the wait status STATUS, go on to its end, with whatever signal it is
 * stopped by; the wait status then. */
int trace_finish (pid_t child, int status);

#endif
