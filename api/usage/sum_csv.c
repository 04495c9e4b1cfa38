/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Daily and monthly CSV.  `csv` follows the market's field names (Daily Meter
 * Reads, Monthly Billed Usage) in the manner of its 15-minute file; the column
 * for consumption or surplus is the 15-minute file's own.  `iso` says more.
 */
#include "api/usage/export_out.h"
#include "api/usage/iso_csv.h"
#include "api/usage/smt_csv.h"

void
export_csv_head(struct export_out *o)
{
    bool daily = o->ask.report == USAGE_DAILY;

    if (o->ask.format == USAGE_CSV && daily) {
        buf_puts(o->to, "ESIID,READ_DATE,REVISION_DATE,START_READING,"
                        "END_READING,USAGE_KWH,"
                        "CONSUMPTION_SURPLUSGENERATION\n");
    } else if (o->ask.format == USAGE_CSV) {
        buf_puts(o->to, "ESIID,START_DATE,END_DATE,REVISION_DATE,ACTUAL_KWH,"
                        "METERED_KW,BILLED_KW,METERED_KVA,BILLED_KVA\n");
    } else if (daily) {
        buf_puts(o->to, "esiid,operating_day,channel,kwh,intervals,estimated,"
                        "missing,start_read,stop_read,revision");
        if (o->ask.versions)
            usage_iso_version_head(o->to);
        buf_putc(o->to, '\n');
    } else {
        buf_puts(o->to, "esiid,from,to,channel,kwh,days,days_with_data,"
                        "intervals,estimated,missing\n");
    }
}

static void
put_reads(struct buf *to, const struct reading_sum *s)
{
    if (s->has_reads)
        export_decimal(to, s->start_read);
    buf_putc(to, ',');
    if (s->has_reads)
        export_decimal(to, s->stop_read);
    buf_putc(to, ',');
}

void
export_csv_sum(struct export_out *o, const struct reading_sum *s)
{
    buf_printf(o->to, "'%s,", o->point.esiid);
    usage_smt_date(o->to, s->day);
    buf_putc(o->to, ',');
    usage_smt_stamp(o->to, s->stamp);
    buf_putc(o->to, ',');
    put_reads(o->to, s);
    if (s->missing < s->n)
        export_kwh(o->to, s->sum_ukwh);
    buf_printf(o->to, ",%s\n", usage_smt_channel(s->channel));
}

static void
put_given(struct buf *to, const struct billed_value *v)
{
    buf_putc(to, ',');
    if (v->given)
        export_decimal(to, v->value);
}

void
export_csv_bill(struct export_out *o, const struct billed *b)
{
    buf_printf(o->to, "'%s,", o->point.esiid);
    usage_smt_date(o->to, b->start_day);
    buf_putc(o->to, ',');
    usage_smt_date(o->to, b->end_day);
    buf_putc(o->to, ',');
    usage_smt_stamp(o->to, b->stamp);
    buf_putc(o->to, ',');
    export_decimal(o->to, b->kwh);
    put_given(o->to, &b->metered_kw);
    put_given(o->to, &b->billed_kw);
    put_given(o->to, &b->metered_kva);
    put_given(o->to, &b->billed_kva);
    buf_putc(o->to, '\n');
}

void
export_iso_sum(struct export_out *o, const struct reading_sum *s,
               const char *transaction, const struct reading_version *v)
{
    char day[16];

    buf_printf(o->to, "%s,%s,%s,", o->point.esiid, day_format(day, s->day),
               usage_channel_name(s->channel));
    if (s->missing < s->n)
        export_kwh(o->to, s->sum_ukwh);
    buf_printf(o->to, ",%d,%d,%d,", s->n, s->estimated, s->missing);
    put_reads(o->to, s);
    usage_iso_stamp(o->to, s->stamp);
    if (o->ask.versions && v)
        usage_iso_version(o->to, transaction, v);
    buf_putc(o->to, '\n');
}

static void
put_month(struct export_out *o, int32_t from, int32_t to, int channel,
          int64_t ukwh, const struct usage_sum *s)
{
    char first[16], last[16];

    buf_printf(o->to, "%s,%s,%s,%s,", o->point.esiid, day_format(first, from),
               day_format(last, to), usage_channel_name(channel));
    export_kwh(o->to, ukwh);
    buf_printf(o->to, ",%d,%d,%d,%d,%d\n", to - from + 1, s->days, s->intervals,
               s->estimated, s->missing);
}

void
export_iso_month(struct export_out *o, int32_t from, int32_t to,
                 const struct usage_sum *s)
{
    if (s->has_load)
        put_month(o, from, to, CHANNEL_LOAD, s->load_ukwh, s);
    if (s->has_surplus)
        put_month(o, from, to, CHANNEL_GENERATION, s->surplus_ukwh, s);
}
