/* SPDX-License-Identifier: MIT */
/*
 * What a name or a descriptor leads to, and handles: descriptors that only say what something is,
 * for which no permission on it is needed (O_PATH). All of it is async-signal-safe.
 */
#ifndef INODE_H
#define INODE_H

#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>

struct inode {
    dev_t device;
    ino_t number;
    uint64_t mount; /* 0 where the system does not say */
    uid_t owner;
    mode_t mode;
    struct timespec born; /* all 0 where the system or the file system does not say */
};

/* Where there is no O_PATH, only what may be read has a handle. */
#ifdef O_PATH
enum { HANDLE = O_PATH };
#else
enum { HANDLE = O_RDONLY };
#endif

/* What NAME in the directory FD is, a symbolic link included; with "", what FD is. 0, or -1 with
 * errno. */
int tempfile__inspect (int fd, const char *name, struct inode *);

bool tempfile__same_inode (const struct inode *, const struct inode *);

/*
 * Sets the permissions of what FD, also a handle, is: by fchmodat2(2), or where the kernel has no
 * such call, through /proc. Never by a name that others can exchange. 0, or -1 with errno.
 */
int tempfile__chmod (int fd, mode_t permissions);

#endif
