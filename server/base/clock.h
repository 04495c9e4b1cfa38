/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Time.  Instants are UTC seconds since 1970 (int64_t, suffix _utc); days are
 * civil days since 1970-01-01 (int32_t, suffix _day) and carry no zone.  All
 * code asks clock_now, so that tests and replays can set the time.
 */
#ifndef MH_BASE_CLOCK_H
#define MH_BASE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DAY_NONE INT32_MIN

int64_t clock_now(void);      /* UTC seconds */
double clock_monotonic(void); /* seconds, for durations only */
/* Stops the clock at `utc`, or lets it run again (CLOCK_REAL).  The
 * environment variable MH_CLOCK=YYYY-MM-DDTHH:MM:SSZ sets it at start. */
#define CLOCK_REAL INT64_MIN
void clock_set(int64_t utc);

struct civil {
    int year, month, day; /* 1-based month and day */
    int hour, minute, second;
};

int32_t day_from_civil(int year, int month, int day);
void day_to_civil(int32_t day, int *year, int *month, int *dom);
int day_of_week(int32_t day);                    /* 0 = Sunday */
int32_t day_month_start(int32_t day);            /* first day of its month */
int32_t day_add_months(int32_t day, int months); /* clamps the day of month */
/* "YYYY-MM-DD", "MM/DD/YYYY" or "YYYYMMDD", a real date of 1970..2199. */
bool day_parse(const char *text, int32_t *day);
/* Writes YYYY-MM-DD; `to` holds 11 bytes. Returns `to`. */
char *day_format(char *to, int32_t day);

void utc_to_civil(int64_t utc, struct civil *c);
int64_t utc_from_civil(const struct civil *c);
/* Writes YYYY-MM-DDTHH:MM:SSZ; `to` holds 21 bytes.  Returns `to`. */
char *utc_format(char *to, int64_t utc);
bool utc_parse(const char *text, int64_t *utc);

#endif
