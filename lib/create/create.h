/* SPDX-License-Identifier: MIT */
/* Makes one file, directory or whatever else in one given directory. Which directory, and what
 * becomes of what was made, is decided by the callers. */
#ifndef CREATE_H
#define CREATE_H

#include "create/options.h"
#include "life/registry.h"

/* What the functions below return, besides a descriptor: CREATE_FAILED has errno and message;
 * with CREATE_REFUSED, too, but the failure is no fault of the directory. */
enum { CREATE_FAILED = -1, CREATE_REFUSED = -2 };

/* The audit events, by Python's names. */
#define EVENT_MKSTEMP "tempfile.mkstemp"
#define EVENT_MKDTEMP "tempfile.mkdtemp"

/* Each returns a close-on-exec descriptor with the mode and permissions of the settings. DIR is
 * absolute. The entry of a named file is LIVE. */
int tempfile__create_unnamed (const char *dir, struct settings *);
int tempfile__create_named (const char *dir, struct settings *, struct entry **);

/* A directory with the permissions of the settings, its entry LIVE: 0 or as above. */
int tempfile__create_directory (const char *dir, struct settings *, struct entry **);

/*
 * A way to make something under a name that nothing has yet, a full path. It returns what it has
 * made, 0 or more; or CREATE_FAILED with errno, of which EEXIST asks for another name; or
 * CREATE_REFUSED with errno and message.
 */
struct maker {
    const char *event;
    int (*make) (const char *path, void *arg);
    void (*undo) (int made); /* gives up what was made, of which the name is gone; or NULL */
    void *arg;
};

/*
 * Two such ways, as above. Their argument is the struct settings. What is recoverable comes locked:
 * a directory by the descriptor returned, which otherwise is 0.
 */
int tempfile__make_file (const char *path, void *settings);
int tempfile__make_directory (const char *path, void *settings);

/* Makes something under a name as the settings say, with a LIVE entry: what the maker returned, or
 * as above. */
int tempfile__create_entry (const char *dir, const struct settings *, enum entry_kind,
                            const struct maker *, struct entry **);

/* Makes something that the registry does not know, under a name as the settings say, which goes to
 * *PATH, for the caller to free. What the maker returned, or as above. */
int tempfile__create_path (const char *dir, const struct settings *, const struct maker *,
                           char **path);

/* Whether a file can be made in DIR: 0 or as above. Leaves nothing behind. */
int tempfile__create_probe (const char *dir);

#endif
