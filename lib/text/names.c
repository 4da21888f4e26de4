/* SPDX-License-Identifier: MIT */
/*
 * The names of encodings: those of Python, with all its aliases. Case does not matter, and neither
 * do characters between letters and digits.
 */
#include "base/export.h"

#include "base/error.h"
#include "text/codec.h"
#include "text/tables/names.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/*
 * ENCODINGS(X) has for each the family, its number in the family, and its names: Python's own name
 * first, then the aliases. There are no pointers, because they would have to be relocated when the
 * library is loaded.
 */
#define NAMES(family, variant, names) names "\0"
#define CODEC(family, variant, names) {family, variant},
static const char names[] = ENCODINGS (NAMES);
static const struct encoding {
    uint8_t family, variant;
} encodings[] = {ENCODINGS (CODEC)};

enum { LONGEST_NAME = 64 };

static bool
is_alphanumeric (char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/*
 * Converts NAME to small letters and digits. Characters between them become one '_'. Returns false
 * if the name is longer than any known one.
 */
static bool
normalize (char out[LONGEST_NAME], const char *name)
{
    size_t n = 0;
    bool gap = false;
    for (; *name; name++) {
        if (!is_alphanumeric (*name)) {
            gap = n > 0;
            continue;
        }
        if (n + 3 > LONGEST_NAME)
            return false;
        if (gap)
            out[n++] = '_';
        gap = false;
        out[n++] = (char) (*name >= 'A' && *name <= 'Z' ? *name - 'A' + 'a' : *name);
    }
    out[n] = '\0';
    return n > 0;
}

/* Whether NAME, of LENGTH bytes, is one of the words of LIST. A '.' in LIST stands for '_', too. */
static bool
is_listed (const char *name, size_t length, const char *list)
{
    while (*list) {
        size_t n = strcspn (list, " ");
        size_t i = 0;
        /* NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult): I is below LENGTH */
        while (i < n && n == length && (name[i] == list[i] || (name[i] == '_' && list[i] == '.')))
            i++;
        if (n == length && i == n)
            return true;
        list += n;
        list += *list == ' ';
    }
    return false;
}

/* The encoding that was found last, at first UTF-8: the offset of its names, and its index. */
static _Atomic uint32_t last;
enum { INDEX_BITS = 8 };

/*
 * Returns the index in ENCODINGS of the encoding that has NAME, and sets *NAMES_OF_IT to all its
 * names; or -1. To search all names takes as long as a third of opening a stream.
 */
static int
find (const char *name, const char **names_of_it)
{
    char plain[LONGEST_NAME];
    if (!normalize (plain, name))
        return -1;
    size_t length = strlen (plain);
    uint32_t found = atomic_load (&last);
    *names_of_it = names + (found >> INDEX_BITS);
    if (is_listed (plain, length, *names_of_it))
        return (int) (found & ((1u << INDEX_BITS) - 1));
    const char *list = names;
    for (int i = 0; *list; list += strlen (list) + 1, i++)
        if (is_listed (plain, length, list)) {
            atomic_store (&last, (uint32_t) (list - names) << INDEX_BITS | (uint32_t) i);
            *names_of_it = list;
            return i;
        }
    return -1;
}

/* As find(); or -1 with EINVAL and a message. */
static int
find_or_fail (const char *name, const char **names_of_it)
{
    int found = find (name, names_of_it);
    return found >= 0 ? found : tempfile__fail (EINVAL, "encoding '%s': unknown", name);
}

int
tempfile__codec_check (const char *encoding)
{
    const char *list;
    return encoding && find_or_fail (encoding, &list) < 0 ? -1 : 0;
}

struct codec *
tempfile__codec_open (const char *encoding)
{
    static void (*const families[]) (struct codec *,
                                     unsigned) = {[F_UTF] = tempfile__codec_utf,
                                                  [F_SINGLE] = tempfile__codec_single,
                                                  [F_MULTIBYTE] = tempfile__codec_multibyte,
                                                  [F_ISO2022] = tempfile__codec_iso2022};
    const char *list = "bytes";
    struct encoding e = {F_UTF, BYTES};
    struct codec codec;
    if (encoding) {
        const int found = find_or_fail (encoding, &list);
        if (found < 0)
            return NULL;
        e = encodings[found];
    }
    families[e.family](&codec, e.variant);
    codec.name = list;
    struct codec *new = calloc (1, sizeof *new + codec.memory_size);
    if (!new) {
        tempfile__fail_system (errno, "encoding '%.*s'", (int) strcspn (list, " "), list);
        return NULL;
    }
    *new = codec;
    if (codec.memory_size > 0)
        new->memory = (union memory *) (new + 1);
    return new;
}
