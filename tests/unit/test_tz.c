/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Zones against the C library: libc reads the same files with other code, one
 * zone a process at a time, which is why only tests use it.
 */
#include "tests/unit/unit.h"

#include <pthread.h>
#include <time.h>

#include "server/base/file.h"
#include "server/base/tz.h"
#include "server/base/tzif.h"

/* start, next start, quarter hours: the vectors of the market's short and long
 * days, from two independent sources */
struct vector {
    const char *zone, *day;
    int64_t start, next;
    int quarters;
};

static const struct vector VECTORS[] = {
    {"America/Chicago", "2026-03-07", 1772863200, 1772949600, 96},
    {"America/Chicago", "2026-03-08", 1772949600, 1773032400, 92},
    {"America/Chicago", "2026-10-31", 1793422800, 1793509200, 96},
    {"America/Chicago", "2026-11-01", 1793509200, 1793599200, 100},
    {"America/Toronto", "2026-03-07", 1772859600, 1772946000, 96},
    {"America/Toronto", "2026-03-08", 1772946000, 1773028800, 92},
    {"America/Toronto", "2026-10-31", 1793419200, 1793505600, 96},
    {"America/Toronto", "2026-11-01", 1793505600, 1793595600, 100},
    {"America/Toronto", "2012-03-11", 1331442000, 1331524800, 92},
    {"Etc/GMT+5", "2026-03-08", 1772946000, 1773032400, 96},
    {"Etc/GMT+5", "2026-11-01", 1793509200, 1793595600, 96},
};

static void
known_days(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(VECTORS); i++) {
        const struct vector *v = &VECTORS[i];
        const struct tz *z = tz_get(v->zone);
        int32_t day;

        assert_non_null(z);
        assert_string_equal(tz_name(z), v->zone);
        assert_true(day_parse(v->day, &day));
        assert_int_equal(tz_day_start(z, day), v->start);
        assert_int_equal(tz_day_start(z, day + 1), v->next);
        assert_int_equal(tz_day_seconds(z, day), v->quarters * 900);
        assert_int_equal(tz_day_of(z, v->start), day);
        assert_int_equal(tz_day_of(z, v->start - 1), day - 1);
        assert_int_equal(tz_day_of(z, v->next - 1), day);
    }
}

static void
libc_zone(const char *name)
{
    assert_int_equal(setenv("TZ", name, 1), 0);
    tzset();
}

static int32_t
libc_day(int64_t utc)
{
    time_t t = (time_t)utc;
    struct tm tm;

    assert_non_null(localtime_r(&t, &tm));
    return day_from_civil(tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
}

/* The start of a day is the first second of that date in libc's eyes. */
static void
days_like_libc(const char *name, int first_year, int last_year)
{
    const struct tz *z = tz_get(name);
    int32_t last = day_from_civil(last_year, 12, 31);

    assert_non_null(z);
    libc_zone(name);
    for (int32_t d = day_from_civil(first_year, 1, 1); d <= last; d++) {
        int64_t start = tz_day_start(z, d);

        if (libc_day(start) != d || libc_day(start - 1) >= d)
            fail_msg("%s: day %d starts at %lld?", name, d, (long long)start);
        assert_int_equal(start + tz_day_seconds(z, d), tz_day_start(z, d + 1));
        assert_int_equal(tz_day_of(z, start), d);
        assert_int_equal(tz_day_of(z, start - 1), d - 1);
        assert_int_equal(tz_day_of(z, start + 43200), d);
    }
}

static void
every_day_from_2007_to_2037(void **state)
{
    (void)state;
    days_like_libc("America/Chicago", 2007, 2037);
    days_like_libc("America/Toronto", 2007, 2037);
    days_like_libc("America/Denver", 2007, 2037);
    days_like_libc("Etc/GMT+5", 2007, 2037);
}

/* Before the day table, after the file's own table, south of the equator, and
 * where the clock jumps over midnight. */
static void
other_years_and_places(void **state)
{
    (void)state;
    days_like_libc("America/Chicago", 1970, 2006);
    days_like_libc("America/Chicago", 2038, 2150);
    days_like_libc("America/New_York", 2395, 2445);
    days_like_libc("Australia/Lord_Howe", 2007, 2045);
    days_like_libc("America/Sao_Paulo", 2007, 2020);
    days_like_libc("Asia/Beirut", 2007, 2045);
    days_like_libc("Africa/Cairo", 2007, 2045);
    days_like_libc("Asia/Kathmandu", 2007, 2010);
}

static void
instants_like_libc(const char *name)
{
    const struct tz *z = tz_get(name);

    assert_non_null(z);
    libc_zone(name);
    for (int64_t utc = 0; utc < 7000000000; utc += 86400 / 2 + 977) {
        time_t t = (time_t)utc;
        struct tm tm;
        struct civil c;
        char text[32], want[40];
        size_t n;

        assert_non_null(localtime_r(&t, &tm));
        assert_int_equal(tz_offset(z, utc), tm.tm_gmtoff);
        assert_string_equal(tz_abbreviation(z, utc), tm.tm_zone);
        tz_civil(z, utc, &c);
        assert_int_equal(c.hour, tm.tm_hour);
        assert_int_equal(c.day, tm.tm_mday);
        n = strftime(want, sizeof want, "%Y-%m-%dT%H:%M:%S%z", &tm);
        memmove(want + n - 1, want + n - 2, 3); /* -0500 to -05:00 */
        want[n - 2] = ':';
        assert_string_equal(tz_format(text, z, utc), want);
    }
}

static void
every_kind_of_instant(void **state)
{
    (void)state;
    instants_like_libc("America/Chicago");
    instants_like_libc("America/St_Johns");
    instants_like_libc("Asia/Kolkata");
    instants_like_libc("Europe/Dublin");
    instants_like_libc("Africa/Casablanca");
    instants_like_libc("America/Nuuk");
}

/* Each change to the second. */
static void
changes_like_libc(void **state)
{
    const struct tz *z = tz_get("America/Chicago");

    (void)state;
    libc_zone("America/Chicago");
    for (int year = 2007; year <= 2037; year++) {
        int64_t from = utc_from_civil(&(struct civil){year, 1, 1, 0, 0, 0});
        int seen = 0;

        for (int64_t utc = from; utc < from + 365 * 86400; utc += 1800) {
            time_t t = (time_t)utc - 1;
            struct tm tm;

            if (tz_offset(z, utc) == tz_offset(z, utc - 1))
                continue;
            seen++;
            localtime_r(&t, &tm);
            assert_int_equal(tm.tm_gmtoff, tz_offset(z, utc - 1));
            t++;
            localtime_r(&t, &tm);
            assert_int_equal(tm.tm_gmtoff, tz_offset(z, utc));
        }
        assert_int_equal(seen, 2);
    }
}

static void
a_day_that_never_was(void **state)
{
    const struct tz *z = tz_get("Pacific/Apia");
    int32_t day = day_from_civil(2011, 12, 30);

    (void)state;
    assert_non_null(z);
    assert_int_equal(tz_day_seconds(z, day), 0);
    assert_int_equal(tz_day_start(z, day), tz_day_start(z, day + 1));
    assert_int_equal(tz_day_of(z, tz_day_start(z, day)), day + 1);
    assert_int_equal(tz_day_of(z, tz_day_start(z, day) - 1), day - 1);
}

static void
names_that_are_none(void **state)
{
    static const char *const bad[] = {
        "",
        "/etc/passwd",
        "../../../etc/passwd",
        "America/../America/Chicago",
        "America//Chicago",
        "America/",
        "America",
        "./America/Chicago",
        "America/Chicag",
        "America/Chicago ",
        "zone.tab",
        "tzdata.zi",
        "America/Chicago/America/Chicago/America/Chicago/America/Chicago",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        if (tz_get(bad[i]) != NULL)
            fail_msg("\"%s\" is a zone?", bad[i]);
    }
}

static void
damaged_files(void **state)
{
    struct buf b = {0};
    struct tzif t;
    int sound = 0;

    (void)state;
    assert_true(file_read("/usr/share/zoneinfo/America/Chicago", 65536, &b));
    assert_true(tzif_parse(b.at, b.len, &t));
    tzif_clear(&t);
    for (size_t n = 0; n < b.len; n++) /* cut anywhere */
        assert_false(tzif_parse(b.at, n, &t));
    for (size_t i = 0; i < b.len; i++) { /* one byte wrong: never a crash */
        char kept = b.at[i];

        b.at[i] = (char)(kept ^ 0x81);
        if (tzif_parse(b.at, b.len, &t)) {
            sound++;
            tzif_clear(&t);
        }
        b.at[i] = kept;
    }
    assert_true(sound < (int)b.len);
    buf_clear(&b);
}

/* A version 2 file with one type, no changes and the given footer. */
static bool
footer_parse(const char *footer, struct tzif *t)
{
    static const char header[44] = {'T', 'Z', 'i', 'f', '2'};
    char file[512];
    size_t n = 0;

    for (int i = 0; i < 2; i++) {
        memcpy(file + n, header, 44);
        file[n + 39] = 1;
        file[n + 43] = 4;
        n += 44;
        memcpy(file + n, "\0\0\0\0\0\0UTC", 10);
        n += 10;
    }
    n += (size_t)snprintf(file + n, sizeof file - n, "\n%s\n", footer);
    return tzif_parse(file, n, t);
}

static void
footers(void **state)
{
    static const char *const good[] = {
        "",
        "UTC0",
        "<-03>3",
        "CST6CDT,M3.2.0,M11.1.0",
        "<-02>2<-01>,M3.5.0/-1,M10.5.0/0",
        "IST-1GMT0,M10.5.0,M3.5.0/1",
        "EST5EDT,0/0,J365/25",
        "XXX3:30:15YYY2:30,J60,300/167:59:59",
    };
    static const char *const bad[] = {
        "CST",
        "CS6",
        "CST6CDT",
        "CST25",
        "CST6CDT,M3",
        "C1T6",
        "<-03",
        "CST6CDT,M13.2.0,M11.1.0",
        "CST6CDT,M3.6.0,M11.1.0",
        "CST6CDT,M3.2.7,M11.1.0",
        "CST6CDT,J0,J1",
        "CST6CDT,366,1",
        "CST6CDT,M3.2.0/168,M11.1.0",
        "CST6CDT,M3.2.0,M11.1.0 ",
        "CST6CDT,M3.2.0,M11.1.0,",
        "ABCDEFGHIJKLMNOP6",
        "CST6:60",
        "CST:6",
    };
    struct tzif t;

    (void)state;
    for (size_t i = 0; i < COUNT(good); i++) {
        if (!footer_parse(good[i], &t))
            fail_msg("\"%s\" was refused", good[i]);
        tzif_clear(&t);
    }
    for (size_t i = 0; i < COUNT(bad); i++) {
        if (footer_parse(bad[i], &t))
            fail_msg("\"%s\" was taken", bad[i]);
    }
}

/* Summer time all the year round: the end of one and the start of the next
 * fall on the same instant. */
static void
permanent_summer(void **state)
{
    struct tzif t;

    (void)state;
    assert_true(footer_parse("EST5EDT,0/0,J365/25", &t));
    for (int64_t utc = 1600000000; utc < 1700000000; utc += 3600) {
        int64_t at = utc;
        size_t k = tzif_find(&t, &at);

        assert_int_equal(t.type[t.period[k].type].offset, -4 * 3600);
    }
    tzif_clear(&t);
}

static void *
ask_all(void *arg)
{
    static const char *const names[] = {"America/Boise", "America/Phoenix",
                                        "America/Halifax", "Europe/Paris"};
    const struct tz **got = arg;

    for (size_t i = 0; i < COUNT(names); i++)
        got[i] = tz_get(names[i]);
    return NULL;
}

static void
threads_get_one_zone(void **state)
{
    const struct tz *got[8][4];
    pthread_t thread[8];

    (void)state;
    for (int i = 0; i < 8; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, ask_all, got[i]), 0);
    for (int i = 0; i < 8; i++)
        pthread_join(thread[i], NULL);
    for (int i = 0; i < 8; i++) {
        for (int k = 0; k < 4; k++) {
            assert_non_null(got[i][k]);
            assert_ptr_equal(got[i][k], got[0][k]);
        }
    }
}

static void
standard_names(void **state)
{
    (void)state;
    assert_string_equal(tz_standard_name(tz_get("America/Chicago"), 2025),
                        "CST");
    for (int year = 1998; year < 2104; year++)
        assert_string_equal(tz_standard_name(tz_get("America/Chicago"), year),
                            "CST");
    assert_string_equal(tz_standard_name(tz_get("America/Phoenix"), 2025),
                        "MST");
    assert_string_equal(tz_standard_name(tz_get("Australia/Sydney"), 2025),
                        "AEST");
    assert_string_equal(tz_standard_name(tz_get("Etc/GMT+5"), 2025), "-05");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(standard_names),
        cmocka_unit_test(known_days),
        cmocka_unit_test(every_day_from_2007_to_2037),
        cmocka_unit_test(other_years_and_places),
        cmocka_unit_test(every_kind_of_instant),
        cmocka_unit_test(changes_like_libc),
        cmocka_unit_test(a_day_that_never_was),
        cmocka_unit_test(names_that_are_none),
        cmocka_unit_test(damaged_files),
        cmocka_unit_test(footers),
        cmocka_unit_test(permanent_summer),
        cmocka_unit_test(threads_get_one_zone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
