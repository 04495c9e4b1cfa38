/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The workers: one queue, one lock, a fixed number of threads.
 *
 * More jobs at once than processors only make each other late, so as many are
 * begun as there are processors, in the order in which they came.  But one that
 * takes long, for it waits or digests a password, counts no longer: others go
 * on beside it, as long as there are threads.
 */
#include "config.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "server/base/clock.h"
#include "server/base/log.h"
#include "server/http/pool.h"

#define ARENA_KEPT   (1024 * 1024)
#define LONG_SECONDS 0.02 /* a job that has run so long counts no longer */

struct member {
    struct pool *pool;
    pthread_t thread;
    struct pool_worker worker;
    double began; /* its job; 0: it has none */
};

struct pool {
    pthread_mutex_t lock;
    pthread_cond_t work;
    struct pool_job *first, **last;
    size_t waiting; /* counted jobs in the queue */
    size_t room;    /* most of them */
    size_t at_once; /* most jobs that are not long ones */
    size_t busy;    /* threads in a job */
    size_t idle;    /* threads that wait for one */
    bool watched;   /* one of them waits for the first to become due */
    bool ending;
    void (*close)(struct db *db);
    size_t n;
    struct member members[];
};

/* Of the idle threads one: to take the first job, or to watch over it. */
static void
wake(struct pool *p)
{
    if (p->first && p->idle > 0 && (p->busy < p->at_once || !p->watched))
        pthread_cond_signal(&p->work);
}

static struct pool_job *
queue_take(struct pool *p)
{
    struct pool_job *job = p->first;

    p->first = job->next;
    if (!p->first)
        p->last = &p->first;
    if (job->counted)
        p->waiting--;
    return job;
}

static void
queue_put(struct pool *p, struct pool_job *job, bool counted)
{
    job->next = NULL;
    job->counted = counted;
    *p->last = job;
    p->last = &job->next;
    if (counted)
        p->waiting++;
    wake(p);
}

/* Keeps a block for the next job, unless a large one has grown it. */
static void
worker_tidy(struct pool_worker *w)
{
    if (w->arena.total > ARENA_KEPT)
        arena_clear(&w->arena);
    else
        arena_reset(&w->arena);
}

/* May another job begin?  If not, not before *then, unless one ends. */
static bool
may_begin(const struct pool *p, double *then)
{
    const double now = clock_monotonic();
    size_t n = 0;

    *then = now + LONG_SECONDS;
    for (size_t i = 0; i < p->n; i++) {
        double began = p->members[i].began;

        if (began == 0 || now - began >= LONG_SECONDS)
            continue;
        n++;
        if (began + LONG_SECONDS < *then)
            *then = began + LONG_SECONDS;
    }
    return n < p->at_once;
}

static void
wait_until(struct pool *p, double then)
{
    struct timespec t = {.tv_sec = (time_t)then};

    t.tv_nsec = (long)((then - (double)t.tv_sec) * 1e9);
    pthread_cond_timedwait(&p->work, &p->lock, &t);
}

/* Waits until there is a job that may begin, or an end. */
static void
job_wait(struct pool *p)
{
    double then;

    while (p->first ? !may_begin(p, &then) : !p->ending) {
        p->idle++;
        if (p->first && !p->watched) {
            p->watched = true;
            wait_until(p, then);
            p->watched = false;
        } else {
            pthread_cond_wait(&p->work, &p->lock);
        }
        p->idle--;
    }
}

static void *
member_run(void *arg)
{
    struct member *m = arg;
    struct pool *p = m->pool;

    pthread_mutex_lock(&p->lock);
    for (;;) {
        struct pool_job *job;

        job_wait(p);
        if (!p->first) {
            pthread_cond_broadcast(&p->work); /* it is the end for all */
            break;
        }
        job = queue_take(p);
        p->busy++;
        wake(p);
        m->began = clock_monotonic();
        pthread_mutex_unlock(&p->lock);
        job->run(job, &m->worker);
        worker_tidy(&m->worker);
        pthread_mutex_lock(&p->lock);
        p->busy--;
        m->began = 0;
    }
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

static struct pool *
pool_new(size_t workers, size_t queue, size_t at_once,
         void (*close)(struct db *db))
{
    struct pool *p = mem_new(sizeof *p + workers * sizeof p->members[0]);
    pthread_condattr_t monotonic;

    pthread_mutex_init(&p->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&p->work, &monotonic);
    pthread_condattr_destroy(&monotonic);
    p->at_once = at_once;
    p->last = &p->first;
    p->room = queue;
    p->close = close;
    return p;
}

struct pool *
pool_start(size_t workers, size_t queue, size_t at_once,
           struct db *(*open)(void *arg), void (*close)(struct db *db),
           void *arg)
{
    struct pool *p = pool_new(workers, queue, at_once, close);

    while (p->n < workers) {
        struct member *m = &p->members[p->n];

        m->pool = p;
        m->worker.db = open(arg);
        if (!m->worker.db)
            break;
        if (pthread_create(&m->thread, NULL, member_run, m) != 0) {
            close(m->worker.db);
            break;
        }
        pthread_mutex_lock(&p->lock);
        p->n++;
        pthread_mutex_unlock(&p->lock);
    }
    if (p->n == workers)
        return p;
    if (pool_end(p, 60))
        pool_free(p);
    return NULL;
}

bool
pool_add(struct pool *p, struct pool_job *job)
{
    bool room;

    pthread_mutex_lock(&p->lock);
    room = p->waiting < p->room && !p->ending;
    if (room)
        queue_put(p, job, true);
    pthread_mutex_unlock(&p->lock);
    return room;
}

bool
pool_add_piece(struct pool *p, struct pool_job *job)
{
    bool taken;

    pthread_mutex_lock(&p->lock);
    taken = !p->ending;
    if (taken)
        queue_put(p, job, false);
    pthread_mutex_unlock(&p->lock);
    return taken;
}

void
pool_gauge(struct pool *p, size_t *waiting, size_t *busy)
{
    pthread_mutex_lock(&p->lock);
    *waiting = p->waiting;
    *busy = p->busy;
    pthread_mutex_unlock(&p->lock);
}

bool
pool_end(struct pool *p, double seconds)
{
    struct timespec until;

    pthread_mutex_lock(&p->lock);
    p->ending = true;
    pthread_cond_broadcast(&p->work);
    pthread_mutex_unlock(&p->lock);
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += (time_t)seconds + 1;
    for (size_t i = 0; i < p->n; i++) {
        if (pthread_timedjoin_np(p->members[i].thread, NULL, &until) != 0) {
            log_ours("worker stuck", "worker=%zu", i);
            return false;
        }
    }
    return true;
}

void
pool_free(struct pool *p)
{
    for (size_t i = 0; i < p->n; i++) {
        arena_clear(&p->members[i].worker.arena);
        p->close(p->members[i].worker.db);
    }
    pthread_cond_destroy(&p->work);
    pthread_mutex_destroy(&p->lock);
    free(p);
}
