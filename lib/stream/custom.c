/* SPDX-License-Identifier: MIT */
/*
 * Custom streams: what their callbacks do, and the table by which they are found.
 *
 *     made --> open --fclose--> closing --> freed
 *
 * made     has storage, perhaps an entry, buffer and hooks; no FILE: failing gives all back
 * open     in the table under its FILE
 * closing  libc has flushed, or failed to; hooks run, the storage is closed, the name is deleted
 *          or left. Still in the table, so that a hook may ask for the name or keep the file.
 *
 * A stream that freopen() made an ordinary one stays in the table, and is not found; see
 * stream/members.c.
 *
 * libc locks the FILE around the callbacks, and the table needs no lock. Whoever passes a FILE to
 * this library owes that it is open, so what was found stays valid.
 */
#include "base/export.h"

#include "base/cancel.h"
#include "base/error.h"
#include "stream/stream.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdint.h>
#ifdef HAVE___FPENDING
#include <stdio_ext.h>
#endif
#include <string.h>

static struct table streams;
static atomic_bool ending; /* the process, or the library */

static struct stream *
lookup (FILE *file)
{
    return tempfile__table_find (&streams, tempfile__hash_pointer (file), NULL, NULL);
}

struct stream *
tempfile__stream_find (FILE *file)
{
    struct stream *s = lookup (file);
    return s && tempfile__wide_reopened (s) ? NULL : s;
}

int
tempfile__stream_publish (struct stream *s, FILE *file)
{
    s->file = file;
    return tempfile__table_add (&streams, tempfile__hash_pointer (file), s);
}

static void
withdraw (struct stream *s)
{
    tempfile__table_remove (&streams, tempfile__hash_pointer (s->file), s);
}

int
tempfile__stream_hook (struct stream *s, int (*function) (void *), void *arg)
{
    struct hook *hook = malloc (sizeof *hook);
    if (!hook)
        return -1;
    *hook = (struct hook){s->hooks, function, arg};
    s->hooks = hook;
    return 0;
}

/*
 * How many of the bytes that stdio asks for are read. glibc seeks to the start of a block as large
 * as its buffer and asks for all of it, but a program that reads at random places needs few bytes.
 * So after a seek few bytes are read, up to a round offset, and twice as many each time that
 * reading continues. At the start of the file it is four times as many. A read that is larger than
 * the buffer goes to the program's memory.
 */
enum { AFTER_SEEK = 1024 };

static size_t
next_helping (struct stream *s, size_t asked)
{
    size_t helping = s->helping;
    if (asked > s->buffer_size)
        return asked;
    if (helping < s->buffer_size)
        s->helping = helping < AFTER_SEEK ? 2 * AFTER_SEEK : 2 * helping;
    return asked < helping ? asked : helping;
}

static void
after_seek (struct stream *s, off_t position)
{
    size_t left = AFTER_SEEK - (size_t) (position % AFTER_SEEK);
    size_t helping = left < AFTER_SEEK / 2 ? left + AFTER_SEEK : left;
    s->helping = position == 0 ? 4 * AFTER_SEEK : helping;
}

/* Sets a message that names the file and says by errno what failed. BEFORE: how many failures there
 * were before, to tell whether the storage has set a message of its own. */
static void
tell (const struct stream *s, unsigned before, const char *what)
{
    const char *name = s->entry ? tempfile__entry_path (s->entry) : NULL;
    if (name)
        tempfile__fail_because (before, errno, "cannot %s '%s'", what, name);
    else
        tempfile__fail_because (before, errno, "cannot %s the stream", what);
}

ssize_t
tempfile__stream_read (struct stream *s, char *buffer, size_t size)
{
    NO_CANCELLATION;
    unsigned before = tempfile__failures ();
    ssize_t n = s->storage->ops->read (s->storage, buffer, next_helping (s, size));
    if (n < 0)
        tell (s, before, "read");
    return n;
}

static void
note_failed_write (struct stream *s, unsigned before)
{
    int err = errno;
    tell (s, before, "write to");
    if (!s->failed) {
        s->failed = err;
        s->why = strdup (tempfile_errmsg ());
    }
    errno = err;
}

/* When libc cannot write a buffer it discards the buffer, and its next fclose() succeeds. So the
 * first failure is remembered until then. */
size_t
tempfile__stream_write (struct stream *s, const char *buffer, size_t size)
{
    NO_CANCELLATION;
    unsigned before = tempfile__failures ();
    size_t done = s->storage->ops->write (s->storage, buffer, size);
    if (done < size)
        note_failed_write (s, before);
    tempfile__stream_forget_offset (s->file);
    return done;
}

/*
 * When stdio has data to append, it seeks to the end to find its position. For a text this would
 * look like a change of place, of which the encoder must know. Before a seek by the program stdio
 * has written out all data.
 */
static bool
only_asks_for_end (const struct stream *s, off_t offset, int whence)
{
#ifdef HAVE___FPENDING
    return whence == SEEK_END && offset == 0 && s->storage->ops->end && __fpending (s->file) > 0;
#else
    (void) s;
    (void) offset;
    (void) whence;
    return false;
#endif
}

off_t
tempfile__stream_seek (struct stream *s, off_t offset, int whence)
{
    NO_CANCELLATION;
    if (only_asks_for_end (s, offset, whence))
        return s->storage->ops->end (s->storage);
    unsigned before = tempfile__failures ();
    off_t position = s->storage->ops->seek (s->storage, offset, whence);
    if (position < 0)
        tell (s, before, "seek in");
    else if (offset != 0 || whence != SEEK_CUR)
        after_seek (s, position);
    return position;
}

/* Each hook leaves the list before it runs: it runs once, and may add others. */
static int
run_hooks (struct stream *s)
{
    int first = 0, saved = errno;
    for (struct hook *h = s->hooks; h; h = s->hooks) {
        s->hooks = h->next;
        errno = 0;
        if (h->function (h->arg) != 0 && !first)
            first = errno ? errno : ECANCELED;
        free (h);
    }
    errno = saved;
    return first;
}

/* An errno, with message, or 0. */
static int
settle_name (struct stream *s)
{
    if (!s->entry)
        return 0;
    if (s->delete_when == TEMPFILE_DELETE_ON_CLOSE)
        return tempfile__entry_delete (s->entry);
    tempfile__entry_leave (s->entry);
    return 0;
}

static void
discard (struct stream *s)
{
    free (s->encoding);
    free (s->why);
    free (s);
}

/*
 * The first failure of a write, a hook and the end of the storage is reported. The name is deleted
 * or left all the same, and a message about that does not replace the first one.
 */
static int
close_failed (struct stream *s, unsigned before, int hook, int end)
{
    int err = s->failed ? s->failed : hook ? hook : end;
    errno = err;
    if (s->failed && s->why)
        tempfile__fail (err, "%s", s->why);
    else if (hook && !s->failed)
        tempfile__fail_because (before, err, "a function that runs at close has failed");
    else
        tell (s, before, "close");
    tempfile__trial_begin ();
    (void) settle_name (s);
    tempfile__trial_end (true);
    discard (s);
    errno = err;
    return -1;
}

int
tempfile__stream_close (struct stream *s)
{
    NO_CANCELLATION;
    if (!s->file)
        return 0; /* it was never opened */
    unsigned before = tempfile__failures ();
    int hook = run_hooks (s);
    withdraw (s);
    tempfile__wide_reset (s);
    int end = s->storage->ops->close (s->storage) < 0 ? errno : 0;
    if (s->failed || hook || end)
        return close_failed (s, before, hook, end);
    int deletion = settle_name (s);
    discard (s);
    if (!deletion)
        return 0;
    errno = deletion;
    return -1;
}

/* None of them runs. */
static void
free_hooks (struct stream *s)
{
    for (struct hook *h = s->hooks; h; h = s->hooks) {
        s->hooks = h->next;
        free (h);
    }
}

void
tempfile__stream_unmake (struct stream *s)
{
    free_hooks (s);
    discard (s);
}

struct stream *
tempfile__stream_take_reopened (FILE *file)
{
    struct stream *s = lookup (file);
    if (!s || !tempfile__wide_reopened (s))
        return NULL;
    withdraw (s);
    return s;
}

/* A storage that cannot give up its descriptor is not closed: that would close another's file. */
void
tempfile__stream_forget (struct stream *s)
{
    if (!s)
        return;
    int saved = errno;
    if (s->storage->ops->forget)
        s->storage->ops->forget (s->storage);
    (void) settle_name (s);
    tempfile__stream_unmake (s);
    errno = saved;
}

bool
tempfile__streams_end (void)
{
    return atomic_load_explicit (&ending, memory_order_relaxed);
}

/* Waits for nobody. A stream that is in use is left to the thread that uses it, and a stream that
 * was reopened to libc. */
static void
flush_unless_busy (void *stream)
{
    const struct stream *s = stream;
    FILE *f = s->file;
    if (tempfile__wide_reopened (s) || ftrylockfile (f) != 0)
        return;
    fflush (f);
    fseeko (f, 0, SEEK_CUR); /* what was pushed back is forgotten, too */
    funlockfile (f);
}

/*
 * At exit libc does the same a moment later. After dlclose libc would do it only at exit, and would
 * call our callbacks when they are no longer loaded. No spool moves to disk for this, because that
 * would run audit hooks.
 */
__attribute__ ((__destructor__)) static void
flush_all (void)
{
    int saved = errno;
    atomic_store (&ending, true);
    tempfile__table_walk (&streams, flush_unless_busy);
    errno = saved;
}
