/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes files of billed usage.  Rows come out by ESI ID and period, each read
 * one is kept, refused or stands there twice, and reading again says the same.
 */
#include "api/registry/billed_file.h"
#include "tests/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct table_rejects rejects = {.n = 0}, again = {.n = 0};
    struct billed_file f = {.n = 0}, g = {.n = 0};
    char *text = malloc(n + 1);
    bool ok;

    REQUIRE(text != NULL);
    memcpy(text, n > 0 ? (const char *)bytes : "", n);
    ok = billed_file_read(&f, text, n, &rejects);
    REQUIRE(ok || rejects.n > 0);
    for (size_t i = 0; ok && i < f.n; i++) {
        REQUIRE(f.row[i].esiid < f.text.len);
        REQUIRE(strlen(f.text.at + f.row[i].esiid) <= 64);
        REQUIRE(i == 0 || strcmp(f.text.at + f.row[i - 1].esiid,
                                 f.text.at + f.row[i].esiid) <= 0);
    }
    REQUIRE(!ok || (int64_t)f.n + f.again + (int64_t)rejects.n == f.read);
    for (size_t i = 0; i < rejects.n; i++)
        REQUIRE(rejects.at[i].code < TABLE_CODE_COUNT);
    REQUIRE(billed_file_read(&g, text, n, &again) == ok);
    REQUIRE(g.n == f.n && again.n == rejects.n && g.read == f.read);
    billed_file_clear(&f);
    billed_file_clear(&g);
    table_rejects_clear(&rejects);
    table_rejects_clear(&again);
    free(text);
    return 0;
}
