/* SPDX-License-Identifier: Apache-2.0 */
/* The thread that tells how a load goes. */
#include "config.h"

#include "api/feed/watch.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "db/load_run.h"
#include "server/base/clock.h"
#include "server/base/hash.h"
#include "server/base/log.h"
#include "server/base/str.h"

struct feed_watch {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t over;
    bool end;
    struct feed_progress now; /* under the lock */
    char store[1024];
    struct load_run run; /* the thread's own from here on */
    struct db *db;
    bool written;
};

int64_t
feed_progress_left(const struct feed_progress *p)
{
    double part = p->bytes > 0 ? (double)p->bytes_done / (double)p->bytes : 0;

    if (part <= 0 || part > 1)
        return -1;
    return (int64_t)(p->seconds / part * (1 - part) + 0.5);
}

void
feed_watch_progress(void *watch, const struct feed_progress *p)
{
    struct feed_watch *w = watch;

    if (w == NULL)
        return;
    pthread_mutex_lock(&w->lock);
    w->now = *p;
    pthread_mutex_unlock(&w->lock);
}

static void
run_fill(struct load_run *r, const struct feed_progress *p)
{
    int64_t ms = (int64_t)(p->seconds * 1e3), passed = ms - r->ms;

    if (passed > 0) {
        r->rate = (p->records - r->records) * 1000 / passed;
        r->ms = ms;
    }
    r->files = (int64_t)p->files;
    r->files_done = (int64_t)p->files_done;
    r->bytes = p->bytes;
    r->bytes_done = p->bytes_done;
    r->records = p->records;
    r->text = p->text;
    r->left_seconds = feed_progress_left(p);
    r->beat_utc = clock_now();
}

/* Nobody's load fails because this cannot be written. */
static void
tell(struct feed_watch *w, const struct feed_progress *p)
{
    char why[512];

    if (w->db == NULL && db_open(w->store, DB_WRITE, &w->db, why) != DB_OK) {
        log_info("load not shown", "why=%s", why);
        return;
    }
    run_fill(&w->run, p);
    if (db_load_run_put(w->db, &w->run) == DB_OK) {
        if (!w->written)
            db_load_run_purge(w->db, w->run.beat_utc);
        w->written = true;
    }
}

static void *
watch_run(void *watch)
{
    struct feed_watch *w = watch;

    pthread_mutex_lock(&w->lock);
    while (!w->end) {
        struct feed_progress p;
        struct timespec at;

        clock_gettime(CLOCK_MONOTONIC, &at);
        at.tv_sec++;
        while (!w->end && pthread_cond_timedwait(&w->over, &w->lock, &at) == 0)
            ;
        if (w->end)
            break;
        p = w->now;
        pthread_mutex_unlock(&w->lock);
        tell(w, &p);
        pthread_mutex_lock(&w->lock);
    }
    pthread_mutex_unlock(&w->lock);
    if (w->written)
        db_load_run_del(w->db, w->run.id);
    if (w->db != NULL)
        db_close(w->db);
    return NULL;
}

struct feed_watch *
feed_watch_open(const char *store, const char *source)
{
    struct feed_watch *w = mem_new(sizeof *w);
    pthread_condattr_t attr;
    char host[60] = "";

    gethostname(host, sizeof host - 1);
    random_bytes(&w->run.id, sizeof w->run.id);
    w->run.id &= INT64_MAX;
    w->run.started_utc = clock_now();
    snprintf(w->run.process, sizeof w->run.process, "%s %ld", host,
             (long)getpid());
    str_copy(w->run.source, sizeof w->run.source, source);
    str_copy(w->store, sizeof w->store, store);
    pthread_mutex_init(&w->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&w->over, &attr);
    pthread_condattr_destroy(&attr);
    if (pthread_create(&w->thread, NULL, watch_run, w) == 0)
        return w;
    pthread_cond_destroy(&w->over);
    pthread_mutex_destroy(&w->lock);
    free(w);
    return NULL;
}

void
feed_watch_close(struct feed_watch *w)
{
    if (w == NULL)
        return;
    pthread_mutex_lock(&w->lock);
    w->end = true;
    pthread_cond_signal(&w->over);
    pthread_mutex_unlock(&w->lock);
    pthread_join(w->thread, NULL);
    pthread_cond_destroy(&w->over);
    pthread_mutex_destroy(&w->lock);
    free(w);
}
