/* SPDX-License-Identifier: MIT */
/* Removal of a directory with all that is in it; remove.c says how, and what it costs. */
#ifndef REMOVE_H
#define REMOVE_H

/*
 * Both remove what is at PATH, of whatever type, and return 0 when nothing is left there, else
 * the errno of the first thing that could not be removed; all else is removed nevertheless. A
 * symbolic link is removed and not followed, inside and at PATH itself. Mount points are left
 * alone (EBUSY, EXDEV).
 *
 * The first also leaves a message that names that thing. The second is async-signal-safe: it
 * takes no lock, allocates nothing, uses some 6 KiB of stack and at most twelve descriptors, and
 * leaves errno as it was. Where directories cannot be read in a signal handler (scan.h) it
 * removes an empty directory only.
 */
int tempfile__remove_tree (const char *path);
int tempfile__remove_tree_async_safe (const char *path);

#endif
