/* SPDX-License-Identifier: MIT */
/*
 * The error handlers of Python. The codecs themselves implement surrogatepass; what they still
 * reject is an error. Handlers that are for writing only act as "strict" when reading.
 */
#include "base/export.h"

#include "base/error.h"
#include "text/codec.h"
#include "text/errors.h"
#include "text/utf8.h"

#include <errno.h>
#ifdef HAVE_LIBUNISTRING
#include <uniname.h>
#endif

static const char *const names[] = {
    [H_STRICT] = "strict",
    [H_IGNORE] = "ignore",
    [H_REPLACE] = "replace",
    [H_BACKSLASHREPLACE] = "backslashreplace",
    [H_XMLCHARREFREPLACE] = "xmlcharrefreplace",
    [H_SURROGATEESCAPE] = "surrogateescape",
    [H_SURROGATEPASS] = "surrogatepass",
    [H_NAMEREPLACE] = "namereplace",
};

static int
check_available (enum handler handler)
{
#ifdef HAVE_LIBUNISTRING
    (void) handler;
    return 0;
#else
    return handler != H_NAMEREPLACE
               ? 0
               : tempfile__fail (EINVAL, "errors 'namereplace': this library was built without "
                                         "libunistring, which knows the names");
#endif
}

int
tempfile__handler_find (enum handler *handler, const char **errors)
{
    *handler = H_STRICT;
    if (!*errors)
        return 0;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp (*errors, names[i]) != 0)
            continue;
        *handler = (enum handler) i;
        *errors = names[i];
        return check_available (*handler);
    }
    return tempfile__fail (EINVAL, "errors '%s': unknown error handler", *errors);
}

static void
add (struct replacement *r, const char *text, size_t n)
{
    /* cppcheck-suppress uninitvar ; the caller's other argument has filled it */
    memcpy (r->bytes + r->length, text, n);
    r->length += n;
}

static void
add_escape (struct replacement *r, uint32_t c)
{
    char text[16];
    const char *how = c < 0x100 ? "\\x%02x" : c < 0x10000 ? "\\u%04x" : "\\U%08x";
    add (r, text, (size_t) snprintf (text, sizeof text, how, (unsigned) c));
}

static void
add_escapes (struct replacement *r, const unsigned char *bad, size_t n)
{
    for (size_t i = 0; i < n; i++)
        add_escape (r, bad[i]);
}

/*
 * Bytes below 0x80 have no such surrogate. Decoding goes on at the first of them, and as in Python
 * after four bytes.
 */
static bool
add_surrogates (struct replacement *r, const unsigned char *bad, size_t *n)
{
    size_t i = 0;
    for (; i < *n && i < 4 && bad[i] >= 0x80; i++)
        r->length += utf8_put (r->bytes + r->length, 0xdc00u + bad[i]);
    if (i == 0)
        return false;
    *n = i;
    return true;
}

bool
tempfile__handle_decoding (enum handler handler, const unsigned char *bad, size_t *n,
                           struct replacement *r)
{
    r->length = 0;
    r->raw = false;
    if (*n > BAD_BYTES)
        *n = BAD_BYTES;
    switch (handler) {
    case H_IGNORE:
        return true;
    case H_REPLACE:
        r->length = utf8_put (r->bytes, 0xfffd);
        return true;
    case H_BACKSLASHREPLACE:
        add_escapes (r, bad, *n);
        return true;
    case H_SURROGATEESCAPE:
        return add_surrogates (r, bad, n);
    default:
        return false;
    }
}

#ifdef HAVE_LIBUNISTRING
/* The ideographs of Unicode 14, which Python 3.11 has. Their names are made of their numbers. */
static bool
is_unified_ideograph (uint32_t c)
{
    return (c >= 0x3400 && c <= 0x4dbf) || (c >= 0x4e00 && c <= 0x9fff) ||
           (c >= 0x20000 && c <= 0x2a6df) || (c >= 0x2a700 && c <= 0x2b738) ||
           (c >= 0x2b740 && c <= 0x2b81d) || (c >= 0x2b820 && c <= 0x2cea1) ||
           (c >= 0x2ceb0 && c <= 0x2ebe0) || (c >= 0x30000 && c <= 0x3134a);
}

static bool
is_compatibility_ideograph (uint32_t c)
{
    return (c >= 0xf900 && c <= 0xfa6d) || (c >= 0xfa70 && c <= 0xfad9) ||
           (c >= 0x2f800 && c <= 0x2fa1d);
}

/*
 * The name of a Hangul syllable, from the short names of its parts: The Unicode Standard, section
 * 3.12.
 */
static void
name_syllable (char name[UNINAME_MAX], uint32_t c)
{
    static const char initials[19][3] = {"G",  "GG", "N", "D",  "DD", "R", "M", "B", "BB", "S",
                                         "SS", "",   "J", "JJ", "C",  "K", "T", "P", "H"};
    static const char middles[21][4] = {"A",   "AE", "YA", "YAE", "EO", "E",  "YEO",
                                        "YE",  "O",  "WA", "WAE", "OE", "YO", "U",
                                        "WEO", "WE", "WI", "YU",  "EU", "YI", "I"};
    static const char finals[28][3] = {"",   "G",  "GG", "GS", "N",  "NJ", "NH", "D", "L",  "LG",
                                       "LM", "LB", "LS", "LT", "LP", "LH", "M",  "B", "BS", "S",
                                       "SS", "NG", "J",  "C",  "K",  "T",  "P",  "H"};
    c -= 0xac00;
    snprintf (name, UNINAME_MAX, "HANGUL SYLLABLE %s%s%s", initials[c / (21 * 28)],
              middles[c / 28 % 21], finals[c % 28]);
}

/*
 * Names that follow a rule are made here, because libunistring knows only some of them. It knows
 * all others.
 */
static bool
find_name (char name[UNINAME_MAX], uint32_t c)
{
    if (is_unified_ideograph (c))
        snprintf (name, UNINAME_MAX, "CJK UNIFIED IDEOGRAPH-%X", (unsigned) c);
    else if (is_compatibility_ideograph (c))
        snprintf (name, UNINAME_MAX, "CJK COMPATIBILITY IDEOGRAPH-%X", (unsigned) c);
    else if (c >= 0xac00 && c <= 0xd7a3)
        name_syllable (name, c);
    else
        return unicode_character_name (c, name) != NULL;
    return true;
}

static void
add_name (struct replacement *r, uint32_t c)
{
    char name[UNINAME_MAX], text[UNINAME_MAX + 8];
    if (!find_name (name, c)) {
        add_escape (r, c);
        return;
    }
    int n = snprintf (text, sizeof text, "\\N{%s}", name);
    if (n > 0 && (size_t) n < sizeof text && (size_t) n <= REPLACEMENT)
        add (r, text, (size_t) n);
}
#endif

static bool
handle_character (enum handler handler, uint32_t c, struct replacement *r)
{
    char text[16];
    switch (handler) {
    case H_REPLACE:
        add (r, "?", 1);
        return true;
    case H_BACKSLASHREPLACE:
        add_escape (r, c);
        return true;
    case H_XMLCHARREFREPLACE:
        add (r, text, (size_t) snprintf (text, sizeof text, "&#%u;", (unsigned) c));
        return true;
    case H_SURROGATEESCAPE:
        r->raw = true;
        r->bytes[r->length++] = (unsigned char) c;
        return c >= 0xdc80 && c <= 0xdcff;
#ifdef HAVE_LIBUNISTRING
    case H_NAMEREPLACE:
        add_name (r, c);
        return true;
#endif
    default:
        return false;
    }
}

/*
 * For input that is not UTF-8. Python's strings cannot hold such bytes, so each handler does what
 * is nearest to its name.
 */
static bool
handle_input (enum handler handler, const unsigned char *bad, size_t n, struct replacement *r)
{
    switch (handler) {
    case H_REPLACE:
        add (r, "?", 1);
        return true;
    case H_BACKSLASHREPLACE:
        add_escapes (r, bad, n);
        return true;
    case H_SURROGATEESCAPE:
        r->raw = true;
        memcpy (r->bytes, bad, n);
        r->length = n;
        return true;
    default:
        return false;
    }
}

bool
tempfile__handle_encoding (enum handler handler, uint32_t c, const unsigned char *bad, size_t n,
                           struct replacement *r)
{
    r->length = 0;
    r->raw = false;
    if (handler == H_IGNORE)
        return true;
    return c == NO_CHARACTER ? handle_input (handler, bad, n, r) : handle_character (handler, c, r);
}
