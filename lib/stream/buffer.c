/* SPDX-License-Identifier: MIT */
/* The buffers of streams: their size, and who owns them. stdio uses them, for both kinds of stream
 * in the same way. */
#include "base/export.h"

#include "stream/stream.h"

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

size_t
tempfile__stream_buffer_size (const struct settings *settings)
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

/* On a stream that was never used none of these fails. */
void
tempfile__stream_set_buffer (FILE *f, int buffering, char *buffer, size_t size)
{
    if (buffering == TEMPFILE_UNBUFFERED)
        setvbuf (f, NULL, _IONBF, 0);
    else if (buffering == TEMPFILE_LINE_BUFFERED)
        setvbuf (f, buffer, _IOLBF, buffer ? size : BUFSIZ);
    else if (buffer)
        setvbuf (f, buffer, _IOFBF, size);
}
