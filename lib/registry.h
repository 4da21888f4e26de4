/* SPDX-License-Identifier: MIT */
/*
 * The names that this process has made, and what is to become of them.
 *
 * An entry stands for one name, of a file or a directory. Whoever opened the stream or directory
 * HOLDS the entry and must end with
 * either tempfile__entry_delete() or tempfile__entry_leave(); after that the entry is not his.
 *
 *     RESERVED --pending--> PENDING --created--> LIVE  or  KEPT
 *         ^                    |
 *         +----not_created-----+
 *
 *     LIVE --keep--> KEPT               LIVE --delete, unlink, exit--> GONE
 *
 *   FREE      not in use; on the free list
 *   RESERVED  has a holder and room for a path that is being made up
 *   PENDING   the path is final and the file may or may not exist: a create call is under way
 *   LIVE      the file exists and this library will delete it
 *   KEPT      the file exists and is nobody's business any more
 *   GONE      the file was deleted by tempfile_unlink() or exit; only the holder still knows
 *
 * A held entry keeps its path until the holder ends. An entry that was left has no holder: it
 * is found by its path only, and freed when it is deleted.
 *
 * Only the process that made a name deletes it. A child of fork() has copies of the entries, which
 * are of another generation: everything here succeeds on them and does nothing.
 */
#ifndef REGISTRY_H
#define REGISTRY_H

#include <stdbool.h>

struct entry;

/* At exit files go first, then directories with all that is in them. */
enum entry_kind { ENTRY_FILE, ENTRY_DIRECTORY };

/* A RESERVED entry that owns PATH, malloc'ed; or NULL with errno and message, PATH freed. */
struct entry *tempfile__entry_new (char *path, enum entry_kind);

/* The path, to be written while RESERVED, and to be read for as long as the entry is held. */
char *tempfile__entry_path (const struct entry *);

void tempfile__entry_pending (struct entry *);
void tempfile__entry_not_created (struct entry *);
void tempfile__entry_created (struct entry *);
void tempfile__entry_keep (struct entry *);

/* Deletes the file unless it is KEPT, and ends the hold. Returns 0, or the errno of unlink(2), or
 * of tempfile__remove_tree(), which leaves a message; the entry is gone in any case. A name that is
 * gone already is no error. */
int tempfile__entry_delete (struct entry *);

/* Ends the hold; a LIVE file stays until tempfile_unlink() or exit. */
void tempfile__entry_leave (struct entry *);

#endif
