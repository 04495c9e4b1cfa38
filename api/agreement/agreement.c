/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rights.  A customer's hang on rows of account_point; a REP's on being REP
 * of record, a TDSP's on owning the point, both by the registry's dates.
 * Whoever has no right on a point gets the answer of a point that is not.
 */
#include "api/agreement/agreement.h"

#include <stdlib.h>
#include <string.h>

#include "db/agreement.h"
#include "db/rc.h"
#include "server/base/clock.h"
#include "server/base/str.h"

/* Days of the right itself; more than one when rights follow each other. */
struct span {
    int32_t from, to; /* to: INT32_MAX while it stands */
    bool any;
};

static int32_t
last_day(int32_t to_day)
{
    return to_day == DAY_NONE ? INT32_MAX : to_day;
}

/* Takes a right's days when they are newer than, or touch, those known.
 * Rights come newest first; a gap between two ends the window, so that days
 * which were somebody else's never slip in. */
static bool
span_take(struct span *s, int32_t from, int32_t to)
{
    if (!s->any) {
        *s = (struct span){.from = from, .to = to, .any = true};
        return true;
    }
    if (to < s->from - 1)
        return false;
    if (from < s->from)
        s->from = from;
    return true;
}

/* ---- who has which days --------------------------------------------------*/

struct customer_span {
    struct span span;
    struct account_point row;
};

static bool
customer_row(void *arg)
{
    struct customer_span *c = arg;

    return span_take(&c->span, c->row.from_day, last_day(c->row.to_day));
}

static enum db_rc
customer_span(struct db *db, const struct actor *who, int64_t point_id,
              struct span *span)
{
    struct customer_span c = {0};
    enum db_rc rc = db_account_point_on(db, who->account_id, point_id, &c.row,
                                        customer_row, &c);

    *span = c.span;
    return rc;
}

#define REP_SPANS 64

struct rep_spans {
    const char *duns;
    struct point_rep row;
    struct span at[REP_SPANS];
    size_t n;
};

static bool
rep_row(void *arg)
{
    struct rep_spans *r = arg;

    if (str_eq(r->row.rep, r->duns) && r->n < REP_SPANS)
        r->at[r->n++] =
            (struct span){r->row.from_day, last_day(r->row.to_day), true};
    return true;
}

static int
newest_first(const void *a, const void *b)
{
    const struct span *x = a, *y = b;

    return (y->from > x->from) - (y->from < x->from);
}

static enum db_rc
rep_span(struct db *db, const struct actor *who, int64_t point_id,
         struct span *span)
{
    struct rep_spans r = {.duns = who->duns};
    enum db_rc rc = db_point_rep_each(db, point_id, &r.row, rep_row, &r);

    qsort(r.at, r.n, sizeof *r.at, newest_first);
    for (size_t i = 0; i < r.n; i++) {
        if (!span_take(span, r.at[i].from, r.at[i].to))
            break;
    }
    return rc;
}

static enum db_rc
tdsp_span(struct db *db, const struct actor *who, int64_t point_id,
          struct span *span)
{
    struct point p;
    enum db_rc rc = db_point_by_id(db, point_id, &p);

    if (rc == DB_OK && p.registered && str_eq(p.tdsp, who->duns))
        *span = (struct span){INT32_MIN, INT32_MAX, true};
    return rc;
}

static enum db_rc
operator_span(struct db *db, int64_t point_id, struct span *span)
{
    *span = (struct span){INT32_MIN, INT32_MAX, true};
    return db_point_there(db, point_id);
}

static enum db_rc
span_of(struct db *db, const struct actor *who, int64_t point_id,
        struct span *span)
{
    *span = (struct span){0};
    switch (who->role) {
    case ROLE_CUSTOMER:
    case ROLE_ADMIN: /* own meters only: reading others' takes a right */
        return customer_span(db, who, point_id, span);
    case ROLE_REP:
        return who->duns[0] ? rep_span(db, who, point_id, span) : DB_NONE;
    case ROLE_TDSP:
        return who->duns[0] ? tdsp_span(db, who, point_id, span) : DB_NONE;
    case ROLE_OPERATOR:
        return operator_span(db, point_id, span);
    case ROLE_HELPDESK:
    case ROLE_REGULATOR:
    case ROLE_NOBODY:
        break;
    }
    return DB_NONE;
}

/* ---- windows -------------------------------------------------------------*/

/* Months of history: the table of docs (texas profile of 2010), or 24 for
 * customers and 48 for the market by default. */
static int
history_months(const struct actor *who, const struct conf *conf, bool monthly)
{
    bool market = who->role == ROLE_REP || who->role == ROLE_TDSP;

    if (market)
        return monthly ? 24 : 48;
    if (str_eq(conf->profile, "2010"))
        return monthly ? 24 : 13;
    return 24;
}

enum fault
agreement_window(struct db *db, const struct actor *who,
                 const struct conf *conf, int64_t point_id, int32_t today,
                 bool monthly, int32_t *from, int32_t *to)
{
    struct span span;
    enum db_rc rc = span_of(db, who, point_id, &span);
    int32_t first;

    if (rc != DB_OK)
        return db_fault(db, rc, "agreement");
    if (!span.any)
        return FAULT_NOT_FOUND;
    first = who->role == ROLE_OPERATOR
                ? 0
                : day_add_months(today, -history_months(who, conf, monthly));
    *from = span.from > first ? span.from : first;
    *to = span.to < today ? span.to : today;
    return *from <= *to ? FAULT_NONE : FAULT_NOT_FOUND;
}

/* ---- meters --------------------------------------------------------------*/

static enum fault
customer_meter(struct db *db, const struct actor *who, int64_t number,
               struct agreement_meter *m)
{
    struct account_point p;
    enum db_rc rc = db_account_point_get(db, who->account_id, number, &p);

    if (rc == DB_OK)
        rc = db_point_by_id(db, p.point_id, &m->point);
    if (rc != DB_OK)
        return db_fault(db, rc, "agreement");
    m->number = p.number;
    memcpy(m->label, p.label, sizeof m->label);
    m->from_day = p.from_day;
    m->to_day = p.to_day;
    return FAULT_NONE;
}

enum fault
agreement_meter_get(struct db *db, const struct actor *who, int64_t number,
                    struct agreement_meter *m)
{
    struct span span;
    enum db_rc rc;

    if (who->role == ROLE_CUSTOMER || who->role == ROLE_ADMIN)
        return customer_meter(db, who, number, m);
    rc = span_of(db, who, number, &span); /* their numbers are the points' */
    if (rc == DB_OK && !span.any)
        rc = DB_NONE;
    if (rc == DB_OK)
        rc = db_point_by_id(db, number, &m->point);
    m->number = number;
    m->label[0] = '\0';
    m->from_day = span.from;
    m->to_day = span.to == INT32_MAX ? DAY_NONE : span.to;
    return db_fault(db, rc, "agreement");
}

/* ---- names ---------------------------------------------------------------*/

struct name_list {
    struct account_point row;
    struct point_address address;
    struct arena *arena;
    struct agreement_name *at;
    size_t n, size;
    /* Whose addresses are asked for, and the load that said each. */
    size_t end, which[POINT_ADDRESSES];
    int64_t load[POINT_ADDRESSES];
};

static bool
name_row(void *arg)
{
    struct name_list *l = arg;
    struct agreement_name *name;

    if (l->n == l->size) {
        l->size = l->size ? 2 * l->size : 8;
        name = ARENA_NEWN(l->arena, struct agreement_name, l->size);
        if (l->n)
            memcpy(name, l->at, l->n * sizeof *name);
        l->at = name;
    }
    name = &l->at[l->n++];
    name->number = l->row.number;
    name->point_id = l->row.point_id;
    name->label = l->row.label[0] ? arena_dup(l->arena, l->row.label) : "";
    name->address = "";
    return true;
}

static bool
address_row(void *arg)
{
    struct name_list *l = arg;
    const struct point_address *a = &l->address;

    for (size_t i = 0; i < l->end; i++) {
        struct agreement_name *name = &l->at[l->which[i]];

        if (name->point_id != a->id || l->load[i] > a->load_id)
            continue;
        l->load[i] = a->load_id;
        name->address = arena_dup(l->arena, a->address);
    }
    return true;
}

/* The addresses of meters without a label, some at a time. */
static enum db_rc
name_addresses(struct db *db, struct name_list *l)
{
    int64_t point[POINT_ADDRESSES];
    enum db_rc rc = DB_OK;
    size_t at = 0;

    while (at < l->n && rc == DB_OK) {
        for (l->end = 0; at < l->n && l->end < POINT_ADDRESSES; at++) {
            if (l->at[at].label[0])
                continue;
            point[l->end] = l->at[at].point_id;
            l->load[l->end] = INT64_MIN;
            l->which[l->end++] = at;
        }
        rc = db_point_address_each(db, point, l->end, &l->address, address_row,
                                   l);
    }
    return rc;
}

enum fault
agreement_names(struct db *db, const struct actor *who, struct arena *a,
                struct agreement_name **name, size_t *n)
{
    struct name_list l = {.arena = a};
    enum db_rc rc = DB_OK;

    if (who->role == ROLE_CUSTOMER || who->role == ROLE_ADMIN)
        rc = db_account_point_label_each(db, who->account_id, &l.row, name_row,
                                         &l);
    if (rc == DB_OK)
        rc = name_addresses(db, &l);
    *name = l.at;
    *n = l.n;
    return db_fault(db, rc, "agreement");
}

struct number_list {
    struct account_point row;
    int64_t *at;
    size_t n;
};

static bool
number_row(void *arg)
{
    struct number_list *l = arg;

    l->at = mem_grow(l->at, (l->n + 1) * sizeof *l->at);
    l->at[l->n++] = l->row.number;
    return true;
}

enum fault
agreement_meter_each(struct db *db, const struct actor *who,
                     struct agreement_meter *m, bool (*row)(void *arg),
                     void *arg)
{
    struct number_list l = {0};
    enum fault f = FAULT_NONE;
    enum db_rc rc;

    if (who->role != ROLE_CUSTOMER && who->role != ROLE_ADMIN)
        return FAULT_NONE; /* points of REPs and TDSPs are found, not listed */
    rc = db_account_point_each(db, who->account_id, &l.row, number_row, &l);
    if (rc != DB_OK)
        f = db_fault(db, rc, "agreement");
    for (size_t i = 0; i < l.n && f == FAULT_NONE; i++) {
        f = customer_meter(db, who, l.at[i], m);
        if (f == FAULT_NONE && !row(arg))
            break;
    }
    free(l.at);
    return f;
}
