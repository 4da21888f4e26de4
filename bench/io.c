/* SPDX-License-Identifier: MIT */
/*
 * io - what reading, writing and seeking cost in a file that stays open. Whoever has a FILE is
 * compared by the same calls of stdio; whoever has not, by calls of its own. The first row is
 * what a program does by hand. GLib and libite are not here: their files are descriptors and
 * streams like those of the first rows.
 */
#define _GNU_SOURCE

#include <config.h>

#include "io_items.h"
#include "peers.h"
#include "streams.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <tempfile.h>

/* One open file. */
struct open_file {
    const struct io_item *item;
    FILE *stream;            /* or */
    const struct peer *peer; /* with */
    void *file;
};

/* --- system calls, as a peer --- */

static int
descriptor (void *file)
{
    return (int) (intptr_t) file;
}

static int
bare_write (void *file, const char *bytes, size_t size)
{
    return write (descriptor (file), bytes, size) == (ssize_t) size ? 0 : -1;
}

static int
bare_read (void *file, char *bytes, size_t size)
{
    return read (descriptor (file), bytes, size) == (ssize_t) size ? 0 : -1;
}

static int
bare_seek (void *file, off_t offset)
{
    return lseek (descriptor (file), offset, SEEK_SET) < 0 ? -1 : 0;
}

static int
bare_flush (void *file)
{
    (void) file;
    return 0;
}

static void *
bare_open (const char *dir)
{
    int fd = streams_descriptor (dir);
    return fd < 0 ? NULL : (void *) (intptr_t) fd;
}

static int
bare_close (void *file)
{
    return close (descriptor (file));
}

static const struct peer bare = {
    .open_unnamed = bare_open,
    .write = bare_write,
    .read = bare_read,
    .seek = bare_seek,
    .flush = bare_flush,
    .close = bare_close,
};

/* --- streams --- */

#define CUSTOM "fopencookie, empty callbacks"

static const struct stream {
    const char *name;
    FILE *(*open) (const char *dir);
    const char *floor;
} streams[] = {
    {"mkostemp, fdopen", streams_fdopen, NULL},
    {CUSTOM, streams_cookie, NULL},
    {"tmpfile()", streams_tmpfile, NULL},
    {"TemporaryFile()", streams_unnamed, NULL},
    {"NamedTemporaryFile()", streams_named, CUSTOM},
    {"TemporaryFile(.buffering = 65536)", streams_buffered, CUSTOM},
    {"SpooledTemporaryFile(), in memory", streams_spooled, CUSTOM},
};
enum { STREAMS = sizeof streams / sizeof *streams, ROWS = STREAMS + 5 };

/* --- the rows --- */

static double
time_stream (const struct bench_row *row, const char *dir, size_t count)
{
    const struct open_file *o = row->arg;
    (void) dir;
    double begin = bench_now ();
    for (size_t i = 0; i < count; i++)
        if (o->item->stdio (o->stream))
            return -1;
    return bench_now () - begin;
}

static double
time_peer (const struct bench_row *row, const char *dir, size_t count)
{
    const struct open_file *o = row->arg;
    (void) dir;
    double begin = bench_now ();
    for (size_t i = 0; i < count; i++)
        if (o->item->calls (o->peer, o->file))
            return -1;
    return bench_now () - begin;
}

static int
write_stream (void *file, const char *bytes, size_t size)
{
    return fwrite (bytes, 1, size, file) == size ? 0 : -1;
}

static _Noreturn void
give_up (const char *name)
{
    perror (name);
    exit (2);
}

static struct bench_row
stream_row (const struct stream *s, const struct io_item *item, struct open_file *o,
            const char *dir)
{
    struct bench_row row = {
        .name = s->name, .time = time_stream, .arg = o, .items = item->items, .floor = s->floor};
#ifndef HAVE_FOPENCOOKIE
    if (s->open == streams_cookie) {
        row.left_out = "no fopencookie() here";
        return row;
    }
#endif
    if (s->open == streams_tmpfile && !bench_has_tmpfile (dir)) {
        row.left_out = "it works in " P_tmpdir ", another file system";
        return row;
    }
    *o = (struct open_file){.item = item, .stream = s->open (dir)};
    if (!o->stream || io_fill (write_stream, o->stream) || fflush (o->stream))
        give_up (s->name);
    return row;
}

static struct bench_row
peer_row (const char *name, const struct peer *p, const struct io_item *item, struct open_file *o,
          const char *dir)
{
    struct bench_row row = {.name = name, .time = time_peer, .arg = o, .items = item->items};
    if (!p)
        row.left_out = peers_not_built;
    if (!p || !item->calls)
        return row;
    void *file = p->open_unnamed ? p->open_unnamed (dir) : p->open_named (dir);
    if (!file || io_fill (p->write, file) || p->flush (file))
        give_up (name);
    *o = (struct open_file){.item = item, .peer = p, .file = file};
    return row;
}

static void
close_file (struct open_file *o)
{
    if (o->stream ? fclose (o->stream) : o->peer ? o->peer->close (o->file) : 0)
        give_up ("closing");
}

static void
compare (const struct io_item *item, const char *dir)
{
    struct bench_row rows[ROWS];
    struct open_file open[ROWS] = {{0}};
    size_t n = 0;
    for (; n < STREAMS; n++)
        rows[n] = stream_row (&streams[n], item, &open[n], dir);
    if (item->bare) {
        rows[n] = peer_row ("system calls", &bare, item, &open[n], dir);
        n++;
    }
    if (item->calls) {
        rows[n] = peer_row ("APR", peers_module ("peer_apr"), item, &open[n], dir);
        n++;
        rows[n] = peer_row ("Qt's QTemporaryFile", peers_module ("peer_qt"), item, &open[n], dir);
        n++;
    }
    if (item->word) {
        rows[n++] = peers_row ("Rust's tempfile()", &peers_rust, item->word, item->items);
        rows[n++] = peers_row ("Python's TemporaryFile()", &peers_python, item->word, item->items);
    }
    bench_table (item->title, rows, n, dir);
    for (size_t i = 0; i < n; i++)
        close_file (&open[i]);
}

static void
run (const char *dir)
{
    for (size_t i = 0; i < io_items_count; i++)
        compare (&io_items[i], dir);
}

int
main (int argc, char **argv)
{
    return bench_main (argc, argv, run);
}
