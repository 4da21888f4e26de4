/* SPDX-License-Identifier: MIT */
/* Making a custom stream: its struct, the FILE that calls back, its buffer. What the callbacks do
 * is in stream/custom.c, so that no file here needs one that needs it. */
#include "base/export.h"

#include "base/error.h"
#include "stream/stream.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

/*
 * The buffer by default: see bench/README for how it was chosen. What is above the power of two is
 * for glibc. To seek to an offset it goes to that with those bits cleared which the size less one
 * has, and reads from there: with the low six and one high bit, that is near by for every other
 * offset. And large reads, in multiples of the size, go to addresses that stay as aligned as this.
 *
 * In a text what is read to get there may count otherwise than what was written. So there a single
 * bit is cleared, that of a power of two, and glibc gets less than it wants, and asks for the rest.
 */
enum { BUFFER = 32768, EXTRA = 64 };

static size_t
buffer_size (const struct settings *settings)
{
    if (settings->buffering == TEMPFILE_UNBUFFERED)
        return 0;
    size_t wanted = settings->buffering > 1 ? (size_t) settings->buffering : BUFFER, power = 2;
    if (!settings->mode.text)
        return settings->buffering > 1 ? wanted : wanted + EXTRA;
    while (power < wanted)
        power *= 2;
    return power + 1;
}

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
    size_t buffer = buffer_size (settings);
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

FILE *
tempfile__stream_custom (struct storage *storage, int fd, struct entry *entry,
                         const struct settings *settings)
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
