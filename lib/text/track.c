/* SPDX-License-Identifier: MIT */
/*
 * Keeping track: which places go into the index of a text stream, as what is written and what is
 * read. Knows nothing of bytes. Nothing here fails: an entry that is missing costs time only.
 */
#include "base/export.h"

#include "text/layer.h"

struct position
tempfile__text_position (const struct text *t, enum way way)
{
    return (struct position){.program = t->here.at,
                             .file = t->here.file,
                             .state = t->here.state,
                             .way = (unsigned char) way,
                             .skip_lf = t->here.skip_lf};
}

void
tempfile__text_note_reading (struct text *t)
{
    struct index *x = t->in_run ? &t->run : &t->index;
    if (text_has_spill (t) || !tempfile__index_wants (x, t->here.at))
        return;
    struct position p = tempfile__text_position (t, AS_READ);
    tempfile__index_add (x, &p);
}

enum way
tempfile__text_way_written (const struct text *t)
{
    return t->newline == NL_UNIVERSAL || t->newline == NL_CRLF ? AS_WRITTEN : AS_READ;
}

/* The entry is for what comes next, to be decoded; so the encoder's state is what counts. */
void
tempfile__text_note_writing (struct text *t, enum way way)
{
    struct position p = tempfile__text_position (t, way);
    tempfile__index_add (&t->index, &p);
}

void
tempfile__text_begin_run (struct text *t)
{
    t->in_run = t->index.n > 0 && t->here.at < t->index.entries[t->index.n - 1].program &&
                (t->lossy || tempfile__text_way_written (t) == AS_WRITTEN);
    t->differs = t->lossy;
    t->run_start = t->here.at;
    t->run.n = 0;
}

static void
take_over_run (struct text *t)
{
    for (size_t i = 0; i < t->run.n; i++)
        tempfile__index_add (&t->index, &t->run.entries[i]);
    t->run.n = 0;
    t->in_run = false;
}

void
tempfile__text_end_run (struct text *t)
{
    if (t->in_run && !t->differs)
        take_over_run (t);
    t->in_run = false;
}

void
tempfile__text_commit_run (struct text *t)
{
    if (!t->in_run || !t->differs || t->phase != READING)
        return;
    off_t file = t->run.n > 0 ? t->run.entries[0].file : t->here.file;
    tempfile__index_cut (&t->index, t->run_start, file);
    take_over_run (t);
    if (text_has_spill (t))
        return;
    struct position p = tempfile__text_position (t, AS_READ);
    tempfile__index_add (&t->index, &p);
}
