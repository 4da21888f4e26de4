/* SPDX-License-Identifier: MIT */
/*
 * Creation of what the registry knows, and will delete: the name is registered before anything can
 * exist under it. A file that is to have no name, where the file system cannot make one, has one
 * here for a moment.
 */
#include "base/export.h"

#include "base/error.h"
#include "create/create.h"
#include "life/ending.h"

#include <errno.h>
#include <unistd.h>

struct registered {
    const struct maker *maker;
    struct entry *entry;
};

/* What another maker makes, with the registry in step. */
static int
make_registered (const char *path, void *arg)
{
    const struct registered *r = arg;
    if (tempfile__entry_pending (r->entry) < 0)
        return CREATE_REFUSED;
    int result = r->maker->make (path, r->maker->arg);
    if (result >= 0 && tempfile__entry_created (r->entry) == 0)
        return result;
    int err = errno;
    if (result >= 0 && r->maker->undo)
        r->maker->undo (result);
    const bool doomed = result >= 0 || tempfile__entry_not_created (r->entry) < 0;
    errno = doomed ? EINTR : err;
    return doomed ? CREATE_REFUSED : result;
}

int
tempfile__create_entry (const char *dir, const struct settings *s, const struct removal *tree,
                        const struct maker *maker, struct entry **entry)
{
    size_t random;
    tempfile__watch_end ();
    char *path = tempfile__make_path (dir, s, &random);
    if (!path) {
        tempfile__fail_system (ENOMEM, "dir '%s'", dir);
        return CREATE_REFUSED;
    }
    struct entry *e = tempfile__entry_new (path, tree);
    if (!e)
        return CREATE_REFUSED;
    struct registered r = {maker, e};
    struct maker m = {maker->event, make_registered, NULL, &r};
    int result = tempfile__try_names (dir, path, random, s->recoverable, &m);
    if (result >= 0) {
        *entry = e;
        return result;
    }
    int err = errno;
    tempfile__entry_delete (e);
    errno = err;
    return result;
}

static void
close_result (int fd)
{
    close (fd);
}

int
tempfile__create_named (const char *dir, struct settings *s, struct entry **entry)
{
    struct maker m = {EVENT_MKSTEMP, tempfile__make_file, close_result, s};
    return tempfile__create_entry (dir, s, NULL, &m, entry);
}

int
tempfile__create_unlinked (const char *dir, struct settings *s)
{
    struct entry *e;
    int fd = tempfile__create_named (dir, s, &e);
    if (fd < 0)
        return fd;
    int err = tempfile__entry_discard (e);
    if (err == 0)
        return fd;
    close (fd);
    return tempfile__create_failure (err, dir);
}
