/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes kept by key: a hash table of entries in the order of their use. */
#include "server/base/cache.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "server/base/arena.h"
#include "server/base/hash.h"

#define SLOTS       4096 /* chains: entries are large, so few */
#define LARGE_SHARE 8

struct entry {
    struct entry *next;          /* of its chain */
    struct entry *newer, *older; /* by use */
    uint64_t hash;
    struct cache_stamp stamp;
    size_t key_n, n;
    char bytes[]; /* the key, then what is kept */
};

struct cache {
    pthread_mutex_t lock;
    size_t most;
    struct entry *newest, *oldest;
    struct cache_stats stats;
    struct entry *slot[SLOTS];
};

struct cache *
cache_new(size_t most)
{
    struct cache *c = mem_new(sizeof *c);

    pthread_mutex_init(&c->lock, NULL);
    c->most = most;
    return c;
}

static int64_t
cost(const struct entry *e)
{
    return (int64_t)(sizeof *e + e->key_n + e->n);
}

static void
by_use_remove(struct cache *c, struct entry *e)
{
    if (e->newer)
        e->newer->older = e->older;
    else
        c->newest = e->older;
    if (e->older)
        e->older->newer = e->newer;
    else
        c->oldest = e->newer;
}

static void
by_use_add(struct cache *c, struct entry *e)
{
    e->newer = NULL;
    e->older = c->newest;
    if (c->newest)
        c->newest->newer = e;
    else
        c->oldest = e;
    c->newest = e;
}

static void
entry_drop(struct cache *c, struct entry *e)
{
    struct entry **at = &c->slot[e->hash % SLOTS];

    while (*at != e)
        at = &(*at)->next;
    *at = e->next;
    by_use_remove(c, e);
    c->stats.entries--;
    c->stats.bytes -= cost(e);
    free(e);
}

static struct entry *
entry_find(struct cache *c, const struct buf *key, uint64_t hash)
{
    struct entry *e = c->slot[hash % SLOTS];

    while (e && (e->hash != hash || e->key_n != key->len ||
                 memcmp(e->bytes, key->at, key->len) != 0))
        e = e->next;
    return e;
}

void
cache_clear(struct cache *c)
{
    pthread_mutex_lock(&c->lock);
    while (c->oldest)
        entry_drop(c, c->oldest);
    pthread_mutex_unlock(&c->lock);
}

void
cache_free(struct cache *c)
{
    if (!c)
        return;
    cache_clear(c);
    pthread_mutex_destroy(&c->lock);
    free(c);
}

bool
cache_get(struct cache *c, const struct buf *key,
          const struct cache_stamp *stamp, struct buf *to)
{
    uint64_t hash = hash64(key->at, key->len);
    struct entry *e;

    pthread_mutex_lock(&c->lock);
    e = entry_find(c, key, hash);
    if (e && memcmp(&e->stamp, stamp, sizeof *stamp) != 0) {
        entry_drop(c, e);
        e = NULL;
    }
    if (e) {
        buf_add(to, e->bytes + e->key_n, e->n);
        by_use_remove(c, e);
        by_use_add(c, e);
        c->stats.hits++;
    } else {
        c->stats.misses++;
    }
    pthread_mutex_unlock(&c->lock);
    return e != NULL;
}

static struct entry *
entry_make(const struct buf *key, uint64_t hash,
           const struct cache_stamp *stamp, const struct buf *bytes)
{
    struct entry *e = malloc(sizeof *e + key->len + bytes->len);

    if (!e)
        return NULL;
    *e = (struct entry){
        .hash = hash, .stamp = *stamp, .key_n = key->len, .n = bytes->len};
    memcpy(e->bytes, key->at, key->len);
    memcpy(e->bytes + key->len, bytes->at, bytes->len);
    return e;
}

void
cache_put(struct cache *c, const struct buf *key,
          const struct cache_stamp *stamp, const struct buf *bytes)
{
    uint64_t hash = hash64(key->at, key->len);
    struct entry *e, *old;

    if (!key->len || !bytes->len ||
        sizeof *e + key->len + bytes->len > c->most / LARGE_SHARE)
        return;
    e = entry_make(key, hash, stamp, bytes);
    if (!e)
        return; /* memory is short: the next one is made anew */
    pthread_mutex_lock(&c->lock);
    old = entry_find(c, key, hash);
    if (old)
        entry_drop(c, old);
    while (c->oldest && c->stats.bytes + cost(e) > (int64_t)c->most)
        entry_drop(c, c->oldest);
    e->next = c->slot[hash % SLOTS];
    c->slot[hash % SLOTS] = e;
    by_use_add(c, e);
    c->stats.entries++;
    c->stats.bytes += cost(e);
    pthread_mutex_unlock(&c->lock);
}

struct cache_stats
cache_stats(struct cache *c)
{
    struct cache_stats s;

    pthread_mutex_lock(&c->lock);
    s = c->stats;
    pthread_mutex_unlock(&c->lock);
    return s;
}
