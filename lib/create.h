/* SPDX-License-Identifier: MIT */
/* Makes one file in one given directory. Which directory, and what becomes of the file, is decided
 * by the callers. */
#ifndef CREATE_H
#define CREATE_H

#include "options.h"
#include "registry.h"

/* What the functions below return, besides a descriptor: CREATE_FAILED has errno and message;
 * with CREATE_REFUSED, too, but the failure is no fault of the directory. */
enum { CREATE_FAILED = -1, CREATE_REFUSED = -2 };

/* Makes something under a fresh PATH: 0, or -1 with errno; with EEXIST another path is tried. */
typedef int make_fn (const char *path, void *arg);

/* Finds a name, by the prefix and suffix of the settings, under which MAKE succeeds: 0 and a LIVE
 * entry, or as above. */
int tempfile__create_entry (const char *dir, const struct settings *, make_fn *make, void *arg,
                            struct entry **);

/* Each returns a close-on-exec descriptor with the mode and permissions of the settings. DIR is
 * absolute. The entry of a named file is LIVE. */
int tempfile__create_unnamed (const char *dir, const struct settings *);
int tempfile__create_named (const char *dir, const struct settings *, struct entry **);

/* Whether a file can be made in DIR: 0 or as above. Leaves nothing behind. */
int tempfile__create_probe (const char *dir);

#endif
