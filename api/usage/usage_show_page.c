/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The request: /meters/{n}/day|week|month|year take the day that the period is
 * around, /meters/{n}/range takes from and to; each takes the report.
 */
#include "api/usage/usage_show_page.h"

#include <string.h>

#include "db/rc.h"
#include "server/base/str.h"
#include "server/http/route.h"

enum usage_report
usage_usual_report(struct usage_period p)
{
    int32_t days = usage_period_days(p);

    if (days <= 2)
        return USAGE_INTERVAL;
    return days > 92 ? USAGE_MONTHLY : USAGE_DAILY;
}

/* The usual one first, as it is taken when none is named. */
static const char *
report_words(struct usage_period p)
{
    static const char *const words[] = {"interval daily monthly",
                                        "daily interval monthly",
                                        "monthly interval daily"};

    return words[usage_usual_report(p)];
}

/* The newest day with data of this meter, else yesterday. */
static enum fault
newest_day(struct usage_show *s, int32_t *day)
{
    struct req *r = s->r;
    const struct tz *zone = tz_get(s->meter.point.zone);
    struct usage_data_days *d = &s->ask.data;
    int32_t from, to;
    enum fault f;
    enum db_rc rc;

    if (!zone)
        return FAULT_OURS;
    *day = tz_day_of(zone, r->now_utc);
    f = agreement_window(r->db, r->who, r->conf, s->meter.point.id, *day, false,
                         &from, &to);
    if (f != FAULT_NONE)
        return f;
    *day = to < *day ? to : *day - 1;
    rc = reading_span(r->db, s->meter.point.id, &d->first, &d->last);
    d->known = rc == DB_OK || rc == DB_NONE;
    d->any = rc == DB_OK;
    if (d->any && d->last >= from && d->last < *day)
        *day = d->last;
    return d->known ? FAULT_NONE : db_fault(r->db, rc, "usage span");
}

static enum fault
read_range(struct usage_show *s, int32_t newest)
{
    struct req *r = s->r;
    int32_t from, to;
    enum fault f;

    if ((f = req_day(r, "to", newest, &to)) != FAULT_NONE)
        return f;
    if ((f = req_day(r, "from", to - 29, &from)) != FAULT_NONE)
        return f;
    if (from > to)
        return req_bad(r, FAULT_BAD_FIELD, "from", "usage.bad_range", NULL);
    s->ask.period = usage_period_range(from, to);
    s->anchor = newest >= from && newest <= to ? newest : to;
    return FAULT_NONE;
}

static enum fault
read_period(struct usage_show *s, enum usage_span span)
{
    int32_t newest;
    enum fault f = newest_day(s, &newest);

    if (f != FAULT_NONE)
        return f;
    if (span == USAGE_RANGE)
        return read_range(s, newest);
    f = req_day(s->r, "day", newest, &s->anchor);
    s->ask.period = usage_period_of(span, s->anchor);
    return f;
}

/* "/meters/{}/day" shows a day. */
static bool
span_of_route(const struct route *route, enum usage_span *span)
{
    const char *word = strrchr(route->path, '/') + 1;

    for (int i = 0; i < USAGE_SPANS; i++)
        if (str_eq(word, usage_span_name((enum usage_span)i))) {
            *span = (enum usage_span)i;
            return true;
        }
    return false;
}

static bool
several_years(struct usage_period p)
{
    int from, to, month, dom;

    day_to_civil(p.from, &from, &month, &dom);
    day_to_civil(p.to, &to, &month, &dom);
    return from != to;
}

enum fault
usage_show_meter(struct req *r, struct usage_show *s)
{
    int64_t number;

    *s = (struct usage_show){.r = r};
    if (!str_to_i64(r->path_arg, &number))
        return FAULT_NOT_FOUND;
    return agreement_meter_get(r->db, r->who, number, &s->meter);
}

enum fault
usage_show_period(struct usage_show *s)
{
    struct req *r = s->r;
    enum usage_span span;
    const char *word;
    enum fault f;

    if (!span_of_route(r->route, &span))
        return FAULT_OURS;
    f = read_period(s, span);
    if (f == FAULT_NONE)
        f = req_choice(r, "report", report_words(s->ask.period), &word);
    if (f != FAULT_NONE)
        return f;
    s->several_years = several_years(s->ask.period);
    usage_report_parse(word, &s->ask.report);
    s->ask.now_utc = r->now_utc;
    return FAULT_NONE;
}

enum fault
usage_show_ask(struct req *r, struct usage_show *s)
{
    enum fault f = usage_show_meter(r, s);

    return f == FAULT_NONE ? usage_show_period(s) : f;
}

enum fault
usage_show_load(struct usage_show *s)
{
    return usage_load(s->r->db, s->r->who, s->r->conf, s->r->arena, &s->meter,
                      &s->ask, &s->usage);
}
