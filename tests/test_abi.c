/* SPDX-License-Identifier: MIT */
/*
 * A program that was compiled with the first header, first/tempfile.h, runs with this library: all
 * that is said in its shorter struct of options is heard, and what happens to be in memory after
 * the struct is neither read nor taken for options that came later. The Makefile has the compiler
 * find that header, and not the current one.
 */
#include "common.h"

#include <sys/mman.h>

/* The options, right in front of a page that cannot be read. */
static const struct tempfile_options *
at_the_edge (const struct tempfile_options *options)
{
    size_t page = (size_t) sysconf (_SC_PAGESIZE);
    int zero = open ("/dev/zero", O_RDWR | O_CLOEXEC);
    char *pages = mmap (NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE, zero, 0);

    ck_assert_ptr_ne (pages, MAP_FAILED);
    ck_assert_int_eq (close (zero), 0);
    ck_assert_int_eq (mprotect (pages + page, page, PROT_NONE), 0);
    return memcpy (pages + page - sizeof *options, options, sizeof *options);
}

static int
make_fifo (const char *path, void *arg)
{
    (void) arg;
    return mkfifo (path, 0600);
}

START_TEST (no_call_reads_beyond_the_struct)
{
    const struct tempfile_options o = {.prefix = "first-"};
    const struct tempfile_options *edge = at_the_edge (&o);
    FILE *streams[] = {tempfile_open (edge, sizeof o), tempfile_open_named (edge, sizeof o),
                       tempfile_open_spooled (edge, sizeof o)};

    for (int i = 0; i < LENGTH (streams); i++) {
        ck_assert_msg (streams[i] != NULL, "stream %d: %s", i, tempfile_errmsg ());
        assert_closes (streams[i]);
    }

    struct tempfile_dir *dir = tempfile_open_dir (edge, sizeof o);
    ck_assert_msg (dir != NULL, "%s", tempfile_errmsg ());
    ck_assert_int_eq (tempfile_dir_close (dir), 0);

    char *path = tempfile_mkdtemp (edge, sizeof o);
    ck_assert_msg (path != NULL, "%s", tempfile_errmsg ());
    ck_assert_int_eq (rmdir (path), 0);
    free (path);

    int descriptor = tempfile_mkstemp (&path, edge, sizeof o);
    ck_assert_msg (descriptor >= 0, "%s", tempfile_errmsg ());
    ck_assert_int_eq (close (descriptor), 0);
    ck_assert_int_eq (unlink (path), 0);
    free (path);

    ck_assert_int_eq (tempfile_make (&path, make_fifo, NULL, edge, sizeof o), 0);
    ck_assert_int_eq (unlink (path), 0);
    free (path);
}
END_TEST

/* The first option that came later is recoverable; a file that has it cannot be kept. */
START_TEST (what_follows_the_struct_is_no_option)
{
    struct {
        struct tempfile_options options;
        unsigned char other[64];
    } memory;

    memset (&memory, 0, sizeof memory);
    memset (memory.other, 1, sizeof memory.other);
    FILE *f = tempfile_open_named (&memory.options, sizeof memory.options);
    ck_assert_msg (f != NULL, "%s", tempfile_errmsg ());
    ck_assert_int_eq (tempfile_keep (f), 0);
    ck_assert_int_eq (unlink (tempfile_name (f)), 0);
    assert_closes (f);
}
END_TEST

START_TEST (mode_is_heard)
{
    FILE *f = TemporaryFile (.mode = "wb");

    ck_assert_ptr_nonnull (f);
    ck_assert_int_eq (fcntl (tempfile_fileno (f), F_GETFL) & O_ACCMODE, O_WRONLY);
    assert_closes (f);
}
END_TEST

START_TEST (buffering_is_heard)
{
    FILE *f = TemporaryFile (.buffering = TEMPFILE_UNBUFFERED);

    ck_assert_ptr_nonnull (f);
    ck_assert_int_ge (fputs ("text", f), 0);
    ck_assert_int_eq (test_size (f), 4);
    assert_closes (f);
}
END_TEST

START_TEST (what_is_for_text_only_is_heard)
{
    if (!test_has_text ())
        return;
    assert_null (TemporaryFile (.mode = "w+b", .encoding = "utf-8"), EINVAL, "encoding");
    assert_null (TemporaryFile (.mode = "w+b", .errors = "strict"), EINVAL, "errors");
    assert_null (TemporaryFile (.mode = "w+b", .newline = ""), EINVAL, "newline");
}
END_TEST

START_TEST (name_is_heard)
{
    const char *dir = test_make_dir ("below");
    FILE *f = NamedTemporaryFile (.prefix = "begin-", .suffix = "-end", .dir = dir);

    ck_assert_ptr_nonnull (f);
    const char *base = test_base (tempfile_name (f));
    ck_assert_int_eq (strncmp (base, "begin-", 6), 0);
    ck_assert_str_eq (base + strlen (base) - 4, "-end");
    ck_assert (test_exists (test_join (dir, base)));
    assert_closes (f);
    ck_assert_int_eq (test_entries (dir), 0);
    ck_assert_int_eq (rmdir (dir), 0);
}
END_TEST

START_TEST (delete_when_is_heard)
{
    static const struct {
        enum tempfile_delete when;
        bool there_after_close;
    } cases[] = {{TEMPFILE_DELETE_ON_CLOSE, false},
                 {TEMPFILE_DELETE_ON_EXIT, true},
                 {TEMPFILE_DELETE_NEVER, true}};

    for (int i = 0; i < LENGTH (cases); i++) {
        FILE *f = NamedTemporaryFile (.delete_when = cases[i].when);
        ck_assert_ptr_nonnull (f);
        char *path = strdup (tempfile_name (f));
        ck_assert_ptr_nonnull (path);
        assert_closes (f);
        ck_assert_int_eq (test_exists (path), cases[i].there_after_close);
        if (cases[i].when == TEMPFILE_DELETE_ON_EXIT)
            ck_assert_int_eq (tempfile_unlink (path), 0);
        else if (cases[i].there_after_close)
            ck_assert_int_eq (unlink (path), 0);
        free (path);
    }
}
END_TEST

START_TEST (permissions_are_heard)
{
    struct stat st;
    FILE *f = NamedTemporaryFile (.permissions = 0640);

    ck_assert_ptr_nonnull (f);
    ck_assert_int_eq (fstat (tempfile_fileno (f), &st), 0);
    ck_assert_int_eq (st.st_mode & 07777, 0640);
    assert_closes (f);
}
END_TEST

/* A directory that is missing is noticed at the move to disk. */
START_TEST (max_size_is_heard)
{
    FILE *f = SpooledTemporaryFile (.max_size = 8, .dir = "/nonexistent");

    ck_assert_ptr_nonnull (f);
    ck_assert_int_ge (fputs ("12345678", f), 0);
    ck_assert_int_eq (fflush (f), 0);
    ck_assert_int_ge (fputs ("9", f), 0);
    ck_assert_int_eq (fflush (f), EOF);
    ck_assert_int_eq (errno, ENOENT);
    assert_close_fails (f, ENOENT);
}
END_TEST

static int
count (void *arg)
{
    ++*(int *) arg;
    return 0;
}

START_TEST (on_close_is_heard)
{
    int calls = 0;
    const struct tempfile_options o = {.on_close = count, .on_close_arg = &calls};
    FILE *f = tempfile_open (at_the_edge (&o), sizeof o);

    ck_assert_ptr_nonnull (f);
    assert_closes (f);
    ck_assert_int_eq (calls, 1);
}
END_TEST

START_TEST (flags_mean_what_they_meant)
{
    FILE *f = NamedTemporaryFile ();

    ck_assert_ptr_nonnull (f);
    test_write_file (test_path ("there"), "old");
    assert_minus_1 (tempfile_persist (f, test_path ("there"), TEMPFILE_NOREPLACE), EEXIST, NULL);
    ck_assert_int_eq (tempfile_persist (f, test_path ("there"), TEMPFILE_SYNC), 0);
    assert_closes (f);
    ck_assert_int_eq (unlink (test_path ("there")), 0);
}
END_TEST

/* They are inline functions, so what they do is in the program. */
START_TEST (scope_guards_do_what_they_did)
{
    {
        tempfile_auto FILE *f = NamedTemporaryFile (.delete_when = TEMPFILE_DELETE_ON_EXIT);
        tempfile_auto_path char *path = tempfile_into_path (NamedTemporaryFile ());
        tempfile_auto_dir struct tempfile_dir *dir = TemporaryDirectory ();

        ck_assert (f && path && dir);
        ck_assert (test_exists (tempfile_dir_name (dir)));
        ck_assert_int_eq (test_entries (test_dir ()), 3);
    }
    ck_assert_int_eq (test_entries (test_dir ()), 0);
}
END_TEST

int
main (void)
{
    Suite *s = suite_create ("abi");
    TCase *tc = test_case (s, "struct");

    tcase_add_test (tc, no_call_reads_beyond_the_struct);
    tcase_add_test (tc, what_follows_the_struct_is_no_option);

    tc = test_case (s, "options");
    tcase_add_test (tc, mode_is_heard);
    tcase_add_test (tc, buffering_is_heard);
    tcase_add_test (tc, what_is_for_text_only_is_heard);
    tcase_add_test (tc, name_is_heard);
    tcase_add_test (tc, delete_when_is_heard);
    tcase_add_test (tc, permissions_are_heard);
    tcase_add_test (tc, max_size_is_heard);
    tcase_add_test (tc, on_close_is_heard);

    tc = test_case (s, "header");
    tcase_add_test (tc, flags_mean_what_they_meant);
    tcase_add_test (tc, scope_guards_do_what_they_did);
    return test_main (s);
}
