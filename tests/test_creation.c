/* SPDX-License-Identifier: MIT */
/*
 * Creation: which directory is chosen, what permissions the file has whatever the umask, what
 * its name looks like, what happens when a name is taken, and that relative directories and
 * chdir() change nothing.
 */
#include "common.h"

#include <ctype.h>
#include <limits.h>
#include <sys/resource.h>
#include <sys/wait.h>

/* --- the directory --- */

/* What the environment variables are set to, relative to the test's directory: a, b and c exist
 * there, "file" is a file. NULL: not set. */
static const struct {
    const char *tmpdir, *temp, *tmp, *expected;
} choices[] = {
    {"a", "b", "c", "a"},          {NULL, "b", "c", "b"},
    {NULL, NULL, "c", "c"},        {"missing", "b", "c", "b"},
    {"missing", "file", "c", "c"}, {"file", NULL, "c", "c"},
    {"", "b", "c", "b"},           {"", "", "c", "c"},
    {"a/missing", "b", NULL, "b"}, {"b", "a", NULL, "b"},
};

static void
set_directory (const char *variable, const char *name)
{
    if (!name)
        unsetenv (variable);
    else
        setenv (variable, *name ? test_path (name) : "", 1);
}

static void
choose (void *arg)
{
    int row = *(int *) arg;

    set_directory ("TMPDIR", choices[row].tmpdir);
    set_directory ("TEMP", choices[row].temp);
    set_directory ("TMP", choices[row].tmp);
    ck_assert_str_eq (tempfile_gettempdir (), test_path (choices[row].expected));
    FILE *f = NamedTemporaryFile ();
    ck_assert_ptr_nonnull (f);
    ck_assert_int_eq (test_entries (test_path (choices[row].expected)), 1);
    assert_closes (f);
}

static void
make_choices (void)
{
    test_make_dir ("a");
    test_make_dir ("b");
    test_make_dir ("c");
    test_write_file (test_path ("file"), "");
}

static void
remove_choices (void)
{
    ck_assert_int_eq (rmdir (test_path ("a")), 0);
    ck_assert_int_eq (rmdir (test_path ("b")), 0);
    ck_assert_int_eq (rmdir (test_path ("c")), 0);
    ck_assert_int_eq (unlink (test_path ("file")), 0);
}

START_TEST (directory_is_the_first_that_serves_of_tmpdir_temp_tmp)
{
    make_choices ();
    test_in_child (choose, &_i);
    remove_choices ();
}
END_TEST

/* As the test above, but the first call is the one that opens a file. */
START_TEST (directory_is_chosen_by_the_first_file_too)
{
    make_choices ();
    set_directory ("TMPDIR", "missing");
    set_directory ("TEMP", "b");
    FILE *f = _i ? NamedTemporaryFile () : TemporaryFile ();
    ck_assert_ptr_nonnull (f);
    set_directory ("TMPDIR", "a");
    ck_assert_str_eq (tempfile_gettempdir (), test_path ("b"));
    assert_closes (f);
    remove_choices ();
}
END_TEST

static void
choose_writable (void *arg)
{
    const char *closed = test_make_dir ("closed");
    const char *usable = test_make_dir ("usable");

    (void) arg;
    ck_assert_int_eq (chmod (closed, 0500), 0);
    setenv ("TMPDIR", closed, 1);
    setenv ("TEMP", usable, 1);
    ck_assert_str_eq (tempfile_gettempdir (), usable);
    ck_assert_int_eq (rmdir (closed), 0);
    ck_assert_int_eq (rmdir (usable), 0);
}

START_TEST (directory_that_is_not_writable_is_passed_over)
{
    test_as_user (choose_writable, NULL);
}
END_TEST

START_TEST (directory_falls_back_to_the_system_s)
{
    static const char *const usual[] = {"/tmp", "/var/tmp", "/usr/tmp"};

    set_directory ("TMPDIR", "missing");
    for (int i = 0; i < LENGTH (usual); i++) {
        if (access (usual[i], W_OK | X_OK) != 0)
            continue;
        ck_assert_str_eq (tempfile_gettempdir (), usual[i]);
        return;
    }
    test_skip ("none of the usual directories is writable");
}
END_TEST

START_TEST (directory_is_chosen_once)
{
    make_choices ();
    set_directory ("TMPDIR", "a");
    ck_assert_str_eq (tempfile_gettempdir (), test_path ("a"));
    set_directory ("TMPDIR", "b");
    ck_assert_str_eq (tempfile_gettempdir (), test_path ("a"));
    remove_choices ();
}
END_TEST

START_TEST (settempdir_sets_the_directory)
{
    make_choices ();
    ck_assert_int_eq (tempfile_settempdir (test_path ("b")), 0);
    ck_assert_str_eq (tempfile_gettempdir (), test_path ("b"));
    FILE *f = NamedTemporaryFile ();
    ck_assert_ptr_nonnull (f);
    ck_assert_int_eq (test_entries (test_path ("b")), 1);
    assert_closes (f);
    remove_choices ();
}
END_TEST

START_TEST (settempdir_null_chooses_afresh)
{
    make_choices ();
    ck_assert_str_eq (tempfile_gettempdir (), test_dir ());
    set_directory ("TMPDIR", "a");
    ck_assert_int_eq (tempfile_settempdir (NULL), 0);
    ck_assert_str_eq (tempfile_gettempdir (), test_path ("a"));
    remove_choices ();
}
END_TEST

START_TEST (settempdir_fails_and_changes_nothing)
{
    make_choices ();
    ck_assert_int_eq (tempfile_settempdir (test_path ("b")), 0);
    assert_minus_1 (tempfile_settempdir (test_path ("missing")), ENOENT, "/missing");
    assert_minus_1 (tempfile_settempdir (test_path ("file")), ENOTDIR, "/file");
    assert_minus_1 (tempfile_settempdir (""), ENOENT, NULL);
    ck_assert_str_eq (tempfile_gettempdir (), test_path ("b"));
    remove_choices ();
}
END_TEST

static void
settempdir_unwritable (void *arg)
{
    const char *closed = test_make_dir ("closed");

    (void) arg;
    ck_assert_int_eq (chmod (closed, 0500), 0);
    assert_minus_1 (tempfile_settempdir (closed), EACCES, "/closed");
    ck_assert_str_eq (tempfile_gettempdir (), test_dir ());
    ck_assert_int_eq (rmdir (closed), 0);
}

START_TEST (settempdir_refuses_a_directory_that_is_not_writable)
{
    test_as_user (settempdir_unwritable, NULL);
}
END_TEST

START_TEST (gettempdir_strings_stay_valid)
{
    char first[PATH_MAX];

    make_choices ();
    const char *old = tempfile_gettempdir ();
    snprintf (first, sizeof first, "%s", old);
    for (int i = 0; i < 100; i++)
        ck_assert_int_eq (tempfile_settempdir (test_path (i % 2 ? "a" : "b")), 0);
    ck_assert_str_eq (old, first);
    remove_choices ();
}
END_TEST

/* The same directory under names of all lengths, all of which stay valid. */
START_TEST (directory_names_may_be_long_and_many)
{
    static const char *names[200];
    char path[PATH_MAX];

    for (int i = 0; i < LENGTH (names); i++) {
        int n = snprintf (path, sizeof path, "%s", test_dir ());
        for (int j = 0; j < i * 10 && n + 3 < LENGTH (path); j += 2)
            n += snprintf (path + n, sizeof path - (size_t) n, "/.");
        strcat (path, "/");
        ck_assert_msg (tempfile_settempdir (path) == 0, "%s", tempfile_errmsg ());
        names[i] = tempfile_gettempdir ();
        ck_assert_int_eq (strncmp (names[i], path, (size_t) n), 0);
        ck_assert_uint_eq (strlen (names[i]), (size_t) n);
    }
    for (int i = 1; i < LENGTH (names); i++)
        ck_assert_uint_lt (strlen (names[i - 1]), strlen (names[i]));
    FILE *f = NamedTemporaryFile ();
    ck_assert_ptr_nonnull (f);
    assert_closes (f);
}
END_TEST

/* Without the system call there is a device; without both there is an error. */
static void
need_random_numbers (void *arg)
{
    struct rlimit limit;
    bool device = *(int *) arg;

    if (!test_refuse_call ("getrandom", ENOSYS))
        return;
    ck_assert_ptr_nonnull (tempfile_gettempdir ());
    ck_assert_int_eq (getrlimit (RLIMIT_NOFILE, &limit), 0);
    rlim_t saved = limit.rlim_cur;
    limit.rlim_cur = device ? saved : 0;
    ck_assert_int_eq (setrlimit (RLIMIT_NOFILE, &limit), 0);
    struct tempfile_dir *d = TemporaryDirectory ();
    const char *why = d ? NULL : test_why_not (true, errno, EMFILE, "random numbers");
    limit.rlim_cur = saved;
    ck_assert_int_eq (setrlimit (RLIMIT_NOFILE, &limit), 0);
    ck_assert_msg (!why, "%s", why);
    ck_assert_int_eq (d != NULL, device);
    ck_assert (!d || tempfile_dir_close (d) == 0);
}

START_TEST (names_need_random_numbers_from_somewhere)
{
    test_in_child (need_random_numbers, &_i);
}
END_TEST

START_TEST (relative_tmpdir_becomes_absolute)
{
    make_choices ();
    ck_assert_int_eq (chdir (test_dir ()), 0);
    setenv ("TMPDIR", "a", 1);
    ck_assert_str_eq (tempfile_gettempdir (), test_path ("a"));
    ck_assert_int_eq (tempfile_settempdir ("b"), 0);
    ck_assert_str_eq (tempfile_gettempdir (), test_path ("b"));
    ck_assert_int_eq (chdir ("/"), 0);
    FILE *f = NamedTemporaryFile ();
    ck_assert_ptr_nonnull (f);
    ck_assert_int_eq (test_entries (test_path ("b")), 1);
    assert_closes (f);
    remove_choices ();
}
END_TEST

#ifdef O_TMPFILE
#define CREATING (O_EXCL | (O_TMPFILE & ~O_DIRECTORY))
#else
#define CREATING O_EXCL
#endif

static int
make_nothing (const char *path, void *arg)
{
    (void) path;
    (void) arg;
    return 0;
}

/* When no file can be made anywhere: each candidate is in the message. */
static void
find_none_usable (void *arg)
{
    (void) arg;
    setenv ("TMPDIR", "/the/first/one", 1);
    setenv ("TEMP", "/the/second/one", 1);
    setenv ("TMP", "/the/third/one", 1);
    ck_assert_int_eq (chdir (test_dir ()), 0);
    if (!test_refuse_open (CREATING, EACCES))
        return;
    static const char words[] = "/the/first/one|/the/second/one|/the/third/one|'/tmp'|/var/tmp|"
                                "/usr/tmp";
    assert_null (tempfile_gettempdir (), ENOENT, words);
    assert_null (TemporaryFile (), ENOENT, words);
    assert_null (NamedTemporaryFile (), ENOENT, words);
    assert_minus_1 (tempfile_settempdir (NULL), ENOENT, words);
    assert_minus_1 (tempfile_recover (NULL), ENOENT, words);
    char *path;
    struct tempfile_options none = {0};
    assert_minus_1 (tempfile_make (&path, make_nothing, NULL, &none, sizeof none), ENOENT, words);
    assert_null (TemporaryFile (.dir = test_dir ()), EACCES, test_dir ());
    assert_null (NamedTemporaryFile (.dir = test_dir ()), EACCES, test_dir ());
}

START_TEST (no_usable_directory_is_an_error_that_lists_what_was_tried)
{
    test_in_child (find_none_usable, NULL);
}
END_TEST

START_TEST (no_usable_directory_leaves_the_one_that_was_set)
{
    ck_assert_str_eq (tempfile_gettempdir (), test_dir ());
    if (!test_refuse_open (CREATING, EACCES))
        return;
    assert_minus_1 (tempfile_settempdir (NULL), ENOENT, NULL);
    ck_assert_str_eq (tempfile_gettempdir (), test_dir ());
}
END_TEST

/* Copies a program, for an ordinary user, with the set-user-ID bit. */
static bool
copy_setuid (const char *from, const char *to)
{
    char block[65536];
    FILE *in = fopen (from, "rb"), *out = fopen (to, "wb");
    size_t n;

    ck_assert_msg (in && out, "%s", from);
    while ((n = fread (block, 1, sizeof block, in)) > 0)
        ck_assert_uint_eq (fwrite (block, 1, n, out), n);
    assert_closes (in);
    assert_closes (out);
    return chown (to, 65534, 65534) == 0 && chmod (to, 04755) == 0;
}

/* The helper says "secure DIR" where the system treats it as a set-user-ID program. */
START_TEST (environment_is_ignored_in_set_user_id_programs)
{
    char out[PATH_MAX];

    if (geteuid () != 0) {
        test_skip ("a set-user-ID program of another user can be made by root only");
        return;
    }
    ck_assert_int_eq (chmod (test_dir (), 0755), 0);
    const char *open_to_all = test_make_dir ("open");
    ck_assert_int_eq (chmod (open_to_all, 01777), 0);
    /* The system itself takes TMPDIR away, but not the others. */
    setenv ("TMPDIR", open_to_all, 1);
    setenv ("TEMP", open_to_all, 1);
    setenv ("TMP", open_to_all, 1);
    const char *copy = test_path ("setuid");
    bool can = copy_setuid (test_program ("helper_static"), copy);
    int status = test_run (out, sizeof out, copy, "tempdir", NULL);

    if (!can || status != 0 || strncmp (out, "secure ", 7) != 0)
        test_skip ("set-user-ID programs do not run here");
    else
        ck_assert_msg (!strstr (out, open_to_all), "%s", out);
    ck_assert_int_eq (unlink (copy), 0);
    ck_assert_int_eq (rmdir (open_to_all), 0);
}
END_TEST

/* So that the test above proves something: the same program without the bit does obey. */
START_TEST (environment_is_obeyed_in_other_programs)
{
    char out[PATH_MAX], expected[PATH_MAX];

    ck_assert_int_eq (test_run (out, sizeof out, test_program ("helper_static"), "tempdir", NULL),
                      0);
    snprintf (expected, sizeof expected, "plain %s\n", test_dir ());
    ck_assert_str_eq (out, expected);
}
END_TEST

/* --- permissions --- */

static const mode_t umasks[] = {0, 022, 077, 0777, 0177, 0400};
static const mode_t permissions[] = {0,    0600, 0644, 0444, 0400, 0200,
                                     0666, 0777, 0755, 0640, 0001, 0007};

static FILE *
open_with (int kind, const char *mode, mode_t bits)
{
    if (kind == PLAIN)
        return TemporaryFile (.mode = mode, .permissions = bits);
    if (kind == CUSTOM)
        return TemporaryFile (.mode = mode, .permissions = bits, .buffering = 4096);
    return NamedTemporaryFile (.mode = mode, .permissions = bits);
}

static void
check_permissions (int kind, const char *mode, mode_t mask, mode_t bits)
{
    struct stat st;
    FILE *f = open_with (kind, mode, bits);

    if (!f)
        ck_abort_msg ("mode %s, umask %03o, permissions %03o: %s", mode, mask, bits,
                      tempfile_errmsg ());
    if (fstat (tempfile_fileno (f), &st) != 0 || fclose (f) != 0)
        ck_abort ();
    if ((st.st_mode & 07777) != (bits ? bits : 0600))
        ck_abort_msg ("mode %s, umask %03o, permissions %03o: got %03o", mode, mask, bits,
                      st.st_mode & 07777);
}

/* FAT by way of FUSE, say: what would widen or narrow permissions is not there. */
START_TEST (file_system_without_permissions_will_do)
{
    static const int errors[] = {ENOSYS, EPERM, EOPNOTSUPP};
    int error = errors[_i];

    umask (077);
    if (!test_refuse_call ("chmod", error) || !test_refuse_call ("fchmod", error) ||
        !test_refuse_call ("fchmodat", error) || !test_refuse_call ("fchmodat2", error))
        return;
    for (int kind = 0; kind < KINDS; kind++) {
        FILE *f = open_with (kind, NULL, 0644);
        ck_assert_msg (f != NULL, "%s", tempfile_errmsg ());
        assert_closes (f);
    }
    struct tempfile_dir *d = TemporaryDirectory (.permissions = 0755);
    ck_assert_msg (d != NULL, "%s", tempfile_errmsg ());
    ck_assert_int_eq (tempfile_dir_close (d), 0);
}
END_TEST

/* In a child as an ordinary user, because root may open what has no permissions. */
static void
check_all_permissions (void *kind)
{
    static const char *const modes[] = {"w+b", "rb", "ab"};

    for (int i = 0; i < LENGTH (umasks); i++)
        for (int j = 0; j < LENGTH (permissions); j++)
            for (int k = 0; k < LENGTH (modes); k++) {
                umask (umasks[i]);
                check_permissions (*(int *) kind, modes[k], umasks[i], permissions[j]);
                ck_assert_uint_eq (umask (0), umasks[i]);
            }
}

START_TEST (permissions_are_those_asked_for_whatever_the_umask)
{
    test_as_user (check_all_permissions, &_i);
}
END_TEST

START_TEST (permissions_are_right_for_root_too)
{
    check_all_permissions (&_i);
}
END_TEST

/* --- names --- */

static int
create_at (const char *event, const char *path, void *count)
{
    struct stat st;

    (void) event;
    if (stat (path, &st) == 0 && S_ISDIR (st.st_mode))
        return 0; /* of a file that never gets a name */
    if (--*(int *) count >= 0)
        test_write_file (path, "taken");
    return 0;
}

START_TEST (name_that_is_taken_is_passed_over)
{
    int count = 3;
    char text[16];

    ck_assert_int_eq (tempfile_add_audit_hook (create_at, &count), 0);
    FILE *f = NamedTemporaryFile ();
    ck_assert_msg (f != NULL, "%s", tempfile_errmsg ());
    ck_assert_int_eq (count, -1);
    ck_assert_int_eq (test_entries (test_dir ()), 4);
    ck_assert (test_same_file (tempfile_name (f), tempfile_fileno (f)));
    ck_assert_int_ge (fputs ("mine", f), 0);
    ck_assert_int_eq (fflush (f), 0);
    test_read_file (tempfile_name (f), text, sizeof text);
    ck_assert_str_eq (text, "mine");
    assert_closes (f);
    ck_assert_int_eq (test_entries (test_dir ()), 3);
    test_remove_entries (test_dir ());
}
END_TEST

START_TEST (name_that_is_taken_is_passed_over_for_unnamed_files_too)
{
    int count = 3;

    test_without_o_tmpfile ();
    ck_assert_int_eq (tempfile_add_audit_hook (create_at, &count), 0);
    FILE *f = test_open (_i, NULL);
    ck_assert_int_eq (test_entries (test_dir ()), count < 0 ? 3 : 0);
    assert_closes (f);
    test_remove_entries (test_dir ());
}
END_TEST

static int
link_at (const char *event, const char *path, void *count)
{
    (void) event;
    if (--*(int *) count >= 0 && symlink (test_path ("victim"), path) != 0)
        abort ();
    return 0;
}

START_TEST (name_that_is_a_symbolic_link_is_never_followed)
{
    int count = 2;

    ck_assert_int_eq (tempfile_add_audit_hook (link_at, &count), 0);
    FILE *f = NamedTemporaryFile ();
    ck_assert_ptr_nonnull (f);
    ck_assert (!test_exists (test_path ("victim")));
    ck_assert_int_eq (count, -1);
    assert_closes (f);
    test_remove_entries (test_dir ());
}
END_TEST

START_TEST (names_that_are_all_taken_end_in_eexist)
{
    int count = INT_MAX;

    ck_assert_int_eq (tempfile_add_audit_hook (link_at, &count), 0);
    assert_null (NamedTemporaryFile (), EEXIST, test_dir ());
    ck_assert_int_gt (INT_MAX - count, 1);
    ck_assert_int_eq (test_entries (test_dir ()), INT_MAX - count);
    test_remove_entries (test_dir ());
}
END_TEST

enum { NAMES = 20000, SIZE = 32, LEAST = 12 };

static char names[NAMES][SIZE];

static int
compare (const void *a, const void *b)
{
    return strcmp (a, b);
}

/* Makes COUNT files and notes what is random in their names. */
static void
collect_names (char (*list)[SIZE], int count)
{
    for (int i = 0; i < count; i++) {
        FILE *f = NamedTemporaryFile (.prefix = "pre.", .suffix = ".suf");
        const char *name = f ? test_base (tempfile_name (f)) : NULL;
        if (!name || strncmp (name, "pre.", 4) != 0 || strlen (name) > SIZE - 1 ||
            strlen (name) < 8 + LEAST || strcmp (name + strlen (name) - 4, ".suf") != 0)
            ck_abort_msg ("name %d: %s", i, name ? name : tempfile_errmsg ());
        memset (list[i], 0, SIZE);
        memcpy (list[i], name + 4, strlen (name) - 8);
        if (fclose (f) != 0)
            ck_abort ();
    }
}

static int
find_repeated (char (*list)[SIZE], int count)
{
    qsort (list, (size_t) count, sizeof *list, compare);
    for (int i = 1; i < count; i++)
        if (strcmp (list[i - 1], list[i]) == 0)
            return i;
    return 0;
}

START_TEST (names_are_distinct_over_many_creations)
{
    collect_names (names, NAMES);
    ck_assert_int_eq (find_repeated (names, NAMES), 0);
}
END_TEST

/* How many different characters there are at a place, over all names. */
static int
variety (int place, int count)
{
    bool met[256] = {false};
    int n = 0;

    for (int i = 0; i < count; i++) {
        unsigned char c = (unsigned char) names[i][place];
        if (!isalnum (c) && c != '_' && c != '-')
            ck_abort_msg ("character %d in %s", place, names[i]);
        n += !met[c];
        met[c] = true;
    }
    return n;
}

/* All combinations of what occurs at each place must be 2^60 at least. */
START_TEST (names_have_sixty_random_bits)
{
    enum { SOME = 2000 };
    double combinations = 1;

    collect_names (names, SOME);
    for (int place = 0; names[0][place]; place++)
        combinations *= variety (place, SOME);
    ck_assert (combinations >= 1152921504606846976.0);
}
END_TEST

enum { EACH = 200 };

START_TEST (names_are_not_repeated_in_a_child)
{
    int ends[2];

    collect_names (names, 1); /* the parent has begun before it forks */
    ck_assert_int_eq (pipe (ends), 0);
    pid_t child = fork ();
    if (child == 0) {
        collect_names (names, EACH);
        if (write (ends[1], names, EACH * SIZE) != EACH * SIZE)
            _exit (1);
        _exit (0);
    }
    char *to = (char *) names;
    for (ssize_t n, left = EACH * SIZE; left > 0; left -= n, to += n) {
        n = read (ends[0], to, (size_t) left);
        ck_assert_int_gt (n, 0);
    }
    test_wait (child);
    collect_names (names + EACH, EACH);
    ck_assert_int_eq (find_repeated (names, 2 * EACH), 0);
    close (ends[0]);
    close (ends[1]);
}
END_TEST

/* --- the working directory --- */

START_TEST (name_is_absolute_when_dir_is_relative)
{
    static const char *const dirs[] = {"sub", "./sub", "sub/", "sub/../sub"};

    test_make_dir ("sub");
    ck_assert_int_eq (chdir (test_dir ()), 0);
    for (int i = 0; i < LENGTH (dirs); i++) {
        FILE *f = NamedTemporaryFile (.dir = dirs[i]);
        ck_assert_msg (f != NULL, "%s", tempfile_errmsg ());
        const char *name = tempfile_name (f);
        ck_assert_int_eq (strncmp (name, test_dir (), strlen (test_dir ())), 0);
        ck_assert (test_same_file (name, tempfile_fileno (f)));
        ck_assert_int_eq (chdir ("/"), 0);
        ck_assert (test_same_file (name, tempfile_fileno (f)));
        assert_closes (f);
        ck_assert_int_eq (test_entries (test_path ("sub")), 0);
        ck_assert_int_eq (chdir (test_dir ()), 0);
    }
    ck_assert_int_eq (rmdir ("sub"), 0);
}
END_TEST

START_TEST (name_is_absolute_when_dir_is_the_current_directory)
{
    ck_assert_int_eq (chdir (test_dir ()), 0);
    FILE *f = NamedTemporaryFile (.dir = ".");
    ck_assert_ptr_nonnull (f);
    ck_assert_int_eq (strncmp (tempfile_name (f), test_dir (), strlen (test_dir ())), 0);
    ck_assert_int_eq (chdir ("/"), 0);
    assert_closes (f);
}
END_TEST

START_TEST (unnamed_file_may_be_made_in_a_relative_directory)
{
    test_make_dir ("sub");
    ck_assert_int_eq (chdir (test_dir ()), 0);
    FILE *f = TemporaryFile (.dir = "sub");
    ck_assert_ptr_nonnull (f);
    ck_assert_int_eq (rmdir ("sub"), 0); /* nothing is in it */
    assert_closes (f);
}
END_TEST

START_TEST (chdir_changes_nothing_for_a_file_that_was_left)
{
    test_make_dir ("sub");
    ck_assert_int_eq (chdir (test_dir ()), 0);
    FILE *f = NamedTemporaryFile (.dir = "sub");
    ck_assert_ptr_nonnull (f);
    ck_assert_int_eq (chdir ("/"), 0);
    char *path = tempfile_into_path (f);
    ck_assert_ptr_nonnull (path);
    ck_assert (test_exists (path));
    ck_assert_int_eq (tempfile_unlink (path), 0);
    ck_assert (!test_exists (path));
    free (path);
    ck_assert_int_eq (rmdir (test_path ("sub")), 0);
}
END_TEST

START_TEST (relative_directory_needs_a_current_directory)
{
    const char *gone = test_make_dir ("gone");

    ck_assert_int_eq (chdir (gone), 0);
    ck_assert_int_eq (rmdir (gone), 0);
    assert_null (NamedTemporaryFile (.dir = "."), ENOENT, "dir");
    assert_null (TemporaryFile (.dir = "sub"), ENOENT, "dir");
    FILE *f = NamedTemporaryFile ();
    ck_assert_msg (f != NULL, "%s", tempfile_errmsg ());
    assert_closes (f);
    ck_assert_int_eq (chdir ("/"), 0);
}
END_TEST

START_TEST (descriptors_used_up_is_an_error_and_leaves_nothing)
{
    int used[256], n = 0;
    struct rlimit limit;

    if (test_under_valgrind ()) {
        test_skip ("valgrind's open() makes the file and then says EMFILE");
        return;
    }
    ck_assert_ptr_nonnull (tempfile_gettempdir ());
    ck_assert_int_eq (getrlimit (RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = LENGTH (used);
    ck_assert_int_eq (setrlimit (RLIMIT_NOFILE, &limit), 0);
    while (n < LENGTH (used) && (used[n] = dup (0)) >= 0)
        n++;
    ck_assert_int_lt (n, LENGTH (used));
    assert_null (TemporaryFile (), EMFILE, NULL);
    assert_null (NamedTemporaryFile (), EMFILE, NULL);
    ck_assert_int_eq (tempfile_settempdir (NULL), -1);
    while (n > 0)
        close (used[--n]);
    ck_assert_str_eq (tempfile_gettempdir (), test_dir ());
}
END_TEST

static void
add_directory (TCase *tc)
{
    tcase_add_loop_test (tc, directory_is_the_first_that_serves_of_tmpdir_temp_tmp, 0,
                         LENGTH (choices));
    tcase_add_loop_test (tc, directory_is_chosen_by_the_first_file_too, 0, 2);
    tcase_add_test (tc, directory_that_is_not_writable_is_passed_over);
    tcase_add_test (tc, directory_falls_back_to_the_system_s);
    tcase_add_test (tc, directory_names_may_be_long_and_many);
    tcase_add_loop_test (tc, names_need_random_numbers_from_somewhere, 0, 2);
    tcase_add_test (tc, directory_is_chosen_once);
    tcase_add_test (tc, settempdir_sets_the_directory);
    tcase_add_test (tc, settempdir_null_chooses_afresh);
    tcase_add_test (tc, settempdir_fails_and_changes_nothing);
    tcase_add_test (tc, settempdir_refuses_a_directory_that_is_not_writable);
    tcase_add_test (tc, gettempdir_strings_stay_valid);
    tcase_add_test (tc, relative_tmpdir_becomes_absolute);
    tcase_add_test (tc, no_usable_directory_is_an_error_that_lists_what_was_tried);
    tcase_add_test (tc, no_usable_directory_leaves_the_one_that_was_set);
    tcase_add_test (tc, environment_is_ignored_in_set_user_id_programs);
    tcase_add_test (tc, environment_is_obeyed_in_other_programs);
    tcase_add_test (tc, descriptors_used_up_is_an_error_and_leaves_nothing);
}

/* As open(2) gives them; a mask of its own for each, for the library must not read it. */
static const mode_t left_masks[] = {0, 02, 022, 027, 077, 0177};

static mode_t
mode_of (const char *path)
{
    struct stat st;

    ck_assert_int_eq (lstat (path, &st), 0);
    return st.st_mode & 07777;
}

START_TEST (permissions_less_the_umask)
{
    const mode_t mask = left_masks[_i];
    char *path, *dir;
    struct stat st;

    umask (mask);
    FILE *named = NamedTemporaryFile (.permissions = TEMPFILE_UMASK | 0666);
    FILE *plain = TemporaryFile (.permissions = TEMPFILE_UMASK | 0666);
    FILE *narrow = NamedTemporaryFile (.permissions = TEMPFILE_UMASK);
    int fd =
        tempfile_mkstemp (&path, &(struct tempfile_options){.permissions = TEMPFILE_UMASK | 0640},
                          sizeof (struct tempfile_options));
    dir = tempfile_mkdtemp (&(struct tempfile_options){.permissions = TEMPFILE_UMASK | 0777},
                            sizeof (struct tempfile_options));
    ck_assert (umask (022) == mask);
    ck_assert (named && plain && narrow && fd >= 0 && dir);
    ck_assert_uint_eq (mode_of (tempfile_name (named)), 0666 & ~mask);
    ck_assert_int_eq (fstat (fileno (plain), &st), 0);
    ck_assert_uint_eq (st.st_mode & 07777, 0666 & ~mask);
    ck_assert_uint_eq (mode_of (tempfile_name (narrow)), 0600 & ~mask);
    ck_assert_uint_eq (mode_of (path), 0640 & ~mask);
    ck_assert_uint_eq (mode_of (dir), 0777 & ~mask);
    assert_closes (named);
    assert_closes (plain);
    assert_closes (narrow);
    close (fd);
    unlink (path);
    rmdir (dir);
    free (path);
    free (dir);
}
END_TEST

static void
add_permissions (TCase *tc)
{
    tcase_add_loop_test (tc, permissions_are_those_asked_for_whatever_the_umask, 0, KINDS);
    tcase_add_loop_test (tc, permissions_are_right_for_root_too, 0, KINDS);
    tcase_add_loop_test (tc, permissions_less_the_umask, 0, LENGTH (left_masks));
    tcase_add_loop_test (tc, file_system_without_permissions_will_do, 0, 3);
}

static void
add_names (TCase *tc)
{
    tcase_add_test (tc, name_that_is_taken_is_passed_over);
    tcase_add_loop_test (tc, name_that_is_taken_is_passed_over_for_unnamed_files_too, PLAIN, NAMED);
    tcase_add_test (tc, name_that_is_a_symbolic_link_is_never_followed);
    tcase_add_test (tc, names_that_are_all_taken_end_in_eexist);
    tcase_add_test (tc, names_are_distinct_over_many_creations);
    tcase_add_test (tc, names_have_sixty_random_bits);
    tcase_add_test (tc, names_are_not_repeated_in_a_child);
}

static void
add_chdir (TCase *tc)
{
    tcase_add_test (tc, name_is_absolute_when_dir_is_relative);
    tcase_add_test (tc, name_is_absolute_when_dir_is_the_current_directory);
    tcase_add_test (tc, unnamed_file_may_be_made_in_a_relative_directory);
    tcase_add_test (tc, chdir_changes_nothing_for_a_file_that_was_left);
    tcase_add_test (tc, relative_directory_needs_a_current_directory);
}

int
main (void)
{
    Suite *s = suite_create ("creation");

    add_directory (test_case (s, "directory"));
    add_permissions (test_case (s, "permissions"));
    TCase *tc = test_case (s, "permissions without O_TMPFILE");
    tcase_add_checked_fixture (tc, test_without_o_tmpfile, NULL);
    add_permissions (tc);
    add_names (test_case (s, "names"));
    add_chdir (test_case (s, "working directory"));
    return test_main (s);
}
