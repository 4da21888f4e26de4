# SPDX-License-Identifier: MIT
# Static probes.

# TF_PROBES: defines HAVE_SYS_SDT_H where <sys/sdt.h> has the probes of SystemTap, by which gdb, perf
# and bpftrace see what the library does. Tested by compiling one.
AC_DEFUN([TF_PROBES], [
  AC_CACHE_CHECK([for static probes], [tf_cv_probes], [
    AC_COMPILE_IFELSE([AC_LANG_PROGRAM([[#include <sys/sdt.h>]],
        [[const char *path = "x"; DTRACE_PROBE2 (libtempfile, configure, path, 1);]])],
      [tf_cv_probes=yes], [tf_cv_probes=no])])
  AS_IF([test "$tf_cv_probes" = yes],
    [AC_DEFINE([HAVE_SYS_SDT_H], [1], [Define to 1 if <sys/sdt.h> has static probes.])])
])
