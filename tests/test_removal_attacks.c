/* SPDX-License-Identifier: MIT */
/*
 * One user attacks what another, or root, is removing or recovering: at each system call in turn.
 *
 * test_attacks.c lets both run and hopes for a collision. Here the victim is a child that is
 * stopped before each of its system calls. At one of them the attacker makes one change: something
 * else takes the name of a directory or file of the victim's. A few calls later, or never, he takes
 * it back. Afterwards all that is outside of the tree must be as it was: see struct thing. All
 * stops, all changes and all delays are tried, so nothing depends on luck, and each protection that
 * is taken out (mutations/) is found.
 *
 * The attacker does what an ordinary user may; only mounts are made by root. As root, and where
 * processes can be traced.
 *
 *     TEMPFILE_TEST_STEPS    how many delays are tried, from none and 1 on; with more than one also
 *                            the attacks that differ little from others (1; 0: no tracer, skipped)
 *     TEMPFILE_TEST_ATTACK   only the attack of that name
 */
#include "common.h"
#include "trace.h"
#include "tree.h"

#include "create/name.h"
#include "life/remove.h"
#include "life/scan.h"

#include <limits.h>
#include <sched.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/wait.h>
#ifdef __linux__
#include <sys/mount.h>
#endif

enum { ROOT = 0, VICTIM = 65534, ATTACKER = 65533 };

/* A victim that hangs is killed after so many seconds. It is a finding, or a very slow machine. */
enum { TIMEOUT = 20 };

/* For so many calls after a change is looked at what the victim has open. */
enum { WATCHED_CALLS = 6, DESCRIPTORS = 10, INHERITED = 40 };

/* All names are relative to the test's directory. */
#define TREE "home/root"
#define OPEN TREE "/open"
#define IN_USE_NAME "home/used" /* which is not in what is recovered */

/* --- what is outside --- */

/* A file or directory that must keep its permissions, owner, size, time of change and name. */
static struct thing {
    int fd; /* O_PATH */
    struct stat was;
} things[16];

static int n_things;
static uid_t victim;

/* Of what is moved about, where it is now can be asked. */
static int his, in_use = -1;

static void
make_dir (const char *path, uid_t user, mode_t mode)
{
    if (mkdir (path, 0700) != 0 || chown (path, user, (gid_t) user) != 0 || chmod (path, mode) != 0)
        ck_abort_msg ("%s: %s", path, strerror (errno));
}

static void
make_file (const char *path, mode_t mode)
{
    int fd = open (path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    if (fd < 0 || write (fd, "text", 4) != 4 || fchown (fd, victim, (gid_t) victim) != 0 ||
        fchmod (fd, mode) != 0 || close (fd) != 0)
        ck_abort_msg ("%s: %s", path, strerror (errno));
}

static int
handle_of (const char *path)
{
    int fd = open (path, O_PATH | O_NOFOLLOW | O_CLOEXEC);

    ck_assert_msg (fd >= 0, "%s: %s", path, strerror (errno));
    return fd;
}

static void
guard (const char *path)
{
    struct thing *t = &things[n_things++];

    ck_assert_int_le (n_things, LENGTH (things));
    t->fd = handle_of (path);
    ck_assert_int_eq (fstat (t->fd, &t->was), 0);
}

static bool
is_as_it_was (const struct thing *t)
{
    struct stat st;

    return fstat (t->fd, &st) == 0 && st.st_nlink > 0 && st.st_mode == t->was.st_mode &&
           st.st_uid == t->was.st_uid && st.st_size == t->was.st_size &&
           st.st_mtim.tv_sec == t->was.st_mtim.tv_sec &&
           st.st_mtim.tv_nsec == t->was.st_mtim.tv_nsec;
}

/* The name of what is open, wherever it was moved. */
static const char *
name_of (int fd)
{
    static char name[PATH_MAX];
    char link[64];

    (void) snprintf (link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink (link, name, sizeof name - 1);
    name[length < 0 ? 0 : length] = '\0';
    return name;
}

/* The name of what is damaged; NULL: nothing is. */
static const char *
what_is_damaged (void)
{
    for (int i = 0; i < n_things; i++)
        if (!is_as_it_was (&things[i]))
            return name_of (things[i].fd);
    return NULL;
}

/* Whether the process has any of it open. */
static bool
has_open (pid_t process)
{
    for (int fd = 3; fd < DESCRIPTORS; fd++) {
        char link[64];
        struct stat st;
        (void) snprintf (link, sizeof link, "/proc/%d/fd/%d", (int) process, fd);
        if (stat (link, &st) != 0)
            continue;
        for (int i = 0; i < n_things; i++)
            if (st.st_ino == things[i].was.st_ino && st.st_dev == things[i].was.st_dev)
                return true;
    }
    return false;
}

/* What is sealed when all is in it can be looked at by root. */
static void
guard_with_files (const char *dir, mode_t mode)
{
    static const char *const names[] = {"", "/file", "/inner", "/inner/file"};

    make_dir (dir, victim, 0700);
    for (int i = 0; i < LENGTH (names); i++) {
        char path[128];
        (void) snprintf (path, sizeof path, "%s%s", dir, names[i]);
        if (strstr (names[i], "file"))
            make_file (path, 0640);
        else if (i > 0)
            make_dir (path, victim, 0700);
    }
    ck_assert_int_eq (chmod (dir, mode), 0);
    for (int i = 0; i < LENGTH (names); i++) {
        char path[128];
        (void) snprintf (path, sizeof path, "%s%s", dir, names[i]);
        guard (path);
    }
}

static bool can_mount;

/* A file system of its own on home/device. */
static void
try_to_mount (void)
{
    make_dir ("home/device", victim, 0755);
#ifdef CLONE_NEWNS
    can_mount = unshare (CLONE_NEWNS) == 0 &&
                mount ("none", "/", "none", MS_REC | MS_PRIVATE, NULL) == 0 &&
                mount ("none", "home/device", "tmpfs", 0, NULL) == 0;
#endif
    if (!can_mount)
        test_skip ("cannot mount; the other attacks are tried");
    else
        ck_assert_int_eq (chown ("home/device", victim, (gid_t) victim), 0);
    make_file ("home/device/file", 0600);
    guard ("home/device/file");
}

static void
make_outside (void)
{
    make_dir ("home", victim, 0777);
    guard_with_files ("home/precious", 0700);
    guard_with_files ("home/sealed", 0);
    make_dir ("home/his", ATTACKER, 0777);
    his = handle_of ("home/his");
    guard_with_files ("home/his/private", 0700);
    make_dir ("home/kept", victim, 0700);
    make_file ("home/kept/program", 0440);
    guard ("home/kept/program");
    try_to_mount ();
}

/* --- what the attacker puts in the place of the victim's --- */

struct change {
    const char *name;
    bool (*place) (const char *at);
    void (*take_back) (const char *at); /* NULL: unlink() */
    enum { TO_LINK = 1, MOVES_OUT = 2, MOUNTS = 4, IN_USE = 8 } traits;
};

static bool
place_link (const char *target, const char *at)
{
    char path[PATH_MAX];

    (void) snprintf (path, sizeof path, "%s/home/%s", test_dir (), target);
    return symlink (path, at) == 0;
}

static bool
place_link_to_directory (const char *at)
{
    return place_link ("precious", at);
}

static bool
place_link_to_sealed (const char *at)
{
    return place_link ("sealed", at);
}

static bool
place_link_to_file (const char *at)
{
    return place_link ("precious/file", at);
}

/* Another name of a file that must not be executable. */
static bool
place_program (const char *at)
{
    return rename ("home/program", at) == 0;
}

static void
take_program_back (const char *at)
{
    (void) rename (at, "home/program");
}

static bool
place_fifo (const char *at)
{
    return mkfifo (at, 0666) == 0;
}

/* A directory of the attacker's, with a private one of the victim's. */
static bool
place_his (const char *at)
{
    return rename ("home/his", at) == 0;
}

static void
take_his_back (const char *at)
{
    (void) at;
    (void) rename (name_of (his), "home/his");
}

/* What is locked, as its owner does who still needs it. */
static bool
place_what_is_in_use (const char *at)
{
    return rename (IN_USE_NAME, at) == 0;
}

static void
take_back_what_is_in_use (const char *at)
{
    (void) at;
    (void) rename (name_of (in_use), IN_USE_NAME);
}

static bool
place_nothing (const char *at)
{
    (void) at;
    return true;
}

static void
take_nothing_back (const char *at)
{
    (void) at;
}

#ifdef CLONE_NEWNS
static bool
bind_precious (const char *at)
{
    return mount ("home/precious", at, "none", MS_BIND, NULL) == 0;
}

static bool
bind_sealed (const char *at)
{
    return mount ("home/sealed", at, "none", MS_BIND, NULL) == 0;
}

static bool
bind_device (const char *at)
{
    return mount ("home/device", at, "none", MS_BIND, NULL) == 0;
}

static void
unmount (const char *at)
{
    (void) umount2 (at, MNT_DETACH | UMOUNT_NOFOLLOW);
}
#endif

static const struct change changes[] = {
    {"a link to a directory", place_link_to_directory, NULL, TO_LINK},
    {"a link to a sealed directory", place_link_to_sealed, NULL, TO_LINK},
    {"a link to a file", place_link_to_file, NULL, TO_LINK},
    {"a program", place_program, take_program_back, 0},
    {"a FIFO", place_fifo, NULL, 0},
    {"a directory of another user", place_his, take_his_back, 0},
    {"what is in use", place_what_is_in_use, take_back_what_is_in_use, IN_USE},
    {"nothing", place_nothing, take_nothing_back, MOVES_OUT},
#ifdef CLONE_NEWNS
    {"a mount", bind_precious, unmount, MOUNTS},
    {"a mount that is sealed", bind_sealed, unmount, MOUNTS},
    {"a mount of another device", bind_device, unmount, MOUNTS},
#endif
};

/* --- what the victim does --- */

struct attack {
    const char *name;
    uid_t victim;
    void (*make) (void);   /* what the victim is to remove */
    const char *target;    /* whose place is taken; NULL: the tagged name's */
    const char *moved;     /* where it is moved to meanwhile; open to the attacker */
    bool (*defend) (void); /* whether all went well */
    int descriptors;       /* that it has; 0: enough */
    bool same_user;        /* attacks: a directory that is unlocked is open to no other */
};

static char tagged[PATH_MAX];

static void
make_branch (void)
{
    make_dir (TREE, victim, 0755);
    make_dir (OPEN, victim, 0777);
    make_dir (OPEN "/sub", victim, 0777);
    make_file (OPEN "/sub/file", 0600);
}

static void
make_tree (void)
{
    make_branch ();
    make_dir (OPEN "/sub/inner", victim, 0777);
    make_file (OPEN "/sub/inner/file", 0600);
}

enum { LOCKED = 04270 };

/* With its old permissions this directory would be set-user-ID, as a program must not be. */
static void
make_locked_tree (void)
{
    make_branch ();
    ck_assert_int_eq (chmod (OPEN "/sub", LOCKED), 0);
}

static bool
remove_the_tree (void)
{
    return tempfile__remove_tree (test_path (TREE)) == 0;
}

static bool
remove_in_a_handler (void)
{
    return !tempfile__scan_async_safe () ? remove_the_tree ()
                                         : tempfile__remove_tree_async_safe (test_path (TREE)) == 0;
}

static void
make_tagged_name (void)
{
    char name[NAME_RANDOM + NAME_TAG + 1] = "";

    ck_assert_int_eq (tempfile__name_random (name, true), 0);
    (void) snprintf (tagged, sizeof tagged, "home/tmp/left-%s", name);
}

static void
lock_what_is_in_use (void)
{
    if (in_use >= 0)
        close (in_use);
    in_use = open (IN_USE_NAME, O_RDONLY | O_CLOEXEC);
    ck_assert_int_ge (in_use, 0);
    ck_assert_int_eq (flock (in_use, LOCK_EX | LOCK_NB), 0);
}

static void
make_abandoned_directory (void)
{
    char path[PATH_MAX + 16];

    make_dir ("home/tmp", victim, 0777);
    make_dir (IN_USE_NAME, victim, 0700);
    make_file (IN_USE_NAME "/file", 0600);
    lock_what_is_in_use ();
    make_tagged_name ();
    make_dir (tagged, victim, 0700);
    (void) snprintf (path, sizeof path, "%s/file", tagged);
    make_file (path, 0600);
}

static void
make_abandoned_file (void)
{
    make_dir ("home/tmp", victim, 0777);
    make_file (IN_USE_NAME, 0600);
    lock_what_is_in_use ();
    make_tagged_name ();
    make_file (tagged, 0600);
}

static bool
recover (void)
{
    return tempfile_recover (test_path ("home/tmp")) == 1;
}

#define REMOVAL TREE "/open/sub", TREE "/open/away", remove_the_tree
#define RECOVERY NULL, "home/tmp/away", recover

/* Those that are the most different come first. */
static const struct attack attacks[] = {
    {"removal", VICTIM, make_tree, REMOVAL, 0, false},
    {"locked", VICTIM, make_locked_tree, REMOVAL, 0, true},
    {"lifted, locked", VICTIM, make_locked_tree, REMOVAL, 4, false},
    {"directory", VICTIM, make_abandoned_directory, RECOVERY, 0, false},
    {"file", VICTIM, make_abandoned_file, RECOVERY, 0, false},
    /* from here on only where TEMPFILE_TEST_STEPS is more than 1 */
    {"the tree itself", VICTIM, make_tree, TREE, "home/away", remove_the_tree, 0, false},
    {"in a handler", VICTIM, make_tree, TREE "/open/sub", TREE "/open/away", remove_in_a_handler, 0,
     false},
    {"lifted", VICTIM, make_tree, REMOVAL, 3, false},
    {"removal", ROOT, make_tree, REMOVAL, 0, false},
    {"directory", ROOT, make_abandoned_directory, RECOVERY, 0, false},
    {"file", ROOT, make_abandoned_file, RECOVERY, 0, false},
};

enum { FIRST_ATTACKS = 5 };

/* Those that are open stay so; so many more can be. */
static bool
limit_descriptors (int more)
{
    struct rlimit limit;
    int above = 0;

    while (more > 0)
        more -= fcntl (above++, F_GETFD) < 0;
    if (getrlimit (RLIMIT_NOFILE, &limit) != 0)
        return false;
    limit.rlim_cur = (rlim_t) above;
    return setrlimit (RLIMIT_NOFILE, &limit) == 0;
}

static void
be_the_victim (const void *arg)
{
    const struct attack *a = arg;

    alarm (TIMEOUT);
    for (int fd = 3; fd < INHERITED; fd++)
        close (fd);
    if (!test_become (a->victim) || (a->descriptors && !limit_descriptors (a->descriptors)))
        _exit (2);
    trace_me ();
    test_leave (a->defend () ? 0 : 1);
}

/* --- one change at one stop --- */

struct plan {
    const struct attack *attack;
    const struct change *change;
    const char *target;
    int stop;  /* the change is made before this system call */
    int delay; /* and taken back so many later; 0: never */
};

static bool moved; /* the target, away */
static bool late;  /* something was put into it since */

/* Check writes a message for each ck_assert that holds, which would be most of the work. */
static void
be_user (uid_t user)
{
    if (seteuid (user) != 0)
        ck_abort_msg ("cannot become user %d", (int) user);
}

static uid_t
attacker (const struct plan *p)
{
    return p->attack->same_user ? p->attack->victim : ATTACKER;
}

static const char *
away (const struct plan *p)
{
    return p->change->traits & MOVES_OUT ? "home/moved" : p->attack->moved;
}

/* What cannot be done there does no harm. Moved out, a directory gets what must not be lost. */
static void
change (const struct plan *p)
{
    struct stat st;

    if (p->change->traits & MOUNTS) {
        if (test_exists (p->target))
            (void) p->change->place (p->target);
        return;
    }
    be_user (attacker (p));
    moved = rename (p->target, away (p)) == 0;
    (void) p->change->place (p->target);
    be_user (ROOT);
    if (moved && (p->change->traits & MOVES_OUT) && stat ("home/moved", &st) == 0 &&
        S_ISDIR (st.st_mode)) {
        make_dir ("home/moved/late", victim, 0700);
        make_file ("home/moved/late/file", 0600);
        late = true;
    }
}

static void
take_back_as (const struct plan *p, uid_t user)
{
    bool mounts = p->change->traits & MOUNTS;

    be_user (mounts ? ROOT : user);
    if (p->change->take_back)
        p->change->take_back (p->target);
    else
        (void) unlink (p->target);
    if (!mounts && moved)
        (void) rename (away (p), p->target);
    be_user (ROOT);
}

/* To the next system call. */
static int
go_on (pid_t child)
{
    int status = trace_step (child, PTRACE_SYSCALL);

    return WIFSTOPPED (status) ? trace_step (child, PTRACE_SYSCALL) : status;
}

/* To the end, with a look at what is open; and the change is taken back when it is time. */
static int
let_finish (const struct plan *p, pid_t child, int status)
{
    int calls = p->change->traits & TO_LINK ? WATCHED_CALLS : p->delay;
    bool opened = false;

    for (int i = 0; i < calls && WIFSTOPPED (status); i++) {
        status = go_on (child);
        if (i + 1 == p->delay)
            take_back_as (p, attacker (p));
        if (WIFSTOPPED (status) && (p->change->traits & TO_LINK))
            opened |= has_open (child);
    }
    status = trace_finish (child, status);
    if (opened)
        ck_abort_msg ("%s, %s, call %d: a link was followed", p->attack->name, p->change->name,
                      p->stop);
    return status;
}

/* Whatever is where after the attack. */
static void
clean_up (const struct plan *p)
{
    take_back_as (p, ROOT);
    remove_tree (TREE);
    remove_tree ("home/tmp");
    remove_tree ("home/moved");
    remove_tree ("home/away");
    remove_tree (IN_USE_NAME);
    remove_tree ("home/program"); /* or what was taken back twice */
    ck_assert (!test_exists (TREE) && !test_exists ("home/tmp") && !test_exists ("home/away"));
}

/*
 * What has a name that was looked at and is about to be deleted, or lifted, can still be exchanged:
 * SECURITY.md says so. A file in use is lost then, and a directory of another user lifted, before
 * one of two calls: geteuid(), which belongs to the look, and unlinkat() or renameat().
 */
enum { EXCHANGEABLE = 2 };

static bool
lost_what_is_in_use (void)
{
    struct stat st;

    return fstat (in_use, &st) != 0 || st.st_nlink == 0 ||
           (S_ISDIR (st.st_mode) && faccessat (in_use, "file", F_OK, 0) != 0);
}

static bool
lifted_his (void)
{
    return strstr (name_of (his), "/lifted-");
}

/* What was moved out has the bits beyond 0777 as it was made, or not at all. */
static bool
has_a_strange_mode (void)
{
    struct stat st;

    return stat ("home/moved", &st) == 0 && (st.st_mode & 07000) && (st.st_mode & 07777) != LOCKED;
}

static void
verify (const struct plan *p, int status)
{
    const char *damaged = what_is_damaged ();

    if (late && !p->delay && !test_exists ("home/moved/late/file"))
        damaged = "what was put into a directory that had been moved out";
    if (has_a_strange_mode ())
        damaged = "the mode of a directory that was unlocked and moved out";
    if (damaged)
        ck_abort_msg ("%s, %s, call %d, taken back after %d: %s is damaged", p->attack->name,
                      p->change->name, p->stop, p->delay, damaged);
    if (!WIFEXITED (status) || WEXITSTATUS (status) > 1)
        ck_abort_msg ("%s, %s, call %d, taken back after %d: the victim's wait status is %#x",
                      p->attack->name, p->change->name, p->stop, p->delay, (unsigned) status);
}

/* Whether the victim came so far. */
static bool
attack_at (struct plan *p, int *lost)
{
    p->attack->make ();
    ck_assert_int_eq (link ("home/kept/program", "home/program"), 0);
    p->target = p->attack->target ? p->attack->target : tagged;
    moved = late = false;
    pid_t child = trace_start (be_the_victim, p->attack);
    int status = trace_step (child, PTRACE_SYSCALL);
    for (int i = 0; i < p->stop && WIFSTOPPED (status); i++)
        status = go_on (child);
    bool stopped = WIFSTOPPED (status);
    if (!stopped)
        ck_assert_msg (status == 0, "without an attack the wait status is %#x", (unsigned) status);
    if (stopped)
        change (p);
    status = let_finish (p, child, status);
    verify (p, status);
    *lost += p->change->traits & IN_USE ? lost_what_is_in_use () : lifted_his ();
    clean_up (p);
    return stopped;
}

static int
attack_everywhere (const struct attack *a, const struct change *c, int delay)
{
    struct plan p = {.attack = a, .change = c, .delay = delay};
    int lost = 0;
    int allowed = a->make == make_abandoned_file || a->descriptors ? EXCHANGEABLE : 0;

    while (attack_at (&p, &lost))
        p.stop++;
    ck_assert_msg (lost <= allowed, "%s, %s, taken back after %d: it is lost at %d calls", a->name,
                   c->name, delay, lost);
    return p.stop;
}

static bool
applies (const struct attack *a, const struct change *c)
{
    if (c->traits & MOUNTS && (!can_mount || a->make == make_abandoned_file))
        return false;
    /* A new name beside the old one is not noticed. */
    if (strcmp (a->name, "the tree itself") == 0 && c->traits & MOVES_OUT)
        return false;
    return a->defend == recover || !(c->traits & IN_USE);
}

START_TEST (at_no_call_of_a_removal_can_another_user_reach_what_is_outside)
{
    const struct attack *a = &attacks[_i];
    int delays = test_number ("TEMPFILE_TEST_STEPS", 1), runs = 0;

    if (!trace_possible ())
        return;
    victim = a->victim;
    ck_assert_int_eq (chmod (test_dir (), 0711), 0);
    if (!test_may_become (VICTIM) || !test_may_become (ATTACKER)) {
        test_skip ("cannot become ordinary users who reach the test's directory");
        return;
    }
    ck_assert_int_eq (chdir (test_dir ()), 0);
    umask (0);
    make_outside ();
    for (int i = 0; i < LENGTH (changes); i++)
        for (int delay = 0; delay < delays && applies (a, &changes[i]); delay++)
            runs += attack_everywhere (a, &changes[i], delay);
    printf ("%s: %d attacks\n", a->name, runs);
    fflush (stdout);
    for (int i = 0; i < n_things; i++)
        close (things[i].fd);
    close (his);
    close (in_use);
#ifdef CLONE_NEWNS
    if (can_mount)
        unmount ("home/device");
#endif
    remove_tree ("home");
    ck_assert_int_eq (chdir ("/"), 0);
}
END_TEST

int
main (void)
{
    Suite *s = suite_create ("removal_attacks");
    TCase *tc = test_case (s, "attacks");
    const char *only = getenv ("TEMPFILE_TEST_ATTACK");

    if (geteuid () != 0) {
        puts ("SKIP test_removal_attacks: only root can be two users");
        return 77;
    }
    tcase_set_timeout (tc, 300);
    int count = test_number ("TEMPFILE_TEST_STEPS", 1) > 1 ? LENGTH (attacks) : FIRST_ATTACKS;
    for (int i = 0; i < count; i++)
        if (!only || !*only || strcmp (only, attacks[i].name) == 0)
            tcase_add_loop_test (tc, at_no_call_of_a_removal_can_another_user_reach_what_is_outside,
                                 i, i + 1);
    return test_main (s);
}
