/* SPDX-License-Identifier: Apache-2.0 */
/* Are the kept counts those that the readings and the registry make? */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/coverage_parts.h"
#include "server/base/clock.h"
#include "server/base/log.h"

#define DAY_LAST 131071 /* of any store */
#define BAD_MOST 100    /* lines */
#define LOOKS    3      /* while loads come */

static const char *const COUNT_NAMES[] = {"expected",  "received", "estimated",
                                          "intervals", "partial",  "late",
                                          "replaced",  "extra"};

struct check {
    struct db *db;
    struct coverage_sum *sum; /* what is kept less what was counted */
    struct point_days days;
    struct coverage_due due;
    const struct point_facts *facts;
    struct coverage row;
    int32_t first, last;
};

/* ---- counting --------------------------------------------------------------
 */

static bool
take(void *arg, const struct reading_cover *r)
{
    struct check *c = arg;

    coverage_take(c->sum, &c->due, c->facts, r);
    return true;
}

static enum db_rc
check_chunk(struct db *db, void *arg, struct point_facts *f, int64_t first,
            int64_t last)
{
    struct check *c = arg;

    c->facts = f;
    for (int64_t id = first; id <= last; id++)
        coverage_steps_add(c->sum, f, id, &c->days, 1);
    return reading_each_cover(db, first, last, 0, DAY_LAST, take, c);
}

/* ---- what is kept ----------------------------------------------------------
 */

static bool
kept_row(void *arg)
{
    struct check *c = arg;
    int64_t *n = coverage_at(c->sum, c->row.day,
                             coverage_pair(c->sum, c->row.tdsp, c->row.rep));

    for (int i = 0; i < COVERAGE_COUNTS; i++)
        n[i] -= c->row.n[i];
    return true;
}

static enum db_rc
kept_get(struct check *c)
{
    struct coverage *r = &c->row;

    return db_each(c->db, DB_MARKET,
                   "SELECT day, tdsp, rep, step, received, estimated, "
                   "intervals, partial, late, replaced, extra "
                   "FROM coverage_day",
                   IN_NONE,
                   OUT(out_i32(&r->day), out_text(r->tdsp, sizeof r->tdsp),
                       out_text(r->rep, sizeof r->rep), out_i64(&r->n[0]),
                       out_i64(&r->n[1]), out_i64(&r->n[2]), out_i64(&r->n[3]),
                       out_i64(&r->n[4]), out_i64(&r->n[5]), out_i64(&r->n[6]),
                       out_i64(&r->n[7])),
                   kept_row, c);
}

/* Days that are to be counted anew, or cannot be any more, need not agree. */
static bool
stale_row(void *arg)
{
    struct check *c = arg;

    for (size_t i = 0; i < c->sum->n; i++) {
        struct coverage_row *r = &c->sum->row[i];

        if (r->day >= c->first && r->day <= c->last)
            for (int k = COVERAGE_RECEIVED; k < COVERAGE_COUNTS; k++)
                r->n[k] = 0;
    }
    return true;
}

static enum db_rc
stale_forget(struct check *c)
{
    return db_each(c->db, DB_MARKET,
                   "SELECT first_day, last_day FROM coverage_stale UNION ALL "
                   "SELECT 0, day - 1 FROM reading_floor WHERE day > 0",
                   IN_NONE, OUT(out_i32(&c->first), out_i32(&c->last)),
                   stale_row, c);
}

/* What changes when anything is loaded, taken back or counted. */
struct basis {
    int64_t seq, loads, registry, marks, mark, floor;
};

static enum db_rc
basis_get(struct db *db, struct basis *b)
{
    return db_one(db, DB_MARKET,
                  "SELECT (SELECT COALESCE(max(seq), 0) FROM load), "
                  "(SELECT count(*) FROM load WHERE state = 2), "
                  "(SELECT registry FROM coverage_rule), "
                  "(SELECT count(*) FROM coverage_stale), "
                  "(SELECT COALESCE(max(mark), 0) FROM coverage_stale), "
                  "(SELECT changes FROM reading_floor WHERE id = 1)",
                  IN_NONE,
                  OUT(out_i64(&b->seq), out_i64(&b->loads),
                      out_i64(&b->registry), out_i64(&b->marks),
                      out_i64(&b->mark), out_i64(&b->floor)));
}

static enum db_rc
compare_once(struct check *c, struct coverage_rule *rule, bool *moved)
{
    struct basis before = {0}, after = {0};
    enum db_rc rc = basis_get(c->db, &before);

    coverage_sum_reset(c->sum);
    if (rc == DB_OK)
        rc = coverage_rule_get(c->db, rule);
    if (rc != DB_OK)
        return rc;
    coverage_due_init(&c->due, rule);
    rc = coverage_each_chunk(c->db, check_chunk, c);
    if (rc == DB_OK)
        rc = kept_get(c);
    if (rc == DB_OK)
        rc = stale_forget(c);
    if (rc == DB_OK)
        rc = basis_get(c->db, &after);
    *moved = rc == DB_BUSY || memcmp(&before, &after, sizeof before) != 0;
    return rc == DB_BUSY ? DB_OK : rc;
}

/* ---- telling ---------------------------------------------------------------
 */

static void
tell(const struct check *c, const struct coverage_rule *rule,
     void (*bad)(void *arg, const char *line), void *arg)
{
    size_t lines = 0;

    for (size_t i = 0; i < c->sum->n; i++) {
        const struct coverage_row *r = &c->sum->row[i];
        const struct coverage_names *p = &c->sum->pair[r->pair];

        for (int k = rule->steps ? 0 : 1; k < COVERAGE_COUNTS; k++) {
            char line[256], day[11];

            if (r->n[k] == 0 || lines++ >= BAD_MOST)
                continue;
            snprintf(line, sizeof line,
                     "coverage: %s, TDSP '%s', REP '%s': %lld more meter-days "
                     "%s than are kept",
                     day_format(day, r->day), p->tdsp, p->rep,
                     (long long)r->n[k], COUNT_NAMES[k]);
            bad(arg, line);
        }
    }
}

/* Steps by month are those by day. */
static enum db_rc
check_months(struct db *db, void (*bad)(void *arg, const char *line), void *arg)
{
    int64_t kept = 0, days = 0;
    char line[160];
    enum db_rc rc =
        db_one(db, DB_MARKET,
               "SELECT COALESCE((SELECT sum(step) FROM coverage_month), 0), "
               "COALESCE((SELECT sum(step) FROM coverage_day), 0)",
               IN_NONE, OUT(out_i64(&kept), out_i64(&days)));

    if (rc != DB_OK || kept == days)
        return rc;
    snprintf(line, sizeof line,
             "coverage: months expect %lld meter-days, days %lld",
             (long long)kept, (long long)days);
    bad(arg, line);
    return DB_OK;
}

enum db_rc
coverage_check(struct db *db, void (*bad)(void *arg, const char *line),
               void *arg)
{
    struct check c = {.db = db, .sum = coverage_sum_new()};
    struct coverage_rule rule;
    enum db_rc rc = DB_OK;
    bool moved = true;

    for (int i = 0; i < LOOKS && rc == DB_OK && moved; i++)
        rc = compare_once(&c, &rule, &moved);
    if (rc == DB_OK && moved)
        log_info("coverage not compared", "why=loads keep coming");
    else if (rc == DB_OK)
        tell(&c, &rule, bad, arg);
    if (rc == DB_OK && !moved)
        rc = check_months(db, bad, arg);
    coverage_sum_free(c.sum);
    free(c.days.at);
    return rc == DB_NONE ? DB_OK : rc; /* damage was told before */
}
