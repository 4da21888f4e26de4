# SPDX-License-Identifier: MIT
# Whether tests/faults.c can make calls fail.

# TF_FAULTS: defines HAVE_FAULTS, and sets FAULTS_LDFLAGS, where the linker diverts calls by --wrap,
# and a program may have a malloc of its own in front of libc's. With large files, some systems give
# calls other names than the source has: then FAULTS_LARGE is defined. Tested by running a program
# that does both; when cross compiling, the answer is no.
AC_DEFUN([TF_FAULTS], [
  AC_CACHE_CHECK([whether calls can be made to fail], [tf_cv_faults], [
    TF_TRY_FAULTS([])
    AS_IF([test "$tf_cv_faults" = no], [TF_TRY_FAULTS([64])])])
  FAULTS_LDFLAGS=
  AS_CASE([$tf_cv_faults],
    [yes], [TF_FAULTS_LDFLAGS([])],
    [yes64], [TF_FAULTS_LDFLAGS([64])
      AC_DEFINE([FAULTS_LARGE], [1], [Define to 1 if calls on large files have names of their own.])])
  AS_IF([test "$tf_cv_faults" != no],
    [AC_DEFINE([HAVE_FAULTS], [1], [Define to 1 if tests can make calls fail.])])
  AC_SUBST([FAULTS_LDFLAGS])
])

# What has offsets or inode numbers in it ends in $1.
AC_DEFUN([TF_FAULTS_LDFLAGS], [
  FAULTS_LDFLAGS=
  for tf_call in chmod close copy_file_range dup3 pwrite$1 fchmod fchown fcntl$1 fdopendir fgetxattr flistxattr flock fremovexattr \
    fsetxattr fstat$1 fstatat$1 fsync ftruncate$1 \
    getcwd getrandom link linkat lseek$1 lstat$1 madvise memfd_create mkdir open$1 openat$1 \
    pread$1 raise read readdir$1 readlink rename renameat renameat2 rmdir sigaction stat$1 statx syscall \
    unlink \
    unlinkat write
  do
    FAULTS_LDFLAGS="$FAULTS_LDFLAGS -Wl,--wrap=$tf_call"
  done
])

AC_DEFUN([TF_TRY_FAULTS], [
  TF_FAULTS_LDFLAGS([$1])
  tf_saved_LDFLAGS=$LDFLAGS
  tf_saved_CPPFLAGS=$CPPFLAGS
  LDFLAGS="$LDFLAGS $FAULTS_LDFLAGS"
  AS_IF([test -n "$1"], [CPPFLAGS="$CPPFLAGS -DFAULTS_LARGE"])
  AC_RUN_IFELSE([AC_LANG_PROGRAM([TF_TEST_FAULTS], [TF_TEST_FAULTS_MAIN])],
    [tf_cv_faults=yes$1], [tf_cv_faults=no], [tf_cv_faults=no])
  LDFLAGS=$tf_saved_LDFLAGS
  CPPFLAGS=$tf_saved_CPPFLAGS
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
  #ifdef FAULTS_LARGE
  #define WRAP_LSEEK __wrap_lseek64
  #define WRAP_FSTAT __wrap_fstat64
  #else
  #define WRAP_LSEEK __wrap_lseek
  #define WRAP_FSTAT __wrap_fstat
  #endif
  off_t WRAP_LSEEK (int fd, off_t offset, int whence) {
    diverted |= 2; return fd + offset + whence ? 0 : 0;
  }
  int WRAP_FSTAT (int fd, struct stat *st) { diverted |= 4; st->st_size = fd; return 0; }
]])
m4_define([TF_TEST_FAULTS_MAIN], [[
  struct stat st;
  char *volatile copy = strdup ("copy");
  lseek (0, 0, SEEK_CUR);
  fstat (0, &st);
  free (copy);
  return diverted == 7 && number > 0 ? 0 : 1;
]])
