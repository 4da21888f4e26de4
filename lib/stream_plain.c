/* SPDX-License-Identifier: MIT */
/* Plain streams: libc's own, over a descriptor, so that everything about them is as usual. And
 * buffering, which is the same for both kinds. */
#include "export.h"

#include "error.h"
#include "stream.h"

#include <errno.h>

/* On a stream that was never used none of these fails. */
void
tempfile__stream_set_buffer (FILE *f, int buffering, char *buffer)
{
    if (buffering == TEMPFILE_UNBUFFERED)
        setvbuf (f, NULL, _IONBF, 0);
    else if (buffering == TEMPFILE_LINE_BUFFERED)
        setvbuf (f, NULL, _IOLBF, BUFSIZ);
    else if (buffer)
        setvbuf (f, buffer, _IOFBF, (size_t) buffering);
}

FILE *
tempfile__stream_plain (int fd, const struct mode *mode, int buffering)
{
    FILE *f = fdopen (fd, mode->stdio);
    if (!f) {
        tempfile__fail_system (errno, "cannot make a stream");
        return NULL;
    }
    tempfile__stream_set_buffer (f, buffering, NULL);
    return f;
}
