/* SPDX-License-Identifier: MIT */
/*
 * The text layer: a storage that wraps another. Above it is what the program reads and writes,
 * UTF-8; below it are the bytes of the file.
 */
#ifndef TEXT_H
#define TEXT_H

#include "storage/storage.h"

/* The options of these names. */
struct text_settings {
    const char *encoding, *errors, *newline;
    bool append;
};

/*
 * Checks the settings. Returns 0, and the errors and the newline become strings that last; or -1
 * with EINVAL and a message.
 */
int tempfile__text_check (struct text_settings *);

/* Whether a stream with these settings needs the layer, if it reads, or if it does not. */
bool tempfile__text_needed (const struct text_settings *, bool readable);

/*
 * Makes a storage over BELOW, which must be at offset 0. The new storage owns BELOW. If it fails it
 * returns NULL with errno and a message, EINVAL or ENOMEM, and BELOW stays the caller's.
 */
struct storage *tempfile__storage_text (struct storage *below, const struct text_settings *);

#endif
