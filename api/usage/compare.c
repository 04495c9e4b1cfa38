/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Comparisons: consumption of a period against another, over the pairs of days
 * that both have whole, so that a missing day never looks like a saving.
 */
#include "api/usage/usage_load.h"

static bool
whole(const struct usage_sum *s)
{
    return s->has_load && s->missing == 0;
}

static void
add_pairs(const struct usage *u, const struct usage_day *other,
          struct usage_compare *c)
{
    struct usage_pairs pairs = usage_period_pairs(u->period, c->other);

    for (size_t i = 0; i < u->days; i++) {
        const struct usage_day *d = &u->day[i];
        int32_t pair = usage_period_pair(&pairs, d->day);
        const struct usage_day *o;

        if (!whole(&d->sum))
            continue;
        c->days++;
        if (pair == DAY_NONE)
            continue;
        o = &other[pair - c->period.from];
        if (!whole(&o->sum))
            continue;
        c->pairs++;
        c->ukwh += d->sum.load_ukwh;
        c->other_ukwh += o->sum.load_ukwh;
    }
}

static enum db_rc
load_one(struct db *db, struct arena *a, struct usage *u,
         struct usage_compare *c)
{
    const struct usage_day *day;
    enum db_rc rc =
        usage_days_get(db, a, u, c->period.from, c->period.to, &day);

    if (rc != DB_OK)
        return rc;
    add_pairs(u, day, c);
    if (c->pairs == 0)
        c->why = usage_gap_of(u, c->period.to);
    return DB_OK;
}

enum db_rc
usage_load_compare(struct db *db, struct arena *a, struct usage *u)
{
    struct usage_compare *before = &u->compare[USAGE_BEFORE];
    struct usage_compare *ago = &u->compare[USAGE_YEAR_AGO];
    enum db_rc rc;

    before->period = usage_period_other(u->period, USAGE_BEFORE);
    ago->period = usage_period_other(u->period, USAGE_YEAR_AGO);
    before->other = USAGE_BEFORE;
    ago->other = USAGE_YEAR_AGO;
    rc = load_one(db, a, u, before);
    if (ago->period.from == before->period.from &&
        ago->period.to == before->period.to)
        *ago = *before; /* of a whole year both are the same */
    else if (rc == DB_OK)
        rc = load_one(db, a, u, ago);
    ago->other = USAGE_YEAR_AGO;
    return rc;
}
