/* SPDX-License-Identifier: Apache-2.0 */
/* Versions of billed periods, on both engines. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/billed.h"
#include "db/point.h"
#include "server/base/clock.h"
#include "tests/store/engines.h"

struct list {
    struct billed at[64];
    size_t n, next;
};

static bool
list_next(void *arg, const struct billed **b)
{
    struct list *l = arg;

    if (l->next == l->n)
        return false;
    *b = &l->at[l->next++];
    return true;
}

static enum db_rc
list_add(struct db *db, void *arg)
{
    return db_billed_add(db, list_next, arg);
}

static struct billed *
put(struct list *l, int64_t point, int32_t start, int64_t stamp, int64_t load,
    int64_t kwh)
{
    struct billed *b = &l->at[l->n++];

    *b = (struct billed){.point_id = point,
                         .start_day = start,
                         .end_day = start + 29,
                         .stamp = stamp,
                         .load_id = load,
                         .kwh = {kwh * DECIMAL_ONE, 0}};
    return b;
}

struct text {
    struct billed b;
    char text[512];
};

static bool
text_row(void *arg)
{
    struct text *t = arg;
    size_t n = strlen(t->text);

    snprintf(t->text + n, sizeof t->text - n, "%d@%d:%d%s ", t->b.start_day,
             (int)t->b.stamp, (int)(t->b.kwh.micro / DECIMAL_ONE),
             t->b.current ? "*" : "");
    return true;
}

static void
expect(struct engine *e, int64_t id, const char *current, const char *all)
{
    struct text t = {.text = ""};

    assert_int_equal(db_billed_each(e->db, id, 0, 1000, &t.b, text_row, &t),
                     DB_OK);
    assert_string_equal(t.text, current);
    t.text[0] = '\0';
    assert_int_equal(
        db_billed_each_version(e->db, id, 0, 1000, &t.b, text_row, &t), DB_OK);
    assert_string_equal(t.text, all);
}

static void
test_the_newest_is_current(void **state)
{
    struct engine *e = engine_of(state);
    struct list l = {.n = 0};
    int64_t id;

    assert_int_equal(db_point_intern(e->db, "1", "UTC", &id), DB_OK);
    put(&l, id, 100, 7, 1, 10);
    put(&l, id, 100, 9, 2, 12);
    put(&l, id, 100, 8, 3, 12); /* with its newer neighbour one version */
    put(&l, id, 100, 6, 4, 12);
    put(&l, id, 130, 5, 5, 20);
    put(&l, id, 130, 5, 6, 21); /* same stamp: the greater value */
    put(&l, id, 2000, 5, 7, 1);
    assert_int_equal(db_tx(e->db, DB_MARKET, list_add, &l), DB_OK);
    expect(e, id, "100@9:12* 130@5:21* ",
           "100@9:12* 100@7:10 100@6:12 130@5:21* 130@5:20 ");
    assert_int_equal(db_billed_del(e->db, 2), DB_OK);
    expect(e, id, "100@8:12* 130@5:21* ",
           "100@8:12* 100@7:10 100@6:12 130@5:21* 130@5:20 ");
}

static void
test_values_come_back_to_the_digit(void **state)
{
    struct engine *e = engine_of(state);
    struct list l = {.n = 0};
    struct text t = {.text = ""};
    struct billed *b;
    int64_t id;

    assert_int_equal(db_point_intern(e->db, "1", "UTC", &id), DB_OK);
    b = put(&l, id, 100, 20260102030405, 1, 0);
    b->kwh = (struct decimal){1123450000, 3};
    b->metered_kw = (struct billed_value){true, {5500000, 1}};
    b->billed_kva = (struct billed_value){true, {DECIMAL_MAX, 6}};
    b->metered_kva = (struct billed_value){true, {0, 0}};
    assert_int_equal(db_tx(e->db, DB_MARKET, list_add, &l), DB_OK);
    assert_int_equal(db_billed_each(e->db, id, 129, 129, &t.b, text_row, &t),
                     DB_OK);
    assert_true(billed_same(&t.b, b) && t.b.stamp == b->stamp);
    assert_true(t.b.kwh.places == 3 && t.b.metered_kva.given &&
                !t.b.billed_kw.given && t.b.billed_kva.value.places == 6);
    t.text[0] = '\0';
    assert_int_equal(db_billed_each(e->db, id, 130, 200, &t.b, text_row, &t),
                     DB_OK);
    assert_string_equal(t.text, "");
}

/* Whatever the order in which rows arrive, the history is the same. */
static void
test_every_order_gives_the_same(void **state)
{
    struct engine *e = engine_of(state);
    char want[512] = "";

    for (int round = 0; round < 40; round++) {
        struct list l = {.n = 0};
        struct text t = {.text = ""};
        char esiid[8];
        int64_t id;

        snprintf(esiid, sizeof esiid, "%d", round);
        assert_int_equal(db_point_intern(e->db, esiid, "UTC", &id), DB_OK);
        for (int i = 0; i < 30; i++)
            put(&l, id, 100 + i % 2, i * 7 % 9, 0, i * 5 % 3);
        srand((unsigned)round);
        for (size_t i = l.n; i > 1; i--) {
            size_t j = (size_t)rand() % i;
            struct billed b = l.at[j];

            l.at[j] = l.at[i - 1];
            l.at[i - 1] = b;
        }
        for (size_t i = 0; i < l.n; i++)
            l.at[i].load_id = (int64_t)i + 1;
        assert_int_equal(db_tx(e->db, DB_MARKET, list_add, &l), DB_OK);
        assert_int_equal(
            db_billed_each_version(e->db, id, 0, 999, &t.b, text_row, &t),
            DB_OK);
        if (round == 0)
            strcpy(want, t.text);
        assert_string_equal(t.text, want);
    }
    assert_true(strlen(want) > 50);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ENGINE_TESTS(test_the_newest_is_current),
        ENGINE_TESTS(test_values_come_back_to_the_digit),
        ENGINE_TESTS(test_every_order_gives_the_same),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
