
/*
 * How to use it: add tempfile.c and tempfile.h to your source; cc -c tempfile.c. Nothing is to be
 * configured. Programs are linked with -pthread where libc does not have POSIX threads itself.
 * These may be defined, for this file only:
 *
 *     TEMPFILE_NO_TEXT      no text streams: a mode without b fails with ENOTSUP
 *     TEMPFILE_API          what stands before each public function: nothing, if it is not defined
 *     TEMPFILE_USE_FUNOPEN  streams are made by funopen(), which -lbsd may have, also where there
 * is fopencookie()
 *     TEMPFILE_USE_PROBES   static probes, by <sys/sdt.h>: tempfile_add_audit_hook(3) lists them
 *
 * Not with -include tempfile.h: what tempfile.c asks of the system's headers must come first.
 */

#if defined TEMPFILE_H && !defined _GNU_SOURCE
#error "compile tempfile.c without -include tempfile.h, or with -D_GNU_SOURCE"
#endif
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#ifndef _FILE_OFFSET_BITS
#define _FILE_OFFSET_BITS 64
#endif
#ifndef _DARWIN_C_SOURCE
#define _DARWIN_C_SOURCE
#endif

#include <stdio.h> /* now __GLIBC__ is known */
#include <stdlib.h>
#include <sys/types.h>

/*
 * What ./configure finds out by trying, said here of the systems that are known. Of two
 * possible answers the one that is safe everywhere is given for others. Done without, everywhere:
 * HAVE_LIBUNISTRING, HAVE_VERSION_SCRIPT.
 */
#if defined __linux__
#define HAVE_SECURE_GETENV 1
#define HAVE_GETXATTR 1
#define HAVE___FPENDING 1
#define HAVE_DUP3 1
#define HAVE_GETRANDOM 1
#define HAVE_SYS_RANDOM_H 1
#define HAVE_AT_QUICK_EXIT 1
#define HAVE_STRUCT_DIRENT_D_TYPE 1
#include <sys/syscall.h>
#ifdef SYS_getdents64
#define CONDITION_SCAN_GETDENTS 1
#endif
#include <sys/mman.h>
#ifdef MFD_CLOEXEC
#define HAVE_MEMFD_CREATE 1
#endif
#include <sys/stat.h>
#ifdef STATX_MNT_ID
#define HAVE_STRUCT_STATX_STX_MNT_ID 1
#endif
#elif defined __APPLE__
#define HAVE_ISSETUGID 1
#define HAVE_GETENTROPY 1
#define HAVE_SYS_RANDOM_H 1
#define HAVE_STRUCT_DIRENT_D_TYPE 1
#elif defined __FreeBSD__ || defined __NetBSD__ || defined __OpenBSD__ || defined __DragonFly__
#define HAVE_ISSETUGID 1
#define HAVE_GETENTROPY 1
#define HAVE_AT_QUICK_EXIT 1
#define HAVE_STRUCT_DIRENT_D_TYPE 1
#endif

/* Of FILE's members, those of glibc; it is asked for its version when the program runs. */
#if defined __GLIBC__ && !defined __UCLIBC__
#define STRERROR_R_CHAR_P 1
#define HAVE_GNU_GET_LIBC_VERSION 1
#define HAVE_STREAM_FILENO 1
#define STREAM_FILENO_MEMBER _fileno
#define STREAM_OFFSET_MEMBER _offset
#define STREAM_WIDE_MEMBER _wide_data
#define STREAM_WRITE_SHORT 1
#define HAVE_OFF64_T 1
#if __GLIBC__ > 2 || __GLIBC_MINOR__ >= 28
#define HAVE_RENAMEAT2 1
#define HAVE_COPY_FILE_RANGE 1
#endif
#if __GLIBC__ > 2 || __GLIBC_MINOR__ >= 34 /* before that it is in a library of its own */
#define HAVE_DLADDR 1
#endif
#elif defined __linux__
#define HAVE_DLADDR 1
#endif

#if !defined __linux__ || defined TEMPFILE_USE_FUNOPEN
#define CONDITION_STREAM_FUNOPEN 1
#if defined __linux__
#include <bsd/stdio.h>
#endif
#endif

#ifdef TEMPFILE_USE_PROBES
#define HAVE_SYS_SDT_H 1
#endif

#ifndef TEMPFILE_NO_TEXT
#define CONDITION_TEXT 1
#define HAVE_TEXT 1
#endif

/* Functions that would be shared by the files of the library are those of this one alone. */
#ifdef __GNUC__
#define INTERNAL __attribute__ ((__unused__)) static
#else
#define INTERNAL static
#endif
#ifndef TEMPFILE_API
#define TEMPFILE_API
#endif
