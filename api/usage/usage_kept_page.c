/* SPDX-License-Identifier: Apache-2.0 */
/* Pages of usage kept ready: the key, and the one cache. */
#include "api/usage/usage_kept_page.h"

#include <string.h>

#include "api/usage/usage_load.h"
#include "db/load.h"
#include "server/base/str.h"
#include "server/http/metrics.h"
#include "server/http/route.h"

#define PARAM_MOST 64

static struct cache *kept;
static int users; /* servers of this process, which share it */

void
usage_kept_open(size_t bytes)
{
    if (users++ == 0 && bytes)
        kept = cache_new(bytes);
}

void
usage_kept_close(void)
{
    if (--users > 0)
        return;
    cache_free(kept);
    kept = NULL;
}

void
usage_kept_clear(void)
{
    if (kept)
        cache_clear(kept);
}

void
usage_kept_metrics(struct buf *to)
{
    struct cache_stats s = {0};

    if (kept)
        s = cache_stats(kept);
    metrics_value(to, "meterhouse_page_cache_hits_total", "counter",
                  "Usage pages that were kept ready.", s.hits);
    metrics_value(to, "meterhouse_page_cache_misses_total", "counter",
                  "Usage pages that were made.", s.misses);
    metrics_value(to, "meterhouse_page_cache_entries", "gauge",
                  "Usage pages kept now.", s.entries);
    metrics_value(to, "meterhouse_page_cache_bytes", "gauge",
                  "Bytes of memory that they take.", s.bytes);
}

/* ---- the key: each part with its length or end, so that none can pose as
 * another ---------------------------------------------------------------- */

static void
add_text(struct buf *key, const char *text)
{
    buf_add(key, text, strlen(text) + 1);
}

static void
add_number(struct buf *key, int64_t n)
{
    buf_add(key, &n, sizeof n);
}

static void
add_actor(struct buf *key, const struct req *r)
{
    add_text(key, db_store(r->db));
    add_number(key, r->lang);
    add_number(key, r->who->role);
    add_number(key, r->who->account_id);
    add_text(key, r->who->duns);
}

static void
add_meter(struct buf *key, const struct agreement_meter *m)
{
    add_number(key, m->number);
    add_number(key, m->from_day);
    add_number(key, m->to_day);
    add_number(key, m->point.id);
    add_text(key, m->label);
    add_text(key, m->point.esiid);
    add_text(key, m->point.zone);
    add_text(key, m->point.address);
}

/* The account's meters stand in the page's head. */
static void
add_names(struct buf *key, const struct usage_show *s)
{
    for (size_t i = 0; i < s->names; i++) {
        add_number(key, s->name[i].number);
        add_text(key, s->name[i].label);
        add_text(key, s->name[i].address);
    }
}

/* Whether a blank-separated list has the word. */
static bool
has_word(const char *list, const char *word)
{
    size_t n = strlen(word);

    for (; list && *list; list += strcspn(list, " ")) {
        list += strspn(list, " ");
        if (strcspn(list, " ") == n && strncmp(list, word, n) == 0)
            return true;
    }
    return false;
}

/* What was asked, as it was asked. */
static enum fault
add_params(struct buf *key, struct req *r)
{
    static const char *const names[] = {"day", "from", "to", "report"};
    const char *text;
    enum fault f;

    add_text(key, r->route->path);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (!has_word(r->route->params, names[i]))
            continue;
        f = req_text(r, names[i], PARAM_MOST, &text);
        if (f != FAULT_NONE)
            return f;
        add_number(key, text != NULL);
        add_text(key, text ? text : "");
    }
    return FAULT_NONE;
}

/* The days that may be read, of both kinds of reports, and the clock. */
static enum fault
add_window(struct usage_kept *k, const struct req *r,
           const struct agreement_meter *m)
{
    const struct tz *zone = tz_get(m->point.zone);
    struct buf *key = &k->key;
    int32_t today;
    bool before;

    if (!zone)
        return FAULT_OURS;
    today = tz_day_of(zone, r->now_utc);
    add_number(key, today);
    add_number(key, usage_next_load(r->conf, zone, r->now_utc, &before));
    for (int monthly = 0; monthly < 2; monthly++) {
        enum fault f =
            agreement_window(r->db, r->who, r->conf, m->point.id, today,
                             monthly, &k->from[monthly], &k->to[monthly]);

        if (f != FAULT_NONE)
            return f;
        add_number(key, k->from[monthly]);
        add_number(key, k->to[monthly]);
    }
    return FAULT_NONE;
}

static bool
key_make(struct usage_kept *k, const struct usage_show *s)
{
    struct load_stamp now;

    /* The stamp first: what is read after it is at least as new. */
    if (db_load_stamp(s->r->db, &now) != DB_OK)
        return false;
    k->stamp = (struct cache_stamp){{now.seq, now.undone, now.generation}};
    add_actor(&k->key, s->r);
    add_meter(&k->key, &s->meter);
    add_names(&k->key, s);
    return add_params(&k->key, s->r) == FAULT_NONE &&
           add_window(k, s->r, &s->meter) == FAULT_NONE;
}

bool
usage_kept_find(struct usage_kept *k, const struct usage_show *s,
                struct buf *page)
{
    *k = (struct usage_kept){0};
    if (!kept)
        return false;
    if (key_make(k, s))
        return cache_get(kept, &k->key, &k->stamp, page);
    buf_clear(&k->key); /* whoever makes the page finds out why */
    return false;
}

/* Rights are read several times while a page is made: they were the same at the
 * beginning, at the end, and when the days were read. */
static bool
holds_still(const struct usage_kept *k, const struct usage_show *s)
{
    const bool monthly = s->ask.report == USAGE_MONTHLY;
    /* the names were read once, for the key and for the page */
    struct usage_show again = {.r = s->r, .name = s->name, .names = s->names};
    struct usage_kept now = {.key = {0}};
    bool same;

    if (s->usage.from != k->from[monthly] || s->usage.to != k->to[monthly])
        return false;
    same = agreement_meter_get(s->r->db, s->r->who, s->meter.number,
                               &again.meter) == FAULT_NONE &&
           key_make(&now, &again) && now.key.len == k->key.len &&
           memcmp(now.key.at, k->key.at, k->key.len) == 0;
    buf_clear(&now.key);
    return same;
}

void
usage_kept_put(const struct usage_kept *k, const struct usage_show *s,
               const struct buf *page)
{
    if (kept && k->key.len && holds_still(k, s))
        cache_put(kept, &k->key, &k->stamp, page);
}

void
usage_kept_clear_key(struct usage_kept *k)
{
    buf_clear(&k->key);
}
