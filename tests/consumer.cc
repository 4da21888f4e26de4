/* SPDX-License-Identifier: MIT */
/*
 * A program as a user would write it, in C++11, against the installed header and library; see
 * installed.sh. In C++ the keyword calls are inline functions that take the struct.
 */
#define TEMPFILE_REPLACE_TMPFILE
#include <tempfile.h>

#include <cstdio>
#include <cstring>
#include <string>

static int closed;

static int
note_closed (void *arg)
{
    closed++;
    return arg != &closed;
}

static int
check (bool condition, const char *what)
{
    if (!condition)
        std::fprintf (stderr, "consumer.cc: %s: %s\n", what, tempfile_errmsg ());
    return !condition;
}

static int
use_options ()
{
    int failures = 0;
    tempfile_options options = tempfile_options ();
    options.suffix = ".csv";
    options.delete_when = TEMPFILE_DELETE_ON_EXIT;
    options.on_close = note_closed;
    options.on_close_arg = &closed;
    FILE *f = NamedTemporaryFile (options);

    if (!f)
        return check (false, "cannot open");
    std::string name = tempfile_name (f);
    failures += check (name.size () > 4 && name.substr (name.size () - 4) == ".csv", "suffix");
    failures += check (std::fputs ("text", f) >= 0, "fputs");
    failures += check (std::fclose (f) == 0, "fclose");
    failures += check (closed == 1, "on_close");
    f = std::fopen (name.c_str (), "r");
    failures += check (f && std::fgetc (f) == 't' && std::fclose (f) == 0, "contents");
    return failures + check (tempfile_unlink (name.c_str ()) == 0, "unlink");
}

static int
use_defaults ()
{
    int failures = 0;
    FILE *f = TemporaryFile ();
    FILE *g = NamedTemporaryFile ();

    failures += check (f && g && tempfile_name (g), "defaults");
    failures += check (f && std::fclose (f) == 0, "fclose unnamed");
    failures += check (g && std::fclose (g) == 0, "fclose named");
    FILE *h = tempfile_open (nullptr, sizeof (tempfile_options));
    failures += check (h && tempfile_close (h) == 0, "null options");
#ifdef __GNUC__
    tempfile_auto FILE *guarded = TemporaryFile ();
    tempfile_auto_path char *path = tempfile_into_path (NamedTemporaryFile ());
    tempfile_auto_dir struct tempfile_dir *dir = TemporaryDirectory ();
    failures += check (guarded && path && dir, "scope guards");
#endif
    return failures;
}

static int
use_tmpfile ()
{
    FILE *(*const in_std) () = std::tmpfile;
    int failures = check (in_std == tempfile_tmpfile, "std::tmpfile is not replaced");
    failures += check (&::tmpfile == tempfile_tmpfile, "::tmpfile is not replaced");
#ifdef _LARGEFILE64_SOURCE
    failures += check (&::tmpfile64 == tempfile_tmpfile, "tmpfile64 is not replaced");
#endif
    using std::tmpfile;
    FILE *f = tmpfile ();

    if (!f)
        return check (false, "tmpfile");
    failures += check (std::fputs ("line", f) >= 0, "fputs to tmpfile");
    return failures + check (std::fclose (f) == 0, "fclose tmpfile");
}

/* The version that the library must have is the one argument. */
int
main (int argc, char **argv)
{
    int failures = use_defaults () + use_options () + use_tmpfile ();

    failures += check (argc == 2 && std::strcmp (tempfile_version (), argv[1]) == 0, "version");
    return failures != 0;
}
