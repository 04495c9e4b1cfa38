/* SPDX-License-Identifier: Apache-2.0 */
/* Is the store sound?  Each rule is one query that counts what breaks it. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "db/audit.h"
#include "db/coverage.h"
#include "db/engine.h"
#include "db/store.h"

struct check {
    struct db *db;
    void (*bad)(void *arg, const char *line);
    void *arg;
    const char *where; /* "account.db" */
    char text[512];    /* of a row */
};

static void
say(struct check *c, const char *before, const char *text)
{
    char line[640];

    snprintf(line, sizeof line, "%s: %s", before, text);
    c->bad(c->arg, line);
}

/* ---- the engine's own ------------------------------------------------------
 */

static bool
integrity_row(void *arg)
{
    struct check *c = arg;

    if (c->text[0] != 'o' || c->text[1] != 'k' || c->text[2])
        say(c, c->where, c->text);
    return true;
}

static bool
foreign_row(void *arg)
{
    struct check *c = arg;

    say(c, c->where, c->text);
    return true;
}

static enum db_rc
check_sqlite(struct check *c)
{
    static const char *const FILE_NAME[] = {"account.db", "market.db"};
    enum db_rc rc = DB_OK;

    if (c->db->engine != DB_SQLITE)
        return DB_OK;
    for (enum db_home h = DB_ACCOUNT; h <= DB_MARKET && rc == DB_OK; h++) {
        c->where = FILE_NAME[h];
        rc = db_each(c->db, h,
                     "SELECT substr(integrity_check, 1, 400) "
                     "FROM pragma_integrity_check(100)",
                     IN_NONE, OUT(out_text(c->text, sizeof c->text)),
                     integrity_row, c);
        if (rc == DB_OK)
            rc =
                db_each(c->db, h,
                        "SELECT 'a row of ' || \"table\" || ' names a row of ' "
                        "|| parent || ' that is not there' "
                        "FROM pragma_foreign_key_check LIMIT 100",
                        IN_NONE, OUT(out_text(c->text, sizeof c->text)),
                        foreign_row, c);
    }
    return rc;
}

/* ---- rules -----------------------------------------------------------------
 */

#define NOT_COMMITTED(table)                                                   \
    "SELECT count(*) FROM " table " t WHERE NOT EXISTS "                       \
    "(SELECT 1 FROM load l WHERE l.id = t.load_id AND l.state = 2)"

static const struct rule {
    enum db_home home;
    const char *sql;  /* counts */
    const char *what; /* "3 loads …" */
} RULES[] = {
    {DB_MARKET,
     "SELECT count(*) FROM load WHERE n_read <> n_loaded + n_replaced + "
     "n_unchanged + n_historic + n_rejected",
     "loads whose counts do not add up"},
    {DB_MARKET,
     "SELECT count(*) FROM load WHERE (state IN (2, 3)) <> (seq > 0)",
     "loads whose commit number does not fit their state"},
    {DB_MARKET,
     "SELECT count(*) FROM (SELECT seq FROM load WHERE seq > 0 "
     "GROUP BY seq HAVING count(*) > 1) s",
     "commit numbers that stand twice"},
    {DB_MARKET,
     "SELECT count(*) FROM series s WHERE (name = 'point' AND next <= "
     "(SELECT COALESCE(max(id), 0) FROM point)) OR (name = 'load' AND next <= "
     "(SELECT COALESCE(max(id), 0) FROM load)) OR (name = 'load_seq' AND "
     "next <= (SELECT COALESCE(max(seq), 0) FROM load))",
     "series that would draw a number again"},
    {DB_MARKET, NOT_COMMITTED("point_premise"),
     "premises of loads that are not in force"},
    {DB_MARKET, NOT_COMMITTED("point_meter"),
     "meters of loads that are not in force"},
    {DB_MARKET, NOT_COMMITTED("point_rep"),
     "REP terms of loads that are not in force"},
    {DB_MARKET, NOT_COMMITTED("billed"),
     "billed rows of loads that are not in force"},
    {DB_MARKET,
     "SELECT count(*) FROM point p WHERE registered <> EXISTS "
     "(SELECT 1 FROM point_premise m WHERE m.point_id = p.id)",
     "points whose mark does not say whether the registry knows them"},
    {DB_MARKET,
     "SELECT count(*) FROM point p JOIN point_premise m ON m.point_id = p.id "
     "AND m.load_id = (SELECT max(n.load_id) FROM point_premise n "
     "WHERE n.point_id = p.id) WHERE m.zone <> p.zone",
     "points in another zone than their premise"},
    {DB_MARKET,
     "SELECT count(*) FROM point WHERE esiid = '' OR length(esiid) > 64",
     "points without a sound ESI ID"},
    {DB_ACCOUNT,
     "SELECT count(*) FROM account_point r WHERE NOT EXISTS "
     "(SELECT 1 FROM account a WHERE a.id = r.account_id)",
     "rights of accounts that are not there"},
    {DB_ACCOUNT,
     "SELECT count(*) FROM account_session s WHERE NOT EXISTS "
     "(SELECT 1 FROM account a WHERE a.id = s.account_id)",
     "sessions of accounts that are not there"},
};

static enum db_rc
check_rules(struct check *c)
{
    enum db_rc rc = DB_OK;

    for (size_t i = 0; i < sizeof RULES / sizeof *RULES && rc == DB_OK; i++) {
        int64_t n = 0;

        rc = db_one(c->db, RULES[i].home, RULES[i].sql, IN_NONE,
                    OUT(out_i64(&n)));
        snprintf(c->text, sizeof c->text, "%" PRId64 " %s", n, RULES[i].what);
        if (rc == DB_OK && n)
            c->bad(c->arg, c->text);
    }
    return rc;
}

/* ---- rights, which lie in the other home ------------------------------------
 */

struct rights {
    struct db *db;
    int64_t point_id, lost;
    enum db_rc rc;
};

static bool
right_row(void *arg)
{
    struct rights *r = arg;
    int64_t id;

    r->rc = db_one(r->db, DB_MARKET, "SELECT id FROM point WHERE id = $1",
                   IN(in_i64(r->point_id)), OUT(out_i64(&id)));
    if (r->rc == DB_NONE) {
        r->lost++;
        r->rc = DB_OK;
    }
    return r->rc == DB_OK;
}

static enum db_rc
check_rights(struct check *c)
{
    struct rights r = {.db = c->db};
    enum db_rc rc = db_each(c->db, DB_ACCOUNT,
                            "SELECT DISTINCT point_id FROM account_point",
                            IN_NONE, OUT(out_i64(&r.point_id)), right_row, &r);

    if (rc == DB_OK)
        rc = r.rc;
    snprintf(c->text, sizeof c->text,
             "%" PRId64 " points that accounts may read are not there", r.lost);
    if (rc == DB_OK && r.lost)
        c->bad(c->arg, c->text);
    return rc;
}

enum db_rc
db_store_check(struct db *db, void (*bad)(void *arg, const char *line),
               void *arg)
{
    struct check c = {.db = db, .bad = bad, .arg = arg};
    int64_t records;
    enum db_rc rc = check_sqlite(&c);

    if (rc == DB_OK)
        rc = check_rules(&c);
    if (rc == DB_OK)
        rc = check_rights(&c);
    if (rc == DB_OK)
        rc = db_audit_check(db, &records, bad, arg);
    if (rc == DB_OK)
        rc = reading_check(db, bad, arg);
    return rc == DB_OK ? coverage_check(db, bad, arg) : rc;
}
