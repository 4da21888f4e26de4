/* SPDX-License-Identifier: MIT */
/*
 * sandbox ENOSYS|EPERM|EINVAL... COMMAND...: runs the command where the kernel refuses, with that
 * error, the system calls that sandboxes and old kernels do not know; once for each of the errors,
 * until it fails. Exit status 77: there are no sandboxes here.
 */
#include "common.h"

#include <sys/wait.h>

static const char *const newer[] = {"getrandom", "renameat2", "close_range", "fchmodat2"};

static const struct {
    const char *name;
    int error;
} errors[] = {{"ENOSYS", ENOSYS}, {"EPERM", EPERM}, {"EINVAL", EINVAL}};

static int
error_named (const char *name)
{
    for (int i = 0; name && i < LENGTH (errors); i++)
        if (strcmp (errors[i].name, name) == 0)
            return errors[i].error;
    return 0;
}

static bool
enter (int error)
{
#ifdef O_TMPFILE
    if (!test_refuse_open (O_TMPFILE & ~O_DIRECTORY, error))
        return false;
#endif
    for (int i = 0; i < LENGTH (newer); i++)
        if (!test_refuse_call (newer[i], error))
            return false;
    return true;
}

static void
run (int error, char **command)
{
    if (!enter (error))
        _exit (77);
    execvp (command[0], command);
    perror (command[0]);
    _exit (127);
}

static int
run_and_wait (int error, char **command)
{
    int status;
    pid_t child = fork ();

    if (child == 0)
        run (error, command);
    if (child < 0 || waitpid (child, &status, 0) != child)
        return 99;
    return WIFEXITED (status) ? WEXITSTATUS (status) : 99;
}

int
main (int argc, char **argv)
{
    int count = 1, status = 0;

    while (error_named (argv[count]))
        count++;
    if (count == 1 || count == argc) {
        fprintf (stderr, "usage: sandbox ENOSYS|EPERM|EINVAL... command...\n");
        return 2;
    }
    for (int i = 1; i < count && status == 0; i++)
        status = run_and_wait (error_named (argv[i]), argv + count);
    return status;
}
