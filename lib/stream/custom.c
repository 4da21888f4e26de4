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
 * How much of what stdio asks for to read. glibc seeks to the start of a block, as large as its
 * buffer, and reads all of it, though a program that reads here and there wants little. So little
 * is read after a seek, up to a round offset, and twice as much each time that reading goes on.
 * From the start it is four times as much. What is larger than the buffer goes to the program's
 * memory.
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

/* That what was to be done with the file has failed, by errno, in words that name it. WHY: what the
 * storage has said, since so many failures. */
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

/* libc throws a buffer away when it could not be written, and calls its next fclose() a success.
 * So the first failure is remembered until then. */
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
 * To say where it is, stdio goes to the end when it has something to append. For a text that would
 * be a change of place, which an encoder has to know of. Before a seek of the program's stdio has
 * written out all.
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
 * Of a write, a hook and the end of the storage the first one that failed is told. The name is
 * settled all the same, and what is said about that is not heard.
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

/* A storage that cannot let its descriptor go has to stay: closing it would close another's. */
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

/* Waits for nobody: a stream that is in use is being looked after, and one that was reopened is
 * libc's. */
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
 * At exit libc is about to do the same; but at dlclose it would find out only later, at exit,
 * that there is something to write or a position to put right, and call our callbacks when they
 * are no longer there. No spool moves to disk for that: it would run audit hooks.
 */
__attribute__ ((__destructor__)) static void
flush_all (void)
{
    int saved = errno;
    atomic_store (&ending, true);
    tempfile__table_walk (&streams, flush_unless_busy);
    errno = saved;
}
