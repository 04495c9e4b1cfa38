/* SPDX-License-Identifier: Apache-2.0 */
/* Made-up days written as LSE records, with a digit writer of their own. */
#include "config.h"

#include <string.h>

#include "api/feed/generate.h"
#include "db/reading.h"
#include "server/base/clock.h"

/* Longest record: header rows below 400 bytes, 100 intervals below 16. */
#define RECORD_MOST 2600

static char *
put(char *o, const char *text)
{
    size_t n = strlen(text);

    memcpy(o, text, n);
    return o + n;
}

static char *
put_digits(char *o, int64_t n, int width)
{
    for (int i = width - 1; i >= 0; i--) {
        o[i] = (char)('0' + n % 10);
        n /= 10;
    }
    return o + width;
}

/* "24002.915": Wh as kWh with three places. */
static char *
put_kwh(char *o, int64_t wh)
{
    int64_t whole = wh / 1000;
    int width = 1;

    for (int64_t n = whole; n > 9; n /= 10)
        width++;
    o = put_digits(o, whole, width);
    *o++ = '.';
    return put_digits(o, wh % 1000, 3);
}

static char *
put_date(char *o, int32_t day)
{
    int y, m, d;

    day_to_civil(day, &y, &m, &d);
    return put_digits(o, (int64_t)y * 10000 + m * 100 + d, 8);
}

/* Row three: an id that no other record has. */
static char *
put_transaction(char *o, uint64_t key)
{
    static const char letters[] = "0123456789ABCDEFGHJKLMNPQRSTUVWX";

    for (int i = 0; i < 22; i++) {
        if (i == 11)
            key = generate_mix(key);
        *o++ = letters[key & 31];
        key >>= 5;
    }
    return o;
}

/* Row four: the night after the day, or after it was looked at again. */
static char *
put_stamp(char *o, uint64_t key, int32_t day)
{
    int seconds = (int)(key % 28800);

    o = put_date(o, day);
    o = put_digits(o, seconds / 3600, 2);
    o = put_digits(o, seconds / 60 % 60, 2);
    return put_digits(o, seconds % 60, 2);
}

static char *
put_headers(char *o, const struct generate_plan *p,
            const struct generate_meter *m, int32_t day, int channel, int later,
            const struct generate_day *d)
{
    const struct generate_tdsp *t = &GENERATE_TDSP[m->tdsp];
    uint64_t key =
        generate_mix(m->key ^ generate_mix((uint64_t)day * 16 +
                                           (uint64_t)(later * 8 + channel)));
    int32_t from, to;
    char rep[16];

    generate_rep_duns(rep, generate_rep_on(p, m, day, &from, &to));
    o = put(o, "00000001,");
    o = put(o, m->esiid);
    *o++ = ',';
    *o++ = (char)('0' + channel);
    *o++ = ',';
    o = put(put_date(o, day), "000000,");
    o = put(put_date(o, day), "235900,Y,N\n00000002,");
    if (t->reads) {
        o = put_kwh(o, d->start_wh);
        *o++ = ',';
        o = put_kwh(o, d->stop_wh);
        o = put(o, ",1,,1,,900,01,1,-1,0.0,0.0,CST\n00000003,");
    } else {
        o = put(o, "0,0,0,,0,,900,01,1,-1,0.0,0.0,CST\n00000003,");
    }
    o = put_transaction(o, key);
    o = put(o, "\n00000004,");
    o = put_stamp(o, key >> 7, day + 1 + later);
    o = put(o, ",M\n00000030,ATTRIBUTE_VALUE_PAIRS,MRE=");
    o = put(put(put(o, t->duns), ",Sender="), t->duns);
    return put(put(put(o, ",Receiver=183529049,REP="), rep), "\n");
}

static char *
put_record(char *o, const struct generate_plan *p,
           const struct generate_meter *m, int32_t day, int channel, int later,
           const struct generate_day *d)
{
    o = put_headers(o, p, m, day, channel, later, d);
    for (int i = 0; i < d->n; i++) {
        if (i % 4 == 0) {
            o = put_digits(put(o, "100000"), i / 4, 2);
            *o++ = ',';
        }
        if (d->wh[i] < 10000) {
            o[0] = (char)('0' + d->wh[i] / 1000);
            o[1] = '.';
            o[2] = (char)('0' + d->wh[i] / 100 % 10);
            o[3] = (char)('0' + d->wh[i] / 10 % 10);
            o[4] = (char)('0' + d->wh[i] % 10);
            o += 5;
        } else {
            o = put_kwh(o, d->wh[i]);
        }
        memcpy(o,
               i >= d->estimated_from && i < d->estimated_to ? ",E,," : ",A,,",
               4);
        o += 4;
        if (i % 4 == 3)
            *o++ = '\n';
    }
    return o;
}

/* Both channels of a solar home, one of any other; returns records. */
static int
add_day(const struct generate_plan *p, const struct generate_world *w,
        const struct generate_meter *m, int32_t day, int later, struct buf *out)
{
    static const int channels[] = {CHANNEL_LOAD, CHANNEL_GENERATION};
    struct generate_day d;
    int records = 0;

    for (int c = 0; c < (m->solar ? 2 : 1); c++) {
        char *o;

        if (!generate_day_get(w, m, day, channels[c], later > 0, &d))
            return 0;
        buf_room(out, RECORD_MOST);
        o = out->at + out->len;
        o = put_record(o, p, m, day, channels[c], later, &d);
        out->len = (size_t)(o - out->at);
        records++;
    }
    return records;
}

int64_t
generate_lse(const struct generate_world *w, const struct generate_meter *m,
             int32_t from, int32_t to, int revision, struct buf *out)
{
    const struct generate_plan *p = generate_world_plan(w);
    int64_t records = 0;

    for (int32_t day = from; day <= to; day++) {
        int later = 0;

        if (revision > 0) {
            later = generate_day_resent(p, m, day);
            if (!later || day + later > p->to_day ||
                !generate_day_estimated(w, m, day))
                continue;
        }
        records += add_day(p, w, m, day, later, out);
    }
    return records;
}
