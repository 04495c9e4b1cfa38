/* SPDX-License-Identifier: Apache-2.0 */
/* The SQL of the figures of upkeep; db/scrub.c moves the scrub on. */
#include "db/upkeep.h"

enum db_rc
db_upkeep_get(struct db *db, struct upkeep *u)
{
    int32_t stage = 0;
    enum db_rc rc;

    *u = (struct upkeep){0};
    rc = db_one(db, DB_ACCOUNT,
                "SELECT backup_utc, backup_files, backup_bytes, backup_reused, "
                "pass, stage, began_utc, checked, month, done_began_utc, "
                "done_utc, done_checked, (SELECT count(*) FROM scrub_finding "
                "WHERE gone_utc = 0) FROM upkeep WHERE id = 1",
                IN_NONE,
                OUT(out_i64(&u->backup_utc), out_i64(&u->backup_files),
                    out_i64(&u->backup_bytes), out_i64(&u->backup_reused_bytes),
                    out_i64(&u->pass), out_i32(&stage), out_i64(&u->began_utc),
                    out_i64(&u->checked), out_i32(&u->month),
                    out_i64(&u->done_began_utc), out_i64(&u->done_utc),
                    out_i64(&u->done_checked), out_i64(&u->findings)));
    u->running = stage != 0;
    return rc;
}

enum db_rc
db_upkeep_backup(struct db *db, const struct backup_facts *f)
{
    return db_run(db, DB_ACCOUNT,
                  "UPDATE upkeep SET backup_utc = $1, backup_files = $2, "
                  "backup_bytes = $3, backup_reused = $4 WHERE id = 1",
                  IN(in_i64(f->made_utc), in_i64(f->files), in_i64(f->bytes),
                     in_i64(f->reused_bytes)),
                  NULL);
}

enum db_rc
db_scrub_finding_each(struct db *db, int64_t most, struct scrub_finding *f,
                      bool (*row)(void *arg), void *arg)
{
    return db_each(
        db, DB_ACCOUNT,
        "SELECT line, kind, month, day, load_id, point_id, channel, found_utc, "
        "pass, gone_utc FROM scrub_finding "
        "ORDER BY CASE WHEN gone_utc = 0 THEN 0 ELSE 1 END, "
        "CASE WHEN gone_utc = 0 THEN found_utc ELSE -gone_utc END, line "
        "LIMIT $1",
        IN(in_i64(most)),
        OUT(out_text(f->line, sizeof f->line),
            out_text(f->kind, sizeof f->kind), out_i32(&f->month),
            out_i32(&f->day), out_i64(&f->load_id), out_i64(&f->point_id),
            out_i32(&f->channel), out_i64(&f->found_utc), out_i64(&f->pass),
            out_i64(&f->gone_utc)),
        row, arg);
}
