/* SPDX-License-Identifier: MIT */
/*
 * Names that nobody can guess: 64 bits from the kernel each, in lower-case letters and digits so
 * that a file system which folds case keeps them apart.
 *
 * Each thread draws from a small pool of its own, filled by one system call for many names. A
 * child of fork() must not repeat its parent's names: the pool of another generation is stale.
 */
#include "base/export.h"

#include "base/error.h"
#include "base/process.h"
#include "create/name.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>
#ifdef HAVE_SYS_RANDOM_H
#include <sys/random.h>
#endif

enum { POOL = 16 };

static _Thread_local struct {
    unsigned generation; /* 0: never filled */
    unsigned left;
    uint64_t numbers[POOL];
} pool;

static int
read_device (void *buffer, size_t size)
{
    int fd = open ("/dev/urandom", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    ssize_t n;
    do
        n = read (fd, buffer, size);
    while (n < 0 && errno == EINTR);
    int err = n < 0 ? errno : EIO;
    close (fd);
    if (n == (ssize_t) size)
        return 0;
    errno = err; /* LCOV_EXCL_LINE: the device gives what it is asked for */
    return -1;   /* LCOV_EXCL_LINE: the same */
}

/* Old kernels and some sandboxes lack the system call; then the device serves. */
static int
ask_kernel (void *buffer, size_t size)
{
#if defined HAVE_GETRANDOM
    ssize_t n;
    do
        n = getrandom (buffer, size, 0);
    while (n < 0 && errno == EINTR);
    if (n == (ssize_t) size)
        return 0;
#elif defined HAVE_GETENTROPY
    if (getentropy (buffer, size) == 0)
        return 0;
#endif
    return read_device (buffer, size);
}

static int
fill_pool (void)
{
    pool.left = 0;
    if (ask_kernel (pool.numbers, sizeof pool.numbers) < 0)
        return tempfile__fail_system (errno, "no random numbers for a name");
    pool.generation = tempfile__generation ();
    pool.left = POOL;
    return 0;
}

EXPORT const char *
tempfile_gettempprefix (void)
{
    return "tmp";
}

static const char digits[33] = "abcdefghijklmnopqrstuvwxyz234567";

/*
 * Never to be changed: other versions of the library must know the tags of this one. FNV-1a over
 * a word of our own and the random part, and a final mix.
 */
static void
make_tag (const char *random, char *tag)
{
    static const char word[] = "libtempfile-recoverable-1";
    uint64_t h = 0xcbf29ce484222325u;
    for (size_t i = 0; i < sizeof word; i++)
        h = (h ^ (unsigned char) word[i]) * 0x100000001b3u;
    for (size_t i = 0; i < NAME_RANDOM; i++)
        h = (h ^ (unsigned char) random[i]) * 0x100000001b3u;
    h = (h ^ h >> 32) * 0x9e3779b97f4a7c15u;
    h ^= h >> 29;
    for (int i = 0; i < NAME_TAG; i++, h >>= 5)
        tag[i] = digits[h & 31];
}

bool
tempfile__name_has_tag (const char *name)
{
    size_t run = 0;
    for (const char *p = name; *p; p++) {
        run = strchr (digits, *p) ? run + 1 : 0;
        if (run < NAME_RANDOM + NAME_TAG)
            continue;
        const char *random = p + 1 - NAME_TAG - NAME_RANDOM;
        char tag[NAME_TAG];
        make_tag (random, tag);
        if (memcmp (tag, random + NAME_RANDOM, NAME_TAG) == 0)
            return true;
    }
    return false;
}

int
tempfile__name_random (char *out, bool tagged)
{
    if ((pool.left == 0 || pool.generation != tempfile__generation ()) && fill_pool () < 0)
        return -1;
    uint64_t bits = pool.numbers[--pool.left];
    for (int i = 0; i < NAME_RANDOM; i++, bits >>= 5)
        out[i] = digits[bits & 31];
    if (tagged)
        make_tag (out, out + NAME_RANDOM);
    return 0;
}
