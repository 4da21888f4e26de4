/* SPDX-License-Identifier: MIT */
/*
 * Codecs convert the bytes of a file to characters and back. The program's side of a codec is
 * UTF-8, which may contain lone surrogates, each encoded in three bytes.
 *
 * A codec converts its input up to the first sequence that it cannot convert: one that is cut off,
 * is bad, or has a result that does not fit. It never consumes a part of a character. Everything
 * that a codec has to remember is in a struct codec_state. The state may be copied, so that a text
 * can be continued at any character. The state at the start of a text is all zero. A state that
 * encoding has left can also be used to decode what follows.
 */
#ifndef TEXT_CODEC_H
#define TEXT_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "text/tables/single.h"

enum step {
    STEP_DONE,  /* all of the input is used */
    STEP_FULL,  /* the next character does not fit into the output */
    STEP_SHORT, /* the input ends within a character */
    STEP_BAD    /* the next `bad` bytes are no character, or one that the other side lacks */
};

/* No character, or a bad one. */
#define NO_CHARACTER UINT32_MAX
#define LAST_CHARACTER UINT32_C (0x10ffff)
#define HOPELESS SIZE_MAX

/* This and higher numbers are the pairs of characters that have one code together. */
#define PAIR UINT32_C (0x80000000)

struct codec_state {
    uint32_t a, b;
};

struct work {
    const unsigned char *in, *in_end; /* advanced over what was converted */
    unsigned char *out, *out_end;
    bool final; /* no input follows: never STEP_SHORT */
    size_t bad; /* with STEP_BAD: the length of the bad sequence; HOPELESS: no handler can replace
                   it */
    unsigned char instead[8]; /* with STEP_BAD, when encoding: the character has bytes after all, */
    unsigned n_instead;       /* so many, but they come back as something else */
    uint32_t c;               /* with STEP_BAD, when encoding: the character, or NO_CHARACTER */
};

struct codec;

struct codec_ops {
    enum step (*decode) (struct codec *, struct codec_state *, struct work *);
    enum step (*encode) (struct codec *, struct codec_state *, struct work *);

    /*
     * Returns how many of the bytes are the same when they are decoded, or a few less. NULL: none.
     */
    size_t (*same) (const struct codec *, const unsigned char *, size_t);

    /*
     * Sets the state for writing at another position, perhaps at the start. NULL: the state is
     * zero.
     */
    void (*reposition) (struct codec_state *, bool start);

    /* Sets the state after a bad sequence was skipped. NULL: the state stays. */
    void (*passed) (struct codec_state *);

    /* Whether a part of the next character was decoded, so that nothing can be written or cut off
     * here. NULL: never. */
    bool (*splits) (const struct codec_state *);

    /* Ends a run of output, with at most FINISH bytes. NULL: runs need no end. */
    void (*finish) (struct codec_state *, struct work *);

    /*
     * The text is cut off within a run, in this state, after the byte that is the input. Puts that
     * byte, without bits that belong to what followed, and what ends the run: at most FINISH bytes.
     * NULL: runs need no end, or Python leaves them open.
     */
    void (*cut) (const struct codec_state *, struct work *);
};

enum { FINISH = 8 };

/* The maximum length of a character, with an escape sequence before it, on either side. */
enum { LONGEST = 16 };

struct codec {
    const struct codec_ops *ops;
    bool ascii;          /* ASCII stands for itself, whatever comes before */
    bool stateful;       /* the meaning of bytes depends on what comes before */
    bool has_surrogates; /* can contain lone surrogates, if the next member says so */
    bool surrogates;     /* contains them, for surrogatepass */
    unsigned unit;       /* the length of the character U+0000 in bytes */
    unsigned mark;       /* the length of the byte order mark that is written at the start, or 0 */
    unsigned variant;    /* for the codec itself */
    const void *table;   /* the same */
    const char *name;    /* Python's name, followed by a blank or '\0' */
};

/*
 * Returns the codec of one of Python's names, to be freed with free(); NULL as a name means bytes
 * that pass through unchanged. Or NULL with errno and a message: EINVAL, ENOMEM.
 */
struct codec *tempfile__codec_open (const char *encoding);

/* For the families of codecs. These return NULL with ENOMEM. */
enum utf {
    UTF_8,
    UTF_8_SIG,
    UTF_16,
    UTF_16_LE,
    UTF_16_BE,
    UTF_32,
    UTF_32_LE,
    UTF_32_BE,
    UTF_7,
    BYTES
};
struct codec *tempfile__codec_utf (enum utf);
enum { LATIN_1 = SINGLES, ASCII }; /* and each enum single_set */
struct codec *tempfile__codec_single (unsigned);
enum multibyte_set {
    BIG5,
    BIG5HKSCS,
    CP932,
    CP949,
    CP950,
    EUC_JIS_2004,
    EUC_JISX0213,
    EUC_JP,
    EUC_KR,
    GB18030,
    GB2312,
    GBK,
    JOHAB,
    SHIFT_JIS,
    SHIFT_JIS_2004,
    SHIFT_JISX0213
};
struct codec *tempfile__codec_multibyte (enum multibyte_set);
enum iso2022 {
    ISO2022_JP,
    ISO2022_JP_1,
    ISO2022_JP_2,
    ISO2022_JP_2004,
    ISO2022_JP_3,
    ISO2022_JP_EXT,
    ISO2022_KR,
    HZ
};
struct codec *tempfile__codec_iso2022 (enum iso2022);

#endif
