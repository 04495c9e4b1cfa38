/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Meter-days as LSE records again (ERCOT "LSE File Definition v.04"): loading
 * the text back changes nothing.  Values and register reads have the digits
 * that they came with; the revision stamp stands in row four.
 */
#ifndef MH_USAGE_LSE_OUT_H
#define MH_USAGE_LSE_OUT_H

#include "db/reading.h"
#include "server/base/tz.h"

void usage_lse_day(struct buf *to, const char *esiid, const struct tz *zone,
                   const char *receiver, const struct reading_day *d,
                   const struct reading_version *v);

#endif
