/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rewriting a month on SQLite.  A new file is built beside the month's from one
 * snapshot of it, with what the view has in month rows and all else as it is,
 * read back and compared.  Then, if nobody has written to the month since, its
 * pages take the place of the month's in one transaction of SQLite's own: who
 * reads goes on in the old rows, whatever cuts it off leaves the old rows.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "db/reading_month.h"
#include "server/base/clock.h"
#include "server/base/hash.h"
#include "server/base/log.h"
#include "server/base/str.h"

#define PAGE       32768
#define PAGE_HEAD  8     /* of a leaf of the tree */
#define CELL_HEAD  19    /* of a row in it, at most */
#define ROW_BYTES  16384 /* no longer rows are made */
#define CUT_LEAST  3     /* records worth a row of their own at a page's end */
#define COPY_TRIES 100   /* of 50 ms, for the exchange */

/* What a record is to be put in order by, and its load. */
struct piece {
    struct row_record r;
    const struct load_info *load;
};

/* The sum of what rows say, wherever they lie. */
struct content {
    int64_t records, rows;
    uint64_t sum;
};

struct rewrite {
    struct db *db;
    struct month_file *file;
    const struct reading_view *view;
    int32_t month;
    sqlite3 *to;
    sqlite3_stmt *put;
    struct month_places places;
    struct arena arena; /* of one group */
    struct piece *piece;
    size_t n, size;
    struct month_row row;
    struct buf packed;
    size_t room; /* on the page that is being filled */
    int64_t last_key;
    struct reading_row *as_is; /* rows that stay day rows, without bytes */
    size_t as_is_n, as_is_size;
    int64_t taken; /* rows of the month's file */
    struct content before, after;
    enum db_rc rc;
};

static enum db_rc
fail(struct rewrite *w, const char *what)
{
    char day[11];

    snprintf(w->db->error, sizeof w->db->error, "readings of %.7s: %s",
             day_format(day, w->month), what);
    return w->rc = DB_FAIL;
}

static enum db_rc
fail_new(struct rewrite *w)
{
    return fail(w, sqlite3_errmsg(w->to));
}

/* ---- the new file ---------------------------------------------------------
 */

static enum db_rc
put_row(struct rewrite *w, int64_t key, const void *data, size_t n)
{
    sqlite3_bind_int64(w->put, 1, key);
    sqlite3_bind_blob64(w->put, 2, data, n, SQLITE_STATIC);
    if (sqlite3_step(w->put) != SQLITE_DONE)
        fail_new(w);
    sqlite3_reset(w->put);
    return w->rc;
}

/* It only lives until it is copied: what is cut off is made anew. */
static enum db_rc
new_open(struct rewrite *w, const char *path)
{
    if (sqlite3_open(path, &w->to) != SQLITE_OK ||
        sqlite3_exec(w->to,
                     "PRAGMA page_size = 32768;"
                     "PRAGMA journal_mode = OFF;"
                     "PRAGMA synchronous = OFF;" MONTH_SCHEMA ";BEGIN",
                     NULL, NULL, NULL) != SQLITE_OK ||
        sqlite3_prepare_v2(w->to,
                           "INSERT INTO reading (id, data) VALUES (?1, ?2)", -1,
                           &w->put, NULL) != SQLITE_OK ||
        !month_places_prepare(&w->places, w->to))
        return fail_new(w);
    w->room = 0;
    w->last_key = -1;
    return DB_OK;
}

static enum db_rc
new_commit(struct rewrite *w)
{
    sqlite3_finalize(w->put);
    month_places_clear(&w->places);
    w->put = NULL;
    if (sqlite3_exec(w->to, "COMMIT", NULL, NULL, NULL) != SQLITE_OK)
        return fail_new(w);
    return DB_OK;
}

/* ---- month rows -----------------------------------------------------------
 */

/* Packs the first n records and puts them. */
static enum db_rc
put_packed(struct rewrite *w)
{
    const struct row_key *k = &w->row.key[0];
    int64_t key = month_key(w->month, k->point_id, k->day, 0);

    /* A day may have been cut in two. */
    key = key > w->last_key ? key : w->last_key + 1;
    w->last_key = key;
    w->room -= w->packed.len + CELL_HEAD < w->room ? w->packed.len + CELL_HEAD
                                                   : w->room;
    return put_row(w, key, w->packed.at, w->packed.len);
}

static size_t
pack_first(struct rewrite *w, size_t n)
{
    w->packed.len = 0;
    month_row_pack(&w->row, n, w->row.key[0].day, &w->packed);
    return w->packed.len + CELL_HEAD;
}

/* The most records that fit on the page, at least some; else 0. */
static size_t
records_that_fit(struct rewrite *w)
{
    size_t n = w->row.n;

    while (n > 0 && w->row.at[n] > w->room)
        n--;
    while (n >= CUT_LEAST && pack_first(w, n) > w->room)
        n--;
    return n >= CUT_LEAST ? n : 0;
}

/* Puts what was collected of a point.  Rows are cut where a page ends, so that
 * nothing of it is left empty. */
static enum db_rc
put_point(struct rewrite *w)
{
    while (w->rc == DB_OK && w->row.n) {
        size_t n = w->row.n;

        if (pack_first(w, n) > w->room) {
            n = records_that_fit(w);
            if (!n) {
                w->room = PAGE - PAGE_HEAD;
                n = w->row.n;
                pack_first(w, n);
            }
        }
        put_packed(w);
        month_row_cut(&w->row, n);
    }
    return w->rc;
}

static enum db_rc
put_piece(struct rewrite *w, const struct piece *p)
{
    const struct month_row *m = &w->row;

    if (m->n && (m->point_id != p->r.key.point_id || m->n == MONTH_ROW_MOST ||
                 m->bytes.len > ROW_BYTES))
        put_point(w);
    if (w->rc != DB_OK)
        return w->rc;
    if (!row_digest(&p->r, &p->load->source, &w->before.sum) ||
        !month_row_add(&w->row, &p->r, &p->load->source))
        return fail(w, "a record is damaged; nothing was rewritten");
    w->before.records++;
    return DB_OK;
}

/* ---- one group ------------------------------------------------------------
 */

static int
compare_pieces(const void *a, const void *b)
{
    const struct row_key *x = &((const struct piece *)a)->r.key;
    const struct row_key *y = &((const struct piece *)b)->r.key;

    if (x->point_id != y->point_id)
        return x->point_id < y->point_id ? -1 : 1;
    if (x->day != y->day)
        return x->day < y->day ? -1 : 1;
    if (x->channel != y->channel)
        return x->channel > y->channel ? -1 : 1;
    return (x->load_id > y->load_id) - (x->load_id < y->load_id);
}

static void
keep_piece(struct rewrite *w, const struct row_record *r)
{
    struct piece *p;

    if (w->n == w->size) {
        w->size = w->size ? 2 * w->size : 512;
        w->piece = mem_grow(w->piece, w->size * sizeof *w->piece);
    }
    p = &w->piece[w->n++];
    p->r = *r;
    p->r.at = (const uint8_t *)arena_dupn(&w->arena, r->at, r->n);
    w->rc = load_info_get(w->db, r->key.load_id, &p->load);
    if (w->rc == DB_NONE)
        fail(w, "a record is of an unknown load; nothing was rewritten");
}

/* Its key in the new file. */
static int64_t
key_there(const struct rewrite *w, const struct reading_row *row)
{
    return month_day_key(MONTH_BY_LOAD, w->month, row->day, row->group,
                         row->load_id);
}

static void
keep_as_is(struct rewrite *w, const struct reading_row *row)
{
    if (w->as_is_n == w->as_is_size) {
        w->as_is_size = w->as_is_size ? 2 * w->as_is_size : 64;
        w->as_is = mem_grow(w->as_is, w->as_is_size * sizeof *w->as_is);
    }
    w->as_is[w->as_is_n++] = *row;
    w->before.rows++;
    w->before.sum += hash64(row->data, row->n) + (uint64_t)key_there(w, row);
}

static bool
take_row(void *arg, const struct reading_row *row)
{
    struct rewrite *w = arg;
    struct row_walk walk;
    struct row_record r;

    w->taken++;
    if (!row->month && !reading_view_has(w->view, row->load_id)) {
        keep_as_is(w, row);
        return true;
    }
    row_open(&walk, row);
    while (w->rc == DB_OK && row_next(&walk, &r))
        keep_piece(w, &r);
    if (walk.bad)
        fail(w, "a row is damaged; nothing was rewritten");
    return w->rc == DB_OK;
}

static enum db_rc
rewrite_group(struct rewrite *w, int64_t group)
{
    int64_t first = group << LOAD_BITS;
    bool more = true;
    enum db_rc rc;

    w->n = 0;
    rc = month_range(w->db, w->file, first, first | LOAD_MASK, take_row, w,
                     &more);
    if (rc == DB_OK && more)
        rc = month_group(w->db, w->file, group, w->month,
                         reading_month_next(w->month) - 1, take_row, w, &more);
    if (rc != DB_OK)
        return w->rc = rc;
    if (w->n)
        qsort(w->piece, w->n, sizeof *w->piece, compare_pieces);
    for (size_t i = 0; i < w->n && w->rc == DB_OK; i++)
        put_piece(w, &w->piece[i]);
    if (w->rc == DB_OK)
        put_point(w);
    arena_reset(&w->arena);
    return w->rc;
}

/* ---- the whole month ------------------------------------------------------
 */

static bool
copy_row(void *arg, const struct reading_row *row)
{
    return put_row(arg, key_there(arg, row), row->data, row->n) == DB_OK;
}

/* In the order of the new keys. */
static int
compare_rows(const void *a, const void *b)
{
    const struct reading_row *x = a, *y = b;

    if (x->load_id != y->load_id)
        return x->load_id < y->load_id ? -1 : 1;
    if (x->day != y->day)
        return x->day < y->day ? -1 : 1;
    return (x->group > y->group) - (x->group < y->group);
}

/* Rows that stay what they are, and their places. */
static enum db_rc
copy_as_is(struct rewrite *w)
{
    bool more = true;
    enum db_rc rc = DB_OK;

    if (w->as_is_n)
        qsort(w->as_is, w->as_is_n, sizeof *w->as_is, compare_rows);
    for (size_t i = 0; i < w->as_is_n && rc == DB_OK; i++)
        rc = month_get(w->db, w->file, w->as_is[i].key, copy_row, w, &more);
    if (rc == DB_OK && w->rc == DB_OK &&
        month_places_add(&w->places, w->month, w->as_is, w->as_is_n) !=
            SQLITE_OK)
        fail_new(w);
    return rc;
}

static enum db_rc
rewrite_all(struct rewrite *w)
{
    int64_t first = 0, last = -1;
    enum db_rc rc =
        db_one(w->db, DB_MARKET,
               "SELECT coalesce(min(first_group), 0), "
               "coalesce(max(last_group), -1) FROM reading_part "
               "WHERE month = $1",
               IN(in_i64(w->month)), OUT(out_i64(&first), out_i64(&last)));

    for (int64_t g = first; g <= last && rc == DB_OK; g++)
        rc = rewrite_group(w, g);
    if (rc == DB_OK)
        rc = copy_as_is(w);
    return rc == DB_OK ? w->rc : rc;
}

/* A row that the catalog knows nothing of lies beside the groups that were
 * gone through: it would be lost. */
static enum db_rc
all_taken(struct rewrite *w)
{
    int64_t rows = -1;
    enum db_rc rc =
        month_note(w->db, w->file,
                   conn_one(w->file->conn, "SELECT count(*) FROM reading",
                            IN_NONE, OUT(out_i64(&rows))));

    if (rc == DB_OK && rows != w->taken)
        return fail(w, "it has rows of no known load; nothing was rewritten");
    return rc;
}

/* ---- reading it back ------------------------------------------------------
 */

static void
recount_row(struct rewrite *w, const struct reading_row *row)
{
    struct content *c = &w->after;
    const struct load_info *load;
    struct row_walk walk;
    struct row_record r;

    c->rows++;
    if (!row->month) {
        c->sum += hash64(row->data, row->n) + (uint64_t)row->key;
        return;
    }
    row_open(&walk, row);
    while (w->rc == DB_OK && row_next(&walk, &r)) {
        w->rc = load_info_get(w->db, r.key.load_id, &load);
        if (w->rc == DB_OK && !row_digest(&r, &load->source, &c->sum))
            walk.bad = true;
        c->records++;
    }
    if (walk.bad)
        fail(w, "the new row is damaged");
}

static enum db_rc
recount(struct rewrite *w)
{
    sqlite3_stmt *s;
    int rc;

    if (sqlite3_prepare_v2(w->to, "SELECT id, data FROM reading", -1, &s,
                           NULL) != SQLITE_OK)
        return fail_new(w);
    while ((rc = sqlite3_step(s)) == SQLITE_ROW && w->rc == DB_OK) {
        struct reading_row row;

        month_key_split(MONTH_BY_LOAD, sqlite3_column_int64(s, 0), w->month,
                        &row);
        row.data = sqlite3_column_blob(s, 1);
        row.n = (size_t)sqlite3_column_bytes(s, 1);
        recount_row(w, &row);
    }
    sqlite3_finalize(s);
    if (w->rc == DB_OK && rc != SQLITE_DONE)
        fail_new(w);
    if (w->rc == DB_OK && (w->before.sum != w->after.sum ||
                           w->before.records != w->after.records))
        fail(w, "the new rows say something else; nothing was rewritten");
    return w->rc;
}

/* ---- the exchange ---------------------------------------------------------
 */

static enum db_rc
version_get(struct rewrite *w, int64_t *version)
{
    struct db_conn *c = w->file->conn;
    int64_t tables;
    /* The first read takes the snapshot. */
    enum db_rc rc = conn_one(c, "SELECT count(*) FROM sqlite_schema", IN_NONE,
                             OUT(out_i64(&tables)));

    if (rc == DB_OK)
        rc = conn_one(c, "SELECT data_version FROM pragma_data_version",
                      IN_NONE, OUT(out_i64(version)));
    return month_note(w->db, w->file, rc);
}

static enum db_rc
pages_take(struct rewrite *w)
{
    sqlite3_backup *b;
    int rc = SQLITE_BUSY;

    if (db_sync_failed())
        return w->rc = month_note(
                   w->db, w->file,
                   sqlite_sync_refuse(w->file->conn, "exchange of pages"));
    b = sqlite3_backup_init(sqlite_handle(w->file->conn), "main", w->to,
                            "main");
    if (!b)
        return fail(w, sqlite3_errmsg(sqlite_handle(w->file->conn)));
    for (int i = 0; i < COPY_TRIES; i++) {
        rc = sqlite3_backup_step(b, -1);
        if (rc != SQLITE_BUSY && rc != SQLITE_LOCKED)
            break;
        usleep(50000);
    }
    sqlite3_backup_finish(b);
    sqlite_sync_note(rc);
    return rc == SQLITE_DONE ? DB_OK : fail(w, sqlite3_errstr(rc));
}

/* Under the writer lock. */
static enum db_rc
exchange(struct rewrite *w, int64_t version)
{
    int64_t now = -1;
    enum db_rc rc = version_get(w, &now);

    if (rc != DB_OK)
        return rc;
    if (now != version) {
        fail(w, "written to while it was being rewritten");
        return DB_BUSY;
    }
    month_files_tidy(reading_home(w->db)->files, w->file);
    rc = pages_take(w);
    if (rc == DB_OK)
        month_checkpoint(w->file);
    return rc;
}

static enum db_rc
build(struct rewrite *w, const char *path, int64_t *version)
{
    enum db_rc rc = month_read(w->db, w->file);

    if (rc != DB_OK)
        return rc;
    rc = version_get(w, version);
    if (rc == DB_OK)
        rc = new_open(w, path);
    if (rc == DB_OK)
        rc = rewrite_all(w);
    if (rc == DB_OK)
        rc = all_taken(w);
    month_done(w->file);
    if (rc == DB_OK)
        rc = new_commit(w);
    return rc == DB_OK ? recount(w) : rc;
}

static enum db_rc
rewrite(struct rewrite *w, const char *path, double lock_seconds)
{
    int64_t version = -1;
    enum db_rc rc = build(w, path, &version);

    if (rc != DB_OK)
        return rc;
    rc = db_writer_lock(w->db, lock_seconds);
    if (rc != DB_OK)
        return rc;
    rc = exchange(w, version);
    db_writer_unlock(w->db);
    return rc;
}

static void
rewrite_clear(struct rewrite *w)
{
    sqlite3_finalize(w->put);
    month_places_clear(&w->places);
    sqlite3_close(w->to);
    arena_clear(&w->arena);
    month_row_clear(&w->row);
    buf_clear(&w->packed);
    free(w->piece);
    free(w->as_is);
}

/* One at a time on a store. */
static enum db_rc
turn_take(struct db *db, int *fd)
{
    char path[1100];

    snprintf(path, sizeof path, "%.1000s/rewrite.lock", db_place(db));
    *fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (*fd < 0)
        return month_fail(db, path);
    if (flock(*fd, LOCK_EX | LOCK_NB) == 0)
        return DB_OK;
    snprintf(db->error, sizeof db->error, "another program rewrites a month");
    close(*fd);
    return DB_BUSY;
}

enum db_rc
month_rewrite(struct db *db, int32_t month, const struct reading_view *v,
              double lock_seconds, struct reading_rewritten *r)
{
    const struct reading_engine *e = reading_home(db)->engine;
    struct rewrite w = {.db = db, .view = v, .month = month};
    char path[1024], fresh[1100];
    enum db_rc rc;
    int turn;

    *r = (struct reading_rewritten){0};
    rc = turn_take(db, &turn);
    if (rc != DB_OK)
        return rc;
    month_path(db, month, path);
    snprintf(fresh, sizeof fresh, "%s.rewrite", path);
    e->size(db, month, &r->bytes_before);
    rc = month_open(db, month, false, &w.file);
    if (rc == DB_OK && (!month_file_gone(fresh) || !month_logs_gone(fresh)))
        rc = month_fail(db, fresh);
    if (rc == DB_OK)
        rc = rewrite(&w, fresh, lock_seconds);
    rewrite_clear(&w);
    month_file_gone(fresh);
    close(turn);
    e->size(db, month, &r->bytes);
    r->records = w.after.records;
    r->rows = w.after.rows;
    return rc;
}

/* ---- taking a load out ----------------------------------------------------
 */

#define CHANGED_MOST 256 /* rows changed at a time */

struct taking {
    struct month_file *file;
    int64_t load_id, at; /* the key of the row seen last */
    struct month_row row;
    struct buf bytes; /* of the new rows, one after another */
    int64_t key[CHANGED_MOST];
    size_t end[CHANGED_MOST];
    size_t n;
    bool bad;
};

/* A row without the records of the load; it may be empty. */
static bool
take_out(void *arg, const struct reading_row *row)
{
    struct taking *t = arg;
    struct row_walk w;
    struct row_record r;
    bool hit = false;

    t->at = row->key;
    row_open(&w, row);
    month_row_cut(&t->row, t->row.n);
    while (row_next(&w, &r)) {
        hit |= r.key.load_id == t->load_id;
        if (r.key.load_id != t->load_id && !month_row_add(&t->row, &r, NULL))
            w.bad = true;
    }
    if (w.bad) {
        log_ours("readings are damaged", "load=%lld group=%lld",
                 (long long)t->load_id, (long long)row->group);
        t->bad = true;
        return true;
    }
    if (!hit)
        return true;
    if (t->row.n)
        month_row_pack(&t->row, t->row.n, row->day, &t->bytes);
    t->key[t->n] = row->key;
    t->end[t->n++] = t->bytes.len;
    return t->n < CHANGED_MOST;
}

static enum db_rc
put_back(struct taking *t)
{
    enum db_rc rc = DB_OK;

    for (size_t i = 0, from = 0; i < t->n && rc == DB_OK; i++) {
        size_t n = t->end[i] - from;

        rc = n ? conn_run(t->file->conn,
                          "UPDATE reading SET data = $1 WHERE id = $2",
                          IN(in_blob(t->bytes.at + from, n), in_i64(t->key[i])),
                          NULL)
               : conn_run(t->file->conn, "DELETE FROM reading WHERE id = $1",
                          IN(in_i64(t->key[i])), NULL);
        from = t->end[i];
    }
    return rc;
}

enum db_rc
month_rows_remove(struct db *db, struct month_file *f,
                  const struct reading_part *p, int64_t *rows, bool *left)
{
    struct taking *t = mem_new(sizeof *t);
    const int64_t last = p->last_group << LOAD_BITS | LOAD_MASK;
    bool more = false;
    enum db_rc rc = DB_OK;

    *t = (struct taking){.file = f,
                         .load_id = p->load_id,
                         .at = (p->first_group << LOAD_BITS) - 1};
    while (rc == DB_OK && !more) {
        t->n = t->bytes.len = 0;
        more = true;
        rc = month_range(db, f, t->at + 1, last, take_out, t, &more);
        if (rc == DB_OK)
            rc = put_back(t);
        *rows += (int64_t)t->n;
    }
    *left = t->bad;
    month_row_clear(&t->row);
    buf_clear(&t->bytes);
    free(t);
    return rc;
}
