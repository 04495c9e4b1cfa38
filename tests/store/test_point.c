/* SPDX-License-Identifier: Apache-2.0 */
/* Service points, their history, and the map of all ESI IDs, on both engines.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db/engine.h"
#include "db/point.h"
#include "db/point_fact.h"
#include "server/base/clock.h"
#include "server/base/str.h"
#include "tests/store/engines.h"

#define CHICAGO "America/Chicago"

/* ---- points ----------------------------------------------------------------
 */

static void
test_a_point_is_made_once(void **state)
{
    struct engine *e = engine_of(state);
    int64_t a, b, c;
    struct point p;

    assert_int_equal(db_point_get(e->db, "10443720000000017", &p), DB_NONE);
    assert_int_equal(db_point_intern(e->db, "10443720000000017", CHICAGO, &a),
                     DB_OK);
    assert_int_equal(db_point_intern(e->db, "10443720000000018", CHICAGO, &b),
                     DB_OK);
    assert_int_equal(db_point_intern(e->db, "10443720000000017", "UTC", &c),
                     DB_OK);
    assert_true(a == c && a != b);
    assert_int_equal(db_point_get(e->db, "10443720000000017", &p), DB_OK);
    assert_true(p.id == a && !p.registered && !p.solar);
    assert_string_equal(p.zone, CHICAGO);
    assert_string_equal(p.tdsp, "");
    assert_int_equal(db_point_by_id(e->db, b, &p), DB_OK);
    assert_string_equal(p.esiid, "10443720000000018");
    assert_int_equal(db_point_by_id(e->db, 999, &p), DB_NONE);
}

static void
add_meter(struct engine *e, int64_t id, int64_t load, const char *number,
          int32_t installed, int32_t removed)
{
    assert_int_equal(
        db_run(e->db, DB_MARKET,
               "INSERT INTO point_meter (point_id, installed_day, load_id, "
               "number, serial, make, provisioned_day, removed_day) "
               "VALUES ($1, $2, $3, $4, '', '', $5, $6)",
               IN(in_i64(id), in_i64(installed), in_i64(load), in_text(number),
                  in_null(), removed == DAY_NONE ? in_null() : in_i64(removed)),
               NULL),
        DB_OK);
}

static void
add_rep(struct engine *e, int64_t id, int64_t load, const char *rep,
        int32_t from, int32_t to)
{
    assert_int_equal(
        db_run(e->db, DB_MARKET,
               "INSERT INTO point_rep (point_id, from_day, load_id, rep, "
               "to_day) VALUES ($1, $2, $3, $4, $5)",
               IN(in_i64(id), in_i64(from), in_i64(load), in_text(rep),
                  to == DAY_NONE ? in_null() : in_i64(to)),
               NULL),
        DB_OK);
}

struct history {
    struct point_meter meter;
    struct point_rep rep;
    char text[512];
    int most;
};

static void
history_add(struct history *h, const char *what, int32_t from, int32_t to)
{
    size_t n = strlen(h->text);

    if (to == DAY_NONE)
        snprintf(h->text + n, sizeof h->text - n, "%s %d-; ", what, from);
    else
        snprintf(h->text + n, sizeof h->text - n, "%s %d-%d; ", what, from, to);
}

static bool
meter_row(void *arg)
{
    struct history *h = arg;

    history_add(h, h->meter.number, h->meter.installed_day,
                h->meter.removed_day);
    return --h->most != 0;
}

static bool
rep_row(void *arg)
{
    struct history *h = arg;

    history_add(h, h->rep.rep, h->rep.from_day, h->rep.to_day);
    return --h->most != 0;
}

static const char *
meters(struct engine *e, int64_t id, struct history *h)
{
    h->text[0] = '\0';
    assert_int_equal(db_point_meter_each(e->db, id, &h->meter, meter_row, h),
                     DB_OK);
    return h->text;
}

static const char *
reps(struct engine *e, int64_t id, struct history *h)
{
    h->text[0] = '\0';
    assert_int_equal(db_point_rep_each(e->db, id, &h->rep, rep_row, h), DB_OK);
    return h->text;
}

static void
test_meters_follow_one_another(void **state)
{
    struct engine *e = engine_of(state);
    struct history h = {.most = -1};
    int64_t id;

    assert_int_equal(db_point_intern(e->db, "1", CHICAGO, &id), DB_OK);
    assert_string_equal(meters(e, id, &h), "");
    add_meter(e, id, 1, "A", 100, DAY_NONE);
    assert_string_equal(meters(e, id, &h), "A 100-; ");
    /* the next one ends it */
    add_meter(e, id, 2, "B", 200, DAY_NONE);
    assert_string_equal(meters(e, id, &h), "A 100-199; B 200-; ");
    /* its own end comes first; the exchange day may be shared */
    add_meter(e, id, 3, "A", 100, 150);
    assert_string_equal(meters(e, id, &h), "A 100-150; B 200-; ");
    add_meter(e, id, 4, "A", 100, 200);
    assert_string_equal(meters(e, id, &h), "A 100-200; B 200-; ");
    /* two on one day: the one that was taken off comes first */
    add_meter(e, id, 5, "C", 200, 200);
    assert_string_equal(meters(e, id, &h), "A 100-200; C 200-200; B 200-; ");
    /* withdrawn */
    add_meter(e, id, 6, "C", 200, 199);
    assert_string_equal(meters(e, id, &h), "A 100-200; B 200-; ");
    h.most = 1;
    assert_string_equal(meters(e, id, &h), "A 100-200; ");
}

static void
test_reps_follow_one_another(void **state)
{
    struct engine *e = engine_of(state);
    struct history h = {.most = -1};
    int64_t id;

    assert_int_equal(db_point_intern(e->db, "1", CHICAGO, &id), DB_OK);
    add_rep(e, id, 1, "R1", 100, DAY_NONE);
    add_rep(e, id, 2, "R2", 300, DAY_NONE);
    add_rep(e, id, 3, "R3", 200, 250);
    assert_string_equal(reps(e, id, &h), "R1 100-199; R3 200-250; R2 300-; ");
    add_rep(e, id, 4, "R3", 200, 400);
    assert_string_equal(reps(e, id, &h), "R1 100-199; R3 200-299; R2 300-; ");
    add_rep(e, id, 5, "R4", 200, 400);
    assert_string_equal(reps(e, id, &h), "R1 100-199; R4 200-299; R2 300-; ");
    add_rep(e, id, 6, "R4", 200, 199);
    assert_string_equal(reps(e, id, &h), "R1 100-299; R2 300-; ");
    h.most = 2;
    assert_string_equal(reps(e, id, &h), "R1 100-299; R2 300-; ");
}

/* ---- the map ---------------------------------------------------------------
 */

static bool
find(const struct point_map *m, const char *esiid, struct point_known *k)
{
    return point_map_find(m, esiid, strlen(esiid), k);
}

static const char *const NEAR[] = {
    "1",
    "01",
    "001",
    "0",
    "00",
    "10443720000000017",
    "010443720000000017",
    "1044372000000001",
    "1008901000000000000017",
    "0008901000000000000017",
    "10089010000000000000171",
    "9999999999999999999999",
    "0000000000000000000000",
    "99999999999999999999999",
    "999999999999999999",
    "1000000000000000000",
    "AB12",
    "ab12",
    "1044372000000001A",
    "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz",
};
#define NEARS (sizeof NEAR / sizeof *NEAR)

static void
test_a_map_tells_near_ones_apart(void **state)
{
    struct engine *e = engine_of(state);
    struct point_map *m;
    struct point_known k, again;
    struct point p;

    assert_int_equal(point_map_open(e->db, &m), DB_OK);
    for (size_t i = 0; i < NEARS; i++) {
        assert_false(find(m, NEAR[i], &k));
        assert_int_equal(point_map_add(m, e->db, 1, &NEAR[i], CHICAGO), DB_OK);
        assert_true(find(m, NEAR[i], &k));
        assert_int_equal(db_point_by_id(e->db, k.id, &p), DB_OK);
        assert_string_equal(p.esiid, NEAR[i]);
    }
    point_map_close(m);
    assert_int_equal(point_map_open(e->db, &m), DB_OK);
    for (size_t i = 0; i < NEARS; i++) {
        assert_true(find(m, NEAR[i], &again));
        assert_int_equal(db_point_by_id(e->db, again.id, &p), DB_OK);
        assert_string_equal(p.esiid, NEAR[i]);
    }
    assert_false(find(m, "2", &k));
    assert_false(find(m, "", &k));
    assert_false(find(m, "AB1", &k));
    point_map_close(m);
}

static void
test_a_map_keeps_flags_and_zones(void **state)
{
    struct engine *e = engine_of(state);
    struct point_map *m;
    struct point_known k;
    int64_t id;

    assert_int_equal(db_point_intern(e->db, "77", "America/Denver", &id),
                     DB_OK);
    assert_int_equal(db_point_intern(e->db, "A7", CHICAGO, &id), DB_OK);
    assert_int_equal(db_run(e->db, DB_MARKET,
                            "UPDATE point SET registered = $2 WHERE id = $1",
                            IN(in_i64(id), in_bool(true)), NULL),
                     DB_OK);
    assert_int_equal(point_map_open(e->db, &m), DB_OK);
    assert_true(find(m, "77", &k));
    assert_false(k.registered);
    assert_string_equal(point_map_zone(m, k.zone), "America/Denver");
    assert_true(find(m, "A7", &k));
    assert_true(k.registered);
    assert_string_equal(point_map_zone(m, k.zone), CHICAGO);
    point_map_close(m);
}

static void
test_two_programs_add_the_same_points(void **state)
{
    struct engine *e = engine_of(state);
    struct db *other;
    struct point_map *ours, *theirs;
    struct point_known a, b;
    static const char *const FIRST[] = {"11", "12", "13", "12"};
    static const char *const SECOND[] = {"14", "13", "11", "X1"};
    char why[512];
    int64_t n;

    assert_int_equal(db_open(e->store, DB_WRITE, &other, why), DB_OK);
    assert_int_equal(point_map_open(e->db, &ours), DB_OK);
    assert_int_equal(point_map_open(other, &theirs), DB_OK);
    assert_int_equal(point_map_add(ours, e->db, 4, FIRST, CHICAGO), DB_OK);
    assert_int_equal(point_map_add(theirs, other, 4, SECOND, CHICAGO), DB_OK);
    assert_true(find(ours, "13", &a) && find(theirs, "13", &b));
    assert_int_equal(a.id, b.id);
    assert_true(find(theirs, "12", &b));
    assert_true(find(theirs, "X1", &b) && !find(ours, "X1", &a));
    assert_int_equal(db_one(e->db, DB_MARKET, "SELECT count(*) FROM point",
                            IN_NONE, OUT(out_i64(&n))),
                     DB_OK);
    assert_int_equal(n, 5);
    point_map_close(ours);
    point_map_close(theirs);
    db_close(other);
}

/* Many points in several batches; all are found, none that was not added. */
static void
test_a_map_of_many(void **state)
{
    struct engine *e = engine_of(state);
    size_t n = e->kind == DB_SQLITE ? 120000 : 20000;
    char(*text)[24] = malloc(n * sizeof *text);
    const char **list = malloc(n * sizeof *list);
    struct point_map *m;
    struct point_known k;
    struct point p;

    for (size_t i = 0; i < n; i++) {
        snprintf(text[i], sizeof text[i],
                 i % 2 ? "1044372%010zu" : "1008901%015zu",
                 (i * 7919) % 1000003);
        list[i] = text[i];
    }
    assert_int_equal(point_map_open(e->db, &m), DB_OK);
    for (size_t at = 0; at < n; at += n / 10)
        assert_int_equal(point_map_add(m, e->db, n / 10, list + at, CHICAGO),
                         DB_OK);
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < n; i++)
            assert_true(find(m, text[i], &k));
        assert_int_equal(db_point_by_id(e->db, k.id, &p), DB_OK);
        assert_string_equal(p.esiid, text[n - 1]);
        assert_false(find(m, "10443720009999999", &k));
        assert_false(find(m, "10443720009999998", &k));
        point_map_close(m);
        assert_int_equal(point_map_open(e->db, &m), DB_OK);
    }
    point_map_close(m);
    free(list);
    free(text);
}

/* ---- facts for bulk loads ---------------------------------------------------
 */

static void
add_premise(struct engine *e, int64_t id, int64_t load, const char *tdsp)
{
    assert_int_equal(
        db_run(e->db, DB_MARKET,
               "INSERT INTO point_premise (point_id, load_id, premise, tdsp, "
               "customer_class, solar, address, city, state, zip, zone) "
               "VALUES ($1, $2, '', $3, '', $4, '', '', '', '', '')",
               IN(in_i64(id), in_i64(load), in_text(tdsp), in_bool(false)),
               NULL),
        DB_OK);
}

static const char *
facts(const struct point_facts *f, int64_t id, int32_t day)
{
    static char text[80];
    struct point_fact t;

    point_facts_get(f, id, day, &t);
    snprintf(text, sizeof text, "%s %s %d", t.tdsp ? t.tdsp : "-",
             t.rep ? t.rep : "-",
             t.installed_day == DAY_NONE ? -1 : t.installed_day);
    return text;
}

static void
test_facts_of_many_points(void **state)
{
    struct engine *e = engine_of(state);
    struct point_facts *f = point_facts_new(0, 0);
    int64_t id[40], some[] = {0, 0, 0};
    char esiid[24];

    for (int i = 0; i < 40; i++) {
        snprintf(esiid, sizeof esiid, "%017d", i);
        assert_int_equal(db_point_intern(e->db, esiid, CHICAGO, &id[i]), DB_OK);
    }
    add_premise(e, id[3], 1, "111111111");
    add_premise(e, id[3], 2, "111111112"); /* the newest load's holds */
    add_premise(e, id[30], 1, "111111113");
    add_rep(e, id[3], 1, "A", 100, 199);
    add_rep(e, id[3], 1, "B", 200, DAY_NONE);
    add_rep(e, id[3], 2, "C", 300, 349);
    add_rep(e, id[3], 2, "B", 200, 250); /* now it ends */
    add_rep(e, id[3], 2, "D", 400, 399); /* withdrawn */
    add_meter(e, id[3], 1, "M1", 90, 200);
    add_meter(e, id[3], 1, "M0", 50, DAY_NONE);
    add_meter(e, id[3], 2, "M0", 50, 49); /* withdrawn */
    add_meter(e, id[3], 2, "M2", 200, DAY_NONE);
    add_rep(e, id[4], 1, "E", 1, DAY_NONE);
    some[0] = id[3];
    some[1] = id[4];
    some[2] = id[39];
    assert_int_equal(point_facts_fetch(f, e->db, some, 3), DB_OK);
    assert_string_equal(facts(f, id[3], 99), "111111112 - 90");
    assert_string_equal(facts(f, id[3], 100), "111111112 A 90");
    assert_string_equal(facts(f, id[3], 199), "111111112 A 90");
    assert_string_equal(facts(f, id[3], 250), "111111112 B 90");
    assert_string_equal(facts(f, id[3], 251), "111111112 - 90");
    assert_string_equal(facts(f, id[3], 300), "111111112 C 90");
    assert_string_equal(facts(f, id[3], 400), "111111112 - 90");
    assert_string_equal(facts(f, id[4], 5), "- E -1");
    assert_string_equal(facts(f, id[39], 5), "- - -1");
    assert_string_equal(facts(f, id[30], 5), "- - -1"); /* not fetched */
    assert_int_equal(point_facts_fetch(f, e->db, id, 40), DB_OK);
    assert_string_equal(facts(f, id[30], 5), "111111113 - -1");
    assert_string_equal(facts(f, id[3], 300), "111111112 C 90");
    point_facts_free(f);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ENGINE_TESTS(test_facts_of_many_points),
        ENGINE_TESTS(test_a_point_is_made_once),
        ENGINE_TESTS(test_meters_follow_one_another),
        ENGINE_TESTS(test_reps_follow_one_another),
        ENGINE_TESTS(test_a_map_tells_near_ones_apart),
        ENGINE_TESTS(test_a_map_keeps_flags_and_zones),
        ENGINE_TESTS(test_two_programs_add_the_same_points),
        ENGINE_TESTS(test_a_map_of_many),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
