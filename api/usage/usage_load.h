/* SPDX-License-Identifier: Apache-2.0 */
/* The steps of usage_load, each in a file of its own. */
#ifndef MH_USAGE_USAGE_LOAD_H
#define MH_USAGE_USAGE_LOAD_H

#include "api/usage/usage.h"

/* The days from..to that have data, into day[0] (= from) onwards. */
enum db_rc usage_load_days(struct db *db, int64_t point_id, int32_t from,
                           int32_t to, struct usage_day *day,
                           struct usage_peak *peak, const struct tz *zone);
/* First and newest data, the meters' dates, the next load. */
enum db_rc usage_load_fresh(struct db *db, const struct conf *conf,
                            int64_t now_utc, struct usage *u);
/* Why that day of this meter has no data. */
enum usage_gap usage_gap_of(const struct usage *u, int32_t day);
/* Bars and rows. */
enum db_rc usage_load_lines(struct db *db, struct arena *a, struct usage *u);
/* What was billed for any of the period's days. */
enum db_rc usage_load_bills(struct db *db, struct arena *a, struct usage *u);
/* The two comparisons. */
enum db_rc usage_load_compare(struct db *db, struct arena *a, struct usage *u);

#endif
