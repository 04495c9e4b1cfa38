/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes the CSV reader.  It must come to an end, count lines upwards, and what
 * it read, written with quotes around each field, must read the same again.
 */
#include "server/text/csv.h"
#include "tests/fuzz/fuzz.h"

static void
write_quoted(struct buf *to, const struct csv_reader *r)
{
    for (size_t i = 0; i < r->n; i++) {
        buf_puts(to, i > 0 ? ",\"" : "\"");
        for (const char *p = r->field[i]; *p != '\0'; p++) {
            if (*p == '"')
                buf_putc(to, '"');
            buf_putc(to, *p);
        }
        buf_putc(to, '"');
    }
    buf_puts(to, "\r\n");
}

static void
read_again(const struct csv_reader *first)
{
    struct buf text = {0};
    struct csv_reader r;

    write_quoted(&text, first);
    csv_init(&r, text.at, text.len);
    REQUIRE(csv_next(&r) == CSV_RECORD);
    REQUIRE(r.n == first->n && r.line == 1);
    for (size_t i = 0; i < r.n; i++)
        REQUIRE(strcmp(r.field[i], first->field[i]) == 0);
    REQUIRE(csv_next(&r) == CSV_END);
    csv_clear(&r);
    buf_clear(&text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct csv_reader r;
    enum csv_rc rc;
    long line = 0;

    csv_init(&r, bytes, n);
    while ((rc = csv_next(&r)) != CSV_END) {
        REQUIRE(r.line > line && r.next_line > r.line - (r.at == r.end));
        line = r.line;
        REQUIRE(rc == CSV_RECORD ? r.n >= 1 && r.n <= CSV_FIELDS : r.n == 0);
        if (rc == CSV_RECORD)
            read_again(&r);
    }
    REQUIRE(csv_next(&r) == CSV_END);
    csv_clear(&r);
    return 0;
}
