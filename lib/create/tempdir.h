/* SPDX-License-Identifier: MIT */
/* Which directory temporary files go to. */
#ifndef TEMPDIR_H
#define TEMPDIR_H

#include "create/options.h"

/* Makes something in DIR, an absolute path; returns what enum CREATE_* says. */
typedef int attempt_fn (const char *dir, void *arg);

/*
 * Calls ATTEMPT in the directory that the settings name, or in the default one; while there is none
 * yet, in one candidate after the other, and the first in which it succeeds becomes the default: so
 * choosing costs no more than the file itself. Returns what ATTEMPT returned, negative with
 * errno and message.
 */
int tempfile__tempdir_try (const struct settings *, attempt_fn *attempt, void *arg);

#endif
