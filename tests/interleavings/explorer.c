/* SPDX-License-Identifier: MIT */
/*
 * The search. An execution is given by its choices. Each that has more than one possibility is put
 * down; the next execution repeats all but the last that has a possibility left, takes that, and
 * then the first everywhere. So every sequence comes once.
 *
 * Preemptions are bounded, and the bound grows from 0: what is found is found with as few as
 * possible. Where a step is on an object that only one thread was ever seen to use it gives no
 * choice; when a second user shows up the search begins again (machine.c).
 *
 *     explorer MODULE [SCENARIO [CHOICES]]
 *
 * TEMPFILE_TEST_PREEMPTIONS is the bound. CHOICES are those that a failure has told.
 */
#include "explorer.h"
#include "learn.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

enum { DEPTH = 20000, STEPS = 100000 };

const struct scenario *scenario;

static struct choice {
    unsigned char taken, of;
    unsigned step; /* when it was taken last, for the trace */
    struct option option;
} choices[DEPTH];
static unsigned depth;   /* choices that are put down */
static unsigned reached; /* in this execution */

static unsigned bound, preemptions;
static unsigned long executions, total, restarts;
static bool telling;
static bool failed;
static char why[256];
static ucontext_t search;
static const char *module, *wanted;
static const char *given; /* choices, each a step, what and who; or NULL */

static bool
is_given (struct option o, unsigned step)
{
    char text[32];
    snprintf (text, sizeof text, "%u%c%d", step, o.what, o.thread);
    const char *p = strstr (given, text);
    size_t length = strlen (text);
    return p && (p == given || p[-1] == ' ') && (p[length] == ' ' || !p[length]);
}

static unsigned
choose_given (const struct option *options, unsigned n, unsigned step)
{
    for (unsigned i = 1; i < n; i++)
        if (is_given (options[i], step))
            return i;
    return 0;
}

unsigned
explorer_choose (const struct option *options, unsigned n, unsigned step)
{
    if (n <= 1)
        return 0;
    if (given)
        return choose_given (options, n, step);
    if (reached == depth) {
        if (depth == DEPTH)
            explorer_fail ("does not end: too many choices");
        choices[depth].taken = 0;
        choices[depth++].of = (unsigned char) n;
    }
    struct choice *c = &choices[reached++];
    if (c->of != n) {
        fprintf (stderr, "explorer: %s: not the same execution again\n", scenario->name);
        _exit (2);
    }
    c->step = step;
    c->option = options[c->taken];
    return c->taken;
}

unsigned
explorer_preemptions_left (void)
{
    return bound - preemptions;
}

void
explorer_preempt (void)
{
    preemptions++;
}

/* --- the trace: written down in a second run of what failed, then shown with lines of the source
 * --- */

struct event {
    int thread;
    bool in_handler;
    const void *caller;
    char text[160];
};

static struct event *events;
static size_t event_count;

void
explorer_tell (const void *caller, const char *format, ...)
{
    if (!telling || event_count == STEPS)
        return;
    struct event *e = &events[event_count++];
    e->thread = machine_thread ();
    e->in_handler = machine_in_handler ();
    e->caller = caller;
    va_list args;
    va_start (args, format);
    vsnprintf (e->text, sizeof e->text, format, args);
    va_end (args);
}

/* What addr2line knows of an address: two lines, the function and the place. */
static void
read_place (FILE *places, char *place, size_t size)
{
    char function[128], line[256];
    *place = '\0';
    if (!places || !fgets (function, sizeof function, places) || !fgets (line, sizeof line, places))
        return;
    function[strcspn (function, "\n")] = '\0';
    line[strcspn (line, " \n")] = '\0';
    snprintf (place, size, "%.24s %.40s", line, function);
}

static FILE *
ask_places (void)
{
    char name[] = "/tmp/explorer.XXXXXX";
    int fd = mkstemp (name);
    FILE *addresses = fd < 0 ? NULL : fdopen (fd, "w");
    if (!addresses)
        return NULL;
    for (size_t i = 0; i < event_count; i++)
        if (events[i].caller)
            fprintf (addresses, "%#lx\n",
                     (unsigned long) ((uintptr_t) events[i].caller - memory_base () - 1));
    fclose (addresses);
    char command[512];
    snprintf (command, sizeof command, "addr2line -f -s -e '%s' <%s 2>/dev/null; rm -f %s", module,
              name, name);
    return popen (command, "r");
}

static void
show_trace (void)
{
    FILE *places = ask_places ();
    int last = -1;
    for (size_t i = 0; i < event_count; i++) {
        const struct event *e = &events[i];
        char place[128] = "";
        if (e->caller)
            read_place (places, place, sizeof place);
        if (e->thread != last)
            printf ("    -- thread %d\n", e->thread);
        last = e->thread;
        printf ("    %4zu  %d%s  %-58s %s\n", i, e->thread, e->in_handler ? "!" : " ", e->text,
                place);
    }
    if (places)
        pclose (places);
}

/* --- one execution --- */

void
explorer_done (void)
{
    setcontext (&search);
    abort ();
}

void
explorer_fail (const char *format, ...)
{
    va_list args;
    va_start (args, format);
    vsnprintf (why, sizeof why, format, args);
    va_end (args);
    failed = true;
    explorer_done ();
}

static void
on_crash (int sig)
{
    explorer_fail ("crash: signal %d", sig);
}

static void
execute (void)
{
    volatile bool begun = false;
    reached = 0;
    preemptions = 0;
    failed = false;
    getcontext (&search);
    if (begun)
        return;
    begun = true;
    machine_run ();
}

/* To the next sequence of choices; false after the last. */
static bool
advance (void)
{
    depth = reached; /* a choice that was not reached again is of an execution that failed */
    while (depth > 0 && choices[depth - 1].taken + 1 == choices[depth - 1].of)
        depth--;
    if (depth == 0)
        return false;
    choices[depth - 1].taken++;
    return true;
}

/* Those that are not taken anyhow. */
static char *
write_choices (void)
{
    char *text = NULL;
    size_t size;
    FILE *f = open_memstream (&text, &size);
    const char *space = "";
    for (unsigned i = 0; i < reached; i++)
        if (choices[i].taken) {
            struct option o = choices[i].option;
            fprintf (f, "%s%u%c%d", space, choices[i].step, o.what, o.thread);
            space = " ";
        }
    fclose (f);
    return text;
}

/* What there is to choose from depends on what the search has learnt so far. Here all is offered,
 * so that the same choices mean the same at any time. */
static void
execute_given (const char *text)
{
    given = text;
    learn_everything ();
    bound = DEPTH;
    event_count = 0;
    telling = true;
    execute ();
    telling = false;
    given = NULL;
}

static void
show_failure (void)
{
    char *text = write_choices ();
    printf ("FAIL %s: %s\n", scenario->name, why);
    printf ("    with %u preemptions, after %lu executions; to see it again:\n", bound,
            total + executions);
    printf ("    explorer MODULE '%s' '%s'\n", scenario->name, text);
    execute_given (text);
    show_trace ();
    printf ("    => %s\n", failed ? why : "it is not the same a second time");
    free (text);
}

static bool
search_bound (void)
{
    executions = 0;
    depth = 0;
    do {
        execute ();
        executions++;
        if (failed)
            return false;
        if (learn_something_new ()) {
            depth = 0;
            restarts++;
            continue;
        }
        if (!advance ())
            return true;
    } while (true);
}

static unsigned
wanted_bound (void)
{
    const char *s = getenv ("TEMPFILE_TEST_PREEMPTIONS");
    return s ? (unsigned) strtoul (s, NULL, 10) : 2;
}

static unsigned scenarios_run, scenarios_failed;

static double
seconds (void)
{
    struct timespec t;
    clock_gettime (CLOCK_MONOTONIC, &t);
    return (double) t.tv_sec + (double) t.tv_nsec / 1e9;
}

static bool
explore (const struct scenario *s)
{
    if (wanted && strcmp (wanted, s->name) != 0)
        return true;
    scenario = s;
    scenarios_run++;
    learn_reset ();
    unsigned limit = wanted_bound ();
    if (!wanted)
        limit = limit > (unsigned) s->less ? limit - (unsigned) s->less : 0;
    double began = seconds ();
    unsigned long before = total;
    for (bound = 0; bound <= limit; bound++) {
        bool held = search_bound ();
        if (!held) {
            show_failure ();
            scenarios_failed++;
            return getenv ("TEMPFILE_TEST_GO_ON") != NULL;
        }
        total += executions;
    }
    printf ("ok   %-40s %9lu executions, %u preemptions, %.1f s\n", s->name, total - before, limit,
            seconds () - began);
    return true;
}

static const char *wanted_choices;

static bool
show_given (const struct scenario *s)
{
    if (strcmp (wanted, s->name) != 0)
        return true;
    scenario = s;
    scenarios_run++;
    execute_given (wanted_choices);
    show_trace ();
    printf ("%s %s: %s\n", failed ? "FAIL" : "ok  ", s->name, failed ? why : "with these choices");
    scenarios_failed += failed;
    return true;
}

int
main (int argc, char **argv)
{
    if (argc < 2)
        return 2;
    setvbuf (stdout, NULL, _IOLBF, 0);
    module = argv[1];
    wanted = argc > 2 ? argv[2] : NULL;
    wanted_choices = argc > 3 ? argv[3] : NULL;
    events = calloc (STEPS, sizeof *events);
    struct sigaction crash = {.sa_handler = on_crash, .sa_flags = SA_NODEFER | SA_ONSTACK};
    static char stack[65536];
    sigaltstack (&(stack_t){.ss_sp = stack, .ss_size = sizeof stack}, NULL);
    memory_find (module);
    sigaction (SIGSEGV, &crash, NULL);
    sigaction (SIGBUS, &crash, NULL);
    sigaction (SIGFPE, &crash, NULL);
    scenarios_visit (wanted_choices ? show_given : explore);
    printf ("%u scenarios, %u failed; %lu executions explored\n", scenarios_run, scenarios_failed,
            total + (scenarios_failed ? executions : 0));
    fflush (stdout);
    /* Not exit: the module's destructors belong to the model. */
    _exit (scenarios_failed || !scenarios_run);
}
