/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Completeness where the loader is not: days that nobody counted while
 * loading, missing intervals, pages of meters.  tests/coverage compares whole
 * stores with another reader.
 */
#include <stdio.h>
#include <string.h>

#include "db/coverage.h"
#include "db/load_run.h"
#include "db/reading_home.h"
#include "server/base/clock.h"
#include "tests/store/records.h"
#include "tests/store/table_files.h"

#include "api/registry/registry.h"

#define POINTS 6

/* Points 1 … 6 of one TDSP and REP. */
static void
register_points(struct engine *e)
{
    struct buf text = {0};
    struct outcome o = {.rc = DB_OK};

    buf_puts(&text, "ESIID,TDSP,METER,INSTALLED,REP,REP_FROM\n");
    for (int i = 0; i < POINTS; i++)
        buf_printf(&text,
                   "10443720%09d,957877905,M%d,2020-01-01,100000007,"
                   "2020-01-01\n",
                   i, i);
    table_file_load(e, registry_load, buf_text(&text), "", &o);
    buf_clear(&text);
}

static bool
take(void *arg, const struct coverage *c)
{
    *(struct coverage *)arg = *c;
    return true;
}

/* The counts of a day (from 2026-10-20). */
static struct coverage
day_get(struct db *db, int day)
{
    int32_t d = records_day0() + day;
    struct coverage_ask ask = {d, d, "957877905", "100000007"};
    struct coverage c = {0};

    assert_int_equal(coverage_each_day(db, &ask, take, &c), DB_OK);
    assert_int_equal(c.day, d);
    return c;
}

static int64_t
count_anew(struct db *db)
{
    int64_t days;

    assert_int_equal(coverage_count(db, 5, NULL, NULL, &days), DB_OK);
    return days;
}

static void
test_uncounted(void **state)
{
    struct engine *e = engine_of(state);
    struct coverage c;
    int64_t load;

    records_init();
    register_points(e);
    c = day_get(e->db, 1);
    assert_int_equal(c.n[COVERAGE_EXPECTED], POINTS);
    assert_int_equal(c.n[COVERAGE_RECEIVED], 0);
    load = records_load(e->db,
                        FILE_OF(20261022090000, 1,
                                {1, 1, 4, 20261022080000, 1, "a"},
                                {2, 1, 4, 20261022080000, 4, "b"}),
                        NULL);
    assert_true(day_get(e->db, 1).stale);
    assert_false(day_get(e->db, 2).stale);
    assert_store_clean(e->db);
    assert_int_equal(count_anew(e->db), 1);
    c = day_get(e->db, 1);
    assert_false(c.stale);
    assert_int_equal(c.n[COVERAGE_RECEIVED], 2);
    assert_int_equal(c.n[COVERAGE_ESTIMATED], 1);
    assert_int_equal(c.n[COVERAGE_INTERVALS], 8);
    assert_int_equal(c.n[COVERAGE_REPLACED], 0);
    records_load(e->db,
                 FILE_OF(20261023090000, 1, {2, 1, 4, 20261023080000, 1, "c"}),
                 NULL);
    assert_int_equal(count_anew(e->db), 1);
    c = day_get(e->db, 1);
    assert_int_equal(c.n[COVERAGE_ESTIMATED], 0);
    assert_int_equal(c.n[COVERAGE_REPLACED], 1);
    assert_store_clean(e->db);
    (void)load;
}

/* A day without some intervals counts as partial. */
static void
test_partial(void **state)
{
    struct engine *e = engine_of(state);
    struct rec r = {3, 2, 4, 20261023080000, 1, "p"};
    struct outcomes out;
    struct reading_load *rl;
    struct reading_day d;
    struct buf b = {0};
    struct load l;

    records_init();
    register_points(e);
    rl = records_collect(
        e->db, FILE_OF(20261023090000, 1, {1, 2, 4, 20261023080000, 1, "a"}),
        &l);
    day_make(&r, &d);
    d.status[5] = d.status[6] = 0;
    d.value_ukwh[5] = d.value_ukwh[6] = 0;
    reading_pack(&d, &b);
    assert_int_equal(
        reading_load_add(rl, d.point_id, d.day, d.channel, b.at, b.len, 1),
        DB_OK);
    buf_clear(&b);
    assert_int_equal(records_finish(rl, &l, &out), DB_OK);
    assert_int_equal(db_load_commit(e->db, &l), DB_OK);
    count_anew(e->db);
    assert_int_equal(day_get(e->db, 2).n[COVERAGE_RECEIVED], 2);
    assert_int_equal(day_get(e->db, 2).n[COVERAGE_PARTIAL], 1);
    assert_store_clean(e->db);
}

/* Counts made under another registry are not added. */
static void
test_registry_moved(void **state)
{
    struct engine *e = engine_of(state);
    struct coverage_sum *s = coverage_sum_new();
    struct outcomes out;
    struct coverage_rule rule;
    struct reading_load *rl;
    struct load l;

    records_init();
    assert_int_equal(coverage_rule_get(e->db, &rule), DB_OK);
    register_points(e);
    rl = records_collect(
        e->db, FILE_OF(20261023090000, 1, {1, 3, 4, 20261024080000, 1, "a"}),
        &l);
    assert_int_equal(records_finish(rl, &l, &out), DB_OK);
    coverage_at(s, records_day0() + 3,
                coverage_pair(s, "", ""))[COVERAGE_EXTRA] = 1;
    assert_int_equal(db_load_commit_counted(e->db, &l, s, rule.registry),
                     DB_OK);
    coverage_sum_free(s);
    assert_true(day_get(e->db, 3).stale);
    count_anew(e->db);
    assert_int_equal(day_get(e->db, 3).n[COVERAGE_RECEIVED], 1);
    assert_store_clean(e->db);
}

struct list {
    int64_t id[8];
    size_t n, most;
};

static bool
take_meter(void *arg, const struct coverage_meter *m)
{
    struct list *l = arg;

    l->id[l->n++] = m->point_id;
    return l->n < l->most;
}

static void
test_meters(void **state)
{
    struct engine *e = engine_of(state);
    int32_t day = records_day0() + 1;
    struct coverage_ask ask = {day, day, "957877905", NULL};
    struct list l = {.most = 3};
    int64_t next = 0;

    records_init();
    register_points(e);
    records_load(e->db,
                 FILE_OF(20261022090000, 1, {2, 1, 4, 20261022080000, 1, "a"}),
                 NULL);
    assert_int_equal(coverage_each_meter(e->db, &ask, COVERAGE_OF_MISSING, -1,
                                         1000, &next, take_meter, &l),
                     DB_OK);
    assert_int_equal(l.n, 3);
    assert_true(next == l.id[2] && l.id[0] == 1 && l.id[1] == 3);
    l = (struct list){.most = 8};
    assert_int_equal(coverage_each_meter(e->db, &ask, COVERAGE_OF_MISSING, next,
                                         1000, &next, take_meter, &l),
                     DB_OK);
    assert_int_equal(l.n, 2);
    assert_int_equal(next, 0);
    ask.tdsp = "1";
    l.n = 0;
    assert_int_equal(coverage_each_meter(e->db, &ask, COVERAGE_OF_MISSING, -1,
                                         1000, &next, take_meter, &l),
                     DB_OK);
    assert_int_equal(l.n, 0);
}

/* ---- loads that run --------------------------------------------------------
 */

static bool
take_none(void *arg, const struct coverage_meter *m)
{
    (void)arg;
    fail_msg("point %lld is told of", (long long)m->point_id);
    return false;
}

/* Days that are kept no longer keep their counts; nothing counts them anew. */
static void
test_dropped(void **state)
{
    struct engine *e = engine_of(state);
    int32_t day = records_day0() + 1, next;
    struct coverage_ask ask = {day, day, NULL, NULL};
    struct coverage_todo todo;
    int64_t last;

    records_init();
    register_points(e);
    records_load(e->db,
                 FILE_OF(20261022090000, 1, {1, 1, 4, 20261022080000, 1, "a"}),
                 NULL);
    assert_int_equal(count_anew(e->db), 1);
    assert_int_equal(coverage_rule_set(e->db, 7, "Etc/UTC"), DB_OK);
    next = day_add_months(day_month_start(day), 1);
    assert_int_equal(db_writer_lock(e->db, 5), DB_OK);
    assert_int_equal(reading_floor_set(e->db, next), DB_OK);
    assert_int_equal(reading_drop(e->db, day_month_start(day)), DB_OK);
    db_writer_unlock(e->db);
    assert_int_equal(coverage_todo_get(e->db, &todo), DB_OK);
    assert_int_equal(todo.days, 0);
    assert_int_equal(count_anew(e->db), 0);
    assert_false(day_get(e->db, 1).stale);
    assert_int_equal(day_get(e->db, 1).n[COVERAGE_RECEIVED], 1);
    assert_int_equal(coverage_each_meter(e->db, &ask, COVERAGE_OF_MISSING, -1,
                                         INT64_MAX, &last, take_none, NULL),
                     DB_OK);
    assert_store_clean(e->db);
}

/* ---- months -----------------------------------------------------------------
 */

#define MONTH_DAYS_LOADED 9

/* Passes rows on, and counts them. */
static struct {
    const struct reading_engine *engine;
    reading_row_fn *row;
    void *arg;
    size_t day_rows, month_rows;
} counting;

static bool
count_row(void *arg, const struct reading_row *r)
{
    (void)arg;
    if (r->month)
        counting.month_rows++;
    else
        counting.day_rows++;
    return counting.row(counting.arg, r);
}

static enum db_rc
count_find(struct db *db, int32_t day, const int64_t *group, size_t n,
           reading_row_fn *row, void *arg)
{
    counting.row = row;
    counting.arg = arg;
    return counting.engine->find(db, day, group, n, count_row, NULL);
}

static enum db_rc
count_span(struct db *db, int32_t from_day, int32_t to_day, int64_t first_group,
           int64_t last_group, reading_row_fn *row, void *arg)
{
    counting.row = row;
    counting.arg = arg;
    return counting.engine->span(db, from_day, to_day, first_group, last_group,
                                 count_row, NULL);
}

/* A rewritten month is counted by reading each of its rows once. */
static void
test_month_rows_once(void **state)
{
    struct engine *e = engine_of(state);
    struct reading_engine wrapped;
    struct reading_rewritten r;
    int32_t day;

    if (e->kind != DB_SQLITE)
        skip();
    records_init();
    register_points(e);
    for (int i = 0; i < MONTH_DAYS_LOADED; i++)
        records_load(e->db,
                     FILE_OF(20261101000000 + i, 1,
                             {1, i, 4, 20261101000000, 1, "a"},
                             {2, i, 4, 20261101000000, 4, "b"}),
                     NULL);
    day = day_month_start(records_day0());
    assert_int_equal(reading_compact(e->db, day, 5, &r), DB_OK);
    assert_int_equal(r.rows, 2);
    counting.engine = reading_home(e->db)->engine;
    wrapped = *counting.engine;
    wrapped.find = count_find;
    wrapped.span = count_span;
    reading_home(e->db)->engine = &wrapped;
    assert_int_equal(count_anew(e->db), MONTH_DAYS_LOADED);
    reading_home(e->db)->engine = counting.engine;
    assert_int_equal(counting.month_rows, 2);
    assert_int_equal(counting.day_rows, 0);
    for (int i = 0; i < MONTH_DAYS_LOADED; i++)
        assert_int_equal(day_get(e->db, i).n[COVERAGE_RECEIVED], 2);
    assert_store_clean(e->db);
}

static void
damage(const struct engine *e, const char *month)
{
    char path[600];
    sqlite3 *h;

    snprintf(path, sizeof path, "%s/readings/%s.db",
             e->store + strlen("sqlite:"), month);
    assert_int_equal(sqlite3_open(path, &h), SQLITE_OK);
    assert_int_equal(sqlite3_exec(h,
                                  "UPDATE reading SET data = "
                                  "zeroblob(length(data))",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    sqlite3_close(h);
}

/* A month that cannot be read keeps its counts, and holds up no other. */
static void
test_damaged_month(void **state)
{
    struct engine *e = engine_of(state);
    int64_t days = 0;

    if (e->kind != DB_SQLITE)
        skip();
    records_init();
    register_points(e);
    records_load(e->db,
                 FILE_OF(20261101000000, 1, {1, 1, 4, 20261101000000, 1, "a"}),
                 NULL);
    assert_int_equal(count_anew(e->db), 1);
    records_load(e->db,
                 FILE_OF(20261120000000, 1, {2, 1, 4, 20261120000000, 1, "b"},
                         {2, 15, 4, 20261120000000, 1, "c"}),
                 NULL);
    damage(e, "2026-10");
    assert_int_equal(coverage_count(e->db, 5, NULL, NULL, &days), DB_FAIL);
    assert_non_null(strstr(db_error(e->db), "2026-10"));
    assert_int_equal(days, 1);
    assert_true(day_get(e->db, 1).stale);
    assert_int_equal(day_get(e->db, 1).n[COVERAGE_RECEIVED], 1);
    assert_false(day_get(e->db, 15).stale);
    assert_int_equal(day_get(e->db, 15).n[COVERAGE_RECEIVED], 1);
}

struct runs {
    struct load_run row;
    int n;
    int64_t records;
};

static bool
take_run(void *arg)
{
    struct runs *r = arg;

    r->n++;
    r->records += r->row.records;
    return true;
}

static int
runs_at(struct db *db, int64_t now, int64_t *records)
{
    struct runs r = {.n = 0};

    assert_int_equal(db_load_run_each(db, now, &r.row, take_run, &r), DB_OK);
    *records = r.records;
    return r.n;
}

static void
test_load_run(void **state)
{
    struct engine *e = engine_of(state);
    struct load_run r = {.id = 1,
                         .process = "here 1",
                         .source = "command",
                         .started_utc = 1000,
                         .beat_utc = 1000,
                         .records = 5};
    int64_t records;

    assert_int_equal(db_load_run_put(e->db, &r), DB_OK);
    r.records = 9;
    r.beat_utc = 1010;
    assert_int_equal(db_load_run_put(e->db, &r), DB_OK);
    assert_int_equal(runs_at(e->db, 1010 + LOAD_RUN_STALE, &records), 1);
    assert_int_equal(records, 9);
    assert_int_equal(runs_at(e->db, 1011 + LOAD_RUN_STALE, &records), 0);
    assert_int_equal(db_load_run_purge(e->db, 1010 + 3600), DB_OK);
    assert_int_equal(runs_at(e->db, 1010, &records), 1);
    assert_int_equal(db_load_run_del(e->db, 1), DB_OK);
    assert_int_equal(runs_at(e->db, 1010, &records), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ENGINE_TESTS(test_uncounted),       ENGINE_TESTS(test_partial),
        ENGINE_TESTS(test_registry_moved),  ENGINE_TESTS(test_meters),
        ENGINE_TESTS(test_dropped),         ENGINE_TESTS(test_load_run),
        ENGINE_TESTS(test_month_rows_once), ENGINE_TESTS(test_damaged_month),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
