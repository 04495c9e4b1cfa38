/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Connections to the servers that hold readings, and a breaker for each server:
 * when it does not answer, all threads of the program leave it alone for a
 * while, and then one of them tries.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "db/shard_home.h"
#include "server/base/clock.h"
#include "server/base/log.h"
#include "server/base/str.h"

#define CONNECT_MS  1500  /* for a connection to a server of readings */
#define PATIENCE_MS 10000 /* for its answer */
#define REST_MS     250   /* left alone after the first failure */
#define REST_MOST   4000  /* and after many */
#define NAP_MS      200
#define ASK_SECONDS 2 /* for all servers, whether they are there */

/* ---- breakers --------------------------------------------------------------
 */

struct breaker {
    char identity[33];
    _Atomic int64_t until_ms; /* left alone until then */
    _Atomic int failures;     /* in a row */
};

static int64_t
now_ms(void)
{
    return (int64_t)(clock_monotonic() * 1000);
}

/* One for each server that this program has met, for good. */
static struct breaker *
breaker_of(const char *identity)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static struct breaker all[4 * SHARDS_MOST];
    size_t i = 0;

    pthread_mutex_lock(&lock);
    while (i + 1 < sizeof all / sizeof *all && all[i].identity[0] &&
           !str_eq(all[i].identity, identity))
        i++;
    str_copy(all[i].identity, sizeof all[i].identity, identity);
    pthread_mutex_unlock(&lock);
    return &all[i];
}

/* May this thread try?  While a server is away, one at a time. */
static bool
breaker_lets(struct breaker *b)
{
    int64_t until = atomic_load(&b->until_ms), now = now_ms();

    if (!atomic_load(&b->failures))
        return true;
    return now >= until &&
           atomic_compare_exchange_strong(&b->until_ms, &until,
                                          now + CONNECT_MS + REST_MS);
}

static void
breaker_note(struct breaker *b, const struct shard *s, bool ok)
{
    int before, rest = REST_MS;

    if (ok) {
        if (atomic_load(&b->failures) && atomic_exchange(&b->failures, 0))
            log_info("server of readings is back", "shard=%d at=%s", (int)s->id,
                     s->where);
        return;
    }
    before = atomic_fetch_add(&b->failures, 1);
    for (int i = 0; i < before && rest < REST_MOST; i++)
        rest *= 2;
    atomic_store(&b->until_ms, now_ms() + rest);
    if (!before)
        log_warn("server of readings is away", "shard=%d at=%s", (int)s->id,
                 s->where);
}

/* ---- connections -----------------------------------------------------------
 */

bool
shard_where(const char *conninfo, char *to, size_t size)
{
    PQconninfoOption *all = PQconninfoParse(conninfo, NULL);
    const char *host = "", *port = "5432", *name = "";

    for (PQconninfoOption *o = all; o && o->keyword; o++) {
        if (!o->val)
            continue;
        if (str_eq(o->keyword, "host") ||
            (str_eq(o->keyword, "hostaddr") && !*host))
            host = o->val;
        else if (str_eq(o->keyword, "port"))
            port = o->val;
        else if (str_eq(o->keyword, "dbname"))
            name = o->val;
    }
    snprintf(to, size, "%s:%s/%s", host, port, name);
    PQconninfoFree(all);
    return all != NULL;
}

enum db_rc
shard_connect(const char *conninfo, struct db_conn **c, char why[DB_WHY])
{
    return pg_open_within(conninfo, DB_CREATE, 4 * CONNECT_MS, 4 * PATIENCE_MS,
                          c, why);
}

/* A conninfo that leads to another server must do no harm. */
static enum db_rc
identity_check(struct shard *s, char why[DB_WHY])
{
    char identity[33] = "";
    enum db_rc rc;

    rc = conn_one(s->conn, "SELECT identity FROM shard_self", IN_NONE,
                  OUT(out_text(identity, sizeof identity)));
    if (rc == DB_OK && str_eq(identity, s->identity))
        return DB_OK;
    if (rc == DB_BUSY)
        str_copy(why, DB_WHY, s->conn->error);
    else
        snprintf(why, DB_WHY, "the server there is not shard %d of this store",
                 (int)s->id);
    return rc == DB_BUSY ? DB_AWAY : DB_FAIL;
}

static void
drop(struct shard *s)
{
    conn_close(s->conn);
    s->conn = NULL;
}

static enum db_rc
away(struct shard *s, const char *why)
{
    snprintf(s->error, sizeof s->error, "shard %d (%s) does not answer: %.300s",
             (int)s->id, s->where, why);
    return DB_AWAY;
}

/* Makes the connection, or finds that the one there is still good. */
static enum db_rc
connected(const struct db *db, struct shard *s)
{
    char why[DB_WHY] = "";
    enum db_rc rc;

    if (!s->breaker)
        s->breaker = breaker_of(s->identity);
    if (s->conn && !pg_is_alive(s->conn))
        drop(s);
    if (s->conn && !atomic_load(&s->breaker->failures))
        return DB_OK;
    if (!breaker_lets(s->breaker))
        return away(s, "it did not a moment ago");
    if (s->conn)
        return DB_OK;
    rc = pg_open_within(s->conninfo, db->mode, CONNECT_MS,
                        db->patience_ms ? db->patience_ms : PATIENCE_MS,
                        &s->conn, why);
    if (rc == DB_OK)
        rc = identity_check(s, why);
    if (rc == DB_OK)
        return rc;
    drop(s);
    breaker_note(s->breaker, s, false);
    return away(s, why);
}

static enum db_rc
note(struct shard *s, const struct db_conn *c, enum db_rc rc)
{
    if (rc == DB_FAIL || rc == DB_BUSY)
        str_copy(s->error, sizeof s->error, c->error);
    return rc;
}

/* Or going: its last words may come before its end. */
static bool
is_gone(struct db_conn *c)
{
    char why[DB_WHY];
    bool gone = !pg_is_alive(c);

    if (gone)
        return true;
    str_copy(why, sizeof why, c->error);
    gone = c->driver->script(c, "SELECT 1") == DB_BUSY;
    str_copy(c->error, sizeof c->error, why);
    return gone;
}

enum db_rc
shard_call_apart(const struct db *db, struct shard *s, shard_fn *fn, void *arg)
{
    struct db_conn *c = db->home[DB_MARKET];
    enum db_rc rc;

    if (!s->id)
        return note(s, c, fn(c, arg));
    rc = connected(db, s);
    if (rc != DB_OK)
        return rc;
    rc = fn(s->conn, arg);
    if (rc == DB_BUSY && is_gone(s->conn)) {
        breaker_note(s->breaker, s, false);
        rc = away(s, s->conn->error);
        drop(s);
        return rc;
    }
    breaker_note(s->breaker, s, true);
    return note(s, s->conn, rc);
}

static enum db_rc
ask(struct db_conn *c, void *arg)
{
    (void)arg;
    return c->driver->script(c, "SELECT 1");
}

/* After `until` only what others found. */
static bool
is_away(struct db *db, struct shard *s, double until)
{
    if (clock_monotonic() < until)
        return shard_call_apart(db, s, ask, NULL) != DB_OK;
    return s->breaker && atomic_load(&s->breaker->failures) > 0;
}

enum db_rc
shard_away_count(struct db *db, int64_t *away)
{
    static atomic_size_t rounds; /* each begins with another server */
    const size_t first = atomic_fetch_add(&rounds, 1);
    const double until = clock_monotonic() + ASK_SECONDS;
    const int patience_ms = db->patience_ms;
    struct shards *s;
    enum db_rc rc = DB_OK;

    *away = 0;
    if (db->engine != DB_POSTGRES)
        return DB_OK;
    rc = shards_fresh(db, &s);
    if (rc != DB_OK)
        return rc;
    db->patience_ms = CONNECT_MS;
    for (size_t i = 1; i < s->n; i++)
        *away += is_away(db, &s->at[1 + (first + i) % (s->n - 1)], until);
    db->patience_ms = patience_ms;
    return DB_OK;
}

enum db_rc
shard_said(struct db *db, const struct shard *s, enum db_rc rc)
{
    if (rc == DB_FAIL || rc == DB_BUSY || rc == DB_AWAY)
        str_copy(db->error, sizeof db->error, s->error);
    return rc;
}

enum db_rc
shard_call(struct db *db, struct shard *s, shard_fn *fn, void *arg)
{
    return shard_said(db, s, shard_call_apart(db, s, fn, arg));
}

/* ---- writing ---------------------------------------------------------------
 */

struct writing {
    const struct db *db;
    struct db_conn *c;
    bool own; /* the catalog's database */
    shard_fn *fn;
    void *arg;
};

static enum db_rc
shut_out(struct writing *w)
{
    str_copy(w->c->error, DB_WHY,
             "the writer lock was lost; another program writes");
    return DB_BUSY;
}

/* Another writer has removed this load meanwhile?  Waits for a transaction of
 * ours whose end we did not hear of. */
static enum db_rc
writing(void *arg)
{
    struct writing *w = arg;
    int64_t changed = 1;
    enum db_rc rc = DB_OK;

    if (!w->db->lock_token)
        return w->fn(w->c, w->arg);
    if (w->own)
        rc = conn_run(w->c, "UPDATE writer SET token = $1 WHERE token = $1",
                      IN(in_i64(w->db->lock_token)), &changed);
    else
        rc = conn_run(w->c,
                      "UPDATE shard_fence SET token = $1 "
                      "WHERE id = 1 AND token <= $1",
                      IN(in_i64(w->db->lock_token)), &changed);
    if (rc == DB_OK && !changed)
        rc = shut_out(w);
    return rc == DB_OK ? w->fn(w->c, w->arg) : rc;
}

static enum db_rc
write_tx(struct db_conn *c, void *arg)
{
    struct writing *w = arg;

    w->c = c;
    return conn_tx(c, writing, w);
}

enum db_rc
shard_write_apart(const struct db *db, struct shard *s, shard_fn *fn, void *arg)
{
    struct writing w = {.db = db, .own = !s->id, .fn = fn, .arg = arg};

    return shard_call_apart(db, s, write_tx, &w);
}

enum db_rc
shard_write(struct db *db, struct shard *s, shard_fn *fn, void *arg)
{
    return shard_said(db, s, shard_write_apart(db, s, fn, arg));
}

bool
shard_wait(struct db *db, double *since)
{
    double now = clock_monotonic();

    if (*since == 0 && db->wait_seconds > 0)
        log_warn("write waits for a server of readings", "why=%s", db->error);
    if (*since == 0)
        *since = now;
    if (now - *since >= db->wait_seconds)
        return false;
    if (db->wait_tell)
        db->wait_tell(db->wait_arg, db->error);
    nanosleep(&(struct timespec){.tv_nsec = NAP_MS * 1000000L}, NULL);
    return true;
}
