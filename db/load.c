/* SPDX-License-Identifier: Apache-2.0 */
/* The catalog of loads. */
#include "db/load.h"

#include <stdio.h>
#include <string.h>

#include "db/coverage.h"
#include "db/engine.h"
#include "server/base/clock.h"

/* The column sha256 holds the digest of load.h; of loads by older programs, the
 * SHA-256 of the text. */
#define FIELDS                                                                 \
    "id, seq, state, kind, name, sha256, sender, file_stamp, file_counter, "   \
    "bytes, started_utc, ended_utc, n_read, n_loaded, n_replaced, "            \
    "n_unchanged, n_historic, n_rejected, n_warned"

/* What FIELDS go into. */
#define LOAD_OUT(l, state)                                                     \
    OUT(out_i64(&(l)->id), out_i64(&(l)->seq), out_i32(state),                 \
        out_text((l)->kind, sizeof(l)->kind),                                  \
        out_text((l)->name, sizeof(l)->name),                                  \
        out_text((l)->digest, sizeof(l)->digest),                              \
        out_text((l)->sender, sizeof(l)->sender), out_i64(&(l)->file_stamp),   \
        out_i32(&(l)->file_counter), out_i64(&(l)->bytes),                     \
        out_i64(&(l)->started_utc), out_i64(&(l)->ended_utc),                  \
        out_i64(&(l)->n.read), out_i64(&(l)->n.loaded),                        \
        out_i64(&(l)->n.replaced), out_i64(&(l)->n.unchanged),                 \
        out_i64(&(l)->n.historic), out_i64(&(l)->n.rejected),                  \
        out_i64(&(l)->n.warned))

struct each {
    struct load *l;
    int32_t state;
    bool (*row)(void *arg);
    void *arg;
};

static bool
each_row(void *arg)
{
    struct each *e = arg;

    e->l->state = (enum load_state)e->state;
    return e->row(e->arg);
}

/* ---- writing ---------------------------------------------------------------
 */

enum db_rc
db_load_add(struct db *db, struct load *l)
{
    enum db_rc rc = db_next_id(db, DB_MARKET, "load", 1, &l->id);

    if (rc != DB_OK)
        return rc;
    l->seq = 0;
    l->state = LOAD_OPEN;
    if (!l->started_utc)
        l->started_utc = clock_now();
    l->ended_utc = 0;
    return db_run(db, DB_MARKET,
                  "INSERT INTO load (" FIELDS ") VALUES ($1, 0, $2, $3, $4, "
                  "$5, $6, $7, $8, $9, $10, 0, 0, 0, 0, 0, 0, 0, 0)",
                  IN(in_i64(l->id), in_i64(l->state), in_text(l->kind),
                     in_text(l->name), in_text(l->digest), in_text(l->sender),
                     in_i64(l->file_stamp), in_i64(l->file_counter),
                     in_i64(l->bytes), in_i64(l->started_utc)),
                  NULL);
}

/* Writes how a load in state `from` ended. */
static enum db_rc
load_write(struct db *db, const struct load *l, enum load_state from)
{
    int64_t changed;
    enum db_rc rc;

    rc = db_run(db, DB_MARKET,
                "UPDATE load SET seq = $2, state = $3, ended_utc = $4, "
                "n_read = $5, n_loaded = $6, n_replaced = $7, "
                "n_unchanged = $8, n_historic = $9, n_rejected = $10, "
                "n_warned = $11 WHERE id = $1 AND state = $12",
                IN(in_i64(l->id), in_i64(l->seq), in_i64(l->state),
                   in_i64(l->ended_utc), in_i64(l->n.read), in_i64(l->n.loaded),
                   in_i64(l->n.replaced), in_i64(l->n.unchanged),
                   in_i64(l->n.historic), in_i64(l->n.rejected),
                   in_i64(l->n.warned), in_i64(from)),
                &changed);
    return rc == DB_OK && changed == 0 ? DB_NONE : rc;
}

struct commit {
    struct load *l;
    struct coverage_sum *counts; /* NULL: not counted */
    int64_t registry;
};

static enum db_rc
commit(struct db *db, void *arg)
{
    const struct commit *c = arg;
    struct load *l = c->l;
    enum db_rc rc = db_writer_check(db);

    if (rc == DB_OK)
        rc = db_next_id(db, DB_MARKET, "load_seq", 1, &l->seq);
    if (rc == DB_OK)
        rc = load_write(db, l, LOAD_OPEN);
    if (rc != DB_OK)
        return rc;
    return c->counts != NULL ? coverage_add(db, l->id, c->counts, c->registry)
                             : coverage_stale_load(db, l->id);
}

enum db_rc
db_load_commit_counted(struct db *db, struct load *l,
                       struct coverage_sum *counts, int64_t registry)
{
    struct commit c = {l, counts, registry};
    enum db_rc rc;

    l->state = LOAD_COMMITTED;
    l->ended_utc = clock_now();
    rc = db_tx(db, DB_MARKET, commit, &c);
    if (rc != DB_OK) {
        l->state = LOAD_OPEN;
        l->seq = 0;
    }
    return rc;
}

enum db_rc
db_load_commit(struct db *db, struct load *l)
{
    return db_load_commit_counted(db, l, NULL, 0);
}

/* Rows of a rejected load would be seen: reading_recover ends such a one. */
static enum db_rc
has_no_rows(struct db *db, int64_t id)
{
    bool has = false;
    enum db_rc rc = db_one(
        db, DB_MARKET,
        "SELECT EXISTS (SELECT 1 FROM reading_source WHERE load_id = $1)",
        IN(in_i64(id)), OUT(out_bool(&has)));

    if (rc != DB_OK || !has)
        return rc;
    snprintf(db->error, sizeof db->error,
             "load %lld has rows; recovery must end it", (long long)id);
    return DB_FAIL;
}

enum db_rc
db_load_undone(struct db *db)
{
    int64_t number;

    return db_next_id(db, DB_MARKET, "load_undone", 1, &number);
}

struct end {
    struct load *l;
    enum load_state from;
};

static enum db_rc
end(struct db *db, void *arg)
{
    struct end *e = arg;
    enum db_rc rc = load_write(db, e->l, e->from);

    if (rc == DB_OK && e->l->state == LOAD_UNLOADED)
        rc = coverage_stale_load(db, e->l->id);
    return rc == DB_OK && e->l->state == LOAD_UNLOADED ? db_load_undone(db)
                                                       : rc;
}

enum db_rc
db_load_end(struct db *db, struct load *l, enum load_state state)
{
    enum load_state before = l->state;
    struct end e = {l, state == LOAD_UNLOADED ? LOAD_COMMITTED : LOAD_OPEN};
    enum db_rc rc = DB_OK;

    if (state == LOAD_REJECTED)
        rc = has_no_rows(db, l->id);
    if (rc != DB_OK)
        return rc;
    l->state = state;
    l->ended_utc = clock_now();
    rc = db_tx(db, DB_MARKET, end, &e);
    if (rc != DB_OK)
        l->state = before;
    return rc;
}

enum db_rc
db_load_stamp(struct db *db, struct load_stamp *s)
{
    enum db_rc rc = db_one(
        db, DB_MARKET,
        "SELECT coalesce(max(CASE WHEN name = 'load_seq' THEN next END), 1), "
        "coalesce(max(CASE WHEN name = 'load_undone' THEN next END), 1) "
        "FROM series WHERE name IN ('load_seq', 'load_undone')",
        IN_NONE, OUT(out_i64(&s->seq), out_i64(&s->undone)));

    s->generation = db->generation;
    if (rc == DB_OK && db->engine == DB_POSTGRES)
        rc = db_one(db, DB_MARKET, "SELECT number FROM epoch WHERE id = 1",
                    IN_NONE, OUT(out_i64(&s->generation)));
    return rc;
}

/* ---- reading ---------------------------------------------------------------
 */

enum db_rc
db_load_get(struct db *db, int64_t id, struct load *l)
{
    int32_t state = 0;
    enum db_rc rc =
        db_one(db, DB_MARKET, "SELECT " FIELDS " FROM load WHERE id = $1",
               IN(in_i64(id)), LOAD_OUT(l, &state));

    l->state = (enum load_state)state;
    return rc;
}

enum db_rc
db_load_find(struct db *db, const char *digest, int64_t file_stamp,
             int32_t file_counter, struct load *l)
{
    int32_t state = 0;
    enum db_rc rc =
        db_one(db, DB_MARKET,
               "SELECT " FIELDS " FROM load WHERE sha256 = $1 AND "
               "file_stamp = $2 AND file_counter = $3 AND state = 2 "
               "ORDER BY id DESC LIMIT 1",
               IN(in_text(digest), in_i64(file_stamp), in_i64(file_counter)),
               LOAD_OUT(l, &state));

    l->state = (enum load_state)state;
    return rc;
}

enum db_rc
db_load_each(struct db *db, int64_t most, struct load *l,
             bool (*row)(void *arg), void *arg)
{
    struct each e = {.l = l, .row = row, .arg = arg};

    return db_each(db, DB_MARKET,
                   "SELECT " FIELDS " FROM load ORDER BY id DESC LIMIT $1",
                   IN(in_i64(most)), LOAD_OUT(l, &e.state), each_row, &e);
}
