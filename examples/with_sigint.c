/* SPDX-License-Identifier: MIT */
/*
 * with_sigint - runs a command that SIGINT ends, also where a shell in the background ignores it.
 * It is part of the tests of the examples.
 */
#define _POSIX_C_SOURCE 200809L

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

int
main (int argc, char **argv)
{
    if (argc < 2)
        return 125;
    signal (SIGINT, SIG_DFL);
    execvp (argv[1], argv + 1);
    perror (argv[1]);
    return 126;
}
