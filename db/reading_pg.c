/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows of readings on one PostgreSQL server: table reading, a partition a
 * month, led by the bucket.  Which server has which buckets is the business of
 * reading_shard.c.  A callback here must not ask the same connection for
 * anything: it is busy giving rows.
 */
#include "db/reading_pg.h"

#include <stdio.h>

#include "server/base/clock.h"
#include "server/base/str.h"

void
pg_rows_partition(int32_t month, char name[32])
{
    int year, m, d;

    day_to_civil(month, &year, &m, &d);
    snprintf(name, 32, "reading_%04d_%02d", year, m);
}

/* ---- reading ------------------------------------------------------------- */

struct taking {
    struct reading_row r;
    const void *data;
    struct arena arena; /* of one row */
    reading_row_fn *row;
    void *arg;
    bool more;
};

static bool
take(void *arg)
{
    struct taking *t = arg;

    t->r.data = t->data;
    t->more = t->row(t->arg, &t->r);
    arena_reset(&t->arena);
    return t->more;
}

enum db_rc
pg_rows_each(struct db_conn *c, int64_t point_id, int32_t from, int32_t to,
             reading_row_fn *row, void *arg)
{
    const int64_t group = row_group(point_id);
    struct taking t = {.r.group = group, .row = row, .arg = arg, .more = true};
    enum db_rc rc;

    rc = conn_each(c,
                   "SELECT day, load_id, data FROM reading WHERE bucket = $1 "
                   "AND point_group = $2 AND day BETWEEN $3 AND $4 "
                   "ORDER BY day, load_id",
                   IN(in_i64(reading_bucket(group)), in_i64(group),
                      in_i64(from), in_i64(to)),
                   OUT(out_i32(&t.r.day), out_i64(&t.r.load_id),
                       out_blob(&t.data, &t.r.n, &t.arena)),
                   take, &t);
    arena_clear(&t.arena);
    return rc;
}

enum db_rc
pg_rows_find(struct db_conn *c, int32_t day, const char *groups,
             reading_row_fn *row, void *arg)
{
    struct taking t = {.r.day = day, .row = row, .arg = arg, .more = true};
    enum db_rc rc;

    rc = conn_each(c,
                   "SELECT r.point_group, r.load_id, r.data "
                   "FROM unnest(CAST($2 AS INTEGER[])) AS wanted (id) "
                   "JOIN reading r ON r.bucket = wanted.id % 256 "
                   "AND r.point_group = wanted.id AND r.day = $1 "
                   "ORDER BY r.point_group, r.load_id",
                   IN(in_i64(day), in_text(groups)),
                   OUT(out_i64(&t.r.group), out_i64(&t.r.load_id),
                       out_blob(&t.data, &t.r.n, &t.arena)),
                   take, &t);
    arena_clear(&t.arena);
    return rc;
}

enum db_rc
pg_rows_scan(struct db_conn *c, int32_t month, reading_row_fn *row, void *arg)
{
    struct taking t = {.row = row, .arg = arg, .more = true};
    enum db_rc rc;

    rc = conn_each(c,
                   "SELECT point_group, day, load_id, data FROM reading "
                   "WHERE day >= $1 AND day < $2",
                   IN(in_i64(month), in_i64(reading_month_next(month))),
                   OUT(out_i64(&t.r.group), out_i32(&t.r.day),
                       out_i64(&t.r.load_id),
                       out_blob(&t.data, &t.r.n, &t.arena)),
                   take, &t);
    arena_clear(&t.arena);
    return rc;
}

struct walking {
    struct reading_place *at;
    reading_row_fn *row;
    void *arg;
    size_t n;
};

static bool
walk_row(void *arg, const struct reading_row *r)
{
    struct walking *w = arg;

    w->n++;
    *w->at = (struct reading_place){r->day, r->group, r->load_id};
    w->row(w->arg, r);
    return true;
}

enum db_rc
pg_rows_walk(struct db_conn *c, const struct pg_walk *p,
             struct reading_place *at, size_t *n, reading_row_fn *row,
             void *arg)
{
    struct walking w = {at, row, arg, 0};
    struct taking t = {.row = walk_row, .arg = &w, .more = true};
    bool begun = at->group >= 0 && reading_bucket(at->group) >= p->first;
    enum db_rc rc;

    rc = conn_each(c,
                   "SELECT point_group, day, load_id, data FROM reading "
                   "WHERE day >= $1 AND day < $2 AND bucket <= $3 "
                   "AND (bucket, point_group, day, load_id) > ($4, $5, $6, $7) "
                   "ORDER BY bucket, point_group, day, load_id LIMIT $8",
                   IN(in_i64(p->month), in_i64(reading_month_next(p->month)),
                      in_i64(p->last),
                      in_i64(begun ? reading_bucket(at->group) : p->first),
                      in_i64(begun ? at->group : -1), in_i64(at->day),
                      in_i64(at->key), in_i64((int64_t)p->most)),
                   OUT(out_i64(&t.r.group), out_i32(&t.r.day),
                       out_i64(&t.r.load_id),
                       out_blob(&t.data, &t.r.n, &t.arena)),
                   take, &t);
    arena_clear(&t.arena);
    *n = w.n;
    return rc;
}

/* ---- writing ------------------------------------------------------------- */

enum db_rc
pg_rows_make(struct db_conn *c, int32_t month)
{
    char name[32];
    bool made;

    pg_rows_partition(month, name);
    return conn_one(
        c, "SELECT reading_partition($1, $2, $3)",
        IN(in_text(name), in_i64(month), in_i64(reading_month_next(month))),
        OUT(out_bool(&made)));
}

struct adding {
    const struct reading_row *row;
    const uint32_t *pick;
    size_t n, at;
};

static bool
add_next(void *arg, struct db_in *in)
{
    struct adding *a = arg;
    const struct reading_row *r;

    if (a->at == a->n)
        return false;
    r = &a->row[a->pick ? a->pick[a->at] : a->at];
    a->at++;
    in[0] = in_i32((int32_t)reading_bucket(r->group));
    in[1] = in_i32((int32_t)r->group);
    in[2] = in_i32(r->day);
    in[3] = in_i32((int32_t)r->load_id);
    in[4] = in_blob(r->data, r->n);
    return true;
}

enum db_rc
pg_rows_copy(struct db_conn *c, const struct reading_row *row,
             const uint32_t *pick, size_t n)
{
    struct adding a = {row, pick, n, 0};

    return c->driver->bulk(c, NULL,
                           "COPY reading (bucket, point_group, day, load_id, "
                           "data) FROM STDIN BINARY",
                           5, add_next, &a);
}

enum db_rc
pg_rows_has(struct db_conn *c, const struct reading_row *r, bool *has)
{
    return conn_one(c,
                    "SELECT EXISTS (SELECT 1 FROM reading WHERE bucket = $1 "
                    "AND point_group = $2 AND day = $3 AND load_id = $4)",
                    IN(in_i64(reading_bucket(r->group)), in_i64(r->group),
                       in_i64(r->day), in_i64(r->load_id)),
                    OUT(out_bool(has)));
}

enum db_rc
pg_rows_remove(struct db_conn *c, const struct reading_part *p, int64_t *rows)
{
    return conn_run(c,
                    "DELETE FROM reading WHERE day BETWEEN $1 AND $2 "
                    "AND point_group BETWEEN $3 AND $4 AND load_id = $5",
                    IN(in_i64(p->first_day), in_i64(p->last_day),
                       in_i64(p->first_group), in_i64(p->last_group),
                       in_i64(p->load_id)),
                    rows);
}

/* How a month's table stands. */
enum { TABLE_NONE, TABLE_PART, TABLE_LEAVING, TABLE_ALONE };

static enum db_rc
table_state(struct db_conn *c, const char *name, int32_t *state)
{
    return conn_one(
        c,
        "SELECT CASE WHEN t.id IS NULL THEN 0 WHEN i.inhrelid IS NULL THEN 3 "
        "WHEN i.inhdetachpending THEN 2 ELSE 1 END "
        "FROM (SELECT to_regclass($1) AS id) t LEFT JOIN pg_inherits i "
        "ON i.inhrelid = t.id AND i.inhparent = CAST('reading' AS regclass)",
        IN(in_text(name)), OUT(out_i32(state)));
}

/* A name of a table cannot be a parameter of these. */
static enum db_rc
table_step(struct db_conn *c, const char *name, int32_t state)
{
    char sql[128];

    if (state == TABLE_ALONE)
        snprintf(sql, sizeof sql, "DROP TABLE %s", name);
    else
        snprintf(sql, sizeof sql, "ALTER TABLE reading DETACH PARTITION %s %s",
                 name, state == TABLE_PART ? "CONCURRENTLY" : "FINALIZE");
    return c->driver->script(c, sql);
}

enum db_rc
pg_rows_drop(struct db_conn *c, int32_t month)
{
    int32_t state = TABLE_PART;
    char name[32];
    enum db_rc rc = DB_OK;

    pg_rows_partition(month, name);
    for (int step = 0; step < 3 && rc == DB_OK; step++) {
        rc = table_state(c, name, &state);
        if (rc == DB_OK && state == TABLE_NONE)
            return DB_OK;
        if (rc == DB_OK)
            rc = table_step(c, name, state);
    }
    return rc;
}

enum db_rc
pg_rows_size(struct db_conn *c, int32_t month, int64_t *bytes)
{
    char name[32];

    pg_rows_partition(month, name);
    return conn_one(
        c, "SELECT coalesce(pg_total_relation_size(to_regclass($1)), 0)",
        IN(in_text(name)), OUT(out_i64(bytes)));
}
