/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The book of points and its file: whatever happened to the store between two
 * loads, and to the file, the book says what the store says, one point at a
 * time.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/engine.h"
#include "db/point_book.h"
#include "db/point_change.h"
#include "db/registry.h"
#include "server/base/clock.h"
#include "server/base/str.h"
#include "tests/store/engines.h"

#define CHICAGO "America/Chicago"
#define POINTS  60

static unsigned seed;

static int
draw(int below)
{
    seed = seed * 1103515245u + 12345u;
    return (int)(seed >> 16 & 0x7fff) % below;
}

/* A day of statements: close together, so that they meet; some are far off. */
static int32_t
draw_day(void)
{
    switch (draw(20)) {
    case 0:
        return -9000 + draw(5);
    case 1:
        return 39000 + draw(5);
    default:
        return 20000 + draw(40);
    }
}

/* ---- a registry of random statements ----------------------------------------
 */

struct statement {
    struct engine *e;
    int64_t load, point;
};

static enum db_rc
say_premise(const struct statement *s)
{
    char tdsp[16];

    snprintf(tdsp, sizeof tdsp, "10%d", draw(4));
    return db_run(s->e->db, DB_MARKET,
                  "INSERT INTO point_premise (point_id, load_id, premise, "
                  "tdsp, customer_class, solar, address, city, state, zip, "
                  "zone) VALUES ($1, $2, '', $3, '', $4, '', '', '', '', $5)",
                  IN(in_i64(s->point), in_i64(s->load), in_text(tdsp),
                     in_bool(draw(2) == 0),
                     in_text(draw(3) == 0 ? "America/Denver" : CHICAGO)),
                  NULL);
}

static enum db_rc
say_rep(const struct statement *s)
{
    int32_t from = draw_day();
    char rep[16];

    snprintf(rep, sizeof rep, "20%d", draw(5));
    return db_run(s->e->db, DB_MARKET,
                  "INSERT INTO point_rep (point_id, from_day, load_id, rep, "
                  "to_day) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
                  IN(in_i64(s->point), in_i64(from), in_i64(s->load),
                     in_text(rep),
                     draw(3) > 0 ? in_null() : in_i64(from - 1 + draw(20))),
                  NULL);
}

static enum db_rc
say_meter(const struct statement *s)
{
    int32_t from = draw_day();
    char number[16];

    snprintf(number, sizeof number, "M%d", draw(3));
    return db_run(s->e->db, DB_MARKET,
                  "INSERT INTO point_meter (point_id, installed_day, load_id, "
                  "number, serial, make, provisioned_day, removed_day) VALUES "
                  "($1, $2, $3, $4, '', '', $5, $6) ON CONFLICT DO NOTHING",
                  IN(in_i64(s->point), in_i64(from), in_i64(s->load),
                     in_text(number),
                     draw(3) > 0 ? in_null() : in_i64(from + draw(6)),
                     draw(3) > 0 ? in_null() : in_i64(from - 1 + draw(20))),
                  NULL);
}

static void
esiid_of(char esiid[24], int i)
{
    /* some that are no numbers */
    snprintf(esiid, 24, i % 10 == 3 ? "X%016d" : "10443720%09d", i);
}

static int64_t
intern(struct engine *e, int i)
{
    char esiid[24];
    int64_t id = 0;

    esiid_of(esiid, i);
    assert_int_equal(db_point_intern(e->db, esiid, CHICAGO, &id), DB_OK);
    return id;
}

static enum db_rc
registry_tx(struct db *db, void *arg)
{
    struct statement *s = arg;
    int most = 1 + draw(POINTS);
    enum db_rc rc = DB_OK;

    for (int i = 0; i < most && rc == DB_OK; i++) {
        if (draw(3) == 0)
            continue;
        s->point = intern(s->e, i);
        rc = say_premise(s);
        for (int n = draw(4); n > 0 && rc == DB_OK; n--)
            rc = say_rep(s);
        for (int n = draw(3); n > 0 && rc == DB_OK; n--)
            rc = say_meter(s);
    }
    return rc == DB_OK ? db_registry_mark(db, s->load) : rc;
}

static void
registry_comes(struct engine *e, int64_t load)
{
    struct statement s = {e, load, 0};

    assert_int_equal(db_tx(e->db, DB_MARKET, registry_tx, &s), DB_OK);
}

static enum db_rc
gone_tx(struct db *db, void *arg)
{
    return db_registry_del(db, *(int64_t *)arg);
}

static void
registry_goes(struct engine *e, int64_t load)
{
    assert_int_equal(db_tx(e->db, DB_MARKET, gone_tx, &load), DB_OK);
}

/* ---- what the store says ----------------------------------------------------
 */

struct wanted {
    int32_t day, installed;
    bool serves;
    struct point_rep r;
    struct point_meter m;
    char rep[16];
};

static bool
want_rep(void *arg)
{
    struct wanted *w = arg;

    if (w->r.from_day <= w->day &&
        (w->r.to_day == DAY_NONE || w->r.to_day >= w->day))
        str_copy(w->rep, sizeof w->rep, w->r.rep);
    return true;
}

static bool
want_meter(void *arg)
{
    struct wanted *w = arg;
    int32_t from = w->m.provisioned_day > w->m.installed_day
                       ? w->m.provisioned_day
                       : w->m.installed_day;

    if (w->installed == DAY_NONE)
        w->installed = w->m.installed_day;
    w->serves |= from <= w->day &&
                 (w->m.removed_day == DAY_NONE || w->m.removed_day >= w->day);
    return true;
}

static void
same_on(struct engine *e, const struct point_book *b, const struct point *p,
        int32_t day)
{
    struct wanted w = {.day = day, .installed = DAY_NONE};
    struct point_fact fact;

    assert_int_equal(db_point_rep_each(e->db, p->id, &w.r, want_rep, &w),
                     DB_OK);
    assert_int_equal(db_point_meter_each(e->db, p->id, &w.m, want_meter, &w),
                     DB_OK);
    point_facts_get(b->facts, p->id, day, &fact);
    assert_string_equal(fact.tdsp != NULL ? fact.tdsp : "", p->tdsp);
    assert_string_equal(fact.rep != NULL ? fact.rep : "", w.rep);
    assert_int_equal(fact.installed_day, w.installed);
    assert_int_equal(fact.in_service, w.serves);
    assert_int_equal(fact.solar, p->solar);
}

static void
same_as_store(struct engine *e, const struct point_book *b)
{
    static const int32_t days[] = {-9003, -8998, -1,    0,     20000,
                                   20010, 20020, 20039, 20060, 39003};
    struct point_known k;
    struct point p;
    char esiid[24];

    for (int i = 0; i < POINTS; i++) {
        bool there;

        esiid_of(esiid, i);
        there = point_map_find(b->map, esiid, strlen(esiid), &k);
        assert_int_equal(db_point_get(e->db, esiid, &p),
                         there ? DB_OK : DB_NONE);
        if (!there)
            continue;
        assert_int_equal(k.id, p.id);
        assert_int_equal(k.registered, p.registered);
        assert_string_equal(point_map_zone(b->map, k.zone), p.zone);
        for (size_t d = 0; d < sizeof days / sizeof days[0]; d++)
            if (p.registered)
                same_on(e, b, &p, days[d]);
    }
}

/* ---- tests
 * -------------------------------------------------------------------
 */

static void
file_of(const struct engine *e, char path[512])
{
    snprintf(path, 512, "%s/points", e->folder);
}

static void
book_open(struct engine *e, struct point_book *b)
{
    char path[512];

    file_of(e, path);
    assert_int_equal(point_book_open(e->db, path, b), DB_OK);
}

/* Opens the book, compares it with the store, and keeps it. */
static void
look(struct engine *e)
{
    struct point_book b;

    book_open(e, &b);
    same_as_store(e, &b);
    point_book_keep(&b, e->db);
    point_book_close(&b);
}

/* A map that was restored grows like one that was made. */
static void
test_a_restored_map_grows(void **state)
{
    struct engine *e = engine_of(state);
    enum { KEPT = 2000, ALL = 9000 };
    char(*text)[24] = malloc(ALL * sizeof *text);
    const char **list = malloc(ALL * sizeof *list);
    struct point_known k;
    struct point_book b;

    for (int i = 0; i < ALL; i++) {
        snprintf(text[i], sizeof text[i], "%d%d", 7 + i % 3, 7919 * i);
        list[i] = text[i];
    }
    book_open(e, &b);
    assert_int_equal(point_map_add(b.map, e->db, KEPT, list, CHICAGO), DB_OK);
    point_book_keep(&b, e->db);
    point_book_close(&b);
    book_open(e, &b);
    for (int at = KEPT; at < ALL; at += 1000) {
        assert_int_equal(point_map_add(b.map, e->db, 1000, list + at, CHICAGO),
                         DB_OK);
        for (int i = 0; i < ALL; i++)
            assert_true(point_map_find(b.map, text[i], strlen(text[i]), &k) ==
                        (i < at + 1000));
    }
    point_book_close(&b);
    free(list);
    free(text);
}

static int64_t
file_size(const struct engine *e)
{
    char path[512];
    struct stat st;

    file_of(e, path);
    return stat(path, &st) == 0 ? (int64_t)st.st_size : -1;
}

static void
test_a_book_follows_the_store(void **state)
{
    struct engine *e = engine_of(state);
    struct point_book held;

    seed = 7;
    look(e);
    book_open(e, &held);
    for (int64_t load = 1; load <= 12; load++) {
        registry_comes(e, load);
        intern(e, draw(POINTS));
        if (load % 4 == 3)
            registry_goes(e, load - draw(2));
        if (load % 2 == 0)
            look(e);
        assert_int_equal(point_book_catch_up(&held, e->db), DB_OK);
        same_as_store(e, &held);
    }
    point_book_close(&held);
    look(e);
    assert_true(file_size(e) > 0);
}

/* A book that came out of its file reads nothing of an unchanged store: here
 * the store's points were changed behind its back. */
static void
test_an_unchanged_store_is_not_read(void **state)
{
    struct engine *e = engine_of(state);
    struct point_book b;
    struct point_known k;
    char esiid[24];

    seed = 8;
    registry_comes(e, 1);
    look(e);
    assert_int_equal(db_run(e->db, DB_MARKET, "UPDATE point SET zone = 'UTC'",
                            IN_NONE, NULL),
                     DB_OK);
    book_open(e, &b);
    for (int i = 0; i < POINTS; i++) {
        esiid_of(esiid, i);
        if (point_map_find(b.map, esiid, strlen(esiid), &k))
            assert_string_not_equal(point_map_zone(b.map, k.zone), "UTC");
    }
    point_book_close(&b);
}

static void
test_new_points_of_a_load_are_kept(void **state)
{
    struct engine *e = engine_of(state);
    const char *esiid[] = {"10443720000000001", "10443720000000002", "A-7"};
    struct point_book b;
    int64_t before;

    book_open(e, &b);
    assert_int_equal(point_map_add(b.map, e->db, 3, esiid, CHICAGO), DB_OK);
    assert_int_equal(point_book_catch_up(&b, e->db), DB_OK);
    point_book_keep(&b, e->db);
    point_book_close(&b);
    before = file_size(e);
    assert_true(before > 0);
    look(e);
    book_open(e, &b);
    assert_int_equal(b.kept, 3);
    assert_int_equal(point_map_newest(b.map), 3);
    point_book_close(&b);
    registry_comes(e, 1);
    look(e);
}

/* Each byte of the file wrong in turn, and each length but its own. */
static void
test_a_damaged_file_is_not_believed(void **state)
{
    struct engine *e = engine_of(state);
    char path[512];
    int64_t size;
    int fd;

    seed = 9;
    registry_comes(e, 1);
    registry_comes(e, 2);
    look(e);
    size = file_size(e);
    assert_true(size > 1000);
    file_of(e, path);
    for (int64_t at = 0; at < size; at += 1 + size / 14) {
        uint8_t byte;

        look(e);
        fd = open(path, O_RDWR | O_CLOEXEC);
        assert_true(fd >= 0);
        assert_int_equal(pread(fd, &byte, 1, at), 1);
        byte ^= 0x40;
        assert_int_equal(pwrite(fd, &byte, 1, at), 1);
        close(fd);
        look(e);
    }
    for (int64_t at = 0; at < size; at += 1 + size / 6) {
        look(e);
        assert_int_equal(truncate(path, at), 0);
        look(e);
    }
}

/* A store that was put back and went on otherwise has the same numbers of
 * changes, but not the same stamps. */
static void
test_a_file_of_another_past_is_not_believed(void **state)
{
    struct engine *e = engine_of(state);

    seed = 10;
    registry_comes(e, 1);
    look(e);
    registry_goes(e, 1);
    assert_int_equal(db_run(e->db, DB_MARKET,
                            "DELETE FROM point_change WHERE seq > 1", IN_NONE,
                            NULL),
                     DB_OK);
    assert_int_equal(db_run(e->db, DB_MARKET,
                            "UPDATE point_change SET stamp = 'another'",
                            IN_NONE, NULL),
                     DB_OK);
    look(e);
}

/* The same with facts in files, which have no names. */
static void
test_a_book_in_files(void **state)
{
    const size_t most = point_facts_most;

    point_facts_most = 1;
    test_a_book_follows_the_store(state);
    point_facts_most = most;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ENGINE_TESTS(test_a_book_follows_the_store),
        ENGINE_TESTS(test_a_book_in_files),
        ENGINE_TESTS(test_a_restored_map_grows),
        ENGINE_TESTS(test_an_unchanged_store_is_not_read),
        ENGINE_TESTS(test_new_points_of_a_load_are_kept),
        ENGINE_TESTS(test_a_damaged_file_is_not_believed),
        ENGINE_TESTS(test_a_file_of_another_past_is_not_believed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
