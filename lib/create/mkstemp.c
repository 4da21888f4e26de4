/* SPDX-License-Identifier: MIT */
/*
 * Python's functions of the lower level: what they make is the caller's to use and to remove. The
 * registry hears of it only when it is to be left for exit; then before it exists.
 */
#include "base/export.h"

#include "base/cancel.h"
#include "base/error.h"
#include "base/probe.h"
#include "create/create.h"
#include "create/tempdir.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

struct attempt {
    const struct settings *settings;
    struct maker maker;
    char *path;
};

/* The registry has a path of its own. */
static int
attempt_left (const char *dir, struct attempt *a)
{
    struct entry *e;
    int result = tempfile__create_entry (dir, a->settings, NULL, &a->maker, &e);
    if (result < 0)
        return result;
    a->path = strdup (tempfile__entry_path (e));
    if (a->path) {
        tempfile__entry_leave (e);
        return result;
    }
    if (a->maker.undo)
        a->maker.undo (result);
    tempfile__entry_discard (e);
    tempfile__fail_system (ENOMEM, "dir '%s'", dir);
    return CREATE_REFUSED;
}

static int
attempt_path (const char *dir, void *arg)
{
    struct attempt *a = arg;
    return a->settings->delete_when == TEMPFILE_DELETE_ON_EXIT
               ? attempt_left (dir, a)
               : tempfile__create_path (dir, a->settings, &a->maker, &a->path);
}

static void
close_result (int fd)
{
    close (fd);
}

EXPORT int
tempfile_mkstemp (char **path, const struct tempfile_options *options, size_t size)
{
    CANCELLED_BEFORE_OR_NOT_AT_ALL;
    struct settings s;
    if (!path)
        return tempfile__fail (EINVAL, "tempfile_mkstemp: no place for the path");
    *path = NULL;
    if (tempfile__options_parse (&s, KIND_MKSTEMP, NULL, options, size) < 0)
        return -1;
    struct attempt a = {&s, {EVENT_MKSTEMP, tempfile__make_file, close_result, &s}, NULL};
    int fd = tempfile__tempdir_try (&s, attempt_path, &a);
    *path = a.path;
    return fd < 0 ? -1 : fd;
}

EXPORT char *
tempfile_mkdtemp (const struct tempfile_options *options, size_t size)
{
    CANCELLED_BEFORE_OR_NOT_AT_ALL;
    struct settings s;
    if (tempfile__options_parse (&s, KIND_MKDTEMP, NULL, options, size) < 0)
        return NULL;
    struct attempt a = {&s, {EVENT_MKDTEMP, tempfile__make_directory, NULL, &s}, NULL};
    tempfile__tempdir_try (&s, attempt_path, &a);
    return a.path;
}

struct call {
    int (*make) (const char *path, void *arg);
    void *arg;
};

/* The caller's function has to do with more than the directory: another would not help. */
static int
make_by_caller (const char *path, void *arg)
{
    const struct call *c = arg;
    errno = 0;
    int result = c->make (path, c->arg);
    if (result >= 0) {
        PROBE1 (mkstemp, path);
        return result;
    }
    if (errno == EEXIST || errno == EADDRINUSE) {
        errno = EEXIST;
        return CREATE_FAILED;
    }
    tempfile__fail_system (errno ? errno : ECANCELED, "cannot make '%s'", path);
    return CREATE_REFUSED;
}

/* Without DIR the default is settled first, for the caller's function shall not be what tries out
 * one directory after the other. */
EXPORT int
tempfile_make (char **path, int (*make) (const char *path, void *arg), void *arg,
               const struct tempfile_options *options, size_t size)
{
    CANCELLED_BEFORE_OR_NOT_AT_ALL;
    struct settings s;
    if (path)
        *path = NULL;
    if (!path || !make)
        return tempfile__fail (EINVAL, "tempfile_make: no %s",
                               make ? "place for the path" : "function");
    if (tempfile__options_parse (&s, KIND_MAKE, NULL, options, size) < 0)
        return -1;
    if (!s.dir && !s.beside)
        s.dir = tempfile_gettempdir ();
    if (!s.dir && !s.beside)
        return -1;
    struct call c = {make, arg};
    struct attempt a = {&s, {EVENT_MKSTEMP, make_by_caller, NULL, &c}, NULL};
    int result = tempfile__tempdir_try (&s, attempt_path, &a);
    *path = a.path;
    return result < 0 ? -1 : result;
}
