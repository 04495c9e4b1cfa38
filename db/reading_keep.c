/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Retention: forgetting months.  A floor in the catalog hides all days before
 * it at once; then each month's rows are dropped, and last what the catalog
 * knows of them.  Whatever is cut off between two steps, the month is listed
 * again, by its rows or by the catalog, and every step may be done twice.
 */
#include <stdio.h>
#include <stdlib.h>

#include "db/reading.h"
#include "db/reading_home.h"
#include "server/base/clock.h"

/* ---- the floor ------------------------------------------------------------
 */

enum db_rc
reading_floor_get(struct db *db, int32_t *day)
{
    return db_one(db, DB_MARKET, "SELECT day FROM reading_floor WHERE id = 1",
                  IN_NONE, OUT(out_i32(day)));
}

static enum db_rc
floor_set(struct db *db, void *arg)
{
    const int32_t *day = arg;
    int64_t changed = 0;
    enum db_rc rc = db_writer_check(db);

    if (rc != DB_OK)
        return rc;
    rc = db_run(db, DB_MARKET,
                "UPDATE reading_floor SET day = $1, changes = changes + 1 "
                "WHERE id = 1 AND day <> $1",
                IN(in_i64(*day)), &changed);
    return rc == DB_OK && changed ? db_load_undone(db) : rc;
}

enum db_rc
reading_floor_set(struct db *db, int32_t day)
{
    day = day_month_start(day);
    return db_tx(db, DB_MARKET, floor_set, &day);
}

/* ---- months that are to go -------------------------------------------------
 */

struct listing {
    struct reading_month row;
    struct reading_month *at;
    size_t n, size;
    struct arena *arena;
};

static bool
list_row(void *arg)
{
    struct listing *l = arg;

    if (l->n == l->size) {
        size_t size = l->size ? 2 * l->size : 64;
        struct reading_month *more =
            ARENA_NEWN(l->arena, struct reading_month, size);

        if (l->n)
            memcpy(more, l->at, l->n * sizeof *more);
        l->at = more;
        l->size = size;
    }
    l->at[l->n++] = l->row;
    return true;
}

static int
by_month(const void *a, const void *b)
{
    int32_t x = ((const struct reading_month *)a)->month;
    int32_t y = ((const struct reading_month *)b)->month;

    return (x > y) - (x < y);
}

/* Months that have rows but no load, as after a drop that was cut off. */
static enum db_rc
list_rows(struct db *db, int32_t before, struct listing *l)
{
    const struct reading_engine *e = reading_home(db)->engine;
    struct reading_months m;
    size_t known = l->n;
    enum db_rc rc = e->months(db, l->arena, &m);

    for (size_t i = 0; rc == DB_OK && i < m.n; i++) {
        size_t k = 0;

        if (m.at[i] >= before)
            continue;
        while (k < known && l->at[k].month != m.at[i])
            k++;
        l->row = (struct reading_month){.month = m.at[i]};
        if (k == known)
            list_row(l);
    }
    for (size_t i = 0; rc == DB_OK && i < l->n; i++)
        rc = e->size(db, l->at[i].month, &l->at[i].bytes);
    return rc;
}

enum db_rc
reading_months_before(struct db *db, int32_t day, struct arena *a,
                      struct reading_month **month, size_t *n)
{
    struct listing l = {.arena = a};
    enum db_rc rc;

    rc = db_each(db, DB_MARKET,
                 "SELECT month, sum(n_records) FROM reading_part "
                 "WHERE month < $1 GROUP BY month",
                 IN(in_i64(day)),
                 OUT(out_i32(&l.row.month), out_i64(&l.row.records)), list_row,
                 &l);
    if (rc == DB_OK)
        rc = list_rows(db, day, &l);
    if (l.n)
        qsort(l.at, l.n, sizeof *l.at, by_month);
    *month = l.at;
    *n = l.n;
    return rc;
}

/* ---- dropping -------------------------------------------------------------
 */

/* What is known of a month whose rows are gone. */
static enum db_rc
forget(struct db *db, void *arg)
{
    const int32_t *month = arg;
    enum db_rc rc = db_writer_check(db);

    if (rc == DB_OK)
        rc = db_run(db, DB_MARKET,
                    "INSERT INTO reading_gone (load_id, n_records) "
                    "SELECT load_id, n_records FROM reading_part "
                    "WHERE month = $1 ON CONFLICT (load_id) DO UPDATE "
                    "SET n_records = reading_gone.n_records "
                    "+ excluded.n_records",
                    IN(in_i64(*month)), NULL);
    if (rc == DB_OK)
        rc = db_run(db, DB_MARKET,
                    "DELETE FROM reading_source WHERE load_id IN "
                    "(SELECT load_id FROM reading_part WHERE month = $1) "
                    "AND NOT EXISTS (SELECT 1 FROM reading_part p WHERE "
                    "p.load_id = reading_source.load_id AND p.month <> $1)",
                    IN(in_i64(*month)), NULL);
    if (rc == DB_OK)
        rc = db_run(db, DB_MARKET,
                    "DELETE FROM reading_rewritten WHERE month = $1",
                    IN(in_i64(*month)), NULL);
    if (rc == DB_OK)
        rc = db_run(db, DB_MARKET, "DELETE FROM reading_part WHERE month = $1",
                    IN(in_i64(*month)), NULL);
    /* there is nothing left to count anew; ranges lie within a month each */
    if (rc == DB_OK)
        rc = db_run(db, DB_MARKET,
                    "DELETE FROM coverage_stale "
                    "WHERE first_day >= $1 AND last_day < $2",
                    IN(in_i64(*month), in_i64(reading_month_next(*month))),
                    NULL);
    return rc;
}

enum db_rc
reading_drop(struct db *db, int32_t month)
{
    int32_t floor;
    enum db_rc rc = reading_floor_get(db, &floor);

    if (rc != DB_OK)
        return rc;
    if (month >= floor) {
        snprintf(db->error, sizeof db->error,
                 "readings of a month that is kept cannot be dropped");
        return DB_FAIL;
    }
    rc = reading_home(db)->engine->drop(db, month);
    return rc == DB_OK ? db_tx(db, DB_MARKET, forget, &month) : rc;
}
