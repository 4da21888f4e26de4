/* SPDX-License-Identifier: MIT */
/*
 * libtempfile-preload.so: by LD_PRELOAD, tmpfile() of a program that exists becomes that of this
 * library. It exports tmpfile and tmpfile64 and nothing else.
 *
 * It holds its own copy of the few parts of libtempfile that make an unnamed file, and is linked
 * with nothing but libc. It is not linked with libtempfile.so, since that may be missing, or be
 * another version, where the program runs, and would bring whatever else streams need into every
 * process; a program that uses libtempfile.so by itself keeps that one, for no name of
 * it is exported here. And it has no constructor: a program that never calls tmpfile() pays
 * for the mapping of the file, 1.2 KiB of thread-local storage, and a look at a counter when it
 * ends.
 */

/* Where large files are asked for, stdio.h may declare tmpfile as another name of tmpfile64; both
 * are defined here. */
#define tmpfile declared_tmpfile
#include "base/export.h"
#undef tmpfile
#undef tmpfile64

#include "account.h"

#include <fcntl.h>

EXPORT FILE *tmpfile (void);
EXPORT FILE *tmpfile64 (void); /* NOLINT(readability-redundant-declaration): not everywhere */

/* As libc's, the descriptor is inherited: a program that exists may count on that. */
FILE *
tmpfile (void)
{
    FILE *f = tempfile_tmpfile ();
    if (!f)
        return NULL;
    fcntl (fileno (f), F_SETFD, 0);
    if (tempfile__accounting ())
        tempfile__account (f);
    return f;
}

/* All files are large ones. */
FILE *
tmpfile64 (void)
{
    return tmpfile ();
}
