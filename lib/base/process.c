/* SPDX-License-Identifier: MIT */
/*
 * Locks and generations across fork().
 *
 * fork() copies one thread only. A lock that another thread held would stay locked in the child
 * for good, so the fork handlers take all locks before and release them after, on both sides.
 * The handlers are installed when the library is loaded, because there is no better moment: at
 * first use, a fork in another thread could come between. libc forgets them at dlclose.
 *
 * If they cannot be installed (no memory at load time), each generation is asked of the kernel.
 */
#include "base/export.h"

#include "base/process.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

static pthread_mutex_t locks[LOCKS] = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER,
                                       PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER};
static _Atomic unsigned generation = 1;
static pid_t known;
static bool unwatched;

void
tempfile__lock (enum lock lock)
{
    pthread_mutex_lock (&locks[lock]);
}

void
tempfile__unlock (enum lock lock)
{
    pthread_mutex_unlock (&locks[lock]);
}

unsigned
tempfile__generation (void)
{
    if (unwatched)
        return (unsigned) getpid (); /* LCOV_EXCL_LINE: without memory before main() */
    return atomic_load_explicit (&generation, memory_order_relaxed);
}

bool
tempfile__process_known (void)
{
    return unwatched || getpid () == known;
}

static void
before_fork (void)
{
    for (int i = 0; i < LOCKS; i++)
        tempfile__lock ((enum lock) i);
}

static void
after_fork_in_parent (void)
{
    for (int i = LOCKS; i-- > 0;)
        tempfile__unlock ((enum lock) i);
}

static void
after_fork_in_child (void)
{
    known = getpid ();
    atomic_fetch_add_explicit (&generation, 1, memory_order_relaxed);
    after_fork_in_parent ();
}

__attribute__ ((__constructor__)) static void
watch_forks (void)
{
    known = getpid ();
    unwatched = pthread_atfork (before_fork, after_fork_in_parent, after_fork_in_child) != 0;
}
