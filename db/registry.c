/* SPDX-License-Identifier: Apache-2.0 */
/* The registry's statements in bulk. */
#include "db/registry.h"

#include "db/coverage.h"
#include "db/point_change.h"

#include "server/base/clock.h"

static struct db_in
in_day(int32_t day)
{
    return day == DAY_NONE ? in_null() : in_i64(day);
}

/* ---- premises --------------------------------------------------------------
 */

struct premises {
    struct registry_premise p;
    char premise[40], tdsp[16], customer_class[16], address[160], city[64];
    char state[8], zip[16], zone[40];
    bool (*row)(void *arg, const struct registry_premise *p);
    bool (*next)(void *arg, struct registry_premise *p);
    void *arg;
    int64_t load_id;
};

static bool
premise_row(void *arg)
{
    struct premises *s = arg;

    return s->row(s->arg, &s->p);
}

enum db_rc
db_registry_premise_each(struct db *db, int64_t first, int64_t last,
                         bool (*row)(void *arg,
                                     const struct registry_premise *p),
                         void *arg)
{
    struct premises s = {.row = row, .arg = arg};

    s.p = (struct registry_premise){.premise = s.premise,
                                    .tdsp = s.tdsp,
                                    .customer_class = s.customer_class,
                                    .address = s.address,
                                    .city = s.city,
                                    .state = s.state,
                                    .zip = s.zip,
                                    .zone = s.zone};
    return db_each(
        db, DB_MARKET,
        "SELECT point_id, premise, tdsp, customer_class, solar, "
        "address, city, state, zip, zone FROM point_premise "
        "WHERE point_id BETWEEN $1 AND $2 "
        "ORDER BY point_id, load_id",
        IN(in_i64(first), in_i64(last)),
        OUT(out_i64(&s.p.point_id), out_text(s.premise, sizeof s.premise),
            out_text(s.tdsp, sizeof s.tdsp),
            out_text(s.customer_class, sizeof s.customer_class),
            out_bool(&s.p.solar), out_text(s.address, sizeof s.address),
            out_text(s.city, sizeof s.city), out_text(s.state, sizeof s.state),
            out_text(s.zip, sizeof s.zip), out_text(s.zone, sizeof s.zone)),
        premise_row, &s);
}

static bool
premise_next(void *arg, struct db_in *row)
{
    struct premises *s = arg;

    if (!s->next(s->arg, &s->p))
        return false;
    row[0] = in_i64(s->p.point_id);
    row[1] = in_i64(s->load_id);
    row[2] = in_text(s->p.premise);
    row[3] = in_text(s->p.tdsp);
    row[4] = in_text(s->p.customer_class);
    row[5] = in_bool(s->p.solar);
    row[6] = in_text(s->p.address);
    row[7] = in_text(s->p.city);
    row[8] = in_text(s->p.state);
    row[9] = in_text(s->p.zip);
    row[10] = in_text(s->p.zone);
    return true;
}

#define PREMISE_FIELDS                                                         \
    "point_id, load_id, premise, tdsp, customer_class, solar, address, city, " \
    "state, zip, zone"

enum db_rc
db_registry_premise_add(struct db *db, int64_t load_id,
                        bool (*next)(void *arg, struct registry_premise *p),
                        void *arg)
{
    struct premises s = {.next = next, .arg = arg, .load_id = load_id};

    return db_bulk(db, DB_MARKET,
                   "INSERT INTO point_premise (" PREMISE_FIELDS ") VALUES "
                   "($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
                   "COPY point_premise (" PREMISE_FIELDS ") FROM STDIN", 11,
                   premise_next, &s);
}

/* ---- meters ----------------------------------------------------------------
 */

struct meters {
    struct registry_meter m;
    char number[32], serial[32], make[32];
    bool (*row)(void *arg, const struct registry_meter *m);
    bool (*next)(void *arg, struct registry_meter *m);
    void *arg;
    int64_t load_id;
};

static bool
meter_row(void *arg)
{
    struct meters *s = arg;

    return s->row(s->arg, &s->m);
}

enum db_rc
db_registry_meter_each(struct db *db, int64_t first, int64_t last,
                       bool (*row)(void *arg, const struct registry_meter *m),
                       void *arg)
{
    struct meters s = {.row = row, .arg = arg};

    s.m = (struct registry_meter){
        .number = s.number, .serial = s.serial, .make = s.make};
    return db_each(
        db, DB_MARKET,
        "SELECT point_id, number, serial, make, installed_day, "
        "COALESCE(provisioned_day, -2147483648), "
        "COALESCE(removed_day, -2147483648) FROM point_meter "
        "WHERE point_id BETWEEN $1 AND $2 "
        "ORDER BY point_id, installed_day, number, load_id",
        IN(in_i64(first), in_i64(last)),
        OUT(out_i64(&s.m.point_id), out_text(s.number, sizeof s.number),
            out_text(s.serial, sizeof s.serial),
            out_text(s.make, sizeof s.make), out_i32(&s.m.installed_day),
            out_i32(&s.m.provisioned_day), out_i32(&s.m.removed_day)),
        meter_row, &s);
}

static bool
meter_next(void *arg, struct db_in *row)
{
    struct meters *s = arg;

    if (!s->next(s->arg, &s->m))
        return false;
    row[0] = in_i64(s->m.point_id);
    row[1] = in_i64(s->m.installed_day);
    row[2] = in_i64(s->load_id);
    row[3] = in_text(s->m.number);
    row[4] = in_text(s->m.serial);
    row[5] = in_text(s->m.make);
    row[6] = in_day(s->m.provisioned_day);
    row[7] = in_day(s->m.removed_day);
    return true;
}

#define METER_FIELDS                                                           \
    "point_id, installed_day, load_id, number, serial, make, "                 \
    "provisioned_day, removed_day"

enum db_rc
db_registry_meter_add(struct db *db, int64_t load_id,
                      bool (*next)(void *arg, struct registry_meter *m),
                      void *arg)
{
    struct meters s = {.next = next, .arg = arg, .load_id = load_id};

    return db_bulk(db, DB_MARKET,
                   "INSERT INTO point_meter (" METER_FIELDS ") VALUES "
                   "($1, $2, $3, $4, $5, $6, $7, $8)",
                   "COPY point_meter (" METER_FIELDS ") FROM STDIN", 8,
                   meter_next, &s);
}

/* ---- REPs ------------------------------------------------------------------
 */

struct reps {
    struct registry_rep r;
    char rep[16];
    bool (*row)(void *arg, const struct registry_rep *r);
    bool (*next)(void *arg, struct registry_rep *r);
    void *arg;
    int64_t load_id;
};

static bool
rep_row(void *arg)
{
    struct reps *s = arg;

    return s->row(s->arg, &s->r);
}

enum db_rc
db_registry_rep_each(struct db *db, int64_t first, int64_t last,
                     bool (*row)(void *arg, const struct registry_rep *r),
                     void *arg)
{
    struct reps s = {.row = row, .arg = arg};

    s.r.rep = s.rep;
    return db_each(db, DB_MARKET,
                   "SELECT point_id, rep, from_day, "
                   "COALESCE(to_day, -2147483648) FROM point_rep "
                   "WHERE point_id BETWEEN $1 AND $2 "
                   "ORDER BY point_id, from_day, load_id",
                   IN(in_i64(first), in_i64(last)),
                   OUT(out_i64(&s.r.point_id), out_text(s.rep, sizeof s.rep),
                       out_i32(&s.r.from_day), out_i32(&s.r.to_day)),
                   rep_row, &s);
}

static bool
rep_next(void *arg, struct db_in *row)
{
    struct reps *s = arg;

    if (!s->next(s->arg, &s->r))
        return false;
    row[0] = in_i64(s->r.point_id);
    row[1] = in_i64(s->r.from_day);
    row[2] = in_i64(s->load_id);
    row[3] = in_text(s->r.rep);
    row[4] = in_day(s->r.to_day);
    return true;
}

#define REP_FIELDS "point_id, from_day, load_id, rep, to_day"

enum db_rc
db_registry_rep_add(struct db *db, int64_t load_id,
                    bool (*next)(void *arg, struct registry_rep *r), void *arg)
{
    struct reps s = {.next = next, .arg = arg, .load_id = load_id};

    return db_bulk(db, DB_MARKET,
                   "INSERT INTO point_rep (" REP_FIELDS ") VALUES "
                   "($1, $2, $3, $4, $5)",
                   "COPY point_rep (" REP_FIELDS ") FROM STDIN", 5, rep_next,
                   &s);
}

/* ---- loads as a whole ------------------------------------------------------
 */

enum db_rc
db_registry_mark(struct db *db, int64_t load_id)
{
    enum db_rc rc = db_run(db, DB_MARKET,
                           "UPDATE point SET registered = TRUE, zone = m.zone "
                           "FROM point_premise m WHERE m.load_id = $1 "
                           "AND m.point_id = point.id "
                           "AND (NOT registered OR point.zone <> m.zone)",
                           IN(in_i64(load_id)), NULL);

    if (rc == DB_OK)
        rc = point_change_add(db, load_id);
    return rc == DB_OK ? coverage_registry(db, load_id, true) : rc;
}

enum db_rc
db_registry_del(struct db *db, int64_t load_id)
{
    enum db_rc rc = coverage_registry(db, load_id, false);

    if (rc == DB_OK)
        rc = point_change_add(db, -load_id);
    if (rc == DB_OK)
        rc = db_run(db, DB_MARKET,
                    "UPDATE point SET registered = EXISTS (SELECT 1 FROM "
                    "point_premise m "
                    "WHERE m.point_id = point.id AND m.load_id <> $1), "
                    "zone = COALESCE((SELECT m.zone FROM point_premise m "
                    "WHERE m.point_id = point.id AND m.load_id <> $1 "
                    "ORDER BY m.load_id DESC LIMIT 1), zone) "
                    "WHERE id IN (SELECT point_id FROM point_premise WHERE "
                    "load_id = $1)",
                    IN(in_i64(load_id)), NULL);

    if (rc == DB_OK)
        rc = db_run(db, DB_MARKET,
                    "DELETE FROM point_premise WHERE load_id = $1",
                    IN(in_i64(load_id)), NULL);
    if (rc == DB_OK)
        rc = db_run(db, DB_MARKET, "DELETE FROM point_meter WHERE load_id = $1",
                    IN(in_i64(load_id)), NULL);
    if (rc == DB_OK)
        rc = db_run(db, DB_MARKET, "DELETE FROM point_rep WHERE load_id = $1",
                    IN(in_i64(load_id)), NULL);
    return rc;
}

enum db_rc
db_registry_newer(struct db *db, const struct load *l, bool *newer)
{
    return db_one(db, DB_MARKET,
                  "SELECT count(*) FROM load WHERE kind = $1 AND sender = $2 "
                  "AND state = 2 AND seq > $3",
                  IN(in_text(l->kind), in_text(l->sender), in_i64(l->seq)),
                  OUT(out_bool(newer)));
}
