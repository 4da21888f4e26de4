/* SPDX-License-Identifier: MIT */
/*
 * The account of --audit.
 *
 * A file without a name can be measured through a descriptor only, and nothing tells this library
 * when the program closes its own. So it WATCHES each file by a descriptor that is opened anew, for
 * reading, close-on-exec and out of the way of small numbers. Of a new opening the kernel can say
 * whether anyone still has the file open for writing: then it refuses a read lease. At each
 * call of tmpfile() those that nobody can write any more are measured for the last time and let
 * go, so that they occupy space no longer than until the next call. At exit the rest is measured.
 *
 * Where a new opening is not to be had, without /proc, the descriptor is a duplicate, and is kept
 * to the end. At most WATCHED are kept; files beyond that are counted, not measured.
 *
 * The program may close descriptors that it does not know. Before each use it is made sure that a
 * number still stands for the file that it stood for.
 *
 * The account is of one process. fork() leaves the child with nothing in it.
 */
#include "base/export.h"

#include "account.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Descriptors from FIRST on: programs that close and open the standard three in turn see no change,
 * and select() can do no more than 1024. */
enum { WATCHED = 32, FIRST = 100 };

/* A descriptor of ours, as long as it stands for this file. */
struct watch {
    int fd;
    dev_t device;
    ino_t inode;
    off_t size; /* the largest seen */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
    pid_t process; /* 0: no account yet */
    struct watch report, files[WATCHED];
    size_t watched;
    unsigned long made, unknown;
    unsigned long long largest, total;
} account;

bool
tempfile__accounting (void)
{
    return getenv (ACCOUNT_VARIABLE) != NULL;
}

/* Takes a duplicate of the descriptor, from FROM on, and remembers what it stands for. */
static bool
watch (struct watch *w, int fd, int from)
{
    struct stat st;
    if (fd < 0 || fstat (fd, &st) < 0)
        return false;
    *w = (struct watch){fcntl (fd, F_DUPFD_CLOEXEC, from), st.st_dev, st.st_ino, 0};
    return w->fd >= 0;
}

/* Whether the descriptor is still ours; then *SIZE is the size of its file. */
static bool
is_ours (const struct watch *w, off_t *size)
{
    struct stat st;
    if (fstat (w->fd, &st) < 0 || st.st_dev != w->device || st.st_ino != w->inode)
        return false;
    *size = st.st_size;
    return true;
}

static void
let_go (const struct watch *w)
{
    off_t size;
    if (is_ours (w, &size))
        close (w->fd);
}

static void
clear (void)
{
    for (size_t i = 0; i < account.watched; i++)
        let_go (&account.files[i]);
    if (account.process)
        let_go (&account.report);
    memset (&account, 0, sizeof account);
}

/* In the child, which has copies of what is its parent's. */
static void
after_fork_in_child (void)
{
    clear ();
    pthread_mutex_unlock (&lock);
}

static void
before_fork (void)
{
    pthread_mutex_lock (&lock);
}

static void
after_fork (void)
{
    pthread_mutex_unlock (&lock);
}

/* Standard error as it is now: many programs close it before anything of ours runs again. Where it
 * was closed from the start, its number may be that of the first file. */
static void
begin (int fd)
{
    static bool watching_forks;
    clear (); /* in a child that was made behind libc's back */
    if (!watching_forks)
        watching_forks = pthread_atfork (before_fork, after_fork, after_fork_in_child) == 0;
    account.process = getpid ();
    if (fd == STDERR_FILENO || (!watch (&account.report, STDERR_FILENO, FIRST) &&
                                !watch (&account.report, STDERR_FILENO, STDERR_FILENO + 1)))
        account.report.fd = -1;
}

/* Whether nobody has the file open for writing. If that cannot be asked, somebody may. */
static bool
is_finished (const struct watch *w)
{
#ifdef F_SETLEASE
    if (fcntl (w->fd, F_SETLEASE, F_RDLCK) < 0)
        return false;
    fcntl (w->fd, F_SETLEASE, F_UNLCK);
    return true;
#else
    (void) w;
    return false;
#endif
}

/* False: the program has closed the descriptor, and what was seen last must do. */
static bool
measure (struct watch *w)
{
    off_t size;
    if (!is_ours (w, &size))
        return false;
    if (size > w->size)
        w->size = size;
    return true;
}

static void
settle (const struct watch *w)
{
    unsigned long long size = (unsigned long long) w->size;
    account.total += size;
    if (size > account.largest)
        account.largest = size;
}

static void
settle_finished (void)
{
    for (size_t i = account.watched; i-- > 0;) {
        struct watch *w = &account.files[i];
        bool finished = measure (w) && is_finished (w);
        bool ours = measure (w); /* again, for it may have grown before it was finished */
        if (ours && !finished)
            continue;
        settle (w);
        if (ours)
            close (w->fd);
        *w = account.files[--account.watched];
    }
}

/* A descriptor of another opening, or else FD itself. */
static int
open_anew (int fd)
{
    char path[32];
    snprintf (path, sizeof path, "/proc/self/fd/%d", fd);
    int again = open (path, O_RDONLY | O_CLOEXEC);
    return again < 0 ? fd : again;
}

static void
enter (int fd)
{
    account.made++;
    int again = account.watched < WATCHED ? open_anew (fd) : -1;
    if (watch (&account.files[account.watched % WATCHED], again, FIRST))
        account.watched++;
    else
        account.unknown++;
    if (again >= 0 && again != fd)
        close (again);
}

void
tempfile__account (FILE *f)
{
    int saved = errno;
    pthread_mutex_lock (&lock);
    if (account.process != getpid ())
        begin (fileno (f));
    settle_finished ();
    enter (fileno (f));
    pthread_mutex_unlock (&lock);
    errno = saved;
}

static const char *
program_name (void)
{
#if HAVE_DECL_PROGRAM_INVOCATION_SHORT_NAME
    return program_invocation_short_name;
#elif defined HAVE_GETPROGNAME
    return getprogname ();
#else
    return "process";
#endif
}

/* A directory's name may hold any byte. */
static void
make_one_line (char *line, size_t length)
{
    for (size_t i = 0; i + 1 < length; i++)
        if ((unsigned char) line[i] < ' ' || line[i] == '\177')
            line[i] = '?';
    line[length - 1] = '\n';
}

/* In one write, so that the lines of several processes do not mix. */
static void
write_line (int fd, char *line, size_t length)
{
    make_one_line (line, length);
    while (write (fd, line, length) < 0 && errno == EINTR)
        continue;
}

static void
write_report (void)
{
    char line[8192], unknown[64] = "";
    const char *dir = tempfile_gettempdir ();
    if (account.unknown)
        snprintf (unknown, sizeof unknown, " (%lu not measured)", account.unknown);
    int n = snprintf (line, sizeof line,
                      "tempfile-run: %s[%ld]: %lu temporary file%s in %s, largest %llu bytes, "
                      "total %llu bytes%s\n",
                      program_name (), (long) account.process, account.made,
                      account.made == 1 ? "" : "s", dir ? dir : "?", account.largest, account.total,
                      unknown);
    if (n > 0)
        write_line (account.report.fd, line,
                    (size_t) n < sizeof line ? (size_t) n : sizeof line - 1);
}

/* A thread that is still at it is waited for, but not for long: exit() may have been called by a
 * handler of a signal that came while the lock was held. */
static bool
lock_for_the_end (void)
{
    const struct timespec moment = {0, 1000000};
    for (int i = 0; i < 1000; i++) {
        if (pthread_mutex_trylock (&lock) == 0)
            return true;
        nanosleep (&moment, NULL);
    }
    return false;
}

/* Of the process that was asked for. A child that it forks has another number. */
static void
report_none (void)
{
    char value[ACCOUNT_SIZE], line[512];
    struct stat st;
    const char *asked = getenv (ACCOUNT_VARIABLE);
    if (!asked || fstat (STDERR_FILENO, &st) < 0)
        return;
    tempfile__account_value (value, &st);
    if (strcmp (asked, value) != 0)
        return;
    int n = snprintf (line, sizeof line, "tempfile-run: %s[%ld]: made no temporary file\n",
                      program_name (), (long) getpid ());
    if (n > 0)
        write_line (STDERR_FILENO, line, (size_t) n < sizeof line ? (size_t) n : sizeof line - 1);
}

/* After the program's own functions of atexit(). A destructor is no constructor: it costs a look at
 * the account, and at the environment, in a process that has none. */
__attribute__ ((__destructor__)) static void
report (void)
{
    if (account.process == 0)
        report_none ();
    if (account.process == 0 || account.process != getpid () || !lock_for_the_end ())
        return;
    for (size_t i = 0; i < account.watched; i++) {
        (void) measure (&account.files[i]);
        settle (&account.files[i]);
    }
    off_t size;
    if (account.report.fd >= 0 && is_ours (&account.report, &size))
        write_report ();
    account.process = 0;
    pthread_mutex_unlock (&lock);
}
