/* SPDX-License-Identifier: Apache-2.0 */
/* Files of billed usage on both engines. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/registry/billed.h"
#include "api/registry/registry.h"
#include "db/billed.h"
#include "db/point.h"
#include "server/base/clock.h"
#include "server/base/str.h"
#include "tests/store/engines.h"
#include "tests/store/table_files.h"

#define HEAD                                                                   \
    "ESIID,START_DATE,END_DATE,REVISION_DATE,ACTUAL_KWH,METERED_KW,BILLED_KW," \
    "METERED_KVA,BILLED_KVA\n"
#define MAY "10443720000000017,2026-05-01,2026-05-31,"

struct versions {
    struct billed b;
    char text[8192];
};

static bool
version_row(void *arg)
{
    struct versions *v = arg;
    size_t n = strlen(v->text);
    char day[11], kwh[DECIMAL_TEXT];

    kwh[decimal_format(kwh, v->b.kwh)] = '\0';
    snprintf(v->text + n, sizeof v->text - n, "%s %lld %s%s\n",
             day_format(day, v->b.start_day), (long long)v->b.stamp, kwh,
             v->b.current ? "*" : "");
    return true;
}

static const char *
versions(struct engine *e, const char *esiid, struct versions *v)
{
    struct point p;

    v->text[0] = '\0';
    assert_int_equal(db_point_get(e->db, esiid, &p), DB_OK);
    assert_int_equal(
        db_billed_each_version(e->db, p.id, 0, 100000, &v->b, version_row, v),
        DB_OK);
    return v->text;
}

static void
expect(struct engine *e, const char *text, struct load_counts n,
       struct outcome *o)
{
    table_file_expect(e, billed_load, text, &n, o);
}

static void
test_revisions_become_versions(void **state)
{
    struct engine *e = engine_of(state);
    struct outcome o = {.rc = DB_OK}, third = {.rc = DB_OK};
    struct versions v;

    expect(e, HEAD MAY "2026-06-02 04:05:06,1123.50,5.5,6,,\n",
           (struct load_counts){.loaded = 1}, &o);
    assert_string_equal(o.l.kind, "billed");
    assert_int_equal(o.l.n.warned, 1); /* not in the registry */
    expect(e, HEAD MAY "2026-06-02 04:05:06,1123.50,5.5,6,,\n",
           (struct load_counts){.unchanged = 1}, &o);
    expect(e, HEAD MAY "2026-06-09 00:00:00,1200,5.5,6,,\n",
           (struct load_counts){.replaced = 1}, &third);
    expect(e, HEAD MAY "2026-06-05 00:00:00,1150,5.5,6,,\n",
           (struct load_counts){.historic = 1}, &o);
    expect(e, HEAD MAY "2026-06-07 00:00:00,1200,5.5,6,,\n",
           (struct load_counts){.unchanged = 1}, &o);
    expect(e, HEAD MAY "2026-06-10 00:00:00,1200,5.5,6,,\n",
           (struct load_counts){.unchanged = 1}, &o);
    assert_string_equal(versions(e, "10443720000000017", &v),
                        "2026-05-01 20260610000000 1200*\n"
                        "2026-05-01 20260605000000 1150\n"
                        "2026-05-01 20260602040506 1123.50\n");
    assert_int_equal(billed_unload(e->db, &o.l), DB_OK);
    assert_string_equal(versions(e, "10443720000000017", &v),
                        "2026-05-01 20260609000000 1200*\n"
                        "2026-05-01 20260605000000 1150\n"
                        "2026-05-01 20260602040506 1123.50\n");
    assert_int_equal(billed_unload(e->db, &o.l), DB_NONE);
    table_rejects_clear(&o.rejects);
    table_rejects_clear(&third.rejects);
}

/* ---- rejects ---------------------------------------------------------------
 */

#define GOOD MAY "2026-06-02 04:05:06,1,,,,\n"

static const struct bad_table FILES[] = {
    {"ESIID,START_DATE,END_DATE,ACTUAL_KWH\n", TABLE_COLUMN, 1,
     "REVISION_DATE"},
    {"", TABLE_HEADER, 1, ""},
};

static const struct bad_table ROWS[] = {
    {MAY "2026-06-02 04:05:06,1,,,\n", TABLE_FIELDS, 2, ""},
    {",2026-05-01,2026-05-31,2026-06-02 04:05:06,1,,,,\n", TABLE_EMPTY, 2,
     "ESIID"},
    {"7,,2026-05-31,2026-06-02 04:05:06,1,,,,\n", TABLE_EMPTY, 2, "START_DATE"},
    {"7,2026-05-01,,2026-06-02 04:05:06,1,,,,\n", TABLE_EMPTY, 2, "END_DATE"},
    {"7,2026-05-01,2026-04-30,2026-06-02 04:05:06,1,,,,\n", TABLE_ORDER, 2,
     "END_DATE"},
    {"7,2026-05-32,2026-04-30,2026-06-02 04:05:06,1,,,,\n", TABLE_DATE, 2,
     "START_DATE"},
    {MAY ",1,,,,\n", TABLE_EMPTY, 2, "REVISION_DATE"},
    {MAY "2026-06-02,1,,,,\n", TABLE_STAMP, 2, "REVISION_DATE"},
    {MAY "2026-06-02T04:05:06,1,,,,\n", TABLE_STAMP, 2, "REVISION_DATE"},
    {MAY "2026-06-02 24:00:00,1,,,,\n", TABLE_STAMP, 2, "REVISION_DATE"},
    {MAY "2026-06-02 23:60:00,1,,,,\n", TABLE_STAMP, 2, "REVISION_DATE"},
    {MAY "2026-06-31 23:00:00,1,,,,\n", TABLE_STAMP, 2, "REVISION_DATE"},
    {MAY "2026-06-02 0x:00:00,1,,,,\n", TABLE_STAMP, 2, "REVISION_DATE"},
    {MAY "2198-06-02 00:00:00,1,,,,\n", TABLE_FUTURE, 2, "REVISION_DATE"},
    {MAY "2026-06-02 04:05:06,,,,,\n", TABLE_EMPTY, 2, "ACTUAL_KWH"},
    {MAY "2026-06-02 04:05:06,-1,,,,\n", TABLE_SIGN, 2, "ACTUAL_KWH"},
    {MAY "2026-06-02 04:05:06,1e3,,,,\n", TABLE_NUMBER, 2, "ACTUAL_KWH"},
    {MAY "2026-06-02 04:05:06,1.1234567,,,,\n", TABLE_NUMBER, 2, "ACTUAL_KWH"},
    {MAY "2026-06-02 04:05:06,1000000000,,,,\n", TABLE_RANGE, 2, "ACTUAL_KWH"},
    {MAY "2026-06-02 04:05:06,1,5.,,,\n", TABLE_NUMBER, 2, "METERED_KW"},
    {MAY "2026-06-02 04:05:06,1,,nan,,\n", TABLE_NUMBER, 2, "BILLED_KW"},
    {MAY "2026-06-02 04:05:06,1,,,+1,\n", TABLE_SIGN, 2, "METERED_KVA"},
    {MAY "2026-06-02 04:05:06,1,,,,\"1,5\"\n", TABLE_NUMBER, 2, "BILLED_KVA"},
    {GOOD MAY "2026-06-01 04:05:06,1,,,,\n", TABLE_OLDER, 3, "REVISION_DATE"},
    {MAY "2026-06-01 04:05:06,1,,,,\n" GOOD, TABLE_OLDER, 2, "REVISION_DATE"},
    {GOOD MAY "2026-06-02 04:05:06,0.9,,,,\n", TABLE_CONTRADICTS, 3,
     "ACTUAL_KWH"},
};

static void
test_bad_rows_are_told(void **state)
{
    struct engine *e = engine_of(state);
    struct outcome o = {.rc = DB_OK};

    clock_set(1800000000);
    table_files_are_bad(e, billed_load, "", FILES, sizeof FILES / sizeof *FILES,
                        false);
    table_files_are_bad(e, billed_load, HEAD, ROWS, sizeof ROWS / sizeof *ROWS,
                        true);
    /* the same row twice is no fault */
    table_file_load(e, billed_load, HEAD GOOD GOOD, "", &o);
    assert_true(o.rc == DB_OK && o.rejects.n == 0 && o.l.n.read == 2);
    table_rejects_clear(&o.rejects);
    clock_set(CLOCK_REAL);
}

/* ---- property: any order of files ------------------------------------------
 */

#define FILES_OF 12

/* One file has a row of each of three periods; revisions and values are few, so
 * that all cases of order and equality come up. */
static void
make_file(char *text, size_t size, const char *esiid)
{
    size_t n = (size_t)snprintf(text, size, "%s", HEAD);

    for (int month = 1; month <= 3; month++)
        n += (size_t)snprintf(
            text + n, size - n,
            "%s,2025-%02d-01,2025-%02d-28,2025-06-%02d 00:00:00,%d,,,,\n",
            esiid, month, month, rand() % 6 + 1, rand() % 3);
}

static void
test_any_order_of_files_gives_the_same(void **state)
{
    struct engine *e = engine_of(state);
    struct outcome o = {.rc = DB_OK};
    struct versions v;
    char want[8192] = "", text[1024], esiid[8];

    for (int round = 0; round < 12; round++) {
        unsigned seed[FILES_OF];
        int64_t read = 0;

        for (unsigned i = 0; i < FILES_OF; i++)
            seed[i] = i;
        srand((unsigned)round);
        for (size_t i = FILES_OF; i > 1; i--) {
            size_t j = (size_t)rand() % i;
            unsigned s = seed[j];

            seed[j] = seed[i - 1];
            seed[i - 1] = s;
        }
        snprintf(esiid, sizeof esiid, "R%d", round);
        for (int i = 0; i < FILES_OF; i++) {
            srand(seed[i]);
            make_file(text, sizeof text, esiid);
            table_file_load(e, billed_load, text, "", &o);
            assert_true(o.rc == DB_OK && o.rejects.n == 0);
            read += o.l.n.read;
        }
        assert_int_equal(read, 3 * FILES_OF);
        if (round == 0)
            str_copy(want, sizeof want, versions(e, esiid, &v));
        assert_string_equal(versions(e, esiid, &v), want);
    }
    assert_true(strlen(want) > 200);
    table_rejects_clear(&o.rejects);
}

/* ---- kinds -----------------------------------------------------------------
 */

static void
test_kinds_are_told_apart(void **state)
{
    static const char REGISTRY[] = "\xef\xbb\xbfTDSP,ESIID,INSTALLED,METER\r\n";
    static const char LSE[] = "00000001,1044372,4,20261102000000\n";

    (void)state;
    assert_true(billed_check(HEAD, strlen(HEAD)));
    assert_false(registry_check(HEAD, strlen(HEAD)));
    assert_true(registry_check(REGISTRY, strlen(REGISTRY)));
    assert_false(billed_check(REGISTRY, strlen(REGISTRY)));
    assert_false(billed_check(LSE, strlen(LSE)));
    assert_false(registry_check(LSE, strlen(LSE)));
    assert_false(registry_check("", 0));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ENGINE_TESTS(test_revisions_become_versions),
        ENGINE_TESTS(test_bad_rows_are_told),
        ENGINE_TESTS(test_any_order_of_files_gives_the_same),
        cmocka_unit_test(test_kinds_are_told_apart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
