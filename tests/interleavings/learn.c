/* SPDX-License-Identifier: MIT */
#include "learn.h"
#include "explorer.h"

#include <string.h>

enum { OBJECTS = 16384 }; /* a power of two, far more than there are */

struct object {
    const void *address;
    unsigned char readers, writers; /* threads */
    unsigned char handler_readers, handler_writers;
};

static struct object objects[OBJECTS];
static bool everything, new;

void
learn_reset (void)
{
    memset (objects, 0, sizeof objects);
    everything = new = false;
}

void
learn_everything (void)
{
    everything = true;
}

static struct object *
look_up (const void *address)
{
    uintptr_t h = (uintptr_t) address * 0x9e3779b97f4a7c15u;
    struct object *o = &objects[h >> 40 & (OBJECTS - 1)];
    while (o->address && o->address != address)
        if (++o == objects + OBJECTS)
            o = objects;
    o->address = address;
    return o;
}

static bool
shared (const struct object *o)
{
    unsigned actors =
        o->readers | o->writers | (unsigned) (o->handler_readers | o->handler_writers) << 8;
    return (o->writers || o->handler_writers) && (actors & (actors - 1));
}

void
learn_use (const void *address, int thread, bool in_handler, bool write)
{
    struct object *o = look_up (address);
    unsigned char *set = in_handler ? write ? &o->handler_writers : &o->handler_readers
                         : write    ? &o->writers
                                    : &o->readers;
    unsigned char bit = (unsigned char) (1u << thread);
    if (*set & bit)
        return;
    *set |= bit;
    if (shared (o))
        new = true;
}

bool
learn_shared_with_threads (const void *address, int thread)
{
    if (everything)
        return true;
    const struct object *o = look_up (address);
    unsigned others = o->readers | o->writers | o->handler_readers | o->handler_writers;
    return shared (o) && others & ~(1u << thread);
}

bool
learn_shared_with_handlers (const void *address)
{
    if (everything)
        return true;
    const struct object *o = look_up (address);
    return shared (o) && (o->handler_readers | o->handler_writers);
}

bool
learn_something_new (void)
{
    bool was = new;
    new = false;
    return was;
}
