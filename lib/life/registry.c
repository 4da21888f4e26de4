/* SPDX-License-Identifier: MIT */
/* The registry of names; registry.h has the states, who may do what, and how that is safe. */
#include "base/export.h"

#include "base/cancel.h"
#include "base/error.h"
#include "base/probe.h"
#include "base/process.h"
#include "base/table.h"
#include "life/registry.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum state {
    FREE,
    RESERVED,
    PENDING,
    DOOMED,
    LIVE,
    KEPT,
    LEFT,
    TAKEN,
    TAKEN_LEFT,
    GONE,
    RELEASED,
};

/* NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding): in the order in which it is read */
struct entry {
    _Atomic int state;
    _Atomic unsigned generation; /* of the process that made the name */
    _Atomic unsigned next;       /* on the free list or among the released: as in `struct list` */
    unsigned number;
    _Atomic (const struct removal *) tree; /* NULL: a file */
    int lock;                              /* a descriptor, or -1; of this file: */
    dev_t device;
    ino_t inode;             /* 0: not known */
    _Atomic pthread_t maker; /* while PENDING or DOOMED: who is making the file */
    char *path;
    struct entry *former; /* held along with this one: an earlier name of the same file */
    atomic_bool indexed;
};

/* Entries by their numbers, each one more than the index of the entry; 0: none. */
typedef _Atomic unsigned list;

enum { FIRST = 64, CHUNKS = sizeof (unsigned) * CHAR_BIT - 6 };

/* The first chunk needs no memory: a program with few names can always have them. */
static struct entry first_chunk[FIRST];
static _Atomic (struct entry *) chunks[CHUNKS]; /* [0] is not used */
static _Atomic unsigned carved;                 /* how many entries were ever used */
static list free_list;
static list released;

/* By path. BEGUN: what is made is indexed, what was there before may be missing. PARTIAL: for want
 * of memory, something is missing for good. */
enum indexing { NONE, BEGUN, WHOLE, PARTIAL };
static _Atomic int indexing;
static struct table names;

/* How the process is about to end, in struct process. CLOSED: it has, and the memory may be gone.
 */
enum ending { LIVING, PERHAPS, CERTAIN, CLOSED };

/* How long, in milliseconds, a thread waits for an end that may not come; and how long such an
 * end, and a certain one, wait for files that are being made. */
enum { PATIENCE = 1000, LONG_PATIENCE = 10000 };

/* False: there is nothing to read any more. leave() must be called all the same. */
static bool
enter (void)
{
    struct process *p = tempfile__process ();
    atomic_fetch_add (&p->readers, 1);
    return atomic_load (&p->ending) != CLOSED;
}

/* A signal handler may have returned in a new process, in which nobody has entered. */
static void
leave (void)
{
    _Atomic unsigned *readers = &tempfile__process ()->readers;
    unsigned n = atomic_load (readers);
    while (n > 0 && !atomic_compare_exchange_strong (readers, &n, n - 1))
        continue;
}

static bool
is_read (void)
{
    return atomic_load (&tempfile__process ()->readers) > 0;
}

static bool
move (struct entry *e, int from, int to)
{
    return atomic_compare_exchange_strong (&e->state, &from, to);
}

/* Chunk 0 has FIRST entries, chunk K has as many as all before it. */
static unsigned
chunk_of (unsigned index)
{
    unsigned k = 0;
    for (index /= FIRST; index > 0; index /= 2)
        k++;
    return k;
}

static unsigned
chunk_begin (unsigned k)
{
    return k ? (unsigned) FIRST << (k - 1) : 0;
}

/* NULL: the chunk is not there, or is just being added. */
static struct entry *
at (unsigned index)
{
    unsigned k = chunk_of (index);
    struct entry *chunk = k ? atomic_load (&chunks[k]) : first_chunk;
    return chunk ? &chunk[index - chunk_begin (k)] : NULL;
}

/* If another thread is faster, its chunk is used. */
static bool
add_chunk (unsigned k)
{
    struct entry *none = NULL;
    struct entry *chunk = calloc (chunk_begin (k), sizeof *chunk);
    if (!chunk)
        return false;
    if (!atomic_compare_exchange_strong (&chunks[k], &none, chunk))
        free (chunk);
    return true;
}

/* One that was never used, or NULL: no memory. */
static struct entry *
carve (void)
{
    unsigned index = atomic_load (&carved);
    do
        if (index == UINT_MAX / 2 || (!at (index) && !add_chunk (chunk_of (index))))
            return NULL;
    while (!atomic_compare_exchange_strong (&carved, &index, index + 1));
    struct entry *e = at (index);
    e->number = index + 1;
    return e;
}

static void
push (list *to, struct entry *e)
{
    unsigned head = atomic_load (to);
    do
        atomic_store (&e->next, head);
    while (!atomic_compare_exchange_strong (to, &head, e->number));
}

/* As a reader, so that what others take meanwhile cannot come back to the list, and what is next is
 * so still when the first is taken. */
static struct entry *
pop_free (void)
{
    struct entry *e;
    unsigned head = atomic_load (&free_list);
    do {
        if (head == 0)
            return NULL;
        e = at (head - 1);
    } while (!atomic_compare_exchange_strong (&free_list, &head, atomic_load (&e->next)));
    return e;
}

/* The program may have closed the descriptor, and have another one with its number now. */
static bool
is_lock_ours (const struct entry *e)
{
    struct stat st;
    if (fstat (e->lock, &st) < 0)
        return errno != EBADF;
    return e->inode == 0 || (st.st_dev == e->device && st.st_ino == e->inode);
}

static void
give_up_lock (struct entry *e)
{
    if (e->lock >= 0 && is_lock_ours (e))
        close (e->lock);
    e->lock = -1;
}

/* Of what is RELEASED, when nobody can be looking at it any more. */
static void
make_free (struct entry *e)
{
    if (atomic_exchange (&e->indexed, false))
        tempfile__table_remove (&names, tempfile__hash_string (e->path), e);
    give_up_lock (e);
    free (e->path);
    e->path = NULL;
    atomic_store (&e->state, FREE);
    push (&free_list, e);
}

/* All were RELEASED before the readers are counted; who comes later does not look at them. */
static void
collect (void)
{
    if (atomic_load (&released) == 0)
        return;
    unsigned head = atomic_exchange (&released, 0);
    bool wait = is_read ();
    while (head) {
        struct entry *e = at (head - 1);
        head = atomic_load (&e->next);
        if (wait)
            push (&released, e);
        else
            make_free (e);
    }
}

/* By its holder, whatever the state was. */
static void
release (struct entry *e)
{
    while (e) {
        struct entry *former = e->former;
        e->former = NULL;
        give_up_lock (e);
        atomic_store (&e->state, RELEASED);
        if (is_read ())
            push (&released, e);
        else
            make_free (e);
        e = former;
    }
    collect ();
}

/* Of what nobody holds: the one who moves it there releases it. */
static bool
release_if (struct entry *e, int from)
{
    bool moved = move (e, from, RELEASED);
    if (moved)
        push (&released, e);
    return moved;
}

/* A file, or by REMOVE_TREE a directory with all that is in it. An errno, or 0. */
static int
delete_name (const char *path, int (*remove_tree) (const char *path))
{
    int err = remove_tree ? remove_tree (path) : unlink (path) == 0 ? 0 : errno;
    if (err == 0)
        PROBE1 (delete, path);
    return err == ENOENT && !remove_tree ? 0 : err;
}

/* An errno, with message, or 0. */
static int
remove_name (const struct entry *e)
{
    const struct removal *tree = e->tree;
    int err = delete_name (e->path, tree ? tree->telling : NULL);
    if (err && !tree)
        tempfile__fail_system (err, "cannot delete '%s'", e->path);
    return err;
}

static bool
was_made_here (struct entry *e)
{
    return atomic_load (&e->generation) == tempfile__generation ();
}

static bool
is_mine (struct entry *e)
{
    return was_made_here (e) && tempfile__process_known ();
}

/*
 * How the process is about to end, as a thread sees it that wants to make a name. A walk by this
 * very thread, after which the process may live on, is over, or we would not be here.
 */
static int
how_it_ends (void)
{
    struct process *p = tempfile__process ();
    int ending = atomic_load (&p->ending);
    if (ending == PERHAPS && pthread_equal (atomic_load (&p->ender), pthread_self ()))
        return LIVING;
    return ending;
}

static bool
is_certain (void)
{
    return how_it_ends () >= CERTAIN;
}

static bool
walk_by_another (void)
{
    struct process *p = tempfile__process ();
    return atomic_load (&p->walks) > 0 && !pthread_equal (atomic_load (&p->ender), pthread_self ());
}

/* In milliseconds. */
static int64_t
now (void)
{
    struct timespec t;
    clock_gettime (CLOCK_MONOTONIC, &t);
    return (int64_t) t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int
fail_at_end (void)
{
    return tempfile__fail (ECANCELED, "no file is made: the process ends");
}

/* Waits for the end of the process: 0 if it has not come in time; or -1 with errno and message. */
static int
wait_for_end (void)
{
    struct process *p = tempfile__process ();
    int64_t end = now () + PATIENCE;
    while (how_it_ends () == PERHAPS && now () < end) {
        poll (NULL, 0, 10);
        if (walk_by_another ())
            end = now () + PATIENCE;
    }
    int perhaps = PERHAPS;
    atomic_compare_exchange_strong (&p->ending, &perhaps, LIVING);
    while (is_certain () && walk_by_another ())
        poll (NULL, 0, 10);
    return is_certain () ? fail_at_end () : 0;
}

static struct entry *
take_entry (void)
{
    struct entry *e = NULL;
    if (enter () && !is_certain ()) {
        e = pop_free ();
        e = e ? e : carve ();
    }
    if (e) {
        e->lock = -1;
        atomic_store (&e->state, RESERVED);
    }
    leave ();
    return e;
}

struct entry *
tempfile__entry_new (char *path, const struct removal *tree)
{
    struct entry *e = take_entry ();
    if (e) {
        e->path = path;
        atomic_store (&e->tree, tree);
        return e;
    }
    free (path);
    if (!is_certain () || wait_for_end () == 0)
        tempfile__fail_system (ENOMEM, "cannot register a name");
    return NULL;
}

void
tempfile__entry_own_lock (struct entry *e, int fd)
{
    struct stat st = {0};
    (void) fstat (fd, &st);
    e->device = st.st_dev;
    e->inode = st.st_ino;
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

/* By its maker, when the file is not there, or cannot be deleted. */
static int
fail_doomed (struct entry *e)
{
    move (e, DOOMED, TAKEN);
    return tempfile__fail (EINTR, "no file is made: the process is being cleaned up");
}

/* Either this sees that the end is near, or the walk, which says so first, sees PENDING. */
int
tempfile__entry_pending (struct entry *e)
{
    atomic_store (&e->generation, tempfile__generation ());
    atomic_store (&e->maker, pthread_self ());
    atomic_store (&e->state, PENDING);
    while (how_it_ends () != LIVING) {
        if (!move (e, PENDING, RESERVED))
            return fail_doomed (e);
        if (wait_for_end () < 0)
            return -1;
        atomic_store (&e->state, PENDING);
    }
    return 0;
}

int
tempfile__entry_not_created (struct entry *e)
{
    return move (e, PENDING, RESERVED) ? 0 : fail_doomed (e);
}

/* By its holder, or as a reader. What cannot be indexed is found without. */
static void
index_entry (struct entry *e)
{
    if (atomic_exchange (&e->indexed, true))
        return;
    if (tempfile__table_add (&names, tempfile__hash_string (e->path), e) == 0)
        return;
    atomic_store (&e->indexed, false);
    atomic_store (&indexing, PARTIAL);
}

int
tempfile__entry_created (struct entry *e)
{
    if (!move (e, PENDING, LIVE)) {
        remove_name (e);
        return fail_doomed (e);
    }
    if (atomic_load (&indexing) != NONE)
        index_entry (e);
    return 0;
}

static int
fail_too_late (const char *path)
{
    return tempfile__fail (ECANCELED, "'%s': too late to keep it, it is deleted", path);
}

int
tempfile__entry_keep (struct entry *e)
{
    if (move (e, LIVE, KEPT))
        return 0;
    int state = atomic_load (&e->state);
    if ((state != TAKEN && state != GONE) || !was_made_here (e))
        return 0;
    return fail_too_late (e->path);
}

void
tempfile__entry_succeed (struct entry *new, struct entry *old)
{
    atomic_store (&new->state, KEPT);
    new->former = old;
    if (old)
        move (old, LIVE, KEPT);
}

bool
tempfile__entry_is_kept (const struct entry *e)
{
    return atomic_load (&e->state) == KEPT;
}

/* A TAKEN name may not be deleted yet, and whoever has taken it may be interrupted for ever. */
static bool
is_to_go (struct entry *e)
{
    int state = atomic_load (&e->state);
    return state == LIVE || state == TAKEN;
}

/* A name of another process stays; this may even be that process's memory. */
int
tempfile__entry_delete (struct entry *e)
{
    bool goes = is_to_go (e);
    if (goes && !is_mine (e)) {
        give_up_lock (e);
        tempfile__entry_leave (e);
        return 0;
    }
    int err = goes ? remove_name (e) : 0;
    release (e);
    return err;
}

int
tempfile__entry_discard (struct entry *e)
{
    move (e, KEPT, LIVE);
    int err = is_to_go (e) && is_mine (e) ? remove_name (e) : 0;
    if (err)
        tempfile__entry_leave (e);
    else
        release (e);
    return err;
}

void
tempfile__entry_leave (struct entry *e)
{
    if (!move (e, LIVE, LEFT) && !move (e, TAKEN, TAKEN_LEFT))
        release (e);
}

/* Whether PATH is, or is being, deleted by this registry; as a reader. */
static bool
is_under (void *entry, const void *path)
{
    struct entry *e = entry;
    int state = atomic_load (&e->state);
    bool there = state == LIVE || state == LEFT || state == TAKEN_LEFT;
    return there && strcmp (e->path, path) == 0;
}

static struct entry *
scan (const char *path)
{
    for (unsigned i = 0; i < atomic_load (&carved); i++)
        if (is_under (at (i), path))
            return at (i);
    return NULL;
}

/*
 * What was made before is indexed here, by one thread; what is made from now on, by its maker. When
 * the former is done, and nothing had to be left out, the index is WHOLE. In a child that was
 * made meanwhile it never is.
 */
static void
begin_index (void)
{
    int none = NONE;
    if (!atomic_compare_exchange_strong (&indexing, &none, BEGUN))
        return;
    for (unsigned i = 0; i < atomic_load (&carved); i++) {
        int state = atomic_load (&at (i)->state);
        if (state == LIVE || state == LEFT || state == TAKEN_LEFT)
            index_entry (at (i));
    }
    int begun = BEGUN;
    atomic_compare_exchange_strong (&indexing, &begun, WHOLE);
}

/* As a reader. */
static struct entry *
find (const char *path)
{
    if (atomic_load (&indexing) == WHOLE)
        return tempfile__table_find (&names, tempfile__hash_string (path), is_under, path);
    begin_index ();
    return scan (path);
}

static int
check (struct entry *e, const char *path)
{
    if (!e)
        return tempfile__fail (ENOENT, "'%s': not a name that this process left", path);
    if (e->tree)
        return tempfile__fail (EISDIR, "'%s': a directory is for tempfile_dir_close", path);
    if (!is_mine (e))
        return tempfile__fail (EPERM, "'%s': belongs to the parent process", path);
    return 0;
}

static int
keep_found (struct entry *e, const char *path)
{
    if (check (e, path) < 0)
        return -1;
    /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): check() refuses NULL */
    if (e->lock >= 0)
        return tempfile__fail (EINVAL, "'%s': a recoverable file cannot be kept under its name",
                               path);
    return move (e, LIVE, GONE) || release_if (e, LEFT) ? 0 : fail_too_late (path);
}

int
tempfile__left_keep (const char *path)
{
    int result = keep_found (enter () ? find (path) : NULL, path);
    leave ();
    collect ();
    return result;
}

int
tempfile__left_check (const char *path)
{
    struct entry *e = enter () ? find (path) : NULL;
    int result = check (e, path);
    int state = result == 0 ? atomic_load (&e->state) : LEFT;
    if (state == LIVE)
        result = tempfile__fail (EBUSY, "'%s': its stream is open", path);
    else if (state != LEFT)
        result = fail_too_late (path);
    leave ();
    return result;
}

void
tempfile__left_forget (const char *path)
{
    struct entry *e = enter () ? find (path) : NULL;
    if (e && !e->tree && is_mine (e))
        release_if (e, LEFT);
    leave ();
    collect ();
}

static bool
is_registered (const char *path)
{
    struct entry *e = enter () ? find (path) : NULL;
    bool mine = e && is_mine (e);
    leave ();
    return mine;
}

int
tempfile__left_register (char *path)
{
    if (is_registered (path)) {
        free (path);
        return 0;
    }
    struct entry *e = tempfile__entry_new (path, NULL);
    if (!e)
        return -1;
    if (tempfile__entry_pending (e) == 0 && tempfile__entry_created (e) == 0) {
        tempfile__entry_leave (e);
        return 0;
    }
    int err = errno;
    release (e);
    errno = err;
    return -1;
}

static void
adopt_all (unsigned generation)
{
    for (unsigned i = 0; i < atomic_load (&carved); i++) {
        struct entry *e = at (i);
        int state = atomic_load (&e->state);
        if (state == LIVE || state == LEFT || state == TAKEN || state == TAKEN_LEFT)
            atomic_store (&e->generation, generation);
    }
}

int
tempfile__registry_adopt (void)
{
    unsigned generation = tempfile__generation ();
    if (!tempfile__process_known ())
        return tempfile__fail (EPERM, "the names belong to the parent, which has the same memory");
    if (enter ())
        adopt_all (generation);
    leave ();
    return 0;
}

static bool
is_being_made (struct entry *e)
{
    int state = atomic_load (&e->state);
    return state == PENDING || state == DOOMED;
}

/*
 * Another thread that is making a file is about to be done: a file made a moment later would be
 * left. If it is this thread, the signal has interrupted it, and it will go on only after us.
 */
static void
wait_for_maker (struct entry *e, int64_t *patience)
{
    if (!is_being_made (e) || pthread_equal (atomic_load (&e->maker), pthread_self ()))
        return;
    const int64_t begin = now (), end = begin + *patience;
    while (is_being_made (e) && now () < end)
        poll (NULL, 0, 1);
    *patience -= now () - begin;
}

/*
 * What another walk, or an earlier one, has TAKEN is repeated: nobody knows whether it goes on.
 * What is being made still, may come into being after this: its maker deletes it, or whoever walks
 * then.
 */
static bool
take (struct entry *e)
{
    return move (e, PENDING, DOOMED) || move (e, LIVE, TAKEN) || move (e, LEFT, TAKEN_LEFT) ||
           atomic_load (&e->state) == DOOMED || atomic_load (&e->state) == TAKEN ||
           atomic_load (&e->state) == TAKEN_LEFT;
}

/* It is TAKEN first, so that nobody keeps a name that is being deleted. */
static int
delete_found (struct entry *e, const char *path)
{
    if (check (e, path) < 0)
        return -1;
    if (!take (e))
        return check (NULL, path);
    int err = delete_name (path, NULL);
    if (!move (e, TAKEN, GONE))
        release_if (e, TAKEN_LEFT);
    return err ? tempfile__fail_system (err, "cannot delete '%s'", path) : 0;
}

EXPORT int
tempfile_unlink (const char *path)
{
    CANCELLED_BEFORE_OR_NOT_AT_ALL;
    if (!path)
        return tempfile__fail (EINVAL, "tempfile_unlink: no path");
    int result = delete_found (enter () ? find (path) : NULL, path);
    leave ();
    collect ();
    return result;
}

/*
 * What was left is released at a certain end only, so that the second walk does not delete it
 * again: after tempfile_cleanup() the program may still delete it by its path.
 */
static void
delete_taken (struct entry *e)
{
    const struct removal *tree = e->tree;
    int err = delete_name (e->path, tree ? tree->async_safe : NULL);
    if (err == 0 && !move (e, TAKEN, GONE) && is_certain ())
        release_if (e, TAKEN_LEFT);
}

/*
 * This thread was interrupted while it made the file. It may go on after us, so the entry is TAKEN
 * from it only where the file is there already; else it is still to come, and must be known to be.
 */
static bool
is_interrupted (struct entry *e)
{
    return atomic_load (&e->state) == PENDING &&
           pthread_equal (atomic_load (&e->maker), pthread_self ());
}

static void
delete_interrupted (struct entry *e)
{
    int result = e->tree ? rmdir (e->path) : unlink (e->path);
    if (result != 0)
        return;
    PROBE1 (delete, e->path);
    move (e, PENDING, GONE);
}

/* What is being made is for the second time round. */
static void
walk (bool directories, bool second, int64_t *patience)
{
    for (unsigned i = 0; i < atomic_load (&carved); i++) {
        struct entry *e = at (i);
        if ((e->tree != NULL) != directories || !was_made_here (e))
            continue;
        if (second)
            wait_for_maker (e, patience);
        if (is_interrupted (e))
            delete_interrupted (e);
        else if ((second || !is_being_made (e)) && take (e))
            delete_taken (e);
    }
}

static void
walk_twice (int64_t patience)
{
    for (int round = 0; round < 2; round++) {
        walk (false, round > 0, &patience);
        walk (true, round > 0, &patience);
    }
}

/* A certain end stays so. */
static void
announce (struct process *p, bool certain)
{
    int living = LIVING;
    atomic_store (&p->ender, pthread_self ());
    if (certain)
        atomic_store (&p->ending, CERTAIN);
    else
        atomic_compare_exchange_strong (&p->ending, &living, PERHAPS);
}

void
tempfile__registry_clean_up (bool certain)
{
    NO_CANCELLATION;
    struct process *p = tempfile__process ();
    (void) tempfile__generation ();
    if (!tempfile__process_known ())
        return;
    if (enter ()) {
        atomic_fetch_add (&p->walks, 1);
        announce (p, certain);
        walk_twice (certain ? LONG_PATIENCE : PATIENCE);
        atomic_fetch_sub (&p->walks, 1);
    }
    leave ();
}

static bool
all_free (void)
{
    for (unsigned i = 0; i < atomic_load (&carved); i++)
        if (atomic_load (&at (i)->state) != FREE)
            return false;
    return true;
}

/* The lists first, so that a child that is made meanwhile does not find what is gone. */
static void
free_chunks (void)
{
    atomic_store (&free_list, 0);
    atomic_store (&carved, 0);
    atomic_store (&indexing, NONE);
    for (unsigned k = 1; k < CHUNKS; k++)
        free (atomic_exchange (&chunks[k], NULL));
    tempfile__table_free (&names);
}

/* Nobody enters any more: who is not there yet never will be. */
void
tempfile__registry_free (void)
{
    atomic_store (&tempfile__process ()->ending, CLOSED);
    if (is_read ())
        return;
    for (unsigned i = 0; i < atomic_load (&carved); i++)
        release_if (at (i), TAKEN_LEFT);
    collect ();
    if (all_free () && !is_read ())
        free_chunks ();
}
