/* SPDX-License-Identifier: MIT */
/*
 * The options, checked and with their defaults filled in. Everything that Python's open() and
 * tempfile refuse is refused here, once, so that nobody below has to look again.
 */
#ifndef OPTIONS_H
#define OPTIONS_H

#include "text/text.h"

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
    const char *dir;             /* NULL: the default directory */
    enum tempfile_delete delete_when;
    mode_t permissions;
    bool recoverable;
    size_t max_size; /* spooled streams; 0: none */
    int (*on_close) (void *);
    void *on_close_arg;
};

/* How many characters are made up between prefix and suffix. */
size_t tempfile__random_length (const struct settings *);
/* The strings of the settings, which stay whose they are. */
struct text_settings tempfile__text_settings (const struct settings *);

/* Both return 0, or -1 with errno and message. */
int tempfile__mode_parse (struct mode *, const char *text);
int tempfile__options_parse (struct settings *, enum kind, const struct tempfile_options *,
                             size_t size);

#endif
