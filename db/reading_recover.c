/* SPDX-License-Identifier: Apache-2.0 */
/* Taking back what unfinished and undone loads left, and counting the rest. */
#include <stdlib.h>

#include "db/reading.h"
#include "db/reading_home.h"
#include "server/base/clock.h"
#include "server/base/log.h"

/* ---- recovery ------------------------------------------------------------ */

struct parts {
    struct arena arena;
    struct reading_part *at, row;
    size_t n, size;
};

static bool
part_row(void *arg)
{
    struct parts *p = arg;

    if (p->n == p->size) {
        p->size = p->size ? 2 * p->size : 16;
        p->at = mem_grow(p->at, p->size * sizeof *p->at);
    }
    p->at[p->n++] = p->row;
    return true;
}

/* Parts of loads that are not to be seen. */
static enum db_rc
hidden_parts(struct db *db, struct parts *p)
{
    return db_each(db, DB_MARKET,
                   "SELECT p.load_id, p.month, p.first_day, p.last_day, "
                   "p.first_group, p.last_group FROM load l "
                   "JOIN reading_part p ON p.load_id = l.id "
                   "WHERE l.state IN (1, 3) AND l.gone = 0 "
                   "ORDER BY p.load_id, p.month",
                   IN_NONE,
                   OUT(out_i64(&p->row.load_id), out_i32(&p->row.month),
                       out_i32(&p->row.first_day), out_i32(&p->row.last_day),
                       out_i64(&p->row.first_group),
                       out_i64(&p->row.last_group)),
                   part_row, p);
}

/* A load whose rows are not all gone, since a server that may hold some is
 * away or a row that may is damaged, stays what it is; so it stays unseen, and
 * the next recovery finds it. */
static bool
is_left(const struct parts *p, int64_t load_id)
{
    for (size_t i = 0; i < p->n; i++) {
        if (p->at[i].load_id == load_id && p->at[i].rows)
            return true;
    }
    return false;
}

static enum db_rc
forget_load(struct db *db, int64_t load_id)
{
    enum db_rc rc = db_run(db, DB_MARKET,
                           "DELETE FROM reading_part WHERE load_id = $1 "
                           "AND EXISTS (SELECT 1 FROM load WHERE id = $1 "
                           "AND state IN (1, 3))",
                           IN(in_i64(load_id)), NULL);

    if (rc == DB_OK)
        rc = db_run(db, DB_MARKET,
                    "DELETE FROM reading_source WHERE load_id = $1 "
                    "AND EXISTS (SELECT 1 FROM load WHERE id = $1 "
                    "AND state IN (1, 3))",
                    IN(in_i64(load_id)), NULL);
    return rc;
}

/* Their rows are gone: so goes what the catalog knows of them.  A load that
 * was open is dead, since the writer lock is ours. */
static enum db_rc
forget(struct db *db, void *arg)
{
    const struct parts *p = arg;
    enum db_rc rc = db_writer_check(db);

    for (size_t i = 0; i < p->n && rc == DB_OK; i++) {
        if (!is_left(p, p->at[i].load_id))
            rc = forget_load(db, p->at[i].load_id);
    }
    if (rc != DB_OK)
        return rc;
    rc = db_run(db, DB_MARKET,
                "DELETE FROM reading_gone WHERE load_id IN "
                "(SELECT id FROM load WHERE state IN (1, 3) AND gone = 0)",
                IN_NONE, NULL);
    if (rc == DB_OK)
        rc = db_run(db, DB_MARKET,
                    "UPDATE load SET state = 4, ended_utc = $1 "
                    "WHERE state IN (1, 3) AND gone = 0 AND state = 1 "
                    "AND NOT EXISTS (SELECT 1 FROM reading_part p "
                    "WHERE p.load_id = load.id)",
                    IN(in_i64(clock_now())), NULL);
    if (rc == DB_OK)
        rc = db_run(db, DB_MARKET,
                    "UPDATE load SET gone = 1 "
                    "WHERE state IN (1, 3) AND gone = 0 AND state = 3 "
                    "AND NOT EXISTS (SELECT 1 FROM reading_part p "
                    "WHERE p.load_id = load.id)",
                    IN_NONE, NULL);
    return rc;
}

/*
 * Something of the catalog must be on disk before rows go.  A commit that
 * failed because the log could not be synced may have left its pages in the
 * log, where they come to life when the log is read anew: the load would be in
 * force then, and must have its rows.  The next commit takes their place.
 */
static enum db_rc
give_up(struct db *db, void *arg)
{
    enum db_rc rc = db_writer_check(db);

    (void)arg;
    if (rc != DB_OK)
        return rc;
    return db_run(db, DB_MARKET,
                  "UPDATE load SET ended_utc = $1 WHERE state = 1",
                  IN(in_i64(clock_now())), NULL);
}

enum db_rc
reading_recover(struct db *db, int64_t *rows)
{
    struct parts p = {0};
    enum db_rc rc = hidden_parts(db, &p);

    *rows = 0;
    if (rc == DB_OK && p.n)
        rc = db_tx(db, DB_MARKET, give_up, NULL);
    for (size_t i = 0; i < p.n && rc == DB_OK; i++) {
        int64_t removed;

        rc = reading_home(db)->engine->remove(db, &p.at[i], &removed);
        p.at[i].rows = rc == DB_AWAY; /* some are left */
        if (rc == DB_AWAY)
            rc = DB_OK;
        *rows += removed;
        if (removed)
            log_info("readings removed", "load=%lld rows=%lld",
                     (long long)p.at[i].load_id, (long long)removed);
    }
    if (rc == DB_OK)
        rc = db_tx(db, DB_MARKET, forget, &p);
    free(p.at);
    return rc;
}

/* ---- counting ------------------------------------------------------------ */

enum db_rc
reading_stats(struct db *db, struct reading_stats *s)
{
    const struct reading_engine *e = reading_home(db)->engine;
    struct arena a = {0};
    struct reading_months m;
    enum db_rc rc;

    *s = (struct reading_stats){0};
    rc = db_one(db, DB_MARKET,
                "SELECT coalesce(sum(p.n_rows), 0), "
                "coalesce(sum(p.n_records), 0), coalesce(min(p.first_day), 0), "
                "coalesce(max(p.last_day), 0) FROM reading_part p "
                "JOIN load l ON l.id = p.load_id WHERE l.state = 2",
                IN_NONE,
                OUT(out_i64(&s->rows), out_i64(&s->records),
                    out_i32(&s->first_day), out_i32(&s->last_day)));
    if (rc == DB_OK)
        rc = e->months(db, &a, &m);
    for (size_t i = 0; rc == DB_OK && i < m.n; i++) {
        int64_t bytes;

        rc = e->size(db, m.at[i], &bytes);
        s->bytes += bytes;
        s->partitions++;
    }
    arena_clear(&a);
    return rc;
}

struct month_rows {
    struct reading_month *at, row;
    size_t n, size;
};

static bool
month_row(void *arg)
{
    struct month_rows *m = arg;

    if (m->n == m->size) {
        m->size = m->size > 0 ? 2 * m->size : 64;
        m->at = mem_grow(m->at, m->size * sizeof *m->at);
    }
    m->at[m->n++] = m->row;
    return true;
}

enum db_rc
reading_each_month(struct db *db,
                   bool (*row)(void *arg, const struct reading_month *m),
                   void *arg)
{
    struct month_rows m = {0};
    enum db_rc rc =
        db_each(db, DB_MARKET,
                "SELECT p.month, sum(p.n_records) FROM reading_part p "
                "JOIN load l ON l.id = p.load_id WHERE l.state = 2 "
                "GROUP BY p.month ORDER BY p.month",
                IN_NONE, OUT(out_i32(&m.row.month), out_i64(&m.row.records)),
                month_row, &m);

    for (size_t i = 0; i < m.n && rc == DB_OK; i++) {
        rc = reading_home(db)->engine->size(db, m.at[i].month, &m.at[i].bytes);
        if (rc == DB_OK && !row(arg, &m.at[i]))
            break;
    }
    free(m.at);
    return rc;
}
