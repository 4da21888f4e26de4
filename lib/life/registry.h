/* SPDX-License-Identifier: MIT */
/*
 * The registry of the names that this process has made, and of how each is deleted.
 *
 * An entry stands for one name of a file or directory. The code that opened the file HOLDS the
 * entry. It ends the hold by tempfile__entry_delete(), tempfile__entry_discard() or
 * tempfile__entry_leave(), and does not use the entry after that. Below, "file" means a directory
 * as well.
 *
 *     RESERVED --pending--> PENDING --created--> LIVE --keep, succeed--> KEPT
 *         ^                    |                  |
 *         +----not_created-----+                  +--leave--> LEFT
 *
 *     LIVE --the end; unlink, by path--> TAKEN --deleted--> GONE
 *     LIVE --keep, by path--> GONE
 *     PENDING --the end, out of patience--> DOOMED --created, not_created--> TAKEN
 *     PENDING --the end, in a handler that interrupted its maker: only if the file is there--> GONE
 *     LEFT --the end; unlink, by path--> TAKEN_LEFT
 *     KEPT --discard--> LIVE
 *     all --delete, discard, leave; LEFT --keep, by path--> RELEASED --> FREE
 *     TAKEN_LEFT --unlink, by path; deleted, at a certain end--> RELEASED
 *
 *   FREE        not in use; on the free list
 *   RESERVED    has a holder, who is writing the path
 *   PENDING     the path is final; a call that creates the file is under way
 *   DOOMED      as PENDING, but the thread that creates the file deletes it at once
 *   LIVE        the file exists and this library will delete it
 *   KEPT        the file exists and this library will not delete it
 *   LEFT        as LIVE, without a holder: it is deleted by its path, or at the end
 *   TAKEN       the file is being deleted, or could not be deleted; nobody can keep it
 *   TAKEN_LEFT  as TAKEN, without a holder
 *   GONE        the file was deleted, or kept by its path; the entry still has a holder
 *   RELEASED    no longer used, but a reader may still be looking at the path
 *
 * An entry that is held keeps its path until the hold ends.
 *
 * WHO DELETES. A signal may arrive in any of these states and between any two steps. Therefore the
 * path is final before the state is PENDING, the file is created after that, and it is deleted
 * before the state leaves LIVE, LEFT or TAKEN. So the registry knows every file at every moment. A
 * thread that deletes may be interrupted for ever. So the next one that deletes repeats every
 * deletion that is not known to be done: removing a name twice does no harm. Once an entry is
 * TAKEN, it is too late to keep the file.
 *
 * WHOSE IT IS. Only the process that made a name deletes it. Before each deletion the kernel is
 * asked which process this is. A child has copies of the entries: all functions succeed on them and
 * delete nothing. Entries that would have been LIVE become LEFT in the child, for
 * tempfile__registry_adopt().
 *
 * THE END has two kinds. After tempfile_cleanup() the process may continue: a thread that is about
 * to make a name waits for the end of the process, for a second at most. An end by exit or a fatal
 * signal is certain and lasts until everything is deleted: a thread that is about to make a name
 * waits until then, and fails. (It cannot wait for ever: a thread that moves a spool to disk has
 * locked a FILE, and exit() needs that lock later. It does not fail at once: the program may answer
 * by ending the process, which would cut the deletion short.) The end waits for a thread that is
 * making a name, so that this name is deleted as well. It waits for ten seconds at most in all,
 * because a file server or a function of the caller's may never return.
 *
 * HOW. There is no lock: fork(), exit() in a signal handler and cancellation find nothing locked.
 * Entries are numbered and live in chunks that never move, each twice as large as the one before
 * it, so any thread can walk them at any moment. A state is changed by a single
 * compare-and-exchange. Code that does not hold an entry reads its path between enter() and leave()
 * and is counted as a reader. An entry that is RELEASED while there are readers waits in the list
 * of released entries. That list is collected by a later release that finds no reader. So a reader
 * that has seen an entry in a state with a path may use the path until it leaves.
 *
 * An index finds an entry by its path. The first search by path begins the index, so a program that
 * never searches by path does not pay for it.
 */
#ifndef REGISTRY_H
#define REGISTRY_H

#include <stdbool.h>

struct entry;

/*
 * How a directory is deleted with all that is in it: 0 or an errno, both ways; TELLING also leaves
 * a message, ASYNC_SAFE is async-signal-safe. The code that registers directories passes it in, so
 * that a program without directories is not linked with it. It is constant and never freed.
 */
struct removal {
    int (*telling) (const char *path);
    int (*async_safe) (const char *path);
};

/*
 * A RESERVED entry that owns PATH, malloc'ed; or NULL with errno and message, PATH freed. TREE is
 * NULL for a file. At exit files go first, then directories.
 */
struct entry *tempfile__entry_new (char *path, const struct removal *tree);

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
 * Before and after the file is made. Each returns 0; or -1 with errno and message when the process
 * is about to end: ECANCELED, or EINTR when the entry was DOOMED. There is no file then.
 */
int tempfile__entry_pending (struct entry *);
int tempfile__entry_not_created (struct entry *);
int tempfile__entry_created (struct entry *);

/* -1 with ECANCELED and message: it is too late, the file is, or is being, deleted. */
int tempfile__entry_keep (struct entry *);

/* NEW becomes KEPT in every case: its file has another name now, or belongs to another process. It
 * replaces OLD (or NULL) for the holder. OLD is kept, and its path can be read as long as NEW is
 * held. */
void tempfile__entry_succeed (struct entry *new, struct entry *old);
bool tempfile__entry_is_kept (const struct entry *);

/* Deletes the file unless it is KEPT, and ends the hold. Returns 0, or the errno of unlink(2) or of
 * the removal, with a message. The hold ends in any case. It is no error if the name does not
 * exist. */
int tempfile__entry_delete (struct entry *);

/* The same for a file that the caller never got, and which nobody else would delete; it is deleted
 * also if it is KEPT. If it cannot be deleted now it becomes LEFT. */
int tempfile__entry_discard (struct entry *);

/* Ends the hold. A LIVE file stays until it is deleted by its path, or until the end. */
void tempfile__entry_leave (struct entry *);

/*
 * Keeps a file by its path. PATH names a file, not a directory, that this process left, or holds
 * and would delete. It will not be deleted; an entry that is held becomes GONE. Returns 0; or -1
 * with errno and message: ENOENT, EISDIR, EPERM (it is the parent's), EINVAL (the registry owns a
 * lock for it), ECANCELED (too late).
 */
int tempfile__left_keep (const char *path);

/*
 * The two steps for a file that gets another name and leaves the registry. The first says whether
 * it may: 0, or -1 as above, with EBUSY if it is held. The second says that it has. A lock does not
 * matter.
 */
int tempfile__left_check (const char *path);
void tempfile__left_forget (const char *path);

/* From now on the existing file PATH, malloc'ed, is LEFT by this process. A file that is registered
 * already stays as it is. Returns 0; or -1 with errno and message. This frees PATH. */
int tempfile__left_register (char *path);

/* The names that this process inherited become its own: 0, or -1 with errno and message in a child
 * that shares its parent's memory. */
int tempfile__registry_adopt (void);

/*
 * Deletes every file that this process is to delete. Async-signal-safe at any instruction of this
 * library, in any thread: it takes no lock and frees nothing. CERTAIN: the process is certain to
 * end.
 */
void tempfile__registry_clean_up (bool certain);

/* After a certain end: frees all memory, unless some thread still uses it. */
void tempfile__registry_free (void);

#endif
