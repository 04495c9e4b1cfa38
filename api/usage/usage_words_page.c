/* SPDX-License-Identifier: Apache-2.0 */
/* Times, periods, sums and reasons in the reader's language. */
#include <string.h>

#include "api/usage/usage_show_page.h"

#define PLACES 6 /* energy is shown exactly, however fine it came */

const char *
usage_kwh(const struct usage_show *s, int64_t ukwh)
{
    return lang_number(s->r->arena, s->r->lang, ukwh, PLACES);
}

const char *
usage_sentence(const struct usage_show *s, const char *text)
{
    char *copy = arena_dup(s->r->arena, text);

    if (copy[0] >= 'a' && copy[0] <= 'z')
        copy[0] = (char)(copy[0] - 'a' + 'A');
    return copy;
}

const char *
usage_name(const struct req *r, int64_t number, const char *label,
           const char *address)
{
    if (label[0])
        return label;
    if (address[0])
        return address;
    return tr_fill(r->arena, r->lang, "usage.meter", "number",
                   arena_printf(r->arena, "%lld", (long long)number), NULL);
}

const char *
usage_meter_name(const struct req *r, const struct agreement_meter *m)
{
    return arena_dup(r->arena,
                     usage_name(r, m->number, m->label, m->point.address));
}

/* ---- time ------------------------------------------------------------- */

static bool
has_clock_change(const struct usage_show *s, int64_t utc)
{
    const struct tz *zone = s->usage.zone;

    return tz_day_seconds(zone, tz_day_of(zone, utc)) != 86400;
}

const char *
usage_clock(const struct usage_show *s, int64_t utc)
{
    struct arena *a = s->r->arena;
    struct civil c;
    const char *text;

    tz_civil(s->usage.zone, utc, &c);
    if (c.minute)
        text = arena_printf(a, "%d:%02d", (c.hour + 11) % 12 + 1, c.minute);
    else
        text = arena_printf(a, "%d", (c.hour + 11) % 12 + 1);
    text = tr_fill(a, s->r->lang, c.hour < 12 ? "usage.am" : "usage.pm", "time",
                   text, NULL);
    if (!has_clock_change(s, utc - 1) && !has_clock_change(s, utc))
        return text;
    return arena_printf(a, "%s %s", text, tz_abbreviation(s->usage.zone, utc));
}

static const char *
from_to(const struct usage_show *s, const char *from, const char *to)
{
    return tr_fill(s->r->arena, s->r->lang, "usage.from_to", "from", from, "to",
                   to, NULL);
}

static const char *
date(const struct usage_show *s, int32_t day, enum date_style style)
{
    return lang_date(s->r->arena, s->r->lang, day, style);
}

const char *
usage_days_words(const struct usage_show *s, int32_t from, int32_t to)
{
    if (from == to)
        return date(s, from, DATE_SHORT);
    return from_to(s, date(s, from, DATE_SHORT), date(s, to, DATE_SHORT));
}

static int
year_of(int32_t day)
{
    int year, month, dom;

    day_to_civil(day, &year, &month, &dom);
    return year;
}

const char *
usage_period_words(const struct usage_show *s, struct usage_period p)
{
    switch (p.span) {
    case USAGE_DAY:
        return date(s, p.from, DATE_LONG);
    case USAGE_MONTH:
        return date(s, p.from, DATE_MONTH);
    case USAGE_YEAR:
        return arena_printf(s->r->arena, "%d", year_of(p.from));
    default:
        if (year_of(p.from) == year_of(p.to) && p.from != p.to)
            return from_to(s, date(s, p.from, DATE_DAY),
                           date(s, p.to, DATE_SHORT));
        return usage_days_words(s, p.from, p.to);
    }
}

enum date_style
usage_day_style(const struct usage_show *s)
{
    return s->several_years ? DATE_SHORT : DATE_WEEKDAY;
}

const char *
usage_day_words(const struct usage_show *s, int32_t day)
{
    return date(s, day, usage_day_style(s));
}

static const char *
days_of_line(const struct usage_show *s, const struct usage_line *l)
{
    enum date_style style = s->several_years ? DATE_SHORT : DATE_DAY;

    if (s->usage.grain == USAGE_GRAIN_MONTH)
        return date(s, l->from_day, DATE_MONTH);
    if (l->from_day == l->to_day)
        return usage_day_words(s, l->from_day);
    return from_to(s, date(s, l->from_day, style), date(s, l->to_day, style));
}

const char *
usage_times(const struct usage_show *s, int64_t from_utc, int64_t to_utc)
{
    const char *time =
        from_to(s, usage_clock(s, from_utc), usage_clock(s, to_utc));
    int32_t day = tz_day_of(s->usage.zone, from_utc);

    if (s->usage.days == 1)
        return time;
    return tr_fill(s->r->arena, s->r->lang, "usage.day_time", "day",
                   usage_day_words(s, day), "time", time, NULL);
}

const char *
usage_when(const struct usage_show *s, const struct usage_line *l)
{
    return l->to_utc ? usage_times(s, l->from_utc, l->to_utc)
                     : days_of_line(s, l);
}

/* ---- quality ---------------------------------------------------------- */

static const char *
number(const struct usage_show *s, int32_t n)
{
    return arena_printf(s->r->arena, "%d", (int)n);
}

const char *
usage_notes(const struct usage_show *s, const struct usage_sum *sum)
{
    struct arena *a = s->r->arena;
    enum lang lang = s->r->lang;
    const char *estimated = "", *missing = "";

    if (!sum->estimated && !sum->missing)
        return "";
    if (sum->estimated && sum->intervals == 1)
        estimated = tr(lang, "usage.estimated_one");
    else if (sum->estimated)
        estimated = tr_fill(a, lang, "usage.estimated_of", "n",
                            number(s, sum->estimated), "all",
                            number(s, sum->intervals), NULL);
    if (sum->missing)
        missing =
            tr_fill(a, lang, "usage.missing_of", "n", number(s, sum->missing),
                    "all", number(s, sum->intervals), NULL);
    return arena_printf(a, "%s%s%s", estimated,
                        *estimated && *missing ? "; " : "", missing);
}

const char *
usage_gap_words(const struct usage_show *s, enum usage_gap g)
{
    const char *key =
        arena_printf(s->r->arena, "usage.gap.%s", usage_gap_name(g));

    return tr(s->r->lang, key);
}
