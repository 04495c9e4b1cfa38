/* SPDX-License-Identifier: Apache-2.0 */
#include "server/job/watch.h"

#include <string.h>

#include "server/base/clock.h"
#include "server/base/log.h"
#include "server/base/str.h"
#include "server/job/cron.h"

#define LOOK_SECONDS 2
#define MEND_SECONDS 30
/* A job that runs every few seconds may ask to come again within two hours; one
 * of a day's schedule, or without any, within a day. */
#define LATEST_EVERY 7200
#define LATEST_OTHER (26 * 3600)

enum db_rc
watch_clock(const struct runner_app *app, struct db *db, int64_t *utc)
{
    *utc = clock_now();
    return app->clock != NULL ? app->clock(db, utc) : DB_OK;
}

/* ---- holders that fell silent ---------------------------------------------
 */

static const struct job_kind *
kind_of(const struct runner_app *app, const char *name)
{
    for (const struct job_kind *k = app->kinds; k->kind != NULL; k++) {
        if (str_eq(k->kind, name))
            return k;
    }
    return NULL;
}

static struct watched *
watched_of(struct watch *w, int64_t id)
{
    for (size_t i = 0; i < w->n; i++) {
        if (w->held[i].id == id)
            return &w->held[i];
    }
    return NULL;
}

struct look {
    struct watch *w;
    const struct runner_app *app;
    double mono;
    struct job_row row;
    struct job_row lapsed; /* one of them */
};

static bool
held_row(void *arg)
{
    struct look *l = arg;
    const struct job_kind *k = kind_of(l->app, l->row.kind);
    struct watched *h = watched_of(l->w, l->row.id);

    if (k == NULL)
        return true;
    if (h == NULL && l->w->n == WATCH_HELD)
        return true;
    if (h == NULL) {
        h = &l->w->held[l->w->n++];
        *h = (struct watched){.id = l->row.id, .lease_utc = -1};
    }
    h->seen = true;
    if (h->lease_utc != l->row.lease_utc) {
        h->lease_utc = l->row.lease_utc;
        h->since = l->mono;
    } else if (l->mono - h->since > k->lease_seconds) {
        l->lapsed = l->row;
    }
    return true;
}

/* Forgets those that nobody holds any more. */
static void
unseen_forget(struct watch *w)
{
    size_t n = 0;

    for (size_t i = 0; i < w->n; i++) {
        if (!w->held[i].seen)
            continue;
        w->held[n] = w->held[i];
        w->held[n++].seen = false;
    }
    w->n = n;
}

static enum db_rc
free_one(struct db *db, const struct job_row *j)
{
    enum db_rc rc = db_job_free(db, j->id, j->lease_utc);

    if (rc == DB_OK)
        log_warn("job taken from a silent holder", "kind=%s key=%s owner=%s",
                 j->kind, j->key, j->owner);
    return rc;
}

/* One at a time: the next is found by the next look. */
static bool
held_look(struct watch *w, const struct runner_app *app, struct db *db)
{
    struct look l = {.w = w, .app = app, .mono = clock_monotonic()};
    enum db_rc rc = db_job_each_held(db, WATCH_HELD, &l.row, held_row, &l);

    if (rc != DB_OK)
        return false;
    unseen_forget(w);
    return l.lapsed.id != 0 && free_one(db, &l.lapsed) == DB_OK;
}

struct lapsed {
    int64_t now;
    struct job_row row, found;
};

static bool
lapsed_row(void *arg)
{
    struct lapsed *l = arg;

    if (l->row.lease_utc > l->now)
        return true;
    l->found = l->row;
    return false;
}

enum db_rc
watch_free_lapsed(const struct runner_app *app, struct db *db, int64_t now)
{
    struct lapsed l = {.now = now};
    enum db_rc rc;

    (void)app;
    do {
        l.found.id = 0;
        rc = db_job_each_held(db, WATCH_HELD, &l.row, lapsed_row, &l);
        if (rc == DB_OK && l.found.id != 0)
            rc = free_one(db, &l.found);
    } while ((rc == DB_OK || rc == DB_NONE) && l.found.id != 0);
    return rc == DB_NONE ? DB_OK : rc;
}

/* ---- what is due too late -------------------------------------------------
 */

enum db_rc
watch_mend(const struct runner_app *app, struct db *db, int64_t now)
{
    enum db_rc rc = DB_OK;

    for (const struct job_kind *k = app->kinds; k->kind != NULL && rc == DB_OK;
         k++) {
        int64_t latest = LATEST_OTHER, due = now, count = 0;
        struct cron c;

        if (k->schedule != NULL && cron_parse(k->schedule, &c)) {
            if (c.seconds > 0)
                latest =
                    c.seconds > LATEST_EVERY / 2 ? 2 * c.seconds : LATEST_EVERY;
            else
                due = cron_next(&c, now);
        }
        rc = db_job_mend(db, k->kind, due, now + latest, &count);
        if (rc == DB_OK && count > 0)
            log_warn("job was due too late: a clock was wrong",
                     "kind=%s count=%lld", k->kind, (long long)count);
    }
    return rc;
}

bool
watch_look(struct watch *w, const struct runner_app *app, struct db *db,
           int64_t now)
{
    double mono = clock_monotonic();

    if (mono < w->next)
        return false;
    w->next = mono + LOOK_SECONDS;
    if (mono >= w->next_mend) {
        w->next_mend = mono + MEND_SECONDS;
        watch_mend(app, db, now);
    }
    return held_look(w, app, db);
}
