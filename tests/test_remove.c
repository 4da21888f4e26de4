/* SPDX-License-Identifier: MIT */
/*
 * Removal of trees: everything inside goes, whatever its shape, permissions and names, and nothing
 * outside does, whoever else is at work. Most tests run for both entrances to the engine, the
 * ordinary one and the one for signal handlers, as removers[_i].
 *
 *     TEMPFILE_TEST_WIDTH   entries of one directory            (10000)
 *     TEMPFILE_TEST_DEPTH   directories in one another          (2000)
 *     TEMPFILE_TEST_RACES   removals against a hostile thread   (20)
 */
#include "common.h"

#include "life/remove.h"
#include "life/scan.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#ifdef __linux__
#include <sys/mount.h>
#endif

typedef int remover (const char *path);

static remover *const removers[] = {tempfile__remove_tree, tempfile__remove_tree_async_safe};

#define assert_removed(path)                                                                 \
    do {                                                                                     \
        int err_ = removers[_i](path);                                                       \
        ck_assert_msg (err_ == 0, "%s: %s (%s)", path, strerror (err_), tempfile_errmsg ()); \
        ck_assert (!test_exists (path));                                                     \
    } while (0)

/* --- making trees --- */

static int
open_dir (const char *path)
{
    int fd = open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    ck_assert_msg (fd >= 0, "%s: %s", path, strerror (errno));
    return fd;
}

static void
make_file_at (int dir, const char *name)
{
    int fd = openat (dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    ck_assert_msg (fd >= 0, "%s: %s", name, strerror (errno));
    close (fd);
}

static void
make_files (const char *dir, int count)
{
    int fd = open_dir (dir);

    for (int i = 0; i < count; i++) {
        char name[32];
        (void) snprintf (name, sizeof name, "file-%06d", i);
        make_file_at (fd, name);
    }
    close (fd);
}

/* Directories in one another, each with a file beside the next. */
static void
make_chain (const char *path, int depth)
{
    int fd = open_dir (path);

    for (int i = 0; i < depth; i++) {
        make_file_at (fd, "file");
        ck_assert_int_eq (mkdirat (fd, "directory", 0700), 0);
        int next = openat (fd, "directory", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        ck_assert_int_ge (next, 0);
        close (fd);
        fd = next;
    }
    close (fd);
}

/* COUNT directories, each with as many inside, and so on; a file in each. */
static void
make_bush (const char *path, int count, int depth)
{
    make_files (path, 1);
    for (int i = 0; depth > 0 && i < count; i++) {
        char name[64];
        (void) snprintf (name, sizeof name, "a-name-of-some-length-to-fill-the-space-%03d", i);
        char inner[4096];
        int length = snprintf (inner, sizeof inner, "%s/%s", path, name);
        ck_assert_int_lt (length, (int) sizeof inner);
        ck_assert_int_eq (mkdir (inner, 0700), 0);
        make_bush (inner, count, depth - 1);
    }
}

/* A path that stays valid, as test_path() does not promise. */
static const char *
make_root (void)
{
    static char root[4096];

    (void) snprintf (root, sizeof root, "%s", test_make_dir ("root"));
    return root;
}

/* --- what is at the path --- */

START_TEST (nothing_there_is_no_error)
{
    errno = ENOTTY;
    ck_assert_int_eq (removers[_i](test_path ("nothing")), 0);
    if (_i == 1)
        ck_assert_int_eq (errno, ENOTTY);
}
END_TEST

START_TEST (file_goes)
{
    test_write_file (test_path ("file"), "");
    assert_removed (test_path ("file"));
}
END_TEST

START_TEST (link_goes_and_what_it_points_to_stays)
{
    static const char *const targets[] = {"file", "outside", "nowhere"};

    test_write_file (test_path ("file"), "");
    test_make_dir ("outside");
    make_files (test_path ("outside"), 3);
    for (int i = 0; i < LENGTH (targets); i++) {
        ck_assert_int_eq (symlink (targets[i], test_path ("link")), 0);
        assert_removed (test_path ("link"));
    }
    ck_assert_int_eq (test_entries (test_path ("outside")), 3);
    ck_assert_int_eq (unlink (test_path ("file")), 0);
    assert_removed (test_path ("outside"));
}
END_TEST

START_TEST (file_in_the_place_of_a_directory_on_the_way_is_an_error)
{
    test_write_file (test_path ("file"), "");
    ck_assert_int_eq (removers[_i](test_path ("file/inside")), ENOTDIR);
    ck_assert_int_eq (unlink (test_path ("file")), 0);
}
END_TEST

/* --- shapes --- */

static void
make_socket (const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket (AF_UNIX, SOCK_STREAM, 0);

    /* The name may be longer than an address; then a FIFO will do. */
    if (strlen (path) < sizeof address.sun_path) {
        memcpy (address.sun_path, path, strlen (path) + 1);
        ck_assert_int_eq (bind (fd, (struct sockaddr *) &address, sizeof address), 0);
    } else {
        ck_assert_int_eq (mkfifo (path, 0600), 0);
    }
    close (fd);
}

START_TEST (every_type_of_file_goes)
{
    const char *root = make_root ();

    test_make_dir ("outside");
    make_files (test_path ("outside"), 3);
    test_make_dir ("root/empty");
    test_make_dir ("root/full");
    test_make_dir ("root/full/inside");
    test_write_file (test_path ("root/full/inside/file"), "text");
    ck_assert_int_eq (mkfifo (test_path ("root/fifo"), 0600), 0);
    make_socket (test_path ("root/socket"));
    ck_assert_int_eq (symlink ("../../outside", test_path ("root/full/link")), 0);
    ck_assert_int_eq (symlink ("../../outside/file-000000", test_path ("root/full/file")), 0);
    ck_assert_int_eq (symlink (test_path ("outside"), test_path ("root/absolute")), 0);
    ck_assert_int_eq (symlink (".", test_path ("root/loop")), 0);
    ck_assert_int_eq (symlink ("..", test_path ("root/up")), 0);
    ck_assert_int_eq (link (test_path ("outside/file-000001"), test_path ("root/hard")), 0);
    assert_removed (root);
    ck_assert_int_eq (test_entries (test_path ("outside")), 3);
    assert_removed (test_path ("outside"));
}
END_TEST

START_TEST (every_name_goes)
{
    static const char *const names[] = {"a\nb",     " ",   "...", ".hidden", "-rf", "*",
                                        "\xff\xfe", "..x", "~",   "%s",      "\x01"};
    char longest[256];
    const char *root = make_root ();

    memset (longest, 'x', sizeof longest - 1);
    longest[255] = '\0';
    for (int i = 0; i <= LENGTH (names); i++) {
        const char *name = i < LENGTH (names) ? names[i] : longest;
        char path[8192];
        (void) snprintf (path, sizeof path, "%s/%s", root, name);
        ck_assert_int_eq (mkdir (path, 0700), 0);
        for (int k = 0; k < LENGTH (names); k++)
            test_write_file (test_join (path, names[k]), "");
        test_write_file (test_join (path, longest), "");
    }
    assert_removed (root);
}
END_TEST

START_TEST (wide_directory_goes)
{
    const char *root = make_root ();

    make_files (root, _i == 0 ? test_number ("TEMPFILE_TEST_WIDTH", 10000) : 10000);
    assert_removed (root);
}
END_TEST

/* More names of directories than fit into the space at once. */
START_TEST (wide_directory_of_directories_goes)
{
    const char *root = make_root ();

    for (int i = 0; i < 2000; i++) {
        char name[64];
        (void) snprintf (name, sizeof name, "root/directory-%06d", i);
        test_make_dir (name);
        make_files (test_path (name), 1);
    }
    assert_removed (root);
}
END_TEST

START_TEST (bush_goes)
{
    const char *root = make_root ();

    make_bush (root, 3, 5);
    test_make_dir ("root/wide");
    make_bush (test_path ("root/wide"), 30, 2);
    assert_removed (root);
}
END_TEST

static void
limit_descriptors (int free)
{
    struct rlimit limit;
    int fd = dup (0), above = fd;

    /* Those from FD on that are open already do not count. */
    close (fd);
    for (int left = free; left > 0; above++)
        left -= fcntl (above, F_GETFD) < 0;
    ck_assert_int_eq (getrlimit (RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = (rlim_t) above;
    ck_assert_int_eq (setrlimit (RLIMIT_NOFILE, &limit), 0);
}

static void
remove_with_descriptors (int which, const char *root, int free, int expected)
{
    pid_t child = fork ();

    if (child == 0) {
        limit_descriptors (free);
        int err = removers[which](root);
        _exit (err == expected ? 0 : err ? err : 255);
    }
    test_wait (child);
}

START_TEST (deep_tree_goes_with_many_descriptors_and_with_few)
{
    static const int descriptors[] = {1000, 20, 3};
    int depth = _i == 0 ? test_number ("TEMPFILE_TEST_DEPTH", 2000) : 1000;

    for (int i = 0; i < LENGTH (descriptors); i++) {
        const char *root = make_root ();
        make_chain (root, i == 0 ? depth : 500);
        remove_with_descriptors (_i, root, descriptors[i], 0);
        ck_assert (!test_exists (root));
    }
}
END_TEST

START_TEST (two_descriptors_are_not_enough_and_that_is_said)
{
    const char *root = make_root ();

    make_chain (root, 3);
    for (int free = 2; free >= 0; free--) {
        remove_with_descriptors (_i, root, free, EMFILE);
        ck_assert (test_exists (test_path ("root/directory/directory/directory")));
    }
    assert_removed (root);
}
END_TEST

/* What is lifted gets a name that is made of its inode number; here it is somebody else's already.
 */
START_TEST (names_in_the_root_that_lifting_would_use_do_no_harm)
{
    char path[4096];
    struct stat st;
    const char *root = make_root ();

    make_chain (root, 40);
    (void) snprintf (path, sizeof path, "%s", root);
    for (int i = 0; i < 40; i++) {
        char name[64] = "root/lifted-";
        strcat (path, "/directory");
        ck_assert_int_eq (stat (path, &st), 0);
        uint64_t bits = st.st_ino;
        for (int k = 12; k < 28; k++, bits >>= 4)
            name[k] = "0123456789abcdef"[bits & 15];
        if (i % 2)
            test_write_file (test_path (name), "");
        else
            test_write_file (test_join (test_make_dir (name), "file"), "");
    }
    assert_removed (root);
}
END_TEST

/* --- permissions --- */

static void
make_locked_trees (const char *root)
{
    for (int mode = 0; mode < 8; mode++)
        for (int inner = 0; inner < 8; inner++) {
            char name[64];
            (void) snprintf (name, sizeof name, "%d", mode * 8 + inner);
            const char *path = test_join (root, name);
            ck_assert_int_eq (mkdir (path, 0700), 0);
            const char *inside = test_join (path, "inside"); /* four of the eight buffers */
            ck_assert_int_eq (mkdir (inside, 0700), 0);
            ck_assert_int_eq (mkdir (test_join (inside, "empty"), 0), 0);
            test_write_file (test_join (inside, "file"), "");
            ck_assert_int_eq (chmod (inside, (mode_t) inner * 0100), 0);
            ck_assert_int_eq (chmod (path, (mode_t) mode * 0100), 0);
        }
}

static void
remove_locked_trees (void *arg)
{
    for (int mode = 0; mode < 8; mode++) {
        const char *root = make_root ();
        make_locked_trees (root);
        ck_assert_int_eq (chmod (root, (mode_t) mode * 0100), 0);
        int err = removers[*(int *) arg](root);
        ck_assert_msg (err == 0, "%s %s", strerror (err), tempfile_errmsg ());
        ck_assert (!test_exists (root));
    }
}

START_TEST (permissions_of_ones_own_directories_are_no_obstacle)
{
    test_as_user (remove_locked_trees, &_i);
}
END_TEST

/* A chain whose directories have the permissions MODE, and every third has THIRD. */
static const char *
make_locked_chain (int depth, mode_t mode, mode_t third)
{
    char path[8192];
    const char *root = make_root ();

    (void) snprintf (path, sizeof path, "%s", root);
    make_chain (root, depth);
    for (int i = 0; i < depth; i++)
        strcat (path, "/directory");
    for (int i = 0; i < depth; i++) {
        *strrchr (path, '/') = '\0';
        ck_assert_int_eq (chmod (path, i % 3 ? mode : third), 0);
    }
    return root;
}

static void
remove_locked_chain (void *arg)
{
    const char *root = make_locked_chain (100, 0500, 0);

    ck_assert_int_eq (removers[*(int *) arg](root), 0);
    ck_assert (!test_exists (root));
}

START_TEST (nor_where_directories_are_lifted)
{
    test_as_user (remove_locked_chain, &_i);
}
END_TEST

/* Four are enough where permissions are in the way, says tempfile.h. */
static void
remove_locked_with_few_descriptors (void *arg)
{
    for (mode_t mode = 0; mode <= 0700; mode += 0100)
        for (int free = 4; free <= 34; free += free < 8 ? 1 : 2) {
            const char *root = make_locked_chain (free + 4, mode, mode);
            remove_with_descriptors (*(int *) arg, root, free, 0);
            ck_assert_msg (!test_exists (root), "%d descriptors, mode %03o", free, (unsigned) mode);
        }
}

START_TEST (nor_with_four_descriptors_and_more)
{
    test_as_user (remove_locked_with_few_descriptors, &_i);
}
END_TEST

/* --- what cannot be removed --- */

static void
remove_foreign (void *arg)
{
    int which = *(int *) arg;

    ck_assert_int_eq (removers[which](test_path ("root")), EPERM);
    if (which == 0)
        ck_assert_msg (strstr (tempfile_errmsg (), "root/a/foreign'") != NULL, "%s",
                       tempfile_errmsg ());
    ck_assert_int_eq (test_entries (test_path ("root")), 1);
    ck_assert_int_eq (test_entries (test_path ("root/a")), 1);
    ck_assert_int_eq (test_entries (test_path ("root/a/foreign")), 2);
}

START_TEST (first_that_stays_is_named_and_all_else_goes)
{
    static const char *const ours[] = {"root", "root/a", "root/b", "root/c"};

    if (geteuid () != 0) {
        test_skip ("only root can make a directory of another user");
        return;
    }
    for (int i = 0; i < LENGTH (ours); i++) {
        test_make_dir (ours[i]);
        make_files (test_path (ours[i]), 5);
        ck_assert_int_eq (chown (test_path (ours[i]), 65534, 65534), 0);
    }
    test_make_dir ("root/a/foreign");
    ck_assert_int_eq (chmod (test_path ("root/a/foreign"), 0755), 0);
    make_files (test_path ("root/a/foreign"), 2);
    test_as_user (remove_foreign, &_i);
    assert_removed (test_path ("root"));
}
END_TEST

/* The directory that the root is in is not ours to change. */
static void
remove_in_locked_place (void *arg)
{
    test_make_dir ("place");
    const char *root = test_make_dir ("place/root");

    make_files (root, 5);
    test_make_dir ("place/root/inner");
    ck_assert_int_eq (chmod (test_path ("place"), 0500), 0);
    ck_assert_int_eq (removers[*(int *) arg](root), EACCES);
    ck_assert_int_eq (test_entries (root), 0);
    ck_assert_int_eq (chmod (test_path ("place"), 0700), 0);
    ck_assert_int_eq (removers[*(int *) arg](test_path ("place")), 0);
}

START_TEST (contents_go_where_the_directory_itself_cannot)
{
    test_as_user (remove_in_locked_place, &_i);
}
END_TEST

#ifdef CLONE_NEWNS
static void
mount_and_remove (void *arg)
{
    int which = *(int *) arg;

    if (unshare (CLONE_NEWNS) != 0 || mount ("none", "/", "none", MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount ("none", test_path ("root/b/mounted"), "tmpfs", 0, NULL) != 0 ||
        mount (test_path ("outside"), test_path ("root/bound"), "none", MS_BIND, NULL) != 0) {
        test_skip ("cannot mount");
        return;
    }
    make_files (test_path ("root/b/mounted"), 3);
    ck_assert_int_eq (removers[which](test_path ("root")), EBUSY);
    if (which == 0)
        ck_assert (strstr (tempfile_errmsg (), "/mounted'") ||
                   strstr (tempfile_errmsg (), "/bound'"));
    ck_assert_int_eq (test_entries (test_path ("root")), 2);
    ck_assert_int_eq (test_entries (test_path ("root/b")), 1);
    ck_assert_int_eq (test_entries (test_path ("root/b/mounted")), 3);
    ck_assert_int_eq (test_entries (test_path ("outside")), 3);
    ck_assert_int_eq (removers[which](test_path ("root/bound")), EBUSY);
    ck_assert_int_eq (test_entries (test_path ("outside")), 3);
}
#else
static void
mount_and_remove (void *arg)
{
    (void) arg;
    test_skip ("no private mounts on this system");
}
#endif

START_TEST (mount_points_are_left_alone)
{
    test_make_dir ("outside");
    make_files (test_path ("outside"), 3);
    test_make_dir ("root");
    test_make_dir ("root/bound");
    test_make_dir ("root/b");
    test_make_dir ("root/b/mounted");
    make_files (test_path ("root/b"), 3);
    test_in_child (mount_and_remove, &_i);
    assert_removed (test_path ("root"));
    ck_assert_int_eq (test_entries (test_path ("outside")), 3);
    assert_removed (test_path ("outside"));
}
END_TEST

static int is_bound;

#ifdef CLONE_NEWNS
/* The directory above is not writable, so that removing the name says nothing about the mount. */
static void
remove_mounted_root (void *arg)
{
    int which = *(int *) arg;

    if (unshare (CLONE_NEWNS) != 0 || mount ("none", "/", "none", MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount (is_bound ? test_path ("outside") : "none", test_path ("place/root"),
               is_bound ? "none" : "tmpfs", is_bound ? MS_BIND : 0, NULL) != 0) {
        test_skip ("cannot mount");
        return;
    }
    if (!is_bound)
        make_files (test_path ("place/root"), 3);
    ck_assert_int_eq (chmod (test_path ("place/root"), 0777), 0);
    if (setgid (65534) != 0 || setuid (65534) != 0) {
        test_skip ("cannot become another user");
        return;
    }
    ck_assert_int_eq (removers[which](test_path ("place/root")), EBUSY);
    ck_assert_int_eq (test_entries (test_path ("place/root")), 3);
}
#else
static void
remove_mounted_root (void *arg)
{
    (void) arg;
    test_skip ("no private mounts on this system");
}
#endif

START_TEST (what_is_mounted_on_the_directory_itself_stays)
{
    int which = _i / 2;

    is_bound = _i % 2;
    if (geteuid () != 0) {
        test_skip ("only root can mount");
        return;
    }
    ck_assert_int_eq (chmod (test_dir (), 0755), 0);
    test_make_dir ("outside");
    make_files (test_path ("outside"), 3);
    ck_assert_int_eq (chmod (test_make_dir ("place"), 0755), 0);
    test_make_dir ("place/root");
    test_in_child (remove_mounted_root, &which);
    ck_assert_int_eq (removers[which](test_path ("place")), 0);
    ck_assert_int_eq (test_entries (test_path ("outside")), 3);
    ck_assert_int_eq (removers[which](test_path ("outside")), 0);
}
END_TEST

/* Of another user, in a directory that is open to others: he, or a third, may have moved it in. */
START_TEST (directory_of_another_user_in_an_open_one_stays)
{
    if (geteuid () != 0) {
        test_skip ("only root can make a directory of another user");
        return;
    }
    const char *root = make_root ();
    test_make_dir ("root/a");
    test_make_dir ("root/a/foreign");
    make_files (test_path ("root/a/foreign"), 2);
    ck_assert_int_eq (chown (test_path ("root/a/foreign"), 65534, 65534), 0);
    ck_assert_int_eq (chmod (root, 0777), 0);
    ck_assert_int_eq (removers[_i](root), EPERM);
    ck_assert_int_eq (test_entries (test_path ("root/a/foreign")), 2);
    ck_assert_int_eq (chmod (root, 0700), 0);
    assert_removed (root);
}
END_TEST

/* Also where removal itself has changed permissions, now or in an earlier attempt. */
static void
remove_with_all_permissions (void *arg)
{
    for (mode_t mode = 0; mode <= 0777; mode++) {
        ck_assert_int_eq (chmod (test_path ("root"), mode), 0);
        ck_assert_int_eq (removers[*(int *) arg](test_path ("root")), EPERM);
        ck_assert_int_eq (removers[*(int *) arg](test_path ("root")), EPERM);
        ck_assert_int_eq (test_entries (test_path ("root/hole/private")), 2);
    }
}

/* What is the user's own is in a directory of somebody else, who has moved that into the tree. */
START_TEST (no_permissions_let_an_ordinary_user_enter_directories_of_others)
{
    static const char *const ours[] = {"root", "root/hole/private"};

    if (geteuid () != 0) {
        test_skip ("only root can make a directory of another user");
        return;
    }
    test_make_dir ("root");
    ck_assert_int_eq (chmod (test_make_dir ("root/hole"), 0777), 0);
    make_files (test_make_dir ("root/hole/private"), 2);
    for (int i = 0; i < LENGTH (ours); i++)
        ck_assert_int_eq (chown (test_path (ours[i]), 65534, 65534), 0);
    test_as_user (remove_with_all_permissions, &_i);
    assert_removed (test_path ("root"));
}
END_TEST

/* --- others at work --- */

#ifdef RENAME_EXCHANGE

static atomic_bool over;

/* Exchanges a locked directory with one outside that is locked, too, over and over. */
static void *
exchange_locked (void *arg)
{
    const char *names = arg;
    const char *locked = names, *victim = names + strlen (names) + 1;

    while (!atomic_load (&over))
        (void) renameat2 (AT_FDCWD, locked, AT_FDCWD, victim, RENAME_EXCHANGE);
    return NULL;
}

static void
remove_amid_exchanges (void *arg)
{
    int rounds = test_number ("TEMPFILE_TEST_RACES", 20);

    for (int i = 0; i < rounds; i++) {
        char names[9000];
        struct stat st;
        pthread_t thread;
        const char *root = make_root ();
        test_make_dir ("root/locked");
        test_write_file (test_path ("root/locked/file"), "");
        ck_assert_int_eq (chmod (test_path ("root/locked"), 04270), 0);
        test_write_file (test_path ("victim"), "");
        ck_assert_int_eq (chmod (test_path ("victim"), 0440), 0);
        int fd = open (test_path ("victim"), O_RDONLY | O_CLOEXEC);
        ck_assert_int_ge (fd, 0);
        int length = snprintf (names, sizeof names, "%s/locked", root);
        (void) snprintf (names + length + 1, sizeof names - (size_t) length - 1, "%s",
                         test_path ("victim"));
        atomic_store (&over, false);
        ck_assert_int_eq (pthread_create (&thread, NULL, exchange_locked, names), 0);
        (void) removers[*(int *) arg](root);
        atomic_store (&over, true);
        pthread_join (thread, NULL);
        ck_assert_int_eq (fstat (fd, &st), 0);
        ck_assert_uint_eq (st.st_mode & 07777, 0440);
        close (fd);
        ck_assert_int_eq (removers[0](root), 0);
        ck_assert_int_eq (removers[0](test_path ("victim")), 0);
    }
}

START_TEST (no_exchange_changes_the_permissions_of_another_file)
{
    test_as_user (remove_amid_exchanges, &_i);
}
END_TEST

#endif

static atomic_bool stop;
static remover *concurrent;
static const char *concurrent_root;

static void *
remove_too (void *result)
{
    *(int *) result = concurrent (concurrent_root);
    return NULL;
}

START_TEST (several_may_remove_the_same_tree)
{
    enum { THREADS = 4 };

    concurrent = removers[_i];
    for (int round = 0; round < 10; round++) {
        pthread_t threads[THREADS];
        int results[THREADS];
        concurrent_root = make_root ();
        make_bush (concurrent_root, 4, 3);
        make_chain (concurrent_root, 60);
        make_files (test_path ("root/directory"), 300);
        for (int i = 0; i < THREADS; i++)
            ck_assert_int_eq (pthread_create (&threads[i], NULL, remove_too, &results[i]), 0);
        for (int i = 0; i < THREADS; i++)
            pthread_join (threads[i], NULL);
        for (int i = 0; i < THREADS; i++)
            ck_assert_msg (results[i] == 0, "%s", strerror (results[i]));
        ck_assert (!test_exists (test_path ("root")));
    }
}
END_TEST

/*
 * Exchanges directories in the tree with links to one outside, moves directories out of the tree
 * and back, and lets others appear. Whatever fails, fails.
 */
static void *
interfere (void *arg)
{
    char root[4096], outside[4096], sub[5000], spare[5000], out[5000];

    (void) arg;
    (void) snprintf (root, sizeof root, "%s/root", test_dir ());
    (void) snprintf (outside, sizeof outside, "%s/outside", test_dir ());
    for (unsigned i = 0; !atomic_load (&stop); i++) {
        (void) snprintf (sub, sizeof sub, "%s/%u/sub", root, i % 8);
        (void) snprintf (spare, sizeof spare, "%s/%u/spare", root, i % 8);
        (void) snprintf (out, sizeof out, "%s/moved-%u", outside, i % 8);
        if (rename (sub, spare) == 0 && symlink (outside, sub) == 0) {
            (void) unlink (sub);
            (void) rename (spare, sub);
        }
        if (i % 3 == 0 && rename (sub, out) == 0) {
            if (symlink (outside, sub) == 0 && i % 2)
                (void) unlink (sub);
            if (i % 2)
                (void) rename (out, sub);
        }
        (void) mkdir (spare, 0700);
    }
    return NULL;
}

static void
make_targets (void)
{
    test_make_dir ("root");
    for (int i = 0; i < 8; i++) {
        char name[64];
        (void) snprintf (name, sizeof name, "root/%d", i);
        test_make_dir (name);
        (void) snprintf (name, sizeof name, "root/%d/sub", i);
        test_make_dir (name);
        char path[4096];
        (void) snprintf (path, sizeof path, "%s", test_path (name));
        make_bush (path, 2, 2);
    }
}

static void
assert_nothing_lost (void)
{
    ck_assert_int_eq (test_entries (test_path ("outside/precious")), 20);
    for (int i = 0; i < 20; i++) {
        char name[64];
        (void) snprintf (name, sizeof name, "outside/file-%06d", i);
        ck_assert_msg (test_exists (test_path (name)), "%s was removed", name);
    }
}

START_TEST (no_exchange_and_no_move_leads_out_of_the_tree)
{
    pthread_t thread;
    int rounds = test_number ("TEMPFILE_TEST_RACES", 20), gone = 0;

    test_make_dir ("outside");
    make_files (test_make_dir ("outside/precious"), 20);
    make_files (test_path ("outside"), 20);
    for (int round = 0; round < rounds; round++) {
        make_targets ();
        atomic_store (&stop, false);
        ck_assert_int_eq (pthread_create (&thread, NULL, interfere, NULL), 0);
        gone += removers[_i](test_path ("root")) == 0;
        atomic_store (&stop, true);
        pthread_join (thread, NULL);
        assert_nothing_lost ();
        assert_removed (test_path ("root"));
        for (int i = 0; i < 8; i++) {
            char name[64];
            (void) snprintf (name, sizeof name, "outside/moved-%d", i);
            assert_removed (test_path (name));
        }
    }
    ck_assert_int_gt (gone, 0);
    assert_removed (test_path ("outside"));
}
END_TEST

/* At the most so many entries are in one batch of names. */
enum { BATCH = 32 * 1024 / 24 };

static int moved_entries;

/* Waits until the removal is under way, takes what it is at out of the tree, and adds to it. */
static void *
move_out (void *arg)
{
    int count = *(int *) arg;
    char from[4096], to[4096], name[5000];

    /* Not test_path(), whose buffers are the other thread's. */
    (void) snprintf (from, sizeof from, "%s/root/wide", test_dir ());
    (void) snprintf (to, sizeof to, "%s/outside/wide", test_dir ());
    while (test_entries (from) > count - 1000)
        if (atomic_load (&stop))
            return NULL;
    if (rename (from, to) != 0)
        return NULL;
    moved_entries = test_entries (to);
    for (int i = 0; i < 100; i++) {
        (void) snprintf (name, sizeof name, "%s/precious-%d", to, i);
        test_write_file (name, "");
    }
    return NULL;
}

static int
count_precious (void)
{
    int count = 0;

    for (int i = 0; i < 100; i++) {
        char name[64];
        (void) snprintf (name, sizeof name, "outside/wide/precious-%d", i);
        count += test_exists (test_path (name));
    }
    return count;
}

START_TEST (directory_that_was_moved_out_is_left_to_whoever_moved_it)
{
    pthread_t thread;
    int count = 20000;

    test_make_dir ("outside");
    make_root ();
    make_files (test_make_dir ("root/wide"), count);
    atomic_store (&stop, false);
    ck_assert_int_eq (pthread_create (&thread, NULL, move_out, &count), 0);
    assert_removed (test_path ("root"));
    atomic_store (&stop, true);
    pthread_join (thread, NULL);
    if (test_exists (test_path ("outside/wide"))) {
        ck_assert_int_eq (count_precious (), 100);
        ck_assert_int_ge (test_entries (test_path ("outside/wide")), moved_entries - BATCH);
    } else {
        test_skip ("the removal was faster than the thread that interferes");
    }
    assert_removed (test_path ("outside"));
}
END_TEST

/* --- in a signal handler --- */

static void
on_signal (int signal)
{
    (void) signal;
    _exit (tempfile__remove_tree_async_safe (concurrent_root));
}

START_TEST (small_stack_of_a_signal_handler_is_enough)
{
    enum { SIZE = 8 * 1024 };
    static char memory[SIZE];
    stack_t stack = {.ss_sp = memory, .ss_size = SIZE};
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_ONSTACK};

    concurrent_root = make_root ();
    make_bush (concurrent_root, 6, 3);
    make_chain (concurrent_root, 100);
    pid_t child = fork ();
    if (child == 0) {
        if (sigaltstack (&stack, NULL) != 0 || sigaction (SIGSEGV, &action, NULL) != 0)
            _exit (99);
        raise (SIGSEGV);
    }
    test_wait (child);
    ck_assert (!test_exists (concurrent_root));
}
END_TEST

int
main (void)
{
    Suite *s = suite_create ("remove");
    int entrances = tempfile__scan_async_safe () ? 2 : 1;

    TCase *tc = test_case (s, "path");
    tcase_add_loop_test (tc, nothing_there_is_no_error, 0, entrances);
    tcase_add_loop_test (tc, file_goes, 0, entrances);
    tcase_add_loop_test (tc, link_goes_and_what_it_points_to_stays, 0, entrances);
    tcase_add_loop_test (tc, file_in_the_place_of_a_directory_on_the_way_is_an_error, 0, entrances);
    tc = test_case (s, "shapes");
    tcase_add_loop_test (tc, every_type_of_file_goes, 0, entrances);
    tcase_add_loop_test (tc, every_name_goes, 0, entrances);
    tcase_add_loop_test (tc, wide_directory_goes, 0, entrances);
    tcase_add_loop_test (tc, wide_directory_of_directories_goes, 0, entrances);
    tcase_add_loop_test (tc, bush_goes, 0, entrances);
    tcase_add_loop_test (tc, deep_tree_goes_with_many_descriptors_and_with_few, 0, entrances);
    tcase_add_loop_test (tc, two_descriptors_are_not_enough_and_that_is_said, 0, entrances);
    tcase_add_loop_test (tc, names_in_the_root_that_lifting_would_use_do_no_harm, 0, entrances);
    tc = test_case (s, "permissions");
    tcase_add_loop_test (tc, permissions_of_ones_own_directories_are_no_obstacle, 0, entrances);
    tcase_add_loop_test (tc, nor_where_directories_are_lifted, 0, entrances);
    tcase_add_loop_test (tc, nor_with_four_descriptors_and_more, 0, entrances);
    tc = test_case (s, "failures");
    tcase_add_loop_test (tc, first_that_stays_is_named_and_all_else_goes, 0, entrances);
    tcase_add_loop_test (tc, contents_go_where_the_directory_itself_cannot, 0, entrances);
    tcase_add_loop_test (tc, mount_points_are_left_alone, 0, entrances);
    tcase_add_loop_test (tc, what_is_mounted_on_the_directory_itself_stays, 0, 2 * entrances);
    tcase_add_loop_test (tc, directory_of_another_user_in_an_open_one_stays, 0, entrances);
    tcase_add_loop_test (tc, no_permissions_let_an_ordinary_user_enter_directories_of_others, 0,
                         entrances);
    tc = test_case (s, "others");
#ifdef RENAME_EXCHANGE
    tcase_add_loop_test (tc, no_exchange_changes_the_permissions_of_another_file, 0, entrances);
#endif
    tcase_add_loop_test (tc, several_may_remove_the_same_tree, 0, entrances);
    tcase_add_loop_test (tc, no_exchange_and_no_move_leads_out_of_the_tree, 0, entrances);
    tcase_add_loop_test (tc, directory_that_was_moved_out_is_left_to_whoever_moved_it, 0,
                         entrances);
    tc = test_case (s, "signal");
    if (entrances == 2)
        tcase_add_test (tc, small_stack_of_a_signal_handler_is_enough);
    return test_main (s);
}
