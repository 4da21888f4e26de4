/* SPDX-License-Identifier: MIT */
/*
 * What C and POSIX say about what a stream shares: its buffer with its file, its lock with other
 * threads, its descriptor and offset with other processes; and about the end of a process. On
 * streams of every kind, that of tmpfile() among them. CONFORMANCE.md is the table of clauses. Test
 * _i is kind _i.
 */
#include "conformance.h"

#include <pthread.h>

/* --- buffers --- */

/* What is written is in the buffer, and in the file when that is full. */
START_TEST (fully_buffered_streams_keep_what_fits)
{
    static const size_t sizes[] = {64, 512, 4096, 65536};
    static char buffer[65536];

    for (int i = 0; i < LENGTH (sizes); i++) {
        FILE *f = open_kind (_i, NULL);
        ck_assert_int_eq (setvbuf (f, buffer, _IOFBF, sizes[i]), 0);
        for (size_t n = 0; n < sizes[i] / 2; n++)
            if (fputc (n % 8 == 7 ? '\n' : 'x', f) == EOF)
                ck_abort_msg ("byte %zu", n);
        ck_assert_int_eq (test_size (f), 0);
        ck_assert_int_eq (buffer[sizes[i] / 2 - 2], 'x');
        for (size_t n = 0; n < sizes[i]; n++)
            if (fputc ('y', f) != 'y')
                ck_abort_msg ("byte %zu", n);
        ck_assert_int_ge (test_size (f), (off_t) sizes[i] / 2);
        ck_assert_int_eq (fflush (f), 0);
        ck_assert_int_eq (test_size (f), (off_t) (sizes[i] / 2 * 3));
        assert_closes (f);
    }
}
END_TEST

/* The same with a buffer that is libc's, of a size that may be any. */
START_TEST (fully_buffered_streams_may_have_a_buffer_of_libc_s)
{
    FILE *f = open_kind (_i, NULL);

    ck_assert_int_eq (setvbuf (f, NULL, _IOFBF, 8192), 0);
    ck_assert_int_ge (fputs ("a line\nand half", f), 0);
    if (_i != UNNAMED_DIRECT)
        ck_assert_int_eq (test_size (f), 0);
    ck_assert_int_eq (fflush (f), 0);
    assert_contents (f, "a line\nand half");
    assert_closes (f);
}
END_TEST

/* And write out when it is a whole one. */
START_TEST (line_buffered_streams_keep_half_a_line)
{
    static char buffer[BUFSIZ];

    for (int own = 0; own < 2; own++) {
        FILE *f = open_kind (_i, NULL);
        ck_assert_int_eq (setvbuf (f, own ? buffer : NULL, _IOLBF, sizeof buffer), 0);
        ck_assert_int_ge (fputs ("half", f), 0);
        if (own || _i != UNNAMED_DIRECT)
            ck_assert_int_eq (test_size (f), 0);
        ck_assert_int_ge (fputs (" and half\n", f), 0);
        ck_assert_int_eq (test_size (f), 14);
        ck_assert_int_eq (fprintf (f, "%d\n%s", 1, ""), 2);
        ck_assert_int_eq (test_size (f), 16);
        ck_assert_int_eq (fputc ('\n', f), '\n');
        ck_assert_int_eq (test_size (f), 17);
        assert_closes (f);
    }
}
END_TEST

/* Each call's bytes are in the file when it returns; no more is read than was asked for. */
START_TEST (unbuffered_streams_keep_nothing)
{
    static char buffer[64];

    for (int own = 0; own < 2; own++) {
        FILE *f = open_kind (_i, NULL);
        ck_assert_int_eq (setvbuf (f, own ? buffer : NULL, _IONBF, own ? sizeof buffer : 0), 0);
        ck_assert_int_eq (fputc ('a', f), 'a');
        ck_assert_int_eq (test_size (f), 1);
        ck_assert_int_ge (fputs ("bc", f), 0);
        ck_assert_int_eq (test_size (f), 3);
        ck_assert_int_eq (fprintf (f, "%03d", 7), 3);
        ck_assert_int_eq (test_size (f), 6);
        rewind (f);
        ck_assert_int_eq (fgetc (f), 'a');
        ck_assert_int_eq (lseek (tempfile_fileno (f), 0, SEEK_CUR), 1);
        assert_rest (f, "bc007");
        assert_closes (f);
    }
}
END_TEST

/* setbuf (f, NULL) is unbuffered, setbuf (f, buffer) fully buffered by BUFSIZ bytes. */
START_TEST (setbuf_is_setvbuf)
{
    static char buffer[BUFSIZ];
    FILE *f = open_kind (_i, NULL), *g = open_kind (_i, NULL);

    setbuf (f, NULL);
    ck_assert_int_ge (fputs ("at once", f), 0);
    ck_assert_int_eq (test_size (f), 7);
    setbuf (g, buffer);
    ck_assert_int_ge (fputs ("later\n", g), 0);
    ck_assert_int_eq (test_size (g), 0);
    ck_assert_mem_eq (buffer, "later\n", 6);
    assert_closes (f);
    assert_closes (g);
}
END_TEST

/* As are all streams that are no terminal, unless the caller says otherwise when opening one. */
START_TEST (new_streams_are_fully_buffered)
{
    FILE *f = open_kind (_i, NULL);

    ck_assert_int_ge (fputs ("a line\nand half", f), 0);
    ck_assert_int_eq (test_size (f), _i == UNNAMED_LINES ? 7 : _i == UNNAMED_DIRECT ? 15 : 0);
    ck_assert_int_eq (fflush (f), 0);
    ck_assert_int_eq (test_size (f), 15);
    assert_closes (f);
}
END_TEST

START_TEST (setvbuf_refuses_an_invalid_type)
{
    FILE *f = open_kind (_i, NULL);

    ck_assert_int_ne (setvbuf (f, NULL, 42, 100), 0);
    ck_assert_int_ge (fputs ("text", f), 0);
    rewind (f);
    assert_rest (f, "text");
    assert_closes (f);
}
END_TEST

static int
pattern (long at)
{
    return (int) ('a' + at * 7 % 26);
}

static void
write_and_read_by_jumps (FILE *f)
{
    enum { SIZE = 3000 };

    for (long n = 0; n < SIZE; n++)
        if (fputc (pattern (n), f) != pattern (n))
            ck_abort_msg ("byte %ld", n);
    for (long n = 0, at = 0; n < 100; n++, at = (at * 31 + 17) % (SIZE - 2)) {
        ck_assert_int_eq (fseek (f, at, SEEK_SET), 0);
        ck_assert_int_eq (fgetc (f), pattern (at));
        ck_assert_int_eq (ftell (f), at + 1);
        ck_assert_int_eq (fgetc (f), pattern (at + 1));
        ck_assert_int_eq (fseek (f, -1, SEEK_CUR), 0);
        ck_assert_int_eq (fputc (pattern (at + 1), f), pattern (at + 1));
        ck_assert_int_eq (fseek (f, 0, SEEK_CUR), 0);
        ck_assert_int_eq (fgetc (f), pattern (at + 2));
    }
}

/* The smallest sizes, and odd ones: nothing but speed depends on them. */
START_TEST (buffers_of_every_size_work)
{
    static const size_t sizes[] = {1, 2, 3, 5, 64, 100, 127, 128, 2999, 3000, 3001, 10000};
    static const int types[] = {_IOFBF, _IOLBF};
    static char buffer[10000];

    for (int i = 0; i < 2 * LENGTH (sizes); i++) {
        FILE *f = open_kind (_i, NULL);
        ck_assert_int_eq (setvbuf (f, buffer, types[i % 2], sizes[i / 2]), 0);
        write_and_read_by_jumps (f);
        assert_closes (f);
    }
}
END_TEST

/* Whatever function seeks. */
START_TEST (seeking_and_flushing_write_out)
{
    FILE *f = open_kind (_i, NULL);

    ck_assert_int_eq (fflush (f), 0);
    ck_assert_int_ge (fputs ("one", f), 0);
    ck_assert_int_eq (fseek (f, 0, SEEK_CUR), 0);
    ck_assert_int_eq (test_size (f), 3);
    ck_assert_int_ge (fputs ("two", f), 0);
    rewind (f);
    ck_assert_int_eq (test_size (f), 6);
    ck_assert_int_eq (fseek (f, 0, SEEK_END), 0);
    ck_assert_int_ge (fputs ("six", f), 0);
    ck_assert_int_eq (fflush (f), 0);
    ck_assert_int_eq (test_size (f), 9);
    ck_assert_int_eq (ftell (f), 9);
    assert_closes (f);
}
END_TEST

/* Of all kinds at the same time. */
START_TEST (fflush_of_null_writes_out_every_stream)
{
    FILE *f[STREAM_KINDS];

    for (int kind = 0; kind < STREAM_KINDS; kind++) {
        f[kind] = open_kind (kind, NULL);
        ck_assert_int_ge (fputs ("text", f[kind]), 0);
    }
    ck_assert_int_eq (fflush (NULL), 0);
    for (int kind = 0; kind < STREAM_KINDS; kind++) {
        ck_assert_int_eq (test_size (f[kind]), 4);
        assert_closes (f[kind]);
    }
}
END_TEST

/* --- the lock --- */

static void *
try_the_lock (void *f)
{
    if (ftrylockfile (f) != 0)
        return NULL;
    funlockfile (f);
    return f;
}

static bool
is_free (FILE *f)
{
    pthread_t thread;
    void *got;

    ck_assert_int_eq (pthread_create (&thread, NULL, try_the_lock, f), 0);
    ck_assert_int_eq (pthread_join (thread, &got), 0);
    return got != NULL;
}

/* Which may take it more than once; others get it when it was given back as often. */
START_TEST (lock_belongs_to_one_thread)
{
    FILE *f = open_kind (_i, NULL);

    ck_assert (is_free (f));
    flockfile (f);
    ck_assert (!is_free (f));
    ck_assert_int_eq (ftrylockfile (f), 0);
    ck_assert_int_ge (fputs ("mine", f), 0);
    ck_assert_int_eq (putc_unlocked ('!', f), '!');
    ck_assert_int_eq (fflush (f), 0);
    funlockfile (f);
    ck_assert (!is_free (f));
    funlockfile (f);
    ck_assert (is_free (f));
    assert_contents (f, "mine!");
    assert_closes (f);
}
END_TEST

enum { WRITERS = 8, LINES = 200 };

struct writer {
    FILE *f;
    int number;
};

/* Every other line is made by several calls under the lock. */
static void *
write_lines (void *arg)
{
    const struct writer *w = arg;

    for (int i = 0; i < LINES; i++) {
        if (i % 2) {
            fprintf (w->f, "<%d %*d %d>\n", w->number, 20 + i % 50, i, w->number);
            continue;
        }
        flockfile (w->f);
        fprintf (w->f, "<%d ", w->number);
        for (int n = 0; n < 20; n++)
            putc_unlocked (' ', w->f);
        fprintf (w->f, "%d %d>\n", i, w->number);
        funlockfile (w->f);
    }
    return NULL;
}

/* Single calls are as if under the lock. */
START_TEST (lines_of_several_threads_are_not_torn)
{
    pthread_t threads[WRITERS];
    struct writer writers[WRITERS];
    int next[WRITERS] = {0};
    char line[128];
    FILE *f = open_kind (_i, NULL);

    for (int i = 0; i < WRITERS; i++) {
        writers[i] = (struct writer){f, i};
        ck_assert_int_eq (pthread_create (&threads[i], NULL, write_lines, &writers[i]), 0);
    }
    for (int i = 0; i < WRITERS; i++)
        ck_assert_int_eq (pthread_join (threads[i], NULL), 0);
    rewind (f);
    while (fgets (line, sizeof line, f)) {
        int who, which, again, end = 0;
        ck_assert_int_eq (sscanf (line, "<%d %d %d>%n", &who, &which, &again, &end), 3);
        ck_assert_msg (line[end] == '\n' && who == again, "torn: %s", line);
        ck_assert_int_eq (which, next[who]++);
    }
    for (int i = 0; i < WRITERS; i++)
        ck_assert_int_eq (next[i], LINES);
    assert_closes (f);
}
END_TEST

/* --- the descriptor, other processes and the end --- */

START_TEST (fileno_is_the_descriptor)
{
    struct stat st;
    FILE *f = open_kind (_i, NULL);

    if (kind_is_spooled (_i)) {
        ck_assert_int_eq (fileno (f), -1);
        ck_assert_int_eq (tempfile_rollover (f), 0);
    }
#ifndef HAVE_STREAM_FILENO
    if (_i >= FIRST_CUSTOM) {
        assert_closes (f);
        return;
    }
#endif
    ck_assert_int_eq (fstat (fileno (f), &st), 0);
    ck_assert (S_ISREG (st.st_mode));
    ck_assert_int_eq (fcntl (fileno (f), F_GETFL) & O_ACCMODE, O_RDWR);
    ck_assert_int_eq (write (fileno (f), "raw", 3), 3);
    rewind (f);
    assert_rest (f, "raw");
    assert_closes (f);
}
END_TEST

/* The stream's file beyond the stream. */
static int
duplicate (FILE *f)
{
    int fd = fcntl (tempfile_fileno (f), F_DUPFD_CLOEXEC, 0);

    ck_assert_int_ge (fd, 0);
    return fd;
}

static void
check_and_close (int fd, const char *text, off_t offset)
{
    char have[64] = "";

    ck_assert_int_ge (pread (fd, have, sizeof have - 1, 0), 0);
    ck_assert_str_eq (have, text);
    ck_assert_int_eq (lseek (fd, 0, SEEK_CUR), offset);
    ck_assert_int_eq (close (fd), 0);
}

/* Reads three bytes of ten and closes; where the file's offset is then. */
static off_t
offset_after_reading (int kind)
{
    FILE *f = open_kind_with (kind, "0123456789");
    int fd = duplicate (f);

    for (int i = 0; i < 3; i++)
        ck_assert_int_eq (fgetc (f), '0' + i);
    assert_closes (f);
    off_t offset = lseek (fd, 0, SEEK_CUR);
    ck_assert_int_eq (close (fd), 0);
    return offset;
}

/* Whoever else has the descriptor finds its offset at the stream's position. Not every libc does
 * that for a stream that was read; no kind is worse than libc's own. */
START_TEST (fclose_writes_out_and_leaves_the_offset)
{
    FILE *f = open_kind (_i, NULL);
    int fd = duplicate (f);

    ck_assert_int_ge (fputs ("0123456789", f), 0);
    assert_closes (f);
    check_and_close (fd, "0123456789", 10);
    off_t offset = offset_after_reading (_i);
    if (offset != 3)
        ck_assert_int_eq (offset, offset_after_reading (LIBC));
}
END_TEST

static void
write_and_end (FILE *f, bool by_exit)
{
    pid_t child = fork ();

    if (child == 0) {
        ck_assert_int_ge (fputs ("last words", f), 0);
        if (by_exit)
            exit (0);
        _exit (0);
    }
    test_wait (child);
}

/* All streams that are open. */
START_TEST (exit_writes_out)
{
    FILE *f = open_kind (_i, NULL);
    int fd = duplicate (f);

    write_and_end (f, true);
    check_and_close (fd, "last words", 10);
    assert_closes (f);
}
END_TEST

/* What was in a buffer is lost. */
START_TEST (underscore_exit_writes_nothing_out)
{
    FILE *f = open_kind (_i, NULL);
    int fd = duplicate (f);

    write_and_end (f, false);
    bool lost = _i != UNNAMED_DIRECT;
    check_and_close (fd, lost ? "" : "last words", lost ? 0 : 10);
    assert_closes (f);
}
END_TEST

static void
write_as_child (void *f)
{
    ck_assert_int_ge (fputs ("child ", f), 0);
    ck_assert_int_eq (fflush (f), 0);
}

static void
read_as_child (void *f)
{
    ck_assert_int_eq (fgetc (f), 'p');
    ck_assert_int_eq (fgetc (f), 'a');
    ck_assert_int_eq (fflush (f), 0);
}

/* Handles on one open file description: after fflush by one, and a seek by the other where that
 * reads, each goes on where the other was. */
START_TEST (parent_and_child_share_the_offset)
{
    FILE *f = open_kind (_i, NULL);
    int fd = duplicate (f);

    ck_assert_int_ge (fputs ("parent ", f), 0);
    ck_assert_int_eq (fflush (f), 0);
    test_in_child (write_as_child, f);
    ck_assert_int_ge (fputs ("parent", f), 0);
    ck_assert_int_eq (fflush (f), 0);
    assert_contents (f, "parent child parent");
    rewind (f);
    ck_assert_int_eq (fflush (f), 0);
    test_in_child (read_as_child, f);
    ck_assert_int_eq (lseek (fd, 0, SEEK_CUR), 2);
    ck_assert_int_eq (fseek (f, 2, SEEK_SET), 0);
    assert_rest (f, "rent child parent");
    assert_closes (f);
    check_and_close (fd, "parent child parent", 19);
}
END_TEST

static void
add_buffers (TCase *tc)
{
    tcase_add_loop_test (tc, fully_buffered_streams_keep_what_fits, 0, STREAM_KINDS);
    tcase_add_loop_test (tc, fully_buffered_streams_may_have_a_buffer_of_libc_s, 0, STREAM_KINDS);
    tcase_add_loop_test (tc, line_buffered_streams_keep_half_a_line, 0, STREAM_KINDS);
    tcase_add_loop_test (tc, unbuffered_streams_keep_nothing, 0, STREAM_KINDS);
    tcase_add_loop_test (tc, setbuf_is_setvbuf, 0, STREAM_KINDS);
    tcase_add_loop_test (tc, new_streams_are_fully_buffered, 0, STREAM_KINDS);
    tcase_add_loop_test (tc, setvbuf_refuses_an_invalid_type, 0, STREAM_KINDS);
    tcase_add_loop_test (tc, buffers_of_every_size_work, 0, STREAM_KINDS);
    tcase_add_loop_test (tc, seeking_and_flushing_write_out, 0, STREAM_KINDS);
    tcase_add_test (tc, fflush_of_null_writes_out_every_stream);
}

static void
add_lock (TCase *tc)
{
    tcase_add_loop_test (tc, lock_belongs_to_one_thread, 0, STREAM_KINDS);
    tcase_add_loop_test (tc, lines_of_several_threads_are_not_torn, 0, STREAM_KINDS);
}

static void
add_processes (TCase *tc)
{
    tcase_add_loop_test (tc, fileno_is_the_descriptor, 0, STREAM_KINDS);
    tcase_add_loop_test (tc, fclose_writes_out_and_leaves_the_offset, 0, STREAM_KINDS);
    tcase_add_loop_test (tc, exit_writes_out, 0, STREAM_KINDS);
    tcase_add_loop_test (tc, underscore_exit_writes_nothing_out, 0, STREAM_KINDS);
    tcase_add_loop_test (tc, parent_and_child_share_the_offset, 0, STREAM_KINDS);
}

int
main (void)
{
    Suite *s = suite_create ("conformance: sharing");

    test_leaves_out_text ();
    add_buffers (test_case (s, "buffers"));
    add_lock (test_case (s, "lock"));
    add_processes (test_case (s, "processes"));
    return test_main (s);
}
