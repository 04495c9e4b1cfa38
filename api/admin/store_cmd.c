/* SPDX-License-Identifier: Apache-2.0 */
/* `meterhouse store stats` and `store check`. */
#include "config.h"

#include "api/admin/store_cmd.h"

#include <inttypes.h>
#include <jansson.h>

#include "db/store.h"
#include "server/base/clock.h"

/* ---- stats -----------------------------------------------------------------
 */

/* One figure: its name in JSON, what people read, its value. */
struct figure {
    const char *key, *text;
    int64_t value;
};

#define FIGURES 20

static size_t
figures(const struct store_stats *s, enum db_engine engine,
        struct figure to[FIGURES])
{
    const struct reading_stats *r = &s->readings;
    bool lite = engine == DB_SQLITE;
    const struct figure all[FIGURES] = {
        {"schema_steps", "steps of the schema", s->steps},
        {"points", "points", s->points},
        {"points_unregistered", "  not in the registry",
         s->points - s->registered},
        {"meters", "meters, over time", s->meters},
        {"reps", "REPs", s->reps},
        {"loads", "loads in force", s->loads[LOAD_COMMITTED]},
        {"loads_refused", "loads refused or cut off",
         s->loads[LOAD_REJECTED] + s->loads[LOAD_OPEN]},
        {"loads_unloaded", "loads taken back", s->loads[LOAD_UNLOADED]},
        {"records_read", "records and rows read", s->records},
        {"records_rejected", "  refused", s->rejected},
        {"billed_rows", "billed rows", s->billed},
        {"reading_records", "meter-days kept", r->records},
        {"reading_rows", "  in rows", r->rows},
        {"reading_partitions", "  in months", r->partitions},
        {"reading_bytes", "  bytes", r->bytes},
        {"accounts", "accounts", s->accounts},
        {"sessions", "sessions", s->sessions},
        {"open_jobs", "open jobs", s->open_jobs},
        {"audit_records", "audit records", s->audit_records},
        {lite ? "home_bytes" : "database_bytes",
         lite ? "bytes of account.db and market.db" : "bytes of the database",
         s->bytes[0] + s->bytes[1]},
    };

    for (size_t i = 0; i < FIGURES; i++)
        to[i] = all[i];
    return FIGURES;
}

static void
print_json(FILE *out, const struct figure *f, size_t n,
           const struct store_stats *s, const char *engine)
{
    json_t *all = json_pack("{s:s}", "engine", engine);
    char day[11];

    for (size_t i = 0; i < n; i++)
        json_object_set_new(all, f[i].key, json_integer(f[i].value));
    if (s->readings.records) {
        json_object_set_new(
            all, "first_day",
            json_string(day_format(day, s->readings.first_day)));
        json_object_set_new(all, "last_day",
                            json_string(day_format(day, s->readings.last_day)));
    }
    json_dumpf(all, out, JSON_COMPACT);
    fputc('\n', out);
    json_decref(all);
}

static void
print_text(FILE *out, const struct figure *f, size_t n,
           const struct store_stats *s, const char *engine)
{
    const struct reading_stats *r = &s->readings;
    char first[11], last[11];

    fprintf(out, "%-36s %15s\n", "engine", engine);
    for (size_t i = 0; i < n; i++)
        fprintf(out, "%-36s %15" PRId64 "\n", f[i].text, f[i].value);
    if (!r->records)
        return;
    fprintf(out, "%-36s %15" PRId64 "\n", "  bytes a meter-day",
            r->bytes / r->records);
    fprintf(out, "%-36s %15s\n%-36s %15s\n", "first day",
            day_format(first, r->first_day), "last day",
            day_format(last, r->last_day));
}

enum cmd_rc
store_stats_cmd(struct cmd *c)
{
    bool json = cmd_flag(c, "json");
    struct figure f[FIGURES];
    struct store_stats s;
    const char *engine;
    struct db *db;
    enum db_rc rc;
    size_t n;

    if (!cmd_no_more_options(c))
        return CMD_USAGE;
    db = cmd_store(c, DB_READ);
    if (!db)
        return CMD_FAILED;
    engine = db_engine(db) == DB_SQLITE ? "SQLite" : "PostgreSQL";
    rc = db_store_stats(db, &s);
    n = figures(&s, db_engine(db), f);
    if (rc == DB_OK)
        (json ? print_json : print_text)(c->out, f, n, &s, engine);
    else
        fprintf(c->err, "meterhouse: store stats: %s\n", db_error(db));
    db_close(db);
    return rc == DB_OK ? CMD_DONE : CMD_FAILED;
}

/* ---- check -----------------------------------------------------------------
 */

struct findings {
    FILE *out;
    int64_t n;
};

static void
print_finding(void *arg, const char *line)
{
    struct findings *f = arg;

    f->n++;
    fprintf(f->out, "%s\n", line);
}

enum cmd_rc
store_check_cmd(struct cmd *c)
{
    struct findings f = {.out = c->out};
    struct db *db;
    enum db_rc rc;

    if (!cmd_no_more_options(c))
        return CMD_USAGE;
    db = cmd_store(c, DB_READ);
    if (!db)
        return CMD_FAILED;
    rc = db_store_check(db, print_finding, &f);
    if (rc != DB_OK)
        fprintf(c->err, "meterhouse: store check: %s\n", db_error(db));
    else if (f.n)
        fprintf(c->err,
                "meterhouse: the store is not sound: %" PRId64 " finding%s\n",
                f.n, f.n == 1 ? "" : "s");
    else
        fputs("the store is sound\n", c->out);
    db_close(db);
    return rc == DB_OK && f.n == 0 ? CMD_DONE : CMD_FAILED;
}
