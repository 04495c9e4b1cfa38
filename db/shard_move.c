/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Moving buckets from one server to another while the store is in use.
 *
 * Some buckets at a time: noted in shard_move, copied month by month up to the
 * newest load, then, holding the writer's lock, what came meanwhile; one
 * transaction of the catalog changes the map.  Only then do their rows leave
 * the old server.  Copies that do not count yet, and rows that do not any more,
 * are known by shard_move, so whatever was cut off is cleaned or finished by
 * the next run.  Rows that were removed meanwhile (shard_map.edits) make the
 * copy worthless: it is made again, at last under the lock.
 *
 * One mover at a time, by an advisory lock on a connection of its own and a
 * number that the catalog and every server check, as for the writer.
 */
#include <stdio.h>
#include <stdlib.h>

#include "db/shard_home.h"
#include "server/base/str.h"

#define BATCH       8         /* buckets moved at a time */
#define CHUNK_BYTES (4 << 20) /* of rows in memory */
#define TRIES       3         /* to copy without the lock */
#define PATIENCE_MS 600000    /* for the first row of a long answer */

struct mover {
    struct db *db;
    struct db_conn *lock;
    int64_t token;
    double lock_seconds;
    struct shards *s;
    struct shard_progress p;
    void (*tell)(void *arg, const struct shard_progress *p);
    void *arg;
    /* The batch: */
    int32_t from, to; /* servers */
    int bucket[BATCH];
    size_t n;
    char list[BATCH * 5 + 3]; /* "{1,2,3}" */
    int64_t edits, newest;    /* when the copy began */
};

static void
tell(struct mover *m)
{
    if (m->tell)
        m->tell(m->arg, &m->p);
}

static void
list_make(struct mover *m)
{
    size_t at = 0;

    for (size_t i = 0; i < m->n; i++)
        at += (size_t)snprintf(m->list + at, sizeof m->list - at, "%c%d",
                               i ? ',' : '{', m->bucket[i]);
    snprintf(m->list + at, sizeof m->list - at, "}");
}

/* ---- the one mover ---------------------------------------------------------
 */

static enum db_rc
mover_lock(struct mover *m)
{
    bool had = false;
    enum db_rc rc = pg_open(m->db->place, DB_WRITE, &m->lock, m->db->error);

    if (rc == DB_OK)
        rc = conn_one(m->lock, "SELECT pg_try_advisory_lock(5577418023)",
                      IN_NONE, OUT(out_bool(&had)));
    if (rc == DB_OK && !had) {
        str_copy(m->db->error, DB_WHY, "another program is moving buckets");
        return DB_BUSY;
    }
    if (rc == DB_OK)
        rc = conn_one(m->lock,
                      "UPDATE shard_map SET mover = mover + 1 RETURNING mover",
                      IN_NONE, OUT(out_i64(&m->token)));
    return rc;
}

static enum db_rc
shut_out(char error[DB_WHY])
{
    str_copy(error, DB_WHY, "another program has begun to move buckets");
    return DB_FAIL;
}

static enum db_rc
mover_check(struct db *db, const struct mover *m)
{
    int64_t changed;
    enum db_rc rc = db_run(db, DB_MARKET,
                           "UPDATE shard_map SET mover = $1 WHERE mover = $1",
                           IN(in_i64(m->token)), &changed);

    return rc == DB_OK && !changed ? shut_out(db->error) : rc;
}

/* ---- work on one server, in a transaction ----------------------------------
 */

struct piece {
    struct mover *m;
    struct shard *shard;
    struct db_conn *c;
    enum db_rc (*fn)(struct piece *p);
    int32_t month;
    int64_t least, most; /* loads */
    /* Copying: */
    struct shard *source;
    struct arena arena;
    struct reading_row *row;
    size_t n, size, bytes;
    int64_t rows_done, bytes_done;
    enum db_rc rc;
};

static enum db_rc
fenced(void *arg)
{
    struct piece *p = arg;
    int64_t changed = 1;
    enum db_rc rc = DB_OK;

    if (p->shard->id)
        rc = conn_run(p->c,
                      "UPDATE shard_fence SET token = $1 "
                      "WHERE id = 2 AND token <= $1",
                      IN(in_i64(p->m->token)), &changed);
    if (rc == DB_OK && !changed)
        rc = shut_out(p->c->error);
    return rc == DB_OK ? p->fn(p) : rc;
}

static enum db_rc
piece_tx(struct db_conn *c, void *arg)
{
    struct piece *p = arg;

    p->c = c;
    return conn_tx(c, fenced, p);
}

static enum db_rc
piece_run(struct piece *p, enum db_rc (*fn)(struct piece *p))
{
    p->fn = fn;
    return shard_call(p->m->db, p->shard, piece_tx, p);
}

static enum db_rc
delete_rows(struct piece *p)
{
    return conn_run(p->c,
                    "DELETE FROM reading WHERE day >= $1 AND day < $2 "
                    "AND bucket = ANY (CAST($3 AS INTEGER[]))",
                    IN(in_i64(p->month), in_i64(reading_month_next(p->month)),
                       in_text(p->m->list)),
                    NULL);
}

/* The rows of the batch leave a server, one transaction a month. */
static enum db_rc
rows_leave(struct mover *m, struct shard *s, const struct reading_months *all)
{
    enum db_rc rc = DB_OK;

    for (size_t i = 0; rc == DB_OK && i < all->n; i++) {
        struct piece p = {.m = m, .shard = s, .month = all->at[i]};

        rc = piece_run(&p, delete_rows);
    }
    return rc;
}

/* ---- copying ---------------------------------------------------------------
 */

static enum db_rc
copy_flush(struct piece *p)
{
    enum db_rc rc = p->n ? pg_rows_copy(p->c, p->row, NULL, p->n) : DB_OK;

    p->rows_done += (int64_t)p->n;
    p->bytes_done += (int64_t)p->bytes;
    p->n = p->bytes = 0;
    arena_reset(&p->arena);
    return rc;
}

static bool
copy_row(void *arg)
{
    struct piece *p = arg;

    p->bytes += p->row[p->n++].n;
    if (p->bytes >= CHUNK_BYTES || p->n == p->size)
        p->rc = copy_flush(p);
    return p->rc == DB_OK;
}

struct reading_in {
    struct piece *p;
    struct reading_row r;
    const void *data;
};

static bool
source_row(void *arg)
{
    struct reading_in *s = arg;

    s->r.data = s->data;
    s->p->row[s->p->n] = s->r;
    return copy_row(s->p);
}

static enum db_rc
source_read(struct db_conn *c, void *arg)
{
    struct reading_in *s = arg;
    struct piece *p = s->p;

    return conn_each(
        c,
        "SELECT point_group, day, load_id, data FROM reading "
        "WHERE day >= $1 AND day < $2 AND load_id BETWEEN $3 AND $4 "
        "AND bucket = ANY (CAST($5 AS INTEGER[]))",
        IN(in_i64(p->month), in_i64(reading_month_next(p->month)),
           in_i64(p->least), in_i64(p->most), in_text(p->m->list)),
        OUT(out_i64(&s->r.group), out_i32(&s->r.day), out_i64(&s->r.load_id),
            out_blob(&s->data, &s->r.n, &p->arena)),
        source_row, s);
}

/* May run twice: what an attempt before wrote is rolled back. */
static enum db_rc
copy_rows(struct piece *p)
{
    struct reading_in s = {.p = p};
    enum db_rc rc;

    p->n = p->bytes = 0;
    p->rows_done = p->bytes_done = 0;
    p->rc = DB_OK;
    arena_reset(&p->arena);
    rc = shard_call(p->m->db, p->source, source_read, &s);
    if (rc == DB_OK)
        rc = p->rc;
    return rc == DB_OK ? copy_flush(p) : rc;
}

static enum db_rc
make_month(struct db_conn *c, void *arg)
{
    const struct piece *p = arg;

    return pg_rows_make(c, p->month);
}

static enum db_rc
copy_month(struct mover *m, int32_t month, int64_t least, int64_t most)
{
    struct piece p = {.m = m,
                      .shard = shard_get(m->s, m->to),
                      .source = shard_get(m->s, m->from),
                      .month = month,
                      .least = least,
                      .most = most,
                      .size = 8192};
    enum db_rc rc = shard_call(m->db, p.shard, make_month, &p);

    p.row = mem_new(p.size * sizeof *p.row);
    if (rc == DB_OK)
        rc = piece_run(&p, copy_rows);
    if (rc == DB_OK) {
        m->p.rows += p.rows_done;
        m->p.bytes += p.bytes_done;
    }
    free(p.row);
    arena_clear(&p.arena);
    tell(m);
    return rc;
}

static enum db_rc
months_read(struct mover *m, struct arena *a, struct reading_months *all)
{
    return reading_home(m->db)->engine->months(m->db, a, all);
}

/* What the target has of the batch goes; then everything up to a load comes. */
static enum db_rc
copy_all(struct mover *m, int64_t most)
{
    struct arena a = {0};
    struct reading_months all;
    enum db_rc rc = months_read(m, &a, &all);

    if (rc == DB_OK)
        rc = rows_leave(m, shard_get(m->s, m->to), &all);
    for (size_t i = 0; rc == DB_OK && i < all.n; i++)
        rc = copy_month(m, all.at[i], 0, most);
    arena_clear(&a);
    return rc;
}

/* ---- what came meanwhile ---------------------------------------------------
 */

struct newer {
    int32_t *month, row;
    size_t n;
};

static bool
newer_row(void *arg)
{
    struct newer *n = arg;

    n->month = mem_grow(n->month, (n->n + 1) * sizeof *n->month);
    n->month[n->n++] = n->row;
    return true;
}

static enum db_rc
copy_newer(struct mover *m)
{
    struct newer n = {0};
    enum db_rc rc =
        db_each(m->db, DB_MARKET,
                "SELECT DISTINCT month FROM reading_part "
                "WHERE load_id > $1",
                IN(in_i64(m->newest)), OUT(out_i32(&n.row)), newer_row, &n);

    for (size_t i = 0; rc == DB_OK && i < n.n; i++)
        rc = copy_month(m, n.month[i], m->newest + 1, INT32_MAX);
    free(n.month);
    return rc;
}

/* Under the lock no load is being written: all up to the newest are whole. */
static enum db_rc
mark(struct mover *m)
{
    return db_one(m->db, DB_MARKET,
                  "SELECT edits, coalesce((SELECT next - 1 FROM series "
                  "WHERE name = 'load'), 0) FROM shard_map",
                  IN_NONE, OUT(out_i64(&m->edits), out_i64(&m->newest)));
}

static enum db_rc
mark_locked(struct mover *m)
{
    enum db_rc rc = db_writer_lock(m->db, m->lock_seconds);

    if (rc != DB_OK)
        return rc;
    rc = mark(m);
    db_writer_unlock(m->db);
    return rc;
}

/* ---- the map ---------------------------------------------------------------
 */

static enum db_rc
flip_one(struct db *db, const struct mover *m, int bucket)
{
    enum db_rc rc =
        db_run(db, DB_MARKET, "DELETE FROM shard_bucket WHERE bucket = $1",
               IN(in_i64(bucket)), NULL);

    if (rc == DB_OK && m->to)
        rc = db_run(db, DB_MARKET,
                    "INSERT INTO shard_bucket (bucket, shard_id) "
                    "VALUES ($1, $2)",
                    IN(in_i64(bucket), in_i64(m->to)), NULL);
    if (rc == DB_OK)
        rc = db_run(db, DB_MARKET,
                    "UPDATE shard_move SET moved = TRUE WHERE bucket = $1",
                    IN(in_i64(bucket)), NULL);
    return rc;
}

static enum db_rc
flip(struct db *db, void *arg)
{
    const struct mover *m = arg;
    enum db_rc rc = db_writer_check(db);

    if (rc == DB_OK)
        rc = mover_check(db, m);
    for (size_t i = 0; rc == DB_OK && i < m->n; i++)
        rc = flip_one(db, m, m->bucket[i]);
    if (rc == DB_OK)
        rc = db_run(db, DB_MARKET, "UPDATE shard_map SET version = version + 1",
                    IN_NONE, NULL);
    return rc;
}

/* Under the lock. */
static enum db_rc
catch_up(struct mover *m, bool last, bool *stale)
{
    int64_t edits = m->edits, newest = m->newest;
    enum db_rc rc = mark(m);

    *stale = rc == DB_OK && m->edits != edits;
    if (rc != DB_OK || (*stale && !last))
        return rc;
    if (*stale) {
        *stale = false;
        rc = copy_all(m, INT32_MAX);
    } else {
        m->newest = newest;
        rc = copy_newer(m);
    }
    return rc == DB_OK ? db_tx(m->db, DB_MARKET, flip, m) : rc;
}

static enum db_rc
copy_and_flip(struct mover *m)
{
    bool stale = true;
    enum db_rc rc = DB_OK;

    for (int i = 1; rc == DB_OK && stale; i++) {
        rc = mark_locked(m);
        if (rc == DB_OK)
            rc = copy_all(m, m->newest);
        if (rc == DB_OK)
            rc = db_writer_lock(m->db, m->lock_seconds);
        if (rc != DB_OK)
            return rc;
        rc = catch_up(m, i >= TRIES, &stale);
        db_writer_unlock(m->db);
    }
    return rc;
}

static enum db_rc
note_moves(struct db *db, void *arg)
{
    const struct mover *m = arg;
    enum db_rc rc = mover_check(db, m);

    for (size_t i = 0; rc == DB_OK && i < m->n; i++)
        rc = db_run(db, DB_MARKET,
                    "INSERT INTO shard_move (bucket, from_id, to_id, moved) "
                    "VALUES ($1, $2, $3, FALSE)",
                    IN(in_i64(m->bucket[i]), in_i64(m->from), in_i64(m->to)),
                    NULL);
    return rc;
}

static enum db_rc
forget_moves(struct db *db, void *arg)
{
    const struct mover *m = arg;
    enum db_rc rc = mover_check(db, m);

    if (rc != DB_OK)
        return rc;
    return db_run(db, DB_MARKET,
                  "DELETE FROM shard_move "
                  "WHERE bucket = ANY (CAST($1 AS INTEGER[]))",
                  IN(in_text(m->list)), NULL);
}

/* Rows that do not count leave that server; then nothing is on its way. */
static enum db_rc
clean(struct mover *m, int32_t id)
{
    struct arena a = {0};
    struct reading_months all;
    struct shard *s = shard_get(m->s, id);
    enum db_rc rc = months_read(m, &a, &all);

    if (rc == DB_OK && s)
        rc = rows_leave(m, s, &all);
    arena_clear(&a);
    return rc == DB_OK ? db_tx(m->db, DB_MARKET, forget_moves, m) : rc;
}

/* The batch goes all the way. */
static enum db_rc
batch_move(struct mover *m)
{
    enum db_rc rc;

    list_make(m);
    m->p.from = m->from;
    m->p.to = m->to;
    rc = db_tx(m->db, DB_MARKET, note_moves, m);
    if (rc == DB_OK)
        rc = copy_and_flip(m);
    if (rc == DB_OK)
        rc = clean(m, m->from);
    if (rc == DB_OK) {
        m->p.buckets_done += (int64_t)m->n;
        tell(m);
    }
    return rc;
}

/* ---- what was cut off ------------------------------------------------------
 */

struct open_move {
    int32_t bucket, from, to;
    bool moved;
};

static bool
first_only(void *arg)
{
    (void)arg;
    return false;
}

static enum db_rc
finish_open(struct mover *m)
{
    for (;;) {
        struct open_move o = {.bucket = -1};
        enum db_rc rc =
            db_each(m->db, DB_MARKET,
                    "SELECT bucket, from_id, to_id, moved FROM shard_move "
                    "ORDER BY bucket LIMIT 1",
                    IN_NONE,
                    OUT(out_i32(&o.bucket), out_i32(&o.from), out_i32(&o.to),
                        out_bool(&o.moved)),
                    first_only, NULL);

        if (rc != DB_OK || o.bucket < 0)
            return rc;
        m->bucket[0] = o.bucket;
        m->n = 1;
        list_make(m);
        rc = clean(m, o.moved ? o.from : o.to);
        if (rc != DB_OK)
            return rc;
    }
}

/* ---- the plan --------------------------------------------------------------
 */

struct plan {
    int have[SHARDS_MOST + 1], want[SHARDS_MOST + 1];
};

static bool
stays(const struct shards *s, size_t place)
{
    const struct shard *one = &s->at[place];

    return one->id && one->ready && !one->leaving;
}

static void
plan_make(const struct shards *s, struct plan *p)
{
    int staying = 0, left;

    *p = (struct plan){0};
    for (size_t b = 0; b < READING_BUCKETS; b++)
        p->have[s->bucket[b]]++;
    for (size_t i = 0; i < s->n; i++)
        staying += stays(s, i);
    if (!staying) {
        p->want[0] = READING_BUCKETS; /* back into the store's database */
        return;
    }
    left = READING_BUCKETS % staying;
    for (size_t i = 0; i < s->n; i++)
        p->want[i] = stays(s, i) ? READING_BUCKETS / staying : 0;
    /* What is left over stays where there is more already. */
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < s->n && left > 0; i++) {
            if (!stays(s, i) || p->want[i] > READING_BUCKETS / staying ||
                (!pass && p->have[i] <= p->want[i]))
                continue;
            p->want[i]++;
            left--;
        }
    }
}

/* The server with most too many, and the one with most too few. */
static bool
pair_find(const struct shards *s, const struct plan *p, size_t *from,
          size_t *to)
{
    *from = *to = 0;
    for (size_t i = 1; i < s->n; i++) {
        if (p->have[i] - p->want[i] > p->have[*from] - p->want[*from])
            *from = i;
        if (p->want[i] - p->have[i] > p->want[*to] - p->have[*to])
            *to = i;
    }
    return p->have[*from] > p->want[*from] && p->want[*to] > p->have[*to];
}

/* The next buckets that go from one server to another, evenly out of those it
 * has: neighbours are points of one REP and often read together.  False: every
 * server has its share. */
static bool
batch_next(struct mover *m)
{
    struct shards *s = m->s;
    struct plan p;
    int all[READING_BUCKETS], n = 0, most = BATCH;
    size_t from, to;

    plan_make(s, &p);
    if (!pair_find(s, &p, &from, &to))
        return false;
    if (most > p.have[from] - p.want[from])
        most = p.have[from] - p.want[from];
    if (most > p.want[to] - p.have[to])
        most = p.want[to] - p.have[to];
    for (int b = 0; b < READING_BUCKETS; b++) {
        if (s->bucket[b] == from)
            all[n++] = b;
    }
    m->from = s->at[from].id;
    m->to = s->at[to].id;
    for (int i = 0; i < most; i++)
        m->bucket[i] = all[i * n / most];
    m->n = (size_t)most;
    return true;
}

static int64_t
moves_wanted(const struct shards *s)
{
    struct plan p;
    int64_t n = 0;

    plan_make(s, &p);
    for (size_t i = 0; i < s->n; i++)
        n += p.have[i] > p.want[i] ? p.have[i] - p.want[i] : 0;
    return n;
}

static enum db_rc
drop_leaving(struct db *db, void *arg)
{
    enum db_rc rc = mover_check(db, arg);
    int64_t changed = 0;

    if (rc == DB_OK)
        rc = db_run(db, DB_MARKET,
                    "DELETE FROM shard WHERE leaving AND NOT EXISTS (SELECT 1 "
                    "FROM shard_bucket b WHERE b.shard_id = shard.id)",
                    IN_NONE, &changed);
    if (rc == DB_OK && changed)
        rc = db_run(db, DB_MARKET, "UPDATE shard_map SET version = version + 1",
                    IN_NONE, NULL);
    return rc;
}

static enum db_rc
balance(struct mover *m)
{
    enum db_rc rc = shards_fresh(m->db, &m->s);

    if (rc == DB_OK)
        rc = finish_open(m);
    if (rc == DB_OK)
        rc = shards_fresh(m->db, &m->s);
    if (rc == DB_OK)
        m->p.buckets = moves_wanted(m->s);
    while (rc == DB_OK && batch_next(m)) {
        rc = batch_move(m);
        if (rc == DB_OK)
            rc = shards_fresh(m->db, &m->s);
    }
    return rc == DB_OK ? db_tx(m->db, DB_MARKET, drop_leaving, m) : rc;
}

enum db_rc
shard_balance(struct db *db, double lock_seconds,
              void (*fn)(void *arg, const struct shard_progress *p), void *arg,
              char why[DB_WHY])
{
    struct mover m = {
        .db = db, .lock_seconds = lock_seconds, .tell = fn, .arg = arg};
    enum db_rc rc;

    why[0] = '\0';
    if (db->engine != DB_POSTGRES) {
        str_copy(why, DB_WHY, "only a PostgreSQL store has shards");
        return DB_FAIL;
    }
    db->patience_ms = PATIENCE_MS;
    rc = mover_lock(&m);
    if (rc == DB_OK)
        rc = balance(&m);
    if (rc != DB_OK)
        str_copy(why, DB_WHY, db->error);
    conn_close(m.lock);
    return rc;
}
