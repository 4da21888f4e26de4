/* SPDX-License-Identifier: MIT */
/*
 * A model checker for the part of the library that threads, signals and processes share. README.md
 * says what is modelled and what is not.
 *
 *     explorer.c   which choice is taken where: depth first, up to a bound; the trace of a failure
 *     learn.c      where a choice is needed at all
 *     machine.c    one process: threads, locks, signals, fork, exit
 *     memory.c     the module's statics and heap: what is freed, what is raced for
 *     model_fs.c   the file system: names, who made them, what must become of them
 *     model_libc.c the calls of the module, diverted by the linker to all of the above
 *     model_tsan.c its accesses to memory, diverted by the compiler
 *     scenarios.c  what the threads do
 *
 * The module is the library's code, in a shared object of its own, so that its statics can be put
 * back to what they were. Nothing in this program is a thread: one execution is one sequence of
 * calls, and it depends on nothing but the choices.
 *
 * CALLER is everywhere the place in the module, for the trace.
 */
#ifndef EXPLORER_H
#define EXPLORER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Thread 0 is the one that sets up, and that ends the process when the others are done. */
enum { THREADS = 4 };

struct scenario {
    char name[64];
    void (*set_up) (const struct scenario *);                   /* alone, not interleaved */
    void (*run[THREADS]) (const struct scenario *, int thread); /* NULL: there is no such thread */
    const void *parts[THREADS];                                 /* for run */
    void (*check_end) (const struct scenario *); /* or NULL; when all threads are done */
    unsigned strikes;                            /* how many signals may come */
    char handler;                                /* for set_up */
    bool crowded;                                /* the same */
    bool forks; /* some thread forks: it sees the memory of all the others */
    int less;   /* how much smaller the bound is than that of a small scenario */
};

/* Calls VISIT for each scenario, in order, as long as that returns true. */
void scenarios_visit (bool (*visit) (const struct scenario *));

/* --- explorer.c --- */

/* Thread THREAD goes on, is struck by a signal ('!'), or what the letter says. */
struct option {
    char what;
    int thread;
};

/* The scenario that is being explored. */
extern const struct scenario *scenario;

/* Which of the N options is taken at STEP; the first is tried first. */
unsigned explorer_choose (const struct option *, unsigned n, unsigned step);
/* How many times a thread that could go on may still be made to wait for another. */
unsigned explorer_preemptions_left (void);
void explorer_preempt (void);

/* What happens, for the trace. */
void explorer_tell (const void *caller, const char *format, ...)
    __attribute__ ((__format__ (printf, 2, 3)));

/* Ends the execution: a fault has been found. */
_Noreturn void explorer_fail (const char *format, ...) __attribute__ ((__format__ (printf, 1, 2)));
/* Ends the execution: all is well. */
_Noreturn void explorer_done (void);

/* --- machine.c --- */

_Noreturn void machine_run (void); /* one execution; leaves by explorer_done or explorer_fail */

/* Who does what is being done now. */
int machine_thread (void);
bool machine_in_handler (void);
/* In a signal handler, except for what exit() does there. */
bool machine_must_be_safe (void);
/* Whether a signal has come, or somebody exits. */
bool machine_may_end (void);
pid_t machine_process (void);
/* Whether this is an execution and not what comes before it. */
bool machine_interleaves (void);

/*
 * A step that others can see: before it they may run, or a signal may come. OBJECT is what is read
 * or written, or NULL for what all must be expected to see.
 */
void machine_step (const void *object, bool write, const void *caller, const char *what);
/* The same for a plain access, before which only a signal matters. */
void machine_access (const void *object, bool write, const void *caller);

void machine_lock (const void *lock, bool patient, bool *got, const void *caller);
void machine_unlock (const void *lock, const void *caller);

/* Some time passes: others may run, or none. */
void machine_sleep (unsigned milliseconds, const void *caller);
unsigned machine_time (void);            /* how long all have slept, in milliseconds */
void machine_pause (const void *caller); /* until a signal comes */

void machine_at_fork (void (*prepare) (void), void (*parent) (void), void (*child) (void));
void machine_at_quick_exit (void (*function) (void));
pid_t machine_fork (void);
pid_t machine_bare_fork (void); /* without what was registered for forks */
_Noreturn void machine_exit (void);
_Noreturn void machine_quick_exit (void);
/* At once. CLEANLY: nothing that should be gone may be left. */
_Noreturn void machine_end (bool cleanly, const char *how);

struct sigaction;
void machine_sigaction (int sig, const struct sigaction *, struct sigaction *old,
                        const void *caller);
void machine_raise (int sig, const void *caller);
/* The running thread's: a sigset_t; and what its change makes possible. */
void *machine_signal_mask (void);
void machine_deliver_pending (void);

/* What is at P is zero in a child. */
void machine_wipe_on_fork (void *p, size_t);
/* malloc'ed by the module. */
char *machine_string (const char *);
/* 0 and up, for each thread. */
int machine_next_name (void);

/* --- memory.c --- */

void memory_find (const char *module); /* and remember what its statics hold */
uintptr_t memory_base (void);
void memory_reset (void);
void memory_watch (void); /* every change of memory is told */
void memory_change (const void *, size_t);
void memory_call_destructors (void (*call) (void (*function) (void)));
/* All that happened so far happened before all that THREAD does. */
void memory_start (int thread);

void *memory_allocate (size_t);
size_t memory_size (const void *);
void memory_free (void *, const void *caller);

bool memory_is_common (const void *);
/* That it was not freed. */
void memory_check (const void *, size_t);
void memory_access (const void *, size_t, bool write, const void *caller);
void memory_access_string (const char *, const void *caller);

/* What comes before a release of OBJECT comes before what follows a later acquisition. */
void memory_acquire (const void *object);
void memory_release (const void *object);

/* --- model_fs.c --- */

enum fs_kind { FS_FILE, FS_DIRECTORY };

void fs_reset (void);
/* As system calls: 0 or an errno. */
int fs_create (const char *path, enum fs_kind, const void *caller);
int fs_remove (const char *path, enum fs_kind, const void *caller);
bool fs_exists (const char *path);
/* From now on it must stay: there is a fault if it is gone, or goes. */
void fs_must_stay (const char *path);
/* It must be gone if this process has made it and need not keep it; else it must be there. */
void fs_check_closed (const char *path);
/* From now on it is as if this process had made it, which may delete all others as well. */
void fs_adopt (const char *path);
/* Fails for what the process should have deleted. */
void fs_check_end (pid_t);

#endif
