/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is there of many points' days, for counting, as their rows lie: a day of
 * many groups at a time, or a month of some where rows may be of a month.
 * Values are unpacked only where versions meet.
 */
#include <stdio.h>
#include <stdlib.h>

#include "db/reading.h"
#include "db/reading_home.h"
#include "server/base/clock.h"

#define COVER_GROUPS 512 /* looked for at once, of one day */
#define COVER_SPAN   64  /* of a month */

struct cover {
    struct db *db;
    struct reading_view view;
    int64_t from_point, to_point;
    int32_t first, last; /* days that are looked at */
    struct arena arena;  /* of these and some groups */
    struct reading_item *item;
    size_t n, size;
    bool damaged, stop;
    bool (*row)(void *arg, const struct reading_cover *c);
    void *arg;
};

static bool
cover_row(void *arg, const struct reading_row *row)
{
    struct cover *c = arg;
    struct row_walk w;
    struct row_record r;

    if (!row->month && !reading_view_has(&c->view, row->load_id))
        return true;
    row_open(&w, row);
    while (row_next(&w, &r)) {
        struct reading_item *i;

        if (r.key.point_id < c->from_point || r.key.point_id > c->to_point)
            continue;
        if (row->month && (r.key.day < c->first || r.key.day > c->last ||
                           !reading_view_has(&c->view, r.key.load_id)))
            continue;
        if (c->n == c->size) {
            c->size = c->size > 0 ? 2 * c->size : 256;
            c->item = mem_grow(c->item, c->size * sizeof *c->item);
        }
        i = &c->item[c->n++];
        *i = (struct reading_item){.record = r};
        i->record.at = (const uint8_t *)arena_dupn(&c->arena, r.at, r.n);
    }
    c->damaged |= w.bad;
    return !w.bad;
}

/* Day, point, channel from the highest, load. */
static int
by_place(const void *a, const void *b)
{
    const struct row_key *x = &((const struct reading_item *)a)->record.key;
    const struct row_key *y = &((const struct reading_item *)b)->record.key;

    if (x->day != y->day)
        return x->day < y->day ? -1 : 1;
    if (x->point_id != y->point_id)
        return x->point_id < y->point_id ? -1 : 1;
    if (x->channel != y->channel)
        return x->channel > y->channel ? -1 : 1;
    return (x->load_id > y->load_id) - (x->load_id < y->load_id);
}

/* The records of one key, the first load's first. */
static bool
give_key(struct cover *c, struct reading_item *item, size_t n)
{
    const struct row_key *k = &item->record.key;
    struct reading_cover to = {.point_id = k->point_id,
                               .day = k->day,
                               .channel = k->channel,
                               .first_utc = item->load->arrived_utc};
    struct reading_sum sum;

    if (n > 1 && !reading_items_sort(item, n, &c->arena))
        return false;
    for (size_t i = 1; i < n && !to.replaced; i++)
        to.replaced = !reading_same(item[i - 1].day, item[i].day);
    if (!row_sum(&item[n - 1].record, &item[n - 1].load->source, &sum))
        return false;
    to.n = sum.n;
    to.missing = sum.missing;
    to.estimated = sum.estimated;
    c->stop = !c->row(c->arg, &to);
    return true;
}

static enum db_rc
give_items(struct cover *c)
{
    for (size_t i = 0; i < c->n; i++) {
        enum db_rc rc = load_info_get(c->db, c->item[i].record.key.load_id,
                                      &c->item[i].load);

        if (rc != DB_OK) {
            c->damaged |= rc == DB_NONE;
            return rc == DB_NONE ? DB_OK : rc;
        }
    }
    if (c->n > 1)
        qsort(c->item, c->n, sizeof *c->item, by_place);
    for (size_t i = 0, some; i < c->n && !c->stop; i += some) {
        const struct row_key *k = &c->item[i].record.key;

        some = 1;
        while (i + some < c->n && c->item[i + some].record.key.day == k->day &&
               c->item[i + some].record.key.point_id == k->point_id &&
               c->item[i + some].record.key.channel == k->channel)
            some++;
        if (!give_key(c, &c->item[i], some)) {
            c->damaged = true;
            return DB_OK;
        }
    }
    return DB_OK;
}

/* After a look for rows. */
static enum db_rc
give_found(struct cover *c, enum db_rc rc)
{
    if (rc == DB_OK && !c->damaged)
        rc = give_items(c);
    c->n = 0;
    arena_reset(&c->arena);
    return rc;
}

static int32_t
month_end(int32_t day)
{
    return reading_month_next(day_month_start(day)) - 1;
}

/* Month by month, each row once. */
static enum db_rc
each_span(struct cover *c, int32_t from_day, int32_t to_day)
{
    const struct reading_engine *e = reading_home(c->db)->engine;
    enum db_rc rc = DB_OK;

    for (int64_t g = row_group(c->from_point);
         g <= row_group(c->to_point) && rc == DB_OK; g += COVER_SPAN) {
        int64_t last = g + COVER_SPAN - 1;

        if (last > row_group(c->to_point))
            last = row_group(c->to_point);
        for (c->first = from_day; c->first <= to_day && rc == DB_OK;
             c->first = c->last + 1) {
            c->last =
                month_end(c->first) < to_day ? month_end(c->first) : to_day;
            rc = give_found(
                c, e->span(c->db, c->first, c->last, g, last, cover_row, c));
            if (c->damaged || c->stop)
                return rc;
        }
    }
    return rc;
}

/* One day of many groups is found at once. */
static enum db_rc
each_found(struct cover *c, int32_t from_day, int32_t to_day)
{
    const struct reading_engine *e = reading_home(c->db)->engine;
    int64_t group[COVER_GROUPS], g = row_group(c->from_point);
    enum db_rc rc = DB_OK;

    while (g <= row_group(c->to_point) && rc == DB_OK) {
        size_t n = 0;

        while (n < COVER_GROUPS && g <= row_group(c->to_point))
            group[n++] = g++;
        for (int32_t day = from_day; day <= to_day && rc == DB_OK; day++) {
            c->first = c->last = day;
            rc = give_found(c, e->find(c->db, day, group, n, cover_row, c));
            if (c->damaged || c->stop)
                return rc;
        }
    }
    return rc;
}

/* The days that any load has rows of. */
static enum db_rc
clamp(struct db *db, int32_t *from_day, int32_t *to_day)
{
    int32_t first, last;
    enum db_rc rc = db_one(db, DB_MARKET,
                           "SELECT COALESCE(min(first_day), 0), "
                           "COALESCE(max(last_day), -1) FROM reading_part",
                           IN_NONE, OUT(out_i32(&first), out_i32(&last)));

    *from_day = *from_day < first ? first : *from_day;
    *to_day = *to_day > last ? last : *to_day;
    return rc;
}

enum db_rc
reading_each_cover(struct db *db, int64_t from_point, int64_t to_point,
                   int32_t from_day, int32_t to_day,
                   bool (*row)(void *arg, const struct reading_cover *c),
                   void *arg)
{
    struct cover c = {.db = db,
                      .from_point = from_point,
                      .to_point = to_point,
                      .row = row,
                      .arg = arg};
    enum db_rc rc = reading_view_open(db, &c.view);
    bool stands = true;

    if (rc == DB_OK)
        rc = clamp(db, &from_day, &to_day);
    if (rc == DB_OK)
        rc = reading_home(db)->engine->span ? each_span(&c, from_day, to_day)
                                            : each_found(&c, from_day, to_day);
    if (rc == DB_OK && !c.damaged)
        rc = reading_view_stands(db, &c.view, &stands);
    reading_view_close(db, &c.view);
    arena_clear(&c.arena);
    free(c.item);
    if (rc == DB_OK && (c.damaged || !stands)) {
        snprintf(db->error, sizeof db->error,
                 c.damaged ? "a row of readings is damaged"
                           : "loads are being taken back");
        return c.damaged ? DB_NONE : DB_BUSY;
    }
    return rc;
}
