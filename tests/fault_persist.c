/* SPDX-License-Identifier: MIT */
/* fault_persist.c - scenarios in which a temporary file becomes a lasting one. */
#include "common.h"

#include "fault_scenarios.h"
#include "fault_steps.h"
#include "faults.h"

#ifdef HAVE_GETXATTR
#include <sys/xattr.h>
#endif

#ifdef FAULTS_POSSIBLE

/* As finish(), and what was to stay until the end of the process goes. */
static bool
end (FILE *f, bool plain)
{
    return plain ? finish (f, true) : tempfile_close (f) == 0 || failed ();
}

/* A file is at PATH before, with one line; then the stream's, with ten, is. */
static void
persist_as (FILE *f, bool plain, bool there, unsigned flags)
{
    char path[NAME_SIZE], target[NAME_SIZE];

    (void) snprintf (target, sizeof target, "%s/target", test_dir ());
    if (!f) {
        failed ();
        return;
    }
    faults_pause ();
    if (there)
        test_write_file (target, line);
    (void) snprintf (path, sizeof path, "%s", tempfile_name (f) ? tempfile_name (f) : "");
    (void) tempfile_name (NULL);
    faults_resume ();
    errno = 0;
    bool good = put_lines (f, 10);
    int result = tempfile_persist (f, target, flags);
    bool in_place = result == 0 || strstr (tempfile_errmsg (), "in place");
    if (result != 0)
        failed ();
    faults_pause ();
    if (result == 0 && !good)
        wrong ("persistent though not whole");
    if (good && in_place && !file_has_lines (target, 10))
        wrong ("not what was written");
    if (!in_place && (there ? !file_has_lines (target, 1) : test_exists (target)))
        wrong ("failed, but the target has changed");
    if (*path && test_exists (path) == in_place)
        wrong (in_place ? "the old name is still there" : "the old name is gone");
    const char *name = tempfile_name (f);
    if (in_place && (!name || strcmp (name, target) != 0))
        wrong ("another name than the new one");
    if (!in_place && strcmp (name ? name : "", path) != 0)
        wrong ("failed, but the name has changed");
    faults_resume ();
    if (good) {
        good = put_lines (f, 5);
        bool closed = end (f, plain);
        if (good && closed && in_place && !file_has_lines (target, 15))
            wrong ("what was written afterwards is missing");
    } else {
        end (f, plain);
    }
    faults_pause ();
    if (in_place && !test_exists (target))
        wrong ("the lasting file was deleted");
    (void) unlink (target);
    faults_resume ();
}

void
persist_named (void)
{
    persist_as (NamedTemporaryFile (.dir = test_dir ()), false, true, 0);
}

void
persist_named_synced (void)
{
    persist_as (NamedTemporaryFile (.dir = test_dir ()), false, true,
                TEMPFILE_SYNC | TEMPFILE_FOLLOW);
}

void
persist_named_anew (void)
{
    persist_as (NamedTemporaryFile (.dir = test_dir ()), false, false, TEMPFILE_NOREPLACE);
}

/* By a symbolic link to what is replaced. */
void
persist_beside (void)
{
    char link[NAME_SIZE];

    faults_pause ();
    (void) snprintf (link, sizeof link, "%s/link", test_dir ());
    (void) !symlink ("target", link);
    faults_resume ();
    persist_as (NamedTemporaryFile (.beside = link), false, true, 0);
    faults_pause ();
    (void) unlink (link);
    faults_resume ();
}

/* What is replaced, as far as this process, and the file system, can make it. */
static void
make_target (const char *target)
{
    test_write_file (target, line);
    (void) !chown (target, 1234, 2345);
    (void) chmod (target, 0640);
#ifdef HAVE_GETXATTR
    static const unsigned char acl[] = {2,   0,   0,   0,   1,   0,   6,  0,   255, 255, 255,
                                        255, 2,   0,   4,   0,   1,   1,  0,   0,   4,   0,
                                        4,   0,   255, 255, 255, 255, 16, 0,   4,   0,   255,
                                        255, 255, 255, 32,  0,   0,   0,  255, 255, 255, 255};
    (void) setxattr (target, "user.colour", "red", 3, 0);
    (void) setxattr (target, "system.posix_acl_access", acl, sizeof acl, 0);
#endif
}

/* Whatever fails, nobody may do more than before. */
static void
check_target (const char *target)
{
    struct stat st;

    if (stat (target, &st) != 0)
        wrong ("there is no target");
    else if (st.st_mode & 07137)
        wrong ("wider than it was");
}

static void
persist_like (FILE *f, unsigned flags)
{
    char target[NAME_SIZE];

    if (!f) {
        failed ();
        return;
    }
    faults_pause ();
    (void) snprintf (target, sizeof target, "%s/target", test_dir ());
    make_target (target);
    faults_resume ();
    bool good = put_lines (f, 10);
    int result = tempfile_persist (f, target, TEMPFILE_LIKE_TARGET | TEMPFILE_SYNC | flags);
    if (result != 0)
        failed ();
    faults_pause ();
    check_target (target);
    if (result == 0 && !(good && file_has_lines (target, 10)))
        wrong ("not what was written");
    faults_resume ();
    finish (f, false);
    faults_pause ();
    (void) unlink (target);
    faults_resume ();
}

void
persist_like_named (void)
{
    persist_like (NamedTemporaryFile (.dir = test_dir ()), 0);
}

void
persist_like_unnamed (void)
{
    persist_like (TemporaryFile (.dir = test_dir (), .buffering = 500), 0);
}

/* A file in memory is always on another file system. */
void
persist_copy (void)
{
    persist_like (TemporaryFile (.in_memory = 1, .buffering = 500), TEMPFILE_COPY);
}

/* A directory on another file system, or NULL. */
static const char *
elsewhere (void)
{
    static const char *const dirs[] = {"/dev/shm", "/var/tmp", "/tmp"};
    struct stat here, there;

    for (int i = 0; i < LENGTH (dirs); i++)
        if (stat (test_dir (), &here) == 0 && stat (dirs[i], &there) == 0 &&
            here.st_dev != there.st_dev)
            return dirs[i];
    return NULL;
}

/* The temporary file goes when its copy is in place, whatever failed then. */
void
persist_copy_named (void)
{
    char target[NAME_SIZE], *name = NULL;

    faults_pause ();
    const char *dir = elsewhere ();
    FILE *f = dir ? NamedTemporaryFile (.dir = dir) : NULL;
    if (!f) {
        faults_resume ();
        return;
    }
    (void) snprintf (target, sizeof target, "%s/target", test_dir ());
    name = strdup (tempfile_name (f));
    faults_resume ();
    bool good = put_lines (f, 10);
    int result = tempfile_persist (f, target, TEMPFILE_COPY | TEMPFILE_SYNC);
    bool in_place = result == 0 || strstr (tempfile_errmsg (), "in place");
    bool stays = result != 0 && (!in_place || strstr (tempfile_errmsg (), "still there"));
    if (result != 0)
        failed ();
    faults_pause ();
    if (result == 0 && !(good && file_has_lines (target, 10)))
        wrong ("not what was written");
    bool there = test_exists (name) && !(result == 0 && faults_error () == ENOENT);
    if (there != stays || test_exists (target) != in_place)
        wrong ("not the right names are there");
    faults_resume ();
    finish (f, false);
    faults_pause ();
    (void) unlink (target);
    (void) unlink (name);
    free (name);
    faults_resume ();
}

void
persist_like_path (void)
{
    char *name, target[NAME_SIZE];
    int fd = tempfile_mkstemp (
        &name, TEMPFILE_OPTIONS (.dir = test_dir (), .delete_when = TEMPFILE_DELETE_ON_EXIT));

    if (fd < 0) {
        failed ();
        return;
    }
    faults_pause ();
    (void) !write (fd, line, 7);
    close (fd);
    (void) snprintf (target, sizeof target, "%s/target", test_dir ());
    make_target (target);
    faults_resume ();
    int result = tempfile_persist_path (name, target, TEMPFILE_LIKE_TARGET | TEMPFILE_SYNC);
    bool in_place = result == 0 || strstr (tempfile_errmsg (), "in place");
    if (result != 0)
        failed ();
    faults_pause ();
    check_target (target);
    struct stat st;
    if (stat (target, &st) != 0 || (st.st_size == 7) != in_place)
        wrong ("not the right file is in place");
    if (test_exists (name) == in_place)
        wrong ("the name is not as it must be");
    faults_resume ();
    if (!in_place && tempfile_unlink (name) != 0)
        failed ();
    faults_pause ();
    (void) unlink (name);
    (void) unlink (target);
    faults_resume ();
    free (name);
}

void
persist_recoverable (void)
{
    persist_as (NamedTemporaryFile (.dir = test_dir (), .recoverable = 1,
                                    .delete_when = TEMPFILE_DELETE_ON_EXIT),
                false, false, 0);
}

void
persist_unnamed (void)
{
    persist_as (TemporaryFile (.dir = test_dir (), .buffering = 500), false, true, 0);
}

void
persist_unnamed_synced (void)
{
    persist_as (TemporaryFile (.dir = test_dir (), .buffering = 500), false, true,
                TEMPFILE_SYNC | 0);
}

void
persist_unnamed_anew (void)
{
    persist_as (TemporaryFile (.dir = test_dir (), .buffering = 500), false, false,
                TEMPFILE_NOREPLACE);
}

void
persist_plain (void)
{
    persist_as (TemporaryFile (.dir = test_dir ()), true, true, 0);
}

void
persist_spooled (void)
{
    persist_as (SpooledTemporaryFile (.dir = test_dir ()), false, true, 0);
}

#endif
