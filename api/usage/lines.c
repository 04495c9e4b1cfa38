/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines: what the bars and the rows of the table show.  Time runs evenly along
 * them; days without data and of one reason become one wide line.
 */
#include "api/usage/usage_load.h"

/* ---- days, weeks, months ---------------------------------------------- */

/* Where the line ends that starts on `day`. */
static int32_t
line_end(const struct usage *u, int32_t day)
{
    int32_t end = day;

    if (u->grain == USAGE_GRAIN_WEEK)
        end = usage_period_of(USAGE_WEEK, day).to;
    else if (u->grain == USAGE_GRAIN_MONTH)
        end = usage_period_of(USAGE_MONTH, day).to;
    return end < u->period.to ? end : u->period.to;
}

/* True when a day without data was joined to the line before it. */
static bool
join_gap(struct usage *u, const struct usage_day *d, int32_t slots)
{
    struct usage_line *last = u->lines ? &u->line[u->lines - 1] : NULL;

    if (!last || d->gap == USAGE_GAP_NONE || last->gap != d->gap)
        return false;
    last->to_day = d->day;
    last->slots += slots;
    return true;
}

static void
add_days(struct usage *u, int32_t from, int32_t to)
{
    const struct usage_day *first = &u->day[from - u->period.from];
    struct usage_line *l = &u->line[u->lines++];

    *l = (struct usage_line){.from_day = from, .to_day = to, .slots = 1};
    for (int32_t at = from; at <= to; at++)
        usage_sum_add(&l->sum, &u->day[at - u->period.from].sum);
    if (l->sum.days == 0)
        l->gap = first->gap;
    else if (u->grain == USAGE_GRAIN_DAY)
        l->day = first;
}

static void
make_day_lines(struct arena *a, struct usage *u)
{
    u->line = ARENA_NEWN(a, struct usage_line, u->days);
    for (int32_t at = u->period.from; at <= u->period.to;) {
        int32_t end = line_end(u, at);

        if (u->grain != USAGE_GRAIN_DAY ||
            !join_gap(u, &u->day[at - u->period.from], 1))
            add_days(u, at, end);
        at = end + 1;
    }
}

/* ---- intervals -------------------------------------------------------- */

static int32_t
grain_seconds(const struct usage *u)
{
    return u->grain == USAGE_HOUR ? 3600 : 900;
}

static int32_t
day_slots(const struct usage *u, int32_t day)
{
    return tz_day_seconds(u->zone, day) / grain_seconds(u);
}

static void
choose_interval_grain(struct usage *u)
{
    int32_t bars = 0;

    u->grain = USAGE_QUARTER;
    for (size_t i = 0; i < u->days; i++) {
        const struct usage_day *d = &u->day[i];

        if (d->sum.days == 0)
            continue;
        bars += day_slots(u, d->day);
        if (d->sum.intervals < day_slots(u, d->day))
            u->grain = USAGE_HOUR;
    }
    if (bars > USAGE_BARS)
        u->grain = USAGE_HOUR;
}

static void
add_slots(struct usage *u, const struct usage_day *d)
{
    int64_t utc = tz_day_start(u->zone, d->day);
    int32_t slots = day_slots(u, d->day), seconds = grain_seconds(u);

    for (int32_t i = 0; i < slots; i++, utc += seconds)
        u->line[u->lines++] = (struct usage_line){.from_day = d->day,
                                                  .to_day = d->day,
                                                  .from_utc = utc,
                                                  .to_utc = utc + seconds,
                                                  .slots = 1};
}

/* Lines of every day, and where each day's begin. */
static size_t *
make_slot_lines(struct arena *a, struct usage *u)
{
    size_t *first = ARENA_NEWN(a, size_t, u->days), room = 0;

    for (size_t i = 0; i < u->days; i++)
        room += u->day[i].sum.days ? (size_t)day_slots(u, u->day[i].day) : 1;
    u->line = ARENA_NEWN(a, struct usage_line, room);
    for (size_t i = 0; i < u->days; i++) {
        const struct usage_day *d = &u->day[i];
        int32_t slots = day_slots(u, d->day);

        first[i] = u->lines;
        if (d->sum.days)
            add_slots(u, d);
        else if (!join_gap(u, d, slots))
            u->line[u->lines++] = (struct usage_line){.from_day = d->day,
                                                      .to_day = d->day,
                                                      .slots = slots,
                                                      .gap = d->gap};
    }
    return first;
}

struct slots {
    struct usage *u;
    const size_t *first;
};

static void
add_interval(struct usage_sum *s, const struct reading_day *d, int i,
             bool counts)
{
    bool load = d->channel == CHANNEL_LOAD;
    int64_t value = d->value_ukwh[i];

    if (counts) {
        s->intervals++;
        s->estimated += d->status[i] == 'E';
        s->missing += d->status[i] == 0;
    }
    if (d->status[i] == 0)
        return;
    if (load) {
        s->load_ukwh += value;
        s->has_load = true;
    } else {
        s->surplus_ukwh += value;
        s->has_surplus = true;
    }
}

static bool
take_intervals(void *arg, const struct reading_day *d,
               const struct reading_version *v)
{
    struct slots *w = arg;
    struct usage *u = w->u;
    size_t at = (size_t)(d->day - u->period.from);
    int32_t slots = day_slots(u, d->day), seconds = grain_seconds(u);
    bool counts = d->channel == CHANNEL_LOAD || !u->day[at].sum.has_load;

    (void)v;
    for (int i = 0; i < d->n; i++) {
        int32_t slot = i * d->seconds / seconds;

        if (slot < slots && u->day[at].sum.days)
            add_interval(&u->line[w->first[at] + (size_t)slot].sum, d, i,
                         counts);
    }
    return true;
}

/* An interval that its day came without. */
static void
name_holes(struct usage *u)
{
    for (size_t i = 0; i < u->lines; i++) {
        struct usage_line *l = &u->line[i];

        if (!l->sum.has_load && !l->sum.has_surplus && !l->gap)
            l->gap = USAGE_GAP_HOLE;
    }
}

static enum db_rc
load_slot_lines(struct db *db, struct arena *a, struct usage *u)
{
    int32_t from = u->period.from > u->from ? u->period.from : u->from;
    int32_t to = u->period.to < u->to ? u->period.to : u->to;
    struct slots w = {u, NULL};
    enum db_rc rc = DB_OK;

    choose_interval_grain(u);
    w.first = make_slot_lines(a, u);
    if (from <= to)
        rc = reading_each(db, u->point_id, from, to, take_intervals, &w);
    name_holes(u);
    return rc;
}

enum db_rc
usage_load_lines(struct db *db, struct arena *a, struct usage *u)
{
    if (u->report == USAGE_INTERVAL)
        return load_slot_lines(db, a, u);
    if (u->report == USAGE_MONTHLY)
        u->grain = USAGE_GRAIN_MONTH;
    else
        u->grain = u->days > USAGE_BARS ? USAGE_GRAIN_WEEK : USAGE_GRAIN_DAY;
    make_day_lines(a, u);
    return DB_OK;
}
