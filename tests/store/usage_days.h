/* SPDX-License-Identifier: Apache-2.0 */
/* Days of readings for tests of usage, made by a rule that tests can add up. */
#ifndef MH_TEST_STORE_USAGE_DAYS_H
#define MH_TEST_STORE_USAGE_DAYS_H

#include "db/reading.h"

/* Interval i of every day from..to is base_ukwh + i * 1000. */
struct usage_plan {
    int64_t point_id;
    int channel;
    const char *from, *to;
    int64_t base_ukwh;
    int estimated; /* so many of a day's first intervals */
    int missing;   /* and so many of its last ones are missing */
    bool reads;    /* register reads 1000.500 and 1015.62 */
};

/* Loads and commits all of it as one file; days of America/Chicago. */
void usage_days_load(struct db *db, const struct usage_plan *plan, size_t n);
/* The point of that ESI ID, with a meter installed on that day (NULL: the
 * registry knows none). */
int64_t
usage_days_point(struct db *db, const char *esiid, const char *installed);
/* One bill of the point, committed. */
void usage_days_bill(struct db *db, int64_t point_id, const char *from,
                     const char *to, int64_t kwh);
int32_t usage_day_of(const char *text);

#endif
