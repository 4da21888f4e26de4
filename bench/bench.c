/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE

#include "bench.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/vfs.h>
#endif

enum { MAX_ROWS = 16 };

static size_t rounds = 1001;
static double turn = 0.3e-3;
static size_t mebibytes = 256;
static const char *program, *place;
static FILE *csv;

static _Noreturn void
die (const char *what)
{
    fprintf (stderr, "%s: %s: %s\n", program, what, strerror (errno));
    exit (2);
}

static void
put_quoted (const char *text)
{
    putc ('"', csv);
    for (; *text; text++) {
        if (*text == '"')
            putc ('"', csv);
        putc (*text, csv);
    }
    fputs ("\",", csv);
}

/* SECOND is the ratio to the second floor; 0: there is none. */
static void
record (const char *row, const char *competitor, const struct bench_ratio *r, double second)
{
    if (!csv)
        return;
    put_quoted (program);
    put_quoted (row);
    put_quoted (competitor);
    put_quoted (place);
    fprintf (csv, "%.2f,%.4f,%.4f,%.4f,%zu,", 1e9 * r->seconds, r->ratio, r->low, r->high, rounds);
    if (second > 0)
        fprintf (csv, "%.4f", second);
    putc ('\n', csv);
}

void
bench_record (const char *row, const char *competitor, double nanoseconds, double ratio, double low,
              double high)
{
    record (row, competitor, &(struct bench_ratio){1e-9 * nanoseconds, ratio, low, high}, 0);
}

double
bench_now (void)
{
    struct timespec t;
    clock_gettime (CLOCK_MONOTONIC, &t);
    return (double) t.tv_sec + 1e-9 * (double) t.tv_nsec;
}

/* Seconds for one operation, as the mean of COUNT in a row. */
static double
time_turn (const struct bench_row *row, const char *dir, size_t count)
{
    if (row->time) {
        double seconds = row->time (row, dir, count);
        if (seconds < 0)
            die (row->name);
        return seconds / (double) count;
    }
    double begin = bench_now ();
    for (size_t i = 0; i < count; i++)
        if (row->run (dir))
            die (row->name);
    return (bench_now () - begin) / (double) count;
}

/* How many operations fill one turn; finding that out warms up the caches as well. */
static size_t
calibrate (const struct bench_row *row, const char *dir)
{
    for (size_t count = 1;; count *= 2) {
        double seconds = time_turn (row, dir, count) * (double) count;
        if (seconds >= turn)
            return (size_t) ((double) count * turn / seconds) + 1;
    }
}

static double
time_prepared (const struct bench_row *row, const char *dir, int (*prepare) (const char *dir))
{
    if (prepare (dir))
        die ("preparation");
    return time_turn (row, dir, 1);
}

static int
compare (const void *a, const void *b)
{
    double x = *(const double *) a, y = *(const double *) b;
    return (x > y) - (x < y);
}

/* Sorts SAMPLES; FRACTION 0.5 is the median. */
static double
quantile (double *samples, double fraction)
{
    qsort (samples, rounds, sizeof *samples, compare);
    return samples[(size_t) (fraction * (double) (rounds - 1) + 0.5)];
}

/* A new order in each round, so that none always profits or suffers from the same predecessor. */
static void
shuffle (size_t *order, size_t n)
{
    static uint64_t state = 88172645463325252;
    for (size_t i = n; i > 1; i--) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        size_t k = (size_t) (state % i), t = order[k];
        order[k] = order[i - 1];
        order[i - 1] = t;
    }
}

static void
print_time (double seconds)
{
    if (seconds < 1e-6)
        printf (" %8.2f ns", 1e9 * seconds);
    else
        printf (" %8.2f us", 1e6 * seconds);
}

/*
 * Ratios are taken within each round, and their median is printed: whatever makes the machine
 * slower for a while then makes both sides slower.
 */
static void
judge (const double *samples, const double *floor, struct bench_ratio *result)
{
    double *sorted = malloc (rounds * sizeof *sorted);
    if (!sorted)
        die ("memory");
    for (size_t r = 0; r < rounds; r++)
        sorted[r] = samples[r] / floor[r];
    result->ratio = quantile (sorted, 0.5);
    result->low = quantile (sorted, 0.25);
    result->high = quantile (sorted, 0.75);
    memcpy (sorted, samples, rounds * sizeof *sorted);
    result->seconds = quantile (sorted, 0.5);
    free (sorted);
}

/* The row that is the second floor of row I, or N. */
static size_t
second_floor (const struct bench_row *rows, size_t n, size_t i)
{
    for (size_t k = 0; rows[i].floor && k < n; k++)
        if (strcmp (rows[k].name, rows[i].floor) == 0 && !rows[k].left_out)
            return k;
    return n;
}

/* FLOORS has the samples of the first and, if SECOND, the second floor. */
static void
print_row (const char *title, const struct bench_row *row, const double *samples,
           const double *const *floors)
{
    struct bench_ratio r, second = {0};
    if (row->left_out) {
        printf ("  %-44s left out: %s\n", row->name, row->left_out);
        return;
    }
    judge (samples, floors[0], &r);
    printf ("  %-44s", row->name);
    print_time (r.seconds);
    printf ("  %6.3f  [%.3f %.3f]", r.ratio, r.low, r.high);
    if (floors[1]) {
        judge (samples, floors[1], &second);
        printf ("  %6.3f  [%.3f %.3f]", second.ratio, second.low, second.high);
    }
    putchar ('\n');
    record (title, row->name, &r, second.ratio);
}

static void
run_rounds (const struct bench_row *rows, size_t *order, size_t running, const size_t *counts,
            double **samples, const char *dir, int (*prepare) (const char *dir))
{
    for (size_t r = 0; r < rounds; r++) {
        shuffle (order, running);
        for (size_t k = 0; k < running; k++) {
            const struct bench_row *row = &rows[order[k]];
            double seconds = prepare ? time_prepared (row, dir, prepare)
                                     : time_turn (row, dir, counts[order[k]]);
            samples[order[k]][r] = seconds / (double) (row->items ? row->items : 1);
        }
    }
}

static void
compare_rows (const char *title, const struct bench_row *rows, size_t n, const char *dir,
              int (*prepare) (const char *dir))
{
    double *samples[MAX_ROWS];
    size_t counts[MAX_ROWS], order[MAX_ROWS], running = 0;

    n = n < MAX_ROWS ? n : MAX_ROWS;
    for (size_t i = 0; i < n; i++) {
        samples[i] = malloc (rounds * sizeof *samples[i]);
        if (!samples[i])
            die ("memory");
        if (rows[i].left_out)
            continue;
        counts[i] = prepare ? 1 : calibrate (&rows[i], dir);
        order[running++] = i;
    }
    run_rounds (rows, order, running, counts, samples, dir, prepare);

    printf ("\n  %-44s %11s  %6s  %-13s  %s\n", title, "median", "ratio", "[quartiles]",
            "to the second floor");
    for (size_t i = 0; i < n; i++) {
        size_t k = second_floor (rows, n, i);
        const double *floors[] = {samples[0], k < n ? samples[k] : NULL};
        print_row (title, &rows[i], samples[i], floors);
    }
    for (size_t i = 0; i < n; i++)
        free (samples[i]);
    fflush (stdout);
}

/* tmpfile() knows one directory only; elsewhere the comparison would be one of file systems. */
int
bench_has_tmpfile (const char *dir)
{
    struct stat here, there;
    return !stat (dir, &here) && !stat (P_tmpdir, &there) && here.st_dev == there.st_dev;
}

void
bench_table (const char *title, const struct bench_row *rows, size_t n, const char *dir)
{
    compare_rows (title, rows, n, dir, NULL);
}

int
bench_in_a_hurry (void)
{
    return rounds < 7 * 40;
}

void
bench_prepared_table (const char *title, const struct bench_row *rows, size_t n, const char *dir,
                      int (*prepare) (const char *dir))
{
    size_t asked = rounds;
    rounds = asked < 7 * 40 ? 7 : asked / 40;
    compare_rows (title, rows, n, dir, prepare);
    rounds = asked;
}

static size_t
enough_rounds (void)
{
    return rounds < 7 * 140 ? 7 : rounds / 140;
}

static void
run_round (const struct bench_timed *competitors, size_t *order, size_t n, double **samples,
           size_t round)
{
    shuffle (order, n);
    for (size_t k = 0; k < n; k++) {
        size_t i = order[k];
        samples[i][round] = competitors[i].run ();
        if (samples[i][round] < 0)
            die (competitors[i].name);
    }
}

void
bench_ratios (const struct bench_timed *competitors, size_t n, struct bench_ratio *results)
{
    double *samples[MAX_ROWS];
    size_t order[MAX_ROWS], running = 0, asked = rounds;
    rounds = enough_rounds ();
    for (size_t i = 0; i < n && i < MAX_ROWS; i++) {
        samples[i] = malloc (rounds * sizeof *samples[i]);
        if (!samples[i])
            die ("memory");
        if (competitors[i].run)
            order[running++] = i;
    }
    for (size_t r = 0; r < rounds; r++)
        run_round (competitors, order, running, samples, r);
    for (size_t i = n; i-- > 0;) {
        results[i] = (struct bench_ratio){0, 0, 0, 0};
        if (competitors[i].run)
            judge (samples[i], samples[0], &results[i]);
    }
    for (size_t i = 0; i < n && i < MAX_ROWS; i++)
        free (samples[i]);
    rounds = asked;
}

size_t
bench_mebibytes (void)
{
    return mebibytes;
}

static const char *
file_system (const char *dir)
{
#ifdef __linux__
    static const struct {
        unsigned long magic;
        const char *name;
    } types[] = {
        {0xef53, "ext2/3/4"},      {0x01021994, "tmpfs"}, {0x58465342, "xfs"},
        {0x9123683e, "btrfs"},     {0xf2f52010, "f2fs"},  {0x2fc12fc1, "zfs"},
        {0x794c7630, "overlayfs"}, {0x6969, "nfs"},       {0x65735546, "fuse"},
    };
    struct statfs info;
    if (statfs (dir, &info))
        die (dir);
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (types[i].magic == ((unsigned long) info.f_type & 0xffffffff))
            return types[i].name;
#else
    (void) dir;
#endif
    return "file system unknown";
}

static int
usage (void)
{
    fprintf (stderr,
             "usage: %s [-r ROUNDS] [-t MILLISECONDS] [-s MEBIBYTES] [-c FILE] [DIR...]\n"
             "  -r  rounds, at least 7 (%zu)\n"
             "  -t  how long each competitor's turn in a round is (%g)\n"
             "  -s  how much is written and read, where that matters (%zu)\n"
             "  -c  adds a line of comma-separated values for each row to FILE\n"
             "DIR: by default $TMPDIR, else /tmp, and /dev/shm\n",
             program, rounds, 1e3 * turn, mebibytes);
    return 2;
}

/*
 * In a process of its own, whose TMPDIR this is: some of the competitors look there, and only once.
 * Returns the exit status.
 */
static int
run_in (const char *dir, void (*run) (const char *dir))
{
    int status;
    fflush (NULL);
    pid_t child = fork ();
    if (child == 0) {
        place = file_system (dir);
        printf ("\n%s (%s), %zu rounds\n", dir, place, rounds);
        if (setenv ("TMPDIR", dir, 1))
            die (dir);
        run (dir);
        exit (0);
    }
    if (child < 0 || waitpid (child, &status, 0) != child)
        die (dir);
    return WIFEXITED (status) ? WEXITSTATUS (status) : 2;
}

static int
open_csv (const char *name)
{
    csv = fopen (name, "ae");
    if (!csv || fseeko (csv, 0, SEEK_END))
        return -1;
    if (ftello (csv) == 0)
        fputs ("program,row,competitor,directory type,median ns,ratio,q1,q3,rounds,"
               "second ratio\n",
               csv);
    return 0;
}

static int
parse (int argc, char **argv)
{
    int option;
    while ((option = getopt (argc, argv, "r:t:s:c:")) != -1) {
        if (option == 'r')
            rounds = strtoul (optarg, NULL, 10);
        else if (option == 't')
            turn = 1e-3 * strtod (optarg, NULL);
        else if (option == 's')
            mebibytes = strtoul (optarg, NULL, 10);
        else if (option != 'c')
            return -1;
        else if (open_csv (optarg))
            die (optarg);
    }
    bool sensible = rounds >= 7 && rounds <= 1000000 && turn > 0;
    return sensible && mebibytes >= 1 && mebibytes <= 65536 ? 0 : -1;
}

int
bench_main (int argc, char **argv, void (*run) (const char *dir))
{
    const char *slash = strrchr (argv[0], '/'), *tmpdir = getenv ("TMPDIR");
    program = slash ? slash + 1 : argv[0];
    if (parse (argc, argv) < 0)
        return usage ();

    int status = 0;
    for (int i = optind; i < argc && status == 0; i++)
        status = run_in (argv[i], run);
    if (optind < argc)
        return status;
    status = run_in (tmpdir && *tmpdir ? tmpdir : "/tmp", run);
    if (status == 0 && access ("/dev/shm", W_OK) == 0)
        status = run_in ("/dev/shm", run);
    return status;
}
