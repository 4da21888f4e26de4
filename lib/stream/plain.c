/* SPDX-License-Identifier: MIT */
/* Plain streams: libc's own, over a descriptor, so that everything about them is as usual; and the
 * names that some of them get later. */
#include "base/export.h"

#include "base/error.h"
#include "stream/stream.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * A plain stream that got a name. There is at most one for each address of a FILE; it is stale, and
 * will be used anew, when a stream is made there, or the FILE at that address has another file
 * open: its number alone does not say so, for file systems give those of files that are gone to new
 * ones.
 */
struct plain {
    dev_t device;
    ino_t inode;
    struct entry *entry;
};

static struct table named;
static atomic_bool any; /* something was ever put there */

static struct plain *
find (FILE *f)
{
    return tempfile__table_find (&named, tempfile__hash_pointer (f), NULL, NULL);
}

/* NULL: none, or no memory. Only one thread can have F. */
static struct plain *
find_or_make (FILE *f, bool make)
{
    struct plain *p = find (f);
    if (p || !make)
        return p;
    atomic_store (&any, true);
    p = calloc (1, sizeof *p);
    if (!p || tempfile__table_add (&named, tempfile__hash_pointer (f), p) == 0)
        return p;
    free (p);
    return NULL;
}

static bool
is_stale (const struct plain *p, const struct stat *st)
{
    return p->device != st->st_dev || p->inode != st->st_ino;
}

static void
renew (struct plain *p, const struct stat *st)
{
    if (p->entry)
        tempfile__entry_leave (p->entry);
    p->entry = NULL;
    p->device = st->st_dev;
    p->inode = st->st_ino;
}

/* F is new: what had a name at this address is closed. */
static void
forget (FILE *f)
{
    struct plain *p = atomic_load (&any) ? find (f) : NULL;
    if (!p)
        return;
    if (p->entry)
        tempfile__entry_leave (p->entry);
    *p = (struct plain){0};
}

FILE *
tempfile__stream_plain (int fd, const struct mode *mode, int buffering)
{
    FILE *f = fdopen (fd, mode->stdio);
    if (!f) {
        int err = errno;
        close (fd);
        tempfile__fail_system (err, "cannot make a stream");
        return NULL;
    }
    forget (f);
    tempfile__stream_set_buffer (f, buffering, NULL, 0);
    return f;
}

struct entry **
tempfile__stream_plain_entry (FILE *f, bool make)
{
    struct plain *p = find_or_make (f, make);
    struct stat st;
    if (!p || fstat (fileno (f), &st) < 0) {
        if (make)
            tempfile__fail_system (p ? errno : ENOMEM, "cannot name the stream");
        return NULL;
    }
    if (is_stale (p, &st) && make)
        renew (p, &st);
    return is_stale (p, &st) || (!p->entry && !make) ? NULL : &p->entry;
}

void
tempfile__stream_plain_moved (FILE *f)
{
    struct plain *p = find (f);
    struct stat st;
    if (!p || fstat (fileno (f), &st) < 0)
        return;
    p->device = st.st_dev;
    p->inode = st.st_ino;
}
