/* SPDX-License-Identifier: MIT */
/*
 * save - changes a setting in a configuration file, in place and safely.
 *
 *     save FILE KEY VALUE
 *
 * Whoever opens FILE meanwhile finds the old contents or the new, always whole, also after a crash
 * or on a full disk. FILE keeps its permissions and its owner. Where FILE is a symbolic link the
 * link stays.
 *
 * replace() is what this library makes of that. by_hand() is the block that programs have had in
 * its place, and still it knows nothing of ACLs, extended attributes or signals; -b uses it.
 */
#define _XOPEN_SOURCE 700

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <tempfile.h>

/* Copies the settings, with the new one in place of the old. 0, or -1. */
static int
edit (FILE *from, FILE *to, const char *key, const char *value)
{
    char line[4096];
    size_t length = strlen (key);
    while (fgets (line, sizeof line, from))
        if (strncmp (line, key, length) != 0 || line[length] != '=')
            fputs (line, to);
    fprintf (to, "%s=%s\n", key, value);
    return ferror (from) || fflush (to) != 0 ? -1 : 0;
}

/* ======================================== before ======================================== */

static int
sync_directory (const char *dir)
{
    int fd = open (dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int result = fd < 0 ? -1 : fsync (fd);
    if (fd >= 0)
        close (fd);
    return result;
}

static int
by_hand (FILE *from, const char *path, const char *key, const char *value)
{
    char name[4200];
    struct stat st;
    char *target = realpath (path, NULL);
    if (!target || fstat (fileno (from), &st) < 0) {
        free (target);
        return -1;
    }
    int length = snprintf (name, sizeof name, "%s.XXXXXX", target);
    int fd = length < (int) sizeof name ? mkstemp (name) : -1;
    FILE *to = fd < 0 ? NULL : fdopen (fd, "w");
    int failed = !to || edit (from, to, key, value) < 0;
    if (!failed && fchown (fd, st.st_uid, st.st_gid) < 0)
        st.st_mode &= 0777; /* another's: without the set-ID bits */
    failed = failed || fchmod (fd, st.st_mode & 07777) < 0 || fsync (fd) < 0;
    if (to)
        failed |= fclose (to) != 0;
    else if (fd >= 0)
        close (fd);
    failed = failed || rename (name, target) < 0;
    if (failed && fd >= 0)
        unlink (name);
    failed = failed || sync_directory (dirname (target)) < 0;
    free (target);
    return failed ? -1 : 0;
}

/* ======================================== after ========================================= */

static int
replace (FILE *from, const char *path, const char *key, const char *value)
{
    tempfile_auto FILE *to = NamedTemporaryFile (.beside = path);
    if (!to || edit (from, to, key, value) < 0)
        return -1;
    return tempfile_persist (to, path, TEMPFILE_FOLLOW | TEMPFILE_LIKE_TARGET | TEMPFILE_SYNC);
}

/* ======================================================================================== */

int
main (int argc, char **argv)
{
    int hand = argc > 1 && strcmp (argv[1], "-b") == 0;
    if (argc != hand + 4) {
        fprintf (stderr, "usage: save [-b] FILE KEY VALUE\n");
        return 1;
    }
    argv += hand;
    FILE *from = fopen (argv[1], "r");
    if (!from) {
        perror (argv[1]);
        return 1;
    }
    int result = (hand ? by_hand : replace) (from, argv[1], argv[2], argv[3]);
    if (result < 0)
        fprintf (stderr, "save: %s: not changed: %s\n", argv[1],
                 hand ? strerror (errno) : tempfile_errmsg ());
    fclose (from);
    return result < 0;
}
