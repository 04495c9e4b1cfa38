/* SPDX-License-Identifier: Apache-2.0 */
/* How fresh and complete a meter's data is, and why a day has none. */
#include "api/usage/usage_load.h"

#define COMPLETE_DAYS 38 /* as far back as ERCOT looks for missing data */

const char *
usage_gap_name(enum usage_gap g)
{
    static const char *const names[] = {
        "none",        "future",  "not_received", "missing",  "before_meter",
        "before_data", "removed", "history",      "no_right", "hole",
    };

    return names[g];
}

/* ---- the registry's dates --------------------------------------------- */

struct meters {
    struct point_meter m;
    struct usage_fresh *fresh;
    bool any, hanging;
    int32_t removed;
};

static bool
take_meter(void *arg)
{
    struct meters *w = arg;
    int32_t start = w->m.provisioned_day;

    if (start == DAY_NONE || w->m.installed_day > start)
        start = w->m.installed_day;
    if (start != DAY_NONE && (!w->any || start < w->fresh->start_day))
        w->fresh->start_day = start;
    w->any = true;
    if (w->m.removed_day == DAY_NONE)
        w->hanging = true;
    else if (w->removed == DAY_NONE || w->m.removed_day > w->removed)
        w->removed = w->m.removed_day;
    return true;
}

static enum db_rc
load_meters(struct db *db, struct usage *u)
{
    struct meters w = {.fresh = &u->fresh, .removed = DAY_NONE};
    enum db_rc rc;

    u->fresh.start_day = u->fresh.end_day = DAY_NONE;
    rc = db_point_meter_each(db, u->point_id, &w.m, take_meter, &w);
    if (w.any && !w.hanging)
        u->fresh.end_day = w.removed;
    return rc == DB_NONE ? DB_OK : rc;
}

/* ---- the newest data -------------------------------------------------- */

/* The instant of an hour of a day on the wall. */
static int64_t
hour_of(const struct tz *zone, int32_t day, int64_t hour)
{
    int64_t start = tz_day_start(zone, day);
    int64_t utc = start + hour * 3600;

    return utc + tz_offset(zone, start) - tz_offset(zone, utc);
}

int64_t
usage_next_load(const struct conf *conf, const struct tz *zone, int64_t now_utc,
                bool *before)
{
    int32_t day = tz_day_of(zone, now_utc);
    int64_t today = hour_of(zone, day, conf->load_hour);

    *before = now_utc < today;
    return *before ? today : hour_of(zone, day + 1, conf->load_hour);
}

static void
expect_load(const struct conf *conf, int64_t now_utc, struct usage *u)
{
    bool before;

    u->fresh.next_utc = usage_next_load(conf, u->zone, now_utc, &before);
    u->fresh.late = u->fresh.last_day < u->today - (before ? 2 : 1);
}

/* The day before the first hole among the newest days. */
static enum db_rc
load_complete(struct db *db, struct arena *a, struct usage *u)
{
    const struct usage_day *day;
    int32_t last = u->fresh.last_day, from = last - COMPLETE_DAYS + 1;
    enum db_rc rc;

    if (from < u->fresh.first_day)
        from = u->fresh.first_day;
    if (from < u->from)
        from = u->from;
    u->fresh.complete_day = last;
    if (from > last)
        return DB_OK;
    rc = usage_days_get(db, a, u, from, last, &day);
    if (rc != DB_OK)
        return rc;
    for (int32_t at = from; at <= last; at++)
        if (day[at - from].sum.days == 0 || day[at - from].sum.missing > 0) {
            u->fresh.complete_day = at - 1;
            break;
        }
    return DB_OK;
}

static enum db_rc
data_days(struct db *db, const struct usage_ask *ask, struct usage *u)
{
    struct usage_fresh *f = &u->fresh;
    enum db_rc rc;

    f->first_day = f->last_day = f->complete_day = DAY_NONE;
    if (!ask->data.known)
        rc = reading_span(db, u->point_id, &f->first_day, &f->last_day);
    else
        rc = ask->data.any ? DB_OK : DB_NONE;
    if (ask->data.known && ask->data.any) {
        f->first_day = ask->data.first;
        f->last_day = ask->data.last;
    }
    f->any = rc == DB_OK && f->first_day <= u->to;
    return rc == DB_NONE ? DB_OK : rc;
}

enum db_rc
usage_load_fresh(struct db *db, const struct conf *conf, struct arena *a,
                 const struct usage_ask *ask, struct usage *u)
{
    struct usage_fresh *f = &u->fresh;
    enum db_rc rc = load_meters(db, u);

    if (rc == DB_OK)
        rc = data_days(db, ask, u);
    if (rc != DB_OK)
        return rc;
    if (f->any && f->last_day > u->to)
        f->last_day = u->to;
    expect_load(conf, ask->now_utc, u);
    return f->any ? load_complete(db, a, u) : DB_OK;
}

/* ---- reasons ---------------------------------------------------------- */

/* What the meter's own life says, data or not. */
static enum usage_gap
meter_gap(const struct usage_fresh *f, int32_t day)
{
    if (f->start_day != DAY_NONE && day < f->start_day)
        return USAGE_GAP_BEFORE_METER;
    if (f->end_day != DAY_NONE && day > f->end_day)
        return USAGE_GAP_REMOVED;
    return USAGE_GAP_NONE;
}

enum usage_gap
usage_gap_of(const struct usage *u, int32_t day)
{
    const struct usage_fresh *f = &u->fresh;
    enum usage_gap g;

    if (day > u->today)
        return USAGE_GAP_FUTURE;
    if (day < u->from)
        return u->right_from >= u->from ? USAGE_GAP_NO_RIGHT
                                        : USAGE_GAP_HISTORY;
    if (day > u->to)
        return USAGE_GAP_NO_RIGHT;
    g = meter_gap(f, day);
    if (g != USAGE_GAP_NONE)
        return g;
    if (!f->any || day > f->last_day)
        return USAGE_GAP_NOT_RECEIVED;
    return day < f->first_day ? USAGE_GAP_BEFORE_DATA : USAGE_GAP_MISSING;
}
