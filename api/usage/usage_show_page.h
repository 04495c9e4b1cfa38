/* SPDX-License-Identifier: Apache-2.0 */
/* What the faces of usage share: the request read, the words, the chart. */
#ifndef MH_USAGE_USAGE_SHOW_PAGE_H
#define MH_USAGE_USAGE_SHOW_PAGE_H

#include "api/usage/export.h"
#include "api/usage/usage.h"
#include "server/http/req.h"

/* One request for usage, as asked and as loaded. */
struct usage_show {
    struct req *r;
    struct agreement_meter meter;
    struct agreement_name *name; /* of all the account's meters */
    size_t names;
    struct usage_ask ask;
    bool several_years; /* the period touches */
    int32_t anchor;     /* the day that stays when the period switches */
    struct usage usage;
};

/* Meter, period and report of the request; nothing loaded yet. */
enum fault usage_show_ask(struct req *r, struct usage_show *s);
/* The same in two steps: the meter, which checks the right; then the rest. */
enum fault usage_show_meter(struct req *r, struct usage_show *s);
enum fault usage_show_period(struct usage_show *s);
/* Then all of it. */
enum fault usage_show_load(struct usage_show *s);

/* ---- words (usage_words_page.c) ---- */

/* "1:15 AM"; with the zone's letters where a clock change makes it unclear. */
const char *usage_clock(const struct usage_show *s, int64_t utc);
/* "November 2026", "Nov 1 – Nov 7, 2026" … */
const char *
usage_period_words(const struct usage_show *s, struct usage_period p);
/* "1:15 AM – 1:30 AM", with its day where the period has several. */
const char *
usage_times(const struct usage_show *s, int64_t from_utc, int64_t to_utc);
/* When a line was: "1:15 AM – 1:30 AM", "Sun, Nov 1" … */
const char *usage_when(const struct usage_show *s, const struct usage_line *l);
/* "Sun, Nov 1", or with the year where the period shown has several. */
const char *usage_day_words(const struct usage_show *s, int32_t day);
enum date_style usage_day_style(const struct usage_show *s);
/* "Nov 1 – Nov 3", or one day. */
const char *
usage_days_words(const struct usage_show *s, int32_t from, int32_t to);
/* "12 of 96 intervals estimated, 3 missing"; "" for none. */
const char *
usage_notes(const struct usage_show *s, const struct usage_sum *sum);
const char *usage_gap_words(const struct usage_show *s, enum usage_gap g);
/* With its first letter a capital one, to begin a sentence or a heading. */
const char *usage_sentence(const struct usage_show *s, const char *text);
const char *usage_kwh(const struct usage_show *s, int64_t ukwh);
/* What the meter is called: its label, else its address, else its number. */
const char *
usage_meter_name(const struct req *r, const struct agreement_meter *m);
const char *usage_name(const struct req *r, int64_t number, const char *label,
                       const char *address);
/* What a period is shown by until one chooses. */
enum usage_report usage_usual_report(struct usage_period p);
/* The path of a period of this meter, with the query that keeps the rest. */
const char *usage_href(const struct usage_show *s, struct usage_period p,
                       enum usage_report report);

/* ---- pieces of the page ---- */

/* The chart as markup (usage_chart_page.c). */
void usage_chart(const struct usage_show *s, struct buf *markup);
/* Figures, comparisons, freshness, gaps, notes (usage_facts_page.c). */
void usage_facts(const struct usage_show *s, json_t *view);
/* One sentence that says it all. */
const char *usage_summary(const struct usage_show *s);
/* Periods, reports, neighbours, forms, files (usage_links_page.c). */
void usage_links(const struct usage_show *s, json_t *view);
json_t *usage_files(const struct usage_show *s, int32_t from, int32_t to,
                    enum usage_report report);

#endif
