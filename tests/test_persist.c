/* SPDX-License-Identifier: MIT */
/*
 * tempfile_persist(): the temporary file becomes a lasting one, atomically, or stays what it was.
 * TEMPFILE_TEST_ROUNDS is how many processes are killed in the middle of it.
 */
#include "common.h"

#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/wait.h>

static const unsigned all_flags[] = {0, TEMPFILE_NOREPLACE, TEMPFILE_SYNC,
                                     TEMPFILE_NOREPLACE | TEMPFILE_SYNC};

/* KIND, 0 to KINDS - 1, and flags from one loop index. */
static int
kind_of (int i)
{
    return i % KINDS;
}

static unsigned
flags_of (int i)
{
    return all_flags[i / KINDS];
}

enum { COMBINATIONS = KINDS * 4 };

START_TEST (the_file_becomes_path_and_stays)
{
    FILE *f = test_open (kind_of (_i), NULL);

    ck_assert_int_ge (fputs ("all of it", f), 0);
    ck_assert_int_eq (tempfile_persist (f, test_path ("new"), flags_of (_i)), 0);
    test_assert_file (test_path ("new"), "all of it");
    ck_assert_int_eq (test_entries (test_dir ()), 1);
    ck_assert_str_eq (tempfile_name (f), test_path ("new"));
    assert_closes (f);
    test_assert_file (test_path ("new"), "all of it");
    test_remove_entries (test_dir ());
}
END_TEST

START_TEST (the_stream_stays_open_and_usable)
{
    FILE *f = test_open (kind_of (_i), NULL);
    char text[16] = "";

    ck_assert_int_ge (fputs ("one", f), 0);
    ck_assert_int_eq (tempfile_persist (f, test_path ("new"), flags_of (_i)), 0);
    ck_assert_int_ge (fputs (" two", f), 0);
    rewind (f);
    ck_assert_uint_eq (fread (text, 1, 15, f), 7);
    ck_assert_str_eq (text, "one two");
    ck_assert (test_same_file (test_path ("new"), tempfile_fileno (f)));
    assert_closes (f);
    test_assert_file (test_path ("new"), "one two");
    test_remove_entries (test_dir ());
}
END_TEST

START_TEST (a_file_that_is_there_is_replaced_or_not)
{
    FILE *f = test_open (kind_of (_i), NULL);
    unsigned flags = flags_of (_i);

    test_write_file (test_path ("old"), "old");
    ck_assert_int_ge (fputs ("new", f), 0);
    if (flags & TEMPFILE_NOREPLACE) {
        assert_minus_1 (tempfile_persist (f, test_path ("old"), flags), EEXIST, "old");
        test_assert_file (test_path ("old"), "old");
    } else {
        ck_assert_int_eq (tempfile_persist (f, test_path ("old"), flags), 0);
        test_assert_file (test_path ("old"), "new");
    }
    assert_closes (f);
    ck_assert_int_eq (test_entries (test_dir ()), 1);
    test_remove_entries (test_dir ());
}
END_TEST

/* After each failure the file is as temporary as before, and can still be persisted. */
START_TEST (a_failure_changes_nothing)
{
    FILE *f = test_open (kind_of (_i), NULL);
    unsigned flags = flags_of (_i);
    char *name = tempfile_name (f) ? strdup (tempfile_name (f)) : NULL;
    char both[2 * PATH_MAX];

    ck_assert_int_eq (mkdir (test_path ("dir"), 0700), 0);
    ck_assert_int_ge (fputs ("text", f), 0);
    (void) snprintf (both, sizeof both, name ? "persist '%s' as '%s'" : "without a name%s as '%s'",
                     name ? name : "", test_path ("missing/x"));
    assert_minus_1 (tempfile_persist (f, test_path ("missing/x"), flags), ENOENT, both);
    test_write_file (test_path ("file"), "file");
    assert_minus_1 (tempfile_persist (f, test_path ("file/x"), flags), ENOTDIR, "file/x");
    assert_minus_1 (tempfile_persist (f, test_path ("dir"), flags),
                    flags & TEMPFILE_NOREPLACE ? EEXIST : EISDIR, "dir");
    assert_minus_1 (tempfile_persist (f, test_path ("dir/"), flags), EISDIR, "dir/");
    assert_minus_1 (tempfile_persist (f, "", flags), ENOENT, "path ''");
    assert_minus_1 (tempfile_persist (f, NULL, flags), EINVAL, "path");
    assert_minus_1 (tempfile_persist (NULL, "x", flags), EINVAL, "stream");
    assert_minus_1 (tempfile_persist (f, "x", flags | 1024), EINVAL, "flags");
    if (name) {
        ck_assert_str_eq (tempfile_name (f), name);
        ck_assert (test_exists (name));
    } else
        ck_assert_ptr_null (tempfile_name (f));
    ck_assert_int_eq (test_entries (test_dir ()), name ? 3 : 2);
    ck_assert_int_eq (tempfile_persist (f, test_path ("dir/ok"), flags), 0);
    test_assert_file (test_path ("dir/ok"), "text");
    assert_closes (f);
    ck_assert_int_eq (test_entries (test_dir ()), 2);
    test_remove_entries (test_path ("dir"));
    ck_assert_int_eq (rmdir (test_path ("dir")), 0);
    test_remove_entries (test_dir ());
    free (name);
}
END_TEST

START_TEST (a_stream_that_was_not_persisted_leaves_nothing)
{
    FILE *f = test_open (_i, NULL);

    assert_minus_1 (tempfile_persist (f, test_path ("missing/x"), 0), ENOENT, NULL);
    assert_closes (f);
}
END_TEST

static int
note_length (const char *event, const char *path, void *length)
{
    (void) event;
    *(size_t *) length = strlen (test_base (path));
    return 0;
}

/* For a moment a file without a name has a fresh one; a recoverable name is longer than another. */
START_TEST (a_name_for_a_moment_is_recoverable)
{
    size_t length = 0;
    FILE *f = TemporaryFile ();
    FILE *g = NamedTemporaryFile (.recoverable = 1);

    ck_assert_int_eq (tempfile_add_audit_hook (note_length, &length), 0);
    bool can = access ("/proc/self/fd", X_OK) == 0; /* or it cannot be locked */
    if (tempfile_persist (f, test_path ("new"), 0) == 0 && length > 0 && can)
        ck_assert_uint_eq (length, strlen (test_base (tempfile_name (g))));
    else
        test_skip ("a file without a name can get none here, or needs none for a moment");
    assert_closes (f);
    assert_closes (g);
    test_remove_entries (test_dir ());
}
END_TEST

static void
persist_where_forbidden (void *arg)
{
    FILE *f = test_open (*(int *) arg, NULL);

    ck_assert_int_eq (chmod (test_path ("dir"), 0500), 0);
    assert_minus_1 (tempfile_persist (f, test_path ("dir/x"), 0), EACCES, "dir/x");
    assert_closes (f);
    ck_assert_int_eq (rmdir (test_path ("dir")), 0);
}

static void
make_dir_and_persist (void *arg)
{
    ck_assert_int_eq (mkdir (test_path ("dir"), 0700), 0);
    persist_where_forbidden (arg);
}

START_TEST (a_directory_that_may_not_be_written_is_an_error)
{
    test_as_user (make_dir_and_persist, &_i);
}
END_TEST

START_TEST (another_file_system_is_an_error)
{
    struct stat here, there;
    FILE *f = test_open (_i, NULL);

    ck_assert_int_eq (stat (test_dir (), &here), 0);
    if (stat ("/dev/shm", &there) != 0 || here.st_dev == there.st_dev ||
        access ("/dev/shm", W_OK) != 0)
        test_skip ("no second file system is at hand");
    else
        assert_minus_1 (tempfile_persist (f, "/dev/shm/tempfile-test-never-made", 0), EXDEV,
                        "/dev/shm");
    assert_closes (f);
}
END_TEST

#ifdef HAVE_TEXT
static const char *const named_modes[] = {"w+b", "w+"};
#else
static const char *const named_modes[] = {"w+b", "wb"};
#endif

/* rename(2) does nothing then. */
START_TEST (another_link_of_the_same_file_becomes_the_only_one)
{
    FILE *f = NamedTemporaryFile (.mode = named_modes[_i % 2]);

    ck_assert_ptr_nonnull (f);
    ck_assert_int_ge (fputs ("text", f), 0);
    ck_assert_int_eq (link (tempfile_name (f), test_path ("link")), 0);
    ck_assert_int_eq (tempfile_persist (f, test_path ("link"), _i < 2 ? 0 : TEMPFILE_SYNC), 0);
    ck_assert_int_eq (test_entries (test_dir ()), 1);
    assert_closes (f);
    test_assert_file (test_path ("link"), "text");
    test_remove_entries (test_dir ());
}
END_TEST

/* Under another spelling of it, while the file has a second name. */
START_TEST (a_file_that_becomes_its_own_name_keeps_it)
{
    char path[8192];
    FILE *f = NamedTemporaryFile (.mode = named_modes[_i]);

    ck_assert_ptr_nonnull (f);
    ck_assert_int_ge (fputs ("text", f), 0);
    ck_assert_int_eq (link (tempfile_name (f), test_path ("link")), 0);
    (void) snprintf (path, sizeof path, "%s/./%s", test_dir (), test_base (tempfile_name (f)));
    ck_assert_int_eq (tempfile_persist (f, path, 0), 0);
    assert_closes (f);
    test_assert_file (path, "text");
    ck_assert_int_eq (test_entries (test_dir ()), 2);
    test_remove_entries (test_dir ());
}
END_TEST

static void
persist_following (int kind, unsigned flags, const char *link, const char *file)
{
    struct stat st;
    FILE *f = test_open (kind, NULL);

    ck_assert_int_ge (fputs ("new", f), 0);
    ck_assert_int_eq (tempfile_persist (f, link, flags | TEMPFILE_FOLLOW), 0);
    assert_closes (f);
    test_assert_file (file, "new");
    ck_assert_int_eq (lstat (link, &st), 0);
    ck_assert (S_ISLNK (st.st_mode));
    ck_assert_int_eq (unlink (file), 0);
}

/* Links to a link to a file that is there, and to one that is not; relative and absolute. */
START_TEST (what_a_symbolic_link_leads_to_is_replaced_if_asked)
{
    unsigned flags = flags_of (_i);

    test_make_dir ("dir");
    ck_assert_int_eq (symlink ("dir/second", test_path ("first")), 0);
    ck_assert_int_eq (symlink ("../file", test_path ("dir/second")), 0);
    ck_assert_int_eq (symlink (test_path ("file"), test_path ("absolute")), 0);
    persist_following (kind_of (_i), flags, test_path ("first"), test_path ("file"));
    persist_following (kind_of (_i), flags, test_path ("absolute"), test_path ("file"));
    if (!(flags & TEMPFILE_NOREPLACE)) {
        test_write_file (test_path ("file"), "old");
        persist_following (kind_of (_i), flags, test_path ("first"), test_path ("file"));
    }
    ck_assert_int_eq (symlink ("loop", test_path ("loop")), 0);
    FILE *f = test_open (kind_of (_i), NULL);
    assert_minus_1 (tempfile_persist (f, test_path ("loop"), flags | TEMPFILE_FOLLOW), ELOOP,
                    "loop");
    ck_assert_int_eq (tempfile_persist (f, test_path ("plain"), flags | TEMPFILE_FOLLOW), 0);
    assert_closes (f);
    ck_assert_int_eq (unlink (test_path ("dir/second")), 0);
    ck_assert_int_eq (rmdir (test_path ("dir")), 0);
    ck_assert_int_eq (test_entries (test_dir ()), 4);
    test_remove_entries (test_dir ());
}
END_TEST

START_TEST (another_file_that_took_the_name_is_not_published)
{
    unsigned flags = all_flags[_i];
    FILE *f = NamedTemporaryFile ();

    ck_assert_ptr_nonnull (f);
    ck_assert_int_ge (fputs ("mine", f), 0);
    test_write_file (test_path ("other"), "other");
    ck_assert_int_eq (rename (test_path ("other"), tempfile_name (f)), 0);
    assert_minus_1 (tempfile_persist (f, test_path ("new"), flags), ESTALE, "another file|new");
    ck_assert (!test_exists (test_path ("new")));
    assert_closes (f);
    ck_assert_int_eq (test_entries (test_dir ()), 0);
}
END_TEST

START_TEST (the_mode_is_that_of_the_permissions)
{
    struct stat st;
    FILE *f = TemporaryFile (.permissions = 0644);

    ck_assert_ptr_nonnull (f);
    ck_assert_int_eq (tempfile_persist (f, test_path ("new"), 0), 0);
    assert_closes (f);
    ck_assert_int_eq (stat (test_path ("new"), &st), 0);
    ck_assert_int_eq (st.st_mode & 07777, 0644);
    test_remove_entries (test_dir ());
}
END_TEST

START_TEST (a_relative_path_is_meant_as_of_now)
{
    FILE *f = test_open (_i, NULL);

    ck_assert_int_eq (chdir (test_dir ()), 0);
    ck_assert_int_eq (tempfile_persist (f, "new", 0), 0);
    ck_assert_int_eq (chdir ("/"), 0);
    ck_assert_str_eq (tempfile_name (f), test_path ("new"));
    assert_closes (f);
    ck_assert (test_exists (test_path ("new")));
    test_remove_entries (test_dir ());
}
END_TEST

START_TEST (a_persisted_file_may_move_on)
{
    FILE *f = test_open (_i, NULL);

    for (int i = 0; i < 5; i++) {
        char name[] = "new0";
        name[3] = (char) ('0' + i);
        ck_assert_int_eq (tempfile_persist (f, test_path (name), 0), 0);
        ck_assert_str_eq (tempfile_name (f), test_path (name));
        ck_assert_int_eq (test_entries (test_dir ()), 1);
    }
    ck_assert_int_eq (tempfile_keep (f), 0);
    assert_closes (f);
    ck_assert_int_eq (test_entries (test_dir ()), 1);
    test_remove_entries (test_dir ());
}
END_TEST

START_TEST (an_earlier_name_stays_readable)
{
    FILE *f = NamedTemporaryFile ();

    ck_assert_ptr_nonnull (f);
    const char *first = tempfile_name (f);
    char *copy = strdup (first);
    ck_assert_int_eq (tempfile_persist (f, test_path ("new"), 0), 0);
    ck_assert_str_eq (first, copy);
    free (copy);
    assert_closes (f);
    test_remove_entries (test_dir ());
}
END_TEST

/* Plain streams are libc's own: another stream may come to be where a closed one was. */
START_TEST (another_stream_has_not_the_name_of_a_closed_one)
{
    for (int i = 0; i < 10; i++) {
        FILE *f = TemporaryFile ();
        ck_assert_ptr_nonnull (f);
        ck_assert_ptr_null (tempfile_name (f));
        ck_assert_int_eq (tempfile_persist (f, test_path ("new"), 0), 0);
        ck_assert_str_eq (tempfile_name (f), test_path ("new"));
        assert_closes (f);
    }
    test_remove_entries (test_dir ());
}
END_TEST

/* Some file systems give its number to the next file, and libc gives its place to the next stream.
 */
START_TEST (another_stream_has_not_the_name_of_a_file_that_is_gone)
{
    FILE *f = test_open (PLAIN, NULL);

    ck_assert_int_eq (tempfile_persist (f, test_path ("target"), 0), 0);
    assert_closes (f);
    ck_assert_int_eq (unlink (test_path ("target")), 0);
    f = test_open (PLAIN, NULL);
    test_write_file (test_path ("target"), "another");
    assert_null (tempfile_name (f), EINVAL, "no name");
    ck_assert_int_ge (fputs ("text", f), 0);
    ck_assert_int_eq (tempfile_persist (f, test_path ("target"), 0), 0);
    test_assert_file (test_path ("target"), "text");
    assert_closes (f);
    test_remove_entries (test_dir ());
}
END_TEST

/* The same with a stream that is libc's own, of which the library hears only now. */
START_TEST (a_stream_of_libc_has_not_the_name_of_a_closed_one)
{
    FILE *f = test_open (PLAIN, NULL);

    ck_assert_int_eq (tempfile_persist (f, test_path ("target"), 0), 0);
    assert_closes (f);
    f = fopen (test_path ("file"), "w+");
    ck_assert_ptr_nonnull (f);
    ck_assert_int_eq (unlink (test_path ("file")), 0);
    assert_null (tempfile_name (f), EINVAL, "no name");
    ck_assert_int_eq (tempfile_persist (f, test_path ("another"), 0), -1);
    test_assert_file (test_path ("target"), "");
    ck_assert (!test_exists (test_path ("another")));
    assert_closes (f);
    test_remove_entries (test_dir ());
}
END_TEST

/* Old kernels and some file systems cannot move a name without replacing. */
static void
persist_anew_by_link (void *arg)
{
    (void) arg;
    if (!test_refuse_call ("renameat2", EINVAL))
        return;
    FILE *f = test_open (NAMED, NULL);
    ck_assert_int_ge (fputs ("text", f), 0);
    test_write_file (test_path ("there"), "there");
    assert_minus_1 (tempfile_persist (f, test_path ("there"), TEMPFILE_NOREPLACE), EEXIST, NULL);
    ck_assert_int_eq (tempfile_persist (f, test_path ("target"), TEMPFILE_NOREPLACE), 0);
    assert_closes (f);
    test_assert_file (test_path ("there"), "there");
    test_assert_file (test_path ("target"), "text");
    ck_assert_int_eq (test_entries (test_dir ()), 2);
    test_remove_entries (test_dir ());
}

START_TEST (noreplace_works_without_help_of_the_kernel)
{
    test_in_child (persist_anew_by_link, NULL);
}
END_TEST

START_TEST (into_path_gives_the_lasting_name)
{
    FILE *f = test_open (_i, NULL);

    ck_assert_int_eq (tempfile_persist (f, test_path ("new"), 0), 0);
    char *path = tempfile_into_path (f);
    ck_assert_ptr_nonnull (path);
    ck_assert_str_eq (path, test_path ("new"));
    assert_minus_1 (tempfile_unlink (path), ENOENT, "new");
    ck_assert (test_exists (path));
    free (path);
    test_remove_entries (test_dir ());
}
END_TEST

/* In memory still, or on disk already; the stream goes on in either case, as a file of the name. */
START_TEST (spooled_file_becomes_path)
{
    FILE *f = SpooledTemporaryFile (.max_size = (size_t) _i, .mode = "w+b");

    ck_assert_int_ge (fputs ("in memory", f), 0);
    ck_assert_int_eq (tempfile_persist (f, test_path ("new"), TEMPFILE_NOREPLACE), 0);
    test_assert_file (test_path ("new"), "in memory");
    ck_assert_str_eq (tempfile_name (f), test_path ("new"));
    ck_assert_int_ge (fputs (", and on disk", f), 0);
    assert_closes (f);
    test_assert_file (test_path ("new"), "in memory, and on disk");
    test_remove_entries (test_dir ());
}
END_TEST

/* With what its encoder still owes at the end. */
START_TEST (text_becomes_path)
{
    if (!test_has_text ())
        return;
    FILE *f = _i ? TemporaryFile (.mode = "w", .encoding = "utf-7")
                 : NamedTemporaryFile (.mode = "w", .encoding = "utf-7");

    ck_assert_int_ge (fputs ("\u20ac", f), 0);
    ck_assert_int_eq (tempfile_persist (f, test_path ("new"), 0), 0);
    test_assert_file (test_path ("new"), "+IKw-");
    assert_closes (f);
    test_assert_file (test_path ("new"), "+IKw-");
    test_remove_entries (test_dir ());
}
END_TEST

static void
persist_and_exit (void *arg)
{
    FILE *f = test_open (*(int *) arg, NULL);

    if (fputs ("text", f) < 0 || tempfile_persist (f, test_path ("new"), 0) != 0)
        _exit (99);
    exit (0);
}

START_TEST (exit_does_not_delete_it)
{
    test_in_child (persist_and_exit, &_i);
    test_assert_file (test_path ("new"), "text");
    test_remove_entries (test_dir ());
}
END_TEST

START_TEST (an_earlier_write_error_makes_it_fail)
{
    struct rlimit limit = {10, RLIM_INFINITY};
    struct rlimit before;
    FILE *f = test_open (_i, NULL);

    signal (SIGXFSZ, SIG_IGN);
    ck_assert_int_eq (getrlimit (RLIMIT_FSIZE, &before), 0);
    limit.rlim_max = before.rlim_max;
    ck_assert_int_eq (setrlimit (RLIMIT_FSIZE, &limit), 0);
    ck_assert_int_ge (fputs ("more than ten bytes", f), 0);
    ck_assert_int_eq (fflush (f), EOF);
    ck_assert_int_eq (setrlimit (RLIMIT_FSIZE, &before), 0);
    assert_minus_1 (tempfile_persist (f, test_path ("new"), 0), _i == PLAIN ? EIO : EFBIG,
                    "cannot persist");
    ck_assert (!test_exists (test_path ("new")));
    fclose (f);
}
END_TEST

START_TEST (what_cannot_be_linked_says_what_to_do)
{
    FILE *f = test_open (_i, NULL);

#ifdef O_TMPFILE
    if ((fcntl (tempfile_fileno (f), F_GETFL) & O_TMPFILE) == O_TMPFILE) {
        test_skip ("files can be linked, for O_TMPFILE could not be refused");
        assert_closes (f);
        return;
    }
#endif
    ck_assert_int_ge (fputs ("text", f), 0);
    if (_i == NAMED)
        ck_assert_int_eq (tempfile_persist (f, test_path ("new"), 0), 0);
    else
        assert_minus_1 (tempfile_persist (f, test_path ("new"), 0), ENOTSUP,
                        "new|has no name|a named one can");
    ck_assert_int_eq (test_entries (test_dir ()), _i == NAMED);
    assert_closes (f);
    test_remove_entries (test_dir ());
}
END_TEST

/* What a kernel, a file system, a sandbox may say to what is newer than itself. */
static const int refusals[] = {ENOSYS, EINVAL, EPERM};

START_TEST (link_serves_where_renameat2_is_refused)
{
    FILE *f = test_open (NAMED, NULL);

    if (test_refuse_call ("renameat2", refusals[_i])) {
        test_write_file (test_path ("old"), "old");
        assert_minus_1 (tempfile_persist (f, test_path ("old"), TEMPFILE_NOREPLACE), EEXIST, "old");
        ck_assert_int_eq (tempfile_persist (f, test_path ("new"), TEMPFILE_NOREPLACE), 0);
        ck_assert_int_eq (test_entries (test_dir ()), 2);
    }
    assert_closes (f);
    test_remove_entries (test_dir ());
}
END_TEST

/* FAT by way of FUSE has neither. Replacing is always possible. */
START_TEST (without_link_and_renameat2_a_file_can_only_replace)
{
    static const int errors[] = {EPERM, ENOSYS, EOPNOTSUPP};
    FILE *f = test_open (NAMED, NULL);

    if (test_refuse_call ("renameat2", EINVAL) && test_refuse_call ("link", errors[_i]) &&
        test_refuse_call ("linkat", errors[_i]))
        assert_minus_1 (tempfile_persist (f, test_path ("new"), TEMPFILE_NOREPLACE), ENOTSUP,
                        "new|neither link nor rename without replacing");
    ck_assert_int_eq (test_entries (test_dir ()), 1);
    ck_assert_int_eq (tempfile_persist (f, test_path ("new"), 0), 0);
    assert_closes (f);
    ck_assert_int_eq (test_entries (test_dir ()), 1);
    test_remove_entries (test_dir ());
}
END_TEST

/* --- others look on, and processes die --- */

enum { WHOLE = 20000 };

enum { MODE = 0641 };

/* Besides the kinds of stream: in memory first, text, and closed before it is persisted. */
enum { SPOOLED = KINDS, TEXT, CLOSED, LOOKED_AT };

static FILE *
open_looked_at (int kind)
{
    if (kind == SPOOLED)
        return SpooledTemporaryFile (.max_size = WHOLE / 2, .mode = "w+b");
#ifdef HAVE_TEXT
    if (kind == TEXT)
        return NamedTemporaryFile (.mode = "w", .encoding = "latin-1");
#endif
    return test_try_open (kind < KINDS ? kind : NAMED, NULL);
}

static bool
persist_and_close (int kind, FILE *f, const char *path, unsigned flags)
{
    if (kind != CLOSED)
        return tempfile_persist (f, path, flags) == 0 && fclose (f) == 0;
    char *name = tempfile_into_path (f);
    bool good = name && tempfile_persist_path (name, path, flags) == 0;
    free (name);
    return good;
}

/* Also in children that are killed in the middle, so without ck_assert. */
static void
persist_letter (int kind, int letter, const char *path, unsigned flags)
{
    FILE *f = open_looked_at (kind);

    if (!f)
        _exit (99);
    for (int i = 0; i < WHOLE; i++)
        if (putc (letter, f) == EOF)
            _exit (98);
    if (!persist_and_close (kind, f, path, flags))
        _exit (97);
}

/* With each combination of the flags that replace a file and leave its mode. */
static void
persist_for_ever (int kind)
{
    static const unsigned some[] = {0, TEMPFILE_SYNC, TEMPFILE_FOLLOW,
                                    TEMPFILE_SYNC | TEMPFILE_FOLLOW};

    for (int i = getpid ();; i++)
        persist_letter (kind, 'a' + i % 26,
                        test_path (some[i % 4] & TEMPFILE_FOLLOW ? "link" : "target"),
                        some[i % 4] | TEMPFILE_LIKE_TARGET);
}

static void
read_for_ever (void)
{
    const char *path = test_path ("target");

    for (;;)
        if (!test_is_one_letter (path, WHOLE, MODE))
            _exit (96);
}

START_TEST (whoever_looks_sees_the_old_file_or_the_new_one)
{
    int rounds = test_number ("TEMPFILE_TEST_ROUNDS", 60);

    persist_letter (_i, 'A', test_path ("target"), 0);
    ck_assert_int_eq (chmod (test_path ("target"), MODE), 0);
    ck_assert_int_eq (symlink ("target", test_path ("link")), 0);
    pid_t reader = fork ();
    if (reader == 0)
        read_for_ever ();
    srand ((unsigned) getpid ());
    for (int i = 0; i < rounds; i++) {
        pid_t child = fork ();
        if (child == 0)
            persist_for_ever (_i);
        usleep ((unsigned) (rand () % 10000));
        test_assert_killed (child);
        ck_assert (test_is_one_letter (test_path ("target"), WHOLE, MODE));
    }
    test_assert_killed (reader);
    test_remove_entries (test_dir ());
}
END_TEST

int
main (void)
{
    Suite *s = suite_create ("persist");
    TCase *tc = test_case (s, "persist");

    tcase_add_loop_test (tc, the_file_becomes_path_and_stays, 0, COMBINATIONS);
    tcase_add_loop_test (tc, the_stream_stays_open_and_usable, 0, COMBINATIONS);
    tcase_add_loop_test (tc, a_file_that_is_there_is_replaced_or_not, 0, COMBINATIONS);
    tcase_add_loop_test (tc, a_failure_changes_nothing, 0, COMBINATIONS);
    tcase_add_test (tc, a_name_for_a_moment_is_recoverable);
    tcase_add_loop_test (tc, a_stream_that_was_not_persisted_leaves_nothing, 0, KINDS);
    tcase_add_loop_test (tc, a_directory_that_may_not_be_written_is_an_error, 0, KINDS);
    tcase_add_loop_test (tc, another_file_system_is_an_error, 0, KINDS);
    tcase_add_loop_test (tc, another_link_of_the_same_file_becomes_the_only_one, 0, 4);
    tcase_add_loop_test (tc, a_file_that_becomes_its_own_name_keeps_it, 0, 2);
    tcase_add_loop_test (tc, what_a_symbolic_link_leads_to_is_replaced_if_asked, 0, COMBINATIONS);
    tcase_add_loop_test (tc, another_file_that_took_the_name_is_not_published, 0, 4);
    tcase_add_test (tc, the_mode_is_that_of_the_permissions);
    tcase_add_loop_test (tc, a_relative_path_is_meant_as_of_now, 0, KINDS);
    tcase_add_loop_test (tc, a_persisted_file_may_move_on, 0, KINDS);
    tcase_add_test (tc, an_earlier_name_stays_readable);
    tcase_add_test (tc, another_stream_has_not_the_name_of_a_closed_one);
    tcase_add_test (tc, another_stream_has_not_the_name_of_a_file_that_is_gone);
    tcase_add_test (tc, a_stream_of_libc_has_not_the_name_of_a_closed_one);
    tcase_add_test (tc, noreplace_works_without_help_of_the_kernel);
    tcase_add_loop_test (tc, into_path_gives_the_lasting_name, 0, KINDS);
    tcase_add_loop_test (tc, spooled_file_becomes_path, 0, 12);
    tcase_add_loop_test (tc, text_becomes_path, 0, 2);
    tcase_add_loop_test (tc, exit_does_not_delete_it, 0, KINDS);
    tcase_add_loop_test (tc, an_earlier_write_error_makes_it_fail, 0, KINDS);
    tcase_add_loop_test (tc, link_serves_where_renameat2_is_refused, 0, LENGTH (refusals));
    tcase_add_loop_test (tc, without_link_and_renameat2_a_file_can_only_replace, 0, 3);
    tcase_set_timeout (tc, 60);

    tc = test_case (s, "persist without O_TMPFILE");
    tcase_add_checked_fixture (tc, test_without_o_tmpfile, NULL);
    tcase_add_loop_test (tc, what_cannot_be_linked_says_what_to_do, 0, KINDS);

    tc = test_case (s, "persist under fire");
    tcase_set_timeout (tc, 300);
    tcase_add_loop_test (tc, whoever_looks_sees_the_old_file_or_the_new_one, 0, LOOKED_AT);
    return test_main (s);
}
