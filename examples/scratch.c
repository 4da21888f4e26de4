/* SPDX-License-Identifier: MIT */
/*
 * scratch - sorts lines into groups by their first byte, with a scratch directory.
 *
 * Each group is a file in the directory. The directory is removed with all files in it when main()
 * returns, when the program calls exit(), and when a signal such as that of Ctrl+C ends it.
 */
#define _POSIX_C_SOURCE 200809L

#include <stdio.h>

#include <tempfile.h>

static FILE *
open_group (struct tempfile_dir *dir, int group, const char *mode)
{
    char path[4096];
    int length = snprintf (path, sizeof path, "%s/%02x", tempfile_dir_name (dir), group);
    return length < (int) sizeof path ? fopen (path, mode) : NULL;
}

/* Appends the rest of a line, which begins with C, to the file of its group. */
static int
store_line (struct tempfile_dir *dir, int c)
{
    FILE *file = open_group (dir, c, "a");
    if (!file)
        return -1;
    for (; c != EOF && c != '\n'; c = getchar ())
        putc (c, file);
    putc ('\n', file);
    int failed = ferror (file);
    return fclose (file) != 0 || failed ? -1 : 0;
}

static void
print_group (struct tempfile_dir *dir, int group)
{
    FILE *file = open_group (dir, group, "r");
    if (!file)
        return; /* no line begins with this byte */
    for (int c; (c = getc (file)) != EOF;)
        putchar (c);
    fclose (file);
}

int
main (void)
{
    tempfile_auto_dir struct tempfile_dir *dir = NULL;
    if (tempfile_cleanup_on_signals () != 0 || !(dir = TemporaryDirectory ())) {
        fprintf (stderr, "scratch: %s\n", tempfile_errmsg ());
        return 1;
    }
    for (int c; (c = getchar ()) != EOF;) {
        if (store_line (dir, c) != 0) {
            perror ("scratch");
            return 1;
        }
    }
    for (int group = 0; group < 256; group++)
        print_group (dir, group);
    return fflush (stdout) != 0 || ferror (stdin) != 0;
}
