/* SPDX-License-Identifier: MIT */
/*
 * A stream and others who have its descriptor: POSIX.1-2017, XSH 2.5.1, and what gnulib's
 * replacements for fflush, fseeko, ftello and fpurge count on, which move the descriptor
 * themselves. Random programs do the same on a stream of each kind and on one of libc's tmpfile(),
 * and on both all results, the offset of the descriptor and the file must be the same. For text in
 * an encoding of two bytes there is a model of the test's own.
 */
#include "conformance.h"

#include <sys/wait.h>

/* One of the two that do the same. */
struct side {
    FILE *stream;
    int other; /* another descriptor of the same open file description */
};

static uint64_t state;

static unsigned
below (unsigned n)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (unsigned) (state >> 32) % n;
}

/* A stream in memory moves to disk for this. */
static struct side
side (FILE *f)
{
    ck_assert_ptr_nonnull (f);
    int fd = tempfile_fileno (f);
    ck_assert_int_ge (fd, 0);
    struct side s = {f, fcntl (fd, F_DUPFD_CLOEXEC, 0)};
    ck_assert_int_ge (s.other, 0);
    return s;
}

/* --- what the other handle does --- */

enum deed { WRITES, READS, MOVES, DEEDS };

/* LENGTH bytes, or to that offset. What came of it. */
static off_t
act (int fd, enum deed deed, unsigned length)
{
    static const char bytes[64] = "what a child writes ... what a child writes ... what it writes";
    char have[64];
    if (deed == WRITES)
        return write (fd, bytes, length);
    if (deed == READS)
        return read (fd, have, length);
    return lseek (fd, length, SEEK_SET);
}

static off_t
act_as_child (int fd, enum deed deed, unsigned length)
{
    pid_t child = fork ();
    if (child == 0)
        test_leave ((int) act (fd, deed, length) & 0x7f);
    int status = -1;
    ck_assert_int_eq (waitpid (child, &status, 0), child);
    ck_assert (WIFEXITED (status));
    return WEXITSTATUS (status);
}

/* --- random programs --- */

enum doing { NOTHING, READING, WRITING }; /* since the last call that may stand between the two */

struct program {
    struct side a, b;
    enum doing doing;
    bool at_end;
    int step;
};

#define assert_same(what, ours, libc)                                                         \
    do {                                                                                      \
        long long ours_ = (long long) (ours), libc_ = (long long) (libc);                     \
        ck_assert_msg (ours_ == libc_, "step %d, %s: %lld, and with tmpfile() %lld", p->step, \
                       (what), ours_, libc_);                                                 \
    } while (0)

static void
compare (struct program *p)
{
    static char ours[100000], libc[100000];
    ssize_t n = pread (p->a.other, ours, sizeof ours, 0);
    assert_same ("size", n, pread (p->b.other, libc, sizeof libc, 0));
    ck_assert_int_ge (n, 0);
    ck_assert_msg (memcmp (ours, libc, (size_t) n) == 0, "step %d: other contents", p->step);
}

static void
do_write (struct program *p)
{
    char bytes[3000];
    size_t n = below (8) ? below (40) + 1 : below (sizeof bytes) + 1;
    if (p->doing == READING)
        return;
    memset (bytes, 'a' + (int) below (26), n);
    assert_same ("fwrite", fwrite (bytes, 1, n, p->a.stream), fwrite (bytes, 1, n, p->b.stream));
    p->doing = WRITING;
}

static void
do_read (struct program *p)
{
    char ours[3000], libc[3000];
    size_t n = below (8) ? below (40) + 1 : below (sizeof ours) + 1;
    if (p->doing == WRITING)
        return;
    size_t have = fread (ours, 1, n, p->a.stream);
    assert_same ("fread", have, fread (libc, 1, n, p->b.stream));
    ck_assert_msg (memcmp (ours, libc, have) == 0, "step %d: read other bytes", p->step);
    assert_same ("feof", !!feof (p->a.stream), !!feof (p->b.stream));
    p->doing = READING;
}

static void
do_seek (struct program *p)
{
    int whence = (int[]){SEEK_SET, SEEK_CUR, SEEK_END}[below (3)];
    off_t offset = whence == SEEK_SET ? (off_t) below (4000) : (off_t) below (80) - 60;
    int result = fseeko (p->a.stream, offset, whence);
    assert_same ("fseeko", result, fseeko (p->b.stream, offset, whence));
    if (result == 0)
        p->doing = NOTHING;
}

static void
do_tell (struct program *p)
{
    assert_same ("ftello", ftello (p->a.stream), ftello (p->b.stream));
}

static void
do_flush (struct program *p)
{
    assert_same ("fflush", fflush (p->a.stream), fflush (p->b.stream));
    assert_same ("offset after fflush", lseek (p->a.other, 0, SEEK_CUR),
                 lseek (p->b.other, 0, SEEK_CUR));
    p->doing = NOTHING;
}

/* The stream is done with, another handle is used, and the stream again: right away where the other
 * one read or wrote, by a seek where it moved the offset. */
static void
do_hand_over (struct program *p)
{
    do_flush (p);
    enum deed deed = below (DEEDS);
    unsigned length = below (50);
    bool child = below (20) == 0;
    off_t ours = child ? act_as_child (p->a.other, deed, length) : act (p->a.other, deed, length);
    off_t libc = child ? act_as_child (p->b.other, deed, length) : act (p->b.other, deed, length);
    assert_same ("the other handle", ours, libc);
    if (deed == MOVES) {
        off_t target = below (2) ? 0 : (off_t) length;
        assert_same ("seek after", fseeko (p->a.stream, target, SEEK_SET),
                     fseeko (p->b.stream, target, SEEK_SET));
    } else if (below (2)) {
        do_tell (p);
    }
}

/* As gnulib's fseeko() does when nothing is buffered. */
static void
do_move_descriptor (struct program *p)
{
    do_flush (p);
    off_t target = below (3000);
    assert_same ("lseek", lseek (tempfile_fileno (p->a.stream), target, SEEK_SET),
                 lseek (tempfile_fileno (p->b.stream), target, SEEK_SET));
    assert_same ("ftello after lseek", ftello (p->a.stream), target);
    clearerr (p->a.stream);
    clearerr (p->b.stream);
}

static void
do_push_back (struct program *p)
{
    if (p->doing != READING || feof (p->a.stream))
        return;
    int c = fgetc (p->a.stream);
    assert_same ("fgetc", c, fgetc (p->b.stream));
    if (c != EOF)
        assert_same ("ungetc", ungetc (c, p->a.stream), ungetc (c, p->b.stream));
    do_tell (p);
}

static void (*const steps[]) (struct program *) = {
    do_write,     do_write,           do_read,     do_read, do_seek, do_tell, do_flush,
    do_hand_over, do_move_descriptor, do_push_back};

static void
run_program (int kind)
{
    struct program p = {.a = side (open_kind (kind, NULL)), .b = side (open_kind (LIBC, NULL))};
    for (p.step = 0; p.step < 60; p.step++)
        steps[below (LENGTH (steps))](&p);
    do_flush (&p);
    compare (&p);
    ck_assert_int_eq (fclose (p.a.stream), 0);
    ck_assert_int_eq (fclose (p.b.stream), 0);
    ck_assert_int_eq (close (p.a.other), 0);
    ck_assert_int_eq (close (p.b.other), 0);
}

START_TEST (random_programs_do_what_they_do_on_tmpfile)
{
    int programs = test_number ("TEMPFILE_TEST_PROGRAMS", 200);
    int seed = test_number ("TEMPFILE_TEST_SEED", 1);
    for (int i = 0; i < programs; i++) {
        state = 88172645463325252u + (uint64_t) (seed + i) * 0x9e3779b97f4a7c15u;
        run_program (_i);
    }
}
END_TEST

/* --- clauses --- */

/* The first handle: after fflush() a child writes, and the stream goes on behind that. */
START_TEST (stream_goes_on_where_a_child_has_written_to)
{
    char have[8] = "";
    struct side s = side (open_kind (_i, NULL));
    ck_assert_int_ge (fputs ("head ", s.stream), 0);
    ck_assert_int_eq (fflush (s.stream), 0);
    ck_assert_int_eq (act_as_child (s.other, WRITES, 5), 5);
    ck_assert_int_eq (ftello (s.stream), 10);
    ck_assert_int_ge (fputs ("foot", s.stream), 0);
    ck_assert_int_eq (fseek (s.stream, -4, SEEK_CUR), 0);
    ck_assert_ptr_nonnull (fgets (have, sizeof have, s.stream));
    ck_assert_str_eq (have, "foot");
    ck_assert_int_eq (fclose (s.stream), 0);
    ck_assert_int_eq (close (s.other), 0);
}
END_TEST

/* A child reads on where the stream has read to, and the stream where the child has. */
START_TEST (child_and_stream_read_by_turns)
{
    struct side s = side (open_kind_with (_i, "0123456789"));
    ck_assert_int_eq (fgetc (s.stream), '0');
    ck_assert_int_eq (fflush (s.stream), 0);
    ck_assert_int_eq (lseek (s.other, 0, SEEK_CUR), 1);
    ck_assert_int_eq (act_as_child (s.other, READS, 4), 4);
    ck_assert_int_eq (ftello (s.stream), 5);
    ck_assert_int_eq (fgetc (s.stream), '5');
    ck_assert_int_eq (fclose (s.stream), 0);
    ck_assert_int_eq (close (s.other), 0);
}
END_TEST

/* The last handle: exec() in a child without a flush there, and the parent's stream is as it was.
 */
START_TEST (program_that_a_child_becomes_has_the_descriptor)
{
    struct side s = side (open_kind (_i, NULL));
    ck_assert_int_ge (fputs ("head ", s.stream), 0);
    ck_assert_int_eq (fflush (s.stream), 0);
    pid_t child = fork ();
    if (child == 0) {
        dup2 (s.other, STDOUT_FILENO);
        execlp ("echo", "echo", "-n", "program", (char *) NULL);
        _exit (127);
    }
    int status;
    ck_assert_int_eq (waitpid (child, &status, 0), child);
    ck_assert_int_eq (status, 0);
    ck_assert_int_ge (fputs (" foot", s.stream), 0);
    ck_assert_int_eq (fflush (s.stream), 0);
    assert_contents (s.stream, "head program foot");
    ck_assert_int_eq (fclose (s.stream), 0);
    ck_assert_int_eq (close (s.other), 0);
}
END_TEST

START_TEST (reading_from_a_closed_descriptor_is_ebadf)
{
    FILE *f = open_kind_with (_i, "0123456789");
    ck_assert_int_eq (fflush (f), 0);
    ck_assert_int_eq (close (tempfile_fileno (f)), 0);
    errno = 0;
    ck_assert_int_eq (fgetc (f), EOF);
    ck_assert_int_eq (errno, EBADF);
    ck_assert_int_ne (ferror (f), 0);
    (void) fclose (f);
}
END_TEST

/* --- text: two bytes a character in the file, three in the program --- */

static void
write_units (int fd, const char *units, size_t n)
{
    ck_assert_int_eq (write (fd, units, n), (ssize_t) n);
}

START_TEST (text_goes_on_where_its_descriptor_is)
{
    if (!test_has_text ())
        return;
    char line[32] = "";
    struct side s = side (TemporaryFile (.mode = "w+", .encoding = "utf-16-le", .newline = "\n"));
    ck_assert_int_ge (fputs ("\u20ac\u20ac", s.stream), 0);
    ck_assert_int_eq (fflush (s.stream), 0);
    ck_assert_int_eq (lseek (s.other, 0, SEEK_CUR), 4);
    write_units (s.other, "\xac\x20x\0", 4);
    ck_assert_int_eq (ftello (s.stream), 10);
    ck_assert_int_ge (fputs ("y\n", s.stream), 0);
    ck_assert_int_eq (fflush (s.stream), 0);
    ck_assert_int_eq (lseek (s.other, 2, SEEK_SET), 2);
    ck_assert_int_eq (ftello (s.stream), 3);
    ck_assert_ptr_nonnull (fgets (line, sizeof line, s.stream));
    ck_assert_str_eq (line, "\u20ac\u20acxy\n");
    ck_assert_int_eq (fseeko (s.stream, -2, SEEK_CUR), 0);
    ck_assert_int_eq (lseek (s.other, 0, SEEK_CUR), 8);
    ck_assert_int_eq (fgetc (s.stream), 'y');
    ck_assert_int_eq (fclose (s.stream), 0);
    ck_assert_int_eq (close (s.other), 0);
}
END_TEST

int
main (void)
{
    Suite *s = suite_create ("stdio");
    TCase *tc = test_case (s, "random programs");
    tcase_set_timeout (tc, 60);
    tcase_add_loop_test (tc, random_programs_do_what_they_do_on_tmpfile, 0, STREAM_KINDS);

    tc = test_case (s, "clauses");
    tcase_add_loop_test (tc, stream_goes_on_where_a_child_has_written_to, 0, STREAM_KINDS);
    tcase_add_loop_test (tc, child_and_stream_read_by_turns, 0, STREAM_KINDS);
    tcase_add_loop_test (tc, program_that_a_child_becomes_has_the_descriptor, 0, STREAM_KINDS);
    tcase_add_loop_test (tc, reading_from_a_closed_descriptor_is_ebadf, 0, STREAM_KINDS);
    tcase_add_test (tc, text_goes_on_where_its_descriptor_is);
    return test_main (s);
}
