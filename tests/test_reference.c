/* SPDX-License-Identifier: MIT */
/*
 * The reference, sentence by sentence: what Python's documentation says of TemporaryFile and
 * NamedTemporaryFile holds here for binary streams. Each test quotes its sentence.
 */
#include "common.h"

#include <wchar.h>

/* What the audit hook below has seen. */
static struct {
    int count;
    char event[64], path[4096];
    bool existed;
} seen;

static int
see (const char *event, const char *path, void *arg)
{
    (void) arg;
    seen.count++;
    snprintf (seen.event, sizeof seen.event, "%s", event);
    snprintf (seen.path, sizeof seen.path, "%s", path);
    seen.existed = test_exists (path);
    return 0;
}

/* "Return a file-like object that can be used as a temporary storage area." */
START_TEST (can_be_used_as_a_temporary_storage_area)
{
    char text[16] = "";
    FILE *f = test_open (_i, NULL);

    ck_assert_int_eq (fprintf (f, "number %d\n", 42), 10);
    rewind (f);
    ck_assert_ptr_nonnull (fgets (text, sizeof text, f));
    ck_assert_str_eq (text, "number 42\n");
    assert_closes (f);
}
END_TEST

/*
 * "The file is created securely, using the same rules as mkstemp()": readable and writable by the
 * creating user only, executable by no one, the descriptor not inherited by child processes.
 */
START_TEST (is_created_securely_as_by_mkstemp)
{
    struct stat st;
    FILE *f = test_open (_i, NULL);

    ck_assert_int_eq (fstat (tempfile_fileno (f), &st), 0);
    ck_assert_int_eq (st.st_mode, S_IFREG | 0600);
    ck_assert_uint_eq (st.st_uid, geteuid ());
    ck_assert_int_ne (fcntl (tempfile_fileno (f), F_GETFD) & FD_CLOEXEC, 0);
    assert_closes (f);
}
END_TEST

/* The same: "no race conditions in the file's creation". */
START_TEST (is_created_securely_never_through_an_existing_link)
{
    FILE *f = NamedTemporaryFile ();
    struct stat st;

    ck_assert_ptr_nonnull (f);
    ck_assert_int_eq (lstat (tempfile_name (f), &st), 0);
    ck_assert (S_ISREG (st.st_mode));
    ck_assert_uint_eq (st.st_nlink, 1);
    assert_closes (f);
}
END_TEST

/* Does any descriptor of this process refer to the file? */
static bool
is_open (dev_t dev, ino_t ino)
{
    struct stat st;

    for (int fd = 0; fd < 1024; fd++)
        if (fstat (fd, &st) == 0 && st.st_dev == dev && st.st_ino == ino)
            return true;
    return false;
}

/* "It will be destroyed as soon as it is closed." */
START_TEST (is_destroyed_as_soon_as_it_is_closed)
{
    struct stat st;
    FILE *f = test_open (_i, NULL);

    ck_assert_int_eq (fstat (tempfile_fileno (f), &st), 0);
    ck_assert (is_open (st.st_dev, st.st_ino));
    assert_closes (f);
    ck_assert_int_eq (test_entries (test_dir ()), 0);
    ck_assert (!is_open (st.st_dev, st.st_ino));
}
END_TEST

/* "... including an implicit close when the object is garbage collected." */
START_TEST (is_destroyed_by_an_implicit_close)
{
    struct stat st;
    {
        tempfile_auto FILE *f = test_open (_i, NULL);
        ck_assert_int_eq (fstat (tempfile_fileno (f), &st), 0);
    }
    ck_assert_int_eq (test_entries (test_dir ()), 0);
    ck_assert (!is_open (st.st_dev, st.st_ino));
}
END_TEST

/*
 * "Under Unix, the directory entry for the file is either not created at all or is removed
 * immediately after the file is created."
 */
START_TEST (has_no_directory_entry_while_it_is_open)
{
    static const char *const modes[] = {"w+b", "rb", "ab", "xb"};
    struct stat st;

    for (int i = 0; i < LENGTH (modes); i++) {
        FILE *f = test_open (_i, modes[i]);
        ck_assert_int_eq (fstat (tempfile_fileno (f), &st), 0);
        ck_assert_uint_eq (st.st_nlink, 0);
        ck_assert_int_eq (test_entries (test_dir ()), 0);
        assert_closes (f);
    }
}
END_TEST

/* "The resulting object can be used as a context manager. On completion of the context ... the
 * temporary file will be removed from the filesystem." */
START_TEST (can_be_used_as_a_context_manager)
{
    char name[4096] = "";

    for (int i = 0; i < 2; i++) {
        tempfile_auto FILE *f = NamedTemporaryFile (.delete_when = TEMPFILE_DELETE_ON_EXIT);
        ck_assert_ptr_nonnull (f);
        snprintf (name, sizeof name, "%s", tempfile_name (f));
        ck_assert (test_exists (name));
        if (i == 0)
            continue; /* leaves the scope too */
        ck_assert_int_eq (test_entries (test_dir ()), 1);
    }
    ck_assert (!test_exists (name));
    ck_assert_int_eq (test_entries (test_dir ()), 0);
}
END_TEST

/* "The mode parameter defaults to 'w+b' so that the file created can be read and written without
 * being closed." */
START_TEST (mode_defaults_to_reading_and_writing_without_being_closed)
{
    FILE *f = test_open (_i, NULL);
    int flags = fcntl (tempfile_fileno (f), F_GETFL);

    ck_assert_int_eq (flags & O_ACCMODE, O_RDWR);
    ck_assert_int_eq (flags & O_APPEND, 0);
    ck_assert_int_ge (fputs ("first", f), 0);
    rewind (f);
    ck_assert_int_eq (fgetc (f), 'f');
    ck_assert_int_eq (fseek (f, 0, SEEK_CUR), 0);
    ck_assert_int_eq (fputc ('I', f), 'I');
    rewind (f);
    char text[8] = "";
    ck_assert_uint_eq (fread (text, 1, sizeof text, f), 5);
    ck_assert_str_eq (text, "fIrst");
    assert_closes (f);
}
END_TEST

/* "Binary mode is used so that it behaves consistently on all platforms without regard for the
 * data that is stored." */
START_TEST (binary_mode_stores_every_byte_unchanged)
{
    unsigned char bytes[1024], back[2048];
    FILE *f = test_open (_i, NULL);

    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char) (i < 512 ? i : i % 2 ? '\n' : '\r');
    ck_assert_uint_eq (fwrite (bytes, 1, sizeof bytes, f), sizeof bytes);
    ck_assert_int_eq (fflush (f), 0);
    ck_assert_uint_eq (test_bytes (f, back, sizeof back), sizeof bytes);
    ck_assert_mem_eq (back, bytes, sizeof bytes);
    rewind (f);
    ck_assert_uint_eq (fread (back, 1, sizeof back, f), sizeof bytes);
    ck_assert_mem_eq (back, bytes, sizeof bytes);
    assert_closes (f);
}
END_TEST

/* "buffering ... interpreted as for open()": by default blocks of some fixed size. */
START_TEST (buffering_is_in_blocks_by_default)
{
    FILE *f = test_open (_i, NULL);

    ck_assert_int_ge (fputs ("a line\nand half", f), 0);
    ck_assert_int_eq (test_size (f), 0);
    ck_assert_int_eq (fflush (f), 0);
    ck_assert_int_eq (test_size (f), 15);
    assert_closes (f);
}
END_TEST

static FILE *
open_buffered (int named, int buffering)
{
    FILE *f = named ? NamedTemporaryFile (.buffering = buffering)
                    : TemporaryFile (.buffering = buffering);

    ck_assert_msg (f != NULL, "%s", tempfile_errmsg ());
    return f;
}

/* The same: none. */
START_TEST (buffering_switched_off_writes_at_once)
{
    FILE *f = open_buffered (_i, TEMPFILE_UNBUFFERED);

    ck_assert_int_eq (fputc ('x', f), 'x');
    ck_assert_int_eq (test_size (f), 1);
    ck_assert_int_ge (fputs ("yz", f), 0);
    ck_assert_int_eq (test_size (f), 3);
    assert_closes (f);
}
END_TEST

/* The same: by lines. */
START_TEST (buffering_by_lines_writes_at_the_end_of_each)
{
    FILE *f = open_buffered (_i, TEMPFILE_LINE_BUFFERED);

    ck_assert_int_ge (fputs ("half", f), 0);
    ck_assert_int_eq (test_size (f), 0);
    ck_assert_int_ge (fputs (" and half\n", f), 0);
    ck_assert_int_eq (test_size (f), 14);
    assert_closes (f);
}
END_TEST

/* The same: by a size of the caller's, of which libc may use a little for its own ends. */
START_TEST (buffering_of_a_given_size_writes_when_it_is_full)
{
    static const int sizes[] = {64, 4096, 100000};

    for (int i = 0; i < LENGTH (sizes); i++) {
        FILE *f = open_buffered (_i, sizes[i]);
        int n = 0;
        for (; n < sizes[i] - 16; n++)
            if (fputc ('x', f) != 'x')
                ck_abort ();
        ck_assert_int_eq (test_size (f), 0);
        for (; n < sizes[i] + 1; n++)
            if (fputc ('y', f) != 'y')
                ck_abort ();
        ck_assert_int_ge (test_size (f), sizes[i] - 16);
        assert_closes (f);
    }
}
END_TEST

/*
 * "The dir, prefix and suffix parameters have the same meaning and defaults as with mkstemp()":
 * the name begins with prefix, ends with suffix, and is in dir.
 */
START_TEST (dir_prefix_and_suffix_mean_what_they_do_with_mkstemp)
{
    const char *dir = test_make_dir ("some directory");
    FILE *f = NamedTemporaryFile (.dir = dir, .prefix = "pre fix-", .suffix = ".suf.fix");

    ck_assert_msg (f != NULL, "%s", tempfile_errmsg ());
    const char *name = tempfile_name (f);
    ck_assert_int_eq (strncmp (name, dir, strlen (dir)), 0);
    ck_assert_ptr_eq (test_base (name), name + strlen (dir) + 1);
    ck_assert_int_eq (strncmp (test_base (name), "pre fix-", 8), 0);
    ck_assert_str_eq (name + strlen (name) - 8, ".suf.fix");
    ck_assert_int_eq (test_entries (dir), 1);
    assert_closes (f);
    ck_assert_int_eq (rmdir (dir), 0);
}
END_TEST

/* The same: no suffix, the default prefix, the default directory. */
START_TEST (dir_prefix_and_suffix_default_as_with_mkstemp)
{
    FILE *f = NamedTemporaryFile ();

    ck_assert_ptr_nonnull (f);
    const char *name = tempfile_name (f);
    ck_assert_str_eq (tempfile_gettempprefix (), "tmp");
    ck_assert_str_eq (tempfile_gettempdir (), test_dir ());
    ck_assert_int_eq (strncmp (name, test_dir (), strlen (test_dir ())), 0);
    ck_assert_ptr_eq (test_base (name), name + strlen (test_dir ()) + 1);
    ck_assert_int_eq (strncmp (test_base (name), "tmp", 3), 0);
    ck_assert_ptr_null (strchr (test_base (name), '.'));
    assert_closes (f);
}
END_TEST

/* The same: an empty prefix is not the default one. */
START_TEST (prefix_may_be_empty)
{
    FILE *f = NamedTemporaryFile (.prefix = "", .suffix = "");

    ck_assert_ptr_nonnull (f);
    ck_assert_uint_ge (strlen (test_base (tempfile_name (f))), 12);
    assert_closes (f);
}
END_TEST

/* The same, for a file without a name: dir is where it is made. */
START_TEST (dir_is_where_an_unnamed_file_is_made)
{
    const char *dir = test_make_dir ("sub");

    ck_assert_int_eq (tempfile_add_audit_hook (see, NULL), 0);
    FILE *f = TemporaryFile (.dir = dir, .prefix = "p", .suffix = "s");
    ck_assert_ptr_nonnull (f);
    ck_assert_int_eq (strncmp (seen.path, dir, strlen (dir)), 0);
    assert_closes (f);
    ck_assert_int_eq (rmdir (dir), 0);
}
END_TEST

/* "The returned object is a true file object on POSIX platforms": fileno() works. */
START_TEST (true_file_object_has_fileno)
{
    FILE *f = TemporaryFile ();

    ck_assert_ptr_nonnull (f);
    ck_assert_int_ge (fileno (f), 0);
    ck_assert_int_eq (fileno (f), tempfile_fileno (f));
    ck_assert_int_eq (write (fileno (f), "raw", 3), 3);
    assert_contents (f, "raw");
    assert_closes (f);
}
END_TEST

/* The same: freopen() works. */
START_TEST (true_file_object_can_be_reopened)
{
    const char *path = test_path ("other");
    FILE *f = TemporaryFile ();

    ck_assert_ptr_nonnull (f);
    ck_assert_int_ge (fputs ("lost", f), 0);
    f = freopen (path, "w", f);
    ck_assert_ptr_nonnull (f);
    ck_assert_int_ge (fputs ("kept", f), 0);
    assert_closes (f);
    ck_assert_int_eq (unlink (path), 0);
}
END_TEST

/* The same: it may be wide-oriented. */
START_TEST (true_file_object_takes_wide_characters)
{
    wchar_t text[8] = L"";
    FILE *f = TemporaryFile ();

    ck_assert_ptr_nonnull (f);
    ck_assert_int_gt (fwide (f, 1), 0);
    ck_assert_int_ge (fputws (L"wide", f), 0);
    rewind (f);
    ck_assert_ptr_nonnull (fgetws (text, LENGTH (text), f));
    ck_assert (wcscmp (text, L"wide") == 0);
    assert_closes (f);
}
END_TEST

/* The same: line buffered and unbuffered ones are true file objects too. */
START_TEST (true_file_object_whatever_the_standard_buffering)
{
    static const int modes[] = {TEMPFILE_LINE_BUFFERED, TEMPFILE_UNBUFFERED};

    for (int i = 0; i < LENGTH (modes); i++) {
        FILE *f = TemporaryFile (.buffering = modes[i]);
        ck_assert_ptr_nonnull (f);
        ck_assert_int_gt (fwide (f, 1), 0);
        ck_assert_int_eq (fileno (f), tempfile_fileno (f));
        assert_closes (f);
    }
}
END_TEST

#ifdef O_TMPFILE
static bool
directory_has_o_tmpfile (void)
{
    int fd = open (test_dir (), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

    if (fd >= 0)
        close (fd);
    return fd >= 0;
}

static bool
was_made_by_o_tmpfile (FILE *f)
{
    return (fcntl (tempfile_fileno (f), F_GETFL) & O_TMPFILE) == O_TMPFILE;
}

/* "The os.O_TMPFILE flag is used if it is available and works." */
START_TEST (o_tmpfile_is_used_if_it_is_available)
{
    if (!directory_has_o_tmpfile ()) {
        test_skip ("the file system has no O_TMPFILE");
        return;
    }
    FILE *f = test_open (_i, NULL);
    ck_assert (was_made_by_o_tmpfile (f));
    assert_closes (f);
}
END_TEST

/* The same: "and works". */
START_TEST (o_tmpfile_is_not_needed)
{
    static const int errors[] = {EOPNOTSUPP, EISDIR, EINVAL, ENOSYS, EPERM};

    if (!test_refuse_open (O_TMPFILE & ~O_DIRECTORY, errors[_i]))
        return;
    for (int kind = PLAIN; kind <= CUSTOM; kind++) {
        struct stat st;
        FILE *f = test_open (kind, NULL);
        ck_assert (!was_made_by_o_tmpfile (f));
        ck_assert_int_eq (fstat (tempfile_fileno (f), &st), 0);
        ck_assert_uint_eq (st.st_nlink, 0);
        ck_assert_int_eq (st.st_mode, S_IFREG | 0600);
        ck_assert_int_ne (fcntl (tempfile_fileno (f), F_GETFD) & FD_CLOEXEC, 0);
        ck_assert_int_eq (test_entries (test_dir ()), 0);
        assert_closes (f);
    }
}
END_TEST
#endif

/* "Raises an auditing event tempfile.mkstemp with argument fullpath." */
START_TEST (auditing_event_has_the_full_path_of_a_named_file)
{
    ck_assert_int_eq (tempfile_add_audit_hook (see, NULL), 0);
    FILE *f = NamedTemporaryFile ();
    ck_assert_ptr_nonnull (f);
    ck_assert_int_eq (seen.count, 1);
    ck_assert_str_eq (seen.event, "tempfile.mkstemp");
    ck_assert_str_eq (seen.path, tempfile_name (f));
    ck_assert (!seen.existed);
    assert_closes (f);
}
END_TEST

/* The same, for a file that never gets a name: the path is its directory. */
START_TEST (auditing_event_has_the_directory_of_an_unnamed_file)
{
    ck_assert_int_eq (tempfile_add_audit_hook (see, NULL), 0);
    FILE *f = test_open (_i, NULL);
    ck_assert_int_ge (seen.count, 1);
    ck_assert_str_eq (seen.event, "tempfile.mkstemp");
    ck_assert_int_eq (strncmp (seen.path, test_dir (), strlen (test_dir ())), 0);
    assert_closes (f);
}
END_TEST

static int
refuse (const char *event, const char *path, void *arg)
{
    (void) event;
    (void) path;
    (void) arg;
    return -1;
}

static int
count (const char *event, const char *path, void *arg)
{
    (void) event;
    (void) path;
    ++*(int *) arg;
    return 0;
}

START_TEST (auditing_hook_may_refuse)
{
    int before = 0, after = 0;

    ck_assert_int_eq (tempfile_add_audit_hook (count, &before), 0);
    ck_assert_int_eq (tempfile_add_audit_hook (refuse, NULL), 0);
    ck_assert_int_eq (tempfile_add_audit_hook (count, &after), 0);
    assert_null (NamedTemporaryFile (), EPERM, "tempfile.mkstemp");
    assert_null (TemporaryFile (), EPERM, "tempfile.mkstemp");
    ck_assert_int_eq (before, 2);
    ck_assert_int_eq (after, 0);
    ck_assert_int_eq (test_entries (test_dir ()), 0);
}
END_TEST

static int
append_letter (const char *event, const char *path, void *arg)
{
    static char order[16];

    (void) event;
    (void) path;
    strcat (order, arg);
    snprintf (seen.event, sizeof seen.event, "%s", order);
    return 0;
}

START_TEST (auditing_hooks_run_in_the_order_of_addition)
{
    char a[] = "a", b[] = "b", c[] = "c";

    ck_assert_int_eq (tempfile_add_audit_hook (append_letter, a), 0);
    ck_assert_int_eq (tempfile_add_audit_hook (append_letter, b), 0);
    ck_assert_int_eq (tempfile_add_audit_hook (append_letter, c), 0);
    FILE *f = NamedTemporaryFile ();
    ck_assert_ptr_nonnull (f);
    ck_assert_str_eq (seen.event, "abc");
    assert_closes (f);
}
END_TEST

/* "This function returns a file that is guaranteed to have a visible name in the file system." */
START_TEST (named_file_is_guaranteed_to_have_a_visible_name)
{
    static const char *const modes[] = {"w+b", "rb", "wb", "ab", "xb"};

    for (int i = 0; i < LENGTH (modes); i++) {
        FILE *f = test_open (NAMED, modes[i]);
        const char *name = tempfile_name (f);
        ck_assert_ptr_nonnull (name);
        ck_assert_int_eq (*name, '/');
        ck_assert (test_same_file (name, tempfile_fileno (f)));
        ck_assert_int_eq (test_entries (test_dir ()), 1);
        assert_closes (f);
    }
}
END_TEST

/* The same: another stream, opened by that name, sees the contents. */
START_TEST (named_file_can_be_opened_again_by_its_name)
{
    char text[8];
    FILE *f = test_open (NAMED, NULL);

    ck_assert_int_ge (fputs ("text", f), 0);
    ck_assert_int_eq (fflush (f), 0);
    test_read_file (tempfile_name (f), text, sizeof text);
    ck_assert_str_eq (text, "text");
    assert_closes (f);
}
END_TEST

/* "... delete and delete_on_close parameters that determine whether and how the named file should
 * be automatically deleted": delete=True, delete_on_close=True, the default. */
START_TEST (delete_on_close_is_the_default)
{
    char name[4096];
    FILE *f = NamedTemporaryFile ();

    ck_assert_ptr_nonnull (f);
    snprintf (name, sizeof name, "%s", tempfile_name (f));
    assert_closes (f);
    ck_assert (!test_exists (name));
}
END_TEST

/* delete=True, delete_on_close=False: the file stays when it is closed, to be opened again by its
 * name, and goes at the end of the context. */
START_TEST (delete_on_close_false_leaves_the_file_till_the_end_of_the_context)
{
    char name[4096], text[8];
    FILE *f = NamedTemporaryFile (.delete_when = TEMPFILE_DELETE_ON_EXIT);

    ck_assert_ptr_nonnull (f);
    snprintf (name, sizeof name, "%s", tempfile_name (f));
    ck_assert_int_ge (fputs ("text", f), 0);
    assert_closes (f);
    test_read_file (name, text, sizeof text);
    ck_assert_str_eq (text, "text");
    ck_assert_int_eq (tempfile_unlink (name), 0);
    ck_assert (!test_exists (name));
}
END_TEST

/* delete=False: it stays, context or no context. */
START_TEST (delete_false_leaves_the_file_for_good)
{
    char name[4096];
    {
        tempfile_auto FILE *f = NamedTemporaryFile (.delete_when = TEMPFILE_DELETE_NEVER);
        ck_assert_ptr_nonnull (f);
        snprintf (name, sizeof name, "%s", tempfile_name (f));
    }
    ck_assert (test_exists (name));
    ck_assert_int_eq (unlink (name), 0);
}
END_TEST

static void
add_sentences (TCase *tc)
{
    tcase_add_loop_test (tc, can_be_used_as_a_temporary_storage_area, 0, KINDS);
    tcase_add_loop_test (tc, is_created_securely_as_by_mkstemp, 0, KINDS);
    tcase_add_test (tc, is_created_securely_never_through_an_existing_link);
    tcase_add_loop_test (tc, is_destroyed_as_soon_as_it_is_closed, 0, KINDS);
    tcase_add_loop_test (tc, is_destroyed_by_an_implicit_close, 0, KINDS);
    tcase_add_loop_test (tc, has_no_directory_entry_while_it_is_open, PLAIN, NAMED);
    tcase_add_test (tc, can_be_used_as_a_context_manager);
    tcase_add_loop_test (tc, mode_defaults_to_reading_and_writing_without_being_closed, 0, KINDS);
    tcase_add_loop_test (tc, binary_mode_stores_every_byte_unchanged, 0, KINDS);
}

static void
add_parameters (TCase *tc)
{
    tcase_add_loop_test (tc, buffering_is_in_blocks_by_default, 0, KINDS);
    tcase_add_loop_test (tc, buffering_switched_off_writes_at_once, 0, 2);
    tcase_add_loop_test (tc, buffering_by_lines_writes_at_the_end_of_each, 0, 2);
    tcase_add_loop_test (tc, buffering_of_a_given_size_writes_when_it_is_full, 0, 2);
    tcase_add_test (tc, dir_prefix_and_suffix_mean_what_they_do_with_mkstemp);
    tcase_add_test (tc, dir_prefix_and_suffix_default_as_with_mkstemp);
    tcase_add_test (tc, prefix_may_be_empty);
    tcase_add_test (tc, dir_is_where_an_unnamed_file_is_made);
}

static void
add_true_file (TCase *tc)
{
    tcase_add_test (tc, true_file_object_has_fileno);
    tcase_add_test (tc, true_file_object_can_be_reopened);
    tcase_add_test (tc, true_file_object_takes_wide_characters);
    tcase_add_test (tc, true_file_object_whatever_the_standard_buffering);
#ifdef O_TMPFILE
    tcase_add_loop_test (tc, o_tmpfile_is_used_if_it_is_available, PLAIN, NAMED);
    tcase_add_loop_test (tc, o_tmpfile_is_not_needed, 0, 5);
#endif
}

static void
add_auditing (TCase *tc)
{
    tcase_add_test (tc, auditing_event_has_the_full_path_of_a_named_file);
    tcase_add_loop_test (tc, auditing_event_has_the_directory_of_an_unnamed_file, PLAIN, NAMED);
    tcase_add_test (tc, auditing_hook_may_refuse);
    tcase_add_test (tc, auditing_hooks_run_in_the_order_of_addition);
}

static void
add_named (TCase *tc)
{
    tcase_add_test (tc, named_file_is_guaranteed_to_have_a_visible_name);
    tcase_add_test (tc, named_file_can_be_opened_again_by_its_name);
    tcase_add_test (tc, delete_on_close_is_the_default);
    tcase_add_test (tc, delete_on_close_false_leaves_the_file_till_the_end_of_the_context);
    tcase_add_test (tc, delete_false_leaves_the_file_for_good);
}

int
main (void)
{
    Suite *s = suite_create ("reference");

    add_sentences (test_case (s, "TemporaryFile"));
    add_parameters (test_case (s, "parameters"));
    add_true_file (test_case (s, "true file object"));
    add_auditing (test_case (s, "auditing"));
    add_named (test_case (s, "NamedTemporaryFile"));
    return test_main (s);
}
