/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "server/base/decimal.h"
#include "server/base/hash.h"

struct good {
    const char *text;
    int64_t micro;
    int places;
};

static const struct good GOOD[] = {
    {"0", 0, 0},
    {"0.000000", 0, 6},
    {"0.145", 145000, 3},
    {"0.140", 140000, 3},
    {"358.5", 358500000, 1},
    {"30.27", 30270000, 2},
    {"1", 1000000, 0},
    {"1.000001", 1000001, 6},
    {"24002.915", 24002915000, 3},
    {"999999999.999999", 999999999999999, 6},
    {"999999999", 999999999000000, 0},
};

struct bad {
    const char *text;
    enum decimal_rc rc;
};

static const struct bad BAD[] = {
    {"", DECIMAL_EMPTY},
    {"-1", DECIMAL_SIGN},
    {"+5", DECIMAL_SIGN},
    {"-", DECIMAL_SIGN},
    {"5.", DECIMAL_FORM},
    {".5", DECIMAL_FORM},
    {".", DECIMAL_FORM},
    {"1e9", DECIMAL_FORM},
    {"0x10", DECIMAL_FORM},
    {"NaN", DECIMAL_FORM},
    {"inf", DECIMAL_FORM},
    {"1,5", DECIMAL_FORM},
    {"1.2.3", DECIMAL_FORM},
    {" 1", DECIMAL_FORM},
    {"1 ", DECIMAL_FORM},
    {"1.-5", DECIMAL_FORM},
    {"1.+5", DECIMAL_FORM},
    {"\xd9\xa1", DECIMAL_FORM},
    {"0.1234567", DECIMAL_LONG},
    {"0.0000000", DECIMAL_LONG},
    {"1000000000", DECIMAL_RANGE},
    {"1000000000.0", DECIMAL_RANGE},
    {"99999999999999999999999999999999", DECIMAL_RANGE},
    {"0.1234567890123456789012345678901234567890", DECIMAL_LONG},
};

static void
reads_and_writes_back(void **state)
{
    char text[DECIMAL_TEXT];

    (void)state;
    for (size_t i = 0; i < COUNT(GOOD); i++) {
        struct decimal d = {-1, 99};

        assert_int_equal(decimal_parse(GOOD[i].text, strlen(GOOD[i].text), &d),
                         DECIMAL_OK);
        assert_int_equal(d.micro, GOOD[i].micro);
        assert_int_equal(d.places, GOOD[i].places);
        assert_int_equal(decimal_format(text, d), strlen(GOOD[i].text));
        assert_string_equal(text, GOOD[i].text);
    }
}

static void
refuses_with_the_reason(void **state)
{
    struct decimal d;

    (void)state;
    for (size_t i = 0; i < COUNT(BAD); i++) {
        enum decimal_rc rc =
            decimal_parse(BAD[i].text, strlen(BAD[i].text), &d);

        if (rc != BAD[i].rc)
            fail_msg("\"%s\": %d, want %d", BAD[i].text, rc, BAD[i].rc);
    }
    assert_int_equal(decimal_parse("1\0002", 3, &d), DECIMAL_FORM);
}

static void
leading_zeros_do_not_count(void **state)
{
    struct decimal d;
    static const char zeros[] = "0000000000000000000000007.5";

    (void)state;
    assert_int_equal(decimal_parse(zeros, sizeof zeros - 1, &d), DECIMAL_OK);
    assert_int_equal(d.micro, 7500000);
}

static void
reads_only_its_span(void **state)
{
    struct decimal d;

    (void)state;
    assert_int_equal(decimal_parse("0.145,A", 5, &d), DECIMAL_OK);
    assert_int_equal(d.micro, 145000);
}

/* Against the C library's own integer printing and scanning. */
static void
agrees_with_printf_on_random_values(void **state)
{
    char text[DECIMAL_TEXT], want[40];

    (void)state;
    for (int i = 0; i < 200000; i++) {
        uint64_t r[2];
        struct decimal d, back;

        random_bytes(r, sizeof r);
        d.micro = (int64_t)(r[0] % (DECIMAL_MAX + 1ull)) >> r[1] % 50;
        d.places = DECIMAL_PLACES;
        snprintf(want, sizeof want, "%lld.%06lld", (long long)d.micro / 1000000,
                 (long long)d.micro % 1000000);
        assert_int_equal(decimal_format(text, d), strlen(want));
        assert_string_equal(text, want);
        assert_int_equal(decimal_parse(want, strlen(want), &back), DECIMAL_OK);
        assert_int_equal(back.micro, d.micro);
    }
}

struct trimmed {
    int64_t micro;
    const char *trim, *bare;
};

static const struct trimmed TRIMMED[] = {
    {0, "0", "0"},
    {145000, "0.145", ".145"},
    {2232000, "2.232", "2.232"},
    {12000000, "12", "12"},
    {1, "0.000001", ".000001"},
    {100000, "0.1", ".1"},
    {10, "0.00001", ".00001"},
    {-145000, "-0.145", "-.145"},
    {-12500000, "-12.5", "-12.5"},
    {DECIMAL_MAX, "999999999.999999", "999999999.999999"},
    {INT64_MAX, "9223372036854.775807", "9223372036854.775807"},
    {INT64_MIN, "-9223372036854.775808", "-9223372036854.775808"},
};

static void
trims(void **state)
{
    char text[DECIMAL_TEXT];

    (void)state;
    for (size_t i = 0; i < COUNT(TRIMMED); i++) {
        assert_int_equal(decimal_trim(text, TRIMMED[i].micro),
                         strlen(TRIMMED[i].trim));
        assert_string_equal(text, TRIMMED[i].trim);
        decimal_trim_bare(text, TRIMMED[i].micro);
        assert_string_equal(text, TRIMMED[i].bare);
    }
}

static void
never_loses_a_digit(void **state)
{
    char text[DECIMAL_TEXT];

    (void)state;
    decimal_format(text, (struct decimal){145000, 0});
    assert_string_equal(text, "0.145");
    decimal_format(text, (struct decimal){5000000, 3});
    assert_string_equal(text, "5.000");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_and_writes_back),
        cmocka_unit_test(refuses_with_the_reason),
        cmocka_unit_test(leading_zeros_do_not_count),
        cmocka_unit_test(reads_only_its_span),
        cmocka_unit_test(agrees_with_printf_on_random_values),
        cmocka_unit_test(trims),
        cmocka_unit_test(never_loses_a_digit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
