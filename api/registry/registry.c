/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Brings a registry file into the store: finds the points, compares each
 * statement with what is in force, keeps those that say something new.
 *
 * Everything happens in one transaction.  Rows are ordered by point, so that
 * what is known is read in long runs and what is new is written in the order of
 * the tables' keys.
 */
#include "config.h"

#include "api/registry/registry.h"

#include <stdlib.h>
#include <string.h>

#include "api/registry/registry_file.h"
#include "api/registry/table_rows.h"
#include "db/registry.h"
#include "server/base/clock.h"
#include "server/base/str.h"

struct loading {
    struct registry_file f;
    struct load *l;
    const char *default_zone;
    const struct point_map *known;
    bool own_only;           /* it came from a TDSP, not the operator */
    struct registry_row *at; /* of the comparison, the next one to write */
};

static struct registry_row *
rows_end(struct loading *s)
{
    return s->f.row + s->f.n;
}

/* ---- what is known ---------------------------------------------------------
 */

/* Moves to the first row of that point; NULL when there is none. */
static struct registry_row *
rows_of(struct loading *s, int64_t point_id)
{
    while (s->at < rows_end(s) && s->at->point_id < point_id)
        s->at++;
    return s->at < rows_end(s) && s->at->point_id == point_id ? s->at : NULL;
}

static uint8_t
said(bool same)
{
    return same ? SAID_SAME : SAID_CHANGED;
}

/* A TDSP cannot take a point from another; the operator can. */
static void
rows_others(struct loading *s, struct registry_row *row, bool others)
{
    int64_t point_id = row->point_id;

    for (; row < rows_end(s) && row->point_id == point_id; row++)
        row->others = others;
}

/* Of a point's rows the first one states the premise. */
static bool
premise_known(void *arg, const struct registry_premise *p)
{
    struct loading *s = arg;
    struct registry_row *row = rows_of(s, p->point_id);
    const char *const known[PREMISE_TEXTS] = {
        p->premise, p->zone, p->customer_class, p->solar ? "Y" : "N",
        p->address, p->city, p->state,          p->zip};
    const char *text;
    bool same;

    if (!row)
        return true;
    same = str_eq(p->tdsp, s->f.tdsp);
    rows_others(s, row, s->own_only && !same);
    text = registry_text(&s->f, row->premise);
    for (int i = 0; i < PREMISE_TEXTS; i++) {
        same = same && str_eq(text, known[i]);
        text = registry_text_next(text);
    }
    row->said[OF_PREMISE] = said(same);
    return true;
}

static bool
meter_known(void *arg, const struct registry_meter *m)
{
    struct loading *s = arg;
    struct registry_row *row = rows_of(s, m->point_id);

    for (; row && row < rows_end(s) && row->point_id == m->point_id; row++) {
        const char *number = registry_text(&s->f, row->meter);
        const char *serial = registry_text_next(number);

        if (row->said[OF_METER] == SAID_AGAIN ||
            row->installed_day != m->installed_day ||
            !str_eq(number, m->number))
            continue;
        row->said[OF_METER] = said(row->provisioned_day == m->provisioned_day &&
                                   row->removed_day == m->removed_day &&
                                   str_eq(serial, m->serial) &&
                                   str_eq(registry_text_next(serial), m->make));
    }
    return true;
}

static bool
rep_known(void *arg, const struct registry_rep *r)
{
    struct loading *s = arg;
    struct registry_row *row = rows_of(s, r->point_id);

    for (; row && row < rows_end(s) && row->point_id == r->point_id; row++) {
        if (row->said[OF_REP] == SAID_AGAIN ||
            row->said[OF_REP] == SAID_NOTHING || row->from_day != r->from_day)
            continue;
        row->said[OF_REP] =
            said(row->to_day == r->to_day &&
                 str_eq(registry_text(&s->f, row->rep), r->rep));
    }
    return true;
}

/* Compares one run of points. */
static enum db_rc
run_compare(struct db *db, void *arg, int64_t first, int64_t last)
{
    struct loading *s = arg;
    struct registry_row *start = s->at;
    enum db_rc rc = db_registry_premise_each(db, first, last, premise_known, s);

    s->at = start;
    if (rc == DB_OK)
        rc = db_registry_meter_each(db, first, last, meter_known, s);
    s->at = start;
    if (rc == DB_OK)
        rc = db_registry_rep_each(db, first, last, rep_known, s);
    s->at = start;
    rows_of(s, last + 1);
    return rc;
}

/* ---- what is new -----------------------------------------------------------
 */

/* The next row whose statement of that kind is to be kept. */
static const struct registry_row *
next_to_keep(struct loading *s, enum statement kind)
{
    while (s->at < rows_end(s)) {
        const struct registry_row *row = s->at++;

        if (!row->others &&
            (row->said[kind] == SAID_NEW || row->said[kind] == SAID_CHANGED))
            return row;
    }
    return NULL;
}

static bool
premise_keep(void *arg, struct registry_premise *p)
{
    struct loading *s = arg;
    const struct registry_row *row = next_to_keep(s, OF_PREMISE);
    const char *text;

    if (!row)
        return false;
    text = registry_text(&s->f, row->premise);
    p->point_id = row->point_id;
    p->tdsp = s->f.tdsp;
    p->premise = text;
    p->zone = text = registry_text_next(text);
    p->customer_class = text = registry_text_next(text);
    text = registry_text_next(text);
    p->solar = *text == 'Y';
    p->address = text = registry_text_next(text);
    p->city = text = registry_text_next(text);
    p->state = text = registry_text_next(text);
    p->zip = registry_text_next(text);
    return true;
}

static bool
meter_keep(void *arg, struct registry_meter *m)
{
    struct loading *s = arg;
    const struct registry_row *row = next_to_keep(s, OF_METER);

    if (!row)
        return false;
    m->point_id = row->point_id;
    m->number = registry_text(&s->f, row->meter);
    m->serial = registry_text_next(m->number);
    m->make = registry_text_next(m->serial);
    m->installed_day = row->installed_day;
    m->provisioned_day = row->provisioned_day;
    m->removed_day = row->removed_day;
    return true;
}

static bool
rep_keep(void *arg, struct registry_rep *r)
{
    struct loading *s = arg;
    const struct registry_row *row = next_to_keep(s, OF_REP);

    if (!row)
        return false;
    r->point_id = row->point_id;
    r->rep = registry_text(&s->f, row->rep);
    r->from_day = row->from_day;
    r->to_day = row->to_day;
    return true;
}

static enum db_rc
rows_keep(struct db *db, void *arg)
{
    struct loading *s = arg;
    enum db_rc rc;

    s->at = s->f.row;
    rc = db_registry_premise_add(db, s->l->id, premise_keep, s);
    s->at = s->f.row;
    if (rc == DB_OK)
        rc = db_registry_meter_add(db, s->l->id, meter_keep, s);
    s->at = s->f.row;
    if (rc == DB_OK)
        rc = db_registry_rep_add(db, s->l->id, rep_keep, s);
    return rc == DB_OK ? db_registry_mark(db, s->l->id) : rc;
}

/* ---- the transaction -------------------------------------------------------
 */

static void
rows_count(const void *arg, struct load_counts *n)
{
    const struct registry_file *f = &((const struct loading *)arg)->f;

    *n = (struct load_counts){.read = f->read,
                              .rejected = (int64_t)f->rejects->n,
                              .warned = f->warned};
    for (size_t i = 0; i < f->n; i++) {
        const uint8_t *said = f->row[i].said;
        bool fresh = false, changed = false;

        for (int k = 0; k < STATEMENTS; k++) {
            fresh = fresh || said[k] == SAID_NEW;
            changed = changed || said[k] == SAID_CHANGED;
        }
        if (f->row[i].others)
            n->rejected++;
        else if (changed)
            n->replaced++;
        else if (fresh)
            n->loaded++;
        else
            n->unchanged++;
    }
}

/* A transaction may run again: nothing is known yet. */
static void
rows_forget(struct registry_file *f)
{
    for (size_t i = 0; i < f->n; i++) {
        f->row[i].others = false;
        for (int k = 0; k < STATEMENTS; k++) {
            if (f->row[i].said[k] > SAID_AGAIN)
                f->row[i].said[k] = SAID_NEW;
        }
    }
}

static const char *
row_esiid(const void *arg, size_t i)
{
    const struct loading *s = arg;

    return registry_text(&s->f, s->f.row[i].esiid);
}

static const char *
row_rep(const void *arg, size_t i)
{
    const struct loading *s = arg;
    const struct registry_row *row = &s->f.row[i];

    return row->to_day == DAY_NONE ? registry_text(&s->f, row->rep) : "";
}

static void
row_point(void *arg, size_t i, int64_t id, bool registered)
{
    struct loading *s = arg;

    (void)registered;
    s->f.row[i].point_id = id;
}

static int64_t
row_id(const void *arg, size_t i)
{
    const struct loading *s = arg;

    return s->f.row[i].point_id;
}

static int
by_point(const void *a, const void *b)
{
    const struct registry_row *ra = a, *rb = b;

    if (ra->point_id != rb->point_id)
        return ra->point_id < rb->point_id ? -1 : 1;
    return (ra->line > rb->line) - (ra->line < rb->line);
}

static void
rows_sort(void *arg)
{
    struct loading *s = arg;

    qsort(s->f.row, s->f.n, sizeof *s->f.row, by_point);
    s->at = s->f.row;
}

static enum db_rc
load_tx(struct db *db, void *arg)
{
    struct loading *s = arg;

    rows_forget(&s->f);
    return table_rows_load(db, &(struct table_rows){
                                   .n = s->f.n,
                                   .l = s->l,
                                   .default_zone = s->default_zone,
                                   .known = s->known,
                                   .arg = s,
                                   .esiid = row_esiid,
                                   .rep = row_rep,
                                   .put = row_point,
                                   .id = row_id,
                                   .sort = rows_sort,
                                   .compare = run_compare,
                                   .count = rows_count,
                                   .keep = rows_keep,
                               });
}

static void
others_reject(const struct registry_file *f, struct table_rejects *rejects)
{
    for (size_t i = 0; i < f->n; i++) {
        const struct registry_row *row = &f->row[i];

        if (row->others)
            table_reject(rejects, TABLE_OTHERS, "ESIID", row->line,
                         registry_text(f, row->esiid));
    }
}

enum db_rc
registry_load(struct db *db, const void *text, size_t n,
              const char *default_zone, const struct point_map *known,
              struct load *l, struct table_rejects *rejects)
{
    struct loading s = {.l = l, .default_zone = default_zone, .known = known};
    enum db_rc rc = DB_NONE;

    str_copy(l->kind, sizeof l->kind, "registry");
    s.own_only = l->sender[0] != '\0';
    if (registry_file_read(&s.f, text, n, l->sender, default_zone, rejects)) {
        if (s.f.tdsp[0])
            str_copy(l->sender, sizeof l->sender, s.f.tdsp);
        rc = db_tx(db, DB_MARKET, load_tx, &s);
        others_reject(&s.f, rejects);
        table_rejects_sort(rejects);
    }
    registry_file_clear(&s.f);
    return rc;
}

/* ---- taking one back -------------------------------------------------------
 */

static enum db_rc
unload_tx(struct db *db, void *arg)
{
    struct load *l = arg;
    bool newer;
    enum db_rc rc = db_registry_newer(db, l, &newer);

    if (rc != DB_OK || newer)
        return rc == DB_OK ? DB_NONE : rc;
    rc = db_registry_del(db, l->id);
    return rc == DB_OK ? db_load_end(db, l, LOAD_UNLOADED) : rc;
}

enum db_rc
registry_unload(struct db *db, struct load *l)
{
    struct load before = *l;
    enum db_rc rc = db_tx(db, DB_MARKET, unload_tx, l);

    if (rc != DB_OK)
        *l = before;
    return rc;
}
