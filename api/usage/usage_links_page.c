/* SPDX-License-Identifier: Apache-2.0 */
/* Where one can go from a page of usage, and the files it offers. */
#include "api/usage/usage_show_page.h"

const char *
usage_href(const struct usage_show *s, struct usage_period p,
           enum usage_report report)
{
    bool anchored = s->anchor >= p.from && s->anchor <= p.to;
    bool usual = report == usage_usual_report(p);
    const char *span = usage_span_name(p.span);
    char from[16], to[16], days[64];

    if (p.span == USAGE_RANGE)
        snprintf(days, sizeof days, "from=%s&to=%s", day_format(from, p.from),
                 day_format(to, p.to));
    else
        snprintf(days, sizeof days, "day=%s",
                 day_format(from, anchored ? s->anchor : p.from));
    return arena_printf(
        s->r->arena, "/meters/%lld/%s?%s%s%s", (long long)s->meter.number, span,
        days, usual ? "" : "&report=", usual ? "" : usage_report_name(report));
}

static json_t *
link_view(const char *href, const char *text, bool current)
{
    return json_pack("{s:s s:s s:b}", "href", href, "text", text, "current",
                     (int)current);
}

static json_t *
span_links(const struct usage_show *s)
{
    json_t *list = json_array();

    for (int i = 0; i < USAGE_SPANS; i++) {
        enum usage_span span = (enum usage_span)i;
        struct usage_period p = usage_period_of(span, s->anchor);
        enum usage_report report;
        char key[32];

        if (span == USAGE_RANGE)
            p = usage_period_range(s->ask.period.from, s->ask.period.to);
        report = span == USAGE_RANGE ? s->ask.report : usage_usual_report(p);
        snprintf(key, sizeof key, "usage.span.%s", usage_span_name(span));
        json_array_append_new(list, link_view(usage_href(s, p, report),
                                              tr(s->r->lang, key),
                                              span == s->ask.period.span));
    }
    return list;
}

static json_t *
report_links(const struct usage_show *s)
{
    json_t *list = json_array();

    for (int i = 0; i < USAGE_REPORTS; i++) {
        enum usage_report report = (enum usage_report)i;
        char key[32];

        snprintf(key, sizeof key, "usage.report.%s", usage_report_name(report));
        json_array_append_new(
            list, link_view(usage_href(s, s->ask.period, report),
                            tr(s->r->lang, key), report == s->ask.report));
    }
    return list;
}

/* A neighbour, when this account may see any of it. */
static void
add_neighbour(const struct usage_show *s, json_t *view, const char *name,
              int steps)
{
    struct usage_period p = usage_period_move(s->ask.period, steps);

    const char *text = usage_period_words(s, p);

    if (p.to < s->usage.from || p.from >= s->usage.today)
        return;
    if (p.span == USAGE_DAY)
        text = lang_date(s->r->arena, s->r->lang, p.from, DATE_WEEKDAY);
    json_object_set_new(
        view, name, link_view(usage_href(s, p, s->ask.report), text, false));
}

/* The form that goes to any day, or to any range. */
static json_t *
form_view(const struct usage_show *s)
{
    char day[16], from[16], to[16], least[16], most[16];
    bool range = s->ask.period.span == USAGE_RANGE;
    json_t *v;

    v = json_pack("{s:s s:s s:s s:s}", "action",
                  arena_printf(s->r->arena, "/meters/%lld/%s",
                               (long long)s->meter.number,
                               usage_span_name(s->ask.period.span)),
                  "report", usage_report_name(s->ask.report), "least",
                  day_format(least, s->usage.from), "most",
                  day_format(most, s->usage.today));
    if (range)
        json_object_set_new(v, "range",
                            json_pack("{s:s s:s}", "from",
                                      day_format(from, s->ask.period.from),
                                      "to", day_format(to, s->ask.period.to)));
    else
        json_object_set_new(v, "day", json_string(day_format(day, s->anchor)));
    return v;
}

json_t *
usage_files(const struct usage_show *s, int32_t from, int32_t to,
            enum usage_report report)
{
    static const enum usage_format formats[] = {USAGE_CSV, USAGE_ISO,
                                                USAGE_JSON};
    json_t *list = json_array();
    char first[16], last[16], text[40], hint[40];

    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        const char *format = usage_format_name(formats[i]);

        snprintf(text, sizeof text, "usage.file.%s", format);
        snprintf(hint, sizeof hint, "usage.file.%s_hint", format);
        json_array_append_new(
            list, json_pack("{s:s s:s s:s s:s}", "href",
                            arena_printf(
                                s->r->arena,
                                "/meters/%lld/file?from=%s&to=%s&report=%s"
                                "&format=%s",
                                (long long)s->meter.number,
                                day_format(first, from), day_format(last, to),
                                usage_report_name(report), format),
                            "text", tr(s->r->lang, text), "hint",
                            tr(s->r->lang, hint), "format", format));
    }
    return list;
}

void
usage_links(const struct usage_show *s, json_t *view)
{
    json_object_set_new(view, "spans", span_links(s));
    json_object_set_new(view, "reports", report_links(s));
    add_neighbour(s, view, "previous", -1);
    add_neighbour(s, view, "next", 1);
    json_object_set_new(view, "form", form_view(s));
    json_object_set_new(
        view, "files",
        usage_files(s, s->ask.period.from, s->ask.period.to, s->ask.report));
}
