/* SPDX-License-Identifier: MIT */
/*
 * Static probes: places that gdb, perf and bpftrace find by name while the program runs. Each is
 * one instruction, nop, and a note in the file that says where it and its arguments are; nothing is
 * called, so that a probe may be in a signal handler, and errno stays. The arguments should be at
 * hand: what is computed for a probe is computed whether or not anybody looks. Without <sys/sdt.h>
 * there is nothing at all.
 *
 *     mkstemp (path)              a file was made; or one that has no name, in the directory PATH
 *     mkdtemp (path)              a directory was made
 *     rollover (size, descriptor) a spooled file of SIZE bytes has moved from memory to disk
 *     persist (name, path)        the file NAME, or NULL, has become PATH
 *     delete (path)               a file or directory was deleted
 *     recover (dir, name)         one that a killed process had left was deleted
 *
 * tempfile_add_audit_hook(3) documents them.
 */
#ifndef PROBE_H
#define PROBE_H

#ifdef HAVE_SYS_SDT_H
#include <sys/sdt.h>
#ifdef __clang__ /* it blames whoever uses the macros of <sys/sdt.h> for how they are written */
#pragma clang diagnostic ignored "-Wgnu-zero-variadic-macro-arguments"
#endif
#define PROBE1(name, a) DTRACE_PROBE1 (libtempfile, name, a)
#define PROBE2(name, a, b) DTRACE_PROBE2 (libtempfile, name, a, b)
#else
#define PROBE1(name, a) ((void) (a))
#define PROBE2(name, a, b) ((void) (a), (void) (b))
#endif

#endif
