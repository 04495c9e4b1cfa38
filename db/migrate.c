/* SPDX-License-Identifier: Apache-2.0 */
/* Bringing a store's schema up to date, and refusing one that is not ours. */
#include "db/migrate.h"

#include <stdio.h>
#include <string.h>

#include "server/base/clock.h"
#include "server/base/hash.h"
#include "server/base/log.h"
#include "server/base/str.h"

static const char *
home_name(enum db_home home)
{
    return db_home_name(home);
}

static bool
is_of_home(const struct migration *m, enum db_home home)
{
    char line[32];

    snprintf(line, sizeof line, "-- home: %s\n", home_name(home));
    return str_starts(m->sql, line);
}

/* ---- the text of one engine ------------------------------------------------
 */

bool
migrate_text(const char *sql, enum db_engine engine, struct buf *to)
{
    static const char LITE[] = "-- only sqlite\n", PG[] = "-- only postgres\n";
    bool ours = true, inside = false;

    while (*sql) {
        const char *end = strchr(sql, '\n');
        size_t n = end ? (size_t)(end - sql) + 1 : strlen(sql);
        bool lite = str_starts(sql, LITE), pg = str_starts(sql, PG);

        if (lite || pg) {
            if (inside)
                return false;
            inside = true;
            ours = lite == (engine == DB_SQLITE);
        } else if (str_starts(sql, "-- end\n")) {
            if (!inside)
                return false;
            inside = false;
            ours = true;
        } else if (ours) {
            buf_add(to, sql, n);
        }
        sql += n;
    }
    return !inside;
}

/* ---- what the store has had ------------------------------------------------
 */

struct applied {
    const struct migration *list;
    enum db_home home;
    struct db_conn *conn;
    char name[64], sha256[SHA256_HEX];
    size_t seen;
    char *why;
};

static const struct migration *
list_find(const struct migration *list, const char *name)
{
    for (; list->name; list++) {
        if (str_eq(list->name, name))
            return list;
    }
    return NULL;
}

/* The checksum is of the step's whole text, the same for both engines. */
static void
checksum(const struct migration *m, char hex[SHA256_HEX])
{
    if (m->sha256)
        str_copy(hex, SHA256_HEX, m->sha256);
    else
        sha256_hex(hex, m->sql, strlen(m->sql));
}

static bool
applied_row(void *arg)
{
    struct applied *a = arg;
    const struct migration *m = list_find(a->list, a->name);
    char hex[SHA256_HEX];

    a->seen++;
    if (!m) {
        snprintf(a->why, DB_WHY,
                 "the store has step %s of its schema, which this program does "
                 "not know: a newer program made it",
                 a->name);
        return false;
    }
    checksum(m, hex);
    if (!str_eq(hex, a->sha256)) {
        snprintf(a->why, DB_WHY,
                 "step %s of the store's schema is not the one this program "
                 "has (checksum %.12s, ours %.12s)",
                 a->name, a->sha256, hex);
        return false;
    }
    return true;
}

static enum db_rc
applied_read(struct applied *a)
{
    enum db_rc rc;

    a->why[0] = '\0';
    rc = conn_each(a->conn,
                   "SELECT name, sha256 FROM migration WHERE home = $1 "
                   "ORDER BY name",
                   IN(in_text(home_name(a->home))),
                   OUT(out_text(a->name, sizeof a->name),
                       out_text(a->sha256, sizeof a->sha256)),
                   applied_row, a);
    if (rc != DB_OK)
        str_copy(a->why, DB_WHY, a->conn->error);
    return a->why[0] ? DB_FAIL : rc;
}

static size_t
list_count(const struct migration *list, enum db_home home)
{
    size_t n = 0;

    for (; list->name; list++)
        n += is_of_home(list, home);
    return n;
}

/* Does the store have any schema at all? */
static enum db_rc
schema_any(struct db_conn *c, bool *any)
{
    if (c->driver->engine == DB_SQLITE)
        return conn_one(c,
                        "SELECT count(*) FROM sqlite_schema "
                        "WHERE name = 'migration'",
                        IN_NONE, OUT(out_bool(any)));
    return conn_one(c,
                    "SELECT count(*) FROM pg_class "
                    "WHERE oid = to_regclass('migration')",
                    IN_NONE, OUT(out_bool(any)));
}

static enum db_rc
known(struct applied *a)
{
    bool any = false;
    enum db_rc rc = schema_any(a->conn, &any);

    if (rc != DB_OK) {
        str_copy(a->why, DB_WHY, a->conn->error);
        return rc;
    }
    if (any)
        return applied_read(a);
    str_copy(a->why, DB_WHY, "the store is empty");
    return DB_NONE;
}

enum db_rc
migrate_known(struct db_conn *c, enum db_home home,
              const struct migration *list, char why[DB_WHY])
{
    struct applied a = {.list = list, .home = home, .conn = c, .why = why};

    return known(&a);
}

enum db_rc
migrate_check(struct db_conn *c, enum db_home home,
              const struct migration *list, char why[DB_WHY])
{
    struct applied a = {.list = list, .home = home, .conn = c, .why = why};
    enum db_rc rc = known(&a);

    if (rc != DB_OK || a.seen == list_count(list, home))
        return rc;
    snprintf(why, DB_WHY,
             "the store's %s schema is older than this program: it has had %zu "
             "of %zu steps; start `meterhouse serve` or `meterhouse load` once "
             "to bring it up to date",
             home_name(home), a.seen, list_count(list, home));
    return DB_FAIL;
}

/* ---- bringing it up --------------------------------------------------------
 */

#define BASE                                                                   \
    "CREATE TABLE IF NOT EXISTS migration ("                                   \
    " name TEXT NOT NULL PRIMARY KEY, home TEXT NOT NULL,"                     \
    " sha256 TEXT NOT NULL, applied_utc BIGINT NOT NULL);"                     \
    "CREATE TABLE IF NOT EXISTS series ("                                      \
    " name TEXT NOT NULL PRIMARY KEY, next BIGINT NOT NULL)"

/* On PostgreSQL BLOB is given its meaning first. */
#define PG_BLOB                                                                \
    "DO $$ BEGIN IF to_regtype('blob') IS NULL THEN"                           \
    " CREATE DOMAIN blob AS bytea; END IF; END $$"

struct step {
    struct db_conn *conn;
    enum db_home home;
    const struct migration *m;
    char *why;
};

static enum db_rc
base_run(void *arg)
{
    struct step *s = arg;
    enum db_rc rc = DB_OK;

    if (s->conn->driver->engine == DB_POSTGRES)
        rc = s->conn->driver->script(s->conn, PG_BLOB);
    return rc == DB_OK ? s->conn->driver->script(s->conn, BASE) : rc;
}

static enum db_rc
step_record(struct step *s)
{
    char hex[SHA256_HEX];

    checksum(s->m, hex);
    return conn_run(s->conn,
                    "INSERT INTO migration (name, home, sha256, applied_utc) "
                    "VALUES ($1, $2, $3, $4)",
                    IN(in_text(s->m->name), in_text(home_name(s->home)),
                       in_text(hex), in_i64(clock_now())),
                    NULL);
}

/* One step, unless another program has run it meanwhile. */
static enum db_rc
step_run(void *arg)
{
    struct step *s = arg;
    struct buf text = {0};
    bool done = false;
    enum db_rc rc;

    rc = conn_one(s->conn, "SELECT count(*) FROM migration WHERE name = $1",
                  IN(in_text(s->m->name)), OUT(out_bool(&done)));
    if (rc != DB_OK || done)
        return rc;
    if (!migrate_text(s->m->sql, s->conn->driver->engine, &text)) {
        rc = conn_fail(s->conn, NULL, "step %s: a block without its end",
                       s->m->name);
    } else {
        rc = s->conn->driver->script(s->conn, buf_text(&text));
    }
    buf_clear(&text);
    return rc == DB_OK ? step_record(s) : rc;
}

/* Runs one transaction; a failure is told with the step's name. */
static enum db_rc
step_tx(struct step *s, enum db_rc (*fn)(void *arg), const char *name)
{
    enum db_rc rc = conn_tx(s->conn, fn, s);

    if (rc != DB_OK)
        snprintf(s->why, DB_WHY, "step %s of the schema: %.400s", name,
                 s->conn->error);
    return rc;
}

static enum db_rc
steps_run(struct step *s, const struct migration *list)
{
    struct applied a = {
        .list = list, .home = s->home, .conn = s->conn, .why = s->why};
    enum db_rc rc = applied_read(&a);

    if (rc != DB_OK || a.seen == list_count(list, s->home))
        return rc;
    for (; list->name; list++) {
        if (!is_of_home(list, s->home))
            continue;
        s->m = list;
        rc = step_tx(s, step_run, list->name);
        if (rc != DB_OK)
            return rc;
    }
    log_info("schema ready", "home=%s", home_name(s->home));
    return DB_OK;
}

static enum db_rc
up_run(struct db_conn *c, enum db_home home, const struct migration *list,
       char why[DB_WHY])
{
    struct step s = {.conn = c, .home = home, .why = why};
    bool any = false;
    enum db_rc rc = schema_any(c, &any);

    if (rc != DB_OK) {
        str_copy(why, DB_WHY, c->error);
        return rc;
    }
    if (!any)
        rc = step_tx(&s, base_run, "0000");
    return rc == DB_OK ? steps_run(&s, list) : rc;
}

enum db_rc
migrate_up(struct db_conn *c, enum db_home home, const struct migration *list,
           char why[DB_WHY])
{
    enum db_rc rc;

    /* On SQLite the first writer makes the others wait.  On PostgreSQL a
     * transaction would look at the store as it was before its wait, so the
     * wait comes first. */
    if (c->driver->engine == DB_SQLITE)
        return up_run(c, home, list, why);
    rc = c->driver->script(c, "SELECT pg_advisory_lock(5577418021)");
    if (rc != DB_OK) {
        str_copy(why, DB_WHY, c->error);
        return rc;
    }
    rc = up_run(c, home, list, why);
    c->driver->script(c, "SELECT pg_advisory_unlock(5577418021)");
    return rc;
}
