/* SPDX-License-Identifier: Apache-2.0 */
/* The steps of usage_load, each in a file of its own. */
#ifndef MH_USAGE_USAGE_LOAD_H
#define MH_USAGE_USAGE_LOAD_H

#include "api/usage/usage.h"

/* Room for the days from..to, and what the window shows of them. */
enum db_rc
usage_load_days(struct db *db, struct arena *a, const struct usage *u,
                int32_t from, int32_t to, struct usage_days *days);
/* The same days as a pointer to the first: those that were read already when
 * they hold it all. */
enum db_rc usage_days_get(struct db *db, struct arena *a, const struct usage *u,
                          int32_t from, int32_t to, const struct usage_day **d);
/* First and newest data, the meters' dates, the next load. */
enum db_rc
usage_load_fresh(struct db *db, const struct conf *conf, struct arena *a,
                 const struct usage_ask *ask, struct usage *u);
/* When the next load is expected. */
int64_t usage_next_load(const struct conf *conf, const struct tz *zone,
                        int64_t now_utc, bool *before);
/* Why that day of this meter has no data. */
enum usage_gap usage_gap_of(const struct usage *u, int32_t day);
/* Bars and rows. */
enum db_rc usage_load_lines(struct db *db, struct arena *a, struct usage *u);
/* What was billed for any of the period's days. */
enum db_rc usage_load_bills(struct db *db, struct arena *a, struct usage *u);
/* The two comparisons. */
enum db_rc usage_load_compare(struct db *db, struct arena *a, struct usage *u);

#endif
