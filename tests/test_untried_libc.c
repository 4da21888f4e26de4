/* SPDX-License-Identifier: MIT */
/*
 * A libc that the library was never tried on, by its version: no member of FILE is touched, and all
 * that does not need them works. The function of that name here stands in for libc's.
 */
#include "common.h"

const char *gnu_get_libc_version (void);

const char *
gnu_get_libc_version (void)
{
    return "2.99";
}

START_TEST (fileno_has_nothing_to_say)
{
    FILE *f = NamedTemporaryFile ();
    ck_assert_ptr_nonnull (f);
#if defined HAVE_GNU_GET_LIBC_VERSION && defined STREAM_FILENO_MEMBER
    errno = 0;
    ck_assert_int_eq (fileno (f), -1);
    ck_assert_int_eq (errno, EBADF);
#endif
    ck_assert_int_ge (tempfile_fileno (f), 0);
    ck_assert_int_eq (fclose (f), 0);
}
END_TEST

/* Of every kind, which differ in where the bytes are. */
static FILE *
open_kind (int kind)
{
    switch (kind) {
    case 0:
        return NamedTemporaryFile ();
    case 1:
        return TemporaryFile (.buffering = 100);
    case 2:
        return SpooledTemporaryFile ();
    default:
        return TemporaryFile (.mode = "w+", .encoding = "utf-16");
    }
}

START_TEST (streams_read_write_and_seek)
{
    char line[32];
    FILE *f = open_kind (_i);
    ck_assert_ptr_nonnull (f);
    for (int i = 0; i < 10000; i++)
        ck_assert_int_eq (fprintf (f, "line %05d\n", i), 11);
    for (int i = 0; i < 10000; i += 777) {
        ck_assert_int_eq (fseek (f, 11L * i, SEEK_SET), 0);
        ck_assert_int_eq (ftell (f), 11L * i);
        ck_assert_ptr_nonnull (fgets (line, sizeof line, f));
        ck_assert_int_eq (atoi (line + 5), i);
    }
    ck_assert_int_eq (fflush (f), 0);
    ck_assert_int_eq (fseek (f, -11, SEEK_CUR), 0);
    ck_assert_int_ge (fputs ("LINE", f), 0);
    ck_assert_int_eq (fflush (f), 0);
    ck_assert_int_eq (fseek (f, -4, SEEK_CUR), 0);
    ck_assert_ptr_nonnull (fgets (line, sizeof line, f));
    ck_assert_int_eq (memcmp (line, "LINE ", 5), 0);
    ck_assert_int_eq (fclose (f), 0);
}
END_TEST

START_TEST (names_go)
{
    FILE *f = NamedTemporaryFile ();
    ck_assert_ptr_nonnull (f);
    char *name = strdup (tempfile_name (f));
    ck_assert_int_eq (access (name, F_OK), 0);
    ck_assert_int_eq (fclose (f), 0);
    ck_assert_int_eq (access (name, F_OK), -1);
    free (name);
}
END_TEST

int
main (void)
{
    Suite *s = suite_create ("untried libc");
    TCase *tc = test_case (s, "streams");
    tcase_add_test (tc, fileno_has_nothing_to_say);
    tcase_add_loop_test (tc, streams_read_write_and_seek, 0, 3 + test_has_text ());
    tcase_add_test (tc, names_go);
    return test_main (s);
}
