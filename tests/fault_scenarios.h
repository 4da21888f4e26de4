/* SPDX-License-Identifier: MIT */
/*
 * fault_scenarios.h - what is done while calls fail, one after the other. A scenario goes on after
 * a failure as far as a program could, gives back all that it has, and notes what it saw. It uses
 * nothing of Check, whose own memory would fail.
 */
#ifndef TEMPFILE_TESTS_FAULT_SCENARIOS_H
#define TEMPFILE_TESTS_FAULT_SCENARIOS_H

#include <stdbool.h>

enum { NAMES = 256, NAME_SIZE = 192 };

/* What a run of a scenario saw; also of what happened in its children. */
struct outcome {
    int error;         /* errno of the first failure, 0: none */
    bool worded;       /* it was a failure of this library's, not of stdio's */
    char message[512]; /* of that failure */
    char before[512];  /* what the message was before the run */
    char wrong[256];   /* what must not be so; "": nothing */
    int n_names;
    char names[NAMES][NAME_SIZE]; /* that the library has chosen, as its audit hook hears */
};

struct scenario {
    const char *name;
    void (*run) (void);
    int adds;    /* blocks of memory that the library keeps each time, as documented */
    bool silent; /* a failure to delete has nobody to be reported to: none that stays */
    bool linked; /* needs files without a name that can be given one */
    bool large;  /* makes much, but no unnamed file: only once with O_TMPFILE, and the run without a
                    failure follows each call, not each failure */
    bool slow;   /* only when asked for */
};

extern const struct scenario fault_scenarios[];
extern const int n_fault_scenarios;

/* Once in each process that runs scenarios. */
void faults_begin_scenarios (void);

struct outcome *faults_outcome (void);
void faults_new_outcome (void);

/* Deletes a directory's contents, of any depth. */
void faults_remove_all (const char *dir);

#endif
