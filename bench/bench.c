/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE

#include "bench.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/vfs.h>
#endif

enum { MAX_ROWS = 16 };

static size_t rounds = 1001;
static double turn = 0.3e-3;
static size_t mebibytes = 256;

static _Noreturn void
die (const char *what)
{
    fprintf (stderr, "bench: %s: %s\n", what, strerror (errno));
    exit (2);
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

/*
 * Ratios are taken within each round, and their median is printed: whatever makes the machine
 * slower for a while then makes both sides slower.
 */
static void
print_row (const struct bench_row *row, double *samples, const double *floor)
{
    double *ratios = malloc (rounds * sizeof *ratios);
    if (!ratios)
        die ("memory");
    for (size_t r = 0; r < rounds; r++)
        ratios[r] = samples[r] / floor[r];
    printf ("  %-44s %8.2f us  %6.3f  [%.3f %.3f]\n", row->name, 1e6 * quantile (samples, 0.5),
            quantile (ratios, 0.5), quantile (ratios, 0.25), quantile (ratios, 0.75));
    free (ratios);
}

static void
compare_rows (const char *title, const struct bench_row *rows, size_t n, const char *dir,
              int (*prepare) (const char *dir))
{
    double *samples[MAX_ROWS];
    size_t counts[MAX_ROWS], order[MAX_ROWS], running = 0;
    double *floor = malloc (rounds * sizeof *floor);

    for (size_t i = 0; i < n && i < MAX_ROWS; i++) {
        samples[i] = malloc (rounds * sizeof *samples[i]);
        if (!samples[i] || !floor)
            die ("memory");
        if (rows[i].left_out)
            continue;
        counts[i] = prepare ? 1 : calibrate (&rows[i], dir);
        order[running++] = i;
    }
    for (size_t r = 0; r < rounds; r++) {
        shuffle (order, running);
        for (size_t k = 0; k < running; k++)
            samples[order[k]][r] = prepare ? time_prepared (&rows[order[k]], dir, prepare)
                                           : time_turn (&rows[order[k]], dir, counts[order[k]]);
    }

    printf ("\n  %-44s %11s  %6s  %s\n", title, "median", "ratio", "[quartiles]");
    memcpy (floor, samples[0], rounds * sizeof *floor);
    for (size_t i = 0; i < n && i < MAX_ROWS; i++) {
        if (rows[i].left_out)
            printf ("  %-44s left out: %s\n", rows[i].name, rows[i].left_out);
        else
            print_row (&rows[i], samples[i], floor);
        free (samples[i]);
    }
    free (floor);
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
        results[i] = (struct bench_ratio){0, 0};
        if (!competitors[i].run)
            continue;
        double *ratios = malloc (rounds * sizeof *ratios);
        if (!ratios)
            die ("memory");
        for (size_t r = 0; r < rounds; r++)
            ratios[r] = samples[i][r] / samples[0][r];
        results[i].ratio = quantile (ratios, 0.5);
        results[i].seconds = quantile (samples[i], 0.5);
        free (ratios);
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
usage (const char *program)
{
    fprintf (stderr,
             "usage: %s [-r ROUNDS] [-t MILLISECONDS] [-s MEBIBYTES] [DIR...]\n"
             "  -r  rounds, at least 7 (%zu)\n"
             "  -t  how long each competitor's turn in a round is (%g)\n"
             "  -s  how much is written and read, where that matters (%zu)\n"
             "DIR: by default $TMPDIR, else /tmp, and /dev/shm\n",
             program, rounds, 1e3 * turn, mebibytes);
    return 2;
}

static void
run_in (const char *dir, void (*run) (const char *dir))
{
    printf ("\n%s (%s), %zu rounds\n", dir, file_system (dir), rounds);
    run (dir);
}

int
bench_main (int argc, char **argv, void (*run) (const char *dir))
{
    int option;
    while ((option = getopt (argc, argv, "r:t:s:")) != -1) {
        if (option == 'r')
            rounds = strtoul (optarg, NULL, 10);
        else if (option == 't')
            turn = 1e-3 * strtod (optarg, NULL);
        else if (option == 's')
            mebibytes = strtoul (optarg, NULL, 10);
        else
            return usage (argv[0]);
    }
    if (rounds < 7 || rounds > 1000000 || !(turn > 0) || mebibytes < 1 || mebibytes > 65536)
        return usage (argv[0]);

    for (int i = optind; i < argc; i++)
        run_in (argv[i], run);
    if (optind < argc)
        return 0;
    const char *tmpdir = getenv ("TMPDIR");
    run_in (tmpdir && *tmpdir ? tmpdir : "/tmp", run);
    if (access ("/dev/shm", W_OK) == 0)
        run_in ("/dev/shm", run);
    return 0;
}
