/* SPDX-License-Identifier: MIT */
/* Descriptors by their names in /proc. */
#include "base/export.h"

#include "base/descriptor.h"
#include "base/retry.h"

#include <string.h>

/* snprintf() is no async-signal-safe function. Not inline: small programs have it once. */
__attribute__ ((__noinline__)) const char *
tempfile__descriptor_name (char name[DESCRIPTOR_NAME], int fd)
{
    static const char where[] = "/proc/self/fd/";
    memcpy (name, where, sizeof where);
    char *p = name + sizeof where - 1;
    for (int rest = fd; rest >= 10; rest /= 10)
        p++;
    p[1] = '\0';
    for (; fd >= 10; fd /= 10)
        *p-- = (char) ('0' + fd % 10);
    *p = (char) ('0' + fd);
    return name;
}

int
tempfile__open_descriptor (int fd, int flags)
{
    char name[DESCRIPTOR_NAME];
    return open_retrying (tempfile__descriptor_name (name, fd), flags, 0);
}
