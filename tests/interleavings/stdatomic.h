/* SPDX-License-Identifier: MIT */
/*
 * Stands in for <stdatomic.h>: the generic functions tell the explorer before they do what they do.
 * What the module does with an atomic object without them is told by model_tsan.c.
 */
#ifndef EXPLORER_STDATOMIC_H
#define EXPLORER_STDATOMIC_H

#pragma GCC system_header
#include_next <stdatomic.h>

/* HOW: 0 reads, 1 writes, 2 does both. */
void explorer_atomic (const volatile void *object, int how, int order, const char *what);

#undef atomic_load_explicit
#undef atomic_store_explicit
#undef atomic_exchange_explicit
#undef atomic_compare_exchange_strong_explicit
#undef atomic_compare_exchange_weak_explicit
#undef atomic_fetch_add_explicit
#undef atomic_fetch_sub_explicit
#undef atomic_fetch_or_explicit
#undef atomic_fetch_and_explicit
#undef atomic_load
#undef atomic_store
#undef atomic_exchange
#undef atomic_compare_exchange_strong
#undef atomic_compare_exchange_weak
#undef atomic_fetch_add
#undef atomic_fetch_sub
#undef atomic_fetch_or
#undef atomic_fetch_and

/* The type of an atomic object without _Atomic. */
#define EXPLORER_PLAIN(p) __typeof__ ((void) 0, *(p))

#ifdef __clang__
#define EXPLORER_LOAD(p, o) __c11_atomic_load (p, o)
#define EXPLORER_STORE(p, v, o) __c11_atomic_store (p, v, o)
#define EXPLORER_EXCHANGE(p, v, o) __c11_atomic_exchange (p, v, o)
#define EXPLORER_CAS(p, e, v, s, f) __c11_atomic_compare_exchange_strong (p, e, v, s, f)
#define EXPLORER_FETCH(op, p, v, o) __c11_atomic_fetch_##op (p, v, o)
#else
#define EXPLORER_LOAD(p, o)             \
    ({                                  \
        EXPLORER_PLAIN (p) loaded_;     \
        __atomic_load (p, &loaded_, o); \
        loaded_;                        \
    })
#define EXPLORER_STORE(p, v, o) __atomic_store (p, &v, o)
#define EXPLORER_EXCHANGE(p, v, o)           \
    ({                                       \
        EXPLORER_PLAIN (p) was_;             \
        __atomic_exchange (p, &v, &was_, o); \
        was_;                                \
    })
#define EXPLORER_CAS(p, e, v, s, f) __atomic_compare_exchange (p, e, &v, 0, s, f)
#define EXPLORER_FETCH(op, p, v, o) __atomic_fetch_##op (p, v, o)
#endif

#define atomic_load_explicit(p, o)              \
    __extension__({                             \
        __auto_type p_ = (p);                   \
        explorer_atomic (p_, 0, o, "load " #p); \
        EXPLORER_LOAD (p_, o);                  \
    })
#define atomic_store_explicit(p, v, o)                   \
    __extension__({                                      \
        __auto_type p_ = (p);                            \
        EXPLORER_PLAIN (p_) v_ = (v);                    \
        explorer_atomic (p_, 1, o, "store " #p ", " #v); \
        EXPLORER_STORE (p_, v_, o);                      \
    })
#define atomic_exchange_explicit(p, v, o)                   \
    __extension__({                                         \
        __auto_type p_ = (p);                               \
        EXPLORER_PLAIN (p_) v_ = (v);                       \
        explorer_atomic (p_, 2, o, "exchange " #p ", " #v); \
        EXPLORER_EXCHANGE (p_, v_, o);                      \
    })
#define atomic_compare_exchange_strong_explicit(p, e, v, s, f)              \
    __extension__({                                                         \
        __auto_type p_ = (p);                                               \
        __auto_type e_ = (e);                                               \
        EXPLORER_PLAIN (p_) v_ = (v);                                       \
        explorer_atomic (p_, 2, s, "compare_exchange " #p ", " #e ", " #v); \
        EXPLORER_CAS (p_, e_, v_, s, f);                                    \
    })
#define EXPLORER_FETCHING(op, p, v, o)                           \
    __extension__({                                              \
        __auto_type p_ = (p);                                    \
        __auto_type v_ = (v);                                    \
        explorer_atomic (p_, 2, o, "fetch_" #op " " #p ", " #v); \
        EXPLORER_FETCH (op, p_, v_, o);                          \
    })
#define atomic_compare_exchange_weak_explicit atomic_compare_exchange_strong_explicit
#define atomic_fetch_add_explicit(p, v, o) EXPLORER_FETCHING (add, p, v, o)
#define atomic_fetch_sub_explicit(p, v, o) EXPLORER_FETCHING (sub, p, v, o)
#define atomic_fetch_or_explicit(p, v, o) EXPLORER_FETCHING (or, p, v, o)
#define atomic_fetch_and_explicit(p, v, o) EXPLORER_FETCHING (and, p, v, o)

#define atomic_load(p) atomic_load_explicit (p, memory_order_seq_cst)
#define atomic_store(p, v) atomic_store_explicit (p, v, memory_order_seq_cst)
#define atomic_exchange(p, v) atomic_exchange_explicit (p, v, memory_order_seq_cst)
#define atomic_compare_exchange_strong(p, e, v) \
    atomic_compare_exchange_strong_explicit (p, e, v, memory_order_seq_cst, memory_order_seq_cst)
#define atomic_compare_exchange_weak(p, e, v) atomic_compare_exchange_strong (p, e, v)
#define atomic_fetch_add(p, v) atomic_fetch_add_explicit (p, v, memory_order_seq_cst)
#define atomic_fetch_sub(p, v) atomic_fetch_sub_explicit (p, v, memory_order_seq_cst)
#define atomic_fetch_or(p, v) atomic_fetch_or_explicit (p, v, memory_order_seq_cst)
#define atomic_fetch_and(p, v) atomic_fetch_and_explicit (p, v, memory_order_seq_cst)

#endif
