/* SPDX-License-Identifier: MIT */
/*
 * Inside of the text layer: its state, and what its sources know of each other. Nothing else may
 * include this.
 *
 *     text.c   the storage that it is: reading, writing, seeking, truncating, closing, making one
 *     find.c   reads its way to a place
 *     write.c  from what the program writes to the bytes below
 *     read.c   from the bytes below to what the program reads: newlines, bad bytes, cut ones
 *     track.c  keeps the index of places as the stream goes along
 *
 * Each calls only what stands below it here.
 *
 *     IDLE     the storage below is at `file`, which is where the stream is
 *     READING  it is further on, by what is still in the buffer
 *     WRITING  as IDLE, but the encoder knows what it has written before
 *
 * `at` is the offset on the program's side, `file` the one below that belongs to it. They are the
 * same place except that
 *   - while a character is being handed out in parts (`spill`), `file` is already behind it;
 *   - while one is being handed in in parts (`partial`), `file` is still in front of it.
 *
 * Offsets on the program's side count what the program has seen go by. Where the file gives back
 * something else than was written ("\r\n" for "\n", "&#8364;" for one that the encoding lacks),
 * the two ways of counting differ. The index says for each stretch which one it is: what was
 * written counts as it was written, until what is read there gives a different count and the
 * program asks where it is; from then on it counts as read.
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

enum { BUFFER = 65536, FIRST_CHUNK = 8192, PARTIAL = 8 };

/* Where we are, and what it takes to go on reading from there. */
struct place {
    off_t at, file;
    struct codec_state state;
    off_t stray;  /* not 0: within what comes back otherwise than it was written, up to there */
    bool skip_lf; /* a '\n' that comes next belongs to the '\r' before */
    unsigned char spill[REPLACEMENT];
    size_t spill_pos, spill_end;
};

/* What a seek changes. */
struct moment {
    struct place here;
    struct codec_state encoder;
    bool passing;
};

struct text {
    struct storage storage; /* must be first */
    struct storage *below;
    struct codec *codec;
    enum handler handler;
    enum newline newline;
    bool append;

    enum phase phase;
    struct place here;
    enum way way;       /* how what is read now counts */
    bool passing;       /* a bad sequence was reported: it is passed over now */
    bool searching;     /* all of them are passed over, and nothing reported */
    int trouble;        /* errno of what a search could not read, though it went on; or 0 */
    unsigned char *raw; /* file side: what was read, or is to be written */
    size_t raw_pos, raw_end, chunk;

    struct codec_state encoder;
    unsigned char partial[PARTIAL];
    size_t n_partial;

    struct index index;
    struct index run; /* of what is read where something was written before */
    off_t run_start;
    bool in_run, differs;
    bool sought;  /* the call before was a seek to an offset */
    bool peeked;  /* the call before was the read after that, of a byte */
    bool marking; /* the next character needs entries around it */
    bool lossy;   /* something was written that comes back as something else */
};

/* The layer that a storage is. */
static inline struct text *
text_self (struct storage *s)
{
    return (struct text *) s;
}

static inline bool
text_has_spill (const struct text *t)
{
    return t->here.spill_pos < t->here.spill_end;
}

/* --- text/read.c --- */

/* The storage below goes to FILE; what was read ahead is dropped. 0, or -1 with errno. */
int tempfile__text_move_below (struct text *, off_t file);

/* More bytes behind those that are left, by larger and larger helpings: 1, 0 at the end, -1. */
int tempfile__text_refill (struct text *);

/* What comes next, decoded, up to SIZE bytes: how many, 0 at the end, -1 with errno. */
ssize_t tempfile__text_read_some (struct text *, unsigned char *, size_t size);

/* One character, or what stands in for it, into the spill: 1, 0 at the end, -1 with errno. */
int tempfile__text_read_one (struct text *);

/* Whether the next character is a '\n'; which is then passed. -1 with errno: it cannot be read. */
int tempfile__text_pass_lf (struct text *);

/* --- text/write.c --- */

/* Where the stream is, and it is WRITING: how many of the SIZE bytes are used, fewer with errno. */
size_t tempfile__text_put (struct text *, const unsigned char *, size_t size);

/* No more of a character will come. 0, or -1 with errno; it is gone in any case. */
int tempfile__text_flush_partial (struct text *);

/* From WRITING to IDLE: what comes after what was written is what was there before. */
void tempfile__text_end_writing (struct text *);

/* The encoder is told that it goes on elsewhere. */
void tempfile__text_reposition (struct text *);

/* --- text/find.c --- */

/*
 * Both read their way to a place and leave the stream IDLE there, or, when they fail, where it was:
 * 0 or 1, or -1 with errno.
 */
int tempfile__text_find (struct text *, off_t target);
int tempfile__text_find_end (struct text *);
int tempfile__text_find_file (struct text *, off_t file);

/* --- text/track.c --- */

/* Where the stream is, for the index. */
struct position tempfile__text_position (const struct text *, enum way);

/* How what is written counts, where that makes a difference. */
enum way tempfile__text_way_written (const struct text *);

/* An entry for where the stream is: while reading, if it is due; where writing comes by. */
void tempfile__text_note_reading (struct text *);
void tempfile__text_note_writing (struct text *, enum way);

/* The run: what is read now may count differently from what the index says. */
void tempfile__text_begin_run (struct text *);
void tempfile__text_end_run (struct text *);

/* The program is told where it is, or goes on from there: it counts what it read. */
void tempfile__text_commit_run (struct text *);

#endif
