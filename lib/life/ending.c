/* SPDX-License-Identifier: MIT */
/*
 * How a process ends, and the library's part in it.
 *
 *     exit, dlclose   a destructor, which runs after the program's own atexit and destructor
 *                     functions, so that those still find their files
 *     quick_exit      an at_quick_exit function
 *     a signal        if the program asked for it: see signals.c
 *     the program's own handler calls tempfile_cleanup()
 *
 * The first three are certain. What is deleted, and how that is safe at any moment, is the
 * registry's business.
 */
#include "base/export.h"

#include "life/ending.h"
#include "life/registry.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

static ending_fn *_Atomic end_with;

void
tempfile__end_with (ending_fn *function)
{
    atomic_store (&end_with, function);
}

EXPORT void
tempfile_cleanup (void)
{
    int saved = errno;
    tempfile__registry_clean_up (false);
    errno = saved;
}

static void
end (void)
{
    int saved = errno;
    tempfile__registry_clean_up (true);
    errno = saved;
}

/* In a program that is linked statically the priority makes it the last of all destructors. The
 * names first, so that a signal that comes now still finds its handler. */
__attribute__ ((__destructor__ (101))) static void
at_exit (void)
{
    end ();
    tempfile__registry_free ();
    ending_fn *function = atomic_load (&end_with);
    if (function)
        function ();
}

/* If it cannot be registered, quick_exit() leaves the files, as _exit() does. */
__attribute__ ((__constructor__)) void
tempfile__watch_end (void)
{
#ifdef HAVE_AT_QUICK_EXIT
    static atomic_flag watched = ATOMIC_FLAG_INIT;
    if (!atomic_flag_test_and_set (&watched))
        (void) at_quick_exit (end);
#endif
}
