/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Monthly billed usage.  Loads only ever add; for one point and period the rows
 * are ordered by version (stamp, then values), whatever the order of arrival,
 * and neighbours with equal values are one version with the newest stamp.
 */
#ifndef MH_DB_BILLED_H
#define MH_DB_BILLED_H

#include "db/db.h"
#include "server/base/decimal.h"

struct billed_value {
    bool given;
    struct decimal value;
};

struct billed {
    int64_t point_id;
    int32_t start_day, end_day; /* both included */
    int64_t stamp;              /* revision, YYYYMMDDHHMMSS */
    int64_t load_id;
    bool current;
    struct decimal kwh; /* actual */
    struct billed_value metered_kw, billed_kw, metered_kva, billed_kva;
};

/* Same values to the digit. */
bool billed_same(const struct billed *a, const struct billed *b);
/* Order of versions of one period: < 0 when a is older. */
int billed_compare(const struct billed *a, const struct billed *b);

/* The current row of each period that touches the days, by start; `b` is
 * reused between calls. */
enum db_rc db_billed_each(struct db *db, int64_t point_id, int32_t from_day,
                          int32_t to_day, struct billed *b,
                          bool (*row)(void *arg), void *arg);
/* The same with history: every version of a period, newest first. */
enum db_rc
db_billed_each_version(struct db *db, int64_t point_id, int32_t from_day,
                       int32_t to_day, struct billed *b, bool (*row)(void *arg),
                       void *arg);

/* ---- for loads -------------------------------------------------------------
 */
/* Every row of the points first..last whose period starts in those days, by
 * point and start. */
enum db_rc
db_billed_each_row(struct db *db, int64_t first, int64_t last, int32_t from_day,
                   int32_t to_day, struct billed *b, bool (*row)(void *arg),
                   void *arg);
/* Adds what `next` gives, inside db_tx; it sets *b to the next row. */
enum db_rc
db_billed_add(struct db *db, bool (*next)(void *arg, const struct billed **b),
              void *arg);
/* Removes a load's rows. */
enum db_rc db_billed_del(struct db *db, int64_t load_id);

#endif
