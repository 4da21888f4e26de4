/* SPDX-License-Identifier: MIT */
/*
 * What SECURITY.md promises and no other test has in its subject: what others can see of a file
 * from the instant it appears, what was planted under its name, and hostile strings and numbers.
 */
#include "common.h"

#include <limits.h>
#include <pthread.h>
#include <stdint.h>

#if __has_include(<sys/inotify.h>)
#include <poll.h>
#include <sys/inotify.h>
#define HAVE_INOTIFY 1
#endif

/* --- from the instant it appears --- */

#ifdef HAVE_INOTIFY

struct watch {
    int fd, stop[2];
    int seen, open_to_others;
};

/* Looks at each new name as soon as there is one, and at all changes of permissions. */
static void
look (struct watch *w, const struct inotify_event *event)
{
    struct stat st;

    if (event->len == 0 || lstat (test_path (event->name), &st) != 0)
        return;
    w->seen++;
    w->open_to_others += (st.st_mode & 077) != 0;
}

static void *
watch (void *arg)
{
    struct watch *w = arg;
    struct pollfd fds[2] = {{.fd = w->fd, .events = POLLIN}, {.fd = w->stop[0], .events = POLLIN}};
    _Alignas(struct inotify_event) char events[65536];

    while (poll (fds, 2, -1) > 0 && !(fds[1].revents & POLLIN)) {
        ssize_t n = read (w->fd, events, sizeof events);
        for (ssize_t i = 0; i < n;) {
            const struct inotify_event *event = (const void *) (events + i);
            look (w, event);
            i += (ssize_t) (sizeof *event + event->len);
        }
    }
    return NULL;
}

static void
make_one_of_each (void)
{
    char *path;
    FILE *f = NamedTemporaryFile ();
    struct tempfile_dir *d = TemporaryDirectory ();
    int fd = tempfile_mkstemp (&path, NULL, 0);
    char *dir = tempfile_mkdtemp (NULL, 0);

    ck_assert (f && d && fd >= 0 && dir);
    ck_assert (close (fd) == 0 && unlink (path) == 0 && rmdir (dir) == 0);
    free (path);
    free (dir);
    ck_assert_int_eq (tempfile_dir_close (d), 0);
    assert_closes (f);
}

START_TEST (nothing_is_open_to_others_at_any_instant)
{
    struct watch w = {.fd = inotify_init1 (IN_CLOEXEC)};
    pthread_t thread;

    if (w.fd < 0 || inotify_add_watch (w.fd, test_dir (), IN_CREATE | IN_ATTRIB | IN_MODIFY) < 0) {
        test_skip ("no inotify");
        return;
    }
    ck_assert_int_eq (pipe (w.stop), 0);
    ck_assert_int_eq (pthread_create (&thread, NULL, watch, &w), 0);
    umask (0);
    for (int i = 0; i < 2000; i++)
        make_one_of_each ();
    ck_assert_int_eq (write (w.stop[1], "", 1), 1);
    ck_assert_int_eq (pthread_join (thread, NULL), 0);
    ck_assert_int_gt (w.seen, 0);
    ck_assert_int_eq (w.open_to_others, 0);
    close (w.fd);
    close (w.stop[0]);
    close (w.stop[1]);
}
END_TEST

#endif

/* --- what was planted under the name --- */

static void
plant_link (const char *path)
{
    ck_assert_int_eq (link (test_path ("victim"), path), 0);
}

static void
plant_symlink (const char *path)
{
    ck_assert_int_eq (symlink (test_path ("victim"), path), 0);
}

static void
plant_dangling (const char *path)
{
    ck_assert_int_eq (symlink (test_path ("absent"), path), 0);
}

static void
plant_fifo (const char *path)
{
    ck_assert_int_eq (mkfifo (path, 0666), 0);
}

static void
plant_directory (const char *path)
{
    ck_assert_int_eq (mkdir (path, 0777), 0);
}

static void
plant_socket (const char *path)
{
    ck_assert_int_eq (mknod (path, S_IFSOCK | 0777, 0), 0);
}

static void (*const plants[]) (const char *) = {plant_link, plant_symlink,   plant_dangling,
                                                plant_fifo, plant_directory, plant_socket};

struct planting {
    void (*plant) (const char *path);
    char path[PATH_MAX];
};

/* Knows the name as nobody else can: an audit hook is told it before the file is made. */
static int
plant_once (const char *event, const char *path, void *arg)
{
    struct planting *p = arg;
    struct stat st;

    (void) event;
    if (p->path[0] || (stat (path, &st) == 0 && S_ISDIR (st.st_mode)))
        return 0;
    (void) snprintf (p->path, sizeof p->path, "%s", path);
    p->plant (path);
    return 0;
}

/* The planted thing is not ours, is as it was, and stays. */
static void
check_planted (const struct planting *p, const char *ours)
{
    struct stat before, st;
    char text[16];

    ck_assert_int_eq (lstat (p->path, &before), 0);
    ck_assert_str_ne (ours, p->path);
    ck_assert_int_eq (lstat (ours, &st), 0);
    ck_assert (st.st_ino != before.st_ino || st.st_dev != before.st_dev);
    test_read_file (test_path ("victim"), text, sizeof text);
    ck_assert_str_eq (text, "victim");
    ck_assert (!test_exists (test_path ("absent")));
}

START_TEST (what_is_planted_under_a_name_is_passed_over)
{
    struct planting p = {.plant = plants[_i]};

    test_write_file (test_path ("victim"), "victim");
    ck_assert_int_eq (tempfile_add_audit_hook (plant_once, &p), 0);
    FILE *f = NamedTemporaryFile ();
    ck_assert_msg (f != NULL, "%s", tempfile_errmsg ());
    check_planted (&p, tempfile_name (f));
    assert_closes (f);
    ck_assert_int_eq (remove (p.path), 0);

    p.path[0] = '\0';
    struct tempfile_dir *d = TemporaryDirectory ();
    ck_assert_msg (d != NULL, "%s", tempfile_errmsg ());
    check_planted (&p, tempfile_dir_name (d));
    ck_assert_int_eq (tempfile_dir_close (d), 0);
    ck_assert_int_eq (remove (p.path), 0);

    p.path[0] = '\0';
    char *path;
    int fd = tempfile_mkstemp (&path, NULL, 0);
    ck_assert_int_ge (fd, 0);
    check_planted (&p, path);
    close (fd);
    free (path);
    ck_assert_int_eq (remove (p.path), 0);
    test_remove_entries (test_dir ());
}
END_TEST

/* --- strings and numbers --- */

static const char *const hostile[] = {"%n%n%s%s%s", "\n\r\t\x1b[2J", "-rf", "$(id)`id`;id",
                                      "..",         "\xff\xfe\x80"};

START_TEST (names_are_taken_as_they_are)
{
    const char *text = hostile[_i];
    FILE *f = NamedTemporaryFile (.prefix = text, .suffix = text);

    ck_assert_msg (f != NULL, "%s", tempfile_errmsg ());
    const char *base = test_base (tempfile_name (f));
    ck_assert_int_eq (strncmp (base, text, strlen (text)), 0);
    ck_assert_str_eq (base + strlen (base) - strlen (text), text);
    assert_closes (f);
}
END_TEST

START_TEST (messages_are_no_formats)
{
    if (!test_has_text ())
        return;
    const char *text = hostile[_i];

    ck_assert_ptr_null (NamedTemporaryFile (.dir = text, .mode = text));
    ck_assert_ptr_null (TemporaryFile (.mode = "w", .encoding = text, .errors = text));
    ck_assert_ptr_nonnull (strstr (tempfile_errmsg (), _i == 0 ? "%n%n%s%s%s" : "'"));
    ck_assert_ptr_null (TemporaryFile (.mode = "w", .newline = text));
    ck_assert_int_eq (tempfile_unlink (text), -1);
}
END_TEST

/* Under AddressSanitizer a malloc() that cannot be ends the program; one that can takes memory. */
#ifdef ADDRESS_SANITIZER
static const off_t farthest = (off_t) 1 << 26;
#else
static const off_t farthest = OFF_MAX;
#endif

START_TEST (largest_numbers_do_no_harm)
{
    FILE *f = SpooledTemporaryFile (.max_size = SIZE_MAX);

    ck_assert_msg (f != NULL, "%s", tempfile_errmsg ());
    ck_assert_int_ge (fputs ("text", f), 0);
    bool there = fseeko (f, farthest, SEEK_SET) == 0; /* funopen() may refuse some offsets */
    bool written = there && putc ('x', f) == 'x' && fflush (f) == 0;
    ck_assert (!written || sizeof (off_t) < 8 || farthest < OFF_MAX);
    fclose (f);
    f = TemporaryFile (.buffering = INT_MAX);
    ck_assert (f || errno == ENOMEM);
    if (f)
        fclose (f);
    f = TemporaryFile ();
    if (tempfile_truncate (f, INT64_MAX) != 0) /* some file systems can */
        ck_assert (errno == EFBIG || errno == EINVAL);
    ck_assert_int_eq (tempfile_truncate (f, INT64_MIN), -1);
    assert_closes (f);
    assert_null (TemporaryFile (.permissions = (mode_t) -1), EINVAL, "permissions");
}
END_TEST

int
main (void)
{
    Suite *s = suite_create ("security");

#ifdef HAVE_INOTIFY
    TCase *instant = test_case (s, "instant");
    tcase_add_test (instant, nothing_is_open_to_others_at_any_instant);
#endif
    TCase *tc = test_case (s, "planted");
    tcase_add_loop_test (tc, what_is_planted_under_a_name_is_passed_over, 0, LENGTH (plants));

    tc = test_case (s, "hostile");
    tcase_add_loop_test (tc, names_are_taken_as_they_are, 0, LENGTH (hostile));
    tcase_add_loop_test (tc, messages_are_no_formats, 0, LENGTH (hostile));
    tcase_add_test (tc, largest_numbers_do_no_harm);
    return test_main (s);
}
