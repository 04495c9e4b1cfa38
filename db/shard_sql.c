/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reports over all servers: SQL that makes them one partitioned table in a
 * database of the operator's choice, through postgres_fdw.  Meterhouse itself
 * does not use it.
 */
#include "db/shard_home.h"
#include "server/base/buf.h"

static const char HEAD[] =
    "-- The readings of all servers as one table, for reports.  Run it in a\n"
    "-- database of its own; run it again after buckets have moved.  Put\n"
    "-- user and password into the user mappings yourself.\n"
    "BEGIN;\n"
    "CREATE EXTENSION IF NOT EXISTS postgres_fdw;\n"
    "DROP SCHEMA IF EXISTS meterhouse CASCADE;\n"
    "CREATE SCHEMA meterhouse;\n"
    "CREATE TABLE meterhouse.reading (bucket INTEGER NOT NULL, point_group "
    "INTEGER NOT NULL, day INTEGER NOT NULL, load_id INTEGER NOT NULL, data "
    "BYTEA NOT NULL) PARTITION BY LIST (bucket);\n";

/* 'it''s' */
static void
quoted(struct buf *to, const char *text)
{
    buf_putc(to, '\'');
    for (; *text; text++) {
        if (*text == '\'')
            buf_putc(to, '\'');
        buf_putc(to, *text);
    }
    buf_putc(to, '\'');
}

static void
server_options(struct buf *to, const struct shard *s)
{
    static const char *const KEY[] = {"host", "hostaddr", "port", "dbname",
                                      "sslmode"};
    PQconninfoOption *all = PQconninfoParse(s->conninfo, NULL);

    buf_printf(to,
               "DROP SERVER IF EXISTS meterhouse_%d CASCADE;\n"
               "CREATE SERVER meterhouse_%d FOREIGN DATA WRAPPER postgres_fdw "
               "OPTIONS (async_capable 'true', fetch_size '1000'",
               (int)s->id, (int)s->id);
    for (PQconninfoOption *o = all; o && o->keyword; o++) {
        for (size_t i = 0; o->val && i < sizeof KEY / sizeof *KEY; i++) {
            if (strcmp(KEY[i], o->keyword) != 0)
                continue;
            buf_printf(to, ", %s ", o->keyword);
            quoted(to, o->val);
        }
    }
    buf_puts(to, ");\n");
    buf_printf(to, "CREATE USER MAPPING FOR CURRENT_USER SERVER meterhouse_%d",
               (int)s->id);
    for (PQconninfoOption *o = all; o && o->keyword; o++) {
        if (!o->val || strcmp(o->keyword, "user") != 0)
            continue;
        buf_puts(to, " OPTIONS (user ");
        quoted(to, o->val);
        buf_putc(to, ')');
    }
    buf_puts(to, ";\n");
    PQconninfoFree(all);
}

static void
table(struct buf *to, const struct shards *s, size_t place)
{
    int id = (int)s->at[place].id;
    bool any = false;

    for (int b = 0; b < READING_BUCKETS; b++) {
        if (s->bucket[b] != place)
            continue;
        if (any)
            buf_putc(to, ',');
        else
            buf_printf(to,
                       "CREATE FOREIGN TABLE meterhouse.reading_%d PARTITION "
                       "OF meterhouse.reading FOR VALUES IN (",
                       id);
        buf_int(to, b);
        any = true;
    }
    if (any)
        buf_printf(to,
                   ") SERVER meterhouse_%d OPTIONS (schema_name "
                   "'public', table_name 'reading');\n",
                   id);
}

enum db_rc
shard_sql(struct db *db, struct buf *to)
{
    struct shards *s;
    enum db_rc rc;

    if (db->engine != DB_POSTGRES)
        return DB_NONE;
    rc = shards_fresh(db, &s);
    if (rc != DB_OK)
        return rc;
    buf_puts(to, HEAD);
    for (size_t i = 1; i < s->n; i++) {
        server_options(to, &s->at[i]);
        table(to, s, i);
    }
    buf_puts(to, "COMMIT;\n");
    return DB_OK;
}
