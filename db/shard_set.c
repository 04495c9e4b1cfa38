/* SPDX-License-Identifier: Apache-2.0 */
/* Taking servers into the list, and telling what is on them. */
#include <stdio.h>

#include "db/migrate.h"
#include "db/shard_home.h"
#include "server/base/clock.h"
#include "server/base/hash.h"
#include "server/base/log.h"
#include "server/base/str.h"

#define VERSION_LEAST  140000 /* of PostgreSQL: detaches beside readers */
#define IDENTITY_BYTES 15

/* ---- facts -----------------------------------------------------------------
 */

static enum db_rc
call_facts(struct db_conn *c, void *arg)
{
    struct shard_facts *f = arg;

    return conn_one(
        c,
        "SELECT coalesce(sum(pg_total_relation_size(inhrelid)), 0), "
        "count(*) FROM pg_inherits WHERE inhparent = "
        "CAST('reading' AS regclass)",
        IN_NONE, OUT(out_i64(&f->bytes), out_i64(&f->partitions)));
}

static enum db_rc
facts_take(struct db *db, struct shards *s, size_t place, struct shard_facts *f)
{
    struct shard *one = &s->at[place];
    enum db_rc rc;

    *f = (struct shard_facts){.id = one->id, .leaving = one->leaving};
    str_copy(f->where, sizeof f->where, one->where);
    for (size_t b = 0; b < READING_BUCKETS; b++)
        f->buckets += s->bucket[b] == place;
    rc = shard_call(db, one, call_facts, f);
    f->reachable = rc == DB_OK;
    if (rc != DB_OK)
        str_copyn(f->why, sizeof f->why, one->error,
                  strnlen(one->error, sizeof f->why - 1));
    return rc == DB_AWAY ? DB_OK : rc;
}

enum db_rc
shard_each(struct db *db, struct shard_facts *f, int64_t *moves,
           bool (*row)(void *arg), void *arg)
{
    struct shards *s;
    enum db_rc rc;

    if (db->engine != DB_POSTGRES)
        return DB_NONE;
    rc = shards_fresh(db, &s);
    if (rc == DB_OK)
        rc = db_one(db, DB_MARKET, "SELECT count(*) FROM shard_move", IN_NONE,
                    OUT(out_i64(moves)));
    for (size_t i = 0; rc == DB_OK && i < s->n; i++) {
        rc = facts_take(db, s, i, f);
        if (rc == DB_OK && !row(arg))
            break;
    }
    return rc;
}

/* ---- the list --------------------------------------------------------------
 */

struct entry {
    const char *conninfo;
    char identity[33];
    int32_t id;
    bool ready, found;
};

static enum db_rc
map_changed(struct db *db)
{
    return db_run(db, DB_MARKET, "UPDATE shard_map SET version = version + 1",
                  IN_NONE, NULL);
}

/* Draws an identity, or finds the one of an attempt that was cut off. */
static enum db_rc
entry_begin(struct db *db, void *arg)
{
    struct entry *e = arg;
    int64_t n;
    enum db_rc rc;

    rc = db_one(db, DB_MARKET,
                "SELECT id, identity, ready FROM shard WHERE conninfo = $1",
                IN(in_text(e->conninfo)),
                OUT(out_i32(&e->id), out_text(e->identity, sizeof e->identity),
                    out_bool(&e->ready)));
    e->found = rc == DB_OK;
    if (rc != DB_NONE)
        return rc;
    rc = db_one(db, DB_MARKET, "SELECT count(*) FROM shard", IN_NONE,
                OUT(out_i64(&n)));
    if (rc != DB_OK)
        return rc;
    if (n == SHARDS_MOST) {
        snprintf(db->error, sizeof db->error, "more than %d servers",
                 SHARDS_MOST);
        return DB_FAIL;
    }
    random_token(e->identity, IDENTITY_BYTES);
    return db_one(
        db, DB_MARKET,
        "INSERT INTO shard (id, identity, conninfo, ready, leaving, "
        "added_utc) SELECT coalesce(max(id), 0) + 1, $1, $2, FALSE, "
        "FALSE, $3 FROM shard RETURNING id",
        IN(in_text(e->identity), in_text(e->conninfo), in_i64(clock_now())),
        OUT(out_i32(&e->id)));
}

static enum db_rc
entry_ready(struct db *db, void *arg)
{
    const struct entry *e = arg;
    enum db_rc rc;

    rc = db_run(db, DB_MARKET,
                "UPDATE shard SET ready = TRUE, leaving = FALSE, conninfo = $2 "
                "WHERE id = $1",
                IN(in_i64(e->id), in_text(e->conninfo)), NULL);
    return rc == DB_OK ? map_changed(db) : rc;
}

/* ---- a server --------------------------------------------------------------
 */

static enum db_rc
refuse(char why[DB_WHY], const char *where, const char *reason)
{
    snprintf(why, DB_WHY, "%.120s: %.380s", where, reason);
    return DB_FAIL;
}

/* May readings lie there? */
static enum db_rc
server_check(struct db_conn *c, const char *where, char why[DB_WHY])
{
    bool standby = false, store = false, may = false;
    enum db_rc rc;

    if (PQserverVersion(pg_handle(c)) < VERSION_LEAST)
        return refuse(why, where, "PostgreSQL is older than 14");
    rc = conn_one(c,
                  "SELECT pg_is_in_recovery(), "
                  "to_regclass('load') IS NOT NULL, "
                  "has_schema_privilege(current_schema(), 'CREATE')",
                  IN_NONE,
                  OUT(out_bool(&standby), out_bool(&store), out_bool(&may)));
    if (rc != DB_OK)
        return refuse(why, where, c->error);
    if (standby)
        return refuse(why, where, "is a standby, which cannot be written to");
    if (store)
        return refuse(why, where,
                      "holds a whole store; readings need a database of their "
                      "own");
    if (!may)
        return refuse(why, where,
                      "the role may not create tables in its schema");
    return DB_OK;
}

/* "" when the server is no shard yet. */
static enum db_rc
server_identity(struct db_conn *c, char identity[33])
{
    bool any = false;
    enum db_rc rc = conn_one(c, "SELECT to_regclass('shard_self') IS NOT NULL",
                             IN_NONE, OUT(out_bool(&any)));

    identity[0] = '\0';
    if (rc != DB_OK || !any)
        return rc;
    rc = conn_one(c, "SELECT identity FROM shard_self", IN_NONE,
                  OUT(out_text(identity, 33)));
    return rc == DB_NONE ? DB_OK : rc;
}

/* The server has an identity: which of ours is it? */
static enum db_rc
known_take(struct db *db, struct entry *e, const char *where, char why[DB_WHY])
{
    enum db_rc rc = db_one(
        db, DB_MARKET, "SELECT id, ready FROM shard WHERE identity = $1",
        IN(in_text(e->identity)), OUT(out_i32(&e->id), out_bool(&e->ready)));

    if (rc == DB_NONE)
        return refuse(why, where, "is a shard of another store");
    if (rc == DB_OK)
        rc = db_tx(db, DB_MARKET, entry_ready, e);
    return rc == DB_OK ? rc : refuse(why, where, db->error);
}

static enum db_rc
fresh_take(struct db *db, struct db_conn *c, struct entry *e, const char *where,
           char why[DB_WHY])
{
    enum db_rc rc = db_tx(db, DB_MARKET, entry_begin, e);

    if (rc != DB_OK)
        return refuse(why, where, db->error);
    if (e->ready)
        return refuse(why, where,
                      "the server there has lost its readings: it is empty");
    rc = conn_run(c,
                  "INSERT INTO shard_self (id, shard_id, identity) "
                  "VALUES (1, $1, $2)",
                  IN(in_i64(e->id), in_text(e->identity)), NULL);
    if (rc != DB_OK)
        return refuse(why, where, c->error);
    rc = db_tx(db, DB_MARKET, entry_ready, e);
    if (rc != DB_OK)
        return refuse(why, where, db->error);
    log_info("server of readings added", "shard=%d at=%s", (int)e->id, where);
    return DB_OK;
}

enum db_rc
shard_add(struct db *db, const char *conninfo, int32_t *id, bool *fresh,
          char why[DB_WHY])
{
    struct entry e = {.conninfo = conninfo};
    char where[128];
    struct db_conn *c = NULL;
    enum db_rc rc;

    if (db->engine != DB_POSTGRES)
        return refuse(why, db->store, "only a PostgreSQL store has shards");
    if (!shard_where(conninfo, where, sizeof where))
        return refuse(why, "conninfo",
                      "not of the form \"host=… port=… dbname=…\"");
    rc = shard_connect(conninfo, &c, why);
    if (rc == DB_OK)
        rc = server_check(c, where, why);
    if (rc == DB_OK)
        rc = migrate_up(c, DB_SHARD, MIGRATIONS, why);
    if (rc == DB_OK) {
        rc = server_identity(c, e.identity);
        *fresh = !e.identity[0];
        if (rc != DB_OK)
            refuse(why, where, c->error);
        else
            rc = *fresh ? fresh_take(db, c, &e, where, why)
                        : known_take(db, &e, where, why);
    }
    conn_close(c);
    *id = e.id;
    return rc;
}

static enum db_rc
leave(struct db *db, void *arg)
{
    int64_t changed;
    enum db_rc rc =
        db_run(db, DB_MARKET, "UPDATE shard SET leaving = TRUE WHERE id = $1",
               IN(in_i64(*(int32_t *)arg)), &changed);

    if (rc == DB_OK && !changed)
        return DB_NONE;
    return rc == DB_OK ? map_changed(db) : rc;
}

enum db_rc
shard_leave(struct db *db, int32_t id)
{
    return db_tx(db, DB_MARKET, leave, &id);
}
