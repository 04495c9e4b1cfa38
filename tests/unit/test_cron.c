/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "server/job/cron.h"

struct next_case {
    const char *schedule, *after, *want;
};

static const struct next_case NEXT[] = {
    {"every 300", "2026-11-22T01:02:03Z", "2026-11-22T01:07:03Z"},
    {"daily 06:30 America/Chicago", "2026-01-15T00:00:00Z",
     "2026-01-15T12:30:00Z"},
    {"daily 06:30 America/Chicago", "2026-01-15T12:29:59Z",
     "2026-01-15T12:30:00Z"},
    {"daily 06:30 America/Chicago", "2026-01-15T12:30:00Z",
     "2026-01-16T12:30:00Z"},
    {"daily 06:30 America/Chicago", "2026-07-15T00:00:00Z",
     "2026-07-15T11:30:00Z"},
    {"daily 00:00 America/Chicago", "2026-03-08T06:00:00Z",
     "2026-03-09T05:00:00Z"},
    /* spring: the clock jumps from 2:00 to 3:00 */
    {"daily 01:59 America/Chicago", "2026-03-08T06:00:00Z",
     "2026-03-08T07:59:00Z"},
    {"daily 02:30 America/Chicago", "2026-03-08T06:00:00Z",
     "2026-03-08T08:30:00Z"},
    {"daily 03:00 America/Chicago", "2026-03-08T06:00:00Z",
     "2026-03-08T08:00:00Z"},
    /* fall: 1:00 to 2:00 comes twice */
    {"daily 01:30 America/Chicago", "2026-11-01T05:00:00Z",
     "2026-11-01T06:30:00Z"},
    {"daily 01:30 America/Chicago", "2026-11-01T06:30:00Z",
     "2026-11-02T07:30:00Z"},
    {"daily 02:30 America/Chicago", "2026-11-01T05:00:00Z",
     "2026-11-01T08:30:00Z"},
    {"daily 23:59 America/Chicago", "2026-11-01T05:00:00Z",
     "2026-11-02T05:59:00Z"},
    {"daily 07:30 Etc/GMT+5 each", "2026-07-15T13:00:00Z",
     "2026-07-16T12:30:00Z"},
};

static int64_t
utc(const char *text)
{
    int64_t t;

    assert_true(utc_parse(text, &t));
    return t;
}

static void
next_times(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(NEXT); i++) {
        struct cron c;
        char text[24];

        assert_true(cron_parse(NEXT[i].schedule, &c));
        utc_format(text, cron_next(&c, utc(NEXT[i].after)));
        if (strcmp(text, NEXT[i].want) != 0)
            fail_msg("%s after %s: %s, want %s", NEXT[i].schedule,
                     NEXT[i].after, text, NEXT[i].want);
    }
}

/* Three days of one a day, from runs that were due long ago. */
static void
missed_runs(void **state)
{
    int64_t due = utc("2026-01-10T12:30:00Z");
    int64_t now = utc("2026-01-13T20:00:00Z");
    struct cron c;

    (void)state;
    assert_true(cron_parse("daily 06:30 America/Chicago", &c));
    assert_int_equal(cron_resume(&c, due, now), due);
    assert_int_equal(cron_after(&c, due, now), utc("2026-01-14T12:30:00Z"));
    assert_true(cron_parse("daily 06:30 America/Chicago each", &c));
    assert_int_equal(cron_resume(&c, due, now), due);
    assert_int_equal(cron_after(&c, due, now), utc("2026-01-11T12:30:00Z"));
    assert_true(cron_parse("daily 06:30 America/Chicago skip", &c));
    assert_int_equal(cron_resume(&c, due, now), utc("2026-01-14T12:30:00Z"));
    assert_int_equal(cron_resume(&c, now - 30, now), now - 30);
    assert_true(cron_parse("every 60", &c));
    assert_int_equal(cron_after(&c, now - 1000, now), now + 60);
    assert_int_equal(cron_after(&c, now - 10, now), now + 50);
}

static void
texts_that_are_none(void **state)
{
    static const char *const bad[] = {
        "",
        "every",
        "every 0",
        "every -5",
        "every 5 often",
        "every 5 once more",
        "hourly",
        "daily 06:30",
        "daily 6:30 America/Chicago",
        "daily 24:00 America/Chicago",
        "daily 06:60 America/Chicago",
        "daily 06:30 Nowhere/Land",
        "daily 06:30 America/Chicago maybe",
        "daily 06:30 America/Chicago once more",
        "daily -1:30 America/Chicago",
    };
    struct cron c;

    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        if (cron_parse(bad[i], &c))
            fail_msg("taken: \"%s\"", bad[i]);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(next_times),
        cmocka_unit_test(missed_runs),
        cmocka_unit_test(texts_that_are_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
