/* SPDX-License-Identifier: MIT */
/*
 * Files in memory: no directory is needed, not even one in which nothing can be made; the stream is
 * what it would be on disk; nobody can execute the file, and the program may seal it.
 */
#include "common.h"

#include <sys/mman.h>

#ifdef F_ADD_SEALS

START_TEST (file_in_memory_needs_no_directory)
{
    char line[16];

    if (!test_refuse_open (O_CREAT | (O_TMPFILE & ~O_DIRECTORY), EROFS))
        return;
    assert_null (TemporaryFile (), ENOENT, "no usable directory|in_memory");
    FILE *f = TemporaryFile (.in_memory = 1);
    ck_assert_msg (f != NULL, "%s", tempfile_errmsg ());
    ck_assert_int_ge (fputs ("line\n", f), 0);
    rewind (f);
    ck_assert_ptr_nonnull (fgets (line, sizeof line, f));
    ck_assert_str_eq (line, "line\n");
    ck_assert_int_ge (fileno (f), 0);
    ck_assert_int_eq (fcntl (fileno (f), F_GETFD), FD_CLOEXEC);
    assert_closes (f);
}
END_TEST

/* A message of the program's shall not get into it. */
START_TEST (file_in_memory_gets_no_standard_descriptor)
{
    int saved = dup (STDIN_FILENO);

    ck_assert_int_ge (saved, 0);
    close (STDIN_FILENO);
    FILE *f = TemporaryFile (.in_memory = 1);
    int fd = f ? fileno (f) : -1;
    dup2 (saved, STDIN_FILENO);
    close (saved);
    ck_assert_int_gt (fd, STDERR_FILENO);
    assert_closes (f);
}
END_TEST

static int
count (void *arg)
{
    ++*(int *) arg;
    return 0;
}

START_TEST (file_in_memory_has_every_kind_of_stream)
{
    int closed = 0;
    FILE *hooked = TemporaryFile (.in_memory = 1, .on_close = count, .on_close_arg = &closed);
    FILE *large = TemporaryFile (.in_memory = 1, .buffering = 100000);

    ck_assert (hooked && large);
    fputs ("hooked", hooked);
    fputs ("large", large);
    ck_assert_int_eq (fflush (NULL), 0);
    assert_contents (hooked, "hooked");
    assert_contents (large, "large");
    ck_assert_int_eq (tempfile_truncate (large, 2), 0);
    FILE *again = tempfile_reopen (large, "rb");
    ck_assert_ptr_nonnull (again);
    assert_contents (again, "la");
    assert_closes (again);
    assert_closes (large);
    assert_closes (hooked);
    ck_assert_int_eq (closed, 1);
}
END_TEST

static const struct {
    const char *mode;
    int flags;
} modes[] = {{"w+b", O_RDWR},
             {"r+b", O_RDWR},
             {"rb", O_RDONLY},
             {"wb", O_WRONLY},
             {"ab", O_WRONLY | O_APPEND},
             {"a+b", O_RDWR | O_APPEND}};

START_TEST (file_in_memory_has_the_flags_of_its_mode)
{
    FILE *f = TemporaryFile (.in_memory = 1, .mode = modes[_i].mode);

    ck_assert_msg (f != NULL, "%s", tempfile_errmsg ());
    ck_assert_int_eq (fcntl (fileno (f), F_GETFL) & (O_ACCMODE | O_APPEND), modes[_i].flags);
    assert_closes (f);
}
END_TEST

/* The bits can be set only where the kernel does not know that seal. */
START_TEST (file_in_memory_cannot_be_executed)
{
    struct stat st;
    FILE *f = TemporaryFile (.in_memory = 1);
    FILE *program = TemporaryFile (.in_memory = 1, .permissions = 0700);

    ck_assert (f && program);
    ck_assert_int_eq (fstat (fileno (f), &st), 0);
    ck_assert_uint_eq (st.st_mode & 07777, 0600);
#ifdef F_SEAL_EXEC
    int seals = fcntl (fileno (f), F_GET_SEALS);
#else
    int seals = fcntl (fileno (f), F_GET_SEALS) & 0x20;
#define F_SEAL_EXEC 0x20
#endif
    if (seals & F_SEAL_EXEC)
        ck_assert (fchmod (fileno (f), 0700) == -1 && errno == EPERM);
    else
        test_skip ("this kernel does not seal execution");
    ck_assert_int_eq (fstat (fileno (program), &st), 0);
    ck_assert_uint_eq (st.st_mode & 07777, 0700);
    assert_closes (program);
    assert_closes (f);
}
END_TEST

START_TEST (file_in_memory_can_be_sealed)
{
    FILE *f = TemporaryFile (.in_memory = 1);

    ck_assert_ptr_nonnull (f);
    fputs ("for a reader that trusts nobody", f);
    ck_assert_int_eq (fflush (f), 0);
    ck_assert_int_eq (fcntl (fileno (f), F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK), 0);
    ck_assert_int_eq (write (fileno (f), "", 1), -1);
    ck_assert_int_eq (errno, EPERM);
    assert_contents (f, "for a reader that trusts nobody");
    assert_closes (f);
}
END_TEST

/* It is on no file system where a link or a rename could go. */
START_TEST (file_in_memory_is_not_persisted_by_a_link)
{
    FILE *f = TemporaryFile (.in_memory = 1);

    ck_assert_ptr_nonnull (f);
    assert_minus_1 (tempfile_persist (f, test_path ("file"), 0), EXDEV, "cannot persist|/file");
    assert_closes (f);
}
END_TEST

#endif

static const struct tempfile_options in_memory = {.in_memory = 1};

START_TEST (only_a_stream_without_a_name_is_in_memory)
{
    char *path;

    assert_null (tempfile_open_named (&in_memory, sizeof in_memory), EINVAL, "in_memory");
    assert_null (tempfile_open_spooled (&in_memory, sizeof in_memory), EINVAL, "in_memory");
    assert_null (tempfile_open_dir (&in_memory, sizeof in_memory), EINVAL, "in_memory");
    assert_null (tempfile_mkdtemp (&in_memory, sizeof in_memory), EINVAL, "in_memory");
    assert_minus_1 (tempfile_mkstemp (&path, &in_memory, sizeof in_memory), EINVAL, "in_memory");
}
END_TEST

int
main (void)
{
    Suite *s = suite_create ("in_memory");
    TCase *tc = test_case (s, "in memory");

    tcase_add_test (tc, only_a_stream_without_a_name_is_in_memory);
#ifdef F_ADD_SEALS
    tcase_add_test (tc, file_in_memory_needs_no_directory);
    tcase_add_test (tc, file_in_memory_gets_no_standard_descriptor);
    tcase_add_test (tc, file_in_memory_has_every_kind_of_stream);
    tcase_add_loop_test (tc, file_in_memory_has_the_flags_of_its_mode, 0, LENGTH (modes));
    tcase_add_test (tc, file_in_memory_cannot_be_executed);
    tcase_add_test (tc, file_in_memory_can_be_sealed);
    tcase_add_test (tc, file_in_memory_is_not_persisted_by_a_link);
#endif
    return test_main (s);
}
