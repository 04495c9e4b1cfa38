/* SPDX-License-Identifier: Apache-2.0 */
/* Loads that run now. */
#include "db/load_run.h"

enum db_rc
db_load_run_put(struct db *db, const struct load_run *r)
{
    return db_run(
        db, DB_ACCOUNT,
        "INSERT INTO load_run (id, process, source, started_utc, beat_utc, "
        "files, files_done, bytes, bytes_done, records, text, ms, rate, "
        "left_seconds) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, "
        "$12, $13, $14) ON CONFLICT (id) DO UPDATE SET "
        "beat_utc = excluded.beat_utc, files = excluded.files, "
        "files_done = excluded.files_done, bytes = excluded.bytes, "
        "bytes_done = excluded.bytes_done, records = excluded.records, "
        "text = excluded.text, ms = excluded.ms, rate = excluded.rate, "
        "left_seconds = excluded.left_seconds",
        IN(in_i64(r->id), in_text(r->process), in_text(r->source),
           in_i64(r->started_utc), in_i64(r->beat_utc), in_i64(r->files),
           in_i64(r->files_done), in_i64(r->bytes), in_i64(r->bytes_done),
           in_i64(r->records), in_i64(r->text), in_i64(r->ms), in_i64(r->rate),
           in_i64(r->left_seconds)),
        NULL);
}

enum db_rc
db_load_run_del(struct db *db, int64_t id)
{
    return db_run(db, DB_ACCOUNT, "DELETE FROM load_run WHERE id = $1",
                  IN(in_i64(id)), NULL);
}

enum db_rc
db_load_run_each(struct db *db, int64_t now_utc, struct load_run *r,
                 bool (*row)(void *arg), void *arg)
{
    return db_each(
        db, DB_ACCOUNT,
        "SELECT id, process, source, started_utc, beat_utc, files, "
        "files_done, bytes, bytes_done, records, text, ms, rate, left_seconds "
        "FROM load_run WHERE beat_utc >= $1 ORDER BY started_utc, id",
        IN(in_i64(now_utc - LOAD_RUN_STALE)),
        OUT(out_i64(&r->id), out_text(r->process, sizeof r->process),
            out_text(r->source, sizeof r->source), out_i64(&r->started_utc),
            out_i64(&r->beat_utc), out_i64(&r->files), out_i64(&r->files_done),
            out_i64(&r->bytes), out_i64(&r->bytes_done), out_i64(&r->records),
            out_i64(&r->text), out_i64(&r->ms), out_i64(&r->rate),
            out_i64(&r->left_seconds)),
        row, arg);
}

enum db_rc
db_load_run_purge(struct db *db, int64_t now_utc)
{
    return db_run(db, DB_ACCOUNT, "DELETE FROM load_run WHERE beat_utc < $1",
                  IN(in_i64(now_utc - 3600)), NULL);
}
