/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Readings on both engines: what goes in comes out, unloading and recovery
 * leave no trace, and damage is found.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "db/engine.h"
#include "db/reading_month.h"
#include "db/reading_pack.h"
#include "server/base/clock.h"
#include "tests/store/records.h"

/* ---- plain loading and reading ------------------------------------------- */

#define POINTS 40
#define DAYS   50

struct expect {
    const struct rec *rec;
    size_t n, seen;
    int point;
};

static bool
expect_row(void *arg, const struct reading_day *d,
           const struct reading_version *v)
{
    struct expect *e = arg;
    const struct rec *r = &e->rec[e->seen];
    struct reading_day want;

    assert_true(e->seen < e->n);
    e->seen++;
    day_make(r, &want);
    assert_int_equal(d->point_id, want.point_id);
    assert_int_equal(d->day, want.day);
    assert_int_equal(d->channel, want.channel);
    assert_int_equal(d->n, want.n);
    assert_true(reading_same(d, &want));
    assert_memory_equal(d->places, want.places, want.n);
    assert_string_equal(d->transaction, want.transaction);
    assert_string_equal(d->rep, want.rep);
    assert_string_equal(d->mre, want.mre);
    assert_int_equal(v->stamp, want.stamp);
    assert_string_equal(v->sender, "957877905");
    assert_true(v->current);
    return true;
}

static bool
sum_row(void *arg, const struct reading_sum *s)
{
    struct expect *e = arg;
    struct reading_day d;
    int64_t sum = 0;

    assert_true(e->seen < e->n);
    day_make(&e->rec[e->seen++], &d);
    for (int i = 0; i < d.n; i++)
        sum += d.value_ukwh[i];
    assert_int_equal(s->sum_ukwh, sum);
    assert_int_equal(s->day, d.day);
    assert_int_equal(s->channel, d.channel);
    assert_int_equal(s->n, d.n);
    assert_int_equal(s->stamp, d.stamp);
    assert_int_equal(s->estimated, d.status[0] == 'E' ? 8 : 0);
    return true;
}

/* One record for each point and day, some with two channels, in the order in
 * which they are to come out. */
static size_t
universe(struct rec *r, int point)
{
    size_t n = 0;

    for (int day = 0; day < DAYS; day++) {
        if ((point + day) % 9 == 0)
            continue;
        r[n++] = (struct rec){point,       day,
                              4,           20261105000000 + point * 100 + day,
                              point + day, "T0000001"};
        if (point % 4 == 0)
            r[n++] = (struct rec){point, day, 1, 20261106000000, day, "T9"};
    }
    return n;
}

static void
shuffle(struct rec *r, size_t n)
{
    for (size_t i = n; i > 1; i--) {
        size_t k = dice(i);
        struct rec held = r[i - 1];

        r[i - 1] = r[k];
        r[k] = held;
    }
}

static void
test_come_back(void **test)
{
    const int32_t day0 = records_day0();
    struct engine *e = engine_of(test);
    static struct rec rec[POINTS * DAYS * 2], own[2 * DAYS];
    struct reading_stats s;
    size_t n = 0;
    int32_t first, last;

    points_make(e->db, POINTS);
    for (int p = 1; p <= POINTS; p++)
        n += universe(rec + n, p);
    shuffle(rec, n);
    for (size_t at = 0; at < n; at += 700)
        records_load(e->db,
                     &(struct file){20261107000000, 1, rec + at,
                                    n - at < 700 ? n - at : 700},
                     NULL);
    engine_reopen(e, DB_READ);
    for (int p = 1; p <= POINTS; p++) {
        struct expect want = {.rec = own, .n = universe(own, p)};

        assert_int_equal(reading_each(e->db, p, 0, 90000, expect_row, &want),
                         DB_OK);
        assert_int_equal(want.seen, want.n);
        want.seen = 0;
        assert_int_equal(
            reading_each_sum(e->db, p, day0, day0 + DAYS, sum_row, &want),
            DB_OK);
        assert_int_equal(want.seen, want.n);
        assert_int_equal(reading_span(e->db, p, &first, &last), DB_OK);
        assert_int_equal(first, own[0].day + day0);
        assert_int_equal(last, own[want.n - 1].day + day0);
    }
    assert_int_equal(reading_span(e->db, POINTS + 1, &first, &last), DB_NONE);
    assert_int_equal(reading_stats(e->db, &s), DB_OK);
    assert_int_equal(s.records, n);
    assert_int_equal(s.partitions, 3);
    assert_int_equal(s.last_day, day0 + DAYS - 1);
    assert_true(s.bytes > 0);
    assert_check_clean(e->db);
}

static bool
stop_row(void *arg, const struct reading_day *d,
         const struct reading_version *v)
{
    (void)d;
    (void)v;
    return ++*(int *)arg < 3;
}

static void
test_stop(void **test)
{
    struct engine *e = engine_of(test);
    static struct rec rec[2 * DAYS];
    size_t n = universe(rec, 1);
    int rows = 0;

    points_make(e->db, 1);
    records_load(e->db, &(struct file){1, 1, rec, n}, NULL);
    assert_int_equal(reading_each(e->db, 1, 0, 90000, stop_row, &rows), DB_OK);
    assert_int_equal(rows, 3);
    assert_int_equal(current(e->db, 1, 1, NULL), 2);
}

/* ---- undoing ------------------------------------------------------------- */

static void
test_unload(void **test)
{
    struct engine *e = engine_of(test);
    struct outcomes out;
    struct load l;
    int64_t stamp, second, rows;

    points_make(e->db, 3);
    records_load(e->db, FILE_OF(10, 1, {1, 0, 4, 500, 1, "A"}), &out);
    second = records_load(
        e->db, FILE_OF(11, 1, {1, 0, 4, 600, 2, "B"}, {2, 20, 4, 600, 3, "C"}),
        &out);
    records_load(e->db, FILE_OF(12, 1, {1, 0, 4, 700, 1, "D"}), &out);
    assert_int_equal(out.at[0], READING_REPLACED);
    assert_int_equal(db_load_get(e->db, second, &l), DB_OK);
    assert_int_equal(db_load_end(e->db, &l, LOAD_UNLOADED), DB_OK);
    /* Unseen from this moment, removed a little later. */
    assert_int_equal(current(e->db, 2, 20, NULL), -1);
    assert_int_equal(current(e->db, 1, 0, &stamp), 1);
    assert_int_equal(stamp, 700);
    assert_check_clean(e->db);
    assert_int_equal(reading_recover(e->db, &rows), DB_OK);
    assert_int_equal(rows, 2);
    assert_int_equal(current(e->db, 1, 0, &stamp), 1);
    assert_int_equal(stamp, 700);
    assert_check_clean(e->db);
    assert_int_equal(reading_recover(e->db, &rows), DB_OK);
    assert_int_equal(rows, 0);
}

static void
test_recovery(void **test)
{
    struct engine *e = engine_of(test);
    struct outcomes out;
    struct load l;
    struct db *other;
    char why[DB_WHY];
    int64_t rows;

    points_make(e->db, 3);
    records_load(e->db, FILE_OF(10, 1, {1, 0, 4, 500, 1, "A"}), &out);
    records_write(
        e->db, FILE_OF(11, 1, {1, 0, 4, 600, 2, "B"}, {2, 40, 4, 600, 3, "C"}),
        &l, &out);
    assert_int_equal(out.at[0], READING_REPLACED);
    assert_int_equal(db_open(e->store, DB_READ, &other, why), DB_OK);
    assert_int_equal(current(e->db, 1, 0, NULL), 1);
    assert_int_equal(current(other, 1, 0, NULL), 1);
    assert_int_equal(current(other, 2, 40, NULL), -1);
    assert_check_clean(other);
    /* It cannot be ended as rejected while its rows are there. */
    assert_int_equal(db_load_end(e->db, &l, LOAD_REJECTED), DB_FAIL);
    engine_reopen(e, DB_WRITE);
    assert_int_equal(reading_recover(e->db, &rows), DB_OK);
    assert_int_equal(rows, 2);
    assert_int_equal(db_load_get(e->db, l.id, &l), DB_OK);
    assert_int_equal(l.state, LOAD_REJECTED);
    records_load(
        e->db, FILE_OF(11, 1, {1, 0, 4, 600, 2, "B"}, {2, 40, 4, 600, 3, "C"}),
        &out);
    assert_int_equal(out.at[0], READING_REPLACED);
    assert_int_equal(out.at[1], READING_LOADED);
    assert_int_equal(current(other, 2, 40, NULL), 3);
    assert_check_clean(e->db);
    db_close(other);
}

/* A writer whose lock another has taken must not leave rows behind.  (On SQLite
 * it is the system that holds the lock, as long as the process lives.) */
static void
test_lost_lock(void **test)
{
    struct engine *e = engine_of(test);
    struct outcomes out;
    struct reading_load *rl;
    struct load l, fresh;
    struct db *other;
    char why[DB_WHY];
    int64_t rows;

    points_make(e->db, 3);
    assert_int_equal(db_open(e->store, DB_WRITE, &other, why), DB_OK);
    assert_int_equal(db_writer_lock(e->db, 1), DB_OK);
    rl = records_collect(e->db, FILE_OF(10, 1, {1, 0, 4, 500, 1, "A"}), &l);
    assert_int_equal(
        db_run(other, DB_MARKET,
               "SELECT pg_terminate_backend(pid) FROM pg_locks "
               "WHERE locktype = 'advisory' AND database = (SELECT oid "
               "FROM pg_database WHERE datname = current_database())",
               IN_NONE, NULL),
        DB_OK);
    assert_int_equal(db_writer_lock(other, 5), DB_OK);
    assert_int_equal(reading_recover(other, &rows), DB_OK);
    assert_int_equal(records_finish(rl, &l, &out), DB_BUSY);
    assert_int_equal(current(other, 1, 0, NULL), -1);
    /* What the new writer has begun is not for the old one to end. */
    records_write(other, FILE_OF(10, 2, {1, 0, 4, 501, 2, "B"}), &fresh, &out);
    assert_int_equal(reading_recover(e->db, &rows), DB_BUSY);
    assert_int_equal(rows, 0);
    assert_int_equal(db_load_commit(e->db, &l), DB_BUSY);
    assert_int_equal(db_load_commit(other, &fresh), DB_OK);
    assert_int_equal(current(other, 1, 0, NULL), 2);
    assert_check_clean(other);
    db_writer_unlock(other);
    db_close(other);
}

/* ---- damage -------------------------------------------------------------- */

/* Runs a change on the rows of October 2026. */
static void
spoil(struct engine *e, const char *sql)
{
    struct db_conn *c;
    char path[600], why[DB_WHY];

    if (e->kind == DB_POSTGRES) {
        assert_int_equal(db_run(e->db, DB_MARKET, sql, IN_NONE, NULL), DB_OK);
        return;
    }
    snprintf(path, sizeof path, "%s/readings/2026-10.db",
             e->store + strlen("sqlite:"));
    assert_int_equal(sqlite_open(path, DB_WRITE, &c, why), DB_OK);
    assert_int_equal(conn_run(c, sql, IN_NONE, NULL), DB_OK);
    conn_close(c);
}

/* A month's file without content is a fault, never a month without days. */
static void
test_an_emptied_month_is_no_empty_month(void **state)
{
    struct engine *e = engine_of(state);
    char path[600];

    points_make(e->db, 3);
    records_load(e->db, FILE_OF(10, 1, {1, 0, 4, 500, 1, "A"}), NULL);
    engine_reopen(e, DB_WRITE);
    snprintf(path, sizeof path, "%s/readings/2026-10.db",
             e->store + strlen("sqlite:"));
    assert_int_equal(truncate(path, 0), 0);
    assert_unreadable(e->db, 1, 0);
}

static void
test_damage(void **test)
{
    struct engine *e = engine_of(test);
    bool lite = e->kind == DB_SQLITE;

    points_make(e->db, 30);
    records_load(e->db,
                 FILE_OF(10, 1, {1, 0, 4, 500, 1, "A"}, {2, 0, 4, 500, 1, "B"},
                         {20, 1, 4, 500, 2, "C"}),
                 NULL);
    assert_int_equal(check_findings(e->db), 0);
    /* One byte of the last record of each row. */
    spoil(e, lite ? "UPDATE reading SET data = CAST(substr(data, 1, "
                    "length(data) - 9) || X'FE' || substr(data, -8) AS BLOB)"
                  : "UPDATE reading SET data = set_byte(data, "
                    "length(data) - 9, 254)");
    assert_true(check_findings(e->db) >= 2);
    /* The checksum is the row's: its records stand or fall together. */
    assert_unreadable(e->db, 2, 0);
    assert_unreadable(e->db, 1, 0);
    assert_unreadable(e->db, 20, 1);
    assert_int_equal(current(e->db, 20, 0, NULL), -1);
    spoil(e, lite ? "UPDATE reading SET data = substr(data, 1, 40)"
                  : "UPDATE reading SET data = substr(data, 1, 40)");
    assert_true(check_findings(e->db) >= 2);
    assert_unreadable(e->db, 1, 0);
}

static void
test_misplaced(void **test)
{
    struct engine *e = engine_of(test);
    bool lite = e->kind == DB_SQLITE;

    points_make(e->db, 30);
    records_load(
        e->db, FILE_OF(10, 1, {1, 0, 4, 500, 1, "A"}, {20, 1, 4, 500, 2, "C"}),
        NULL);
    /* Every row a day later: what each row says is whole, its place is not. */
    spoil(e, lite ? "UPDATE reading SET id = id + (1 << 30)"
                  : "UPDATE reading SET day = day + 1");
    assert_true(check_findings(e->db) >= 2);
    /* And gone. */
    spoil(e, "DELETE FROM reading");
    assert_int_equal(check_findings(e->db), 1);
}

static void
no_outcome(void *arg, uint32_t tag, enum reading_outcome o)
{
    (void)arg;
    fail_msg("record %u: outcome %d", tag, (int)o);
}

static void
test_refused(void **test)
{
    struct engine *e = engine_of(test);
    struct reading_day d;
    struct reading_load *rl;
    struct load l = {.kind = "lse", .digest = "x"};
    struct buf b = {0};

    day_make(&(struct rec){1, 0, 4, 500, 1, "A"}, &d);
    reading_pack(&d, &b);
    assert_int_equal(db_load_add(e->db, &l), DB_OK);
    assert_int_equal(reading_load_begin(e->db, &l, &rl), DB_OK);
    assert_int_equal(reading_load_add(rl, -1, 1, 4, b.at, b.len, 0), DB_FAIL);
    assert_int_equal(reading_load_add(rl, 1, -1, 4, b.at, b.len, 0), DB_FAIL);
    assert_int_equal(reading_load_add(rl, 1, 1, 32, b.at, b.len, 0), DB_FAIL);
    b.at[b.len / 2] ^= 1;
    assert_int_equal(reading_load_add(rl, 1, 1, 4, b.at, b.len, 0), DB_FAIL);
    assert_string_equal(db_error(e->db),
                        "reading: the packed record is damaged");
    /* A load without records leaves nothing. */
    assert_int_equal(reading_load_write(rl, no_outcome, NULL), DB_OK);
    reading_load_free(rl);
    buf_clear(&b);
}

/* ---- a reader while a load is taken back --------------------------------- */

/* The engine, stopped after the first month by another program's unload. */
static struct {
    const struct reading_engine *real;
    const char *store;
    int64_t load_id; /* 0: done */
    int64_t rows;    /* that it has */
} midway;

static void
unload_elsewhere(void)
{
    struct load l;
    char why[DB_WHY];
    struct db *db;
    int64_t rows;

    assert_int_equal(db_open(midway.store, DB_WRITE, &db, why), DB_OK);
    assert_int_equal(db_writer_lock(db, 5), DB_OK);
    assert_int_equal(db_load_get(db, midway.load_id, &l), DB_OK);
    assert_int_equal(db_load_end(db, &l, LOAD_UNLOADED), DB_OK);
    assert_int_equal(reading_recover(db, &rows), DB_OK);
    assert_int_equal(rows, midway.rows);
    db_close(db);
    midway.load_id = 0;
}

static enum db_rc
each_midway(struct db *db, int64_t group, int32_t from, int32_t to,
            reading_row_fn *row, void *arg)
{
    int32_t next = reading_month_next(day_month_start(from));
    enum db_rc rc;

    if (!midway.load_id || next > to) {
        rc = midway.real->each(db, group, from, to, row, arg);
        if (midway.load_id)
            unload_elsewhere();
        return rc;
    }
    rc = midway.real->each(db, group, from, next - 1, row, arg);
    unload_elsewhere();
    return rc == DB_OK ? midway.real->each(db, group, next, to, row, arg) : rc;
}

static void
read_midway(struct engine *e, int64_t load_id, int32_t days, struct buf *b)
{
    struct reading_home *h = reading_home(e->db);
    struct reading_engine slow = *h->engine;

    midway.real = h->engine;
    midway.store = e->store;
    midway.load_id = load_id;
    midway.rows = 2;
    slow.each = each_midway;
    h->engine = &slow;
    b->len = 0;
    assert_int_equal(reading_each(e->db, 1, records_day0(),
                                  records_day0() + days, dump_row, b),
                     DB_OK);
    h->engine = midway.real;
    assert_int_equal(midway.load_id, 0);
}

static void
test_unload_under_a_reader(void **test)
{
    struct engine *e = engine_of(test);
    /* 2026-10-20 and 2026-11-04 */
    const struct rec first[] = {{1, 0, 4, 20261021000000, 5, "A"},
                                {1, 15, 4, 20261105000000, 6, "A"}};
    const struct rec second[] = {{1, 0, 4, 20261022000000, 7, "B"},
                                 {1, 15, 4, 20261106000000, 8, "B"}};
    const struct file a = {1, 1, first, 2}, b = {2, 1, second, 2};
    struct buf want = {0}, got = {0};

    records_init();
    points_make(e->db, 1);
    records_load(e->db, &a, NULL);
    assert_int_equal(reading_each(e->db, 1, records_day0(), records_day0() + 20,
                                  dump_row, &want),
                     DB_OK);
    for (int days = 0; days <= 20; days += 20) {
        int64_t id = records_load(e->db, &b, NULL);

        read_midway(e, id, days, &got);
        if (days)
            assert_string_equal(buf_text(&got), buf_text(&want));
        else
            assert_true(got.len > 0);
    }
    assert_check_clean(e->db);
    buf_clear(&want);
    buf_clear(&got);
}

struct between {
    struct buf told;
    int rows;
};

/* After the first row everything of that load is taken back, and gone. */
static bool
row_between(void *arg, const struct reading_day *d,
            const struct reading_version *v)
{
    struct between *b = arg;

    if (!b->rows++)
        unload_elsewhere();
    return dump_row(&b->told, d, v);
}

/* Many points are read under one view: what was taken back after the first is
 * seen by the next, whole.  A reading of one moment ends instead. */
static void
test_unload_between_points(void **test)
{
    struct engine *e = engine_of(test);
    const struct rec first[] = {{9, 0, 4, 20261021000000, 5, "A"},
                                {9, 15, 4, 20261105000000, 6, "A"},
                                {10, 0, 4, 20261021000000, 9, "A"},
                                {17, 0, 4, 20261021000000, 5, "A"}};
    const struct rec second[] = {{1, 0, 4, 20261022000000, 7, "B"},
                                 {9, 0, 4, 20261022000000, 7, "B"},
                                 {9, 15, 4, 20261106000000, 8, "B"},
                                 {10, 0, 4, 20261022000000, 2, "B"},
                                 {17, 0, 4, 20261022000000, 7, "B"}};
    const struct file a = {1, 1, first, 4}, b = {2, 1, second, 5};
    const int64_t id[] = {1, 9, 10, 17};
    struct reading_ask ask = {.from_day = records_day0(),
                              .to_day = records_day0() + 20};
    struct between got = {.rows = 0};
    struct buf want = {0};
    struct load_stamp at;

    points_make(e->db, 17);
    records_load(e->db, &a, NULL);
    for (int i = 1; i < 4; i++)
        assert_int_equal(reading_each(e->db, id[i], ask.from_day, ask.to_day,
                                      dump_row, &want),
                         DB_OK);
    midway.store = e->store;
    midway.rows = 4;
    midway.load_id = records_load(e->db, &b, NULL);
    assert_int_equal(reading_read_many(e->db, &ask, id, 4, row_between, &got),
                     DB_OK);
    assert_int_equal(got.rows, 5);
    assert_non_null(strchr(buf_text(&got.told), '\n'));
    assert_string_equal(strchr(buf_text(&got.told), '\n') + 1, buf_text(&want));
    midway.load_id = records_load(e->db, &b, NULL);
    assert_int_equal(db_load_stamp(e->db, &at), DB_OK);
    ask.at = &at;
    got.rows = 0;
    assert_int_equal(reading_read_many(e->db, &ask, id, 4, row_between, &got),
                     DB_BUSY);
    assert_int_equal(got.rows, 1);
    assert_check_clean(e->db);
    buf_clear(&want);
    buf_clear(&got.told);
}

/* ---- logs ------------------------------------------------------------------
 */

static off_t
log_size(const struct engine *e)
{
    char path[600];
    struct stat st;

    snprintf(path, sizeof path, "%s/readings/2026-10.db-wal",
             e->store + strlen("sqlite:"));
    return stat(path, &st) == 0 ? st.st_size : -1;
}

/* Anybody's checkpoint cuts a month's log, whoever filled it, and waits for
 * nobody who reads it. */
static void
test_a_log_of_another(void **state)
{
    struct engine *e = engine_of(state);
    struct month_file *f;
    struct db *other;
    int64_t rows;
    char why[512];
    double began;

    points_make(e->db, 1);
    records_load(e->db, FILE_OF(1, 1, {1, 1, 4, 20261101000000, 1, "a"}), NULL);
    assert_true(log_size(e) > 0);
    assert_int_equal(db_open(e->store, DB_WRITE, &other, why), DB_OK);
    assert_int_equal(
        month_open(e->db, day_month_start(records_day0()), false, &f), DB_OK);
    assert_int_equal(conn_run(f->conn, "BEGIN", IN_NONE, NULL), DB_OK);
    assert_int_equal(conn_one(f->conn, "SELECT count(*) FROM reading", IN_NONE,
                              OUT(out_i64(&rows))),
                     DB_OK);
    began = clock_monotonic();
    assert_int_equal(db_checkpoint(other), DB_BUSY);
    assert_true(clock_monotonic() - began < 5);
    assert_int_equal(conn_run(f->conn, "COMMIT", IN_NONE, NULL), DB_OK);
    assert_int_equal(db_checkpoint(other), DB_OK);
    assert_int_equal(log_size(e), 0);
    assert_int_equal(current(e->db, 1, 1, NULL), 1);
    assert_int_equal(current(other, 1, 1, NULL), 1);
    db_close(other);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ENGINE_TESTS(test_come_back),
        ENGINE_TESTS(test_stop),
        ENGINE_TESTS(test_unload),
        ENGINE_TESTS(test_recovery),
        {"test_lost_lock on PostgreSQL", test_lost_lock, engine_set_up_postgres,
         engine_tear_down, NULL},
        ENGINE_TESTS(test_unload_under_a_reader),
        ENGINE_TESTS(test_unload_between_points),
        {"test_an_emptied_month_is_no_empty_month",
         test_an_emptied_month_is_no_empty_month, engine_set_up_sqlite,
         engine_tear_down, NULL},
        ENGINE_TESTS(test_damage),
        ENGINE_TESTS(test_misplaced),
        ENGINE_TESTS(test_refused),
        {"test_a_log_of_another", test_a_log_of_another, engine_set_up_sqlite,
         engine_tear_down, NULL},
    };

    records_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
