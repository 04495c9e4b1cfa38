/* SPDX-License-Identifier: Apache-2.0 */
/* LSE records of stored meter-days. */
#include "api/usage/lse_out.h"

#include <inttypes.h>

#define PER_ROW    4        /* intervals of a detail row */
#define FIRST_SORT 10000000 /* sort code of the first detail row */

static void
put_decimal(struct buf *to, struct decimal d)
{
    char text[DECIMAL_TEXT];

    buf_add(to, text, decimal_format(text, d));
}

/* Row two: register reads (0 means none, as the market's example has it) and
 * the constants of AMS data. */
static void
put_row_two(struct buf *to, const struct tz *zone, int year,
            const struct reading_day *d)
{
    buf_puts(to, "00000002,");
    if (d->has_reads) {
        put_decimal(to, d->start_read);
        buf_putc(to, ',');
        put_decimal(to, d->stop_read);
        buf_puts(to, ",1,,1");
    } else {
        buf_puts(to, "0,0,0,,0");
    }
    buf_printf(to, ",,%d,01,1,-1,0.0,0.0,%s\n", d->seconds,
               tz_standard_name(zone, year));
}

static void
put_parties(struct buf *to, const char *receiver, const struct reading_day *d,
            const struct reading_version *v)
{
    buf_printf(to,
               "00000030,ATTRIBUTE_VALUE_PAIRS,MRE=%s,Sender=%s,Receiver=%s",
               d->mre[0] ? d->mre : v->sender, v->sender, receiver);
    if (d->rep[0])
        buf_printf(to, ",REP=%s", d->rep);
    buf_putc(to, '\n');
}

static void
put_details(struct buf *to, const struct reading_day *d)
{
    for (int i = 0; i < d->n; i++) {
        struct decimal value = {d->value_ukwh[i], d->places[i]};

        if (i % PER_ROW == 0)
            buf_int(to, FIRST_SORT + i / PER_ROW);
        buf_putc(to, ',');
        if (d->status[i])
            put_decimal(to, value);
        buf_putc(to, ',');
        if (d->status[i])
            buf_putc(to, (char)d->status[i]);
        buf_putc(to, ',');
        if (i % PER_ROW == PER_ROW - 1 || i == d->n - 1)
            buf_puts(to, ",\n");
    }
}

void
usage_lse_day(struct buf *to, const char *esiid, const struct tz *zone,
              const char *receiver, const struct reading_day *d,
              const struct reading_version *v)
{
    int year, month, dom;

    day_to_civil(d->day, &year, &month, &dom);
    buf_printf(to, "00000001,%s,%d,%04d%02d%02d000000,%04d%02d%02d235900,Y,N\n",
               esiid, d->channel, year, month, dom, year, month, dom);
    put_row_two(to, zone, year, d);
    buf_printf(to, "00000003,%s\n", d->transaction);
    buf_printf(to, "00000004,%014" PRId64 ",%c\n", v->stamp,
               d->origin ? d->origin : 'M');
    put_parties(to, receiver, d, v);
    put_details(to, d);
}
