/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The calendar of completeness: thirteen months by their days, each cell the
 * share of expected meter-days that came, as a number and a colour.
 */
#include <string.h>

#include "api/admin/admin_page.h"
#include "api/admin/admin_words_page.h"
#include "db/rc.h"
#include "server/base/str.h"

#define MONTHS 13

struct calendar {
    struct req *r;
    struct admin_whose whose;
    int32_t today;
    int32_t first;  /* day of the first month */
    int32_t last;   /* of the last */
    json_t *months; /* newest first */
    json_t *cells;  /* of the month being added up */
    int64_t month[COVERAGE_COUNTS], all[COVERAGE_COUNTS];
    int64_t stale; /* days */
};

static void
add(int64_t to[COVERAGE_COUNTS], const int64_t n[COVERAGE_COUNTS])
{
    for (int i = 0; i < COVERAGE_COUNTS; i++)
        to[i] += n[i];
}

/* ---- cells -----------------------------------------------------------------
 */

static json_t *
cell(struct calendar *c, const struct coverage *d)
{
    struct req *r = c->r;
    const char *day = lang_date(r->arena, r->lang, d->day, DATE_SHORT);
    char iso[11], *share = admin_share(r, d->n);
    json_t *v;

    if (d->day >= c->today ||
        (d->n[COVERAGE_EXPECTED] == 0 && d->n[COVERAGE_EXTRA] == 0))
        return json_pack("{s:s, s:s}", "level", "empty", "text", "");
    v = json_pack("{s:s, s:s, s:s}", "level", admin_level(d->n), "text",
                  d->n[COVERAGE_EXPECTED] > 0
                      ? arena_printf(r->arena, "%d", (int)admin_percent(d->n))
                      : "–",
                  "href",
                  arena_printf(r->arena, "/admin/coverage/day?day=%s%s",
                               day_format(iso, d->day),
                               admin_whose_query(r, &c->whose)));
    admin_set(v, "label",
              tr_fill(r->arena, r->lang,
                      d->stale ? "admin.cover.cell_stale" : "admin.cover.cell",
                      "day", day, "share", share, "missing",
                      admin_number(r, coverage_missing(d->n)), NULL));
    if (d->stale)
        json_object_set_new(v, "stale", json_true());
    return v;
}

/* Nov 2026 */
static char *
month_name(const struct req *r, int32_t day)
{
    int year, month, dom;

    day_to_civil(day, &year, &month, &dom);
    return arena_printf(
        r->arena, "%s %d",
        tr(r->lang, arena_printf(r->arena, "date.month_short.%d", month)),
        year);
}

static void
month_end(struct calendar *c, int32_t day)
{
    struct req *r = c->r;
    json_t *v =
        json_pack("{s:s, s:o, s:s, s:s, s:s}", "name", month_name(r, day),
                  "cells", c->cells, "share", admin_share(r, c->month),
                  "missing", admin_number(r, coverage_missing(c->month)),
                  "level", admin_level(c->month));

    while (json_array_size(c->cells) < 31)
        json_array_append_new(
            c->cells, json_pack("{s:s, s:s}", "level", "beyond", "text", ""));
    json_array_insert_new(c->months, 0, v);
    add(c->all, c->month);
    memset(c->month, 0, sizeof c->month);
    c->cells = NULL;
}

static bool
take_day(void *arg, const struct coverage *d)
{
    struct calendar *c = arg;

    if (c->cells == NULL)
        c->cells = json_array();
    json_array_append_new(c->cells, cell(c, d));
    if (d->day < c->today) {
        add(c->month, d->n);
        c->stale += d->stale;
    }
    if (day_month_start(d->day + 1) == d->day + 1)
        month_end(c, d->day);
    return true;
}

/* ---- what may be chosen ----------------------------------------------------
 */

struct choices {
    struct req *r;
    const struct admin_whose *whose;
    struct coverage row;
    json_t *tdsps, *reps;
};

static void
offer(struct choices *c, json_t *list, const char *duns, bool has,
      const char *chosen)
{
    const char *value = duns[0] != '\0' ? duns : "none";
    size_t i;
    json_t *v;

    json_array_foreach(
        list, i, v) if (strcmp(json_string_value(json_object_get(v, "value")),
                               value) == 0) return;
    json_array_append_new(list,
                          json_pack("{s:s, s:s, s:b}", "value", value, "text",
                                    admin_duns(c->r, duns), "chosen",
                                    has && strcmp(duns, chosen) == 0));
}

static bool
take_pair(void *arg)
{
    struct choices *c = arg;

    offer(c, c->tdsps, c->row.tdsp, c->whose->has_tdsp, c->whose->tdsp);
    if (!c->whose->has_tdsp || strcmp(c->whose->tdsp, c->row.tdsp) == 0)
        offer(c, c->reps, c->row.rep, c->whose->has_rep, c->whose->rep);
    return true;
}

static enum fault
choices_add(struct req *r, const struct admin_whose *w, json_t *view)
{
    struct choices c = {
        .r = r, .whose = w, .tdsps = json_array(), .reps = json_array()};
    enum db_rc rc = coverage_each_pair(r->db, &c.row, take_pair, &c);

    json_object_set_new(view, "tdsps", c.tdsps);
    json_object_set_new(view, "reps", c.reps);
    return rc == DB_OK ? FAULT_NONE : db_fault(r->db, rc, "coverage pairs");
}

/* ---- figures ---------------------------------------------------------------
 */

static void
figure(json_t *list, const char *label, const char *value, const char *note)
{
    json_array_append_new(list, json_pack("{s:s, s:s, s:s*}", "label", label,
                                          "value", value, "note", note));
}

/* A part of what was received, with its share. */
static void
part(const struct calendar *c, json_t *list, const char *key,
     enum coverage_count count)
{
    struct req *r = c->r;
    int64_t n[COVERAGE_COUNTS] = {[COVERAGE_EXPECTED] =
                                      c->all[COVERAGE_RECEIVED],
                                  [COVERAGE_RECEIVED] = c->all[count]};

    figure(list, tr(r->lang, key), admin_number(r, c->all[count]),
           c->all[COVERAGE_RECEIVED] > 0
               ? tr_fill(r->arena, r->lang, "admin.cover.of_received", "share",
                         admin_share(r, n), NULL)
               : NULL);
}

static json_t *
figures(const struct calendar *c)
{
    struct req *r = c->r;
    json_t *list = json_array();

    figure(list, tr(r->lang, "admin.cover.expected"),
           admin_number(r, c->all[COVERAGE_EXPECTED]), NULL);
    figure(list, tr(r->lang, "admin.cover.received"), admin_share(r, c->all),
           admin_number(r, c->all[COVERAGE_RECEIVED]));
    figure(list, tr(r->lang, "admin.cover.missing"),
           admin_number(r, coverage_missing(c->all)), NULL);
    part(c, list, "admin.cover.estimated", COVERAGE_ESTIMATED);
    part(c, list, "admin.cover.late", COVERAGE_LATE);
    part(c, list, "admin.cover.replaced", COVERAGE_REPLACED);
    return list;
}

/* ---- the page --------------------------------------------------------------
 */

static char *
link_to(const struct calendar *c, int months)
{
    char day[11];

    return arena_printf(c->r->arena, "/admin/coverage?until=%s%s",
                        day_format(day, day_add_months(c->last, months)),
                        admin_whose_query(c->r, &c->whose));
}

static void
links_add(const struct calendar *c, json_t *view)
{
    struct req *r = c->r;
    char from[11], to[11];

    admin_set(view, "earlier", link_to(c, -12));
    if (c->last < c->today)
        admin_set(view, "later", link_to(c, 12));
    day_format(from, c->first);
    day_format(to, c->last < c->today ? c->last : c->today - 1);
    for (int i = 0; i < 2; i++)
        admin_set(view, i == 0 ? "csv_days" : "csv_pairs",
                  arena_printf(r->arena,
                               "/admin/coverage/file?from=%s&to=%s&view=%s%s",
                               from, to, i == 0 ? "days" : "pairs",
                               admin_whose_query(r, &c->whose)));
}

static json_t *
columns(void)
{
    json_t *list = json_array();

    for (int i = 1; i <= 31; i++)
        json_array_append_new(list, json_integer(i));
    return list;
}

static json_t *
calendar_view(struct calendar *c)
{
    struct req *r = c->r;
    json_t *view = json_pack(
        "{s:s, s:[s], s:o, s:O, s:o, s:s}", "title",
        tr(r->lang, "admin.cover.title"), "styles", "admin.css", "columns",
        columns(), "months", c->months, "figures", figures(c), "period",
        tr_fill(r->arena, r->lang, "admin.cover.period", "from",
                lang_date(r->arena, r->lang, c->first, DATE_MONTH), "to",
                lang_date(r->arena, r->lang, c->last, DATE_MONTH), NULL));
    char day[11];

    admin_set(view, "until", day_format(day, c->last));
    links_add(c, view);
    if (c->stale > 0)
        admin_set(
            view, "stale",
            tr_count(r->arena, r->lang, "admin.cover.stale", (long)c->stale));
    if (c->all[COVERAGE_EXPECTED] == 0 && c->all[COVERAGE_EXTRA] == 0)
        json_object_set_new(view, "nothing", json_true());
    if (c->all[COVERAGE_EXTRA] > 0 && !c->whose.has_tdsp && !c->whose.has_rep)
        admin_set(view, "extra",
                  tr_fill(r->arena, r->lang, "admin.cover.extra_note", "n",
                          admin_number(r, c->all[COVERAGE_EXTRA]), NULL));
    return view;
}

/* GET /admin/coverage?until=DAY&tdsp=…&rep=… */
enum fault
admin_coverage_page(struct req *r)
{
    struct calendar c = {.r = r, .today = admin_today(r)};
    struct coverage_ask ask;
    json_t *view;
    int32_t until;
    enum fault f = req_day(r, "until", c.today, &until);

    if (f == FAULT_NONE)
        f = admin_whose_read(r, &c.whose);
    if (f != FAULT_NONE)
        return f;
    c.first = day_add_months(day_month_start(until), 1 - MONTHS);
    c.last = day_add_months(day_month_start(until), 1) - 1;
    ask = admin_ask(&c.whose, c.first, c.last);
    c.months = json_array();
    f = db_fault(r->db, coverage_each_day(r->db, &ask, take_day, &c),
                 "coverage");
    view = calendar_view(&c);
    json_decref(c.months);
    if (f == FAULT_NONE)
        f = choices_add(r, &c.whose, view);
    if (f == FAULT_NONE)
        return page(r, "admin/coverage.html", view);
    json_decref(view);
    return f;
}
