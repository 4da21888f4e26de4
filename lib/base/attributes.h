/* SPDX-License-Identifier: MIT */
/* Permissions of all kinds, from one file to another. */
#ifndef ATTRIBUTES_H
#define ATTRIBUTES_H

/*
 * FD gets the mode, owner, group, access control list and extended attributes of OTHER, as far as
 * the process may; at no moment, and in the end, may anybody do more with FD than with OTHER. Both
 * are ordinary files, OTHER may be a handle. 0, or -1 with errno; then FD may be for its owner
 * only.
 */
COMPACT int tempfile__take_attributes (int fd, int other);

#endif
