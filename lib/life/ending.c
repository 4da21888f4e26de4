/* SPDX-License-Identifier: MIT */
/*
 * How a process ends, and the library's part in it.
 *
 *     exit, dlclose   a destructor, which runs after the program's own atexit functions, so that
 *                     those still find their files
 *     quick_exit      an at_quick_exit function
 *     a signal        when the program asked for it: cleans up, then lets the signal take the
 *                     course it would have taken without us
 *     the program's own handler calls tempfile_cleanup()
 *
 * What is deleted, and how that is safe at any moment, is the registry's business.
 */
#include "base/export.h"

#include "base/error.h"
#include "base/process.h"
#include "life/ending.h"
#include "life/registry.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <ucontext.h>

static const int fatal[] = {SIGHUP,  SIGINT,  SIGQUIT, SIGTERM, SIGPIPE, SIGALRM, SIGXCPU,
                            SIGXFSZ, SIGSEGV, SIGBUS,  SIGABRT, SIGILL,  SIGFPE};

enum { FATAL = sizeof fatal / sizeof *fatal };

/* What each signal would have done; written before our handler can run, and never while it may. */
static struct sigaction previous[FATAL];
static bool installed[FATAL];

EXPORT void
tempfile_cleanup (void)
{
    int saved = errno;
    tempfile__registry_clean_up ();
    errno = saved;
}

/* Whether the processor raised it, at an instruction that will raise it again. */
static bool
will_come_again (int sig, const siginfo_t *info)
{
    bool fault = sig == SIGSEGV || sig == SIGBUS || sig == SIGILL || sig == SIGFPE;
    return fault && info->si_code > 0;
}

/* The signal is blocked until the handler returns, and strikes then: in the right place for a core
 * dump, and with the right status for the parent. */
static void
die (int sig, const siginfo_t *info)
{
    struct sigaction course = {.sa_handler = SIG_DFL};
    sigemptyset (&course.sa_mask);
    sigaction (sig, &course, NULL);
    if (!will_come_again (sig, info))
        raise (sig);
}

/* Calls the earlier handler with the signals blocked that it would have found blocked. */
static void
hand_on (int sig, siginfo_t *info, void *context, const struct sigaction *to)
{
    if (to->sa_flags & (int) SA_RESETHAND) {
        struct sigaction course = {.sa_handler = SIG_DFL};
        sigemptyset (&course.sa_mask);
        sigaction (sig, &course, NULL);
    }
    sigset_t blocked = ((const ucontext_t *) context)->uc_sigmask;
    for (int i = 1; i < NSIG; i++)
        if (sigismember (&to->sa_mask, i) == 1)
            sigaddset (&blocked, i);
    if (!(to->sa_flags & SA_NODEFER))
        sigaddset (&blocked, sig);
    pthread_sigmask (SIG_SETMASK, &blocked, NULL);
    if (to->sa_flags & SA_SIGINFO)
        to->sa_sigaction (sig, info, context);
    else
        to->sa_handler (sig);
}

static void
on_signal (int sig, siginfo_t *info, void *context)
{
    int saved = errno;
    tempfile__registry_clean_up ();
    for (int i = 0; i < FATAL; i++) {
        if (fatal[i] != sig)
            continue;
        errno = saved;
        if (!(previous[i].sa_flags & SA_SIGINFO) && previous[i].sa_handler == SIG_DFL)
            die (sig, info);
        else
            hand_on (sig, info, context, &previous[i]);
    }
    errno = saved;
}

static bool
is_ours (const struct sigaction *a)
{
    return a->sa_flags & SA_SIGINFO && a->sa_sigaction == on_signal;
}

/*
 * An ignored signal stays ignored. A handler that was installed over ours may call ours: handing
 * on to it would go round in circles.
 */
static bool
wants_handler (int i, const struct sigaction *now)
{
    if (is_ours (now))
        return false;
    if (now->sa_flags & SA_SIGINFO)
        return !installed[i];
    return now->sa_handler != SIG_IGN && (now->sa_handler == SIG_DFL || !installed[i]);
}

static int
install (int i)
{
    struct sigaction now;
    if (sigaction (fatal[i], NULL, &now) < 0)
        return -1;
    if (!wants_handler (i, &now))
        return 0;
    previous[i] = now;
    struct sigaction ours = {.sa_sigaction = on_signal};
    ours.sa_flags = SA_SIGINFO | SA_ONSTACK | (now.sa_flags & SA_RESTART);
    sigfillset (&ours.sa_mask);
    if (sigaction (fatal[i], &ours, NULL) < 0)
        return -1;
    installed[i] = true;
    return 0;
}

static void
uninstall (int i)
{
    struct sigaction now;
    if (installed[i] && sigaction (fatal[i], NULL, &now) == 0 && is_ours (&now))
        sigaction (fatal[i], &previous[i], NULL);
    installed[i] = false;
}

EXPORT int
tempfile_cleanup_on_signals (void)
{
    int err = 0;
    tempfile__lock (LOCK_SIGNALS);
    for (int i = 0; i < FATAL && !err; i++)
        if (install (i) < 0)
            err = errno;
    tempfile__unlock (LOCK_SIGNALS);
    return err ? tempfile__fail_system (err, "cannot handle signals") : 0;
}

/* The names first, so that a signal that comes now still finds its handler. */
__attribute__ ((__destructor__)) static void
at_exit (void)
{
    tempfile_cleanup ();
    tempfile__registry_free ();
    tempfile__lock (LOCK_SIGNALS);
    for (int i = 0; i < FATAL; i++)
        uninstall (i);
    tempfile__unlock (LOCK_SIGNALS);
}

/* If it cannot be registered, quick_exit() leaves the files, as _exit() does. */
void
tempfile__watch_end (void)
{
#ifdef HAVE_AT_QUICK_EXIT
    (void) at_quick_exit (tempfile_cleanup);
#endif
}
