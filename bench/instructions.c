/* SPDX-License-Identifier: MIT */
/* instructions - what instructions.sh counts the instructions of: PROGRAM WORK TIMES DIR does one
 * of the works below that often. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tempfile.h>

static const char *dir;

static int
close_stream (FILE *f)
{
    return f ? fclose (f) : -1;
}

static int
unnamed (long times)
{
    for (long i = 0; i < times; i++)
        if (close_stream (TemporaryFile (.dir = dir)))
            return -1;
    return 0;
}

static int
named (long times)
{
    for (long i = 0; i < times; i++)
        if (close_stream (NamedTemporaryFile (.dir = dir)))
            return -1;
    return 0;
}

static int
recoverable (long times)
{
    for (long i = 0; i < times; i++)
        if (close_stream (NamedTemporaryFile (.dir = dir, .recoverable = 1)))
            return -1;
    return 0;
}

static int
left_for_exit (long times)
{
    for (long i = 0; i < times; i++)
        if (close_stream (NamedTemporaryFile (.dir = dir, .delete_when = TEMPFILE_DELETE_ON_EXIT)))
            return -1;
    return 0;
}

static int
directory (long times)
{
    for (long i = 0; i < times; i++) {
        struct tempfile_dir *d = TemporaryDirectory (.dir = dir);
        if (!d || tempfile_dir_close (d))
            return -1;
    }
    return 0;
}

static int
spooled (long times)
{
    char bytes[1024];
    memset (bytes, 'x', sizeof bytes);
    for (long i = 0; i < times; i++) {
        FILE *f = SpooledTemporaryFile (.dir = dir, .max_size = 65536);
        if (!f || fwrite (bytes, 1, sizeof bytes, f) != sizeof bytes || fseek (f, 0, SEEK_SET) ||
            fread (bytes, 1, sizeof bytes, f) != sizeof bytes || fclose (f))
            return -1;
    }
    return 0;
}

/* Records of 64 bytes, written, read one after the other, and here and there. */
static int
use_records (FILE *f, long times)
{
    char record[64] = "a record";
    for (long i = 0; f && i < times; i++)
        fwrite (record, 1, sizeof record, f);
    if (!f || fseek (f, 0, SEEK_SET))
        return -1;
    for (long i = 0; i < times; i++)
        if (fread (record, 1, sizeof record, f) != sizeof record)
            return -1;
    for (long i = 0; i < times; i++)
        if (fseek (f, i * 7919 % times * 64, SEEK_SET) ||
            fread (record, 1, sizeof record, f) != sizeof record || ftell (f) < 0)
            return -1;
    return fclose (f);
}

static int
records (long times)
{
    return use_records (NamedTemporaryFile (.dir = dir), times);
}

/* Lines of 32 bytes with characters of one and two bytes, written and read. */
static int
use_lines (FILE *f, long times)
{
    static const char given[] = "a l\xc3\xaen\xc3\xa9 of sixteen characters\n";
    char line[64];
    for (long i = 0; f && i < times; i++)
        if (fputs (given, f) < 0)
            return -1;
    if (!f || fseek (f, 0, SEEK_SET))
        return -1;
    for (long i = 0; i < times; i++)
        if (!fgets (line, sizeof line, f))
            return -1;
    return fclose (f);
}

static int
text_utf_8 (long times)
{
    return use_lines (TemporaryFile (.dir = dir, .mode = "w+", .encoding = "utf-8"), times);
}

static int
text_utf_16 (long times)
{
    return use_lines (TemporaryFile (.dir = dir, .mode = "w+", .encoding = "utf-16"), times);
}

static int
text_cp1252 (long times)
{
    return use_lines (TemporaryFile (.dir = dir, .mode = "w+", .encoding = "cp1252"), times);
}

static const struct {
    const char *name;
    int (*run) (long times);
} works[] = {
    {"unnamed", unnamed},         {"named", named},
    {"recoverable", recoverable}, {"left-for-exit", left_for_exit},
    {"directory", directory},     {"spooled", spooled},
    {"records", records},         {"text-utf-8", text_utf_8},
    {"text-utf-16", text_utf_16}, {"text-cp1252", text_cp1252},
};

/* Without arguments, the names of the works. */
int
main (int argc, char **argv)
{
    for (size_t i = 0; i < sizeof works / sizeof *works; i++) {
        if (argc < 4)
            puts (works[i].name);
        else if (strcmp (argv[1], works[i].name) == 0) {
            dir = argv[3];
            if (works[i].run (atol (argv[2])) == 0)
                return EXIT_SUCCESS;
            perror (argv[1]);
            return EXIT_FAILURE;
        }
    }
    return argc < 4 ? EXIT_SUCCESS : EXIT_FAILURE;
}
