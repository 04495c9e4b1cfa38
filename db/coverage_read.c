/* SPDX-License-Identifier: Apache-2.0 */
/* Reading completeness: steps are added up to what is expected of each day. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "db/coverage_parts.h"
#include "db/engine.h"
#include "server/base/clock.h"
#include "server/base/str.h"

#define LOOKS 3 /* while the registry changes */

struct table {
    struct db *db;
    const struct coverage_ask *ask;
    bool by_day; /* TDSPs and REPs are summed */
    struct coverage_sum *sum;
    struct coverage row; /* of a statement */
    int64_t *expected;   /* by pair: on the day before the next */
    uint32_t *order;     /* pairs by name */
    bool *stale;         /* by day */
};

/* ---- what is stale ---------------------------------------------------------
 */

struct stale_rows {
    bool *stale;
    int32_t from, to;
    int32_t first, last;
};

static bool
stale_row(void *arg)
{
    struct stale_rows *s = arg;
    int32_t last = s->last < s->to ? s->last : s->to;

    for (int32_t d = s->first > s->from ? s->first : s->from; d <= last; d++)
        s->stale[d - s->from] = true;
    return true;
}

static enum db_rc
stale_get(struct db *db, int32_t from, int32_t to, bool *stale)
{
    struct stale_rows s = {.stale = stale, .from = from, .to = to};

    return db_each(db, DB_MARKET,
                   "SELECT first_day, last_day FROM coverage_stale "
                   "WHERE last_day >= $1 AND first_day <= $2 AND first_day >= "
                   "(SELECT day FROM reading_floor WHERE id = 1)",
                   IN(in_i64(from), in_i64(to)),
                   OUT(out_i32(&s.first), out_i32(&s.last)), stale_row, &s);
}

/* ---- rows ------------------------------------------------------------------
 */

static bool
base_row(void *arg)
{
    struct table *t = arg;
    struct coverage *c = &t->row;

    coverage_at(t->sum, t->ask->from - 1,
                coverage_pair(t->sum, c->tdsp, c->rep))[COVERAGE_EXPECTED] +=
        c->n[COVERAGE_EXPECTED];
    return true;
}

static bool
day_row(void *arg)
{
    struct table *t = arg;
    struct coverage *c = &t->row;
    int64_t *n =
        coverage_at(t->sum, c->day, coverage_pair(t->sum, c->tdsp, c->rep));

    for (int i = 0; i < COVERAGE_COUNTS; i++)
        n[i] += c->n[i];
    return true;
}

#define PAIR_OUT(c)                                                            \
    out_text((c)->tdsp, sizeof(c)->tdsp), out_text((c)->rep, sizeof(c)->rep)
#define COUNTS_OUT(c)                                                          \
    out_i64(&(c)->n[0]), out_i64(&(c)->n[1]), out_i64(&(c)->n[2]),             \
        out_i64(&(c)->n[3]), out_i64(&(c)->n[4]), out_i64(&(c)->n[5]),         \
        out_i64(&(c)->n[6]), out_i64(&(c)->n[7])

/* Steps before the first day: whole months, then days of its month. */
static enum db_rc
base_get(struct table *t)
{
    const struct coverage_ask *a = t->ask;
    struct coverage *c = &t->row;
    int32_t month = day_month_start(a->from);

    if (t->by_day)
        return db_each(
            t->db, DB_MARKET,
            "SELECT (SELECT COALESCE(sum(step), 0) FROM coverage_month "
            "WHERE month < $1 AND tdsp = COALESCE($3, tdsp) "
            "AND rep = COALESCE($4, rep)) + "
            "(SELECT COALESCE(sum(step), 0) FROM coverage_day "
            "WHERE day >= $1 AND day < $2 AND tdsp = COALESCE($3, tdsp) "
            "AND rep = COALESCE($4, rep))",
            IN(in_i64(month), in_i64(a->from), in_text(a->tdsp),
               in_text(a->rep)),
            OUT(out_i64(&c->n[COVERAGE_EXPECTED])), base_row, t);
    return db_each(
        t->db, DB_MARKET,
        "SELECT tdsp, rep, sum(step) FROM coverage_month "
        "WHERE month < $1 AND tdsp = COALESCE($3, tdsp) "
        "AND rep = COALESCE($4, rep) GROUP BY tdsp, rep UNION ALL "
        "SELECT tdsp, rep, sum(step) FROM coverage_day "
        "WHERE day >= $1 AND day < $2 AND tdsp = COALESCE($3, tdsp) "
        "AND rep = COALESCE($4, rep) GROUP BY tdsp, rep",
        IN(in_i64(month), in_i64(a->from), in_text(a->tdsp), in_text(a->rep)),
        OUT(PAIR_OUT(c), out_i64(&c->n[COVERAGE_EXPECTED])), base_row, t);
}

static enum db_rc
days_get(struct table *t)
{
    const struct coverage_ask *a = t->ask;
    struct coverage *c = &t->row;

    if (t->by_day)
        return db_each(
            t->db, DB_MARKET,
            "SELECT day, sum(step), sum(received), sum(estimated), "
            "sum(intervals), sum(partial), sum(late), sum(replaced), "
            "sum(extra) FROM coverage_day WHERE day BETWEEN $1 AND $2 "
            "AND tdsp = COALESCE($3, tdsp) AND rep = COALESCE($4, rep) "
            "GROUP BY day",
            IN(in_i64(a->from), in_i64(a->to), in_text(a->tdsp),
               in_text(a->rep)),
            OUT(out_i32(&c->day), COUNTS_OUT(c)), day_row, t);
    return db_each(
        t->db, DB_MARKET,
        "SELECT day, tdsp, rep, step, received, estimated, "
        "intervals, partial, late, replaced, extra "
        "FROM coverage_day WHERE day BETWEEN $1 AND $2 "
        "AND tdsp = COALESCE($3, tdsp) AND rep = COALESCE($4, rep)",
        IN(in_i64(a->from), in_i64(a->to), in_text(a->tdsp), in_text(a->rep)),
        OUT(out_i32(&c->day), PAIR_OUT(c), COUNTS_OUT(c)), day_row, t);
}

/* ---- giving ----------------------------------------------------------------
 */

static int
by_name(const void *a, const void *b, void *sum)
{
    const struct coverage_sum *s = sum;

    return memcmp(&s->pair[*(const uint32_t *)a],
                  &s->pair[*(const uint32_t *)b],
                  sizeof(struct coverage_names));
}

static void
order_pairs(struct table *t)
{
    struct coverage_sum *s = t->sum;

    t->order = mem_new((s->pairs + 1) * sizeof *t->order);
    t->expected = mem_new((s->pairs + 1) * sizeof *t->expected);
    for (uint32_t i = 0; i < s->pairs; i++) {
        t->order[i] = i;
        t->expected[i] = coverage_at(s, t->ask->from - 1, i)[0];
    }
    if (s->pairs > 1)
        qsort_r(t->order, s->pairs, sizeof *t->order, by_name, s);
}

static bool
worth(const struct table *t, const struct coverage *c)
{
    return t->by_day || c->n[COVERAGE_EXPECTED] != 0 ||
           c->n[COVERAGE_RECEIVED] != 0 || c->n[COVERAGE_EXTRA] != 0;
}

static void
give(struct table *t, bool (*row)(void *arg, const struct coverage *c),
     void *arg)
{
    struct coverage_sum *s = t->sum;

    order_pairs(t);
    for (int32_t day = t->ask->from; day <= t->ask->to; day++)
        for (size_t i = 0; i < s->pairs; i++) {
            uint32_t pair = t->order[i];
            struct coverage c = {.day = day,
                                 .stale = t->stale[day - t->ask->from]};

            memcpy(c.n, coverage_at(s, day, pair), sizeof c.n);
            t->expected[pair] += c.n[COVERAGE_EXPECTED];
            c.n[COVERAGE_EXPECTED] = t->expected[pair];
            str_copy(c.tdsp, sizeof c.tdsp, s->pair[pair].tdsp);
            str_copy(c.rep, sizeof c.rep, s->pair[pair].rep);
            if (worth(t, &c) && !row(arg, &c))
                return;
        }
}

/* Several statements tell one state when the registry stood still meanwhile;
 * what loads add lies in one of them. */
static enum db_rc
look(struct table *t)
{
    size_t days = (size_t)(t->ask->to - t->ask->from) + 1;
    struct coverage_rule before, after;
    enum db_rc rc = DB_OK;

    for (int i = 0; i < LOOKS && rc == DB_OK; i++) {
        coverage_sum_reset(t->sum);
        memset(t->stale, 0, days * sizeof *t->stale);
        rc = coverage_rule_get(t->db, &before);
        if (rc == DB_OK)
            rc = base_get(t);
        if (rc == DB_OK)
            rc = days_get(t);
        if (rc == DB_OK)
            rc = stale_get(t->db, t->ask->from, t->ask->to, t->stale);
        if (rc == DB_OK)
            rc = coverage_rule_get(t->db, &after);
        if (rc == DB_OK && before.registry == after.registry &&
            before.steps == after.steps)
            break;
    }
    if (rc == DB_OK && !after.steps)
        for (size_t i = 0; i < days; i++)
            t->stale[i] = true;
    return rc;
}

static enum db_rc
table_each(struct db *db, const struct coverage_ask *ask, bool by_day,
           bool (*row)(void *arg, const struct coverage *c), void *arg)
{
    struct table t = {.db = db, .ask = ask, .by_day = by_day};
    enum db_rc rc;

    if (ask->to < ask->from)
        return DB_OK;
    t.sum = coverage_sum_new();
    t.stale = mem_new(((size_t)(ask->to - ask->from) + 1) * sizeof *t.stale);
    rc = look(&t);
    if (rc == DB_OK)
        give(&t, row, arg);
    coverage_sum_free(t.sum);
    free(t.stale);
    free(t.order);
    free(t.expected);
    return rc;
}

enum db_rc
coverage_each_day(struct db *db, const struct coverage_ask *ask,
                  bool (*row)(void *arg, const struct coverage *c), void *arg)
{
    return table_each(db, ask, true, row, arg);
}

enum db_rc
coverage_each(struct db *db, const struct coverage_ask *ask,
              bool (*row)(void *arg, const struct coverage *c), void *arg)
{
    return table_each(db, ask, false, row, arg);
}

enum db_rc
coverage_each_pair(struct db *db, struct coverage *c, bool (*row)(void *arg),
                   void *arg)
{
    *c = (struct coverage){0};
    return db_each(db, DB_MARKET,
                   "SELECT DISTINCT tdsp, rep FROM coverage_month "
                   "ORDER BY tdsp, rep",
                   IN_NONE, OUT(PAIR_OUT(c)), row, arg);
}
