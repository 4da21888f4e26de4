/* SPDX-License-Identifier: MIT */
/*
 * What programs are compiled with that were there before the struct of options grew for the first
 * time: it ends with on_close_arg. test_abi.c is such a program. Nothing here ever changes, for
 * those programs do not; ../../include/tempfile.h says what it all means.
 */
#ifndef TEMPFILE_H
#define TEMPFILE_H

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>

enum tempfile_delete {
    TEMPFILE_DELETE_ON_CLOSE = 0,
    TEMPFILE_DELETE_ON_EXIT,
    TEMPFILE_DELETE_NEVER
};

enum { TEMPFILE_BUFFERING_DEFAULT = 0, TEMPFILE_LINE_BUFFERED = 1, TEMPFILE_UNBUFFERED = -1 };

struct tempfile_options {
    const char *mode;
    int buffering;
    const char *encoding;
    const char *errors;
    const char *newline;
    const char *suffix;
    const char *prefix;
    const char *dir;
    enum tempfile_delete delete_when;
    mode_t permissions;
    size_t max_size;
    int (*on_close) (void *arg);
    void *on_close_arg;
};

struct tempfile_dir;

FILE *tempfile_open (const struct tempfile_options *options, size_t size);
FILE *tempfile_open_named (const struct tempfile_options *options, size_t size);
FILE *tempfile_open_spooled (const struct tempfile_options *options, size_t size);
struct tempfile_dir *tempfile_open_dir (const struct tempfile_options *options, size_t size);
char *tempfile_mkdtemp (const struct tempfile_options *options, size_t size);
int tempfile_mkstemp (char **path, const struct tempfile_options *options, size_t size);
int tempfile_make (char **path, int (*make) (const char *path, void *arg), void *arg,
                   const struct tempfile_options *options, size_t size);

const char *tempfile_name (FILE *stream);
int tempfile_fileno (FILE *stream);
int tempfile_keep (FILE *stream);
int tempfile_close (FILE *stream);
char *tempfile_into_path (FILE *stream);
int tempfile_unlink (const char *path);
const char *tempfile_dir_name (const struct tempfile_dir *dir);
int tempfile_dir_close (struct tempfile_dir *dir);
const char *tempfile_errmsg (void);

enum { TEMPFILE_NOREPLACE = 1, TEMPFILE_SYNC = 2 };
int tempfile_persist (FILE *stream, const char *path, unsigned flags);

#define TEMPFILE_OPTIONS_(...)                     \
    __extension__ &(const struct tempfile_options) \
    {                                              \
        __VA_ARGS__                                \
    }
#define TemporaryFile(...) \
    tempfile_open (TEMPFILE_OPTIONS_ (__VA_ARGS__), sizeof (struct tempfile_options))
#define NamedTemporaryFile(...) \
    tempfile_open_named (TEMPFILE_OPTIONS_ (__VA_ARGS__), sizeof (struct tempfile_options))
#define TemporaryDirectory(...) \
    tempfile_open_dir (TEMPFILE_OPTIONS_ (__VA_ARGS__), sizeof (struct tempfile_options))
#define SpooledTemporaryFile(...) \
    tempfile_open_spooled (TEMPFILE_OPTIONS_ (__VA_ARGS__), sizeof (struct tempfile_options))

#define tempfile_auto __attribute__ ((__cleanup__ (tempfile_auto_close_)))
#define tempfile_auto_path __attribute__ ((__cleanup__ (tempfile_auto_unlink_)))
#define tempfile_auto_dir __attribute__ ((__cleanup__ (tempfile_auto_close_dir_)))

static __inline__ void
tempfile_auto_close_ (FILE **stream)
{
    int saved = errno;
    if (*stream)
        (void) tempfile_close (*stream);
    errno = saved;
}

static __inline__ void
tempfile_auto_unlink_ (char **path)
{
    int saved = errno;
    if (*path)
        (void) tempfile_unlink (*path);
    free (*path);
    errno = saved;
}

static __inline__ void
tempfile_auto_close_dir_ (struct tempfile_dir **dir)
{
    int saved = errno;
    if (*dir)
        (void) tempfile_dir_close (*dir);
    errno = saved;
}

#endif /* TEMPFILE_H */
