/* SPDX-License-Identifier: MIT */
#include "base/export.h"

#include "base/descriptor.h"
#include "base/inode.h"

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

bool
tempfile__same_inode (const struct inode *a, const struct inode *b)
{
    return a->device == b->device && a->number == b->number;
}

static int
inspect_simply (int fd, const char *name, struct inode *i)
{
    struct stat st;
    if ((*name ? fstatat (fd, name, &st, AT_SYMLINK_NOFOLLOW) : fstat (fd, &st)) < 0)
        return -1;
    *i = (struct inode){.device = st.st_dev, .number = st.st_ino};
    i->owner = st.st_uid;
    i->mode = st.st_mode;
    return 0;
}

#ifdef HAVE_STRUCT_STATX_STX_MNT_ID
#include <sys/sysmacros.h>

/* An old kernel, or a sandbox that does not know the call, leaves it to fstat(2). */
int
tempfile__inspect (int fd, const char *name, struct inode *i)
{
    enum { WANTED = STATX_BASIC_STATS | STATX_BTIME | STATX_MNT_ID };
    enum { HOW = AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT };
    struct statx st;
    if (statx (fd, name, HOW, WANTED, &st) < 0)
        return inspect_simply (fd, name, i);
    *i = (struct inode){.device = makedev (st.stx_dev_major, st.stx_dev_minor)};
    i->number = (ino_t) st.stx_ino;
    i->owner = st.stx_uid;
    i->mode = st.stx_mode;
    if (st.stx_mask & STATX_MNT_ID)
        i->mount = st.stx_mnt_id;
    if (st.stx_mask & STATX_BTIME)
        i->born = (struct timespec){(time_t) st.stx_btime.tv_sec, (long) st.stx_btime.tv_nsec};
    return 0;
}
#else
int
tempfile__inspect (int fd, const char *name, struct inode *i)
{
    return inspect_simply (fd, name, i);
}
#endif

/* Linux gives new calls the same place after one another on every machine, whatever number the
 * first of them has. */
#if !defined SYS_fchmodat2 && defined SYS_openat2
#define SYS_fchmodat2 (SYS_openat2 + 15)
#endif

#ifdef O_PATH
/* fchmod(2) takes no handle. EPERM and EINVAL may be a sandbox's; if not, they come again. */
int
tempfile__chmod (int fd, mode_t permissions)
{
#if defined SYS_fchmodat2 && defined AT_EMPTY_PATH
    if (syscall (SYS_fchmodat2, fd, "", permissions, AT_EMPTY_PATH) == 0)
        return 0;
    if (errno != ENOSYS && errno != EPERM && errno != EINVAL && errno != EOPNOTSUPP)
        return -1;
#endif
    char name[DESCRIPTOR_NAME];
    return chmod (tempfile__descriptor_name (name, fd), permissions);
}
#else
int
tempfile__chmod (int fd, mode_t permissions)
{
    return fchmod (fd, permissions);
}
#endif
