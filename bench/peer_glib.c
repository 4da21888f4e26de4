/* SPDX-License-Identifier: MIT */
/* GLib makes a file in its temporary directory, which is $TMPDIR, and hands out a descriptor. */
#include "peer.h"

#include <glib.h>
#include <glib/gstdio.h>
#include <unistd.h>

struct file {
    int fd;
    char *name;
};

static void *
open_named (const char *dir)
{
    struct file *f = g_new (struct file, 1);
    (void) dir;
    f->fd = g_file_open_tmp ("tmpXXXXXX", &f->name, NULL);
    if (f->fd >= 0)
        return f;
    g_free (f);
    return NULL;
}

static int
write_all (void *file, const char *bytes, size_t size)
{
    return write (((struct file *) file)->fd, bytes, size) == (ssize_t) size ? 0 : -1;
}

static int
read_all (void *file, char *bytes, size_t size)
{
    return read (((struct file *) file)->fd, bytes, size) == (ssize_t) size ? 0 : -1;
}

static int
seek (void *file, off_t offset)
{
    return lseek (((struct file *) file)->fd, offset, SEEK_SET) < 0 ? -1 : 0;
}

static int
close_named (void *file)
{
    struct file *f = file;
    int failed = !g_close (f->fd, NULL) || g_unlink (f->name);
    g_free (f->name);
    g_free (f);
    return failed ? -1 : 0;
}

const struct peer bench_peer = {
    .open_named = open_named,
    .write = write_all,
    .read = read_all,
    .seek = seek,
    .close = close_named,
};
