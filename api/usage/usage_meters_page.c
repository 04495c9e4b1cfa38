/* SPDX-License-Identifier: Apache-2.0 */
/* The meters of an account: where My usage begins. */
#include "api/usage/usage_page.h"
#include "api/usage/usage_show_page.h"

struct meters {
    struct req *r;
    struct agreement_meter m;
    json_t *list;
    const char *first; /* path of the first one's usage */
};

static bool
take_meter(void *arg)
{
    struct meters *w = arg;
    struct req *r = w->r;
    const char *href =
        arena_printf(r->arena, "/meters/%lld/month", (long long)w->m.number);
    json_t *v =
        json_pack("{s:s s:s s:s}", "href", href, "name",
                  usage_meter_name(r, &w->m), "esiid", w->m.point.esiid);

    if (w->m.point.address[0] && w->m.label[0])
        json_object_set_new(v, "address", json_string(w->m.point.address));
    if (w->m.to_day != DAY_NONE)
        json_object_set_new(
            v, "until",
            json_string(tr_fill(
                r->arena, r->lang, "usage.until", "day",
                lang_date(r->arena, r->lang, w->m.to_day, DATE_SHORT), NULL)));
    json_array_append_new(w->list, v);
    if (!w->first)
        w->first = href;
    return true;
}

/* GET /meters */
enum fault
usage_meters_page(struct req *r)
{
    struct meters w = {.r = r, .list = json_array()};
    enum fault f = agreement_meter_each(r->db, r->who, &w.m, take_meter, &w);
    json_t *view;

    if (f != FAULT_NONE || json_array_size(w.list) == 1) {
        json_decref(w.list);
        return f != FAULT_NONE ? f : reply_redirect(r, w.first);
    }
    view = json_pack("{s:s s:[s]}", "title", tr(r->lang, "usage.meters"),
                     "styles", "usage.css");
    if (json_array_size(w.list) > 0)
        json_object_set_new(view, "meters", json_pack("{s:O}", "rows", w.list));
    json_decref(w.list);
    return page(r, "usage/meters.html", view);
}
