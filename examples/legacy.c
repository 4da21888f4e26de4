/* SPDX-License-Identifier: MIT */
/*
 * legacy - prints its standard input backwards, byte by byte; it knows nothing of this library.
 *
 * Its tmpfile() is that of the C library, which ignores TMPDIR. There are two ways to replace it,
 * and neither changes this source. Compile it again:
 *
 *     cc -DTEMPFILE_REPLACE_TMPFILE -include tempfile.h legacy.c -ltempfile
 *
 * or, where only the program is there, run it by
 *
 *     tempfile-run legacy
 */
#include <stdio.h>

int
main (void)
{
    FILE *file = tmpfile ();
    if (!file) {
        perror ("tmpfile");
        return 1;
    }
    for (int c; (c = getchar ()) != EOF;)
        putc (c, file);
    for (long i = ftell (file); i-- > 0;) {
        fseek (file, i, SEEK_SET);
        putchar (getc (file));
    }
    return ferror (file) || fclose (file) != 0 || fclose (stdout) != 0;
}
