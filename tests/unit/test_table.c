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

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes_are_distinct),
        cmocka_unit_test(documents_codes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
