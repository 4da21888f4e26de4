/* SPDX-License-Identifier: MIT */
/*
 * fault_steps.h - what scenarios have in common: notes of what they saw, and what they do with a
 * stream, whose contents are lines that are all alike.
 */
#ifndef TEMPFILE_TESTS_FAULT_STEPS_H
#define TEMPFILE_TESTS_FAULT_STEPS_H

#include "fault_scenarios.h"

#include <stdio.h>

extern struct outcome *outcome;

/* A function of this library, or of stdio, has failed; something is not as it must be. The first
 * of them counts. Always false. */
bool failed (void);
bool stdio_failed (void);
bool wrong (const char *what);

enum { LINES = 100, LINE = 100 };
extern char line[LINE + 1];

/* Does the file hold LINES times the line, and nothing else? */
bool file_has_lines (const char *path, int lines);

/* Each is false, and has noted why, when it fails. */
bool put_lines (FILE *f, int lines);
bool get_lines (FILE *f, int lines); /* from the start */
bool truncate_to (FILE *f, int lines);
bool finish (FILE *f,
             bool plain); /* closes; PLAIN: the stream is libc's, which leaves no message */

/* All of it, with a stream that may be NULL. */
void use_and_close (FILE *f, bool plain);

/* The scenarios of fault_text.c. */
void text_utf_8 (void);
void text_utf_16_crlf (void);
void text_cp1252 (void);
void text_cp1252_crlf (void);
void text_iso2022_jp (void);
void text_shift_jis (void);
void text_utf_7 (void);
void text_utf_7_cut (void);
void text_spooled (void);
void text_appended (void);
void text_write_only (void);
void text_universal (void);

/* Those of fault_persist.c. */
void persist_named (void);
void persist_named_synced (void);
void persist_named_anew (void);
void persist_beside (void);
void persist_copy (void);
void persist_copy_named (void);
void persist_like_named (void);
void persist_like_unnamed (void);
void persist_like_path (void);
void persist_recoverable (void);
void persist_unnamed (void);
void persist_unnamed_synced (void);
void persist_unnamed_anew (void);
void persist_plain (void);
void persist_spooled (void);

#endif
