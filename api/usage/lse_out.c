/* SPDX-License-Identifier: Apache-2.0 */
/* LSE records of stored meter-days. */
#include "api/usage/lse_out.h"

#include <pthread.h>
#include <string.h>

#define PER_ROW    4        /* intervals of a detail row */
#define FIRST_SORT 10000000 /* sort code of the first detail row */

/* Digits of n, `width` of them. */
static char *
put_digits(char *to, uint64_t n, int width)
{
    for (int i = width; i-- > 0; n /= 10)
        to[i] = (char)('0' + n % 10);
    return to + width;
}

static char *
put_number(char *to, unsigned n)
{
    int width = 1;

    for (unsigned more = n; more >= 10; more /= 10)
        width++;
    return put_digits(to, n, width);
}

static char *
put_text(char *to, const char *text)
{
    size_t n = strlen(text);

    memcpy(to, text, n);
    return to + n;
}

/* Row one: YYYYMMDD of the day, from midnight to a minute before the next. */
static char *
put_row_one(char *to, const char *esiid, const struct reading_day *d,
            const struct civil *c)
{
    uint64_t date =
        (uint64_t)c->year * 10000 + (uint64_t)c->month * 100 + (uint64_t)c->day;

    to = put_text(put_text(to, "00000001,"), esiid);
    *to++ = ',';
    to = put_number(to, d->channel);
    *to++ = ',';
    to = put_text(put_digits(to, date, 8), "000000,");
    return put_text(put_digits(to, date, 8), "235900,Y,N\n");
}

/* Row two: register reads (0 means none, as the market's example has it) and
 * the constants of AMS data. */
static char *
put_row_two(char *to, const struct tz *zone, int year,
            const struct reading_day *d)
{
    to = put_text(to, "00000002,");
    if (d->has_reads) {
        to += decimal_format(to, d->start_read);
        *to++ = ',';
        to += decimal_format(to, d->stop_read);
        to = put_text(to, ",1,,1");
    } else {
        to = put_text(to, "0,0,0,,0");
    }
    to = put_number(put_text(to, ",,"), d->seconds);
    to = put_text(put_text(to, ",01,1,-1,0.0,0.0,"),
                  tz_standard_name(zone, year));
    *to++ = '\n';
    return to;
}

static char *
put_parties(char *to, const char *receiver, const struct reading_day *d,
            const struct reading_version *v)
{
    to = put_text(to, "00000030,ATTRIBUTE_VALUE_PAIRS,MRE=");
    to = put_text(to, d->mre[0] ? d->mre : v->sender);
    to = put_text(put_text(to, ",Sender="), v->sender);
    to = put_text(put_text(to, ",Receiver="), receiver);
    if (d->rep[0])
        to = put_text(put_text(to, ",REP="), d->rep);
    *to++ = '\n';
    return to;
}

/* ",0.145,": the usual value of less than 10 kWh, with what stands around. */
static char milli[10000][8];
static pthread_once_t milli_once = PTHREAD_ONCE_INIT;

static void
milli_make(void)
{
    for (unsigned i = 0; i < 10000; i++) {
        char *to = put_digits(put_text(milli[i], ","), i / 1000, 1);

        to = put_digits(put_text(to, "."), i % 1000, 3);
        *to = ',';
    }
}

static bool
has_zero(uint32_t bytes)
{
    return ((bytes - 0x01010101u) & ~bytes & 0x80808080u) != 0;
}

/* Four intervals of less than 10 kWh that came with three places; NULL when
 * one is another. */
static char *
put_four(char *to, const struct reading_day *d, int i)
{
    uint32_t places, status;

    memcpy(&places, &d->places[i], PER_ROW);
    memcpy(&status, &d->status[i], PER_ROW);
    if (places != 0x03030303u || has_zero(status))
        return NULL;
    for (int end = i + PER_ROW; i < end; i++, to += 9) {
        uint32_t ukwh = (uint32_t)d->value_ukwh[i], thousandths = ukwh / 1000;

        if ((uint64_t)d->value_ukwh[i] >= 10 * DECIMAL_ONE ||
            thousandths * 1000 != ukwh)
            return NULL;
        memcpy(to, milli[thousandths], 8);
        to[7] = (char)d->status[i];
        to[8] = ',';
    }
    to[0] = ',';
    to[1] = '\n';
    return to + 2;
}

static char *
put_sort(char *to, unsigned row)
{
    if (row >= 100)
        return put_digits(to, FIRST_SORT + row, 8);
    memcpy(to, "100000", 6);
    to[6] = (char)('0' + row / 10);
    to[7] = (char)('0' + row % 10);
    return to + 8;
}

static char *
put_details(char *to, const struct reading_day *d)
{
    for (int i = 0; i < d->n; i++) {
        if (i % PER_ROW == 0) {
            char *usual;

            to = put_sort(to, (unsigned)i / PER_ROW);
            usual = i + PER_ROW <= d->n ? put_four(to, d, i) : NULL;
            if (usual) {
                to = usual;
                i += PER_ROW - 1;
                continue;
            }
        }
        *to++ = ',';
        if (d->status[i])
            to += decimal_format(
                to, (struct decimal){d->value_ukwh[i], d->places[i]});
        *to++ = ',';
        *to = (char)d->status[i];
        to += d->status[i] != 0;
        *to++ = ',';
        if (i % PER_ROW == PER_ROW - 1 || i == d->n - 1) {
            *to++ = ',';
            *to++ = '\n';
        }
    }
    return to;
}

/* Rows but for the details: texts of fixed and of bounded lengths. */
#define HEAD_MOST   1024
#define DETAIL_MOST (DECIMAL_TEXT + 16)

void
usage_lse_day(struct buf *to, const char *esiid, const struct tz *zone,
              const char *receiver, const struct reading_day *d,
              const struct reading_version *v)
{
    struct civil c = {0};
    char *at;

    pthread_once(&milli_once, milli_make);
    day_to_civil(d->day, &c.year, &c.month, &c.day);
    buf_room(to, HEAD_MOST + (size_t)d->n * DETAIL_MOST);
    at = to->at + to->len;
    at = put_row_one(at, esiid, d, &c);
    at = put_row_two(at, zone, c.year, d);
    at = put_text(put_text(at, "00000003,"), d->transaction);
    at = put_text(at, "\n00000004,");
    at = put_digits(at, (uint64_t)v->stamp, 14);
    *at++ = ',';
    *at++ = d->origin ? (char)d->origin : 'M';
    *at++ = '\n';
    at = put_parties(at, receiver, d, v);
    at = put_details(at, d);
    to->len = (size_t)(at - to->at);
}
