/* SPDX-License-Identifier: MIT */
/* The program's audit hooks. */
#ifndef AUDIT_H
#define AUDIT_H

/* Shows an event to each hook. Returns 0, or -1 with EPERM and a message when one refuses. */
int tempfile__audit (const char *event, const char *fullpath);

#endif
