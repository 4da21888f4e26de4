/* SPDX-License-Identifier: MIT */
/*
 * common.h - what every test program shares: a fresh private directory for each test, proof that
 * the test left no file and no descriptor behind, and short words for what tests often say.
 *
 * Every test runs with TMPDIR set to its own directory, TEMP and TMP unset, and umask 022, in a
 * process of its own, so that what the library decides once is decided anew in each.
 */
#ifndef TEMPFILE_TESTS_COMMON_H
#define TEMPFILE_TESTS_COMMON_H

#include <config.h>

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include <tempfile.h>

#include "sanitizers.h"

/* The largest offset; tests are also compiled with fewer bits for it than the library has. */
#define OFF_MAX ((off_t) (sizeof (off_t) < 8 ? INT32_MAX : INT64_MAX))

#define LENGTH(array) ((int) (sizeof (array) / sizeof *(array)))

/* Adds a test case whose tests run in a private directory and are searched for leftovers. */
TCase *test_case (Suite *suite, const char *name);

/* Runs all tests of SUITE; what main() returns. */
int test_main (Suite *suite);

/* Has the library text streams? Said aloud when it has not: of the running test. */
bool test_has_text (void);

/* The main() of a program that tests only text begins with it: ends it as skipped without text. */
void test_needs_text (void);

/* That of a program which has a part on text goes on, and says so without text. */
void test_leaves_out_text (void);

/* Says aloud that the running test, or a part of it, cannot be done here, and why. */
void test_skip (const char *why);

/* Does this process run under valgrind? */
bool test_under_valgrind (void);

/* The number in the environment variable NAME, or VALUE when it is not set. */
int test_number (const char *name, int value);

/* The absolute path of a program or file of the build's tests directory. */
const char *test_program (const char *name);

/* --- files --- */

/* The running test's own directory: absolute, without symbolic links. */
const char *test_dir (void);

/* DIR/NAME in one of eight static buffers, used in turn; test_path() is test_join (test_dir (),
 * ...). */
const char *test_join (const char *dir, const char *name);
const char *test_path (const char *name);

/* How many entries, "." and ".." not counted, a directory has. */
int test_entries (const char *dir);

bool test_exists (const char *path);
const char *test_base (const char *path);
void test_write_file (const char *path, const char *text);
void test_read_file (const char *path, char *text, size_t size);
void test_assert_file (const char *path, const char *text);

/* Is the file PATH nothing but SIZE times one letter, with the permissions MODE? */
bool test_is_one_letter (const char *path, size_t size, mode_t mode);

const char *test_make_dir (const char *name);
void test_remove_entries (const char *dir);

/* Does NAME refer to the file that DESCRIPTOR has open? */
bool test_same_file (const char *name, int descriptor);

/* --- streams --- */

/* The kinds of stream that the same tests run on. */
enum test_kind { PLAIN, CUSTOM, NAMED, KINDS };

/*
 * Opens a stream of the kind; NULL: the default mode. test_open() fails the test if that does not
 * work. A child that is killed calls test_try_open(), and no ck_assert: those that hold write to
 * Check as well, and Check cannot read a message that is cut.
 */
FILE *test_try_open (int kind, const char *mode);
FILE *test_open (int kind, const char *mode);

/* The length of the stream's file, without what is buffered. */
off_t test_size (FILE *stream);

/* Reads the stream's file from its start, not through the stream, into BYTES; how many came. */
size_t test_bytes (FILE *stream, void *bytes, size_t size);

#define assert_contents(stream, text)                                   \
    do {                                                                \
        char have_[4096];                                               \
        size_t have_size_ = test_bytes ((stream), have_, sizeof have_); \
        ck_assert_uint_eq (have_size_, sizeof (text) - 1);              \
        ck_assert_mem_eq (have_, (text), sizeof (text) - 1);            \
    } while (0)

/* fclose() and errno, for what must and must not work. */
#define assert_closes(stream) ck_assert_int_eq (fclose (stream), 0)
#define assert_close_fails(stream, error)                                                \
    do {                                                                                 \
        int result_ = fclose (stream);                                                   \
        int errno_ = errno;                                                              \
        ck_assert_int_eq (result_, EOF);                                                 \
        ck_assert_msg (errno_ == (error), "fclose: errno is \"%s\"", strerror (errno_)); \
    } while (0)

/*
 * The expression fails: NULL or -1, errno ERROR, and tempfile_errmsg() is one line in which all
 * the words of WORDS, which '|' separates, are found. NULL: any line will do.
 */
#define assert_null(expression, error, words)                             \
    do {                                                                  \
        bool null_ = (expression) == NULL;                                \
        const char *why_ = test_why_not (null_, errno, (error), (words)); \
        ck_assert_msg (!why_, "%s: %s", #expression, why_);               \
    } while (0)
#define assert_minus_1(expression, error, words)                           \
    do {                                                                   \
        bool minus_ = (expression) == -1;                                  \
        const char *why_ = test_why_not (minus_, errno, (error), (words)); \
        ck_assert_msg (!why_, "%s: %s", #expression, why_);                \
    } while (0)

/* What is wrong with a failure, or NULL when it is as described above. */
const char *test_why_not (bool failed, int got, int error, const char *words);

/* --- processes --- */

/*
 * Where the build counts what runs (check-coverage.sh), writes that down; and the same before
 * _exit(): for a child that has used the library and does not end by exit().
 */
void test_write_counts (void);
void test_leave (int status) __attribute__ ((__noreturn__));

/* Calls FUNCTION (ARG) in a child, which must come back from it, and then ends by _exit(). */
void test_in_child (void (*function) (void *arg), void *arg);

/* Becomes USER for good, if this is root; whether USER is who the process is then. */
bool test_become (uid_t user);

/* Whether this process could, and would reach the test's directory then. */
bool test_may_become (uid_t user);

/*
 * The same as test_in_child() as an ordinary user, whom permissions bind; the test's directory is
 * then that user's. It is said aloud when that is not possible here.
 */
void test_as_user (void (*function) (void *arg), void *arg);

/* Waits for a child, which must exit with 0. */
void test_wait (pid_t child);

/* Kills a child that must not have ended by itself. */
void test_assert_killed (pid_t child);

/* Runs a program with arguments (NULL: fewer); its wait status, and what it printed in OUT. */
int test_run (char *out, size_t size, const char *program, const char *a1, const char *a2);

/*
 * From now on every open() that has one of the bits of FLAGS fails with ERROR, in this process.
 * False, and said aloud, when the system cannot do that.
 */
bool test_refuse_open (int flags, int error);

/* The same for the system call NAME, one of the table in common.c, in this process and in all that
 * it starts. */
bool test_refuse_call (const char *name, int error);

/* A fixture: no O_TMPFILE in the file system. */
void test_without_o_tmpfile (void);

#endif
