/* SPDX-License-Identifier: MIT */
/*
 * The options: how the struct may grow, which modes there are, and what is refused. Every refusal
 * has its errno and one line that names the option and its value, and leaves nothing behind.
 *
 * Each test runs for both calls, TemporaryFile and NamedTemporaryFile, as calls[_i].
 */
#include "common.h"

#include <limits.h>
#include <stdint.h>
#include <sys/mman.h>

typedef FILE *open_function (const struct tempfile_options *, size_t);

static open_function *const calls[] = {tempfile_open, tempfile_open_named};

static FILE *
call (int which, struct tempfile_options options)
{
    return calls[which](&options, sizeof options);
}

/* As the calls do it, but with a struct in memory of just the given size. */
static FILE *
call_sized (int which, const void *bytes, size_t size)
{
    void *exact = malloc (size);

    ck_assert_ptr_nonnull (exact);
    memcpy (exact, bytes, size);
    FILE *f = calls[which](exact, size);
    int error = errno;
    free (exact);
    errno = error;
    return f;
}

/* --- the struct --- */

enum {
    ALIGNMENT = _Alignof(struct tempfile_options),
    TAIL = 64,
    FIRST = offsetof (struct tempfile_options, recoverable) /* what the first struct had */
};

union sized {
    struct tempfile_options options;
    unsigned char bytes[sizeof (struct tempfile_options) + TAIL];
};

START_TEST (null_options_are_all_defaults)
{
    FILE *f = calls[_i](NULL, sizeof (struct tempfile_options));

    ck_assert_ptr_nonnull (f);
    ck_assert_int_eq (fcntl (tempfile_fileno (f), F_GETFL) & O_ACCMODE, O_RDWR);
    assert_closes (f);
}
END_TEST

START_TEST (zero_options_are_all_defaults)
{
    struct tempfile_options zero;

    memset (&zero, 0, sizeof zero);
    FILE *f = calls[_i](&zero, sizeof zero);
    ck_assert_ptr_nonnull (f);
    ck_assert_int_eq (fcntl (tempfile_fileno (f), F_GETFL) & O_ACCMODE, O_RDWR);
    assert_closes (f);
}
END_TEST

START_TEST (shorter_struct_of_an_older_program_works)
{
    union sized s;

    memset (&s, 0, sizeof s);
    for (size_t size = FIRST; size < sizeof s.options; size += ALIGNMENT) {
        FILE *f = call_sized (_i, &s, size);
        ck_assert_msg (f != NULL, "size %zu: %s", size, tempfile_errmsg ());
        assert_closes (f);
    }
}
END_TEST

START_TEST (shorter_struct_is_not_read_past_its_size)
{
    struct tempfile_options o = {.recoverable = 2, .in_memory = 2, .beside = ""};

    FILE *f = calls[_i](&o, FIRST);
    ck_assert_msg (f != NULL, "%s", tempfile_errmsg ());
    assert_closes (f);
}
END_TEST

START_TEST (shorter_struct_is_read_up_to_its_size)
{
    struct tempfile_options o = {.mode = "q", .dir = "/nonexistent"};

    assert_null (call_sized (_i, &o, FIRST), EINVAL, "mode 'q'");
}
END_TEST

/* sizeof (&options), for one: no program was compiled with a struct as small as that. */
START_TEST (size_that_no_struct_had_is_refused)
{
    struct tempfile_options o = {.mode = "w+b"};

    for (size_t size = 0; size < FIRST; size++)
        assert_null (calls[_i](&o, size), EINVAL, "options of");
}
END_TEST

START_TEST (longer_struct_with_zero_tail_works)
{
    union sized s;

    memset (&s, 0, sizeof s);
    for (size_t size = sizeof s.options + ALIGNMENT; size <= sizeof s; size += ALIGNMENT) {
        FILE *f = call_sized (_i, &s, size);
        ck_assert_msg (f != NULL, "size %zu: %s", size, tempfile_errmsg ());
        assert_closes (f);
    }
}
END_TEST

START_TEST (longer_struct_still_has_its_known_options)
{
    union sized s;

    memset (&s, 0, sizeof s);
    s.options.dir = "/nonexistent";
    assert_null (call_sized (_i, &s, sizeof s), ENOENT, "/nonexistent");
}
END_TEST

START_TEST (longer_struct_with_any_unknown_byte_set_is_refused)
{
    union sized s;

    for (size_t at = sizeof s.options; at < sizeof s; at++) {
        memset (&s, 0, sizeof s);
        s.bytes[at] = 1;
        assert_null (call_sized (_i, &s, sizeof s), E2BIG, "option");
    }
}
END_TEST

START_TEST (unknown_option_is_refused_whatever_the_known_ones_are)
{
    union sized s;

    memset (&s, 0, sizeof s);
    s.options.mode = "q";
    s.bytes[sizeof s - 1] = 0x80;
    assert_null (call_sized (_i, &s, sizeof s), E2BIG, "option");
}
END_TEST

START_TEST (size_zero_is_refused)
{
    struct tempfile_options o = {.mode = "w+b"};

    assert_null (calls[_i](&o, 0), EINVAL, "0");
}
END_TEST

START_TEST (size_that_is_no_struct_is_refused)
{
    union sized s;

    memset (&s, 0, sizeof s);
    for (size_t size = 1; size <= sizeof s; size++)
        if (size % ALIGNMENT)
            assert_null (call_sized (_i, &s, size), EINVAL, "size");
}
END_TEST

/* All zeros, which would pass for a newer struct, and then nothing that may be read. */
START_TEST (absurdly_huge_size_is_refused_unread)
{
    static const size_t sizes[] = {SIZE_MAX - ALIGNMENT + 1, SIZE_MAX / 2 + 1, (size_t) 1 << 30};
    enum { READABLE = 65536 };
    char *zeros = mmap (NULL, 2 * READABLE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    ck_assert (zeros != MAP_FAILED);
    ck_assert_int_eq (mprotect (zeros + READABLE, READABLE, PROT_NONE), 0);
    for (int i = 0; i < LENGTH (sizes); i++)
        assert_null (calls[_i]((const struct tempfile_options *) (void *) zeros, sizes[i]), E2BIG,
                     NULL);
    ck_assert_int_eq (munmap (zeros, 2 * READABLE), 0);
}
END_TEST

/* --- modes --- */

START_TEST (valid_modes_are_taken_in_any_order_of_letters)
{
    static const char *const modes[] = {
        "rb",  "br",  "r+b",  "rb+",  "b+r",  "+br", "wb",   "bw",  "w+b",  "wb+",  "b+w", "bw+",
        "+wb", "+bw", "xb",   "bx",   "x+b",  "xb+", "b+x",  "ab",  "ba",   "a+b",  "ab+", "b+a",
        "wbe", "ewb", "w+be", "wbe+", "ew+b", "rbe", "r+be", "abe", "a+eb", "x+be", "bex"};

    for (int i = 0; i < LENGTH (modes); i++) {
        FILE *f = call (_i, (struct tempfile_options){.mode = modes[i]});
        ck_assert_msg (f != NULL, "mode %s: %s", modes[i], tempfile_errmsg ());
        assert_closes (f);
    }
}
END_TEST

START_TEST (mode_is_refused_as_by_python)
{
    static const char *const modes[] = {
        "",    "q",   "b",     "t",   "+",   "e",    "b+",   "t+",   "be",
        "bt",  "rw",  "wr",    "wa",  "aw",  "rx",   "wx",   "xa",   "rwxa",
        "rwb", "wab", "ww",    "rr",  "aab", "xxb",  "w++",  "w++b", "+w+b",
        "wbb", "wtt", "bwb",   "wbt", "wtb", "r+bt", "wbee", "rU",   "Ub",
        "U",   "rbU", "W",     "Wb",  " wb", "wb ",  "w b",  "w,b",  "wb,ccs=UTF-8",
        "wbm", "wbc", "wbx+w", "rbr", "w-b", "w+b0", "wq",   "1",    "w+b\xc3\xa9"};

    for (int i = 0; i < LENGTH (modes); i++) {
        char words[64];
        snprintf (words, sizeof words, "mode '%s'", modes[i]);
        assert_null (call (_i, (struct tempfile_options){.mode = modes[i]}), EINVAL, words);
    }
}
END_TEST

START_TEST (mode_with_control_characters_is_refused_in_one_line)
{
    static const char *const modes[] = {"w\n", "\nwb", "wb\r", "w\tb", "wb\x1b"};

    for (int i = 0; i < LENGTH (modes); i++)
        assert_null (call (_i, (struct tempfile_options){.mode = modes[i]}), EINVAL, "mode");
}
END_TEST

START_TEST (mode_of_absurd_length_is_refused)
{
    char mode[10001];

    memset (mode, 'w', sizeof mode - 1);
    mode[sizeof mode - 1] = '\0';
    assert_null (call (_i, (struct tempfile_options){.mode = mode}), EINVAL, "mode");
}
END_TEST

/* --- one bad option each --- */

static const struct {
    struct tempfile_options options;
    int error;
    const char *words;
} refused[] = {
    {{.buffering = -2}, EINVAL, "buffering|-2"},
    {{.buffering = INT_MIN}, EINVAL, "buffering|-2147483648"},
    {{.max_size = 1}, EINVAL, "max_size"},
    {{.max_size = SIZE_MAX}, EINVAL, "max_size"},
    {{.delete_when = (enum tempfile_delete) 3}, EINVAL, "delete_when"},
    {{.delete_when = (enum tempfile_delete) 12345}, EINVAL, "delete_when"},
    {{.delete_when = (enum tempfile_delete) - 1}, EINVAL, "delete_when"},
    {{.in_memory = 2, .dir = "/tmp"}, EINVAL, "in_memory"},
    {{.in_memory = 1, .dir = "/tmp"}, EINVAL, "in_memory"},
    {{.in_memory = 1, .permissions = TEMPFILE_UMASK}, EINVAL, "in_memory"},
    {{.permissions = 01000}, EINVAL, "permissions|01000"},
    {{.permissions = 02755}, EINVAL, "permissions|02755"},
    {{.permissions = 04600}, EINVAL, "permissions|04600"},
    {{.permissions = S_IFREG | 0600}, EINVAL, "permissions|0100600"},
    {{.permissions = (mode_t) -1}, EINVAL, "permissions"},
    {{.prefix = "a/b"}, EINVAL, "prefix|a/b"},
    {{.prefix = "/"}, EINVAL, "prefix|'/'"},
    {{.prefix = "../x"}, EINVAL, "prefix|../x"},
    {{.suffix = "a/b"}, EINVAL, "suffix|a/b"},
    {{.suffix = "/"}, EINVAL, "suffix|'/'"},
    {{.suffix = "/../../x"}, EINVAL, "suffix|/../../x"},
    {{.dir = ""}, ENOENT, "dir"},
    {{.dir = "/nonexistent/directory"}, ENOENT, "dir|/nonexistent/directory"},
    {{.dir = "nonexistent"}, ENOENT, "dir|nonexistent"},
#ifdef HAVE_TEXT
    /* for text only */
    {{.encoding = "utf-8"}, EINVAL, "encoding|utf-8"},
    {{.mode = "rb", .encoding = "latin-1"}, EINVAL, "encoding|latin-1"},
    {{.encoding = ""}, EINVAL, "encoding"},
    {{.errors = "strict"}, EINVAL, "errors|strict"},
    {{.mode = "ab", .errors = "ignore"}, EINVAL, "errors|ignore"},
    {{.newline = ""}, EINVAL, "newline"},
    {{.newline = "\n"}, EINVAL, "newline"},
    {{.mode = "xb", .newline = "\r\n"}, EINVAL, "newline"},
#endif
};

START_TEST (bad_option_is_refused_by_name)
{
    for (int i = 0; i < LENGTH (refused); i++)
        assert_null (call (_i, refused[i].options), refused[i].error, refused[i].words);
}
END_TEST

START_TEST (dir_that_is_a_file_is_refused)
{
    const char *file = test_path ("file");

    test_write_file (file, "");
    assert_null (call (_i, (struct tempfile_options){.dir = file}), ENOTDIR, "dir|/file");
    ck_assert_int_eq (unlink (file), 0);
}
END_TEST

static void
open_in_readonly (void *which)
{
    const char *path = test_make_dir ("readonly");

    ck_assert_int_eq (chmod (path, 0500), 0);
    assert_null (call (*(int *) which, (struct tempfile_options){.dir = path}), EACCES,
                 "dir|/readonly");
    ck_assert_int_eq (rmdir (path), 0);
}

START_TEST (dir_that_is_not_writable_is_refused)
{
    test_as_user (open_in_readonly, &_i);
}
END_TEST

START_TEST (dir_of_absurd_length_is_refused)
{
    char path[2 * PATH_MAX];

    memset (path, 'a', sizeof path - 1);
    path[sizeof path - 1] = '\0';
    assert_null (call (_i, (struct tempfile_options){.dir = path}), ENAMETOOLONG, "dir");
}
END_TEST

/* What is longer than NAME_MAX is refused; what is shorter by a random part must work. */
START_TEST (prefix_and_suffix_must_fit_into_a_name)
{
    static const struct {
        int prefix, suffix;
        bool fits;
    } rows[] = {{200, 0, true},   {0, 200, true},    {100, 100, true},   {255, 0, false},
                {0, 255, false},  {128, 127, false}, {256, 0, false},    {0, 256, false},
                {4000, 0, false}, {0, 4000, false},  {4000, 4000, false}};

    for (int i = 0; i < LENGTH (rows); i++) {
        char prefix[4001], suffix[4001];
        snprintf (prefix, sizeof prefix, "%0*d", rows[i].prefix + 1, 0);
        snprintf (suffix, sizeof suffix, "%0*d", rows[i].suffix + 1, 0);
        prefix[rows[i].prefix] = suffix[rows[i].suffix] = '\0';
        struct tempfile_options o = {.prefix = prefix, .suffix = suffix};
        if (!rows[i].fits) {
            assert_null (call (_i, o), ENAMETOOLONG, "fix");
            continue;
        }
        FILE *f = call (_i, o);
        ck_assert_msg (f != NULL, "row %d: %s", i, tempfile_errmsg ());
        assert_closes (f);
    }
}
END_TEST

START_TEST (every_length_either_fits_or_is_too_long)
{
    char prefix[NAME_MAX + 2];
    bool refused_before = false;

    for (size_t length = 200; length <= NAME_MAX; length++) {
        memset (prefix, 'p', length);
        prefix[length] = '\0';
        FILE *f = call (_i, (struct tempfile_options){.prefix = prefix});
        ck_assert_msg (f || errno == ENAMETOOLONG, "%zu: %s", length, tempfile_errmsg ());
        ck_assert_msg (!f || !refused_before, "a shorter prefix than %zu was refused", length);
        refused_before = !f;
        if (f)
            assert_closes (f);
    }
    ck_assert (refused_before);
}
END_TEST

START_TEST (delete_when_is_for_named_streams_only)
{
    assert_null (TemporaryFile (.delete_when = TEMPFILE_DELETE_ON_EXIT), EINVAL, "delete_when");
    assert_null (TemporaryFile (.delete_when = TEMPFILE_DELETE_NEVER), EINVAL, "delete_when");
}
END_TEST

START_TEST (strings_are_read_during_the_call_only)
{
    char mode[] = "w+b", prefix[] = "pre", suffix[] = "suf", path[4096];

    snprintf (path, sizeof path, "%s", test_dir ());
    FILE *f = call (_i, (struct tempfile_options){
                            .mode = mode, .prefix = prefix, .suffix = suffix, .dir = path});
    ck_assert_ptr_nonnull (f);
    memset (mode, 'X', sizeof mode - 1);
    memset (prefix, 'X', sizeof prefix - 1);
    memset (suffix, 'X', sizeof suffix - 1);
    memset (path, 'X', sizeof path - 1);
    ck_assert_int_ge (fputs ("text", f), 0);
    rewind (f);
    ck_assert_int_eq (fgetc (f), 't');
    assert_closes (f);
}
END_TEST

/* --- text --- */

static const struct {
    struct tempfile_options options;
    int error;
    const char *words;
} text[] = {
    {{.mode = "w", .encoding = ""}, EINVAL, "encoding ''"},
    {{.mode = "w", .encoding = "no-such"}, EINVAL, "encoding|no-such"},
    {{.mode = "w", .errors = "lenient"}, EINVAL, "errors|lenient"},
    {{.mode = "w", .buffering = TEMPFILE_UNBUFFERED}, EINVAL, "buffering"},
    {{.mode = "w", .newline = "x"}, EINVAL, "newline|x"},
    {{.mode = "w", .newline = "\n\n"}, EINVAL, "newline"},
    {{.mode = "w", .newline = "\n\r"}, EINVAL, "newline"},
    {{.mode = "w", .newline = " "}, EINVAL, "newline"},
    {{.mode = "w", .newline = "\r\n\n"}, EINVAL, "newline"},
};

START_TEST (text_options_are_refused_as_by_python)
{
    if (!test_has_text ())
        return;
    for (int i = 0; i < LENGTH (text); i++)
        assert_null (call (_i, text[i].options), text[i].error, text[i].words);
}
END_TEST

#ifndef HAVE_TEXT

static const struct {
    struct tempfile_options options;
    const char *words;
} without_text[] = {
    {{.mode = "w"}, "a mode without b|built without text"},
    {{.mode = "r"}, "a mode without b|built without text"},
    {{.mode = "a+"}, "a mode without b|built without text"},
    {{.mode = "x+"}, "a mode without b|built without text"},
    {{.mode = "w+b", .encoding = "utf-8"}, "encoding|built without text"},
    {{.mode = "w+b", .errors = "strict"}, "errors|built without text"},
    {{.mode = "w+b", .newline = ""}, "newline|built without text"},
    {{.mode = "w+", .encoding = "utf-8"}, "encoding|built without text"},
    {{.mode = "w+", .errors = "replace"}, "errors|built without text"},
    {{.mode = "w+", .newline = "\n"}, "newline|built without text"},
};

/* Nothing is left of it either: test_case() looks. */
START_TEST (a_library_without_text_refuses_it)
{
    for (int i = 0; i < LENGTH (without_text); i++)
        assert_null (call (_i, without_text[i].options), ENOTSUP, without_text[i].words);
}
END_TEST

#endif

int
main (void)
{
    Suite *s = suite_create ("options");
    enum { CALLS = LENGTH (calls) };

    TCase *tc = test_case (s, "struct");
    tcase_add_loop_test (tc, null_options_are_all_defaults, 0, CALLS);
    tcase_add_loop_test (tc, zero_options_are_all_defaults, 0, CALLS);
    tcase_add_loop_test (tc, shorter_struct_of_an_older_program_works, 0, CALLS);
    tcase_add_loop_test (tc, shorter_struct_is_not_read_past_its_size, 0, CALLS);
    tcase_add_loop_test (tc, shorter_struct_is_read_up_to_its_size, 0, CALLS);
    tcase_add_loop_test (tc, size_that_no_struct_had_is_refused, 0, CALLS);
    tcase_add_loop_test (tc, longer_struct_with_zero_tail_works, 0, CALLS);
    tcase_add_loop_test (tc, longer_struct_still_has_its_known_options, 0, CALLS);
    tcase_add_loop_test (tc, longer_struct_with_any_unknown_byte_set_is_refused, 0, CALLS);
    tcase_add_loop_test (tc, unknown_option_is_refused_whatever_the_known_ones_are, 0, CALLS);
    tcase_add_loop_test (tc, size_zero_is_refused, 0, CALLS);
    tcase_add_loop_test (tc, size_that_is_no_struct_is_refused, 0, CALLS);
    tcase_add_loop_test (tc, absurdly_huge_size_is_refused_unread, 0, CALLS);

    tc = test_case (s, "mode");
    tcase_add_loop_test (tc, valid_modes_are_taken_in_any_order_of_letters, 0, CALLS);
    tcase_add_loop_test (tc, mode_is_refused_as_by_python, 0, CALLS);
    tcase_add_loop_test (tc, mode_with_control_characters_is_refused_in_one_line, 0, CALLS);
    tcase_add_loop_test (tc, mode_of_absurd_length_is_refused, 0, CALLS);

    tc = test_case (s, "values");
    tcase_add_loop_test (tc, bad_option_is_refused_by_name, 0, CALLS);
    tcase_add_loop_test (tc, dir_that_is_a_file_is_refused, 0, CALLS);
    tcase_add_loop_test (tc, dir_that_is_not_writable_is_refused, 0, CALLS);
    tcase_add_loop_test (tc, dir_of_absurd_length_is_refused, 0, CALLS);
    tcase_add_loop_test (tc, prefix_and_suffix_must_fit_into_a_name, 0, CALLS);
    tcase_add_loop_test (tc, every_length_either_fits_or_is_too_long, 0, CALLS);
    tcase_add_loop_test (tc, strings_are_read_during_the_call_only, 0, CALLS);
    tcase_add_test (tc, delete_when_is_for_named_streams_only);

    tc = test_case (s, "text");
    tcase_add_loop_test (tc, text_options_are_refused_as_by_python, 0, CALLS);
#ifndef HAVE_TEXT
    tcase_add_loop_test (tc, a_library_without_text_refuses_it, 0, CALLS);
#endif
    return test_main (s);
}
