# SPDX-License-Identifier: MIT
# What the targets in fuzz/ are linked with.

# TF_FUZZ: sets FUZZER_LDFLAGS and the conditional HAVE_FUZZER.
AC_DEFUN([TF_FUZZ], [
  FUZZER_LDFLAGS=-fsanitize=fuzzer
  AC_CACHE_CHECK([for libFuzzer], [tf_cv_fuzzer], [
    tf_saved_LDFLAGS=$LDFLAGS
    LDFLAGS="$LDFLAGS $FUZZER_LDFLAGS"
    AC_LINK_IFELSE([AC_LANG_SOURCE([[#include <stddef.h>
      int LLVMFuzzerTestOneInput (const unsigned char *data, size_t size);
      int LLVMFuzzerTestOneInput (const unsigned char *data, size_t size)
      { return size > 9999 && data[0]; }]])],
      [tf_cv_fuzzer=yes], [tf_cv_fuzzer=no])
    LDFLAGS=$tf_saved_LDFLAGS])
  AC_SUBST([FUZZER_LDFLAGS])
  AM_CONDITIONAL([HAVE_FUZZER], [test "$tf_cv_fuzzer" = yes])
])
