/* SPDX-License-Identifier: MIT */
/*
 * Audit hooks: a list that only ever grows at its end, by an atomic store, so that showing an
 * event takes no lock and a hook may itself open files or add hooks. Nothing is ever freed: even
 * while the process exits, another thread may be walking the list.
 */
#include "base/export.h"

#include "base/audit.h"
#include "base/error.h"

#include <errno.h>
#include <stdatomic.h>

struct audit_hook {
    _Atomic (struct audit_hook *) next;
    tempfile_audit_fn *function;
    void *arg;
};

static _Atomic (struct audit_hook *) hooks;

EXPORT int
tempfile_add_audit_hook (tempfile_audit_fn *function, void *arg)
{
    if (!function)
        return tempfile__fail (EINVAL, "audit hook: no function");
    struct audit_hook *hook = malloc (sizeof *hook);
    if (!hook)
        return tempfile__fail_system (ENOMEM, "audit hook");
    atomic_init (&hook->next, NULL);
    hook->function = function;
    hook->arg = arg;
    _Atomic (struct audit_hook *) *end = &hooks;
    struct audit_hook *expected = NULL;
    while (!atomic_compare_exchange_strong (end, &expected, hook)) {
        end = &expected->next;
        expected = NULL;
    }
    return 0;
}

int
tempfile__audit (const char *event, const char *fullpath)
{
    for (struct audit_hook *h = atomic_load (&hooks); h; h = atomic_load (&h->next))
        if (h->function (event, fullpath, h->arg) != 0)
            return tempfile__fail (EPERM, "%s '%s': refused by an audit hook", event, fullpath);
    return 0;
}
