/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was billed, beside what the quarter hours of the same days add up to.
 * A bill that reaches into days which are not this account's is left out: it
 * would tell of somebody else's.
 */
#include "api/usage/usage_load.h"

struct bills {
    struct arena *arena;
    struct usage *u;
    struct billed row;
    size_t room;
};

static bool
take_bill(void *arg)
{
    struct bills *w = arg;
    struct usage *u = w->u;

    if (w->row.start_day < u->from || w->row.end_day > u->to)
        return true;
    if (u->bills == w->room) {
        struct usage_bill *old = u->bill;

        w->room = w->room ? 2 * w->room : 32;
        u->bill = ARENA_NEWN(w->arena, struct usage_bill, w->room);
        for (size_t i = 0; i < u->bills; i++)
            u->bill[i] = old[i];
    }
    u->bill[u->bills++] = (struct usage_bill){.row = w->row};
    return true;
}

/* The sum of a bill's days, when every one of them is whole. */
static void
add_up(struct usage_bill *b, const struct usage_day *day, int32_t from)
{
    b->whole = true;
    for (int32_t at = b->row.start_day; at <= b->row.end_day; at++) {
        const struct usage_sum *s = &day[at - from].sum;

        if (!s->has_load || s->missing > 0)
            b->whole = false;
        b->ukwh += s->load_ukwh;
    }
}

static enum db_rc
add_up_all(struct db *db, struct arena *a, struct usage *u)
{
    int32_t from = u->bill[0].row.start_day, to = from;
    const struct usage_day *day;
    enum db_rc rc;

    for (size_t i = 0; i < u->bills; i++)
        if (u->bill[i].row.end_day > to)
            to = u->bill[i].row.end_day;
    rc = usage_days_get(db, a, u, from, to, &day);
    for (size_t i = 0; i < u->bills; i++)
        add_up(&u->bill[i], day, from);
    return rc;
}

enum db_rc
usage_load_bills(struct db *db, struct arena *a, struct usage *u)
{
    struct bills w = {.arena = a, .u = u};
    enum db_rc rc;

    rc = db_billed_each(db, u->point_id, u->period.from, u->period.to, &w.row,
                        take_bill, &w);
    if (rc == DB_NONE)
        return DB_OK;
    return rc == DB_OK && u->bills > 0 ? add_up_all(db, a, u) : rc;
}
