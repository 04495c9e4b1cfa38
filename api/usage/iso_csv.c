/* SPDX-License-Identifier: Apache-2.0 */
/* The unambiguous CSV of intervals, and the parts that its sisters share. */
#include "api/usage/iso_csv.h"

#include "server/text/csv.h"

const char *
usage_channel_name(int channel)
{
    return channel == CHANNEL_GENERATION ? "surplus" : "consumption";
}

void
usage_iso_stamp(struct buf *to, int64_t stamp)
{
    buf_printf(to, "%04d-%02d-%02dT%02d:%02d:%02d", (int)(stamp / 10000000000),
               (int)(stamp / 100000000 % 100), (int)(stamp / 1000000 % 100),
               (int)(stamp / 10000 % 100), (int)(stamp / 100 % 100),
               (int)(stamp % 100));
}

void
usage_iso_version_head(struct buf *to)
{
    buf_puts(to, ",current,arrived_utc,sender,transaction,file");
}

void
usage_iso_version(struct buf *to, const char *transaction,
                  const struct reading_version *v)
{
    char arrived[24];

    buf_puts(to, v->current ? ",yes," : ",no,");
    buf_puts(to, utc_format(arrived, v->arrived_utc));
    buf_putc(to, ',');
    csv_text(to, v->sender);
    buf_putc(to, ',');
    csv_text(to, transaction);
    buf_putc(to, ',');
    csv_text(to, v->file);
}

void
usage_iso_csv_head(struct buf *to, bool versions)
{
    buf_puts(to, "esiid,operating_day,interval,start_local,end_local,"
                 "start_utc,end_utc,kwh,status,channel,revision");
    if (versions)
        usage_iso_version_head(to);
    buf_putc(to, '\n');
}

static void
put_value(struct buf *to, const struct reading_day *d, int i)
{
    struct decimal value = {d->value_ukwh[i], d->places[i]};
    char text[DECIMAL_TEXT];

    if (d->status[i])
        buf_add(to, text, decimal_format(text, value));
    buf_putc(to, ',');
    if (d->status[i])
        buf_putc(to, (char)d->status[i]);
}

void
usage_iso_csv_day(struct buf *to, const char *esiid, const struct tz *zone,
                  const struct reading_day *d, const struct reading_version *v,
                  bool versions)
{
    int64_t utc = tz_day_start(zone, d->day);
    char day[16], from[32], end[32];
    struct buf tail = {0};

    buf_printf(&tail, ",%s,", usage_channel_name(d->channel));
    usage_iso_stamp(&tail, v->stamp);
    if (versions)
        usage_iso_version(&tail, d->transaction, v);
    buf_putc(&tail, '\n');
    day_format(day, d->day);
    tz_format(end, zone, utc);
    for (int i = 0; i < d->n; i++, utc += d->seconds) {
        memcpy(from, end, sizeof from);
        tz_format(end, zone, utc + d->seconds);
        buf_puts(to, esiid);
        buf_printf(to, ",%s,%d,%s,%s,", day, i + 1, from, end);
        buf_puts(to, utc_format(from, utc));
        buf_putc(to, ',');
        buf_puts(to, utc_format(from, utc + d->seconds));
        buf_putc(to, ',');
        put_value(to, d, i);
        buf_add(to, tail.at, tail.len);
    }
    buf_clear(&tail);
}
