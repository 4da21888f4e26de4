/* SPDX-License-Identifier: MIT */
/*
 * TEMPFILE_LIKE_TARGET: the new file has the permissions, of all kinds, of the one that it
 * replaces, as far as the process may; and nobody may ever do more than before.
 */
#include "common.h"

#ifdef HAVE_GETXATTR
#include <sys/xattr.h>
#endif

static const unsigned all_flags[] = {TEMPFILE_LIKE_TARGET, TEMPFILE_LIKE_TARGET | TEMPFILE_SYNC,
                                     TEMPFILE_LIKE_TARGET | TEMPFILE_FOLLOW};
enum { COMBINATIONS = KINDS * 3 };

static void
make_target (mode_t mode)
{
    test_write_file (test_path ("target"), "old");
    ck_assert_int_eq (chmod (test_path ("target"), mode), 0);
}

/* A stream of the kind replaces the target: what the new file is. */
static struct stat
replace (int kind, unsigned flags)
{
    char text[16];
    struct stat st;
    FILE *f = test_open (kind, NULL);

    ck_assert_int_ge (fputs ("new", f), 0);
    ck_assert_msg (tempfile_persist (f, test_path ("target"), flags) == 0, "%s",
                   tempfile_errmsg ());
    assert_closes (f);
    ck_assert_int_eq (stat (test_path ("target"), &st), 0);
    if (access (test_path ("target"), R_OK) == 0) {
        test_read_file (test_path ("target"), text, sizeof text);
        ck_assert_str_eq (text, "new");
    }
    return st;
}

static const mode_t modes[] = {0600, 0644, 0664, 0400, 0755, 0000, 04755, 02750, 06711, 0777};

START_TEST (the_mode_is_that_of_the_target)
{
    for (int i = 0; i < LENGTH (modes); i++) {
        make_target (modes[i]);
        struct stat st = replace (_i % KINDS, all_flags[_i / KINDS]);
        ck_assert_int_eq (st.st_mode & 07777, modes[i]);
        test_remove_entries (test_dir ());
    }
}
END_TEST

START_TEST (owner_and_group_are_those_of_the_target)
{
    make_target (0640);
    if (chown (test_path ("target"), 1234, 2345) != 0) {
        test_skip ("only root can give files away");
    } else {
        ck_assert_int_eq (chmod (test_path ("target"), 06750), 0);
        struct stat st = replace (_i % KINDS, all_flags[_i / KINDS]);
        ck_assert_uint_eq (st.st_uid, 1234);
        ck_assert_uint_eq (st.st_gid, 2345);
        ck_assert_int_eq (st.st_mode & 07777, 06750);
    }
    test_remove_entries (test_dir ());
}
END_TEST

START_TEST (where_nothing_is_replaced_the_permissions_stay)
{
    struct stat st = replace (_i % KINDS, all_flags[_i / KINDS]);

    ck_assert_int_eq (st.st_mode & 07777, 0600);
    ck_assert_int_eq (unlink (test_path ("target")), 0);
    if (!(all_flags[_i / KINDS] & TEMPFILE_FOLLOW)) {
        test_write_file (test_path ("other"), "");
        ck_assert_int_eq (symlink ("other", test_path ("target")), 0);
        st = replace (_i % KINDS, all_flags[_i / KINDS]);
        ck_assert_int_eq (st.st_mode & 07777, 0600);
        ck_assert_int_eq (unlink (test_path ("target")), 0);
    }
    ck_assert_int_eq (mkfifo (test_path ("target"), 0666), 0);
    st = replace (_i % KINDS, all_flags[_i / KINDS]);
    ck_assert_int_eq (st.st_mode & 07777, 0600);
    test_remove_entries (test_dir ());
}
END_TEST

/* A file of the superuser in a directory of the user: what it was, and what the user's becomes. */
static const struct {
    mode_t was, becomes;
} others[] = {{0644, 0644},  {0664, 0644},  {0660, 0600}, {0604, 0600}, {0646, 0644},
              {04755, 0755}, {02755, 0755}, {0600, 0600}, {0666, 0666}, {0070, 0000}};

static int other;

static void
replace_as_user (void *arg)
{
    struct stat st = replace (*(int *) arg, TEMPFILE_LIKE_TARGET);

    ck_assert_uint_eq (st.st_uid, geteuid ());
    ck_assert_int_eq (st.st_mode & 07777, other);
}

START_TEST (without_its_group_nobody_may_do_more)
{
    if (geteuid () != 0) {
        test_skip ("only root can make files of others");
        return;
    }
    for (int i = 0; i < LENGTH (others); i++) {
        make_target (others[i].was);
        other = (int) others[i].becomes;
        test_as_user (replace_as_user, &_i);
        test_remove_entries (test_dir ());
    }
}
END_TEST

#ifdef HAVE_GETXATTR
static bool
set (const char *path, const char *name, const void *value, size_t size)
{
    if (setxattr (path, name, value, size, 0) == 0)
        return true;
    ck_assert_int_eq (errno, ENOTSUP);
    test_skip ("the file system has no such attributes");
    return false;
}

static void
assert_attribute (const char *path, const char *name, const void *value, size_t size)
{
    char have[256];
    ssize_t n = getxattr (path, name, have, sizeof have);

    ck_assert_msg (n == (ssize_t) size, "%s: %zd, errno %s", name, n, strerror (errno));
    ck_assert_mem_eq (have, value, size);
}

START_TEST (attributes_are_those_of_the_target)
{
    static char large[3000];

    make_target (0444);
    const char *path = test_path ("target");
    ck_assert_int_eq (chmod (path, 0644), 0);
    if (set (path, "user.one", "1", 1) && set (path, "user.empty", "", 0) &&
        set (path, "user.large", memset (large, 'x', sizeof large), sizeof large)) {
        ck_assert_int_eq (chmod (path, 0444), 0);
        struct stat st = replace (_i % KINDS, all_flags[_i / KINDS]);
        ck_assert_int_eq (st.st_mode & 07777, 0444);
        assert_attribute (path, "user.one", "1", 1);
        ck_assert_int_eq (getxattr (path, "user.empty", NULL, 0), 0);
        ck_assert_int_eq (getxattr (path, "user.large", NULL, 0), (ssize_t) sizeof large);
    }
    test_remove_entries (test_dir ());
}
END_TEST

/* As Linux writes access control lists: the owner, one user, the group, the mask, others. */
struct entry {
    uint16_t tag, permissions;
    uint32_t id;
};

struct list {
    uint32_t version;
    struct entry entries[5];
};

static struct list
list_of (uint16_t user, uint16_t group, uint16_t mask, uint16_t others_)
{
    return (struct list){2,
                         {{1, 6, UINT32_MAX},
                          {2, user, 4321},
                          {4, group, UINT32_MAX},
                          {16, mask, UINT32_MAX},
                          {32, others_, UINT32_MAX}}};
}

#define ACL "system.posix_acl_access"

START_TEST (the_list_is_that_of_the_target)
{
    struct list list = list_of (6, 4, 6, 0);

    make_target (0600);
    if (set (test_path ("target"), ACL, &list, sizeof list)) {
        struct stat st = replace (_i % KINDS, all_flags[_i / KINDS]);
        ck_assert_int_eq (st.st_mode & 07777, 0660);
        assert_attribute (test_path ("target"), ACL, &list, sizeof list);
    }
    test_remove_entries (test_dir ());
}
END_TEST

/* Others may read, but one user may not; who loses the list would be able to. */
START_TEST (without_its_list_it_is_for_its_owner_only)
{
    struct list list = list_of (0, 4, 4, 4);

    make_target (0600);
    other = 0600;
    if (geteuid () != 0)
        test_skip ("only root can make files of others");
    else if (set (test_path ("target"), ACL, &list, sizeof list))
        test_as_user (replace_as_user, &_i);
    ck_assert_int_lt (getxattr (test_path ("target"), ACL, NULL, 0), 0);
    test_remove_entries (test_dir ());
}
END_TEST

/* One that may not be read, too. */
START_TEST (a_list_that_the_directory_gives_is_not_the_targets)
{
    struct list list = list_of (7, 7, 7, 7);

    make_target (0640);
    const char *target = test_path ("target");
    if (set (test_dir (), "system.posix_acl_default", &list, sizeof list)) {
        struct stat st = replace (_i % KINDS, all_flags[_i / KINDS]);
        ck_assert_int_eq (st.st_mode & 07777, 0640);
        ck_assert_int_lt (getxattr (target, ACL, NULL, 0), 0);
        ck_assert_int_eq (errno, ENODATA);
    }
    test_remove_entries (test_dir ());
}
END_TEST
#endif

START_TEST (what_has_no_stream_becomes_like_it)
{
    struct stat st;
    FILE *f = NamedTemporaryFile ();

    ck_assert_ptr_nonnull (f);
    char *name = tempfile_into_path (f);
    make_target (0642);
    ck_assert_int_eq (tempfile_persist_path (name, test_path ("target"), TEMPFILE_LIKE_TARGET), 0);
    ck_assert_int_eq (stat (test_path ("target"), &st), 0);
    ck_assert_int_eq (st.st_mode & 07777, 0642);
    free (name);
    test_remove_entries (test_dir ());
}
END_TEST

int
main (void)
{
    Suite *s = suite_create ("persist like the target");
    TCase *tc = test_case (s, "persist like the target");

    tcase_add_loop_test (tc, the_mode_is_that_of_the_target, 0, COMBINATIONS);
    tcase_add_loop_test (tc, owner_and_group_are_those_of_the_target, 0, COMBINATIONS);
    tcase_add_loop_test (tc, where_nothing_is_replaced_the_permissions_stay, 0, COMBINATIONS);
    tcase_add_loop_test (tc, without_its_group_nobody_may_do_more, 0, KINDS);
#ifdef HAVE_GETXATTR
    tcase_add_loop_test (tc, attributes_are_those_of_the_target, 0, COMBINATIONS);
    tcase_add_loop_test (tc, the_list_is_that_of_the_target, 0, COMBINATIONS);
    tcase_add_loop_test (tc, without_its_list_it_is_for_its_owner_only, 0, KINDS);
    tcase_add_loop_test (tc, a_list_that_the_directory_gives_is_not_the_targets, 0, COMBINATIONS);
#endif
    tcase_add_test (tc, what_has_no_stream_becomes_like_it);
    return test_main (s);
}
