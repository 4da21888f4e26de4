/* SPDX-License-Identifier: MIT */
/*
 * Positions: a sparse index from offsets of the program's side to those of the file.
 *
 * Entries are in order of both offsets. A position between two entries is found by decoding from
 * the first one. Most entries only save decoding. Some entries JUMP: decoding from the entry before
 * them does not lead to them, because the text in between is read otherwise than it was written.
 *
 * Bytes that nothing can be made of count nothing, and then several positions have one offset. It
 * stands for the first of them, so the others are no entries unless they jump or count otherwise.
 *
 * An index has room for INDEX_ROOM entries of sizeof (struct position) bytes (32 where off_t has 64
 * bits), that is 16 KiB. When it is full every second entry is removed, and from then on entries
 * are made twice as far apart. So at least half of the room is in use. To find a position in a text
 * of N bytes, N / 256 bytes are decoded at most, or INDEX_STRIDE if that is more.
 *
 * An entry that jumps cannot be removed without a loss. For such entries the index grows up to
 * INDEX_MAX entries, that is 2 MiB. Only then some are removed, and the text after the entries
 * before them is VAGUE.
 *
 * While text is overwritten, the entries BEHIND it wait at the end of the room. Only those before
 * them are found, and entries are added to these.
 */
#ifndef TEXT_POSITION_H
#define TEXT_POSITION_H

#include "text/codec.h"

#include <sys/types.h>

#define OFF_MAX ((off_t) ((UINTMAX_C (1) << (8 * sizeof (off_t) - 1)) - 1))

enum { INDEX_ROOM = 512, INDEX_MAX = 65536, INDEX_STRIDE = 4096 };

struct position {
    off_t program, file;
    struct codec_state state; /* for decoding what follows */
    bool written;             /* what follows counts as it was written, not as it is read */
    bool skip_lf;             /* a '\n' that comes next belongs to the '\r' before */
    bool behind_nothing; /* bytes that count nothing are in front: not the first of its offset */
    bool jumps, vague;
};

struct index {
    struct position *entries; /* in order; then room; then those behind */
    size_t n, behind, room;
    off_t stride;
};

/* Room for the first entries: without them the program's offsets could not be told from those of
 * the file. 0, or -1: no memory. */
int tempfile__index_begin (struct index *);
void tempfile__index_free (struct index *);

/* How many entries are not after the offsets, whichever comes first; one may be OFF_MAX. */
size_t tempfile__index_find (const struct index *, off_t program, off_t file);

/* Forgets all others. */
void tempfile__index_cut (struct index *, off_t program, off_t file);

/*
 * Adds an entry, unless it is so near to another that it is not worth it, or replaces the one at
 * the same offsets; one that jumps, or counts otherwise than the one before, is always worth it.
 * The index stays as it is when there is no memory or the entry does not fit between its
 * neighbours: it becomes slower, but not wrong.
 */
void tempfile__index_add (struct index *, const struct position *);

/* The entries after P wait behind. */
void tempfile__index_split (struct index *, const struct position *p);

/* Forgets those behind that are not after P, or at it. Returns the first of the others, or NULL. */
const struct position *tempfile__index_behind (struct index *, const struct position *p);

/* Those behind are added, or forgotten. */
void tempfile__index_join (struct index *, bool add);

#endif
