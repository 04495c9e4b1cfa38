/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes meter registry files.  Every row is either kept or refused once, what
 * is kept lies inside the file's own memory, and reading again says the same.
 */
#include "api/registry/registry_file.h"
#include "tests/fuzz/fuzz.h"

static void
check_row(const struct registry_file *f, const struct registry_row *r)
{
    const char *text;

    REQUIRE(r->esiid < f->text.len && r->premise < f->text.len);
    REQUIRE(r->meter < f->text.len && r->rep < f->text.len);
    REQUIRE(strlen(registry_text(f, r->esiid)) <= 64);
    text = registry_text(f, r->premise);
    for (int i = 0; i < PREMISE_TEXTS; i++, text = registry_text_next(text))
        REQUIRE(text + strlen(text) < f->text.at + f->text.len);
    for (int i = 0; i < STATEMENTS; i++)
        REQUIRE(r->said[i] <= SAID_CHANGED);
    REQUIRE(r->line > 1);
}

static void
check_rejects(const struct table_rejects *rejects)
{
    for (size_t i = 0; i < rejects->n; i++) {
        REQUIRE(rejects->at[i].code < TABLE_CODE_COUNT);
        REQUIRE(rejects->at[i].field != NULL);
        REQUIRE(strlen(rejects->at[i].esiid) <= 64);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct table_rejects rejects = {.n = 0}, again = {.n = 0};
    struct registry_file f = {.n = 0}, g = {.n = 0};
    char *text = malloc(n + 1);
    bool ok;

    REQUIRE(text != NULL);
    memcpy(text, n > 0 ? (const char *)bytes : "", n);
    ok = registry_file_read(&f, text, n, "183529049", "America/Chicago",
                            &rejects);
    REQUIRE(ok || rejects.n > 0);
    for (size_t i = 0; ok && i < f.n; i++)
        check_row(&f, &f.row[i]);
    check_rejects(&rejects);
    REQUIRE(!ok || (int64_t)(f.n + rejects.n) >= f.read);
    REQUIRE(registry_file_read(&g, text, n, "183529049", "America/Chicago",
                               &again) == ok);
    REQUIRE(g.n == f.n && again.n == rejects.n && g.read == f.read);
    registry_file_clear(&f);
    registry_file_clear(&g);
    table_rejects_clear(&rejects);
    table_rejects_clear(&again);
    free(text);
    return 0;
}
