/* SPDX-License-Identifier: MIT */
/*
 * Custom streams that are locked only when there are threads.
 *
 * A stdio that takes no locks as long as a process has one thread gives each FILE a flag that says
 * that it must be locked, and sets it everywhere when the first thread is created. On custom
 * streams it sets it from the beginning, for their callbacks might create that thread; so getc()
 * takes six times as long. The callbacks here create none.
 *
 * The flag may be taken away as long as no thread was ever created, and not later: then stdio
 * would not set it a second time. The standard streams show whether one was; they may be closed,
 * so what the libc says about the present is asked as well.
 */
#include "base/export.h"

#include "stream/stream.h"

#ifdef STREAM_LOCK_FLAG

#include <sys/single_threaded.h>

static bool
is_locked (const FILE *f)
{
    return f && (f->_flags2 & STREAM_LOCK_FLAG);
}

void
tempfile__stream_lock_late (FILE *f)
{
    if (__libc_single_threaded && !is_locked (stdin) && !is_locked (stdout) && !is_locked (stderr))
        f->_flags2 &= ~STREAM_LOCK_FLAG;
}

#else

void
tempfile__stream_lock_late (FILE *f)
{
    (void) f;
}

#endif
