/* SPDX-License-Identifier: MIT */
/*
 * One user attacks what another is removing, or recovering, in processes of their own. As root; the
 * programs of one user are in test_remove.c and test_recover.c.
 *
 *     TEMPFILE_TEST_RACES    rounds of each attack   (20), half of them against root
 *     TEMPFILE_TEST_ATTACK   only the attack of that name
 */
#include "common.h"

#include "create/name.h"
#include "life/remove.h"

#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/wait.h>

enum { ROOT = 0, VICTIM = 65534, ATTACKER = 65533, FILES = 20, PIECE = 32 };

/* What both see. */
static struct shared {
    atomic_bool over;
    atomic_ulong steps, hits; /* of the attacker; those in which something was moved */
    char target[PATH_MAX];    /* what the victim has just made */
} * shared;

struct attack {
    const char *name;
    uid_t victim;
    void (*prepare) (void);  /* by root */
    bool (*step) (unsigned); /* by the attacker: whether something was moved */
    void (*defend) (void);   /* by the victim: one round */
    int (*found) (void);     /* by root, in the end: how many of FILES are there */
};

/* --- two users --- */

/* Until all is over. No ck_assert here. */
static void
attack_on (bool (*step) (unsigned))
{
    for (unsigned i = 0; !atomic_load (&shared->over); i++) {
        atomic_fetch_add (&shared->hits, step (i));
        atomic_fetch_add (&shared->steps, 1);
        if (i % PIECE == PIECE - 1) /* or he keeps the victim from its processor */
            sched_yield ();
    }
}

/* The attacker is at work, and not waiting for a processor. */
static void
await_attack (void)
{
    unsigned long before = atomic_load (&shared->steps);

    while (atomic_load (&shared->steps) == before)
        sched_yield ();
}

static pid_t
start_attacker (const struct attack *a)
{
    pid_t child = fork ();

    if (child == 0) {
        if (test_become (ATTACKER))
            attack_on (a->step);
        _exit (0);
    }
    ck_assert_int_gt (child, 0);
    return child;
}

static pid_t
start_victim (const struct attack *a)
{
    pid_t child = fork ();

    if (child == 0) {
        ck_assert (test_become (a->victim));
        for (int i = test_number ("TEMPFILE_TEST_RACES", 20) / 2; i > 0; i--)
            a->defend ();
        test_leave (0);
    }
    ck_assert_int_gt (child, 0);
    return child;
}

/* --- what is made --- */

static const char *
make_dir_of (const char *name, uid_t user, mode_t mode)
{
    const char *path = test_make_dir (name);

    ck_assert_int_eq (chown (path, user, (gid_t) user), 0);
    ck_assert_int_eq (chmod (path, mode), 0);
    return path;
}

static void
make_precious (const char *name, uid_t user)
{
    make_dir_of (name, user, 0700);
    for (int i = 0; i < FILES; i++) {
        char file[64];
        (void) snprintf (file, sizeof file, "%s/file-%d", name, i);
        test_write_file (test_path (file), "text");
        ck_assert_int_eq (chown (test_path (file), user, (gid_t) user), 0);
    }
}

static int
count_in (const char *name)
{
    return test_entries (test_path (name));
}

/* What the attacker wants to reach from the tree, or to have moved there. */
static int
precious_files (void)
{
    return count_in ("home/precious");
}

/* --- removal: the permissions of another file --- */

static void
prepare_home (void)
{
    make_dir_of ("home", VICTIM, 0777);
    make_precious ("home/precious", VICTIM);
}

static bool
exchange (const char *a, const char *b)
{
#ifdef RENAME_EXCHANGE
    return renameat2 (AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE) == 0;
#else
    (void) a;
    (void) b;
    return true;
#endif
}

/* In the directory that is open to him he exchanges a locked directory with a program. */
static bool
exchange_step (unsigned i)
{
    (void) i;
    return exchange (test_path ("home/root/open/locked"), test_path ("home/root/open/program"));
}

/* Although the attacker goes on. */
static void
remove_in_the_end (const char *name)
{
    while (test_exists (test_path (name)))
        (void) tempfile__remove_tree (test_path (name));
}

/* What is in it is made before it is open to others. */
static void
make_open_root (void)
{
    ck_assert_int_eq (chmod (test_make_dir ("home/root"), 0755), 0);
    test_make_dir ("home/root/open");
}

static void
remove_what_is_open (void)
{
    ck_assert_int_eq (chmod (test_path ("home/root/open"), 0777), 0);
    await_attack ();
    (void) tempfile__remove_tree (test_path ("home/root"));
}

/* With its old permissions a locked directory would be set-user-ID, as the program must not be. */
static void
remove_beside_a_program (void)
{
    struct stat st;

    make_open_root ();
    test_make_dir ("home/root/open/locked");
    test_write_file (test_path ("home/root/open/locked/file"), "");
    ck_assert_int_eq (chmod (test_path ("home/root/open/locked"), 04270), 0);
    test_write_file (test_path ("home/root/open/program"), "");
    int fd = open (test_path ("home/root/open/program"), O_RDONLY | O_CLOEXEC);
    ck_assert_int_ge (fd, 0);
    ck_assert_int_eq (fchmod (fd, 0440), 0);
    remove_what_is_open ();
    ck_assert_int_eq (fstat (fd, &st), 0);
    ck_assert_uint_eq (st.st_mode & 07777, 0440);
    close (fd);
    remove_in_the_end ("home/root");
}

/* --- removal: out of the tree --- */

/* Puts links to the precious files where directories were, and takes directories out and back. */
static bool
lead_out_step (unsigned i)
{
    const char *sub = test_path ("home/root/open/sub");
    const char *away = i % 2 ? test_path ("home/root/open/spare") : test_path ("home/moved");

    bool moved = rename (sub, away) == 0;
    if (moved && symlink (test_path ("home/precious"), sub) == 0)
        (void) unlink (sub);
    if (moved)
        (void) rename (away, sub);
    return moved;
}

static void
remove_what_is_exchanged (void)
{
    make_open_root ();
    ck_assert_int_eq (chmod (test_make_dir ("home/root/open/sub"), 0777), 0);
    for (int i = 0; i < FILES; i++) {
        char name[64];
        (void) snprintf (name, sizeof name, "home/root/open/sub/file-%d", i);
        test_write_file (test_path (name), "");
    }
    remove_what_is_open ();
    ck_assert_int_eq (precious_files (), FILES);
    remove_in_the_end ("home/root");
    remove_in_the_end ("home/moved");
}

/* --- recovery: what was moved into a directory that is recovered --- */

/* The precious files are private to the victim, in a directory of the attacker's. */
static void
prepare_recovery (void)
{
    make_dir_of ("tmp", ROOT, 01777);
    make_dir_of ("home", ROOT, 0777);
    make_dir_of ("home/his", ATTACKER, 0777);
    make_precious ("home/his/precious", VICTIM);
}

static int
files_in_his (void)
{
    return count_in ("home/his/precious");
}

static bool
move_in_step (unsigned i)
{
    const char *his = test_path ("home/his");
    const char *there = test_join (shared->target, "his");

    (void) i;
    bool moved = rename (his, there) == 0;
    if (moved)
        (void) rename (there, his);
    return moved;
}

/* With a file in it, made before the attacker knows where. */
static const char *
make_abandoned_dir (void)
{
    struct tempfile_dir *d =
        TemporaryDirectory (.recoverable = 1, .permissions = 0777, .dir = shared->target);
    int fd = d ? creat (test_join (tempfile_dir_name (d), "file"), 0600) : -1;

    return fd < 0 || close (fd) != 0 ? NULL : tempfile_dir_name (d);
}

static const char *
make_abandoned_file (void)
{
    FILE *f = NamedTemporaryFile (.recoverable = 1, .dir = shared->target);

    return f ? tempfile_name (f) : NULL;
}

static void
abandon (bool directory)
{
    int status;
    pid_t child = fork ();

    if (child == 0) {
        const char *name = directory ? make_abandoned_dir () : make_abandoned_file ();
        if (!name)
            _exit (1);
        (void) snprintf (shared->target, sizeof shared->target, "%s", name);
        raise (SIGKILL);
    }
    ck_assert_int_eq (waitpid (child, &status, 0), child);
    ck_assert (WIFSIGNALED (status));
}

static void
recover_what_is_moved_in (void)
{
    (void) snprintf (shared->target, sizeof shared->target, "%s", test_path ("tmp"));
    abandon (true);
    await_attack ();
    do {
        int n = tempfile_recover (test_path ("tmp"));
        ck_assert_msg (n >= 0 || errno == ENOTEMPTY, "%s", tempfile_errmsg ());
    } while (test_exists (shared->target));
}

/* --- recovery: what was planted --- */

static char planted[PATH_MAX];

static void
prepare_planting (void)
{
    char name[NAME_RANDOM + NAME_TAG + 1] = "";

    make_dir_of ("tmp", ROOT, 01777);
    make_dir_of ("home", VICTIM, 0755);
    make_precious ("home/precious", VICTIM);
    ck_assert_int_eq (tempfile__name_random (name, true), 0);
    (void) snprintf (planted, sizeof planted, "%s/plain-%s", test_path ("tmp"), name);
    ck_assert (tempfile__name_has_tag (planted));
}

static bool
make_other (unsigned i)
{
    switch (i % 6) {
    case 0:
        return symlink (test_path ("home/precious"), planted) == 0;
    case 1:
        return symlink (test_path ("home/precious/file-0"), planted) == 0;
    case 2: /* refused where hard links are protected */
        return link (test_path ("home/precious/file-0"), planted) == 0;
    case 3:
        return mkfifo (planted, 0666) == 0;
    case 4:
        return mkdir (planted, 0777) == 0;
    default:
        return mknod (planted, S_IFREG | 0666, 0) == 0;
    }
}

/* Under a name that looks like that of a recoverable file he has each in turn. */
static bool
plant_step (unsigned i)
{
    bool made = make_other (i);

    if (made && unlink (planted) != 0)
        (void) rmdir (planted);
    return made;
}

static void
recover_among_what_is_planted (void)
{
    (void) snprintf (shared->target, sizeof shared->target, "%s", test_path ("tmp"));
    abandon (false);
    await_attack ();
    ck_assert_int_eq (tempfile_recover (test_path ("tmp")), 1);
}

/* --- all of them --- */

static const struct attack attacks[] = {
    {"permissions", VICTIM, prepare_home, exchange_step, remove_beside_a_program, precious_files},
    {"permissions", ROOT, prepare_home, exchange_step, remove_beside_a_program, precious_files},
    {"out", VICTIM, prepare_home, lead_out_step, remove_what_is_exchanged, precious_files},
    {"out", ROOT, prepare_home, lead_out_step, remove_what_is_exchanged, precious_files},
    {"moved in", VICTIM, prepare_recovery, move_in_step, recover_what_is_moved_in, files_in_his},
    {"moved in", ROOT, prepare_recovery, move_in_step, recover_what_is_moved_in, files_in_his},
    {"planted", VICTIM, prepare_planting, plant_step, recover_among_what_is_planted,
     precious_files},
    {"planted", ROOT, prepare_planting, plant_step, recover_among_what_is_planted, precious_files},
};

START_TEST (another_user_gets_nothing_of_the_victim_s_removed_or_opened)
{
    const struct attack *a = &attacks[_i];
    char command[PATH_MAX + 16];
    int status;

    ck_assert_int_eq (chmod (test_dir (), 0711), 0);
    if (!test_may_become (VICTIM) || !test_may_become (ATTACKER)) {
        test_skip ("cannot become ordinary users who reach the test's directory");
        return;
    }
    shared = mmap (NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ck_assert (shared != MAP_FAILED);
    a->prepare ();
    pid_t attacker = start_attacker (a);
    pid_t victim = start_victim (a);
    ck_assert_int_eq (waitpid (victim, &status, 0), victim);
    atomic_store (&shared->over, true);
    test_wait (attacker);
    ck_assert_msg (status == 0, "the victim's wait status is %#x", (unsigned) status);
    ck_assert_int_eq (a->found (), FILES);
    unsigned long hits = atomic_load (&shared->hits);
    printf ("%s: %lu of %lu steps moved something\n", a->name, hits, atomic_load (&shared->steps));
    fflush (stdout);
    ck_assert_uint_gt (hits, 0);
    (void) snprintf (command, sizeof command, "rm -rf '%s'/*", test_dir ());
    ck_assert_int_eq (system (command), 0);
}
END_TEST

int
main (void)
{
    Suite *s = suite_create ("attacks");
    TCase *tc = test_case (s, "attacks");
    const char *only = getenv ("TEMPFILE_TEST_ATTACK");

    if (geteuid () != 0) {
        puts ("SKIP test_attacks: only root can be two users");
        return 77;
    }
    tcase_set_timeout (tc, 300);
    for (int i = 0; i < LENGTH (attacks); i++)
        if (!only || !*only || strcmp (only, attacks[i].name) == 0)
            tcase_add_loop_test (tc, another_user_gets_nothing_of_the_victim_s_removed_or_opened, i,
                                 i + 1);
    return test_main (s);
}
