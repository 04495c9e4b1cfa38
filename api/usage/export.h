/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Usage as files: any length in constant memory, read from the store a few
 * days at a time and written piece by piece, for downloads and for the
 * command line alike.
 *
 *            interval              daily               monthly
 *   csv   Smart Meter Texas     Daily Meter Reads    Monthly Billed Usage
 *   iso   one row an interval   one row a day        one row a calendar month
 *   json  days of intervals     days                 months, and what was
 * billed lse   the market's records  -                    -
 */
#ifndef MH_USAGE_EXPORT_H
#define MH_USAGE_EXPORT_H

#include "api/agreement/agreement.h"
#include "api/usage/usage.h"

enum usage_format {
    USAGE_CSV,
    USAGE_ISO,
    USAGE_JSON,
    USAGE_LSE,
    USAGE_FORMATS
};

const char *usage_format_name(enum usage_format f);
/* The word's format or report; false when it is none. */
bool usage_format_parse(const char *word, enum usage_format *f);
bool usage_report_parse(const char *word, enum usage_report *r);
/* "text/csv; charset=utf-8" … */
const char *usage_format_type(enum usage_format f);

struct usage_export_ask {
    int32_t from, to;
    enum usage_report report;
    enum usage_format format;
    bool versions; /* history as well, newest first */
    int64_t now_utc;
};

struct usage_export;

/*
 * Starts a file of what `who` may see of the point within from..to.  NOT_FOUND
 * when that is nothing at all; BAD_FIELD for LSE of anything but intervals.
 */
enum fault
usage_export_open(struct db *db, const struct actor *who,
                  const struct conf *conf, const struct point *p,
                  const struct usage_export_ask *ask, struct usage_export **x);
/* Appends a piece; false at the end, or when the store failed: what was
 * written until then is not the whole file. */
bool usage_export_more(struct usage_export *x, struct db *db, struct buf *to);
bool usage_export_failed(const struct usage_export *x);
void usage_export_close(struct usage_export *x);

#endif
