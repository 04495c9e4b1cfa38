/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pages of usage kept ready.  What a page shows follows from the market's data
 * (a stamp, db/load.h), from who asks with which rights and words, and from
 * the day: all of the latter is the key, read from the store at each request
 * before anything is looked up.  So a right that ended, a new name of a meter
 * or a load change the very next page, and nobody gets what another may see.
 * A page is kept only if the key is the same when it was made, and it shows no
 * other days than those of the key.
 */
#ifndef MH_USAGE_USAGE_KEPT_PAGE_H
#define MH_USAGE_USAGE_KEPT_PAGE_H

#include "api/usage/usage_show_page.h"
#include "server/base/cache.h"

/* For each server of the process, before its first request and after its last;
 * the first one's size holds; 0 bytes keep nothing. */
void usage_kept_open(size_t bytes);
void usage_kept_close(void);
/* Templates changed: what was made with the old ones goes. */
void usage_kept_clear(void);
/* Lines for /metrics. */
void usage_kept_metrics(struct buf *to);

/* The page that a request asks for. */
struct usage_kept {
    struct buf key;           /* empty: it is not to be kept */
    struct cache_stamp stamp; /* of before anything else was read */
    int32_t from[2], to[2];   /* days that may be read; of monthly reports */
};

/* Finds out what the page is and follows from; true when it is there: its
 * title, a NUL and its content are appended. */
bool usage_kept_find(struct usage_kept *k, const struct usage_show *s,
                     struct buf *page);
/* Keeps what was made of s->usage. */
void usage_kept_put(const struct usage_kept *k, const struct usage_show *s,
                    const struct buf *page);
void usage_kept_clear_key(struct usage_kept *k);

#endif
