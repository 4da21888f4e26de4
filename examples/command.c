/* SPDX-License-Identifier: MIT */
/*
 * command - hands data to a command by name, and takes the result back.
 *
 *     command 'sed -i s/apple/plum/ "$FILE"'
 *
 * The command may write into the file, or rename another file over its name, as sed -i does.
 * Therefore the result is read by opening the name, not through the stream that wrote the data.
 */
#define _POSIX_C_SOURCE 200809L

#include <stdio.h>
#include <stdlib.h>

#include <tempfile.h>

static int
complain (void)
{
    fprintf (stderr, "command: %s\n", tempfile_errmsg ());
    return 1;
}

static int
print_file (const char *path)
{
    FILE *file = fopen (path, "r");
    if (!file) {
        perror (path);
        return 1;
    }
    for (int c; (c = getc (file)) != EOF;)
        putchar (c);
    int failed = ferror (file) | fflush (stdout);
    fclose (file);
    return failed != 0;
}

int
main (int argc, char **argv)
{
    if (argc != 2) {
        fprintf (stderr, "usage: command COMMAND\n");
        return 1;
    }
    if (tempfile_cleanup_on_signals () != 0) /* a signal deletes the file, too */
        return complain ();
    FILE *data = NamedTemporaryFile (.suffix = ".txt");
    if (!data)
        return complain ();
    fputs ("pear\napple\nfig\n", data);

    /* This closes the stream and reports what could not be written. The file stays until the end
     * of the scope. */
    tempfile_auto_path char *path = tempfile_into_path (data);
    if (!path)
        return complain ();
    if (setenv ("FILE", path, 1) != 0 || system (argv[1]) != 0)
        return 1; /* the command has said why */
    return print_file (path);
}
