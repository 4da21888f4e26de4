/* SPDX-License-Identifier: MIT */
/*
 * Memory that is zero in each new process, by which a child is recognized.
 *
 * It is a page of this library's own zeroed data, so that it comes and goes with the library: the
 * first whole page of an area that is large enough for one, whatever the size of a page.
 */
#include "base/export.h"

#include "base/process.h"

#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

enum { LARGEST_PAGE = 65536 };

static char area[2 * LARGEST_PAGE];

static struct process elsewhere; /* where the kernel wipes nothing */
static _Atomic (struct process *) current;

/* The generations that this process has seen: not wiped. */
static _Atomic unsigned generations;

static struct process *
wiped_page (void)
{
#ifdef MADV_WIPEONFORK
    long size = sysconf (_SC_PAGESIZE);
    if (size <= 0 || size > LARGEST_PAGE)
        return NULL;
    size_t page = (size_t) size;
    char *p = area + (page - (uintptr_t) area % page) % page;
    /* An emulator that ignores advice reports success for all advice, this one included. */
    if (madvise (p, page, -1) == 0 || madvise (p, page, MADV_WIPEONFORK) != 0)
        return NULL;
    return (struct process *) (void *) p;
#else
    return NULL;
#endif
}

static void
wipe (void)
{
    atomic_store (&elsewhere.generation, 0);
    atomic_store (&elsewhere.readers, 0);
    atomic_store (&elsewhere.walks, 0);
    atomic_store (&elsewhere.ending, 0);
}

/* The first caller decides for the whole process. */
static struct process *
settle (void)
{
    struct process *none = NULL;
    struct process *page = wiped_page ();
    struct process *p = page ? page : &elsewhere;
    return atomic_compare_exchange_strong (&current, &none, p) ? p : none;
}

struct process *
tempfile__process (void)
{
    struct process *p = atomic_load_explicit (&current, memory_order_relaxed);
    return p ? p : settle ();
}

/* Without the handlers, which need memory, a child is recognized by its process ID. */
__attribute__ ((__constructor__)) static void
begin (void)
{
    (void) tempfile__process ();
    (void) pthread_atfork (NULL, NULL, wipe);
}

/* Two threads may do this at once; only one sets the generation. It counts before that, so that a
 * child that is made meanwhile does not count the same. */
static unsigned
new_generation (struct process *p)
{
    unsigned none = 0;
    atomic_store (&p->pid, getpid ());
    unsigned next = atomic_fetch_add (&generations, 1) + 1;
    return atomic_compare_exchange_strong (&p->generation, &none, next) ? next : none;
}

unsigned
tempfile__generation (void)
{
    struct process *p = tempfile__process ();
    unsigned known = atomic_load (&p->generation);
    return known ? known : new_generation (p);
}

bool
tempfile__process_known (void)
{
    struct process *p = tempfile__process ();
    return atomic_load (&p->generation) != 0 && atomic_load (&p->pid) == getpid ();
}
