/* SPDX-License-Identifier: MIT */
/*
 * The names that this process has made, and what is to become of them.
 *
 * An entry stands for one name, of a file or a directory. Whoever opened that HOLDS the entry
 * and must end with tempfile__entry_delete(), tempfile__entry_discard() or tempfile__entry_leave();
 * after that the entry is not his. What is said of files below is said of directories as well.
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
 *     TAKEN_LEFT --unlink, by path--> RELEASED
 *
 *   FREE        not in use; on the free list
 *   RESERVED    has a holder and room for a path that is being made up
 *   PENDING     the path is final and the file may or may not exist: a create call is under way
 *   DOOMED      as PENDING, and whoever makes it deletes it at once
 *   LIVE        the file exists and this library will delete it
 *   KEPT        the file exists and is nobody's business any more
 *   LEFT        as LIVE, but nobody holds it: it goes by its path, or at the end
 *   TAKEN       it is decided that the file goes; it is being deleted, or cannot be
 *   TAKEN_LEFT  the same, and nobody holds it
 *   GONE        the file was deleted, or kept by its path; only the holder still knows
 *   RELEASED    of no use to anybody; a reader may still be looking at the path
 *
 * A held entry keeps its path until the holder ends.
 *
 * WHO DELETES. A signal may find any of these states and may come between any two steps. Therefore
 * the path is final before the state is PENDING, the file is made after that, and it is deleted
 * before the state leaves LIVE, LEFT or TAKEN: at no moment is there a file that the registry does
 * not know. Whoever deletes may be interrupted for ever, so whoever comes next repeats what is
 * not known to be done: removing a name twice does no harm. Who has TAKEN an entry has decided
 * that it goes; to keep it is too late.
 *
 * WHOSE IT IS. Only the process that made a name deletes it, and the kernel is asked which process
 * this is whenever something is to be deleted. A child has copies of the entries: all functions
 * succeed on them and delete nothing, and those that would have been LIVE stay, LEFT, for
 * tempfile__registry_adopt().
 *
 * THE END comes in two kinds. After tempfile_cleanup() the process may live on: threads that are
 * about to make a name wait for its end, for a second at most. An end that is certain, by exit or
 * a fatal signal, lasts until everything is deleted; threads that are about to make a name wait
 * until then, and fail. (They cannot wait for good: one that moves a spool to disk has a FILE
 * locked, and exit() needs that after us. They shall not fail at once: a program may answer by
 * ending the process, and cut the deletion short.) A thread that is just making a name is waited
 * for, so that the name is deleted too, for ten seconds at most altogether, because a file server
 * or a function of the caller's may never return.
 *
 * HOW. There is no lock: fork(), exit() in a signal handler and cancellation find nothing locked.
 * Entries are numbered and live in chunks that stay where they are, each twice as large as the one
 * before it, so that anybody can walk them at any moment, and a state is changed by a single
 * compare-and-exchange. Paths are read by others than the holder between enter() and leave():
 * the readers, who are counted. What is RELEASED while there are any waits among the released, and
 * is collected when somebody releases an entry and there are none. So a reader who saw an entry in
 * one of the states that have a path may use the path until he leaves.
 *
 * By path an entry is found in an index, which nobody pays for who does not ask by path: it is
 * begun by the first who does.
 */
#ifndef REGISTRY_H
#define REGISTRY_H

#include <stdbool.h>

struct entry;

/*
 * How a directory is deleted with all that is in it: 0 or an errno, both ways; TELLING also leaves
 * a message, ASYNC_SAFE is async-signal-safe. Whoever registers directories hands this in, and a
 * program without any need not be linked with it. It is constant and never freed.
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

/* NEW is KEPT, come what may: its file has another name by now, or is another's. It takes the
 * place of OLD (or NULL) with its holder; OLD is kept, and its path stays readable for as long as
 * NEW is held. */
void tempfile__entry_succeed (struct entry *new, struct entry *old);
bool tempfile__entry_is_kept (const struct entry *);

/* Deletes the file unless it is KEPT, and ends the hold. Returns 0, or with message the errno of
 * unlink(2) or of the removal; the entry is gone in any case. A name that is gone already is no
 * error. */
int tempfile__entry_delete (struct entry *);

/* The same for a file that was never handed out, so that nobody else will delete it, KEPT or not:
 * where that cannot be done now, it stays, LEFT. */
int tempfile__entry_discard (struct entry *);

/* Ends the hold; a LIVE file stays until somebody asks by path, or the end. */
void tempfile__entry_leave (struct entry *);

/*
 * By path. PATH names a file that this process left, or holds and would delete, and not a
 * directory: it is no more to be deleted, and what is held becomes GONE: 0. Or -1 with errno and
 * message: ENOENT, EISDIR, EPERM (it is the parent's), EINVAL (the registry owns a lock for it),
 * ECANCELED (too late).
 */
int tempfile__left_keep (const char *path);

/*
 * The same name, which gets lost to this registry because the file becomes another's: whether it
 * may, 0 or -1 as above, with EBUSY for what is held; and that it has. A lock does not matter.
 */
int tempfile__left_check (const char *path);
void tempfile__left_forget (const char *path);

/* The file PATH, malloc'ed, which exists, is as LEFT by this process from now on: 0; or -1 with
 * errno and message. One that is registered stays so. PATH is freed when it is not needed any more.
 */
int tempfile__left_register (char *path);

/* What this process inherited is its own from now on: 0, or -1 with errno and message in a child
 * that shares its parent's memory. */
int tempfile__registry_adopt (void);

/*
 * Deletes every file that is this process's to delete. Async-signal-safe at any instruction of
 * this library, in any thread: takes no lock and frees nothing. CERTAIN says that the process
 * cannot but end.
 */
void tempfile__registry_clean_up (bool certain);

/* After a certain end: gives all memory back, unless somebody still uses it. */
void tempfile__registry_free (void);

#endif
