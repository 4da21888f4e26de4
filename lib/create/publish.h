/* SPDX-License-Identifier: MIT */
/* How a temporary file becomes a lasting one: the last step of tempfile_persist() and
 * tempfile_persist_path(). */
#ifndef PUBLISH_H
#define PUBLISH_H

/* PATH in the form that the others take it, for the caller to free; or NULL with errno and message:
 * something is wrong with it or with the flags. CALL is the public function. */
char *tempfile__publish_path (const char *call, const char *path, unsigned flags);

/*
 * The file that FD has open and whose name is FROM (NULL: none) becomes PATH, as the flags say.
 * Returns 0; or -1 with errno and message, and the file has its name still; or more with both, and
 * PATH is in place all the same. Where PATH is a copy of the file, *COPY is a descriptor of it for
 * the caller to close, and the file has no name any more; else it is -1.
 */
COMPACT int tempfile__publish (int fd, const char *from, const char *path, unsigned flags,
                               int *copy);

#endif
