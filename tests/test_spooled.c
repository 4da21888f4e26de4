/* SPDX-License-Identifier: MIT */
/*
 * Spooled streams: nothing on disk while they fit, everything there when they do not or when
 * somebody asks, and nothing lost when the move fails. test_spooled_model.c has what is the same
 * as in any other stream.
 */
#include "common.h"

#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>

#if defined ADDRESS_SANITIZER || defined THREAD_SANITIZER
#define OWN_MALLOC 1
#endif

enum { MIB = 1 << 20 };

/* Farther than what memory would be filled up to with zeros. */
static const off_t far = (off_t) (sizeof (off_t) < 8 ? 1 << 30 : (int64_t) 1 << 32);

static FILE *
open_spool (const char *mode, size_t max_size)
{
    FILE *f = SpooledTemporaryFile (.mode = mode, .max_size = max_size);

    ck_assert_msg (f != NULL, "%s", tempfile_errmsg ());
    return f;
}

static void
put (FILE *f, const char *text)
{
    ck_assert_int_ge (fputs (text, f), 0);
}

static void
flush (FILE *f)
{
    ck_assert_int_eq (fflush (f), 0);
}

static void
seek (FILE *f, off_t to)
{
    ck_assert_int_eq (fseeko (f, to, SEEK_SET), 0);
}

/* From the stream's start, through the stream. */
static void
assert_reads (FILE *f, const char *text)
{
    char bytes[4096];

    rewind (f);
    size_t n = fread (bytes, 1, sizeof bytes, f);
    ck_assert_uint_eq (n, strlen (text));
    ck_assert_mem_eq (bytes, text, n);
    ck_assert (feof (f) && !ferror (f));
}

/* The next descriptor of the process tells whether one was taken; fileno() is asked where that
 * works on such streams at all. */
static int
next_descriptor (void)
{
    int fd = open ("/dev/null", O_RDONLY | O_CLOEXEC);

    ck_assert_int_ge (fd, 0);
    ck_assert_int_eq (close (fd), 0);
    return fd;
}

static bool
is_on_disk (FILE *f, int next)
{
    bool moved = next_descriptor () != next;

#ifdef HAVE_STREAM_FILENO
    ck_assert_int_eq (fileno (f) >= 0, moved);
#else
    (void) f;
#endif
    return moved;
}

/* --- in memory --- */

START_TEST (nothing_on_disk_while_it_fits)
{
    int next = next_descriptor ();
    FILE *f = open_spool (NULL, 100);

    put (f, "a few words");
    flush (f);
    assert_reads (f, "a few words");
    ck_assert (!is_on_disk (f, next));
    ck_assert_int_eq (test_entries (test_dir ()), 0);
    assert_closes (f);
}
END_TEST

START_TEST (fileno_fails_with_ebadf_until_it_moves)
{
    FILE *f = open_spool (NULL, 0);

    errno = 0;
    ck_assert_int_eq (fileno (f), -1);
    ck_assert_int_eq (errno, EBADF);
#ifdef HAVE_STREAM_FILENO
    ck_assert_int_eq (tempfile_rollover (f), 0);
    ck_assert_int_ge (fileno (f), 0);
    ck_assert_int_eq (fileno (f), tempfile_fileno (f));
#endif
    assert_closes (f);
}
END_TEST

/* Valgrind has its own malloc(), and system calls of its own. */
static bool
is_in_valgrind (void)
{
    const char *preloaded = getenv ("LD_PRELOAD");

    return preloaded && strstr (preloaded, "vgpreload");
}

/* How often the process has read and written so far, as the system counts; -1: it does not. */
static long
count_calls (void)
{
    char text[512];
    long reads = -1, writes = 0;
    int fd = is_in_valgrind () ? -1 : open ("/proc/self/io", O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return -1;
    ssize_t n = read (fd, text, sizeof text - 1);
    close (fd);
    text[n < 0 ? 0 : n] = '\0';
    if (sscanf (text, "rchar: %*d wchar: %*d syscr: %ld syscw: %ld", &reads, &writes) != 2)
        return -1;
    return reads + writes;
}

START_TEST (no_system_call_for_content)
{
    FILE *f = open_spool (NULL, 0);
    char byte;

    if (count_calls () < 0)
        test_skip ("the system does not tell, or tells of others as well");
    long before = count_calls ();
    int failures = 0; /* not asserted one by one: Check tells its parent of each */
    for (int i = 0; i < 1000; i++) {
        failures += fputc (i & 127, f) != (i & 127);
        rewind (f);
        failures += fread (&byte, 1, 1, f) != 1;
        failures += fseeko (f, 0, SEEK_END) != 0;
    }
    long after = count_calls ();
    ck_assert_int_eq (failures, 0);
    if (before >= 0)
        ck_assert_int_eq (after, before + 1); /* the one that counts */
    assert_closes (f);
}
END_TEST

START_TEST (works_without_a_descriptor_to_spare)
{
    struct rlimit limit;
    FILE *f;

    ck_assert_int_eq (getrlimit (RLIMIT_NOFILE, &limit), 0);
    rlim_t soft = limit.rlim_cur;
    limit.rlim_cur = (rlim_t) next_descriptor ();
    ck_assert_int_eq (setrlimit (RLIMIT_NOFILE, &limit), 0);
    f = open_spool (NULL, 4);
    put (f, "text");
    assert_reads (f, "text");
    assert_minus_1 (tempfile_fileno (f), EMFILE, NULL);
    assert_reads (f, "text");
    limit.rlim_cur = soft;
    ck_assert_int_eq (setrlimit (RLIMIT_NOFILE, &limit), 0);
    ck_assert_int_ge (tempfile_fileno (f), 0);
    assert_contents (f, "text");
    assert_closes (f);
}
END_TEST

START_TEST (gap_and_growth_read_as_zeros_and_no_old_bytes_come_back)
{
    char bytes[16];
    FILE *f = open_spool (NULL, 0);

    put (f, "0123456789");
    ck_assert_int_eq (tempfile_truncate (f, 4), 0);
    ck_assert_int_eq (ftello (f), 10);
    put (f, "x");
    rewind (f);
    ck_assert_uint_eq (fread (bytes, 1, sizeof bytes, f), 11);
    ck_assert_mem_eq (bytes, "0123\0\0\0\0\0\0x", 11);
    ck_assert_int_eq (tempfile_truncate (f, 2), 0);
    ck_assert_int_eq (tempfile_truncate (f, 6), 0);
    rewind (f);
    ck_assert_uint_eq (fread (bytes, 1, sizeof bytes, f), 6);
    ck_assert_mem_eq (bytes, "01\0\0\0\0", 6);
    assert_closes (f);
}
END_TEST

START_TEST (a_seek_past_the_end_changes_nothing_until_a_write)
{
    FILE *f = open_spool (NULL, 0);
    int next = next_descriptor ();

    put (f, "end");
    seek (f, far);
    ck_assert_int_eq (fgetc (f), EOF);
    ck_assert (feof (f) && !ferror (f));
    ck_assert_int_eq (ftello (f), far);
    assert_reads (f, "end");
    ck_assert (!is_on_disk (f, next));
    assert_closes (f);
}
END_TEST

static const struct {
    off_t offset;
    int whence, error;
} bad_seeks[] = {
    {-1, SEEK_SET, EINVAL},         {-4, SEEK_CUR, EINVAL},         {-4, SEEK_END, EINVAL},
    {OFF_MAX, SEEK_CUR, EOVERFLOW}, {OFF_MAX, SEEK_END, EOVERFLOW},
};

START_TEST (seeks_that_lead_nowhere_fail_and_leave_the_position)
{
    FILE *f = open_spool (NULL, 0);

    put (f, "abc");
    flush (f);
    for (int i = 0; i < LENGTH (bad_seeks); i++) {
        if (bad_seeks[i].offset == OFF_MAX && sizeof (off_t) < 8)
            continue; /* the stream can go there, though ftello() could not say so */
        errno = 0;
        ck_assert_int_eq (fseeko (f, bad_seeks[i].offset, bad_seeks[i].whence), -1);
        /* stdio may find out by itself, and has EINVAL for all. */
        ck_assert_msg (errno == bad_seeks[i].error || errno == EINVAL, "seek %d: %s", i,
                       strerror (errno));
        ck_assert_int_eq (ftello (f), 3);
    }
    put (f, "d");
    assert_reads (f, "abcd");
    assert_closes (f);
}
END_TEST

START_TEST (appends_wherever_the_position_is)
{
    FILE *f = open_spool ("a+b", 8);

    put (f, "one");
    rewind (f);
    put (f, "two");
    flush (f);
    ck_assert_int_eq (ftello (f), 6);
    rewind (f);
    put (f, "three");
    flush (f);
    ck_assert_int_eq (ftello (f), 11);
    ck_assert_int_eq (fcntl (tempfile_fileno (f), F_GETFL) & O_APPEND, O_APPEND);
    assert_reads (f, "onetwothree");
    assert_closes (f);
}
END_TEST

START_TEST (for_reading_only_it_is_empty_and_stays_so)
{
    FILE *f = open_spool ("rb", 0);

    ck_assert_int_eq (fgetc (f), EOF);
    ck_assert (feof (f) && !ferror (f));
    assert_minus_1 (tempfile_truncate (f, 1), EINVAL, NULL);
    assert_minus_1 (tempfile_truncate (f, 0), EINVAL, NULL);
    ck_assert_int_eq (tempfile_rollover (f), 0);
    ck_assert_int_eq (fcntl (tempfile_fileno (f), F_GETFL) & O_ACCMODE, O_RDONLY);
    assert_minus_1 (tempfile_truncate (f, 1), EINVAL, NULL);
    ck_assert_int_eq (test_size (f), 0);
    assert_closes (f);
}
END_TEST

START_TEST (stdio_works_on_it)
{
    char *line = NULL;
    size_t size = 0;
    int number;
    FILE *f = open_spool (NULL, 0);

    ck_assert_int_eq (fprintf (f, "%s %d\n", "line", 1), 7);
    ck_assert_int_eq (fprintf (f, "%d\n", 22), 3);
    rewind (f);
    ck_assert_int_eq (getline (&line, &size, f), 7);
    ck_assert_str_eq (line, "line 1\n");
    ck_assert_int_eq (fscanf (f, "%d", &number), 1);
    ck_assert_int_eq (number, 22);
    free (line);
    assert_closes (f);
}
END_TEST

/* --- memory --- */

/* Field 0: the process's address space; 1: what of it is in memory; in bytes. 0: not known. */
static size_t
process_size (int field)
{
    long pages[2] = {0, 0};
    FILE *f = fopen ("/proc/self/statm", "r");

    if (f && fscanf (f, "%ld %ld", &pages[0], &pages[1]) != 2)
        pages[field] = 0;
    if (f)
        fclose (f);
    return (size_t) pages[field] * (size_t) sysconf (_SC_PAGESIZE);
}

static bool
can_watch_memory (void)
{
#ifndef OWN_MALLOC
    if (process_size (1) > 0 && !is_in_valgrind ())
        return true;
#endif
    test_skip ("what malloc() holds cannot be seen here");
    return false;
}

static void
put_mebibytes (FILE *f, int count)
{
    static char bytes[MIB];

    memset (bytes, 'm', sizeof bytes);
    for (int i = 0; i < count; i++)
        ck_assert_uint_eq (fwrite (bytes, 1, sizeof bytes, f), sizeof bytes);
    flush (f);
}

START_TEST (at_most_half_of_the_memory_is_unused)
{
    if (!can_watch_memory ())
        return;
    FILE *f = open_spool (NULL, 0);
    put_mebibytes (f, 1);
    size_t before = process_size (0);
    put_mebibytes (f, 64);
    ck_assert_uint_le (process_size (0), before + (size_t) 132 * MIB);
    assert_closes (f);
}
END_TEST

START_TEST (memory_is_given_back_by_truncation_and_by_the_move)
{
    if (!can_watch_memory ())
        return;
    FILE *f = open_spool (NULL, 0);
    put_mebibytes (f, 1);
    size_t before = process_size (1);
    put_mebibytes (f, 63);
    ck_assert_uint_ge (process_size (1), before + (size_t) 60 * MIB);
    ck_assert_int_eq (tempfile_truncate (f, 8 * MIB), 0);
    ck_assert_uint_le (process_size (1), before + (size_t) 16 * MIB);
    rewind (f);
    put_mebibytes (f, 64);
    ck_assert_int_eq (tempfile_rollover (f), 0);
    ck_assert_uint_le (process_size (1), before + (size_t) 16 * MIB);
    ck_assert_int_eq (test_size (f), 64 * MIB);
    assert_closes (f);
}
END_TEST

START_TEST (without_max_size_a_large_hole_goes_to_disk)
{
    int next = next_descriptor ();
    FILE *f = open_spool (NULL, 0);

    put (f, "x");
    seek (f, 1 + MIB);
    put (f, "y");
    flush (f);
    ck_assert (!is_on_disk (f, next));
    seek (f, far);
    put (f, "z");
    flush (f);
    ck_assert (is_on_disk (f, next));
    ck_assert_int_eq (test_size (f), far + 1);
    assert_closes (f);
}
END_TEST

START_TEST (without_max_size_a_large_truncation_goes_to_disk)
{
    int next = next_descriptor ();
    FILE *f = open_spool (NULL, 0);

    ck_assert_int_eq (tempfile_truncate (f, MIB), 0);
    ck_assert (!is_on_disk (f, next));
    ck_assert_int_eq (tempfile_truncate (f, far), 0);
    ck_assert (is_on_disk (f, next));
    ck_assert_int_eq (test_size (f), far);
    assert_closes (f);
}
END_TEST

#ifndef OWN_MALLOC /* which ends the program when asked for as much */
/* No memory of PTRDIFF_MAX bytes is left, which 32 bits could address; a file can be as large. */
#if PTRDIFF_MAX > INT32_MAX
static void
leave_no_memory (void)
{
}
#else
static void
leave_no_memory (void)
{
    while (mmap (NULL, PTRDIFF_MAX / 2, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) !=
           MAP_FAILED)
        ;
}
#endif

START_TEST (moves_when_there_is_no_memory)
{
    int next = next_descriptor ();
    FILE *f = open_spool (NULL, SIZE_MAX);

    put (f, "kept");
    leave_no_memory ();
    if (tempfile_truncate (f, PTRDIFF_MAX) != 0) /* which some file systems can */
        ck_assert_int_eq (errno, EFBIG);
    ck_assert (is_on_disk (f, next));
    ck_assert_int_eq (tempfile_truncate (f, 4), 0);
    assert_reads (f, "kept");
    assert_closes (f);
}
END_TEST

START_TEST (fails_with_enomem_when_there_is_neither_memory_nor_disk)
{
    int next = next_descriptor ();
    FILE *f = SpooledTemporaryFile (.max_size = SIZE_MAX, .dir = test_path ("none"));

    put (f, "kept");
    leave_no_memory ();
    assert_minus_1 (tempfile_truncate (f, PTRDIFF_MAX), ENOMEM, NULL);
    ck_assert (!is_on_disk (f, next));
    assert_reads (f, "kept");
    assert_closes (f);
}
END_TEST
#endif

/* --- the move --- */

START_TEST (moves_when_a_write_outgrows_max_size_and_not_before)
{
    int next = next_descriptor ();
    FILE *f = open_spool (NULL, 10);

    put (f, "0123456789");
    flush (f);
    ck_assert (!is_on_disk (f, next));
    put (f, "a");
    flush (f);
    ck_assert (is_on_disk (f, next));
    assert_contents (f, "0123456789a");
    ck_assert_int_eq (ftello (f), 11);
    assert_closes (f);
}
END_TEST

START_TEST (moves_when_a_write_past_the_end_outgrows_max_size)
{
    int next = next_descriptor ();
    FILE *f = open_spool (NULL, 10);

    put (f, "0");
    seek (f, 9);
    put (f, "9");
    flush (f);
    ck_assert (!is_on_disk (f, next));
    seek (f, 11);
    put (f, "b");
    flush (f);
    ck_assert (is_on_disk (f, next));
    assert_contents (f, "0\0\0\0\0\0\0\0\0009\0b");
    assert_closes (f);
}
END_TEST

START_TEST (moves_when_a_truncation_outgrows_max_size)
{
    int next = next_descriptor ();
    FILE *f = open_spool (NULL, 4);

    put (f, "ab");
    ck_assert_int_eq (tempfile_truncate (f, 4), 0);
    ck_assert (!is_on_disk (f, next));
    ck_assert_int_eq (tempfile_truncate (f, 5), 0);
    ck_assert (is_on_disk (f, next));
    assert_contents (f, "ab\0\0\0");
    ck_assert_int_eq (ftello (f), 2);
    assert_closes (f);
}
END_TEST

START_TEST (one_large_write_goes_to_disk_whole)
{
    FILE *f = open_spool (NULL, 10);

    put_mebibytes (f, 3);
    ck_assert_int_eq (test_size (f), 3 * MIB);
    assert_closes (f);
}
END_TEST

START_TEST (fileno_moves_and_keeps_position_and_pushed_back_character)
{
    FILE *f = open_spool (NULL, 0);

    put (f, "0123456789");
    seek (f, 3);
    ck_assert_int_eq (fgetc (f), '3');
    ck_assert_int_eq (ungetc ('x', f), 'x');
    ck_assert_int_ge (tempfile_fileno (f), 0);
    ck_assert_int_eq (fgetc (f), 'x');
    ck_assert_int_eq (fgetc (f), '4');
    seek (f, 2);
    flush (f);
    ck_assert_int_eq (lseek (tempfile_fileno (f), 0, SEEK_CUR), 2);
    assert_contents (f, "0123456789");
    assert_closes (f);
}
END_TEST

START_TEST (rollover_writes_out_what_is_buffered)
{
    FILE *f = open_spool (NULL, 0);

    put (f, "buffered");
    ck_assert_int_eq (tempfile_rollover (f), 0);
    assert_contents (f, "buffered");
    ck_assert_int_eq (lseek (tempfile_fileno (f), 0, SEEK_CUR), 8);
    put (f, "!");
    ck_assert_int_eq (tempfile_rollover (f), 0);
    assert_contents (f, "buffered!");
    assert_closes (f);
}
END_TEST

START_TEST (rollover_writes_out_any_other_stream)
{
    FILE *f = test_open (_i, NULL);

    put (f, "there");
    ck_assert_int_eq (tempfile_rollover (f), 0);
    assert_contents (f, "there");
    assert_closes (f);
}
END_TEST

START_TEST (rollover_without_a_stream_is_refused)
{
    assert_minus_1 (tempfile_rollover (NULL), EINVAL, "stream");
}
END_TEST

START_TEST (position_past_the_end_survives_the_move)
{
    FILE *f = open_spool (NULL, 0);

    put (f, "abc");
    seek (f, 100);
    ck_assert_int_eq (tempfile_rollover (f), 0);
    ck_assert_int_eq (ftello (f), 100);
    ck_assert_int_eq (test_size (f), 3);
    ck_assert_int_eq (fgetc (f), EOF);
    assert_closes (f);
}
END_TEST

START_TEST (error_indicator_survives_the_move)
{
    FILE *f = open_spool ("wb", 0);

    ck_assert_int_eq (fgetc (f), EOF);
    ck_assert (ferror (f));
    ck_assert_int_ge (tempfile_fileno (f), 0);
    ck_assert (ferror (f));
    clearerr (f);
    ck_assert_int_ge (tempfile_fileno (f), 0);
    ck_assert (!ferror (f));
    assert_closes (f);
}
END_TEST

START_TEST (reopen_moves_and_opens_an_independent_stream)
{
    FILE *f = open_spool (NULL, 0);
    char bytes[8] = "";

    put (f, "shared");
    FILE *g = tempfile_reopen (f, "r+b");
    ck_assert_msg (g != NULL, "%s", tempfile_errmsg ());
    ck_assert_uint_eq (fread (bytes, 1, 6, g), 6);
    ck_assert_str_eq (bytes, "shared");
    ck_assert_int_eq (ftello (f), 6);
    rewind (g);
    put (g, "S");
    assert_closes (g);
    assert_reads (f, "Shared");
    assert_closes (f);
}
END_TEST

START_TEST (a_bad_mode_of_reopen_does_not_move)
{
    int next = next_descriptor ();
    FILE *f = open_spool (NULL, 0);

    assert_null (tempfile_reopen (f, "q"), EINVAL, "q");
    ck_assert (!is_on_disk (f, next));
    assert_closes (f);
}
END_TEST

START_TEST (truncate_after_the_move_truncates_the_file)
{
    FILE *f = open_spool (NULL, 4);

    put (f, "0123456789");
    ck_assert_int_eq (tempfile_truncate (f, 3), 0);
    ck_assert_int_eq (test_size (f), 3);
    ck_assert_int_eq (ftello (f), 10);
    assert_reads (f, "012");
    assert_closes (f);
}
END_TEST

/* --- the options --- */

static char seen[4096];

static int
remember (const char *event, const char *path, void *arg)
{
    (void) event;
    (void) arg;
    (void) snprintf (seen, sizeof seen, "%s", path);
    return 0;
}

/* The options are gone, and the working directory is another, when the file is made. */
static FILE *
open_and_forget (void)
{
    char dir[] = "sub", prefix[] = "pre", suffix[] = ".suf";
    FILE *f;

    (void) test_make_dir ("sub");
    ck_assert_int_eq (chdir (test_dir ()), 0);
    f = SpooledTemporaryFile (.mode = "a+b", .dir = dir, .prefix = prefix, .suffix = suffix,
                              .permissions = 0640);
    ck_assert_msg (f != NULL, "%s", tempfile_errmsg ());
    memset (dir, '?', sizeof dir);
    memset (prefix, '?', sizeof prefix);
    memset (suffix, '?', sizeof suffix);
    ck_assert_int_eq (chdir ("/"), 0);
    return f;
}

START_TEST (file_is_made_with_the_options_of_the_open)
{
    struct stat st;

    ck_assert_int_eq (tempfile_add_audit_hook (remember, NULL), 0);
    FILE *f = open_and_forget ();
    ck_assert_str_eq (seen, "");
    ck_assert_int_eq (tempfile_rollover (f), 0);
    const char *sub = test_path ("sub");
    ck_assert_msg (strncmp (seen, sub, strlen (sub)) == 0, "%s", seen);
    if (_i && strcmp (seen, sub) != 0) { /* made under a name, and unlinked */
        ck_assert_int_eq (strncmp (test_base (seen), "pre", 3), 0);
        ck_assert_str_eq (seen + strlen (seen) - 4, ".suf");
    }
    ck_assert_int_eq (test_entries (sub), 0);
    ck_assert_int_eq (fstat (tempfile_fileno (f), &st), 0);
    ck_assert_int_eq (st.st_mode, S_IFREG | 0640);
    ck_assert_uint_eq (st.st_nlink, 0);
    ck_assert_int_eq (fcntl (tempfile_fileno (f), F_GETFL) & (O_ACCMODE | O_APPEND),
                      O_RDWR | O_APPEND);
    ck_assert_int_eq (fcntl (tempfile_fileno (f), F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    assert_closes (f);
    ck_assert_int_eq (rmdir (sub), 0);
}
END_TEST

START_TEST (default_directory_is_the_one_at_the_move)
{
    const char *sub = test_make_dir ("sub");

    ck_assert_int_eq (tempfile_add_audit_hook (remember, NULL), 0);
    FILE *f = open_spool (NULL, 0);
    ck_assert_int_eq (tempfile_settempdir (sub), 0);
    ck_assert_int_ge (tempfile_fileno (f), 0);
    ck_assert_int_eq (strncmp (seen, sub, strlen (sub)), 0);
    assert_closes (f);
    ck_assert_int_eq (rmdir (sub), 0);
}
END_TEST

START_TEST (it_has_no_name_to_tell_or_keep)
{
    FILE *f = open_spool (NULL, 0);

    assert_null (tempfile_name (f), EINVAL, "no name");
    assert_minus_1 (tempfile_keep (f), EINVAL, "no name");
    ck_assert_int_eq (tempfile_rollover (f), 0);
    assert_null (tempfile_name (f), EINVAL, "no name");
    assert_minus_1 (tempfile_keep (f), EINVAL, "no name");
    assert_closes (f);
}
END_TEST

START_TEST (bad_options_are_refused)
{
    assert_null (SpooledTemporaryFile (.mode = "q"), EINVAL, "mode|q");
    assert_null (SpooledTemporaryFile (.delete_when = TEMPFILE_DELETE_ON_EXIT), EINVAL,
                 "delete_when");
    assert_null (SpooledTemporaryFile (.prefix = "a/b"), EINVAL, "prefix");
    assert_null (SpooledTemporaryFile (.dir = ""), ENOENT, "dir");
    assert_null (SpooledTemporaryFile (.permissions = 01777), EINVAL, "permissions");
    assert_null (TemporaryFile (.max_size = 1), EINVAL, "max_size");
    assert_null (NamedTemporaryFile (.max_size = 1), EINVAL, "max_size");
}
END_TEST

START_TEST (null_options_are_all_defaults)
{
    FILE *f = tempfile_open_spooled (NULL, 0);

    ck_assert_ptr_nonnull (f);
    put (f, "x");
    assert_reads (f, "x");
    assert_closes (f);
}
END_TEST

static int
add_one (void *count)
{
    ++*(int *) count;
    return 0;
}

/* A hook may ask for the descriptor of a stream that never needed one. */
static int
add_size (void *stream_and_size)
{
    void **pair = stream_and_size;
    FILE *f = pair[0];
    off_t *size = pair[1];
    *size = test_size (f);
    return 0;
}

START_TEST (hooks_run_at_close)
{
    int count = 0;
    off_t size = 0;
    void *pair[] = {NULL, &size};
    FILE *f = SpooledTemporaryFile (.on_close = add_one, .on_close_arg = &count);

    pair[0] = f;
    ck_assert_int_eq (tempfile_on_close (f, add_one, &count), 0);
    ck_assert_int_eq (tempfile_on_close (f, add_size, pair), 0);
    put (f, "four");
    assert_closes (f);
    ck_assert_int_eq (count, 2);
    ck_assert_int_eq (size, 4);
}
END_TEST

/* --- when the move fails --- */

static FILE *
open_without_dir (size_t max_size)
{
    FILE *f = SpooledTemporaryFile (.max_size = max_size, .dir = test_path ("later"));

    ck_assert_msg (f != NULL, "%s", tempfile_errmsg ());
    return f;
}

START_TEST (a_write_that_cannot_move_fails_and_loses_nothing_else)
{
    int next = next_descriptor ();
    FILE *f = open_without_dir (10);

    put (f, "0123456789");
    flush (f);
    put (f, "lost");
    errno = 0;
    ck_assert_int_eq (fflush (f), EOF);
    ck_assert_int_eq (errno, ENOENT);
    ck_assert (ferror (f));
    ck_assert (!is_on_disk (f, next));
    clearerr (f);
    ck_assert_int_eq (ftello (f), 10);
    assert_reads (f, "0123456789");

    (void) test_make_dir ("later");
    ck_assert_int_eq (fseeko (f, 0, SEEK_END), 0);
    put (f, "again");
    flush (f);
    ck_assert (is_on_disk (f, next));
    assert_contents (f, "0123456789again");
    assert_close_fails (f, ENOENT); /* for the write that was lost */
    ck_assert_int_eq (rmdir (test_path ("later")), 0);
}
END_TEST

START_TEST (whoever_asks_for_the_file_fails_and_loses_nothing)
{
    int next = next_descriptor ();
    FILE *f = open_without_dir (0);

    put (f, "written");
    flush (f);
    put (f, ", buffered");
    assert_minus_1 (tempfile_fileno (f), ENOENT, "later");
    assert_minus_1 (tempfile_rollover (f), ENOENT, "later");
    assert_null (tempfile_reopen (f, NULL), ENOENT, "later");
    assert_minus_1 (tempfile_truncate (f, 1 << 30), ENOENT, NULL);
    ck_assert (!is_on_disk (f, next));
    ck_assert_int_eq (ftello (f), 17);
    assert_reads (f, "written, buffered");

    (void) test_make_dir ("later");
    ck_assert_int_eq (tempfile_rollover (f), 0);
    assert_contents (f, "written, buffered");
    assert_closes (f);
    ck_assert_int_eq (rmdir (test_path ("later")), 0);
}
END_TEST

START_TEST (a_full_disk_loses_nothing)
{
    int next = next_descriptor ();
    struct rlimit limit;
    char bytes[100];
    FILE *f = open_spool (NULL, 100);

    memset (bytes, 'b', sizeof bytes);
    ck_assert_uint_eq (fwrite (bytes, 1, sizeof bytes, f), sizeof bytes);
    flush (f);
    signal (SIGXFSZ, SIG_IGN);
    ck_assert_int_eq (getrlimit (RLIMIT_FSIZE, &limit), 0);
    rlim_t soft = limit.rlim_cur;
    limit.rlim_cur = 50;
    ck_assert_int_eq (setrlimit (RLIMIT_FSIZE, &limit), 0);
    assert_minus_1 (tempfile_rollover (f), EFBIG, "disk");
    put (f, "more");
    ck_assert_int_eq (fflush (f), EOF);
    ck_assert_int_eq (errno, EFBIG);
    limit.rlim_cur = soft;
    ck_assert_int_eq (setrlimit (RLIMIT_FSIZE, &limit), 0);
    ck_assert (!is_on_disk (f, next));
    clearerr (f);
    ck_assert_int_eq (tempfile_rollover (f), 0);
    ck_assert_int_eq (test_size (f), 100);
    assert_close_fails (f, EFBIG);
}
END_TEST

static bool refusing;

static int
refuse (const char *event, const char *path, void *arg)
{
    (void) event;
    (void) path;
    (void) arg;
    return refusing;
}

START_TEST (an_audit_hook_can_refuse_the_move)
{
    FILE *f = open_spool (NULL, 0);

    ck_assert_int_eq (tempfile_add_audit_hook (refuse, NULL), 0);
    put (f, "private");
    refusing = true;
    assert_minus_1 (tempfile_rollover (f), EPERM, "audit");
    refusing = false;
    assert_reads (f, "private");
    ck_assert_int_eq (tempfile_rollover (f), 0);
    assert_contents (f, "private");
    assert_closes (f);
}
END_TEST

START_TEST (a_position_that_no_file_has_cannot_move)
{
    FILE *f = open_spool (NULL, 0);

    put (f, "abc");
    seek (f, OFF_MAX - 4095); /* libbsd's funopen() takes what ends in 32 ones for -1 */
    if (tempfile_rollover (f) == 0) {
        test_skip ("this file system has every offset");
    } else {
        ck_assert_int_eq (errno, EFBIG);
        ck_assert_int_ge (fputc ('x', f), 0);
        ck_assert_int_eq (fflush (f), EOF);
        clearerr (f);
        assert_reads (f, "abc");
        ck_assert_int_eq (tempfile_rollover (f), 0);
    }
    (void) fclose (f);
}
END_TEST

START_TEST (an_open_from_nowhere_fails)
{
    const char *gone = test_make_dir ("gone");

    ck_assert_int_eq (chdir (gone), 0);
    ck_assert_int_eq (rmdir (gone), 0);
    assert_null (SpooledTemporaryFile (.dir = "relative"), ENOENT, NULL);
    ck_assert_int_eq (chdir ("/"), 0);
}
END_TEST

/* --- processes and threads --- */

static void
write_in_child (void *stream)
{
    FILE *f = stream;

    if (fputs ("child", f) < 0 || fflush (f) != 0 || tempfile_fileno (f) < 0)
        _exit (1);
}

START_TEST (a_child_has_a_copy_of_its_own)
{
    FILE *f = open_spool (NULL, 0);

    put (f, "parent");
    flush (f);
    test_in_child (write_in_child, f);
    put (f, "!");
    ck_assert_int_eq (tempfile_rollover (f), 0);
    assert_contents (f, "parent!");
    assert_closes (f);
}
END_TEST

/* Would wait for a lock for ever if it were called while the library ends. */
static int
open_another (const char *event, const char *path, void *arg)
{
    static bool inside;

    (void) event;
    (void) path;
    (void) arg;
    if (inside)
        return 0;
    inside = true;
    FILE *f = NamedTemporaryFile ();
    if (f)
        fclose (f);
    inside = false;
    return 0;
}

START_TEST (exit_neither_moves_nor_hangs)
{
    fflush (stdout);
    pid_t child = fork ();

    if (child == 0) {
        alarm (20);
        FILE *f = SpooledTemporaryFile (.max_size = 10);
        if (tempfile_add_audit_hook (open_another, NULL) != 0 || !f)
            _exit (1);
        fputs ("more than ten bytes, still buffered", f);
        exit (0);
    }
    test_wait (child);
}
END_TEST

#ifndef OWN_MALLOC
static void *
ask_for_descriptor (void *stream)
{
    for (int i = 0; i < 1000; i++)
        if (tempfile_fileno (stream) < 0)
            return stream;
    return NULL;
}

START_TEST (two_threads_may_ask_while_a_third_writes)
{
    int rounds = test_number ("TEMPFILE_TEST_RACES", 50);

    for (int round = 0; round < rounds; round++) {
        pthread_t threads[2];
        void *failed;
        FILE *f = open_spool (NULL, 300);
        for (int i = 0; i < 2; i++)
            ck_assert_int_eq (pthread_create (&threads[i], NULL, ask_for_descriptor, f), 0);
        for (int i = 0; i < 10000; i++)
            ck_assert_int_eq (fputc ('a' + i % 26, f), 'a' + i % 26);
        for (int i = 0; i < 2; i++) {
            ck_assert_int_eq (pthread_join (threads[i], &failed), 0);
            ck_assert_ptr_null (failed);
        }
        rewind (f);
        for (int i = 0; i < 10000; i++)
            ck_assert_int_eq (fgetc (f), 'a' + i % 26);
        ck_assert_int_eq (fgetc (f), EOF);
        assert_closes (f);
    }
}
END_TEST
#endif

static void
add_move_tests (TCase *tc)
{
    tcase_add_test (tc, moves_when_a_write_outgrows_max_size_and_not_before);
    tcase_add_test (tc, moves_when_a_write_past_the_end_outgrows_max_size);
    tcase_add_test (tc, moves_when_a_truncation_outgrows_max_size);
    tcase_add_test (tc, one_large_write_goes_to_disk_whole);
    tcase_add_test (tc, fileno_moves_and_keeps_position_and_pushed_back_character);
    tcase_add_test (tc, rollover_writes_out_what_is_buffered);
    tcase_add_loop_test (tc, rollover_writes_out_any_other_stream, 0, KINDS);
    tcase_add_test (tc, position_past_the_end_survives_the_move);
    tcase_add_test (tc, error_indicator_survives_the_move);
    tcase_add_test (tc, reopen_moves_and_opens_an_independent_stream);
    tcase_add_test (tc, truncate_after_the_move_truncates_the_file);
    tcase_add_test (tc, appends_wherever_the_position_is);
    tcase_add_test (tc, for_reading_only_it_is_empty_and_stays_so);
}

int
main (void)
{
    Suite *s = suite_create ("spooled");

    TCase *tc = test_case (s, "in memory");
    tcase_add_test (tc, nothing_on_disk_while_it_fits);
    tcase_add_test (tc, fileno_fails_with_ebadf_until_it_moves);
    tcase_add_test (tc, no_system_call_for_content);
    tcase_add_test (tc, works_without_a_descriptor_to_spare);
    tcase_add_test (tc, gap_and_growth_read_as_zeros_and_no_old_bytes_come_back);
    tcase_add_test (tc, a_seek_past_the_end_changes_nothing_until_a_write);
    tcase_add_test (tc, seeks_that_lead_nowhere_fail_and_leave_the_position);
    tcase_add_test (tc, stdio_works_on_it);

    tc = test_case (s, "memory");
    tcase_add_test (tc, at_most_half_of_the_memory_is_unused);
    tcase_add_test (tc, memory_is_given_back_by_truncation_and_by_the_move);
    tcase_add_test (tc, without_max_size_a_large_hole_goes_to_disk);
    tcase_add_test (tc, without_max_size_a_large_truncation_goes_to_disk);
#ifndef OWN_MALLOC
    tcase_add_test (tc, moves_when_there_is_no_memory);
    tcase_add_test (tc, fails_with_enomem_when_there_is_neither_memory_nor_disk);
#endif

    add_move_tests (test_case (s, "move"));
    tc = test_case (s, "move without O_TMPFILE");
    tcase_add_checked_fixture (tc, test_without_o_tmpfile, NULL);
    add_move_tests (tc);
    tcase_add_loop_test (tc, file_is_made_with_the_options_of_the_open, 1, 2);

    tc = test_case (s, "options");
    tcase_add_loop_test (tc, file_is_made_with_the_options_of_the_open, 0, 1);
    tcase_add_test (tc, default_directory_is_the_one_at_the_move);
    tcase_add_test (tc, it_has_no_name_to_tell_or_keep);
    tcase_add_test (tc, bad_options_are_refused);
    tcase_add_test (tc, null_options_are_all_defaults);
    tcase_add_test (tc, hooks_run_at_close);
    tcase_add_test (tc, rollover_without_a_stream_is_refused);
    tcase_add_test (tc, a_bad_mode_of_reopen_does_not_move);

    tc = test_case (s, "failure");
    tcase_add_test (tc, a_write_that_cannot_move_fails_and_loses_nothing_else);
    tcase_add_test (tc, whoever_asks_for_the_file_fails_and_loses_nothing);
    tcase_add_test (tc, a_full_disk_loses_nothing);
    tcase_add_test (tc, an_audit_hook_can_refuse_the_move);
    tcase_add_test (tc, a_position_that_no_file_has_cannot_move);
    tcase_add_test (tc, an_open_from_nowhere_fails);

    tc = test_case (s, "processes and threads");
    tcase_add_test (tc, a_child_has_a_copy_of_its_own);
    tcase_add_test (tc, exit_neither_moves_nor_hangs);
#ifndef OWN_MALLOC /* ThreadSanitizer does not see the locks in stdio */
    tcase_add_test (tc, two_threads_may_ask_while_a_third_writes);
#endif
    return test_main (s);
}
