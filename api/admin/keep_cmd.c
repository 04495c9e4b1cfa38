/* SPDX-License-Identifier: Apache-2.0 */
/* `meterhouse store retention` and `store compact`. */
#include "api/admin/keep_cmd.h"

#include <inttypes.h>

#include "api/admin/retention.h"
#include "server/base/clock.h"

#define LOCK_SECONDS 60

struct showing {
    FILE *out;
    const char *what;
};

static bool
show_month(void *arg, const struct reading_month *m)
{
    const struct showing *s = arg;
    char day[11];

    fprintf(s->out, "%.7s %s, %" PRId64 " records, %" PRId64 " bytes\n",
            day_format(day, m->month), s->what, m->records, m->bytes);
    return true;
}

enum cmd_rc
store_retention_cmd(struct cmd *c)
{
    bool dry_run = cmd_flag(c, "dry-run");
    struct showing s = {c->out, dry_run ? "would go" : "goes"};
    struct retention r;
    char why[512], day[11];
    struct db *db;
    enum db_rc rc;

    if (!cmd_no_more_options(c) || c->argc > 0)
        return CMD_USAGE;
    db = cmd_store(c, dry_run ? DB_READ : DB_WRITE);
    if (!db)
        return CMD_FAILED;
    rc = retention_run(db, c->conf, dry_run, &r, show_month, &s, why);
    db_close(db);
    if (rc != DB_OK) {
        fprintf(c->err, "meterhouse: store retention: %s\n", why);
        return CMD_FAILED;
    }
    if (!r.since)
        fputs("readings are kept for ever\n", c->out);
    else
        fprintf(c->out,
                "readings are kept from %s on; %" PRId64 " month%s, %" PRId64
                " records %s\n",
                day_format(day, r.since), r.months, r.months == 1 ? "" : "s",
                r.records, dry_run ? "would go" : "went");
    return CMD_DONE;
}

/* ---- compact --------------------------------------------------------------
 */

static enum db_rc
compact_month(struct cmd *c, struct db *db, int32_t month)
{
    struct reading_rewritten r;
    double began = clock_monotonic();
    enum db_rc rc = reading_compact(db, month, LOCK_SECONDS, &r);
    char day[11];

    day_format(day, month);
    if (rc == DB_NONE)
        fprintf(c->err,
                "meterhouse: store compact: %.7s: there is nothing to rewrite "
                "(months are rewritten on SQLite only)\n",
                day);
    else if (rc != DB_OK)
        fprintf(c->err, "meterhouse: store compact: %.7s: %s\n", day,
                db_error(db));
    else
        fprintf(c->out,
                "%.7s: %" PRId64 " records in %" PRId64 " rows, %" PRId64
                " bytes, before %" PRId64 "; %.2f s\n",
                day, r.records, r.rows, r.bytes, r.bytes_before,
                clock_monotonic() - began);
    return rc;
}

static enum db_rc
compact_due(struct cmd *c, struct db *db)
{
    int32_t *month = NULL, today = (int32_t)(clock_now() / 86400);
    struct arena a = {0};
    size_t n = 0;
    enum db_rc rc = reading_compact_due(
        db, today - (int32_t)c->conf->compact_days, &a, &month, &n);

    if (rc != DB_OK)
        fprintf(c->err, "meterhouse: store compact: %s\n", db_error(db));
    else if (!n)
        fputs("no month is to be rewritten\n", c->out);
    for (size_t i = 0; i < n && rc == DB_OK; i++)
        rc = compact_month(c, db, month[i]);
    arena_clear(&a);
    return rc;
}

enum cmd_rc
store_compact_cmd(struct cmd *c)
{
    int32_t month = 0;
    struct db *db;
    char day[16];
    enum db_rc rc;

    if (!cmd_no_more_options(c) || c->argc > 1)
        return CMD_USAGE;
    if (c->argc) {
        snprintf(day, sizeof day, "%.8s-01", c->argv[0]);
        if (!day_parse(day, &month)) {
            fputs("meterhouse: store compact: a month is YYYY-MM\n", c->err);
            return CMD_USAGE;
        }
    }
    db = cmd_store(c, DB_WRITE);
    if (!db)
        return CMD_FAILED;
    rc = c->argc ? compact_month(c, db, month) : compact_due(c, db);
    db_close(db);
    return rc == DB_OK ? CMD_DONE : CMD_FAILED;
}
