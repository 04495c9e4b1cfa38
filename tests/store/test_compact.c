/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Months that are rewritten point by point: whatever can be read, loaded and
 * taken back is the same in a store that was rewritten and in its twin that was
 * not, whatever cuts the work off and whoever reads meanwhile.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "db/reading_home.h"
#include "server/base/clock.h"
#include "tests/store/crash_calls.h"
#include "tests/store/records.h"

#define POINTS 40
#define DAYS   12 /* of October */
#define FILES  12
#define MOST   150

static int32_t
october(void)
{
    return day_from_civil(2026, 10, 1);
}

/* The same records into both stores. */
static int64_t
load_both(struct db *a, struct db *b, int64_t stamp)
{
    static const char *const IDS[] = {"A", "BB", "10", "11", "12", "x-y"};
    struct rec rec[MOST];
    struct file f = {stamp, (int)dice(3), rec, 1 + dice(MOST)};
    int64_t id;

    for (size_t i = 0; i < f.n; i++)
        rec[i] = (struct rec){.point = 1 + (int)dice(POINTS),
                              .day = (int)dice(DAYS + 3),
                              .channel = dice(4) ? 4 : 1,
                              .stamp = 20261101000000 + (int64_t)dice(40),
                              .value = (int)dice(6),
                              .transaction = IDS[dice(6)]};
    id = records_load(a, &f, NULL);
    if (b)
        assert_int_equal(records_load(b, &f, NULL), id);
    return id;
}

static void
unload(struct db *db, int64_t id)
{
    struct load l;
    int64_t rows;

    assert_int_equal(db_load_get(db, id, &l), DB_OK);
    assert_int_equal(db_load_end(db, &l, LOAD_UNLOADED), DB_OK);
    assert_int_equal(reading_recover(db, &rows), DB_OK);
    assert_true(rows > 0);
}

static void
same(struct db *a, struct db *b)
{
    struct buf x = {0}, y = {0};

    dump(a, POINTS, &x);
    dump(b, POINTS, &y);
    assert_true(x.len > 100);
    assert_string_equal(buf_text(&x), buf_text(&y));
    buf_clear(&x);
    buf_clear(&y);
}

static int64_t
rewrite(struct db *db)
{
    struct reading_rewritten r;

    if (reading_compact(db, october(), 5, &r) != DB_OK)
        fail_msg("%s", db_error(db));
    return r.records;
}

static bool
count_day_row(void *arg, const struct reading_row *r)
{
    *(size_t *)arg += !r->month;
    return true;
}

/* Rows of the month that are of a day. */
static size_t
day_rows(struct db *db)
{
    size_t n = 0;

    assert_int_equal(
        reading_home(db)->engine->scan(db, october(), count_day_row, &n),
        DB_OK);
    return n;
}

/* ---- twins -----------------------------------------------------------------
 */

static void
test_twins(void **test)
{
    struct engine *e = engine_of(test), twin;
    struct reading_rewritten r;
    int64_t id[FILES];

    if (e->kind != DB_SQLITE) {
        assert_int_equal(reading_compact(e->db, october(), 5, &r), DB_NONE);
        skip();
    }
    engine_make(&twin, DB_SQLITE);
    points_make(e->db, POINTS);
    points_make(twin.db, POINTS);
    for (int i = 0; i < FILES; i++) {
        id[i] = load_both(e->db, twin.db, 10 + i);
        if (i == 3 || i == 7 || i == 11) { /* anew, with late records */
            assert_true(rewrite(e->db) > 0);
            assert_int_equal(day_rows(e->db), 0);
        }
        if (i == 5 || i == 8) {
            unload(e->db, id[i - 3]);
            unload(twin.db, id[i - 3]);
        }
        same(e->db, twin.db);
        assert_store_clean(e->db);
    }
    for (int i = 0; i < FILES; i++) {
        if (i == 2 || i == 5)
            continue;
        unload(e->db, id[i]);
        unload(twin.db, id[i]);
        if (i < FILES - 1)
            same(e->db, twin.db);
        assert_store_clean(e->db);
    }
    assert_int_equal(day_rows(e->db), 0);
    engine_drop(&twin);
}

/* Runs SQL on the file of a month, past the store. */
static void
change_month(struct engine *e, const char *month, const char *sql)
{
    char path[600];
    sqlite3 *h;

    snprintf(path, sizeof path, "%s/readings/%s.db",
             e->store + strlen("sqlite:"), month);
    assert_int_equal(sqlite3_open(path, &h), SQLITE_OK);
    assert_int_equal(sqlite3_exec(h, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(h);
}

/* ---- layouts ---------------------------------------------------------------
 */

/* As files were before they had places. */
#define BY_GROUP                                                               \
    "BEGIN;"                                                                   \
    "CREATE TABLE moved AS SELECT CASE id >> 62 WHEN 1 THEN "                  \
    "((id >> 30 & 31) << 58) | ((id & 1073741823) << 27) | "                   \
    "(id >> 35 & 134217727) ELSE id END AS id, data FROM reading;"             \
    "DELETE FROM reading; INSERT INTO reading SELECT id, data FROM moved;"     \
    "DROP TABLE moved; DROP TABLE place; PRAGMA user_version = 1; COMMIT"

/* A store whose months have the first layout, which changes under an open
 * handle, and its twin in today's. */
static void
test_layouts(void **test)
{
    struct engine *e = engine_of(test), twin;
    int64_t id[FILES];

    if (e->kind != DB_SQLITE)
        skip();
    engine_make(&twin, DB_SQLITE);
    points_make(e->db, POINTS);
    points_make(twin.db, POINTS);
    for (int i = 0; i < FILES; i++) {
        id[i] = load_both(e->db, twin.db, 10 + i);
        if (i == 2) {
            change_month(e, "2026-10", BY_GROUP);
            change_month(e, "2026-11", BY_GROUP);
        }
        if (i == 4 || i == 7) {
            unload(e->db, id[i - 3]);
            unload(twin.db, id[i - 3]);
        }
        if (i == 8) /* to today's */
            assert_true(rewrite(e->db) > 0);
        same(e->db, twin.db);
        assert_store_clean(e->db);
    }
    engine_drop(&twin);
}

/* Rows stay where they are when a month of the first layout is rewritten. */
static void
test_open_load_by_group(void **test)
{
    struct engine *e = engine_of(test);
    struct outcomes out = {.n = 0};
    struct load l;
    int64_t rows;

    if (e->kind != DB_SQLITE)
        skip();
    points_make(e->db, POINTS);
    load_both(e->db, NULL, 10);
    records_write(e->db,
                  FILE_OF(11, 1, {1, 1, 4, 900, 9, "Z"}, {1, 2, 4, 900, 9, "Y"},
                          {POINTS, 2, 4, 900, 9, "X"}),
                  &l, &out);
    change_month(e, "2026-10", BY_GROUP);
    rewrite(e->db);
    assert_int_equal(day_rows(e->db), 3);
    assert_int_equal(db_load_commit(e->db, &l), DB_OK);
    assert_int_equal(current(e->db, POINTS, 2, NULL), 9);
    assert_store_clean(e->db);
    unload(e->db, l.id);
    assert_int_equal(reading_recover(e->db, &rows), DB_OK);
    assert_int_equal(day_rows(e->db), 0);
    assert_store_clean(e->db);
}

/* Days come in any order; points far apart lie in different blocks. */
static void
test_places(void **test)
{
    struct engine *e = engine_of(test);
    char day[16];

    if (e->kind != DB_SQLITE)
        skip();
    points_make(e->db, 300);
    for (int i = 11; i >= 0; i--) {
        snprintf(day, sizeof day, "D%d", i);
        records_load(e->db,
                     FILE_OF(10 + i, 1, {1, i, 4, 500, i, day},
                             {300, i, 4, 500, i + 1, day}),
                     NULL);
    }
    for (int i = 0; i < 12; i++)
        assert_int_equal(current(e->db, 300, i, NULL), i + 1);
    assert_store_clean(e->db);
    /* Two blocks, and eight days each: the 17th, the 25th. */
    change_month(e, "2026-10",
                 "UPDATE place SET data = X'00' || data WHERE id = "
                 "(SELECT max(id) FROM place)");
    assert_unreadable(e->db, 300, 8);
    assert_int_equal(current(e->db, 300, 1, NULL), 2);
    assert_int_equal(current(e->db, 1, 8, NULL), 8);
    assert_true(check_findings(e->db) > 0);
    change_month(e, "2026-10", "DELETE FROM place");
    assert_true(check_findings(e->db) > 0);
}

/* What is not committed stays as it is and can still be taken away. */
static void
test_open_load(void **test)
{
    struct engine *e = engine_of(test);
    struct outcomes out = {.n = 0};
    struct load l;
    int64_t rows;

    if (e->kind != DB_SQLITE)
        skip();
    points_make(e->db, POINTS);
    load_both(e->db, NULL, 10);
    records_write(e->db, FILE_OF(11, 1, {1, 1, 4, 900, 9, "Z"}), &l, &out);
    rewrite(e->db);
    assert_int_equal(day_rows(e->db), 1);
    assert_int_equal(reading_recover(e->db, &rows), DB_OK);
    assert_int_equal(rows, 1);
    assert_store_clean(e->db);
}

static void
test_due(void **test)
{
    struct engine *e = engine_of(test);
    int32_t end = day_from_civil(2026, 11, 1), *month;
    struct arena a = {0};
    size_t n;

    points_make(e->db, POINTS);
    load_both(e->db, NULL, 10);
    assert_int_equal(reading_compact_due(e->db, end - 1, &a, &month, &n),
                     DB_OK);
    assert_int_equal(n, 0);
    assert_int_equal(reading_compact_due(e->db, end, &a, &month, &n), DB_OK);
    assert_int_equal(n, e->kind == DB_SQLITE);
    if (n) {
        assert_int_equal(month[0], october());
        rewrite(e->db);
        assert_int_equal(reading_compact_due(e->db, end, &a, &month, &n),
                         DB_OK);
        assert_int_equal(n, 0);
        for (int i = 0; i < 3; i++)
            load_both(e->db, NULL, 20 + i);
        assert_int_equal(reading_compact_due(e->db, end, &a, &month, &n),
                         DB_OK);
        assert_int_equal(n, 1);
    }
    arena_clear(&a);
}

static void
test_busy(void **test)
{
    struct engine *e = engine_of(test);
    struct reading_rewritten r;
    struct db *other;
    char why[512];

    if (e->kind != DB_SQLITE)
        skip();
    points_make(e->db, POINTS);
    load_both(e->db, NULL, 10);
    assert_int_equal(db_open(e->store, DB_WRITE, &other, why), DB_OK);
    assert_int_equal(db_writer_lock(other, 1), DB_OK);
    assert_int_equal(reading_compact(e->db, october(), 0, &r), DB_BUSY);
    db_writer_unlock(other);
    db_close(other);
    assert_true(day_rows(e->db) > 0);
    rewrite(e->db);
    assert_store_clean(e->db);
}

/* ---- cut off, and under readers --------------------------------------------
 */

static bool
rewrite_and_crash(struct engine *e, long at)
{
    struct reading_rewritten r;
    pid_t child = fork();
    char why[512];
    struct db *db;
    int status;

    if (child == 0) {
        crash_at_call(at);
        if (db_open(e->store, DB_WRITE, &db, why) != DB_OK ||
            reading_compact(db, october(), 5, &r) != DB_OK)
            _exit(1);
        db_close(db);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) != CRASHED)
        assert_int_equal(WEXITSTATUS(status), 0);
    return WEXITSTATUS(status) == 0;
}

static void
test_crashes(void **test)
{
    struct engine *e = engine_of(test), twin;
    bool whole = false;

    if (e->kind != DB_SQLITE)
        skip();
    engine_make(&twin, DB_SQLITE);
    points_make(e->db, POINTS);
    points_make(twin.db, POINTS);
    for (int i = 0; i < 3; i++)
        load_both(e->db, twin.db, 10 + i);
    for (long at = 1; !whole; at += 2) {
        db_close(e->db);
        e->db = NULL;
        whole = rewrite_and_crash(e, at);
        assert_true(at < 500);
        engine_reopen(e, DB_WRITE);
        same(e->db, twin.db);
        assert_store_clean(e->db);
    }
    assert_int_equal(day_rows(e->db), 0);
    engine_drop(&twin);
}

struct reader {
    const char *store;
    atomic_bool stop, up;
    long want;
    int wrong;
};

static bool
tally(void *arg, const struct reading_day *d, const struct reading_version *v)
{
    (void)v;
    *(long *)arg += d->point_id * 31 + d->day % 7 + d->value_ukwh[0] % 1009;
    return true;
}

static enum db_rc
sum_all(struct db *db, long *sum)
{
    enum db_rc rc = DB_OK;

    *sum = 0;
    for (int p = 1; p <= POINTS && rc == DB_OK; p++)
        rc = reading_each(db, p, october(), october() + 60, tally, sum);
    return rc;
}

static void *
read_on(void *arg)
{
    struct reader *r = arg;
    struct db *db;
    char why[512];
    long sum;

    if (db_open(r->store, DB_READ, &db, why) != DB_OK)
        return NULL;
    while (!atomic_load(&r->stop)) {
        r->wrong += sum_all(db, &sum) != DB_OK || sum != r->want;
        atomic_store(&r->up, true);
    }
    db_close(db);
    return NULL;
}

static void
test_under_a_reader(void **test)
{
    struct engine *e = engine_of(test);
    struct reader r = {.store = e->store};
    pthread_t t;

    if (e->kind != DB_SQLITE)
        skip();
    points_make(e->db, POINTS);
    for (int i = 0; i < 3; i++)
        load_both(e->db, NULL, 10 + i);
    assert_int_equal(sum_all(e->db, &r.want), DB_OK);
    assert_int_equal(pthread_create(&t, NULL, read_on, &r), 0);
    while (!atomic_load(&r.up))
        usleep(1000);
    for (int i = 0; i < 10; i++)
        rewrite(e->db);
    atomic_store(&r.stop, true);
    pthread_join(t, NULL);
    assert_int_equal(r.wrong, 0);
    assert_store_clean(e->db);
}

/* A month row that is damaged stays what it is: loads are taken back, and
 * those of other points come, as before. */
static void
test_damaged_row(void **test)
{
    struct engine *e = engine_of(test);
    int64_t first, second, rows;

    if (e->kind != DB_SQLITE)
        skip();
    points_make(e->db, POINTS);
    first = load_both(e->db, NULL, 10);
    second = load_both(e->db, NULL, 11);
    rewrite(e->db);
    change_month(e, "2026-10",
                 "UPDATE reading SET data = zeroblob(length(data)) "
                 "WHERE id = (SELECT min(id) FROM reading)");
    unload(e->db, second);
    assert_int_equal(reading_recover(e->db, &rows), DB_OK);
    assert_int_equal(rows, 0);
    records_load(e->db, FILE_OF(12, 1, {POINTS, 1, 4, 900, 9, "Z"}), NULL);
    unload(e->db, first);
}

/* A row that the catalog knows nothing of is not lost by rewriting. */
static void
test_a_row_beside(void **test)
{
    struct engine *e = engine_of(test);
    const int64_t far = INT64_C(1000000) * ROW_POINTS;
    struct reading_rewritten r;
    size_t rows;

    if (e->kind != DB_SQLITE)
        skip();
    points_make(e->db, POINTS);
    load_both(e->db, NULL, 10);
    assert_int_equal(reading_home(e->db)->engine->add(
                         e->db, october(),
                         &(struct reading_row){.group = row_group(far),
                                               .load_id = 1,
                                               .day = october() + 20,
                                               .data = (const uint8_t *)"stray",
                                               .n = 5},
                         1),
                     DB_OK);
    rows = day_rows(e->db);
    assert_int_equal(reading_compact(e->db, october(), 5, &r), DB_FAIL);
    assert_non_null(strstr(db_error(e->db), "no known load"));
    assert_int_equal(day_rows(e->db), rows);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ENGINE_TESTS(test_twins),       ENGINE_TESTS(test_open_load),
        ENGINE_TESTS(test_due),         ENGINE_TESTS(test_busy),
        ENGINE_TESTS(test_crashes),     ENGINE_TESTS(test_under_a_reader),
        ENGINE_TESTS(test_damaged_row), ENGINE_TESTS(test_a_row_beside),
        ENGINE_TESTS(test_damaged_row), ENGINE_TESTS(test_layouts),
        ENGINE_TESTS(test_places),      ENGINE_TESTS(test_open_load_by_group),
    };

    records_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
