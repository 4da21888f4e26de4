/* SPDX-License-Identifier: MIT */
/*
 * The registry of names; registry.h has the states and who may do what.
 *
 * Entries live in chunks that are linked once and for all, so that a signal handler can walk them
 * at any moment, and a state is taken over by a single compare-and-exchange. Who moved an entry
 * to TAKEN, and nobody else, may look at its path while `walks` says that a walk is under way;
 * that is why a path is not freed then. The lock guards all the rest: the free list, the index by
 * path, `held`, `indexed`, and the freeing of paths. The walk does not touch those.
 */
#include "base/export.h"

#include "base/error.h"
#include "base/process.h"
#include "base/table.h"
#include "life/ending.h"
#include "life/registry.h"
#include "life/remove.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

enum state { FREE, RESERVED, PENDING, LIVE, KEPT, GONE, TAKEN };

struct entry {
    struct node node; /* must be first */
    bool indexed;
    bool held;
    _Atomic int kind;
    _Atomic int state;
    _Atomic unsigned generation; /* of the process that made the name */
    _Atomic pthread_t maker;     /* while PENDING: the thread that is making the file */
    char *path;
    int lock;             /* a descriptor, or -1 */
    struct entry *former; /* held along with this one: an earlier name of the same file */
    struct entry *next_free;
};

enum { CHUNK = 64 };

struct chunk {
    _Atomic (struct chunk *) next;
    struct entry entries[CHUNK];
};

/* The first chunk needs no memory: a program with few names can always have them. */
static struct chunk first_chunk;
static struct entry *free_list;
static struct chunk *newest; /* NULL: not even the first is in use */
static size_t carved;        /* entries of the newest chunk that were ever used */
static struct table names;

/* The walks under way; and the generation of the process that is about to end, with the thread
 * that says so. */
static _Atomic int walks;
static _Atomic unsigned ending;
static _Atomic pthread_t ender;

/* How long, in milliseconds, a thread waits for another: one that makes a file for the process to
 * end, and the walk for a file to be made. */
enum { PATIENCE = 1000 };

static bool
same_path (const struct node *n, const void *path)
{
    return strcmp (((const struct entry *) n)->path, path) == 0;
}

static bool
is_mine (struct entry *e)
{
    return atomic_load (&e->generation) == tempfile__generation ();
}

static bool
move (struct entry *e, int from, int to)
{
    return atomic_compare_exchange_strong (&e->state, &from, to);
}

/* With the lock. */
static struct chunk *
add_chunk (void)
{
    if (!newest)
        return &first_chunk;
    struct chunk *c = calloc (1, sizeof *c);
    if (c)
        atomic_store (&newest->next, c);
    return c;
}

/* With the lock. */
static struct entry *
take_free (void)
{
    struct entry *e = free_list;
    if (e) {
        free_list = e->next_free;
        return e;
    }
    if (!newest || carved == CHUNK) {
        struct chunk *c = add_chunk ();
        if (!c)
            return NULL;
        newest = c;
        carved = 0;
    }
    return &newest->entries[carved++];
}

/* With the lock. */
static void
unindex (struct entry *e)
{
    if (e->indexed)
        tempfile__table_remove (&names, &e->node);
    e->indexed = false;
}

static void
give_up_lock (struct entry *e)
{
    if (e->lock >= 0)
        close (e->lock);
    e->lock = -1;
}

/*
 * Forgets an entry that nobody holds any more and that is no longer LIVE. One that is TAKEN by a
 * walk still under way is lost, but for its lock: its path is being read. With the lock.
 */
static void
release_one (struct entry *e)
{
    e->held = false;
    give_up_lock (e);
    if (atomic_load (&e->state) == TAKEN && atomic_load (&walks) > 0)
        return;
    unindex (e);
    atomic_store (&e->state, FREE);
    free (e->path);
    e->path = NULL;
    e->next_free = free_list;
    free_list = e;
}

/* With the lock. */
static void
release (struct entry *e)
{
    while (e) {
        struct entry *former = e->former;
        e->former = NULL;
        release_one (e);
        e = former;
    }
}

static int
unlink_name (const char *path)
{
    return unlink (path) == 0 || errno == ENOENT ? 0 : errno;
}

/* A directory with all that is in it. An errno, with message, or 0. */
static int
remove_name (struct entry *e)
{
    if (e->kind == ENTRY_DIRECTORY)
        return tempfile__remove_tree (e->path);
    int err = unlink_name (e->path);
    if (err)
        tempfile__fail_system (err, "cannot delete '%s'", e->path);
    return err;
}

struct entry *
tempfile__entry_new (char *path, enum entry_kind kind)
{
    tempfile__lock (LOCK_REGISTRY);
    struct entry *e = take_free ();
    tempfile__unlock (LOCK_REGISTRY);
    if (!e) {
        free (path);
        tempfile__fail_system (ENOMEM, "cannot register a name");
        return NULL;
    }
    e->path = path;
    atomic_store (&e->kind, kind);
    e->lock = -1;
    e->held = true;
    atomic_store (&e->generation, tempfile__generation ());
    atomic_store (&e->state, RESERVED);
    return e;
}

void
tempfile__entry_own_lock (struct entry *e, int fd)
{
    e->lock = fd;
}

bool
tempfile__entry_owns_lock (const struct entry *e)
{
    return e->lock >= 0;
}

char *
tempfile__entry_path (const struct entry *e)
{
    return e->path;
}

/*
 * A walk by this very thread is over, or we would not be here: the handler has returned and the
 * process lives on. So does one that said long ago that it would end.
 */
static bool
about_to_end (void)
{
    return atomic_load (&ending) == tempfile__generation () &&
           !pthread_equal (atomic_load (&ender), pthread_self ());
}

static void
wait_for_end (void)
{
    for (int i = 0; i < PATIENCE && about_to_end (); i += 10)
        poll (NULL, 0, 10);
    atomic_store (&ending, 0);
}

static int
fail_taken (void)
{
    return tempfile__fail (EINTR, "no file is made: the process is being cleaned up");
}

/* Either this sees that the end is near, or the walk, which says so first, sees PENDING. */
int
tempfile__entry_pending (struct entry *e)
{
    atomic_store (&e->maker, pthread_self ());
    atomic_store (&e->state, PENDING);
    while (about_to_end ()) {
        if (!move (e, PENDING, RESERVED))
            return fail_taken (); /* LCOV_EXCL_LINE: the walk came at this very moment */
        wait_for_end ();
        atomic_store (&e->state, PENDING);
    }
    return 0;
}

int
tempfile__entry_not_created (struct entry *e)
{
    return move (e, PENDING, RESERVED) ? 0 : fail_taken ();
}

/* LIVE before the lock is asked for: a walk that waits may have interrupted whoever has it. */
int
tempfile__entry_created (struct entry *e)
{
    if (!move (e, PENDING, LIVE)) {
        remove_name (e);
        return fail_taken ();
    }
    size_t hash = tempfile__hash_string (e->path);
    tempfile__lock (LOCK_REGISTRY);
    tempfile__table_add (&names, &e->node, hash);
    e->indexed = true;
    tempfile__unlock (LOCK_REGISTRY);
    return 0;
}

void
tempfile__entry_keep (struct entry *e)
{
    tempfile__lock (LOCK_REGISTRY);
    if (move (e, LIVE, KEPT))
        unindex (e);
    tempfile__unlock (LOCK_REGISTRY);
}

void
tempfile__entry_succeed (struct entry *new, struct entry *old)
{
    atomic_store (&new->state, KEPT);
    new->former = old;
    if (old)
        tempfile__entry_keep (old);
}

bool
tempfile__entry_is_kept (const struct entry *e)
{
    return atomic_load (&e->state) == KEPT;
}

/* Unlinking a name twice, here and in a walk, does no harm; leaving it LIVE too short would. */
static int
remove_if_live (struct entry *e)
{
    return atomic_load (&e->state) == LIVE && is_mine (e) ? remove_name (e) : 0;
}

static void
end_hold (struct entry *e)
{
    tempfile__lock (LOCK_REGISTRY);
    move (e, LIVE, GONE);
    release (e);
    tempfile__unlock (LOCK_REGISTRY);
}

int
tempfile__entry_delete (struct entry *e)
{
    int err = remove_if_live (e);
    end_hold (e);
    return err;
}

int
tempfile__entry_discard (struct entry *e)
{
    int err = remove_if_live (e);
    if (err)
        tempfile__entry_leave (e);
    else
        end_hold (e);
    return err;
}

void
tempfile__entry_leave (struct entry *e)
{
    tempfile__lock (LOCK_REGISTRY);
    e->held = false;
    if (atomic_load (&e->state) != LIVE)
        release (e);
    tempfile__unlock (LOCK_REGISTRY);
}

/* With the lock. */
static struct entry *
find (const char *path)
{
    return (struct entry *) tempfile__table_find (&names, tempfile__hash_string (path), same_path,
                                                  path);
}

/* Drops what is registered under PATH, if it still is. */
static void
forget (const char *path)
{
    tempfile__lock (LOCK_REGISTRY);
    struct entry *e = find (path);
    if (e) {
        move (e, LIVE, GONE);
        unindex (e);
        if (!e->held)
            release (e);
    }
    tempfile__unlock (LOCK_REGISTRY);
}

EXPORT int
tempfile_unlink (const char *path)
{
    if (!path)
        return tempfile__fail (EINVAL, "tempfile_unlink: no path");
    tempfile__lock (LOCK_REGISTRY);
    struct entry *e = find (path);
    bool mine = e && is_mine (e);
    bool directory = e && e->kind == ENTRY_DIRECTORY;
    tempfile__unlock (LOCK_REGISTRY);
    if (!e)
        return tempfile__fail (ENOENT, "'%s': not a name that this process left", path);
    if (directory)
        return tempfile__fail (EISDIR, "'%s': a directory is for tempfile_dir_close", path);
    if (!mine)
        return tempfile__fail (EPERM, "'%s': belongs to the parent process", path);
    int err = unlink_name (path);
    forget (path);
    return err ? tempfile__fail_system (err, "cannot delete '%s'", path) : 0;
}

/*
 * Another thread that is making a file is about to be done: a file made a moment later would be
 * left. If it is this thread, the signal has interrupted it, and it will go on only after us.
 */
static void
wait_for_maker (struct entry *e)
{
    for (int i = 0; i < PATIENCE && atomic_load (&e->state) == PENDING; i++) {
        if (pthread_equal (atomic_load (&e->maker), pthread_self ()))
            return;
        poll (NULL, 0, 1);
    }
}

static void
take (struct entry *e, enum entry_kind kind)
{
    int state = atomic_load (&e->state);
    if ((state != PENDING && state != LIVE) || e->kind != (int) kind || !is_mine (e))
        return;
    wait_for_maker (e);
    if (!move (e, LIVE, TAKEN) && !move (e, PENDING, TAKEN))
        return;
    if (kind == ENTRY_DIRECTORY)
        tempfile__remove_tree_async_safe (e->path);
    else
        unlink_name (e->path);
}

static void
take_all (enum entry_kind kind)
{
    for (struct chunk *c = &first_chunk; c; c = atomic_load (&c->next))
        for (size_t i = 0; i < CHUNK; i++)
            take (&c->entries[i], kind);
}

void
tempfile__registry_clean_up (void)
{
    if (!tempfile__process_known ())
        return;
    atomic_fetch_add (&walks, 1);
    atomic_store (&ender, pthread_self ());
    atomic_store (&ending, tempfile__generation ());
    take_all (ENTRY_FILE);
    take_all (ENTRY_DIRECTORY);
    atomic_fetch_sub (&walks, 1);
}

/* With the lock. */
static bool
all_free (void)
{
    for (struct chunk *c = &first_chunk; c; c = atomic_load (&c->next))
        for (size_t i = 0; i < CHUNK; i++)
            if (atomic_load (&c->entries[i].state) != FREE)
                return false;
    return true;
}

/* With the lock. */
static void
free_chunks (void)
{
    struct chunk *c = atomic_exchange (&first_chunk.next, NULL);
    free_list = NULL;
    newest = NULL;
    while (c) {
        struct chunk *next = atomic_load (&c->next);
        free (c);
        c = next;
    }
}

void
tempfile__registry_free (void)
{
    tempfile__lock (LOCK_REGISTRY);
    for (struct chunk *c = &first_chunk; c; c = atomic_load (&c->next))
        for (size_t i = 0; i < CHUNK; i++)
            if (atomic_load (&c->entries[i].state) == TAKEN && !c->entries[i].held)
                release (&c->entries[i]);
    if (all_free () && atomic_load (&walks) == 0)
        free_chunks ();
    tempfile__unlock (LOCK_REGISTRY);
}

__attribute__ ((__constructor__)) static void
begin (void)
{
    tempfile__watch_end ();
}
