/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Usage pages that are kept ready: everything that may change one changes the
 * very next answer, and nobody gets what another may see.
 */
#include <stdlib.h>

#include "api/feed/load.h"
#include "api/usage/usage_kept_page.h"
#include "db/agreement.h"
#include "db/load.h"
#include "server/base/clock.h"
#include "server/http/route.h"
#include "tests/http/people.h"
#include "tests/store/usage_days.h"

static struct site *site;
static struct db *db;
static int64_t home, ana, luz;

static void
give(int64_t account, const char *label)
{
    struct account_point right = {.account_id = account,
                                  .point_id = home,
                                  .from_day = usage_day_of("2020-01-01"),
                                  .to_day = DAY_NONE};

    snprintf(right.label, sizeof right.label, "%s", label);
    assert_int_equal(db_account_point_add(db, &right), DB_OK);
}

static void
load_days(const char *from, const char *to, int64_t base_ukwh)
{
    const struct usage_plan plan = {home, CHANNEL_LOAD, from, to, base_ukwh, 0,
                                    0,    false};

    usage_days_load(db, &plan, 1);
}

static int
set_up(void **state)
{
    int64_t now;

    (void)state;
    if (!utc_parse("2026-11-22T11:50:00Z", &now))
        return -1;
    clock_set(now);
    site = site_start(NULL);
    if (!site)
        return -1;
    db = people_store(site);
    home = usage_days_point(db, "10443720000000001", "2025-06-01");
    load_days("2026-11-01", "2026-11-09", 100000);
    ana = people_add(db, "ana@example.org", "customer", "", "en");
    luz = people_add(db, "luz@example.org", "customer", "", "en");
    give(ana, "Home");
    give(luz, "Casa");
    site_sign_in(site, "ana", "ana@example.org", PASSWORD);
    site_sign_in(site, "luz", "luz@example.org", PASSWORD);
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    db_close(db);
    site_stop(site);
    clock_set(CLOCK_REAL);
    return 0;
}

/* The page of November says so. */
static void
see(const char *as, const char *has)
{
    const struct http_case one = {"GET", "/meters/1/month?day=2026-11-05",
                                  .as = as, .status = 200, .has = has};

    http_cases_run(site, &one, 1);
}

static long long
counted(const char *name)
{
    const struct http_case one = {"GET", "/metrics", .status = 200};
    struct http_got got;
    const char *at;
    long long n;

    http_ask(site, &one, &got);
    assert_int_equal(got.status, 200);
    for (at = buf_text(&got.body); (at = strstr(at, name)); at++)
        if (at[-1] == '\n' && at[strlen(name)] == ' ')
            break;
    assert_non_null(at);
    n = atoll(at + strlen(name));
    http_got_clear(&got);
    return n;
}

#define HITS "meterhouse_page_cache_hits_total"

/* Sees it made anew, then the same again as it was kept. */
static void
see_new(const char *as, const char *has)
{
    long long before = counted(HITS);

    see(as, has);
    assert_int_equal(counted(HITS), before);
    see(as, has);
    assert_int_equal(counted(HITS), before + 1);
}

static void
test_data(void **state)
{
    struct load last;
    int64_t id = 0;
    char why[512];

    (void)state;
    /* 9 days of 96 intervals, 0.1 kWh and 0, 1, 2 … Wh; the 1st has 100 */
    see_new("ana", "<h1>November 2026</h1>\n128.23\n!Dec 1");
    assert_true(counted("meterhouse_page_cache_bytes") > 10000);
    load_days("2026-11-10", "2026-11-10", 100000);
    see_new("ana", "!128.23\n142.39");
    load_days("2026-11-10", "2026-11-10", 110000); /* takes its place */
    see_new("ana", "!142.39\n143.35");
    assert_int_equal(db_one(db, DB_MARKET, "SELECT max(id) FROM load", IN_NONE,
                            OUT(out_i64(&id))),
                     DB_OK);
    assert_int_equal(feed_unload(db, id, 10, &last, why), UNLOAD_DONE);
    see_new("ana", "!143.35\n142.39");
}

static void
test_bill(void **state)
{
    static const struct http_case PAGE = {
        "GET", "/meters/1/year?day=2026-11-05", .as = "ana", .status = 200,
        .has = "!Monthly billed usage"};
    static const struct http_case BILLED = {
        "GET", "/meters/1/year?day=2026-11-05", .as = "ana", .status = 200,
        .has = "Monthly billed usage\n400"};

    (void)state;
    http_cases_run(site, &PAGE, 1);
    http_cases_run(site, &PAGE, 1);
    usage_days_bill(db, home, "2026-11-01", "2026-11-09", 400);
    http_cases_run(site, &BILLED, 1);
}

/* What is asked differently is another page. */
static void
test_asked(void **state)
{
    static const struct http_case CASES[] = {
        {"GET", "/meters/1/month?day=2026-11-05", .as = "ana", .status = 200,
         .has = "<h1>November 2026</h1>"},
        {"GET", "/meters/1/month?day=2026-11-06", .as = "ana", .status = 200,
         .has = "value=\"2026-11-06\""},
        {"GET", "/meters/1/month?day=2026-11-05&report=monthly", .as = "ana",
         .status = 200, .has = "<h1>November 2026</h1>\n!Nov 3\n"},
        {"GET", "/meters/1/week?day=2026-11-05", .as = "ana", .status = 200,
         .has = "<h1>Nov 1 – Nov 7, 2026</h1>"},
        {"GET", "/meters/1/month?day=2026-11-05&day=2026-11-06", .as = "ana",
         .status = 400},
        {"GET", "/meters/1/month?day=2026-11-31", .as = "ana", .status = 400},
    };

    (void)state;
    http_cases_run(site, CASES, COUNT(CASES));
    http_cases_run(site, CASES, COUNT(CASES));
}

static void
test_people(void **state)
{
    (void)state;
    see("ana", "Home\n!Casa");
    see_new("luz", "Casa\n!Home");
    see("ana", "Home\n!Casa");
    assert_int_equal(db_account_point_put_label(db, ana, 1, "Patio"), DB_OK);
    see_new("ana", "Patio\n!Home\n!Casa");
    see("luz", "Casa\n!Patio");
}

static void
test_language(void **state)
{
    static const struct http_case SWITCH = {"POST", "/language", .as = "ana",
                                            .body = "to=es", .status = 303};
    static const struct http_case BACK = {"POST", "/language", .as = "ana",
                                          .body = "to=en", .status = 303};

    (void)state;
    see("ana", "November 2026");
    http_cases_run(site, &SWITCH, 1);
    see("ana", "Noviembre de 2026\n!November 2026");
    http_cases_run(site, &BACK, 1);
    see("ana", "November 2026");
}

/* When the hour of the load has come, the next is a day away. */
static void
test_clock(void **state)
{
    int64_t now = clock_now();

    (void)state;
    see("ana", "expected on Sunday, November 22");
    clock_set(now + 1200);
    see("ana", "expected on Monday, November 23");
    clock_set(now);
}

/* A request of Ana's as it is while her page is made. */
static void
making(struct usage_show *s, struct usage_kept *k)
{
    static const struct route route = {.path = "/meters/{}/made"};
    static struct actor who;
    static struct conf conf;
    static struct req r;
    struct buf page = {0};

    conf_init(&conf);
    who = (struct actor){.role = ROLE_CUSTOMER, .account_id = ana, .duns = ""};
    r = (struct req){.db = db,
                     .conf = &conf,
                     .who = &who,
                     .route = &route,
                     .now_utc = clock_now()};
    *s = (struct usage_show){.r = &r};
    assert_int_equal(agreement_meter_get(db, &who, 1, &s->meter), FAULT_NONE);
    assert_false(usage_kept_find(k, s, &page));
    s->usage.from = k->from[0];
    s->usage.to = k->to[0];
}

/* Puts what was made; is it there for the next request? */
static bool
is_kept(struct usage_show *s, struct usage_kept *k)
{
    struct buf page = {0};
    bool found;

    buf_add(&page, "made", 5);
    usage_kept_put(k, s, &page);
    usage_kept_clear_key(k);
    page.len = 0;
    found = usage_kept_find(k, s, &page);
    usage_kept_clear_key(k);
    buf_clear(&page);
    return found;
}

static void
ends(const char *day)
{
    assert_int_equal(
        db_account_point_end(db, ana, 1, day ? usage_day_of(day) : DAY_NONE),
        DB_OK);
}

/* A right that changes while a page is made: that page is not kept. */
static void
test_right_moves(void **state)
{
    struct usage_show s;
    struct usage_kept k;

    (void)state;
    ends("2026-11-04");
    making(&s, &k);
    ends("2026-11-09");
    s.usage.to = usage_day_of("2026-11-09"); /* as the page then shows */
    ends("2026-11-04");
    assert_false(is_kept(&s, &k));
    making(&s, &k);
    ends("2026-11-09");
    assert_false(is_kept(&s, &k));
    making(&s, &k);
    assert_int_equal(db_account_point_put_label(db, ana, 1, "Casita"), DB_OK);
    assert_false(is_kept(&s, &k));
    making(&s, &k);
    assert_true(is_kept(&s, &k));
    assert_int_equal(db_account_point_put_label(db, ana, 1, "Patio"), DB_OK);
    ends(NULL);
}

static void
test_end_of_right(void **state)
{
    static const struct http_case GONE = {
        "GET", "/meters/1/month?day=2026-11-05", .as = "luz", .status = 303,
        .header = "Location=/sign-in?next=%2Fmeters%2F1%2Fmonth"
                  "%3Fday%3D2026-11-05"};
    static const struct http_case OUT_CASE = {"POST", "/sign-out", .as = "luz",
                                              .body = "", .status = 303};
    static const struct http_case FOREIGN = {
        "GET", "/meters/1/month?day=2026-11-05", .as = "ana", .status = 404};

    (void)state;
    see("ana", "142.39");
    assert_int_equal(
        db_account_point_end(db, ana, 1, usage_day_of("2026-11-04")), DB_OK);
    see_new("ana", "!142.39\n57.43\nthe meter was not on your account then");
    assert_int_equal(
        db_account_point_end(db, ana, 1, usage_day_of("2019-12-31")), DB_OK);
    http_cases_run(site, &FOREIGN, 1);
    see("luz", "142.39");
    http_cases_run(site, &OUT_CASE, 1);
    http_cases_run(site, &GONE, 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_data),        cmocka_unit_test(test_bill),
        cmocka_unit_test(test_asked),       cmocka_unit_test(test_people),
        cmocka_unit_test(test_language),    cmocka_unit_test(test_clock),
        cmocka_unit_test(test_right_moves), cmocka_unit_test(test_end_of_right),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
