/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The unambiguous CSV: every row says when it is in local time with its
 * offset and in UTC, and which interval of the day it is, so that both days of
 * a clock change read without knowing of them.  Values stand as they came in,
 * digit for digit; a missing one is empty.
 */
#ifndef MH_USAGE_ISO_CSV_H
#define MH_USAGE_ISO_CSV_H

#include "db/reading.h"
#include "server/base/tz.h"

/* With `v` in the rows (usage --versions) the header names its columns. */
void usage_iso_csv_head(struct buf *to, bool versions);
void usage_iso_csv_day(struct buf *to, const char *esiid, const struct tz *zone,
                       const struct reading_day *d,
                       const struct reading_version *v, bool versions);

/* "consumption" or "surplus". */
const char *usage_channel_name(int channel);
/* YYYYMMDDHHMMSS as YYYY-MM-DDTHH:MM:SS, the sender's own clock. */
void usage_iso_stamp(struct buf *to, int64_t stamp);
/* ,current,arrived,sender,transaction,file: what tells versions apart. */
void usage_iso_version_head(struct buf *to);
void usage_iso_version(struct buf *to, const char *transaction,
                       const struct reading_version *v);

#endif
