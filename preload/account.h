/* SPDX-License-Identifier: MIT */
/*
 * tempfile-run --audit: what the process reports when it ends of the files that tmpfile() made. The
 * variable tells the preloaded library to keep account. Its value names the process that was asked
 * for, which also reports when it has made none, and the file that standard error was: nothing is
 * written to another that the program has there in the end.
 */
#ifndef ACCOUNT_H
#define ACCOUNT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define ACCOUNT_VARIABLE "TEMPFILE_RUN_AUDIT"

enum { ACCOUNT_SIZE = 80 };

/* The value for this process, whose standard error is ST. */
static inline void
tempfile__account_value (char value[ACCOUNT_SIZE], const struct stat *st)
{
    snprintf (value, ACCOUNT_SIZE, "%ld %ju %ju", (long) getpid (), (uintmax_t) st->st_dev,
              (uintmax_t) st->st_ino);
}

bool tempfile__accounting (void);

/* Enters the new file of a stream. Leaves errno alone. */
void tempfile__account (FILE *);

#endif
