/* SPDX-License-Identifier: Apache-2.0 */
/* The meters of an account, where My usage begins: each with its newest
 * complete day and the two weeks to it. */
#include "api/usage/usage_page.h"
#include "api/usage/usage_show_page.h"

#define LATELY_METERS 24 /* most of a list that are looked into */

struct meters {
    struct req *r;
    struct agreement_meter m;
    json_t *list;
    const char *first; /* path of the first one's usage */
};

/* ---- how a meter has done lately ------------------------------------------
 */

#define SPARK_DAYS   14
#define SPARK_STEP   16 /* width of a bar with its gap, in units of the view */
#define SPARK_HEIGHT 44
#define BEFORE_DAYS  7 /* the newest complete day may lie that far back */

/* One bar of the little chart; a day without data is a line on the ground. */
static json_t *
spark_bar(int i, int64_t ukwh, int64_t most)
{
    int height = most > 0 ? (int)(ukwh * SPARK_HEIGHT / most) : 0;

    if (height < 2)
        height = 2;
    return json_pack("{s:i s:i s:i}", "x", i * SPARK_STEP, "y",
                     SPARK_HEIGHT - height, "h", height);
}

static json_t *
spark(const struct req *r, const struct usage_day *day)
{
    json_t *bars = json_array();
    int64_t most = 0;

    for (int i = 0; i < SPARK_DAYS; i++) {
        if (day[i].sum.load_ukwh > most)
            most = day[i].sum.load_ukwh;
    }
    for (int i = 0; i < SPARK_DAYS; i++)
        json_array_append_new(bars, spark_bar(i, day[i].sum.load_ukwh, most));
    return json_pack("{s:s s:o}", "title",
                     tr_fill(r->arena, r->lang, "account.meter_spark", "most",
                             lang_number(r->arena, r->lang, most, 1), NULL),
                     "bars", bars);
}

/* The newest complete day, the seven to it, and the fourteen drawn. */
static json_t *
lately(const struct req *r, const struct usage *u)
{
    int32_t at = u->fresh.complete_day - u->period.from;
    struct usage_sum week = {0};

    if (!u->fresh.any || at < SPARK_DAYS - 1 || at >= (int32_t)u->days)
        return NULL;
    for (int32_t i = at - 6; i <= at; i++)
        usage_sum_add(&week, &u->day[i].sum);
    return json_pack(
        "{s:s s:s s:s s:o}", "day",
        lang_date(r->arena, r->lang, u->fresh.complete_day, DATE_WEEKDAY),
        "kwh", lang_number(r->arena, r->lang, u->day[at].sum.load_ukwh, 1),
        "week", lang_number(r->arena, r->lang, week.load_ukwh, 1), "spark",
        spark(r, u->day + at - (SPARK_DAYS - 1)));
}

static void
add_lately(struct meters *w, json_t *v)
{
    struct req *r = w->r;
    const struct tz *zone = tz_get(w->m.point.zone);
    int32_t today = tz_day_of(zone ? zone : tz_get("Etc/UTC"), r->now_utc);
    struct usage_ask ask = {
        .period =
            usage_period_range(today - SPARK_DAYS - BEFORE_DAYS + 1, today),
        .report = USAGE_DAILY,
        .now_utc = r->now_utc,
    };
    struct usage u;
    json_t *words;

    if (usage_load(r->db, r->who, r->conf, r->arena, &w->m, &ask, &u) !=
        FAULT_NONE)
        return; /* a right that shows nothing now; the meter is still listed */
    words = lately(r, &u);
    if (words)
        json_object_set_new(v, "lately", words);
    if (u.total.has_surplus)
        json_object_set_new(v, "solar", json_true());
}

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
    if (json_array_size(w->list) < LATELY_METERS)
        add_lately(w, v);
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
