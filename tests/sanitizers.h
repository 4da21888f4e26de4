/* SPDX-License-Identifier: MIT */
/*
 * sanitizers.h - under which sanitizer this is compiled: some things cannot be done there. gcc and
 * clang say it in their own ways.
 */
#ifndef TEMPFILE_TESTS_SANITIZERS_H
#define TEMPFILE_TESTS_SANITIZERS_H

#ifndef __has_feature
#define __has_feature(name) 0
#endif
#if defined __SANITIZE_ADDRESS__ || __has_feature(address_sanitizer)
#define ADDRESS_SANITIZER 1
#endif
#if defined __SANITIZE_THREAD__ || __has_feature(thread_sanitizer)
#define THREAD_SANITIZER 1
#endif

#endif
