/* SPDX-License-Identifier: MIT */
/* The end of the process; ending.c says how it comes. */
#ifndef ENDING_H
#define ENDING_H

/* Called once, when the library is loaded, by the registry: so that wherever there are names, a
 * static link includes what deletes them. */
void tempfile__watch_end (void);

#endif
