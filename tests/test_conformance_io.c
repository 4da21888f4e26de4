/* SPDX-License-Identifier: MIT */
/*
 * What C and POSIX say about reading, writing and positions, on streams of every kind, that of
 * tmpfile() among them. CONFORMANCE.md is the table of clauses. Test _i is kind _i.
 */
#include "conformance.h"

#include <limits.h>
#include <stdarg.h>
#include <stdint.h>

/* --- writing --- */

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

/* A number is not negative: that is all that is said of a success. */
START_TEST (output_functions_return_what_they_wrote)
{
    FILE *f = open_kind (_i, NULL);

    ck_assert_int_ge (fputs ("one ", f), 0);
    ck_assert_int_ge (fputs ("", f), 0);
    ck_assert_int_eq (fprintf (f, "%s %d ", "two", 3), 6);
    ck_assert_int_eq (fprintf (f, "%s", ""), 0);
    ck_assert_int_eq (print (f, "%c%3d ", 'x', 4), 5);
    ck_assert_int_eq (fputc ('a', f), 'a');
    ck_assert_int_eq (putc ('b', f), 'b');
    ck_assert_int_eq (putc_unlocked ('c', f), 'c');
    ck_assert_uint_eq (fwrite ("defg", 2, 2, f), 2);
    ck_assert_int_eq (fflush (f), 0);
    assert_contents (f, "one two 3 x  4 abcdefg");
    assert_closes (f);
}
END_TEST

/* A character is converted to unsigned char, so that none is EOF. A text cannot have any byte. */
START_TEST (characters_are_unsigned)
{
    FILE *f = open_kind (_i, NULL);
    int last = _i == TEXT ? 0x7f : 0xff;

    for (int c = 0; c <= last; c++)
        ck_assert_int_eq (fputc (c | ~0xff, f), c);
    ck_assert_int_eq (putc (0x100 + 'x', f), 'x');
    rewind (f);
    for (int c = 0; c <= last; c++)
        ck_assert_int_eq (c % 2 ? fgetc (f) : getc (f), c);
    ck_assert_int_eq (getc_unlocked (f), 'x');
    ck_assert_int_eq (getc (f), EOF);
    assert_closes (f);
}
END_TEST

/* Then the result is zero, and array and stream are as before. */
START_TEST (nothing_is_read_or_written_of_size_or_number_zero)
{
    char bytes[4] = "abc";
    FILE *f = open_kind_with (_i, "xy");

    ck_assert_uint_eq (fread (bytes, 0, 3, f), 0);
    ck_assert_uint_eq (fread (bytes, 3, 0, f), 0);
    ck_assert_str_eq (bytes, "abc");
    assert_rest (f, "xy");
    clearerr (f);
    ck_assert_uint_eq (fread (bytes, 0, 3, f), 0);
    ck_assert (!feof (f) && !ferror (f));
    ck_assert_int_eq (fseek (f, 1, SEEK_SET), 0);
    ck_assert_uint_eq (fwrite (bytes, 0, 3, f), 0);
    ck_assert_uint_eq (fwrite (bytes, 3, 0, f), 0);
    ck_assert_int_eq (fflush (f), 0);
    ck_assert_int_eq (ftell (f), 1);
    assert_contents (f, "xy");
    assert_closes (f);
}
END_TEST

/* More than any buffer has room for, in one call. */
START_TEST (formatted_output_is_as_long_as_it_needs_to_be)
{
    enum { WIDTH = 100000 };
    FILE *f = open_kind (_i, NULL);

    ck_assert_int_eq (fprintf (f, "<%*d>%0*d.", WIDTH, 42, WIDTH, 7), 2 * WIDTH + 3);
    ck_assert_int_eq (ftell (f), 2 * WIDTH + 3);
    ck_assert_int_eq (fflush (f), 0);
    ck_assert_int_eq (test_size (f), 2 * WIDTH + 3);
    ck_assert_int_eq (fseek (f, WIDTH - 2, SEEK_SET), 0);
    ck_assert_int_eq (fgetc (f), ' ');
    for (const char *c = "42>0"; *c; c++)
        ck_assert_int_eq (fgetc (f), *c);
    ck_assert_int_eq (fseek (f, -2, SEEK_END), 0);
    assert_rest (f, "7.");
    assert_closes (f);
}
END_TEST

/* Where buffers, and memory before it moves to disk, end: one less, all of it, one more. */
START_TEST (writes_that_end_where_the_room_does_are_whole)
{
    static const int ends[] = {16, 512, 1024, 4096, BUFSIZ, 65536, 131072};
    static char bytes[131072 + 1], back[sizeof bytes + 1];

    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char) ('a' + i % 23);
    for (int i = 0; i < 3 * LENGTH (ends); i++) {
        size_t size = (size_t) (ends[i / 3] - 1 + i % 3);
        FILE *f = open_kind (_i, NULL);
        ck_assert_uint_eq (fwrite (bytes, 1, size - 5, f), size - 5);
        ck_assert_uint_eq (fwrite (bytes + size - 5, 1, 5, f), 5);
        ck_assert_int_eq (ftell (f), (long) size);
        rewind (f);
        ck_assert_uint_eq (fread (back, 1, sizeof back, f), size);
        ck_assert_int_eq (memcmp (back, bytes, size), 0);
        assert_closes (f);
    }
}
END_TEST

/* --- reading --- */

START_TEST (partial_items_are_not_counted)
{
    char bytes[12] = "";
    FILE *f = open_kind_with (_i, "0123456789");

    ck_assert_uint_eq (fread (bytes, 4, 3, f), 2);
    ck_assert_mem_eq (bytes, "01234567", 8);
    ck_assert (feof (f) && !ferror (f));
    ck_assert_int_eq (ftell (f), 10);
    assert_closes (f);
}
END_TEST

/* Long lines, lines with null bytes, a last line without an end, an empty one. */
START_TEST (getline_reads_lines_of_every_length)
{
    static const size_t lengths[] = {1, 0, 5, 4095, 4096, 8191, 70000, 2, 1};
    static char bytes[70001];
    char *line = NULL;
    size_t size = 0;
    FILE *f = open_kind (_i, NULL);

    for (int i = 0; i < LENGTH (lengths); i++) {
        for (size_t n = 0; n < lengths[i]; n++)
            bytes[n] = (char) (n % 3 == 1 ? '\0' : 'a' + i);
        bytes[lengths[i]] = '\n';
        bool last = i == LENGTH (lengths) - 1;
        ck_assert_uint_eq (fwrite (bytes, lengths[i] + !last, 1, f), 1);
    }
    rewind (f);
    for (int i = 0; i < LENGTH (lengths) - 1; i++) {
        ck_assert_int_eq (getline (&line, &size, f), (ssize_t) lengths[i] + 1);
        ck_assert_uint_gt (size, lengths[i] + 1);
        ck_assert_int_eq (line[0], lengths[i] ? 'a' + i : '\n');
        ck_assert_int_eq (line[lengths[i]], '\n');
        ck_assert_int_eq (line[lengths[i] + 1], '\0');
        if (lengths[i] > 1)
            ck_assert_int_eq (line[1], '\0');
    }
    ck_assert_int_eq (getline (&line, &size, f), 1);
    ck_assert_str_eq (line, "i");
    ck_assert_int_eq (getline (&line, &size, f), -1);
    ck_assert (feof (f) && !ferror (f));
    free (line);
    assert_closes (f);
}
END_TEST

START_TEST (getdelim_ends_at_any_character)
{
    char *text = NULL;
    size_t size = 0;
    FILE *f = open_kind (_i, NULL);

    ck_assert_uint_eq (fwrite ("ab\0c\n;;d", 1, 8, f), 8);
    rewind (f);
    ck_assert_int_eq (getdelim (&text, &size, '\0', f), 3);
    ck_assert_mem_eq (text, "ab\0", 4);
    ck_assert_int_eq (getdelim (&text, &size, ';', f), 3);
    ck_assert_str_eq (text, "c\n;");
    ck_assert_int_eq (getdelim (&text, &size, ';', f), 1);
    ck_assert_int_eq (getdelim (&text, &size, ';', f), 1);
    ck_assert_str_eq (text, "d");
    ck_assert_int_eq (getdelim (&text, &size, ';', f), -1);
    free (text);
    assert_closes (f);
}
END_TEST

/* At most one less than there is room for; at the end the array is left alone. */
START_TEST (fgets_fills_what_there_is_room_for)
{
    static char text[70000];
    FILE *f = open_kind (_i, NULL);

    ck_assert_uint_eq (fwrite ("a\0b\ncdefg\n", 1, 10, f), 10);
    for (int i = 0; i < 65536; i++)
        fputc ('x', f);
    rewind (f);
    ck_assert_ptr_eq (fgets (text, sizeof text, f), text);
    ck_assert_mem_eq (text, "a\0b\n", 5);
    ck_assert_ptr_eq (fgets (text, 4, f), text);
    ck_assert_str_eq (text, "cde");
    ck_assert_ptr_eq (fgets (text, 4, f), text);
    ck_assert_str_eq (text, "fg\n");
    ck_assert_ptr_eq (fgets (text, sizeof text, f), text);
    ck_assert_uint_eq (strlen (text), 65536);
    ck_assert (feof (f));
    strcpy (text, "as it was");
    ck_assert_ptr_null (fgets (text, sizeof text, f));
    ck_assert_str_eq (text, "as it was");
    assert_closes (f);
}
END_TEST

/* What does not match is pushed back and read by the next call. */
START_TEST (fscanf_stops_at_what_does_not_match)
{
    int n = 0, at = 0;
    long long big = 0;
    double x = 0;
    char word[8];
    FILE *f = open_kind_with (_i, "12 34x +9223372036854775807 [a-c]0x1.8p1");

    ck_assert_int_eq (fscanf (f, "%d", &n), 1);
    ck_assert_int_eq (n, 12);
    ck_assert_int_eq (fscanf (f, "%d%d", &n, &at), 1);
    ck_assert_int_eq (n, 34);
    ck_assert_int_eq (ftell (f), 5);
    ck_assert_int_eq (fgetc (f), 'x');
    ck_assert_int_eq (fscanf (f, "%lld%n", &big, &at), 1);
    ck_assert (big == LLONG_MAX && at == 21);
    ck_assert_int_eq (fscanf (f, " [%7[a-]c]", word), 1);
    ck_assert_str_eq (word, "a-");
    ck_assert_int_eq (fscanf (f, "%lf", &x), 1);
    ck_assert (x == 3.0);
    ck_assert_int_eq (fscanf (f, "%d", &n), EOF);
    ck_assert (feof (f) && !ferror (f));
    assert_closes (f);
}
END_TEST

START_TEST (fscanf_reads_what_is_longer_than_any_buffer)
{
    enum { SIZE = 70000 };
    static char word[SIZE + 1];
    int last = 0;
    FILE *f = open_kind (_i, NULL);

    ck_assert_int_eq (fprintf (f, "%*s%0*d", SIZE, "", SIZE, 7), 2 * SIZE);
    rewind (f);
    ck_assert_int_eq (fscanf (f, "%70000s%n", word, &last), 1);
    ck_assert_int_eq (last, 2 * SIZE);
    ck_assert_uint_eq (strlen (word), SIZE);
    ck_assert_int_eq (word[SIZE - 1], '7');
    assert_closes (f);
}
END_TEST

/* --- ungetc --- */

/* What is pushed back is read, but never gets into the file. */
START_TEST (ungetc_pushes_back_for_the_reader_only)
{
    FILE *f = open_kind_with (_i, "abc");

    ck_assert_int_eq (fgetc (f), 'a');
    ck_assert_int_eq (ungetc ('X', f), 'X');
    assert_rest (f, "Xbc");
    rewind (f);
    assert_rest (f, "abc");
    assert_contents (f, "abc");
    assert_closes (f);
}
END_TEST

/* By one; when all that was pushed back is read, it is where it was before. */
START_TEST (ungetc_moves_the_position_back)
{
    FILE *f = open_kind_with (_i, "abcdef");

    for (int i = 0; i < 3; i++)
        (void) fgetc (f);
    ck_assert_int_eq (ungetc ('X', f), 'X');
    ck_assert_int_eq (ftell (f), 2);
    ck_assert_int_eq (fgetc (f), 'X');
    ck_assert_int_eq (ftell (f), 3);
    ck_assert_int_eq (fgetc (f), 'd');
    assert_closes (f);
}
END_TEST

/* There is nothing before position 0 to count: only that the byte comes, and then what was next. */
START_TEST (ungetc_works_at_position_zero)
{
    FILE *f = open_kind_with (_i, "abc");

    ck_assert_int_eq (ungetc ('X', f), 'X');
    ck_assert_int_eq (fgetc (f), 'X');
    ck_assert_int_eq (ftell (f), 0);
    assert_rest (f, "abc");
    assert_closes (f);
}
END_TEST

/* Whatever function it is that goes elsewhere, and if only to where we are. */
START_TEST (seeking_discards_what_was_pushed_back)
{
    static const char *const left[] = {"abcdef", "bcdef", "bcdef", "cdef", "ef"};
    fpos_t position;
    FILE *f = open_kind_with (_i, "abcdef");

    for (int how = 0; how < LENGTH (left); how++) {
        rewind (f);
        ck_assert_int_eq (fgetc (f), 'a');
        ck_assert_int_eq (fgetpos (f, &position), 0);
        ck_assert_int_eq (fgetc (f), 'b');
        ck_assert_int_eq (ungetc ('X', f), 'X');
        if (how == 0)
            rewind (f);
        else if (how == 1)
            ck_assert_int_eq (fsetpos (f, &position), 0);
        else if (how == 2)
            ck_assert_int_eq (fseek (f, 0, SEEK_CUR), 0);
        else if (how == 3)
            ck_assert_int_eq (fseek (f, 2, SEEK_SET), 0);
        else
            ck_assert_int_eq (fseek (f, -2, SEEK_END), 0);
        assert_rest (f, left[how]);
    }
    assert_closes (f);
}
END_TEST

/* There is something to read again. */
START_TEST (ungetc_after_the_end_takes_the_end_back)
{
    FILE *f = open_kind_with (_i, "ab");

    assert_rest (f, "ab");
    ck_assert_int_eq (ungetc ('X', f), 'X');
    ck_assert (!feof (f));
    ck_assert_int_eq (ftell (f), 1);
    assert_rest (f, "X");
    ck_assert_int_eq (ftell (f), 2);
    assert_closes (f);
}
END_TEST

/* And changes nothing. */
START_TEST (ungetc_of_eof_fails)
{
    FILE *f = open_kind_with (_i, "ab");

    ck_assert_int_eq (ungetc (EOF, f), EOF);
    assert_rest (f, "ab");
    ck_assert_int_eq (ungetc (EOF, f), EOF);
    ck_assert (feof (f));
    assert_closes (f);
}
END_TEST

/* --- positions --- */

START_TEST (seeks_go_where_they_say)
{
    static const struct {
        long offset;
        int whence;
        long position;
        int next;
    } rows[] = {{3, SEEK_SET, 3, '3'},   {0, SEEK_SET, 0, '0'},  {-1, SEEK_END, 9, '9'},
                {-10, SEEK_END, 0, '0'}, {4, SEEK_CUR, 5, '5'},  {-1, SEEK_CUR, 5, '5'},
                {-6, SEEK_CUR, 0, '0'},  {0, SEEK_END, 10, EOF}, {-8, SEEK_CUR, 2, '2'}};
    FILE *f = open_kind_with (_i, "0123456789");

    for (int i = 0; i < LENGTH (rows); i++) {
        ck_assert_int_eq (fseek (f, rows[i].offset, rows[i].whence), 0);
        ck_assert_int_eq (ftell (f), rows[i].position);
        ck_assert_int_eq (ftello (f), rows[i].position);
        ck_assert_int_eq (fgetc (f), rows[i].next);
    }
    assert_closes (f);
}
END_TEST

/* With EINVAL. */
START_TEST (seeks_before_the_start_fail_and_move_nothing)
{
    static const struct {
        long offset;
        int whence;
    } rows[] = {{-1, SEEK_SET}, {-3, SEEK_CUR}, {-5, SEEK_END}, {LONG_MIN, SEEK_SET}};
    FILE *f = open_kind_with (_i, "text");

    ck_assert_int_eq (fseek (f, 2, SEEK_SET), 0);
    for (int i = 0; i < LENGTH (rows); i++) {
        errno = 0;
        ck_assert_int_eq (fseek (f, rows[i].offset, rows[i].whence), -1);
        ck_assert_int_eq (errno, EINVAL);
        ck_assert_int_eq (ftell (f), 2);
    }
    assert_rest (f, "xt");
    assert_closes (f);
}
END_TEST

/* With EINVAL. */
START_TEST (seeks_with_a_bad_whence_fail_and_move_nothing)
{
    FILE *f = open_kind_with (_i, "text");

    ck_assert_int_eq (fgetc (f), 't');
    for (int whence = 42; whence >= -1; whence -= 43) {
        errno = 0;
        ck_assert_int_eq (fseek (f, 0, whence), -1);
        ck_assert_int_eq (errno, EINVAL);
        ck_assert_int_eq (fseeko (f, 1, whence), -1);
        ck_assert_int_eq (errno, EINVAL);
    }
    assert_rest (f, "ext");
    assert_closes (f);
}
END_TEST

/* A seek past the end alone does not make the file longer; writing there does. */
START_TEST (gaps_read_as_zeros)
{
    static const int gaps[] = {3, 5000, 70000};
    FILE *f = open_kind_with (_i, "ab");
    long end = 2;

    for (int i = 0; i < LENGTH (gaps); i++, end++) {
        ck_assert_int_eq (fseek (f, gaps[i], SEEK_END), 0);
        ck_assert_int_eq (ftell (f), end + gaps[i]);
        ck_assert_int_eq (fgetc (f), EOF);
        ck_assert_int_eq (fseek (f, 0, SEEK_END), 0);
        ck_assert_int_eq (ftell (f), end);
        end += gaps[i];
        ck_assert_int_eq (fseek (f, end, SEEK_SET), 0);
        ck_assert_int_eq (fputc ('c', f), 'c');
        ck_assert_int_eq (fseek (f, end - gaps[i], SEEK_SET), 0);
        for (int n = 0; n < gaps[i]; n++)
            if (fgetc (f) != 0)
                ck_abort_msg ("byte %d of %d", n, gaps[i]);
        ck_assert_int_eq (fgetc (f), 'c');
        ck_assert_int_eq (fgetc (f), EOF);
    }
    assert_closes (f);
}
END_TEST

START_TEST (fsetpos_goes_back_to_fgetpos)
{
    fpos_t start, middle, end;
    FILE *f = open_kind_with (_i, "abcdef");

    ck_assert_int_eq (fgetpos (f, &start), 0);
    ck_assert_int_eq (fseek (f, 2, SEEK_SET), 0);
    ck_assert_int_eq (fgetpos (f, &middle), 0);
    assert_rest (f, "cdef");
    ck_assert_int_eq (fgetpos (f, &end), 0);
    ck_assert_int_eq (fsetpos (f, &middle), 0);
    assert_rest (f, "cdef");
    ck_assert_int_eq (fsetpos (f, &start), 0);
    ck_assert_int_eq (fputc ('A', f), 'A');
    ck_assert_int_eq (fsetpos (f, &end), 0);
    ck_assert_int_ge (fputs ("gh", f), 0);
    ck_assert_int_eq (fsetpos (f, &start), 0);
    assert_rest (f, "Abcdefgh");
    assert_closes (f);
}
END_TEST

/* Where off_t is that large, and so is long. Not a text: to know its places it would read all. */
START_TEST (files_larger_than_four_gigabytes_work)
{
    const int64_t at = INT64_C (0x140000010);

    if (_i == TEXT)
        return;
    if (sizeof (off_t) < 8 || sizeof (long) < 8) {
        test_skip ("offsets are too small here");
        return;
    }
    FILE *f = open_kind_with (_i, "start");
    ck_assert_int_eq (fseeko (f, (off_t) at, SEEK_SET), 0);
    ck_assert_int_eq (ftello (f), at);
    ck_assert_int_ge (fputs ("far away", f), 0);
    ck_assert_int_eq (ftello (f), at + 8);
    ck_assert_int_eq (fflush (f), 0);
    ck_assert_int_eq (test_size (f), at + 8);
    ck_assert_int_eq (fseeko (f, -4, SEEK_END), 0);
    ck_assert_int_eq (ftell (f), at + 4);
    assert_rest (f, "away");
    ck_assert_int_eq (fseeko (f, (off_t) -at - 8, SEEK_CUR), 0);
    ck_assert_int_eq (fgetc (f), 's');
    ck_assert_int_eq (fseeko (f, (off_t) at - 1, SEEK_CUR), 0);
    assert_rest (f, "far away");
    ck_assert_int_eq (fseeko (f, (off_t) at / 2, SEEK_SET), 0);
    ck_assert_int_eq (fgetc (f), 0);
    assert_closes (f);
}
END_TEST

/* --- reading and writing by turns --- */

/* From input to output by a seek, or at the end of the file; from output to input by a seek or
 * fflush. */
START_TEST (reading_and_writing_take_turns)
{
    FILE *f = open_kind_with (_i, "0123456789");

    ck_assert_int_eq (fgetc (f), '0');
    ck_assert_int_eq (fseek (f, 0, SEEK_CUR), 0);
    ck_assert_int_eq (fputc ('A', f), 'A');
    ck_assert_int_eq (fseek (f, 0, SEEK_CUR), 0);
    ck_assert_int_eq (fgetc (f), '2');
    ck_assert_int_eq (fseek (f, 4, SEEK_SET), 0);
    ck_assert_int_ge (fputs ("BC", f), 0);
    ck_assert_int_eq (fflush (f), 0);
    assert_rest (f, "6789");
    ck_assert_int_ge (fputs ("end", f), 0);
    rewind (f);
    assert_rest (f, "0A23BC6789end");
    assert_closes (f);
}
END_TEST

/* The descriptor's offset is then the stream's position, however much was read ahead. */
START_TEST (fflush_of_an_input_stream_puts_the_offset_right)
{
    FILE *f = open_kind_with (_i, "0123456789");

    for (int i = 0; i < 4; i++)
        ck_assert_int_eq (fgetc (f), '0' + i);
    ck_assert_int_eq (fflush (f), 0);
    ck_assert_int_eq (lseek (tempfile_fileno (f), 0, SEEK_CUR), 4);
    ck_assert_int_eq (fseek (f, -2, SEEK_CUR), 0);
    assert_rest (f, "23456789");
    assert_closes (f);
}
END_TEST

/* Where a seek went to matters for reading only. */
START_TEST (append_modes_write_at_the_end_wherever_the_position_is)
{
    static const char *const modes[] = {"ab", "a+b"};

    for (int i = 0; i < LENGTH (modes); i++) {
        FILE *f = open_kind (_i, modes[i]);
        ck_assert_int_ge (fputs ("first ", f), 0);
        rewind (f);
        ck_assert_int_ge (fputs ("second ", f), 0);
        ck_assert_int_eq (fflush (f), 0);
        ck_assert_int_eq (ftell (f), 13);
        ck_assert_int_eq (fseek (f, 2, SEEK_SET), 0);
        if (i == 1)
            ck_assert_int_eq (fgetc (f), 'r');
        ck_assert_int_eq (fseek (f, 3, SEEK_SET), 0);
        ck_assert_int_eq (fputc ('3', f), '3');
        ck_assert_int_eq (fseek (f, 0, SEEK_CUR), 0);
        ck_assert_int_eq (ftell (f), 14);
        assert_contents (f, "first second 3");
        assert_closes (f);
    }
}
END_TEST

/* --- all of it in any order --- */

/* As rand(), the same everywhere. */
static unsigned
draw (unsigned *seed, unsigned below)
{
    *seed = *seed * 1103515245 + 12345;
    return *seed / 65536 % below;
}

enum { NEITHER, READING, WRITING };

/* A step of a random program, whose result does not depend on the size of a buffer. STATE is
 * what the stream may do next without a seek. */
static long
step (FILE *f, unsigned what, unsigned n, int *state)
{
    static char bytes[20000];

    if (what < 4 && *state != WRITING) {
        *state = READING;
        memset (bytes, 0, sizeof bytes);
        size_t done = fread (bytes, 1, n, f);
        long sum = (long) done;
        for (size_t i = 0; i < done; i++)
            sum = (sum * 31 + bytes[i]) % 1000003;
        return sum;
    }
    if (what < 5 && *state == READING)
        return ungetc ('u', f);
    if (what < 10 && *state != READING) {
        *state = WRITING;
        memset (bytes, 'a' + (int) (n % 26), n);
        return (long) fwrite (bytes, 1, n, f);
    }
    *state = NEITHER;
    if (what < 11)
        return fseek (f, (long) n, SEEK_SET);
    if (what < 13)
        return fseek (f, (long) n - 300, SEEK_CUR);
    if (what < 14)
        return fseek (f, -(long) n, SEEK_END);
    if (what < 15)
        return fseek (f, 0, SEEK_CUR);
    clearerr (f);
    rewind (f);
    return 0;
}

/* Where there is something pushed back in front of position 0, it is nowhere. */
static long
tell (FILE *f)
{
    long position = ftell (f);

    return position < 0 ? 0 : position;
}

/* Two streams that get the same calls give the same results, and their files are the same. */
static void
run_program (FILE *f, FILE *g, unsigned seed)
{
    static char a[200000], b[sizeof a];
    int state = NEITHER, other = NEITHER;

    for (int i = 0; i < 400; i++) {
        unsigned what = draw (&seed, 16);
        unsigned n = draw (&seed, draw (&seed, 20) ? 300 : 20000);
        long got = step (f, what, n, &state), due = step (g, what, n, &other);
        ck_assert_msg (got == due, "step %d: %u of %u gives %ld, not %ld", i, what, n, got, due);
        ck_assert_int_eq (feof (f), feof (g));
        ck_assert_int_eq (ferror (f), ferror (g));
        if (draw (&seed, 3) == 0)
            ck_assert_int_eq (tell (f), tell (g));
    }
    ck_assert_int_eq (fflush (f), 0);
    ck_assert_int_eq (fflush (g), 0);
    size_t size = test_bytes (g, b, sizeof b);
    ck_assert_uint_eq (test_bytes (f, a, sizeof a), size);
    ck_assert_int_eq (memcmp (a, b, size), 0);
}

START_TEST (calls_in_any_order_do_what_they_do_on_tmpfile)
{
    for (unsigned seed = 1; seed <= 30; seed++) {
        FILE *f = open_kind (_i, NULL), *g = open_kind (LIBC, NULL);
        run_program (f, g, seed);
        assert_closes (f);
        assert_closes (g);
    }
}
END_TEST

static void
add_writing (TCase *tc)
{
    tcase_add_loop_test (tc, output_functions_return_what_they_wrote, 0, STREAM_KINDS);
    tcase_add_loop_test (tc, characters_are_unsigned, 0, STREAM_KINDS);
    tcase_add_loop_test (tc, nothing_is_read_or_written_of_size_or_number_zero, 0, STREAM_KINDS);
    tcase_add_loop_test (tc, formatted_output_is_as_long_as_it_needs_to_be, 0, STREAM_KINDS);
    tcase_add_loop_test (tc, writes_that_end_where_the_room_does_are_whole, 0, STREAM_KINDS);
}

static void
add_reading (TCase *tc)
{
    tcase_add_loop_test (tc, partial_items_are_not_counted, 0, STREAM_KINDS);
    tcase_add_loop_test (tc, getline_reads_lines_of_every_length, 0, STREAM_KINDS);
    tcase_add_loop_test (tc, getdelim_ends_at_any_character, 0, STREAM_KINDS);
    tcase_add_loop_test (tc, fgets_fills_what_there_is_room_for, 0, STREAM_KINDS);
    tcase_add_loop_test (tc, fscanf_stops_at_what_does_not_match, 0, STREAM_KINDS);
    tcase_add_loop_test (tc, fscanf_reads_what_is_longer_than_any_buffer, 0, STREAM_KINDS);
}

static void
add_ungetc (TCase *tc)
{
    tcase_add_loop_test (tc, ungetc_pushes_back_for_the_reader_only, 0, STREAM_KINDS);
    tcase_add_loop_test (tc, ungetc_moves_the_position_back, 0, STREAM_KINDS);
    tcase_add_loop_test (tc, ungetc_works_at_position_zero, 0, STREAM_KINDS);
    tcase_add_loop_test (tc, seeking_discards_what_was_pushed_back, 0, STREAM_KINDS);
    tcase_add_loop_test (tc, ungetc_after_the_end_takes_the_end_back, 0, STREAM_KINDS);
    tcase_add_loop_test (tc, ungetc_of_eof_fails, 0, STREAM_KINDS);
}

static void
add_positions (TCase *tc)
{
    tcase_add_loop_test (tc, seeks_go_where_they_say, 0, STREAM_KINDS);
    tcase_add_loop_test (tc, seeks_before_the_start_fail_and_move_nothing, 0, STREAM_KINDS);
    tcase_add_loop_test (tc, seeks_with_a_bad_whence_fail_and_move_nothing, 0, STREAM_KINDS);
    tcase_add_loop_test (tc, gaps_read_as_zeros, 0, STREAM_KINDS);
    tcase_add_loop_test (tc, fsetpos_goes_back_to_fgetpos, 0, STREAM_KINDS);
    tcase_add_loop_test (tc, files_larger_than_four_gigabytes_work, 0, STREAM_KINDS);
}

static void
add_turns (TCase *tc)
{
    tcase_add_loop_test (tc, reading_and_writing_take_turns, 0, STREAM_KINDS);
    tcase_add_loop_test (tc, fflush_of_an_input_stream_puts_the_offset_right, 0, STREAM_KINDS);
    tcase_add_loop_test (tc, append_modes_write_at_the_end_wherever_the_position_is, 0,
                         STREAM_KINDS);
    tcase_add_loop_test (tc, calls_in_any_order_do_what_they_do_on_tmpfile, 0, STREAM_KINDS);
}

int
main (void)
{
    Suite *s = suite_create ("conformance: io");

    test_leaves_out_text ();
    add_writing (test_case (s, "writing"));
    add_reading (test_case (s, "reading"));
    add_ungetc (test_case (s, "ungetc"));
    add_positions (test_case (s, "positions"));
    add_turns (test_case (s, "turns"));
    return test_main (s);
}
