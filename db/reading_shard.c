/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Readings of a PostgreSQL store, wherever they lie: each bucket on one server,
 * by the map of shard.c.  Without other servers everything is in the catalog's
 * own database.
 *
 * A bucket that moves is copied, the map changes, then its rows leave the old
 * server month by month, one transaction each.  Who reads by the old map finds
 * a month whole or not at all; so one who finds nothing, or reads several
 * months, looks at the map again (reading_view_stands).
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "db/reading_pg.h"
#include "db/shard_home.h"
#include "server/base/clock.h"
#include "server/base/log.h"
#include "server/base/str.h"

#define FIND_BATCH 1024 /* groups asked for at a time */

static struct shard *
shard_of(struct shards *s, int64_t group)
{
    return &s->at[s->bucket[reading_bucket(group)]];
}

static enum db_rc
shards_mapped(struct db *db, int64_t version)
{
    struct shards *s;

    return shards_at(db, version, &s);
}

/* The map as the open view has it. */
static enum db_rc
shards_now(struct db *db, struct shards **s)
{
    struct reading_home *h = reading_home(db);

    *s = h->files;
    return h->views && *s && (*s)->version >= 0 ? DB_OK : shards_fresh(db, s);
}

/* ---- reading ------------------------------------------------------------- */

struct call {
    int64_t point_id;
    int32_t from, to; /* days */
    const char *groups;
    int64_t *number;
    reading_row_fn *row;
    void *arg;
};

static enum db_rc
call_each(struct db_conn *c, void *arg)
{
    struct call *a = arg;

    return pg_rows_each(c, a->point_id, a->from, a->to, a->row, a->arg);
}

static enum db_rc
shards_each(struct db *db, int64_t point_id, int32_t from, int32_t to,
            reading_row_fn *row, void *arg)
{
    struct call a = {
        .point_id = point_id, .from = from, .to = to, .row = row, .arg = arg};
    struct shards *s;
    enum db_rc rc = shards_now(db, &s);

    if (rc != DB_OK)
        return rc;
    return shard_call(db, shard_of(s, row_group(point_id)), call_each, &a);
}

/* ---- finding ------------------------------------------------------------- */

/* Rows of one answer, given on when it is whole: asking again must not give
 * any twice. */
struct answer {
    struct arena arena;
    struct reading_row *row;
    size_t n, size;
};

static bool
answer_row(void *arg, const struct reading_row *r)
{
    struct answer *a = arg;

    if (a->n == a->size) {
        a->size = a->size ? 2 * a->size : 256;
        a->row = mem_grow(a->row, a->size * sizeof *a->row);
    }
    a->row[a->n] = *r;
    a->row[a->n++].data =
        (const uint8_t *)arena_dupn(&a->arena, (const char *)r->data, r->n);
    return true;
}

static enum db_rc
call_find(struct db_conn *c, void *arg)
{
    struct call *a = arg;
    struct answer *to = a->arg;

    to->n = 0;
    arena_reset(&to->arena);
    return pg_rows_find(c, a->from, a->groups, answer_row, to);
}

static bool
answer_give(const struct answer *a, reading_row_fn *row, void *arg)
{
    for (size_t i = 0; i < a->n; i++) {
        if (!row(arg, &a->row[i]))
            return false;
    }
    return true;
}

/* Asks until the server answers, as long as db may wait. */
static enum db_rc
find_some(struct db *db, struct shard *s, struct call *a)
{
    double since = 0;
    enum db_rc rc;

    do
        rc = shard_call(db, s, call_find, a);
    while (rc == DB_AWAY && shard_wait(db, &since));
    return rc;
}

/* "{1,2,3}": the next groups that lie there. */
static size_t
groups_take(const struct shards *s, size_t place, const int64_t *group,
            size_t n, size_t *at, struct buf *b)
{
    size_t some = 0;

    b->len = 0;
    buf_putc(b, '{');
    for (; *at < n && some < FIND_BATCH; (*at)++) {
        if (s->bucket[reading_bucket(group[*at])] != place)
            continue;
        if (some++)
            buf_putc(b, ',');
        buf_int(b, group[*at]);
    }
    buf_putc(b, '}');
    return some;
}

static enum db_rc
shards_find(struct db *db, int32_t day, const int64_t *group, size_t n,
            reading_row_fn *row, void *arg)
{
    struct answer found = {0};
    struct call a = {.from = day, .arg = &found};
    struct buf list = {0};
    struct shards *s;
    bool more = true;
    enum db_rc rc = shards_now(db, &s);

    for (size_t i = 0; rc == DB_OK && more && i < s->n; i++) {
        size_t at = 0;

        while (rc == DB_OK && more && groups_take(s, i, group, n, &at, &list)) {
            a.groups = buf_text(&list);
            rc = find_some(db, &s->at[i], &a);
            more = rc == DB_OK && answer_give(&found, row, arg);
        }
    }
    buf_clear(&list);
    free(found.row);
    arena_clear(&found.arena);
    return rc;
}

/* ---- writing ------------------------------------------------------------- */

/* The rows of one month that go to one server, on a thread of their own. */
struct adding {
    const struct db *db;
    struct shard *shard;
    int32_t month;
    const struct reading_row *row;
    uint32_t *pick; /* NULL: all */
    size_t n;
    bool again; /* an attempt before may have come through */
    bool done, threaded;
    pthread_t thread;
    enum db_rc rc;
};

static enum db_rc
add_copy(struct db_conn *c, void *arg)
{
    struct adding *a = arg;
    bool there = false;
    enum db_rc rc = DB_OK;

    if (a->again)
        rc = pg_rows_has(c, &a->row[a->pick ? a->pick[0] : 0], &there);
    if (rc != DB_OK || there)
        return rc;
    return pg_rows_copy(c, a->row, a->pick, a->n);
}

static enum db_rc
add_make(struct db_conn *c, void *arg)
{
    const struct adding *a = arg;

    return pg_rows_make(c, a->month);
}

static void *
add_run(void *arg)
{
    struct adding *a = arg;

    a->rc = shard_call_apart(a->db, a->shard, add_make, a);
    if (a->rc == DB_OK)
        a->rc = shard_write_apart(a->db, a->shard, add_copy, a);
    return NULL;
}

/* All that are not done yet, at the same time. */
static void
add_round(struct adding *a, size_t n)
{
    size_t last = n;

    for (size_t i = 0; i < n; i++) {
        a[i].threaded = false;
        last = a[i].done ? last : i;
    }
    for (size_t i = 0; i < last; i++)
        a[i].threaded = !a[i].done &&
                        pthread_create(&a[i].thread, NULL, add_run, &a[i]) == 0;
    for (size_t i = 0; i < n; i++) {
        if (!a[i].done && !a[i].threaded)
            add_run(&a[i]);
    }
    for (size_t i = 0; i < n; i++) {
        if (a[i].threaded)
            pthread_join(a[i].thread, NULL);
    }
}

/* Rounds until every server has its rows, as long as db may wait. */
static enum db_rc
add_rounds(struct db *db, struct adding *a, size_t n)
{
    double since = 0;
    enum db_rc rc;

    do {
        add_round(a, n);
        rc = DB_OK;
        for (size_t i = 0; i < n; i++) {
            if (a[i].done)
                continue;
            a[i].done = a[i].rc == DB_OK;
            a[i].again = true;
            if (a[i].rc != DB_OK && (rc == DB_OK || rc == DB_AWAY))
                rc = shard_said(db, a[i].shard, a[i].rc);
        }
    } while (rc == DB_AWAY && shard_wait(db, &since));
    return rc;
}

static enum db_rc
keys_check(struct db *db, const struct reading_row *row, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (row[i].group <= INT32_MAX && row[i].load_id <= INT32_MAX)
            continue;
        snprintf(db->error, sizeof db->error,
                 "load %lld, group %lld: past the largest key of readings",
                 (long long)row[i].load_id, (long long)row[i].group);
        return DB_FAIL;
    }
    return DB_OK;
}

/* Which rows go where; the number of servers that get some. */
static size_t
rows_spread(struct shards *s, struct adding *a, const struct reading_row *row,
            size_t n)
{
    size_t count[SHARDS_MOST + 1] = {0}, some = 0;
    struct adding *of[SHARDS_MOST + 1] = {NULL};

    for (size_t i = 0; i < n; i++)
        count[s->bucket[reading_bucket(row[i].group)]]++;
    for (size_t i = 0; i < s->n; i++) {
        if (!count[i])
            continue;
        of[i] = &a[some++];
        of[i]->shard = &s->at[i];
        of[i]->row = row;
        if (count[i] == n) {
            of[i]->n = n;
            return 1;
        }
        of[i]->pick = mem_new(count[i] * sizeof *of[i]->pick);
    }
    for (size_t i = 0; i < n; i++) {
        struct adding *to = of[s->bucket[reading_bucket(row[i].group)]];

        to->pick[to->n++] = (uint32_t)i;
    }
    return some;
}

/* Before the partitions are made: who asks for the months asks here only. */
static enum db_rc
month_note(struct db *db, int32_t month)
{
    char name[32];

    pg_rows_partition(month, name);
    return db_run(db, DB_MARKET,
                  "INSERT INTO shard_month (name) VALUES ($1) "
                  "ON CONFLICT (name) DO NOTHING",
                  IN(in_text(name + 8)), NULL);
}

static enum db_rc
shards_add(struct db *db, int32_t month, const struct reading_row *row,
           size_t n)
{
    struct adding a[SHARDS_MOST + 1];
    struct shards *s;
    size_t some;
    enum db_rc rc = keys_check(db, row, n);

    if (rc == DB_OK)
        rc = shards_fresh(db, &s);
    if (rc == DB_OK && s->n > 1)
        rc = month_note(db, month);
    if (rc != DB_OK || !n)
        return rc;
    for (size_t i = 0; i < s->n; i++)
        a[i] = (struct adding){.db = db, .month = month};
    some = rows_spread(s, a, row, n);
    rc = add_rounds(db, a, some);
    for (size_t i = 0; i < some; i++)
        free(a[i].pick);
    return rc;
}

/* ---- removing ------------------------------------------------------------ */

struct removing {
    const struct reading_part *part;
    int64_t rows;
    bool hidden;
};

/*
 * A commit whose answer was lost may have come through since the parts were
 * listed; behind the writer's check we know.  Who copies a bucket must know
 * that rows go.
 */
static enum db_rc
claim(struct db *db, void *arg)
{
    struct removing *r = arg;
    enum db_rc rc = db_writer_check(db);

    if (rc == DB_OK)
        rc = db_one(db, DB_MARKET,
                    "SELECT EXISTS (SELECT 1 FROM load WHERE id = $1 "
                    "AND state IN (1, 3))",
                    IN(in_i64(r->part->load_id)), OUT(out_bool(&r->hidden)));
    if (rc == DB_OK && r->hidden)
        rc = db_run(db, DB_MARKET, "UPDATE shard_map SET edits = edits + 1",
                    IN_NONE, NULL);
    return rc;
}

static enum db_rc
call_remove(struct db_conn *c, void *arg)
{
    struct removing *r = arg;

    return pg_rows_remove(c, r->part, &r->rows);
}

/* From every server: a bucket may have lain elsewhere then. */
static enum db_rc
shards_remove(struct db *db, const struct reading_part *p, int64_t *rows)
{
    struct removing r = {.part = p};
    struct shards *s;
    enum db_rc rc, all = DB_OK;

    *rows = 0;
    rc = shards_fresh(db, &s);
    if (rc == DB_OK)
        rc = db_tx(db, DB_MARKET, claim, &r);
    for (size_t i = 0; rc == DB_OK && r.hidden && i < s->n; i++) {
        r.rows = 0;
        rc = shard_write(db, &s->at[i], call_remove, &r);
        *rows += rc == DB_OK ? r.rows : 0;
        if (rc == DB_AWAY) {
            all = rc;
            rc = DB_OK;
        }
    }
    return rc == DB_OK ? all : rc;
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

/* Asks the catalog only, so that a server which is away is in nobody's way. */
static enum db_rc
shards_months(struct db *db, struct arena *a, struct reading_months *m)
{
    struct months_row r = {.m = m, .arena = a, .size = 64};

    *m = (struct reading_months){ARENA_NEWN(a, int32_t, r.size), 0};
    return db_each(db, DB_MARKET,
                   "SELECT substr(CAST(c.relname AS TEXT), 9) AS name "
                   "FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid "
                   "WHERE i.inhparent = CAST('reading' AS regclass) "
                   "UNION SELECT name FROM shard_month ORDER BY name",
                   IN_NONE, OUT(out_text(r.name, sizeof r.name)), months_row,
                   &r);
}

struct scanning {
    const struct shards *s;
    size_t place;
    int32_t month;
    reading_row_fn *row;
    void *arg;
};

/* Rows of a bucket that lies elsewhere by now do not count. */
static bool
scan_row(void *arg, const struct reading_row *r)
{
    struct scanning *a = arg;

    if (a->s->bucket[reading_bucket(r->group)] != a->place)
        return true;
    return a->row(a->arg, r);
}

static enum db_rc
call_scan(struct db_conn *c, void *arg)
{
    struct scanning *a = arg;

    return pg_rows_scan(c, a->month, scan_row, a);
}

static enum db_rc
shards_scan(struct db *db, int32_t month, reading_row_fn *row, void *arg)
{
    struct shards *s;
    struct scanning a = {.month = month, .row = row, .arg = arg};
    int64_t version;
    enum db_rc rc = shards_fresh(db, &s);

    if (rc != DB_OK)
        return rc;
    version = s->version;
    a.s = s;
    for (size_t i = 0; rc == DB_OK && i < s->n; i++) {
        a.place = i;
        rc = shard_call(db, &s->at[i], call_scan, &a);
    }
    if (rc == DB_OK)
        rc = shards_fresh(db, &s);
    if (rc != DB_OK || s->version == version)
        return rc;
    str_copy(db->error, sizeof db->error,
             "buckets of readings were moved meanwhile");
    return DB_NONE;
}

struct walking {
    struct pg_walk p;
    struct reading_place *at;
    size_t n;
    reading_row_fn *row;
    void *arg;
    bool damaged;
};

static enum db_rc
call_walk(struct db_conn *c, void *arg)
{
    struct walking *w = arg;
    enum db_rc rc = pg_rows_walk(c, &w->p, w->at, &w->n, w->row, w->arg);

    w->damaged = rc == DB_FAIL && c->damaged;
    return rc;
}

/* The last of the buckets from one on that lie on its server. */
static int64_t
run_end(const struct shards *s, int64_t first)
{
    int64_t last = first;

    while (last + 1 < READING_BUCKETS &&
           s->bucket[last + 1] == s->bucket[first])
        last++;
    return last;
}

/* Bucket by bucket, each where it lies. */
static enum db_rc
shards_walk(struct db *db, int32_t month, struct reading_place *at, size_t most,
            reading_row_fn *row, void (*lost)(void *arg, const char *line),
            void *arg, bool *damaged)
{
    struct walking w = {
        .p = {.month = month}, .at = at, .row = row, .arg = arg};
    struct shards *s;
    int64_t first = at->group < 0 ? 0 : reading_bucket(at->group);
    enum db_rc rc = shards_fresh(db, &s);

    (void)lost; /* rows are found by their keys */
    while (rc == DB_OK && most > 0 && first < READING_BUCKETS) {
        w.p.first = first;
        w.p.last = run_end(s, first);
        w.p.most = most;
        rc = shard_call(db, &s->at[s->bucket[first]], call_walk, &w);
        most -= w.n;
        first = w.p.last + 1;
    }
    *damaged = w.damaged;
    return rc;
}

/* To the end of the group that comes next. */
static void
shards_skip(struct db *db, int32_t month, struct reading_place *p, int again)
{
    (void)db;
    (void)month;
    (void)again;
    p->group = p->group < 0 ? 0 : p->group + READING_BUCKETS;
    p->day = INT32_MAX - 1;
    p->key = INT32_MAX;
}

static enum db_rc
call_drop(struct db_conn *c, void *arg)
{
    const struct call *a = arg;

    return pg_rows_drop(c, a->from);
}

/* From every server; one that is away is waited for by who tries again.  While
 * buckets move, the month may come again at one: it stays listed then. */
static enum db_rc
shards_drop(struct db *db, int32_t month)
{
    struct call a = {.from = month};
    char name[32];
    struct shards *s;
    enum db_rc rc = shards_fresh(db, &s);

    for (size_t i = 0; rc == DB_OK && i < s->n; i++)
        rc = shard_call(db, &s->at[i], call_drop, &a);
    pg_rows_partition(month, name);
    return rc == DB_OK ? db_run(db, DB_MARKET,
                                "DELETE FROM shard_month WHERE name = $1 "
                                "AND NOT EXISTS (SELECT 1 FROM shard_move)",
                                IN(in_text(name + 8)), NULL)
                       : rc;
}

static enum db_rc
call_size(struct db_conn *c, void *arg)
{
    struct call *a = arg;

    return pg_rows_size(c, a->from, a->number);
}

static enum db_rc
shards_size(struct db *db, int32_t month, int64_t *bytes)
{
    int64_t one = 0;
    struct call a = {.from = month, .number = &one};
    struct shards *s;
    enum db_rc rc = shards_fresh(db, &s);

    *bytes = 0;
    for (size_t i = 0; rc == DB_OK && i < s->n; i++) {
        rc = shard_call(db, &s->at[i], call_size, &a);
        *bytes += rc == DB_OK ? one : 0;
    }
    return rc;
}

/* A scan of the rows reads every page that holds one. */
static enum db_rc
shards_verify(struct db *db, int32_t month,
              void (*bad)(void *arg, const char *line), void *arg)
{
    (void)db;
    (void)month;
    (void)bad;
    (void)arg;
    return DB_OK;
}

const struct reading_engine READING_PG = {
    .mapped = shards_mapped,
    .each = shards_each,
    .find = shards_find,
    .add = shards_add,
    .remove = shards_remove,
    .drop = shards_drop,
    .months = shards_months,
    .scan = shards_scan,
    .walk = shards_walk,
    .skip = shards_skip,
    .size = shards_size,
    .verify = shards_verify,
    .close = shards_close,
};
