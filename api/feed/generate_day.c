/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a made-up meter uses on a day.
 *
 * Midnight register reads must be a function of the day alone, yet agree with
 * the intervals.  So the register comes first: a closed sum over the days since
 * the epoch of base load, weekday habits, cooling and heating degrees and sun,
 * each of which has a running total in the world below.  A day's energy is the
 * difference of two midnights; the intervals share it out by their weights.
 */
#include "config.h"

#include <stdlib.h>

#include "api/feed/generate.h"
#include "db/reading.h"
#include "server/base/arena.h"
#include "server/base/clock.h"

#define COOL_FROM 220 /* tenths of a degree */
#define HEAT_FROM 150

/* Running totals up to, but not including, a day. */
struct sums {
    int64_t cool, heat, sun, workdays;
};

struct weather {
    int16_t mean; /* tenths of a degree */
    int16_t sun;  /* thousandths of a clear summer day */
};

struct generate_world {
    const struct generate_plan *plan;
    const struct tz *zone;
    int32_t epoch, days;
    struct weather *weather[GENERATE_TDSPS];
    struct sums *sums[GENERATE_TDSPS];
    int16_t swing[96];                     /* of the day's temperature */
    uint16_t habit[GENERATE_KINDS][2][96]; /* 8.8 fixed point; [1]: weekend */
    int32_t habit_sum[GENERATE_KINDS][2];
};

struct draws {
    uint64_t s;
};

static inline uint64_t
draws_next(struct draws *r)
{
    uint64_t x = r->s;

    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    r->s = x;
    return x * 0x2545f4914f6cdd1du;
}

/* 1000 * sine of a whole number of degrees (Bhaskara's formula). */
static int
sine(int degrees)
{
    int d = ((degrees % 360) + 360) % 360;
    int sign = d < 180 ? 1 : -1;
    int a = (d % 180) * (180 - d % 180);

    return sign * 4000 * a / (40500 - a);
}

/* Noise that drifts over `span` days, in -1000…1000. */
static int
drift(uint64_t key, int32_t day, int span)
{
    int32_t at = day / span, part = day % span;
    int a = (int)(generate_mix(key ^ (uint64_t)(uint32_t)at) % 2001) - 1000;
    int b = (int)(generate_mix(key ^ (uint64_t)(uint32_t)(at + 1)) % 2001);

    return a + (b - 1000 - a) * part / span;
}

static struct weather
weather_on(const struct generate_plan *p, int tdsp, int32_t day)
{
    uint64_t key = generate_mix(p->seed ^ (uint64_t)tdsp << 32);
    int32_t year;
    int y, mo, dom, season, front, clouds;
    struct weather w;

    day_to_civil(day, &y, &mo, &dom);
    year = day - day_from_civil(y, 1, 1);
    season = -sine((year - 15) * 360 / 365 + 90);
    front = drift(key ^ 1, day, 7) * 60 + drift(key ^ 2, day, 3) * 40;
    /* Fronts are strong in winter, weak in summer. */
    front = front * (150 - season * 60 / 1000) / 150;
    w.mean = (int16_t)(205 + GENERATE_TDSP[tdsp].warmer + season * 95 / 1000 +
                       front / 1000);
    clouds = drift(key ^ 3, day, 2);
    clouds = clouds > 300 ? (clouds - 300) : 0;
    clouds += (int)(generate_mix(key ^ (uint64_t)day) % 90); /* haze */
    w.sun =
        (int16_t)((800 + season * 200 / 1000) * (1000 - clouds) / 1100 + 50);
    return w;
}

static int
above(int t, int limit)
{
    return t > limit ? t - limit : 0;
}

static bool
is_workday(int32_t day)
{
    int dow = day_of_week(day);

    return dow != 0 && dow != 6;
}

static void
sums_fill(struct generate_world *w, int tdsp)
{
    struct sums s = {0};

    for (int32_t i = 0; i < w->days; i++) {
        struct weather x = weather_on(w->plan, tdsp, w->epoch + i);

        w->weather[tdsp][i] = x;
        w->sums[tdsp][i] = s;
        for (int q = 0; q < 96; q++) {
            s.cool += above(x.mean + w->swing[q], COOL_FROM);
            s.heat += above(HEAT_FROM, x.mean + w->swing[q]);
        }
        s.sun += x.sun;
        s.workdays += is_workday(w->epoch + i);
    }
}

/* A bump of the given height around `centre`, `half` quarters to each side. */
static int
bump(int q, int centre, int half, int height)
{
    int off = abs(q - centre) > 48 ? 96 - abs(q - centre) : abs(q - centre);

    if (off >= half)
        return 0;
    return height * (half * half - off * off) / (half * half);
}

static int
habit_of(enum generate_kind kind, bool weekend, int q)
{
    int open = q >= 34 && q < 82;

    switch (kind) {
    case GENERATE_SHOP:
        return open ? 256 + bump(q, 66, 30, 120) : 26;
    case GENERATE_OFFICE:
        return weekend ? 40 + bump(q, 50, 20, 50) : 40 + bump(q, 52, 24, 400);
    default:
        return weekend ? 60 + bump(q, 42, 20, 190) + bump(q, 74, 26, 300)
                       : 50 + bump(q, 28, 10, 200) + bump(q, 76, 22, 390) +
                             bump(q, 50, 18, 50);
    }
}

struct generate_world *
generate_world_new(const struct generate_plan *p)
{
    struct generate_world *w = mem_new(sizeof *w);

    w->plan = p;
    w->zone = tz_get("America/Chicago");
    if (!w->zone) {
        free(w);
        return NULL;
    }
    w->epoch = day_from_civil(GENERATE_EPOCH_YEAR, 1, 1);
    w->days = p->to_day + 3 - w->epoch;
    for (int q = 0; q < 96; q++)
        w->swing[q] = (int16_t)(sine((q - 40) * 360 / 96) * 58 / 1000);
    for (int k = 0; k < GENERATE_KINDS; k++) {
        for (int q = 0; q < 2 * 96; q++) {
            int v = habit_of((enum generate_kind)k, q >= 96, q % 96);

            w->habit[k][q / 96][q % 96] = (uint16_t)v;
            w->habit_sum[k][q / 96] += v;
        }
    }
    for (int t = 0; t < p->tdsps; t++) {
        w->weather[t] = mem_new(sizeof **w->weather * (size_t)w->days);
        w->sums[t] = mem_new(sizeof **w->sums * (size_t)w->days);
        sums_fill(w, t);
    }
    return w;
}

void
generate_world_free(struct generate_world *w)
{
    if (!w)
        return;
    for (int t = 0; t < GENERATE_TDSPS; t++) {
        free(w->weather[t]);
        free(w->sums[t]);
    }
    free(w);
}

const struct generate_plan *
generate_world_plan(const struct generate_world *w)
{
    return w->plan;
}

/* Everything the home has taken, in Wh, up to local midnight of a day. */
static int64_t
taken_until(const struct generate_world *w, const struct generate_meter *m,
            int32_t day)
{
    int32_t i = day - w->epoch;
    const struct sums *s = &w->sums[m->tdsp][i];
    const int32_t *habit = w->habit_sum[m->kind];
    int64_t wobble =
        (int64_t)(generate_mix(m->key ^ (uint64_t)day * 3) >> 1) % m->wobble;

    return (int64_t)m->base * 96 * i +
           m->active * (s->workdays * habit[0] + (i - s->workdays) * habit[1]) /
               256 +
           m->cool * s->cool / 256 + m->heat * s->heat / 256 +
           (int64_t)m->car * i + wobble;
}

/* What a channel's register has counted since the epoch. */
static int64_t
counted_until(const struct generate_world *w, const struct generate_meter *m,
              int32_t day, int channel)
{
    int64_t sun = w->sums[m->tdsp][day - w->epoch].sun;

    if (channel == CHANNEL_GENERATION)
        return m->surplus_wh * sun / 1000;
    return taken_until(w, m, day) - m->own_wh * sun / 1000;
}

int64_t
generate_taken(const struct generate_world *w, const struct generate_meter *m,
               int32_t from, int32_t to, int channel)
{
    return counted_until(w, m, to + 1, channel) -
           counted_until(w, m, from, channel);
}

/* Weights of the day's quarter hours: what the home takes … */
static void
weigh_load(const struct generate_world *w, const struct generate_meter *m,
           int32_t day, struct draws *r, int32_t weight[96], int noise)
{
    const uint16_t *habit = w->habit[m->kind][!is_workday(day)];
    int mean = w->weather[m->tdsp][day - w->epoch].mean;
    int32_t running = 128, spike = 0;
    int left = 0;

    for (int q = 0; q < 96; q++) {
        uint64_t x = draws_next(r);
        int t = mean + w->swing[q];
        int32_t air =
            (m->cool * above(t, COOL_FROM) + m->heat * above(HEAT_FROM, t)) /
            256;
        int32_t car = m->car && (q >= 92 || q < 12) ? m->car / 16 : 0;
        int bell = (int)(x & 63) + (int)(x >> 6 & 63) + (int)(x >> 12 & 63) +
                   (int)(x >> 18 & 63);

        if ((x >> 24 & 7) < 3) /* the compressor's next duty */
            running = 60 + (int32_t)(x >> 27 & 127);
        if (left > 0) {
            left--;
        } else {
            bool on = (x >> 34 & 1023) < 24; /* an oven, a dryer */
            left = on ? 1 + (int)(x >> 44 & 3) : 0;
            spike = on ? 80 + (int32_t)(x >> 46 & 511) : 0;
        }
        if (noise) {
            air = air * running / 124;
            weight[q] =
                m->base + (m->active * habit[q] >> 8) + air + car + spike;
            weight[q] = weight[q] * (256 + (bell - 126)) / 256 + 1;
        } else {
            weight[q] = m->base + (m->active * habit[q] >> 8) + air + car;
        }
    }
}

/* … and what the roof gives against it: the channel keeps its own side. */
static void
weigh_sun(const struct generate_world *w, const struct generate_meter *m,
          int32_t day, int channel, int32_t weight[96])
{
    int sun = w->weather[m->tdsp][day - w->epoch].sun;
    bool summer =
        tz_offset(w->zone, tz_day_start(w->zone, day) + 43200) == -5 * 3600;
    int centre = summer ? 54 : 50, half = 20 + sun / 125;
    int64_t roof = (int64_t)(m->own_wh + m->surplus_wh) * sun / 1000;
    int64_t area = 0;

    for (int q = 0; q < 96; q++)
        area += bump(q, centre, half, 1000);
    for (int q = 0; q < 96; q++) {
        int light = bump(q, centre, half, 1000);
        int32_t given = (int32_t)(roof * light / area);
        int32_t net = weight[q] - given;

        if (channel == CHANNEL_GENERATION)
            weight[q] = net < 0 ? -net * 64 : light > 0;
        else
            weight[q] = net > 0 ? net : 0;
    }
}

/* The quarter hour of an ordinary day whose habits interval i has. */
static int
quarter_of(int n, int i)
{
    if (n == 92 && i >= 8)
        return i + 4;
    if (n == 100 && i >= 8)
        return i - 4;
    return i;
}

/* Shares `total` out by weight, to the last Wh. */
static void
share_out(struct generate_day *d, const int32_t weight[96], int64_t total)
{
    int64_t sum = 0, before = 0, so_far = 0;
    uint64_t ratio;

    for (int i = 0; i < d->n; i++)
        sum += weight[quarter_of(d->n, i)];
    ratio = sum ? ((uint64_t)total << 24) / (uint64_t)sum : 0;
    for (int i = 0; i < d->n; i++) {
        int64_t upto;

        so_far += weight[quarter_of(d->n, i)];
        upto = (int64_t)((uint64_t)so_far * ratio >> 24);
        if (so_far == sum)
            upto = sum ? total : 0;
        d->wh[i] = (int32_t)(upto - before);
        before = upto;
    }
}

/* A whole day in three of ten cases, else a run of 8 to 39 intervals. */
static void
estimate_choose(const struct generate_plan *p, const struct generate_meter *m,
                int32_t day, struct generate_day *d)
{
    uint64_t x = generate_mix(m->key ^ generate_mix(43 + ((uint64_t)day << 8)));
    int64_t u = (int64_t)(x % 1000000), whole = p->estimated_ppm * 3 / 10;
    int64_t some = p->estimated_ppm * 7 / 10 * 96 / 24;

    d->estimated_from = d->estimated_to = 0;
    if (u < whole) {
        d->estimated_to = d->n;
    } else if (u < whole + some) {
        d->estimated_from = (int)(x >> 20 & 0xffff) % (d->n - 8);
        d->estimated_to = d->estimated_from + 8 + (int)(x >> 36 & 31);
        if (d->estimated_to > d->n)
            d->estimated_to = d->n;
    }
}

/* Puts the smooth profile in place of what was not measured. */
static void
estimate_fill(const struct generate_world *w, const struct generate_meter *m,
              int32_t day, int channel, int64_t total, struct generate_day *d)
{
    struct generate_day smooth = {.n = d->n};
    struct draws r = {m->key | 1};
    int32_t weight[96];

    weigh_load(w, m, day, &r, weight, 0);
    if (m->solar)
        weigh_sun(w, m, day, channel, weight);
    share_out(&smooth, weight, total);
    for (int i = d->estimated_from; i < d->estimated_to; i++)
        d->wh[i] = smooth.wh[i];
}

bool
generate_day_estimated(const struct generate_world *w,
                       const struct generate_meter *m, int32_t day)
{
    struct generate_day d = {.n = tz_day_seconds(w->zone, day) / 900};

    estimate_choose(w->plan, m, day, &d);
    return d.estimated_to > d.estimated_from;
}

bool
generate_day_get(const struct generate_world *w, const struct generate_meter *m,
                 int32_t day, int channel, int revision, struct generate_day *d)
{
    struct draws r = {generate_mix(m->key ^ (uint64_t)day * 0x1000193u) | 1};
    int64_t total, since;
    int32_t weight[96], from, to;

    if (generate_day_gap(w->plan, m, day))
        return false;
    d->n = tz_day_seconds(w->zone, day) / 900;
    d->start_wh = counted_until(w, m, day, channel);
    d->stop_wh = counted_until(w, m, day + 1, channel);
    total = d->stop_wh - d->start_wh;
    generate_device_on(m, day, &from, &to);
    since = from > w->epoch ? counted_until(w, m, from, channel) : 0;
    d->start_wh -= since;
    d->stop_wh -= since;
    weigh_load(w, m, day, &r, weight, 1);
    if (m->solar)
        weigh_sun(w, m, day, channel, weight);
    share_out(d, weight, total);
    estimate_choose(w->plan, m, day, d);
    if (revision > 0)
        d->estimated_to = d->estimated_from;
    if (d->estimated_to > d->estimated_from)
        estimate_fill(w, m, day, channel, total, d);
    return true;
}
