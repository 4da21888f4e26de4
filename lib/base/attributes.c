/* SPDX-License-Identifier: MIT */
/*
 * Through descriptors alone, so that nobody can put another file in the place of one of them.
 *
 * The order is what keeps permissions from being wider on the way. First the file is for its owner
 * only; then it changes hands, which may not be allowed; then come the extended attributes; last
 * the access control list and the mode, of which so much is taken as the owner and the group that
 * the file has now allow:
 *
 *     owner and group kept    the mode with set-ID bits, the list
 *     group kept              the mode, the list
 *     neither, or owner kept  the group would be another: it and all others get what both had; and
 *                             where there is a list, which might deny something, nothing
 */
#include "base/export.h"

#include "base/attributes.h"
#include "base/descriptor.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What the process may not do, or the file system cannot. EINVAL: no such owner in this user
 * namespace, or no such attribute here. */
static bool
is_refused (int err)
{
    return err == EPERM || err == EACCES || err == EINVAL || err == ENOTSUP || err == ENOSYS;
}

static int
unless_refused (int result)
{
    return result < 0 && is_refused (errno) ? 0 : result;
}

/* What FD then has goes to *ST. */
static int
take_owner (int fd, const struct stat *other, struct stat *st)
{
    if (st->st_uid == other->st_uid && st->st_gid == other->st_gid)
        return 0;
    int result = fchown (fd, other->st_uid, other->st_gid);
    if (result < 0 && is_refused (errno))
        result = fchown (fd, (uid_t) -1, other->st_gid);
    return unless_refused (result) < 0 ? -1 : fstat (fd, st);
}

/* Group and others: what both have. */
static mode_t
without_group (mode_t mode)
{
    mode_t both = mode >> 3 & mode & 07;
    return (mode & 0700) | both << 3 | both;
}

#ifdef HAVE_GETXATTR
#include <sys/xattr.h>

/* The largest that Linux knows, of a value and of all names. */
enum { LARGEST = 65536 };

struct buffer {
    char names[LARGEST];
    char value[LARGEST];
};

static const char acl[] = "system.posix_acl_access";

/* A handle is no descriptor for this call and the next, but has a name. */
static ssize_t
get_attribute (int fd, const char *attribute, void *value, size_t size)
{
    char name[DESCRIPTOR_NAME];
    ssize_t n = fgetxattr (fd, attribute, value, size);
    if (n < 0 && errno == EBADF)
        n = getxattr (tempfile__descriptor_name (name, fd), attribute, value, size);
    return n;
}

static ssize_t
list_attributes (int fd, char *names, size_t size)
{
    char name[DESCRIPTOR_NAME];
    ssize_t n = flistxattr (fd, names, size);
    if (n < 0 && errno == EBADF)
        n = listxattr (tempfile__descriptor_name (name, fd), names, size);
    return n < 0 && (errno == ENOTSUP || errno == ENOSYS) ? 0 : n;
}

/* The list has its own place; two others are sums of what is in the file. A capability is as good
 * as a set-ID bit. */
static bool
is_taken (const char *attribute, bool kept)
{
    if (strcmp (attribute, "security.capability") == 0)
        return kept;
    return strcmp (attribute, acl) != 0 && strcmp (attribute, "security.ima") != 0 &&
           strcmp (attribute, "security.evm") != 0;
}

static int
take_attribute (int fd, int other, const char *attribute, void *value)
{
    ssize_t n = get_attribute (other, attribute, value, LARGEST);
    if (n < 0)
        return errno == ENODATA ? 0 : unless_refused (-1);
    return unless_refused (fsetxattr (fd, attribute, value, (size_t) n, 0));
}

static int
take_all (int fd, int other, bool kept, struct buffer *b)
{
    ssize_t n = list_attributes (other, b->names, sizeof b->names);
    for (ssize_t i = 0; i < n; i += (ssize_t) strlen (b->names + i) + 1)
        if (is_taken (b->names + i, kept) && take_attribute (fd, other, b->names + i, b->value) < 0)
            return -1;
    return n < 0 ? -1 : 0;
}

static int
take_extended (int fd, int other, bool kept)
{
    ssize_t n = list_attributes (other, NULL, 0);
    if (n <= 0)
        return (int) n;
    struct buffer *b = malloc (sizeof *b);
    if (!b)
        return -1;
    int result = take_all (fd, other, kept, b);
    int err = errno;
    free (b);
    errno = err;
    return result;
}

/* A directory may have given the file a list that OTHER has not. */
static int
drop_acl (int fd)
{
    if (fremovexattr (fd, acl) == 0 || errno == ENODATA || errno == ENOTSUP || errno == ENOSYS)
        return 0;
    return -1;
}

/* The list of OTHER, of SIZE bytes: 0, or -1 with errno. */
static int
copy_acl (int fd, int other, size_t size)
{
    void *value = malloc (size);
    ssize_t n = value ? get_attribute (other, acl, value, size) : -1;
    int result = n < 0 ? -1 : fsetxattr (fd, acl, value, (size_t) n, 0);
    int err = errno;
    free (value);
    errno = err;
    return result;
}

/* Of *MODE, what is left. The list brings the permissions of its own. */
static int
take_acl (int fd, int other, bool group_kept, mode_t *mode)
{
    ssize_t n = get_attribute (other, acl, NULL, 0);
    if (n < 0)
        return errno == ENODATA || errno == ENOTSUP || errno == ENOSYS ? drop_acl (fd) : -1;
    int result = group_kept ? copy_acl (fd, other, (size_t) n) : 1;
    if (result == 0)
        return 0;
    if (result < 0 && !is_refused (errno))
        return -1;
    *mode &= 0700;
    return drop_acl (fd);
}
#else
static int
take_extended (int fd, int other, bool kept)
{
    (void) fd, (void) other, (void) kept;
    return 0;
}

static int
take_acl (int fd, int other, bool group_kept, mode_t *mode)
{
    (void) fd, (void) other, (void) group_kept, (void) mode;
    return 0;
}
#endif

int
tempfile__take_attributes (int fd, int other)
{
    struct stat from, st;
    if (fstat (other, &from) < 0 || fstat (fd, &st) < 0)
        return -1;
    if (st.st_dev == from.st_dev && st.st_ino == from.st_ino)
        return 0;
    if (unless_refused (fchmod (fd, 0600)) < 0 || take_owner (fd, &from, &st) < 0)
        return -1;
    bool group_kept = st.st_gid == from.st_gid;
    bool kept = group_kept && st.st_uid == from.st_uid;
    mode_t mode = from.st_mode & (kept ? 07777 : 0777);
    if (!group_kept)
        mode = without_group (mode);
    if (take_extended (fd, other, kept) < 0 || take_acl (fd, other, group_kept, &mode) < 0)
        return -1;
    return unless_refused (fchmod (fd, mode));
}
