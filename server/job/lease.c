/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The keeper wakes a third of the shortest lease apart and renews all.  It has
 * a store handle of its own, since the jobs' handles are in use.
 */
#include "server/job/lease.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "server/base/clock.h"
#include "server/base/log.h"
#include "server/job/watch.h"

struct lease_keeper {
    const struct runner_app *app;
    const char *owner;
    int64_t pause; /* seconds between renewals */
    struct db *db;
    struct lease *held;
    bool stop;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
};

static int64_t
shortest_lease(const struct job_kind *k)
{
    int64_t least = 3600;

    for (; k->kind != NULL; k++)
        least = k->lease_seconds < least ? k->lease_seconds : least;
    return least;
}

/* With the lock held: jobs wait that long to drop theirs, but no longer. */
static void
renew_all(struct lease_keeper *k)
{
    if (k->held != NULL && k->db == NULL)
        k->db = k->app->open(k->app->arg);
    for (struct lease *l = k->held; l != NULL; l = l->next) {
        int64_t now = 0;
        enum db_rc rc =
            k->db != NULL ? watch_clock(k->app, k->db, &now) : DB_FAIL;

        if (rc == DB_OK)
            rc = db_job_renew(k->db, l->job_id, k->owner, now + l->seconds);

        if (rc == DB_NONE && !l->lost) {
            l->lost = true;
            log_warn("lease lost", "job=%lld", (long long)l->job_id);
        } else if (rc == DB_FAIL) {
            log_ours("lease not renewed", "job=%lld", (long long)l->job_id);
        }
    }
}

static void *
keep(void *arg)
{
    struct lease_keeper *k = arg;
    struct timespec until;

    pthread_mutex_lock(&k->lock);
    clock_gettime(CLOCK_MONOTONIC, &until);
    while (!k->stop) {
        until.tv_sec += k->pause;
        while (!k->stop &&
               pthread_cond_timedwait(&k->wake, &k->lock, &until) == 0)
            continue;
        if (!k->stop)
            renew_all(k);
        clock_gettime(CLOCK_MONOTONIC, &until);
    }
    pthread_mutex_unlock(&k->lock);
    if (k->db != NULL)
        k->app->close(k->db);
    return NULL;
}

struct lease_keeper *
lease_keeper_start(const struct runner_app *app, const char *owner)
{
    struct lease_keeper *k = mem_new(sizeof *k);
    pthread_condattr_t attr;

    k->app = app;
    k->owner = owner;
    k->pause = shortest_lease(app->kinds) / 3;
    if (k->pause < 1)
        k->pause = 1;
    pthread_mutex_init(&k->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&k->wake, &attr);
    pthread_condattr_destroy(&attr);
    if (pthread_create(&k->thread, NULL, keep, k) == 0)
        return k;
    free(k);
    return NULL;
}

void
lease_keeper_stop(struct lease_keeper *k)
{
    pthread_mutex_lock(&k->lock);
    k->stop = true;
    pthread_cond_signal(&k->wake);
    pthread_mutex_unlock(&k->lock);
    pthread_join(k->thread, NULL);
    pthread_cond_destroy(&k->wake);
    pthread_mutex_destroy(&k->lock);
    free(k);
}

void
lease_keep(struct lease_keeper *k, struct lease *l)
{
    pthread_mutex_lock(&k->lock);
    l->next = k->held;
    k->held = l;
    pthread_mutex_unlock(&k->lock);
}

void
lease_drop(struct lease_keeper *k, struct lease *l)
{
    pthread_mutex_lock(&k->lock);
    for (struct lease **at = &k->held; *at != NULL; at = &(*at)->next) {
        if (*at == l) {
            *at = l->next;
            break;
        }
    }
    pthread_mutex_unlock(&k->lock);
}
