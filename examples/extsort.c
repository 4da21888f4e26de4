/* SPDX-License-Identifier: MIT */
/*
 * extsort - sorts the lines of files that do not fit into memory, exactly as LC_ALL=C sort does.
 *
 * It reads as many lines as its memory budget holds, sorts them, writes them to a temporary file
 * (a run) and reads on. In the end it merges all runs into the output; when there are more than
 * the budget and the limit on open files allow, it merges some into one on the way.
 *
 * The runs are what this example is about. Each is a TemporaryFile(): it never has a name, nobody
 * else can open it, and its disk space is free again as soon as it is closed or the program ends,
 * in whatever way. Hence there is no clean-up here, no signal handler and no list of names, and
 * any function may give up at any point by exiting.
 *
 * What -o names is replaced at the very end, in one step: until then the output is a
 * NamedTemporaryFile() beside it, and whatever fails leaves the old file as it was.
 */
#define _POSIX_C_SOURCE 200809L
#define _FILE_OFFSET_BITS 64

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <tempfile.h>

static const size_t kib = 1024, default_budget = (size_t) 64 << 20;

/* A line in memory, always with its newline: where it is, and its next few bytes as a number. */
struct line {
    uint64_t key;
    const unsigned char *text;
};

/* Lines to be sorted that are the same up to DEPTH; there their keys begin. */
struct part {
    struct line *lines;
    size_t n, depth;
};

/* A sorted temporary file, at its start and ready to be read. */
struct run {
    FILE *stream;
    unsigned level; /* 0: from the arena; else merged from runs of lower levels */
    size_t longest; /* of its lines */
};

/* A run that is being merged. */
struct source {
    FILE *stream;
    struct line head; /* the next line; its text is in buffer */
    char *buffer;
    size_t capacity, length;
};

/* The final output, or a run that is being written. */
struct output {
    FILE *stream;
    const char *name; /* for messages */
    bool replaces;    /* the stream is a temporary file that is to become NAME */
};

struct sorter {
    size_t block;     /* the buffer of a run's stream, in bytes */
    size_t max_runs;  /* how many may be open, besides the output of a merge */
    size_t max_lines; /* bytes for the lines that a merge holds */

    /*
     * The arena. Text grows from its start, the index of the lines in it from its end:
     *     |indexed lines|rest of what was read|         |index|
     *     0             start      scanned    end             size
     */
    unsigned char *arena;
    size_t size, start, scanned, end;
    size_t count;   /* lines in the index */
    size_t longest; /* of them */

    struct run *runs; /* the highest level first */
    size_t run_count;

    bool progress;
    uint64_t bytes, lines;
    size_t spills, merges;
};

static _Noreturn void
die (const char *what, const char *why)
{
    fprintf (stderr, "extsort: %s: %s\n", what, why);
    exit (2);
}

static size_t
min_size (size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t
max_size (size_t a, size_t b)
{
    return a > b ? a : b;
}

static void *
allocate (void *old, size_t count, size_t size)
{
    void *p = count <= SIZE_MAX / size ? realloc (old, count * size) : NULL;
    if (!p)
        die ("memory", strerror (ENOMEM));
    return p;
}

static double
mib (uint64_t bytes)
{
    return (double) bytes / 1048576;
}

static void
show_progress (const struct sorter *s, const char *what, uint64_t bytes)
{
    if (s->progress)
        fprintf (stderr, "\rextsort: %s: %.0f MiB, %zu runs  ", what, mib (bytes), s->run_count);
}

/*
 * The next seven bytes of a line as a big-endian number, and in the lowest byte how many of them
 * there really were, or 8 when more follow. Comparing these numbers compares the lines: by their
 * bytes, and where one line is the beginning of the other, the shorter first. NUL bytes are bytes
 * like any other. Equal keys that do not say 8 are equal lines.
 */
static uint64_t
key_at (const unsigned char *text)
{
    uint64_t key = 0;
    unsigned n = 0;
    while (n < 7 && text[n] != '\n')
        key = key << 8 | text[n++];
    key <<= 8 * (7 - n);
    if (n == 7 && text[7] != '\n')
        n = 8;
    return key << 8 | n;
}

static bool
has_more (uint64_t key)
{
    return (key & 0xff) == 8;
}

/* Whether line A belongs before line B; their keys start at offset DEPTH. */
static bool
before (const struct line *a, const struct line *b, size_t depth)
{
    uint64_t x = a->key, y = b->key;
    while (x == y && has_more (x)) {
        depth += 7;
        x = key_at (a->text + depth);
        y = key_at (b->text + depth);
    }
    return x < y;
}

static void
insertion_sort (struct part all)
{
    for (size_t i = 1; i < all.n; i++) {
        struct line line = all.lines[i];
        size_t k = i;
        for (; k > 0 && before (&line, &all.lines[k - 1], all.depth); k--)
            all.lines[k] = all.lines[k - 1];
        all.lines[k] = line;
    }
}

static uint64_t
median (uint64_t a, uint64_t b, uint64_t c)
{
    if (a > b)
        return b > c ? b : a < c ? a : c;
    return a > c ? a : b < c ? b : c;
}

static uint64_t
choose_pivot (const struct line *l, size_t n)
{
    size_t step = n / 9;
    return median (median (l[0].key, l[step].key, l[2 * step].key),
                   median (l[3 * step].key, l[4 * step].key, l[5 * step].key),
                   median (l[6 * step].key, l[7 * step].key, l[8 * step].key));
}

static void
swap_lines (struct line *a, struct line *b)
{
    struct line t = *a;
    *a = *b;
    *b = t;
}

/*
 * Splits lines into those with a lower key than the pivot, with the same key, and with a higher
 * one. Those with the same key have their next bytes to be sorted by, or are all equal.
 */
static void
split (struct part all, struct part parts[3])
{
    struct line *lines = all.lines;
    uint64_t pivot = choose_pivot (lines, all.n);
    size_t low = 0, high = all.n;
    for (size_t i = 0; i < high;) {
        if (lines[i].key < pivot)
            swap_lines (&lines[i++], &lines[low++]);
        else if (lines[i].key > pivot)
            swap_lines (&lines[i], &lines[--high]);
        else
            i++;
    }

    parts[0] = (struct part){lines, low, all.depth};
    parts[1] = (struct part){lines + low, has_more (pivot) ? high - low : 0, all.depth + 7};
    parts[2] = (struct part){lines + high, all.n - high, all.depth};
    for (size_t i = 0; i < parts[1].n; i++)
        parts[1].lines[i].key = key_at (parts[1].lines[i].text + parts[1].depth);
}

/*
 * A quicksort that goes through the lines key by key. It sorts in place, where qsort() may
 * allocate as much memory again, and reads a beginning that many lines share only once.
 */
static void
sort_lines (struct part all)
{
    while (all.n > 16) {
        struct part parts[3];
        size_t largest = 0;
        split (all, parts);
        for (size_t i = 1; i < 3; i++)
            if (parts[i].n > parts[largest].n)
                largest = i;
        /* Going on here with the largest keeps the recursion at most log2 (n) deep. */
        for (size_t i = 0; i < 3; i++)
            if (i != largest)
                sort_lines (parts[i]);
        all = parts[largest];
    }
    insertion_sort (all);
}

static void
write_text (struct output out, const void *text, size_t length)
{
    if (fwrite (text, 1, length, out.stream) != length)
        die (out.name, strerror (errno));
}

static struct line *
index_of (const struct sorter *s)
{
    return (struct line *) (void *) (s->arena + s->size) - s->count;
}

static size_t
room (const struct sorter *s)
{
    return s->size - s->end - s->count * sizeof (struct line);
}

/* Writes the lines of the arena to OUT in order, and makes it empty but for what is not indexed. */
static void
write_arena (struct sorter *s, struct output out)
{
    const struct line *line = index_of (s);
    sort_lines ((struct part){index_of (s), s->count, 0});
    for (size_t i = 0; i < s->count; i++, line++) {
        size_t most = s->start - (size_t) (line->text - s->arena);
        const unsigned char *newline = memchr (line->text, '\n', most);
        write_text (out, line->text, (size_t) (newline - line->text) + 1);
    }
    memmove (s->arena, s->arena + s->start, s->end - s->start);
    s->scanned -= s->start;
    s->end -= s->start;
    s->start = s->count = s->longest = 0;
}

static struct output
open_run (const struct sorter *s)
{
    struct output out = {TemporaryFile (.buffering = (int) s->block), "temporary file", false};
    if (!out.stream)
        die (out.name, tempfile_errmsg ());
    return out;
}

/* Takes in a run that was just written to OUT. */
static void
add_run (struct sorter *s, struct output out, unsigned level, size_t longest)
{
    struct run run = {out.stream, level, longest};
    /* Not rewind(), which would forget an error. */
    if (fflush (run.stream) || fseeko (run.stream, 0, SEEK_SET))
        die (out.name, strerror (errno));
    size_t i = s->run_count++;
    for (; i > 0 && s->runs[i - 1].level < run.level; i--)
        s->runs[i] = s->runs[i - 1];
    s->runs[i] = run;
}

/* Reads the next line of a source; at its end closes it, and so gives its disk space back. */
static bool
advance (struct source *source)
{
    ssize_t n = getline (&source->buffer, &source->capacity, source->stream);
    if (n > 0) {
        source->length = (size_t) n;
        source->head.text = (unsigned char *) source->buffer;
        source->head.key = key_at (source->head.text);
        return true;
    }
    if (!feof (source->stream) || fclose (source->stream))
        die ("temporary file", strerror (errno));
    free (source->buffer);
    return false;
}

/* Moves heap[i] down to where neither of the two below it belongs before it. */
static void
sift_down (struct source **heap, size_t n, size_t i)
{
    struct source *moving = heap[i];
    size_t below;
    while ((below = 2 * i + 1) < n) {
        if (below + 1 < n && before (&heap[below + 1]->head, &heap[below]->head, 0))
            below++;
        if (!before (&heap[below]->head, &moving->head, 0))
            break;
        heap[i] = heap[below];
        i = below;
    }
    heap[i] = moving;
}

/* Merges the last N runs into OUT; they are gone afterwards. */
static void
merge (struct sorter *s, size_t n, struct output out)
{
    struct source *sources = allocate (NULL, n, sizeof *sources);
    struct source **heap = allocate (NULL, n, sizeof (struct source *));
    uint64_t written = 0, shown = 0;

    size_t left = 0;
    s->run_count -= n;
    for (size_t i = 0; i < n; i++) {
        sources[i] = (struct source){.stream = s->runs[s->run_count + i].stream};
        if (advance (&sources[i]))
            heap[left++] = &sources[i];
    }
    for (size_t i = left / 2; i-- > 0;)
        sift_down (heap, left, i);

    while (left > 0) {
        write_text (out, heap[0]->buffer, heap[0]->length);
        written += heap[0]->length;
        if (!advance (heap[0]))
            heap[0] = heap[--left];
        sift_down (heap, left, 0);
        if (written - shown >= 16 << 20) {
            show_progress (s, "merging", written);
            shown = written;
        }
    }
    free (heap);
    free (sources);
    s->merges++;
}

/*
 * Merges runs of the lowest level into one of the next: all of them, so that no line is copied
 * more often than necessary, but no more than their lines fit into the memory set aside. If there
 * is only one of that level, it goes with the next level.
 */
static void
merge_some (struct sorter *s)
{
    struct output out = open_run (s);
    unsigned level = s->runs[s->run_count - 2].level;
    size_t n = 0, lines = 0, longest = 0;
    while (n < s->run_count) {
        const struct run *run = &s->runs[s->run_count - 1 - n];
        lines += run->longest;
        if (n >= 2 && (run->level > level || lines > s->max_lines))
            break;
        longest = max_size (longest, run->longest);
        n++;
    }
    merge (s, n, out);
    add_run (s, out, level + 1, longest);
}

/* Makes a run of what is in the arena. */
static void
spill (struct sorter *s)
{
    struct output out = open_run (s);
    size_t longest = s->longest;
    write_arena (s, out);
    add_run (s, out, 0, longest);
    s->spills++;
    show_progress (s, "reading", s->bytes);
    if (s->run_count >= s->max_runs)
        merge_some (s);
}

static void
make_room (struct sorter *s)
{
    if (s->count > 0) {
        spill (s);
        return;
    }
    /* One line fills the arena: it is the only thing that may exceed the budget. */
    s->arena = allocate (s->arena, s->size, 2);
    s->size *= 2;
}

/* Takes the complete lines of what was read into the index. */
static void
index_lines (struct sorter *s)
{
    unsigned char *newline;
    while ((newline = memchr (s->arena + s->scanned, '\n', s->end - s->scanned))) {
        s->scanned = (size_t) (newline - s->arena);
        if (room (s) < sizeof (struct line)) {
            make_room (s);
            continue;
        }
        s->scanned++;
        s->count++;
        index_of (s)->text = s->arena + s->start;
        index_of (s)->key = key_at (s->arena + s->start);
        s->longest = max_size (s->longest, s->scanned - s->start);
        s->start = s->scanned;
        s->lines++;
    }
    s->scanned = s->end;
}

static void
read_lines (struct sorter *s, FILE *in, const char *name)
{
    size_t wanted, got;
    do {
        index_lines (s);
        while (room (s) < 4 * kib)
            make_room (s);
        wanted = min_size (room (s), 64 * kib);
        got = fread (s->arena + s->end, 1, wanted, in);
        s->end += got;
        s->bytes += got;
    } while (got == wanted);
    if (ferror (in))
        die (name, strerror (errno));
    if (s->end > s->start && s->arena[s->end - 1] != '\n')
        s->arena[s->end++] = '\n';
    index_lines (s);
}

static void
read_file (struct sorter *s, const char *name)
{
    if (strcmp (name, "-") == 0) {
        read_lines (s, stdin, "standard input");
        return;
    }
    FILE *in = fopen (name, "rb");
    if (!in)
        die (name, strerror (errno));
    read_lines (s, in, name);
    fclose (in);
}

/* What fits into the arena needs no run. */
static void
write_all (struct sorter *s, struct output out)
{
    if (s->run_count == 0) {
        write_arena (s, out);
        return;
    }
    if (s->count > 0)
        spill (s);
    free (s->arena);
    s->arena = NULL;
    for (;;) {
        size_t lines = 0;
        for (size_t i = 0; i < s->run_count; i++)
            lines += s->runs[i].longest;
        if (s->run_count <= 2 || lines <= s->max_lines)
            break;
        merge_some (s);
    }
    merge (s, s->run_count, out);
}

/* How many more files this process may open. */
static size_t
free_descriptors (void)
{
    struct rlimit limit;
    if (getrlimit (RLIMIT_NOFILE, &limit))
        return 0;
    size_t n = limit.rlim_cur < 4096 ? (size_t) limit.rlim_cur : 4096;
    for (int fd = (int) n; fd-- > 0;)
        if (fcntl (fd, F_GETFD) != -1)
            n--;
    return n;
}

/* A quarter of the budget is for the runs' buffers, an eighth for lines in a merge. */
static struct sorter
new_sorter (size_t budget)
{
    struct sorter s = {.max_lines = budget / 8, .progress = isatty (STDERR_FILENO)};
    s.block = min_size (max_size (budget / 1024, 4 * kib), 64 * kib);
    s.size = (budget - budget / 4 - budget / 8) / sizeof (struct line) * sizeof (struct line);
    s.arena = allocate (NULL, s.size, 1);

    /* A stream costs less than 1 KiB besides its buffer; an input and a merge's output count. */
    size_t descriptors = free_descriptors ();
    s.max_runs = min_size (budget / 4 / (s.block + kib), descriptors > 4 ? descriptors - 2 : 2);
    s.runs = allocate (NULL, s.max_runs, sizeof *s.runs);
    return s;
}

/* What a file gets that is made in the ordinary way. */
static mode_t
ordinary_permissions (void)
{
    mode_t mask = umask (0);
    umask (mask);
    return 0666 & ~mask;
}

/* A temporary file in the directory of NAME, and so on the file system of what it is to become. */
static FILE *
open_beside (const char *name)
{
    const char *slash = strrchr (name, '/');
    char *dir = slash ? strndup (name, slash == name ? 1 : (size_t) (slash - name)) : strdup (".");
    if (!dir)
        die ("memory", strerror (ENOMEM));
    FILE *f = NamedTemporaryFile (.mode = "wb", .dir = dir, .permissions = ordinary_permissions ());
    if (!f || tempfile_cleanup_on_signals () < 0)
        die (name, tempfile_errmsg ());
    free (dir);
    return f;
}

/*
 * Opened before the work starts, so that a mistake in the name shows at once. A regular file stays
 * as it is until the end, and so do the inputs, of which it may be one. What cannot be replaced,
 * such as a device or a symbolic link, is written directly, but not emptied yet.
 */
static struct output
open_output (const char *name)
{
    struct output out = {stdout, name ? name : "standard output", false};
    struct stat st;
    if (name && lstat (name, &st) == 0 && !S_ISREG (st.st_mode)) {
        int fd = open (name, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
        out.stream = fd < 0 ? NULL : fdopen (fd, "wb");
    } else if (name) {
        if (access (name, W_OK) != 0 && errno != ENOENT)
            die (name, strerror (errno));
        out.stream = open_beside (name);
        out.replaces = true;
    }
    /* Were standard output closed, the first file to be opened would take its place. */
    if (!out.stream || (!name && fcntl (STDOUT_FILENO, F_GETFD) == -1))
        die (out.name, strerror (errno));
    return out;
}

static void
empty_output (struct output out)
{
    if (out.stream == stdout || out.replaces) /* what > opened, the shell emptied */
        return;
    /* EINVAL is no failure: a pipe or a device has no length. */
    if (ftruncate (fileno (out.stream), 0) && errno != EINVAL)
        die (out.name, strerror (errno));
}

static void
close_output (struct output out)
{
    if (out.replaces && tempfile_persist (out.stream, out.name, 0) < 0)
        die (out.name, tempfile_errmsg ());
    if (fclose (out.stream))
        die (out.name, strerror (errno));
}

static size_t
parse_size (const char *text)
{
    char *end;
    errno = 0;
    unsigned long long n = strtoull (text, &end, 10);
    const char *suffixes = "KMG", *suffix = *end ? strchr (suffixes, *end) : NULL;
    unsigned shift = suffix ? 10 * (unsigned) (suffix - suffixes + 1) : 0;
    if (errno || end == text || *text == '-' || (*end && (!suffix || end[1])) ||
        n > SIZE_MAX >> shift)
        die (text, "not a size");
    if (n << shift < 128 * kib)
        die (text, "the least that is enough is 128K");
    return (size_t) n << shift;
}

static void
print_statistics (const struct sorter *s)
{
    struct rusage used;
    getrusage (RUSAGE_SELF, &used);
    fprintf (stderr,
             "extsort: %" PRIu64 " lines, %.1f MiB; %zu runs, %zu merges; peak memory %.1f MiB\n",
             s->lines, mib (s->bytes), s->spills, s->merges, (double) used.ru_maxrss / 1024);
}

static const char usage[] =
    "usage: extsort [-hv] [-m SIZE] [-o FILE] [FILE...]\n"
    "Sorts lines as LC_ALL=C sort does; without FILE, or where it is -, from standard input.\n"
    "  -m SIZE  use about SIZE bytes of memory, K M G may follow (64M)\n"
    "  -o FILE  replace FILE, which may be one of the inputs, when all went well\n"
    "  -v       say on standard error what was done\n"
    "Temporary files go to $TMPDIR, else /tmp; the output beside FILE until it is whole.\n";

struct options {
    size_t budget;
    const char *output; /* NULL: standard output */
    bool verbose;
};

static struct options
parse_options (int argc, char **argv)
{
    struct options o = {.budget = default_budget};
    int option;
    while ((option = getopt (argc, argv, "hm:o:v")) != -1) {
        switch (option) {
        case 'h':
            write_text (open_output (NULL), usage, sizeof usage - 1);
            close_output (open_output (NULL));
            exit (0);
        case 'm':
            o.budget = parse_size (optarg);
            break;
        case 'o':
            o.output = optarg;
            break;
        case 'v':
            o.verbose = true;
            break;
        default:
            fputs (usage, stderr);
            exit (2);
        }
    }
    return o;
}

int
main (int argc, char **argv)
{
    struct options o = parse_options (argc, argv);
    struct output out = open_output (o.output);
    struct sorter s = new_sorter (o.budget);
    static char buffer[65536];
    setvbuf (out.stream, buffer, _IOFBF, sizeof buffer);

    if (optind == argc)
        read_file (&s, "-");
    for (int i = optind; i < argc; i++)
        read_file (&s, argv[i]);
    empty_output (out);
    write_all (&s, out);
    close_output (out);

    if (s.progress)
        fputc ('\n', stderr);
    if (o.verbose)
        print_statistics (&s);
    free (s.runs);
    free (s.arena);
    return 0;
}
