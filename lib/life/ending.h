/* SPDX-License-Identifier: MIT */
/* The end of the process; ending.c says how it comes, registry.h what happens then. */
#ifndef ENDING_H
#define ENDING_H

/* Called by whoever makes names: so that wherever there are names, a static link includes what
 * deletes them. The first call counts. */
void tempfile__watch_end (void);

/* What signals.c wants done after the last deletion; NULL: nothing. */
extern void (*_Atomic tempfile__uninstall_handlers) (void);

#endif
