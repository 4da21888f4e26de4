/* SPDX-License-Identifier: MIT */
/*
 * Runs a target without libFuzzer.
 *
 *     replay_TARGET                   on the corpus of TARGET, in $srcdir/corpus
 *     replay_TARGET FILE...           on each file, as it is
 *     replay_TARGET --unpack DIR      writes the corpus into DIR, an entry a file
 *
 * A corpus is a text of one line for each entry, in base64.
 */
#include <config.h>

#include "fuzz.h"

enum { LONGEST_LINE = 1 << 16 };

static int
value_of (int c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *p = c ? strchr (digits, c) : NULL;

    return p ? (int) (p - digits) : -1;
}

/* Decodes LINE in place; the length. */
static size_t
decode (char *line)
{
    size_t n = 0;
    unsigned bits = 0, have = 0;

    for (const char *p = line; value_of (*p) >= 0; p++) {
        bits = bits << 6 | (unsigned) value_of (*p);
        have += 6;
        if (have < 8)
            continue;
        have -= 8;
        line[n++] = (char) (bits >> have);
    }
    return n;
}

static FILE *
open_corpus (const char *program)
{
    char path[4096];
    const char *dir = getenv ("srcdir");
    const char *target = strstr (program, "replay_");

    must (target, "%s: not a name of mine", program);
    snprintf (path, sizeof path, "%s/corpus/%s", dir ? dir : ".", target + strlen ("replay_"));
    FILE *f = fopen (path, "r");
    must (f, "%s", path);
    return f;
}

/* In memory of its own size, so that reading past its end is noticed. */
static void
run (const char *bytes, size_t size, int unused)
{
    uint8_t *copy = malloc (size ? size : 1);

    (void) unused;
    must (copy, "no memory");
    memcpy (copy, bytes, size);
    LLVMFuzzerTestOneInput (copy, size);
    free (copy);
}

static const char *unpack_to;

static void
unpack (const char *bytes, size_t size, int number)
{
    char path[4096];

    snprintf (path, sizeof path, "%s/%05d", unpack_to, number);
    FILE *f = fopen (path, "w");
    must (f, "%s", path);
    must (fwrite (bytes, 1, size, f) == size && fclose (f) == 0, "%s", path);
}

static int
each_entry (const char *program, void (*function) (const char *, size_t, int))
{
    static char line[LONGEST_LINE];
    FILE *f = open_corpus (program);
    int n = 0;

    while (fgets (line, sizeof line, f)) {
        must (strchr (line, '\n'), "line %d is too long", n + 1);
        function (line, decode (line), ++n);
    }
    must (n > 0, "the corpus is empty");
    return fclose (f) == 0 ? n : -1;
}

static void
run_file (const char *path)
{
    static char bytes[LONGEST_LINE];
    FILE *f = fopen (path, "r");

    must (f, "%s", path);
    size_t size = fread (bytes, 1, sizeof bytes, f);
    fclose (f);
    printf ("%s: %zu bytes\n", path, size);
    fflush (stdout);
    run (bytes, size, 0);
}

int
main (int argc, char **argv)
{
    if (argc == 3 && strcmp (argv[1], "--unpack") == 0) {
        unpack_to = argv[2];
        return each_entry (argv[0], unpack) < 0;
    }
#if defined NEEDS_TEXT && !defined HAVE_TEXT
    puts ("SKIP: this library was built without text");
    return 77;
#endif
    for (int i = 1; i < argc; i++)
        run_file (argv[i]);
    if (argc == 1)
        printf ("%d entries\n", each_entry (argv[0], run));
    return 0;
}
