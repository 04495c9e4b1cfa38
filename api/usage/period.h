/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Periods of operating days: the day, week, month or year that a date lies in,
 * or any range; their neighbours, and which day of another period a day is
 * compared with.  Pure arithmetic on civil days.
 */
#ifndef MH_USAGE_PERIOD_H
#define MH_USAGE_PERIOD_H

#include <stdint.h>

#include "server/base/clock.h"

enum usage_span {
    USAGE_DAY,
    USAGE_WEEK, /* from Sunday, as calendars of the market have it */
    USAGE_MONTH,
    USAGE_YEAR,
    USAGE_RANGE,
    USAGE_SPANS
};

struct usage_period {
    enum usage_span span;
    int32_t from, to; /* both included */
};

/* "day", "week" …: the word in paths and views. */
const char *usage_span_name(enum usage_span s);
/* The period of that kind around a day; a range of that one day. */
struct usage_period usage_period_of(enum usage_span s, int32_t day);
struct usage_period usage_period_range(int32_t from, int32_t to);
/* The neighbour `steps` periods on; a range moves by its own length. */
struct usage_period usage_period_move(struct usage_period p, int steps);
int32_t usage_period_days(struct usage_period p);
/* Calendar months that it touches. */
int usage_period_months(struct usage_period p);

enum usage_other {
    USAGE_BEFORE,   /* the period just before */
    USAGE_YEAR_AGO, /* the same dates last year; weeks: the same weekdays,
                       52 weeks ago */
    USAGE_OTHERS
};

/* The period that p is compared with. */
struct usage_period
usage_period_other(struct usage_period p, enum usage_other o);
/* How days of p lie to those there: so many months back, or days. */
struct usage_pairs {
    int months;
    int32_t days;
    /* The month asked for last, and the first and last day of its other. */
    int32_t first, last, other, other_last;
};
struct usage_pairs
usage_period_pairs(struct usage_period p, enum usage_other o);
/* The day there that a day of p is compared with, DAY_NONE when there is none
 * (the 31st against a month of 30 days, 29 February against a common year). */
int32_t usage_period_pair(struct usage_pairs *w, int32_t day);

#endif
