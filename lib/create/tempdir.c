/* SPDX-License-Identifier: MIT */
/*
 * The default directory: Python's candidates in Python's order, chosen once a process.
 *
 * The choice is a pointer that is read and replaced atomically; no lock is held while candidates
 * are tried, for that runs audit hooks. Strings that were ever chosen stay for good, each
 * distinct one once: their pointers have been handed out by tempfile_gettempdir().
 */
#include "base/export.h"

#include "base/cancel.h"
#include "base/error.h"
#include "create/create.h"
#include "create/path.h"
#include "create/tempdir.h"

#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

struct directory {
    struct directory *next;
    char path[];
};

/* Room for the first few, which then go with the library should it be unloaded. */
static union {
    struct directory aligned;
    char bytes[1024];
} arena;
static atomic_size_t arena_used;

static _Atomic (struct directory *) directories;
static _Atomic (const char *) chosen;

static const char *
find_directory (const char *path)
{
    for (struct directory *d = atomic_load (&directories); d; d = d->next)
        if (strcmp (d->path, path) == 0)
            return d->path;
    return NULL;
}

/* All of the arena counts as used once something did not fit. */
static struct directory *
new_directory (size_t size)
{
    size_t align = _Alignof(struct directory);
    size = (offsetof (struct directory, path) + size + align - 1) / align * align;
    if (size > sizeof arena)
        return malloc (size);
    size_t used = atomic_fetch_add (&arena_used, size);
    if (used <= sizeof arena - size)
        return (struct directory *) (void *) (arena.bytes + used);
    atomic_store (&arena_used, sizeof arena);
    return malloc (size);
}

/* The one lasting copy of PATH, or NULL: no memory. Two threads may add the same; no harm. */
static const char *
intern (const char *path)
{
    const char *known = find_directory (path);
    if (known)
        return known;
    size_t size = strlen (path) + 1;
    struct directory *d = new_directory (size);
    if (!d)
        return NULL;
    memcpy (d->path, path, size);
    d->next = atomic_load (&directories);
    while (!atomic_compare_exchange_weak (&directories, &d->next, d))
        continue; /* LCOV_EXCL_LINE: two threads at this very moment */
    return d->path;
}

/* The environment, unless somebody less trusted than the program may have written it. */
static const char *
trusted_getenv (const char *name)
{
#if defined HAVE_SECURE_GETENV
    return secure_getenv (name);
#elif defined HAVE_ISSETUGID
    return issetugid () ? NULL : getenv (name);
#else
    return getuid () != geteuid () || getgid () != getegid () ? NULL : getenv (name);
#endif
}

static int
try_directory (const char *dir, attempt_fn *attempt, void *arg)
{
    if (*dir == '/')
        return attempt (dir, arg);
    char *path = tempfile__absolute (dir);
    if (!path) {
        tempfile__fail_system (errno, "dir '%s'", dir);
        return errno == ENOMEM ? CREATE_REFUSED : CREATE_FAILED;
    }
    int result = attempt (path, arg);
    int err = errno;
    free (path);
    errno = err;
    return result;
}

/* What was tried, and why it did not serve, for the message. */
struct report {
    char text[864];
    size_t length;
};

static void
report_failure (struct report *r, const char *dir, int err)
{
    char buffer[128];
    int n = snprintf (r->text + r->length, sizeof r->text - r->length, "%s '%s' (%s)",
                      r->length ? "," : "", dir, tempfile__strerror (err, buffer, sizeof buffer));
    if (n > 0)
        r->length += (size_t) n;
    if (r->length >= sizeof r->text)
        r->length = sizeof r->text - 1;
}

static int
try_candidate (const char *dir, attempt_fn *attempt, void *arg, struct report *report)
{
    if (!dir || !*dir)
        return CREATE_FAILED;
    int result = try_directory (dir, attempt, arg);
    if (result == CREATE_FAILED)
        report_failure (report, dir, errno);
    return result;
}

/* As tempfile__tempdir_try; the candidate that served goes to *DIR. */
static int
try_candidates (attempt_fn *attempt, void *arg, const char **dir)
{
    const char *const candidates[] = {trusted_getenv ("TMPDIR"),
                                      trusted_getenv ("TEMP"),
                                      trusted_getenv ("TMP"),
                                      "/tmp",
                                      "/var/tmp",
                                      "/usr/tmp",
                                      "."};
    struct report report = {"", 0};
    int result = CREATE_FAILED;
    for (size_t i = 0; i < sizeof candidates / sizeof *candidates; i++) {
        *dir = candidates[i];
        result = try_candidate (*dir, attempt, arg, &report);
        if (result != CREATE_FAILED)
            return result;
    }
    tempfile__fail (ENOENT,
                    "no usable directory for temporary files among%s; "
                    "TemporaryFile (.in_memory = 1) needs none",
                    report.text);
    return result;
}

/* The lasting, absolute form of DIR, or NULL with errno and message. */
static const char *
lasting (const char *dir)
{
    char *path = tempfile__absolute (dir);
    const char *result = path ? intern (path) : NULL;
    if (!result)
        tempfile__fail_system (errno, "dir '%s'", dir);
    free (path);
    return result;
}

/*
 * A directory that cannot be remembered, for lack of memory, still serves this once. A choice
 * that was made elsewhere meanwhile stands.
 */
static void
choose_first (const char *dir)
{
    const char *none = NULL;
    const char *path = lasting (dir);
    if (path)
        atomic_compare_exchange_strong (&chosen, &none, path);
}

static int
try_beside (const char *path, attempt_fn *attempt, void *arg)
{
    char *dir = tempfile__beside (path);
    if (!dir)
        return errno == ENOMEM ? CREATE_REFUSED : CREATE_FAILED;
    int result = attempt (dir, arg);
    int err = errno;
    free (dir);
    errno = err;
    return result;
}

int
tempfile__tempdir_try (const struct settings *s, attempt_fn *attempt, void *arg)
{
    if (s->beside)
        return try_beside (s->beside, attempt, arg);
    const char *dir = s->dir ? s->dir : atomic_load (&chosen);
    if (dir)
        return try_directory (dir, attempt, arg);
    tempfile__trial_begin ();
    int result = try_candidates (attempt, arg, &dir);
    if (result >= 0)
        choose_first (dir);
    tempfile__trial_end (result >= 0);
    return result;
}

static int
probe (const char *dir, void *arg)
{
    (void) arg;
    return tempfile__create_probe (dir);
}

static int
probe_candidates (const char **dir)
{
    tempfile__trial_begin ();
    int result = try_candidates (probe, NULL, dir);
    tempfile__trial_end (result >= 0);
    return result;
}

EXPORT const char *
tempfile_gettempdir (void)
{
    CANCELLED_BEFORE_OR_NOT_AT_ALL;
    const char *dir = atomic_load (&chosen);
    if (dir)
        return dir;
    if (probe_candidates (&dir) < 0)
        return NULL;
    dir = lasting (dir);
    const char *none = NULL;
    if (dir && !atomic_compare_exchange_strong (&chosen, &none, dir))
        return none; /* LCOV_EXCL_LINE: another thread chose at this very moment */
    return dir;
}

EXPORT int
tempfile_settempdir (const char *dir)
{
    CANCELLED_BEFORE_OR_NOT_AT_ALL;
    if (dir && !*dir)
        return tempfile__fail (ENOENT, "dir '': is empty");
    int result = dir ? try_directory (dir, probe, NULL) : probe_candidates (&dir);
    if (result < 0)
        return -1;
    dir = lasting (dir);
    if (!dir)
        return -1;
    atomic_store (&chosen, dir);
    return 0;
}
