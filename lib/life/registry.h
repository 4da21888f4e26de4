/* SPDX-License-Identifier: MIT */
/*
 * The names that this process has made, and what is to become of them.
 *
 * An entry stands for one name, of a file or a directory. Whoever opened that HOLDS the entry
 * and must end with tempfile__entry_delete(), tempfile__entry_discard() or tempfile__entry_leave();
 * after that the entry is not his. What is said of files below is said of directories as well.
 *
 *     RESERVED --pending--> PENDING --created--> LIVE  or  KEPT
 *         ^                    |
 *         +----not_created-----+
 *
 *     LIVE --keep--> KEPT        LIVE --delete, discard, unlink--> GONE
 *     PENDING, LIVE --clean_up--> TAKEN
 *
 *   FREE      not in use; on the free list
 *   RESERVED  has a holder and room for a path that is being made up
 *   PENDING   the path is final and the file may or may not exist: a create call is under way
 *   LIVE      the file exists and this library will delete it
 *   KEPT      the file exists and is nobody's business any more
 *   GONE      the file was deleted by tempfile_unlink(); only the holder still knows
 *   TAKEN     the file was, or is just being, deleted because the process is about to end
 *
 * A held entry keeps its path until the holder ends. An entry that was left has no holder: it
 * is found by its path only, and freed when it is deleted.
 *
 * A signal may find any of these states and may come between any two steps. Therefore the path
 * is final before the state is PENDING, the file is made after that, and it is deleted before the
 * state leaves LIVE: at no moment is there a file that the registry does not know.
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

/*
 * A recoverable file is locked by flock(2) for as long as its owner may need it; the lock lives
 * as long as a descriptor of that opening. The entry takes over FD, which outlives the stream's
 * own, and closes it when it is freed.
 */
void tempfile__entry_own_lock (struct entry *, int fd);
bool tempfile__entry_owns_lock (const struct entry *);

/* The path, to be written while RESERVED, and to be read for as long as the entry is held. */
char *tempfile__entry_path (const struct entry *);

/*
 * Before and after the file is made. Each returns 0, or -1 with EINTR and message when the process
 * is about to end and the entry has been TAKEN; there is no file then.
 */
int tempfile__entry_pending (struct entry *);
int tempfile__entry_not_created (struct entry *);
int tempfile__entry_created (struct entry *);

void tempfile__entry_keep (struct entry *);

/* NEW, which is RESERVED, is KEPT and takes the place of OLD (or NULL) with its holder. OLD is
 * kept, and its path stays readable for as long as NEW is held. */
void tempfile__entry_succeed (struct entry *new, struct entry *old);
bool tempfile__entry_is_kept (const struct entry *);

/* Deletes the file unless it is KEPT, and ends the hold. Returns 0, or with message the errno of
 * unlink(2) or of tempfile__remove_tree(); the entry is gone in any case. A name that is gone
 * already is no error. */
int tempfile__entry_delete (struct entry *);

/* The same for a file that was never handed out, so that nobody else will delete it: where that
 * cannot be done now, it stays LIVE, for exit. */
int tempfile__entry_discard (struct entry *);

/* Ends the hold; a LIVE file stays until tempfile_unlink() or exit. */
void tempfile__entry_leave (struct entry *);

/*
 * Deletes every file that is this process's to delete. Async-signal-safe at any instruction of
 * this library, in any thread: takes no lock and frees nothing. From then on other threads wait
 * before they make a file, for a second at most, so that a process that ends within it leaves
 * none behind.
 */
void tempfile__registry_clean_up (void);

/* Gives back what the files deleted by the above still occupy. Not async-signal-safe. */
void tempfile__registry_free (void);

#endif
