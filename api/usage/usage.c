/* SPDX-License-Identifier: Apache-2.0 */
/* Usage of one meter and period, put together from its steps. */
#include "api/usage/usage.h"

#include "api/usage/usage_load.h"
#include "db/rc.h"

const char *
usage_report_name(enum usage_report r)
{
    static const char *const names[] = {"interval", "daily", "monthly"};

    return names[r];
}

const char *
usage_grain_name(enum usage_grain g)
{
    static const char *const names[] = {"quarter", "hour", "day", "week",
                                        "month"};

    return names[g];
}

bool
usage_fits_screen(const struct conf *conf, const struct usage_ask *ask)
{
    int32_t days = usage_period_days(ask->period);

    switch (ask->report) {
    case USAGE_INTERVAL:
        return days <= conf->screen_interval_days;
    case USAGE_DAILY:
        return days <= conf->screen_daily_days;
    default:
        return usage_period_months(ask->period) <= conf->screen_monthly_months;
    }
}

void
usage_sum_add(struct usage_sum *to, const struct usage_sum *s)
{
    to->load_ukwh += s->load_ukwh;
    to->surplus_ukwh += s->surplus_ukwh;
    to->has_load |= s->has_load;
    to->has_surplus |= s->has_surplus;
    to->intervals += s->intervals;
    to->estimated += s->estimated;
    to->missing += s->missing;
    to->days += s->days;
}

int64_t
usage_average_ukwh(const struct usage_sum *s)
{
    return s->days ? (s->load_ukwh + s->days / 2) / s->days : 0;
}

/* ---- days ------------------------------------------------------------- */

static void
take_load(struct usage_day *d, const struct reading_sum *s)
{
    d->sum.load_ukwh = s->sum_ukwh;
    d->sum.has_load = true;
    d->has_reads = s->has_reads;
    d->start_read = s->start_read;
    d->stop_read = s->stop_read;
    d->peak_ukwh = s->peak_ukwh;
    d->peak_at = s->peak_at;
    d->peak_of = s->n > s->missing ? s->n : 0;
}

static bool
take_day(void *arg, const struct reading_sum *s)
{
    struct usage_days *w = arg;
    struct usage_day *d = &w->at[s->day - w->from];
    bool load = s->channel == CHANNEL_LOAD;

    if (load)
        take_load(d, s);
    else {
        d->sum.surplus_ukwh = s->sum_ukwh;
        d->sum.has_surplus = true;
    }
    if (load || !d->sum.has_load) {
        d->sum.intervals = s->n;
        d->sum.estimated = s->estimated;
        d->sum.missing = s->missing;
        d->stamp = s->stamp;
    }
    d->sum.days = 1;
    return true;
}

enum db_rc
usage_load_days(struct db *db, struct arena *a, const struct usage *u,
                int32_t from, int32_t to, struct usage_days *days)
{
    int32_t first = from > u->from ? from : u->from;
    int32_t last = to < u->to ? to : u->to;

    *days = (struct usage_days){
        from, to, ARENA_NEWN(a, struct usage_day, (size_t)(to - from + 1))};
    if (first > last)
        return DB_OK;
    return reading_each_sum(db, u->point_id, first, last, take_day, days);
}

enum db_rc
usage_days_get(struct db *db, struct arena *a, const struct usage *u,
               int32_t from, int32_t to, const struct usage_day **d)
{
    struct usage_days more;
    enum db_rc rc;

    if (u->read.at && from >= u->read.from && to <= u->read.to) {
        *d = &u->read.at[from - u->read.from];
        return DB_OK;
    }
    rc = usage_load_days(db, a, u, from, to, &more);
    *d = more.at;
    return rc;
}

/* ---- all of it -------------------------------------------------------- */

static void
take_peak(struct usage *u, const struct usage_day *d)
{
    struct usage_peak *p = &u->peak;

    if (d->peak_of == 0)
        return;
    if (!p->known || d->peak_ukwh > p->ukwh) {
        int32_t seconds = tz_day_seconds(u->zone, d->day) / d->peak_of;

        p->ukwh = d->peak_ukwh;
        p->from_utc = tz_day_start(u->zone, d->day) + d->peak_at * seconds;
        p->to_utc = p->from_utc + seconds;
    }
    if (!p->known || d->sum.load_ukwh > p->day_ukwh) {
        p->day = d->day;
        p->day_ukwh = d->sum.load_ukwh;
    }
    p->known = true;
}

/* The period's days, and with them those that it is compared with first: one
 * way through the store for both. */
static enum db_rc
load_period_days(struct db *db, struct arena *a, struct usage *u)
{
    struct usage_period before = usage_period_other(u->period, USAGE_BEFORE);
    enum db_rc rc =
        usage_load_days(db, a, u, before.from, u->period.to, &u->read);

    u->days = (size_t)usage_period_days(u->period);
    u->day = &u->read.at[u->period.from - before.from];
    for (size_t i = 0; i < u->days; i++) {
        struct usage_day *d = &u->day[i];

        d->day = u->period.from + (int32_t)i;
        usage_sum_add(&u->total, &d->sum);
        take_peak(u, d);
    }
    return rc;
}

static void
name_gaps(struct usage *u)
{
    for (size_t i = 0; i < u->days; i++)
        if (u->day[i].sum.days == 0)
            u->day[i].gap = usage_gap_of(u, u->day[i].day);
}

enum fault
usage_load(struct db *db, const struct actor *who, const struct conf *conf,
           struct arena *a, const struct agreement_meter *m,
           const struct usage_ask *ask, struct usage *u)
{
    enum fault f;
    enum db_rc rc;

    *u = (struct usage){.period = ask->period,
                        .report = ask->report,
                        .point_id = m->point.id,
                        .right_from = m->from_day};
    u->zone = tz_get(m->point.zone);
    if (!u->zone)
        return FAULT_OURS;
    u->today = tz_day_of(u->zone, ask->now_utc);
    f = agreement_window(db, who, conf, m->point.id, u->today,
                         ask->report == USAGE_MONTHLY, &u->from, &u->to);
    if (f != FAULT_NONE)
        return f;
    if (!usage_fits_screen(conf, ask))
        return FAULT_PAST_LIMIT;
    rc = load_period_days(db, a, u);
    if (rc == DB_OK)
        rc = usage_load_fresh(db, conf, a, ask, u);
    if (rc == DB_OK) {
        name_gaps(u);
        rc = usage_load_lines(db, a, u);
    }
    if (rc == DB_OK)
        rc = usage_load_compare(db, a, u);
    if (rc == DB_OK && ask->report == USAGE_MONTHLY)
        rc = usage_load_bills(db, a, u);
    return db_fault(db, rc, "usage");
}
