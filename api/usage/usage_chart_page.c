/* SPDX-License-Identifier: Apache-2.0 */
/* The chart of a usage: its bars' words, links and the labels below them. */
#include <stdio.h>

#include "api/usage/usage_show_page.h"
#include "server/text/svg.h"
#include "server/text/template.h"

#define HEIGHT 320 /* pixels; static/usage.css says the same */

static const char *
bar_title(const struct usage_show *s, const struct usage_line *l)
{
    struct arena *a = s->r->arena;
    enum lang lang = s->r->lang;
    const char *when = usage_when(s, l), *notes, *amount;

    if (l->gap)
        return tr_fill(a, lang, "usage.bar.gap", "when", when, "why",
                       usage_gap_words(s, l->gap), NULL);
    amount = usage_kwh(s, l->sum.load_ukwh);
    if (l->sum.has_surplus)
        amount = tr_fill(a, lang, "usage.bar.both", "kwh", amount, "surplus",
                         usage_kwh(s, l->sum.surplus_ukwh), NULL);
    else
        amount = tr_fill(a, lang, "usage.bar.used", "kwh", amount, NULL);
    notes = usage_notes(s, &l->sum);
    return arena_printf(a, "%s: %s%s%s", when, amount, *notes ? ", " : "",
                        notes);
}

/* A bar of days leads to them; those of hours lead nowhere. */
static const char *
bar_href(const struct usage_show *s, const struct usage_line *l)
{
    if (l->gap)
        return NULL;
    switch (s->usage.grain) {
    case USAGE_GRAIN_DAY:
        return usage_href(s, usage_period_of(USAGE_DAY, l->from_day),
                          USAGE_INTERVAL);
    case USAGE_GRAIN_WEEK:
        return usage_href(s, usage_period_of(USAGE_WEEK, l->from_day),
                          USAGE_DAILY);
    case USAGE_GRAIN_MONTH:
        return usage_href(s, usage_period_of(USAGE_MONTH, l->from_day),
                          USAGE_DAILY);
    default:
        return NULL;
    }
}

static void
make_bar(const struct usage_show *s, const struct usage_line *l, bool words,
         struct svg_bar *b)
{
    const struct usage_sum *sum = &l->sum;

    b->micro = sum->load_ukwh;
    b->surplus_micro = sum->surplus_ukwh;
    b->missing = l->gap != USAGE_GAP_NONE;
    b->ahead = l->gap == USAGE_GAP_FUTURE;
    if (sum->intervals)
        b->hatched =
            (uint16_t)((int64_t)sum->estimated * 1000 / sum->intervals);
    if (sum->estimated && b->hatched == 0)
        b->hatched = 1;
    b->slots = (uint16_t)l->slots;
    if (!words)
        return;
    b->title = bar_title(s, l);
    b->href = bar_href(s, l);
}

/* ---- labels ----------------------------------------------------------- */

struct labels {
    const struct usage_show *s;
    struct svg_label *at;
    size_t n;
};

static void
add_label(struct labels *w, int64_t slot, const char *text)
{
    w->at[w->n++] = (struct svg_label){(size_t)slot, text};
}

/* Every third hour of one day. */
static void
label_hours(struct labels *w)
{
    const struct usage *u = &w->s->usage;

    for (size_t i = 0; i < u->lines; i++) {
        const struct usage_line *l = &u->line[i];
        struct civil c;

        if (!l->to_utc)
            continue;
        tz_civil(u->zone, l->from_utc, &c);
        if (c.minute == 0 && c.hour % 3 == 0)
            add_label(w, (int64_t)i, usage_clock(w->s, l->from_utc));
    }
}

/* Days of this span and more are told by their months. */
#define MONTH_LABELS 93
#define MONTH_LEAST  10 /* days of a month that is named */

static const char *
short_month(const struct usage_show *s, int32_t day, bool with_year)
{
    int year, month, dom;
    char key[32];

    day_to_civil(day, &year, &month, &dom);
    snprintf(key, sizeof key, "date.month_short.%d", month);
    if (!with_year)
        return tr(s->r->lang, key);
    return arena_printf(s->r->arena, "%s %d", tr(s->r->lang, key), year);
}

/* Every day, in the middle of its slots. */
static void
label_days(struct labels *w)
{
    const struct usage *u = &w->s->usage;
    const struct req *r = w->s->r;
    enum date_style style = u->days <= 7 ? DATE_WEEKDAY : DATE_DAY;
    int32_t per_slot = u->grain == USAGE_QUARTER ? 900 : 3600;
    int64_t slot = 0;

    for (size_t i = 0; i < u->days; i++) {
        int32_t day = u->day[i].day, slots = 1;
        const char *text = lang_date(r->arena, r->lang, day, style);

        if (u->grain <= USAGE_HOUR)
            slots = tz_day_seconds(u->zone, day) / per_slot;
        if (u->period.span == USAGE_MONTH && u->grain == USAGE_GRAIN_DAY)
            text = arena_printf(r->arena, "%d", (int)i + 1);
        add_label(w, slot + slots / 2, text);
        slot += slots;
    }
}

/* Every month that is there for the most part, in the middle of its days. */
static void
label_months(struct labels *w)
{
    const struct usage *u = &w->s->usage;
    int32_t at = u->period.from;

    while (at <= u->period.to) {
        int32_t end = day_add_months(day_month_start(at), 1) - 1;
        int32_t last = end < u->period.to ? end : u->period.to;

        if (last - at >= MONTH_LEAST)
            add_label(w, (at + last) / 2 - u->period.from,
                      short_month(w->s, at, u->period.span != USAGE_YEAR));
        at = last + 1;
    }
}

/* Every line of weeks or months. */
static void
label_lines(struct labels *w)
{
    const struct usage *u = &w->s->usage;
    const struct req *r = w->s->r;

    for (size_t i = 0; i < u->lines; i++) {
        int32_t day = u->line[i].from_day;

        if (u->grain == USAGE_GRAIN_MONTH)
            add_label(w, (int64_t)i,
                      short_month(w->s, day, u->period.span != USAGE_YEAR));
        else
            add_label(w, (int64_t)i,
                      lang_date(r->arena, r->lang, day, DATE_SHORT));
    }
}

static struct labels
make_labels(const struct usage_show *s)
{
    const struct usage *u = &s->usage;
    struct labels w = {.s = s};
    size_t room = u->days > u->lines ? u->days : u->lines;

    w.at = ARENA_NEWN(s->r->arena, struct svg_label, room);
    if (u->grain > USAGE_GRAIN_DAY)
        label_lines(&w);
    else if (u->days == 1 && u->grain <= USAGE_HOUR)
        label_hours(&w);
    else if (u->grain == USAGE_GRAIN_DAY && u->days >= MONTH_LABELS)
        label_months(&w);
    else
        label_days(&w);
    return w;
}

void
usage_chart(const struct usage_show *s, struct buf *markup)
{
    const struct usage *u = &s->usage;
    struct arena *a = s->r->arena;
    struct svg_bar *bars = ARENA_NEWN(a, struct svg_bar, u->lines);
    struct labels labels = make_labels(s);
    struct svg_chart c = {.id = "usage-chart",
                          .unit = "kWh",
                          .height = HEIGHT,
                          .n = u->lines,
                          .bars = bars,
                          .labels = labels.n,
                          .label = labels.at};
    int64_t slots = 0;

    for (size_t i = 0; i < u->lines; i++)
        slots += u->line[i].slots;
    for (size_t i = 0; i < u->lines; i++)
        make_bar(s, &u->line[i], slots <= SVG_CROWDED, &bars[i]);
    c.title = tr_fill(a, s->r->lang, "usage.chart_title", "period",
                      usage_period_words(s, u->period), NULL);
    c.summary = usage_summary(s);
    svg_bar_chart(markup, &c);
}
