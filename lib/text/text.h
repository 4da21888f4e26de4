/* SPDX-License-Identifier: MIT */
/*
 * The text layer: a storage that wraps another. Above it is what the program reads and writes,
 * UTF-8; below it are the bytes of the file.
 */
#ifndef TEXT_H
#define TEXT_H

#include "storage/storage.h"

/* As the options of the same names. */
struct text_settings {
    const char *encoding, *errors, *newline;
    bool append;
};

/*
 * Whether these can be had here: 0, or -1 with EINVAL and message. The errors and the newline
 * are then strings that stay.
 */
int tempfile__text_check (struct text_settings *);

/* Whether there is anything to do for a stream that reads, or that does not. */
bool tempfile__text_needed (const struct text_settings *, bool readable);

/*
 * A storage over BELOW, which is at position 0; it owns BELOW from then on. NULL with errno and
 * message: EINVAL, ENOMEM; BELOW is still the caller's then.
 */
struct storage *tempfile__storage_text (struct storage *below, const struct text_settings *);

#endif
