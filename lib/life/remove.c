/* SPDX-License-Identifier: MIT */
/*
 * Removal of trees of any width and depth, in bounded memory, while others may be at work in them.
 *
 * The way from the root to where we are is a stack of open directories. Everything is done
 * through their descriptors, by single names that are never followed when they are symbolic
 * links, and ".." is never gone to, only looked at. So no rename leads us out of the tree: a
 * directory that was moved elsewhere is noticed, because its ".." is no longer what is below it
 * on the stack, and left to whoever moved it.
 *
 * The directory on top of the stack is read in batches. From each batch what can go goes at once,
 * empty directories included; the names of the other directories stay in memory, close together,
 * while each is entered in turn. The space after them is the next directory's.
 *
 * Where the stack, that space or the descriptors end, a directory is not entered but LIFTED: moved
 * up into the root, which is read again afterwards. So depth costs one rename in a while, and no
 * memory. No directory is lifted twice in a tree that nobody else changes, for it has less depth
 * below it each time.
 *
 * A directory that will not go because it is not empty is read again for as long as that removes
 * something, a limited number of times: names that others add, and file systems that lose their
 * place when names go. What is still there then cannot be removed. It is tried twice on each
 * level, which costs time in proportion to the height of the stack, not of the tree.
 *
 * What is in the tree is ours, so permissions that are in the way are added, but only on
 * directories inside, by descriptor or without following links.
 *
 * Memory: ROOMY_SPACE + ROOMY_STACK frames from malloc; or, in a signal handler and when there is
 * no memory, TIGHT_SPACE + TIGHT_STACK frames on the stack. Descriptors: one a frame.
 */
#include "base/export.h"

#include "base/error.h"
#include "base/retry.h"
#include "life/remove.h"
#include "life/scan.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ROOMY_SPACE = 64 * 1024, ROOMY_STACK = 32 };
enum { TIGHT_SPACE = 4 * 1024, TIGHT_STACK = 13 };

/* How often a directory is read again, and one thing tried again, when others interfere. */
enum { PASSES = 16, TRIES = 8 };

/* How many names in the root are tried for a directory that is lifted. */
enum { LIFT_NAMES = 100 };

struct identity {
    dev_t device;
    ino_t inode;
};

/* The first frame stands for the directory that PATH is in; the second is the root. */
struct frame {
    struct scan scan;
    struct identity identity;
    const char *name; /* in the frame below */
    size_t begin;     /* this frame's part of the space */
    size_t next, end; /* in it, the names that are still to be entered */
    unsigned long changes;
    int passes;
    bool unlocked; /* permissions were added, or need not be tried */
    bool seasoned; /* time has passed since it was entered */
};

struct tree {
    struct frame *stack;
    int top, limit;
    char *space;
    size_t size;
    unsigned long changes; /* counts what went away */
    bool lifted;           /* since the root was last read from its start */
    bool gone;             /* the root was removed */
    int err;               /* of the first failure, or 0 */
    char *where;           /* its path, at the end of a buffer; NULL: not wanted */
    size_t where_size;
};

/* What became of a name. With STUCK and FAILED errno says why. */
enum outcome { REMOVED, STUCK /* a directory, perhaps not empty */, FAILED };

enum { ROOT = 1 };

static bool
same (struct identity a, struct identity b)
{
    return a.device == b.device && a.inode == b.inode;
}

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
    bool fits = prepend (buffer, &p, name);
    for (int i = depth; fits && i >= ROOT; i--)
        fits = prepend (buffer, &p, t->stack[i].name);
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

/* Lets us add and remove names in a directory that we have open. False: nothing has changed. */
static bool
unlock (struct frame *f)
{
    struct stat st;
    if (f->unlocked)
        return false;
    f->unlocked = true;
    return fstat (f->scan.fd, &st) == 0 && fchmod (f->scan.fd, (st.st_mode & 07777) | 0700) == 0;
}

static bool
is_directory (const struct frame *f, const char *name, mode_t *mode)
{
    struct stat st;
    if (fstatat (f->scan.fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return false;
    *mode = st.st_mode & 07777;
    return S_ISDIR (st.st_mode);
}

/* Lets us open, or move, a directory that we have not open. */
static bool
unlock_name (struct frame *f, const char *name)
{
    mode_t mode;
    return is_directory (f, name, &mode) && (mode & 0700) != 0700 &&
           fchmodat (f->scan.fd, name, mode | 0700, AT_SYMLINK_NOFOLLOW) == 0;
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
    mode_t mode;
    bool was = *directory;
    if (unlinkat (f->scan.fd, name, was ? AT_REMOVEDIR : 0) == 0 || errno == ENOENT) {
        t->changes++;
        return REMOVED;
    }
    int err = errno;
    if (was && err == ENOTDIR)
        *directory = false;
    else if (!was && (err == EISDIR || err == EPERM))
        *directory = is_directory (f, name, &mode);
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

/* What is above a directory. Where we may not look there is nothing that we could do in it either,
 * and it does not matter what the answer is; it is always the same. */
static int
identify_parent (const struct frame *f, struct identity *parent)
{
    struct stat st;
    *parent = (struct identity){0, 0};
    if (fstatat (f->scan.fd, "..", &st, AT_SYMLINK_NOFOLLOW) < 0)
        return errno == EACCES ? 0 : errno;
    *parent = (struct identity){st.st_dev, st.st_ino};
    return 0;
}

/* Whether each directory on the stack still is where it was entered. */
static bool
is_linked (const struct tree *t)
{
    static const struct identity unseen;
    for (int i = t->top; i >= ROOT; i--) {
        struct identity parent;
        if (identify_parent (&t->stack[i], &parent) != 0 ||
            (!same (parent, t->stack[i - 1].identity) && !same (parent, unseen)))
            return false;
    }
    return true;
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
    return unlock_name (f, name) || here || root;
}

/*
 * To the root, under its inode number: whoever else has that name there has put it there on
 * purpose, and the next is tried.
 */
static void
lift (struct tree *t, struct frame *f, const char *name)
{
    struct stat st;
    char lifted[24];
    int err = fstatat (f->scan.fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0 ? errno : EAGAIN;
    for (ino_t i = 0; i < LIFT_NAMES && err == EAGAIN; i++) {
        name_for_lifting (lifted, st.st_ino + i);
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
open_directory (struct frame *f, const char *name)
{
    int fd = openat_retrying (f->scan.fd, name, flags_of_open ());
    if (fd >= 0 || errno != EACCES)
        return fd;
    bool here = unlock (f);
    if (!unlock_name (f, name) && !here) {
        errno = EACCES;
        return -1;
    }
    return openat_retrying (f->scan.fd, name, flags_of_open ());
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
    return t->top > ROOT && (t->top + 1 == t->limit || t->size - align (f->end) < SCAN_ROOM);
}

/* What the frame needs to know about the directory that it has open; or an errno. */
static int
identify (struct tree *t, struct frame *f)
{
    struct stat st;
    if (fstat (f->scan.fd, &st) < 0)
        return errno;
    f->identity = (struct identity){st.st_dev, st.st_ino};
    if (t->top >= ROOT)
        return st.st_dev == t->stack[ROOT].identity.device ? 0 : EXDEV;
    if ((st.st_mode & 0700) != 0700)
        unlock (f);
    return identify_parent (f, &t->stack[0].identity);
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

/* A name that is no longer a directory's has been exchanged since we looked. */
static void
cannot_open (struct tree *t, struct frame *f, const char *name)
{
    int err = errno;
    if (err == ENOENT)
        t->changes++;
    else if ((err == EMFILE || err == ENFILE) && t->top > ROOT)
        lift (t, f, name);
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
        lift (t, f, name);
        return;
    }
    int fd = open_directory (f, name);
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
        mode_t mode;
        char type = record[0];
        const char *name = record + 1;
        size_t length = strlen (name) + 1;
        record = name + length;
        bool directory =
            type == SCAN_DIRECTORY || (type == SCAN_UNKNOWN && is_directory (f, name, &mode));
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

static void
pop (struct tree *t)
{
    tempfile__scan_end (&t->stack[t->top].scan);
    t->top--;
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
    size_t left = t->size - f->begin;
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
    if (t->top == ROOT && t->lifted) {
        t->lifted = false;
        return true;
    }
    return f->changes != t->changes && f->passes++ < PASSES;
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
 * Whether PATH is gone is what counts: what failed once may have been removed by others since, and
 * what was left to others, who moved or exchanged it under our hands, may be back.
 */
static int
tell_result (struct tree *t, const char *path)
{
    struct stat st;
    if (lstat (path, &st) < 0 && errno == ENOENT)
        return 0;
    note (t, ENOTEMPTY, 0, path);
    return t->err;
}

static int
remove_path (struct tree *t, const char *path)
{
    struct frame *above = &t->stack[0];
    *above = (struct frame){.scan.fd = AT_FDCWD, .unlocked = true};
    enum outcome outcome = remove_name (t, above, path, true);
    if (outcome == REMOVED)
        return 0;
    if (outcome == FAILED) {
        note (t, errno, 0, path);
        return t->err;
    }
    enter (t, path);
    while (t->top > 0)
        step (t);
    return t->gone ? 0 : tell_result (t, path);
}

struct tight {
    struct frame stack[TIGHT_STACK];
    _Alignas(8) char space[TIGHT_SPACE];
};

struct roomy {
    struct frame stack[ROOMY_STACK];
    _Alignas(8) char space[ROOMY_SPACE];
};

static int
remove_tightly (struct tree *t, const char *path)
{
    struct tight tight;
    t->stack = tight.stack;
    t->limit = TIGHT_STACK;
    t->space = tight.space;
    t->size = TIGHT_SPACE;
    /* NOLINTNEXTLINE(clang-analyzer-core.StackAddressEscape): nobody walks T again */
    return remove_path (t, path);
}

static int
remove_roomily (struct tree *t, const char *path)
{
    struct roomy *roomy = malloc (sizeof *roomy);
    if (!roomy)
        return remove_tightly (t, path);
    t->stack = roomy->stack;
    t->limit = ROOMY_STACK;
    t->space = roomy->space;
    t->size = ROOMY_SPACE;
    int err = remove_path (t, path);
    free (roomy);
    return err;
}

/* An empty directory is by far the most frequent, and needs none of this. */
static int
remove_empty (const char *path)
{
    return rmdir (path) == 0 || errno == ENOENT ? 0 : errno;
}

int
tempfile__remove_tree (const char *path)
{
    char where[768];
    struct tree t = {.where = where, .where_size = sizeof where};
    int err = remove_empty (path);
    if (err)
        err = remove_roomily (&t, path);
    if (err)
        tempfile__fail_system (err, "cannot delete '%s'", t.where);
    return err;
}

int
tempfile__remove_tree_async_safe (const char *path)
{
    struct tree t = {.where = NULL};
    int saved = errno;
    int err = remove_empty (path);
    if (err && tempfile__scan_async_safe ())
        err = remove_tightly (&t, path);
    errno = saved;
    return err;
}
