/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading readings: the records of one point that may be seen are gathered
 * first, so that no transaction is open while the caller works, then put in
 * order of their versions day by day.
 */
#include "db/reading.h"

#include <stdio.h>
#include <stdlib.h>

#include "db/reading_home.h"
#include "server/base/clock.h"
#include "server/base/log.h"
#include "server/base/str.h"

#define DAY_MOST   131071 /* in the year 2328 */
#define LOOKS_MOST 8      /* while loads are being taken back */

struct gather {
    struct db *db;
    int64_t point_id; /* the first of those wanted, */
    uint8_t more;     /* and which others of its group: a bit each; */
    uint8_t wanted;   /* all of them */
    bool stopped;     /* the caller wants no more */
    int32_t from_day, to_day;
    struct reading_view view;
    bool viewed;               /* it is open */
    struct arena arena;        /* of the call */
    struct arena scratch;      /* of one day */
    struct reading_item *item; /* days ascending */
    size_t n, size;
    bool mixed; /* days do not ascend: late records beside a month row */
    bool damaged;
    struct reading_day day; /* where most days are unpacked */
    struct reading_version version;
    /* What the caller wants: one of these. */
    bool (*row)(void *arg, const struct reading_day *d,
                const struct reading_version *v);
    bool (*sum)(void *arg, const struct reading_sum *s);
    bool history;
    const struct load_stamp *at; /* NULL: now */
    void *arg;
};

/* ---- gathering ----------------------------------------------------------- */

static bool
damaged(struct gather *g, int64_t load_id, int32_t day)
{
    char text[11];

    log_ours("reading damaged", "point=%lld day=%s load=%lld",
             (long long)g->point_id, day_format(text, day), (long long)load_id);
    snprintf(g->db->error, sizeof g->db->error,
             "readings of point %lld, %s, load %lld: damaged",
             (long long)g->point_id, text, (long long)load_id);
    g->damaged = true;
    return false;
}

/* A record a day, and a few more. */
static size_t
room_for(const struct gather *g)
{
    int32_t days = g->to_day - g->from_day;

    return days < 0 ? 16 : days > 512 ? 512 : (size_t)days + 16;
}

/* Its bytes are copied unless they stay. */
static void
keep(struct gather *g, const struct row_record *r, bool stays)
{
    struct reading_item *more;

    if (g->n == g->size) {
        g->size = g->size ? 2 * g->size : room_for(g);
        more = ARENA_NEWN(&g->arena, struct reading_item, g->size);
        if (g->n)
            memcpy(more, g->item, g->n * sizeof *more);
        g->item = more;
    }
    more = &g->item[g->n++];
    g->mixed |= g->n > 1 && more[-1].record.key.day > r->key.day;
    *more = (struct reading_item){.record = *r};
    if (!stays)
        more->record.at = (const uint8_t *)arena_dupn(&g->arena, r->at, r->n);
}

/* A month row holds days that were not asked for and loads of all kinds. */
static bool
month_record_has(const struct gather *g, const struct row_key *k)
{
    return k->day >= g->from_day && k->day <= g->to_day &&
           reading_view_has(&g->view, k->load_id);
}

static bool
gather_row(void *arg, const struct reading_row *row)
{
    struct gather *g = arg;
    struct reading_row whole = *row;
    struct row_walk w;
    struct row_record r;

    if (!row->month && !reading_view_has(&g->view, row->load_id))
        return true;
    if (row->month) /* nearly all of it is wanted */
        whole.data = (const uint8_t *)arena_dupn(&g->arena, row->data, row->n);
    row_open(&w, &whole);
    w.only = g->wanted;
    while (row_next(&w, &r)) {
        if (!row->month || month_record_has(g, &r.key))
            keep(g, &r, row->month);
    }
    return w.bad ? damaged(g, row->load_id, row->day) : true;
}

/* By point, then by day. */
static int
compare_days(const void *a, const void *b)
{
    const struct row_key *x = &((const struct reading_item *)a)->record.key;
    const struct row_key *y = &((const struct reading_item *)b)->record.key;

    if (x->point_id != y->point_id)
        return x->point_id < y->point_id ? -1 : 1;
    return (x->day > y->day) - (x->day < y->day);
}

/* A few records: channels descending, else as they came. */
static void
sort_channels(struct reading_item *item, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        struct reading_item one = item[i];
        size_t k = i;

        for (; k > 0 && item[k - 1].record.key.channel < one.record.key.channel;
             k--)
            item[k] = item[k - 1];
        item[k] = one;
    }
}

/* ---- giving -------------------------------------------------------------- */

static bool
give(struct gather *g, const struct reading_item *i, int64_t stamp,
     bool current)
{
    struct reading_version *v = &g->version;

    /* Most records of a point follow one of the same load. */
    if (v->load_id != i->load->id) {
        *v = (struct reading_version){
            .load_id = i->load->id,
            .file_stamp = i->load->file_stamp,
            .file_counter = i->load->file_counter,
            .arrived_utc = i->load->arrived_utc,
        };
        memcpy(v->sender, i->load->sender, sizeof v->sender);
        str_copy(v->file, sizeof v->file, i->load->file);
    }
    v->stamp = stamp;
    v->current = current;
    return g->row(g->arg, i->day, v);
}

/* The first of the records that are one version with the last of n. */
static size_t
run_start(const struct reading_item *item, size_t n)
{
    size_t first = n - 1;

    while (first > 0 && reading_same(item[first - 1].day, item[n - 1].day))
        first--;
    return first;
}

/* Versions of one point, day and channel, newest first. */
static bool
give_versions(struct gather *g, struct reading_item *item, size_t n)
{
    bool current = true;

    if (!reading_items_sort(item, n, &g->scratch))
        return damaged(g, item->record.key.load_id, item->record.key.day);
    while (n > 0) {
        size_t first = run_start(item, n);

        if (!give(g, &item[first], item[n - 1].day->stamp, current))
            return false;
        if (!g->history)
            return true;
        current = false;
        n = first;
    }
    return true;
}

static bool
give_sum(struct gather *g, struct reading_item *item, size_t n)
{
    struct reading_sum s;

    if ((n > 1 && !reading_items_sort(item, n, &g->scratch)) ||
        !row_sum(&item[n - 1].record, &item[n - 1].load->source, &s))
        return damaged(g, item->record.key.load_id, item->record.key.day);
    return g->sum(g->arg, &s);
}

/* The records of one point, day and channel. */
static bool
give_channel(struct gather *g, struct reading_item *item, size_t n)
{
    if (g->sum)
        return give_sum(g, item, n);
    if (n > 1)
        return give_versions(g, item, n);
    item->day = &g->day;
    if (!row_unpack(&item->record, &item->load->source, item->day))
        return damaged(g, item->record.key.load_id, item->record.key.day);
    return give(g, item, item->day->stamp, true);
}

static bool
give_day(struct gather *g, struct reading_item *item, size_t n)
{
    sort_channels(item, n);
    for (size_t i = 0, some; i < n; i += some) {
        some = 1;
        while (i + some < n &&
               item[i + some].record.key.channel == item[i].record.key.channel)
            some++;
        if (!give_channel(g, item + i, some))
            return false;
    }
    return true;
}

/* Finds the load of each record; then nothing needs the store any more.
 * DB_NONE: one is not known. */
static enum db_rc
know_loads(struct gather *g, const struct row_key **unknown)
{
    for (size_t i = 0; i < g->n; i++) {
        struct reading_item *it = &g->item[i];
        enum db_rc rc;

        if (i && it[-1].record.key.load_id == it->record.key.load_id) {
            it->load = it[-1].load;
            continue;
        }
        *unknown = &it->record.key;
        rc = load_info_get(g->db, it->record.key.load_id, &it->load);
        if (rc != DB_OK)
            return rc;
    }
    return DB_OK;
}

static void
give_all(struct gather *g)
{
    for (size_t i = 0, some; i < g->n; i += some) {
        some = 1;
        while (i + some < g->n &&
               compare_days(&g->item[i + some], &g->item[i]) == 0)
            some++;
        if (!give_day(g, g->item + i, some)) {
            g->stopped = true;
            return;
        }
        arena_reset(&g->scratch);
    }
}

/* The month rows of the group's other points; its day rows came already.  Rows
 * that are moved from those to these in between come twice, which is the same
 * version once. */
static enum db_rc
look_own(struct gather *g)
{
    const struct reading_engine *e = reading_home(g->db)->engine;
    int64_t first = row_group(g->point_id) * ROW_POINTS;
    enum db_rc rc = DB_OK;

    for (int i = 0; i < ROW_POINTS && rc == DB_OK; i++) {
        if (g->more >> i & 1)
            rc =
                e->own(g->db, first + i, g->from_day, g->to_day, gather_row, g);
    }
    return rc;
}

/* What may be seen.  It serves for many points, as long as it stands. */
static enum db_rc
view_open(struct gather *g)
{
    enum db_rc rc = DB_OK;

    if (g->viewed)
        return DB_OK;
    g->viewed = true; /* it is closed though opening failed */
    rc = reading_view_open(g->db, &g->view);
    if (rc == DB_OK && g->at)
        rc = reading_view_at(g->db, &g->view, g->at);
    return rc;
}

static void
view_close(struct gather *g)
{
    if (g->viewed)
        reading_view_close(g->db, &g->view);
    g->viewed = false;
}

/* All records of the span under one view.  *again: a load was taken back, or
 * rows were moved, meanwhile.  Rows go month by month, so one month is whole in
 * any case, or not there at all. */
static enum db_rc
look(struct gather *g, int32_t from_day, int32_t to_day, bool *again)
{
    struct reading_home *h = reading_home(g->db);
    const struct row_key *unknown = NULL;
    enum db_rc rc = view_open(g), known = DB_OK;
    bool stands = true;

    g->n = g->size = 0;
    g->item = NULL;
    g->mixed = false;
    g->wanted = g->more | (uint8_t)(1u << g->point_id % ROW_POINTS);
    from_day = from_day < g->view.floor ? g->view.floor : from_day;
    g->from_day = from_day;
    g->to_day = to_day;
    if (rc == DB_OK)
        rc = h->engine->each(g->db, g->point_id, from_day, to_day, gather_row,
                             g);
    if (rc == DB_OK && g->more)
        rc = look_own(g);
    if (g->mixed || g->more)
        qsort(g->item, g->n, sizeof *g->item, compare_days);
    if (rc == DB_OK && !g->damaged)
        known = know_loads(g, &unknown);
    if (rc == DB_OK && !g->damaged &&
        (known == DB_NONE || g->at || (!g->n && h->engine->mapped) ||
         day_month_start(from_day) != day_month_start(to_day)))
        rc = reading_view_stands(g->db, &g->view, &stands);
    *again = !stands;
    if (rc != DB_OK || g->damaged || !stands || known == DB_OK)
        return rc;
    if (known == DB_NONE)
        damaged(g, unknown->load_id, unknown->day);
    return known;
}

static enum db_rc
gather(struct gather *g, int32_t from_day, int32_t to_day)
{
    enum db_rc rc = DB_BUSY;
    bool again = true;

    from_day = from_day < 0 ? 0 : from_day;
    to_day = to_day > DAY_MOST ? DAY_MOST : to_day;
    for (int i = 0; i < LOOKS_MOST && again; i++) {
        rc = look(g, from_day, to_day, &again);
        if (rc == DB_OK && !g->damaged && !again)
            give_all(g);
        if (rc != DB_OK || again)
            view_close(g);
        arena_clear(&g->arena);
    }
    arena_clear(&g->scratch);
    if (again && rc == DB_OK) {
        snprintf(g->db->error, sizeof g->db->error,
                 "loads are being taken back");
        return DB_BUSY;
    }
    return g->damaged ? DB_FAIL : rc;
}

enum db_rc
reading_read(struct db *db, const struct reading_ask *ask,
             bool (*row)(void *arg, const struct reading_day *d,
                         const struct reading_version *v),
             void *arg)
{
    struct gather g = {.db = db,
                       .point_id = ask->point_id,
                       .row = row,
                       .history = ask->history,
                       .at = ask->at,
                       .arg = arg};
    enum db_rc rc;

    rc = gather(&g, ask->from_day, ask->to_day);
    view_close(&g);
    return rc;
}

enum db_rc
reading_read_many(struct db *db, const struct reading_ask *ask,
                  const int64_t *point_id, size_t n,
                  bool (*row)(void *arg, const struct reading_day *d,
                              const struct reading_version *v),
                  void *arg)
{
    struct gather g = {.db = db,
                       .row = row,
                       .history = ask->history,
                       .at = ask->at,
                       .arg = arg};
    bool together = reading_home(db)->engine->own != NULL;
    enum db_rc rc = DB_OK;

    for (size_t i = 0; i < n && rc == DB_OK && !g.stopped;) {
        g.point_id = point_id[i];
        g.more = 0;
        for (i++; together && i < n &&
                  row_group(point_id[i]) == row_group(g.point_id);
             i++)
            g.more |= (uint8_t)(1u << point_id[i] % ROW_POINTS);
        rc = gather(&g, ask->from_day, ask->to_day);
    }
    view_close(&g);
    return rc;
}

enum db_rc
reading_read_sum(struct db *db, const struct reading_ask *ask,
                 bool (*row)(void *arg, const struct reading_sum *s), void *arg)
{
    struct gather g = {.db = db,
                       .point_id = ask->point_id,
                       .sum = row,
                       .at = ask->at,
                       .arg = arg};
    enum db_rc rc;

    rc = gather(&g, ask->from_day, ask->to_day);
    view_close(&g);
    return rc;
}

enum db_rc
reading_each(struct db *db, int64_t point_id, int32_t from_day, int32_t to_day,
             bool (*row)(void *arg, const struct reading_day *d,
                         const struct reading_version *v),
             void *arg)
{
    const struct reading_ask ask = {point_id, from_day, to_day, false, NULL};

    return reading_read(db, &ask, row, arg);
}

enum db_rc
reading_each_version(struct db *db, int64_t point_id, int32_t from_day,
                     int32_t to_day,
                     bool (*row)(void *arg, const struct reading_day *d,
                                 const struct reading_version *v),
                     void *arg)
{
    const struct reading_ask ask = {point_id, from_day, to_day, true, NULL};

    return reading_read(db, &ask, row, arg);
}

enum db_rc
reading_each_sum(struct db *db, int64_t point_id, int32_t from_day,
                 int32_t to_day,
                 bool (*row)(void *arg, const struct reading_sum *s), void *arg)
{
    const struct reading_ask ask = {point_id, from_day, to_day, false, NULL};

    return reading_read_sum(db, &ask, row, arg);
}

/* ---- the span ------------------------------------------------------------ */

struct span {
    const struct reading_view *view;
    int64_t point_id;
    bool first;    /* the first day is wanted, else the last */
    int32_t found; /* DAY_NONE so far */
};

static bool
span_row(void *arg, const struct reading_row *row)
{
    struct span *s = arg;
    struct row_walk w;
    struct row_record r;

    if (!row->month && !reading_view_has(s->view, row->load_id))
        return true;
    row_open(&w, row);
    w.only = (uint8_t)(1u << s->point_id % ROW_POINTS);
    while (row_next(&w, &r)) {
        if (row->month && !reading_view_has(s->view, r.key.load_id))
            continue;
        if (s->found == DAY_NONE || s->first == (r.key.day < s->found))
            s->found = r.key.day;
    }
    /* Month rows came before, and day rows ascend. */
    return !s->first || row->month || s->found == DAY_NONE;
}

static enum db_rc
span_months(struct db *db, struct span *s, const struct reading_months *m)
{
    const struct reading_engine *e = reading_home(db)->engine;
    enum db_rc rc = DB_OK;

    s->found = DAY_NONE;
    for (size_t i = 0; i < m->n && rc == DB_OK && s->found == DAY_NONE; i++) {
        int32_t month = m->at[s->first ? i : m->n - 1 - i];

        if (month < s->view->floor)
            continue;
        rc = e->each(db, s->point_id, month, reading_month_next(month) - 1,
                     span_row, s);
    }
    return rc;
}

/* *again: rows were moved to another server meanwhile. */
static enum db_rc
span_look(struct db *db, int64_t point_id, int32_t *first, int32_t *last,
          bool *again)
{
    const struct reading_engine *e = reading_home(db)->engine;
    struct arena a = {0};
    struct reading_months m;
    struct reading_view v;
    struct span s = {.view = &v, .point_id = point_id, .first = true};
    bool stands = true;
    enum db_rc rc = reading_view_open(db, &v);

    if (rc == DB_OK)
        rc = e->months(db, &a, &m);
    if (rc == DB_OK)
        rc = span_months(db, &s, &m);
    *first = s.found;
    if (rc == DB_OK && *first != DAY_NONE) {
        s.first = false;
        rc = span_months(db, &s, &m);
    }
    *last = s.found;
    if (rc == DB_OK && e->mapped)
        rc = reading_view_stands(db, &v, &stands);
    *again = !stands;
    reading_view_close(db, &v);
    arena_clear(&a);
    return rc;
}

enum db_rc
reading_span(struct db *db, int64_t point_id, int32_t *first, int32_t *last)
{
    enum db_rc rc = DB_OK;
    bool again = true;

    for (int i = 0; i < LOOKS_MOST && again && rc == DB_OK; i++)
        rc = span_look(db, point_id, first, last, &again);
    if (rc == DB_OK && *first == DAY_NONE)
        return DB_NONE;
    return rc;
}
