/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Usage of one meter over one period, as every face shows it: one line a bar
 * and a table row, what it adds up to, what it compares with, how complete it
 * is, and why days without data have none.
 *
 * Sums are exact and come from the readings alone.  The three reports of the
 * market differ: 15-minute is the intervals; daily is the sum of a day's
 * intervals with the register reads beside it; monthly is drawn as calendar
 * sums and lists what was billed (db/billed.h) beneath.
 */
#ifndef MH_USAGE_USAGE_H
#define MH_USAGE_USAGE_H

#include <jansson.h>

#include "api/agreement/agreement.h"
#include "api/usage/period.h"
#include "db/billed.h"
#include "db/reading.h"
#include "server/base/arena.h"
#include "server/base/tz.h"

enum usage_report { USAGE_INTERVAL, USAGE_DAILY, USAGE_MONTHLY, USAGE_REPORTS };

/* What a line spans.  Long spans are drawn coarser than their report asks. */
enum usage_grain {
    USAGE_QUARTER,
    USAGE_HOUR,
    USAGE_GRAIN_DAY,
    USAGE_GRAIN_WEEK,
    USAGE_GRAIN_MONTH
};

#define USAGE_BARS 1000 /* most lines of a view */

/* Why a day has no data. */
enum usage_gap {
    USAGE_GAP_NONE,
    USAGE_GAP_FUTURE,       /* the day lies ahead */
    USAGE_GAP_NOT_RECEIVED, /* newer than the newest data */
    USAGE_GAP_MISSING,      /* days before and after came */
    USAGE_GAP_BEFORE_METER, /* before the meter was installed and reporting */
    USAGE_GAP_BEFORE_DATA,  /* before the first data; the registry is silent */
    USAGE_GAP_REMOVED,      /* after the last meter was taken away */
    USAGE_GAP_HISTORY,      /* older than this account may look back */
    USAGE_GAP_NO_RIGHT,     /* the meter was not this account's then */
    USAGE_GAP_HOLE,         /* the day came, this part of it did not */
    USAGE_GAPS
};

/* "future", "not_received" …: the word in views and the end of message keys. */
const char *usage_gap_name(enum usage_gap g);
const char *usage_report_name(enum usage_report r);
const char *usage_grain_name(enum usage_grain g);

/* Sums of both channels over any time. */
struct usage_sum {
    int64_t load_ukwh, surplus_ukwh;
    bool has_load, has_surplus;
    int32_t intervals; /* of consumption; of surplus without it */
    int32_t estimated, missing;
    int32_t days; /* days with data */
};

struct usage_day {
    int32_t day;
    struct usage_sum sum;
    enum usage_gap gap; /* when it has no data */
    int64_t stamp;      /* revision, YYYYMMDDHHMMSS */
    bool has_reads;
    struct decimal start_read, stop_read; /* of consumption */
    int64_t peak_ukwh;                    /* its highest interval, */
    uint16_t peak_at, peak_of; /* so many of the day's; of 0: unknown */
};

struct usage_line {
    int32_t from_day, to_day;
    int64_t from_utc, to_utc; /* of USAGE_QUARTER and USAGE_HOUR, else 0 */
    int32_t slots;            /* bars' widths it takes: 1, more for a gap */
    struct usage_sum sum;
    enum usage_gap gap;
    const struct usage_day *day; /* of USAGE_GRAIN_DAY with data */
};

/* The interval of the highest consumption, the first of equals. */
struct usage_peak {
    bool known;
    int64_t ukwh;
    int64_t from_utc, to_utc;
    int32_t day; /* and the day of the highest sum: */
    int64_t day_ukwh;
};

/* Consumption against another period, over the days that both have whole. */
struct usage_compare {
    enum usage_other other;
    struct usage_period period;
    int32_t days, pairs;      /* days with data here, those compared */
    int64_t ukwh, other_ukwh; /* over the pairs */
    enum usage_gap why;       /* when there are no pairs */
};

struct usage_fresh {
    bool any;                    /* there is data at all */
    int32_t first_day, last_day; /* of all data; DAY_NONE without */
    int32_t start_day, end_day;  /* a meter reported from, to; DAY_NONE: open */
    int32_t complete_day;        /* no day up to here is missing (38 days) */
    int64_t next_utc;            /* when the next load is expected */
    bool late;                   /* the load before it did not bring its day */
};

struct usage_bill { /* one row of the billed report */
    struct billed row;
    bool whole;   /* every interval of its days is here: */
    int64_t ukwh; /* what they add up to */
};

/* Days read from the store, with room for those it does not have. */
struct usage_days {
    int32_t from, to;
    struct usage_day *at; /* at[0] is `from`; NULL: nothing was read */
};

struct usage {
    struct usage_period period;
    enum usage_report report;
    enum usage_grain grain;
    const struct tz *zone;
    int64_t point_id;
    int32_t today;
    int32_t from, to;   /* the window that may be read */
    int32_t right_from; /* first day of this account's time */
    size_t days, lines, bills;
    struct usage_day *day;  /* every day of the period, inside `read` */
    struct usage_days read; /* the period and the one before it */
    struct usage_line *line;
    struct usage_bill *bill; /* of USAGE_MONTHLY */
    struct usage_sum total;
    struct usage_peak peak;
    struct usage_compare compare[USAGE_OTHERS];
    struct usage_fresh fresh;
};

/* First and last day with data of a point, when they were asked already. */
struct usage_data_days {
    bool known, any;
    int32_t first, last;
};

struct usage_ask {
    struct usage_period period;
    enum usage_report report;
    int64_t now_utc;
    struct usage_data_days data;
};

/* Whether a page may show so long a period of that report (the settings
 * screen_*). */
bool usage_fits_screen(const struct conf *conf, const struct usage_ask *ask);
/* Everything of one meter and period.  NOT_FOUND when the meter is not the
 * actor's; PAST_LIMIT when the period does not fit a screen. */
enum fault
usage_load(struct db *db, const struct actor *who, const struct conf *conf,
           struct arena *a, const struct agreement_meter *m,
           const struct usage_ask *ask, struct usage *u);
/* The average consumption of a day with data, half up to the micro-kWh. */
int64_t usage_average_ukwh(const struct usage_sum *s);
void usage_sum_add(struct usage_sum *to, const struct usage_sum *s);

/* The view that all faces share: dates as YYYY-MM-DD, instants with offset,
 * energy as decimal text. */
json_t *usage_view(const struct usage *u, const struct agreement_meter *m);
/* The same without its lines and bills, which pages write row by row. */
json_t *usage_view_head(const struct usage *u, const struct agreement_meter *m);

#endif
