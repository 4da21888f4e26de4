/* SPDX-License-Identifier: MIT */
/*
 * fuzz.h - what the targets share: how input becomes numbers and strings, a private directory, and
 * proof that nothing is left behind.
 *
 * A target is one file with one function, fuzz_one(). It is linked with libFuzzer, or with
 * replay.c, which runs it on the corpus.
 */
#ifndef TEMPFILE_FUZZ_H
#define TEMPFILE_FUZZ_H

#include <config.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include <tempfile.h>

#define LENGTH(array) (sizeof (array) / sizeof *(array))

/* What is left of the input. At its end numbers are 0 and strings are empty. */
struct input {
    const uint8_t *next, *end;
};

/* One run of the target. Afterwards the private directory is empty, and as many descriptors are
 * open as before; the working directory is the private one before each run. */
void fuzz_one (struct input *in);

unsigned fuzz_byte (struct input *in);
unsigned fuzz_below (struct input *in, unsigned n); /* 0 to n - 1, from one byte */
uint32_t fuzz_number (struct input *in);            /* from four */
size_t fuzz_left (const struct input *in);

/* Up to a NUL or the end: in memory of its own size, until the run ends. */
char *fuzz_string (struct input *in);
char *fuzz_format (const char *format, ...) __attribute__ ((__format__ (__printf__, 1, 2)));

/* The private directory: absolute, without symbolic links. */
const char *fuzz_dir (void);

/* How many entries, "." and ".." not counted, a directory has; -1: it cannot be read. */
int fuzz_entries (const char *path);

/* Exits by abort(), with the message. */
#define must(condition, ...)                                         \
    do {                                                             \
        if (!(condition))                                            \
            fuzz_fail (__FILE__, __LINE__, #condition, __VA_ARGS__); \
    } while (0)
_Noreturn void fuzz_fail (const char *file, int line, const char *what, const char *format, ...)
    __attribute__ ((__format__ (__printf__, 4, 5)));

/* After a failure: errno is set, and the message is one line. */
void fuzz_check_failure (const char *what);

/* What libFuzzer calls, and replay.c. */
int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

#endif
