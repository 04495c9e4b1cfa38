/* SPDX-License-Identifier: Apache-2.0 */
/* One day of completeness: a line for each TDSP and REP. */
#include <string.h>

#include "api/admin/admin_page.h"
#include "api/admin/admin_words_page.h"
#include "db/rc.h"
#include "server/base/str.h"

struct day_page {
    struct req *r;
    json_t *rows;
    int64_t all[COVERAGE_COUNTS];
    bool stale;
};

/* Counts whose meters can be listed, in the order of the columns. */
static const struct {
    const char *key;
    enum coverage_kind kind;
    enum coverage_count count;
} LISTS[] = {
    {"missing", COVERAGE_OF_MISSING, COVERAGE_COUNTS},
    {"estimated", COVERAGE_OF_ESTIMATED, COVERAGE_ESTIMATED},
    {"partial", COVERAGE_OF_PARTIAL, COVERAGE_PARTIAL},
    {"late", COVERAGE_OF_LATE, COVERAGE_LATE},
    {"replaced", COVERAGE_OF_REPLACED, COVERAGE_REPLACED},
};

/* A count; one that has meters behind it is a button for who may list them. */
static json_t *
listed(const struct req *r, const char *key, const char *pick, int64_t n)
{
    json_t *v =
        json_pack("{s:s, s:s}", "text", admin_number(r, n), "label",
                  tr(r->lang, arena_printf(r->arena, "admin.cover.%s", key)));

    if (n > 0 && coverage_may_list(r->who))
        admin_set(v, "pick", pick);
    return v;
}

static const char *
pick_word(const char *duns, bool all)
{
    if (all)
        return "all";
    return duns[0] != '\0' ? duns : "none";
}

static json_t *
lists(const struct req *r, const int64_t n[COVERAGE_COUNTS], const char *tdsp,
      const char *rep, bool all)
{
    json_t *list = json_array();

    for (size_t i = 0; i < sizeof LISTS / sizeof *LISTS; i++)
        json_array_append_new(
            list,
            listed(r, LISTS[i].key,
                   arena_printf(r->arena, "%s %s %s",
                                coverage_kind_word(LISTS[i].kind),
                                pick_word(tdsp, all), pick_word(rep, all)),
                   LISTS[i].count == COVERAGE_COUNTS ? coverage_missing(n)
                                                     : n[LISTS[i].count]));
    return list;
}

static bool
take_pair(void *arg, const struct coverage *c)
{
    struct day_page *p = arg;
    struct req *r = p->r;

    for (int i = 0; i < COVERAGE_COUNTS; i++)
        p->all[i] += c->n[i];
    p->stale |= c->stale;
    if (c->n[COVERAGE_EXPECTED] != 0 || c->n[COVERAGE_RECEIVED] != 0)
        json_array_append_new(
            p->rows,
            json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:o}", "tdsp",
                      admin_duns(r, c->tdsp), "rep", admin_duns(r, c->rep),
                      "expected", admin_number(r, c->n[COVERAGE_EXPECTED]),
                      "received", admin_number(r, c->n[COVERAGE_RECEIVED]),
                      "share", admin_share(r, c->n), "level", admin_level(c->n),
                      "lists", lists(r, c->n, c->tdsp, c->rep, false)));
    return true;
}

static void
day_links(const struct req *r, const struct admin_whose *w, int32_t day,
          json_t *view)
{
    const char *query = admin_whose_query(r, w);
    char iso[11];

    admin_set(view, "before",
              arena_printf(r->arena, "/admin/coverage/day?day=%s%s",
                           day_format(iso, day - 1), query));
    admin_set(view, "after",
              arena_printf(r->arena, "/admin/coverage/day?day=%s%s",
                           day_format(iso, day + 1), query));
    day_format(iso, day);
    admin_set(view, "day", iso);
    admin_set(view, "calendar",
              arena_printf(r->arena, "/admin/coverage?until=%s%s", iso, query));
    admin_set(view, "csv",
              arena_printf(r->arena,
                           "/admin/coverage/file?from=%s&to=%s&view=pairs%s",
                           iso, iso, query));
}

static json_t *
day_view(struct day_page *p, const struct admin_whose *w, int32_t day)
{
    struct req *r = p->r;
    json_t *view = json_pack(
        "{s:s, s:s, s:[s], s:O, s:s, s:s, s:s, s:s, s:o}", "title",
        tr_fill(r->arena, r->lang, "admin.cover.day_title", "day",
                lang_date(r->arena, r->lang, day, DATE_SHORT), NULL),
        "heading", lang_date(r->arena, r->lang, day, DATE_LONG), "styles",
        "admin.css", "rows", p->rows, "expected",
        admin_number(r, p->all[COVERAGE_EXPECTED]), "received",
        admin_number(r, p->all[COVERAGE_RECEIVED]), "share",
        admin_share(r, p->all), "level", admin_level(p->all), "lists",
        lists(r, p->all, w->tdsp, w->rep, !w->has_tdsp && !w->has_rep));

    if (json_array_size(p->rows) == 0)
        json_object_set_new(view, "nothing", json_true());
    if (p->stale)
        json_object_set_new(view, "stale", json_true());
    if (p->all[COVERAGE_EXTRA] > 0)
        json_object_set_new(
            view, "extra",
            listed(r, "extra", "extra all all", p->all[COVERAGE_EXTRA]));
    day_links(r, w, day, view);
    return view;
}

/* GET /admin/coverage/day?day=DAY&tdsp=…&rep=… */
enum fault
admin_coverage_day_page(struct req *r)
{
    struct day_page p = {.r = r};
    struct admin_whose w;
    struct coverage_ask ask;
    int32_t day;
    json_t *view;
    enum fault f = req_day(r, "day", admin_today(r) - 1, &day);

    if (f == FAULT_NONE)
        f = admin_whose_read(r, &w);
    if (f != FAULT_NONE)
        return f;
    ask = admin_ask(&w, day, day);
    p.rows = json_array();
    f = db_fault(r->db, coverage_each(r->db, &ask, take_pair, &p), "coverage");
    view = f == FAULT_NONE ? day_view(&p, &w, day) : NULL;
    json_decref(p.rows);
    return f != FAULT_NONE ? f : page(r, "admin/coverage-day.html", view);
}
