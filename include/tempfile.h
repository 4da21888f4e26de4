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
 * The streams work with every stdio function, and fclose() closes and deletes. A file is created
 * with O_EXCL or O_TMPFILE, mode 0600, close-on-exec. exit() and quick_exit() delete the names that
 * are still registered: first files, then directories.
 *
 * A function that fails returns NULL or -1 and sets errno; tempfile_errmsg() says in one line what
 * was wrong. A program that has a tempfile.h of its own includes <libtempfile/tempfile.h>.
 * Every function may be called from any thread. A child, made by fork(), _Fork(), vfork() or
 * clone(), never deletes what its parent made, unless it calls tempfile_adopt(). No function may be
 * called from a signal handler, except tempfile_cleanup(). A pending cancellation of the thread
 * acts before a call has done anything; a later one acts after the call. After exit() has begun to
 * delete, other threads cannot make names: ECANCELED.
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
 * Attributes for compilers. TEMPFILE_CHECKED_: data may be lost when the result is ignored.
 * TEMPFILE_ENDED_BY_ names the function that releases a result, so that gcc's analyser (-fanalyzer,
 * gcc 11 and later) finds results that are not released.
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
    TEMPFILE_DELETE_ON_CLOSE = 0, /* at fclose, or at exit if still open: Python's delete=True */
    TEMPFILE_DELETE_ON_EXIT,      /* at exit, at tempfile_unlink, at the end of a tempfile_auto
                                     scope: delete=True, delete_on_close=False */
    TEMPFILE_DELETE_NEVER         /* never by this library: delete=False */
};

/* Values of tempfile_options.buffering; any n > 1 is a buffer of n bytes. */
enum { TEMPFILE_BUFFERING_DEFAULT = 0, TEMPFILE_LINE_BUFFERED = 1, TEMPFILE_UNBUFFERED = -1 };

/*
 * The parameters of Python's calls. A member that is zero has its default. Later versions may add
 * members at the end. So each call has the size of the struct that the program was compiled with.
 * If a member that the library does not know is not zero, the call fails with E2BIG. Strings are
 * read only during the call; the caller keeps them.
 *
 * A mode without b is a text mode. The program reads and writes UTF-8 with '\n'. The file has the
 * given encoding and newline. The option errors says what happens to a character that cannot be
 * converted. With "strict" the read or write fails with EILSEQ; everything before that character is
 * read or written, and after clearerr() the stream can be used again. ftello() counts the program's
 * bytes. fseeko() can go to each of them, but a write within a character fails (EINVAL). See
 * tempfile_text(7).
 */
struct tempfile_options {
    /* as in Python's open(): one of r w x a; +; b or t. NULL: "w+b" */
    const char *mode TEMPFILE_0_;
    /* one of the constants above, or a size in bytes */
    int buffering TEMPFILE_0_;
    /* text only, by Python's name; NULL: bytes are not converted */
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
    /* 0: 0600, directories 0700; the umask has an effect only with TEMPFILE_UMASK */
    mode_t permissions TEMPFILE_0_;
    /* spooled streams only, in bytes; 0: no limit */
    size_t max_size TEMPFILE_0_;
    /* called at close, see tempfile_on_close(); every stream, and directories */
    int (*on_close) (void *arg) TEMPFILE_0_;
    void *on_close_arg TEMPFILE_0_;
    /* 1: tempfile_recover() deletes it after this process was killed; named streams and directories
       only */
    int recoverable TEMPFILE_0_;
    /* 1: a file of memfd_create(2), which needs no directory; streams without a name only, and not
       with dir */
    int in_memory TEMPFILE_0_;
    /* the path of a file, which need not exist. The temporary file is made in its directory, with
       symbolic links followed, so that tempfile_persist() can replace it. Not with dir or
       in_memory */
    const char *beside TEMPFILE_0_;
};

/* .permissions = TEMPFILE_UMASK | 0666: 0666 without the bits of the umask, as open(2) does it.
 * TEMPFILE_UMASK alone: the default permissions without those bits. Not with in_memory, because the
 * kernel applies no umask there. */
#define TEMPFILE_UMASK 010000

/*
 * Opens a temporary file without a name: Python's TemporaryFile(). The file disappears when the
 * stream is closed or the process ends; a child made by fork() that has the stream keeps it.
 * OPTIONS may be NULL for all defaults; SIZE is sizeof (struct tempfile_options). delete_when and
 * max_size must be 0.
 *
 * With in_memory the kernel keeps the file in memory, and no directory is needed. The file can be
 * given to a child by its descriptor, truncated, reopened, and sealed by fcntl(2). From Linux 6.3
 * on it can be executed only if its permissions have an execute bit. An audit hook sees "memfd:"
 * and the prefix.
 *
 * Returns a stream for the caller to fclose(), or NULL:
 *   EINVAL        an option, or a combination, that Python's open() refuses
 *   E2BIG         a member that this version does not know is not zero
 *   ENAMETOOLONG  prefix and suffix do not fit into a file name
 *   ENOENT        dir does not exist; without dir: no directory was usable, the message lists all
 *   EPERM         an audit hook refused
 *   EEXIST        no unused name was found
 *   ENOTSUP       in_memory: this system has no such files
 * or any errno of open(2), memfd_create(2), fchmod(2), malloc(3), fdopen(3).
 */
TEMPFILE_ENDED_BY_ (fclose)
FILE *tempfile_open (const struct tempfile_options *options, size_t size);

/*
 * Does what tmpfile(3) does: opens a new file without a name, in mode "w+b". The file disappears
 * when the stream is closed or the process ends. The stream is a stream of libc, so freopen(), wide
 * characters and fileno() work as for tmpfile(). Unlike tmpfile(), it uses TMPDIR, see
 * tempfile_gettempdir(), and the descriptor is close-on-exec. It is TemporaryFile () without
 * options. Returns a stream for the caller to fclose(), or NULL with an errno of tempfile_open().
 *
 * If a source defines TEMPFILE_REPLACE_TMPFILE before it includes this header, "tmpfile" means this
 * function from there on. So does tmpfile64 on systems that have it. The order of <stdio.h> and
 * this header does not matter.
 */
TEMPFILE_ENDED_BY_ (fclose)
FILE *tempfile_tmpfile (void);

/*
 * Does what tempfile_open() does for a file with a name: Python's NamedTemporaryFile(). delete_when
 * says when it is deleted. Deletion is by name: if another program has renamed a file to the name,
 * that file is deleted. It is not an error if the name does not exist any more. After any other
 * failure to delete, fclose() returns EOF with its errno.
 */
TEMPFILE_ENDED_BY_ (fclose)
FILE *tempfile_open_named (const struct tempfile_options *options, size_t size);

/*
 * Opens a temporary file that is in memory, without a file or a descriptor, until it moves to disk:
 * Python's SpooledTemporaryFile(). It moves when its size would exceed max_size bytes, when
 * tempfile_fileno(), tempfile_rollover() or tempfile_reopen() need the file, and when there is not
 * enough memory. With max_size 0 there is no limit, but a single write past the end or a truncation
 * that would add more than 1 MiB of zeros moves it. The file is made as by tempfile_open(), with
 * the options given here. A relative dir is the directory that it names now.
 *
 * When the move fails, the call that needed it fails with the errno of tempfile_open() or write(2),
 * or with ENOMEM when memory was the reason to move. The data in memory stays there and can be
 * read. Nothing of the failed write is stored. The next call that needs the move tries again.
 * delete_when must be 0. Whether dir exists is checked only at the move. Before the move fileno()
 * returns -1, and a child made by fork() has its own copy.
 *
 * Returns a stream for the caller to fclose(), or NULL: EINVAL, E2BIG or ENAMETOOLONG as
 * tempfile_open(), ENOMEM, or any errno of getcwd(3) for a relative dir.
 */
TEMPFILE_ENDED_BY_ (fclose)
FILE *tempfile_open_spooled (const struct tempfile_options *options, size_t size);

/*
 * Moves a spooled stream to disk and writes out its buffer. Position and contents do not change.
 * Any other stream is on disk already and is only written out. Returns 0 or -1. If the move failed,
 * errno is that of the move, and nothing has changed. If the buffer could not be written, errno is
 * that of write(2), and the stream is on disk.
 */
int tempfile_rollover (FILE *stream);

/*
 * The absolute path of the stream's file, or NULL (EINVAL) when it has none. It stays the same,
 * whatever the working directory becomes, until tempfile_persist() gives the file another. Each
 * string is valid until the stream is closed.
 */
const char *tempfile_name (FILE *stream);

/*
 * The stream's descriptor, or -1. Unlike fileno() it works on every stream of this library with
 * every libc. A spooled stream moves to disk. The descriptor belongs to the stream. Call fflush()
 * before the descriptor is used or given to a child: its offset is then the stream's position, and
 * the file has everything that was written.
 */
int tempfile_fileno (FILE *stream);

/*
 * Writes out the stream's buffer and sets the length of its file to SIZE bytes. Bytes past the old
 * end are zeros. The position does not change. For a text stream SIZE is an offset as ftello()
 * returns it.
 * Returns 0 or -1: EINVAL (SIZE negative or within a character, or the stream not open for
 * writing), or any errno of write(2) and ftruncate(2). SIZE is int64_t because off_t depends on the
 * caller's _FILE_OFFSET_BITS.
 */
int tempfile_truncate (FILE *stream, int64_t size);

/*
 * Opens a second, independent stream on the same file, with its own position. It works also when
 * the file has no name, or when its name now belongs to another file. The buffer of STREAM is
 * written out first. MODE is as in the options, or NULL for "r+b"; "w" truncates, "x" fails with
 * EEXIST. With a text mode the encoding, errors and newline are those of STREAM. The new stream
 * deletes nothing and has no tempfile_name(). The streams may be closed in any order. Returns a
 * stream for the caller to fclose(), or NULL: EINVAL (bad mode), ENOTSUP (the system has no /proc
 * and the file no name), or any errno of write(2) and open(2).
 */
TEMPFILE_ENDED_BY_ (fclose)
FILE *tempfile_reopen (FILE *stream, const char *mode);

/*
 * From now on this library never deletes the stream's file. Returns 0, or -1 with EINVAL when the
 * file has no name or is recoverable. tempfile_recover() in another process may delete a
 * recoverable file after this process has ended, so it cannot be kept.
 */
int tempfile_keep (FILE *stream);

/*
 * Gives the stream's temporary file the name PATH, atomically. PATH must be on the same file
 * system. An existing file is replaced; a program that opens PATH finds either the whole old file
 * or the whole new one. The file has everything that was written to the stream. The stream stays
 * open and usable, its name is the absolute form of PATH, and its file is no longer deleted. FLAGS
 * are 0 or the sum of these:
 *
 *   TEMPFILE_NOREPLACE  if PATH exists, the call fails with EEXIST and changes nothing
 *   TEMPFILE_SYNC       the data is on disk before the name changes, the directory after it
 *   TEMPFILE_FOLLOW     if PATH is a symbolic link, the file that it leads to is replaced or made,
 *                       and gives the stream its name; otherwise the link itself is replaced
 *   TEMPFILE_COPY       if PATH is on another file system, or the file has no name and cannot be
 *                       given one, a copy gets the name PATH, atomically as well, and the temporary
 *                       file is deleted
 *   TEMPFILE_LIKE_TARGET  before its name changes, the file gets the mode, owner, group, access
 *                       control list and extended attributes of the ordinary file that it replaces,
 *                       as far as the process is allowed to set them. Set-ID bits and capabilities
 *                       are copied only if owner and group could be copied. If the group could not,
 *                       group and others get only the permissions that both had, and none if there
 *                       was a list. If nothing is replaced, the flag has no effect
 *
 * Without the last one the mode is that of .permissions. It works on streams of every kind, also
 * without a name. Open the stream with .beside = PATH, and use TEMPFILE_FOLLOW, to have the file on
 * the file system of PATH.
 *
 * Returns 0 or -1. After a failure the file stays a temporary file; with TEMPFILE_LIKE_TARGET its
 * permissions may have changed. The errno is EINVAL (flags, or a NULL), ENOENT, EEXIST, EISDIR;
 * ELOOP (links that go in circles); EXDEV (another file system, without TEMPFILE_COPY); ESTALE
 * (another file has taken the temporary file's name, and is not published); ENOTSUP (a file without
 * a name that the file system cannot give one: open it with NamedTemporaryFile() instead; or
 * TEMPFILE_NOREPLACE where the file system has neither hard links nor a rename that does not
 * replace); the errno of a write that failed, now or earlier; or any errno of fsync(2), link(2) and
 * rename(2). Should rename(2) itself fail for a file without a name, a second try gives ENOTSUP. If
 * only the directory could not be synced, or the temporary file of a copy could not be deleted, the
 * file has the name PATH all the same, and the message says so. After a copy the stream's
 * descriptor has the same number, and is open on the copy for reading and writing. Descriptors of
 * others and streams of tempfile_reopen() stay on the old file.
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
 * Has FUNCTION (ARG) called when the stream is closed. The function that was added last is called
 * first, each exactly once. This is after the buffer was written out, even if that failed, and
 * before the file is deleted. If a function returns another value than 0, fclose() returns EOF with
 * the errno that the function left. The function must not read or write the stream. It runs in the
 * process and thread that closes the stream, also in a child made by fork() that closes its copy.
 * Returns 0 or -1: ENOTSUP for a plain stream (pass on_close when opening it instead), ENOMEM.
 */
int tempfile_on_close (FILE *stream, int (*function) (void *arg), void *arg);

/*
 * Closes the stream and deletes its file at once, also with TEMPFILE_DELETE_ON_EXIT, unless the
 * file is to be kept. It is the end of Python's with statement. Returns what fclose() returns.
 */
int tempfile_close (FILE *stream);

/*
 * Does what tempfile_close() does, and sets *STREAM to NULL, so that the end of a tempfile_auto
 * scope does not close it again. Returns 0, or -1 if any data was not written, now or earlier. The
 * errno is that of fclose(), or EIO if fclose() of a plain stream succeeded but ferror() was true
 * before. rewind() and clearerr() of a plain stream clear what ferror() knows: check fflush()
 * before them. If *STREAM is NULL, it does nothing and returns 0.
 */
TEMPFILE_CHECKED_ int tempfile_finish (FILE **stream);

/*
 * Closes the stream and leaves its file until tempfile_unlink(), the end of a tempfile_auto_path
 * scope, or exit. With TEMPFILE_DELETE_NEVER or after tempfile_keep() the file is never deleted.
 * Returns the path, for the caller to free(). If the file has no name, it does nothing and returns
 * NULL with EINVAL. After any other failure it returns NULL with ENOMEM or the errno of fclose(),
 * and the stream is closed. The file may then be incomplete; it is deleted unless it was to be
 * kept.
 */
TEMPFILE_CHECKED_ char *tempfile_into_path (FILE *stream);

/*
 * Deletes now a file that this process left for exit. PATH is the name as the library returned it.
 * Returns 0, also if the file does not exist any more, or -1: ENOENT (no such name is registered),
 * EPERM (the parent registered it), EISDIR (it is the name of a directory), or any errno of
 * unlink(2), after which the name is no longer registered.
 */
int tempfile_unlink (const char *path);

/*
 * Keeps a file that this process left for exit: from now on this library never deletes it. PATH is
 * the name as the library returned it. Returns 0, or -1: ENOENT, EPERM, EISDIR as
 * tempfile_unlink(); EINVAL for a recoverable file; ECANCELED if the file is being deleted already.
 */
int tempfile_keep_path (const char *path);

/*
 * Does what tempfile_persist() does for a file whose stream is closed. NAME is a name, as the
 * library returned it, that this process left for exit or registered. The file gets the name PATH,
 * and the library no longer deletes it. The flags are the same. TEMPFILE_COPY, _LIKE_TARGET and
 * _SYNC are for ordinary files; without them a socket, FIFO or symbolic link can be persisted as
 * well. Returns 0, or -1: ENOENT, EPERM or EISDIR for NAME as tempfile_unlink(); EBUSY, if its
 * stream is open; EINVAL; or an errno of tempfile_persist().
 */
TEMPFILE_CHECKED_ int tempfile_persist_path (const char *name, const char *path, unsigned flags);

/*
 * Registers PATH, an existing file, symbolic link, socket or FIFO that something else has made, to
 * be deleted at exit. A relative path is made absolute; tempfile_unlink() and tempfile_keep_path()
 * take the absolute one. To register a name again changes nothing. Returns 0, or -1: ENOENT;
 * EISDIR; ECANCELED, when the process is ending; ENOMEM; or any errno of lstat(2) and getcwd(3).
 */
int tempfile_register (const char *path);

/*
 * For a child made by fork() whose parent ends by _exit(2), as in daemon(3). From now on this
 * process deletes the files and directories that it inherited from its parent: by fclose(), at exit
 * and on signals. The parent must not delete them. Returns 0, or -1 with EPERM in a child that
 * shares its parent's memory, as after vfork().
 */
int tempfile_adopt (void);

/*
 * Makes a temporary directory: Python's TemporaryDirectory(). tempfile_dir_close() or exit removes
 * it with everything in it. OPTIONS may be NULL for all defaults; SIZE is sizeof (struct
 * tempfile_options). It has the options suffix, prefix, dir, beside, permissions (0: 0700),
 * recoverable, on_close, and delete_when as ON_CLOSE or NEVER; all others must be 0.
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

/* From now on this library never removes the directory. Returns 0, or -1 (EINVAL) for no handle or
 * a recoverable directory. */
int tempfile_dir_keep (struct tempfile_dir *dir);

/*
 * Calls on_close, removes the directory with everything in it, unless it is to be kept, and frees
 * the handle in any case. In a child made by fork() nothing is removed.
 *
 * Removal is by name, as for files: what has the directory's name now is removed. It is not an
 * error if nothing has the name. Symbolic links in the directory are removed and never followed. If
 * permissions prevent the removal, directories of the process's user get the mode 0700. Mount
 * points are not removed, nor is the directory itself if it is one. Directories in it that belong
 * to another user than the directory itself are removed only if they are empty. The superuser's
 * processes also remove directories of the superuser, and those of all users if the directory
 * itself is the superuser's and gives no permissions to group and others. The removal ends even if
 * other processes add, remove and move files meanwhile. It uses little memory and at most 33
 * descriptors for trees of any size, and needs only three, or four if permissions prevent the
 * removal. With few descriptors, or where directories are nested deeper than some 30, it moves
 * inner directories into the outermost one before it removes them.
 *
 * Returns 0 or -1. The errno is that of on_close (ECANCELED if it set none), or that of the first
 * file or directory that could not be removed; tempfile_errmsg() names it. Everything else has been
 * removed. What is left is not removed at exit. EBUSY: a mount point. EPERM: another user's
 * directory. ENOTEMPTY: others add files faster than they can be removed. EMFILE: fewer than three
 * descriptors are free.
 */
int tempfile_dir_close (struct tempfile_dir *dir); /* NOLINT(readability-redundant-declaration) */

/*
 * Makes a directory as tempfile_open_dir() does, and leaves it to the caller: Python's mkdtemp().
 * It has the options suffix, prefix, dir, beside and permissions only. Returns its absolute path,
 * for the caller to free(), or NULL with an errno as above. The library never removes it.
 */
TEMPFILE_ENDED_BY_ (free)
char *tempfile_mkdtemp (const struct tempfile_options *options, size_t size);

/*
 * Makes and opens a file as tempfile_open_named() does, and leaves it to the caller: Python's
 * mkstemp(). It has the options mode, suffix, prefix, dir, beside, permissions and delete_when
 * only; the mode is a binary one and decides about the descriptor's flags. Returns the descriptor,
 * close-on-exec, for the caller to close(), and in *PATH its absolute path, for the caller to
 * free(). The library deletes the file at exit, or by tempfile_unlink(), with
 * TEMPFILE_DELETE_ON_EXIT, and otherwise never. On failure it returns -1, with *PATH NULL and an
 * errno as tempfile_open() has.
 */
int tempfile_mkstemp (char **path, const struct tempfile_options *options, size_t size);

/*
 * Makes anything that needs a fresh name: a socket, a FIFO, a database. It calls MAKE (path, ARG)
 * with an absolute path that most likely does not exist. If the path exists, MAKE must fail with
 * EEXIST, or with EADDRINUSE as bind(2) does; it is then called with another path, up to 100 times.
 * A MAKE that fails must leave nothing behind: the library deletes nothing then. The path is valid
 * until MAKE returns. The options are suffix, prefix, dir, beside and delete_when. Audit hooks
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
 * and the current directory in which a file can be made. It is chosen once. If it is removed later,
 * the calls that need it fail, and the message names it; tempfile_settempdir (NULL) chooses again.
 * The environment is ignored in set-user-ID and set-group-ID programs. The string belongs to the
 * library and stays valid. Returns NULL with ENOENT if no file can be made in any of them, or with
 * EPERM if an audit hook refuses.
 */
const char *tempfile_gettempdir (void);

/*
 * Makes DIR the directory for temporary files of the whole process; NULL chooses again from the
 * environment. Returns 0, or -1 if no file can be made in DIR (ENOENT, ENOTDIR, EACCES, ...), or,
 * for NULL, in any directory (ENOENT), or if an audit hook refuses (EPERM). After a failure nothing
 * has changed.
 */
int tempfile_settempdir (const char *dir);

/* What names begin with where no prefix is given: "tmp". */
const char *tempfile_gettempprefix (void);

/*
 * Installs handlers for the signals whose default is to end the process and that the program
 * neither handles nor ignores. Such a signal then deletes every file that would be deleted at exit,
 * and ends the process. The signals are SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE, SIGALRM,
 * SIGUSR1, SIGUSR2, SIGPROF, SIGVTALRM, SIGPOLL, SIGXCPU, SIGXFSZ, SIGTRAP, SIGSYS, the crash
 * signals SIGSEGV, SIGBUS, SIGABRT, SIGILL and SIGFPE, Linux's SIGSTKFLT and SIGPWR, and the
 * real-time signals. A handler of the program itself stays, whether it was installed before or
 * after this call; it may call tempfile_cleanup(). After this call the library stays loaded:
 * dlclose() deletes nothing. A second call is harmless. Returns 0, or -1 with any errno of
 * sigaction(2).
 */
int tempfile_cleanup_on_signals (void);

/*
 * Deletes the same files. It is for a signal handler of the program that is about to end the
 * process. It is async-signal-safe in any thread, whichever function of this library the signal
 * interrupted, and keeps errno. Streams stay open. Other threads that are about to make a file wait
 * for the end of the process, for at most a second, so that no file is left behind. If the process
 * does not end, it may go on using the library.
 */
void tempfile_cleanup (void);

/*
 * Deletes the recoverable files in DIR (NULL: tempfile_gettempdir ()) whose owners have ended in
 * any way, SIGKILL and power loss included. The owners of a file are the process that opened it and
 * the children that inherited the stream. A file with a living owner, in any pid namespace, is
 * never deleted, nor is a file without the option. Only files of the process's effective user that
 * it may open are examined, also if that user is the superuser. It is safe to call at any time, and
 * in several processes at once.
 *
 * Returns the number of files deleted, or -1: any errno of open(2), readdir(3) or unlink(2), or
 * EMFILE, ENFILE, ENOMEM, ENOLCK or EIO when a file could not be examined for that reason. The
 * other files are deleted all the same.
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
 * This thread's last failure in one line, or "" if there was none. The string belongs to the
 * library and is valid until the thread's next failure.
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
 *     At the end of the scope tempfile_close (f) is called, unless f is NULL. tempfile_finish (&f)
 *     closes it earlier and returns a result to check. After any other call that closes f, such as
 *     fclose() or tempfile_into_path(), set f to NULL.
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
