/* SPDX-License-Identifier: MIT */
/*
 * Members of FILE: the three that this library touches, each because of a fault that no documented
 * function mends. Nobody else here knows that a FILE has members.
 *
 *     _fileno     fileno() of a stream of fopencookie() has no descriptor to tell. Test:
 *                 fileno_works in test_stream.
 *     _offset     A write to a file moves the remembered offset on; one to a stream of
 *                 fopencookie() does not. So fseek (f, n, SEEK_CUR) with something to write out
 *                 first starts from where that write began, and data go to the wrong place. The
 *                 write callback sets it to -1, which means unknown: stdio asks for it. Test:
 *                 relative_fseek_goes_from_what_is_buffered in test_stream.
 *     _wide_data  points to nowhere in such a stream. fgetwc() and freopen() follow it and crash.
 *                 Here it points to an area of zeros, as an ordinary stream has: fgetwc() fails,
 *                 and freopen() makes an ordinary stream. Test: test_freopen.
 *
 * Why this cannot break: the layout of struct _IO_FILE is part of glibc's binary interface, for old
 * programs have its getc() and putc() compiled in. What it does with the members is not. configure
 * has tried that, but on the machine where the library was built. So the libc that the program runs
 * on is asked for its version, and one that was never tried is left alone: then fileno() fails with
 * EBADF, freopen() is not possible, and a relative fseek() must come after fflush().
 * tempfile_open(3) says so. Test: test_untried_libc.
 *
 * freopen() leaves a mark, the only one there is: the area is zero no more.
 *
 *     open --freopen--> reopened --fclose--> unknown
 *
 * From then on the FILE, its descriptor and the area are stdio's, until fclose(), of which nobody
 * tells: the FILE must not be looked at any more. The area stays until it is known that nothing
 * uses it: when another stream is at the same address, or tempfile_close() has closed it.
 */
#include "base/export.h"

#include "stream/stream.h"

#include <string.h>

#ifdef HAVE_GNU_GET_LIBC_VERSION

#include <gnu/libc-version.h>
#include <stdatomic.h>

/* All tests have passed on 2.36, 2.39, 2.41, 2.42 and 2.43. What is between is taken to be like
 * these. */
enum { FIRST_TRIED = 36, LAST_TRIED = 43 };

static bool
is_tried (void)
{
    enum { UNKNOWN, NO, YES };
    static _Atomic signed char known = UNKNOWN;
    int answer = atomic_load_explicit (&known, memory_order_relaxed);
    if (answer == UNKNOWN) {
        const char *version = gnu_get_libc_version ();
        long minor = strncmp (version, "2.", 2) == 0 ? strtol (version + 2, NULL, 10) : 0;
        answer = minor >= FIRST_TRIED && minor <= LAST_TRIED ? YES : NO;
        atomic_store_explicit (&known, (signed char) answer, memory_order_relaxed);
    }
    return answer == YES;
}

#elif defined HAVE_STREAM_FILENO || defined STREAM_OFFSET_MEMBER || defined STREAM_WIDE_MEMBER

static bool
is_tried (void)
{
    return true;
}

#endif

#ifdef HAVE_STREAM_FILENO

/* Only for a descriptor that the member can hold. */
void
tempfile__stream_set_fileno (FILE *f, int fd)
{
    __typeof__ (f->STREAM_FILENO_MEMBER) member = (__typeof__ (member)) fd;
    if (member == fd && is_tried ())
        f->STREAM_FILENO_MEMBER = member;
}

#else

void
tempfile__stream_set_fileno (FILE *f, int fd)
{
    (void) f;
    (void) fd;
}

#endif

#ifdef STREAM_OFFSET_MEMBER

void
tempfile__stream_forget_offset (FILE *f)
{
    if (is_tried ())
        f->STREAM_OFFSET_MEMBER = -1;
}

#else

void
tempfile__stream_forget_offset (FILE *f)
{
    (void) f;
}

#endif

#ifdef STREAM_WIDE_MEMBER

void
tempfile__wide_set (struct stream *s)
{
    s->wide.before = s->file->STREAM_WIDE_MEMBER;
    if (is_tried ())
        s->file->STREAM_WIDE_MEMBER = (void *) s->wide.area;
}

void
tempfile__wide_reset (struct stream *s)
{
    s->file->STREAM_WIDE_MEMBER = s->wide.before;
}

/* Each byte is as the one before it, and the first is zero: so memcmp() looks at all. */
bool
tempfile__wide_reopened (const struct stream *s)
{
    const unsigned char *area = s->wide.area;
    return area[0] || memcmp (area, area + 1, WIDE_AREA - 1) != 0;
}

#else

void
tempfile__wide_set (struct stream *s)
{
    (void) s;
}

void
tempfile__wide_reset (struct stream *s)
{
    (void) s;
}

bool
tempfile__wide_reopened (const struct stream *s)
{
    (void) s;
    return false;
}

#endif
