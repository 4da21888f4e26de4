/* SPDX-License-Identifier: MIT */
/*
 * The public functions on streams. Opening decides which kind of stream it is to be:
 *
 *     plain   unnamed, binary, nothing to run at close, no buffer of the caller's size
 *     custom  all else: named, spooled, text, closed with a hook, buffered by the caller's size
 *
 * The functions that take a FILE look for a custom stream behind it; where there is none, the
 * FILE is a plain one and libc's own functions serve.
 */
#include "base/export.h"

#include "base/cancel.h"
#include "base/error.h"
#include "base/retry.h"
#include "create/create.h"
#include "create/tempdir.h"
#include "stream/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int
attempt_unnamed (const char *dir, void *settings)
{
    return tempfile__create_unnamed (dir, settings, tempfile__create_unlinked);
}

struct named_attempt {
    struct settings *settings;
    struct entry *entry;
};

static int
attempt_named (const char *dir, void *arg)
{
    struct named_attempt *a = arg;
    return tempfile__create_named (dir, a->settings, &a->entry);
}

static void
close_saving_errno (int fd)
{
    int err = errno;
    close (fd);
    errno = err;
}

FILE *
tempfile__stream_over (struct storage *storage, int fd, struct entry *entry,
                       const struct settings *s)
{
    FILE *f = NULL;
    if (tempfile__stream_add_text (&storage, s) == 0)
        f = tempfile__stream_custom (storage, fd, entry, s);
    if (!f) {
        int err = errno;
        storage->ops->close (storage);
        errno = err;
    }
    return f;
}

/* The same over FD. */
static FILE *
open_custom (int fd, struct entry *entry, const struct settings *s)
{
    struct storage *storage = tempfile__storage_fd (fd);
    if (storage)
        return tempfile__stream_over (storage, fd, entry, s);
    close (fd);
    tempfile__fail_system (ENOMEM, "cannot make a stream");
    return NULL;
}

/* The same for a plain one. */
static FILE *
open_plain (int fd, const struct settings *s)
{
    FILE *f = tempfile__stream_plain (fd, &s->mode, s->buffering);
    if (!f)
        close_saving_errno (fd);
    return f;
}

EXPORT FILE *
tempfile_open (const struct tempfile_options *options, size_t size)
{
    CANCELLED_BEFORE_OR_NOT_AT_ALL;
    struct settings s;
    if (tempfile__options_parse (&s, KIND_UNNAMED, tempfile__stream_check_text, options, size) < 0)
        return NULL;
    int fd = s.in_memory ? tempfile__create_in_memory (&s)
                         : tempfile__tempdir_try (&s, attempt_unnamed, &s);
    if (fd < 0)
        return NULL;
    bool custom = s.on_close || s.buffering > TEMPFILE_LINE_BUFFERED || s.mode.text;
    return custom ? open_custom (fd, NULL, &s) : open_plain (fd, &s);
}

/* What is to outlive its stream keeps the lock of a recoverable file by a descriptor of its own. */
static int
outlive_stream (struct entry *entry, int fd)
{
    if (tempfile__entry_owns_lock (entry))
        return 0;
    int lock = fcntl (fd, F_DUPFD_CLOEXEC, FIRST_DESCRIPTOR);
    if (lock < 0)
        return tempfile__fail_system (errno, "cannot keep the lock of a recoverable file");
    tempfile__entry_own_lock (entry, lock);
    return 0;
}

/* Before there is a stream, whose close would run the caller's functions. */
static int
settle_end (struct entry *entry, int fd, const struct settings *s)
{
    if (s->delete_when == TEMPFILE_DELETE_NEVER)
        return tempfile__entry_keep (entry);
    bool outlives = s->recoverable && s->delete_when == TEMPFILE_DELETE_ON_EXIT;
    return outlives ? outlive_stream (entry, fd) : 0;
}

EXPORT FILE *
tempfile_open_named (const struct tempfile_options *options, size_t size)
{
    CANCELLED_BEFORE_OR_NOT_AT_ALL;
    struct settings s;
    if (tempfile__options_parse (&s, KIND_NAMED, tempfile__stream_check_text, options, size) < 0)
        return NULL;
    struct named_attempt a = {&s, NULL};
    int fd = tempfile__tempdir_try (&s, attempt_named, &a);
    if (fd < 0)
        return NULL;
    FILE *f = NULL;
    if (settle_end (a.entry, fd, &s) < 0)
        close_saving_errno (fd);
    else
        f = open_custom (fd, a.entry, &s);
    if (!f) {
        int err = errno;
        tempfile__entry_discard (a.entry);
        errno = err;
        return NULL;
    }
    return f;
}

/* The entry of the stream's file, or NULL with EINVAL and message. */
static struct entry *
entry_of (FILE *f, const struct stream *s, const char *function)
{
    if (!f) {
        tempfile__fail (EINVAL, "%s: no stream", function);
        return NULL;
    }
    struct entry *const *place = s ? &s->entry : tempfile__stream_plain_entry (f, false);
    if (place && *place)
        return *place; /* cppcheck-suppress identicalInnerCondition ; no condition at all */
    tempfile__fail (EINVAL, "%s: the stream's file has no name", function);
    return NULL;
}

EXPORT const char *
tempfile_name (FILE *f)
{
    struct entry *e = entry_of (f, f ? tempfile__stream_find (f) : NULL, "tempfile_name");
    return e ? tempfile__entry_path (e) : NULL;
}

/* A spool moves to disk for this, which nobody may write to meanwhile. */
static int
descriptor (struct stream *s)
{
    flockfile (s->file);
    int fd = s->storage->ops->descriptor (s->storage);
    int err = errno;
    funlockfile (s->file);
    errno = err;
    return fd;
}

EXPORT int
tempfile_fileno (FILE *f)
{
    CANCELLED_BEFORE_OR_NOT_AT_ALL;
    if (!f)
        return tempfile__fail (EINVAL, "tempfile_fileno: no stream");
    struct stream *s = tempfile__stream_find (f);
    if (s)
        return descriptor (s);
    int fd = fileno (f);
    return fd < 0 ? tempfile__fail_system (errno, "the stream has no descriptor") : fd;
}

static int
write_out (FILE *f)
{
    unsigned before = tempfile__failures ();
    if (fflush (f) == 0)
        return 0;
    return tempfile__fail_unless_told (before, errno, "cannot write out the stream");
}

/* The move comes before the flush: when it fails, what is buffered is buffered still. */
EXPORT int
tempfile_rollover (FILE *f)
{
    CANCELLED_BEFORE_OR_NOT_AT_ALL;
    if (!f)
        return tempfile__fail (EINVAL, "tempfile_rollover: no stream");
    return tempfile_fileno (f) < 0 ? -1 : write_out (f);
}

static int
truncate_file (FILE *f, off_t size)
{
    struct stream *s = tempfile__stream_find (f);
    if (s)
        return s->storage->ops->truncate (s->storage, size);
    return ftruncate_retrying (fileno (f), size);
}

/* Between the two calls of stdio it holds nothing; the second makes it forget that the file ended.
 */
static int
truncate_locked (FILE *f, off_t size)
{
    if (fflush (f) != 0 || truncate_file (f, size) < 0)
        return -1;
    return fseeko (f, 0, SEEK_CUR);
}

EXPORT int
tempfile_truncate (FILE *f, int64_t size)
{
    CANCELLED_BEFORE_OR_NOT_AT_ALL;
    if (!f || size < 0)
        return tempfile__fail (EINVAL, "tempfile_truncate: %s",
                               f ? "the size is negative" : "no stream");
    unsigned before = tempfile__failures ();
    flockfile (f);
    int result = truncate_locked (f, size);
    int err = errno;
    funlockfile (f);
    return result < 0 ? tempfile__fail_unless_told (before, err, "cannot truncate") : 0;
}

/* OTHER, if it is open on the same file as FD. If not it is closed: -1 with errno, which is ENOENT
 * where it is another file. */
static int
if_same_file (int other, int fd)
{
    struct stat a, b;
    int err = ENOENT;
    if (other < 0)
        return -1;
    if (fstat (fd, &a) < 0 || fstat (other, &b) < 0)
        err = errno;
    else if (a.st_dev == b.st_dev && a.st_ino == b.st_ino)
        return other;
    close (other);
    errno = err;
    return -1;
}

/*
 * Opens the file of FD once more. Its name will do only if it still is this file's; truncating
 * waits until that is known.
 */
static int
open_again (FILE *f, int fd, const struct mode *m)
{
    char path[32];
    snprintf (path, sizeof path, "/proc/self/fd/%d", fd);
    int again = if_same_file (open_retrying (path, m->flags, 0), fd);
    if (again < 0 && errno == ENOENT) {
        const char *name = tempfile_name (f);
        errno = ENOENT;
        again = name ? if_same_file (open_retrying (name, m->flags, 0), fd) : -1;
    }
    if (again >= 0)
        return again;
    if (errno != ENOENT)
        return tempfile__fail_system (errno, "cannot reopen the file");
    return tempfile__fail (ENOTSUP,
                           "cannot reopen the file: it has no name, and there is no /proc");
}

static FILE *
reopen_descriptor (FILE *f, int fd, const struct settings *s)
{
    int again = open_again (f, fd, &s->mode);
    if (again < 0)
        return NULL;
    if (s->mode.truncate && ftruncate_retrying (again, 0) < 0) {
        tempfile__fail_system (errno, "cannot truncate the file");
        close_saving_errno (again);
        return NULL;
    }
    if (s->mode.append && lseek (again, 0, SEEK_END) < 0) { /* where the first ftell() looks */
        tempfile__fail_system (errno, "cannot append to the file");
        close_saving_errno (again);
        return NULL;
    }
    return s->mode.text ? open_custom (again, NULL, s) : open_plain (again, s);
}

/* The settings of a second stream: the first one's, as far as they are about text. */
static int
parse_reopen_mode (struct settings *s, const char *mode, FILE *f)
{
    *s = (struct settings){.delete_when = TEMPFILE_DELETE_NEVER};
    if (tempfile__mode_parse (&s->mode, mode) < 0)
        return -1;
    if (s->mode.exclusive)
        return tempfile__fail (EEXIST, "mode '%s': the file exists", mode);
    const struct stream *first = s->mode.text ? tempfile__stream_find (f) : NULL;
    if (first) {
        s->encoding = first->encoding;
        s->errors = first->errors;
        s->newline = first->newline;
    }
    return tempfile__stream_check_text (s);
}

EXPORT FILE *
tempfile_reopen (FILE *f, const char *mode)
{
    CANCELLED_BEFORE_OR_NOT_AT_ALL;
    struct settings s;
    if (!f) {
        tempfile__fail (EINVAL, "tempfile_reopen: no stream");
        return NULL;
    }
    if (parse_reopen_mode (&s, mode ? mode : "r+b", f) < 0)
        return NULL;
    int fd = tempfile_fileno (f);
    if (fd < 0)
        return NULL;
    if (write_out (f) < 0)
        return NULL;
    return reopen_descriptor (f, fd, &s);
}

EXPORT int
tempfile_keep (FILE *f)
{
    struct stream *s = f ? tempfile__stream_find (f) : NULL;
    struct entry *e = entry_of (f, s, "tempfile_keep");
    if (!e)
        return -1;
    if (!s)
        return 0;
    if (s->recoverable)
        return tempfile__fail (EINVAL, "a recoverable file cannot be kept under its name");
    if (tempfile__entry_keep (e) < 0)
        return -1;
    s->delete_when = TEMPFILE_DELETE_NEVER;
    return 0;
}

EXPORT int
tempfile_on_close (FILE *f, int (*function) (void *), void *arg)
{
    if (!f || !function)
        return tempfile__fail (EINVAL, "tempfile_on_close: no %s", f ? "function" : "stream");
    struct stream *s = tempfile__stream_find (f);
    if (!s)
        return tempfile__fail (
            ENOTSUP, "a plain stream runs nothing when it is closed: open it with .on_close");
    flockfile (f);
    int result = tempfile__stream_hook (s, function, arg);
    funlockfile (f);
    return result < 0 ? tempfile__fail_system (ENOMEM, "tempfile_on_close") : 0;
}

EXPORT int
tempfile_close (FILE *f)
{
    CANCELLED_BEFORE_OR_NOT_AT_ALL;
    if (!f)
        return tempfile__fail (EINVAL, "tempfile_close: no stream");
    struct stream *reopened = tempfile__stream_take_reopened (f);
    struct stream *s = reopened ? reopened : tempfile__stream_find (f);
    if (s && s->delete_when == TEMPFILE_DELETE_ON_EXIT)
        s->delete_when = TEMPFILE_DELETE_ON_CLOSE;
    unsigned before = tempfile__failures ();
    int result = fclose (f);
    int err = errno;
    tempfile__stream_forget (reopened);
    return result == 0 ? 0 : tempfile__fail_unless_told (before, err, "cannot close the stream");
}

EXPORT int
tempfile_finish (FILE **f)
{
    CANCELLED_BEFORE_OR_NOT_AT_ALL;
    if (!f)
        return tempfile__fail (EINVAL, "tempfile_finish: no place of a stream");
    FILE *closing = *f;
    *f = NULL;
    if (!closing)
        return 0;
    bool failed = !tempfile__stream_find (closing) && ferror (closing);
    if (tempfile_close (closing) < 0)
        return -1;
    return failed ? tempfile__fail (EIO, "tempfile_finish: the stream has had an error") : 0;
}

/* The path that is to be left, or NULL with errno and message. Changes what the close will do. */
static char *
leave_path (FILE *f, struct stream *s, struct entry *e)
{
    if (s && s->recoverable && outlive_stream (e, tempfile_fileno (f)) < 0)
        return NULL;
    char *path = strdup (tempfile__entry_path (e));
    if (!path)
        tempfile__fail_system (ENOMEM, "tempfile_into_path");
    else if (s && s->delete_when != TEMPFILE_DELETE_NEVER)
        s->delete_when = TEMPFILE_DELETE_ON_EXIT;
    return path;
}

EXPORT char *
tempfile_into_path (FILE *f)
{
    CANCELLED_BEFORE_OR_NOT_AT_ALL;
    struct stream *s = f ? tempfile__stream_find (f) : NULL;
    struct entry *e = entry_of (f, s, "tempfile_into_path");
    if (!e)
        return NULL;
    bool keep = !s || s->delete_when == TEMPFILE_DELETE_NEVER;
    char *path = leave_path (f, s, e);
    int err = path ? 0 : errno;
    if (!path && !keep)
        s->delete_when = TEMPFILE_DELETE_ON_CLOSE;
    unsigned before = tempfile__failures ();
    errno = 0;
    if (fclose (f) != 0 && !err) {
        err = errno ? errno : EIO; /* libc may not say why */
        if (!keep)
            tempfile_unlink (path);
        tempfile__fail_unless_told (before, err, "cannot close the stream");
    }
    if (!err)
        return path;
    free (path);
    errno = err;
    return NULL;
}
