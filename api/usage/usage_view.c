/* SPDX-License-Identifier: Apache-2.0 */
/* The view of a usage that pages and JSON share. */
#include "api/usage/iso_csv.h"
#include "api/usage/usage.h"

static json_t *
day_text(int32_t day)
{
    char text[16];

    return day == DAY_NONE ? json_null() : json_string(day_format(text, day));
}

static json_t *
instant(const struct usage *u, int64_t utc)
{
    char text[32];

    return json_string(tz_format(text, u->zone, utc));
}

static json_t *
energy(int64_t ukwh, bool known)
{
    char text[DECIMAL_TEXT];

    if (!known)
        return json_null();
    return json_stringn(text, decimal_trim(text, ukwh));
}

static json_t *
as_given(struct decimal d)
{
    char text[DECIMAL_TEXT];

    return json_stringn(text, decimal_format(text, d));
}

static json_t *
sum_view(const struct usage_sum *s)
{
    return json_pack("{s:o s:o s:i s:i s:i}", "kwh",
                     energy(s->load_ukwh, s->has_load), "surplus_kwh",
                     energy(s->surplus_ukwh, s->has_surplus), "intervals",
                     (int)s->intervals, "estimated", (int)s->estimated,
                     "missing", (int)s->missing);
}

static void
add_day(json_t *v, const struct usage_day *d)
{
    struct buf stamp = {0};

    usage_iso_stamp(&stamp, d->stamp);
    json_object_set_new(v, "revision", json_stringn(stamp.at, stamp.len));
    buf_clear(&stamp);
    if (d->has_reads)
        json_object_set_new(v, "register_reads",
                            json_pack("{s:o s:o}", "start",
                                      as_given(d->start_read), "stop",
                                      as_given(d->stop_read)));
}

static json_t *
line_view(const struct usage *u, const struct usage_line *l)
{
    json_t *v;

    if (l->gap) {
        v = json_pack("{s:s s:n s:n}", "gap", usage_gap_name(l->gap), "kwh",
                      "surplus_kwh");
    } else {
        v = sum_view(&l->sum);
        if (u->grain >= USAGE_GRAIN_WEEK)
            json_object_set_new(v, "days_with_data", json_integer(l->sum.days));
    }
    if (l->to_utc) {
        json_object_set_new(v, "start", instant(u, l->from_utc));
        json_object_set_new(v, "end", instant(u, l->to_utc));
    } else {
        json_object_set_new(v, "from", day_text(l->from_day));
        json_object_set_new(v, "to", day_text(l->to_day));
    }
    if (l->day)
        add_day(v, l->day);
    return v;
}

static json_t *
lines_view(const struct usage *u)
{
    json_t *list = json_array();

    for (size_t i = 0; i < u->lines; i++)
        json_array_append_new(list, line_view(u, &u->line[i]));
    return list;
}

/* Runs of days of the period without data, those ahead left out. */
static json_t *
gaps_view(const struct usage *u)
{
    json_t *list = json_array();

    for (size_t i = 0; i < u->days;) {
        enum usage_gap g = u->day[i].gap;
        size_t end = i + 1;

        while (end < u->days && u->day[end].gap == g)
            end++;
        if (g != USAGE_GAP_NONE && g != USAGE_GAP_FUTURE)
            json_array_append_new(list, json_pack("{s:o s:o s:i s:s}", "from",
                                                  day_text(u->day[i].day), "to",
                                                  day_text(u->day[end - 1].day),
                                                  "days", (int)(end - i), "why",
                                                  usage_gap_name(g)));
        i = end;
    }
    return list;
}

static json_t *
peak_view(const struct usage *u)
{
    const struct usage_peak *p = &u->peak;

    if (!p->known)
        return json_null();
    return json_pack("{s:o s:o s:o s:o s:o}", "kwh", energy(p->ukwh, true),
                     "start", instant(u, p->from_utc), "end",
                     instant(u, p->to_utc), "day", day_text(p->day), "day_kwh",
                     energy(p->day_ukwh, true));
}

static void
add_given(json_t *v, const char *key, const struct billed_value *value)
{
    if (value->given)
        json_object_set_new(v, key, as_given(value->value));
}

/* What was billed, and what the intervals of the same days add up to. */
static json_t *
bills_view(const struct usage *u)
{
    json_t *list = json_array();

    for (size_t i = 0; i < u->bills; i++) {
        const struct usage_bill *b = &u->bill[i];
        json_t *v = json_pack(
            "{s:o s:o s:o s:o}", "from", day_text(b->row.start_day), "to",
            day_text(b->row.end_day), "kwh", as_given(b->row.kwh),
            "intervals_kwh", energy(b->ukwh, b->whole));

        add_given(v, "metered_kw", &b->row.metered_kw);
        add_given(v, "billed_kw", &b->row.billed_kw);
        add_given(v, "metered_kva", &b->row.metered_kva);
        add_given(v, "billed_kva", &b->row.billed_kva);
        json_array_append_new(list, v);
    }
    return list;
}

static json_t *
compare_view(const struct usage_compare *c)
{
    static const char *const names[] = {"before", "year_ago"};
    json_t *v =
        json_pack("{s:s s:o s:o s:i s:i}", "with", names[c->other], "from",
                  day_text(c->period.from), "to", day_text(c->period.to),
                  "days", (int)c->days, "days_compared", (int)c->pairs);

    json_object_set_new(v, "kwh", energy(c->ukwh, c->pairs > 0));
    json_object_set_new(v, "other_kwh", energy(c->other_ukwh, c->pairs > 0));
    if (c->pairs == 0)
        json_object_set_new(v, "why", json_string(usage_gap_name(c->why)));
    return v;
}

static json_t *
fresh_view(const struct usage *u)
{
    const struct usage_fresh *f = &u->fresh;

    return json_pack("{s:o s:o s:o s:b}", "to", day_text(f->complete_day),
                     "newest", f->any ? day_text(f->last_day) : json_null(),
                     "next_load", instant(u, f->next_utc), "late",
                     (int)f->late);
}

json_t *
usage_view_head(const struct usage *u, const struct agreement_meter *m)
{
    json_t *total = sum_view(&u->total), *compare = json_array(), *view;

    json_object_set_new(total, "days", json_integer((json_int_t)u->days));
    json_object_set_new(total, "days_with_data", json_integer(u->total.days));
    for (int o = 0; o < USAGE_OTHERS; o++)
        json_array_append_new(compare, compare_view(&u->compare[o]));
    view = json_pack("{s:{s:I s:s s:s} s:{s:s s:o s:o} s:s s:s s:s s:s"
                     " s:{s:o s:o} s:o s:o s:o s:o s:o s:o}",
                     "meter", "number", (json_int_t)m->number, "label",
                     m->label, "esiid", m->point.esiid, "period", "span",
                     usage_span_name(u->period.span), "from",
                     day_text(u->period.from), "to", day_text(u->period.to),
                     "report", usage_report_name(u->report), "grain",
                     usage_grain_name(u->grain), "zone", tz_name(u->zone),
                     "unit", "kWh", "window", "from", day_text(u->from), "to",
                     day_text(u->to), "total", total, "average_day_kwh",
                     energy(usage_average_ukwh(&u->total), u->total.has_load),
                     "peak", peak_view(u), "compare", compare, "complete",
                     fresh_view(u), "gaps", gaps_view(u));
    return view;
}

json_t *
usage_view(const struct usage *u, const struct agreement_meter *m)
{
    json_t *view = usage_view_head(u, m);

    json_object_set_new(view, "lines", lines_view(u));
    if (u->report == USAGE_MONTHLY)
        json_object_set_new(view, "billed", bills_view(u));
    return view;
}
