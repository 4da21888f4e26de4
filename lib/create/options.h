/* SPDX-License-Identifier: MIT */
/*
 * The options, checked and with their defaults filled in. Everything that Python's open() and
 * tempfile refuse is refused here, once, so that nobody below has to look again. Which encodings,
 * error handlers and newlines there are is not known here: whoever has text hands in that check.
 */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdbool.h>

/* What is to be made: a stream without or with a name, one in memory, a directory that removes
 * itself, or what the caller removes: a directory, a descriptor, whatever tempfile_make() makes. */
enum kind {
    KIND_UNNAMED,
    KIND_NAMED,
    KIND_SPOOLED,
    KIND_DIRECTORY,
    KIND_MKDTEMP,
    KIND_MKSTEMP,
    KIND_MAKE
};

struct mode {
    bool readable, writable, append, truncate, exclusive, text;
    int flags;         /* for open(2): access mode and O_APPEND */
    const char *stdio; /* for fdopen(3) and its kin */
};

/* Strings are the caller's, valid during its call only. */
struct settings {
    struct mode mode;
    int buffering;
    const char *encoding, *errors, *newline;
    const char *suffix, *prefix; /* never NULL */
    const char *dir, *beside;    /* at most one of them; NULL: the default directory */
    enum tempfile_delete delete_when;
    mode_t permissions;
    bool heeds_umask; /* the permissions are what the umask leaves of them */
    bool in_memory;
    bool recoverable;
    size_t max_size; /* spooled streams; 0: none */
    int (*on_close) (void *);
    void *on_close_arg;
};

/* Whether the encoding, the errors and the newline of the settings can be had in their mode: 0, or
 * -1 with errno and message. May put other strings in their place, which stay. */
typedef int check_text_fn (struct settings *);

/* Both return 0, or -1 with errno and message. CHECK_TEXT is NULL for what has no text. */
int tempfile__mode_parse (struct mode *, const char *text);
COMPACT int tempfile__options_parse (struct settings *, enum kind, check_text_fn *check_text,
                                     const struct tempfile_options *, size_t size);

#endif
