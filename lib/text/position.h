/* SPDX-License-Identifier: MIT */
/*
 * Positions: a sparse index from offsets of the program's side to those of the file.
 *
 * Entries are in order of both offsets. What lies between two of them is found by decoding from
 * the first; `way` says how. The last entry is where what is known ends.
 *
 * An index holds INDEX_ROOM entries, of sizeof (struct position) bytes (32 where off_t has 64
 * bits), so 128 KiB. When it is full every second one goes, and from then on they are made twice as
 * far apart: half of the room is always in use, and to come back to any place of a text of N bytes,
 * N / 2048 bytes are decoded at most, and INDEX_STRIDE at least.
 *
 * Entries around what does not come back as it was written, two for each, cannot go without a loss:
 * what is between their neighbours is CLOSED then. For their sake the index grows, up to INDEX_MAX
 * entries, so 2 MiB; only then places are lost, which seeking refuses.
 */
#ifndef TEXT_POSITION_H
#define TEXT_POSITION_H

#include "text/codec.h"

#include <sys/types.h>

enum { INDEX_ROOM = 4096, INDEX_MAX = 65536, INDEX_STRIDE = 4096 };

enum way {
    AS_READ,    /* what follows counts as reading it gives it */
    AS_WRITTEN, /* what follows counts as the program wrote it */
    CLOSED      /* what follows cannot be told apart: only the next entry can be gone to */
};

struct position {
    off_t program, file;
    struct codec_state state; /* for decoding what follows */
    unsigned char way;
    bool skip_lf; /* a '\r' in front was taken for a newline: a '\n' here belongs to it */
};

struct index {
    struct position *entries; /* NULL: none yet */
    size_t n, room;
    off_t stride;
};

/* Room for the first entries: without them the program's offsets could not be told from those of
 * the file. 0, or -1: no memory. */
int tempfile__index_begin (struct index *);
void tempfile__index_free (struct index *);

/* Forgets all entries after the offsets, whichever comes first. */
void tempfile__index_cut (struct index *, off_t program, off_t file);

/* The last entry that is not after the offset of the program, or of the file; NULL: none. */
const struct position *tempfile__index_by_program (const struct index *, off_t program);
const struct position *tempfile__index_by_file (const struct index *, off_t file);

/* Whether an entry so far on is worth it. */
bool tempfile__index_wants (const struct index *, off_t program);

/*
 * Adds an entry at the end, or replaces the last one if that is at the same offsets. The index
 * stays as it is when there is no memory, or the entry is not after the last one, or both are
 * CLOSED at the same offset of the program, which stands for the first place then: it becomes
 * slower, but not wrong.
 */
void tempfile__index_add (struct index *, const struct position *);

#endif
