/* SPDX-License-Identifier: Apache-2.0 */
/* The list of servers that hold readings, and the map of buckets. */
#include <stdlib.h>
#include <string.h>

#include "db/shard_home.h"
#include "server/base/str.h"

/* ---- one handle's copy -----------------------------------------------------
 */

static void
list_clear(struct shard *at, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        free(at[i].conninfo);
        conn_close(at[i].conn);
    }
    free(at);
}

void
shards_close(void *arg)
{
    struct shards *s = arg;

    list_clear(s->at, s->n);
    free(s);
}

struct shard *
shard_get(struct shards *s, int32_t id)
{
    for (size_t i = 0; i < s->n; i++) {
        if (s->at[i].id == id)
            return &s->at[i];
    }
    return NULL;
}

struct list_row {
    struct shards *s;
    struct shard row;
    struct arena arena;
    const char *conninfo;
};

static bool
list_row(void *arg)
{
    struct list_row *r = arg;
    struct shard *to;

    if (r->s->n == SHARDS_MOST + 1)
        return false;
    to = &r->s->at[r->s->n++];
    *to = r->row;
    to->conninfo = mem_dup(r->conninfo);
    shard_where(to->conninfo, to->where, sizeof to->where);
    return true;
}

static enum db_rc
list_read(struct db *db, struct shards *s)
{
    struct list_row r = {.s = s};
    enum db_rc rc;

    s->at = mem_new((SHARDS_MOST + 1) * sizeof *s->at);
    s->at[0] = (struct shard){.ready = true};
    str_copy(s->at[0].where, sizeof s->at[0].where, "the store's own database");
    s->n = 1;
    rc = db_each(db, DB_MARKET,
                 "SELECT id, identity, ready, leaving, conninfo FROM shard "
                 "ORDER BY id",
                 IN_NONE,
                 OUT(out_i32(&r.row.id),
                     out_text(r.row.identity, sizeof r.row.identity),
                     out_bool(&r.row.ready), out_bool(&r.row.leaving),
                     out_text_arena(&r.conninfo, &r.arena)),
                 list_row, &r);
    arena_clear(&r.arena);
    return rc;
}

static bool
bucket_row(void *arg)
{
    struct shards *s = arg;
    struct shard *to = shard_get(s, s->row_id);

    if (to && s->row_bucket >= 0 && s->row_bucket < READING_BUCKETS)
        s->bucket[s->row_bucket] = (uint8_t)(to - s->at);
    return true;
}

/* Connections that are still right go over from the old list. */
static void
keep_connections(struct shards *s, struct shard *old, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct shard *to = shard_get(s, old[i].id);

        if (!to || !to->id || strcmp(to->identity, old[i].identity) != 0 ||
            strcmp(to->conninfo, old[i].conninfo) != 0)
            continue;
        to->conn = old[i].conn;
        old[i].conn = NULL;
    }
}

static enum db_rc
shards_read(struct db *db, struct shards *s)
{
    struct shard *old = s->at;
    size_t n = s->n;
    enum db_rc rc;

    memset(s->bucket, 0, sizeof s->bucket);
    rc = list_read(db, s);
    keep_connections(s, old, n);
    list_clear(old, n);
    if (rc != DB_OK || s->n == 1)
        return rc;
    return db_each(db, DB_MARKET, "SELECT bucket, shard_id FROM shard_bucket",
                   IN_NONE, OUT(out_i64(&s->row_bucket), out_i32(&s->row_id)),
                   bucket_row, s);
}

enum db_rc
shards_at(struct db *db, int64_t version, struct shards **to)
{
    struct reading_home *h = reading_home(db);
    struct shards *s = h->files;
    enum db_rc rc = DB_OK;

    if (!s) {
        s = h->files = mem_new(sizeof *s);
        *s = (struct shards){.version = -1};
    }
    *to = s;
    if (s->version == version)
        return DB_OK;
    rc = shards_read(db, s);
    s->version = rc == DB_OK ? version : -1;
    return rc;
}

enum db_rc
shards_fresh(struct db *db, struct shards **to)
{
    int64_t version;
    enum db_rc rc = db_one(db, DB_MARKET, "SELECT version FROM shard_map",
                           IN_NONE, OUT(out_i64(&version)));

    if (rc == DB_NONE)
        rc = DB_FAIL;
    return rc == DB_OK ? shards_at(db, version, to) : rc;
}
