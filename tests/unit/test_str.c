/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "server/base/str.h"

static void
copies(void **state)
{
    char to[4] = "zzz";

    (void)state;
    assert_true(str_copy(to, sizeof to, "abc"));
    assert_string_equal(to, "abc");
    assert_false(str_copy(to, sizeof to, "abcd"));
    assert_string_equal(to, "");
    assert_true(str_copyn(to, sizeof to, "abcd", 2));
    assert_string_equal(to, "ab");
    assert_false(str_copyn(to, 0, "a", 1));
}

static void
compares(void **state)
{
    (void)state;
    assert_true(str_eq("a", "a"));
    assert_true(str_eq(NULL, NULL));
    assert_false(str_eq("a", NULL));
    assert_false(str_eq(NULL, ""));
    assert_true(str_starts("meter", "met"));
    assert_false(str_starts("met", "meter"));
    assert_true(str_ends("a.lse", ".lse"));
    assert_false(str_ends("lse", ".lse"));
    assert_true(str_same_secret("", ""));
    assert_true(str_same_secret("token", "token"));
    assert_false(str_same_secret("token", "tokem"));
    assert_false(str_same_secret("abab", "ab"));
    assert_false(str_same_secret("ab", "abab"));
    assert_false(str_same_secret("", "a"));
    assert_false(str_same_secret("a", ""));
}

static void
numbers(void **state)
{
    static const char *const bad[] = {
        "", "-1", "+1", " 1", "1 ", "a", "1.0", "0x1", "1234567890123456789"};
    int64_t n;

    (void)state;
    assert_true(str_to_i64("0", &n) && n == 0);
    assert_true(str_to_i64("007", &n) && n == 7);
    assert_true(str_to_i64("999999999999999999", &n) &&
                n == 999999999999999999);
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_false(str_to_i64(bad[i], &n));
}

static void
classes(void **state)
{
    (void)state;
    assert_true(str_is_digits("0123456789", 10));
    assert_false(str_is_digits("", 0));
    assert_false(str_is_digits("12\0", 3));
    assert_true(str_is_alnum("AZaz09", 6));
    assert_false(str_is_alnum("a_b", 3));
    assert_false(str_is_alnum("\xc3\xb1", 2));
    assert_false(str_is_alnum("", 0));
}

struct text_case {
    const char *text;
    size_t n;
    bool plain, lines;
};

static void
utf8(void **state)
{
    static const struct text_case all[] = {
        {"", 0, true, true},
        {"a\xc3\xb1o", 4, true, true},
        {"\xe2\x82\xac", 3, true, true},
        {"\xf0\x9f\x94\x8c", 4, true, true},
        {"\xf4\x8f\xbf\xbf", 4, true, true},
        {"a\tb\n", 4, false, true},
        {"a\rb", 3, false, false},
        {"a\0b", 3, false, false},
        {"\x1b[31m", 5, false, false},
        {"\x7f", 1, false, false},
        {"\xc2\x85", 2, false, false},         /* C1 control */
        {"\xc0\xaf", 2, false, false},         /* overlong */
        {"\xe0\x80\x80", 3, false, false},     /* overlong */
        {"\xed\xa0\x80", 3, false, false},     /* surrogate */
        {"\xf4\x90\x80\x80", 4, false, false}, /* past U+10FFFF */
        {"\xf5\x80\x80\x80", 4, false, false},
        {"\xc3", 1, false, false}, /* cut short */
        {"\x80", 1, false, false},
        {"\xe2\x82", 2, false, false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(all); i++) {
        if (str_is_text(all[i].text, all[i].n, false) != all[i].plain ||
            str_is_text(all[i].text, all[i].n, true) != all[i].lines)
            fail_msg("case %zu", i);
    }
}

static void
hexadecimal(void **state)
{
    char to[9];

    (void)state;
    str_hex(to, "\x00\x7f\xa5\xff", 4);
    assert_string_equal(to, "007fa5ff");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(copies),  cmocka_unit_test(compares),
        cmocka_unit_test(numbers), cmocka_unit_test(classes),
        cmocka_unit_test(utf8),    cmocka_unit_test(hexadecimal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
