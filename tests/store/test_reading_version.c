/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Versions on both engines: which record is current, which are history, and
 * that they are a function of the visible records whatever the order of files.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/store/records.h"

/* ---- versions ------------------------------------------------------------ */

static void
test_replace(void **test)
{
    struct engine *e = engine_of(test);
    struct outcomes out;
    int64_t stamp;

    points_make(e->db, 3);
    records_load(e->db, FILE_OF(10, 1, {1, 0, 4, 500, 7, "A"}), &out);
    assert_int_equal(out.at[0], READING_LOADED);
    /* Newer and different; older and different; newer and the same. */
    records_load(e->db,
                 FILE_OF(11, 1, {1, 0, 4, 600, 8, "B"}, {2, 0, 4, 1, 1, "B"}),
                 &out);
    assert_int_equal(out.at[0], READING_REPLACED);
    assert_int_equal(out.at[1], READING_LOADED);
    assert_int_equal(current(e->db, 1, 0, &stamp), 8);
    records_load(e->db, FILE_OF(12, 1, {1, 0, 4, 400, 9, "C"}), &out);
    assert_int_equal(out.at[0], READING_HISTORIC);
    assert_int_equal(current(e->db, 1, 0, &stamp), 8);
    assert_int_equal(stamp, 600);
    records_load(e->db, FILE_OF(13, 1, {1, 0, 4, 700, 8, "D"}), &out);
    assert_int_equal(out.at[0], READING_UNCHANGED);
    assert_int_equal(current(e->db, 1, 0, &stamp), 8);
    assert_int_equal(stamp, 700);
    /* The same as the oldest, between it and the next. */
    records_load(e->db, FILE_OF(14, 1, {1, 0, 4, 450, 9, "E"}), &out);
    assert_int_equal(out.at[0], READING_UNCHANGED);
    /* Back to what was current long ago is a change. */
    records_load(e->db, FILE_OF(15, 1, {1, 0, 4, 800, 7, "F"}), &out);
    assert_int_equal(out.at[0], READING_REPLACED);
    assert_check_clean(e->db);
}

/* Equal stamps: the file's stamp decides, then its counter, then the id. */
static void
test_ties(void **test)
{
    struct engine *e = engine_of(test);
    struct outcomes out;

    points_make(e->db, 2);
    records_load(e->db, FILE_OF(20, 5, {1, 0, 4, 500, 1, "M"}), &out);
    records_load(e->db, FILE_OF(19, 9, {1, 0, 4, 500, 2, "Z"}), &out);
    assert_int_equal(out.at[0], READING_HISTORIC);
    records_load(e->db, FILE_OF(20, 4, {1, 0, 4, 500, 3, "Z"}), &out);
    assert_int_equal(out.at[0], READING_HISTORIC);
    records_load(e->db, FILE_OF(20, 5, {1, 0, 4, 500, 4, "L"}), &out);
    assert_int_equal(out.at[0], READING_HISTORIC);
    records_load(e->db, FILE_OF(20, 5, {1, 0, 4, 500, 5, "N"}), &out);
    assert_int_equal(out.at[0], READING_REPLACED);
    records_load(e->db, FILE_OF(20, 6, {1, 0, 4, 500, 6, "A"}), &out);
    assert_int_equal(out.at[0], READING_REPLACED);
    records_load(e->db, FILE_OF(20, 6, {1, 0, 4, 500, 6, "A"}), &out);
    assert_int_equal(out.at[0], READING_UNCHANGED);
    assert_int_equal(current(e->db, 1, 0, NULL), 6);
}

static void
test_duplicates(void **test)
{
    struct engine *e = engine_of(test);
    struct outcomes out;
    struct reading_stats s;

    points_make(e->db, 3);
    records_load(e->db,
                 FILE_OF(10, 1, {1, 0, 4, 500, 1, "A"}, {2, 0, 4, 500, 2, "B"},
                         {1, 0, 4, 700, 3, "C"}, {1, 0, 4, 600, 4, "D"},
                         {1, 0, 1, 600, 5, "E"}, {1, 1, 4, 600, 6, "F"},
                         {2, 0, 4, 500, 7, "BB"}, {2, 0, 4, 500, 7, "BB"}),
                 &out);
    assert_int_equal(out.at[0], READING_DUPLICATE);
    assert_int_equal(out.at[1], READING_DUPLICATE);
    assert_int_equal(out.at[2], READING_LOADED);
    assert_int_equal(out.at[3], READING_DUPLICATE);
    assert_int_equal(out.at[4], READING_LOADED);
    assert_int_equal(out.at[5], READING_LOADED);
    /* Of two that are equal in all, either. */
    assert_int_equal(
        (out.at[6] == READING_LOADED) + (out.at[7] == READING_LOADED), 1);
    assert_int_equal(current(e->db, 2, 0, NULL), 7);
    assert_int_equal(reading_stats(e->db, &s), DB_OK);
    assert_int_equal(s.records, 4);
    assert_check_clean(e->db);
}

/* ---- against a slow model ------------------------------------------------ */

#define WORLD_FILES  12
#define WORLD_RECS   40
#define WORLD_POINTS 10

struct held {
    struct rec rec;
    int64_t file_stamp;
    int file_counter;
};

static int
held_compare(const void *a, const void *b)
{
    const struct held *x = a, *y = b;

    if (x->rec.point != y->rec.point)
        return x->rec.point - y->rec.point;
    if (x->rec.day != y->rec.day)
        return x->rec.day - y->rec.day;
    if (x->rec.channel != y->rec.channel)
        return y->rec.channel - x->rec.channel;
    if (x->rec.stamp != y->rec.stamp)
        return x->rec.stamp < y->rec.stamp ? 1 : -1;
    if (x->file_stamp != y->file_stamp)
        return x->file_stamp < y->file_stamp ? 1 : -1;
    if (x->file_counter != y->file_counter)
        return y->file_counter - x->file_counter;
    return strcmp(y->rec.transaction, x->rec.transaction);
}

static bool
held_same_place(const struct held *a, const struct held *b)
{
    return a->rec.point == b->rec.point && a->rec.day == b->rec.day &&
           a->rec.channel == b->rec.channel;
}

/* The lines that dump() must give for all these records. */
static void
model_dump(struct held *h, size_t n, struct buf *b)
{
    b->len = 0;
    qsort(h, n, sizeof *h, held_compare);
    for (size_t i = 0; i < n;) {
        bool first = i == 0 || !held_same_place(&h[i - 1], &h[i]);
        struct reading_version v = {.current = first, .stamp = h[i].rec.stamp};
        struct reading_day d;
        size_t k = i;

        while (k + 1 < n && held_same_place(&h[k + 1], &h[i]) &&
               h[k + 1].rec.value == h[i].rec.value)
            k++;
        day_make(&h[k].rec, &d);
        v.file_stamp = h[k].file_stamp;
        v.file_counter = h[k].file_counter;
        dump_row(b, &d, &v);
        i = k + 1;
    }
    buf_text(b);
}

/* Files of random records that meet often, and what is said of them. */
struct world {
    struct rec rec[WORLD_FILES][WORLD_RECS];
    char id[WORLD_FILES][WORLD_RECS][16];
    struct file file[WORLD_FILES];
    struct held held[WORLD_FILES * WORLD_RECS];
    struct buf want, got;
};

/* No two records of a place have the same version. */
static void
world_make(struct world *w, struct db *db)
{
    *w = (struct world){0};
    points_make(db, WORLD_POINTS);
    for (int f = 0; f < WORLD_FILES; f++) {
        int n = 0;

        for (int k = 0; k < WORLD_POINTS * 4 && n < WORLD_RECS; k++) {
            if (dice(3))
                continue;
            snprintf(w->id[f][n], 16, "T%02d-%d", f, (int)dice(9));
            w->rec[f][n] = (struct rec){.point = 1 + k / 4,
                                        .day = 10 + k % 4,
                                        .channel = dice(4) ? 4 : 1,
                                        .stamp = 500 + (int64_t)dice(4),
                                        .value = (int)dice(3),
                                        .transaction = w->id[f][n]};
            n++;
        }
        w->file[f] =
            (struct file){20 + (int64_t)dice(3), f, w->rec[f], (size_t)n};
    }
}

static void
world_clear(struct world *w)
{
    buf_clear(&w->want);
    buf_clear(&w->got);
}

/* The store must say what the model says of the first so many files. */
static void
assert_as_model(struct world *w, size_t files, struct db *db)
{
    size_t n = 0;

    for (size_t f = 0; f < files; f++) {
        for (size_t i = 0; i < w->file[f].n; i++)
            w->held[n++] = (struct held){w->file[f].rec[i], w->file[f].stamp,
                                         w->file[f].counter};
    }
    model_dump(w->held, n, &w->want);
    dump(db, WORLD_POINTS, &w->got);
    assert_string_equal(w->got.at, w->want.at);
}

static void
test_model(void **test)
{
    struct engine *e = engine_of(test);
    static struct world w;

    world_make(&w, e->db);
    for (size_t f = 0; f < WORLD_FILES; f++) {
        records_load(e->db, &w.file[f], NULL);
        assert_as_model(&w, f + 1, e->db);
    }
    assert_check_clean(e->db);
    world_clear(&w);
}

static void
unload_all(struct db *db, const int64_t *load, size_t n)
{
    int64_t rows;

    for (size_t i = 0; i < n; i++) {
        struct load l;

        assert_int_equal(db_load_get(db, load[i], &l), DB_OK);
        assert_int_equal(db_load_end(db, &l, LOAD_UNLOADED), DB_OK);
    }
    assert_int_equal(reading_recover(db, &rows), DB_OK);
    assert_true(rows > 0);
}

/* The same files in many orders: always the same store. */
static void
test_permutations(void **test)
{
    struct engine *e = engine_of(test);
    static struct world w;

    world_make(&w, e->db);
    for (int round = 0; round < 8; round++) {
        int64_t load[WORLD_FILES];

        for (size_t i = WORLD_FILES; i > 1; i--) {
            size_t k = dice(i);
            struct file f = w.file[i - 1];

            w.file[i - 1] = w.file[k];
            w.file[k] = f;
        }
        for (size_t f = 0; f < WORLD_FILES; f++)
            load[f] = records_load(e->db, &w.file[f], NULL);
        assert_as_model(&w, WORLD_FILES, e->db);
        unload_all(e->db, load, WORLD_FILES);
        assert_as_model(&w, 0, e->db);
    }
    world_clear(&w);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ENGINE_TESTS(test_replace),      ENGINE_TESTS(test_ties),
        ENGINE_TESTS(test_duplicates),   ENGINE_TESTS(test_model),
        ENGINE_TESTS(test_permutations),
    };

    records_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
