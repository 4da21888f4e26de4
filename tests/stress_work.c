/* SPDX-License-Identifier: MIT */
/*
 * stress_work.c - pieces of work: each makes one thing of some kind, uses it in a way that a model
 * in memory can follow, compares byte by byte, and leaves nothing. What is random comes from the
 * worker's own numbers.
 */
#include <config.h>

#include "stress.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <tempfile.h>

uint64_t
next_random (struct worker *w)
{
    w->random ^= w->random << 13;
    w->random ^= w->random >> 7;
    w->random ^= w->random << 17;
    return w->random;
}

unsigned
pick (struct worker *w, unsigned n)
{
    return (unsigned) ((next_random (w) >> 16) % n);
}

void
begin_worker (struct worker *w, int number)
{
    *w = (struct worker){.number = number, .leaves = true};
    w->random = (stress.seed + (uint64_t) number + 1) * 0x9e3779b97f4a7c15u | 1;
    for (int i = 0; i < 8; i++)
        next_random (w);
}

/* --- the hooks that see all of it --- */

static atomic_long audited;
static atomic_bool refusing = true;

static int
count_audited (const char *event, const char *path, void *arg)
{
    (void) event;
    (void) path;
    (void) arg;
    atomic_fetch_add_explicit (&audited, 1, memory_order_relaxed);
    return 0;
}

static int
refuse (const char *event, const char *path, void *arg)
{
    (void) event;
    (void) arg;
    return atomic_load (&refusing) && strstr (path, "/refused-");
}

void
begin_work (void)
{
    if (tempfile_add_audit_hook (refuse, NULL) != 0)
        wrong ("an audit hook cannot be added");
}

/* --- a model of a binary file --- */

enum { MODEL = 24 * 1024 };

struct model {
    struct worker *worker;
    const char *kind;
    FILE *file;
    size_t size;
    unsigned char bytes[MODEL];
    unsigned char other[MODEL];
};

static void
random_bytes (struct worker *w, unsigned char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        bytes[i] = (unsigned char) (next_random (w) >> 24);
}

static void
differs (const struct model *m, const char *how, const unsigned char *have, size_t n, size_t start)
{
    size_t i = 0;
    while (i < n && have[i] == m->bytes[start + i])
        i++;
    wrong ("%s, %s: byte %zu of %zu differs", m->kind, how, start + i, m->size);
}

static void
model_write (struct model *m)
{
    size_t start = pick (m->worker, (unsigned) m->size + 1);
    size_t most = pick (m->worker, 4) ? 300 : 9000;
    size_t n = 1 + pick (m->worker, (unsigned) most);
    if (n > MODEL - start)
        n = MODEL - start;
    if (n == 0)
        return;
    random_bytes (m->worker, m->bytes + start, n);
    if (fseeko (m->file, (off_t) start, SEEK_SET) != 0)
        wrong ("%s: fseeko to %zu", m->kind, start);
    if (fwrite (m->bytes + start, 1, n, m->file) != n)
        wrong ("%s: fwrite of %zu", m->kind, n);
    if (start + n > m->size)
        m->size = start + n;
    if (ftello (m->file) != (off_t) (start + n))
        wrong ("%s: ftello after writing", m->kind);
}

static void
model_read (struct model *m)
{
    size_t start = pick (m->worker, (unsigned) m->size + 1);
    size_t n = m->size > start ? pick (m->worker, (unsigned) (m->size - start)) : 0;
    bool from_end = pick (m->worker, 2);
    off_t offset = from_end ? (off_t) start - (off_t) m->size : (off_t) start;
    if (fseeko (m->file, offset, from_end ? SEEK_END : SEEK_SET) != 0)
        wrong ("%s: fseeko to %zu", m->kind, start);
    size_t got = fread (m->other, 1, n, m->file);
    if (got != n)
        wrong ("%s: fread has %zu bytes of %zu at %zu", m->kind, got, n, start);
    else if (memcmp (m->other, m->bytes + start, n) != 0)
        differs (m, "reading", m->other, n, start);
}

static void
model_truncate (struct model *m)
{
    size_t size = pick (m->worker, (unsigned) m->size + 1);
    if (pick (m->worker, 2) && m->size < MODEL - 1000)
        size = m->size + pick (m->worker, 1000);
    if (tempfile_truncate (m->file, (int64_t) size) != 0)
        wrong ("%s: truncating to %zu", m->kind, size);
    if (size > m->size)
        memset (m->bytes + m->size, 0, size - m->size);
    m->size = size;
}

/* What is in the file, by its descriptor. */
static void
model_compare_descriptor (struct model *m, int fd)
{
    size_t got = 0;
    ssize_t n = 1;
    struct stat st;
    while (n > 0 && got < m->size) {
        n = pread (fd, m->other + got, m->size - got, (off_t) got);
        got += n > 0 ? (size_t) n : 0;
    }
    if (got != m->size || fstat (fd, &st) != 0 || st.st_size != (off_t) m->size)
        wrong ("%s: %zu bytes of %zu in the file", m->kind, got, m->size);
    else if (memcmp (m->other, m->bytes, m->size) != 0)
        differs (m, "in the file", m->other, m->size, 0);
}

static void
model_flush (struct model *m)
{
    if (fflush (m->file) != 0)
        wrong ("%s: fflush", m->kind);
    if (fileno (m->file) >= 0) /* a spool stays in memory */
        model_compare_descriptor (m, tempfile_fileno (m->file));
}

/* All of it, to the end. */
static void
model_compare (struct model *m, FILE *f, const char *how)
{
    rewind (f);
    size_t got = fread (m->other, 1, MODEL, f);
    if (got != m->size || (got < MODEL && !feof (f)))
        wrong ("%s, %s: %zu bytes of %zu", m->kind, how, got, m->size);
    else if (memcmp (m->other, m->bytes, got) != 0)
        differs (m, how, m->other, got, 0);
}

static void
model_compare_path (struct model *m, const char *path)
{
    int fd = open (path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        if (!m->worker->cleaned)
            wrong ("%s: '%s' cannot be opened", m->kind, path);
        return;
    }
    model_compare_descriptor (m, fd);
    close (fd);
}

/* Steps at random, and a comparison of all. */
static void
exercise (struct model *m)
{
    static void (*const steps[]) (struct model *) = {model_write, model_write,    model_write,
                                                     model_read,  model_truncate, model_flush};
    int n = 1 + (int) pick (m->worker, 12);
    for (int i = 0; i < n; i++)
        steps[pick (m->worker, LENGTH (steps))](m);
    model_compare (m, m->file, "at the end");
    if (fflush (m->file) != 0)
        wrong ("%s: fflush at the end", m->kind);
}

/* Whether the stream is there. After tempfile_cleanup() a name may be refused. */
static bool
opened (struct model *m, FILE *f, struct worker *w, const char *kind)
{
    m->worker = w;
    m->kind = kind;
    m->file = f;
    m->size = 0;
    if (f)
        return true;
    if (!w->cleaned || errno != EINTR || !strstr (tempfile_errmsg (), "is being cleaned up"))
        wrong ("%s: cannot be opened", kind);
    return false;
}

static bool
is_there (const char *path)
{
    struct stat st;
    return lstat (path, &st) == 0;
}

/* What tempfile_cleanup() has deleted is away, which is no failure; what it is just deleting in
 * another thread may outlive its stream by a moment. */
static void
must_exist (const struct model *m, const char *path, bool exists)
{
    if (m->worker->cleaned && exists)
        return;
    for (int i = 0; m->worker->cleaned && i < 1000 && is_there (path); i++)
        sleep_for (0.001);
    if (is_there (path) != exists)
        wrong ("%s: '%s' %s", m->kind, path, exists ? "is missing" : "is still there");
}

/* Nor need the name be known that tempfile_cleanup() has deleted. */
static void
unlink_left (const struct model *m, const char *path)
{
    if (tempfile_unlink (path) != 0 && !(m->worker->cleaned && errno == ENOENT))
        wrong ("%s: tempfile_unlink", m->kind);
}

static void
closed (const struct model *m, int result)
{
    if (result != 0)
        wrong ("%s: closing fails", m->kind);
}

/* --- streams --- */

static void
use_unnamed (struct worker *w, struct model *m)
{
    if (opened (m, TemporaryFile (), w, "unnamed")) {
        exercise (m);
        closed (m, fclose (m->file));
    }
}

static void
use_tmpfile (struct worker *w, struct model *m)
{
    if (opened (m, tempfile_tmpfile (), w, "tmpfile")) {
        exercise (m);
        closed (m, fclose (m->file));
    }
}

static void
use_buffered (struct worker *w, struct model *m)
{
    int buffering = (int) pick (w, 5000) - 1;
    if (opened (m, TemporaryFile (.buffering = buffering), w, "buffered")) {
        exercise (m);
        closed (m, fclose (m->file));
    }
}

static void
use_named (struct worker *w, struct model *m)
{
    char name[PATH_MAX];
    if (!opened (m, NamedTemporaryFile (.suffix = ".dat"), w, "named"))
        return;
    (void) snprintf (name, sizeof name, "%s", tempfile_name (m->file));
    exercise (m);
    model_compare_path (m, name);
    closed (m, fclose (m->file));
    must_exist (m, name, false);
}

static void
use_until_exit (struct worker *w, struct model *m)
{
    char name[PATH_MAX];
    FILE *f = NamedTemporaryFile (.delete_when = TEMPFILE_DELETE_ON_EXIT);
    if (!opened (m, f, w, "until exit"))
        return;
    (void) snprintf (name, sizeof name, "%s", tempfile_name (f));
    exercise (m);
    if (pick (w, 2)) {
        closed (m, tempfile_close (f));
    } else {
        closed (m, fclose (f));
        model_compare_path (m, name);
        unlink_left (m, name);
    }
    must_exist (m, name, false);
}

static void
use_path (struct worker *w, struct model *m)
{
    if (!opened (m, NamedTemporaryFile (.prefix = "path-"), w, "path"))
        return;
    exercise (m);
    char *path = tempfile_into_path (m->file);
    if (!path) {
        wrong ("%s: tempfile_into_path", m->kind);
        return;
    }
    model_compare_path (m, path);
    unlink_left (m, path);
    must_exist (m, path, false);
    free (path);
}

static void
use_spool (struct worker *w, struct model *m)
{
    size_t max = pick (w, 2) ? 1 + pick (w, 4000) : 0;
    if (!opened (m, SpooledTemporaryFile (.max_size = max), w, "spool"))
        return;
    exercise (m);
    if (pick (w, 2)) {
        if (tempfile_rollover (m->file) != 0)
            wrong ("%s: tempfile_rollover", m->kind);
        model_flush (m);
        exercise (m);
    }
    closed (m, fclose (m->file));
}

static void
use_recoverable (struct worker *w, struct model *m)
{
    char name[PATH_MAX];
    if (!opened (m, NamedTemporaryFile (.recoverable = 1), w, "recoverable"))
        return;
    (void) snprintf (name, sizeof name, "%s", tempfile_name (m->file));
    exercise (m);
    /* One that is just being made may count, and is then made anew. */
    if (pick (w, 4) == 0 && tempfile_recover (stress.dir) < 0)
        wrong ("%s: tempfile_recover", m->kind);
    must_exist (m, name, true);
    closed (m, fclose (m->file));
    must_exist (m, name, false);
}

static void
use_second_stream (struct worker *w, struct model *m)
{
    bool named = pick (w, 2);
    if (!opened (m, named ? NamedTemporaryFile () : TemporaryFile (), w, "second stream"))
        return;
    FILE *first = m->file;
    exercise (m);
    FILE *second = tempfile_reopen (first, NULL);
    if (!second) {
        wrong ("%s: tempfile_reopen", m->kind);
    } else {
        m->file = second;
        exercise (m);
        model_compare (m, first, "by the first");
        closed (m, fclose (second));
    }
    closed (m, fclose (first));
}

/* glibc's own freopen() and fflush (NULL), in two threads, wait for each other for ever. */
static pthread_mutex_t whole_stdio = PTHREAD_MUTEX_INITIALIZER;

static FILE *
freopen_alone (const char *path, FILE *f)
{
    pthread_mutex_lock (&whole_stdio);
    FILE *again = freopen (path, "w+b", f);
    pthread_mutex_unlock (&whole_stdio);
    return again;
}

/* freopen() gives the FILE another file; the temporary one goes at tempfile_close(). */
static void
use_freopen (struct worker *w, struct model *m)
{
    char name[PATH_MAX], *other;
    bool named = pick (w, 2);
    int fd = tempfile_mkstemp (&other, NULL, 0);
    if (fd < 0) {
        wrong ("freopen: tempfile_mkstemp");
        return;
    }
    close (fd);
    if (opened (m, named ? NamedTemporaryFile () : TemporaryFile (), w, "freopen")) {
        exercise (m);
        const char *own = named ? tempfile_name (m->file) : "/";
        (void) snprintf (name, sizeof name, "%s", own);
        m->file = freopen_alone (other, m->file);
        m->size = 0;
        if (m->file) {
            exercise (m);
            model_compare_path (m, other);
            closed (m, tempfile_close (m->file));
        } else if (!named) {
            wrong ("freopen fails on a plain stream");
        }
        if (named)
            must_exist (m, name, false);
    }
    unlink (other);
    free (other);
}

static int
count_down (void *arg)
{
    ++*(int *) arg;
    return 0;
}

static void
use_hooks (struct worker *w, struct model *m)
{
    int first = 0, others = 0;
    FILE *f = NamedTemporaryFile (.on_close = count_down, .on_close_arg = &first);
    if (!opened (m, f, w, "hooks"))
        return;
    for (int i = 0; i < 5; i++)
        if (tempfile_on_close (f, count_down, &others) != 0)
            wrong ("%s: tempfile_on_close", m->kind);
    exercise (m);
    closed (m, fclose (f));
    if (first != 1 || others != 5)
        wrong ("%s: the first ran %d times, five others %d", m->kind, first, others);
}

static void
use_kept (struct worker *w, struct model *m)
{
    char name[PATH_MAX];
    bool never = pick (w, 2);
    enum tempfile_delete when = never ? TEMPFILE_DELETE_NEVER : TEMPFILE_DELETE_ON_CLOSE;
    if (!opened (m, NamedTemporaryFile (.delete_when = when), w, "kept"))
        return;
    (void) snprintf (name, sizeof name, "%s", tempfile_name (m->file));
    if (!never && tempfile_keep (m->file) != 0)
        wrong ("%s: tempfile_keep", m->kind);
    exercise (m);
    closed (m, fclose (m->file));
    model_compare_path (m, name);
    if (unlink (name) != 0 && !w->cleaned)
        wrong ("%s: unlink", m->kind);
}

static void
use_persist (struct worker *w, struct model *m)
{
    static atomic_long count;
    char target[PATH_MAX];
    unsigned flags = pick (w, 2) ? TEMPFILE_NOREPLACE : 0;
    bool named = pick (w, 2);
    (void) snprintf (target, sizeof target, "%s/persisted-%ld-%ld", stress.dir, (long) getpid (),
                     atomic_fetch_add (&count, 1));
    if (!opened (m, named ? NamedTemporaryFile () : TemporaryFile (), w, "persist"))
        return;
    exercise (m);
    if (tempfile_persist (m->file, target, flags) != 0) {
        /* A signal may have deleted the file beforehand; and not each file system can do it. */
        if (errno != ENOTSUP && !w->cleaned)
            wrong ("%s: tempfile_persist", m->kind);
        closed (m, fclose (m->file));
        return;
    }
    exercise (m);
    closed (m, fclose (m->file));
    model_compare_path (m, target);
    if (unlink (target) != 0)
        wrong ("%s: '%s' is not there", m->kind, target);
}

/* --- what is no stream --- */

static void
use_mkstemp (struct worker *w, struct model *m)
{
    char *path;
    int fd = tempfile_mkstemp (&path, NULL, 0);
    FILE *f = fd < 0 ? NULL : fdopen (fd, "w+b");
    if (!opened (m, f, w, "mkstemp"))
        return;
    exercise (m);
    closed (m, fclose (f));
    model_compare_path (m, path);
    if (unlink (path) != 0)
        wrong ("%s: unlink", m->kind);
    free (path);
}

static int
make_fifo (const char *path, void *arg)
{
    (void) arg;
    return mkfifo (path, 0600);
}

static void
use_mkdtemp (struct worker *w, struct model *m)
{
    char *path = tempfile_mkdtemp (NULL, 0);
    (void) w;
    (void) m;
    if (!path || rmdir (path) != 0)
        wrong ("tempfile_mkdtemp");
    free (path);
    if (tempfile_make (&path, make_fifo, NULL, NULL, 0) != 0 || unlink (path) != 0)
        wrong ("tempfile_make");
    free (path);
}

static void
make_file (const char *dir, const char *name, bool may_fail)
{
    char path[PATH_MAX];
    if (snprintf (path, sizeof path, "%s/%s", dir, name) >= (int) sizeof path)
        return;
    int fd = open (path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0 && !may_fail)
        wrong ("'%s' cannot be made", path);
    if (fd >= 0)
        close (fd);
}

/* Some files, some directories with some in them, and a link to what must stay. */
static void
fill_directory (struct worker *w, const char *dir)
{
    char path[PATH_MAX], name[32];
    unsigned n = pick (w, 8);
    for (unsigned i = 0; i < n; i++) {
        (void) snprintf (name, sizeof name, "%u", i);
        if (snprintf (path, sizeof path, "%s/in-%u", dir, i) >= (int) sizeof path)
            return;
        make_file (dir, name, w->cleaned);
        if (pick (w, 2) && mkdir (path, pick (w, 2) ? 0700 : 0500) == 0)
            make_file (path, name, true); /* who is not root may not, in every other */
    }
    if (snprintf (path, sizeof path, "%s/link", dir) < (int) sizeof path)
        (void) !symlink ("/", path);
}

/* A file that the directory takes with it, before its own time has come. */
static char *
leave_in (struct worker *w, const char *dir)
{
    FILE *f = NamedTemporaryFile (.dir = dir, .delete_when = TEMPFILE_DELETE_ON_EXIT);
    char *path = f ? tempfile_into_path (f) : NULL;
    if (!path && !w->cleaned)
        wrong ("directory: a file in it");
    return path;
}

static void
use_directory (struct worker *w, struct model *m)
{
    char name[PATH_MAX];
    struct tempfile_dir *d = TemporaryDirectory (.recoverable = (int) pick (w, 2));
    if (!d) {
        (void) opened (m, NULL, w, "directory");
        return;
    }
    m->kind = "directory";
    m->worker = w;
    (void) snprintf (name, sizeof name, "%s", tempfile_dir_name (d));
    fill_directory (w, name);
    char *path = leave_in (w, name);
    closed (m, tempfile_dir_close (d));
    must_exist (m, name, false);
    if (path)
        unlink_left (m, path);
    free (path);
}

/* --- text --- */

static const struct {
    const char *encoding, *words;
} alphabets[] = {
    {"utf-8", "na\u00efve \u65e5\u672c\u8a9e \U0001f600"},
    {"utf-8-sig", "\u20ac \u03b1\u03b2\u03b3"},
    {"utf-16", "\u65e5\u672c \U0001f600 x"},
    {"utf-16-le", "\u65e5\u672c \u00e9t\u00e9"},
    {"utf-32", "\U0001f600\u00e9"},
    {"latin-1", "\u00e9t\u00e9 \u00fcber"},
    {"cp1252", "\u20ac 5 \u2013 \u00e9"},
    {"koi8-r", "\u043f\u0440\u0438\u0432\u0435\u0442"},
    {"shift_jis", "\u65e5\u672c\u8a9e kana"},
    {"euc-jp", "\u65e5\u672c\u8a9e kana"},
    {"iso2022_jp", "abc \u65e5\u672c\u8a9e def"},
    {"gb18030", "\u4e2d\u6587 text"},
};

enum { LINES = 60 };

/* What was written as '\n' comes back as it is in the file, but for universal newlines. */
struct text {
    FILE *file;
    const char *encoding, *words, *newline;
    off_t places[LINES];
};

static void
write_lines (struct worker *w, struct text *t)
{
    for (int i = 0; i < LINES; i++) {
        t->places[i] = pick (w, 4) ? -1 : ftello (t->file);
        if (fprintf (t->file, "%d %s\n", i, t->words) < 0)
            wrong ("text, %s: writing", t->encoding);
    }
}

static bool
has_line (struct text *t, int i)
{
    char line[256], expected[256];
    const char *end = t->newline ? t->newline : "\n";
    (void) snprintf (expected, sizeof expected, "%d %s%s", i, t->words, end);
    return fgets (line, sizeof line, t->file) && strcmp (line, expected) == 0;
}

static void
read_lines (struct worker *w, struct text *t)
{
    rewind (t->file);
    for (int i = 0; i < LINES; i++)
        if (!has_line (t, i))
            wrong ("text, %s: line %d differs", t->encoding, i);
    if (getc (t->file) != EOF)
        wrong ("text, %s: more than was written", t->encoding);
    for (int n = 0; n < 8; n++) {
        int i = (int) pick (w, LINES);
        if (t->places[i] >= 0 &&
            (fseeko (t->file, t->places[i], SEEK_SET) != 0 || !has_line (t, i)))
            wrong ("text, %s: line %d is not at its place", t->encoding, i);
    }
}

static FILE *
open_text (struct worker *w, const struct text *t)
{
    switch (pick (w, 3)) {
    case 0:
        return NamedTemporaryFile (.mode = "w+", .encoding = t->encoding, .newline = t->newline);
    case 1:
        return TemporaryFile (.mode = "w+", .encoding = t->encoding, .newline = t->newline);
    default:
        return SpooledTemporaryFile (.mode = "w+", .encoding = t->encoding, .newline = t->newline,
                                     .max_size = 1000);
    }
}

static void
use_text (struct worker *w, struct model *m)
{
    static const char *const newlines[] = {NULL, "\n", "\r\n"};
    int i = (int) pick (w, LENGTH (alphabets));
    struct text t = {.encoding = alphabets[i].encoding, .words = alphabets[i].words};
    t.newline = newlines[pick (w, LENGTH (newlines))];
    t.file = open_text (w, &t);
    if (!opened (m, t.file, w, "text"))
        return;
    write_lines (w, &t);
    read_lines (w, &t);
    closed (m, fclose (t.file));
}

/* The bytes in the file, where it is easy to say what they are. */
static void
use_text_bytes (struct worker *w, struct model *m)
{
    static const unsigned char bytes[] = {0xff, 0xfe, 'a', 0,    '\r', 0,    '\n',
                                          0,    0xe9, 0,   '\r', 0,    '\n', 0};
    FILE *f = TemporaryFile (.mode = "w+", .encoding = "utf-16", .newline = "\r\n");
    if (!opened (m, f, w, "bytes of text"))
        return;
    if (fputs ("a\n\u00e9\n", f) < 0 || fflush (f) != 0)
        wrong ("%s: writing", m->kind);
    uint16_t order = 0xfeff;
    m->size = sizeof bytes;
    memcpy (m->bytes, bytes, sizeof bytes);
    if (*(unsigned char *) &order == 0xff) /* the other byte order has the other bytes */
        model_compare_descriptor (m, tempfile_fileno (f));
    closed (m, fclose (f));
}

/* --- failures --- */

static void
be_refused (struct worker *w, struct model *m)
{
    (void) m;
    if (NamedTemporaryFile (.prefix = "refused-") || errno != EPERM ||
        !strstr (tempfile_errmsg (), "refused by an audit hook"))
        if (atomic_load (&refusing) && !w->cleaned)
            wrong ("an audit hook was not asked");
}

static void
fail (struct worker *w, struct model *m)
{
    char mode[32];
    (void) m;
    (void) snprintf (mode, sizeof mode, "q%d", w->number);
    if (TemporaryFile (.mode = mode) || errno != EINVAL || !strstr (tempfile_errmsg (), mode))
        wrong ("mode '%s'", mode);
    if (tempfile_unlink (mode) != -1 || errno != ENOENT || !strstr (tempfile_errmsg (), mode))
        wrong ("a name that nobody has");
}

static void
change_settings (struct worker *w, struct model *m)
{
    static atomic_int hooks;
    (void) m;
    if (tempfile_settempdir (pick (w, 2) ? stress.dir : NULL) != 0)
        wrong ("tempfile_settempdir");
    if (strcmp (tempfile_gettempdir (), stress.dir) != 0)
        wrong ("the directory is %s", tempfile_gettempdir ());
    if (atomic_load (&hooks) < 8 && atomic_fetch_add (&hooks, 1) < 8 &&
        tempfile_add_audit_hook (count_audited, NULL) != 0)
        wrong ("tempfile_add_audit_hook");
}

/* --- all streams at once --- */

/* ThreadSanitizer does not see the locks of stdio, by which the streams of others are safe. */
#ifdef THREAD_SANITIZER
enum { FLUSHES_ALL = 0 };
#else
enum { FLUSHES_ALL = 1 };
#endif

/* Those that other threads are using, and spools that move to disk by it. */
static void
flush_all (struct worker *w, struct model *m)
{
    (void) w;
    (void) m;
    if (!FLUSHES_ALL)
        return;
    pthread_mutex_lock (&whole_stdio);
    if (fflush (NULL) != 0)
        wrong ("fflush (NULL)");
    pthread_mutex_unlock (&whole_stdio);
}

/* --- children --- */

/* The malloc() of these sanitizers may itself be locked in the child of a process with threads. */
#if defined ADDRESS_SANITIZER || defined THREAD_SANITIZER
enum { CHILDREN_WORK = 0 };
#else
enum { CHILDREN_WORK = 1 };
#endif

enum { WATCHDOG = 200 };

/*
 * A child of a process with threads. It does not end by exit(), which flushes all streams, those
 * that a thread has in its hands as well.
 */
static void
live_as_child (struct worker *w)
{
    int before = wrongs ();
    signal (SIGALRM, SIG_DFL);
    alarm (WATCHDOG);
    w->random ^= (uint64_t) getpid () << 20;
    if (CHILDREN_WORK) {
        struct model m;
        use_unnamed (w, &m);
        use_named (w, &m);
        use_until_exit (w, &m);
        use_directory (w, &m);
        use_text (w, &m);
        if (!NamedTemporaryFile ())
            wrong ("in a child");
    }
    if (tempfile_unlink ("/none of ours") != -1)
        wrong ("a name that is nobody's");
    if (wrongs () > before)
        _exit (1);
    quick_exit (0);
}

static void
have_child (struct worker *w, struct model *m)
{
    (void) m;
    pid_t child = fork ();
    if (child == 0)
        live_as_child (w);
    if (child < 0) {
        wrong ("fork");
        return;
    }
    int status = wait_for (child);
    if (status != 0)
        wrong ("a child's wait status is %#x", (unsigned) status);
}

/* --- all of it --- */

static const struct piece {
    void (*use) (struct worker *, struct model *);
    unsigned weight;
    bool leaves; /* a file that is not deleted when a signal ends the process in the midst of it */
} pieces[] = {
    {use_unnamed, 100, false},      {use_tmpfile, 50, false},
    {use_buffered, 100, false},     {use_named, 200, false},
    {use_until_exit, 100, false},   {use_path, 100, false},
    {use_spool, 200, false},        {use_recoverable, 60, false},
    {use_second_stream, 60, false}, {use_freopen, 40, true},
    {use_hooks, 60, false},         {use_kept, 60, true},
    {use_persist, 60, true},        {use_mkstemp, 60, true},
    {use_mkdtemp, 60, true},        {use_directory, 60, false},
    {use_text, 200, false},         {use_text_bytes, 30, false},
    {be_refused, 40, false},        {fail, 40, false},
    {change_settings, 10, false},   {flush_all, 100, false},
    {have_child, 16, true},
};

static void
do_piece (struct worker *w, const struct piece *p)
{
    struct model *m = malloc (sizeof *m);
    if (!m) {
        wrong ("no memory");
        return;
    }
    p->use (w, m);
    free (m);
    atomic_fetch_add_explicit (&w->done, 1, memory_order_relaxed);
}

static unsigned
all_weights (void)
{
    unsigned all = 0;
    for (int i = 0; i < LENGTH (pieces); i++)
        all += pieces[i].weight;
    return all;
}

void
work_once (struct worker *w)
{
    unsigned at = pick (w, all_weights ());
    int i = 0;
    for (; at >= pieces[i].weight; i++)
        at -= pieces[i].weight;
    if (w->leaves || !pieces[i].leaves)
        do_piece (w, &pieces[i]);
}

atomic_bool stop_work;

void *
work (void *worker)
{
    while (!atomic_load (&stop_work))
        work_once (worker);
    return NULL;
}

struct worker *
start_workers (int count)
{
    struct worker *workers = calloc ((size_t) count, sizeof *workers);
    atomic_store (&stop_work, false);
    for (int i = 0; workers && i < count; i++) {
        begin_worker (&workers[i], i);
        if (pthread_create (&workers[i].thread, NULL, work, &workers[i]) != 0)
            wrong ("thread %d cannot be made", i);
    }
    return workers;
}

long
end_workers (struct worker *workers, int count)
{
    long done = 0;
    atomic_store (&stop_work, true);
    for (int i = 0; i < count; i++) {
        pthread_join (workers[i].thread, NULL);
        done += atomic_load (&workers[i].done);
    }
    free (workers);
    return done;
}
