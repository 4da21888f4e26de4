/* SPDX-License-Identifier: MIT */
/* What a descriptor is called in /proc, for calls that take names only. Where there is no /proc
 * they fail with ENOENT. */
#ifndef DESCRIPTOR_H
#define DESCRIPTOR_H

enum { DESCRIPTOR_NAME = 32 };

/* Puts FD's name into NAME, and returns that. Async-signal-safe. */
const char *tempfile__descriptor_name (char name[DESCRIPTOR_NAME], int fd);

/* A new descriptor of the file that FD is open on, opened as FLAGS say; or -1 with errno. */
int tempfile__open_descriptor (int fd, int flags);

#endif
