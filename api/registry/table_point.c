/* SPDX-License-Identifier: Apache-2.0 */
/* Points of a table's rows. */
#include "api/registry/table_point.h"

#include <stdlib.h>
#include <string.h>

#include "db/point.h"
#include "server/base/str.h"

/* From so many rows on all points are taken into memory first. */
#define MANY 2000
/* Points that lie further apart are read one by one. */
#define GAP 64

static bool
is_first(const struct table_points *p, size_t row)
{
    return row == 0 ||
           !str_eq(p->esiid(p->arg, row), p->esiid(p->arg, row - 1));
}

/* Gives the rows of one ESI ID from `row` on their point. */
static void
put_all(const struct table_points *p, size_t row, int64_t id)
{
    do {
        p->put(p->arg, row++, id);
    } while (row < p->n && !is_first(p, row));
}

static enum db_rc
find_few(struct db *db, const struct table_points *p, const char *zone)
{
    enum db_rc rc = DB_OK;
    int64_t id;

    for (size_t i = 0; i < p->n && rc == DB_OK; i++) {
        if (!is_first(p, i))
            continue;
        rc = db_point_intern(db, p->esiid(p->arg, i), zone, &id);
        put_all(p, i, id);
    }
    return rc;
}

/* Makes the points that the map does not have. */
static enum db_rc
make_new(struct db *db, const struct table_points *p, struct point_map *map,
         const char *zone)
{
    const char **esiid = mem_new((p->n + 1) * sizeof *esiid);
    struct point_known k;
    enum db_rc rc = DB_OK;
    size_t n = 0;

    for (size_t i = 0; i < p->n; i++) {
        const char *text = p->esiid(p->arg, i);

        if (is_first(p, i) && !point_map_find(map, text, strlen(text), &k))
            esiid[n++] = text;
    }
    if (n)
        rc = point_map_add(map, db, n, esiid, zone);
    free(esiid);
    return rc;
}

static enum db_rc
find_many(struct db *db, const struct table_points *p, const char *zone)
{
    struct point_map *map;
    struct point_known k;
    enum db_rc rc = point_map_open(db, &map);

    if (rc == DB_OK)
        rc = make_new(db, p, map, zone);
    for (size_t i = 0; i < p->n && rc == DB_OK; i++) {
        const char *text = p->esiid(p->arg, i);

        if (!is_first(p, i))
            continue;
        point_map_find(map, text, strlen(text), &k);
        put_all(p, i, k.id);
    }
    point_map_close(map);
    return rc;
}

enum db_rc
table_points_find(struct db *db, const struct table_points *p,
                  const char *default_zone)
{
    return p->n < MANY ? find_few(db, p, default_zone)
                       : find_many(db, p, default_zone);
}

enum db_rc
table_points_runs(struct db *db, const struct table_points *p,
                  enum db_rc (*run)(struct db *db, void *arg, int64_t first,
                                    int64_t last))
{
    enum db_rc rc = DB_OK;

    for (size_t i = 0; i < p->n && rc == DB_OK;) {
        int64_t first = p->id(p->arg, i), last = first;

        for (i++; i < p->n && p->id(p->arg, i) - last <= GAP; i++)
            last = p->id(p->arg, i);
        rc = run(db, p->arg, first, last);
    }
    return rc;
}
