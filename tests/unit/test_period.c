/* SPDX-License-Identifier: Apache-2.0 */
/* Periods, their neighbours, and the days that comparisons pair. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "api/usage/period.h"

static int32_t
at(const char *text)
{
    int32_t day;

    assert_true(day_parse(text, &day));
    return day;
}

static const char *
say(struct usage_period p)
{
    static char text[32];
    char from[16], to[16];

    snprintf(text, sizeof text, "%s %s", day_format(from, p.from),
             day_format(to, p.to));
    return text;
}

/* kind, a day in it, the period, the next, the one before, a year ago */
struct line {
    enum usage_span span;
    const char *day, *self, *next, *before, *year_ago;
};

static void
neighbours(void **state)
{
    static const struct line lines[] = {
        {USAGE_DAY, "2026-03-08", "2026-03-08 2026-03-08",
         "2026-03-09 2026-03-09", "2026-03-07 2026-03-07",
         "2025-03-08 2025-03-08"},
        {USAGE_WEEK, "2026-11-22", "2026-11-22 2026-11-28",
         "2026-11-29 2026-12-05", "2026-11-15 2026-11-21",
         "2025-11-23 2025-11-29"},
        {USAGE_WEEK, "2026-11-21", "2026-11-15 2026-11-21",
         "2026-11-22 2026-11-28", "2026-11-08 2026-11-14",
         "2025-11-16 2025-11-22"},
        {USAGE_MONTH, "2024-03-31", "2024-03-01 2024-03-31",
         "2024-04-01 2024-04-30", "2024-02-01 2024-02-29",
         "2023-03-01 2023-03-31"},
        {USAGE_MONTH, "2024-02-29", "2024-02-01 2024-02-29",
         "2024-03-01 2024-03-31", "2024-01-01 2024-01-31",
         "2023-02-01 2023-02-28"},
        {USAGE_YEAR, "2024-12-31", "2024-01-01 2024-12-31",
         "2025-01-01 2025-12-31", "2023-01-01 2023-12-31",
         "2023-01-01 2023-12-31"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        const struct line *l = &lines[i];
        struct usage_period p = usage_period_of(l->span, at(l->day));

        assert_string_equal(say(p), l->self);
        assert_string_equal(say(usage_period_move(p, 1)), l->next);
        assert_string_equal(say(usage_period_other(p, USAGE_BEFORE)),
                            l->before);
        assert_string_equal(say(usage_period_other(p, USAGE_YEAR_AGO)),
                            l->year_ago);
    }
}

static void
ranges(void **state)
{
    struct usage_period ten =
        usage_period_range(at("2026-03-05"), at("2026-03-14"));
    struct usage_period quarter =
        usage_period_range(at("2026-01-01"), at("2026-03-31"));

    (void)state;
    assert_int_equal(usage_period_days(ten), 10);
    assert_string_equal(say(usage_period_move(ten, 1)),
                        "2026-03-15 2026-03-24");
    assert_string_equal(say(usage_period_move(ten, -2)),
                        "2026-02-13 2026-02-22");
    assert_string_equal(say(usage_period_move(quarter, 1)),
                        "2026-04-01 2026-06-30");
    assert_string_equal(say(usage_period_other(quarter, USAGE_BEFORE)),
                        "2025-10-01 2025-12-31");
    assert_string_equal(say(usage_period_other(quarter, USAGE_YEAR_AGO)),
                        "2025-01-01 2025-03-31");
}

static int32_t
pair_of(struct usage_period p, enum usage_other o, int32_t day)
{
    struct usage_pairs pairs = usage_period_pairs(p, o);

    return usage_period_pair(&pairs, day);
}

/* Every day is paired within the other period or with none, never twice. */
static void
pairs_are_one_to_one(struct usage_period p, enum usage_other o)
{
    struct usage_period other = usage_period_other(p, o);
    struct usage_pairs pairs = usage_period_pairs(p, o);
    int32_t last = DAY_NONE;

    for (int32_t day = p.from; day <= p.to; day++) {
        int32_t pair = usage_period_pair(&pairs, day);

        assert_int_equal(pair, pair_of(p, o, day));
        if (pair == DAY_NONE)
            continue;
        assert_in_range(pair, other.from, other.to);
        assert_true(last == DAY_NONE || pair > last);
        last = pair;
    }
    assert_true(last != DAY_NONE);
}

static void
pairs(void **state)
{
    struct usage_period march = usage_period_of(USAGE_MONTH, at("2024-03-10"));
    struct usage_period leap = usage_period_of(USAGE_MONTH, at("2024-02-10"));

    (void)state;
    assert_int_equal(pair_of(march, USAGE_BEFORE, at("2024-03-29")),
                     at("2024-02-29"));
    assert_int_equal(pair_of(march, USAGE_BEFORE, at("2024-03-30")), DAY_NONE);
    assert_int_equal(pair_of(leap, USAGE_YEAR_AGO, at("2024-02-29")), DAY_NONE);
    for (int o = 0; o < USAGE_OTHERS; o++) {
        for (int s = 0; s < USAGE_RANGE; s++)
            for (int32_t day = at("2023-12-20"); day < at("2025-03-10");
                 day += 3)
                pairs_are_one_to_one(usage_period_of(s, day), o);
        for (int n = 1; n < 400; n += 7)
            pairs_are_one_to_one(
                usage_period_range(at("2024-01-01"), at("2024-01-01") + n), o);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(neighbours),
        cmocka_unit_test(ranges),
        cmocka_unit_test(pairs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
