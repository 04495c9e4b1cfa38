/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows of readings on PostgreSQL: table reading, a partition a month, led by a
 * bucket so that it can be spread over servers.  A callback here must not ask
 * the market home for anything: its connection is busy giving rows.
 */
#include <stdio.h>

#include "db/reading_home.h"
#include "server/base/clock.h"
#include "server/base/str.h"

#define BUCKETS    256
#define FIND_BATCH 1024 /* groups asked for at a time */

static int64_t
bucket_of(int64_t group)
{
    return group % BUCKETS;
}

/* "reading_2026_03" */
static void
partition_name(int32_t month, char name[32])
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

static enum db_rc
pg_each(struct db *db, int64_t point_id, int32_t from, int32_t to,
        reading_row_fn *row, void *arg)
{
    const int64_t group = row_group(point_id);
    struct taking t = {.r.group = group, .row = row, .arg = arg, .more = true};
    enum db_rc rc;

    rc = db_each(
        db, DB_MARKET,
        "SELECT day, load_id, data FROM reading WHERE bucket = $1 "
        "AND point_group = $2 AND day BETWEEN $3 AND $4 "
        "ORDER BY day, load_id",
        IN(in_i64(bucket_of(group)), in_i64(group), in_i64(from), in_i64(to)),
        OUT(out_i32(&t.r.day), out_i64(&t.r.load_id),
            out_blob(&t.data, &t.r.n, &t.arena)),
        take, &t);
    arena_clear(&t.arena);
    return rc;
}

/* "{1,2,3}" */
static const char *
array_text(const int64_t *number, size_t n, struct buf *b)
{
    b->len = 0;
    for (size_t i = 0; i < n; i++) {
        buf_putc(b, i ? ',' : '{');
        buf_int(b, number[i]);
    }
    buf_putc(b, '}');
    return buf_text(b);
}

static enum db_rc
pg_find(struct db *db, int32_t day, const int64_t *group, size_t n,
        reading_row_fn *row, void *arg)
{
    struct taking t = {.r.day = day, .row = row, .arg = arg, .more = true};
    struct buf list = {0};
    enum db_rc rc = DB_OK;

    for (size_t at = 0, some; at < n && rc == DB_OK && t.more; at += some) {
        some = n - at < FIND_BATCH ? n - at : FIND_BATCH;
        rc = db_each(
            db, DB_MARKET,
            "SELECT r.point_group, r.load_id, r.data "
            "FROM unnest(CAST($2 AS INTEGER[])) AS wanted (id) "
            "JOIN reading r ON r.bucket = wanted.id % 256 "
            "AND r.point_group = wanted.id AND r.day = $1 "
            "ORDER BY r.point_group, r.load_id",
            IN(in_i64(day), in_text(array_text(group + at, some, &list))),
            OUT(out_i64(&t.r.group), out_i64(&t.r.load_id),
                out_blob(&t.data, &t.r.n, &t.arena)),
            take, &t);
    }
    buf_clear(&list);
    arena_clear(&t.arena);
    return rc;
}

static enum db_rc
pg_scan(struct db *db, int32_t month, reading_row_fn *row, void *arg)
{
    struct taking t = {.row = row, .arg = arg, .more = true};
    enum db_rc rc;

    rc =
        db_each(db, DB_MARKET,
                "SELECT point_group, day, load_id, data FROM reading "
                "WHERE day >= $1 AND day < $2",
                IN(in_i64(month), in_i64(reading_month_next(month))),
                OUT(out_i64(&t.r.group), out_i32(&t.r.day),
                    out_i64(&t.r.load_id), out_blob(&t.data, &t.r.n, &t.arena)),
                take, &t);
    arena_clear(&t.arena);
    return rc;
}

struct walking {
    struct reading_place *at;
    reading_row_fn *row;
    void *arg;
};

static bool
walk_row(void *arg, const struct reading_row *r)
{
    struct walking *w = arg;

    *w->at = (struct reading_place){r->day, r->group, r->load_id};
    w->row(w->arg, r);
    return true;
}

/* In the order of the key, which buckets lead. */
static enum db_rc
pg_walk(struct db *db, int32_t month, struct reading_place *at, size_t most,
        reading_row_fn *row, void *arg, bool *damaged)
{
    struct walking w = {at, row, arg};
    struct taking t = {.row = walk_row, .arg = &w, .more = true};
    int64_t group = at->group < 0 ? -1 : at->group;
    enum db_rc rc;

    rc = db_each(
        db, DB_MARKET,
        "SELECT point_group, day, load_id, data FROM reading "
        "WHERE day >= $1 AND day < $2 AND (bucket, point_group, day, load_id) "
        "> ($3, $4, $5, $6) ORDER BY bucket, point_group, day, load_id "
        "LIMIT $7",
        IN(in_i64(month), in_i64(reading_month_next(month)),
           in_i64(group < 0 ? -1 : bucket_of(group)), in_i64(group),
           in_i64(at->day), in_i64(at->key), in_i64((int64_t)most)),
        OUT(out_i64(&t.r.group), out_i32(&t.r.day), out_i64(&t.r.load_id),
            out_blob(&t.data, &t.r.n, &t.arena)),
        take, &t);
    arena_clear(&t.arena);
    *damaged = rc == DB_FAIL && db_conn(db, DB_MARKET)->damaged;
    return rc;
}

/* To the end of the group that comes next. */
static void
pg_skip(struct reading_place *p)
{
    p->group = p->group < 0 ? 0 : p->group + BUCKETS;
    p->day = INT32_MAX - 1;
    p->key = INT32_MAX;
}

/* ---- writing ------------------------------------------------------------- */

struct adding {
    const struct reading_row *row;
    size_t n, at;
};

static bool
add_next(void *arg, struct db_in *in)
{
    struct adding *a = arg;
    const struct reading_row *r = &a->row[a->at];

    if (a->at == a->n)
        return false;
    a->at++;
    in[0] = in_i32((int32_t)bucket_of(r->group));
    in[1] = in_i32((int32_t)r->group);
    in[2] = in_i32(r->day);
    in[3] = in_i32((int32_t)r->load_id);
    in[4] = in_blob(r->data, r->n);
    return true;
}

static enum db_rc
add_all(struct db *db, void *arg)
{
    struct adding *a = arg;
    enum db_rc rc = db_writer_check(db);

    a->at = 0;
    if (rc != DB_OK) /* another writer has removed this load meanwhile */
        return rc;
    return db_bulk(db, DB_MARKET, NULL,
                   "COPY reading (bucket, point_group, day, load_id, data) "
                   "FROM STDIN BINARY",
                   5, add_next, a);
}

static enum db_rc
partition_make(struct db *db, int32_t month)
{
    char name[32];
    bool made;

    partition_name(month, name);
    return db_one(
        db, DB_MARKET, "SELECT reading_partition($1, $2, $3)",
        IN(in_text(name), in_i64(month), in_i64(reading_month_next(month))),
        OUT(out_bool(&made)));
}

static enum db_rc
pg_add(struct db *db, int32_t month, const struct reading_row *row, size_t n)
{
    struct adding a = {row, n, 0};
    enum db_rc rc;

    for (size_t i = 0; i < n; i++) {
        if (row[i].group <= INT32_MAX && row[i].load_id <= INT32_MAX)
            continue;
        snprintf(db->error, sizeof db->error,
                 "load %lld, group %lld: past the largest key of readings",
                 (long long)row[i].load_id, (long long)row[i].group);
        return DB_FAIL;
    }
    rc = partition_make(db, month);
    return rc == DB_OK ? db_tx(db, DB_MARKET, add_all, &a) : rc;
}

struct removing {
    const struct reading_part *part;
    int64_t rows;
};

/* A commit whose answer was lost may have come through since the parts were
 * listed. */
static enum db_rc
remove_all(struct db *db, void *arg)
{
    struct removing *r = arg;
    const struct reading_part *p = r->part;
    enum db_rc rc = db_writer_check(db);

    if (rc != DB_OK)
        return rc;
    return db_run(db, DB_MARKET,
                  "DELETE FROM reading WHERE day BETWEEN $1 AND $2 "
                  "AND point_group BETWEEN $3 AND $4 AND load_id = $5 "
                  "AND EXISTS (SELECT 1 FROM load WHERE id = $5 "
                  "AND state IN (1, 3))",
                  IN(in_i64(p->first_day), in_i64(p->last_day),
                     in_i64(p->first_group), in_i64(p->last_group),
                     in_i64(p->load_id)),
                  &r->rows);
}

static enum db_rc
pg_remove(struct db *db, const struct reading_part *p, int64_t *rows)
{
    struct removing r = {.part = p};
    enum db_rc rc = db_tx(db, DB_MARKET, remove_all, &r);

    *rows = rc == DB_OK ? r.rows : 0;
    return rc;
}

/* ---- upkeep -------------------------------------------------------------- */

struct months_row {
    struct reading_months *m;
    struct arena *arena;
    size_t size;
    char name[32]; /* "2026_03" */
};

static bool
months_row(void *arg)
{
    struct months_row *r = arg;
    struct reading_months *m = r->m;
    char text[40];
    int32_t month;

    snprintf(text, sizeof text, "%.4s-%.2s-01", r->name, r->name + 5);
    if (strlen(r->name) != 7 || !day_parse(text, &month))
        return true;
    if (m->n == r->size) {
        int32_t *more = ARENA_NEWN(r->arena, int32_t, 2 * r->size);

        memcpy(more, m->at, r->size * sizeof *more);
        m->at = more;
        r->size *= 2;
    }
    m->at[m->n++] = month;
    return true;
}

static enum db_rc
pg_months(struct db *db, struct arena *a, struct reading_months *m)
{
    struct months_row r = {.m = m, .arena = a, .size = 64};

    *m = (struct reading_months){ARENA_NEWN(a, int32_t, r.size), 0};
    return db_each(db, DB_MARKET,
                   "SELECT substr(c.relname, 9) FROM pg_inherits i "
                   "JOIN pg_class c ON c.oid = i.inhrelid "
                   "WHERE i.inhparent = CAST('reading' AS regclass) "
                   "ORDER BY c.relname",
                   IN_NONE, OUT(out_text(r.name, sizeof r.name)), months_row,
                   &r);
}

static enum db_rc
pg_size(struct db *db, int32_t month, int64_t *bytes)
{
    char name[32];

    partition_name(month, name);
    return db_one(db, DB_MARKET,
                  "SELECT coalesce(pg_total_relation_size(to_regclass($1)), 0)",
                  IN(in_text(name)), OUT(out_i64(bytes)));
}

/* A scan of the rows reads every page that holds one. */
static enum db_rc
pg_verify(struct db *db, int32_t month,
          void (*bad)(void *arg, const char *line), void *arg)
{
    (void)db;
    (void)month;
    (void)bad;
    (void)arg;
    return DB_OK;
}

const struct reading_engine READING_PG = {
    .each = pg_each,
    .find = pg_find,
    .add = pg_add,
    .remove = pg_remove,
    .months = pg_months,
    .scan = pg_scan,
    .walk = pg_walk,
    .skip = pg_skip,
    .size = pg_size,
    .verify = pg_verify,
};
