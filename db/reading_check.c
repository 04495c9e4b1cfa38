/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checking the readings: every record decodes, adds up to its stored sum, lies
 * where its checksum says, belongs to a load and a point that exist; and for
 * every load the rows that are there are those that the catalog counts.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "db/reading.h"
#include "db/reading_home.h"
#include "server/base/clock.h"

#define BAD_MOST   1000 /* lines; more of them help nobody */
#define MOVES_MOST 20   /* times that rows may move under a month's check */

/* What one load has in one month, counted and as the catalog says. */
struct tally {
    int64_t load_id;
    const struct load_info *load; /* NULL when its source is missing */
    struct reading_part said, seen;
    bool merged; /* into month rows: its own rows are fewer than it wrote */
};

struct check {
    struct db *db;
    void (*bad)(void *arg, const char *line);
    void *arg;
    size_t lines;
    int32_t floor; /* months before it may be going */
    int32_t month;
    uint8_t *point; /* one bit a point that exists */
    int64_t points;
    struct tally *tally; /* of the month, load ids ascending */
    size_t n, size;
    struct reading_part row;
    int64_t id;
    struct reading_day day;
};

static void bad(struct check *c, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void
bad(struct check *c, const char *format, ...)
{
    char line[512];
    va_list ap;

    if (c->lines++ >= BAD_MOST)
        return;
    va_start(ap, format);
    vsnprintf(line, sizeof line, format, ap);
    va_end(ap);
    c->bad(c->arg, line);
}

static void
bad_record(struct check *c, const struct row_key *k, const char *what)
{
    char day[11];

    bad(c, "readings: load %lld, point %lld, %s, channel %d: %s",
        (long long)k->load_id, (long long)k->point_id, day_format(day, k->day),
        k->channel, what);
}

static void
bad_row(struct check *c, const struct reading_row *r, const char *what)
{
    char day[11];

    bad(c, "readings: load %lld, points from %lld, %s: %s",
        (long long)r->load_id, (long long)r->group * ROW_POINTS,
        day_format(day, r->day), what);
}

/* ---- points -------------------------------------------------------------- */

static bool
point_row(void *arg)
{
    struct check *c = arg;

    if (c->id < 0 || c->id >> 40)
        return true;
    if (c->id >= c->points) {
        int64_t points = (c->id / 8 + 1) * 16;

        c->point = mem_grow(c->point, (size_t)points / 8);
        memset(c->point + c->points / 8, 0, (size_t)(points - c->points) / 8);
        c->points = points;
    }
    c->point[c->id / 8] |= (uint8_t)(1 << c->id % 8);
    return true;
}

static bool
point_exists(const struct check *c, int64_t id)
{
    return id < c->points && c->point[id / 8] >> id % 8 & 1;
}

/* ---- what the catalog says of a month ------------------------------------ */

static bool
tally_row(void *arg)
{
    struct check *c = arg;

    if (c->n == c->size) {
        c->size = c->size ? 2 * c->size : 64;
        c->tally = mem_grow(c->tally, c->size * sizeof *c->tally);
    }
    c->tally[c->n++] = (struct tally){
        .load_id = c->row.load_id,
        .said = c->row,
        .seen = {.first_day = INT32_MAX, .first_group = INT64_MAX},
    };
    return true;
}

static enum db_rc
tally_open(struct check *c)
{
    c->n = 0;
    return db_each(c->db, DB_MARKET,
                   "SELECT p.load_id, p.first_day, p.last_day, p.first_group, "
                   "p.last_group, p.n_rows, p.n_records FROM reading_part p "
                   "JOIN load l ON l.id = p.load_id AND l.state = 2 "
                   "WHERE p.month = $1 ORDER BY p.load_id",
                   IN(in_i64(c->month)),
                   OUT(out_i64(&c->row.load_id), out_i32(&c->row.first_day),
                       out_i32(&c->row.last_day), out_i64(&c->row.first_group),
                       out_i64(&c->row.last_group), out_i64(&c->row.rows),
                       out_i64(&c->row.records)),
                   tally_row, c);
}

static int
compare_tally(const void *key, const void *at)
{
    int64_t id = *(const int64_t *)key;
    const struct tally *t = at;

    return (id > t->load_id) - (id < t->load_id);
}

static void
count_place(struct tally *t, int32_t day, int64_t group)
{
    struct reading_part *p = &t->seen;

    p->first_day = day < p->first_day ? day : p->first_day;
    p->last_day = day > p->last_day ? day : p->last_day;
    p->first_group = group < p->first_group ? group : p->first_group;
    p->last_group = group > p->last_group ? group : p->last_group;
}

static bool
part_same(const struct tally *t)
{
    const struct reading_part *a = &t->said, *b = &t->seen;

    return (t->merged ? a->rows >= b->rows : a->rows == b->rows) &&
           a->records == b->records && a->first_day == b->first_day &&
           a->last_day == b->last_day && a->first_group == b->first_group &&
           a->last_group == b->last_group;
}

/* How a load stands now, and whether it has a part of this month. */
static enum db_rc
stands(struct check *c, int64_t id, int32_t *state, bool *part)
{
    enum db_rc rc;

    *state = 0;
    *part = false;
    rc = db_one(c->db, DB_MARKET,
                "SELECT state, EXISTS (SELECT 1 FROM reading_part "
                "WHERE load_id = $1 AND month = $2) FROM load WHERE id = $1",
                IN(in_i64(id), in_i64(c->month)),
                OUT(out_i32(state), out_bool(part)));
    return rc == DB_NONE ? DB_OK : rc;
}

static enum db_rc
tally_check(struct check *c)
{
    for (size_t i = 0; i < c->n; i++) {
        const struct reading_part *a = &c->tally[i].said;
        const struct reading_part *b = &c->tally[i].seen;
        char month[11];
        int32_t state;
        bool part;
        enum db_rc rc;

        if (part_same(&c->tally[i]))
            continue;
        rc = stands(c, a->load_id, &state, &part);
        if (rc != DB_OK)
            return rc;
        if (state != LOAD_COMMITTED) /* undone meanwhile */
            continue;
        bad(c,
            "readings of %.7s: load %lld has %lld records in %lld rows, the "
            "catalog says %lld in %lld",
            day_format(month, c->month), (long long)a->load_id,
            (long long)b->records, (long long)b->rows, (long long)a->records,
            (long long)a->rows);
    }
    return DB_OK;
}

/* ---- rows ---------------------------------------------------------------- */

static void
check_record(struct check *c, const struct row_record *r,
             const struct source *s)
{
    struct reading_sum sum;

    if (!row_unpack(r, s, &c->day) || !row_sum(r, s, &sum)) {
        bad_record(c, &r->key, "damaged");
        return;
    }
    if (!point_exists(c, r->key.point_id))
        bad_record(c, &r->key, "there is no such point");
}

/* Points ascend, and channels descend within a point. */
static bool
in_order(const struct row_key *a, const struct row_key *b)
{
    if (a->point_id != b->point_id)
        return a->point_id < b->point_id;
    return a->channel > b->channel;
}

struct strays {
    int64_t at[64];
    size_t n;
};

struct scanning {
    struct check *check;
    struct strays strays; /* loads of rows that the catalog does not count */
};

/* What the catalog says of that load, or NULL. */
static struct tally *
tally_of(struct scanning *s, int64_t load_id)
{
    const struct check *c = s->check;
    struct strays *o = &s->strays;
    struct tally *t = NULL;

    if (c->n)
        t = bsearch(&load_id, c->tally, c->n, sizeof *c->tally, compare_tally);
    if (t)
        return t;
    for (size_t i = 0; i < o->n; i++) {
        if (o->at[i] == load_id)
            return NULL;
    }
    if (o->n < 64)
        o->at[o->n++] = load_id;
    return NULL;
}

static void
check_place(struct check *c, const struct row_key *k, struct tally *t)
{
    count_place(t, k->day, row_group(k->point_id));
    t->seen.records++;
    if (k->day < c->month || k->day >= reading_month_next(c->month))
        bad_record(c, k, "the day is not of this month");
}

static void
check_day_row(struct check *c, struct tally *t, const struct reading_row *row)
{
    struct row_key last = {.point_id = -1};
    struct row_walk w;
    struct row_record r;

    t->seen.rows++;
    row_open(&w, row);
    while (row_next(&w, &r)) {
        if (!in_order(&last, &r.key))
            bad_record(c, &r.key, "out of order in its row");
        last = r.key;
        check_place(c, &r.key, t);
        check_record(c, &r, &t->load->source);
    }
    if (w.bad)
        bad_row(c, row, "the row is damaged");
}

static void
check_month_row(struct scanning *s, const struct reading_row *row)
{
    struct check *c = s->check;
    struct row_walk w;
    struct row_record r;
    char day[11];

    row_open(&w, row);
    while (row_next(&w, &r)) {
        struct tally *t = tally_of(s, r.key.load_id);

        if (!t)
            continue;
        t->merged = true;
        check_place(c, &r.key, t);
        if (t->load)
            check_record(c, &r, &t->load->source);
    }
    if (w.bad)
        bad(c, "readings: point %lld, month row from %s: the row is damaged",
            (long long)row->point_id, day_format(day, row->day));
}

static bool
scan_row(void *arg, const struct reading_row *row)
{
    struct scanning *s = arg;
    struct tally *t;

    if (row->month) {
        check_month_row(s, row);
        return true;
    }
    t = tally_of(s, row->load_id);
    if (t && t->load)
        check_day_row(s->check, t, row);
    return true;
}

/* Rows of an open or undone load wait for recovery, those of one that came
 * meanwhile are well; others are nobody's. */
static enum db_rc
strays_check(struct check *c, const struct strays *s)
{
    char month[11];

    for (size_t i = 0; i < s->n; i++) {
        int32_t state;
        bool part;
        enum db_rc rc = stands(c, s->at[i], &state, &part);

        if (rc != DB_OK)
            return rc;
        if (part && state != LOAD_REJECTED)
            continue;
        bad(c,
            "readings of %.7s: rows of load %lld, which the catalog does "
            "not have",
            day_format(month, c->month), (long long)s->at[i]);
    }
    return DB_OK;
}

/* Has every load of the month at hand before its rows come by. */
static enum db_rc
know_loads(struct check *c)
{
    for (size_t i = 0; i < c->n; i++) {
        enum db_rc rc =
            load_info_get(c->db, c->tally[i].load_id, &c->tally[i].load);

        if (rc == DB_NONE)
            bad(c, "readings: load %lld has no source",
                (long long)c->tally[i].load_id);
        else if (rc != DB_OK)
            return rc;
    }
    return DB_OK;
}

static enum db_rc
check_month_once(struct check *c)
{
    const struct reading_engine *e = reading_home(c->db)->engine;
    struct scanning s = {.check = c};
    enum db_rc rc = tally_open(c);

    if (rc == DB_OK)
        rc = know_loads(c);
    if (rc == DB_OK)
        rc = e->verify(c->db, c->month, c->bad, c->arg);
    if (rc == DB_OK)
        rc = e->scan(c->db, c->month, scan_row, &s);
    if (rc == DB_OK)
        rc = tally_check(c);
    return rc == DB_OK ? strays_check(c, &s.strays) : rc;
}

/* Once more while rows move from one server to another. */
static enum db_rc
check_month(struct check *c)
{
    enum db_rc rc = DB_NONE;

    for (int i = 0; i < MOVES_MOST && rc == DB_NONE; i++)
        rc = check_month_once(c);
    return rc == DB_NONE ? DB_BUSY : rc;
}

/* ---- the catalog --------------------------------------------------------- */

struct count_row {
    struct check *check;
    int64_t id, counted, records;
};

static bool
count_differs(void *arg)
{
    struct count_row *r = arg;

    bad(r->check,
        "readings: load %lld counts %lld records that stay, the catalog %lld",
        (long long)r->id, (long long)r->counted, (long long)r->records);
    return true;
}

/* What a load says of itself against its parts. */
static enum db_rc
check_counts(struct check *c)
{
    struct count_row r = {.check = c};

    return db_each(
        c->db, DB_MARKET,
        "SELECT * FROM (SELECT l.id, l.n_loaded + l.n_replaced + l.n_unchanged "
        "+ l.n_historic AS counted, coalesce((SELECT sum(n_records) "
        "FROM reading_part p WHERE p.load_id = l.id), 0) + coalesce((SELECT "
        "n_records FROM reading_gone g WHERE g.load_id = l.id), 0) AS records "
        "FROM load l WHERE l.state = 2 AND l.kind = 'lse') AS t "
        "WHERE counted <> records",
        IN_NONE, OUT(out_i64(&r.id), out_i64(&r.counted), out_i64(&r.records)),
        count_differs, &r);
}

struct months {
    struct reading_months m;
    int32_t row;
};

static bool
months_row(void *arg)
{
    struct months *s = arg;

    s->m.at = mem_grow(s->m.at, (s->m.n + 1) * sizeof *s->m.at);
    s->m.at[s->m.n++] = s->row;
    return true;
}

/* Months that only the catalog knows: their rows are gone. */
static enum db_rc
check_missing(struct check *c, const struct reading_months *there)
{
    struct months s = {0};
    enum db_rc rc;

    rc = db_each(c->db, DB_MARKET, "SELECT DISTINCT month FROM reading_part",
                 IN_NONE, OUT(out_i32(&s.row)), months_row, &s);
    for (size_t i = 0; i < s.m.n && rc == DB_OK; i++) {
        size_t k = 0;

        while (k < there->n && there->at[k] != s.m.at[i])
            k++;
        c->month = s.m.at[i];
        if (k == there->n && c->month >= c->floor)
            rc = check_month(c);
    }
    free(s.m.at);
    return rc;
}

static enum db_rc
check_all(struct check *c, struct arena *a)
{
    struct reading_months m;
    enum db_rc rc;

    rc = db_each(c->db, DB_MARKET, "SELECT id FROM point", IN_NONE,
                 OUT(out_i64(&c->id)), point_row, c);
    if (rc == DB_OK)
        rc = reading_home(c->db)->engine->months(c->db, a, &m);
    for (size_t i = 0; rc == DB_OK && i < m.n; i++) {
        c->month = m.at[i];
        if (c->month >= c->floor)
            rc = check_month(c);
    }
    if (rc == DB_OK)
        rc = check_counts(c);
    return rc == DB_OK ? check_missing(c, &m) : rc;
}

enum db_rc
reading_check(struct db *db, void (*report)(void *arg, const char *line),
              void *arg)
{
    struct check c = {.db = db, .bad = report, .arg = arg};
    struct reading_view v; /* keeps what is known of loads */
    struct arena a = {0};
    enum db_rc rc = reading_view_open(db, &v);

    c.floor = v.floor;
    if (rc == DB_OK)
        rc = check_all(&c, &a);
    reading_view_close(db, &v);
    free(c.point);
    free(c.tally);
    arena_clear(&a);
    return rc;
}
