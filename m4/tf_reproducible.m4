# SPDX-License-Identifier: MIT
# The same source gives the same library, wherever and whenever it is built.

# TF_PREFIX_MAP: sets PREFIX_MAP_CFLAGS, for a directory right below the top, so that what the
# compiler writes down has no path of this machine: sources are found from the top of the source.
AC_DEFUN([TF_PREFIX_MAP], [
  AC_CACHE_CHECK([for -ffile-prefix-map], [tf_cv_prefix_map], [
    tf_saved_CFLAGS=$CFLAGS
    CFLAGS="$CFLAGS -Werror -ffile-prefix-map=/a/b/="
    AC_COMPILE_IFELSE([AC_LANG_PROGRAM()], [tf_cv_prefix_map=yes], [tf_cv_prefix_map=no])
    CFLAGS=$tf_saved_CFLAGS])
  PREFIX_MAP_CFLAGS=
  AS_IF([test "$tf_cv_prefix_map" = yes], [
    # The last one that fits counts.
    PREFIX_MAP_CFLAGS='-ffile-prefix-map="$(abs_top_builddir)/"='
    PREFIX_MAP_CFLAGS="$PREFIX_MAP_CFLAGS "'-ffile-prefix-map="$(top_srcdir)/"=../'
    PREFIX_MAP_CFLAGS="$PREFIX_MAP_CFLAGS "'-ffile-prefix-map="$(srcdir)/"='])
  AC_SUBST([PREFIX_MAP_CFLAGS])
])

# TF_AR: has libtool make archives that know no time and no owner, where ar and ranlib can; to be
# called before LT_INIT, and TF_RANLIB after it. Flags that the user has given stay.
AC_DEFUN([TF_AR], [
  AC_REQUIRE([AC_PROG_RANLIB])
  AC_CACHE_CHECK([for archives without time and owner], [tf_cv_ar], [
    tf_cv_ar=no
    AC_COMPILE_IFELSE([AC_LANG_PROGRAM()], [
      AS_IF([{ $AR crD conftest.a conftest.$ac_objext && $RANLIB -D conftest.a; } \
             >&AS_MESSAGE_LOG_FD 2>&1], [tf_cv_ar=yes])
      rm -f conftest.a])])
  AS_IF([test "$tf_cv_ar$ARFLAGS" = yes], [: ${AR_FLAGS=crD}])
])

AC_DEFUN([TF_RANLIB], [AS_IF([test "$tf_cv_ar" = yes], [RANLIB="$RANLIB -D"])])
