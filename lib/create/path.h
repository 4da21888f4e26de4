/* SPDX-License-Identifier: MIT */
/* Where a path leads. What is returned is for the caller to free, or NULL with errno. */
#ifndef PATH_H
#define PATH_H

/* PATH made absolute and without a '/' at its end. */
char *tempfile__absolute (const char *path);

/* The directory of an absolute path. */
char *tempfile__parent (const char *path);

/* What PATH is, or would be, when symbolic links are followed that it leads to; absolute. */
char *tempfile__target (const char *path);

/* The directory of that, with a message on failure. */
char *tempfile__beside (const char *path);

#endif
