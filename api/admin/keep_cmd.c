/* SPDX-License-Identifier: Apache-2.0 */
/* `meterhouse store retention`. */
#include "api/admin/keep_cmd.h"

#include <inttypes.h>

#include "api/admin/retention.h"
#include "server/base/clock.h"

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
