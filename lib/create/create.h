/* SPDX-License-Identifier: MIT */
/* Makes one file, directory or whatever else in one given directory. Which directory, and what
 * becomes of what was made, is decided by the callers. */
#ifndef CREATE_H
#define CREATE_H

#include "create/options.h"
#include "life/registry.h"

#include <sys/stat.h>

/* What the functions below return, besides a descriptor: CREATE_FAILED has errno and message;
 * with CREATE_REFUSED, too, but the failure is no fault of the directory. */
enum { CREATE_FAILED = -1, CREATE_REFUSED = -2 };

/* The audit events, by Python's names. */
#define EVENT_MKSTEMP "tempfile.mkstemp"
#define EVENT_MKDTEMP "tempfile.mkdtemp"

/* Each returns a close-on-exec descriptor with the mode and permissions of the settings. DIR is
 * absolute. */
typedef int create_fn (const char *dir, struct settings *);

/*
 * Files without a name. Where the system cannot make one, CREATE_WITH_NAME does, under a name that
 * is gone when it returns: one of the two below it. With the first the name is in the registry
 * while it exists; the second does without the registry, and so does a program that needs no other.
 */
int tempfile__create_unnamed (const char *dir, struct settings *, create_fn *create_with_name);
create_fn tempfile__create_unlinked;
create_fn tempfile__create_unregistered;

/* The same in memory, without a directory: the descriptor, or -1 with errno and message. */
int tempfile__create_in_memory (const struct settings *);

/* The defaults of a file without a name. */
struct settings tempfile__settings_unnamed (void);

/* Whether a file can be made in DIR: 0 or as above. Leaves nothing behind. */
int tempfile__create_probe (const char *dir);

/* A file with a name. Its entry is LIVE. */
int tempfile__create_named (const char *dir, struct settings *, struct entry **);

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
 * as above. TREE as for tempfile__entry_new(). */
int tempfile__create_entry (const char *dir, const struct settings *, const struct removal *tree,
                            const struct maker *, struct entry **);

/* Makes something that the registry does not know, under a name as the settings say, which goes to
 * *PATH, for the caller to free. What the maker returned, or as above. */
int tempfile__create_path (const char *dir, const struct settings *, const struct maker *,
                           char **path);

/*
 * The parts of the two above. The first is DIR '/' PREFIX random SUFFIX, the random part not filled
 * in, where that begins in *RANDOM, for the caller to free; or NULL: no memory. The second fills in
 * one name after the other until something could be made under it.
 */
char *tempfile__make_path (const char *dir, const struct settings *, size_t *random);
int tempfile__try_names (const char *dir, char *path, size_t random, bool tagged,
                         const struct maker *);

/* Tells that errno ERR came from DIR: CREATE_FAILED, or CREATE_REFUSED where another directory
 * would not help. */
int tempfile__create_failure (int err, const char *dir);

/* Undoes what the umask took from the permissions of FD, which is ST, unless it is to: 0, or -1
 * with errno. And whether that is the errno of chmod(2) where a file system, such as FAT, or a
 * sandbox knows no permissions. */
int tempfile__fix_permissions (int fd, const struct stat *st, const struct settings *);
bool tempfile__lacks_permissions (int err);

/*
 * Until it is locked, what is new and recoverable looks abandoned to tempfile_recover(), which may
 * have locked it first, or deleted it. Then it was never ours: -1 with EEXIST, and another name is
 * tried. The number of links does not tell: NFS and FUSE keep what is open under a name of their
 * own. What it is goes to *ST.
 */
int tempfile__lock_new (int fd, const char *path, struct stat *st);

#endif
