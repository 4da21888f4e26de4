/* SPDX-License-Identifier: MIT */
/*
 * cp1252 - writes a text file as programs on Windows expect it.
 *
 *     cp1252 FILE <text
 *
 * Standard input is UTF-8. FILE has the encoding cp1252, and its
 * lines end with CR and LF. If the input has a character that cp1252 does not have, the program
 * says which, and FILE stays as it was.
 */
#define _POSIX_C_SOURCE 200809L

#include <stdio.h>

#include <tempfile.h>

static int
complain (const char *why)
{
    fprintf (stderr, "cp1252: %s\n", why);
    return 1;
}

int
main (int argc, char **argv)
{
    if (argc != 2)
        return complain ("usage: cp1252 FILE");
    tempfile_auto FILE *text =
        NamedTemporaryFile (.mode = "w", .encoding = "cp1252", .newline = "\r\n", .beside = argv[1],
                            .permissions = TEMPFILE_UMASK | 0666);
    if (!text)
        return complain (tempfile_errmsg ());
    for (int c; (c = getchar ()) != EOF;)
        putc (c, text);
    if (ferror (stdin))
        return complain ("cannot read the input");
    if (tempfile_persist (text, argv[1], TEMPFILE_FOLLOW) != 0)
        return complain (tempfile_errmsg ());
    return 0;
}
