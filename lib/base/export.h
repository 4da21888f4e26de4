/* SPDX-License-Identifier: MIT */
/*
 * What every source of the library includes first: the configuration, the public header, and
 * the mark of a function that leaves the library. Functions that cross files without leaving
 * it are called tempfile__*, so that a static link cannot clash with a program's names. COMPACT
 * are long functions, next to whose system calls their own time is nothing: size is all that
 * counts.
 */
#ifndef EXPORT_H
#define EXPORT_H

#include <config.h>

#include <tempfile.h>

#if defined __GNUC__
#define EXPORT __attribute__ ((__visibility__ ("default")))
#define COMPACT __attribute__ ((__cold__))
#else
#define EXPORT
#define COMPACT
#endif

#endif
