/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE

#include "peers.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* --- modules --- */

const char peers_not_built[] = "not found when this was configured";

/* They stay until the process ends. */
const struct peer *
peers_module (const char *module)
{
    char path[4096];
    snprintf (path, sizeof path, "%s/.libs/%s.so", BUILT, module);
    void *library = dlopen (path, RTLD_NOW | RTLD_LOCAL);
    return library ? dlsym (library, "bench_peer") : NULL;
}

static int
use (const struct peer *p, void *file)
{
    static const char given[100] = "what is written";
    char bytes[sizeof given];
    if (p->write (file, given, sizeof given) || p->seek (file, 0) ||
        p->read (file, bytes, sizeof bytes))
        return -1;
    if (memcmp (bytes, given, sizeof given) == 0)
        return 0;
    errno = EIO;
    return -1;
}

static double
time_module (const struct peer *p, void *(*open_file) (const char *dir), const char *dir,
             size_t count, int used)
{
    double begin = bench_now ();
    for (size_t i = 0; i < count; i++) {
        void *file = open_file (dir);
        if (!file || (used && use (p, file)) || p->close (file))
            return -1;
    }
    return bench_now () - begin;
}

static double
time_unnamed (const struct bench_row *row, const char *dir, size_t count)
{
    const struct peer *p = row->arg;
    return time_module (p, p->open_unnamed, dir, count, row->word != NULL);
}

static double
time_named (const struct bench_row *row, const char *dir, size_t count)
{
    const struct peer *p = row->arg;
    return time_module (p, p->open_named, dir, count, row->word != NULL);
}

static struct bench_row
module_row (const char *name, const char *module, const char *word,
            double (*time) (const struct bench_row *, const char *, size_t))
{
    const struct peer *p = peers_module (module);
    return (struct bench_row){.name = name,
                              .time = time,
                              .arg = (void *) (uintptr_t) p,
                              .word = word,
                              .left_out = p ? NULL : peers_not_built};
}

struct bench_row
peers_create_unnamed (const char *name, const char *module)
{
    return module_row (name, module, NULL, time_unnamed);
}

struct bench_row
peers_create_named (const char *name, const char *module)
{
    return module_row (name, module, NULL, time_named);
}

struct bench_row
peers_use_unnamed (const char *name, const char *module)
{
    return module_row (name, module, "used", time_unnamed);
}

struct bench_row
peers_use_named (const char *name, const char *module)
{
    return module_row (name, module, "used", time_named);
}

struct bench_row
peers_libc_directory (struct bench_row row, const char *elsewhere)
{
    if (!row.left_out)
        row.left_out = elsewhere;
    return row;
}

/* --- processes --- */

static const char *const python_argv[] = {"python3", SOURCE "/peer_python.py", NULL};
static const char *const rust_argv[] = {BUILT "/peer_rust", NULL};

struct peers_process peers_python = {.argv = python_argv, .missing = "no python3"};
struct peers_process peers_rust = {.argv = rust_argv,
                                   .missing = "no cargo with the crate tempfile"};

static int
spawn (struct peers_process *p, int in, int out)
{
    posix_spawn_file_actions_t actions;
    if (posix_spawn_file_actions_init (&actions))
        return -1;
    posix_spawn_file_actions_adddup2 (&actions, in, STDIN_FILENO);
    posix_spawn_file_actions_adddup2 (&actions, out, STDOUT_FILENO);
    char **argv = (char **) (uintptr_t) p->argv;
    int failed = posix_spawnp (&p->pid, argv[0], &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy (&actions);
    return failed ? -1 : 0;
}

int
peers_start (struct peers_process *p)
{
    int down[2], up[2];
    if (p->tried++)
        return p->to ? 0 : -1;
    if (pipe2 (down, O_CLOEXEC) || pipe2 (up, O_CLOEXEC))
        return -1;
    signal (SIGPIPE, SIG_IGN);
    int failed = spawn (p, down[0], up[1]);
    close (down[0]);
    close (up[1]);
    if (!failed) {
        p->to = fdopen (down[1], "w");
        p->from = fdopen (up[0], "r");
    }
    return failed || !p->to || !p->from ? -1 : 0;
}

void
peers_end (struct peers_process *p)
{
    if (!p->to)
        return;
    fclose (p->to);
    fclose (p->from);
    waitpid (p->pid, NULL, 0);
    p->to = p->from = NULL;
    p->tried = 0;
}

double
peers_answer (struct peers_process *p)
{
    double seconds;
    errno = EPIPE;
    if (fflush (p->to) || fscanf (p->from, "%lf", &seconds) != 1)
        return -1;
    return seconds;
}

static double
time_process (const struct bench_row *row, const char *dir, size_t count)
{
    struct peers_process *p = row->arg;
    fprintf (p->to, "%s %zu %s\n", row->word, count, dir);
    return peers_answer (p);
}

/* That it was started does not say that it works. */
struct bench_row
peers_row (const char *name, struct peers_process *p, const char *word, size_t items)
{
    struct bench_row row = {
        .name = name, .time = time_process, .arg = p, .word = word, .items = items};
    const struct bench_row nothing = {.arg = p, .word = "nothing"};
    if (peers_start (p) || time_process (&nothing, ".", 1) < 0)
        row.left_out = p->missing;
    return row;
}
