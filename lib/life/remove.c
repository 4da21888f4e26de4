/* SPDX-License-Identifier: MIT */
/*
 * Removal of trees of any width and depth, in bounded memory, while others may be at work in them.
 *
 * A stack of open directories leads from the directory that the root is in, through the root, to
 * the directory that is being read. Everything is done through these descriptors and by single
 * names. A symbolic link is never followed. ".." is looked at but never entered. So no rename leads
 * out of the tree: when a directory was moved elsewhere, its ".." is not the directory below it on
 * the stack, and it is left alone.
 *
 * The directory on top of the stack is read in batches. Of each batch, files and empty directories
 * are removed at once. The names of the other directories stay in memory, close together, and each
 * of these is entered in turn. The space after the names is for the next directory.
 *
 * When the stack, that space or the descriptors are used up, the directory on top is not read on
 * but LIFTED: it is renamed into the root, which is read again later. That also frees a descriptor,
 * which is needed if permissions are in the way. A directory on top that is in the root itself
 * stays, and what is in it is lifted. So depth costs a rename now and then, and no memory. In a
 * tree that nobody else changes no directory is lifted twice, because each time fewer levels are
 * left below it.
 *
 * A directory that cannot be removed because it is not empty is read again, as long as that removes
 * something: others may add names, and some file systems lose their place when names are removed.
 * What is still there after that cannot be removed. Each level tries it twice, so the time for it
 * grows with the height of the stack, not with the tree.
 *
 * What is ours: judge() decides for each directory before anything in it is changed. The directory
 * must be on the mount and the device of the directory that the root is in, and it must belong to
 * the owner of the root. So if a directory of another user has got the name of the root, only what
 * lies in directories of its owner is removed. The superuser's processes may enter more: the
 * superuser's own directories, and any directory in a root that belongs to the superuser and is
 * closed to everybody else, because then only the superuser can have put it there.
 *
 * Permissions that are in the way become 0700, only on directories that are ours and belong to the
 * process's user. They are never changed by name, because others may exchange what has the name.
 *
 * Time: everything that was in the tree at the start is removed, however much it is. Three numbers
 * bound the work that others can add meanwhile: PASSES for one directory, ALL_PASSES for all
 * together, and STRANGERS for the directories entered that are younger than the removal. Younger
 * directories are not lifted. Where a file system does not tell when a directory was made, every
 * directory counts that is entered after one was read again.
 *
 * Memory: one of PLACES that are static, each with a flag, because a signal handler can neither
 * allocate nor rely on its stack; memory of malloc() when all are in use. Descriptors: one for each
 * frame, and one more.
 */
#include "base/export.h"

#include "base/error.h"
#include "base/inode.h"
#include "base/retry.h"
#include "life/remove.h"
#include "life/scan.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SPACE = 16 * 1024, STACK = 32 };

/* How many removals can be under way in static memory: in signal handlers, one within the other,
 * and in other threads. */
enum { PLACES = 8 };

/* How often a directory is read again, and one thing tried again, when others interfere. */
enum { PASSES = 16, ALL_PASSES = 4096, STRANGERS = 10000, TRIES = 8 };

/* How many names in the root are tried for a directory that is lifted. */
enum { LIFT_NAMES = 100 };

/* The first frame stands for the directory that the root is in; the second is the root. */
struct frame {
    struct scan scan;
    struct inode inode;
    const char *name; /* in the frame below */
    size_t begin;     /* this frame's part of the space */
    size_t next, end; /* in it, the names that are still to be entered */
    unsigned long changes;
    int passes;
    bool unlocked; /* permissions were changed, or need not be tried */
    bool seasoned; /* time has passed since it was entered */
};

struct memory {
    _Atomic pid_t user; /* 0: free */
    struct frame stack[STACK];
    _Alignas(8) char space[SPACE];
};

struct tree {
    struct frame *stack;
    int top;
    char *space;
    const char *path;          /* of the root, as messages have it */
    const struct inode *known; /* what the root must be; NULL: anything */
    struct timespec start;
    unsigned long changes; /* counts what went away */
    int passes, strangers;
    bool closed; /* only the superuser, who runs this, can have put anything into the root */
    bool lifted; /* since the root was last read from its start */
    bool gone;   /* the root was removed */
    int err;     /* of the first failure, or 0 */
    char *where; /* its path, at the end of a buffer; NULL: not wanted */
    size_t where_size;
};

/* What became of a name. With STUCK and FAILED errno says why. */
enum outcome { REMOVED, STUCK /* a directory, perhaps not empty */, FAILED };

enum { ABOVE, ROOT };

static int
flags_of_open (void)
{
    return O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK;
}

/* Puts TEXT, and a '/' where something follows, before *P; "..." and its end if it does not fit. */
static bool
prepend (const char *buffer, char **p, const char *text)
{
    enum { DOTS = 3, SLASH = 1 };
    size_t length = strlen (text);
    size_t room = (size_t) (*p - buffer);
    bool fits = length + SLASH + DOTS <= room;
    if (!fits) {
        size_t part = room < SLASH + DOTS ? 0 : room - SLASH - DOTS;
        text += length - part;
        length = part;
    }
    if (**p && room > DOTS)
        *--*p = '/';
    *p -= length;
    memcpy (*p, text, length);
    if (!fits)
        memcpy (*p -= DOTS, "...", DOTS);
    return fits;
}

/* The end of the path says more than its start, so it is built from there. */
static void
note_path (struct tree *t, int depth, const char *name)
{
    char *buffer = t->where;
    char *p = buffer + t->where_size - 1;
    *p = '\0';
    bool fits = prepend (buffer, &p, depth == ABOVE ? t->path : name);
    for (int i = depth; fits && i >= ROOT; i--)
        fits = prepend (buffer, &p, i == ROOT ? t->path : t->stack[i].name);
    t->where = p;
}

/* NAME, in the frame at DEPTH, cannot be removed. */
static void
note (struct tree *t, int err, int depth, const char *name)
{
    if (t->err)
        return;
    t->err = err;
    if (t->where)
        note_path (t, depth, name);
}

/* The directory I and the process are. */
static bool
is_superusers (const struct inode *i)
{
    return i->owner == 0 && geteuid () == 0;
}

/* 0; or the errno that says why the directory I is not ours. The one place that decides it. */
static int
judge (const struct tree *t, const struct inode *i)
{
    const struct inode *above = &t->stack[ABOVE].inode, *root = &t->stack[ROOT].inode;
    bool mounted = i->mount && above->mount && i->mount != above->mount;
    if (mounted || i->device != above->device)
        return EBUSY;
    if (t->top == ABOVE)
        return t->known && !tempfile__same_inode (i, t->known) ? ESTALE : 0;
    return i->owner == root->owner || t->closed || is_superusers (i) ? 0 : EPERM;
}

/* Lets us add and remove names in a directory that we have open. False: nothing has changed. */
static bool
unlock (struct frame *f)
{
    if (f->unlocked)
        return false;
    f->unlocked = true;
    return f->inode.owner == geteuid () && fchmod (f->scan.fd, 0700) == 0;
}

static bool
is_directory (const struct frame *f, const char *name)
{
    struct stat st;
    return fstatat (f->scan.fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR (st.st_mode);
}

/* Lets us open, or move, what FD is a handle of. False: nothing has changed. */
static bool
unlock_handle (const struct tree *t, int fd)
{
    struct inode i;
    return tempfile__inspect (fd, "", &i) == 0 && judge (t, &i) == 0 && i.owner == geteuid () &&
           (i.mode & 0700) != 0700 && tempfile__chmod (fd, 0700) == 0;
}

static int
open_handle (const struct frame *f, const char *name)
{
    return openat_retrying (f->scan.fd, name, HANDLE | O_DIRECTORY | O_NOFOLLOW);
}

static bool
unlock_name (const struct tree *t, const struct frame *f, const char *name)
{
    int fd = open_handle (f, name);
    if (fd < 0)
        return false;
    bool unlocked = unlock_handle (t, fd);
    close (fd);
    return unlocked;
}

static bool
is_locked (int err)
{
    return err == EACCES || err == EPERM;
}

/*
 * One attempt, as what *DIRECTORY says. A directory is asked to go without a look inside: an empty
 * one does, and a mount point says so.
 */
static enum outcome
attempt (struct tree *t, struct frame *f, const char *name, bool *directory)
{
    bool was = *directory;
    if (unlinkat (f->scan.fd, name, was ? AT_REMOVEDIR : 0) == 0 || errno == ENOENT) {
        t->changes++;
        return REMOVED;
    }
    int err = errno;
    if (was && err == ENOTDIR)
        *directory = false;
    else if (!was && (err == EISDIR || err == EPERM))
        *directory = is_directory (f, name);
    bool again = *directory != was || err == EINTR || (is_locked (err) && unlock (f));
    bool stuck = was && (err == ENOTEMPTY || err == EEXIST || is_locked (err));
    errno = again ? EAGAIN : err;
    return stuck && !again ? STUCK : FAILED;
}

static enum outcome
remove_name (struct tree *t, struct frame *f, const char *name, bool directory)
{
    for (int i = 0; i < TRIES; i++) {
        enum outcome outcome = attempt (t, f, name, &directory);
        if (outcome != FAILED || errno != EAGAIN)
            return outcome;
    }
    return FAILED;
}

/* Whether the directory still is where it was entered. Where we may not look at what is above it
 * there is nothing that we could do in it either, and it does not matter what the answer is. */
static bool
is_linked_at (const struct tree *t, int depth)
{
    struct stat st;
    const struct inode *above = &t->stack[depth - 1].inode;
    if (fstatat (t->stack[depth].scan.fd, "..", &st, AT_SYMLINK_NOFOLLOW) < 0)
        return errno == EACCES;
    return st.st_dev == above->device && st.st_ino == above->number;
}

static bool
is_linked (const struct tree *t)
{
    int depth = t->top;
    while (depth >= ROOT && is_linked_at (t, depth))
        depth--;
    return depth < ROOT;
}

/* Made since the removal began, as far as the file system says so. */
static bool
is_born_since (const struct tree *t, const struct inode *i)
{
    if (i->born.tv_sec == t->start.tv_sec)
        return i->born.tv_nsec > t->start.tv_nsec;
    return i->born.tv_sec > t->start.tv_sec;
}

/* Uses up one of STRANGERS where it must. */
static bool
may_enter (struct tree *t, const struct inode *i)
{
    bool stranger = i->born.tv_sec ? is_born_since (t, i) : t->passes > 0;
    return t->top == ABOVE || !stranger || t->strangers++ < STRANGERS;
}

static void
name_for_lifting (char name[24], ino_t inode)
{
    uint64_t bits = inode;
    char *p = name;
    memcpy (p, "lifted-", 7);
    for (p += 7; p < name + 23; p++, bits >>= 4)
        *p = "0123456789abcdef"[bits & 15];
    *p = '\0';
}

static bool
is_taken (int err)
{
    return err == ENOTEMPTY || err == EEXIST || err == ENOTDIR || err == EISDIR;
}

/* Moving a directory takes the right to write to both parents and, for its "..", to itself. */
static bool
unlock_all (struct tree *t, struct frame *f, const char *name)
{
    bool here = unlock (f);
    bool root = unlock (&t->stack[ROOT]);
    return unlock_name (t, f, name) || here || root;
}

/* Whether what has the name may be lifted: 0, or an errno. */
static int
judge_lift (const struct tree *t, const struct frame *f, const char *name, struct inode *i)
{
    if (tempfile__inspect (f->scan.fd, name, i) < 0)
        return errno;
    return is_born_since (t, i) ? ENOTEMPTY : judge (t, i);
}

/*
 * To the root, under its inode number: whoever else has that name there has put it there on
 * purpose, and the next is tried. An exchange meanwhile moves another name within the tree, which
 * changes nothing of what it stands for.
 */
static void
lift (struct tree *t, struct frame *f, const char *name)
{
    struct inode inode;
    char lifted[24];
    int err = judge_lift (t, f, name, &inode);
    for (ino_t i = 0; i < LIFT_NAMES && (!err || err == EAGAIN); i++) {
        name_for_lifting (lifted, inode.number + i);
        if (renameat (f->scan.fd, name, t->stack[ROOT].scan.fd, lifted) == 0) {
            t->lifted = true;
            t->changes++;
            return;
        }
        err = errno;
        if (is_taken (err) || (is_locked (err) && unlock_all (t, f, name)))
            err = EAGAIN;
    }
    if (err == ENOENT)
        t->changes++;
    else
        note (t, err == EAGAIN ? EEXIST : err, t->top, name);
}

static int
open_locked (struct tree *t, struct frame *f, const char *name)
{
    int handle = open_handle (f, name);
    if (handle < 0)
        return -1;
    errno = EACCES;
    int fd = unlock_handle (t, handle) ? openat_retrying (handle, ".", flags_of_open ()) : -1;
    int err = errno;
    close (handle);
    errno = err;
    return fd;
}

static int
open_directory (struct tree *t, struct frame *f, const char *name)
{
    int fd = openat_retrying (f->scan.fd, name, flags_of_open ());
    if (fd < 0 && errno == EACCES && unlock (f))
        fd = openat_retrying (f->scan.fd, name, flags_of_open ());
    return fd < 0 && errno == EACCES ? open_locked (t, f, name) : fd;
}

static size_t
align (size_t n)
{
    return (n + 7) & ~(size_t) 7;
}

/* No place to enter another directory. What is in the root can go no higher, and there always is
 * place for it. */
static bool
is_full (const struct tree *t)
{
    const struct frame *f = &t->stack[t->top];
    return t->top > ROOT && (t->top + 1 == STACK || SPACE - align (f->end) < SCAN_ROOM);
}

/* What the frame needs to know about the directory that it has open; or the errno that says why it
 * stays as it is. */
static int
identify (struct tree *t, struct frame *f)
{
    if (tempfile__inspect (f->scan.fd, "", &f->inode) < 0)
        return errno;
    int err = judge (t, &f->inode);
    if (err)
        return err;
    if (!may_enter (t, &f->inode))
        return ENOTEMPTY;
    if (t->top == ABOVE)
        t->closed = is_superusers (&f->inode) && (f->inode.mode & 077) == 0;
    return 0;
}

static void
push (struct tree *t, int fd, const char *name)
{
    struct frame *f = &t->stack[t->top];
    struct frame *g = f + 1;
    size_t begin = align (f->end);
    *g = (struct frame){.name = name, .begin = begin, .next = begin, .end = begin};
    g->changes = t->changes;
    int err = tempfile__scan_begin (&g->scan, fd) < 0 ? errno : 0;
    if (!err) {
        err = identify (t, g);
        if (err)
            tempfile__scan_end (&g->scan);
    }
    if (err)
        note (t, err, t->top, name);
    else
        t->top++;
}

static void
pop (struct tree *t)
{
    tempfile__scan_end (&t->stack[t->top].scan);
    t->top--;
}

/* There is no place to enter NAME. */
static void
make_place (struct tree *t, const char *name)
{
    if (t->top > ROOT + 1) {
        name = t->stack[t->top].name;
        pop (t);
    }
    lift (t, &t->stack[t->top], name);
}

/* A name that is no longer a directory's has been exchanged since we looked. */
static void
cannot_open (struct tree *t, struct frame *f, const char *name)
{
    int err = errno;
    if (err == ENOENT)
        t->changes++;
    else if ((err == EMFILE || err == ENFILE) && t->top > ROOT)
        make_place (t, name);
    else if (err != ENOTDIR && err != ELOOP && err != EMLINK)
        note (t, err, t->top, name);
    else if (remove_name (t, f, name, false) == FAILED)
        note (t, errno, t->top, name);
}

static void
enter (struct tree *t, const char *name)
{
    struct frame *f = &t->stack[t->top];
    if (is_full (t)) {
        make_place (t, name);
        return;
    }
    int fd = open_directory (t, f, name);
    if (fd >= 0)
        push (t, fd, name);
    else
        cannot_open (t, f, name);
}

/* Removes what can go of the batch that ends at END; the names of directories stay. */
static void
sweep (struct tree *t, struct frame *f, size_t end)
{
    char *kept = t->space + f->begin;
    const char *stop = t->space + end;
    for (const char *record = kept; record < stop;) {
        char type = record[0];
        const char *name = record + 1;
        size_t length = strlen (name) + 1;
        record = name + length;
        bool directory = type == SCAN_DIRECTORY || (type == SCAN_UNKNOWN && is_directory (f, name));
        enum outcome outcome = remove_name (t, f, name, directory);
        if (outcome == FAILED)
            note (t, errno, t->top, name);
        if (outcome != STUCK)
            continue;
        memmove (kept, name, length);
        kept += length;
    }
    f->next = f->begin;
    f->end = (size_t) (kept - t->space);
}

/* The directory is no longer where it was. Whether it is still in the tree, the next pass over the
 * others will show. */
static void
abandon (struct tree *t)
{
    t->changes++;
    pop (t);
}

/* At least half of what is left stays for the directories inside. False: the end was reached. */
static bool
read_batch (struct tree *t, struct frame *f)
{
    size_t left = SPACE - f->begin;
    size_t size = left / 2 < SCAN_ROOM ? SCAN_ROOM : left / 2;
    ssize_t n = tempfile__scan_next (&f->scan, t->space + f->begin, size);
    if (n < 0)
        note (t, errno, t->top - 1, f->name);
    if (n <= 0)
        return false;
    if (f->seasoned && !is_linked (t)) {
        abandon (t);
        return true;
    }
    f->seasoned = true;
    sweep (t, f, f->begin + (size_t) n);
    return true;
}

static bool
is_worth_another_pass (struct tree *t, struct frame *f)
{
    bool lifted = t->top == ROOT && t->lifted;
    if (t->passes == ALL_PASSES || (!lifted && (f->changes == t->changes || f->passes == PASSES)))
        return false;
    f->passes += !lifted;
    t->passes++;
    if (t->top == ROOT)
        t->lifted = false;
    return true;
}

/* At the end of a directory: it goes, or is read again, or stays. */
static void
leave (struct tree *t)
{
    struct frame *f = &t->stack[t->top];
    enum outcome outcome = remove_name (t, f - 1, f->name, true);
    int err = errno;
    if (outcome == STUCK && is_worth_another_pass (t, f)) {
        f->changes = t->changes;
        f->next = f->end = f->begin;
        tempfile__scan_rewind (&f->scan);
        return;
    }
    if (outcome != REMOVED)
        note (t, err, t->top - 1, f->name);
    t->gone = t->top == ROOT && outcome == REMOVED;
    pop (t);
}

static void
step (struct tree *t)
{
    struct frame *f = &t->stack[t->top];
    if (f->next == f->end) {
        if (!read_batch (t, f))
            leave (t);
        return;
    }
    const char *name = t->space + f->next;
    f->next += strlen (name) + 1;
    if (is_linked (t))
        enter (t, name);
    else
        abandon (t);
}

/*
 * Whether the name is gone is what counts: what failed once may have been removed by others since,
 * and what was left to others, who moved or exchanged it under our hands, may be back.
 */
static int
tell_result (struct tree *t, int dir, const char *name)
{
    struct stat st;
    if (fstatat (dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT)
        return 0;
    note (t, ENOTEMPTY, ABOVE, name);
    return t->err;
}

static int
remove_at (struct tree *t, int dir, const char *name)
{
    struct frame *above = &t->stack[ABOVE];
    *above = (struct frame){.scan.fd = dir, .unlocked = true};
    enum outcome outcome = remove_name (t, above, name, true);
    if (outcome == REMOVED)
        return 0;
    if (outcome == FAILED || tempfile__inspect (dir, "", &above->inode) < 0) {
        note (t, errno, ABOVE, name);
        return t->err;
    }
    clock_gettime (CLOCK_REALTIME, &t->start);
    enter (t, name);
    while (t->top > ABOVE)
        step (t);
    return t->gone ? 0 : tell_result (t, dir, name);
}

/* The space is not in use yet, and a path that does not fit is none that open(2) takes. */
static int
open_parent (char *space, const char *path, size_t length)
{
    if (length >= SPACE) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy (space, path, length);
    space[length] = '\0';
    return openat_retrying (AT_FDCWD, length ? space : "/", HANDLE | O_DIRECTORY);
}

static int
remove_path (struct tree *t, const char *path)
{
    const char *slash = strrchr (path, '/');
    int dir = open_parent (t->space, path, (size_t) (slash - path));
    if (dir < 0) {
        note (t, errno, ABOVE, path);
        return t->err == ENOENT ? 0 : t->err;
    }
    int err = remove_at (t, dir, slash + 1);
    close (dir);
    return err;
}

static struct memory places[PLACES];

/* What a parent process was using when it forked is free in the child. */
static struct memory *
take_place (void)
{
    pid_t self = getpid ();
    for (int i = 0; i < PLACES; i++) {
        pid_t user = atomic_load (&places[i].user);
        if (user != self && atomic_compare_exchange_strong (&places[i].user, &user, self))
            return &places[i];
    }
    return NULL;
}

/* An empty directory is by far the most frequent, and needs none of this. */
static int
remove_empty (int dir, const char *path)
{
    return unlinkat (dir, path, AT_REMOVEDIR) == 0 || errno == ENOENT ? 0 : errno;
}

static int
remove_in (struct memory *m, struct tree *t, int dir, const char *path)
{
    t->stack = m->stack;
    t->space = m->space;
    t->path = path;
    return dir == AT_FDCWD ? remove_path (t, path) : remove_at (t, dir, path);
}

static int
remove_in_place (struct tree *t, int dir, const char *path)
{
    struct memory *m = take_place ();
    if (!m)
        return ENOMEM;
    int err = remove_in (m, t, dir, path);
    atomic_store (&m->user, 0);
    return err;
}

static int
remove_anywhere (struct tree *t, int dir, const char *path)
{
    int err = remove_in_place (t, dir, path);
    struct memory *m = err == ENOMEM && !t->err ? malloc (sizeof *m) : NULL;
    if (m)
        err = remove_in (m, t, dir, path);
    free (m);
    return err;
}

static int
remove_telling (struct tree *t, int dir, const char *path)
{
    char where[768];
    t->where = where;
    t->where_size = sizeof where;
    int err = remove_empty (dir, path);
    if (err)
        err = remove_anywhere (t, dir, path);
    if (err)
        tempfile__fail_system (err, "cannot delete '%s'", t->err ? t->where : path);
    t->where = NULL;
    return err;
}

int
tempfile__remove_tree (const char *path)
{
    struct tree t = {.stack = NULL};
    return remove_telling (&t, AT_FDCWD, path);
}

int
tempfile__remove_tree_at (int dir, const char *name, const struct inode *inode)
{
    struct tree t = {.known = inode};
    return remove_telling (&t, dir, name);
}

int
tempfile__remove_tree_async_safe (const char *path)
{
    struct tree t = {.stack = NULL};
    int saved = errno;
    int err = remove_empty (AT_FDCWD, path);
    if (err && tempfile__scan_async_safe ())
        err = remove_in_place (&t, AT_FDCWD, path);
    errno = saved;
    return err;
}
