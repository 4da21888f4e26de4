/* SPDX-License-Identifier: MIT */
/*
 * stress - many threads, many files, many processes, for minutes or for hours; not part of make
 * check.
 *
 *     stress [SCENARIO...]      each scenario (all, if none is named), with its time or its count
 *     stress --soak SECONDS     mixed work at a gentle pace, and a line each minute that says what
 *                               the process has of memory, descriptors, threads and names
 *     stress --list             what there is
 *
 *   TEMPFILE_STRESS_SECONDS   how long all scenarios take together, about   (240)
 *   TEMPFILE_STRESS_THREADS   how many threads work at once                 (64)
 *   TEMPFILE_STRESS_SEED      where random numbers start                    (the time)
 *   TEMPFILE_STRESS_PACE      of one processor, in percent, for --soak      (20)
 *
 * Each scenario is a process of its own, with a directory of its own under TMPDIR, or under
 * /dev/shm where it wants a file system in memory. In the end its directory must be empty, it must
 * have the descriptors that it began with, no child of it may be left, and nothing may have been
 * wrong on the way.
 */
#include <config.h>

#include "stress.h"
#include "tree.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#ifdef HAVE_MALLINFO2
#include <malloc.h>
#endif

#include <tempfile.h>

struct stress stress;

static char directory[PATH_MAX];
static char notes[512];

/* --- words --- */

static atomic_int wrong_count;

int
wrongs (void)
{
    return atomic_load (&wrong_count);
}

void
wrong (const char *how, ...)
{
    int error = errno;
    char text[1024], line[2200];
    va_list arguments;

    if (atomic_fetch_add (&wrong_count, 1) >= 20)
        return;
    va_start (arguments, how);
    (void) vsnprintf (text, sizeof text, how, arguments);
    va_end (arguments);
    int n = snprintf (line, sizeof line, "    wrong: %s (%s; %s)\n", text, strerror (error),
                      tempfile_errmsg ());
    if (n > 0)
        (void) !write (STDERR_FILENO, line, (size_t) n);
}

void
note (const char *how, ...)
{
    va_list arguments;
    size_t used = strlen (notes);

    va_start (arguments, how);
    (void) vsnprintf (notes + used, sizeof notes - used, how, arguments);
    va_end (arguments);
}

void
skip (const char *how, ...)
{
    va_list arguments;

    printf ("SKIP ");
    va_start (arguments, how);
    vprintf (how, arguments);
    va_end (arguments);
    printf ("\n");
    fflush (stdout);
}

double
now (void)
{
    struct timespec t;

    clock_gettime (CLOCK_MONOTONIC, &t);
    return (double) t.tv_sec + (double) t.tv_nsec * 1e-9;
}

void
sleep_for (double seconds)
{
    double end = now () + seconds;

    for (double left = seconds; left > 0; left = end - now ()) {
        struct timespec t = {.tv_sec = (time_t) left};
        t.tv_nsec = (long) ((left - (double) t.tv_sec) * 1e9);
        nanosleep (&t, NULL);
    }
}

long
scaled (long count)
{
    long n = (long) ((double) count * stress.scale);

    return n > 0 ? n : 1;
}

static double
setting (const char *name, double value)
{
    const char *given = getenv (name);

    return given && *given ? atof (given) : value;
}

/* --- what is there --- */

long
count_entries (const char *dir)
{
    DIR *d = opendir (dir);
    long count = 0;

    if (!d)
        return -1;
    for (struct dirent *e; (e = readdir (d));)
        count += !is_dots (e->d_name);
    closedir (d);
    return count;
}

/* Less the one that it takes to look. */
long
count_descriptors (void)
{
    long count = count_entries ("/proc/self/fd");

    return count < 0 ? -1 : count - 1;
}

int
wait_for (pid_t child)
{
    int status;

    for (;;) {
        if (waitpid (child, &status, 0) == child)
            return status;
        if (errno != EINTR)
            return -1;
    }
}

/* Some of what is left in DIR, by name, and then all is removed. */
static void
tell_and_remove (const char *dir)
{
    DIR *d = opendir (dir);
    int told = 0;

    for (struct dirent *e; d && told < 5 && (e = readdir (d));)
        if (!is_dots (e->d_name) && ++told)
            fprintf (stderr, "    left: %s/%s\n", dir, e->d_name);
    if (d)
        closedir (d);
    remove_tree (dir);
}

/* --- a directory, and a process, for each --- */

static const char *
base_directory (bool in_memory)
{
    const char *given = getenv ("TMPDIR");

    if (in_memory && access ("/dev/shm", W_OK | X_OK) == 0)
        return "/dev/shm";
    return given && *given ? given : "/tmp";
}

static void
make_directory (bool in_memory)
{
    char *base = realpath (base_directory (in_memory), NULL);

    if (!base ||
        snprintf (directory, sizeof directory, "%s/libtempfile-stress.XXXXXX", base) >=
            (int) sizeof directory - 64 ||
        !mkdtemp (directory)) {
        perror ("stress: a directory");
        exit (2);
    }
    free (base);
    stress.dir = directory;
}

static volatile sig_atomic_t interrupted;

static void
interrupt (int sig)
{
    interrupted = sig;
}

/* In the child. Its end is exit(), for what the library does then is part of it. */
static void
live (void (*run) (void))
{
    struct sigaction usual = {.sa_handler = SIG_DFL};

    sigaction (SIGINT, &usual, NULL);
    sigaction (SIGTERM, &usual, NULL);
    setpgid (0, 0);
    setenv ("TMPDIR", stress.dir, 1);
    long before = count_descriptors ();
    run ();
    long after = count_descriptors ();
    if (before != after)
        wrong ("%ld descriptors, %ld in the end", before, after);
    if (*notes)
        printf ("        %s\n", notes);
    exit (wrongs () ? 1 : 0);
}

/* NULL: the child has ended as it should; or what is wrong. */
static const char *
wait_until (pid_t child, double end)
{
    int status;

    while (waitpid (child, &status, WNOHANG) == 0) {
        if (interrupted || now () > end) {
            kill (-child, SIGKILL);
            wait_for (child);
            return interrupted ? "interrupted" : "stuck";
        }
        struct timespec moment = {.tv_nsec = 10000000};
        nanosleep (&moment, NULL);
    }
    if (kill (-child, SIGKILL) == 0)
        return "it has left processes";
    if (WIFSIGNALED (status))
        return "it was ended by a signal";
    return status == 0 ? NULL : "see above";
}

static bool
run_alone (const char *name, void (*run) (void), bool in_memory, double patience)
{
    make_directory (in_memory);
    double start = now ();
    fflush (stdout);
    pid_t child = fork ();
    if (child == 0)
        live (run);
    setpgid (child, child);
    const char *why = child < 0 ? "fork" : wait_until (child, start + patience);
    long left = count_entries (directory);
    if (left != 0)
        tell_and_remove (directory);
    else
        rmdir (directory);
    if (!why && left != 0)
        why = "something is left in the directory";
    printf ("%s %-12s %6.1f s%s%s\n", why ? "not ok" : "ok    ", name, now () - start,
            why ? ": " : "", why ? why : "");
    fflush (stdout);
    return !why;
}

/* --- a soak --- */

struct sample {
    long minute, pieces, resident, used, descriptors, threads, names;
};

/* Work goes on only while this is locked for reading. */
static pthread_rwlock_t pause_lock = PTHREAD_RWLOCK_INITIALIZER;
static double pace;

static double
own_seconds (void)
{
    struct timespec t;

    clock_gettime (CLOCK_THREAD_CPUTIME_ID, &t);
    return (double) t.tv_sec + (double) t.tv_nsec * 1e-9;
}

enum { SOAKERS = 4 };

/* Sleeps in proportion to what it has worked. */
static void *
soak_one (void *worker)
{
    double rest = SOAKERS / pace - 1, slept = own_seconds ();

    while (!atomic_load (&stop_work)) {
        pthread_rwlock_rdlock (&pause_lock);
        work_once (worker);
        pthread_rwlock_unlock (&pause_lock);
        double worked = own_seconds () - slept;
        if (worked < 0.002)
            continue;
        slept += worked;
        sleep_for (rest > 0 ? worked * rest : 0);
    }
    return NULL;
}

/* A line of /proc/self/status, in KiB where it says so; -1: there is none. */
static long
status_of (const char *what)
{
    char line[256];
    long value = -1;
    FILE *f = fopen ("/proc/self/status", "re");

    while (f && value < 0 && fgets (line, sizeof line, f))
        if (strncmp (line, what, strlen (what)) == 0)
            value = atol (line + strlen (what));
    if (f)
        fclose (f);
    return value;
}

static long
allocated (void)
{
#ifdef HAVE_MALLINFO2
    struct mallinfo2 m = mallinfo2 ();
    return (long) ((m.uordblks + m.hblkhd) / 1024);
#else
    return -1;
#endif
}

/* With all work paused, so that there is nothing that comes and goes. */
static struct sample
take_sample (struct worker *workers, double start)
{
    pthread_rwlock_wrlock (&pause_lock);
    struct sample s = {.minute = (long) ((now () - start) / 60),
                       .resident = status_of ("VmRSS:"),
                       .used = allocated (),
                       .descriptors = count_descriptors (),
                       .threads = status_of ("Threads:"),
                       .names = count_entries (stress.dir)};
    for (int i = 0; i < SOAKERS; i++)
        s.pieces += atomic_load (&workers[i].done);
    pthread_rwlock_unlock (&pause_lock);
    printf ("%6ld %10ld %10ld %10ld %12ld %8ld %6ld\n", s.minute, s.pieces, s.resident, s.used,
            s.descriptors, s.threads, s.names);
    fflush (stdout);
    return s;
}

/* What there may be more of, in KiB, than after the warm-up: libc's arenas come into use late. */
enum { SLACK_RESIDENT = 4096, SLACK_USED = 512 };

static void
compare_samples (const struct sample *warm, const struct sample *s)
{
    if (s->descriptors != warm->descriptors || s->threads != warm->threads || s->names != 0)
        wrong ("minute %ld: descriptors, threads or names", s->minute);
    if (s->resident > warm->resident + SLACK_RESIDENT || s->used > warm->used + SLACK_USED)
        wrong ("minute %ld: memory", s->minute);
}

/* A sixth of the time is for warming up. */
static void
soak (void)
{
    struct worker workers[SOAKERS];
    double start = now (), end = start + stress.seconds;
    double step = stress.seconds < 1200 ? stress.seconds / 20 : 60;
    struct sample warm = {0};

    begin_work ();
    pace = setting ("TEMPFILE_STRESS_PACE", 20) / 100;
    printf ("%6s %10s %10s %10s %12s %8s %6s\n", "minute", "pieces", "VmRSS KiB", "malloc KiB",
            "descriptors", "threads", "names");
    for (int i = 0; i < SOAKERS; i++) {
        begin_worker (&workers[i], i);
        if (pthread_create (&workers[i].thread, NULL, soak_one, &workers[i]) != 0)
            wrong ("a thread cannot be made");
    }
    for (int i = 1; now () < end; i++) {
        sleep_for (start + i * step - now ());
        struct sample s = take_sample (workers, start);
        if (now () - start < stress.seconds / 6)
            continue;
        if (warm.pieces == 0)
            warm = s;
        compare_samples (&warm, &s);
    }
    atomic_store (&stop_work, true);
    for (int i = 0; i < SOAKERS; i++)
        pthread_join (workers[i].thread, NULL);
}

/* --- the program --- */

static bool
run_scenario (const struct scenario *s, double seconds)
{
    stress.seconds = seconds * s->share;
    return run_alone (s->name, s->run, s->in_memory, stress.seconds * 4 + seconds * 10 + 300);
}

static const struct scenario *
find_scenario (const char *name)
{
    for (int i = 0; i < n_scenarios; i++)
        if (strcmp (scenarios[i].name, name) == 0)
            return &scenarios[i];
    fprintf (stderr, "stress: no scenario '%s'\n", name);
    exit (2);
}

static int
list_scenarios (void)
{
    for (int i = 0; i < n_scenarios; i++)
        printf ("%-12s %s\n", scenarios[i].name, scenarios[i].what);
    return 0;
}

/* In as many seconds the counts are what --list says. */
enum { WHOLE = 120 };

static int
run_scenarios (char **names)
{
    double seconds = setting ("TEMPFILE_STRESS_SECONDS", 240);
    int failed = 0;

    stress.scale = seconds < WHOLE ? seconds / WHOLE : 1;
    for (int i = 0; i < n_scenarios && !*names && !interrupted; i++)
        failed += !run_scenario (&scenarios[i], seconds);
    for (; *names && !interrupted; names++)
        failed += !run_scenario (find_scenario (*names), seconds);
    printf ("%s\n", failed ? "not ok" : "ok");
    return failed || interrupted;
}

int
main (int argc, char **argv)
{
    const char *task = argc > 1 ? argv[1] : "";
    struct sigaction action = {.sa_handler = interrupt};

    if (strcmp (task, "--inside") == 0)
        return run_inside (argv + 2);
    if (strcmp (task, "--list") == 0)
        return list_scenarios ();
    sigaction (SIGINT, &action, NULL);
    sigaction (SIGTERM, &action, NULL);
    stress.threads = (int) setting ("TEMPFILE_STRESS_THREADS", 64);
    stress.seed = (uint64_t) setting ("TEMPFILE_STRESS_SEED", (double) time (NULL));
    printf ("seed %llu\n", (unsigned long long) stress.seed);
    if (strcmp (task, "--soak") != 0)
        return run_scenarios (argv + 1);
    stress.seconds = argc > 2 ? atof (argv[2]) : 3600;
    return !run_alone ("soak", soak, false, stress.seconds + 300);
}
