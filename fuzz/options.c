/* SPDX-License-Identifier: MIT */
/*
 * Any options for every function that takes them: what is refused is refused with an errno and a
 * message, what is accepted gives what was asked for, and nothing is left behind. What must be
 * refused, and what must not, is decided here anew.
 *
 *     input: function, which members are given, numbers, size, and strings that end with NUL
 */
#include "fuzz.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

enum function { UNNAMED, NAMED, SPOOLED, DIRECTORY, MKDTEMP, MKSTEMP, MAKE, FUNCTIONS };

enum verdict { REFUSED, ACCEPTED, EITHER };

static enum function function;
static struct tempfile_options o; /* as the library should see it */
static size_t size;               /* as it is told */
static unsigned closed;           /* how often the hook ran */

static int
count (void *arg)
{
    closed++;
    errno = arg ? EXDEV : 0;
    return arg != NULL;
}

/* --- making them up --- */

static void
take_strings (struct input *in, unsigned given)
{
    const char **const members[] = {&o.mode,   &o.encoding, &o.errors, &o.newline,
                                    &o.suffix, &o.prefix,   &o.dir};

    for (size_t i = 0; i < LENGTH (members); i++)
        if (given & 1u << i)
            *members[i] = fuzz_string (in);
}

/* No directory but the private one is touched. */
static void
tame_dir (void)
{
    if (o.dir && (*o.dir == '/' || strstr (o.dir, "..")))
        o.dir = fuzz_dir ();
}

static void
take_numbers (struct input *in, unsigned given)
{
    static const int bufferings[] = {0, 1, -1, 2, 100, 65536, -2, INT_MIN};
    unsigned hook = given >> 12 & 3;

    if (given & 1 << 7)
        o.buffering = bufferings[fuzz_below (in, LENGTH (bufferings))];
    if (given & 1 << 8)
        o.delete_when = (enum tempfile_delete) (fuzz_byte (in) & 3);
    if (given & 1 << 9)
        o.permissions = fuzz_number (in) & 07777;
    if (given & 1 << 10)
        o.max_size = fuzz_byte (in);
    if (given & 1 << 11)
        o.recoverable = (int) fuzz_below (in, 3);
    if (hook)
        o.on_close = count;
    if (hook == 2)
        o.on_close_arg = &closed;
    if (given & 1 << 14)
        o.in_memory = (int) fuzz_below (in, 2);
}

/* In memory of its own size, with zeros after what is known, or one byte that is not. */
static void *
make_struct (struct input *in, unsigned given)
{
    unsigned shape = given >> 15 & 7;
    size_t tail = (size_t) (in->end - in->next);

    size = sizeof o;
    if (shape == 1)
        size = fuzz_byte (in);
    else if (shape == 2)
        size = 4090 + fuzz_byte (in);
    else if (shape == 3)
        size += 8;
    char *memory = calloc (1, size ? size : 1);
    must (memory, "no memory");
    memcpy (memory, &o, size < sizeof o ? size : sizeof o);
    if (size > sizeof o && size <= 4096 && tail & 1)
        memory[size - 1] = 1;
    return memory;
}

/* --- the verdict --- */

static bool
is_one_of (const char *text, const char *const *list)
{
    for (; *list; list++)
        if (strcmp (text, *list) == 0)
            return true;
    return false;
}

static unsigned
count_letters (const char *mode, const char *letters)
{
    unsigned n = 0;

    for (; *mode; mode++)
        n += strchr (letters, *mode) != NULL;
    return n;
}

static bool
is_text (void)
{
    return o.mode && !strchr (o.mode, 'b');
}

static bool
good_mode (void)
{
    const char *mode = o.mode ? o.mode : "w+b";

    return count_letters (mode, "rwxa") == 1 && count_letters (mode, "+") <= 1 &&
           count_letters (mode, "bt") <= 1 && count_letters (mode, "e") <= 1 &&
           count_letters (mode, "rwxa+bte") == strlen (mode);
}

static bool
good_numbers (void)
{
    mode_t beyond = o.permissions & ~(mode_t) (0777 | TEMPFILE_UMASK);
    bool named = function == NAMED || function == DIRECTORY;

    if (o.buffering < -1 || beyond || o.recoverable > 1)
        return false;
    if ((unsigned) o.delete_when > TEMPFILE_DELETE_NEVER ||
        (o.delete_when && !named && function != MKSTEMP && function != MAKE))
        return false;
    if (function == DIRECTORY && o.delete_when == TEMPFILE_DELETE_ON_EXIT)
        return false;
    if (o.recoverable && (!named || o.delete_when == TEMPFILE_DELETE_NEVER))
        return false;
    return o.max_size == 0 || function == SPOOLED;
}

/* Nothing but a stream has what is about streams. */
static bool
good_for_function (void)
{
    bool stream = function <= SPOOLED;

    if (o.in_memory && (function != UNNAMED || o.dir || o.permissions & TEMPFILE_UMASK))
        return false;
    if (!stream && (o.buffering || o.encoding || o.errors || o.newline))
        return false;
    if (!stream && function != MKSTEMP && o.mode)
        return false;
    if (!stream && function != DIRECTORY && (o.on_close || o.on_close_arg))
        return false;
    return function != MAKE || !o.permissions;
}

static bool
good_names (void)
{
    const char *prefix = o.prefix ? o.prefix : "tmp", *suffix = o.suffix ? o.suffix : "";

    return !strchr (prefix, '/') && !strchr (suffix, '/') &&
           strlen (prefix) + strlen (suffix) <= (o.recoverable ? 234u : 242u);
}

static bool
good_text (void)
{
    static const char *const newlines[] = {"", "\n", "\r", "\r\n", NULL};
    static const char *const errors[] = {"strict",
                                         "ignore",
                                         "replace",
                                         "backslashreplace",
                                         "xmlcharrefreplace",
                                         "namereplace",
                                         "surrogateescape",
                                         "surrogatepass",
                                         NULL};

    if (!is_text ())
        return !o.encoding && !o.errors && !o.newline;
    return function != MKSTEMP && o.buffering != TEMPFILE_UNBUFFERED &&
           (!o.newline || is_one_of (o.newline, newlines)) &&
           (!o.errors || is_one_of (o.errors, errors));
}

/* Whether a name is one of an encoding, or a directory can be used, is for the library to say. */
static bool
is_certain (void)
{
    static const char *const encodings[] = {"utf-8",  "UTF_16", "utf-32-le", "latin-1",  "ascii",
                                            "utf8",   "U8",     "utf-7",     "us ascii", "L1",
                                            "utf 16", "u32",    "utf-16-be", "646",      NULL};

    if (is_text () && o.encoding && !is_one_of (o.encoding, encodings))
        return false;
    if (o.errors && strcmp (o.errors, "namereplace") == 0)
        return false;
    return !o.dir || strcmp (o.dir, fuzz_dir ()) == 0 || strcmp (o.dir, ".") == 0;
}

static bool
good_size (const char *memory)
{
    if (size < offsetof (struct tempfile_options, recoverable) || size > 4096 ||
        size % _Alignof(struct tempfile_options) != 0)
        return false;
    return size <= sizeof o || memory[size - 1] == 0;
}

/* A member that the caller does not know has its default; none is cut in two. */
static void
forget_unknown (const void *memory)
{
    size_t whole = size / _Alignof(struct tempfile_options) * _Alignof(struct tempfile_options);

    memset (&o, 0, sizeof o);
    memcpy (&o, memory, whole < sizeof o ? whole : sizeof o);
}

static enum verdict
judge (const char *memory)
{
    if (!good_size (memory) || !good_mode () || !good_numbers () || !good_for_function () ||
        !good_names () || !good_text ())
        return REFUSED;
    if (o.dir && !*o.dir)
        return REFUSED;
    return is_certain () ? ACCEPTED : EITHER;
}

static void
check_verdict (enum verdict verdict, bool made)
{
    must (verdict == EITHER || made == (verdict == ACCEPTED), "%s%s",
          made ? "made" : "refused: ", made ? "" : strerror (errno));
    if (!made)
        fuzz_check_failure ("this");
}

/* --- what was made --- */

static void
check_name (const char *path)
{
    const char *prefix = o.prefix ? o.prefix : "tmp", *suffix = o.suffix ? o.suffix : "";

    must (path && *path == '/', "%s", path ? path : "no path");
    const char *base = strrchr (path, '/') + 1;
    size_t random = o.recoverable ? 21 : 13;
    must (strlen (base) == strlen (prefix) + random + strlen (suffix), "%s", base);
    must (strncmp (base, prefix, strlen (prefix)) == 0, "%s", base);
    must (strcmp (base + strlen (prefix) + random, suffix) == 0, "%s", base);
}

static void
check_permissions (const struct stat *st)
{
    mode_t standard = S_ISDIR (st->st_mode) ? 0700 : 0600;
    mode_t wanted = o.permissions ? o.permissions : standard;

    must ((st->st_mode & 07777) == wanted, "%o", (unsigned) st->st_mode);
}

static void
check_path (const char *path, mode_t type)
{
    struct stat st;

    check_name (path);
    must (lstat (path, &st) == 0 && (st.st_mode & S_IFMT) == type, "%s", path);
    check_permissions (&st);
}

static void
check_descriptor (int fd)
{
    const char *mode = o.mode ? o.mode : "w+b";
    struct stat st;
    int flags = fcntl (fd, F_GETFL);
    int access = strchr (mode, '+') ? O_RDWR : strchr (mode, 'r') ? O_RDONLY : O_WRONLY;

    must (fstat (fd, &st) == 0 && S_ISREG (st.st_mode) && st.st_size == 0, "descriptor %d", fd);
    check_permissions (&st);
    must (fcntl (fd, F_GETFD) & FD_CLOEXEC, "not close-on-exec");
    must ((flags & O_ACCMODE) == access, "flags %x", (unsigned) flags);
    must (!(flags & O_APPEND) == !strchr (mode, 'a'), "flags %x", (unsigned) flags);
}

/* What every encoding has comes back as it was. */
static void
write_and_read (FILE *f)
{
    static const char text[] = "0123456789 abc XYZ";
    char have[64] = "";
    const char *mode = o.mode ? o.mode : "w+b";

    if (!strchr (mode, '+') && strchr (mode, 'r'))
        return;
    must (fputs (text, f) >= 0 && fflush (f) == 0, "fputs: %s", strerror (errno));
    must (ftello (f) == (off_t) strlen (text), "at %lld", (long long) ftello (f));
    if (!strchr (mode, '+'))
        return;
    rewind (f);
    must (fread (have, 1, sizeof have, f) == strlen (text), "read \"%s\"", have);
    must (strcmp (have, text) == 0, "read \"%s\"", have);
}

/* Those that stay for another day are deleted here. */
static void
close_stream (FILE *f)
{
    char *name = function == NAMED ? fuzz_format ("%s", tempfile_name (f)) : NULL;
    bool failing = o.on_close && o.on_close_arg;

    closed = 0;
    int result = fclose (f);
    must (result == (failing ? EOF : 0), "fclose: %d, %s", result, strerror (errno));
    must (!failing || errno == EXDEV, "fclose: %s", strerror (errno));
    must (closed == (o.on_close != NULL), "the hook ran %u times", closed);
    must (!name || (access (name, F_OK) == 0) == (o.delete_when != TEMPFILE_DELETE_ON_CLOSE),
          "%s: %d", name, o.delete_when);
    if (o.delete_when == TEMPFILE_DELETE_NEVER)
        must (tempfile_unlink (name) == -1 && unlink (name) == 0, "%s", name);
    else if (o.delete_when == TEMPFILE_DELETE_ON_EXIT)
        must (tempfile_unlink (name) == 0, "%s", name);
}

static void
use_stream (FILE *f)
{
    int fd = function == SPOOLED && o.max_size ? -1 : tempfile_fileno (f);

    if (function == NAMED)
        check_path (tempfile_name (f), S_IFREG);
    else
        must (!tempfile_name (f) && errno == EINVAL, "a name");
    if (fd >= 0)
        check_descriptor (fd);
    write_and_read (f);
    close_stream (f);
}

static void
use_directory (struct tempfile_dir *d)
{
    char *name = fuzz_format ("%s", tempfile_dir_name (d));
    bool failing = o.on_close && o.on_close_arg;

    check_path (name, S_IFDIR);
    closed = 0;
    must (tempfile_dir_close (d) == (failing ? -1 : 0), "close: %s", strerror (errno));
    must (closed == (o.on_close != NULL), "the hook ran %u times", closed);
    if (o.delete_when == TEMPFILE_DELETE_NEVER)
        must (rmdir (name) == 0, "%s", name);
    else
        must (access (name, F_OK) < 0, "%s", name);
}

/* --- the functions --- */

static void
try_stream (const struct tempfile_options *given, enum verdict verdict)
{
    FILE *f = function == UNNAMED ? tempfile_open (given, size)
              : function == NAMED ? tempfile_open_named (given, size)
                                  : tempfile_open_spooled (given, size);

    check_verdict (verdict, f);
    if (!f)
        return;
    if (function == SPOOLED && verdict == EITHER && tempfile_fileno (f) < 0) {
        fuzz_check_failure ("rollover");
        (void) fclose (f);
        return;
    }
    use_stream (f);
}

static void
try_directory (const struct tempfile_options *given, enum verdict verdict)
{
    struct tempfile_dir *d = tempfile_open_dir (given, size);

    check_verdict (verdict, d);
    if (d)
        use_directory (d);
}

static void
try_mkdtemp (const struct tempfile_options *given, enum verdict verdict)
{
    char *path = tempfile_mkdtemp (given, size);

    check_verdict (verdict, path);
    if (!path)
        return;
    check_path (path, S_IFDIR);
    must (rmdir (path) == 0, "%s", path);
    free (path);
}

static void
try_mkstemp (const struct tempfile_options *given, enum verdict verdict)
{
    char *path = (char *) "";
    int fd = tempfile_mkstemp (&path, given, size);

    check_verdict (verdict, fd >= 0);
    must ((fd < 0) == !path, "%d", fd);
    if (fd < 0)
        return;
    check_path (path, S_IFREG);
    check_descriptor (fd);
    must (close (fd) == 0 && unlink (path) == 0, "%s", path);
    free (path);
}

/* The first names are taken. */
static int
make_fifo (const char *path, void *taken)
{
    unsigned *left = taken;

    check_name (path);
    if (*left == 0)
        return mkfifo (path, 0600);
    --*left;
    errno = *left % 2 ? EEXIST : EADDRINUSE;
    return -1;
}

static void
try_make (const struct tempfile_options *given, enum verdict verdict)
{
    char *path = (char *) "";
    unsigned taken = o.suffix ? (unsigned) strlen (o.suffix) % 100 : 0;
    int result = tempfile_make (&path, make_fifo, &taken, given, size);

    check_verdict (verdict, result == 0);
    must ((result < 0) == !path, "%d", result);
    if (result < 0)
        return;
    must (unlink (path) == 0, "%s", path);
    free (path);
}

void
fuzz_one (struct input *in)
{
    unsigned given = fuzz_byte (in);

    function = (enum function) fuzz_below (in, FUNCTIONS);
    given |= fuzz_byte (in) << 8 | fuzz_byte (in) << 16;
    o = (struct tempfile_options){0};
    take_numbers (in, given);
    take_strings (in, given);
    tame_dir ();
    void *memory = make_struct (in, given);
    forget_unknown (memory);
    enum verdict verdict = judge (memory);
    errno = 0;
    if (function <= SPOOLED)
        try_stream (memory, verdict);
    else if (function == DIRECTORY)
        try_directory (memory, verdict);
    else if (function == MKDTEMP)
        try_mkdtemp (memory, verdict);
    else if (function == MKSTEMP)
        try_mkstemp (memory, verdict);
    else
        try_make (memory, verdict);
    free (memory);
}
