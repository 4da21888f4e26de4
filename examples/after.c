/* SPDX-License-Identifier: MIT */
/*
 * after - prints standard input sorted backwards, by handing a temporary file to sort(1).
 *
 * It is before.c with libtempfile: the file is gone however the program ends, here as there.
 */
#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tempfile.h>

static int
complain (const char *what)
{
    fprintf (stderr, "after: %s: %s\n", what, strerror (errno));
    return 1;
}

static int
copy_input (FILE *to)
{
    int c;
    while ((c = getchar ()) != EOF)
        if (putc (c, to) == EOF)
            return -1;
    return ferror (stdin) || fflush (to) ? -1 : 0;
}

static int
sort (const char *path)
{
    return setenv ("FILE", path, 1) == 0 ? system ("sort -r \"$FILE\"") : -1;
}

int
main (void)
{
    tempfile_cleanup_on_signals ();
    FILE *file = NamedTemporaryFile ();
    if (!file)
        return complain ("temporary file");
    if (copy_input (file) < 0)
        return complain ("copying the input");
    if (sort (tempfile_name (file)) != 0)
        return 1; /* sort has said why */
    fclose (file);
    return 0;
}
