# SPDX-License-Identifier: MIT
# How this libc makes custom streams, and what can be done with them.

# TF_STREAM_BACKEND: --with-stream; sets the shell variable tf_stream, the conditional
# STREAM_FUNOPEN, STREAM_CFLAGS and STREAM_LIBS, and defines STREAM_BACKEND,
# HAVE_STREAM_FILENO with STREAM_FILENO_MEMBER, STREAM_OFFSET_MEMBER, STREAM_WRITE_SHORT and
# STREAM_WIDE_MEMBER.
AC_DEFUN([TF_STREAM_BACKEND], [
  AC_ARG_WITH([stream],
    [AS_HELP_STRING([--with-stream=auto|fopencookie|funopen],
      [how custom streams are made; funopen is the libc's own or libbsd's @<:@auto@:>@])],
    [], [with_stream=auto])
  tf_stream=none
  STREAM_CFLAGS=
  STREAM_LIBS=
  AS_CASE([$with_stream],
    [auto], [TF_TRY_FOPENCOOKIE
             AS_IF([test "$tf_stream" = none], [TF_TRY_FUNOPEN])],
    [fopencookie], [TF_TRY_FOPENCOOKIE],
    [funopen], [TF_TRY_FUNOPEN],
    [AC_MSG_ERROR([--with-stream=$with_stream: must be auto, fopencookie or funopen])])
  AS_IF([test "$tf_stream" = none], [AC_MSG_ERROR(
    [--with-stream=$with_stream: no such function in libc@<:@, nor funopen in libbsd (libbsd-dev)@:>@])])
  AC_DEFINE_UNQUOTED([STREAM_BACKEND], ["$tf_stream"], [The function that makes custom streams.])
  AM_CONDITIONAL([STREAM_FUNOPEN], [test "$tf_stream" = funopen])
  AC_SUBST([STREAM_CFLAGS])
  AC_SUBST([STREAM_LIBS])
  TF_STREAM_FILENO
  TF_STREAM_OFFSET
  TF_STREAM_WRITE_SHORT
  TF_STREAM_WIDE
])

AC_DEFUN([TF_TRY_FOPENCOOKIE], [
  AC_CHECK_FUNC([fopencookie], [tf_stream=fopencookie])
])

AC_DEFUN([TF_TRY_FUNOPEN], [
  AC_CHECK_FUNC([funopen], [tf_stream=funopen], [
    PKG_CHECK_MODULES([LIBBSD], [libbsd-overlay], [
      tf_stream=funopen
      STREAM_CFLAGS=$LIBBSD_CFLAGS
      STREAM_LIBS=$LIBBSD_LIBS], [:])])
])

# A custom stream over /dev/null for the tests below: FILE *stream (void) with MODE "w".
m4_define([TF_TEST_STREAM], [[
  #include <errno.h>
  #include <fcntl.h>
  #include <stdio.h>
  #include <string.h>
  #include <sys/stat.h>
  #include <unistd.h>
  static long result;
  static int closed;
  static int on_close (void *c) { (void) c; closed++; return 0; }
  #ifdef TEST_FUNOPEN
  static int on_write (void *c, const char *b, int n)
  { (void) c; (void) b; (void) n; errno = ENOSPC; return (int) result; }
  static FILE *stream (void) { return funopen (&result, 0, on_write, 0, on_close); }
  #else
  static ssize_t on_write (void *c, const char *b, size_t n)
  { (void) c; (void) b; (void) n; errno = ENOSPC; return (ssize_t) result; }
  static FILE *stream (void)
  {
    cookie_io_functions_t io;
    memset (&io, 0, sizeof io);
    io.write = on_write;
    io.close = on_close;
    return fopencookie (&result, "w", io);
  }
  #endif
]])

AC_DEFUN([TF_WITH_STREAM_FLAGS], [
  tf_saved_CPPFLAGS=$CPPFLAGS
  tf_saved_LIBS=$LIBS
  CPPFLAGS="$CPPFLAGS $STREAM_CFLAGS"
  LIBS="$STREAM_LIBS $LIBS"
  AS_IF([test "$tf_stream" = funopen], [CPPFLAGS="$CPPFLAGS -DTEST_FUNOPEN=1"])
  $1
  CPPFLAGS=$tf_saved_CPPFLAGS
  LIBS=$tf_saved_LIBS
])

# Whether fileno() works on a custom stream once the descriptor is stored in a member of FILE,
# without stdio ever touching the descriptor by itself. Tested by running, for the member alone
# proves nothing; when cross compiling, its being there is the best guess.
AC_DEFUN([TF_STREAM_FILENO], [
  AC_CACHE_CHECK([for the member of FILE that makes fileno() work on custom streams],
    [tf_cv_stream_fileno], [
    tf_cv_stream_fileno=no
    for tf_member in _fileno _file; do
      TF_WITH_STREAM_FLAGS([
        AC_RUN_IFELSE([AC_LANG_PROGRAM([TF_TEST_STREAM], [[
          struct stat st;
          int fd = open ("/dev/null", O_RDWR);
          FILE *f = stream ();
          if (fd < 0 || !f)
            return 1;
          f->]]$tf_member[[ = fd;
          if (fileno (f) != fd || fstat (fileno (f), &st) != 0)
            return 2;
          if (fclose (f) != 0 || closed != 1 || fcntl (fd, F_GETFD) < 0)
            return 3;]])],
          [tf_cv_stream_fileno=$tf_member], [],
          [AC_LINK_IFELSE([AC_LANG_PROGRAM([TF_TEST_STREAM],
             [[FILE *f = stream (); f->]]$tf_member[[ = 1; return closed;]])],
             [tf_cv_stream_fileno=$tf_member])])])
      test "$tf_cv_stream_fileno" = no || break
    done])
  AS_IF([test "$tf_cv_stream_fileno" != no], [
    AC_DEFINE([HAVE_STREAM_FILENO], [1], [Define to 1 if fileno() works on custom streams.])
    AC_DEFINE_UNQUOTED([STREAM_FILENO_MEMBER], [$tf_cv_stream_fileno],
      [The member of FILE that holds the descriptor.])])
])

# Whether a write callback that stored less than it was given may say how much. Some libcs take
# only a negative result for a failure, and lose the data of a short one without a word; others
# want the count, or 0, and never a negative result. When cross compiling, a FILE with the member
# that fileno() reads is taken for the second kind.
AC_DEFUN([TF_STREAM_WRITE_SHORT], [
  AC_CACHE_CHECK([whether custom streams take a short write for a failure],
    [tf_cv_stream_write_short], [
    TF_WITH_STREAM_FLAGS([
      AC_RUN_IFELSE([AC_LANG_PROGRAM([TF_TEST_STREAM], [[
        FILE *f = stream ();
        if (!f || fputs ("four", f) < 0)
          return 1;
        result = 2;
        if (fflush (f) == 0 || !ferror (f))
          return 2;
        fclose (f);
        f = stream ();
        if (!f || fputs ("four", f) < 0)
          return 3;
        result = 0;
        if (fflush (f) == 0 || !ferror (f))
          return 4;
        fclose (f);]])],
        [tf_cv_stream_write_short=yes], [tf_cv_stream_write_short=no],
        [AS_IF([test "$tf_cv_stream_fileno" = _fileno],
          [tf_cv_stream_write_short=yes], [tf_cv_stream_write_short=no])])])])
  AS_IF([test "$tf_cv_stream_write_short" = yes],
    [AC_DEFINE([STREAM_WRITE_SHORT], [1],
      [Define to 1 if custom streams take a short write for a failure.])])
])

# A custom stream over ten bytes of memory that is read, written in its middle, and moved from
# there: exits with 0 when it arrives where it should. FORGET is what the write callback does last.
m4_define([TF_TEST_MOVE], [AC_LANG_PROGRAM([[
  #include <stdio.h>
  #include <string.h>
  #include <sys/types.h>
  static FILE *f;
  static char bytes[11] = "0123456789";
  static long at;
  static long take (char *b, long n)
  { n = n < 10 - at ? n : 10 - at; memcpy (b, bytes + at, (size_t) n); at += n; return n; }
  static long give (const char *b, long n)
  { memcpy (bytes + at, b, (size_t) n); at += n; $1; return n; }
  static long move (long offset, int whence)
  { return at = offset + (whence == SEEK_SET ? 0 : whence == SEEK_CUR ? at : 10); }
  #ifdef TEST_FUNOPEN
  static int on_read (void *c, char *b, int n) { (void) c; return (int) take (b, n); }
  static int on_write (void *c, const char *b, int n) { (void) c; return (int) give (b, n); }
  static off_t on_seek (void *c, off_t o, int w) { (void) c; return move ((long) o, w); }
  static FILE *stream (void) { return funopen (&at, on_read, on_write, on_seek, 0); }
  #else
  static ssize_t on_read (void *c, char *b, size_t n) { (void) c; return take (b, (long) n); }
  static ssize_t on_write (void *c, const char *b, size_t n)
  { (void) c; return give (b, (long) n); }
  static int on_seek (void *c, off64_t *o, int w) { (void) c; *o = move ((long) *o, w); return 0; }
  static FILE *stream (void)
  {
    cookie_io_functions_t io;
    memset (&io, 0, sizeof io);
    io.read = on_read;
    io.write = on_write;
    io.seek = on_seek;
    return fopencookie (&at, "w+", io);
  }
  #endif
]], [[
  f = stream ();
  if (!f || fgetc (f) != '0' || fseek (f, 1, SEEK_SET) != 0)
    return 1;
  if (fputs ("AB", f) < 0 || fseek (f, 1, SEEK_CUR) != 0 || fgetc (f) != '4')
    return 2;]])])

# Whether a relative fseek() after a write goes astray on custom streams, because stdio does not
# count what the write callback took, and is put right when the callback makes stdio forget the
# offset that it remembers. Tested by running; when cross compiling, where there is the member
# that fileno() reads, it is that stdio.
AC_DEFUN([TF_STREAM_OFFSET], [
  AC_CACHE_CHECK([for the member of FILE that custom streams must reset after a write],
    [tf_cv_stream_offset], [
    TF_WITH_STREAM_FLAGS([
      AC_RUN_IFELSE([TF_TEST_MOVE([])], [tf_cv_stream_offset=none],
        [AC_RUN_IFELSE([TF_TEST_MOVE([f->_offset = -1])],
          [tf_cv_stream_offset=_offset], [tf_cv_stream_offset=unknown])],
        [AS_IF([test "$tf_cv_stream_fileno" = _fileno],
          [tf_cv_stream_offset=_offset], [tf_cv_stream_offset=none])])])])
  AS_IF([test "$tf_cv_stream_offset" = _offset],
    [AC_DEFINE([STREAM_OFFSET_MEMBER], [_offset],
      [Define to the member of FILE that a write callback must set to -1.])])
])

# Whether an area of zeros in a member of FILE makes wide characters and freopen() safe on custom
# streams, where stdio has a pointer to nowhere. It must stay zero as long as the stream is a
# custom one, whatever is tried, and be zero no more after freopen(); which must make of the stream
# an ordinary one on the same descriptor, also for wide characters, calling none of the callbacks
# and using no more than half of the area. Tested by running; when cross compiling, where there are
# both members, it is that stdio.
AC_DEFUN([TF_STREAM_WIDE], [
  AC_CACHE_CHECK([for the member of FILE that makes freopen() safe on custom streams],
    [tf_cv_stream_wide], [
    TF_WITH_STREAM_FLAGS([
      AC_RUN_IFELSE([AC_LANG_PROGRAM([TF_TEST_STREAM [
          #include <stddef.h>
          #include <wchar.h>
          static union { max_align_t align; char bytes[512]; } area;
          static int used (void)
          {
            int i = (int) sizeof area;
            while (i > 0 && !area.bytes[i - 1])
              i--;
            return i;
          }
        ]], [[
          char bytes[8];
          wchar_t text[8];
          int fd = open ("/dev/null", O_RDWR);
          FILE *f = stream ();
          if (fd < 0 || !f)
            return 1;
          f->_wide_data = (void *) &area;
          f->_fileno = fd;
          if (fputwc (L'a', f) != WEOF || fgetwc (f) != WEOF || fgetws (text, 8, f))
            return 2;
          if (fputs ("a", f) < 0 || fputws (L"a", f) >= 0 || fwide (f, 1) > 0 || used () > 0)
            return 3;
          result = 1;
          if (freopen ("conftest.wide", "w+", f) != f || fileno (f) != fd)
            return 4;
          if (used () == 0 || fwide (f, 1) <= 0 || fputws (L"wide", f) < 0 || closed)
            return 5;
          rewind (f);
          if (!fgetws (text, 8, f) || wcscmp (text, L"wide") != 0 || used () > 256)
            return 6;
          if (freopen (0, "r", f) != f || !fgets (bytes, 8, f) || strcmp (bytes, "wide") != 0)
            return 7;
          if (fclose (f) != 0 || closed || fcntl (fd, F_GETFD) >= 0 || used () > 256)
            return 8;]])],
        [tf_cv_stream_wide=_wide_data], [tf_cv_stream_wide=none],
        [AC_LINK_IFELSE([AC_LANG_PROGRAM([TF_TEST_STREAM],
           [[FILE *f = stream (); f->_wide_data = 0; f->_fileno = 1; return closed;]])],
           [tf_cv_stream_wide=_wide_data], [tf_cv_stream_wide=none])])
      rm -f conftest.wide])])
  AS_IF([test "$tf_cv_stream_wide" = _wide_data],
    [AC_DEFINE([STREAM_WIDE_MEMBER], [_wide_data],
      [Define to the member of FILE that points to what stdio keeps about wide characters.])])
])
