/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Forgetting months: a floor hides them at once, then they go, whatever cuts
 * the work off and whoever reads meanwhile; what stays is sound.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "api/admin/retention.h"
#include "api/feed/keep.h"
#include "db/audit.h"
#include "db/reading_home.h"
#include "server/base/clock.h"
#include "tests/store/crash_calls.h"
#include "tests/store/records.h"

#define OCTOBER  0  /* days of these months in records: 20 October */
#define NOVEMBER 12 /* 1 November */

static int32_t
november(void)
{
    return day_from_civil(2026, 11, 1);
}

/* One load in October, one in November, one in both. */
static void
content_make(struct engine *e, int64_t load[3])
{
    points_make(e->db, 30);
    load[0] = records_load(e->db,
                           FILE_OF(10, 1, {1, OCTOBER, 4, 500, 1, "A"},
                                   {20, OCTOBER + 1, 4, 500, 2, "B"}),
                           NULL);
    load[1] = records_load(e->db, FILE_OF(20, 1, {1, NOVEMBER, 4, 500, 3, "C"}),
                           NULL);
    load[2] = records_load(e->db,
                           FILE_OF(30, 1, {2, OCTOBER, 4, 500, 4, "D"},
                                   {2, NOVEMBER, 4, 500, 5, "E"}),
                           NULL);
}

static int64_t
count(struct db *db, const char *what)
{
    int64_t n = -1;
    enum db_rc rc;

    if (strcmp(what, "part") == 0)
        rc = db_one(db, DB_MARKET, "SELECT count(*) FROM reading_part", IN_NONE,
                    OUT(out_i64(&n)));
    else if (strcmp(what, "source") == 0)
        rc = db_one(db, DB_MARKET, "SELECT count(*) FROM reading_source",
                    IN_NONE, OUT(out_i64(&n)));
    else
        rc = db_one(db, DB_MARKET, "SELECT count(*) FROM reading_gone", IN_NONE,
                    OUT(out_i64(&n)));
    assert_int_equal(rc, DB_OK);
    return n;
}

/* October is gone, November is all there. */
static void
assert_forgotten(struct db *db)
{
    struct reading_stats s;

    assert_int_equal(current(db, 1, OCTOBER, NULL), -1);
    assert_int_equal(current(db, 20, OCTOBER + 1, NULL), -1);
    assert_int_equal(current(db, 2, OCTOBER, NULL), -1);
    assert_int_equal(current(db, 1, NOVEMBER, NULL), 3);
    assert_int_equal(current(db, 2, NOVEMBER, NULL), 5);
    assert_int_equal(count(db, "part"), 2);
    assert_int_equal(count(db, "source"), 2);
    assert_int_equal(count(db, "gone"), 2);
    assert_int_equal(reading_stats(db, &s), DB_OK);
    assert_int_equal(s.partitions, 1);
    assert_int_equal(s.records, 2);
    assert_store_clean(db);
}

/* What is left to be dropped. */
static size_t
left(struct db *db)
{
    struct arena a = {0};
    struct reading_month *m;
    size_t n;

    assert_int_equal(reading_months_before(db, november(), &a, &m, &n), DB_OK);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(m[i].month, day_from_civil(2026, 10, 1));
    arena_clear(&a);
    return n;
}

/* ---- all in order ----------------------------------------------------------
 */

static void
test_forget(void **test)
{
    struct engine *e = engine_of(test);
    int32_t first, last, floor;
    int64_t load[3];

    content_make(e, load);
    assert_int_equal(reading_drop(e->db, day_from_civil(2026, 10, 1)), DB_FAIL);
    assert_int_equal(reading_floor_set(e->db, november() + 3), DB_OK);
    assert_int_equal(reading_floor_get(e->db, &floor), DB_OK);
    assert_int_equal(floor, november());
    /* Hidden at once. */
    assert_int_equal(current(e->db, 1, OCTOBER, NULL), -1);
    assert_int_equal(current(e->db, 1, NOVEMBER, NULL), 3);
    assert_int_equal(reading_span(e->db, 2, &first, &last), DB_OK);
    assert_int_equal(first, november());
    assert_int_equal(last, november());
    assert_int_equal(reading_span(e->db, 20, &first, &last), DB_NONE);
    assert_store_clean(e->db);
    assert_int_equal(left(e->db), 1);
    assert_int_equal(reading_drop(e->db, day_from_civil(2026, 10, 1)), DB_OK);
    assert_int_equal(left(e->db), 0);
    assert_forgotten(e->db);
    engine_reopen(e, DB_WRITE);
    assert_forgotten(e->db);
}

/* A load of which a part is gone can be taken back. */
static void
test_unload(void **test)
{
    struct engine *e = engine_of(test);
    int64_t load[3], rows;
    struct load l;

    content_make(e, load);
    assert_int_equal(reading_floor_set(e->db, november()), DB_OK);
    assert_int_equal(reading_drop(e->db, day_from_civil(2026, 10, 1)), DB_OK);
    for (int i = 0; i < 3; i += 2) {
        assert_int_equal(db_load_get(e->db, load[i], &l), DB_OK);
        assert_int_equal(db_load_end(e->db, &l, LOAD_UNLOADED), DB_OK);
    }
    assert_int_equal(reading_recover(e->db, &rows), DB_OK);
    assert_int_equal(rows, 1);
    assert_int_equal(count(e->db, "gone"), 0);
    assert_int_equal(count(e->db, "source"), 1);
    assert_int_equal(current(e->db, 2, NOVEMBER, NULL), -1);
    assert_int_equal(current(e->db, 1, NOVEMBER, NULL), 3);
    assert_store_clean(e->db);
}

/* A longer time is kept from now on: late records come in again, also through
 * handles that had the old month open. */
static void
test_lower(void **test)
{
    struct engine *e = engine_of(test);
    int64_t load[3];
    struct db *old;
    char why[512];

    content_make(e, load);
    assert_int_equal(db_open(e->store, DB_WRITE, &old, why), DB_OK);
    assert_int_equal(current(old, 1, OCTOBER, NULL), 1);
    assert_int_equal(reading_floor_set(e->db, november()), DB_OK);
    assert_int_equal(reading_drop(e->db, day_from_civil(2026, 10, 1)), DB_OK);
    assert_int_equal(reading_floor_set(e->db, 0), DB_OK);
    records_load(e->db, FILE_OF(40, 1, {1, OCTOBER, 4, 600, 7, "F"}), NULL);
    assert_int_equal(current(old, 1, OCTOBER, NULL), 7);
    assert_int_equal(current(old, 2, OCTOBER, NULL), -1);
    db_close(old);
    engine_reopen(e, DB_WRITE);
    assert_int_equal(current(e->db, 1, OCTOBER, NULL), 7);
    assert_store_clean(e->db);
}

/* ---- cut off ----------------------------------------------------------------
 */

/* The rows are gone, the catalog does not know yet. */
static void
test_cut_off(void **test)
{
    struct engine *e = engine_of(test);
    int32_t month = day_from_civil(2026, 10, 1);
    int64_t load[3];

    content_make(e, load);
    assert_int_equal(reading_floor_set(e->db, november()), DB_OK);
    if (e->kind == DB_POSTGRES) { /* detached only */
        assert_int_equal(
            db_run(e->db, DB_MARKET,
                   "ALTER TABLE reading DETACH PARTITION reading_2026_10",
                   IN_NONE, NULL),
            DB_OK);
        assert_int_equal(left(e->db), 1);
        assert_store_clean(e->db);
    }
    assert_int_equal(reading_home(e->db)->engine->drop(e->db, month), DB_OK);
    engine_reopen(e, DB_WRITE);
    assert_int_equal(left(e->db), 1);
    assert_store_clean(e->db);
    assert_int_equal(reading_drop(e->db, month), DB_OK);
    assert_forgotten(e->db);
    assert_int_equal(reading_drop(e->db, month), DB_OK);
    assert_forgotten(e->db);
}

/* False when the child was cut off at that call. */
static bool
forget_and_crash(struct engine *e, long at)
{
    pid_t child = fork();
    char why[512];
    struct db *db;
    int status;

    if (child == 0) {
        crash_at_call(at);
        if (db_open(e->store, DB_WRITE, &db, why) != DB_OK ||
            reading_floor_set(db, november()) != DB_OK ||
            reading_drop(db, day_from_civil(2026, 10, 1)) != DB_OK)
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
    struct engine *e = engine_of(test);
    int64_t load[3];
    bool whole = false;

    if (e->kind != DB_SQLITE)
        skip();
    content_make(e, load);
    for (long at = 1; !whole; at++) {
        db_close(e->db);
        e->db = NULL;
        whole = forget_and_crash(e, at);
        assert_true(at < 300);
        engine_reopen(e, DB_WRITE);
        assert_store_clean(e->db);
        assert_int_equal(current(e->db, 1, NOVEMBER, NULL), 3);
    }
    assert_forgotten(e->db);
}

/* Where a drop stops half way, the file is gone and not its log alone. */
static void
test_the_file_goes_first(void **test)
{
    struct engine *e = engine_of(test);
    int32_t month = day_from_civil(2026, 10, 1);
    char path[600], shm[620];
    int64_t load[3];

    if (e->kind != DB_SQLITE)
        skip();
    content_make(e, load);
    engine_reopen(e, DB_WRITE);
    snprintf(path, sizeof path, "%s/readings/2026-10.db",
             e->store + strlen("sqlite:"));
    snprintf(shm, sizeof shm, "%s-shm", path);
    unlink(shm);
    assert_int_equal(mkdir(shm, 0700), 0); /* cannot be unlinked */
    assert_int_equal(access(path, F_OK), 0);
    assert_int_equal(reading_floor_set(e->db, november()), DB_OK);
    assert_int_equal(reading_drop(e->db, month), DB_FAIL);
    assert_int_equal(access(path, F_OK), -1);
    assert_int_equal(left(e->db), 1);
    assert_int_equal(rmdir(shm), 0);
    assert_int_equal(reading_drop(e->db, month), DB_OK);
    assert_forgotten(e->db);
}

/* ---- under readers ---------------------------------------------------------
 */

struct reader {
    const char *store;
    atomic_bool stop, up;
    int both, one, wrong;
};

static bool
tally(void *arg, const struct reading_day *d, const struct reading_version *v)
{
    int *seen = arg;

    (void)v;
    *seen |= d->day < november() ? 1 : 2;
    return true;
}

/* Reads a span of both months: all of it, or what is kept, never a part. */
static void *
read_on(void *arg)
{
    struct reader *r = arg;
    struct db *db;
    char why[512];

    if (db_open(r->store, DB_READ, &db, why) != DB_OK)
        return NULL;
    while (!atomic_load(&r->stop)) {
        int seen = 0;
        enum db_rc rc =
            reading_each(db, 2, november() - 60, november() + 20, tally, &seen);

        r->both += rc == DB_OK && seen == 3;
        r->one += rc == DB_OK && seen == 2;
        r->wrong += rc != DB_OK || seen < 2;
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
    int64_t load[3];
    pthread_t t;

    content_make(e, load);
    assert_int_equal(pthread_create(&t, NULL, read_on, &r), 0);
    while (!atomic_load(&r.up))
        usleep(1000);
    usleep(20000);
    assert_int_equal(reading_floor_set(e->db, november()), DB_OK);
    assert_int_equal(reading_drop(e->db, day_from_civil(2026, 10, 1)), DB_OK);
    usleep(20000);
    atomic_store(&r.stop, true);
    pthread_join(t, NULL);
    assert_int_equal(r.wrong, 0);
    assert_true(r.both > 0 && r.one > 0);
    assert_forgotten(e->db);
}

/* ---- the setting -----------------------------------------------------------
 */

static void
test_setting(void **unused)
{
    struct conf c;
    int32_t day;
    int64_t now = 0;

    (void)unused;
    conf_init(&c);
    assert_string_equal(c.keep, "48");
    assert_true(utc_parse("2026-11-01T04:59:59Z", &now)); /* still October */
    assert_true(feed_keep_since(&c, now, &day));
    assert_int_equal(day, day_from_civil(2022, 10, 1));
    assert_true(feed_keep_since(&c, now + 1, &day));
    assert_int_equal(day, day_from_civil(2022, 11, 1));
    snprintf(c.keep, sizeof c.keep, "forever");
    assert_true(feed_keep_since(&c, now, &day));
    assert_int_equal(day, 0);
    for (int i = 0; i < 5; i++) {
        static const char *const BAD[] = {"", "0", "-1", "4 years", "99999"};

        snprintf(c.keep, sizeof c.keep, "%s", BAD[i]);
        assert_false(feed_keep_since(&c, now, &day));
    }
}

static bool
audit_row(void *arg)
{
    (void)arg;
    return false;
}

static void
test_run(void **test)
{
    struct engine *e = engine_of(test);
    struct audit_record a;
    struct retention r;
    struct conf c;
    int64_t load[3];
    char why[512];

    conf_init(&c);
    content_make(e, load);
    assert_int_equal(retention_run(e->db, &c, false, &r, NULL, NULL, why),
                     DB_OK);
    assert_int_equal(r.months, 0);
    clock_set(clock_now() + (int64_t)86400 * (365 * 4 + 1));
    assert_int_equal(retention_run(e->db, &c, true, &r, NULL, NULL, why),
                     DB_OK);
    assert_int_equal(r.months, 1);
    assert_int_equal(r.records, 3);
    assert_int_equal(current(e->db, 1, OCTOBER, NULL), 1);
    assert_int_equal(retention_run(e->db, &c, false, &r, NULL, NULL, why),
                     DB_OK);
    assert_int_equal(r.months, 1);
    assert_forgotten(e->db);
    assert_int_equal(db_audit_each(e->db, 1, &a, audit_row, NULL), DB_OK);
    assert_string_equal(a.act, "retention");
    assert_string_equal(a.detail, "month=2026-10 records=3 keep=48");
    snprintf(c.keep, sizeof c.keep, "forever");
    assert_int_equal(retention_run(e->db, &c, false, &r, NULL, NULL, why),
                     DB_OK);
    snprintf(c.keep, sizeof c.keep, "some");
    assert_int_equal(retention_run(e->db, &c, false, &r, NULL, NULL, why),
                     DB_FAIL);
    records_init();
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ENGINE_TESTS(test_forget),
        ENGINE_TESTS(test_unload),
        ENGINE_TESTS(test_lower),
        ENGINE_TESTS(test_cut_off),
        ENGINE_TESTS(test_crashes),
        ENGINE_TESTS(test_the_file_goes_first),
        ENGINE_TESTS(test_under_a_reader),
        cmocka_unit_test(test_setting),
        ENGINE_TESTS(test_run),
    };

    records_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
