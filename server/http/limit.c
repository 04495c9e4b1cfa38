/* SPDX-License-Identifier: Apache-2.0 */
/* Token buckets in a fixed table of small sets, one lock a stripe. */
#include <arpa/inet.h>
#include <math.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/base/arena.h"
#include "server/base/clock.h"
#include "server/base/hash.h"
#include "server/base/str.h"
#include "server/http/limit.h"

#define WAYS    8  /* buckets of a set */
#define STRIPES 16 /* locks */

struct bucket {
    uint64_t key;  /* 0: unused */
    double tokens; /* at `at` */
    double at;     /* monotonic seconds */
};

struct limit {
    double rate, burst;
    size_t mask; /* sets - 1 */
    pthread_mutex_t lock[STRIPES];
    struct bucket *buckets;
};

struct limit *
limit_new(double per_second, double burst, size_t keys)
{
    struct limit *l = mem_new(sizeof *l);
    size_t sets = STRIPES;

    while (sets * WAYS < keys)
        sets *= 2;
    l->rate = per_second;
    l->burst = burst;
    l->mask = sets - 1;
    l->buckets = mem_new(sets * WAYS * sizeof *l->buckets);
    for (size_t i = 0; i < STRIPES; i++)
        pthread_mutex_init(&l->lock[i], NULL);
    return l;
}

void
limit_free(struct limit *l)
{
    if (!l)
        return;
    for (size_t i = 0; i < STRIPES; i++)
        pthread_mutex_destroy(&l->lock[i]);
    free(l->buckets);
    free(l);
}

static size_t
set_of(const struct limit *l, uint64_t key)
{
    return (size_t)(key >> 8) & l->mask;
}

static double
tokens_now(const struct limit *l, const struct bucket *b, double now)
{
    double tokens = b->tokens + (now - b->at) * l->rate;

    return tokens < l->burst ? tokens : l->burst;
}

/* The key's bucket; else the one of its set that is nearest to full, made
 * new for the key. */
static struct bucket *
bucket_get(struct limit *l, uint64_t key, double now)
{
    struct bucket *set = l->buckets + set_of(l, key) * WAYS;
    struct bucket *fullest = set;

    for (struct bucket *b = set; b < set + WAYS; b++) {
        if (b->key == key)
            return b;
        if (b->key == 0 ||
            (fullest->key != 0 &&
             tokens_now(l, b, now) > tokens_now(l, fullest, now)))
            fullest = b;
        if (fullest->key == 0)
            break; /* sets fill from the front */
    }
    *fullest = (struct bucket){.key = key, .tokens = l->burst, .at = now};
    return fullest;
}

bool
limit_take(struct limit *l, const char *key, int *retry_after)
{
    uint64_t hash = hash64(key, strlen(key)) | 1;
    pthread_mutex_t *lock = &l->lock[set_of(l, hash) % STRIPES];
    double now = clock_monotonic();
    struct bucket *b;
    bool taken;

    pthread_mutex_lock(lock);
    b = bucket_get(l, hash, now);
    b->tokens = tokens_now(l, b, now);
    b->at = now;
    taken = b->tokens >= 1;
    if (taken)
        b->tokens -= 1;
    else
        *retry_after =
            l->rate > 0 ? (int)ceil((1 - b->tokens) / l->rate) : 3600;
    pthread_mutex_unlock(lock);
    return taken;
}

void
limit_key_of(char *to, size_t size, const char *address)
{
    struct in6_addr a;

    if (strchr(address, ':') && inet_pton(AF_INET6, address, &a) == 1 &&
        !IN6_IS_ADDR_V4MAPPED(&a)) {
        memset(a.s6_addr + 8, 0, 8);
        if (inet_ntop(AF_INET6, &a, to, (socklen_t)size))
            return;
    }
    str_copy(to, size, address);
}
