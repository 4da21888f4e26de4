/* SPDX-License-Identifier: MIT */
/*
 * The registry of names; registry.h has the states and who may do what.
 *
 * Entries live in chunks that are never freed while an entry in them is in use, and chunks are
 * linked once and for all. So the list can be walked at any moment without a lock, and a state can
 * be taken over by a single compare-and-exchange. The lock guards the free list, the index by
 * path, `held`, and the freeing of paths.
 *
 * This is the only file that knows how a process ends.
 */
#include "export.h"

#include "error.h"
#include "process.h"
#include "registry.h"
#include "remove.h"
#include "table.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

enum state { FREE, RESERVED, PENDING, LIVE, KEPT, GONE };

struct entry {
    struct node node; /* in the index while LIVE; must be first */
    _Atomic int state;
    unsigned generation; /* of the process that made the name */
    enum entry_kind kind;
    bool held;
    char *path;
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

static bool
same_path (const struct node *n, const void *path)
{
    return strcmp (((const struct entry *) n)->path, path) == 0;
}

static bool
is_mine (const struct entry *e)
{
    return e->generation == tempfile__generation ();
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

/* With the lock, and no file of ours under the path. */
static void
release (struct entry *e)
{
    atomic_store (&e->state, FREE);
    free (e->path);
    e->path = NULL;
    e->next_free = free_list;
    free_list = e;
}

/* From LIVE to GONE, out of the index; false for an entry that is not LIVE. With the lock. */
static bool
claim (struct entry *e)
{
    int live = LIVE;
    if (!atomic_compare_exchange_strong (&e->state, &live, GONE))
        return false;
    tempfile__table_remove (&names, &e->node);
    return true;
}

static int
unlink_name (const char *path)
{
    return unlink (path) == 0 || errno == ENOENT ? 0 : errno;
}

/* A directory with all that is in it. */
static int
remove_name (const struct entry *e)
{
    if (e->kind == ENTRY_DIRECTORY)
        return tempfile__remove_tree (e->path);
    return unlink_name (e->path);
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
    e->kind = kind;
    e->held = true;
    e->generation = tempfile__generation ();
    atomic_store (&e->state, RESERVED);
    return e;
}

char *
tempfile__entry_path (const struct entry *e)
{
    return e->path;
}

void
tempfile__entry_pending (struct entry *e)
{
    atomic_store (&e->state, PENDING);
}

void
tempfile__entry_not_created (struct entry *e)
{
    atomic_store (&e->state, RESERVED);
}

void
tempfile__entry_created (struct entry *e)
{
    size_t hash = tempfile__hash_string (e->path);
    tempfile__lock (LOCK_REGISTRY);
    tempfile__table_add (&names, &e->node, hash);
    atomic_store (&e->state, LIVE);
    tempfile__unlock (LOCK_REGISTRY);
}

void
tempfile__entry_keep (struct entry *e)
{
    tempfile__lock (LOCK_REGISTRY);
    if (claim (e))
        atomic_store (&e->state, KEPT);
    tempfile__unlock (LOCK_REGISTRY);
}

/*
 * The file goes first and the entry after it: at no moment is there a file that the registry
 * does not know. Unlinking a name twice does no harm.
 */
int
tempfile__entry_delete (struct entry *e)
{
    int err = 0;
    if (atomic_load (&e->state) == LIVE && is_mine (e))
        err = remove_name (e);
    tempfile__lock (LOCK_REGISTRY);
    claim (e);
    release (e);
    tempfile__unlock (LOCK_REGISTRY);
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
    if (e && claim (e) && !e->held)
        release (e);
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

/* With the lock. */
static void
delete_at_exit (struct entry *e, enum entry_kind kind)
{
    if (atomic_load (&e->state) != LIVE || e->kind != kind || !is_mine (e) || !claim (e))
        return;
    remove_name (e);
    if (!e->held)
        release (e);
}

/* With the lock. */
static void
delete_kind (enum entry_kind kind)
{
    for (struct chunk *c = &first_chunk; c; c = atomic_load (&c->next))
        for (size_t i = 0; i < CHUNK; i++)
            delete_at_exit (&c->entries[i], kind);
}

/*
 * The end: exit(), quick_exit() or dlclose(). Destructors of libraries run after the program's
 * own atexit functions, so those still find their files. Other threads may be running; the lock
 * keeps them from freeing a path in use, and is held throughout. Files go first, so that those
 * that a directory's removal would have to look for are out of it.
 */
static void
delete_all (void)
{
    if (!tempfile__process_known ())
        return;
    int saved = errno;
    tempfile__lock (LOCK_REGISTRY);
    delete_kind (ENTRY_FILE);
    delete_kind (ENTRY_DIRECTORY);
    tempfile__unlock (LOCK_REGISTRY);
    errno = saved;
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

/* Gives the chunks back, so that loading and unloading the library over and over leaks nothing. */
static void
free_chunks (void)
{
    tempfile__lock (LOCK_REGISTRY);
    if (all_free ()) {
        struct chunk *c = atomic_exchange (&first_chunk.next, NULL);
        free_list = NULL;
        newest = NULL;
        while (c) {
            struct chunk *next = atomic_load (&c->next);
            free (c);
            c = next;
        }
    }
    tempfile__unlock (LOCK_REGISTRY);
}

__attribute__ ((__destructor__)) static void
at_exit (void)
{
    delete_all ();
    free_chunks ();
}

#ifdef HAVE_AT_QUICK_EXIT
/* If it cannot be registered, quick_exit() leaves the files, as _exit() does. */
__attribute__ ((__constructor__)) static void
watch_quick_exit (void)
{
    (void) at_quick_exit (delete_all);
}
#endif
