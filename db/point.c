/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Service points, one at a time.
 *
 * The registry tables hold statements: "from this day that REP", "installed on
 * that day this meter".  The newest statement on a day holds, and each ends
 * where the next begins; the history is made from them when it is asked for.
 */
#include "db/point.h"

#include "db/point_change.h"

#include <stdio.h>
#include <string.h>

#include "server/base/clock.h"

/* The premise as the newest load has it. */
#define POINT_FROM                                                             \
    "SELECT p.id, p.esiid, p.registered, p.zone, m.tdsp, m.customer_class, "   \
    "m.solar, m.address, m.city, m.state, m.zip FROM point p "                 \
    "LEFT JOIN point_premise m ON m.point_id = p.id AND m.load_id = "          \
    "(SELECT max(n.load_id) FROM point_premise n WHERE n.point_id = p.id) "

#define POINT_OUT(p)                                                           \
    OUT(out_i64(&(p)->id), out_text((p)->esiid, sizeof(p)->esiid),             \
        out_bool(&(p)->registered), out_text((p)->zone, sizeof(p)->zone),      \
        out_text((p)->tdsp, sizeof(p)->tdsp),                                  \
        out_text((p)->customer_class, sizeof(p)->customer_class),              \
        out_bool(&(p)->solar), out_text((p)->address, sizeof(p)->address),     \
        out_text((p)->city, sizeof(p)->city),                                  \
        out_text((p)->state, sizeof(p)->state),                                \
        out_text((p)->zip, sizeof(p)->zip))

enum db_rc
db_point_get(struct db *db, const char *esiid, struct point *p)
{
    return db_one(db, DB_MARKET, POINT_FROM "WHERE p.esiid = $1",
                  IN(in_text(esiid)), POINT_OUT(p));
}

enum db_rc
db_point_there(struct db *db, int64_t id)
{
    int64_t there;

    return db_one(db, DB_MARKET, "SELECT id FROM point WHERE id = $1",
                  IN(in_i64(id)), OUT(out_i64(&there)));
}

enum db_rc
db_point_by_id(struct db *db, int64_t id, struct point *p)
{
    return db_one(db, DB_MARKET, POINT_FROM "WHERE p.id = $1", IN(in_i64(id)),
                  POINT_OUT(p));
}

/* A list is gone through without being stored, as that of IN would be. */
#define ADDRESSES_OF                                                           \
    "(CAST($1 AS BIGINT)), ($2), ($3), ($4), ($5), ($6), ($7), ($8), "         \
    "($9), ($10), ($11), ($12), ($13), ($14), ($15), ($16), ($17), "           \
    "($18), ($19), ($20), ($21), ($22), ($23), ($24), ($25), ($26), "          \
    "($27), ($28), ($29), ($30), ($31), ($32), ($33), ($34), ($35), "          \
    "($36), ($37), ($38), ($39), ($40) "

enum db_rc
db_point_address_each(struct db *db, const int64_t *id, size_t n,
                      struct point_address *a, bool (*row)(void *arg),
                      void *arg)
{
    struct db_in in[POINT_ADDRESSES];

    if (n == 0)
        return DB_OK;
    for (size_t i = 0; i < POINT_ADDRESSES; i++)
        in[i] = i < n ? in_i64(id[i]) : in_null();
    return db_each(
        db, DB_MARKET,
        "SELECT p.point_id, p.load_id, p.address FROM (VALUES " ADDRESSES_OF
        ") AS v CROSS JOIN point_premise p WHERE p.point_id = v.column1",
        (struct db_ins){in, POINT_ADDRESSES},
        OUT(out_i64(&a->id), out_i64(&a->load_id),
            out_text(a->address, sizeof a->address)),
        row, arg);
}

/* ---- making one ------------------------------------------------------------
 */

struct intern {
    const char *esiid, *zone;
    int64_t id;
};

enum db_rc
db_point_id(struct db *db, const char *esiid, int64_t *id)
{
    return db_one(db, DB_MARKET, "SELECT id FROM point WHERE esiid = $1",
                  IN(in_text(esiid)), OUT(out_i64(id)));
}

/* The number is drawn first: whoever adds points waits for the other there. */
static enum db_rc
intern_add(struct db *db, void *arg)
{
    struct intern *n = arg;
    int64_t id;
    enum db_rc rc = db_next_id(db, DB_MARKET, "point", 1, &id);

    if (rc == DB_OK)
        rc = db_point_id(db, n->esiid, &n->id);
    if (rc != DB_NONE)
        return rc;
    n->id = id;
    rc = point_change_add(db, 0);
    if (rc != DB_OK)
        return rc;
    return db_run(
        db, DB_MARKET,
        "INSERT INTO point (id, esiid, registered, zone) "
        "VALUES ($1, $2, $3, $4)",
        IN(in_i64(id), in_text(n->esiid), in_bool(false), in_text(n->zone)),
        NULL);
}

enum db_rc
db_point_intern(struct db *db, const char *esiid, const char *zone, int64_t *id)
{
    struct intern n = {.esiid = esiid, .zone = zone};
    enum db_rc rc = db_point_id(db, esiid, &n.id);

    if (rc == DB_NONE)
        rc = db_tx(db, DB_MARKET, intern_add, &n);
    *id = n.id;
    return rc;
}

enum db_rc
db_point_after(struct db *db, const char *rep, int64_t after, int64_t most,
               int64_t *id, bool (*row)(void *arg), void *arg)
{
    if (!rep)
        return db_each(db, DB_MARKET,
                       "SELECT id FROM point WHERE id > $1 "
                       "ORDER BY id LIMIT $2",
                       IN(in_i64(after), in_i64(most)), OUT(out_i64(id)), row,
                       arg);
    return db_each(db, DB_MARKET,
                   "SELECT DISTINCT point_id FROM point_rep "
                   "WHERE point_id > $1 AND rep = $2 "
                   "ORDER BY point_id LIMIT $3",
                   IN(in_i64(after), in_text(rep), in_i64(most)),
                   OUT(out_i64(id)), row, arg);
}

/* ---- meters and REPs over time ---------------------------------------------
 */

/* Statements by first day; each waits until the next one is known. */
struct meters {
    struct point_meter now, *held;
    bool waiting, stopped;
    bool (*row)(void *arg);
    void *arg;
};

static void
meter_end(struct point_meter *m, int32_t next)
{
    if (m->removed_day != DAY_NONE && m->removed_day <= next)
        return;
    m->removed_day = next > m->installed_day ? next - 1 : next;
}

/* A meter hangs until its own removal or the next one's installation; on the
 * day of an exchange both may. */
static bool
meter_row(void *arg)
{
    struct meters *m = arg;

    if (m->waiting) {
        meter_end(m->held, m->now.installed_day);
        if (!m->row(m->arg)) {
            m->stopped = true;
            return false;
        }
    }
    *m->held = m->now;
    m->waiting = true;
    return true;
}

enum db_rc
db_point_meter_each(struct db *db, int64_t id, struct point_meter *held,
                    bool (*row)(void *arg), void *arg)
{
    struct meters m = {.held = held, .row = row, .arg = arg};
    enum db_rc rc = db_each(
        db, DB_MARKET,
        "SELECT number, serial, make, installed_day, "
        "COALESCE(provisioned_day, -2147483648), "
        "COALESCE(removed_day, -2147483648) FROM point_meter s "
        "WHERE point_id = $1 AND load_id = (SELECT max(n.load_id) "
        "FROM point_meter n WHERE n.point_id = s.point_id "
        "AND n.installed_day = s.installed_day AND n.number = s.number) "
        "AND (removed_day IS NULL OR removed_day >= installed_day) "
        "ORDER BY installed_day, COALESCE(removed_day, 2147483647), number",
        IN(in_i64(id)),
        OUT(out_text(m.now.number, sizeof m.now.number),
            out_text(m.now.serial, sizeof m.now.serial),
            out_text(m.now.make, sizeof m.now.make),
            out_i32(&m.now.installed_day), out_i32(&m.now.provisioned_day),
            out_i32(&m.now.removed_day)),
        meter_row, &m);

    if (rc == DB_OK && m.waiting && !m.stopped)
        row(arg);
    return rc;
}

struct reps {
    struct point_rep now, *held;
    bool waiting, stopped;
    bool (*row)(void *arg);
    void *arg;
};

/* A REP serves until its own last day or the day before the next one. */
static bool
rep_row(void *arg)
{
    struct reps *r = arg;

    if (r->waiting) {
        if (r->held->to_day == DAY_NONE || r->held->to_day >= r->now.from_day)
            r->held->to_day = r->now.from_day - 1;
        if (!r->row(r->arg)) {
            r->stopped = true;
            return false;
        }
    }
    *r->held = r->now;
    r->waiting = true;
    return true;
}

enum db_rc
db_point_rep_each(struct db *db, int64_t id, struct point_rep *held,
                  bool (*row)(void *arg), void *arg)
{
    struct reps r = {.held = held, .row = row, .arg = arg};
    enum db_rc rc = db_each(
        db, DB_MARKET,
        "SELECT rep, from_day, COALESCE(to_day, -2147483648) "
        "FROM point_rep s WHERE point_id = $1 AND load_id = "
        "(SELECT max(n.load_id) FROM point_rep n WHERE n.point_id = s.point_id "
        "AND n.from_day = s.from_day) "
        "AND (to_day IS NULL OR to_day >= from_day) ORDER BY from_day",
        IN(in_i64(id)),
        OUT(out_text(r.now.rep, sizeof r.now.rep), out_i32(&r.now.from_day),
            out_i32(&r.now.to_day)),
        rep_row, &r);

    if (rc == DB_OK && r.waiting && !r.stopped)
        row(arg);
    return rc;
}
