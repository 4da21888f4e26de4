/* SPDX-License-Identifier: MIT */
/*
 * From struct tempfile_options, of whatever version, to struct settings.
 *
 * The rules are Python's: those of open() for mode, buffering, encoding, errors and newline,
 * those of mkstemp() for suffix, prefix and dir.
 */
#include "base/export.h"

#include "base/error.h"
#include "create/name.h"
#include "create/options.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <string.h>

#ifndef NAME_MAX
#define NAME_MAX 255
#endif

/* No struct of options will ever be larger, and none was smaller than the first one, which ended
 * before recoverable: such a size is garbage, sizeof of a pointer most likely. */
enum { SMALLEST_OPTIONS = offsetof (struct tempfile_options, recoverable), LARGEST_OPTIONS = 4096 };

enum { ALLOWED_PERMISSIONS = 0777 | TEMPFILE_UMASK };

/* The letters of a mode, as a set. */
enum { R = 1, W = 2, X = 4, A = 8, UPDATE = 16, B = 32, T = 64, E = 128 };

static const unsigned char letters[UCHAR_MAX + 1] = {
    ['r'] = R, ['w'] = W, ['x'] = X, ['a'] = A, ['+'] = UPDATE, ['b'] = B, ['t'] = T, ['e'] = E,
};

/* What is wrong with a mode in which not all letters are known and different. */
static int
fail_letters (const char *text)
{
    for (const char *p = text; *p; p++) {
        if (!letters[(unsigned char) *p])
            return tempfile__fail (EINVAL, "mode '%s': unknown letter '%c'", text, *p);
        if (strchr (p + 1, *p))
            return tempfile__fail (EINVAL, "mode '%s': '%c' given twice", text, *p);
    }
    return 0;
}

static int
parse_letters (unsigned *set, const char *text)
{
    int openers = 0;
    bool sound = true;
    *set = 0;
    for (const char *p = text; *p; p++) {
        unsigned bit = letters[(unsigned char) *p];
        openers += (bit & (R | W | X | A)) != 0;
        sound &= bit && !(*set & bit);
        *set |= bit;
    }
    if (openers != 1)
        return tempfile__fail (EINVAL, "mode '%s': must have exactly one of r, w, x, a", text);
    if (!sound)
        return fail_letters (text);
    if ((*set & B) && (*set & T))
        return tempfile__fail (EINVAL, "mode '%s': cannot be both text and binary", text);
    return 0;
}

int
tempfile__mode_parse (struct mode *m, const char *text)
{
    unsigned set;
    if (parse_letters (&set, text) < 0)
        return -1;
    bool update = set & UPDATE;
    bool reading = set & R;
    m->append = set & A;
    m->truncate = set & W;
    m->exclusive = set & X;
    m->readable = reading || update;
    m->writable = !reading || update;
    m->text = !(set & B);
    m->flags = (!m->writable ? O_RDONLY : m->readable ? O_RDWR : O_WRONLY);
    m->flags |= m->append ? O_APPEND : 0;
    if (m->append)
        m->stdio = update ? "a+" : "a";
    else if (reading)
        m->stdio = update ? "r+" : "r";
    else
        m->stdio = update ? "w+" : "w";
    return 0;
}

/*
 * Copies what both sides know. What only a newer caller knows must be zero, for it would be
 * ignored; what only this library knows takes its default.
 */
static int
copy_options (struct tempfile_options *o, const struct tempfile_options *given, size_t size)
{
    if (given && size == sizeof *o) { /* nearly always, and a copy of known size is faster */
        *o = *given;
        return 0;
    }
    memset (o, 0, sizeof *o);
    if (!given)
        return 0;
    if (size > LARGEST_OPTIONS)
        return tempfile__fail (E2BIG, "options of %zu bytes: too large", size);
    if (size < SMALLEST_OPTIONS || size % _Alignof(struct tempfile_options) != 0)
        return tempfile__fail (EINVAL, "options of %zu bytes: not the size of any version", size);
    const unsigned char *bytes = (const unsigned char *) given;
    for (size_t i = sizeof *o; i < size; i++)
        if (bytes[i])
            return tempfile__fail (E2BIG, "options: byte %zu is of an option unknown to version %s",
                                   i, PACKAGE_VERSION);
    memcpy (o, given, size < sizeof *o ? size : sizeof *o);
    return 0;
}

static int
check_binary (const struct tempfile_options *o)
{
    if (o->encoding)
        return tempfile__fail (EINVAL, "encoding '%s': not with a binary mode", o->encoding);
    if (o->errors)
        return tempfile__fail (EINVAL, "errors '%s': not with a binary mode", o->errors);
    if (o->newline)
        return tempfile__fail (EINVAL, "newline: not with a binary mode");
    return 0;
}

static int
check_names (const struct settings *s)
{
    if (strchr (s->prefix, '/'))
        return tempfile__fail (EINVAL, "prefix '%s': must not contain '/'", s->prefix);
    if (strchr (s->suffix, '/'))
        return tempfile__fail (EINVAL, "suffix '%s': must not contain '/'", s->suffix);
    size_t room = NAME_MAX - tempfile__random_length (s->recoverable);
    size_t prefix = strlen (s->prefix);
    if (prefix > room)
        return tempfile__fail (ENAMETOOLONG, "prefix of %zu bytes: too long for a file name",
                               prefix);
    size_t suffix = strlen (s->suffix);
    if (prefix + suffix > room)
        return tempfile__fail (ENAMETOOLONG, "suffix of %zu bytes: too long for a file name",
                               suffix);
    if (s->dir && !*s->dir)
        return tempfile__fail (ENOENT, "dir '': is empty");
    return 0;
}

static int
check_numbers (const struct tempfile_options *o, enum kind kind)
{
    if (o->buffering < TEMPFILE_UNBUFFERED)
        return tempfile__fail (EINVAL, "buffering %d: must be a size or one of the constants",
                               o->buffering);
    if ((unsigned) o->delete_when > TEMPFILE_DELETE_NEVER)
        return tempfile__fail (EINVAL, "delete_when %d: no such value", (int) o->delete_when);
    if (o->delete_when != TEMPFILE_DELETE_ON_CLOSE &&
        (kind == KIND_UNNAMED || kind == KIND_SPOOLED))
        return tempfile__fail (EINVAL, "delete_when: for named streams only");
    if (o->delete_when == TEMPFILE_DELETE_ON_EXIT && kind == KIND_DIRECTORY)
        return tempfile__fail (EINVAL, "delete_when: a directory is deleted at close or never");
    if (o->max_size != 0 && kind != KIND_SPOOLED)
        return tempfile__fail (EINVAL, "max_size: for spooled streams only");
    if (o->recoverable != 0 && o->recoverable != 1)
        return tempfile__fail (EINVAL, "recoverable %d: must be 0 or 1", o->recoverable);
    if (o->recoverable && o->delete_when == TEMPFILE_DELETE_NEVER)
        return tempfile__fail (EINVAL, "recoverable: not for a file that is never deleted");
    if (o->permissions & ~(mode_t) ALLOWED_PERMISSIONS)
        return tempfile__fail (EINVAL, "permissions 0%o: must be within 0%o",
                               (unsigned) o->permissions, 0777);
    return 0;
}

static int
check_in_memory (const struct tempfile_options *o)
{
    if (o->in_memory != 0 && o->in_memory != 1)
        return tempfile__fail (EINVAL, "in_memory %d: must be 0 or 1", o->in_memory);
    if (o->in_memory && o->dir)
        return tempfile__fail (EINVAL, "in_memory: not with dir '%s'", o->dir);
    if (o->in_memory && o->permissions & TEMPFILE_UMASK)
        return tempfile__fail (EINVAL, "in_memory: not with TEMPFILE_UMASK");
    return 0;
}

/* Options that some kinds do not have. */
enum {
    MODE = 1,
    STREAM = 2,
    DELETE = 4,
    PERMISSIONS = 8,
    HOOK = 16,
    RECOVERABLE = 32,
    IN_MEMORY = 64
};

static int
refuse (const char *option, const char *what)
{
    return tempfile__fail (EINVAL, "%s: not an option of %s", option, what);
}

static int
check_kind (const struct tempfile_options *o, enum kind kind)
{
    static const struct {
        unsigned has;
        const char *what;
    } kinds[] = {
        [KIND_UNNAMED] = {MODE | STREAM | DELETE | PERMISSIONS | HOOK | IN_MEMORY,
                          "a stream without a name"},
        [KIND_NAMED] = {MODE | STREAM | DELETE | PERMISSIONS | HOOK | RECOVERABLE,
                        "a stream with a name"},
        [KIND_SPOOLED] = {MODE | STREAM | DELETE | PERMISSIONS | HOOK, "a spooled stream"},
        [KIND_DIRECTORY] = {DELETE | PERMISSIONS | HOOK | RECOVERABLE, "a directory"},
        [KIND_MKDTEMP] = {PERMISSIONS, "tempfile_mkdtemp"},
        [KIND_MKSTEMP] = {MODE | DELETE | PERMISSIONS, "tempfile_mkstemp"},
        [KIND_MAKE] = {DELETE, "tempfile_make"},
    };
    unsigned lacks = ~kinds[kind].has;
    const char *what = kinds[kind].what;
    if (lacks & MODE && o->mode)
        return refuse ("mode", what);
    if (lacks & STREAM && o->buffering != TEMPFILE_BUFFERING_DEFAULT)
        return refuse ("buffering", what);
    if (lacks & STREAM && (o->encoding || o->errors || o->newline))
        return refuse (o->encoding ? "encoding" : o->errors ? "errors" : "newline", what);
    if (lacks & DELETE && o->delete_when != TEMPFILE_DELETE_ON_CLOSE)
        return refuse ("delete_when", what);
    if (lacks & PERMISSIONS && o->permissions)
        return refuse ("permissions", what);
    if (lacks & HOOK && (o->on_close || o->on_close_arg))
        return refuse ("on_close", what);
    if (lacks & RECOVERABLE && o->recoverable)
        return refuse ("recoverable", what);
    if (lacks & IN_MEMORY && o->in_memory)
        return refuse ("in_memory", what);
    return 0;
}

/* It is the path of a file, be there one or not. */
static int
check_beside (const struct tempfile_options *o)
{
    if (!o->beside)
        return 0;
    if (o->dir || o->in_memory)
        return tempfile__fail (EINVAL, "beside '%s': not with %s", o->beside,
                               o->dir ? "dir" : "in_memory");
    if (!*o->beside)
        return tempfile__fail (ENOENT, "beside '': is empty");
    const char *slash = strrchr (o->beside, '/');
    const char *name = slash ? slash + 1 : o->beside;
    if (!*name || strcmp (name, ".") == 0 || strcmp (name, "..") == 0)
        return tempfile__fail (EISDIR, "beside '%s': is a directory's", o->beside);
    return 0;
}

static mode_t
default_permissions (enum kind kind)
{
    return kind == KIND_DIRECTORY || kind == KIND_MKDTEMP ? 0700 : 0600;
}

/* What only text has: refused in a binary mode, and else CHECK_TEXT's to judge, or nobody's. */
static int
settle_text (struct settings *s, const struct tempfile_options *o, check_text_fn *check_text)
{
    s->encoding = o->encoding;
    s->errors = o->errors;
    s->newline = o->newline;
    if (s->mode.text && o->buffering == TEMPFILE_UNBUFFERED)
        return tempfile__fail (EINVAL, "buffering: a text stream cannot be unbuffered");
    if (check_text && check_text (s) < 0)
        return -1;
    return s->mode.text ? 0 : check_binary (o);
}

int
tempfile__options_parse (struct settings *s, enum kind kind, check_text_fn *check_text,
                         const struct tempfile_options *given, size_t size)
{
    struct tempfile_options o;
    if (copy_options (&o, given, size) < 0 || check_kind (&o, kind) < 0)
        return -1;
    if (!o.mode)
        o.mode = "w+b";
    if (tempfile__mode_parse (&s->mode, o.mode) < 0 || check_numbers (&o, kind) < 0 ||
        check_in_memory (&o) < 0 || check_beside (&o) < 0)
        return -1;
    if (s->mode.text && kind == KIND_MKSTEMP)
        return tempfile__fail (EINVAL, "mode '%s': a descriptor knows no text, add b", o.mode);
    if (settle_text (s, &o, check_text) < 0)
        return -1;
    s->buffering = o.buffering;
    s->suffix = o.suffix ? o.suffix : "";
    s->prefix = o.prefix ? o.prefix : tempfile_gettempprefix ();
    s->dir = o.dir;
    s->beside = o.beside;
    s->delete_when = o.delete_when;
    s->permissions = o.permissions & 0777 ? o.permissions & 0777 : default_permissions (kind);
    s->heeds_umask = o.permissions & TEMPFILE_UMASK;
    s->in_memory = o.in_memory;
    s->recoverable = o.recoverable;
    s->max_size = o.max_size;
    s->on_close = o.on_close;
    s->on_close_arg = o.on_close_arg;
    return check_names (s);
}
