/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keeping completeness: the rule, what loads add, which days are stale, and
 * what a registry load changes.  What is expected is kept as steps from day to
 * day, so that a meter that hangs for years costs two rows.
 */
#include "db/coverage.h"

#include <stdlib.h>
#include <string.h>

#include "db/coverage_parts.h"
#include "db/engine.h"
#include "server/base/clock.h"
#include "server/base/str.h"
#include "server/base/tz.h"

#define FEW 64 /* rows that are added one by one */

/* ---- the rule --------------------------------------------------------------
 */

enum db_rc
coverage_rule_get(struct db *db, struct coverage_rule *r)
{
    return db_one(db, DB_MARKET,
                  "SELECT steps, registry, due_hours, zone FROM coverage_rule "
                  "WHERE id = 1",
                  IN_NONE,
                  OUT(out_bool(&r->steps), out_i64(&r->registry),
                      out_i32(&r->due_hours),
                      out_text(r->zone, sizeof r->zone)));
}

static enum db_rc
rule_tx(struct db *db, void *arg)
{
    const struct coverage_rule *r = arg;
    int64_t mark;
    enum db_rc rc = db_next_id(db, DB_MARKET, "coverage", 1, &mark);

    if (rc == DB_OK)
        rc = db_run(db, DB_MARKET,
                    "UPDATE coverage_rule SET due_hours = $1, zone = $2",
                    IN(in_i64(r->due_hours), in_text(r->zone)), NULL);
    if (rc == DB_OK)
        rc = db_run(db, DB_MARKET,
                    "INSERT INTO coverage_stale (mark, first_day, last_day) "
                    "SELECT $1, min(first_day), max(last_day) "
                    "FROM reading_part GROUP BY month",
                    IN(in_i64(mark)), NULL);
    return rc;
}

enum db_rc
coverage_rule_set(struct db *db, int32_t due_hours, const char *zone)
{
    struct coverage_rule r;
    enum db_rc rc = coverage_rule_get(db, &r);

    if (rc != DB_OK || (r.due_hours == due_hours && strcmp(r.zone, zone) == 0))
        return rc;
    r.due_hours = due_hours;
    str_copy(r.zone, sizeof r.zone, zone);
    return db_tx(db, DB_MARKET, rule_tx, &r);
}

void
coverage_due_init(struct coverage_due *d, const struct coverage_rule *r)
{
    *d = (struct coverage_due){.zone = tz_get(r->zone), .hours = r->due_hours};
    if (d->zone == NULL) /* no rule yet */
        d->zone = tz_get("Etc/UTC");
}

int64_t
coverage_due_utc(struct coverage_due *d, int32_t day)
{
    if (!d->known || d->day != day) {
        d->utc = tz_day_start(d->zone, day + 1) + d->hours * INT64_C(3600);
        d->day = day;
        d->known = true;
    }
    return d->utc;
}

/* ---- writing ---------------------------------------------------------------
 */

static enum db_rc
row_write(struct db *db, const struct coverage_names *p,
          const struct coverage_row *r)
{
    return db_run(
        db, DB_MARKET,
        "INSERT INTO coverage_day (day, tdsp, rep, step, received, estimated, "
        "intervals, partial, late, replaced, extra) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) "
        "ON CONFLICT (day, tdsp, rep) DO UPDATE SET "
        "step = coverage_day.step + excluded.step, "
        "received = coverage_day.received + excluded.received, "
        "estimated = coverage_day.estimated + excluded.estimated, "
        "intervals = coverage_day.intervals + excluded.intervals, "
        "partial = coverage_day.partial + excluded.partial, "
        "late = coverage_day.late + excluded.late, "
        "replaced = coverage_day.replaced + excluded.replaced, "
        "extra = coverage_day.extra + excluded.extra",
        IN(in_i64(r->day), in_text(p->tdsp), in_text(p->rep), in_i64(r->n[0]),
           in_i64(r->n[1]), in_i64(r->n[2]), in_i64(r->n[3]), in_i64(r->n[4]),
           in_i64(r->n[5]), in_i64(r->n[6]), in_i64(r->n[7])),
        NULL);
}

struct rows {
    const struct coverage_sum *s;
    size_t at;
};

static bool
rows_next(void *arg, struct db_in *to)
{
    struct rows *w = arg;
    const struct coverage_row *r;

    while (w->at < w->s->n && coverage_row_empty(&w->s->row[w->at]))
        w->at++;
    if (w->at == w->s->n)
        return false;
    r = &w->s->row[w->at++];
    to[0] = in_i64(r->day);
    to[1] = in_text(w->s->pair[r->pair].tdsp);
    to[2] = in_text(w->s->pair[r->pair].rep);
    for (int i = 0; i < COVERAGE_COUNTS; i++)
        to[3 + i] = in_i64(r->n[i]);
    return true;
}

#define NEW_FIELDS                                                             \
    "day, tdsp, rep, step, received, estimated, intervals, partial, late, "    \
    "replaced, extra"

/* Many rows go through a table of their own: one statement adds them all. */
static enum db_rc
rows_write(struct db *db, const struct coverage_sum *s)
{
    struct rows w = {.s = s};
    enum db_rc rc = db_bulk(db, DB_MARKET,
                            "INSERT INTO coverage_new (" NEW_FIELDS ") VALUES "
                            "($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
                            "COPY coverage_new (" NEW_FIELDS ") FROM STDIN",
                            3 + COVERAGE_COUNTS, rows_next, &w);

    if (rc == DB_OK)
        rc = db_run(db, DB_MARKET,
                    "INSERT INTO coverage_day (" NEW_FIELDS ") "
                    "SELECT " NEW_FIELDS " FROM coverage_new WHERE TRUE "
                    "ON CONFLICT (day, tdsp, rep) DO UPDATE SET "
                    "step = coverage_day.step + excluded.step, "
                    "received = coverage_day.received + excluded.received, "
                    "estimated = coverage_day.estimated + excluded.estimated, "
                    "intervals = coverage_day.intervals + excluded.intervals, "
                    "partial = coverage_day.partial + excluded.partial, "
                    "late = coverage_day.late + excluded.late, "
                    "replaced = coverage_day.replaced + excluded.replaced, "
                    "extra = coverage_day.extra + excluded.extra",
                    IN_NONE, NULL);
    return rc == DB_OK ? db_run(db, DB_MARKET, "DELETE FROM coverage_new",
                                IN_NONE, NULL)
                       : rc;
}

/* Steps once more by month; rows are in order of days. */
static enum db_rc
months_write(struct db *db, const struct coverage_sum *s)
{
    struct coverage_sum *months = coverage_sum_new();
    enum db_rc rc = DB_OK;

    for (size_t i = 0; i < s->n; i++) {
        const struct coverage_row *r = &s->row[i];
        const struct coverage_names *p = &s->pair[r->pair];

        if (r->n[COVERAGE_EXPECTED] != 0)
            *coverage_at(months, day_month_start(r->day),
                         coverage_pair(months, p->tdsp, p->rep)) +=
                r->n[COVERAGE_EXPECTED];
    }
    for (size_t i = 0; i < months->n && rc == DB_OK; i++) {
        const struct coverage_row *r = &months->row[i];

        rc = db_run(db, DB_MARKET,
                    "INSERT INTO coverage_month (month, tdsp, rep, step) "
                    "VALUES ($1, $2, $3, $4) "
                    "ON CONFLICT (month, tdsp, rep) DO UPDATE SET "
                    "step = coverage_month.step + excluded.step",
                    IN(in_i64(r->day), in_text(months->pair[r->pair].tdsp),
                       in_text(months->pair[r->pair].rep), in_i64(r->n[0])),
                    NULL);
    }
    coverage_sum_free(months);
    return rc;
}

enum db_rc
coverage_sum_write(struct db *db, struct coverage_sum *s)
{
    enum db_rc rc = DB_OK;

    coverage_sum_sort(s);
    if (s->n > FEW)
        rc = rows_write(db, s);
    for (size_t i = 0; s->n <= FEW && i < s->n && rc == DB_OK; i++)
        if (!coverage_row_empty(&s->row[i]))
            rc = row_write(db, &s->pair[s->row[i].pair], &s->row[i]);
    return rc == DB_OK ? months_write(db, s) : rc;
}

/* ---- what loads add --------------------------------------------------------
 */

enum db_rc
coverage_stale_load(struct db *db, int64_t load_id)
{
    bool any = false;
    int64_t mark;
    enum db_rc rc =
        db_one(db, DB_MARKET,
               "SELECT EXISTS (SELECT 1 FROM reading_part WHERE load_id = $1)",
               IN(in_i64(load_id)), OUT(out_bool(&any)));

    if (rc != DB_OK || !any)
        return rc;
    rc = db_next_id(db, DB_MARKET, "coverage", 1, &mark);
    return rc == DB_OK ? db_run(db, DB_MARKET,
                                "INSERT INTO coverage_stale (mark, first_day, "
                                "last_day) SELECT $1, first_day, last_day "
                                "FROM reading_part WHERE load_id = $2",
                                IN(in_i64(mark), in_i64(load_id)), NULL)
                       : rc;
}

enum db_rc
coverage_add(struct db *db, int64_t load_id, struct coverage_sum *s,
             int64_t registry)
{
    struct coverage_rule r;
    enum db_rc rc = coverage_rule_get(db, &r);

    if (rc != DB_OK)
        return rc;
    return r.registry == registry ? coverage_sum_write(db, s)
                                  : coverage_stale_load(db, load_id);
}

/* ---- what the registry changes ---------------------------------------------
 */

enum db_rc
coverage_points(struct db *db, int64_t *highest)
{
    return db_one(db, DB_MARKET, "SELECT COALESCE(max(id), 0) FROM point",
                  IN_NONE, OUT(out_i64(highest)));
}

static int
by_day(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;

    return (x > y) - (x < y);
}

/* In order, each once. */
static void
days_sort(struct point_days *d)
{
    size_t n = 0;

    if (d->n > 1)
        qsort(d->at, d->n, sizeof *d->at, by_day);
    for (size_t i = 0; i < d->n; i++)
        if (n == 0 || d->at[n - 1] != d->at[i])
            d->at[n++] = d->at[i];
    d->n = n;
}

static int
expected(const struct point_fact *f)
{
    return coverage_expects(f, CHANNEL_LOAD) +
           coverage_expects(f, CHANNEL_GENERATION);
}

void
coverage_steps_add(struct coverage_sum *s, const struct point_facts *f,
                   int64_t point_id, struct point_days *days, int sign)
{
    uint32_t pair = 0, before_pair = 0;
    int before = 0;

    days->n = 0;
    point_facts_days(f, point_id, days);
    days_sort(days);
    for (size_t i = 0; i < days->n; i++) {
        struct point_fact fact;
        int now;

        point_facts_get(f, point_id, days->at[i], &fact);
        now = expected(&fact);
        if (now > 0)
            pair = coverage_pair(s, fact.tdsp, fact.rep);
        if (now == before && (now == 0 || pair == before_pair))
            continue;
        if (before > 0)
            *coverage_at(s, days->at[i], before_pair) -= sign * before;
        if (now > 0)
            *coverage_at(s, days->at[i], pair) += sign * now;
        before = now;
        before_pair = pair;
    }
}

/* ---- which days a change reaches ---- */

struct change {
    struct db *db;
    int64_t load_id;
    int sign;
    struct coverage_sum *sum;
    struct point_days days;
    int32_t first_day, last_day; /* that have readings */
    uint32_t *reached;           /* one bit a day from first_day on */
    int64_t *point;
    size_t n, room;
    int64_t id;
};

/* Would a record of this day be counted alike? */
static bool
alike(const struct point_fact *a, const struct point_fact *b)
{
    if (expected(a) != expected(b))
        return false;
    return expected(a) == 0 ||
           (strcmp(a->tdsp ? a->tdsp : "", b->tdsp ? b->tdsp : "") == 0 &&
            strcmp(a->rep ? a->rep : "", b->rep ? b->rep : "") == 0);
}

static void
reach(struct change *c, int32_t from, int32_t to)
{
    from = from < c->first_day ? c->first_day : from;
    to = to > c->last_day ? c->last_day : to;
    for (; from <= to; from++) {
        uint32_t i = (uint32_t)(from - c->first_day);

        c->reached[i / 32] |= UINT32_C(1) << i % 32;
    }
}

/* Marks the days on which a point counts otherwise than before. */
static void
point_reach(struct change *c, const struct point_facts *a,
            const struct point_facts *b, int64_t id)
{
    struct point_days *d = &c->days;

    d->n = 0;
    point_facts_days(a, id, d);
    point_facts_days(b, id, d);
    days_sort(d);
    for (size_t i = 0; i < d->n; i++) {
        struct point_fact x, y;

        if (i + 1 < d->n && d->at[i + 1] <= c->first_day)
            continue;
        point_facts_get(a, id, d->at[i], &x);
        point_facts_get(b, id, d->at[i], &y);
        if (!alike(&x, &y))
            reach(c, d->at[i], i + 1 < d->n ? d->at[i + 1] - 1 : c->last_day);
    }
}

static bool
point_row(void *arg)
{
    struct change *c = arg;

    if (c->n == c->room) {
        c->room = c->room > 0 ? 2 * c->room : 1024;
        c->point = mem_grow(c->point, c->room * sizeof *c->point);
    }
    c->point[c->n++] = c->id;
    return true;
}

/* The points that a load speaks of, each once, ascending. */
static enum db_rc
change_points(struct change *c)
{
    return db_each(c->db, DB_MARKET,
                   "SELECT point_id FROM point_premise WHERE load_id = $1 "
                   "UNION SELECT point_id FROM point_rep WHERE load_id = $1 "
                   "UNION SELECT point_id FROM point_meter WHERE load_id = $1 "
                   "ORDER BY 1",
                   IN(in_i64(c->load_id)), OUT(out_i64(&c->id)), point_row, c);
}

static enum db_rc
change_chunk(struct change *c, const int64_t *ids, size_t n)
{
    struct point_facts *with = point_facts_new(ids[0], 0);
    struct point_facts *without = point_facts_new(ids[0], c->load_id);
    enum db_rc rc = point_facts_fetch(with, c->db, ids, n);

    if (rc == DB_OK)
        rc = point_facts_fetch(without, c->db, ids, n);
    for (size_t i = 0; rc == DB_OK && i < n; i++) {
        coverage_steps_add(c->sum, with, ids[i], &c->days, c->sign);
        coverage_steps_add(c->sum, without, ids[i], &c->days, -c->sign);
        if (c->reached != NULL)
            point_reach(c, with, without, ids[i]);
    }
    point_facts_free(with);
    point_facts_free(without);
    return rc;
}

/* Points of a chunk lie near each other: facts are kept by id. */
static enum db_rc
change_all(struct change *c)
{
    enum db_rc rc = change_points(c);

    for (size_t i = 0, some; i < c->n && rc == DB_OK; i += some) {
        some = 1;
        while (i + some < c->n &&
               c->point[i + some] - c->point[i] < 8 * (int64_t)COVERAGE_CHUNK &&
               some < COVERAGE_CHUNK)
            some++;
        rc = change_chunk(c, c->point + i, some);
    }
    return rc;
}

/* Ranges of days that are reached become stale. */
static enum db_rc
reached_write(struct change *c)
{
    int64_t mark = 0;
    enum db_rc rc = DB_OK;

    for (int32_t day = c->first_day, last; day <= c->last_day && rc == DB_OK;
         day = last + 1) {
        uint32_t i = (uint32_t)(day - c->first_day);

        last = day;
        if (!(c->reached[i / 32] >> i % 32 & 1))
            continue;
        while (last < c->last_day &&
               day_month_start(last + 1) == day_month_start(day) &&
               c->reached[(i + 1) / 32] >> (i + 1) % 32 & 1) {
            last++;
            i++;
        }
        if (mark == 0)
            rc = db_next_id(c->db, DB_MARKET, "coverage", 1, &mark);
        if (rc == DB_OK)
            rc = db_run(c->db, DB_MARKET,
                        "INSERT INTO coverage_stale (mark, first_day, "
                        "last_day) VALUES ($1, $2, $3)",
                        IN(in_i64(mark), in_i64(day), in_i64(last)), NULL);
    }
    return rc;
}

static enum db_rc
change_spans(struct change *c)
{
    int32_t days;
    enum db_rc rc =
        db_one(c->db, DB_MARKET,
               "SELECT COALESCE(min(first_day), 0), "
               "COALESCE(max(last_day), -1) FROM reading_part",
               IN_NONE, OUT(out_i32(&c->first_day), out_i32(&c->last_day)));

    days = c->last_day - c->first_day + 1;
    if (rc == DB_OK && days > 0)
        c->reached = mem_new(((size_t)days / 32 + 1) * sizeof *c->reached);
    return rc;
}

enum db_rc
coverage_registry(struct db *db, int64_t load_id, bool comes)
{
    struct change c = {.db = db, .load_id = load_id, .sign = comes ? 1 : -1};
    struct coverage_rule rule;
    enum db_rc rc = coverage_rule_get(db, &rule);

    c.sum = coverage_sum_new();
    if (rc == DB_OK)
        rc = change_spans(&c);
    if (rc == DB_OK)
        rc = change_all(&c);
    if (rc == DB_OK && rule.steps)
        rc = coverage_sum_write(db, c.sum);
    if (rc == DB_OK && c.reached != NULL)
        rc = reached_write(&c);
    if (rc == DB_OK)
        rc = db_run(db, DB_MARKET,
                    "UPDATE coverage_rule SET registry = registry + 1", IN_NONE,
                    NULL);
    coverage_sum_free(c.sum);
    free(c.days.at);
    free(c.reached);
    free(c.point);
    return rc;
}
