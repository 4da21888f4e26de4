/* SPDX-License-Identifier: MIT */
/*
 * Where the compiler can (-fsanitize=thread), it calls these before each access to memory, and for
 * each atomic operation, also one without a generic function. They are the interface between gcc or
 * clang and ThreadSanitizer's run-time library, which is not linked: this is another one.
 */
#include "explorer.h"

#include <stdatomic.h>
#include <string.h>

#define CALLER __builtin_return_address (0)

#pragma GCC diagnostic ignored "-Wmissing-prototypes"

enum { READ, WRITE, CHANGE };

/* What the generic function has just told. */
static const volatile void *told[THREADS];

static void
tell (const volatile void *object, int how, int order, const char *what, const void *caller)
{
    const void *p = (const void *) object;
    memory_check (p, 1);
    machine_step (p, how != READ, caller, what);
    memory_check (p, 1);
    if (how != READ)
        memory_change (p, 1);
    if (order == memory_order_relaxed)
        return;
    if (how != WRITE)
        memory_acquire (p);
    if (how != READ)
        memory_release (p);
}

void
explorer_atomic (const volatile void *object, int how, int order, const char *what)
{
    tell (object, how, order, what, CALLER);
    told[machine_thread ()] = object;
}

static void
tell_once (const volatile void *object, int how, int order, const void *caller)
{
    const volatile void **t = &told[machine_thread ()];
    if (*t != object)
        tell (object, how, order, how == READ ? "load" : "change", caller);
    *t = NULL;
}

#define ACCESS(n)                                       \
    void __tsan_read##n (const void *p)                 \
    {                                                   \
        memory_access (p, n, false, CALLER);            \
    }                                                   \
    void __tsan_write##n (const void *p)                \
    {                                                   \
        memory_access (p, n, true, CALLER);             \
    }                                                   \
    void __tsan_unaligned_read##n (const void *p)       \
    {                                                   \
        memory_access (p, n, false, CALLER);            \
    }                                                   \
    void __tsan_unaligned_write##n (const void *p)      \
    {                                                   \
        memory_access (p, n, true, CALLER);             \
    }                                                   \
    void __tsan_read_write##n (const void *p)           \
    {                                                   \
        memory_access (p, n, true, CALLER);             \
    }                                                   \
    void __tsan_unaligned_read_write##n (const void *p) \
    {                                                   \
        memory_access (p, n, true, CALLER);             \
    }

ACCESS (1)
ACCESS (2)
ACCESS (4)
ACCESS (8)
ACCESS (16)

void
__tsan_read_range (const void *p, size_t n)
{
    memory_access (p, n, false, CALLER);
}

void
__tsan_write_range (const void *p, size_t n)
{
    memory_access (p, n, true, CALLER);
}

void *
__tsan_memcpy (void *to, const void *from, size_t n)
{
    memory_access (from, n, false, CALLER);
    memory_access (to, n, true, CALLER);
    return memcpy (to, from, n);
}

void *
__tsan_memset (void *to, int c, size_t n)
{
    memory_access (to, n, true, CALLER);
    return memset (to, c, n);
}

void
__tsan_init (void)
{
    memory_watch ();
}
void
__tsan_func_entry (void *caller)
{
    (void) caller;
}
void
__tsan_func_exit (void)
{
}

/* Strong where the module says weak: one sequence for all is all that is modelled. */
#define ATOMIC(bits, type)                                                                       \
    type __tsan_atomic##bits##_load (const volatile type *p, int order)                          \
    {                                                                                            \
        tell_once (p, READ, order, CALLER);                                                      \
        return *p;                                                                               \
    }                                                                                            \
    void __tsan_atomic##bits##_store (volatile type *p, type v, int order)                       \
    {                                                                                            \
        tell_once (p, WRITE, order, CALLER);                                                     \
        *p = v;                                                                                  \
    }                                                                                            \
    type __tsan_atomic##bits##_exchange (volatile type *p, type v, int order)                    \
    {                                                                                            \
        tell_once (p, CHANGE, order, CALLER);                                                    \
        type was = *p;                                                                           \
        *p = v;                                                                                  \
        return was;                                                                              \
    }                                                                                            \
    int __tsan_atomic##bits##_compare_exchange_strong (volatile type *p, type *expected, type v, \
                                                       int order, int failing)                   \
    {                                                                                            \
        (void) failing;                                                                          \
        tell_once (p, CHANGE, order, CALLER);                                                    \
        type was = *p;                                                                           \
        if (was == *expected)                                                                    \
            *p = v;                                                                              \
        int done = was == *expected;                                                             \
        *expected = was;                                                                         \
        return done;                                                                             \
    }                                                                                            \
    int __tsan_atomic##bits##_compare_exchange_weak (volatile type *p, type *expected, type v,   \
                                                     int order, int failing)                     \
    {                                                                                            \
        return __tsan_atomic##bits##_compare_exchange_strong (p, expected, v, order, failing);   \
    }                                                                                            \
    type __tsan_atomic##bits##_compare_exchange_val (volatile type *p, type expected, type v,    \
                                                     int order, int failing)                     \
    {                                                                                            \
        __tsan_atomic##bits##_compare_exchange_strong (p, &expected, v, order, failing);         \
        return expected;                                                                         \
    }                                                                                            \
    FETCH (bits, type, add, was + v)                                                             \
    FETCH (bits, type, sub, was - v)                                                             \
    FETCH (bits, type, or, was | v)                                                              \
    FETCH (bits, type, and, was &v)                                                              \
    FETCH (bits, type, xor, was ^ v)

#define FETCH(bits, type, name, value)                                            \
    type __tsan_atomic##bits##_fetch_##name (volatile type *p, type v, int order) \
    {                                                                             \
        tell_once (p, CHANGE, order, CALLER);                                     \
        type was = *p;                                                            \
        *p = (type) (value);                                                      \
        return was;                                                               \
    }

ATOMIC (8, uint8_t)
ATOMIC (16, uint16_t)
ATOMIC (32, uint32_t)
ATOMIC (64, uint64_t)

void
__tsan_atomic_thread_fence (int order)
{
    (void) order;
}

void
__tsan_atomic_signal_fence (int order)
{
    (void) order;
}
