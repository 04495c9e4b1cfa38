/* SPDX-License-Identifier: Apache-2.0 */
/* A bounded queue of pointers between two threads. */
#ifndef MH_FEED_QUEUE_H
#define MH_FEED_QUEUE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#define QUEUE_MOST 32

struct queue {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    void *item[QUEUE_MOST];
    size_t first, used, most;
    bool closed;
};

void queue_init(struct queue *q, size_t most); /* most <= QUEUE_MOST */
void queue_clear(struct queue *q);
/* Waits for room; false when the queue is closed. */
bool queue_put(struct queue *q, void *item);
/* Waits for the next; NULL when the queue is closed and empty. */
void *queue_take(struct queue *q);
/* The same, but NULL after that many seconds as well. */
void *queue_take_within(struct queue *q, double seconds);
/* Nothing more goes in; who waits is woken. */
void queue_close(struct queue *q);
bool queue_is_over(struct queue *q); /* closed and empty */

#endif
