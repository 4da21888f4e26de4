/* SPDX-License-Identifier: MIT */
/* Removal of a directory with all that is in it; remove.c says how, and what it costs. */
#ifndef REMOVE_H
#define REMOVE_H

#include "base/inode.h"

/*
 * Each removes the file of any type at PATH, an absolute path. It returns 0 if nothing is left
 * there, else the errno of the first failure; it removes everything else in spite of that. A
 * symbolic link is removed and not followed, in the tree and at PATH itself. Mount points are left
 * alone, PATH itself included (EBUSY), and so are directories that others may have moved in
 * (EPERM). A removal ends whatever others do meanwhile (ENOTEMPTY).
 *
 * The first function also sets a message that names the file of that failure. So does the second,
 * which removes NAME in the open directory DIR, and enters it only if it is the directory INODE
 * (ESTALE). The third is async-signal-safe: it takes no lock, allocates nothing, uses less than
 * 2 KiB of stack, and preserves errno. ENOMEM: more removals are under way than it has memory for.
 * Where directories cannot be read in a signal handler (scan.h) it removes an empty directory only.
 * All use at most 33 descriptors, and need three, or four where permissions are in the way.
 */
int tempfile__remove_tree (const char *path);
int tempfile__remove_tree_at (int dir, const char *name, const struct inode *inode);
int tempfile__remove_tree_async_safe (const char *path);

#endif
