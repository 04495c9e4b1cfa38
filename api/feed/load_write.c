/* SPDX-License-Identifier: Apache-2.0 */
/* The loader's writing side: one batch becomes one load of the store. */
#include <stdio.h>
#include <stdlib.h>

#include "api/feed/load_parts.h"
#include "server/base/log.h"
#include "server/base/str.h"

static bool
store_failed(struct loader *ld, struct batch *b, enum db_rc rc)
{
    const char *why = db_error(ld->db);

    b->r.state = FEED_FAILED;
    snprintf(b->r.why, sizeof b->r.why, "%s",
             *why != '\0' ? why : "the store failed");
    if (rc != DB_BUSY && rc != DB_AWAY)
        log_ours("load failed", "file=%s why=%s", b->r.l.name, b->r.why);
    return false;
}

/* ---- rejects
 * ------------------------------------------------------------------
 */

static int
by_line(const void *a, const void *b)
{
    const struct feed_reject *x = a, *y = b;

    return (x->line > y->line) - (x->line < y->line);
}

static void
count_rejects(struct batch *b)
{
    struct load_counts *n = &b->r.l.n;

    if (b->r.n_rejects > 1)
        qsort(b->r.rejects, b->r.n_rejects, sizeof *b->r.rejects, by_line);
    n->rejected = b->refused ? n->read : (int64_t)b->r.n_rejects;
}

static void
reject_duplicate(struct batch *b, const struct batch_record *r)
{
    struct feed_reject j = {.field = lse_field_text(LSE_FIELD_STAMP),
                            .channel = r->channel,
                            .day = r->day,
                            .line = r->line};

    feed_reject_code(&j, FEED_DUPLICATE);
    str_copy(j.esiid, sizeof j.esiid, b->texts.at + r->esiid);
    batch_reject(b, &j);
}

/* ---- a file that is there already
 * ----------------------------------------------
 */

static int
by_key(const void *a, const void *b)
{
    const struct batch_record *x = a, *y = b;

    if (x->point_id != y->point_id)
        return x->point_id < y->point_id ? -1 : 1;
    if (x->day != y->day)
        return x->day < y->day ? -1 : 1;
    return x->channel - y->channel;
}

/* Good records that others of the same file stand for. */
static int64_t
count_twice(const struct batch *b)
{
    struct batch_record *r = mem_new((b->n + 1) * sizeof *r);
    int64_t twice = 0;

    memcpy(r, b->records, b->n * sizeof *r);
    qsort(r, b->n, sizeof *r, by_key);
    for (size_t i = 1; i < b->n; i++)
        twice += by_key(&r[i - 1], &r[i]) == 0;
    free(r);
    return twice;
}

/*
 * The same content under the same stamp and counter, of which as many records
 * are good as were then, changes nothing.  (A record that was in the future
 * then may be good by now.)
 */
static bool
is_known(struct loader *ld, struct batch *b, enum db_rc *rc)
{
    struct load *l = &b->r.l, old = {.id = 0};

    *rc = db_load_find(ld->db, l->digest, l->file_stamp, l->file_counter, &old);
    if (*rc == DB_NONE) {
        *rc = DB_OK;
        return false;
    }
    if (*rc != DB_OK || old.n.read != l->n.read)
        return false;
    if (old.n.rejected != l->n.rejected &&
        old.n.rejected != l->n.rejected + count_twice(b))
        return false;
    l->id = old.id;
    l->seq = old.seq;
    l->state = old.state;
    l->n.rejected = old.n.rejected;
    l->n.unchanged = l->n.read - l->n.rejected;
    b->r.state = FEED_KNOWN;
    return true;
}

/* ---- LSE
 * ----------------------------------------------------------------------
 */

/* Gives every record its point; makes the ones that are new. */
static enum db_rc
resolve_points(struct loader *ld, struct batch *b)
{
    const char **fresh = mem_new((b->n + 1) * sizeof *fresh);
    enum db_rc rc = DB_OK;
    size_t n = 0;

    for (size_t i = 0; i < b->n; i++)
        if (b->records[i].point_id == 0)
            fresh[n++] = b->texts.at + b->records[i].esiid;
    if (n > 0) {
        pthread_rwlock_wrlock(&ld->map_lock);
        rc = point_map_add(ld->book.map, ld->db, n, fresh,
                           ld->conf->default_zone);
        pthread_rwlock_unlock(&ld->map_lock);
    }
    for (size_t i = 0; rc == DB_OK && i < b->n; i++) {
        struct batch_record *r = &b->records[i];
        const char *esiid = b->texts.at + r->esiid;
        struct point_known k;

        if (r->point_id != 0)
            continue;
        if (!point_map_find(ld->book.map, esiid, strlen(esiid), &k))
            rc = DB_FAIL;
        r->point_id = k.id;
    }
    free(fresh);
    return rc;
}

static void
take_outcome(void *arg, uint32_t tag, enum reading_outcome o)
{
    struct batch *b = arg;
    struct load_counts *n = &b->r.l.n;

    load_cover_take(b, &b->records[tag], o);
    switch (o) {
    case READING_LOADED:
        n->loaded++;
        break;
    case READING_REPLACED:
        n->replaced++;
        break;
    case READING_UNCHANGED:
        n->unchanged++;
        break;
    case READING_HISTORIC:
        n->historic++;
        break;
    case READING_DUPLICATE:
        reject_duplicate(b, &b->records[tag]);
        break;
    }
}

static enum db_rc
write_readings(struct loader *ld, struct batch *b)
{
    struct reading_load *rl = NULL;
    enum db_rc rc = reading_load_begin(ld->db, &b->r.l, &rl);

    b->rl = rl;
    coverage_due_init(&b->due, &ld->rule);
    for (size_t i = 0; rc == DB_OK && i < b->n; i++) {
        const struct batch_record *r = &b->records[i];

        rc = reading_load_add(rl, r->point_id, r->day, r->channel,
                              b->packed.at + r->packed, r->packed_n,
                              (uint32_t)i);
    }
    if (b->packed.size > BATCH_KEEP) /* there is a copy now */
        buf_clear(&b->packed);
    if (rc == DB_OK)
        rc = reading_load_write(rl, take_outcome, b);
    reading_load_free(rl);
    return rc;
}

/* Number and row in one transaction: a load has few others. */
static enum db_rc
open_tx(struct db *db, void *arg)
{
    return db_load_add(db, arg);
}

static enum db_rc
write_lse(struct loader *ld, struct batch *b)
{
    enum db_rc rc = resolve_points(ld, b);

    if (rc == DB_OK && is_known(ld, b, &rc))
        return DB_OK;
    if (rc == DB_OK)
        rc = db_tx(ld->db, DB_MARKET, open_tx, &b->r.l);
    if (rc == DB_OK)
        rc = write_readings(ld, b);
    if (rc != DB_OK)
        return rc;
    count_rejects(b);
    b->r.state = FEED_LOADED;
    rc = db_load_commit_counted(ld->db, &b->r.l, b->cover, ld->rule.registry);
    return rc == DB_NONE ? DB_FAIL : rc; /* DB_NONE: a file is refused */
}

/* ---- files
 * --------------------------------------------------------------------
 */

static enum db_rc
refusal_tx(struct db *db, void *arg)
{
    struct load *l = arg;
    enum db_rc rc = db_load_add(db, l);

    return rc == DB_OK ? db_load_end(db, l, LOAD_REJECTED) : rc;
}

/* Kept for the record: what came, and that it was refused.  At once, without
 * the writer lock: who holds it must not find an open load of ours. */
static bool
write_refusal(struct loader *ld, struct batch *b)
{
    enum db_rc rc;

    b->r.state = FEED_REFUSED;
    rc = db_tx(ld->db, DB_MARKET, refusal_tx, &b->r.l);
    return rc == DB_OK ? true : store_failed(ld, b, rc);
}

/* Under the writer lock. */
static enum db_rc
write_batch(struct loader *ld, struct batch *b)
{
    enum db_rc rc = DB_OK;
    int64_t rows;

    if (!ld->recovered) {
        rc = reading_recover(ld->db, &rows);
        ld->recovered = rc == DB_OK;
    }
    if (rc != DB_OK)
        return rc;
    if (b->kind->load == NULL)
        return write_lse(ld, b);
    rc = load_table(ld, b);
    return rc == DB_OK ? load_map_again(ld) : rc;
}

bool
load_write(struct loader *ld, struct batch *b)
{
    enum db_rc rc;
    int64_t rows;

    count_rejects(b);
    if (b->failed) {
        b->r.state = FEED_FAILED;
        return true;
    }
    if (b->refused)
        return write_refusal(ld, b);
    rc = db_writer_lock(ld->db, ld->o.lock_seconds);
    if (rc != DB_OK)
        return store_failed(ld, b, rc);
    rc = write_batch(ld, b);
    if (rc != DB_OK && rc != DB_NONE) {
        store_failed(ld, b, rc);
        /* what was written of it goes at once, if the store still can */
        reading_recover(ld->db, &rows);
    }
    db_writer_unlock(ld->db);
    if (rc == DB_NONE)
        return write_refusal(ld, b);
    return rc == DB_OK;
}
