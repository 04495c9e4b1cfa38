/* SPDX-License-Identifier: Apache-2.0 */
/* The SQL of accounts' rights on points. */
#include "db/agreement.h"

#include "db/rc.h"
#include "server/base/clock.h"

#define COLUMNS "account_id, number, point_id, label, from_day, to_day"
#define POINT_OUT(p)                                                           \
    OUT(out_i64(&(p)->account_id), out_i64(&(p)->number),                      \
        out_i64(&(p)->point_id), out_text((p)->label, sizeof(p)->label),       \
        out_i32(&(p)->from_day), out_i32(&(p)->to_day))

struct overlap {
    struct account_point *add, had;
    bool found;
};

static int32_t
last_of(const struct account_point *p)
{
    return p->to_day == DAY_NONE ? INT32_MAX : p->to_day;
}

static bool
overlaps(void *arg)
{
    struct overlap *o = arg;

    o->found = o->had.from_day <= last_of(o->add) &&
               o->add->from_day <= last_of(&o->had);
    return !o->found;
}

static enum db_rc
add(struct db *db, void *arg)
{
    struct overlap *o = arg;
    struct account_point *p = o->add;
    enum db_rc rc;

    o->found = false;
    rc = db_account_point_on(db, p->account_id, p->point_id, &o->had, overlaps,
                             o);
    if (rc != DB_OK)
        return rc;
    if (o->found)
        return DB_NONE;
    rc = db_one(db, DB_ACCOUNT,
                "SELECT COALESCE(MAX(number), 0) + 1 FROM account_point "
                "WHERE account_id = $1",
                IN(in_i64(p->account_id)), OUT(out_i64(&p->number)));
    if (rc != DB_OK)
        return rc;
    return db_run(db, DB_ACCOUNT,
                  "INSERT INTO account_point (" COLUMNS ") "
                  "VALUES ($1, $2, $3, $4, $5, $6)",
                  IN(in_i64(p->account_id), in_i64(p->number),
                     in_i64(p->point_id), in_text(p->label),
                     in_i64(p->from_day), in_i64(p->to_day)),
                  NULL);
}

enum db_rc
db_account_point_add(struct db *db, struct account_point *p)
{
    struct overlap o = {.add = p};

    return db_tx(db, DB_ACCOUNT, add, &o);
}

enum db_rc
db_account_point_get(struct db *db, int64_t account_id, int64_t number,
                     struct account_point *p)
{
    return db_one(db, DB_ACCOUNT,
                  "SELECT " COLUMNS " FROM account_point "
                  "WHERE account_id = $1 AND number = $2",
                  IN(in_i64(account_id), in_i64(number)), POINT_OUT(p));
}

enum db_rc
db_account_point_each(struct db *db, int64_t account_id,
                      struct account_point *p, bool (*row)(void *arg),
                      void *arg)
{
    return db_each(db, DB_ACCOUNT,
                   "SELECT " COLUMNS
                   " FROM account_point WHERE account_id = $1 "
                   "ORDER BY number",
                   IN(in_i64(account_id)), POINT_OUT(p), row, arg);
}

enum db_rc
db_account_point_label_each(struct db *db, int64_t account_id,
                            struct account_point *p, bool (*row)(void *arg),
                            void *arg)
{
    return db_each(db, DB_ACCOUNT,
                   "SELECT number, point_id, label FROM account_point "
                   "WHERE account_id = $1 ORDER BY number",
                   IN(in_i64(account_id)),
                   OUT(out_i64(&p->number), out_i64(&p->point_id),
                       out_text(p->label, sizeof p->label)),
                   row, arg);
}

enum db_rc
db_account_point_on(struct db *db, int64_t account_id, int64_t point_id,
                    struct account_point *p, bool (*row)(void *arg), void *arg)
{
    return db_each(
        db, DB_ACCOUNT,
        "SELECT " COLUMNS " FROM account_point WHERE account_id = $1 "
        "AND point_id = $2 ORDER BY from_day DESC",
        IN(in_i64(account_id), in_i64(point_id)), POINT_OUT(p), row, arg);
}

enum db_rc
db_account_point_end(struct db *db, int64_t account_id, int64_t number,
                     int32_t to_day)
{
    return db_run_one(db, DB_ACCOUNT,
                      "UPDATE account_point SET to_day = $3 "
                      "WHERE account_id = $1 AND number = $2",
                      IN(in_i64(account_id), in_i64(number), in_i64(to_day)));
}

enum db_rc
db_account_point_put_label(struct db *db, int64_t account_id, int64_t number,
                           const char *label)
{
    return db_run_one(db, DB_ACCOUNT,
                      "UPDATE account_point SET label = $3 "
                      "WHERE account_id = $1 AND number = $2",
                      IN(in_i64(account_id), in_i64(number), in_text(label)));
}
