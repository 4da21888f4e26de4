/* SPDX-License-Identifier: MIT */
/*
 * stress_scenarios.c - the scenarios of the stress program; each says what must hold.
 */
#include <config.h>

#include "stress.h"

/* What the library has inside: this program is linked with the static one. */
#include "create/name.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <tempfile.h>

static void
write_all (int fd, const void *bytes, size_t size)
{
    if (write (fd, bytes, size) != (ssize_t) size)
        wrong ("a pipe cannot be written");
}

/* --- mix: many threads, all kinds of work at random --- */

static void
mix (void)
{
    begin_work ();
    struct worker *workers = start_workers (stress.threads);
    sleep_for (stress.seconds);
    note ("%d threads, %ld pieces of work", stress.threads, end_workers (workers, stress.threads));
}

/* --- forks: streams open while children of all sorts come and go --- */

enum { FORKS_THREADS = 8, HELD = 16, CHILDREN = 100, AT_ONCE = 8 };

/*
 * A child that ends by exit() flushes what its parent had in buffers, into the same files, and
 * puts back what it had read ahead: so such a fork comes only when no stream is in use. All other
 * forks come at any moment.
 */
static pthread_rwlock_t in_use = PTHREAD_RWLOCK_INITIALIZER;

struct held {
    FILE *file;
    char *left; /* instead of a stream: a name that is left */
    char text[64];
    char name[PATH_MAX / 2];
};

struct holder {
    struct worker worker;
    struct held held[HELD];
    long goal;
    atomic_long made;
};

static FILE *
open_held (struct worker *w)
{
    switch (pick (w, 6)) {
    case 0:
        return TemporaryFile ();
    case 1:
        return TemporaryFile (.buffering = 2000);
    case 2:
        return SpooledTemporaryFile (.max_size = 10);
    case 3:
        return TemporaryFile (.mode = "w+", .encoding = "utf-16");
    case 4:
        return NamedTemporaryFile (.recoverable = 1);
    default:
        return NamedTemporaryFile ();
    }
}

static void
hold (struct worker *w, struct held *h, long number)
{
    *h = (struct held){.file = open_held (w)};
    (void) snprintf (h->text, sizeof h->text, "%d: %ld\n", w->number, number);
    if (!h->file || fputs (h->text, h->file) < 0 || fflush (h->file) != 0) {
        wrong ("a stream for the time of the forks");
        return;
    }
    const char *name = tempfile_name (h->file);
    (void) snprintf (h->name, sizeof h->name, "%s", name ? name : "");
    if (name && pick (w, 3) == 0) {
        h->left = tempfile_into_path (h->file);
        h->file = h->left ? fopen (h->left, "re") : NULL;
        if (!h->file)
            wrong ("'%s' was left", h->name);
    }
}

/* All of it is there, under its name. */
static void
check_held (struct held *h)
{
    char line[64];
    struct stat a, b;
    rewind (h->file);
    if (!fgets (line, sizeof line, h->file) || strcmp (line, h->text) != 0 || getc (h->file) != EOF)
        wrong ("'%s' is not what was written", h->text);
    if (*h->name && (stat (h->name, &a) != 0 || fstat (tempfile_fileno (h->file), &b) != 0 ||
                     a.st_ino != b.st_ino))
        wrong ("'%s' is away", h->name);
}

static void
let_go (struct held *h)
{
    if (!h->file)
        return;
    check_held (h);
    if (fclose (h->file) != 0)
        wrong ("'%s' cannot be closed", h->text);
    if (h->left && tempfile_unlink (h->left) != 0)
        wrong ("'%s' was left and cannot be deleted", h->left);
    if (*h->name && access (h->name, F_OK) == 0)
        wrong ("'%s' is still there", h->name);
    free (h->left);
    h->left = NULL;
    h->file = NULL;
}

static void *
hold_many (void *arg)
{
    struct holder *h = arg;
    for (long i = 0; i < h->goal; i++) {
        pthread_rwlock_rdlock (&in_use);
        let_go (&h->held[i % HELD]);
        hold (&h->worker, &h->held[i % HELD], i);
        pthread_rwlock_unlock (&in_use);
        atomic_fetch_add (&h->made, 1);
    }
    for (int i = 0; i < HELD; i++) {
        pthread_rwlock_rdlock (&in_use);
        let_go (&h->held[i]);
        pthread_rwlock_unlock (&in_use);
    }
    return NULL;
}

/* In a child. */
static void
use_library (void)
{
    struct worker w;
    begin_worker (&w, (int) getpid ());
    for (int i = 0; i < 5; i++) {
        struct held h;
        hold (&w, &h, i);
        let_go (&h);
    }
}

static void *
use_in_thread (void *arg)
{
    use_library ();
    return arg;
}

static void
close_parent_s (struct holder *holders)
{
    for (int t = 0; t < FORKS_THREADS; t++)
        for (int i = 0; i < HELD; i++) {
            struct held *h = &holders[t].held[i];
            if (h->file && fclose (h->file) != 0)
                wrong ("a child cannot close its copy");
            if (h->left && (tempfile_unlink (h->left) != -1 || errno != EPERM))
                wrong ("a child may delete what its parent left");
        }
}

/* For exit to remove. */
static struct tempfile_dir *volatile forgotten;

static void
end_by_exit (struct holder *holders)
{
    (void) holders;
    use_library ();
    (void) NamedTemporaryFile (.delete_when = TEMPFILE_DELETE_ON_EXIT);
    forgotten = TemporaryDirectory ();
    exit (wrongs () ? 1 : 0);
}

static void
end_with_copies_closed (struct holder *holders)
{
    close_parent_s (holders);
    exit (wrongs () ? 1 : 0);
}

static void
end_with_threads (struct holder *holders)
{
    pthread_t threads[2];
    (void) holders;
    for (int i = 0; i < LENGTH (threads); i++)
        if (pthread_create (&threads[i], NULL, use_in_thread, NULL) != 0)
            _exit (2);
    for (int i = 0; i < LENGTH (threads); i++)
        pthread_join (threads[i], NULL);
    exit (wrongs () ? 1 : 0);
}

static void
end_at_once (struct holder *holders)
{
    (void) holders;
    _exit (0);
}

static void
end_by__exit (struct holder *holders)
{
    (void) holders;
    use_library ();
    _exit (wrongs () ? 1 : 0);
}

static void
end_by_quick_exit (struct holder *holders)
{
    (void) holders;
    use_library ();
    (void) NamedTemporaryFile ();
    forgotten = TemporaryDirectory ();
    quick_exit (wrongs () ? 1 : 0);
}

static const char *
own_program (void)
{
    static char path[PATH_MAX];
    ssize_t n = readlink ("/proc/self/exe", path, sizeof path - 1);
    return n > 0 ? path : NULL;
}

static void
become_other (struct holder *holders)
{
    const char *program = own_program ();
    (void) holders;
    if (program)
        execl (program, program, "--inside", "inherits", stress.dir, (char *) NULL);
    _exit (program ? 126 : 0);
}

/* Until it is killed: then what it leaves is recoverable, or has no name. */
static void
be_killed (struct holder *holders)
{
    (void) holders;
    for (;;) {
        FILE *f = NamedTemporaryFile (.recoverable = 1);
        struct tempfile_dir *d = TemporaryDirectory (.recoverable = 1);
        FILE *g = SpooledTemporaryFile ();
        if (!f || !d || !g || fputs ("text", f) < 0 || fclose (f) != 0 || fclose (g) != 0 ||
            tempfile_dir_close (d) != 0)
            _exit (1);
    }
}

/* The last are left out where a sanitizer's own locks, or what it knows of threads, may be in the
 * way of a child. */
static const struct {
    void (*live) (struct holder *);
    bool quiet, killed; /* forked when no stream is in use; ended by SIGKILL */
} children[] = {
    {end_by_exit, true, false},   {end_at_once, false, false},
    {become_other, false, false}, {end_with_copies_closed, true, false},
    {end_by__exit, false, false}, {end_by_quick_exit, false, false},
    {be_killed, false, true},     {end_with_threads, true, false},
};

#if defined ADDRESS_SANITIZER
enum { KINDS = 4 };
#elif defined THREAD_SANITIZER
enum { KINDS = 7 };
#else
enum { KINDS = LENGTH (children) };
#endif

static pid_t
fork_child (int kind, struct holder *holders)
{
    if (children[kind].quiet)
        pthread_rwlock_wrlock (&in_use);
    pid_t child = fork ();
    if (child == 0) {
        alarm (200);
        children[kind].live (holders);
    }
    if (children[kind].quiet)
        pthread_rwlock_unlock (&in_use);
    return child;
}

static void
reap (pid_t child, int kind)
{
    if (child > 0 && children[kind].killed)
        kill (child, SIGKILL);
    int status = child > 0 ? wait_for (child) : -1;
    if (children[kind].killed ? !WIFSIGNALED (status) || WTERMSIG (status) != SIGKILL : status != 0)
        wrong ("child of kind %d: wait status %#x", kind, (unsigned) status);
}

static long
all_made (struct holder *holders)
{
    long made = 0;
    for (int t = 0; t < FORKS_THREADS; t++)
        made += atomic_load (&holders[t].made);
    return made;
}

static void
forks (void)
{
    static struct holder holders[FORKS_THREADS];
    long count = scaled (100000);
    pid_t pids[CHILDREN];
    int n_children = count >= CHILDREN * 10 ? CHILDREN : (int) (count / 10) + 1;

    for (int t = 0; t < FORKS_THREADS; t++) {
        begin_worker (&holders[t].worker, t);
        holders[t].goal = count / FORKS_THREADS + 1;
        if (pthread_create (&holders[t].worker.thread, NULL, hold_many, &holders[t]) != 0)
            wrong ("thread %d cannot be made", t);
    }
    for (int i = 0; i < n_children; i++) {
        while (all_made (holders) < count * i / n_children && !wrongs ())
            sleep_for (0.0005);
        if (i >= AT_ONCE)
            reap (pids[i - AT_ONCE], (i - AT_ONCE) % KINDS);
        pids[i] = fork_child (i % KINDS, holders);
    }
    for (int i = n_children > AT_ONCE ? n_children - AT_ONCE : 0; i < n_children; i++)
        reap (pids[i], i % KINDS);
    for (int t = 0; t < FORKS_THREADS; t++)
        pthread_join (holders[t].worker.thread, NULL);
    int recovered = tempfile_recover (NULL);
    if (recovered < 0)
        wrong ("tempfile_recover");
    note ("%ld streams, %d children, %d files recovered", all_made (holders), n_children,
          recovered);
}

/* --- exit: names that are left for exit are gone after it --- */

/* As many files as the file system can have, and half of that. */
static long
files_to_be_had (long wanted)
{
    struct statvfs fs;
    if (statvfs (stress.dir, &fs) != 0 || fs.f_files == 0 || (long) fs.f_favail / 2 >= wanted)
        return wanted;
    skip ("more than %ld files in %s", (long) fs.f_favail / 2, stress.dir);
    return (long) fs.f_favail / 2;
}

static void
leave_and_exit (long count, int end)
{
    for (long i = 0; i < count; i++) {
        FILE *f = NamedTemporaryFile (.buffering = TEMPFILE_UNBUFFERED);
        char *path = f ? tempfile_into_path (f) : NULL;
        if (!path) {
            wrong ("name %ld", i);
            break;
        }
        free (path);
    }
    if (count_entries (stress.dir) != count)
        wrong ("%ld names, not %ld", count_entries (stress.dir), count);
    double at = now ();
    write_all (end, &at, sizeof at);
    exit (wrongs () ? 1 : 0);
}

static void
leave_names (void)
{
    long count = files_to_be_had (scaled (1000000));
    double start = now (), at = start;
    int end[2];
    if (pipe (end) != 0) {
        wrong ("pipe");
        return;
    }
    pid_t child = fork ();
    if (child == 0)
        leave_and_exit (count, end[1]);
    close (end[1]);
    if (read (end[0], &at, sizeof at) != (ssize_t) sizeof at || wait_for (child) != 0)
        wrong ("the process that left the names");
    close (end[0]);
    double gone = now ();
    note ("%ld names in %s: made in %.2f us each, gone at exit in %.2f us each", count, stress.dir,
          (at - start) * 1e6 / (double) count, (gone - at) * 1e6 / (double) count);
    if (count_entries (stress.dir) != 0)
        wrong ("%ld names are left", count_entries (stress.dir));
}

/* --- descriptors: as many streams as there can be in a process, and more in others --- */

/* The limit that is to be had, of WANTED. */
static long
raise_limit (long wanted)
{
    struct rlimit limit;
    if (getrlimit (RLIMIT_NOFILE, &limit) != 0)
        return 0;
    if (limit.rlim_max < (rlim_t) wanted) {
        struct rlimit more = {(rlim_t) wanted, (rlim_t) wanted};
        if (setrlimit (RLIMIT_NOFILE, &more) == 0)
            return wanted;
    }
    limit.rlim_cur = limit.rlim_max < (rlim_t) wanted ? limit.rlim_max : (rlim_t) wanted;
    return setrlimit (RLIMIT_NOFILE, &limit) == 0 ? (long) limit.rlim_cur : 0;
}

static FILE *
open_kind (long i)
{
    switch (i % 5) {
    case 0:
        return TemporaryFile ();
    case 1:
        return TemporaryFile (.buffering = 300);
    case 2:
        return NamedTemporaryFile (.buffering = 300);
    case 3:
        return NamedTemporaryFile (.recoverable = 1, .buffering = 300);
    default:
        return SpooledTemporaryFile (.max_size = 1, .buffering = 300);
    }
}

static bool
holds_number (FILE *f, long number)
{
    long back = -1;
    rewind (f);
    return fscanf (f, "%ld", &back) == 1 && back == number;
}

/* With no descriptor left: each kind says so, leaves no name, and works when there is one again. */
static void
use_up (FILE **streams, long count)
{
    struct rlimit limit;
    long names = count_entries (stress.dir);
    if (getrlimit (RLIMIT_NOFILE, &limit) != 0)
        return;
    struct rlimit none = {(rlim_t) tempfile_fileno (streams[0]) + 1, limit.rlim_max};
    FILE *spool = SpooledTemporaryFile ();
    if (!spool || fputs ("spool", spool) < 0 || setrlimit (RLIMIT_NOFILE, &none) != 0)
        wrong ("a spool needs no descriptor");
    for (long i = 0; i < 4; i++)
        if (open_kind (i) || errno != EMFILE)
            wrong ("kind %ld without descriptors", i);
    if (spool && (tempfile_rollover (spool) != -1 || errno != EMFILE))
        wrong ("a spool that moves without descriptors");
    struct tempfile_dir *d = TemporaryDirectory ();
    if (!d || rmdir (tempfile_dir_name (d)) != 0 || tempfile_dir_close (d) != 0)
        wrong ("a directory needs no descriptor");
    setrlimit (RLIMIT_NOFILE, &limit);
    if (spool && (tempfile_rollover (spool) != 0 || fclose (spool) != 0))
        wrong ("a spool that moves when it can");
    if (count_entries (stress.dir) != names)
        wrong ("%ld names, %ld before", count_entries (stress.dir), names);
    if (!holds_number (streams[count - 1], count - 1))
        wrong ("a stream that was open");
}

static long
named_among (long count)
{
    return count / 5 * 2 + (count % 5 > 2) + (count % 5 > 3);
}

/* COUNT of them, each with its number in it; without them the process ends. */
static FILE **
open_streams (long count)
{
    FILE **streams = calloc ((size_t) count, sizeof *streams);
    if (!streams) {
        wrong ("no room for streams");
        exit (1);
    }
    for (long i = 0; i < count; i++) {
        streams[i] = open_kind (i);
        if (!streams[i] || fprintf (streams[i], "%ld\n", i) < 0 || fflush (streams[i]) != 0 ||
            tempfile_fileno (streams[i]) < 0) {
            wrong ("stream %ld", i);
            exit (1);
        }
    }
    return streams;
}

static void
check_streams (FILE **streams, long count)
{
    for (long i = 0; i < count; i++)
        if (!holds_number (streams[i], i))
            wrong ("stream %ld does not have its number", i);
}

static void
close_streams (FILE **streams, long count)
{
    for (long i = count; i-- > 0;)
        if (fclose (streams[i]) != 0)
            wrong ("closing stream %ld", i);
    free (streams);
}

/* What one process may not have others do: they say on READY[1] that they do, and wait for END. */
static int
hold_elsewhere (long count, long each, const int *ready, const int *end)
{
    int holders = 0;
    fflush (stdout);
    for (; count > 0; count -= each, holders++) {
        long mine = count < each ? count : each;
        if (fork () != 0)
            continue;
        close (end[1]);
        FILE **streams = open_streams (mine);
        char byte = 0;
        if (write (ready[1], &byte, 1) != 1 || read (end[0], &byte, 1) != 0)
            wrong ("a process that holds streams");
        check_streams (streams, mine);
        close_streams (streams, mine);
        _exit (0);
    }
    return holders;
}

static void
open_all (void)
{
    long wanted = scaled (50000), own = 64;
    long each = raise_limit (wanted + own) - own;
    long count = each < wanted ? each : wanted;
    int ready[2], end[2];
    char byte;
    if (count < 5 || pipe (ready) != 0 || pipe (end) != 0) {
        wrong ("no descriptors for streams");
        return;
    }
    int holders = hold_elsewhere (wanted - count, each, ready, end);
    close (ready[1]);
    double start = now ();
    FILE **streams = open_streams (count);
    double opened = now ();
    for (int i = 0; i < holders; i++)
        if (read (ready[0], &byte, 1) != 1)
            wrong ("a process that holds streams has ended");
    long others =
        (wanted - count) / each * named_among (each) + named_among ((wanted - count) % each);
    if (count_entries (stress.dir) != named_among (count) + others)
        wrong ("%ld names, not %ld", count_entries (stress.dir), named_among (count) + others);
    check_streams (streams, count);
    use_up (streams, count);
    double before = now ();
    close_streams (streams, count);
    note ("%ld streams open at once in %d processes: opened in %.1f us each, closed in %.1f us",
          wanted, 1 + holders, (opened - start) * 1e6 / (double) count,
          (now () - before) * 1e6 / (double) count);
    close (ready[0]);
    close (end[0]);
    close (end[1]);
    for (int status; holders > 0; holders--)
        if (wait (&status) < 0 || status != 0)
            wrong ("a process that held streams: wait status %#x", (unsigned) status);
}

/* --- names: none comes twice, in whatever process or thread --- */

/*
 * No public function makes names only, so this calls the one inside; `exit' makes its files under
 * names of the same source. 64 bits each: that one in ten million comes twice by chance has a
 * probability of one in 300,000.
 */
struct names {
    atomic_long used;
    long room;
    uint64_t numbers[];
};

static struct names *names;

static uint64_t
number_of (const char *name)
{
    static const char digits[] = "abcdefghijklmnopqrstuvwxyz234567";
    uint64_t number = 0;
    for (int i = NAME_RANDOM; i-- > 0;)
        number = number << 5 | (uint64_t) (strchr (digits, name[i]) - digits);
    return number;
}

static void
generate (long count)
{
    for (long i = 0; i < count; i++) {
        char name[NAME_RANDOM + NAME_TAG + 1];
        if (tempfile__name_random (name, false) != 0)
            wrong ("no name");
        long at = atomic_fetch_add (&names->used, 1);
        if (at < names->room)
            names->numbers[at] = number_of (name);
    }
}

static void *
generate_in_thread (void *count)
{
    generate (*(long *) count);
    return NULL;
}

/* A child, and in every tenth a child of its own; each begins with what its parent had drawn. */
static void
generate_in_child (long count, bool again)
{
    pid_t child = again ? fork () : -1;
    generate (count);
    _exit (child > 0 && wait_for (child) != 0);
}

static int
compare_numbers (const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *) a, y = *(const uint64_t *) b;
    return (x > y) - (x < y);
}

static void
make_names (void)
{
    enum { ROUNDS = 100 };
    pid_t pids[ROUNDS];
    pthread_t threads[2];
    long count = scaled (10000000), each = count / (ROUNDS * 2) + 1;
    size_t room = (size_t) each * (ROUNDS * 2 + ROUNDS / 10 + 2);
    size_t size = sizeof *names + room * sizeof names->numbers[0];

    names = mmap (NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (names == MAP_FAILED) {
        wrong ("no memory");
        return;
    }
    names->room = (long) room;
    for (int i = 0; i < LENGTH (threads); i++)
        if (pthread_create (&threads[i], NULL, generate_in_thread, &each) != 0)
            wrong ("a thread cannot be made");
    for (int i = 0; i < ROUNDS; i++) {
        generate (each - i % 16); /* the pool is never as full as before */
        pids[i] = fork ();
        if (pids[i] == 0)
            generate_in_child (each, i % 10 == 0);
    }
    for (int i = 0; i < ROUNDS; i++)
        if (pids[i] < 0 || wait_for (pids[i]) != 0)
            wrong ("child %d", i);
    for (int i = 0; i < LENGTH (threads); i++)
        pthread_join (threads[i], NULL);
    long used = atomic_load (&names->used), twice = 0;
    if (used > names->room)
        wrong ("%ld names, room for %ld", used, names->room);
    qsort (names->numbers, (size_t) used, sizeof names->numbers[0], compare_numbers);
    for (long i = 1; i < used; i++)
        twice += names->numbers[i] == names->numbers[i - 1];
    if (twice > 0)
        wrong ("%ld names came again", twice);
    note ("%ld names in %d processes", used, 1 + ROUNDS + ROUNDS / 10);
    munmap (names, size);
}

/* --- signals: they interrupt, and nobody notices --- */

static atomic_long arrived;

static void
count_signal (int sig)
{
    (void) sig;
    atomic_fetch_add_explicit (&arrived, 1, memory_order_relaxed);
}

/* Without SA_RESTART. */
static void
handle (int sig)
{
    struct sigaction action = {.sa_handler = count_signal};
    sigaction (sig, &action, NULL);
}

/* A timer for the process, and a signal now and then for a thread of our choice. */
static void
storm (struct worker *workers, int count, double seconds)
{
    struct itimerval each = {{0, 1000}, {0, 1000}}, none = {0};
    double end = now () + seconds;
    setitimer (ITIMER_REAL, &each, NULL);
    for (int i = 0; now () < end; i++) {
        struct timespec moment = {.tv_nsec = 200000};
        nanosleep (&moment, NULL);
        pthread_kill (workers[i % count].thread, SIGUSR1);
    }
    setitimer (ITIMER_REAL, &none, NULL);
}

static void
interrupt_all (void)
{
    begin_work ();
    handle (SIGALRM);
    handle (SIGUSR1);
    struct worker *workers = start_workers (stress.threads);
    storm (workers, stress.threads, stress.seconds);
    long pieces = end_workers (workers, stress.threads);
    note ("%d threads, %ld signals, %ld pieces of work", stress.threads, atomic_load (&arrived),
          pieces);
}

/*
 * --- cleanups: a process that goes on after tempfile_cleanup() has deleted its files ---
 *
 * What has no name is not touched; of what has one, only the name goes; and opening one fails, if
 * at all, because it is being cleaned up.
 */
static void
clean_and_go_on (void)
{
    enum { EACH = 3 };
    int count = stress.threads < 8 ? stress.threads : 8;
    double end = now () + stress.seconds;
    long cleanups = 0;

    begin_work ();
    handle (SIGALRM);
    if (tempfile_cleanup_on_signals () != 0)
        wrong ("tempfile_cleanup_on_signals");
    struct worker *workers = calloc ((size_t) count, sizeof *workers);
    for (int i = 0; workers && i < count; i++) {
        begin_worker (&workers[i], i);
        workers[i].cleaned = true;
        if (pthread_create (&workers[i].thread, NULL, work, &workers[i]) != 0)
            wrong ("thread %d cannot be made", i);
    }
    for (; now () < end; cleanups++) {
        sleep_for (1.0 / EACH);
        if (cleanups % 2)
            kill (getpid (), SIGALRM);
        else
            tempfile_cleanup ();
    }
    long pieces = end_workers (workers, count);
    note ("%d threads, %ld times cleaned up, %ld pieces of work", count, cleanups, pieces);
    if (atomic_load (&arrived) == 0)
        wrong ("no signal has arrived");
}

/* --- ends: a signal ends the process in the midst of it, and nothing is left --- */

enum { ENDED_THREADS = 6 };

static void
be_ended (uint64_t seed, int ready)
{
    struct worker *workers = calloc (ENDED_THREADS, sizeof *workers);
    struct rlimit none = {0, 0};
    setrlimit (RLIMIT_CORE, &none);
    if (!freopen ("/dev/null", "w", stderr)) /* what fails while the process ends is no news */
        _exit (1);
    stress.seed = seed;
    begin_work ();
    if (!workers || tempfile_cleanup_on_signals () != 0)
        _exit (1);
    for (int i = 0; i < ENDED_THREADS; i++) {
        begin_worker (&workers[i], i);
        workers[i].leaves = false;
        workers[i].cleaned = true;
        if (pthread_create (&workers[i].thread, NULL, work, &workers[i]) != 0)
            _exit (1);
    }
    write_all (ready, "", 1);
    for (;;)
        pause ();
}

static void
end_by_signals (void)
{
#if defined ADDRESS_SANITIZER || defined THREAD_SANITIZER /* which has SIGSEGV for itself */
    static const int fatal[] = {SIGTERM, SIGHUP, SIGINT, SIGALRM, SIGPIPE};
#else
    static const int fatal[] = {SIGTERM, SIGHUP, SIGINT, SIGALRM, SIGPIPE, SIGABRT, SIGSEGV};
#endif
    struct worker w;
    double end = now () + stress.seconds;
    long count = 0;

    begin_worker (&w, 0);
    for (; now () < end && wrongs () == 0; count++) {
        int sig = fatal[count % LENGTH (fatal)], ready[2];
        char byte;
        if (pipe (ready) != 0)
            return;
        pid_t child = fork ();
        if (child == 0)
            be_ended (next_random (&w), ready[1]);
        close (ready[1]);
        if (read (ready[0], &byte, 1) != 1)
            wrong ("a process that is to be ended");
        close (ready[0]);
        sleep_for (pick (&w, 30) / 1000.0);
        kill (child, sig);
        int status = wait_for (child);
        if (!WIFSIGNALED (status) || WTERMSIG (status) != sig)
            wrong ("signal %d: wait status %#x", sig, (unsigned) status);
        if (count_entries (stress.dir) != 0)
            wrong ("signal %d: %ld names are left", sig, count_entries (stress.dir));
    }
    note ("%ld processes of %d threads ended by signals", count, ENDED_THREADS);
}

/* --- all of them --- */

const struct scenario scenarios[] = {
    {"mix", "all kinds of work in all threads at random", mix, 0.3, false},
    {"forks", "100,000 streams while 100 children come and end in all ways", forks, 0, false},
    {"exit", "1,000,000 names left for exit", leave_names, 0, true},
    {"descriptors", "50,000 streams open at once, and then no descriptor left", open_all, 0, true},
    {"names", "10,000,000 names, none of them twice, with forks in between", make_names, 0, false},
    {"signals", "a storm of signals while all threads work", interrupt_all, 0.2, false},
    {"cleanups", "tempfile_cleanup() in a process that goes on", clean_and_go_on, 0.1, false},
    {"ends", "signals that end processes in the midst of work", end_by_signals, 0.15, false},
    {"cancels", "threads that are cancelled in the midst of work", cancel_threads, 0.1, false},
    {"kills", "1,000 processes killed while they save a file by a copy", kill_savers, 0, false},
    {"readers", "readers of a file that others save in all ways", race_readers, 0.1, false},
};
const int n_scenarios = LENGTH (scenarios);

/* --- what other programs see --- */

/* Whether a descriptor of this program is a file under DIR. */
static int
inherits (const char *dir)
{
    DIR *d = opendir ("/proc/self/fd");
    int found = 0;
    for (struct dirent *e; d && (e = readdir (d));) {
        char target[PATH_MAX];
        ssize_t n = readlinkat (dirfd (d), e->d_name, target, sizeof target - 1);
        target[n < 0 ? 0 : n] = '\0';
        found |= strncmp (target, dir, strlen (dir)) == 0;
    }
    if (d)
        closedir (d);
    return found;
}

int
run_inside (char **argv)
{
    if (argv[0] && argv[1] && strcmp (argv[0], "inherits") == 0)
        return inherits (argv[1]);
    return 2;
}
