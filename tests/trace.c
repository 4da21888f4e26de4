/* SPDX-License-Identifier: MIT */
#include "trace.h"
#include "common.h"

#include <signal.h>
#include <sys/wait.h>

enum { CANNOT = 97 };

/* Check writes a message for each ck_assert that holds, which would be most of the work. */
static int
await (pid_t child)
{
    int status;

    if (waitpid (child, &status, 0) != child)
        ck_abort_msg ("no child to wait for: %s", strerror (errno));
    return status;
}

/* -1: no process can be traced here. */
static pid_t
start (void (*function) (const void *arg), const void *arg)
{
    pid_t child = fork ();

    if (child == 0) {
        function (arg);
        _exit (CANNOT + 1);
    }
    ck_assert_int_gt (child, 0);
    int status = await (child);
    if (WIFSTOPPED (status))
        return child;
    ck_assert_msg (WIFEXITED (status) && WEXITSTATUS (status) == CANNOT,
                   "the child did not come to its stop: %#x", (unsigned) status);
    return -1;
}

pid_t
trace_start (void (*function) (const void *arg), const void *arg)
{
    pid_t child = start (function, arg);

    ck_assert_int_gt (child, 0);
    return child;
}

void
trace_me (void)
{
    if (ptrace (PTRACE_TRACEME, 0, NULL, NULL) != 0)
        _exit (CANNOT);
    raise (SIGSTOP);
}

int
trace_step (pid_t child, int request)
{
    /* An int in one C library, an enumeration in another. */
    if (request == PTRACE_SINGLESTEP)
        ptrace (PTRACE_SINGLESTEP, child, NULL, NULL);
    else
        ptrace (PTRACE_SYSCALL, child, NULL, NULL);
    return await (child);
}

int
trace_finish (pid_t child, int status)
{
    while (WIFSTOPPED (status)) {
        int sig = WSTOPSIG (status) == SIGTRAP ? 0 : WSTOPSIG (status);
        ptrace (PTRACE_CONT, child, NULL, (void *) (intptr_t) sig);
        status = await (child);
    }
    return status;
}

static void
stop_and_leave (const void *arg)
{
    (void) arg;
    trace_me ();
    _exit (0);
}

bool
trace_possible (void)
{
    if (test_number ("TEMPFILE_TEST_STEPS", 2) == 0) {
        test_skip ("TEMPFILE_TEST_STEPS is 0");
        return false;
    }
    pid_t child = start (stop_and_leave, NULL);
    if (child < 0) {
        test_skip ("no process can be traced here");
        return false;
    }
    trace_finish (child, SIGSTOP << 8 | 0x7f);
    return true;
}
