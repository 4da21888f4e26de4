/* SPDX-License-Identifier: MIT */
/* fault_steps.c - what scenarios have in common; see fault_steps.h. */
#include "common.h"

#include "fault_scenarios.h"
#include "fault_steps.h"
#include "faults.h"

#ifdef FAULTS_POSSIBLE

#include <ftw.h>
#include <sys/mman.h>

struct outcome *outcome;

/* --- what was seen --- */

static bool
note_failure (bool worded)
{
    if (outcome->error)
        return false;
    outcome->error = errno ? errno : -1;
    outcome->worded = worded;
    (void) snprintf (outcome->message, sizeof outcome->message, "%s", tempfile_errmsg ());
    return false;
}

/* A function of this library has failed; always false. */
bool
failed (void)
{
    return note_failure (true);
}

/* A function of stdio has failed; always false. */
bool
stdio_failed (void)
{
    return note_failure (false);
}

/* Something is not as it must be; always false. */
bool
wrong (const char *what)
{
    if (!outcome->wrong[0])
        (void) snprintf (outcome->wrong, sizeof outcome->wrong, "%s", what);
    return false;
}

struct outcome *
faults_outcome (void)
{
    return outcome;
}

void
faults_new_outcome (void)
{
    memset (outcome, 0, offsetof (struct outcome, names));
    (void) tempfile_name (NULL);
    (void) snprintf (outcome->before, sizeof outcome->before, "%s", tempfile_errmsg ());
}

/* Where a file has no name the hook hears of its directory, which exists. What is tried elsewhere
 * is not for this test to put files at. */
static int
note_name (const char *event, const char *path, void *arg)
{
    (void) event;
    (void) arg;
    bool inside = strncmp (path, test_dir (), strlen (test_dir ())) == 0;
    if (inside && outcome->n_names < NAMES && strcmp (path, test_dir ()) != 0)
        (void) snprintf (outcome->names[outcome->n_names++], NAME_SIZE, "%s", path);
    return 0;
}

static int
remove_one (const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void) st;
    (void) type;
    if (at->level > 0)
        (void) remove (path);
    return 0;
}

void
faults_remove_all (const char *dir)
{
    if (test_entries (dir) > 0)
        nftw (dir, remove_one, 16, FTW_PHYS | FTW_DEPTH);
}

/* --- what scenarios do --- */

char line[LINE + 1];

/* Does the file that FD has open hold LINES times the line, and nothing else? */
static bool
has_lines (int fd, int lines)
{
    char text[LINE];
    int n = 0;

    while (pread (fd, text, LINE, (off_t) n * LINE) == LINE && memcmp (text, line, LINE) == 0)
        n++;
    return n == lines && pread (fd, text, 1, (off_t) n * LINE) == 0;
}

bool
file_has_lines (const char *path, int lines)
{
    faults_pause ();
    int fd = open (path, O_RDONLY | O_CLOEXEC);
    bool good = fd >= 0 && has_lines (fd, lines);
    if (fd >= 0)
        close (fd);
    faults_resume ();
    return good;
}

bool
put_lines (FILE *f, int lines)
{
    for (int i = 0; i < lines; i++)
        if (fputs (line, f) < 0)
            return stdio_failed ();
    return fflush (f) == 0 || stdio_failed ();
}

/* Reads from the start; what there is must be the lines. */
bool
get_lines (FILE *f, int lines)
{
    char text[LINE + 1];

    if (fseeko (f, 0, SEEK_SET) < 0)
        return stdio_failed ();
    for (int i = 0; i < lines; i++) {
        size_t n = fread (text, 1, LINE, f);
        if (n < LINE)
            return ferror (f) ? stdio_failed () : wrong ("the file ends early");
        if (memcmp (text, line, LINE) != 0)
            return wrong ("other bytes come back");
    }
    if (getc (f) != EOF)
        return wrong ("there is more than was written");
    return !ferror (f) || stdio_failed ();
}

/* Back and over a line in the middle, which changes nothing. */
static bool
overwrite (FILE *f)
{
    if (fseeko (f, 20 * LINE, SEEK_SET) < 0 || fputs (line, f) < 0 || fflush (f) != 0)
        return stdio_failed ();
    if (ftello (f) != 21 * LINE)
        return ferror (f) || errno ? stdio_failed () : wrong ("not behind what was written");
    return true;
}

bool
truncate_to (FILE *f, int lines)
{
    return tempfile_truncate (f, (int64_t) lines * LINE) == 0 || failed ();
}

/* The stream is ours, so that a failure has a message; PLAIN: it is libc's. */
bool
finish (FILE *f, bool plain)
{
    if (fclose (f) == 0)
        return true;
    return plain ? stdio_failed () : failed ();
}

static bool
use (FILE *f)
{
    return put_lines (f, LINES) && get_lines (f, LINES) && overwrite (f) && truncate_to (f, 50) &&
           get_lines (f, 50);
}

/* Whatever became of the above, afterwards the stream can be closed. */
void
use_and_close (FILE *f, bool plain)
{
    if (!f) {
        failed ();
        return;
    }
    errno = 0;
    use (f);
    finish (f, plain);
}

void
faults_begin_scenarios (void)
{
    void *p =
        mmap (NULL, sizeof *outcome, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    ck_assert (p != MAP_FAILED);
    outcome = p;
    memset (line, 'x', LINE - 1);
    line[LINE - 1] = '\n';
    umask (077);
    ck_assert_int_eq (chdir (test_dir ()), 0);
    ck_assert_int_eq (tempfile_add_audit_hook (note_name, NULL), 0);
}

#endif
