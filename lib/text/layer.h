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
 * count, and asks for the position; or until text in front of it is overwritten, and decoding from
 * there does not lead to where the index says. From then on it counts as it is read.
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
    off_t reported; /* bad bytes up to here were reported, and are skipped now */
    off_t bad_end;  /* the end of the last bad bytes */

    bool searching; /* bad bytes are skipped and not reported */
    off_t limit;    /* nothing after this offset is read, */
    bool ends;      /* and what is incomplete there counts as it would at the end of the file */
    off_t stop;     /* from here on, reading stops in front of the next character; or OFF_MAX */
    size_t raw_pos, raw_end;

    struct codec_state encoder;
    unsigned char partial[PARTIAL];
    size_t n_partial;

    struct index index;
    struct position began; /* where reading began */
    bool known;            /* what is read was written by this stream, perhaps as other text */
    bool differs;          /* and it counts otherwise */
    bool peeked;           /* at most one byte was read since the seek */
    bool given_back;       /* the last call was a seek back over what was read ahead */
    bool begun;            /* writing has begun, but nothing was written yet */
    bool lossy;            /* something was written that is read as other text */

    unsigned char raw[]; /* bytes of the file: read from here on, or to be written */
};

/* Returns the layer whose first member S is. */
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

/* Whether a part of the character after P was decoded. */
static inline bool
text_splits (const struct text *t, const struct position *p)
{
    return t->codec->ops->splits && t->codec->ops->splits (&p->state);
}

/*
 * Whether the position is within a character, or only near to what was asked for. Nothing can be
 * written there, and the text cannot be cut off.
 */
static inline bool
text_is_within (const struct text *t)
{
    return t->within > 0 || t->here.vague || text_splits (t, &t->here);
}

/* Whether the newlines of what is written may count otherwise when it is read. */
static inline bool
text_counts_written (const struct text *t)
{
    return t->newline == NL_UNIVERSAL || t->newline == NL_CRLF;
}

/* --- read.c --- */

/*
 * Moves the storage below to FILE and forgets bytes that were read ahead. Returns 0, or -1 with
 * errno.
 */
int tempfile__text_move_below (struct text *, off_t file);

/*
 * Reads up to SIZE bytes of text. Returns how many, 0 at the end, or -1 with errno. Afterwards the
 * storage below may be ahead of the stream.
 */
ssize_t tempfile__text_read_some (struct text *, unsigned char *, size_t size);

/*
 * Decodes one character, a pair of characters that have one code, or one replacement into OUT,
 * which has room for REPLACEMENT bytes. Returns the number of bytes, 0 at the end, or -1 with
 * errno. *BEGIN is where the character begins: escape sequences and ignored bytes in front of it
 * need not be read again.
 */
ssize_t tempfile__text_read_one (struct text *, unsigned char *out, struct position *begin);

/* Skips the '\n' of a "\r\n" whose '\r' was read last. */
void tempfile__text_settle (struct text *);

/*
 * Skips the '-' that ends base64 in UTF-7, so that the position is one at which writing has ended.
 * Returns 0, or -1 with errno.
 */
int tempfile__text_pass_end_of_run (struct text *);

/* As tempfile__text_read_some(), but afterwards the storage below is where the stream is. */
ssize_t tempfile__text_read (struct text *, unsigned char *, size_t size);

/* --- write.c --- */

/*
 * Writes at the stream's position; the phase must be WRITING. Returns how many of the SIZE bytes
 * were used; if fewer, errno is set.
 */
size_t tempfile__text_put (struct text *, const unsigned char *, size_t size);

/*
 * Writes what is left of an incomplete character, as bytes that are not UTF-8; or a character that
 * waits because it can begin a pair. Returns 0, or -1 with errno. What cannot be encoded is gone
 * then, EILSEQ; what could not be written waits on.
 */
int tempfile__text_flush_partial (struct text *);

/* The same for a character that waits only. The bytes of an incomplete one stay. */
int tempfile__text_flush_whole (struct text *);

/* Tells the encoder that writing goes on at another position. */
void tempfile__text_reposition (struct text *);

/* --- find.c --- */

/* Adds the stream's position to the index, if it is between characters. */
void tempfile__text_note_here (struct text *);

/*
 * These decode up to a position and leave the stream IDLE there; if they fail, the stream stays as
 * it was. They return 0, or -1 with errno. The position is an offset on the program's side, one
 * from the end, or one in the file.
 */
int tempfile__text_find (struct text *, off_t target);
int tempfile__text_find_from_end (struct text *, off_t offset);
int tempfile__text_find_file (struct text *, off_t file);

/* The same for an offset after the place where reading began, as the text was read since then. */
int tempfile__text_find_read (struct text *, off_t target);

/*
 * Sets *P to the position of an offset; the stream stays where it is. Returns -1 with EINVAL if
 * the text cannot be cut off there.
 */
int tempfile__text_look_for (struct text *, off_t target, struct position *p);

/*
 * Whether decoding from here leads to the first of the entries behind, so that the text in between
 * counts as before; then here.written says how.
 */
bool tempfile__text_meets_behind (struct text *);

#endif
