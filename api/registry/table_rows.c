/* SPDX-License-Identifier: Apache-2.0 */
/* One transaction of a table's rows. */
#include "api/registry/table_rows.h"

#include <stdlib.h>
#include <string.h>

#include "db/point.h"
#include "server/base/str.h"

/* Fewer rows are looked up one by one. */
#define MANY 2000
/* Points that lie further apart are read one by one. */
#define GAP 64

static bool
is_first(const struct table_rows *p, size_t row)
{
    return row == 0 ||
           !str_eq(p->esiid(p->arg, row), p->esiid(p->arg, row - 1));
}

/* Gives the rows of one ESI ID from `row` on their point. */
static void
put_all(const struct table_rows *p, size_t row, int64_t id, bool registered)
{
    do {
        p->put(p->arg, row++, id, registered);
    } while (row < p->n && !is_first(p, row));
}

static enum db_rc
find_few(struct db *db, const struct table_rows *p, const char *zone)
{
    enum db_rc rc = DB_OK;

    for (size_t i = 0; i < p->n && rc == DB_OK; i++) {
        struct point point = {.registered = false};

        if (!is_first(p, i))
            continue;
        rc = db_point_get(db, p->esiid(p->arg, i), &point);
        if (rc == DB_NONE)
            rc = db_point_intern(db, p->esiid(p->arg, i), zone, &point.id);
        put_all(p, i, point.id, point.registered);
    }
    return rc;
}

struct fresh {
    const char *rep, *esiid;
};

static int
by_rep(const void *a, const void *b)
{
    return strcmp(((const struct fresh *)a)->rep,
                  ((const struct fresh *)b)->rep);
}

/* The REP that one of the ESI ID's rows says to serve it. */
static const char *
rep_of(const struct table_rows *p, size_t row)
{
    const char *rep = "";

    if (!p->rep)
        return rep;
    do {
        rep = p->rep(p->arg, row++);
    } while (!*rep && row < p->n && !is_first(p, row));
    return rep;
}

/* Adds n new points, REP by REP: readings of neighbouring numbers lie side by
 * side, and come in one file. */
static enum db_rc
add_new(struct db *db, struct point_map *map, const char *zone,
        struct fresh *fresh, size_t n)
{
    const char **esiid = mem_new((n + 1) * sizeof *esiid);
    enum db_rc rc = DB_OK;

    qsort(fresh, n, sizeof *fresh, by_rep);
    for (size_t i = 0, some; i < n && rc == DB_OK; i += some) {
        for (some = 0;
             i + some < n && str_eq(fresh[i + some].rep, fresh[i].rep); some++)
            esiid[some] = fresh[i + some].esiid;
        rc = point_map_add(map, db, some, esiid, zone);
    }
    free(esiid);
    return rc;
}

/* Makes the points that the map does not have. */
static enum db_rc
make_new(struct db *db, const struct table_rows *p, struct point_map *map,
         const char *zone)
{
    struct fresh *fresh = mem_new((p->n + 1) * sizeof *fresh);
    struct point_known k;
    enum db_rc rc = DB_OK;
    size_t n = 0;

    for (size_t i = 0; i < p->n; i++) {
        const char *text = p->esiid(p->arg, i);

        if (is_first(p, i) && !point_map_find(map, text, strlen(text), &k))
            fresh[n++] = (struct fresh){rep_of(p, i), text};
    }
    if (n)
        rc = add_new(db, map, zone, fresh, n);
    free(fresh);
    return rc;
}

static enum db_rc
find_many(struct db *db, const struct table_rows *p, const char *zone)
{
    struct point_map *map = point_map_above(p->known);
    struct point_known k;
    enum db_rc rc;

    rc = make_new(db, p, map, zone);
    for (size_t i = 0; i < p->n && rc == DB_OK; i++) {
        const char *text = p->esiid(p->arg, i);

        if (!is_first(p, i))
            continue;
        point_map_find(map, text, strlen(text), &k);
        put_all(p, i, k.id, k.registered);
    }
    point_map_close(map);
    return rc;
}

static enum db_rc
find(struct db *db, const struct table_rows *t)
{
    return t->n < MANY ? find_few(db, t, t->default_zone)
                       : find_many(db, t, t->default_zone);
}

static enum db_rc
compare(struct db *db, const struct table_rows *t)
{
    enum db_rc rc = DB_OK;

    for (size_t i = 0; i < t->n && rc == DB_OK;) {
        int64_t first = t->id(t->arg, i), last = first;

        for (i++; i < t->n && t->id(t->arg, i) - last <= GAP; i++)
            last = t->id(t->arg, i);
        rc = t->compare(db, t->arg, first, last);
    }
    return rc;
}

enum db_rc
table_rows_load(struct db *db, const struct table_rows *t)
{
    enum db_rc rc = find(db, t);

    if (rc != DB_OK)
        return rc;
    if (t->n)
        t->sort(t->arg);
    rc = compare(db, t);
    if (rc != DB_OK)
        return rc;
    t->count(t->arg, &t->l->n);
    rc = db_load_add(db, t->l);
    if (rc == DB_OK)
        rc = t->keep(db, t->arg);
    return rc == DB_OK ? db_load_commit(db, t->l) : rc;
}
