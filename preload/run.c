/* SPDX-License-Identifier: MIT */
/*
 * tempfile-run - runs a program so that its tmpfile() is that of libtempfile.
 *
 * The library to preload is found relative to where this program is, so that an installation may
 * be moved as a whole, or else where it was to be installed. LD_PRELOAD separates its paths by
 * blanks as well as colons: a library whose path has a blank is named without its directory, and
 * that goes to LD_LIBRARY_PATH.
 */
#include <config.h>

#include "account.h"
#include "life/hold.h"
#include "program.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LIBRARY "libtempfile-preload.so"

struct request {
    const char *dir; /* NULL: as the environment says */
    bool audit;
    char **command;
};

static const char usage[] =
    "usage: tempfile-run [--dir DIR] [--audit] COMMAND [ARG...]\n"
    "Runs COMMAND so that the files of its tmpfile() are where TMPDIR says.\n"
    "\n"
    "  --dir DIR  make them in DIR\n"
    "  --audit    report them on standard error when a process ends\n"
    "  --help     print this and exit\n"
    "  --version  print the version and exit\n";

static _Noreturn void
print (const char *text)
{
    bool written = fputs (text, stdout) >= 0;
    if (fclose (stdout) != 0 || !written)
        exit (complain (OURS, "standard output: %s", strerror (errno)));
    exit (0);
}

/* --- the command line --- */

/* Whether ARG is the option, with its value "=..." or in *NEXT, which is then used up. */
static bool
is_dir_option (const char *arg, char ***next, const char **dir)
{
    if (strncmp (arg, "--dir=", 6) == 0)
        *dir = arg + 6;
    else if (strcmp (arg, "--dir") == 0 && **next)
        *dir = *(*next)++;
    else
        return false;
    return true;
}

/* 0, or a status after a complaint. */
static int
parse (struct request *r, char **argv)
{
    char **next = argv[0] ? argv + 1 : argv;
    while (*next && **next == '-') {
        const char *arg = *next++;
        if (strcmp (arg, "--") == 0)
            break;
        if (strcmp (arg, "--help") == 0)
            print (usage);
        if (strcmp (arg, "--version") == 0)
            print ("tempfile-run (libtempfile) " PACKAGE_VERSION "\n");
        if (strcmp (arg, "--audit") == 0)
            r->audit = true;
        else if (!is_dir_option (arg, &next, &r->dir))
            return complain (OURS, "%s: %s; try --help", arg,
                             strcmp (arg, "--dir") == 0 ? "no directory is given"
                                                        : "unknown option");
    }
    r->command = next;
    return *next ? 0 : complain (OURS, "no command; try --help");
}

/* --- the library --- */

/* DIR '/', a "../" for each directory that PKGLIBDIR is not in of those that BINDIR is in, and the
 * rest of PKGLIBDIR. */
static void
relative_to (const char *dir, char *path, size_t size)
{
    const char *from = BINDIR, *to = PKGLIBDIR;
    size_t same = 0;
    for (size_t i = 0; from[i] && from[i] == to[i]; i++)
        if (from[i] == '/')
            same = i + 1;
    int length = snprintf (path, size, "%s/", dir);
    for (const char *p = from + same; *p && length > 0 && (size_t) length < size; p++)
        if (p == from + same || p[-1] == '/')
            length += snprintf (path + length, size - (size_t) length, "../");
    if (length > 0 && (size_t) length < size)
        snprintf (path + length, size - (size_t) length, "%s/" LIBRARY, to + same);
}

/* The path where the library is, for the caller to free, or NULL after a complaint. */
static char *
find_library (void)
{
    char own[PATH_MAX], path[2 * PATH_MAX];
    ssize_t n = readlink ("/proc/self/exe", own, sizeof own - 1);
    own[n < 0 ? 0 : n] = '\0';
    char *slash = strrchr (own, '/');
    path[0] = '\0';
    if (slash) {
        *slash = '\0';
        relative_to (own, path, sizeof path);
    }
    char *found = slash ? realpath (path, NULL) : NULL;
    if (!found)
        found = realpath (PKGLIBDIR "/" LIBRARY, NULL);
    if (!found)
        complain (OURS, LIBRARY ": is neither %s nor in " PKGLIBDIR,
                  slash ? path : "found by /proc");
    return found;
}

/* --- the environment --- */

static int
set (const char *name, const char *value)
{
    /* NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker): realpath() sets errno if it fails */
    return setenv (name, value, 1) == 0 ? 0 : complain (OURS, "%s: %s", name, strerror (errno));
}

/* Behind what is there already. */
static int
append (const char *name, const char *value)
{
    const char *old = getenv (name);
    if (!old || !*old)
        return set (name, value);
    size_t size = strlen (old) + strlen (value) + 2;
    char *both = malloc (size);
    if (!both)
        return complain (OURS, "%s: %s", name, strerror (ENOMEM));
    snprintf (both, size, "%s:%s", old, value);
    int status = set (name, both);
    free (both);
    return status;
}

static bool
has_blank (const char *path)
{
    while (*path && !isspace ((unsigned char) *path))
        path++;
    return *path != '\0';
}

/* LIBRARY may be cut in two. */
static int
preload (char *library)
{
    if (strpbrk (library, ":;$\n"))
        return complain (OURS, "%s: a path with one of : ; $ cannot be preloaded", library);
    if (!has_blank (library))
        return append ("LD_PRELOAD", library);
    char *slash = strrchr (library, '/');
    *slash = '\0';
    int status = append ("LD_LIBRARY_PATH", library);
    return status ? status : append ("LD_PRELOAD", slash + 1);
}

/* Returns 0, or an errno. */
static int
try_to_make_a_file (const char *dir)
{
    char name[PATH_MAX];
    struct held held;
    if (snprintf (name, sizeof name, "%s/tmpXXXXXX", dir) >= (int) sizeof name)
        return ENAMETOOLONG;
    tempfile__signals_hold (&held);
    int fd = mkstemp (name);
    int error = fd < 0 || unlink (name) < 0 ? errno : 0;
    tempfile__signals_release (&held);
    if (fd >= 0)
        close (fd);
    return error;
}

/* A file would be made elsewhere, without a word, if it could not be made there. */
static int
use_dir (const char *dir)
{
    char *path = realpath (dir, NULL);
    int error = path ? try_to_make_a_file (path) : errno;
    int status =
        error ? complain (OURS, "--dir %s: %s", dir, strerror (error)) : set ("TMPDIR", path);
    free (path);
    return status;
}

/* The process that becomes the program, and what its standard error is now. */
static int
ask_for_account (void)
{
    char value[ACCOUNT_SIZE] = "1";
    struct stat st;
    if (fstat (STDERR_FILENO, &st) == 0)
        tempfile__account_value (value, &st);
    return set (ACCOUNT_VARIABLE, value);
}

static int
set_environment (const struct request *r, char *library)
{
    int status = r->dir ? use_dir (r->dir) : 0;
    if (status == 0 && r->audit)
        status = ask_for_account ();
    return status ? status : preload (library);
}

/* --- all together --- */

/* What is not to come back unless it fails. */
static int
run (const struct request *r, const char *program, char *library)
{
    int status = check_program (program, library);
    if (status == 0)
        status = set_environment (r, library);
    if (status)
        return status;
    execvp (program, r->command);
    return complain (errno == ENOENT ? NOT_FOUND : CANNOT_RUN, "%s: %s", program, strerror (errno));
}

int
main (int argc, char **argv)
{
    struct request r = {.command = argv};
    (void) argc;
    int status = parse (&r, argv);
    if (status)
        return status;
    char *library = find_library ();
    char *program = library ? find_program (*r.command, &status) : NULL;
    if (program)
        status = run (&r, program, library);
    free (program);
    free (library);
    return status ? status : OURS;
}
