/* SPDX-License-Identifier: MIT */
/* tree.h - what is done with directories by hand, without the library that is tested. */
#ifndef TEMPFILE_TESTS_TREE_H
#define TEMPFILE_TESTS_TREE_H

#include <stdbool.h>

/* Is the entry "." or ".."? */
bool is_dots (const char *name);

/* All of it that can be removed, whatever its permissions. */
void remove_tree (const char *dir);

#endif
