/* SPDX-License-Identifier: Apache-2.0 */
/* What the store holds. */
#include <stdio.h>
#include <sys/stat.h>

#include "db/engine.h"
#include "db/store.h"

static enum db_rc
count_market(struct db *db, struct store_stats *s)
{
    enum db_rc rc = db_one(
        db, DB_MARKET,
        "SELECT (SELECT count(*) FROM point), "
        "(SELECT count(*) FROM point WHERE registered), "
        "(SELECT count(*) FROM (SELECT DISTINCT point_id, installed_day, "
        "number FROM point_meter) m), "
        "(SELECT count(DISTINCT rep) FROM point_rep), "
        "(SELECT count(*) FROM billed)",
        IN_NONE,
        OUT(out_i64(&s->points), out_i64(&s->registered), out_i64(&s->meters),
            out_i64(&s->reps), out_i64(&s->billed)));

    if (rc != DB_OK)
        return rc;
    return db_one(db, DB_MARKET,
                  "SELECT COALESCE(sum(n_read), 0), "
                  "COALESCE(sum(n_rejected), 0) FROM load WHERE state = 2",
                  IN_NONE, OUT(out_i64(&s->records), out_i64(&s->rejected)));
}

struct states {
    struct store_stats *s;
    int64_t state, count;
};

static bool
state_row(void *arg)
{
    struct states *l = arg;

    if (l->state >= 0 && l->state < 5)
        l->s->loads[l->state] = l->count;
    return true;
}

static enum db_rc
count_loads(struct db *db, struct store_stats *s)
{
    struct states l = {.s = s};

    return db_each(db, DB_MARKET,
                   "SELECT state, count(*) FROM load GROUP BY state", IN_NONE,
                   OUT(out_i64(&l.state), out_i64(&l.count)), state_row, &l);
}

static enum db_rc
count_account(struct db *db, struct store_stats *s)
{
    return db_one(db, DB_ACCOUNT,
                  "SELECT (SELECT count(*) FROM account), "
                  "(SELECT count(*) FROM account_session), "
                  "(SELECT count(*) FROM job WHERE ended_utc = 0), "
                  "(SELECT count(*) FROM audit)",
                  IN_NONE,
                  OUT(out_i64(&s->accounts), out_i64(&s->sessions),
                      out_i64(&s->open_jobs), out_i64(&s->audit_records)));
}

static int64_t
file_bytes(const struct db *db, enum db_home home)
{
    static const char *const END[] = {"", "-wal"};
    char path[1100];
    int64_t sum = 0;
    struct stat st;

    for (int i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%.1000s/%s.db%s", db_place(db),
                 db_home_name(home), END[i]);
        if (stat(path, &st) == 0)
            sum += st.st_size;
    }
    return sum;
}

static enum db_rc
count_bytes(struct db *db, struct store_stats *s)
{
    if (db->engine == DB_POSTGRES)
        return db_one(db, DB_MARKET,
                      "SELECT pg_database_size(current_database())", IN_NONE,
                      OUT(out_i64(&s->bytes[0])));
    for (enum db_home h = DB_ACCOUNT; h <= DB_MARKET; h++)
        s->bytes[h] = file_bytes(db, h);
    return DB_OK;
}

/* The steps of both homes; one table on PostgreSQL. */
static enum db_rc
count_steps(struct db *db, struct store_stats *s)
{
    enum db_rc rc = DB_OK;

    for (enum db_home h = DB_ACCOUNT; h <= DB_MARKET && rc == DB_OK; h++) {
        int64_t n = 0;

        rc = db_one(db, h, "SELECT count(*) FROM migration WHERE home = $1",
                    IN(in_text(db_home_name(h))), OUT(out_i64(&n)));
        s->steps += n;
    }
    return rc;
}

enum db_rc
db_store_stats(struct db *db, struct store_stats *s)
{
    enum db_rc (*const part[])(struct db *, struct store_stats *) = {
        count_market, count_loads, count_account, count_bytes, count_steps};
    enum db_rc rc = DB_OK;

    *s = (struct store_stats){0};
    for (size_t i = 0; i < sizeof part / sizeof *part && rc == DB_OK; i++)
        rc = part[i](db, s);
    return rc == DB_OK ? reading_stats(db, &s->readings) : rc;
}
