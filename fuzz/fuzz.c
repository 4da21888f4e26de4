/* SPDX-License-Identifier: MIT */
/* What all targets share: see fuzz.h. */
#include "fuzz.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <unistd.h>

void
fuzz_fail (const char *file, int line, const char *what, const char *format, ...)
{
    va_list args;

    va_start (args, format);
    fprintf (stderr, "%s:%d: not so: %s\n    ", file, line, what);
    vfprintf (stderr, format, args);
    fprintf (stderr, "\n    (errmsg: %s)\n", tempfile_errmsg ());
    va_end (args);
    abort ();
}

void
fuzz_check_failure (const char *what)
{
    const char *message = tempfile_errmsg ();

    must (errno > 0, "%s failed without errno", what);
    must (*message, "%s failed without a message", what);
    must (!strpbrk (message, "\n\r\033"), "%s: the message is not a line", what);
}

/* --- input --- */

unsigned
fuzz_byte (struct input *in)
{
    return in->next < in->end ? *in->next++ : 0;
}

unsigned
fuzz_below (struct input *in, unsigned n)
{
    return fuzz_byte (in) % n;
}

uint32_t
fuzz_number (struct input *in)
{
    uint32_t n = 0;

    for (int i = 0; i < 4; i++)
        n |= (uint32_t) fuzz_byte (in) << 8 * i;
    return n;
}

size_t
fuzz_left (const struct input *in)
{
    return (size_t) (in->end - in->next);
}

static struct string {
    struct string *next;
    char *text;
} * strings;

static char *
until_the_end (char *text)
{
    struct string *s = malloc (sizeof *s);

    must (s && text, "no memory");
    *s = (struct string){strings, text};
    strings = s;
    return text;
}

static void
free_strings (void)
{
    for (struct string *s = strings; s; s = strings) {
        strings = s->next;
        free (s->text);
        free (s);
    }
}

char *
fuzz_string (struct input *in)
{
    size_t left = fuzz_left (in);
    const uint8_t *nul = left ? memchr (in->next, '\0', left) : NULL;
    size_t n = nul ? (size_t) (nul - in->next) : left;
    char *text = malloc (n + 1);

    if (text && n)
        memcpy (text, in->next, n);
    if (text)
        text[n] = '\0';
    in->next += nul ? n + 1 : n;
    return until_the_end (text);
}

char *
fuzz_format (const char *format, ...)
{
    va_list args;
    char text[8192];

    va_start (args, format);
    int n = vsnprintf (text, sizeof text, format, args);
    va_end (args);
    must (n >= 0 && (size_t) n < sizeof text, "too long: %s", text);
    return until_the_end (strdup (text));
}

/* --- the private directory --- */

static char directory[PATH_MAX];

const char *
fuzz_dir (void)
{
    static struct tempfile_dir *d;

    if (d)
        return directory;
    d = TemporaryDirectory (.prefix = "fuzz-");
    must (d && realpath (tempfile_dir_name (d), directory), "no directory");
    return directory;
}

int
fuzz_entries (const char *path)
{
    int n = 0;
    DIR *dir = opendir (path);

    if (!dir)
        return -1;
    for (const struct dirent *d = readdir (dir); d; d = readdir (dir))
        n += strcmp (d->d_name, ".") != 0 && strcmp (d->d_name, "..") != 0;
    closedir (dir);
    return n;
}

/* The kernel gives out the lowest that is free. */
static int
lowest_free_descriptor (void)
{
    int fd = dup (STDERR_FILENO);

    must (fd >= 0, "no descriptor");
    close (fd);
    return fd;
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
    static int home = -1;
    struct input in = {data, data + size};
    const char *dir = fuzz_dir ();

    if (home < 0)
        home = open (".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    must (tempfile_settempdir (dir) == 0 && chdir (dir) == 0, "%s", dir);
    int before = lowest_free_descriptor ();
    fuzz_one (&in);
    free_strings ();
    must (fuzz_entries (dir) == 0, "left in %s", dir);
    must (lowest_free_descriptor () == before, "left open: %d", before);
    must (fchdir (home) == 0, "cannot go back");
    return 0;
}
