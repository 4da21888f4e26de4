/* SPDX-License-Identifier: MIT */
/*
 * streams.h - the streams that are compared, each made in DIR, but that of tmpfile(), which goes
 * where it wants. NULL, or -1, with errno.
 */
#ifndef STREAMS_H
#define STREAMS_H

#include <stdio.h>

/* By mkostemp(); nothing is left of its name. */
int streams_descriptor (const char *dir);

FILE *streams_fdopen (const char *dir); /* of that descriptor */

/* A stream of fopencookie() over FD, with callbacks that do read(), write(), lseek() and close()
 * and nothing else: what libc's custom streams cost. NULL, with FD closed; ENOSYS: there are none.
 */
FILE *streams_cookie_over (int fd);
FILE *streams_cookie (const char *dir); /* over that descriptor */

FILE *streams_tmpfile (const char *dir);
FILE *streams_unnamed (const char *dir);
FILE *streams_buffered (const char *dir); /* with 64 KiB */
FILE *streams_named (const char *dir);
FILE *streams_spooled (const char *dir);
FILE *streams_text (const char *dir);

#endif /* STREAMS_H */
