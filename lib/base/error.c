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

enum { MESSAGE = 1024 };

/* Two, so that the one of the last call that failed survives a trial that succeeds. */
static _Thread_local struct {
    char text[2][MESSAGE];
    int shown;
    int kept; /* during a trial: the other is written */
    unsigned trials;
    unsigned failures;
} messages;

EXPORT const char *
tempfile_errmsg (void)
{
    return messages.text[messages.shown];
}

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
make_one_line (char *p)
{
    for (; *p; p++)
        if ((unsigned char) *p < ' ' || *p == '\177')
            *p = '?';
}

/* The message, for what is to be added to it. */
static char *
set_message (const char *format, va_list args)
{
    if (messages.trials > 0)
        messages.shown = !messages.kept;
    char *message = messages.text[messages.shown];
    int n = vsnprintf (message, MESSAGE, format, args);
    if (n < 0)
        message[0] = '\0';
    make_one_line (message);
    messages.failures++;
    return message;
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

/* The reason is the message so far, which is replaced, if it was TOLD; else what ERR means. */
static int
fail_with_reason (bool told, int err, const char *format, va_list args)
{
    char reason[MESSAGE], buffer[128];
    snprintf (reason, sizeof reason, "%s",
              told ? tempfile_errmsg () : tempfile__strerror (err, buffer, sizeof buffer));
    char *message = set_message (format, args);
    size_t length = strlen (message);
    snprintf (message + length, MESSAGE - length, ": %s", reason);
    errno = err;
    return -1;
}

int
tempfile__fail_system (int err, const char *format, ...)
{
    va_list args;
    va_start (args, format);
    fail_with_reason (false, err, format, args);
    va_end (args);
    return -1;
}

int
tempfile__fail_because (unsigned before, int err, const char *format, ...)
{
    va_list args;
    va_start (args, format);
    fail_with_reason (messages.failures != before, err, format, args);
    va_end (args);
    return -1;
}

unsigned
tempfile__failures (void)
{
    return messages.failures;
}

int
tempfile__fail_unless_told (unsigned before, int err, const char *what)
{
    if (messages.failures == before)
        return tempfile__fail_system (err, "%s", what);
    errno = err;
    return -1;
}

void
tempfile__trial_begin (void)
{
    if (messages.trials++ == 0)
        messages.kept = messages.shown;
}

void
tempfile__trial_end (bool succeeded)
{
    if (--messages.trials == 0 && succeeded)
        messages.shown = messages.kept;
}
