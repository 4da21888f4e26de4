/* SPDX-License-Identifier: MIT */
/*
 * tempfile-run --audit: what the process reports when it ends of the files that tmpfile() made. The
 * variable tells the preloaded library to keep account; its value does not matter.
 */
#ifndef ACCOUNT_H
#define ACCOUNT_H

#include <stdbool.h>
#include <stdio.h>

#define ACCOUNT_VARIABLE "TEMPFILE_RUN_AUDIT"

bool tempfile__accounting (void);

/* Enters the new file of a stream. Leaves errno alone. */
void tempfile__account (FILE *);

#endif
