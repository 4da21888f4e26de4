/* SPDX-License-Identifier: MIT */
/*
 * common.c - what every test program shares; see common.h.
 *
 * The runner makes one directory, each test one more inside it. A test that passed has removed
 * its own, so an entry that the runner finds after a run without failures is a failure too.
 */
#include "common.h"
#include "tree.h"

#include <dirent.h>
#include <grp.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/wait.h>

#if defined __linux__ && defined __has_include
#if __has_include(<linux/seccomp.h>) && __has_include(<linux/filter.h>)
#define HAVE_SECCOMP 1
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif
#endif

enum { DESCRIPTORS = 1024, NOBODY = 65534, TIMEOUT = 120 };

static char run_dir[PATH_MAX / 2];
static char dir[PATH_MAX];
static char build_dir[PATH_MAX / 2];
static bool open_before[DESCRIPTORS];

/* Like snprintf(), for text that must fit. */
static void format (char *text, size_t size, const char *how, ...)
    __attribute__ ((__format__ (__printf__, 3, 4)));

static void
format (char *text, size_t size, const char *how, ...)
{
    va_list arguments;

    va_start (arguments, how);
    int length = vsnprintf (text, size, how, arguments);
    va_end (arguments);
    if (length < 0 || (size_t) length >= size)
        ck_abort_msg ("\"%s\" does not fit into %zu bytes", how, size);
}

/* --- leftovers --- */

/* The names in a directory, with a space before each, cut where TEXT is full. */
static int
list (const char *path, char *text, size_t size)
{
    DIR *d = opendir (path);
    int count = 0;

    *text = '\0';
    if (!d)
        return -1;
    for (struct dirent *e; (e = readdir (d));) {
        if (is_dots (e->d_name))
            continue;
        count++;
        size_t used = strlen (text);
        (void) snprintf (text + used, size - used, " %s", e->d_name);
    }
    closedir (d);
    return count;
}

static void
note_descriptors (void)
{
    for (int fd = 0; fd < DESCRIPTORS; fd++)
        open_before[fd] = fcntl (fd, F_GETFD) != -1;
}

/* What the descriptors are that were not open before, in TEXT; how many. */
static int
new_descriptors (char *text, size_t size)
{
    int count = 0;

    *text = '\0';
    for (int fd = 0; fd < DESCRIPTORS; fd++) {
        if (open_before[fd] || fcntl (fd, F_GETFD) == -1)
            continue;
        char link[64], target[256];
        (void) snprintf (link, sizeof link, "/proc/self/fd/%d", fd);
        ssize_t length = readlink (link, target, sizeof target - 1);
        target[length < 0 ? 0 : length] = '\0';
        size_t used = strlen (text);
        (void) snprintf (text + used, size - used, " %d (%s)", fd, target);
        count++;
    }
    return count;
}

/* --- fixtures --- */

static void
set_up (void)
{
    format (dir, sizeof dir, "%s/XXXXXX", run_dir);
    ck_assert_ptr_nonnull (mkdtemp (dir));
    ck_assert_int_eq (setenv ("TMPDIR", dir, 1), 0);
    unsetenv ("TEMP");
    unsetenv ("TMP");
    umask (022);
    note_descriptors ();
}

static void
tear_down (void)
{
    char text[1024];

    ck_assert_msg (new_descriptors (text, sizeof text) == 0, "descriptors left open:%s", text);
    ck_assert_msg (list (dir, text, sizeof text) == 0, "left behind in the directory:%s", text);
    ck_assert_int_eq (rmdir (dir), 0);
}

TCase *
test_case (Suite *suite, const char *name)
{
    TCase *tc = tcase_create (name);

    tcase_add_checked_fixture (tc, set_up, tear_down);
    tcase_set_timeout (tc, TIMEOUT);
    suite_add_tcase (suite, tc);
    return tc;
}

/* --- the runner --- */

/* The directory of the whole run: an ordinary user may pass through it, not look into it. */
static void
make_run_dir (void)
{
    const char *base = getenv ("TMPDIR");
    char *real = realpath (base && *base ? base : "/tmp", NULL);

    if (!real) {
        perror ("the directory for temporary files");
        exit (99);
    }
    format (run_dir, sizeof run_dir, "%s/libtempfile-tests.XXXXXX", real);
    free (real);
    if (!mkdtemp (run_dir) || chmod (run_dir, 0711)) {
        perror (run_dir);
        exit (99);
    }
}

static void
find_build_dir (void)
{
    const char *given = getenv ("TEST_BUILDDIR");

    if (given)
        format (build_dir, sizeof build_dir, "%s", given);
    else if (!getcwd (build_dir, sizeof build_dir))
        exit (99);
}

int
test_main (Suite *suite)
{
    char text[1024];

    find_build_dir ();
    make_run_dir ();
    SRunner *runner = srunner_create (suite);
    srunner_run_all (runner, CK_ENV);
    int failed = srunner_ntests_failed (runner);
    srunner_free (runner);

    if (failed == 0 && list (run_dir, text, sizeof text) != 0) {
        printf ("tests left directories behind:%s\n", text);
        failed = 1;
    }
    remove_tree (run_dir);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

void
test_skip (const char *why)
{
    const char *test = tcase_name ();

    printf ("SKIP in %s: %s\n", test ? test : "a fixture", why);
    fflush (stdout);
}

bool
test_has_text (void)
{
#ifdef HAVE_TEXT
    return true;
#else
    test_skip ("this library was built without text");
    return false;
#endif
}

void
test_needs_text (void)
{
#ifndef HAVE_TEXT
    puts ("SKIP: this library was built without text");
    exit (77);
#endif
}

void
test_leaves_out_text (void)
{
#ifndef HAVE_TEXT
    puts ("SKIP: the part on text: this library was built without text");
#endif
}

bool
test_under_valgrind (void)
{
    const char *preload = getenv ("LD_PRELOAD");

    return preload && strstr (preload, "/vgpreload_");
}

int
test_number (const char *name, int value)
{
    const char *given = getenv (name);

    return given && *given ? atoi (given) : value;
}

const char *
test_program (const char *name)
{
    return test_join (build_dir, name);
}

/* --- files --- */

const char *
test_dir (void)
{
    return dir;
}

const char *
test_join (const char *directory, const char *name)
{
    static char paths[8][2 * PATH_MAX];
    static unsigned next;
    char *path = paths[next++ % 8];

    format (path, sizeof paths[0], "%s/%s", directory, name);
    return path;
}

const char *
test_path (const char *name)
{
    return test_join (dir, name);
}

int
test_entries (const char *path)
{
    char text[1];

    return list (path, text, sizeof text);
}

bool
test_exists (const char *path)
{
    struct stat st;

    return lstat (path, &st) == 0;
}

const char *
test_base (const char *path)
{
    const char *slash = strrchr (path, '/');

    return slash ? slash + 1 : path;
}

void
test_write_file (const char *path, const char *text)
{
    int fd = open (path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    ck_assert_msg (fd >= 0, "%s: %s", path, strerror (errno));
    ck_assert (write (fd, text, strlen (text)) == (ssize_t) strlen (text));
    ck_assert_int_eq (close (fd), 0);
}

void
test_read_file (const char *path, char *text, size_t size)
{
    int fd = open (path, O_RDONLY | O_CLOEXEC);

    ck_assert_msg (fd >= 0, "%s: %s", path, strerror (errno));
    ssize_t length = read (fd, text, size - 1);
    ck_assert_int_ge (length, 0);
    text[length] = '\0';
    ck_assert_int_eq (close (fd), 0);
}

void
test_assert_file (const char *path, const char *text)
{
    char have[64];

    test_read_file (path, have, sizeof have);
    ck_assert_str_eq (have, text);
}

bool
test_is_one_letter (const char *path, size_t size, mode_t mode)
{
    FILE *f = fopen (path, "rb");

    return f && is_one_letter (f, size, mode);
}

const char *
test_make_dir (const char *name)
{
    const char *path = test_path (name);

    ck_assert_msg (mkdir (path, 0700) == 0, "%s: %s", path, strerror (errno));
    return path;
}

void
test_remove_entries (const char *path)
{
    DIR *d = opendir (path);

    ck_assert_ptr_nonnull (d);
    for (struct dirent *e; (e = readdir (d));)
        if (!is_dots (e->d_name) && unlinkat (dirfd (d), e->d_name, 0) != 0)
            ck_abort_msg ("%s: %s", e->d_name, strerror (errno));
    closedir (d);
}

bool
test_same_file (const char *name, int descriptor)
{
    struct stat a, b;

    return stat (name, &a) == 0 && fstat (descriptor, &b) == 0 && a.st_dev == b.st_dev &&
           a.st_ino == b.st_ino;
}

/* --- streams --- */

FILE *
test_try_open (int kind, const char *mode)
{
    if (kind == PLAIN)
        return TemporaryFile (.mode = mode);
    if (kind == CUSTOM)
        return TemporaryFile (.mode = mode, .buffering = 4096);
    return NamedTemporaryFile (.mode = mode);
}

FILE *
test_open (int kind, const char *mode)
{
    FILE *f = test_try_open (kind, mode);

    ck_assert_msg (f != NULL, "kind %d, mode %s: %s", kind, mode, tempfile_errmsg ());
    return f;
}

off_t
test_size (FILE *stream)
{
    struct stat st;

    ck_assert_int_eq (fstat (tempfile_fileno (stream), &st), 0);
    return st.st_size;
}

/* A descriptor of our own that can read the stream's file. */
static int
open_for_reading (FILE *stream)
{
    char link[64];
    const char *name = tempfile_name (stream);
    int fd = tempfile_fileno (stream);

    if ((fcntl (fd, F_GETFL) & O_ACCMODE) == O_RDWR)
        return fcntl (fd, F_DUPFD_CLOEXEC, 3);
    (void) snprintf (link, sizeof link, "/proc/self/fd/%d", fd);
    return open (name ? name : link, O_RDONLY | O_CLOEXEC);
}

size_t
test_bytes (FILE *stream, void *bytes, size_t size)
{
    int fd = open_for_reading (stream);

    ck_assert_int_ge (fd, 0);
    ssize_t length = pread (fd, bytes, size, 0);
    ck_assert_int_ge (length, 0);
    close (fd);
    return (size_t) length;
}

/* --- failures --- */

/* Are all words of WORDS, which '|' separates, in TEXT? If not, MISSING is one that is not. */
static bool
has_words (const char *text, const char *words, char *missing, size_t size)
{
    while (*words) {
        size_t length = strcspn (words, "|");
        format (missing, size, "%.*s", (int) length, words);
        if (!strstr (text, missing))
            return false;
        words += length;
        words += *words == '|';
    }
    return true;
}

const char *
test_why_not (bool failed, int got, int error, const char *words)
{
    static char why[4 * PATH_MAX];
    char missing[2 * PATH_MAX];
    const char *text = tempfile_errmsg ();

    if (!failed)
        return "did not fail";
    if (got != error) {
        char expected[128];
        format (expected, sizeof expected, "%s", strerror (error));
        (void) snprintf (why, sizeof why, "errno is \"%s\", not \"%s\"; message: %s",
                         strerror (got), expected, text);
        return why;
    }
    if (!*text || strchr (text, '\n')) {
        (void) snprintf (why, sizeof why, "not one line of message: \"%s\"", text);
        return why;
    }
    if (words && !has_words (text, words, missing, sizeof missing)) {
        (void) snprintf (why, sizeof why, "no \"%s\" in the message: %s", missing, text);
        return why;
    }
    return NULL;
}

/* --- processes --- */

/* There where the program was built to count what runs, which an end by exit() writes down. */
extern void __gcov_dump (void) __attribute__ ((__weak__));
extern void __gcov_reset (void) __attribute__ ((__weak__));

void
test_write_counts (void)
{
    if (!__gcov_dump || !__gcov_reset)
        return;
    __gcov_dump ();
    __gcov_reset (); /* or this was the only time */
}

void
test_leave (int status)
{
    test_write_counts ();
    _exit (status);
}

void
test_wait (pid_t child)
{
    int status;

    ck_assert_int_gt (child, 0);
    ck_assert_int_eq (waitpid (child, &status, 0), child);
    ck_assert_msg (!WIFSIGNALED (status), "the child died of signal %d", WTERMSIG (status));
    ck_assert_msg (WEXITSTATUS (status) == 0, "the child ended with %d", WEXITSTATUS (status));
}

void
test_assert_killed (pid_t child)
{
    int status;

    kill (child, SIGKILL);
    ck_assert_int_eq (waitpid (child, &status, 0), child);
    ck_assert_msg (WIFSIGNALED (status), "a child failed: %#x", (unsigned) status);
}

void
test_in_child (void (*function) (void *arg), void *arg)
{
    fflush (stdout);
    pid_t child = fork ();

    if (child == 0) {
        function (arg);
        test_leave (0);
    }
    test_wait (child);
}

enum { CANNOT = 111 };

bool
test_become (uid_t user)
{
    return geteuid () == user ||
           (setgroups (0, NULL) == 0 && setgid ((gid_t) user) == 0 && setuid (user) == 0);
}

bool
test_may_become (uid_t user)
{
    int status;
    pid_t child = fork ();

    if (child == 0)
        _exit (test_become (user) && access (dir, X_OK) == 0 ? 0 : CANNOT);
    return waitpid (child, &status, 0) == child && status == 0;
}

/* Becomes a user without privileges who can use the test's directory. */
static bool
become_user (void)
{
    if (geteuid () == 0 && !test_become (NOBODY))
        return false;
    return geteuid () != 0 && access (dir, R_OK | W_OK | X_OK) == 0;
}

void
test_as_user (void (*function) (void *arg), void *arg)
{
    int status;

    if (geteuid () == 0 && chown (dir, NOBODY, NOBODY) != 0) {
        test_skip ("cannot give a directory to an ordinary user");
        return;
    }
    pid_t child = fork ();
    if (child == 0) {
        if (!become_user ())
            _exit (CANNOT);
        function (arg);
        test_leave (0);
    }
    ck_assert_int_eq (waitpid (child, &status, 0), child);
    if (WIFEXITED (status) && WEXITSTATUS (status) == CANNOT)
        test_skip ("cannot become an ordinary user who reaches the test's directory");
    else
        ck_assert_msg (status == 0, "the child's wait status is %#x", (unsigned) status);
}

/* The child's half of test_run(). */
static void
become_program (int output, const char *program, const char *a1, const char *a2)
{
    if (dup2 (output, STDOUT_FILENO) < 0)
        _exit (126);
    execl (program, program, a1, a2, (char *) NULL);
    _exit (126);
}

int
test_run (char *out, size_t size, const char *program, const char *a1, const char *a2)
{
    int ends[2], status;
    size_t used = 0;
    ssize_t got;

    ck_assert_int_eq (pipe (ends), 0);
    pid_t child = fork ();
    ck_assert_int_ge (child, 0);
    if (child == 0) {
        close (ends[0]);
        become_program (ends[1], program, a1, a2);
    }
    close (ends[1]);
    while (used < size - 1 && (got = read (ends[0], out + used, size - 1 - used)) > 0)
        used += (size_t) got;
    out[used] = '\0';
    close (ends[0]);
    ck_assert_int_eq (waitpid (child, &status, 0), child);
    return status;
}

#ifdef HAVE_SECCOMP

/* Where the low half of a system call's argument N is. */
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define ARGUMENT(n) ((unsigned) offsetof (struct seccomp_data, args[n]) + 4U)
#else
#define ARGUMENT(n) ((unsigned) offsetof (struct seccomp_data, args[n]))
#endif
#ifndef __NR_open
#define __NR_open __NR_openat /* newer machines have the one call only */
#endif

static bool
install_filter (struct sock_filter *code, int length)
{
    struct sock_fprog program = {.len = (unsigned short) length, .filter = code};

    if (prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
        prctl (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0)
        return true;
    test_skip ("no seccomp filter can be installed");
    return false;
}

bool
test_refuse_open (int flags, int error)
{
    struct sock_filter code[] = {
        BPF_STMT (BPF_LD | BPF_W | BPF_ABS, (unsigned) offsetof (struct seccomp_data, nr)),
        BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, __NR_openat, 2, 0),
        BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, __NR_open, 3, 0),
        BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        BPF_STMT (BPF_LD | BPF_W | BPF_ABS, ARGUMENT (2)),
        BPF_JUMP (BPF_JMP | BPF_JA, 1, 0, 0),
        BPF_STMT (BPF_LD | BPF_W | BPF_ABS, ARGUMENT (1)),
        BPF_JUMP (BPF_JMP | BPF_JSET | BPF_K, (unsigned) flags, 0, 1),
        BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned) error),
        BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    return install_filter (code, LENGTH (code));
}

/* Newer than some headers; the filter of a call that the kernel does not know does no harm. */
#ifndef __NR_close_range
#define __NR_close_range 436
#endif
#ifndef __NR_fchmodat2
#define __NR_fchmodat2 452
#endif

static const struct {
    const char *name;
    unsigned number;
} refusable[] = {
    {"close_range", __NR_close_range},
    {"fchmod", __NR_fchmod},
    {"fchmodat", __NR_fchmodat},
    {"fchmodat2", __NR_fchmodat2},
    {"getrandom", __NR_getrandom},
    {"linkat", __NR_linkat},
#ifdef __NR_chmod /* newer machines have none */
    {"chmod", __NR_chmod},
#endif
#ifdef __NR_link
    {"link", __NR_link},
#endif
#ifdef __NR_renameat2
    {"renameat2", __NR_renameat2},
#endif
};

bool
test_refuse_call (const char *name, int error)
{
    unsigned number = UINT_MAX;

    for (int i = 0; i < LENGTH (refusable); i++)
        if (strcmp (refusable[i].name, name) == 0)
            number = refusable[i].number;
    struct sock_filter code[] = {
        BPF_STMT (BPF_LD | BPF_W | BPF_ABS, (unsigned) offsetof (struct seccomp_data, nr)),
        BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1),
        BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned) error),
        BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    return install_filter (code, LENGTH (code));
}

#else

static bool
no_filter (void)
{
    test_skip ("no seccomp on this system");
    return false;
}

bool
test_refuse_open (int flags, int error)
{
    (void) flags;
    (void) error;
    return no_filter ();
}

bool
test_refuse_call (const char *name, int error)
{
    (void) name;
    (void) error;
    return no_filter ();
}

#endif

#ifdef O_TMPFILE
void
test_without_o_tmpfile (void)
{
    (void) test_refuse_open (O_TMPFILE & ~O_DIRECTORY, EOPNOTSUPP);
}
#else
void
test_without_o_tmpfile (void)
{
}
#endif
