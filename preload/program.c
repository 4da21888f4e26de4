/* SPDX-License-Identifier: MIT */
/*
 * What cannot be helped is known before it runs: an ELF program without an interpreter is static;
 * a program that gives its user other rights, by its owner or by capabilities, is run without
 * LD_PRELOAD; one for another machine or another C library cannot use the library. All else is
 * let through, and what cannot be read as well, for then the kernel is to say what is wrong.
 */
#include <config.h>

#include "program.h"

#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef HAVE_GETXATTR
#include <sys/xattr.h>
#endif

/* Scripts that are interpreters of scripts, as many as the kernel allows or more. */
enum { DEPTH = 8 };

int
complain (int status, const char *format, ...)
{
    va_list args;
    va_start (args, format);
    fputs ("tempfile-run: ", stderr);
    vfprintf (stderr, format, args);
    fputc ('\n', stderr);
    va_end (args);
    return status;
}

/* --- finding it --- */

/* 0, or why it cannot be run. */
static int
try_program (const char *path)
{
    struct stat st;
    if (stat (path, &st) < 0)
        return errno;
    return S_ISREG (st.st_mode) && access (path, X_OK) == 0 ? 0 : EACCES;
}

/* DIR, of LENGTH bytes, '/' NAME. No bytes are the current directory. */
static char *
join (const char *dir, size_t length, const char *name)
{
    char *path = malloc (length + strlen (name) + 3);
    if (path)
        sprintf (path, "%.*s/%s", length ? (int) length : 1, length ? dir : ".", name);
    return path;
}

/* Along PATH; *WHY is 0, or EACCES when there was only what cannot be run, or ENOENT. */
static char *
search (const char *name, int *why)
{
    const char *dirs = getenv ("PATH");
    *why = ENOENT;
    for (const char *dir = dirs ? dirs : "/bin:/usr/bin", *end; dir; dir = *end ? end + 1 : NULL) {
        end = dir + strcspn (dir, ":");
        char *path = join (dir, (size_t) (end - dir), name);
        int error = path ? try_program (path) : ENOMEM;
        if (error == 0 || error == EACCES)
            *why = error;
        if (error == 0)
            return path;
        free (path);
    }
    return NULL;
}

char *
find_program (const char *name, int *status)
{
    int why = strchr (name, '/') ? try_program (name) : 0;
    char *path = strchr (name, '/') ? strdup (name) : search (name, &why);
    if (path && why == 0)
        return path;
    free (path);
    bool missing = why == ENOENT || why == ENOTDIR;
    *status = complain (missing ? NOT_FOUND : CANNOT_RUN, "%s: %s", name, strerror (why));
    return NULL;
}

/* --- judging it --- */

static bool
read_at (int fd, void *buffer, size_t size, off_t offset)
{
    return pread (fd, buffer, size, offset) == (ssize_t) size;
}

static bool
read_header (int fd, ElfW (Ehdr) * header)
{
    return read_at (fd, header, sizeof *header, 0) &&
           memcmp (header->e_ident, ELFMAG, SELFMAG) == 0;
}

static bool
same_machine (const ElfW (Ehdr) * a, const ElfW (Ehdr) * b)
{
    return a->e_ident[EI_CLASS] == b->e_ident[EI_CLASS] &&
           a->e_ident[EI_DATA] == b->e_ident[EI_DATA] && a->e_machine == b->e_machine;
}

/* The dynamic linker that the program names: false if it has none, and so is static. */
static bool
dynamic_linker (int fd, const ElfW (Ehdr) * header, char *name, size_t size)
{
    for (size_t i = 0; i < header->e_phnum; i++) {
        ElfW (Phdr) segment;
        off_t offset = (off_t) (header->e_phoff + i * header->e_phentsize);
        if (!read_at (fd, &segment, sizeof segment, offset))
            return false;
        if (segment.p_type != PT_INTERP)
            continue;
        size_t length = segment.p_filesz < size ? segment.p_filesz : size - 1;
        name[length] = '\0';
        return read_at (fd, name, length, (off_t) segment.p_offset);
    }
    return false;
}

static const char *
base (const char *path)
{
    const char *slash = strrchr (path, '/');
    return slash ? slash + 1 : path;
}

/* The header of the file PATH, and the name of its dynamic linker or "". */
static bool
read_program (const char *path, ElfW (Ehdr) * header, char *linker, size_t size)
{
    int fd = open (path, O_RDONLY | O_CLOEXEC);
    linker[0] = '\0';
    if (fd < 0)
        return false;
    bool elf = read_header (fd, header);
    if (elf && !dynamic_linker (fd, header, linker, size))
        linker[0] = '\0';
    close (fd);
    return elf;
}

/* Another C library has a dynamic linker of another name. Ours is the one that runs this program,
 * if that can be seen. */
static bool
is_other_libc (const char *linker)
{
    ElfW (Ehdr) header;
    char own[4096];
    return read_program ("/proc/self/exe", &header, own, sizeof own) && own[0] &&
           strcmp (base (own), base (linker)) != 0;
}

static int
check_elf (int fd, const char *path, const char *library)
{
    ElfW (Ehdr) header, ours;
    char linker[4096];
    if (!read_header (fd, &header))
        return 0;
    if (read_program (library, &ours, linker, sizeof linker) && !same_machine (&header, &ours))
        return complain (OURS, "%s: is for another kind of machine than %s", path, library);
    if (!dynamic_linker (fd, &header, linker, sizeof linker))
        return complain (OURS, "%s: is a static program: nothing can be preloaded into it", path);
    if (is_other_libc (linker))
        return complain (OURS, "%s: is for another C library, with %s", path, linker);
    return 0;
}

/* Root has the capabilities already, and so does not gain any. */
static bool
has_capabilities (const char *path)
{
#ifdef HAVE_GETXATTR
    return getuid () != 0 && getxattr (path, "security.capability", NULL, 0) > 0;
#else
    (void) path;
    return false;
#endif
}

/* The bits mean nothing where they give what the user is already. */
static int
check_rights (const char *path)
{
    struct stat st;
    if (stat (path, &st) < 0)
        return 0;
    const char *what = NULL;
    if (st.st_mode & S_ISUID && st.st_uid != getuid ())
        what = "is a set-user-ID program";
    else if (st.st_mode & S_ISGID && st.st_mode & S_IXGRP && st.st_gid != getgid ())
        what = "is a set-group-ID program";
    else if (has_capabilities (path))
        what = "is a program with file capabilities";
    return what ? complain (OURS, "%s: %s: nothing is preloaded into such", path, what) : 0;
}

/* NOLINTBEGIN(misc-no-recursion): DEPTH is the limit */
static int check (const char *path, const char *library, int depth);

/* "#!/usr/bin/env NAME": what counts is NAME. Options of env(1) are not looked into. */
static int
check_env (char *rest, const char *library, int depth)
{
    char *name = strtok (rest, " \t");
    if (!name || *name == '-' || strchr (name, '='))
        return 0;
    int status;
    char *path = find_program (name, &status);
    if (!path)
        return status;
    status = check (path, library, depth);
    free (path);
    return status;
}

/* LINE begins after the "#!". */
static int
check_script (char *line, const char *library, int depth)
{
    line[strcspn (line, "\n")] = '\0';
    char *interpreter = line + strspn (line, " \t");
    char *end = interpreter + strcspn (interpreter, " \t");
    char *rest = *end ? end + 1 : end;
    *end = '\0';
    if (!*interpreter || depth >= DEPTH)
        return 0;
    int status = check (interpreter, library, depth + 1);
    if (status == 0 && strcmp (base (interpreter), "env") == 0)
        status = check_env (rest, library, depth + 1);
    return status;
}

static int
check_contents (int fd, const char *path, const char *library, int depth)
{
    char line[512];
    ssize_t n = pread (fd, line, sizeof line - 1, 0);
    line[n < 0 ? 0 : n] = '\0';
    if (strncmp (line, "#!", 2) == 0)
        return check_script (line + 2, library, depth);
    int status = check_rights (path);
    return status ? status : check_elf (fd, path, library);
}

static int
check (const char *path, const char *library, int depth)
{
    int fd = open (path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return check_rights (path);
    int status = check_contents (fd, path, library, depth);
    close (fd);
    return status;
}
/* NOLINTEND(misc-no-recursion) */

int
check_program (const char *path, const char *library)
{
    return check (path, library, 0);
}
