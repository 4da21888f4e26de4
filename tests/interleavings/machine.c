/* SPDX-License-Identifier: MIT */
/*
 * One process, with threads that are coroutines. A thread runs until it comes to a step, where the
 * search says who goes on; what it does from there to its next step is one indivisible action.
 *
 * A thread is READY to go on; it WAITS for a lock; it SLEEPS, and may go on whenever others do not
 * (time passes as it likes); it is PAUSED until a signal comes; it JOINS the others; it is DONE; or
 * it is ABSENT from this process.
 *
 * fork() has two results. The search follows one and then the other: nothing that one process does
 * afterwards can be seen by the other, except in the file system, which tells at once when a
 * process touches what is another's.
 */
#include "explorer.h"
#include "learn.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <ucontext.h>

enum {
    STACK = 128 * 1024,
    LOCKS = 16,
    AT_FORK = 8,
    SIGNALS = 65,
    MAX_STEPS = 20000, /* of one execution: it does not end */
    MAX_SLEEPS = 5000,
    LONG = 1500 /* how many sleeps of one thread may pass before another goes on */
};

enum status { ABSENT, READY, WAITS, SLEEPS, PAUSED, JOINS, DONE };

struct thread {
    ucontext_t context;
    enum status status;
    int error; /* its errno while others run */
    int strike;
    sigset_t mask, pending;
    unsigned handlers; /* that it is in */
    bool exiting;
    unsigned exits_in; /* of how many handlers exit was called in */
    int next_name;
    unsigned slept; /* since when it sleeps */
    unsigned rest;  /* of a long time in which the others do nothing */
};

struct lock {
    const void *address;
    int owner; /* -1: nobody */
};

static struct thread threads[THREADS];
static _Alignas(16) char stacks[THREADS][STACK];
static struct lock locks[LOCKS];
static struct sigaction actions[SIGNALS];
static bool was_handled[SIGNALS];

/* What the module has registered while it was loaded. */
static struct {
    void (*prepare) (void), (*parent) (void), (*child) (void);
} at_fork[AT_FORK];
static int at_fork_count;
static void (*at_quick_exit_function) (void);
static struct {
    void *p;
    size_t size;
} wiped;

static int current;
static bool running; /* interleaved */
static pid_t process;
static unsigned steps, sleeps, slept, strikes;

static const int signals[] = {SIGTERM, SIGINT, SIGHUP};

int
machine_thread (void)
{
    return current;
}

bool
machine_in_handler (void)
{
    return threads[current].handlers > 0;
}

bool
machine_must_be_safe (void)
{
    const struct thread *self = &threads[current];
    return running && self->handlers > (self->exiting ? self->exits_in : 0);
}

bool
machine_may_end (void)
{
    bool exiting = false;
    for (int t = 0; t < THREADS; t++)
        exiting |= threads[t].exiting;
    return exiting || strikes > 0;
}

pid_t
machine_process (void)
{
    return process;
}

bool
machine_interleaves (void)
{
    return running;
}

int
machine_next_name (void)
{
    return threads[current].next_name++;
}

/* --- signals --- */

static int
next_signal (void)
{
    return signals[strikes % (sizeof signals / sizeof *signals)];
}

static bool
can_be_struck (int t)
{
    enum status s = threads[t].status;
    int sig = next_signal ();
    return strikes < scenario->strikes && s != ABSENT && s != DONE && !threads[t].strike &&
           was_handled[sig] && sigismember (&threads[t].mask, sig) == 0 &&
           actions[sig].sa_handler != SIG_IGN;
}

static void
run_handler (int sig, const struct sigaction *a)
{
    struct thread *self = &threads[current];
    int saved = errno;
    ucontext_t interrupted;
    memset (&interrupted, 0, sizeof interrupted);
    interrupted.uc_sigmask = self->mask;
    siginfo_t info;
    memset (&info, 0, sizeof info);
    info.si_signo = sig;
    for (int i = 1; i < SIGNALS; i++)
        if (sigismember (&a->sa_mask, i) == 1)
            sigaddset (&self->mask, i);
    if (!(a->sa_flags & SA_NODEFER))
        sigaddset (&self->mask, sig);
    self->handlers++;
    if (a->sa_flags & SA_SIGINFO)
        a->sa_sigaction (sig, &info, &interrupted);
    else
        a->sa_handler (sig);
    self = &threads[current];
    self->handlers--;
    self->mask = interrupted.uc_sigmask;
    explorer_tell (NULL, "the handler of signal %d returns", sig);
    if (errno != saved)
        explorer_fail ("a signal handler changes errno from %d to %d", saved, errno);
}

/* As the kernel does it. A death by a signal that was handled has to leave nothing. */
static void
deliver (int sig)
{
    explorer_tell (NULL, "signal %d", sig);
    struct sigaction a = actions[sig];
    if (a.sa_flags & (int) SA_RESETHAND)
        actions[sig].sa_handler = SIG_DFL;
    if (a.sa_flags & SA_SIGINFO || (a.sa_handler != SIG_DFL && a.sa_handler != SIG_IGN))
        run_handler (sig, &a);
    else if (a.sa_handler == SIG_DFL)
        machine_end (was_handled[sig], "death by a signal");
}

void
machine_deliver_pending (void)
{
    struct thread *self = &threads[current];
    for (int sig = 1; sig < SIGNALS; sig++)
        if (sigismember (&self->pending, sig) == 1 && sigismember (&self->mask, sig) == 0) {
            sigdelset (&self->pending, sig);
            deliver (sig);
        }
}

static void
be_struck (void)
{
    struct thread *self = &threads[current];
    while (self->strike) {
        int sig = self->strike;
        self->strike = 0;
        if (sigismember (&self->mask, sig) == 1)
            sigaddset (&self->pending, sig);
        else
            deliver (sig);
        machine_deliver_pending ();
    }
}

void
machine_raise (int sig, const void *caller)
{
    explorer_tell (caller, "raise (%d)", sig);
    struct thread *self = &threads[current];
    if (sigismember (&self->mask, sig) == 1)
        sigaddset (&self->pending, sig);
    else
        deliver (sig);
}

void
machine_sigaction (int sig, const struct sigaction *a, struct sigaction *old, const void *caller)
{
    machine_step (&actions[sig], a != NULL, caller, "sigaction");
    if (old)
        *old = actions[sig];
    if (!a)
        return;
    actions[sig] = *a;
    if (a->sa_flags & SA_SIGINFO || (a->sa_handler != SIG_DFL && a->sa_handler != SIG_IGN))
        was_handled[sig] = true;
}

void *
machine_signal_mask (void)
{
    return &threads[current].mask;
}

/* --- who goes on --- */

static struct option options[4 * THREADS];
static unsigned option_count;

static void
offer (char what, int thread)
{
    options[option_count++] = (struct option){what, thread};
}

static void
switch_to (int t)
{
    int from = current;
    threads[from].error = errno;
    current = t;
    if (t != from)
        swapcontext (&threads[from].context, &threads[t].context);
    errno = threads[current].error;
}

/* Of those that sleep, who has slept longest: what one waits for by polling may be another who
 * polls. */
static void
offer_sleeper (void)
{
    int oldest = -1;
    for (int t = 0; t < THREADS; t++)
        if (threads[t].status == SLEEPS && (oldest < 0 || threads[t].slept < threads[oldest].slept))
            oldest = t;
    if (oldest >= 0)
        offer ('>', oldest);
}

/* Takes one of what was offered. */
static void
take (bool preempting)
{
    struct option o = options[explorer_choose (options, option_count, steps)];
    if (preempting && (o.thread != current || o.what == 'b'))
        explorer_preempt ();
    if (o.what == 'b') {
        threads[current].rest = LONG;
        return;
    }
    if (o.what == '!') {
        threads[o.thread].strike = next_signal ();
        strikes++;
    }
    threads[o.thread].status = READY; /* also in a handler, after which it may have to wait again */
    switch_to (o.thread);
    be_struck ();
}

static void
count_step (void)
{
    if (++steps > MAX_STEPS)
        explorer_fail ("does not end");
}

static void
offer_others (void)
{
    for (int t = 0; t < THREADS; t++) {
        if (t == current)
            continue;
        if (threads[t].status == READY || threads[t].status == SLEEPS)
            offer ('>', t);
        if (can_be_struck (t))
            offer ('!', t);
    }
}

/* A fork sees the memory of all; whatever another thread may leave half done matters to it. */
static bool
others_see (const void *object, bool write)
{
    return !object || (write && scenario->forks) || learn_shared_with_threads (object, current);
}

void
machine_step (const void *object, bool write, const void *caller, const char *what)
{
    if (!running)
        return;
    count_step ();
    if (object)
        learn_use (object, current, machine_in_handler (), write);
    if (!object || write) /* whoever waits only reads: this one has waited long enough */
        threads[current].rest = 0;
    if (!threads[current].rest) {
        option_count = 0;
        offer ('>', current);
        if (can_be_struck (current) && (!object || learn_shared_with_handlers (object)))
            offer ('!', current);
        if (explorer_preemptions_left () && others_see (object, write))
            offer_others ();
        take (true);
    }
    explorer_tell (caller, "%s", what);
}

void
machine_access (const void *object, bool write, const void *caller)
{
    (void) caller;
    if (!running)
        return;
    count_step ();
    learn_use (object, current, machine_in_handler (), write);
    if (threads[current].rest || !can_be_struck (current) || !learn_shared_with_handlers (object))
        return;
    option_count = 0;
    offer ('>', current);
    offer ('!', current);
    take (true);
}

static const char *
status_name (enum status s)
{
    static const char *const names[] = {"absent",    "ready",        "waits for a lock", "sleeps",
                                        "is paused", "joins others", "is done"};
    return names[s];
}

_Noreturn static void
fail_deadlock (void)
{
    char text[200] = "";
    for (int t = 0; t < THREADS; t++)
        if (threads[t].status != ABSENT && threads[t].status != DONE)
            snprintf (text + strlen (text), sizeof text - strlen (text), "; thread %d %s%s", t,
                      status_name (threads[t].status),
                      threads[t].handlers ? " in a signal handler" : "");
    explorer_fail ("nobody can go on%s", text);
}

static void
offer_ready (void)
{
    for (int t = 0; t < THREADS; t++)
        if (threads[t].status == READY)
            offer ('>', t);
}

/* The running thread cannot go on, or does not want to. */
static void
let_others_run (bool may_rest)
{
    option_count = 0;
    offer_ready ();
    if (option_count == 0)
        offer_sleeper ();
    if (option_count == 0)
        fail_deadlock ();
    for (int t = 0; t < THREADS; t++)
        if (can_be_struck (t))
            offer ('!', t);
    if (may_rest && options[0].thread != current && explorer_preemptions_left ())
        offer ('b', current);
    take (false);
}

/* --- what waits --- */

static struct lock *
find_lock (const void *address)
{
    for (int i = 0; i < LOCKS; i++) {
        if (!locks[i].address)
            locks[i] = (struct lock){address, -1};
        if (locks[i].address == address)
            return &locks[i];
    }
    explorer_fail ("the model has no room for so many locks");
}

void
machine_lock (const void *address, bool patient, bool *got, const void *caller)
{
    if (machine_must_be_safe () && patient)
        explorer_fail ("a lock is waited for in a signal handler");
    machine_step (address, true, caller, patient ? "lock" : "trylock");
    struct lock *l = find_lock (address);
    *got = l->owner < 0;
    if (!*got && !patient)
        return;
    while (l->owner >= 0) {
        explorer_tell (caller, "waits for thread %d", l->owner);
        threads[current].status = WAITS;
        let_others_run (false);
        if (l->owner < 0)
            threads[current].status = READY;
    }
    l->owner = current;
    *got = true;
    memory_acquire (address);
}

void
machine_unlock (const void *address, const void *caller)
{
    struct lock *l = find_lock (address);
    machine_step (address, true, caller, "unlock");
    if (l->owner != current)
        explorer_fail ("thread %d gives back a lock that it does not have", current);
    l->owner = -1;
    memory_release (address);
    for (int t = 0; t < THREADS; t++)
        if (threads[t].status == WAITS)
            threads[t].status = READY;
}

/* The others go first; but time may also pass in which they do nothing. */
void
machine_sleep (unsigned milliseconds, const void *caller)
{
    if (!running)
        return;
    slept += milliseconds;
    struct thread *self = &threads[current];
    count_step ();
    if (++sleeps > MAX_SLEEPS)
        explorer_fail ("sleeps for ever");
    if (self->rest) {
        self->rest--;
        return;
    }
    explorer_tell (caller, "sleeps");
    self->status = SLEEPS;
    self->slept = steps;
    let_others_run (true);
    if (self->rest) /* a long time has passed: as if the others had been held up */
        explorer_preempt ();
    self->status = READY;
}

unsigned
machine_time (void)
{
    return slept;
}

void
machine_pause (const void *caller)
{
    explorer_tell (caller, "pauses");
    threads[current].status = PAUSED;
    let_others_run (false);
}

/* --- processes --- */

void
machine_at_fork (void (*prepare) (void), void (*parent) (void), void (*child) (void))
{
    at_fork[at_fork_count].prepare = prepare;
    at_fork[at_fork_count].parent = parent;
    at_fork[at_fork_count++].child = child;
}

void
machine_at_quick_exit (void (*function) (void))
{
    at_quick_exit_function = function;
}

void
machine_wipe_on_fork (void *p, size_t size)
{
    wiped.p = p;
    wiped.size = size;
}

pid_t
machine_bare_fork (void)
{
    machine_step (NULL, true, NULL, "fork");
    option_count = 0;
    offer ('p', current);
    offer ('c', current);
    if (options[explorer_choose (options, 2, steps)].what == 'p')
        return process + 1;
    explorer_tell (NULL, "the child");
    process++;
    memory_start (current);
    if (wiped.p) {
        memory_change (wiped.p, wiped.size);
        memset (wiped.p, 0, wiped.size);
    }
    for (int t = 0; t < THREADS; t++)
        if (t != current)
            threads[t].status = ABSENT;
    return 0;
}

pid_t
machine_fork (void)
{
    for (int i = at_fork_count; i-- > 0;)
        if (at_fork[i].prepare)
            at_fork[i].prepare ();
    pid_t pid = machine_bare_fork ();
    for (int i = 0; i < at_fork_count; i++) {
        void (*function) (void) = pid ? at_fork[i].parent : at_fork[i].child;
        if (function)
            function ();
    }
    return pid;
}

void
machine_end (bool cleanly, const char *how)
{
    machine_step (NULL, true, NULL, how);
    explorer_tell (NULL, "process %d has ended", (int) process);
    if (cleanly)
        fs_check_end (process);
    explorer_done ();
}

static void
call (void (*function) (void))
{
    function ();
}

static void
begin_exit (void)
{
    threads[current].exiting = true;
    threads[current].exits_in = threads[current].handlers;
}

void
machine_exit (void)
{
    machine_step (NULL, true, NULL, "exit");
    begin_exit ();
    memory_call_destructors (call);
    machine_end (true, "the end of exit");
}

void
machine_quick_exit (void)
{
    machine_step (NULL, true, NULL, "quick_exit");
    begin_exit ();
    if (at_quick_exit_function)
        at_quick_exit_function ();
    machine_end (true, "the end of quick_exit");
}

/* --- an execution --- */

static bool
all_done (void)
{
    for (int t = 1; t < THREADS; t++)
        if (threads[t].status != DONE && threads[t].status != ABSENT)
            return false;
    return true;
}

static void
run_first_thread (void)
{
    if (scenario->set_up)
        scenario->set_up (scenario);
    for (int t = 1; t < THREADS; t++)
        memory_start (t);
    running = true;
    while (!all_done ()) {
        threads[0].status = JOINS;
        let_others_run (false);
    }
    threads[0].status = READY;
    memory_start (0);
    if (scenario->check_end)
        scenario->check_end (scenario);
    machine_exit ();
}

static void
run_thread (int t)
{
    errno = 0;
    be_struck ();
    machine_step (NULL, false, NULL, "begins");
    scenario->run[t](scenario, t);
    machine_step (NULL, false, NULL, "is done");
    threads[t].status = DONE;
    if (all_done () && threads[0].status == JOINS)
        threads[0].status = READY;
    let_others_run (false);
}

static void
begin_thread (int t)
{
    struct thread *self = &threads[t];
    self->status = READY;
    self->strike = self->error = self->next_name = 0;
    self->handlers = self->rest = 0;
    self->exiting = false;
    sigemptyset (&self->mask);
    sigemptyset (&self->pending);
    getcontext (&self->context);
    self->context.uc_stack.ss_sp = stacks[t];
    self->context.uc_stack.ss_size = STACK;
    self->context.uc_link = NULL;
    if (t == 0)
        makecontext (&self->context, run_first_thread, 0);
    else
        makecontext (&self->context, (void (*) (void)) run_thread, 1, t);
}

void
machine_run (void)
{
    memory_reset ();
    fs_reset ();
    memset (locks, 0, sizeof locks);
    memset (actions, 0, sizeof actions);
    memset (was_handled, 0, sizeof was_handled);
    running = false;
    process = 100;
    steps = sleeps = slept = strikes = 0;
    current = 0;
    for (int t = 0; t < THREADS; t++)
        if (t == 0 || scenario->run[t])
            begin_thread (t);
        else
            threads[t].status = ABSENT;
    setcontext (&threads[0].context);
    explorer_fail ("no context");
}
