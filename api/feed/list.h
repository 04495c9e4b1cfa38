/* SPDX-License-Identifier: Apache-2.0 */
/* The files that a word of `meterhouse load` stands for. */
#ifndef MH_FEED_LIST_H
#define MH_FEED_LIST_H

#include <stdbool.h>

#include "server/base/arena.h"

struct feed_list {
    const char **path;
    size_t n, room;
    struct arena arena;
};

/*
 * A file or "-" stands for itself.  A folder stands for the files in it and in
 * the folders directly below whose names end in .lse or .csv, with or without
 * .zip, .pgp, .gpg and .asc behind; those in .csv come first, so that points
 * are registered before their readings arrive, then by name.  False and one
 * line in `why` when the word is nothing of these.
 */
bool feed_list_add(struct feed_list *l, const char *word, char why[512]);
void feed_list_clear(struct feed_list *l);

#endif
