/* SPDX-License-Identifier: MIT */
/*
 * peer.h - a competitor with calls of its own instead of a FILE.
 *
 * Each is a module, peer_NAME.c, which is built where its library is found, and loaded at run time:
 * so no benchmark is linked with a library that it does not measure. A call returns 0, or -1 with
 * errno; what is NULL the peer does not have.
 */
#ifndef PEER_H
#define PEER_H

#include <stddef.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

struct peer {
    void *(*open_unnamed) (const char *dir); /* gone when closed; nobody has seen a name */
    void *(*open_named) (const char *dir);   /* gone when closed */
    int (*write) (void *file, const char *bytes, size_t size);
    int (*read) (void *file, char *bytes, size_t size); /* all of SIZE, or it has failed */
    int (*seek) (void *file, off_t offset);
    off_t (*tell) (void *file);
    int (*flush) (void *file);
    int (*close) (void *file);
};

/* Every module has it. */
extern const struct peer bench_peer;

#ifdef __cplusplus
}
#endif

#endif /* PEER_H */
