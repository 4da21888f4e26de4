/* SPDX-License-Identifier: MIT */
/* fault_persist.c - scenarios in which a temporary file becomes a lasting one. */
#include "common.h"

#include "fault_scenarios.h"
#include "fault_steps.h"
#include "faults.h"

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
