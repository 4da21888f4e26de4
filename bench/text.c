/* SPDX-License-Identifier: MIT */
/*
 * text - what it costs that a stream is a text stream: written line by line, read line by line
 * and read by 64 KiB, in several encodings, against
 *
 *     binary    the same calls on a binary stream with a buffer of the same size
 *     iconv     read(2) or write(2) by 64 KiB, and iconv(3); it knows neither lines nor newlines
 *     Python    open() of Python, which takes its own time, in a process of its own
 *
 * The same block of text, of a mebibyte, is written over and over.
 */
#define _GNU_SOURCE

#include "peers.h"

#include <errno.h>
#include <fcntl.h>
#include <iconv.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <tempfile.h>

enum { BLOCK = 1 << 20, LINES = BLOCK / 16, CHUNK = 65536 };

/* --- the texts --- */

static char block[BLOCK + 1];
static char with_ends[BLOCK + LINES]; /* the same, each line with a '\0' */
static const char *lines[LINES];
static size_t size, n_lines;

static uint32_t
random_below (uint32_t n)
{
    static uint64_t state = 88172645463325252;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t) (state >> 32) % n;
}

/* The characters of a text, in UTF-8, and what is between words. */
static char letters[4096][4];
static size_t n_letters;
static const char *between;

static void
add_letter (const char *letter, size_t length)
{
    memcpy (letters[n_letters], letter, length);
    letters[n_letters++][length] = '\0';
}

static void
take_letters (const char *from)
{
    while (*from) {
        size_t length = 1;
        while ((from[length] & 0xc0) == 0x80)
            length++;
        add_letter (from, length);
        from += length;
    }
}

static void
ascii_letters (void)
{
    n_letters = 0;
    between = " ";
    take_letters ("eeetaoinsrhldcumfpgwybvk,.Ein1");
}

static void
european_letters (void)
{
    n_letters = 0;
    between = " ";
    take_letters ("eeetaoinsrhldcumfpgwybvk,.Ein1"
                  "\u00e9\u00e8\u00fc\u00f6\u00e4\u00df\u00f8\u00f1");
}

/* What JIS X 0208 has of kanji in daily use, and as many kana: all are in the other sets, too. */
static int
japanese_letters (void)
{
    iconv_t cd = iconv_open ("UTF-8", "EUC-JP");
    if (cd == (iconv_t) -1)
        return -1;
    n_letters = 0;
    between = "\u3001";
    for (unsigned row = 0xb0; row < 0xc0; row++) {
        for (unsigned cell = 0xa1; cell < 0xff; cell++) {
            unsigned kana = cell < 0xf4 ? cell : 0xa2;
            char in[4] = {(char) row, (char) cell, (char) 0xa4, (char) kana}, out[8];
            char *from = in, *to = out;
            size_t n = sizeof in, room = sizeof out;
            if (iconv (cd, &from, &n, &to, &room) == (size_t) -1 || to != out + 6)
                continue;
            add_letter (out, 3);
            add_letter (out + 3, 3);
        }
    }
    iconv_close (cd);
    return 0;
}

/* Every eighth word is a number. */
static char *
put_word (char *out)
{
    bool number = random_below (8) == 0;
    for (uint32_t n = 2 + random_below (8); n > 0; n--)
        if (number)
            *out++ = (char) ('0' + random_below (10));
        else
            out = stpcpy (out, letters[random_below ((uint32_t) n_letters)]);
    return stpcpy (out, between);
}

/* Lines of all lengths up to 150 bytes. */
static void
make_text (void)
{
    char *out = block, *copy = with_ends;
    n_lines = 0;
    for (;;) {
        const char *begin = out;
        size_t want = 1 + random_below (116);
        if (out + want + 40 > block + BLOCK)
            break;
        while (out < begin + want)
            out = put_word (out);
        *out++ = '\n';
        lines[n_lines++] = copy;
        copy = (char *) mempcpy (copy, begin, (size_t) (out - begin)) + 1;
        copy[-1] = '\0';
    }
    size = (size_t) (out - block);
}

static size_t
repeats (void)
{
    return bench_mebibytes ();
}

/* --- the streams --- */

struct way {
    const char *name, *encoding, *newline, *iconv;
};

static const struct way *way;
static const char *language;
static const char *dir;
static FILE *text, *binary;

static double
open_again (FILE **f, FILE *fresh)
{
    if (*f && fclose (*f))
        return -1;
    *f = fresh;
    return fresh ? 0 : -1;
}

static int
unlike (size_t total, size_t expected)
{
    if (total == expected * repeats ())
        return 0;
    errno = EIO;
    return -1;
}

/* Of a text that is written once; "\r\n" is only translated while writing. */
static size_t
to_be_read (const FILE *f)
{
    return f == text && way->newline && *way->newline == '\r' ? size + n_lines : size;
}

static double
write_lines (FILE *f)
{
    double begin = bench_now ();
    for (size_t r = 0; r < repeats (); r++)
        for (size_t i = 0; i < n_lines; i++)
            if (fputs (lines[i], f) < 0)
                return -1;
    return fflush (f) ? -1 : bench_now () - begin;
}

static double
read_lines (FILE *f)
{
    char *line = NULL;
    size_t room = 0, total = 0;
    ssize_t n;
    double begin = bench_now ();
    rewind (f);
    while ((n = getline (&line, &room, f)) > 0)
        total += (size_t) n;
    double seconds = bench_now () - begin;
    free (line);
    return unlike (total, to_be_read (f)) ? -1 : seconds;
}

static double
read_chunks (FILE *f)
{
    static char chunk[CHUNK];
    size_t total = 0, n;
    double begin = bench_now ();
    rewind (f);
    while ((n = fread (chunk, 1, sizeof chunk, f)) > 0)
        total += n;
    double seconds = bench_now () - begin;
    return unlike (total, to_be_read (f)) ? -1 : seconds;
}

static FILE *
open_text (void)
{
    return TemporaryFile (.mode = "w+", .dir = dir, .encoding = way->encoding,
                          .newline = way->newline);
}

static double
text_write (void)
{
    return open_again (&text, open_text ()) < 0 ? -1 : write_lines (text);
}

static double
text_lines (void)
{
    return text_write () < 0 ? -1 : read_lines (text);
}

static double
text_chunks (void)
{
    return text_write () < 0 ? -1 : read_chunks (text);
}

static double
binary_write (void)
{
    FILE *fresh = TemporaryFile (.dir = dir, .buffering = CHUNK);
    return open_again (&binary, fresh) < 0 ? -1 : write_lines (binary);
}

static double
binary_lines (void)
{
    return binary_write () < 0 ? -1 : read_lines (binary);
}

static double
binary_chunks (void)
{
    return binary_write () < 0 ? -1 : read_chunks (binary);
}

/* --- iconv --- */

static int converted = -1;
static char raw[CHUNK], cooked[8 * CHUNK];

static int
put_converted (iconv_t cd)
{
    for (char *in = block, *end = block + size; in < end;) {
        size_t n = (size_t) (end - in) < CHUNK ? (size_t) (end - in) : CHUNK;
        char *out = cooked;
        size_t room = sizeof cooked;
        if (iconv (cd, &in, &n, &out, &room) == (size_t) -1 && errno != EINVAL)
            return -1;
        if (write (converted, cooked, sizeof cooked - room) != (ssize_t) (sizeof cooked - room))
            return -1;
    }
    return 0;
}

static double
iconv_write (void)
{
    FILE *fresh = TemporaryFile (.dir = dir);
    if (converted >= 0)
        close (converted);
    converted = fresh ? dup (fileno (fresh)) : -1;
    if (converted < 0 || fclose (fresh))
        return -1;
    double begin = bench_now ();
    iconv_t cd = iconv_open (way->iconv, "UTF-8");
    if (cd == (iconv_t) -1)
        return -1;
    for (size_t r = 0; r < repeats (); r++)
        if (put_converted (cd) < 0)
            return -1;
    iconv_close (cd);
    return bench_now () - begin;
}

/* The bytes made; -1. */
static ssize_t
get_converted (iconv_t cd, size_t *have)
{
    char *in = raw, *out = cooked;
    size_t room = sizeof cooked;
    ssize_t n = read (converted, raw + *have, sizeof raw - *have);
    if (n <= 0)
        return n;
    *have += (size_t) n;
    if (iconv (cd, &in, have, &out, &room) == (size_t) -1 && errno != EINVAL)
        return -1;
    memmove (raw, in, *have);
    return out - cooked;
}

static double
iconv_read (void)
{
    if (iconv_write () < 0)
        return -1;
    double begin = bench_now ();
    iconv_t cd = iconv_open ("UTF-8", way->iconv);
    if (cd == (iconv_t) -1 || lseek (converted, 0, SEEK_SET) < 0)
        return -1;
    size_t total = 0, have = 0;
    for (ssize_t n; (n = get_converted (cd, &have)) != 0; total += (size_t) n)
        if (n < 0)
            return -1;
    iconv_close (cd);
    return unlike (total, size) ? -1 : bench_now () - begin;
}

/* --- Python --- */

/* Takes commands, one a line, and says how long each took. */
static const char script[] =
    "import sys, tempfile\n"
    "from time import perf_counter\n"
    "commands = sys.stdin.buffer\n"
    "f = None\n"
    "def text(size, times):\n"
    "    global lines, repeats\n"
    "    lines = commands.read(int(size)).decode().splitlines(True)\n"
    "    repeats = int(times)\n"
    "def open(encoding, newline, dir):\n"
    "    global f\n"
    "    if f:\n"
    "        f.close()\n"
    "    f = tempfile.TemporaryFile('w+', dir=dir, encoding=encoding, newline=eval(newline))\n"
    "def write():\n"
    "    put = f.write\n"
    "    for i in range(repeats):\n"
    "        for line in lines:\n"
    "            put(line)\n"
    "    f.flush()\n"
    "def by_lines():\n"
    "    f.seek(0)\n"
    "    for line in f:\n"
    "        pass\n"
    "def by_chunks():\n"
    "    f.seek(0)\n"
    "    while f.read(65536):\n"
    "        pass\n"
    "for command in commands:\n"
    "    name, *args = command.decode().split()\n"
    "    begin = perf_counter()\n"
    "    globals()[name](*args)\n"
    "    print(perf_counter() - begin, flush=True)\n";

static const char *const python_argv[] = {"python3", "-c", script, NULL};
static struct peers_process python = {.argv = python_argv};

static double
ask (const char *command)
{
    fprintf (python.to, "%s\n", command);
    return peers_answer (&python);
}

static double
python_write (void)
{
    const char *newline = !way->newline ? "None" : *way->newline == '\n' ? "'\\n'" : "'\\r\\n'";
    fprintf (python.to, "open %s %s %s\n", way->encoding ? way->encoding : "utf-8", newline, dir);
    return peers_answer (&python) < 0 ? -1 : ask ("write");
}

static double
python_lines (void)
{
    return ask ("by_lines");
}

static double
python_chunks (void)
{
    return ask ("by_chunks");
}

/* --- the tables --- */

enum { TEXT, BINARY, ICONV, PYTHON, COMPETITORS };

static void
print_ratio (double ratio)
{
    if (ratio > 0)
        printf (" %8.2f", ratio);
    else
        printf (" %8s", "-");
}

/* Seconds for a mebibyte are more telling than for the whole. */
static void
record (const struct bench_timed *competitors, const struct bench_ratio *results)
{
    char row[128];
    for (int i = TEXT; i < COMPETITORS; i++) {
        const struct bench_ratio *r = &results[i];
        snprintf (row, sizeof row, "a MiB of %s, %s, %s", language, way->name,
                  competitors[TEXT].name);
        if (competitors[i].run)
            bench_record (row, competitors[i].name, 1e9 * r->seconds / (double) repeats (),
                          r->ratio, r->low, r->high);
    }
}

static void
compare (const char *what, const struct bench_timed *given)
{
    struct bench_timed competitors[COMPETITORS];
    struct bench_ratio results[COMPETITORS];
    memcpy (competitors, given, sizeof competitors);
    if (!way->iconv)
        competitors[ICONV].run = NULL;
    if (!python.to)
        competitors[PYTHON].run = NULL;
    bench_ratios (competitors, COMPETITORS, results);
    printf ("  %-16s %-14s %8.0f", way->name, what,
            (double) (size * repeats ()) / 1e6 / results[TEXT].seconds);
    for (int i = BINARY; i < COMPETITORS; i++)
        print_ratio (results[i].ratio);
    printf ("\n");
    fflush (stdout);
    record (competitors, results);
}

static const struct bench_timed write_by_line[] = {
    {"text, fputs", text_write},
    {"binary, fputs", binary_write},
    {"iconv, write", iconv_write},
    {"Python, write", python_write},
};
static const struct bench_timed read_by_line[] = {
    {"text, getline", text_lines},
    {"binary, getline", binary_lines},
    {"iconv, read", iconv_read},
    {"Python, lines", python_lines},
};
static const struct bench_timed read_by_chunk[] = {
    {"text, fread", text_chunks},
    {"binary, fread", binary_chunks},
    {"iconv, read", iconv_read},
    {"Python, read", python_chunks},
};

/*
 * Reading reads what writing left; written anew for each round, for where the pages of a file are
 * makes a difference. Python is slow enough for that not to matter.
 */
static void
compare_way (const struct way *chosen)
{
    way = chosen;
    FILE *f = open_text ();
    if (!f) {
        printf ("  %-16s left out: %s\n", way->name, tempfile_errmsg ());
        return;
    }
    fclose (f);
    compare ("fputs", write_by_line);
    compare ("getline", read_by_line);
    compare ("fread", read_by_chunk);
}

static const struct way utf_ways[] = {
    {"none, \"\\n\"", NULL, "\n", NULL},  {"none", NULL, NULL, NULL},
    {"utf-8", "utf-8", NULL, "UTF-8"},    {"utf-8, \"\\r\\n\"", "utf-8", "\r\n", "UTF-8"},
    {"utf-16", "utf-16", NULL, "UTF-16"}, {NULL, NULL, NULL, NULL},
};
static const struct way european_ways[] = {
    {"latin-1", "latin-1", NULL, "LATIN1"},
    {"cp1252", "cp1252", NULL, "CP1252"},
    {NULL, NULL, NULL, NULL},
};
static const struct way japanese_ways[] = {
    {"euc_jp", "euc_jp", NULL, "EUC-JP"},
    {"shift_jis", "shift_jis", NULL, "SHIFT_JIS"},
    {"gb18030", "gb18030", NULL, "GB18030"},
    {"iso2022_jp", "iso2022_jp", NULL, "ISO-2022-JP"},
    {NULL, NULL, NULL, NULL},
};

static void
compare_text (const char *name, const struct way *first, const struct way *second)
{
    make_text ();
    language = name;
    if (python.to) {
        fprintf (python.to, "text %zu %zu\n", size, repeats ());
        fwrite (block, 1, size, python.to);
        if (peers_answer (&python) < 0) {
            printf ("\n  Python is left out: it does not answer\n");
            peers_end (&python);
        }
    }
    printf ("\n  %-16s %-14s %8s %8s %8s %8s\n", name, "", "MB/s", "binary", "iconv", "Python");
    for (; first->name; first++)
        compare_way (first);
    for (; second->name; second++)
        compare_way (second);
}

static void
close_all (void)
{
    if (text)
        fclose (text);
    if (binary)
        fclose (binary);
    if (converted >= 0)
        close (converted);
    text = binary = NULL;
    converted = -1;
}

static void
run (const char *where)
{
    dir = where;
    if (peers_start (&python))
        printf ("\n  Python is left out: there is no python3\n");
    printf ("\n  %zu MiB a text; how many times as long as a text stream the others take\n",
            repeats ());
    ascii_letters ();
    compare_text ("ASCII", utf_ways, european_ways);
    european_letters ();
    compare_text ("European", utf_ways, european_ways);
    if (japanese_letters () < 0)
        printf ("\n  Japanese is left out: iconv knows no EUC-JP\n");
    else
        compare_text ("Japanese", utf_ways, japanese_ways);
    close_all ();
    if (python.to)
        peers_end (&python);
}

int
main (int argc, char **argv)
{
    return bench_main (argc, argv, run);
}
