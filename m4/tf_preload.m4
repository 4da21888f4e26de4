# SPDX-License-Identifier: MIT
# Whether programs can be run with a library that replaces functions of theirs.

# TF_PRELOAD: the conditional PRELOAD, and the shell variable tf_preload; defines HAVE_GETXATTR and
# those below.
AC_DEFUN([TF_PRELOAD], [
  AC_CACHE_CHECK([whether a preloaded library replaces tmpfile], [tf_cv_preload], [
    tf_cv_preload=no
    tf_saved_CFLAGS=$CFLAGS
    CFLAGS="$CFLAGS -fPIC -shared"
    AC_LINK_IFELSE([AC_LANG_SOURCE([[
      #include <stdio.h>
      FILE *tmpfile (void) { return stderr; }]])],
      [mv conftest$ac_exeext conftest-preloaded.so])
    CFLAGS=$tf_saved_CFLAGS
    AC_LINK_IFELSE([AC_LANG_PROGRAM([[
      #include <elf.h>
      #include <link.h>
      #include <stdio.h>]], [[
      ElfW (Ehdr) header = { .e_machine = EM_NONE };
      return tmpfile () != stderr || header.e_machine != EM_NONE;]])],
      [AS_IF([test ! -f conftest-preloaded.so], [],
         [test "$cross_compiling" = yes], [tf_cv_preload=yes],
         [LD_PRELOAD=./conftest-preloaded.so ./conftest$ac_exeext 2>&AS_MESSAGE_LOG_FD],
         [tf_cv_preload=yes])])
    rm -f conftest-preloaded.so])
  tf_preload=$tf_cv_preload
  AS_IF([test "$enable_shared" != yes], [tf_preload=no])
  AM_CONDITIONAL([PRELOAD], [test "$tf_preload" = yes])
  AC_CHECK_DECLS([program_invocation_short_name], [], [], [[#include <errno.h>]])
  AC_CHECK_FUNCS([getprogname])
  AC_CACHE_CHECK([for getxattr with four parameters], [tf_cv_getxattr], [
    AC_LINK_IFELSE([AC_LANG_PROGRAM([[#include <sys/xattr.h>]],
      [[return getxattr ("/", "security.capability", 0, 0) > 0;]])],
      [tf_cv_getxattr=yes], [tf_cv_getxattr=no])])
  AS_IF([test "$tf_cv_getxattr" = yes], [AC_DEFINE([HAVE_GETXATTR], [1],
    [Define to 1 if files have extended attributes, and getxattr has four parameters.])])
])
