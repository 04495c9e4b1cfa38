/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "server/text/csv.h"

static const char *
written(const char *text)
{
    static struct buf b;

    b.len = 0;
    csv_text(&b, text);
    return buf_text(&b);
}

static void
writes_quotes_and_guards(void **state)
{
    (void)state;
    assert_string_equal(written(""), "");
    assert_string_equal(written("plain text"), "plain text");
    assert_string_equal(written("a,b"), "\"a,b\"");
    assert_string_equal(written("say \"hi\""), "\"say \"\"hi\"\"\"");
    assert_string_equal(written("two\nlines"), "\"two\nlines\"");
    assert_string_equal(written("cr\r"), "\"cr\r\"");
    assert_string_equal(written("=1+1"), "'=1+1");
    assert_string_equal(written("+1"), "'+1");
    assert_string_equal(written("-1"), "'-1");
    assert_string_equal(written("@x"), "'@x");
    assert_string_equal(written("\tx"), "'\tx");
    assert_string_equal(written("=a,\"b\""), "\"'=a,\"\"b\"\"\"");
    assert_string_equal(written("a=1"), "a=1");
}

/* Everything that the reader finds, as one line: fields in [], the line of each
 * record before it, errors by number. */
static const char *
walk(const char *text, size_t n)
{
    static struct buf b;
    struct csv_reader r;
    enum csv_rc rc;

    b.len = 0;
    csv_init(&r, text, n);
    while ((rc = csv_next(&r)) != CSV_END) {
        buf_printf(&b, "%ld:", r.line);
        if (rc != CSV_RECORD) {
            assert_int_equal(r.n, 0);
            buf_printf(&b, "!%d ", rc);
            continue;
        }
        for (size_t i = 0; i < r.n; i++)
            buf_printf(&b, "[%s]", r.field[i]);
        buf_putc(&b, ' ');
    }
    csv_clear(&r);
    return buf_text(&b);
}

struct read_case {
    const char *text, *want;
};

static const struct read_case CASES[] = {
    {"", ""},
    {"\n\r\n", ""},
    {"a", "1:[a] "},
    {"a,b\n", "1:[a][b] "},
    {"a,b\r\nc,d\r\n", "1:[a][b] 2:[c][d] "},
    {"a,\n,b", "1:[a][] 2:[][b] "},
    {",", "1:[][] "},
    {"\xef\xbb\xbf"
     "a\n",
     "1:[a] "},
    {"a\n\n\nb\n", "1:[a] 4:[b] "},
    {"\"\"\n", "1:[] "},
    {"\"a,b\",\"c\"\"d\"\n", "1:[a,b][c\"d] "},
    {"\"two\nlines\",x\ny\n", "1:[two\nlines][x] 3:[y] "},
    {"\"cr\r\nlf\"\r\nz", "1:[cr\r\nlf] 3:[z] "},
    {"a\rb\n", "1:[a\rb] "},
    {"\"a\"b,c\nok\n", "1:!2 2:[ok] "},
    {"a\"b\nok\n", "1:!2 2:[ok] "},
    {"ok\n\"open\nmore\n", "1:[ok] 2:!2 3:[more] "},
    {"\"", "1:!2 "},
    {"\"a\" ,b", "1:!2 "},
};

static void
reads(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(CASES); i++)
        assert_string_equal(walk(CASES[i].text, strlen(CASES[i].text)),
                            CASES[i].want);
    assert_string_equal(walk("a\0b\nc", 5), "1:!4 2:[c] ");
    assert_string_equal(walk("\"a\0b\"\nc", 7), "1:!4 2:[c] ");
}

static void
limits(void **state)
{
    static char text[200000];
    char commas[80];

    (void)state;
    memset(commas, ',', sizeof commas);
    commas[64] = '\n';
    commas[65] = 'x';
    assert_string_equal(walk(commas, 66), "1:!3 2:[x] ");
    memset(text, 'a', sizeof text);
    text[100000] = '\n';
    text[100001] = 'b';
    assert_string_equal(walk(text, 100002), "1:!5 2:[b] ");
    text[0] = '"';
    assert_string_equal(walk(text, 100002), "1:!5 2:[b] ");
}

/* What csv_text writes, csv_next reads back; only the guard is added. */
static void
round_trip(void **state)
{
    static const char alphabet[] = "ab,\"\n\r =-;";
    struct buf b = {0};

    (void)state;
    for (unsigned seed = 1; seed < 20000; seed++) {
        char text[12] = "x";
        struct csv_reader r;
        unsigned rest = seed * 2654435761u;

        for (int i = 1; i < 9; i++, rest /= 10)
            text[i] = alphabet[rest % 10];
        b.len = 0;
        csv_text(&b, text);
        buf_puts(&b, ",end\n");
        csv_init(&r, b.at, b.len);
        assert_int_equal(csv_next(&r), CSV_RECORD);
        assert_int_equal(r.n, 2);
        assert_string_equal(r.field[0], text);
        assert_string_equal(r.field[1], "end");
        assert_int_equal(csv_next(&r), CSV_END);
        csv_clear(&r);
    }
    buf_clear(&b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_quotes_and_guards),
        cmocka_unit_test(reads),
        cmocka_unit_test(limits),
        cmocka_unit_test(round_trip),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
