/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include <time.h>

#include "server/base/clock.h"

static void
days_agree_with_libc(void **state)
{
    char text[16], want[16];

    (void)state;
    for (int32_t day = -40000; day < 90000; day += 3) {
        time_t t = (time_t)day * 86400;
        struct tm tm;
        int y, m, d;

        assert_non_null(gmtime_r(&t, &tm));
        day_to_civil(day, &y, &m, &d);
        assert_int_equal(y, tm.tm_year + 1900);
        assert_int_equal(m, tm.tm_mon + 1);
        assert_int_equal(d, tm.tm_mday);
        assert_int_equal(day_of_week(day), tm.tm_wday);
        assert_int_equal(day_from_civil(y, m, d), day);
        strftime(want, sizeof want, "%Y-%m-%d", &tm);
        assert_string_equal(day_format(text, day), want);
    }
}

static void
dates_read_in_three_forms(void **state)
{
    static const char *const same[] = {"2026-11-01", "11/01/2026", "20261101"};
    static const char *const bad[] = {
        "",           "2026-11-1",   "2026-02-29", "2026-13-01", "2026-00-10",
        "2026-01-00", "2026-04-31",  "1969-12-31", "2200-01-01", "2026/11/01",
        "11-01-2026", "2026-11-011", "2026110",    "2026-1a-01", " 2026-11-01",
        "-026-11-01", "+026-11-01"};
    int32_t day;

    (void)state;
    for (size_t i = 0; i < COUNT(same); i++) {
        assert_true(day_parse(same[i], &day));
        assert_int_equal(day, day_from_civil(2026, 11, 1));
    }
    for (size_t i = 0; i < COUNT(bad); i++) {
        if (day_parse(bad[i], &day))
            fail_msg("\"%s\" was read as a date", bad[i]);
    }
    assert_true(day_parse("2024-02-29", &day));
    assert_true(day_parse("1970-01-01", &day));
    assert_int_equal(day, 0);
    assert_true(day_parse("2199-12-31", &day));
}

static void
months(void **state)
{
    int32_t jan31 = day_from_civil(2024, 1, 31);

    (void)state;
    assert_int_equal(day_month_start(jan31), day_from_civil(2024, 1, 1));
    assert_int_equal(day_add_months(jan31, 1), day_from_civil(2024, 2, 29));
    assert_int_equal(day_add_months(jan31, 13), day_from_civil(2025, 2, 28));
    assert_int_equal(day_add_months(jan31, -1), day_from_civil(2023, 12, 31));
    assert_int_equal(day_add_months(jan31, -12), day_from_civil(2023, 1, 31));
    assert_int_equal(day_add_months(jan31, 11), day_from_civil(2024, 12, 31));
    assert_int_equal(day_add_months(jan31, -25), day_from_civil(2021, 12, 31));
    assert_int_equal(day_add_months(jan31, 0), jan31);
}

static void
instants(void **state)
{
    static const char *const bad[] = {
        "",
        "2026-11-22",
        "2026-11-22T01:02:03",
        "2026-11-22 01:02:03Z",
        "2026-11-22T24:00:00Z",
        "2026-11-22T01:60:00Z",
        "2026-11-22T01:00:60Z",
        "11/22/2026T01:02:03Z",
        "2026-11-22T01:02:0xZ",
    };
    char text[24];
    int64_t utc;
    struct civil c;

    (void)state;
    assert_true(utc_parse("2026-11-22T01:02:03Z", &utc));
    assert_int_equal(utc, 1795309323);
    assert_string_equal(utc_format(text, utc), "2026-11-22T01:02:03Z");
    assert_string_equal(utc_format(text, -1), "1969-12-31T23:59:59Z");
    utc_to_civil(-86401, &c);
    assert_int_equal(c.day, 30);
    assert_int_equal(c.second, 59);
    assert_int_equal(utc_from_civil(&c), -86401);
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_false(utc_parse(bad[i], &utc));
}

static void
clock_stops_and_runs(void **state)
{
    double before = clock_monotonic();
    int64_t now;

    (void)state;
    clock_set(1000);
    assert_int_equal(clock_now(), 1000);
    clock_set(CLOCK_REAL);
    now = clock_now();
    assert_in_range(now, time(NULL) - 2, time(NULL) + 2);
    assert_true(clock_monotonic() >= before);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(days_agree_with_libc),
        cmocka_unit_test(dates_read_in_three_forms),
        cmocka_unit_test(months),
        cmocka_unit_test(instants),
        cmocka_unit_test(clock_stops_and_runs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
