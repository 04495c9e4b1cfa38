/* SPDX-License-Identifier: Apache-2.0 */
/* My usage, as pages: the view with words, links and the chart added. */
#include "api/usage/usage_page.h"

#include "api/usage/usage_kept_page.h"
#include "api/usage/usage_show_page.h"
#include "server/base/str.h"
#include "server/text/template.h"

static void
set_text(json_t *v, const char *key, const char *text)
{
    json_object_set_new(v, key, json_string(text));
}

/* ---- the table -------------------------------------------------------- */

enum column {
    COLUMN_WHEN,
    COLUMN_HREF,
    COLUMN_KWH,
    COLUMN_SURPLUS,
    COLUMN_START,
    COLUMN_STOP,
    COLUMN_NOTE,
    COLUMN_NO_DATA,
    COLUMN_SLOTS,
    COLUMN_HAS_SURPLUS,
    COLUMN_HAS_READS,
    COLUMNS
};

static const char *const COLUMN_NAME[] = {
    "when", "href",    "kwh",   "surplus",     "start",    "stop",
    "note", "no_data", "slots", "has_surplus", "has_reads"};

#define LINE_USUAL 120 /* bytes of markup */

struct table {
    const struct usage_show *s;
    bool surplus, reads;
    struct date_run dates;
    char href[32], slots[16];
    char start[DECIMAL_TEXT], stop[DECIMAL_TEXT];
    char kwh[DECIMAL_TEXT], fed[DECIMAL_TEXT];
};

/* A mark that only asks whether it is there. */
static const struct template_cell MARK = {"1", 1, true};

/* Where the day of a line is shown, beside this page. */
static struct template_cell
line_href(struct table *w, const struct usage_line *l)
{
    memcpy(w->href, "day?day=", 8);
    day_format(w->href + 8, l->from_day);
    return template_cell_plain(w->href, 18);
}

static struct template_cell
line_when(struct table *w, const struct usage_line *l)
{
    const struct usage_show *s = w->s;
    struct template_cell cell;

    if (s->usage.grain != USAGE_GRAIN_DAY || l->from_day != l->to_day)
        return template_cell(usage_when(s, l));
    cell.text = lang_date_run(&w->dates, l->from_day);
    cell.n = w->dates.n;
    cell.plain = false;
    return cell;
}

static struct template_cell
line_number(char *text, struct decimal d)
{
    return template_cell_plain(text, decimal_format(text, d));
}

/* Below a thousand there are no separators. */
static struct template_cell
line_kwh(struct table *w, char text[DECIMAL_TEXT], int64_t ukwh)
{
    if (ukwh >= 0 && ukwh < 1000 * DECIMAL_ONE)
        return template_cell_plain(text, decimal_trim(text, ukwh));
    return template_cell(usage_kwh(w->s, ukwh));
}

static void
say_line(void *arg, size_t i, struct template_cell *cell)
{
    struct table *w = arg;
    const struct usage_show *s = w->s;
    const struct usage_line *l = &s->usage.line[i];

    cell[COLUMN_WHEN] = line_when(w, l);
    if (w->surplus)
        cell[COLUMN_HAS_SURPLUS] = MARK;
    if (w->reads)
        cell[COLUMN_HAS_READS] = MARK;
    if (l->slots > 1)
        cell[COLUMN_SLOTS] = template_cell_plain(
            w->slots,
            (size_t)snprintf(w->slots, sizeof w->slots, "%d", (int)l->slots));
    if (l->gap) {
        cell[COLUMN_NOTE] = template_cell(usage_gap_words(s, l->gap));
        cell[COLUMN_NO_DATA] = MARK;
        return;
    }
    if (l->sum.has_load)
        cell[COLUMN_KWH] = line_kwh(w, w->kwh, l->sum.load_ukwh);
    if (l->sum.has_surplus)
        cell[COLUMN_SURPLUS] = line_kwh(w, w->fed, l->sum.surplus_ukwh);
    if (l->day && l->day->has_reads) {
        cell[COLUMN_START] = line_number(w->start, l->day->start_read);
        cell[COLUMN_STOP] = line_number(w->stop, l->day->stop_read);
    }
    if (l->sum.estimated || l->sum.missing)
        cell[COLUMN_NOTE] = template_cell(usage_notes(s, &l->sum));
    if (s->usage.grain == USAGE_GRAIN_DAY)
        cell[COLUMN_HREF] = line_href(w, l);
}

static bool
say_table(const struct usage_show *s, json_t *view, struct buf *markup)
{
    const struct usage *u = &s->usage;
    struct table w = {.s = s,
                      .surplus = u->total.has_surplus,
                      .dates = date_run(s->r->lang, usage_day_style(s))};
    struct template_rows rows = {.name = COLUMN_NAME,
                                 .columns = COLUMNS,
                                 .rows = u->lines,
                                 .row = say_line,
                                 .arg = &w};
    bool good;

    buf_room(markup, u->lines * LINE_USUAL);
    for (size_t i = 0; i < u->lines; i++)
        w.reads |= u->line[i].day && u->line[i].day->has_reads;
    good = page_rows(s->r, "usage/line.html", &rows, markup);
    json_object_set_new(view, "rows", template_safe_here(markup));
    json_object_set_new(view, "has_data", json_boolean(u->total.days > 0));
    json_object_set_new(view, "has_surplus", json_boolean(w.surplus));
    json_object_set_new(view, "has_reads", json_boolean(w.reads));
    set_text(view, "total_kwh", usage_kwh(s, u->total.load_ukwh));
    set_text(view, "total_surplus", usage_kwh(s, u->total.surplus_ukwh));
    return good;
}

/* Which signs the chart has, for its legend. */
static void
say_legend(const struct usage_show *s, json_t *view)
{
    bool gaps = false;

    for (size_t i = 0; i < s->usage.lines; i++)
        gaps |= s->usage.line[i].gap > USAGE_GAP_FUTURE;
    json_object_set_new(view, "legend",
                        json_pack("{s:b s:b s:b}", "estimated",
                                  s->usage.total.estimated > 0, "surplus",
                                  (int)s->usage.total.has_surplus, "gap",
                                  (int)gaps));
}

/* ---- the head --------------------------------------------------------- */

static const char *const CHOICE_NAME[] = {"href", "text", "current"};

struct choices {
    const struct usage_show *s;
    const char *rest; /* of the path, behind the meter's number */
    struct buf href;
};

static void
say_choice(void *arg, size_t i, struct template_cell *cell)
{
    struct choices *w = arg;
    const struct agreement_name *name = &w->s->name[i];

    w->href.len = 0;
    buf_puts(&w->href, "/meters/");
    buf_int(&w->href, name->number);
    buf_puts(&w->href, w->rest);
    cell[0] = template_cell(buf_text(&w->href));
    cell[1] = template_cell(
        usage_name(w->s->r, name->number, name->label, name->address));
    if (name->number == w->s->meter.number)
        cell[2] = MARK;
}

/* The meters of the account, on the same period. */
static enum fault
add_meters(const struct usage_show *s, json_t *view)
{
    const char *here = usage_href(s, s->ask.period, s->ask.report);
    struct choices w = {.s = s, .rest = strchr(here + strlen("/meters/"), '/')};
    struct template_rows rows = {.name = CHOICE_NAME,
                                 .columns = 3,
                                 .rows = s->names,
                                 .row = say_choice,
                                 .arg = &w};
    struct buf markup = {0};
    bool good = true;

    if (s->names > 1) {
        good = page_rows(s->r, "usage/choice.html", &rows, &markup);
        json_object_set_new(
            view, "meters",
            json_pack("{s:o}", "list", template_safe(buf_text(&markup))));
    }
    buf_clear(&markup);
    buf_clear(&w.href);
    return good ? FAULT_NONE : FAULT_OURS;
}

static void
say_head(const struct usage_show *s, json_t *view)
{
    const struct point *p = &s->meter.point;
    const char *name = usage_meter_name(s->r, &s->meter);
    const char *period =
        usage_sentence(s, usage_period_words(s, s->ask.period));

    set_text(view, "title", arena_printf(s->r->arena, "%s · %s", period, name));
    set_text(view, "name", name);
    set_text(view, "esiid", p->esiid);
    if (p->address[0] && s->meter.label[0])
        set_text(view, "address", p->address);
    set_text(view, "period_text", period);
    json_object_set_new(view, "styles", json_pack("[s]", "usage.css"));
    json_object_set_new(view, "scripts", json_pack("[s]", "usage.js"));
}

/* ---- pages ------------------------------------------------------------ */

/* More than a page can show: says so, and offers what there is instead. */
static enum fault
limit_page(struct usage_show *s)
{
    struct req *r = s->r;
    const struct conf *conf = r->conf;
    const int64_t limits[] = {conf->screen_interval_days,
                              conf->screen_daily_days,
                              conf->screen_monthly_months};
    json_t *view = json_object();
    const char *key = arena_printf(r->arena, "usage.limit.%s",
                                   usage_report_name(s->ask.report));
    const char *most = arena_printf(r->arena, "%d", (int)limits[s->ask.report]);
    enum fault f = add_meters(s, view);

    say_head(s, view);
    usage_links(s, view);
    set_text(view, "title", tr(r->lang, "usage.limit.title"));
    set_text(view, "instead", tr(r->lang, "usage.limit.instead"));
    set_text(view, "limit",
             tr_fill(r->arena, r->lang, key, "most", most, "asked",
                     s->ask.report == USAGE_MONTHLY
                         ? tr_count(r->arena, r->lang, "usage.months",
                                    usage_period_months(s->ask.period))
                         : tr_count(r->arena, r->lang, "usage.days",
                                    usage_period_days(s->ask.period)),
                     NULL));
    if (f == FAULT_NONE)
        return page_status(r, fault_http(FAULT_PAST_LIMIT), "usage/limit.html",
                           view);
    json_decref(view);
    return f;
}

/* All of the period lies before what this account may look back to. */
static bool
beyond_history(const struct usage_show *s)
{
    const struct usage *u = &s->usage;

    return u->period.to < u->from && u->days > 0 &&
           u->day[u->days - 1].gap == USAGE_GAP_HISTORY;
}

static enum fault
history_page(struct usage_show *s, json_t *view)
{
    struct req *r = s->r;
    struct usage_period first =
        usage_period_of(USAGE_MONTH, day_add_months(s->usage.from, 1));

    set_text(view, "title", tr(r->lang, "usage.limit.history_title"));
    set_text(view, "instead", tr(r->lang, "usage.limit.history_instead"));
    set_text(view, "limit",
             tr_fill(r->arena, r->lang, "usage.limit.history", "day",
                     lang_date(r->arena, r->lang, s->usage.from, DATE_LONG),
                     NULL));
    json_object_set_new(view, "first",
                        json_pack("{s:s s:s}", "href",
                                  usage_href(s, first, USAGE_DAILY), "text",
                                  usage_period_words(s, first)));
    json_object_set_new(
        view, "files",
        usage_files(s, s->usage.from, s->usage.today, s->ask.report));
    return page_status(r, fault_http(FAULT_PAST_LIMIT), "usage/limit.html",
                       view);
}

/* GET /meters/{}: its newest month. */
enum fault
usage_newest_page(struct req *r)
{
    struct agreement_meter m;
    int64_t number;
    enum fault f;

    if (!str_to_i64(r->path_arg, &number))
        return FAULT_NOT_FOUND;
    f = agreement_meter_get(r->db, r->who, number, &m);
    if (f != FAULT_NONE)
        return f;
    return reply_redirect(
        r, arena_printf(r->arena, "/meters/%lld/month", (long long)m.number));
}

/* The frame around a page's title, a NUL and its content. */
static enum fault
framed(struct req *r, const struct buf *kept)
{
    size_t title = strlen(kept->at) + 1;
    struct buf content = {kept->at + title, kept->len - title, 0};

    return page_frame(r, 200,
                      json_pack("{s:s s:[s] s:[s]}", "title", kept->at,
                                "styles", "usage.css", "scripts", "usage.js"),
                      &content);
}

#define PAGE_USUAL 16384 /* bytes beside chart and table */

/* The page of what was loaded, which may be kept; steals the view. */
static enum fault
usage_content(struct usage_show *s, json_t *view, const struct usage_kept *k)
{
    struct buf made = {0}, rows = {0}, chart = {0};
    enum fault f = FAULT_OURS;

    usage_facts(s, view);
    say_legend(s, view);
    set_text(view, "summary", usage_summary(s));
    usage_chart(s, &chart);
    json_object_set_new(view, "chart", template_safe_here(&chart));
    if (!say_table(s, view, &rows)) {
        json_decref(view);
        goto out;
    }
    buf_room(&made, rows.len + chart.len + PAGE_USUAL);
    buf_puts(&made, json_string_value(json_object_get(view, "title")));
    buf_putc(&made, '\0');
    f = page_content(s->r, "usage/usage.html", view, &made);
    if (f == FAULT_NONE) {
        buf_text(&made);
        usage_kept_put(k, s, &made);
        f = framed(s->r, &made);
    }
out:
    buf_clear(&made);
    buf_clear(&rows);
    buf_clear(&chart);
    return f;
}

static enum fault
usage_made(struct usage_show *s, const struct usage_kept *k)
{
    enum fault f = usage_show_period(s);
    json_t *view;

    if (f == FAULT_NONE)
        f = usage_show_load(s);
    if (f == FAULT_PAST_LIMIT)
        return limit_page(s);
    if (f != FAULT_NONE)
        return f;
    view = usage_view_head(&s->usage, &s->meter);
    say_head(s, view);
    usage_links(s, view);
    if ((f = add_meters(s, view)) != FAULT_NONE) {
        json_decref(view);
        return f;
    }
    if (beyond_history(s))
        return history_page(s, view);
    return usage_content(s, view, k);
}

enum fault
usage_page(struct req *r)
{
    struct usage_show s;
    struct usage_kept k;
    struct buf page = {0};
    enum fault f = usage_show_meter(r, &s);

    if (f == FAULT_NONE)
        f = agreement_names(r->db, r->who, r->arena, &s.name, &s.names);
    if (f != FAULT_NONE)
        return f;
    if (usage_kept_find(&k, &s, &page)) {
        buf_text(&page);
        f = framed(r, &page);
    } else {
        f = usage_made(&s, &k);
    }
    usage_kept_clear_key(&k);
    buf_clear(&page);
    return f;
}
