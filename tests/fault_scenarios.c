/* SPDX-License-Identifier: MIT */
/* fault_scenarios.c - what is done while calls fail; see fault_scenarios.h. */
#include "common.h"

#include "fault_scenarios.h"
#include "faults.h"

#ifdef FAULTS_POSSIBLE

#include <ftw.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>

static struct outcome *outcome;

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
static bool
failed (void)
{
    return note_failure (true);
}

/* A function of stdio has failed; always false. */
static bool
stdio_failed (void)
{
    return note_failure (false);
}

/* Something is not as it must be; always false. */
static bool
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

/* Where a file has no name the hook hears of its directory, which exists. */
static int
note_name (const char *event, const char *path, void *arg)
{
    (void) event;
    (void) arg;
    if (outcome->n_names < NAMES && strcmp (path, test_dir ()) != 0)
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

static char line[101];
enum { LINES = 100, LINE = 100 };

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

static bool
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

static bool
put_lines (FILE *f, int lines)
{
    for (int i = 0; i < lines; i++)
        if (fputs (line, f) < 0)
            return stdio_failed ();
    return fflush (f) == 0 || stdio_failed ();
}

/* Reads from the start; what there is must be the lines. */
static bool
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

static bool
truncate_to (FILE *f, int lines)
{
    return tempfile_truncate (f, (int64_t) lines * LINE) == 0 || failed ();
}

/* The stream is ours, so that a failure has a message; PLAIN: it is libc's. */
static bool
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
static void
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

/* --- scenarios: unnamed and named --- */

static void
unnamed (void)
{
    use_and_close (TemporaryFile (.dir = test_dir ()), true);
}

static void
tell_permissions (FILE *f, mode_t permissions)
{
    struct stat st;

    faults_pause ();
    if (f && (fstat (tempfile_fileno (f), &st) != 0 || (st.st_mode & 07777 & ~permissions)))
        wrong ("more permissions than asked for");
    faults_resume ();
}

static void
unnamed_permissions (void)
{
    FILE *f = TemporaryFile (.dir = test_dir (), .permissions = 0666);

    tell_permissions (f, 0666);
    use_and_close (f, true);
}

static void
unnamed_read_only (void)
{
    FILE *f = TemporaryFile (.dir = test_dir (), .mode = "rb");

    if (!f || getc (f) != EOF || ferror (f))
        failed ();
    if (f)
        finish (f, true);
}

static void
custom (void)
{
    use_and_close (TemporaryFile (.dir = test_dir (), .buffering = 1000), false);
}

static void
named (void)
{
    FILE *f = NamedTemporaryFile (.dir = test_dir (), .permissions = 0666);

    tell_permissions (f, 0666);
    use_and_close (f, false);
}

static void
named_line_buffered (void)
{
    use_and_close (NamedTemporaryFile (.dir = test_dir (), .buffering = TEMPFILE_LINE_BUFFERED),
                   false);
}

static void
in_relative_directory (void)
{
    use_and_close (NamedTemporaryFile (.dir = "."), false);
}

static void
appending (void)
{
    FILE *f = NamedTemporaryFile (.dir = test_dir (), .mode = "a+b");

    if (!f) {
        failed ();
        return;
    }
    errno = 0;
    (void) (put_lines (f, 10) && get_lines (f, 10) && put_lines (f, 5) && get_lines (f, 15) &&
            truncate_to (f, 3) && put_lines (f, 1) && get_lines (f, 4));
    finish (f, false);
}

static int hooked;

static int
count_hook (void *arg)
{
    (void) arg;
    hooked++;
    return 0;
}

static void
hooks (void)
{
    FILE *f = NamedTemporaryFile (.dir = test_dir (), .on_close = count_hook);

    hooked = 0;
    if (!f) {
        failed ();
        return;
    }
    int expected = 1 + (tempfile_on_close (f, count_hook, NULL) == 0 || failed ());
    (void) put_lines (f, 3);
    finish (f, false);
    if (hooked != expected)
        wrong ("hooks were lost");
}

/* Closed without a failure, all that stdio took is there. */
static void
never_deleted (void)
{
    char path[NAME_SIZE];
    FILE *f = NamedTemporaryFile (.dir = test_dir (), .delete_when = TEMPFILE_DELETE_NEVER);

    if (!f) {
        failed ();
        return;
    }
    (void) snprintf (path, sizeof path, "%s", tempfile_name (f));
    for (int i = 0; i < 200; i++)
        if (fputs (line, f) < 0)
            stdio_failed ();
    if (finish (f, false) && !file_has_lines (path, 200))
        wrong ("closed without a failure, but bytes are missing");
    faults_pause ();
    if (unlink (path) != 0)
        wrong ("the file that was to stay is gone");
    faults_resume ();
}

static void
kept (void)
{
    char path[NAME_SIZE];
    FILE *f = NamedTemporaryFile (.dir = test_dir ());

    if (!f) {
        failed ();
        return;
    }
    (void) snprintf (path, sizeof path, "%s", tempfile_name (f));
    bool good = put_lines (f, 5);
    if (tempfile_keep (f) != 0)
        failed ();
    good &= finish (f, false);
    if (good && !file_has_lines (path, 5))
        wrong ("bytes are missing");
    faults_pause ();
    if (unlink (path) != 0)
        wrong ("the file that was to stay is gone");
    faults_resume ();
}

static void
into_path_of (FILE *f)
{
    if (!f) {
        failed ();
        return;
    }
    bool good = put_lines (f, 30);
    char *path = tempfile_into_path (f);
    if (!path) {
        failed ();
        return;
    }
    if (good && !file_has_lines (path, 30))
        wrong ("the file is not whole");
    if (tempfile_unlink (path) != 0)
        failed ();
    free (path);
}

static void
into_path (void)
{
    into_path_of (NamedTemporaryFile (.dir = test_dir ()));
}

static void
into_path_on_exit (void)
{
    into_path_of (NamedTemporaryFile (.dir = test_dir (), .delete_when = TEMPFILE_DELETE_ON_EXIT));
}

static void
into_path_recoverable (void)
{
    into_path_of (NamedTemporaryFile (.dir = test_dir (), .recoverable = 1));
}

static void
recoverable_on_exit (void)
{
    FILE *f = NamedTemporaryFile (.dir = test_dir (), .recoverable = 1,
                                  .delete_when = TEMPFILE_DELETE_ON_EXIT);

    if (!f) {
        failed ();
        return;
    }
    (void) put_lines (f, 3);
    if (tempfile_close (f) != 0)
        failed ();
}

static void
reopen_as (FILE *f, const char *mode, bool custom_stream)
{
    if (!f) {
        failed ();
        return;
    }
    errno = 0;
    bool good = put_lines (f, 10);
    FILE *g = tempfile_reopen (f, mode);
    if (!g)
        failed ();
    else {
        if (good)
            (void) (get_lines (g, 10) && put_lines (g, 10) && get_lines (g, 20));
        finish (g, true);
    }
    finish (f, !custom_stream);
}

static void
reopened (void)
{
    reopen_as (NamedTemporaryFile (.dir = test_dir ()), "r+b", true);
}

static void
reopened_to_append (void)
{
    reopen_as (TemporaryFile (.dir = test_dir ()), "a+b", false);
}

static void
reopened_anew (void)
{
    FILE *f = NamedTemporaryFile (.dir = test_dir ());

    if (!f) {
        failed ();
        return;
    }
    (void) put_lines (f, 10);
    use_and_close (tempfile_reopen (f, "w+b"), true);
    finish (f, false);
}

static void
reopened_as_text (void)
{
    FILE *f = NamedTemporaryFile (.dir = test_dir ());

    if (!f) {
        failed ();
        return;
    }
    bool good = put_lines (f, 10);
    FILE *g = tempfile_reopen (f, "r+");
    if (!g)
        failed ();
    else {
        if (good)
            (void) get_lines (g, 10);
        finish (g, false);
    }
    finish (f, false);
}

/* --- spooled --- */

static void
spool_by_size (void)
{
    use_and_close (SpooledTemporaryFile (.dir = test_dir (), .max_size = 3000), false);
}

static void
spool_in_memory (void)
{
    use_and_close (SpooledTemporaryFile (.dir = test_dir ()), false);
}

static void
spool_in_relative_directory (void)
{
    use_and_close (SpooledTemporaryFile (.dir = ".", .max_size = 200), false);
}

/* A move that failed has changed nothing. */
static void
spool_rolled_over (int (*roll) (FILE *))
{
    FILE *f = SpooledTemporaryFile (.dir = test_dir ());

    if (!f) {
        failed ();
        return;
    }
    errno = 0;
    if (put_lines (f, 20)) {
        if (roll (f) < 0)
            failed ();
        (void) (get_lines (f, 20) && put_lines (f, 20) && get_lines (f, 40));
    }
    finish (f, false);
}

static void
spool_by_fileno (void)
{
    spool_rolled_over (tempfile_fileno);
}

static void
spool_by_rollover (void)
{
    spool_rolled_over (tempfile_rollover);
}

/* Too far for memory. */
static int
truncate_far (FILE *f)
{
    return tempfile_truncate (f, (int64_t) 4 << 20);
}

static void
spool_by_truncation (void)
{
    FILE *f = SpooledTemporaryFile (.dir = test_dir ());

    if (!f) {
        failed ();
        return;
    }
    errno = 0;
    if (put_lines (f, 20) && (truncate_far (f) == 0 || failed ()) && truncate_to (f, 20))
        (void) (get_lines (f, 20) && put_lines (f, 20) && get_lines (f, 40));
    finish (f, false);
}

static int
reopen_and_close (FILE *f)
{
    FILE *g = tempfile_reopen (f, NULL);

    if (!g)
        return -1;
    finish (g, true);
    return 0;
}

static void
spool_by_reopening (void)
{
    spool_rolled_over (reopen_and_close);
}

/* --- for the caller --- */

static void
mkstemp_file (void)
{
    char *path;
    int fd = tempfile_mkstemp (&path,
                               &(struct tempfile_options){.dir = test_dir (), .permissions = 0666},
                               sizeof (struct tempfile_options));

    if (fd < 0) {
        failed ();
        if (path)
            wrong ("a path without a file");
        return;
    }
    faults_pause ();
    if (!test_same_file (path, fd) || unlink (path) != 0)
        wrong ("the path is not the file's");
    close (fd);
    faults_resume ();
    free (path);
}

static void
mkdtemp_directory (void)
{
    char *path =
        tempfile_mkdtemp (&(struct tempfile_options){.dir = test_dir (), .permissions = 0777},
                          sizeof (struct tempfile_options));

    if (!path) {
        failed ();
        return;
    }
    faults_pause ();
    struct stat st;
    if (stat (path, &st) != 0 || st.st_mode != (S_IFDIR | 0777) || rmdir (path) != 0)
        wrong ("not such a directory");
    faults_resume ();
    free (path);
}

static int
make_fifo (const char *path, void *arg)
{
    (void) arg;
    return mkfifo (path, 0600);
}

static void
make_anything (void)
{
    char *path;
    int made =
        tempfile_make (&path, make_fifo, NULL, &(struct tempfile_options){.dir = test_dir ()},
                       sizeof (struct tempfile_options));

    if (made < 0) {
        failed ();
        return;
    }
    faults_pause ();
    if (unlink (path) != 0)
        wrong ("nothing was made");
    faults_resume ();
    free (path);
}

/* --- directories --- */

/* WIDTH files and, down to DEPTH, a directory of the same kind. */
static void
fill_directory (const char *path, int width, int depth)
{
    char name[4096];

    for (int i = 0; i < width; i++) {
        (void) snprintf (name, sizeof name, "%s/file%d", path, i);
        int fd = open (name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        close (fd);
    }
    if (depth == 0)
        return;
    (void) snprintf (name, sizeof name, "%s/%s", path, depth % 2 ? "inner" : "other");
    if (mkdir (name, 0700) == 0)
        fill_directory (name, width, depth - 1);
}

static void
directory_of (int width, int depth, int recoverable)
{
    struct tempfile_dir *d = TemporaryDirectory (.dir = test_dir (), .recoverable = recoverable);

    if (!d) {
        failed ();
        return;
    }
    faults_pause ();
    if (depth >= 0)
        fill_directory (tempfile_dir_name (d), width, depth);
    faults_resume ();
    if (tempfile_dir_close (d) != 0)
        failed ();
}

static void
directory_empty (void)
{
    directory_of (0, -1, 0);
}

static void
directory_tree (void)
{
    directory_of (3, 3, 0);
}

static void
directory_wide (void)
{
    directory_of (12, 1, 0);
}

static void
directory_deep (void)
{
    directory_of (0, 34, 0);
}

static void
directory_recoverable (void)
{
    directory_of (1, 1, 1);
}

static void
directory_permissions (void)
{
    struct tempfile_dir *d = TemporaryDirectory (.dir = test_dir (), .permissions = 0777);

    if (!d)
        failed ();
    else if (tempfile_dir_close (d) != 0)
        failed ();
}

/* --- recovery --- */

/* A child dies and leaves a file and a directory with something in it. */
static bool
abandon (void)
{
    int status;
    pid_t child = fork ();

    if (child == 0) {
        FILE *f = NamedTemporaryFile (.dir = test_dir (), .recoverable = 1);
        struct tempfile_dir *d = TemporaryDirectory (.dir = test_dir (), .recoverable = 1);
        if (!f || !d)
            _exit (1);
        fill_directory (tempfile_dir_name (d), 2, 1);
        _exit (0);
    }
    return waitpid (child, &status, 0) == child && status == 0;
}

/* What keeps the library from looking, and is nothing about what it looks at. */
static bool
is_lack (int error)
{
    return error == EMFILE || error == ENFILE || error == ENOMEM || error == ENOLCK || error == EIO;
}

/* What one run did not get, the next gets. */
static void
recovery (void)
{
    faults_pause ();
    if (!abandon ())
        wrong ("nothing to recover");
    faults_resume ();
    int n = tempfile_recover (test_dir ());
    if (n < 0)
        failed ();
    faults_pause ();
    if (n >= 0 && n < 2 && is_lack (faults_error ()))
        wrong ("what could not be judged was passed over");
    int again = tempfile_recover (test_dir ());
    if (again < 0 || test_entries (test_dir ()) != 0)
        wrong ("a second run does not recover what the first left");
    faults_resume ();
}

/* --- the default directory --- */

static void
choosing (void)
{
    if (tempfile_settempdir (NULL) != 0)
        failed ();
    const char *dir = tempfile_gettempdir ();
    if (!dir)
        failed ();
    else if (strcmp (dir, test_dir ()) != 0 && strcmp (dir, "/tmp") != 0)
        wrong ("not the directory of the environment");
    if (tempfile_settempdir (".") != 0)
        failed ();
    else if (strcmp (tempfile_gettempdir (), test_dir ()) != 0)
        wrong ("not the directory that was set");
    if (tempfile_settempdir (test_dir ()) != 0)
        failed ();
    FILE *f = NamedTemporaryFile ();
    if (!f)
        failed ();
    else
        finish (f, false);
}

/* --- how processes end --- */

/* FUNCTION ends the child; by what signal, or 0, is returned. */
static int
in_child (void (*function) (void))
{
    int status;
    pid_t child = fork ();

    if (child == 0) {
        function ();
        _exit (1);
    }
    faults_pause ();
    bool came = waitpid (child, &status, 0) == child;
    faults_resume ();
    if (!came || (WIFEXITED (status) && WEXITSTATUS (status) != 0))
        wrong ("the child ended otherwise");
    return WIFSIGNALED (status) ? WTERMSIG (status) : 0;
}

static void
leave_names (void)
{
    FILE *f = NamedTemporaryFile (.dir = test_dir ());
    FILE *g = NamedTemporaryFile (.dir = test_dir (), .delete_when = TEMPFILE_DELETE_ON_EXIT);
    struct tempfile_dir *d = TemporaryDirectory (.dir = test_dir ());

    if (!f || !g || !d)
        failed ();
    char *path = f ? tempfile_into_path (f) : NULL;
    if (f && !path)
        failed ();
    free (path);
    faults_pause ();
    if (d)
        fill_directory (tempfile_dir_name (d), 2, 2);
    faults_resume ();
    if (g)
        (void) put_lines (g, 1);
}

static void
leave_and_exit (void)
{
    leave_names ();
    exit (0);
}

static void
leave_and_quick_exit (void)
{
    leave_names ();
    quick_exit (0);
}

static void
leave_and_terminate (void)
{
    signal (SIGTERM, SIG_DFL); /* Check's handler would end the test */
    if (tempfile_cleanup_on_signals () != 0)
        failed ();
    leave_names ();
    raise (SIGTERM);
}

static void
left_at_exit (void)
{
    if (in_child (leave_and_exit) != 0)
        wrong ("a signal");
}

static void
left_at_quick_exit (void)
{
    if (in_child (leave_and_quick_exit) != 0)
        wrong ("a signal");
}

/* Where the library could not take the signal it kills all the same, and the names stay. */
static void
left_at_signal (void)
{
    if (in_child (leave_and_terminate) != SIGTERM)
        wrong ("another end than by the signal");
    if (outcome->error && test_entries (test_dir ()) > 0) {
        faults_pause ();
        faults_remove_all (test_dir ());
        faults_resume ();
    }
}

/* One name more, of a file or of one with a stream, than there is room for at first: a process that
 * never had so many. */
static void
one_name_more (void)
{
    FILE *files[66];

    faults_pause ();
    for (int i = 0; i < LENGTH (files); i++) {
        if (i == 64)
            faults_resume ();
        files[i] = NamedTemporaryFile (.dir = test_dir ());
        if (!files[i])
            failed ();
    }
    for (int i = LENGTH (files); i-- > 0;) {
        if (i == 63)
            faults_pause ();
        if (files[i])
            finish (files[i], false);
    }
    _exit (0);
}

static void
many_names (void)
{
    if (in_child (one_name_more) != 0)
        wrong ("a signal");
}

static int
allow (const char *event, const char *path, void *arg)
{
    (void) event;
    (void) path;
    (void) arg;
    return 0;
}

static void
audit_hooks (void)
{
    if (tempfile_add_audit_hook (allow, NULL) != 0)
        failed ();
    use_and_close (NamedTemporaryFile (.dir = test_dir ()), false);
}

/* --- text --- */

static bool
put_words (FILE *f, const char *words, int lines)
{
    for (int i = 0; i < lines; i++)
        if (fprintf (f, "%d %s\n", i % 10, words) < 0)
            return stdio_failed ();
    return fflush (f) == 0 || stdio_failed ();
}

/* With newlines as they come back. */
static const char *newline_read = "\n";

static bool
get_words (FILE *f, const char *words, int from, int lines)
{
    char have[128], want[128];

    for (int i = from; i < lines; i++) {
        (void) snprintf (want, sizeof want, "%d %s%s", i % 10, words, newline_read);
        if (!fgets (have, sizeof have, f))
            return ferror (f) ? stdio_failed () : wrong ("the text ends early");
        if (strcmp (have, want) != 0)
            return ferror (f) ? stdio_failed () : wrong ("another text comes back");
    }
    if (getc (f) != EOF)
        return wrong ("there is more than was written");
    return !ferror (f) || stdio_failed ();
}

enum { WORDS = 60 };

static bool
use_text (FILE *f, const char *words)
{
    off_t place = 0;

    if (!put_words (f, words, WORDS))
        return false;
    if (fseeko (f, 0, SEEK_SET) < 0)
        return stdio_failed ();
    if (!get_words (f, words, 0, WORDS))
        return false;
    off_t length = (off_t) strlen (words) + 3;
    place = 30 * length;
    if (fseeko (f, place, SEEK_SET) < 0)
        return stdio_failed ();
    if (!get_words (f, words, 30, WORDS))
        return false;
    if (fseeko (f, place, SEEK_SET) < 0 || fprintf (f, "%d %s\n", 0, words) < 0 ||
        fflush (f) != 0 || fseeko (f, 10 * length, SEEK_SET) < 0)
        return stdio_failed ();
    if (!get_words (f, words, 10, WORDS))
        return false;
    if (tempfile_truncate (f, 40 * length) != 0)
        return failed ();
    if (fseeko (f, 0, SEEK_SET) < 0)
        return stdio_failed ();
    return get_words (f, words, 0, 40);
}

/* Without writing in the middle, where what is there before does not end what it began. */
static bool
use_text_read (FILE *f, const char *words)
{
    off_t length = (off_t) strlen (words) + 3;

    if (!put_words (f, words, WORDS))
        return false;
    if (fseeko (f, 30 * length, SEEK_SET) < 0)
        return stdio_failed ();
    if (!get_words (f, words, 30, WORDS))
        return false;
    if (fseeko (f, 0, SEEK_SET) < 0)
        return stdio_failed ();
    return get_words (f, words, 0, WORDS);
}

static void
text_used (FILE *f, const char *words, bool (*how) (FILE *, const char *))
{
    if (!f) {
        failed ();
        return;
    }
    errno = 0;
    (void) how (f, words);
    finish (f, false);
}

static void
text_of (FILE *f, const char *words)
{
    text_used (f, words, use_text);
}

/* "\r\n" is written for "\n", and read as it is. */
static void
text_crlf (FILE *f, const char *words)
{
    newline_read = "\r\n";
    text_used (f, words, use_text_read);
    newline_read = "\n";
}

#define LATIN "na\303\257ve caf\303\251"
#define KANJI "\346\227\245\346\234\254\350\252\236"

static void
text_utf_8 (void)
{
    text_of (TemporaryFile (.dir = test_dir (), .mode = "w+", .encoding = "utf-8"), KANJI);
}

static void
text_utf_16_crlf (void)
{
    text_crlf (
        TemporaryFile (.dir = test_dir (), .mode = "w+", .encoding = "utf-16", .newline = "\r\n"),
        LATIN);
}

static void
text_cp1252 (void)
{
    text_of (NamedTemporaryFile (.dir = test_dir (), .mode = "w+", .encoding = "cp1252"), LATIN);
}

static void
text_cp1252_crlf (void)
{
    text_crlf (NamedTemporaryFile (.dir = test_dir (), .mode = "w+", .encoding = "cp1252",
                                   .newline = "\r\n", .buffering = 300),
               LATIN);
}

static void
text_iso2022_jp (void)
{
    text_used (TemporaryFile (.dir = test_dir (), .mode = "w+", .encoding = "iso2022_jp"), KANJI,
               use_text_read);
}

static void
text_shift_jis (void)
{
    text_of (TemporaryFile (.dir = test_dir (), .mode = "w+", .encoding = "shift_jis"), KANJI);
}

static void
text_utf_7 (void)
{
    text_of (TemporaryFile (.dir = test_dir (), .mode = "w+", .encoding = "utf-7"), LATIN);
}

static void
text_spooled (void)
{
    text_of (SpooledTemporaryFile (.dir = test_dir (), .mode = "w+", .encoding = "utf-16",
                                   .max_size = 500),
             LATIN);
}

static void
text_appended (void)
{
    FILE *f = NamedTemporaryFile (.dir = test_dir (), .mode = "a+", .encoding = "utf-8");

    if (!f) {
        failed ();
        return;
    }
    errno = 0;
    if (put_words (f, KANJI, 20) && (fseeko (f, 0, SEEK_SET) == 0 || stdio_failed ()) &&
        get_words (f, KANJI, 0, 20) && put_words (f, KANJI, 20) &&
        (fseeko (f, 0, SEEK_SET) == 0 || stdio_failed ()))
        get_words (f, KANJI, 0, 40);
    finish (f, false);
}

/* Written only: where the stream needs to know what it wrote, the file is read by another
 * descriptor. */
static void
text_write_only (void)
{
    FILE *f =
        TemporaryFile (.dir = test_dir (), .mode = "w", .encoding = "utf-8", .newline = "\r\n");

    if (!f) {
        failed ();
        return;
    }
    errno = 0;
    off_t length = (off_t) strlen (KANJI) + 3;
    if (put_words (f, KANJI, 20) && (fseeko (f, 10 * length, SEEK_SET) == 0 || stdio_failed ()))
        (void) put_words (f, KANJI, 5);
    finish (f, false);
}

/* --- persist --- */

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

static void
persist_named (void)
{
    persist_as (NamedTemporaryFile (.dir = test_dir ()), false, true, 0);
}

static void
persist_named_synced (void)
{
    persist_as (NamedTemporaryFile (.dir = test_dir ()), false, true, TEMPFILE_SYNC);
}

static void
persist_named_anew (void)
{
    persist_as (NamedTemporaryFile (.dir = test_dir ()), false, false, TEMPFILE_NOREPLACE);
}

static void
persist_recoverable (void)
{
    persist_as (NamedTemporaryFile (.dir = test_dir (), .recoverable = 1,
                                    .delete_when = TEMPFILE_DELETE_ON_EXIT),
                false, false, 0);
}

static void
persist_unnamed (void)
{
    persist_as (TemporaryFile (.dir = test_dir (), .buffering = 500), false, true, 0);
}

static void
persist_unnamed_synced (void)
{
    persist_as (TemporaryFile (.dir = test_dir (), .buffering = 500), false, true,
                TEMPFILE_SYNC | 0);
}

static void
persist_unnamed_anew (void)
{
    persist_as (TemporaryFile (.dir = test_dir (), .buffering = 500), false, false,
                TEMPFILE_NOREPLACE);
}

static void
persist_plain (void)
{
    persist_as (TemporaryFile (.dir = test_dir ()), true, true, 0);
}

static void
persist_spooled (void)
{
    persist_as (SpooledTemporaryFile (.dir = test_dir ()), false, true, 0);
}

#define SCENARIO(what, ...)                     \
    {                                           \
        .name = #what, .run = what, __VA_ARGS__ \
    }

const struct scenario fault_scenarios[] = {
    SCENARIO (unnamed, .adds = 0),
    SCENARIO (unnamed_permissions, .adds = 0),
    SCENARIO (unnamed_read_only, .adds = 0),
    SCENARIO (custom, .adds = 0),
    SCENARIO (named, .adds = 0),
    SCENARIO (named_line_buffered, .adds = 0),
    SCENARIO (in_relative_directory, .adds = 0),
    SCENARIO (appending, .adds = 0),
    SCENARIO (hooks, .adds = 0),
    SCENARIO (never_deleted, .adds = 0),
    SCENARIO (kept, .adds = 0),
    SCENARIO (into_path, .adds = 0),
    SCENARIO (into_path_on_exit, .adds = 0),
    SCENARIO (into_path_recoverable, .adds = 0),
    SCENARIO (recoverable_on_exit, .adds = 0),
    SCENARIO (reopened, .adds = 0),
    SCENARIO (reopened_to_append, .adds = 0),
    SCENARIO (reopened_anew, .adds = 0),
    SCENARIO (reopened_as_text, .adds = 0),
    SCENARIO (many_names, .adds = 0),
    SCENARIO (spool_by_size, .adds = 0),
    SCENARIO (spool_in_memory, .adds = 0),
    SCENARIO (spool_in_relative_directory, .adds = 0),
    SCENARIO (spool_by_fileno, .adds = 0),
    SCENARIO (spool_by_rollover, .adds = 0),
    SCENARIO (spool_by_truncation, .adds = 0),
    SCENARIO (spool_by_reopening, .adds = 0),
    SCENARIO (mkstemp_file, .adds = 0),
    SCENARIO (mkdtemp_directory, .adds = 0),
    SCENARIO (make_anything, .adds = 0),
    SCENARIO (directory_empty, .adds = 0),
    SCENARIO (directory_tree, .adds = 0),
    SCENARIO (directory_wide, .adds = 0),
    SCENARIO (directory_deep, .slow = true),
    SCENARIO (directory_recoverable, .adds = 0),
    SCENARIO (directory_permissions, .adds = 0),
    SCENARIO (recovery, .adds = 0),
    SCENARIO (choosing, .silent = true),
    SCENARIO (left_at_exit, .silent = true),
    SCENARIO (left_at_quick_exit, .silent = true),
    SCENARIO (left_at_signal, .silent = true),
    SCENARIO (audit_hooks, .adds = 1),
    SCENARIO (text_utf_8, .adds = 0),
    SCENARIO (text_utf_16_crlf, .adds = 0),
    SCENARIO (text_cp1252, .adds = 0),
    SCENARIO (text_cp1252_crlf, .adds = 0),
    SCENARIO (text_iso2022_jp, .adds = 0),
    SCENARIO (text_shift_jis, .adds = 0),
    SCENARIO (text_utf_7, .adds = 0),
    SCENARIO (text_spooled, .adds = 0),
    SCENARIO (text_appended, .adds = 0),
    SCENARIO (text_write_only, .adds = 0),
    SCENARIO (persist_named, .adds = 0),
    SCENARIO (persist_named_synced, .adds = 0),
    SCENARIO (persist_named_anew, .adds = 0),
    SCENARIO (persist_recoverable, .adds = 0),
    SCENARIO (persist_unnamed, .linked = true),
    SCENARIO (persist_unnamed_synced, .linked = true),
    SCENARIO (persist_unnamed_anew, .linked = true),
    SCENARIO (persist_plain, .linked = true),
    SCENARIO (persist_spooled, .linked = true),
};
const int n_fault_scenarios = LENGTH (fault_scenarios);

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
