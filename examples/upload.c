/* SPDX-License-Identifier: MIT */
/*
 * upload - receives an upload, and passes it on with its length in front.
 *
 *     upload DIR <upload
 *
 * The length is known only at the end, so all of the data must be stored. Up to 64 KiB stay in
 * memory. A larger upload moves to a file in DIR. That file has no name, and the system deletes it
 * when it is closed, or when this program ends in whatever way.
 */
#define _POSIX_C_SOURCE 200809L
#define _FILE_OFFSET_BITS 64

#include <stdbool.h>
#include <stdio.h>

#include <tempfile.h>

static bool
copy (FILE *from, FILE *to)
{
    char block[16384];
    size_t n;
    while ((n = fread (block, 1, sizeof block, from)) > 0)
        if (fwrite (block, 1, n, to) != n)
            return false;
    return !ferror (from) && fflush (to) == 0;
}

int
main (int argc, char **argv)
{
    if (argc != 2) {
        fprintf (stderr, "usage: upload DIR\n");
        return 1;
    }
    tempfile_auto FILE *upload = SpooledTemporaryFile (.max_size = 65536, .dir = argv[1]);
    if (!upload || !copy (stdin, upload)) {
        fprintf (stderr, "upload: %s\n", ferror (stdin) ? "cannot read" : tempfile_errmsg ());
        return 1;
    }
    printf ("Content-Length: %lld\n\n", (long long) ftello (upload));
    rewind (upload);
    if (!copy (upload, stdout)) {
        perror ("upload");
        return 1;
    }
    return 0;
}
