/* SPDX-License-Identifier: MIT */
/*
 * The state of the text layer, which its source files share. No other file may include this.
 *
 *     text.c   the interface of a storage: read, write, seek, truncate, close, make
 *     find.c   finds a position by decoding up to it
 *     write.c  encodes what the program writes
 *     read.c   decodes what the program reads: newlines, bad sequences, sequences that are cut off
 *
 * Each calls only those below it in this list.
 *
 *     IDLE     the last call was a seek, or there was none
 *     READING  the last call was a read
 *     WRITING  the last call was a write
 *
 * Between calls the offset of the storage below is `here.file`, where a character begins. Another
 * process may have moved it, so it is asked first. The position of the stream can be further, on
 * the program's side: by `within` bytes, if that many bytes of the character were read or skipped
 * by a seek; or by `n_partial` bytes, if that many bytes of an incomplete character were written.
 *
 * Offsets on the program's side count the bytes that the program has written or read. They differ
 * where the text is read otherwise than it was written ("\r\n" for "\n", "&#8364;" for a character
 * that the encoding lacks). Text counts as it was written until the program reads it, gets another
 * count, and asks for the position. From then on it counts as it is read.
 */
#ifndef TEXT_LAYER_H
#define TEXT_LAYER_H

#include "storage/storage.h"
#include "text/codec.h"
#include "text/errors.h"
#include "text/position.h"

enum phase { IDLE, READING, WRITING };

enum newline {
    NL_UNIVERSAL, /* "\r" and "\r\n" are read as "\n" */
    NL_KEEP,
    NL_CR,  /* "\n" is written as "\r" */
    NL_CRLF /* and as "\r\n" */
};

#define OFF_MAX ((off_t) ((UINTMAX_C (1) << (8 * sizeof (off_t) - 1)) - 1))

enum { RAW = 16384, PARTIAL = 8, NO_LIMIT = -1, NOTHING_REPORTED = -1 };

struct text {
    struct storage storage; /* must be first */
    struct storage *below;
    struct codec *codec;
    enum handler handler;
    enum newline newline;
    bool append;

    enum phase phase;
    struct position here;
    size_t within;
    off_t reported; /* bad bytes in the file are passed over up to here, for they were reported */
    off_t bad_end;  /* of the bad bytes that were met last */

    bool searching; /* bad bytes are passed over, and nothing is reported */
    off_t limit;    /* nothing behind this is read */
    size_t raw_pos, raw_end;

    struct codec_state encoder;
    unsigned char partial[PARTIAL];
    size_t n_partial;

    struct index index;
    struct position began; /* reading, where that was */
    bool known;            /* what is read was written, perhaps as something else; */
    bool differs;          /* it was */
    bool peeked;           /* but a byte, after a seek, nothing of it was read yet */
    bool begun;            /* nothing was written since writing began */
    bool lossy;            /* something was written that comes back as something else */

    unsigned char raw[]; /* file side: what was read from here on, or is to be written */
};

/* The layer that a storage is. */
static inline struct text *
text_self (struct storage *s)
{
    return (struct text *) s;
}

static inline off_t
text_at (const struct text *t)
{
    return t->here.program + (off_t) (t->within + t->n_partial);
}

/* Whether what is written may count otherwise when it is read, by its newlines alone. */
static inline bool
text_counts_written (const struct text *t)
{
    return t->newline == NL_UNIVERSAL || t->newline == NL_CRLF;
}

/* --- read.c --- */

/* The storage below goes to FILE; what was read ahead is dropped. 0, or -1 with errno. */
int tempfile__text_move_below (struct text *, off_t file);

/* What comes next, up to SIZE bytes, as long as no more than that need be read: how many, 0 at the
 * end, -1 with errno. The storage below may be ahead then. */
ssize_t tempfile__text_read_some (struct text *, unsigned char *, size_t size);

/* What counts nothing and belongs to what was read last is passed, if it can be read: the '\n' of
 * "\r\n". */
void tempfile__text_settle (struct text *);

/* And the '-' that ends base64 in UTF-7: without it the place would be one that writing did not
 * leave. 0, or -1 with errno. */
int tempfile__text_pass_end_of_run (struct text *);

/* As read_some, and the storage below is where the stream is. */
ssize_t tempfile__text_read (struct text *, unsigned char *, size_t size);

/* --- write.c --- */

/* Where the stream is, and it is WRITING: how many of the SIZE bytes are used, fewer with errno. */
size_t tempfile__text_put (struct text *, const unsigned char *, size_t size);

/* No more of a character will come. 0, or -1 with errno; it is gone in any case. */
int tempfile__text_flush_partial (struct text *);

/* The encoder is told that it goes on elsewhere. */
void tempfile__text_reposition (struct text *);

/* --- find.c --- */

/*
 * All read their way to a place and leave the stream IDLE there, or, when they fail, as it was:
 * 0, or -1 with errno. The place: an offset of the program, one from the end, one in the file.
 */
int tempfile__text_find (struct text *, off_t target);
int tempfile__text_find_from_end (struct text *, off_t offset);
int tempfile__text_find_file (struct text *, off_t file);

/* In *P where the offset is; the stream stays. Within a character: -1 with EINVAL. */
int tempfile__text_look_for (struct text *, off_t target, struct position *p);

#endif
