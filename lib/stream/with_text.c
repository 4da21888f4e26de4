/* SPDX-License-Identifier: MIT */
/* Text streams, in a library that has text: the options that only lib/text/ can judge, and the
 * layer that it puts over a storage. */
#include "base/export.h"

#include "stream/stream.h"
#include "text/text.h"

static struct text_settings
text_settings (const struct settings *s)
{
    return (struct text_settings){.encoding = s->encoding,
                                  .errors = s->errors,
                                  .newline = s->newline,
                                  .append = s->mode.append};
}

int
tempfile__stream_check_text (struct settings *s)
{
    struct text_settings text = text_settings (s);
    if (!s->mode.text)
        return 0;
    if (tempfile__text_check (&text) < 0)
        return -1;
    s->errors = text.errors;
    s->newline = text.newline;
    return 0;
}

int
tempfile__stream_add_text (struct storage **storage, const struct settings *s)
{
    struct text_settings text = text_settings (s);
    if (!s->mode.text || !tempfile__text_needed (&text, s->mode.readable))
        return 0;
    struct storage *layer = tempfile__storage_text (*storage, &text);
    if (!layer)
        return -1;
    *storage = layer;
    return 0;
}
