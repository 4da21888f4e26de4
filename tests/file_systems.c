/* SPDX-License-Identifier: MIT */
/*
 * Real file systems and real failures, in the directory that TMPDIR says. check-file-systems.sh
 * makes the file systems and runs the test cases, each by CK_RUN_CASE, where they belong:
 *
 *     behaviour  whatever the file system has or lacks: all that is promised holds
 *     full       no space left, or no quota: TEST_FULL is ENOSPC or EDQUOT, ENOSPC by default
 *     subvolumes a directory on Btrfs is a file system of its own
 *     inodes     no more files
 *     memory     no more memory
 *     read-only  TEST_MOUNT, where TMPDIR is, is mounted read-only in mid-use
 *     broken     the command TEST_BREAK breaks the file system of TEST_BROKEN in mid-use
 *     thin       writes succeed and cannot come to the disk, in TEST_BROKEN
 *     largest    offsets beyond the largest file
 *
 * TEMPFILE_TEST_ROUNDS is how many files are made while others recover (500).
 *
 * What a file system can do is asked from the system calls, not known.
 */
#include "common.h"

#include <dirent.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/wait.h>
#ifdef __linux__
#include <sys/mount.h>
#endif

/* FUSE ends the life of a file that was open when it was deleted a moment after its last close. */
static void
settle_to (int entries)
{
    for (int i = 0; i < 200 && test_entries (test_dir ()) > entries; i++)
        poll (NULL, 0, 10);
    ck_assert_int_eq (test_entries (test_dir ()), entries);
}

static void
settle (void)
{
    settle_to (0);
}

static TCase *
settled_case (Suite *s, const char *name)
{
    TCase *tc = test_case (s, name);

    tcase_add_checked_fixture (tc, NULL, settle);
    tcase_set_timeout (tc, 30);
    return tc;
}

/* --- what the file system has, by the bare system calls --- */

static int
bare_file (const char *name)
{
    int fd = open (name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    ck_assert_msg (fd >= 0, "%s: %s", name, strerror (errno));
    return fd;
}

static bool
has_modes (void)
{
    struct stat st;
    const char *name = test_path ("modes");
    int fd = bare_file (name);

    ck_assert_int_eq (fstat (fd, &st), 0);
    close (fd);
    ck_assert_int_eq (unlink (name), 0);
    return (st.st_mode & 07777) == 0600;
}

/* Hard links, or a rename that does not replace. */
static bool
has_noreplace (void)
{
    const char *from = test_path ("from"), *to = test_path ("to");
    bool has;

    close (bare_file (from));
    has = link (from, to) == 0;
#ifdef HAVE_RENAMEAT2
    if (!has)
        has = renameat2 (AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0;
#endif
    unlink (from);
    unlink (to);
    return has;
}

/* O_TMPFILE, and a way to give such a file a name. */
static bool
has_linkable_files (void)
{
#ifdef O_TMPFILE
    char name[32];
    int fd = open (test_dir (), O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);

    snprintf (name, sizeof name, "/proc/self/fd/%d", fd);
    bool has =
        fd >= 0 && linkat (AT_FDCWD, name, AT_FDCWD, test_path ("linked"), AT_SYMLINK_FOLLOW) == 0;
    if (fd >= 0)
        close (fd);
    if (has)
        ck_assert_int_eq (unlink (test_path ("linked")), 0);
    return has;
#else
    return false;
#endif
}

/* A file that is deleted while it is open goes at once, and leaves no name of another kind. */
static bool
has_nameless_files (void)
{
    const char *name = test_path ("open");
    int fd = bare_file (name);

    ck_assert_int_eq (unlink (name), 0);
    bool has = test_entries (test_dir ()) == 0;
    close (fd);
    settle ();
    return has;
}

/* --- behaviour --- */

static const char text[] = "the quick brown fox\n";

/* The directory is chosen before it is full, say; a spool would choose another one then. */
static FILE *
open_kind (int kind)
{
    ck_assert_str_eq (tempfile_gettempdir (), test_dir ());
    FILE *f = kind < KINDS ? test_open (kind, NULL) : SpooledTemporaryFile (.max_size = 8);

    ck_assert_msg (f != NULL, "%s", tempfile_errmsg ());
    return f;
}

enum { SPOOLED = KINDS, ALL_KINDS };

static void
assert_text (FILE *f)
{
    char have[sizeof text] = "";

    rewind (f);
    ck_assert_uint_eq (fread (have, 1, sizeof have, f), sizeof text - 1);
    ck_assert_str_eq (have, text);
}

START_TEST (what_was_written_is_read)
{
    FILE *f = open_kind (_i);

    ck_assert_int_ge (fputs (text, f), 0);
    assert_text (f);
    ck_assert_int_eq (fseeko (f, 100000, SEEK_SET), 0);
    ck_assert_int_eq (fputc ('!', f), '!');
    ck_assert_int_eq (fflush (f), 0);
    ck_assert_int_eq (test_size (f), 100001);
    ck_assert_int_eq (tempfile_truncate (f, sizeof text - 1), 0);
    assert_text (f);
    ck_assert_int_eq (fseeko (f, 0, SEEK_END), 0);
    ck_assert_int_eq (ftello (f), sizeof text - 1);
    assert_closes (f);
}
END_TEST

START_TEST (a_second_stream_has_the_same_file)
{
    FILE *f = open_kind (_i);

    ck_assert_int_ge (fputs (text, f), 0);
    FILE *g = tempfile_reopen (f, "rb");
    ck_assert_msg (g != NULL, "%s", tempfile_errmsg ());
    assert_text (g);
    assert_closes (f);
    assert_text (g);
    assert_closes (g);
}
END_TEST

START_TEST (text_is_written_and_found_again)
{
    FILE *f = NamedTemporaryFile (.mode = "w+", .encoding = "utf-16");
    char line[64];

    ck_assert_msg (f != NULL, "%s", tempfile_errmsg ());
    for (int i = 0; i < 1000; i++)
        ck_assert_int_gt (fprintf (f, "%d \303\244\n", i), 0);
    off_t place = ftello (f);
    ck_assert_int_ge (fputs ("here\n", f), 0);
    rewind (f);
    ck_assert_ptr_nonnull (fgets (line, sizeof line, f));
    ck_assert_str_eq (line, "0 \303\244\n");
    ck_assert_int_eq (fseeko (f, place, SEEK_SET), 0);
    ck_assert_ptr_nonnull (fgets (line, sizeof line, f));
    ck_assert_str_eq (line, "here\n");
    assert_closes (f);
}
END_TEST

/* Only for writing, and yet the encoding must know what is there; also where there is no /proc. */
START_TEST (text_for_writing_only_tells_the_truth)
{
    FILE *f = NamedTemporaryFile (.mode = "w", .encoding = "utf-8", .newline = "\r\n");
    char have[64] = "";

    ck_assert_msg (f != NULL, "%s", tempfile_errmsg ());
    ck_assert_int_ge (fputs ("one\ntwo\n", f), 0);
    ck_assert_int_eq (fflush (f), 0);
    bool sought = fseeko (f, 4, SEEK_SET) == 0 && fputs ("TWO", f) >= 0 && fflush (f) == 0;
    test_read_file (tempfile_name (f), have, sizeof have);
    ck_assert_str_eq (have, sought ? "one\r\nTWO\r\n" : "one\r\ntwo\r\n");
    ck_assert_int_eq (fclose (f) == 0, sought);
}
END_TEST

static bool
is_private (mode_t mode)
{
    return (mode & 07777 & ~(mode_t) S_ISGID) == (S_ISDIR (mode) ? 0700 : 0600);
}

/* Whatever a default ACL, a set-group-ID bit of the directory, or the umask say. */
START_TEST (what_is_made_is_private_where_there_are_permissions)
{
    struct stat st;
    bool modes = has_modes ();

    umask (_i ? 0 : 0777);
    struct tempfile_dir *d = TemporaryDirectory ();
    ck_assert_msg (d != NULL, "%s", tempfile_errmsg ());
    ck_assert_int_eq (stat (tempfile_dir_name (d), &st), 0);
    ck_assert (!modes || is_private (st.st_mode));
    for (int kind = 0; kind < KINDS; kind++) {
        FILE *f = test_open (kind, NULL);
        ck_assert_int_eq (fstat (tempfile_fileno (f), &st), 0);
        ck_assert (!modes || is_private (st.st_mode));
        assert_closes (f);
    }
    ck_assert_int_eq (tempfile_dir_close (d), 0);
}
END_TEST

/* Also where case does not matter. */
START_TEST (names_are_distinct_in_lower_case)
{
    enum { NAMES = 300 };
    FILE *f[NAMES];

    for (int i = 0; i < NAMES; i++) {
        ck_assert_ptr_nonnull (f[i] = NamedTemporaryFile ());
        const char *base = test_base (tempfile_name (f[i]));
        ck_assert_uint_eq (strspn (base, "abcdefghijklmnopqrstuvwxyz234567"), strlen (base));
    }
    ck_assert_int_eq (test_entries (test_dir ()), NAMES);
    for (int i = 0; i < NAMES; i++)
        assert_closes (f[i]);
}
END_TEST

/* The longest name that the file system takes, by trying. */
static size_t
longest_name (void)
{
    char name[NAME_MAX + 1];

    for (size_t length = NAME_MAX; length > 32; length--) {
        memset (name, 'n', length);
        name[length] = '\0';
        int fd = open (test_path (name), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (fd < 0)
            continue;
        close (fd);
        ck_assert_int_eq (unlink (test_path (name)), 0);
        return length;
    }
    ck_abort_msg ("no name at all");
    return 0;
}

START_TEST (names_may_be_as_long_as_the_file_system_takes)
{
    enum { MADE_UP = 3 + 13 }; /* "tmp" and the random part */
    char suffix[NAME_MAX + 1] = "";
    size_t longest = longest_name ();

    memset (suffix, 's', longest - MADE_UP);
    FILE *f = NamedTemporaryFile (.suffix = suffix);
    ck_assert_msg (f != NULL, "%s", tempfile_errmsg ());
    ck_assert_uint_eq (strlen (test_base (tempfile_name (f))), longest);
    assert_closes (f);
    suffix[longest - MADE_UP] = 's';
    assert_null (NamedTemporaryFile (.suffix = suffix), ENAMETOOLONG, NULL);
    assert_null (TemporaryDirectory (.suffix = suffix), ENAMETOOLONG, NULL);
}
END_TEST

/* Where it is the name that is refused, and not the directory, the message is about the name. */
START_TEST (a_name_that_the_file_system_refuses_is_named)
{
    static const char *const suffixes[] = {":*?", "\\", "\377", " ."};

    for (int i = 0; i < LENGTH (suffixes); i++) {
        FILE *f = NamedTemporaryFile (.suffix = suffixes[i], .dir = test_dir (), .recoverable = _i);
        ck_assert_msg (f || strstr (tempfile_errmsg (), suffixes[i]), "%s", tempfile_errmsg ());
        ck_assert (!f || fclose (f) == 0);
        struct tempfile_dir *d =
            TemporaryDirectory (.suffix = suffixes[i], .dir = test_dir (), .recoverable = _i);
        ck_assert_msg (d || strstr (tempfile_errmsg (), suffixes[i]), "%s", tempfile_errmsg ());
        ck_assert (!d || tempfile_dir_close (d) == 0);
    }
}
END_TEST

static const unsigned flags[] = {0, TEMPFILE_NOREPLACE, TEMPFILE_SYNC,
                                 TEMPFILE_NOREPLACE | TEMPFILE_SYNC};

/* Some file systems cannot do it all, and then say so; the file is the temporary one it was. */
START_TEST (what_can_be_persisted_is_whole_and_the_rest_says_why_not)
{
    bool noreplace = has_noreplace (), linkable = has_linkable_files ();
    unsigned how = flags[_i / ALL_KINDS];
    int kind = _i % ALL_KINDS;
    FILE *f = open_kind (kind);
    char have[64];

    if (!(how & TEMPFILE_NOREPLACE))
        test_write_file (test_path ("new"), "old");
    ck_assert_int_ge (fputs (text, f), 0);
    int result = tempfile_persist (f, test_path ("new"), how);
    if (result == 0) {
        test_read_file (test_path ("new"), have, sizeof have);
        ck_assert_str_eq (have, text);
        ck_assert_int_eq (unlink (test_path ("new")), 0);
    } else {
        assert_minus_1 (result, ENOTSUP, kind == NAMED ? "neither link" : "a named one can");
        ck_assert (kind == NAMED ? !noreplace : !linkable);
        ck_assert (how & TEMPFILE_NOREPLACE || unlink (test_path ("new")) == 0);
    }
    assert_text (f);
    assert_closes (f);
}
END_TEST

static int
make_a_directory (const char *path, void *arg)
{
    (void) arg;
    return mkdir (path, 0700);
}

START_TEST (what_the_caller_removes_is_made)
{
    char *path;
    int fd = tempfile_mkstemp (&path, NULL, 0);

    ck_assert_msg (fd >= 0, "%s", tempfile_errmsg ());
    ck_assert_int_eq (write (fd, text, sizeof text - 1), sizeof text - 1);
    ck_assert_int_eq (close (fd), 0);
    ck_assert_int_eq (unlink (path), 0);
    free (path);
    path = tempfile_mkdtemp (NULL, 0);
    ck_assert_msg (path != NULL, "%s", tempfile_errmsg ());
    ck_assert_int_eq (rmdir (path), 0);
    free (path);
    ck_assert_int_eq (tempfile_make (&path, make_a_directory, NULL, NULL, 0), 0);
    ck_assert_int_eq (rmdir (path), 0);
    free (path);
}
END_TEST

/* Width and depth enough for more than one batch of names and for directories to be lifted. */
static void
grow_tree (const char *root)
{
    char path[PATH_MAX];
    int length = snprintf (path, sizeof path, "%s", root);

    for (int i = 0; i < 40; i++) {
        for (int j = 0; j < 10; j++) {
            snprintf (path + length, sizeof path - (size_t) length, "/file %d", j);
            test_write_file (path, text);
        }
        length += snprintf (path + length, sizeof path - (size_t) length, "/dir");
        ck_assert_int_eq (mkdir (path, 0700), 0);
    }
}

START_TEST (directories_go_with_all_that_is_in_them)
{
    struct tempfile_dir *d = TemporaryDirectory (.recoverable = _i);

    ck_assert_msg (d != NULL, "%s", tempfile_errmsg ());
    grow_tree (tempfile_dir_name (d));
    for (int i = 0; i < 500; i++) {
        char name[32];
        snprintf (name, sizeof name, "%d", i);
        test_write_file (test_join (tempfile_dir_name (d), name), "");
    }
    ck_assert_msg (tempfile_dir_close (d) == 0, "%s", tempfile_errmsg ());
    ck_assert_int_eq (test_entries (test_dir ()), 0);
}
END_TEST

/* As a mount point. */
START_TEST (a_subvolume_is_left_alone)
{
    char command[PATH_MAX];
    struct tempfile_dir *d = TemporaryDirectory ();

    ck_assert_msg (d != NULL, "%s", tempfile_errmsg ());
    const char *sub = test_join (tempfile_dir_name (d), "sub");
    snprintf (command, sizeof command, "btrfs subvolume create '%s'", sub);
    ck_assert_int_eq (system (command), 0);
    test_write_file (test_join (sub, "inside"), text);
    test_write_file (test_join (tempfile_dir_name (d), "beside"), text);
    char *name = strdup (tempfile_dir_name (d));
    assert_minus_1 (tempfile_dir_close (d), EBUSY, "/sub'");
    ck_assert_int_eq (test_entries (name), 1);
    ck_assert_int_eq (test_entries (sub), 1);
    ck_assert (unlink (test_join (sub, "inside")) == 0 && rmdir (sub) == 0 && rmdir (name) == 0);
    free (name);
}
END_TEST

/* Where an open file keeps a name of some kind, its directory stays, and that is said. */
START_TEST (a_directory_with_an_open_file_goes_or_says_so)
{
    bool nameless = has_nameless_files ();
    struct tempfile_dir *d = TemporaryDirectory ();

    ck_assert_msg (d != NULL, "%s", tempfile_errmsg ());
    char *name = strdup (tempfile_dir_name (d));
    FILE *f = TemporaryFile (.dir = name);
    ck_assert_msg (f != NULL, "%s", tempfile_errmsg ());
    int result = tempfile_dir_close (d);
    if (nameless)
        ck_assert_int_eq (result, 0);
    else
        assert_minus_1 (result, ENOTEMPTY, name);
    ck_assert_int_ge (fputs (text, f), 0);
    assert_text (f);
    assert_closes (f);
    for (int i = 0; !nameless && i < 200 && rmdir (name) < 0; i++)
        poll (NULL, 0, 10);
    free (name);
}
END_TEST

static void
leave_one_of_each (void)
{
    struct tempfile_dir *d = TemporaryDirectory (.recoverable = 1);

    if (!d || !NamedTemporaryFile (.recoverable = 1))
        _exit (1);
    test_write_file (test_join (tempfile_dir_name (d), "inside"), text);
    raise (SIGKILL);
}

START_TEST (what_killed_processes_left_is_recovered)
{
    int status;
    FILE *mine = NamedTemporaryFile (.recoverable = 1);
    pid_t child = fork ();

    ck_assert_ptr_nonnull (mine);
    if (child == 0)
        leave_one_of_each ();
    ck_assert_int_eq (waitpid (child, &status, 0), child);
    ck_assert (WIFSIGNALED (status) && WTERMSIG (status) == SIGKILL);
    ck_assert_int_eq (test_entries (test_dir ()), 3);
    for (int i = 0; i < 200 && test_entries (test_dir ()) > 1; i++) {
        ck_assert_int_ge (tempfile_recover (test_dir ()), 0);
        poll (NULL, 0, 10); /* FUSE ends the locks of the dead a moment later */
    }
    ck_assert_int_eq (test_entries (test_dir ()), 1);
    ck_assert (test_exists (tempfile_name (mine)));
    assert_closes (mine);
}
END_TEST

/* What has been handed out is never deleted, however busy recovery is. */
START_TEST (what_is_new_is_not_recovered)
{
    int rounds = test_number ("TEMPFILE_TEST_ROUNDS", 500);
    pid_t child = fork ();

    if (child == 0)
        for (;;)
            (void) tempfile_recover (test_dir ());
    for (int i = 0; i < rounds; i++) {
        FILE *f = NamedTemporaryFile (.recoverable = 1);
        struct tempfile_dir *d = TemporaryDirectory (.recoverable = 1);
        ck_assert_msg (f && d, "%s", tempfile_errmsg ());
        ck_assert_msg (test_exists (tempfile_name (f)), "the file, at %d", i);
        ck_assert_msg (test_exists (tempfile_dir_name (d)), "the directory, at %d", i);
        assert_closes (f);
        ck_assert_int_eq (tempfile_dir_close (d), 0);
    }
    ck_assert_int_eq (kill (child, SIGKILL), 0);
    ck_assert_int_eq (waitpid (child, NULL, 0), child);
}
END_TEST

static void
leave_for_exit (void)
{
    struct tempfile_dir *d = TemporaryDirectory ();
    FILE *f = NamedTemporaryFile ();

    if (!d || !f || !TemporaryFile () || fputs (text, f) < 0)
        _exit (1);
    free (tempfile_into_path (NamedTemporaryFile (.dir = tempfile_dir_name (d))));
    exit (0);
}

START_TEST (exit_leaves_nothing)
{
    pid_t child = fork ();

    if (child == 0)
        leave_for_exit ();
    test_wait (child);
    settle ();
    ck_assert_int_eq (test_entries (test_dir ()), 0);
}
END_TEST

/* --- the directory goes --- */

START_TEST (the_directory_of_open_files_may_go)
{
    bool nameless = has_nameless_files ();
    const char *dir = test_make_dir ("place");
    FILE *named = NamedTemporaryFile (.dir = dir);
    struct tempfile_dir *d = TemporaryDirectory (.dir = dir);
    FILE *unnamed = nameless ? TemporaryFile (.dir = dir, .buffering = 512) : NULL;

    ck_assert (named && d && (unnamed || !nameless));
    ck_assert_int_eq (unlink (tempfile_name (named)), 0);
    ck_assert_int_eq (rmdir (tempfile_dir_name (d)), 0);
    ck_assert (rmdir (dir) == 0 || !nameless);
    if (unnamed) {
        ck_assert_int_ge (fputs (text, unnamed), 0);
        assert_text (unnamed);
        assert_minus_1 (tempfile_persist (unnamed, test_path ("place/new"), 0), ENOENT,
                        "place/new");
        assert_closes (unnamed);
        assert_null (TemporaryFile (.dir = dir), ENOENT, "/place");
    }
    ck_assert_int_eq (tempfile_dir_close (d), 0);
    assert_closes (named);
    for (int i = 0; !nameless && i < 200 && rmdir (dir) < 0; i++)
        poll (NULL, 0, 10);
}
END_TEST

/* The choice stands, as in Python: nobody wants half of his files elsewhere. It can be made anew.
 */
START_TEST (the_default_directory_that_went_is_named)
{
    const char *dir = test_make_dir ("default");

    setenv ("TMPDIR", dir, 1);
    ck_assert_str_eq (tempfile_gettempdir (), dir);
    ck_assert_int_eq (rmdir (dir), 0);
    assert_null (TemporaryFile (), ENOENT, "/default");
    assert_null (NamedTemporaryFile (), ENOENT, "/default");
    assert_null (TemporaryDirectory (), ENOENT, "/default");
    ck_assert_str_eq (tempfile_gettempdir (), dir);
    FILE *spool = SpooledTemporaryFile ();
    ck_assert_ptr_nonnull (spool);
    ck_assert_int_ge (fputs (text, spool), 0);
    assert_minus_1 (tempfile_rollover (spool), ENOENT, "/default");
    setenv ("TMPDIR", test_dir (), 1);
    ck_assert_int_eq (tempfile_settempdir (NULL), 0);
    ck_assert_str_eq (tempfile_gettempdir (), test_dir ());
    ck_assert_int_eq (tempfile_rollover (spool), 0);
    assert_text (spool);
    assert_closes (spool);
}
END_TEST

/* --- no space left --- */

static int
expected_lack (void)
{
    const char *given = getenv ("TEST_FULL");

    return given && strcmp (given, "EDQUOT") == 0 ? EDQUOT : ENOSPC;
}

/* What the failing of a call left in errno. Quotas may be told as a lack of space. */
static void
assert_lack (int error)
{
    ck_assert_msg (error == expected_lack () || error == ENOSPC, "%s", strerror (error));
}

static char block[1 << 16];

/* Takes all the space there is, to the last byte that can be had. */
static void
write_all_that_fits (int fd)
{
    enum { MOST = 20000 }; /* blocks, in a test */

    for (size_t size = sizeof block, i = 0; size > 0 && i < MOST; i++)
        if (write (fd, block, size) <= 0)
            size /= 2;
}

static int
fill_up (const char *name)
{
    int fd = bare_file (name);

    write_all_that_fits (fd);
    (void) fsync (fd);
    write_all_that_fits (fd);
    return fd;
}

/* Some file systems give space back no sooner. */
static void
sync_all (void)
{
#ifdef __linux__
    int fd = open (test_dir (), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    ck_assert_int_ge (fd, 0);
    ck_assert_int_eq (syncfs (fd), 0);
    close (fd);
#else
    sync ();
#endif
}

static void
empty (int fd, const char *name)
{
    close (fd);
    ck_assert_int_eq (unlink (name), 0);
}

enum { PIECE = 1000, ROOM = 300 * 1000 };

/* Leaves about ROOM bytes. */
static int
fill_but_for_some (const char *name)
{
    const char *room = test_path ("room");
    int fd = bare_file (room);

    for (int i = 0; i < ROOM / PIECE; i++)
        ck_assert_int_eq (write (fd, block, PIECE), PIECE);
    ck_assert_int_eq (fsync (fd), 0);
    int filler = fill_up (name);
    empty (fd, room);
    sync_all ();
    return filler;
}

static void
make_piece (char *piece, int i)
{
    memset (piece, 'a' + i % 26, PIECE);
    snprintf (piece, PIECE, "piece %d", i);
}

/* Writes until that fails; how many pieces were reported as written out. */
static int
write_until_it_fails (FILE *f)
{
    char piece[PIECE];

    for (int i = 0;; i++) {
        make_piece (piece, i);
        errno = 0;
        if (fwrite (piece, 1, PIECE, f) < PIECE || fflush (f) != 0) {
            assert_lack (errno);
            return i;
        }
        ck_assert_int_lt (i, 1000000);
    }
}

static void
assert_pieces (FILE *f, int pieces)
{
    char piece[PIECE], have[PIECE];

    rewind (f);
    for (int i = 0; i < pieces; i++) {
        make_piece (piece, i);
        ck_assert_uint_eq (fread (have, 1, PIECE, f), PIECE);
        ck_assert_mem_eq (have, piece, PIECE);
    }
}

static void
assert_close_reports_the_lack (FILE *f)
{
    int result = fclose (f);
    int error = errno;

    ck_assert_int_eq (result, EOF);
    assert_lack (error);
}

/* Each byte that was reported as written can be read, and nothing keeps the name. */
START_TEST (what_was_stored_before_space_ended_is_read)
{
    const char *filler = test_path ("filler");
    FILE *f = open_kind (_i);
    int fd = fill_but_for_some (filler);

    int pieces = write_until_it_fails (f);
    ck_assert (pieces > 0 || _i == SPOOLED); /* it may be that nothing can be made */
    assert_pieces (f, pieces);
    if (_i == PLAIN)
        (void) fclose (f); /* libc's */
    else
        assert_close_reports_the_lack (f);
    settle_to (1);
    empty (fd, filler);
}
END_TEST

/* Without an fflush before, it is fclose that says so, of every kind. */
START_TEST (close_says_that_what_was_buffered_is_not_stored)
{
    const char *filler = test_path ("filler");
    FILE *f = open_kind (_i);
    char *buffer = malloc (1 << 20);

    ck_assert_ptr_nonnull (buffer);
    ck_assert_int_eq (setvbuf (f, buffer, _IOFBF, 1 << 20), 0);
    int fd = fill_up (filler);
    for (int i = 0; i < 15; i++)
        ck_assert_uint_eq (fwrite (block, 1, sizeof block, f), sizeof block);
    assert_close_reports_the_lack (f);
    free (buffer);
    settle_to (1);
    empty (fd, filler);
}
END_TEST

/* It stays in memory, whole, and can move when there is space again. */
START_TEST (a_spool_that_finds_no_space_stays_in_memory)
{
    const char *filler = test_path ("filler");
    FILE *f = SpooledTemporaryFile ();
    enum { PIECES = 1000 };
    char piece[PIECE];

    ck_assert_ptr_nonnull (f);
    ck_assert_str_eq (tempfile_gettempdir (), test_dir ());
    for (int i = 0; i < PIECES; i++) {
        make_piece (piece, i);
        ck_assert_uint_eq (fwrite (piece, 1, PIECE, f), PIECE);
    }
    int fd = fill_up (filler);
    ck_assert_int_eq (tempfile_rollover (f), -1);
    assert_lack (errno);
    ck_assert_str_ne (tempfile_errmsg (), "");
    settle_to (1);
    assert_pieces (f, PIECES);
    empty (fd, filler);
    settle_to (0);
    sync_all ();
    ck_assert_msg (tempfile_rollover (f) == 0, "%s", tempfile_errmsg ());
    assert_pieces (f, PIECES);
    assert_closes (f);
}
END_TEST

/* The old file is there, the new one is not; with space it comes. */
START_TEST (what_cannot_be_written_out_is_not_persisted)
{
    const char *filler = test_path ("filler"), *target = test_path ("target");
    FILE *f = open_kind (_i);
    char have[16];

    test_write_file (target, "old");
    int fd = fill_up (filler);
    for (int i = 0; i < 16; i++)
        (void) fwrite (block, 1, sizeof block, f);
    ck_assert_int_eq (tempfile_persist (f, target, TEMPFILE_SYNC), -1);
    if (_i != PLAIN) /* of which nothing but its error indicator is known */
        assert_lack (errno);
    ck_assert_ptr_nonnull (strstr (tempfile_errmsg (), "persist"));
    test_read_file (target, have, sizeof have);
    ck_assert_str_eq (have, "old");
    (void) fclose (f);
    ck_assert_int_eq (unlink (target), 0);
    settle_to (1);
    empty (fd, filler);
}
END_TEST

/* --- no more files --- */

static int
use_up_files (void)
{
    int count = 0;

    for (;; count++) {
        char name[32];
        snprintf (name, sizeof name, "used %d", count);
        int fd = open (test_path (name), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (fd < 0)
            break;
        close (fd);
    }
    ck_assert_int_eq (errno, ENOSPC);
    return count;
}

START_TEST (no_more_files_is_an_error_that_names_the_directory)
{
    FILE *spool = SpooledTemporaryFile ();
    struct tempfile_dir *d = TemporaryDirectory ();
    char *path;

    ck_assert (spool && d);
    ck_assert_str_eq (tempfile_gettempdir (), test_dir ());
    int count = use_up_files ();
    assert_null (NamedTemporaryFile (), ENOSPC, test_dir ());
    assert_null (TemporaryFile (), ENOSPC, test_dir ());
    assert_null (TemporaryDirectory (), ENOSPC, test_dir ());
    assert_null (tempfile_mkdtemp (NULL, 0), ENOSPC, test_dir ());
    assert_minus_1 (tempfile_mkstemp (&path, NULL, 0), ENOSPC, test_dir ());
    ck_assert_int_ge (fputs (text, spool), 0);
    assert_minus_1 (tempfile_rollover (spool), ENOSPC, test_dir ());
    assert_minus_1 (tempfile_settempdir (test_dir ()), ENOSPC, test_dir ());
    ck_assert_int_eq (test_entries (test_dir ()), count + 1);
    ck_assert_int_eq (tempfile_dir_close (d), 0);
    ck_assert_int_eq (tempfile_rollover (spool), 0);
    assert_text (spool);
    test_remove_entries (test_dir ());
    assert_closes (spool);
}
END_TEST

/* A full directory that was not chosen yet is passed over. */
START_TEST (a_directory_without_files_to_give_is_passed_over)
{
    int count = use_up_files ();

    ck_assert_str_ne (tempfile_gettempdir (), test_dir ());
    FILE *f = NamedTemporaryFile ();
    ck_assert_ptr_nonnull (f);
    ck_assert_int_eq (test_entries (test_dir ()), count);
    assert_closes (f);
    test_remove_entries (test_dir ());
}
END_TEST

/* --- limits of the process --- */

static size_t
memory_in_use (void)
{
    size_t pages = 0;
    FILE *f = fopen ("/proc/self/statm", "r");

    if (!f)
        return 0;
    if (fscanf (f, "%zu", &pages) != 1)
        pages = 0;
    fclose (f);
    return pages * (size_t) sysconf (_SC_PAGESIZE);
}

/* Of the process, as setrlimit(2) has it. */
#define limit(what, value)                             \
    do {                                               \
        struct rlimit l_;                              \
        ck_assert_int_eq (getrlimit ((what), &l_), 0); \
        l_.rlim_cur = (rlim_t) (value);                \
        ck_assert_int_eq (setrlimit ((what), &l_), 0); \
    } while (0)

START_TEST (a_spool_that_outgrows_memory_moves_to_disk)
{
    enum { PIECES = 12000 };
    FILE *f = SpooledTemporaryFile ();
    char piece[PIECE];

    ck_assert_ptr_nonnull (f);
    limit (RLIMIT_AS, memory_in_use () + (6 << 20));
    for (int i = 0; i < PIECES; i++) {
        make_piece (piece, i);
        ck_assert_uint_eq (fwrite (piece, 1, PIECE, f), PIECE);
    }
    assert_pieces (f, PIECES);
    ck_assert_int_eq (test_size (f), (off_t) PIECES * PIECE);
    assert_closes (f);
}
END_TEST

START_TEST (a_buffer_that_cannot_be_had_leaves_nothing)
{
    limit (RLIMIT_AS, memory_in_use () + (16 << 20));
    for (int i = 0; i < 10; i++) {
        assert_null (NamedTemporaryFile (.buffering = 1 << 30), ENOMEM, NULL);
        assert_null (TemporaryFile (.buffering = 1 << 30), ENOMEM, NULL);
    }
    ck_assert_int_eq (test_entries (test_dir ()), 0);
}
END_TEST

START_TEST (the_largest_size_of_a_process_is_an_error_of_the_stream)
{
    FILE *f = open_kind (_i);

    signal (SIGXFSZ, SIG_IGN);
    limit (RLIMIT_FSIZE, 5000);
    ck_assert_int_ge (fputs (text, f), 0);
    ck_assert_int_eq (fflush (f), 0);
    for (int i = 0; i < 100; i++)
        (void) fwrite (block, 1, PIECE, f);
    ck_assert_int_eq (fflush (f), EOF);
    ck_assert_int_eq (errno, EFBIG);
    rewind (f);
    char have[sizeof text] = "";
    ck_assert_uint_eq (fread (have, 1, sizeof text - 1, f), sizeof text - 1);
    ck_assert_str_eq (have, text);
    if (_i == PLAIN)
        (void) fclose (f);
    else
        assert_close_fails (f, EFBIG);
}
END_TEST

START_TEST (no_more_descriptors_is_an_error_and_leaves_nothing)
{
    FILE *spool = SpooledTemporaryFile ();
    char *path;

    ck_assert_ptr_nonnull (spool);
    ck_assert_ptr_nonnull (tempfile_gettempdir ());
    ck_assert_int_ge (fputs (text, spool), 0);
    int next = dup (0);
    close (next);
    limit (RLIMIT_NOFILE, (size_t) next);
    assert_null (TemporaryFile (), EMFILE, test_dir ());
    assert_null (NamedTemporaryFile (), EMFILE, test_dir ());
    assert_null (TemporaryDirectory (.recoverable = 1), EMFILE, test_dir ());
    assert_minus_1 (tempfile_mkstemp (&path, NULL, 0), EMFILE, test_dir ());
    assert_minus_1 (tempfile_rollover (spool), EMFILE, test_dir ());
    limit (RLIMIT_NOFILE, 1024);
    ck_assert_int_eq (test_entries (test_dir ()), 0);
    assert_text (spool);
    assert_closes (spool);
}
END_TEST

/* Some file systems have no largest file. */
START_TEST (an_offset_that_no_file_can_have_is_an_error)
{
    FILE *f = open_kind (_i);
    off_t far = (off_t) 1 << (sizeof (off_t) * CHAR_BIT - 3);

    ck_assert_int_ge (fputs (text, f), 0);
    if (tempfile_truncate (f, far) == 0)
        ck_assert_int_eq (tempfile_truncate (f, sizeof text - 1), 0);
    else
        ck_assert_int_eq (errno, EFBIG);
    assert_text (f);
    bool went = fseeko (f, far, SEEK_SET) == 0 && fputc ('!', f) == '!' && fflush (f) == 0;
    int error = errno;
    ck_assert_msg (went || error == EFBIG || error == EINVAL, "%s", strerror (error));
    rewind (f);
    char have[sizeof text] = "";
    ck_assert_uint_eq (fread (have, 1, sizeof text - 1, f), sizeof text - 1);
    ck_assert_str_eq (have, text);
    (void) fclose (f);
}
END_TEST

/* --- read-only in mid-use --- */

#ifdef __linux__

static void
remount (unsigned long read_only)
{
    const char *mounted = getenv ("TEST_MOUNT");

    ck_assert_ptr_nonnull (mounted);
    ck_assert_msg (mount (NULL, mounted, NULL, MS_REMOUNT | read_only, NULL) == 0, "%s: %s",
                   mounted, strerror (errno));
}

START_TEST (what_cannot_be_deleted_is_named)
{
    struct tempfile_dir *d = TemporaryDirectory ();
    FILE *f = NamedTemporaryFile (.mode = "rb");
    char *left = tempfile_into_path (NamedTemporaryFile ());
    char *kept = tempfile_into_path (NamedTemporaryFile ());
    FILE *spool = SpooledTemporaryFile ();

    ck_assert (d && f && left && kept && spool);
    char *name = strdup (tempfile_name (f)), *dir = strdup (tempfile_dir_name (d));
    test_write_file (test_join (dir, "inside"), text);
    ck_assert_int_ge (fputs (text, spool), 0);
    remount (MS_RDONLY);
    assert_minus_1 (fclose (f), EROFS, name);
    assert_minus_1 (tempfile_unlink (left), EROFS, left);
    assert_minus_1 (tempfile_dir_close (d), EROFS, dir);
    assert_null (TemporaryFile (), EROFS, test_dir ());
    assert_null (NamedTemporaryFile (), EROFS, test_dir ());
    assert_null (TemporaryDirectory (), EROFS, test_dir ());
    assert_minus_1 (tempfile_rollover (spool), EROFS, test_dir ());
    assert_text (spool);
    ck_assert_int_eq (test_entries (test_dir ()), 4);
    remount (0);
    ck_assert_int_eq (tempfile_unlink (kept), 0);
    ck_assert_int_eq (tempfile_rollover (spool), 0);
    assert_text (spool);
    assert_closes (spool);
    ck_assert_int_eq (unlink (test_join (dir, "inside")), 0);
    ck_assert (rmdir (dir) == 0 && unlink (name) == 0 && unlink (left) == 0);
    free (name);
    free (dir);
    free (left);
    free (kept);
}
END_TEST

/* Another one of the usual directories serves. */
START_TEST (a_read_only_directory_is_passed_over)
{
    remount (MS_RDONLY);
    ck_assert_str_ne (tempfile_gettempdir (), test_dir ());
    remount (0);
}
END_TEST

#endif

/* --- broken in mid-use --- */

static const char *
broken_dir (void)
{
    const char *dir = getenv ("TEST_BROKEN");

    ck_assert_ptr_nonnull (dir);
    return dir;
}

/* What a disk that is gone, a server that died, a file system that shut down say. */
static void
assert_broken (int error)
{
    ck_assert_msg (error == EIO || error == EROFS || error == ENOTCONN || error == ENOSPC ||
                       error == EUCLEAN,
                   "%s", strerror (error));
}

/* Nobody is told that all is well, nobody waits, and what does not need it goes on. */
START_TEST (a_file_system_that_breaks_is_an_error_of_all_that_need_it)
{
    FILE *f[ALL_KINDS];
    const char *dir = broken_dir (), *how = getenv ("TEST_BREAK");
    FILE *spool = SpooledTemporaryFile (.dir = dir), *elsewhere = NamedTemporaryFile ();
    struct tempfile_dir *d = TemporaryDirectory (.dir = dir);

    ck_assert (how && spool && elsewhere && d);
    f[PLAIN] = TemporaryFile (.dir = dir);
    f[CUSTOM] = TemporaryFile (.dir = dir, .buffering = 4096);
    f[NAMED] = NamedTemporaryFile (.dir = dir);
    f[SPOOLED] = SpooledTemporaryFile (.dir = dir, .max_size = 8);
    test_write_file (test_join (tempfile_dir_name (d), "inside"), text);
    for (int i = 0; i < ALL_KINDS; i++)
        ck_assert (f[i] && fputs (text, f[i]) >= 0 && fflush (f[i]) == 0);
    ck_assert_int_ge (fputs (text, spool), 0);
    ck_assert_int_eq (system (how), 0);

    for (int i = 0; i < ALL_KINDS; i++) {
        (void) fwrite (block, 1, sizeof block, f[i]);
        int persisted = tempfile_persist (f[i], test_join (dir, "new"), TEMPFILE_SYNC);
        int error = errno;
        ck_assert_int_eq (persisted, -1);
        ck_assert_msg (strstr (tempfile_errmsg (), "persist"), "%s", tempfile_errmsg ());
        if (i != PLAIN)
            assert_broken (error);
        int closed = fclose (f[i]);
        error = errno;
        ck_assert (i == PLAIN || closed == EOF);
        if (closed == EOF && i != PLAIN)
            assert_broken (error);
    }
    ck_assert_int_eq (tempfile_dir_close (d), -1);
    assert_broken (errno);
    ck_assert_ptr_null (TemporaryFile (.dir = dir));
    assert_broken (errno);
    ck_assert_ptr_nonnull (strstr (tempfile_errmsg (), dir));
    ck_assert_ptr_null (NamedTemporaryFile (.dir = dir));
    assert_broken (errno);
    ck_assert_int_eq (tempfile_rollover (spool), -1);
    assert_broken (errno);
    assert_text (spool);
    assert_closes (spool);
    ck_assert_int_ge (fputs (text, elsewhere), 0);
    assert_text (elsewhere);
    assert_closes (elsewhere);
}
END_TEST

/* Writes go to memory; that they cannot go to the disk only fsync learns. */
START_TEST (what_does_not_come_to_disk_is_not_persisted)
{
    const char *dir = broken_dir ();
    FILE *f = _i ? NamedTemporaryFile (.dir = dir) : TemporaryFile (.dir = dir);
    char have[16];

    ck_assert_ptr_nonnull (f);
    test_write_file (test_join (dir, "target"), "old");
    for (int i = 0; i < 400; i++)
        ck_assert_uint_eq (fwrite (block, 1, sizeof block, f), sizeof block);
    ck_assert_int_eq (tempfile_persist (f, test_join (dir, "target"), TEMPFILE_SYNC), -1);
    assert_broken (errno);
    ck_assert_ptr_nonnull (strstr (tempfile_errmsg (), "target"));
    test_read_file (test_join (dir, "target"), have, sizeof have);
    ck_assert_str_eq (have, "old");
    (void) fclose (f);
    ck_assert_int_eq (unlink (test_join (dir, "target")), 0);
}
END_TEST

static void
add_behaviour (TCase *tc)
{
    tcase_add_loop_test (tc, what_was_written_is_read, 0, ALL_KINDS);
    tcase_add_loop_test (tc, a_second_stream_has_the_same_file, 0, ALL_KINDS);
    tcase_add_test (tc, text_is_written_and_found_again);
    tcase_add_test (tc, text_for_writing_only_tells_the_truth);
    tcase_add_loop_test (tc, what_is_made_is_private_where_there_are_permissions, 0, 2);
    tcase_add_test (tc, names_are_distinct_in_lower_case);
    tcase_add_test (tc, names_may_be_as_long_as_the_file_system_takes);
    tcase_add_loop_test (tc, a_name_that_the_file_system_refuses_is_named, 0, 2);
    tcase_add_loop_test (tc, what_can_be_persisted_is_whole_and_the_rest_says_why_not, 0,
                         ALL_KINDS * LENGTH (flags));
    tcase_add_test (tc, what_the_caller_removes_is_made);
    tcase_add_loop_test (tc, directories_go_with_all_that_is_in_them, 0, 2);
    tcase_add_test (tc, a_directory_with_an_open_file_goes_or_says_so);
    tcase_add_test (tc, what_killed_processes_left_is_recovered);
    tcase_add_test (tc, what_is_new_is_not_recovered);
    tcase_add_test (tc, exit_leaves_nothing);
    tcase_add_test (tc, the_directory_of_open_files_may_go);
    tcase_add_test (tc, the_default_directory_that_went_is_named);
    tcase_add_loop_test (tc, the_largest_size_of_a_process_is_an_error_of_the_stream, 0, ALL_KINDS);
    tcase_add_test (tc, no_more_descriptors_is_an_error_and_leaves_nothing);
}

static void
add_full (TCase *tc)
{
    tcase_add_loop_test (tc, what_was_stored_before_space_ended_is_read, 0, ALL_KINDS);
    tcase_add_loop_test (tc, close_says_that_what_was_buffered_is_not_stored, 0, ALL_KINDS);
    tcase_add_test (tc, a_spool_that_finds_no_space_stays_in_memory);
    tcase_add_loop_test (tc, what_cannot_be_written_out_is_not_persisted, 0, ALL_KINDS);
}

int
main (void)
{
    Suite *s = suite_create ("file systems");
    TCase *tc;

    add_behaviour (settled_case (s, "behaviour"));
    add_full (settled_case (s, "full"));
    tc = settled_case (s, "subvolumes");
    tcase_add_test (tc, a_subvolume_is_left_alone);
    tc = settled_case (s, "inodes");
    tcase_add_test (tc, no_more_files_is_an_error_that_names_the_directory);
    tcase_add_test (tc, a_directory_without_files_to_give_is_passed_over);
    tc = settled_case (s, "memory");
    tcase_add_test (tc, a_spool_that_outgrows_memory_moves_to_disk);
    tcase_add_test (tc, a_buffer_that_cannot_be_had_leaves_nothing);
    tc = settled_case (s, "largest");
    tcase_add_loop_test (tc, an_offset_that_no_file_can_have_is_an_error, 0, ALL_KINDS);
#ifdef __linux__
    tc = settled_case (s, "read-only");
    tcase_add_test (tc, what_cannot_be_deleted_is_named);
    tcase_add_test (tc, a_read_only_directory_is_passed_over);
#endif
    tc = test_case (s, "broken");
    tcase_add_test (tc, a_file_system_that_breaks_is_an_error_of_all_that_need_it);
    tc = test_case (s, "thin");
    tcase_add_loop_test (tc, what_does_not_come_to_disk_is_not_persisted, 0, 2);
    return test_main (s);
}
