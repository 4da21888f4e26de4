# SPDX-License-Identifier: MIT
# What the compiler and the linker can do.

# TF_CXX: sets CXX, perhaps to nothing, and CXXFLAGS. Only tests and benchmarks use it, in rules of their
# own. AC_PROG_CXX would have libtool and automake ask all their questions of a second compiler.
AC_DEFUN([TF_CXX], [
  AC_ARG_VAR([CXX], [C++ compiler command, for tests only])
  AC_ARG_VAR([CXXFLAGS], [C++ compiler flags])
  AC_CHECK_TOOLS([CXX], [g++ c++ clang++])
  : ${CXXFLAGS="-g -O2"}
])

# TF_WARNINGS: sets WARN_CFLAGS, and adds -Werror to it with --enable-werror.
AC_DEFUN([TF_WARNINGS], [
  AC_ARG_ENABLE([werror],
    [AS_HELP_STRING([--enable-werror], [treat compiler warnings as errors])],
    [], [enable_werror=no])
  WARN_CFLAGS=
  for tf_flag in -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wconversion; do
    TF_TRY_CFLAG([$tf_flag])
  done
  AS_IF([test "$enable_werror" = yes], [WARN_CFLAGS="$WARN_CFLAGS -Werror"])
  AC_SUBST([WARN_CFLAGS])
])

AC_DEFUN([TF_TRY_CFLAG], [
  tf_saved_CFLAGS=$CFLAGS
  CFLAGS="$CFLAGS -Werror $1"
  AC_COMPILE_IFELSE([AC_LANG_PROGRAM()], [WARN_CFLAGS="$WARN_CFLAGS $1"])
  CFLAGS=$tf_saved_CFLAGS
])

# TF_VISIBILITY: sets VISIBILITY_CFLAGS so that only marked functions leave an object.
AC_DEFUN([TF_VISIBILITY], [
  AC_CACHE_CHECK([for -fvisibility=hidden], [tf_cv_visibility], [
    tf_saved_CFLAGS=$CFLAGS
    CFLAGS="$CFLAGS -Werror -fvisibility=hidden"
    AC_COMPILE_IFELSE(
      [AC_LANG_PROGRAM([[__attribute__ ((visibility ("default"))) int f (void);]])],
      [tf_cv_visibility=yes], [tf_cv_visibility=no])
    CFLAGS=$tf_saved_CFLAGS])
  AS_IF([test "$tf_cv_visibility" = yes], [VISIBILITY_CFLAGS=-fvisibility=hidden])
  AC_SUBST([VISIBILITY_CFLAGS])
])

# TF_VERSION_SCRIPT: the conditional HAVE_VERSION_SCRIPT.
AC_DEFUN([TF_VERSION_SCRIPT], [
  AC_CACHE_CHECK([for linker version scripts], [tf_cv_version_script], [
    AS_ECHO(["TF_1 { global: f; local: *; };"]) > conftest.map
    tf_saved_LDFLAGS=$LDFLAGS
    LDFLAGS="$LDFLAGS -shared -fPIC -Wl,--version-script=conftest.map"
    AC_LINK_IFELSE([AC_LANG_SOURCE([[int f (void); int f (void) { return 0; }]])],
      [tf_cv_version_script=yes], [tf_cv_version_script=no])
    LDFLAGS=$tf_saved_LDFLAGS
    rm -f conftest.map])
  AM_CONDITIONAL([HAVE_VERSION_SCRIPT], [test "$tf_cv_version_script" = yes])
])

# TF_BIND_NOW: sets BIND_NOW_LDFLAGS so that a shared library finds all it calls when it is loaded:
# the first call of a function may be made in a signal handler, where the dynamic linker is no place
# to be.
AC_DEFUN([TF_BIND_NOW], [
  AC_CACHE_CHECK([for -z now], [tf_cv_bind_now], [
    tf_saved_LDFLAGS=$LDFLAGS
    LDFLAGS="$LDFLAGS -Wl,-z,now"
    AC_LINK_IFELSE([AC_LANG_PROGRAM()], [tf_cv_bind_now=yes], [tf_cv_bind_now=no])
    LDFLAGS=$tf_saved_LDFLAGS])
  AS_IF([test "$tf_cv_bind_now" = yes], [BIND_NOW_LDFLAGS=-Wl,-z,now])
  AC_SUBST([BIND_NOW_LDFLAGS])
])
