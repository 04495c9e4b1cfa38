/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The runner: each thread asks the store for a job that is due, takes its
 * lease, runs it, writes the outcome.  Which of several programs gets a job is
 * decided by the store alone.
 */
#include "server/job/runner.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "server/base/clock.h"
#include "server/base/hash.h"
#include "server/base/log.h"
#include "server/base/str.h"
#include "server/job/cron.h"
#include "server/job/lease.h"
#include "server/job/watch.h"

#define THREADS_MOST 16
#define KINDS_MOST   64
#define POLL         1  /* seconds between looks when nothing is due */
#define BACKOFF      10 /* seconds before the second try, then doubled */
#define BACKOFF_MOST 3600

struct runner {
    struct runner_app app;
    int64_t horizon; /* jobs due later are not run */
    char owner[96];
    struct lease_keeper *keeper;
    struct watch watch;
    bool watching;           /* a thread is at it */
    int running[KINDS_MOST]; /* of each kind, in this program */
    int threads;
    pthread_t thread[THREADS_MOST];
    atomic_bool stop;
    unsigned long woken; /* counts runner_wake */
    int alive;           /* threads that have not ended */
    pthread_mutex_t lock;
    pthread_cond_t wake, ended;
};

bool
job_should_stop(const struct job *j)
{
    return atomic_load(&j->runner->stop);
}

bool
job_is_held(const struct job *j)
{
    return !j->lease->lost;
}

/* Its own time is better than none. */
static int64_t
now_of(const struct runner *r, struct db *db)
{
    int64_t utc;

    return watch_clock(&r->app, db, &utc) == DB_OK ? utc : clock_now();
}

int64_t
job_now(const struct job *j)
{
    return now_of(j->runner, j->db);
}

/* ---- kinds
 * ------------------------------------------------------------------- */

static bool
slot_is_free(struct runner *r, const struct job_kind *k)
{
    bool is_free;

    pthread_mutex_lock(&r->lock);
    is_free = k->at_once == 0 || r->running[k - r->app.kinds] < k->at_once;
    pthread_mutex_unlock(&r->lock);
    return is_free;
}

static bool
slot_take(struct runner *r, const struct job_kind *k)
{
    int *running = &r->running[k - r->app.kinds];
    bool had;

    pthread_mutex_lock(&r->lock);
    had = k->at_once == 0 || *running < k->at_once;
    *running += had;
    pthread_mutex_unlock(&r->lock);
    return had;
}

static void
slot_give(struct runner *r, const struct job_kind *k)
{
    pthread_mutex_lock(&r->lock);
    r->running[k - r->app.kinds]--;
    pthread_mutex_unlock(&r->lock);
}

/* The row of a schedule: made when there is none, moved when its missed runs
 * are to be skipped. */
static enum db_rc
schedule_note(struct db *db, const struct job_kind *k, int64_t now)
{
    struct job_row row = {0}, found;
    struct cron c;
    int64_t due;
    enum db_rc rc;

    if (k->schedule == NULL)
        return DB_OK;
    if (!cron_parse(k->schedule, &c)) {
        log_ours("bad schedule", "kind=%s schedule=%s", k->kind, k->schedule);
        return DB_FAIL;
    }
    rc = db_job_find(db, k->kind, "", &found);
    if (rc == DB_NONE) {
        str_copy(row.kind, sizeof row.kind, k->kind);
        row.due_utc = c.seconds > 0 ? now : cron_next(&c, now);
        rc = db_job_add(db, &row, now);
        return rc == DB_NONE ? DB_OK : rc; /* another program did */
    }
    due = cron_resume(&c, found.due_utc, now);
    if (rc == DB_OK && due != found.due_utc)
        rc = db_job_move(db, found.id, now, due);
    return rc == DB_NONE ? DB_OK : rc;
}

static bool
schedules_note(const struct runner_app *app, struct db *db, char why[512])
{
    int64_t now;

    if (watch_clock(app, db, &now) != DB_OK ||
        watch_mend(app, db, now) != DB_OK) {
        snprintf(why, 512, "jobs cannot be scheduled: %.300s", db_error(db));
        return false;
    }
    for (const struct job_kind *k = app->kinds; k->kind != NULL; k++) {
        if (k - app->kinds == KINDS_MOST ||
            schedule_note(db, k, now) != DB_OK) {
            snprintf(why, 512, "job %s cannot be scheduled: %.300s", k->kind,
                     db_error(db));
            return false;
        }
    }
    return true;
}

/* ---- one step
 * ------------------------------------------------------------------ */

static int64_t
backoff(int64_t attempts)
{
    int64_t seconds = BACKOFF;

    while (attempts-- > 1 && seconds < BACKOFF_MOST)
        seconds *= 2;
    return seconds < BACKOFF_MOST ? seconds : BACKOFF_MOST;
}

/* A job that is done with for now: a schedule goes on, another ends. */
static enum db_rc
settle(struct runner *r, struct db *db, const struct job_kind *k,
       struct job_row *row, int64_t again_utc)
{
    int64_t now = now_of(r, db);
    struct cron c;

    if (k->schedule == NULL || row->key[0] != '\0')
        return db_job_end(db, r->owner, now, row);
    row->attempts = 0;
    if (again_utc > 0)
        row->due_utc = again_utc;
    else if (cron_parse(k->schedule, &c))
        row->due_utc = cron_after(&c, row->due_utc, now);
    return db_job_again(db, r->owner, row);
}

/* At once is now, so that others get their turn. */
static int64_t
again_at(const struct runner *r, const struct job *j, int64_t again_utc)
{
    int64_t now = now_of(r, j->db);

    if (again_utc > 0)
        return again_utc;
    return now < r->horizon ? now : r->horizon;
}

/* Writes down how a job went; says how it counts. */
static enum job_rc
outcome_note(struct runner *r, struct db *db, const struct job *j,
             struct job_row *row, enum job_rc rc)
{
    int64_t again_utc = j->again_utc;
    enum db_rc drc;

    if (again_utc > 0) /* by the clock of this program */
        again_utc += now_of(r, db) - clock_now();
    if (rc == JOB_LATER && row->attempts > j->kind->retries)
        rc = JOB_FAILED;
    str_copy(row->note, sizeof row->note, j->note);
    row->failed = rc == JOB_FAILED;
    if (rc == JOB_AGAIN) {
        row->attempts = 0;
        row->due_utc = again_at(r, j, again_utc);
        drc = db_job_again(db, r->owner, row);
    } else if (rc == JOB_LATER) {
        row->due_utc = now_of(r, db) + backoff(row->attempts);
        drc = db_job_again(db, r->owner, row);
    } else {
        drc = settle(r, db, j->kind, row, again_utc);
    }
    if (rc == JOB_FAILED)
        log_ours("job failed", "kind=%s key=%s attempts=%lld note=%s",
                 row->kind, row->key, (long long)row->attempts, row->note);
    else if (rc == JOB_LATER)
        log_warn("job to be tried again", "kind=%s key=%s note=%s", row->kind,
                 row->key, row->note);
    if (drc == DB_FAIL)
        log_ours("job outcome not noted", "kind=%s key=%s reason=%s", row->kind,
                 row->key, db_error(db));
    return rc;
}

/* Runs a job whose lease was just taken. */
static enum job_rc
run(struct runner *r, struct db *db, const struct job_kind *k,
    struct job_row *row)
{
    struct arena arena = {0};
    struct lease lease = {.job_id = row->id, .seconds = k->lease_seconds};
    struct job j = {.kind = k,
                    .key = row->key,
                    .argument = row->argument,
                    .attempt = ++row->attempts,
                    .db = db,
                    .conf = r->app.conf,
                    .arena = &arena,
                    .runner = r,
                    .lease = &lease};
    enum job_rc rc;

    if (row->attempts > k->retries + 1) { /* whoever had it died each time */
        snprintf(j.note, sizeof j.note, "given up: begun %d times",
                 k->retries + 1);
        rc = JOB_FAILED;
    } else {
        if (r->keeper != NULL)
            lease_keep(r->keeper, &lease);
        rc = k->fn(&j);
        if (r->keeper != NULL)
            lease_drop(r->keeper, &lease);
    }
    rc = outcome_note(r, db, &j, row, rc);
    arena_clear(&arena);
    return rc;
}

/* Of all kinds that may run here, the job that has waited longest. */
static enum db_rc
look(struct runner *r, struct db *db, int64_t due, const struct job_kind **kind,
     struct job_row *first)
{
    struct job_row row;
    enum db_rc rc = DB_NONE;

    for (const struct job_kind *k = r->app.kinds; k->kind != NULL; k++) {
        /* Held ones are the watch's affair: no lease ends by the clock. */
        enum db_rc got = slot_is_free(r, k)
                             ? db_job_get_due(db, k->kind, due, 0, &row)
                             : DB_NONE;

        if (got != DB_OK && got != DB_NONE)
            return got;
        if (got == DB_OK &&
            (rc == DB_NONE || row.due_utc < first->due_utc ||
             (row.due_utc == first->due_utc && row.id < first->id))) {
            *first = row;
            *kind = k;
            rc = DB_OK;
        }
    }
    return rc;
}

/* Looks for a job due at `due` and runs it.  DB_NONE: there is none that this
 * program could run now. */
static enum db_rc
step(struct runner *r, struct db *db, int64_t due, enum job_rc *ran)
{
    const struct job_kind *k = NULL;
    struct job_row row = {0};
    enum db_rc rc;

    do {
        rc = look(r, db, due, &k, &row);
        if (rc != DB_OK)
            return rc;
        if (!slot_take(r, k)) {
            rc = DB_NONE; /* another thread was faster: look again */
            continue;
        }
        rc = db_job_claim(db, row.id, r->owner, 0,
                          now_of(r, db) + k->lease_seconds);
        if (rc == DB_OK)
            *ran = run(r, db, k, &row);
        slot_give(r, k);
    } while (rc == DB_NONE);
    return rc;
}

/* ---- threads
 * --------------------------------------------------------------------- */

/* Waits for work or for a while. */
static void
pause_until(struct runner *r, unsigned long seen, int seconds)
{
    struct timespec until;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += seconds;
    pthread_mutex_lock(&r->lock);
    while (!r->stop && r->woken == seen &&
           pthread_cond_timedwait(&r->wake, &r->lock, &until) == 0)
        continue;
    pthread_mutex_unlock(&r->lock);
}

static unsigned long
woken(struct runner *r)
{
    unsigned long n;

    pthread_mutex_lock(&r->lock);
    n = r->woken;
    pthread_mutex_unlock(&r->lock);
    return n;
}

/* By one thread at a time. */
static void
watch(struct runner *r, struct db *db)
{
    bool mine;

    pthread_mutex_lock(&r->lock);
    mine = !r->watching;
    r->watching = true;
    pthread_mutex_unlock(&r->lock);
    if (!mine)
        return;
    watch_look(&r->watch, &r->app, db, now_of(r, db));
    pthread_mutex_lock(&r->lock);
    r->watching = false;
    pthread_mutex_unlock(&r->lock);
}

static void *
work(void *arg)
{
    struct runner *r = arg;
    struct db *db = NULL;

    while (!atomic_load(&r->stop)) {
        unsigned long seen = woken(r);
        enum job_rc ran;
        enum db_rc rc;

        if (db == NULL)
            db = r->app.open(r->app.arg);
        if (db != NULL)
            watch(r, db);
        rc = db != NULL ? step(r, db, now_of(r, db), &ran) : DB_FAIL;
        if (rc == DB_FAIL)
            log_ours("jobs cannot be read", "reason=%s",
                     db != NULL ? db_error(db) : "no store");
        if (rc != DB_OK)
            pause_until(r, seen, rc == DB_FAIL ? 10 * POLL : POLL);
    }
    if (db != NULL)
        r->app.close(db);
    pthread_mutex_lock(&r->lock);
    r->alive--;
    pthread_cond_signal(&r->ended);
    pthread_mutex_unlock(&r->lock);
    return NULL;
}

static void
owner_name(char to[96])
{
    char host[48] = "", token[16];

    gethostname(host, sizeof host - 1);
    random_token(token, 6);
    snprintf(to, 96, "%s/%ld/%s", host, (long)getpid(), token);
}

static struct runner *
runner_new(const struct runner_app *app)
{
    struct runner *r = mem_new(sizeof *r);
    pthread_condattr_t attr;

    r->app = *app;
    r->horizon = INT64_MAX;
    owner_name(r->owner);
    pthread_mutex_init(&r->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&r->wake, &attr);
    pthread_cond_init(&r->ended, &attr);
    pthread_condattr_destroy(&attr);
    return r;
}

static void
runner_free(struct runner *r)
{
    if (r->keeper != NULL)
        lease_keeper_stop(r->keeper);
    pthread_cond_destroy(&r->wake);
    pthread_cond_destroy(&r->ended);
    pthread_mutex_destroy(&r->lock);
    free(r);
}

static bool
threads_start(struct runner *r)
{
    int most = r->app.threads < THREADS_MOST ? r->app.threads : THREADS_MOST;
    bool ok = true;

    pthread_mutex_lock(&r->lock);
    for (; ok && r->threads < most; r->threads += ok) {
        ok = pthread_create(&r->thread[r->threads], NULL, work, r) == 0;
        r->alive += ok;
    }
    pthread_mutex_unlock(&r->lock);
    return ok;
}

struct runner *
runner_start(const struct runner_app *app, char why[512])
{
    struct db *db = app->open(app->arg);
    struct runner *r;
    bool ok = db != NULL && schedules_note(app, db, why);

    if (db == NULL)
        snprintf(why, 512, "the store cannot be opened for jobs");
    else
        app->close(db);
    if (!ok)
        return NULL;
    r = runner_new(app);
    r->keeper = lease_keeper_start(&r->app, r->owner);
    if (r->keeper == NULL || !threads_start(r)) {
        snprintf(why, 512, "no thread for jobs");
        runner_stop(r, 10);
        return NULL;
    }
    return r;
}

void
runner_wake(struct runner *r)
{
    pthread_mutex_lock(&r->lock);
    r->woken++;
    pthread_cond_broadcast(&r->wake);
    pthread_mutex_unlock(&r->lock);
}

bool
runner_stop(struct runner *r, double seconds)
{
    struct timespec until;
    bool all;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += (time_t)seconds;
    atomic_store(&r->stop, true);
    runner_wake(r);
    pthread_mutex_lock(&r->lock);
    while (r->alive > 0 &&
           pthread_cond_timedwait(&r->ended, &r->lock, &until) == 0)
        continue;
    all = r->alive == 0;
    pthread_mutex_unlock(&r->lock);
    if (!all)
        return false;
    for (int i = 0; i < r->threads; i++)
        pthread_join(r->thread[i], NULL);
    runner_free(r);
    return true;
}

/* ---- until idle
 * --------------------------------------------------------------------- */

bool
runner_until_idle(const struct runner_app *app, struct runner_tally *t,
                  char why[512])
{
    struct db *db = app->open(app->arg);
    int64_t start;
    enum db_rc rc = DB_FAIL;
    enum job_rc ran;
    struct runner *r;

    memset(t, 0, sizeof *t);
    if (db == NULL) {
        snprintf(why, 512, "the store cannot be opened for jobs");
        return false;
    }
    if (!schedules_note(app, db, why)) {
        app->close(db);
        return false;
    }
    r = runner_new(app);
    r->horizon = start = now_of(r, db);
    watch_free_lapsed(app, db, start);
    r->keeper = lease_keeper_start(&r->app, r->owner);
    while ((rc = step(r, db, start, &ran)) == DB_OK || rc == DB_BUSY) {
        if (rc == DB_BUSY)
            continue;
        t->done += ran == JOB_DONE || ran == JOB_AGAIN;
        t->later += ran == JOB_LATER;
        t->failed += ran == JOB_FAILED;
    }
    if (rc == DB_FAIL)
        snprintf(why, 512, "jobs cannot be read: %.400s", db_error(db));
    app->close(db);
    runner_free(r);
    return rc == DB_NONE;
}
