/* SPDX-License-Identifier: MIT */
/*
 * A program as a user would write it, in C99, against the installed header and library; see
 * installed.sh, which compiles it with other headers before as well. Else the header comes first,
 * so it must need no other before it.
 */
#define TEMPFILE_REPLACE_TMPFILE
#include <tempfile.h>

#include <stdio.h>
#include <string.h>

typedef void function (void);

/* Each function of the header, so that linking proves that the library has it. */
static function *const functions[] = {
    (function *) tempfile_open,           (function *) tempfile_open_named,
    (function *) tempfile_name,           (function *) tempfile_fileno,
    (function *) tempfile_truncate,       (function *) tempfile_reopen,
    (function *) tempfile_keep,           (function *) tempfile_on_close,
    (function *) tempfile_close,          (function *) tempfile_into_path,
    (function *) tempfile_unlink,         (function *) tempfile_gettempdir,
    (function *) tempfile_settempdir,     (function *) tempfile_gettempprefix,
    (function *) tempfile_add_audit_hook, (function *) tempfile_errmsg,
    (function *) tempfile_version,        (function *) tempfile_open_dir,
    (function *) tempfile_dir_name,       (function *) tempfile_dir_keep,
    (function *) tempfile_dir_close,      (function *) tempfile_mkstemp,
    (function *) tempfile_mkdtemp,        (function *) tempfile_make,
    (function *) tempfile_tmpfile,        (function *) tempfile_finish,
    (function *) tempfile_adopt,          (function *) tempfile_keep_path,
    (function *) tempfile_persist_path,   (function *) tempfile_register,
};

static int closed;

static int
note_closed (void *arg)
{
    closed++;
    return arg != &closed;
}

static int
check (int condition, const char *what)
{
    if (!condition)
        fprintf (stderr, "consumer.c: %s: %s\n", what, tempfile_errmsg ());
    return !condition;
}

static int
use_keywords (void)
{
    char line[32] = "";
    int failures = 0;
    FILE *f = TemporaryFile ();
    FILE *g = NamedTemporaryFile (.mode = "w+b", .suffix = ".csv", .prefix = "consumer-",
                                  .on_close = note_closed, .on_close_arg = &closed);

    if (!f || !g)
        return check (0, "cannot open");
    failures += check (fputs ("a,b\n", g) >= 0, "fputs");
    rewind (g);
    failures += check (fgets (line, sizeof line, g) != NULL, "fgets");
    failures += check (strcmp (line, "a,b\n") == 0, "contents");
    failures += check (strstr (tempfile_name (g), "/consumer-") != NULL, "name");
    failures += check (fclose (g) == 0, "fclose named");
    failures += check (fclose (f) == 0, "fclose unnamed");
    return failures + check (closed == 1, "on_close");
}

static int
use_scope_guards (void)
{
    int failures = 0;
#ifdef __GNUC__
    tempfile_auto FILE *f = NamedTemporaryFile (.delete_when = TEMPFILE_DELETE_ON_EXIT);
    tempfile_auto_path char *path = tempfile_into_path (NamedTemporaryFile ());

    tempfile_auto_dir struct tempfile_dir *d = TemporaryDirectory (.prefix = "consumer-");

    failures += check (f != NULL && path != NULL && d != NULL, "scope guards");
#endif
    return failures;
}

/* What programs that know no other call, and mean this library's by one line. */
static int
use_tmpfile (void)
{
    FILE *(*const named) (void) = tmpfile;
    int failures = check (named == tempfile_tmpfile, "tmpfile is not replaced");
    FILE *f = tmpfile ();

#ifdef _LARGEFILE64_SOURCE
    FILE *(*const large) (void) = tmpfile64;
    failures += check (large == tempfile_tmpfile, "tmpfile64 is not replaced");
#endif
    if (!f)
        return check (0, "tmpfile");
    failures += check (fputs ("line", f) >= 0 && fseek (f, 0, SEEK_SET) == 0, "fputs to tmpfile");
    failures += check (fgetc (f) == 'l', "contents of tmpfile");
    return failures + check (fclose (f) == 0, "fclose tmpfile");
}

/* The version that the library must have is the one argument. */
int
main (int argc, char **argv)
{
    int failures = use_keywords () + use_scope_guards () + use_tmpfile ();
    size_t i;

    for (i = 0; i < sizeof functions / sizeof *functions; i++)
        failures += check (functions[i] != NULL, "a function is missing");
    failures += check (argc == 2 && strcmp (tempfile_version (), argv[1]) == 0, "version");
    return failures != 0;
}
