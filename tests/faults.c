/* SPDX-License-Identifier: MIT */
/*
 * faults.c - a system that fails on request; see faults.h.
 *
 * The table below says for each call how it may fail, after the manual pages of Linux: first the
 * failures that are likely, then the others. Left out are those that only a wrong argument brings
 * about, such as EFAULT.
 */
#include "common.h"

#include "faults.h"

#ifdef FAULTS_POSSIBLE

#include <dirent.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/syscall.h>

enum { ERRORS = 24 };

struct call {
    const char *name;
    int errors[ERRORS]; /* up to a 0 */
};

static const struct call calls[] = {
    {"malloc", {ENOMEM}},
    {"calloc", {ENOMEM}},
    {"realloc", {ENOMEM}},
    {"open", {EINTR,  EMFILE,    ENOSPC,  EACCES, EDQUOT, EIO,          ENFILE, ENOMEM,
              ENOENT, ENOTDIR,   EROFS,   ELOOP,  EPERM,  ENAMETOOLONG, ENODEV, ENXIO,
              EBUSY,  EOVERFLOW, ETXTBSY, EINVAL, EISDIR, EOPNOTSUPP,   ENOSYS}},
    {"openat", {EINTR, EMFILE, EACCES, ENFILE, ENOMEM, ENOENT, ENOTDIR, ELOOP, EIO, EPERM}},
    {"close", {EINTR, EIO, ENOSPC, EDQUOT}},
    {"read", {EINTR, FAULT_SHORT, EIO, EISDIR, ENOMEM}},
    {"pread", {EINTR, FAULT_SHORT, EIO, EISDIR, ENOMEM}},
    {"pwrite", {EINTR, FAULT_SHORT, ENOSPC, EIO, EDQUOT, EFBIG}},
    {"copy_file_range", {EXDEV, EINTR, FAULT_SHORT, EINVAL, ENOSYS, EIO}},
    {"dup3", {EINTR, EBADF}},
    {"write", {EINTR, FAULT_SHORT, ENOSPC, EIO, EDQUOT, EFBIG, EPERM, ENOMEM}},
    {"lseek", {EINVAL, EOVERFLOW, ESPIPE, EIO}},
    {"ftruncate", {EINTR, EIO, EFBIG, EINVAL, EPERM, ENOSPC, ETXTBSY}},
    {"fstat", {ENOMEM, EIO, EOVERFLOW}},
    {"stat", {EACCES, ENOENT, ELOOP, ENOMEM, ENOTDIR, EOVERFLOW}},
    {"lstat", {EACCES, ENOENT, ELOOP, ENOMEM, ENOTDIR, EOVERFLOW}},
    {"fstatat", {EACCES, ENOENT, ELOOP, ENOMEM, ENOTDIR, EOVERFLOW}},
    {"fchmod", {EPERM, EIO, EROFS, EACCES, ENOMEM, EOPNOTSUPP, ENOSYS}},
    {"fchown", {EPERM, EIO, EDQUOT, EINVAL, EROFS, ENOSYS}},
    {"fgetxattr", {EPERM, EIO, ENODATA, ERANGE, EOPNOTSUPP, ENOSYS}},
    {"fsetxattr", {ENOSPC, EDQUOT, EIO, EPERM, EOPNOTSUPP}},
    {"flistxattr", {EIO, ERANGE, EOPNOTSUPP, ENOSYS}},
    {"fremovexattr", {EIO, EPERM, ENODATA, EOPNOTSUPP}},
    {"fchmodat2", {ENOSYS, EPERM, EIO, EROFS, ENOMEM, EOPNOTSUPP}},
    {"chmod", {EPERM, EIO, EROFS, EACCES, ENOMEM, ENOENT}},
    {"statx", {ENOSYS, EPERM, EIO, EACCES, ENOMEM}},
    {"flock", {EINTR, EWOULDBLOCK, ENOLCK}},
    {"fcntl", {EMFILE, EINVAL, EAGAIN}},
    {"fdopendir", {ENOMEM, ENOTDIR}},
    {"readdir", {EIO, ENOENT}},
    {"getdents64", {FAULT_SHORT, ENOENT, EIO, EINVAL, ENOTDIR}},
    {"fsync", {EINTR, EIO, ENOSPC, EDQUOT, EROFS, EINVAL}},
    {"getcwd", {EACCES, ENOENT, ENOMEM}},
    {"getrandom", {EINTR, FAULT_SHORT, ENOSYS, EAGAIN}},
    {"memfd_create", {EINVAL, EMFILE, ENFILE, ENOMEM, ENOSYS, EACCES}},
    {"link", {EEXIST, EACCES, EDQUOT, EIO, EMLINK, ENOSPC, EPERM, EROFS, EXDEV, ENOENT, ENOMEM}},
    {"linkat", {EEXIST, EACCES, EDQUOT, EIO, EMLINK, ENOSPC, EPERM, EROFS, EXDEV, ENOENT, ENOMEM}},
    {"rename", {EACCES, EBUSY, EDQUOT, EISDIR, ENOENT, ENOSPC, EPERM, EROFS, EXDEV, EIO, ENOMEM}},
    {"renameat", {EACCES, EBUSY, EDQUOT, ENOENT, ENOSPC, EPERM, EROFS, EXDEV, EIO, ENOTEMPTY}},
    {"renameat2", {EEXIST, EACCES, EBUSY, EINVAL, ENOSYS, ENOENT, ENOSPC, EPERM, EXDEV, EIO}},
    {"readlink", {EACCES, EIO, ELOOP, ENAMETOOLONG, ENOMEM, ENOTDIR}},
    {"mkdir", {EEXIST, EACCES, EDQUOT, EMLINK, ENOENT, ENOSPC, EROFS, EPERM, ENOMEM, ENOTDIR}},
    {"rmdir", {ENOTEMPTY, EACCES, EBUSY, EPERM, EROFS, EIO, ENOENT, ENOMEM, EINVAL, ENOTDIR}},
    {"unlink", {EBUSY, EACCES, EIO, ENOENT, EPERM, EROFS, ENOMEM, EISDIR, ENOTDIR}},
    {"unlinkat", {EBUSY, EACCES, EIO, ENOENT, EPERM, EROFS, ENOMEM, ENOTEMPTY, ENOTDIR}},
    {"sigaction", {EINVAL}},
};

/* Shared with children: what fails in them is known here. */
static struct shared {
    struct fault fault;
    struct fault_result result;
    int count;
    const struct call *failing;
} * shared;
static int paused = 1; /* 0: armed */
static int getrandoms;
static const char *interrupted; /* the call before which INTERRUPTION is to run; NULL: none */
static void (*interruption) (void);

static const struct call *
find_call (const char *name)
{
    for (int i = 0; i < LENGTH (calls); i++)
        if (strcmp (calls[i].name, name) == 0)
            return &calls[i];
    abort ();
}

static int
count_errors (const struct call *call)
{
    int n = 0;

    while (call->errors[n])
        n++;
    return n;
}

/* The N-th call it is; what is in the table is what happens. */
static int
strike (const struct call *call)
{
    shared->failing = call;
    shared->result.call = call->name;
    shared->result.variants = count_errors (call);
    shared->result.error = call->errors[shared->fault.variant % shared->result.variants];
    shared->result.times++;
    return shared->result.error;
}

/* What may be tried again for ever is not made to fail for ever: after EINTR, and by a signal that
 * strikes again where sigaction() could not let it take its course. */
static bool
stays (const char *name)
{
    return shared->fault.stays && strcmp (shared->result.call, name) == 0 &&
           shared->result.error != EINTR && strcmp (name, "sigaction") != 0;
}

/* To be asked at each call: 0: let it work; FAULT_SHORT; or the errno, which is set, to fail with.
 */
static int
fault (const char *name)
{
    getrandoms += strcmp (name, "getrandom") == 0;
    if (interrupted && strcmp (name, interrupted) == 0) {
        interrupted = NULL;
        interruption ();
    }
    if (!shared || paused || shared->fault.at == 0)
        return 0;
    if (++shared->count < shared->fault.at)
        return 0;
    int error;
    if (shared->count == shared->fault.at)
        error = strike (find_call (name));
    else if (!stays (name))
        return 0;
    else
        error = strike (shared->failing);
    if (error > 0)
        errno = error;
    return error;
}

/* --- memory --- */

void *__libc_malloc (size_t size);
void *__libc_calloc (size_t n, size_t size);
void *__libc_realloc (void *p, size_t size);
void __libc_free (void *p);

static int blocks; /* allocated, less those freed */

void *
malloc (size_t size)
{
    void *p = fault ("malloc") ? NULL : __libc_malloc (size);

    blocks += p != NULL;
    return p;
}

void *
calloc (size_t n, size_t size)
{
    void *p = fault ("calloc") ? NULL : __libc_calloc (n, size);

    blocks += p != NULL;
    return p;
}

void *
realloc (void *old, size_t size)
{
    if (fault ("realloc"))
        return NULL;
    void *p = __libc_realloc (old, size);
    blocks += !old && p;
    return p;
}

void
free (void *p)
{
    blocks -= p != NULL;
    __libc_free (p);
}

/* --- system calls --- */

/* What has offsets or inode numbers in it may have another name in the C library. */
#ifdef FAULTS_LARGE
#define WRAP(call) __wrap_##call##64
#define REAL(call) __real_##call##64
#else
#define WRAP(call) __wrap_##call
#define REAL(call) __real_##call
#endif

/* The linker makes __wrap_CALL of the library's CALL, and CALL of __real_CALL here. */
#define DIVERT_AS(type, wrap, real, call, parameters, arguments, failure) \
    type wrap parameters;                                                 \
    type real parameters;                                                 \
    type wrap parameters                                                  \
    {                                                                     \
        return fault (#call) ? (failure) : real arguments;                \
    }
#define DIVERT(type, call, parameters, arguments, failure) \
    DIVERT_AS (type, __wrap_##call, __real_##call, call, parameters, arguments, failure)
#define DIVERT_LARGE(type, call, parameters, arguments, failure) \
    DIVERT_AS (type, WRAP (call), REAL (call), call, parameters, arguments, failure)

/* The same for what takes N bytes: some of them. */
#define DIVERT_BYTES(wrap, real, call, parameters, some, arguments) \
    ssize_t wrap parameters;                                        \
    ssize_t real parameters;                                        \
    ssize_t wrap parameters                                         \
    {                                                               \
        int how = fault (#call);                                    \
        if (how > 0)                                                \
            return -1;                                              \
        if (how == FAULT_SHORT && n > 1)                            \
            n = some;                                               \
        return real arguments;                                      \
    }

DIVERT_BYTES (__wrap_read, __real_read, read, (int fd, void *p, size_t n), 1, (fd, p, n))
DIVERT_BYTES (WRAP (pread), REAL (pread), pread, (int fd, void *p, size_t n, off_t at), 1,
              (fd, p, n, at))
DIVERT_BYTES (WRAP (pwrite), REAL (pwrite), pwrite, (int fd, const void *p, size_t n, off_t at),
              n / 2, (fd, p, n, at))
#ifdef HAVE_COPY_FILE_RANGE
DIVERT_BYTES (__wrap_copy_file_range, __real_copy_file_range, copy_file_range,
              (int from, off_t *in, int to, off_t *out, size_t n, unsigned flags), n / 2,
              (from, in, to, out, n, flags))
#endif
DIVERT (int, dup3, (int fd, int to, int flags), (fd, to, flags), -1)
DIVERT_BYTES (__wrap_write, __real_write, write, (int fd, const void *p, size_t n), n / 2,
              (fd, p, n))
DIVERT_BYTES (__wrap_getrandom, __real_getrandom, getrandom, (void *p, size_t n, unsigned flags),
              n / 2, (p, n, flags))

DIVERT_LARGE (off_t, lseek, (int fd, off_t offset, int whence), (fd, offset, whence), -1)
DIVERT_LARGE (int, ftruncate, (int fd, off_t size), (fd, size), -1)
DIVERT_LARGE (int, fstat, (int fd, struct stat *st), (fd, st), -1)
DIVERT_LARGE (int, stat, (const char *path, struct stat *st), (path, st), -1)
DIVERT_LARGE (int, lstat, (const char *path, struct stat *st), (path, st), -1)
DIVERT_LARGE (int, fstatat, (int dir, const char *path, struct stat *st, int flags),
              (dir, path, st, flags), -1)
DIVERT (int, fchmod, (int fd, mode_t mode), (fd, mode), -1)
DIVERT (int, fchown, (int fd, uid_t owner, gid_t group), (fd, owner, group), -1)
#ifdef HAVE_GETXATTR
DIVERT (ssize_t, fgetxattr, (int fd, const char *name, void *p, size_t n), (fd, name, p, n), -1)
DIVERT (int, fsetxattr, (int fd, const char *name, const void *p, size_t n, int flags),
        (fd, name, p, n, flags), -1)
DIVERT (ssize_t, flistxattr, (int fd, char *names, size_t n), (fd, names, n), -1)
DIVERT (int, fremovexattr, (int fd, const char *name), (fd, name), -1)
#endif
DIVERT (int, chmod, (const char *path, mode_t mode), (path, mode), -1)
#ifdef HAVE_STRUCT_STATX_STX_MNT_ID
DIVERT (int, statx, (int dir, const char *path, int flags, unsigned mask, struct statx *st),
        (dir, path, flags, mask, st), -1)
#endif
DIVERT (int, flock, (int fd, int operation), (fd, operation), -1)
DIVERT (DIR *, fdopendir, (int fd), (fd), NULL)
DIVERT_LARGE (struct dirent *, readdir, (DIR * dir), (dir), NULL)
DIVERT (int, fsync, (int fd), (fd), -1)
DIVERT (char *, getcwd, (char *buffer, size_t size), (buffer, size), NULL)
DIVERT (int, memfd_create, (const char *name, unsigned flags), (name, flags), -1)
DIVERT (int, link, (const char *from, const char *to), (from, to), -1)
DIVERT (int, linkat, (int a, const char *from, int b, const char *to, int flags),
        (a, from, b, to, flags), -1)
DIVERT (int, rename, (const char *from, const char *to), (from, to), -1)
DIVERT (int, renameat, (int a, const char *from, int b, const char *to), (a, from, b, to), -1)
DIVERT (int, renameat2, (int a, const char *from, int b, const char *to, unsigned flags),
        (a, from, b, to, flags), -1)
DIVERT (ssize_t, readlink, (const char *path, char *buffer, size_t size), (path, buffer, size), -1)
DIVERT (int, mkdir, (const char *path, mode_t mode), (path, mode), -1)
DIVERT (int, rmdir, (const char *path), (path), -1)
DIVERT (int, unlink, (const char *path), (path), -1)
DIVERT (int, unlinkat, (int dir, const char *path, int flags), (dir, path, flags), -1)
DIVERT (int, sigaction, (int sig, const struct sigaction *act, struct sigaction *old),
        (sig, act, old), -1)

int __wrap_madvise (void *p, size_t size, int advice);
int __real_madvise (void *p, size_t size, int advice);

static int madvises_failed;

/* The library asks while it is loaded, before anything can be armed. */
int
__wrap_madvise (void *p, size_t size, int advice)
{
    if (!getenv (FAULTS_NO_MADVISE))
        return __real_madvise (p, size, advice);
    madvises_failed++;
    errno = EINVAL;
    return -1;
}

int __wrap_raise (int sig);
int __real_raise (int sig);

/* Does not fail; but the process may end. */
int
__wrap_raise (int sig)
{
    paused++;
    test_write_counts ();
    paused--;
    return __real_raise (sig);
}

/* Closes all the same, as Linux does. */
int __wrap_close (int fd);
int __real_close (int fd);

int
__wrap_close (int fd)
{
    int error = fault ("close");
    int result = __real_close (fd);

    if (error == 0)
        return result;
    errno = error;
    return -1;
}

int WRAP (open) (const char *path, int flags, ...);
int REAL (open) (const char *path, int flags, ...);

/* The mode is there, and passed on, when it need not be: the caller's place for it can be read. */
static bool
takes_mode (int flags)
{
#ifdef O_TMPFILE
    return (flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE;
#else
    return flags & O_CREAT;
#endif
}

int
WRAP (open) (const char *path, int flags, ...)
{
    va_list arguments;
    mode_t mode = 0;

    if (fault ("open"))
        return -1;
    if (!takes_mode (flags))
        return REAL (open) (path, flags);
    va_start (arguments, flags);
    mode = va_arg (arguments, mode_t);
    va_end (arguments);
    return REAL (open) (path, flags, mode);
}

int WRAP (openat) (int dir, const char *path, int flags, ...);
int REAL (openat) (int dir, const char *path, int flags, ...);

/* The library makes nothing by it. */
int
WRAP (openat) (int dir, const char *path, int flags, ...)
{
    return fault ("openat") ? -1 : REAL (openat) (dir, path, flags);
}

int WRAP (fcntl) (int fd, int command, ...);
int REAL (fcntl) (int fd, int command, ...);

int
WRAP (fcntl) (int fd, int command, ...)
{
    va_list arguments;

    if (fault ("fcntl"))
        return -1;
    va_start (arguments, command);
    int argument = command == F_DUPFD_CLOEXEC ? va_arg (arguments, int) : 0;
    struct flock *lock = command == F_SETLKW ? va_arg (arguments, struct flock *) : NULL;
    va_end (arguments);
    return lock ? REAL (fcntl) (fd, command, lock) : REAL (fcntl) (fd, command, argument);
}

long __wrap_syscall (long number, ...);
long __real_syscall (long number, ...);

/* The least that holds any one record. */
enum { RECORD = 512 };

/* getdents64 (fd, buffer, size), or fchmodat2 (fd, name, mode, flags). */
long
__wrap_syscall (long number, ...)
{
    va_list arguments;

    va_start (arguments, number);
    int fd = va_arg (arguments, int);
    void *pointer = va_arg (arguments, void *);
    if (number != SYS_getdents64) {
        mode_t mode = va_arg (arguments, mode_t);
        int flags = va_arg (arguments, int);
        va_end (arguments);
        return fault ("fchmodat2") ? -1 : __real_syscall (number, fd, pointer, mode, flags);
    }
    size_t size = va_arg (arguments, size_t);
    va_end (arguments);
    int how = fault ("getdents64");
    if (how > 0)
        return -1;
    return __real_syscall (number, fd, pointer, how == FAULT_SHORT ? (size_t) RECORD : size);
}

/* --- the control --- */

void
faults_begin (void)
{
    void *p =
        mmap (NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (p == MAP_FAILED)
        abort ();
    shared = p;
}

void
faults_arm (struct fault fault)
{
    shared->fault = fault;
    shared->result = (struct fault_result){0};
    shared->count = 0;
    blocks = 0;
    paused = 0;
}

struct fault_result
faults_disarm (void)
{
    paused = 1;
    shared->result.blocks = blocks;
    return shared->result;
}

int
faults_error (void)
{
    return shared->result.error;
}

int
faults_getrandoms (void)
{
    return getrandoms;
}

int
faults_madvises_failed (void)
{
    return madvises_failed;
}

void
faults_interrupt (const char *call, void (*handler) (void))
{
    interruption = handler;
    interrupted = call;
}

bool
faults_interrupted (void)
{
    bool was = !interrupted;

    interrupted = NULL;
    return was;
}

void
faults_pause (void)
{
    paused++;
}

/* After the library's end of a process comes that of what counts which code runs, with system calls
 * of its own, which are diverted as well. */
__attribute__ ((__destructor__ (101))) static void
pause_at_end (void)
{
    paused++;
}

void
faults_resume (void)
{
    paused--;
}

#endif
