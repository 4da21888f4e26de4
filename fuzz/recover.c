/* SPDX-License-Identifier: MIT */
/*
 * What tempfile_recover() finds in its directory may be anything. It deletes exactly the files and
 * directories whose names are tagged and that nobody has locked, with nothing but what is in them.
 *
 *     input: for each entry what it is, how it is named and held, and the parts of its name, which
 *     end with NUL
 */
#include "fuzz.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { ENTRIES = 12, RANDOM = 13, TAG = 8 };

enum type { REGULAR, DIRECTORY, LINK_TO_FILE, LINK_TO_DIRECTORY, HARD_LINK, FIFO, SOCKET, TYPES };

struct entry {
    char *path;
    enum type type;
    int held; /* the descriptor that has it locked, or -1 */
    bool tagged;
};

static struct entry entries[ENTRIES];
static size_t n_entries;
static char *base, *outside, *precious;

/* --- names --- */

static const char digits[] = "abcdefghijklmnopqrstuvwxyz234567";

/* As it must be in every version: see name.c in lib/. */
static void
make_tag (const char *random, char *tag)
{
    static const char word[] = "libtempfile-recoverable-1";
    uint64_t h = UINT64_C (14695981039346656037);

    for (size_t i = 0; i < sizeof word; i++)
        h = (h ^ (uint64_t) word[i]) * UINT64_C (1099511628211);
    for (size_t i = 0; i < RANDOM; i++)
        h = (h ^ (uint64_t) random[i]) * UINT64_C (1099511628211);
    h = (h ^ (h >> 32)) * UINT64_C (11400714819323198485);
    h ^= h >> 29;
    for (size_t i = 0; i < TAG; i++)
        tag[i] = digits[h >> 5 * i & 31];
}

static bool
is_tagged (const char *name)
{
    size_t n = strlen (name);

    for (size_t i = 0; i + RANDOM + TAG <= n; i++) {
        char tag[TAG];
        if (strspn (name + i, digits) < RANDOM + TAG)
            continue;
        make_tag (name + i, tag);
        if (memcmp (tag, name + i + RANDOM, TAG) == 0)
            return true;
    }
    return false;
}

/* No slash in it, and not too long. */
static char *
take_part (struct input *in)
{
    char *part = fuzz_string (in);

    for (char *p = part; *p; p++)
        *p = *p == '/' ? '_' : *p;
    if (strlen (part) > 100)
        part[100] = '\0';
    return part;
}

/* Tagged, or nearly, or as it comes. */
static char *
take_name (struct input *in)
{
    unsigned how = fuzz_byte (in);
    char random[RANDOM + 1] = "", tag[TAG + 1] = "";
    char *prefix = take_part (in), *suffix = take_part (in);

    if (how % 4 == 3)
        return fuzz_format ("%s%s", prefix, suffix);
    for (size_t i = 0; i < RANDOM; i++)
        random[i] = digits[fuzz_byte (in) & 31];
    make_tag (random, tag);
    if (how % 4 == 2)
        tag[how / 4 % TAG] = (char) (how & 128 ? fuzz_byte (in) | 1 : 'a');
    if (how % 4 == 2 && strchr (tag, '/'))
        *strchr (tag, '/') = '_';
    return fuzz_format ("%s%s%s%s", prefix, random, tag, suffix);
}

/* --- what is planted --- */

static void
write_file (const char *path)
{
    int fd = open (path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    must (fd >= 0 && write (fd, "precious", 8) == 8 && close (fd) == 0, "%s", path);
}

/* With a tree in it that leads outside. */
static void
make_directory (const char *path)
{
    char *inner = fuzz_format ("%s/inner", path);

    must (mkdir (path, 0700) == 0 && mkdir (inner, 0700) == 0, "%s", path);
    write_file (fuzz_format ("%s/file", inner));
    must (symlink (outside, fuzz_format ("%s/link", inner)) == 0, "%s", inner);
    must (symlink (precious, fuzz_format ("%s/link", path)) == 0, "%s", path);
    must (link (precious, fuzz_format ("%s/hard", path)) == 0, "%s", path);
    must (chmod (inner, 0) == 0, "%s", inner);
}

static void
make_socket (const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    snprintf (address.sun_path, sizeof address.sun_path, "bound");
    must (fd >= 0 && bind (fd, (const struct sockaddr *) &address, sizeof address) == 0, "bind");
    must (rename ("bound", path) == 0 && close (fd) == 0, "%s", path);
}

static void
plant (const struct entry *e)
{
    switch (e->type) {
    case REGULAR:
        write_file (e->path);
        break;
    case DIRECTORY:
        make_directory (e->path);
        break;
    case LINK_TO_FILE:
        must (symlink (precious, e->path) == 0, "%s", e->path);
        break;
    case LINK_TO_DIRECTORY:
        must (symlink (outside, e->path) == 0, "%s", e->path);
        break;
    case HARD_LINK:
        must (link (precious, e->path) == 0, "%s", e->path);
        break;
    case FIFO:
        must (mkfifo (e->path, 0600) == 0, "%s", e->path);
        break;
    default:
        make_socket (e->path);
    }
}

/* A lock on the precious file would hold all of its names. */
static int
hold (const struct entry *e, unsigned how)
{
    bool shared = how & 1;

    if (how & 2 || (e->type != REGULAR && e->type != DIRECTORY))
        return -1;
    int fd = open (e->path, O_RDONLY | O_CLOEXEC);
    must (fd >= 0 && flock (fd, shared ? LOCK_SH : LOCK_EX) == 0, "%s", e->path);
    return fd;
}

static void
take_entry (struct input *in)
{
    struct entry *e = &entries[n_entries];
    struct stat st;
    unsigned code = fuzz_byte (in);
    char *name = take_name (in);

    e->path = fuzz_format ("%s/in/%s", base, name);
    e->type = (enum type) (code % TYPES);
    e->tagged = is_tagged (name);
    if (!*name || lstat (e->path, &st) == 0)
        return;
    plant (e);
    e->held = hold (e, code / TYPES);
    n_entries++;
}

/* --- what must be so afterwards --- */

static bool
should_go (const struct entry *e)
{
    return e->tagged && e->held < 0 &&
           (e->type == REGULAR || e->type == DIRECTORY || e->type == HARD_LINK);
}

static int
check_entries (void)
{
    struct stat st;
    int gone = 0;

    for (size_t i = 0; i < n_entries; i++) {
        const struct entry *e = &entries[i];
        bool there = lstat (e->path, &st) == 0;
        must (there == !should_go (e), "type %d, held %d: %s", (int) e->type, e->held, e->path);
        gone += !there;
    }
    return gone;
}

/* With as many names as it should have. */
static void
check_outside (void)
{
    struct stat st;
    nlink_t names = 1;
    char text[16];

    for (size_t i = 0; i < n_entries; i++)
        names += !should_go (&entries[i]) &&
                 (entries[i].type == HARD_LINK || entries[i].type == DIRECTORY);
    int fd = open (precious, O_RDONLY | O_CLOEXEC);
    must (fd >= 0 && fstat (fd, &st) == 0, "%s", precious);
    must (read (fd, text, sizeof text) == 8 && memcmp (text, "precious", 8) == 0, "contents");
    must (st.st_nlink == names && (st.st_mode & 07777) == 0600, "%u names, mode %o",
          (unsigned) st.st_nlink, (unsigned) st.st_mode);
    must (stat (outside, &st) == 0 && (st.st_mode & 07777) == 0700, "%s", outside);
    must (fuzz_entries (outside) == 2, "%s", outside);
    close (fd);
}

/* --- one run --- */

static struct tempfile_dir *
set_up (void)
{
    struct tempfile_dir *d = TemporaryDirectory ();

    must (d, "no directory");
    base = fuzz_format ("%s", tempfile_dir_name (d));
    outside = fuzz_format ("%s/out", base);
    precious = fuzz_format ("%s/precious", outside);
    must (mkdir (outside, 0700) == 0 && mkdir (fuzz_format ("%s/in", base), 0700) == 0, "%s", base);
    write_file (precious);
    write_file (fuzz_format ("%s/other", outside));
    n_entries = 0;
    return d;
}

void
fuzz_one (struct input *in)
{
    struct tempfile_dir *d = set_up ();
    bool relative = fuzz_byte (in) & 1;

    while (n_entries < ENTRIES && fuzz_left (in) > 0)
        take_entry (in);
    if (relative)
        must (chdir (base) == 0, "%s", base);
    int result = tempfile_recover (relative ? "in" : fuzz_format ("%s/in", base));
    int err = errno;
    int gone = check_entries ();
    must (result == gone, "%d deleted, not %d: %s", result, gone, strerror (err));
    check_outside ();
    for (size_t i = 0; i < n_entries; i++)
        if (entries[i].held >= 0)
            close (entries[i].held);
    must (tempfile_dir_close (d) == 0, "%s", strerror (errno));
}
