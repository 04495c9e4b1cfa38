/* SPDX-License-Identifier: Apache-2.0 */
/* The SQL of sessions, failed sign-ins and known devices. */
#include "db/session.h"

#include "db/rc.h"

#define HOUR 3600
/* A time further ahead than this is of a clock that was wrong. */
#define AHEAD 3600
#define DEVICE_LIFE                                                            \
    (180 * 86400) /* a device unseen that long is a stranger                   \
                   */

#define COLUMNS                                                                \
    "id, account_id, created_utc, seen_utc, ends_utc, idle_seconds, peer, "    \
    "agent"
#define SESSION_OUT(s)                                                         \
    OUT(out_i64(&(s)->id), out_i64(&(s)->account_id),                          \
        out_i64(&(s)->created_utc), out_i64(&(s)->seen_utc),                   \
        out_i64(&(s)->ends_utc), out_i64(&(s)->idle_seconds),                  \
        out_text((s)->peer, sizeof(s)->peer),                                  \
        out_text((s)->agent, sizeof(s)->agent))

enum db_rc
db_session_add(struct db *db, const char *token_hash, struct session *s)
{
    enum db_rc rc = db_next_id(db, DB_ACCOUNT, "session", 1, &s->id);

    if (rc != DB_OK)
        return rc;
    return db_run(db, DB_ACCOUNT,
                  "INSERT INTO account_session (token, " COLUMNS ") "
                  "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
                  IN(in_text(token_hash), in_i64(s->id), in_i64(s->account_id),
                     in_i64(s->created_utc), in_i64(s->seen_utc),
                     in_i64(s->ends_utc), in_i64(s->idle_seconds),
                     in_text(s->peer), in_text(s->agent)),
                  NULL);
}

enum db_rc
db_session_get(struct db *db, const char *token_hash, int64_t now,
               struct session *s)
{
    return db_one(db, DB_ACCOUNT,
                  "SELECT " COLUMNS " FROM account_session WHERE token = $1 "
                  "AND ends_utc > $2 AND seen_utc + idle_seconds > $2 "
                  "AND seen_utc <= $3 AND created_utc <= $3",
                  IN(in_text(token_hash), in_i64(now), in_i64(now + AHEAD)),
                  SESSION_OUT(s));
}

enum db_rc
db_session_seen(struct db *db, int64_t id, int64_t utc)
{
    return db_run_lightly(db, DB_ACCOUNT,
                          "UPDATE account_session SET seen_utc = $2 "
                          "WHERE id = $1 AND seen_utc < $2",
                          IN(in_i64(id), in_i64(utc)));
}

enum db_rc
db_session_each(struct db *db, int64_t account_id, int64_t now,
                struct session *s, bool (*row)(void *arg), void *arg)
{
    return db_each(db, DB_ACCOUNT,
                   "SELECT " COLUMNS
                   " FROM account_session WHERE account_id = $1 "
                   "AND ends_utc > $2 AND seen_utc + idle_seconds > $2 "
                   "AND seen_utc <= $3 AND created_utc <= $3 "
                   "ORDER BY seen_utc DESC, id DESC",
                   IN(in_i64(account_id), in_i64(now), in_i64(now + AHEAD)),
                   SESSION_OUT(s), row, arg);
}

enum db_rc
db_session_del(struct db *db, int64_t account_id, int64_t id)
{
    return db_run_one(
        db, DB_ACCOUNT,
        "DELETE FROM account_session WHERE account_id = $1 AND id = $2",
        IN(in_i64(account_id), in_i64(id)));
}

enum db_rc
db_session_del_all(struct db *db, int64_t account_id, int64_t keep)
{
    return db_run(
        db, DB_ACCOUNT,
        "DELETE FROM account_session WHERE account_id = $1 AND id <> $2",
        IN(in_i64(account_id), in_i64(keep)), NULL);
}

enum db_rc
db_session_purge(struct db *db, int64_t now)
{
    enum db_rc rc;

    rc = db_run(db, DB_ACCOUNT,
                "DELETE FROM account_session WHERE ends_utc <= $1 "
                "OR seen_utc + idle_seconds <= $1",
                IN(in_i64(now)), NULL);
    if (rc == DB_OK)
        rc = db_run(db, DB_ACCOUNT,
                    "DELETE FROM login_failure WHERE since_utc <= $1",
                    IN(in_i64(now - HOUR)), NULL);
    if (rc == DB_OK)
        rc = db_run(db, DB_ACCOUNT,
                    "DELETE FROM account_device WHERE seen_utc <= $1",
                    IN(in_i64(now - DEVICE_LIFE)), NULL);
    return rc;
}

/* ---- failures by the hour ------------------------------------------------*/

struct attempt {
    const char *key;
    const struct throttle *t;
    int64_t now;
    int64_t wait;
    bool refused;
};

static int64_t
wait_after(const struct throttle *t, int64_t failures)
{
    int64_t wait = 1;

    if (failures <= t->free)
        return 0;
    for (int64_t i = t->free + 1; i < failures && wait < t->wait_most; i++)
        wait *= 2;
    return wait < t->wait_most ? wait : t->wait_most;
}

static enum db_rc
attempt(struct db *db, void *arg)
{
    struct attempt *a = arg;
    int64_t failures = 0, since = a->now, wait_utc = 0;
    enum db_rc rc =
        db_one(db, DB_ACCOUNT,
               "SELECT failures, since_utc, wait_utc FROM login_failure "
               "WHERE key = $1",
               IN(in_text(a->key)),
               OUT(out_i64(&failures), out_i64(&since), out_i64(&wait_utc)));

    if (rc != DB_OK && rc != DB_NONE)
        return rc;
    if (a->now >= since + HOUR || since > a->now + AHEAD) {
        failures = 0;
        since = a->now;
        wait_utc = 0;
    }
    if (failures >= a->t->hour_most)
        wait_utc = since + HOUR;
    a->refused = wait_utc > a->now;
    a->wait = a->refused ? wait_utc - a->now : 0;
    if (a->refused)
        return DB_OK;
    failures++;
    return db_run(
        db, DB_ACCOUNT,
        "INSERT INTO login_failure (key, failures, since_utc, wait_utc) "
        "VALUES ($1, $2, $3, $4) ON CONFLICT (key) DO UPDATE SET "
        "failures = excluded.failures, since_utc = excluded.since_utc, "
        "wait_utc = excluded.wait_utc",
        IN(in_text(a->key), in_i64(failures), in_i64(since),
           in_i64(a->now + wait_after(a->t, failures))),
        NULL);
}

enum db_rc
db_login_try(struct db *db, const char *key, const struct throttle *t,
             int64_t now, int64_t *wait)
{
    struct attempt a = {.key = key, .t = t, .now = now};
    enum db_rc rc = db_tx(db, DB_ACCOUNT, attempt, &a);

    *wait = a.wait;
    return rc == DB_OK && a.refused ? DB_NONE : rc;
}

enum db_rc
db_login_forget(struct db *db, const char *key)
{
    return db_run(db, DB_ACCOUNT, "DELETE FROM login_failure WHERE key = $1",
                  IN(in_text(key)), NULL);
}

enum db_rc
db_login_take_back(struct db *db, const char *key)
{
    return db_run(
        db, DB_ACCOUNT,
        "UPDATE login_failure SET failures = failures - 1, wait_utc = 0 "
        "WHERE key = $1 AND failures > 0",
        IN(in_text(key)), NULL);
}

/* ---- known devices -------------------------------------------------------*/

enum db_rc
db_device_put(struct db *db, const char *token_hash, int64_t account_id,
              int64_t now)
{
    return db_run(
        db, DB_ACCOUNT,
        "INSERT INTO account_device (token, account_id, seen_utc) "
        "VALUES ($1, $2, $3) ON CONFLICT (token) DO UPDATE SET "
        "account_id = excluded.account_id, seen_utc = excluded.seen_utc",
        IN(in_text(token_hash), in_i64(account_id), in_i64(now)), NULL);
}

enum db_rc
db_device_get(struct db *db, const char *token_hash, int64_t account_id)
{
    int64_t seen;

    return db_one(db, DB_ACCOUNT,
                  "SELECT seen_utc FROM account_device WHERE token = $1 "
                  "AND account_id = $2",
                  IN(in_text(token_hash), in_i64(account_id)),
                  OUT(out_i64(&seen)));
}

enum db_rc
db_device_del_all(struct db *db, int64_t account_id)
{
    return db_run(db, DB_ACCOUNT,
                  "DELETE FROM account_device WHERE account_id = $1",
                  IN(in_i64(account_id)), NULL);
}
