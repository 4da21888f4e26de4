# SPDX-License-Identifier: MIT
# Whether tests/faults.c can make calls fail.

# TF_FAULTS: defines HAVE_FAULTS, and sets FAULTS_LDFLAGS, where the linker diverts calls by --wrap
# under the names that the source has (with large files, some systems give them others), and a
# program may have a malloc of its own in front of libc's. Tested by running one that does both;
# when cross compiling, the answer is no.
AC_DEFUN([TF_FAULTS], [
  FAULTS_LDFLAGS=
  for tf_call in close fchmod fchmodat fcntl fdopendir flock fstat fstatat fsync ftruncate getcwd \
    getrandom iconv_open link linkat lseek lstat mkdir open openat pread read readdir rename \
    renameat renameat2 rmdir sigaction stat syscall unlink unlinkat write
  do
    FAULTS_LDFLAGS="$FAULTS_LDFLAGS -Wl,--wrap=$tf_call"
  done
  AC_CACHE_CHECK([whether calls can be made to fail], [tf_cv_faults], [
    tf_saved_LDFLAGS=$LDFLAGS
    LDFLAGS="$LDFLAGS $FAULTS_LDFLAGS"
    AC_RUN_IFELSE([AC_LANG_PROGRAM([TF_TEST_FAULTS], [TF_TEST_FAULTS_MAIN])],
      [tf_cv_faults=yes], [tf_cv_faults=no], [tf_cv_faults=no])
    LDFLAGS=$tf_saved_LDFLAGS])
  AS_IF([test "$tf_cv_faults" = yes],
    [AC_DEFINE([HAVE_FAULTS], [1], [Define to 1 if tests can make calls fail.])],
    [FAULTS_LDFLAGS=])
  AC_SUBST([FAULTS_LDFLAGS])
])

m4_define([TF_TEST_FAULTS], [[
  #include <stdlib.h>
  #include <string.h>
  #include <sys/stat.h>
  #include <sys/syscall.h>
  #include <sys/types.h>
  #include <unistd.h>
  static long number = SYS_getdents64;
  static int diverted;
  void *__libc_malloc (size_t size);
  void *__libc_calloc (size_t n, size_t size);
  void *__libc_realloc (void *p, size_t size);
  void __libc_free (void *p);
  void *malloc (size_t size) { diverted |= 1; return __libc_malloc (size); }
  void *calloc (size_t n, size_t size) { return __libc_calloc (n, size); }
  void *realloc (void *p, size_t size) { return __libc_realloc (p, size); }
  void free (void *p) { __libc_free (p); }
  off_t __wrap_lseek (int fd, off_t offset, int whence) {
    diverted |= 2; return fd + offset + whence ? 0 : 0;
  }
  int __wrap_fstat (int fd, struct stat *st) { diverted |= 4; st->st_size = fd; return 0; }
]])
m4_define([TF_TEST_FAULTS_MAIN], [[
  struct stat st;
  char *volatile copy = strdup ("copy");
  lseek (0, 0, SEEK_CUR);
  fstat (0, &st);
  free (copy);
  return diverted == 7 && number > 0 ? 0 : 1;
]])
