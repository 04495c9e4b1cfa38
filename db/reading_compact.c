/* SPDX-License-Identifier: Apache-2.0 */
/* Which months are to be rewritten, and doing it. */
#include <stdio.h>
#include <stdlib.h>

#include "db/reading.h"
#include "db/reading_home.h"
#include "server/base/clock.h"
#include "server/base/log.h"

#define LATE_PERCENT 5 /* of a month's records that make it due again */

struct due {
    int32_t month;
    int64_t late, all;
    int32_t *at;
    size_t n, size;
    struct arena *arena;
};

static bool
due_row(void *arg)
{
    struct due *d = arg;

    if (d->late * 100 < d->all * LATE_PERCENT || !d->late)
        return true;
    if (d->n == d->size) {
        size_t size = d->size ? 2 * d->size : 64;
        int32_t *more = ARENA_NEWN(d->arena, int32_t, size);

        if (d->n)
            memcpy(more, d->at, d->n * sizeof *more);
        d->at = more;
        d->size = size;
    }
    d->at[d->n++] = d->month;
    return true;
}

enum db_rc
reading_compact_due(struct db *db, int32_t before, struct arena *a,
                    int32_t **month, size_t *n)
{
    struct due d = {.arena = a};
    enum db_rc rc = DB_OK;

    /* A month that ends before a day is followed by one that starts no later.
     */
    before = day_add_months(day_month_start(before), -1);
    if (reading_home(db)->engine->rewrite)
        rc = db_each(db, DB_MARKET,
                     "SELECT p.month, sum(CASE WHEN r.month IS NULL OR "
                     "p.load_id > r.newest_load THEN p.n_records ELSE 0 END), "
                     "sum(p.n_records) FROM reading_part p "
                     "JOIN load l ON l.id = p.load_id AND l.state = 2 "
                     "LEFT JOIN reading_rewritten r ON r.month = p.month "
                     "WHERE p.month <= $1 "
                     "AND p.month >= (SELECT day FROM reading_floor) "
                     "GROUP BY p.month ORDER BY p.month",
                     IN(in_i64(before)),
                     OUT(out_i32(&d.month), out_i64(&d.late), out_i64(&d.all)),
                     due_row, &d);
    *month = d.at;
    *n = d.n;
    return rc;
}

struct noting {
    int32_t month;
    int64_t newest;
};

static enum db_rc
note(struct db *db, void *arg)
{
    const struct noting *n = arg;

    return db_run(db, DB_MARKET,
                  "INSERT INTO reading_rewritten (month, newest_load, at_utc) "
                  "VALUES ($1, $2, $3) ON CONFLICT (month) DO UPDATE SET "
                  "newest_load = excluded.newest_load, "
                  "at_utc = excluded.at_utc",
                  IN(in_i64(n->month), in_i64(n->newest), in_i64(clock_now())),
                  NULL);
}

enum db_rc
reading_compact(struct db *db, int32_t month, double lock_seconds,
                struct reading_rewritten *r)
{
    struct reading_view v;
    enum db_rc rc;

    if (!reading_home(db)->engine->rewrite)
        return DB_NONE;
    rc = reading_view_open(db, &v);
    if (rc == DB_OK)
        rc = reading_home(db)->engine->rewrite(db, month, &v, lock_seconds, r);
    if (rc == DB_OK)
        rc = db_tx(db, DB_MARKET, note, &(struct noting){month, v.newest});
    reading_view_close(db, &v);
    return rc;
}
