/* SPDX-License-Identifier: Apache-2.0 */
/* `meterhouse backup` and `meterhouse restore`. */
#include "config.h"

#include "api/admin/backup_cmd.h"

#include <inttypes.h>

#include "db/audit.h"
#include "db/upkeep.h"
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

static enum cmd_rc
verify(struct cmd *c, const char *folder)
{
    struct backup_facts f;
    char why[512], made[21];

    if (db_backup_verify(folder, &f, why) != DB_OK) {
        fprintf(c->err, "meterhouse: backup: %s\n", why);
        return CMD_FAILED;
    }
    fprintf(c->out, "%s: of %s, %" PRId64 " files, %" PRId64 " bytes: sound\n",
            folder, utc_format(made, f.made_utc), f.files, f.bytes);
    return CMD_DONE;
}

static enum cmd_rc
make(struct cmd *c, struct db *db, const char *folder, const char *since)
{
    struct backup_facts f;
    char why[512];

    if (db_backup(db, folder, since, LOCK_SECONDS, &f, why) != DB_OK) {
        fprintf(c->err, "meterhouse: backup: %s\n", why);
        return CMD_FAILED;
    }
    if (db_upkeep_backup(db, &f) != DB_OK)
        fprintf(c->err, "meterhouse: backup: not noted: %s\n", db_error(db));
    note(c, db, "backup", &f);
    fprintf(c->out, "%s: %" PRId64 " files, %" PRId64 " bytes, verified",
            folder, f.files, f.bytes);
    if (since)
        fprintf(c->out,
                "; %" PRId64 " files, %" PRId64 " bytes of these from %s",
                f.reused_files, f.reused_bytes, since);
    fputc('\n', c->out);
    return CMD_DONE;
}

enum cmd_rc
backup_cmd(struct cmd *c)
{
    const char *since = cmd_option(c, "since");
    bool only_verify = cmd_flag(c, "verify");
    const char *folder = folder_arg(c, "backup");
    struct db *db;
    enum cmd_rc rc;

    if (!folder)
        return CMD_USAGE;
    if (only_verify && since) {
        fputs("meterhouse: backup: --verify reads one backup; --since is for "
              "making one\n",
              c->err);
        return CMD_USAGE;
    }
    if (only_verify)
        return verify(c, folder);
    db = cmd_store(c, DB_WRITE);
    if (!db)
        return CMD_FAILED;
    rc = make(c, db, folder, since);
    db_close(db);
    return rc;
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
