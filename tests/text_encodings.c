/* SPDX-License-Identifier: MIT */
/*
 * text_encodings - converts by text streams, for text_encodings.py.
 *
 * From standard input it takes requests, a line and then so many bytes as that says, and answers
 * each in the same way: a line with a number, and so many bytes. A failure has '!' and the number
 * of its errno in front, and the bytes are what was converted all the same.
 *
 *     decode ENCODING ERRORS BYTES    the file to what is read from it, UTF-8
 *     encode ENCODING ERRORS BYTES    what is written, UTF-8, to the file
 */
#include "config.h"

#include <tempfile.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { ENOUGH = 64 << 20 };

static char given[ENOUGH], made[ENOUGH];

static size_t
read_all (FILE *f)
{
    rewind (f);
    size_t n = fread (made, 1, ENOUGH, f);
    int err = errno;
    printf ("%s%d %zu\n", ferror (f) ? "!" : "", ferror (f) ? err : 0, n);
    fwrite (made, 1, n, stdout);
    return n;
}

/* By a stream with the encoding, and one for the bytes of the same file. */
static void
convert (FILE *from, FILE *to, size_t n)
{
    errno = 0;
    int failed = fwrite (given, 1, n, from) != n || fflush (from) != 0 ? errno : 0;
    if (!failed) {
        read_all (to);
        return;
    }
    rewind (to);
    n = fread (made, 1, ENOUGH, to);
    printf ("!%d %zu\n", failed, n);
    fwrite (made, 1, n, stdout);
}

static void
answer (const char *what, const char *encoding, const char *errors, size_t n)
{
    FILE *text =
        TemporaryFile (.mode = "w+", .encoding = encoding, .errors = errors, .newline = "");
    FILE *bytes = text ? tempfile_reopen (text, "r+b") : NULL;
    if (!text || !bytes)
        printf ("!%d 0\n", errno);
    else if (strcmp (what, "decode") == 0)
        convert (bytes, text, n);
    else
        convert (text, bytes, n);
    if (bytes)
        fclose (bytes);
    if (text)
        fclose (text);
}

int
main (void)
{
    char line[256], what[16], encoding[64], errors[64];
    size_t n;
    while (fgets (line, sizeof line, stdin)) {
        if (sscanf (line, "%15s %63s %63s %zu", what, encoding, errors, &n) != 4 || n > ENOUGH ||
            fread (given, 1, n, stdin) != n)
            return 2;
        answer (what, encoding, errors, n);
        fflush (stdout);
    }
    return 0;
}
