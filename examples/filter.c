/* SPDX-License-Identifier: MIT */
/*
 * filter - lets a program that only works on a named file take part in a pipeline.
 *
 *     ... | filter .c indent-in-place {} | ...
 *
 * Standard input goes into a temporary file whose name ends in SUFFIX, the command runs with that
 * name in place of each argument {} (or as a last argument, when there is none), and what it left
 * under that name goes to standard output. Then the file is gone.
 *
 * It shows how to hand a file over by name: write it, turn the stream into its path, which makes
 * sure that everything is on disk, and let the scope of that path be the life of the file. It does
 * not matter whether the command wrote into the file or renamed another one over it. A signal that
 * ends this program deletes the file as well: that takes one call. It is for the command only when
 * it comes from the terminal, and goes to both.
 */
#define _POSIX_C_SOURCE 200809L
#define _FILE_OFFSET_BITS 64

#include <errno.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <tempfile.h>

extern char **environ;

/* As with env and timeout: the trouble was ours; the command cannot be run; there is no such one.
 */
enum { FAILED = 125, CANNOT_RUN = 126, NOT_FOUND = 127 };

static int
complain (int status, const char *what, const char *why)
{
    fprintf (stderr, "filter: %s: %s\n", what, why);
    return status;
}

static int
copy (FILE *from, const char *from_name, FILE *to, const char *to_name)
{
    char block[65536];
    size_t n;
    while ((n = fread (block, 1, sizeof block, from)) > 0)
        if (fwrite (block, 1, n, to) != n)
            return complain (FAILED, to_name, strerror (errno));
    if (ferror (from))
        return complain (FAILED, from_name, strerror (errno));
    if (fflush (to))
        return complain (FAILED, to_name, strerror (errno));
    return 0;
}

/* Returns the path of a file with what standard input had, or NULL. */
static char *
input_to_file (const char *suffix)
{
    tempfile_auto FILE *file = NamedTemporaryFile (.suffix = suffix);
    if (!file) {
        complain (FAILED, "temporary file", tempfile_errmsg ());
        return NULL;
    }
    /* Should this fail, the end of the scope closes and deletes the file. */
    if (copy (stdin, "standard input", file, tempfile_name (file)))
        return NULL;

    char *path = tempfile_into_path (file);
    file = NULL; /* closed, so no longer for the scope to close */
    if (!path)
        complain (FAILED, "temporary file", tempfile_errmsg ());
    return path;
}

static int
file_to_output (const char *path)
{
    FILE *file = fopen (path, "rb");
    if (!file)
        return complain (FAILED, path, strerror (errno));
    int status = copy (file, path, stdout, "standard output");
    fclose (file);
    return status;
}

/* Waits for the command and returns its status. *EXITED becomes true when it ended by itself. */
static int
wait_for (pid_t child, bool *exited)
{
    int status;
    while (waitpid (child, &status, 0) < 0)
        if (errno != EINTR)
            return complain (FAILED, "waitpid", strerror (errno));
    *exited = WIFEXITED (status);
    return *exited ? WEXITSTATUS (status) : 128 + WTERMSIG (status);
}

/* Only the file is the result: what the command prints goes to standard error. */
static int
run (char **command, bool *exited)
{
    pid_t child;
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init (&actions);
    posix_spawn_file_actions_adddup2 (&actions, STDERR_FILENO, STDOUT_FILENO);
    int error = posix_spawnp (&child, command[0], &actions, NULL, command, environ);
    posix_spawn_file_actions_destroy (&actions);
    if (error)
        return complain (error == ENOENT ? NOT_FOUND : CANNOT_RUN, command[0], strerror (error));
    return wait_for (child, exited);
}

/* COMMAND has room for one argument more at its end. */
static void
insert_name (char **command, char *name)
{
    size_t n = 0, inserted = 0;
    for (; command[n]; n++) {
        if (strcmp (command[n], "{}") == 0) {
            command[n] = name;
            inserted++;
        }
    }
    if (!inserted)
        command[n] = name;
}

static int
filter (const char *suffix, char **command)
{
    tempfile_auto_path char *path = input_to_file (suffix);
    if (!path)
        return FAILED;
    insert_name (command, path);

    bool exited = false;
    int status = run (command, &exited);
    if (!exited)
        return status; /* what it left may be half done */
    int error = file_to_output (path);
    return error ? error : status;
}

int
main (int argc, char **argv)
{
    if (argc < 3) {
        fputs ("usage: filter SUFFIX COMMAND [ARG...]\n"
               "Runs COMMAND on a temporary file with standard input in it, then writes that file\n"
               "to standard output. Its name ends in SUFFIX, and replaces the arguments {}.\n",
               stderr);
        return FAILED;
    }
    if (tempfile_cleanup_on_signals () < 0)
        return complain (FAILED, "signals", tempfile_errmsg ());
    char **command = calloc ((size_t) argc, sizeof *command);
    if (!command)
        return complain (FAILED, "memory", strerror (errno));
    memcpy (command, argv + 2, (size_t) (argc - 2) * sizeof *command);

    int status = filter (argv[1], command);
    free (command);
    if (fclose (stdout))
        return complain (FAILED, "standard output", strerror (errno));
    return status;
}
