/* SPDX-License-Identifier: MIT */
/*
 * Codecs convert the bytes of a file to characters and back. The program's side of a codec is
 * UTF-8, which may contain lone surrogates, each encoded in three bytes.
 *
 * Text is converted up to the first sequence that cannot be: one that is cut off, is bad, or has a
 * result that does not fit. A part of a character is never consumed. Everything that what follows
 * depends on is in a struct codec_state. The state may be copied, so that a text can be continued
 * at any character. The state at the start of a text is all zero. A state that encoding has left
 * can also be used to decode what follows.
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
    bool lost;  /* with STEP_BAD, when decoding: bytes in front of the bad ones stand for nothing
                   now, so that to escape the bad ones would lose them */
    unsigned char instead[8]; /* with STEP_BAD, when encoding: the character has bytes after all, */
    unsigned n_instead;       /* so many, but they come back as something else; the state is after
                                 them */
    uint32_t c;               /* with STEP_BAD, when encoding: the character, or NO_CHARACTER */
};

struct codec;

/* All may be NULL, but get and put only if the many leave nothing. */
struct codec_ops {
    /*
     * Advances the input, which is not empty, over one character; or over bytes that stand for
     * none, and *C stays NO_CHARACTER. The input may also stay, once: a character comes before the
     * next byte. Returns STEP_DONE; or STEP_SHORT or STEP_BAD, and then nothing has changed.
     */
    enum step (*get) (const struct codec *, struct codec_state *, struct work *, uint32_t *c);

    /*
     * Puts C where LONGEST bytes can be written. Returns how many bytes it has; 0 if it has none,
     * and then nothing has changed; or minus their number if they come back as something else.
     */
    int (*put) (const struct codec *, struct codec_state *, unsigned char *, uint32_t c);

    /* Convert what is frequent, many characters at once, as far as that is easy. */
    void (*get_many) (const struct codec *, const struct codec_state *, struct work *);
    void (*put_many) (const struct codec *, const struct codec_state *, struct work *);

    /*
     * Returns how many of the bytes are the same when they are decoded, or a few less.
     */
    size_t (*same) (const struct codec *, const unsigned char *, size_t);

    /*
     * What distinguishes the meanings of two bytes below 0x80 for codec.memory: some of SEVEN_BITS.
     * NO_MEANING: nothing is to be remembered in this state. NULL: two bytes have one meaning.
     */
    unsigned (*meaning) (const struct codec *, const struct codec_state *);

    /* The text ends here. STEP_BAD: something is missing. */
    enum step (*end) (struct codec_state *, struct work *);

    /*
     * Sets the state for writing at another position, perhaps at the start, where a byte order mark
     * comes first. NULL: the state is zero.
     */
    void (*reposition) (const struct codec *, struct codec_state *, bool start);

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

/*
 * What was converted is remembered by a codec, because to search the sets takes far longer. It only
 * saves time: nothing depends on what is there.
 */
enum { KNOWN = 8192, SEVEN_BITS = 0x8080, NO_MEANING = 1 };
union memory {
    /*
     * Characters below 0x10000 that have two bytes in the encoding, and three in UTF-8 if they were
     * written: what was found, or 0; and as much of what was looked up as the place of the entry
     * does not say.
     */
    struct {
        uint16_t found[KNOWN];
        uint8_t of[KNOWN];
    } two;

    /* By single bytes; with the length 0 if it is not known, or there is no character. */
    struct utf8 {
        unsigned char bytes[3], length;
    } utf8[256];
};

struct codec {
    const struct codec_ops *ops;
    bool ascii;              /* ASCII stands for itself, whatever comes before */
    bool spaced;             /* and is often alone between other characters */
    bool stateful;           /* the meaning of bytes depends on what comes before */
    bool has_surrogates;     /* can contain lone surrogates, if the next member says so */
    bool surrogates;         /* contains them, for surrogatepass */
    unsigned unit;           /* the length of the character U+0000 in bytes */
    bool mark;               /* U+FEFF is written at the start, before which codec_state.a is 0 */
    unsigned variant;        /* for the codec itself */
    const void *table;       /* the same */
    const char *name;        /* Python's name, followed by a blank or '\0' */
    const struct set *pairs; /* the set that has pairs of characters, or NULL */
    unsigned places;         /* to a row of two bytes, at least those in daily use: an odd number;
                                0: none is remembered */
    bool knows_written;      /* the memory is of what was written, or else read; never of both */
    size_t memory_size;
    union memory *memory; /* NULL if its size is 0 */
};

/* Returns 0 if the name is one of those below, or -1 with EINVAL and a message. */
int tempfile__codec_check (const char *encoding);

/*
 * Returns the codec of one of Python's names, to be freed with free(); NULL as a name means bytes
 * that pass through unchanged. Or NULL with errno and a message: EINVAL, ENOMEM.
 */
struct codec *tempfile__codec_open (const char *encoding);

/* --- convert.c --- */

enum step tempfile__decode (struct codec *, struct codec_state *, struct work *);
enum step tempfile__encode (struct codec *, struct codec_state *, struct work *);

/* --- the families of codecs: each sets a codec that is all zero, but not its name --- */

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
void tempfile__codec_utf (struct codec *, unsigned);
enum { LATIN_1 = SINGLES, ASCII }; /* and each enum single_set */
void tempfile__codec_single (struct codec *, unsigned);
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
void tempfile__codec_multibyte (struct codec *, unsigned);
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
void tempfile__codec_iso2022 (struct codec *, unsigned);

#endif
