/* SPDX-License-Identifier: MIT */
/* In a library that was built without text: each way to ask for it is refused. */
#include "base/export.h"

#include "base/error.h"
#include "stream/stream.h"

#include <errno.h>

static int
refuse (const char *option)
{
    return tempfile__fail (ENOTSUP, "%s: this library was built without text (--disable-text)",
                           option);
}

int
tempfile__stream_check_text (struct settings *s)
{
    if (s->encoding || s->errors || s->newline)
        return refuse (s->encoding ? "encoding" : s->errors ? "errors" : "newline");
    return s->mode.text ? refuse ("a mode without b") : 0;
}

/* No settings that were checked ask for any. */
int
tempfile__stream_add_text (struct storage **storage, const struct settings *s)
{
    (void) storage;
    (void) s;
    return 0;
}
