/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Smart Meter Texas CSV.  The rows walk the clock on the wall: where it jumps
 * ahead, empty rows fill the hole; where it falls back, a row begins at the
 * time that the one before it ended.
 */
#include "api/usage/smt_csv.h"

#include <pthread.h>
#include <string.h>

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

static char *
time_put(char *to, int32_t seconds)
{
    int32_t hour = seconds / 3600 % 24, minute = seconds / 60 % 60;

    *to++ = (char)('0' + hour / 10);
    *to++ = (char)('0' + hour % 10);
    *to++ = ':';
    *to++ = (char)('0' + minute / 10);
    *to++ = (char)('0' + minute % 10);
    return to;
}

/* What every row of a day begins and ends with; a row is put together from
 * copies of fixed sizes, of which what is too much is written over. */
#define COPIED 64

struct frame {
    char start[PREFIX + COPIED];
    size_t start_len;
    char end[COPIED]; /* ",Consumption\n" */
    size_t end_len;
};

/* "00:00,00:15," and so on through a day without a clock change. */
#define QUARTERS 96
#define TIMES    12
#define ROW_MOST (PREFIX + COPIED + TIMES + DECIMAL_TEXT + COPIED)
#define QUARTER  900
static char times[QUARTERS][TIMES + 4];
static pthread_once_t times_once = PTHREAD_ONCE_INIT;

static char *
times_put(char *to, int32_t from, int32_t end)
{
    to = time_put(to, from);
    *to++ = ',';
    to = time_put(to, end);
    *to++ = ',';
    return to;
}

static void
times_make(void)
{
    for (int32_t i = 0; i < QUARTERS; i++)
        times_put(times[i], i * QUARTER, (i + 1) * QUARTER);
}

static char *
start_put(char *to, const struct frame *f)
{
    memcpy(to, f->start, COPIED);
    if (f->start_len > COPIED)
        memcpy(to + COPIED, f->start + COPIED, PREFIX - COPIED);
    return to + f->start_len;
}

/* The rest of a row behind its times; status 0: nothing is known. */
static char *
end_put(char *to, const struct frame *f, int64_t ukwh, char status)
{
    if (status)
        to += decimal_trim_bare(to, ukwh);
    *to++ = ',';
    *to = status;
    to += status != 0;
    memcpy(to, f->end, COPIED / 2);
    return to + f->end_len;
}

static void
frame_init(struct frame *f, const char *esiid, const struct reading_day *d,
           int64_t revision)
{
    const char *channel = usage_smt_channel(d->channel);
    struct buf b = {0};

    buf_putc(&b, '\'');
    buf_puts(&b, esiid);
    buf_putc(&b, ',');
    usage_smt_date(&b, d->day);
    buf_putc(&b, ',');
    usage_smt_stamp(&b, revision);
    buf_putc(&b, ',');
    f->start_len = b.len < PREFIX ? b.len : PREFIX;
    memcpy(f->start, b.at, f->start_len);
    buf_clear(&b);
    f->end_len = strlen(channel) + 2;
    f->end[0] = ',';
    memcpy(f->end + 1, channel, f->end_len - 2);
    f->end[f->end_len - 1] = '\n';
}

/* The time on the wall when interval i starts, in seconds. */
static int32_t
wall(const struct tz *zone, int64_t start, int32_t after)
{
    int64_t utc = start + after;

    return (int32_t)((utc + tz_offset(zone, utc)) % DAY_SECONDS);
}

/* Any other day: rows walk the clock, and holes in it are filled. */
static char *
odd_day(char *to, const struct frame *f, const struct tz *zone,
        const struct reading_day *d)
{
    int64_t start = tz_day_start(zone, d->day);
    bool plain = tz_day_seconds(zone, d->day) == DAY_SECONDS;
    int32_t at = 0;

    for (int i = 0; i < d->n; i++) {
        int32_t after = i * d->seconds;
        int32_t now = plain ? after : wall(zone, start, after);

        for (; at < now; at += d->seconds)
            to = end_put(times_put(start_put(to, f), at, at + d->seconds), f, 0,
                         0);
        to = end_put(times_put(start_put(to, f), at, now + d->seconds), f,
                     d->value_ukwh[i], (char)d->status[i]);
        at = now + d->seconds;
    }
    return to;
}

void
usage_smt_csv_day(struct buf *to, const char *esiid, const struct tz *zone,
                  const struct reading_day *d, int64_t revision)
{
    /* No hole in the clock is longer than a day. */
    size_t rows = (size_t)d->n + DAY_SECONDS / (d->seconds ? d->seconds : 1);
    struct frame f = {0};
    char *at;

    if (!d->seconds)
        return; /* no day that was packed has such intervals */
    frame_init(&f, esiid, d, revision);
    pthread_once(&times_once, times_make);
    buf_room(to, (rows + 1) * ROW_MOST);
    at = to->at + to->len;
    if (d->n == QUARTERS && d->seconds == QUARTER &&
        tz_day_seconds(zone, d->day) == DAY_SECONDS) {
        for (int i = 0; i < QUARTERS; i++) {
            at = start_put(at, &f);
            memcpy(at, times[i], sizeof times[i]);
            at = end_put(at + TIMES, &f, d->value_ukwh[i], (char)d->status[i]);
        }
    } else {
        at = odd_day(at, &f, zone, d);
    }
    to->len = (size_t)(at - to->at);
}
