/* SPDX-License-Identifier: Apache-2.0 */
/* The scrub: it reads everything once, finds what is damaged and names it,
 * can be cut off anywhere, and keeps its pace; on both engines. */
#include "config.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "api/admin/scrub_job.h"
#include "db/audit.h"
#include "db/engine.h"
#include "server/base/clock.h"
#include "server/base/str.h"
#include "server/job/runner.h"
#include "tests/store/records.h"

#define POINTS  40
#define RECORDS 6 /* of three months */
#define AUDITS  3

static void
fill(struct engine *e)
{
    struct audit_event a = {.at_utc = clock_now(), .act = "sign_in"};

    points_make(e->db, POINTS);
    records_load(e->db,
                 FILE_OF(1, 1, {1, 0, 4, 10, 1, "a"}, {2, 0, 4, 10, 2, "b"},
                         {20, 1, 4, 10, 3, "c"}, {1, 20, 4, 10, 4, "d"},
                         {30, 21, 4, 10, 5, "e"}, {1, 50, 4, 10, 6, "f"}),
                 NULL);
    for (int i = 0; i < AUDITS; i++)
        assert_int_equal(db_audit_add(e->db, &a), DB_OK);
}

static struct upkeep
upkeep(struct engine *e)
{
    struct upkeep u;

    assert_int_equal(db_upkeep_get(e->db, &u), DB_OK);
    return u;
}

/* A whole pass in small steps, each by a handle that knows nothing yet. */
static struct upkeep
pass(struct engine *e)
{
    struct scrub_step s = {0};
    int steps = 0;

    assert_int_equal(db_scrub_begin(e->db, clock_now()), DB_OK);
    assert_int_equal(db_scrub_begin(e->db, clock_now()), DB_NONE);
    while (!s.ended) {
        engine_reopen(e, DB_WRITE);
        assert_int_equal(db_scrub_step(e->db, clock_now(), 0, &s), DB_OK);
        assert_true(++steps < 500);
    }
    assert_int_equal(db_scrub_step(e->db, clock_now(), 0, &s), DB_NONE);
    assert_true(steps > 4);
    return upkeep(e);
}

struct found {
    struct scrub_finding f;
    struct scrub_finding at[8];
    int n;
};

static bool
found_row(void *arg)
{
    struct found *f = arg;

    assert_true(f->n < 8);
    f->at[f->n++] = f->f;
    return true;
}

static struct found
found(struct engine *e)
{
    struct found f = {.n = 0};

    assert_int_equal(db_scrub_finding_each(e->db, 8, &f.f, found_row, &f),
                     DB_OK);
    return f;
}

/* Runs a change on the rows of October 2026, on either engine. */
static void
spoil(struct engine *e, const char *lite, const char *pg)
{
    struct db_conn *c;
    char path[600], why[DB_WHY];

    if (e->kind == DB_POSTGRES) {
        assert_int_equal(db_run(e->db, DB_MARKET, pg, IN_NONE, NULL), DB_OK);
        return;
    }
    snprintf(path, sizeof path, "%s/readings/2026-10.db",
             e->store + strlen("sqlite:"));
    assert_int_equal(sqlite_open(path, DB_WRITE, &c, why), DB_OK);
    assert_int_equal(c->driver->script(c, lite), DB_OK);
    conn_close(c);
}

static void
test_a_sound_store(void **state)
{
    struct engine *e = engine_of(state);
    struct upkeep u = upkeep(e);

    assert_true(u.pass == 0 && !u.running && u.done_utc == 0);
    fill(e);
    u = pass(e);
    assert_true(!u.running && u.pass == 1 && u.findings == 0);
    assert_int_equal(u.done_checked, RECORDS + AUDITS);
    assert_int_equal(u.done_utc, clock_now());
    u = pass(e);
    assert_true(u.pass == 2 && u.done_checked == RECORDS + AUDITS);
}

/* Months that are to be dropped are not read, from the start or from where the
 * floor came over the pass. */
static void
test_a_floor(void **state)
{
    struct engine *e = engine_of(state);
    struct scrub_step s = {0};
    struct upkeep u;

    fill(e);
    spoil(e, "UPDATE reading SET data = zeroblob(length(data))",
          "UPDATE reading SET data = '\\x00' WHERE day < 20758");
    assert_int_equal(reading_floor_set(e->db, day_from_civil(2026, 11, 1)),
                     DB_OK);
    u = pass(e);
    assert_int_equal(u.findings, 0);
    assert_int_equal(u.done_checked, 3 + AUDITS);
    assert_int_equal(db_scrub_begin(e->db, clock_now()), DB_OK);
    assert_int_equal(db_scrub_step(e->db, clock_now(), 0, &s), DB_OK);
    assert_int_equal(upkeep(e).month, day_from_civil(2026, 11, 1));
    assert_int_equal(reading_floor_set(e->db, day_from_civil(2026, 12, 1)),
                     DB_OK);
    while (!s.ended)
        assert_int_equal(db_scrub_step(e->db, clock_now(), 0, &s), DB_OK);
    assert_int_equal(upkeep(e).done_checked, 1 + AUDITS);
}

/* Two programs at one pass: each step counts once. */
static void
test_two_at_it(void **state)
{
    struct engine *e = engine_of(state);
    struct scrub_step s = {0};
    char why[512];
    struct db *other;

    fill(e);
    assert_int_equal(db_open(e->store, DB_WRITE, &other, why), DB_OK);
    assert_int_equal(db_scrub_begin(e->db, clock_now()), DB_OK);
    for (int i = 0; !s.ended; i++)
        assert_int_equal(
            db_scrub_step(i % 2 ? other : e->db, clock_now(), 0, &s), DB_OK);
    assert_int_equal(upkeep(e).done_checked, RECORDS + AUDITS);
    db_close(other);
}

static void
test_a_damaged_record_is_named(void **state)
{
    struct engine *e = engine_of(state);
    struct upkeep u;
    struct found f;

    fill(e);
    spoil(e,
          "CREATE TABLE kept AS SELECT id, data FROM reading;"
          "UPDATE reading SET data = CAST(substr(data, 1, length(data) - 9) || "
          "X'FE' || substr(data, -8) AS BLOB) WHERE id = "
          "(SELECT min(id) FROM reading)",
          "UPDATE reading SET data = set_byte(data, length(data) - 9, 254) "
          "WHERE day = 20746 AND point_group = 0"); /* 2026-10-20 */
    u = pass(e);
    f = found(e);
    assert_true(u.findings == 1 && f.n == 1);
    assert_string_equal(f.at[0].line,
                        "readings of 2026-10: load 1, group 0 (points 0 to 7), "
                        "2026-10-20: the row is damaged");
    assert_string_equal(f.at[0].kind, "row");
    assert_true(f.at[0].day == 20746 && f.at[0].load_id == 1 &&
                f.at[0].point_id == 0);
    /* that day of those points is an error; all else goes on */
    assert_unreadable(e->db, 2, 0);
    assert_unreadable(e->db, 1, 0);
    assert_int_equal(current(e->db, 1, 20, NULL), 4);
    assert_int_equal(current(e->db, 20, 1, NULL), 3);
    /* found again it is the same finding */
    clock_set(clock_now() + 60);
    pass(e);
    assert_true(found(e).n == 1 &&
                found(e).at[0].found_utc == f.at[0].found_utc);
    spoil(e,
          "UPDATE reading SET data = (SELECT k.data FROM kept k "
          "WHERE k.id = reading.id); DROP TABLE kept",
          "DELETE FROM reading WHERE day = 20746 AND point_group = 0");
    u = pass(e);
    f = found(e);
    assert_true(u.findings == 0 && f.n == 1);
    assert_int_equal(f.at[0].gone_utc, clock_now());
}

static void
test_a_damaged_row(void **state)
{
    struct engine *e = engine_of(state);
    struct found f;

    fill(e);
    spoil(e, "UPDATE reading SET data = substr(data, 1, 40)",
          "UPDATE reading SET data = substr(data, 1, 40) WHERE day < 20758");
    assert_true(pass(e).findings >= 2);
    f = found(e);
    for (int i = 0; i < f.n; i++)
        assert_non_null(strstr(f.at[i].line, "readings of 2026-10: load 1"));
}

/* A page that SQLite cannot make sense of, and a file that is none. */
static void
test_a_file_that_cannot_be_read(void **state)
{
    struct engine *e = engine_of(state);
    char path[600];
    struct upkeep u;
    struct found f;
    int fd;

    fill(e);
    db_close(e->db);
    e->db = NULL;
    snprintf(path, sizeof path, "%s/readings/2026-10.db",
             e->store + strlen("sqlite:"));
    fd = open(path, O_RDWR);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, "\xee\xee\xee\xee\xee\xee\xee\xee", 8, 32768),
                     8);
    close(fd);
    snprintf(path, sizeof path, "%s/readings/2026-12.db",
             e->store + strlen("sqlite:"));
    assert_int_equal(truncate(path, 0), 0);
    fd = open(path, O_RDWR);
    assert_int_equal(write(fd, "this is no database, whatever it says", 37),
                     37);
    close(fd);
    engine_reopen(e, DB_WRITE);
    u = pass(e);
    f = found(e);
    assert_true(u.findings >= 2);
    assert_non_null(strstr(f.at[0].line, "readings of 2026-10: after "));
    assert_non_null(strstr(f.at[0].line, "malformed"));
    assert_non_null(strstr(f.at[f.n - 1].line, "readings of 2026-12: after "));
    assert_non_null(strstr(f.at[f.n - 1].line, "not a database"));
    assert_string_equal(f.at[0].kind, "file");
    /* November was read, and is readable */
    assert_int_equal(u.done_checked, 2 + AUDITS);
    assert_int_equal(current(e->db, 1, 20, NULL), 4);
    assert_unreadable(e->db, 1, 0);
    assert_unreadable(e->db, 1, 50);
}

/* Rows are whole, but what leads to them is damaged, or gone. */
static void
test_places_that_do_not_lead(void **state)
{
    struct engine *e = engine_of(state);
    struct upkeep u;
    struct found f;

    fill(e);
    spoil(e,
          "CREATE TABLE kept AS SELECT id, data FROM place;"
          "UPDATE place SET data = CAST(X'FE' || substr(data, 2) AS BLOB) "
          "WHERE id = (SELECT min(id) FROM place)",
          "");
    u = pass(e);
    f = found(e);
    assert_true(u.findings == 1 && f.n == 1);
    assert_string_equal(f.at[0].kind, "place");
    assert_non_null(strstr(f.at[0].line,
                           "readings of 2026-10: places of groups 0 to 1023, 8 "
                           "days from 2026-10-"));
    assert_non_null(strstr(f.at[0].line, "malformed"));
    assert_int_equal(u.done_checked, RECORDS + AUDITS);
    assert_unreadable(e->db, 1, 0);
    assert_int_equal(current(e->db, 1, 20, NULL), 4);
    spoil(e, "DELETE FROM place WHERE id = (SELECT min(id) FROM place)", "");
    clock_set(clock_now() + 60);
    u = pass(e);
    f = found(e);
    assert_true(u.findings == 1 && f.n == 2);
    assert_non_null(strstr(f.at[0].line, "none leads to some rows"));
    assert_int_equal(f.at[1].gone_utc, clock_now());
    spoil(e, "INSERT OR REPLACE INTO place SELECT * FROM kept; DROP TABLE kept",
          "");
    u = pass(e);
    assert_true(u.findings == 0 && found(e).n == 2);
    assert_int_equal(current(e->db, 1, 0, NULL), 1);
}

static void
test_a_changed_audit_record(void **state)
{
    struct engine *e = engine_of(state);
    struct found f;

    fill(e);
    assert_int_equal(db_run(e->db, DB_ACCOUNT,
                            "UPDATE audit SET detail = 'x' WHERE n = 2",
                            IN_NONE, NULL),
                     DB_OK);
    assert_true(pass(e).findings == 1);
    f = found(e);
    assert_non_null(strstr(f.at[0].line, "record 2 was changed"));
    assert_string_equal(f.at[0].kind, "audit");
}

static struct db *
thread_open(void *arg)
{
    struct engine *e = arg;
    struct db *db;
    char why[512];

    assert_int_equal(db_open(e->store, DB_WRITE, &db, why), DB_OK);
    return db;
}

/* The job a number of days later; the pass that was done last. */
static int64_t
job_on(struct engine *e, int64_t days, int64_t scrub_days)
{
    static const struct job_kind KINDS[] = {{.kind = "store.scrub",
                                             .fn = store_scrub_job,
                                             .schedule = "every 30",
                                             .lease_seconds = 60,
                                             .retries = 3},
                                            {.kind = NULL}};
    struct conf conf = {.scrub_days = scrub_days};
    struct runner_app app = {.conf = &conf,
                             .kinds = KINDS,
                             .open = thread_open,
                             .close = db_close,
                             .arg = e};
    struct runner_tally t;
    char why[512];

    clock_set(clock_now() + days * 86400 + 60);
    assert_true(runner_until_idle(&app, &t, why));
    assert_int_equal(t.later + t.failed, 0);
    return upkeep(e).pass;
}

static void
test_the_pace(void **state)
{
    struct engine *e = engine_of(state);

    fill(e);
    assert_int_equal(job_on(e, 0, 0), 0);
    assert_int_equal(job_on(e, 0, 7), 1);
    assert_false(upkeep(e).running);
    assert_int_equal(job_on(e, 6, 7), 1);
    assert_int_equal(job_on(e, 1, 7), 2);
    /* a clock that was a year ahead meanwhile */
    assert_int_equal(job_on(e, 365, 7), 3);
    assert_int_equal(job_on(e, -365, 7), 4);
    assert_int_equal(job_on(e, 0, 7), 4);
}

/* A pass that is ahead of its time rests. */
static void
test_it_rests(void **state)
{
    struct engine *e = engine_of(state);
    struct scrub_step s;
    int64_t step;

    fill(e);
    assert_int_equal(db_scrub_begin(e->db, clock_now()), DB_OK);
    for (int i = 0; i < 4; i++) /* well into the readings */
        assert_int_equal(db_scrub_step(e->db, clock_now(), 0, &s), DB_OK);
    assert_int_equal(db_scrub_share(e->db, &step), DB_OK);
    assert_true(step > 100 && step < 1000);
    assert_int_equal(job_on(e, 0, 7), 1);
    assert_true(upkeep(e).running);
    assert_int_equal(job_on(e, 7, 7), 1);
    assert_false(upkeep(e).running);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ENGINE_TESTS(test_a_sound_store),
        ENGINE_TESTS(test_two_at_it),
        ENGINE_TESTS(test_a_floor),
        ENGINE_TESTS(test_a_damaged_record_is_named),
        ENGINE_TESTS(test_a_damaged_row),
        cmocka_unit_test_setup_teardown(test_a_file_that_cannot_be_read,
                                        engine_set_up_sqlite, engine_tear_down),
        cmocka_unit_test_setup_teardown(test_places_that_do_not_lead,
                                        engine_set_up_sqlite, engine_tear_down),
        ENGINE_TESTS(test_a_changed_audit_record),
        ENGINE_TESTS(test_the_pace),
        ENGINE_TESTS(test_it_rests),
    };

    records_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
