/* SPDX-License-Identifier: Apache-2.0 */
#include "db/point_change.h"

#include <stdio.h>

#include "server/base/hash.h"
#include "server/base/str.h"

#define KEPT 4096 /* older ones are forgotten */

static void
stamp_make(char stamp[POINT_STAMP])
{
    uint64_t n[2];

    random_bytes(n, sizeof n);
    snprintf(stamp, POINT_STAMP, "%016llx%016llx", (unsigned long long)n[0],
             (unsigned long long)n[1]);
}

/* Whoever draws a number makes others wait until it is committed, so a lower
 * one never appears after a higher. */
static enum db_rc
add_tx(struct db *db, void *arg)
{
    struct point_change *c = arg;
    enum db_rc rc = db_next_id(db, DB_MARKET, "point_change", 1, &c->seq);

    if (rc == DB_OK)
        rc = db_run(db, DB_MARKET,
                    "INSERT INTO point_change (seq, stamp, load_id) "
                    "VALUES ($1, $2, $3)",
                    IN(in_i64(c->seq), in_text(c->stamp), in_i64(c->load_id)),
                    NULL);
    if (rc == DB_OK)
        rc = db_run(db, DB_MARKET, "DELETE FROM point_change WHERE seq <= $1",
                    IN(in_i64(c->seq - KEPT)), NULL);
    return rc;
}

enum db_rc
point_change_add(struct db *db, int64_t load_id)
{
    struct point_change c = {.load_id = load_id};

    stamp_make(c.stamp);
    return db_tx(db, DB_MARKET, add_tx, &c);
}

enum db_rc
point_change_newest(struct db *db, struct point_change *c)
{
    enum db_rc rc;

    *c = (struct point_change){.seq = 0};
    rc = db_one(db, DB_MARKET,
                "SELECT seq, stamp, load_id FROM point_change "
                "ORDER BY seq DESC LIMIT 1",
                IN_NONE,
                OUT(out_i64(&c->seq), out_text(c->stamp, sizeof c->stamp),
                    out_i64(&c->load_id)));
    return rc == DB_NONE ? DB_OK : rc;
}

enum db_rc
point_change_known(struct db *db, const struct point_change *c, bool *known)
{
    char stamp[POINT_STAMP] = "";
    enum db_rc rc =
        db_one(db, DB_MARKET, "SELECT stamp FROM point_change WHERE seq = $1",
               IN(in_i64(c->seq)), OUT(out_text(stamp, sizeof stamp)));

    *known = rc == DB_OK && str_eq(stamp, c->stamp);
    return rc == DB_NONE ? DB_OK : rc;
}

enum db_rc
point_change_each(struct db *db, int64_t seq, struct point_change *c,
                  bool (*row)(void *arg), void *arg)
{
    return db_each(db, DB_MARKET,
                   "SELECT seq, stamp, load_id FROM point_change "
                   "WHERE seq > $1 ORDER BY seq",
                   IN(in_i64(seq)),
                   OUT(out_i64(&c->seq), out_text(c->stamp, sizeof c->stamp),
                       out_i64(&c->load_id)),
                   row, arg);
}
