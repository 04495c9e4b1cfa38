/* SPDX-License-Identifier: Apache-2.0 */
#include "db/backup_moment.h"

#include <stdio.h>

#include "server/base/str.h"

void
moment_close(struct moment *m)
{
    for (size_t i = 0; i < m->n; i++)
        conn_close(m->at[i].c);
    m->n = 0;
}

enum db_rc
origin_failed(const struct moment *m, const struct origin *o, const char *what,
              char why[DB_WHY])
{
    if (m->n > 1)
        snprintf(why, DB_WHY, "%s: %.380s", o->where, what);
    else
        snprintf(why, DB_WHY, "%.500s", what);
    return DB_FAIL;
}

/* The lock keeps months from being detached until they were copied; what is
 * asked first after it fixes the moment. */
static enum db_rc
origin_begin(struct moment *m, struct origin *o, const char *identity,
             char why[DB_WHY])
{
    enum db_rc rc = o->c->driver->script(
        o->c, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;"
              "SET LOCAL idle_in_transaction_session_timeout = 0;"
              "SET LOCAL statement_timeout = 0;"
              "LOCK TABLE reading IN ACCESS SHARE MODE");

    if (rc == DB_OK)
        rc = conn_one(o->c, identity, IN_NONE,
                      OUT(out_text(o->identity, sizeof o->identity)));
    if (rc == DB_NONE)
        return origin_failed(m, o, "it is no server of this store", why);
    if (rc != DB_OK)
        return origin_failed(m, o, o->c->error, why);
    pg_is_begun(o->c);
    return DB_OK;
}

/* False: no buckets lie there. */
static bool
origin_buckets(struct origin *o, const struct shards *s, size_t place)
{
    const size_t size = sizeof o->which;
    size_t n = 0;

    for (int b = 0; b < READING_BUCKETS; b++) {
        if (s->bucket[b] == place)
            n += (size_t)snprintf(o->which + n, size - n,
                                  n ? ",%d" : "AND bucket IN (%d", b);
    }
    snprintf(o->which + n, size - n, n ? ")" : "AND false");
    return n > 0;
}

/* The store's own database, and whether others have buckets. */
static enum db_rc
moment_first(struct db *db, struct moment *m, bool *spread, char why[DB_WHY])
{
    struct origin *o = &m->at[0];
    enum db_rc rc = pg_open(db->place, DB_READ, &o->c, why);

    if (rc != DB_OK)
        return DB_FAIL;
    m->n = 1;
    str_copy(o->where, sizeof o->where, "the store's own database");
    rc = origin_begin(m, o, "SELECT CAST(number AS TEXT) FROM epoch", why);
    if (rc != DB_OK)
        return rc;
    rc = conn_one(
        o->c,
        "SELECT pg_export_snapshot(), "
        "EXISTS (SELECT 1 FROM shard_bucket) "
        "OR EXISTS (SELECT 1 FROM shard_move)",
        IN_NONE,
        OUT(out_text(m->snapshot, sizeof m->snapshot), out_bool(spread)));
    return rc == DB_OK ? rc : origin_failed(m, o, o->c->error, why);
}

/* A server must be the one that the store knows. */
static enum db_rc
moment_server(struct moment *m, const struct shard *s, size_t place,
              const struct shards *all, char why[DB_WHY])
{
    struct origin *o = &m->at[m->n];
    char reason[DB_WHY];
    enum db_rc rc;

    if (!origin_buckets(o, all, place))
        return DB_OK;
    snprintf(o->where, sizeof o->where, "shard %d (%.100s)", (int)s->id,
             s->where);
    if (shard_connect(s->conninfo, &o->c, reason) != DB_OK) {
        snprintf(why, DB_WHY, "%s cannot be used: %.300s", o->where, reason);
        return DB_AWAY;
    }
    m->n++;
    rc = origin_begin(m, o, "SELECT identity FROM shard_self", why);
    if (rc == DB_OK && !str_eq(o->identity, s->identity))
        rc = origin_failed(m, o, "it is no server of this store", why);
    return rc;
}

/* Under the writer lock nobody adds or removes rows that count, and no bucket
 * changes its server: so the moments of all are one. */
static enum db_rc
moment_locked(struct db *db, struct moment *m, char why[DB_WHY])
{
    struct shards *s = NULL;
    bool spread;
    enum db_rc rc = moment_first(db, m, &spread, why);

    if (rc != DB_OK)
        return rc;
    rc = shards_fresh(db, &s);
    if (rc != DB_OK) {
        str_copy(why, DB_WHY, db->error);
        return rc;
    }
    origin_buckets(&m->at[0], s, 0);
    for (size_t i = 1; i < s->n && rc == DB_OK; i++)
        rc = moment_server(m, &s->at[i], i, s, why);
    if (rc == DB_OK && (rc = db_writer_check(db)) != DB_OK)
        str_copy(why, DB_WHY, db->error);
    return rc;
}

enum db_rc
moment_open(struct db *db, struct moment *m, double seconds, char why[DB_WHY])
{
    bool spread = false;
    enum db_rc rc = moment_first(db, m, &spread, why);

    if (rc != DB_OK || !spread)
        return rc;
    moment_close(m);
    rc = db_writer_lock(db, seconds);
    if (rc != DB_OK) {
        str_copy(why, DB_WHY, db->error);
        return rc;
    }
    rc = moment_locked(db, m, why);
    db_writer_unlock(db);
    return rc;
}
