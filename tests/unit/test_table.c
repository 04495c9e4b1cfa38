/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of reasons: no code twice, and the page is as printed. */
#include <stdlib.h>

#include "api/registry/table.h"
#include "server/base/file.h"
#include "server/base/str.h"
#include "tests/unit/unit.h"

static void
codes_are_distinct(void **state)
{
    (void)state;
    for (int a = 0; a < TABLE_CODE_COUNT; a++)
        for (int b = 0; b < a; b++)
            assert_false(str_eq(table_code_ours((enum table_code)a),
                                table_code_ours((enum table_code)b)));
}

/* MH_WRITE_DOCS=1 writes the page anew. */
static void
documents_codes(void **state)
{
    const char *top = getenv("srcdir");
    struct buf page = {0}, want = {0}, path = {0};

    (void)state;
    table_codes_document(&want);
    buf_printf(&path, "%s/docs/table-codes.md", top ? top : "..");
    if (getenv("MH_WRITE_DOCS") != NULL)
        assert_true(file_write(buf_text(&path), want.at, want.len, 0644));
    assert_true(file_read(buf_text(&path), 1 << 20, &page));
    assert_string_equal(buf_text(&page), buf_text(&want));
    buf_clear(&page);
    buf_clear(&want);
    buf_clear(&path);
}

/* More refused rows than a list holds refuse the file; some are shown. */
static void
counts_refused_rows(void **state)
{
    static const struct table_column COLUMN[] = {{"ESIID", true}, {"A", true}};
    struct table_rejects r = {0};
    struct buf text = {0};
    struct table t;

    (void)state;
    for (int i = 0; i < 2; i++) {
        text.len = 0;
        buf_puts(&text, "ESIID,A\n");
        for (int n = 0; n < TABLE_MOST_REJECTS + i; n++)
            buf_puts(&text, "1\n");
        assert_true(table_open(&t, text.at, text.len, COLUMN, 2, &r));
        while (table_next(&t) != TABLE_END)
            ;
        assert_int_equal(r.n, TABLE_MOST_REJECTS);
        assert_int_equal(r.more, i);
        assert_int_equal(table_rejects_few(&r), i == 0);
        table_close(&t);
        if (i == 0)
            table_rejects_clear(&r);
    }
    assert_int_equal(r.n, 101);
    assert_int_equal(r.at[0].code, TABLE_REJECTS_MANY);
    assert_string_equal(r.at[0].note, "50001");
    assert_int_equal(r.at[1].line, 2);
    table_rejects_clear(&r);
    buf_clear(&text);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes_are_distinct),
        cmocka_unit_test(documents_codes),
        cmocka_unit_test(counts_refused_rows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
