/* SPDX-License-Identifier: MIT */
/*
 * A file system of names. A file or directory belongs to the process that made it, and to the
 * scenario, which says when it must stay. What is in a directory is one file more, so that its
 * removal is several steps, between which the others run.
 */
#include "explorer.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { NAMES = 160, LENGTH = 64 };

struct name {
    char path[LENGTH];
    enum fs_kind kind;
    bool exists;
    bool full; /* of a directory: there is something in it */
    bool stays;
    pid_t maker;
    pid_t heir; /* may delete it as well, and need not */
};

static struct name names[NAMES];
static int count;

void
fs_reset (void)
{
    count = 0;
}

static struct name *
find (const char *path)
{
    for (int i = 0; i < count; i++)
        if (strcmp (names[i].path, path) == 0)
            return &names[i];
    return NULL;
}

static struct name *
find_or_add (const char *path)
{
    struct name *n = find (path);
    if (n)
        return n;
    if (count == NAMES || strlen (path) >= LENGTH)
        explorer_fail ("the model has no room for the name '%.80s'", path);
    n = &names[count++];
    memset (n, 0, sizeof *n);
    strcpy (n->path, path);
    return n;
}

static void
see (const char *path, const char *what, const void *caller)
{
    char text[128];
    if (path)
        memory_access_string (path, caller);
    snprintf (text, sizeof text, "%s '%.80s'", what, path);
    machine_step (NULL, true, caller, text);
    /* Time has passed: others may have freed it. */
    memory_check (path, 1);
    if (path[0] != '/')
        explorer_fail ("a path that is none: '%.80s'", path);
}

int
fs_create (const char *path, enum fs_kind kind, const void *caller)
{
    see (path, kind == FS_FILE ? "create" : "mkdir", caller);
    struct name *n = find_or_add (path);
    if (n->exists)
        return EEXIST;
    n->exists = true;
    n->stays = false;
    n->full = kind == FS_DIRECTORY;
    n->kind = kind;
    n->maker = machine_process ();
    n->heir = 0;
    return 0;
}

static void
check_removal (const struct name *n)
{
    if (n->maker != machine_process () && n->heir != machine_process ())
        explorer_fail ("'%s' is deleted by a process that did not make it", n->path);
    if (n->stays)
        explorer_fail ("'%s' is deleted after it was kept", n->path);
}

int
fs_remove (const char *path, enum fs_kind kind, const void *caller)
{
    see (path, kind == FS_FILE ? "unlink" : "rmdir", caller);
    struct name *n = find (path);
    if (!n || !n->exists)
        return ENOENT;
    if (n->kind != kind)
        return kind == FS_FILE ? EISDIR : ENOTDIR;
    check_removal (n);
    if (n->full) {
        n->full = false;
        see (path, "rmdir (it was full)", caller);
        if (!n->exists)
            return ENOENT;
    }
    n->exists = false;
    return 0;
}

bool
fs_exists (const char *path)
{
    const struct name *n = find (path);
    return n && n->exists;
}

void
fs_must_stay (const char *path)
{
    struct name *n = find (path);
    if (!n || !n->exists)
        explorer_fail ("'%s' was kept, and is gone", path);
    n->stays = true;
}

void
fs_check_closed (const char *path)
{
    const struct name *n = find (path);
    if (n->maker == machine_process () && n->exists && !n->stays)
        explorer_fail ("'%s' was deleted, and is there", path);
}

void
fs_adopt (const char *path)
{
    for (int i = 0; i < count; i++)
        names[i].heir = machine_process ();
    find (path)->maker = machine_process ();
}

void
fs_check_end (pid_t pid)
{
    for (int i = 0; i < count; i++)
        if (names[i].exists && names[i].maker == pid && !names[i].stays)
            explorer_fail ("'%s' is left when the process has ended", names[i].path);
}
