# SPDX-License-Identifier: MIT
# What else makes temporary files, to be compared with; nothing but bench/ uses it.

# TF_PEERS: the conditionals PEER_GLIB, PEER_APR, PEER_LIBITE, PEER_QT with the compiler's and the
# linker's options, PEER_RUST with CARGO and CARGO_REGISTRY, and the shell variable tf_peers. Whether
# programs in C++ and in Rust can be built is found out when they are.
AC_DEFUN([TF_PEERS], [
  tf_peers=
  TF_PEER([GLIB], [glib-2.0], [[#include <glib.h>]])
  TF_PEER([APR], [apr-1], [[#include <apr_file_io.h>]])
  TF_PEER([LIBITE], [libite], [[#include <sys/stat.h>
    #include <fcntl.h>
    #include <lite/lite.h>]])
  TF_PEER([QT], [Qt5Core], [])
  AC_PATH_PROG([CARGO], [cargo])
  AC_ARG_VAR([CARGO_REGISTRY],
    [directory with the source of Rust's crates, instead of /usr/share/cargo/registry])
  : ${CARGO_REGISTRY=/usr/share/cargo/registry}
  tf_crate=no
  for tf_dir in "$CARGO_REGISTRY"/tempfile-3*; do
    AS_IF([test -n "$CARGO" && test -d "$tf_dir"], [tf_crate=yes])
  done
  AS_IF([test "$tf_crate" = yes], [tf_peers="$tf_peers Rust"])
  AM_CONDITIONAL([PEER_RUST], [test "$tf_crate" = yes])
  : ${tf_peers:=none}
])

# TF_PEER(NAME, MODULE, INCLUDES): whether a program with these includes can be linked, which
# pkg-config alone does not say when cross compiling. What is built is a shared object.
AC_DEFUN([TF_PEER], [
  tf_peer=no
  PKG_CHECK_MODULES([PEER_$1], [$2], [tf_peer=yes], [tf_peer=no])
  AS_IF([test "$tf_peer" = yes], [
    tf_saved_CPPFLAGS=$CPPFLAGS tf_saved_LIBS=$LIBS
    CPPFLAGS="$CPPFLAGS $PEER_$1_CFLAGS -fPIC"
    LIBS="$LIBS $PEER_$1_LIBS"
    AC_LINK_IFELSE([AC_LANG_PROGRAM([$3])], [], [tf_peer=no])
    CPPFLAGS=$tf_saved_CPPFLAGS LIBS=$tf_saved_LIBS])
  AS_IF([test "$enable_shared" != yes], [tf_peer=no])
  AS_IF([test "$tf_peer" = yes], [tf_peers="$tf_peers $2"])
  AM_CONDITIONAL([PEER_$1], [test "$tf_peer" = yes])
])
