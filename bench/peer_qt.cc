/* SPDX-License-Identifier: MIT */
/* Qt's QTemporaryFile. It may have no name until someone asks for it. */
#include "peer.h"

#include <QFile>
#include <QString>
#include <QTemporaryFile>

static QTemporaryFile *
file_of (void *file)
{
    return static_cast<QTemporaryFile *> (file);
}

static void *
open_unnamed (const char *dir)
{
    QTemporaryFile *f =
        new QTemporaryFile (QFile::decodeName (dir) + QStringLiteral ("/tmpXXXXXX"));
    if (f->open ())
        return f;
    delete f;
    return nullptr;
}

static void *
open_named (const char *dir)
{
    void *file = open_unnamed (dir);
    if (file && file_of (file)->fileName ().isEmpty ()) {
        delete file_of (file);
        return nullptr;
    }
    return file;
}

static int
write_all (void *file, const char *bytes, size_t size)
{
    qint64 n = static_cast<qint64> (size);
    return file_of (file)->write (bytes, n) == n ? 0 : -1;
}

static int
read_all (void *file, char *bytes, size_t size)
{
    qint64 n = static_cast<qint64> (size);
    return file_of (file)->read (bytes, n) == n ? 0 : -1;
}

static int
seek (void *file, off_t offset)
{
    return file_of (file)->seek (offset) ? 0 : -1;
}

static off_t
tell (void *file)
{
    return static_cast<off_t> (file_of (file)->pos ());
}

static int
flush (void *file)
{
    return file_of (file)->flush () ? 0 : -1;
}

static int
close_file (void *file)
{
    delete file_of (file);
    return 0;
}

extern "C" const struct peer bench_peer = {
    open_unnamed, open_named, write_all, read_all, seek, tell, flush, close_file,
};
