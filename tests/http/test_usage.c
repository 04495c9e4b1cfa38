/* SPDX-License-Identifier: Apache-2.0 */
/* My usage against the whole product: pages, JSON and files by tables. */
#include "db/agreement.h"
#include "db/point.h"
#include "server/base/clock.h"
#include "tests/http/people.h"
#include "tests/store/usage_days.h"

static struct site *site;

static void
give(struct db *db, int64_t account, int64_t point, const char *label)
{
    struct account_point right = {.account_id = account,
                                  .point_id = point,
                                  .from_day = usage_day_of("2020-01-01"),
                                  .to_day = DAY_NONE};

    snprintf(right.label, sizeof right.label, "%s", label);
    assert_int_equal(db_account_point_add(db, &right), DB_OK);
}

/* Ana has one meter, Luz two and Spanish, Max none. */
static void
fill(struct db *db)
{
    int64_t home = usage_days_point(db, "10443720000000001", "2025-06-01");
    int64_t shop = usage_days_point(db, "10443720000000002", NULL);
    const struct usage_plan plan[] = {
        {home, CHANNEL_LOAD, "2025-06-10", "2026-11-09", 100000, 2, 0, true},
        {home, CHANNEL_LOAD, "2026-11-12", "2026-11-20", 100000, 0, 0, false},
        {shop, CHANNEL_LOAD, "2026-11-01", "2026-11-21", 500000, 0, 0, false},
        {shop, CHANNEL_GENERATION, "2026-11-01", "2026-11-21", 0, 0, 0, false},
    };
    int64_t ana = people_add(db, "ana@example.org", "customer", "", "en");
    int64_t luz = people_add(db, "luz@example.org", "customer", "", "es");

    people_add(db, "max@example.org", "customer", "", "en");
    usage_days_load(db, plan, COUNT(plan));
    usage_days_bill(db, home, "2026-10-14", "2026-11-09", 400);
    give(db, ana, home, "Home");
    give(db, luz, home, "Casa <1>");
    give(db, luz, shop, "Taller");
}

static int
set_up(void **state)
{
    struct db *db;
    int64_t now;

    if (!utc_parse("2026-11-22T16:00:00Z", &now))
        return -1;
    clock_set(now);
    site = site_start(NULL);
    if (!site)
        return -1;
    db = people_store(site);
    fill(db);
    db_close(db);
    site_sign_in(site, "ana", "ana@example.org", PASSWORD);
    site_sign_in(site, "luz", "luz@example.org", PASSWORD);
    site_sign_in(site, "max", "max@example.org", PASSWORD);
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

static void
test_meters(void **state)
{
    static const struct http_case CASES[] = {
        {"GET", "/meters", .status = 303,
         .header = "Location=/sign-in?next=%2Fmeters"},
        {"GET", "/meters", .as = "ana", .status = 303,
         .header = "Location=/meters/1/month"},
        {"GET", "/meters", .as = "luz", .status = 200,
         .has = "Casa &lt;1&gt;\nTaller\nhref=\"/meters/2/month\"\n"
                "Mis medidores"},
        {"GET", "/meters/2", .as = "luz", .status = 303,
         .header = "Location=/meters/2/month"},
        {"GET", "/meters/2", .as = "ana", .status = 404},
        {"GET", "/meters", .as = "max", .status = 200,
         .has = "There is no meter on your account yet\nup to 60 days"},
    };

    (void)state;
    http_cases_run(site, CASES, COUNT(CASES));
}

/* A meter one may not see answers like one that is not. */
static void
test_rights(void **state)
{
    static const struct http_case CASES[] = {
        {"GET", "/meters/1/day", .status = 303,
         .header = "Location=/sign-in?next=%2Fmeters%2F1%2Fday"},
        {"GET", "/meters/2/day", .as = "ana", .status = 404},
        {"GET", "/meters/99/day", .as = "ana", .status = 404},
        {"GET", "/meters/1/day", .as = "max", .status = 404},
        {"GET", "/meters/x/day", .as = "ana", .status = 404},
        {"GET", "/meters/10443720000000001/day", .as = "ana", .status = 404},
        {"GET", "/api/meters/1/day", .status = 401},
        {"GET", "/api/meters/2/day", .as = "ana", .status = 404},
        {"GET", "/meters/2/file?from=2026-11-01&to=2026-11-02", .as = "ana",
         .status = 404},
    };

    (void)state;
    http_cases_run(site, CASES, COUNT(CASES));
}

static void
test_periods(void **state)
{
    static const struct http_case CASES[] = {
        /* without a day: the newest that has data */
        {"GET", "/meters/1/day", .as = "ana", .status = 200,
         .has = "Friday, November 20, 2026\n<svg class=\"chart\n"
                "Total used\nComplete to Monday, November 9, 2026\n"
                "Newer data is late\nNovember 23, 2026, at about 6 AM\n"
                "usage.css\nrel=\"prev\"\nrel=\"next\"\n!style="},
        {"GET", "/meters/1/month?day=2026-11-05", .as = "ana", .status = 200,
         .has = "<h1>November 2026</h1>\n"
                "Nov 10, 2026 – Nov 11, 2026\nmissing: days before\n"
                "Nov 21, 2026 – Nov 22, 2026\nnot yet received\n"
                "over the 18 days that both have complete\n"
                "Register at start\n1000.500\n"
                "/meters/1/day?day=2026-11-03\""},
        {"GET", "/meters/1/week?day=2026-11-05&report=interval", .as = "ana",
         .status = 200, .has = "Nov 1 – Nov 7, 2026\n1:15 AM CDT"},
        {"GET", "/meters/1/year?day=2026-02-02", .as = "ana", .status = 200,
         .has = "<h1>2026</h1>\nMonthly billed usage\nSum of quarter hours"},
        /* a year by day is one picture; the table names every day */
        {"GET", "/meters/1/year?day=2026-02-02&report=daily", .as = "ana",
         .status = 200,
         .has =
             "chart chart-crowded\n!chart-slot\nclass=\"chart-bar\" d=\"M0 "
             "\n<tr><th scope=row><a href=\"day?day=2026-03-08\">Sun, Mar 8"
             "</a><td>"
             "\n<tr class=\"no-data\" data-slots=\"2\"><th scope=row>Nov 10\n"
             ">Jan</text>\n>Nov</text>"},
        {"GET", "/meters/1/range?from=2026-10-30&to=2026-11-02", .as = "ana",
         .status = 200, .has = "Oct 30 – Nov 2, 2026"},
        {"GET", "/meters/1/day?day=2026-03-08", .as = "ana", .status = 200,
         .has = "it has 23 hours\n3 AM CDT"},
        {"GET", "/meters/1/day?day=2026-11-01", .as = "ana", .status = 200,
         .has = "it has 25 hours\n1:45 AM CDT – 1 AM CST: 0.107\n"
                "12:15 AM CDT – 12:30 AM CDT: 0.101 kWh, estimated"},
        {"GET", "/meters/1/month?day=2025-04-05", .as = "ana", .status = 200,
         .has = "before the meter was installed\nthere is no data\n"
                "!Compared with other times"},
        {"GET", "/meters/2/month?day=2026-11-05", .as = "luz", .status = 200,
         .has = "<h1>Noviembre de 2026</h1>\nlang=\"es\"\n"
                "Excedente enviado a la red\nCasa &lt;1&gt;\n"
                "Descargar estos números"},
    };

    (void)state;
    http_cases_run(site, CASES, COUNT(CASES));
}

/* The range stays when one switches how it is shown. */
static void
test_switching(void **state)
{
    static const struct http_case CASES[] = {
        {"GET", "/meters/1/range?from=2026-10-30&to=2026-11-02&report=daily",
         .as = "ana", .status = 200,
         .has = "from=2026-10-30&amp;to=2026-11-02&amp;report=interval\n"
                "from=2026-10-30&amp;to=2026-11-02&amp;report=monthly\n"
                "/meters/1/month?day=2026-11-02\"\n"
                "value=\"2026-10-30\""},
        {"GET", "/meters/1/month?day=2026-11-05&report=interval", .as = "ana",
         .status = 200,
         .has = "/meters/1/week?day=2026-11-05\"\n"
                "/meters/1/month?day=2026-11-05\"\n"
                "/meters/1/range?from=2026-11-01&amp;to=2026-11-30"
                "&amp;report=interval\nEach bar and row is one hour"},
        {"GET", "/meters/1/month?day=2026-11-05", .as = "luz", .status = 200,
         .has = "/meters/2/month?day=2026-11-05\""},
    };

    (void)state;
    http_cases_run(site, CASES, COUNT(CASES));
}

static void
test_limits(void **state)
{
    static const struct http_case CASES[] = {
        {"GET", "/meters/1/year?day=2026-11-05&report=interval", .as = "ana",
         .status = 400,
         .has = "at most 40 days at once; this is 365 days\n"
                "/meters/1/file?from=2026-01-01&amp;to=2026-12-31"
                "&amp;report=interval&amp;format=csv"},
        {"GET", "/api/meters/1/year?report=interval", .as = "ana",
         .status = 400, .header = "Content-Type: application/problem+json"},
        {"GET", "/meters/1/month?day=2023-04-05", .as = "ana", .status = 400,
         .has = "Further back than your account can look\n"
                "can look back to Friday, November 22, 2024\n"
                "!More than one page\n"
                "/meters/1/month?day=2024-12-01"},
        {"GET", "/meters/1/range?from=2026-11-03&to=2026-11-01", .as = "ana",
         .status = 400, .has = "the first day is after the last"},
        {"GET", "/meters/1/day?day=2026-02-30", .as = "ana", .status = 400},
        {"GET", "/meters/1/day?report=hourly", .as = "ana", .status = 400},
        {"GET", "/meters/1/range?from=1970-01-01&to=2199-12-31", .as = "ana",
         .status = 400,
         .has = "at most 24 months at once; this is 2,760 months\n"
                "More than one page\n!<svg class"},
    };

    (void)state;
    http_cases_run(site, CASES, COUNT(CASES));
}

static void
test_json(void **state)
{
    static const struct http_case CASES[] = {
        {"GET", "/api/meters/1/month?day=2026-11-05", .as = "ana",
         .status = 200, .header = "Content-Type: application/json",
         .has = "\"kwh\":\"255.67\"\n\"days_with_data\":18\n"
                "\"gap\":\"missing\"\n\"late\":true"},
        {"GET", "/api/meters/1/day?day=2026-11-01", .as = "ana", .status = 200,
         .has = "2026-11-01T01:00:00-06:00\n"
                "\"grain\":\"quarter\""},
    };

    (void)state;
    http_cases_run(site, CASES, COUNT(CASES));
}

static void
test_files(void **state)
{
    static const struct http_case CASES[] = {
        {"GET", "/meters/1/file?from=2026-11-01&to=2026-11-02", .as = "ana",
         .status = 200,
         .header = "Content-Type: text/csv\n"
                   "Content-Disposition: attachment",
         .has = "ESIID,USAGE_DATE,REVISION_DATE\n"
                "'10443720000000001,11/01/2026,11/22/2026 06:18:33,"
                "02:00,01:15,.108,A,Consumption"},
        {"GET", "/meters/1/file?from=2026-11-01&to=2026-11-01&format=iso",
         .as = "ana", .status = 200, .has = ",9,2026-11-01T01:00:00-06:00,"},
        {"GET",
         "/meters/1/file?from=2026-11-01&to=2026-11-30&report=daily"
         "&format=json",
         .as = "ana", .status = 200, .header = "Content-Type: application/json",
         .has = "\"consumption_kwh\":\"255.67\""},
        {"GET",
         "/meters/1/file?from=2026-01-01&to=2026-12-31"
         "&report=monthly",
         .as = "ana", .status = 200,
         .has = "10/14/2026,11/09/2026,11/21/2026 04:00:00,400,,,,"},
        {"GET", "/meters/1/file?from=2026-11-01&to=2026-11-01&format=lse",
         .as = "ana", .status = 200,
         .has = "00000001,10443720000000001,4,20261101000000"},
        {"GET",
         "/meters/1/file?from=2026-11-01&to=2026-11-01&format=lse"
         "&report=daily",
         .as = "ana", .status = 400},
        {"GET", "/meters/1/file?from=2026-11-01", .as = "ana", .status = 400},
        {"GET", "/meters/1/file?from=2026-11-03&to=2026-11-01", .as = "ana",
         .status = 400},
    };

    (void)state;
    http_cases_run(site, CASES, COUNT(CASES));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_meters),  cmocka_unit_test(test_rights),
        cmocka_unit_test(test_periods), cmocka_unit_test(test_switching),
        cmocka_unit_test(test_limits),  cmocka_unit_test(test_json),
        cmocka_unit_test(test_files),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
