/* SPDX-License-Identifier: MIT */
/*
 * Random programs of stdio calls on each kind of stream, against an array that stands for a file:
 * every result, every byte, the indicators and positions must be those of the array. Text is ASCII
 * here, in encodings that hold it in units of one size, so that the array is good for it as well.
 *
 *     input: kind, mode, buffering, limit, then steps: action, arguments
 */
#include "fuzz.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LARGEST = 1 << 17, LONGEST = 1 << 14, STEPS = 300 };

/* --- the array --- */

enum direction { NEITHER, READING, WRITING };

static struct model {
    char bytes[LARGEST];
    off_t size, position;
    bool readable, writable, append, end;
    enum direction direction;
    bool flushed; /* what was written, since the last seek: see may_unget() */
    bool ungot;   /* since the last read; stdio promises one ungetc() only */
    bool foreign; /* what was pushed, since the last seek: see may_flush() */
    int pushed;   /* by ungetc, another character than was read: -1 for none */
} m;

static void
model_resize (off_t size)
{
    if (size > m.size)
        memset (m.bytes + m.size, 0, (size_t) (size - m.size));
    m.size = size;
}

static void
model_write (const char *bytes, size_t size)
{
    if (size == 0)
        return;
    if (m.append)
        m.position = m.size;
    if (m.position + (off_t) size > m.size)
        model_resize (m.position + (off_t) size);
    memcpy (m.bytes + m.position, bytes, size);
    m.position += (off_t) size;
    m.direction = WRITING;
}

static int
model_getc (void)
{
    m.direction = READING;
    m.ungot = false;
    if (m.pushed >= 0) {
        int c = m.pushed;
        m.pushed = -1;
        m.position++;
        return c;
    }
    if (!m.end && m.position < m.size)
        return (unsigned char) m.bytes[m.position++];
    m.end = true;
    return EOF;
}

/* Up to SIZE characters, with LINE up to the end of one. */
static size_t
model_read (char *bytes, size_t size, bool line)
{
    size_t n = 0;
    int c = 0;

    while (n < size && !(line && c == '\n') && (c = model_getc ()) != EOF)
        bytes[n++] = (char) c;
    return n;
}

static bool
model_seek (off_t offset)
{
    if (offset < 0)
        return false;
    m.position = offset;
    m.end = m.ungot = m.foreign = m.flushed = false;
    m.pushed = -1;
    m.direction = NEITHER;
    return true;
}

static void
model_flush (void)
{
    if (m.direction != WRITING)
        return;
    m.flushed = true;
    m.direction = NEITHER;
}

/* --- the stream --- */

static FILE *f;
static off_t unit; /* bytes in the file for each of the stream */
static bool text, spooled;
static char *persisted; /* the path that the file has become; or NULL */
static char buffer[1 << 15];

static const struct {
    const char *mode;
    bool readable, writable, append;
} modes[] = {
    {"w+", true, true, false}, {"r+", true, true, false}, {"a+", true, true, true},
    {"x+", true, true, false}, {"w", false, true, false}, {"a", false, true, true},
    {"r", true, false, false},
};

static const struct {
    const char *encoding, *newline;
    off_t unit;
} texts[] = {
    {NULL, NULL, 1},        {NULL, "\n", 1},      {"utf-8", NULL, 1},     {"utf-8", "\n", 1},
    {"latin-1", "", 1},     {"cp1252", NULL, 1},  {"cp037", "\n", 1},     {"utf-16-le", NULL, 2},
    {"utf-16-be", "\n", 2}, {"utf-32-le", "", 4}, {"utf-32-be", NULL, 4}, {"euc_jp", NULL, 1},
};

enum kind { UNNAMED, NAMED, SPOOLED, KINDS };

static void
open_stream (struct input *in)
{
    static const int sizes[] = {0, 0, -1, 1, 2, 3, 7, 100, 4096, 20000};
    unsigned kind = fuzz_below (in, 2 * KINDS), mode = fuzz_below (in, LENGTH (modes));
    struct tempfile_options o = {.buffering = sizes[fuzz_below (in, LENGTH (sizes))]};
    size_t limit = fuzz_byte (in);

    text = kind >= KINDS;
    spooled = kind % KINDS == SPOOLED;
    unit = 1;
    if (text) {
        unsigned t = fuzz_below (in, LENGTH (texts));
        o.encoding = texts[t].encoding;
        o.newline = texts[t].newline;
        o.buffering = o.buffering < 0 ? 0 : o.buffering;
        unit = texts[t].unit;
    }
    if (spooled)
        o.max_size = limit < 128 ? limit : (limit - 127) * 256;
    o.mode = fuzz_format ("%s%s", modes[mode].mode, text ? "t" : "b");
    f = kind % KINDS == UNNAMED ? tempfile_open (&o, sizeof o)
        : spooled               ? tempfile_open_spooled (&o, sizeof o)
                                : tempfile_open_named (&o, sizeof o);
    must (f, "mode %s", o.mode);
    m.size = m.position = 0;
    m.readable = modes[mode].readable;
    m.writable = modes[mode].writable;
    m.append = modes[mode].append;
    m.end = m.ungot = m.foreign = m.flushed = false;
    m.direction = NEITHER;
    m.pushed = -1;
    persisted = NULL;
}

/* --- what is defined --- */

/* Not every libc hears that a custom stream appends; such a one tells a wrong place as long as
 * there is something in the buffer that will be appended. */
static bool
tells_while_appending (void)
{
    static int tells = -1;

    if (tells >= 0)
        return tells;
    FILE *a = TemporaryFile (.mode = "ab", .buffering = 4096);
    must (a && fputs ("abc", a) >= 0, "cannot append");
    rewind (a);
    must (fputs ("d", a) >= 0, "cannot append");
    tells = ftello (a) == 4;
    fclose (a);
    return tells;
}

static bool
may_tell (void)
{
    return m.pushed < 0 && (!(m.append && m.direction == WRITING) || tells_while_appending ());
}

static bool
may_read (void)
{
    return m.readable && m.direction != WRITING;
}

static bool
may_write (size_t size)
{
    return m.writable && m.pushed < 0 && m.direction != READING &&
           (m.append ? m.size : m.position) + (off_t) size <= LARGEST;
}

/* At the end of a file, and after reading more than the buffer holds with but a flush between it
 * and writing, glibc 2.36 may free what it must not, on any stream. */
static bool
may_unget (void)
{
    return m.direction == READING && !m.ungot && !m.foreign && !m.flushed && m.position > 0 &&
           m.position < m.size;
}

/* After another character than was read was put back, glibc does not get the offset right, on any
 * stream, until the next seek. */
static bool
may_flush (void)
{
    return !m.foreign;
}

/* --- the steps --- */

static void
check_indicators (void)
{
    must (!feof (f) == !m.end, "feof: %d", feof (f));
    must (!ferror (f), "ferror");
}

static void
check_position (void)
{
    off_t told = may_tell () ? ftello (f) : m.position;

    must (told == m.position, "at %lld, not %lld", (long long) told, (long long) m.position);
}

/* Letters, with a newline here and there. */
static size_t
make_bytes (struct input *in)
{
    size_t size = fuzz_byte (in);
    unsigned x = fuzz_byte (in);

    if (size >= 0xe0)
        size = (size - 0xdf) * 500;
    for (size_t i = 0; i < size; i++) {
        x = x * 1103515245 + 12345;
        buffer[i] = (char) ((x >> 28) == 0 ? '\n' : 'a' + (x >> 16) % 26);
    }
    return size;
}

static void
do_write (struct input *in)
{
    size_t size = make_bytes (in);

    if (!may_write (size))
        return;
    must (fwrite (buffer, 1, size, f) == size, "fwrite %zu", size);
    model_write (buffer, size);
}

static void
do_putc (struct input *in)
{
    char c = (char) ('A' + fuzz_below (in, 26));

    if (!may_write (1))
        return;
    must (fputc (c, f) == c, "fputc");
    model_write (&c, 1);
}

static void
do_printf (struct input *in)
{
    char formatted[64];
    int n = snprintf (formatted, sizeof formatted, "<%u>\n", fuzz_byte (in));

    if (!may_write ((size_t) n))
        return;
    must (fprintf (f, "%s", formatted) == n, "fprintf");
    model_write (formatted, (size_t) n);
}

static void
do_read (struct input *in)
{
    static char expected[LONGEST];
    size_t size = fuzz_byte (in);

    size = size >= 0xe0 ? (size - 0xdf) * 500 : size;
    if (!may_read () || size == 0)
        return;
    size_t n = model_read (expected, size, false);
    size_t got = fread (buffer, 1, size, f);
    must (got == n, "fread %zu: %zu, not %zu", size, got, n);
    must (memcmp (buffer, expected, n) == 0, "fread: other bytes");
}

static void
do_getc (void)
{
    if (!may_read ())
        return;
    int c = model_getc (), got = fgetc (f);
    must (got == c, "fgetc: %d, not %d", got, c);
}

static void
do_gets (struct input *in)
{
    static char expected[LONGEST];
    size_t size = fuzz_byte (in) + 2u;

    if (!may_read ())
        return;
    size_t n = model_read (expected, size - 1, true);
    char *got = fgets (buffer, (int) size, f);
    must (!got == (n == 0), "fgets: %zu", n);
    must (n == 0 || (memcmp (buffer, expected, n) == 0 && !buffer[n]), "fgets: other bytes");
}

static void
do_ungetc (struct input *in)
{
    int other = (int) fuzz_byte (in), c = other & 1 ? 'A' + other % 26 : -1;

    if (!may_unget ())
        return;
    m.position--;
    m.ungot = true;
    m.end = false;
    if (c < 0)
        c = (unsigned char) m.bytes[m.position];
    must (ungetc (c, f) == c, "ungetc");
    if (m.bytes[m.position] != (char) c) {
        m.pushed = c;
        m.foreign = true;
    }
}

/* Some lead before the start and fail; after ungetc() that would lose what it put back. */
static void
do_seek (struct input *in)
{
    static const int whences[] = {SEEK_SET, SEEK_CUR, SEEK_END};
    int whence = whences[fuzz_below (in, 3)];
    off_t target = (off_t) (fuzz_byte (in) | fuzz_byte (in) << 8) % (m.size + 200);

    target -= m.ungot ? 0 : 20;
    if (m.pushed >= 0 && whence == SEEK_CUR)
        whence = SEEK_SET;
    if (whence == SEEK_CUR && !may_tell ())
        whence = SEEK_SET;
    off_t from = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? m.position : m.size;
    bool sound = model_seek (target);
    int result = fseeko (f, target - from, whence);
    must (sound ? result == 0 : result == -1 && errno == EINVAL, "fseeko to %lld: %d, %s",
          (long long) target, result, strerror (errno));
    if (!sound)
        model_flush ();
}

static void
do_rewind (void)
{
    rewind (f);
    model_seek (0);
}

static void
do_flush (void)
{
    if (!may_flush ())
        return;
    must (fflush (f) == 0, "fflush");
    model_flush ();
}

static void
do_truncate (struct input *in)
{
    off_t size = (off_t) (fuzz_byte (in) | fuzz_byte (in) << 8) % (m.size + 200);

    if (!may_flush () || size > LARGEST)
        return;
    int result = tempfile_truncate (f, size);
    must (result == (m.writable ? 0 : -1), "truncate to %lld", (long long) size);
    if (!m.writable) {
        must (errno == EINVAL, "%s", strerror (errno));
        return;
    }
    model_resize (size);
    model_seek (m.position);
}

static void
do_rollover (void)
{
    if (!may_flush ())
        return;
    must (tempfile_rollover (f) == 0, "rollover");
    model_flush ();
}

static void
do_fileno (void)
{
    must (tempfile_fileno (f) >= 0, "fileno");
}

static size_t
read_all (FILE *g)
{
    static char all[LARGEST + 1];
    size_t n = fread (all, 1, sizeof all, g);

    must (fclose (g) == 0, "fclose of the second");
    must (n == (size_t) m.size, "%zu bytes, not %lld", n, (long long) m.size);
    must (memcmp (all, m.bytes, n) == 0, "other contents");
    return n;
}

static void
do_reopen (void)
{
    if (!may_flush ())
        return;
    FILE *g = tempfile_reopen (f, text ? "r" : "rb");
    must (g, "reopen");
    read_all (g);
    model_flush ();
}

static void
check_mode (const char *path, bool there)
{
    struct stat st;

    must (!there == (lstat (path, &st) < 0), "%s", path);
    must (!there || (S_ISREG (st.st_mode) && (st.st_mode & 07777) == 0600), "%o", st.st_mode);
}

/* A file that was made for reading only has had a name, and lost it. */
static void
do_persist (struct input *in)
{
    unsigned flags = fuzz_below (in, 8);
    char *path = fuzz_format ("%s/lasting-%u", flags & 4 ? fuzz_dir () : ".", flags & 3);
    bool named = tempfile_name (f);

    if (!may_flush () || persisted)
        return;
    int result = tempfile_persist (f, path, flags & 3), err = errno;
    model_flush ();
    check_mode (path, result == 0);
    must (result == 0 || (err == ENOTSUP && !named), "persist: %s", strerror (err));
    if (result < 0)
        return;
    persisted = path;
    const char *name = tempfile_name (f);
    must (name && *name == '/' && strstr (name, "/lasting-"), "%s", name ? name : "no name");
}

static void
do_setvbuf (struct input *in)
{
    static const int types[] = {_IOFBF, _IOLBF, _IONBF};
    static char buffers[65];
    size_t size = fuzz_byte (in) % 64 + 1u;
    int type = types[fuzz_below (in, 3)];

    must (setvbuf (f, type == _IONBF ? NULL : buffers, type, size) == 0, "setvbuf");
}

static void
step (struct input *in)
{
    switch (fuzz_below (in, 20)) {
    case 0:
    case 1:
    case 2:
        do_write (in);
        break;
    case 3:
        do_putc (in);
        break;
    case 4:
        do_printf (in);
        break;
    case 5:
    case 6:
        do_read (in);
        break;
    case 7:
        do_getc ();
        break;
    case 8:
        do_gets (in);
        break;
    case 9:
        do_ungetc (in);
        break;
    case 10:
    case 11:
        do_seek (in);
        break;
    case 12:
        do_rewind ();
        break;
    case 13:
        do_flush ();
        break;
    case 14:
        do_truncate (in);
        break;
    case 15:
        do_rollover ();
        break;
    case 16:
        do_fileno ();
        break;
    case 17:
        do_reopen ();
        break;
    case 18:
        do_persist (in);
        break;
    default:
        check_position ();
    }
    check_indicators ();
}

/* --- the end --- */

/* What a child that gets the descriptor would see. */
static void
check_descriptor (void)
{
    struct stat st;
    int fd = tempfile_fileno (f);

    must (fd >= 0 && fflush (f) == 0 && fstat (fd, &st) == 0, "fflush");
    must (st.st_size == m.size * unit, "%lld bytes", (long long) st.st_size);
    off_t at = lseek (fd, 0, SEEK_CUR);
    must (at == m.position * unit, "descriptor at %lld, not %lld", (long long) at,
          (long long) (m.position * unit));
}

static void
check_lasting (void)
{
    if (!persisted)
        return;
    struct stat st;
    must (stat (persisted, &st) == 0 && st.st_size == m.size * unit, "%s", persisted);
    must (unlink (persisted) == 0, "%s", persisted);
}

static void
close_into_path (void)
{
    char *path = tempfile_into_path (f);

    must (path, "into_path");
    check_mode (path, true);
    if (!persisted)
        must (tempfile_unlink (path) == 0, "unlink");
    free (path);
}

/* The stream is another file's from then on; the name goes by tempfile_close(). */
static bool
close_after_freopen (void)
{
#ifdef STREAM_WIDE_MEMBER
    must (tempfile_fileno (f) >= 0, "fileno");
    FILE *g = freopen ("/dev/null", "r+", f);
    must (g == f && fputs ("x", f) >= 0, "freopen");
    must (tempfile_close (f) == 0, "close after freopen");
    return true;
#else
    return false;
#endif
}

static void
close_stream (unsigned how)
{
    if (how == 1)
        must (tempfile_close (f) == 0, "tempfile_close");
    else if (how == 2 && tempfile_name (f))
        close_into_path ();
    else if (how != 3 || !close_after_freopen ())
        must (fclose (f) == 0, "fclose: %s", strerror (errno));
}

void
fuzz_one (struct input *in)
{
    tells_while_appending ();
    open_stream (in);
    unsigned ending = fuzz_byte (in);
    if (ending & 16)
        do_setvbuf (in);
    for (int i = 0; i < STEPS && fuzz_left (in) > 0; i++)
        step (in);
    if (!may_flush ())
        do_rewind ();
    if (ending & 32) {
        check_position ();
        do_reopen ();
        check_descriptor ();
    }
    close_stream (ending & 3);
    check_lasting ();
}
