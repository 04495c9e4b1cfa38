/* SPDX-License-Identifier: Apache-2.0 */
/* The administrators' pages: who may enter what, what they show, and that no
 * ESI ID gets where it must not. */
#include "api/feed/load.h"
#include "api/feed/load_metrics.h"
#include "db/audit.h"
#include "db/coverage.h"
#include "db/load_run.h"
#include "db/load_tally.h"
#include "server/base/clock.h"
#include "server/base/file.h"
#include "tests/golden/golden.h"
#include "tests/http/people.h"

static struct site *site;

/* Three points, one of them solar; the file has days of two, one of which the
 * registry does not name. */
static const char REGISTRY[] =
    "ESIID,TDSP,SOLAR,METER,INSTALLED,REP,REP_FROM\n"
    "10443720000000001,999000111,N,M1,2020-01-01,999000222,2020-01-01\n"
    "10443720000000003,999000111,Y,M3,2020-01-01,999000222,2020-01-01\n"
    "10443720000000004,999000111,N,M4,2020-01-01,,\n";

static void
load(struct db *db, const char *name, const void *bytes, size_t n)
{
    char path[600];
    struct feed_result r;

    snprintf(path, sizeof path, "%s/%s", site_conf(site)->data_dir, name);
    assert_true(file_write(path, bytes, n, 0600));
    feed_load_file(db, site_conf(site), NULL, path, &r);
    assert_int_equal(r.state, FEED_LOADED);
    feed_result_clear(&r);
}

static void
fill(struct db *db)
{
    struct load_run run = {.id = 7,
                           .process = "<b>host</b> 1",
                           .source = "inbox",
                           .started_utc = clock_now() - 20,
                           .beat_utc = clock_now() - 1,
                           .files = 4,
                           .files_done = 1,
                           .bytes = 1000,
                           .bytes_done = 250,
                           .records = 123456,
                           .text = 1000000,
                           .ms = 2000,
                           .rate = 61728,
                           .left_seconds = 65};
    struct buf lse = {0};

    assert_true(golden_read(&lse, golden_path("lse_good.lse")));
    load(db, "registry.csv", REGISTRY, sizeof REGISTRY - 1);
    load(db, "good.lse", lse.at, lse.len);
    buf_clear(&lse);
    assert_int_equal(db_load_run_put(db, &run), DB_OK);
    run.id = 8;
    snprintf(run.process, sizeof run.process, "dead 2");
    run.beat_utc = clock_now() - 60;
    assert_int_equal(db_load_run_put(db, &run), DB_OK);
}

static const struct {
    const char *as, *role, *duns;
} PEOPLE[] = {
    {"ana", "customer", ""},       {"rep", "rep", "999000222"},
    {"tdsp", "tdsp", "999000111"}, {"help", "helpdesk", ""},
    {"reg", "regulator", ""},      {"ada", "admin", ""},
};

static int
set_up(void **state)
{
    struct db *db;
    int64_t now;

    if (!utc_parse("2025-07-10T16:00:00Z", &now))
        return -1;
    clock_set(now);
    site = site_start(NULL);
    if (!site)
        return -1;
    db = people_store(site);
    for (size_t i = 0; i < COUNT(PEOPLE); i++)
        people_add(db, PEOPLE[i].as, PEOPLE[i].role, PEOPLE[i].duns, "en");
    fill(db);
    db_close(db);
    for (size_t i = 0; i < COUNT(PEOPLE); i++)
        site_sign_in(site, PEOPLE[i].as, PEOPLE[i].as, PASSWORD);
    *state = site;
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    site_stop(site);
    clock_set(CLOCK_REAL);
    return 0;
}

/* ---- who -------------------------------------------------------------------
 */

static const struct {
    const char *method, *path, *body;
    bool regulators;
} ROUTES_OF[] = {
    {"GET", "/admin", NULL, false},
    {"GET", "/admin/loads/2", NULL, false},
    {"GET", "/admin/coverage", NULL, true},
    {"GET", "/admin/coverage/day?day=2025-07-01", NULL, true},
    {"GET", "/admin/coverage/file?from=2025-07-01&to=2025-07-02", NULL, true},
    {"GET", "/api/admin/coverage?from=2025-07-01&to=2025-07-02", NULL, true},
    {"POST", "/admin/coverage/meters", "day=2025-07-01&pick=missing+all+all",
     false},
    {"POST", "/admin/coverage/meters/file",
     "day=2025-07-01&pick=missing+all+all", false},
};

/* Every role at every route. */
static void
test_gates(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(ROUTES_OF); i++) {
        for (size_t k = 0; k < COUNT(PEOPLE); k++) {
            bool may = strcmp(PEOPLE[k].role, "admin") == 0 ||
                       (ROUTES_OF[i].regulators &&
                        strcmp(PEOPLE[k].role, "regulator") == 0);
            struct http_case c = {.method = ROUTES_OF[i].method,
                                  .path = ROUTES_OF[i].path,
                                  .as = PEOPLE[k].as,
                                  .body = ROUTES_OF[i].body,
                                  .status = may ? 200 : 403};

            http_cases_run(site, &c, 1);
        }
    }
}

static void
test_strangers(void **state)
{
    static const struct http_case CASES[] = {
        {"GET", "/admin", .status = 303,
         .header = "Location=/sign-in?next=%2Fadmin"},
        {"GET", "/admin/coverage", .status = 303,
         .header = "Location=/sign-in?next=%2Fadmin%2Fcoverage"},
        {"GET", "/api/admin/coverage?from=2025-07-01&to=2025-07-02",
         .status = 401},
        {"POST", "/admin/coverage/meters", .as = "ada", .no_token = true,
         .body = "day=2025-07-01&pick=missing+all+all", .status = 403},
    };

    (void)state;
    http_cases_run(site, CASES, COUNT(CASES));
}

/* ---- what ------------------------------------------------------------------
 */

/* What Prometheus is told of the load that runs; the dead one is not among
 * them. */
static void
test_metrics(void **state)
{
    static const char *const LINES[] = {
        "\nmeterhouse_loads{state=\"committed\"} 2\n",
        "\nmeterhouse_load_running 1\n",
        "\nmeterhouse_load_running_records 123456\n",
        "\nmeterhouse_load_running_records_per_second 61728\n",
        "\nmeterhouse_load_running_bytes 1000000\n",
        "\nmeterhouse_load_running_file_bytes 1000\n",
        "\nmeterhouse_load_running_file_bytes_done 250\n",
        "\nmeterhouse_load_running_seconds_left 65\n"};
    struct db *db = people_store(site);
    struct load_tally tally;
    struct buf text = {0};

    (void)state;
    assert_int_equal(db_load_tally_get(db, clock_now(), &tally), DB_OK);
    feed_metrics_write(&tally, &text);
    for (size_t i = 0; i < COUNT(LINES); i++) {
        if (!strstr(buf_text(&text), LINES[i]))
            fail_msg("no %s in %s", LINES[i], buf_text(&text));
    }
    buf_clear(&text);
    db_close(db);
}

static void
test_overview(void **state)
{
    static const struct http_case CASES[] = {
        {"GET", "/admin", .as = "ada", .status = 200, .header = "!Refresh",
         .has = "Loads that run now\n1 of 4 files\n123,456\n61,728 "
                "records/s\n1:05 min\nvalue=\"25\"\n&lt;b&gt;host\n!dead 2\n"
                "good.lse\nhref=\"/admin/loads/2\"\nJuly 2025\n"
                "all days counted\n!10443720000000"},
        {"GET", "/admin?update=3", .as = "ada", .status = 200,
         .header = "Refresh=5; url=/admin?update=2", .has = "Stop updating"},
        {"GET", "/admin?update=0", .as = "ada", .status = 200,
         .header = "!Refresh"},
        {"GET", "/admin?update=9999", .as = "ada", .status = 400},
        {"GET", "/admin/loads/2", .as = "ada", .status = 200,
         .has = "good.lse\nRead\nin force\n!10443720000000"},
        {"GET", "/admin/loads/99", .as = "ada", .status = 404},
        {"GET", "/admin/loads/x", .as = "ada", .status = 404},
    };

    (void)state;
    http_cases_run(site, CASES, COUNT(CASES));
}

static void
test_calendar(void **state)
{
    static const struct http_case CASES[] = {
        {"GET", "/admin/coverage", .as = "reg", .status = 200,
         .has = "Completeness\n<table class=\"cover\">\nJul 2025\nJul 2024\n"
                "aria-label=\"25% on Jul 1, 2025, 3 missing\"\n"
                "href=\"/admin/coverage/day?day=2025-07-01\"\n"
                "nobody expected\n!Waits\n!10443720000000"},
        {"GET", "/admin/coverage?until=2024-07-01", .as = "reg", .status = 200,
         .has = "Jul 2023\nA year later"},
        {"GET", "/admin/coverage?rep=none", .as = "reg", .status = 200,
         .has = "0% on Jul 1, 2025, 1 missing\nselected>none<"},
        {"GET", "/admin/coverage?tdsp=%22%3E%3Cb", .as = "reg", .status = 200,
         .has = "!\"><b"},
        {"GET", "/admin/coverage?until=2025-13-01", .as = "reg", .status = 400},
        {"GET", "/admin/coverage/day?day=2025-07-01", .as = "ada",
         .status = 200,
         .has = "Tuesday, July 1, 2025\n999000111\n999000222\n"
                "value=\"missing 999000111 999000222\"\n"
                "value=\"extra all all\"\n!10443720000000"},
        {"GET", "/admin/coverage/day?day=2025-07-01", .as = "reg",
         .status = 200, .has = "999000111\n!<button class=\"cover-list\""},
        {"GET", "/admin/coverage/day?day=2001-01-01", .as = "reg",
         .status = 200, .has = "Nothing is expected on this day"},
    };

    (void)state;
    http_cases_run(site, CASES, COUNT(CASES));
}

static void
test_files(void **state)
{
    static const struct http_case CASES[] = {
        {"GET", "/admin/coverage/file?from=2025-07-01&to=2025-07-01",
         .as = "reg", .status = 200,
         .header = "Content-Type: text/csv\nContent-Disposition: attachment",
         .has = "day,tdsp,rep,expected,received,missing,estimated,"
                "estimated_intervals,partial,late,replaced,extra,counted\n"
                "2025-07-01,999000111,999000222,3,1,2,\n"
                "2025-07-01,999000111,,1,0,1,\n!10443720000000"},
        {"GET", "/admin/coverage/file?from=2025-07-01&to=2025-07-01&view=days",
         .as = "reg", .status = 200, .has = "2025-07-01,4,1,3,"},
        {"GET", "/admin/coverage/file?from=2025-07-02&to=2025-07-01",
         .as = "reg", .status = 400},
        {"GET", "/admin/coverage/file?from=2025-07-02", .as = "reg",
         .status = 400},
        {"GET", "/api/admin/coverage?from=2025-07-01&to=2025-07-01&view=days",
         .as = "ada", .status = 200, .header = "Content-Type: application/json",
         .has = "{\"day\":\"2025-07-01\",\"expected\":4,\"received\":1,"
                "\"missing\":3,"},
    };

    (void)state;
    http_cases_run(site, CASES, COUNT(CASES));
}

static bool
count_lists(void *arg)
{
    const struct audit_record *a = arg;

    if (strncmp(a->act, "coverage_", 9) == 0) {
        assert_null(strstr(a->detail, "10443720000000"));
        assert_non_null(strstr(a->detail, "day=2025-07-01"));
    }
    return true;
}

static void
test_meters(void **state)
{
    static const struct http_case CASES[] = {
        {"POST", "/admin/coverage/meters", .as = "ada",
         .body = "day=2025-07-01&pick=missing+999000111+999000222",
         .status = 200,
         .has = "Missing meters\n10443720000000003\nGeneration\n"
                "!10443720000000001\n!10443720000000004"},
        {"POST", "/admin/coverage/meters", .as = "ada",
         .body = "day=2025-07-01&pick=missing+999000111+none", .status = 200,
         .has = "10443720000000004\n!10443720000000003"},
        {"POST", "/admin/coverage/meters", .as = "ada",
         .body = "day=2025-07-01&pick=extra+all+all", .status = 200,
         .has = "10443720000000002\n!10443720000000003"},
        {"POST", "/admin/coverage/meters/file", .as = "ada",
         .body = "day=2025-07-01&pick=missing+all+all", .status = 200,
         .header = "Content-Type: text/csv",
         .has = "2025-07-01,10443720000000003,4,999000111,999000222,0,0,0,\n"
                "2025-07-01,10443720000000003,1,\n"
                "2025-07-01,10443720000000004,4,999000111,,"},
        {"POST", "/admin/coverage/meters", .as = "ada",
         .body = "day=2025-07-01&pick=all+all+all", .status = 400},
        {"POST", "/admin/coverage/meters", .as = "ada",
         .body = "day=2025-07-01&pick=missing", .status = 400},
        {"POST", "/admin/coverage/meters", .as = "ada",
         .body = "pick=missing+all+all", .status = 400},
        {"POST", "/admin/coverage/meters", .as = "ada",
         .body = "day=2025-07-01&pick=missing+99900011x+all", .status = 400,
         .has = "a DUNS number has 9 or 13 digits"},
        {"POST", "/admin/coverage/meters", .as = "ada",
         .body = "day=2025-07-01&pick=missing+all+99900022200000000",
         .status = 400, .has = "a DUNS number has 9 or 13 digits"},
        {"POST", "/admin/coverage/meters/file", .as = "ada",
         .body = "day=2025-07-01&pick=missing+all+all+all", .status = 400},
        {"GET", "/admin/coverage/meters", .as = "ada", .status = 405},
    };
    struct audit_record a;
    struct db *db;

    (void)state;
    http_cases_run(site, CASES, COUNT(CASES));
    db = people_store(site);
    assert_int_equal(db_audit_each(db, 1000, &a, count_lists, &a), DB_OK);
    db_close(db);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gates),    cmocka_unit_test(test_strangers),
        cmocka_unit_test(test_metrics),  cmocka_unit_test(test_overview),
        cmocka_unit_test(test_calendar), cmocka_unit_test(test_files),
        cmocka_unit_test(test_meters),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
