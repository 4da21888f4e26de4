/* SPDX-License-Identifier: MIT */
/*
 * Signals that end the process, for a program that asked to have its files deleted then. A program
 * that did not is not linked with this, where it is linked statically.
 *
 * The handler is installed for signals whose disposition is the default and whose default ends the
 * process. A signal that the program ignores or handles, before or after that, is not touched. So
 * the handler has no other handler to call. It blocks all signals, so it does not interrupt itself
 * in the same thread. It may interrupt a deletion that exit() has begun, and then does all of it
 * again.
 *
 * Other code can get our handler by sigaction(2) and install it again later. So the library stays
 * loaded after that: dlclose() does nothing, and the files are deleted at exit.
 *
 * STACK. The handler itself takes some 200 bytes besides the frame that the kernel makes, and
 * tempfile__remove_tree_async_safe() what remove.h says; so SIGSTKSZ, 8 KiB as it has always been,
 * does.
 */
#include "base/export.h"

#include "base/error.h"
#include "life/ending.h"
#include "life/registry.h"

#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <ucontext.h>

static const int fatal[] = {
    SIGHUP,    SIGINT,  SIGQUIT, SIGTERM, SIGPIPE, SIGALRM, SIGUSR1, SIGUSR2, SIGPROF, SIGVTALRM,
    SIGXCPU,   SIGXFSZ, SIGSEGV, SIGBUS,  SIGABRT, SIGILL,  SIGFPE,  SIGTRAP, SIGSYS,
#ifdef SIGPOLL
    SIGPOLL, /* SIGIO; systems that ignore that one by default do not know this name */
#endif
#ifdef SIGSTKFLT
    SIGSTKFLT,
#endif
#ifdef SIGPWR
    SIGPWR,
#endif
};

static atomic_bool stays_loaded;

/* Whether the processor raised it, at an instruction that will raise it again. */
static bool
will_come_again (int sig, const siginfo_t *info)
{
    bool fault = sig == SIGSEGV || sig == SIGBUS || sig == SIGILL || sig == SIGFPE;
    return fault && info->si_code > 0;
}

static void
set_default (int sig)
{
    struct sigaction course = {.sa_handler = SIG_DFL};
    sigemptyset (&course.sa_mask);
    sigaction (sig, &course, NULL);
}

/*
 * The signal is blocked until the handler returns, and is delivered then: a core dump shows the
 * right place, and the parent sees the right status. A signal that only sigsuspend(), ppoll() or
 * pselect() unblocked must be unblocked in the mask that the handler returns to.
 */
static void
on_signal (int sig, siginfo_t *info, void *context)
{
    int saved = errno;
    tempfile__registry_clean_up (true);
    set_default (sig);
    sigdelset (&((ucontext_t *) context)->uc_sigmask, sig);
    if (!will_come_again (sig, info))
        raise (sig);
    errno = saved;
}

/* This uses only what POSIX says of dlopen(): it asks for a handle on what is loaded already. It
 * fails where we are not in a library of our own; there nobody can unload us. */
static void
stay_loaded (void)
{
#if defined HAVE_DLADDR && defined RTLD_NODELETE && defined PIC
    Dl_info info;
    if (!atomic_load (&stays_loaded) && dladdr (fatal, &info) != 0 && info.dli_fname &&
        dlopen (info.dli_fname, RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE))
        atomic_store (&stays_loaded, true);
#endif
}

static bool
is_default (const struct sigaction *a)
{
    return !(a->sa_flags & SA_SIGINFO) && a->sa_handler == SIG_DFL;
}

static bool
is_ours (const struct sigaction *a)
{
    return a->sa_flags & SA_SIGINFO && a->sa_sigaction == on_signal;
}

/* From the default to the handler if it is to be INSTALLED, else back. */
static int
change (int sig, bool installed)
{
    struct sigaction now;
    if (sigaction (sig, NULL, &now) < 0)
        return -1;
    if (!(installed ? is_default (&now) : is_ours (&now)))
        return 0;
    if (!installed) {
        set_default (sig);
        return 0;
    }
    struct sigaction ours = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    sigfillset (&ours.sa_mask);
    return sigaction (sig, &ours, NULL);
}

/* Of the real-time signals one may be taken by who watches the program, as valgrind does. */
static int
change_all (bool installed)
{
    for (size_t i = 0; i < sizeof fatal / sizeof *fatal; i++)
        if (change (fatal[i], installed) < 0)
            return -1;
#ifdef SIGRTMIN
    for (int sig = SIGRTMIN; sig <= SIGRTMAX; sig++)
        (void) change (sig, installed);
#endif
    return 0;
}

static void
uninstall_all (void)
{
    if (!atomic_load (&stays_loaded))
        (void) change_all (false);
}

/* Two threads may do this at once, since doing it twice is doing it once. */
EXPORT int
tempfile_cleanup_on_signals (void)
{
    tempfile__watch_end ();
    stay_loaded ();
    tempfile__end_with (uninstall_all);
    return change_all (true) < 0 ? tempfile__fail_system (errno, "cannot handle signals") : 0;
}
