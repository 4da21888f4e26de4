/* SPDX-License-Identifier: MIT */
/*
 * genlines - writes about MIB mebibytes of lines for the demo, the same ones each time.
 *
 * They are what a sort may meet: log lines with a long common beginning, words, numbers, random
 * bytes (NULs among them), empty lines, and many duplicates.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static uint64_t state = 88172645463325252;

/* Marsaglia's xorshift: rand() would give other lines on another libc. */
static uint64_t
next_random (void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static int
below (uint64_t random, int limit)
{
    return (int) (random % (unsigned) limit);
}

/* LINE has 64 bytes. Returns the length. */
static int
make_line (char *line)
{
    static const char *const words[] = {"file", "stream", "buffer", "name", "close", "temporary"};
    uint64_t r = next_random ();
    const char *word = words[(r >> 8) % 6];
    switch (r % 8) {
    case 0:
        return snprintf (line, 64, "2024-%02d-%02d host daemon[%d]: %s %d\n",
                         below (r >> 16, 12) + 1, below (r >> 24, 28) + 1, below (r >> 32, 9), word,
                         below (r >> 40, 100000));
    case 1:
        return snprintf (line, 64, "%s\n", r >> 60 ? word : "");
    case 2:
        return snprintf (line, 64, "%llu\n", (unsigned long long) r >> (r >> 56) % 64);
    default:
        break;
    }
    int n = below (r >> 16, 56);
    for (int i = 0; i < n; i += 8) {
        uint64_t bytes = next_random ();
        for (int k = 0; k < 8; k++, bytes >>= 8)
            line[i + k] = (char) (r & 8 ? bytes : 'a' + (bytes & 15));
    }
    line[n] = '\n';
    return n + 1;
}

int
main (int argc, char **argv)
{
    uint64_t wanted = argc == 2 ? strtoull (argv[1], NULL, 10) << 20 : 0, written = 0;
    if (!wanted) {
        fputs ("usage: genlines MIB\n", stderr);
        return 2;
    }
    static char buffer[65536];
    setvbuf (stdout, buffer, _IOFBF, sizeof buffer);
    while (written < wanted) {
        char line[64];
        int n = make_line (line);
        if (fwrite (line, 1, (size_t) n, stdout) != (size_t) n)
            break;
        written += (size_t) n;
    }
    if (fclose (stdout) || written < wanted) {
        perror ("genlines");
        return 2;
    }
    return 0;
}
