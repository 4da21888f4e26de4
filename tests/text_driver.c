/* SPDX-License-Identifier: MIT */
/*
 * text_driver - runs programs on text streams, for text_differential.py.
 *
 * From standard input it takes one command a line, and answers each with one line; what is text
 * is in hexadecimal digits, of UTF-8. A failure is answered by '!' and the number of its errno,
 * and the stream goes on after clearerr().
 *
 *     open KIND MODE ENCODING ERRORS NEWLINE BUFFERING   '-': not given; NEWLINE in hexadecimal
 *     write TEXT  putc TEXT   in one call; byte by byte
 *     flush
 *     read N                  so many characters
 *     line  all               up to the next newline; to the end
 *     tell N  seek N          to and from place N
 *     here  start  end        fseeko (f, 0, ...)
 *     any N  bytes N          to an offset; reads so many bytes
 *     truncate N              at place N
 *     cut N                   at an offset
 *     watch  more  unwatch    a second stream that reads: opens it; reads what has come; closes it
 *     reopen MODE             goes on with a second stream, and closes the first
 *     close                   answered by the contents of the file
 */
#include "config.h"

#include <tempfile.h>

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

enum { PLACES = 64, LINE = 1 << 26 };

static FILE *f, *watcher;
static off_t places[PLACES];
static bool appends;
static char line[LINE], text[LINE];

static void
answer (int result)
{
    if (result >= 0 && !(f && ferror (f))) {
        puts ("ok");
        return;
    }
    printf ("!%d\n", errno);
    if (f)
        clearerr (f);
}

static void
print (const char *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        printf ("%02x", (unsigned) (unsigned char) bytes[i]);
    puts ("");
}

static size_t
parse (const char *hex)
{
    static const char digits[] = "0123456789abcdef";
    size_t n = 0;
    for (; hex[0] && hex[1]; hex += 2)
        text[n++] =
            (char) ((strchr (digits, hex[0]) - digits) << 4 | (strchr (digits, hex[1]) - digits));
    text[n] = '\0';
    return n;
}

static const char *
given (const char *word)
{
    return strcmp (word, "-") == 0 ? NULL : word;
}

static void
open_stream (const char *arguments)
{
    char kind[16], mode[16], encoding[64], errors[32], newline[16], ends[8];
    int buffering;
    if (sscanf (arguments, "%15s %15s %63s %31s %15s %d", kind, mode, encoding, errors, newline,
                &buffering) != 6)
        exit (2);
    if (given (newline))
        memcpy (ends, text, parse (strcmp (newline, "e") == 0 ? "" : newline) + 1);
    appends = strchr (mode, 'a') != NULL;
    struct tempfile_options o = {.mode = mode,
                                 .encoding = given (encoding),
                                 .errors = given (errors),
                                 .newline = given (newline) ? ends : NULL,
                                 .buffering = buffering};
    if (strcmp (kind, "named") == 0)
        f = tempfile_open_named (&o, sizeof o);
    else if (strcmp (kind, "spooled") == 0)
        f = tempfile_open_spooled (&o, sizeof o);
    else
        f = tempfile_open (&o, sizeof o);
    answer (f ? 0 : -1);
}

static int
put_bytes (size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (putc ((unsigned char) text[i], f) == EOF)
            return -1;
    return 0;
}

static size_t
length_of (int first)
{
    return first < 0xc0 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

/* Reads N characters, or up to a newline, or until nothing more comes. */
static void
read_text (size_t count, int until)
{
    size_t n = 0, rest = 0;
    int c;
    while (n < LINE && (rest > 0 || count-- > 0) && (c = getc (f)) != EOF) {
        rest = rest > 0 ? rest - 1 : length_of (c) - 1;
        text[n++] = (char) c;
        if (c == until)
            break;
    }
    if (ferror (f))
        answer (-1);
    else
        print (text, n);
    clearerr (f);
}

/* N bytes, or as many as come, of a stream that goes on. */
static void
read_bytes (FILE *stream, size_t n)
{
    n = fread (text, 1, n, stream);
    if (ferror (stream))
        answer (-1);
    else
        print (text, n);
    clearerr (stream);
}

static int
unwatch (void)
{
    FILE *g = watcher;
    watcher = NULL;
    return g ? fclose (g) : 0;
}

static int
watch (void)
{
    watcher = tempfile_reopen (f, "r");
    return watcher ? 0 : -1;
}

static void
close_stream (void)
{
    FILE *g = tempfile_reopen (f, "rb");
    if (!g)
        fprintf (stderr, "%s\n", tempfile_errmsg ());
    int result = fclose (f);
    int err = errno;
    f = NULL;
    if (!g || result != 0) {
        errno = err;
        printf ("!%d ", errno);
    }
    size_t n = g ? fread (text, 1, LINE, g) : 0;
    print (text, n);
    if (g)
        fclose (g);
}

static void
reopen (const char *mode)
{
    FILE *g = tempfile_reopen (f, mode);
    int result = fclose (f);
    appends = strchr (mode, 'a') != NULL;
    f = g;
    answer (g ? result : -1);
}

#ifdef __GLIBC__
static const char counts_on[] = "fopencookie";
#else
static const char counts_on[] = "none";
#endif

/* Elsewhere stdio does not know that it appends, and counts from where it was before. */
static int
tell (int place)
{
    if (appends && strcmp (STREAM_BACKEND, counts_on) != 0 && fflush (f) != 0)
        return -1;
    places[place] = ftello (f);
    return places[place] < 0 ? -1 : 0;
}

static void
run (const char *command, const char *argument)
{
    int n = atoi (argument);
    int place = n >= 0 && n < PLACES ? n : 0;
    if (strcmp (command, "open") == 0)
        open_stream (argument);
    else if (!f)
        puts ("no stream");
    else if (strcmp (command, "write") == 0)
        answer (fwrite (text, 1, parse (argument), f) == strlen (argument) / 2 ? 0 : -1);
    else if (strcmp (command, "putc") == 0)
        answer (put_bytes (parse (argument)));
    else if (strcmp (command, "flush") == 0)
        answer (fflush (f));
    else if (strcmp (command, "read") == 0)
        read_text ((size_t) n, -2);
    else if (strcmp (command, "line") == 0)
        read_text (LINE, '\n');
    else if (strcmp (command, "all") == 0)
        read_text (LINE, -2);
    else if (strcmp (command, "tell") == 0)
        answer (tell (place));
    else if (strcmp (command, "seek") == 0)
        answer (fseeko (f, places[place], SEEK_SET));
    else if (strcmp (command, "here") == 0)
        answer (fseeko (f, 0, SEEK_CUR));
    else if (strcmp (command, "start") == 0)
        answer (fseeko (f, 0, SEEK_SET));
    else if (strcmp (command, "end") == 0)
        answer (fseeko (f, 0, SEEK_END));
    else if (strcmp (command, "any") == 0)
        answer (fseeko (f, atol (argument), SEEK_SET));
    else if (strcmp (command, "bytes") == 0)
        read_bytes (f, (size_t) n);
    else if (strcmp (command, "cut") == 0)
        answer (tempfile_truncate (f, atol (argument)));
    else if (strcmp (command, "watch") == 0)
        answer (watch ());
    else if (strcmp (command, "more") == 0)
        read_bytes (watcher, LINE);
    else if (strcmp (command, "unwatch") == 0)
        answer (unwatch ());
    else if (strcmp (command, "truncate") == 0)
        answer (tempfile_truncate (f, places[place]));
    else if (strcmp (command, "reopen") == 0)
        reopen (argument);
    else if (strcmp (command, "close") == 0)
        close_stream ();
    else
        exit (2);
}

int
main (void)
{
    setvbuf (stdout, NULL, _IOLBF, 0);
    while (fgets (line, sizeof line, stdin)) {
        line[strcspn (line, "\n")] = '\0';
        char *space = strchr (line, ' ');
        if (space)
            *space = '\0';
        run (line, space ? space + 1 : "");
    }
    return 0;
}
