/* SPDX-License-Identifier: Apache-2.0 */
/* Periods of operating days and the pairs of days that comparisons rest on. */
#include "api/usage/period.h"

const char *
usage_span_name(enum usage_span s)
{
    static const char *const names[] = {"day", "week", "month", "year",
                                        "range"};

    return names[s];
}

static int32_t
year_start(int32_t day)
{
    int year, month, dom;

    day_to_civil(day, &year, &month, &dom);
    return day_from_civil(year, 1, 1);
}

struct usage_period
usage_period_of(enum usage_span s, int32_t day)
{
    struct usage_period p = {s, day, day};

    switch (s) {
    case USAGE_WEEK:
        p.from = day - day_of_week(day);
        p.to = p.from + 6;
        break;
    case USAGE_MONTH:
        p.from = day_month_start(day);
        p.to = day_add_months(p.from, 1) - 1;
        break;
    case USAGE_YEAR:
        p.from = year_start(day);
        p.to = day_add_months(p.from, 12) - 1;
        break;
    default:
        break;
    }
    return p;
}

struct usage_period
usage_period_range(int32_t from, int32_t to)
{
    return (struct usage_period){USAGE_RANGE, from, to};
}

int32_t
usage_period_days(struct usage_period p)
{
    return p.to - p.from + 1;
}

int
usage_period_months(struct usage_period p)
{
    int year, month, dom, last_year, last_month;

    day_to_civil(p.from, &year, &month, &dom);
    day_to_civil(p.to, &last_year, &last_month, &dom);
    return (last_year - year) * 12 + last_month - month + 1;
}

/* Whole calendar months, so that "January to March" steps by quarters. */
static int
whole_months(struct usage_period p)
{
    int32_t at = p.from;
    int months = 0;

    if (day_month_start(p.from) != p.from)
        return 0;
    while (at <= p.to)
        at = day_add_months(p.from, ++months);
    return at == p.to + 1 ? months : 0;
}

struct usage_period
usage_period_move(struct usage_period p, int steps)
{
    int32_t days = usage_period_days(p);
    int months = whole_months(p);

    if (p.span == USAGE_MONTH || p.span == USAGE_YEAR)
        return usage_period_of(p.span, day_add_months(p.from, months * steps));
    if (p.span == USAGE_RANGE && months > 0) {
        p.from = day_add_months(p.from, months * steps);
        p.to = day_add_months(p.from, months) - 1;
        return p;
    }
    p.from += days * steps;
    p.to += days * steps;
    return p;
}

/* How far away the other period is: months, or days when months is 0. */
static void
distance(struct usage_period p, enum usage_other o, int *months, int32_t *days)
{
    *months = 0;
    *days = 0;
    if (o == USAGE_YEAR_AGO) {
        if (p.span == USAGE_WEEK)
            *days = 364;
        else
            *months = 12;
        return;
    }
    *months = p.span >= USAGE_MONTH ? whole_months(p) : 0;
    if (*months == 0)
        *days = usage_period_days(p);
}

struct usage_period
usage_period_other(struct usage_period p, enum usage_other o)
{
    if (o == USAGE_BEFORE)
        return usage_period_move(p, -1);
    if (p.span == USAGE_WEEK)
        return usage_period_move(p, -52);
    if (p.span == USAGE_MONTH || p.span == USAGE_YEAR)
        return usage_period_of(p.span, day_add_months(p.from, -12));
    if (whole_months(p) > 0) {
        p.to = day_add_months(p.to + 1, -12) - 1;
        p.from = day_add_months(p.from, -12);
        return p;
    }
    p.from = day_add_months(p.from, -12);
    p.to = day_add_months(p.to, -12);
    return p;
}

struct usage_pairs
usage_period_pairs(struct usage_period p, enum usage_other o)
{
    struct usage_pairs w = {.first = 1, .last = 0};

    distance(p, o, &w.months, &w.days);
    return w;
}

int32_t
usage_period_pair(struct usage_pairs *w, int32_t day)
{
    int32_t pair;

    if (w->months == 0)
        return day - w->days;
    if (day < w->first || day > w->last) {
        w->first = day_month_start(day);
        w->last = day_add_months(w->first, 1) - 1;
        w->other = day_add_months(w->first, -w->months);
        w->other_last = day_add_months(w->other, 1) - 1;
    }
    pair = w->other + (day - w->first);
    return pair <= w->other_last ? pair : DAY_NONE;
}
