/* SPDX-License-Identifier: Apache-2.0 */
/* `meterhouse store scrub`: what the scrub found, and a pass at once. */
#include "config.h"

#include "api/admin/scrub_cmd.h"

#include <inttypes.h>
#include <jansson.h>

#include "api/admin/scrub_job.h"
#include "server/base/clock.h"

#define STEP_SECONDS 0.5
#define LISTED       1000

struct listing {
    struct cmd *c;
    json_t *all; /* NULL: as text */
    struct scrub_finding f;
};

static bool
finding_json(struct listing *l)
{
    const struct scrub_finding *f = &l->f;
    char day[11] = "";

    if (f->day)
        day_format(day, f->day);
    json_array_append_new(
        l->all,
        json_pack("{s:s, s:s, s:s, s:I, s:I, s:i, s:I, s:I}", "finding",
                  f->line, "kind", f->kind, "day", day, "load",
                  (json_int_t)f->load_id, "point", (json_int_t)f->point_id,
                  "channel", (int)f->channel, "found", (json_int_t)f->found_utc,
                  "gone", (json_int_t)f->gone_utc));
    return true;
}

static bool
finding_row(void *arg)
{
    struct listing *l = arg;
    char when[21];

    if (l->all)
        return finding_json(l);
    fprintf(l->c->out, "%s  %s", utc_format(when, l->f.found_utc), l->f.line);
    if (l->f.gone_utc)
        fprintf(l->c->out, " (well again %s)", utc_format(when, l->f.gone_utc));
    fputc('\n', l->c->out);
    return true;
}

static void
state_text(FILE *out, const struct upkeep *u)
{
    char when[21], month[11];

    if (u->done_utc)
        fprintf(out, "last whole pass: %s, %" PRId64 " records\n",
                utc_format(when, u->done_utc), u->done_checked);
    else
        fputs("last whole pass: none yet\n", out);
    if (u->running && u->month)
        fprintf(out, "under way: since %s, %" PRId64 " records, in %.7s\n",
                utc_format(when, u->began_utc), u->checked,
                day_format(month, u->month));
    else if (u->running)
        fprintf(out, "under way: since %s\n", utc_format(when, u->began_utc));
    fprintf(out, "findings that stand: %" PRId64 "\n", u->findings);
}

static enum db_rc
report(struct cmd *c, struct db *db, bool json, struct upkeep *u)
{
    struct listing l = {.c = c};
    enum db_rc rc = db_upkeep_get(db, u);

    if (rc != DB_OK)
        return rc;
    if (json)
        l.all = json_array();
    else
        state_text(c->out, u);
    rc = db_scrub_finding_each(db, LISTED, &l.f, finding_row, &l);
    if (json) {
        json_t *o = json_pack(
            "{s:I, s:I, s:b, s:I, s:I, s:I, s:o}", "done",
            (json_int_t)u->done_utc, "done_records",
            (json_int_t)u->done_checked, "running", (int)u->running, "began",
            (json_int_t)u->began_utc, "records", (json_int_t)u->checked,
            "standing", (json_int_t)u->findings, "findings", l.all);

        json_dumpf(o, c->out, JSON_COMPACT);
        fputc('\n', c->out);
        json_decref(o);
    }
    return rc;
}

/* A whole pass, begun now; one that is under way is gone on with. */
static enum db_rc
pass_now(struct db *db)
{
    struct scrub_step s = {0};
    struct upkeep u;
    enum db_rc rc = db_scrub_begin(db, clock_now());

    while (rc == DB_OK || rc == DB_NONE) {
        rc = db_scrub_step(db, clock_now(), STEP_SECONDS, &s);
        if (rc == DB_OK && s.ended) {
            scrub_ended(db);
            return DB_OK;
        }
        /* `serve` may do steps of the same pass, and the last of them. */
        if (rc == DB_NONE && db_upkeep_get(db, &u) == DB_OK && !u.running)
            return DB_OK;
    }
    return rc;
}

enum cmd_rc
store_scrub_cmd(struct cmd *c)
{
    bool now = cmd_flag(c, "now"), json = cmd_flag(c, "json");
    struct upkeep u = {0};
    struct db *db;
    enum db_rc rc = DB_OK;

    if (!cmd_no_more_options(c) || c->argc > 0)
        return CMD_USAGE;
    db = cmd_store(c, now ? DB_WRITE : DB_READ);
    if (!db)
        return CMD_FAILED;
    if (now)
        rc = pass_now(db);
    if (rc == DB_OK)
        rc = report(c, db, json, &u);
    if (rc != DB_OK)
        fprintf(c->err, "meterhouse: store scrub: %s\n", db_error(db));
    db_close(db);
    return rc == DB_OK && u.findings == 0 ? CMD_DONE : CMD_FAILED;
}
