/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON files of any length, written piece by piece.  Energy is text, so that
 * no reader turns 0.140 into something else on the way.
 */
#include <jansson.h>
#include <stdlib.h>

#include "api/usage/export_out.h"
#include "api/usage/iso_csv.h"

static void
put_text(struct buf *to, const char *text)
{
    json_t *value = json_string(text);
    char *quoted = value ? json_dumps(value, JSON_ENCODE_ANY) : NULL;

    buf_puts(to, quoted ? quoted : "\"\"");
    free(quoted);
    json_decref(value);
}

static void
put_key(struct buf *to, const char *key)
{
    buf_printf(to, ",\"%s\":", key);
}

static void
put_kwh(struct buf *to, const char *key, int64_t ukwh, bool known)
{
    put_key(to, key);
    if (!known) {
        buf_puts(to, "null");
        return;
    }
    buf_putc(to, '"');
    export_kwh(to, ukwh);
    buf_putc(to, '"');
}

static void
put_stamp(struct buf *to, int64_t stamp)
{
    put_key(to, "revision");
    buf_putc(to, '"');
    usage_iso_stamp(to, stamp);
    buf_putc(to, '"');
}

/* A row of the list: its separator, and the day and channel that all have. */
static void
start_row(struct export_out *o, int32_t day, int channel)
{
    char text[16];

    buf_printf(o->to, "%s\n{\"day\":\"%s\",\"channel\":\"%s\"",
               o->rows ? "," : "", day_format(text, day),
               usage_channel_name(channel));
    o->rows = true;
}

static void
put_reads(struct buf *to, struct decimal start, struct decimal stop)
{
    buf_puts(to, ",\"register_reads\":{\"start\":\"");
    export_decimal(to, start);
    buf_puts(to, "\",\"stop\":\"");
    export_decimal(to, stop);
    buf_puts(to, "\"}");
}

static void
put_version(struct export_out *o, const char *transaction,
            const struct reading_version *v)
{
    char arrived[24];

    if (!o->ask.versions || !v)
        return;
    buf_printf(o->to, ",\"current\":%s,\"arrived\":\"%s\",\"sender\":",
               v->current ? "true" : "false",
               utc_format(arrived, v->arrived_utc));
    put_text(o->to, v->sender);
    put_key(o->to, "transaction");
    put_text(o->to, transaction);
    put_key(o->to, "file");
    put_text(o->to, v->file);
}

void
export_json_head(struct export_out *o)
{
    static const char *const lists[] = {"days", "days", "months"};
    char from[16], to[16];

    buf_puts(o->to, "{\"esiid\":");
    put_text(o->to, o->point.esiid);
    put_key(o->to, "zone");
    put_text(o->to, tz_name(o->zone));
    buf_printf(o->to,
               ",\"report\":\"%s\",\"from\":\"%s\",\"to\":\"%s\","
               "\"unit\":\"kWh\",\"%s\":[",
               usage_report_name(o->ask.report), day_format(from, o->ask.from),
               day_format(to, o->ask.to), lists[o->ask.report]);
}

static void
put_interval(struct export_out *o, const struct reading_day *d, int i,
             int64_t utc)
{
    struct decimal value = {d->value_ukwh[i], d->places[i]};
    char start[32];

    buf_printf(o->to, "%s\n{\"n\":%d,\"start\":\"%s\"", i ? "," : "", i + 1,
               tz_format(start, o->zone, utc));
    if (d->status[i]) {
        buf_puts(o->to, ",\"kwh\":\"");
        export_decimal(o->to, value);
        buf_printf(o->to, "\",\"status\":\"%c\"}", d->status[i]);
    } else {
        buf_puts(o->to, ",\"kwh\":null,\"status\":null}");
    }
}

void
export_json_day(struct export_out *o, const struct reading_day *d,
                const struct reading_version *v)
{
    int64_t utc = tz_day_start(o->zone, d->day), sum = 0;

    start_row(o, d->day, d->channel);
    put_stamp(o->to, v->stamp);
    put_version(o, d->transaction, v);
    if (d->has_reads)
        put_reads(o->to, d->start_read, d->stop_read);
    buf_printf(o->to, ",\"seconds\":%d,\"intervals\":[", d->seconds);
    for (int i = 0; i < d->n; i++, utc += d->seconds) {
        put_interval(o, d, i, utc);
        sum += d->status[i] ? d->value_ukwh[i] : 0;
    }
    buf_puts(o->to, "]");
    put_kwh(o->to, "kwh", sum, true);
    buf_putc(o->to, '}');
}

void
export_json_sum(struct export_out *o, const struct reading_sum *s,
                const char *transaction, const struct reading_version *v)
{
    start_row(o, s->day, s->channel);
    put_kwh(o->to, "kwh", s->sum_ukwh, s->missing < s->n);
    buf_printf(o->to, ",\"intervals\":%d,\"estimated\":%d,\"missing\":%d", s->n,
               s->estimated, s->missing);
    if (s->has_reads)
        put_reads(o->to, s->start_read, s->stop_read);
    put_stamp(o->to, s->stamp);
    put_version(o, transaction, v);
    buf_putc(o->to, '}');
}

void
export_json_month(struct export_out *o, int32_t from, int32_t to,
                  const struct usage_sum *s)
{
    char first[16], last[16];

    buf_printf(o->to, "%s\n{\"from\":\"%s\",\"to\":\"%s\"", o->rows ? "," : "",
               day_format(first, from), day_format(last, to));
    o->rows = true;
    put_kwh(o->to, "consumption_kwh", s->load_ukwh, s->has_load);
    put_kwh(o->to, "surplus_kwh", s->surplus_ukwh, s->has_surplus);
    buf_printf(o->to,
               ",\"days\":%d,\"days_with_data\":%d,\"estimated\":%d,"
               "\"missing\":%d}",
               to - from + 1, s->days, s->estimated, s->missing);
}

void
export_json_bills(struct export_out *o)
{
    buf_puts(o->to, "],\"billed\":[");
    o->rows = false;
}

static void
put_given(struct buf *to, const char *key, const struct billed_value *v)
{
    put_key(to, key);
    if (!v->given) {
        buf_puts(to, "null");
        return;
    }
    buf_putc(to, '"');
    export_decimal(to, v->value);
    buf_putc(to, '"');
}

void
export_json_bill(struct export_out *o, const struct billed *b)
{
    const struct billed_value kwh = {true, b->kwh};
    char from[16], to[16];

    buf_printf(o->to, "%s\n{\"from\":\"%s\",\"to\":\"%s\"", o->rows ? "," : "",
               day_format(from, b->start_day), day_format(to, b->end_day));
    o->rows = true;
    put_given(o->to, "kwh", &kwh);
    put_given(o->to, "metered_kw", &b->metered_kw);
    put_given(o->to, "billed_kw", &b->billed_kw);
    put_given(o->to, "metered_kva", &b->metered_kva);
    put_given(o->to, "billed_kva", &b->billed_kva);
    put_stamp(o->to, b->stamp);
    if (o->ask.versions)
        buf_puts(o->to,
                 b->current ? ",\"current\":true" : ",\"current\":false");
    buf_putc(o->to, '}');
}

void
export_json_tail(struct export_out *o)
{
    buf_puts(o->to, "],\"total\":{\"unit\":\"kWh\"");
    put_kwh(o->to, "consumption_kwh", o->total.load_ukwh, o->total.has_load);
    put_kwh(o->to, "surplus_kwh", o->total.surplus_ukwh, o->total.has_surplus);
    buf_puts(o->to, "}}\n");
}
