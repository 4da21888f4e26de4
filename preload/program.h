/* SPDX-License-Identifier: MIT */
/* Which program a command is, and whether preloading can do anything for it. */
#ifndef PROGRAM_H
#define PROGRAM_H

/* As env(1) and timeout(1): the trouble is ours; the command cannot be run; there is no such one.
 */
enum { OURS = 125, CANNOT_RUN = 126, NOT_FOUND = 127 };

/* Says "tempfile-run: " and what follows on standard error; returns STATUS. */
int complain (int status, const char *format, ...) __attribute__ ((__format__ (printf, 2, 3)));

/* The path of what execvp(3) would run, for the caller to free; or NULL, and in *STATUS one of the
 * above, of which the second and third have been complained about. */
char *find_program (const char *name, int *status);

/* Whether the shared library LIBRARY can be preloaded into the program: 0, or a status as above
 * after a complaint. Of a script it is the interpreter that counts. */
int check_program (const char *path, const char *library);

#endif
