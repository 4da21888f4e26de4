/* SPDX-License-Identifier: MIT */
/* APR, buffered. A file takes its pool with it. */
#include "peer.h"

#include <apr_file_io.h>
#include <apr_general.h>
#include <apr_strings.h>
#include <errno.h>

struct file {
    apr_pool_t *pool;
    apr_file_t *file;
};

static int
result (apr_status_t status)
{
    if (status == APR_SUCCESS)
        return 0;
    errno = EIO;
    return -1;
}

static apr_file_t *
file_of (void *file)
{
    return ((struct file *) file)->file;
}

static void *
open_named (const char *dir)
{
    static int initialized;
    apr_pool_t *pool;
    if ((!initialized++ && apr_initialize ()) || apr_pool_create (&pool, NULL))
        return NULL;
    struct file *f = apr_palloc (pool, sizeof *f);
    char *name = apr_pstrcat (pool, dir, "/tmpXXXXXX", NULL);
    f->pool = pool;
    if (result (apr_file_mktemp (&f->file, name,
                                 APR_FOPEN_CREATE | APR_FOPEN_READ | APR_FOPEN_WRITE |
                                     APR_FOPEN_EXCL | APR_FOPEN_DELONCLOSE | APR_FOPEN_BUFFERED,
                                 pool)) == 0)
        return f;
    apr_pool_destroy (pool);
    return NULL;
}

static int
write_all (void *file, const char *bytes, size_t size)
{
    return result (apr_file_write_full (file_of (file), bytes, size, NULL));
}

static int
read_all (void *file, char *bytes, size_t size)
{
    return result (apr_file_read_full (file_of (file), bytes, size, NULL));
}

static int
seek (void *file, off_t offset)
{
    apr_off_t place = offset;
    return result (apr_file_seek (file_of (file), APR_SET, &place));
}

static off_t
tell (void *file)
{
    apr_off_t place = 0;
    return result (apr_file_seek (file_of (file), APR_CUR, &place)) ? -1 : place;
}

static int
flush (void *file)
{
    return result (apr_file_flush (file_of (file)));
}

static int
close_named (void *file)
{
    struct file *f = file;
    apr_status_t status = apr_file_close (f->file);
    apr_pool_destroy (f->pool);
    return result (status);
}

const struct peer bench_peer = {
    .open_named = open_named,
    .write = write_all,
    .read = read_all,
    .seek = seek,
    .tell = tell,
    .flush = flush,
    .close = close_named,
};
