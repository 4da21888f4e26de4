/* SPDX-License-Identifier: MIT */
/*
 * Random programs of stdio calls, each run three times over: on a spooled stream or a named one, on
 * a plain one, and on an array that stands for a file. Every result, every byte read, end-of-file
 * indicator and position must be the same in all three, wherever the spooled stream moves to disk:
 * by its size, by being asked to at a random step, and in some programs at each step in turn.
 *
 * TEMPFILE_TEST_ROUNDS says how many programs, TEMPFILE_TEST_SEED where to begin: the same place
 * each time unless it is said, so that who builds this gets what was tested. What fails is printed
 * with the seed that shows it again, alone, in one round.
 */
#include "common.h"

#include <stdint.h>

enum { LARGEST = 262144, MOST = 40000, FIXED_SEED = 20261123, STEPS = 32, ALL_STEPS_IN = 16 };

/* --- random numbers --- */

static uint64_t random_state;

static unsigned
draw (unsigned below)
{
    random_state += UINT64_C (0x9e3779b97f4a7c15);
    uint64_t z = random_state;
    z = (z ^ z >> 30) * UINT64_C (0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C (0x94d049bb133111eb);
    return (unsigned) ((z ^ z >> 31) >> 32) % below;
}

/* Mostly small, so that limits and ends are hit; sometimes larger than a buffer. */
static int
draw_size (void)
{
    return (int) draw (draw (4) == 0 ? MOST : draw (2) ? 300 : 12);
}

/* --- the steps of a program --- */

enum action {
    WRITE,
    PUTC,
    PRINT,
    READ,
    GETC,
    GETS,
    UNGETC,
    SEEK,
    REWIND,
    TELL,
    FLUSH,
    TRUNCATE,
    ROLLOVER,
    FILENO,
    REOPEN,
    ACTIONS
};

static const char *const names[ACTIONS] = {
    "write",  "putc", "print", "read",     "getc",     "gets",   "ungetc", "seek",
    "rewind", "tell", "flush", "truncate", "rollover", "fileno", "reopen",
};

struct step {
    enum action action;
    int size;   /* of write, read and gets; the character of putc, print and ungetc */
    int whence; /* of seek */
    off_t offset;
    unsigned seed; /* of what is written */
};

static const char *
bytes_of (const struct step *step)
{
    static char bytes[LARGEST];
    unsigned x = step->seed;

    for (int i = 0; i < step->size; i++) {
        x = x * 1103515245 + 12345;
        bytes[i] = (char) ((x >> 28) == 0 ? '\n' : 'a' + (x >> 16) % 26);
    }
    return bytes;
}

/* What a step gave. */
struct result {
    long long value;
    bool end, failed;
    off_t position; /* -1: not asked for */
    char bytes[MOST];
};

/* --- the array --- */

enum direction { NEITHER, READING, WRITING };

struct model {
    char bytes[LARGEST];
    off_t size, position, largest;
    bool readable, append, end;
    enum direction direction;
    bool ungot;   /* since the last read; stdio promises one ungetc() only */
    bool foreign; /* what was pushed, since the last seek; see check_descriptor() */
    int pushed;   /* by ungetc, another character than was read: -1 for none */
};

static void
model_resize (struct model *m, off_t size)
{
    if (size > m->size)
        memset (m->bytes + m->size, 0, (size_t) (size - m->size));
    m->size = size;
    if (size > m->largest)
        m->largest = size;
}

static long long
model_write (struct model *m, const char *bytes, int size)
{
    if (size == 0)
        return 0;
    if (m->append)
        m->position = m->size;
    if (m->position + size > m->size)
        model_resize (m, m->position + size);
    memcpy (m->bytes + m->position, bytes, (size_t) size);
    m->position += size;
    m->direction = WRITING;
    return size;
}

static int
model_getc (struct model *m)
{
    m->direction = READING;
    m->ungot = false;
    if (m->pushed >= 0) {
        int c = m->pushed;
        m->pushed = -1;
        m->position++;
        return c;
    }
    if (!m->end && m->position < m->size)
        return m->bytes[m->position++];
    m->end = true;
    return EOF;
}

/* fread(), or with LINE fgets(), which wants room for the NUL. */
static long long
model_read (struct model *m, char *bytes, int size, bool line)
{
    int n = 0, c = 0;

    while (n < size - line && !(line && c == '\n') && (c = model_getc (m)) != EOF)
        bytes[n++] = (char) c;
    if (line && n > 0)
        bytes[n] = '\0';
    return line ? n > 0 : n;
}

static long long
model_ungetc (struct model *m, int c)
{
    m->position--;
    m->ungot = true;
    m->end = false;
    if (m->bytes[m->position] != (char) c) {
        m->pushed = c;
        m->foreign = true;
    }
    return c;
}

static long long
model_seek (struct model *m, off_t offset, int whence)
{
    offset += whence == SEEK_SET ? 0 : whence == SEEK_CUR ? m->position : m->size;
    if (offset < 0)
        return -1;
    m->position = offset;
    m->end = false;
    m->pushed = -1;
    m->ungot = m->foreign = false;
    m->direction = NEITHER;
    return 0;
}

static long long
model_step (struct model *m, const struct step *step, char *bytes)
{
    char c = (char) step->size;

    switch (step->action) {
    case WRITE:
        return model_write (m, bytes_of (step), step->size);
    case PUTC:
        model_write (m, &c, 1);
        return step->size;
    case PRINT:
        model_write (m, "<", 1);
        model_write (m, &c, 1);
        return model_write (m, ">\n", 2) + 2;
    case READ:
        return model_read (m, bytes, step->size, false);
    case GETC:
        return model_getc (m);
    case GETS:
        return model_read (m, bytes, step->size, true);
    case UNGETC:
        return model_ungetc (m, step->size);
    case SEEK:
        return model_seek (m, step->offset, step->whence);
    case REWIND:
        return model_seek (m, 0, SEEK_SET);
    case TELL:
        return m->position;
    case FLUSH:
    case ROLLOVER:
        if (m->direction == WRITING)
            m->direction = NEITHER;
        return 0;
    case TRUNCATE:
        model_resize (m, step->offset);
        return model_seek (m, 0, SEEK_CUR);
    case FILENO:
        return 1;
    case REOPEN:
        memcpy (bytes, m->bytes, m->size < 4000 ? (size_t) m->size : 4000);
        if (m->direction == WRITING)
            m->direction = NEITHER;
        return m->size < 4000 ? m->size : 4000;
    case ACTIONS:
        break;
    }
    return -2;
}

/* --- the streams --- */

static long long
stream_reopen (FILE *f, char *bytes)
{
    FILE *g = tempfile_reopen (f, "rb");

    if (!g)
        return -1;
    long long n = (long long) fread (bytes, 1, 4000, g);
    return fclose (g) == 0 ? n : -1;
}

static long long
stream_step (FILE *f, const struct step *step, char *bytes)
{
    switch (step->action) {
    case WRITE:
        return (long long) fwrite (bytes_of (step), 1, (size_t) step->size, f);
    case PUTC:
        return fputc (step->size, f);
    case PRINT:
        return fprintf (f, "<%c>\n", step->size);
    case READ:
        return (long long) fread (bytes, 1, (size_t) step->size, f);
    case GETC:
        return fgetc (f);
    case GETS:
        return fgets (bytes, step->size, f) != NULL;
    case UNGETC:
        return ungetc (step->size, f);
    case SEEK:
        return fseeko (f, step->offset, step->whence);
    case REWIND:
        rewind (f);
        return 0;
    case TELL:
        return ftello (f);
    case FLUSH:
        return fflush (f);
    case TRUNCATE:
        return tempfile_truncate (f, step->offset);
    case ROLLOVER:
        return tempfile_rollover (f);
    case FILENO:
        return tempfile_fileno (f) >= 0;
    case REOPEN:
        return stream_reopen (f, bytes);
    case ACTIONS:
        break;
    }
    return -2;
}

/* --- programs --- */

static const struct {
    const char *mode;
    bool readable, append;
} modes[] = {
    {"w+b", true, false}, {"w+b", true, false}, {"r+b", true, false}, {"x+b", true, false},
    {"a+b", true, true},  {"wb", false, false}, {"ab", false, true},
};

/* The parameters of a program; the steps follow from its seed as they are drawn. */
struct program {
    uint64_t seed;
    int mode, buffering, steps;
    bool named; /* a named stream is what is tested */
    size_t max_size;
    int move_at; /* the step before which the spool is asked to move; -1: it is not */
};

/*
 * Not every libc hears that a custom stream appends: by funopen(), and with musl, stdio tells a
 * wrong position as long as there is something in the buffer that will be appended.
 */
static bool tells_while_appending;

static void
find_out_about_appending (void)
{
    FILE *f = TemporaryFile (.mode = "ab", .buffering = 4096);

    ck_assert_int_ge (fputs ("abc", f), 0);
    rewind (f);
    ck_assert_int_ge (fputs ("d", f), 0);
    tells_while_appending = ftello (f) == 4;
    assert_closes (f);
}

static bool
may_tell (const struct model *m)
{
    bool appending = m->append && m->direction == WRITING;

    return m->pushed < 0 && (tells_while_appending || !appending);
}

/*
 * Is ACTION defined by the C standard, and by POSIX, after what was done before? ungetc() at the
 * end of the file is, but glibc 2.36 may free what it must not, on any stream, when the character
 * has been read again and nothing is left.
 */
static bool
is_allowed (const struct model *m, enum action action)
{
    bool reads = action == READ || action == GETC || action == GETS;
    bool writes = action == WRITE || action == PUTC || action == PRINT;

    if (m->pushed >= 0)
        return reads || action == SEEK || action == REWIND || action == FILENO;
    if (reads)
        return m->readable && m->direction != WRITING;
    if (writes)
        return m->direction != READING && m->position + MOST < LARGEST;
    if (action == TELL)
        return may_tell (m);
    if (action == UNGETC)
        return m->direction == READING && !m->ungot && m->position > 0 && m->position < m->size;
    return true;
}

/* Some lead before the start and fail; after ungetc() that would lose what it put back. */
static off_t
draw_offset (const struct model *m, int whence)
{
    off_t target = (off_t) draw ((unsigned) m->size + 200) - (m->ungot ? 0 : 20);

    if (whence == SEEK_CUR)
        return target - m->position;
    return whence == SEEK_END ? target - m->size : target;
}

static struct step
draw_step (const struct model *m)
{
    struct step step = {.action = (enum action) draw (ACTIONS), .seed = draw (1u << 30)};

    if (draw (4) == 0)
        step.action = m->direction == READING ? SEEK : WRITE;
    if (!is_allowed (m, step.action))
        step.action = SEEK;
    if ((step.action == ROLLOVER || step.action == FILENO || step.action == REOPEN) &&
        draw (8) != 0)
        step.action = may_tell (m) ? TELL : SEEK;
    if (step.action == WRITE || step.action == READ)
        step.size = draw_size ();
    else if (step.action == GETS)
        step.size = 2 + (int) draw (100);
    else
        step.size = 'A' + (int) draw (26);
    if (step.action == UNGETC && draw (2) != 0)
        step.size = (unsigned char) m->bytes[m->position - 1];
    step.whence = (int[]){SEEK_SET, SEEK_CUR, SEEK_END}[draw (3)];
    /* From where another character than was read was put back, even when it has been read again,
     * glibc 2.36 counts wrong, on any stream, if what is around it was sought in the buffer. */
    if ((m->pushed >= 0 || m->foreign) && step.whence == SEEK_CUR)
        step.whence = SEEK_SET;
    if (step.action == TRUNCATE)
        step.offset = (off_t) draw ((unsigned) m->size + 200) % (LARGEST - 20000);
    else
        step.offset = draw_offset (m, step.whence);
    return step;
}

static void
fill_result (struct result *r, FILE *f, bool tell)
{
    r->end = feof (f) != 0;
    r->failed = ferror (f) != 0;
    r->position = tell ? ftello (f) : -1;
}

static const char *
difference (const struct result *a, const struct result *b)
{
    if (a->value != b->value)
        return "result";
    if (memcmp (a->bytes, b->bytes, sizeof a->bytes) != 0)
        return "bytes";
    if (a->end != b->end)
        return "end-of-file indicator";
    if (a->failed != b->failed)
        return "error indicator";
    return a->position != b->position ? "position" : NULL;
}

static struct program program;
static int step_number;

static void
must_agree (const struct result *got, const struct result *model, const struct step *step,
            const char *who)
{
    const char *what = difference (got, model);

    if (what)
        ck_abort_msg (
            "%s: %s differs after step %d (%s %d %lld %d): %lld at %lld, not %lld at %lld\n"
            "    TEMPFILE_TEST_SEED=%llu; mode %s, buffering %d, named %d, max_size %zu, "
            "move_at %d",
            who, what, step_number, names[step->action], step->size, (long long) step->offset,
            step->whence, got->value, (long long) got->position, model->value,
            (long long) model->position, (unsigned long long) program.seed,
            modes[program.mode].mode, program.buffering, program.named, program.max_size,
            program.move_at);
}

/* The same step on all three. Not every step is followed by ftello(): that changes what stdio
 * has in its buffer. */
static void
run_step (FILE *spool, FILE *plain, struct model *m, const struct step *step)
{
    static struct result s, p, expected;

    memset (s.bytes, '#', sizeof s.bytes);
    memcpy (p.bytes, s.bytes, sizeof s.bytes);
    memcpy (expected.bytes, s.bytes, sizeof s.bytes);
    expected.value = model_step (m, step, expected.bytes);
    s.value = stream_step (spool, step, s.bytes);
    p.value = stream_step (plain, step, p.bytes);
    bool tell = may_tell (m) && draw (3) == 0;
    expected.end = m->end;
    expected.failed = false;
    expected.position = tell ? m->position : -1;
    fill_result (&s, spool, tell);
    fill_result (&p, plain, tell);
    must_agree (&p, &expected, step, "plain stream");
    must_agree (&s, &expected, step, "spooled stream");
}

/* In memory for as long as it fits and nobody asked; on disk afterwards. */
static void
check_place (FILE *spool, const struct model *m, bool asked)
{
#ifdef HAVE_STREAM_FILENO
    bool outgrown =
        program.named || (program.max_size > 0 && m->largest > (off_t) program.max_size);
    bool on_disk = fileno (spool) >= 0;

    ck_assert_msg (on_disk ? asked || outgrown : !asked, "TEMPFILE_TEST_SEED=%llu: step %d: %s",
                   (unsigned long long) program.seed, step_number,
                   on_disk ? "on disk for no reason" : "not on disk");
#else
    (void) spool;
    (void) m;
    (void) asked;
#endif
}

/*
 * What a child that gets the descriptor would see. Not after ungetc() of another character than
 * was read, even when it has been read again: until the next seek fflush() of glibc does not put
 * the offset right, on a plain stream neither.
 */
static void
check_descriptor (FILE *spool, const struct model *m)
{
    int fd = tempfile_fileno (spool);

    ck_assert_int_eq (fflush (spool), 0);
    ck_assert_msg (lseek (fd, 0, SEEK_CUR) == m->position && test_size (spool) == m->size,
                   "TEMPFILE_TEST_SEED=%llu: the descriptor is at %lld of %lld, not %lld of %lld",
                   (unsigned long long) program.seed, (long long) lseek (fd, 0, SEEK_CUR),
                   (long long) test_size (spool), (long long) m->position, (long long) m->size);
}

static void
check_contents (FILE *spool, const struct model *m)
{
    static char bytes[LARGEST];
    FILE *f = tempfile_reopen (spool, "rb");

    ck_assert_msg (f != NULL, "%s", tempfile_errmsg ());
    size_t n = fread (bytes, 1, sizeof bytes, f);
    ck_assert_msg (n == (size_t) m->size && memcmp (bytes, m->bytes, n) == 0,
                   "TEMPFILE_TEST_SEED=%llu: final contents differ",
                   (unsigned long long) program.seed);
    assert_closes (f);
}

static void
run_steps (FILE *spool, FILE *plain, struct model *m)
{
    bool asked = false;

    for (step_number = 0; step_number < program.steps; step_number++) {
        if (step_number == program.move_at)
            ck_assert_int_ge (tempfile_fileno (spool), 0);
        struct step step = draw_step (m);
        run_step (spool, plain, m, &step);
        asked |= step_number == program.move_at || step.action == ROLLOVER ||
                 step.action == FILENO || step.action == REOPEN;
        check_place (spool, m, asked);
    }
    if (!m->foreign)
        check_descriptor (spool, m);
    check_contents (spool, m);
}

static void
run_program (void)
{
    static struct model m;
    FILE *spool =
        program.named
            ? NamedTemporaryFile (.mode = modes[program.mode].mode, .buffering = program.buffering)
            : SpooledTemporaryFile (.mode = modes[program.mode].mode,
                                    .buffering = program.buffering, .max_size = program.max_size);
    FILE *plain = TemporaryFile (.mode = modes[program.mode].mode);

    ck_assert_msg (spool && plain, "%s", tempfile_errmsg ());
    m.size = m.position = m.largest = 0;
    m.readable = modes[program.mode].readable;
    m.append = modes[program.mode].append;
    m.end = m.ungot = m.foreign = false;
    m.direction = NEITHER;
    m.pushed = -1;
    run_steps (spool, plain, &m);
    assert_closes (spool);
    assert_closes (plain);
}

static void
draw_program (uint64_t seed)
{
    random_state = seed;
    program.seed = seed;
    program.mode = (int) draw (LENGTH (modes));
    program.buffering = (int[]){0, 0, -1, 1, 2, 100, 4096, 20000}[draw (8)];
    program.steps = 1 + (int) draw (STEPS);
    program.max_size = draw (4) == 0 ? 0 : 1 + draw (draw (2) ? 300 : 20000);
    program.named = draw (3) == 0;
    program.move_at = draw (2) ? -1 : (int) draw ((unsigned) program.steps);
}

/* With the same steps each time, whenever it moves. */
static void
run_with_every_move (uint64_t seed)
{
    draw_program (seed);
    int steps = program.steps;
    for (int at = 0; at < steps; at++) {
        draw_program (seed);
        program.move_at = at;
        run_program ();
    }
}

static void
run_programs (uint64_t seed, int count)
{
    printf ("%d programs from seed %llu\n", count, (unsigned long long) seed);
    fflush (stdout);
    for (int i = 0; i < count; i++, seed++) {
        draw_program (seed);
        bool all = draw (ALL_STEPS_IN) == 0;
        draw_program (seed);
        if (all)
            run_with_every_move (seed);
        else
            run_program ();
    }
}

START_TEST (random_programs_give_the_same_on_a_spool_a_file_and_an_array)
{
    const char *given = getenv ("TEMPFILE_TEST_SEED");
    int rounds = test_number ("TEMPFILE_TEST_ROUNDS", 2000);

    find_out_about_appending ();
    run_programs (given ? strtoull (given, NULL, 10) : FIXED_SEED, rounds);
}
END_TEST

int
main (void)
{
    Suite *s = suite_create ("spooled model");
    TCase *tc = test_case (s, "random programs");

    tcase_set_timeout (tc, 3600);
    tcase_add_test (tc, random_programs_give_the_same_on_a_spool_a_file_and_an_array);
    return test_main (s);
}
