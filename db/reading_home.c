/* SPDX-License-Identifier: Apache-2.0 */
/* Which rows may be seen, in which order they count, and who brought them. */
#include "db/reading_home.h"

#include <stdlib.h>

#include "server/base/clock.h"
#include "server/base/log.h"
#include "server/base/str.h"

#define INFO_SLOTS 256   /* at first */
#define INFO_MOST  65536 /* loads kept */
#define INFO_BATCH 128   /* fetched at once at most */
#define INFO_NEAR  8     /* so close loads are asked for one after another */

struct reading_home *
reading_home(struct db *db)
{
    struct reading_home *h = db->reading;

    if (h && (!db->reading_stale || h->views))
        return h;
    reading_home_close(h);
    db->reading_stale = false;
    h = db->reading = mem_new(sizeof *h);
    *h = (struct reading_home){
        .engine = db->engine == DB_SQLITE ? &READING_SQLITE : &READING_PG};
    return h;
}

enum db_rc
reading_checkpoint(struct db *db)
{
    const struct reading_engine *e = reading_home(db)->engine;

    return e->checkpoint ? e->checkpoint(db) : DB_OK;
}

/* ---- loads -----------------------------------------------------------------
 */

static void
info_free(struct load_info *l)
{
    if (!l)
        return;
    source_clear(&l->source);
    free(l->file);
    free(l);
}

static void
info_clear(struct reading_home *h)
{
    for (size_t i = 0; i < h->info_slots; i++)
        info_free(h->info[i]);
    free(h->info);
    h->info = NULL;
    h->info_n = h->info_slots = 0;
}

void
reading_home_close(struct reading_home *h)
{
    if (!h)
        return;
    if (h->files)
        h->engine->close(h->files);
    info_clear(h);
    reading_load_drop(h->spare);
    free(h);
}

/* The slot of that load, or the free one where it belongs. */
static struct load_info **
info_slot(const struct reading_home *h, int64_t id)
{
    size_t mask = h->info_slots - 1;
    size_t k = ((uint64_t)id * 0x9e3779b97f4a7c15u >> 40) & mask;

    while (h->info[k] && h->info[k]->id != id)
        k = (k + 1) & mask;
    return &h->info[k];
}

static void
info_grow(struct reading_home *h)
{
    struct load_info **old = h->info;
    size_t slots = h->info_slots;

    h->info_slots = slots ? 2 * slots : INFO_SLOTS;
    h->info = mem_new(h->info_slots * sizeof(struct load_info *));
    memset(h->info, 0, h->info_slots * sizeof(struct load_info *));
    for (size_t i = 0; i < slots; i++) {
        if (old[i])
            *info_slot(h, old[i]->id) = old[i];
    }
    free(old);
}

struct info_row {
    struct db *db;
    struct load_info info;
    int32_t state;
    char file[256];
    const void *source;
    size_t source_n;
    struct arena arena;
    bool damaged;
};

static bool
info_row(void *arg)
{
    struct info_row *r = arg;
    struct reading_home *h = r->db->reading;
    struct load_info **at;

    if (2 * (h->info_n + 1) > h->info_slots)
        info_grow(h);
    at = info_slot(h, r->info.id);
    if (*at)
        return true;
    r->info.state = (enum load_state)r->state;
    if (!source_unpack(r->source, r->source_n, &r->info.source)) {
        log_ours("reading source damaged", "load=%lld", (long long)r->info.id);
        r->damaged = true;
        return false;
    }
    r->info.file = mem_dup(r->file);
    *at = mem_new(sizeof **at);
    **at = r->info;
    h->info_n++;
    arena_reset(&r->arena);
    return true;
}

/* How many to fetch from `id` on.  Who reads many points asks for all loads
 * of a day; who reads one asks for one of maybe hundreds. */
static int64_t
info_batch(struct reading_home *h, int64_t id)
{
    bool near = id >= h->info_next && id < h->info_next + INFO_NEAR;

    if (!near || h->info_batch == 0)
        h->info_batch = 1;
    else if (h->info_batch < INFO_BATCH)
        h->info_batch *= 2;
    h->info_next = id + h->info_batch;
    return h->info_batch;
}

static enum db_rc
info_fetch(struct db *db, int64_t id)
{
    struct info_row r = {.db = db};
    int64_t n = info_batch(reading_home(db), id);
    enum db_rc rc;

    rc = db_each(
        db, DB_MARKET,
        "SELECT l.id, l.state, l.file_stamp, l.file_counter, l.started_utc, "
        "l.sender, l.name, s.data "
        "FROM load l JOIN reading_source s ON s.load_id = l.id "
        "WHERE l.id BETWEEN $1 AND $2",
        IN(in_i64(id), in_i64(id + n - 1)),
        OUT(out_i64(&r.info.id), out_i32(&r.state), out_i64(&r.info.file_stamp),
            out_i32(&r.info.file_counter), out_i64(&r.info.arrived_utc),
            out_text(r.info.sender, sizeof r.info.sender),
            out_text(r.file, sizeof r.file),
            out_blob(&r.source, &r.source_n, &r.arena)),
        info_row, &r);
    arena_clear(&r.arena);
    return r.damaged ? DB_FAIL : rc;
}

enum db_rc
load_info_get(struct db *db, int64_t id, const struct load_info **info)
{
    struct reading_home *h = reading_home(db);
    enum db_rc rc;

    if (!h->info_slots)
        info_grow(h);
    *info = *info_slot(h, id);
    if (*info)
        return DB_OK;
    rc = info_fetch(db, id);
    if (rc != DB_OK)
        return rc;
    *info = *info_slot(h, id);
    return *info ? DB_OK : DB_NONE;
}

/* ---- the view ---------------------------------------------------------------
 */

/* What is no load's state in the rows that a view is made of. */
enum {
    VIEW_NEWEST = 0,
    VIEW_FLOOR = -1,
    VIEW_CHANGES = -2,
    VIEW_UNDONE = -3, /* counts what was taken away */
    VIEW_MAP = -4,    /* the map's version */
};

struct view_row {
    struct reading_view *v;
    int64_t id;
    int32_t state;
};

static bool
view_row(void *arg)
{
    struct view_row *r = arg;
    struct reading_view *v = r->v;

    if (r->state <= 0) {
        if (r->state == VIEW_NEWEST)
            v->newest = r->id;
        else if (r->state == VIEW_FLOOR)
            v->floor = (int32_t)r->id;
        else if (r->state == VIEW_UNDONE)
            v->undone = r->id;
        else if (r->state == VIEW_MAP)
            v->map = r->id;
        else
            v->floor_changes = r->id;
        return true;
    }
    if (v->hidden_n == v->hidden_size) {
        v->hidden_size = v->hidden_size ? 2 * v->hidden_size : 16;
        v->hidden = mem_grow(v->hidden, v->hidden_size * sizeof *v->hidden);
    }
    v->hidden[v->hidden_n++] = r->id;
    return true;
}

static int
compare_ids(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

/* Loads of that state whose rows may be there.  IN alone would make SQLite fill
 * a table for it; without it, SQLite would not see that the index serves. */
#define HIDDEN_OF(state)                                                       \
    "SELECT state, id FROM load WHERE state = " state                          \
    " AND state IN (1, 3) AND gone = 0 UNION ALL "

/* One statement, so of one moment: the newest load, how often something was
 * taken away, and the loads that are not to be seen. */
enum db_rc
reading_view_open(struct db *db, struct reading_view *v)
{
    struct reading_home *h = reading_home(db);
    struct view_row r = {.v = v};
    enum db_rc rc;

    if (!h->views && h->info_n > INFO_MOST)
        info_clear(h);
    h->views++;
    *v = (struct reading_view){0};
    if (h->engine->mapped)
        rc = db_each(
            db, DB_MARKET,
            "SELECT 0, coalesce(max(id), 0) FROM load UNION ALL "
            "SELECT -3, coalesce(max(next), 1) FROM series "
            "WHERE name = 'load_undone' UNION ALL "
            "SELECT -4, version FROM shard_map UNION ALL " HIDDEN_OF("1")
                HIDDEN_OF("3") "SELECT -1, day FROM reading_floor UNION ALL "
                               "SELECT -2, changes FROM reading_floor",
            IN_NONE, OUT(out_i32(&r.state), out_i64(&r.id)), view_row, &r);
    else
        rc = db_each(
            db, DB_MARKET,
            "SELECT 0, coalesce(max(id), 0) FROM load UNION ALL "
            "SELECT -3, coalesce(max(next), 1) FROM series "
            "WHERE name = 'load_undone' UNION ALL " HIDDEN_OF("1")
                HIDDEN_OF("3") "SELECT -1, day FROM reading_floor UNION ALL "
                               "SELECT -2, changes FROM reading_floor",
            IN_NONE, OUT(out_i32(&r.state), out_i64(&r.id)), view_row, &r);
    if (h->floor_changes != v->floor_changes && h->views == 1 && h->files &&
        db->engine == DB_SQLITE) {
        h->engine->close(h->files);
        h->files = NULL;
    }
    if (h->views == 1)
        h->floor_changes = v->floor_changes;
    if (v->hidden_n)
        qsort(v->hidden, v->hidden_n, sizeof *v->hidden, compare_ids);
    if (rc == DB_OK && h->engine->mapped)
        rc = h->engine->mapped(db, v->map);
    return rc;
}

enum db_rc
reading_view_at(struct db *db, struct reading_view *v,
                const struct load_stamp *at)
{
    struct view_row r = {.v = v, .state = LOAD_COMMITTED};
    enum db_rc rc;

    v->at = at;
    rc = db_each(db, DB_MARKET,
                 "SELECT id FROM load WHERE seq >= $1 AND seq > 0",
                 IN(in_i64(at->seq)), OUT(out_i64(&r.id)), view_row, &r);
    if (v->hidden_n)
        qsort(v->hidden, v->hidden_n, sizeof *v->hidden, compare_ids);
    return rc;
}

void
reading_view_close(struct db *db, struct reading_view *v)
{
    reading_home(db)->views--;
    free(v->hidden);
}

bool
reading_view_has(const struct reading_view *v, int64_t load_id)
{
    if (load_id > v->newest)
        return false;
    return !v->hidden_n || !bsearch(&load_id, v->hidden, v->hidden_n,
                                    sizeof *v->hidden, compare_ids);
}

enum db_rc
reading_view_stands(struct db *db, const struct reading_view *v, bool *stands)
{
    struct load_stamp now;
    int64_t map = 0;
    enum db_rc rc = db_load_stamp(db, &now);

    if (rc == DB_OK && reading_home(db)->engine->mapped)
        rc = db_one(db, DB_MARKET, "SELECT version FROM shard_map", IN_NONE,
                    OUT(out_i64(&map)));
    *stands = now.undone == v->undone && map == v->map;
    if (rc != DB_OK || !v->at ||
        (now.undone == v->at->undone && now.generation == v->at->generation))
        return rc;
    snprintf(db->error, sizeof db->error,
             "something was taken back since this reading began");
    return DB_BUSY;
}

/* ---- versions
 * ---------------------------------------------------------------- */

/* What does not make another version, but must not hang on who came first. */
static int
compare_looks(const struct reading_day *a, const struct reading_day *b)
{
    int c = memcmp(a->places, b->places, a->n);

    if (!c)
        c = a->origin - b->origin;
    if (!c)
        c = strcmp(a->rep, b->rep);
    return c ? c : strcmp(a->mre, b->mre);
}

int
reading_item_compare(const struct reading_item *a, const struct reading_item *b)
{
    int c;

    if (a->day->stamp != b->day->stamp)
        return a->day->stamp < b->day->stamp ? -1 : 1;
    if (a->load->file_stamp != b->load->file_stamp)
        return a->load->file_stamp < b->load->file_stamp ? -1 : 1;
    if (a->load->file_counter != b->load->file_counter)
        return a->load->file_counter < b->load->file_counter ? -1 : 1;
    c = strcmp(a->day->transaction, b->day->transaction);
    if (!c)
        c = reading_compare(a->day, b->day);
    return c ? c : compare_looks(a->day, b->day);
}

/* Versions that are equal in all count in the order of their loads. */
static int
sort_items(const void *a, const void *b)
{
    const struct reading_item *x = a, *y = b;
    int c = reading_item_compare(x, y);

    return c ? c : compare_ids(&x->load->id, &y->load->id);
}

bool
reading_items_sort(struct reading_item *item, size_t n, struct arena *a)
{
    for (size_t i = 0; i < n; i++) {
        if (!item[i].day)
            item[i].day = ARENA_NEW(a, struct reading_day);
        if (!row_unpack(&item[i].record, &item[i].load->source, item[i].day))
            return false;
    }
    qsort(item, n, sizeof *item, sort_items);
    return true;
}

/* ---- parts
 * ------------------------------------------------------------------- */

int32_t
reading_month_next(int32_t month)
{
    return day_add_months(month, 1);
}

enum db_rc
reading_part_meets(struct db *db, const struct reading_part *p, bool *meets)
{
    return db_one(db, DB_MARKET,
                  "SELECT EXISTS (SELECT 1 FROM reading_part p "
                  "JOIN load l ON l.id = p.load_id AND l.state = 2 "
                  "WHERE p.month = $1 AND p.last_day >= $2 "
                  "AND p.first_day <= $3 AND p.last_group >= $4 "
                  "AND p.first_group <= $5 AND p.load_id <> $6)",
                  IN(in_i64(p->month), in_i64(p->first_day),
                     in_i64(p->last_day), in_i64(p->first_group),
                     in_i64(p->last_group), in_i64(p->load_id)),
                  OUT(out_bool(meets)));
}

struct part_add {
    const struct source *source;
    const struct reading_part *part;
    size_t n;
};

static enum db_rc
part_add(struct db *db, void *arg)
{
    struct part_add *a = arg;
    struct buf b = {0};
    enum db_rc rc = db_writer_check(db);

    if (rc != DB_OK)
        return rc;
    source_pack(a->source, &b);
    rc = db_run(db, DB_MARKET,
                "INSERT INTO reading_source (load_id, data) VALUES ($1, $2)",
                IN(in_i64(a->part->load_id), in_blob(b.at, b.len)), NULL);
    buf_clear(&b);
    for (size_t i = 0; i < a->n && rc == DB_OK; i++) {
        const struct reading_part *p = &a->part[i];

        rc = db_run(db, DB_MARKET,
                    "INSERT INTO reading_part (load_id, month, first_day, "
                    "last_day, first_group, last_group, n_rows, n_records) "
                    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
                    IN(in_i64(p->load_id), in_i64(p->month),
                       in_i64(p->first_day), in_i64(p->last_day),
                       in_i64(p->first_group), in_i64(p->last_group),
                       in_i64(p->rows), in_i64(p->records)),
                    NULL);
    }
    return rc;
}

enum db_rc
reading_part_add(struct db *db, const struct source *s,
                 const struct reading_part *p, size_t n)
{
    struct part_add a = {s, p, n};

    return db_tx(db, DB_MARKET, part_add, &a);
}
