/* SPDX-License-Identifier: MIT */
/* Making a custom stream over a storage: its struct, the FILE that calls back, its layer of text.
 * What the callbacks do is in stream/custom.c, so that no file here needs one that needs it. */
#include "base/export.h"

#include "base/error.h"
#include "stream/stream.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

static bool
keep_text_settings (struct stream *s, const struct settings *settings)
{
    s->errors = settings->errors;
    s->newline = settings->newline;
    if (!settings->encoding)
        return true;
    s->encoding = strdup (settings->encoding);
    return s->encoding;
}

static struct stream *
make (struct storage *storage, struct entry *entry, const struct settings *settings)
{
    size_t buffer = tempfile__stream_buffer_size (settings);
    struct stream *s = malloc (sizeof *s + buffer); /* not calloc(): it would clear the buffer */
    if (!s)
        return NULL;
    *s = (struct stream){.storage = storage,
                         .entry = entry,
                         .buffer_size = buffer,
                         .helping = SIZE_MAX,
                         .delete_when = settings->delete_when,
                         .recoverable = settings->recoverable};
    if (settings->on_close &&
        tempfile__stream_hook (s, settings->on_close, settings->on_close_arg) < 0)
        goto fail;
    if (!keep_text_settings (s, settings))
        goto fail;
    return s;
fail:
    tempfile__stream_unmake (s);
    errno = ENOMEM;
    return NULL;
}

/* The FILE of S, in the table; or NULL with errno, and S as it was. */
static FILE *
make_file (struct stream *s, const struct mode *mode)
{
    FILE *f = tempfile__stream_make (s, mode);
    if (!f)
        return NULL;
    tempfile__stream_forget (tempfile__stream_take_reopened (f));
    if (tempfile__stream_publish (s, f) == 0)
        return f;
    s->file = NULL;
    fclose (f);
    errno = ENOMEM;
    return NULL;
}

static FILE *
make_stream (struct storage *storage, int fd, struct entry *entry, const struct settings *settings)
{
    struct stream *s = make (storage, entry, settings);
    FILE *f = s ? make_file (s, &settings->mode) : NULL;
    if (!f) {
        int err = errno;
        if (s)
            tempfile__stream_unmake (s);
        tempfile__fail_system (err, "cannot make a stream");
        return NULL;
    }
    if (fd >= 0)
        tempfile__stream_set_fileno (f, fd);
    tempfile__stream_set_buffer (f, settings->buffering, s->buffer, s->buffer_size);
    tempfile__wide_set (s);
    return f;
}

FILE *
tempfile__stream_over (struct storage *storage, int fd, struct entry *entry,
                       const struct settings *s)
{
    FILE *f = NULL;
    if (tempfile__stream_add_text (&storage, s) == 0)
        f = make_stream (storage, fd, entry, s);
    if (!f) {
        int err = errno;
        storage->ops->close (storage);
        errno = err;
    }
    return f;
}

FILE *
tempfile__stream_over_fd (int fd, struct entry *entry, const struct settings *s)
{
    struct storage *storage = tempfile__storage_fd (fd);
    if (storage)
        return tempfile__stream_over (storage, fd, entry, s);
    close (fd);
    tempfile__fail_system (ENOMEM, "cannot make a stream");
    return NULL;
}
