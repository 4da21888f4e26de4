/* SPDX-License-Identifier: MIT */
/*
 * tempfile_errmsg(): the message lives in thread-local storage, so that setting it cannot fail
 * and needs no lock. It is cut at the size of the buffer and is always a single line.
 */
#include "base/export.h"

#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

static _Thread_local char message[1024];
static _Thread_local unsigned failures;

const char *
tempfile__strerror (int err, char *buffer, size_t size)
{
    int saved = errno;
#ifdef STRERROR_R_CHAR_P
    const char *text = strerror_r (err, buffer, size);
#else
    const char *text = strerror_r (err, buffer, size) == 0 ? buffer : "unknown error";
#endif
    errno = saved;
    return text;
}

/* A path may hold any byte; a message holds none that would end or garble its line. */
static void
make_one_line (void)
{
    for (char *p = message; *p; p++)
        if ((unsigned char) *p < ' ' || *p == '\177')
            *p = '?';
}

static size_t
set_message (const char *format, va_list args)
{
    int n = vsnprintf (message, sizeof message, format, args);
    if (n < 0)
        message[0] = '\0';
    size_t length = strlen (message);
    make_one_line ();
    failures++;
    return length;
}

int
tempfile__fail (int err, const char *format, ...)
{
    va_list args;
    va_start (args, format);
    set_message (format, args);
    va_end (args);
    errno = err;
    return -1;
}

int
tempfile__fail_system (int err, const char *format, ...)
{
    char buffer[128];
    va_list args;
    va_start (args, format);
    size_t length = set_message (format, args);
    va_end (args);
    snprintf (message + length, sizeof message - length, ": %s",
              tempfile__strerror (err, buffer, sizeof buffer));
    errno = err;
    return -1;
}

unsigned
tempfile__failures (void)
{
    return failures;
}

int
tempfile__fail_unless_told (unsigned before, int err, const char *what)
{
    if (failures == before)
        return tempfile__fail_system (err, "%s", what);
    errno = err;
    return -1;
}

EXPORT const char *
tempfile_errmsg (void)
{
    return message;
}
