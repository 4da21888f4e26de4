# SPDX-License-Identifier: MIT
# What text streams convert with.

# TF_TEXT: --disable-text, --with-libunistring; sets TEXT_CFLAGS, TEXT_LIBS, the conditional TEXT and
# the shell variables tf_cv_iconv and tf_unistring.
AC_DEFUN([TF_TEXT], [
  TEXT_CFLAGS=
  TEXT_LIBS=
  AC_ARG_ENABLE([text],
    [AS_HELP_STRING([--disable-text], [a library without text streams, which needs no iconv])],
    [], [enable_text=yes])
  AM_CONDITIONAL([TEXT], [test "$enable_text" != no])
  AS_IF([test "$enable_text" != no], [
    AC_DEFINE([HAVE_TEXT], [1], [Define to 1 if there are text streams.])
    TF_ICONV
    TF_LIBUNISTRING],
  [ tf_cv_iconv="not needed (--disable-text)"
    tf_unistring=no])
  AC_SUBST([TEXT_CFLAGS])
  AC_SUBST([TEXT_LIBS])
])

# A header of libiconv's renames the functions, so a program is linked that includes it.
m4_define([TF_ICONV_PROGRAM], [AC_LANG_PROGRAM([[#include <stddef.h>
  #include <iconv.h>]],
  [[iconv_t cd = iconv_open ("UTF-8", "ISO-8859-2");
    iconv (cd, NULL, NULL, NULL, NULL);
    iconv_close (cd);]])])

AC_DEFUN([TF_ICONV], [
  AC_CACHE_CHECK([for the library that has iconv], [tf_cv_iconv], [
    tf_cv_iconv=none
    tf_saved_LIBS=$LIBS
    AC_LINK_IFELSE([TF_ICONV_PROGRAM], [tf_cv_iconv=libc], [
      LIBS="-liconv $LIBS"
      AC_LINK_IFELSE([TF_ICONV_PROGRAM], [tf_cv_iconv=libiconv])])
    LIBS=$tf_saved_LIBS])
  AS_CASE([$tf_cv_iconv],
    [none], [AC_MSG_ERROR([iconv is needed: in libc, or from libiconv])],
    [libiconv], [TEXT_LIBS="-liconv $TEXT_LIBS"])
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
