/* SPDX-License-Identifier: MIT */
/* Holding signals back, for what cannot be in the registry. Neither call fails. */
#include "base/export.h"

#include "life/hold.h"

void
tempfile__signals_hold (struct held *held)
{
    sigset_t all;
    sigfillset (&all);
    pthread_sigmask (SIG_SETMASK, &all, &held->before);
}

void
tempfile__signals_release (const struct held *held)
{
    pthread_sigmask (SIG_SETMASK, &held->before, NULL);
}
