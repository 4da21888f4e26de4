# SPDX-License-Identifier: MIT
# Text streams.

# TF_TEXT: --disable-text, --with-libunistring; sets TEXT_CFLAGS, TEXT_LIBS, the conditional TEXT and
# the shell variable tf_unistring.
AC_DEFUN([TF_TEXT], [
  TEXT_CFLAGS=
  TEXT_LIBS=
  AC_ARG_ENABLE([text],
    [AS_HELP_STRING([--disable-text], [a library without text streams])],
    [], [enable_text=yes])
  AM_CONDITIONAL([TEXT], [test "$enable_text" != no])
  AS_IF([test "$enable_text" != no], [
    AC_DEFINE([HAVE_TEXT], [1], [Define to 1 if there are text streams.])
    TF_LIBUNISTRING],
  [tf_unistring=no])
  AC_SUBST([TEXT_CFLAGS])
  AC_SUBST([TEXT_LIBS])
])

# libunistring knows the names of characters, for the error handler namereplace.
AC_DEFUN([TF_LIBUNISTRING], [
  AC_ARG_WITH([libunistring],
    [AS_HELP_STRING([--with-libunistring=auto|yes|no],
      [the error handler namereplace @<:@auto@:>@])],
    [], [with_libunistring=auto])
  tf_unistring=no
  AS_IF([test "$with_libunistring" != no], [
    tf_saved_LIBS=$LIBS
    LIBS="-lunistring $LIBS"
    AC_LINK_IFELSE([AC_LANG_PROGRAM([[#include <uniname.h>]],
      [[char name[UNINAME_MAX]; return !unicode_character_name (0x41, name);]])],
      [tf_unistring=yes])
    LIBS=$tf_saved_LIBS
    AS_IF([test "$tf_unistring" = yes], [
      TEXT_LIBS="-lunistring $TEXT_LIBS"
      AC_DEFINE([HAVE_LIBUNISTRING], [1], [Define to 1 if libunistring is used.])],
    [test "$with_libunistring" = yes],
      [AC_MSG_ERROR([--with-libunistring: not found])])])
])
