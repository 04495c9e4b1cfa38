/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Adding the readings of one file.  Its records are collected in memory (a
 * file has at most 50,000), put in order of their keys, compared with what is
 * visible for the same days, packed into rows and written month by month.
 * What is added stays invisible until the load is committed.
 */
#include <stdio.h>
#include <stdlib.h>

#include "db/reading.h"
#include "db/reading_core.h"
#include "db/reading_home.h"
#include "server/base/clock.h"
#include "server/base/str.h"

#define KEY_POINT_BITS 42
#define KEY_DAY_MOST   131071
#define KEEP_MOST      (32u << 20) /* bytes of frames */

struct entry {
    uint64_t key; /* day, point, channel from the highest */
    uint64_t at;  /* of its frame in bytes */
    uint32_t n;
    uint32_t tag;
};

struct reading_load {
    struct db *db;
    struct load load;
    struct buf bytes; /* frames, one after another */
    struct entry *entry;
    size_t n, size;
    struct source source;
    /* While it is written: */
    struct reading_view view;
    void (*outcome)(void *arg, uint32_t tag, enum reading_outcome o);
    void *arg;
    struct buf rows; /* packed rows, one after another */
    struct reading_row *row;
    size_t row_n, row_size;
    struct reading_part *part;
    size_t part_n;
    struct load_info own; /* this load, for comparing versions */
    /* The record whose outcome is told, and those it met, oldest first: */
    const struct entry *told;
    const struct reading_item *met;
    size_t met_n;
    struct arena arena; /* of one part */
    bool damaged;
};

/* ---- collecting ---------------------------------------------------------- */

enum db_rc
reading_load_begin(struct db *db, const struct load *l,
                   struct reading_load **to)
{
    struct reading_home *h = reading_home(db);
    struct reading_load *rl = h->spare;

    if (!rl) {
        rl = mem_new(sizeof *rl);
        *rl = (struct reading_load){0};
    }
    h->spare = NULL;
    h->frugal = true;
    rl->db = db;
    rl->load = *l;
    *to = rl;
    return DB_OK;
}

void
reading_load_drop(struct reading_load *rl)
{
    if (!rl)
        return;
    buf_clear(&rl->bytes);
    buf_clear(&rl->rows);
    source_clear(&rl->source);
    arena_clear(&rl->arena);
    free(rl->entry);
    free(rl->row);
    free(rl->part);
    free(rl);
}

/* Memory of a usual load is kept for the next: giving it back to the system
 * and taking it again costs as much as writing rows does. */
void
reading_load_free(struct reading_load *rl)
{
    struct reading_home *h;

    if (!rl)
        return;
    h = reading_home(rl->db);
    if (h->spare || rl->bytes.size > KEEP_MOST) {
        reading_load_drop(rl);
        return;
    }
    source_clear(&rl->source);
    arena_clear(&rl->arena);
    rl->bytes.len = rl->rows.len = 0;
    rl->n = rl->row_n = rl->part_n = 0;
    rl->damaged = false;
    h->spare = rl;
}

/* Days ascending, then points, then channels from the highest. */
static uint64_t
entry_key(int64_t point_id, int32_t day, int channel)
{
    return ((uint64_t)day << KEY_POINT_BITS | (uint64_t)point_id) << 5 |
           (uint64_t)(ROW_CHANNELS - 1 - channel);
}

static struct row_key
key_back(const struct reading_load *rl, uint64_t key)
{
    return (struct row_key){
        .load_id = rl->load.id,
        .channel = (uint8_t)(ROW_CHANNELS - 1 - key % ROW_CHANNELS),
        .point_id = (int64_t)(key >> 5 & ((UINT64_C(1) << KEY_POINT_BITS) - 1)),
        .day = (int32_t)(key >> (5 + KEY_POINT_BITS)),
    };
}

static enum db_rc
refuse(struct reading_load *rl, const char *why)
{
    snprintf(rl->db->error, sizeof rl->db->error, "reading: %s", why);
    return DB_FAIL;
}

enum db_rc
reading_load_add(struct reading_load *rl, int64_t point_id, int32_t day,
                 int channel, const void *packed, size_t n, uint32_t tag)
{
    struct frame f;

    if (point_id < 0 || point_id >> KEY_POINT_BITS || day < 0 ||
        day > KEY_DAY_MOST || channel < 0 || channel >= ROW_CHANNELS)
        return refuse(rl, "point, day or channel out of range");
    if (n > UINT32_MAX || !frame_open(packed, n, &f))
        return refuse(rl, "the packed record is damaged");
    if (!source_add(&rl->source, &f))
        return refuse(rl, "a name or transaction id is too long");
    if (rl->n == rl->size) {
        rl->size = rl->size ? 2 * rl->size : 1024;
        rl->entry = mem_grow(rl->entry, rl->size * sizeof *rl->entry);
    }
    rl->entry[rl->n++] = (struct entry){entry_key(point_id, day, channel),
                                        rl->bytes.len, (uint32_t)n, tag};
    buf_add(&rl->bytes, packed, n);
    return DB_OK;
}

static void
entry_frame(const struct reading_load *rl, const struct entry *e,
            struct frame *f)
{
    frame_view(rl->bytes.at + e->at, e->n, f);
}

/* ---- order --------------------------------------------------------------- */

static bool
is_sorted(const struct entry *e, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        if (e[i].key < e[i - 1].key)
            return false;
    }
    return true;
}

/* Stable, eight bits a pass, skipping bytes that are the same in all keys. */
static void
sort_entries(struct reading_load *rl)
{
    struct entry *from = rl->entry, *to;
    uint64_t differ = 0;

    if (is_sorted(rl->entry, rl->n))
        return;
    for (size_t i = 1; i < rl->n; i++)
        differ |= rl->entry[i].key ^ rl->entry[0].key;
    to = mem_new(rl->size * sizeof *to);
    for (unsigned shift = 0; shift < 64; shift += 8) {
        size_t start[257] = {0};
        struct entry *other = from;

        if (!(differ >> shift & 255))
            continue;
        for (size_t i = 0; i < rl->n; i++)
            start[(from[i].key >> shift & 255) + 1]++;
        for (size_t i = 1; i < 256; i++)
            start[i] += start[i - 1];
        for (size_t i = 0; i < rl->n; i++)
            to[start[from[i].key >> shift & 255]++] = from[i];
        from = to;
        to = other;
    }
    rl->entry = from;
    free(to);
}

/* ---- versions ------------------------------------------------------------ */

/* An entry as a version among others. */
static bool
entry_item(struct reading_load *rl, const struct entry *e,
           struct reading_item *i)
{
    *i = (struct reading_item){
        .load = &rl->own, .day = ARENA_NEW(&rl->arena, struct reading_day)};
    return reading_unpack(rl->bytes.at + e->at, e->n, i->day);
}

/* Of several entries with one key the newest stays; returns it. */
static bool
newest_of(struct reading_load *rl, const struct entry *e, size_t n,
          size_t *newest)
{
    struct reading_item best, one;

    *newest = 0;
    if (n == 1)
        return true;
    if (!entry_item(rl, e, &best))
        return false;
    for (size_t i = 1; i < n; i++) {
        if (!entry_item(rl, &e[i], &one))
            return false;
        if (reading_item_compare(&one, &best) < 0)
            continue;
        best = one;
        *newest = i;
    }
    for (size_t i = 0; i < n; i++) {
        if (i != *newest)
            rl->outcome(rl->arg, e[i].tag, READING_DUPLICATE);
    }
    return true;
}

/* Leaves one entry a key. */
static enum db_rc
drop_duplicates(struct reading_load *rl)
{
    size_t kept = 0;

    for (size_t i = 0, some; i < rl->n; i += some) {
        size_t newest;

        some = 1;
        while (i + some < rl->n && rl->entry[i + some].key == rl->entry[i].key)
            some++;
        if (!newest_of(rl, &rl->entry[i], some, &newest))
            return refuse(rl, "a packed record is damaged");
        rl->entry[kept++] = rl->entry[i + newest];
    }
    rl->n = kept;
    arena_reset(&rl->arena);
    return DB_OK;
}

/* What a new record is to those of its point, day and channel. */
static enum reading_outcome
compare(const struct reading_item *one, struct reading_item *other, size_t n)
{
    size_t at = 0;

    if (!n)
        return READING_LOADED;
    while (at < n && reading_item_compare(&other[at], one) < 0)
        at++;
    if ((at > 0 && reading_same(other[at - 1].day, one->day)) ||
        (at < n && reading_same(other[at].day, one->day)))
        return READING_UNCHANGED;
    return at == n ? READING_REPLACED : READING_HISTORIC;
}

static void
count_statuses(const struct reading_day *d, uint16_t *missing,
               uint16_t *estimated)
{
    *missing = *estimated = 0;
    for (size_t i = 0; i < d->n; i++) {
        *missing += d->status[i] == 0;
        *estimated += d->status[i] == 'E';
    }
}

void
reading_load_change(const struct reading_load *rl, struct reading_change *c)
{
    struct reading_sum sum = {0};
    struct frame f;

    *c = (struct reading_change){0};
    entry_frame(rl, rl->told, &f);
    if (!core_is_usual(f.core)) {
        core_sum(f.core, f.core_n, &sum);
        c->missing = sum.missing;
        c->estimated = sum.estimated;
    }
    if (rl->met_n == 0)
        return;
    count_statuses(rl->met[rl->met_n - 1].day, &c->was_missing,
                   &c->was_estimated);
    for (size_t i = 1; i < rl->met_n && !c->was_replaced; i++)
        c->was_replaced = !reading_same(rl->met[i - 1].day, rl->met[i].day);
}

/* ---- what is there already ----------------------------------------------- */

#define FOUND_MOST 8192

struct found {
    struct reading_load *rl;
    int32_t day;
    struct reading_item *item; /* of visible records of that day */
    size_t n, size;
    size_t most; /* of items; more are left out, and */
    bool many;   /* there are more */
};

static bool
found_row(void *arg, const struct reading_row *row)
{
    struct found *f = arg;
    struct row_walk w;
    struct row_record r;

    if (!row->month && !reading_view_has(&f->rl->view, row->load_id))
        return true;
    row_open(&w, row);
    while (row_next(&w, &r)) {
        struct reading_item *i;

        if (row->month && (r.key.day != f->day ||
                           !reading_view_has(&f->rl->view, r.key.load_id)))
            continue;
        if (f->n == f->size) {
            f->size = f->size ? 2 * f->size : 256;
            i = ARENA_NEWN(&f->rl->arena, struct reading_item, f->size);
            if (f->n)
                memcpy(i, f->item, f->n * sizeof *i);
            f->item = i;
        }
        i = &f->item[f->n++];
        *i = (struct reading_item){.record = r};
        i->record.at = (const uint8_t *)arena_dupn(&f->rl->arena, r.at, r.n);
    }
    f->rl->damaged |= w.bad;
    f->many = f->n > f->most;
    return !w.bad && !f->many;
}

static int
compare_places(const void *a, const void *b)
{
    const struct row_key *x = &((const struct reading_item *)a)->record.key;
    const struct row_key *y = &((const struct reading_item *)b)->record.key;
    uint64_t p = entry_key(x->point_id, x->day, x->channel);
    uint64_t q = entry_key(y->point_id, y->day, y->channel);

    return (p > q) - (p < q);
}

static enum db_rc
found_ready(struct found *f)
{
    for (size_t i = 0; i < f->n; i++) {
        struct reading_item *it = &f->item[i];
        enum db_rc rc =
            load_info_get(f->rl->db, it->record.key.load_id, &it->load);

        if (rc != DB_OK)
            return rc == DB_NONE ? refuse(f->rl, "a row of an unknown load")
                                 : rc;
    }
    if (f->n)
        qsort(f->item, f->n, sizeof *f->item, compare_places);
    return DB_OK;
}

/* The visible rows of the groups that n entries of one day lie in. */
static enum db_rc
find_rows(struct reading_load *rl, const struct entry *e, size_t n,
          struct found *f)
{
    int64_t *group = ARENA_NEWN(&rl->arena, int64_t, n);
    int32_t day = key_back(rl, e->key).day;
    size_t groups = 0;
    enum db_rc rc;

    *f = (struct found){
        .rl = rl, .day = day, .most = n > 1 ? FOUND_MOST : SIZE_MAX};
    for (size_t i = 0; i < n; i++) {
        int64_t g = row_group(key_back(rl, e[i].key).point_id);

        if (!groups || group[groups - 1] != g)
            group[groups++] = g;
    }
    rc = reading_home(rl->db)->engine->find(rl->db, day, group, groups,
                                            found_row, f);
    if (rc == DB_OK && rl->damaged)
        rc = refuse(rl, "a row of the store is damaged");
    return rc == DB_OK ? found_ready(f) : rc;
}

/* Says of n entries of one day what they are to what was found. */
static enum db_rc
classify(struct reading_load *rl, const struct entry *e, size_t n,
         const struct found *f)
{
    size_t at = 0;

    for (size_t i = 0; i < n; i++) {
        struct row_key k = key_back(rl, e[i].key);
        struct reading_item one, place = {.record.key = k};
        size_t some = 0;

        while (at < f->n && compare_places(&f->item[at], &place) < 0)
            at++;
        while (at + some < f->n &&
               compare_places(&f->item[at + some], &place) == 0)
            some++;
        if (some && (!reading_items_sort(&f->item[at], some, &rl->arena) ||
                     !entry_item(rl, &e[i], &one)))
            return refuse(rl, "a record of the store is damaged");
        rl->told = &e[i];
        rl->met = &f->item[at];
        rl->met_n = some;
        rl->outcome(rl->arg, e[i].tag, compare(&one, &f->item[at], some));
        at += some;
    }
    return DB_OK;
}

/* ---- rows ---------------------------------------------------------------- */

#define SOON      8    /* entries ahead of the one that is told */
#define FIND_MOST 4096 /* entries compared at a time: bounds memory */

/* Days with many versions are compared in smaller portions. */
static enum db_rc
compare_some(struct reading_load *rl, const struct entry *e, size_t n)
{
    struct found f;
    enum db_rc rc = find_rows(rl, e, n, &f);

    if (rc == DB_OK && !f.many)
        rc = classify(rl, e, n, &f);
    arena_reset(&rl->arena);
    if (rc == DB_OK && f.many)
        rc = compare_some(rl, e, n / 2);
    if (rc == DB_OK && f.many)
        rc = compare_some(rl, e + n / 2, n - n / 2);
    return rc;
}

/* Entries of one month: first those that may meet others, day by day. */
static enum db_rc
compare_part(struct reading_load *rl, const struct reading_part *p,
             const struct entry *e, size_t n)
{
    enum db_rc rc;
    bool meets;

    rc = reading_part_meets(rl->db, p, &meets);
    if (rc != DB_OK)
        return rc;
    rl->met_n = 0;
    for (size_t i = 0; i < n && !meets; i++) {
        if (i + SOON < n) /* sorted, they lie anywhere */
            __builtin_prefetch(rl->bytes.at + e[i + SOON].at);
        rl->told = &e[i];
        rl->outcome(rl->arg, e[i].tag, READING_LOADED);
    }
    for (size_t i = 0, some; i < n && meets && rc == DB_OK; i += some) {
        int32_t day = key_back(rl, e[i].key).day;

        some = 1;
        while (i + some < n && some < FIND_MOST &&
               key_back(rl, e[i + some].key).day == day)
            some++;
        rc = compare_some(rl, &e[i], some);
    }
    return rc;
}

static void
add_row(struct reading_load *rl, const struct row_item *item, size_t n)
{
    struct reading_row *r;
    size_t at = rl->rows.len;

    if (rl->row_n == rl->row_size) {
        rl->row_size = rl->row_size ? 2 * rl->row_size : 256;
        rl->row = mem_grow(rl->row, rl->row_size * sizeof *rl->row);
    }
    row_pack(&rl->source, item, n, &rl->rows);
    r = &rl->row[rl->row_n++];
    /* Where it lies is an offset until the last row is packed. */
    *r = (struct reading_row){.group = row_group(item->key.point_id),
                              .load_id = rl->load.id,
                              .day = item->key.day,
                              .data = NULL,
                              .n = rl->rows.len - at};
}

/* Packs entries of one month into rows and measures the part. */
static void
pack_part(struct reading_load *rl, struct reading_part *p,
          const struct entry *e, size_t n)
{
    struct row_item item[ROW_POINTS * ROW_CHANNELS];
    size_t held = 0, rows = rl->row_n;

    for (size_t i = 0; i < n; i++) {
        struct row_key k = key_back(rl, e[i].key);

        if (held && (k.day != item->key.day ||
                     row_group(k.point_id) != row_group(item->key.point_id))) {
            add_row(rl, item, held);
            held = 0;
        }
        item[held].key = k;
        entry_frame(rl, &e[i], &item[held].frame);
        held++;
    }
    add_row(rl, item, held);
    p->rows = (int64_t)(rl->row_n - rows);
    p->records = (int64_t)n;
}

/* The outermost days and groups of entries of one month. */
static void
measure(const struct reading_load *rl, const struct entry *e, size_t n,
        struct reading_part *p)
{
    *p = (struct reading_part){.load_id = rl->load.id,
                               .first_day = key_back(rl, e->key).day,
                               .last_day = key_back(rl, e[n - 1].key).day,
                               .first_group = INT64_MAX};
    p->month = day_month_start(p->first_day);
    for (size_t i = 0; i < n; i++) {
        int64_t g = row_group(key_back(rl, e[i].key).point_id);

        p->first_group = g < p->first_group ? g : p->first_group;
        p->last_group = g > p->last_group ? g : p->last_group;
    }
}

/* Entries from e on that lie in its month. */
static size_t
month_length(const struct reading_load *rl, const struct entry *e, size_t n)
{
    int32_t next =
        reading_month_next(day_month_start(key_back(rl, e->key).day));
    uint64_t end = entry_key(0, next, ROW_CHANNELS - 1);
    size_t some = 1;

    while (some < n && e[some].key < end)
        some++;
    return some;
}

static enum db_rc
build(struct reading_load *rl)
{
    enum db_rc rc = DB_OK;

    for (size_t i = 0, some; i < rl->n && rc == DB_OK; i += some) {
        struct reading_part p;

        some = month_length(rl, &rl->entry[i], rl->n - i);
        measure(rl, &rl->entry[i], some, &p);
        rc = compare_part(rl, &p, &rl->entry[i], some);
        if (rc != DB_OK)
            break;
        pack_part(rl, &p, &rl->entry[i], some);
        rl->part = mem_grow(rl->part, (rl->part_n + 1) * sizeof *rl->part);
        rl->part[rl->part_n++] = p;
    }
    for (size_t i = 0, at = 0; i < rl->row_n; at += rl->row[i].n, i++)
        rl->row[i].data = (const uint8_t *)rl->rows.at + at;
    return rc;
}

static enum db_rc
write_rows(struct reading_load *rl)
{
    const struct reading_engine *e = reading_home(rl->db)->engine;
    enum db_rc rc = reading_part_add(rl->db, &rl->source, rl->part, rl->part_n);
    size_t at = 0;

    for (size_t i = 0; i < rl->part_n && rc == DB_OK; i++) {
        const struct reading_part *p = &rl->part[i];

        rc = e->add(rl->db, p->month, rl->row + at, (size_t)p->rows);
        at += (size_t)p->rows;
    }
    return rc;
}

/* What the load's records have in common, from all that stay. */
static void
settle_source(struct reading_load *rl)
{
    struct frame f;

    source_settle(&rl->source);
    for (size_t i = 0; i < rl->n && rl->source.rest == REST_NUMBER; i++) {
        entry_frame(rl, &rl->entry[i], &f);
        source_lower(&rl->source, &f);
    }
}

enum db_rc
reading_load_write(struct reading_load *rl,
                   void (*outcome)(void *arg, uint32_t tag,
                                   enum reading_outcome o),
                   void *arg)
{
    enum db_rc rc;

    rl->outcome = outcome;
    rl->arg = arg;
    rl->own = (struct load_info){.id = rl->load.id,
                                 .file_stamp = rl->load.file_stamp,
                                 .file_counter = rl->load.file_counter};
    if (!rl->n)
        return DB_OK;
    sort_entries(rl);
    rc = drop_duplicates(rl);
    settle_source(rl);
    if (rc == DB_OK) {
        rc = reading_view_open(rl->db, &rl->view);
        if (rc == DB_OK)
            rc = build(rl);
        reading_view_close(rl->db, &rl->view);
    }
    return rc == DB_OK ? write_rows(rl) : rc;
}
