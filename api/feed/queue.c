/* SPDX-License-Identifier: Apache-2.0 */
#include "api/feed/queue.h"

#include <time.h>

void
queue_init(struct queue *q, size_t most)
{
    pthread_condattr_t attr;

    *q = (struct queue){.most = most};
    pthread_mutex_init(&q->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&q->changed, &attr);
    pthread_condattr_destroy(&attr);
}

void
queue_clear(struct queue *q)
{
    pthread_mutex_destroy(&q->lock);
    pthread_cond_destroy(&q->changed);
}

bool
queue_put(struct queue *q, void *item)
{
    bool open;

    pthread_mutex_lock(&q->lock);
    while (q->used == q->most && !q->closed)
        pthread_cond_wait(&q->changed, &q->lock);
    open = !q->closed;
    if (open) {
        q->item[(q->first + q->used++) % QUEUE_MOST] = item;
        pthread_cond_broadcast(&q->changed);
    }
    pthread_mutex_unlock(&q->lock);
    return open;
}

static void *
take(struct queue *q, const struct timespec *until)
{
    void *item = NULL;
    int rc = 0;

    pthread_mutex_lock(&q->lock);
    while (q->used == 0 && !q->closed && rc == 0)
        rc = until != NULL
                 ? pthread_cond_timedwait(&q->changed, &q->lock, until)
                 : pthread_cond_wait(&q->changed, &q->lock);
    if (q->used > 0) {
        item = q->item[q->first];
        q->first = (q->first + 1) % QUEUE_MOST;
        q->used--;
        pthread_cond_broadcast(&q->changed);
    }
    pthread_mutex_unlock(&q->lock);
    return item;
}

void *
queue_take(struct queue *q)
{
    return take(q, NULL);
}

void *
queue_take_within(struct queue *q, double seconds)
{
    struct timespec until;
    long whole = (long)seconds;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += whole;
    until.tv_nsec += (long)((seconds - (double)whole) * 1e9);
    if (until.tv_nsec >= 1000000000) {
        until.tv_nsec -= 1000000000;
        until.tv_sec++;
    }
    return take(q, &until);
}

void
queue_close(struct queue *q)
{
    pthread_mutex_lock(&q->lock);
    q->closed = true;
    pthread_cond_broadcast(&q->changed);
    pthread_mutex_unlock(&q->lock);
}

bool
queue_is_over(struct queue *q)
{
    bool over;

    pthread_mutex_lock(&q->lock);
    over = q->closed && q->used == 0;
    pthread_mutex_unlock(&q->lock);
    return over;
}
