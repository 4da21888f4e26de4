/* SPDX-License-Identifier: MIT */
/* tempfile_reopen(): a second, independent stream on the file of a stream. It is the same file even
 * if the name was deleted or given to another file. */
#include "base/export.h"

#include "base/cancel.h"
#include "base/descriptor.h"
#include "base/error.h"
#include "base/inode.h"
#include "base/retry.h"
#include "stream/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* OTHER, if it is open on the same file as FD. If not it is closed: -1 with errno, which is ENOENT
 * where it is another file. */
static int
if_same_file (int other, int fd)
{
    struct inode a, b;
    int err = ENOENT;
    if (other < 0)
        return -1;
    if (tempfile__inspect (fd, "", &a) < 0 || tempfile__inspect (other, "", &b) < 0)
        err = errno;
    else if (tempfile__same_inode (&a, &b))
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
    int again = if_same_file (tempfile__open_descriptor (fd, m->flags), fd);
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

static void
close_saving_errno (int fd)
{
    int err = errno;
    close (fd);
    errno = err;
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
    return s->mode.text ? tempfile__stream_over_fd (again, NULL, s)
                        : tempfile__stream_plain (again, &s->mode, s->buffering);
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

COMPACT EXPORT FILE *
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
    if (tempfile__stream_write_out (f, "cannot write out the stream") < 0)
        return NULL;
    return reopen_descriptor (f, fd, &s);
}
