/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the numbers say: figures, comparisons, how complete they are, and the
 * notes that keep them from being misread.
 */
#include <stdio.h>

#include "api/usage/usage_show_page.h"

#define GAPS_MOST 8 /* runs of missing days named one by one */

static const char *
count(const struct usage_show *s, const char *key, int32_t n)
{
    return tr_count(s->r->arena, s->r->lang, key, n);
}

static const char *
date(const struct usage_show *s, int32_t day)
{
    return lang_date(s->r->arena, s->r->lang, day, DATE_LONG);
}

const char *
usage_summary(const struct usage_show *s)
{
    const struct usage *u = &s->usage;
    struct arena *a = s->r->arena;
    enum lang lang = s->r->lang;
    const char *period = usage_sentence(s, usage_period_words(s, u->period));
    const char *text;

    if (!u->total.has_load && !u->total.has_surplus)
        return tr_fill(a, lang, "usage.summary_none", "period", period, NULL);
    text =
        tr_fill(a, lang, u->days == 1 ? "usage.summary_one" : "usage.summary",
                "period", period, "kwh", usage_kwh(s, u->total.load_ukwh),
                "days", count(s, "usage.days", u->total.days), NULL);
    if (!u->peak.known)
        return text;
    if (u->days == 1)
        return tr_fill(a, lang, "usage.summary_peak", "text", text, "when",
                       usage_clock(s, u->peak.from_utc), "kwh",
                       usage_kwh(s, u->peak.ukwh), NULL);
    return tr_fill(a, lang, "usage.summary_day", "text", text, "day",
                   date(s, u->peak.day), "kwh", usage_kwh(s, u->peak.day_ukwh),
                   NULL);
}

/* ---- figures ---------------------------------------------------------- */

static void
add_figure(const struct usage_show *s, json_t *list, const char *key,
           int64_t ukwh, int places, const char *note)
{
    json_t *v = json_pack("{s:s s:s s:s}", "label", tr(s->r->lang, key), "kwh",
                          lang_number(s->r->arena, s->r->lang, ukwh, places),
                          "name", strrchr(key, '.') + 1);

    if (note)
        json_object_set_new(v, "note", json_string(note));
    json_array_append_new(list, v);
}

static json_t *
figures(const struct usage_show *s)
{
    const struct usage *u = &s->usage;
    json_t *list = json_array();
    const char *days = count(s, "usage.days", u->total.days);

    if (u->total.has_load)
        add_figure(s, list, "usage.figure.total", u->total.load_ukwh, 6,
                   u->days == 1 ? NULL : days);
    if (u->total.has_surplus)
        add_figure(s, list, "usage.figure.surplus", u->total.surplus_ukwh, 6,
                   NULL);
    if (u->total.has_load && u->days > 1)
        add_figure(s, list, "usage.figure.average",
                   usage_average_ukwh(&u->total), 2, NULL);
    if (u->peak.known && u->days > 1)
        add_figure(s, list, "usage.figure.peak_day", u->peak.day_ukwh, 6,
                   usage_day_words(s, u->peak.day));
    if (u->peak.known)
        add_figure(s, list, "usage.figure.peak", u->peak.ukwh, 6,
                   usage_times(s, u->peak.from_utc, u->peak.to_utc));
    return list;
}

/* ---- comparisons ------------------------------------------------------ */

/* Thousandths of `other`, half away from zero. */
static int64_t
change_permille(int64_t ours, int64_t other)
{
    int64_t diff = ours - other, half = other / 2;

    return (diff * 1000 + (diff < 0 ? -half : half)) / other;
}

static const char *
change_words(const struct usage_show *s, const struct usage_compare *c,
             const char **which)
{
    int64_t permille;
    const char *percent;

    *which = "same";
    if (c->other_ukwh == 0)
        return tr(s->r->lang, "usage.compare.none_there");
    permille = change_permille(c->ukwh, c->other_ukwh);
    if (permille == 0)
        return tr(s->r->lang, "usage.compare.same");
    *which = permille > 0 ? "more" : "less";
    percent = lang_number(s->r->arena, s->r->lang,
                          (permille < 0 ? -permille : permille) * 100000, 1);
    return tr_fill(s->r->arena, s->r->lang,
                   permille > 0 ? "usage.compare.more" : "usage.compare.less",
                   "percent", percent, NULL);
}

static json_t *
compare_view(const struct usage_show *s, const struct usage_compare *c)
{
    static const char *const names[] = {"usage.compare.before",
                                        "usage.compare.year_ago"};
    struct arena *a = s->r->arena;
    enum lang lang = s->r->lang;
    const char *which = "none", *text, *detail;

    if (c->pairs == 0) {
        text = tr(lang, "usage.compare.nothing");
        detail = c->days ? usage_gap_words(s, c->why)
                         : tr(lang, "usage.compare.nothing_here");
    } else {
        text = change_words(s, c, &which);
        detail = tr_fill(
            a, lang,
            c->pairs < (int32_t)s->usage.days ? "usage.compare.detail_some"
                                              : "usage.compare.detail",
            "kwh", usage_kwh(s, c->ukwh), "other", usage_kwh(s, c->other_ukwh),
            "days", count(s, "usage.compare.days", c->pairs), NULL);
    }
    return json_pack("{s:s s:s s:s s:s s:s s:s}", "label",
                     tr(lang, names[c->other]), "period",
                     usage_period_words(s, c->period), "text", text, "detail",
                     detail, "which", which, "href",
                     usage_href(s, c->period, s->ask.report));
}

/* ---- how complete ----------------------------------------------------- */

static const char *
next_words(const struct usage_show *s)
{
    const struct usage_fresh *f = &s->usage.fresh;
    int32_t day = tz_day_of(s->usage.zone, f->next_utc);

    return tr_fill(s->r->arena, s->r->lang, "usage.fresh.next", "day",
                   date(s, day), "time", usage_clock(s, f->next_utc), NULL);
}

static json_t *
fresh_view(const struct usage_show *s)
{
    const struct usage_fresh *f = &s->usage.fresh;
    struct arena *a = s->r->arena;
    enum lang lang = s->r->lang;
    const char *text;

    if (!f->any)
        text = tr(lang, "usage.fresh.none");
    else if (f->complete_day < f->last_day)
        text = tr_fill(a, lang, "usage.fresh.holes", "day",
                       date(s, f->complete_day), "newest", date(s, f->last_day),
                       NULL);
    else
        text = tr_fill(a, lang, "usage.fresh.complete", "day",
                       date(s, f->complete_day), NULL);
    return json_pack("{s:s s:s s:b}", "text", text, "next", next_words(s),
                     "late", f->any && f->late);
}

/* "Nov 3 – Nov 4 (2 days): …", for every run of days without data. */
static json_t *
gap_list(const struct usage_show *s, const json_t *gaps)
{
    json_t *list = json_array();
    int32_t more = 0;
    const json_t *gap;
    size_t i;

    json_array_foreach(gaps, i, gap)
    {
        int32_t from, to;
        char key[32];

        if (i >= GAPS_MOST) {
            more += (int32_t)json_integer_value(json_object_get(gap, "days"));
            continue;
        }
        if (!day_parse(json_string_value(json_object_get(gap, "from")),
                       &from) ||
            !day_parse(json_string_value(json_object_get(gap, "to")), &to))
            continue;
        snprintf(key, sizeof key, "usage.gap.%s",
                 json_string_value(json_object_get(gap, "why")));
        json_array_append_new(list, json_pack("{s:s s:s}", "when",
                                              usage_days_words(s, from, to),
                                              "why", tr(s->r->lang, key)));
    }
    if (more)
        json_array_append_new(
            list,
            json_pack("{s:s s:s}", "when", count(s, "usage.more_days", more),
                      "why", tr(s->r->lang, "usage.gap.several")));
    return list;
}

/* ---- bills ------------------------------------------------------------ */

static json_t *
bill_view(const struct usage_show *s, const struct usage_bill *b)
{
    struct usage_period p =
        usage_period_range(b->row.start_day, b->row.end_day);
    const char *unknown = tr(s->r->lang, "usage.bills.unknown");

    return json_pack(
        "{s:s s:s s:s s:s s:s}", "href", usage_href(s, p, USAGE_DAILY), "when",
        usage_period_words(s, p), "kwh", usage_kwh(s, b->row.kwh.micro),
        "calendar", b->whole ? usage_kwh(s, b->ukwh) : unknown, "difference",
        b->whole ? usage_kwh(s, b->row.kwh.micro - b->ukwh) : unknown);
}

static json_t *
bill_list(const struct usage_show *s)
{
    json_t *list = json_array();

    for (size_t i = 0; i < s->usage.bills; i++)
        json_array_append_new(list, bill_view(s, &s->usage.bill[i]));
    return json_pack("{s:o}", "rows", list);
}

/* ---- notes ------------------------------------------------------------ */

static void
add_note(const struct usage_show *s, json_t *notes, const char *key)
{
    json_array_append_new(notes, json_string(tr(s->r->lang, key)));
}

/* What a reader must know of the grain, of the clock and of the reads. */
static json_t *
notes_view(const struct usage_show *s)
{
    const struct usage *u = &s->usage;
    json_t *notes = json_array();
    bool reads = false;

    if (u->report == USAGE_INTERVAL && u->grain == USAGE_HOUR)
        add_note(s, notes, "usage.note.hours");
    if (u->grain == USAGE_GRAIN_WEEK)
        add_note(s, notes, "usage.note.weeks");
    if (u->days == 1 && tz_day_seconds(u->zone, u->period.from) < 86400)
        add_note(s, notes, "usage.note.spring");
    if (u->days == 1 && tz_day_seconds(u->zone, u->period.from) > 86400)
        add_note(s, notes, "usage.note.fall");
    for (size_t i = 0; i < u->days; i++)
        reads |= u->day[i].has_reads;
    if (u->report == USAGE_DAILY && reads)
        add_note(s, notes, "usage.note.reads");
    if (u->report == USAGE_MONTHLY)
        add_note(s, notes, "usage.note.billed");
    return notes;
}

void
usage_facts(const struct usage_show *s, json_t *view)
{
    const struct usage *u = &s->usage;
    json_t *compare = json_array();

    for (int o = 0; o < USAGE_OTHERS; o++)
        if (o == 0 || u->compare[o].period.from != u->compare[0].period.from)
            json_array_append_new(compare, compare_view(s, &u->compare[o]));
    json_object_set_new(view, "figures", figures(s));
    json_object_set_new(view, "comparisons", compare);
    json_object_set_new(view, "fresh", fresh_view(s));
    if (json_array_size(json_object_get(view, "gaps")) > 0)
        json_object_set_new(
            view, "gap_list",
            json_pack("{s:o}", "rows",
                      gap_list(s, json_object_get(view, "gaps"))));
    json_object_set_new(view, "notes", notes_view(s));
    if (u->bills > 0)
        json_object_set_new(view, "bills", bill_list(s));
}
