/* SPDX-License-Identifier: MIT */
/* tree.h - what is done with directories and files by hand, without the library that is tested. */
#ifndef TEMPFILE_TESTS_TREE_H
#define TEMPFILE_TESTS_TREE_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

/* Is the entry "." or ".."? */
bool is_dots (const char *name);

/* All of it that can be removed, whatever its permissions. */
void remove_tree (const char *dir);

/* Has the file SIZE bytes, all of them the same letter, and the permissions MODE? It is closed. */
bool is_one_letter (FILE *f, size_t size, mode_t mode);

#endif
