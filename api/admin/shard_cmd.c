/* SPDX-License-Identifier: Apache-2.0 */
/* `meterhouse store shards …`: the servers that hold readings. */
#include "config.h"

#include "api/admin/shard_cmd.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db/shard.h"
#include "server/base/clock.h"
#include "server/base/str.h"

#define LOCK_SECONDS 600 /* for a load to end */
#define LINE_MOST    4096

/* ---- the list --------------------------------------------------------------
 */

struct listing {
    FILE *out;
    struct shard_facts f;
    json_t *all; /* NULL: as text */
    int64_t servers, away;
};

static void
list_json(struct listing *l)
{
    const struct shard_facts *f = &l->f;
    json_t *o = json_pack("{s:i, s:s, s:I, s:b, s:b}", "shard", f->id, "at",
                          f->where, "buckets", (json_int_t)f->buckets,
                          "leaving", f->leaving, "reachable", f->reachable);

    if (f->reachable) {
        json_object_set_new(o, "bytes", json_integer(f->bytes));
        json_object_set_new(o, "partitions", json_integer(f->partitions));
    } else {
        json_object_set_new(o, "why", json_string(f->why));
    }
    json_array_append_new(l->all, o);
}

static bool
list_row(void *arg)
{
    struct listing *l = arg;
    const struct shard_facts *f = &l->f;

    l->servers++;
    l->away += !f->reachable;
    if (l->all) {
        list_json(l);
        return true;
    }
    fprintf(l->out, "%5d  %-40s %7" PRId64 "  ", (int)f->id, f->where,
            f->buckets);
    if (f->reachable)
        fprintf(l->out, "%15" PRId64 " bytes in %" PRId64 " months%s\n",
                f->bytes, f->partitions, f->leaving ? ", leaving" : "");
    else
        fprintf(l->out, "away: %s\n", f->why);
    return true;
}

static enum cmd_rc
failed(struct cmd *c, struct db *db, const char *why)
{
    fprintf(c->err, "meterhouse: store shards: %s\n", why);
    db_close(db);
    return CMD_FAILED;
}

enum cmd_rc
store_shards_cmd(struct cmd *c)
{
    bool json = cmd_flag(c, "json");
    struct listing l = {.out = c->out};
    struct db *db;
    int64_t moves = 0;
    enum db_rc rc;

    if (!cmd_no_more_options(c) || c->argc > 0)
        return CMD_USAGE;
    db = cmd_store(c, DB_READ);
    if (!db)
        return CMD_FAILED;
    if (json)
        l.all = json_array();
    rc = shard_each(db, &l.f, &moves, list_row, &l);
    if (rc == DB_NONE)
        return failed(c, db, "only a PostgreSQL store has shards");
    if (rc != DB_OK)
        return failed(c, db, db_error(db));
    if (json) {
        json_t *o = json_pack("{s:I, s:o}", "moves", (json_int_t)moves,
                              "shards", l.all);

        json_dumpf(o, c->out, JSON_COMPACT);
        fputc('\n', c->out);
        json_decref(o);
    } else if (moves) {
        fprintf(c->out,
                "%" PRId64 " buckets are on their way; `meterhouse store "
                "shards balance` ends what was cut off\n",
                moves);
    }
    db_close(db);
    return l.away ? CMD_FAILED : CMD_DONE;
}

/* ---- moving ----------------------------------------------------------------
 */

struct moving {
    FILE *err;
    bool bar; /* on a terminal */
    double began, told;
    int64_t done;
};

static void
show(void *arg, const struct shard_progress *p)
{
    struct moving *m = arg;
    double now = clock_monotonic(), rate;

    if (now - m->told < (m->bar ? 0.2 : 2) && p->buckets_done == m->done)
        return;
    rate = now > m->began ? (double)p->bytes / 1e6 / (now - m->began) : 0;
    m->told = now;
    m->done = p->buckets_done;
    fprintf(m->err,
            "%s%" PRId64 " of %" PRId64 " buckets moved, %d to %d, %" PRId64
            " rows, %.0f MB, %.0f MB/s%s",
            m->bar ? "\r\033[K" : "", p->buckets_done, p->buckets, (int)p->from,
            (int)p->to, p->rows, (double)p->bytes / 1e6, rate,
            m->bar ? "" : "\n");
}

/* Evens the buckets out, and closes the store. */
static enum cmd_rc
even_out(struct cmd *c, struct db *db)
{
    struct moving m = {.err = c->err,
                       .bar = isatty(fileno(c->err)) == 1,
                       .began = clock_monotonic(),
                       .done = -1};
    char why[512];
    enum db_rc rc = shard_balance(db, LOCK_SECONDS, show, &m, why);

    if (m.bar && m.done >= 0)
        fputc('\n', c->err);
    if (rc != DB_OK)
        return failed(c, db, why);
    fputs("every bucket is in its place\n", c->out);
    db_close(db);
    return CMD_DONE;
}

enum cmd_rc
store_shards_balance_cmd(struct cmd *c)
{
    struct db *db;

    if (!cmd_no_more_options(c) || c->argc > 0)
        return CMD_USAGE;
    db = cmd_store(c, DB_CREATE);
    return db ? even_out(c, db) : CMD_FAILED;
}

/* ---- adding ----------------------------------------------------------------
 */

static bool
add_one(struct cmd *c, struct db *db, const char *conninfo)
{
    char why[512];
    int32_t id;
    bool fresh;

    if (shard_add(db, conninfo, &id, &fresh, why) != DB_OK) {
        fprintf(c->err, "meterhouse: store shards: %s\n", why);
        return false;
    }
    fprintf(c->out, "shard %d %s\n", (int)id,
            fresh ? "is ready" : "is in the store; this is its address now");
    return true;
}

/* A lone - stands for lines of standard input, which nobody sees in a list of
 * processes. */
static bool
add_lines(struct cmd *c, struct db *db)
{
    char line[LINE_MOST];
    bool ok = true;

    while (ok && fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\r\n")] = '\0';
        if (line[0])
            ok = add_one(c, db, line);
    }
    return ok;
}

static enum cmd_rc
add_all(struct cmd *c, struct db *db)
{
    bool ok = true;

    for (int i = 0; ok && i < c->argc; i++)
        ok = str_eq(c->argv[i], "-") ? add_lines(c, db)
                                     : add_one(c, db, c->argv[i]);
    if (ok)
        return even_out(c, db);
    db_close(db);
    return CMD_FAILED;
}

enum cmd_rc
store_shards_add_cmd(struct cmd *c)
{
    struct db *db;

    if (!cmd_no_more_options(c) || c->argc < 1)
        return CMD_USAGE;
    db = cmd_store(c, DB_CREATE);
    return db ? add_all(c, db) : CMD_FAILED;
}

static bool
count_servers(void *arg)
{
    struct listing *l = arg;

    l->servers += l->f.id != 0 && l->f.buckets > 0;
    return true;
}

enum cmd_rc
store_shards_init_cmd(struct cmd *c)
{
    struct listing l = {.out = c->out};
    struct db *db;
    int64_t moves;

    if (!cmd_no_more_options(c) || c->argc < 1)
        return CMD_USAGE;
    db = cmd_store(c, DB_CREATE);
    if (!db)
        return CMD_FAILED;
    if (shard_each(db, &l.f, &moves, count_servers, &l) == DB_OK &&
        l.servers > c->argc)
        return failed(c, db,
                      "the store has more shards than these; `store shards "
                      "add` adds to them, `store shards remove` takes one out");
    return add_all(c, db);
}

/* ---- removing --------------------------------------------------------------
 */

enum cmd_rc
store_shards_remove_cmd(struct cmd *c)
{
    struct db *db;
    int64_t id;
    enum db_rc rc;

    if (!cmd_no_more_options(c) || c->argc != 1)
        return CMD_USAGE;
    if (!str_to_i64(c->argv[0], &id) || id < 1 || id > INT32_MAX) {
        fprintf(c->err, "meterhouse: %s: not the number of a shard\n",
                c->argv[0]);
        return CMD_USAGE;
    }
    db = cmd_store(c, DB_CREATE);
    if (!db)
        return CMD_FAILED;
    rc = db_engine(db) == DB_POSTGRES ? shard_leave(db, (int32_t)id) : DB_NONE;
    if (rc == DB_NONE)
        return failed(c, db, "there is no such shard");
    return rc == DB_OK ? even_out(c, db) : failed(c, db, db_error(db));
}

/* ---- reports ---------------------------------------------------------------
 */

enum cmd_rc
store_shards_sql_cmd(struct cmd *c)
{
    struct buf text = {0};
    struct db *db;
    enum db_rc rc;

    if (!cmd_no_more_options(c) || c->argc > 0)
        return CMD_USAGE;
    db = cmd_store(c, DB_READ);
    if (!db)
        return CMD_FAILED;
    rc = shard_sql(db, &text);
    if (rc == DB_OK)
        fputs(buf_text(&text), c->out);
    buf_clear(&text);
    if (rc != DB_OK)
        return failed(c, db,
                      rc == DB_NONE ? "only a PostgreSQL store has shards"
                                    : db_error(db));
    db_close(db);
    return CMD_DONE;
}
