/* SPDX-License-Identifier: MIT */
/*
 * What comes back is a FILE *: the functions of stdio do on every kind of stream what they do on
 * a stream of fopen(). The same tests run on plain, custom and named streams, as kind _i. Then
 * what stdio leaves open and this library promises: the descriptor is in step after fflush() and
 * rewind(), and tempfile_truncate() tells no lies about what was read before.
 */
#include "common.h"

#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/resource.h>

/* A stream whose file is TEXT, at its start, with nothing read yet. */
static FILE *
open_with (int kind, const char *text)
{
    FILE *f = test_open (kind, NULL);

    ck_assert_int_ge (fputs (text, f), 0);
    rewind (f);
    return f;
}

/* What is left to read is TEXT, and then the end. */
#define assert_reads(stream, text)                                \
    do {                                                          \
        char left_[4096] = "";                                    \
        size_t n_ = fread (left_, 1, sizeof left_ - 1, (stream)); \
        ck_assert_str_eq (left_, (text));                         \
        ck_assert_uint_eq (n_, strlen (text));                    \
        ck_assert_int_eq (ferror (stream), 0);                    \
    } while (0)

/* --- writing and reading --- */

static int print (FILE *f, const char *format, ...) __attribute__ ((__format__ (__printf__, 2, 3)));

static int
print (FILE *f, const char *format, ...)
{
    va_list arguments;

    va_start (arguments, format);
    int n = vfprintf (f, format, arguments);
    va_end (arguments);
    return n;
}

START_TEST (printf_family_writes)
{
    FILE *f = test_open (_i, NULL);

    ck_assert_int_eq (fprintf (f, "%d-%s", 12, "ab"), 5);
    ck_assert_int_eq (print (f, "%5.2f", 3.14159), 5);
    ck_assert_int_ge (fputs ("|", f), 0);
    ck_assert_int_eq (fputc ('c', f), 'c');
    ck_assert_int_eq (putc ('d', f), 'd');
    ck_assert_uint_eq (fwrite ("efgh", 2, 2, f), 2);
    rewind (f);
    assert_reads (f, "12-ab 3.14|cdefgh");
    assert_closes (f);
}
END_TEST

START_TEST (scanf_family_reads)
{
    int n = 0;
    char word[16];
    FILE *f = open_with (_i, "42 apples\n");

    ck_assert_int_eq (fscanf (f, "%d %15s", &n, word), 2);
    ck_assert_int_eq (n, 42);
    ck_assert_str_eq (word, "apples");
    ck_assert_int_eq (ftello (f), 9);
    assert_closes (f);
}
END_TEST

START_TEST (getline_and_fgets_read_lines)
{
    char *line = NULL, text[8];
    size_t size = 0;
    FILE *f = open_with (_i, "one\n\ntwo\nlast");

    ck_assert_int_eq (getline (&line, &size, f), 4);
    ck_assert_str_eq (line, "one\n");
    ck_assert_int_eq (getline (&line, &size, f), 1);
    ck_assert_ptr_nonnull (fgets (text, 3, f));
    ck_assert_str_eq (text, "tw");
    ck_assert_ptr_nonnull (fgets (text, sizeof text, f));
    ck_assert_str_eq (text, "o\n");
    ck_assert_int_eq (getdelim (&line, &size, 's', f), 3);
    ck_assert_int_eq (getline (&line, &size, f), 1);
    ck_assert_int_eq (getline (&line, &size, f), -1);
    ck_assert (feof (f) && !ferror (f));
    free (line);
    assert_closes (f);
}
END_TEST

/* The byte at an offset: no two blocks of any usual size are alike. */
static unsigned char
pattern (size_t at)
{
    return (unsigned char) (at * 31 + at / 251 + at / 65521);
}

/* More than any buffer, in pieces of odd sizes. */
START_TEST (large_data_comes_back_unchanged)
{
    enum { TOTAL = 3000000 };
    static unsigned char bytes[10007], back[9973];
    size_t n, at = 0;
    FILE *f = test_open (_i, NULL);

    for (size_t piece = 1; at < TOTAL; at += piece, piece = 1 + at % sizeof bytes) {
        for (size_t i = 0; i < piece; i++)
            bytes[i] = pattern (at + i);
        if (fwrite (bytes, 1, piece, f) != piece)
            ck_abort ();
    }
    ck_assert_int_eq (ftello (f), (off_t) at);
    rewind (f);
    size_t total = at;
    for (at = 0; (n = fread (back, 1, sizeof back, f)) > 0; at += n)
        for (size_t i = 0; i < n; i++)
            if (back[i] != pattern (at + i))
                ck_abort_msg ("byte %zu", at + i);
    ck_assert_uint_eq (at, total);
    assert_closes (f);
}
END_TEST

START_TEST (ungetc_pushes_back)
{
    FILE *f = open_with (_i, "abc");

    ck_assert_int_eq (fgetc (f), 'a');
    ck_assert_int_eq (ungetc ('X', f), 'X');
    ck_assert_int_eq (ftello (f), 0);
    assert_reads (f, "Xbc");
    ck_assert_int_eq (ungetc ('Y', f), 'Y');
    ck_assert_int_eq (feof (f), 0);
    ck_assert_int_eq (fgetc (f), 'Y');
    ck_assert_int_eq (fflush (f), 0);
    assert_contents (f, "abc");
    assert_closes (f);
}
END_TEST

START_TEST (end_of_file_is_told_and_cleared)
{
    FILE *f = open_with (_i, "a");

    ck_assert_int_eq (fgetc (f), 'a');
    ck_assert_int_eq (feof (f), 0);
    ck_assert_int_eq (fgetc (f), EOF);
    ck_assert_int_ne (feof (f), 0);
    clearerr (f);
    ck_assert_int_eq (feof (f), 0);
    ck_assert_int_eq (fgetc (f), EOF);
    ck_assert_int_eq (fseeko (f, 0, SEEK_SET), 0);
    ck_assert_int_eq (feof (f), 0);
    ck_assert_int_eq (fgetc (f), 'a');
    assert_closes (f);
}
END_TEST

/* --- positions --- */

static off_t
offset_of (FILE *f)
{
    return lseek (tempfile_fileno (f), 0, SEEK_CUR);
}

START_TEST (fseeko_and_ftello_agree)
{
    static const struct {
        off_t offset;
        int whence;
        off_t position;
        int next;
    } rows[] = {{3, SEEK_SET, 3, '3'},   {0, SEEK_SET, 0, '0'},  {-1, SEEK_END, 9, '9'},
                {-10, SEEK_END, 0, '0'}, {4, SEEK_CUR, 5, '5'},  {-1, SEEK_CUR, 5, '5'},
                {-6, SEEK_CUR, 0, '0'},  {0, SEEK_END, 10, EOF}, {5, SEEK_END, 15, EOF},
                {-8, SEEK_CUR, 7, '7'}};
    FILE *f = open_with (_i, "0123456789");

    for (int i = 0; i < LENGTH (rows); i++) {
        ck_assert_int_eq (fseeko (f, rows[i].offset, rows[i].whence), 0);
        ck_assert_int_eq (ftello (f), rows[i].position);
        ck_assert_int_eq (fgetc (f), rows[i].next);
        ck_assert_int_eq (ftello (f), rows[i].position + (rows[i].next != EOF));
    }
    assert_closes (f);
}
END_TEST

START_TEST (fseeko_before_the_start_fails)
{
    FILE *f = open_with (_i, "text");

    ck_assert_int_eq (fseeko (f, 2, SEEK_SET), 0);
    errno = 0;
    ck_assert_int_eq (fseeko (f, -3, SEEK_CUR), -1);
    ck_assert_int_eq (errno, EINVAL);
    ck_assert_int_eq (fseeko (f, -5, SEEK_END), -1);
    ck_assert_int_eq (fseeko (f, -1, SEEK_SET), -1);
    ck_assert_int_eq (ftello (f), 2);
    ck_assert_int_eq (fgetc (f), 'x');
    assert_closes (f);
}
END_TEST

/* Also when it is the first after a buffer was filled, and there is more to read in it. */
START_TEST (fseeko_that_fails_loses_nothing)
{
    FILE *f = test_open (_i, NULL);

    for (int i = 0; i < 30000; i++) {
        ck_assert_int_eq (putc (i % 251, f), i % 251);
        if (i % 1000 == 0)
            ck_assert_int_eq (fflush (f), 0);
    }
    rewind (f);
    for (int i = 0; i < 30000; i++) {
        ck_assert_int_eq (getc (f), i % 251);
        if (i % 999 == 7)
            ck_assert_int_eq (fseeko (f, -40000, SEEK_CUR), -1);
        if (i % 5000 == 900)
            ck_assert_int_eq (fseeko (f, -30, SEEK_CUR) | fseeko (f, 30, SEEK_CUR), 0);
    }
    assert_closes (f);
}
END_TEST

START_TEST (fgetpos_and_fsetpos_go_back)
{
    fpos_t position;
    FILE *f = open_with (_i, "abcdef");

    ck_assert_int_eq (fseeko (f, 2, SEEK_SET), 0);
    ck_assert_int_eq (fgetpos (f, &position), 0);
    assert_reads (f, "cdef");
    ck_assert_int_eq (fsetpos (f, &position), 0);
    assert_reads (f, "cdef");
    assert_closes (f);
}
END_TEST

START_TEST (ftello_counts_what_is_buffered)
{
    FILE *f = test_open (_i, NULL);

    for (int i = 0; i < 5000; i++) {
        if (ftello (f) != i || fputc ('x', f) != 'x')
            ck_abort_msg ("at %d", i);
    }
    rewind (f);
    for (int i = 0; i < 5000; i++) {
        if (ftello (f) != i || fgetc (f) != 'x')
            ck_abort_msg ("at %d", i);
    }
    assert_closes (f);
}
END_TEST

START_TEST (reading_and_writing_alternate_after_fseek)
{
    FILE *f = open_with (_i, "0123456789");

    ck_assert_int_eq (fgetc (f), '0');
    ck_assert_int_eq (fseeko (f, 0, SEEK_CUR), 0);
    ck_assert_int_eq (fputc ('A', f), 'A');
    ck_assert_int_eq (fseeko (f, 0, SEEK_CUR), 0);
    ck_assert_int_eq (fgetc (f), '2');
    ck_assert_int_eq (fseeko (f, 3, SEEK_CUR), 0);
    ck_assert_int_ge (fputs ("BC", f), 0);
    ck_assert_int_eq (fflush (f), 0);
    ck_assert_int_eq (fseeko (f, 0, SEEK_CUR), 0);
    assert_reads (f, "89");
    rewind (f);
    assert_reads (f, "0A2345BC89");
    assert_closes (f);
}
END_TEST

/* libc must know how far its writing has come before it can go back from there. */
START_TEST (relative_fseek_goes_from_what_is_buffered)
{
    FILE *f = test_open (_i, NULL);

    ck_assert_int_ge (fputs ("0123456789", f), 0);
    ck_assert_int_eq (fflush (f), 0);
    ck_assert_int_ge (fputs ("abcdefghij", f), 0);
    ck_assert_int_eq (fseeko (f, -3, SEEK_CUR), 0);
    ck_assert_int_eq (ftello (f), 17);
    ck_assert_int_ge (fputs ("H", f), 0);
    ck_assert_int_eq (fseeko (f, -10, SEEK_CUR), 0);
    ck_assert_int_eq (ftello (f), 8);
    ck_assert_int_ge (fputs ("89AB", f), 0);
    ck_assert_int_eq (fseeko (f, 1, SEEK_CUR), 0);
    ck_assert_int_ge (fputs ("D", f), 0);
    ck_assert_int_eq (ftello (f), 14);
    ck_assert_int_eq (fflush (f), 0);
    assert_contents (f, "0123456789ABcDefgHij");
    ck_assert_int_eq (offset_of (f), 14);
    assert_closes (f);
}
END_TEST

/* The same in long series of small and large steps, against what must come out. */
START_TEST (writing_and_relative_fseek_alternate)
{
    enum { SIZE = 40000 };
    static char expected[SIZE], back[SIZE + 1];
    size_t at = 0, end = 0, seed = 1;
    FILE *f = test_open (_i, NULL);

    memset (expected, 0, sizeof expected);
    for (int i = 0; i < 3000; i++) {
        seed = (seed * 1103515245 + 12345) & 0x7fffffff;
        size_t n = seed / 64 % (i % 50 ? 20 : 9000);
        char c = (char) ('a' + i % 26);
        for (; n > 0 && at < SIZE; n--, at++) {
            expected[at] = c;
            if (fputc (c, f) != c)
                ck_abort ();
        }
        end = at > end ? at : end;
        size_t to = seed / 4096 % (end + 1);
        if (fseeko (f, (off_t) to - (off_t) at, SEEK_CUR) != 0 || ftello (f) != (off_t) to)
            ck_abort_msg ("step %d", i);
        at = to;
    }
    ck_assert_int_eq (fflush (f), 0);
    ck_assert_uint_eq (test_bytes (f, back, sizeof back), end);
    ck_assert_int_eq (memcmp (back, expected, end), 0);
    assert_closes (f);
}
END_TEST

START_TEST (writing_past_the_end_leaves_zeros)
{
    FILE *f = open_with (_i, "ab");

    ck_assert_int_eq (fseeko (f, 5, SEEK_SET), 0);
    ck_assert_int_eq (fputc ('c', f), 'c');
    ck_assert_int_eq (fflush (f), 0);
    assert_contents (f, "ab\0\0\0c");
    assert_closes (f);
}
END_TEST

/* Offsets around and beyond what 31 and 32 bits can say, in a file that is all hole. */
static const int64_t far[] = {0x7fffffff,  0x80000000,  0xc0000000, 0xffffffff,
                              0x100000000, 0x140000000, 0x1fffffff0};

static void
check_far (FILE *f, int64_t offset)
{
    ck_assert_int_eq (fseeko (f, (off_t) offset, SEEK_SET), 0);
    ck_assert_int_eq (ftello (f), offset);
    ck_assert_int_ge (fputs ("far", f), 0);
    ck_assert_int_eq (ftello (f), offset + 3);
    ck_assert_int_eq (fflush (f), 0);
    ck_assert_int_eq (test_size (f), offset + 3);
    ck_assert_int_eq (fseeko (f, -2, SEEK_END), 0);
    ck_assert_int_eq (ftello (f), offset + 1);
    ck_assert_int_eq (fgetc (f), 'a');
    ck_assert_int_eq (fseeko (f, -2, SEEK_CUR), 0);
    ck_assert_int_eq (fgetc (f), 'f');
}

/* libbsd's funopen() passes offsets back through an int; see the design of custom streams. */
static bool
reaches (int kind, int64_t offset)
{
    if (sizeof (off_t) < 8)
        return false;
    if (kind == PLAIN || strcmp (STREAM_BACKEND, "funopen") != 0)
        return true;
#if defined __GLIBC__ || !defined __linux__
    for (int64_t near = offset; near <= offset + 3; near++)
        if ((near & 0xffffffff) == 0xffffffff)
            return false;
    return true;
#else
    return offset <= INT_MAX - 8;
#endif
}

START_TEST (offsets_beyond_four_gigabytes_work)
{
    for (int i = 0; i < LENGTH (far); i++) {
        if (!reaches (_i, far[i])) {
            test_skip ("this system's custom streams cannot do every large offset");
            continue;
        }
        FILE *f = test_open (_i, NULL);
        check_far (f, far[i]);
        assert_closes (f);
    }
}
END_TEST

/* --- buffers --- */

START_TEST (setvbuf_switches_buffering_off)
{
    FILE *f = test_open (_i, NULL);

    ck_assert_int_eq (setvbuf (f, NULL, _IONBF, 0), 0);
    ck_assert_int_eq (fputc ('a', f), 'a');
    ck_assert_int_eq (test_size (f), 1);
    ck_assert_int_ge (fputs ("bc", f), 0);
    ck_assert_int_eq (test_size (f), 3);
    rewind (f);
    ck_assert_int_eq (fgetc (f), 'a');
    ck_assert_int_eq (lseek (tempfile_fileno (f), 0, SEEK_CUR), 1);
    assert_closes (f);
}
END_TEST

START_TEST (setvbuf_switches_to_lines)
{
    FILE *f = test_open (_i, NULL);

    ck_assert_int_eq (setvbuf (f, NULL, _IOLBF, BUFSIZ), 0);
    ck_assert_int_ge (fputs ("half", f), 0);
    ck_assert_int_eq (test_size (f), 0);
    ck_assert_int_eq (fputc ('\n', f), '\n');
    ck_assert_int_eq (test_size (f), 5);
    assert_closes (f);
}
END_TEST

START_TEST (setvbuf_takes_a_buffer_of_the_caller_s)
{
    static char buffer[100000];
    FILE *f = test_open (_i, NULL);

    ck_assert_int_eq (setvbuf (f, buffer, _IOFBF, sizeof buffer), 0);
    for (int i = 0; i < 90000; i++)
        if (fputc ('x', f) != 'x')
            ck_abort ();
    ck_assert_int_eq (test_size (f), 0);
    ck_assert_int_eq (buffer[80000], 'x');
    ck_assert_int_eq (fflush (f), 0);
    ck_assert_int_eq (test_size (f), 90000);
    assert_closes (f);
}
END_TEST

START_TEST (fclose_writes_what_is_buffered)
{
    FILE *f = test_open (_i, NULL);
    FILE *g = tempfile_reopen (f, "rb");

    ck_assert_ptr_nonnull (g);
    ck_assert_int_ge (fputs ("at the last moment", f), 0);
    assert_closes (f);
    assert_reads (g, "at the last moment");
    assert_closes (g);
}
END_TEST

/* --- the descriptor --- */

START_TEST (fileno_is_tempfile_fileno)
{
    FILE *f = test_open (_i, NULL);
    struct stat st;

    ck_assert_int_ge (tempfile_fileno (f), 0);
    ck_assert_int_eq (fstat (tempfile_fileno (f), &st), 0);
    ck_assert (S_ISREG (st.st_mode));
#ifdef HAVE_STREAM_FILENO
    ck_assert_int_eq (fileno (f), tempfile_fileno (f));
#else
    if (_i == PLAIN)
        ck_assert_int_eq (fileno (f), tempfile_fileno (f));
#endif
    assert_closes (f);
}
END_TEST

START_TEST (descriptor_is_the_stream_s_alone_and_closed_with_it)
{
    FILE *f = test_open (_i, NULL), *g = test_open (_i, NULL);
    int fd = tempfile_fileno (f), other = tempfile_fileno (g);

    ck_assert_int_ne (fd, other);
    assert_closes (f);
    ck_assert_int_eq (fcntl (fd, F_GETFD), -1);
    ck_assert_int_ne (fcntl (other, F_GETFD), -1);
    assert_closes (g);
    ck_assert_int_eq (fcntl (other, F_GETFD), -1);
}
END_TEST

START_TEST (descriptor_is_in_step_after_fflush)
{
    FILE *f = test_open (_i, NULL);

    ck_assert_int_ge (fputs ("0123456789", f), 0);
    ck_assert_int_eq (fflush (f), 0);
    ck_assert_int_eq (offset_of (f), 10);
    assert_contents (f, "0123456789");
    ck_assert_int_eq (fseeko (f, 4, SEEK_SET), 0);
    ck_assert_int_eq (fflush (f), 0);
    ck_assert_int_eq (offset_of (f), 4);
    ck_assert_int_ge (fputs ("AB", f), 0);
    ck_assert_int_eq (fflush (f), 0);
    ck_assert_int_eq (offset_of (f), 6);
    assert_contents (f, "0123AB6789");
    assert_closes (f);
}
END_TEST

START_TEST (descriptor_is_in_step_after_reading_and_fflush)
{
    FILE *f = open_with (_i, "0123456789");

    for (int i = 0; i < 3; i++)
        ck_assert_int_eq (fgetc (f), '0' + i);
    ck_assert_int_eq (fflush (f), 0);
    ck_assert_int_eq (offset_of (f), 3);
    ck_assert_int_eq (fgetc (f), '3');
    assert_closes (f);
}
END_TEST

/* Where something was read before, libc may go back in its buffer only; then fflush() it is. */
START_TEST (descriptor_is_in_step_after_rewind)
{
    FILE *f = test_open (_i, NULL);

    ck_assert_int_ge (fputs ("0123456789", f), 0);
    rewind (f);
    ck_assert_int_eq (offset_of (f), 0);
    assert_contents (f, "0123456789");
    ck_assert_int_eq (fgetc (f), '0');
    rewind (f);
    ck_assert_int_eq (fflush (f), 0);
    ck_assert_int_eq (offset_of (f), 0);
    assert_closes (f);
}
END_TEST

/* What a child is to read from the descriptor that it inherits. */
struct expected {
    int fd;
    const char *text;
};

static void
read_in_child (void *arg)
{
    struct expected *e = arg;
    char text[64];

    ssize_t n = read (e->fd, text, sizeof text - 1);
    ck_assert_int_ge (n, 0);
    text[n] = '\0';
    ck_assert_str_eq (text, e->text);
}

START_TEST (child_reads_what_the_stream_says)
{
    FILE *f = test_open (_i, NULL);
    int fd = tempfile_fileno (f);

    ck_assert_int_ge (fputs ("for the child", f), 0);
    rewind (f);
    test_in_child (read_in_child, &(struct expected){fd, "for the child"});
    ck_assert_int_eq (fseeko (f, 4, SEEK_SET), 0);
    ck_assert_int_eq (fflush (f), 0);
    test_in_child (read_in_child, &(struct expected){fd, "the child"});
    ck_assert_int_eq (fseeko (f, 0, SEEK_END), 0);
    ck_assert_int_ge (fputs ("ren", f), 0);
    ck_assert_int_eq (fflush (f), 0);
    test_in_child (read_in_child, &(struct expected){fd, ""});
    ck_assert_int_eq (fseeko (f, -5, SEEK_END), 0);
    ck_assert_int_eq (fflush (f), 0);
    test_in_child (read_in_child, &(struct expected){fd, "ldren"});
    assert_closes (f);
}
END_TEST

static void
write_in_child (void *fd)
{
    ck_assert_int_eq (write (*(int *) fd, "from child", 10), 10);
}

START_TEST (stream_goes_on_after_a_child_wrote)
{
    FILE *f = test_open (_i, NULL);
    int fd = tempfile_fileno (f);

    ck_assert_int_ge (fputs ("parent, ", f), 0);
    ck_assert_int_eq (fflush (f), 0);
    test_in_child (write_in_child, &fd);
    ck_assert_int_eq (fseeko (f, 0, SEEK_END), 0);
    ck_assert_int_eq (ftello (f), 18);
    ck_assert_int_ge (fputs (", parent", f), 0);
    ck_assert_int_eq (fseeko (f, 8, SEEK_SET), 0);
    assert_reads (f, "from child, parent");
    rewind (f);
    test_in_child (write_in_child, &fd);
    rewind (f);
    assert_reads (f, "from childom child, parent");
    assert_closes (f);
}
END_TEST

/* The caller itself may use the descriptor, and then fseek(). */
START_TEST (stream_goes_on_after_the_descriptor_was_moved)
{
    FILE *f = open_with (_i, "0123456789");
    int fd = tempfile_fileno (f);

    ck_assert_int_eq (fgetc (f), '0');
    ck_assert_int_eq (fflush (f), 0);
    ck_assert_int_eq (lseek (fd, 7, SEEK_SET), 7);
    ck_assert_int_eq (fseeko (f, 1, SEEK_SET), 0);
    ck_assert_int_eq (fgetc (f), '1');
    ck_assert_int_eq (fflush (f), 0);
    ck_assert_int_eq (pwrite (fd, "X", 1, 2), 1);
    ck_assert_int_eq (lseek (fd, 0, SEEK_END), 10);
    ck_assert_int_eq (fseeko (f, 2, SEEK_SET), 0);
    assert_reads (f, "X3456789");
    assert_closes (f);
}
END_TEST

/* --- tempfile_truncate --- */

START_TEST (truncate_writes_out_first_and_leaves_the_position)
{
    FILE *f = test_open (_i, NULL);

    ck_assert_int_ge (fputs ("abcdef", f), 0);
    ck_assert_int_eq (tempfile_truncate (f, 3), 0);
    ck_assert_int_eq (test_size (f), 3);
    ck_assert_int_eq (ftello (f), 6);
    assert_contents (f, "abc");
    ck_assert_int_eq (fputc ('X', f), 'X');
    ck_assert_int_eq (fflush (f), 0);
    assert_contents (f, "abc\0\0\0X");
    assert_closes (f);
}
END_TEST

START_TEST (truncate_extends_with_zeros)
{
    FILE *f = open_with (_i, "ab");

    ck_assert_int_eq (fseeko (f, 1, SEEK_SET), 0);
    ck_assert_int_eq (tempfile_truncate (f, 5), 0);
    ck_assert_int_eq (ftello (f), 1);
    assert_contents (f, "ab\0\0\0");
    ck_assert_int_eq (fgetc (f), 'b');
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq (fgetc (f), '\0');
    ck_assert_int_eq (fgetc (f), EOF);
    assert_closes (f);
}
END_TEST

START_TEST (truncate_forgets_what_was_read_ahead)
{
    FILE *f = open_with (_i, "abcdef");

    ck_assert_int_eq (fgetc (f), 'a');
    ck_assert_int_eq (tempfile_truncate (f, 3), 0);
    ck_assert_int_eq (ftello (f), 1);
    assert_reads (f, "bc");
    ck_assert_int_ne (feof (f), 0);
    assert_closes (f);
}
END_TEST

START_TEST (truncate_to_nothing_leaves_nothing_to_read)
{
    FILE *f = open_with (_i, "abcdef");

    assert_reads (f, "abcdef");
    ck_assert_int_eq (tempfile_truncate (f, 0), 0);
    ck_assert_int_eq (fgetc (f), EOF);
    rewind (f);
    ck_assert_int_eq (fgetc (f), EOF);
    ck_assert_int_ne (feof (f), 0);
    ck_assert_int_eq (test_size (f), 0);
    ck_assert_int_eq (fseeko (f, 0, SEEK_SET), 0);
    ck_assert_int_ge (fputs ("new", f), 0);
    rewind (f);
    assert_reads (f, "new");
    assert_closes (f);
}
END_TEST

/* What was read ahead before it was cut off must not come back from a buffer later. */
START_TEST (truncate_and_extend_reads_zeros_not_old_bytes)
{
    FILE *f = open_with (_i, "abcdef");

    ck_assert_int_eq (fgetc (f), 'a');
    ck_assert_int_eq (tempfile_truncate (f, 2), 0);
    ck_assert_int_eq (tempfile_truncate (f, 4), 0);
    ck_assert_int_eq (fgetc (f), 'b');
    ck_assert_int_eq (fgetc (f), '\0');
    ck_assert_int_eq (fgetc (f), '\0');
    ck_assert_int_eq (fgetc (f), EOF);
    assert_closes (f);
}
END_TEST

START_TEST (truncate_works_with_what_was_pushed_back)
{
    FILE *f = open_with (_i, "abcdef");

    ck_assert_int_eq (fgetc (f), 'a');
    ck_assert_int_eq (ungetc ('a', f), 'a');
    ck_assert_int_eq (tempfile_truncate (f, 2), 0);
    ck_assert_int_eq (ftello (f), 0);
    assert_reads (f, "ab");
    assert_closes (f);
}
END_TEST

START_TEST (truncate_goes_beyond_four_gigabytes)
{
    static const int64_t size = INT64_C (0x140000000);
    FILE *f = open_with (_i, "ab");

    ck_assert_int_eq (tempfile_truncate (f, size), 0);
    if (sizeof (off_t) < sizeof size) {
        struct stat st;
        ck_assert_int_eq (fstat (tempfile_fileno (f), &st), -1);
        ck_assert_int_eq (errno, EOVERFLOW);
    } else {
        ck_assert_int_eq (test_size (f), size);
    }
    ck_assert_int_eq (ftello (f), 0);
    ck_assert_int_eq (fgetc (f), 'a');
    ck_assert_int_eq (tempfile_truncate (f, 1), 0);
    ck_assert_int_eq (test_size (f), 1);
    assert_closes (f);
}
END_TEST

START_TEST (truncate_of_appending_stream_lets_it_append)
{
    FILE *f = test_open (_i, "a+b");

    ck_assert_int_ge (fputs ("abcdef", f), 0);
    ck_assert_int_eq (tempfile_truncate (f, 2), 0);
    ck_assert_int_ge (fputs ("XY", f), 0);
    ck_assert_int_eq (fflush (f), 0);
    assert_contents (f, "abXY");
    assert_closes (f);
}
END_TEST

START_TEST (truncate_works_in_every_writing_mode)
{
    static const char *const modes[] = {"wb", "w+b", "r+b", "xb", "x+b", "ab", "a+b"};

    for (int i = 0; i < LENGTH (modes); i++) {
        FILE *f = test_open (_i, modes[i]);
        ck_assert_int_ge (fputs ("abc", f), 0);
        ck_assert_msg (tempfile_truncate (f, 1) == 0, "%s: %s", modes[i], tempfile_errmsg ());
        assert_contents (f, "a");
        assert_closes (f);
    }
}
END_TEST

START_TEST (truncate_refuses_a_negative_size)
{
    FILE *f = open_with (_i, "abc");

    ck_assert_int_eq (fgetc (f), 'a');
    assert_minus_1 (tempfile_truncate (f, -1), EINVAL, "negative");
    assert_minus_1 (tempfile_truncate (f, INT64_MIN), EINVAL, NULL);
    assert_contents (f, "abc");
    ck_assert_int_eq (fgetc (f), 'b');
    assert_closes (f);
}
END_TEST

START_TEST (truncate_refuses_a_stream_for_reading_only)
{
    FILE *f = test_open (_i, "rb");

    assert_minus_1 (tempfile_truncate (f, 0), EINVAL, NULL);
    assert_minus_1 (tempfile_truncate (f, 10), EINVAL, NULL);
    ck_assert_int_eq (test_size (f), 0);
    assert_closes (f);
}
END_TEST

static void
truncate_beyond_the_limit (void *kind)
{
    struct rlimit limit = {100000, 100000};
    FILE *f = open_with (*(int *) kind, "abc");

    ck_assert_int_eq (fgetc (f), 'a');
    signal (SIGXFSZ, SIG_IGN);
    ck_assert_int_eq (setrlimit (RLIMIT_FSIZE, &limit), 0);
    assert_minus_1 (tempfile_truncate (f, 200000), EFBIG, NULL);
    ck_assert_int_eq (test_size (f), 3);
    ck_assert_int_eq (fgetc (f), 'b');
    assert_closes (f);
}

START_TEST (truncate_that_fails_says_why_and_changes_nothing)
{
    test_in_child (truncate_beyond_the_limit, &_i);
    test_remove_entries (test_dir ());
}
END_TEST

static void
add_io (TCase *tc)
{
    tcase_add_loop_test (tc, printf_family_writes, 0, KINDS);
    tcase_add_loop_test (tc, scanf_family_reads, 0, KINDS);
    tcase_add_loop_test (tc, getline_and_fgets_read_lines, 0, KINDS);
    tcase_add_loop_test (tc, large_data_comes_back_unchanged, 0, KINDS);
    tcase_add_loop_test (tc, ungetc_pushes_back, 0, KINDS);
    tcase_add_loop_test (tc, end_of_file_is_told_and_cleared, 0, KINDS);
}

static void
add_positions (TCase *tc)
{
    tcase_add_loop_test (tc, fseeko_and_ftello_agree, 0, KINDS);
    tcase_add_loop_test (tc, fseeko_before_the_start_fails, 0, KINDS);
    tcase_add_loop_test (tc, fseeko_that_fails_loses_nothing, 0, KINDS);
    tcase_add_loop_test (tc, fgetpos_and_fsetpos_go_back, 0, KINDS);
    tcase_add_loop_test (tc, ftello_counts_what_is_buffered, 0, KINDS);
    tcase_add_loop_test (tc, reading_and_writing_alternate_after_fseek, 0, KINDS);
    tcase_add_loop_test (tc, relative_fseek_goes_from_what_is_buffered, 0, KINDS);
    tcase_add_loop_test (tc, writing_and_relative_fseek_alternate, 0, KINDS);
    tcase_add_loop_test (tc, writing_past_the_end_leaves_zeros, 0, KINDS);
    tcase_add_loop_test (tc, offsets_beyond_four_gigabytes_work, 0, KINDS);
}

static void
add_buffers (TCase *tc)
{
    tcase_add_loop_test (tc, setvbuf_switches_buffering_off, 0, KINDS);
    tcase_add_loop_test (tc, setvbuf_switches_to_lines, 0, KINDS);
    tcase_add_loop_test (tc, setvbuf_takes_a_buffer_of_the_caller_s, 0, KINDS);
    tcase_add_loop_test (tc, fclose_writes_what_is_buffered, 0, KINDS);
}

static void
add_descriptor (TCase *tc)
{
    tcase_add_loop_test (tc, fileno_is_tempfile_fileno, 0, KINDS);
    tcase_add_loop_test (tc, descriptor_is_the_stream_s_alone_and_closed_with_it, 0, KINDS);
    tcase_add_loop_test (tc, descriptor_is_in_step_after_fflush, 0, KINDS);
    tcase_add_loop_test (tc, descriptor_is_in_step_after_reading_and_fflush, 0, KINDS);
    tcase_add_loop_test (tc, descriptor_is_in_step_after_rewind, 0, KINDS);
    tcase_add_loop_test (tc, child_reads_what_the_stream_says, 0, KINDS);
    tcase_add_loop_test (tc, stream_goes_on_after_a_child_wrote, 0, KINDS);
    tcase_add_loop_test (tc, stream_goes_on_after_the_descriptor_was_moved, 0, KINDS);
}

static void
add_truncate (TCase *tc)
{
    tcase_add_loop_test (tc, truncate_writes_out_first_and_leaves_the_position, 0, KINDS);
    tcase_add_loop_test (tc, truncate_extends_with_zeros, 0, KINDS);
    tcase_add_loop_test (tc, truncate_forgets_what_was_read_ahead, 0, KINDS);
    tcase_add_loop_test (tc, truncate_to_nothing_leaves_nothing_to_read, 0, KINDS);
    tcase_add_loop_test (tc, truncate_and_extend_reads_zeros_not_old_bytes, 0, KINDS);
    tcase_add_loop_test (tc, truncate_works_with_what_was_pushed_back, 0, KINDS);
    tcase_add_loop_test (tc, truncate_goes_beyond_four_gigabytes, 0, KINDS);
    tcase_add_loop_test (tc, truncate_of_appending_stream_lets_it_append, 0, KINDS);
    tcase_add_loop_test (tc, truncate_works_in_every_writing_mode, 0, KINDS);
    tcase_add_loop_test (tc, truncate_refuses_a_negative_size, 0, KINDS);
    tcase_add_loop_test (tc, truncate_refuses_a_stream_for_reading_only, 0, KINDS);
    tcase_add_loop_test (tc, truncate_that_fails_says_why_and_changes_nothing, 0, KINDS);
}

int
main (void)
{
    Suite *s = suite_create ("stream");

    add_io (test_case (s, "writing and reading"));
    add_positions (test_case (s, "positions"));
    add_buffers (test_case (s, "buffers"));
    add_descriptor (test_case (s, "descriptor"));
    add_truncate (test_case (s, "truncate"));
    return test_main (s);
}
