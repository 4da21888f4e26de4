/* SPDX-License-Identifier: MIT */
/*
 * tempfile-recover - deletes the recoverable files that killed programs left; tempfile-recover(8).
 *
 * What is deleted, and how it is made sure that nothing else is, is tempfile_recover()'s business,
 * which judges files of its own effective user only. So for the files of all users there is, for
 * each, a process that has become that user for good before it looks at anything: in a directory
 * that anybody may write to, this program as root can do to a user's files what that user can.
 *
 * An audit hook hears of each file just before it is deleted. With -n it refuses.
 */
#include <config.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <tempfile.h>

static const char usage[] = "usage: tempfile-recover [-n] [-v] [--user] DIR...\n"
                            "Deletes what killed programs left of recoverable files in DIR.\n"
                            "\n"
                            "  -n         say what would be deleted, and delete nothing\n"
                            "  -v         say how many they were in each DIR\n"
                            "  --user     as root: the files of each user, as that user\n"
                            "  --help     print this and exit\n"
                            "  --version  print the version and exit\n";

struct request {
    bool dry, verbose, every_user;
};

/* What was found in one directory. */
struct found {
    bool dry;
    char **paths;
    size_t n;
};

static int
complain (const char *what, const char *why)
{
    fprintf (stderr, "tempfile-recover: %s: %s\n", what, why);
    return 1;
}

/* The name of a file may be anything, and the output may be a terminal. */
static void
print_name (const char *path)
{
    for (const unsigned char *p = (const unsigned char *) path; *p; p++)
        if (*p < ' ' || *p == 0177 || *p == '\\')
            printf ("\\%03o", (unsigned) *p);
        else
            putchar (*p);
}

static int
note (const char *event, const char *path, void *arg)
{
    struct found *found = arg;
    if (strcmp (event, "tempfile.recover") != 0)
        return 0;
    char **paths = realloc (found->paths, (found->n + 1) * sizeof *paths);
    if (!paths)
        return 1;
    found->paths = paths;
    paths[found->n] = strdup (path);
    if (!paths[found->n])
        return 1;
    found->n++;
    return found->dry;
}

/* Those that are gone now, or, with -n, all. */
static size_t
report (struct found *found)
{
    size_t count = 0;
    for (size_t i = 0; i < found->n; i++) {
        struct stat st;
        if (found->dry || lstat (found->paths[i], &st) < 0) {
            count++;
            fputs (found->dry ? "would delete " : "deleted ", stdout);
            print_name (found->paths[i]);
            putchar ('\n');
        }
        free (found->paths[i]);
    }
    found->n = 0;
    return count;
}

/* The files of this process's user. */
static int
recover (const char *dir, const struct request *request, struct found *found)
{
    int status = tempfile_recover (dir) < 0 ? complain (dir, tempfile_errmsg ()) : 0;
    size_t count = report (found);
    if (request->verbose) {
        print_name (dir);
        printf (": user %ld: %zu %s\n", (long) geteuid (), count,
                request->dry ? "to delete" : "deleted");
    }
    return status;
}

/* --- of every user --- */

/* USER for good, in the groups that the system knows for it. */
static int
become (uid_t user)
{
    const struct passwd *known = getpwuid (user);
    gid_t group = known ? known->pw_gid : (gid_t) 65534;
    int grouped = known ? initgroups (known->pw_name, group) : setgroups (0, NULL);
    return grouped < 0 || setgid (group) < 0 || setuid (user) < 0 ? -1 : 0;
}

static int
recover_as (uid_t user, const char *dir, const struct request *request, struct found *found)
{
    int status;
    fflush (stdout);
    pid_t pid = fork ();
    if (pid < 0)
        return complain (dir, strerror (errno));
    if (pid == 0) {
        if (become (user) < 0)
            _exit (complain (dir, strerror (errno)));
        status = recover (dir, request, found);
        _exit (fflush (stdout) != 0 || status);
    }
    while (waitpid (pid, &status, 0) < 0)
        if (errno != EINTR)
            return complain (dir, strerror (errno));
    return !WIFEXITED (status) || WEXITSTATUS (status) != 0;
}

/* Whom the files in DIR belong to, each once: *USERS, malloc'ed, and how many; -1 with errno. */
static ssize_t
owners (const char *dir, uid_t **users)
{
    ssize_t n = 0;
    *users = NULL;
    DIR *d = opendir (dir);
    if (!d)
        return -1;
    const struct dirent *entry;
    while (errno = 0, entry = readdir (d)) {
        struct stat st;
        ssize_t i = 0;
        if (fstatat (dirfd (d), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
            continue;
        while (i < n && (*users)[i] != st.st_uid)
            i++;
        if (i < n)
            continue;
        uid_t *more = realloc (*users, ((size_t) n + 1) * sizeof *more);
        if (!more)
            break;
        *users = more;
        more[n++] = st.st_uid;
    }
    int err = errno;
    closedir (d);
    errno = err;
    return err ? -1 : n;
}

static int
recover_of_all (const char *dir, const struct request *request, struct found *found)
{
    uid_t *users;
    int status = 0;
    ssize_t n = owners (dir, &users);
    if (n < 0)
        status = complain (dir, strerror (errno));
    for (ssize_t i = 0; i < n; i++)
        status |= recover_as (users[i], dir, request, found);
    free (users);
    return status;
}

/* --- the command line --- */

static struct request
parse (int argc, char **argv)
{
    static const struct option options[] = {{"user", no_argument, NULL, 'u'},
                                            {"help", no_argument, NULL, 'h'},
                                            {"version", no_argument, NULL, 'V'},
                                            {NULL, 0, NULL, 0}};
    struct request request = {false, false, false};
    int option;
    while ((option = getopt_long (argc, argv, "nv", options, NULL)) != -1)
        switch (option) {
        case 'n':
            request.dry = true;
            break;
        case 'v':
            request.verbose = true;
            break;
        case 'u':
            request.every_user = true;
            break;
        case 'h':
            exit (fputs (usage, stdout) < 0 || fclose (stdout) != 0);
        case 'V':
            exit (printf ("tempfile-recover %s\n", tempfile_version ()) < 0 ||
                  fclose (stdout) != 0);
        default:
            exit (2);
        }
    if (optind == argc) {
        fputs (usage, stderr);
        exit (2);
    }
    return request;
}

int
main (int argc, char **argv)
{
    struct request request = parse (argc, argv);
    struct found found = {.dry = request.dry};
    int status = 0;
    if (tempfile_add_audit_hook (note, &found) < 0)
        return complain ("cannot begin", tempfile_errmsg ());
    for (int i = optind; i < argc; i++) {
        /* A name that stays the name, and tells the reader where it is. */
        char *dir = realpath (argv[i], NULL);
        if (!dir)
            status |= complain (argv[i], strerror (errno));
        else if (request.every_user && geteuid () == 0)
            status |= recover_of_all (dir, &request, &found);
        else
            status |= recover (dir, &request, &found);
        free (dir);
    }
    free (found.paths);
    if (fclose (stdout) != 0)
        status |= complain ("standard output", strerror (errno));
    return status;
}
