/* SPDX-License-Identifier: MIT */
/* fault_scenarios.c - what is done while calls fail; see fault_scenarios.h. */
#include "common.h"

#include "fault_scenarios.h"
#include "fault_steps.h"
#include "faults.h"

#ifdef FAULTS_POSSIBLE

#include <signal.h>
#include <sys/wait.h>

/* --- scenarios: unnamed and named --- */

static void
unnamed (void)
{
    use_and_close (TemporaryFile (.dir = test_dir ()), true);
}

static void
in_memory (void)
{
    use_and_close (TemporaryFile (.in_memory = 1), true);
}

static void
in_memory_read_only (void)
{
    FILE *f = TemporaryFile (.in_memory = 1, .mode = "rb");

    if (!f)
        failed ();
    else
        finish (f, true);
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
finished (void)
{
    FILE *f = NamedTemporaryFile (.dir = test_dir ());

    if (!f) {
        failed ();
        return;
    }
    (void) put_lines (f, 30);
    if (tempfile_finish (&f) != 0)
        failed ();
    if (f)
        wrong ("the stream is still there");
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

#ifdef HAVE_TEXT

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

#endif

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

/* Registered before it exists; taken back, and taken up again as if another had made it. */
static void
mkstemp_left (void)
{
    char *path;
    int fd = tempfile_mkstemp (
        &path, TEMPFILE_OPTIONS (.dir = test_dir (), .delete_when = TEMPFILE_DELETE_ON_EXIT));

    if (fd < 0) {
        failed ();
        return;
    }
    faults_pause ();
    close (fd);
    faults_resume ();
    if (tempfile_keep_path (path) != 0 || tempfile_register (path) != 0) {
        failed ();
        faults_pause ();
        unlink (path);
        faults_resume ();
    } else if (tempfile_unlink (path) != 0)
        failed ();
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
        faults_pause ();
        test_leave (0);
    }
    return waitpid (child, &status, 0) == child && status == 0;
}

/* What keeps the library from looking, and is nothing about what it looks at. */
static bool
is_lack (int error)
{
    return error == EMFILE || error == ENFILE || error == ENOMEM || error == ENOLCK ||
           error == EIO || error == EINTR;
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

static char *adopted;

static void
adopt_and_exit (void)
{
    if (tempfile_adopt () != 0 || tempfile_keep_path (adopted) != 0 ||
        tempfile_register (adopted) != 0)
        failed ();
    exit (0);
}

/* What the parent has left, and its child deletes. */
static void
left_to_an_heir (void)
{
    FILE *f = NamedTemporaryFile (.dir = test_dir ());

    adopted = f ? tempfile_into_path (f) : NULL;
    if (!adopted) {
        failed ();
        return;
    }
    if (in_child (adopt_and_exit) != 0)
        wrong ("a signal");
    if (test_exists (adopted) && !outcome->error && !faults_error ())
        wrong ("the child has deleted nothing");
    if (tempfile_unlink (adopted) != 0)
        failed ();
    free (adopted);
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
    test_leave (0);
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

static void
tmpfile_stream (void)
{
    use_and_close (tempfile_tmpfile (), true);
}

#define SCENARIO(what, ...)                     \
    {                                           \
        .name = #what, .run = what, __VA_ARGS__ \
    }

const struct scenario fault_scenarios[] = {
    SCENARIO (unnamed, .adds = 0),
    SCENARIO (in_memory, .adds = 0),
    SCENARIO (in_memory_read_only, .adds = 0),
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
    SCENARIO (finished, .adds = 0),
    SCENARIO (into_path, .adds = 0),
    SCENARIO (into_path_on_exit, .adds = 0),
    SCENARIO (into_path_recoverable, .adds = 0),
    SCENARIO (recoverable_on_exit, .adds = 0),
    SCENARIO (reopened, .adds = 0),
    SCENARIO (reopened_to_append, .adds = 0),
    SCENARIO (reopened_anew, .adds = 0),
#ifdef HAVE_TEXT
    SCENARIO (reopened_as_text, .adds = 0),
#endif
    SCENARIO (many_names, .large = true),
    SCENARIO (spool_by_size, .adds = 0),
    SCENARIO (spool_in_memory, .adds = 0),
    SCENARIO (spool_in_relative_directory, .adds = 0),
    SCENARIO (spool_by_fileno, .adds = 0),
    SCENARIO (spool_by_rollover, .adds = 0),
    SCENARIO (spool_by_truncation, .adds = 0),
    SCENARIO (spool_by_reopening, .adds = 0),
    SCENARIO (mkstemp_file, .adds = 0),
    SCENARIO (mkstemp_left, .adds = 0),
    SCENARIO (mkdtemp_directory, .adds = 0),
    SCENARIO (make_anything, .adds = 0),
    SCENARIO (directory_empty, .adds = 0),
    SCENARIO (directory_tree, .large = true),
    SCENARIO (directory_wide, .large = true),
    SCENARIO (directory_deep, .large = true, .slow = true),
    SCENARIO (directory_recoverable, .adds = 0),
    SCENARIO (directory_permissions, .adds = 0),
    SCENARIO (recovery, .large = true),
    SCENARIO (choosing, .silent = true),
    SCENARIO (left_to_an_heir, .silent = true, .large = true),
    SCENARIO (left_at_exit, .silent = true, .large = true),
    SCENARIO (left_at_quick_exit, .silent = true, .large = true),
    SCENARIO (left_at_signal, .silent = true, .large = true),
    SCENARIO (audit_hooks, .adds = 1),
    SCENARIO (tmpfile_stream, .adds = 0),
#ifdef HAVE_TEXT
    SCENARIO (text_utf_8, .adds = 0),
    SCENARIO (text_utf_16_crlf, .adds = 0),
    SCENARIO (text_cp1252, .adds = 0),
    SCENARIO (text_cp1252_crlf, .adds = 0),
    SCENARIO (text_iso2022_jp, .adds = 0),
    SCENARIO (text_shift_jis, .adds = 0),
    SCENARIO (text_utf_7, .adds = 0),
    SCENARIO (text_utf_7_cut, .adds = 0),
    SCENARIO (text_spooled, .adds = 0),
    SCENARIO (text_appended, .adds = 0),
    SCENARIO (text_write_only, .adds = 0),
    SCENARIO (text_universal, .adds = 0),
#endif
    SCENARIO (persist_named, .adds = 0),
    SCENARIO (persist_named_synced, .adds = 0),
    SCENARIO (persist_named_anew, .adds = 0),
    SCENARIO (persist_beside, .adds = 0),
    SCENARIO (persist_copy, .adds = 0),
    SCENARIO (persist_copy_named, .adds = 0),
    SCENARIO (persist_like_named, .adds = 0),
    SCENARIO (persist_like_unnamed, .linked = true),
    SCENARIO (persist_like_path, .silent = true),
    SCENARIO (persist_recoverable, .adds = 0),
    SCENARIO (persist_unnamed, .linked = true),
    SCENARIO (persist_unnamed_synced, .linked = true),
    SCENARIO (persist_unnamed_anew, .linked = true),
    SCENARIO (persist_plain, .linked = true),
    SCENARIO (persist_spooled, .linked = true),
};
const int n_fault_scenarios = LENGTH (fault_scenarios);

#endif
