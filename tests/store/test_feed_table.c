/* SPDX-License-Identifier: Apache-2.0 */
/* Registry and billed usage files through the loader, on both engines. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/feed/load.h"
#include "api/feed/report.h"
#include "db/billed.h"
#include "db/point.h"
#include "server/base/clock.h"
#include "server/base/file.h"
#include "server/base/str.h"
#include "tests/store/engines.h"

#define POINT "10443720000000017"
#define HEAD  "ESIID,TDSP,METER,INSTALLED,REP,REP_FROM\n"

static struct conf conf;

static void
load_as(struct engine *e, const char *name, const char *text,
        const char *sender, struct feed_result *r)
{
    struct feed_options o = {.sender = sender};
    char path[600];

    snprintf(path, sizeof path, "%s/%s", e->folder, name);
    assert_true(file_write(path, text, strlen(text), 0600));
    feed_load_file(e->db, &conf, &o, path, r);
    assert_int_equal(r->l.n.read, r->l.n.loaded + r->l.n.replaced +
                                      r->l.n.unchanged + r->l.n.historic +
                                      r->l.n.rejected);
    r->path = name;
}

static void
load_text(struct engine *e, const char *name, const char *text,
          struct feed_result *r)
{
    load_as(e, name, text, NULL, r);
}

static void
test_a_registry_file_by_its_content(void **state)
{
    struct engine *e = engine_of(state);
    struct feed_result r, again;
    struct point p;
    static const char TEXT[] =
        HEAD POINT ",1039940674000,M1,2020-01-01,100000007,2020-01-01\n"
                   "7,1039940674000,M2,2020-01-32,,\n";

    load_text(e, "anything.txt", TEXT, &r);
    assert_int_equal(r.state, FEED_LOADED);
    assert_string_equal(r.l.kind, "registry");
    assert_string_equal(r.l.sender, "1039940674000");
    assert_true(r.l.n.loaded == 1 && r.l.n.rejected == 1 && r.l.n.read == 2);
    assert_int_equal(r.n_rejects, 1);
    assert_string_equal(r.rejects[0].ours, "T27");
    assert_string_equal(r.rejects[0].ercot, "02");
    assert_string_equal(r.rejects[0].field, "INSTALLED");
    assert_string_equal(r.rejects[0].esiid, "7");
    assert_int_equal(r.rejects[0].line, 3);
    assert_int_equal(db_point_get(e->db, POINT, &p), DB_OK);
    assert_true(p.registered);
    /* the row may be good by now: it is looked at again, and is not */
    load_text(e, "again.txt", TEXT, &again);
    assert_true(again.state == FEED_LOADED && again.l.n.unchanged == 1 &&
                again.l.n.rejected == 1);
    feed_result_clear(&again);
    feed_result_clear(&r);
}

static void
test_an_older_file_does_not_come_back(void **state)
{
    struct engine *e = engine_of(state);
    struct feed_result r;
    struct load l;
    char why[512], plain[SHA256_HEX];
    static const char OLD[] =
        HEAD POINT ",1039940674000,M1,2020-01-01,100000007,2020-01-01\nx\n";
    static const char NEW[] =
        HEAD POINT ",1039940674000,M1,2020-01-01,100007926,2020-01-01\n";

    load_text(e, "old.csv", OLD, &r);
    assert_int_equal(r.l.n.loaded, 1);
    feed_result_clear(&r);
    load_text(e, "new.csv", NEW, &r);
    assert_int_equal(r.l.n.replaced, 1);
    feed_result_clear(&r);
    load_text(e, "old.csv", OLD, &r);
    assert_true(r.state == FEED_KNOWN && r.l.n.unchanged == 1);
    feed_result_clear(&r);
    /* an older program knew it by the plain digest */
    sha256_hex(plain, OLD, strlen(OLD));
    assert_int_equal(db_run(e->db, DB_MARKET,
                            "UPDATE load SET sha256 = $1 WHERE id = 1",
                            IN(in_text(plain)), NULL),
                     DB_OK);
    load_text(e, "old.csv", OLD, &r);
    assert_true(r.state == FEED_KNOWN && r.l.n.unchanged == 1);
    feed_result_clear(&r);
    /* the newest can be taken back, then the one before */
    assert_int_equal(feed_unload(e->db, 1, 1, &l, why), UNLOAD_NOT_NEWEST);
    assert_int_equal(feed_unload(e->db, 2, 1, &l, why), UNLOAD_DONE);
    assert_int_equal(feed_unload(e->db, 2, 1, &l, why), UNLOAD_NOT_COMMITTED);
    assert_int_equal(feed_unload(e->db, 1, 1, &l, why), UNLOAD_DONE);
    assert_int_equal(feed_unload(e->db, 9, 1, &l, why), UNLOAD_NONE);
}

static void
test_a_file_that_names_too_little(void **state)
{
    struct engine *e = engine_of(state);
    struct feed_result r;
    struct load l;

    load_text(e, "short.csv", "ESIID,TDSP,METER\n1,2,3\n", &r);
    assert_int_equal(r.state, FEED_REFUSED);
    assert_int_equal(r.n_rejects, 1);
    assert_string_equal(r.rejects[0].ours, "T02");
    assert_string_equal(r.rejects[0].ercot, "F2");
    assert_string_equal(r.rejects[0].field, "INSTALLED");
    assert_int_equal(db_load_get(e->db, r.l.id, &l), DB_OK);
    assert_int_equal(l.state, LOAD_REJECTED);
    feed_result_clear(&r);
}

static void
test_a_sender_speaks_for_itself(void **state)
{
    struct engine *e = engine_of(state);
    struct feed_result r;
    struct buf report = {0};

    load_as(e, "theirs.csv", HEAD POINT ",1039940674000,M1,2020-01-01,,\n",
            "957877905", &r);
    assert_true(r.state == FEED_LOADED && r.l.n.rejected == 1);
    assert_string_equal(r.rejects[0].ours, "T31");
    feed_report_format(&r, &report);
    assert_non_null(strstr(buf_text(&report), "T31"));
    assert_non_null(strstr(buf_text(&report), POINT));
    buf_clear(&report);
    feed_result_clear(&r);
}

static bool
count_row(void *arg)
{
    return ++*(int *)arg;
}

static void
test_billed_usage(void **state)
{
    struct engine *e = engine_of(state);
    struct feed_result r;
    struct billed b;
    struct point p;
    struct load l;
    char why[512];
    int rows = 0;
    static const char TEXT[] =
        "ESIID,START_DATE,END_DATE,REVISION_DATE,ACTUAL_KWH\n" POINT
        ",2025-01-01,2025-01-31,2025-02-02 00:00:00,1123.5\n";

    load_text(e, "b.csv", TEXT, &r);
    assert_string_equal(r.l.kind, "billed");
    assert_true(r.l.n.loaded == 1 && r.l.n.warned == 1 &&
                r.warnings[FEED_WARN_UNREGISTERED] == 1);
    feed_result_clear(&r);
    load_text(e, "c.csv", TEXT, &r);
    assert_true(r.state == FEED_KNOWN && r.l.n.unchanged == 1);
    assert_int_equal(db_point_get(e->db, POINT, &p), DB_OK);
    assert_int_equal(
        db_billed_each(e->db, p.id, 0, 50000, &b, count_row, &rows), DB_OK);
    assert_true(rows == 1 && b.kwh.micro == 1123500000 && b.kwh.places == 1);
    assert_int_equal(feed_unload(e->db, r.l.id, 1, &l, why), UNLOAD_DONE);
    rows = 0;
    assert_int_equal(
        db_billed_each(e->db, p.id, 0, 50000, &b, count_row, &rows), DB_OK);
    assert_int_equal(rows, 0);
    feed_result_clear(&r);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ENGINE_TESTS(test_a_registry_file_by_its_content),
        ENGINE_TESTS(test_an_older_file_does_not_come_back),
        ENGINE_TESTS(test_a_file_that_names_too_little),
        ENGINE_TESTS(test_a_sender_speaks_for_itself),
        ENGINE_TESTS(test_billed_usage),
    };

    conf_init(&conf);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
