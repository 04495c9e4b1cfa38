/* SPDX-License-Identifier: Apache-2.0 */
/* The command: the same export as the downloads, with nobody's limits. */
#include "api/usage/usage_cmd.h"

#include "api/usage/export.h"
#include "server/base/str.h"

static bool
read_day(struct cmd *c, const char *name, int32_t *day)
{
    const char *word = cmd_option(c, name);

    if (word && day_parse(word, day))
        return true;
    if (word)
        fprintf(c->err, "meterhouse: --%s %s: not a date such as 2026-11-22\n",
                name, word);
    else
        fprintf(c->err, "meterhouse: --%s DAY is needed\n", name);
    return false;
}

static bool
read_choices(struct cmd *c, struct usage_export_ask *ask)
{
    const char *report = cmd_option(c, "report");
    const char *format = cmd_option(c, "format");

    if (report && !usage_report_parse(report, &ask->report)) {
        fprintf(c->err,
                "meterhouse: --report %s: not interval, daily or "
                "monthly\n",
                report);
        return false;
    }
    if (format && !usage_format_parse(format, &ask->format)) {
        fprintf(c->err, "meterhouse: --format %s: not csv, iso, json or lse\n",
                format);
        return false;
    }
    if (ask->format == USAGE_LSE && ask->report != USAGE_INTERVAL) {
        fprintf(c->err,
                "meterhouse: --format lse: LSE files hold intervals "
                "only, not the %s report\n",
                usage_report_name(ask->report));
        return false;
    }
    return true;
}

static bool
read_ask(struct cmd *c, struct usage_export_ask *ask)
{
    *ask = (struct usage_export_ask){.now_utc = clock_now()};
    ask->versions = cmd_flag(c, "versions");
    if (!read_choices(c, ask) || !read_day(c, "from", &ask->from) ||
        !read_day(c, "to", &ask->to) || !cmd_no_more_options(c))
        return false;
    if (c->argc != 1) {
        fprintf(c->err, "meterhouse: usage takes one ESI ID\n");
        return false;
    }
    if (ask->from > ask->to) {
        fprintf(c->err, "meterhouse: --from is after --to\n");
        return false;
    }
    return true;
}

static enum cmd_rc
write_all(struct cmd *c, struct db *db, struct usage_export *x)
{
    struct buf piece = {0};
    bool written = true;

    while (written && usage_export_more(x, db, &piece)) {
        written = fwrite(piece.at, 1, piece.len, c->out) == piece.len;
        piece.len = 0;
    }
    buf_clear(&piece);
    if (written && fflush(c->out) == 0 && !usage_export_failed(x))
        return CMD_DONE;
    fprintf(c->err, "meterhouse: usage: %s; what was written is not whole\n",
            usage_export_failed(x) ? db_error(db) : "the output failed");
    return CMD_FAILED;
}

static enum cmd_rc
write_usage(struct cmd *c, struct db *db, const struct usage_export_ask *ask)
{
    struct usage_export *x;
    enum cmd_rc done;
    struct point p;
    enum db_rc rc = db_point_get(db, c->argv[0], &p);
    enum fault f;

    if (rc == DB_NONE) {
        fprintf(c->err, "meterhouse: nothing is known of ESI ID %s\n",
                c->argv[0]);
        return CMD_FAILED;
    }
    f = rc == DB_OK
            ? usage_export_open(db, &ACTOR_OPERATOR, c->conf, &p, ask, &x)
            : FAULT_OURS;
    if (f != FAULT_NONE) {
        fprintf(c->err, "meterhouse: usage: %s\n", db_error(db));
        return CMD_FAILED;
    }
    done = write_all(c, db, x);
    usage_export_close(x);
    return done;
}

enum cmd_rc
usage_cmd(struct cmd *c)
{
    struct usage_export_ask ask;
    enum cmd_rc rc;
    struct db *db;

    if (!read_ask(c, &ask))
        return CMD_USAGE;
    db = cmd_store(c, DB_READ);
    if (!db)
        return CMD_FAILED;
    rc = write_usage(c, db, &ask);
    db_close(db);
    return rc;
}
