/* SPDX-License-Identifier: MIT */
/*
 * A program that loads and unloads the library, with which it is not linked.
 *
 *     helper_dlopen LIBRARY WHAT
 *
 *     deletes      files that were left, then dlclose; succeeds when they are gone then
 *     deletes-open the same of streams that are still open
 *     data         data that no one flushed is in a file that is kept, after dlclose and exit
 *     unflushed    streams with unflushed data, dlclose, then exit, which flushes all streams
 *     read-ahead   streams that have read ahead, whose position exit puts right, dlclose, exit
 *     quick        dlclose, then quick_exit
 *     fork         dlclose, then fork
 *     thread       dlclose while a thread lives that has had a failure and a file
 *     rounds       load, use and unload a hundred times; nothing accumulates
 *     reload       dlclose, dlopen: the library works again
 *     no-dladdr    the library handles signals and cannot find itself, so that dlclose unloads it:
 *                  its files are gone then, and a signal ends the program; succeeds by SIGTERM
 *     no-dlopen    the same where it cannot make itself stay
 */
#include <config.h>

#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <tempfile.h>

static const char *library;
static void *handle;

/* Some libcs unload nothing until the program ends. */
static bool unloaded;

/*
 * A stream that is still open when the library goes takes what belongs to it to its grave: no
 * leak, but tools that look for leaks cannot know. One sort can be told, the other is left out.
 */
static bool leaves_streams_open;

/* Asked by the sanitizer that looks for leaks, where there is one. */
int __lsan_is_turned_off (void);

int
__lsan_is_turned_off (void)
{
    return leaves_streams_open;
}

static void
leave_streams_open (void)
{
    const char *preload = getenv ("LD_PRELOAD");

    leaves_streams_open = true;
    if (preload && strstr (preload, "/vgpreload_"))
        _exit (77);
}

/* The library's functions, for as long as it is loaded. */
static FILE *(*lib_open) (const struct tempfile_options *, size_t);
static FILE *(*lib_open_named) (const struct tempfile_options *, size_t);
static const char *(*lib_name) (FILE *);
static char *(*lib_into_path) (FILE *);
static const char *(*lib_errmsg) (void);

static void
require (bool condition, const char *what)
{
    if (condition)
        return;
    fprintf (stderr, "helper_dlopen: %s\n", what);
    _exit (1);
}

/* ISO C has no conversion from a pointer to data into one to a function. */
static void
find (const char *name, void *function)
{
    void *symbol = dlsym (handle, name);

    require (symbol != NULL, name);
    memcpy (function, &symbol, sizeof symbol);
}

static int
count_entries (const char *path)
{
    DIR *d = opendir (path);
    int count = 0;

    require (d != NULL, path);
    while (readdir (d))
        count++;
    closedir (d);
    return count - 2;
}

static const char *
directory (void)
{
    return getenv ("TMPDIR");
}

static void
load (void)
{
    handle = dlopen (library, RTLD_NOW | RTLD_LOCAL);
    if (!handle)
        fprintf (stderr, "%s\n", dlerror ());
    require (handle != NULL, "cannot load the library");
    find ("tempfile_open", &lib_open);
    find ("tempfile_open_named", &lib_open_named);
    find ("tempfile_name", &lib_name);
    find ("tempfile_into_path", &lib_into_path);
    find ("tempfile_errmsg", &lib_errmsg);
}

static void
unload (void)
{
    require (dlclose (handle) == 0, "dlclose failed");
    handle = dlopen (library, RTLD_NOW | RTLD_NOLOAD);
    unloaded = !handle;
    if (handle)
        dlclose (handle);
#ifdef __GLIBC__
    require (unloaded, "the library is still there");
#endif
}

/* After unloading, or else at exit, where test_exit.c looks again. */
static void
require_empty_directory (void)
{
    require (!unloaded || count_entries (directory ()) == 0, "a file is left");
}

static FILE *
open_named (enum tempfile_delete when)
{
    struct tempfile_options o = {.delete_when = when};
    FILE *f = lib_open_named (&o, sizeof o);

    require (f != NULL, "cannot open");
    return f;
}

static FILE *
open_unnamed (int buffering)
{
    struct tempfile_options o = {.buffering = buffering};
    FILE *f = lib_open (&o, sizeof o);

    require (f != NULL, "cannot open");
    return f;
}

/* Opens, uses and leaves behind one of each sort; all are flushed. */
static void
use (void)
{
    FILE *f = open_named (TEMPFILE_DELETE_ON_CLOSE);
    require (fputs ("text", f) >= 0 && fclose (f) == 0, "cannot use");
    f = open_named (TEMPFILE_DELETE_ON_EXIT);
    require (fputs ("text", f) >= 0 && fclose (f) == 0, "cannot use");
    f = open_unnamed (TEMPFILE_BUFFERING_DEFAULT);
    require (fputs ("text", f) >= 0 && fclose (f) == 0, "cannot use");
    f = open_unnamed (4096);
    require (fputs ("text", f) >= 0 && fclose (f) == 0, "cannot use");
    free (lib_into_path (open_named (TEMPFILE_DELETE_ON_CLOSE)));
    struct tempfile_options bad = {.mode = "q"};
    require (lib_open (&bad, sizeof bad) == NULL && *lib_errmsg (), "must fail");
}

static int
deletes (void)
{
    load ();
    int before = count_entries (directory ());
    use ();
    require (count_entries (directory ()) == before + 2, "two files more");
    unload ();
    require_empty_directory ();
    return 0;
}

static int
deletes_open (void)
{
    leave_streams_open ();
    load ();
    (void) open_named (TEMPFILE_DELETE_ON_CLOSE);
    (void) open_named (TEMPFILE_DELETE_ON_EXIT);
    require (count_entries (directory ()) == 2, "two files before");
    unload ();
    require_empty_directory ();
    return 0;
}

/* Prints the name of the file that the caller is to look at. */
static int
data (void)
{
    leave_streams_open ();
    load ();
    FILE *f = open_named (TEMPFILE_DELETE_NEVER);
    require (fputs ("contents", f) >= 0, "cannot write");
    printf ("%s\n", lib_name (f));
    fflush (stdout);
    unload ();
    return 0;
}

static int
unflushed (void)
{
    leave_streams_open ();
    load ();
    for (int i = 0; i < 20; i++) {
        fputs ("text", open_named (TEMPFILE_DELETE_ON_CLOSE));
        fputs ("text", open_unnamed (64));
        fputs ("text", open_unnamed (TEMPFILE_BUFFERING_DEFAULT));
    }
    unload ();
    return 0;
}

static int
read_ahead (void)
{
    leave_streams_open ();
    load ();
    for (int i = 0; i < 20; i++) {
        FILE *f = i % 2 ? open_named (TEMPFILE_DELETE_ON_CLOSE) : open_unnamed (4096);
        fputs ("some text", f);
        rewind (f);
        require (fgetc (f) == 's', "cannot read");
    }
    unload ();
    return 0;
}

static int
quick (void)
{
    load ();
    use ();
    unload ();
    quick_exit (0);
}

static int
fork_after (void)
{
    int status;

    load ();
    use ();
    unload ();
    pid_t child = fork ();
    if (child == 0)
        _exit (0);
    require (waitpid (child, &status, 0) == child && status == 0, "the child failed");
    return 0;
}

static pthread_barrier_t barrier;

static void *
fail_and_wait (void *arg)
{
    use ();
    pthread_barrier_wait (&barrier);
    pthread_barrier_wait (&barrier);
    return arg;
}

static int
thread (void)
{
    pthread_t id;

    load ();
    pthread_barrier_init (&barrier, NULL, 2);
    require (pthread_create (&id, NULL, fail_and_wait, NULL) == 0, "no thread");
    pthread_barrier_wait (&barrier);
    unload ();
    pthread_barrier_wait (&barrier);
    pthread_join (id, NULL);
    return 0;
}

static int
count_descriptors (void)
{
    int count = 0;

    for (int fd = 0; fd < 256; fd++)
        count += fcntl (fd, F_GETFD) != -1;
    return count;
}

static int
rounds (void)
{
    int before = count_descriptors ();

    for (int i = 0; i < 100; i++) {
        load ();
        use ();
        unload ();
        require_empty_directory ();
        require (count_descriptors () == before, "a descriptor is left");
    }
    return 0;
}

static int
reload (void)
{
    load ();
    use ();
    unload ();
    return deletes ();
}

/* --- what the library asks of the dynamic linker, which finds these first --- */

static const char *refused = "";
static int refusals;

static bool
is_refused (const char *name)
{
    bool is = strcmp (name, refused) == 0;

    refusals += is;
    return is;
}

int
dladdr (const void *address, Dl_info *info)
{
    int (*real) (const void *, Dl_info *);
    void *symbol = dlsym (RTLD_NEXT, "dladdr");

    memcpy (&real, &symbol, sizeof real);
    return is_refused ("dladdr") ? 0 : real (address, info);
}

void *
dlopen (const char *file, int mode)
{
    void *(*real) (const char *, int);
    void *symbol = dlsym (RTLD_NEXT, "dlopen");

    memcpy (&real, &symbol, sizeof real);
    return mode & RTLD_NODELETE && is_refused ("dlopen") ? NULL : real (file, mode);
}

static int
handles_without (const char *function)
{
    int (*lib_handle) (void);
    struct sigaction now;

    refused = function;
    load ();
    find ("tempfile_cleanup_on_signals", &lib_handle);
    require (lib_handle () == 0, "cannot handle signals");
    require (refusals > 0, "nothing was refused");
    use ();
    unload ();
    require_empty_directory ();
    require (!unloaded || (sigaction (SIGTERM, NULL, &now) == 0 && now.sa_handler == SIG_DFL),
             "a handler is left");
    raise (SIGTERM);
    return 1;
}

static int
no_dladdr (void)
{
    return handles_without ("dladdr");
}

static int
no_dlopen (void)
{
    return handles_without ("dlopen");
}

static const struct {
    const char *name;
    int (*function) (void);
} tasks[] = {
    {"deletes", deletes},     {"deletes-open", deletes_open}, {"data", data},
    {"unflushed", unflushed}, {"read-ahead", read_ahead},     {"quick", quick},
    {"thread", thread},       {"fork", fork_after},           {"rounds", rounds},
    {"reload", reload},       {"no-dladdr", no_dladdr},       {"no-dlopen", no_dlopen},
};

int
main (int argc, char **argv)
{
    if (argc < 3)
        return 2;
    library = argv[1];
    for (size_t i = 0; i < sizeof tasks / sizeof *tasks; i++)
        if (strcmp (argv[2], tasks[i].name) == 0)
            return tasks[i].function ();
    return 2;
}
