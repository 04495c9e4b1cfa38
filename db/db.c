/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The handle on the store: opening it on either engine, and db.h's calls as
 * calls on the connection of a home.
 */
#include "db/db.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/engine.h"
#include "db/gate.h"
#include "db/migrate.h"
#include "db/reading_home.h"
#include "server/base/str.h"

static const char *const HOME_NAME[] = {"account", "market", "shard"};

const char *
db_home_name(enum db_home home)
{
    return HOME_NAME[home];
}

enum db_engine
db_engine(const struct db *db)
{
    return db->engine;
}

const char *
db_store(const struct db *db)
{
    return db->store;
}

const char *
db_place(const struct db *db)
{
    return db->place;
}

const char *
db_error(const struct db *db)
{
    return db->error;
}

struct db_conn *
db_conn(struct db *db, enum db_home home)
{
    return db->home[home];
}

/* Keeps what a connection says of its failure. */
static enum db_rc
note(struct db *db, enum db_home home, enum db_rc rc)
{
    if (db->home[home]->restored) {
        db->home[home]->restored = false;
        db->reading_stale = true;
    }
    if (rc == DB_FAIL || rc == DB_BUSY)
        str_copy(db->error, sizeof db->error, db->home[home]->error);
    return rc;
}

enum db_rc
db_one(struct db *db, enum db_home home, const char *sql, struct db_ins in,
       struct db_outs out)
{
    if (db_gate(db) != DB_OK)
        return DB_BUSY;
    return note(db, home, conn_one(db->home[home], sql, in, out));
}

enum db_rc
db_each(struct db *db, enum db_home home, const char *sql, struct db_ins in,
        struct db_outs out, bool (*row)(void *arg), void *arg)
{
    if (db_gate(db) != DB_OK)
        return DB_BUSY;
    return note(db, home, conn_each(db->home[home], sql, in, out, row, arg));
}

enum db_rc
db_run(struct db *db, enum db_home home, const char *sql, struct db_ins in,
       int64_t *changed)
{
    if (db_gate(db) != DB_OK)
        return DB_BUSY;
    return note(db, home, conn_run(db->home[home], sql, in, changed));
}

enum db_rc
db_run_lightly(struct db *db, enum db_home home, const char *sql,
               struct db_ins in)
{
    struct db_conn *c = db->home[home];
    enum db_rc rc;

    if (db_gate(db) != DB_OK)
        return DB_BUSY;
    if (db->engine == DB_SQLITE)
        sqlite_lightly(c, true);
    rc = conn_run(c, sql, in, NULL);
    if (db->engine == DB_SQLITE)
        sqlite_lightly(c, false);
    return note(db, home, rc);
}

enum db_rc
db_bulk(struct db *db, enum db_home home, const char *insert, const char *copy,
        size_t columns, bool (*next)(void *arg, struct db_in *row), void *arg)
{
    struct db_conn *c = db->home[home];

    return note(db, home, c->driver->bulk(c, insert, copy, columns, next, arg));
}

struct tx_call {
    struct db *db;
    enum db_rc (*fn)(struct db *db, void *arg);
    void *arg;
};

static enum db_rc
tx_call(void *arg)
{
    struct tx_call *t = arg;

    return t->fn(t->db, t->arg);
}

enum db_rc
db_tx(struct db *db, enum db_home home,
      enum db_rc (*fn)(struct db *db, void *arg), void *arg)
{
    struct tx_call t = {db, fn, arg};

    if (db_gate(db) != DB_OK)
        return DB_BUSY;
    return note(db, home, conn_tx(db->home[home], tx_call, &t));
}

struct draw {
    struct db *db;
    enum db_home home;
    const char *series;
    int64_t count, first;
};

static enum db_rc
draw(void *arg)
{
    struct draw *d = arg;

    return db_one(d->db, d->home,
                  "INSERT INTO series (name, next) VALUES ($1, 1 + $2) "
                  "ON CONFLICT (name) DO UPDATE SET next = series.next + $2 "
                  "RETURNING next - $2",
                  IN(in_text(d->series), in_i64(d->count)),
                  OUT(out_i64(&d->first)));
}

enum db_rc
db_next_id(struct db *db, enum db_home home, const char *series, int64_t count,
           int64_t *first)
{
    struct draw d = {db, home, series, count, 0};
    enum db_rc rc = db_gate(db);

    if (rc == DB_OK)
        rc = note(db, home, conn_tx(db->home[home], draw, &d));
    *first = d.first;
    return rc;
}

/* ---- open and close -------------------------------------------------------
 */

enum db_rc
db_homes_open(struct db *db, char why[DB_WHY])
{
    for (enum db_home h = DB_ACCOUNT; h <= DB_MARKET; h++) {
        enum db_rc rc;

        if (db->engine == DB_POSTGRES)
            rc = pg_open(db->place, db->mode, &db->home[h], why);
        else
            rc = sqlite_home_open(db->place, HOME_NAME[h], db->mode,
                                  &db->home[h], why);
        if (rc == DB_OK && db->mode == DB_CREATE)
            rc = migrate_up(db->home[h], h, MIGRATIONS, why);
        if (rc == DB_OK)
            rc = migrate_check(db->home[h], h, MIGRATIONS, why);
        if (rc != DB_OK)
            return rc;
    }
    return DB_OK;
}

/* A restore that begins or ends meanwhile would leave a mixture. */
static enum db_rc
engine_open(struct db *db, char why[DB_WHY])
{
    enum db_rc rc;

    if (db->engine == DB_POSTGRES)
        return db_homes_open(db, why);
    db->generation = gate_look(db->place);
    rc = db->generation == GATE_SHUT ? DB_FAIL : db_homes_open(db, why);
    if (gate_look(db->place) == db->generation && db->generation != GATE_SHUT)
        return rc;
    str_copy(why, DB_WHY, GATE_SHUT_WHY);
    return DB_FAIL;
}

enum db_rc
store_parse(const char *store, enum db_engine *engine, const char **place,
            char why[DB_WHY])
{
    static const char LITE[] = "sqlite:", PG[] = "postgres:";

    if (str_starts(store, PG)) {
        *engine = DB_POSTGRES;
        *place = store + sizeof PG - 1;
        return DB_OK;
    }
    *engine = DB_SQLITE;
    *place = store + sizeof LITE - 1;
    if (str_starts(store, LITE) && **place)
        return DB_OK;
    snprintf(why, DB_WHY,
             "store: %.200s: neither sqlite:FOLDER nor postgres:CONNINFO",
             store);
    return DB_FAIL;
}

enum db_rc
db_open(const char *store, enum db_mode mode, struct db **to, char why[DB_WHY])
{
    struct db *db = mem_new(sizeof *db);
    enum db_rc rc;

    *to = NULL;
    why[0] = '\0';
    *db = (struct db){.mode = mode, .lock_fd = -1, .store = mem_dup(store)};
    rc = store_parse(db->store, &db->engine, &db->place, why);
    if (rc == DB_OK)
        rc = engine_open(db, why);
    if (rc != DB_OK) {
        db_close(db);
        return rc == DB_BUSY ? DB_FAIL : rc;
    }
    *to = db;
    return DB_OK;
}

void
db_close(struct db *db)
{
    if (!db)
        return;
    db_writer_unlock(db);
    reading_home_close(db->reading);
    for (enum db_home h = DB_ACCOUNT; h <= DB_MARKET; h++)
        conn_close(db->home[h]);
    conn_close(db->lock_conn);
    free(db->store);
    free(db);
}

void
db_wait_set(struct db *db, double seconds,
            void (*tell)(void *arg, const char *line), void *arg)
{
    db->wait_seconds = seconds;
    db->wait_tell = tell;
    db->wait_arg = arg;
}

enum db_rc
db_checkpoint(struct db *db)
{
    enum db_rc rc = DB_OK, one;

    if (db->engine != DB_SQLITE)
        return DB_OK;
    for (enum db_home h = DB_ACCOUNT; h <= DB_MARKET; h++) {
        one = note(db, h, sqlite_checkpoint(db->home[h]));
        if (one != DB_OK)
            rc = one;
    }
    one = rc == DB_FAIL ? DB_OK : reading_checkpoint(db);
    return one == DB_OK ? rc : one;
}
