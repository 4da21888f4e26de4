# SPDX-License-Identifier: MIT
# How directories are read.

# TF_SCAN: sets the conditional SCAN_GETDENTS where the system call getdents64 can be made, which
# allocates nothing. Tested by reading a directory with it; when cross compiling, its number is the
# best guess.
AC_DEFUN([TF_SCAN], [
  AC_CHECK_MEMBERS([struct dirent.d_type], [], [], [[#include <dirent.h>]])
  AC_CACHE_CHECK([for the system call getdents64], [tf_cv_getdents64], [
    AC_RUN_IFELSE([AC_LANG_PROGRAM([TF_TEST_GETDENTS], [TF_TEST_GETDENTS_MAIN])],
      [tf_cv_getdents64=yes], [tf_cv_getdents64=no],
      [AC_LINK_IFELSE([AC_LANG_PROGRAM([TF_TEST_GETDENTS], [TF_TEST_GETDENTS_MAIN])],
        [tf_cv_getdents64=yes], [tf_cv_getdents64=no])])])
  AM_CONDITIONAL([SCAN_GETDENTS], [test "$tf_cv_getdents64" = yes])
])

m4_define([TF_TEST_GETDENTS], [[
  #include <dirent.h>
  #include <fcntl.h>
  #include <string.h>
  #include <unistd.h>
  #include <sys/syscall.h>
  static char buffer[32768];
]])

# "." is among the first records, with the name at offset 19 and the type before it.
m4_define([TF_TEST_GETDENTS_MAIN], [[
  int fd = open (".", O_RDONLY | O_DIRECTORY);
  long size = syscall (SYS_getdents64, fd, buffer, sizeof buffer);
  for (long at = 0; at < size;) {
    unsigned short length;
    memcpy (&length, buffer + at + 16, sizeof length);
    if (strcmp (buffer + at + 19, ".") == 0)
      return buffer[at + 18] != DT_DIR && buffer[at + 18] != DT_UNKNOWN;
    at += length;
  }
  return 1;
]])
