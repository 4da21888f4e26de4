/* SPDX-License-Identifier: MIT */
/*
 * The memory of the module: its statics, which are put back before each execution, and a heap of
 * which nothing is used twice in one execution, so that what is freed can be told from what is not.
 *
 * For each byte is known who wrote and read it last. A plain access that is ordered neither before
 * nor after another's, by locks or atomic operations, is a race: undefined behaviour in C. As long
 * as there is none, it is enough to interleave at locks, atomic operations and system calls.
 */
#include "explorer.h"

#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STATICS = 1 << 18, PAGE = 4096, HEAP = 1 << 20, BLOCKS = 4096, SYNCS = 4096, FREED = 0xdf };

typedef uint32_t clocks[THREADS];

struct cell {
    uint32_t execution;
    int writer;
    uint32_t written;
    clocks read;
};

struct sync {
    const void *object;
    uint32_t execution;
    clocks at;
};

static const char *module_name;
static ElfW (Addr) base;
static const ElfW (Dyn) * dynamic;
static char *statics;
static size_t statics_size;
static char first_statics[STATICS];
static bool dirty[STATICS / PAGE + 1];
static bool watched; /* the module tells its accesses to memory */

static _Alignas(16) char heap[HEAP];
static unsigned char life[HEAP / 16]; /* of 16 bytes each: 0 never used, 1 in use, 2 freed */
static size_t heap_used;

static struct cell of_statics[STATICS], of_heap[HEAP];
static struct sync syncs[SYNCS];
static uint32_t execution = 1;
static clocks now[THREADS];

/* --- the module --- */

static bool
is_within (ElfW (Addr) address, const ElfW (Phdr) * p)
{
    return p && address >= p->p_vaddr && address < p->p_vaddr + p->p_memsz;
}

/* The writable segment, less what is read-only once the module is loaded. */
static int
visit_object (struct dl_phdr_info *info, size_t size, void *arg)
{
    (void) size;
    (void) arg;
    const char *slash = strrchr (info->dlpi_name, '/');
    if (strcmp (slash ? slash + 1 : info->dlpi_name, module_name) != 0)
        return 0;
    base = info->dlpi_addr;
    const ElfW (Phdr) *data = NULL, *relro = NULL;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW (Phdr) *p = &info->dlpi_phdr[i];
        if (p->p_type == PT_LOAD && p->p_flags & PF_W)
            data = p;
        if (p->p_type == PT_GNU_RELRO)
            relro = p;
        if (p->p_type == PT_DYNAMIC)
            dynamic = (const ElfW (Dyn) *) (base + p->p_vaddr);
    }
    if (!data)
        return 0;
    ElfW (Addr) begin = data->p_vaddr;
    if (relro && is_within (relro->p_vaddr, data))
        begin = (relro->p_vaddr + relro->p_memsz + 4095) & ~(ElfW (Addr)) 4095;
    statics = (char *) base + begin;
    statics_size = data->p_vaddr + data->p_memsz - begin;
    return 1;
}

void
memory_find (const char *module)
{
    const char *slash = strrchr (module, '/');
    module_name = slash ? slash + 1 : module;
    if (!dl_iterate_phdr (visit_object, NULL) || statics_size > STATICS) {
        fprintf (stderr, "explorer: no module '%s' with statics of at most %d bytes\n", module,
                 STATICS);
        exit (2);
    }
    memcpy (first_statics, statics, statics_size);
}

uintptr_t
memory_base (void)
{
    return base;
}

/* The module's destructors, in the order in which the linker would call them. */
void
memory_call_destructors (void (*call) (void (*function) (void)))
{
    ElfW (Addr) array = 0;
    size_t n = 0;
    for (const ElfW (Dyn) *d = dynamic; d && d->d_tag != DT_NULL; d++) {
        if (d->d_tag == DT_FINI_ARRAY)
            array = d->d_un.d_ptr;
        if (d->d_tag == DT_FINI_ARRAYSZ)
            n = d->d_un.d_val / sizeof (void *);
    }
    void (**functions) (void) = (void (**) (void)) (base + array);
    while (n-- > 0)
        call (functions[n]);
}

void
memory_reset (void)
{
    for (size_t i = 0; i * PAGE < statics_size; i++)
        if (dirty[i] || !watched) {
            size_t size = statics_size - i * PAGE < PAGE ? statics_size - i * PAGE : PAGE;
            memcpy (statics + i * PAGE, first_statics + i * PAGE, size);
            dirty[i] = false;
        }
    memset (life, 0, heap_used / 16);
    heap_used = 0;
    memset (now, 0, sizeof now);
    for (int t = 0; t < THREADS; t++)
        now[t][t] = 1;
    execution++;
}

/* --- the heap --- */

static bool
is_static (const void *p)
{
    return (const char *) p >= statics && (const char *) p < statics + statics_size;
}

static bool
is_heap (const void *p)
{
    return (const char *) p >= heap && (const char *) p < heap + HEAP;
}

void
memory_watch (void)
{
    watched = true;
}

void
memory_change (const void *p, size_t size)
{
    if (!is_static (p) || size == 0)
        return;
    size_t first = (size_t) ((const char *) p - statics);
    for (size_t i = first / PAGE; i <= (first + size - 1) / PAGE; i++)
        dirty[i] = true;
}

bool
memory_is_common (const void *p)
{
    return is_static (p) || is_heap (p);
}

struct block {
    size_t size;
    size_t unused;
};

void *
memory_allocate (size_t size)
{
    size_t whole = (size + 15) & ~(size_t) 15;
    if (heap_used + sizeof (struct block) + whole > HEAP)
        explorer_fail ("no memory left: a leak, or a loop");
    struct block *b = (struct block *) (void *) (heap + heap_used);
    b->size = size;
    heap_used += sizeof *b;
    char *p = heap + heap_used;
    memset (life + heap_used / 16, 1, whole / 16);
    memset (p, 0xa5, whole);
    heap_used += whole + 16; /* and a gap that is never in use */
    return p;
}

size_t
memory_size (const void *p)
{
    return ((const struct block *) p)[-1].size;
}

void
memory_free (void *p, const void *caller)
{
    if (!p)
        return;
    if (!is_heap (p) || life[((char *) p - heap) / 16] == 0)
        explorer_fail ("what is freed was never allocated");
    if (life[((char *) p - heap) / 16] == 2)
        explorer_fail ("freed twice");
    size_t size = memory_size (p);
    memory_access (p, size, true, caller);
    memset (p, FREED, size);
    memset (life + ((char *) p - heap) / 16, 2, (size + 15) / 16);
}

static void
check (const void *p, size_t size)
{
    if (!is_heap (p))
        return;
    size_t first = (size_t) ((const char *) p - heap);
    for (size_t i = first / 16; i <= (first + size - 1) / 16; i++)
        if (life[i] != 1)
            explorer_fail (life[i] ? "memory is used after it was freed"
                                   : "memory is used that was never allocated");
}

/* --- who comes after whom --- */

void
memory_start (int thread)
{
    for (int t = 0; t < THREADS; t++)
        for (int i = 0; i < THREADS; i++)
            if (now[t][i] > now[thread][i])
                now[thread][i] = now[t][i];
    for (int t = 0; t < THREADS; t++)
        now[t][t]++;
}

static struct sync *
find_sync (const void *object)
{
    uintptr_t h = (uintptr_t) object * 0x9e3779b97f4a7c15u;
    struct sync *s = &syncs[h >> 40 & (SYNCS - 1)];
    while (s->execution == execution && s->object != object)
        if (++s == syncs + SYNCS)
            s = syncs;
    if (s->execution != execution) {
        memset (s, 0, sizeof *s);
        s->execution = execution;
        s->object = object;
    }
    return s;
}

void
memory_acquire (const void *object)
{
    const struct sync *s = find_sync (object);
    int t = machine_thread ();
    for (int i = 0; i < THREADS; i++)
        if (s->at[i] > now[t][i])
            now[t][i] = s->at[i];
}

void
memory_release (const void *object)
{
    struct sync *s = find_sync (object);
    int t = machine_thread ();
    for (int i = 0; i < THREADS; i++)
        if (now[t][i] > s->at[i])
            s->at[i] = now[t][i];
    now[t][t]++;
}

static void
check_order (struct cell *c, bool write)
{
    int t = machine_thread ();
    if (c->execution != execution) {
        memset (c, 0, sizeof *c);
        c->execution = execution;
    }
    if (c->writer != t && c->written > now[t][c->writer])
        explorer_fail (
            "a race: thread %d %s what thread %d has written, and nothing orders the two", t,
            write ? "writes" : "reads", c->writer);
    for (int i = 0; write && i < THREADS; i++)
        if (i != t && c->read[i] > now[t][i])
            explorer_fail (
                "a race: thread %d writes what thread %d has read, and nothing orders the two", t,
                i);
    if (write) {
        c->writer = t;
        c->written = now[t][t];
    } else
        c->read[t] = now[t][t];
}

static struct cell *
cell_of (const void *p)
{
    return is_heap (p) ? &of_heap[(const char *) p - heap]
                       : &of_statics[(const char *) p - statics];
}

void
memory_check (const void *p, size_t size)
{
    if (size > 0)
        check (p, size);
}

/* A plain access. A signal may come before it. */
void
memory_access (const void *p, size_t size, bool write, const void *caller)
{
    if (write)
        memory_change (p, size);
    if (size == 0 || !memory_is_common (p) || !machine_interleaves ())
        return;
    machine_access (p, write, caller);
    check (p, size);
    struct cell *c = cell_of (p);
    for (size_t i = 0; i < size; i++)
        check_order (c + i, write);
}

void
memory_access_string (const char *s, const void *caller)
{
    if (!memory_is_common (s))
        return;
    check (s, 1);
    memory_access (s, strlen (s) + 1, false, caller);
}
