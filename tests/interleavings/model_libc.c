/* SPDX-License-Identifier: MIT */
/*
 * The calls that the module makes. The linker diverts each that is not a mere function of its
 * arguments to __wrap_*, here (run.sh): a call that is new in the module does not link until
 * somebody has said here what it means.
 */
#include "explorer.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define CALLER __builtin_return_address (0)

/* The linker's names have no declarations of their own. */
#pragma GCC diagnostic ignored "-Wmissing-prototypes"

static int
result (int err)
{
    if (err)
        errno = err;
    return err ? -1 : 0;
}

/* --- memory --- */

static void
forbid_in_handler (const char *what)
{
    if (machine_must_be_safe ())
        explorer_fail ("%s in a signal handler", what);
}

void *
__wrap_malloc (size_t size)
{
    forbid_in_handler ("memory is allocated");
    return memory_allocate (size);
}

void *
__wrap_calloc (size_t n, size_t size)
{
    forbid_in_handler ("memory is allocated");
    return memset (memory_allocate (n * size), 0, n * size);
}

void
__wrap_free (void *p)
{
    forbid_in_handler ("memory is freed");
    memory_free (p, CALLER);
}

char *
__wrap_strdup (const char *s)
{
    memory_access_string (s, CALLER);
    return strcpy (memory_allocate (strlen (s) + 1), s);
}

char *
machine_string (const char *s)
{
    return __wrap_strdup (s);
}

size_t
__wrap_strlen (const char *s)
{
    memory_access_string (s, CALLER);
    return strlen (s);
}

int
__wrap_strcmp (const char *a, const char *b)
{
    memory_access_string (a, CALLER);
    memory_access_string (b, CALLER);
    return strcmp (a, b);
}

void *
__wrap_memcpy (void *to, const void *from, size_t n)
{
    memory_access (from, n, false, CALLER);
    memory_access (to, n, true, CALLER);
    return memcpy (to, from, n);
}

void *
__wrap_memset (void *to, int c, size_t n)
{
    memory_access (to, n, true, CALLER);
    return memset (to, c, n);
}

/* --- threads --- */

int
__wrap_pthread_mutex_lock (pthread_mutex_t *m)
{
    bool got;
    memory_check (m, sizeof *m);
    machine_lock (m, true, &got, CALLER);
    return 0;
}

int
__wrap_pthread_mutex_trylock (pthread_mutex_t *m)
{
    bool got;
    memory_check (m, sizeof *m);
    machine_lock (m, false, &got, CALLER);
    return got ? 0 : EBUSY;
}

int
__wrap_pthread_mutex_unlock (pthread_mutex_t *m)
{
    memory_check (m, sizeof *m);
    machine_unlock (m, CALLER);
    return 0;
}

pthread_t
__wrap_pthread_self (void)
{
    return (pthread_t) (machine_thread () + 1);
}

int
__wrap_pthread_atfork (void (*prepare) (void), void (*parent) (void), void (*child) (void))
{
    machine_at_fork (prepare, parent, child);
    return 0;
}

/* Nobody is cancelled here. */
int
__wrap_pthread_setcancelstate (int state, int *old)
{
    if (old)
        *old = state;
    return 0;
}

void
__wrap_pthread_testcancel (void)
{
}

int
__wrap_poll (struct pollfd *fds, nfds_t n, int timeout)
{
    (void) fds;
    if (n != 0 || timeout < 0)
        explorer_fail ("a poll that is not modelled");
    machine_sleep ((unsigned) timeout, CALLER);
    return 0;
}

int
__wrap_clock_gettime (clockid_t clock, struct timespec *t)
{
    if (clock != CLOCK_MONOTONIC)
        explorer_fail ("a clock that is not modelled");
    *t = (struct timespec){machine_time () / 1000, machine_time () % 1000 * 1000000};
    return 0;
}

int
__wrap_sched_yield (void)
{
    machine_sleep (1, CALLER);
    return 0;
}

int
__wrap_pause (void)
{
    machine_pause (CALLER);
    return result (EINTR);
}

/* --- processes --- */

pid_t
__wrap_getpid (void)
{
    return machine_process ();
}

int
__wrap_at_quick_exit (void (*function) (void))
{
    machine_at_quick_exit (function);
    return 0;
}

long
__wrap_sysconf (int name)
{
    return name == _SC_PAGESIZE ? 4096 : -1;
}

int
__wrap_madvise (void *p, size_t size, int advice)
{
#ifdef MADV_WIPEONFORK
    if (advice == MADV_WIPEONFORK && !getenv ("TEMPFILE_TEST_UNWIPED")) {
        machine_wipe_on_fork (p, size);
        return 0;
    }
#endif
    return result (EINVAL);
}

void
__wrap__exit (int status)
{
    (void) status;
    machine_end (false, "_exit");
}

/* The module asks to stay loaded. */
int
__wrap_dladdr (const void *p, Dl_info *info)
{
    (void) p;
    info->dli_fname = "module";
    return 1;
}

void *
__wrap_dlopen (const char *name, int flags)
{
    static char loaded;
    (void) name;
    (void) flags;
    return &loaded;
}

/* --- signals --- */

int
__wrap_sigaction (int sig, const struct sigaction *a, struct sigaction *old)
{
    machine_sigaction (sig, a, old, CALLER);
    return 0;
}

/* There are no real-time signals here: they would be more of the same. */
int
__wrap___libc_current_sigrtmin (void)
{
    return 1;
}

int
__wrap___libc_current_sigrtmax (void)
{
    return 0;
}

int
__wrap_raise (int sig)
{
    machine_raise (sig, CALLER);
    return 0;
}

int
__wrap_pthread_sigmask (int how, const sigset_t *set, sigset_t *old)
{
    sigset_t *mask = machine_signal_mask ();
    if (old)
        *old = *mask;
    for (int sig = 1; set && sig < 65; sig++) {
        bool in = sigismember (set, sig) == 1;
        if (in && how != SIG_UNBLOCK)
            sigaddset (mask, sig);
        if (in ? how == SIG_UNBLOCK : how == SIG_SETMASK)
            sigdelset (mask, sig);
    }
    machine_deliver_pending ();
    return 0;
}

/* --- files: a descriptor stands for nothing --- */

enum { DESCRIPTOR = 10 };

int
__wrap_open (const char *path, int flags, ...)
{
    if (!(flags & O_CREAT) || !(flags & O_EXCL))
        explorer_fail ("an open that is not modelled");
    int err = fs_create (path, FS_FILE, CALLER);
    return err ? result (err) : DESCRIPTOR;
}

int
__wrap_close (int fd)
{
    if (fd != DESCRIPTOR)
        explorer_fail ("descriptor %d is closed, which is not open", fd);
    return 0;
}

int
__wrap_fstat (int fd, struct stat *st)
{
    (void) fd;
    *st = (struct stat){.st_mode = S_IFREG | 0600};
    return 0;
}

int
__wrap_lstat (const char *path, struct stat *st)
{
    *st = (struct stat){.st_mode = S_IFDIR | 0700};
    return fs_exists (path) ? 0 : result (ENOENT);
}

int
__wrap_stat (const char *path, struct stat *st)
{
    return __wrap_lstat (path, st);
}

int
__wrap_mkdir (const char *path, mode_t mode)
{
    (void) mode;
    return result (fs_create (path, FS_DIRECTORY, CALLER));
}

int
__wrap_rmdir (const char *path)
{
    return result (fs_remove (path, FS_DIRECTORY, CALLER));
}

int
__wrap_unlink (const char *path)
{
    return result (fs_remove (path, FS_FILE, CALLER));
}

int
__wrap_fchmod (int fd, mode_t mode)
{
    (void) fd;
    (void) mode;
    return 0;
}

/* Nothing here is recoverable, and permissions are always right. */
static int
never (const char *what)
{
    explorer_fail ("%s is not modelled", what);
}

int
__wrap_flock (int fd, int operation)
{
    (void) fd;
    (void) operation;
    return never ("flock");
}

int
__wrap_fcntl (int fd, int command, ...)
{
    (void) fd;
    (void) command;
    return never ("fcntl");
}

int
__wrap_fchmodat (int dir, const char *path, mode_t mode, int flags)
{
    (void) dir;
    (void) path;
    (void) mode;
    (void) flags;
    return never ("fchmodat");
}
