/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Smart Meter Texas CSV.  The rows walk the clock on the wall: where it jumps
 * ahead, empty rows fill the hole; where it falls back, a row begins at the
 * time that the one before it ended.
 */
#include "api/usage/smt_csv.h"

#define DAY_SECONDS 86400
#define PREFIX      128 /* apostrophe, ESI ID, date, revision, commas */

void
usage_smt_csv_head(struct buf *to)
{
    buf_puts(to, "ESIID,USAGE_DATE,REVISION_DATE,USAGE_START_TIME,"
                 "USAGE_END_TIME,USAGE_KWH,ESTIMATED_ACTUAL,"
                 "CONSUMPTION_SURPLUSGENERATION\n");
}

const char *
usage_smt_channel(int channel)
{
    return channel == CHANNEL_GENERATION ? "Surplus Generation" : "Consumption";
}

static void
put_two(struct buf *to, int64_t n)
{
    buf_putc(to, (char)('0' + n / 10 % 10));
    buf_putc(to, (char)('0' + n % 10));
}

static void
put_date(struct buf *to, int64_t year, int64_t month, int64_t dom)
{
    put_two(to, month);
    buf_putc(to, '/');
    put_two(to, dom);
    buf_putc(to, '/');
    put_two(to, year / 100);
    put_two(to, year % 100);
}

void
usage_smt_date(struct buf *to, int32_t day)
{
    int year, month, dom;

    day_to_civil(day, &year, &month, &dom);
    put_date(to, year, month, dom);
}

void
usage_smt_stamp(struct buf *to, int64_t stamp)
{
    int64_t date = stamp / 1000000, time = stamp % 1000000;

    put_date(to, date / 10000, date / 100 % 100, date % 100);
    buf_putc(to, ' ');
    put_two(to, time / 10000);
    buf_putc(to, ':');
    put_two(to, time / 100);
    buf_putc(to, ':');
    put_two(to, time);
}

static void
put_time(struct buf *to, int32_t seconds)
{
    put_two(to, seconds / 3600 % 24);
    buf_putc(to, ':');
    put_two(to, seconds / 60 % 60);
}

/* What every row of a day begins and ends with. */
struct frame {
    char start[PREFIX];
    size_t start_len;
    const char *channel;
};

static void
put_row(struct buf *to, const struct frame *f, int32_t from, int32_t end,
        const char *value, size_t value_len, char status)
{
    buf_add(to, f->start, f->start_len);
    put_time(to, from);
    buf_putc(to, ',');
    put_time(to, end);
    buf_putc(to, ',');
    buf_add(to, value, value_len);
    buf_putc(to, ',');
    if (status)
        buf_putc(to, status);
    buf_putc(to, ',');
    buf_puts(to, f->channel);
    buf_putc(to, '\n');
}

static void
frame_init(struct frame *f, const char *esiid, const struct reading_day *d,
           int64_t revision)
{
    struct buf b = {0};

    buf_putc(&b, '\'');
    buf_puts(&b, esiid);
    buf_putc(&b, ',');
    usage_smt_date(&b, d->day);
    buf_putc(&b, ',');
    usage_smt_stamp(&b, revision);
    buf_putc(&b, ',');
    f->start_len = b.len < sizeof f->start ? b.len : sizeof f->start;
    memcpy(f->start, b.at, f->start_len);
    f->channel = usage_smt_channel(d->channel);
    buf_clear(&b);
}

/* The time on the wall when interval i starts, in seconds. */
static int32_t
wall(const struct tz *zone, int64_t start, bool plain, int32_t after)
{
    int64_t utc = start + after;

    if (plain)
        return after;
    return (int32_t)((utc + tz_offset(zone, utc)) % DAY_SECONDS);
}

void
usage_smt_csv_day(struct buf *to, const char *esiid, const struct tz *zone,
                  const struct reading_day *d, int64_t revision)
{
    int64_t start = tz_day_start(zone, d->day);
    bool plain = tz_day_seconds(zone, d->day) == DAY_SECONDS;
    int32_t at = 0;
    struct frame f;

    frame_init(&f, esiid, d, revision);
    for (int i = 0; i < d->n; i++) {
        int32_t now = wall(zone, start, plain, i * d->seconds);
        char text[DECIMAL_TEXT];
        size_t len = 0;

        for (; at < now; at += d->seconds)
            put_row(to, &f, at, at + d->seconds, "", 0, 0);
        if (d->status[i])
            len = decimal_trim_bare(text, d->value_ukwh[i]);
        put_row(to, &f, at, now + d->seconds, text, len, (char)d->status[i]);
        at = now + d->seconds;
    }
}
