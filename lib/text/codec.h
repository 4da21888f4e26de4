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

/* What has no number, or none that is allowed. */
#define NO_CHARACTER UINT32_MAX
#define LAST_CHARACTER UINT32_C (0x10ffff)
#define HOPELESS SIZE_MAX

/* One of the pairs of characters that have one code together, and above. */
#define PAIR UINT32_C (0x80000000)

struct codec_state {
    uint32_t a, b;
};

struct work {
    const unsigned char *in, *in_end; /* what was taken is passed */
    unsigned char *out, *out_end;
    bool final; /* no input follows: never STEP_SHORT */
    size_t bad; /* with STEP_BAD; HOPELESS: nothing can be made of what follows, by any handler */
    unsigned char instead[8]; /* with STEP_BAD, when encoding: the character has bytes after all, */
    unsigned n_instead;       /* so many, but they come back as something else */
    uint32_t c;               /* with STEP_BAD, when encoding: the character, or NO_CHARACTER */
};

struct codec;

struct codec_ops {
    enum step (*decode) (struct codec *, struct codec_state *, struct work *);
    enum step (*encode) (struct codec *, struct codec_state *, struct work *);

    /* How many of the bytes are, decoded, the same; some at the end may be left out. NULL: none. */
    size_t (*same) (const struct codec *, const unsigned char *, size_t);

    /* For writing that goes on elsewhere, perhaps at the start; NULL: all zero. */
    void (*reposition) (struct codec_state *, bool start);

    /* The bad sequence in front, which left the state as it was, is passed over; NULL: that does
     * not matter to what follows. */
    void (*passed) (struct codec_state *);

    /* Ends a run of output; at most FINISH bytes. NULL: nothing to do. */
    void (*finish) (struct codec_state *, struct work *);
};

enum { FINISH = 8 };

/* The longest that one character, or an escape sequence and one, may become on either side. */
enum { LONGEST = 16 };

struct codec {
    const struct codec_ops *ops;
    bool ascii;          /* ASCII stands for itself, whatever comes before */
    bool stateful;       /* the meaning of bytes depends on what comes before */
    bool has_surrogates; /* can hold lone surrogates, if told so: */
    bool surrogates;     /* does, for surrogatepass */
    unsigned unit;       /* bytes of the character U+0000 */
    unsigned mark;       /* and of the byte order mark that is written at the start */
    unsigned variant;    /* for the codec itself */
    const void *table;   /* the same */
    const char *name;    /* Python's, followed by a blank or the end */
};

/* The codec of a Python name, NULL being bytes that pass through unchanged; it is memory to free().
 * Or NULL with errno and message: EINVAL, ENOMEM. */
struct codec *tempfile__codec_open (const char *encoding);

/* By the sources of codecs; NULL with errno: ENOMEM. */
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
