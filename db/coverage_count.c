/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counting completeness anew from the readings.  A month of stale days is
 * counted beside loads, and kept if nothing has changed meanwhile that it
 * hangs on; when something always has, it is counted under the writer lock.
 *
 * Ranges of stale days lie within a month each, so the floor of what is kept,
 * the first day of a month, has each range wholly on one side.  The counts of
 * days before it stay as they were: there is nothing left to count.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/coverage_parts.h"
#include "db/engine.h"
#include "server/base/clock.h"
#include "server/base/log.h"
#include "server/base/str.h"

#define TRIES 3 /* beside loads */

/* ---- what is to be done ----------------------------------------------------
 */

enum db_rc
coverage_todo_get(struct db *db, struct coverage_todo *t)
{
    struct coverage_rule r;
    enum db_rc rc = coverage_rule_get(db, &r);

    t->steps = rc == DB_OK && !r.steps;
    if (rc == DB_OK)
        rc = db_one(db, DB_MARKET,
                    "SELECT COALESCE(sum(last_day - first_day + 1), 0), "
                    "COALESCE(min(first_day), 0), COALESCE(max(last_day), -1) "
                    "FROM coverage_stale WHERE first_day >= "
                    "(SELECT day FROM reading_floor WHERE id = 1)",
                    IN_NONE,
                    OUT(out_i64(&t->days), out_i32(&t->first_day),
                        out_i32(&t->last_day)));
    return rc;
}

/* ---- points ----------------------------------------------------------------
 */

enum db_rc
coverage_each_chunk(struct db *db,
                    enum db_rc (*chunk)(struct db *db, void *arg,
                                        struct point_facts *f, int64_t first,
                                        int64_t last),
                    void *arg)
{
    int64_t highest = 0;
    enum db_rc rc = coverage_points(db, &highest);

    for (int64_t first = 0; first <= highest && rc == DB_OK;
         first += COVERAGE_CHUNK) {
        int64_t last = first + COVERAGE_CHUNK - 1;
        struct point_facts *f = point_facts_new(first, 0);

        if (last > highest)
            last = highest;
        rc = point_facts_fetch_range(f, db, first, last);
        if (rc == DB_OK)
            rc = chunk(db, arg, f, first, last);
        point_facts_free(f);
    }
    return rc;
}

void
coverage_take(struct coverage_sum *s, struct coverage_due *due,
              const struct point_facts *f, const struct reading_cover *r)
{
    struct point_fact fact;
    int64_t *n;

    point_facts_get(f, r->point_id, r->day, &fact);
    if (!coverage_expects(&fact, r->channel)) {
        coverage_at(s, r->day, coverage_pair(s, "", ""))[COVERAGE_EXTRA]++;
        return;
    }
    n = coverage_at(s, r->day, coverage_pair(s, fact.tdsp, fact.rep));
    n[COVERAGE_RECEIVED]++;
    n[COVERAGE_ESTIMATED] += r->estimated > 0;
    n[COVERAGE_INTERVALS] += r->estimated;
    n[COVERAGE_PARTIAL] += r->missing > 0;
    n[COVERAGE_LATE] += r->first_utc > coverage_due_utc(due, r->day);
    n[COVERAGE_REPLACED] += r->replaced;
}

/* ---- one month -------------------------------------------------------------
 */

/* What a count hangs on. */
struct basis {
    int64_t registry, seq, undone, marks, mark, floor;
    int64_t kept; /* days from this one on */
};

struct month {
    struct db *db;
    int32_t first, last; /* days, whole or part of a month */
    struct coverage_sum *sum;
    struct coverage_due due;
    const struct point_facts *facts;
    struct basis basis;
    bool moved;
};

/* Commits that have rows among the days, and marks on them. */
static enum db_rc
basis_get(struct db *db, int32_t first, int32_t last, struct basis *b)
{
    enum db_rc rc = db_one(
        db, DB_MARKET,
        "SELECT (SELECT registry FROM coverage_rule), "
        "(SELECT COALESCE(max(l.seq), 0) FROM reading_part p "
        "JOIN load l ON l.id = p.load_id WHERE l.state = 2 "
        "AND p.month = $3 AND p.last_day >= $1 AND p.first_day <= $2), "
        "(SELECT count(*) FROM load WHERE state IN (1, 3) AND state = 3), "
        "(SELECT count(*) FROM coverage_stale WHERE last_day >= $1 "
        "AND first_day <= $2), "
        "(SELECT COALESCE(max(mark), 0) FROM coverage_stale "
        "WHERE last_day >= $1 AND first_day <= $2), "
        "(SELECT changes FROM reading_floor WHERE id = 1), "
        "(SELECT day FROM reading_floor WHERE id = 1)",
        IN(in_i64(first), in_i64(last), in_i64(day_month_start(first))),
        OUT(out_i64(&b->registry), out_i64(&b->seq), out_i64(&b->undone),
            out_i64(&b->marks), out_i64(&b->mark), out_i64(&b->floor),
            out_i64(&b->kept)));

    return rc;
}

static bool
take_cover(void *arg, const struct reading_cover *r)
{
    struct month *m = arg;

    coverage_take(m->sum, &m->due, m->facts, r);
    return true;
}

static enum db_rc
month_chunk(struct db *db, void *arg, struct point_facts *f, int64_t first,
            int64_t last)
{
    struct month *m = arg;

    enum db_rc rc;

    m->facts = f;
    rc = reading_each_cover(db, first, last, m->first, m->last, take_cover, m);
    return rc == DB_NONE ? DB_FAIL : rc;
}

static enum db_rc
month_tx(struct db *db, void *arg)
{
    struct month *m = arg;
    struct basis now;
    enum db_rc rc = basis_get(db, m->first, m->last, &now);

    m->moved = rc == DB_OK && memcmp(&now, &m->basis, sizeof now) != 0;
    /* dropped meanwhile: its counts stay as they were */
    if (rc == DB_OK && m->first < now.kept) {
        m->moved = false;
        return DB_OK;
    }
    if (rc != DB_OK || m->moved)
        return rc;
    rc = db_run(db, DB_MARKET,
                "UPDATE coverage_day SET received = 0, estimated = 0, "
                "intervals = 0, partial = 0, late = 0, replaced = 0, extra = 0 "
                "WHERE day BETWEEN $1 AND $2",
                IN(in_i64(m->first), in_i64(m->last)), NULL);
    if (rc == DB_OK)
        rc = coverage_sum_write(db, m->sum);
    /* Ranges lie within a month each, and these are all that touch it. */
    if (rc == DB_OK)
        rc = db_run(db, DB_MARKET,
                    "DELETE FROM coverage_stale WHERE first_day >= $1 "
                    "AND last_day <= $2",
                    IN(in_i64(m->first), in_i64(m->last)), NULL);
    if (rc == DB_OK)
        rc = db_run(db, DB_MARKET,
                    "DELETE FROM coverage_day WHERE day BETWEEN $1 AND $2 "
                    "AND step = 0 AND received = 0 AND extra = 0",
                    IN(in_i64(m->first), in_i64(m->last)), NULL);
    return rc;
}

static enum db_rc
month_count_once(struct month *m)
{
    struct coverage_rule rule;
    enum db_rc rc = coverage_rule_get(m->db, &rule);

    coverage_sum_reset(m->sum);
    m->moved = false;
    if (rc == DB_OK) {
        coverage_due_init(&m->due, &rule);
        rc = basis_get(m->db, m->first, m->last, &m->basis);
    }
    if (rc == DB_OK)
        rc = coverage_each_chunk(m->db, month_chunk, m);
    return rc == DB_OK ? db_tx(m->db, DB_MARKET, month_tx, m) : rc;
}

static enum db_rc
month_count(struct month *m, double lock_seconds)
{
    enum db_rc rc = DB_OK;

    for (int i = 0; i < TRIES; i++) {
        rc = month_count_once(m);
        if (rc == DB_BUSY)
            m->moved = true;
        else if (rc != DB_OK || !m->moved)
            return rc;
    }
    rc = db_writer_lock(m->db, lock_seconds);
    if (rc != DB_OK)
        return rc;
    rc = month_count_once(m);
    db_writer_unlock(m->db);
    return rc == DB_OK && m->moved ? DB_BUSY : rc;
}

/* ---- steps, once -----------------------------------------------------------
 */

struct steps {
    struct coverage_sum *sum;
    struct point_days days;
};

static enum db_rc
steps_chunk(struct db *db, void *arg, struct point_facts *f, int64_t first,
            int64_t last)
{
    struct steps *s = arg;

    (void)db;
    for (int64_t id = first; id <= last; id++)
        coverage_steps_add(s->sum, f, id, &s->days, 1);
    return DB_OK;
}

static enum db_rc
steps_tx(struct db *db, void *arg)
{
    struct steps *s = arg;
    enum db_rc rc;

    coverage_sum_reset(s->sum);
    rc = coverage_each_chunk(db, steps_chunk, s);
    if (rc == DB_OK)
        rc = db_run(db, DB_MARKET, "UPDATE coverage_day SET step = 0", IN_NONE,
                    NULL);
    if (rc == DB_OK)
        rc = db_run(db, DB_MARKET, "DELETE FROM coverage_month", IN_NONE, NULL);
    if (rc == DB_OK)
        rc = coverage_sum_write(db, s->sum);
    return rc == DB_OK
               ? db_run(db, DB_MARKET, "UPDATE coverage_rule SET steps = TRUE",
                        IN_NONE, NULL)
               : rc;
}

static enum db_rc
steps_count(struct db *db, double lock_seconds)
{
    struct steps s = {.sum = coverage_sum_new()};
    enum db_rc rc = db_writer_lock(db, lock_seconds);

    if (rc == DB_OK) {
        rc = db_tx(db, DB_MARKET, steps_tx, &s);
        db_writer_unlock(db);
    }
    coverage_sum_free(s.sum);
    free(s.days.at);
    return rc;
}

/* ---- all -------------------------------------------------------------------
 */

/* The next month with stale days, from a day on: from the first to the last of
 * them. */
static enum db_rc
stale_month(struct db *db, int32_t from, struct month *m)
{
    enum db_rc rc =
        db_one(db, DB_MARKET,
               "SELECT COALESCE(min(first_day), -1) "
               "FROM coverage_stale WHERE first_day >= $1 AND first_day >= "
               "(SELECT day FROM reading_floor WHERE id = 1)",
               IN(in_i64(from)), OUT(out_i32(&m->first)));

    if (rc != DB_OK)
        return rc;
    if (m->first < 0)
        return DB_NONE;
    return db_one(db, DB_MARKET,
                  "SELECT max(last_day) FROM coverage_stale "
                  "WHERE first_day >= $1 AND first_day < $2",
                  IN(in_i64(m->first),
                     in_i64(day_add_months(day_month_start(m->first), 1))),
                  OUT(out_i32(&m->last)));
}

/* Months that could not be counted. */
struct failures {
    char first[DB_WHY]; /* which, and why */
    int more;
};

static void
failure_note(struct failures *f, const struct db *db, int32_t day)
{
    char month[11];

    day_format(month, day);
    log_ours("completeness cannot be counted", "month=%.7s why=%s", month,
             db_error(db));
    if (f->first[0])
        f->more++;
    else
        snprintf(f->first, sizeof f->first, "%.7s: %.440s", month,
                 db_error(db));
}

/* The error of the handle tells which months failed. */
static enum db_rc
failures_tell(const struct failures *f, struct db *db)
{
    if (!f->first[0])
        return DB_OK;
    if (f->more)
        snprintf(db->error, sizeof db->error, "%.480s (and %d more months)",
                 f->first, f->more);
    else
        str_copyn(db->error, sizeof db->error, f->first,
                  strnlen(f->first, sizeof f->first - 1));
    return DB_FAIL;
}

/* One that cannot be read holds up none of the others; where none can be
 * reached, or nothing can be kept, they are left for another time. */
static enum db_rc
months_count(struct month *m, double lock_seconds, bool (*go_on)(void *arg),
             void *arg, int64_t *days)
{
    struct failures failed = {.more = 0};
    int32_t from = 0;
    enum db_rc rc = DB_OK;

    while (rc == DB_OK && (go_on == NULL || go_on(arg))) {
        rc = stale_month(m->db, from, m);
        if (rc != DB_OK)
            break;
        from = day_add_months(day_month_start(m->first), 1);
        rc = month_count(m, lock_seconds);
        if (rc == DB_OK) {
            *days += m->last - m->first + 1;
        } else if (rc == DB_FAIL && !db_sync_failed()) {
            failure_note(&failed, m->db, m->first);
            rc = DB_OK;
        }
    }
    return rc == DB_OK || rc == DB_NONE ? failures_tell(&failed, m->db) : rc;
}

enum db_rc
coverage_count(struct db *db, double lock_seconds, bool (*go_on)(void *arg),
               void *arg, int64_t *days)
{
    struct month m = {.db = db};
    struct coverage_todo todo;
    enum db_rc rc = coverage_todo_get(db, &todo);

    *days = 0;
    if (rc == DB_OK && todo.steps)
        rc = steps_count(db, lock_seconds);
    if (rc != DB_OK || todo.days == 0)
        return rc;
    m.sum = coverage_sum_new();
    rc = months_count(&m, lock_seconds, go_on, arg, days);
    coverage_sum_free(m.sum);
    return rc;
}
