/* SPDX-License-Identifier: Apache-2.0 */
/* The meter registry on both engines: rows, history, rejects, taking back. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/registry/registry.h"
#include "db/point.h"
#include "server/base/clock.h"
#include "server/base/str.h"
#include "tests/store/engines.h"
#include "tests/store/table_files.h"

#define ZONE "America/Chicago"
#define HEAD                                                                   \
    "ESIID,PREMISE,TDSP,ZONE,CLASS,SOLAR,ADDRESS,CITY,STATE,ZIP,METER,SERIAL," \
    "MAKE,INSTALLED,PROVISIONED,REMOVED,REP,REP_FROM,REP_TO\n"
#define ONCOR "1039940674000"
#define OTHER "957877905"
#define PLACE                                                                  \
    ONCOR ",America/Chicago,residential,N,\"12 Pecan St, Apt "                 \
          "4\",Waco,TX,76701"
#define POINT "10443720000000017"
#define REP_A "100000007"
#define REP_B "100007926"

/* ---- loading ---------------------------------------------------------------
 */

static void
load_from(struct engine *e, const char *text, const char *sender,
          struct outcome *o)
{
    table_file_load(e, registry_load, text, sender, o);
}

/* Loads and expects these counts. */
static void
load(struct engine *e, const char *text, int loaded, int replaced,
     int unchanged, struct outcome *o)
{
    table_file_expect(e, registry_load, text,
                      &(struct load_counts){.loaded = loaded,
                                            .replaced = replaced,
                                            .unchanged = unchanged},
                      o);
}

/* ---- history as text -------------------------------------------------------
 */

struct history {
    struct point_meter meter;
    struct point_rep rep;
    char text[4096];
};

static void
span_add(struct history *h, const char *what, int32_t from, int32_t to)
{
    char a[11], b[11] = "";
    size_t n = strlen(h->text);

    if (to != DAY_NONE)
        day_format(b, to);
    snprintf(h->text + n, sizeof h->text - n, "%s %s..%s; ", what,
             day_format(a, from), b);
}

static bool
meter_row(void *arg)
{
    struct history *h = arg;

    span_add(h, h->meter.number, h->meter.installed_day, h->meter.removed_day);
    return true;
}

static bool
rep_row(void *arg)
{
    struct history *h = arg;

    span_add(h, h->rep.rep, h->rep.from_day, h->rep.to_day);
    return true;
}

static const char *
history(struct engine *e, const char *esiid, struct history *h)
{
    struct point p;

    h->text[0] = '\0';
    assert_int_equal(db_point_get(e->db, esiid, &p), DB_OK);
    assert_int_equal(db_point_meter_each(e->db, p.id, &h->meter, meter_row, h),
                     DB_OK);
    strcat(h->text, "| ");
    assert_int_equal(db_point_rep_each(e->db, p.id, &h->rep, rep_row, h),
                     DB_OK);
    return h->text;
}

/* ---- tests -----------------------------------------------------------------
 */

static void
test_a_file_registers_points(void **state)
{
    struct engine *e = engine_of(state);
    struct outcome o = {.rc = DB_OK};
    struct history h;
    struct point p;

    load(e,
         HEAD POINT ",P17," PLACE ",104000017,LG7755120,Landis+Gyr,2014-05-06,"
                    "2014-05-09,," REP_A ",2023-02-01,2025-01-31\r\n" POINT
                    ",P17," PLACE ",104000017,LG7755120,Landis+Gyr,2014-05-06,"
                    "2014-05-09,," REP_B ",2025-02-01,\n"
                    "1008901000000000000042,,1039940674000,,business,Y,,,,,"
                    "M2,,,2020-01-01,,,,,\n",
         3, 0, 0, &o);
    assert_string_equal(o.l.kind, "registry");
    assert_string_equal(o.l.sender, ONCOR);
    assert_true(o.l.state == LOAD_COMMITTED && o.l.n.read == 3 &&
                o.l.n.warned == 0);
    assert_int_equal(db_point_get(e->db, POINT, &p), DB_OK);
    assert_true(p.registered && !p.solar);
    assert_string_equal(p.tdsp, ONCOR);
    assert_string_equal(p.address, "12 Pecan St, Apt 4");
    assert_string_equal(p.customer_class, "residential");
    assert_string_equal(p.zone, ZONE);
    assert_string_equal(history(e, POINT, &h),
                        "104000017 2014-05-06..; | " REP_A
                        " 2023-02-01..2025-01-31; " REP_B " 2025-02-01..; ");
    assert_int_equal(db_point_get(e->db, "1008901000000000000042", &p), DB_OK);
    assert_true(p.registered && p.solar);
    assert_string_equal(p.customer_class, "business");
    table_rejects_clear(&o.rejects);
}

#define ROW(meter, installed, removed, rep, from, to)                          \
    POINT ",P17," PLACE "," meter ",S,M," installed ",," removed "," rep       \
          "," from "," to "\n"

static void
test_loading_again_changes_nothing(void **state)
{
    struct engine *e = engine_of(state);
    struct outcome o = {.rc = DB_OK};
    static const char FILE_TEXT[] =
        HEAD ROW("A", "2014-05-06", "", REP_A, "2023-02-01", "")
            ROW("A", "2014-05-06", "", REP_B, "2025-02-01", "");
    char *before, *after;
    int64_t rows;

    load(e, FILE_TEXT, 2, 0, 0, &o);
    before = engine_dump(e);
    load(e, FILE_TEXT, 0, 0, 2, &o);
    assert_int_equal(db_one(e->db, DB_MARKET,
                            "SELECT (SELECT count(*) FROM point_premise) + "
                            "(SELECT count(*) FROM point_meter) + "
                            "(SELECT count(*) FROM point_rep)",
                            IN_NONE, OUT(out_i64(&rows))),
                     DB_OK);
    assert_int_equal(rows, 4);
    /* but for the catalog itself nothing is new */
    after = engine_dump(e);
    assert_null(strstr(before, "load_id=2"));
    assert_null(strstr(after, "load_id=2"));
    free(before);
    free(after);
    table_rejects_clear(&o.rejects);
}

static void
test_changes_become_history(void **state)
{
    struct engine *e = engine_of(state);
    struct outcome o = {.rc = DB_OK};
    struct history h;

    load(e, HEAD ROW("A", "2014-05-06", "", REP_A, "2023-02-01", ""), 1, 0, 0,
         &o);
    /* another REP: only what is new is told */
    load(e, HEAD ROW("A", "2014-05-06", "", REP_B, "2025-02-01", ""), 1, 0, 0,
         &o);
    assert_string_equal(history(e, POINT, &h),
                        "A 2014-05-06..; | " REP_A
                        " 2023-02-01..2025-01-31; " REP_B " 2025-02-01..; ");
    /* a meter exchange, the REP as it is */
    load(e, HEAD ROW("B", "2024-07-01", "", REP_B, "2025-02-01", ""), 1, 0, 0,
         &o);
    /* the first REP's end is told later, earlier than thought */
    load(e, HEAD ROW("B", "2024-07-01", "", REP_A, "2023-02-01", "2024-12-31"),
         0, 1, 0, &o);
    assert_string_equal(history(e, POINT, &h),
                        "A 2014-05-06..2024-06-30; B 2024-07-01..; | " REP_A
                        " 2023-02-01..2024-12-31; " REP_B " 2025-02-01..; ");
    /* the second one never came: the day before its first */
    load(e, HEAD ROW("B", "2024-07-01", "", REP_B, "2025-02-01", "2025-01-31"),
         0, 1, 0, &o);
    assert_string_equal(history(e, POINT, &h),
                        "A 2014-05-06..2024-06-30; B 2024-07-01..; | " REP_A
                        " 2023-02-01..2024-12-31; ");
    table_rejects_clear(&o.rejects);
}

static void
test_a_load_is_taken_back(void **state)
{
    struct engine *e = engine_of(state);
    struct outcome a = {.rc = DB_OK}, b = {.rc = DB_OK};
    struct history h;
    struct point p;
    char first[4096];

    load(e, HEAD ROW("A", "2014-05-06", "", REP_A, "2023-02-01", ""), 1, 0, 0,
         &a);
    str_copy(first, sizeof first, history(e, POINT, &h));
    load(e,
         HEAD POINT ",P99,1039940674000,America/Denver,business,Y,,,,,A,S,M,"
                    "2014-05-06,,2024-01-01," REP_B ",2023-02-01,\n",
         0, 1, 0, &b);
    assert_int_equal(db_point_get(e->db, POINT, &p), DB_OK);
    assert_string_equal(p.zone, "America/Denver");
    assert_true(p.solar);
    /* the older one first: no */
    assert_int_equal(registry_unload(e->db, &a.l), DB_NONE);
    assert_int_equal(registry_unload(e->db, &b.l), DB_OK);
    assert_int_equal(b.l.state, LOAD_UNLOADED);
    assert_string_equal(history(e, POINT, &h), first);
    assert_int_equal(db_point_get(e->db, POINT, &p), DB_OK);
    assert_string_equal(p.zone, ZONE);
    assert_true(!p.solar && p.registered);
    assert_int_equal(registry_unload(e->db, &a.l), DB_OK);
    assert_string_equal(history(e, POINT, &h), "| ");
    assert_int_equal(db_point_get(e->db, POINT, &p), DB_OK);
    assert_false(p.registered);
    /* twice: it is not committed any more */
    assert_int_equal(registry_unload(e->db, &a.l), DB_NONE);
    table_rejects_clear(&a.rejects);
    table_rejects_clear(&b.rejects);
}

static void
test_a_tdsp_speaks_of_its_own_points(void **state)
{
    struct engine *e = engine_of(state);
    struct outcome o = {.rc = DB_OK};
    struct point p;
    static const char THEIRS[] =
        HEAD POINT ",,957877905,,,,,,,,X,,,2020-01-01,,,,,\n"
                   "10443720000000099,,957877905,,,,,,,,Y,,,2020-01-01,,,,,\n";

    load(e, HEAD ROW("A", "2014-05-06", "", REP_A, "2023-02-01", ""), 1, 0, 0,
         &o);
    load_from(e, THEIRS, OTHER, &o);
    assert_int_equal(o.rc, DB_OK);
    assert_int_equal(o.rejects.n, 1);
    assert_int_equal(o.rejects.at[0].code, TABLE_OTHERS);
    assert_int_equal(o.rejects.at[0].line, 2);
    assert_true(o.l.n.loaded == 1 && o.l.n.rejected == 1);
    assert_int_equal(db_point_get(e->db, POINT, &p), DB_OK);
    assert_string_equal(p.tdsp, ONCOR);
    /* the operator may hand a point over */
    load_from(e, THEIRS, "", &o);
    assert_true(o.rejects.n == 0 && o.l.n.replaced == 1 &&
                o.l.n.unchanged == 1);
    assert_int_equal(db_point_get(e->db, POINT, &p), DB_OK);
    assert_string_equal(p.tdsp, OTHER);
    table_rejects_clear(&o.rejects);
}

/* ---- rejects ---------------------------------------------------------------
 */

#define R(esiid, tdsp, rest) esiid ",P," tdsp "," rest "\n"
#define GOOD                 R("7", ONCOR, ",,,,,,,A,,,2020-01-01,,,,,")

static const struct bad_table FILES[] = {
    {"", TABLE_HEADER, 1, ""},
    {"\n\n", TABLE_HEADER, 1, ""},
    {"\"ESIID\n", TABLE_HEADER, 1, ""},
    {"ESIID,TDSP\n", TABLE_COLUMN, 1, "METER"},
    {"ESIID,TDSP,METER\n", TABLE_COLUMN, 1, "INSTALLED"},
    {"esiid,TDSP,METER,INSTALLED\n", TABLE_COLUMN, 1, "ESIID"},
    {"ESIID,TDSP,METER,INSTALLED,TDSP\n", TABLE_COLUMN_TWICE, 1, "TDSP"},
};

static const struct bad_table ROWS[] = {
    {R("7", ONCOR, ",,,,,,,\"A,,,2020-01-01,,,,,"), TABLE_QUOTE, 2, ""},
    {R("7", ONCOR, ",,,,,,,A,,,2020-01-01,,,,"), TABLE_FIELDS, 2, ""},
    {R("7", ONCOR, ",,,,,,,A,,,2020-01-01,,,,,,"), TABLE_FIELDS, 2, ""},
    {"7\n", TABLE_FIELDS, 2, ""},
    {R("", ONCOR, ",,,,,,,A,,,2020-01-01,,,,,"), TABLE_EMPTY, 2, "ESIID"},
    {R("7-1", ONCOR, ",,,,,,,A,,,2020-01-01,,,,,"), TABLE_ESIID, 2, "ESIID"},
    {R(" 7", ONCOR, ",,,,,,,A,,,2020-01-01,,,,,"), TABLE_ESIID, 2, "ESIID"},
    {R("7777777777777777777777777777777777777777777777777777777777777777"
       "7",
       ONCOR, ",,,,,,,A,,,2020-01-01,,,,,"),
     TABLE_ESIID, 2, "ESIID"},
    {R("7", "", ",,,,,,,A,,,2020-01-01,,,,,"), TABLE_EMPTY, 2, "TDSP"},
    {R("7", "12345678", ",,,,,,,A,,,2020-01-01,,,,,"), TABLE_DUNS, 2, "TDSP"},
    {R("7", "12345678x", ",,,,,,,A,,,2020-01-01,,,,,"), TABLE_DUNS, 2, "TDSP"},
    {GOOD R("8", OTHER, ",,,,,,,A,,,2020-01-01,,,,,"), TABLE_TDSP, 3, "TDSP"},
    {R("7", ONCOR, "Mars/Base,,,,,,,A,,,2020-01-01,,,,,"), TABLE_ZONE, 2,
     "ZONE"},
    {R("7", ONCOR, "../etc/passwd,,,,,,,A,,,2020-01-01,,,,,"), TABLE_ZONE, 2,
     "ZONE"},
    {R("7", ONCOR, ",industrial,,,,,,A,,,2020-01-01,,,,,"), TABLE_CHOICE, 2,
     "CLASS"},
    {R("7", ONCOR, ",,yes,,,,,A,,,2020-01-01,,,,,"), TABLE_CHOICE, 2, "SOLAR"},
    {R("7", ONCOR, ",,,a\001b,,,,A,,,2020-01-01,,,,,"), TABLE_TEXT, 2,
     "ADDRESS"},
    {R("7", ONCOR, ",,,\xff,,,,A,,,2020-01-01,,,,,"), TABLE_TEXT, 2, "ADDRESS"},
    {R("7", ONCOR, ",,,,,TEXASTEX,,A,,,2020-01-01,,,,,"), TABLE_LONG, 2,
     "STATE"},
    {R("7", ONCOR, ",,,,,,,,,,2020-01-01,,,,,"), TABLE_EMPTY, 2, "METER"},
    {R("7", ONCOR, ",,,,,,,A,,,,,,,,"), TABLE_EMPTY, 2, "INSTALLED"},
    {R("7", ONCOR, ",,,,,,,A,,,01/31/2020,,,,,"), TABLE_DATE, 2, "INSTALLED"},
    {R("7", ONCOR, ",,,,,,,A,,,20200131,,,,,"), TABLE_DATE, 2, "INSTALLED"},
    {R("7", ONCOR, ",,,,,,,A,,,2019-02-29,,,,,"), TABLE_DATE, 2, "INSTALLED"},
    {R("7", ONCOR, ",,,,,,,A,,,2020-01-02,2020-01-01,,,,"), TABLE_ORDER, 2,
     "PROVISIONED"},
    {R("7", ONCOR, ",,,,,,,A,,,2020-01-03,,2020-01-01,,,"), TABLE_ORDER, 2,
     "REMOVED"},
    {R("7", ONCOR, ",,,,,,,A,,,2020-01-01,,,12,2020-01-01,"), TABLE_DUNS, 2,
     "REP"},
    {R("7", ONCOR, ",,,,,,,A,,,2020-01-01,,," REP_A ",,"), TABLE_EMPTY, 2,
     "REP_FROM"},
    {R("7", ONCOR, ",,,,,,,A,,,2020-01-01,,,,2020-01-01,"), TABLE_ALONE, 2,
     "REP_FROM"},
    {R("7", ONCOR, ",,,,,,,A,,,2020-01-01,,,,,2020-01-01"), TABLE_ALONE, 2,
     "REP_TO"},
    {R("7", ONCOR, ",,,,,,,A,,,2020-01-01,,," REP_A ",2020-01-05,2020-01-03"),
     TABLE_ORDER, 2, "REP_TO"},
    {GOOD R("7", ONCOR, ",,Y,,,,,B,,,2021-01-01,,,,,"), TABLE_CONTRADICTS, 3,
     "PREMISE"},
    {GOOD R("7", ONCOR, ",,,,,,,A,,,2020-01-01,,2020-02-01,,,"),
     TABLE_CONTRADICTS, 3, "METER"},
    {R("7", ONCOR, ",,,,,,,A,,,2020-01-01,,," REP_A ",2020-01-01,")
         R("8", ONCOR, ",,,,,,,A,,,2020-01-01,,," REP_A ",2020-01-01,")
             R("7", ONCOR, ",,,,,,,A,,,2020-01-01,,," REP_B ",2020-01-01,"),
     TABLE_CONTRADICTS, 4, "REP"},
};

static void
test_bad_rows_are_told(void **state)
{
    struct engine *e = engine_of(state);
    struct outcome o = {.rc = DB_OK};

    table_files_are_bad(e, registry_load, "", FILES,
                        sizeof FILES / sizeof *FILES, false);
    table_files_are_bad(e, registry_load, HEAD, ROWS,
                        sizeof ROWS / sizeof *ROWS, true);
    load_from(e, HEAD GOOD, OTHER, &o);
    assert_int_equal(o.rejects.n, 1);
    assert_int_equal(o.rejects.at[0].code, TABLE_SENDER);
    table_rejects_clear(&o.rejects);
}

static void
test_too_many_rows_of_one_point(void **state)
{
    struct engine *e = engine_of(state);
    struct outcome o = {.rc = DB_OK};
    struct buf b = {0};

    buf_puts(&b, HEAD);
    for (int i = 0; i < TABLE_ROWS + 2; i++)
        buf_printf(&b,
                   "7,P," ONCOR ",,,,,,,,A,,,2020-01-01,,," REP_A
                   ",%04d-%02d-%02d,\n",
                   1970 + i / 300, i / 25 % 12 + 1, i % 25 + 1);
    load_from(e, buf_text(&b), "", &o);
    assert_int_equal(o.rc, DB_OK);
    assert_int_equal(o.rejects.n, 2);
    assert_int_equal(o.rejects.at[0].code, TABLE_ROWS_MANY);
    assert_int_equal(o.rejects.at[0].line, TABLE_ROWS + 2);
    assert_int_equal(o.l.n.loaded, TABLE_ROWS);
    buf_clear(&b);
    table_rejects_clear(&o.rejects);
}

/* ---- property: dated history -----------------------------------------------
 */

#define DAYS      60
#define FIRST_DAY 18000

/* What is in force on a day by the plain rule: of the statements that begin on
 * or before it, the latest-beginning one that was not withdrawn, unless it has
 * ended. */
struct model {
    int rep[DAYS];  /* stated from that day, 0: none */
    int days[DAYS]; /* that it lasts; -1: withdrawn; 0: open */
};

static int
model_rep(const struct model *m, int day)
{
    for (int d = day; d >= 0; d--) {
        if (m->rep[d] && m->days[d] >= 0)
            return m->days[d] == 0 || day < d + m->days[d] ? m->rep[d] : 0;
    }
    return 0;
}

struct on_day {
    struct point_rep rep;
    int got[DAYS];
};

static bool
on_day_row(void *arg)
{
    struct on_day *o = arg;

    for (int d = 0; d < DAYS; d++) {
        int32_t day = FIRST_DAY + d;

        if (day >= o->rep.from_day &&
            (o->rep.to_day == DAY_NONE || day <= o->rep.to_day)) {
            assert_int_equal(o->got[d], 0); /* never two on a day */
            o->got[d] = atoi(o->rep.rep + 6);
        }
    }
    return true;
}

static void
check_model(struct engine *e, const struct model *m, const char *esiid)
{
    struct on_day o = {.got = {0}};
    struct point p;

    assert_int_equal(db_point_get(e->db, esiid, &p), DB_OK);
    assert_int_equal(db_point_rep_each(e->db, p.id, &o.rep, on_day_row, &o),
                     DB_OK);
    for (int d = 0; d < DAYS; d++)
        assert_int_equal(o.got[d], model_rep(m, d));
}

static void
state_rep(struct model *m, struct buf *b, const char *esiid)
{
    int d = rand() % DAYS, rep = rand() % 3 + 1, days = rand() % 8 - 1;
    char from[11], to[11] = "";

    if (days > 0)
        day_format(to, FIRST_DAY + d + days - 1);
    else if (days < 0)
        day_format(to, FIRST_DAY + d - 1);
    m->rep[d] = rep;
    m->days[d] = days;
    buf_printf(b, "%s,P," ONCOR ",,,,,,,,A,,,2015-01-01,,,%09d,%s,%s\n", esiid,
               rep, day_format(from, FIRST_DAY + d), to);
}

/* Random statements in random files; after each the history is the model's,
 * loading it again says nothing new, and the newest load can be taken back. */
static void
test_any_history_follows_the_rule(void **state)
{
    struct engine *e = engine_of(state);
    struct outcome o = {.rc = DB_OK};
    static const char *const ESIID[] = {"11", "12", "X13"};
    struct model m[3], before[3];
    struct buf b = {0};

    memset(m, 0, sizeof m);
    srand(20260101);
    for (int round = 0; round < 60; round++) {
        b.len = 0;
        buf_puts(&b, HEAD);
        memcpy(before, m, sizeof m);
        for (int i = 0; i < 3; i++)
            state_rep(&m[i], &b, ESIID[i]);
        load_from(e, buf_text(&b), "", &o);
        assert_int_equal(o.rc, DB_OK);
        assert_int_equal(o.rejects.n, 0);
        for (int i = 0; i < 3; i++)
            check_model(e, &m[i], ESIID[i]);
        if (round % 3 == 2) {
            assert_int_equal(registry_unload(e->db, &o.l), DB_OK);
            memcpy(m, before, sizeof m);
            for (int i = 0; i < 3; i++)
                check_model(e, &m[i], ESIID[i]);
        } else {
            load(e, buf_text(&b), 0, 0, 3, &o);
        }
    }
    buf_clear(&b);
    table_rejects_clear(&o.rejects);
}

/* ---- both engines, many points ---------------------------------------------
 */

static void
make_many(struct buf *b, int points, int seed)
{
    b->len = 0;
    buf_puts(b, HEAD);
    for (int i = 0; i < points; i++) {
        /* not in the order of ESI IDs */
        int n = (int)((unsigned)i * 7919u % 100003u);

        buf_printf(b,
                   "1044372%010d,P%d," ONCOR ",,,%s,\"%d Elm, B\",Waco,TX,7,"
                   "M%d,S,M,2020-01-01,,,%09d,2020-01-01,\n",
                   n, n, n % 3 ? "N" : "Y", n, n, n % 4 + seed);
    }
    buf_text(b);
}

/* The part of a store's dump that tells of points, by which it differs from no
 * other store with the same points. */
static char *
points_of(struct engine *e)
{
    char *dump = engine_dump(e), *to = dump, *end;

    for (char *line = dump; *line; line = end) {
        end = strchr(line, '\n') + 1;
        if (str_starts(line, "point")) {
            memmove(to, line, (size_t)(end - line));
            to += end - line;
        }
    }
    *to = '\0';
    return dump;
}

static void
test_many_points_on_both_engines(void **state)
{
    struct engine *pg = engine_of(state), lite;
    struct outcome o = {.rc = DB_OK};
    struct buf b = {0};
    char *a, *c;

    clock_set(1800000000);
    engine_make(&lite, DB_SQLITE);
    for (int seed = 1; seed <= 2; seed++) {
        make_many(&b, 3000, seed);
        load(pg, b.at, seed == 1 ? 3000 : 0, seed == 1 ? 0 : 3000, 0, &o);
        load(&lite, b.at, seed == 1 ? 3000 : 0, seed == 1 ? 0 : 3000, 0, &o);
    }
    make_many(&b, 3000, 2);
    load(pg, b.at, 0, 0, 3000, &o);
    load(&lite, b.at, 0, 0, 3000, &o);
    a = points_of(pg);
    c = points_of(&lite);
    assert_true(strlen(a) > 100000);
    assert_string_equal(a, c);
    free(a);
    free(c);
    buf_clear(&b);
    table_rejects_clear(&o.rejects);
    engine_drop(&lite);
    clock_set(CLOCK_REAL);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ENGINE_TESTS(test_a_file_registers_points),
        ENGINE_TESTS(test_loading_again_changes_nothing),
        ENGINE_TESTS(test_changes_become_history),
        ENGINE_TESTS(test_a_load_is_taken_back),
        ENGINE_TESTS(test_a_tdsp_speaks_of_its_own_points),
        ENGINE_TESTS(test_bad_rows_are_told),
        ENGINE_TESTS(test_too_many_rows_of_one_point),
        ENGINE_TESTS(test_any_history_follows_the_rule),
        cmocka_unit_test_setup_teardown(test_many_points_on_both_engines,
                                        engine_set_up_postgres,
                                        engine_tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
