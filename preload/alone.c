/* SPDX-License-Identifier: MIT */
/*
 * What create.c and name.c need of the rest of libtempfile, for unnamed files only: the siblings of
 * registry.c, options.c and process.c in a library that keeps no names, has no options and
 * watches no fork.
 *
 * Without O_TMPFILE a file has a name for the moment before it is unlinked. Should the process be
 * killed in that moment, the name stays, as it does with any tmpfile().
 */
#include "base/export.h"

#include "base/error.h"
#include "base/process.h"
#include "create/name.h"
#include "create/options.h"
#include "life/registry.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

struct entry {
    char *path;
    bool created;
};

struct entry *
tempfile__entry_new (char *path, enum entry_kind kind)
{
    (void) kind;
    struct entry *e = malloc (sizeof *e);
    if (e) {
        *e = (struct entry){path, false};
        return e;
    }
    free (path);
    tempfile__fail_system (ENOMEM, "cannot make a file");
    return NULL;
}

int
tempfile__entry_pending (struct entry *e)
{
    (void) e;
    return 0;
}

int
tempfile__entry_not_created (struct entry *e)
{
    (void) e;
    return 0;
}

int
tempfile__entry_created (struct entry *e)
{
    e->created = true;
    return 0;
}

int
tempfile__entry_delete (struct entry *e)
{
    int err = e->created && unlink (e->path) < 0 && errno != ENOENT ? errno : 0;
    free (e->path);
    free (e);
    return err;
}

/* Without a registry, nothing is tried again at exit. */
int
tempfile__entry_discard (struct entry *e)
{
    return tempfile__entry_delete (e);
}

/* Nothing is recoverable here. */
void
tempfile__entry_own_lock (struct entry *e, int fd)
{
    (void) e;
    close (fd);
}

size_t
tempfile__random_length (const struct settings *s)
{
    (void) s;
    return NAME_RANDOM;
}

/* The defaults, for there is nobody who would ask for anything else. */
int
tempfile__options_parse (struct settings *s, enum kind kind, const struct tempfile_options *options,
                         size_t size)
{
    (void) kind;
    (void) options;
    (void) size;
    *s = (struct settings){
        .mode = {.readable = true, .writable = true, .flags = O_RDWR, .stdio = "w+b"},
        .suffix = "",
        .prefix = "tmp",
        .permissions = 0600,
    };
    return 0;
}

unsigned
tempfile__generation (void)
{
    return (unsigned) getpid ();
}
