/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The 15-minute CSV byte for byte as Smart Meter Texas writes it, for
 * importers that expect it: an apostrophe before the ESI ID, American dates,
 * `.145` for 0.145, LF line ends.  On the spring day the hour that does not
 * exist stands there with empty values (96 rows); on the fall day the first
 * row of the repeated hour starts where the row before it ended (02:00,01:15;
 * 100 rows).  Only the position of a row tells the two hours apart; the
 * unambiguous layout is iso_csv.h.
 */
#ifndef MH_USAGE_SMT_CSV_H
#define MH_USAGE_SMT_CSV_H

#include "db/reading.h"
#include "server/base/tz.h"

void usage_smt_csv_head(struct buf *to);
/* The rows of one meter-day; `revision` is YYYYMMDDHHMMSS. */
void usage_smt_csv_day(struct buf *to, const char *esiid, const struct tz *zone,
                       const struct reading_day *d, int64_t revision);

/* MM/DD/YYYY and MM/DD/YYYY HH:MM:SS, as its other reports write them too. */
void usage_smt_date(struct buf *to, int32_t day);
void usage_smt_stamp(struct buf *to, int64_t stamp);
/* "Consumption" or "Surplus Generation". */
const char *usage_smt_channel(int channel);

#endif
