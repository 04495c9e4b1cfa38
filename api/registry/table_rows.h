/* SPDX-License-Identifier: Apache-2.0 */
/* One transaction of a table's rows: from their ESI IDs to points, and from
 * points to runs of neighbours that one query reads. */
#ifndef MH_REGISTRY_TABLE_ROWS_H
#define MH_REGISTRY_TABLE_ROWS_H

#include "db/load.h"
#include "db/point.h"

/* The rows of a table and what is done with them; `arg` is the kind's own. */
struct table_rows {
    size_t n;
    struct load *l;
    const char *default_zone;
    const struct point_map *known; /* every point */
    void *arg;
    const char *(*esiid)(const void *arg, size_t row);
    /* The REP if the row's still serves the point, else "".  Its days come in
     * files of its own: new points of one REP get neighbouring numbers.  NULL
     * where rows have none. */
    const char *(*rep)(const void *arg, size_t row);
    void (*put)(void *arg, size_t row, int64_t id, bool registered);
    int64_t (*id)(const void *arg, size_t row);
    /* Puts the rows in the order of their points. */
    void (*sort)(void *arg);
    /* Compares the rows of the points first..last with what is known; runs
     * come in ascending order. */
    enum db_rc (*compare)(struct db *db, void *arg, int64_t first,
                          int64_t last);
    void (*count)(const void *arg, struct load_counts *n);
    /* Adds what is to be kept under the load. */
    enum db_rc (*keep)(struct db *db, void *arg);
};

/*
 * Inside db_tx: finds the point of each row (rows of one ESI ID stand together)
 * and makes those that are new, compares, counts, opens the load, keeps and
 * commits.  It may run again, then with the rows in the order of `sort`.
 */
enum db_rc table_rows_load(struct db *db, const struct table_rows *t);

#endif
