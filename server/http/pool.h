/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The workers: a bounded pool of threads, each with its own store handle and
 * arena.  Requests are refused when the queue is full; pieces of a running
 * download always enter, behind the rest, so that everyone gets a turn.
 */
#ifndef MH_HTTP_POOL_H
#define MH_HTTP_POOL_H

#include <stdbool.h>
#include <stddef.h>

#include "server/base/arena.h"

struct db;
struct pool;

struct pool_worker {
    struct db *db;
    struct arena arena; /* reset after each job */
};

struct pool_job {
    struct pool_job *next;
    void (*run)(struct pool_job *job, struct pool_worker *w);
    bool counted; /* the pool's: takes a place of the queue */
};

/* Opens a handle for each of `workers` threads and starts them; NULL when a
 * handle or a thread cannot be had.  Jobs begin in the order in which they
 * come, at most `at_once` at a time, but for those that take long. */
struct pool *pool_start(size_t workers, size_t queue, size_t at_once,
                        struct db *(*open)(void *arg),
                        void (*close)(struct db *db), void *arg);
/* Puts a request in the queue; false when it is full. */
bool pool_add(struct pool *p, struct pool_job *job);
/* Puts a piece of a running answer in the queue; false when the pool ends. */
bool pool_add_piece(struct pool *p, struct pool_job *job);
/* Requests in the queue, and workers in a job. */
void pool_gauge(struct pool *p, size_t *waiting, size_t *busy);
/* Runs what is queued and ends the threads; from then on nothing is taken.
 * False when a thread is still in a handler after `seconds`. */
bool pool_end(struct pool *p, double seconds);
/* Only after pool_end was true. */
void pool_free(struct pool *p);

#endif
