/* SPDX-License-Identifier: MIT */
/* The end of the process; ending.c says how it comes, registry.h what happens then. */
#ifndef ENDING_H
#define ENDING_H

/* Called by whoever makes names: so that wherever there are names, a static link includes what
 * deletes them. The first call counts. */
void tempfile__watch_end (void);

/* FUNCTION is called after the last deletion: handlers of signals go then. */
typedef void ending_fn (void);
void tempfile__end_with (ending_fn *function);

#endif
