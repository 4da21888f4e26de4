/* SPDX-License-Identifier: MIT */
/*
 * tempfile.h - temporary files that are ordinary FILE * streams and remove themselves.
 *
 *     FILE *f = TemporaryFile ();                              no name, gone at fclose
 *     FILE *g = NamedTemporaryFile (.suffix = ".csv");         a name, deleted at fclose
 *     FILE *h = NamedTemporaryFile (.dir = "/var/spool/x", .delete_when = TEMPFILE_DELETE_NEVER);
 *     struct tempfile_dir *d = TemporaryDirectory ();          a directory, removed with all in it
 *     FILE *m = SpooledTemporaryFile (.max_size = 65536);      in memory until it is larger
 *
 * What comes back works with every stdio function, and a bare fclose() is enough. The file is
 * created with O_EXCL or O_TMPFILE, mode 0600, close-on-exec. A name still registered when the
 * process ends by exit() or quick_exit() is deleted then: first files, then directories.
 *
 * Failure is NULL or -1 with errno set; tempfile_errmsg() says in one line what was wrong.
 * Where a program has a tempfile.h of its own, <libtempfile/tempfile.h> is this one.
 * Every function may be called from any thread. A child, made by fork(), _Fork(), vfork() or
 * clone(), never deletes what its parent made. Only where a function says so may it be called from
 * a signal handler. A cancellation that is pending acts before a call has done anything; one that
 * comes later acts after it. Once exit() has begun to delete, no other thread makes a name:
 * ECANCELED.
 */
#ifndef LIBTEMPFILE_TEMPFILE_H
#define LIBTEMPFILE_TEMPFILE_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>

/* The version of this header, to compare with by #if; that of the library is tempfile_version(). */
#define TEMPFILE_VERSION_MAJOR 0
#define TEMPFILE_VERSION_MINOR 2
#define TEMPFILE_VERSION_PATCH 0
#define TEMPFILE_VERSION \
    (TEMPFILE_VERSION_MAJOR * 10000 + TEMPFILE_VERSION_MINOR * 100 + TEMPFILE_VERSION_PATCH)

/*
 * For compilers: a result that must not be ignored, for data may be lost then; and what is to be
 * called with a result in the end, so that gcc's analyser (-fanalyzer, gcc 11 and later) finds
 * where it is not.
 */
#if defined __GNUC__
#define TEMPFILE_CHECKED_ __attribute__ ((__warn_unused_result__))
#else
#define TEMPFILE_CHECKED_
#endif
#if defined __GNUC__ && __GNUC__ >= 11 && !defined __clang__
#define TEMPFILE_ENDED_BY_(function) __attribute__ ((__malloc__, __malloc__ (function, 1)))
#else
#define TEMPFILE_ENDED_BY_(function)
#endif

/* In C++20 an initialiser may name members and leave others out, without a warning. */
#if defined __cplusplus && __cplusplus >= 202002L
#define TEMPFILE_0_ \
    {               \
    }
#else
#define TEMPFILE_0_
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* When the file of a named stream is deleted. */
enum tempfile_delete {
    TEMPFILE_DELETE_ON_CLOSE = 0, /* at fclose, else at exit: Python's delete=True */
    TEMPFILE_DELETE_ON_EXIT,      /* at exit, at tempfile_unlink, at the end of a tempfile_auto
                                     scope: delete=True, delete_on_close=False */
    TEMPFILE_DELETE_NEVER         /* never by this library: delete=False */
};

/* Values of tempfile_options.buffering; any n > 1 is a buffer of n bytes. */
enum { TEMPFILE_BUFFERING_DEFAULT = 0, TEMPFILE_LINE_BUFFERED = 1, TEMPFILE_UNBUFFERED = -1 };

/*
 * The parameters of Python's calls. All zero is all defaults. The struct may grow at its end: a
 * program says with a size_t how large the struct was when it was compiled, and a library that is
 * older than the program refuses members that it does not know with E2BIG, unless they are zero.
 * Strings are read during the call only; the caller keeps them.
 *
 * A mode without b is a text mode: the program reads and writes UTF-8 with '\n', the file holds
 * encoding with newline, and errors says what becomes of what has no counterpart. With "strict"
 * reading or writing it fails with EILSEQ; everything before it is in the file, or handed out, and
 * after clearerr() the stream goes on. ftello() counts the program's bytes. fseeko() goes to each
 * of them, but within a character nothing can be written (EINVAL). See tempfile_text(7).
 */
struct tempfile_options {
    /* Python's open(): one of r w x a, +, b or t; NULL: "w+b" */
    const char *mode TEMPFILE_0_;
    /* one of the constants above, or a size in bytes */
    int buffering TEMPFILE_0_;
    /* text only, Python's name; NULL: bytes stay as they are */
    const char *encoding TEMPFILE_0_;
    /* text only; NULL: "strict" */
    const char *errors TEMPFILE_0_;
    /* text only, "", \n, \r or \r\n; NULL: universal */
    const char *newline TEMPFILE_0_;
    /* NULL: none */
    const char *suffix TEMPFILE_0_;
    /* NULL: tempfile_gettempprefix () */
    const char *prefix TEMPFILE_0_;
    /* NULL: tempfile_gettempdir () */
    const char *dir TEMPFILE_0_;
    /* named streams, directories, tempfile_mkstemp() and tempfile_make() only */
    enum tempfile_delete delete_when TEMPFILE_0_;
    /* 0: 0600, directories 0700; the umask does not matter, but with TEMPFILE_UMASK */
    mode_t permissions TEMPFILE_0_;
    /* spooled streams only, in bytes; 0: no limit */
    size_t max_size TEMPFILE_0_;
    /* as tempfile_on_close; every stream, and directories */
    int (*on_close) (void *arg) TEMPFILE_0_;
    void *on_close_arg TEMPFILE_0_;
    /* 1: tempfile_recover() finds it should this process be killed; named streams and directories
       only */
    int recoverable TEMPFILE_0_;
    /* 1: a file of memfd_create(2), which needs no directory; streams without a name only, and not
       with dir */
    int in_memory TEMPFILE_0_;
    /* the path of a file, which need not exist: in the directory where it really is, symbolic links
       followed, so that it can become that file by tempfile_persist(); not with dir or in_memory */
    const char *beside TEMPFILE_0_;
};

/* .permissions = TEMPFILE_UMASK | 0666: less the umask, as open(2) does it. Without permissions:
 * less than the default ones. Not with in_memory, for the kernel has no umask there. */
#define TEMPFILE_UMASK 010000

/*
 * Opens a temporary file without a name: Python's TemporaryFile(). The file is gone as soon as
 * the stream is closed, or the process ends in whatever way. OPTIONS may be NULL for all
 * defaults; SIZE is sizeof (struct tempfile_options). delete_when and max_size must be 0.
 *
 * With in_memory the file is the kernel's, in memory: no directory is needed, and memory is what
 * it takes up. It can be handed to a child by its descriptor, truncated, reopened, and sealed by
 * fcntl(2). Nobody can execute it, where the kernel has that (Linux 6.3), unless its permissions
 * say so. An audit hook sees "memfd:" and the prefix.
 *
 * Returns a stream for the caller to fclose(), or NULL:
 *   EINVAL        an option, or a combination, that Python's open() refuses
 *   E2BIG         a member that this version does not know is not zero
 *   ENAMETOOLONG  prefix and suffix do not fit into a file name
 *   ENOENT        dir does not exist; without dir: no directory served, the message lists all
 *   EPERM         an audit hook refused
 *   EEXIST        no unused name was found
 *   ENOTSUP       in_memory: this system has no such files
 * or any errno of open(2), memfd_create(2), fchmod(2), malloc(3), fdopen(3).
 */
TEMPFILE_ENDED_BY_ (fclose)
FILE *tempfile_open (const struct tempfile_options *options, size_t size);

/*
 * What tmpfile(3) does: opens a new file for reading and writing, mode "w+b", that has no name and
 * is gone when the stream is closed or the process ends in whatever way. The stream is libc's own,
 * good for all that tmpfile()'s is: freopen(), wide characters, fileno(). Unlike libc's, the file
 * is where TMPDIR says, see tempfile_gettempdir(), and close-on-exec. It is TemporaryFile ()
 * without options. Returns a stream for the caller to fclose(), or NULL with an errno as
 * tempfile_open().
 *
 * In a source that defines TEMPFILE_REPLACE_TMPFILE before it includes this header, "tmpfile"
 * means this function from there on, and so does tmpfile64 where large files have calls of their
 * own; whatever the order of <stdio.h> and this header.
 */
TEMPFILE_ENDED_BY_ (fclose)
FILE *tempfile_tmpfile (void);

/*
 * Opens a temporary file with a name, as tempfile_open() otherwise: Python's
 * NamedTemporaryFile(). delete_when says when it is deleted. Deletion is by name: a file that
 * another program renamed onto the name is deleted in its place. A name that is gone already is
 * no error; any other failure to delete makes fclose() return EOF with its errno.
 */
TEMPFILE_ENDED_BY_ (fclose)
FILE *tempfile_open_named (const struct tempfile_options *options, size_t size);

/*
 * Opens a temporary file that is in memory, without a file or a descriptor, until it has to move
 * to disk: Python's SpooledTemporaryFile(). It moves when its size would become larger than
 * max_size bytes, and when tempfile_fileno(), tempfile_rollover() or tempfile_reopen() ask for the
 * file. With max_size 0 it does not move because of its size, unless a single write past the end,
 * or a truncation, would add more than 1 MiB of zeros, or no memory is left. The file is made as
 * tempfile_open() makes it, with the options given here; a relative dir means what it means now.
 *
 * When the move fails, the call that needed it fails with the errno of tempfile_open() or
 * write(2) (ENOMEM, when memory was the reason to move); what was in memory before stays there and
 * can be read, nothing of the failed write is stored, and the next call that needs the move
 * tries again. delete_when must be 0. A missing dir is noticed at the move only. Before it,
 * fileno() is -1, and a child made by fork() has a copy of its own.
 *
 * Returns a stream for the caller to fclose(), or NULL: EINVAL, E2BIG or ENAMETOOLONG as
 * tempfile_open(), ENOMEM, or any errno of getcwd(3) for a relative dir.
 */
TEMPFILE_ENDED_BY_ (fclose)
FILE *tempfile_open_spooled (const struct tempfile_options *options, size_t size);

/*
 * Moves a spooled stream to disk now, and writes out what it has buffered; position and contents
 * stay as they are. Any other stream is there already and is only written out. Returns 0, or -1
 * with the errno of the move, and then nothing has changed; or of write(2), when the stream is
 * on disk but what was buffered could not be written.
 */
int tempfile_rollover (FILE *stream);

/*
 * The absolute path of the stream's file, or NULL (EINVAL) when it has none. It stays the same
 * and stays valid until the stream is closed, whatever the working directory becomes.
 */
const char *tempfile_name (FILE *stream);

/*
 * The stream's descriptor, or -1. It works on every stream of this library on every libc, where
 * fileno() may not; a spooled stream moves to disk for it. The descriptor belongs to the stream.
 * fflush() the stream before the descriptor is used, or handed to a child: then its offset is the
 * stream's position and the file holds all that was written.
 */
int tempfile_fileno (FILE *stream);

/*
 * Sets the length of the stream's file to SIZE bytes, after writing out what the stream has
 * buffered; a longer file reads as zeros past its old end. The position does not change. For a text
 * stream SIZE is an offset as ftello() returns it.
 * Returns 0 or -1: EINVAL (SIZE negative or within a character, or the stream not open for
 * writing), or any errno of write(2) and ftruncate(2). SIZE is int64_t because off_t depends on the
 * caller's _FILE_OFFSET_BITS.
 */
int tempfile_truncate (FILE *stream, int64_t size);

/*
 * Opens a second, independent stream on the same file, with its own position, also when the
 * file has no name or its name now belongs to another file. What STREAM has buffered is written
 * out first. MODE is as in the options, or NULL for "r+b"; "w" truncates, "x" fails with EEXIST.
 * With a text mode the encoding, errors and newline are those of STREAM. The new stream deletes
 * nothing and has no tempfile_name(); either may be closed first. Returns a stream for the caller
 * to fclose(), or NULL: EINVAL (bad mode), ENOTSUP (the system has no /proc and the file no name),
 * or any errno of write(2) and open(2).
 */
TEMPFILE_ENDED_BY_ (fclose)
FILE *tempfile_reopen (FILE *stream, const char *mode);

/*
 * From now on this library never deletes the stream's file. Returns 0, or -1 with EINVAL when
 * the file has no name, or is recoverable: then any process may delete it once this one is gone.
 */
int tempfile_keep (FILE *stream);

/*
 * Atomically, the stream's temporary file becomes PATH, which is on the same file system: a file
 * that is there is replaced, and whoever opens PATH finds the old file whole or the new one whole.
 * All that was written to the stream is in it. The stream stays open and usable, its name is now
 * PATH (a relative path is made absolute), and it is no longer deleted. FLAGS are 0 or the sum of
 *   TEMPFILE_NOREPLACE  fails with EEXIST where there is a file already, and changes nothing
 *   TEMPFILE_SYNC       the data is on disk before the name changes, the directory after it
 *   TEMPFILE_FOLLOW     where PATH is a symbolic link, what it leads to is replaced, or made, and
 *                       the name is that then; otherwise the link itself is replaced
 *   TEMPFILE_COPY       where PATH is on another file system, or the file has no name and can get
 *                       none, a copy becomes PATH, as atomically, and the temporary file is deleted
 *   TEMPFILE_LIKE_TARGET  mode, owner, group, access control list and extended attributes of the
 *                       ordinary file that is replaced, as far as the process may, before the name
 *                       changes. Set-ID bits and capabilities only where owner and group could be
 *                       kept; without its group, group and others get what both had, and nothing
 *                       where there is a list. Where nothing is replaced, as without the flag
 * Without the last one the mode is that of .permissions. Works on streams of every kind, also
 * without a name. To have the file where it can become PATH, open it with .beside = PATH.
 *
 * Returns 0 or -1. Then the file stays the temporary file it was, with TEMPFILE_LIKE_TARGET perhaps
 * with other permissions: EINVAL (flags, or a NULL),
 * ENOENT, EEXIST, EISDIR; ELOOP (links that go in circles); EXDEV (another file system, without
 * TEMPFILE_COPY); ESTALE (another file has taken the temporary file's name, and is not published);
 * ENOTSUP (a file without a name that the file system cannot give one: open it with
 * NamedTemporaryFile() instead; or TEMPFILE_NOREPLACE where the file system has neither hard links
 * nor a rename that does not replace); the errno of a write that failed, now or earlier; or any
 * errno of fsync(2), link(2) and rename(2). Should rename(2) itself fail for a file without a name,
 * a second try gives ENOTSUP. Only when the directory could not be synced, or the temporary file of
 * a copy not be deleted, as the message says then, is PATH in place all the same. After a copy the
 * stream has the same descriptor, which is open on the copy for reading and writing; those that
 * others have, and the streams of tempfile_reopen(), are on the old file.
 */
enum {
    TEMPFILE_NOREPLACE = 1,
    TEMPFILE_SYNC = 2,
    TEMPFILE_COPY = 4,
    TEMPFILE_LIKE_TARGET = 8,
    TEMPFILE_FOLLOW = 16
};
TEMPFILE_CHECKED_ int tempfile_persist (FILE *stream, const char *path, unsigned flags);

/*
 * Adds FUNCTION to what runs when the stream is closed, as FUNCTION (ARG): the last one added
 * runs first, each exactly once, after the buffer was written out (or failed to be) and before
 * the file is deleted. A result other than 0 makes fclose() return EOF with the errno that the
 * function left. The function must not use the stream for input or output. It runs in the process
 * and thread that closes: in a child made by fork(), when the child closes its copy.
 * Returns 0 or -1: ENOTSUP for a plain stream (pass on_close when opening it instead), ENOMEM.
 */
int tempfile_on_close (FILE *stream, int (*function) (void *arg), void *arg);

/*
 * Closes the stream and, unless its file is to be kept, deletes the file at once, also with
 * TEMPFILE_DELETE_ON_EXIT: the end of Python's with statement. Returns what fclose() returns.
 */
int tempfile_close (FILE *stream);

/*
 * The checked end of a tempfile_auto scope: sets *STREAM to NULL, so that the scope has nothing
 * left to close, and does what tempfile_close() does. Returns 0, or -1 when anything was not
 * written, now or earlier: with the errno of fclose(), or with EIO when fclose() of a plain stream
 * succeeded but ferror() was true before. With *STREAM NULL already it does nothing and returns 0.
 */
TEMPFILE_CHECKED_ int tempfile_finish (FILE **stream);

/*
 * Closes the stream but leaves its file until tempfile_unlink(), the end of a tempfile_auto_path
 * scope, or exit; with TEMPFILE_DELETE_NEVER or tempfile_keep() beyond that. Returns the path,
 * for the caller to free(). When the file has no name nothing is done, and the result is NULL with
 * EINVAL. In all other cases the stream is closed: a result of NULL has then ENOMEM or whatever
 * errno fclose() had, and the file is deleted, unless it was to be kept, for it may not be whole.
 */
TEMPFILE_CHECKED_ char *tempfile_into_path (FILE *stream);

/*
 * Deletes now a file that this process left for exit. PATH is the name as it was reported.
 * Returns 0, also when the file is gone already, or -1: ENOENT (no such name registered here),
 * EPERM (it is the parent's), EISDIR (it is a directory's), or any errno of unlink(2); then the
 * name is no longer registered.
 */
int tempfile_unlink (const char *path);

/*
 * Of a file that this process left for exit: from now on this library never deletes it. PATH is the
 * name as it was reported. Returns 0, or -1: ENOENT, EPERM, EISDIR as tempfile_unlink(); EINVAL
 * for a recoverable file; or ECANCELED: it is being deleted already.
 */
int tempfile_keep_path (const char *path);

/*
 * tempfile_persist() of what has no stream any more: NAME, a name as it was reported that this
 * process left for exit, or registered, atomically becomes PATH and is no longer this library's to
 * delete. The flags are the same; TEMPFILE_COPY, _LIKE_TARGET and _SYNC are for ordinary files,
 * while without them a socket, FIFO or symbolic link can be persisted as well. Data are what was
 * written: a stream of this library that wrote them has been closed. Returns 0, or -1: ENOENT,
 * EPERM or EISDIR for NAME as tempfile_unlink(); EBUSY, when its stream is open; EINVAL; or as
 * tempfile_persist().
 */
TEMPFILE_CHECKED_ int tempfile_persist_path (const char *name, const char *path, unsigned flags);

/*
 * Takes up PATH, an existing file, symbolic link, socket or FIFO that something else has made: from
 * now on it is as if this library had left it for exit. tempfile_unlink() and tempfile_keep_path()
 * want it as an absolute path: the one given here, or the one that a relative one means now. A name
 * that is registered already stays so. Returns 0, or -1: ENOENT; EISDIR; ECANCELED, when the
 * process is ending; ENOMEM; or any errno of lstat(2) and getcwd(3).
 */
int tempfile_register (const char *path);

/*
 * After a fork() whose parent ends without deleting, as that of daemon(3) does by _exit(2): what
 * this process inherited, its parent's files and directories, is from now on its own to delete, by
 * fclose(), at exit and on signals. The parent must not delete it, too. Returns 0, or -1 with
 * EPERM in a child that shares its parent's memory, as after vfork().
 */
int tempfile_adopt (void);

/*
 * Makes a temporary directory: Python's TemporaryDirectory(). It is the handle's, and removed with
 * all that is in it by tempfile_dir_close(), or at exit. OPTIONS may be NULL for all defaults;
 * SIZE is sizeof (struct tempfile_options). It has the options suffix, prefix, dir, permissions
 * (0: 0700), on_close, and delete_when as ON_CLOSE or NEVER; all others must be 0.
 *
 * Returns a handle for the caller to tempfile_dir_close(), or NULL:
 *   EINVAL        an option that a directory does not have
 *   E2BIG, ENAMETOOLONG, ENOENT, EPERM, EEXIST as tempfile_open()
 * or any errno of mkdir(2), fchmodat(2), malloc(3).
 */
struct tempfile_dir;
int tempfile_dir_close (struct tempfile_dir *dir);
TEMPFILE_ENDED_BY_ (tempfile_dir_close)
struct tempfile_dir *tempfile_open_dir (const struct tempfile_options *options, size_t size);

/*
 * The directory's absolute path. It stays the same and stays valid until the handle is closed,
 * whatever the working directory becomes. NULL (EINVAL) for no handle.
 */
const char *tempfile_dir_name (const struct tempfile_dir *dir);

/* From now on this library never removes the directory. Returns 0, or -1 (EINVAL) for no handle. */
int tempfile_dir_keep (struct tempfile_dir *dir);

/*
 * Removes the directory with all that is in it, unless it is to be kept, and frees the handle in
 * any case. on_close runs before that. In a child made by fork() nothing is removed.
 *
 * Removal is by name, as for files: what now has the directory's name is removed, and no error if
 * there is nothing. Inside, symbolic links are removed and never followed. Permissions that are in
 * the way become 0700, on directories that belong to the process's user. Mount points are left
 * alone, the directory itself included; and so are, in a directory that is open to others,
 * directories that belong neither to the process's user nor to the directory's. Others may add,
 * remove and move things meanwhile, which ends nevertheless. It takes at most 33 descriptors and
 * little memory, for trees of any size, and makes do with three: then, and where directories are
 * nested deeper than some 30, inner ones are moved up into the outermost before they are removed.
 *
 * Returns 0, or -1 with the errno of on_close (ECANCELED if it set none) or else of the first
 * thing that could not be removed, which tempfile_errmsg() names; all else has been removed, and
 * what is left will not be tried again at exit. EBUSY: a mount point. EPERM: another user's
 * directory. ENOTEMPTY: others add faster than can be removed. EMFILE: not even three descriptors.
 */
int tempfile_dir_close (struct tempfile_dir *dir); /* NOLINT(readability-redundant-declaration) */

/*
 * Makes a directory as tempfile_open_dir() does, and leaves it to the caller: Python's mkdtemp().
 * It has the options suffix, prefix, dir and permissions only. Returns its absolute path, for
 * the caller to free(), or NULL with an errno as above. The library never removes it.
 */
TEMPFILE_ENDED_BY_ (free)
char *tempfile_mkdtemp (const struct tempfile_options *options, size_t size);

/*
 * Makes and opens a file as tempfile_open_named() does, and leaves it to the caller: Python's
 * mkstemp(). It has the options mode, suffix, prefix, dir, permissions and delete_when only; the
 * mode is a binary one and decides about the descriptor's flags. Returns the descriptor,
 * close-on-exec, for the caller to close(), and in *PATH its absolute path, for the caller to
 * free(). The library deletes the file at exit, or by tempfile_unlink(), with
 * TEMPFILE_DELETE_ON_EXIT, and otherwise never. On failure it returns -1, with *PATH NULL and an
 * errno as tempfile_open() has.
 */
int tempfile_mkstemp (char **path, const struct tempfile_options *options, size_t size);

/*
 * Makes anything that takes a fresh name: a socket, a FIFO, a database. MAKE (path, ARG) is called
 * with an absolute path that most likely does not exist; MAKE must fail with EEXIST, or EADDRINUSE
 * as bind(2) does, if it does exist, and is then called with another, up to 100 times. The path is
 * MAKE's only until it returns. The options are suffix, prefix, dir and delete_when. Audit hooks
 * see each path, as "tempfile.mkstemp".
 *
 * Returns what MAKE returned, 0 or more, and in *PATH the path, for the caller to free(). The
 * library deletes what was made, which must not be a directory then, with TEMPFILE_DELETE_ON_EXIT:
 * it is registered before MAKE is called. Otherwise it never does. On failure it returns -1 and
 * *PATH is NULL: any other errno that MAKE has left with a negative result (ECANCELED if it set
 * none); EEXIST when it found no unused name; EINVAL, E2BIG, ENAMETOOLONG, ENOENT, EPERM as
 * tempfile_open(); ENOMEM.
 */
int tempfile_make (char **path, int (*make) (const char *path, void *arg), void *arg,
                   const struct tempfile_options *options, size_t size);

/*
 * The directory for temporary files: the first of $TMPDIR, $TEMP, $TMP, /tmp, /var/tmp, /usr/tmp
 * and the current directory in which a file can be made; it is chosen once. Should it go later, the
 * calls that need it fail, and the message names it; tempfile_settempdir (NULL) chooses another.
 * The environment is ignored in set-user-ID and set-group-ID programs. The string is the library's
 * and stays valid. Returns NULL with ENOENT when none serves.
 */
const char *tempfile_gettempdir (void);

/*
 * Makes DIR that directory, for the whole process; NULL chooses afresh from the environment.
 * Returns 0, or -1 when no file can be made in DIR (ENOENT, ENOTDIR, EACCES, ...), or for NULL
 * in any (ENOENT); then nothing has changed.
 */
int tempfile_settempdir (const char *dir);

/* What names begin with where no prefix is given: "tmp". */
const char *tempfile_gettempprefix (void);

/*
 * Opts in: from now on each signal whose default is to end the process, and which the program
 * neither handles nor ignores, deletes every file of this process that would be deleted at exit,
 * and then ends the process: SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE, SIGALRM, SIGUSR1, SIGUSR2,
 * SIGPROF, SIGVTALRM, SIGPOLL, SIGXCPU, SIGXFSZ, SIGTRAP, SIGSYS, the crash signals SIGSEGV,
 * SIGBUS, SIGABRT, SIGILL and SIGFPE, and Linux's SIGSTKFLT and SIGPWR. A handler of the program's
 * own is left alone, whenever it was installed; it may call tempfile_cleanup(). Once this was
 * called, the library stays loaded: dlclose() deletes nothing then. Calling it again is harmless.
 * Returns 0, or -1 with any errno of sigaction(2).
 */
int tempfile_cleanup_on_signals (void);

/*
 * Deletes the same files, for a signal handler of the program's own that is about to end the
 * process. Async-signal-safe, in any thread, whatever function of this library the signal
 * interrupted; errno is kept. Streams stay open. So that nothing is left behind, other threads
 * that are about to make a file wait for the end of the process, for a second at most; a process
 * that lives on may go on using the library.
 */
void tempfile_cleanup (void);

/*
 * Deletes the recoverable files in DIR (NULL: tempfile_gettempdir ()) whose owners are gone, by
 * whatever death: SIGKILL and power loss included. A file whose owner lives, in this pid namespace
 * or another, is never deleted, and neither is any file without the option. The owner is the
 * process that opened the file, and any child that has inherited the stream. A file is judged when
 * it belongs to the process's effective user, who may open it. All others are left alone, also when
 * that user is the superuser. It is safe to run at any time, in several processes at once.
 *
 * Returns the number of files deleted, or -1: any errno of open(2), readdir(3) or unlink(2), or
 * EMFILE, ENFILE, ENOMEM, ENOLCK or EIO when these kept a file from being judged; the remaining
 * files were deleted all the same.
 *
 * The option costs two system calls for each file, flock(2) among them, and for each file that
 * outlives its stream a descriptor. The program must not use flock(2) on the stream itself.
 */
int tempfile_recover (const char *dir);

/*
 * An audit hook sees each file before it exists: event "tempfile.mkstemp" and the absolute path,
 * or, for a file that never gets a name, its directory; and each directory: event
 * "tempfile.mkdtemp" and the absolute path. A hook that returns 0 allows it. A hook that returns
 * anything else refuses it, and the call fails with EPERM. tempfile_recover() shows each file that
 * it is about to delete: event "tempfile.recover" and its directory, as given, with its name; a
 * refusal leaves the file. Hooks run in the order in which they were added, in the calling thread,
 * and cannot be removed. tempfile_add_audit_hook() returns 0 or -1: ENOMEM.
 */
typedef int tempfile_audit_fn (const char *event, const char *fullpath, void *arg);
int tempfile_add_audit_hook (tempfile_audit_fn *hook, void *arg);

/*
 * This thread's last failure in one line, "" when there was none. The string is the library's; it
 * is valid until the thread's next failure.
 */
const char *tempfile_errmsg (void);

/* The version of the library that runs, "MAJOR.MINOR.PATCH". */
const char *tempfile_version (void);

#ifdef __cplusplus
} /* extern "C" */

/* The same as inline functions: TemporaryFile (), TemporaryFile (options), and from C++20 on
 * TemporaryFile ({.mode = "w+b", .dir = "/var/tmp"}). */
inline FILE *
TemporaryFile (const tempfile_options &options = tempfile_options ())
{
    return tempfile_open (&options, sizeof options);
}

inline FILE *
NamedTemporaryFile (const tempfile_options &options = tempfile_options ())
{
    return tempfile_open_named (&options, sizeof options);
}

inline struct tempfile_dir *
TemporaryDirectory (const tempfile_options &options = tempfile_options ())
{
    return tempfile_open_dir (&options, sizeof options);
}

inline FILE *
SpooledTemporaryFile (const tempfile_options &options = tempfile_options ())
{
    return tempfile_open_spooled (&options, sizeof options);
}
#else

/*
 * Keyword arguments: TemporaryFile (.mode = "w+b", .dir = "/var/tmp"), or none at all. For every
 * other function that takes options, TEMPFILE_OPTIONS (...) stands for both of its last arguments:
 * tempfile_mkstemp (&path, TEMPFILE_OPTIONS (.suffix = ".c")). The struct lives as long as the
 * block that the call is in. __extension__ keeps -Wpedantic quiet about empty braces.
 */
#ifdef __GNUC__
#define TEMPFILE_OPTIONS(...) \
    __extension__ &(const struct tempfile_options){__VA_ARGS__}, sizeof (struct tempfile_options)
#else
#define TEMPFILE_OPTIONS(...) \
    &(const struct tempfile_options){__VA_ARGS__}, sizeof (struct tempfile_options)
#endif

#define TemporaryFile(...) tempfile_open (TEMPFILE_OPTIONS (__VA_ARGS__))
#define NamedTemporaryFile(...) tempfile_open_named (TEMPFILE_OPTIONS (__VA_ARGS__))
#define TemporaryDirectory(...) tempfile_open_dir (TEMPFILE_OPTIONS (__VA_ARGS__))
#define SpooledTemporaryFile(...) tempfile_open_spooled (TEMPFILE_OPTIONS (__VA_ARGS__))
#endif

#ifdef __GNUC__
/*
 * Scope guards, for compilers with the cleanup attribute. They leave errno alone, so that
 * "return -1" still reports what went wrong.
 *
 * tempfile_auto FILE *f = NamedTemporaryFile ();
 *     At the end of the scope tempfile_close (f), unless f is NULL. tempfile_finish (&f) closes it
 *     before, with a result to check. Set f to NULL when you close it, or give it to
 *     tempfile_into_path(), yourself.
 * tempfile_auto_path char *p = tempfile_into_path (f);
 *     At the end of the scope the file is deleted and the string freed, unless p is NULL.
 * tempfile_auto_dir struct tempfile_dir *d = TemporaryDirectory ();
 *     At the end of the scope tempfile_dir_close (d), unless d is NULL.
 */
#define tempfile_auto __attribute__ ((__cleanup__ (tempfile_auto_close_)))
#define tempfile_auto_path __attribute__ ((__cleanup__ (tempfile_auto_unlink_)))
#define tempfile_auto_dir __attribute__ ((__cleanup__ (tempfile_auto_close_dir_)))

#include <errno.h>

static __inline__ void
tempfile_auto_close_ (FILE **stream)
{
    int saved = errno;
    if (*stream)
        (void) tempfile_close (*stream);
    errno = saved;
}

static __inline__ void
tempfile_auto_unlink_ (char **path)
{
    int saved = errno;
    if (*path)
        (void) tempfile_unlink (*path);
    free (*path);
    errno = saved;
}

static __inline__ void
tempfile_auto_close_dir_ (struct tempfile_dir **dir)
{
    int saved = errno;
    if (*dir)
        (void) tempfile_dir_close (*dir);
    errno = saved;
}
#endif

#endif /* LIBTEMPFILE_TEMPFILE_H */

/*
 * Not guarded with the rest, so that it does not matter if another header included this one before.
 * A macro without parameters also reaches &tmpfile. In C++ <cstdio> takes away macros of this
 * name, so it must not come later; and std::tmpfile, which the macro renames, must exist.
 */
#if defined TEMPFILE_REPLACE_TMPFILE && !defined TEMPFILE_TMPFILE_REPLACED_
#define TEMPFILE_TMPFILE_REPLACED_ 1
#ifdef __cplusplus
#include <cstdio>
namespace std
{
using ::tempfile_tmpfile;
}
#endif
#if defined _LARGEFILE64_SOURCE || defined tmpfile64
#undef tmpfile64
#define tmpfile64 tempfile_tmpfile
#endif
#undef tmpfile
#define tmpfile tempfile_tmpfile
#endif
