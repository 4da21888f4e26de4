/* SPDX-License-Identifier: MIT */
/*
 * Directories that remove themselves.
 *
 *     open --close--> gone        open --keep--> kept --close--> left alone
 *
 * The handle is the caller's until tempfile_dir_close() frees it, and holds the registry's entry,
 * which owns the name and does the removing, then or at exit. Nothing is kept open: the name is
 * all there is.
 */
#include "base/export.h"

#include "base/cancel.h"
#include "base/error.h"
#include "create/create.h"
#include "create/tempdir.h"
#include "life/remove.h"

#include <errno.h>
#include <unistd.h>

struct tempfile_dir {
    struct entry *entry;
    int (*on_close) (void *);
    void *on_close_arg;
};

static void
close_lock (int fd)
{
    if (fd > 0)
        close (fd);
}

/* What the registry need not know: only here is a name a directory's. */
static const struct removal trees = {tempfile__remove_tree, tempfile__remove_tree_async_safe};

struct attempt {
    struct settings *settings;
    struct entry *entry;
};

static int
attempt_directory (const char *dir, void *arg)
{
    struct attempt *a = arg;
    struct maker m = {EVENT_MKDTEMP, tempfile__make_directory, close_lock, a->settings};
    int lock = tempfile__create_entry (dir, a->settings, &trees, &m, &a->entry);
    if (lock > 0)
        tempfile__entry_own_lock (a->entry, lock);
    return lock > 0 ? 0 : lock;
}

static int
create (struct tempfile_dir *d, struct settings *s)
{
    struct attempt a = {s, NULL};
    if (tempfile__tempdir_try (s, attempt_directory, &a) < 0)
        return -1;
    if (s->delete_when == TEMPFILE_DELETE_NEVER && tempfile__entry_keep (a.entry) < 0) {
        int err = errno;
        tempfile__entry_discard (a.entry);
        errno = err;
        return -1;
    }
    d->entry = a.entry;
    d->on_close = s->on_close;
    d->on_close_arg = s->on_close_arg;
    return 0;
}

EXPORT struct tempfile_dir *
tempfile_open_dir (const struct tempfile_options *options, size_t size)
{
    CANCELLED_BEFORE_OR_NOT_AT_ALL;
    struct settings s;
    if (tempfile__options_parse (&s, KIND_DIRECTORY, NULL, options, size) < 0)
        return NULL;
    struct tempfile_dir *d = malloc (sizeof *d);
    if (!d) {
        tempfile__fail_system (ENOMEM, "cannot open a directory");
        return NULL;
    }
    if (create (d, &s) == 0)
        return d;
    int err = errno;
    free (d);
    errno = err;
    return NULL;
}

EXPORT const char *
tempfile_dir_name (const struct tempfile_dir *d)
{
    if (d)
        return tempfile__entry_path (d->entry);
    tempfile__fail (EINVAL, "tempfile_dir_name: no directory");
    return NULL;
}

EXPORT int
tempfile_dir_keep (struct tempfile_dir *d)
{
    if (!d)
        return tempfile__fail (EINVAL, "tempfile_dir_keep: no directory");
    if (tempfile__entry_owns_lock (d->entry))
        return tempfile__fail (EINVAL, "a recoverable directory cannot be kept under its name");
    return tempfile__entry_keep (d->entry);
}

/* An errno, or 0. */
static int
run_hook (const struct tempfile_dir *d)
{
    errno = 0;
    if (!d->on_close || d->on_close (d->on_close_arg) == 0)
        return 0;
    return errno ? errno : ECANCELED;
}

EXPORT int
tempfile_dir_close (struct tempfile_dir *d)
{
    CANCELLED_BEFORE_OR_NOT_AT_ALL;
    if (!d)
        return tempfile__fail (EINVAL, "tempfile_dir_close: no directory");
    int saved = errno;
    int hook = run_hook (d);
    int removal = tempfile__entry_delete (d->entry);
    free (d);
    if (hook)
        return tempfile__fail_system (hook, "on_close: the directory's function failed");
    errno = removal ? removal : saved;
    return removal ? -1 : 0;
}
