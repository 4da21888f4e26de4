/* SPDX-License-Identifier: MIT */
/*
 * Wide characters and freopen(3) on custom streams: errors, or success, where stdio would crash.
 *
 * A stdio that has no wide characters on custom streams may say so by a pointer to nowhere in
 * their FILE: reading a wide character follows it, and so does freopen(), which makes a custom
 * stream an ordinary one and then gives it all that those have. Here it points to an area of
 * zeros, which is what ordinary streams begin with. Then reading fails as writing does, and what
 * freopen() makes is as good as what fopen() makes, wide characters included.
 *
 *     open --freopen--> reopened --fclose--> unknown
 *
 * Nobody tells this library when a stream is reopened, but freopen() leaves a mark: the area is
 * zero no more. From then on the FILE, its descriptor and the area are stdio's, until fclose(),
 * of which nobody tells either: the FILE must not be looked at any more. The area stays until it
 * is known that nothing uses it: when another stream is at the same address, or tempfile_close()
 * has closed it.
 */
#include "base/export.h"

#include "stream/stream.h"

#include <string.h>

#ifdef STREAM_WIDE_MEMBER

void
tempfile__wide_set (struct stream *s)
{
    s->wide.before = s->file->STREAM_WIDE_MEMBER;
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
