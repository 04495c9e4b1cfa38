/* SPDX-License-Identifier: Apache-2.0 */
/* From the ESI IDs of a table's rows to points, and from points to runs of
 * neighbours that one query reads. */
#ifndef MH_REGISTRY_TABLE_POINT_H
#define MH_REGISTRY_TABLE_POINT_H

#include "db/db.h"

/* The rows of a table, as little of them as is needed. */
struct table_points {
    size_t n;
    void *arg;
    const char *(*esiid)(const void *arg, size_t row);
    void (*put)(void *arg, size_t row, int64_t id);
    int64_t (*id)(const void *arg, size_t row);
};

/* Inside db_tx: finds the point of each row and makes those that are new.  Rows
 * of one ESI ID stand together. */
enum db_rc table_points_find(struct db *db, const struct table_points *p,
                             const char *default_zone);
/* Calls `run` for each run of points, whose rows are now ordered by point. */
enum db_rc table_points_runs(struct db *db, const struct table_points *p,
                             enum db_rc (*run)(struct db *db, void *arg,
                                               int64_t first, int64_t last));

#endif
