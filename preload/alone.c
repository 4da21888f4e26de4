/* SPDX-License-Identifier: MIT */
/*
 * The one thing that name.c needs and that is not taken from libtempfile: its process.c watches
 * fork() from the moment when it is loaded, and this library has no constructor.
 */
#include "base/export.h"

#include "base/process.h"

#include <unistd.h>

unsigned
tempfile__generation (void)
{
    return (unsigned) getpid ();
}
