/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How the layers of a source stand on each other: a file below, perhaps PGP
 * above it, perhaps a zip above that.  Each reads from the one under it and
 * owns it.  Private to server/wire.
 */
#ifndef MH_WIRE_LAYER_H
#define MH_WIRE_LAYER_H

#include <stdbool.h>

#include "server/wire/source.h"

#define LAYER_PEEK 64

struct source {
    /* As source_read; may give fewer bytes than asked. */
    ssize_t (*read)(struct source *s, void *to, size_t n);
    void (*close)(struct source *s); /* frees `state` */
    void *state;
    struct source *under; /* NULL for the file itself */
    char name[256];
    char why[512];
    unsigned char peeked[LAYER_PEEK]; /* read ahead to see what it is */
    size_t peek_at, peek_n;
    unsigned long long given; /* bytes given so far */
    bool failed;
};

/* A layer above `under`, which may be NULL. */
struct source *layer_new(struct source *under, const char *name);
/* The first bytes without taking them: how many there are (fewer than
 * LAYER_PEEK only at the end), -1 on failure. */
ssize_t layer_peek(struct source *s, const unsigned char **bytes);
/* Sets the reason, unless one is set, and returns -1. */
ssize_t layer_fail(struct source *s, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* False when so many bytes unpacked are more than LAYER_RATIO times what was
 * taken from below (and 1 MiB). */
#define LAYER_RATIO      200
#define LAYER_RATIO_TEXT "unpacks to more than 200 times its size"
bool layer_ratio_ok(const struct source *under, unsigned long long unpacked);

#endif
