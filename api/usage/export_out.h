/* SPDX-License-Identifier: Apache-2.0 */
/* What the export writes: heads, rows and tails of its formats. */
#ifndef MH_USAGE_EXPORT_OUT_H
#define MH_USAGE_EXPORT_OUT_H

#include "api/usage/export.h"

struct export_out {
    struct usage_export_ask ask;
    struct point point;
    const struct tz *zone;
    struct load_stamp at;   /* the moment that the whole file shows */
    char receiver[16];      /* DUNS for row thirty of LSE records */
    struct buf *to;         /* where this piece goes */
    struct usage_sum total; /* of current readings written so far */
    struct usage_sum month; /* of the month being added up */
    int32_t from, to_day;   /* the window that may be read */
    bool rows;              /* JSON: something stands before this row */
};

void export_receiver(struct export_out *o, const struct conf *conf);
void export_head(struct export_out *o);
enum db_rc
export_days(struct export_out *o, struct db *db, int32_t from, int32_t to);
enum db_rc export_tail(struct export_out *o, struct db *db);

/* One day of intervals in the format that was asked for. */
void export_day(struct export_out *o, const struct reading_day *d,
                const struct reading_version *v);

/* ---- rows of the formats ---- */

void export_json_head(struct export_out *o);
void export_json_day(struct export_out *o, const struct reading_day *d,
                     const struct reading_version *v);
/* One day of the daily report; `v` and `transaction` with versions only. */
void export_json_sum(struct export_out *o, const struct reading_sum *s,
                     const char *transaction, const struct reading_version *v);
void export_json_month(struct export_out *o, int32_t from, int32_t to,
                       const struct usage_sum *s);
/* Between the months and the tail: what was billed. */
void export_json_bills(struct export_out *o);
void export_json_bill(struct export_out *o, const struct billed *b);
void export_json_tail(struct export_out *o);

void export_csv_head(struct export_out *o);
void export_csv_sum(struct export_out *o, const struct reading_sum *s);
void export_csv_bill(struct export_out *o, const struct billed *b);
void export_iso_sum(struct export_out *o, const struct reading_sum *s,
                    const char *transaction, const struct reading_version *v);
void export_iso_month(struct export_out *o, int32_t from, int32_t to,
                      const struct usage_sum *s);

/* The number without trailing zeros. */
void export_kwh(struct buf *to, int64_t ukwh);
/* The number with the digits that it came with. */
void export_decimal(struct buf *to, struct decimal d);

#endif
