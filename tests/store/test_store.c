/* SPDX-License-Identifier: Apache-2.0 */
/* What the store holds and whether it is sound, on both engines. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/registry/billed.h"
#include "api/registry/registry.h"
#include "db/engine.h"
#include "db/store.h"
#include "tests/store/engines.h"
#include "tests/store/table_files.h"

#define REGISTRY                                                               \
    "ESIID,TDSP,METER,INSTALLED,REP,REP_FROM\n"                                \
    "10443720000000017,1039940674000,M1,2020-01-01,100000007,2020-01-01\n"     \
    "10443720000000018,1039940674000,M2,2020-01-01,100007926,2020-01-01\n"     \
    "10443720000000018,1039940674000,M3,2021-01-01,100007926,2020-01-01\n"
#define BILLED                                                                 \
    "ESIID,START_DATE,END_DATE,REVISION_DATE,ACTUAL_KWH\n"                     \
    "10443720000000019,2025-01-01,2025-01-31,2025-02-02 00:00:00,1123.5\n"

static void
fill(struct engine *e)
{
    struct outcome o = {.rc = DB_OK};

    table_file_load(e, registry_load, REGISTRY, "", &o);
    assert_true(o.rc == DB_OK && o.l.n.loaded == 3);
    table_file_load(e, billed_load, BILLED, "", &o);
    assert_true(o.rc == DB_OK && o.l.n.loaded == 1);
    table_rejects_clear(&o.rejects);
}

static void
test_counts(void **state)
{
    struct engine *e = engine_of(state);
    struct store_stats s;

    assert_int_equal(db_store_stats(e->db, &s), DB_OK);
    assert_true(s.points == 0 && s.steps > 5 && s.bytes[0] > 0);
    fill(e);
    assert_int_equal(db_store_stats(e->db, &s), DB_OK);
    assert_true(s.points == 3 && s.registered == 2 && s.meters == 3 &&
                s.reps == 2 && s.billed == 1);
    assert_true(s.loads[LOAD_COMMITTED] == 2 && s.records == 4 &&
                s.rejected == 0 && s.readings.records == 0);
}

/* ---- what breaks a rule is found -------------------------------------------
 */

struct findings {
    int n;
    char text[4096];
};

static void
finding(void *arg, const char *line)
{
    struct findings *f = arg;

    f->n++;
    strncat(f->text, line, sizeof f->text - strlen(f->text) - 2);
    strcat(f->text, "\n");
}

static struct findings
check(struct engine *e)
{
    struct findings f = {.n = 0};

    assert_int_equal(db_store_check(e->db, finding, &f), DB_OK);
    return f;
}

/* Breaks one rule with the engine's checks out of the way. */
static void
harm(struct engine *e, enum db_home home, const char *sql)
{
    struct db_conn *c = db_conn(e->db, home);

    if (e->kind == DB_SQLITE)
        c->driver->script(c, "PRAGMA foreign_keys = OFF;"
                             "PRAGMA ignore_check_constraints = ON");
    assert_int_equal(c->driver->script(c, sql), DB_OK);
}

struct harm {
    enum db_home home;
    const char *sql, *finding;
};

static const struct harm HARMS[] = {
    {DB_MARKET, "UPDATE load SET seq = 0 WHERE id = 1",
     "1 loads whose commit number"},
    {DB_MARKET, "UPDATE series SET next = 3 WHERE name = 'point'",
     "1 series that would draw"},
    {DB_MARKET, "UPDATE load SET state = 3 WHERE kind = 'registry'",
     "REP terms of loads that are not in force"},
    {DB_MARKET, "UPDATE load SET state = 4, seq = 0 WHERE kind = 'billed'",
     "1 billed rows of loads"},
    {DB_MARKET, "UPDATE point SET registered = TRUE WHERE id = 3",
     "1 points whose mark"},
    {DB_MARKET, "UPDATE point SET zone = 'UTC' WHERE id = 1",
     "1 points in another zone"},
    {DB_ACCOUNT,
     "INSERT INTO account_point (account_id, number, point_id, label, "
     "from_day, to_day) VALUES (77, 1, 1, '', 0, 1)",
     "1 rights of accounts"},
    {DB_ACCOUNT,
     "INSERT INTO account_point (account_id, number, point_id, label, "
     "from_day, to_day) VALUES (77, 1, 99, '', 0, 1)",
     "1 points that accounts may read are not there"},
};

static void
test_each_harm_is_found(void **state)
{
    enum db_engine kind = engine_of(state)->kind;

    for (size_t i = 0; i < sizeof HARMS / sizeof *HARMS; i++) {
        struct findings f;
        struct engine e;

        engine_make(&e, kind);
        fill(&e);
        f = check(&e);
        if (f.n)
            fail_msg("sound store: %s", f.text);
        harm(&e, HARMS[i].home, HARMS[i].sql);
        f = check(&e);
        if (!strstr(f.text, HARMS[i].finding))
            fail_msg("%s: found %d: %s", HARMS[i].sql, f.n, f.text);
        engine_drop(&e);
    }
}

static void
test_engine_findings_are_told(void **state)
{
    struct engine *e = engine_of(state);
    struct findings f;

    fill(e);
    harm(e, DB_MARKET, "DELETE FROM point WHERE id = 3");
    f = check(e);
    assert_non_null(strstr(f.text, "market.db: a row of billed names a row of "
                                   "point that is not there"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ENGINE_TESTS(test_counts),
        ENGINE_TESTS(test_each_harm_is_found),
        cmocka_unit_test_setup_teardown(test_engine_findings_are_told,
                                        engine_set_up_sqlite, engine_tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
