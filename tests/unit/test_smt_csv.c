/* SPDX-License-Identifier: Apache-2.0 */
/* The market's CSV on ordinary days and on both days of a clock change. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "api/usage/iso_csv.h"
#include "api/usage/smt_csv.h"

#define ESIID "10443720000000001"

static struct reading_day
make_day(int32_t day, uint16_t n, uint8_t channel)
{
    struct reading_day d = {
        .day = day, .channel = channel, .n = n, .seconds = 900};

    for (int i = 0; i < n; i++) {
        d.value_ukwh[i] = (i + 1) * 1000;
        d.places[i] = 3;
        d.status[i] = i % 10 == 9 ? 'E' : 'A';
    }
    return d;
}

/* Row `number` (from 1) of a text, without its line end. */
static const char *
row(struct buf *text, int number)
{
    static char line[256];
    const char *at = buf_text(text);
    size_t n;

    while (--number > 0) {
        at = strchr(at, '\n');
        assert_non_null(at++);
    }
    n = strcspn(at, "\n");
    assert_true(n < sizeof line);
    memcpy(line, at, n);
    line[n] = '\0';
    return line;
}

static int
rows(const struct buf *text)
{
    int n = 0;

    for (size_t i = 0; i < text->len; i++)
        n += text->at[i] == '\n';
    return n;
}

static void
smt_rows(struct buf *to, const struct reading_day *d, int64_t revision)
{
    usage_smt_csv_day(to, ESIID, tz_get("America/Chicago"), d, revision);
}

static void
ordinary_day(void **state)
{
    struct reading_day d = make_day(day_from_civil(2022, 3, 1), 96, 4);
    struct buf b = {0};

    (void)state;
    d.value_ukwh[0] = 145000;
    d.value_ukwh[1] = 120000;
    d.value_ukwh[2] = 2232000;
    d.value_ukwh[3] = 0;
    d.value_ukwh[4] = 3000000;
    d.status[95] = 0;
    smt_rows(&b, &d, 20220302061833);
#define START "'" ESIID ",03/01/2022,03/02/2022 06:18:33,"
    assert_int_equal(rows(&b), 96);
    assert_string_equal(row(&b, 1), START "00:00,00:15,.145,A,Consumption");
    assert_string_equal(row(&b, 2), START "00:15,00:30,.12,A,Consumption");
    assert_string_equal(row(&b, 3), START "00:30,00:45,2.232,A,Consumption");
    assert_string_equal(row(&b, 4), START "00:45,01:00,0,A,Consumption");
    assert_string_equal(row(&b, 5), START "01:00,01:15,3,A,Consumption");
    assert_string_equal(row(&b, 10), START "02:15,02:30,.01,E,Consumption");
    assert_string_equal(row(&b, 96), START "23:45,00:00,,,Consumption");
#undef START
    buf_clear(&b);
}

static void
spring_day(void **state)
{
    struct reading_day d = make_day(day_from_civil(2022, 3, 13), 92, 1);
    struct buf b = {0};

    (void)state;
    smt_rows(&b, &d, 20220314070000);
#define START "'" ESIID ",03/13/2022,03/14/2022 07:00:00,"
    assert_int_equal(rows(&b), 96);
    assert_string_equal(row(&b, 8),
                        START "01:45,02:00,.008,A,Surplus Generation");
    assert_string_equal(row(&b, 9), START "02:00,02:15,,,Surplus Generation");
    assert_string_equal(row(&b, 12), START "02:45,03:00,,,Surplus Generation");
    assert_string_equal(row(&b, 13),
                        START "03:00,03:15,.009,A,Surplus Generation");
    assert_string_equal(row(&b, 96),
                        START "23:45,00:00,.092,A,Surplus Generation");
#undef START
    buf_clear(&b);
}

static void
fall_day(void **state)
{
    struct reading_day d = make_day(day_from_civil(2026, 11, 1), 100, 4);
    struct buf b = {0};

    (void)state;
    smt_rows(&b, &d, 20261102061833);
#define START "'" ESIID ",11/01/2026,11/02/2026 06:18:33,"
    assert_int_equal(rows(&b), 100);
    assert_string_equal(row(&b, 8), START "01:45,02:00,.008,A,Consumption");
    assert_string_equal(row(&b, 9), START "02:00,01:15,.009,A,Consumption");
    assert_string_equal(row(&b, 10), START "01:15,01:30,.01,E,Consumption");
    assert_string_equal(row(&b, 12), START "01:45,02:00,.012,A,Consumption");
    assert_string_equal(row(&b, 13), START "02:00,02:15,.013,A,Consumption");
    assert_string_equal(row(&b, 100), START "23:45,00:00,.1,E,Consumption");
#undef START
    buf_clear(&b);
}

/* Hours that half-hourly meters of another zone would have. */
static void
another_interval(void **state)
{
    struct reading_day d = make_day(day_from_civil(2026, 11, 1), 25, 4);
    struct buf b = {0};

    (void)state;
    d.seconds = 3600;
    smt_rows(&b, &d, 20261102061833);
    assert_int_equal(rows(&b), 25);
    assert_non_null(strstr(row(&b, 3), ",02:00,02:00,.003,"));
    assert_non_null(strstr(row(&b, 4), ",02:00,03:00,.004,"));
    buf_clear(&b);
}

static void
header(void **state)
{
    struct buf b = {0};

    (void)state;
    usage_smt_csv_head(&b);
    assert_string_equal(
        buf_text(&b),
        "ESIID,USAGE_DATE,REVISION_DATE,USAGE_START_TIME,USAGE_END_TIME,"
        "USAGE_KWH,ESTIMATED_ACTUAL,CONSUMPTION_SURPLUSGENERATION\n");
    buf_clear(&b);
}

static void
iso_fall_day(void **state)
{
    struct reading_day d = make_day(day_from_civil(2026, 11, 1), 100, 4);
    struct reading_version v = {.stamp = 20261102061833, .current = true};
    struct buf b = {0};

    (void)state;
    d.value_ukwh[8] = 140000;
    d.status[9] = 0;
    usage_iso_csv_day(&b, ESIID, tz_get("America/Chicago"), &d, &v, false);
    assert_int_equal(rows(&b), 100);
    assert_string_equal(row(&b, 5),
                        ESIID ",2026-11-01,5,2026-11-01T01:00:00-05:00,"
                              "2026-11-01T01:15:00-05:00,2026-11-01T06:00:00Z,"
                              "2026-11-01T06:15:00Z,0.005,A,consumption,"
                              "2026-11-02T06:18:33");
    assert_string_equal(row(&b, 9),
                        ESIID ",2026-11-01,9,2026-11-01T01:00:00-06:00,"
                              "2026-11-01T01:15:00-06:00,2026-11-01T07:00:00Z,"
                              "2026-11-01T07:15:00Z,0.140,A,consumption,"
                              "2026-11-02T06:18:33");
    assert_non_null(strstr(row(&b, 10), "T07:30:00Z,,,consumption,"));
    assert_non_null(strstr(row(&b, 100), ",2026-11-02T00:00:00-06:00,"));
    buf_clear(&b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(header),           cmocka_unit_test(ordinary_day),
        cmocka_unit_test(spring_day),       cmocka_unit_test(fall_day),
        cmocka_unit_test(another_interval), cmocka_unit_test(iso_fall_day),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
