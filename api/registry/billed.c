/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Brings a file of billed usage into the store.  Every good row is kept; how it
 * counts is found by its place among the versions of its period.
 */
#include "config.h"

#include "api/registry/billed.h"

#include <stdlib.h>
#include <string.h>

#include "api/registry/billed_file.h"
#include "api/registry/table_rows.h"
#include "server/base/clock.h"
#include "server/base/str.h"

struct loading {
    struct billed_file f;
    struct load *l;
    const char *default_zone;
    const struct point_map *points;
    size_t at;           /* of the comparison, the next one to write */
    struct billed known; /* the row of the store just read */
    bool any;            /* the period of row `at` has versions */
    bool has_above, has_below;
    struct billed above, below; /* the nearest ones */
};

/* ---- its place among the versions ------------------------------------------
 */

static int
period_compare(const struct billed *a, const struct billed *b)
{
    if (a->point_id != b->point_id)
        return a->point_id < b->point_id ? -1 : 1;
    if (a->start_day != b->start_day)
        return a->start_day < b->start_day ? -1 : 1;
    return (a->end_day > b->end_day) - (a->end_day < b->end_day);
}

static void
outcome_set(struct loading *s)
{
    struct billed_row *row = &s->f.row[s->at];

    if (!s->any)
        row->outcome = BILLED_LOADED;
    else if ((s->has_above && billed_same(&row->b, &s->above)) ||
             (s->has_below && billed_same(&row->b, &s->below)))
        row->outcome = BILLED_UNCHANGED;
    else
        row->outcome = s->has_above ? BILLED_HISTORIC : BILLED_REPLACED;
    s->any = s->has_above = s->has_below = false;
    s->at++;
}

static void
neighbour_take(struct loading *s)
{
    const struct billed *b = &s->f.row[s->at].b, *k = &s->known;

    s->any = true;
    if (billed_compare(k, b) > 0) {
        if (!s->has_above || billed_compare(k, &s->above) < 0)
            s->above = *k;
        s->has_above = true;
    } else {
        if (!s->has_below || billed_compare(k, &s->below) > 0)
            s->below = *k;
        s->has_below = true;
    }
}

/* Rows of the store and of the file come by the same order. */
static bool
known_row(void *arg)
{
    struct loading *s = arg;

    while (s->at < s->f.n && period_compare(&s->f.row[s->at].b, &s->known) < 0)
        outcome_set(s);
    if (s->at == s->f.n)
        return false;
    if (period_compare(&s->f.row[s->at].b, &s->known) == 0)
        neighbour_take(s);
    return true;
}

static enum db_rc
run_compare(struct db *db, void *arg, int64_t first, int64_t last)
{
    struct loading *s = arg;
    enum db_rc rc = db_billed_each_row(db, first, last, s->f.from_day,
                                       s->f.to_day, &s->known, known_row, s);

    while (rc == DB_OK && s->at < s->f.n && s->f.row[s->at].b.point_id <= last)
        outcome_set(s);
    return rc;
}

/* ---- the transaction -------------------------------------------------------
 */

static void
rows_count(const void *arg, struct load_counts *n)
{
    const struct billed_file *f = &((const struct loading *)arg)->f;

    *n = (struct load_counts){.read = f->read,
                              .rejected = (int64_t)f->rejects->n,
                              .unchanged = f->again};
    for (size_t i = 0; i < f->n; i++) {
        int64_t *const count[] = {[BILLED_LOADED] = &n->loaded,
                                  [BILLED_REPLACED] = &n->replaced,
                                  [BILLED_UNCHANGED] = &n->unchanged,
                                  [BILLED_HISTORIC] = &n->historic};

        ++*count[f->row[i].outcome];
        n->warned += !f->row[i].registered;
    }
}

static const char *
row_esiid(const void *arg, size_t i)
{
    const struct loading *s = arg;

    return s->f.text.at + s->f.row[i].esiid;
}

static void
row_point(void *arg, size_t i, int64_t id, bool registered)
{
    struct loading *s = arg;

    s->f.row[i].b.point_id = id;
    s->f.row[i].registered = registered;
}

static int64_t
row_id(const void *arg, size_t i)
{
    const struct loading *s = arg;

    return s->f.row[i].b.point_id;
}

static int
by_point(const void *a, const void *b)
{
    return period_compare(&((const struct billed_row *)a)->b,
                          &((const struct billed_row *)b)->b);
}

static bool
row_keep(void *arg, const struct billed **b)
{
    struct loading *s = arg;
    struct billed_row *row = &s->f.row[s->at];

    if (s->at == s->f.n)
        return false;
    row->b.load_id = s->l->id;
    *b = &row->b;
    s->at++;
    return true;
}

static enum db_rc
rows_keep(struct db *db, void *arg)
{
    struct loading *s = arg;

    s->at = 0;
    return db_billed_add(db, row_keep, s);
}

static void
rows_sort(void *arg)
{
    struct loading *s = arg;

    qsort(s->f.row, s->f.n, sizeof *s->f.row, by_point);
    s->at = 0;
    s->any = s->has_above = s->has_below = false;
}

static enum db_rc
load_tx(struct db *db, void *arg)
{
    struct loading *s = arg;

    return table_rows_load(db, &(struct table_rows){
                                   .n = s->f.n,
                                   .l = s->l,
                                   .default_zone = s->default_zone,
                                   .known = s->points,
                                   .arg = s,
                                   .esiid = row_esiid,
                                   .put = row_point,
                                   .id = row_id,
                                   .sort = rows_sort,
                                   .compare = run_compare,
                                   .count = rows_count,
                                   .keep = rows_keep,
                               });
}

enum db_rc
billed_load(struct db *db, const void *text, size_t n, const char *default_zone,
            const struct point_map *known, struct load *l,
            struct table_rejects *rejects)
{
    struct loading s = {.l = l, .default_zone = default_zone, .points = known};
    enum db_rc rc = DB_NONE;

    str_copy(l->kind, sizeof l->kind, "billed");
    if (billed_file_read(&s.f, text, n, rejects))
        rc = db_tx(db, DB_MARKET, load_tx, &s);
    billed_file_clear(&s.f);
    return rc;
}

/* ---- taking one back -------------------------------------------------------
 */

static enum db_rc
unload_tx(struct db *db, void *arg)
{
    struct load *l = arg;
    enum db_rc rc = db_billed_del(db, l->id);

    return rc == DB_OK ? db_load_end(db, l, LOAD_UNLOADED) : rc;
}

enum db_rc
billed_unload(struct db *db, struct load *l)
{
    struct load before = *l;
    enum db_rc rc = db_tx(db, DB_MARKET, unload_tx, l);

    if (rc != DB_OK)
        *l = before;
    return rc;
}
