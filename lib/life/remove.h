/* SPDX-License-Identifier: MIT */
/* Removal of a directory with all that is in it; remove.c says how, and what it costs. */
#ifndef REMOVE_H
#define REMOVE_H

#include "base/inode.h"

/*
 * Each removes what is at PATH, an absolute path, of whatever type, and returns 0 when nothing is
 * left there, else the errno of the first thing that could not be removed; all else is removed
 * nevertheless. A symbolic link is removed and not followed, inside and at PATH itself. Mount
 * points are left alone, PATH itself included (EBUSY), and so are directories that others may have
 * moved in (EPERM). Whatever others do meanwhile, it ends (ENOTEMPTY).
 *
 * The first also leaves a message that names that thing; and so does the second, which removes NAME
 * in the open directory DIR, and enters it only if it is the directory INODE (ESTALE). The third is
 * async-signal-safe: it takes no lock, allocates nothing, uses less than 2 KiB of stack, and leaves
 * errno as it was. ENOMEM: more removals are under way than it has memory for. Where directories
 * cannot be read in a signal handler (scan.h) it removes an empty directory only. All use at most
 * 33 descriptors, and make do with three, or four where permissions are in the way.
 */
int tempfile__remove_tree (const char *path);
int tempfile__remove_tree_at (int dir, const char *name, const struct inode *inode);
int tempfile__remove_tree_async_safe (const char *path);

#endif
