/* SPDX-License-Identifier: MIT */
/*
 * Hostile names: prefixes, suffixes, directories and the environment, for each function that makes
 * something under a name. What is made is in the directory that was meant and nowhere else, has the
 * name that was asked for, replaces nothing, and goes when it should.
 *
 *     input: steps, each of a function, its options, and strings that end with NUL
 */
#include "fuzz.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

enum { STEPS = 24, DEPTH = 3, SETTINGS = 64 };

static char *base, *work, *elsewhere;
static struct tempfile_options o;

/* --- the place --- */

static const char *const files[] = {"file", "precious", "d/file"};

/*
 * base/
 *     elsewhere/           what a link leads to
 *     one/two/work/        the working directory, with a few things in it
 */
static void
make_place (void)
{
    must (mkdir (work, 0700) == 0 && chdir (work) == 0, "%s", work);
    must (mkdir ("d", 0700) == 0 && mkdir ("d/e", 0700) == 0 && mkdir ("a b\n", 0700) == 0, "d");
    must (mkdir ("-", 0700) == 0 && mkdir ("\xff", 0700) == 0, "-");
    for (size_t i = 0; i < LENGTH (files); i++) {
        int fd = open (files[i], O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        must (fd >= 0 && write (fd, "precious", 8) == 8 && close (fd) == 0, "%s", files[i]);
    }
    must (symlink ("d", "link") == 0 && symlink (elsewhere, "out") == 0, "links");
    must (symlink ("loop", "loop") == 0 && symlink ("none", "dangling") == 0, "links");
}

static void
check_place (void)
{
    static const struct {
        const char *path;
        int entries;
    } counts[] = {{".", 10}, {"d", 2}, {"d/e", 0}, {"a b\n", 0}, {"-", 0}, {"\xff", 0}};
    struct stat st;

    for (size_t i = 0; i < LENGTH (counts); i++)
        must (fuzz_entries (counts[i].path) == counts[i].entries, "%s: %d", counts[i].path,
              fuzz_entries (counts[i].path));
    must (fuzz_entries (elsewhere) == 0 && fuzz_entries (base) == 2, "%s", base);
    must (fuzz_entries ("..") == 1 && fuzz_entries ("../..") == 1, "..");
    for (size_t i = 0; i < LENGTH (files); i++)
        must (lstat (files[i], &st) == 0 && st.st_size == 8 && st.st_nlink == 1, "%s", files[i]);
}

/* --- strings --- */

/*
 * A directory's name, as hostile as it comes, that cannot lead out of the place: an absolute one
 * begins there, and no more than DEPTH components are "..".
 */
static char *
take_dir (struct input *in)
{
    char *dir = fuzz_string (in);
    int up = 0;

    for (char *p = strstr (dir, ".."); p; p = strstr (p + 2, ".."))
        if (++up > DEPTH)
            p[1] = '_';
    if (strlen (dir) > 3000)
        dir[3000] = '\0';
    return *dir == '/' ? fuzz_format ("%s%s", work, dir) : dir;
}

static void
take_options (struct input *in)
{
    unsigned given = fuzz_byte (in);

    o = (struct tempfile_options){0};
    if (given & 1)
        o.prefix = fuzz_string (in);
    if (given & 2)
        o.suffix = fuzz_string (in);
    if (given & 4)
        o.dir = take_dir (in);
}

static bool
sound_names (void)
{
    const char *prefix = o.prefix ? o.prefix : "tmp", *suffix = o.suffix ? o.suffix : "";

    return !strchr (prefix, '/') && !strchr (suffix, '/') &&
           strlen (prefix) + strlen (suffix) <= 255 - (o.recoverable ? 21 : 13);
}

/* The directory that is meant, without links, or "" when it is none. */
static const char *
meant_dir (const char *dir)
{
    static char path[PATH_MAX];
    struct stat st;

    if (!dir)
        dir = tempfile_gettempdir ();
    if (!dir || !*dir || !realpath (dir, path) || stat (path, &st) < 0 || !S_ISDIR (st.st_mode))
        return "";
    return path;
}

/*
 * The path may be too long for the system when it has been made absolute, where the relative one is
 * not.
 */
static void
check_made (bool made)
{
    const char *meant = meant_dir (o.dir);
    bool sound = sound_names () && *meant;

    if (!made)
        fuzz_check_failure ("this");
    bool too_long = !made && errno == ENAMETOOLONG && o.dir && strlen (o.dir) > 1000;
    must (made == sound || too_long, "dir '%s', meant '%s': %s", o.dir ? o.dir : "(none)", meant,
          strerror (errno));
}

/* Absolute; the directory, the prefix, the random part, the suffix. */
static void
check_path (const char *path, mode_t type)
{
    char parent[2 * PATH_MAX], *base_name;
    const char *prefix = o.prefix ? o.prefix : "tmp", *suffix = o.suffix ? o.suffix : "";
    size_t random = o.recoverable ? 21 : 13;
    struct stat st;

    must (path && *path == '/' && strlen (path) < sizeof parent, "%s", path ? path : "(none)");
    strcpy (parent, path);
    base_name = strrchr (parent, '/');
    *base_name++ = '\0';
    must (strlen (base_name) == strlen (prefix) + random + strlen (suffix), "%s", base_name);
    must (strncmp (base_name, prefix, strlen (prefix)) == 0, "%s", base_name);
    must (strcmp (base_name + strlen (prefix) + random, suffix) == 0, "%s", base_name);
    char *resolved = realpath (parent, NULL);
    must (resolved && strcmp (resolved, meant_dir (o.dir)) == 0, "in %s", parent);
    free (resolved);
    must (lstat (path, &st) == 0 && (st.st_mode & S_IFMT) == type, "%s", path);
}

static void
must_be_gone (const char *path)
{
    struct stat st;

    must (lstat (path, &st) < 0 && (errno == ENOENT || errno == ENOTDIR), "%s is there", path);
}

/* --- what makes something --- */

static void
try_stream (struct input *in)
{
    unsigned how = fuzz_byte (in);

    o.recoverable = how & 1;
    FILE *f = tempfile_open_named (&o, sizeof o);
    check_made (f);
    if (!f)
        return;
    char *path = fuzz_format ("%s", tempfile_name (f));
    check_path (path, S_IFREG);
    if (how & 2)
        must (chdir ("/") == 0, "/");
    if (how & 4)
        must (unlink (path) == 0, "%s", path);
    if (how & 8 && !(how & 4)) {
        char *left = tempfile_into_path (f);
        must (left && strcmp (left, path) == 0, "%s", left ? left : "(none)");
        must (tempfile_unlink (left) == 0, "%s", left);
        free (left);
    } else {
        must (fclose (f) == 0, "%s", strerror (errno));
    }
    must_be_gone (path);
    must (chdir (work) == 0, "%s", work);
}

static void
try_unnamed (void)
{
    FILE *f = tempfile_open (&o, sizeof o);

    check_made (f);
    if (f)
        must (!tempfile_name (f) && fclose (f) == 0, "fclose");
}

/* A relative directory means what it did when the stream was opened. */
static void
try_spooled (struct input *in)
{
    bool moves = fuzz_byte (in) & 1;
    FILE *f = tempfile_open_spooled (&o, sizeof o);

    must (f || !sound_names () || (o.dir && !*o.dir), "spooled: %s", strerror (errno));
    if (!f) {
        fuzz_check_failure ("spooled");
        return;
    }
    if (moves)
        must (chdir ("d") == 0, "d");
    int result = tempfile_rollover (f), err = errno;
    must (chdir (work) == 0, "%s", work);
    errno = err;
    check_made (result == 0);
    must (fclose (f) == 0, "fclose");
}

/* What is inside a directory goes with it, and what links lead to does not. */
static void
try_directory (struct input *in)
{
    unsigned how = fuzz_byte (in);

    o.recoverable = how & 1;
    struct tempfile_dir *d = tempfile_open_dir (&o, sizeof o);
    check_made (d);
    if (!d)
        return;
    char *path = fuzz_format ("%s", tempfile_dir_name (d));
    check_path (path, S_IFDIR);
    if (how & 2 && strlen (path) < 3500) {
        must (symlink (work, fuzz_format ("%s/link", path)) == 0, "%s", path);
        must (mkdir (fuzz_format ("%s/\xff", path), 0) == 0, "%s", path);
    }
    if (how & 4)
        must (chdir ("/") == 0, "/");
    must (tempfile_dir_close (d) == 0, "%s", strerror (errno));
    must_be_gone (path);
    must (chdir (work) == 0, "%s", work);
}

static void
try_mkstemp (void)
{
    char *path;
    int fd = tempfile_mkstemp (&path, &o, sizeof o);

    check_made (fd >= 0);
    if (fd < 0)
        return;
    check_path (path, S_IFREG);
    must (close (fd) == 0 && unlink (path) == 0, "%s", path);
    free (path);
}

static void
try_mkdtemp (void)
{
    char *path = tempfile_mkdtemp (&o, sizeof o);

    check_made (path);
    if (!path)
        return;
    check_path (path, S_IFDIR);
    must (rmdir (path) == 0, "%s", path);
    free (path);
}

static int
make_link (const char *path, void *target)
{
    return symlink (target, path);
}

static void
try_make (void)
{
    char *path;
    int result = tempfile_make (&path, make_link, work, &o, sizeof o);

    check_made (result == 0);
    if (result < 0)
        return;
    check_path (path, S_IFLNK);
    must (unlink (path) == 0, "%s", path);
    free (path);
}

/* --- what says where --- */

/* Strings that were chosen once stay for good, so there are not many of them. */
static bool
may_choose (void)
{
    static unsigned chosen;

    return chosen++ < SETTINGS || chosen % 256 == 0;
}

static void
try_settempdir (struct input *in)
{
    const char *dir = take_dir (in);
    char before[PATH_MAX];

    if (!may_choose ())
        return;
    strcpy (before, tempfile_gettempdir ());
    int result = tempfile_settempdir (dir);
    if (result < 0)
        fuzz_check_failure ("settempdir");
    const char *meant = *meant_dir (dir) ? fuzz_format ("%s", meant_dir (dir)) : "";
    must ((result == 0) == (*meant != '\0') || errno == ENAMETOOLONG, "'%s'", dir);
    const char *now = tempfile_gettempdir ();
    must (result == 0 || strcmp (now, before) == 0, "%s", now);
    must (result < 0 || (*now == '/' && strcmp (meant_dir (now), meant) == 0), "%s", now);
}

/* The first that can be used, or else the system's, which is left alone here. */
static void
try_environment (struct input *in)
{
    static const char *const names[] = {"TMPDIR", "TEMP", "TMP"};
    const char *expected = NULL, *before = tempfile_gettempdir ();

    if (!may_choose ())
        return;
    for (size_t i = 0; i < LENGTH (names); i++) {
        char *dir = take_dir (in);
        must (setenv (names[i], dir, 1) == 0, "setenv");
        if (!expected && strlen (dir) < 1000 && *meant_dir (dir))
            expected = fuzz_format ("%s", meant_dir (dir));
        if (!expected && strlen (dir) >= 1000)
            setenv (names[i], "", 1);
    }
    must (tempfile_settempdir (NULL) == 0, "%s", strerror (errno));
    const char *now = meant_dir (NULL);
    must (!expected || strcmp (now, expected) == 0, "%s, not %s", now, expected);
    for (size_t i = 0; i < LENGTH (names); i++)
        unsetenv (names[i]);
    if (!expected)
        must (tempfile_settempdir (before) == 0, "%s", before);
}

/* A path of the caller's: what is there is kept or replaced as a whole, or nothing happens. */
static void
try_persist (struct input *in)
{
    char *path = take_dir (in);
    bool named = fuzz_byte (in) & 1;
    struct stat st;
    bool there = lstat (path, &st) == 0;
    FILE *f = named ? NamedTemporaryFile (.dir = work) : TemporaryFile (.dir = work);

    must (f && fputs ("lasting", f) >= 0, "stream");
    int result = tempfile_persist (f, path, TEMPFILE_NOREPLACE);
    if (result < 0)
        fuzz_check_failure ("persist");
    must (result < 0 || !there, "'%s' is replaced", path);
    must (result < 0 || (lstat (path, &st) == 0 && S_ISREG (st.st_mode) && st.st_size == 7), "'%s'",
          path);
    if (result == 0)
        must (unlink (path) == 0, "'%s'", path);
    must (fclose (f) == 0, "fclose");
}

/* --- one run --- */

static void
step (struct input *in)
{
    unsigned function = fuzz_below (in, 10);

    if (function < 7)
        take_options (in);
    errno = 0;
    switch (function) {
    case 0:
        try_stream (in);
        break;
    case 1:
        try_unnamed ();
        break;
    case 2:
        try_spooled (in);
        break;
    case 3:
        try_directory (in);
        break;
    case 4:
        try_mkstemp ();
        break;
    case 5:
        try_mkdtemp ();
        break;
    case 6:
        try_make ();
        break;
    case 7:
        try_settempdir (in);
        break;
    case 8:
        try_environment (in);
        break;
    default:
        try_persist (in);
    }
}

void
fuzz_one (struct input *in)
{
    struct tempfile_dir *d = TemporaryDirectory (.prefix = "names-");

    must (d, "no directory");
    base = fuzz_format ("%s", tempfile_dir_name (d));
    elsewhere = fuzz_format ("%s/elsewhere", base);
    work = fuzz_format ("%s/one/two/work", base);
    must (mkdir (elsewhere, 0700) == 0 && mkdir (fuzz_format ("%s/one", base), 0700) == 0 &&
              mkdir (fuzz_format ("%s/one/two", base), 0700) == 0,
          "%s", base);
    make_place ();
    must (tempfile_settempdir (fuzz_dir ()) == 0, "%s", fuzz_dir ());
    for (int i = 0; i < STEPS && fuzz_left (in) > 0; i++)
        step (in);
    check_place ();
    must (chdir (fuzz_dir ()) == 0, "%s", fuzz_dir ());
    must (tempfile_dir_close (d) == 0, "%s", strerror (errno));
}
