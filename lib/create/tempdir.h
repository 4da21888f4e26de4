/* SPDX-License-Identifier: MIT */
/* Which directory temporary files go to. */
#ifndef TEMPDIR_H
#define TEMPDIR_H

/* PATH made absolute and without a '/' at its end, for the caller to free; or NULL with errno. */
char *tempfile__absolute (const char *path);

/* Makes something in DIR, an absolute path; returns what enum CREATE_* says. */
typedef int attempt_fn (const char *dir, void *arg);

/*
 * Calls ATTEMPT in DIR or, where DIR is NULL, in the default directory; while there is none yet,
 * in one candidate after the other, and the first in which it succeeds becomes the default: so
 * choosing costs no more than the file itself. Returns what ATTEMPT returned, negative with
 * errno and message.
 */
int tempfile__tempdir_try (const char *dir, attempt_fn *attempt, void *arg);

#endif
