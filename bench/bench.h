/* SPDX-License-Identifier: MIT */
/*
 * bench.h - what the benchmarks have in common: options, directories, timing, tables.
 *
 * A benchmark is a file that fills in rows and calls bench_table() for each directory; see
 * create.c. README says how to read what it prints.
 */
#ifndef BENCH_H
#define BENCH_H

#include <stddef.h>

/*
 * One competitor. The first row of a table is its floor, which the others are compared with: the
 * bare calls. A row may name a second floor: what libc's stream over the same calls costs. It has
 * either of RUN and TIME.
 */
struct bench_row {
    const char *name;
    int (*run) (const char *dir); /* does it once; 0, or -1 with errno */
    /* Does it COUNT times, and takes its own time: seconds, or less than 0 with errno. */
    double (*time) (const struct bench_row *row, const char *dir, size_t count);
    void *arg;            /* for TIME */
    const char *word;     /* for TIME */
    size_t items;         /* what is done once is so many things, and one is printed; 0 is 1 */
    const char *left_out; /* not NULL: it does not run, for this reason */
    const char *floor;    /* the name of the row that is its second floor, or NULL */
};

/* Runs the rows against each other in DIR and prints how they compare. */
void bench_table (const char *title, const struct bench_row *rows, size_t n, const char *dir);

/* Whether tmpfile() makes its files in DIR's file system; if not, it is no competitor there. */
int bench_has_tmpfile (const char *dir);

/* True if few rounds are asked for: what takes minutes makes do with less then. */
int bench_in_a_hurry (void);

/*
 * The same for what uses up something that is made before, by PREPARE, which is not timed. Each
 * turn is one run, and there is one round for forty of those asked for, but at least seven.
 */
void bench_prepared_table (const char *title, const struct bench_row *rows, size_t n,
                           const char *dir, int (*prepare) (const char *dir));

/*
 * What takes its own time, for there is something to prepare in between, or it runs elsewhere:
 * does it once and returns the seconds, or less than 0 with errno. NULL: left out.
 */
struct bench_timed {
    const char *name;
    double (*run) (void);
};

/* Of the median round: the time, and how many times as long as the first competitor took, with
 * the quartiles of that. */
struct bench_ratio {
    double seconds, ratio, low, high;
};

/* Runs them by turns, one round for 140 of those asked for, but at least seven. RESULTS has room
 * for all N; those of who was left out are 0. The caller prints them. */
void bench_ratios (const struct bench_timed *, size_t n, struct bench_ratio *results);

/*
 * A line for the file of option -c, for what bench_table() does not print. NANOSECONDS may be any
 * number that the name of the row explains. There is no second floor.
 */
void bench_record (const char *row, const char *competitor, double nanoseconds, double ratio,
                   double low, double high);

/* Option -s. */
size_t bench_mebibytes (void);

/* Seconds, from wherever. */
double bench_now (void);

/*
 * The main function of a benchmark: reads the options and calls RUN for each directory on the
 * command line, or by default for one on disk and one in memory. Returns the exit status.
 */
int bench_main (int argc, char **argv, void (*run) (const char *dir));

#endif /* BENCH_H */
