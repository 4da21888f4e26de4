/* SPDX-License-Identifier: MIT */
/* The option beside: what is made is in the directory where a file really is, or would be. */
#include "common.h"

#include <limits.h>

/* What leads to the file, and the directory that it is in; all below test_dir (). */
static const struct {
    const char *link, *where;
} paths[] = {{"file", "."},         {"new", "."},          {"inner/absent", "inner"},
             {"to_file", "."},      {"to_link", "."},      {"to_inner", "inner"},
             {"dangling", "inner"}, {"absolute", "inner"}, {"way/file", "inner"}};

static void
make_paths (void)
{
    test_make_dir ("inner");
    test_write_file (test_path ("file"), "");
    test_write_file (test_path ("inner/file"), "");
    ck_assert_int_eq (symlink ("file", test_path ("to_file")), 0);
    ck_assert_int_eq (symlink ("./to_file", test_path ("to_link")), 0);
    ck_assert_int_eq (symlink ("inner/file", test_path ("to_inner")), 0);
    ck_assert_int_eq (symlink ("inner/nothing", test_path ("dangling")), 0);
    ck_assert_int_eq (symlink (test_path ("inner/file"), test_path ("absolute")), 0);
    ck_assert_int_eq (symlink ("inner", test_path ("way")), 0);
}

static void
remove_paths (void)
{
    test_remove_entries (test_path ("inner"));
    ck_assert_int_eq (rmdir (test_path ("inner")), 0);
    test_remove_entries (test_dir ());
}

static void
assert_in (const char *path, const char *where)
{
    char dir[PATH_MAX], have[PATH_MAX];

    ck_assert_ptr_nonnull (realpath (test_path (where), dir));
    ck_assert_int_eq (*path, '/');
    (void) snprintf (have, sizeof have, "%.*s", (int) (strrchr (path, '/') - path), path);
    char *real = realpath (have, NULL);
    ck_assert_ptr_nonnull (real);
    ck_assert_str_eq (real, dir);
    free (real);
}

/* Where the kernel says that a file without a name is. */
static void
assert_unnamed_in (FILE *f, const char *where)
{
    char link[64], path[PATH_MAX + 32] = "";

    ck_assert_msg (f != NULL, "%s", tempfile_errmsg ());
    (void) snprintf (link, sizeof link, "/proc/self/fd/%d", tempfile_fileno (f));
    if (readlink (link, path, sizeof path - 1) < 0)
        test_skip ("no /proc");
    else
        assert_in (path, where);
    assert_closes (f);
}

START_TEST (streams_are_beside)
{
    const char *where = paths[_i].where;

    make_paths ();
    ck_assert_int_eq (setenv ("TMPDIR", "/nonexistent", 1), 0);
    const char *path = test_path (paths[_i].link);
    FILE *f = NamedTemporaryFile (.beside = path);
    ck_assert_msg (f != NULL, "%s", tempfile_errmsg ());
    assert_in (tempfile_name (f), where);
    assert_closes (f);
    assert_unnamed_in (TemporaryFile (.beside = path), where);
    assert_unnamed_in (TemporaryFile (.beside = path, .mode = "rb"), where);
    assert_unnamed_in (SpooledTemporaryFile (.beside = path), where);
    remove_paths ();
}
END_TEST

static int
make_link (const char *path, void *arg)
{
    return symlink (arg, path);
}

START_TEST (all_else_is_beside)
{
    const char *where = paths[_i].where;
    char *name, *path = strdup (test_path (paths[_i].link));

    make_paths ();
    int fd = tempfile_mkstemp (&name, TEMPFILE_OPTIONS (.beside = path));
    ck_assert_int_ge (fd, 0);
    assert_in (name, where);
    close (fd);
    ck_assert_int_eq (unlink (name), 0);
    free (name);
    ck_assert_int_eq (
        tempfile_make (&name, make_link, (void *) "x", TEMPFILE_OPTIONS (.beside = path)), 0);
    assert_in (name, where);
    ck_assert_int_eq (unlink (name), 0);
    free (name);
    name = tempfile_mkdtemp (TEMPFILE_OPTIONS (.beside = path));
    ck_assert_ptr_nonnull (name);
    assert_in (name, where);
    ck_assert_int_eq (rmdir (name), 0);
    free (name);
    struct tempfile_dir *d = TemporaryDirectory (.beside = path);
    ck_assert_ptr_nonnull (d);
    assert_in (tempfile_dir_name (d), where);
    ck_assert_int_eq (tempfile_dir_close (d), 0);
    free (path);
    remove_paths ();
}
END_TEST

/* Of a spool, where the working directory is when it is opened. */
START_TEST (a_relative_path_is_meant_as_of_now)
{
    make_paths ();
    ck_assert_int_eq (chdir (test_dir ()), 0);
    FILE *f = NamedTemporaryFile (.beside = "to_inner");
    FILE *m = SpooledTemporaryFile (.beside = "to_inner");
    ck_assert_int_eq (chdir ("/"), 0);
    ck_assert_ptr_nonnull (f);
    assert_in (tempfile_name (f), "inner");
    assert_closes (f);
    assert_unnamed_in (m, "inner");
    remove_paths ();
}
END_TEST

/* The file replaces what a link leads to, wherever temporary files are otherwise. */
START_TEST (what_is_beside_can_become_it)
{
    char text[16];

    make_paths ();
    ck_assert_int_eq (setenv ("TMPDIR", "/dev/shm", 1), 0);
    const char *path = test_path ("to_inner");
    FILE *f = _i == 0   ? NamedTemporaryFile (.beside = path)
              : _i == 1 ? SpooledTemporaryFile (.beside = path, .mode = "w+b")
                        : TemporaryFile (.beside = path);
    ck_assert_ptr_nonnull (f);
    ck_assert_int_ge (fputs ("new", f), 0);
    ck_assert_int_eq (tempfile_persist (f, path, TEMPFILE_FOLLOW), 0);
    assert_closes (f);
    test_read_file (test_path ("inner/file"), text, sizeof text);
    ck_assert_str_eq (text, "new");
    ck_assert_int_eq (test_entries (test_path ("inner")), 1);
    remove_paths ();
}
END_TEST

#define assert_refused(error, words, ...)                               \
    do {                                                                \
        assert_null (NamedTemporaryFile (__VA_ARGS__), error, words);   \
        assert_null (TemporaryFile (__VA_ARGS__), error, words);        \
        assert_null (SpooledTemporaryFile (__VA_ARGS__), error, words); \
        assert_null (TemporaryDirectory (__VA_ARGS__), error, words);   \
    } while (0)

START_TEST (what_cannot_be_is_refused)
{
    assert_refused (EINVAL, "beside 'x'|not with dir", .beside = "x", .dir = "/");
    assert_refused (ENOENT, "beside ''|empty", .beside = "");
    assert_refused (EISDIR, "beside 'x/'|directory", .beside = "x/");
    assert_refused (EISDIR, "beside '/'|directory", .beside = "/");
    assert_refused (EISDIR, "beside '.'|directory", .beside = ".");
    assert_refused (EISDIR, "beside 'x/..'|directory", .beside = "x/..");
    assert_null (TemporaryFile (.beside = "x", .in_memory = 1), EINVAL, "beside 'x'|in_memory");
    ck_assert_int_eq (symlink ("loop", test_path ("loop")), 0);
    assert_refused (ELOOP, "beside|loop", .beside = test_path ("loop"));
    assert_null (NamedTemporaryFile (.beside = test_path ("absent/x")), ENOENT, "absent");
    test_write_file (test_path ("file"), "");
    assert_null (NamedTemporaryFile (.beside = test_path ("file/x")), ENOTDIR, "file");
    test_remove_entries (test_dir ());
}
END_TEST

/* The kernel is the oracle: link N leads to a file by way of N + 1 links. */
START_TEST (as_many_links_are_followed_as_by_open)
{
    char name[PATH_MAX], before[PATH_MAX];
    bool last = true;

    test_write_file (test_path ("file"), "");
    strcpy (before, test_path ("file"));
    for (int i = 0; i < 50; i++) {
        snprintf (name, sizeof name, "%s/link%d", test_dir (), i);
        ck_assert_int_eq (symlink (before, name), 0);
        strcpy (before, name);
        int fd = open (name, O_RDONLY);
        last = fd >= 0;
        FILE *f = NamedTemporaryFile (.beside = name);
        ck_assert_msg ((f != NULL) == last, "%d links: open() %s", i + 1,
                       last ? "follows them" : strerror (errno));
        if (!last)
            continue;
        close (fd);
        assert_closes (f);
    }
    ck_assert (!last);
    test_remove_entries (test_dir ());
}
END_TEST

int
main (void)
{
    Suite *s = suite_create ("beside");
    TCase *tc = test_case (s, "beside");

    tcase_add_loop_test (tc, streams_are_beside, 0, LENGTH (paths));
    tcase_add_loop_test (tc, all_else_is_beside, 0, LENGTH (paths));
    tcase_add_test (tc, a_relative_path_is_meant_as_of_now);
    tcase_add_loop_test (tc, what_is_beside_can_become_it, 0, 3);
    tcase_add_test (tc, what_cannot_be_is_refused);
    tcase_add_test (tc, as_many_links_are_followed_as_by_open);
    return test_main (s);
}
