/* SPDX-License-Identifier: MIT */
/*
 * Streams: the FILE that the caller gets.
 *
 * A plain stream is libc's own over a descriptor, and this library keeps nothing of it. A custom
 * stream has a struct stream, which is found by its FILE and lives until libc calls the close
 * callback. Only lib/stream/ knows about FILE; stream/cookie.c and stream/funopen.c, of which
 * one is built, are the only ones that know how this libc makes custom streams.
 */
#ifndef STREAM_H
#define STREAM_H

#include "base/table.h"
#include "create/options.h"
#include "life/registry.h"
#include "storage/storage.h"

struct hook {
    struct hook *next;
    int (*function) (void *);
    void *arg;
};

/* What stdio keeps about wide characters, large enough for any version of it; see stream/members.c.
 */
enum { WIDE_AREA = 512 };

struct wideness {
    void *before; /* what the FILE had in its place */
    _Alignas(max_align_t) unsigned char area[WIDE_AREA];
};

struct stream {
    FILE *file; /* NULL: not in the table */
    struct storage *storage;
    struct entry *entry; /* NULL: no name */
    enum tempfile_delete delete_when;
    bool recoverable;
    int failed;                   /* errno of the first write that failed, or 0; */
    char *why;                    /* and what was said of it; NULL: nothing, or no memory */
    struct hook *hooks;           /* last added first */
    size_t helping;               /* how much to read next at most */
    char *encoding;               /* these three of a text stream, to open another like it */
    const char *errors, *newline; /* strings that stay */
#ifdef STREAM_WIDE_MEMBER
    struct wideness wide;
#endif
    size_t buffer_size;
    char buffer[];
};

/*
 * A plain stream over FD; a custom one over a storage, or over FD, with a text layer if the
 * settings need one. Over a storage FD is what fileno() shall say, -1 when there is no descriptor
 * yet. Each owns FD or the storage, which is closed when there is no stream to be had: NULL, with
 * errno and message. The entry is the stream's only when it succeeds.
 */
FILE *tempfile__stream_plain (int fd, const struct mode *, int buffering);
FILE *tempfile__stream_over (struct storage *, int fd, struct entry *, const struct settings *);
FILE *tempfile__stream_over_fd (int fd, struct entry *, const struct settings *);

/* What is to outlive its stream keeps the lock of a recoverable file by a descriptor of its own: 0,
 * or -1 with errno and message. */
int tempfile__stream_outlive (struct entry *, int fd);

/*
 * Where the entry of a plain stream is that has been persisted, or can be put (MAKE). A plain
 * stream's fclose is none of ours: what is found is checked to be of this FILE's file. NULL: none,
 * and with MAKE errno and message.
 */
struct entry **tempfile__stream_plain_entry (FILE *, bool make);

/* The FILE has another file open than before: what is known of it, if anything is, is of that. */
void tempfile__stream_plain_moved (FILE *);

/* How large the buffer of a custom stream is; and buffering as the option says, with BUFFER of SIZE
 * bytes, which stays the caller's; NULL: with libc's own. */
size_t tempfile__stream_buffer_size (const struct settings *);
void tempfile__stream_set_buffer (FILE *, int buffering, char *buffer, size_t size);

/* As fflush(): 0, or -1 with errno and message, by default FAILURE. */
int tempfile__stream_write_out (FILE *, const char *failure);

/* What fileno(FILE) shall say, where the libc lets it; and that a write has moved the offset. */
void tempfile__stream_set_fileno (FILE *file, int fd);
void tempfile__stream_forget_offset (FILE *file);

/* The custom stream behind FILE, or NULL: a plain one. */
struct stream *tempfile__stream_find (FILE *file);

/*
 * What is left of the custom stream at this address if freopen() has made it an ordinary one, no
 * longer to be found by anybody else, or NULL; and its end, once the FILE is closed: the name goes
 * as delete_when says. NULL: nothing.
 */
struct stream *tempfile__stream_take_reopened (FILE *file);
void tempfile__stream_forget (struct stream *);

/* Of a stream that is being made: puts it into the table under its FILE, 0 or -1 with errno; and
 * frees it, when nothing came of it. */
int tempfile__stream_publish (struct stream *, FILE *);
void tempfile__stream_unmake (struct stream *);

/* Puts a hook in front of the others: 0, or -1 with errno. */
int tempfile__stream_hook (struct stream *, int (*function) (void *), void *arg);

/* Whether the process, or the library, is at its end, and streams are being flushed for it. */
bool tempfile__streams_end (void);

/* What the callbacks do, whatever libc calls them. Each sets errno when it fails. */
ssize_t tempfile__stream_read (struct stream *, char *, size_t);
size_t tempfile__stream_write (struct stream *, const char *, size_t);
off_t tempfile__stream_seek (struct stream *, off_t, int whence);
int tempfile__stream_close (struct stream *);

/* Of an open stream: makes wide characters and freopen() safe, and as they were; and whether
 * freopen() was called, which may be asked when the FILE is gone, too. */
void tempfile__wide_set (struct stream *);
void tempfile__wide_reset (struct stream *);
bool tempfile__wide_reopened (const struct stream *);

/*
 * Text, or the refusal of it: by stream/with_text.c or, in a library without,
 * stream/without_text.c. The first puts a text layer over *STORAGE, if the settings need one; when
 * that fails, with errno and message, *STORAGE is as before.
 */
int tempfile__stream_add_text (struct storage **storage, const struct settings *);
check_text_fn tempfile__stream_check_text;

/* By stream/cookie.c or stream/funopen.c: a FILE whose callbacks call the above; or NULL with
 * errno. */
FILE *tempfile__stream_make (struct stream *, const struct mode *);

#endif
