/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes kept by key, bounded in all: what was used longest ago goes first.
 * What is kept holds under one stamp only, so that whoever knows what an
 * answer follows from needs to tell nobody that it changed.  Any thread may
 * call.
 */
#ifndef MH_BASE_CACHE_H
#define MH_BASE_CACHE_H

#include <stdbool.h>
#include <stdint.h>

#include "server/base/buf.h"

struct cache;

/* Numbers of which each makes what was kept before worthless. */
struct cache_stamp {
    int64_t at[3];
};

struct cache_stats {
    int64_t hits, misses;
    int64_t entries, bytes; /* now, keys and own costs included */
};

/* At most that many bytes; 0 keeps nothing. */
struct cache *cache_new(size_t most);
void cache_free(struct cache *c);
/* Forgets everything. */
void cache_clear(struct cache *c);
/* Appends what is kept of the key; false when nothing is, or under another
 * stamp: then it is forgotten. */
bool cache_get(struct cache *c, const struct buf *key,
               const struct cache_stamp *stamp, struct buf *to);
/* Keeps a copy; what is larger than an eighth of all is not kept. */
void cache_put(struct cache *c, const struct buf *key,
               const struct cache_stamp *stamp, const struct buf *bytes);
struct cache_stats cache_stats(struct cache *c);

#endif
