/* SPDX-License-Identifier: Apache-2.0 */
#include "db/point_book.h"

#include <stdlib.h>
#include <string.h>

#include "db/point_change.h"
#include "db/point_file.h"
#include "server/base/str.h"

/* What lies in a file and how: raised whenever any of it changes. */
#define FILE_KIND "meterhouse points 3"
/* A file is written anew when one point in so many is not in it as it is. */
#define WORTH      64
#define KEEP_TRIES 3

/* With what else a load takes, and 16 bytes a point of the map, this is within
 * 300 MiB and 16 bytes a point, however many there are. */
size_t point_facts_most = 160 << 20;

struct head {
    char kind[24];
    struct point_change at;
};

/* ---- from the store ---------------------------------------------------------
 */

/* New points, and the facts of them. */
static enum db_rc
new_points(struct point_book *b, struct db *db)
{
    int64_t before = point_map_newest(b->map), newest;
    enum db_rc rc = point_map_catch_up(b->map, db);

    newest = point_map_newest(b->map);
    if (rc != DB_OK || newest == before)
        return rc;
    return point_facts_fetch_range(b->facts, db, before + 1, newest);
}

/* A store whose points nobody changed since changes are noted begins here. */
static enum db_rc
position_get(struct point_book *b, struct db *db)
{
    enum db_rc rc = point_change_newest(db, b->at);

    if (rc != DB_OK || b->at->seq > 0)
        return rc;
    rc = point_change_add(db, 0);
    return rc == DB_OK ? point_change_newest(db, b->at) : rc;
}

static const char *
beside(const struct point_book *b)
{
    return b->path[0] ? b->path : NULL;
}

/* All of it. */
static enum db_rc
from_store(struct point_book *b, struct db *db)
{
    int64_t newest = 0;
    enum db_rc rc;

    point_map_close(b->map);
    point_facts_free(b->facts);
    b->map = NULL;
    b->facts = point_facts_new(0, 0);
    point_facts_spill(b->facts, beside(b), point_facts_most);
    b->kept = 0;
    b->changed = 0;
    rc = position_get(b, db);
    if (rc == DB_OK)
        rc = point_map_open(db, &b->map);
    if (rc == DB_OK)
        newest = point_map_newest(b->map);
    return newest > 0 ? point_facts_fetch_range(b->facts, db, 1, newest) : rc;
}

/* ---- what changed -----------------------------------------------------------
 */

struct ids {
    int64_t now, most; /* ids above `most` are left out */
    int64_t *at;
    size_t n, room;
};

static bool
id_row(void *arg)
{
    struct ids *l = arg;

    if (l->now > l->most)
        return true;
    if (l->n == l->room) {
        l->room = l->room > 0 ? 2 * l->room : 1024;
        l->at = mem_grow(l->at, l->room * sizeof *l->at);
    }
    l->at[l->n++] = l->now;
    return true;
}

/* What a registry load said of points that were here before. */
static enum db_rc
of_load(struct point_book *b, struct db *db, int64_t load_id, int64_t most)
{
    struct ids ids = {.most = most};
    enum db_rc rc = db_each(
        db, DB_MARKET,
        "SELECT point_id FROM point_premise WHERE load_id = $1 UNION "
        "SELECT point_id FROM point_rep WHERE load_id = $1 UNION "
        "SELECT point_id FROM point_meter WHERE load_id = $1 ORDER BY 1",
        IN(in_i64(load_id)), OUT(out_i64(&ids.now)), id_row, &ids);

    if (rc == DB_OK)
        rc = point_map_again(b->map, db, load_id);
    if (rc == DB_OK)
        rc = point_facts_again(b->facts, db, ids.at, ids.n);
    b->changed += ids.n;
    free(ids.at);
    return rc;
}

struct changes {
    struct point_change now, last;
    struct ids came; /* registry loads */
    bool went;       /* one was taken back */
};

static bool
change_row(void *arg)
{
    struct changes *c = arg;

    c->last = c->now;
    c->went |= c->now.load_id < 0;
    c->came.now = c->now.load_id;
    return c->now.load_id > 0 ? id_row(&c->came) : true;
}

enum db_rc
point_book_catch_up(struct point_book *b, struct db *db)
{
    struct changes c = {.last = *b->at, .came.most = INT64_MAX};
    int64_t most = point_map_newest(b->map);
    bool known = true;
    enum db_rc rc = DB_OK;

    if (b->at->seq > 0)
        rc = point_change_known(db, b->at, &known);
    if (rc == DB_OK)
        rc = point_change_each(db, b->at->seq, &c.now, change_row, &c);
    if (rc == DB_OK && (c.went || !known || point_facts_waste(b->facts))) {
        free(c.came.at);
        return from_store(b, db);
    }
    if (rc == DB_OK)
        rc = new_points(b, db);
    for (size_t i = 0; rc == DB_OK && i < c.came.n; i++)
        rc = of_load(b, db, c.came.at[i], most);
    if (rc == DB_OK)
        *b->at = c.last;
    free(c.came.at);
    return rc;
}

/* ---- the file ---------------------------------------------------------------
 */

static bool
from_file(struct point_book *b)
{
    struct point_file *f = b->path[0] ? point_file_open(b->path) : NULL;
    struct head h;

    if (f == NULL)
        return false;
    point_file_take(f, &h, sizeof h);
    if (strncmp(h.kind, FILE_KIND, sizeof h.kind) != 0) {
        point_file_close(f);
        return false;
    }
    *b->at = h.at;
    b->map = point_map_restore(f);
    b->facts = point_facts_restore(f, beside(b), point_facts_most);
    b->kept = point_map_newest(b->map);
    if (point_file_close(f))
        return true;
    point_map_close(b->map);
    point_facts_free(b->facts);
    b->map = NULL;
    b->facts = NULL;
    return false;
}

/* Is all of it, and nothing newer than the change that it is up to?  Points are
 * read after the changes, so one may have come in between. */
static bool
is_settled(struct point_book *b, struct db *db)
{
    struct point_change newest;

    for (int i = 0; i < KEEP_TRIES; i++)
        if (point_book_catch_up(b, db) != DB_OK ||
            point_change_newest(db, &newest) != DB_OK)
            return false;
        else if (newest.seq == b->at->seq && str_eq(newest.stamp, b->at->stamp))
            return true;
    return false;
}

void
point_book_keep(struct point_book *b, struct db *db)
{
    struct head h = {.kind = FILE_KIND};
    size_t newest, news;
    struct point_file *f;

    if (b->path[0] == '\0' || !is_settled(b, db))
        return;
    h.at = *b->at;
    newest = (size_t)point_map_newest(b->map);
    news = newest - (size_t)b->kept + b->changed;
    if (news <= newest / WORTH || (f = point_file_create(b->path)) == NULL)
        return;
    point_file_put(f, &h, sizeof h);
    point_map_save(b->map, f);
    point_facts_save(b->facts, f);
    if (!point_file_keep(f))
        return;
    b->kept = (int64_t)newest;
    b->changed = 0;
}

/* ---- open and close ---------------------------------------------------------
 */

enum db_rc
point_book_open(struct db *db, const char *path, struct point_book *b)
{
    enum db_rc rc;

    *b = (struct point_book){.at = mem_new(sizeof *b->at)};
    if (path != NULL && !str_copy(b->path, sizeof b->path, path))
        b->path[0] = '\0';
    rc = from_file(b) ? point_book_catch_up(b, db) : from_store(b, db);
    if (rc != DB_OK)
        point_book_close(b);
    return rc;
}

void
point_book_close(struct point_book *b)
{
    point_map_close(b->map);
    point_facts_free(b->facts);
    free(b->at);
    *b = (struct point_book){.map = NULL};
}
