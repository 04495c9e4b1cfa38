/* SPDX-License-Identifier: Apache-2.0 */
/* `meterhouse backup` and `meterhouse restore`. */
#include "config.h"

#include "api/admin/backup_cmd.h"

#include <inttypes.h>

#include "db/audit.h"
#include "db/backup.h"
#include "server/base/clock.h"

#define LOCK_SECONDS 60

/* The one word of the command: the folder. */
static const char *
folder_arg(struct cmd *c, const char *name)
{
    if (!cmd_no_more_options(c))
        return NULL;
    if (c->argc == 1)
        return c->argv[0];
    fprintf(c->err, "meterhouse: %s wants one folder\n", name);
    return NULL;
}

static void
note(struct cmd *c, struct db *db, const char *act,
     const struct backup_facts *f)
{
    char made[21];
    const struct audit_event e = {.at_utc = clock_now(),
                                  .act = act,
                                  .detail = utc_format(made, f->made_utc)};

    if (db_audit_add(db, &e) != DB_OK)
        fprintf(c->err, "meterhouse: %s: not in the audit log: %s\n", act,
                db_error(db));
}

enum cmd_rc
backup_cmd(struct cmd *c)
{
    const char *folder = folder_arg(c, "backup");
    struct backup_facts f;
    char why[512];
    struct db *db;
    enum db_rc rc;

    if (!folder)
        return CMD_USAGE;
    db = cmd_store(c, DB_WRITE);
    if (!db)
        return CMD_FAILED;
    rc = db_backup(db, folder, LOCK_SECONDS, &f, why);
    if (rc == DB_OK) {
        note(c, db, "backup", &f);
        fprintf(c->out, "%s: %" PRId64 " files, %" PRId64 " bytes, verified\n",
                folder, f.files, f.bytes);
    } else {
        fprintf(c->err, "meterhouse: backup: %s\n", why);
    }
    db_close(db);
    return rc == DB_OK ? CMD_DONE : CMD_FAILED;
}

enum cmd_rc
restore_cmd(struct cmd *c)
{
    const char *folder = folder_arg(c, "restore");
    char store[1024], why[512], made[21];
    struct backup_facts f;
    struct db *db;

    if (!folder)
        return CMD_USAGE;
    if (db_restore(conf_store(c->conf, store, sizeof store), folder,
                   LOCK_SECONDS, &f, why) != DB_OK) {
        fprintf(c->err, "meterhouse: restore: %s\n", why);
        return CMD_FAILED;
    }
    /* An older backup's schema is brought up to date. */
    db = cmd_store(c, DB_CREATE);
    if (!db)
        return CMD_FAILED;
    note(c, db, "restore", &f);
    db_close(db);
    fprintf(c->out,
            "the store is that of %s again: %" PRId64 " files, %" PRId64
            " bytes\n",
            utc_format(made, f.made_utc), f.files, f.bytes);
    return CMD_DONE;
}
