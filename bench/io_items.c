/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE

#include "io_items.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

static char block[IO_BLOCK];

static const char line[] = "the quick brown fox jumps over the lazy dog, and it sleeps, ...\n";
_Static_assert(sizeof line - 1 == IO_RECORD, "a line is a record");

/* -1 with errno: what was read is not what was written. */
static int
unlike (void)
{
    errno = EIO;
    return -1;
}

int
io_fill (int (*write_all) (void *file, const char *bytes, size_t size), void *file)
{
    for (size_t i = 0; i < IO_BLOCK; i += IO_RECORD)
        memcpy (block + i, line, IO_RECORD);
    for (size_t done = 0; done < IO_SIZE; done += IO_BLOCK)
        if (write_all (file, block, IO_BLOCK))
            return -1;
    return 0;
}

/* The same places in every pass, and for everyone. */
static off_t
place (size_t i)
{
    uint32_t bits = (uint32_t) i * UINT32_C (2654435761);
    return (off_t) (bits >> 8) % (IO_SIZE / IO_RECORD) * IO_RECORD;
}

static off_t
nearby (size_t i)
{
    return place (i) % IO_NEAR;
}

/* --- stdio --- */

static int
write_records (FILE *f)
{
    rewind (f);
    for (size_t i = 0; i < IO_RECORDS; i++)
        if (fwrite (line, 1, IO_RECORD, f) != IO_RECORD)
            return -1;
    return fflush (f);
}

static int
read_records (FILE *f)
{
    char record[IO_RECORD];
    rewind (f);
    for (size_t i = 0; i < IO_RECORDS; i++)
        if (fread (record, 1, IO_RECORD, f) != IO_RECORD)
            return -1;
    return record[0] == line[0] ? 0 : unlike ();
}

static int
read_lines (FILE *f)
{
    char record[IO_RECORD + 1];
    rewind (f);
    for (size_t i = 0; i < IO_RECORDS; i++)
        if (!fgets (record, sizeof record, f))
            return -1;
    return record[0] == line[0] ? 0 : unlike ();
}

/* As many bytes as a line has, so that the file stays as it is expected. */
static int
print_lines (FILE *f)
{
    static const char text[] = "quick brown fox jumps over the lazy dog, and it sleeps.";
    rewind (f);
    for (int i = 0; i < IO_RECORDS; i++)
        if (fprintf (f, "%d %s\n", 1000000 + i, text) != IO_RECORD)
            return -1;
    return fflush (f);
}

static int
put_bytes (FILE *f)
{
    rewind (f);
    for (size_t i = 0; i < IO_BYTES; i++)
        if (putc (line[i % IO_RECORD], f) == EOF)
            return -1;
    return fflush (f);
}

static int
get_bytes (FILE *f)
{
    rewind (f);
    for (size_t i = 0; i < IO_BYTES; i++)
        if (getc (f) == EOF)
            return -1;
    return 0;
}

static int
write_blocks (FILE *f)
{
    rewind (f);
    for (size_t done = 0; done < IO_SIZE; done += IO_BLOCK)
        if (fwrite (block, 1, IO_BLOCK, f) != IO_BLOCK)
            return -1;
    return fflush (f);
}

static int
read_blocks (FILE *f)
{
    static char bytes[IO_BLOCK];
    rewind (f);
    for (size_t done = 0; done < IO_SIZE; done += IO_BLOCK)
        if (fread (bytes, 1, IO_BLOCK, f) != IO_BLOCK)
            return -1;
    return 0;
}

static int
read_anywhere (FILE *f)
{
    char record[IO_RECORD];
    for (size_t i = 0; i < IO_PLACES; i++)
        if (fseeko (f, place (i), SEEK_SET) || fread (record, 1, IO_RECORD, f) != IO_RECORD)
            return -1;
    return record[IO_RECORD - 1] == '\n' ? 0 : unlike ();
}

static int
write_anywhere (FILE *f)
{
    for (size_t i = 0; i < IO_PLACES; i++)
        if (fseeko (f, place (i), SEEK_SET) || fwrite (line, 1, IO_RECORD, f) != IO_RECORD)
            return -1;
    return fflush (f);
}

static int
read_nearby (FILE *f)
{
    for (size_t i = 0; i < IO_ASKED; i++)
        if (fseeko (f, nearby (i), SEEK_SET) || getc (f) == EOF)
            return -1;
    return 0;
}

static int
tell (FILE *f)
{
    rewind (f);
    for (size_t i = 0; i < IO_ASKED; i++)
        if (getc (f) == EOF || ftello (f) != (off_t) i + 1)
            return unlike ();
    return 0;
}

static int
stay (FILE *f)
{
    rewind (f);
    if (getc (f) == EOF)
        return -1;
    for (size_t i = 0; i < IO_ASKED; i++)
        if (fseeko (f, 1, SEEK_SET))
            return -1;
    return 0;
}

/* --- the calls of peers --- */

static int
peer_write_records (const struct peer *p, void *file)
{
    if (p->seek (file, 0))
        return -1;
    for (size_t i = 0; i < IO_RECORDS; i++)
        if (p->write (file, line, IO_RECORD))
            return -1;
    return p->flush (file);
}

static int
peer_read_records (const struct peer *p, void *file)
{
    char record[IO_RECORD];
    if (p->seek (file, 0))
        return -1;
    for (size_t i = 0; i < IO_RECORDS; i++)
        if (p->read (file, record, IO_RECORD))
            return -1;
    return 0;
}

static int
peer_write_blocks (const struct peer *p, void *file)
{
    if (p->seek (file, 0))
        return -1;
    for (size_t done = 0; done < IO_SIZE; done += IO_BLOCK)
        if (p->write (file, block, IO_BLOCK))
            return -1;
    return p->flush (file);
}

static int
peer_read_blocks (const struct peer *p, void *file)
{
    static char bytes[IO_BLOCK];
    if (p->seek (file, 0))
        return -1;
    for (size_t done = 0; done < IO_SIZE; done += IO_BLOCK)
        if (p->read (file, bytes, IO_BLOCK))
            return -1;
    return 0;
}

static int
peer_read_anywhere (const struct peer *p, void *file)
{
    char record[IO_RECORD];
    for (size_t i = 0; i < IO_PLACES; i++)
        if (p->seek (file, place (i)) || p->read (file, record, IO_RECORD))
            return -1;
    return record[IO_RECORD - 1] == '\n' ? 0 : unlike ();
}

static int
peer_write_anywhere (const struct peer *p, void *file)
{
    for (size_t i = 0; i < IO_PLACES; i++)
        if (p->seek (file, place (i)) || p->write (file, line, IO_RECORD))
            return -1;
    return p->flush (file);
}

static int
peer_read_nearby (const struct peer *p, void *file)
{
    char byte;
    for (size_t i = 0; i < IO_ASKED; i++)
        if (p->seek (file, nearby (i)) || p->read (file, &byte, 1))
            return -1;
    return 0;
}

static int
peer_tell (const struct peer *p, void *file)
{
    char byte;
    if (p->seek (file, 0))
        return -1;
    for (size_t i = 0; i < IO_ASKED; i++)
        if (p->read (file, &byte, 1) || p->tell (file) != (off_t) i + 1)
            return unlike ();
    return 0;
}

static int
peer_stay (const struct peer *p, void *file)
{
    char byte;
    if (p->seek (file, 0) || p->read (file, &byte, 1))
        return -1;
    for (size_t i = 0; i < IO_ASKED; i++)
        if (p->seek (file, 1))
            return -1;
    return 0;
}

#define MIB_BLOCKS (IO_SIZE / IO_BLOCK)

const struct io_item io_items[] = {
    {"64-byte records written", IO_RECORDS, "write_records", write_records, peer_write_records,
     false},
    {"64-byte records read", IO_RECORDS, "read_records", read_records, peer_read_records, false},
    {"lines of 64 bytes read, fgets", IO_RECORDS, "read_lines", read_lines, NULL, false},
    {"lines printed, fprintf \"%d %s\\n\"", IO_RECORDS, "print_lines", print_lines, NULL, false},
    {"bytes written, putc", IO_BYTES, NULL, put_bytes, NULL, false},
    {"bytes read, getc", IO_BYTES, NULL, get_bytes, NULL, false},
    {"blocks of 1 MiB written", MIB_BLOCKS, "write_blocks", write_blocks, peer_write_blocks, true},
    {"blocks of 1 MiB read", MIB_BLOCKS, "read_blocks", read_blocks, peer_read_blocks, true},
    {"a random seek, 64 bytes read", IO_PLACES, "read_anywhere", read_anywhere, peer_read_anywhere,
     true},
    {"a random seek, 64 bytes written", IO_PLACES, "write_anywhere", write_anywhere,
     peer_write_anywhere, true},
    {"a seek inside the buffer, a byte read", IO_ASKED, "read_nearby", read_nearby,
     peer_read_nearby, false},
    {"a byte read, ftello", IO_ASKED, "tell", tell, peer_tell, false},
    {"fseeko to the same place", IO_ASKED, "stay", stay, peer_stay, false},
};
const size_t io_items_count = sizeof io_items / sizeof *io_items;
