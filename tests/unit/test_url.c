/* SPDX-License-Identifier: Apache-2.0 */
/* Paths and forms: what is decoded, and what is refused. */
#include "server/http/url.h"
#include "tests/unit/unit.h"

struct row {
    const char *raw, *decoded; /* NULL: refused */
};

static void
test_paths(void **state)
{
    static const struct row ROWS[] = {
        {"/", "/"},
        {"/a/b", "/a/b"},
        {"/a/", "/a/"},
        {"/a%20b+c", "/a b+c"},
        {"/%C3%B1", "/ñ"},
        {"/a.b/..c/...", "/a.b/..c/..."},
        {"", NULL},
        {"a", NULL},
        {"*", NULL},
        {"//", NULL},
        {"/a//b", NULL},
        {"/.", NULL},
        {"/..", NULL},
        {"/a/../b", NULL},
        {"/a/%2e%2E/b", NULL},
        {"/%", NULL},
        {"/%4", NULL},
        {"/%4g", NULL},
        {"/%g4", NULL},
        {"/%00", NULL},
        {"/%2f", NULL},
        {"/%5c", NULL},
        {"/a\\b", NULL},
        {"/%0a", NULL},
        {"/%7f", NULL},
        {"/%c3", NULL},
        {"/%c0%af", NULL},
        {"/%ed%a0%80", NULL},
    };
    char to[64];

    (void)state;
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        bool good = url_path_decode(to, ROWS[i].raw, strlen(ROWS[i].raw));

        if (good != (ROWS[i].decoded != NULL))
            fail_msg("%s: %s", ROWS[i].raw, good ? to : "refused");
        if (good)
            assert_string_equal(to, ROWS[i].decoded);
    }
}

static void
test_forms(void **state)
{
    static const struct row ROWS[] = {
        {"", ""},
        {"a+b%2B%26", "a b+&"},
        {"%C3%A1%0D%0Ax%09", "á\nx\t"},
        {"100%25", "100%"},
        {"%", NULL},
        {"%1", NULL},
        {"%xy", NULL},
        {"a%00", NULL},
        {"%1b", NULL},
        {"%ff", NULL},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        char text[64];
        size_t n = strlen(ROWS[i].raw);
        bool good;

        memcpy(text, ROWS[i].raw, n + 1);
        good = url_form_decode(text, &n);
        if (good != (ROWS[i].decoded != NULL))
            fail_msg("%s: %d", ROWS[i].raw, good);
        if (good) {
            text[n] = '\0';
            assert_string_equal(text, ROWS[i].decoded);
        }
    }
}

/* What is escaped comes back, whatever it is. */
static void
test_escaping(void **state)
{
    struct buf b = {0};
    char text[256];
    size_t n;

    (void)state;
    for (int c = ' '; c < 0x7f; c++)
        text[c - ' '] = (char)c;
    text[0x7f - ' '] = '\0';
    url_encode(&b, text, false);
    n = b.len;
    assert_null(strpbrk(buf_text(&b), "/?&=+ \"<>#"));
    assert_true(url_form_decode(b.at, &n));
    assert_int_equal(n, strlen(text));
    assert_memory_equal(b.at, text, n);
    b.len = 0;
    url_encode(&b, "/a b/ñ?", true);
    assert_string_equal(buf_text(&b), "/a%20b/%C3%B1%3F");
    buf_clear(&b);
}

static void
test_local(void **state)
{
    static const char *const GOOD[] = {"/", "/a?b=c&d", "/a/b//c", "/%2F"};
    static const char *const BAD[] = {
        "",     "a",     "//evil", "/\\evil", "https://evil", "/a b",
        "/a\n", "/\xc3", "/a\"b",  "/a<b",    "javascript:1", "/a\\..\\b"};
    char longest[2100];

    (void)state;
    for (size_t i = 0; i < COUNT(GOOD); i++)
        assert_true(url_is_local(GOOD[i]));
    for (size_t i = 0; i < COUNT(BAD); i++)
        assert_false(url_is_local(BAD[i]));
    memset(longest, 'a', sizeof longest);
    longest[0] = '/';
    longest[2000] = '\0';
    assert_true(url_is_local(longest));
    longest[2000] = 'a';
    longest[2001] = '\0';
    assert_false(url_is_local(longest));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_paths),
        cmocka_unit_test(test_forms),
        cmocka_unit_test(test_escaping),
        cmocka_unit_test(test_local),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
